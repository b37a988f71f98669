"""A cascade of boosted stumps that scans a picture, and its training with hard negatives.

Lesson 05 builds it, from the features and stumps of facelab.haar.

Source of the module: P. Viola and M. J. Jones, Robust real-time face detection, International Journal of Computer
Vision 57(2), 2004, 137-154. Where this differs, the docstring says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import cv2
import numpy as np

from facelab.haar import KINDS, SIZE, AdaBoost, Features, Windows, integral_images, one_over_deviation

FORMAT = "facelab cascade 1"


@dataclass(frozen=True, eq=False)
class Scan:
    """What a cascade found in a picture: windows before any are merged, best first, and what each stage did."""

    boxes: np.ndarray  #: (M, 4) float64: x, y, width, height in pixels of the picture
    scores: np.ndarray  #: (M,) float64, above 0: by how much each stage's threshold was passed, added up
    crops: np.ndarray  #: (M, 19, 19) uint8, what the cascade saw there
    windows: int  #: how many were looked at
    passed: np.ndarray  #: (S,) int64, how many each stage let through
    survivors: tuple[np.ndarray, ...]  #: for each stage, the boxes (K, 4) that it let through; empty without trace


@dataclass(frozen=True)
class StageReport:
    """How training a stage ended."""

    stumps: int
    detection_rate: float  #: share of the validation faces that reached the stage and pass it
    false_positive_rate: float  #: share of the held-out others that pass it
    hard: int  #: windows without a face that it learned from


@dataclass(frozen=True, eq=False)
class Cascade:
    """Stages of boosted stumps, a few first and more later; a window must pass every stage to be called a face.

    Made by train_cascade or load. A window passes a stage if its score there is above the stage's threshold.
    """

    stages: tuple[AdaBoost, ...] = ()  #: S of them
    thresholds: tuple[float, ...] = ()  #: (S,)
    history: tuple[StageReport, ...] = ()  #: (S,), how they were trained
    operating_point: float = 0.0  #: score that a detector should ask of a merged detection; see CascadeDetector

    def passes(self, windows: np.ndarray) -> np.ndarray:
        """How many stages each of windows (N, 19, 19) passes before it is thrown away: (N,) int64, S for a face."""
        reached = np.zeros(len(windows), np.int64)
        left = np.arange(len(windows))
        for stage, threshold in zip(self.stages, self.thresholds, strict=True):
            if len(left):
                left = left[stage.decision_function(windows[left]) > threshold]
                reached[left] += 1
        return reached

    def scan(
        self,
        image: np.ndarray,
        *,
        smallest: float = 24,
        largest: float | None = None,
        step: float = 1.2,
        stride: int = 1,
        trace: bool = False,
    ) -> Scan:
        """Look at every window of every size in a picture.

        Parameters: image (h, w) uint8, grey; smallest, largest: the side of the windows in pixels of the picture, None
        for as large as fits; step: each size is so many times the one before; stride: from one window to the next, in
        19ths of its side; trace: keep the boxes that each stage lets through.
        Returns: a Scan; without windows if the picture is smaller than the smallest.
        Raises: ValueError for another kind of picture, or sizes that make no sense.

        The picture is shrunk for each size, so that a window is always 19 x 19. The first stage, which sees every
        window, is computed for a whole level at once, by adding up shifted copies of its integral image; later stages
        fetch what they need for the windows that are left.
        """
        _check_scan(image, smallest, largest, step, stride)
        pyramid = _Pyramid(image, smallest, largest, step, stride)
        passed, survivors = [], []
        places, scores = pyramid.every, np.zeros(len(pyramid.every))
        for number, (stage, threshold) in enumerate(zip(self.stages, self.thresholds, strict=True)):
            margin = (pyramid.scores if number else pyramid.scores_everywhere)(stage, places) - threshold
            places, scores = places[margin > 0], (scores + margin)[margin > 0]
            passed.append(len(places))
            if trace:
                survivors.append(pyramid.boxes(places))
        best = np.argsort(-scores, kind="stable")
        places, scores = places[best], scores[best]
        return Scan(
            pyramid.boxes(places),
            scores,
            pyramid.crops(places),
            len(pyramid.every),
            np.array(passed, np.int64),
            tuple(survivors),
        )

    def save(self, path: str | Path) -> None:
        """Write the cascade to a file, path, as JSON: text that can be read and runs nothing.

        One object: "format" ("facelab cascade 1"), "kinds" (the names of KINDS, in order), "operating_point", and
        "stages", a list of objects: "threshold"; "stumps", a list of [kind, x, y, width, height, threshold, polarity,
        alpha, error], the first five as in Features; "history", the fields of its StageReport.
        """
        columns = [(*astuple(s.features), s.threshold, s.polarity, s.alpha, s.errors) for s in self.stages]
        stages = [
            {
                "threshold": threshold,
                "history": asdict(report),
                "stumps": list(zip(*(c.tolist() for c in stage), strict=True)),
            }
            for stage, threshold, report in zip(columns, self.thresholds, self.history, strict=True)
        ]
        content = {"format": FORMAT, "kinds": list(KINDS), "operating_point": self.operating_point, "stages": stages}
        text = json.dumps(content, indent=1)
        # A stump a line, in place of a number a line.
        text = re.sub(r"\[\s*(-?[\d.][^\[\]]*?)\s*\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
        Path(path).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Cascade:
        """Read a cascade that save wrote to the file at path.

        Raises: FileNotFoundError; ValueError, naming the file, if it holds anything else than such a cascade.
        """
        text = Path(path).read_bytes()
        try:
            content = json.loads(text)
            if content["format"] != FORMAT or content["kinds"] != list(KINDS):
                raise ValueError(f"its format is {content['format']!r}, wanted {FORMAT!r}")
            stages = [_stage_from(stage["stumps"]) for stage in content["stages"]]
            thresholds = tuple(_finite(stage["threshold"]) for stage in content["stages"])
            history = tuple(StageReport(**stage["history"]) for stage in content["stages"])
            return cls(tuple(stages), thresholds, history, _finite(content["operating_point"]))
        except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as problem:
            raise ValueError(
                f"{path} is no cascade that facelab can read: {type(problem).__name__}: {problem}"
            ) from None


def _finite(number: float) -> float:
    if not np.isfinite(number):
        raise ValueError(f"a number is {number}")
    return float(number)


def _stage_from(stumps: list) -> AdaBoost:
    """A stage from the stumps of a file; ValueError if one of them makes no sense."""
    table = np.array(stumps, np.float64)
    if (
        table.ndim != 2
        or table.shape[1] != 9
        or np.isnan(table).any()
        or np.isinf(table[:, [*range(5), 6, 7, 8]]).any()
    ):
        raise ValueError("a stage's stumps are not rows of nine numbers")
    kind, x, y, width, height = table[:, :5].T.astype(np.int64)
    if kind.min() < 0 or kind.max() >= len(KINDS):
        raise ValueError("a feature is of no known kind")
    rows, columns = np.array([grid.shape for grid in KINDS.values()])[kind].T
    inside = (x >= 0) & (y >= 0) & (width > 0) & (height > 0)
    if not (inside & (x + columns * width <= SIZE) & (y + rows * height <= SIZE)).all():
        raise ValueError("a feature leaves the window")
    polarity = table[:, 6].astype(np.int64)
    if not np.isin(table[:, 6], (-1, 1)).all():
        raise ValueError("a polarity is neither 1 nor -1")
    features = Features(kind, x, y, width, height)
    return AdaBoost(features, np.arange(len(table)), table[:, 5].astype(np.float32), polarity, table[:, 7], table[:, 8])


def _check_scan(image: np.ndarray, smallest: float, largest: float | None, step: float, stride: int) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 2 or image.size == 0:
        what = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise ValueError(
            f"scan: the picture is {what}; wanted grey (height, width) uint8, 0 to 255, not empty. "
            "facelab.detection.as_grey makes one of a colour picture."
        )
    if not SIZE <= smallest < np.inf or (largest is not None and largest < smallest) or step <= 1 or stride < 1:
        raise ValueError(
            f"scan: smallest={smallest}, largest={largest}, step={step}, stride={stride}; wanted smallest of "
            f"{SIZE} px or more, largest not below it, a step above 1 and a stride of 1 or more."
        )


class _Pyramid:
    """A picture in several sizes, each with its integral image, all in one flat array: a window is then one number, its
    place there, and a corner of a feature is that place plus a number which is the same for all windows.

    Sums wrap round in 32 bits; differences, which are small, come out right all the same.
    """

    def __init__(self, image: np.ndarray, smallest: float, largest: float | None, step: float, stride: int):
        sides = []
        while (side := smallest * step ** len(sides)) <= min(image.shape) and (largest is None or side <= largest):
            sides.append(side)
        self.shapes = [tuple(max(SIZE, round(n * SIZE / side)) for n in image.shape) for side in sides]
        self.scales = np.array([np.divide(image.shape, shape) for shape in self.shapes]).reshape(-1, 2)
        self.stride = stride
        self.row = 1 + max((w for _, w in self.shapes), default=0)  # entries from one row to the next
        self.first_rows = np.cumsum([0, *(h + 1 for h, _ in self.shapes)])
        self.pixels = np.zeros((self.first_rows[-1], self.row), np.uint8)
        self.integral = np.zeros((self.first_rows[-1], self.row), np.int32)
        deviations, places = [], []
        for (height, width), top in zip(self.shapes, self.first_rows, strict=False):
            level = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            self.pixels[top : top + height, :width] = level
            sums = integral_images(level).astype(np.int32, copy=False)
            self.integral[top : top + height + 1, : width + 1] = sums
            squares = np.zeros((height + 1, width + 1), np.uint32)
            np.cumsum(np.square(level, dtype=np.uint32), axis=0, out=squares[1:, 1:])
            np.cumsum(squares[1:, 1:], axis=1, out=squares[1:, 1:])
            deviations.append(one_over_deviation(self._inside(sums), self._inside(squares)))
            grid = (top + np.arange(0, height - SIZE + 1, stride))[:, None] * self.row
            places.append((grid + np.arange(0, width - SIZE + 1, stride)).ravel())
        self.flat = self.integral.ravel()
        self.every = np.concatenate([np.zeros(0, np.int64), *places])
        self.per_deviation = np.zeros(self.integral.size, np.float32)
        self.per_deviation[self.every] = np.concatenate([np.zeros(0, np.float32), *(d.ravel() for d in deviations)])
        self.deviations = deviations

    def _inside(self, sums: np.ndarray) -> np.ndarray:
        """The sum in each window of a level, from its integral image."""
        a, b = sums[: -SIZE : self.stride], sums[SIZE :: self.stride]
        return (
            b[:, SIZE :: self.stride]
            - a[:, SIZE :: self.stride]
            - b[:, : -SIZE : self.stride]
            + a[:, : -SIZE : self.stride]
        )

    def scores_everywhere(self, stage: AdaBoost, _: np.ndarray) -> np.ndarray:
        """A stage's score of every window, in the order of `every`."""
        scores = []
        for shape, top, per_deviation in zip(self.shapes, self.first_rows, self.deviations, strict=False):
            rows, columns = (n - SIZE + 1 for n in shape)

            def corner(y, x, top=top, rows=rows, columns=columns):
                return self.integral[top + y : top + y + rows : self.stride, x : x + columns : self.stride]

            scores.append(_votes(stage, corner, per_deviation).ravel())
        return np.concatenate([np.zeros(0), *scores])

    def scores(self, stage: AdaBoost, places: np.ndarray) -> np.ndarray:
        """A stage's score of the windows at some places."""
        return _votes(stage, lambda y, x: self.flat[y * self.row + x :][places], self.per_deviation[places])

    def boxes(self, places: np.ndarray) -> np.ndarray:
        """Places as boxes x, y, width, height in pixels of the picture: (K, 4) float64."""
        y, x = np.divmod(places, self.row)
        level = np.searchsorted(self.first_rows, y, side="right") - 1
        down, across = self.scales[level].T
        return np.stack([x * across, (y - self.first_rows[level]) * down, SIZE * across, SIZE * down], axis=1)

    def crops(self, places: np.ndarray) -> np.ndarray:
        """The windows at some places: (K, 19, 19) uint8."""
        if len(places) == 0:
            return np.zeros((0, SIZE, SIZE), np.uint8)
        y, x = np.divmod(places, self.row)
        return np.lib.stride_tricks.sliding_window_view(self.pixels, (SIZE, SIZE))[y, x]


