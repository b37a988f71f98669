"""Are these two the same person? Scores of pairs, and what a threshold on them accepts and refuses.

A genuine pair shows one person, an impostor pair two. A higher score always means more alike, and a pair is accepted
if its score is at or above the threshold. FMR, the false match rate, is the share of impostor pairs accepted; TMR, the
true match rate, the share of genuine pairs accepted; FNMR = 1 - TMR. Names and definitions follow ISO/IEC 19795-1.

Lessons 03 and 09 build the rates and curves, lesson 13 the intervals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from facelab.eigenfaces import chi_square
from facelab.images import squared_distances

METRICS = ("l2", "cosine", "chi_square")


def similarity(a: np.ndarray, b: np.ndarray, metric: str = "cosine") -> np.ndarray:
    """The score of every row of a with every row of b.

    Parameters: a (n, d), b (m, d); metric "l2" (minus the Euclidean distance, so that 0 is the highest score),
    "cosine" (of the angle between the rows, -1 to 1; 0 if a row is all zeros) or "chi_square" (minus the distance of
    two histograms).
    Returns: (n, m) floats, higher for more alike.
    Raises: ValueError if the metric is another or the rows differ in length.
    """
    a, b = as_templates(a, b, metric)
    if metric == "l2":
        return -np.sqrt(squared_distances(a, b))
    if metric == "cosine":
        return unit_length(a) @ unit_length(b).T
    return -np.stack([chi_square(row, b) for row in a])


def pair_similarity(a: np.ndarray, b: np.ndarray, metric: str = "cosine") -> np.ndarray:
    """The score of each row of a with the same row of b: (n,), the diagonal of similarity(a, b, metric).

    Raises: ValueError as similarity, or if a and b have not as many rows.
    """
    a, b = as_templates(a, b, metric)
    if len(a) != len(b):
        raise ValueError(f"pair_similarity: a has {len(a)} rows and b has {len(b)}; row i is compared with row i.")
    if metric == "l2":
        return -np.linalg.norm(a - b, axis=1)
    if metric == "cosine":
        return (unit_length(a) * unit_length(b)).sum(axis=1)
    return -chi_square(a, b)


def unit_length(a: np.ndarray) -> np.ndarray:
    """The rows of a (n, d) divided by their Euclidean length; a row of zeros stays as it is."""
    length = np.linalg.norm(a, axis=1, keepdims=True)
    return a / np.where(length > 0, length, 1)


def all_pairs(scores: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Genuine and impostor scores of all pairs of different images, each pair once.

    Parameters: scores (n, n), the images' similarity with each other, symmetric; person (n,).
    Returns: genuine (g,) and impostor (i,), g + i = n (n - 1) / 2. An image is never compared with itself.
    Raises: ValueError if scores is not square or person has another length.
    """
    scores, person = np.asarray(scores), np.asarray(person)
    if scores.shape != (len(person), len(person)):
        raise ValueError(
            f"all_pairs: {len(person)} people's labels need scores of {len(person)} x {len(person)}, "
            f"got shape {scores.shape}."
        )
    left, right = np.triu_indices(len(person), k=1)
    same = person[left] == person[right]
    each = scores[left, right]
    return each[same], each[~same]


