"""The docstrings of facelab as an API reference: every public name has one, and it names every parameter."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

FACELAB = Path(__file__).parents[1] / "facelab"
MODULES = sorted(FACELAB.glob("*.py"))
FIELDS = ("Parameters", "Returns", "Yields", "Raises", "Source")
# Modules that no lesson builds: what they are for stands in their first sentence.
TOOLS = {"__init__", "checks", "index", "notebook", "plots", "tables"}


class Function(NamedTuple):
    """A public function or method, with the docstrings that stand round it."""

    name: str
    parameters: list[str]
    own: str
    around: str  # of its class and its module
    raises: bool  # an error of its own


def function(name: str, node: ast.FunctionDef, own: str, around: str) -> Function:
    raises = any(isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call) for inner in ast.walk(node))
    return Function(name, parameters(node), own, around, raises)


def docstring(node: ast.AST) -> str:
    return ast.get_docstring(node) or ""


def public(body: list[ast.stmt], kind: type) -> Iterator:
    return (node for node in body if isinstance(node, kind) and not node.name.startswith("_"))


def functions(tree: ast.Module, classes: dict[str, ast.ClassDef] | None = None) -> Iterator[Function]:
    """Those of a module; classes, of all modules by name: a method without a docstring has that of the base class."""
    for node in public(tree.body, ast.FunctionDef):
        yield function(node.name, node, docstring(node), docstring(tree))
    for outer in public(tree.body, ast.ClassDef):
        bases = [(classes or {}).get(getattr(base, "id", "")) for base in outer.bases]
        around = f"{docstring(outer)}\n{docstring(tree)}"
        for node in outer.body:
            if not isinstance(node, ast.FunctionDef) or (node.name.startswith("_") and node.name != "__init__"):
                continue
            above = [docstring(m) for b in bases if b for m in public(b.body, ast.FunctionDef) if m.name == node.name]
            own = docstring(outer) if node.name == "__init__" else docstring(node) or "".join(above)
            yield function(f"{outer.name}.{node.name}", node, own, around)


def parameters(node: ast.FunctionDef) -> list[str]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return [argument.arg for argument in every if argument.arg not in ("self", "cls")]


def unnamed(function: Function, own: dict[str, str]) -> list[str]:
    """Parameters that neither the docstring names, nor what stands round it, nor that of a function it refers to."""
    texts = [function.own, function.around]
    texts += [own[name] for name in re.findall(r"\bas (?:in )?(\w+)", function.own) if name in own]
    return [p for p in function.parameters if not any(re.search(rf"\b{re.escape(p)}\b", text) for text in texts)]


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


@pytest.fixture(scope="module")
def reference(trees) -> dict[str, list[Function]]:
    """The public functions and methods of every module."""
    classes = {node.name: node for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)}
    return {module: list(functions(tree, classes)) for module, tree in trees.items()}


def test_every_public_name_has_a_docstring(trees, reference):
    bare = [f"{m}.{n.name}" for m, tree in trees.items() for n in public(tree.body, ast.ClassDef) if not docstring(n)]
    bare += [f"{module}.{f.name}" for module, found in reference.items() for f in found if not f.own]
    assert not bare
    assert all(docstring(tree) for tree in trees.values())


def test_every_parameter_is_named(reference):
    missing = {}
    for module, found in reference.items():
        own = {f.name.rpartition(".")[2]: f.own for f in found}
        missing |= {f"{module}.{f.name}": names for f in found if (names := unnamed(f, own))}
    assert not missing


def test_a_parameter_that_is_not_named_is_found():
    source = '"""Of rng."""\ndef f(x, rng, scale):\n    """x."""\ndef g(x, scale):\n    """As f, x as in h."""\n'
    found = {f.name: unnamed(f, {"h": "scale"}) for f in functions(ast.parse(source))}
    assert found == {"f": ["scale"], "g": []}


def test_every_module_says_which_lesson_builds_it(trees):
    for module, tree in trees.items():
        says = re.search(r"\b[Ll]essons? \d\d|No lesson builds it", docstring(tree))
        assert bool(says) != (module in TOOLS), module


def test_errors_are_said(reference):
    """A function that raises an error of its own says so, or refers to one that does; a constructor's class does."""
    said = re.compile(r"Error|[Ee]rrors|Raises|CheckFailed")
    silent = [f"{m}.{f.name}" for m, found in reference.items() for f in found if f.raises and not said.search(f.own)]
    assert not silent


def test_fields_stand_at_the_beginning_of_a_line(reference):
    """The book makes fields of them there only; in the middle of a line they would be read as prose."""
    inside = re.compile(rf"^.*\S.*[ ](?:{'|'.join(FIELDS)}): ", re.MULTILINE)
    found = [f"{module}.{f.name}" for module, each in reference.items() for f in each if inside.search(f.own)]
    assert not found
