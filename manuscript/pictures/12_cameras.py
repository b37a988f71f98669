"""Lesson 12 at a glance: a face is followed through the frames; its pictures make one template and one decision."""

import cv2
import numpy as np

from facelab import detection, montages, plots, results, video
from facelab.datasets import load_orl
from facelab.embedding import SFaceEmbedder, orl_templates
from facelab.identification import threshold_at_fpir
from facelab.verification import similarity

WALKING = [23, 31, 26, 38, 24, 35]  # lesson 12's video
FOLLOWED, NOW = 1, 40  # a track of somebody who is on the list, and the frame that is shown
EVERY = 5


def draw():
    orl, templates = load_orl(), orl_templates()
    scene = video.make_scene(orl, WALKING, video.still(montages.backgrounds("test")["coffee"]), random_state=12)
    watched = video.follow(scene.frames(), detection.YuNetDetector(0.6), SFaceEmbedder(), EVERY)
    track = next(t for t in watched.tracks if t.number == FOLLOWED)
    person = video.hold_against(watched, scene.truth()).shown[FOLLOWED]
    enrolled = templates[(orl.person == person) & (orl.shot < 5)]

    fig, axes = plots.flow([3.3, 1.9, 2.3], ["its\npictures", "one\ntemplate"])
    _frame(axes[0], scene.frame(NOW), watched.tracks)
    crops = [_crop(scene.frame(int(t)), box) for t, box in zip(track.frames, track.boxes, strict=True)][1:10]
    rows = [np.hstack(crops[i : i + 3]) for i in (0, 3, 6)]
    plots.picture(axes[1], np.vstack(rows), "nine looks, one person", low=0, high=255)
    _decision(axes[2], *(similarity(t, enrolled).max(axis=1) for t in (track.templates, track.template()[None])))
    fig.suptitle("A camera sees one person many times: follow, pool, decide once", x=0, ha="left", fontsize=12)
    return fig


def _frame(ax, frame, tracks):
    """A frame with the boxes of the tracks, and the way of the one that is followed."""
    plots.picture(ax, frame, f"frame {NOW}", low=0, high=255)
    for track in tracks:
        box = track.box_at(NOW)
        if box is not None:
            outline = plots.box(*box)
            outline.set(edgecolor="white", linewidth=2.5 if track.number == FOLLOWED else 1, linestyle="-" if track.number == FOLLOWED else ":")
            ax.add_patch(outline)
        if track.number == FOLLOWED:
            ax.plot(*(track.boxes[:, :2] + track.boxes[:, 2:] / 2).T, ".-", color="white", lw=1.5, markersize=7)


def _crop(frame, box):
    """The face in a box, cut out square and brought to one size, with a white edge."""
    x, y, w, h = box
    side = max(w, h)
    left, top = int(x + w / 2 - side / 2), int(y + h / 2 - side / 2)
    part = frame[max(0, top) : top + int(side), max(0, left) : left + int(side)]
    return cv2.copyMakeBorder(cv2.resize(part, (60, 60)), 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=255)


def _decision(ax, single, pooled):
    """The scores of single pictures, that of the pooled template, and the threshold of lesson 12's stored videos."""
    tracks = results("video_tracks")
    strangers = tracks[(tracks["part"] == "choose") & (tracks["listed"] == 0)]
    ax.plot(np.linspace(-0.25, 0.25, len(single)), single, "o", color="black", linestyle="")
    ax.plot(1, pooled[0], "D", color="black", markersize=11)
    ax.axhline(threshold_at_fpir(strangers["pooled_score"], 0.02), color="black", linestyle=":", marker="")
    ax.text(1.5, threshold_at_fpir(strangers["pooled_score"], 0.02) - 0.02, "threshold", ha="right", va="top", fontsize=10)
    ax.set(xlim=(-0.5, 1.5), ylim=(0, 1), xticks=[0, 1], ylabel="score with the list's photographs")
    ax.set_xticklabels(["one picture\nat a time", "all\ntogether"])
    ax.grid(False)
