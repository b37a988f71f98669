"""Finding faces: what a detector gives back, how its boxes are thinned out, and how they are held against the truth.

A box is x, y, w, h in pixels: the top left corner, width and height; pixel (0, 0) covers the square from 0 to 1. An
image is grey (h, w) or colour (h, w, 3) in OpenCV's order blue, green, red (BGR), uint8. A higher score is a surer
face.

Lesson 05 builds what is done with boxes, lesson 07 the detector that is a network.

Three framings of a face occur. CBCL's is a tight square from the brows to the lower lip, WIDER's a taller box round the
whole face, and OpenCV's Haar cascades draw a wide square. Without a common frame a good detector looks bad, because its
boxes overlap the true ones too little; `to_frame` changes between them by one fixed offset and scale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from facelab import assets, cnn, results
from facelab.cascade import Cascade
from facelab.haar import SIZE
from facelab.tables import data_path

MOST_PIXELS = 2**26  # 67 million: 8,192 x 8,192
FRAMES = ("own", "cbcl", "wider")
RIGHT, FALSE, IGNORED = 1, 0, -1


@dataclass(frozen=True, eq=False)
class Detections:
    """The faces that a detector found in one image, best first."""

    boxes: np.ndarray  #: (M, 4) float64: x, y, w, h in pixels of the image; may reach over its edge
    scores: np.ndarray  #: (M,) float64, falling; the unit is the detector's own
    landmarks: np.ndarray | None = None  #: (M, 5, 2) float64: x, y of right eye, left eye, nose, right, left of mouth

    def __len__(self) -> int:
        return len(self.scores)

    def above(self, threshold: float) -> Detections:
        """Those with a score at or above the threshold."""
        n = int((self.scores >= threshold).sum())
        return Detections(self.boxes[:n], self.scores[:n], None if self.landmarks is None else self.landmarks[:n])


class Detector(Protocol):
    """Anything that finds faces in an image."""

    def detect(self, image: np.ndarray) -> Detections:
        """The faces in an image, grey (h, w) or BGR (h, w, 3), uint8."""


# --- images and boxes as they come in -------------------------------------------------------------------------------


def as_image(image: np.ndarray) -> np.ndarray:
    """An image that every detector can read, or an error that says what is wrong with it.

    Parameters: image, uint8, 0 black to 255 white: (h, w) or (h, w, 1) grey, or (h, w, 3) in the order BGR. Nothing in
    an array tells BGR from RGB: a picture in the wrong order is read, with red and blue exchanged.
    Returns: (h, w) or (h, w, 3) uint8, contiguous; the same array if it already is.
    Raises: TypeError for another dtype; ValueError for another shape, an empty image or one of more than 67 million
    pixels.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8:
        hint = " Floats from 0 to 1 become bytes by (255 * image).round().astype(np.uint8)." * (image.dtype.kind == "f")
        raise TypeError(f"detect: the image has dtype {image.dtype}; wanted uint8, 0 to 255.{hint}")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim == 3 and image.shape[2] == 4:
        raise ValueError("detect: the image has four channels; leave out the fourth (alpha): image[:, :, :3].")
    if image.ndim != 2 and (image.ndim != 3 or image.shape[2] != 3):
        raise ValueError(
            f"detect: the image has shape {image.shape}; wanted (h, w) grey or (h, w, 3) blue, green, red."
        )
    if image.size == 0:
        raise ValueError(f"detect: the image is empty, its shape is {image.shape}. Was a file not found?")
    if image.shape[0] * image.shape[1] > MOST_PIXELS:
        raise ValueError(
            f"detect: the image has {image.shape[0]:,} x {image.shape[1]:,} pixels, more than {MOST_PIXELS:,} in all. "
            "Shrink it or cut it into parts."
        )
    return np.ascontiguousarray(image)


def as_grey(image: np.ndarray) -> np.ndarray:
    """The image in grey, (h, w) uint8: .114 blue + .587 green + .299 red, rounded; image and errors as in as_image."""
    image = as_image(image)
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


def as_colour(image: np.ndarray) -> np.ndarray:
    """The image with three channels, (h, w, 3) uint8; a grey one repeats its own; image and errors as in as_image."""
    image = as_image(image)
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)


