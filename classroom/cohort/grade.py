"""`course class grade`: grade what was collected, in the sandbox and in parallel; every submission gets a result.

Workers only execute (`execute`); this one process prepares and saves: it mends notebooks (`repair`), writes marks with
nbgrader's own code into nbgrader's gradebook, and notes in the ledger what was done. What the ledger already holds for
the same submission is not done again, so a batch that was stopped, or killed, goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import parse_utc
from tqdm import tqdm

from classroom.cohort import ahead, ledger
from classroom.cohort.execute import Job, Outcome, execute, prepare_worker, read
from classroom.cohort.folder import ClassFolder
from classroom.cohort.repair import repair
from classroom.course import CourseError
from classroom.grading import Result, grade_id, nbgrader_meta, tasks_of
from classroom.sandbox import warm
from classroom.work import write_atomically

MOST_TEXT = 100 << 20  # bytes of a notebook that are read
MOST_FILES = 20 << 20  # bytes of the other files beside it
TRIES = 2  # of a submission whose worker died


@dataclass(frozen=True)
class Submission:
    """One submission as it lies in the folder, and what it is graded by. reasons: what was wrong with the files."""

    student: str
    assignment: str
    place: Path
    text: str
    files: dict[str, bytes]
    reasons: tuple[tuple[str, str], ...]
    digest: str


def main(folder: ClassFolder, options: argparse.Namespace) -> int:
    """Grade; print a line a submission, or the ledger's entries as JSON. Returns the exit status."""
    sandboxed = not options.unsafe
    if not sandboxed:
        print("Without the sandbox: submissions run in your account, with all that it may do.", file=sys.stderr)
    done = []
    for assignment in folder.chosen(options.assignments):
        done += grade_assignment(
            folder,
            assignment,
            students=options.student or None,
            workers=options.jobs or os.cpu_count() or 1,
            scheduler=options.scheduler,
            sandboxed=sandboxed,
            again=options.again,
        )
    if options.json:
        print(json.dumps(done, indent=1))
    else:
        print_summary(done)
    return 0


def grade_assignment(
    folder: ClassFolder,
    assignment: str,
    *,
    students: Sequence[str] | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    sandboxed: bool = True,
    again: bool = False,
) -> list[dict]:
    """Grade an assignment's submissions that the ledger doesn't hold yet; returns the entries of all of them.

    Parameters: students, only these; workers, processes on this machine; scheduler, address of a dask scheduler whose
    workers (of one thread each) do it instead; again, also what was graded before.
    Raises: CourseError if the assignment was not released, or the sandbox or a check can't run here.
    """
    master, released = (
        _text(path, assignment) for path in (folder.source_notebook(assignment), folder.release_notebook(assignment))
    )
    release = ledger.digest(master, released, str(folder.seed))
    entries, waiting = [], []
    for submission in submissions(folder, assignment, students):
        known = ledger.entry(folder, submission.student, assignment)
        if (
            not again
            and known is not None
            and (known.get("submission"), known.get("release")) == (submission.digest, release)
            and folder.autograded_notebook(submission.student, assignment).is_file()
        ):
            entries.append(known)
        else:
            waiting.append(submission)
    jobs = (
        Job(s.student, assignment, s.text, master, released, folder.seed, sandboxed, files=s.files) for s in waiting
    )
    by_student = {s.student: s for s in waiting}
    if waiting:
        run = _by_dask(jobs, scheduler) if scheduler else _by_processes(jobs, min(workers, len(waiting)), sandboxed)
        with folder.gradebook() as gradebook, contextlib.closing(run) as outcomes:
            for outcome in tqdm(outcomes, total=len(waiting), desc=assignment, unit="notebook"):
                submission = by_student[outcome.student]
                save(folder, gradebook, submission, outcome, master, released)
                entries.append(ledger.record(folder, outcome, submission.digest, release))
    return sorted(entries, key=lambda entry: entry["student"])


# ---- what there is to grade ------------------------------------------------------------------------------------


