"""Plain data between two processes: JSON for its structure, .npy for its arrays, never pickle.

The answers' kernel gets this module as source text (it imports nothing of the course), and the process that runs the
checks imports it: what is written on one side is read by the same code on the other. What is read is data only; no
object of the other side, and no code of it, ever crosses. Size, depth and number of parts are limited on both sides,
because the other side may have replaced its own copy.
"""

from __future__ import annotations

import base64
import io
import json

import numpy as np

DEEPEST = 20
MOST_KEYS = 10_000  # in all dicts of a value together: keys can be chosen so that each is compared with all others
SMALLEST = 64  # bytes that any value counts at least, since it takes about that in memory
NUMBERS_AND_TEXT = "biufcUS"


class Refused(Exception):
    """A value that can't cross. code: "kind", "deep", "large" or "unreadable"; name: the type that was met."""

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code, name)
        self.code, self.name = code, name


class _Budget:
    """What may still cross. apart: arrays that travel beside the text, which names them by their place; or None."""

    def __init__(self, limit: int, apart: list | None = None) -> None:
        self.left, self.keys, self.apart = limit, MOST_KEYS, apart

    def spend_keys(self, number: int) -> None:
        self.keys -= number
        if self.keys < 0:
            raise Refused("large")

    def spend(self, size: int) -> None:
        self.left -= max(size, SMALLEST)
        if self.left < 0:
            raise Refused("large")


def dumps(value: object, limit: int) -> str:
    """The value as text. Raises Refused if it is not plain data, too deep, or takes more than `limit` bytes."""
    return json.dumps(_encode(value, _Budget(limit), 0))


def loads(text: str, limit: int) -> object:
    """The value that `dumps` wrote. Raises Refused for anything else."""
    if len(text) > 2 * limit + 1000:
        raise Refused("large")
    try:
        return _decode(parse(text, limit), _Budget(limit), 0)
    except Refused:
        raise
    except Exception:  # the text comes from a process that is not trusted
        raise Refused("unreadable") from None


def save(path: str, value: object) -> None:
    """Write a value of the trusted side's into a file for `restore`: large arrays travel faster than as text."""
    apart: list = []
    tree = json.dumps(_encode(value, _Budget(1 << 40, apart), 0))
    with open(path, "xb") as file:  # a new file, and never through a link that somebody laid there
        np.savez(file, tree=np.array(tree), **{f"array{i}": array for i, array in enumerate(apart)})


def restore(path: str) -> object:
    """The value that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        apart = [file[f"array{i}"] for i in range(len(file.files) - 1)]
        return _decode(json.loads(str(file["tree"])), _Budget(1 << 40, apart), 0)


def parse(text: str | bytes, limit: int) -> object:
    """JSON, read only if it can't take much more memory than `limit` bytes: "[[],[],…" takes 20 times its length."""
    marks = ("[", "{", ",") if isinstance(text, str) else (b"[", b"{", b",")
    if sum(text.count(mark) for mark in marks) > 6 * limit // SMALLEST + 1000:  # 6: of a pair in a dict
        raise Refused("large")
    return json.loads(text)


def _encode(value: object, budget: _Budget, depth: int) -> object:
    if depth > DEEPEST:
        raise Refused("deep")
    if isinstance(value, complex) and not isinstance(value, np.generic):
        value = np.complex128(value)
    if value is None or isinstance(value, bool | int | float):
        budget.spend(0)
        return value
    if isinstance(value, str):
        budget.spend(len(value))
        return str(value)
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind not in NUMBERS_AND_TEXT:
            raise Refused("kind", f"array of dtype {array.dtype}")
        budget.spend(array.nbytes)
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        if budget.apart is not None:
            budget.apart.append(array)
            return {kind: len(budget.apart) - 1}
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        return {kind: base64.b64encode(buffer.getvalue()).decode()}
    if isinstance(value, list | tuple | range):
        budget.spend(0)
        if len(value) * SMALLEST > budget.left:
            raise Refused("large")  # at once, not after most of it
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_encode(v, budget, depth + 1) for v in value]}
    if isinstance(value, dict):
        budget.spend_keys(len(value))
        budget.spend(0)
        return {"dict": [[_encode(k, budget, depth + 1), _encode(v, budget, depth + 1)] for k, v in value.items()]}
    raise Refused("kind", type(value).__name__)


def _decode(tree: object, budget: _Budget, depth: int) -> object:
    if depth > DEEPEST:
        raise Refused("deep")
    if not isinstance(tree, dict):
        budget.spend(len(tree) if isinstance(tree, str) else 0)
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        raise Refused("unreadable")
    ((kind, content),) = tree.items()
    if kind in ("array", "scalar"):
        if budget.apart is not None:
            array = budget.apart[content]
        else:
            budget.spend(len(content) * 3 // 4 - 200)
            array = _array(base64.b64decode(content))
        if kind == "array":
            return array
        if array.shape != ():
            raise Refused("unreadable")
        return array[()]
    budget.spend(0)
    if kind == "dict":
        budget.spend_keys(len(content))
        return {_decode(k, budget, depth + 1): _decode(v, budget, depth + 1) for k, v in content}
    values = [_decode(v, budget, depth + 1) for v in content]
    return {"list": list, "tuple": tuple}[kind](values)


def _array(raw: bytes) -> np.ndarray:
    """An array from .npy bytes, refusing a header that claims other data than it brings."""
    file = io.BytesIO(raw)
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.kind not in NUMBERS_AND_TEXT or len(shape) > 32 or any(not 0 <= n <= 1 << 40 for n in shape):
        raise Refused("unreadable")
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size != len(raw) - file.tell() or (dtype.itemsize == 0 and max(shape, default=1) > MOST_KEYS):
        raise Refused("unreadable")
    file.seek(0)
    return np.load(file, allow_pickle=False)


class Reply:
    """Carries text through IPython's display machinery unchanged."""

    def __init__(self, parts: list) -> None:
        self.text = json.dumps(parts)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "", "application/x-answer": self.text}


def look(names: dict, name: str, limit: int) -> Reply:
    """Runs beside the answers: what stands under a name.

    Its parts: ["function"], ["value", text], ["missing"], ["refused", code, type] or ["error", type, message].
    """
    if name not in names:
        return Reply(["missing"])
    value = names[name]
    if callable(value) and not isinstance(value, type):
        return Reply(["function"])
    return _answer(lambda: value, limit)


def call(names: dict, name: str, path: str, limit: int) -> Reply:
    """Runs beside the answers: calls one of their functions with what `save` wrote.

    Its parts: ["value", text], ["refused", …] or ["error", …].
    """
    arguments, keywords = restore(path)
    return _answer(lambda: names[name](*arguments, **keywords), limit)


def _answer(make, limit: int) -> Reply:
    try:
        value = make()
    except BaseException as problem:  # SystemExit and KeyboardInterrupt are answers too
        return Reply(["error", type(problem).__name__, str(problem)[:2000]])
    try:
        return Reply(["value", dumps(value, limit)])
    except Refused as refused:
        return Reply(["refused", refused.code, refused.name[:60]])
