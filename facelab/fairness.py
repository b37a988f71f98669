"""Who pays for the errors: rates by group, and how much of a difference between groups the data bear.

Errors come in clusters: faces in one picture share its light and focus, and every pair of a false-match rate shares
its two images with hundreds of other pairs. So intervals here draw clusters (pictures, images) with replacement, and
not faces or pairs. What comes out is a description of a test set: a difference that holds need not have the group as
its cause. Lesson 14 builds it. random_state is an integer seed or a numpy Generator; replicates, how many draws; level,
the share of such intervals that should hold the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from facelab.verification import threshold_at_fmr, wilson_interval

REPLICATES = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class GroupRate:
    """How often something happened in one group.

    rate: events of n. low, high: Wilson's interval, as if the n were independent; cluster_low, cluster_high: by
    bootstrap over clusters.
    """

    group: str
    n: int
    events: int
    rate: float
    low: float
    high: float
    cluster_low: float
    cluster_high: float


@dataclass(frozen=True)
class Comparison:
    """The rate of one group beside another's: difference (first minus second) and ratio, each with its interval."""

    difference: float
    low: float
    high: float
    ratio: float
    ratio_low: float
    ratio_high: float


def group_rates(
    event: np.ndarray,
    group: np.ndarray,
    cluster: np.ndarray,
    random_state: int | np.random.Generator,
    replicates: int = REPLICATES,
    level: float = LEVEL,
) -> list[GroupRate]:
    """The rate of an event in every group, with an interval as if cases were independent and one by cluster.

    Parameters: event (n,) bool; group (n,) labels; cluster (n,) labels, such as the picture of each face; random_state,
    a seed or generator for the bootstrap; replicates, draws; level of the intervals.
    Returns: a GroupRate for each group, in the sorted order of the labels. "Not Sure" is a label like any other.
    Raises: ValueError if the three differ in length or are empty.
    """
    names, rates = bootstrap_rates(event, group, cluster, random_state, replicates)
    found = []
    for name, drawn in zip(names, rates.T, strict=True):
        inside = np.asarray(group) == name
        n, k = int(inside.sum()), int(np.asarray(event, dtype=bool)[inside].sum())
        found.append(GroupRate(str(name), n, k, k / n, *wilson_interval(k, n, level), *middle(drawn, level)))
    return found


def bootstrap_rates(
    event: np.ndarray,
    group: np.ndarray,
    cluster: np.ndarray,
    random_state: int | np.random.Generator,
    replicates: int = REPLICATES,
) -> tuple[np.ndarray, np.ndarray]:
    """The rates of all groups in draws of whole clusters: as many clusters as there are, with replacement.

    Parameters: event, group, cluster and the rest as group_rates takes them.
    Returns: names (G,), sorted, and rates (replicates, G); NaN where a draw holds nobody of a group. The columns of one
    row come from one draw, so that a difference or a ratio of groups in the same pictures keeps what they share.
    Raises: ValueError if the three differ in length or are empty.

    Source: A. C. Davison and D. V. Hinkley, Bootstrap methods and their application, Cambridge 1997, section 3.8.
    """
    event, group, cluster = np.asarray(event, dtype=bool), np.asarray(group), np.asarray(cluster)
    if not len(event) == len(group) == len(cluster) or len(event) == 0:
        raise ValueError(
            f"bootstrap_rates: {len(event)} events, {len(group)} groups and {len(cluster)} clusters; wanted one of "
            "each a case, and at least one case."
        )
    names, g = np.unique(group, return_inverse=True)
    _, c = np.unique(cluster, return_inverse=True)
    cases = np.zeros((c.max() + 1, len(names)))
    np.add.at(cases, (c, g), 1)
    events = np.zeros_like(cases)
    np.add.at(events, (c, g), event)
    times = draws(len(cases), replicates, random_state)
    with np.errstate(invalid="ignore"):
        return names, (times @ events) / (times @ cases)


def draws(n: int, replicates: int, random_state: int | np.random.Generator) -> np.ndarray:
    """How often each of n things comes up in draws of n with replacement: (replicates, n) float64; rows add up to n."""
    rng = np.random.default_rng(random_state)
    return rng.multinomial(n, np.full(n, 1 / n), size=replicates).astype(np.float64)