def submissions(folder: ClassFolder, assignment: str, students: Sequence[str] | None = None) -> Iterator[Submission]:
    """Everything that was handed in for an assignment, whatever it is."""
    for place in sorted(folder.submitted.glob(f"*/{assignment}")):
        student = place.parent.name
        if (students is None or student in students) and place.is_dir() and not place.is_symlink():
            yield _submission(student, assignment, place)


def _submission(student: str, assignment: str, place: Path) -> Submission:
    path, reasons, text = place / f"{assignment}.ipynb", [], b""
    notebooks = [p for p in sorted(place.glob("*.ipynb")) if p.is_file() and not p.is_symlink()]
    if path not in notebooks and len(notebooks) == 1:
        reasons.append(("wrong-name", f"The notebook was called {notebooks[0].name!r}."))
        path = notebooks[0]
    if path.is_symlink():
        reasons.append(("damaged", "The notebook was a link to another file; links are not followed."))
    elif not path.is_file():
        reasons.append(("missing", "There was no notebook among the files."))
    else:
        with path.open("rb") as file:
            text = file.read(MOST_TEXT + 1)
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT]
        reasons.append(("damaged", f"The notebook is larger than {MOST_TEXT >> 20} MB; its beginning was read."))
    files = _files(place)
    stamp = files.get("timestamp.txt", b"")
    return Submission(
        student,
        assignment,
        place,
        text.decode("utf-8-sig", "replace"),
        files,
        tuple(reasons),
        ledger.digest(text, stamp, *(part for name in sorted(files) for part in (name, files[name]))),
    )


def _files(place: Path) -> dict[str, bytes]:
    """The other files beside a notebook: no links, no folders, and only while they are not too much."""
    files, left = {}, MOST_FILES
    for path in sorted(place.iterdir()):
        if path.suffix == ".ipynb" or path.is_symlink() or not path.is_file():
            continue
        left -= path.stat().st_size
        if left < 0:
            break
        files[path.name] = path.read_bytes()
    return files


