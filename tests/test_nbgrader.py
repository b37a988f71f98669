"""nbgrader's whole cycle on real kernels: release, collect, autograde, feedback, export."""

import csv
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from classroom.course import ROOT, find
from classroom.grading import grade_id, read_notebook, tasks_of

LESSON = find("01")
BANK = runpy.run_path(Path(__file__).parent / "wrong_answers" / f"{LESSON.name}.py")["WRONG"]
FORBIDDEN = "This task asks"  # found in the syntax tree by `course check` and the class's grader, not by plain nbgrader


def handed_in(answers=None, edit=None):
    """The release with some answers written into it: by default those of the solution."""
    notebook = read_notebook(LESSON.exercise)
    for task in tasks_of(read_notebook(LESSON.solution)):
        for cell in notebook.cells:
            if grade_id(cell) == task.id:
                cell.source = (answers or {}).get(task.id, task.answer)
    if edit:
        edit(notebook)
    return notebook


def without_a_check(notebook):
    notebook.cells = [c for c in notebook.cells if grade_id(c) != "01-distances-check"]


def with_markdown_script(notebook):
    text = "<script>alert(1)</script><img src=x onerror='alert(2)'> *mine*"
    notebook.cells.append(nbformat.v4.new_markdown_cell(text, id="own-text"))


def with_script(notebook):
    html = "<script>alert(1)</script>"
    output = nbformat.v4.new_output("display_data", data={"text/html": html, "text/plain": "my own output"})
    notebook.cells.append(nbformat.v4.new_code_cell("draw()", outputs=[output], id="own-cell"))


FILE = """
def squared_distances(A, B):
    with open("leak.txt", "w") as file:
        file.write(get_ipython().user_ns["In"][-1])
    return np.maximum((A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1), 0)
"""

PICKED = """
import ast
def squared_distances(A, B):
    from facelab.checks import CheckFailed
    words = [n.value for n in ast.walk(ast.parse(get_ipython().user_ns["In"][-1])) if isinstance(n, ast.Constant)]
    raise CheckFailed(next(w for w in words if "eucli" in str(w)))
"""

LEAK = """
def squared_distances(A, B):
    print(get_ipython().user_ns["In"][-1])
    raise ValueError(get_ipython().user_ns["In"][-1])
"""

NOISY = """
import sys, warnings
def squared_distances(A, B):
    warnings.warn("careful")
    print("working", file=sys.stderr)
    return np.maximum((A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1), 0)
"""

STUDENTS = {
    "perfect": (handed_in(edit=with_script), 10),
    "empty": (read_notebook(LESSON.exercise), 0),
    "raises": (handed_in({"01-leave-one-out": "def leave_one_out(D, person):\n    raise KeyError('person')"}), 7),
    "deleted": (handed_in(edit=without_a_check), 10),
    "noisy": (handed_in({"01-distances": NOISY}), 10),
    "leaker": (handed_in({"01-distances": LEAK}), 7),
    "writer": (handed_in({"01-distances": FILE}), 10),
    "picker": (handed_in({"01-distances": PICKED}), 7),
    "scripter": (handed_in(edit=with_markdown_script), 10),
}
HINTS = {}
for task, wrong in BANK.items():
    points = {t.id: t.points for t in tasks_of(read_notebook(LESSON.solution))}[task]
    for number, (hint, source) in enumerate(wrong[:2]):
        STUDENTS[f"{task}-{number}"] = (handed_in({task: source}), 10 - points)
        HINTS[f"{task}-{number}"] = hint


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder of nbgrader's, after the whole cycle."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    def nbgrader(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]

    nbgrader("generate_assignment", LESSON.name)
    for student, (notebook, _) in STUDENTS.items():
        place = folder / "submitted" / student / LESSON.name
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{LESSON.name}.ipynb")
    nbgrader("autograde", LESSON.name)
    nbgrader("generate_feedback", LESSON.name)
    nbgrader("export")
    return folder


def feedback(course, student):
    return (course / "feedback" / student / LESSON.name / f"{LESSON.name}.html").read_text(encoding="utf-8")


@pytest.mark.timeout(900)
def test_the_release_is_the_one_in_the_repository(course):
    made = read_notebook(course / "exercises" / LESSON.name / f"{LESSON.name}.ipynb")
    assert made == read_notebook(LESSON.exercise)


def test_exported_marks_are_what_each_student_earned(course):
    with (course / "grades.csv").open(newline="") as file:
        marks = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert marks == {student: points for student, (_, points) in STUDENTS.items()}


@pytest.mark.parametrize("student", STUDENTS)
def test_no_feedback_holds_a_hidden_check(course, student):
    page = feedback(course, student)
    for hidden in ("HIDDEN", "sqeuclidean", "default_rng", "kneighbors", "<script>alert"):
        assert hidden not in page
    assert re.search(r"\d of \d points", page)
    assert not BeautifulSoup(page, "html.parser").find(onerror=True)
    assert [p.name for p in (course / "feedback" / student / LESSON.name).iterdir()] == [f"{LESSON.name}.html"]


def printed(course, student):
    """What the outputs of a feedback page say."""
    page = BeautifulSoup(feedback(course, student), "html.parser")
    return "\n".join(pre.get_text() for pre in page.select("pre") if not pre.find_parent(class_="highlight"))


@pytest.mark.parametrize("student", HINTS)
def test_feedback_names_the_mistake(course, student):
    assert HINTS[student] in printed(course, student).splitlines()


def test_feedback_shows_points_and_the_students_own_output(course):
    page = feedback(course, "perfect")
    assert [int(n) for n in re.findall(r"(\d) of \d points", page)] == [2, 3, 3, 2]
    assert "my own output" in printed(course, "perfect")
    assert printed(course, "empty").count("Not done yet.") == 4
    assert "The check stopped with KeyError." in printed(course, "raises")
