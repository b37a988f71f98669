"""The marks of a class as nbgrader's gradebook holds them, those that a person gave included."""

from __future__ import annotations

from dataclasses import dataclass, field

from classroom.cohort.collect import read_records
from classroom.cohort.folder import ClassFolder
from classroom.cohort.records import Entry, entries_of
from classroom.grading import read_notebook, tasks_of


@dataclass
class Mark:
    """One learner's marks for one assignment. Points are None where there are none yet."""

    handed_in: bool = False
    auto: float | None = None
    written: float | None = None  # None while a written answer is unmarked, or where there is none
    unmarked: list[str] = field(default_factory=list)  # written tasks that nobody has marked
    look_again: list[str] = field(default_factory=list)  # marked by a person, and graded anew since
    late: bool = False
    penalty: float = 0.0
    notebook: str = ""  # formgrader's id of the submitted notebook
    entry: Entry | None = None  # what the ledger says

    @property
    def total(self) -> float | None:
        """All points less the penalty, at least 0; None while something is unmarked, or nothing is graded."""
        if self.auto is None or self.unmarked:
            return None
        return max(0.0, self.auto + (self.written or 0.0) - self.penalty)

    @property
    def reasons(self) -> list[str]:
        """Why this needs a look, or isn't a plain mark, in sentences."""
        if not self.handed_in and self.entry is None:
            return ["nothing handed in"]
        found = [reason.text for reason in self.entry.reasons] if self.entry else []
        if self.auto is None:
            found.append("not graded yet")
        if self.unmarked:
            found.append(f"written answers not marked: {', '.join(self.unmarked)}")
        return found


def marks(folder: ClassFolder, assignment: str) -> dict[str, Mark]:
    """Learner's id → mark, for everybody on the roster, in its order."""
    from nbgrader.api import Assignment, Grade, GradeCell, SubmittedAssignment, SubmittedNotebook

    found = {student.id: Mark() for student in folder.roster}
    records, ledger = read_records(folder).get(assignment, {}), entries_of(folder, assignment)
    for student, mark in found.items():
        mark.handed_in = (folder.submitted / student / assignment).is_dir()
        mark.entry = ledger.get(student)
        said = {reason.code for reason in mark.entry.reasons} if mark.entry else set()
        mark.late = "late" in said or bool(records.get(student, {}).get("late"))
    kinds = {}
    for task in tasks_of(read_notebook(folder.source_notebook(assignment))):
        kinds[f"{task.id}-check" if task.kind == "auto" else task.id] = task.kind
    with folder.gradebook() as gradebook:
        of_this = Assignment.name == assignment
        for submission in gradebook.db.query(SubmittedAssignment).join(Assignment).filter(of_this):
            if mark := found.get(submission.student_id):
                mark.late = mark.late or submission.total_seconds_late > 0
        rows = (
            gradebook.db.query(SubmittedAssignment.student_id, SubmittedNotebook, Grade, GradeCell.name)
            .select_from(Grade)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .join(GradeCell, GradeCell.id == Grade.cell_id)
            .filter(of_this)
            .order_by(GradeCell.name)
        )
        for student, notebook, grade, cell in rows:
            if (mark := found.get(student)) and cell in kinds:
                _add(mark, notebook, grade, cell, kinds[cell])
    return found


def _add(mark: Mark, notebook, grade, cell: str, kind: str) -> None:
    mark.notebook = notebook.id
    mark.penalty = notebook.late_submission_penalty or 0.0
    by_person = grade.manual_score is not None
    given = by_person or (grade.auto_score is not None and not grade.needs_manual_grade)
    if kind == "auto":
        if given:
            mark.auto = (mark.auto or 0.0) + grade.score
    elif given:
        mark.written = (mark.written or 0.0) + grade.score
    elif mark.handed_in:
        mark.unmarked.append(cell)
    if by_person and grade.needs_manual_grade:
        mark.look_again.append(cell.removesuffix("-check"))
