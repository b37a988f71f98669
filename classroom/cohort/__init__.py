"""`course class`: a class around nbgrader: hand out, collect, grade safely, give feedback, export the marks.

The class folder is an nbgrader course folder; formgrader and nbgrader's own commands work in it side by side with this.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from classroom.cohort.folder import ClassFolder, new


def main(arguments: Sequence[str]) -> int:
    chosen = _parser().parse_args(arguments)
    return chosen.run(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="course class", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    inside = argparse.ArgumentParser(add_help=False)
    inside.add_argument("--class", dest="folder", type=Path, default=Path(), metavar="DIR", help="the class folder")

    def command(name: str, run, purpose: str, numbers: str = "*", parents=(inside,)) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", parents=parents
        )
        if numbers:
            sub.add_argument("assignments", metavar="NN", nargs=numbers, help="assignments, such as 01; all by default")
        sub.set_defaults(run=run)
        return sub

    sub = command("new", _new, "make a class folder, outside the repository", "", ())
    sub.add_argument("target", type=Path, metavar="DIR", help="a new or empty folder")
    sub.add_argument("--roster", type=Path, required=True, help="CSV with a header: id, first_name, last_name, email")
    sub.add_argument(
        "--assignments", nargs="+", default=[], metavar="NN", help="exercises, such as 01 02; all by default"
    )
    sub.add_argument("--due", nargs="+", default=[], metavar="NN=TIME", help="such as 01=2026-12-01T23:59")
    command("release", _release, "make what is handed out")
    sub = command("collect", _collect, "take over what was handed in, from a folder or a zip", "")
    sub.add_argument("source", type=Path, metavar="PATH", help="a folder, or a zip as Moodle and Canvas export it")
    sub.add_argument("assignment", nargs="?", default="", metavar="NN", help="the exercise, where PATH is of one only")
    sub = command("grade", _grade, "grade in a sandbox, in parallel; what is graded already is left as it is")
    sub.add_argument("--student", action="append", default=[], metavar="ID", help="only this learner (repeatable)")
    sub.add_argument("--jobs", type=int, metavar="N", help="notebooks at once; by default one a core")
    sub.add_argument(
        "--scheduler", metavar="ADDRESS", help="a dask scheduler whose workers do it, such as tcp://host:8786"
    )
    sub.add_argument("--json", action="store_true", help="print the outcome as JSON")
    sub.add_argument("--unsafe", action="store_true", help="without the sandbox: answers run in your account")
    sub.add_argument("--again", action="store_true", help="grade again what is graded already")
    command("feedback", _feedback, "make a page for each learner, and a zip to upload for each assignment")
    sub = command("export", _export, "write grades.csv and report.html")
    sub.add_argument("--formgrader", default="http://localhost:8888", metavar="URL", help="where your JupyterLab runs")
    return parser


def _new(chosen: argparse.Namespace) -> int:
    folder = new(chosen.target, chosen.roster, chosen.assignments, chosen.due)
    print(
        f"{folder.root}: a class of {len(folder.roster)} with {len(folder.assignments)} assignments.\n"
        f"Next: `cd {folder.root}`, then `course class release`."
    )
    return 0


def _release(chosen: argparse.Namespace) -> int:
    from classroom.cohort.release import release

    folder = ClassFolder.open(chosen.folder)
    for path in release(folder, folder.chosen(chosen.assignments)):
        print(f"hand out {path.relative_to(folder.root)}")
    return 0


def _collect(chosen: argparse.Namespace) -> int:
    from classroom.cohort import collect

    folder = ClassFolder.open(chosen.folder)
    outcome = collect.collect(folder, chosen.source, chosen.assignment)
    print(collect.report(outcome, folder))
    return 1 if outcome.needs_a_person else 0


def _grade(chosen: argparse.Namespace) -> int:
    folder = ClassFolder.open(chosen.folder)
    chosen.assignments = folder.chosen(chosen.assignments)
    if not chosen.scheduler:
        from classroom.cohort import ahead

        ahead.start(not chosen.unsafe)
    return importlib.import_module("classroom.cohort.grade").main(folder, chosen)


def _feedback(chosen: argparse.Namespace) -> int:
    from classroom.cohort.feedback import feedback

    folder = ClassFolder.open(chosen.folder)
    status = 0
    for assignment in folder.chosen(chosen.assignments):
        made, failed, upload = feedback(folder, assignment)
        print(f"{assignment}: {made} pages" + (f", to upload: {upload.relative_to(folder.root)}" if upload else ""))
        for student in failed:
            print(f"{assignment}: no page for {student}; grade again with --student {student}", file=sys.stderr)
            status = 1
    return status


def _export(chosen: argparse.Namespace) -> int:
    from classroom.cohort.export import export

    folder = ClassFolder.open(chosen.folder)
    for path in export(folder, folder.chosen(chosen.assignments), chosen.formgrader):
        print(path)
    return 0
