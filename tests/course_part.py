"""Which part of the course a run of the tests takes through the browser.

The whole takes half an hour. So a run takes one part of sixteen, another one every day: a lesson, and the exercise of
the lesson that lies eight further on (the dear ones, 05 and 08, come on different days so). COURSE_PART=3/16 chooses;
COURSE_PART=1/1 is all of it.
"""

from __future__ import annotations

import datetime

from classroom.course import LESSONS

PARTS = 16
NUMBERS = [lesson.number for lesson in LESSONS]
STATIONS = [("lesson", n) for n in NUMBERS] + [("exercise", n) for n in NUMBERS[8:] + NUMBERS[:8]]


def of_the_day(day: datetime.date) -> str:
    """The part that is due on a day; after sixteen days each one was."""
    return f"{day.toordinal() % PARTS + 1}/{PARTS}"


def stations(part: str) -> list[tuple[str, str]]:
    """The lessons and exercises of a part "k/n": every nth, beginning with the kth.

    Raises: ValueError if part is not such a text, or k not from 1 to n.
    """
    k, _, n = part.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise ValueError(f"COURSE_PART is {part!r}; wanted k/n with k from 1 to n, such as 3/{PARTS}, or 1/1 for all.")
    return STATIONS[int(k) - 1 :: int(n)]
