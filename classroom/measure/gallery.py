"""How identification changes as the gallery grows: measured on resampled galleries, predicted, and carried on.

From SFace's templates of LFW come a mixture that draws people who don't exist, the hit rate of galleries of up to 2,000
people beside what 200 other people's scores predicted, and several models' words about 1.3 billion. Templates are used
and never stored.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.mixture import GaussianMixture
from tqdm import tqdm

from classroom.measure import degraded, store
from classroom.measure.lfw import ARCHIVE, Pairs, read_images, sface_embeddings
from facelab.datasets import load_orl
from facelab.detection import YuNetDetector
from facelab.embedding import SFaceEmbedder, orl_templates
from facelab.scaling import Prediction, SearchScores, Tail, fit_gaussian, fit_pareto, pareto_moments, predict
from facelab.synthetic import Mixture
from facelab.verification import threshold_at_fmr

COMMAND = "course measure gallery"
FPIR = 0.01
FITTED = 200  # people whose scores predict
SIZES = (10, 20, 50, 100, 200, 500, 1000, 1400, 2000)
DRAWS = 20
ORL_FITTED, ORL_SIZES = 10, (5, 10, 20)
NATION = 1_300_000_000
DECADES = (100, 1000, 10_000, 100_000, 1_000_000, 12_300_000, 100_000_000, NATION)
BOOTSTRAPS = 100
COMPONENTS = 8
SYNTHETIC = 9_000  # people, whose pairs make 40 million impostor scores
STEP = 0.005  # of score, in the histogram of impostor scores
WORSE = (("width", 20), ("width", 14), ("blur", 0.04), ("exposure", 2))
PROBES_MADE_WORSE = 300  # the first of them; each costs a detection and a description under every condition
# Labels of LFW that belong together, as people's numbers: eight pairs whose two names are spellings or parts of one
# person's name, and two whose photographs show one person (scores above .8) under names that have nothing in common.
# Found by reading the names of the 80 highest impostor scores.
TWO_NAMES = (
    (77, 2949), (494, 3483), (529, 4172), (656, 3413), (938, 1413), (1615, 3612), (2102, 3864), (2596, 3683),
)  # fmt: skip
ONE_FACE = ((98, 3626), (2845, 3308))
FAMILY = ((2828, 3250),)  # no mistake: two people of one family name, the highest impostor score that is left
MODELS: dict[str, Callable[[SearchScores, np.ndarray | None], Tail]] = {
    "gaussian": lambda scores, counts: scores.gaussian(counts),
    "pareto95": lambda scores, counts: scores.pareto(0.95, counts),
    "pareto99": lambda scores, counts: scores.pareto(0.99, counts),
    "pareto999": lambda scores, counts: scores.pareto(0.999, counts),
    "pareto95 moments": lambda scores, counts: scores.pareto(0.95, counts, pareto_moments),
}
LFW_PROTOCOL = (
    "SFace on LFW View 2: a person's first image in the gallery, the second, if there is one, searched for; templates "
    "used and not stored; people as numbers, by first mention in pairs.txt",
    f"of {len(TWO_NAMES)} pairs of labels that name one person twice and {len(ONE_FACE)} that show one person under "
    "two names, the second label was left out",
)


def fit_mixture(templates: np.ndarray) -> Mixture:
    """The mixture of COMPONENTS Gaussians with full covariance, by expectation maximisation from a fixed seed."""
    model = GaussianMixture(COMPONENTS, random_state=0, reg_covar=1e-6, max_iter=200).fit(templates)
    return Mixture(model.weights_, model.means_, model.covariances_)


def pairwise(templates: np.ndarray) -> np.ndarray:
    """The scores of all pairs of different templates (n, d), sorted: (n (n - 1) / 2,) float32."""
    rows = [templates[i + 1 :] @ templates[i] for i in range(len(templates) - 1)]
    return np.sort(np.concatenate(rows))


def share_above(scores: np.ndarray, threshold: float) -> float:
    """The share of sorted scores at or above a threshold."""
    return 1 - np.searchsorted(scores, threshold) / len(scores)


def histogram(scores: np.ndarray) -> np.ndarray:
    """Counts in bins of STEP from -1 to 1."""
    return np.histogram(scores, np.linspace(-1, 1, round(2 / STEP) + 1))[0]


@dataclass(frozen=True, eq=False)
class Searches:
    """Every probe with every template of the whole gallery. A resampled gallery is a choice of columns."""

    scores: np.ndarray  # (P, G)
    probe: np.ndarray  # (P,) people
    gallery: np.ndarray  # (G,) people, each once

    def of(self, people: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Search a gallery of these people with all probes: best score of the others, own score, both (P,), mated (P,).

        A probe's own score counts only where mated, i.e. its person is in that gallery.
        """
        chosen = np.isin(self.gallery, people)
        own = self.probe[:, None] == self.gallery[chosen]
        scores = self.scores[:, chosen]
        return np.where(own, -np.inf, scores).max(axis=1), np.where(own, scores, -np.inf).max(axis=1), own.any(axis=1)

    def only(self, people: np.ndarray) -> Searches:
        """The searches of these people among these people."""
        probe, gallery = np.isin(self.probe, people), np.isin(self.gallery, people)
        return Searches(self.scores[np.ix_(probe, gallery)], self.probe[probe], self.gallery[gallery])


