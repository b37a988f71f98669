"""The only module that knows that it may run in a notebook: figures with alt text, computed sentences, source code."""

from __future__ import annotations

import base64
import html
import inspect
import io
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from IPython import get_ipython
from IPython.display import display
from IPython.utils.capture import capture_output
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from facelab.checks import CheckFailed, NotDone, free_names

DOTS_PER_INCH = 110
WEBP_QUALITY = 60
CHECK_CELL = "# Check of "  # how the first line of every check cell begins


def show(figure: Figure, *, alt: str, caption: str) -> None:
    """Show a figure with its alt text and caption, as HTML and as a plain PNG in one output, and close it.

    Parameters: figure, a matplotlib figure; alt, what the figure shows, for a reader who cannot see it (numbers in it
    are computed by the caller); caption, the sentence under it.
    Raises: ValueError if alt or caption is empty, or the alt text says no more than the kind of figure.
    """
    if len(alt.split()) < 4 or not caption.strip():
        raise ValueError(f"show: alt is {alt!r}, caption is {caption!r}. Say in both what the figure shows.")
    picture = png(figure)
    pyplot.close(figure)
    encoded = base64.b64encode(picture).decode()
    text = (
        f'<figure style="margin:0"><img alt="{html.escape(alt)}" src="data:image/png;base64,{encoded}" '
        f'style="max-width:100%;height:auto"><figcaption>{html.escape(caption)}</figcaption></figure>'
    )
    display({"text/html": text, "image/png": encoded, "text/plain": f"{caption} [{alt}]"}, raw=True)


def png(figure: Figure, **notes: str) -> bytes:
    """The figure as a small PNG, the same bytes for the same picture; one without colour keeps one channel.

    Parameters: figure, a matplotlib figure; notes: name → text to keep in the file, beside the picture.
    """
    buffer, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", facecolor="white")
    picture = Image.open(buffer).convert("RGB")
    red, green, blue = picture.split()
    if red.tobytes() == green.tobytes() == blue.tobytes():
        picture = red
    kept = PngInfo()
    for name, text in notes.items():
        kept.add_text(name, text)
    picture.save(packed, format="png", optimize=True, pnginfo=kept)
    return packed.getvalue()


def say(text: str) -> None:
    """Show a sentence, the text, as Markdown; the caller has just computed its numbers."""
    display({"text/markdown": text, "text/plain": text}, raw=True)


def show_table(table: np.ndarray, columns: Mapping[str, str]) -> None:
    """Show some columns of a stored table as Markdown.

    Parameters: table, a structured array as `facelab.results` gives it; columns: field → heading, which may end in a
    number format in brackets, such as "EER (.3f)". An empty number (NaN) is shown as a dash.
    """
    headings, formats = [], []
    for heading in columns.values():
        name, _, form = heading.partition(" (.")
        headings.append(name)
        formats.append("." + form.rstrip(")") if form else "")
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    for row in table:
        entries = [_entry(row[field], form) for field, form in zip(columns, formats, strict=True)]
        lines.append("| " + " | ".join(entries) + " |")
    say("\n".join(lines))


def _entry(value: Any, form: str) -> str:
    if isinstance(value, float | np.floating) and np.isnan(value):
        return "–"
    if isinstance(value, float | np.floating) and not form and float(value).is_integer():
        return str(int(value))
    return format(value, form)


def interactive(function: Callable, *, positions: Sequence[Mapping[str, Any]], **sliders: Any) -> None:
    """Sliders that call a function of the notebook anew whenever they are moved.

    Parameters: function, which shows figures, or says a sentence; positions, what a reader without JupyterLab sees:
    a value for each slider, a few times; sliders: name of its argument → (lowest, highest), as ipywidgets reads it.
    Raises: ValueError if a position leaves a slider out, or has a value for something else.

    While a lesson is built there is nobody to move a slider. The positions are drawn instead, and stored: pictures side
    by side, sentences as a table. The book lets its reader switch among the pictures.
    """
    for position in positions:
        if position.keys() != sliders.keys():
            raise ValueError(
                f"interactive: a position sets {', '.join(position)}; the sliders are {', '.join(sliders)}."
            )
    if not os.environ.get("COURSE_BUILDING"):
        import ipywidgets

        ipywidgets.interact(function, **sliders)
        return
    *names, last = (f"`{name}`" for name in sliders)
    names = f"{', '.join(names)} and {last}" if names else last
    say(f"*In JupyterLab this cell has {'a slider' if len(sliders) == 1 else 'sliders'} for {names}. Some positions:*")
    shown = [(position, data) for position in positions for data in _shown_by(function, position)]
    pictures = [_frame(position, data) for position, data in shown if "image/png" in data]
    if pictures:
        text = f'<div class="positions" style="display:flex;flex-wrap:wrap;gap:1em">{"".join(pictures)}</div>'
        display({"text/html": text, "text/plain": "\n".join(data["text/plain"] for _, data in shown)}, raw=True)
    else:
        rows = [[*map(_number, position.values()), data["text/markdown"]] for position, data in shown]
        head = [[*(f"`{name}`" for name in sliders), "what it says"], ["---"] * (len(sliders) + 1)]
        say("\n".join("| " + " | ".join(row) + " |" for row in head + rows))


