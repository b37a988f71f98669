"""The cascade, held against itself window by window, and its file."""

import json
import time

import cv2
import numpy as np
import pytest

from facelab.cascade import Cascade, hard_negatives, train_cascade, varied
from facelab.datasets import load_cbcl
from facelab.detection import HaarDetector
from facelab.haar import KINDS, SIZE
from facelab.montages import backgrounds, load_montages

PHOTOGRAPHS = [np.ascontiguousarray(p[:300, :300]) for p in backgrounds("train").values()]


@pytest.fixture(scope="module")
def cbcl():
    return load_cbcl()


@pytest.fixture(scope="module")
def cascade(cbcl):
    """A small cascade: three stages, trained in a second or two."""
    rng = np.random.default_rng(0)
    faces = cbcl.images[cbcl.is_face][::4]
    return train_cascade(
        faces[:500],
        faces[500:],
        cbcl.images[~cbcl.is_face][::4],
        hard_negatives(PHOTOGRAPHS),
        rng=rng,
        rounds=(4, 8, 12),
        n_hard=600,
    )


# --- cascade ----------------------------------------------------------------------------------------------------------


def test_stages_keep_faces_and_throw_away_most_else(cascade, cbcl):
    assert len(cascade.stages) == 3
    for stage, report, most in zip(cascade.stages, cascade.history, (4, 8, 12), strict=True):
        assert len(stage) == report.stumps <= most
        assert report.detection_rate >= 0.99
    faces, others = (cascade.passes(cbcl.images[cbcl.is_face == kind][1::4]) == 3 for kind in (True, False))
    assert faces.mean() > 0.9
    assert others.mean() < 0.2


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_scan_is_window_by_window(cascade, stride):
    """Every window cut out of every level, and asked one by one, gives the same boxes and scores."""
    image = load_montages("tune").images[3][100:260, 200:420].copy()
    found = cascade.scan(image, smallest=24, step=1.3, stride=stride, trace=True)
    boxes, scores, count, side = [], [], 0, 24.0
    while side <= 160:
        height, width = (max(SIZE, round(n * SIZE / side)) for n in image.shape)
        level = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        across, down = image.shape[1] / width, image.shape[0] / height
        y, x = np.mgrid[: height - SIZE + 1 : stride, : width - SIZE + 1 : stride].reshape(2, -1)
        windows = np.stack([level[b : b + SIZE, a : a + SIZE] for a, b in zip(x, y, strict=True)])
        face = cascade.passes(windows) == 3
        boxes.append(np.stack([x * across, y * down, x * 0 + SIZE * across, x * 0 + SIZE * down], axis=1)[face])
        stages = zip(cascade.stages, cascade.thresholds, strict=True)
        scores.append(sum(stage.decision_function(windows[face]) - threshold for stage, threshold in stages))
        count += len(windows)
        side *= 1.3
    boxes, scores = np.concatenate(boxes), np.concatenate(scores)
    assert len(boxes) > 5
    assert found.windows == count
    assert found.passed[-1] == len(boxes)
    order, theirs = np.lexsort(found.boxes.T), np.lexsort(boxes.T)
    np.testing.assert_allclose(found.boxes[order], boxes[theirs])
    np.testing.assert_allclose(found.scores[order], scores[theirs], atol=1e-5)
    assert (np.diff(found.scores) <= 0).all()


def test_a_scan_says_what_each_stage_let_through(cascade):
    scan = cascade.scan(load_montages("tune").images[0], trace=True)
    assert [len(boxes) for boxes in scan.survivors] == scan.passed.tolist()
    assert scan.windows > scan.passed[0] > scan.passed[1] > scan.passed[2] == len(scan.boxes) == len(scan.crops)
    assert (cascade.passes(scan.crops) == 3).all()
    last = {tuple(box) for box in scan.survivors[1]}
    assert {tuple(box) for box in scan.survivors[2]} <= last
    assert cascade.scan(load_montages("tune").images[0]).survivors == ((),) * 0