def middle(values: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """The ends of the middle share `level` of some values (n,), such as a bootstrap's; NaN among them are left out.

    An end is inf where too many of them are, as ratios over a rate of zero.

    Raises: ValueError if nothing but NaN is there.
    """
    values = np.asarray(values, dtype=float)
    values = values[~np.isnan(values)]
    if len(values) == 0:
        raise ValueError("middle: no value is left; did every draw of the bootstrap miss the group?")
    # Between a number and infinity there is nothing to interpolate.
    how = "linear" if np.isfinite(values).all() else "nearest"
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method=how)
    return float(low), float(high)


def compare_groups(
    event: np.ndarray,
    group: np.ndarray,
    cluster: np.ndarray,
    first: str,
    second: str,
    random_state: int | np.random.Generator,
    replicates: int = REPLICATES,
    level: float = LEVEL,
) -> Comparison:
    """The rates of two groups against each other, with intervals by cluster.

    Parameters: event, group, cluster and the rest as group_rates takes them; first, second, labels of group.
    Returns: a Comparison, first minus and over second. A ratio over a rate of zero is inf.
    Raises: ValueError if a label isn't there.
    """
    names, rates = bootstrap_rates(event, group, cluster, random_state, replicates)
    if missing := {first, second} - set(names.tolist()):
        raise ValueError(f"compare_groups: nobody is labelled {missing}; there are {', '.join(map(str, names))}.")
    event, group = np.asarray(event, dtype=bool), np.asarray(group)
    here = [event[group == name].mean() for name in (first, second)]
    a, b = (rates[:, np.flatnonzero(names == name)[0]] for name in (first, second))
    with np.errstate(divide="ignore", invalid="ignore"):
        return Comparison(
            float(here[0] - here[1]), *middle(a - b, level), float(here[0] / here[1]), *middle(a / b, level)
        )


def newcombe_interval(k1: int, n1: int, k2: int, n2: int, level: float = LEVEL) -> tuple[float, float]:
    """An interval for the difference k1 / n1 - k2 / n2 of two shares from independent trials.

    Parameters: counts k1 of n1 and k2 of n2, and level, as wilson_interval takes them.
    Returns: low, high, from -1 to 1.

    It adds the distances from each share to the ends of its Wilson interval, squared, under a root. Two intervals that
    overlap can still differ: the distances add like the sides of a right angle, not end to end.
    Raises: ValueError as wilson_interval.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven
    methods, Statistics in Medicine 17, 1998 (method 10).
    """
    (low1, high1), (low2, high2) = wilson_interval(k1, n1, level), wilson_interval(k2, n2, level)
    p1, p2 = k1 / n1, k2 / n2
    return (
        float(p1 - p2 - np.hypot(p1 - low1, high2 - p2)),
        float(p1 - p2 + np.hypot(high1 - p1, p2 - low2)),
    )


def false_matches(scores: np.ndarray, threshold: float) -> tuple[int, int]:
    """False matches and pairs among images of one group, each pair once and no image with itself.

    Parameters: scores (n, n), symmetric, every image with every other; nobody is there twice. threshold: a pair at or
    above it matches.
    Returns: matches, pairs.
    Raises: ValueError if scores isn't square, of 2 or more, or holds NaN.
    """
    match = _matches(scores, threshold)
    n = len(match)
    return int(match.sum()) // 2, n * (n - 1) // 2


def bootstrap_false_match_rate(scores: np.ndarray, threshold: float, times: np.ndarray) -> np.ndarray:
    """The false-match rate of a group in draws of its images.

    Parameters: scores and threshold as false_matches; times (replicates, n), how often each image came up (see draws).
    Returns: (replicates,) shares of pairs of different images, a pair counting as often as its images' times say. With
    w the times and M the 0-1 matrix of matches this is w'Mw / (w'1 w'1 - w'w): no list of pairs is ever made.
    Raises: ValueError as false_matches, or if times doesn't fit.

    Source: R. M. Bolle, N. K. Ratha and S. Pankanti, Error analysis of pattern recognition systems: the subsets
    bootstrap, Computer Vision and Image Understanding 93(1), 2004, 1-33.
    """
    match = _matches(scores, threshold).astype(np.float64)
    times = np.asarray(times, dtype=np.float64)
    if times.ndim != 2 or times.shape[1] != len(match):
        raise ValueError(
            f"bootstrap_false_match_rate: times has shape {times.shape}; wanted (replicates, {len(match)})."
        )
    return ((times @ match) * times).sum(axis=1) / (times.sum(axis=1) ** 2 - (times**2).sum(axis=1))


