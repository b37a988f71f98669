"""`course class feedback`: a page for each learner, made by nbgrader, and a zip that the learning system takes back."""

from __future__ import annotations

import zipfile
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

from classroom.cohort.collect import read_records
from classroom.cohort.folder import ClassFolder
from classroom.cohort.people import Student
from classroom.cohort.records import read_entry
from classroom.feedback import hints_of, in_general
from classroom.grading import grade_id, nbgrader_meta, read_notebook, tasks_of

# How hints begin that the grader made itself: no value out of a hidden check is in them.
GRADERS_OWN = ("`", "This task asks", "The notebook ", "The check could not use", "Not graded", "Grading it")


class TellReasons(NbGraderPreprocessor):
    """Say on a feedback page what the class's grader found: why points were lost, and each check's hint.

    Runs after CensorFeedback. Where plain nbgrader graded the submission, there is no ledger, and nothing changes.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        about = resources["nbgrader"]
        folder = ClassFolder(Path(CourseDirectory(config=self.config).root))
        entry = read_entry(folder, about["student"], about["assignment"])
        if entry is None:
            return nb, resources
        found = {task.id: task for task in entry.tasks}
        source = folder.source_notebook(about["assignment"])
        checks = _checks(source)
        for cell in nb.cells:
            name = grade_id(cell).removesuffix("-check")
            if cell.cell_type == "code" and is_grade(cell) and name in found:
                meta = nbgrader_meta(cell)
                lines = [f"{meta.get('score') or 0:g} of {meta.get('points', 0):g} points"]
                if hint := found[name].hint:
                    lines.append(shown_hint(hint, checks.get(name, "")))
                cell.outputs = [new_output("stream", name="stdout", text="\n".join(lines))]
        if entry.reasons:
            text = "\n".join(f"- {_as_text(reason.text)}" for reason in entry.reasons)
            nb.cells.insert(0, new_markdown_cell(f"**What the grader found**\n\n{text}"))
        return nb, resources


def shown_hint(hint: str, check: str) -> str:
    """A hint as a learner may see it: the check's own or the grader's own; of any other, what it says in general."""
    first = hint.split("\n")[0]
    return first if first in hints_of(check) or first.startswith(GRADERS_OWN) else in_general(first)


def _checks(source: Path) -> dict[str, str]:
    return {task.id: task.check for task in tasks_of(read_notebook(source)) if task.check}


def _as_text(words: str) -> str:
    """Words for a Markdown cell in which nothing is markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()#+-.!|~$" else c for c in words).replace("<", "&lt;")


def feedback(folder: ClassFolder, assignment: str) -> tuple[int, list[str], Path | None]:
    """Make the pages of an assignment. Returns how many there are, whose failed, and the zip to upload, if any.

    The zip is laid out as the learning system laid out its own, so that it can tell whose page is whose.
    """
    api = folder.api()
    students = [s.id for s in folder.roster if folder.autograded_notebook(s.id, assignment).is_file()]
    failed = []
    for student in students:
        outcome = api.generate_feedback(assignment, student)
        if not outcome["success"] or not folder.feedback_page(student, assignment).is_file():
            failed.append(student)
    made = [student for student in students if student not in failed]
    return len(made), failed, _zip(folder, assignment, made) if made else None


def _zip(folder: ClassFolder, assignment: str, students: list[str]) -> Path:
    records = read_records(folder).get(assignment, {})
    target = folder.root / "upload" / f"{assignment}-feedback.zip"
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for student in folder.roster:
            if student.id in students:
                name = _name_in_zip(records.get(student.id, {}), student, assignment)
                member = zipfile.ZipInfo(name)  # with a fixed time: the same pages give the same zip
                member.external_attr = 0o644 << 16
                page = folder.feedback_page(student.id, assignment).read_bytes()
                archive.writestr(member, page, zipfile.ZIP_DEFLATED)
    unfinished.replace(target)
    return target


def _name_in_zip(record: dict, student: Student, assignment: str) -> str:
    """Where a learner's page lies in the zip: as Moodle or Canvas named what was collected, else under the id."""
    if record.get("layout") == "canvas":
        name, number = record["label"].rsplit("_", 1)
        late = "LATE_" if record["late"] else ""
        return f"{name}_{late}{number}_{record['attachment']}_{assignment}.html"
    if record.get("layout") == "moodle":
        return f"{record['label']}_assignsubmission_file_/{assignment}.html"
    return f"{student.id}/{assignment}.html"
