"""`course check` as a learner calls it: points, hints, JSON, and what it says of a notebook that it can't read."""

import json
import subprocess
import sys

import pytest

from classroom import check, forbidden, grading, work
from classroom.answers import Answers
from classroom.course import ROOT, CourseError, find
from facelab.checks import free_names

LESSON = find("01")


def course(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "classroom", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )


def test_json_has_the_agreed_keys_and_nothing_else():
    done = course("check", "01", "--notebook", str(LESSON.solution), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert set(report) == {"exercise", "points", "max_points", "tasks"}
    assert (report["exercise"], report["points"], report["max_points"]) == ("01_faces_as_vectors", 10, 10)
    assert [t["id"] for t in report["tasks"]] == [
        "01-standardise",
        "01-distances",
        "01-leave-one-out",
        "01-shift",
    ]
    for task in report["tasks"]:
        assert set(task) == {"id", "kind", "points", "max_points", "hint"}
        assert task["kind"] == "auto" and task["points"] == task["max_points"]


def test_the_stub_says_what_is_not_done():
    done = course("check", "1", "--notebook", str(LESSON.exercise))
    assert done.returncode == 0
    assert done.stdout.count("not done yet") == 4
    assert done.stdout.rstrip().endswith("01_faces_as_vectors: 0 of 10 points")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["99"], "There is no lesson '99'"),
        (["01", "--notebook", "nowhere.ipynb"], "There is no notebook at nowhere.ipynb"),
        (["01", "--notebook", "README.md"], "README.md cannot be read as a notebook"),
    ],
)
def test_what_cannot_be_graded_is_said_in_a_sentence(arguments, sentence):
    done = course("check", *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr and "Traceback" not in done.stderr


def test_an_exercise_without_a_solution_is_not_there_yet(monkeypatch, tmp_path):
    monkeypatch.setattr(type(LESSON), "solution", property(lambda self: tmp_path / "none.ipynb"))
    with pytest.raises(CourseError, match="Exercise 01_faces_as_vectors is not there yet"):
        check.main(["01"])


def test_the_learners_own_result_is_recorded_and_another_notebooks_is_not(monkeypatch, tmp_path, capsys):
    recorded = []
    report = grading.Report("01_faces_as_vectors", [grading.Result("01-a", "auto", 2, 3, "a hint", "got 1")])
    monkeypatch.setattr(grading, "grade", lambda *a, **k: report)
    monkeypatch.setattr(work, "record_result", lambda *a: recorded.append(a))
    check.main(["01", "--notebook", str(LESSON.exercise)])
    assert recorded == []
    monkeypatch.setattr(type(LESSON), "work", property(lambda self: LESSON.exercise))
    check.main(["01"])
    assert recorded == [(LESSON, 2, 3)]
    assert "2 of 3   a hint" in capsys.readouterr().out
    monkeypatch.setattr(type(LESSON), "work", property(lambda self: tmp_path / "none.ipynb"))
    with pytest.raises(CourseError, match="course reset 01"):
        check.main(["01"])


CHECK = f"""from facelab.checks import expect
def agrees(x):
    expect(double(x), 2 * x)
expect(double(2), 4, {{"added, not doubled": 3}})
{grading.HIDDEN}
for x in (5, 7):
    agrees(x)
"""


@pytest.mark.parametrize(
    ("answer", "hint", "detail"),
    [
        ("x + 2", "The value is not what was wanted.", f"{grading.ONLY_HIDDEN}\ngot 7, wanted 10"),
        ("[1, 2, 4, 6, 8][x]", "IndexError", f"{grading.ONLY_HIDDEN}\nlist index out of range"),
        ("x + 1", "added, not doubled", ""),
        ("x", "The value is not what was wanted.", "got 2, wanted 4"),
        ("2 * x", "", ""),
    ],
)
def test_a_failure_of_hidden_checks_alone_is_said(answer, hint, detail):
    task = grading.Task("01-double", "auto", 2, CHECK, "def double(x): return 2 * x")
    cells = [(task.id, f"def double(x): return {answer}")]
    with Answers(cells) as answers:
        result = grading.grade_task(task, answers, cells)
    assert hint in result.hint and result.detail == detail
    assert result.points == (0 if hint else 2)


@pytest.mark.parametrize(
    "write",
    [
        lambda nb: nb.update(nbformat_minor=4),
        lambda nb: [c.pop("outputs", None) for c in nb["cells"]],
        lambda nb: [c.update(execution_count="1", outputs=[{"output_type": "odd"}], id="a b") for c in nb["cells"]],
        lambda nb: [c.update(source=c["source"].splitlines(keepends=True)) for c in nb["cells"]],
        lambda nb: nb.pop("metadata"),
    ],
)
def test_a_notebook_with_small_faults_is_read_all_the_same(tmp_path, write):
    notebook = json.loads(LESSON.solution.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    want = [cell["source"] for cell in notebook["cells"]]
    write(notebook)
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8-sig")
    assert [c.source for c in grading.read_answers(path, "01").cells] == want


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"cells": 3}', '{"cells": [{}]}', "\x00"])
def test_what_is_no_notebook_is_said_to_be_none(tmp_path, text):
    path = tmp_path / "mine.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="cannot be read as a notebook .*`course reset 07`"):
        grading.read_answers(path, "07")


USES = "\ndef answer(A, B):\n    return {}"


@pytest.mark.parametrize(
    ("source", "used"),
    [
        (["from scipy.spatial.distance import cdist" + USES.format("cdist(A, B)")], True),
        (["from scipy.spatial.distance import *" + USES.format("cdist(A, B)")], True),
        (["from scipy.spatial import distance as d", USES.format("d.cdist(A, B)")], True),
        (["import scipy.spatial.distance" + USES.format("scipy.spatial.distance.cdist(A, B)")], True),
        (["import scipy.spatial\nd = scipy.spatial.distance", "f = d.cdist" + USES.format("f(A, B)")], True),
        (["%matplotlib inline\nfrom scipy.spatial.distance import cdist" + USES.format("cdist(A, B)")], True),
        (["%%time\nfrom scipy.spatial.distance import cdist" + USES.format("cdist(A, B)")], True),
        (
            ["from scipy.spatial.distance import cdist\ndef helper(a): return cdist(a, a)", USES.format("helper(A)")],
            True,
        ),
        (["from scipy.spatial.distance import cdist as answer"], True),
        (["from scipy.spatial.distance import cdist", "def cdist(a, b): pass" + USES.format("cdist(1, 2)")], False),
        (["def cdist(a, b): pass" + USES.format("cdist(1, 2)")], False),
        (["# scipy.spatial.distance.cdist" + USES.format("'scipy.spatial.distance.cdist'")], False),
        ([USES.format("A"), "from scipy.spatial.distance import cdist\nprint(cdist(1, 1) - answer(1, 1))"], False),
        (["from scipy.spatial import distance\ndef answer(distance):\n    return distance.cdist"], False),
        (["from scipy.spatial.distance import *" + USES.format("A - B")], False),
        (  # another function's own variable of the same name is another variable
            [
                "from scipy.spatial.distance import cdist\ndef other(A):\n    D = cdist(A, A)\n    return D",
                "def answer(A, B):\n    D = A - B\n    return D",
            ],
            False,
        ),
        (["this is no Python", USES.format("A")], False),
    ],
)
def test_what_an_answer_may_not_call_is_found_where_the_answer_reaches_it(source, used):
    name = "scipy.spatial.distance.cdist"
    assert forbidden.used(source, ["answer"], [name]) == (name if used else "")


def test_names_that_a_check_asks_for():
    source = "import numpy as np\nfor i in range(3):\n    def g(x): return f(x, k) + np.e\n    w = [y for y in g(i)]"
    assert free_names(source) == ["f", "k"]
    assert grading.defined_at_top("def f(): pass\na, (b, *c) = 1, (2, 3)\nd: int = 4\nif a: e = 5") == tuple("fabcd")
