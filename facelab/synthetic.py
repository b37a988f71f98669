"""Templates of people who don't exist, as many as one likes, alike as the templates of different real people are.

Real galleries of a million people can't be had, and shouldn't be. What a search costs, and how often a stranger comes
first by chance, depends on the distribution of templates only, so one is fitted to SFace's templates of LFW: a mixture
of Gaussians, whose weights, means and covariances are stored and nobody's template. `course measure gallery` fits it
and checks its impostor scores against the real ones. Lesson 11 uses it. random_state is an integer seed or a numpy
Generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facelab.tables import data_path
from facelab.verification import unit_length

CHUNK = 65_536  # templates drawn at once: the random numbers beside the result take 34 MB


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of C Gaussians in d dimensions; a template is a draw from it, scaled to unit length."""

    weights: np.ndarray  #: (C,), positive, of sum 1
    means: np.ndarray  #: (C, d)
    covariances: np.ndarray  #: (C, d, d), symmetric, positive definite

    def templates(self, n: int, random_state: int | np.random.Generator) -> np.ndarray:
        """Templates of n people: (n, d) float32 of unit length, in random order.

        The first m of n templates are those that the same seed gives for m, if both are multiples of 65,536 or n is
        below it; a gallery that grows is drawn once and cut.
        Raises: ValueError if n is below 1.
        """
        if n < 1:
            raise ValueError(f"templates: n={n}; wanted 1 or more people.")
        rng = np.random.default_rng(random_state)
        roots = np.linalg.cholesky(self.covariances.astype(np.float64)).astype(np.float32)
        drawn = np.empty((n, self.means.shape[1]), np.float32)
        for start in range(0, n, CHUNK):
            part = drawn[start : start + CHUNK]
            which = rng.choice(len(self.weights), len(part), p=self.weights)
            part[:] = rng.standard_normal(part.shape, np.float32)
            for c, (mean, root) in enumerate(zip(self.means.astype(np.float32), roots, strict=True)):
                part[which == c] = part[which == c] @ root.T + mean
            part[:] = unit_length(part)
        return drawn

    def second_images(
        self, templates: np.ndarray, scores: np.ndarray, random_state: int | np.random.Generator
    ) -> np.ndarray:
        """Another image's template of each person, whose genuine score with the first is given.

        Parameters: templates (n, d) of unit length; scores (n,), the cosines wanted, from -1 to 1, such as draws from
        measured genuine scores: real images differ much in quality, and one common noise would make all alike.
        Returns: (n, d) float32 of unit length; its scores with other people are distributed as the first image's.
        Raises: ValueError if there is not one score each, from -1 to 1.

        The second template is cos x + sin u with u at right angles to the first, x. u comes from a stranger drawn from
        the mixture, from whom so much of the mean template is taken away that the sum of both parts holds it once.
        """
        scores = np.asarray(scores, np.float32)[:, None]
        if scores.shape[0] != len(templates) or not (np.abs(scores) <= 1).all():
            raise ValueError(
                f"second_images: {len(templates)} templates and {len(scores)} scores; wanted one score each, "
                "from -1 to 1."
            )
        half = np.sqrt((1 - scores) / (1 + scores).clip(1e-6))  # tan(angle / 2) = (1 - cos) / sin
        u = self.templates(len(templates), random_state) - (1 - half) * self.mean
        u = unit_length(u - (u * templates).sum(axis=1, keepdims=True) * templates)
        return scores * templates + np.sqrt(1 - scores**2) * u

    @property
    def mean(self) -> np.ndarray:
        """The mean (d,) float32 of all components, by weight."""
        return (self.weights @ self.means).astype(np.float32)


def load_mixture(path: Path | None = None) -> Mixture:
    """The mixture that `course measure gallery` fitted to SFace's templates of LFW, or the one in the npz file at path.

    Raises: FileNotFoundError if there is no such file; ValueError if it isn't one of a mixture.
    """
    path = path or data_path("measured/impostor_mixture.npz")
    with np.load(path, allow_pickle=False) as file:
        missing = {"weights", "means", "covariances"} - set(file.files)
        if missing:
            raise ValueError(f"load_mixture: {path} lacks {', '.join(sorted(missing))}.")
        weights = file["weights"].astype(np.float64)
        return Mixture(weights / weights.sum(), file["means"], file["covariances"])