def _votes(stage: AdaBoost, corner: Callable[[int, int], np.ndarray], per_deviation: np.ndarray) -> np.ndarray:
    """A stage's scores of windows; corner(y, x) gives their integral images' entries at that place of the window."""
    scores = np.full(per_deviation.shape, -(stage.alpha * stage.polarity).sum(), np.float32)
    value, normal = np.empty(per_deviation.shape, np.int32), np.empty(per_deviation.shape, np.float32)
    for number, (threshold, vote) in enumerate(zip(stage.threshold, stage.alpha * stage.polarity, strict=True)):
        value[...] = 0
        for y, x, times in stage.features.corners(number):
            if times == 1:
                value += corner(y, x)
            elif times == -1:
                value -= corner(y, x)
            else:
                value += np.int32(times) * corner(y, x)
        np.multiply(value, per_deviation, out=normal, casting="same_kind")
        scores += np.float32(2 * vote) * (normal > threshold)
    return scores


def hard_negatives(photographs: list[np.ndarray]) -> Callable[[Cascade, int, np.random.Generator], np.ndarray]:
    """What train_cascade asks for windows without a face: those of photographs that the cascade takes for faces.

    Parameters: photographs, grey (h, w) uint8 of any sizes, on which nobody is.
    Returns: mine(cascade, count, rng) → (K, 19, 19) uint8, at most count, drawn at random from the windows that pass
    all stages, fairly from every photograph; each is looked at as it is or mirrored, upright or turned, at sizes drawn
    by rng, so that the same photographs give other windows the next time. Up to three times, if count needs it.
    """

    def mine(cascade: Cascade, count: int, rng: np.random.Generator) -> np.ndarray:
        share = -(-count // len(photographs))
        stride = 2 if len(cascade.stages) < 4 else 1  # the first stages let more through than is asked for
        found = []
        for number, photograph in enumerate(3 * photographs):  # each up to three times, until there are enough
            if number % len(photographs) == 0 and sum(map(len, found)) >= count:
                break
            turned = np.rot90(photograph, rng.integers(4))
            turned = np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)
            crops = cascade.scan(turned, smallest=SIZE * rng.uniform(1, 1.25), step=1.25, stride=stride).crops
            found.append(crops[rng.permutation(len(crops))[: 3 * share]])
        found = np.concatenate(found)
        return found[rng.permutation(len(found))[:count]]

    return mine


