"""Cameras: follow everybody through a video, describe each by all of his or her pictures, and decide once a person.

Every k-th frame is searched for faces; boxes of one frame are joined to those of the frame before by one best
assignment of overlaps; the templates of a track are pooled, and the pooled one is searched for in a gallery. Boxes are
x, y, w, h in pixels, as in facelab.detection, in WIDER's framing (the whole face, as YuNet draws it). Frames count
from 0.

Lesson 12 builds it.

A video with known truth is made here from ORL's volunteers, so that misses, switches and false alarms can be counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from facelab import results
from facelab.datasets import Orl
from facelab.detection import Detector, as_boxes, as_colour, as_scores, iou
from facelab.embedding import DIMENSIONS, SFaceEmbedder, align
from facelab.identification import Gallery
from facelab.images import light_from_left
from facelab.montages import soft_edge
from facelab.verification import unit_length

CODECS = {".avi": "MJPG", ".mp4": "mp4v"}  # what opencv-python writes by itself, without libraries of the system
RATE = 25.0  # frames a second
NOBODY = -1
FULL_HEIGHT = 80.0  # px; a face of this height or more is described as well as one can be
MEMORY = 0.8  # of a track's velocity, how much is left of it after a frame; the rest comes from the newest boxes
NOISE = 3.0  # grey levels, standard deviation, of a synthetic camera


# --- a video whose truth is known ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Walker:
    """One person's way through the picture. Everything runs evenly from `begin` to `end` but the height, which grows as
    that of somebody who comes nearer at a steady pace: its reciprocal runs evenly."""

    person: int  #: ORL's, 0 to 39
    shots: tuple[int, ...]  #: ORL's photographs of the person, shown one after another, for equal times
    begin: float  #: the first frame
    end: float  #: the first frame without the person
    centre: tuple[tuple[float, float], tuple[float, float]]  #: x, y of the face's middle at begin and at end, px
    height: tuple[float, float]  #: of the face's box, px
    light: tuple[float, float] = (0.0, 0.0)  #: -1 all from the right to 1 all from the left


@dataclass(frozen=True, eq=False)
class Truth:
    """Whose face is where in which frame: n rows, sorted by frame, then by person."""

    frame: np.ndarray  #: (n,) int64
    person: np.ndarray  #: (n,) int64
    boxes: np.ndarray  #: (n, 4) float64; may reach over the edge
    visible: np.ndarray  #: (n,) float64, 0 to 1: the share of the box that is in the picture and behind nobody

    def at(self, frame: int) -> Truth:
        """The rows of one frame."""
        return self.where(self.frame == frame)

    def where(self, rows: np.ndarray) -> Truth:
        """Some of the rows, (n,) bool or indices."""
        return Truth(self.frame[rows], self.person[rows], self.boxes[rows], self.visible[rows])


@dataclass(frozen=True, eq=False)
class Scene:
    """People of ORL walking before a photograph: frames, and the truth about them."""

    orl: Orl
    background: np.ndarray  #: (h, w) uint8
    walkers: tuple[Walker, ...]  #: one a person
    count: int  #: frames
    exposures: int = (
        1  # moments that a frame is the mean of: 1 for none, more for motion blur over a whole frame's time
    )
    seed: int = 0  #: of the camera's noise
    _orl_boxes: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        people = [walker.person for walker in self.walkers]
        if len(set(people)) < len(people):
            raise ValueError(f"Scene: the walkers are the people {people}; each may walk once.")
        if self.count < 1 or self.exposures < 1:
            raise ValueError(f"Scene: {self.count} frames of {self.exposures} exposures; wanted 1 or more of each.")
        table = results("orl_landmarks")
        object.__setattr__(self, "_orl_boxes", np.stack([table[side] for side in "xywh"], axis=1))

    def frames(self) -> Iterator[np.ndarray]:
        """The frames one by one, (h, w) uint8."""
        return (self.frame(t) for t in range(self.count))

    def frame(self, t: int) -> np.ndarray:
        """Frame t, from 0, (h, w) uint8, the same every time."""
        moments = t + (np.arange(self.exposures) + 0.5) / self.exposures - 0.5
        picture = np.mean([self._moment(moment) for moment in moments], axis=0)
        picture += np.random.default_rng([self.seed, t]).normal(0, NOISE, picture.shape)
        return np.clip(np.round(picture), 0, 255).astype(np.uint8)

    def truth(self) -> Truth:
        """Whose face is where in every frame."""
        rows = [(t, *row) for t in range(self.count) for row in self._faces_at(t)]
        frame, person, boxes, visible = zip(*rows, strict=True) if rows else ((), (), (), ())
        return Truth(
            np.array(frame, dtype=np.int64),
            np.array(person, dtype=np.int64),
            np.array(boxes, dtype=np.float64).reshape(-1, 4),
            np.array(visible, dtype=np.float64),
        )

    def _moment(self, t: float) -> np.ndarray:
        canvas = self.background.astype(np.float64)
        for walker, shot, light in self._in_view(t):
            _, size, corner = self._place(walker, shot, t)
            here, part = _overlap(corner, size, canvas.shape)
            photograph = self.orl.images[shot]
            lit = light_from_left(photograph[None, :, :: 1 if light >= 0 else -1], abs(light))[0]
            lit = lit[:, :: 1 if light >= 0 else -1]
            smaller = size[0] < photograph.shape[1]
            tile = cv2.resize(lit, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
            canvas[here] += soft_edge(tile.shape)[part] * (tile[part] - canvas[here])
        return canvas

    def _faces_at(self, t: int) -> list[tuple[int, np.ndarray, float]]:
        """Person, box and visible share of everybody in view, by person."""
        covered, rows = np.zeros(self.background.shape, dtype=bool), []
        for walker, shot, _ in reversed(self._in_view(t)):  # the nearest first: it covers the others
            box, size, corner = self._place(walker, shot, t)
            x, y = np.round(box[:2]).astype(int)
            w, h = np.maximum(np.round(box[2:]).astype(int), 1)
            inside, _ = _overlap((x, y), (w, h), covered.shape)
            rows.append((walker.person, box, float((~covered[inside]).sum() / (w * h))))
            here, part = _overlap(corner, size, covered.shape)
            covered[here] |= soft_edge(size[::-1])[part] > 0.5
        return sorted((row for row in rows if row[2] > 0), key=lambda row: row[0])

    def _in_view(self, t: float) -> list[tuple[Walker, int, float]]:
        """Who walks at this moment, by which photograph (a row of ORL) and in which light; the farthest first."""
        there = [(walker, _share(walker, t)) for walker in self.walkers if walker.begin <= t < walker.end]
        there.sort(key=lambda pair: _height(*pair))
        return [
            (
                walker,
                10 * walker.person + walker.shots[min(int(u * len(walker.shots)), len(walker.shots) - 1)],
                float(np.interp(u, (0, 1), walker.light)),
            )
            for walker, u in there
        ]

    def _place(self, walker: Walker, shot: int, t: float) -> tuple[np.ndarray, tuple[int, int], tuple[int, int]]:
        """The face's box, and the size (w, h) and corner (x, y) of the photograph round it, in whole pixels."""
        u, own = _share(walker, t), self._orl_boxes[shot]
        scale = _height(walker, u) / own[3]
        shape = np.array(self.orl.images.shape[:0:-1])
        size = np.maximum(np.round(shape * scale).astype(int), 1)
        exact = size / shape  # the scale that rounding to whole pixels has left
        middle = np.array([np.interp(u, (0, 1), ends) for ends in zip(*walker.centre, strict=True)])
        corner = np.round(middle - (own[:2] + own[2:] / 2) * exact).astype(int)
        box = np.concatenate([own[:2] * exact + corner, own[2:] * exact])
        return box, (int(size[0]), int(size[1])), (int(corner[0]), int(corner[1]))


