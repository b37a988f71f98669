"""Boxes against OpenCV and against slow, independent counting; detectors on good and on bad input."""

import dataclasses

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from facelab import results
from facelab.cascade import Cascade, hard_negatives, train_cascade
from facelab.datasets import load_cbcl
from facelab.detection import (
    FALSE,
    IGNORED,
    RIGHT,
    CascadeDetector,
    Detections,
    HaarDetector,
    YuNetDetector,
    as_boxes,
    as_colour,
    as_grey,
    as_image,
    average_precision,
    evaluate,
    found_faces,
    iou,
    match,
    merge,
    miss_rate,
    nms,
    precision_recall,
    pyramid,
    to_frame,
    windows,
)
from facelab.montages import backgrounds, load_montages

BOX = st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2)
SCORED = st.lists(st.tuples(BOX, st.integers(0, 6)), max_size=25)


@pytest.fixture(scope="module")
def astronaut():
    """NASA's portrait of Eileen Collins in OpenCV's order of channels, (512, 512, 3) uint8."""
    return cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)


# --- overlap


def painted(box, side=60):
    mask = np.zeros((side, side), bool)
    x, y, w, h = box
    mask[y : y + h, x : x + w] = True
    return mask


@settings(max_examples=60, deadline=None)
@given(st.lists(BOX, min_size=1, max_size=5), st.lists(BOX, min_size=1, max_size=5))
def test_iou_counts_pixels(a, b):
    want = [[(painted(p) & painted(q)).sum() / (painted(p) | painted(q)).sum() for q in b] for p in a]
    np.testing.assert_allclose(iou(a, b), want, atol=1e-12)


def test_iou_of_boxes_that_share_nothing():
    a = [[0, 0, 2, 2]]
    apart = [
        [5, 5, 2, 2],
        [2, 0, 2, 2],
        [0, 7, 2, 2],
        [2, 2, 3, 3],
        [-9, -9, 2, 2],
    ]  # far, side by side, corner to corner
    np.testing.assert_array_equal(iou(a, apart), np.zeros((1, 5)))
    empty = [[1, 1, 0, 0], [1, 1, 0, 5]]
    np.testing.assert_array_equal(iou(empty, empty), np.zeros((2, 2)))
    np.testing.assert_array_equal(iou(a, empty), np.zeros((1, 2)))
    assert iou([], a).shape == (0, 1)
    assert iou(a, np.zeros((0, 4))).shape == (1, 0)


@settings(max_examples=200, deadline=None)
@given(SCORED, st.sampled_from([0.0, 0.213, 0.301, 0.4507, 0.703, 1.0]))
def test_suppression_is_opencvs(scored, threshold):
    """Thresholds that no IoU of such boxes meets exactly: OpenCV computes IoU in float32. Ties in score do occur."""
    boxes, scores = np.array([b for b, _ in scored]).reshape(-1, 4), np.array([(s + 1) / 8 for _, s in scored])
    want = cv2.dnn.NMSBoxes(boxes.astype(float).tolist(), scores.tolist(), 0.0, threshold) if len(boxes) else []
    np.testing.assert_array_equal(nms(boxes, scores, threshold), want)


def test_suppression_in_words():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [5, 0, 10, 10], [30, 0, 10, 10]])
    assert nms(boxes, [0.5, 0.5, 0.9, 0.1], 0.3).tolist() == [2, 3]
    assert nms(boxes, [0.5, 0.5, 0.1, 0.1], 0.34).tolist() == [0, 2, 3]  # equal scores: the first; IoU 1/3 is not above
    assert nms(boxes, [0.5, 0.5, 0.1, 0.1], 1.0).tolist() == [0, 1, 2, 3]
    assert nms([], [], 0.5).shape == (0,)
    assert nms([[3, 3, 0, 0], [3, 3, 0, 0]], [1, 2], 0.5).tolist() == [1, 0]  # no area: they overlap nothing


@settings(max_examples=100, deadline=None)
@given(SCORED, st.sampled_from([0.0, 0.213, 0.301, 0.703]))
def test_merging_makes_groups_as_suppression_does(scored, threshold):
    boxes, scores = np.array([b for b, _ in scored]).reshape(-1, 4), np.array([s + 1.0 for _, s in scored])
    want, left = [], list(range(len(boxes)))
    for best in nms(boxes, scores, threshold):
        group = [i for i in left if i == best or iou(boxes[[best]], boxes[[i]])[0, 0] > threshold]
        left = [i for i in left if i not in group]
        want.append((scores[group].sum(), *boxes[group].mean(axis=0)))
    want = np.array(sorted(want, key=lambda row: -row[0])).reshape(-1, 5)
    got_boxes, got_scores = merge(boxes, scores, threshold)
    np.testing.assert_allclose(got_scores, want[:, 0])
    np.testing.assert_allclose(got_boxes, want[:, 1:])


