"""Who is this, if anyone we know? A gallery of enrolled people, searched by similarity.

Lesson 10 builds it; lesson 03 has the first open set.

Closed set: everybody searched for is enrolled, and the best match is the answer. Open set: strangers are searched for
too, and the system must be able to say "nobody", by a threshold on the score. FPIR, the false positive identification
rate, is the share of searches for strangers that name somebody; FNIR, the false negative identification rate, the
share of searches for enrolled people that don't name the right one at or above the threshold. Names follow
ISO/IEC 19795-1.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facelab.verification import (
    METRICS,
    as_scores,
    pair_similarity,
    share_at_or_above,
    similarity,
    threshold_at_fmr,
    unit_length,
)

FORMAT = 1  # of a gallery's file
PROBES_AT_ONCE = 256
NUMBERS_AT_ONCE = 2**22  # in a block of templates: 32 MB of float64


class Gallery:
    """Enrolled people's templates, and the search among them.

    Parameters
    - metric as in facelab.verification.similarity.
    - model, the name of what makes the templates, with everything that changes its scores, such as "SFace, border 30".
      Templates of two models have nothing to do with each other even where both are 128 numbers long. Left empty, the
      gallery takes the name that comes with the first templates, if any does.
    - duplicates, whether a template that an earlier call enrolled may be enrolled once more. As a rule it may not: the
      same photograph twice is a mistake, and under two names it is one person with two identities. What one call enrols
      together is taken as it comes.

    Attributes: metric, model, duplicates; person (n,) int64, templates (n, d) or None while it is empty; one row an
    enrolled image, in the order of enrolment. A person may have any number of templates. Whatever is refused, by an
    error, leaves the gallery as it was.

    Raises: ValueError for another metric.
    """

    def __init__(self, metric: str = "cosine", model: str = "", duplicates: bool = False):
        if metric not in METRICS:
            raise ValueError(f"Gallery: no metric {metric!r}; there are {', '.join(METRICS)}.")
        self.metric, self.model, self.duplicates = metric, model, duplicates
        self.person = np.empty(0, dtype=np.int64)
        self.templates: np.ndarray | None = None
        self._seen: Counter[bytes] = Counter()

    @property
    def people(self) -> np.ndarray:
        """The integers of the people enrolled, rising, each once: (people,) int64."""
        return np.unique(self.person)

    def enrol(self, person: int | np.ndarray, templates: np.ndarray, model: str = "") -> Gallery:
        """Add templates (n, d) of one person, or of n people given one by one; returns the gallery.

        model is the name of what made the templates; left empty, the caller vouches that it is the gallery's.
        Raises: ValueError if templates are not (n, d) of real numbers with the d of those enrolled before, or hold NaN
        (no face was found there) or infinity; if person is neither one integer nor n; if model is not the gallery's; if
        a template is there already and the gallery doesn't accept duplicates.
        """
        templates, person = np.array(templates), np.asarray(person)
        width = "d" if self.templates is None else self.templates.shape[1]
        if templates.ndim != 2 or templates.size == 0 or width not in ("d", templates.shape[1]):
            raise ValueError(f"enrol: expected templates of shape (n, {width}), got {templates.shape}.")
        _refuse_no_numbers(templates, "enrol", "templates", "an image without a face can't be enrolled")
        if person.dtype.kind not in "iu" or person.shape not in ((), (len(templates),)):
            raise ValueError(
                f"enrol: expected one person's integer or {len(templates)} of them, got {person.dtype} of "
                f"shape {person.shape}."
            )
        self._refuse_another(model, "enrol")
        new = [] if self.duplicates else _digests(templates)
        twice = sum(digest in self._seen for digest in new)
        if twice:
            raise ValueError(
                f"enrol: {twice} of {len(new)} templates are enrolled already. Is it one photograph twice, or one "
                "person under two names? Gallery(duplicates=True) accepts them."
            )
        self._seen.update(new)
        self.model = self.model or model
        self.person = np.append(self.person, np.broadcast_to(person, len(templates)))
        self.templates = templates if self.templates is None else np.concatenate([self.templates, templates])
        return self

    def remove(self, person: int) -> Gallery:
        """Take all templates of a person out again; returns the gallery.

        Raises: ValueError if nobody with that integer is enrolled.
        """
        leaves = self.person == person
        if not leaves.any():
            raise ValueError(f"remove: nobody with the integer {person} is enrolled.")
        self._seen -= Counter([] if self.duplicates else _digests(self.templates[leaves]))
        self.person = self.person[~leaves]
        self.templates = self.templates[~leaves] if len(self.person) else None
        return self

    def search(self, probes: np.ndarray, k: int = 1, model: str = "") -> tuple[np.ndarray, np.ndarray]:
        """The k people most like each probe, best first.

        Parameters: probes (n, d); k, at most the number of people enrolled; model, as in enrol, of the probes. A
        person's score is that of the most similar of his or her templates; people whose scores tie come in the order of
        their integers.
        Returns: person (n, k) int64 and score (n, k).
        Raises: ValueError if nobody is enrolled, k is out of range, d or model differs, or probes hold NaN or infinity.

        Probes and templates are compared block by block, so that memory doesn't grow with the gallery. A matrix product
        finds the candidates; it rounds differently in blocks of different sizes, so the few that could be among the k
        best are then compared one pair at a time. Hence the answer is the same however a gallery is cut up.
        """
        people = self.people
        if not 1 <= k <= len(people):
            raise ValueError(
                f"search: k={k} must be between 1 and the number of people enrolled, {len(people)}."
                + " Enrol somebody first." * (len(people) == 0)
            )
        probes = np.asarray(probes)
        if probes.ndim != 2 or probes.shape[1] != self.templates.shape[1]:
            raise ValueError(
                "search: probes and templates need as many numbers a row, "
                f"got {probes.shape} and {self.templates.shape}."
            )
        _refuse_no_numbers(probes, "search", "probes", "where no face was found there is nothing to search for")
        self._refuse_another(model, "search")
        if len(probes) == 0:
            return np.empty((0, k), dtype=np.int64), np.empty((0, k))
        order = np.argsort(self.person, kind="stable")
        rows = max(1, NUMBERS_AT_ONCE // max(probes.shape[1], PROBES_AT_ONCE))
        answers = []
        for start in range(0, len(probes), PROBES_AT_ONCE):
            some = probes[start : start + PROBES_AT_ONCE]
            parts = [order[first : first + rows] for first in range(0, len(order), rows)]
            found = [_best(some, self.templates[part], self.person[part], self.metric, k) for part in parts]
            answers.append(merge(found, k))
        return tuple(np.concatenate(column) for column in zip(*answers, strict=True))

    def save(self, path: str | os.PathLike) -> Path:
        """Write the gallery to a file, all of it or nothing: if this fails, a file that was there stays as it was.

        The format is NumPy's .npz, a zip archive with a checksum for each member, of plain arrays without pickled
        objects: format (the integer 1), metric and model (text), duplicates (bool), person (n,) int64 and
        templates (n, d).
        Returns: the path.
        """
        path = Path(path)
        temporary = path.with_name(path.name + ".part")
        templates = np.empty((0, 0)) if self.templates is None else self.templates
        try:
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    format=np.int64(FORMAT),
                    metric=np.array(self.metric),
                    model=np.array(self.model),
                    duplicates=np.array(self.duplicates),
                    person=self.person,
                    templates=templates,
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike, model: str = "") -> Gallery:
        """The gallery in a file that save wrote. Nothing in the file is ever run as a program.

        Parameters: path; model, the name of the model that it must be of, if it matters.
        Raises: FileNotFoundError; ValueError if the file is no gallery, is damaged, or is of another model.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"load: there is no file {path}.")
        try:
            with np.load(path, allow_pickle=False) as file:
                held = {name: file[name] for name in file.files}
            if int(held["format"]) != FORMAT:
                raise ValueError(f"its format is {held['format']}, and this program reads {FORMAT}")
            gallery = cls(str(held["metric"]), str(held["model"]), bool(held["duplicates"]))
            if len(held["person"]) != len(held["templates"]):
                raise ValueError(f"it holds {len(held['person'])} integers and {len(held['templates'])} templates")
            if len(held["person"]):
                gallery.enrol(held["person"], held["templates"])
        except (zipfile.BadZipFile, AttributeError, EOFError, KeyError, OSError, TypeError, ValueError) as problem:
            raise ValueError(f"load: {path} is no gallery, or is damaged: {problem}") from problem
        gallery._refuse_another(model, "load")
        return gallery

    def _refuse_another(self, model: str, where: str) -> None:
        """Raise ValueError if a model is named and isn't the gallery's; an empty gallery without a name takes any."""
        if model and model != self.model and (self.model or len(self.person)):
            ours = repr(self.model) if self.model else "not known, for they came without its name"
            raise ValueError(
                f"{where}: these templates are of the model {model!r}; those enrolled are of the model {ours}. "
                "Scores between models mean nothing; describe all images with one of them."
            )


