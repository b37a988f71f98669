"""Lesson 01 at a glance: a picture is a row of numbers, and the kept row that is nearest gives its name."""

import numpy as np

from facelab import images, plots
from facelab.datasets import load_orl

PROBE = 46  # of the new pictures; its nearest kept picture shows the same person
PATCH = 62, 32  # row and column of the pixels that are shown as numbers: the eye
SIDE = 6


def draw():
    orl = load_orl()
    kept, person = orl.images[orl.shot < 5], orl.person[orl.shot < 5]
    new, new_person = orl.images[orl.shot >= 5][PROBE], orl.person[orl.shot >= 5][PROBE]
    distance = np.sqrt(images.squared_distances(images.as_vectors(new[None]), images.as_vectors(kept)))[0]
    best = int(distance.argmin())
    assert person[best] == new_person
    first = [int(distance[person == p].argmin() + np.flatnonzero(person == p)[0]) for p in range(40)]
    others = [i for i in sorted(first, key=lambda i: distance[i]) if i != best][4::12]
    shown = [best, *others]

    fig, axes = plots.flow([2.0, 2.3, 3.2], ["pixels are\nnumbers", "how far\napart?"])
    plots.picture(axes[0], new, "Who is this?", low=0, high=255)
    row, column = PATCH
    axes[0].add_patch(plots.box(column, row, SIDE, SIDE))
    plots.numbers(axes[1], new[row : row + SIDE, column : column + SIDE], size=9)
    axes[1].set_title(f"{SIDE * SIDE} of its {new.size:,} numbers", fontsize=10, loc="center")
    _bars(axes[2], kept[shown], distance[shown])
    return fig


def _bars(ax, faces, distance):
    """Kept faces, one below the other, each with a bar as long as its distance; the nearest stands out."""
    height, width = faces.shape[1:]
    share = width / height
    for i, (face, far) in enumerate(zip(faces, distance, strict=True)):
        ax.imshow(face, extent=(-share, 0, i + 0.47, i - 0.47), vmin=0, vmax=255)
        length = 2.2 * far / distance.max()
        ax.barh(i, length, left=0.1, height=0.5, color=plots.COLOURS[0 if i == 0 else 4])
        ax.text(0.2, i, f"{far:,.0f}", color="white" if i == 0 else "black", va="center", fontsize=10)
    ax.text(
        2.3 * distance[0] / distance.max() + 0.15, 0, "nearest:\nsame person", va="center", fontsize=10, weight="bold"
    )
    ax.set(xlim=(-share, 2.4), ylim=(len(faces) - 0.5, -0.5), aspect="equal")
    ax.set_title("Distance from kept pictures (grey levels)", fontsize=10)
    ax.set_axis_off()
