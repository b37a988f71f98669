"""Grade one submission, apart from everything else: what a worker does, on this machine or another.

A job is data, and so is what comes back; no gradebook, class folder or ledger is needed. Answers run in the sandbox,
checks in the worker, which is trusted.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from classroom.answers import Answers, Limits, plain
from classroom.course import CourseError
from classroom.grading import (
    LARGE,
    WRITTEN_STUB,
    Result,
    Task,
    TooManyParts,
    answer_cells,
    grade_id,
    grade_task,
    nbgrader_meta,
    parse_answers,
    salvage,
    tasks_of,
)
from classroom.sandbox import warm

LIMITS = Limits(cell=60, call=20, notebook=300, restarts=6)
CHECKS = 120  # seconds that the checks themselves may take beyond the notebook's own time
WORKER_SPACE = 12 << 30  # bytes of a worker's address space
STOPPED = {  # what a hint says of a function that did not come back, and the reason that it makes
    "` was still running after": "timeout",
    "` ended the Python process": "died",
    "` broke the connection": "died",
    "` used more memory": "memory",
    "` sent more than": "output",
}
MOST_CELLS = 1000  # more than any exercise has, by far
MOST_SOURCE = 1_000_000  # characters of a cell; reading the code of a longer one takes minutes


@dataclass(frozen=True)
class Job:
    """One submission to grade: texts of the submitted, the master and the released notebook, and files beside it."""

    student: str
    assignment: str
    submitted: str
    master: str
    released: str
    seed: int
    sandboxed: bool = True
    limits: Limits = LIMITS
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of it. reasons: (code, sentence), as the ledger keeps them; memory in bytes or None."""

    student: str
    assignment: str
    tasks: list[Result]
    reasons: list[tuple[str, str]]
    sources: dict[str, str]
    seconds: float
    memory: int | None


class TooLong(BaseException):
    """The checks and answers together took longer than they may; not an Exception, so that no check swallows it."""


def execute(job: Job) -> Outcome:
    """Grade a submission. Never raises for what was handed in.

    Raises: CourseError if the sandbox or a check can't run here.
    """
    began = time.monotonic()
    try:
        return _execute(job, began)
    except CourseError:
        raise
    except Exception as problem:  # nobody foresaw it; the others are graded all the same
        told = f"The grader stumbled over this notebook ({type(problem).__name__}); look at it by hand."
        tasks = [
            Result(task.id, task.kind, 0 if task.kind == "auto" else None, task.points, "Not graded.")
            for task in tasks_of(nbformat.reads(job.master, as_version=4))
        ]
        seconds = round(time.monotonic() - began, 3)
        return Outcome(job.student, job.assignment, tasks, [("died", told)], {}, seconds, None)


def _execute(job: Job, began: float) -> Outcome:
    master = nbformat.reads(job.master, as_version=4)
    notebook, reasons = read(job.submitted)
    cells = answer_cells(notebook, master)
    if len(cells) > MOST_CELLS:
        reasons.append(("output", f"There are {len(cells)} code cells; the first {MOST_CELLS} were run."))
        cells = cells[:MOST_CELLS]
    for label in [label for label, source in cells if len(source) > MOST_SOURCE]:
        reasons.append(("output", f"{label} is longer than {MOST_SOURCE} characters; it was not run."))
    cells = [(label, source) for label, source in cells if len(source) <= MOST_SOURCE]
    tasks = tasks_of(master)
    with _seeded(job.seed), tempfile.TemporaryDirectory() as folder:
        for name, content in job.files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        with Answers(cells, job.limits, folder, job.sandboxed) as answers:
            results = _grade(tasks, answers, cells, notebook, nbformat.reads(job.released, as_version=4))
        reasons += _what_happened(answers)
    reasons += [(code, f"{r.id}: {r.hint}") for r in results for part, code in STOPPED.items() if part in r.hint]
    reasons += [
        ("forbidden", f"{r.id}: {r.hint}") for r in results if r.hint.startswith("This task asks you to do without")
    ]
    return Outcome(
        job.student,
        job.assignment,
        results,
        list(dict.fromkeys(reasons)),
        sources(notebook, tasks),
        round(time.monotonic() - began, 3),
        answers.kernel.peak or None,
    )


