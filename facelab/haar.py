"""Faces by contrast: integral image, Haar-like features and boosted stumps; facelab.cascade puts them in a row.

Lesson 04 builds it.

Source of the module: P. Viola and M. J. Jones, Robust real-time face detection, International Journal of Computer
Vision 57(2), 2004, 137-154. Where this differs, the docstring says so.

A window is a square of 19 x 19 pixels, as in CBCL. Values of features come as (F, N), a row a feature, because a stump
sorts one feature's values of all windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat

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
    return integral_images(image)


def integral_images(images: np.ndarray) -> np.ndarray:
    """integral_image of every image of a stack, images (..., h, w).

    Raises: ValueError as integral_image.
    """
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

    kind: np.ndarray  #: (F,) int64, place in KINDS
    x: np.ndarray  #: (F,) int64, left edge in pixels from the window's
    y: np.ndarray  #: (F,) int64, top edge
    width: np.ndarray  #: (F,) int64, of one cell, in pixels
    height: np.ndarray  #: (F,) int64, of one cell

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, index: np.ndarray | slice | int) -> Features:
        """Those of the features that an index, a slice or a mask picks, as Features."""
        return Features(*(np.atleast_1d(getattr(self, name)[index]) for name in self.__dataclass_fields__))

    def corners(self, number: int) -> list[tuple[int, int, int]]:
        """The entries of the window's integral image that feature `number` adds up: six to nine (y, x, times)."""
        y, x, height, width = (int(a[number]) for a in (self.y, self.x, self.height, self.width))
        return [(y + row * height, x + column * width, n) for row, column, n in CORNERS[self.kind[number]]]

    def picture(self, number: int) -> np.ndarray:
        """Feature `number` as a window (19, 19): what each pixel's grey level is multiplied by; 0 outside."""
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
        """values(windows, normalise), for windows prepared already: their integral images are there."""
        values = self.matrix() @ prepared.integral
        if normalise:
            values *= prepared.per_deviation
        return values


class Windows:
    """Windows made ready for many features: integral (400, N) float32 and per_deviation (N,) float32, 1 over the
    standard deviation of the window's grey levels, or 0 where they are all equal.

    Parameters: windows (N, 19, 19), real.
    Raises: ValueError if they have another shape.
    """

    def __init__(self, windows: np.ndarray):
        windows = np.asarray(windows)
        if windows.ndim != 3 or windows.shape[1:] != (SIZE, SIZE):
            raise ValueError(f"windows have shape {windows.shape}; wanted (N, {SIZE}, {SIZE}), grey.")
        sums = integral_images(windows)
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
        """Values (F, N), sorted row by row.

        Raises: ValueError if values are not such a table, empty, or hold NaN.
        """
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
    """Weights (N,) after a round: those decided wrongly times e^alpha, those decided rightly times e^-alpha, sum 1.

    Parameters: weights (N,) before; is_face (N,) bool; votes (N,), 1 or -1; alpha, what the stump's vote counts.
    """
    weights = weights * np.exp(-alpha * np.where(is_face, votes, -votes))
    return weights / weights.sum()


def balanced_weights(is_face: np.ndarray) -> np.ndarray:
    """Weights (N,) to begin with: half of the whole shared by the faces, half by the others, as in the paper.

    Parameters: is_face (N,) bool.
    Raises: ValueError if there are no faces, or nothing else.
    """
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

    features: Features | None  #: the T features that the stumps look at; None if fitted to values alone
    feature: np.ndarray  #: (T,) int64, the rows of the values they were chosen from
    threshold: np.ndarray  #: (T,) float32 for windows, as their values are
    polarity: np.ndarray  #: (T,) int64, 1 or -1
    alpha: np.ndarray  #: (T,) float64
    errors: np.ndarray  #: (T,) float64, weighted error of each stump in its round

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

        Parameters: values (F, N); is_face (N,) bool; n_rounds, at most so many; weights (N,) to begin with,
        balanced_weights if None; criterion as in best_stump.
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
    """Several Features, the parts, as one, in their order."""
    return Features(*(np.concatenate([getattr(p, name) for p in parts]) for name in Features.__dataclass_fields__))