def test_merging_in_words():
    boxes = np.array([[0, 0, 10, 10], [2, 0, 10, 10], [50, 0, 10, 10], [9, 9, 0, 0]])
    got_boxes, got_scores = merge(boxes, [1, 2, 2.5, 0.1], 0.3)
    assert got_boxes.tolist() == [
        [1, 0, 10, 10],
        [50, 0, 10, 10],
        [9, 9, 0, 0],
    ]  # two that agree beat one that is surer
    np.testing.assert_allclose(got_scores, [3, 2.5, 0.1])
    assert merge([], [], 0.3)[0].shape == (0, 4)
    with pytest.raises(ValueError, match="between 0 and 1"):
        merge(boxes, [1, 2, 3, 4], -1)


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ([[0, 0, -1, 2]], "can't be negative"),
        ([[0, 0, 3, -2]], "can't be negative"),
        ([[0, np.nan, 1, 1]], "holds NaN"),
        ([[0, 0, np.inf, 1]], "holds NaN or infinity"),
        ([[0, 0, 1]], r"wanted \(M, 4\)"),
        ([1, 2, 3, 4], r"wanted \(M, 4\)"),
    ],
)
def test_boxes_that_are_none(boxes, said):
    good = [[0, 0, 1, 1]]
    for call in (
        lambda: as_boxes(boxes),
        lambda: iou(good, boxes),
        lambda: nms(boxes, [1.0], 0.5),
        lambda: match(good, [1.0], boxes),
        lambda: to_frame(boxes, "haar", "cbcl"),
    ):
        with pytest.raises(ValueError, match=said):
            call()


def test_numbers_that_are_none():
    good = [[0, 0, 1, 1]]
    with pytest.raises(ValueError, match="NaN"):
        nms(good, [np.nan], 0.5)
    with pytest.raises(ValueError, match=r"wanted \(1,\)"):
        match(good, [1, 2], good)
    with pytest.raises(ValueError, match="between 0 and 1"):
        nms(good, [1], 30)
    with pytest.raises(ValueError, match="above 0"):
        match(good, [1], good, threshold=0)
    with pytest.raises(ValueError, match="one a true box"):
        match(good, [1], good, ignored=[True, False])


# --- matching


def slow_match(boxes, scores, truth, ignored, threshold):
    """The rule of match, face by face, with shapely simple loops."""
    verdict, taken = [None] * len(boxes), set()
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        overlaps = [iou([boxes[i]], [t])[0, 0] for t in truth]
        open_ = [j for j in range(len(truth)) if not ignored[j] and j not in taken and overlaps[j] >= threshold]
        if open_:
            taken.add(max(open_, key=lambda j: overlaps[j]))
            verdict[i] = RIGHT
        else:
            hidden = any(ignored[j] and overlaps[j] >= threshold for j in range(len(truth)))
            verdict[i] = IGNORED if hidden else FALSE
    return verdict


@settings(max_examples=150, deadline=None)
@given(SCORED, st.lists(st.tuples(BOX, st.booleans()), max_size=8), st.sampled_from([0.2, 0.4, 0.5, 1.0]))
def test_matching_is_greedy_by_score_and_one_to_one(scored, truth, threshold):
    boxes, scores = [b for b, _ in scored], [s for _, s in scored]
    faces, ignored = [t for t, _ in truth], [i for _, i in truth]
    got = match(boxes, scores, faces, ignored, threshold)
    assert got.tolist() == slow_match(boxes, scores, faces, ignored, threshold)
    found = found_faces(boxes, scores, faces, ignored, threshold)
    assert (got == RIGHT).sum() == found.sum() <= ignored.count(False)
    assert not (found & np.array(ignored, dtype=bool)).any()


