"""Scores of LFW's 6,000 pairs (View 2) by the classical methods.

The images stay in their zip file; what is stored is a score a pair. Source of the protocol: G. B. Huang, M. Ramesh,
T. Berg and E. Learned-Miller, Labeled Faces in the Wild, technical report 07-49, University of Massachusetts, Amherst,
2007.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from classroom.course import CourseError
from classroom.measure.store import outside, write_table
from facelab.eigenfaces import Eigenfaces, lbp_histograms
from facelab.verification import accuracy_by_fold, pair_similarity, standard_error

ARCHIVE = "lfw_view2.zip"
COLUMNS = ("fold", "same", "left", "right", "score")
CROP = 80
COMPONENTS = 128


@dataclass(frozen=True)
class Pairs:
    """The pairs of pairs.txt, P of them, between I images.

    fold (P,) from 0; same (P,) bool; left and right (P,) indices of images; files, the I images' paths in the archive;
    person (I,) integers in the order of first mention.
    """

    fold: np.ndarray
    same: np.ndarray
    left: np.ndarray
    right: np.ndarray
    files: list[str]
    person: np.ndarray


def parse_pairs(text: str) -> Pairs:
    """Read pairs.txt: folds and pairs of a kind a fold, then for each fold the genuine and the impostor pairs.

    A genuine line is `name i j`, an impostor line `name i name j`. Raises CourseError if the count is another.
    """
    (folds, of_a_kind), *lines = (line.split() for line in text.splitlines() if line.strip())
    folds, of_a_kind = int(folds), int(of_a_kind)
    if len(lines) != 2 * folds * of_a_kind:
        raise CourseError(f"pairs.txt announces {2 * folds * of_a_kind} pairs and holds {len(lines)}.")
    images: dict[tuple[str, int], int] = {}
    people: dict[str, int] = {}

    def index(name: str, number: str) -> int:
        people.setdefault(name, len(people))
        return images.setdefault((name, int(number)), len(images))

    ends = [(line[0], line[1], line[0] if len(line) == 3 else line[2], line[-1]) for line in lines]
    left = np.array([index(name, number) for name, number, _, _ in ends])
    right = np.array([index(name, number) for _, _, name, number in ends])
    return Pairs(
        fold=np.repeat(np.arange(folds), 2 * of_a_kind),
        same=np.array([len(line) == 3 for line in lines]),
        left=left,
        right=right,
        files=[f"lfw-deepfunneled/{name}/{name}_{number:04d}.jpg" for name, number in images],
        person=np.array([people[name] for name, _ in images]),
    )


def central_crop(image: np.ndarray, size: int) -> np.ndarray:
    """The middle size x size pixels of an image (H, W)."""
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size]


def load(archive: Path) -> tuple[Pairs, np.ndarray]:
    """The pairs, and every image as grey central crop, (I, 80, 80) uint8, read from the zip file."""
    with zipfile.ZipFile(archive) as members:
        pairs = parse_pairs(members.read("pairs.txt").decode())
        crops = np.empty((len(pairs.files), CROP, CROP), dtype=np.uint8)
        for i, file in enumerate(tqdm(pairs.files, desc="reading LFW", unit="image")):
            grey = cv2.imdecode(np.frombuffer(members.read(file), np.uint8), cv2.IMREAD_GRAYSCALE)
            crops[i] = central_crop(grey, CROP)
    return pairs, crops


def eigenface_scores(pairs: Pairs, X: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of each pair's coordinates, plain and whitened: two arrays (P,).

    A fold's pairs are scored in the face space fitted to the images of the other nine folds; no person is in two.
    """
    plain, white = np.empty(len(pairs.fold)), np.empty(len(pairs.fold))
    for fold in tqdm(np.unique(pairs.fold), desc="eigenfaces", unit="fold"):
        inside = pairs.fold == fold
        left, right = pairs.left[inside], pairs.right[inside]
        learned = np.union1d(pairs.left[~inside], pairs.right[~inside])
        model = Eigenfaces(n_components).fit(X[learned])
        a, b = model.transform(X[left]), model.transform(X[right])
        plain[inside] = pair_similarity(a, b, "cosine")
        scale = np.sqrt(model.explained_variance_)
        white[inside] = pair_similarity(a / scale, b / scale, "cosine")
    return plain, white


def in_batches(describe: Callable[[np.ndarray], np.ndarray], images: np.ndarray, size: int = 256) -> np.ndarray:
    """describe(images), a batch at a time, so that no intermediate array is larger than a batch needs."""
    batches = tqdm(range(0, len(images), size), desc="describing", unit="batch")
    return np.concatenate([describe(images[i : i + size]) for i in batches])


def main(options: argparse.Namespace) -> None:
    """Write lfw_pixels, lfw_eigenfaces, lfw_eigenfaces_white and lfw_lbph; print each one's accuracy."""
    pairs, crops = load(outside(options.data, ARCHIVE, "LFW (View 2)"))
    X = crops.reshape(len(crops), -1).astype(np.float32)
    histograms = in_batches(lbp_histograms, crops)
    plain, white = eigenface_scores(pairs, X, COMPONENTS)
    fitted = f"PCA of {COMPONENTS} components fitted to the images of the other nine folds"
    tables = {
        "pixels": ("minus the Euclidean distance of grey levels", pair_similarity(X[pairs.left], X[pairs.right], "l2")),
        "eigenfaces": (f"{fitted}; cosine", plain),
        "eigenfaces_white": (f"{fitted}, whitened; cosine", white),
        "lbph": (
            "uniform patterns (8 neighbours, radius 2, 59 bins) in 8 x 8 cells; minus chi-square",
            pair_similarity(histograms[pairs.left], histograms[pairs.right], "chi_square"),
        ),
    }
    for name, (how, scores) in tables.items():
        accuracies = accuracy_by_fold(scores, pairs.same, pairs.fold)
        figure = f"accuracy {accuracies.mean():.4f}, standard error {standard_error(accuracies):.4f}"
        rows = zip(
            (pairs.fold + 1).tolist(),
            pairs.same.astype(int).tolist(),
            pairs.person[pairs.left].tolist(),
            pairs.person[pairs.right].tolist(),
            scores.tolist(),
            strict=True,
        )
        protocol = [
            f"LFW View 2, deep-funnelled, grey, central {CROP} x {CROP} pixels of 250 x 250, rows in the order of "
            "pairs.txt, people numbered by first mention",
            f"score: {how}; higher is more alike",
            f"ten folds, threshold from the other nine: {figure}",
        ]
        write_table(f"lfw_{name}", "course measure lfw", protocol, COLUMNS, rows)
        print(f"  {figure}")