def _share(walker: Walker, t: float) -> float:
    return (t - walker.begin) / (walker.end - walker.begin)


def _height(walker: Walker, u: float) -> float:
    far, near = walker.height
    return 1 / ((1 - u) / far + u / near)


def _overlap(corner: tuple[int, int], size: tuple[int, int], shape: tuple[int, ...]) -> tuple[tuple, tuple]:
    """Where a picture of this size (w, h), its corner at x, y, meets a canvas (h, w): slices of the canvas, of it."""
    (x, y), (w, h) = corner, size
    left, right = np.clip([x, x + w], 0, shape[1])
    top, bottom = np.clip([y, y + h], 0, shape[0])
    return np.s_[top:bottom, left:right], np.s_[top - y : bottom - y, left - x : right - x]


def make_scene(
    orl: Orl,
    people: Sequence[int],
    background: np.ndarray,
    random_state: int,
    frames: int = 80,
    shots: Sequence[int] = (5, 6, 7, 8, 9),
    speed: float = 1.0,
) -> Scene:
    """A seeded crowd: the first two people cross, one before the other; of the others half come nearer, half pass by.

    Parameters: orl; people, ORL's, 2 or more, none twice; background (h, w) uint8; random_state, an integer; frames;
    shots, ORL's photographs that each is shown by, in random order (keep those that are enrolled out of it); speed, a
    factor on how fast people pass by.
    Returns: Scene. Faces are 20 to 120 px high; light turns from one side to the other.
    Raises: ValueError if there are fewer than two people, or a person walks twice.
    """
    if len(people) < 2:
        raise ValueError(f"make_scene: {len(people)} people; wanted 2 or more, so that somebody crosses somebody.")
    rng = np.random.default_rng(random_state)
    height, width = background.shape
    meeting = rng.uniform(0.4, 0.6) * width
    direction = rng.choice([-1, 1])
    lanes = rng.permutation(np.linspace(0.15, 0.85, max(len(people) - 2, 2)))  # so that not all the others meet too
    walkers = []
    for i, person in enumerate(people):
        begin, end = rng.uniform(0, 0.2) * frames, rng.uniform(0.8, 1) * frames
        if i < 2:  # opposite ways, one nearer to the camera, and in the middle of the video at the same place
            near = (65.0, 100.0)[i] * rng.uniform(0.9, 1.1)
            far = near * rng.uniform(0.9, 1)
            step = 0.05 * speed * near * direction * (1, -1)[i]
            ways = [(meeting + step * (t - frames / 2), 0.5 * height) for t in (begin, end)]
        elif i % 2:  # in from one side
            near = np.exp(rng.uniform(np.log(25), np.log(110)))
            far = near * rng.uniform(0.85, 1)
            step = rng.uniform(0.04, 0.07) * speed * near
            ways = [(-near / 2 + step * t, lanes[i - 2] * height) for t in (0, end - begin)]
            if rng.random() < 0.5:
                ways = [(width - x, y) for x, y in ways]
        else:  # from far away towards the camera
            near, far = np.exp(rng.uniform(np.log(30), np.log(120))), rng.uniform(20, 28)
            middle = rng.uniform(0.2, 0.8) * width
            drift = rng.uniform(-1.5, 1.5) * near
            ways = [(middle + drift * u, (0.5 + (0.8 + 0.2 * u) * (lanes[i - 2] - 0.5)) * height) for u in (0, 1)]
        order = tuple(int(shot) for shot in rng.permutation(np.asarray(shots)))
        light = tuple(float(side) for side in rng.choice([-1, 1]) * rng.uniform(0.1, 0.5, 2) * [1, -1])
        walkers.append(Walker(int(person), order, begin, end, tuple(ways), (far, near), light))
    return Scene(orl, background, tuple(walkers), frames, seed=random_state)


