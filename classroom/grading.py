"""Grade an exercise: its answers in one kernel, its checks in this process, task by task."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from classroom import forbidden, rubric
from classroom.answers import LIMITS, AnswerFailed, Answers, Limits
from classroom.course import CourseError, Lesson
from facelab.assets import AssetError
from facelab.checks import CheckFailed, free_names, seed

STUB = "raise NotDone  # your answer replaces this line"
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
LARGE = 10 << 20  # characters of a notebook beyond which its parts are counted before it is read
MOST_PARTS = 2_000_000
WRITTEN_STUB = "*Your answer replaces this line.*"
HIDDEN = "### BEGIN HIDDEN TESTS"
ONLY_HIDDEN = "The cell in your notebook passes; this is a further check with other data."
RANGE = re.compile(r"(\d+) to (\d+) words")  # what the text of a written task asks for


@dataclass(frozen=True)
class Task:
    """One graded task of an exercise, as the solution notebook states it."""

    id: str  # "01-distances"
    kind: str  # "auto" or "manual"
    points: float
    check: str = ""  # source of the check cell, hidden part included
    answer: str = ""  # source of the solution
    forbidden: tuple[str, ...] = ()
    words: tuple[int, int] = (0, 0)  # fewest and most that a written task asks for; (0, 0) if it doesn't say

    @property
    def asks_for(self) -> tuple[str, ...]:
        """The names that the answer's cell defines at its top."""
        return defined_at_top(self.answer)


@dataclass
class Result:
    """What a learner gets for one task."""

    id: str
    kind: str
    points: float | None  # None: a person marks it
    max_points: float
    hint: str = ""
    detail: str = ""
    rubric: str = ""  # of a written task, once it is written


@dataclass
class Report:
    """What a learner gets for an exercise."""

    exercise: str
    tasks: list[Result] = field(default_factory=list)

    @property
    def points(self) -> float:
        return sum(task.points or 0 for task in self.tasks)

    @property
    def max_points(self) -> float:
        return sum(task.max_points for task in self.tasks if task.kind == "auto")

    def as_dict(self) -> dict:
        shown = ("id", "kind", "points", "max_points", "hint")
        tasks = [{key: asdict(task)[key] for key in shown} for task in self.tasks]
        return {"exercise": self.exercise, "points": self.points, "max_points": self.max_points, "tasks": tasks}


def read_notebook(path: Path) -> NotebookNode:
    """A notebook of the course's own, or a CourseError that says what is wrong with the file."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError:
        raise CourseError(f"There is no notebook at {path}.") from None
    except Exception as problem:
        raise CourseError(f"{path} cannot be read as a notebook ({type(problem).__name__}).") from None
    return notebook


def read_answers(path: Path, number: str) -> NotebookNode:
    """A notebook that a learner wrote: of each cell its type, text and metadata, whatever else is wrong with it.

    Raises: CourseError that says what is wrong with the file, if it isn't a notebook at all.
    """
    try:
        return parse_answers(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise CourseError(f"There is no notebook at {path}.") from None
    except Exception as problem:
        raise CourseError(
            f"{path} cannot be read as a notebook ({type(problem).__name__}). If it is damaged, "
            f"`course reset {number}` gives a fresh copy and keeps this file."
        ) from None


class TooManyParts(ValueError):
    """JSON that would take very much more memory than its length."""


def parse_answers(text: str) -> NotebookNode:
    """The same from a notebook's text; raises whatever the text is not good for."""
    if len(text) > LARGE and sum(map(STRING.sub("", text).count, "[{,")) > MOST_PARTS:
        raise TooManyParts("a notebook made of so many lists that reading it would take all memory")
    content = json.loads(text)
    if content.get("nbformat", 4) < 4:
        content = nbformat.convert(nbformat.from_dict(content), 4)
    return answers_notebook([_kept(cell) for cell in content["cells"]])


