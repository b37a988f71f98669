"""The `course` command, which is also `python -m classroom`. Standard library only until a command is chosen."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from classroom.course import CourseError

COMMANDS = {
    "install": ("classroom.environment", "make the environment in .venv and install the course into it"),
    "start": ("classroom.start", "fetch the first data, lay out your exercises and open JupyterLab"),
    "check": ("classroom.check", "grade your copy of an exercise and show points and hints"),
    "reset": ("classroom.reset", "put a fresh copy of an exercise into work/, keeping the old one"),
    "progress": ("classroom.progress", "show the whole course and what you have done of it"),
    "data": ("classroom.data", "list, fetch, verify, export or import the data sets and models"),
    "class": ("classroom.cohort", "run a class: release, collect, grade, feedback, export (for instructors)"),
    "doctor": ("classroom.doctor", "say what is wrong with this machine and how to mend it"),
    "figures": ("classroom.figures", "write the lessons' figures as files for slides, with captions and alt texts"),
    "measure": ("classroom.measure", "measure again what the lessons quote from stored tables (for authors)"),
    "build": ("classroom.build", "build notebooks from the manuscript, or check that they are fresh (for authors)"),
    "book": ("classroom.book", "render notebooks and guides into a site, without running anything (for authors)"),
}


def usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {purpose}" for name, (_, purpose) in COMMANDS.items()]
    return "usage: course COMMAND [OPTIONS]\n\n" + "\n".join(lines) + "\n\n`course COMMAND --help` says more."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit status. A CourseError is shown as its sentence, without a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"course: there is no command '{name}'.\n\n{usage()}", file=sys.stderr)
        return 2
    # nbgrader calls programs of this environment, such as alembic, by name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    try:
        status = importlib.import_module(COMMANDS[name][0]).main(rest) or 0
        sys.stdout.flush()
        return status
    except CourseError as problem:
        print(f"course {name}: {problem}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # what reads the output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