def still(photograph: np.ndarray, height: int = 480, width: int = 640) -> np.ndarray:
    """A photograph (h, w) uint8 scaled to fill a frame, cut at the right or the bottom: (height, width) uint8."""
    scale = max(height / photograph.shape[0], width / photograph.shape[1])
    size = [max(side, round(own * scale)) for side, own in zip((width, height), photograph.shape[::-1], strict=True)]
    filled = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return filled[:height, :width]


# --- video files and cameras -----------------------------------------------------------------------------------------


class VideoError(OSError):
    """A video that can't be opened or written, or that ended too early; `watched` holds what `follow` saw before."""

    watched: Watched | None = None


def write_video(path: str | Path, frames: Iterable[np.ndarray], rate: float = RATE) -> int:
    """Write frames to a video file, and say how many.

    Parameters: path, ending in .avi (motion JPEG: each frame stands by itself) or .mp4 (MPEG-4); frames, all of one
    size, (h, w) grey or (h, w, 3) blue-green-red, uint8; rate, frames a second.
    Raises: ValueError for another ending, no frames, or a frame of another size than the first; TypeError or ValueError
    for one that is no such image. The frames before it are in the file, which can be read. VideoError if the file can't
    be written.
    """
    path = Path(path)
    if path.suffix not in CODECS:
        raise ValueError(f"write_video: {path.name} ends in {path.suffix!r}; wanted one of {', '.join(CODECS)}.")
    writer, written = None, 0
    try:
        for frame in _of_one_size(frames, ValueError):
            if writer is None:
                codec = cv2.VideoWriter_fourcc(*CODECS[path.suffix])
                writer = cv2.VideoWriter(str(path), codec, rate, frame.shape[1::-1])
                if not writer.isOpened():
                    raise VideoError(f"write_video: {path} can't be written. Does the folder exist?")
            writer.write(frame)
            written += 1
    finally:
        if writer is not None:
            writer.release()
    if not written:
        raise ValueError("write_video: no frames came; a video holds at least one.")
    return written


