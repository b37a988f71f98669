"""Faces by contrast: integral image, Haar-like features, boosted stumps, and a cascade of them that scans a picture.

Source of the module: P. Viola and M. J. Jones, Robust real-time face detection, International Journal of Computer
Vision 57(2), 2004, 137-154. Where this differs, the docstring says so.

A window is a square of 19 x 19 pixels, as in CBCL. Values of features come as (F, N), a row a feature, because a stump
sorts one feature's values of all windows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
import scipy.sparse

SIZE = 19

# A feature is a small grid of cells of one size: the sum of the grey levels in each, times the number here, added up.
# Every grid adds up to 0, so that a constant added to the picture changes nothing. The paper gives the middle of three
# the weight 1, so that it doesn't; OpenCV's weight is 2, as here.
KINDS = {
    "left_right": np.array([[1, -1]]),
    "top_bottom": np.array([[1], [-1]]),
    "three_across": np.array([[-1, 2, -1]]),
    "three_down": np.array([[-1], [2], [-1]]),
    "chequered": np.array([[1, -1], [-1, 1]]),
}
FORMAT = "facelab cascade 1"


def corners_of(grid: np.ndarray) -> list[tuple[int, int, int]]:
    """Which corners of a grid's cells its value adds up in the integral image: (row, column, times), in cells.

    Each cell has four, and neighbouring cells share some. How often one counts is the difference of the grid's numbers
    across it, down and across: for [1, -1] that is +1, -2, +1 along the upper edge and -1, +2, -1 along the lower.
    """
    times = np.diff(np.diff(np.pad(grid, 1), axis=0), axis=1)
    return [(row, column, int(n)) for (row, column), n in np.ndenumerate(times) if n]


CORNERS = [corners_of(grid) for grid in KINDS.values()]


def integral_image(image: np.ndarray) -> np.ndarray:
    """For every place of an image, the sum of all pixels above and to the left of it.

    Parameters: image (h, w), grey, integers, booleans or finite floats in any unit.
    Returns: (h + 1, w + 1); entry (y, x) is image[:y, :x].sum(), so that row 0 and column 0 are zeros. uint8 gives
    int32 as cv2.integral does (int64 if the picture has more than 8,421,504 pixels, whose sum may not fit); other
    integers give int64, floats float64.
    Raises: ValueError if image is not a grey picture of at least one pixel, or holds NaN or infinity.
    """
    image = np.asarray(image)
    if image.ndim != 2 or image.size == 0:
        raise ValueError(
            f"integral_image: image has shape {image.shape}; wanted a grey picture (height, width) of at least a pixel."
        )
    return _integral(image)


def _integral(images: np.ndarray) -> np.ndarray:
    """integral_image of every image of a stack (..., h, w)."""
    *stack, height, width = images.shape
    kind = images.dtype.kind
    if kind not in "biuf":
        raise ValueError(f"integral_image: pixels are of dtype {images.dtype}; wanted integers or floats.")
    if kind == "f" and not np.isfinite(images).all():
        raise ValueError(
            "integral_image: a pixel is NaN or infinite, and would spoil every sum to its right and below."
        )
    small = images.dtype == np.uint8 and 255 * height * width < 2**31
    table = np.zeros((*stack, height + 1, width + 1), np.float64 if kind == "f" else np.int32 if small else np.int64)
    inside = table[..., 1:, 1:]
    np.cumsum(images, axis=-2, out=inside)
    np.cumsum(inside, axis=-1, out=inside)
    return table


def rectangle_sum(integral: np.ndarray, x: int, y: int, width: int, height: int) -> int | float | np.ndarray:
    """The sum of the pixels in a rectangle, from four entries of the integral image, however large the rectangle is.

    Parameters: integral (h + 1, w + 1); x, y of the rectangle's top left pixel, width and height in pixels, 0 or more;
    arrays of one shape for many rectangles at once.
    Returns: a number, or an array of that shape, in the integral image's dtype.
    Raises: ValueError if a rectangle leaves the image.
    """
    bottom, right = np.add(y, height), np.add(x, width)
    if np.min([x, y, width, height]) < 0 or np.max(bottom) >= len(integral) or np.max(right) >= integral.shape[1]:
        raise ValueError(
            f"rectangle_sum: x={x}, y={y}, width={width}, height={height} leaves an image of "
            f"{integral.shape[1] - 1} x {len(integral) - 1} pixels (width x height)."
        )
    return integral[bottom, right] - integral[y, right] - integral[bottom, x] + integral[y, x]


@dataclass(frozen=True, eq=False)
class Features:
    """F Haar-like features of a 19 x 19 window: which grid of KINDS, where, and how large one of its cells is."""

    kind: np.ndarray  # (F,) int64, place in KINDS
    x: np.ndarray  # (F,) int64, left edge in pixels from the window's
    y: np.ndarray  # (F,) int64, top edge
    width: np.ndarray  # (F,) int64, of one cell, in pixels
    height: np.ndarray  # (F,) int64, of one cell

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, index: np.ndarray | slice | int) -> Features:
        """Those of the features that an index, a slice or a mask picks, as Features."""
        return Features(*(np.atleast_1d(getattr(self, name)[index]) for name in self.__dataclass_fields__))

    def corners(self, number: int) -> list[tuple[int, int, int]]:
        """The entries of the window's integral image that one feature adds up: (y, x, times), six to nine of them."""
        y, x, height, width = (int(a[number]) for a in (self.y, self.x, self.height, self.width))
        return [(y + row * height, x + column * width, n) for row, column, n in CORNERS[self.kind[number]]]

    def picture(self, number: int) -> np.ndarray:
        """One feature as a window (19, 19): what each pixel's grey level is multiplied by; 0 outside."""
        cell = np.ones((self.height[number], self.width[number]), int)
        drawn = np.kron(list(KINDS.values())[self.kind[number]], cell)
        window = np.zeros((SIZE, SIZE), int)
        window[self.y[number] :, self.x[number] :][: drawn.shape[0], : drawn.shape[1]] = drawn
        return window

    def matrix(self) -> scipy.sparse.csr_array:
        """(F, 400) float32, sparse: a row holds what a feature multiplies each entry of an integral image by."""
        rows = [self.corners(i) for i in range(len(self))]
        times = np.array([n for row in rows for *_, n in row], np.float32)
        places = np.array([y * (SIZE + 1) + x for row in rows for y, x, _ in row])
        ends = np.cumsum([0, *map(len, rows)])
        return scipy.sparse.csr_array((times, places, ends), shape=(len(self), (SIZE + 1) ** 2))

    def values(self, windows: np.ndarray, normalise: bool = True) -> np.ndarray:
        """Every feature of every window, in one product of matrices.

        Parameters: windows (N, 19, 19), real; normalise: divide by the window's standard deviation, so that contrast
        doesn't count (a window without any gets 0). Brightness doesn't count in any case: the grids add up to 0.
        Returns: (F, N) float32.
        Raises: ValueError if the windows have another size.
        """
        return self.values_of(Windows(windows), normalise)

    def values_of(self, prepared: Windows, normalise: bool = True) -> np.ndarray:
        """values(windows), for windows whose integral images are there already."""
        values = self.matrix() @ prepared.integral
        if normalise:
            values *= prepared.per_deviation
        return values