def test_matching_in_words():
    face, other = [0, 0, 10, 10], [20, 0, 10, 10]
    assert match([face, face], [0.2, 0.9], [face]).tolist() == [FALSE, RIGHT]  # a face is found once, by the surest
    assert match([face, face], [0.9, 0.9], [face]).tolist() == [RIGHT, FALSE]
    assert match([face, other], [0.2, 0.9], [face]).tolist() == [RIGHT, FALSE]
    assert match([[0, 0, 10, 5]], [1], [face]).tolist() == [RIGHT]  # an IoU of exactly one half is enough
    assert match([[0, 0, 10, 4.9]], [1], [face]).tolist() == [FALSE]
    # Nearly the same face twice: the surer box takes the nearer face, the other is left with the second.
    two = [[0, 0, 10, 10], [2, 0, 10, 10]]
    assert match([[2, 0, 10, 10], [0.5, 0, 10, 10]], [0.9, 0.8], two).tolist() == [RIGHT, RIGHT]


def test_ignored_faces_are_neither_right_nor_wrong():
    small, face = [0, 0, 4, 4], [20, 0, 10, 10]
    boxes = [small, small, face, [50, 50, 9, 9]]
    got = match(boxes, [0.9, 0.8, 0.7, 0.6], [small, face], ignored=[True, False])
    assert got.tolist() == [IGNORED, IGNORED, RIGHT, FALSE]
    # A face that counts comes before one that doesn't, even where the latter is nearer.
    near = [[0, 0, 10, 10], [1, 0, 10, 10]]
    assert match([near[0]], [1], near, ignored=[True, False]).tolist() == [RIGHT]
    assert match([near[0]] * 2, [2, 1], near, ignored=[True, False]).tolist() == [RIGHT, IGNORED]
    assert match(boxes, [4, 3, 2, 1], []).tolist() == [FALSE] * 4
    assert match([], [], [face]).shape == (0,)


def test_evaluation_over_images():
    face = np.array([[0.0, 0, 10, 10]])
    far = np.array([[50.0, 0, 10, 10]])
    found = [Detections(np.vstack([face, far]), np.array([0.9, 0.5])), Detections(far, np.array([0.7]))]
    got = evaluate(found, [face, face])
    np.testing.assert_array_equal(got.scores, [0.9, 0.7, 0.5])
    np.testing.assert_array_equal(got.right, [True, False, False])
    assert (got.faces, got.images) == (2, 2)
    assert got.at(0.7) == (0.5, 0.5)
    assert got.at(0.71) == (0.5, 0)
    assert got.at(-np.inf) == (0.5, 1)
    without = evaluate(found, [np.vstack([face, far]), face], [np.array([False, True]), np.array([False])])
    np.testing.assert_array_equal(without.scores, [0.9, 0.7])
    assert without.faces == 2
    with pytest.raises(ValueError, match="at least one image"):
        evaluate([], [])
    with pytest.raises(ValueError, match="true boxes of 1"):
        evaluate(found, [face])


# --- precision and recall


def slow_average_precision(scores, right, faces):
    """By the definition, point by point: at each recall k / faces the best precision at that recall or more."""
    points = []
    for threshold in set(scores):
        kept = [r for s, r in zip(scores, right, strict=True) if s >= threshold]
        points.append((sum(kept), sum(kept) / len(kept)))
    total = 0
    for k in range(1, faces + 1):
        reached = [precision for hits, precision in points if hits >= k]
        total += max(reached, default=0) / faces
    return total


OUTCOME = st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30)


@settings(max_examples=200, deadline=None)
@given(OUTCOME, st.integers(0, 5))
def test_average_precision_by_its_definition(outcome, missed):
    scores, right = [s for s, _ in outcome], [r for _, r in outcome]
    faces = sum(right) + missed
    if faces == 0:
        with pytest.raises(ValueError, match="at least one to find"):
            average_precision(scores, right, faces)
    else:
        assert average_precision(scores, right, faces) == pytest.approx(slow_average_precision(scores, right, faces))


