"""One style for every figure of the course: safe for colour-blind readers and readable in grey."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.colors
import matplotlib.patches
import matplotlib.ticker
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

# From dark to light, so that they differ in grey print too; blue and orange are told apart by every common kind of
# colour vision. A line gets its own dash and marker beside its colour.
COLOURS = ("#08306b", "#c8590a", "#5fa8d3", "#f7cf5a", "#9a9a9a")
LINES = (*COLOURS[:3], "black", COLOURS[4])  # yellow is for areas: as a line it fades on white
DASHES = ("-", "--", "-.", ":", "-")
MARKERS = ("o", "s", "^", "D", "v")

STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": mpl.cycler(color=LINES, linestyle=DASHES, marker=MARKERS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "figure.constrained_layout.use": True,
    "font.size": 10.5,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.7,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.markersize": 5,
}


def figure(rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 3.6) -> tuple[Figure, np.ndarray]:
    """A new figure in the course's style, which is set for the session (titles and legends read it when they are made).

    Parameters: rows, columns of axes; width, height in inches of the whole figure.
    Returns: figure and its axes, always as an array: (rows * columns,), row by row.
    """
    mpl.rcParams.update(STYLE)
    fig, axes = pyplot.subplots(rows, columns, figsize=(width, height), squeeze=False)
    return fig, axes.ravel()


def flow(widths: Sequence[float], words: Sequence[str], *, height: float = 3.2) -> tuple[Figure, np.ndarray]:
    """A figure nine inches wide that is read from left to right: panels, and between them arrows with words above.

    Parameters: widths of the panels, inches; together they leave some room for the arrows; words of each arrow, one
    fewer than panels, may have line breaks; height in inches.
    Returns: figure and the panels' axes: (len(widths),).
    Raises: ValueError if the numbers of panels and words don't fit, or no room is left for arrows.
    """
    room = 9.0 - sum(widths)
    if len(words) != len(widths) - 1 or (words and room <= 0):
        raise ValueError(f"flow: {len(widths)} panels, {sum(widths)} of 9 inches wide, with {len(words)} arrows.")
    mpl.rcParams.update(STYLE)
    columns = [part for width in widths for part in (width, room / max(1, len(words)))][:-1]
    fig, axes = pyplot.subplots(1, len(columns), figsize=(9.0, height), squeeze=False, width_ratios=columns)
    for ax, text in zip(axes[0, 1::2], words, strict=True):
        ax.set_axis_off()
        ax.annotate(
            "", (1, 0.5), (0, 0.5), "axes fraction", arrowprops={"arrowstyle": "-|>", "lw": 1.8, "color": "black"}
        )
        ax.text(0.5, 0.55, text, transform=ax.transAxes, ha="center", va="bottom", fontsize=10)
    return fig, axes[0, ::2]


def picture(axes: Axes, image: np.ndarray, title: str = "", *, low: float | None = None, high: float | None = None):
    """Draw one grey image on axes, without ticks, under a title.

    Parameters: low, high, the values that become black and white (else its own range).
    """
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.set_frame_on(False)
    axes.set_title(title, fontsize=10, loc="center")


def faces(images: np.ndarray, titles: Sequence[str] = (), *, columns: int = 10, width: float = 8.0) -> Figure:
    """A table of face pictures.

    Parameters: images (N, h, w), uint8 shown from 0 to 255, others over their own common range; titles, one a picture
    or none; columns a row; width in inches.
    """
    count, h, w = images.shape
    rows = -(-count // columns)
    height = width / columns * h / w * rows + (0.28 * rows if titles else 0)
    fig, axes = figure(rows, columns, width=width, height=height)
    low, high = (0, 255) if images.dtype == np.uint8 else (images.min(), images.max())
    for i, ax in enumerate(axes):
        if i < count:
            picture(ax, images[i], titles[i] if titles else "", low=low, high=high)
        else:
            ax.set_axis_off()
    return fig


def cover(axes: Axes, signs: np.ndarray) -> None:
    """Lay a Haar-like feature over the image on axes: yellow where signs (h, w) are positive, blue where negative."""
    colours = np.zeros((*signs.shape, 4))
    colours[signs > 0] = mpl.colors.to_rgba(COLOURS[3], 0.75)
    colours[signs < 0] = mpl.colors.to_rgba(COLOURS[0], 0.75)
    axes.imshow(colours, interpolation="nearest")


def box(x: float, y: float, width: float, height: float) -> mpl.patches.Rectangle:
    """The outline of a box on an image, in pixels: x, y of its top left corner, width, height."""
    corner = (x - 0.5, y - 0.5)  # pixel (0, 0) is drawn from -0.5 to 0.5
    return mpl.patches.Rectangle(corner, width, height, fill=False, linewidth=2, edgecolor=COLOURS[1])


def probit_axes(axes: Axes, low: float, high: float) -> None:
    """Error rates on both axes, stretched as the normal distribution's quantiles: the axes of a DET curve.

    If genuine and impostor scores are normal, their curve is a straight line here, and rates of one in a thousand can
    be read beside rates of one in ten.

    Parameters: axes; low, high, the shares at the ends, between 0 and 1; rates outside aren't drawn.
    Raises: ValueError for other shares, or low not below high.
    Source: A. Martin et al., The DET curve in assessment of detection task performance, Eurospeech 1997.
    """
    if not 0 < low < high < 1:
        raise ValueError(f"probit_axes: low is {low} and high is {high}; wanted 0 < low < high < 1.")
    marks = [m for m in (1e-4, 1e-3, 0.01, 0.05, 0.2, 0.5, 0.8) if low <= m <= high]
    for axis, scale, limit in (
        (axes.xaxis, axes.set_xscale, axes.set_xlim),
        (axes.yaxis, axes.set_yscale, axes.set_ylim),
    ):
        scale("function", functions=(lambda p: norm.ppf(np.clip(p, 1e-12, 1 - 1e-12)), norm.cdf))
        limit(low, high)
        axis.set_ticks(marks, [f"{100 * m:g} %" for m in marks])
        axis.set_minor_locator(mpl.ticker.NullLocator())


def numbers(axes: Axes, image: np.ndarray, size: float = 6.5) -> None:
    """Draw a small image (h, w) on axes, with the value of every pixel written on it, size points high."""
    picture(axes, image, low=0, high=255)
    for (row, column), value in np.ndenumerate(image):
        colour = "white" if value < 128 else "black"
        axes.text(column, row, str(value), ha="center", va="center", fontsize=size, color=colour)
