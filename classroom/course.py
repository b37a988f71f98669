"""The map of the course: its sixteen lessons, and where things lie. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "work"


class CourseError(Exception):
    """Something the user can mend; its text is one or two plain sentences, shown without a traceback."""


@dataclass(frozen=True)
class Lesson:
    """One lesson with its exercise of the same name."""

    number: str  # "01"
    slug: str  # "faces_as_vectors"
    title: str
    question: str

    @property
    def name(self) -> str:
        return f"{self.number}_{self.slug}"

    @property
    def heading(self) -> str:
        """How its first line begins."""
        return f"{self.number} · {self.title}"

    @property
    def manuscripts(self) -> tuple[Path, Path]:
        """The lesson's and the exercise's source text, which an author edits."""
        return ROOT / "manuscript/lessons" / f"{self.name}.py", ROOT / "manuscript/exercises" / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        """The executed lesson."""
        return ROOT / "lessons" / f"{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        """nbgrader's source notebook."""
        return ROOT / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def exercise(self) -> Path:
        """nbgrader's release notebook."""
        return ROOT / "exercises" / self.name / f"{self.name}.ipynb"

    @property
    def work(self) -> Path:
        """The learner's own copy of the exercise."""
        return WORK / f"{self.name}.ipynb"

    @property
    def is_there(self) -> bool:
        return self.notebook.is_file() and self.exercise.is_file()


@dataclass(frozen=True)
class Page:
    """A notebook in docs/ that may hold a self-test, and has no exercise."""

    name: str
    heading: str

    @property
    def manuscript(self) -> Path:
        return ROOT / "manuscript" / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        """The executed page, with stubs in place of the self-test's answers."""
        return ROOT / "docs" / f"{self.name}.ipynb"


PREREQUISITES = Page("prerequisites", "Before lesson 01")

LESSONS = [
    Lesson(number, slug, title, question)
    for number, slug, title, question in [
        ("01", "faces_as_vectors", "Faces as vectors", "Can we recognise a face by comparing pixels?"),
        ("02", "eigenfaces", "Eigenfaces", "How few numbers describe a face?"),
        ("03", "recognising_in_face_space", "Recognising in face space", "How well does that recognise people?"),
        ("04", "haar_features_and_boosting", "Haar features and boosting", "What makes a patch of light a face?"),
        ("05", "cascade_detector", "A cascade that finds faces", "Where in the picture is a face?"),
        ("06", "convolution_and_backprop", "Convolution and backpropagation", "Can features be learned?"),
        ("07", "cnn_detector", "A CNN that scans", "What changed about 2015?"),
        ("08", "metric_learning", "Metric learning", "How does one network serve people it has never seen?"),
        ("09", "embeddings_and_verification", "Embeddings and verification", "Are these two the same person?"),
        ("10", "identification_and_watchlists", "Identification and watchlists", "Who is this, if anyone we know?"),
        ("11", "a_nation_in_seconds", "A nation in seconds", "Can one search 1.3 billion people?"),
        ("12", "cameras", "Cameras", "What does a network of cameras see in an hour?"),
        ("13", "measuring_accuracy", "Measuring accuracy", "How much can these numbers bear?"),
        ("14", "bias", "Bias", "Who pays for the errors?"),
        ("15", "privacy_and_security", "Privacy and security", "What leaks, and what can be revoked?"),
        ("16", "ethics_and_law", "Ethics and law", "Should it be built, and under which rules?"),
    ]
]


def find(number: str) -> Lesson:
    """The lesson that "1", "01" or "01_faces_as_vectors" names."""
    wanted = number.split("_")[0].zfill(2)
    for lesson in LESSONS:
        if lesson.number == wanted:
            return lesson
    raise CourseError(f"There is no lesson '{number}'. Lessons are numbered 01 to {LESSONS[-1].number}.")