def as_boxes(boxes: np.ndarray, name: str = "boxes") -> np.ndarray:
    """Boxes as (M, 4) float64; no boxes, given as [] or (0, 4), as (0, 4).

    Parameters: boxes, anything that numpy makes such a table of; name, what an error calls them.
    Raises: ValueError for another shape, a NaN or infinite number, or a negative width or height.
    """
    boxes = np.asarray(boxes, dtype=np.float64)
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{name}: shape {boxes.shape}; wanted (M, 4), each row x, y, w, h.")
    if not np.isfinite(boxes).all():
        raise ValueError(f"{name}: row {np.argwhere(~np.isfinite(boxes))[0][0]} holds NaN or infinity.")
    if (boxes[:, 2:] < 0).any():
        row = np.argwhere(boxes[:, 2:] < 0)[0][0]
        raise ValueError(
            f"{name}: row {row} is {boxes[row].tolist()}; width and height can't be negative. Are these corners in the "
            "wrong order?"
        )
    return boxes


def as_scores(scores: np.ndarray, wanted: int) -> np.ndarray:
    """The scores as (M,) float64; ValueError if their number is not the one wanted, or one is NaN."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape != (wanted,):
        raise ValueError(f"scores: shape {scores.shape}; wanted ({wanted},), one a box.")
    if np.isnan(scores).any():
        raise ValueError(f"scores: {np.isnan(scores).sum()} of {wanted} are NaN; they can't be put in an order.")
    return scores


# --- windows ----------------------------------------------------------------------------------------------------------


def pyramid(image: np.ndarray, step: float, smallest: int) -> Iterator[tuple[float, np.ndarray]]:
    """The image smaller and smaller, so that a detector with one size of window finds faces of every size.

    Parameters: image (h, w) or (h, w, 3) uint8; step, above 1, from one level to the next; smallest, the window's side:
    the last level is the last on which it fits.
    Yields: scale, level: a point at x, y of the level lies at x * scale, y * scale of the image. Levels are shrunk from
    the image itself by averaging areas; the first is the image, scale 1. Nothing if the window doesn't fit at all.
    Raises: ValueError if step is not above 1 or smallest is below 1.
    """
    if step <= 1 or smallest < 1:
        raise ValueError(f"pyramid: step is {step} and smallest is {smallest}; wanted a step above 1 and 1 px or more.")
    height, width = image.shape[:2]
    scale = 1.0
    while min(height, width) / scale >= smallest:
        size = (round(width / scale), round(height / scale))
        yield scale, image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        scale *= step


def windows(image: np.ndarray, side: int, stride: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Every square window of an image, row by row.

    Parameters: image (h, w); side of a window and stride from one to the next, pixels.
    Returns: windows (n, side, side), a copy, and corners (n, 2) int64: x, y of each one's top left pixel. None (n = 0)
    if the image is smaller than a window.
    Raises: ValueError if side or stride is below 1.
    """
    if side < 1 or stride < 1:
        raise ValueError(f"windows: side is {side} and stride is {stride}; both must be 1 px or more.")
    if min(image.shape) < side:
        return np.zeros((0, side, side), image.dtype), np.zeros((0, 2), np.int64)
    every = np.lib.stride_tricks.sliding_window_view(image, (side, side))[::stride, ::stride]
    y, x = np.mgrid[: every.shape[0], : every.shape[1]] * stride
    return every.reshape(-1, side, side), np.stack([x.ravel(), y.ravel()], axis=1)


