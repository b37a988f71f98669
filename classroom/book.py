"""`course book`: render the committed notebooks, the guides and the library's docstrings into a site, offline.

Nothing is executed. The site lies in build/book and is read from a file: open build/book/index.html.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from PIL import Image

from classroom.course import LESSONS, ROOT, CourseError, Lesson
from classroom.grading import read_notebook

SETTINGS = ROOT / "book"
SOURCE = ROOT / "build/book-source"
BOOK = ROOT / "build/book"
# What the pages are made of, or may link to. Solutions and whatever tells of them stay out.
COPIED = (
    "docs/**/*",
    "data/cards/*",
    "data/measured/*",
    "data/published/*",
    "lessons/pictures/*",
    "facelab/*.py",
    "classroom/**/*.py",
    "benchmarks/*.py",
    "*.md",
    "*.cff",
    "LICENSE",
    "Makefile",
    "pyproject.toml",
    "environment.yml",
)
# What the theme's and Sphinx's templates leave out for those who listen to a page.
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    '<th class="head"><p></p></th>': '<td class="head"></td>',
    '<div id="search-results"></div>': '<h1>Search</h1>\n<div id="search-results"></div>',
    ' role="doc-biblioentry"': ' role="listitem"',
}
# Links that lead elsewhere in the book than in the repository.
LED = {
    "[references.bib](references.bib)": "[on a page of its own](../bibliography.md)",
    "](README.md)": "](index.md)",
    "](../README.md)": "](../index.md)",
}
PICTURE = re.compile(r'src="data:image/(png|webp);base64,([^"]+)"')


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="course book", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--pdf", action="store_true", help="also print the whole book as book.pdf (needs Chromium)")
    parser.add_argument("--links", action="store_true", help="only ask every address outside whether it is there")
    chosen = parser.parse_args(arguments)
    lay_out(SOURCE)
    if chosen.links:
        sphinx("linkcheck", SOURCE, SOURCE / "_links")
        return 0
    build(BOOK, SOURCE)
    if chosen.pdf:
        print_pdf(BOOK)
    pages = list(BOOK.rglob("*.html"))
    size = sum(file.stat().st_size for file in BOOK.rglob("*") if file.is_file())
    print(f"{len(pages)} pages, {size / 1e6:.0f} MB: {BOOK / 'index.html'}")
    return 0


# ---- the source ------------------------------------------------------------------------------------------------


def lay_out(source: Path) -> None:
    """Lay out what Sphinx reads, in the folders of the repository, so that its relative links hold.

    Raises: CourseError if a lesson or an exercise is not built.
    """
    shutil.rmtree(source, ignore_errors=True)
    for pattern in COPIED:
        for file in sorted(ROOT.glob(pattern)):
            if file.is_file():
                _copy(file, source / file.relative_to(ROOT))
    for page in sorted((SETTINGS / "pages").glob("*.md")):
        text = page.read_text(encoding="utf-8").replace("<!-- lessons -->", _table_of_lessons())
        _write(source / page.name, text)
    for lesson in LESSONS:
        if not lesson.is_there:
            raise CourseError(f"Lesson {lesson.number} is not built: run `course build {lesson.number}`.")
        last = f"[Exercise {lesson.number}](../exercises/{lesson.name}/{lesson.name}.ipynb)"
        _lay_out_notebook(lesson.notebook, source, f"→ {last}")
        back = f"[Lesson {lesson.number}, {lesson.title}](../../lessons/{lesson.name}.ipynb)"
        _lay_out_notebook(lesson.exercise, source, f"← {back}")
    for page in sorted((ROOT / "docs").glob("*.ipynb")):
        _lay_out_notebook(page, source)
    for module in sorted((ROOT / "facelab").glob("*.py")):
        name = "facelab" if module.stem == "__init__" else f"facelab.{module.stem}"
        members = "" if module.stem == "__init__" else "   :members:\n"
        _write(source / f"api/{name}.md", f"# `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n{members}```\n")


def _copy(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix == ".md":
        _write(target, _replaced(file.read_text(encoding="utf-8"), LED))
    else:
        shutil.copy2(file, target)


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _table_of_lessons() -> str:
    rows = [f"| {x.number} | [{x.title}](lessons/{x.name}.ipynb) | {x.question} | {_exercise(x)} |" for x in LESSONS]
    return "\n".join(["| | lesson | the question | |", "| --- | --- | --- | --- |", *rows])


def _exercise(lesson: Lesson) -> str:
    return f"[exercise\u00a0{lesson.number}](exercises/{lesson.name}/{lesson.name}.ipynb)"


def _lay_out_notebook(path: Path, source: Path, last: str = "") -> None:
    """A notebook with its pictures as files of their own, and a last line that leads on."""
    place = path.relative_to(ROOT)
    notebook = read_notebook(path)
    up = "../" * (len(place.parts) - 1)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = PICTURE.sub(lambda found: _stored(found, source, up), data["text/html"])
                data.pop("image/png", None)  # the same picture, without its alt text
    if last:
        notebook.cells.append(nbformat.v4.new_markdown_cell(last, id="way-on"))
    _write(source / place, nbformat.writes(notebook))


def _stored(found: re.Match, source: Path, up: str) -> str:
    """Put a picture that a page holds into a file; returns the attributes that show it from there."""
    kind, encoded = found.groups()
    picture = base64.b64decode(encoded)
    name = f"{hashlib.sha256(picture).hexdigest()[:16]}.{kind}"
    file = source / "_extra/_figures" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture)
    width, height = Image.open(io.BytesIO(picture)).size
    return f'src="{up}_figures/{name}" width="{width}" height="{height}" loading="lazy"'


# ---- the site --------------------------------------------------------------------------------------------------


def sphinx(builder: str, source: Path, target: Path) -> None:
    """Run one of Sphinx's builders; any warning is a failure.

    Raises: CourseError, with what Sphinx said.
    """
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-c", str(SETTINGS), "-d", str(source / "_doctrees")]
    command += ["-D", f"html_extra_path={source / '_extra'}", "-q", "-W", "--keep-going", "-j", "2"]
    done = subprocess.run([*command, str(source), str(target)], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CourseError(f"Sphinx is not content with the pages:\n{done.stdout}{done.stderr}")


def build(book: Path, source: Path) -> None:
    """Make the site: one page a lesson, and the whole once more as one page, print.html."""
    shutil.rmtree(book, ignore_errors=True)
    sphinx("html", source, book)
    sphinx("singlehtml", source, source / "_single")
    (book / "print.html").write_text(
        one_page((source / "_single/index.html").read_text(encoding="utf-8")), encoding="utf-8"
    )
    for file in book.rglob("*.html"):
        file.write_text(_replaced(file.read_text(encoding="utf-8"), MENDED), encoding="utf-8")
    for leftover in (".buildinfo", "objects.inv"):
        (book / leftover).unlink(missing_ok=True)
    for folder in (book / "_sources", book.parent / "jupyter_execute"):
        shutil.rmtree(folder, ignore_errors=True)


def one_page(page: str) -> str:
    """Sphinx's single page, with links that lead where they should.

    Pages have headings of the same name, and Sphinx gives them one id; here every id bears its page's name.
    """
    page = page.replace('src="../_figures/', 'src="_figures/').replace("index.html#", "#")
    page = re.sub(r'<aside class="toc-drawer">.*?</aside>', "", page, flags=re.DOTALL)
    head, article, body = page.partition("<article")
    here = ""

    def named(found: re.Match) -> str:
        nonlocal here
        if found["page"]:
            here = found["page"]
            return found[0]
        if found["id"]:
            return f' id="{_within(here, found["id"])}"'
        _, document, there = re.fullmatch(r"(document-([^#]*))?#?(.*)", found["to"]).groups()
        if document is None:
            return f'href="#{_within(here, there)}"'
        return f'href="#{_within(document, there)}"' if there else found[0]

    mark = r'\sid="document-(?P<page>[^"]+)"|\sid="(?P<id>[^"]+)"|href="#(?P<to>[^"]*)"'
    return head + article + re.sub(mark, named, body)


def _within(page: str, name: str) -> str:
    return f"{page.replace('/', '-')}--{name}" if page and name else name


def print_pdf(book: Path) -> None:
    """Have Chromium print the whole book as book.pdf, beside the site.

    Raises: CourseError if there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise CourseError("Chromium prints the book, and is not installed (on Debian: sudo apt install chromium).")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto((book / "print.html").as_uri())
        # Pictures that nobody has scrolled to are not there yet.
        page.evaluate(
            "Promise.all([...document.images].map(image => { image.loading = 'eager'; return image.decode(); }))"
        )
        page.pdf(path=book / "book.pdf", format="A4", print_background=True, tagged=True, outline=True)
        browser.close()
