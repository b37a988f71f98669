"""README and docs say what is true: the map of the course, links, commands, and nothing of this machine."""

import re
import subprocess

import pytest

from classroom.__main__ import COMMANDS
from classroom.course import LESSONS, ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "data/cards").glob("*.md")),
]


def tracked():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in names.split("\0") if name]


def test_the_map_of_the_readme_is_the_map_of_the_course():
    rows = re.findall(r"^\| (\d\d) \| (.+?) \| (.+?) \|$", (ROOT / "README.md").read_text("utf-8"), re.M)
    want = [(x.number, f"[{x.title}](lessons/{x.name}.ipynb)", x.question) for x in LESSONS]
    assert rows == want


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_are_alive_and_pictures_have_alt_text(page):
    text = page.read_text(encoding="utf-8")
    for alt, target in re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), f"{target} is not there"
        assert not (alt and re.search(rf"!\[\s*\]\({re.escape(target)}", text)), f"{target} has no alt text"


def test_every_command_that_the_pages_name_exists():
    named = set()
    for page in PAGES:
        for code in re.findall(r"```.*?```|`[^`]+`", page.read_text(encoding="utf-8"), re.DOTALL):
            named.update(re.findall(r"(?:\bcourse|-m classroom)\s+([a-z]+)", code))
    assert {"check", "data", "build", "start"} <= named <= set(COMMANDS)


def test_every_lesson_that_is_there_has_notes_for_instructors():
    for lesson in LESSONS:
        if lesson.is_there:
            assert (ROOT / f"docs/instructors/{lesson.number}.md").is_file()
            assert f"instructors/{lesson.number}.md" in (ROOT / "docs/instructors.md").read_text(encoding="utf-8")


def test_no_text_names_an_index_host():
    # Spelled in parts, so that this file does not name them either.
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
    for path in tracked():
        if path.suffix in (".png", ".npz", ".woff") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        assert not any(host in text for host in hosts), path