class Windows:
    """Windows made ready for many features: integral (400, N) float32 and per_deviation (N,) float32, 1 over the
    standard deviation of the window's grey levels, or 0 where they are all equal.

    Parameters: windows (N, 19, 19), real. Raises: ValueError if they have another shape.
    """

    def __init__(self, windows: np.ndarray):
        windows = np.asarray(windows)
        if windows.ndim != 3 or windows.shape[1:] != (SIZE, SIZE):
            raise ValueError(f"windows have shape {windows.shape}; wanted (N, {SIZE}, {SIZE}), grey.")
        sums = _integral(windows)
        squares = np.square(windows, dtype=np.float64).sum(axis=(1, 2))
        self.per_deviation = one_over_deviation(sums[:, -1, -1], squares)
        # A window's sums are below 2^24, so that float32 holds them exactly if the pixels are whole numbers to 255.
        self.integral = np.ascontiguousarray(sums.reshape(-1, (SIZE + 1) ** 2).T, dtype=np.float32)

    def __len__(self) -> int:
        return self.integral.shape[1]


def one_over_deviation(sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """1 / standard deviation of windows' pixels from the sums of pixels and of their squares; 0 for a flat window."""
    n = SIZE * SIZE
    sums, squares = np.asarray(sums, np.float64), np.asarray(squares, np.float64)
    spread = n * squares - sums * sums  # n^2 times the variance, without rounding if the pixels are whole numbers
    spread[spread <= 1e-12 * n * squares] = np.inf  # rounding may leave a little more than 0
    return (n / np.sqrt(spread)).astype(np.float32)


def all_features() -> Features:
    """Every grid of KINDS at every place and size within the window: 63,960 features at 19 x 19."""
    parts = []
    for kind, grid in enumerate(KINDS.values()):
        rows, columns = grid.shape
        heights, widths = np.arange(1, SIZE // rows + 1), np.arange(1, SIZE // columns + 1)
        y, x, height, width = (a.ravel() for a in np.meshgrid(*2 * [np.arange(SIZE)], heights, widths, indexing="ij"))
        fits = (y + rows * height <= SIZE) & (x + columns * width <= SIZE)
        parts.append([np.full(fits.sum(), kind), x[fits], y[fits], width[fits], height[fits]])
    return Features(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@dataclass(frozen=True)
class Stump:
    """A decision by one feature: a vote of `polarity` (1 face, -1 no face) above the threshold, the opposite at it and
    below; error is the share of the weights that it decides wrongly."""

    feature: int
    threshold: float
    polarity: int
    error: float

    def votes(self, values: np.ndarray) -> np.ndarray:
        """1 or -1 for each of the feature's values, any shape."""
        return np.where(values > self.threshold, self.polarity, -self.polarity)


@dataclass(frozen=True, eq=False)
class SortedValues:
    """Values (F, N) with each row's order (F, N), and at each place of it whether the next value is larger (so that a
    threshold fits between them). Sorting is what costs; a round of boosting then only adds up weights."""

    values: np.ndarray
    order: np.ndarray
    cut: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> SortedValues:
        values = np.asarray(values)
        if values.ndim != 2 or values.size == 0 or not np.isfinite(values).all():
            raise ValueError(
                f"best_stump: values have shape {values.shape}; wanted (features, windows), not empty, without NaN."
            )
        order = values.argsort(axis=1)
        ranked = np.take_along_axis(values, order, axis=1)
        return cls(values, order.astype(np.int32), ranked[:, :-1] < ranked[:, 1:])


def best_stump(
    values: np.ndarray | SortedValues, is_face: np.ndarray, weights: np.ndarray, criterion: str = "error"
) -> Stump:
    """The stump that decides the weighted windows best, over all features, thresholds and both polarities.

    Parameters: values (F, N), or SortedValues of them; is_face (N,) bool; weights (N,), not negative, of any sum;
    criterion: "error", the weight decided wrongly, as in the paper; or "gini", the weighted Gini impurity of the two
    sides, by which scikit-learn's DecisionTreeClassifier chooses (it can't minimise the error itself).
    Returns: a Stump; the threshold is halfway between two neighbouring values (of equal values, all are on one side),
    or below all of them, where the stump says the same of every window. Of equally good ones, the first feature and
    the lowest threshold.
    Raises: ValueError if shapes differ, weights are negative or add up to 0, or the criterion is unknown.

    With the windows in the order of one feature's values, the weight of the faces and of the others below each
    possible threshold is a cumulative sum, so that all N + 1 thresholds cost one pass.
    """
    ready = values if isinstance(values, SortedValues) else SortedValues.of(values)
    is_face, weights = np.asarray(is_face, bool), np.asarray(weights, np.float64)
    count = ready.values.shape[1]
    if is_face.shape != (count,) or weights.shape != (count,):
        raise ValueError(f"best_stump: {count} windows, but is_face {is_face.shape} and weights {weights.shape}.")
    if criterion not in ("error", "gini"):
        raise ValueError(f"best_stump: no criterion {criterion!r}; there are 'error' and 'gini'.")
    total = weights.sum()
    if weights.min() < 0 or not 0 < total < np.inf:
        raise ValueError("best_stump: weights must not be negative, and must add up to a finite number above 0.")
    weights = weights / total
    signed = np.where(is_face, weights, -weights)
    faces = weights[is_face].sum()

    best = (np.inf, 0, 0, 0.5)
    for begin in range(0, len(ready.order), 64):  # a few features at a time stay in the processor's cache
        rows = slice(begin, begin + 64)
        order, cut = ready.order[rows], ready.cut[rows]
        # below: weight of faces less that of others at and below each place, so that a stump of polarity 1 errs on
        # the faces below and the others above: (1 - faces) + below.
        below = np.cumsum(signed[order[:, :-1]], axis=1)
        if criterion == "error":
            wrong = (1 - faces) + below
            score = np.minimum(wrong, 1 - wrong)
        else:
            mass = np.cumsum(weights[order[:, :-1]], axis=1)
            score = _gini(below, mass, faces)
        score = np.where(cut, score, np.inf)
        if score.size and (lowest := score.min()) < best[0] - 1e-12:
            row, place = np.unravel_index(np.argmax(score <= lowest + 1e-12), score.shape)
            error = 1 - faces + below[row, place]
            best = (float(lowest), begin + int(row), int(place), float(error))
    _, feature, place, error = best
    constant = min(faces, 1 - faces)
    if (
        constant <= min(error, 1 - error) + 1e-12
    ):  # the same for every window is as good, or both sides hold more of one
        return Stump(0, -np.inf, 1 if faces >= 0.5 else -1, float(constant))
    low, high = ready.values[feature, ready.order[feature, place : place + 2]]
    threshold = low + (high - low) / 2
    threshold = float(low if threshold >= high else threshold)  # neighbours without a number between them
    return Stump(feature, threshold, 1, error) if error <= 0.5 else Stump(feature, threshold, -1, 1 - error)


def _gini(below: np.ndarray, mass: np.ndarray, faces: float) -> np.ndarray:
    """Gini impurity of both sides of every threshold, each side by its weight; below: faces less others, mass: all."""
    impurity = 0
    for weight, difference in ((mass, below), (1 - mass, (2 * faces - 1) - below)):
        safe = np.where(weight > 1e-15, weight, 1)
        impurity = impurity + np.where(weight > 1e-15, weight - difference * difference / safe, 0) / 2
    return impurity


def alpha_of(error: float, count: int) -> float:
    """The vote of a stump with this weighted error: half the logarithm of right over wrong.

    An error of 0 would give an endless vote; half a window of `count` is the least that counts.
    """
    error = max(error, 0.5 / count)
    return 0.5 * float(np.log((1 - error) / error))


def reweighted(weights: np.ndarray, is_face: np.ndarray, votes: np.ndarray, alpha: float) -> np.ndarray:
    """Weights (N,) after a round: those decided wrongly times e^alpha, those decided rightly times e^-alpha, sum 1."""
    weights = weights * np.exp(-alpha * np.where(is_face, votes, -votes))
    return weights / weights.sum()


def balanced_weights(is_face: np.ndarray) -> np.ndarray:
    """Weights (N,) to begin with: half of the whole shared by the faces, half by the others, as in the paper."""
    is_face = np.asarray(is_face, bool)
    faces = is_face.sum()
    if not 0 < faces < len(is_face):
        raise ValueError(f"boosting needs faces and others; of {len(is_face)} windows, {faces} are faces.")
    return np.where(is_face, 0.5 / faces, 0.5 / (len(is_face) - faces))


@dataclass(frozen=True, eq=False)
class AdaBoost:
    """T stumps that vote: discrete AdaBoost. A window's score is the sum of alpha times vote; 0 or more says face.

    Made by fit(windows, ...) or fit_values(values, ...).
    """

    features: Features | None  # the T features that the stumps look at; None if fitted to values alone
    feature: np.ndarray  # (T,) int64, the rows of the values they were chosen from
    threshold: np.ndarray  # (T,) float32 for windows, as their values are
    polarity: np.ndarray  # (T,) int64, 1 or -1
    alpha: np.ndarray  # (T,) float64
    errors: np.ndarray  # (T,) float64, weighted error of each stump in its round

    @classmethod
    def fit(
        cls,
        windows: np.ndarray,
        is_face: np.ndarray,
        n_rounds: int,
        *,
        rng: np.random.Generator,
        pool: int = 500,
        keep: int = 1,
        stop: Callable[[AdaBoost], bool] | None = None,
    ) -> AdaBoost:
        """Boost stumps of Haar-like features.

        Parameters: windows (N, 19, 19); is_face (N,) bool; n_rounds, T at most; rng draws the features: `pool` of the
        63,960 afresh every `keep` rounds. stop: called after each round with the stumps so far, ends it by True.
        The paper searches all features in every round; 500 drawn at random hold a nearly as good one nearly always.
        """
        every, prepared = all_features(), Windows(windows)

        def pools() -> Iterator[tuple[Features, SortedValues]]:
            while True:
                drawn = every[rng.choice(len(every), pool, replace=False)]
                yield from repeat((drawn, SortedValues.of(drawn.values_of(prepared))), keep)

        return cls._boost(pools(), is_face, n_rounds, balanced_weights(is_face), "error", stop)

    @classmethod
    def fit_values(
        cls,
        values: np.ndarray,
        is_face: np.ndarray,
        n_rounds: int,
        *,
        weights: np.ndarray | None = None,
        criterion: str = "error",
    ) -> AdaBoost:
        """Boost stumps of any values (F, N), all of which are searched in every round.

        weights (N,) to begin with, balanced_weights if None; criterion as in best_stump.
        """
        begin = balanced_weights(is_face) if weights is None else np.asarray(weights) / np.sum(weights)
        return cls._boost(repeat((None, SortedValues.of(values))), is_face, n_rounds, begin, criterion, None)

    @classmethod
    def _boost(cls, pools, is_face, n_rounds, weights, criterion, stop) -> AdaBoost:
        is_face = np.asarray(is_face, bool)
        rounds: list[tuple] = []
        model = None
        for features, values in pools:
            stump = best_stump(values, is_face, weights, criterion)
            if model is not None and stump.error >= 0.5:  # nothing is left that does better than a coin
                break
            alpha = alpha_of(stump.error, len(weights))
            weights = reweighted(weights, is_face, stump.votes(values.values[stump.feature]), alpha)
            chosen = None if features is None else features[stump.feature]
            rounds.append((chosen, stump.feature, stump.threshold, stump.polarity, alpha, stump.error))
            model = cls._of(rounds)
            if len(rounds) == n_rounds or (stop is not None and stop(model)):
                break
        return model

    @classmethod
    def _of(cls, rounds: list[tuple]) -> AdaBoost:
        chosen, feature, threshold, polarity, alpha, errors = zip(*rounds, strict=True)
        features = None if chosen[0] is None else joined(chosen)
        precision = np.float64 if features is None else np.float32
        return cls(
            features,
            np.array(feature),
            np.array(threshold, precision),
            np.array(polarity),
            np.array(alpha),
            np.array(errors),
        )

    def __len__(self) -> int:
        return len(self.alpha)

    def last(self) -> AdaBoost:
        """The last stump alone."""
        fields = (getattr(self, name) for name in self.__dataclass_fields__)
        return AdaBoost(
            *(None if f is None else f[-1:] if isinstance(f, np.ndarray) else f[len(self) - 1] for f in fields)
        )

    @property
    def bound(self) -> np.ndarray:
        """(T,): after each round, what the share of training windows decided wrongly can't exceed, as weighted at the
        beginning: the product of 2 sqrt(error (1 - error)) so far.

        Source: Y. Freund and R. E. Schapire, A decision-theoretic generalization of on-line learning and an
        application to boosting, Journal of Computer and System Sciences 55(1), 1997, 119-139.
        """
        return np.cumprod(2 * np.sqrt(self.errors * (1 - self.errors)))

    def votes_of(self, values: np.ndarray) -> np.ndarray:
        """alpha times vote of each stump, (T, N), from its own feature's values (T, N)."""
        above = values > self.threshold[:, None]
        return np.where(above, 1, -1) * (self.alpha * self.polarity)[:, None]

    def decision_function(self, windows: np.ndarray | Windows, n_rounds: int | None = None) -> np.ndarray:
        """The score (N,) of windows (N, 19, 19) by the first n_rounds stumps (all if None): 0 or more says face."""
        prepared = windows if isinstance(windows, Windows) else Windows(windows)
        return self.votes_of(self.features.values_of(prepared))[:n_rounds].sum(axis=0)


def joined(parts: list[Features] | tuple[Features, ...]) -> Features:
    """Several Features as one, in their order."""
    return Features(*(np.concatenate([getattr(p, name) for p in parts]) for name in Features.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Scan:
    """What a cascade found in a picture: windows before any are merged, best first, and what each stage did."""

    boxes: np.ndarray  # (M, 4) float64: x, y, width, height in pixels of the picture
    scores: np.ndarray  # (M,) float64, above 0: by how much each stage's threshold was passed, added up
    crops: np.ndarray  # (M, 19, 19) uint8, what the cascade saw there
    windows: int  # how many were looked at
    passed: np.ndarray  # (S,) int64, how many each stage let through
    survivors: tuple[np.ndarray, ...]  # for each stage, the boxes (K, 4) that it let through; empty without trace


@dataclass(frozen=True)
class StageReport:
    """How training a stage ended."""

    stumps: int
    detection_rate: float  # share of the validation faces that reached the stage and pass it
    false_positive_rate: float  # share of the held-out others that pass it
    hard: int  # windows without a face that it learned from


@dataclass(frozen=True, eq=False)
class Cascade:
    """Stages of boosted stumps, a few first and more later; a window must pass every stage to be called a face.

    Made by train_cascade or load. A window passes a stage if its score there is above the stage's threshold.
    """

    stages: tuple[AdaBoost, ...] = ()  # S of them
    thresholds: tuple[float, ...] = ()  # (S,)
    history: tuple[StageReport, ...] = ()  # (S,), how they were trained
    operating_point: float = 0.0  # score that a detector should ask of a merged detection; see CascadeDetector

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
        """Write the cascade as JSON: text that can be read and runs nothing.

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
        """Read a cascade that save wrote.

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
            sums = _integral(level).astype(np.int32, copy=False)
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
