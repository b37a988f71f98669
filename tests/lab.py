"""What the tests do in JupyterLab: open a page, run all cells, press Validate, put answers into a learner's copy."""

import json
import re
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from classroom import work
from classroom.course import Lesson

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


def open_welcome(page, lab):
    """Show the welcome page, in a Lab that shows nothing of an earlier test, and give it back."""
    page.goto(lab.address + "&reset")
    page.locator(".jp-MarkdownViewer table").wait_for()
    return page.locator(".jp-MarkdownViewer")


def open_lesson(page, lab, lesson: Lesson):
    """Open a lesson by its link on the welcome page, and give the notebook back."""
    open_welcome(page, lab).get_by_role("link", name=lesson.title, exact=True).click()
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def run_all_cells(page) -> None:
    """Choose "Run All Cells" in the menu."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()


def saved_cells(page, file: Path) -> list[dict]:
    """Save the notebook on the page, wait until the file has what its last cell gave, and read its code cells."""
    page.keyboard.press("Control+s")
    for _ in range(100):
        cells = [cell for cell in work.read_notebook(file)["cells"] if cell["cell_type"] == "code"]
        if cells[-1]["execution_count"]:
            break
        page.wait_for_timeout(100)
    return cells


def forget_counts(file: Path) -> None:
    """Take the numbers out of a notebook's prompts, so that one means that the cell ran here; the outputs stay."""
    content = json.loads(file.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
    file.write_text(json.dumps(content), encoding="utf-8")


def validate(page, lab, lesson: Lesson) -> str:
    """Press Validate in the learner's copy of an exercise, and read what it reports."""
    open_welcome(page, lab).get_by_role("link", name=f"Exercise {lesson.number}", exact=True).click()
    page.get_by_role("button", name="Validate", exact=True).click()
    report = page.locator(".jp-Dialog", has_text="Validation Results")
    report.wait_for()
    return report.inner_text()


def solutions(lesson: Lesson) -> dict[str, str]:
    """The course's own answers to an exercise by grade id."""
    return {grade_id: work._text(cell) for grade_id, cell in work._answers(work.read_notebook(lesson.solution)).items()}


def write_answers(copy: Path, lesson: Lesson, answers: dict[str, str]) -> None:
    """Write answers into a fresh copy of an exercise, as a learner would."""
    notebook = work.read_notebook(lesson.exercise)
    for grade_id, cell in work._answers(notebook).items():
        cell["source"] = answers.get(grade_id, cell["source"])
    (copy / "work" / lesson.work.name).write_text(json.dumps(notebook), encoding="utf-8")


def shut_kernels_down(lab) -> None:
    """End every kernel of the Lab, as "Shut Down All Kernels" does."""
    where = urlsplit(lab.address)
    token = parse_qs(where.query)["token"][0]

    def ask(path: str, method: str) -> bytes:
        request = urllib.request.Request(
            f"{where.scheme}://{where.netloc}/api/{path}", method=method, headers={"Authorization": f"token {token}"}
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return answer.read()

    for session in json.loads(ask("sessions", "GET")):
        ask(f"sessions/{session['id']}", "DELETE")
