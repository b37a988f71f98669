"""What a check cell of an exercise uses: compare an answer with what was wanted, and name the mistake first."""

from __future__ import annotations

import ast
import builtins
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np


class NotDone(Exception):
    """Stands where the answer of a task is still missing; message, what the learner reads."""

    def __init__(self, message: str = "Not done yet: your answer replaces the line `raise NotDone`.") -> None:
        super().__init__(message)

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class CheckFailed(AssertionError):
    """An answer is not what was wanted.

    Parameters: hint, one sentence that names the mistake; detail, what came and what was wanted, or "".
    JupyterLab, nbgrader's Validate and feedback show these two lines in place of a traceback.
    """

    def __init__(self, hint: str, detail: str = "") -> None:
        super().__init__(hint, detail)
        self.hint, self.detail = hint, detail

    def __str__(self) -> str:
        return "\n".join(filter(None, [self.hint, self.detail]))

    def _render_traceback_(self) -> list[str]:
        return str(self).split("\n")


def seed(name: str) -> int:
    """An integer in 0 .. 2**32 - 1 made from the course's seed and a name.

    The course's seed is the environment variable COURSE_SEED (0 unless an instructor sets it), so that an instructor
    can change every hidden input of the course at once, and the inputs of two checks never depend on each other.

    Raises: ValueError if COURSE_SEED is no whole number.
    """
    course = os.environ.get("COURSE_SEED", "0")
    try:
        text = f"{int(course)}:{name}"
    except ValueError:
        raise ValueError(f"COURSE_SEED is {course!r}; it must be a whole number, such as 2027.") from None
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def free_names(source: str) -> list[str]:
    """Names that a cell's source reads and does not define, import or find in Python itself, in alphabetical order."""
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


def expect(
    got: Any,
    want: Any,
    mistakes: Mapping[str, Any] | None = None,
    *,
    rtol: float = 1e-6,
    atol: float | None = None,
) -> None:
    """Pass silently if `got` is what was wanted; else raise CheckFailed with the hint that fits.

    Parameters: got, want: arrays, numbers, text, booleans, None, or lists, tuples and dicts of these; mistakes: hint →
    the value that this mistake gives; rtol, atol: relative and absolute tolerance on numbers that are not whole (atol
    is 1e-12 of the largest number wanted if it is not given, so that a zero need not be met to the last bit). Whole
    numbers must be met exactly.
    Raises: CheckFailed. If `got` equals one of the known wrong values, its hint is the message; else the message says
    what differs: in which value of a tuple or dict, then kind, shape and the first entry.
    """
    difference = _difference(got, want, (rtol, atol))
    if difference is None:
        return
    for hint, wrong in (mistakes or {}).items():
        if _difference(got, wrong, (rtol, atol)) is None:
            raise CheckFailed(hint)
    raise CheckFailed(*difference)


Tolerance = tuple[float, float | None]
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _difference(got: Any, want: Any, tolerance: Tolerance) -> tuple[str, str] | None:
    """What tells `got` from `want`, as (sentence, detail), or None where they agree."""
    if got is None and want is not None:
        return "Nothing came back (None). Is a `return` missing?", ""
    if want is None:
        return None if got is None else (f"Wanted None, got {_kind(got)}.", "")
    if isinstance(want, str):
        if not isinstance(got, str):
            return f"Wanted {_kind(want)}, got {_brief(got)}.", ""
        wrong = "The text is not what was wanted.", f"got {_brief(got)}, wanted {_brief(want)}"
        return None if got == want else wrong
    if isinstance(want, Mapping):
        return _difference_of_dicts(got, want, tolerance)
    if isinstance(want, np.ndarray) and want.dtype.kind == "U":
        want = want.tolist()
        got = got.tolist() if isinstance(got, np.ndarray) else got
    if isinstance(want, Sequence) and not _is_numbers(want):
        return _difference_of_sequences(got, want, tolerance)
    difference = _difference_of_arrays(got, want, tolerance)
    if difference is not None and _holds_tuples(want):
        # One array says whether they agree; which value of the tuple differs, only the values one by one can say.
        tolerance = tolerance[0], _absolute(np.asarray(want), tolerance[1])
        return _difference_of_sequences(got, want, tolerance) or difference
    return difference


def _difference_of_dicts(got: Any, want: Mapping, tolerance: Tolerance) -> tuple[str, str] | None:
    if not isinstance(got, Mapping):
        return f"Wanted {_kind(want)}, got {_kind(got)}.", ""
    if set(got) != set(want):
        keys = [", ".join(sorted(map(str, keys))) for keys in (got, want)]
        return "The keys are not those that were asked for.", f"got {keys[0]}; wanted {keys[1]}"
    for key in want:
        if (difference := _difference(got[key], want[key], tolerance)) is not None:
            return _placed(f"The value at the key {key!r}", *difference)
    return None


