"""Find the most similar templates among many: exactly, with fewer bits, or by looking at fewer of them.

Every index here has the same two methods: `fit(templates)` takes a gallery (n, d), `search(probes, k)` gives rows of it
and their scores, best first. The score is the dot product, which for templates of unit length is the cosine.
`bytes_per_item` says what a template costs. Lesson 11 derives the ideas; FAISS (Douze et al., The Faiss library, 2024)
is the library that is used in earnest.
"""

from __future__ import annotations

from collections.abc import Callable

import faiss
import numpy as np

BLOCK = 16_384  # rows scored at once: 256 probes' scores of a block are 17 MB, which a processor's cache nearly holds
PROBES = 1024  # searched for at once
CENTRES = 256  # of each part's codebook, so that a code is one byte


class ExactIndex:
    """Every template is compared with every probe: the answer that others are measured against.

    Attributes: templates (n, d) float32, the array that was given if it was float32 already: no copy is made.
    """

    def fit(self, templates: np.ndarray) -> ExactIndex:
        """Take the gallery, templates (n, d).

        Raises: ValueError if it is empty, is not (n, d), or holds NaN or inf.
        """
        self.templates = as_gallery(templates)
        return self

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The k most similar templates of each probe, best first; of equal scores the lower row comes first.

        Parameters: probes (m, d); k from 1 to n.
        Returns: rows (m, k) int64 and scores (m, k) float32.
        Raises: ValueError if k is out of range, or the probes are not (m, d), or hold NaN or inf.
        """
        probes = as_probes(probes, self.templates.shape[1], len(self.templates), k)
        n = len(self.templates)
        return in_batches(lambda some: best_of_blocks(lambda i, j: self.templates[i:j], n, some, k), probes)

    @property
    def bytes_per_item(self) -> float:
        """Bytes of a template as it is kept."""
        return self.templates.itemsize * self.templates.shape[1]


class Int8Index:
    """Exact search in templates rounded to one byte a coordinate: a quarter of the memory of float32.

    One scale serves all coordinates. It is set by the 99.99 % quantile of their absolute values and not by the largest,
    which would waste codes; the few beyond it are clipped. The codes are turned back into float32 a block at a time:
    numpy's product of two int8 arrays is int8 again, and overflows.

    Attributes: codes (n, d) int8; scale, by which a code is multiplied.
    """

    def fit(self, templates: np.ndarray) -> Int8Index:
        """Round the gallery, templates (n, d).

        Raises: ValueError as ExactIndex.fit.
        """
        templates = as_gallery(templates)
        some = templates[:: max(1, len(templates) // 10_000)]
        self.scale = float(np.quantile(np.abs(some), 0.9999) / 127) or 1.0
        self.codes = np.empty(templates.shape, np.int8)
        for i in range(0, len(templates), BLOCK):
            self.codes[i : i + BLOCK] = np.clip(np.rint(templates[i : i + BLOCK] / self.scale), -127, 127)
        return self

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """As ExactIndex.search, of probes and k, with the scores of the rounded templates."""
        probes = as_probes(probes, self.codes.shape[1], len(self.codes), k) * np.float32(self.scale)
        n = len(self.codes)
        return in_batches(
            lambda some: best_of_blocks(lambda i, j: self.codes[i:j].astype(np.float32), n, some, k), probes
        )

    @property
    def bytes_per_item(self) -> float:
        """Bytes of a template as it is kept."""
        return self.codes.shape[1]


class ProductQuantizer:
    """Each template becomes a few bytes: cut it into parts, and name each part by the nearest of 256 typical ones.

    Parameters: parts, bytes a code, a divisor of d; rounds of k-means; random_state, a seed.

    Attributes: centres (parts, 256, d / parts) float32, the codebooks; codes (n, parts) uint8.

    Source: H. Jégou, M. Douze and C. Schmid, Product quantization for nearest neighbor search, IEEE Transactions on
    Pattern Analysis and Machine Intelligence 33(1), 2011, 117-128.
    """

    def __init__(self, parts: int = 16, rounds: int = 12, random_state: int = 0):
        self.parts, self.rounds, self.random_state = parts, rounds, random_state

    def fit(self, templates: np.ndarray, learn_from: int = 10_000) -> ProductQuantizer:
        """Learn the codebooks from the first templates of the gallery (n, d), learn_from of them, and code them all.

        Raises: ValueError as ExactIndex.fit, or if d can't be cut into parts, or n is below 256.
        """
        templates = as_gallery(templates)
        n, d = templates.shape
        if d % self.parts or n < CENTRES:
            raise ValueError(
                f"ProductQuantizer: {n} templates of {d} numbers in {self.parts} parts; wanted a number of parts that "
                f"divides {d}, and at least {CENTRES} templates to learn from."
            )
        pieces = np.split(templates[:learn_from], self.parts, axis=1)
        seeds = np.random.default_rng(self.random_state).integers(2**32, size=self.parts)
        self.centres = np.stack([k_means(p, CENTRES, self.rounds, int(s)) for p, s in zip(pieces, seeds, strict=True)])
        self.codes = self.encode(templates)
        return self

    def encode(self, templates: np.ndarray) -> np.ndarray:
        """The codes (n, parts) uint8 of templates (n, d)."""
        pieces = np.split(np.asarray(templates, np.float32), self.parts, axis=1)
        return np.stack([nearest_centre(p, c) for p, c in zip(pieces, self.centres, strict=True)], 1).astype(np.uint8)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The templates (n, d) float32 that codes (n, parts) stand for: their parts' centres, side by side."""
        return np.concatenate([self.centres[j][codes[:, j]] for j in range(self.parts)], axis=1)

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """As ExactIndex.search, of probes and k, with the scores of the coded templates.

        The probe is not coded. Its product with each of the 256 centres of each part is worked out once; a template's
        score then is a sum of entries of that table, one a part.
        """
        probes = as_probes(probes, self.centres.shape[0] * self.centres.shape[2], len(self.codes), k)
        pieces = probes.reshape(len(probes), self.parts, -1)
        tables = np.einsum("mpd,pcd->mpc", pieces, self.centres)
        found = [top(sum(t[j, self.codes[:, j]] for j in range(self.parts))[None], k) for t in tables]
        return np.concatenate([rows for rows, _ in found]), np.concatenate([scores for _, scores in found])

    @property
    def bytes_per_item(self) -> float:
        """Bytes of a code with its share of the codebooks."""
        return self.parts + self.centres.nbytes / len(self.codes)


