"""What happens to identification as the gallery grows: predicted from scores of single comparisons.

If the N comparisons of a search are independent, a stranger is named at threshold t with probability
FPIR = 1 - (1 - FMR(t))^N, and an enrolled person comes first with probability F(s)^(N - 1), where s is the person's own
score and F the distribution of impostor scores. All that a bigger gallery needs is then the upper tail of F. Up to about
1 / n of n scores the tail is measured; beyond, it is a model's word, and models differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import log_ndtr, ndtri, ndtri_exp

from facelab.verification import as_scores


class Tail(Protocol):
    """The upper tail of impostor scores: what share of them reaches a threshold, and the other way round."""

    def fmr(self, threshold: np.ndarray) -> np.ndarray: ...

    def threshold(self, fmr: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class GaussianTail:
    """Impostor scores are taken to be normal throughout, by the mean and standard deviation of them all."""

    mean: float
    sd: float

    def fmr(self, threshold: np.ndarray) -> np.ndarray:
        """The share of impostor scores at or above each threshold."""
        return np.exp(log_ndtr(-(np.asarray(threshold, float) - self.mean) / self.sd))

    def threshold(self, fmr: np.ndarray) -> np.ndarray:
        """The threshold that each share of impostor scores, above 0 and below 1, reaches."""
        return self.mean - self.sd * ndtri_exp(np.log(np.asarray(fmr, float)))


@dataclass(frozen=True)
class ParetoTail:
    """Impostor scores above a high quantile are taken to follow a generalised Pareto distribution; below, a Gaussian.

    start, the quantile's score; share, the part of all scores above it; scale and shape of the excess over start. With
    a shape below 0 the tail ends, at start - scale / shape: no impostor whatever would score more.

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
        """The threshold that each share of impostor scores, above 0 and below 1, reaches."""
        fmr = np.asarray(fmr, float)
        times = self.share / np.minimum(fmr, self.share)
        excess = np.log(times) if abs(self.shape) < 1e-9 else np.expm1(self.shape * np.log(times)) / self.shape
        return np.where(
            fmr <= self.share, self.start + self.scale * excess, np.minimum(self.body.threshold(fmr), self.start)
        )


def fit_gaussian(impostor: np.ndarray, weights: np.ndarray | None = None) -> GaussianTail:
    """The Gaussian with the mean and the standard deviation of impostor scores (n,), each counted weights times."""
    impostor = as_scores(impostor, "impostor").astype(np.float64)
    mean = np.average(impostor, weights=weights)
    return GaussianTail(float(mean), float(np.sqrt(np.average((impostor - mean) ** 2, weights=weights))))


def fit_pareto(impostor: np.ndarray, quantile: float) -> ParetoTail:
    """A generalised Pareto distribution of the impostor scores (n,) above a quantile, such as .95.

    By probability-weighted moments, which need no iteration and stay sane on few scores.
    Raises: ValueError if quantile isn't between 0 and 1, or fewer than 20 scores lie above it.

    Source: J. R. M. Hosking and J. R. Wallis, Parameter and quantile estimation for the generalized Pareto distribution,
    Technometrics 29(3), 1987, 339-349.
    """
    impostor = np.sort(as_scores(impostor, "impostor").astype(np.float64))
    if not 0 < quantile < 1:
        raise ValueError(f"fit_pareto: quantile={quantile} must lie between 0 and 1.")
    start = np.quantile(impostor, quantile)
    excess = impostor[impostor > start] - start
    if len(excess) < 20:
        raise ValueError(f"fit_pareto: {len(excess)} of {len(impostor)} scores lie above the {quantile} quantile; wanted 20.")
    scale, shape = pareto_moments(excess, np.ones(len(excess)))
    return ParetoTail(float(start), len(excess) / len(impostor), scale, shape, fit_gaussian(impostor))


def pareto_moments(excess: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Scale and shape of a generalised Pareto distribution from rising excesses (n,), each counted weights times.

    With b0 = E[x] and b1 = E[x (1 - F(x))]: shape = 2 - b0 / (b0 - 2 b1), scale = 2 b0 b1 / (b0 - 2 b1).
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
    """
    if n < 1 or not 0 < fpir < 1:
        raise ValueError(f"fmr_for: fpir={fpir}, n={n}; wanted a share between 0 and 1 and a gallery of 1 or more.")
    return float(-np.expm1(np.log1p(-fpir) / n))


@dataclass(frozen=True)
class Prediction:
    """What a gallery of n people is expected to do, at the threshold that holds the FPIR asked for."""

    n: int
    threshold: float
    rank1: float  # share of enrolled people whose own template comes first
    tpir: float  # share of enrolled people who come first, at or above the threshold: 1 - FNIR


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
