"""Lesson 01 at a glance: pictures are rows of numbers; the nearest row names the person."""

import numpy as np

from facelab import images, plots
from facelab.datasets import load_orl


def draw():
    orl = load_orl()
    kept, probe = orl.images[orl.shot < 5], orl.images[orl.shot >= 5]
    rows, who = images.as_vectors(kept), orl.person[orl.shot < 5]
    one = 93  # a new picture whose nearest kept picture is of the same person
    distance = np.sqrt(images.squared_distances(images.as_vectors(probe[[one]]), rows))[0]
    best = int(distance.argmin())
    fig, axes = plots.flow([2, 2, 3], ["10,304 pixels", "compare"])
    plots.picture(axes[0], probe[one], "a new picture", low=0, high=255)
    plots.picture(axes[1], kept[best], "the nearest", low=0, high=255)
    return fig