# --- boxes among each other -------------------------------------------------------------------------------------------


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of a with every box of b: the area both cover over the area either covers.

    Parameters: a (M, 4), b (L, 4): x, y, w, h.
    Returns: (M, L) float64 from 0, where they share no area, to 1, where they are the same. A box without area shares
    none, so its IoU is 0, also with itself.
    Raises: ValueError for boxes of another shape, with NaN, or with a negative side.
    """
    a, b = as_boxes(a, "iou, a")[:, None], as_boxes(b, "iou, b")[None]
    # A negative extent means that they lie apart; two negative ones would multiply to an area that isn't there.
    shared = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    intersection = np.maximum(shared, 0).prod(axis=-1)
    union = a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def nms(boxes: np.ndarray, scores: np.ndarray, threshold: float, contained: float = 1.0) -> np.ndarray:
    """Non-maximum suppression: of boxes that overlap by more than the threshold, only the best is kept.

    Parameters: boxes (M, 4); scores (M,); threshold from 0 to 1: the best box is kept, all that have an IoU *above* it
    with that box are dropped, and so on with what is left; contained from 0 to 1: also dropped are those that share
    more than this part of the smaller box's area with it, such as half a face inside the box of the whole (1: none).
    Returns: kept, int64 indices into boxes, best first; of equal scores the one that stands first goes first. As
    `cv2.dnn.NMSBoxes`, but for boxes without area, which overlap nothing here.
    Raises: ValueError for boxes or scores that are not (as iou), or a threshold that is not from 0 to 1.
    """
    boxes = as_boxes(boxes)
    scores = as_scores(scores, len(boxes))
    if not 0 <= threshold <= 1 or not 0 <= contained <= 1:
        raise ValueError(f"nms: threshold is {threshold}, contained {contained}; both lie between 0 and 1.")
    area = boxes[:, 2:].prod(axis=1)
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        overlap = iou(boxes[best : best + 1], boxes[waiting])[0]
        shared = overlap / (1 + overlap) * (area[best] + area[waiting])  # IoU solved for the intersection
        inside = shared > contained * np.minimum(area[best], area[waiting])
        waiting = waiting[(overlap <= threshold) & ~(inside & (contained < 1))]
    return np.array(kept, dtype=np.int64)


def merge(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping boxes made one: their mean, with the sum of their scores.

    Parameters: boxes (M, 4); scores (M,), above 0 for a hit; threshold: the best box left and all whose IoU with it is
    above this are one group, and so on, as in nms.
    Returns: boxes (G, 4) and scores (G,), best first. A place where many windows agree scores high; a single window
    that was mistaken does not. Viola and Jones (2004) average in the same way.
    Raises: as nms.
    """
    boxes = as_boxes(boxes)
    scores = as_scores(scores, len(boxes))
    if not 0 <= threshold <= 1:
        raise ValueError(f"merge: threshold is {threshold}; an IoU lies between 0 and 1.")
    waiting = np.argsort(-scores, kind="stable")
    means, sums = [], []
    while len(waiting):
        together = iou(boxes[waiting[:1]], boxes[waiting])[0] > threshold
        together[0] = True  # a box without area overlaps nothing, not even itself
        means.append(boxes[waiting[together]].mean(axis=0))
        sums.append(scores[waiting[together]].sum())
        waiting = waiting[~together]
    order = np.argsort(-np.array(sums), kind="stable")
    return np.array(means).reshape(-1, 4)[order], np.array(sums, dtype=np.float64)[order]


# --- boxes against the truth ------------------------------------------------------------------------------------------


def match(
    boxes: np.ndarray,
    scores: np.ndarray,
    truth: np.ndarray,
    ignored: np.ndarray | None = None,
    threshold: float = 0.5,
) -> np.ndarray:
    """Which of an image's detections are right: greedily, the surest first, each face found once.

    Parameters: boxes (M, 4), scores (M,): the detections, in any order; truth (L, 4), the true boxes; ignored (L,)
    bool, those that don't count (too small, say), none if left out; threshold, the smallest IoU that counts as found.
    Returns: (M,) int8 in the order given: RIGHT (1), FALSE (0) or IGNORED (-1). Each detection, from the highest score
    down (of equal ones the first), takes the face with the largest IoU (of equal ones the first) among those that
    count, reach the threshold and are not taken yet. One that finds none is IGNORED if it reaches the threshold with an
    ignored face, which any number may do, and else FALSE: so a second box on a face found already is false.
    Raises: ValueError for boxes or scores that are not (as iou), another length of ignored, or a threshold that is not
    above 0 and at most 1.
    """
    face, ignored_too = _assign(boxes, scores, truth, ignored, threshold)
    return np.where(face >= 0, RIGHT, np.where(ignored_too, IGNORED, FALSE)).astype(np.int8)


