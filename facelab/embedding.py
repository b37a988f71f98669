"""From a photograph to a template: align the face by five points, describe it with a trained network.

SFace (Zhong et al., 2021) is the network, in OpenCV's block-quantised form: 128 numbers a face, of unit length,
compared by their dot product, which then is the cosine. Lesson 08 derives the alignment and the losses that such a
network is trained with; lesson 09 measures it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from tqdm import tqdm

from facelab import assets
from facelab.datasets import load_orl, load_orl_landmarks
from facelab.detection import YuNetDetector, as_colour
from facelab.tables import data_path

SIDE = 112  # pixels; the size of an aligned face that SFace was trained on
# Where the five landmarks come to lie in an aligned face, x, y in pixels: the eye on the left of the picture, the other
# eye, the tip of the nose, the two corners of the mouth. Source: OpenCV's FaceRecognizerSF, as in Deng et al., 2019.
PLACES = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
DIMENSIONS = 128


def similarity_transform(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The turn, scale and shift that bring points closest to others, in the least-squares sense.

    Parameters: source, target (n, 2), n of 2 or more, x, y of the same points in two pictures, in pixels.
    Returns: (2, 3) float64 matrix M: a point p goes to M[:, :2] @ p + M[:, 2]. M[:, :2] is a rotation times a positive
    scale: never a mirror image, and never a shear.
    Raises: ValueError if the shapes differ or the source points all coincide.

    Source: S. Umeyama, Least-squares estimation of transformation parameters between two point patterns, IEEE
    Transactions on Pattern Analysis and Machine Intelligence 13(4), 1991, 376-380.
    """
    source, target = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 2 or len(source) < 2:
        raise ValueError(
            f"similarity_transform: source has shape {source.shape}, target {target.shape}; wanted (n, 2) for both, "
            "with n of 2 or more."
        )
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    a, b = source - middle, target - aim
    spread = (a**2).sum()
    if not spread > 0:
        raise ValueError("similarity_transform: the source points all coincide, so no scale can be found.")
    u, s, vt = np.linalg.svd(b.T @ a)
    mirror = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    turn = (u * mirror) @ vt
    linear = turn * (s * mirror).sum() / spread
    return np.column_stack([linear, aim - linear @ middle])


def align(
    image: np.ndarray, landmarks: np.ndarray, places: np.ndarray = PLACES, border: int = cv2.BORDER_CONSTANT
) -> np.ndarray:
    """A face turned, scaled and cut so that its eyes, nose and mouth lie where they are wanted.

    Parameters: image (h, w) or (h, w, 3) uint8; landmarks (5, 2), x, y in pixels, in the order of PLACES; places
    (5, 2), where they shall come to lie, SFace's own unless others are given; border, OpenCV's rule for what lies
    outside the image (black unless another is given).
    Returns: (112, 112) or (112, 112, 3) uint8. As OpenCV's alignCrop, but for a few grey levels at one pixel in a
    thousand, where rounding falls the other way.
    """
    matrix = similarity_transform(landmarks, places)
    return cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=border)


def orl_aligned() -> np.ndarray:
    """ORL's faces aligned by their landmarks, at half size, in the order of load_orl(): (400, 56, 56) uint8.

    The frame is a fifth wider than SFace's, so that hair and chin are seen; beyond the photograph its edge is repeated.
    """
    middle = (SIDE - 1) / 2
    places = middle + 0.8 * (PLACES - middle)
    wide = [
        align(image, points, places, cv2.BORDER_REPLICATE)
        for image, points in zip(load_orl().images, load_orl_landmarks(), strict=True)
    ]
    return np.stack([cv2.resize(face, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA) for face in wide])


def orl_templates() -> np.ndarray:
    """SFace's templates of the ORL images, in the order of load_orl(): (400, 128) float32, each of unit length.

    Stored, since embedding 400 images takes a minute on a slow machine: `course measure orl_sface` made them, with a
    border of 30 pixels and an enlargement of 2. Templates of ORL's volunteers may lie in the project; lesson 15 shows
    why those of other people may not.
    """
    with np.load(data_path("measured/orl_sface.npz"), allow_pickle=False) as file:
        return file["templates"]


@dataclass(frozen=True, eq=False)
class Embeddings:
    """What came of N images: one template each, or none where no face was found."""

    templates: np.ndarray  #: (N, 128) float32, each of unit length; a row of NaN where no face was found
    found: np.ndarray  #: (N,) bool


