"""Each detector over a part of WIDER FACE's validation images: average precision, and recall by the height of a face.

The images stay in their zip file, and no box of theirs is stored: counts and rates only. Source of the data: S. Yang,
P. Luo, C. C. Loy and X. Tang, WIDER FACE: a face detection benchmark, CVPR 2016. Every detector sees every image once
(`look`); all tables are made from what it then found.

Who is missed, by perceived skin type, gender and age: labels of Y. Yang et al., 2022 (CC BY-NC 4.0). They say how
annotators saw a face in a picture, not who anybody is.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from classroom.course import CourseError
from classroom.measure.detectors import COMPARED, Method, chosen
from classroom.measure.store import outside, stored_rows, write_table
from facelab.detection import Detections, average_precision, evaluate, found_faces
from facelab.fairness import bootstrap_logistic, compare_groups, group_rates, logistic_fit, middle

ARCHIVE = "wider_val_450.zip"
LABELS = "demographics.csv"  # how annotators saw the faces; not a part of WIDER FACE itself
HEIGHTS = (8, 16, 32, 64, 128)  # px
AP_HEIGHTS = HEIGHTS[:4]
IOU = 0.5
REPLICATES = 1000
LEVEL = 0.95
RECALL_COLUMNS = ("detector", "min_height", "max_height", "faces", "found")
AP_COLUMNS = ("detector", "min_height", "ap", "low", "high")
# Who is missed: the detectors and the scores asked of a face (None: the detector's own rule, whatever the score).
GROUPED = (("haar", None), ("yunet", 0.5), ("yunet", 0.7))
SMALLEST = 32  # px; the height from which faces count
CENTRE = 64  # px; the height at which the model's intercept stands
NOT_SURE = "Not Sure"
TONES = {"I": "light", "II": "light", "III": "light", "IV": "dark", "V": "dark", "VI": "dark", NOT_SURE: NOT_SURE}
REFERENCE = {"tone": "light", "gender": "Male", "age": "Young Adult"}
CLASSES = (32, 45, 64, 91, np.inf)  # px; classes of height, each the root of 2 times the one before
GROUP_COLUMNS = (
    *("detector", "confidence", "min_height", "attribute", "group", "faces", "missed"),
    *("low", "high", "image_low", "image_high"),
)
MODEL_COLUMNS = ("detector", "confidence", "term", "log_odds", "low", "high")
GAP_COLUMNS = (
    *("detector", "confidence", "attribute", "group", "reference"),
    *("difference", "low", "high", "ratio", "ratio_low", "ratio_high"),
)
HALVES = ((SMALLEST, CENTRE), (CENTRE, np.inf))  # px; small and large faces
HALF_COLUMNS = (
    *("detector", "confidence", "attribute", "group", "reference", "min_height", "max_height"),
    *("difference", "low", "high"),
)
HEIGHT_COLUMNS = ("detector", "confidence", "attribute", "group", "min_height", "max_height", "faces", "missed")


@dataclass(frozen=True, eq=False)
class Wider:
    """The images of boxes.txt, I of them, and their faces.

    files, their paths in the archive; boxes, of each image (L, 4) float64 x, y, w, h; void, of each image (L,) bool:
    boxes without area, which nothing can match. They keep their place, because other files count faces by it.
    """

    archive: Path
    files: list[str]
    boxes: list[np.ndarray]
    void: list[np.ndarray]

    def has_labels(self) -> bool:
        """Whether the archive says how annotators saw the faces."""
        with zipfile.ZipFile(self.archive) as members:
            return LABELS in members.namelist()

    def images(self) -> Iterator[np.ndarray]:
        """Every image in turn, BGR uint8 at its own size, read from the zip file."""
        with zipfile.ZipFile(self.archive) as members:
            for file in self.files:
                yield cv2.imdecode(np.frombuffer(members.read(f"images/{file}"), np.uint8), cv2.IMREAD_COLOR)

    def ignored(self, low: float, high: float = np.inf) -> list[np.ndarray]:
        """Of each image (L,) bool: the faces that don't count where those from low to below high pixels do."""
        return [
            void | (boxes[:, 3] < low) | (boxes[:, 3] >= high)
            for boxes, void in zip(self.boxes, self.void, strict=True)
        ]


