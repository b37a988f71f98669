"""How often does an interval for a share of errors hold the true one? Populations of known truth, many times over.

An interval at 95 % should hold in 95 of 100 repetitions of the experiment. Independent trials are added up exactly.
Pairs that share people are simulated: scores of made-up people, of whom some are alike to everybody, two may be alike
to each other, and a picture may be odd; how much each of the three matters is taken from ORL's scores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats
from tqdm import tqdm

from classroom.measure.store import write_table
from facelab.datasets import load_orl
from facelab.eigenfaces import Eigenfaces
from facelab.embedding import orl_templates
from facelab.images import as_vectors
from facelab.verification import (
    PairScores,
    clopper_pearson_interval,
    draw_counts,
    percentile_interval,
    rate_of_draws,
    similarity,
    studentised_interval,
    wilson_interval,
)

TRIALS = 1500
EER_TRIALS = 500
DRAWS = 500
EER_DRAWS = 200
FMRS = (0.01, 0.001)
TMR = 0.9
GROUPS = ((20, 5), (40, 5), (100, 4), (200, 3))  # people, images of each
EER_GROUP = (40, 3)
SIZES = ((100, 0.01), (1000, 0.001), (3000, 0.001), (3000, 0.01), (3000, 0.05), (100_000, 0.0001))
COLUMNS = (
    "population",
    "rate",
    "truth",
    "people",
    "pairs",
    "interval",
    "trials",
    "coverage",
    "error",
    "below",
    "width",
)


def normal_interval(k: int, n: int) -> tuple[float, float]:
    """The textbook's share plus and minus 1.96 standard errors, at 95 %: here to be seen failing."""
    half = stats.norm.ppf(0.975) * np.sqrt(k / n * (1 - k / n) / n)
    return k / n - half, k / n + half


INTERVALS: dict[str, Callable] = {
    "normal": normal_interval,
    "Wilson": wilson_interval,
    "Clopper-Pearson": clopper_pearson_interval,
}


def independent() -> Iterator[list]:
    """Rows for independent trials: no simulation, the binomial probabilities of all counts are added up."""
    for n, truth in SIZES:
        # all counts that are not out of the question
        counts = np.arange(int(stats.binom.ppf(1e-12, n, truth)), int(stats.binom.isf(1e-12, n, truth)) + 1)
        weights = stats.binom.pmf(counts, n, truth)
        for name, interval in INTERVALS.items():
            low, high = np.array([interval(int(k), n) for k in counts]).T
            holds = float(weights @ ((low <= truth) & (truth <= high)))
            width = float(weights @ (high - low))
            yield [
                "independent",
                "share",
                truth,
                None,
                n,
                name,
                None,
                holds,
                0.0,
                float(weights @ (high < truth)),
                width,
            ]


@dataclass(frozen=True)
class Population:
    """Scores of pairs of images: variance 1 each for impostor and genuine pairs, made of parts of people and images.

    person, image: the part that comes from each of an impostor pair's two people and two images; two: from these two
    people together; own, own_image: the part of a genuine pair's from its person and from each of its images. What is
    left belongs to the pair alone.
    """

    person: float
    image: float
    two: float
    own: float
    own_image: float

    def scores(self, people: int, images: int, distance: float, rng: np.random.Generator) -> PairScores:
        """All pairs of images of so many people; impostor scores have the mean 0, genuine ones the mean distance."""
        whose = np.repeat(np.arange(people), images)
        left, right = np.triu_indices(len(whose), 1)
        a, b = whose[left], whose[right]
        same = a == b
        familiar = self._part(self.person, people, rng)[whose] + self._part(self.image, len(whose), rng)
        alike = self._part(self.two, people**2, rng)
        rest = 1 - 2 * self.person - 2 * self.image - self.two
        score = familiar[left] + familiar[right] + alike[a * people + b] + self._part(rest, len(left), rng)
        steady, odd = self._part(self.own, people, rng), self._part(self.own_image, len(whose), rng)
        own = distance + steady[a] + odd[left] + odd[right]
        own[same] += self._part(1 - self.own - 2 * self.own_image, int(same.sum()), rng)
        return PairScores(np.where(same, own, score), a, b)

    @staticmethod
    def _part(variance: float, size: int, rng: np.random.Generator) -> np.ndarray:
        return np.sqrt(variance) * rng.standard_normal(size)


