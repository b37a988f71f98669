"""What happens to identification as the gallery grows: predicted from scores of single comparisons.

If the N comparisons of a search are independent, a stranger is named at threshold t with probability
FPIR = 1 - (1 - FMR(t))^N, and an enrolled person comes first with probability F(s)^(N - 1), where s is the person's own
score and F the distribution of impostor scores. All that a bigger gallery needs is then the upper tail of F. Down to
about 1 / n the tail of n scores is measured; beyond, it is a model's word, and models differ. Lesson 11 builds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr, ndtri_exp

from facelab.verification import as_scores, draw_counts


class Tail(Protocol):
    """The upper tail of impostor scores: what share of them reaches a threshold, and the other way round."""

    def fmr(self, threshold: np.ndarray) -> np.ndarray:
        """The share of impostor scores at or above each threshold."""
        ...

    def threshold(self, fmr: np.ndarray) -> np.ndarray:
        """The threshold that a share fmr of impostor scores reaches."""
        ...


@dataclass(frozen=True)
class GaussianTail:
    """Impostor scores are taken to be normal throughout, by the mean and standard deviation (sd) of them all."""

    mean: float
    sd: float

    def fmr(self, threshold: np.ndarray) -> np.ndarray:
        """The share of impostor scores at or above each threshold."""
        return np.exp(log_ndtr(-(np.asarray(threshold, float) - self.mean) / self.sd))

    def threshold(self, fmr: np.ndarray) -> np.ndarray:
        """The threshold that a share fmr of impostor scores, above 0 and below 1, reaches; numbers or arrays."""
        return self.mean - self.sd * ndtri_exp(np.log(np.asarray(fmr, float)))


@dataclass(frozen=True)
class ParetoTail:
    """Impostor scores above a high quantile are taken to follow a generalised Pareto distribution; below, a Gaussian.

    start, the quantile's score; share, the part of all scores above it; scale and shape of the excess over start. With
    a shape below 0 the tail ends, at start - scale / shape: no impostor whatever would score more.
    body, the Gaussian below start.

    Source: J. Pickands, Statistical inference using extreme order statistics, Annals of Statistics 3(1), 1975, 119-131.
    """

    start: float
    share: float
    scale: float
    shape: float
    body: GaussianTail

    def fmr(self, threshold: np.ndarray) -> np.ndarray:
        """The share of impostor scores at or above each threshold."""
        threshold = np.asarray(threshold, float)
        excess = np.maximum(threshold - self.start, 0) / self.scale
        if abs(self.shape) < 1e-9:
            above = np.exp(-excess)
        else:
            above = np.maximum(1 + self.shape * excess, 0) ** (-1 / self.shape)
        return np.where(threshold >= self.start, self.share * above, np.maximum(self.body.fmr(threshold), self.share))

    def threshold(self, fmr: np.ndarray) -> np.ndarray:
        """The threshold that a share fmr of impostor scores, above 0 and below 1, reaches; numbers or arrays."""
        fmr = np.asarray(fmr, float)
        times = self.share / np.minimum(fmr, self.share)
        excess = np.log(times) if abs(self.shape) < 1e-9 else np.expm1(self.shape * np.log(times)) / self.shape
        return np.where(
            fmr <= self.share, self.start + self.scale * excess, np.minimum(self.body.threshold(fmr), self.start)
        )


def fit_gaussian(impostor: np.ndarray) -> GaussianTail:
    """The Gaussian with the mean and the standard deviation of impostor scores (n,)."""
    impostor = as_scores(impostor, "impostor").astype(np.float64)
    return GaussianTail(float(impostor.mean()), float(impostor.std()))


def fit_pareto(impostor: np.ndarray, quantile: float, method: Callable | None = None) -> ParetoTail:
    """A generalised Pareto distribution of the impostor scores (n,) above a quantile, such as .95.

    Parameters: method, pareto_likelihood (the default) or pareto_moments.
    Raises: ValueError if quantile isn't between 0 and 1, or fewer than 20 scores lie above it.
    """
    impostor = np.sort(as_scores(impostor, "impostor").astype(np.float64))
    if not 0 < quantile < 1:
        raise ValueError(f"fit_pareto: quantile={quantile} must lie between 0 and 1.")
    start = np.quantile(impostor, quantile)
    excess = impostor[impostor > start] - start
    if len(excess) < 20:
        raise ValueError(
            f"fit_pareto: {len(excess)} of {len(impostor)} scores lie above the {quantile} quantile; wanted 20."
        )
    scale, shape = (method or pareto_likelihood)(excess, np.ones(len(excess)))
    return ParetoTail(float(start), len(excess) / len(impostor), scale, shape, fit_gaussian(impostor))


def pareto_likelihood(excess: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Scale and shape of the generalised Pareto distribution under which rising excesses (n,) are likeliest.

    Parameters: excess (n,) over the start of the tail, rising; weights (n,), how often each counts.

    For a given theta = shape / scale the best shape is the mean of log(1 + theta x), so that
    one number has to be searched for.

    Source: S. D. Grimshaw, Computing maximum likelihood estimates for the generalized Pareto distribution,
    Technometrics 35(2), 1993, 185-191.
    """
    excess, weights = excess[weights > 0], weights[weights > 0]
    weights = weights / weights.sum()

    def shape(theta: float) -> float:
        return float((weights * np.log1p(theta * excess)).sum())

    def loss(theta: float) -> float:
        return np.log(shape(theta) / theta) + shape(theta)

    mean, most = float((weights * excess).sum()), float(excess[-1])
    sides = [(-(1 - 1e-9) / most, -1e-9 / mean), (1e-9 / mean, 10 / mean)]
    tried = [minimize_scalar(loss, bounds=side, method="bounded", options={"xatol": 1e-6 / most}) for side in sides]
    theta = min(tried, key=lambda found: found.fun).x
    return shape(theta) / theta, shape(theta)


