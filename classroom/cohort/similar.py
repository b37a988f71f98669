"""Answers that are the same once names and layout are put aside: a place to look, not a verdict."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

LONGEST = 20_000  # characters of an answer that is taken apart; a longer one is compared as text


@dataclass(frozen=True)
class Alike:
    """Learners whose answers to a task are the same. size: parts of the syntax tree, which says how much that means."""

    task: str
    students: tuple[str, ...]
    size: int
    public: bool  # whether the public solution is the same, too


def alike(
    answers: Mapping[str, Mapping[str, str]], solutions: Mapping[str, str], stubs: Mapping[str, str]
) -> list[Alike]:
    """Groups of equal answers, and single ones that equal the public solution; the largest answers first.

    Parameters: answers, learner → task id → source; solutions and stubs, task id → source. An untouched stub is no
    answer.
    """
    found = []
    for task, solution in solutions.items():
        public, stub = normalised(solution), normalised(stubs.get(task, ""))
        groups: dict[str, list[str]] = {}
        sizes = {}
        for student, sources in answers.items():
            shape, size = normalised(sources.get(task, ""))
            if size and shape != stub[0]:
                groups.setdefault(shape, []).append(student)
                sizes[shape] = size
        for shape, students in groups.items():
            if len(students) > 1 or shape == public[0]:
                found.append(Alike(task, tuple(students), sizes[shape], shape == public[0]))
    return sorted(found, key=lambda group: (-group.size, group.task, group.students))


def wholly_alike(groups: Iterable[Alike], tasks: Iterable[str]) -> list[tuple[str, ...]]:
    """Learners whose answers to all tasks are the same as each other's."""
    of_task: dict[str, dict[str, int]] = {task: {} for task in tasks}
    for number, group in enumerate(groups):
        of_task[group.task].update(dict.fromkeys(group.students, number))
    together: dict[tuple, list[str]] = {}
    for student in sorted(set.intersection(*map(set, of_task.values())) if of_task else set()):
        together.setdefault(tuple(places[student] for places in of_task.values()), []).append(student)
    return [tuple(students) for students in together.values() if len(students) > 1]


def normalised(source: str) -> tuple[str, int]:
    """(a digest that is the same for answers that differ in names, comments and layout only, the answer's size).

    Names that a cell gives are replaced by their order of appearance; docstrings and annotations go. What is no Python
    is compared as text without white space.
    """
    source = "\n".join(line.rstrip() for line in source.strip().split("\n"))
    try:
        if len(source) > LONGEST:
            raise ValueError
        tree = ast.parse(TransformerManager().transform_cell(source))
        tree = _Strip().visit(tree)
        _rename(tree)
        text, size = ast.dump(tree), sum(1 for _ in ast.walk(tree)) - 1
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        text = re.sub(r"#.*|\s+", "", source)
        size = len(text) // 4
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(), size


class _Strip(ast.NodeTransformer):
    """Take out docstrings, other idle strings, and annotations."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        node.body = node.body or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def _rename(tree: ast.Module) -> None:
    """Replace every name that the cell binds by a number, in order of appearance, a function's own apart."""
    functions = [s for s in tree.body if isinstance(s, ast.FunctionDef)]
    outside = [n for s in tree.body for n in ([s] if s in functions else ast.walk(s))]
    everywhere = _numbered("g", outside)
    for statement in tree.body:
        own = _numbered("v", (n for n in ast.walk(statement) if n is not statement)) if statement in functions else {}
        for node in ast.walk(statement):
            names = everywhere if node is statement else everywhere | own
            match node:
                case ast.Name():
                    node.id = names.get(node.id, node.id)
                case ast.arg():
                    node.arg = names.get(node.arg, node.arg)
                case ast.FunctionDef() | ast.ExceptHandler():
                    node.name = names.get(node.name, node.name)
                case ast.alias(asname=str()):
                    node.asname = names.get(node.asname, node.asname)


def _numbered(prefix: str, nodes: Iterable[ast.AST]) -> dict[str, str]:
    names = dict.fromkeys(name for node in nodes if (name := _bound(node)))
    return {name: f"{prefix}{number}" for number, name in enumerate(names)}


def _bound(node: ast.AST) -> str | None:
    """The name that a part of a tree gives a meaning to."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.FunctionDef(name=name):
            return name
        case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
            return name
    return None
