"""docs/prerequisites.ipynb: built with stubs and without errors; its self-test names mistakes and goes on."""

import re
import runpy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from classroom import lint, notebooks, start
from classroom.course import PREREQUISITES, WORK
from classroom.grading import STUB, read_notebook, tasks_of

TASKS = tasks_of(notebooks.read_manuscript(PREREQUISITES.manuscript))
WRONG = runpy.run_path(str(Path(__file__).parent / "wrong_answers/prerequisites.py"))["WRONG"]


def said_by_checks(notebook):
    """Task id → what its check printed."""
    checks = [cell for cell in notebook.cells if cell.id.endswith("-check")]
    return {
        cell.id.removesuffix("-check"): "".join(output.text for output in cell.outputs).rstrip("\n") for cell in checks
    }


def run_with(answers):
    """The page, run as a reader's notebook would be, with an answer for each task."""
    notebook = notebooks.read_page(PREREQUISITES)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()  # fails if a cell does
    return said_by_checks(notebook)


def test_the_page_is_fresh_and_clean():
    assert lint.page_problems(PREREQUISITES) == []


def test_the_page_as_committed_has_stubs_and_says_kindly_that_nothing_is_done():
    notebook = read_notebook(PREREQUISITES.notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    for task in TASKS:
        assert STUB in cells[task.id].source and "SOLUTION" not in cells[task.id].source
    assert set(said_by_checks(notebook).values()) == {"Not done yet: your answer replaces the line `raise NotDone`."}
    assert not any("nbgrader" in cell.metadata for cell in notebook.cells)  # nobody grades it, Validate has no say


def test_right_answers_are_called_right():
    assert run_with({task.id: task.answer for task in TASKS}) == {task.id: "Right." for task in TASKS}


@pytest.mark.parametrize("which", [0, -1])
def test_wrong_answers_are_named_and_the_next_question_still_runs(which):
    said = run_with({task: mistakes[which][1] for task, mistakes in WRONG.items()})
    assert said == {task: mistakes[which][0] for task, mistakes in WRONG.items()}


def test_every_question_says_where_it_is_needed():
    text = "\n".join(cell.source for cell in read_notebook(PREREQUISITES.notebook).cells)
    questions = [int(n) for n in re.findall(r"^### Question (\d+)$", text, re.M)]
    assert questions == [int(n) for n in re.findall(r"^\| (\d+) .*\.ipynb\)", text, re.M)]
    assert questions == list(range(1, len(TASKS) + 1))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda nb: nb.metadata.course.update(built_from="another"), "stale"),
        (lambda nb: nb.cells[0].update(source=nb.cells[0].source + " And more."), "edited by hand"),
        (lambda nb: nb.cells[1].update(outputs=[nbformat.v4.new_output("error", ename="E")]), "fails: E"),
        (lambda nb: nb.cells[0].update(source="# Another title"), "must begin with one title, '# Before lesson 01'"),
    ],
)
def test_the_linter_looks_at_the_page(monkeypatch, change, complaint):
    def read(path):
        notebook = read_notebook(path)
        change(notebook)
        return notebook

    monkeypatch.setattr(lint, "read_notebook", read)
    assert complaint in "\n".join(lint.page_problems(PREREQUISITES))


def test_the_linter_looks_at_the_questions_of_the_page(monkeypatch):
    def read(path):
        notebook = notebooks_read(path)
        check = next(cell for cell in notebook.cells if cell.id == "00-rows-check")
        check.source = check.source.replace("import numpy as np", "").replace("X.copy()", "X")
        return notebook

    notebooks_read = notebooks.read_manuscript
    monkeypatch.setattr(notebooks, "read_manuscript", read)
    found = "\n".join(lint.page_problems(PREREQUISITES))
    assert "manuscript/prerequisites.py: 00-rows: its check uses np without defining it" in found
    assert "00-rows: its check passes X itself to away_from_row_means" in found


def test_the_welcome_page_leads_here():
    (link,) = re.findall(r"\[Before lesson 01\]\((.+?)\)", start.WELCOME)
    assert (WORK / link).resolve() == PREREQUISITES.notebook
