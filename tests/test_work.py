"""The learner's copies: never lost, never half written, and carried over when an exercise changes."""

import io
import json
import os
import re
import sys

import pytest

from classroom import course, progress, reset, start, work
from classroom.course import ROOT, CourseError

LESSON = course.LESSONS[0]


def text_cell(source: str) -> dict:
    return {"cell_type": "markdown", "id": f"t{abs(hash(source))}", "metadata": {}, "source": source}


def own_cell(source: str, id: str = "own") -> dict:
    return {"cell_type": "code", "id": id, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def answer(grade_id: str, source: str) -> dict:
    kind = {"grade_id": grade_id, "solution": True, "grade": False, "locked": False, "schema_version": 3}
    return {**own_cell(source, id=grade_id), "metadata": {"nbgrader": kind}}


def check(grade_id: str, source: str) -> dict:
    kind = {"grade_id": grade_id, "solution": False, "grade": True, "locked": True, "points": 3, "schema_version": 3}
    return {**own_cell(source, id=grade_id), "metadata": {"nbgrader": kind}}


def notebook(built_from: str, *cells: dict) -> dict:
    return {
        "cells": list(cells),
        "metadata": {"course": {"built_from": built_from}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


FIRST = notebook(
    "first",
    text_cell("# Exercise"),
    answer("01-mean", "raise NotDone"),
    check("01-mean-check", "assert mean"),
    text_cell("Think of the border."),
    answer("01-shift", "raise NotDone"),
)
SECOND = notebook(
    "second",
    text_cell("# Exercise, with a new introduction"),
    answer("01-mean", "raise NotDone  # new stub"),
    check("01-mean-check", "assert mean and more"),
    answer("01-new", "raise NotDone"),
)


def sources(path) -> list[str]:
    return [cell["source"] for cell in json.loads(path.read_text())["cells"]]


def release(content: dict) -> None:
    LESSON.exercise.parent.mkdir(parents=True, exist_ok=True)
    LESSON.exercise.write_text(json.dumps(content))


def edit(content: dict) -> None:
    LESSON.work.write_text(json.dumps(content))


@pytest.fixture
def learner(workplace, monkeypatch):
    """A learner who was handed out the first release, and is not asked anything."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    release(FIRST)
    start.lay_out()
    return workplace


def old_copies() -> list:
    return sorted((course.WORK / "old").glob("*.ipynb"))


# ---- handing out -------------------------------------------------------------------------------------------------


def test_a_missing_copy_is_handed_out_as_released(learner):
    assert LESSON.work.read_bytes() == LESSON.exercise.read_bytes()
    assert work.status(LESSON) == "current"
    assert not work.started(LESSON)


def test_a_copy_is_never_overwritten(learner):
    edit(notebook("first", answer("01-mean", "mine")))
    before = LESSON.work.read_bytes()
    start.lay_out()
    assert LESSON.work.read_bytes() == before
    release(SECOND)
    start.lay_out()
    assert LESSON.work.read_bytes() == before


def test_a_changed_exercise_is_announced_with_the_command_that_carries_answers_over(learner, capsys):
    edit(notebook("first", answer("01-mean", "mine")))
    release(SECOND)
    start.lay_out()
    said = capsys.readouterr().out
    assert "Exercise 01 has changed since you began it." in said
    assert "`course reset 01 --keep-answers`" in said


def test_a_changed_exercise_is_carried_over_when_the_learner_agrees(learner, monkeypatch):
    edit(notebook("first", answer("01-mean", "mine")))
    release(SECOND)
    monkeypatch.setattr(start, "_agrees", lambda question: True)
    start.lay_out()
    assert "mine" in sources(LESSON.work)
    assert work.status(LESSON) == "current"
    assert len(old_copies()) == 1


def test_a_changed_exercise_that_was_not_begun_is_renewed_unasked(learner):
    release(SECOND)
    start.lay_out()
    assert sources(LESSON.work) == sources(LESSON.exercise)


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", '{"cells": 3}', '{"cells": [1]}', "\ud800"])
def test_a_damaged_copy_is_named_and_kept(learner, capsys, damage):
    LESSON.work.write_bytes(damage.encode("utf-8", "surrogatepass"))
    start.lay_out()
    assert "is damaged" in capsys.readouterr().out
    assert LESSON.work.read_bytes() == damage.encode("utf-8", "surrogatepass")
    with pytest.raises(CourseError, match="damaged"):
        work.renew(LESSON, keep_answers=True)
    reset.main(["1"])
    assert sources(LESSON.work) == sources(LESSON.exercise)
    assert [old.read_bytes() for old in old_copies()] == [damage.encode("utf-8", "surrogatepass")]


def test_a_write_that_fails_leaves_what_was_there(learner, monkeypatch):
    before = LESSON.work.read_bytes()

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CourseError, match=r"could not be written \(No space left on device\)"):
        work.hand_out(LESSON)
    assert LESSON.work.read_bytes() == before
    assert not list(course.WORK.rglob("*.new"))


# ---- reset and carrying over ---------------------------------------------------------------------------------------


def test_reset_gives_a_fresh_copy_and_keeps_every_old_one(learner, capsys):
    for mine in ("one", "two", "three"):
        edit(notebook("first", answer("01-mean", mine)))
        assert reset.main(["01"]) == 0
        assert LESSON.work.read_bytes() == LESSON.exercise.read_bytes()
    assert sorted(sources(old)[0] for old in old_copies()) == ["one", "three", "two"]
    assert all(re.fullmatch(r"01_faces_as_vectors-\d{8}-\d{6}(-\d)?\.ipynb", old.name) for old in old_copies())
    assert "The old copy is work/old/01_faces_as_vectors-" in capsys.readouterr().out


def test_reset_of_an_exercise_that_is_not_there_says_so(learner):
    with pytest.raises(CourseError, match="Exercise 02 is not in exercises/02_eigenfaces"):
        reset.main(["02"])


def test_answers_and_own_cells_are_carried_into_the_new_release(learner, capsys):
    mine = notebook(
        "first",
        own_cell("import this", id="top"),
        FIRST["cells"][0],
        answer("01-mean", "def mean(): ..."),
        own_cell("mean()", id="try"),
        check("01-mean-check", "assert nothing  # tampered"),
        FIRST["cells"][3],
        own_cell("notes", id="notes"),
        answer("01-shift", "def shift(): ..."),
    )
    edit(mine)
    release(SECOND)
    assert reset.main(["01", "--keep-answers"]) == 0
    assert sources(LESSON.work) == [
        "import this",
        "# Exercise, with a new introduction",
        "def mean(): ...",
        "mean()",
        "assert mean and more",
        "notes",
        "raise NotDone",
    ]
    said = capsys.readouterr().out
    assert "with 1 answer of yours and 3 cells of your own" in said
    assert "only in the old copy: 01-shift" in said
    assert json.loads(old_copies()[0].read_text()) == mine
    assert work.status(LESSON) == "current"


def test_an_untouched_stub_is_not_carried_over(learner):
    edit(notebook("first", answer("01-mean", "raise NotDone"), answer("01-new", "mine")))
    release(SECOND)
    _, carried = work.renew(LESSON, keep_answers=True)
    assert carried.answers == ["01-new"]
    assert "raise NotDone  # new stub" in sources(LESSON.work)


def test_answers_are_carried_over_when_the_first_release_is_unknown(learner):
    work._released(LESSON).unlink()
    edit(notebook("first", text_cell("# Exercise"), answer("01-mean", "mine"), own_cell("scratch")))
    release(SECOND)
    work.renew(LESSON, keep_answers=True)
    assert {"mine", "scratch"} <= set(sources(LESSON.work))


def test_cell_ids_stay_unique_when_an_own_cell_has_the_id_of_a_released_one(learner):
    edit(notebook("first", answer("01-mean", "mine"), own_cell("scratch", id="01-new")))
    release(SECOND)
    work.renew(LESSON, keep_answers=True)
    ids = [cell["id"] for cell in json.loads(LESSON.work.read_text())["cells"]]
    assert len(ids) == len(set(ids))


# ---- results, progress and the welcome page ------------------------------------------------------------------------


def test_results_are_recorded_and_shown(learner, capsys):
    LESSON.notebook.parent.mkdir()
    LESSON.notebook.write_text("{}")
    assert progress.main([]) == 0
    assert re.search(r"01  Faces as vectors +not started\n02  Eigenfaces +not yet there\n", capsys.readouterr().out)

    edit(notebook("first", answer("01-mean", "mine")))
    progress.main([])
    assert re.search(r"01  Faces as vectors +not checked yet\n", capsys.readouterr().out)

    work.record_result(LESSON, 7.5, 10)
    progress.main([])
    said = capsys.readouterr().out
    assert re.search(r"01  Faces as vectors +7\.5 of 10 points when last checked, \d{4}-\d\d-\d\d\n", said)
    assert "1 of 1 exercises checked, 7.5 points." in said
    assert len(re.findall(r"^\d\d  ", said, re.MULTILINE)) == 16


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"01": 3}', '{"01": {"points": "many"}}'])
def test_a_damaged_record_is_set_aside(learner, damage):
    record = course.WORK / ".progress.json"
    record.write_text(damage)
    assert work.read_results() == {}
    assert (course.WORK / ".progress.damaged.json").read_text() == damage
    work.record_result(LESSON, 3, 10)
    assert work.read_results()["01"]["points"] == 3


def test_the_welcome_page_links_what_is_there_and_marks_what_is_not(learner):
    LESSON.notebook.parent.mkdir()
    LESSON.notebook.write_text("{}")
    work.record_result(LESSON, 4, 10)
    page = start.welcome_page()
    targets = [target for line in page.splitlines() if line[:1] == "|" for target in re.findall(r"\]\(([^)]*)\)", line)]
    assert targets == ["../lessons/01_faces_as_vectors.ipynb", "01_faces_as_vectors.ipynb"]
    assert all((course.WORK / target).is_file() for target in targets)
    # What every reader's page leads to lies in the repository.
    always = re.findall(r"\]\(([^)]*)\)", start.WELCOME)
    assert always and all((ROOT / "work" / target).resolve().is_file() for target in always)
    assert page.count("*not yet there*") == 15
    assert "| 4 / 10 |" in page


def test_start_goes_on_when_nothing_can_be_fetched(monkeypatch, capsys):
    from classroom import data

    def unreachable(arguments):
        raise CourseError("The index could not be reached.")

    monkeypatch.setattr(data, "main", unreachable)
    start.fetch()
    assert "The index could not be reached." in capsys.readouterr().out


def test_the_server_sees_nothing_of_the_users_own_jupyter(workplace, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "/home/me/.jupyter")
    monkeypatch.setenv("JUPYTER_PATH", "/home/me/kernels")
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", "/home/me/lab")
    environ = start.jupyter_environment()
    assert not any("/home/me" in value for key, value in environ.items() if key.startswith("JUPYTER"))
    assert environ["JUPYTER_CONFIG_DIR"].startswith(str(workplace / "work"))