def salvage(text: str) -> NotebookNode:
    """What can be read of a damaged notebook: its cells up to the first that is broken, which may be none."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    cells, decoder, place = [], json.JSONDecoder(), start.end() if start else len(text)
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError):
        while True:
            while place < len(text) and text[place] in " \t\r\n,":
                place += 1
            cell, place = decoder.raw_decode(text, place)
            cells.append(_kept(cell))
    return answers_notebook(cells)


def answers_notebook(cells: Sequence[dict]) -> NotebookNode:
    """A notebook of cells as _kept leaves them."""
    return nbformat.from_dict({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _kept(cell: dict) -> dict:
    source, metadata = cell.get("source", ""), cell.get("metadata")
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return {
        "cell_type": str(cell["cell_type"]),
        "source": source.encode("utf-8", "replace").decode(),  # half a character can be neither sent nor written
        "metadata": metadata if isinstance(metadata, dict) else {},
    }


def nbgrader_meta(cell: NotebookNode) -> dict:
    """What nbgrader keeps in a cell's metadata; {} if it keeps nothing, or something else stands there."""
    meta = cell.metadata.get("nbgrader")
    return meta if isinstance(meta, dict) else {}


def grade_id(cell: NotebookNode) -> str:
    """The cell's nbgrader grade id, or ""."""
    name = nbgrader_meta(cell).get("grade_id", "")
    return name if isinstance(name, str) else ""


def tasks_of(solution: NotebookNode) -> list[Task]:
    """The tasks that a solution notebook states, in its order."""
    answers = {grade_id(c): c for c in solution.cells if nbgrader_meta(c).get("solution")}
    tasks, text = [], ""
    for cell in solution.cells:
        meta = nbgrader_meta(cell)
        if not meta.get("grade"):
            text = cell.source if cell.cell_type == "markdown" else text
            continue
        if meta.get("solution"):
            asked = RANGE.search(text)
            words = (int(asked[1]), int(asked[2])) if asked else (0, 0)
            tasks.append(Task(grade_id(cell), "manual", meta["points"], answer=cell.source, words=words))
            continue
        name = grade_id(cell).removesuffix("-check")
        if name not in answers:
            raise CourseError(f"The check {grade_id(cell)} has no answer cell {name}.")
        banned = tuple(answers[name].metadata.get("course", {}).get("forbid", ()))
        tasks.append(Task(name, "auto", meta["points"], cell.source, answers[name].source, banned))
    return tasks


def answer_cells(notebook: NotebookNode, solution: NotebookNode) -> list[tuple[str, str]]:
    """(label, source) of the code cells that are the learner's, and the locked ones as they were released.

    The label is the grade id, if the solution knows it and no cell before has it, else "cell N". A cell that begins
    with the released text of a check is left out, whatever became of its metadata.
    """
    locked, checks = {}, []
    for cell in solution.cells:
        meta = nbgrader_meta(cell)
        if meta.get("grade") and not meta.get("solution"):
            checks.append(visible_part(cell.source))
        elif meta.get("locked"):
            locked[grade_id(cell)] = cell.source
    kinds = {grade_id(cell): cell.cell_type for cell in solution.cells if grade_id(cell)}
    cells, free = [], set(kinds)
    for number, cell in enumerate(notebook.cells, 1):
        name = grade_id(cell)
        # One key in JupyterLab makes text of a cell; what it was in the release counts.
        if kinds.get(name, cell.cell_type) != "code" or any(cell.source.strip().startswith(check) for check in checks):
            continue
        cells.append((name if name in free else f"cell {number}", locked.pop(name, cell.source)))
        free.discard(name)
    return list(locked.items()) + cells


def visible_part(check: str) -> str:
    """The part of a check cell that students see."""
    return check.split(HIDDEN)[0].strip()


def grade(lesson: Lesson, notebook: NotebookNode, limits: Limits = LIMITS, cwd: str | None = None) -> Report:
    """Points and hints for every task of an exercise. Never raises for what the answers do.

    Raises: CourseError if a check itself can't run here, for want of its data for example.
    """
    try:
        seed("")
    except ValueError as problem:
        raise CourseError(str(problem)) from None
    solution = read_notebook(lesson.solution)
    report = Report(lesson.name)
    cells = answer_cells(notebook, solution)
    written = {grade_id(c): c.source for c in notebook.cells}
    tasks = tasks_of(solution)
    by_hand = [task for task in tasks if task.kind == "manual"]
    with Answers(cells, limits, cwd) as answers:
        for task in tasks:
            if task.kind == "manual":
                answer = written.get(task.id, "")
                report.tasks.append(look_at_written(lesson, task, by_hand.index(task), answer))
            else:
                report.tasks.append(grade_task(task, answers, cells))
    return report


