"""`course build`: make notebooks and pictures from the manuscript, or check that they are fresh, clean, leak-free."""

from __future__ import annotations

import argparse
import base64
from collections.abc import Sequence

from classroom import lint, notebooks, pictures, teaching
from classroom.budgets import MEGABYTES, SECONDS
from classroom.course import LESSONS, PREREQUISITES, ROOT, CourseError, Lesson, find
from classroom.grading import read_notebook
from facelab import assets

FRONT_PAGE = ROOT / "docs/front_page.png"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="course build", description=__doc__)
    parser.add_argument(
        "lessons", nargs="*", metavar="NN", help="what to build: lessons, or prerequisites (default: all that is stale)"
    )
    parser.add_argument("--check", action="store_true", help="build nothing; say what is stale, failing or leaking")
    parser.add_argument("--pictures", action="store_true", help="build the lessons' first pictures only, no notebook")
    chosen = parser.parse_args(arguments)
    numbers = [name for name in chosen.lessons if name != PREREQUISITES.name]
    pages = [PREREQUISITES] if len(numbers) < len(chosen.lessons) or not chosen.lessons else []
    lessons = [find(number) for number in numbers]
    if not chosen.lessons:
        lessons = [lesson for lesson in LESSONS if any(m.is_file() for m in lesson.manuscripts)]
    if not chosen.check:
        for name in [lesson.name for lesson in lessons] + ([] if chosen.lessons else [pictures.MAP]):
            if pictures.source_of(name).is_file() and (chosen.lessons or pictures.problem_of(name)):
                pictures.build(name)
                print(f"{name}: picture {pictures.target_of(name).stat().st_size / 1000:.0f} kB")
        if chosen.pictures:
            return 0
        fetch_data()
        for lesson in lessons:
            if chosen.lessons or lint.stale(lesson):
                build(lesson)
            else:
                print(f"{lesson.name}: fresh")
        for page in pages:
            if chosen.lessons or lint.stale_page(page):
                print_cost(page.name, notebooks.build_page(page), SECONDS["page"][page.name])
            else:
                print(f"{page.name}: fresh")
    problems = [problem for lesson in lessons for problem in lint.problems(lesson)]
    problems += [problem for page in pages for problem in lint.page_problems(page)]
    problems += lint.course_problems() + teaching.problems()
    for problem in problems:
        print(problem)
    print(f"{len(lessons)} lessons checked, {len(problems)} problems.")
    return 1 if problems else 0


def fetch_data() -> None:
    """Fetch what isn't there before a notebook is run, whose progress bar would be taken for a warning.

    Without a network, notebooks that need nothing else can still be built; the others stop with the same sentence.
    """
    try:
        assets.fetch(assets.known())
    except assets.AssetError as problem:
        print(problem)


def build(lesson: Lesson) -> None:
    """Build one lesson with its solution and exercise, and print what they cost beside their budgets."""
    for kind, step in (("lesson", notebooks.build_lesson), ("solution", notebooks.build_solution)):
        print_cost(f"{lesson.name}: {kind}", step(lesson), SECONDS[kind][lesson.number])
    notebooks.build_exercise(lesson)
    picture = front_page_picture(lesson)
    if picture:
        FRONT_PAGE.write_bytes(picture)


def print_cost(name: str, cost: notebooks.Cost, seconds: int) -> None:
    """Print what running a notebook took, beside its budget."""
    over = " (over)" if cost.seconds > seconds or cost.peak > MEGABYTES * 1e6 else ""
    print(f"{name} {cost.seconds:.1f} s of {seconds}, {cost.peak / 1e6:.0f} MB of {MEGABYTES}{over}")


def front_page_picture(lesson: Lesson) -> bytes:
    """The picture of the lesson's cell tagged "front-page", or nothing."""
    for cell in read_notebook(lesson.notebook).cells:
        if "front-page" in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
            raise CourseError(f"{lesson.name}: the cell tagged front-page shows no picture.")
    return b""