def read_video(path: str | Path) -> Iterator[np.ndarray]:
    """The frames of the video file at path one by one, (h, w, 3) blue-green-red uint8.

    Raises: FileNotFoundError if there is no such file; VideoError if it can't be opened, at once; and VideoError, after
    the last frame that can be read, if the file announced more: it ends in mid-frame, and the last frame given may be
    damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"read_video: there is no file {path}.")
    capture = cv2.VideoCapture(str(path))
    announced = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if not capture.isOpened() or announced < 1:
        capture.release()
        raise VideoError(f"read_video: {path.name} can't be opened as a video; it is damaged, cut off, or no video.")
    return _captured(capture, announced, path.name)


def read_camera(count: int, number: int = 0) -> Iterator[np.ndarray]:
    """Frames of a camera at this computer, one by one, (h, w, 3) blue-green-red uint8. Nothing is stored.

    Parameters: count, how many; number of the camera. It is switched on by the first frame asked for, and off after the
    last one or when the caller stops asking.
    Raises: VideoError if there is no such camera, or it stops.
    """
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise VideoError(f"read_camera: camera {number} can't be opened. Is there one, and may this program use it?")
    yield from _captured(capture, count, f"camera {number}")


def _captured(capture: cv2.VideoCapture, announced: int, name: str) -> Iterator[np.ndarray]:
    try:
        for read in range(announced):
            there, frame = capture.read()
            if not there:
                raise VideoError(
                    f"{name} ends after {read} of {announced} frames; the last of them may be damaged. Was it cut off?"
                )
            yield frame
    finally:
        capture.release()


def _of_one_size(frames: Iterable[np.ndarray], error: Callable[[str], Exception]) -> Iterator[np.ndarray]:
    """Frames as (h, w, 3); the error if one has another size than the first."""
    size = None
    for t, frame in enumerate(frames):
        frame = as_colour(frame)
        size = size or frame.shape[:2]
        if frame.shape[:2] != size:
            raise error(f"frame {t} is {frame.shape[1]} x {frame.shape[0]} px; those before are {size[1]} x {size[0]}.")
        yield frame


# --- following -------------------------------------------------------------------------------------------------------


def associate(before: np.ndarray, now: np.ndarray, least: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Which box of now continues which of before: the one-to-one choice whose IoUs have the largest sum.

    Parameters: before (M, 4), now (L, 4); least, above 0: a pair with a smaller IoU is no pair, whatever it would add.
    Returns: i, j (p,) int64: before[i] continues as now[j], i rising; p is at most the smaller of M and L.
    Raises: ValueError for boxes that are not, or least not above 0 and at most 1.

    Source of the assignment: H. W. Kuhn, The Hungarian method for the assignment problem, Naval Research Logistics
    Quarterly 2, 1955; of its use here: A. Bewley et al., Simple online and realtime tracking, ICIP 2016.
    """
    if not 0 < least <= 1:
        raise ValueError(f"associate: least is {least}; wanted an IoU above 0 and at most 1.")
    overlap = iou(before, now)
    overlap[overlap < least] = 0  # before the choice: a pair that won't count must not push one aside that would
    i, j = linear_sum_assignment(overlap, maximize=True)
    paired = overlap[i, j] > 0
    return i[paired].astype(np.int64), j[paired].astype(np.int64)


