"""The rows of `make bench`, the table in data/measured/ that keeps them, and the page that shows it."""

from __future__ import annotations

import datetime
import importlib.metadata
import itertools
import operator
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from classroom.course import ROOT
from classroom.measure import store

NAME, COMMAND = "bench", "make bench"
PAGE = ROOT / "docs/benchmarks.md"
COLUMNS = ("part", "what", "unit", "ours", "beside", "theirs", "ratio", "budget", "date")
PROTOCOL = [
    "ours: the course's figure; beside, theirs: another library's or program's, in the same run; ratio: above 1, the "
    "course is faster (of times, theirs over ours; of speeds, ours over theirs); budget: of ours, or of the ratio",
]
BUDGET = re.compile(r"(ratio )?([<>]=) (\S+)")
HOLDS = {"<=": operator.le, ">=": operator.ge}
IN_WORDS = {"<=": "at most", ">=": "at least"}
INTRODUCTION = """\
# Benchmarks

`make bench` writes this page and the table behind it, `data/measured/bench.csv`; `python -m benchmarks --only search`
measures one part again and keeps the others. Seconds and speeds are those of one machine: read the ratios, each of one
run. Above 1 the course is faster. A row with a budget says whether it was met.
"""


@dataclass(frozen=True)
class Row:
    """One figure: the course's, and where there is one, another library's in the same run."""

    part: str  # the module that measured it
    what: str
    unit: str
    ours: float
    beside: str = ""
    theirs: float | None = None
    ratio: float | None = None  # above 1, the course is faster
    budget: str = ""  # "<= 20" or ">= 0.995" of ours, "ratio >= 8" of the ratio
    date: str = ""  # of the day it was measured, filled in when it is stored

    def __post_init__(self) -> None:
        if self.budget and not BUDGET.fullmatch(self.budget):
            raise ValueError(f"Row: the budget is {self.budget!r}; wanted something like '<= 20' or 'ratio >= 8'.")
        if self.budget.startswith("ratio") and self.ratio is None:
            raise ValueError(f"Row: the budget of {self.what!r} is one of the ratio, and there is no ratio.")

    @property
    def within(self) -> bool | None:
        """Whether the budget is met; None without one."""
        if not self.budget:
            return None
        of_ratio, sign, bound = BUDGET.fullmatch(self.budget).groups()
        return HOLDS[sign](self.ratio if of_ratio else self.ours, float(bound))


def time_row(part: str, what: str, unit: str, ours: float, beside: str, theirs: float, budget: str = "") -> Row:
    """A row of two times; the ratio is theirs over ours."""
    return Row(part, what, unit, ours, beside, theirs, theirs / ours, budget)


def speed_row(part: str, what: str, unit: str, ours: float, beside: str, theirs: float, budget: str = "") -> Row:
    """A row of two speeds; the ratio is ours over theirs."""
    return Row(part, what, unit, ours, beside, theirs, ours / theirs, budget)


# ---- the machine -----------------------------------------------------------------------------------------------


def processor() -> str:
    """The processor's model as its maker calls it, or at least its kind."""
    listed = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", listed.read_text(), re.MULTILINE) if listed.is_file() else None
    return found[1].strip() if found else platform.processor() or platform.machine()


def account(libraries: Sequence[str]) -> str:
    """When, on what machine and with which versions a part is measured; to be asked before it begins."""
    versions = ", ".join(f"{library} {importlib.metadata.version(library)}" for library in libraries)
    return (
        f"{datetime.date.today()}, load {psutil.getloadavg()[0]:.1f} at the start; {psutil.cpu_count()} cores "
        f"({processor()}), {psutil.virtual_memory().total / 2**30:.1f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, {versions}"
    )


# ---- the table and the page ------------------------------------------------------------------------------------


def write(rows: Iterable[Row], accounts: Mapping[str, str]) -> None:
    """Store the rows, with the account of each part, and write the page."""
    kept = list(rows)
    protocol = PROTOCOL + [f"{part}: {text}" for part, text in accounts.items()]
    store.write_table(NAME, COMMAND, protocol, COLUMNS, [[getattr(row, c) for c in COLUMNS] for row in kept])
    PAGE.write_text(page(*stored()), encoding="utf-8")


def stored() -> tuple[list[Row], dict[str, str]]:
    """The rows that are stored, and the account of each part."""
    rows = []
    for entries in store.stored_rows(NAME):
        named = dict(zip(COLUMNS, entries, strict=True))
        numbers = {key: float(named[key]) if named[key] else None for key in ("ours", "theirs", "ratio")}
        rows.append(Row(**named | numbers))
    parts = dict.fromkeys(row.part for row in rows)
    lines = [line.removeprefix("# ").rstrip("\n") for line in _header()]
    return rows, {
        part: line.removeprefix(f"{part}: ") for part in parts for line in lines if line.startswith(f"{part}: ")
    }


def _header() -> list[str]:
    path = store.MEASURED / f"{NAME}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return [line for line in file if line.startswith("#")]


def page(rows: Sequence[Row], accounts: Mapping[str, str]) -> str:
    """The table as Markdown; figures of one thing in different units share a line."""
    lines = [INTRODUCTION, "| part | what | this course | beside it | ratio | budget | met |", "|" + " --- |" * 7]
    for (part, what, beside), group in itertools.groupby(rows, key=lambda row: (row.part, row.what, row.beside)):
        same = list(group)
        ours = "; ".join(f"{_number(row.ours)} {row.unit}" for row in same)
        theirs = "; ".join(f"{_number(row.theirs)} {row.unit}" for row in same if row.theirs is not None)
        ratios = "; ".join(f"{_number(row.ratio)}" for row in same if row.ratio is not None)
        budgets = "; ".join(_in_words(row) for row in same if row.budget)
        verdicts = [row.within for row in same if row.budget]
        met = "" if not verdicts else "yes" if all(verdicts) else "**no**"
        cells = [part, what, ours, f"{beside}: {theirs}" if theirs else beside, ratios, budgets, met]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "How each part was measured:", ""]
    lines += [f"- **{part}**: {text}" for part, text in accounts.items()]
    return "\n".join(lines) + "\n"


def _in_words(row: Row) -> str:
    of_ratio, sign, bound = BUDGET.fullmatch(row.budget).groups()
    return f"{IN_WORDS[sign]} {bound}{' times' if of_ratio else f' {row.unit}'}"


def _number(value: float) -> str:
    """Three digits that count; a small whole number as it is."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def show(rows: Iterable[Row]) -> None:
    """Print rows, a line each."""
    for row in rows:
        line = f"  {row.what}: {_number(row.ours)} {row.unit}"
        if row.theirs is not None:
            line += f"; {row.beside}: {_number(row.theirs)} {row.unit}"
        if row.ratio is not None:
            line += f"; ratio {_number(row.ratio)}"
        if row.budget:
            line += f" ({_in_words(row)}: {'met' if row.within else 'not met'})"
        print(line, flush=True)
