"""What does each notebook take, beside its budget: seconds, and the most memory that its kernel held?

    python benchmarks/notebooks.py [NN ...]

Every manuscript is run as `course build` runs it, one after another, and nothing is written. The whole course are the
lessons and the solutions.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Row, show
from classroom import notebooks
from classroom.budgets import MEGABYTES, SECONDS, WHOLE_COURSE
from classroom.course import LESSONS, PREREQUISITES, Lesson, find

PART = "notebooks"
LIBRARIES = ("numpy", "scikit-learn", "opencv-python", "nbclient", "ipykernel")


def costs(lesson: Lesson) -> dict[str, notebooks.Cost]:
    """What a lesson and its exercise's solution take."""
    found = {}
    for kind, manuscript in zip(("lesson", "solution"), lesson.manuscripts, strict=True):
        found[kind] = run(notebooks.read_manuscript(manuscript))
    return found


def run(notebook: notebooks.NotebookNode) -> notebooks.Cost:
    """What a notebook takes, run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return notebooks.execute(notebook, Path(folder))


def cost_rows(name: str, kind: str, cost: notebooks.Cost) -> list[Row]:
    """The two rows of a notebook; its name is a lesson's number, or a page's name."""
    what = f"{kind} {name}"
    return [
        Row(PART, what, "s", cost.seconds, budget=f"<= {SECONDS[kind][name]}"),
        Row(PART, what, "MB", cost.peak / 1e6, budget=f"<= {MEGABYTES}"),
    ]


def measure(lessons: Sequence[Lesson] = LESSONS) -> list[Row]:
    """Run the notebooks of some lessons; of all of them, also the prerequisites' page, and the sum."""
    rows, of_course = [], []
    for lesson in lessons:
        for kind, cost in costs(lesson).items():
            of_course.append(cost)
            rows += cost_rows(lesson.number, kind, cost)
            show(rows[-2:])
    if list(lessons) == LESSONS:
        rows += cost_rows(PREREQUISITES.name, "page", run(notebooks.read_page(PREREQUISITES)))
        peak = max(cost.peak for cost in of_course)
        whole = "the whole course"
        rows.append(Row(PART, whole, "s", sum(cost.seconds for cost in of_course), budget=f"<= {WHOLE_COURSE}"))
        rows.append(Row(PART, whole, "MB", peak / 1e6, budget=f"<= {MEGABYTES}"))
        show(rows[-4:])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons (default: all, and the prerequisites)")
    chosen = parser.parse_args()
    measure([find(number) for number in chosen.lessons] or LESSONS)


if __name__ == "__main__":
    main()