class SFaceEmbedder:
    """Find the face, align it, describe it: images in, templates out.

    Parameters
    - border: pixels of replicated edge put round every image first. A tightly cropped portrait needs it for the face to
      be found at all. It changes the scores (a threshold belongs to one protocol), so never mix images with and
      without it in one gallery.
    - enlarge: whole-number factor that the bordered image is then enlarged by. ORL's portraits of 92 x 112 pixels need
      a border of 30 and a factor of 2 for all 400 faces to be found.
    - confidence: score from which YuNet's detection counts as a face.

    Raises: ValueError for numbers out of range.

    No face: a row of NaN, and found is False. Several faces: the one whose middle is nearest to the middle of the image
    counts (not the first, nor the most confident: in LFW one image in five shows more than one person). A face that the
    border of the image cuts is described as far as it is seen; what lies outside is black.

    Images go through one by one: OpenCV's runtime gives NaN for a batch of this quantised network.

    Source: Y. Zhong, W. Deng, J. Hu, D. Zhao, X. Li and D. Wen, SFace: sigmoid-constrained hypersphere loss for robust
    face recognition, IEEE Transactions on Image Processing 30, 2021, 2587-2598.
    """

    def __init__(self, border: int = 0, enlarge: int = 1, confidence: float = 0.5):
        if border < 0 or enlarge < 1 or not 0 < confidence < 1:
            raise ValueError(
                f"SFaceEmbedder: border={border}, enlarge={enlarge}, confidence={confidence}; wanted a border of 0 or "
                "more pixels, a whole factor of 1 or more, and a confidence between 0 and 1."
            )
        self.border, self.enlarge, self.confidence = border, enlarge, confidence
        self._detector = YuNetDetector(confidence)
        self._network = cv2.FaceRecognizerSF.create(str(assets.path("sface")), "")

    def embed(self, images: Iterable[np.ndarray], quiet: bool = False) -> Embeddings:
        """The template of each image's face.

        Parameters: images, N of them, each (h, w) grey or (h, w, 3) blue-green-red uint8, sizes may differ: an array, a
        list, or anything that yields them one by one, so that a large set need not be in memory; quiet, to show no
        progress bar.
        Returns: Embeddings of templates (N, 128) float32 and found (N,) bool.
        Raises: TypeError or ValueError if an entry is no such image, as facelab.detection.as_image says.
        """
        total = len(images) if isinstance(images, Sequence | np.ndarray) else None
        rows = [self._embed(image) for image in tqdm(images, "embedding", total, unit="image", disable=quiet)]
        templates = np.array(rows, dtype=np.float32).reshape(-1, DIMENSIONS)
        return Embeddings(templates, ~np.isnan(templates).any(axis=1))

    def locate(self, image: np.ndarray) -> np.ndarray | None:
        """The five landmarks (5, 2) of the face nearest to the middle of the image, x, y in the image's own pixels.

        None if no face is found. Border and enlargement are applied before the search and taken off the answer.
        """
        landmarks = self._landmarks(self._prepared(image))
        return None if landmarks is None else landmarks / self.enlarge - self.border

    def crop(self, image: np.ndarray) -> np.ndarray | None:
        """The aligned face of an image, (112, 112, 3) uint8, blue-green-red, as the network sees it, or None."""
        prepared = self._prepared(image)
        landmarks = self._landmarks(prepared)
        return None if landmarks is None else align(prepared, landmarks)

    def describe(self, crops: np.ndarray) -> np.ndarray:
        """The templates (N, 128) float32, of unit length, of faces aligned already: crops (N, 112, 112, 3) uint8."""
        features = np.concatenate([self._network.feature(np.ascontiguousarray(crop)) for crop in crops])
        return features / np.linalg.norm(features, axis=1, keepdims=True)

    def _embed(self, image: np.ndarray) -> np.ndarray:
        crop = self.crop(image)
        return np.full(DIMENSIONS, np.nan, np.float32) if crop is None else self.describe(crop[None])[0]

    def _prepared(self, image: np.ndarray) -> np.ndarray:
        image = as_colour(image)
        border = (self.border,) * 4
        image = cv2.copyMakeBorder(image, *border, cv2.BORDER_REPLICATE) if self.border else image
        factors = (self.enlarge,) * 2
        return cv2.resize(image, None, None, *factors, cv2.INTER_LINEAR) if self.enlarge > 1 else image

    def _landmarks(self, image: np.ndarray) -> np.ndarray | None:
        found = self._detector.detect(image)
        if len(found.boxes) == 0:
            return None
        middles = found.boxes[:, :2] + found.boxes[:, 2:] / 2
        nearest = np.argmin(((middles - np.array(image.shape[1::-1]) / 2) ** 2).sum(axis=1))
        return found.landmarks[nearest]
