"""What a revocable template costs and keeps: SFace on LFW, signs of keyed projections, keys secret, stolen and known.

Everybody has a key. An impostor comes with a key of his own, or with a stolen one; two databases have different keys of
the same people; and somebody has the keys of both. Then two attacks on keys that only seem unknown: numbers that can be
tried, and one key for a whole database, some of whose people are known.
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
from facelab.verification import eer, tmr_at_fmr, unit_length, wilson_interval

BITS = (32, 64, 128, 256, 512, 1024)
MOST = max(BITS)
FMR = 1e-3
REPLICATES = 200
LEVELS = 2000  # steps that the plain cosine is counted in, for its interval
COLUMNS = ("method", "bits", "people", "eer", "low", "high", "tmr_at_1e-3", "d_sys", "cosine", "above")
SECOND_DATABASE = 1_000_000  # added to a person's key for the key in another database
AGAIN = (128, 512)  # bits that are measured with other keys, too, and attacked
SETS = 5  # of keys, each with other keys for everybody
NEXT_SET = 10_000_000  # added to the keys for those of the next set
TRIED = 3000  # keys that somebody tries, from 0: everybody's is among them
SEARCHED = 300  # people whose key is looked for
KNOWN = (0, 50, 200, 500)  # people known in both databases
NULLS = 8
ATTACK_COLUMNS = ("method", "setting", "bits", "trials", "successes", "low", "high")


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


def apart(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Genuine (n,) and impostor scores of scores (n, n) whose diagonal is genuine."""
    return np.diag(scores), scores[~np.eye(len(scores), dtype=bool)]


def rates(scores: np.ndarray, levels: int) -> list[float]:
    """EER, its interval, and TMR at FMR, of scores (n, n) whose diagonal is genuine.

    Parameters: levels, how many steps from the lowest to the highest score the interval is worked out with.
    """
    genuine, impostor = apart(scores)
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
        yield ["the same, mated drawn from the others", bits, n, *(None,) * 4, by_chance(across), None, None]
        one, two = gone_back(here, range(n), d), gone_back(elsewhere[:, :bits], keys, d)
        linked = one @ two.T
        yield ["two databases, keys known", bits, n, *rates(linked, LEVELS), system_wide(linked), None, None]
        cosine, other = (one * stored).sum(axis=1), (one * probes).sum(axis=1)
        above = float((other >= THRESHOLD).mean())
        yield ["key known, gone back", bits, n, None, None, None, None, None, float(cosine.mean()), above]


def system_wide(scores: np.ndarray) -> float:
    """D_sys of scores (n, n) whose diagonal is mated."""
    return linkability(np.diag(scores), scores[~np.eye(len(scores), dtype=bool)])


def other_keys(stored: np.ndarray, probes: np.ndarray) -> Iterator[list]:
    """Rows of own keys over SETS of other keys: the mean EER, and in place of an interval the lowest and the highest.

    With them the same for directions that are drawn independently, not at right angles.
    """
    n, d = stored.shape
    most, pairs = max(AGAIN), np.stack([stored, probes], axis=1)
    ways = {
        "own key": lambda pair, key: protect(pair, key, most),
        "own key, independent directions": lambda pair, key: (
            pair @ np.random.default_rng(key).normal(size=(d, most)) >= 0
        ),
    }
    for name, way in ways.items():
        found = {bits: [] for bits in AGAIN}
        for number in tqdm(range(1, SETS + 1), name, unit="set"):
            under = np.stack([way(pair, number * NEXT_SET + i) for i, pair in enumerate(pairs)])
            for bits in AGAIN:
                found[bits].append(eer(*apart(hamming_similarity(under[:, 0, :bits], under[:, 1, :bits]))))
        for bits, values in found.items():
            row = [f"{name}, {SETS} sets of keys", bits, n, float(np.mean(values)), min(values), max(values)]
            yield [*row, None, None, None, None]


def one_key(stored: np.ndarray, probes: np.ndarray) -> tuple[list[list], list[list]]:
    """Two databases, each under one key for all, both unknown: rows of revocable, and of revocable_attacks.

    Without anybody known the bits are compared as they are. With s people known in both, everybody else is described by
    how similar the own bits are to those people's, in each database by itself; these descriptions need no key.
    """
    rows, attacks = [], []
    for bits in AGAIN:
        a, b = protect(stored, SECOND_DATABASE - 1, bits), protect(probes, SECOND_DATABASE - 2, bits)
        for known in (k for k in KNOWN if k < len(a) - 1):
            if known:
                here, there = (standard(hamming_similarity(part[known:], part[:known])) for part in (a, b))
                scores = here @ there.T
            else:
                scores = hamming_similarity(a, b)
            n, levels = len(scores), LEVELS if known else bits
            setting, first = f"{known} people known in both", int((scores.argmax(axis=1) == np.arange(n)).sum())
            row = [f"one key a database, unknown; {setting}", bits, n, *rates(scores, levels), system_wide(scores)]
            rows.append([*row, None, None])
            attacks.append(["linked, one key a database", setting, bits, n, first, *wilson_interval(first, n)])
    return rows, attacks


