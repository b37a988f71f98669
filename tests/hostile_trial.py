"""Puts kinds of `hostile` through this course's grader, one by one, and looks at what came of each."""

from __future__ import annotations

import contextlib
import csv
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import hostile
import nbformat
from hostile import ASSIGNMENT, KINDS, QUICK, TASKS, Kind, Limits, World

from classroom.cohort import ledger, release
from classroom.cohort.execute import Job, execute, prepare_worker
from classroom.cohort.folder import ClassFolder, new
from classroom.cohort.grade import lost, save, submissions
from classroom.sandbox import warm, zygote
from facelab import assets

SMALL = warm.Resources(memory=1 << 30, space=3 << 30)  # an honest notebook takes a quarter of it
PATIENCE = 150  # seconds after which a trial is called endless


@dataclass
class Trial:
    """What became of one submission. points: of each task; said: everything that is given out about it."""

    points: tuple
    reasons: list[tuple[str, str]]
    escapes: list[str]
    seconds: float
    worker: int  # bytes by which the worker's peak memory grew
    worker_lived: bool
    said: str


def make_class(root: Path, kinds: Sequence[Kind] = KINDS) -> ClassFolder:
    """A class whose learners are kinds, with the short exercise handed out."""
    roster = root / "roster.csv"
    with roster.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "first_name", "last_name", "email"])
        rows.writerows([student, student, "", ""] for student in hostile.students(kinds))
    folder = new(root / "class", roster, ["01"])
    nbformat.write(hostile.master(), folder.source_notebook(ASSIGNMENT))
    release.release(folder, [ASSIGNMENT])
    return folder


class Ours:
    """The course's grader with one worker; a context manager."""

    def __init__(self, folder: ClassFolder, world: World) -> None:
        self.folder, self.world = folder, world
        self.master = folder.source_notebook(ASSIGNMENT).read_text()
        self.released = folder.release_notebook(ASSIGNMENT).read_text()

    def __enter__(self) -> Ours:
        if (number := zygote.KEYCTL.get(os.uname().machine)) is not None:  # as a login leaves it
            zygote.libc.syscall(number, zygote.JOIN_SESSION_KEYRING, None)
        self.warm = warm.Warm(SMALL)
        self.pool: ProcessPoolExecutor | None = None
        return self

    def __exit__(self, *_: object) -> None:
        self._end_worker()
        self.warm.close()

    def try_out(self, kind: Kind) -> Trial:
        """Hand in one kind, grade it, save the marks and look around."""
        released = nbformat.reads(self.released, as_version=4)
        kind.write(released, self.world, self.folder.submitted / kind.student / ASSIGNMENT)
        trial = self._grade(kind.student, kind.limits)
        if kind.then is not None:
            paper = hostile.Paper(released)
            kind.then(paper, self.world)
            place = self.folder.submitted / f"{kind.student}-next" / ASSIGNMENT
            place.mkdir(parents=True)
            (place / f"{ASSIGNMENT}.ipynb").write_text(paper.text())
            trial.escapes += self._grade(f"{kind.student}-next", QUICK).escapes
        return trial

    def _grade(self, student: str, limits: Limits) -> Trial:
        (submission,) = submissions(self.folder, ASSIGNMENT, [student])
        job = Job(
            student,
            ASSIGNMENT,
            submission.text,
            self.master,
            self.released,
            self.folder.seed,
            limits=limits,
            files=submission.files,
        )
        worker = self._worker()
        before = _peak_memory(worker, reset=True)
        began, lived = time.monotonic(), True
        try:
            outcome = self.pool.submit(execute, job).result(timeout=PATIENCE)
            grew = _peak_memory(worker) - before
        except BrokenProcessPool:
            self._end_worker()
            outcome, lived, grew = lost(job), False, 0
        seconds = time.monotonic() - began
        with self.folder.gradebook() as gradebook:
            save(self.folder, gradebook, submission, outcome, self.master, self.released)
        entry = ledger.record(self.folder, outcome, submission.digest, "")
        hostile.wait_until_gone(self.world)
        outputs = [
            cell["outputs"]
            for cell in json.loads(self.folder.autograded_notebook(student, ASSIGNMENT).read_text())["cells"]
            if cell["cell_type"] == "code"
        ]
        told = [asdict(task) for task in outcome.tasks]
        given_out = json.dumps([{k: v for k, v in entry.items() if k != "sources"}, outputs])
        said = given_out + json.dumps(told)  # details are shown to nobody, and yet an answer may tell what it saw there
        escapes = self.world.escapes(said)
        if "the forged hint" in given_out:
            escapes.append("wrote its own hint")
        if str(self.folder.seed) in said:
            escapes.append("gave out the seed")
        escapes += list(self._left_over())
        return Trial(self.points(student), outcome.reasons, escapes, seconds, grew, lived, said)

    def points(self, student: str) -> tuple:
        """The marks as they stand in nbgrader's gradebook; None where there is none."""
        with self.folder.gradebook() as gradebook:
            notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
            scores = {grade.name.removesuffix("-check"): grade.auto_score for grade in notebook.grades}
        return tuple(scores.get(name) for name in TASKS)

    def _left_over(self) -> Iterator[str]:
        """Kernels, and files of theirs, that are still there."""
        end = time.monotonic() + 5
        while self._kernels() and time.monotonic() < end:
            time.sleep(0.05)
        if self._kernels():
            yield "a kernel lives on"
        if any(self.warm.run.glob("kernel-*")):
            yield "left files on the host"

    def _kernels(self) -> list[int]:
        """Processes below the warm process, which is the child of bubblewrap's own two."""
        below = [self.warm.process.pid]
        for pid in below:
            with contextlib.suppress(OSError):
                below += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return [pid for pid in below[1:] if _name(pid) != "bwrap"][1:]

    def _worker(self) -> int:
        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=prepare_worker,
                initargs=(self.warm.run, self.warm.resources),
            )
        return self.pool.submit(_pid).result()

    def _end_worker(self) -> None:
        if self.pool is not None:
            processes = list((self.pool._processes or {}).values())
            self.pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()
            self.pool = None


def _pid() -> int:
    import facelab.eigenfaces  # noqa: F401  (what checks import isn't to count as grown)

    return os.getpid()


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return "bwrap"  # gone


def _peak_memory(pid: int, reset: bool = False) -> int:
    if reset:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def wrong_about(kind: Kind, trial: Trial) -> list[str]:
    """What is not as it must be; nothing if all is well."""
    found = [f"escaped: {what}" for what in trial.escapes]
    for task, got, want in zip(TASKS, trial.points, kind.points, strict=True):
        if got not in ((0, TASKS[task]) if want is None else (want,)):
            found.append(f"{task}: {got} points in place of {'any' if want is None else want}")
    codes = {code for code, _ in trial.reasons}
    if kind.reasons and not codes & set(kind.reasons):
        found.append(f"reasons {sorted(codes)}; wanted one of {list(kind.reasons)}")
    if not trial.worker_lived:
        found.append("ended the worker")
    if trial.worker > 5 << 29:
        found.append(f"the worker grew by {trial.worker >> 20} MB")
    return found


def shared_assets() -> Path:
    """Where this environment's assets lie, for a user whose own cache is empty."""
    return assets.shared() or assets.cache()
