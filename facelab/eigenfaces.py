"""Faces as points in a small space: eigenfaces, Fisherfaces, and local binary patterns beside them.

Eigenfaces and Fisherfaces look at a face as one vector of pixels and find the few directions worth keeping; local
binary patterns look at the texture round every pixel and count it cell by cell. Lessons 02 and 03 derive all three.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

PRECISIONS = (np.float64, np.float32)  # kept as they come; anything else is converted to float64


def small_matrix_trick(centred: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """The leading eigenvectors of the covariance of N images of D pixels, from an N x N matrix if N < D.

    Parameters: centred (N, D) float32 or float64, the images with their mean subtracted; n_components K, at most
    min(N - 1, D).
    Returns: components (K, D), rows of unit length and at right angles, the direction of most variance first; variance
    (N,) or (D,), all eigenvalues of the covariance with N - 1 in the denominator, largest first, in squared units of
    the pixels. Both in the precision of centred. Each component's largest entry is made positive, so that two fits of
    one set of images agree in sign.
    Raises: ValueError if the images span fewer than n_components directions: an eigenvector of eigenvalue zero can't
    be mapped back.

    The covariance of 92 x 112 pixels has 10,304 rows and columns; with 200 images at most 199 of its eigenvalues
    differ from zero. Turk and Pentland take the 200 x 200 matrix A A' of the images' dot products in its place: if
    A A' v = q v, then A' A (A' v) = q (A' v), so A' v is an eigenvector of the large matrix to the same eigenvalue,
    and its length is sqrt(q).

    Source: M. Turk and A. Pentland, Eigenfaces for recognition, Journal of Cognitive Neuroscience 3(1), 1991, 71-86.
    """
    n, d = centred.shape
    small = centred @ centred.T if n <= d else centred.T @ centred
    eigenvalues, vectors = np.linalg.eigh(small)
    eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]  # eigh sorts upwards
    noise = 100 * np.finfo(centred.dtype).eps * eigenvalues[0]  # what rounding makes of an eigenvalue of 0
    if eigenvalues[n_components - 1] <= noise:
        raise ValueError(
            f"n_components={n_components}, but the {n} images span only {np.sum(eigenvalues > noise)} directions once "
            "their mean is subtracted. Are images repeated, or all alike?"
        )
    leading, kept = vectors[:, :n_components], eigenvalues[:n_components]
    components = (leading / np.sqrt(kept)).T @ centred if n <= d else np.ascontiguousarray(leading.T)
    return with_largest_entry_positive(components), np.maximum(eigenvalues, 0) / (n - 1)


def by_svd(centred: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """The same components and variances as small_matrix_trick, from the singular values of the images themselves.

    Parameters: centred, n_components, as small_matrix_trick takes them.
    Returns: components and variance as there, but variance is (min(N, D),).

    With A = U S V', the rows of V' are the components and S^2 / (N - 1) the variances. No squared matrix is made, so
    directions of little variance keep twice as many correct digits; it costs several times as long.
    """
    _, singular_values, components = np.linalg.svd(centred, full_matrices=False)
    return with_largest_entry_positive(components[:n_components]), singular_values**2 / (len(centred) - 1)


def with_largest_entry_positive(components: np.ndarray) -> np.ndarray:
    """The rows of components (K, D), each multiplied by 1 or -1 so that its entry of largest magnitude is positive.

    An eigenvector times -1 is an eigenvector too; this rule (scikit-learn's) picks one of the two.
    """
    sign = np.where(components.max(axis=1) >= -components.min(axis=1), 1, -1)
    return components * sign.astype(components.dtype)[:, None]


class Eigenfaces(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A face as the mean face plus K eigenfaces, each times a number: principal component analysis of images.

    Parameters
    - n_components: K, from 1 to min(N - 1, D). The mean uses up one of the N images' directions.
    - whiten: divide every coordinate by its standard deviation over the training images, so that a difference along
      a direction of little variance (often a detail) counts as much as one along the first (often the light).

    After fit(X), X (N, D), one flattened image a row, any unit:
    - mean_ (D,) the mean face, in the unit of X
    - components_ (K, D) the eigenfaces, unit length, at right angles, most variance first
    - explained_variance_ (K,) variance of the training images along each, N - 1 in the denominator
    - explained_variance_ratio_ (K,) the same as shares of the total variance
    - n_features_in_ D, n_samples_ N

    float32 and float64 are kept, anything else becomes float64. Errors are scikit-learn's own: NotFittedError;
    ValueError for NaN, a single image, a wrong number of pixels, or a K that the images can't give.

    Source: M. Turk and A. Pentland, Eigenfaces for recognition, Journal of Cognitive Neuroscience 3(1), 1991, 71-86.
    """

    def __init__(self, n_components: int, whiten: bool = False):
        self.n_components = n_components
        self.whiten = whiten

    def fit(self, X: np.ndarray, y: None = None) -> Eigenfaces:
        """Find the mean face and the eigenfaces of X (N, D); y is ignored."""
        X = validate_data(self, X, dtype=PRECISIONS, ensure_min_samples=2, ensure_all_finite=False)
        check_component_count(self, "n_components", min(len(X) - 1, X.shape[1]), "min(n_samples - 1, n_features)")
        self.mean_ = X.mean(axis=0)
        assert_all_finite(self.mean_, estimator_name="Eigenfaces", input_name="X")  # NaN in one image is in the mean
        self.components_, variance = small_matrix_trick(X - self.mean_, self.n_components)
        self.explained_variance_ = variance[: self.n_components]
        self.explained_variance_ratio_ = self.explained_variance_ / variance.sum()
        self.n_samples_ = len(X)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """The coordinates (N, K) of faces X (N, D) in face space; divided by the standard deviations if whiten."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=PRECISIONS, reset=False)
        Z = (X - self.mean_) @ self.components_.T
        return Z / np.sqrt(self.explained_variance_) if self.whiten else Z

    def inverse_transform(self, Z: np.ndarray) -> np.ndarray:
        """The faces (N, D) that lie at coordinates Z (N, K): for Z = transform(X), the reconstruction of X.

        Raises: ValueError for another number of coordinates.
        """
        check_is_fitted(self)
        Z = check_array(Z, dtype=PRECISIONS)
        if Z.shape[1] != len(self.components_):
            raise ValueError(
                f"Z has {Z.shape[1]} features, but Eigenfaces is expecting {len(self.components_)} coordinates as input"
            )
        if self.whiten:
            Z = Z * np.sqrt(self.explained_variance_)
        return self.mean_ + Z @ self.components_

    def distance_from_face_space(self, X: np.ndarray) -> np.ndarray:
        """How far each image of X (N, D) lies from its own reconstruction: (N,) Euclidean, in the unit of X.

        Large for a picture that no mixture of eigenfaces can draw. Turk and Pentland call its square epsilon^2 and
        compare it with a threshold to tell a face from anything else.
        """
        return np.linalg.norm(np.asarray(X) - self.inverse_transform(self.transform(X)), axis=1)

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)


class Fisherfaces(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Directions that tell people apart: eigenfaces first, then Fisher's linear discriminant among their coordinates.

    Eigenfaces keep what varies most, and the light varies more than the person. Fisherfaces keep what varies most
    *between* people for each unit that it varies *within* one person. That needs the spread within a person to be
    estimated, as an n_pca x n_pca matrix, from N - c images' worth of differences (c people); with n_pca near N - c
    every direction has seen about one difference, and the estimate is worth nothing.

    Parameters
    - n_pca: eigenfaces kept first, at most N - c, where the matrix within people becomes singular
    - n_components: K, discriminants kept, from 1 to min(c - 1, n_pca); None keeps them all

    After fit(X, y), X (N, D), y (N,) the person of each image:
    - mean_ (D,), components_ (K, D): transform(X) is (X - mean_) @ components_.T
    - separation_ (K,) variance between people over variance within a person, along each component
    - classes_ (c,), n_features_in_ D

    Coordinates have unit variance within a person, averaged over people. Precision and errors as Eigenfaces.

    Source: P. N. Belhumeur, J. P. Hespanha and D. J. Kriegman, Eigenfaces vs. Fisherfaces: recognition using class
    specific linear projection, IEEE Transactions on Pattern Analysis and Machine Intelligence 19(7), 1997, 711-720.
    They keep n_pca = N - c, the most that can be; lesson 03 shows what that costs.
    """

    def __init__(self, n_pca: int, n_components: int | None = None):
        self.n_pca = n_pca
        self.n_components = n_components

    def fit(self, X: np.ndarray, y: np.ndarray) -> Fisherfaces:
        """Find the discriminants of faces X (N, D) of people y (N,).

        Raises: ValueError if there is one person only, or n_pca or n_components is more than the images can give.
        """
        X, y = validate_data(self, X, y, dtype=PRECISIONS, ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, person = np.unique(y, return_inverse=True)
        n, c = len(X), len(self.classes_)
        if c < 2:
            raise ValueError(f"The number of classes has to be greater than one; got {c} class")
        check_component_count(self, "n_pca", min(n - c, X.shape[1]), "min(n_samples - n_classes, n_features)")
        most = min(c - 1, self.n_pca)
        if self.n_components is not None:
            check_component_count(self, "n_components", most, "min(n_classes - 1, n_pca)")

        eigenfaces = Eigenfaces(self.n_pca).fit(X)
        within, between = scatter(eigenfaces.transform(X), person)
        try:
            # between @ v = separation * within @ v, scaled so that v' within v = 1
            separation, directions = scipy.linalg.eigh(between / (c - 1), within / (n - c))
        except np.linalg.LinAlgError:
            raise ValueError(
                f"n_pca={self.n_pca}, but the images of one person differ along fewer directions than that, so their "
                "spread can't be compared with the spread between people. Are images repeated?"
            ) from None
        best = np.argsort(-separation)[: self.n_components or most]
        self.separation_ = separation[best]
        self.mean_ = eigenfaces.mean_
        self.components_ = with_largest_entry_positive(directions[:, best].T @ eigenfaces.components_)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """The coordinates (N, K) of faces X (N, D) along the discriminants."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=PRECISIONS, reset=False)
        return (X - self.mean_) @ self.components_.T

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)


def scatter(Z: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How coordinates spread within people and between them.

    Parameters: Z (N, K) coordinates whose mean over all images is 0; person (N,) integers from 0 to c - 1.
    Returns: within (K, K), the sum over images of the outer product of an image's difference from its person's mean;
    between (K, K), the sum over images of the outer product of its person's mean. They add up to Z' Z.
    """
    means = np.stack([Z[person == p].mean(axis=0) for p in range(person.max() + 1)])
    off_mean = Z - means[person]
    return off_mean.T @ off_mean, means[person].T @ means[person]


def check_component_count(estimator: BaseEstimator, name: str, most: int, rule: str) -> None:
    """Raise ValueError, in scikit-learn's words, unless the estimator's parameter `name` is an integer from 1 to most.

    Parameters: rule, where the largest number comes from, as an error writes it.
    """
    count = getattr(estimator, name)
    if isinstance(count, bool | np.bool_) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(
            f"The {name!r} parameter of {type(estimator).__name__} must be an int in the range [1, inf). "
            f"Got {count!r} instead."
        )
    if count > most:
        raise ValueError(f"{name}={count} must be between 1 and {rule}={most}")


def local_binary_patterns(images: np.ndarray, radius: float = 2) -> np.ndarray:
    """For every pixel, which of eight neighbours on a circle are at least as bright: eight bits, one number.

    Parameters: images (N, H, W), any real dtype; radius of the circle in pixels. A neighbour between pixels is
    interpolated bilinearly; what lies outside the image counts as 0.
    Returns: (N, H, W) uint8; bit p is the neighbour at angle 45 p degrees, counted from the right, anticlockwise.
    Raises: ValueError if images has not three dimensions.

    Adding to all pixels or multiplying them by a positive number changes no bit: the code doesn't see how strong the
    light is. The same codes as scikit-image's local_binary_pattern(image, 8, radius), but for neighbours that equal
    the centre up to rounding, which count as bright here and by chance there.

    Source: T. Ojala, M. Pietikainen and T. Maenpaa, Multiresolution gray-scale and rotation invariant texture
    classification with local binary patterns, IEEE Transactions on Pattern Analysis and Machine Intelligence 24(7),
    2002, 971-987.
    """
    images = as_stack(images, "local_binary_patterns")
    _, height, width = images.shape
    margin = int(np.ceil(radius)) + 1
    padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
    almost = images - 1e-9 * np.abs(images)
    codes = np.zeros(images.shape, dtype=np.uint8)
    for bit in range(8):
        angle = 2 * np.pi * bit / 8
        down, right = np.round((-radius * np.sin(angle), radius * np.cos(angle)), 5)
        y, x = int(np.floor(down)), int(np.floor(right))
        neighbour = np.zeros_like(images)
        for dy, weight_y in ((y, 1 - (down - y)), (y + 1, down - y)):
            for dx, weight_x in ((x, 1 - (right - x)), (x + 1, right - x)):
                if weight_y * weight_x > 0:
                    rows = slice(margin + dy, margin + dy + height)
                    columns = slice(margin + dx, margin + dx + width)
                    neighbour += weight_y * weight_x * padded[:, rows, columns]
        codes |= (neighbour >= almost).astype(np.uint8) << bit
    return codes


def uniform_bins() -> np.ndarray:
    """Which of 59 bins each of the 256 patterns belongs to: (256,) integers.

    The 58 patterns that go round the circle with at most one stretch of bright neighbours (edges, corners, spots:
    nine tenths of what is seen on faces) have a bin each, in the order of their codes; all others share bin 58.
    """
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    is_uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    return np.where(is_uniform, np.cumsum(is_uniform) - 1, is_uniform.sum())


def lbp_histograms(
    images: np.ndarray, grid: tuple[int, int] = (8, 8), radius: float = 2, uniform: bool = True
) -> np.ndarray:
    """How often each local binary pattern occurs in each cell of a grid: a face's texture and roughly where it is.

    Parameters: images (N, H, W); grid, rows and columns of cells, which are of one size up to a pixel; radius of the
    patterns in pixels; uniform: 59 bins (see uniform_bins) in place of 256.
    Returns: (N, rows * columns * bins) float32; a cell's bins are shares and add up to 1; cells row by row.
    Raises: ValueError if images has not three dimensions or has fewer pixels than cells along a side.

    Compare two of them with chi_square.

    Source: T. Ahonen, A. Hadid and M. Pietikainen, Face description with local binary patterns: application to face
    recognition, IEEE Transactions on Pattern Analysis and Machine Intelligence 28(12), 2006, 2037-2041.
    """
    images = as_stack(images, "lbp_histograms")
    n, height, width = images.shape
    if not (1 <= grid[0] <= height and 1 <= grid[1] <= width):
        raise ValueError(f"lbp_histograms: a grid of {grid} cells doesn't fit on images of {height} x {width} pixels.")
    codes = local_binary_patterns(images, radius)
    bins = uniform_bins() if uniform else np.arange(256)
    n_bins = bins.max() + 1
    row, column = np.arange(height) * grid[0] // height, np.arange(width) * grid[1] // width
    cell = row[:, None] * grid[1] + column
    n_cells = grid[0] * grid[1]
    slot = (np.arange(n)[:, None, None] * n_cells + cell) * n_bins + bins[codes]
    counts = np.bincount(slot.ravel(), minlength=n * n_cells * n_bins).reshape(n, n_cells, n_bins)
    return (counts / np.bincount(cell.ravel())[:, None]).reshape(n, -1).astype(np.float32)


def chi_square(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Chi-square distance between histograms: the sum over bins of (a - b)^2 / (a + b), empty bins left out.

    Parameters: a (..., F) and b (..., F), never negative, shapes that numpy can broadcast: two tables row by row, or
    one row against a table.
    Returns: (...,), from 0 (equal) to a.sum() + b.sum() (no bin in common).

    A difference of ten counts weighs more in a rare pattern's bin than in a common one's.
    """
    total = a + b
    difference = a - b
    return (difference * difference / np.where(total > 0, total, 1)).sum(axis=-1)


def as_stack(images: np.ndarray, caller: str) -> np.ndarray:
    """images as (N, H, W) float64; ValueError in the name of the caller if they have not three dimensions."""
    images = np.asarray(images, dtype=np.float64)
    if images.ndim != 3:
        raise ValueError(f"{caller}: expected images of shape (N, H, W), got {images.shape}. One image is image[None].")
    return images
