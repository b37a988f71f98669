"""Write a measured table with its own account of how it was made, and find data outside the project."""

from __future__ import annotations

import csv
import datetime
import importlib.metadata
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from classroom.course import ROOT, CourseError

MEASURED = ROOT / "data" / "measured"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "opencv-python")


def write_table(name: str, command: str, protocol: Sequence[str], columns: Sequence[str], rows: Iterable) -> Path:
    """Write data/measured/NAME.csv and return its path.

    Parameters: name without .csv; command, what was run, such as "course measure lfw"; protocol, lines of text; columns
    and rows of the table. A float is written with six significant digits; None is an empty entry.
    The lines that start with # say command, date, versions and protocol; facelab.results skips them.
    """
    path = MEASURED / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}\n" for line in provenance(command, protocol))
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows([f"{entry:.6g}" if isinstance(entry, float) else entry for entry in row] for row in rows)
    print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}: written")
    return path


def provenance(command: str, protocol: Sequence[str]) -> list[str]:
    """How a measurement came about, a line each: the command, date and versions, and the protocol's own lines."""
    versions = ", ".join(f"{library} {importlib.metadata.version(library)}" for library in LIBRARIES)
    return [command, f"{datetime.date.today()}, Python {platform.python_version()}, {versions}", *protocol]


def stored_rows(name: str) -> list[list[str]]:
    """The rows of data/measured/NAME.csv, each entry as it is written there; none if there is no such table."""
    path = MEASURED / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(line for line in file if not line.startswith("#")))[1:]


def outside(folder: Path | None, file: str, what: str) -> Path:
    """The path of a file in the folder of data that don't belong to the project; CourseError if it isn't there."""
    if folder is None:
        raise CourseError(f"{what} lies outside the project. Say where with --data DIR or FACELAB_OUTSIDE.")
    path = Path(folder) / file
    if not path.is_file():
        raise CourseError(f"{what} was looked for in {path}, and there is no such file.")
    return path