def varied(faces: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Faces as a scan will meet them: each as it is and mirrored, then moved, resized and lit a little differently.

    Parameters: faces (N, 19, 19) uint8; rng draws a shift to .7 pixels along each axis, a size to 6 % smaller or
    larger, and light that rises or falls from left to right by up to 40 % at the edges.
    Returns: (2 N, 19, 19) uint8, the mirrored ones last; what comes in at an edge repeats the old edge.

    The windows of a scan lie on a grid, so that no face is framed exactly, and CBCL's faces are lit more evenly than
    faces are elsewhere.
    """
    both = np.concatenate([faces, faces[:, :, ::-1]])
    n = len(both)
    size, slope, move = rng.uniform(0.94, 1.06, n), rng.uniform(-0.4, 0.4, n), rng.uniform(-0.7, 0.7, (n, 2))
    middle, across = SIZE // 2, np.linspace(-1, 1, SIZE)
    out = np.empty_like(both)
    for i, face in enumerate(both):
        to = [[size[i], 0, middle * (1 - size[i]) + move[i, 0]], [0, size[i], middle * (1 - size[i]) + move[i, 1]]]
        moved = cv2.warpAffine(face, np.array(to), (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
        out[i] = np.clip(np.round(moved * (1 + slope[i] * across)), 0, 255)
    return out


def train_cascade(
    faces: np.ndarray,
    validation: np.ndarray,
    non_faces: np.ndarray,
    mine: Callable[[Cascade, int, np.random.Generator], np.ndarray],
    *,
    rng: np.random.Generator,
    rounds: Sequence[int] = (8, 25, 60, 120, 180),
    detection_rate: float = 0.995,
    false_positive_rate: float = 0.03,
    n_hard: int = 5000,
    pool: int = 500,
    keep: int = 10,
) -> Cascade:
    """Train stage after stage, each on the windows without a face that all the stages before it take for faces.

    Parameters: faces (N, 19, 19) to learn from; validation (V, 19, 19), other faces, by which thresholds are set;
    non_faces (M, 19, 19) to begin with; mine(cascade, count, rng), such as hard_negatives(photographs), for more of
    those that the cascade so far takes for faces, so that a stage has n_hard; rounds: the most stumps that each stage
    may have. A stage grows until, with detection_rate of the validation faces let through, so is no more than
    false_positive_rate of a fourth of the others, held out. pool and keep as in AdaBoost.fit.
    Returns: a Cascade with as many stages as rounds has entries; fewer if hardly a window without a face is left.
    """
    cascade = Cascade()
    for most in rounds:
        hard = _still_in(cascade, non_faces)
        mined = mine(cascade, max(n_hard - len(hard), n_hard // 2), rng)
        hard = rng.permutation(np.concatenate([hard, mined]))[:n_hard]
        if len(hard) < 40:
            break
        held_out, learned = np.split(hard, [len(hard) // 4])
        stage, threshold, report = _train_stage(
            _still_in(cascade, faces),
            learned,
            _still_in(cascade, validation),
            held_out,
            rng,
            detection_rate,
            false_positive_rate,
            most,
            pool,
            keep,
        )
        cascade = Cascade((*cascade.stages, stage), (*cascade.thresholds, threshold), (*cascade.history, report))
    return cascade


def _still_in(cascade: Cascade, windows: np.ndarray) -> np.ndarray:
    """Those windows that pass all the stages there are."""
    return windows[cascade.passes(windows) == len(cascade.stages)]


def _train_stage(
    faces: np.ndarray,
    others: np.ndarray,
    known: np.ndarray,
    held_out: np.ndarray,
    rng: np.random.Generator,
    detection_rate: float,
    false_positive_rate: float,
    max_rounds: int,
    pool: int,
    keep: int,
) -> tuple[AdaBoost, float, StageReport]:
    """One stage and its threshold: learned from faces and others, judged by known faces and held-out others."""
    judges = Windows(np.concatenate([known, held_out]))
    scores = np.zeros(len(judges))

    def judge() -> tuple[float, float, float]:
        ranked = np.sort(scores[: len(known)])
        lowest = ranked[int((1 - detection_rate) * len(known))]
        threshold = float(lowest) - 1e-3  # below the score itself, which rounding may move
        passing = scores > threshold
        return threshold, float(passing[: len(known)].mean()), float(passing[len(known) :].mean())

    def good_enough(model: AdaBoost) -> bool:
        nonlocal scores
        scores = scores + model.last().decision_function(judges)
        return judge()[2] <= false_positive_rate

    is_face = np.arange(len(faces) + len(others)) < len(faces)
    windows = np.concatenate([faces, others])
    stage = AdaBoost.fit(windows, is_face, max_rounds, rng=rng, pool=pool, keep=keep, stop=good_enough)
    threshold, detected, wrong = judge()
    return stage, threshold, StageReport(len(stage), detected, wrong, len(others))
