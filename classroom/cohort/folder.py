"""The folder of a class: nbgrader's course folder, with a roster, a private seed and a ledger of its own."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from classroom import course
from classroom.cohort.people import Student, read_roster, write_roster
from classroom.course import CourseError, Lesson

if TYPE_CHECKING:
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

MARK = "class.toml"
FORMAT = 1
CONFIG = '''"""nbgrader's settings for this class: those of the course, in this folder. Add your own below."""

import os
from pathlib import Path

from classroom.cohort.folder import configure, read_seed

HERE = Path(__file__).resolve().parent
c = get_config()  # noqa: F821  (nbgrader defines it)
configure(c, HERE)
os.environ["COURSE_SEED"] = str(read_seed(HERE))  # plain nbgrader gives the marks that `course class grade` gives
'''


def configure(c: Config, root: Path) -> None:
    """Fill in nbgrader's settings for a class folder: the course's own, then where this folder keeps what."""
    from traitlets.config import PyFileConfigLoader

    c.merge(PyFileConfigLoader("nbgrader_config.py", path=str(course.ROOT)).load_config())
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.db_url = database_url(root)
    c.CourseDirectory.source_directory = "source"
    c.CourseDirectory.release_directory = "release"
    # What a class knows beyond nbgrader, such as why a submission lost points, goes onto the feedback page as well.
    from classroom.cohort.feedback import TellReasons

    steps = c.GenerateFeedback.preprocessors
    c.GenerateFeedback.preprocessors = [*steps[:-1], TellReasons, steps[-1]]


def database_url(root: Path) -> str:
    """The gradebook's address; a writer waits a minute for another one, such as formgrader, to finish."""
    return f"sqlite:///{root / 'gradebook.db'}?timeout=60"


def read_seed(root: Path) -> int:
    """The class's private seed."""
    try:
        return int((root / "seed").read_text(encoding="ascii"))
    except (OSError, ValueError):
        raise CourseError(
            f"{root / 'seed'} is missing or holds no whole number. Without it the hidden checks of this class can't be "
            "run as before: bring it back from a backup."
        ) from None


@dataclass(frozen=True)
class ClassFolder:
    """A class folder and where it keeps what. Raises CourseError where something in it can't be read."""

    root: Path

    @classmethod
    def open(cls, path: Path | str = ".") -> ClassFolder:
        """The class folder at a path. Raises: CourseError if it isn't one, or is of another version."""
        folder = cls(Path(path).expanduser().resolve())
        if not (folder.root / MARK).is_file():
            raise CourseError(
                f"{folder.root} is no class folder (it has no {MARK}). Go into the class folder or name it with "
                "`--class DIR`; `course class new DIR --roster FILE` makes one."
            )
        if folder._about.get("format") != FORMAT:
            raise CourseError(f"{folder.root / MARK} is of a version that this course doesn't know.")
        return folder

    @functools.cached_property
    def _about(self) -> dict:
        try:
            return tomllib.loads((self.root / MARK).read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise CourseError(f"{self.root / MARK} cannot be read: {problem}") from None

    source = property(lambda self: self.root / "source")
    release = property(lambda self: self.root / "release")
    submitted = property(lambda self: self.root / "submitted")
    earlier = property(lambda self: self.root / "submitted-earlier")
    unmatched = property(lambda self: self.root / "submitted-unmatched")
    autograded = property(lambda self: self.root / "autograded")
    feedback = property(lambda self: self.root / "feedback")
    ledger = property(lambda self: self.root / "ledger")
    collected = property(lambda self: self.root / "collected.json")
    database = property(lambda self: self.root / "gradebook.db")
    db_url = property(lambda self: database_url(self.root))

    def source_notebook(self, assignment: str) -> Path:
        return self.source / assignment / f"{assignment}.ipynb"

    def release_notebook(self, assignment: str) -> Path:
        return self.release / assignment / f"{assignment}.ipynb"

    def submitted_notebook(self, student: str, assignment: str) -> Path:
        return self.submitted / student / assignment / f"{assignment}.ipynb"

    def autograded_notebook(self, student: str, assignment: str) -> Path:
        return self.autograded / student / assignment / f"{assignment}.ipynb"

    def feedback_page(self, student: str, assignment: str) -> Path:
        return self.feedback / student / assignment / f"{assignment}.html"

    def ledger_entry(self, student: str, assignment: str) -> Path:
        return self.ledger / assignment / f"{student}.json"

    @property
    def assignments(self) -> list[str]:
        """The names of this class's assignments, such as "01_faces_as_vectors"."""
        return sorted(self._about.get("assignments", {}))

    def chosen(self, numbers: Sequence[str]) -> list[str]:
        """The assignments that "1", "01" or whole names mean; all of them if none is named."""
        names = [course.find(number).name for number in numbers]
        for name in names:
            if name not in self.assignments:
                raise CourseError(f"{name} is none of this class's assignments ({', '.join(self.assignments)}).")
        return list(dict.fromkeys(names)) or self.assignments

    @property
    def seed(self) -> int:
        """COURSE_SEED of this class's hidden checks."""
        return read_seed(self.root)

    @functools.cached_property
    def roster(self) -> list[Student]:
        """The learners, read anew in every process: add a line to roster.csv for one who joins later."""
        return read_roster(self.root / "roster.csv")

    def config(self) -> Config:
        """nbgrader's settings as this folder's nbgrader_config.py states them: a copy of its own for each caller."""
        return copy.deepcopy(self._config)

    @functools.cached_property
    def _config(self) -> Config:
        from traitlets.config import PyFileConfigLoader

        seed = os.environ.get("COURSE_SEED")
        try:
            config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        finally:  # the file sets it for nbgrader's own programs; this process may serve something else
            os.environ.pop("COURSE_SEED", None)
            if seed is not None:
                os.environ["COURSE_SEED"] = seed
        config.Application.log_level = "ERROR"
        return config

    def api(self) -> NbGraderAPI:
        """nbgrader itself, in this process."""
        from nbgrader.apps import NbGraderAPI

        return NbGraderAPI(config=self.config())

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook, closed at the end."""
        from nbgrader.api import Gradebook

        with Gradebook(self.db_url, self._config.CourseDirectory.course_id) as gradebook:
            yield gradebook

    def add_new_students(self) -> None:
        """Put those of the roster into the gradebook who aren't there yet."""
        with self.gradebook() as gradebook:
            there = {student.id for student in gradebook.students}
            for student in self.roster:
                if student.id not in there:
                    gradebook.add_student(
                        student.id,
                        first_name=student.first_name,
                        last_name=student.last_name,
                        email=student.email,
                        lms_user_id=student.lms_user_id or None,
                    )


# ---- making one ------------------------------------------------------------------------------------------------


def parse_due(text: str) -> tuple[str, datetime]:
    """("01", moment in UTC) of "01=2026-12-01T23:59", which is this machine's local time unless it says otherwise."""
    number, _, when = text.partition("=")
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        raise CourseError(f"--due {text}: write it as in 01=2026-12-01T23:59.") from None
    return number, moment.astimezone(UTC)


def new(target: Path, roster: Path, numbers: Sequence[str] = (), due: Sequence[str] = ()) -> ClassFolder:
    """Make a class folder, whole or not at all.

    Raises: CourseError if the target lies in the repository or holds something, if the roster can't be used, or if an
    exercise isn't there.
    """
    root = Path(target).expanduser().resolve()
    _refuse_bad_place(root)
    students = read_roster(roster)
    lessons = [course.find(n) for n in numbers] or [lesson for lesson in course.LESSONS if lesson.solution.is_file()]
    for lesson in lessons:
        if not lesson.solution.is_file():
            raise CourseError(f"Exercise {lesson.name} is not there yet.")
    dates = {course.find(number).name: moment for number, moment in map(parse_due, due)}
    for name in dates:
        if name not in {lesson.name for lesson in lessons}:
            raise CourseError(f"--due names {name}, which is none of the assignments chosen.")
    root.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))  # mode 0700: it will hold people's work
    try:
        _fill(making, students, sorted(set(lessons), key=lambda lesson: lesson.number), dates)
        if root.exists():
            root.rmdir()
        making.rename(root)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return ClassFolder.open(root)


def _refuse_bad_place(root: Path) -> None:
    if root.is_relative_to(course.ROOT):
        raise CourseError(
            f"{root} lies in the course's own folder. A class holds people's work and a secret: choose a folder "
            "outside, one that isn't published."
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CourseError(f"{root} is there already and not empty. Choose a new folder.")
    if re.search(r"[{}?#%*\[\]]", str(root)):  # nbgrader takes them for patterns, or parts of an address
        raise CourseError(f"{root}: nbgrader can't work in a path with one of the characters {{ }} ? # % * [ ].")


def _fill(root: Path, students: Sequence[Student], lessons: Sequence[Lesson], dates: dict[str, datetime]) -> None:
    with os.fdopen(os.open(root / "seed", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.randbits(62)}\n")
    write_roster(root / "roster.csv", students)
    (root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    for lesson in lessons:
        place = root / "source" / lesson.name / lesson.solution.name
        place.parent.mkdir(parents=True)
        shutil.copyfile(lesson.solution, place)
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    about = [f"format = {FORMAT}", f"made = {made}"]
    for lesson in lessons:
        digest = hashlib.sha256(lesson.solution.read_bytes()).hexdigest()
        about += ["", f"[assignments.{lesson.name}]", f'source = "{digest}"']
    (root / MARK).write_text("\n".join(about) + "\n", encoding="utf-8")
    folder = ClassFolder(root)
    folder.add_new_students()
    with folder.gradebook() as gradebook:
        for lesson in lessons:
            when = dates.get(lesson.name)
            gradebook.update_or_create_assignment(lesson.name, duedate=when.replace(tzinfo=None) if when else None)