class InvertedLists:
    """Sort the gallery into cells by the nearest of some centres, and look only into the cells nearest to the probe.

    Parameters: cells, how many; visited, into how many of them a search looks; rounds of k-means; random_state.

    Attributes: centres (cells, d) float32; lists, a list of int64 rows a cell; templates (n, d) float32.
    """

    def __init__(self, cells: int = 256, visited: int = 16, rounds: int = 10, random_state: int = 0):
        self.cells, self.visited, self.rounds, self.random_state = cells, visited, rounds, random_state

    def fit(self, templates: np.ndarray, learn_from: int = 20_000) -> InvertedLists:
        """Find the centres from the first learn_from templates of the gallery (n, d), and sort all into cells.

        Raises: ValueError as ExactIndex.fit, or if there are more cells than templates.
        """
        self.templates = as_gallery(templates)
        if not 1 <= self.visited <= self.cells <= len(self.templates):
            raise ValueError(
                f"InvertedLists: {self.visited} of {self.cells} cells visited, {len(self.templates)} templates; wanted "
                "visited at most cells, and cells at most templates."
            )
        self.centres = k_means(self.templates[:learn_from], self.cells, self.rounds, self.random_state)
        cell = nearest_centre(self.templates, self.centres)
        order = np.argsort(cell, kind="stable")
        self.lists = np.split(order, np.searchsorted(cell[order], np.arange(1, self.cells)))
        return self

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """As ExactIndex.search, of probes and k, among the templates in the visited cells.

        A probe that finds fewer than k there gets row -1 with a score of -inf in the places left over.
        """
        probes = as_probes(probes, self.templates.shape[1], len(self.templates), k)
        rows = np.full((len(probes), k), -1, np.int64)
        scores = np.full((len(probes), k), -np.inf, np.float32)
        near, _ = top(probes @ self.centres.T - (self.centres**2).sum(axis=1) / 2, self.visited)
        for i, probe in enumerate(probes):
            inside = np.sort(np.concatenate([self.lists[c] for c in near[i]]))
            kept = min(k, len(inside))
            if kept:
                best, score = top((self.templates[inside] @ probe)[None], kept)
                rows[i, :kept], scores[i, :kept] = inside[best[0]], score[0]
        return rows, scores

    @property
    def bytes_per_item(self) -> float:
        """Bytes of a template, its row number and its share of the centres."""
        n, d = self.templates.shape
        return 4 * d + 8 + self.centres.nbytes / n


