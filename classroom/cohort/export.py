"""`course class export`: the marks as a table for the learning system, and the report for the instructor."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from classroom.cohort.folder import ClassFolder
from classroom.cohort.marks import Mark, marks
from classroom.cohort.report import write_report
from classroom.work import write_atomically


def export(folder: ClassFolder, assignments: Sequence[str], formgrader: str) -> list[Path]:
    """Write grades.csv and report.html into the class folder; returns both paths. formgrader: JupyterLab's address."""
    found = {assignment: marks(folder, assignment) for assignment in assignments}
    table = folder.root / "grades.csv"
    write_atomically(table, grades_csv(folder, found))
    return [table, write_report(folder, found, formgrader)]


def grades_csv(folder: ClassFolder, found: dict[str, dict[str, Mark]]) -> str:
    """A row a learner: id, names, e-mail, and for each assignment points, lateness, total and reasons."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["id", "first_name", "last_name", "email"]
    for assignment in found:
        number = assignment.split("_")[0]
        header += [f"{number} {column}" for column in ("auto points", "manual points", "late", "total", "reasons")]
    writer.writerow(header)
    for student in folder.roster:
        row = [student.id, student.first_name, student.last_name, student.email]
        for of_all in found.values():
            mark = of_all[student.id]
            late = ("yes" if mark.late else "no") if mark.handed_in else ""
            row += [_points(mark.auto), _points(mark.written), late, _points(mark.total), "; ".join(mark.reasons)]
        writer.writerow(map(_harmless, row))
    return text.getvalue()


def _points(points: float | None) -> str:
    return "" if points is None else f"{points:g}"


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
