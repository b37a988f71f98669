"""Who is this, in news photographs: SFace on LFW as a watchlist that strangers pass, drawn many times over.

People on the list are drawn from those with two images or more; one is enrolled and another searched for. Everybody
else is a stranger, with one image each. Half of the strangers set a threshold, the others measure what it is worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from classroom.measure.gallery import ONE_FACE, TWO_NAMES
from classroom.measure.lfw import ARCHIVE, sface_embeddings
from classroom.measure.store import outside, write_table
from facelab.datasets import split_by_person
from facelab.identification import Gallery, cmc, fnir, fpir, mean_templates, t_norm, threshold_at_fpir, z_norm

DRAWS = 20
SIZES = (10, 100, 1000)
THRESHOLDS = np.round(np.arange(0.2, 0.75, 0.01), 2)
RANKS = 20
WANTED = (0.003, 0.01, 0.03, 0.1)
SEVERAL = (1, 2, 3, 5)  # images enrolled a person, of people who have six or more
SEVERAL_PEOPLE = 150
NORMALISED_PEOPLE = 500
COHORT = 300
COMMON = (
    f"SFace on LFW View 2 (7,701 images of 4,281 people), cosine; {DRAWS} seeded draws: means, and low and high, the "
    "lowest and the highest draw",
    "the list: that many people, drawn from those with enough images; strangers: one image of everybody else; of "
    f"{len(TWO_NAMES + ONE_FACE)} pairs of labels that show one person under two names (see gallery), the second was "
    "left out",
)


@dataclass(frozen=True, eq=False)
class Draw:
    """Indices of images: enrolled (people, images), probes (people,), and strangers in two halves of other people."""

    enrolled: np.ndarray
    probes: np.ndarray
    ours: np.ndarray
    others: np.ndarray
    cohort: np.ndarray


def draw(person: np.ndarray, people: int, images: int, seed: int, cohort: int = 0) -> Draw:
    """Draw a list of people with images + 1 or more images each, a cohort and two halves of strangers."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(person))
    of = {p: order[person[order] == p] for p in np.unique(person)}
    able = [p for p, rows in of.items() if len(rows) > images]
    listed = rng.choice(able, people, replace=False)
    rest = rng.permutation(np.setdiff1d(np.unique(person), listed))
    one = np.array([of[p][0] for p in rest])
    ours, others = (one[cohort:][half] for half in split_by_person(rest[cohort:], (len(rest) - cohort) // 2, rng))
    enrolled = np.array([of[p][:images] for p in listed])
    return Draw(enrolled, np.array([of[p][images] for p in listed]), ours, others, one[:cohort])


def curves(templates: np.ndarray, person: np.ndarray) -> tuple[list[list], list[list]]:
    """Rows of watchlist (FPIR and FNIR by size and threshold) and of watchlist_cmc (rates by rank)."""
    errors, ranks = [], []
    for people in SIZES:
        each, rates = [], []
        for seed in tqdm(range(DRAWS), f"a list of {people}", unit="draw"):
            one = draw(person, people, 1, seed)
            gallery = Gallery().enrol(person[one.enrolled[:, 0]], templates[one.enrolled[:, 0]])
            found, scores = gallery.search(templates[one.probes], min(RANKS, people))
            strangers = gallery.search(templates[np.concatenate([one.ours, one.others])])[1][:, 0]
            truth, best, score = person[one.probes], found[:, 0], scores[:, 0]
            each.append([(fpir(strangers, t), fnir(best, score, truth, t)) for t in THRESHOLDS])
            rates.append(cmc(found, truth))
        for threshold, (false, missed) in zip(THRESHOLDS, np.array(each).transpose(1, 2, 0), strict=True):
            errors.append([people, float(threshold), *spread(false), *spread(missed)])
        for rank, rate in enumerate(np.array(rates).T, 1):
            ranks.append([people, rank, *spread(rate)])
    return errors, ranks


def spread(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, lowest and highest."""
    return float(values.mean()), float(values.min()), float(values.max())


Errors = Callable[[float], tuple[float, float]]


def errors_of(found: np.ndarray, scores: np.ndarray, truth: np.ndarray, ours: np.ndarray, others: np.ndarray) -> Errors:
    """FPIR and FNIR for an FPIR wanted: the threshold comes from `ours`, FPIR is measured on `others`."""

    def errors(wanted: float) -> tuple[float, float]:
        threshold = threshold_at_fpir(ours, wanted)
        return fpir(others, threshold), fnir(found, scores, truth, threshold)

    return errors


def by_images(templates: np.ndarray, person: np.ndarray) -> Iterator[tuple[tuple, Errors]]:
    """One draw after another: (people, images, pooled, norm) and its errors, for several enrolled images a person."""
    most = max(SEVERAL)
    for seed in tqdm(range(DRAWS), "several images", unit="draw"):
        one = draw(person, SEVERAL_PEOPLE, most, seed)
        for images in SEVERAL:
            rows = one.enrolled[:, :images].ravel()
            best = Gallery().enrol(person[rows], templates[rows])
            mean = Gallery().enrol(*mean_templates(person[rows], templates[rows]))
            for pooled, gallery in (("best", best), ("mean", mean)):
                found, scores = (column[:, 0] for column in gallery.search(templates[one.probes]))
                ours, others = (gallery.search(templates[half])[1][:, 0] for half in (one.ours, one.others))
                key = (SEVERAL_PEOPLE, images, pooled, "none")
                yield key, errors_of(found, scores, person[one.probes], ours, others)


def by_norm(templates: np.ndarray, person: np.ndarray) -> Iterator[tuple[tuple, Errors]]:
    """The same for normalised scores, with a cohort of people who are neither listed nor strangers."""
    for seed in tqdm(range(DRAWS), "normalised", unit="draw"):
        one = draw(person, NORMALISED_PEOPLE, 1, seed, COHORT)
        rows = one.enrolled[:, 0]
        listed, cohort = templates[rows], templates[one.cohort]
        probes = [templates[part] for part in (one.probes, one.ours, one.others)]
        plain = [part @ listed.T for part in probes]
        tested = [t_norm(scores, part @ cohort.T) for scores, part in zip(plain, probes, strict=True)]
        zeroed = [z_norm(scores, cohort @ listed.T) for scores in plain]
        for norm, (mated, ours, others) in (("none", plain), ("z-norm", zeroed), ("t-norm", tested)):
            found, scores = person[rows][mated.argmax(axis=1)], mated.max(axis=1)
            key = (NORMALISED_PEOPLE, 1, "best", norm)
            yield key, errors_of(found, scores, person[one.probes], ours.max(axis=1), others.max(axis=1))


def ways(templates: np.ndarray, person: np.ndarray) -> list[list]:
    """Rows of watchlist_ways: errors at a wanted FPIR by number of images, pooling and normalisation."""
    measured: dict[tuple, list] = {}
    for measure in (by_images, by_norm):
        for key, errors in measure(templates, person):
            for wanted in WANTED:
                measured.setdefault((*key, wanted), []).append(errors(wanted))
    return [[*key, *(x for column in np.transpose(pairs) for x in spread(column))] for key, pairs in measured.items()]


def main(options: argparse.Namespace) -> None:
    """Write watchlist, watchlist_cmc and watchlist_ways."""
    pairs, embedded = sface_embeddings(outside(options.data, ARCHIVE, "LFW (View 2)"))
    kept = embedded.found & ~np.isin(pairs.person, [second for _, second in TWO_NAMES + ONE_FACE])
    templates, person = embedded.templates[kept], pairs.person[kept]
    errors, ranks = curves(templates, person)
    command = "course measure watchlist"
    rates = ("fpir", "fpir_low", "fpir_high", "fnir", "fnir_low", "fnir_high")
    write_table("watchlist", command, COMMON, ("people", "threshold", *rates), errors)
    write_table("watchlist_cmc", command, COMMON, ("people", "rank", "rate", "low", "high"), ranks)
    protocol = [
        *COMMON,
        "threshold at fpir_wanted on half of the strangers, fpir measured on the others; pooled: best, each person's "
        "most similar image counts, or mean, one mean template each; several images of people who have "
        f"{max(SEVERAL) + 1} or more",
        f"norm: z-norm or t-norm with a cohort of {COHORT} other people, one image each",
    ]
    columns = ("people", "images", "pooled", "norm", "fpir_wanted", *rates)
    write_table("watchlist_ways", command, protocol, columns, ways(templates, person))
