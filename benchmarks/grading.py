"""How fast does a class's grader work beside plain `nbgrader autograde`, and are the marks the same?

    python benchmarks/grading.py [--students N] [--exercises 01 02] [--without-plain]

Half of the students hand in the solution, half the solution with one mistake of the wrong-answer bank. Both graders get
copies of one class folder, with one BLAS thread a kernel; plain nbgrader is started as its users start it and runs one
notebook after another in its own account, `course class grade` one a core in the sandbox. Read the ratios: the seconds
are this machine's. "alone" is what a solution's answers and checks take by themselves in one process that has imported
everything; what a notebook takes beyond that (of ours, beyond its share of it, since the cores divide the work) is
overhead.
"""

from __future__ import annotations

import argparse
import csv
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
import psutil

from benchmarks.table import Row, show, time_row
from classroom import course
from classroom.answers import Answers
from classroom.cohort import ledger
from classroom.cohort.folder import ClassFolder, new
from classroom.cohort.release import release
from classroom.grading import answer_cells, grade_id, grade_task, read_notebook, tasks_of

PART = "grading"
LIBRARIES = ("nbgrader", "nbclient", "ipykernel")
PLAIN = "nbgrader autograde"
UNIT = "s a notebook"
BANK = course.ROOT / "tests/wrong_answers"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def make_class(root: Path, exercises: list[course.Lesson], students: int) -> ClassFolder:
    """A class folder whose students have handed in: every second one with a mistake of the bank, taken in turn."""
    names = [f"student{number:03}" for number in range(students)]
    roster = root.with_name("roster.csv")
    with roster.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["id", "first_name", "last_name", "email"], *([name, name, "", ""] for name in names)]
        )
    folder = new(root, roster, [lesson.number for lesson in exercises])
    release(folder, folder.assignments)
    for lesson in exercises:
        bank = runpy.run_path(str(BANK / f"{lesson.name}.py"))["WRONG"]
        mistakes = [(task, code) for task, answers in bank.items() for _, code in answers]
        for number, name in enumerate(names):
            mistake = mistakes[number // 2 % len(mistakes)] if number % 2 else None
            place = folder.submitted_notebook(name, lesson.name)
            place.parent.mkdir(parents=True)
            place.write_text(nbformat.writes(submission(folder, lesson, mistake)), encoding="utf-8")
    return folder


def submission(folder: ClassFolder, lesson: course.Lesson, mistake: tuple[str, str] | None) -> nbformat.NotebookNode:
    """The released notebook with the solution's answers, but for one."""
    notebook = nbformat.read(folder.release_notebook(lesson.name), as_version=4)
    answers = {grade_id(cell): cell.source for cell in read_notebook(lesson.solution).cells if grade_id(cell)}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[grade_id(cell)]
        if mistake and grade_id(cell) == mistake[0]:
            cell.source = mistake[1].strip()
    return notebook


def alone(lesson: course.Lesson) -> float:
    """Seconds of a solution's answers and checks, the second time over in one warm kernel and process."""
    solution = read_notebook(lesson.solution)
    cells, tasks = answer_cells(solution, solution), [t for t in tasks_of(solution) if t.kind == "auto"]
    with Answers(cells) as answers:
        answers.prepare()
        for _ in range(2):
            began = time.perf_counter()
            for _, source in cells:
                answers.kernel.run(source)
            for task in tasks:
                grade_task(task, answers, cells)
            seconds = time.perf_counter() - began
    return seconds


def marks(folder: ClassFolder) -> dict[tuple[str, str], float]:
    """What the gradebook says: (student, assignment) → automatic points."""
    with folder.gradebook() as gradebook:
        return {
            (submission.student.id, submission.assignment.name): sum(
                g.auto_score or 0 for n in submission.notebooks for g in n.grades
            )
            for assignment in gradebook.assignments
            for submission in assignment.submissions
        }


def reasons(folder: ClassFolder, student: str, assignment: str) -> set[str]:
    """What the class's grader noted about a submission, as codes."""
    found = ledger.entry(folder, student, assignment) or {"reasons": []}
    return {reason["code"] for reason in found["reasons"]}


def timed(command: list[str], cwd: Path) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return time.perf_counter() - began


def measure(students: int = 20, numbers: Sequence[str] = ("01", "02"), plainly: bool = True) -> list[Row]:
    """The rows of some exercises; without plain nbgrader beside them if not plainly."""
    exercises = [course.find(number) for number in numbers]
    # nbgrader calls programs of this environment, such as alembic, by name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    rows, total = [], [0.0, 0.0]
    with tempfile.TemporaryDirectory(prefix="grading-") as name:
        ours = make_class(Path(name) / "ours", exercises, students)
        plain = ClassFolder(Path(shutil.copytree(ours.root, Path(name) / "plain")))
        print(f"{students} students, {psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}", flush=True)
        for lesson in exercises:
            before, seconds = len(rows), alone(lesson)
            what = f"exercise {lesson.number}, {students} notebooks"
            rows.append(Row(PART, f"a solution of exercise {lesson.number}, alone", "s", seconds))
            command = ["-m", "classroom", "class", "grade", lesson.number, "--class", str(ours.root)]
            fast = timed([sys.executable, *command], course.ROOT) / students
            if plainly:
                slow = timed(["nbgrader", "autograde", lesson.name], plain.root) / students
                rows.append(time_row(PART, what, UNIT, fast, PLAIN, slow))
                rows.append(overhead_row(what, seconds, fast, slow))
                total = [total[0] + fast, total[1] + slow]
            else:
                rows.append(Row(PART, what, UNIT, fast))
            show(rows[before:])
        if plainly:
            together = f"exercises {' and '.join(numbers)} together"
            rows.append(time_row(PART, together, UNIT, total[0], PLAIN, total[1], "ratio >= 4"))
            got, want = marks(ours), marks(plain)
            different = {key for key in got | want if got.get(key) != want.get(key)}
            # Plain nbgrader doesn't look for what a task forbids.
            forbidden = {key for key in different if "forbidden" in reasons(ours, *key)}
            rows += [
                Row(
                    PART, f"{len(got)} notebooks", f"marks other than plain nbgrader's, {why}", len(keys), budget=budget
                )
                for why, keys, budget in (
                    ("forbidden means used", forbidden, ""),
                    ("all others", different - forbidden, "<= 0"),
                )
            ]
            show(rows[-3:])
            for key in sorted(different):
                print(f"  {key}: {got.get(key)}, plain nbgrader {want.get(key)}")
    return rows


def overhead_row(what: str, alone: float, ours: float, plain: float) -> Row:
    """What a notebook takes beyond its own work; where that is more than a second, this is what must shrink."""
    our_overhead = max(ours - alone / psutil.cpu_count(), 1e-9)
    budget = "ratio >= 5" if alone > 1 else ""
    return time_row(PART, f"{what}, overhead", UNIT, our_overhead, PLAIN, plain - alone, budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--exercises", nargs="+", default=["01", "02"])
    parser.add_argument("--without-plain", action="store_true", help="the class's grader only")
    chosen = parser.parse_args()
    measure(chosen.students, chosen.exercises, not chosen.without_plain)


if __name__ == "__main__":
    main()
