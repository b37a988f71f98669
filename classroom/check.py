"""`course check NN`: grade your copy of an exercise, hidden checks and all, offline; print points and hints.

An answer in words is marked by a person: once at least half of the words that the task asks for are written, you are
shown the rubric and sample answers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from classroom import grading, work
from classroom.course import CourseError, find


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="course check", description=__doc__)
    parser.add_argument("exercise", metavar="NN", help="the exercise's number, such as 01")
    parser.add_argument("--notebook", type=Path, help="another notebook than your copy in work/")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    chosen = parser.parse_args(arguments)
    lesson = find(chosen.exercise)
    if not lesson.solution.is_file():
        raise CourseError(f"Exercise {lesson.name} is not there yet.")
    path = chosen.notebook or lesson.work
    if not path.is_file() and not chosen.notebook:
        raise CourseError(
            f"You have no copy of exercise {lesson.number} yet; `course reset {lesson.number}` makes one."
        )
    if not chosen.json:
        print(f"Running {path.name} ...", file=sys.stderr)
    report = grading.grade(lesson, grading.read_answers(path, lesson.number), cwd=str(path.resolve().parent))
    if chosen.json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        print_report(report)
    if not chosen.notebook:
        work.record_result(lesson, report.points, report.max_points)
    return 0


def print_report(report: grading.Report) -> None:
    """How written answers are marked; then, where a screen ends, points and hints, a task each, and their sum."""
    for task in report.tasks:
        if task.rubric:
            print(f"{task.rubric}\n")
    width = max(len(task.id) for task in report.tasks)
    for task in report.tasks:
        points = f"{task.points:g}" if task.points is not None else "-"
        print(f"  {task.id:<{width}}  {points:>2} of {task.max_points:g}   {task.hint or 'passed'}")
        for line in task.detail.splitlines()[:3]:
            print(f"  {'':<{width}}             {line}")
    by_hand = [f", and up to {task.max_points:g} for {task.id}" for task in report.tasks if task.kind == "manual"]
    print(f"{report.exercise}: {report.points:g} of {report.max_points:g} points{''.join(by_hand)}")