def found_faces(
    boxes: np.ndarray,
    scores: np.ndarray,
    truth: np.ndarray,
    ignored: np.ndarray | None = None,
    threshold: float = 0.5,
) -> np.ndarray:
    """Which of an image's true faces are found: the other side of match; parameters and errors as in match.

    Returns: (L,) bool, in the order of truth; an ignored face never is.
    """
    face, _ = _assign(boxes, scores, truth, ignored, threshold)
    found = np.zeros(len(as_boxes(truth)), dtype=bool)
    found[face[face >= 0]] = True
    return found


def _assign(
    boxes: np.ndarray, scores: np.ndarray, truth: np.ndarray, ignored: np.ndarray | None, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """The face that each detection found, (M,) int64, -1 if none; and whether it reaches an ignored one, (M,) bool."""
    boxes, truth = as_boxes(boxes), as_boxes(truth, "truth")
    scores = as_scores(scores, len(boxes))
    ignored = np.zeros(len(truth), dtype=bool) if ignored is None else np.asarray(ignored, dtype=bool)
    if ignored.shape != (len(truth),):
        raise ValueError(f"match: ignored has shape {ignored.shape}; wanted ({len(truth)},), one a true box.")
    if not 0 < threshold <= 1:
        raise ValueError(f"match: threshold is {threshold}; wanted an IoU above 0 and at most 1.")
    overlap = iou(boxes, truth)
    free, face = overlap * ~ignored, np.full(len(boxes), -1)
    for i in np.argsort(-scores, kind="stable"):
        if len(truth) and free[i].max() >= threshold:
            face[i] = free[i].argmax()
            free[:, face[i]] = 0
    return face, (overlap[:, ignored] >= threshold).any(axis=1)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The detections of one or many images held against the truth; those on ignored faces are left out."""

    scores: np.ndarray  #: (M,) float64, falling
    right: np.ndarray  #: (M,) bool
    faces: int  #: true faces that count
    images: int

    def at(self, threshold: float) -> tuple[float, float]:
        """Recall and false boxes an image, if detections with a score at or above the threshold are kept."""
        kept = self.scores >= threshold
        recall = (kept & self.right).sum() / self.faces if self.faces else np.nan
        return float(recall), float((kept & ~self.right).sum() / self.images)


def evaluate(
    found: Sequence[Detections],
    truth: Sequence[np.ndarray],
    ignored: Sequence[np.ndarray] | None = None,
    threshold: float = 0.5,
) -> Evaluation:
    """Match image by image (see match) and put the detections of all images in one order.

    Parameters: found, a Detections an image; truth, (L, 4) boxes an image; ignored, (L,) bool an image, or None;
    threshold as in match.
    Raises: ValueError if there are no images, or not as many of one as of another.
    """
    ignored = [np.zeros(len(as_boxes(boxes)), dtype=bool) for boxes in truth] if ignored is None else ignored
    if not len(found) == len(truth) == len(ignored) or len(found) == 0:
        raise ValueError(
            f"evaluate: detections of {len(found)} images, true boxes of {len(truth)}, ignored of {len(ignored)}; "
            "wanted one of each an image, and at least one image."
        )
    each = zip(found, truth, ignored, strict=True)
    verdict = np.concatenate([match(d.boxes, d.scores, t, i, threshold) for d, t, i in each])
    scores = np.concatenate([d.scores for d in found])
    order = np.argsort(-scores, kind="stable")
    order = order[verdict[order] != IGNORED]
    faces = int(sum((~np.asarray(i, dtype=bool)).sum() for i in ignored))
    return Evaluation(scores[order], verdict[order] == RIGHT, faces, len(found))


def counts(scores: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many detections are right and how many false at or above each score that occurs.

    Parameters: scores (M,), in any order; right (M,) bool.
    Returns: right and false, (t,) int64, rising, and thresholds (t,), falling. Detections with the same score come in
    together: no threshold can part them.
    """
    right = np.asarray(right, dtype=bool)
    scores = as_scores(scores, len(right))
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], right[order]
    last = np.append(scores[1:] != scores[:-1], True)[: len(scores)]
    return np.cumsum(right)[last], np.cumsum(~right)[last], scores[last]


