"""The rubric of a written answer: shown by `course check` once enough is written, and nowhere before."""

import json
import re
import subprocess
import sys

import nbformat
import pytest

from classroom import check, grading, rubric
from classroom.course import LESSONS, ROOT, CourseError, find

NOTES = """# 11 · Some lesson: notes

Advice that is no rubric.

## The verdict: rubric (4 points)

| points | anchor |
| --- | --- |
| 4 | Everything, with **figures**. |
| 2 | Half of it. |
| 0 | Nothing. |

A word to whoever marks,
in two lines.

**A sample of 4** stands in the solution.

**A sample of 2:** "Half."

## Afterwards

No part of it.

## The audit: rubric (6 points)

| points | anchor |
| --- | --- |
| 6 | All. |
"""
WRITTEN = [lesson for lesson in LESSONS if lesson.solution.is_file()]
WRITTEN = [
    lesson
    for lesson in WRITTEN
    if any(t.kind == "manual" for t in grading.tasks_of(grading.read_notebook(lesson.solution)))
]


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """A file in place of lesson 11's notes."""
    path = tmp_path / "docs" / "instructors" / "11.md"
    path.parent.mkdir(parents=True)
    path.write_text(NOTES, encoding="utf-8")
    monkeypatch.setattr(rubric, "ROOT", tmp_path)
    return path


def test_sections_become_rubrics(notes):
    verdict, audit = rubric.rubrics(find("11"))
    assert (verdict.title, verdict.points) == ("The verdict", 4)
    assert verdict.levels == ((4, "Everything, with **figures**."), (2, "Half of it."), (0, "Nothing."))
    assert verdict.notes == (
        "A word to whoever marks,\nin two lines.",
        "**A sample of 4** stands in the solution.",
        '**A sample of 2:** "Half."',
    )
    assert (audit.title, audit.points, audit.levels) == ("The audit", 6, ((6, "All."),))
    assert rubric.of_task(find("11"), 1) == audit


def test_text_for_a_terminal(notes):
    one = rubric.of_task(find("11"), 0)
    assert "A sample of 4 stands in the solution." in one.text()
    text = one.text("All *of it*:\n\n- one, at 2 * 3 * 4\n- " + "two " * 40)
    assert "stands in the solution" not in text, "the sample itself follows"
    assert "4  Everything, with figures." in text and "No part of it" not in text
    assert "A word to whoever marks, in two lines." in text
    assert "A sample of 4 points, from the solution:\n\n    All of it:\n\n    - one, at 2 * 3 * 4\n    - two" in text
    assert max(map(len, text.splitlines())) <= rubric.WIDTH
    assert "    A share of 0.1 % of them." in one.text("A share of\n0.1 % of them."), "no item begins with 0.1"


def test_what_is_missing_is_said(notes):
    with pytest.raises(CourseError, match="holds no rubric for this task"):
        rubric.of_task(find("11"), 2)
    notes.write_text(NOTES.replace("| 6 | All. |", ""), encoding="utf-8")
    with pytest.raises(CourseError, match="'The audit' has no table of levels"):
        rubric.rubrics(find("11"))
    notes.unlink()
    with pytest.raises(CourseError, match="docs/instructors/11.md of the course's repository"):
        rubric.rubrics(find("11"))


TASK = grading.Task("11-verdict", "manual", 4, answer="Full marks.")


@pytest.mark.parametrize("answer", ["", "  \n", grading.WRITTEN_STUB, f"\n{grading.WRITTEN_STUB}\n\n", "**---**"])
def test_nothing_is_shown_before_something_is_written(notes, answer):
    result = grading.look_at_written(find("11"), TASK, 0, answer)
    assert (result.points, result.hint, result.rubric) == (None, "Not written yet.", "")


@pytest.mark.parametrize("answer", ["It holds.", f"{grading.WRITTEN_STUB}\nIt holds."])
def test_rubric_and_samples_are_shown_after(notes, answer, capsys):
    result = grading.look_at_written(find("11"), TASK, 0, answer)
    assert (result.points, result.hint) == (None, "Written; a person marks it.")
    check.print_report(grading.Report("11_x", [result]))
    shown = capsys.readouterr().out
    assert "4  Everything" in shown and 'A sample of 2: "Half."' in shown and "Full marks." in shown
    total = "11_x: 0 of 0 points, and up to 4 for 11-verdict\n"
    assert total in shown and shown.index("4  Everything") < shown.index("a person marks it") < shown.index(total)