def look_at_written(lesson: Lesson, task: Task, number: int, answer: str) -> Result:
    """No points, but, once at least half of the words asked for are written, the rubric and samples to mark it by.

    Parameters: number of the task among the exercise's written ones, from 0; answer, the cell's text.
    """
    count = sum(any(c.isalnum() for c in word) for word in answer.replace(WRITTEN_STUB, "").split())
    fewest, most = task.words
    enough = (fewest + 1) // 2
    later = f" From {enough} words on, the rubric and sample answers are shown here." if enough else ""
    if not count:
        return Result(task.id, "manual", None, task.points, f"Not written yet.{later}")
    length = f"{count} word{'s' if count > 1 else ''}; the task asks for {fewest} to {most}."
    if count < enough:
        return Result(task.id, "manual", None, task.points, length + later)
    result = Result(task.id, "manual", None, task.points, "Written; a person marks it.")
    if most and not fewest <= count <= most:
        result.hint += f" {length}"
    try:
        result.rubric = rubric.of_task(lesson, number).text(task.answer)
    except CourseError as problem:
        result.hint += f" {problem}"
    return result


def grade_task(task: Task, answers: Answers, cells: Sequence[tuple[str, str]]) -> Result:
    """Points and hint for one automatically graded task."""
    used = forbidden.used([source for _, source in cells], task.asks_for, task.forbidden)
    if used:
        return Result(task.id, "auto", 0, task.points, f"This task asks you to do without `{used}`.")
    try:
        run_check(task, answers)
    except CheckFailed as failed:
        detail = [ONLY_HIDDEN] if failed_in_hidden_part(task, failed) else []
        return Result(task.id, "auto", 0, task.points, failed.hint, "\n".join(filter(None, [*detail, failed.detail])))
    return Result(task.id, "auto", task.points, task.points)


def check_name(task: Task) -> str:
    """What a traceback calls the task's check cell."""
    return f"<check of {task.id}>"


def failed_in_hidden_part(task: Task, failed: CheckFailed) -> bool:
    """Whether the check's visible part had passed."""
    lines = [n for frame, n in traceback.walk_tb(failed.__traceback__) if frame.f_code.co_filename == check_name(task)]
    above, hidden, _ = task.check.partition(HIDDEN)
    return bool(lines and hidden) and lines[0] > above.count("\n")


def run_check(task: Task, answers: Answers) -> None:
    """Run a task's check cell here, against the answers there. Returns only if the check reached its end.

    Raises: CheckFailed with the hint; CourseError if the check lacks its own data.
    """
    called = called_names(task.check)
    names = {name: answers.proxy(name, task.id, name in called) for name in free_names(task.check)}
    code = compile(task.check, check_name(task), "exec")
    silence = io.StringIO()
    with (
        contextlib.redirect_stdout(silence),
        contextlib.redirect_stderr(silence),
        warnings.catch_warnings(action="ignore"),
    ):
        try:
            exec(code, {"__name__": "check", **names})
        except CheckFailed:
            raise
        except (AssetError, OSError) as problem:
            raise CourseError(f"The check of {task.id} could not run: {problem}") from None
        except Exception as problem:
            hint = f"The check could not use what came back ({type(problem).__name__})."
            raise AnswerFailed(hint) from None


def called_names(source: str) -> set[str]:
    """Names that a cell calls as functions."""
    calls = (n.func for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def defined_at_top(source: str) -> tuple[str, ...]:
    """Names that a cell defines at its top level: functions, classes and assigned names."""
    names = []
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.append(name)
            case ast.Assign(targets=targets):
                names += [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
    return tuple(names)
