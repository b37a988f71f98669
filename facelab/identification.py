"""Who is this, if anyone we know? A gallery of enrolled people, searched by similarity.

Closed set: everybody searched for is enrolled, and the best match is the answer. Open set: strangers are searched for
too, and the system must be able to say "nobody", by a threshold on the score. FPIR, the false positive identification
rate, is the share of searches for strangers that name somebody; FNIR, the false negative identification rate, the
share of searches for enrolled people that don't name the right one at or above the threshold. Names follow
ISO/IEC 19795-1.
"""

from __future__ import annotations

import numpy as np

from facelab.verification import as_scores, similarity, threshold_at_fmr


class Gallery:
    """Enrolled people's templates, and the search among them.

    Parameters: metric as in facelab.verification.similarity.

    Attributes: person (n,) int64, templates (n, d); one row an enrolled image, in the order of enrolment.
    """

    def __init__(self, metric: str = "cosine"):
        self.metric = metric
        self.person = np.empty(0, dtype=np.int64)
        self.templates: np.ndarray | None = None

    def enrol(self, person: int | np.ndarray, templates: np.ndarray) -> Gallery:
        """Add templates (n, d) of one person, or of n people given one by one; returns the gallery.

        Raises: ValueError if templates are not (n, d) with the d of those enrolled before, or hold NaN (no face was
        found there), or person is neither one integer nor n.
        """
        templates, person = np.asarray(templates), np.asarray(person)
        if templates.ndim != 2 or (self.templates is not None and templates.shape[1] != self.templates.shape[1]):
            wanted = "(n, d)" if self.templates is None else f"(n, {self.templates.shape[1]})"
            raise ValueError(f"enrol: expected templates of shape {wanted}, got {templates.shape}.")
        if np.isnan(templates).any():
            raise ValueError(
                f"enrol: {np.isnan(templates).any(axis=1).sum()} of {len(templates)} templates hold NaN; "
                "an image without a face can't be enrolled."
            )
        if person.dtype.kind not in "iu" or person.shape not in ((), (len(templates),)):
            raise ValueError(
                f"enrol: expected one person's integer or {len(templates)} of them, got {person.dtype} of "
                f"shape {person.shape}."
            )
        self.person = np.append(self.person, np.broadcast_to(person, len(templates)))
        self.templates = templates if self.templates is None else np.concatenate([self.templates, templates])
        return self

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The k people most like each probe, best first.

        Parameters: probes (n, d); k, at most the number of people enrolled. A person's score is that of the most
        similar of his or her templates; people whose scores tie come in the order of their integers.
        Returns: person (n, k) int64 and score (n, k).
        Raises: ValueError if nobody is enrolled, k is out of range, or d differs.
        """
        people = np.unique(self.person)
        if not 1 <= k <= len(people):
            raise ValueError(f"search: k={k} must be between 1 and the number of people enrolled, {len(people)}.")
        order = np.argsort(self.person, kind="stable")
        scores = similarity(probes, self.templates[order], self.metric)
        first = np.searchsorted(self.person[order], people)
        best = np.maximum.reduceat(scores, first, axis=1)
        ranked = np.argsort(-best, axis=1, kind="stable")[:, :k]
        return people[ranked], np.take_along_axis(best, ranked, axis=1)


def rank1_rate(found: np.ndarray, person: np.ndarray) -> float:
    """Closed set: the share of searches whose best match is the right person.

    Parameters: found (n,) or (n, k) from Gallery.search, of which the first column counts; person (n,) the truth.
    """
    found, person = np.asarray(found), np.asarray(person)
    best = found[:, 0] if found.ndim == 2 else found
    if best.shape != person.shape:
        raise ValueError(f"rank1_rate: {len(best)} searches, but the truth of {len(person)}.")
    return float(np.mean(best == person))


def fpir(stranger_scores: np.ndarray, threshold: float) -> float:
    """Open set: the share of searches for strangers that name somebody, whoever it is.

    Parameters: stranger_scores (n,), the best score of each search for a person who isn't enrolled.
    """
    return float(np.mean(as_scores(stranger_scores, "stranger") >= threshold))


def fnir(found: np.ndarray, scores: np.ndarray, person: np.ndarray, threshold: float) -> float:
    """Open set: the share of searches for enrolled people that don't bring the right one at or above the threshold.

    Parameters: found and scores (n,), the best match of each search and its score; person (n,) the truth.
    """
    found, person = np.asarray(found), np.asarray(person)
    return float(np.mean((found != person) | (as_scores(scores, "mated") < threshold)))


def threshold_at_fpir(stranger_scores: np.ndarray, rate: float) -> float:
    """The lowest threshold at which at most this share of strangers (n,) is named; as threshold_at_fmr, of searches."""
    return threshold_at_fmr(stranger_scores, rate)
