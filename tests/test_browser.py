"""The course as a learner meets it: JupyterLab from `course start`, in a real browser."""

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from classroom import course, work

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
playwright = pytest.importorskip("playwright.sync_api")

LESSON = course.LESSONS[0]
# Quiet, and no call to anywhere; the sandbox can't be had by root.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 180_000  # milliseconds, for a busy machine


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        reason = "Chromium is not installed (on Debian: sudo apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """JupyterLab as `make start` serves it, from a copy of the repository: the address, and the copy."""
    copy = tmp_path_factory.mktemp("lab") / "course"
    leave = shutil.ignore_patterns(".git", ".venv", "work", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(course.ROOT, copy, ignore=leave)
    lesson = copy / LESSON.notebook.relative_to(course.ROOT)
    content = json.loads(lesson.read_text())
    for cell in content["cells"]:
        # So that a number in a prompt means that the cell ran here; the stored outputs stay.
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
    lesson.write_text(json.dumps(content))
    process = subprocess.Popen(
        [sys.executable, "-m", "classroom", "start", "--here"],
        cwd=copy,
        env={**os.environ, "NO_BROWSER": "1", "PYTHONPATH": str(copy), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if "Stop it with" in line:
            break
    found = re.search(r"http://127\.0\.0\.1:\S+", "".join(said))
    assert found, "".join(said)
    yield SimpleNamespace(address=found.group(), copy=copy)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert "JupyterLab is stopped" in process.stdout.read()


@pytest.fixture
def page(browser, lab):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def open_welcome(page, lab):
    """The welcome page, in a Lab that shows nothing of an earlier test."""
    page.goto(lab.address + "&reset")
    page.locator(".jp-MarkdownViewer table").wait_for()


def test_the_welcome_page_is_rendered_with_its_links(page, lab):
    open_welcome(page, lab)
    viewer = page.locator(".jp-MarkdownViewer")
    assert viewer.locator("tbody tr").count() == 16
    there = [lesson for lesson in course.LESSONS if lesson.notebook.is_file()]
    for lesson in there:
        assert viewer.get_by_role("link", name=lesson.title, exact=True).is_visible()
        assert viewer.get_by_role("link", name=f"Exercise {lesson.number}", exact=True).is_visible()
    assert viewer.locator("td a").count() == 2 * len(there)
    assert viewer.get_by_text("not yet there").count() == 16 - len(there)


def test_what_opens_is_calm(page, lab):
    open_welcome(page, lab)
    viewer = page.locator(".jp-MarkdownViewer")
    viewer.get_by_role("link", name=f"Exercise {LESSON.number}", exact=True).click()
    page.get_by_role("button", name="Validate", exact=True).wait_for()
    # News would be asked about within seconds of the start.
    page.wait_for_timeout(5000)
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
    shell = page.locator("body").inner_text()
    for noise in ("Jupyter news", "Create Assignment", "Formgrader", "Assignment List", "Course List", "Jupytext"):
        assert noise.lower() not in shell.lower()
    menus = page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert "Nbgrader" not in menus and "File" in menus
    for tab in page.locator(".jp-SideBar .lm-TabBar-tab").all():
        assert not re.search(r"nbgrader|assignment|extension manager", tab.get_attribute("title") or "", re.IGNORECASE)


def test_lesson_01_runs_from_the_welcome_page_without_an_error(page, lab):
    file = lab.copy / LESSON.notebook.relative_to(course.ROOT)
    open_welcome(page, lab)
    page.locator(".jp-MarkdownViewer").get_by_role("link", name=LESSON.title, exact=True).click()
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    figure = notebook.locator("figure img").first
    figure.scroll_into_view_if_needed()
    assert figure.evaluate("image => image.naturalWidth") > 200
    assert figure.get_attribute("alt")

    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    last = notebook.locator(".jp-CodeCell .jp-InputPrompt").last
    playwright.expect(last).to_have_text(re.compile(r"\[\d+\]"), timeout=PATIENCE)
    page.keyboard.press("Control+s")
    for _ in range(100):
        cells = [cell for cell in work.read_notebook(file)["cells"] if cell["cell_type"] == "code"]
        if cells[-1]["execution_count"]:
            break
        page.wait_for_timeout(100)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert notebook.locator("figure img").first.evaluate("image => image.naturalWidth") > 200


# ---- the exercise --------------------------------------------------------------------------------------------------


def solutions() -> dict[str, str]:
    """The course's own answers to exercise 01 by grade id."""
    return {grade_id: work._text(cell) for grade_id, cell in work._answers(work.read_notebook(LESSON.solution)).items()}


def write_answers(copy: Path, answers: dict[str, str]) -> None:
    """Write answers into a fresh copy of exercise 01, as a learner would."""
    notebook = work.read_notebook(LESSON.exercise)
    for grade_id, cell in work._answers(notebook).items():
        cell["source"] = answers.get(grade_id, cell["source"])
    (copy / "work" / LESSON.work.name).write_text(json.dumps(notebook))


def validate(page, lab) -> str:
    """Press Validate in exercise 01, and read what it reports."""
    open_welcome(page, lab)
    link = page.locator(".jp-MarkdownViewer").get_by_role("link", name=f"Exercise {LESSON.number}", exact=True)
    link.click()
    page.get_by_role("button", name="Validate", exact=True).click()
    report = page.locator(".jp-Dialog", has_text="Validation Results")
    report.wait_for()
    return report.inner_text()


def test_validate_reports_the_stub_as_not_done(page, lab):
    write_answers(lab.copy, {})
    said = validate(page, lab)
    assert "Not done yet" in said
    assert "Traceback" not in said


def test_validate_names_a_known_mistake_by_its_hint(page, lab):
    bank = runpy.run_path(str(course.ROOT / "tests/wrong_answers" / f"{LESSON.name}.py"))["WRONG"]
    task, mistakes = next(iter(bank.items()))
    hint, code = mistakes[0]
    write_answers(lab.copy, solutions() | {task: code})
    said = validate(page, lab)
    assert hint in said
    # It must be seen at once, not below the check's long text.
    playwright.expect(page.locator("#validation-message pre", has_text=hint).last).to_be_in_viewport(ratio=1)
    assert "Traceback" not in said


def test_validate_passes_the_solution(page, lab):
    write_answers(lab.copy, solutions())
    assert "passes all the tests" in validate(page, lab)