class FaissIndex:
    """An index of the FAISS library behind the same two methods.

    Parameters: recipe as faiss.index_factory reads it, such as "Flat", "IVF1024,PQ16" or "HNSW32"; effort, how hard a
    search tries: the number of cells that an IVF index visits, the length of an HNSW index's list of candidates.
    The number of threads is FAISS's own (faiss.omp_set_num_threads, or threadpoolctl).

    Attributes: index, the FAISS index.
    """

    def __init__(self, recipe: str, effort: int | None = None):
        self.recipe, self.effort = recipe, effort

    def fit(self, templates: np.ndarray, learn_from: int | None = None) -> FaissIndex:
        """Build the index of the gallery, templates (n, d); what is learned is learned from the first learn_from rows.

        Raises: ValueError as ExactIndex.fit, or if FAISS doesn't know the recipe or can't learn from so few.
        """
        templates = as_gallery(templates)
        try:
            self.index = faiss.index_factory(templates.shape[1], self.recipe, faiss.METRIC_INNER_PRODUCT)
            self.index.train(templates[:learn_from])
        except RuntimeError as problem:
            reason = str(problem).strip().splitlines()[-1]
            raise ValueError(
                f"FaissIndex: {self.recipe!r} on {len(templates)} templates of {templates.shape[1]} numbers: {reason}"
            ) from None
        self.index.add(templates)
        return self

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """As ExactIndex.search, of probes; row -1 where fewer than k are found. Of equal scores any may be first."""
        probes = as_probes(probes, self.index.d, self.index.ntotal, k)
        scores, rows = self.index.search(probes, k, params=self._parameters())
        return rows, scores

    def _parameters(self) -> faiss.SearchParameters | None:
        if self.effort is None:
            return None
        if isinstance(self.index, faiss.IndexIVF):
            return faiss.SearchParametersIVF(nprobe=self.effort)
        if isinstance(self.index, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(efSearch=self.effort)
        raise ValueError(f"FaissIndex: effort={self.effort}, but {self.recipe!r} has nothing to set by it.")

    @property
    def bytes_per_item(self) -> float:
        """Bytes of the index as FAISS would write it to a file, codebooks and row numbers included, an item."""
        return len(faiss.serialize_index(self.index)) / self.index.ntotal


def rerank(templates: np.ndarray, probes: np.ndarray, rows: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Compare candidates anew by their full templates, and keep the k best of each probe.

    Parameters: templates (n, d); probes (m, d); rows (m, c) from an index's search, -1 where it found none; k, at
    most c.
    Returns: rows (m, k) and scores (m, k), best first.
    """
    rows = np.sort(rows, axis=1)
    scores = np.einsum("mcd,md->mc", templates[rows], probes)
    best, scores = top(np.where(rows < 0, -np.inf, scores), k)
    return np.take_along_axis(rows, best, axis=1), scores


def recall_at_1(found: np.ndarray, exact: np.ndarray) -> float:
    """The share of probes whose first row is the one that an exact search puts first.

    Parameters: found and exact, rows (m,) or (m, k), of which the first column counts.
    Raises: ValueError if there are not as many of one as of the other.
    """
    first, truth = (np.asarray(rows).reshape(len(rows), -1)[:, 0] for rows in (found, exact))
    if len(first) != len(truth):
        raise ValueError(f"recall_at_1: {len(first)} searches, but {len(truth)} exact answers.")
    return float(np.mean(first == truth))


def in_batches(search: Callable, probes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """search(some probes) for all of them, PROBES at a time, so that memory doesn't grow with their number."""
    found = [search(probes[i : i + PROBES]) for i in range(0, max(1, len(probes)), PROBES)]
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))


