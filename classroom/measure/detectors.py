"""Train and store the course's own detectors; and the list of all that are measured.

The cascade and the network learn from CBCL, from ORL's training people and from hard negatives in the training
backgrounds; the score that each asks of a face is chosen on the tuning montages. Nothing here sees a test montage, or
WIDER FACE.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from classroom.course import CourseError
from classroom.measure.store import MEASURED
from facelab import cnn
from facelab.cascade import Cascade, hard_negatives, train_cascade, varied
from facelab.datasets import load_cbcl, split_by_block
from facelab.detection import (
    CascadeDetector,
    CnnDetector,
    Detector,
    Evaluation,
    HaarDetector,
    YuNetDetector,
    evaluate,
    mine,
)
from facelab.haar import SIZE
from facelab.montages import Montages, backgrounds, load_montages, load_orl_windows
from facelab.tables import data_path

SEED = 0
KNOWN = 0.2  # share of CBCL's faces, in blocks, that set the cascade's thresholds and are not learned from
ORL_WEIGHT = 4  # how often each of ORL's 100 training faces is taken, beside CBCL's 2,429
CASCADE_FALSE = 0.25  # false boxes an image on the tuning montages, at most
CNN_FALSE = 0.5
MISTAKEN_EPOCHS = 10  # of the network that is mined: one that is not finished makes more mistakes to learn from
EPOCHS = 25
MONTAGE_IOU = 0.4


@dataclass(frozen=True)
class Method:
    """A detector of the tables.

    build(frame=..., ...) makes one; `everything` are the settings that keep all boxes a curve needs; `own` those at
    which it is used, which keep scores at or above threshold(); `on_wider` further ones for WIDER FACE. title, year and
    parameters stand in the running table, unless title is None; how says more.
    """

    name: str
    title: str | None
    year: int | None
    parameters: str
    how: str
    build: Callable[..., Detector]
    threshold: Callable[[], float]
    everything: dict[str, float] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)
    on_wider: dict[str, float] = field(default_factory=dict)


class NotMined(CnnDetector):
    """The stored network that did not learn from mistakes."""

    STORED = data_path("measured/cnn_not_mined.npz")


METHODS = (
    Method(
        "haar",
        "Haar cascade, OpenCV's default",
        2002,
        "24 px; factor 1.1; 3 neighbours",
        "OpenCV's frontalface_default on grey, scale factor 1.1, 3 neighbours, smallest window 24 px; score: windows "
        "that agree",
        HaarDetector,
        lambda: -np.inf,
    ),
    Method(
        "haar_alt2",
        "Haar cascade, OpenCV's alt2",
        2002,
        "20 px; factor 1.1; 3 neighbours",
        "OpenCV's frontalface_alt2, likewise, smallest window 20 px",
        lambda **settings: HaarDetector("frontalface_alt2", **settings),
        lambda: -np.inf,
    ),
    Method(
        "cascade",
        "Haar cascade, ours",
        2004,
        "19 px; CBCL and 10 people of ORL; 5 stages, 393 stumps; step 1.2",
        "facelab.detection.CascadeDetector, the stored cascade of `course measure detectors`, smallest window 24 px on "
        f"montages and {SIZE} px on WIDER FACE, which is 30 px of its boxes' height",
        CascadeDetector,
        lambda: CascadeDetector().threshold,
        everything={"threshold": 0.0},
        on_wider={"smallest": SIZE},
    ),
    Method(
        "cnn_not_mined",
        None,
        None,
        "",
        "facelab.detection.CnnDetector, the network without hard negatives, used at its threshold from the tuning "
        "montages",
        NotMined,
        lambda: NotMined().threshold,
        everything={"threshold": 0.0},
        on_wider={"smallest": SIZE},
    ),
    Method(
        "cnn",
        "CNN scanned, ours",
        2004,
        "5,977 parameters; 19 px; CBCL and 10 people of ORL, hard negatives; step 1.2",
        "facelab.detection.CnnDetector, the stored network of `course measure detectors`, smallest window 24 px on "
        f"montages and {SIZE} px on WIDER FACE, which is 30 px of its boxes' height",
        CnnDetector,
        lambda: CnnDetector().threshold,
        everything={"threshold": 0.0},
        on_wider={"smallest": SIZE},
    ),
    Method(
        "yunet",
        "YuNet",
        2023,
        "int8, 122 kB; score .5",
        "YuNet (2023 Mar, int8bq) at the image's own size, score .02 and more, suppression at IoU .3, best 5,000; used "
        "at .5",
        YuNetDetector,
        lambda: 0.5,
        everything={"confidence": 0.02, "overlap": 0.3, "top": 5000},
        own={"confidence": 0.5},
    ),
)


COMPARED = tuple(method for method in METHODS if method.title is not None)


def chosen(names: Sequence[str] | None, methods: Sequence[Method] = METHODS) -> list[Method]:
    """Those of some methods that have these names, all if None; CourseError if there is no such method."""
    known = [method.name for method in methods]
    if unknown := set(names or ()) - set(known):
        raise CourseError(f"no detector {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    return [method for method in methods if names is None or method.name in names]


def on_montages(detector: Detector, montages: Montages, name: str) -> Evaluation:
    """What a detector finds on montages, held against the truth at IoU .4."""
    found = [detector.detect(image) for image in tqdm(montages.images, desc=name, unit="montage")]
    return evaluate(found, montages.boxes, threshold=MONTAGE_IOU)


def chosen_threshold(evaluation: Evaluation, false_boxes: float) -> float:
    """The lowest score at which there are no more than so many false boxes an image: halfway to the next score below.

    The middle leaves the same room on both sides, so that rounding changes nothing.
    """
    scores = np.unique(evaluation.scores)[::-1]
    allowed = [evaluation.at(score)[1] <= false_boxes for score in scores]
    last = len(allowed) - 1 if all(allowed) else allowed.index(False) - 1
    if last < 0:
        return float(np.nextafter(scores[0], np.inf))
    return float(scores[last] if last + 1 == len(scores) else (scores[last] + scores[last + 1]) / 2)


def learn_cascade() -> Cascade:
    """The cascade as lesson 05 trains it: faces of CBCL and of ORL's training people, hard negatives of photographs."""
    cbcl, rng = load_cbcl(), np.random.default_rng(SEED)
    learned, known = split_by_block(cbcl.is_face, KNOWN, SEED)
    more = np.split(load_orl_windows("train"), [80])  # eight people to learn from, two to set the thresholds by
    parts = zip((learned, known), more, strict=True)
    faces, judges = (
        varied(np.concatenate([cbcl.images[part[cbcl.is_face[part]]], np.repeat(orl, ORL_WEIGHT, axis=0)]), rng)
        for part, orl in parts
    )
    mine = hard_negatives(list(backgrounds("train").values()))
    return train_cascade(faces, judges, cbcl.images[~cbcl.is_face], mine, rng=rng)


