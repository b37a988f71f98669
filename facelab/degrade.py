"""Worse pictures, by known amounts: fewer pixels, blur, too little and too much light, JPEG, a covered face.

Lesson 10 uses them.

How much each costs is measured by `course measure degraded`. Images are (h, w) or (h, w, 3) uint8, 0 black to 255
white, and come back in the same size and dtype, but for `shrink`. What one pixel of blur means depends on how many
pixels the face has, so state it as a share of the face's width.
"""

from __future__ import annotations

import cv2
import numpy as np

BAR_GREY = 128
# The bar over a part of the face: how long and how high it is, in distances between the eyes.
BARS = {"eyes": (2.2, 0.7), "mouth": (1.7, 1.1)}


def shrink(image: np.ndarray, factor: float) -> np.ndarray:
    """The image with fewer pixels, as a camera further away would take it: each is the mean of those it stands for.

    Parameters: factor, new size over old, above 0 and at most 1.
    Returns: (round(h * factor), round(w * factor), ...), at least one pixel each way.
    Raises: ValueError for another factor.
    """
    if not 0 < factor <= 1:
        raise ValueError(f"shrink: factor is {factor}; wanted above 0 and at most 1.")
    height, width = (max(1, round(side * factor)) for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def fewer_pixels(image: np.ndarray, factor: float) -> np.ndarray:
    """The image shrunk by a factor (see shrink) and enlarged to its old size again: what was lost stays lost."""
    return cv2.resize(shrink(image, factor), image.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """The image out of focus: every pixel is spread by a Gaussian of standard deviation sigma, pixels, above 0."""
    return cv2.GaussianBlur(image, (0, 0), sigma)


def expose(image: np.ndarray, factor: float) -> np.ndarray:
    """The image with `factor` times the light, 0 or more; what would be brighter than white is white.

    A photograph's grey levels are no linear measure of light, so this is a fair picture of clipping and a kind one of
    the dark: real low light adds noise.
    """
    return np.clip(np.round(image * float(factor)), 0, 255).astype(np.uint8)


def jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """The image after JPEG compression of a quality from 0 (worst) to 100."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)


def cover(image: np.ndarray, landmarks: np.ndarray, part: str) -> np.ndarray:
    """The image with a grey bar over the "eyes" or the "mouth", along the line between the eyes.

    Parameters: landmarks (5, 2), x, y in pixels, in YuNet's order: eyes, nose, corners of the mouth.
    Raises: ValueError for another part.
    """
    if part not in BARS:
        raise ValueError(f"cover: no part {part!r}; there are {', '.join(BARS)}.")
    across = landmarks[1] - landmarks[0]
    down = np.array([-across[1], across[0]])
    middle = landmarks[:2].mean(axis=0) if part == "eyes" else landmarks[3:].mean(axis=0)
    length, height = BARS[part]
    corners = [
        middle + x * length / 2 * across + y * height / 2 * down for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    grey = (BAR_GREY,) * (1 if image.ndim == 2 else 3)
    return cv2.fillPoly(image.copy(), [np.round(corners).astype(np.int32)], grey)
