"""The ladder: every recogniser of the course under one protocol.

ORL with people split apart (30 to learn from, 10 never seen, 20 seeded draws), LFW's ten folds from the scores that
`course measure lfw` stored, and how many images a second become templates.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from classroom.course import CourseError
from classroom.measure import metric_learning
from classroom.measure.orl_sface import BORDER, ENLARGE
from classroom.measure.store import stored_rows, write_table
from facelab import results
from facelab.datasets import load_orl, split_by_person
from facelab.eigenfaces import Eigenfaces, Fisherfaces, lbp_histograms
from facelab.embedding import SFaceEmbedder, orl_aligned
from facelab.images import as_vectors
from facelab.verification import accuracy_by_fold, all_pairs, eer, similarity, standard_error, tmr_at_fmr

DRAWS = 20
LEARNED = 30
COLUMNS = (
    "method", "year", "parameters", "orl_eer", "orl_eer_se", "orl_tmr_at_1e-2", "lfw_accuracy", "lfw_se",
    "images_per_second",
)  # fmt: skip
PROTOCOL = (
    f"ORL people split apart: {LEARNED} to learn from, 10 never seen, all pairs of their 100 images; means of {DRAWS} "
    f"draws, split_by_person(person, {LEARNED}, draw) for draw 0 to {DRAWS - 1}; se: standard error of the mean; "
    "the small CNN: the ten draws of metric_learning.csv, the first ten of these",
    "lfw_accuracy: LFW View 2, ten folds, from the stored scores data/measured/lfw_*.csv, whose headers say how; empty "
    "where the method learns from people's identities, which View 2's image-restricted protocol withholds",
    "images_per_second: ORL images (112 x 92, uint8; the small CNN: aligned) turned into templates, 100 at a time, CPU "
    "time of one thread, best of 7",
)

Describe = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Method:
    """A recogniser: learn(images, person) gives the function that turns images (N, H, W) into templates (N, K).

    pictures gives ORL's 400 as the method wants them.
    """

    name: str
    year: int | None
    parameters: str
    metric: str
    lfw: str | None
    learn: Callable[[np.ndarray, np.ndarray], Describe]
    pictures: Callable[[], np.ndarray] = lambda: load_orl().images
    draws: str | None = None  # its rows in metric_learning.csv, where training it on each draw was measured


def after(model: Eigenfaces | Fisherfaces) -> Callable[[np.ndarray, np.ndarray], Describe]:
    """How to learn with an estimator from images and their people, and describe other images by it."""

    def learn(images: np.ndarray, person: np.ndarray) -> Describe:
        model.fit(as_vectors(images), person)
        return lambda others: model.transform(as_vectors(others))

    return learn


def sface(images: np.ndarray) -> np.ndarray:
    """SFace's templates of ORL images, as `course measure orl_sface` makes them."""
    return SFaceEmbedder(BORDER, ENLARGE).embed(images, quiet=True).templates


METHODS = (
    Method("raw pixels", None, "L2", "l2", "lfw_pixels", lambda images, person: as_vectors),
    Method("eigenfaces", 1991, "k=80 L2; on LFW k=128 cosine", "l2", "lfw_eigenfaces", after(Eigenfaces(80))),
    Method(
        "eigenfaces whitened", 1991, "k=80 cosine; on LFW k=128 cosine", "cosine", "lfw_eigenfaces_white",
        after(Eigenfaces(80, whiten=True)),
    ),
    Method("Fisherfaces", 1997, "PCA 80 then LDA; cosine", "cosine", None, after(Fisherfaces(80))),
    Method(
        "LBPH", 2006, "8x8 cells of 59 uniform patterns; radius 2; chi-square", "chi_square", "lfw_lbph",
        lambda images, person: lbp_histograms,
    ),
    Method(
        "small CNN, CosFace", 2018, "aligned 56 x 56, trained on the 30 people; 64 numbers; cosine", "cosine", None,
        lambda images, person: metric_learning.network("CosFace")(images, person, 0), orl_aligned, "CosFace",
    ),
    Method(
        "SFace", 2021, "trained on millions of faces elsewhere; 128 numbers; cosine", "cosine", "lfw_sface",
        lambda images, person: sface,
    ),
)  # fmt: skip


def orl_rates(method: Method, images: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """EER and TMR at FMR 1 % of each draw: two arrays (DRAWS,)."""
    if method.draws is not None:
        table = results("metric_learning")
        rows = table[table["method"] == method.draws]
        return rows["eer"], rows["tmr_at_1e-2"]
    rates = []
    for draw in tqdm(range(DRAWS), desc=method.name, unit="draw"):
        learn, unseen = split_by_person(person, LEARNED, draw)
        templates = method.learn(images[learn], person[learn])(images[unseen])
        genuine, impostor = all_pairs(similarity(templates, templates, method.metric), person[unseen])
        rates.append((eer(genuine, impostor), tmr_at_fmr(genuine, impostor, 0.01)))
    return tuple(np.array(rates).T)


def throughput(describe: Describe, images: np.ndarray) -> float:
    """Images turned into templates in a second of CPU time, on one thread: the best of seven runs."""
    with threadpool_limits(1):
        seconds = []
        for _ in range(7):
            start = time.process_time()
            describe(images)
            seconds.append(time.process_time() - start)
    return len(images) / min(seconds)


def lfw_figures(table: str | None) -> tuple[float | None, float | None]:
    """Accuracy on LFW and its standard error, from a stored table of scores."""
    if table is None:
        return None, None
    try:
        pairs = results(table)
    except FileNotFoundError:
        raise CourseError(f"data/measured/{table}.csv is wanted first: course measure lfw.") from None
    accuracies = accuracy_by_fold(pairs["score"], pairs["same"], pairs["fold"])
    return float(accuracies.mean()), standard_error(accuracies)


def row(method: Method, images: np.ndarray, person: np.ndarray) -> list:
    """One line of the ladder."""
    errors, matches = orl_rates(method, images, person)
    learn, _ = split_by_person(person, LEARNED, 0)
    speed = throughput(method.learn(images[learn], person[learn]), images[:100])
    figures = (float(errors.mean()), standard_error(errors), float(matches.mean()))
    # two digits of a speed are all that another run will confirm
    return [method.name, method.year, method.parameters, *figures, *lfw_figures(method.lfw), int(float(f"{speed:.2g}"))]


def main(options: argparse.Namespace) -> None:
    """Write ladder.csv; with --only, the other methods' rows stay as they are."""
    wanted = [m for m in METHODS if options.only is None or m.name in options.only]
    if unknown := set(options.only or ()) - {m.name for m in METHODS}:
        raise CourseError(f"no method {', '.join(sorted(unknown))}; there are {', '.join(m.name for m in METHODS)}.")
    rows = {entries[0]: entries for entries in stored_rows("ladder")} if options.only else {}
    orl = load_orl()
    for method in wanted:
        rows[method.name] = row(method, method.pictures(), orl.person)
    ordered = [rows[m.name] for m in METHODS if m.name in rows]
    write_table("ladder", "course measure ladder", PROTOCOL, COLUMNS, ordered)
