"""Are these two the same person? Scores of pairs, and what a threshold on them accepts and refuses.

A genuine pair shows one person, an impostor pair two. A higher score always means more alike, and a pair is accepted
if its score is at or above the threshold. FMR, the false match rate, is the share of impostor pairs accepted; TMR, the
true match rate, the share of genuine pairs accepted; FNMR = 1 - TMR. Names and definitions follow ISO/IEC 19795-1.
"""

from __future__ import annotations

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
    """The score of each row of a with the same row of b: (n,), the diagonal of similarity(a, b, metric)."""
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
    """The share of scores (n,) that each threshold (t,) accepts: (t,) from 0 to 1."""
    below = np.searchsorted(np.sort(scores), thresholds, side="left")
    return (len(scores) - below) / len(scores)


def eer(genuine: np.ndarray, impostor: np.ndarray) -> float:
    """Equal error rate: where FMR = FNMR, 0 (all right) to 1 (all wrong), .5 for scores that say nothing.

    Parameters and errors as roc. Between two neighbouring thresholds the curve is taken as straight: with few pairs
    or tied scores no threshold makes the two exactly equal.
    """
    fmr, tmr, _ = roc(genuine, impostor)
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

    Parameters and errors as threshold_at_fmr, which chooses the threshold; genuine (g,).
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

    Parameters, returns and errors as wilson_interval. Its price is width: it holds more often than it says. For k = 0
    its upper end is 1 - ((1 - level) / 2)^(1 / n); one-sided, 1 - .05^(1 / n), it is the rule of three, about 3 / n.

    Source: C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the
    binomial, Biometrika 26, 1934.
    """
    check_counts("clopper_pearson_interval", k, n, level)
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, k, n - k + 1) if k > 0 else 0.0
    high = stats.beta.isf(tail, k + 1, n - k) if k < n else 1.0
    return float(low), float(high)


def check_counts(name: str, k: int, n: int, level: float) -> None:
    """ValueError, in the name of the function that was called, unless 0 <= k <= n, n >= 1 and 0 < level < 1."""
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"{name}: got k={k} of n={n}; wanted counts with 0 <= k <= n and n of 1 or more.")
    if not 0 < level < 1:
        raise ValueError(f"{name}: level={level} must lie between 0 and 1; 95 % is .95.")


def as_scores(scores: np.ndarray, name: str) -> np.ndarray:
    """scores as a flat array of floats; ValueError if there are none or one is NaN."""
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
