"""What became of every submission, one small file each: the batch goes on from it, and the report is made of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.cohort.folder import ClassFolder
from classroom.work import write_atomically

if TYPE_CHECKING:  # running answers needs Linux, reading what became of them doesn't
    from classroom.cohort.execute import Outcome


def digest(*parts: bytes | str) -> str:
    """One hash of several texts."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def entry(folder: ClassFolder, student: str, assignment: str) -> dict | None:
    """The ledger's entry for a submission, or None if there is none that can be read."""
    try:
        content = json.loads(folder.ledger_entry(student, assignment).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def entries(folder: ClassFolder, assignment: str) -> Iterator[dict]:
    """All entries for an assignment, by student."""
    for path in sorted((folder.ledger / assignment).glob("*.json")):
        if (found := entry(folder, path.stem, assignment)) is not None:
            yield found


def record(folder: ClassFolder, outcome: Outcome, submission: str, release: str) -> dict:
    """Write an entry, whole or not at all, and return it.

    submission, release: digests of what was handed in and of what it was graded by.
    """
    auto = [task for task in outcome.tasks if task.kind == "auto"]
    content = {
        "student": outcome.student,
        "assignment": outcome.assignment,
        "submission": submission,
        "release": release,
        "state": "graded with a reason" if outcome.reasons else "graded",
        "reasons": [{"code": code, "text": text} for code, text in outcome.reasons],
        "tasks": [{key: value for key, value in asdict(task).items() if key in TASK} for task in outcome.tasks],
        "points": sum(task.points or 0 for task in auto),
        "max_points": sum(task.max_points for task in auto),
        "seconds": outcome.seconds,
        "memory": outcome.memory,
        "graded": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": outcome.sources,
    }
    path = folder.ledger_entry(outcome.student, outcome.assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(Path(path), json.dumps(content, indent=1) + "\n")
    return content


TASK = ("id", "kind", "points", "max_points", "hint")
