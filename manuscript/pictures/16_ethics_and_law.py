"""Lesson 16 at a glance: the same program is lent to longer and longer lists; five questions to each of its uses."""

import numpy as np

from facelab import plots, results, scaling

THRESHOLD = 0.36
USES = (("door", 10), ("house", 100), ("suspects", 1000), ("city", 10_000_000), ("nation", 1_300_000_000))
QUESTIONS = (
    "Which error hurts, and whom?",
    "How often, and measured on whom?",
    "Who agreed, and who can refuse?",
    "What leaks? What can be revoked?",
    "Which law speaks to this use?",
)
BLUE, ORANGE, _, _, GREY = plots.COLOURS


def draw():
    fig, (chain, audit) = plots.flow([4.7, 3.7], ["audit"], height=3.3)
    _chain(chain)
    _audit(audit)
    fig.suptitle("Nothing changed in the program; what changed is what it is used for", x=0, ha="left", fontsize=12)
    return fig


def _chain(ax):
    """Strangers who are named, by use: measured where the list is short, above that by a model that lesson 11 explains."""
    watch = results("watchlist")
    measured = {int(row["people"]): row["fpir"] for row in watch[np.isclose(watch["threshold"], THRESHOLD)]}
    fmr = scaling.fmr_for(measured[10], 10)
    shares = 100 * np.array([measured.get(n, scaling.fpir_of(fmr, n)) for _, n in USES])
    for place, ((_, n), share) in enumerate(zip(USES, shares, strict=True)):
        known = n in measured
        ax.bar(place, share, width=0.62, color=BLUE if known else "white", edgecolor=BLUE, hatch=None if known else "///")
        ax.text(place, share + 2, f"{share:.0f} %", ha="center")
    ax.set(ylim=(0, 118), ylabel="strangers named (%)", yticks=[0, 50, 100], xticks=range(len(USES)))
    sizes = ("10", "100", "1,000", "10 million", "1.3 billion")
    ax.set_xticklabels([f"{words}\n{size}" for (words, _), size in zip(USES, sizes, strict=True)], fontsize=10)
    ax.set_xlabel("people on the list")
    ax.text(-0.3, 88, "filled: measured\nhatched: a model", fontsize=10, va="center")
    ax.grid(False, axis="x")


def _audit(ax):
    """A sheet with a question a line, and a box to fill in."""
    ax.add_patch(plots.box(0.5, 0.5, 100, 100))
    ax.patches[0].set(edgecolor="black", linewidth=1.3)
    for i, question in enumerate(QUESTIONS):
        square = plots.box(7, 10 + 18.5 * i, 8, 8)
        square.set(edgecolor=ORANGE, linewidth=1.8)
        ax.add_patch(square)
        ax.text(20, 13.5 + 18.5 * i, question, va="center", fontsize=10)
    ax.set(xlim=(-1, 101), ylim=(101, -1))
    ax.set_axis_off()
