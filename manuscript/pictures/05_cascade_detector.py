"""Lesson 05 at a glance: of a picture's windows, stage after stage throws nearly all away; what is left are faces."""

import cv2
import numpy as np

from facelab import detection, montages, plots

EXAMPLE = 14  # of the test montages
BOXES = 90  # drawn to stand for all windows


def draw():
    test = montages.load_montages("test")
    image, truth = test.images[EXAMPLE], test.boxes[EXAMPLE]
    detector = detection.CascadeDetector()
    scan = detector.cascade.scan(image)
    found = detector.detect(image)
    assert (detection.iou(truth, found.boxes).max(axis=1) > 0.4).all() and len(found) == len(truth)

    fig, axes = plots.flow([2.75, 2.1, 2.75], ["every place,\nevery size", "what is left,\nmerged"], height=2.6)
    _boxed(axes[0], image, _some_windows(image), 0.7)
    axes[0].set_title(f"{scan.windows:,} windows", fontsize=10, loc="center")
    _funnel(axes[1], [scan.windows, *scan.passed])
    _boxed(axes[2], image, found.boxes, 2)
    axes[2].set_title(f"{len(found)} faces", fontsize=10, loc="center")
    return fig


def _some_windows(image):
    rng = np.random.default_rng(0)
    side = 24 * 1.2 ** rng.integers(0, 12, BOXES)
    x, y = rng.uniform(size=(2, BOXES)) * (np.array(image.shape[::-1])[:, None] - side)
    return np.stack([x, y, side, side], axis=1)


def _boxed(ax, image, boxes, line):
    """The picture at half size, posterised to keep the file small, with boxes."""
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    plots.picture(ax, half // 16 * 16, low=0, high=255)
    for box in boxes:
        ax.add_patch(plots.box(*(box / 2)))
        ax.patches[-1].set(edgecolor=plots.COLOURS[3], linewidth=line)


def _funnel(ax, left):
    """How many windows are left after each stage, as bars about a middle line, on a logarithmic scale."""
    length = np.log10(left)
    ax.barh(range(len(left)), length, left=-length / 2, height=0.78, color=plots.COLOURS[0])
    for i, count in enumerate(left):
        ax.text(0, i, f"{count:,}", color="white", ha="center", va="center", fontsize=9)
    ax.set_yticks(range(len(left)), ["all", *(f"stage {i}" for i in range(1, len(left)))], fontsize=9)
    ax.set(ylim=(len(left) - 0.5, -0.5), xticks=[])
    ax.set_title("windows left", fontsize=10, loc="center")
    ax.tick_params(length=0)
    ax.grid(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