def _difference_of_sequences(got: Any, want: Sequence, tolerance: Tolerance) -> tuple[str, str] | None:
    if not isinstance(got, Sequence | np.ndarray) or isinstance(got, str) or getattr(got, "ndim", 1) == 0:
        return f"Wanted {_kind(want)}, got {_kind(got)}.", ""
    if len(got) != len(want):
        return f"There are {len(got)} entries; wanted {len(want)}.", ""
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        if (difference := _difference(g, w, tolerance)) is not None:
            return _placed(_place(want, i), *difference)
    return None


def _place(whole: Sequence, i: int) -> str:
    """Where entry i of a sequence stands, in words."""
    if isinstance(whole, tuple) and i < len(ORDINALS):
        return f"The {ORDINALS[i]} value of the tuple"
    return f"Entry {i} (counted from 0)"


def _placed(place: str, sentence: str, detail: str) -> tuple[str, str]:
    """A sentence on a part, with the words that say which part."""
    for what in ("The value", "The text"):
        if sentence.startswith(f"{what} is not"):
            return place + sentence.removeprefix(what), detail
    return f"{place}: {sentence}", detail


def _absolute(wanted: np.ndarray, atol: float | None) -> float:
    """The absolute tolerance on the numbers wanted, made from the largest of them if none is given."""
    return 1e-12 * _largest(wanted) if atol is None else atol


def _largest(wanted: np.ndarray) -> float:
    finite = np.abs(wanted[np.isfinite(wanted)])
    return finite.max() if finite.size and finite.max() > 0 else 1.0


def _difference_of_arrays(got: Any, want: Any, tolerance: Tolerance) -> tuple[str, str] | None:
    wanted = np.asarray(want)
    if _holds_text(got):  # numpy would make one large array of long texts
        return f"Wanted {_kind(want)}, got {_kind(got)}.", ""
    try:
        came = np.asarray(got)
    except ValueError:  # rows of different lengths
        return f"Wanted {_kind(want)}, got rows of different lengths.", ""
    if came.dtype.kind not in "biufc" or (wanted.dtype.kind == "b") != (came.dtype.kind == "b"):
        return f"Wanted {_kind(want)}, got {_kind(got)}.", ""
    if came.shape != wanted.shape:
        return f"The shape is {came.shape}; wanted {wanted.shape}.", ""
    if wanted.dtype.kind in "biu":
        wrong = came != wanted
    else:
        rtol, atol = tolerance
        wrong = ~np.isclose(came, wanted, rtol=rtol, atol=_absolute(wanted, atol), equal_nan=True)
        if wrong.any() and np.allclose(came, wanted, rtol=1e-3, atol=1e-4 * _largest(wanted), equal_nan=True):
            return "The numbers agree to three digits or so, no more. Was something rounded, or float32 used?", ""
    if not wrong.any():
        return None
    if wanted.ndim == 0:
        return "The value is not what was wanted.", f"got {came}, wanted {wanted}"
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = first[0] if len(first) == 1 else first
    sentence = f"{wrong.sum()} of {wrong.size} entries are not what was wanted."
    return sentence, f"the first is at {place}: got {came[first]}, wanted {wanted[first]}"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _holds_text(value: Any) -> bool:
    return any(isinstance(leaf, str | bytes) for leaf in _leaves(value))


def _holds_tuples(value: Any) -> bool:
    """Whether a value is a tuple, or a list of tuples: several values that belong together, no table."""
    return isinstance(value, tuple) or (isinstance(value, list) and any(isinstance(part, tuple) for part in value))


def _is_numbers(value: Any) -> bool:
    """Whether a value is a table of numbers, or one of booleans, and not a mixture."""
    if _holds_text(value):
        return False
    kinds = {isinstance(leaf, bool | np.bool_) for leaf in _leaves(value)}
    try:
        return len(kinds) < 2 and np.asarray(value).dtype.kind in "biufc"
    except ValueError:
        return False


def _kind(value: Any) -> str:
    """The kind of a value in words, without its content."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if value is None:
        return "None"
    if isinstance(value, Mapping):
        return f"a dict with {len(value)} keys"
    if isinstance(value, tuple) or (isinstance(value, Sequence) and not _is_numbers(value)):
        return f"a {type(value).__name__} of {len(value)}{' with text in it' if _holds_text(value) else ''}"
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        return f"a {type(value).__name__}"
    noun = "booleans" if array.dtype.kind == "b" else "numbers"
    return f"an array of {noun} of shape {array.shape}" if array.ndim else "a number"


def _brief(value: Any) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool | None) else _kind(value)
    return text if len(text) <= 60 else text[:57] + "..."
