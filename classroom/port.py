"""Plain data between two processes: JSON for its structure, .npy for its arrays, never pickle.

The answers' kernel gets this module as source text (it imports nothing of the course), and the process that runs the
checks imports it: what is written on one side is read by the same code on the other. What is read is data only; no
object of the other side, and no code of it, ever crosses.
"""

from __future__ import annotations

import base64
import io
import json

import numpy as np

DEEPEST = 20
NUMBERS_AND_TEXT = "biufcUS"


class NotPlain(TypeError):
    """A value that is not plain data; the text says what it is and what was wanted."""


class TooLarge(ValueError):
    """A value of more bytes than may cross."""


def dumps(value: object, limit: int) -> str:
    """The value as text of at most `limit` bytes; raises NotPlain or TooLarge."""
    budget = [limit]
    text = json.dumps(_encode(value, budget, 0))
    if len(text) > 2 * limit:
        raise TooLarge(f"it takes more than {limit >> 20} MB")
    return text


def loads(text: str) -> object:
    """The value that `dumps` wrote; raises ValueError for anything else."""
    try:
        return _decode(json.loads(text), 0)
    except ValueError:
        raise
    except Exception as problem:  # the text comes from a process that is not trusted
        raise ValueError(f"unreadable: {type(problem).__name__}") from None


def _spend(budget: list, size: int) -> None:
    budget[0] -= size
    if budget[0] < 0:
        raise TooLarge("it is too large to be an answer")


def _encode(value: object, budget: list, depth: int) -> object:
    if depth > DEEPEST:
        raise NotPlain(f"it is nested more than {DEEPEST} deep")
    _spend(budget, 8)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        _spend(budget, len(value))
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind not in NUMBERS_AND_TEXT:
            raise NotPlain(f"it is an array of dtype {array.dtype}; wanted an array of numbers, booleans or text")
        _spend(budget, array.nbytes)
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return {kind: base64.b64encode(buffer.getvalue()).decode()}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_encode(v, budget, depth + 1) for v in value]}
    if isinstance(value, dict):
        return {"dict": [[_encode(k, budget, depth + 1), _encode(v, budget, depth + 1)] for k, v in value.items()]}
    raise NotPlain(
        f"it is a {type(value).__name__}; wanted arrays, numbers, text, True, False, None, or lists, tuples and dicts "
        "of these"
    )


def _decode(tree: object, depth: int) -> object:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if not isinstance(tree, dict):
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        raise ValueError("not written by this module")
    ((kind, content),) = tree.items()
    if kind in ("array", "scalar"):
        array = _array(base64.b64decode(content))
        return array if kind == "array" else array[()]
    if kind == "dict":
        return {_decode(k, depth + 1): _decode(v, depth + 1) for k, v in content}
    values = [_decode(v, depth + 1) for v in content]
    return {"list": list, "tuple": tuple}[kind](values)


def _array(raw: bytes) -> np.ndarray:
    """An array from .npy bytes, refusing a header that claims other data than it brings."""
    file = io.BytesIO(raw)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    size = dtype.itemsize
    for n in shape:
        size *= n
    if dtype.kind not in NUMBERS_AND_TEXT or size != len(raw) - file.tell():
        raise ValueError("an array's header does not fit its data")
    file.seek(0)
    return np.load(file, allow_pickle=False)


class Reply:
    """Carries text through IPython's display machinery unchanged."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "", "application/x-answer": self.text}


def look(names: dict, name: str, limit: int) -> Reply:
    """Runs beside the answers: what stands under a name. ["function"], ["value", text], ["missing"] or ["error", …]."""
    if name not in names:
        return Reply(json.dumps(["missing"]))
    value = names[name]
    if callable(value) and not isinstance(value, type):
        return Reply(json.dumps(["function"]))
    return _answer(lambda: value, limit)


def call(names: dict, name: str, text: str, limit: int) -> Reply:
    """Runs beside the answers: calls one of their functions. ["value", text] or ["error", type, message]."""
    arguments, keywords = loads(text)
    return _answer(lambda: names[name](*arguments, **keywords), limit)


def _answer(make, limit: int) -> Reply:
    try:
        reply = ["value", dumps(make(), limit)]
    except BaseException as problem:  # SystemExit and KeyboardInterrupt are answers too
        reply = ["error", type(problem).__name__, str(problem)[:2000]]
    return Reply(json.dumps(reply))
