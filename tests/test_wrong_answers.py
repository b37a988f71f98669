"""The wrong-answer bank: every wrong answer loses exactly its task's points and earns its own hint."""

import runpy
from pathlib import Path

import pytest

from classroom import notebooks
from classroom.answers import Answers
from classroom.course import LESSONS, PREREQUISITES
from classroom.grading import answer_cells, grade_task, read_notebook, tasks_of
from facelab.checks import free_names

BANK = Path(__file__).parent / "wrong_answers"
EXERCISES = [lesson for lesson in LESSONS if lesson.solution.is_file()]


def solution_of(lesson):
    """The answers of an exercise, or of the self-test in docs/."""
    if lesson is PREREQUISITES:
        return notebooks.read_manuscript(lesson.manuscript)
    return read_notebook(lesson.solution)


def wrong_answers(lesson):
    return runpy.run_path(BANK / f"{lesson.name}.py")["WRONG"]


def touched_by(names, tasks):
    """The tasks whose answer or check reads one of the names: those that a swapped answer could change."""
    return [t for t in tasks if names & (set(free_names(t.check)) | set(free_names(t.answer)) | set(t.asks_for))]


@pytest.mark.parametrize("lesson", [*EXERCISES, PREREQUISITES], ids=lambda lesson: lesson.name)
def test_every_wrong_answer_loses_its_points_and_earns_its_hint(lesson):
    solution = solution_of(lesson)
    tasks = [t for t in tasks_of(solution) if t.kind == "auto"]
    cells = answer_cells(solution, solution)
    bank = wrong_answers(lesson)
    assert set(bank) == {t.id for t in tasks}
    with Answers(cells) as answers:
        answers.prepare()
        for task in tasks:
            assert len(bank[task.id]) >= 3, f"{task.id} has fewer than three wrong answers"
            assert len({hint for hint, _ in bank[task.id]}) == len(bank[task.id]), f"{task.id}: a hint appears twice"
            for hint, code in bank[task.id]:
                swapped = [(label, code if label == task.id else source) for label, source in cells]
                assert answers.kernel.run(code) is None
                for other in touched_by(set(task.asks_for), tasks):
                    result = grade_task(other, answers, swapped)
                    if other == task:
                        assert result.points == 0, f"{task.id}: no points lost by\n{code}"
                        assert result.hint == hint, f"{task.id}: {result.hint!r}, wanted {hint!r}, for\n{code}"
                    else:
                        assert result.points == other.points, f"{other.id} lost points by {task.id}:\n{code}"
            assert answers.kernel.run(task.answer) is None
        for task in tasks:  # and with everything put back, all is well
            assert grade_task(task, answers, cells).points == task.points


@pytest.mark.parametrize("lesson", EXERCISES, ids=lambda lesson: lesson.name)
def test_the_stub_earns_nothing_and_says_so(lesson):
    from classroom.grading import grade

    report = grade(lesson, read_notebook(lesson.exercise))
    assert report.points == 0
    assert all("not done yet" in t.hint or t.kind == "manual" for t in report.tasks)
    assert report.max_points == 10


@pytest.mark.parametrize("lesson", EXERCISES, ids=lambda lesson: lesson.name)
def test_the_solution_earns_everything(lesson):
    from classroom.grading import grade

    report = grade(lesson, read_notebook(lesson.solution))
    assert report.points == report.max_points == 10