def parse_boxes(text: str) -> tuple[list[str], list[np.ndarray], list[np.ndarray]]:
    """Read boxes.txt: `# path` begins an image, then `x y w h` a line. Files, boxes and void ones, as in Wider.

    A negative width or height becomes 0. Raises CourseError for a line that is neither, or a path that comes twice.
    """
    faces: dict[str, list[list[float]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        entries = line.split()
        if line.startswith("#") and (file := line[1:].strip()) not in faces:
            faces[file] = []
        elif len(entries) == 4 and faces and not line.startswith("#"):
            faces[file].append([float(entry) for entry in entries])
        elif entries:
            raise CourseError(f"boxes.txt, line {number}: {line!r}; wanted '# path', once each, or 'x y w h'.")
    boxes = [np.array(rows, dtype=np.float64).reshape(-1, 4) for rows in faces.values()]
    void = [(b[:, 2:] <= 0).any(axis=1) for b in boxes]
    for b in boxes:
        b[:, 2:] = np.maximum(b[:, 2:], 0)
    return list(faces), boxes, void


def load(archive: Path) -> Wider:
    """What boxes.txt of the archive says."""
    with zipfile.ZipFile(archive) as members:
        return Wider(archive, *parse_boxes(members.read("boxes.txt").decode()))


def look(method: Method, wider: Wider) -> list[Detections]:
    """What a detector finds in each image, in WIDER's framing, on one thread."""
    detector = method.build(frame="wider", **method.everything, **method.on_wider)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with threadpool_limits(1):
            images = tqdm(wider.images(), total=len(wider.files), desc=method.name, unit="image")
            return [detector.detect(image) for image in images]
    finally:
        cv2.setNumThreads(threads)


def recall_rows(method: Method, wider: Wider, found: Sequence[Detections]) -> list[list]:
    """Faces of each height and how many of them are found, at the method's operating point.

    All faces take part in the matching, so that a box belongs to the face that it fits best, whatever its height.
    """
    threshold = method.threshold()
    seen = np.concatenate(faces_found(wider, [detections.above(threshold) for detections in found]))
    height, void = np.concatenate([boxes[:, 3] for boxes in wider.boxes]), np.concatenate(wider.void)
    rows = []
    for low, high in zip(HEIGHTS, (*HEIGHTS[1:], None), strict=True):
        inside = ~void & (height >= low) & (height < (high or np.inf))
        rows.append([method.name, low, high, int(inside.sum()), int(seen[inside].sum())])
    return rows


def faces_found(wider: Wider, found: Sequence[Detections]) -> list[np.ndarray]:
    """Of each image (L,) bool: the faces that are found."""
    return [
        found_faces(detections.boxes, detections.scores, boxes, void, IOU)
        for detections, boxes, void in zip(found, wider.boxes, wider.void, strict=True)
    ]


def ap_rows(method: Method, wider: Wider, found: Sequence[Detections]) -> list[list]:
    """AP of the faces from each height up, with its interval; smaller faces are ignored."""
    rows = []
    for low in AP_HEIGHTS:
        ignored = wider.ignored(low)
        each = [
            evaluate([detections], [boxes], [no], IOU)
            for detections, boxes, no in zip(found, wider.boxes, ignored, strict=True)
        ]
        image = np.repeat(np.arange(len(each)), [len(e.scores) for e in each])
        scores, right = np.concatenate([e.scores for e in each]), np.concatenate([e.right for e in each])
        faces = np.array([e.faces for e in each])
        interval = bootstrap(scores, right, image, faces, np.random.default_rng(low))
        rows.append([method.name, low, average_precision(scores, right, faces.sum()), *interval])
    return rows


def bootstrap(
    scores: np.ndarray, right: np.ndarray, image: np.ndarray, faces: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """The middle 95 % of the APs of REPLICATES sets of images, each drawn with replacement from those there are.

    Parameters: scores, right, image (M,): every detection, and which image's it is; faces (I,), those of each image.
    Images and not faces are drawn, since faces in one picture share light, size and blur.
    """
    order = np.argsort(-scores, kind="stable")
    scores, right, image = scores[order], right[order], image[order]
    values = []
    for _ in tqdm(range(REPLICATES), desc="bootstrap", unit="draw", leave=False):
        times = np.bincount(rng.integers(0, len(faces), len(faces)), minlength=len(faces))
        if not times @ faces:
            continue  # a draw without faces has no AP
        copies = times[image]
        values.append(average_precision(np.repeat(scores, copies), np.repeat(right, copies), times @ faces))
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class People:
    """The labelled faces of SMALLEST pixels and more, L of them.

    image (L,) and face (L,), where each is in Wider.boxes; height (L,) px; attributes, name → (L,) labels.
    """

    image: np.ndarray
    face: np.ndarray
    height: np.ndarray
    attributes: dict[str, np.ndarray]


def load_people(wider: Wider) -> People:
    """What demographics.csv says of the faces that are tall enough; `face` there counts from 0 within an image.

    Raises CourseError if a face isn't in boxes.txt.
    """
    with zipfile.ZipFile(wider.archive) as members:
        rows = list(csv.DictReader(io.StringIO(members.read(LABELS).decode())))
    place = {file: i for i, file in enumerate(wider.files)}
    kept, image, face, height = [], [], [], []
    for row in rows:
        i, j = place.get(row["file"], -1), int(row["face"])
        if i < 0 or j >= len(wider.boxes[i]):
            raise CourseError(f"{LABELS} names face {j} of {row['file']}, which boxes.txt doesn't have.")
        if wider.boxes[i][j, 3] >= SMALLEST and not wider.void[i][j]:
            kept.append(row)
            image.append(i)
            face.append(j)
            height.append(wider.boxes[i][j, 3])
    skin = np.array([row["perceived_skin"] for row in kept])
    attributes = {
        "skin": skin,
        "tone": np.array([TONES[each] for each in skin]),
        "gender": np.array([row["perceived_gender"] for row in kept]),
        "age": np.array([row["perceived_age"] for row in kept]),
    }
    return People(np.array(image), np.array(face), np.array(height), attributes)


def missed_faces(wider: Wider, people: People, found: Sequence[Detections], confidence: float | None) -> np.ndarray:
    """Which of the labelled faces (L,) bool are missed; all faces take part in the matching, as in recall_rows."""
    kept = found if confidence is None else [detections.above(confidence) for detections in found]
    seen = faces_found(wider, kept)
    return np.array([not seen[i][j] for i, j in zip(people.image, people.face, strict=True)])


def group_rows(name: str, confidence: float | None, missed: np.ndarray, people: People) -> list[list]:
    """Miss rates of every group, with Wilson's interval and one by bootstrap over images."""
    rows = []
    for attribute, labels in people.attributes.items():
        for rate in group_rates(missed, labels, people.image, np.random.default_rng(0), REPLICATES, LEVEL):
            interval = rate.low, rate.high, rate.cluster_low, rate.cluster_high
            rows.append([name, confidence, SMALLEST, attribute, rate.group, rate.n, rate.events, *interval])
    return rows


def gap_rows(name: str, confidence: float | None, missed: np.ndarray, people: People) -> list[list]:
    """Each group's miss rate against its attribute's reference group, size not held fixed; bootstrap over images."""
    rows = []
    for attribute, reference in REFERENCE.items():
        labels = people.attributes[attribute]
        for group in np.unique(labels[labels != reference]):
            gap = compare_groups(missed, labels, people.image, group, reference, 0, REPLICATES, LEVEL)
            difference = gap.difference, gap.low, gap.high
            ratio = gap.ratio, gap.ratio_low, gap.ratio_high
            rows.append([name, confidence, attribute, str(group), reference, *difference, *ratio])
    return rows


def half_rows(name: str, confidence: float | None, missed: np.ndarray, people: People) -> list[list]:
    """Each group's miss rate less that of its reference group, among small faces and among large ones."""
    rows = []
    for attribute, reference in REFERENCE.items():
        for group in np.unique(people.attributes[attribute]):
            for low, high in HALVES if group != reference else ():
                inside = (people.height >= low) & (people.height < high)
                labels, image = people.attributes[attribute][inside], people.image[inside]
                if not {group, reference} <= set(labels.tolist()):
                    continue
                gap = compare_groups(missed[inside], labels, image, group, reference, 0, REPLICATES, LEVEL)
                ends = low, None if np.isinf(high) else high
                rows.append(
                    [name, confidence, attribute, str(group), reference, *ends, gap.difference, gap.low, gap.high]
                )
    return rows


def height_rows(name: str, confidence: float | None, missed: np.ndarray, people: People) -> list[list]:
    """Faces and misses of each group in classes of height."""
    rows = []
    for attribute in REFERENCE:
        labels = people.attributes[attribute]
        for group in np.unique(labels):
            for low, high in itertools.pairwise(CLASSES):
                inside = (labels == group) & (people.height >= low) & (people.height < high)
                top = None if np.isinf(high) else high
                count = int(inside.sum()), int(missed[inside].sum())
                rows.append([name, confidence, attribute, str(group), low, top, *count])
    return rows


def design(people: People) -> tuple[list[str], np.ndarray]:
    """The model's terms and their columns (L, p): intercept, doublings of height, and a column for each other group."""
    terms, columns = ["intercept", "log2_height"], [np.ones(len(people.height)), np.log2(people.height / CENTRE)]
    for attribute, reference in REFERENCE.items():
        labels = people.attributes[attribute]
        for group in np.unique(labels[labels != reference]):
            terms.append(f"{attribute}:{group}")
            columns.append(labels == group)
    return terms, np.column_stack(columns).astype(np.float64)


def model_rows(name: str, confidence: float | None, missed: np.ndarray, people: People) -> list[list]:
    """Log odds of being missed, all groups and the height in one model; bootstrap over images."""
    terms, X = design(people)
    coefficients = logistic_fit(X, missed)
    drawn = bootstrap_logistic(X, missed, people.image, np.random.default_rng(0), REPLICATES)
    if np.isnan(drawn).any():
        print(f"  {name} {confidence or ''}: {np.isnan(drawn).any(axis=1).sum()} draws without a maximum left out")
    return [
        [name, confidence, term, float(value), *middle(column, LEVEL)]
        for term, value, column in zip(terms, coefficients, drawn.T, strict=True)
    ]


GROUP_PROTOCOL = (
    "labels: demographics.csv, Y. Yang et al., 2022, CC BY-NC 4.0: how annotators saw a face, not who anybody is",
    f"labelled faces of {SMALLEST} px and more; missed: no box at IoU {IOU}, all faces take part in the matching; "
    "confidence: the score asked of a box (none for haar: 3 neighbours)",
)
GROUP_TABLES = {
    "wider_groups": (
        GROUP_COLUMNS,
        group_rows,
        "tone: light is skin I to III, dark IV to VI; low, high: Wilson, as if faces were independent; image_low, "
        f"image_high: bootstrap over images, {REPLICATES} draws; both {LEVEL:.0%}",
    ),
    "wider_gaps": (
        GAP_COLUMNS,
        gap_rows,
        "miss rate of the group minus, and over, that of the reference group, the height not held fixed; low, high: "
        f"{LEVEL:.0%} by bootstrap over images, {REPLICATES} draws",
    ),
    "wider_gaps_by_height": (
        HALF_COLUMNS,
        half_rows,
        "miss rate of the group minus that of the reference group among faces from min_height to below max_height "
        f"pixels; low, high: {LEVEL:.0%} by bootstrap over images, {REPLICATES} draws",
    ),
    "wider_heights": (
        HEIGHT_COLUMNS,
        height_rows,
        "heights in pixels, from min_height to below max_height",
    ),
    "wider_model": (
        MODEL_COLUMNS,
        model_rows,
        "logistic regression of being missed, one model a detector and confidence with all terms at once: the log2 of "
        f"height over {CENTRE} px, and groups against "
        + ", ".join(f"{reference} ({attribute})" for attribute, reference in REFERENCE.items())
        + f"; natural log odds; low, high: {LEVEL:.0%} by bootstrap over images, {REPLICATES} draws",
    ),
}


def write_group_tables(wider: Wider, found: dict[str, list[Detections]], only: bool, protocol: Sequence[str]) -> None:
    """Write the tables of who is missed; with --only, the other detectors' rows stay as they are."""
    people = load_people(wider)
    missed = {
        (name, confidence): missed_faces(wider, people, found[name], confidence)
        for name, confidence in GROUPED
        if name in found
    }
    for table, (columns, rows_of, more) in GROUP_TABLES.items():
        kept = stored_rows(table) if only else []
        rows = []
        for name in dict.fromkeys(name for name, _ in GROUPED):
            if name in found:
                measured = [case for case in GROUPED if case[0] == name]
                rows += [row for case in measured for row in rows_of(*case, missed[case], people)]
            else:
                rows += [row for row in kept if row[0] == name]
        write_table(table, "course measure wider", [*protocol, *GROUP_PROTOCOL, more], columns, rows)


def main(options: argparse.Namespace) -> None:
    """Write the tables of recall, AP and who is missed; with --only, the other detectors' rows stay as they are."""
    wanted = chosen(options.only, COMPARED)
    wider = load(outside(options.data, ARCHIVE, "WIDER FACE (450 validation images)"))
    found = {method.name: look(method, wider) for method in wanted}
    protocol = [
        f"WIDER FACE validation, {len(wider.files)} images, {sum(map(len, wider.boxes))} boxes, native resolution; "
        f"greedy by score, each face matched once, IoU {IOU}; boxes in WIDER's framing (facelab.detection.to_frame, "
        "data/measured/detector_frames.csv)",
        f"boxes without width or height in boxes.txt ({sum(void.sum() for void in wider.void)}) count neither as faces "
        "nor as matches; heights in pixels, from min_height to below max_height",
        *(f"{method.name}: {method.how}" for method in COMPARED),
    ]
    tables = {
        "wider_recall": (RECALL_COLUMNS, recall_rows, ["all faces take part in the matching"]),
        "wider_ap": (
            AP_COLUMNS,
            ap_rows,
            [
                "ap: all-point, faces from min_height up; a box on a smaller face is neither right nor false, every "
                f"other unmatched one is false; low, high: {LEVEL:.0%} by bootstrap, {REPLICATES} draws of images",
            ],
        ),
    }
    for name, (columns, rows_of, more) in tables.items():
        measured = {method.name: rows_of(method, wider, found[method.name]) for method in wanted}
        kept = stored_rows(name) if options.only else []
        rows = []
        for method in COMPARED:
            rows += measured.get(method.name, [row for row in kept if row[0] == method.name])
        write_table(name, "course measure wider", [*protocol, *more], columns, rows)
    if not wider.has_labels():
        print(f"{LABELS} is not in the archive: the tables of who is missed stay as they are.")
        return
    hows = [f"{m.name}: {m.how.removesuffix('; used at .5')}" for m in COMPARED if m.name in dict(GROUPED)]
    write_group_tables(wider, found, bool(options.only), [*protocol[:1], *hows])