def pareto_moments(excess: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Scale and shape of a generalised Pareto distribution from rising excesses (n,) by probability-weighted moments.

    Parameters: excess (n,) over the start of the tail, rising; weights (n,), how often each counts.

    With b0 = E[x] and b1 = E[x (1 - F(x))]: shape = 2 - b0 / (b0 - 2 b1) and
    scale = 2 b0 b1 / (b0 - 2 b1). No search is needed, and the few highest excesses matter less.

    Source: J. R. M. Hosking and J. R. Wallis, Parameter and quantile estimation for the generalized Pareto
    distribution, Technometrics 29(3), 1987, 339-349.
    """
    whole = weights.sum()
    above = 1 - (np.cumsum(weights) - weights / 2) / whole
    b0, b1 = (excess * weights).sum() / whole, (excess * above * weights).sum() / whole
    return float(2 * b0 * b1 / (b0 - 2 * b1)), float(2 - b0 / (b0 - 2 * b1))


def fpir_of(fmr: np.ndarray, n: int) -> np.ndarray:
    """The share of searches for strangers that name somebody, when each of n comparisons does with probability fmr."""
    return -np.expm1(n * np.log1p(-np.asarray(fmr, float)))


def fmr_for(fpir: float, n: int) -> float:
    """The FMR that n independent comparisons may have for a search to name a stranger with probability fpir, 0 to 1.

    About fpir / n. Written with log1p and expm1: in plain arithmetic 1 - 1e-17 is 1.

    Raises: ValueError if fpir is no share between 0 and 1, or n is below 1.
    """
    if n < 1 or not 0 < fpir < 1:
        raise ValueError(f"fmr_for: fpir={fpir}, n={n}; wanted a share between 0 and 1 and a gallery of 1 or more.")
    return float(-np.expm1(np.log1p(-fpir) / n))


@dataclass(frozen=True)
class Prediction:
    """What a gallery of n people is expected to do, at the threshold that holds the FPIR asked for."""

    n: int
    threshold: float
    rank1: float  #: share of enrolled people whose own template comes first
    tpir: float  #: share of enrolled people who come first, at or above the threshold: 1 - FNIR


def predict(genuine: np.ndarray, tail: Tail, n: int, fpir: float = 0.01) -> Prediction:
    """Independent comparisons: rank-1 rate and TPIR of a gallery of n people at a threshold that holds fpir.

    Parameters: genuine (g,) scores, -inf where no face was found; tail of the impostor scores; n people, one template
    each; fpir, the share of strangers' searches that may name somebody.
    Raises: ValueError if genuine is empty or holds NaN, or n or fpir is out of range.
    """
    genuine = as_scores(genuine, "genuine").astype(np.float64)
    threshold = float(tail.threshold(fmr_for(fpir, n)))
    first = np.exp((n - 1) * np.log1p(-np.minimum(tail.fmr(genuine), 1 - 1e-15)))
    return Prediction(n, threshold, float(first.mean()), float((first * (genuine >= threshold)).mean()))


class SearchScores:
    """The scores of P probes with G gallery templates, one a person, and how the tails vary from people to people.

    Scores that share a person are not independent, so they can't be resampled one by one: n people are drawn from the n
    with replacement (a bootstrap by person), and a score counts as often as its probe's person times its gallery's.

    Parameters: scores (P, G); probe and gallery, the person's integer of each probe (P,) and template (G,); no person
    stands twice in the gallery, and each probe's person is there.
    Attributes: genuine (P,), each probe's score with its own person's template; people (G,) = gallery.
    Raises: ValueError if the shapes don't fit, a score is NaN, or people are not as said.

    Source: R. M. Bolle, N. K. Ratha and S. Pankanti, Error analysis of pattern recognition systems: the subsets
    bootstrap, Computer Vision and Image Understanding 93(1), 2004, 1-33.
    """

    def __init__(self, scores: np.ndarray, probe: np.ndarray, gallery: np.ndarray):
        scores, probe, gallery = np.asarray(scores), np.asarray(probe), np.asarray(gallery)
        if scores.shape != (len(probe), len(gallery)) or np.isnan(scores).any():
            raise ValueError(
                f"SearchScores: {len(probe)} probes and {len(gallery)} templates need that many scores without NaN, "
                f"got shape {scores.shape}."
            )
        own = probe[:, None] == gallery
        if len(np.unique(gallery)) < len(gallery) or not (own.sum(axis=1) == 1).all():
            raise ValueError("SearchScores: a person stands twice in the gallery, or a probe's person isn't there.")
        self.people = gallery
        self.own = own.argmax(axis=1)
        self.genuine = scores[own].astype(np.float64)
        self._others = np.where(own, 0, scores).astype(np.float64)
        self._squares = self._others**2
        # only the highest tenth of the scores can lie above a high quantile, whoever is drawn
        limit = np.quantile(scores[~own], 0.9)
        row, column = np.nonzero((scores >= limit) & ~own)
        order = np.argsort(-scores[row, column], kind="stable")
        self._row, self._column = row[order], column[order]
        self._high = scores[self._row, self._column].astype(np.float64)

    def counts(self, random_state: int | np.random.Generator) -> np.ndarray:
        """How often each person (G,) comes up in a draw of G people with replacement, by random_state."""
        return draw_counts(len(self.people), random_state)[0]

    def gaussian(self, counts: np.ndarray | None = None) -> GaussianTail:
        """The Gaussian of the impostor scores of a draw of people (of each once, if counts is None)."""
        probe, gallery = self._weights(counts)
        whole = self._whole(probe, gallery)
        mean = probe @ self._others @ gallery / whole
        square = probe @ self._squares @ gallery / whole
        return GaussianTail(float(mean), float(np.sqrt(square - mean**2)))

    def pareto(self, quantile: float, counts: np.ndarray | None = None, method: Callable | None = None) -> ParetoTail:
        """The generalised Pareto distribution above a quantile, .92 or more, of a draw of people's impostor scores.

        Parameters: counts (G,) of the draw, or None for each once; method as in fit_pareto.
        Raises: ValueError for another quantile.
        """
        if not 0.92 <= quantile < 1:
            raise ValueError(f"pareto: quantile={quantile} must be from .92 to below 1.")
        probe, gallery = self._weights(counts)
        weights = probe[self._row] * gallery[self._column]
        share = np.cumsum(weights) / self._whole(probe, gallery)
        last = int(np.searchsorted(share, 1 - quantile))
        start = self._high[last]
        rising, weights = (self._high[:last] - start)[::-1], weights[:last][::-1]
        scale, shape = (method or pareto_likelihood)(rising, weights)
        return ParetoTail(float(start), float(share[last - 1]), scale, shape, self.gaussian(counts))

    def _weights(self, counts: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        counts = np.ones(len(self.people)) if counts is None else counts.astype(float)
        return counts[self.own], counts

    def _whole(self, probe: np.ndarray, gallery: np.ndarray) -> float:
        """The weight of all impostor scores: all scores less the probes' own."""
        return float(probe.sum() * gallery.sum() - (probe * gallery[self.own]).sum())