def best_of_blocks(rows_of: Callable, n: int, probes: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of n rows for each probe, scored a block at a time, so that no (m, n) array is made.

    Parameters: rows_of(i, j), the templates i to j - 1; probes (m, d) float32.
    Only what beats the k-th best so far can matter, and after the first block that is very little: one comparison a
    score is all that most scores cost. An equal score in a later block has a higher row, and loses.
    """
    rows, scores = np.empty((len(probes), 0), np.int64), np.empty((len(probes), 0), np.float32)
    for start in range(0, n, BLOCK):
        block = probes @ rows_of(start, min(start + BLOCK, n)).T
        if scores.shape[1] < k:
            best, new = top(block, min(k, block.shape[1]))
        else:
            best, new = _padded(block, block > scores[:, -1:])
        rows, scores = merge([rows, best + start], [scores, new], min(k, scores.shape[1] + new.shape[1]))
    return rows, scores


def _padded(scores: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The kept entries of each row, pushed to the left: columns and scores (m, most), -inf where a row has fewer."""
    width = scores.shape[1]
    row, column = np.divmod(np.flatnonzero(kept), width)
    count = np.bincount(row, minlength=len(scores))
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    columns = np.zeros((len(scores), count.max(initial=0)), np.int64)
    values = np.full(columns.shape, -np.inf, scores.dtype)
    columns[row, place], values[row, place] = column, scores[row, column]
    return columns, values


def top(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k largest of each row of scores (m, n): columns and values (m, k), largest first, equal ones by column."""
    m, n = scores.shape
    if 4 * k < n:  # all that reach the k-th largest, ties included, so that the lower column can win
        limit = np.partition(scores, n - k, axis=1)[:, n - k, None]
        columns, values = _padded(scores, scores >= limit)
    else:
        columns, values = np.broadcast_to(np.arange(n), (m, n)), scores
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(columns, order, axis=1), np.take_along_axis(values, order, axis=1)


def merge(rows: list[np.ndarray], scores: list[np.ndarray], k: int) -> tuple[np.ndarray, np.ndarray]:
    """One answer from several: the k best of the parts' answers (m, c) to the same probes, best first.

    Of equal scores the one from the earlier part comes first, so that parts in the order of their rows give exactly
    the order of one search in all of them.
    """
    rows, scores = np.concatenate(rows, axis=1), np.concatenate(scores, axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)


def k_means(X: np.ndarray, k: int, rounds: int, random_state: int) -> np.ndarray:
    """k centres (k, d) float32 of the rows of X (n, d), by Lloyd's algorithm from k rows drawn at random.

    Parameters: rounds of it; random_state, a seed.

    A centre that is nearest to no row stays where it is.
    """
    X = np.asarray(X, np.float32)
    centres = X[np.random.default_rng(random_state).choice(len(X), k, replace=False)]
    for _ in range(rounds):
        cell = nearest_centre(X, centres)
        order = np.argsort(cell, kind="stable")
        there, first, count = np.unique(cell[order], return_index=True, return_counts=True)
        centres[there] = np.add.reduceat(X[order], first, axis=0) / count[:, None]
    return centres


def nearest_centre(X: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Which of the centres (k, d) is nearest to each row of X (n, d), by Euclidean distance: (n,)."""
    half = (centres**2).sum(axis=1) / 2
    blocks = range(0, len(X), BLOCK)
    return np.concatenate([(X[i : i + BLOCK] @ centres.T - half).argmax(axis=1) for i in blocks])


def as_gallery(templates: np.ndarray) -> np.ndarray:
    """templates as (n, d) float32, contiguous; ValueError if there are none or one holds NaN or inf."""
    templates = np.ascontiguousarray(templates, np.float32)
    if templates.ndim != 2 or 0 in templates.shape:
        raise ValueError(f"search: expected a gallery of shape (n, d) with n of 1 or more, got {templates.shape}.")
    # A block at a time: of a million templates, the answers alone would be an array of 128 MB.
    bad = sum((~np.isfinite(templates[i : i + BLOCK]).all(axis=1)).sum() for i in range(0, len(templates), BLOCK))
    if bad:
        raise ValueError(
            f"search: {bad} of {len(templates)} templates hold NaN or inf; was a face found in each image?"
        )
    return templates


def as_probes(probes: np.ndarray, d: int, n: int, k: int) -> np.ndarray:
    """probes as (m, d) float32, contiguous; ValueError if they don't fit the gallery of n, or k is not 1 to n."""
    probes = np.ascontiguousarray(probes, np.float32)
    if probes.ndim != 2 or probes.shape[1] != d:
        raise ValueError(f"search: expected probes of shape (m, {d}), as the gallery's templates, got {probes.shape}.")
    if not np.isfinite(probes).all():
        bad = (~np.isfinite(probes).all(axis=1)).sum()
        raise ValueError(f"search: {bad} of {len(probes)} probes hold NaN or inf; was a face found in each image?")
    if not 1 <= k <= n:
        raise ValueError(f"search: k={k} must be between 1 and the number of templates, {n}.")
    return probes
