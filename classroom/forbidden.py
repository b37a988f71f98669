"""Find in the syntax tree what an answer may not call: the very function, in some library, that it should write.

Only code that the answer can reach is looked at: the top-level statements that define the names asked for, in whatever
cell, and those that define what these read. A cell beside that compares the answer with a library's is no offence. It
is a hint for honest learners; whoever hides a call (getattr, importlib) isn't found.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from IPython.core.inputtransformer2 import TransformerManager

RUNS_THE_REST = re.compile(r"\A\s*%%(time|timeit|capture|prun)\b.*\n")  # cell magics whose cell is Python all the same


def used(sources: Iterable[str], asked: Sequence[str], forbidden: Sequence[str]) -> str:
    """The first dotted name of `forbidden` that the answer reaches, however it was imported, or "".

    Parameters: sources, a notebook's cells; asked, the names that the task asks for; forbidden, such as
    "scipy.spatial.distance.cdist".
    """
    if not forbidden:
        return ""
    try:
        return _first(sources, asked, forbidden)
    except (RecursionError, MemoryError):  # nested deeper than anybody writes; the other checks of the task remain
        return ""


def _first(sources: Iterable[str], asked: Sequence[str], forbidden: Sequence[str]) -> str:
    statements = [statement for source in sources for statement in _statements(source)]
    kept = _reached(statements, set(asked))
    meant = _meanings(kept)
    met = {meant.get(name, "") for name in asked}
    met |= {name for statement in kept for name in _dotted_names(statement, meant, frozenset())}
    read = set().union(*map(_loaded, kept)) if kept else set()
    for name in forbidden:
        module, _, last = name.rpartition(".")
        if name in met or (f"{module}.*" in met and last in read):
            return name
    return ""


def _statements(source: str) -> list[ast.stmt]:
    """The top-level statements of a cell, magics and all; none if it isn't Python (it doesn't run then, either)."""
    try:
        return ast.parse(TransformerManager().transform_cell(RUNS_THE_REST.sub("", source))).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _reached(statements: Sequence[ast.stmt], wanted: set[str]) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    grew = True
    while grew:
        grew = False
        for statement in statements:
            if statement not in kept and _bound(statement) & (wanted | {"*"}):
                kept.append(statement)
                if not isinstance(statement, ast.ImportFrom):
                    wanted |= _loaded(statement)
                grew = True
    return kept


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a top-level statement gives a meaning to; what a function calls its own variables is no such name."""
    names = set()
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.split(".")[0])
        if not isinstance(node, ast.FunctionDef):
            pending.extend(ast.iter_child_nodes(node))
    return names


def _loaded(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _meanings(statements: Sequence[ast.stmt]) -> dict[str, str]:
    """Local name → dotted name, by imports and by assignments such as `d = scipy.spatial.distance`."""
    meant: dict[str, str] = {}
    for node in (n for statement in statements for n in ast.walk(statement)):
        match node:
            case ast.Import(names=aliases):
                for a in aliases:
                    meant[a.asname or a.name.split(".")[0]] = a.name if a.asname else a.name.split(".")[0]
            case ast.ImportFrom(module=str(module), names=aliases):
                meant |= {a.asname or a.name: f"{module}.{a.name}" for a in aliases}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value):
                if (dotted := _dotted(value, meant)) and "." in dotted:
                    meant[name] = dotted
    written = {s.name for s in statements if isinstance(s, ast.FunctionDef)}  # an import of the same name is replaced
    return {name: dotted for name, dotted in meant.items() if name not in written}


def _dotted_names(node: ast.AST, meant: dict[str, str], own: frozenset[str]) -> Iterable[str]:
    """The dotted names that code uses; own: names that parameters of functions around it hide."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        a = node.args
        own |= {p.arg for p in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg] if p}
    if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
        yield f"{node.module}.*"
    if isinstance(node, ast.Name | ast.Attribute) and (dotted := _dotted(node, meant, own)):
        yield dotted
    for child in ast.iter_child_nodes(node):
        yield from _dotted_names(child, meant, own)


def _dotted(node: ast.expr, meant: dict[str, str], own: frozenset[str] = frozenset()) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id in own:
        return ""
    return ".".join([meant.get(node.id, node.id), *reversed(parts)])
