"""`course reset NN`: a fresh copy of an exercise in work/; the old one is kept in work/old/."""

from __future__ import annotations

import argparse

from classroom import course, work
from classroom.course import Lesson


def renew_and_tell(lesson: Lesson, keep_answers: bool) -> None:
    """Renew the learner's copy, and print what became of the old one and of its answers."""
    kept, carried = work.renew(lesson, keep_answers)
    where = lesson.work.relative_to(course.ROOT).as_posix()
    if carried is None:
        print(f"{where} is a fresh copy of exercise {lesson.number}.")
    else:
        cells = f" and {carried.added} {_plural('cell', carried.added)} of your own" if carried.added else ""
        count = len(carried.answers)
        print(f"{where} is the new exercise {lesson.number}, with {count} {_plural('answer', count)} of yours{cells}.")
        if carried.left:
            print(f"No longer asked for, so only in the old copy: {', '.join(carried.left)}.")
    if kept:
        print(f"The old copy is {kept.relative_to(course.ROOT).as_posix()}.")


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else noun + "s"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="course reset", description=__doc__)
    parser.add_argument("number", help="the exercise, 01 to 16")
    parser.add_argument("--keep-answers", action="store_true", help="carry your answers over into the fresh copy")
    options = parser.parse_args(arguments)
    renew_and_tell(course.find(options.number), options.keep_answers)
    return 0