def standard(similarities: np.ndarray) -> np.ndarray:
    """Similarities (n, s) to s known people, by person as a direction: columns standardised, rows centred, length 1."""
    columns = (similarities - similarities.mean(axis=0)) / np.maximum(similarities.std(axis=0), 1e-9)
    return unit_length(columns - columns.mean(axis=1, keepdims=True))


def keys_tried(stored: np.ndarray, probes: np.ndarray) -> Iterator[list]:
    """Rows of a search for the key: who has bits and another photograph of the person tries numbers from 0."""
    n = len(stored)
    who = np.random.default_rng(0).permutation(n)[:SEARCHED]
    for bits in AGAIN:
        kept = np.concatenate([protect(stored[i][None], int(i), bits) for i in who])
        agree = np.empty((TRIED, len(who)), np.float32)
        for key in tqdm(range(TRIED), f"{bits} bits: keys tried", unit="key"):
            agree[key] = (protect(probes[who], key, bits) == kept).mean(axis=1)
        found = int((agree.argmax(axis=0) == who).sum())
        yield ["key found by trying", f"{TRIED} numbers", bits, len(who), found, *wilson_interval(found, len(who))]


def by_chance(scores: np.ndarray) -> float:
    """The mean D_sys if as many mated scores are drawn from the others: what it is when nothing links."""
    genuine, others = apart(scores)
    rng = np.random.default_rng(0)
    drawn = (rng.choice(others, len(genuine), replace=False) for _ in range(NULLS))
    return float(np.mean([linkability(mated, others) for mated in drawn]))


def main(options: argparse.Namespace) -> None:
    """Write revocable and revocable_attacks."""
    archive = outside(options.data, ARCHIVE, "LFW (View 2)")
    embedder = SFaceEmbedder()
    one, two = (embedder.embed(read_images(archive, files)) for files in two_photographs(archive))
    both = one.found & two.found
    stored, probes = (part.templates[both] for part in (one, two))
    plain = stored @ probes.T
    above = float((np.diag(plain) >= THRESHOLD).mean())
    rows = [["plain cosine", None, len(stored), *rates(plain, LEVELS), system_wide(plain), None, above]]
    rows += measured(stored, probes)
    rows += other_keys(stored, probes)
    joined, attacks = one_key(stored, probes)
    rows += joined
    attacks += keys_tried(stored, probes)
    protocol = [
        f"SFace, YuNet at {embedder.confidence}, no border; {len(stored)} people of LFW with two images: the first is "
        "stored, the second probes; pairs of labels that show one person (see gallery): the second label left out",
        "facelab.privacy.protect: signs of keyed directions, a new set at right angles every 128; similarity: share of "
        "bits that agree; person i has the key i, in the second database another: so that it can be repeated; a key "
        "that is to protect is drawn at random and long",
        "own key: everybody probes with the own key; stolen key: an impostor probes with the key of the person "
        "attacked; two databases: one person's bits under two keys, as they are (keys unknown) or after back_project "
        "(keys known)",
        f"eer over all pairs of people; low, high: 95 % by bootstrap over people, {REPLICATES} draws (percentiles: too "
        "low where hardly anybody is an error); d_sys: linkability of Gomez-Barrero et al. 2018, 20 bins (0: none; "
        f"mated drawn from the others: its mean over {NULLS} draws where nothing links)",
        f"{SETS} sets of keys: mean, lowest and highest eer; independent directions: normal, not at right angles",
        "one key a database: two keys, unknown, each for everybody; with people known in both, the others are "
        "described by the similarity of their bits to those of the known, in each database by itself; eer and d_sys "
        "among the others",
        "key known, gone back: cosine, mean between the template regained and the stolen one; above: share of people "
        f"whose other photograph it matches at cosine {THRESHOLD} (in the row of plain cosine: the template's own)",
    ]
    command = "course measure revocable"
    write_table("revocable", command, protocol, COLUMNS, rows)
    protocol = [
        *protocol[:2],
        "linked: as one key a database in revocable; success: of all others the right one is the most similar",
        f"key found by trying: somebody with the bits and another photograph of the person tries the {TRIED} keys from "
        "0, of which one is the person's; success: under the right one the most bits agree",
        "low, high: Wilson 95 %",
    ]
    write_table("revocable_attacks", command, protocol, ATTACK_COLUMNS, attacks)
