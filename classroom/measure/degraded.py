"""How much of recognition is left when the picture gets worse: SFace on LFW and ORL, at a threshold fixed beforehand.

The threshold is set on clean pictures, once, as a system that runs has it set. Then the probes get worse: fewer pixels,
blur, light, compression, a covered face. What the detector doesn't find any more is counted apart, and as not matched.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from tqdm import tqdm

from classroom.measure.lfw import ARCHIVE, parse_pairs, read_images
from classroom.measure.store import outside, write_table
from facelab import degrade
from facelab.datasets import load_orl
from facelab.detection import YuNetDetector, as_colour
from facelab.embedding import DIMENSIONS, SFaceEmbedder, align, orl_templates
from facelab.verification import similarity, threshold_at_fmr, wilson_interval

FMR = 1e-3
CONFIDENCE = 0.5
ORL_BORDER, ORL_ENLARGED = 30, 2
ORL_REFERENCES, ORL_PROBES = (0, 1, 2, 3, 4), (6, 8)
CONDITIONS = (
    ("clean", None),
    *(("width", pixels) for pixels in (56, 28, 20, 14, 10)),
    *(("width_native", pixels) for pixels in (28, 20, 14)),
    *(("blur", share) for share in (0.01, 0.02, 0.04, 0.06)),
    *(("exposure", factor) for factor in (0.25, 0.5, 2, 4)),
    ("jpeg", 10),
    ("eyes_covered", None),
    ("mouth_covered", None),
)
COLUMNS = ("data", "condition", "level", "detected", "tmr", "low", "high", "fmr")
PROTOCOL = (
    f"SFace, YuNet at {CONFIDENCE}; probes degraded, references clean; threshold fixed on clean probes at FMR {FMR:g}",
    "lfw: the 300 genuine pairs of fold 1, first images references, second images probes, 250 x 250 as they are; all "
    "probes with all references: genuine within a person (never a photograph with itself), impostor between people",
    f"orl: shots {' and '.join(map(str, ORL_PROBES))} (from 0) of 40 people against shots 0 to 4; {ORL_BORDER} px of "
    f"replicated border, enlarged {ORL_ENLARGED}-fold, then degraded; its threshold is its own",
    "level: width, the face's width in pixels (YuNet's box on the clean picture), shrunk by averaging areas and "
    "enlarged again before the search; width_native, the same, but searched and described small; blur, sigma as a "
    "share of that width; exposure, factor, clipped at white; jpeg, quality; covered, a grey bar along the eyes",
    "detected: share of probes with a face whose middle is within half a width of the true one; tmr: share of genuine "
    "comparisons at or above the threshold, those of probes not detected counted as below; fmr: share of impostor "
    "comparisons at or above it, of probes detected; low, high: Wilson 95 % interval of tmr, as many trials as probes",
)


@dataclass(frozen=True, eq=False)
class Picture:
    """A probe and where its face is: image (h, w, 3) uint8, box (4,) and landmarks (5, 2) on the clean image."""

    image: np.ndarray
    box: np.ndarray
    landmarks: np.ndarray


def picture(detector: YuNetDetector, image: np.ndarray) -> Picture:
    """An image with its face, the one nearest to the middle. Raises: ValueError if there is none."""
    found = detector.detect(image)
    if len(found) == 0:
        raise ValueError("degraded: a clean picture without a face can't tell what degrading it costs.")
    middles = found.boxes[:, :2] + found.boxes[:, 2:] / 2
    nearest = np.argmin(((middles - np.array(image.shape[1::-1]) / 2) ** 2).sum(axis=1))
    return Picture(image, found.boxes[nearest], found.landmarks[nearest])


def worse(probe: Picture, condition: str, level: float | None) -> tuple[np.ndarray, float]:
    """The degraded image, and its size over that of the probe's (1 but for width_native).

    Raises: ValueError for an unknown condition.
    """
    width = probe.box[2]
    match condition:
        case "clean":
            return probe.image, 1.0
        case "width":
            return degrade.fewer_pixels(probe.image, min(1.0, level / width)), 1.0
        case "width_native":
            return degrade.shrink(probe.image, min(1.0, level / width)), min(1.0, level / width)
        case "blur":
            return degrade.blur(probe.image, level * width), 1.0
        case "exposure":
            return degrade.expose(probe.image, level), 1.0
        case "jpeg":
            return degrade.jpeg(probe.image, level), 1.0
        case "eyes_covered" | "mouth_covered":
            return degrade.cover(probe.image, probe.landmarks, condition.removesuffix("_covered")), 1.0
    raise ValueError(f"degraded: no condition {condition!r}.")


def templates(
    probes: Sequence[Picture], condition: str, level: float | None, detector: YuNetDetector, embedder: SFaceEmbedder
) -> np.ndarray:
    """The templates (n, 128) of degraded probes, a row of NaN where the face isn't found where it is."""
    rows = []
    for probe in tqdm(probes, f"{condition} {level or ''}", unit="image", leave=False):
        image, scale = worse(probe, condition, level)
        found = detector.detect(image)
        truth = (probe.box[:2] + probe.box[2:] / 2) * scale
        distance = np.linalg.norm(found.boxes[:, :2] + found.boxes[:, 2:] / 2 - truth, axis=1)
        if len(found) == 0 or distance.min() > probe.box[2] * scale / 2:
            rows.append(np.full(DIMENSIONS, np.nan, np.float32))
        else:
            rows.append(embedder.describe(align(image, found.landmarks[distance.argmin()])[None])[0])
    return np.array(rows)


