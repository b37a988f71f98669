"""Lesson 07 at a glance: a network sees a whole picture at once; a network of today finds faces that others miss."""

import cv2
import numpy as np

from facelab import detection, montages, plots, results

EXAMPLE = 14  # of the test montages


def draw():
    test = montages.load_montages("test")
    image, truth = test.images[EXAMPLE], test.boxes[EXAMPLE]
    detector = detection.CnnDetector()
    wanted = np.sort(truth[:, 2])[1]  # of the smaller faces
    scale, _, scores = min(detector.scan(image), key=lambda level: abs(detector.window * level[0] - wanted))
    of_this_size = truth[abs(np.log(truth[:, 2] / (detector.window * scale))) < np.log(1.4)]

    fig, axes = plots.flow([2.6, 2.6, 2.2], ["whole,\nthrough\none network", "measured\non crowds"], height=2.5)
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    plots.picture(axes[0], half // 16 * 16, "a picture", low=0, high=255)
    plots.picture(axes[1], scores, "scores: bright for a face of one size", low=-4, high=6)
    for box in of_this_size:
        axes[0].add_patch(plots.box(*(box / 2)))
        # The score of a window stands where its upper left corner is; a ring of two windows' strides round it.
        axes[1].plot(*(box[:2] / scale / detector.stride), "o", markersize=13, fillstyle="none", color=plots.COLOURS[1])
        axes[1].lines[-1].set_markeredgewidth(2)
    _crowds(axes[2])
    return fig


def _crowds(ax):
    """Faces found by their height in pixels, from the stored table; the last class has no upper end."""
    stored = results("wider_recall")
    for number, (name, label, x, y) in enumerate(
        (("yunet", "YuNet", 2, 92), ("haar", "Haar", 2, 49), ("cnn", "our network", 3.05, 22))
    ):
        rows = stored[stored["detector"] == name]
        style = {"color": plots.COLOURS[number], "linestyle": plots.DASHES[number], "marker": plots.MARKERS[number]}
        ax.plot(range(len(rows)), 100 * rows["found"] / rows["faces"], **style)
        ax.text(x, y, label, fontsize=10, ha="center")
    ax.set_xticks(range(len(rows)), [f"{low:.0f}" for low in rows["min_height"]])
    ax.set(xlabel="height of the face, from … px", ylim=(0, 100))
    ax.set_title("faces found (%)", fontsize=10)
