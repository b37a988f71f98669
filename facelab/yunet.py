"""YuNet from the inside: run the network's graph, read its heads at three strides, and turn them into boxes by hand.

Lesson 07 takes it apart. The paper: W. Wu, H. Peng and S. Yu,
"YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 20 (2023),
656-665. OpenCV does the same in C++ (`cv2.FaceDetectorYN`), which is what `facelab.detection.YuNetDetector` calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from facelab import assets
from facelab.detection import Detections, as_colour, nms

STRIDES = (8, 16, 32)


@dataclass(frozen=True, eq=False)
class Heads:
    """What the network says at every cell of one grid; a cell stands for stride x stride pixels of the image."""

    stride: int  #: pixels
    face: np.ndarray  #: (rows, columns) float32, the class head: how much what is here looks like a face, 0 to 1
    objectness: np.ndarray  #: (rows, columns) float32, the object head: how well a box from here fits, 0 to 1
    box: np.ndarray  #: (rows, columns, 4) float32: shift of the centre right and down, logarithms of width and height
    landmarks: np.ndarray  #: (rows, columns, 5, 2) float32: shifts right and down; unit of all shifts is the stride

    @property
    def score(self) -> np.ndarray:
        """Square root of class times object, (rows, columns) float32, 0 to 1."""
        return np.sqrt(np.clip(self.face, 0, 1) * np.clip(self.objectness, 0, 1))


def load() -> cv2.dnn.Net:
    """The network (2023 Mar, weights in blocks of 8 bits), fetched if it isn't there.

    Raises: facelab.assets.AssetError if it can't be had.
    """
    return cv2.dnn.readNetFromONNX(str(assets.path("yunet")))


def run(network: cv2.dnn.Net, image: np.ndarray) -> list[Heads]:
    """The heads at strides 8, 16 and 32.

    Parameters: network, from `load`; image (h, w, 3) uint8 in OpenCV's order BGR, or (h, w) uint8 grey.
    Returns: three Heads. Each grid covers the image, extended on the right and below by black up to the next multiple
    of 32, because the coarsest grid needs whole cells; and to 64 at least, because on a grid of one row or column of
    cells OpenCV 4.14 reads memory that nobody wrote, and answers differently each time.
    Raises: TypeError, ValueError if image is no such picture.
    """
    image = as_colour(image)
    height, width = (max(64, -(-side // 32) * 32) for side in image.shape[:2])
    image = cv2.copyMakeBorder(image, 0, height - image.shape[0], 0, width - image.shape[1], cv2.BORDER_CONSTANT)
    network.setInput(cv2.dnn.blobFromImage(image))  # (1, 3, height, width) float32, values 0 to 255 as they are
    names = [f"{head}_{stride}" for stride in STRIDES for head in ("cls", "obj", "bbox", "kps")]
    outputs = dict(zip(names, network.forward(names), strict=True))
    heads = []
    for stride in STRIDES:
        grid = height // stride, width // stride  # a head lists its cells row by row
        face, objectness, box, landmarks = (outputs[f"{head}_{stride}"][0] for head in ("cls", "obj", "bbox", "kps"))
        shapes = (grid, grid, (*grid, 4), (*grid, 5, 2))
        parts = (part.reshape(shape) for part, shape in zip((face, objectness, box, landmarks), shapes, strict=True))
        heads.append(Heads(stride, *parts))
    return heads


def decode(heads: Heads) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A box, a score and five landmarks for every cell of one grid, faces or not.

    Parameters: heads of one stride, rows * columns = M cells.
    Returns: boxes (M, 4) float64 x, y, w, h and landmarks (M, 5, 2) float64 x, y, both in pixels of the image; scores
    (M,) float64, 0 to 1. The landmarks: right eye, left eye (the person's own right and left), tip of the nose, right
    and left corner of the mouth.

    There are no anchors: a cell at row r and column c knows of no sizes to choose from. The centre of its box lies at
    stride * (c + dx, r + dy), the sides are stride * exp(.), which can't become negative, and a landmark lies at stride
    * (c + dx, r + dy) too.
    """
    rows, columns = heads.score.shape
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)  # (rows, columns, 2): x, then y
    centre = heads.stride * (cell + heads.box[..., :2].astype(np.float64))
    size = heads.stride * np.exp(heads.box[..., 2:].astype(np.float64))
    boxes = np.concatenate([centre - size / 2, size], axis=-1)
    landmarks = heads.stride * (cell[:, :, None] + heads.landmarks.astype(np.float64))
    return boxes.reshape(-1, 4), heads.score.astype(np.float64).ravel(), landmarks.reshape(-1, 5, 2)


def detections(grids: Sequence[Heads], confidence: float = 0.5, overlap: float = 0.3) -> Detections:
    """The faces that the heads at all strides agree on, as `cv2.FaceDetectorYN` reports them.

    Parameters: grids, from `run`; confidence, the score that a face must exceed; overlap, the IoU above which the
    weaker of two boxes goes.
    Returns: Detections, best first, boxes and landmarks in pixels.
    """
    boxes, scores, landmarks = (np.concatenate(part) for part in zip(*map(decode, grids), strict=True))
    sure = np.flatnonzero(scores > confidence)
    # OpenCV cuts the boxes to whole pixels before it compares them, and only there; so do we, to drop the same ones.
    kept = sure[nms(np.trunc(boxes[sure]), scores[sure], overlap)]
    return Detections(boxes[kept], scores[kept], landmarks[kept])