def test_average_precision_beside_scikit_learns():
    """scikit-learn's leaves the curve as it is: where the curve falls all along, the two agree."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        n = int(rng.integers(2, 12))
        right = np.arange(n) < rng.integers(1, n + 1)  # every right one before every false one
        scores = -np.sort(rng.random(n))
        assert average_precision(scores, right, right.sum()) == pytest.approx(average_precision_score(right, scores))
    scores, right = rng.random(50), rng.random(50) < 0.5
    assert average_precision(scores, right, right.sum()) > average_precision_score(right, scores)


def test_average_precision_of_small_cases():
    assert average_precision([0.9, 0.8], [True, True], 2) == 1
    assert average_precision([0.9, 0.8], [True, True], 4) == 0.5  # what is never found adds nothing
    assert average_precision([0.9, 0.8, 0.7], [False, True, True], 2) == pytest.approx(2 / 3)
    assert average_precision([0.5, 0.5], [True, False], 1) == 0.5  # equal scores come in together
    assert average_precision([], [], 3) == 0
    assert average_precision([0.5], [False], 3) == 0
    with pytest.raises(ValueError, match="2 faces found of 1"):
        average_precision([1, 2], [True, True], 1)


def test_precision_recall_and_misses_at_every_threshold():
    scores, right = np.array([0.2, 0.9, 0.5, 0.9, 0.1]), np.array([True, True, False, False, True])
    precision, recall, thresholds = precision_recall(scores, right, 4)
    np.testing.assert_array_equal(thresholds, [0.9, 0.5, 0.2, 0.1])
    np.testing.assert_allclose(precision, [1 / 2, 1 / 3, 2 / 4, 3 / 5])
    np.testing.assert_allclose(recall, [1 / 4, 1 / 4, 2 / 4, 3 / 4])
    false, missed, same = miss_rate(scores, right, 4, images=2)
    np.testing.assert_array_equal(same, thresholds)
    np.testing.assert_allclose(false, [0.5, 1, 1, 1])
    np.testing.assert_allclose(missed, 1 - recall)
    with pytest.raises(ValueError, match="at least one"):
        miss_rate(scores, right, 4, images=0)


# --- windows


def test_pyramid_shrinks_until_the_window_no_longer_fits():
    image = np.random.default_rng(0).integers(0, 255, (50, 80), dtype=np.uint8)
    levels = list(pyramid(image, 1.25, 20))
    scales = [scale for scale, _ in levels]
    np.testing.assert_allclose(scales, 1.25 ** np.arange(5))
    assert levels[0][1] is image
    assert [level.shape for _, level in levels] == [(50, 80), (40, 64), (32, 51), (26, 41), (20, 33)]
    for scale, level in levels[1:]:
        assert abs(level.mean() - image.mean()) < 1.5, scale
    assert list(pyramid(image, 1.25, 51)) == []
    assert next(pyramid(np.zeros((9, 9, 3), np.uint8), 2, 5))[1].shape == (9, 9, 3)
    for step, smallest in ((1, 5), (0.8, 5), (1.2, 0)):
        with pytest.raises(ValueError, match="step above 1"):
            list(pyramid(image, step, smallest))


def test_windows_are_the_crops_at_their_corners():
    image = np.random.default_rng(0).integers(0, 255, (11, 14), dtype=np.uint8)
    for side, stride in ((3, 1), (5, 2), (11, 4)):
        crops, corners = windows(image, side, stride)
        assert corners.tolist() == [
            [x, y] for y in range(0, 11 - side + 1, stride) for x in range(0, 14 - side + 1, stride)
        ]
        for crop, (x, y) in zip(crops, corners, strict=True):
            np.testing.assert_array_equal(crop, image[y : y + side, x : x + side])
    assert windows(image, 12)[0].shape == (0, 12, 12)
    with pytest.raises(ValueError, match="1 px or more"):
        windows(image, 3, 0)


# --- frames


def test_frames_are_the_stored_ones():
    table = results("detector_frames")
    box = np.array([[100.0, 50, 40, 40]])
    for row in table:
        (x, y, w, h) = to_frame(box, row["detector"], row["frame"])[0]
        assert (w, h) == (pytest.approx(40 * row["width"]), pytest.approx(40 * row["height"]))
        assert x + w / 2 == pytest.approx(120 + 40 * row["right"])
        assert y + h / 2 == pytest.approx(70 + 40 * row["down"])
    np.testing.assert_array_equal(to_frame(box, "haar", "own"), box)
    np.testing.assert_array_equal(to_frame(box, "cbcl", "cbcl"), box)
    np.testing.assert_array_equal(to_frame(box, "yunet", "wider"), box)
    assert to_frame([], "haar", "cbcl").shape == (0, 4)
    haar = table[(table["detector"] == "haar") & (table["frame"] == "cbcl")][0]
    assert abs(haar["width"] - 0.62) < 0.02  # what a prototype measured
    assert abs(haar["down"] - 0.06) < 0.01
    with pytest.raises(ValueError, match="no frame 'lfw'"):
        to_frame(box, "haar", "lfw")
    with pytest.raises(ValueError, match="no detector 'magic'"):
        to_frame(box, "magic", "cbcl")


def test_frames_bring_detectors_together():
    """On montages, whose true boxes are in CBCL's framing, Haar's wide squares fit only once they are brought there."""
    m = load_montages("tune")

    def overlap(detector):
        found = [detector.detect(image).boxes for image in m.images[:4]]
        each = zip(m.boxes[:4], found, strict=True)
        return np.median(np.concatenate([iou(truth, boxes).max(axis=1) for truth, boxes in each]))

    assert overlap(HaarDetector()) < 0.45
    assert overlap(HaarDetector(frame="cbcl")) > 0.75
    assert overlap(YuNetDetector()) < 0.55
    assert overlap(YuNetDetector(frame="cbcl")) > 0.8


# --- detectors


def cascade():
    """A small cascade: three stages that are trained in a second or two, and make many mistakes."""
    if not CASCADE:
        cbcl = load_cbcl()
        faces, others = cbcl.images[cbcl.is_face], cbcl.images[~cbcl.is_face]
        mine = hard_negatives(list(backgrounds("train").values())[:4])
        rng = np.random.default_rng(0)
        CASCADE.append(train_cascade(faces[::4], faces[1::8], others, mine, rng=rng, rounds=(5, 12, 25), n_hard=800))
    return CASCADE[0]


CASCADE = []
DETECTORS = [
    pytest.param(lambda: CascadeDetector(cascade(), threshold=1.0), id="cascade"),
    pytest.param(HaarDetector, id="haar"),
    pytest.param(lambda: HaarDetector("frontalface_alt2"), id="haar-alt2"),
    pytest.param(YuNetDetector, id="yunet"),
]


@pytest.mark.parametrize("maker", DETECTORS[1:])
def test_every_detector_finds_the_astronaut(maker, astronaut):
    found = maker().detect(astronaut)
    assert found.boxes.dtype == found.scores.dtype == np.float64
    assert found.boxes.shape == (len(found), 4)
    assert np.all(np.diff(found.scores) <= 0)
    x, y, w, h = found.boxes[0]
    assert np.hypot(x + w / 2 - 224, y + h / 2 - 118) < 25
    if found.landmarks is not None:
        assert found.landmarks.shape == (len(found), 5, 2)
        assert found.landmarks[0, 0, 0] < found.landmarks[0, 1, 0]  # her right eye is on our left
    grey = cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY)
    assert iou(maker().detect(grey).boxes[:1], found.boxes[:1])[0, 0] > 0.8
    same = maker().detect(grey[:, :, None])  # a channel axis of one
    np.testing.assert_array_equal(same.boxes, maker().detect(grey).boxes)
    turned = maker().detect(np.asfortranarray(grey))
    np.testing.assert_array_equal(turned.boxes, same.boxes)


@pytest.mark.parametrize("maker", DETECTORS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3), (19, 19), (24, 24), (18, 40), (33, 17, 3)])
def test_nothing_is_found_in_a_tiny_or_empty_grey_image(maker, shape):
    """Several times: OpenCV's YuNet gave random boxes on an image with a side below 33 px, in some of the runs."""
    for value in (0, 128, 255) * 3:
        found = maker().detect(np.full(shape, value, np.uint8))
        assert len(found) == 0
        assert found.boxes.shape == (0, 4)
        assert found.landmarks is None or found.landmarks.shape == (0, 5, 2)