@pytest.mark.parametrize("shape", [(1, 1), (18, 400), (23, 23)])
def test_a_picture_smaller_than_the_window_holds_nothing(cascade, shape):
    scan = cascade.scan(np.zeros(shape, np.uint8), trace=True)
    assert scan.boxes.shape == (0, 4)
    assert scan.crops.shape == (0, 19, 19)
    assert scan.windows == 0
    assert scan.passed.tolist() == [0, 0, 0]


def test_a_picture_of_exactly_one_window(cascade):
    assert cascade.scan(np.full((24, 24), 90, np.uint8)).windows == 1


def test_sums_may_wrap_round_in_a_huge_picture(cascade):
    """The sums of 9 million bright pixels do not fit 32 bits; the faces at their end are found all the same."""
    face = load_montages("tune").images[0][:200, :200]
    alone = cascade.scan(face, smallest=SIZE, largest=SIZE)
    large = np.full((3000, 3200), 255, np.uint8)
    large[-200:, -200:] = face
    found = cascade.scan(large, smallest=SIZE, largest=SIZE)
    moved = {tuple(b) for b in np.add(alone.boxes, [3000, 2800, 0, 0])}
    assert len(moved) > 3
    assert moved <= {tuple(b) for b in found.boxes}


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((40, 40, 3), np.uint8), "as_grey"),
        (np.zeros((40, 40), np.float64), "float64"),
        (np.zeros((40, 40), np.float32), "float32"),
        (np.zeros((40, 40), np.int64), "int64"),
        (np.zeros((0, 40), np.uint8), "not empty"),
        (None, "NoneType"),
        ([[1, 2]], "list"),
    ],
)
def test_pictures_that_cannot_be_scanned(cascade, image, message):
    with pytest.raises(ValueError, match=message):
        cascade.scan(image)


@pytest.mark.parametrize("sizes", [{"smallest": 18}, {"smallest": np.nan}, {"largest": 20}, {"step": 1}, {"stride": 0}])
def test_sizes_that_make_no_sense(cascade, sizes):
    with pytest.raises(ValueError, match="wanted smallest"):
        cascade.scan(np.zeros((40, 40), np.uint8), **sizes)


