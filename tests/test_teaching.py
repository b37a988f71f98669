"""docs/teaching.md says what lessons and exercises say: outcomes, tasks, minutes, sections and figures."""

import dataclasses
import re

import pytest

from classroom import notebooks, teaching
from classroom.course import LESSONS, PREREQUISITES

TEXT = teaching.PAGE.read_text(encoding="utf-8")
FACTS = {lesson: teaching.facts(lesson) for lesson in LESSONS}


@pytest.fixture
def complaints(tmp_path, monkeypatch):
    """What is said of the page once something in it is replaced."""
    monkeypatch.setattr(teaching, "facts", FACTS.get)

    def with_change(old, new):
        assert old in TEXT
        page = tmp_path / "teaching.md"
        page.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
        return teaching.problems(page)

    return with_change


def test_the_page_agrees_with_the_course():
    assert teaching.problems() == []


def test_every_lesson_promises_something_and_says_how_long_it_takes():
    for fact in FACTS.values():
        assert len(fact.outcomes) >= 3 and fact.minutes
        assert not any(outcome.endswith((".", ",")) for outcome in fact.outcomes)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("- ", "- ", None),
        (
            "| recognise people by the nearest neighbour and measure how often that is right |",
            "| recognise people |",
            "lesson 01 promises 'recognise people by the nearest neighbour and measure how often that is right', which",
        ),
        (
            "| recognise people by the",
            "| recognize people by the",
            "lesson 01 doesn't promise 'recognize people by the",
        ),
        ("`01-leave-one-out`", "`01-leave-two-out`", "there is no task 01-leave-two-out"),
        ("`01-leave-one-out`", "", "the task 01-leave-one-out proves nothing here"),
        ("`13-bootstrap` | how often it holds", " | how often it holds", "has no task; then it must say 'seen in"),
        ("| 40 to 60 | 30", "| 40 | 30", "lesson 01 takes 40 to 60 minutes, its exercise 30 to 90, with 4 tasks and 0"),
        (
            "| 90 | 180 |",
            "| 90 | 90 |",
            "lesson 16 takes 90 minutes, its exercise 180, with 7 tasks and 8 written points",
        ),
        (
            "| 7 | 8 points |",
            "| 7 | 4 points |",
            "lesson 16 takes 90 minutes, its exercise 180, with 7 tasks and 8 wri",
        ),
        ("*The nearest neighbour*", "*The nearest neighbor*", "no section 'The nearest neighbor' in what this row"),
        ("`12-08-the-sums-for-a-crowd`", "`12-09-the-sums-for-a-crowd`", "no figure 12-09-the-sums-for-a-crowd"),
    ],
)
def test_a_page_that_no_longer_agrees_is_found(complaints, old, new, complaint):
    found = complaints(old, new)
    if complaint is None:
        assert found == []
    else:
        assert any(complaint in problem for problem in found), found


def test_a_new_promise_of_a_lesson_is_missed(complaints, monkeypatch):
    first = FACTS[LESSONS[0]]
    more = dataclasses.replace(first, outcomes=(*first.outcomes, "fly"))
    monkeypatch.setattr(teaching, "facts", lambda lesson: more if lesson == LESSONS[0] else FACTS[lesson])
    assert teaching.problems() == ["teaching.md: lesson 01 promises 'fly', which has no row"]


def rows_after(heading):
    """The rows of the table under a heading, as lists of cells."""
    part = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"][2:]


def numbers_in(cell):
    return re.findall(r"lessons/(\d\d)_", cell)


def test_fourteen_weeks_have_every_lesson_and_exercise_in_order():
    rows = rows_after("Fourteen weeks")
    assert [int(row[0]) for row in rows] == list(range(1, 15))
    assert [number for row in rows for number in numbers_in(row[1])] == [lesson.number for lesson in LESSONS]
    due = [number for row in rows for number in re.findall(r"\b\d\d\b", row[2].replace("lesson 01", ""))]
    assert due == [lesson.number for lesson in LESSONS[:-1]]  # 16 is due after the last session


def test_a_learners_hours_are_the_lessons_minutes_and_the_exercises():
    first = notebooks.read_manuscript(PREREQUISITES.manuscript).cells[0].source
    minutes = {lesson.number: fact.minutes for lesson, fact in FACTS.items()} | {
        "00": teaching.MINUTES.search(first)[1]
    }
    exercises = {lesson.number: fact.exercise_minutes for lesson, fact in FACTS.items()}
    for row in rows_after("Fourteen weeks"):
        lessons = numbers_in(row[1]) + ["00"] * ("the page before lesson 01" in row[2])
        due = re.findall(r"\b\d\d\b", row[2].replace("lesson 01", ""))
        all_minutes = [minutes[number] for number in lessons] + [exercises[number] for number in due]
        ends = [[int(n) for n in each.split(" to ")] for each in all_minutes]
        least, most = sum(each[0] for each in ends), sum(each[-1] for each in ends)
        hours = least // 60, -(-most // 60)
        assert row[3] == (f"{hours[0]} to {hours[1]}" if hours[0] < hours[1] else f"{hours[0]}"), row


def test_eight_weeks_say_what_is_dropped():
    rows = rows_after("Eight weeks")
    taken = [number for row in rows for number in numbers_in(row[1])]
    dropped = re.search(r"^Dropped are (.+?), and why", TEXT, re.M)[1]
    assert sorted(taken + re.findall(r"\d\d", dropped)) == [lesson.number for lesson in LESSONS]
    counted = [row[2][:2] for row in rows]
    assert f"--assignments {' '.join(counted)}" in TEXT
    assert [int(row[0]) for row in rows] == list(range(1, 9))
    assert set(counted) <= set(taken)


def test_the_grading_load_adds_up_and_names_every_written_answer():
    rows = rows_after("Grading load")
    written = [t for fact in FACTS.values() for t in fact.tasks if t.kind == "manual"]
    assert [(row[0][:2], int(row[1])) for row in rows] == [(task.id[:2], task.points) for task in written]
    assert all(int(hours) == 300 * int(minutes) / 60 for _, _, minutes, hours, _, _ in rows)
    long, short = (sum(int(row[3]) for row in rows if row[column] == "yes") for column in (4, 5))
    assert f"That makes {long} hours in fourteen weeks and {short} in eight" in " ".join(TEXT.split())
    eight = {row[2][:2] for row in rows_after("Eight weeks")}
    assert {row[0][:2] for row in rows if row[5] == "yes"} == {row[0][:2] for row in rows} & eight


def test_every_lesson_has_a_figure_for_ten_minutes_of_its_own():
    lines = dict(re.findall(r"^### (\d\d) · .+\n\n\*\*If you have ten minutes\*\*: show `(\d\d)-", TEXT, re.M))
    assert lines == {lesson.number: lesson.number for lesson in LESSONS}


def test_times_of_the_workshop_and_of_the_single_session_rise():
    for heading, pattern in (("A one-day workshop", r"(\d+):(\d\d)"), ("One session of fifty minutes", r"()(\d+)")):
        times = [re.fullmatch(pattern, row[0]) for row in rows_after(heading)]
        minutes = [60 * int(time[1] or 0) + int(time[2]) for time in times]
        assert minutes == sorted(set(minutes))
    assert minutes[-1] < 50