@dataclass
class _Open:
    """A track that may still go on."""

    number: int
    frame: int
    box: np.ndarray
    velocity: np.ndarray | None = None  # of x, y, w, h, px a frame; None until seen twice

    def at(self, frame: int) -> np.ndarray:
        """Where the box is expected."""
        if self.velocity is None:
            return self.box
        moved = self.box + self.velocity * (frame - self.frame)
        moved[2:] = np.maximum(moved[2:], 1)
        return moved


class IouTracker:
    """Give the boxes of one frame after another the number of the track that they belong to.

    Parameters: least, the smallest IoU of two boxes of one track; patience, how many frames a track may go without a
    box; then it is closed, and never comes back; predict, to expect each face where its velocity takes it, and not
    where it was. The velocity is a running mean, which forgets a fifth of itself with each frame: between two
    neighbouring frames a box moves more by chance than by its person's steps.
    Raises: ValueError for numbers out of range.
    """

    def __init__(self, least: float = 0.2, patience: int = 15, predict: bool = True) -> None:
        if not 0 < least <= 1 or patience < 0:
            raise ValueError(
                f"IouTracker: least {least}, patience {patience}; wanted an IoU above 0 and at most 1, and 0 or more."
            )
        self.least, self.patience, self.predict = least, patience, predict
        self._open: list[_Open] = []
        self._begun = 0
        self._last = -1

    def update(self, frame: int, boxes: np.ndarray) -> np.ndarray:
        """The track number of each box (M, 4) of a frame, (M,) int64; a box that continues none begins a new one.

        Raises: ValueError if the frame is not after the last one, or boxes are not.
        """
        boxes = as_boxes(boxes)
        if frame <= self._last:
            raise ValueError(f"update: frame {frame} comes after frame {self._last}; wanted a later one.")
        self._last = frame
        expected = np.array([track.at(frame) for track in self._open]).reshape(-1, 4)
        old, new = associate(expected, boxes, self.least)
        numbers = np.full(len(boxes), -1, dtype=np.int64)
        for i, j in zip(old, new, strict=True):
            track = self._open[i]
            if self.predict:
                elapsed = frame - track.frame
                newest = (boxes[j] - track.box) / elapsed
                known = newest if track.velocity is None else track.velocity
                track.velocity = newest + MEMORY**elapsed * (known - newest)
            track.frame, track.box = frame, boxes[j]
            numbers[j] = track.number
        self._open = [track for track in self._open if frame - track.frame <= self.patience]
        for j in np.flatnonzero(numbers < 0):
            self._open.append(_Open(self._begun, frame, boxes[j]))
            numbers[j] = self._begun
            self._begun += 1
        return numbers


@dataclass(frozen=True, eq=False)
class Track:
    """One person's way through a video, as far as the tracker could tell: n detections, by frame."""

    number: int
    frames: np.ndarray  #: (n,) int64
    boxes: np.ndarray  #: (n, 4) float64
    scores: np.ndarray  #: (n,) float64, the detector's
    templates: np.ndarray | None = None  #: (n, 128) float32, each of unit length; None if nothing was embedded

    def __len__(self) -> int:
        return len(self.frames)

    def box_at(self, frame: int) -> np.ndarray | None:
        """The box in any frame from first to last, on a straight line between detections; None outside."""
        if not len(self) or not self.frames[0] <= frame <= self.frames[-1]:
            return None
        return np.array([np.interp(frame, self.frames, side) for side in self.boxes.T])

    def template(self, weighted: bool = True) -> np.ndarray:
        """The templates pooled, weighted by quality or all alike: (128,) float32.

        Raises: ValueError as pool.
        """
        if self.templates is None:
            raise ValueError(f"template: track {self.number} has no templates; follow it with an embedder.")
        return pool(self.templates, quality(self.scores, self.boxes) if weighted else None)


@dataclass(frozen=True, eq=False)
class Watched:
    """What came of a video."""

    tracks: list[Track]  #: by number
    frames: int  #: how many were read
    searched: np.ndarray  #: (s,) int64: the frames in which faces were looked for


