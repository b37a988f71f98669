"""What a notebook may take on two cores. A machine may be busy: costs are printed beside budgets, and nothing fails."""

from __future__ import annotations

from classroom.course import LESSONS, PREREQUISITES

MEGABYTES = 2000  # the most memory of a notebook's kernel, in millions of bytes
WHOLE_COURSE = 13 * 60  # seconds of all lessons and solutions, one after another
_OTHERS = {"lesson": 20, "solution": 10}
SECONDS: dict[str, dict[str, int]] = {kind: {x.number: most for x in LESSONS} for kind, most in _OTHERS.items()}
SECONDS["lesson"] |= {"04": 40, "05": 90, "06": 40, "07": 40, "08": 90, "11": 40, "12": 40}
SECONDS["solution"] |= {"05": 30, "06": 30, "08": 30}
SECONDS["page"] = {PREREQUISITES.name: 10}