def read(text: str) -> tuple[NotebookNode, list[tuple[str, str]]]:
    """The submitted notebook's cells, and what was wrong with the file."""
    if not text.strip():
        return salvage(""), [("empty", "The file is empty.")]
    try:
        notebook = parse_answers(text)
    except Exception as problem:
        notebook = salvage(text[:LARGE] if isinstance(problem, TooManyParts) else text)
        told = f"The file is damaged ({type(problem).__name__}); {len(notebook.cells)} cells could be read."
        return notebook, [("damaged", told)]
    return notebook, [] if notebook.cells else [("empty", "The notebook has no cells.")]


def sources(notebook: NotebookNode, tasks: list[Task]) -> dict[str, str]:
    """The text of each answer as it was handed in."""
    wanted, found = {task.id for task in tasks}, {}
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in wanted:
            found.setdefault(name, cell.source[:20_000])
    return found


def _grade(
    tasks: list[Task], answers: Answers, cells: list[tuple[str, str]], notebook: NotebookNode, released: NotebookNode
) -> list[Result]:
    stubs = {grade_id(c): c.source.strip() for c in released.cells if nbgrader_meta(c).get("solution")}
    written = {grade_id(c): c.source.strip() for c in notebook.cells}
    results: list[Result] = []
    late = "Not graded: the notebook used up its time."
    with _alarm(answers.limits.notebook + CHECKS) as state:
        for task in tasks:
            if task.kind == "manual":
                there = written.get(task.id, "") not in ("", WRITTEN_STUB, stubs.get(task.id))
                hint = "A person marks it." if there else "Not written."
                results.append(Result(task.id, "manual", None if there else 0, task.points, hint))
                continue
            if state["over"]:
                results.append(Result(task.id, "auto", 0, task.points, late))
                continue
            try:
                results.append(_short(grade_task(task, answers, cells)))
            except TooLong:
                state["over"] = True
                results.append(Result(task.id, "auto", 0, task.points, late))
    return results


def _short(result: Result) -> Result:
    """The same with texts that fit on a line: what a check says may quote the answer."""
    return replace(result, hint=plain(result.hint), detail=plain(result.detail))


def _what_happened(answers: Answers) -> Iterator[tuple[str, str]]:
    if answers.kernel.out_of_memory:
        yield "memory", "It used more memory than a notebook may."
    for label, problem in answers.problems.items():
        endless = problem.kind == "KernelLost" and "still running" in problem.message
        if problem.kind == "Timeout" or endless:
            yield "timeout", f"{label}: {problem.message}."
        elif problem.kind == "KernelLost":
            yield "died", f"{label}: {problem.message}."
        elif problem.kind == "MemoryError":
            yield "memory", f"{label}: there was not enough memory."
    if time.monotonic() > answers.kernel.end:
        yield "timeout", f"The notebook used up its time ({answers.limits.notebook:g} s)."


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Hidden checks draw from the class's seed while this lasts; the sandbox never sees it."""
    before = os.environ.get("COURSE_SEED")
    os.environ["COURSE_SEED"] = str(seed)
    try:
        yield
    finally:
        os.environ.pop("COURSE_SEED")
        if before is not None:
            os.environ["COURSE_SEED"] = before


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[dict]:
    """Raise TooLong in the main thread when the time is over; in another thread there is no such alarm."""
    state = {"over": False}
    if threading.current_thread() is not threading.main_thread():
        yield state
        return

    def ring(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield state
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def prepare_worker(run: Path | None, resources: warm.Resources | None) -> None:
    """Once in every worker of this machine: a limit on its memory, the warm process that all share, a common end."""
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    space = WORKER_SPACE if most == resource.RLIM_INFINITY else min(WORKER_SPACE, most)
    resource.setrlimit(resource.RLIMIT_AS, (space, most))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process tells workers when to stop
    if run is not None:
        warm.use(run, resources)


def _end_with(main: multiprocessing.process.BaseProcess) -> None:
    """End this worker when the main process is gone, however that came about: nobody would take its results."""
    main.join()
    os._exit(1)
