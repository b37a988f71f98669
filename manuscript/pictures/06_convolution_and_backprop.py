"""Lesson 06 at a glance: filters slide over a picture, their answers become a score, whose error bends them."""

import matplotlib.patches
import numpy as np

from facelab import cnn, detection, plots
from facelab.datasets import load_cbcl, split_by_block

FILTERS = 0, 3, 5, 6  # of the eight
WINDOW = 96  # of the test faces


def draw():
    cbcl = load_cbcl()
    _, test = split_by_block(cbcl.is_face, share=0.2, random_state=0)
    face = cbcl.images[test[cbcl.is_face[test]]][WINDOW]
    network = detection.CnnDetector().network
    x = cnn.standardise_windows(face[None])
    first, rectified = network.layers[:2]
    answers = rectified.forward(first.forward(x))[0][list(FILTERS)]
    odds = np.exp(float(network.forward(x).item()))

    fig, axes = plots.flow([1.75, 3.3, 1.5], ["filters slide\nover it", "more layers\nof filters"], height=2.7)
    fig.get_layout_engine().set(rect=(0, 0.12, 1, 0.88))
    plots.picture(axes[0], face, "a window", low=0, high=255)
    axes[0].add_patch(plots.box(4, 5, 4, 4))
    filters = first.parameters[0].value[list(FILTERS), 0]
    _rows(axes[1], filters, answers)
    _score(axes[2], odds / (1 + odds))
    back = {"arrowstyle": "-|>", "mutation_scale": 18, "linewidth": 1.8, "linestyle": "--", "color": plots.COLOURS[1]}
    fig.add_artist(
        matplotlib.patches.FancyArrowPatch((0.92, 0.24), (0.47, 0.24), connectionstyle="arc3,rad=-0.12", **back)
    )
    fig.text(
        0.69, 0.0, "learning: the error says how to bend every filter", color=plots.COLOURS[1], ha="center", fontsize=10
    )
    return fig


def _rows(ax, filters, answers):
    """Above, filters, much enlarged; below each, what it answers where."""
    for i, (numbers, answer) in enumerate(zip(filters, answers, strict=True)):
        largest = np.abs(numbers).max()
        ax.imshow(
            numbers, cmap="gray", vmin=-largest, vmax=largest, extent=(1.1 * i + 0.25, 1.1 * i + 0.75, 1.12, 1.62)
        )
        ax.imshow(answer, cmap="gray", extent=(1.1 * i, 1.1 * i + 1, 0, 1))
    ax.set(xlim=(0, 4.3), ylim=(0, 1.65), aspect="equal")
    ax.set_title("learned filters, and where each answers", fontsize=10, loc="center")
    ax.set_axis_off()


def _score(ax, share):
    for i, (part, name, colour) in enumerate(((share, "face", 0), (1 - share, "other", 4))):
        ax.barh(i, part, height=0.45, color=plots.COLOURS[colour])
        ax.text(0, i - 0.3, f"{name} {part:.0%}", fontsize=10, va="bottom")
    ax.set(xlim=(0, 1), ylim=(2.6, -1.6))
    ax.set_title("a score", fontsize=10, loc="center", y=0.82)
    ax.set_axis_off()
