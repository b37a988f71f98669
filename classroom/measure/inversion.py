"""Rebuilding a face from its template: learned on UTKFace, tried on people of LFW; rates, and nothing else, are kept.

Somebody has stolen the template of one photograph, or may ask a matcher for scores. A rebuilt picture succeeds if the
matcher takes it for the victim's *other* photograph: to match the stolen one again would say little, since that may be
reached by noise that no face is in. Then the method is tried once more, as it stands, on everybody who was not among
the victims while it was made, and on templates regained from revocable bits. No picture, template, component or weight
is stored.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from classroom.measure.gallery import ONE_FACE, TWO_NAMES, first_and_second
from classroom.measure.lfw import ARCHIVE, parse_pairs, read_images
from classroom.measure.store import outside, write_table
from classroom.measure.utkface import ARCHIVE as CHIPS_ARCHIVE
from facelab import results
from facelab.eigenfaces import Eigenfaces
from facelab.embedding import SIDE, SFaceEmbedder
from facelab.privacy import Climb, Inverter, back_project, fit_ridge, hill_climb, protect
from facelab.verification import wilson_interval

CHIPS = 2400
VICTIMS = 300
SMALL = SIDE // 2
COMPONENTS = (50, 150, 300, 600, 1500)
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
THRESHOLD = 0.363  # OpenCV's recommendation for SFace
FMR = 1e-3
ALIKE = 0.5  # a chip this like a victim may show the victim, and isn't learned from
CLIMBERS = 12
CLIMBED = 100  # eigenfaces that a climb moves along
BITS = (128, 512)  # of the revocable templates that pictures are rebuilt from
CONFIRMED = (600, 1500)  # eigenfaces tried on people who were not among the victims, and from bits
STARTED = 600  # eigenfaces of the rebuilt picture that the second climb begins with
QUERIES = {"mean face": 600, "rebuilt": 300}
REACHED = (1, 3, 10, 30, 100, 300, 600)
REPLICATES = 1000
COLUMNS = ("method", "setting", "against", "threshold", "trials", "successes", "low", "high")
CLIMB_COLUMNS = (
    *("start", "queries", "victims", "own", "own_low", "own_high", "other", "other_low", "other_high"),
    "median_queries_to_match",
)


@dataclass(frozen=True, eq=False)
class Photographs:
    """Two photographs each of V people: aligned faces (V, 112, 112, 3) uint8 and templates (V, 128) float32."""

    own: np.ndarray  # the faces of the photographs whose templates are stolen
    stolen: np.ndarray  # those templates
    other: np.ndarray  # templates of the other photographs


def two_photographs(archive: Path) -> tuple[list[str], list[str]]:
    """The files of everybody's first and second image, of the people of LFW who have two, in the order of people."""
    with zipfile.ZipFile(archive) as members:
        pairs = parse_pairs(members.read("pairs.txt").decode())
    first, second = first_and_second(pairs.person)
    left_out = [later for _, later in TWO_NAMES + ONE_FACE]
    second = second[~np.isin(pairs.person[second], left_out)]
    first = first[np.searchsorted(pairs.person[first], pairs.person[second])]
    return [pairs.files[i] for i in first], [pairs.files[i] for i in second]


def drawn(archive: Path, people: int, seed: int, others: bool = False) -> tuple[list[str], list[str]]:
    """The same of that many people, or of all if there are fewer, drawn with a seed; or of those who weren't drawn."""
    first, second = two_photographs(archive)
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[people:] if others else order[:people]
    return [first[i] for i in order], [second[i] for i in order]


def photographs(archive: Path, embedder: SFaceEmbedder, others: bool = False) -> Photographs:
    """The victims, or all others; people in one of whose photographs no face is found are left out."""
    first, second = drawn(archive, VICTIMS, 0, others)
    own, other = (
        [embedder.crop(image) for image in tqdm(read_images(archive, files), name, len(files), unit="image")]
        for files, name in ((first, "stolen"), (second, "other"))
    )
    kept = [i for i, (a, b) in enumerate(zip(own, other, strict=True)) if a is not None and b is not None]
    own, other = np.stack([own[i] for i in kept]), np.stack([other[i] for i in kept])
    return Photographs(own, embedder.describe(own), embedder.describe(other))


def chips(archive: Path, embedder: SFaceEmbedder) -> tuple[np.ndarray, np.ndarray]:
    """Aligned faces of UTKFace's chips as they are, (N, 112, 112, 3) uint8, and their templates (N, 128)."""
    with zipfile.ZipFile(archive) as members:
        files = sorted(name for name in members.namelist() if name.endswith(".jpg"))
    order = np.random.default_rng(0).permutation(len(files))[:CHIPS]
    images = tqdm(read_images(archive, [files[i] for i in order]), "chips", len(order), unit="image")
    faces = np.stack([face for image in images if (face := embedder.crop(image)) is not None])
    return faces, embedder.describe(faces)


