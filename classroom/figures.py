"""`course figures`: write the lessons' figures as PNG files for slides, with captions, alt texts and credits.

The figures are those of the committed notebooks; nothing is run. Beside them stand index.html, which shows them all and
opens from the folder, and figures.csv. The folder holds one export: the next one takes the earlier pictures away.
"""

from __future__ import annotations

import argparse
import base64
import csv
import html
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nbformat import NotebookNode
from PIL import Image

from classroom import lint, pictures
from classroom.course import LESSONS, WORK, CourseError, Lesson, find
from classroom.grading import read_notebook
from facelab.assets import asset
from facelab.notebook import DOTS_PER_INCH

FIGURE = re.compile(
    r'<figure\b[^>]*><img alt="(?P<alt>[^"]+)" src="data:image/\w+;base64,(?P<data>[^"]+)"[^>]*>'
    r"<figcaption>(?P<caption>.*?)</figcaption></figure>",
    re.DOTALL,
)
MONTAGES = r"^(?:from|import) facelab\b.*\b(?:montages|video)\b"  # ORL's people over photographs without people
FACES = {"orl": rf"load_orl\b|{MONTAGES}", "cbcl": "load_cbcl"}  # what code that shows a data set's faces holds
PROJECTOR = 1920  # pixels across
WORK_CREDIT = "How face recognition works, a course in notebooks (2026), CC BY 4.0"
TABLE = "figures.csv"
COLUMNS = ("file", "lesson", "section", "caption", "alt", "width", "height", "credit")


@dataclass(frozen=True)
class Figure:
    """One figure of a lesson."""

    lesson: Lesson
    number: int  # within the lesson; 0 is the picture at its top
    section: str  # the heading that it stands under
    caption: str
    alt: str
    stored: bytes  # PNG, or WebP: the position of a slider
    credit: str
    position: int = 0  # of a slider that stands after the figure of that number, from 1; 0 for the figure itself

    @property
    def file(self) -> str:
        """Its file's name: 01-08-where-it-breaks-first-the-face-moves.png."""
        words = re.findall(r"[a-z0-9]+", self.section.lower().replace("'", ""))
        words += ["position", str(self.position)] if self.position else []
        return f"{self.lesson.number}-{self.number:02d}-{'-'.join(words)}.png"

    @property
    def png(self) -> bytes:
        """The picture as PNG: what is one already, bit by bit."""
        image = Image.open(io.BytesIO(self.stored))
        if image.format == "PNG":
            return self.stored
        packed = io.BytesIO()
        image.save(packed, format="png")
        return packed.getvalue()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        return Image.open(io.BytesIO(self.stored)).size


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="course figures", description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons whose figures are wanted (default: all)")
    parser.add_argument("--to", type=Path, default=WORK / "figures", metavar="DIR", help="default: work/figures")
    chosen = parser.parse_args(arguments)
    lessons = [find(number) for number in chosen.lessons] or [x for x in LESSONS if x.notebook.is_file()]
    figures = [figure for lesson in lessons for figure in figures_of(lesson)]
    export(figures, chosen.to)
    print(f"{len(figures)} figures of {len(lessons)} lessons. Open {chosen.to / 'index.html'}\n{resolution(figures)}")
    return 0


def figures_of(lesson: Lesson) -> Iterator[Figure]:
    """The figures of a lesson's notebook as it stands, in order: the picture at its top first."""
    notebook = read_notebook(lesson.notebook)
    credit = ". ".join([WORK_CREDIT, *sources(notebook)]) + "."
    top = pictures.target_of(lesson.name)
    for alt, address in lint.PICTURE.findall(notebook.cells[0].source):
        if address == pictures.link_of(lesson) and top.is_file():
            caption = f"{lesson.title}: {lesson.question}"
            yield Figure(lesson, 0, "At a glance", caption, " ".join(alt.split()), top.read_bytes(), credit)
    section, number, position = lesson.title, 0, 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for shown in FIGURE.finditer(output.get("data", {}).get("text/html", "")):
                # A slider's positions are pictures of one figure; they move no later figure's number.
                number, position = (number + 1, 0) if "image/png" in output.data else (number, position + 1)
                caption, alt = html.unescape(shown["caption"]), html.unescape(shown["alt"])
                stored = base64.b64decode(shown["data"])
                yield Figure(lesson, number, section, caption, alt, stored, credit, position)
        if cell.cell_type == "markdown":
            section = ([title for _, title in lint.HEADING.findall(cell.source)] or [section])[-1]


