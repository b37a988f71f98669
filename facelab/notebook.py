"""The only module that knows that it may run in a notebook: figures with alt text, computed sentences, source code."""

from __future__ import annotations

import base64
import html
import inspect
import io
import os
import re
import sys
import warnings
from typing import Any

from IPython import get_ipython
from IPython.display import display
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

DOTS_PER_INCH = 110
COLOURS = 96
CHECK_CELL = re.compile(r"^from facelab\.checks import .*\bexpect\b", re.MULTILINE)


def show(figure: Figure, *, alt: str, caption: str) -> None:
    """Show a figure with its alt text and caption, as HTML and as a plain PNG in one output, and close it.

    Parameters: figure, a matplotlib figure; alt, what the figure shows, for a reader who cannot see it (numbers in it
    are computed by the caller); caption, the sentence under it.
    Raises: ValueError if alt or caption is empty, or the alt text says no more than the kind of figure.
    """
    if len(alt.split()) < 4 or not caption.strip():
        raise ValueError(f"show: alt is {alt!r}, caption is {caption!r}. Say in both what the figure shows.")
    picture = _png(figure)
    pyplot.close(figure)
    encoded = base64.b64encode(picture).decode()
    text = (
        f'<figure style="margin:0"><img alt="{html.escape(alt)}" src="data:image/png;base64,{encoded}" '
        f'style="max-width:100%;height:auto"><figcaption>{html.escape(caption)}</figcaption></figure>'
    )
    display({"text/html": text, "image/png": encoded, "text/plain": f"{caption} [{alt}]"}, raw=True)


def _png(figure: Figure) -> bytes:
    """The figure as a PNG of few colours: a third of the size, and the same bytes for the same picture."""
    buffer, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", facecolor="white")
    picture = (
        Image.open(buffer).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    )
    picture.save(packed, format="png", optimize=True)
    return packed.getvalue()


def say(text: str) -> None:
    """Show a sentence, as Markdown, whose numbers the caller has just computed."""
    display({"text/markdown": text, "text/plain": text}, raw=True)


def show_source(thing: Any) -> None:
    """Show the source code of a function or class of the library: the code read is the code that runs."""
    say(f"```python\n{inspect.getsource(thing).rstrip()}\n```")


def begin_exercise() -> None:
    """Prepare an exercise's notebook; its first, locked cell calls this once.

    A check cell (one that imports `expect`) then runs apart: warnings and anything that an answer or a library writes
    to stderr stay out of its output, because nbgrader takes any stderr for a failed check; and the names that it
    defines are taken away afterwards, so that no answer can lean on them. Does nothing outside of IPython.
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


class _CheckCellGuard:
    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.saved: dict[str, Any] | None = None

    def before(self, info: Any) -> None:
        if not CHECK_CELL.search(info.raw_cell or ""):
            return
        self.saved = dict(self.shell.user_ns)
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