def as_rows(faces: np.ndarray) -> np.ndarray:
    """Aligned faces at half size and flattened: (N, 56 * 56 * 3) float64, which 1,500 components need."""
    small = [cv2.resize(face, (SMALL, SMALL), interpolation=cv2.INTER_AREA) for face in faces]
    return np.stack(small).reshape(len(faces), -1).astype(np.float64)


def as_faces(rows: np.ndarray) -> np.ndarray:
    """The way back: rows as pictures that a network can be shown, (N, 112, 112, 3) uint8."""
    small = np.clip(np.round(rows), 0, 255).astype(np.uint8).reshape(-1, SMALL, SMALL, 3)
    return np.stack([cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for face in small])


def learned(faces: np.ndarray, templates: np.ndarray, mirrored: np.ndarray) -> tuple[Inverter, float]:
    """The inverter learned from chips and their mirror images, and its penalty: the best for every fifth chip.

    Parameters: faces (N, 112, 112, 3), their templates and those of their mirror images, (N, 128) each. Eigenfaces are
    those of the chips as they are; a victim has no part in the choice of the penalty.
    """
    eigenfaces = Eigenfaces(min(max(COMPONENTS), len(faces) - 1)).fit(as_rows(faces))
    X = np.concatenate([templates, mirrored])
    Y = np.concatenate([eigenfaces.transform(as_rows(part)) for part in (faces, faces[:, :, ::-1])])
    held = np.tile(np.arange(len(faces)) % 5 == 0, 2)

    def error(penalty: float) -> float:
        return float(((fit_ridge(X[~held], Y[~held], penalty).predict(X[held]) - Y[held]) ** 2).sum())

    penalty = min(PENALTIES, key=error)
    return Inverter(eigenfaces, fit_ridge(X, Y, penalty)), penalty


def limits() -> list[float]:
    """The two thresholds: the recommended one, and the first step at which no more than FMR of LFW's impostors pass.

    The impostor scores are millions, counted in steps of .005 by `course measure gallery`.
    """
    table = results("gallery_impostor")
    passed = np.cumsum(table["real"][::-1])[::-1] / table["real"].sum()
    return [THRESHOLD, float(table["score"][np.argmax(passed <= FMR)])]


def rows_of(method: str, setting: str, shown: np.ndarray, who: Photographs, strangers: bool = True) -> Iterator[list]:
    """Rows of the table for one picture a victim, shown to SFace.

    Parameters: shown (V, 128), the pictures' templates; strangers, whether they are held against all other people's
    photographs too.
    """
    own, all_others = (shown * who.stolen).sum(axis=1), shown @ who.other.T
    for threshold in limits():
        for against, accepted in (("own", own >= threshold), ("other", np.diag(all_others) >= threshold)):
            hits = int(accepted.sum())
            yield [method, setting, against, threshold, len(own), hits, *wilson_interval(hits, len(own))]
        if strangers:
            accepted = all_others >= threshold
            np.fill_diagonal(accepted, False)
            trials = accepted.size - len(own)
            interval = by_victim(accepted, np.random.default_rng(0))
            yield [method, setting, "non-victim", threshold, trials, int(accepted.sum()), *interval]


