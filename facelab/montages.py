"""Pictures with faces whose place is known: ORL's people pasted over photographs without people.

Lessons 05 and 07 measure on them.

Detectors are trained, tuned and tested on three parts that share no person, no background and no seed. The datasheet is
data/cards/montages.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage.data
import sklearn.datasets

from facelab.datasets import load_orl, load_orl_landmarks
from facelab.haar import SIZE
from facelab.tables import data_path

HEIGHT, WIDTH = 480, 640
SMALLEST, LARGEST = 24, 120  # side of a face's box, px
FACES = 6  # tried for in each image
SEED = 5
PEOPLE = {"train": range(0, 10), "tune": range(10, 20), "test": range(20, 40)}
IMAGES = {"train": 20, "tune": 40, "test": 40}
BACKGROUNDS = {
    "train": (
        "brick", "cell", "chelsea", "hubble_deep_field", "moon", "motorcycle_left", "motorcycle_right", "page", "text",
    ),
    "tune": ("china", "clock", "flower", "gravel"),
    "test": ("coffee", "grass", "immunohistochemistry", "retina", "rocket"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Montages:
    """One part of the montage set."""

    images: np.ndarray  #: (N, 480, 640) uint8, grey
    boxes: list[np.ndarray]  #: of each image (M, 4) float64: x, y, w, h of its faces in CBCL's framing
    people: list[np.ndarray]  #: of each image (M,) int64: ORL's person, 0 to 39
    backgrounds: list[str]  #: of each image the name of the photograph behind
    card: Path  #: the datasheet


def cbcl_box(landmarks: np.ndarray) -> np.ndarray:
    """The square that CBCL's pictures would frame of a face, from the brows to the lower lip.

    Parameters: landmarks (5, 2): x, y of right eye, left eye, nose, right and left corner of the mouth.
    Returns: (4,) float64 x, y, w, h: the side is 1.75 times the distance from the middle of the eyes to the middle of
    the mouth; the eyes lie .24 of the side below its top, and halfway between eyes and mouth is its middle from left to
    right.
    """
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    side = 1.75 * np.linalg.norm(mouth - eyes)
    return np.array([(eyes[0] + mouth[0] - side) / 2, eyes[1] - 0.24 * side, side, side])


def load_orl_boxes() -> np.ndarray:
    """The box of each of ORL's 400 photographs in CBCL's framing, in the order of load_orl: (400, 4) float64, pixels.

    From the stored table orl_landmarks (`course measure orl_landmarks`).
    """
    return np.array([cbcl_box(face) for face in load_orl_landmarks()])


def load_orl_windows(part: str) -> np.ndarray:
    """The faces of one part's people as CBCL would show them: each ORL photograph shrunk to its box of 19 x 19 pixels.

    Parameters: part, "train" (10 people, 100 windows), "tune" or "test".
    Returns: (N, 19, 19) uint8, in the order of load_orl; the box's corner is rounded to whole pixels.
    Raises: ValueError for another part; facelab.assets.AssetError if ORL can't be had.
    """
    if part not in PEOPLE:
        raise ValueError(f"load_orl_windows: no part {part!r}; there are {', '.join(PEOPLE)}.")
    orl, boxes, windows = load_orl(), load_orl_boxes(), []
    for shot in np.flatnonzero(np.isin(orl.person, PEOPLE[part])):
        photograph, box = orl.images[shot], boxes[shot]
        scale = SIZE / box[2]
        size = [round(side * scale) for side in photograph.shape[::-1]]
        small = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA)
        x, y = np.clip(np.round(box[:2] * scale).astype(int), 0, np.array(size) - SIZE)
        windows.append(small[y : y + SIZE, x : x + SIZE])
    return np.stack(windows)


def backgrounds(part: str) -> dict[str, np.ndarray]:
    """The photographs of one part by name, grey (h, w) uint8 at their own size: nobody is on them.

    Parameters: part, "train", "tune" or "test". They come with scikit-image and scikit-learn; nothing is fetched.
    Raises: ValueError for another part.
    """
    if part not in BACKGROUNDS:
        raise ValueError(f"backgrounds: no part {part!r}; there are {', '.join(BACKGROUNDS)}.")
    return {name: _photograph(name) for name in BACKGROUNDS[part]}


def load_montages(part: str = "test") -> Montages:
    """The montages of one part: made anew from ORL and the backgrounds with a fixed seed, the same every time.

    Parameters: part, "train" (20 images), "tune" (40) or "test" (40).
    Raises: ValueError for another part; facelab.assets.AssetError if ORL can't be had.
    """
    photographs, orl, orl_boxes = backgrounds(part), load_orl(), load_orl_boxes()
    rng = np.random.default_rng([SEED, list(PEOPLE).index(part)])
    shots = np.flatnonzero(np.isin(orl.person, PEOPLE[part]))
    images, boxes, people, names = [], [], [], []
    for i in range(IMAGES[part]):
        names.append(BACKGROUNDS[part][i % len(BACKGROUNDS[part])])
        canvas = _cover(photographs[names[-1]], rng)
        chosen = rng.choice(shots, FACES, replace=False)
        sides = np.sort(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), FACES)))[
            ::-1
        ]  # large ones find room first
        placed, taken = {}, np.zeros((HEIGHT, WIDTH), dtype=bool)
        for shot, side in zip(chosen, sides, strict=True):
            box = _paste(canvas, taken, orl.images[shot], orl_boxes[shot], side, rng)
            if box is not None:
                placed[shot] = box
        noise = rng.normal(0, rng.uniform(1, 4), canvas.shape)
        images.append(np.clip(np.round(canvas + noise), 0, 255).astype(np.uint8))
        boxes.append(np.array(list(placed.values())).reshape(-1, 4))
        people.append(orl.person[list(placed)])
    return Montages(np.stack(images), boxes, people, names, data_path("cards/montages.md"))


def _photograph(name: str) -> np.ndarray:
    if name in ("china", "flower"):
        image = sklearn.datasets.load_sample_image(f"{name}.jpg")
    elif name.startswith("motorcycle"):
        left, right, _ = skimage.data.stereo_motorcycle()
        image = left if name.endswith("left") else right
    else:
        image = getattr(skimage.data, name)()
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else np.array(image)


def _cover(photograph: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A part of a photograph, mirrored half of the time, that fills the canvas: (480, 640) float64."""
    height, width = photograph.shape
    scale = max(HEIGHT / height, WIDTH / width) * rng.uniform(1.0, 1.5)
    size = (max(WIDTH, round(width * scale)), max(HEIGHT, round(height * scale)))
    scaled = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = rng.integers(0, size[0] - WIDTH + 1), rng.integers(0, size[1] - HEIGHT + 1)
    part = scaled[y : y + HEIGHT, x : x + WIDTH].astype(np.float64)
    return part[:, ::-1].copy() if rng.random() < 0.5 else part


