"""Every detector on the montages of people, backgrounds and seeds that none was trained or tuned with.

Recall against false boxes an image at every threshold, seconds an image beside each other, and the running table of
detectors. `course measure detectors` comes first; WIDER's column of the running table is read from wider_ap.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import cv2
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from classroom.measure.detectors import COMPARED, METHODS, MONTAGE_IOU, Method, on_montages
from classroom.measure.store import write_table
from facelab import results
from facelab.detection import Evaluation
from facelab.montages import load_montages

MOST_FALSE = 25  # false boxes an image, beyond which nobody would use a detector
ROUNDS = 5
TIMED = 8  # montages a round
WIDER_HEIGHT = 32  # px, of the running table's average precision
PROTOCOL = (
    "40 test montages of 480 x 640 (facelab.montages.load_montages); matched one to one, best first, at IoU "
    f"{MONTAGE_IOU}, boxes in CBCL's framing (facelab.detection.to_frame, data/measured/detector_frames.csv)"
)
CURVE_COLUMNS = ("detector", "threshold", "recall", "false_boxes")
TIME_COLUMNS = ("detector", "seconds", "times_haar", "times_haar_low", "times_haar_high")
LADDER_COLUMNS = (
    "method", "year", "parameters", "montage_recall", "montage_false_boxes", "wider_ap_32", "images_per_second",
)  # fmt: skip


def curve(evaluation: Evaluation) -> list[tuple[float, float, float]]:
    """Threshold, recall and false boxes an image, at every threshold where recall changes, and at the last.

    Between two changes of recall only false boxes come in; the row there is the one with the fewest.
    """
    rows = [(float(t), *evaluation.at(t)) for t in np.unique(evaluation.scores)[::-1]]
    kept = [rows[i] for i in range(len(rows)) if i == 0 or rows[i][1] > rows[i - 1][1]]
    kept += rows[-1:] if rows and kept[-1] != rows[-1] else []
    return [row for row in kept if row[2] <= MOST_FALSE]


def seconds(methods: Sequence[Method], images: np.ndarray, rounds: int = ROUNDS) -> dict[str, np.ndarray]:
    """CPU seconds an image of each detector as it is used, (rounds,) each: they take turns, on one thread."""
    detectors = {method.name: method.build(frame="cbcl", **method.own) for method in methods}
    times: dict[str, list[float]] = {name: [] for name in detectors}
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            for detector in detectors.values():
                detector.detect(images[0])  # the first call of some sets up more than the others
            for _ in tqdm(range(rounds), desc="timing", unit="round"):
                for name, detector in detectors.items():
                    start = time.process_time()
                    for image in images:
                        detector.detect(image)
                    times[name].append((time.process_time() - start) / len(images))
    finally:
        cv2.setNumThreads(before)
    return {name: np.array(each) for name, each in times.items()}


def time_rows(times: dict[str, np.ndarray]) -> list[list]:
    """Median seconds an image, and the time over that of OpenCV's frontalface_default in the same round."""
    rows = []
    for name, each in times.items():
        ratio = each / times["haar"]
        figures = [np.median(each), np.median(ratio), ratio.min(), ratio.max()]
        rows.append([name, *(float(f"{figure:.3g}") for figure in figures)])
    return rows


def wider_ap(name: str) -> float | None:
    """A detector's stored average precision on WIDER's faces of 32 px and more; None before it was measured."""
    try:
        table = results("wider_ap")
    except FileNotFoundError:
        return None
    row = table[(table["detector"] == name) & (table["min_height"] == WIDER_HEIGHT)]
    return float(row["ap"][0]) if len(row) else None


def main(options: argparse.Namespace) -> None:
    """Write montage_curves, montage_times and ladder_detection."""
    montages = load_montages("test")
    evaluations = {
        method.name: on_montages(method.build(frame="cbcl", **method.everything), montages, method.name)
        for method in METHODS
    }
    rows = [[name, *row] for name, evaluation in evaluations.items() for row in curve(evaluation)]
    protocol = [
        PROTOCOL,
        f"a row where recall changes, with the fewest false boxes an image, and the last; up to {MOST_FALSE} an image",
        *(f"{method.name}: {method.how}" for method in METHODS),
    ]
    write_table("montage_curves", "course measure montages", protocol, CURVE_COLUMNS, rows)

    times = seconds(METHODS, montages.images[:TIMED])
    protocol = [
        f"CPU seconds an image on one thread: median of {ROUNDS} rounds of {TIMED} test montages, the detectors taking "
        "turns; times_haar: the time over haar's in the same round, median, lowest and highest",
        *(f"{method.name}: {method.how}" for method in METHODS),
    ]
    write_table("montage_times", "course measure montages", protocol, TIME_COLUMNS, time_rows(times))

    ladder = []
    for method in COMPARED:
        recall, false_boxes = evaluations[method.name].at(method.threshold())
        speed = float(f"{1 / np.median(times[method.name]):.2g}")
        figures = (recall, false_boxes, wider_ap(method.name), speed)
        ladder.append([method.title, method.year, method.parameters, *figures])
    protocol = [
        f"{PROTOCOL}; recall and false boxes an image at the detector's own threshold, which ours have from the tuning "
        "montages",
        "year: of the paper followed: Lienhart and Maydt 2002; Viola and Jones 2004; Garcia and Delakis 2004, for "
        "a small network that scans and whose windows vote; Wu, Peng and Yu 2023",
        f"wider_ap_32: average precision on WIDER FACE, faces of {WIDER_HEIGHT} px and more, from wider_ap",
        "images_per_second: test montages, one thread, from montage_times",
    ]
    write_table("ladder_detection", "course measure montages", protocol, LADDER_COLUMNS, ladder)
