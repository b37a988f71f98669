"""The learner's own copies of the exercises in work/, and the record of what they reached. Standard library only.

A copy is never overwritten. Beside it, work/.released/ keeps the exercise as it was handed out, so that a later release
can tell what the learner wrote from what the course wrote.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from classroom import course
from classroom.course import CourseError, Lesson


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        raise CourseError(
            f"{path} could not be written ({problem.strerror}). What was there is unchanged; "
            "make room, or make the folder writable, and run this again."
        ) from problem


def read_notebook(path: Path) -> dict | None:
    """The notebook as plain data; None if the file is not a notebook (damaged, or empty)."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError):
        return None
    whole = isinstance(notebook, dict) and isinstance(notebook.get("cells"), list)
    return notebook if whole and all(isinstance(cell, dict) for cell in notebook["cells"]) else None


def _write_notebook(path: Path, notebook: dict) -> None:
    write_atomically(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def _built_from(notebook: dict) -> str | None:
    return notebook.get("metadata", {}).get("course", {}).get("built_from")


def _released(lesson: Lesson) -> Path:
    return course.WORK / ".released" / f"{lesson.name}.ipynb"


def exercises() -> list[Lesson]:
    """The lessons whose exercise exists."""
    return [lesson for lesson in course.LESSONS if lesson.exercise.is_file()]


def status(lesson: Lesson) -> str:
    """ "missing", "damaged", "changed" (the exercise has changed since it was handed out) or "current"."""
    if not lesson.work.exists():
        return "missing"
    copy = read_notebook(lesson.work)
    if copy is None:
        return "damaged"
    return "current" if _built_from(copy) == _built_from(_release(lesson)) else "changed"


def _release(lesson: Lesson) -> dict:
    release = read_notebook(lesson.exercise) if lesson.exercise.is_file() else None
    if release is None:
        raise CourseError(
            f"Exercise {lesson.number} is not in {lesson.exercise.relative_to(course.ROOT)}, or not whole. "
            "If the lesson exists already, `git checkout exercises` brings it back."
        )
    return release


def hand_out(lesson: Lesson) -> None:
    """Put a fresh copy of the exercise into work/."""
    text = lesson.exercise.read_text(encoding="utf-8")
    write_atomically(_released(lesson), text)
    write_atomically(lesson.work, text)


def keep_old(lesson: Lesson) -> Path:
    """Copy the learner's notebook to work/old/ under the time of day; returns where."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = course.WORK / "old"
    kept, count = folder / f"{lesson.name}-{stamp}.ipynb", 1
    while kept.exists():
        count += 1
        kept = folder / f"{lesson.name}-{stamp}-{count}.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_suffix(".new")
    temporary.write_bytes(lesson.work.read_bytes())
    os.replace(temporary, kept)
    return kept


# ---- carrying answers over -------------------------------------------------------------------------------------


def _nbgrader(cell: dict) -> dict:
    return cell.get("metadata", {}).get("nbgrader", {})


def _answers(notebook: dict) -> dict[str, dict]:
    """The answer cells by grade id."""
    return {_nbgrader(cell)["grade_id"]: cell for cell in notebook["cells"] if _nbgrader(cell).get("solution")}


def _text(cell: dict) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _key(cell: dict) -> str:
    """What a cell is known by in every version of a notebook: its grade id, else its text."""
    return _nbgrader(cell).get("grade_id") or _text(cell).strip()


def started(lesson: Lesson) -> bool:
    """Whether the learner's copy holds anything in an answer cell that was not handed out."""
    if not lesson.work.exists():
        return False
    mine = read_notebook(lesson.work)
    base = read_notebook(_released(lesson)) if _released(lesson).exists() else None
    if mine is None or base is None:
        return True
    stubs = {grade_id: _text(cell) for grade_id, cell in _answers(base).items()}
    return any(_text(cell) != stubs.get(grade_id) for grade_id, cell in _answers(mine).items())


@dataclass(frozen=True)
class Carried:
    """What a new release took over from the learner's notebook."""

    notebook: dict
    answers: list[str]  # grade ids that now hold the learner's text
    left: list[str]  # grade ids with the learner's text for which the release has no answer cell
    added: int  # cells of the learner's own


def carry_over(mine: dict, release: dict, base: dict | None) -> Carried:
    """The release with the learner's answers and own cells in it.

    mine: the learner's notebook; base: the release that it was made from, if known. An answer cell that still holds
    the base's stub is left to the release. A cell of the learner's own has no nbgrader metadata and a text that
    neither base nor release has; it comes after the nearest cell before it that the release still has.
    """
    notebook = json.loads(json.dumps(release))
    places, stubs = _answers(notebook), _answers(base) if base else {}
    answers, left = [], []
    for grade_id, cell in _answers(mine).items():
        if not _text(cell).strip() or (grade_id in stubs and _text(cell) == _text(stubs[grade_id])):
            continue
        if grade_id in places:
            places[grade_id]["source"] = cell.get("source", "")
            answers.append(grade_id)
        else:
            left.append(grade_id)

    handed_out = {_text(cell).strip() for source in (base, release) if source for cell in source["cells"]}
    cells = notebook["cells"]
    position = {_key(cell): cell for cell in cells}
    taken = {cell.get("id") for cell in cells}
    added, before = 0, None
    for cell in mine["cells"]:
        own = not _nbgrader(cell) and _text(cell).strip() and _text(cell).strip() not in handed_out
        if own:
            extra = json.loads(json.dumps(cell))
            if extra.get("id") in taken:
                extra["id"] = f"own-{added}-{extra['id']}"[:64]
            after = next((index for index, place in enumerate(cells) if place is before), -1)
            cells.insert(after + 1, extra)
            taken.add(extra.get("id"))
            added, before = added + 1, extra
        else:
            before = position.get(_key(cell), before)
    return Carried(notebook, answers, left, added)


def renew(lesson: Lesson, keep_answers: bool) -> tuple[Path | None, Carried | None]:
    """Replace the learner's copy by the current release; returns where the old one is kept, and what was carried."""
    release = _release(lesson)
    if not lesson.work.exists():
        hand_out(lesson)
        return None, None
    mine = read_notebook(lesson.work)
    if keep_answers and mine is None:
        raise CourseError(
            f"{lesson.work.relative_to(course.ROOT)} is damaged (not a notebook any more), so no answers can be "
            f"carried over. `course reset {lesson.number}` gives a fresh copy and keeps the damaged one in work/old/."
        )
    base = read_notebook(_released(lesson)) if _released(lesson).exists() else None
    kept = keep_old(lesson)
    if not keep_answers:
        hand_out(lesson)
        return kept, None
    carried = carry_over(mine, release, base)
    write_atomically(_released(lesson), lesson.exercise.read_text(encoding="utf-8"))
    _write_notebook(lesson.work, carried.notebook)
    return kept, carried


# ---- results ---------------------------------------------------------------------------------------------------


def _results() -> Path:
    return course.WORK / ".progress.json"


def read_results() -> dict[str, dict]:
    """The last check of each lesson by its number: {"points", "max_points", "when"}; `when` is local ISO time.

    A damaged file is set aside beside itself, and the record starts anew.
    """
    path = _results()
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(number): {
                "points": float(result["points"]),
                "max_points": float(result["max_points"]),
                "when": str(result["when"]),
            }
            for number, result in results.items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError):
        os.replace(path, path.with_name(".progress.damaged.json"))
        return {}


def record_result(lesson: Lesson, points: float, max_points: float) -> None:
    """Note the result of a check of the learner's own copy, for `course progress` and the welcome page."""
    results = read_results()
    when = time.strftime("%Y-%m-%dT%H:%M")
    results[lesson.number] = {"points": points, "max_points": max_points, "when": when}
    write_atomically(_results(), json.dumps(results, indent=1, sort_keys=True) + "\n")
