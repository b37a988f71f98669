"""nbgrader's own formgrader, in a real browser, on a gradebook that `course class grade` has filled."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from lab import PATIENCE

from classroom import course
from classroom.__main__ import main as command
from classroom.cohort import ledger
from classroom.cohort.folder import new
from classroom.cohort.release import release
from classroom.grading import grade_id, read_notebook
from classroom.sandbox import warm

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
LESSON = course.find("11")  # it has a written answer
TASK = "11-verdict"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of two, graded: one with all answers, one who wrote nothing."""
    if (reason := warm.refusal()) and not os.environ.get("CI"):
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("formgrader")
    (root / "roster.csv").write_text("id,first_name,last_name,email\nann,Ann,Lee,\nbob,Bob,Roe,\n")
    folder = new(root / "klass", root / "roster.csv", [LESSON.number])
    release(folder, folder.assignments)
    notebook = nbformat.read(folder.release_notebook(LESSON.name), as_version=4)
    for student, solved in (("bob", False), ("ann", True)):
        answers = {grade_id(c): c.source for c in read_notebook(LESSON.solution).cells if grade_id(c)} if solved else {}
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = answers.get(grade_id(cell), cell.source)
        place = folder.submitted_notebook(student, LESSON.name)
        place.parent.mkdir(parents=True)
        place.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert command(["class", "grade", "--class", str(folder.root)]) == 0
    return folder


@pytest.fixture(scope="module")
def server(graded, tmp_path_factory):
    """Jupyter as an instructor starts it in the class folder; its address."""
    settings = tmp_path_factory.mktemp("jupyter")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port", "0", "--ip", "127.0.0.1"],
        cwd=graded.root,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(settings),
            "JUPYTER_DATA_DIR": str(settings),
            "HOME": str(settings),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stderr:
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", line):
            break
    else:
        pytest.fail("Jupyter did not say where it is")
    yield found.groups()
    process.terminate()
    process.stderr.read()
    process.wait(timeout=30)
    shutil.rmtree(settings, ignore_errors=True)


def test_formgrader_shows_the_marks_and_takes_one_that_stays(browser, graded, server):
    address, token = server
    page = browser.new_context(viewport={"width": 1300, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/lab?token={token}")  # this sets the cookie; formgrader's own pages don't take a token
    page.goto(f"{address}/formgrader/gradebook/{LESSON.name}/{LESSON.name}")
    page.get_by_role("link", name="Submission #2").wait_for()
    shown = page.locator("tbody tr").all_inner_texts()
    assert sorted(re.search(r"\d+ / 10", row)[0] for row in shown) == ["0 / 10", "10 / 10"]
    full = next(row for row in shown if "10 / 10" in row)
    page.get_by_role("link", name=re.search(r"Submission #\d", full)[0]).click()
    score = page.locator(f"input.score[id='{TASK}']")
    # The page's script answers once it has loaded the marks: then the automatic ones stand in their fields.
    page.locator("input.score[id='11-size-check'][placeholder]").wait_for()
    with page.expect_response(lambda response: "/api/grade/" in response.url and response.request.method == "PUT"):
        score.fill("3")
        score.press("Tab")
    page.context.close()

    def manual():
        with graded.gradebook() as gradebook:
            return {
                s.student.id: (grade.manual_score, grade.needs_manual_grade)
                for s in gradebook.assignment_submissions(LESSON.name)
                for grade in [gradebook.find_grade(TASK, LESSON.name, LESSON.name, s.student.id)]
            }

    assert manual() == {"ann": (3, False), "bob": (None, False)}
    assert command(["class", "grade", "--class", str(graded.root), "--again"]) == 0
    assert manual() == {"ann": (3, True), "bob": (None, False)}  # kept, and shown for another look
    entries = {e["student"]: e for e in ledger.entries(graded, LESSON.name)}
    assert (entries["ann"]["points"], entries["bob"]["points"]) == (10, 0)
