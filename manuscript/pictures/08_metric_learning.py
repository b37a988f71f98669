"""Lesson 08 at a glance: one person's pictures are pulled together, two people's pushed apart."""

import numpy as np

from facelab import cnn, embedding, metric, plots
from facelab.datasets import load_orl, split_by_person

SHOWN = 5, 12, 21, 23, 35  # five of the ten people that nothing is learned from
TRIO = [150, 154, 160]  # two pictures of one person and one of another, all learned from
PEOPLE, EPOCHS = 30, 20


def draw():
    orl, faces = load_orl(), embedding.orl_aligned()
    learn, unseen = split_by_person(orl.person, PEOPLE, random_state=0)
    assert np.isin(SHOWN, orl.person[unseen]).all()
    shown = np.isin(orl.person, SHOWN)
    x = cnn.standardise_windows(faces)
    network = metric.embedding_network(x.shape[2:], rng=0)
    before = metric.embed(network, x[shown])
    metric.train_embedding(network, x[learn], orl.person[learn], loss="cosface", epochs=EPOCHS, rng=0)
    after = metric.embed(network, x[shown])

    fig, axes = plots.flow(
        [2.1, 3.1, 2.1], [f"learn from\n{PEOPLE} other\npeople", "works for\nthese, too"], height=2.7
    )
    _map(axes[0], before, orl.person[shown], "Before: all alike")
    assert np.isin(TRIO, learn).all()
    _rule(axes[1], *orl.images[TRIO])
    _map(axes[2], after, orl.person[shown], "After: they come apart")
    return fig


def _map(ax, templates, person, title):
    """Templates in the plane in which they spread most, to one scale."""
    centred = templates - templates.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    z = centred @ directions[:2].T
    for one, marker, colour in zip(SHOWN, plots.MARKERS, plots.COLOURS, strict=True):
        ax.plot(
            *z[person == one].T,
            marker,
            color=colour,
            linestyle="",
            markersize=7,
            markeredgecolor="black",
            markeredgewidth=0.5,
        )
    ax.set(aspect="equal", xlim=(-1, 1), ylim=(-1, 1), xticks=[], yticks=[], title=title)
    ax.set_xlabel("5 people never learned from", fontsize=9)


def _rule(ax, positive, anchor, negative):
    """Three faces in a row: the first two, of one person, are pulled together, the last two pushed apart."""
    height, width = anchor.shape
    gap = 50
    for i, face in enumerate((positive, anchor, negative)):
        left = i * (width + gap)
        ax.imshow(face, cmap="gray", vmin=0, vmax=255, extent=(left, left + width, height, 0))
    for i, (words, style, colour) in enumerate((("pull", "<|-", 0), ("push", "-|>", 1))):
        left = width + i * (width + gap)
        middle, line = (
            left + gap / 2,
            {"arrowstyle": style, "linewidth": 2, "color": plots.COLOURS[colour], "shrinkA": 0, "shrinkB": 0},
        )
        for end in (left + 3, left + gap - 3):
            ax.annotate("", (end, height / 2), (middle, height / 2), arrowprops=line)
        ax.text(
            middle,
            height * 0.4,
            words,
            ha="center",
            va="bottom",
            fontsize=9,
            color=plots.COLOURS[colour],
            weight="bold",
        )
    for left, right, words in ((0, 2, "one person"), (2, 3, "another")):
        middle = (left + right) / 2 * (width + gap) - gap / 2
        ax.text(middle, height + 8, words, ha="center", va="top", fontsize=10)
    ax.set(xlim=(0, 3 * width + 2 * gap), ylim=(height + 30, 0), aspect="equal")
    ax.set_axis_off()