def learn_networks() -> tuple[cnn.Sequential, cnn.Sequential]:
    """The network without and with hard negatives, trained equally long on faces of CBCL and of ORL's training people.

    The hard negatives are what a third network takes for faces, which was trained for a shorter time: it makes more
    mistakes to learn from.
    """
    cbcl = load_cbcl()
    more = varied(np.repeat(load_orl_windows("train"), ORL_WEIGHT // 2, axis=0), np.random.default_rng(SEED))
    images = np.concatenate([cbcl.images, more])
    is_face = np.concatenate([cbcl.is_face, np.ones(len(more), dtype=bool)])

    def learned_from(images: np.ndarray, is_face: np.ndarray, epochs: int) -> cnn.Sequential:
        rng = np.random.default_rng(SEED)
        network = cnn.face_network(rng)
        cnn.train(network, cnn.standardise_windows(images), is_face, epochs=epochs, rng=rng)
        return network

    hard = mine(learned_from(images, is_face, MISTAKEN_EPOCHS), list(backgrounds("train").values()))
    print(f"hard negatives: {len(hard)} windows of the training backgrounds")
    with_hard = np.concatenate([images, hard]), np.concatenate([is_face, np.zeros(len(hard), dtype=bool)])
    return learned_from(images, is_face, EPOCHS), learned_from(*with_hard, EPOCHS)


def tuned(detector: Detector, false_boxes: float, montages: Montages, name: str) -> float:
    """The threshold for so many false boxes an image on the tuning montages; prints what the detector reaches there."""
    evaluation = on_montages(detector, montages, name)
    threshold = chosen_threshold(evaluation, false_boxes)
    recall, false = evaluation.at(threshold)
    print(f"{name}: tuning montages at {threshold:.3f}: recall {recall:.3f}, {false:.2f} false boxes an image")
    return threshold


def main(options: argparse.Namespace) -> None:
    """Write cascade.json, cnn_not_mined.npz and cnn.npz; say what they cost and reach on the tuning montages."""
    wanted = {method.name for method in chosen(options.only)}
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            if "cascade" in wanted:
                store_cascade()
            if wanted & {"cnn", "cnn_not_mined"}:
                store_networks()
    finally:
        cv2.setNumThreads(before)


def store_cascade() -> None:
    """Train the cascade, choose its threshold and write it."""
    start = time.process_time()
    cascade = learn_cascade()
    print(f"cascade: {time.process_time() - start:.0f} CPU seconds to train")
    detector = CascadeDetector(cascade, threshold=0.0, frame="cbcl")
    threshold = tuned(detector, CASCADE_FALSE, load_montages("tune"), "cascade")
    dataclasses.replace(cascade, operating_point=threshold).save(MEASURED / "cascade.json")


def store_networks() -> None:
    """Train the network before and after hard negatives, choose each one's threshold and write both."""
    start = time.process_time()
    networks = learn_networks()
    print(f"cnn, cnn_not_mined: {time.process_time() - start:.0f} CPU seconds to train")
    for name, network in zip(("cnn_not_mined", "cnn"), networks, strict=True):
        detector = CnnDetector(network, 0.0, frame="cbcl")
        detector.threshold = tuned(detector, CNN_FALSE, load_montages("tune"), name)
        detector.save(MEASURED / f"{name}.npz")