def sources(notebook: NotebookNode) -> list[str]:
    """Whose photographs the figures of a lesson may show, by what its code loads: a sentence each, without its stop."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    faces = [name for name, words in FACES.items() if re.search(words, code, re.MULTILINE)]
    found = []
    if faces:
        credits = "; ".join(f"{name.upper()}, {asset(name).licence}" for name in faces)
        found.append(f"Faces, where any are shown: {credits}")
    if "data.astronaut" in code:
        found.append("Astronaut's portrait: NASA")
    if re.search(rf"skimage\.data|{MONTAGES}", code, re.MULTILINE):
        found.append("Other photographs: test pictures of scikit-image and scikit-learn (data/cards/montages.md)")
    return found


def resolution(figures: Sequence[Figure]) -> str:
    """How large the pictures are, and what that means on a projector."""
    widths = [figure.size[0] for figure in figures]
    return (
        f"They are as large as they are stored, {DOTS_PER_INCH} dots an inch: {min(widths)} to {max(widths)} px wide, "
        f"half of them at least {median(widths):.0f}. A projector shows {PROJECTOR:,} px across: the middle one is "
        f"sharp on {median(widths) / PROJECTOR:.0%} of a slide's width, and soft on more. Nothing larger is stored."
    )


def export(figures: Sequence[Figure], folder: Path) -> None:
    """Write the pictures, index.html and figures.csv, and take away the pictures of an export before.

    Raises: CourseError if there is nothing to export, or the folder can't be written.
    """
    if not figures:
        raise CourseError("These lessons have no figures yet; `course build` makes them.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in earlier(folder):
            (folder / name).unlink(missing_ok=True)
        for figure in figures:
            (folder / figure.file).write_bytes(figure.png)
        (folder / "index.html").write_text(index(figures), encoding="utf-8", newline="\n")
        with (folder / TABLE).open(
            "w", encoding="utf-8-sig", newline=""
        ) as file:  # the mark tells Excel that it is UTF-8
            table = csv.DictWriter(file, COLUMNS)
            table.writeheader()
            table.writerows(row(figure) for figure in figures)
    except OSError as problem:
        raise CourseError(f"{folder} can't be written ({problem.strerror}); choose another folder with --to.") from None


def earlier(folder: Path) -> list[str]:
    """The pictures of the export that is there already, as its table names them."""
    if not (folder / TABLE).is_file():
        return []
    with (folder / TABLE).open(encoding="utf-8-sig", newline="") as file:
        names = [line.get("file") or "" for line in csv.DictReader(file)]
    return [name for name in names if re.fullmatch(r"\d\d-\d\d-[a-z0-9-]+\.png", name)]


def row(figure: Figure) -> dict[str, str | int]:
    """A figure's line of the table."""
    width, height = figure.size
    text = {"file": figure.file, "lesson": figure.lesson.heading, "section": figure.section}
    words = {"caption": figure.caption, "alt": figure.alt, "credit": figure.credit}
    return text | words | {"width": width, "height": height}


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #1a1a1a }
figure { margin: 2em 0; padding-top: 1em; border-top: 1px solid #767676 }
img { max-width: 100%; height: auto }
dt { font-weight: 600 }
dd { margin: 0 0 .4em }
"""


def index(figures: Sequence[Figure]) -> str:
    """All figures on one page, with the words that belong to each."""
    body = ["<h1>Figures for slides</h1>", f"<p>{html.escape(resolution(figures))}</p>"]
    body.append(
        "<p>Give the credit line wherever you show a figure, and the alt text wherever you hand out slides.</p>"
    )
    lesson = None
    for figure in figures:
        if figure.lesson != lesson:
            lesson = figure.lesson
            body.append(f"<h2>{html.escape(lesson.heading)}</h2>")
        body.append(entry(figure))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Figures for slides</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def entry(figure: Figure) -> str:
    """A figure's part of the page."""
    width, height = figure.size
    words = {
        "File": f'<a href="{figure.file}">{figure.file}</a>, {width} by {height} px; across a whole slide it is '
        f"enlarged {PROJECTOR / width:.1f} times",
        "Alt text": html.escape(figure.alt),
        "Credit": html.escape(figure.credit),
    }
    terms = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in words.items())
    picture = f'<img src="{figure.file}" alt="{html.escape(figure.alt)}" width="{width}" height="{height}">'
    return f"<figure>{picture}<figcaption>{html.escape(figure.caption)}</figcaption></figure>\n<dl>{terms}</dl>"
