"""Pictures that explain at a glance: each lesson's, at its top, and the map of the course.

`manuscript/pictures/NAME.py` defines `draw()`, which returns a matplotlib figure and uses nothing but facelab, the
stored tables and matplotlib. The PNG holds the fingerprint of what it was drawn from, as the notebooks do.
"""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot
from PIL import Image
from threadpoolctl import threadpool_limits

from classroom.course import ROOT, CourseError, Lesson
from classroom.notebooks import fingerprint
from facelab.notebook import png

MAP = "map"
BYTES, BYTES_OF_THE_MAP = 120_000, 200_000
BUILT_FROM = "built_from"


def source_of(name: str) -> Path:
    """The manuscript of a lesson's picture ("01_faces_as_vectors") or of the map."""
    return ROOT / "manuscript/pictures" / f"{name}.py"


def target_of(name: str) -> Path:
    """Where the picture is built."""
    return ROOT / "docs/map.png" if name == MAP else ROOT / "lessons/pictures" / f"{name}.png"


def link_of(lesson: Lesson) -> str:
    """The picture's address as the lesson's text writes it."""
    return target_of(lesson.name).relative_to(lesson.notebook.parent).as_posix()


def build(name: str) -> bool:
    """Draw a picture; says whether its file changed.

    Raises: CourseError if its manuscript is missing, fails or warns.
    """
    source, target = source_of(name), target_of(name)
    if not source.is_file():
        raise CourseError(f"There is no manuscript {source.relative_to(ROOT)}.")
    mpl.use("agg")
    try:
        with mpl.rc_context(), warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("error", UserWarning)  # matplotlib's, of a layout or a letter that it lacks
            mpl.rcdefaults()
            drawn = png(runpy.run_path(str(source))["draw"](), **{BUILT_FROM: fingerprint(source)})
    except Exception as problem:
        raise CourseError(f"{source.relative_to(ROOT)}: {type(problem).__name__}: {problem}") from problem
    finally:
        pyplot.close("all")
    if target.is_file() and target.read_bytes() == drawn:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(drawn)
    return True


def problem_of(name: str) -> str:
    """What is wrong with a built picture: missing, stale or too large; nothing if it is as it should be."""
    source, target = source_of(name), target_of(name)
    short = target.relative_to(ROOT).as_posix()
    if not source.is_file():
        return f"{source.relative_to(ROOT).as_posix()}: missing"
    if not target.is_file():
        return f"{short}: not built yet; run `course build --pictures`"
    with Image.open(target) as picture:
        if picture.info.get(BUILT_FROM) != fingerprint(source):
            return f"{short}: stale (its manuscript, a module or a table changed); run `course build --pictures`"
    most = BYTES_OF_THE_MAP if name == MAP else BYTES
    if (size := target.stat().st_size) > most:
        return f"{short}: takes {size / 1000:.0f} kB; at most {most // 1000} kB"
    return ""