def follow(
    frames: Iterable[np.ndarray],
    detector: Detector,
    embedder: SFaceEmbedder | None = None,
    every: int = 5,
    tracker: IouTracker | None = None,
) -> Watched:
    """Search every k-th frame for faces, join them to tracks, and describe each face found.

    Parameters: frames, one by one, all of one size; none is kept; detector; embedder, or None for boxes only (else the
    detector must give landmarks); every, the k, 1 or more; tracker, a fresh one, IouTracker() if None.
    Returns: Watched.
    Raises: ValueError if every is below 1, or landmarks are wanted and missing; VideoError if the video ends in
    mid-frame or a frame has another size, whose `watched` then holds all that was seen before.
    """
    if every < 1:
        raise ValueError(f"follow: every is {every}; wanted 1 (each frame is searched) or more.")
    tracker = IouTracker() if tracker is None else tracker
    rows: dict[int, list[tuple]] = {}
    read, searched, problem = 0, [], None
    try:
        for t, frame in enumerate(_of_one_size(frames, VideoError)):
            read += 1
            if t % every:
                continue
            searched.append(t)
            found = detector.detect(frame)
            if embedder is not None and len(found) and found.landmarks is None:
                raise ValueError("follow: the detector gives no landmarks, and a face can't be aligned without them.")
            numbers = tracker.update(t, found.boxes)
            for i, number in enumerate(numbers.tolist()):
                template = None
                if embedder is not None:
                    template = embedder.describe(align(frame, found.landmarks[i])[None])[0]
                rows.setdefault(number, []).append((t, found.boxes[i], found.scores[i], template))
    except VideoError as stopped:
        problem = stopped
    tracks = [_track(number, rows[number], embedder is not None) for number in sorted(rows)]
    watched = Watched(tracks, read, np.array(searched, dtype=np.int64))
    if problem is not None:
        problem.watched = watched
        raise problem
    return watched


def _track(number: int, rows: list[tuple], described: bool) -> Track:
    frames, boxes, scores, templates = zip(*rows, strict=True)
    return Track(
        number,
        np.array(frames, dtype=np.int64),
        np.array(boxes),
        np.array(scores),
        np.array(templates, dtype=np.float32).reshape(-1, DIMENSIONS) if described else None,
    )


# --- one decision a person -------------------------------------------------------------------------------------------


