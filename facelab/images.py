"""Images as vectors, distances, and the nearest neighbour: what lesson 01 builds."""

from __future__ import annotations

import numpy as np


def as_vectors(images: np.ndarray) -> np.ndarray:
    """Every image as one row of numbers.

    Parameters: images (N, h, w), any real dtype.
    Returns: (N, h * w) float64, row by row of the image, in the images' own units (0 .. 255 for uint8).
    Raises: ValueError if images is not three-dimensional.
    """
    if images.ndim != 3:
        raise ValueError(f"as_vectors: images has shape {images.shape}; wanted (N, height, width), all of one size.")
    return images.reshape(len(images), -1).astype(np.float64)


def standardise(vectors: np.ndarray) -> np.ndarray:
    """Every row with mean 0 and standard deviation 1, so that brightness and contrast no longer count.

    Parameters: vectors (N, D), real.
    Returns: (N, D) float64; a row without any contrast becomes zeros.
    Raises: ValueError if vectors is not two-dimensional.
    """
    if vectors.ndim != 2:
        raise ValueError(f"standardise: vectors has shape {vectors.shape}; wanted (N, D), a row an image.")
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared Euclidean distance between every row of a and every row of b.

    Parameters: a (n, d), b (m, d), real, in the same units.
    Returns: (n, m) float64, never negative.
    Raises: ValueError if a and b don't have the same number of columns.

    Uses |a-b|^2 = |a|^2 - 2ab + |b|^2: one matrix product in place of an (n, m, d) array,
    at the price of cancellation where rows nearly agree; hence the clip at zero.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"squared_distances: a has shape {a.shape} and b has shape {b.shape}. Both must be (rows, columns) and "
            "describe images of one size; was one of them resized?"
        )
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    squares = (a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1)
    return np.maximum(squares, 0)


def nearest(gallery: np.ndarray, probes: np.ndarray) -> np.ndarray:
    """For every probe, the row of the gallery that lies nearest to it.

    Parameters: gallery (n, d), probes (m, d), real, in the same units.
    Returns: (m,) int64 row numbers of the gallery; of two equally near rows, the first.
    Raises: ValueError if the gallery is empty or the numbers of columns differ.
    """
    if len(gallery) == 0:
        raise ValueError("nearest: the gallery is empty; enrol at least one image before searching.")
    return squared_distances(probes, gallery).argmin(axis=1)


def shift(images: np.ndarray, right: int) -> np.ndarray:
    """Every image moved to the right by whole pixels; the edge that comes in repeats the old edge.

    Parameters: images (N, h, w); right, pixels, negative for left, at most w - 1 either way.
    Returns: (N, h, w), same dtype.
    Raises: ValueError if the images would be moved out of sight.
    """
    width = images.shape[-1]
    if abs(right) >= width:
        raise ValueError(f"shift: right is {right} px and the images are {width} px wide; nothing would be left.")
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return images[..., columns]


def light_from_left(images: np.ndarray, strength: float) -> np.ndarray:
    """Every image as if lit from the left: brighter by `strength` at its left edge, darker by as much at its right.

    Parameters: images (N, h, w) uint8; strength in 0 .. 1 (0 changes nothing; at 1 the right edge is black).
    Returns: (N, h, w) uint8, clipped at 255. A ramp of brightness, no model of a lamp: real side light also makes
    shadows.
    Raises: ValueError if strength is out of range.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"light_from_left: strength is {strength}; wanted a number from 0 to 1.")
    ramp = np.linspace(1 + strength, 1 - strength, images.shape[-1])
    return np.clip(np.round(images * ramp), 0, 255).astype(np.uint8)
