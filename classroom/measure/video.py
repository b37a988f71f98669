"""Cameras: synthetic crowds with known truth, followed, described and searched for in a watchlist.

`video` holds three seeded videos at k = 1, 5 and 10; `video_tracks` what every track of many videos scored by each way
of deciding, so that thresholds can be chosen on some people and tried on others.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from classroom.measure.store import write_table
from facelab.datasets import Orl, load_orl
from facelab.detection import YuNetDetector
from facelab.embedding import SFaceEmbedder, orl_templates
from facelab.identification import Gallery, threshold_at_fpir
from facelab.montages import backgrounds
from facelab.video import (
    NOBODY,
    Account,
    IouTracker,
    Scene,
    Track,
    Watched,
    decide,
    follow,
    hold_against,
    make_scene,
    read_video,
    still,
    write_video,
)

CONFIDENCE = 0.6
FRAMES = 80
WALKERS = 6  # a video; every other one is on the watchlist
LISTED = 10  # people on the watchlist, of the twenty of a part
ENROLLED = range(5)  # shots on the watchlist; the others walk
SEEDS = (0, 1, 2)
EVERY = (1, 5, 10)
VIDEOS = 40  # a part
FPIR = 0.02
PARTS = {"choose": ("tune", range(20)), "use": ("test", range(20, 40))}  # backgrounds of the montages, ORL's people
RULES = ("first", "any", "mean", "pooled")


@dataclass(frozen=True, eq=False)
class Crowd:
    """One video: the scene, and the watchlist that its people are searched for in."""

    scene: Scene
    gallery: Gallery
    listed: np.ndarray  # (WALKERS,) bool, in the order of the walkers


def crowd(orl: Orl, templates: np.ndarray, part: str, seed: int) -> Crowd:
    """A seeded crowd of one part: who walks, who is listed, and before which photograph."""
    rng = np.random.default_rng([list(PARTS).index(part), seed])
    photographs, people = PARTS[part]
    behind = list(backgrounds(photographs).values())
    people = rng.permutation(people)
    listed, others = people[:LISTED], people[LISTED:]
    walking = np.ravel(np.column_stack([listed, others])[: WALKERS // 2])
    walking = walking[np.argsort(rng.random(WALKERS))]
    rows = np.isin(orl.person, listed) & np.isin(orl.shot, ENROLLED)
    gallery = Gallery().enrol(orl.person[rows], templates[rows])
    scene = make_scene(orl, walking.tolist(), still(behind[seed % len(behind)]), int(rng.integers(2**31)), FRAMES)
    return Crowd(scene, gallery, np.isin(walking, listed))


def watch(
    scene: Scene, detector: YuNetDetector, embedder: SFaceEmbedder | None, every: int, predict: bool = True
) -> tuple[Watched, float]:
    """Write a scene to a file, follow it from there, and say how many frames a second that took (CPU time)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.avi"
        write_video(path, scene.frames())
        begin = time.process_time()
        watched = follow(read_video(path), detector, embedder, every, IouTracker(predict=predict))
        return watched, watched.frames / (time.process_time() - begin)


def by_rule(track: Track, gallery: Gallery) -> dict[str, tuple[int, float]]:
    """Whom each way of deciding takes a track for, and its score.

    first: by the first template alone; any: by the template that scores highest; mean: by the pooled template, all
    alike; pooled: by the pooled template, weighted by quality.
    """
    person, score = (column[:, 0] for column in gallery.search(track.templates, 1))
    best = int(score.argmax())
    pools = {name: decide(track.template(name == "pooled"), gallery, -1.0) for name in ("mean", "pooled")}
    return {
        "first": (int(person[0]), float(score[0])),
        "any": (int(person[best]), float(score[best])),
        **{name: (decision.person, decision.score) for name, decision in pools.items()},
    }


def track_rows(part: str, number: int, crowd: Crowd, watched: Watched, account: Account) -> list[list]:
    """A row a track: who it shows, and by each rule the score and whether the right person was named."""
    listed = {walker.person for walker, is_listed in zip(crowd.scene.walkers, crowd.listed, strict=True) if is_listed}
    rows = []
    for track in watched.tracks:
        person = account.shown[track.number]
        rules = by_rule(track, crowd.gallery)
        row = [part, number, person, int(person in listed), len(track), float(track.boxes[:, 3].max())]
        for rule in RULES:
            named, score = rules[rule]
            row += [int(named == person), score]
        rows.append(row)
    return rows