def _matches(scores: np.ndarray, threshold: float) -> np.ndarray:
    scores = np.asarray(scores)
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1] or len(scores) < 2 or np.isnan(scores).any():
        raise ValueError(
            f"false matches: scores has shape {scores.shape}, {np.isnan(scores).sum()} of them NaN; wanted (n, n), n "
            "of 2 or more, every image with every other. Leave images out in which no face was found."
        )
    match = scores >= threshold
    np.fill_diagonal(match, False)
    return match


def thresholds_by_group(scores: Sequence[np.ndarray], fmr: float) -> np.ndarray:
    """For every group the threshold at which it has this false-match rate: equal rates by unequal thresholds.

    Parameters: scores, of each group its impostor scores (i,); fmr from 0 to 1.
    Returns: (groups,) float64, each as facelab.verification.threshold_at_fmr has it.

    Choose on some images and test on others: on the images it was chosen
    on, every group has the rate asked for, whatever it is worth.
    """
    return np.array([threshold_at_fmr(each, fmr) for each in scores], dtype=np.float64)


def logistic_fit(X: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Coefficients of a logistic regression without penalty: log odds of y are X @ coefficients.

    Parameters: X (n, p) with a column of ones if there shall be an intercept; y (n,) bool; weights (n,), how often
    each row counts (1 if None).
    Returns: (p,) float64.
    Raises: ValueError if the shapes don't fit, or the likelihood has no maximum: a column that tells all events from
    all others apart ("separation"), as a group without any event does, drives its coefficient to infinity.

    Newton's steps, each a weighted least-squares problem: J. A. Nelder and R. W. M. Wedderburn, Generalized linear
    models, Journal of the Royal Statistical Society A 135, 1972.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    if X.ndim != 2 or len(X) != len(y) or len(weights) != len(y):
        raise ValueError(f"logistic_fit: X {X.shape}, y {y.shape}, weights {weights.shape}; wanted (n, p), (n,), (n,).")
    coefficients = np.zeros(X.shape[1])
    for _ in range(50):
        p = expit(X @ coefficients)
        curvature = (X * (weights * p * (1 - p))[:, None]).T @ X
        try:
            step = np.linalg.solve(curvature, X.T @ (weights * (y - p)))
        except np.linalg.LinAlgError:
            break
        coefficients = coefficients + step
        if np.abs(coefficients).max() > 20:
            break
        if np.abs(step).max() < 1e-10:
            return coefficients
    raise ValueError(
        "logistic_fit: no maximum was found. Does a group have no event at all, or nothing else, or do two columns say "
        "the same?"
    )


def bootstrap_logistic(
    X: np.ndarray,
    y: np.ndarray,
    cluster: np.ndarray,
    random_state: int | np.random.Generator,
    replicates: int = REPLICATES,
) -> np.ndarray:
    """Coefficients of logistic_fit in draws of whole clusters: (replicates, p), NaN where a draw has no maximum.

    Parameters: X, y as logistic_fit takes them; cluster and the rest as bootstrap_rates takes them.
    """
    _, c = np.unique(cluster, return_inverse=True)
    found = np.full((replicates, np.shape(X)[1]), np.nan)
    for row, times in zip(found, draws(c.max() + 1, replicates, random_state), strict=True):
        try:
            row[:] = logistic_fit(X, y, times[c])
        except ValueError:
            continue  # a draw in which a small group has no event says nothing about its size
    return found


def standardised_rate(events: np.ndarray, cases: np.ndarray, weights: np.ndarray) -> float:
    """A group's rate if it had another mix of conditions: its rate in each, weighted alike for all groups.

    Parameters: events, cases (b,), counts of the group in b conditions, such as classes of the face's height; weights
    (b,), shares of the conditions in the mix that all groups are given. Conditions of which the group has no case
    can't be weighted.
    Returns: a share from 0 to 1.
    Raises: ValueError if a condition with a weight above 0 has no case.
    """
    events, cases, weights = (np.asarray(x, dtype=np.float64) for x in (events, cases, weights))
    if (cases[weights > 0] <= 0).any():
        raise ValueError(
            "standardised_rate: a condition that counts has no case in this group; merge conditions first."
        )
    used = weights > 0
    return float((weights[used] * events[used] / cases[used]).sum() / weights[used].sum())