def population_of(scores: np.ndarray, people: int) -> Population:
    """The parts that people and images have in the variance of scores (n, n), whose images are sorted by person.

    Parts are estimated by differences of means, each corrected for what chance adds to it, and are 0 at least.
    """
    images = len(scores) // people
    table = scores.reshape(people, images, people, images)
    other = ~np.eye(people, dtype=bool)
    between = table.mean(axis=(1, 3))
    impostor = table.transpose(0, 2, 1, 3)[other]
    whole = impostor.var()
    by_image = np.stack([table[a][:, other[a]].mean(axis=(1, 2)) for a in range(people)])
    row = np.array([between[a][other[a]].mean() for a in range(people)])
    effect = (row - between[other].mean()) * (people - 1) / (people - 2)
    left_over = between - between[other].mean() - effect[:, None] - effect
    image = by_image.var(axis=1, ddof=1).mean()
    two = left_over[other].var()
    person = max(0.0, effect.var(ddof=1) - two / (people - 1) - image / images)
    pick = np.triu_indices(images, 1)
    genuine = np.stack([table[a, :, a][pick] for a in range(people)])
    off = ~np.eye(images, dtype=bool)
    own_by_image = np.stack([(table[a, :, a] * off).sum(axis=1) / (images - 1) for a in range(people)])
    # Variance between a person's images is own_image + rest / (images - 2); between a person's pairs, which share
    # images, it is both * own_image + rest.
    rows = own_by_image.var(axis=1, ddof=1).mean() * ((images - 1) / (images - 2)) ** 2
    within = genuine.var(axis=1, ddof=1).mean()
    both = 2 * (1 - (images - 2) / (len(pick[0]) - 1))
    own_image = max(0.0, (rows - within / (images - 2)) / (1 - both / (images - 2)))
    rest = within - both * own_image
    own = max(0.0, genuine.mean(axis=1).var(ddof=1) - 4 * own_image / images - rest / len(pick[0]))
    spread = genuine.var()
    parts = (person / whole, image / whole, two / whole, own / spread, own_image / spread)
    return Population(*(round(float(part), 3) for part in parts))


def orl_populations() -> dict[str, Population]:
    """Populations with the parts of ORL's scores: SFace's cosines, and the distances of 80 eigenfaces."""
    orl = load_orl()
    order = np.argsort(orl.person, kind="stable")
    vectors = as_vectors(orl.images)
    faces = Eigenfaces(80).fit(vectors).transform(vectors)
    scores = {"SFace": similarity(orl_templates(), orl_templates()), "eigenfaces": similarity(faces, faces, "l2")}
    return {name: population_of(each[np.ix_(order, order)], 40) for name, each in scores.items()}