def quality(scores: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """How much each detection may say in the pooled template: the detector's score times the face's height.

    Parameters: scores (n,), 0 to 1; boxes (n, 4).
    Returns: (n,) float64, 0 to 1: score * min(height / 80, 1). A larger face has more detail for the network to see,
    until it is about as large as the picture of 112 x 112 px that the network is shown.
    """
    boxes = as_boxes(boxes)
    return as_scores(scores, len(boxes)) * np.minimum(boxes[:, 3] / FULL_HEIGHT, 1)


def pool(templates: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """One template for a track: the weighted mean of its templates, brought back to unit length.

    Parameters: templates (n, d), each of unit length; weights (n,), 0 or more, not all 0; None for all alike.
    Returns: (d,) in the dtype of the templates. Without the last step its length would say how well the templates
    agree, and a dot product with it would no longer be a cosine.
    Raises: ValueError if there is no template, one holds NaN (no face was found there), weights don't fit or are
    negative, NaN or all 0.
    """
    templates = np.asarray(templates)
    if templates.ndim != 2 or len(templates) == 0:
        raise ValueError(f"pool: templates of shape {templates.shape}; wanted (n, d) with n of 1 or more: empty track?")
    if np.isnan(templates).any():
        row = np.flatnonzero(np.isnan(templates).any(axis=1))[0]
        raise ValueError(f"pool: template {row} of {len(templates)} holds NaN; leave out where no face was described.")
    weights = np.ones(len(templates)) if weights is None else as_scores(weights, len(templates))
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise ValueError(f"pool: weights are {weights}; wanted finite numbers of 0 or more, not all 0.")
    return unit_length(weights[None] @ templates)[0].astype(templates.dtype)


@dataclass(frozen=True)
class Decision:
    """Who a track is taken for."""

    person: int  #: NOBODY (-1) if no score reaches the threshold
    score: float  #: of the best match, also where it is below the threshold


def decide(template: np.ndarray, gallery: Gallery, threshold: float) -> Decision:
    """The one decision about a track: the gallery's best match, if its score is at or above the threshold.

    Parameters: template (d,), from pool; gallery; threshold.
    Raises: ValueError if the template is not one row of numbers, or nobody is enrolled.
    """
    template = np.asarray(template)
    if template.ndim != 1 or np.isnan(template).any():
        raise ValueError(f"decide: template of shape {template.shape}, NaN or not one row; wanted (d,) of numbers.")
    person, score = (column[0, 0] for column in gallery.search(template[None], 1))
    return Decision(int(person) if score >= threshold else NOBODY, float(score))


@dataclass(frozen=True)
class Alarms:
    """What a watchlist brings in an hour, on average."""

    false: float  #: people who are not on the list, or not the one named
    right: float

    @property
    def share_right(self) -> float:
        """Of all alarms, the share that is right: the answer to "is it really this one?"; NaN without alarms."""
        return self.right / (self.right + self.false) if self.right + self.false else float("nan")


def alarms_an_hour(people: float, listed: float, fpir: float, fnir: float) -> Alarms:
    """Alarms an hour for a crowd, one decision a person.

    Parameters: people who pass in an hour (not frames), over all cameras; listed, how many of them are on the
    watchlist; fpir, the share of strangers that a search against the whole list names as somebody; fnir, the share of
    listed people that it doesn't name rightly. A listed person named as another listed one is not counted.
    Raises: ValueError if listed is not between 0 and people, or a rate not between 0 and 1.
    """
    if not 0 <= listed <= people or not 0 <= fpir <= 1 or not 0 <= fnir <= 1:
        raise ValueError(
            f"alarms_an_hour: {listed} of {people} people are listed, fpir {fpir}, fnir {fnir}; wanted 0 to all of "
            "them, and rates between 0 and 1."
        )
    return Alarms((people - listed) * fpir, listed * (1 - fnir))


# --- tracks against the truth ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Account:
    """Tracks held against the truth. Rows: people who could be seen, by their integers."""

    person: np.ndarray  #: (p,) int64
    visible: np.ndarray  #: (p,) int64: in how many searched frames each could be seen
    found: np.ndarray  #: (p,) int64: in how many of them a detection lay on the face
    switches: np.ndarray  #: (p,) int64: how often the track on the face was another than the one before
    false_boxes: int  #: detections on no face, also not on one too well hidden to count
    shown: dict[int, int]  #: track number → the person on most of its detections; NOBODY if none

    @property
    def whole(self) -> np.ndarray:
        """Who was found, and by one track only: (p,) bool."""
        return (self.found > 0) & (self.switches == 0)


def hold_against(
    watched: Watched, truth: Truth, least: float = 0.4, visible: float = 0.5, height: float = 24
) -> Account:
    """Count what tracks got right, in the frames that were searched.

    Parameters: watched; truth; least, the IoU from which a detection lies on a face; a face counts as one to be found
    if at least this share of it is visible and its height is at least this (px). A detection on another face is neither
    right nor false.
    Returns: Account. Detections and faces of a frame are paired as in associate. A switch is counted when a person's
    track number differs from that of the detection before, also after a gap.

    Source: K. Bernardin and R. Stiefelhagen, Evaluating multiple object tracking performance: the CLEAR MOT metrics,
    EURASIP Journal on Image and Video Processing, 2008 (identity switches, misses, false positives).
    """
    who: dict[int, list[int]] = {track.number: [] for track in watched.tracks}
    last: dict[int, int] = {}
    counts: dict[int, np.ndarray] = {}
    false_boxes = 0
    for t in watched.searched.tolist():
        faces = truth.at(t)
        asked = (faces.visible >= visible) & (faces.boxes[:, 3] >= height)
        here = [(track.number, box) for track in watched.tracks for box in track.boxes[track.frames == t]]
        numbers, boxes = [number for number, _ in here], as_boxes([box for _, box in here])
        for person in faces.person[asked].tolist():
            counts.setdefault(person, np.zeros(3, dtype=np.int64))[0] += 1
        i, j = associate(boxes, faces.boxes, least)
        for number in set(range(len(boxes))) - set(i.tolist()):
            false_boxes += 1
            who[numbers[number]].append(NOBODY)
        for detection, face in zip(i, j, strict=True):
            number, person = numbers[detection], int(faces.person[face])
            who[number].append(person)
            if asked[face]:
                counts[person][1] += 1
                counts[person][2] += last.get(person, number) != number
                last[person] = number
    person = np.array(sorted(counts), dtype=np.int64)
    table = np.array([counts[p] for p in person.tolist()], dtype=np.int64).reshape(-1, 3)
    shown = {number: max(sorted(set(people)), key=people.count) for number, people in who.items()}
    return Account(person, *table.T, false_boxes, shown)