def test_scanning_costs_no_more_than_opencvs_cascade(cascade):
    """A ratio of CPU times in one run, one thread each; the small cascade lets more through than a full one."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    images, theirs = load_montages("tune").images[:4], HaarDetector()
    costs = []
    for look in (cascade.scan, theirs.detect):
        look(images[0])
        begin = time.process_time()
        for image in images:
            look(image)
        costs.append(time.process_time() - begin)
    cv2.setNumThreads(threads)
    assert costs[0] <= costs[1], costs


def test_what_is_mined_passes_the_cascade_and_depends_on_the_rng_alone(cascade):
    mine = hard_negatives(PHOTOGRAPHS)
    a, b, c = (mine(cascade, 60, np.random.default_rng(s)) for s in (0, 0, 1))
    assert 0 < len(a) <= 60
    assert (cascade.passes(a) == 3).all()
    np.testing.assert_array_equal(a, b)
    assert a.shape != c.shape or (a != c).any()


def test_training_again_gives_the_same_cascade(cbcl, tmp_path):
    faces, others = cbcl.images[cbcl.is_face][::20], cbcl.images[~cbcl.is_face][::20]
    texts = []
    for seed in (0, 0, 1):
        mine, rng = hard_negatives(PHOTOGRAPHS[:2]), np.random.default_rng(seed)
        train_cascade(faces[:80], faces[80:], others, mine, rng=rng, rounds=(2, 3), n_hard=100).save(tmp_path / "c")
        texts.append((tmp_path / "c").read_bytes())
    assert texts[0] == texts[1] != texts[2]


def test_training_ends_where_no_window_is_left_to_learn_from(cbcl):
    faces, others = cbcl.images[cbcl.is_face][:90], cbcl.images[~cbcl.is_face][:200]

    def nothing(*_):
        return np.zeros((0, SIZE, SIZE), np.uint8)

    rng = np.random.default_rng(0)
    cascade = train_cascade(faces[:60], faces[60:], others, nothing, rng=rng, rounds=(20,) * 9)
    assert 1 <= len(cascade.stages) < 9


def test_varied_faces(cbcl):
    faces = cbcl.images[:200]
    a, b = (varied(faces, np.random.default_rng(0)) for _ in range(2))
    assert a.shape == (400, SIZE, SIZE)
    assert a.dtype == np.uint8
    np.testing.assert_array_equal(a, b)
    for changed, original in ((a[:200], faces), (a[200:], faces[:, :, ::-1])):
        near, far = (np.abs(changed - x.astype(float)).mean(axis=(1, 2)) for x in (original, original[:, :, ::-1]))
        assert near.mean() < far.mean()  # nearer to what it was made of than to its mirror image
        assert near.min() > 0


# --- files ------------------------------------------------------------------------------------------------------------


def test_save_and_load_give_the_same_cascade(cascade, tmp_path):
    cascade.save(tmp_path / "cascade.json")
    again = Cascade.load(tmp_path / "cascade.json")
    image = load_montages("tune").images[1]
    a, b = cascade.scan(image), again.scan(image)
    np.testing.assert_array_equal(a.boxes, b.boxes)
    np.testing.assert_array_equal(a.scores, b.scores)
    np.testing.assert_array_equal(a.passed, b.passed)
    assert (again.history, again.thresholds, again.operating_point) == (cascade.history, cascade.thresholds, 0)
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "cascade.json").read_bytes()


def test_the_file_is_json_as_documented(cascade, tmp_path):
    cascade.save(tmp_path / "cascade.json")
    content = json.loads((tmp_path / "cascade.json").read_text())
    assert set(content) == {"format", "kinds", "operating_point", "stages"}
    assert content["kinds"] == list(KINDS)
    assert [len(stage["stumps"]) for stage in content["stages"]] == [len(stage) for stage in cascade.stages]
    assert all(len(stump) == 9 for stage in content["stages"] for stump in stage["stumps"])


def damaged(**changes):
    def change(content):
        stage = content["stages"][0]
        for name, value in changes.items():
            place = content if name in content else stage
            place[name] = value
        return content

    return change


def with_stump(place, value):
    def change(content):
        content["stages"][0]["stumps"][0][place] = value
        return content

    return change


@pytest.mark.parametrize(
    "change",
    [
        damaged(format="facelab cascade 2"),
        damaged(kinds=["left_right"]),
        damaged(stages=[{}]),
        damaged(stages=5),
        damaged(stumps=[]),
        damaged(stumps=[[1, 2, 3]]),
        damaged(threshold="low"),
        damaged(threshold=float("nan")),
        damaged(operating_point=None),
        damaged(history={"stumps": 3}),
        with_stump(0, 9),
        with_stump(0, -1),
        with_stump(1, 18),
        with_stump(2, -1),
        with_stump(3, 0),
        with_stump(6, 0),
        with_stump(7, float("nan")),
        with_stump(7, "x"),
        lambda content: [],
        lambda content: "text",
    ],
)
def test_a_damaged_file_is_refused_by_name(cascade, tmp_path, change):
    path = tmp_path / "cascade.json"
    cascade.save(path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=r"cascade\.json is no cascade"):
        Cascade.load(path)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x00\xff", b"{", b"[" * 100_000])
def test_what_is_no_json_is_refused_by_name(tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"c\.json is no cascade"):
        Cascade.load(tmp_path / "c.json")
    with pytest.raises(FileNotFoundError):
        Cascade.load(tmp_path / "none.json")