LATER = "From 60 words on, the rubric and sample answers are shown here."


@pytest.mark.parametrize(
    ("count", "hint", "rubric_shown"),
    [
        (0, f"Not written yet. {LATER}", False),
        (1, f"1 word; the task asks for 120 to 250. {LATER}", False),
        (59, f"59 words; the task asks for 120 to 250. {LATER}", False),
        (60, "Written; a person marks it. 60 words; the task asks for 120 to 250.", True),
        (120, "Written; a person marks it.", True),
        (250, "Written; a person marks it.", True),
        (251, "Written; a person marks it. 251 words; the task asks for 120 to 250.", True),
    ],
)
def test_words_are_counted_and_half_of_those_asked_for_show_the_rubric(notes, count, hint, rubric_shown):
    asked = grading.Task("11-verdict", "manual", 4, answer="Full marks.", words=(120, 250))
    result = grading.look_at_written(find("11"), asked, 0, f"{grading.WRITTEN_STUB}\n- " + "word – " * count)
    assert (result.hint, bool(result.rubric)) == (hint, rubric_shown)


def test_without_the_notes_the_check_goes_on(notes):
    notes.unlink()
    result = grading.look_at_written(find("11"), TASK, 0, "It holds.")
    assert result.hint.startswith("Written; a person marks it. The rubric stands in docs/instructors/11.md")
    assert result.rubric == ""


@pytest.mark.parametrize("lesson", WRITTEN, ids=lambda lesson: lesson.name)
def test_every_written_task_has_a_rubric_of_its_points(lesson):
    tasks = [t for t in grading.tasks_of(grading.read_notebook(lesson.solution)) if t.kind == "manual"]
    there = rubric.rubrics(lesson)
    assert [one.points for one in there] == [task.points for task in tasks]
    for one, task in zip(there, tasks, strict=True):
        levels = [points for points, _ in one.levels]
        assert levels == sorted(levels, reverse=True) and len(levels) >= 5, "anchored levels, best first"
        assert (levels[0], levels[-1]) == (task.points, 0)
        samples = [int(match[1]) for note in one.notes if (match := re.match(r"\*\*A sample of (\d+)", note))]
        assert set(samples) >= set(levels[1:]), "a sample at each level below full marks"
        assert 0 < task.words[0] <= len(task.answer.split()), "the solution holds the sample of full marks"


@pytest.mark.parametrize("lesson", WRITTEN, ids=lambda lesson: lesson.name)
def test_no_exercise_and_no_lesson_holds_its_rubric_or_a_sample(lesson):
    tasks = [t for t in grading.tasks_of(grading.read_notebook(lesson.solution)) if t.kind == "manual"]
    secrets = [task.answer for task in tasks]
    for one in rubric.rubrics(lesson):
        secrets += [anchor for _, anchor in one.levels] + list(one.notes)
    for path in (lesson.exercise, lesson.notebook):
        if path.is_file():
            open_text = " ".join(" ".join(c.source.split()) for c in grading.read_notebook(path).cells)
            for secret in secrets:
                assert " ".join(secret.split())[:60] not in open_text


def test_course_check_shows_the_rubric_of_a_written_verdict_and_json_keeps_its_keys(tmp_path):
    lesson = find("11")
    notebook = grading.read_notebook(lesson.exercise)
    outputs = {}
    for name, words in (("before", None), ("short", "Seconds hold."), ("after", "Ninety per cent doesn't. " * 20)):
        for cell in notebook.cells:
            if words and grading.grade_id(cell) == "11-verdict":
                cell.source = words
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(notebook, path)
        command = [sys.executable, "-m", "classroom", "check", "11", "--notebook", str(path)]
        outputs[name] = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
        ).stdout
    anchor = rubric.of_task(lesson, 0).levels[-1][1][:40]
    for name, hint in (("before", "Not written yet."), ("short", "2 words; the task asks for 150 to 300.")):
        assert hint in outputs[name] and anchor not in outputs[name] and "A sample of" not in outputs[name]
    assert anchor in outputs["after"] and "A sample of 4 points, from the solution:" in outputs["after"]
    told = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    report = json.loads(told.stdout)
    assert set(report["tasks"][-1]) == {"id", "kind", "points", "max_points", "hint"}
    assert anchor not in told.stdout
