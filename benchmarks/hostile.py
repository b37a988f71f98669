"""Hostile and broken submissions through plain `nbgrader autograde` and through this course's grader, a row a kind.

    python benchmarks/hostile.py [--only TEXT] [--write docs/hostile.md]

The kinds are those of tests/hostile.py. Plain nbgrader runs each submission in a process of its own, as an ordinary
user in a throw-away class folder. Because some kinds would harm this machine, it runs within bounds that nbgrader
itself doesn't set: a process namespace, 4 GB of memory, 300 processes, files of 100 MB, a minute. Needs root (for
these bounds) and bubblewrap. Takes half an hour.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import hostile
import hostile_trial
from hostile import ASSIGNMENT, KINDS, TASKS, Kind, World
from hostile_ordinary import UID, as_ordinary

from classroom.sandbox.memory import MemoryGroup

BOUNDS = ["prlimit", f"--as={4 << 30}", "--nproc=300", f"--fsize={100 << 20}", "--core=0", "--"]
SECONDS = 60
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "plain"
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.Execute.timeout = 8
"""


class Plain:
    """nbgrader as it is, with a course folder of its own."""

    def __init__(self, root: Path, world: World, released: Path) -> None:
        self.root, self.world = root, world
        (root / "source" / ASSIGNMENT).mkdir(parents=True)
        nbformat.write(hostile.master(), root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
        (root / "nbgrader_config.py").write_text(CONFIG)
        self.released = nbformat.read(released, as_version=4)
        self._own()
        self._run(["generate_assignment", ASSIGNMENT, "--create"])

    def _own(self) -> None:
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, UID, UID, follow_symlinks=False)

    def _run(self, command: list[str]) -> tuple[str, bool]:
        """What it printed, and whether it came to an end; the last line tells of processes that outlived it."""
        shell = 'mount -t tmpfs -o mode=1777,size=400m none /dev/shm; exec "$@"'  # as root still
        told = f'"$@"; sleep 1; grep -lx {self.world.token} /proc/[0-9]*/comm >/dev/null 2>&1 && echo OUTLIVED; exit 0'
        inner = [*BOUNDS, "sh", "-c", told, "sh", sys.executable, "-m", "nbgrader", *command]
        outer = ["unshare", "--pid", "--fork", "--kill-child", "--ipc", "--mount-proc", "sh", "-c", shell, "sh"]
        environment = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "HOME": str(self.root), "TMPDIR": str(self.root)}
        environment |= {"FACELAB_DATA": str(hostile_trial.shared_assets()), "JUPYTER_PREFER_ENV_PATH": "1"}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8", "COURSE_SEED": "7"}
        process = subprocess.Popen(
            [*outer, *as_ordinary(inner)],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        group = MemoryGroup.make(4 << 30)
        if group is not None:
            group.add(process.pid)
        try:
            return process.communicate(timeout=SECONDS)[0], True
        except subprocess.TimeoutExpired:
            first = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            for pid in map(int, first):  # process 1 of the namespace, which takes all others along
                os.kill(pid, signal.SIGKILL)
            return process.communicate()[0], False
        finally:
            if group is not None:
                group.end()

    def try_out(self, kind: Kind) -> dict:
        """Hand in one kind and let nbgrader grade it."""
        kind.write(self.released, self.world, self.root / "submitted" / kind.student / ASSIGNMENT)
        self._own()
        began = time.monotonic()
        printed, ended = self._run(["autograde", ASSIGNMENT, "--student", kind.student, "--create"])
        seconds = time.monotonic() - began
        folder = self.root / "autograded" / kind.student / ASSIGNMENT
        outputs, done = "", any(folder.glob("*.ipynb")) if folder.exists() else False
        with contextlib.suppress(Exception):
            cells = json.loads((folder / f"{ASSIGNMENT}.ipynb").read_text())["cells"]
            outputs = json.dumps([cell.get("outputs", []) for cell in cells])
        escapes = self.world.escapes(outputs)
        if "OUTLIVED" in printed:
            escapes.append("a process lives on")
        points = self._points(kind.student)
        shutil.rmtree(folder.parent, ignore_errors=True)
        for path in (path for place in ("/tmp", "/var/tmp") for path in Path(place).glob(f"*{self.world.token}*")):
            path.unlink()
        return {"ends": ended, "points": points, "lost": not done or None in points, "escapes": escapes, "s": seconds}

    def _points(self, student: str) -> tuple:
        from nbgrader.api import Gradebook

        with contextlib.suppress(Exception), Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            notebook = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student)
            scores = {grade.name.removesuffix("-check"): grade.auto_score for grade in notebook.grades}
            return tuple(scores.get(name) for name in TASKS)
        return (None, None, None)


