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


def wait_for_kernel(page, lab, notebook) -> None:
    """Wait until a kernel has started, the page is connected to it, and the circle in the toolbar says it is idle.

    The circle also says so before there is any kernel, and then "Run All Cells" clears the outputs and runs nothing.
    """
    for _ in range(PATIENCE // 100):
        kernels = [session["kernel"] for session in json.loads(ask(lab, "sessions"))]
        if any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels):
            break
        page.wait_for_timeout(100)
    wait_until_idle(notebook)


def wait_until_idle(notebook) -> None:
    """Wait until the circle in the notebook's toolbar says that its kernel has nothing to do."""
    notebook.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()


def run_all_cells(page) -> None:
    """Choose "Run All Cells" in the menu."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()


def wait_for_the_last_cell(notebook, seconds: float = 480) -> None:
    """Wait until the last cell has run, or will not any more because another failed."""
    last = notebook.locator(".jp-CodeCell").last
    last.locator(".jp-InputPrompt", has_text=re.compile(r"\[(\*|\d+)\]")).wait_for()
    last.locator(".jp-InputPrompt", has_text=re.compile(r"\[( |\d+)\]")).wait_for(timeout=1000 * seconds)
    wait_until_idle(notebook)


def saved_cells(page, file: Path) -> list[dict]:
    """Save the notebook on the page, wait until the file has what the cells gave, and read its code cells."""
    page.keyboard.press("Control+s")
    for _ in range(100):
        page.wait_for_timeout(100)
        notebook = work.read_notebook(file) or {"cells": []}  # half written
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        failed = any(output["output_type"] == "error" for cell in cells for output in cell["outputs"])
        if failed or (cells and cells[-1]["execution_count"]):
            break
    return cells


def move_slider(page, widget) -> None:
    """Push the first slider of a cell's sliders to its end, and wait until what stands under it has changed."""
    shown, handle = widget.locator(".jp-OutputArea").first, widget.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    shown.locator("img, .jp-RenderedMarkdown").first.wait_for()
    before = shown.inner_html()
    handle.press("End")
    for _ in range(PATIENCE // 100):
        after = shown.inner_html()
        # Empty while the new picture is on its way.
        if after != before and shown.locator("img, .jp-RenderedMarkdown").count():
            break
        page.wait_for_timeout(100)
    assert after != before, "the slider was moved, and nothing else"
    assert not widget.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count(), shown.inner_text()


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
    for session in json.loads(ask(lab, "sessions")):
        ask(lab, f"sessions/{session['id']}", "DELETE")


def ask(lab, path: str, method: str = "GET") -> bytes:
    """Ask the Lab's server, as the page does."""
    where = urlsplit(lab.address)
    headers = {"Authorization": f"token {parse_qs(where.query)['token'][0]}"}
    request = urllib.request.Request(f"{where.scheme}://{where.netloc}/api/{path}", method=method, headers=headers)
    # A proxy of the user's must not be asked for this machine.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return answer.read()