@dataclass
class Trials:
    """What the searches of many resampled galleries of one size brought: a row a search."""

    person: list[np.ndarray]
    first: list[np.ndarray]
    score: list[np.ndarray]
    stranger: list[np.ndarray]
    stranger_score: list[np.ndarray]

    def rates(self, counts: np.ndarray | None = None) -> tuple[float, float]:
        """Rank-1 rate, and TPIR at the threshold that FPIR of the strangers' searches reach; people count so often."""
        person, first, score, stranger, other = (np.concatenate(part) for part in vars(self).values())
        if counts is not None:
            mated, unmated = counts[person], counts[stranger]
            person, first, score = (np.repeat(part, mated) for part in (person, first, score))
            other = np.repeat(other, unmated)
        hit = first & (score >= threshold_at_fmr(other, FPIR))
        return float(first.mean()), float(hit.mean())


def resample(searches: Searches, people: np.ndarray, n: int, rng: np.random.Generator, trials: Trials) -> None:
    """Draw galleries of n of these people, 2,000 / n of them (at most 40), and search them with all their probes."""
    ours = searches.only(people)
    for _ in range(min(40, max(1, 2000 // n))):
        other, own, mated = ours.of(rng.choice(ours.gallery, n, replace=False))
        trials.person.append(ours.probe[mated])
        trials.first.append(own[mated] > other[mated])
        trials.score.append(own[mated])
        trials.stranger.append(ours.probe[~mated])
        trials.stranger_score.append(other[~mated])


def fitted_on(searches: Searches, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The genuine and the impostor scores of these people."""
    ours = searches.only(people)
    own = ours.probe[:, None] == ours.gallery
    return ours.scores[own].astype(np.float64), ours.scores[~own].astype(np.float64)


def curve(data: str, searches: Searches, fitted: int, sizes: Sequence[int], seed: int) -> tuple[list[list], list[list]]:
    """Rows of gallery_curve, and of gallery_fit: what each draw's people predicted, by tail."""
    rng = np.random.default_rng(seed)
    trials = {n: Trials([], [], [], [], []) for n in sizes}
    fits = []
    for draw in tqdm(range(DRAWS), f"{data}: galleries", unit="draw"):
        known = rng.choice(np.unique(searches.probe), fitted, replace=False)
        genuine, impostor = fitted_on(searches, known)
        tails: dict[str, Tail] = {"gaussian": fit_gaussian(impostor)}
        tails |= {f"pareto{q}": fit_pareto(impostor, q / 100) for q in (95, 99) if len(impostor) * (1 - q / 100) >= 20}
        others = np.setdiff1d(searches.gallery, known)
        for n in sizes:
            for model, tail in tails.items():
                p = predict(genuine, tail, n, FPIR)
                fits.append([data, draw, model, n, p.threshold, p.rank1, p.tpir])
            resample(searches, others, n, rng, trials[n])
    rows = []
    for n in sizes:
        rank1, tpir = trials[n].rates()
        people = int(max(searches.gallery.max(), searches.probe.max())) + 1
        drawn = np.unique(searches.gallery)
        again = np.array(
            [trials[n].rates(np.bincount(rng.choice(drawn, len(drawn)), minlength=people)) for _ in range(BOOTSTRAPS)]
        )
        low, high = np.quantile(again, (0.025, 0.975), axis=0)
        ours = np.array([fit[5:] for fit in fits if fit[2] == "gaussian" and fit[3] == n]).mean(axis=0)
        bounds = (rank1, float(low[0]), float(high[0]), tpir, float(low[1]), float(high[1]))
        rows.append([data, "sface", n, *bounds, float(ours[0]), float(ours[1])])
    return rows, fits


def lfw_searches(pairs: Pairs, templates: np.ndarray) -> tuple[Searches, np.ndarray]:
    """LFW's first images searched with second ones, two names for one person mended; and the second images' rows."""
    first, second = first_and_second(pairs.person)
    left_out = [later for _, later in TWO_NAMES + ONE_FACE]
    first = first[~np.isin(pairs.person[first], left_out)]
    second = second[~np.isin(pairs.person[second], left_out)]
    return Searches(templates[second] @ templates[first].T, pairs.person[second], pairs.person[first]), second


def first_and_second(person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of everybody's first image, and of the second image of all who have one."""
    _, first = np.unique(person, return_index=True)
    rest = np.setdiff1d(np.arange(len(person)), first)
    _, second = np.unique(person[rest], return_index=True)
    return first, rest[second]


def orl_searches() -> Searches:
    """ORL's first shots searched with the other nine."""
    orl, templates = load_orl(), orl_templates()
    enrolled = orl.shot == 0
    return Searches(templates[~enrolled] @ templates[enrolled].T, orl.person[~enrolled], orl.person[enrolled])


def genuine_made_worse(archive: Path, files: Sequence[str], first: np.ndarray) -> Iterator[tuple[tuple, np.ndarray]]:
    """Genuine scores of the images in these files with templates first (n, 128), by condition; -inf: no face found."""
    detector, embedder = YuNetDetector(degraded.CONFIDENCE), SFaceEmbedder()
    images = tqdm(read_images(archive, files), "probes", len(files), unit="image")
    probes = [degraded.picture(detector, image) for image in images]
    for condition, level in WORSE:
        templates = degraded.templates(probes, condition, level, detector, embedder)
        scores = (templates * first).sum(axis=1)
        yield (condition, level), np.where(np.isnan(scores), -np.inf, scores)


def carry_on(scores: SearchScores, genuine: dict[tuple, np.ndarray]) -> list[list]:
    """Rows of gallery_nation: every model and condition, carried to 1.3 billion, with a bootstrap by person.

    The threshold comes from clean scores: a system has one. So do the impostors that an enrolled person has to beat.
    """
    rng = np.random.default_rng(0)
    draws = [None, *(scores.counts(rng) for _ in range(BOOTSTRAPS))]
    rows = []
    for model, fit in MODELS.items():
        tails = [fit(scores, counts) for counts in tqdm(draws, model, unit="draw")]
        for (condition, level), own in genuine.items():
            for n in DECADES:
                each = [
                    predict(own if counts is None else np.repeat(own, counts[scores.own[: len(own)]]), tail, n, FPIR)
                    for counts, tail in zip(draws, tails, strict=True)
                ]
                rows.append([condition, level, model, n, *with_interval(each)])
    return rows


def with_interval(predictions: Sequence[Prediction]) -> Iterator[float]:
    """Threshold, TPIR and rank-1 rate of the first, each with the central 95 % of the others."""
    for name in ("threshold", "tpir", "rank1"):
        value, *again = (getattr(p, name) for p in predictions)
        yield from (value, *map(float, np.quantile(again, (0.025, 0.975))))


def labels(pairs: Pairs, templates: np.ndarray) -> list[list]:
    """Rows of gallery_labels: what mending the labels changes in the tail and in each model's word on the nation."""
    rows = []
    first, second = first_and_second(pairs.person)
    for name, mended in (
        ("as they are", ()),
        ("two names mended", TWO_NAMES),
        ("all mended", TWO_NAMES + ONE_FACE),
        ("all mended, one family left out", TWO_NAMES + ONE_FACE + FAMILY),
    ):
        later = [b for _, b in mended]
        one, two = (part[~np.isin(pairs.person[part], later)] for part in (first, second))
        scores = templates[two] @ templates[one].T
        own = pairs.person[two][:, None] == pairs.person[one]
        searches = SearchScores(scores, pairs.person[two], pairs.person[one])
        high = scores[~own]
        figures = [predict(searches.genuine, fit(searches, None), NATION, FPIR).tpir for fit in MODELS.values()]
        top = (float(np.quantile(high, 1 - q)) for q in (1e-4, 1e-5, 1e-6))
        rows.append([name, len(mended), high.size, int((high >= 0.55).sum()), float(high.max()), *top, *figures])
    return rows


def main(options: argparse.Namespace) -> None:
    """Write impostor_mixture.npz and the tables gallery_*."""
    archive = store.outside(options.data, ARCHIVE, "LFW (View 2)")
    pairs, embedded = sface_embeddings(archive)
    measure(archive, pairs, embedded.templates)


def measure(archive: Path, pairs: Pairs, templates: np.ndarray) -> None:
    """All of it from LFW's templates (I, 128), none of them NaN."""
    synthetic(pairs, templates)
    searches, second = lfw_searches(pairs, templates)
    rows, fits = curve("lfw", searches, FITTED, SIZES, 0)
    orl_rows, orl_fits = curve("orl", orl_searches(), ORL_FITTED, ORL_SIZES, 1)
    write_curves(rows + orl_rows, fits + orl_fits)
    scores = SearchScores(searches.scores, searches.probe, searches.gallery)
    first = templates[first_and_second(pairs.person)[0]][searches.probe[:PROBES_MADE_WORSE]]
    files = [pairs.files[i] for i in second[:PROBES_MADE_WORSE]]
    genuine = {("clean", None): scores.genuine, **dict(genuine_made_worse(archive, files, first))}
    write_nation(carry_on(scores, genuine), genuine, labels(pairs, templates))


def synthetic(pairs: Pairs, templates: np.ndarray) -> None:
    """Fit the mixture, store it, and hold its impostor scores against the real ones and one Gaussian's."""
    mixture = fit_mixture(templates)
    store.MEASURED.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        store.MEASURED / "impostor_mixture.npz",
        weights=mixture.weights.astype(np.float32),
        means=mixture.means.astype(np.float32),
        covariances=mixture.covariances.astype(np.float32),
    )
    one = Mixture(np.ones(1), templates.mean(axis=0)[None], np.cov(templates.T)[None])
    real = pairwise(templates[first_and_second(pairs.person)[0]])
    drawn = {
        "mixture": pairwise(mixture.templates(SYNTHETIC, 0)),
        "one gaussian": pairwise(one.templates(SYNTHETIC, 0)),
    }
    rows = []
    for model, scores in drawn.items():
        for fmr in (1e-2, 1e-3, 1e-4, 1e-5):
            threshold = threshold_at_fmr(scores, fmr)
            rows.append([model, fmr, threshold, threshold_at_fmr(real, fmr), share_above(real, threshold)])
    protocol = [
        f"a mixture of {COMPONENTS} full-covariance Gaussians fitted to SFace's templates of LFW's {len(templates):,} "
        f"View 2 images (smallest component: {mixture.weights.min() * len(templates):.0f} images), and one Gaussian",
        f"threshold: where the model's own impostor scores ({SYNTHETIC:,} synthetic people, all pairs) reach fmr; "
        f"real_threshold: where the real ones do ({len(real):,} pairs of first images); real_fmr: share of the real "
        "ones at or above the model's threshold",
    ]
    columns = ("model", "fmr", "threshold", "real_threshold", "real_fmr")
    store.write_table("gallery_synthetic", COMMAND, protocol, columns, rows)
    edges = np.linspace(-1, 1, round(2 / STEP) + 1)[:-1]
    counts = [histogram(s) for s in (real, drawn["mixture"], drawn["one gaussian"])]
    rows = [[round(float(e), 3), *map(int, c)] for e, *c in zip(edges, *counts, strict=True) if any(c)]
    protocol = [
        f"impostor scores as in gallery_synthetic, counted in bins of {STEP} from score upwards; bins that hold any"
    ]
    store.write_table("gallery_impostor", COMMAND, protocol, ("score", "real", "mixture", "one_gaussian"), rows)


def write_curves(rows: list[list], fits: list[list]) -> None:
    """Write gallery_curve and gallery_fit."""
    spread = {
        n: np.std([fit[5:] for fit in fits if fit[:1] == ["lfw"] and fit[2:4] == ["gaussian", n]], 0) for n in SIZES
    }
    said = "; ".join(f"N = {n}: {spread[n][0]:.4f}, {spread[n][1]:.4f}" for n in SIZES[-3:])
    protocol = [
        *LFW_PROTOCOL,
        f"{DRAWS} draws: the scores of {FITTED} people (orl: {ORL_FITTED}) predict by independent comparisons with a "
        "Gaussian tail; galleries of n are drawn from all others and searched with all of their probes",
        f"tpir: own template first and at or above the threshold that {FPIR:.0%} of the strangers' searches reach; "
        f"low, high: central 95 % of {BOOTSTRAPS} bootstraps by person; predicted: mean of the draws",
        f"standard deviation of lfw's predicted rank1 and tpir from draw to draw: {said}",
        "orl: SFace with its border, first shot in the gallery, the other nine searched",
    ]
    columns = (
        "data", "method", "n", "rank1", "rank1_low", "rank1_high", "tpir", "tpir_low", "tpir_high", "predicted_rank1",
        "predicted_tpir",
    )  # fmt: skip
    store.write_table("gallery_curve", COMMAND, protocol, columns, rows)
    columns = ("data", "draw", "model", "n", "threshold", "rank1", "tpir")
    store.write_table("gallery_fit", COMMAND, [*protocol[:4], "a row what one draw predicts"], columns, fits)


def write_nation(rows: list[list], genuine: dict[tuple, np.ndarray], label_rows: list[list]) -> None:
    """Write gallery_nation, gallery_tail, gallery_genuine and gallery_labels."""
    conditions = (
        "condition: the probe made worse as in the table degraded (width, the face's in pixels; blur, sigma as a share "
        f"of it; exposure, factor), {PROBES_MADE_WORSE} probes; the gallery is clean, the threshold too"
    )
    protocol = [
        *LFW_PROTOCOL,
        f"independent comparisons, threshold for FPIR {FPIR:g}; tail of impostor scores by model: gaussian, the normal "
        "distribution of all; pareto95, 99, 999, a generalised Pareto distribution above the 95 %, 99 %, 99.9 % "
        "quantile, by maximum likelihood; pareto95 moments, by probability-weighted moments",
        f"low, high: central 95 % of {BOOTSTRAPS} bootstraps by person. The range of the models is the answer",
        conditions,
    ]
    intervals = (
        "threshold",
        "threshold_low",
        "threshold_high",
        "tpir",
        "low",
        "high",
        "rank1",
        "rank1_low",
        "rank1_high",
    )
    store.write_table("gallery_nation", COMMAND, protocol, ("condition", "level", "model", "n", *intervals), rows)
    tail = [[row[2], row[4], *row[7:10]] for row in rows if row[0] == "clean" and row[3] == NATION]
    store.write_table(
        "gallery_tail", COMMAND, [*protocol[:4], f"clean probes, n = {NATION:,}"],
        ("model", "threshold", "tpir", "low", "high"), tail,
    )  # fmt: skip
    protocol = [*LFW_PROTOCOL, conditions, "one genuine score a probe, in one order of people; empty: no face found"]
    scores = [
        [condition, level, None if s == -np.inf else round(float(s), 4)]
        for (condition, level), own in genuine.items()
        for s in own
    ]
    store.write_table("gallery_genuine", COMMAND, protocol, ("condition", "level", "score"), scores)
    protocol = [
        LFW_PROTOCOL[0],
        f"two names: {len(TWO_NAMES)} pairs of labels that are spellings or parts of one person's name; one face: "
        f"{len(ONE_FACE)} pairs of labels under which one person is seen; found among the 80 highest impostor scores; "
        "one family: two people of one family name, of whom one was left out as if their likeness were a mistake",
        f"above_055: impostor scores of .55 or more; t_*: threshold at that FMR; tpir_*: the model's at {NATION:,}",
    ]
    columns = ("labels", "pairs_mended", "impostor_scores", "above_055", "highest", "t_1e-4", "t_1e-5", "t_1e-6")
    columns += tuple(f"tpir_{model}" for model in MODELS)
    store.write_table("gallery_labels", COMMAND, protocol, columns, label_rows)