def rates(name: str, population: Population, people: int, images: int) -> Iterator[list]:
    """Rows for FMR and TMR at thresholds with a known truth."""
    rng = np.random.default_rng(people)
    distance = 10.0  # genuine and impostor scores far apart: each rate has a threshold of its own
    wanted = [("fmr", rate, float(stats.norm.isf(rate))) for rate in FMRS]
    wanted.append(("tmr", TMR, distance + float(stats.norm.isf(TMR))))
    found: dict[tuple, list] = {}
    for _ in tqdm(range(TRIALS), f"{name}, {people} people", unit="trial", leave=False):
        pairs = population.scores(people, images, distance, rng)
        counts = draw_counts(people, rng, DRAWS)
        for which, truth, threshold in wanted:
            tables = pairs.tables(threshold)
            drawn = rate_of_draws(which, *tables, counts)
            by_pair = pairs.bootstrap(which, threshold, by="pair", draws=DRAWS, random_state=rng)
            try:
                studentised = studentised_interval(which, *tables, counts)
            except ValueError:  # nothing accepted: what a bootstrap says then is [0, 0]
                studentised = (float(drawn[0]),) * 2
            for interval, ends in (
                ("pairs, percentile", percentile_interval(by_pair)),
                ("people, percentile", percentile_interval(drawn)),
                ("people, expanded", percentile_interval(drawn, units=people)),
                ("people, studentised", studentised),
            ):
                found.setdefault((which, truth, interval), []).append(ends)
    n = people * images
    genuine = people * images * (images - 1) // 2
    for (which, truth, interval), ends in found.items():
        pairs_of_kind = genuine if which == "tmr" else n * (n - 1) // 2 - genuine
        yield [name, which, truth, people, pairs_of_kind, interval, *summary(np.array(ends), truth)]


def equal_error_rates(name: str, population: Population) -> Iterator[list]:
    """Rows for the EER, of genuine and impostor scores three standard deviations apart."""
    people, images = EER_GROUP
    distance = 3.0
    truth = float(stats.norm.sf(distance / 2))
    rng = np.random.default_rng(people)
    found: dict[str, list] = {}
    for _ in tqdm(range(EER_TRIALS), f"{name}, EER", unit="trial", leave=False):
        pairs = population.scores(people, images, distance, rng)
        by_pair, by_person = (
            pairs.bootstrap("eer", by=by, draws=EER_DRAWS, random_state=rng) for by in ("pair", "person")
        )
        found.setdefault("pairs, percentile", []).append(percentile_interval(by_pair))
        found.setdefault("people, percentile", []).append(percentile_interval(by_person))
        found.setdefault("people, expanded", []).append(percentile_interval(by_person, units=people))
    for interval, ends in found.items():
        n = people * images
        yield [name, "eer", truth, people, n * (n - 1) // 2, interval, *summary(np.array(ends), truth)]


def summary(ends: np.ndarray, truth: float) -> tuple[int, float, float, float, float]:
    """Trials, share that hold the truth and its standard error, share that lie wholly below it, median width."""
    low, high = ends.T
    share = float(np.mean((low <= truth) & (truth <= high)))
    error = float(np.sqrt(share * (1 - share) / len(ends)))
    return len(ends), share, error, float(np.mean(high < truth)), float(np.median(high - low))


def main(options: argparse.Namespace) -> None:
    """Write coverage.csv and print what the intervals by pair and by person hold."""
    rows = list(independent())
    populations = orl_populations()
    for name, population in populations.items():
        for people, images in GROUPS:
            rows += rates(name, population, people, images)
            for row in rows[-12:]:
                print(f"  {name}, {people} people, {row[1]} {row[2]}: {row[5]} {row[7]:.3f} +- {row[8]:.3f}")
        rows += equal_error_rates(name, population)
    groups = ", ".join(f"{people} people with {images}" for people, images in GROUPS)
    parts = "; ".join(f"{name}: {population}" for name, population in populations.items())
    protocol = [
        "coverage: share of intervals at 95 % that hold the truth; below: share that lie wholly below it; error: "
        "standard error of coverage, 0 where the binomial probabilities were added up instead of simulated",
        "independent: n trials (column pairs) with that chance of an error; width: mean",
        f"SFace, eigenfaces: made-up people, all pairs of their images ({groups}; EER: {EER_GROUP[0]} with "
        f"{EER_GROUP[1]})",
        f"their scores are normal, with the parts of variance that ORL's scores have: {parts}",
        f"intervals from {DRAWS} draws of people or pairs (EER: {EER_DRAWS}); a bootstrap of data without any error is "
        "[0, 0] and counts as not holding; width: median; pairs: impostor for fmr, genuine for tmr, all for eer",
    ]
    write_table("coverage", "course measure coverage", protocol, COLUMNS, rows)