def _paste(
    canvas: np.ndarray,
    taken: np.ndarray,
    photograph: np.ndarray,
    box: np.ndarray,
    side: float,
    rng: np.random.Generator,
) -> np.ndarray | None:
    """Paste a face with this side where nothing is pasted yet; its box on the canvas, or None if there is no room."""
    scale = side / box[2]
    size = (round(photograph.shape[1] * scale), round(photograph.shape[0] * scale))
    face = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    lit = _lit(face.astype(np.float64), rng)
    visible = soft_edge(face.shape)
    for _ in range(100):
        x, y = rng.integers(0, WIDTH - size[0] + 1), rng.integers(0, HEIGHT - size[1] + 1)
        here = np.s_[y : y + size[1], x : x + size[0]]
        if not taken[here].any():
            taken[here] = True
            canvas[here] += visible * (lit - canvas[here])
            exact = np.array(size) / photograph.shape[::-1]  # the scale that rounding to whole pixels has left
            return np.concatenate([box[:2] * exact + [x, y], box[2:] * exact])
    return None


def _lit(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The face in another light: more or less contrast, brighter or darker, and falling off to one side."""
    gain, offset, slope = rng.uniform(0.6, 1.2), rng.uniform(-25, 25), rng.uniform(-0.4, 0.4)
    ramp = np.linspace(1 - slope, 1 + slope, face.shape[1])
    return np.clip(((face - 128) * gain + 128 + offset) * ramp, 0, 255)


def soft_edge(shape: tuple[int, int]) -> np.ndarray:
    """How much of a pasted photograph is seen, with round corners.

    Parameters: shape (h, w) of the photograph, px.
    Returns: (h, w) float64: 1 inside, falling to 0 at the edge.
    """
    y, x = (np.abs(np.linspace(-1, 1, n)) for n in shape)
    radius = (y[:, None] ** 3 + x**3) ** (1 / 3)
    share = np.clip((1 - radius) / 0.18, 0, 1)
    return share * share * (3 - 2 * share)
