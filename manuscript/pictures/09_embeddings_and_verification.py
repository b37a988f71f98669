"""Lesson 09 at a glance: a pair of faces gets one score, and a threshold on it errs in two ways."""

import numpy as np

from facelab import plots, results
from facelab.datasets import load_orl
from facelab.embedding import orl_templates

THRESHOLD = 0.3
PAIRS = (("one person", (20, 23)), ("two people", (20, 87)))  # pictures of ORL
NEAR, TALL = (0.18, 0.42), 48  # the part that is enlarged: scores, pairs
BLUE, ORANGE = plots.COLOURS[:2]


def draw():
    fig, (pairs, whole, near) = plots.flow([2.1, 2.75, 2.6], ["one\nscore", "look\ncloser"])
    _pairs(pairs)
    for ax in (whole, near):
        _heaps(ax)
        ax.axvline(THRESHOLD, color="black", lw=1.6)
        ax.grid(False)
        ax.set(xlabel="score", yticks=[])
    enlarged = plots.box(NEAR[0] + 0.5, -3.5, NEAR[1] - NEAR[0], TALL)  # plots.box counts in pixels: half of one is added
    enlarged.set(edgecolor="black", linewidth=1.2)
    whole.add_patch(enlarged)
    whole.set(ylim=(-6, 390), xticks=[0, 0.5, 1])
    whole.text(0.07, 310, "two people", ha="center", color=BLUE)
    whole.text(0.7, 245, "one person", ha="center", color=ORANGE)
    near.set(xlim=NEAR, ylim=(0, TALL), xticks=[0.2, THRESHOLD, 0.4])
    near.text(THRESHOLD + 0.005, 17, "false\nmatches", color=BLUE, fontsize=10)
    near.text(NEAR[0] + 0.004, 7, "false\nnon-matches", color=ORANGE, fontsize=10)
    near.annotate("", (0.39, 43), (0.21, 43), arrowprops={"arrowstyle": "<|-|>", "color": "black"})
    near.text(0.3, 44, "move the threshold", ha="center", va="bottom", fontsize=10, backgroundcolor="white")
    fig.suptitle("Wherever the line is drawn, one error is bought with the other", x=0, ha="left", fontsize=12)
    return fig


def _pairs(ax):
    """Two pairs of faces, one below the other, each with its score."""
    orl, templates = load_orl(), orl_templates()
    white = np.full((30, 192), 255)
    rows = [np.hstack([orl.images[a], white[0, :8] + np.zeros((112, 1)), orl.images[b]]) for _, (a, b) in PAIRS]
    plots.picture(ax, np.vstack([rows[0], white, rows[1]]), low=0, high=255)
    for place, (words, (a, b)) in zip((-6, 137), PAIRS, strict=True):
        ax.text(96, place, f"{words}: {templates[a] @ templates[b]:.2f}", ha="center", va="bottom")


def _heaps(ax):
    """LFW's scores of both kinds of pairs; what lies on the wrong side of the threshold is filled."""
    lfw = results("lfw_sface")
    edges = np.linspace(-0.3, 1, 66)
    for same, colour, dash in ((0, BLUE, "-"), (1, ORANGE, "--")):
        counts, _ = np.histogram(lfw["score"][lfw["same"] == same], edges)
        ax.stairs(counts, edges, color=colour, linestyle=dash, lw=1.8)
        accepted = edges[:-1] > THRESHOLD - 1e-6
        hatch = "" if same else "///"
        ax.stairs(np.where(accepted != same, counts, 0), edges, fill=True, fc=colour if same else "white", ec=colour, hatch=hatch, lw=0)
