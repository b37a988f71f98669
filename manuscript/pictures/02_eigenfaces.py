"""Lesson 02 at a glance: a face is the mean face plus some of each eigenface."""

from facelab import eigenfaces, images, plots
from facelab.datasets import load_orl

UNSEEN = 18  # of the pictures that nothing was learned from
KEPT = 80


def draw():
    orl = load_orl()
    learned, unseen = (images.as_vectors(orl.images[part]) for part in (orl.shot < 5, orl.shot >= 5))
    space = eigenfaces.Eigenfaces(KEPT).fit(learned)
    face = unseen[UNSEEN][None]
    numbers = space.transform(face)
    redrawn = space.inverse_transform(numbers).clip(0, 255)
    shape = orl.images.shape[1:]

    fig, axes = plots.figure(1, 5, width=9, height=2.1)
    for i, ax in enumerate(axes):
        ax.set_position((0.217 * i, 0, 0.13, 0.68))  # what is left between them is for the signs
    for ax, picture, title in (
        (axes[0], face, f"{face.size:,} pixels"),
        (axes[1], space.mean_, "mean face"),
        (axes[4], redrawn, f"{KEPT} numbers"),
    ):
        plots.picture(ax, picture.reshape(shape), title, low=0, high=255)
    for i, ax in enumerate(axes[2:4]):
        plots.picture(ax, space.components_[i].reshape(shape), f"eigenface {i + 1}")
    signs = ["≈", *(f"{'+' if n >= 0 else '−'} {abs(n):,.0f} ×" for n in numbers[0, :2]), "+ … ="]
    for ax, sign in zip(axes[1:], signs, strict=True):
        ax.text(-0.33, 0.5, sign, transform=ax.transAxes, ha="center", va="center", fontsize=12)
    fig.suptitle(f"A face is the mean face and some of each of {KEPT} eigenfaces", x=0, y=0.99, ha="left", fontsize=12)
    return fig
