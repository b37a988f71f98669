"""What a revocable template costs and keeps: SFace on LFW, signs of keyed projections, keys secret, stolen and known.

Everybody has a key. An impostor comes with a key of his own, or with a stolen one; two databases have different keys of
the same people; and somebody has the keys of both.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from classroom.measure.inversion import THRESHOLD, two_photographs
from classroom.measure.lfw import ARCHIVE, read_images
from classroom.measure.store import outside, write_table
from facelab.embedding import SFaceEmbedder
from facelab.privacy import back_project, hamming_similarity, linkability, protect
from facelab.verification import eer, tmr_at_fmr

BITS = (32, 64, 128, 256, 512, 1024)
MOST = max(BITS)
FMR = 1e-3
REPLICATES = 200
LEVELS = 2000  # steps that the plain cosine is counted in, for its interval
COLUMNS = ("method", "bits", "people", "eer", "low", "high", "tmr_at_1e-3", "d_sys", "cosine", "above")
SECOND_DATABASE = 1_000_000  # added to a person's key for the key in another database


def under_keys(stored: np.ndarray, probes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everybody's bits under the own key, and every probe under every key.

    Parameters: stored, probes (n, 128), a row a person; person i has the key i.
    Returns: kept, own (n, MOST) bool, of the stored templates and the probes; stolen (len(BITS), n, n) float32, the
    similarity of what person i stored with probe j under i's key. The first bits of a longer code are the shorter code.
    """
    n = len(stored)
    kept, own = np.empty((n, MOST), bool), np.empty((n, MOST), bool)
    stolen = np.empty((len(BITS), n, n), np.float32)
    for i in tqdm(range(n), "keys", unit="key"):
        under = protect(np.vstack([stored[i], probes]), i, MOST)
        kept[i], own[i] = under[0], under[1 + i]
        agree = under[1:] == under[0]
        for b, bits in enumerate(BITS):
            stolen[b, i] = agree[:, :bits].mean(axis=1)
    return kept, own, stolen


def rates(scores: np.ndarray, levels: int) -> list[float]:
    """EER, its interval, and TMR at FMR, of scores (n, n) whose diagonal is genuine.

    Parameters: levels, how many steps from the lowest to the highest score the interval is worked out with.
    """
    genuine, impostor = np.diag(scores), scores[~np.eye(len(scores), dtype=bool)]
    return [eer(genuine, impostor), *by_person(scores, levels), tmr_at_fmr(genuine, impostor, FMR)]


def by_person(scores: np.ndarray, levels: int) -> tuple[float, float]:
    """The middle 95 % of the EERs of sets of people drawn with replacement; nobody is an impostor to himself.

    Scores are counted in steps, because sorting millions of them anew for every draw would take hours.
    """
    n, low, high = len(scores), scores.min(), scores.max()
    step = np.round((scores - low) / (high - low) * levels).astype(np.int32)
    rng, values = np.random.default_rng(0), []
    for _ in range(REPLICATES):
        times = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        weights = np.outer(times, times)
        np.fill_diagonal(weights, 0)
        genuine = np.bincount(np.diag(step), times, levels + 1)
        impostor = np.bincount(step.ravel(), weights.ravel(), levels + 1)
        values.append(eer_of_counts(genuine, impostor))
    return tuple(float(q) for q in np.quantile(values, [0.025, 0.975]))


def eer_of_counts(genuine: np.ndarray, impostor: np.ndarray) -> float:
    """facelab.verification.eer of scores that are given as counts at rising levels, (L,) each."""
    fmr, tmr = (np.append(0, np.cumsum(counts[::-1]) / counts.sum()) for counts in (impostor, genuine))
    gap = fmr - (1 - tmr)
    after = int(np.argmax(gap >= 0))
    part = -gap[after - 1] / (gap[after] - gap[after - 1])
    return float(fmr[after - 1] + part * (fmr[after] - fmr[after - 1]))


def gone_back(bits: np.ndarray, keys: Sequence[int], dimensions: int) -> np.ndarray:
    """The templates (n, d) that bits (n, b), each row under a key of its own, come from, nearly."""
    return np.concatenate([back_project(row[None], key, dimensions) for row, key in zip(bits, keys, strict=True)])


def measured(stored: np.ndarray, probes: np.ndarray) -> Iterator[list]:
    """Rows by number of bits: own and stolen keys, two databases without and with their keys, and inversion."""
    n, d = stored.shape
    kept, own, stolen = under_keys(stored, probes)
    keys = range(SECOND_DATABASE, SECOND_DATABASE + n)
    elsewhere = np.concatenate([protect(row[None], key, MOST) for row, key in zip(probes, keys, strict=True)])
    for b, bits in enumerate(tqdm(BITS, "rates", unit="length")):
        here = kept[:, :bits]
        yield ["own key", bits, n, *rates(hamming_similarity(here, own[:, :bits]), bits), None, None, None]
        yield ["stolen key", bits, n, *rates(stolen[b], bits), None, None, None]
        across = hamming_similarity(here, elsewhere[:, :bits])
        yield ["two databases, keys unknown", bits, n, *rates(across, bits), system_wide(across), None, None]
        one, two = gone_back(here, range(n), d), gone_back(elsewhere[:, :bits], keys, d)
        linked = one @ two.T
        yield ["two databases, keys known", bits, n, *rates(linked, LEVELS), system_wide(linked), None, None]
        cosine, other = (one * stored).sum(axis=1), (one * probes).sum(axis=1)
        above = float((other >= THRESHOLD).mean())
        yield ["key known, gone back", bits, n, None, None, None, None, None, float(cosine.mean()), above]


def system_wide(scores: np.ndarray) -> float:
    """D_sys of scores (n, n) whose diagonal is mated."""
    return linkability(np.diag(scores), scores[~np.eye(len(scores), dtype=bool)])


def main(options: argparse.Namespace) -> None:
    """Write revocable."""
    archive = outside(options.data, ARCHIVE, "LFW (View 2)")
    embedder = SFaceEmbedder()
    one, two = (embedder.embed(read_images(archive, files)) for files in two_photographs(archive))
    both = one.found & two.found
    stored, probes = (part.templates[both] for part in (one, two))
    plain = stored @ probes.T
    above = float((np.diag(plain) >= THRESHOLD).mean())
    rows = [["plain cosine", None, len(stored), *rates(plain, LEVELS), system_wide(plain), None, above]]
    rows += measured(stored, probes)
    protocol = [
        f"SFace, YuNet at {embedder.confidence}, no border; {len(stored)} people of LFW with two images: the first is "
        "stored, the second probes; pairs of labels that show one person (see gallery): the second label left out",
        "facelab.privacy.protect: signs of keyed directions, a new set at right angles every 128; similarity: share of "
        "bits that agree; person i has the key i, in the second database another",
        "own key: everybody probes with the own key; stolen key: an impostor probes with the key of the person "
        "attacked; two databases: one person's bits under two keys, as they are (keys unknown) or after back_project "
        "(keys known)",
        f"eer over all pairs of people; low, high: 95 % by bootstrap over people, {REPLICATES} draws; d_sys: "
        "linkability of Gomez-Barrero et al. 2018, 20 bins (0: none; a little above 0 by chance)",
        "key known, gone back: cosine, mean between the template regained and the stolen one; above: share of people "
        f"whose other photograph it matches at cosine {THRESHOLD} (in the row of plain cosine: the template's own)",
    ]
    write_table("revocable", "course measure revocable", protocol, COLUMNS, rows)
