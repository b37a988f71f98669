"""Grade an exercise: its answers in one kernel, its checks in this process, task by task."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from classroom.answers import LIMITS, AnswerFailed, Answers, Limits
from classroom.course import CourseError, Lesson
from facelab.checks import CheckFailed

STUB = "raise NotDone  # your answer replaces this line"
WRITTEN_STUB = "*Your answer replaces this line.*"


@dataclass(frozen=True)
class Task:
    """One graded task of an exercise, as the solution notebook states it."""

    id: str  # "01-distances"
    kind: str  # "auto" or "manual"
    points: float
    check: str = ""  # source of the check cell, hidden part included
    answer: str = ""  # source of the solution
    forbidden: tuple[str, ...] = ()

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
        tasks = [{k: v for k, v in asdict(task).items() if k != "detail"} for task in self.tasks]
        return {"exercise": self.exercise, "points": self.points, "max_points": self.max_points, "tasks": tasks}


def read_notebook(path: Path) -> NotebookNode:
    """A notebook, or a CourseError that says what is wrong with the file."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except FileNotFoundError:
        raise CourseError(f"There is no notebook at {path}.") from None
    except Exception as problem:
        raise CourseError(
            f"{path} cannot be read as a notebook ({type(problem).__name__}). If it is damaged, `course reset` gives a "
            "fresh copy and keeps this file."
        ) from None
    return notebook


def grade_id(cell: NotebookNode) -> str:
    """The cell's nbgrader grade id, or ""."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def tasks_of(solution: NotebookNode) -> list[Task]:
    """The tasks that a solution notebook states, in its order."""
    answers = {grade_id(c): c for c in solution.cells if c.metadata.get("nbgrader", {}).get("solution")}
    tasks = []
    for cell in solution.cells:
        meta = cell.metadata.get("nbgrader", {})
        if not meta.get("grade"):
            continue
        if meta.get("solution"):
            tasks.append(Task(grade_id(cell), "manual", meta["points"], answer=cell.source))
            continue
        name = grade_id(cell).removesuffix("-check")
        if name not in answers:
            raise CourseError(f"The check {grade_id(cell)} has no answer cell {name}.")
        forbidden = tuple(answers[name].metadata.get("course", {}).get("forbid", ()))
        tasks.append(Task(name, "auto", meta["points"], cell.source, answers[name].source, forbidden))
    return tasks


def answer_cells(notebook: NotebookNode, solution: NotebookNode) -> list[tuple[str, str]]:
    """(label, source) of the code cells that are the learner's, and the locked ones as they were released.

    The label is the grade id where there is one, else "cell N". Check cells are left out, whatever became of them:
    those with a check's id, and copies that lost it but still carry a check's visible text.
    """
    locked = {grade_id(c): c.source for c in solution.cells if c.metadata.get("nbgrader", {}).get("locked")}
    checks = {grade_id(c) for c in solution.cells if grade_id(c).endswith("-check")}
    cells = []
    for number, cell in enumerate(notebook.cells, 1):
        name = grade_id(cell)
        if cell.cell_type != "code" or name in checks or "from facelab.checks import expect" in cell.source:
            continue
        cells.append((name or f"cell {number}", locked.pop(name, cell.source)))
    return [(n, s) for n, s in locked.items() if n not in checks] + cells


def grade(lesson: Lesson, notebook: NotebookNode, limits: Limits = LIMITS, cwd: str | None = None) -> Report:
    """Points and hints for every task of an exercise. Never raises for what the answers do."""
    solution = read_notebook(lesson.solution)
    tasks = tasks_of(solution)
    report = Report(lesson.name)
    cells = answer_cells(notebook, solution)
    written = {grade_id(c): c.source for c in notebook.cells}
    with Answers(cells, limits, cwd) as answers:
        for task in tasks:
            if task.kind == "manual":
                done = written.get(task.id, "").strip() not in ("", WRITTEN_STUB)
                hint = "Written; a person marks it." if done else "Not written yet."
                report.tasks.append(Result(task.id, "manual", None, task.points, hint))
            else:
                report.tasks.append(grade_task(task, answers, cells, {t.id for t in tasks}))
    return report


def grade_task(task: Task, answers: Answers, cells: Sequence[tuple[str, str]], task_ids: set[str]) -> Result:
    """Points and hint for one automatically graded task."""
    own = [source for label, source in cells if label == task.id or label not in task_ids]
    used = forbidden_calls(own, task.forbidden)
    if used:
        return Result(task.id, "auto", 0, task.points, f"This task asks you to do without `{used}`.")
    try:
        run_check(task, answers)
    except CheckFailed as failed:
        return Result(task.id, "auto", 0, task.points, failed.hint, failed.detail)
    return Result(task.id, "auto", task.points, task.points)


def run_check(task: Task, answers: Answers) -> None:
    """Run a task's check cell here, against the answers there. Returns only if the check reached its end.

    Raises: CheckFailed with the hint.
    """
    names = {name: answers.proxy(name, task.id) for name in free_names(task.check)}
    code = compile(task.check, f"<check of {task.id}>", "exec")
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
        except Exception as problem:
            hint = f"The check could not use what came back ({type(problem).__name__})."
            raise AnswerFailed(hint) from None


def free_names(source: str) -> list[str]:
    """Names that a cell reads and does not define, import or find in Python itself, in alphabetical order."""
    read, defined = set(), set(dir(builtins))
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.Name(id=name) | ast.arg(arg=name):
                defined.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                defined.add(name)
            case ast.alias(name=name, asname=asname):
                defined.add(asname or name.split(".")[0])
    return sorted(read - defined)


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


def forbidden_calls(sources: Iterable[str], forbidden: Sequence[str]) -> str:
    """The first dotted name of `forbidden` that the cells use, however it was imported, or ""."""
    if not forbidden:
        return ""
    trees = []
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            trees.append(ast.parse(source))
    meant = {}  # local name → dotted name
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.Import):
            for a in node.names:
                meant[a.asname or a.name.split(".")[0]] = a.name if a.asname else a.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            meant |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    used = set()
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.ImportFrom):
            used |= {f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Name | ast.Attribute):
            used.add(_dotted(node, meant))
    for name in forbidden:
        if name in used or f"{name.rpartition('.')[0]}.*" in used:
            return name
    return ""


def _dotted(node: ast.expr, meant: dict[str, str]) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([meant.get(node.id, node.id), *reversed(parts)])
