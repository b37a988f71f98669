"""`course class release`: nbgrader makes what is handed out from the class's own copy of the solutions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from classroom.cohort.folder import ClassFolder
from classroom.course import CourseError


def release(folder: ClassFolder, assignments: Iterable[str]) -> list[Path]:
    """Make the release notebooks and note the tasks in the gradebook; returns the notebooks to hand out.

    Raises: CourseError with nbgrader's own words where it fails.
    """
    folder.add_new_students()
    api = folder.api()
    made = []
    for assignment in assignments:
        outcome = api.generate_assignment(assignment)
        if not outcome["success"]:
            told = (outcome.get("error") or outcome.get("log") or "").strip().splitlines()[-3:]
            raise CourseError(f"nbgrader could not release {assignment}: {' '.join(told)}")
        made.append(folder.release_notebook(assignment))
    return made
