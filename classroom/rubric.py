"""What a written answer is held against: its rubric and sample answers, for a learner who has nobody to mark it.

They stand in the notes for instructors, docs/instructors/NN.md, and nowhere else; the sample of full marks is the
solution notebook's own cell. The n-th written task of an exercise has the n-th section of the notes that is headed

    ## The verdict: rubric (4 points)

A table `| points | anchor |` says what each number of points asks for; the paragraphs after it are advice to whoever
marks, and sample answers, one a level, each a paragraph that begins with "**A sample of N".
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from classroom.course import ROOT, CourseError, Lesson

HEADING = re.compile(r"^## (?P<title>.+): rubric \((?P<points>\d+) points?\)$", re.MULTILINE)
LEVEL = re.compile(r"^\|\s*(\d+)\s*\|\s*(.+?)\s*\|$")
STARS = re.compile(r"(\*\*|\*)(?=\S)(.+?)(?<=\S)\1")  # Markdown's emphasis
ELSEWHERE = re.compile(r"(The full answer|\*\*A sample of \d+\*\*) stands in the solution\.")
WIDTH = 100


@dataclass(frozen=True)
class Rubric:
    """How one written task is marked."""

    title: str
    points: int
    levels: tuple[tuple[int, str], ...]  # points and what they ask for, in the order of the table
    notes: tuple[str, ...]  # paragraphs: advice and samples

    def text(self, sample: str = "") -> str:
        """The rubric as plain text for a terminal; sample is the answer of full marks, from the solution."""
        parts = [f"{self.title}: {self.points} points. Which of these lines is true of your answer?"]
        parts += [_filled(anchor, f"{points}  ") for points, anchor in self.levels]
        parts += [_filled(note) for note in self.notes if not (sample and ELSEWHERE.fullmatch(note))]
        if sample:
            parts.append(f"A sample of {self.points} points, from the solution:")
            parts += [_filled(paragraph, "    ") for paragraph in sample.split("\n\n")]
        return "\n\n".join(parts)


def notes_for_instructors(lesson: Lesson) -> Path:
    """Where a lesson's notes for instructors lie in a checkout."""
    return ROOT / "docs" / "instructors" / f"{lesson.number}.md"


def rubrics(lesson: Lesson) -> list[Rubric]:
    """The rubrics of a lesson's written tasks, in the order of the notes.

    Raises: CourseError if there are no notes, or a rubric has no levels.
    """
    path = notes_for_instructors(lesson)
    if not path.is_file():
        raise CourseError(f"The rubric stands in docs/instructors/{path.name} of the course's repository: not here.")
    text = path.read_text(encoding="utf-8")
    found = []
    for heading in HEADING.finditer(text):
        section = re.split(r"^## ", text[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0]
        levels = [match for line in section.splitlines() if (match := LEVEL.match(line))]
        if not levels:
            raise CourseError(f"docs/instructors/{path.name}: the rubric '{heading['title']}' has no table of levels.")
        paragraphs = [part.strip() for part in section.split("\n\n")]
        found.append(
            Rubric(
                heading["title"],
                int(heading["points"]),
                tuple((int(match[1]), match[2]) for match in levels),
                tuple(part for part in paragraphs if part and not part.startswith("|")),
            )
        )
    return found


def of_task(lesson: Lesson, number: int) -> Rubric:
    """The rubric of the exercise's written task with this number, from 0.

    Raises: CourseError if there is none.
    """
    there = rubrics(lesson)
    if number >= len(there):
        raise CourseError(f"docs/instructors/{lesson.number}.md holds no rubric for this task.")
    return there[number]


def _filled(text: str, mark: str = "") -> str:
    """A paragraph in lines of at most WIDTH characters, the first behind a mark, the others below it, without stars.

    Items of a list and rows of a table keep lines of their own.
    """
    items: list[str] = []
    for line in text.strip().splitlines():
        if items and not re.match(r"\s*([-|#]|\d+\.\s)", line):
            items[-1] += " " + line.strip()
        else:
            items.append(line.strip())
    indents = [mark] + [" " * len(mark)] * (len(items) - 1)
    return "\n".join(
        textwrap.fill(STARS.sub(r"\2", item), WIDTH, initial_indent=indent, subsequent_indent=" " * len(mark))
        for item, indent in zip(items, indents, strict=True)
    )
