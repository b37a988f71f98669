"""Feedback without hidden checks: a preprocessor for nbgrader's generate_feedback."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

from classroom.grading import nbgrader_meta, visible_part

SHOWN = ("text/plain", "image/png", "image/jpeg")
TEXT_A_CELL, PICTURES_A_CELL = 20_000, 3_000_000  # characters; of a picture, in base64
BASE64 = re.compile(
    r"[A-Za-z0-9+/=\s]+"
)  # anything else could end the attribute of the page that the picture stands in
ERRORS = ("AttributeError", "IndexError", "KeyError", "MemoryError", "NameError", "RecursionError", "TypeError")
ERRORS += ("ValueError", "ZeroDivisionError", "CellTimeoutError")


class CensorFeedback(NbGraderPreprocessor):
    """Leave nothing in feedback that a student's code may have printed while hidden checks were in its process.

    A check cell shows its released text, the points, and the hint if the hint is one of the course's own check. Every
    other code cell shows the output that the student handed in, cut to a reasonable size and to text and pictures: HTML
    and scripts would run in the browser of whoever opens the page, and the same goes for HTML in text cells. Files that
    answers wrote while they were graded stay behind. Runs after nbgrader's GetGrades, which fills in the points.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        about = resources["nbgrader"]
        course = CourseDirectory(config=self.config)
        place = (about["student"], about["assignment"])
        self._keep_pages_only(Path(course.format_path(course.feedback_directory, *place)))
        submitted = _read(Path(course.format_path(course.submitted_directory, *place)) / f"{about['notebook']}.ipynb")
        released = _read(
            Path(course.format_path(course.release_directory, ".", about["assignment"])) / f"{about['notebook']}.ipynb"
        )
        own_texts = {cell.source for cell in released}
        outputs = {cell.source: cell.get("outputs", []) for cell in submitted if cell.cell_type == "code"}
        with Gradebook(about["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
            masters = {cell.name: cell.source or "" for cell in notebook.source_cells}
        for cell in nb.cells:
            if cell.cell_type != "code" and cell.source not in own_texts:
                cell.source = harmless_markdown(cell.source)
                cell.pop("attachments", None)
            elif cell.cell_type == "code" and is_grade(cell):
                meta = nbgrader_meta(cell)
                master = masters.get(meta.get("grade_id"), "")
                lines = [f"{meta.get('score') or 0:g} of {meta.get('points', 0):g} points", *_hint(cell, master)]
                cell.source = visible_part(master)
                cell.outputs = [new_output("stream", name="stdout", text="\n".join(lines))]
            elif cell.cell_type == "code":
                cell.outputs = _harmless(outputs.get(cell.source, []))
        return nb, resources

    def _keep_pages_only(self, folder: Path) -> None:
        """Remove what nbgrader copied here beside the pages: an answer may have written a hidden check into a file."""
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            elif path.suffix != ".html":
                path.unlink()


def _read(path: Path) -> list[NotebookNode]:
    """The cells of a notebook, or none: what was handed in may be anything."""
    try:
        return nbformat.read(path, as_version=4).cells
    except Exception:
        return []


def _hint(cell: NotebookNode, master: str) -> list[str]:
    """Why the check failed, in words of the course's own: one of its hints, or what `expect` found, in general."""
    for output in cell.get("outputs", []):
        if output.output_type != "error":
            continue
        first = str(output.get("evalue", "")).split("\n")[0]
        if output.ename == "NotDone":
            return ["Not done yet."]
        if output.ename == "CheckFailed":
            return [first if first in hints_of(master) else in_general(first)]
        if output.ename in ERRORS:  # another name may be a message in disguise
            return [f"The check stopped with {output.ename}."]
        return ["The check stopped with an error."]
    return []


def hints_of(check: str) -> set[str]:
    """The hints of a check: the keys of the dicts that it hands to `expect`."""
    calls = [n for n in ast.walk(ast.parse(check)) if isinstance(n, ast.Call) and len(n.args) > 2]
    dicts = [c.args[2] for c in calls if isinstance(c.func, ast.Name) and c.func.id == "expect"]
    return {k.value for d in dicts if isinstance(d, ast.Dict) for k in d.keys if isinstance(k, ast.Constant)}


def in_general(message: str) -> str:
    """What `expect` found different, without any of its numbers: digits, too, can carry what was hidden."""
    if message.startswith("Nothing came back"):
        return "Nothing came back (None). Is a `return` missing?"
    if "The shape is" in message:  # of the whole answer, or of a part of it
        return "The shape is not what was wanted."
    if "The numbers agree" in message or "not what was wanted." in message:
        return "Some values are not what was wanted."
    if "is not there" in message:
        return "The answer is not there: its cell failed."
    return "The answer is not of the kind that was asked for."


def harmless_markdown(text: str) -> str:
    """Markdown without what could run, or lead somewhere, in the browser of whoever opens it: HTML, links, pictures.

    A link may be a script (`javascript:`), in formulas too, and formgrader shows it with an instructor's rights.
    """
    text = text.replace("<", "&lt;").replace("](", "] (")
    text = re.sub(r"(?m)(\]\s*):", r"\1 :", text)  # where the address of a link stands by itself
    return re.sub(r"\\(?=(?:href|url|require|style|class|cssId|html|data|csname|unicode)\b)", "", text)


def _harmless(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs made anew from their text and pictures, up to a limit for the cell."""
    kept, text, pictures = [], TEXT_A_CELL, PICTURES_A_CELL
    for output in outputs:
        if output.output_type == "stream":
            words = str(output.get("text", ""))
        elif output.output_type == "error":
            words = "\n".join(map(str, output.get("traceback", [])))
        else:
            data = output.get("data", {})
            for kind in SHOWN[1:]:
                picture = str(data.get(kind, ""))
                if picture and len(picture) <= pictures and BASE64.fullmatch(picture):
                    pictures -= len(picture)
                    kept.append(new_output("display_data", data={kind: picture}))
            words = str(data.get("text/plain", ""))
        if words and text > 0:
            kept.append(new_output("stream", name="stdout", text=words[:text].rstrip("\n") + "\n"))
            text -= len(words)
    return kept
