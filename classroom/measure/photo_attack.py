"""A photograph held up to the door: how often SFace takes it for the person, and what one cue of liveness is worth.

Print and screen are simulated (facelab.privacy): nothing was printed, and no screen was photographed. The cue's
thresholds are tuned on half of the people and tried on the others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from classroom.measure.inversion import THRESHOLD, drawn
from classroom.measure.lfw import ARCHIVE, read_images
from classroom.measure.store import outside, write_table
from facelab.embedding import SFaceEmbedder
from facelab.privacy import camera, detail, print_attack, screen_attack, sharpen
from facelab.verification import threshold_at_fmr, wilson_interval

PEOPLE = 300
OUT_OF_FOCUS = 1.5  # px
SHARPENED = (4.0, 2.0)  # how much, and how wide, the file is sharpened before it is printed
ALLOWED = (0.05, 0.1)  # APCER that a threshold is tuned to
PRESENTATIONS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "bona fide": lambda image, rng: camera(image, rng),
    "print": lambda image, rng: camera(print_attack(image, rng), rng),
    "screen": lambda image, rng: camera(screen_attack(image, rng), rng),
    "print, sharpened": lambda image, rng: camera(print_attack(sharpen(image, *SHARPENED), rng), rng),
    "bona fide, out of focus": lambda image, rng: camera(image, rng, OUT_OF_FOCUS),
}
ATTACKS = ("print", "screen", "print, sharpened")
HONEST = ("bona fide", "bona fide, out of focus")
COLUMNS = ("method", "setting", "trials", "successes", "low", "high")
CUE_COLUMNS = ("person", "part", "presentation", "cue", "score")


def look(
    presented: Iterator[np.ndarray], count: int, name: str, embedder: SFaceEmbedder
) -> tuple[np.ndarray, np.ndarray]:
    """Cue (n,) and template (n, 128) of each picture; NaN where no face is found."""
    cues, templates = np.full(count, np.nan), np.full((count, 128), np.nan, np.float32)
    for i, image in enumerate(tqdm(presented, name, count, unit="image")):
        if (crop := embedder.crop(image)) is not None:
            cues[i], templates[i] = detail(crop), embedder.describe(crop[None])[0]
    return cues, templates


def summary(cues: dict[str, np.ndarray], scores: dict[str, np.ndarray], tuned: np.ndarray) -> list[list]:
    """Rows of photo_attack from the cues and scores of every presentation, (n,) each; tuned (n,) bool."""
    rows = [share("match", name, accepted >= THRESHOLD) for name, accepted in scores.items()]
    tried = {name: found(cue[~tuned]) for name, cue in cues.items()}
    for learned in ("print", "screen"):
        for allowed in ALLOWED:
            threshold = threshold_at_fmr(found(cues[learned][tuned]), allowed)
            how = f"tuned to APCER {allowed:.0%} on {learned}"
            rows += [share("apcer", f"{how}; tried on {name}", tried[name] >= threshold) for name in ATTACKS]
            rows += [share("bpcer", f"{how}; tried on {name}", tried[name] < threshold) for name in HONEST]
    return rows


def found(values: np.ndarray) -> np.ndarray:
    """Those that are no NaN: a picture without a face never comes to the cue."""
    return values[~np.isnan(values)]


def share(method: str, setting: str, hits: Sequence[bool]) -> list:
    """A row: how many of how many, with Wilson's interval."""
    count = int(np.sum(hits))
    return [method, setting, len(hits), count, *wilson_interval(count, len(hits))]


def main(options: argparse.Namespace) -> None:
    """Write photo_attack and photo_attack_cue."""
    archive = outside(options.data, ARCHIVE, "LFW (View 2)")
    first, second = drawn(archive, PEOPLE, 1)
    embedder = SFaceEmbedder()
    references = embedder.embed(read_images(archive, second)).templates
    tuned = np.arange(len(first)) < len(first) // 2
    cues, scores = {}, {}
    for name, present in PRESENTATIONS.items():
        # Each person's accidents come from one seed, the same for every presentation.
        images = (present(image, np.random.default_rng(i)) for i, image in enumerate(read_images(archive, first)))
        cues[name], templates = look(images, len(first), name, embedder)
        scores[name] = (templates * references).sum(axis=1)

    command = "course measure photo_attack"
    protocol = [
        f"SFace, YuNet at {embedder.confidence}, no border; {len(first)} people of LFW with two images: the first is "
        f"presented, the second is the reference; match: cosine {THRESHOLD} or more; a picture without a face is not "
        "matched and never comes to the cue",
        "print, screen: simulated (facelab.privacy.print_attack, screen_attack), before the same simulated camera as "
        f"the bona fide pictures; sharpened: the file, before it is printed; out of focus: the camera "
        f"blurs by {OUT_OF_FOCUS} px",
        f"cue: facelab.privacy.detail of the aligned face; thresholds tuned on {tuned.sum()} people, apcer and bpcer "
        f"on the {(~tuned).sum()} others; at or above the threshold a presentation counts as live; low, high: "
        "Wilson 95 %",
    ]
    write_table("photo_attack", command, protocol, COLUMNS, summary(cues, scores, tuned))
    rows = [
        [person, "tuned" if tuned[person] else "tried", name, float(cues[name][person]), float(scores[name][person])]
        for name in PRESENTATIONS
        for person in range(len(first))
        if not np.isnan(cues[name][person])
    ]
    write_table("photo_attack_cue", command, protocol, CUE_COLUMNS, rows)
