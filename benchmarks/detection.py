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

from classroom.measure.detectors import COMPARED, MONTAGE_IOU
from classroom.measure.montages import seconds
from facelab.detection import evaluate
from facelab.montages import load_montages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--montages", type=int, default=8)
    options = parser.parse_args()
    montages = load_montages("test")
    images, boxes = montages.images[: options.montages], montages.boxes[: options.montages]
    times = seconds(COMPARED, images, options.rounds)
    print(
        f"{len(images)} montages of {images.shape[1]} x {images.shape[2]}, {sum(map(len, boxes))} faces, one thread, "
        f"median of {options.rounds} rounds, load {psutil.getloadavg()[0]:.1f}"
    )
    print(f"  {'':<32}{'ms an image':>12}{'x haar':>8}{'recall':>9}{'false an image':>16}")
    for method in COMPARED:
        detector = method.build(frame="cbcl", **method.own)
        found = evaluate([detector.detect(image) for image in images], boxes, threshold=MONTAGE_IOU)
        recall, false_boxes = found.at(-np.inf)
        each = times[method.name]
        print(
            f"  {method.title:<32}{1e3 * np.median(each):12.1f}{np.median(each / times['haar']):8.2f}"
            f"{recall:9.3f}{false_boxes:16.2f}"
        )


if __name__ == "__main__":
    main()
