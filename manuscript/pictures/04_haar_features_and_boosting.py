"""Lesson 04 at a glance: one question about light is a weak hint; a hundred such hints together decide."""

import numpy as np

from facelab import haar, plots
from facelab.datasets import load_cbcl, split_by_block

EYES = haar.Features(*np.array([[1], [2], [3], [15], [5]]))  # kind 1, x, y, width and height of one half
ROUNDS = 100


def draw():
    cbcl = load_cbcl()
    learn, test = split_by_block(cbcl.is_face, share=0.2, random_state=0)
    windows, is_face = cbcl.images[test], cbcl.is_face[test]
    one = -EYES.values(windows)[0]  # cheeks less eyes
    boosted = haar.AdaBoost.fit(cbcl.images[learn], cbcl.is_face[learn], ROUNDS, rng=np.random.default_rng(0), keep=5)
    many = boosted.decision_function(windows)

    fig, axes = plots.flow([1.7, 2.5, 2.5], ["one\nnumber", f"{ROUNDS} such\nquestions\nvote"], height=2.9)
    plots.picture(axes[0], cbcl.images[learn[cbcl.is_face[learn]]].mean(axis=0), "Eyes darker than cheeks?")
    plots.cover(axes[0], EYES.picture(0))
    _two_hills(axes[1], one, is_face, "cheeks less eyes", "One question is a hint")
    _two_hills(axes[2], many, is_face, "weighted votes", f"{ROUNDS} questions decide")
    return fig


def _two_hills(ax, value, is_face, name, title):
    """How values of faces and of other patches spread; the line between them stands at 0."""
    bins = np.linspace(*np.quantile(value, [0.002, 0.998]), 36)
    for kind, colour, style in ((True, 0, "-"), (False, 1, "--")):
        heights, _ = np.histogram(value[is_face == kind], bins)
        share = heights / (is_face == kind).sum()
        ax.stairs(share, bins, color=plots.COLOURS[colour], linestyle=style, linewidth=2)
        if name == "weighted votes":
            label, top = ("faces" if kind else "others"), bins[share.argmax()]
            ax.text(top, share.max() * 1.03, label, ha="center", color=plots.COLOURS[colour], fontsize=10)
    ax.axvline(0, color="black", linewidth=1, linestyle=":")
    ax.set(title=title, xlabel=name, xticks=[0], yticks=[])
    ax.set_ylim(0, 1.18 * ax.dataLim.ymax)
    ax.spines["left"].set_visible(False)