def precision_recall(scores: np.ndarray, right: np.ndarray, faces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision and recall at every threshold that makes a difference.

    Parameters: scores (M,); right (M,) bool, from match, without the ignored; faces, how many there are to find.
    Returns: precision (t,), the share of kept boxes that are right; recall (t,), the share of faces found, rising;
    thresholds (t,), falling: boxes with a score at or above it are kept. t = 0 if there are no detections.
    Raises: ValueError if there are no faces, fewer than are found, or scores are NaN.
    """
    hits, false, thresholds = counts(scores, right)
    if faces < 1 or faces < np.sum(right):
        raise ValueError(f"precision_recall: {np.sum(right)} faces found of {faces}; wanted at least one to find.")
    return hits / np.maximum(hits + false, 1), hits / faces, thresholds


def average_precision(scores: np.ndarray, right: np.ndarray, faces: int) -> float:
    """Area under the precision-recall curve, 0 to 1, by all points.

    Parameters: scores, right, faces, as precision_recall takes them; the detections of all images go in together.
    Raises: as precision_recall.

    The curve is first made to fall: at each recall counts the best precision reached at that recall or a higher one.
    Then AP is the sum over thresholds of (recall gained) x (that precision); recall that is never reached adds nothing.
    This is the definition of PASCAL VOC since 2010 (M. Everingham et al., The PASCAL Visual Object Classes challenge: a
    retrospective, IJCV 111, 2015) and WIDER FACE's. Not the mean over 11 recalls of VOC 2007, nor trapezoids, nor
    scikit-learn's average_precision_score, which leaves the curve as it is and divides by the faces found.
    """
    precision, recall, _ = precision_recall(scores, right, faces)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best_from_here))


def miss_rate(
    scores: np.ndarray, right: np.ndarray, faces: int, images: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of faces missed against false boxes an image, at every threshold that makes a difference.

    Parameters: scores, right, faces: as precision_recall; images, how many there were.
    Returns: false boxes an image (t,), rising; miss rate (t,), 1 - recall, falling; thresholds (t,), falling.
    Raises: as precision_recall; ValueError if images is below 1.
    """
    if images < 1:
        raise ValueError(f"miss_rate: images is {images}; wanted at least one.")
    _, recall, thresholds = precision_recall(scores, right, faces)
    return counts(scores, right)[1] / images, 1 - recall, thresholds


# --- frames -----------------------------------------------------------------------------------------------------------


def to_frame(boxes: np.ndarray, detector: str, frame: str) -> np.ndarray:
    """Boxes brought from a detector's own framing to another by one fixed offset and scale.

    Parameters: boxes (M, 4); detector, whose framing they are in: "cbcl" (our cascade and CNN, which learned from
    CBCL's faces), "haar" (frontalface_default), "haar_alt2" or "yunet"; frame, the one wanted: "own" (unchanged),
    "cbcl" or "wider".
    Returns: (M, 4). With s the root of the box's area, its centre moves by `right` * s and `down` * s, and the new box
    is `width` * s wide and `height` * s high. The four numbers were measured on ORL (`course measure orl_landmarks`,
    the table data/measured/detector_frames.csv): medians over its 400 photographs, where CBCL's box is known from
    landmarks and WIDER's is YuNet's, which learned from it.
    Raises: ValueError for an unknown detector or frame.
    """
    boxes = as_boxes(boxes)
    if frame not in FRAMES:
        raise ValueError(f"to_frame: no frame {frame!r}; there are {', '.join(FRAMES)}.")
    if frame == "own" or (detector, frame) in (("cbcl", "cbcl"), ("yunet", "wider")):
        return boxes
    table = results("detector_frames")
    row = table[(table["detector"] == detector) & (table["frame"] == frame)]
    if len(row) != 1:
        raise ValueError(f"to_frame: no detector {detector!r}; there are {', '.join(np.unique(table['detector']))}.")
    size = np.sqrt(boxes[:, 2:].prod(axis=1, keepdims=True))
    centre = boxes[:, :2] + boxes[:, 2:] / 2 + size * [row["right"][0], row["down"][0]]
    sides = size * [row["width"][0], row["height"][0]]
    return np.hstack([centre - sides / 2, sides])


# --- detectors --------------------------------------------------------------------------------------------------------


class CascadeDetector:
    """The course's own attentional cascade, scanned over an image at every size (Viola and Jones, 2004).

    Parameters: cascade, or None for the stored one (`course measure detectors`); threshold, the lowest score kept, or
    None for the cascade's own operating point, which was chosen on the tuning montages; smallest window side in pixels;
    step from one size of window to the next; stride from window to window in 19ths of its side; overlap, the IoU above
    which windows are merged; frame of the boxes that come back: "own", the same as "cbcl", or "wider", see to_frame.
    Raises: ValueError for numbers out of range or another frame; FileNotFoundError if no cascade is stored.

    The score is the sum, over the windows that were merged, of how far each lay above the stages' thresholds: surer
    windows count more, and so do more of them.
    """

    def __init__(
        self,
        cascade: Cascade | None = None,
        threshold: float | None = None,
        smallest: float = 24,
        step: float = 1.2,
        stride: int = 1,
        overlap: float = 0.3,
        frame: str = "own",
    ) -> None:
        if smallest < SIZE or step <= 1 or stride < 1 or not 0 <= overlap <= 1 or frame not in FRAMES:
            raise ValueError(
                f"CascadeDetector: smallest {smallest}, step {step}, stride {stride}, overlap {overlap}, frame "
                f"{frame!r}; wanted {SIZE} px or more, above 1, 1 or more, 0 to 1, and one of {', '.join(FRAMES)}."
            )
        self.cascade = Cascade.load(data_path("measured/cascade.json")) if cascade is None else cascade
        self.threshold = self.cascade.operating_point if threshold is None else threshold
        self.smallest, self.step, self.stride, self.overlap, self.frame = smallest, step, stride, overlap, frame

    def detect(self, image: np.ndarray) -> Detections:
        """The faces in an image, grey (h, w) or BGR (h, w, 3), uint8; none in one smaller than the window."""
        scan = self.cascade.scan(as_grey(image), smallest=self.smallest, step=self.step, stride=self.stride)
        boxes, scores = merge(scan.boxes, scan.scores, self.overlap)
        return Detections(to_frame(boxes, "cbcl", self.frame), scores).above(self.threshold)


class HaarDetector:
    """OpenCV's boosted cascade of Haar-like features, as it ships.

    Parameters: name, "frontalface_default" or "frontalface_alt2" (Lienhart and Maydt, 2002); factor from one size of
    the window to the next; neighbours, how many windows at least must agree on a face; smallest window side in pixels,
    the cascade's own (24 or 20) if None; frame of the boxes that come back: "own" (a wide square), "cbcl" or "wider",
    see to_frame.
    Raises: ValueError for another name, frame or a factor that is not above 1.

    The score is the number of windows that agree (whole numbers, from `neighbours` up). OpenCV's level weights are not
    used: `detectMultiScale3` with reject levels skips the count of neighbours and gives other, more, boxes.
    """

    FRAME_OF = {"frontalface_default": "haar", "frontalface_alt2": "haar_alt2"}  # noqa: RUF012

    def __init__(
        self,
        name: str = "frontalface_default",
        factor: float = 1.1,
        neighbours: int = 3,
        smallest: int | None = None,
        frame: str = "own",
    ) -> None:
        if name not in self.FRAME_OF or frame not in FRAMES or factor <= 1:
            raise ValueError(
                f"HaarDetector: name {name!r}, factor {factor}, frame {frame!r}; wanted one of "
                f"{', '.join(self.FRAME_OF)}, a factor above 1 and one of {', '.join(FRAMES)}."
            )
        self.name, self.factor, self.neighbours, self.frame = name, factor, neighbours, frame
        self.smallest = smallest
        self.cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")

    def detect(self, image: np.ndarray) -> Detections:
        """The faces in an image, grey (h, w) or BGR (h, w, 3), uint8; none in one smaller than the window."""
        smallest = (self.smallest, self.smallest) if self.smallest else None
        boxes, agree = self.cascade.detectMultiScale2(
            as_grey(image), scaleFactor=self.factor, minNeighbors=self.neighbours, minSize=smallest
        )
        order = np.argsort(-np.asarray(agree, dtype=np.float64).ravel(), kind="stable")
        boxes = as_boxes(boxes)[order]
        return Detections(to_frame(boxes, self.FRAME_OF[self.name], self.frame), np.array(agree, float).ravel()[order])


class YuNetDetector:
    """YuNet, a small network of 2021 that finds faces and five landmarks (Wu, Peng and Yu, YuNet, 2023).

    Parameters: confidence, the lowest score kept, 0 to 1 (YuNet's score is the root of class times objectness: .9, the
    default of OpenCV's sample, misses most small faces); overlap, the IoU of its non-maximum suppression; top, how many
    boxes are kept before it; frame of the boxes that come back: "own", the same as "wider", or "cbcl", see to_frame.
    Raises: ValueError for numbers out of range or another frame; facelab.assets.AssetError if the model can't be had.

    Images are read at their own size, in colour. A side below 64 px is filled up with black: OpenCV's network gives
    random numbers where its coarsest grid, a cell for 32 px, has one row or column. Not for two threads at a time.
    """

    def __init__(self, confidence: float = 0.5, overlap: float = 0.3, top: int = 5000, frame: str = "own") -> None:
        if not 0 <= confidence <= 1 or not 0 <= overlap <= 1 or top < 1 or frame not in FRAMES:
            raise ValueError(
                f"YuNetDetector: confidence {confidence}, overlap {overlap}, top {top}, frame {frame!r}; wanted two "
                f"numbers from 0 to 1, 1 or more, and one of {', '.join(FRAMES)}."
            )
        self.frame = frame
        self.network = cv2.FaceDetectorYN.create(str(assets.path("yunet")), "", (32, 32), confidence, overlap, top)

    def detect(self, image: np.ndarray) -> Detections:
        """The faces in an image, grey (h, w) or BGR (h, w, 3), uint8, with landmarks (M, 5, 2)."""
        image = as_colour(image)
        missing = [max(0, 64 - side) for side in image.shape[:2]]
        image = cv2.copyMakeBorder(image, 0, missing[0], 0, missing[1], cv2.BORDER_CONSTANT)
        self.network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self.network.detect(image)
        rows = np.zeros((0, 15)) if rows is None else rows.astype(np.float64)
        rows = rows[np.argsort(-rows[:, 14], kind="stable")]
        boxes = to_frame(rows[:, :4], "yunet", self.frame)
        return Detections(boxes, rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2))