def roc(genuine: np.ndarray, impostor: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The receiver operating characteristic: what every threshold that makes a difference accepts.

    Parameters: genuine (g,), impostor (i,) scores; -inf and inf are allowed (a pair refused or accepted come what may).
    Returns: fmr, tmr, thresholds, each (t,): shares of impostor and genuine scores at or above the threshold. The
    first threshold is inf, where nothing finite is accepted, then every score that occurs, falling; fmr and tmr rise
    to 1.
    Raises: ValueError if a set is empty or holds NaN.
    """
    genuine, impostor = as_scores(genuine, "genuine"), as_scores(impostor, "impostor")
    thresholds = np.append(np.inf, np.unique(np.concatenate([genuine, impostor]))[::-1])
    if thresholds[1] == np.inf:
        thresholds = thresholds[1:]
    return share_at_or_above(impostor, thresholds), share_at_or_above(genuine, thresholds), thresholds


def share_at_or_above(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The share of scores (n,) that each of the thresholds (t,) accepts: (t,) from 0 to 1."""
    below = np.searchsorted(np.sort(scores), thresholds, side="left")
    return (len(scores) - below) / len(scores)


def eer(genuine: np.ndarray, impostor: np.ndarray) -> float:
    """Equal error rate: where FMR = FNMR, 0 (all right) to 1 (all wrong), .5 for scores that say nothing.

    Parameters: genuine, impostor, as roc takes them.
    Raises: as roc.

    Between two neighbouring thresholds the curve is taken as straight: with few pairs
    or tied scores no threshold makes the two exactly equal.
    """
    fmr, tmr, _ = roc(genuine, impostor)
    return crossing(fmr, tmr)


def crossing(fmr: np.ndarray, tmr: np.ndarray) -> float:
    """Where FMR = FNMR on a curve: fmr and tmr (t,) rise to 1; it is straight from (0, 0) on, from point to point."""
    fmr, fnmr = np.append(0, fmr), 1 - np.append(0, tmr)
    gap = fmr - fnmr  # rises from -1, nothing accepted, to 1, all accepted
    after = int(np.argmax(gap >= 0))
    before = after - 1
    part = -gap[before] / (gap[after] - gap[before])
    return float(fmr[before] + part * (fmr[after] - fmr[before]))


def threshold_at_fmr(impostor: np.ndarray, fmr: float) -> float:
    """The lowest threshold that accepts no more than this share of the impostor scores.

    Parameters: impostor (i,) scores; fmr from 0 to 1. Below 1 / i this is the threshold just above the highest score:
    i pairs can't tell a rate of one in ten times i from zero.
    Returns: the next number, in the scores' own precision, above the highest impostor score that must be refused; -inf
    for fmr = 1. With tied scores the FMR reached can be well below the one asked for.
    Raises: ValueError if fmr is not from 0 to 1, or impostor is empty or holds NaN.
    """
    impostor = as_scores(impostor, "impostor")
    if not 0 <= fmr <= 1:
        raise ValueError(f"threshold_at_fmr: fmr={fmr} must be a share from 0 to 1, not per cent.")
    n = len(impostor)
    allowed = int(np.flatnonzero(np.arange(n + 1) / n <= fmr)[-1])
    if allowed == n:
        return -np.inf
    highest_refused = np.sort(impostor)[n - 1 - allowed]
    return float(np.nextafter(highest_refused, impostor.dtype.type(np.inf)))


def tmr_at_fmr(genuine: np.ndarray, impostor: np.ndarray, fmr: float) -> float:
    """The share of genuine scores accepted when at most this share of the impostor scores is.

    Parameters: genuine (g,); impostor and fmr, as threshold_at_fmr takes them, which chooses the threshold.
    Raises: as threshold_at_fmr.
    """
    return float(np.mean(as_scores(genuine, "genuine") >= threshold_at_fmr(impostor, fmr)))


def best_threshold(scores: np.ndarray, same: np.ndarray) -> float:
    """The threshold that decides most of these pairs rightly: halfway between the two scores that it parts.

    Parameters: scores (n,); same (n,) bool, True for a genuine pair. If several thresholds do equally well, the
    highest of them. One that accepts all pairs is the lowest score itself; one that refuses all is inf.
    Raises: ValueError if there are only genuine or only impostor pairs, or a score is NaN.
    """
    scores, same = np.asarray(scores), np.asarray(same, dtype=bool)
    fmr, tmr, thresholds = roc(scores[same], scores[~same])
    right = np.round(tmr * same.sum()) + np.round((1 - fmr) * (~same).sum())
    best = int(np.argmax(right))
    if thresholds[best] == np.inf or best == len(thresholds) - 1:
        return float(thresholds[best])
    return float((thresholds[best] + thresholds[best + 1]) / 2)


def accuracy_by_fold(scores: np.ndarray, same: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Share of pairs decided rightly in each fold, with the threshold that is best on all the other folds.

    Parameters: scores (n,), higher for more alike; same (n,) bool; fold (n,).
    Returns: (folds,) accuracies in the order of the folds' sorted labels. Their mean, and their standard deviation
    divided by the root of their number (standard_error), are LFW's figure.
    Raises: ValueError if there is one fold only, or as best_threshold.

    Source: G. B. Huang, M. Ramesh, T. Berg and E. Learned-Miller, Labeled Faces in the Wild, technical report 07-49,
    University of Massachusetts, Amherst, 2007 (View 2).
    """
    scores, same, fold = np.asarray(scores), np.asarray(same, dtype=bool), np.asarray(fold)
    folds = np.unique(fold)
    if len(folds) < 2:
        raise ValueError("accuracy_by_fold: one fold only; the threshold has to come from another.")
    accuracies = []
    for held_out in folds:
        inside = fold == held_out
        threshold = best_threshold(scores[~inside], same[~inside])
        accuracies.append(np.mean((scores[inside] >= threshold) == same[inside]))
    return np.array(accuracies)


def standard_error(values: np.ndarray) -> float:
    """Standard error of the mean of values (n,): their standard deviation (n - 1) divided by the root of n."""
    values = np.asarray(values, dtype=float)
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def wilson_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for the share behind k successes in n independent trials: where the score test doesn't refuse.

    Parameters: k from 0 to n; n of 1 or more; level, the share of such intervals that hold the true share (about).
    Returns: low, high, from 0 to 1. At k = 0 low is 0 and high is z^2 / (n + z^2), and not 0 as the normal
    approximation has it. The trials have to be independent: pairs that share a person or an image are not.
    Raises: ValueError if k is not from 0 to n, n is below 1, or level is not between 0 and 1.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22, 1927.
    """
    check_counts("wilson_interval", k, n, level)
    z = stats.norm.ppf((1 + level) / 2)
    share = k / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding must not put an end on the wrong side of the share.
    return float(max(0.0, min(share, middle - half))), float(min(1.0, max(share, middle + half)))


def clopper_pearson_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval for the share behind k successes in n independent trials: never holds less often than level.

    Parameters: k, n, level, as wilson_interval takes them.
    Returns: low, high, as there.
    Raises: as there.

    Its price is width: it holds more often than it says. For k = 0
    its upper end is 1 - ((1 - level) / 2)^(1 / n); one-sided, 1 - .05^(1 / n), it is the rule of three, about 3 / n.

    Source: C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the
    binomial, Biometrika 26, 1934.
    """
    check_counts("clopper_pearson_interval", k, n, level)
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, k, n - k + 1) if k > 0 else 0.0
    high = stats.beta.isf(tail, k + 1, n - k) if k < n else 1.0
    return float(low), float(high)


def rule_of_three(n: int, level: float = 0.95) -> float:
    """The highest error rate that n independent trials without a single error leave possible: about 3 / n.

    Parameters: n of 1 or more; level, how sure, one-sided: had the rate been higher, n trials would have shown an error
    with a probability above level. At .95 it is 1 - .05^(1 / n), and -log(.05) = 2.996 gives the rule its name.
    Raises: ValueError as wilson_interval.

    Source: J. A. Hanley and A. Lippman-Hand, If nothing goes wrong, is everything all right?, Journal of the American
    Medical Association 249, 1983.
    """
    check_counts("rule_of_three", 0, n, level)
    return float(-np.expm1(np.log1p(-level) / n))


def trials_needed(rate: float, errors: int = 0, level: float = 0.95) -> int:
    """The fewest independent trials, with this many errors among them, that show an error rate to be no higher.

    Parameters: rate between 0 and 1; errors, 0 or more; level, one-sided as in rule_of_three.
    Returns: the smallest n for which so few errors have a probability of at most 1 - level if the rate is `rate`: with
    no error about 3 / rate, with one about 4.7 / rate, with two 6.3 / rate.
    Raises: ValueError if rate or level is not between 0 and 1, or errors is negative.
    """
    if not 0 < rate < 1 or errors < 0 or not 0 < level < 1:
        raise ValueError(
            f"trials_needed: got rate={rate}, errors={errors}, level={level}; wanted shares between 0 and 1, and 0 "
            "errors or more."
        )
    low, high = errors, errors + 1
    while stats.binom.cdf(errors, high, rate) > 1 - level:
        low, high = high, 2 * high
    while high - low > 1:  # low is too few, high is enough
        middle = (low + high) // 2
        low, high = (low, middle) if stats.binom.cdf(errors, middle, rate) <= 1 - level else (middle, high)
    return high


def positive_predictive_value(
    sensitivity: float | np.ndarray, false_positive_rate: float | np.ndarray, prevalence: float | np.ndarray
) -> float | np.ndarray:
    """The share of alarms that are right, by Bayes' theorem.

    Parameters: each a share from 0 to 1, numbers or arrays of one shape: sensitivity, of those who are looked for, the
    share that raises an alarm (TMR, or 1 - FNIR); false_positive_rate, of the others, the share that does (FMR for one
    comparison, FPIR for a search); prevalence, the share of those who pass who are looked for.
    Returns: a number or an array of that shape; NaN where nobody can raise an alarm.
    Raises: ValueError if one of them is no share.
    """
    parts = [np.asarray(part, float) for part in (sensitivity, false_positive_rate, prevalence)]
    names = ("sensitivity", "false_positive_rate", "prevalence")
    for name, part in zip(names, parts, strict=True):
        if not ((part >= 0) & (part <= 1)).all():
            raise ValueError(f"positive_predictive_value: {name}={part} must be shares from 0 to 1, not per cent.")
    right, wrong = parts[0] * parts[2], parts[1] * (1 - parts[2])
    with np.errstate(invalid="ignore"):
        value = right / (right + wrong)
    return float(value) if value.ndim == 0 else value


def draw_counts(n: int, random_state: int | np.random.Generator, draws: int = 1) -> np.ndarray:
    """How often each of n people (or pairs, or images) comes up when n are drawn from them with replacement.

    Parameters: random_state, an integer seed or a numpy Generator; draws, how many times.
    Returns: (draws, n) integers, each row with the sum n.
    """
    rng = np.random.default_rng(random_state)
    drawn = rng.integers(n, size=(draws, n)) + n * np.arange(draws)[:, None]
    return np.bincount(drawn.ravel(), minlength=draws * n).reshape(draws, n)


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of pairs of images, each with the two people whom they show: what a bootstrap by person needs.

    score (n,), higher for more alike; left and right (n,), integers, the people on the two images, the same in a
    genuine pair. A pair stands here once, and no image with itself.
    Raises: ValueError if the three differ in length, a score is NaN, or there are only genuine or only impostor pairs.
    """

    score: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def __post_init__(self) -> None:
        score, left, right = as_scores(self.score, "pair"), np.asarray(self.left), np.asarray(self.right)
        if left.shape != score.shape or right.shape != score.shape:
            raise ValueError(
                f"PairScores: {len(score)} scores, left of shape {left.shape}, right of shape {right.shape}; wanted "
                "one person on either side of each pair."
            )
        same = left == right
        if same.all() or not same.any():
            raise ValueError(f"PairScores: {same.sum()} of {len(same)} pairs are genuine; wanted pairs of both kinds.")
        for name, value in (("score", score), ("left", left), ("right", right)):
            object.__setattr__(self, name, value)

    @classmethod
    def of_images(cls, scores: np.ndarray, person: np.ndarray) -> PairScores:
        """All pairs of different images; scores (n, n), person (n,) and errors as in all_pairs."""
        genuine, impostor = all_pairs(scores, person)
        left, right = np.triu_indices(len(person), k=1)
        left, right = np.asarray(person)[left], np.asarray(person)[right]
        same = left == right
        order = np.concatenate([np.flatnonzero(same), np.flatnonzero(~same)])
        return cls(np.concatenate([genuine, impostor]), left[order], right[order])

    @cached_property
    def same(self) -> np.ndarray:
        """Which pairs are genuine, (n,) bool."""
        return self.left == self.right

    @cached_property
    def people(self) -> np.ndarray:
        """The people on all pairs, each once, rising."""
        return np.unique(np.concatenate([self.left, self.right]))

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the people of each pair stand in people: the smaller place and the larger, each (n,)."""
        left, right = (np.searchsorted(self.people, side) for side in (self.left, self.right))
        return np.minimum(left, right), np.maximum(left, right)

    def weights(self, counts: np.ndarray) -> np.ndarray:
        """How often each pair (n,) occurs if each of the people occurs counts (people,) times.

        An impostor pair of a and b occurs counts[a] * counts[b] times. A genuine pair of a occurs counts[a] times: each
        copy of a person brings that person's genuine pairs along. Two copies of a person are never compared with each
        other: an image would meet itself, and the pair would be neither of two images nor of two people.
        """
        left, right = (np.asarray(counts)[place] for place in self._places)
        return np.where(self.same, left, left * right)

    def tables(self, threshold: float) -> tuple[np.ndarray, np.ndarray]:
        """Pairs accepted at a threshold, and compared: two tables (people, people), genuine pairs on the diagonal.

        An impostor pair of the people a and b is counted once, in row min(a, b) and column max(a, b).
        """
        (row, column), number = self._places, len(self.people)
        place = row * number + column
        counted = (np.bincount(place[part], minlength=number**2) for part in (self.score >= threshold, slice(None)))
        accepted, compared = (table.reshape(number, number).astype(float) for table in counted)
        return accepted, compared

    def rate(self, which: str, threshold: float | None = None, weights: np.ndarray | None = None) -> float:
        """A rate of all pairs, each as often as its weight (n,) says, or once.

        Parameters: which, "fmr" or "tmr" at a threshold, or "eer", which takes none; weights as weights gives them,
        None for 1 each.
        Raises: ValueError if which is another, or a threshold is missing or too many.
        """
        check_rate(which, threshold)
        weights = np.ones(len(self.score)) if weights is None else np.asarray(weights, float)
        if which == "eer":
            return self._eers(weights[None])[0]
        part = self.same == (which == "tmr")
        return float((weights * (self.score >= threshold))[part].sum() / weights[part].sum())

    def bootstrap(
        self,
        which: str,
        threshold: float | None = None,
        *,
        by: str = "person",
        draws: int = 1000,
        random_state: int | np.random.Generator,
    ) -> np.ndarray:
        """A rate in data sets drawn from this one: how much it would vary if the data had been collected anew.

        Parameters: which and threshold as in rate; by, "person" (as many people as there are, drawn with replacement,
        and each pair as often as weights says) or "pair" (as many genuine and as many impostor pairs, drawn as if they
        had nothing to do with each other, which is wrong when pairs share people); random_state, an integer seed or a
        numpy Generator.
        Returns: (draws,) rates; percentile_interval makes an interval of them. A draw of people without a pair of the
        kind is replaced by another.
        Raises: ValueError if by, which or the threshold is not as said.

        Source: R. M. Bolle, N. K. Ratha and S. Pankanti, Error analysis of pattern recognition systems: the subsets
        bootstrap, Computer Vision and Image Understanding 93(1), 2004, 1-33.
        """
        check_rate(which, threshold)
        rng = np.random.default_rng(random_state)
        if by == "pair":
            return self._bootstrap_pairs(which, threshold, draws, rng)
        if by != "person":
            raise ValueError(f"bootstrap: by={by!r}; wanted 'person' or 'pair'.")
        accepted, compared = self.tables(np.inf if threshold is None else threshold)
        counts = _draws_with_pairs(compared, draws, rng)
        if which == "eer":
            return self._eers(self.weights(c) for c in counts)
        return rate_of_draws(which, accepted, compared, counts)

    def interval(
        self,
        which: str,
        threshold: float,
        level: float = 0.95,
        *,
        draws: int = 1000,
        random_state: int | np.random.Generator,
    ) -> tuple[float, float]:
        """An interval for FMR or TMR by a studentised bootstrap by person; see studentised_interval.

        Parameters: which, "fmr" or "tmr", at a threshold; level; draws of people; random_state as in bootstrap.
        Raises: ValueError if which is another, or no pair of the kind is accepted, or all are.
        """
        check_rate(which, threshold)
        if which == "eer":
            raise ValueError("interval: eer has no standard error here; use bootstrap and percentile_interval.")
        accepted, compared = self.tables(threshold)
        counts = _draws_with_pairs(compared, draws, np.random.default_rng(random_state))
        return studentised_interval(which, accepted, compared, counts, level)

    def _bootstrap_pairs(self, which: str, threshold: float | None, draws: int, rng: np.random.Generator) -> np.ndarray:
        if which != "eer":
            score = self.score[self.same == (which == "tmr")]
            # n pairs drawn from n with replacement: the number accepted among them is binomial
            return rng.binomial(len(score), np.mean(score >= threshold), draws) / len(score)

        def weights() -> np.ndarray:
            each = np.empty(len(self.score))
            for part in (self.same, ~self.same):
                each[part] = draw_counts(int(part.sum()), rng)[0]
            return each

        return self._eers(weights() for _ in range(draws))

    def _eers(self, weights: Iterable[np.ndarray]) -> np.ndarray:
        order = np.argsort(-self.score, kind="stable")
        ranked, same = self.score[order], self.same[order]
        last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of each run of equal scores
        rates = []
        for each in weights:
            tmr, fmr = (np.cumsum(each[order] * part)[last] for part in (same, ~same))
            rates.append(crossing(fmr / fmr[-1], tmr / tmr[-1]))
        return np.array(rates)


def _draws_with_pairs(compared: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of people (draws, people), each draw with a genuine and an impostor pair in it."""
    counts = draw_counts(len(compared), rng, draws)
    while True:
        genuine = counts @ np.diag(compared)
        empty = (genuine == 0) | (((counts @ np.triu(compared, 1)) * counts).sum(axis=1) == 0)
        if not empty.any():
            return counts
        counts[empty] = draw_counts(len(compared), rng, int(empty.sum()))


def rate_of_draws(which: str, accepted: np.ndarray, compared: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """FMR or TMR if person a occurs counts[:, a] times: (draws,).

    Parameters: which, "fmr" or "tmr"; accepted and compared (people, people) as PairScores.tables gives them; counts
    (draws, people). Pairs occur as often as PairScores.weights says.
    """
    if which == "tmr":
        return (counts @ np.diag(accepted)) / (counts @ np.diag(compared))
    above, of = (((counts @ np.triu(table, 1)) * counts).sum(axis=1) for table in (accepted, compared))
    return above / of


def error_of_draws(
    which: str, accepted: np.ndarray, compared: np.ndarray, counts: np.ndarray, rates: np.ndarray
) -> np.ndarray:
    """The standard error of each rate that rate_of_draws gives, where pairs share people: (draws,).

    Parameters: which, accepted, compared, counts, as rate_of_draws takes them; rates (draws,), its answer.

    With r_ab = accepted - rate * compared, the surplus of the pairs of a and b: TMR's variance is the sum of r_aa^2
    over people. An impostor pair belongs to two people, and two pairs vary together if they share one: FMR's variance
    is the sum over people of (sum over b of r_ab)^2, less the sum over pairs of people of r_ab^2, which was counted
    twice. Both are divided by the number of comparisons squared. Where chance makes FMR's negative, a quarter of its
    first sum stands in.

    Source: P. M. Aronow, C. Samii and V. A. Assenova, Cluster-robust variance estimation for dyadic data, Political
    Analysis 23(4), 2015, 564-577.
    """
    counts, rates = counts.astype(float), rates[:, None]
    if which == "tmr":
        surplus = np.diag(accepted) - rates * np.diag(compared)
        return np.sqrt((counts * surplus**2).sum(axis=1)) / (counts @ np.diag(compared))
    above, of = (np.triu(table, 1) + np.triu(table, 1).T for table in (accepted, compared))

    def total(table: np.ndarray) -> np.ndarray:
        return ((counts @ table) * counts).sum(axis=1)

    by_person = (counts * (counts @ above - rates * (counts @ of)) ** 2).sum(axis=1)
    rate = rates[:, 0]
    twice = (total(above**2) - 2 * rate * total(above * of) + rate**2 * total(of**2)) / 2
    return np.sqrt(np.maximum(by_person - twice, by_person / 4)) / (total(of) / 2)


def studentised_interval(
    which: str, accepted: np.ndarray, compared: np.ndarray, counts: np.ndarray, level: float = 0.95
) -> tuple[float, float]:
    """A bootstrap-t interval by person for FMR or TMR: each draw is measured in its own standard errors.

    Draws of people exaggerate what two people have in common, since a pair of copies comes up counts[a] * counts[b]
    times, and few people make every draw too much alike. Both hit a draw's rate and its standard error alike, and so
    t = (rate of the draw - rate) / error of the draw hardly at all: with q_low and q_high the quantiles of t, the
    interval goes from rate - q_high * error to rate - q_low * error, cut off at 0 and 1. With about twenty people, or
    with few errors, it holds more rarely than its level says (data/measured/coverage.csv).

    Parameters: which, accepted, compared, counts as rate_of_draws; level. A draw in which no pair or every pair is
    accepted has no error and is left out.
    Raises: ValueError if no pair or every pair is accepted: no draw of such data shows anything else.

    Source: B. Efron and R. J. Tibshirani, An introduction to the bootstrap, 1993, chapter 12.
    """
    once = np.ones((1, len(accepted)))
    rate = rate_of_draws(which, accepted, compared, once)
    if rate[0] in (0, 1):
        raise ValueError(
            f"studentised_interval: {which} is {rate[0]:.0f} in these data, and so in every draw from them; a "
            "bootstrap can't say how far it may be from that. See rule_of_three."
        )
    error = error_of_draws(which, accepted, compared, once, rate)
    rates = rate_of_draws(which, accepted, compared, counts)
    errors = error_of_draws(which, accepted, compared, counts, rates)
    kept = errors > 0
    high, low = np.quantile((rates[kept] - rate) / errors[kept], [(1 - level) / 2, (1 + level) / 2])
    return float(max(0.0, (rate - low * error)[0])), float(min(1.0, (rate - high * error)[0]))


def percentile_interval(values: np.ndarray, level: float = 0.95, units: int | None = None) -> tuple[float, float]:
    """The middle share of what a bootstrap gave (a percentile interval).

    Parameters: values (draws,); level; units, of how many people (or images, or pairs) each draw consisted. If it is
    given, the interval is expanded: a bootstrap of few units is too narrow by about sqrt((units - 1) / units), and a
    normal quantile is too small where Student's t with units - 1 degrees is due, so that more of values is kept.
    Raises: ValueError if values is empty or holds NaN, level is not between 0 and 1, or units is below 2.

    Source: B. Efron and R. J. Tibshirani, An introduction to the bootstrap, 1993, chapter 13; expanded: T. C.
    Hesterberg, What teachers should know about the bootstrap, The American Statistician 69(4), 2015, 371-386.
    """
    values = as_scores(values, "bootstrap")
    if not 0 < level < 1 or (units is not None and units < 2):
        raise ValueError(
            f"percentile_interval: level={level}, units={units}; wanted .95 for 95 %, and 2 units or more."
        )
    tail = (1 - level) / 2
    if units is not None:
        tail = stats.norm.cdf(np.sqrt(units / (units - 1)) * stats.t.ppf(tail, units - 1))
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def check_rate(which: str, threshold: float | None) -> None:
    """ValueError unless which is "fmr" or "tmr" with a threshold, or "eer" without one."""
    if which not in ("fmr", "tmr", "eer") or (which == "eer") != (threshold is None):
        raise ValueError(
            f"got rate {which!r} at threshold {threshold}; wanted 'fmr' or 'tmr' at a threshold, or 'eer' without one."
        )


def check_counts(name: str, k: int, n: int, level: float) -> None:
    """ValueError, in the name of the function that was called, unless 0 <= k <= n, n >= 1 and 0 < level < 1."""
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"{name}: got k={k} of n={n}; wanted counts with 0 <= k <= n and n of 1 or more.")
    if not 0 < level < 1:
        raise ValueError(f"{name}: level={level} must lie between 0 and 1; 95 % is .95.")


def as_scores(scores: np.ndarray, name: str) -> np.ndarray:
    """scores as a flat array of floats; ValueError, by their name, if there are none or one is NaN."""
    scores = np.asarray(scores)
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    if scores.ndim != 1 or len(scores) == 0:
        raise ValueError(f"{name} scores: expected shape (n,) with n of 1 or more, got {scores.shape}.")
    if np.isnan(scores).any():
        raise ValueError(
            f"{name} scores: {np.isnan(scores).sum()} of {len(scores)} are NaN. Where no face was found, "
            "decide first: -inf counts the pair as refused."
        )
    return scores


def as_templates(a: np.ndarray, b: np.ndarray, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """a and b as tables of floats; ValueError if the metric is unknown or they can't be compared."""
    if metric not in METRICS:
        raise ValueError(f"similarity: no metric {metric!r}; there are {', '.join(METRICS)}.")
    a, b = (x if x.dtype.kind == "f" else x.astype(np.float64) for x in map(np.asarray, (a, b)))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"similarity: expected shapes (n, d) and (m, d), got {a.shape} and {b.shape}.")
    return a, b