BAD = [
    (np.zeros((9, 9)), TypeError, "float64; wanted uint8, 0 to 255. Floats"),
    (np.zeros((9, 9), np.float32), TypeError, "Floats from 0 to 1 become bytes"),
    (np.zeros((9, 9), np.uint16), TypeError, "uint16"),
    (np.zeros((9, 9), np.int8), TypeError, "int8"),
    (np.zeros((9, 9), bool), TypeError, "bool"),
    (np.full((9, 9), np.nan), TypeError, "float64"),
    (None, TypeError, "object"),
    (np.zeros((9, 9, 4), np.uint8), ValueError, "alpha"),
    (np.zeros((9, 9, 2), np.uint8), ValueError, r"\(9, 9, 2\)"),
    (np.zeros((3, 9, 9), np.uint8), ValueError, r"\(3, 9, 9\)"),
    (np.zeros((1, 9, 9, 3), np.uint8), ValueError, r"\(1, 9, 9, 3\)"),
    (np.zeros(9, np.uint8), ValueError, r"\(9,\)"),
    (np.zeros((0, 0), np.uint8), ValueError, "empty"),
    (np.zeros((0, 5, 3), np.uint8), ValueError, "empty"),
    (np.broadcast_to(np.uint8(7), (9000, 9000)), ValueError, "Shrink it"),
]


