"""Where the face lies in each of ORL's photographs, and how each detector's box relates to CBCL's and WIDER's.

YuNet's five landmarks on every photograph, the truth of the montages, so that lesson 05 needs no YuNet; and the fixed
offsets and scales between frames that `facelab.detection.to_frame` uses.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np
from tqdm import tqdm

from classroom.course import CourseError
from classroom.measure.store import write_table
from facelab.datasets import load_orl
from facelab.detection import Detections, Detector, HaarDetector, YuNetDetector, iou
from facelab.montages import cbcl_box

BORDER = 30  # px: ORL's faces fill the frame, and a detector wants to see what is around a face
ENLARGED = 2
LANDMARKS = ("right_eye", "left_eye", "nose", "right_mouth", "left_mouth")
PLACES = [f"{place}_{axis}" for place in LANDMARKS for axis in "xy"]
HOW = (
    f"every ORL photograph with {BORDER} px of its edge repeated around it, enlarged {ENLARGED} times (cv2.INTER_CUBIC)"
)


def in_photograph(detector: Detector, photograph: np.ndarray) -> Detections:
    """What a detector finds in one ORL photograph, enlarged with a border around; in pixels of the photograph."""
    padded = cv2.copyMakeBorder(photograph, *[BORDER] * 4, cv2.BORDER_REPLICATE)
    found = detector.detect(cv2.resize(padded, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC))
    boxes = found.boxes / ENLARGED - [BORDER, BORDER, 0, 0]
    landmarks = None if found.landmarks is None else found.landmarks / ENLARGED - BORDER
    return Detections(boxes, found.scores, landmarks)


def nearest_the_centre(boxes: np.ndarray, shape: tuple[int, int]) -> int:
    """The box whose centre is nearest that of an image of this shape (height, width)."""
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    return int(np.linalg.norm(centres - np.array(shape[::-1]) / 2, axis=1).argmin())


def relation(own: np.ndarray, wanted: np.ndarray) -> list[float]:
    """Width, height, shift to the right and down of wanted boxes (n, 4) against own (n, 4): medians.

    All in units of the root of the own box's area.
    """
    size = np.sqrt(own[:, 2:].prod(axis=1, keepdims=True))
    shift = (wanted[:, :2] + wanted[:, 2:] / 2 - own[:, :2] - own[:, 2:] / 2) / size
    return np.median(np.hstack([wanted[:, 2:] / size, shift]), axis=0).tolist()


def main(options: argparse.Namespace) -> None:
    """Write orl_landmarks and detector_frames."""
    orl = load_orl()
    yunet, places = YuNetDetector(confidence=0.5), []
    for photograph in tqdm(orl.images, desc="landmarks", unit="photograph"):
        found = in_photograph(yunet, photograph)
        if not len(found):
            raise CourseError(f"YuNet finds no face in photograph {len(places)} of ORL.")
        best = nearest_the_centre(found.boxes, photograph.shape)
        places.append([*found.boxes[best], found.scores[best], *found.landmarks[best].ravel()])
    places = np.array(places)
    write_table(
        "orl_landmarks",
        "course measure orl_landmarks",
        [
            f"{HOW}; the face nearest the centre that YuNet finds at .5",
            "pixels of the 92 x 112 photograph, 0 at the left and top edge; right and left are the person's own",
        ],
        ("person", "shot", "x", "y", "w", "h", "score", *PLACES),
        [
            [int(p), int(s), *(float(round(number, 3)) for number in row)]
            for p, s, row in zip(orl.person, orl.shot, places, strict=True)
        ],
    )

    wider = places[:, :4]
    cbcl = np.array([cbcl_box(row) for row in places[:, 5:].reshape(-1, 5, 2)])
    rows = [
        ["cbcl", "wider", *relation(cbcl, wider), len(cbcl)],
        ["yunet", "cbcl", *relation(wider, cbcl), len(cbcl)],
    ]
    for name, haar in (("haar", HaarDetector()), ("haar_alt2", HaarDetector("frontalface_alt2"))):
        own, seen = np.zeros((len(cbcl), 4)), np.zeros(len(cbcl), dtype=bool)
        for i, photograph in enumerate(tqdm(orl.images, desc=name, unit="photograph")):
            boxes = in_photograph(haar, photograph).boxes
            if len(boxes):
                own[i] = boxes[nearest_the_centre(boxes, photograph.shape)]
                seen[i] = iou(own[i : i + 1], wider[i : i + 1])[0, 0] > 0  # not a false box in a corner
        rows += [
            [name, frame, *relation(own[seen], wanted[seen]), int(seen.sum())]
            for frame, wanted in (("cbcl", cbcl), ("wider", wider))
        ]
    protocol = [
        f"{HOW}; of each detector the box nearest the centre",
        "cbcl: the square from YuNet's landmarks that facelab.montages.cbcl_box describes; wider: YuNet's own box",
        "medians over the faces found, in units of the root of the detector's box's area: the wanted box's width and "
        "height, and how far right and down its centre lies",
    ]
    columns = ("detector", "frame", "width", "height", "right", "down", "faces")
    write_table("detector_frames", "course measure orl_landmarks", protocol, columns, rows)
