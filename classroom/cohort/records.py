"""The ledger as the report, the export and the feedback read it: one file a submission, written by the grader."""

from __future__ import annotations

from dataclasses import dataclass, field

from classroom.cohort import ledger
from classroom.cohort.folder import ClassFolder
from classroom.course import CourseError


@dataclass(frozen=True)
class Reason:
    """Why a submission was graded with a reason: a code such as "timeout", and a sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class TaskEntry:
    """What the grader found for one task. points is None where a person marks it."""

    id: str
    kind: str
    points: float | None
    max_points: float
    hint: str


@dataclass(frozen=True)
class Entry:
    """One graded submission. seconds of wall time; memory in bytes, None where it couldn't be measured."""

    student: str
    assignment: str
    state: str
    reasons: list[Reason]
    tasks: list[TaskEntry]
    points: float
    max_points: float
    seconds: float
    memory: int | None
    graded: str  # ISO time
    sources: dict[str, str] = field(default_factory=dict)  # task id → the answer as it was handed in


def read_entry(folder: ClassFolder, student: str, assignment: str) -> Entry | None:
    """The ledger's entry of a submission, or None if it isn't graded. Raises: CourseError if something in it is odd."""
    data = ledger.entry(folder, student, assignment)
    if data is None:
        return None
    try:
        return Entry(
            student=data["student"],
            assignment=data["assignment"],
            state=data["state"],
            reasons=[Reason(r["code"], r["text"]) for r in data["reasons"]],
            tasks=[TaskEntry(t["id"], t["kind"], t["points"], t["max_points"], t["hint"]) for t in data["tasks"]],
            points=data["points"],
            max_points=data["max_points"],
            seconds=data["seconds"],
            memory=data["memory"],
            graded=data["graded"],
            sources=data.get("sources", {}),
        )
    except (KeyError, TypeError) as problem:
        path = folder.ledger_entry(student, assignment)
        raise CourseError(
            f"{path} is damaged ({type(problem).__name__}). Delete it and run `course class grade` again."
        ) from None


def entries_of(folder: ClassFolder, assignment: str) -> dict[str, Entry]:
    """student → entry, of the roster's learners who have one, in the roster's order."""
    found = {student.id: read_entry(folder, student.id, assignment) for student in folder.roster}
    return {student: entry for student, entry in found.items() if entry}