@pytest.mark.parametrize("maker", DETECTORS)
@pytest.mark.parametrize(("image", "error", "said"), BAD)
def test_images_that_are_none(maker, image, error, said):
    with pytest.raises(error, match=said):
        maker().detect(image)


def test_grey_and_colour():
    bgr = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    want = bgr @ [0.114, 0.587, 0.299]
    assert np.abs(as_grey(bgr) - want).max() <= 1  # blue first: it weighs least
    grey = as_grey(bgr)
    assert as_grey(grey) is grey
    np.testing.assert_array_equal(as_colour(grey), np.stack([grey] * 3, axis=2))
    assert as_image(bgr[:, ::-1]).flags.c_contiguous


def test_red_and_blue_exchanged_is_read_nevertheless(astronaut):
    """Nothing in an array tells; the face is found and the score differs."""
    right, wrong = (YuNetDetector().detect(image) for image in (astronaut, astronaut[:, :, ::-1]))
    assert iou(right.boxes[:1], wrong.boxes[:1])[0, 0] > 0.8
    assert right.scores[0] != wrong.scores[0]


def test_cascade_detector_scans_merges_and_keeps(astronaut):
    grey = cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY)
    scan = cascade().scan(grey, smallest=60, step=1.3, stride=2)
    boxes, scores = merge(scan.boxes, scan.scores, 0.25)
    found = CascadeDetector(cascade(), threshold=0.0, smallest=60, step=1.3, stride=2, overlap=0.25).detect(astronaut)
    np.testing.assert_array_equal(found.boxes, boxes)
    np.testing.assert_array_equal(found.scores, scores)
    middle = float(np.median(scores))
    strict = CascadeDetector(cascade(), threshold=middle, smallest=60, step=1.3, stride=2, overlap=0.25, frame="wider")
    assert len(strict.detect(grey)) == (scores >= middle).sum() > 0
    np.testing.assert_allclose(strict.detect(grey).boxes, to_frame(boxes[scores >= middle], "cbcl", "wider"))
    chosen = dataclasses.replace(cascade(), operating_point=2.5)
    assert CascadeDetector(chosen).threshold == 2.5
    assert CascadeDetector(chosen, threshold=0.5).threshold == 0.5


def test_haar_is_opencvs(astronaut):
    grey = cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY)
    cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_frontalface_default.xml")
    want = cascade.detectMultiScale(grey, 1.1, 3)
    found = HaarDetector().detect(astronaut)
    assert sorted(found.boxes.tolist()) == sorted(want.astype(float).tolist())
    assert found.scores.min() >= 3
    assert HaarDetector(smallest=120).detect(astronaut).boxes.size == 0
    assert len(HaarDetector(neighbours=200).detect(astronaut)) == 0


def test_yunet_is_opencvs(astronaut):
    loose, strict = YuNetDetector(0.02), YuNetDetector(0.9)
    every = loose.detect(astronaut)
    assert len(every) > len(strict.detect(astronaut)) == 1
    np.testing.assert_allclose(every.above(0.9).boxes, strict.detect(astronaut).boxes, rtol=1e-5)
    assert every.above(0.9).landmarks.shape == (1, 5, 2)
    assert len(YuNetDetector(0.02, top=1).detect(astronaut)) == 1


@pytest.mark.parametrize(
    ("maker", "said"),
    [
        (lambda: CascadeDetector(Cascade(), smallest=10), "19 px or more"),
        (lambda: CascadeDetector(Cascade(), step=1), "above 1"),
        (lambda: CascadeDetector(Cascade(), frame="lfw"), "cbcl"),
        (lambda: HaarDetector("frontalface_best"), "frontalface_default"),
        (lambda: HaarDetector(factor=1.0), "above 1"),
        (lambda: HaarDetector(frame="lfw"), "cbcl"),
        (lambda: YuNetDetector(confidence=50), "from 0 to 1"),
        (lambda: YuNetDetector(top=0), "1 or more"),
        (lambda: YuNetDetector(frame="lfw"), "cbcl"),
    ],
)
def test_detectors_that_are_none(maker, said):
    with pytest.raises(ValueError, match=said):
        maker()