def main(options: argparse.Namespace) -> None:
    """Write video_tracks and video."""
    orl, templates = load_orl(), orl_templates()
    detector, embedder = YuNetDetector(CONFIDENCE), SFaceEmbedder()
    rows = []
    for part in PARTS:
        for number in tqdm(range(VIDEOS), desc=f"crowds, {part}", unit="video"):
            one = crowd(orl, templates, part, number)
            watched, _ = watch(one.scene, detector, embedder, 5)
            rows += track_rows(part, number, one, watched, hold_against(watched, one.scene.truth()))
    protocol = [
        f"{VIDEOS} synthetic videos a part: {FRAMES} frames of 480 x 640, {WALKERS} ORL people in each, half of them "
        f"on a watchlist of {LISTED} (shots 1 to 5 enrolled, the others walk)",
        f"YuNet at {CONFIDENCE} on every 5th frame, IouTracker(), SFace",
        "choose: people 0 to 19 and the montages' backgrounds for tuning; use: people 20 to 39 and those for testing",
        "a row a track: the person on most of its detections (-1: no face), whether listed, detections, largest height "
        "(px), and by each rule whether it names that person, and its best score in the watchlist",
        "rules: first detection; any, the best score of all detections; mean, templates pooled all alike; pooled, by "
        "quality",
    ]
    columns = ["part", "video", "person", "listed", "detections", "height"]
    columns += [f"{rule}_{what}" for rule in RULES for what in ("right", "score")]
    write_table("video_tracks", "course measure video", protocol, columns, rows)

    strangers = np.array([row[-1] for row in rows if row[0] == "choose" and not row[3]])
    threshold = threshold_at_fpir(strangers, FPIR)
    protocol = [
        f"the first {len(SEEDS)} videos of video_tracks (part use), watched at k, with and without predicting where a "
        "face will be",
        "people, listed: who could be seen (24 px, half visible) in a searched frame; detected: found at least once; "
        "whole: found, and by one track only; identified: listed people named by one of their tracks",
        f"threshold {threshold:.4f}: {FPIR:.0%} of the strangers' tracks of part choose are named; false_alarms: "
        "tracks named as somebody whom they don't show",
        "seen, found: faces to find in searched frames, and found; switches: changes of track number on one person",
        "frames_per_second: reading the file, detecting, tracking, embedding; boxes_per_second: the same without "
        "embedding; CPU time of one thread",
    ]
    columns = (
        "seed", "k", "predict", "people", "detected", "whole", "listed", "identified", "false_alarms", "seen", "found",
        "switches", "false_boxes", "frames_per_second", "boxes_per_second",
    )  # fmt: skip
    rows = []
    settings = list(itertools.product(SEEDS, EVERY, (True, False)))
    for seed, every, predict in tqdm(settings, desc="k", unit="video"):
        one = crowd(orl, templates, "use", seed)
        watched, rate = watch(one.scene, detector, embedder, every, predict)
        _, boxes_rate = watch(one.scene, detector, None, every, predict)
        counts = outcome(one, watched, hold_against(watched, one.scene.truth()), threshold)
        rows.append([seed, every, int(predict), *counts, rate, boxes_rate])
    write_table("video", "course measure video", protocol, columns, rows)


def outcome(crowd: Crowd, watched: Watched, account: Account, threshold: float) -> Sequence[int]:
    """The counts of one video, in the order of the table's columns from people to false_boxes."""
    people = {walker.person: listed for walker, listed in zip(crowd.scene.walkers, crowd.listed, strict=True)}
    named = {t.number: decide(t.template(), crowd.gallery, threshold).person for t in watched.tracks}
    right = {person for number, person in named.items() if person != NOBODY and person == account.shown[number]}
    false_alarms = sum(person not in (NOBODY, account.shown[number]) for number, person in named.items())
    listed = {person for person in account.person.tolist() if people[person]}
    return [
        len(account.person),
        int((account.found > 0).sum()),
        int(account.whole.sum()),
        len(listed),
        len(right & listed),
        false_alarms,
        int(account.visible.sum()),
        int(account.found.sum()),
        int(account.switches.sum()),
        account.false_boxes,
    ]