def _refuse_no_numbers(templates: np.ndarray, where: str, what: str, why: str) -> None:
    """Raise ValueError if templates (n, d) aren't real numbers, or hold NaN or infinity."""
    if templates.dtype.kind not in "biuf":
        raise ValueError(f"{where}: expected {what} of real numbers, got {templates.dtype}.")
    for test, name in ((np.isnan, "NaN"), (np.isinf, "infinity")):
        bad = test(templates).any(axis=1).sum()
        if bad:
            raise ValueError(f"{where}: {bad} of {len(templates)} {what} hold {name}; {why}.")


def _digests(templates: np.ndarray) -> list[bytes]:
    """A short text for each row (n, d), the same for rows of equal numbers whatever their dtype; -0 is 0."""
    return [hashlib.blake2b((row.astype(np.float64) + 0.0).tobytes(), digest_size=16).digest() for row in templates]


def _best(probes: np.ndarray, templates: np.ndarray, person: np.ndarray, metric: str, k: int) -> tuple:
    """The k best people (or all, if they are fewer) of one block of templates, sorted by person, for each probe."""
    coarse = similarity(probes, templates, metric)
    first = np.flatnonzero(np.diff(person, prepend=person[0] - 1))
    best = np.maximum.reduceat(coarse, first, axis=1)
    k = min(k, len(first))
    limit = np.partition(best, -k, axis=1)[:, [-k]]
    floats = [array.dtype for array in (coarse, probes, templates) if array.dtype.kind == "f"]
    rounding = 8 * probes.shape[1] * max(np.finfo(dtype).eps for dtype in floats)
    if metric == "l2":  # computed from squares, so it is the squares that are rounded
        squares = (probes**2.0).sum(axis=1, keepdims=True) + (templates**2.0).sum(axis=1).max()
        limit = -np.sqrt(limit**2 + rounding * squares)
    else:
        limit = limit - rounding * (1 + np.abs(limit))
    row, column = np.nonzero(coarse >= limit)
    step = max(1, NUMBERS_AT_ONCE // probes.shape[1])
    pieces = [slice(i, i + step) for i in range(0, len(row), step)]
    score = [pair_similarity(probes[row[piece]], templates[column[piece]], metric) for piece in pieces]
    return _ranked(row, person[column], np.concatenate(score), k)


def _ranked(row: np.ndarray, person: np.ndarray, score: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best people of each row among candidates (c,), who may come more than once: person and score (rows, k)."""
    order = np.lexsort((-score, person, row))
    row, person, score = row[order], person[order], score[order]
    best = np.append(True, (row[1:] != row[:-1]) | (person[1:] != person[:-1]))  # each person's best score comes first
    row, person, score = row[best], person[best], score[best]
    order = np.lexsort((person, -score, row))
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    kept = order[rank < k]
    return person[kept].reshape(-1, k), score[kept].reshape(-1, k)


def merge(answers: Sequence[tuple[np.ndarray, np.ndarray]], k: int) -> tuple[np.ndarray, np.ndarray]:
    """The answers of several galleries to the same probes as one: what a single gallery would have answered.

    Parameters: answers, one (person (n, k_i), score (n, k_i)) a gallery, each with that gallery's min(k, its people)
    best; k, at most the number of different people in them. A person in several galleries counts once, with the best of
    the scores. Scores must be comparable: one model, one metric.
    Returns: person (n, k) and score (n, k), best first, ties in the order of the people's integers.
    Raises: ValueError if there are no answers, they are not of the same probes, or hold fewer than k different people.
    """
    if not answers or len({np.shape(part)[:1] for answer in answers for part in answer}) != 1:
        raise ValueError(f"merge: expected answers to the same probes, got {len(answers)} answers, or of others.")
    person, score = (np.concatenate(parts, axis=1) for parts in zip(*answers, strict=True))
    if k < 1 or any(len(np.unique(row)) < k for row in person):
        raise ValueError(f"merge: k={k} must be between 1 and the number of different people in every answer.")
    row = np.repeat(np.arange(len(person)), person.shape[1])
    return _ranked(row, person.ravel(), score.ravel(), k)


def search_pools(pools: Sequence[Gallery], probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Search several galleries as if they were one: the same people, the same scores, the same order of ties.

    Parameters: pools, galleries of one model and metric, of which some may be empty; probes, k as in Gallery.search, k
    at most the number of different people in all of them.
    Raises: ValueError as Gallery.search, or if the pools' models, metrics or dimensions differ.

    Each pool is asked for its own best k, and only those travel. That is enough: who is among the k best of all is
    among the k best wherever he or she is enrolled.
    """
    pools = [pool for pool in pools if len(pool.person)]
    kinds = {(pool.metric, pool.model, pool.templates.shape[1]) for pool in pools}
    if len(kinds) > 1:
        raise ValueError(f"search_pools: the pools are not of one kind (metric, model, dimensions): {sorted(kinds)}.")
    people = np.unique(np.concatenate([pool.people for pool in pools])) if pools else []
    if not 1 <= k <= len(people):
        raise ValueError(f"search_pools: k={k} must be between 1 and the number of people in all pools, {len(people)}.")
    return merge([pool.search(probes, min(k, len(pool.people))) for pool in pools], k)


def mean_templates(
    person: np.ndarray, templates: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """One template for each person: the mean of his or her templates, brought to unit length.

    Parameters: person (n,); templates (n, d), each of unit length for the cosine; weight (n,), 0 or more, how much each
    counts, such as its image's quality; all alike if it is left out.
    Returns: people (p,), rising, and (p, d), for Gallery.enrol.
    Raises: ValueError if lengths differ, a weight is negative or NaN, or all of a person's weights are 0.
    """
    person, templates = np.asarray(person), np.asarray(templates)
    weight = np.ones(len(person)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(person) == len(templates) == len(weight) or not (weight >= 0).all():
        raise ValueError(
            f"mean_templates: {len(person)} integers, {len(templates)} templates, {len(weight)} weights; wanted one "
            "each, and no weight below 0 or NaN."
        )
    people, number = np.unique(person, return_inverse=True)
    if (np.bincount(number, weight) == 0).any():
        raise ValueError(f"mean_templates: all weights of person {people[np.bincount(number, weight) == 0][0]} are 0.")
    sums = np.zeros((len(people), templates.shape[1]))
    np.add.at(sums, number, templates * weight[:, None])
    return people, unit_length(sums).astype(templates.dtype if templates.dtype.kind == "f" else np.float64)


def rank1_rate(found: np.ndarray, person: np.ndarray) -> float:
    """Closed set: the share of searches whose best match is the right person.

    Parameters: found (n,) or (n, k) from Gallery.search, of which the first column counts; person (n,) the truth.
    Raises: ValueError if there are not as many of one as of the other.
    """
    found, person = np.asarray(found), np.asarray(person)
    best = found[:, 0] if found.ndim == 2 else found
    if best.shape != person.shape:
        raise ValueError(f"rank1_rate: {len(best)} searches, but the truth of {len(person)}.")
    return float(np.mean(best == person))


def cmc(found: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Closed set: the cumulative match characteristic, how often the right person is among the best 1, 2, ... k.

    Parameters: found (n, k) from Gallery.search, best first; person (n,) the truth, each of whom is enrolled.
    Returns: (k,) shares, never falling; the first is the rank-1 rate, and with k = all people enrolled the last is 1.
    Raises: ValueError if the shapes don't fit or there is no search.
    """
    found, person = np.asarray(found), np.asarray(person)
    if found.ndim != 2 or found.shape[:1] != person.shape or len(person) == 0:
        raise ValueError(f"cmc: expected found (n, k) and person (n,), got {found.shape} and {person.shape}.")
    return np.cumsum(found == person[:, None], axis=1).mean(axis=0)


def fpir(stranger_scores: np.ndarray, threshold: float) -> float:
    """Open set: the share of searches for strangers that name somebody, whoever it is.

    Parameters: stranger_scores (n,), the best score of each search for a person who isn't enrolled; threshold, from
    which somebody is named.
    """
    return float(np.mean(as_scores(stranger_scores, "stranger") >= threshold))


def fnir(found: np.ndarray, scores: np.ndarray, person: np.ndarray, threshold: float) -> float:
    """Open set: the share of searches for enrolled people that don't bring the right one at or above the threshold.

    Parameters: found and scores, the best match of each search and its score (n,), or a list of candidates (n, k), of
    which any may be the right one; person (n,) the truth.
    """
    right, scores = _right(found, scores, person)
    return float(np.mean(~(right & (scores >= threshold)).any(axis=1)))


def _right(found: np.ndarray, scores: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which candidates are the right person, and the scores, both (n, k)."""
    found, scores, person = np.asarray(found), np.asarray(scores), np.asarray(person)
    if found.shape != scores.shape or found.ndim not in (1, 2) or found.shape[:1] != person.shape:
        raise ValueError(
            f"open set: expected found and scores (n,) or (n, k) and person (n,), got {found.shape}, {scores.shape} "
            f"and {person.shape}."
        )
    columns = (len(person), -1) if len(person) else (0, 1)
    as_scores(scores.ravel(), "mated")
    return found.reshape(columns) == person[:, None], scores.reshape(columns)


def threshold_at_fpir(stranger_scores: np.ndarray, rate: float) -> float:
    """The lowest threshold at which at most this share of strangers is named; as threshold_at_fmr, of searches.

    Parameters: stranger_scores (n,) as fpir takes them; rate, the share, 0 to 1.
    """
    return threshold_at_fmr(stranger_scores, rate)


@dataclass(frozen=True, eq=False)
class OpenSet:
    """Both errors of an open set at every threshold that makes a difference, falling: three arrays (t,)."""

    fpir: np.ndarray  #: share of searches for strangers that name somebody, rising to 1
    fnir: np.ndarray  #: share of searches for enrolled people without the right name, falling
    thresholds: np.ndarray  #: the first is inf, where nobody is named

    def at_fpir(self, rate: float) -> tuple[float, float]:
        """The lowest FNIR that an FPIR of at most this share allows, and the highest threshold that reaches it.

        Raises: ValueError if rate is not from 0 to 1.
        """
        if not 0 <= rate <= 1:
            raise ValueError(f"at_fpir: rate={rate} must be a share from 0 to 1, not per cent.")
        allowed = self.fpir <= rate
        best = np.flatnonzero(allowed & (self.fnir == self.fnir[allowed].min()))[0]
        return float(self.fnir[best]), float(self.thresholds[best])


def open_set(found: np.ndarray, scores: np.ndarray, person: np.ndarray, stranger_scores: np.ndarray) -> OpenSet:
    """FPIR and FNIR as curves over the threshold.

    Parameters: found, scores, person as in fnir, of searches for enrolled people; stranger_scores (m,) as in fpir.
    Returns: OpenSet; its thresholds are inf and every finite score that occurs, falling. However low the threshold, the
    FNIR does not reach 0 if somebody was taken for somebody else: 1 - rank-1 rate is left.
    Raises: ValueError if shapes don't fit, there are no searches, or scores are NaN.
    """
    right, scores = _right(found, scores, person)
    strangers = as_scores(stranger_scores, "stranger")
    mated = np.where(right, scores, -np.inf).max(axis=1)  # the score with which the right name came, if it came
    every = np.unique(np.concatenate([scores.ravel(), strangers]))
    thresholds = np.append(np.inf, every[np.isfinite(every)][::-1])
    return OpenSet(share_at_or_above(strangers, thresholds), 1 - share_at_or_above(mated, thresholds), thresholds)


def z_norm(scores: np.ndarray, cohort_scores: np.ndarray) -> np.ndarray:
    """Scores in units of how alike strangers are to the same enrolled template: z-norm (zero normalisation).

    Parameters: scores (n, m) of n probes with m enrolled templates; cohort_scores (c, m), of c templates of other
    people, the cohort, with the same m.
    Returns: (n, m): scores less the mean of their column of cohort_scores, divided by its standard deviation (c - 1).
    An enrolled template that is alike to everybody is pushed down.
    Raises: ValueError if columns differ in number, the cohort is smaller than 2, or a column of it doesn't vary.

    Source: R. Auckenthaler, M. Carey and H. Lloyd-Thomas, Score normalization for text-independent speaker verification
    systems, Digital Signal Processing 10, 2000, 42-54.
    """
    scores, cohort_scores = np.asarray(scores), np.asarray(cohort_scores)
    if scores.ndim != 2 or cohort_scores.ndim != 2 or scores.shape[1] != cohort_scores.shape[1]:
        raise ValueError(
            f"norm: expected scores and cohort of the same templates, got {scores.shape} and {cohort_scores.shape}."
        )
    if len(cohort_scores) < 2 or not (cohort_scores.std(axis=0) > 0).all():
        raise ValueError(f"norm: a cohort of {len(cohort_scores)} whose scores don't vary has no spread to divide by.")
    return (scores - cohort_scores.mean(axis=0)) / cohort_scores.std(axis=0, ddof=1)


def t_norm(scores: np.ndarray, cohort_scores: np.ndarray) -> np.ndarray:
    """Scores in units of how alike the same probe is to strangers: t-norm (test normalisation).

    Parameters: scores (n, m) of n probes with m enrolled templates; cohort_scores (n, c), of the same n probes with c
    templates of other people.
    Returns: (n, m): as z_norm by rows in place of columns. The order within a row stays, so ranks stay; what changes is
    how rows compare, and with it every threshold.
    Raises: as z_norm, of rows.
    Source: as z_norm.
    """
    return z_norm(np.transpose(scores), np.transpose(cohort_scores)).T
