"""How long do the course's cascade and CNN take for an image, and what do they find, beside OpenCV's Haar and YuNet?

    python benchmarks/detection.py [--rounds N] [--montages N]

Every detector gets the same test montages (480 x 640, grey) in the same process, on one thread, as it is used: with the
stored models and their thresholds. They take turns, --rounds times, and CPU time counts, so that other work on the
machine disturbs them little and all alike: read the ratios, the milliseconds are this machine's. Recall and false boxes
are those of the montages timed.
"""

from __future__ import annotations

import argparse

import numpy as np
import psutil

from benchmarks.table import Row, show, time_row
from classroom.measure.detectors import COMPARED, MONTAGE_IOU
from classroom.measure.montages import seconds
from facelab.detection import evaluate
from facelab.montages import load_montages

PART = "detection"
LIBRARIES = ("numpy", "opencv-python")
# What they were built to reach: a cascade no slower than OpenCV's, a network in at most .35 of its time.
BUDGETS = {
    "cascade": ("ratio >= 1", ">= 0.95", "<= 0.5"),
    "cnn": (f"ratio >= {1 / 0.35:.3g}", ">= 0.92", "<= 1"),
}


def measure(rounds: int = 3, montages: int = 40) -> list[Row]:
    """The rows of every detector beside OpenCV's frontalface_default: time, recall, false boxes."""
    loaded = load_montages("test")
    images, boxes = loaded.images[:montages], loaded.boxes[:montages]
    times = seconds(COMPARED, images, rounds)
    print(
        f"{len(images)} montages of {images.shape[1]} x {images.shape[2]}, {sum(map(len, boxes))} faces, one thread, "
        f"median of {rounds} rounds, load {psutil.getloadavg()[0]:.1f}"
    )
    title = next(method.title for method in COMPARED if method.name == "haar")
    haar = 1e3 * float(np.median(times["haar"]))
    rows = []
    for method in COMPARED:
        detector = method.build(frame="cbcl", **method.own)
        found = evaluate([detector.detect(image) for image in images], boxes, threshold=MONTAGE_IOU)
        recall, false_boxes = found.at(-np.inf)
        fast, enough, few = BUDGETS.get(method.name, ("", "", ""))
        each = 1e3 * float(np.median(times[method.name]))
        what = f"{method.title}, {images.shape[1]} x {images.shape[2]}, one thread"
        beside = "" if method.name == "haar" else title
        unit = "ms of CPU time an image"
        rows.append(time_row(PART, what, unit, each, title, haar, fast) if beside else Row(PART, what, unit, each))
        rows.append(Row(PART, what, "recall", recall, beside, budget=enough))
        rows.append(Row(PART, what, "false boxes an image", false_boxes, beside, budget=few))
        show(rows[-3:])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--montages", type=int, default=40)
    options = parser.parse_args()
    measure(options.rounds, options.montages)


if __name__ == "__main__":
    main()
