"""Feedback without hidden checks: a preprocessor for nbgrader's generate_feedback."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

SHOWN = ("text/plain", "image/png", "image/jpeg")


class CensorFeedback(NbGraderPreprocessor):
    """Leave nothing in feedback that a student's code may have printed while hidden checks were in its process.

    A check cell shows its released text, the points, and the hint if the hint stands word for word in the course's own
    check. Every other cell shows the output that the student handed in, reduced to text and pictures: HTML and scripts
    would run in the browser of whoever opens the page. Runs after nbgrader's GetGrades, which fills in the points.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        about = resources["nbgrader"]
        submitted = self._submitted(about)
        with Gradebook(about["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
            masters = {cell.name: cell.source or "" for cell in notebook.source_cells}
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            meta = cell.metadata.get("nbgrader", {})
            if is_grade(cell):
                master = masters.get(meta.get("grade_id"), "")
                told = _hint(cell, master)
                cell.source = _visible_part(master)
                lines = [f"{meta.get('score') or 0:g} of {meta.get('points', 0):g} points", *told]
                cell.outputs = [new_output("stream", name="stdout", text="\n".join(lines))]
            else:
                cell.outputs = [_harmless(output) for output in submitted.get(cell.get("id"), [])]
        return nb, resources

    def _submitted(self, about: dict) -> dict[str, list[NotebookNode]]:
        """Outputs by cell id, as the student handed them in."""
        course = CourseDirectory(config=self.config)
        folder = course.format_path(course.submitted_directory, about["student"], about["assignment"])
        try:
            notebook = nbformat.read(Path(folder) / f"{about['notebook']}.ipynb", as_version=4)
        except Exception:  # the file that was handed in may be anything; feedback then shows no output of it
            return {}
        return {cell.get("id"): cell.get("outputs", []) for cell in notebook.cells}


def _hint(cell: NotebookNode, master: str) -> list[str]:
    """The first line of the check's error, if the course itself wrote it into the check (or is a plain NotDone)."""
    for output in cell.get("outputs", []):
        if output.output_type != "error":
            continue
        first = str(output.get("evalue", "")).split("\n")[0]
        if output.ename == "NotDone":
            return ["Not done yet."]
        if output.ename == "CheckFailed":
            return [first if first in _texts(master) else _in_general(first)]
        if isinstance(getattr(builtins, output.ename, None), type):  # another name may be a message in disguise
            return [f"The check stopped with {output.ename}."]
        return ["The check stopped with an error."]
    return []


def _in_general(message: str) -> str:
    """What `expect` found different, without any of its numbers: digits, too, can carry what was hidden."""
    if message.startswith("Nothing came back"):
        return "Nothing came back (None). Is a `return` missing?"
    if message.startswith("The shape is"):
        return "The shape is not what was wanted."
    if message.startswith("The value is not") or message.endswith("entries are not what was wanted."):
        return "Some values are not what was wanted."
    return "The answer is not of the kind that was asked for."


def _texts(source: str) -> set[str]:
    return {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _visible_part(source: str) -> str:
    return source.split("### BEGIN HIDDEN TESTS")[0].rstrip()


def _harmless(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        output.data = {kind: value for kind, value in output.data.items() if kind in SHOWN}
    return output