def _shown_by(function: Callable, position: Mapping[str, Any]) -> list[dict]:
    """The data of what a function displays at one position of its sliders."""
    with capture_output() as captured:
        function(**position)
    return [output.data for output in captured.outputs]


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _frame(position: Mapping[str, Any], data: Mapping[str, str]) -> str:
    """One picture that `show` made, under its position; as WebP, since there are many, and a lesson must stay small."""
    picture, packed = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))), io.BytesIO()
    picture.convert("RGB").save(packed, format="WEBP", quality=WEBP_QUALITY, method=6)
    encoded = base64.b64encode(packed.getvalue()).decode()
    figure = data["text/html"].replace(f"image/png;base64,{data['image/png']}", f"image/webp;base64,{encoded}")
    where = {name: _number(value) for name, value in position.items()}
    label = ", ".join(f"{name} = {value}" for name, value in where.items())
    values = html.escape(json.dumps(where))
    return f'<div class="position" data-values="{values}" style="max-width:100%"><code>{label}</code>{figure}</div>'


def show_source(thing: Any) -> None:
    """Show the source code of a thing of the library, a function or class: the code read is the code that runs."""
    say(f"```python\n{inspect.getsource(thing).rstrip()}\n```")


def begin_exercise() -> None:
    """Prepare an exercise's notebook; its first, locked cell calls this once.

    A check cell (its first line says that it is one) then runs apart. Warnings and anything that an answer or a library
    writes to stderr stay out of its output, because nbgrader takes any stderr for a failed check. The names that it
    defines are taken away afterwards, so that no answer can lean on them. An answer that is not there, because its own
    cell failed, is said so. Does nothing outside of IPython.
    """
    shell = get_ipython()
    if shell is None:
        return
    for event in ("pre_run_cell", "post_run_cell"):
        for callback in list(shell.events.callbacks[event]):
            if isinstance(getattr(callback, "__self__", None), _CheckCellGuard):
                shell.events.unregister(event, callback)
    guard = _CheckCellGuard(shell)
    shell.events.register("pre_run_cell", guard.before)
    shell.events.register("post_run_cell", guard.after)


@contextmanager
def self_test() -> Iterator[None]:
    """Stands around the checks of a self-test: a notebook says "Right." or the hint, and the next cell still runs.

    Outside of IPython a mistake is raised, as by any check.
    """
    try:
        yield
    except (CheckFailed, NotDone) as found:
        if get_ipython() is None:
            raise
        print(found)
    else:
        print("Right.")


class _Missing:
    """Stands for an answer that is not there; whatever a check does with it says so."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _say(self, *_: Any, **__: Any) -> None:
        raise CheckFailed(f"`{self._name}` is not there: run its cell, and read the error under it if there is one.")

    __call__ = __array__ = __len__ = __iter__ = __getitem__ = __getattr__ = _say


class _CheckCellGuard:
    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.saved: dict[str, Any] | None = None

    def before(self, info: Any) -> None:
        if not (info.raw_cell or "").lstrip().startswith(CHECK_CELL):
            return
        self.saved = dict(self.shell.user_ns)
        for name in free_names(info.raw_cell):
            if name not in self.saved:
                self.shell.user_ns[name] = _Missing(name)
        self.filters = warnings.catch_warnings()
        self.filters.__enter__()
        warnings.simplefilter("ignore")
        self.stderr, sys.stderr = sys.stderr, io.StringIO()
        self.descriptor, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 2)  # libraries in C write here, past Python's sys.stderr
        os.close(sink)

    def after(self, result: Any) -> None:
        if self.saved is None:
            return
        os.dup2(self.descriptor, 2)
        os.close(self.descriptor)
        sys.stderr = self.stderr
        self.filters.__exit__(None, None, None)
        names, saved, self.saved = self.shell.user_ns, self.saved, None
        for name in [n for n in names if not n.startswith("_")]:
            if name not in saved:
                del names[name]
            elif names[name] is not saved[name]:
                names[name] = saved[name]