class CnnDetector:
    """A small network trained on CBCL's windows that scans every level of a pyramid (lesson 07).

    Parameters: network, convolutional throughout as `facelab.cnn.face_network`, or None for the stored one; threshold,
    the lowest score kept, the stored one's or 0 (all) if None; step from one level of the pyramid to the next; smallest
    face that is looked for, the side of CBCL's square in pixels, at least the network's window; frame of the boxes that
    come back: "own", the same as "cbcl", or "wider", see to_frame.
    Raises: ValueError for numbers out of range or another frame; FileNotFoundError if no network is stored.

    Each level is standardised by the mean and spread round each pixel and seen by the network once. A face is seen in
    several windows, most mistakes in one. So windows vote: the score of a box is the sum, over all windows that overlap
    it (IoU .5 and more, itself among them), of what the network says of each, the logarithm of its odds of a face, less
    LOWEST. Only windows that the network takes for faces (odds of 1 and more) become boxes; of boxes that overlap (IoU
    above .3) or lie within one another (.6 of the smaller one), that with the most votes is kept. Votes are an idea of
    C. Garcia and M. Delakis, Convolutional face finder, IEEE Transactions on Pattern Analysis and Machine Intelligence
    26 (2004), 1408-1423.
    """

    STORED = data_path("measured/cnn.npz")
    LOWEST, AGREES = -3.0, 0.5  # of windows that vote: score of the network, and IoU with the box they vote for
    OVERLAP, CONTAINED = 0.3, 0.6

    def __init__(
        self,
        network: cnn.Sequential | None = None,
        threshold: float | None = None,
        step: float = 1.2,
        smallest: float = 24,
        frame: str = "own",
    ) -> None:
        stored = 0.0
        if network is None:
            network = cnn.Sequential.load(self.STORED)
            with np.load(self.STORED, allow_pickle=False) as file:
                stored = float(file["threshold"])
        self.network, self.threshold = network, stored if threshold is None else threshold
        self.step, self.smallest, self.frame = step, smallest, frame
        self.window, self.stride = network.reach()
        if step <= 1 or smallest < self.window or frame not in FRAMES or not np.isfinite(self.threshold):
            raise ValueError(
                f"CnnDetector: step {step}, smallest {smallest}, threshold {threshold}, frame {frame!r}; wanted a step "
                f"above 1, {self.window} px or more, a finite number and one of {', '.join(FRAMES)}."
            )

    def save(self, path: str | Path) -> None:
        """Write network and threshold to a file, whose path ends in .npz; Sequential.load reads it, too."""
        self.network.save(path)
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        np.savez(path, threshold=np.float64(self.threshold), **arrays)

    def scan(self, image: np.ndarray) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        """Every level of the pyramid with the network's scores for it.

        Parameters: image, grey (h, w) or BGR (h, w, 3), uint8.
        Yields: scale, level (h, w) uint8, scores (rows, columns) float32. Scores[r, c] belongs to the window whose top
        left corner is at x = stride * c, y = stride * r of the level, where a pixel is `scale` pixels of the image.
        """
        first = self.smallest / self.window
        grey = as_grey(image)
        if min(grey.shape) < self.smallest:
            return
        size = [round(side / first) for side in grey.shape[::-1]]
        small = grey if first == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        for scale, level in pyramid(small, self.step, self.window):
            yield first * scale, level, cnn.scan(self.network, cnn.standardise_locally(level))

    def candidates(self, image: np.ndarray, lowest: float = LOWEST) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every window of every level of which the network says at least `lowest`, before any votes or is suppressed.

        Parameters: image as detect takes it; lowest, a score.
        Returns: boxes (n, 4) float64 in CBCL's framing, scores (n,) float64, windows (n, w, w) uint8 as they were seen.
        """
        boxes, scores = [np.zeros((0, 4))], [np.zeros(0)]
        seen = [np.zeros((0, self.window, self.window), np.uint8)]  # so that there is one even if no level fits
        for scale, level, score in self.scan(image):
            row, column = np.nonzero(score >= lowest)
            x, y = self.stride * column, self.stride * row
            sides = np.full(len(row), self.window)
            boxes.append(scale * np.stack([x, y, sides, sides], axis=1))
            scores.append(score[row, column].astype(np.float64))
            seen.append(np.lib.stride_tricks.sliding_window_view(level, (self.window, self.window))[y, x])
        return np.concatenate(boxes), np.concatenate(scores), np.concatenate(seen)

    def detect(self, image: np.ndarray) -> Detections:
        """The faces in an image, grey (h, w) or BGR (h, w, 3), uint8; none in one smaller than the smallest face."""
        boxes, scores, _ = self.candidates(image)
        faces, votes = boxes[scores >= 0], self.votes(boxes, scores)
        faces, votes = faces[votes >= self.threshold], votes[votes >= self.threshold]
        kept = nms(faces, votes, self.OVERLAP, self.CONTAINED)
        return Detections(to_frame(faces[kept], "cbcl", self.frame), votes[kept])

    def votes(self, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """For every candidate with a score of 0 or more, in their order, what all that overlap it say above LOWEST.

        Parameters: boxes (n, 4) and scores (n,) of candidates.
        """
        agrees = iou(boxes[scores >= 0], boxes) >= self.AGREES
        return agrees @ (scores - self.LOWEST)


def mine(network: cnn.Sequential, photographs: Sequence[np.ndarray], threshold: float = -2.0) -> np.ndarray:
    """Hard negatives: the windows of photographs without faces that a network takes for faces, or nearly.

    Parameters: network, as CnnDetector takes it; photographs, uint8; threshold, the lowest score of a window that
    counts: 0 is an even chance, and below it lie those that were told apart only just.
    Returns: (n, w, w) uint8, in the order of the photographs. To learn from them, train anew with them among the
    windows without a face. K. Sung and T. Poggio, Example-based learning for view-based human face detection, IEEE
    Transactions on Pattern Analysis and Machine Intelligence 20 (1998), 39-51, called this bootstrapping.
    """
    detector = CnnDetector(network)
    return np.concatenate([detector.candidates(image, threshold)[2] for image in photographs])
