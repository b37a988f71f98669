"""`course progress`: the whole course, and what you have done of it."""

from __future__ import annotations

import argparse

from classroom import course, work
from classroom.course import Lesson


def describe(lesson: Lesson, results: dict[str, dict]) -> str:
    """How far the learner is with one exercise, in a few words."""
    result = results.get(lesson.number)
    if result:
        return f"{result['points']:g} of {result['max_points']:g} points when last checked, {result['when'][:10]}"
    if not lesson.is_there:
        return "not yet there"
    return "not checked yet" if work.started(lesson) else "not started"


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="course progress", description=__doc__).parse_args(arguments)
    results = work.read_results()
    width = max(len(lesson.title) for lesson in course.LESSONS)
    for lesson in course.LESSONS:
        print(f"{lesson.number}  {lesson.title:<{width}}  {describe(lesson, results)}")
    there = [lesson for lesson in course.LESSONS if lesson.is_there]
    points = sum(results[lesson.number]["points"] for lesson in there if lesson.number in results)
    checked = sum(lesson.number in results for lesson in there)
    print(f"\n{checked} of {len(there)} exercises checked, {points:g} points. `course check 01` checks exercise 01.")
    return 0
