"""What docs/teaching.md promises, held against the lessons and exercises.

The page is written by hand and copies what lessons say: their "After this lesson you can" lists, minutes, tasks,
headings and figures. `problems` names each place where it no longer agrees with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classroom import figures, lint, notebooks
from classroom.course import LESSONS, ROOT, Lesson
from classroom.grading import Task, tasks_of

PAGE = ROOT / "docs/teaching.md"
NOT_GRADED = "seen in the lesson, not graded"
SECTION = re.compile(r"^### (?P<heading>\d\d · .+)\n(?P<body>(?:(?!^#).*\n?)*)", re.MULTILINE)
CELL = r"[^|\n]*"
OUTCOME = re.compile(rf"^\| (?P<outcome>{CELL}) \| (?P<tasks>{CELL}) \| (?P<rest>{CELL}) \|$", re.MULTILINE)
GLANCE = re.compile(
    rf"^\| \[(?P<heading>\d\d · {CELL})\]\({CELL}\) \| (?P<minutes>{CELL}) \| (?P<exercise>{CELL}) \| (?P<auto>\d+) \| "
    rf"(?P<written>{CELL}) \|$",
    re.MULTILINE,
)
MINUTES = re.compile(r"Give it (?:about )?(\d+(?: to \d+)?) minutes")
AN_EXERCISE = "30 to 90"  # minutes, where an exercise doesn't say how long it takes
CODE = re.compile(r"`([^`]+)`")
FIGURE_NAME = re.compile(r"\d\d-\d\d-[a-z0-9-]+")
EMPHASIS = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
LESSON_LINK = re.compile(r"\]\(\.\./lessons/(\d\d)_\w+\.ipynb\)")


@dataclass(frozen=True)
class Facts:
    """What a lesson and its exercise say of themselves."""

    outcomes: tuple[str, ...]  # the list "After this lesson you can", without stops
    minutes: str  # "60", or "40 to 60"
    exercise_minutes: str
    headings: tuple[str, ...]
    tasks: tuple[Task, ...]


def facts(lesson: Lesson) -> Facts:
    """Read a lesson's manuscript and its exercise's."""
    lesson_text, exercise_text = map(notebooks.read_manuscript, lesson.manuscripts)
    first = lesson_text.cells[0].source
    _, _, rest = first.partition(lint.ABILITIES)
    items = re.findall(r"^- ((?:.+\n?)(?:^  .+\n?)*)", rest, re.MULTILINE)
    text = "\n".join(cell.source for cell in lesson_text.cells if cell.cell_type == "markdown")
    minutes, exercise = MINUTES.search(first), MINUTES.search(exercise_text.cells[0].source)
    return Facts(
        tuple(" ".join(item.split()).rstrip(",.") for item in items),
        minutes[1] if minutes else "",
        exercise[1] if exercise else AN_EXERCISE,
        tuple(title for _, title in lint.HEADING.findall(text)),
        tuple(tasks_of(exercise_text)),
    )


def problems(page: Path = PAGE) -> list[str]:
    """Where the page and the course disagree, a sentence each."""
    text = page.read_text(encoding="utf-8")
    known = {lesson: facts(lesson) for lesson in LESSONS}
    found = [*outcomes_are_covered(text, known), *glance_is_true(text, known)]
    found += [*sections_are_there(text, known), *figures_are_there(text)]
    return [f"{page.name}: {problem}" for problem in found]


def outcomes_are_covered(text: str, known: dict[Lesson, Facts]) -> Iterator[str]:
    """Every outcome stands there word for word, with tasks that exist or the open word that none proves it."""
    ids = {task.id for fact in known.values() for task in fact.tasks}
    used: set[str] = set()
    sections = {match["heading"]: match["body"] for match in SECTION.finditer(text)}
    for lesson, fact in known.items():
        rows = list(OUTCOME.finditer(sections.get(lesson.heading, "")))[2:]  # without the table's head
        stated = [row["outcome"].strip() for row in rows]
        for missing in (outcome for outcome in fact.outcomes if outcome not in stated):
            yield f"lesson {lesson.number} promises '{missing}', which has no row"
        for extra in (outcome for outcome in stated if outcome not in fact.outcomes):
            yield f"lesson {lesson.number} doesn't promise '{extra}'"
        for row in rows:
            tasks = CODE.findall(row["tasks"])
            used.update(tasks)
            yield from (f"there is no task {task}" for task in tasks if task not in ids)
            if not tasks and row["rest"].strip() != NOT_GRADED:
                yield f"'{row['outcome'].strip()}' has no task; then it must say '{NOT_GRADED}'"
    yield from (f"the task {task} proves nothing here" for task in sorted(ids - used))


def glance_is_true(text: str, known: dict[Lesson, Facts]) -> Iterator[str]:
    """The first table has the minutes of each lesson and its exercise, and the exercise's tasks and written points."""
    rows = {row["heading"]: row for row in GLANCE.finditer(text)}
    for lesson, fact in known.items():
        written = sum(task.points for task in fact.tasks if task.kind == "manual")
        auto = sum(task.kind == "auto" for task in fact.tasks)
        want = (fact.minutes, fact.exercise_minutes, str(auto), f"{written} points" if written else "")
        row = rows.get(lesson.heading)
        got = tuple(row[key].strip() for key in ("minutes", "exercise", "auto", "written")) if row else None
        if got != want:
            yield (
                f"lesson {lesson.number} takes {want[0]} minutes, its exercise {want[1]}, "
                f"with {auto} tasks and {written} written points"
            )


def sections_are_there(text: str, known: dict[Lesson, Facts]) -> Iterator[str]:
    """In a table's row that links to lessons, what stands in *italics* is a heading of one of them."""
    by_number = {lesson.number: fact for lesson, fact in known.items()}
    for line in text.splitlines():
        linked = [by_number[number] for number in LESSON_LINK.findall(line) if number in by_number]
        if not line.startswith("|") or not linked:
            continue
        headings = {heading for fact in linked for heading in fact.headings}
        yield from (
            f"no section '{title}' in what this row links to"
            for title in EMPHASIS.findall(line)
            if title not in headings
        )


def figures_are_there(text: str) -> Iterator[str]:
    """Every figure that is named is one that `course figures` writes."""
    named = {name for name in CODE.findall(text) if FIGURE_NAME.fullmatch(name)}
    numbers = {name[:2] for name in named}
    there = {
        figure.file.removesuffix(".png")
        for lesson in LESSONS
        if lesson.number in numbers and lesson.notebook.is_file()
        for figure in figures.figures_of(lesson)
    }
    yield from (f"there is no figure {name}; `course figures` lists them" for name in sorted(named - there))
