"""Measure the course's speed and memory beside other libraries and beside its budgets, into one table and its page.

    python -m benchmarks [--only PART ...]

Takes about twenty minutes of an idle machine with two cores. Each part is stored as soon as it is measured; with
--only, the other parts' rows stay as they are.
"""

from __future__ import annotations

import argparse
import datetime
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks import detection, eigenfaces, grading, notebooks, search, table

PARTS = {module.PART: module for module in (eigenfaces, detection, search, grading, notebooks)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all parts, or some, and say which budgets are not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args(arguments)
    for name in chosen.only:
        began, account = time.monotonic(), table.account(PARTS[name].LIBRARIES)
        print(f"{name}: {account}", flush=True)
        today = datetime.date.today().isoformat()
        measured = [replace(row, date=today) for row in PARTS[name].measure()]
        rows, accounts = table.stored()
        rows = [row for row in rows if row.part != name] + measured
        accounts[name] = account
        table.write(
            sorted(rows, key=lambda row: list(PARTS).index(row.part)),
            {part: accounts[part] for part in PARTS if part in accounts},
        )
        print(f"{name}: {(time.monotonic() - began) / 60:.1f} minutes\n", flush=True)
    missed = [row for row in table.stored()[0] if row.within is False]
    if missed:
        print("Not within their budgets:")
        table.show(missed)


if __name__ == "__main__":
    main()
