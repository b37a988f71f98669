"""Lesson 03 at a glance: a face becomes a point; the nearest cloud names it, and a stranger is near to none."""

import matplotlib.patches
import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from facelab import eigenfaces, images, plots
from facelab.datasets import load_orl

ENROLLED = {5: 1700, 13: -900, 17: 1900, 21: -1400, 28: -1000}  # person → how far to the side their face is drawn
NEW = (
    ((17, 9), "*", "near one cloud:\nthe same person", -1),
    ((30, 5), "X", "near none:\na stranger", 1),
)  # person, shot
REACH = 1100  # grey levels


def draw():
    orl = load_orl()
    vectors, kept = images.as_vectors(orl.images), (orl.shot < 5) & (orl.person < 30)
    points = eigenfaces.Eigenfaces(2).fit(vectors[kept]).transform(vectors)[:, ::-1]
    kept &= np.isin(orl.person, list(ENROLLED))
    fig, axes = plots.flow([1.2, 6.9], ["two\nnumbers\neach"])
    _clouds(axes[1], orl, points, kept)
    new = [int(np.flatnonzero((orl.person == person) & (orl.shot == shot))[0]) for (person, shot), *_ in NEW]
    _faces_to_name(axes[0], orl.images[new])
    for i, (_, marker, words, side) in zip(new, NEW, strict=True):
        near = np.linalg.norm(points[kept] - points[i], axis=1) < REACH
        assert set(orl.person[kept][near]) == ({orl.person[i]} if marker == "*" else set())
        _verdict(axes[1], points[i], marker, words, side)
    return fig


def _faces_to_name(ax, faces):
    height, width = faces.shape[1:]
    gap = np.full((10, width), 255, np.uint8)
    plots.picture(ax, np.concatenate([faces[0], gap, faces[1]]), "Who is this?", low=0, high=255)
    for i, (_, marker, *_) in enumerate(NEW):
        ax.plot(width + 9, (i + 0.5) * height + 10 * i, marker, color="black", markersize=12, clip_on=False)
    ax.set(xlim=(-0.5, width - 0.5))


def _clouds(ax, orl, points, kept):
    """The kept pictures as points, and beside each person's cloud a face."""
    for (person, beside), marker, colour in zip(ENROLLED.items(), plots.MARKERS, plots.COLOURS, strict=True):
        cloud = points[kept & (orl.person == person)]
        ax.plot(*cloud.T, marker, color=colour, linestyle="", markersize=7, markeredgecolor="black")
        face = OffsetImage(orl.images[orl.person == person][0], zoom=0.33, cmap="gray", clim=(0, 255))
        ax.add_artist(AnnotationBbox(face, cloud.mean(axis=0) + [beside, 0], frameon=False, pad=0))
    ax.set(aspect="equal", xlim=(-5200, 6200), ylim=(-3400, 3100), xticks=[], yticks=[], xlabel="one number")
    ax.set(ylabel="another number", title="Every kept picture is a point; one person's lie together")


def _verdict(ax, point, marker, words, side):
    """A new picture's point, how far it reaches, and in words what is there."""
    ax.plot(*point, marker, color="black", markersize=12)
    ax.add_patch(matplotlib.patches.Circle(point, REACH, fill=False, linestyle="--", linewidth=1.2))
    x, y = point[0] + side * (REACH + 150), point[1]
    ax.text(x, y, words, ha="left" if side > 0 else "right", va="center", weight="bold", fontsize=10)