def judge(kind: Kind, points: tuple, lost: bool, escapes: list[str], ended: bool) -> str:
    """What went wrong, in words; "" if nothing did."""
    wanted = [most if want is None else want for want, most in zip(kind.points, TASKS.values(), strict=True)]
    got = [point or 0 for point in points]
    found = [] if ended else ["does not end"]
    if lost:
        found.append("lost")
    elif any(g > w for g, w in zip(got, wanted, strict=True)):
        found.append("cheated")
    elif None not in kind.points and any(g < w for g, w in zip(got, wanted, strict=True)):
        found.append("marks missing")
    if escapes:
        found.append("escaped: " + ", ".join(dict.fromkeys(escapes)))
    return "; ".join(found)


def shown(points: tuple) -> str:
    """Points as "2 0 3"; a dash where there are none."""
    return " ".join("–" if point is None else f"{point:g}" for point in points)


def main() -> None:
    """Print the table; with --write also into a file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table as Markdown")
    options = parser.parse_args()
    rows, counts = [], {"plain": {}, "ours": {}}
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "plain").mkdir()
        folder = hostile_trial.make_class(root)
        with World(root / "outside") as world, hostile_trial.Ours(folder, world) as ours:
            plain = Plain(root / "plain", world, folder.release_notebook(ASSIGNMENT))
            for kind in KINDS:
                if options.only not in kind.name:
                    continue
                theirs = plain.try_out(kind)
                trial = ours.try_out(kind)
                about = judge(kind, theirs["points"], theirs["lost"], theirs["escapes"], theirs["ends"])
                ours_about = judge(kind, trial.points, None in trial.points, trial.escapes, True)
                for who, text in (("plain", about), ("ours", ours_about)):
                    for part in filter(None, text.split("; ")):
                        key = part.split(":")[0]
                        counts[who][key] = counts[who].get(key, 0) + 1
                codes = ", ".join(dict.fromkeys(code for code, _ in trial.reasons)) or "–"
                cells = [kind.name, kind.tries, shown(theirs["points"]), about or "–", f"{theirs['s']:.0f}"]
                cells += [shown(trial.points), ours_about or "–", codes, f"{trial.seconds:.0f}"]
                rows.append("| " + " | ".join(cells) + " |")
                print(rows[-1], flush=True)
    text = report(rows, counts)
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


def report(rows: list[str], counts: dict[str, dict[str, int]]) -> str:
    """The page with the table."""
    parts = ", ".join(f"{name} {version(name)}" for name in ("nbgrader", "nbclient", "ipykernel", "jupyter_client"))
    bubblewrap = subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.strip()
    order = ("does not end", "lost", "marks missing", "cheated", "escaped")
    summary = [f"| {who} | " + " | ".join(str(counts[key].get(part, 0)) for part in order) + " |"
               for who, key in (("plain nbgrader", "plain"), ("`course class grade`", "ours"))]  # fmt: skip
    lines = [
        "# Hostile submissions, measured",
        "",
        f"Made by `python benchmarks/hostile.py --write docs/hostile.md` on {date.today().isoformat()}; "
        f"Python {sys.version.split()[0]}, {parts}, {bubblewrap}. Every row is one submission of the short exercise in "
        "`tests/hostile.py`: three tasks of 2, 3 and 3 points, all answered right but for what the kind does. Plain "
        "nbgrader ran within bounds that it doesn't set itself (docstring of the benchmark), without which some kinds "
        "would have ended this machine. Seconds include the start of the `nbgrader` command on the one side, and "
        "nothing of the kind on the other; the machine was busy, so read them as an order of size.",
        "",
        f"{len(rows)} kinds. *Lost*: no marks or no graded notebook. *Marks missing*: fewer than the answers deserve. "
        "*Cheated*: more than they deserve. *Escaped*: something outside was read, changed or reached, or a process "
        "lived on.",
        "",
        "| | does not end | lost | marks missing | cheated | escaped |",
        "| --- | --- | --- | --- | --- | --- |",
        *summary,
        "",
        "| kind | what it tries | plain: points | plain: what went wrong | s "
        "| course: points | course: what went wrong | course: reasons | s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
