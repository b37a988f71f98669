"""Closed and open set on ORL: who is this, among people of whom five photographs are enrolled?"""

from __future__ import annotations

import argparse

import numpy as np
from tqdm import tqdm

from classroom.measure.store import write_table
from facelab.datasets import load_orl, split_by_person, split_by_shot
from facelab.eigenfaces import Eigenfaces, Fisherfaces, lbp_histograms
from facelab.identification import Gallery, fnir, rank1_rate, threshold_at_fpir
from facelab.images import as_vectors
from facelab.verification import standard_error

SPLITS = 10
DRAWS = 20
SHOTS = 5
SIZES = (5, 10, 20, 40, 60, 80, 100, 150, 199)
PCA_SIZES = (39, 40, 60, 80, 100, 120, 140, 150, 160)
FPIRS = (0.01, 0.05, 0.1, 0.2)


def closed_set(images: np.ndarray, person: np.ndarray) -> list[list]:
    """Rank-1 rate by method, number of components and metric: mean of SPLITS splits and its standard error."""
    X, histograms = as_vectors(images), lbp_histograms(images)
    rates: dict[tuple, list[float]] = {}

    def search(key: tuple, templates: np.ndarray, metric: str, enrol: np.ndarray, probe: np.ndarray) -> None:
        found, _ = Gallery(metric).enrol(person[enrol], templates[enrol]).search(templates[probe])
        rates.setdefault((*key, metric), []).append(rank1_rate(found, person[probe]))

    for split in tqdm(range(SPLITS), desc="closed set", unit="split"):
        enrol, probe = split_by_shot(person, SHOTS, split)
        search(("raw pixels", None), X, "l2", enrol, probe)
        search(("LBPH", None), histograms, "chi_square", enrol, probe)
        coordinates = Eigenfaces(SIZES[-1]).fit(X[enrol])
        Z, scale = coordinates.transform(X), np.sqrt(coordinates.explained_variance_)
        for k in SIZES:
            for metric in ("l2", "cosine"):
                search(("eigenfaces", k), Z[:, :k], metric, enrol, probe)
                search(("eigenfaces whitened", k), Z[:, :k] / scale[:k], metric, enrol, probe)
        for n_pca in PCA_SIZES:
            Y = Fisherfaces(n_pca).fit(X[enrol], person[enrol]).transform(X)
            for metric in ("l2", "cosine"):
                search(("Fisherfaces", n_pca), Y, metric, enrol, probe)
    return [[*key, float(np.mean(values)), standard_error(values)] for key, values in sorted(rates.items(), key=order)]


def order(item: tuple[tuple, list]) -> tuple:
    """Sort by method, metric, then number of components."""
    (method, components, metric), _ = item
    return method.lower(), metric, components or 0


def open_set(images: np.ndarray, person: np.ndarray) -> list[list]:
    """FNIR by method at thresholds that name a share of the strangers: 30 people enrolled, 10 strangers, DRAWS draws.

    The threshold is set on half of the strangers (five people) and the FPIR that it then gives measured on the others.
    """
    X, histograms = as_vectors(images), lbp_histograms(images)
    rates: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for draw in tqdm(range(DRAWS), desc="open set", unit="draw"):
        known, strangers = split_by_person(person, 30, draw)
        enrol, probe = (known[part] for part in split_by_shot(person[known], SHOTS, draw))
        ours, others = (strangers[part] for part in split_by_person(person[strangers], 5, draw))
        templates = {
            "raw pixels": (X, "l2"),
            "eigenfaces k=80": (Eigenfaces(80).fit(X[enrol]).transform(X), "l2"),
            "eigenfaces k=80 whitened": (Eigenfaces(80, whiten=True).fit(X[enrol]).transform(X), "cosine"),
            "Fisherfaces PCA 40": (Fisherfaces(40).fit(X[enrol], person[enrol]).transform(X), "cosine"),
            "LBPH": (histograms, "chi_square"),
        }
        for method, (T, metric) in templates.items():
            gallery = Gallery(metric).enrol(person[enrol], T[enrol])
            found, score = (column[:, 0] for column in gallery.search(T[probe]))
            ours_score, others_score = (gallery.search(T[part])[1][:, 0] for part in (ours, others))
            for rate in FPIRS:
                threshold = threshold_at_fpir(ours_score, rate)
                measured = (np.mean(others_score >= threshold), fnir(found, score, person[probe], threshold))
                rates.setdefault((method, rate), []).append(measured)
    rows = []
    for (method, rate), pairs in rates.items():
        false_alarms, misses = np.array(pairs).T
        rows.append(
            [
                method,
                rate,
                float(false_alarms.mean()),
                float(false_alarms.max()),
                float(misses.mean()),
                standard_error(misses),
                float(misses.min()),
                float(misses.max()),
            ]
        )
    return rows


def main(options: argparse.Namespace) -> None:
    """Write orl_rank1 and orl_open_set."""
    orl = load_orl()
    protocol = [
        f"ORL, {SHOTS} shots of each of 40 people enrolled and 5 searched, mean and standard error of {SPLITS} splits, "
        f"split_by_shot(person, {SHOTS}, split) for split 0 to {SPLITS - 1}; what is fitted is fitted on the enrolled",
        "components: eigenfaces kept; for Fisherfaces the eigenfaces kept before LDA, which then keeps min(39, those)",
    ]
    columns = ("method", "components", "metric", "rank1", "rank1_se")
    write_table("orl_rank1", "course measure orl", protocol, columns, closed_set(orl.images, orl.person))
    protocol = [
        f"ORL, 30 people with {SHOTS} shots enrolled and 5 searched, 10 strangers, {DRAWS} seeded draws; threshold at "
        "fpir_wanted on the 50 images of 5 strangers, fpir measured on the 50 of the others; fnir at that threshold",
        "50 searches can't state an FPIR below .02: fpir_wanted .01 is the threshold just above the highest of them",
    ]
    columns = ("method", "fpir_wanted", "fpir", "fpir_max", "fnir", "fnir_se", "fnir_min", "fnir_max")
    write_table("orl_open_set", "course measure orl", protocol, columns, open_set(orl.images, orl.person))
