"""Scores of LFW's 6,000 pairs (View 2) by the classical methods and by SFace.

The images stay in their zip file; what is stored is a score a pair. Source of the protocol: G. B. Huang, M. Ramesh,
T. Berg and E. Learned-Miller, Labeled Faces in the Wild, technical report 07-49, University of Massachusetts, Amherst,
2007.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from classroom.course import CourseError
from classroom.measure.store import outside, write_table
from facelab.eigenfaces import Eigenfaces, lbp_histograms
from facelab.embedding import Embeddings, SFaceEmbedder
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


def read_images(archive: Path, files: Sequence[str]) -> Iterator[np.ndarray]:
    """The archive's images as they are, (250, 250, 3) uint8, blue-green-red, one by one."""
    with zipfile.ZipFile(archive) as members:
        for file in files:
            yield cv2.imdecode(np.frombuffer(members.read(file), np.uint8), cv2.IMREAD_COLOR)


def sface_embeddings(archive: Path) -> tuple[Pairs, Embeddings]:
    """The pairs, and SFace's template of every image. It takes minutes; the templates are used and never stored."""
    with zipfile.ZipFile(archive) as members:
        pairs = parse_pairs(members.read("pairs.txt").decode())
    images = tqdm(read_images(archive, pairs.files), "embedding LFW", len(pairs.files), unit="image")
    return pairs, SFaceEmbedder().embed(images, quiet=True)


def classical(archive: Path) -> Iterator[tuple[str, list[str], np.ndarray, Pairs]]:
    """Scores by pixels, eigenfaces plain and whitened, and LBPH: name, how, scores (P,), pairs."""
    pairs, crops = load(archive)
    X = crops.reshape(len(crops), -1).astype(np.float32)
    histograms = in_batches(lbp_histograms, crops)
    plain, white = eigenface_scores(pairs, X, COMPONENTS)
    fitted = f"PCA of {COMPONENTS} components fitted to the images of the other nine folds"
    images = f"grey, central {CROP} x {CROP} pixels of 250 x 250"
    by_distance = pair_similarity(X[pairs.left], X[pairs.right], "l2")
    by_texture = pair_similarity(histograms[pairs.left], histograms[pairs.right], "chi_square")
    patterns = "uniform patterns (8 neighbours, radius 2, 59 bins) in 8 x 8 cells; minus chi-square"
    yield "pixels", [images, "score: minus the Euclidean distance of grey levels"], by_distance, pairs
    yield "eigenfaces", [images, f"score: {fitted}; cosine"], plain, pairs
    yield "eigenfaces_white", [images, f"score: {fitted}, whitened; cosine"], white, pairs
    yield "lbph", [images, f"score: {patterns}"], by_texture, pairs


def sface(archive: Path) -> Iterator[tuple[str, list[str], np.ndarray, Pairs]]:
    """Scores by SFace, as classical."""
    pairs, embedded = sface_embeddings(archive)
    templates = np.nan_to_num(embedded.templates)
    scores = (templates[pairs.left] * templates[pairs.right]).sum(axis=1).astype(np.float64)
    how = [
        "colour, 250 x 250 as they are; YuNet at .5, the face nearest the middle, aligned by its five landmarks",
        f"score: cosine of SFace's templates; 0 with an image in which no face was found ({(~embedded.found).sum()} of "
        f"{len(templates)})",
    ]
    yield "sface", how, scores, pairs


METHODS = {
    "pixels": classical,
    "eigenfaces": classical,
    "eigenfaces_white": classical,
    "lbph": classical,
    "sface": sface,
}


def main(options: argparse.Namespace) -> None:
    """Write lfw_NAME for every method (with --only, for those named) and print its accuracy."""
    archive = outside(options.data, ARCHIVE, "LFW (View 2)")
    wanted = options.only or list(METHODS)
    if unknown := set(wanted) - set(METHODS):
        raise CourseError(f"no method {', '.join(sorted(unknown))}; there are {', '.join(METHODS)}.")
    for measure in dict.fromkeys(METHODS[name] for name in wanted):
        for name, how, scores, pairs in measure(archive):
            if name in wanted:
                store(name, how, scores, pairs)


def store(name: str, how: Sequence[str], scores: np.ndarray, pairs: Pairs) -> None:
    """Write lfw_NAME.csv and print its accuracy."""
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
        "LFW View 2, deep-funnelled, rows in the order of pairs.txt, people numbered by first mention",
        *how,
        f"higher is more alike; ten folds, threshold from the other nine: {figure}",
    ]
    write_table(f"lfw_{name}", "course measure lfw", protocol, COLUMNS, rows)
    print(f"  {figure}")
