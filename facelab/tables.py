"""Find and read the course's own small files, in a checkout and in an installed package alike."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def data_path(relative: str) -> Path:
    """Path of a file that ships with the course: relative, such as "assets.toml" or "measured/ladder.csv".

    Returns: the file in the checkout's data/ folder, or in the installed package's copy of it; the path is returned
    whether or not the file exists, so that the caller can say what it wanted.
    """
    package = Path(__file__).resolve().parent
    installed = package / "_data"
    return (installed if installed.is_dir() else package.parent / "data") / relative


def results(name: str) -> np.ndarray:
    """A stored table that `course measure` made, as a structured array: one field a column, one record a row.

    Parameters: name, such as "ladder" for data/measured/ladder.csv. Lines that start with # say how it was made.
    Returns: (rows,) structured array; whole numbers as int64, other numbers as float64 (an empty entry in a column of
    numbers is NaN), text as str.
    Raises: FileNotFoundError if no such table is stored, naming those that are.
    """
    return _read("results", data_path(f"measured/{name}.csv"))


def published(name: str) -> np.ndarray:
    """A table of figures that others published, each row with its source, as a structured array like that of results.

    Parameters: name, such as "case_study" for data/published/case_study.csv. Columns that every such table has: source,
    where the figure stands; read, the day on which that was looked at; status, "read" (in the source itself or its
    official page) or "reported" (in another's account of it).
    Raises: FileNotFoundError if there is no such table, naming those there are.
    """
    return _read("published", data_path(f"published/{name}.csv"))


def _read(asked: str, path: Path) -> np.ndarray:
    if not path.is_file():
        there = sorted(p.stem for p in path.parent.glob("*.csv"))
        raise FileNotFoundError(f"{asked}: no stored table '{path.stem}'. There are: {', '.join(there) or 'none yet'}.")
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(line for line in file if not line.startswith("#"))
    columns = [_as_array([row[i] for row in rows]) for i in range(len(header))]
    table = np.empty(len(rows), dtype=[(title, column.dtype) for title, column in zip(header, columns, strict=True)])
    for title, column in zip(header, columns, strict=True):
        table[title] = column
    return table


def _as_array(entries: list[str]) -> np.ndarray:
    for number in (int, float):
        try:
            return np.array([number(e) if e or number is int else np.nan for e in entries])
        except ValueError:
            continue
    return np.array(entries, dtype=np.str_)