def _text(path: Path, assignment: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise CourseError(f"{path} is not there; `course class release {assignment[:2]}` makes it.") from None


# ---- running ---------------------------------------------------------------------------------------------------


def _by_processes(jobs: Iterator[Job], workers: int, sandboxed: bool) -> Iterator[Outcome]:
    """Outcomes as they come. A worker that dies costs its own submission at most, and that one is tried alone first."""
    context = ahead.start(sandboxed)
    jobs, tries = iter(jobs), {}
    suspects: list[Job] = []
    shared = warm.shared() if sandboxed else None
    given = (shared.run, shared.resources) if shared else (None, None)
    while True:
        alone = bool(suspects)
        pool = ProcessPoolExecutor(
            1 if alone else max(workers, 1), mp_context=context, initializer=prepare_worker, initargs=given
        )
        running: dict[Future, Job] = {}
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool:
            raise CourseError("A worker could not start, so nothing was graded. Is there enough memory?") from None
        try:
            source = iter([suspects.pop(0)]) if alone else jobs
            while True:
                while len(running) < 2 * workers and (job := next(source, None)) is not None:
                    running[pool.submit(execute, job)] = job
                if not running:
                    break
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ready:
                    job = running[future]
                    outcome = future.result()
                    del running[future]
                    yield outcome
        except BrokenProcessPool:
            for job in running.values():
                tries[job.student] = tries.get(job.student, 0) + alone
                if tries[job.student] < TRIES:
                    suspects.append(job)
                else:
                    yield lost(job)
            continue
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list((pool._processes or {}).values()) if running else []:
                process.kill()
        if not alone:
            return


def _by_dask(jobs: Iterator[Job], address: str) -> Iterator[Outcome]:
    """Outcomes as they come from a dask cluster. What a dying worker had not sent yet is done again by another."""
    from distributed import Client, KilledWorker, as_completed

    with Client(address) as client:
        running = {
            client.submit(execute, job, key=f"{job.assignment}-{job.student}-{os.getpid()}", retries=1): job
            for job in jobs
        }
        for future in as_completed(list(running)):
            job = running.pop(future)
            try:
                yield future.result()
            except KilledWorker:
                yield lost(job)
            future.release()


def lost(job: Job) -> Outcome:
    """The outcome of a submission that ended its worker each time."""
    tasks = [
        Result(task.id, task.kind, 0 if task.kind == "auto" else None, task.points, "Grading it ended the grader.")
        for task in tasks_of(nbformat.reads(job.master, as_version=4))
    ]
    reasons = [("died", "Grading this notebook ended the grader's own process; look at it by hand.")]
    return Outcome(job.student, job.assignment, tasks, reasons, {}, 0.0, None)


# ---- saving ----------------------------------------------------------------------------------------------------


def save(
    folder: ClassFolder, gradebook: Gradebook, submission: Submission, outcome: Outcome, master: str, released: str
) -> None:
    """Marks into the gradebook and the mended notebook into autograded/; adds what was found to outcome.reasons.

    nbgrader's own SaveAutoGrades writes the marks, from outputs that this process makes; a manual mark stays.
    """
    student, assignment = submission.student, submission.assignment
    notebook, mended = repair(
        read(submission.text)[0], nbformat.reads(master, as_version=4), nbformat.reads(released, as_version=4)
    )
    if any(code == "empty" for code, _ in outcome.reasons):
        mended = []  # that all cells are missing is said by now
    results = {result.id: result for result in outcome.tasks}
    for cell in notebook.cells:
        meta = nbgrader_meta(cell)
        if meta.get("grade") and not meta.get("solution"):
            cell.outputs = [_verdict(results[grade_id(cell).removesuffix("-check")])]
    late = _register(folder, gradebook, submission, notebook)
    outcome.reasons = list(dict.fromkeys([*submission.reasons, *outcome.reasons, *mended, *late]))
    target = folder.autograded_notebook(student, assignment)
    if target.parent.exists():
        shutil.rmtree(target.parent)
    write_atomically(target, nbformat.writes(notebook) + "\n")
    if (stamp := submission.files.get("timestamp.txt")) is not None:
        (target.parent / "timestamp.txt").write_bytes(stamp)


def _verdict(result: Result) -> nbformat.NotebookNode:
    """What stands below a check: silence is never success."""
    if result.points:
        return new_output("stream", name="stdout", text="Passed.\n")
    return new_output("error", ename="CheckFailed", evalue=result.hint, traceback=[result.hint])


def _register(
    folder: ClassFolder, gradebook: Gradebook, submission: Submission, notebook: nbformat.NotebookNode
) -> list[tuple[str, str]]:
    student, assignment = submission.student, submission.assignment
    stamp = None
    with contextlib.suppress(ValueError, OverflowError):  # of another's making, it may be anything
        stamp = parse_utc(submission.files.get("timestamp.txt", b"").decode("utf-8", "replace").strip())
    gradebook.update_or_create_student(student)
    handed_in = gradebook.update_or_create_submission(assignment, student, **({"timestamp": stamp} if stamp else {}))
    write_marks(gradebook, student, assignment, notebook)
    seconds = handed_in.total_seconds_late
    if seconds <= 0:
        return []
    about = {"notebook": assignment, "assignment": assignment, "student": student, "db_url": folder.db_url}
    AssignLatePenalties(config=folder.config()).preprocess(notebook, {"nbgrader": about})
    return [("late", f"It came {seconds / 3600:.1f} hours late.")]


def write_marks(gradebook: Gradebook, student: str, assignment: str, notebook: nbformat.NotebookNode) -> None:
    """Have nbgrader read the marks off a graded notebook, in a gradebook that is open already."""
    saver = SaveAutoGrades()
    saver.gradebook, saver.student_id = gradebook, student
    saver.assignment_id = saver.notebook_id = assignment
    for number, cell in enumerate(notebook.cells):
        saver.preprocess_cell(cell, {}, number)


def print_summary(entries: Sequence[dict]) -> None:
    """A line for every submission that has something to say, then the counts."""
    for entry in entries:
        if entry["reasons"]:
            told = " ".join(dict.fromkeys(reason["text"] for reason in entry["reasons"]))
            marks = f"{entry['points']:g} of {entry['max_points']:g}"
            print(f"  {entry['assignment'][:2]} {entry['student']}: {marks}. {told}")
    with_reason = sum(bool(entry["reasons"]) for entry in entries)
    print(f"{len(entries)} submissions graded, {with_reason} of them with something to look at (above).")
