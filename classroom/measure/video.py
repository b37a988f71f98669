"""Cameras: synthetic crowds with known truth, followed, described and searched for in a watchlist.

`video` holds three seeded videos at k = 1, 5 and 10; `video_tracks` what every track of many videos scored by each way
of deciding, so that thresholds can be chosen on some people and tried on others.
"""

from __future__ import annotations

import argparse
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
TRACKS_PROTOCOL = (
    f"{VIDEOS} synthetic videos a part: {FRAMES} frames of 480 x 640, {WALKERS} ORL people in each, half of them "
    f"on a watchlist of {LISTED} (shots 1 to 5 enrolled, the others walk)",
    f"YuNet at {CONFIDENCE} on every 5th frame, IouTracker(), SFace",
    "choose: people 0 to 19 and the montages' backgrounds for tuning; use: people 20 to 39 and those for testing",
    "a row a track: the person on most of its detections (-1: no face), whether listed, detections, largest height "
    "(px), and by each rule whether it names that person, and its best score in the watchlist",
    "rules: first detection; any, the best score of all detections; mean, templates pooled all alike; pooled, by "
    "quality",
)
VIDEO_COLUMNS = (
    "seed", "k", "predict", "people", "detected", "whole", "listed", "identified", "false_alarms", "seen", "found",
    "switches", "false_boxes", "frames_per_second",
)  # fmt: skip
VIDEO_PROTOCOL = (
    f"the first {len(SEEDS)} videos of video_tracks (part use) at k; predict 1: where a face will be is predicted, "
    "faces are embedded, tracks decided by the pooled template; predict 0: neither, boxes and tracks only",
    "people, listed: who could be seen (24 px, half visible) in a searched frame; detected: found at least once; "
    "whole: found, and by one track only; identified: listed people named by one of their tracks",
    "false_alarms: tracks named as somebody whom they don't show",
    "seen, found: faces to find in searched frames, and found; switches: changes of track number on one person",
    "frames_per_second: CPU time of one thread, reading the file included",
)


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
    path: Path, detector: YuNetDetector, embedder: SFaceEmbedder | None, every: int, predict: bool = True
) -> tuple[Watched, float]:
    """Follow a video file, and say how many frames a second that took (CPU time)."""
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


def many_videos(
    orl: Orl, templates: np.ndarray, detector: YuNetDetector, embedder: SFaceEmbedder
) -> tuple[list[list], list[Account]]:
    """The rows of video_tracks, and each video's account."""
    rows, accounts = [], []
    for part in PARTS:
        for number in tqdm(range(VIDEOS), desc=f"crowds, {part}", unit="video"):
            one = crowd(orl, templates, part, number)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "video.avi"
                write_video(path, one.scene.frames())
                watched, _ = watch(path, detector, embedder, 5)
            accounts.append(hold_against(watched, one.scene.truth()))
            rows += track_rows(part, number, one, watched, accounts[-1])
    return rows, accounts


def in_words(accounts: Sequence[Account]) -> str:
    """What came of all videos, for the table's head."""
    people, found, whole, switches, false = (
        sum(int(count) for count in counts)
        for counts in zip(
            *((len(a.person), (a.found > 0).sum(), a.whole.sum(), a.switches.sum(), a.false_boxes) for a in accounts),
            strict=True,
        )
    )
    return (
        f"of {people} people who could be seen {found} were found, {whole} by one track only; {switches} switches, "
        f"{false} false boxes"
    )


def three_videos(
    orl: Orl, templates: np.ndarray, detector: YuNetDetector, embedder: SFaceEmbedder, threshold: float
) -> list[list]:
    """The rows of video: with prediction and templates, and without either."""
    rows = []
    for seed in tqdm(SEEDS, desc="k", unit="video"):
        one = crowd(orl, templates, "use", seed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "video.avi"
            write_video(path, one.scene.frames())
            for every in EVERY:
                watched, rate = watch(path, detector, embedder, every)
                rows.append([seed, every, 1, *outcome(one, watched, threshold), rate])
                watched, rate = watch(path, detector, None, every, predict=False)
                rows.append([seed, every, 0, *outcome(one, watched, None), rate])
    return rows


def main(options: argparse.Namespace) -> None:
    """Write video_tracks and video."""
    tools = load_orl(), orl_templates(), YuNetDetector(CONFIDENCE), SFaceEmbedder()
    rows, accounts = many_videos(*tools)
    columns = ["part", "video", "person", "listed", "detections", "height"]
    columns += [f"{rule}_{what}" for rule in RULES for what in ("right", "score")]
    write_table("video_tracks", "course measure video", [*TRACKS_PROTOCOL, in_words(accounts)], columns, rows)
    strangers = np.array([row[-1] for row in rows if row[0] == "choose" and not row[3]])
    threshold = threshold_at_fpir(strangers, FPIR)
    protocol = [
        *VIDEO_PROTOCOL,
        f"threshold {threshold:.4f}: {FPIR:.0%} of the strangers' tracks of part choose are named",
    ]
    write_table("video", "course measure video", protocol, VIDEO_COLUMNS, three_videos(*tools, threshold))


def outcome(crowd: Crowd, watched: Watched, threshold: float | None) -> Sequence[int | None]:
    """The counts of one video, in the order of VIDEO_COLUMNS; nobody is named without a threshold."""
    account = hold_against(watched, crowd.scene.truth())
    people = {walker.person: listed for walker, listed in zip(crowd.scene.walkers, crowd.listed, strict=True)}
    listed = {person for person in account.person.tolist() if people[person]}
    identified = false_alarms = None
    if threshold is not None:
        named = {t.number: decide(t.template(), crowd.gallery, threshold).person for t in watched.tracks}
        right = {person for number, person in named.items() if person != NOBODY and person == account.shown[number]}
        identified = len(right & listed)
        false_alarms = sum(person not in (NOBODY, account.shown[number]) for number, person in named.items())
    return [
        len(account.person),
        int((account.found > 0).sum()),
        int(account.whole.sum()),
        len(listed),
        identified,
        false_alarms,
        int(account.visible.sum()),
        int(account.found.sum()),
        int(account.switches.sum()),
        account.false_boxes,
    ]