def by_victim(accepted: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """The middle 95 % of the share accepted in sets of victims drawn with replacement.

    Parameters: accepted (V, V) bool, picture by person, False on the diagonal, which isn't counted. The comparisons
    share pictures and people, so an interval that takes them for independent would be too narrow.
    """
    shares, accepted = [], accepted.astype(np.float32)
    for _ in range(REPLICATES):
        times = np.bincount(rng.integers(0, len(accepted), len(accepted)), minlength=len(accepted)).astype(np.float32)
        pairs = times.sum() ** 2 - times @ times
        if pairs:  # else one person was drawn every time
            shares.append(times @ accepted @ times / pairs)
    return tuple(float(q) for q in np.quantile(shares, [0.025, 0.975]))


def exactly(eigenfaces: Eigenfaces, who: Photographs, k: int) -> tuple[list, np.ndarray]:
    """The row of eigenface templates inverted in their own system, and the pictures (V, D) they give.

    Success: the template of the rebuilt picture is the stolen one, to a ten-thousandth of its length. That is an
    identity and nothing random, so the row has no interval.
    """
    basis = eigenfaces.components_[:k].astype(np.float64)
    stolen = (as_rows(who.own) - eigenfaces.mean_) @ basis.T
    pictures = eigenfaces.mean_ + stolen @ basis
    again = (pictures - eigenfaces.mean_) @ basis.T
    apart = np.linalg.norm(again - stolen, axis=1) / np.linalg.norm(stolen, axis=1)
    hits = int((apart <= 1e-4).sum())
    return ["eigenfaces, own system", f"k={k}", "own", None, len(stolen), hits, None, None], pictures


def climb_from(
    start: np.ndarray, eigenfaces: Eigenfaces, stolen: np.ndarray, queries: int, seed: int, embedder: SFaceEmbedder
) -> tuple[Climb, np.ndarray]:
    """Climb along eigenfaces from a picture (D,) to a stolen template (128,), and each query's template (Q, 128)."""
    basis = eigenfaces.components_[:CLIMBED]
    seen = []

    def score(point: np.ndarray) -> float:
        seen.append(embedder.describe(as_faces(start + point @ basis))[0])
        return float(seen[-1] @ stolen)

    scale = np.sqrt(eigenfaces.explained_variance_[:CLIMBED])
    return hill_climb(score, np.zeros(len(basis)), scale, queries, seed), np.stack(seen)


def climbs(inverter: Inverter, who: Photographs, embedder: SFaceEmbedder) -> tuple[list[list], list[list]]:
    """Rows of inversion for both climbs, and rows of inversion_climb: scores on the way."""
    eigenfaces, rows, ways = inverter.eigenfaces, [], []
    rebuilt = inverter.rebuild(who.stolen[:CLIMBERS], STARTED)
    starts = {"mean face": np.tile(eigenfaces.mean_, (CLIMBERS, 1)), "rebuilt": rebuilt}
    for name, pictures in starts.items():
        needed, best = [], []
        for v in tqdm(range(len(rebuilt)), f"climb from the {name}", unit="victim"):
            climb, seen = climb_from(pictures[v], eigenfaces, who.stolen[v], QUERIES[name], v, embedder)
            needed.append(climb.queries_to(THRESHOLD))
            best.append(seen[climb.best])
        best = np.stack(best)  # victims, queries, 128
        own, other = (np.einsum("vqd,vd->vq", best, part[: len(best)]) for part in (who.stolen, who.other))
        median = float(np.median([q or np.inf for q in needed]))
        for queries in (q for q in REACHED if q <= QUERIES[name]):
            for threshold in limits():
                for against, scores in (("own", own), ("other", other)):
                    hits = int((scores[:, queries - 1] >= threshold).sum())
                    setting = f"from the {name}, {queries} queries"
                    interval = wilson_interval(hits, len(best))
                    rows.append(["climb", setting, against, threshold, len(best), hits, *interval])
            at = (x for scores in (own, other) for x in spread(scores[:, queries - 1]))
            ways.append([name, queries, len(best), *at, median])
    return rows, ways


def from_bits(
    inverter: Inverter, who: Photographs, kept: Sequence[int], end: str, embedder: SFaceEmbedder
) -> list[list]:
    """Rows of pictures rebuilt from revocable bits and their key: the template regained, then the same regression.

    Parameters: kept, numbers of eigenfaces; end, what the method's name ends in. Victim i has the key i.
    """
    rows = []
    for bits in BITS:
        regained = np.concatenate(
            [
                back_project(protect(one[None], key, bits), key, who.stolen.shape[1])
                for key, one in enumerate(tqdm(who.stolen, f"{bits} bits", unit="victim"))
            ]
        )
        for k in kept:
            shown = embedder.describe(as_faces(inverter.rebuild(regained, k)))
            rows += rows_of(f"ridge, from {bits} bits and key{end}", f"k={k}", shown, who)
    return rows


def confirmed(
    inverter: Inverter, archive: Path, learned_from: np.ndarray, kept: Sequence[int], embedder: SFaceEmbedder
) -> tuple[list[list], int]:
    """Rows of everybody who was no victim, with the method as it stands, and how many were left out.

    Parameters: learned_from (N, 128), the chips' templates: who is like one of them may be on it, and is left out here,
    so that the inverter stays the one that the victims were tried with.
    """
    new = photographs(archive, embedder, others=True)
    alike = (np.concatenate([new.stolen, new.other]) @ learned_from.T).max(axis=1) >= ALIKE
    clear = ~alike.reshape(2, -1).any(axis=0)
    new = Photographs(new.own[clear], new.stolen[clear], new.other[clear])
    rows = [*rows_of("photograph, held out", "the stolen one's", new.stolen, new)]
    for k in kept:
        shown = embedder.describe(as_faces(inverter.rebuild(new.stolen, k)))
        rows += rows_of("ridge, held out", f"k={k}", shown, new)
    return rows + from_bits(inverter, new, kept, ", held out", embedder), int((~clear).sum())


def spread(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, lowest and highest."""
    return float(values.mean()), float(values.min()), float(values.max())


def main(options: argparse.Namespace) -> None:
    """Write inversion and inversion_climb."""
    archive = outside(options.data, ARCHIVE, "LFW (View 2)")
    utkface = outside(options.data, CHIPS_ARCHIVE, "UTKFace (4,000 chips)")
    embedder = SFaceEmbedder()
    who = photographs(archive, embedder)
    faces, templates = chips(utkface, embedder)
    alike = (templates @ np.concatenate([who.stolen, who.other]).T).max(axis=1) >= ALIKE
    faces, templates = faces[~alike], templates[~alike]
    most = min(max(COMPONENTS), len(faces) - 1)
    inverter, penalty = learned(faces, templates, embedder.describe(faces[:, :, ::-1]))

    rows = [*rows_of("photograph", "the stolen one's", who.stolen, who)]
    rows += rows_of("photograph", "a stranger's", np.roll(who.stolen, 1, axis=0), who, strangers=False)
    mean = embedder.describe(as_faces(inverter.eigenfaces.mean_[None]))
    rows += rows_of(
        "mean face", "of the people learned from", np.repeat(mean, len(who.own), axis=0), who, strangers=False
    )
    for k in sorted({min(k, most) for k in COMPONENTS}):
        row, pictures = exactly(inverter.eigenfaces, who, k)
        rows += [row, *rows_of("eigenfaces, shown to SFace", f"k={k}", embedder.describe(as_faces(pictures)), who)]
        rebuilt = embedder.describe(as_faces(inverter.rebuild(who.stolen, k)))
        rows += rows_of("ridge", f"k={k}", rebuilt, who)
    kept = sorted({min(k, most) for k in CONFIRMED})
    rows += from_bits(inverter, who, kept, "", embedder)
    held_out, left_out = confirmed(inverter, archive, templates, kept, embedder)
    more, ways = climbs(inverter, who, embedder)

    command = "course measure inversion"
    protocol = [
        f"SFace, YuNet at {embedder.confidence}, no border; learned from {len(faces)} UTKFace chips as they are (of "
        f"{CHIPS} drawn; {alike.sum()} left out because they score {ALIKE} or more with a victim's photograph)",
        f"victims: {len(who.own)} people of LFW drawn from those with two images; the template of the first is stolen; "
        "pairs of labels that show one person (see gallery): the second label left out",
        f"pictures: aligned faces of {SMALL} x {SMALL} pixels in colour; eigenfaces of the chips; ridge from templates "
        f"to their coordinates, learned from the chips and their mirror images, penalty {penalty:g} (of "
        f"{', '.join(f'{p:g}' for p in PENALTIES)} the best for every fifth chip); rebuilt pictures are enlarged to "
        f"{SIDE} and described without a search for the face",
        "against: own, the stolen photograph's template; other, the same person's other photograph; non-victim, all "
        "other people's other photographs",
        f"threshold: cosine {THRESHOLD}, and the lowest step of .005 with an FMR of at most {FMR:g} over all pairs of "
        "LFW's people (gallery_impostor); low, high: Wilson 95 %, for non-victim 95 % by bootstrap over victims, "
        "because those comparisons share pictures and people (percentiles, so too low where few matched)",
        "the method (penalty, mirror images) was changed once after a first run on these victims, which gave 18 of 300 "
        f"for k=600 and 20 for k=1500; held out: everybody else who has two images, {left_out} left out because they "
        f"score {ALIKE} or more with a chip; tried once, with the method as it then stood",
        "from bits and key: facelab.privacy.protect and back_project, then the same ridge; each victim has another key",
        "eigenfaces, own system: success if the rebuilt picture's template is the stolen one to 1e-4 of its length; an "
        "identity, so without an interval",
        f"climb: {CLIMBERS} victims, along {CLIMBED} eigenfaces, by the cosine with the stolen photograph's template: "
        "asked of the matcher (from the mean face), or worked out by whoever has the template and the network (from "
        f"the picture by ridge, k={STARTED}); the picture with the best score so far counts",
    ]
    write_table("inversion", command, protocol, COLUMNS, [*rows, *held_out, *more])
    protocol += [
        "own, other: mean cosine of the best picture so far with either photograph; low, high: lowest and highest",
        f"median_queries_to_match: of the queries until the own photograph was matched at {THRESHOLD}",
    ]
    write_table("inversion_climb", command, protocol, CLIMB_COLUMNS, ways)
