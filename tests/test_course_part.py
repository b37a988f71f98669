"""Which part of the course a run takes through the browser: in a cycle all of it, and each run one and the same."""

import datetime
import os
import re
import subprocess
import sys

import course_part
import pytest

from classroom.course import LESSONS, ROOT


def test_sixteen_days_take_every_lesson_and_every_exercise_once():
    first = datetime.date(2027, 2, 20)
    days = [course_part.of_the_day(first + datetime.timedelta(days=n)) for n in range(course_part.PARTS)]
    taken = [station for day in days for station in course_part.stations(day)]
    assert len(taken) == 2 * len(LESSONS)
    assert set(taken) == {(kind, lesson.number) for kind in ("lesson", "exercise") for lesson in LESSONS}


def test_no_part_has_two_of_the_dear_ones():
    dear = {(kind, number) for kind in ("lesson", "exercise") for number in ("05", "08")}
    for k in range(1, course_part.PARTS + 1):
        part = course_part.stations(f"{k}/{course_part.PARTS}")
        assert [kind for kind, _ in part] == ["lesson", "exercise"]
        assert len(dear & set(part)) <= 1


@pytest.mark.parametrize("n", [1, 3, 16, 32])
def test_the_parts_of_any_division_are_the_whole(n):
    taken = [station for k in range(1, n + 1) for station in course_part.stations(f"{k}/{n}")]
    assert sorted(taken) == sorted(course_part.STATIONS)


@pytest.mark.parametrize("wrong", ["", "3", "0/16", "17/16", "a/16", "3/-1", "3/16/2", "³/16"])
def test_a_part_that_is_none_is_refused_with_what_was_wanted(wrong):
    with pytest.raises(ValueError, match="wanted k/n"):
        course_part.stations(wrong)


def test_a_run_collects_its_part_and_no_other():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-p",
        "no:cacheprovider",
        "tests/test_course_in_browser.py",
    ]
    environment = os.environ | {"COURSE_PART": "3/16"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT).stdout
    found = re.findall(r"::(\w+)\[(\w+)\]", said)
    assert [(name.split("_")[2], which[:2]) for name, which in found] == [("lesson", "03"), ("exercise", "11")]