def rates(
    scores: np.ndarray, genuine: np.ndarray, other: np.ndarray, threshold: float
) -> tuple[float, float, float | None]:
    """Detected, TMR and FMR (None if no impostor comparison is left).

    Parameters: scores (probes, references), NaN where no face was found; genuine, other: the same shape, bool.
    """
    found = ~np.isnan(scores)
    accepted = found & (scores >= threshold)
    fmr = float(accepted[found & other].mean()) if (found & other).any() else None
    return float(found.any(axis=1).mean()), float(accepted[genuine].mean()), fmr


def rows_of(
    data: str, probes: Sequence[Picture], references: np.ndarray, genuine: np.ndarray, other: np.ndarray
) -> Iterator[list]:
    """A row of the table for every condition; the first, clean, fixes the threshold.

    Parameters: references (r, 128); genuine and other, (probes, r) bool: comparisons within a person, between people.
    """
    detector, embedder = YuNetDetector(CONFIDENCE), SFaceEmbedder()
    threshold = None
    for condition, level in CONDITIONS:
        scores = similarity(templates(probes, condition, level, detector, embedder), references)
        if threshold is None:
            threshold = threshold_at_fmr(scores[other], FMR)
            print(f"  {data}: threshold {threshold:.3f}")
        detected, tmr, fmr = rates(scores, genuine, other, threshold)
        name = condition if level is None else f"{condition} {level}"
        print(f"  {data} {name}: detected {detected:.3f}, TMR {tmr:.3f}", flush=True)
        yield [data, condition, level, detected, tmr, *wilson_interval(tmr * len(probes), len(probes)), fmr]


def lfw_rows(options: argparse.Namespace) -> Iterator[list]:
    """LFW's fold 1: the second images of its genuine pairs degraded, against all first images.

    Some people are in several pairs; a photograph is never compared with itself.
    """
    archive = outside(options.data, ARCHIVE, "LFW (View 2)")
    with zipfile.ZipFile(archive) as members:
        pairs = parse_pairs(members.read("pairs.txt").decode())
    chosen = np.flatnonzero((pairs.fold == 0) & pairs.same)
    left, right = pairs.left[chosen], pairs.right[chosen]
    references = (
        SFaceEmbedder(confidence=CONFIDENCE).embed(read_images(archive, [pairs.files[i] for i in left])).templates
    )
    detector = YuNetDetector(CONFIDENCE)
    probes = [picture(detector, image) for image in read_images(archive, [pairs.files[i] for i in right])]
    same = pairs.person[right][:, None] == pairs.person[left]
    yield from rows_of("lfw", probes, references, same & (right[:, None] != left), ~same)


def prepared(image: np.ndarray) -> np.ndarray:
    """An ORL portrait with its border, enlarged, in colour, as SFaceEmbedder sees it: the picture that gets worse."""
    image = cv2.copyMakeBorder(as_colour(image), *(ORL_BORDER,) * 4, cv2.BORDER_REPLICATE)
    return cv2.resize(image, None, None, ORL_ENLARGED, ORL_ENLARGED, cv2.INTER_LINEAR)


def orl_rows() -> Iterator[list]:
    """ORL: two shots of everybody degraded, against five others."""
    orl = load_orl()
    detector = YuNetDetector(CONFIDENCE)
    enrolled, searched = (np.isin(orl.shot, shots) for shots in (ORL_REFERENCES, ORL_PROBES))
    references = orl_templates()[enrolled]
    probes = [picture(detector, prepared(image)) for image in orl.images[searched]]
    same = orl.person[searched][:, None] == orl.person[enrolled]
    yield from rows_of("orl", probes, references, same, ~same)


def main(options: argparse.Namespace) -> None:
    """Write degraded.csv."""
    rows = [*orl_rows(), *lfw_rows(options)]
    write_table("degraded", "course measure degraded", PROTOCOL, COLUMNS, rows)
