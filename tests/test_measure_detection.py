"""`course measure detectors`, `montages` and `wider`: WIDER's protocol on a made-up archive, and the stored tables."""

import functools
import zipfile

import cv2
import numpy as np
import pytest

from classroom.__main__ import main as course
from classroom.course import CourseError
from classroom.measure import detectors, montages, store, wider
from facelab import assets, results, tables
from facelab.detection import Detections, Evaluation, average_precision, evaluate
from facelab.montages import load_montages

SHOWN = 3


@pytest.fixture(scope="module")
def pictures():
    """A few tuning montages, their boxes made as tall as WIDER's."""
    tune = load_montages("tune")
    return tune.images[:SHOWN], [b * [1, 1, 1, 1.3] - [0, 0.1, 0, 0] * b[:, 3:] for b in tune.boxes[:SHOWN]]


@pytest.fixture
def outside(tmp_path, pictures):
    """A folder with an archive like WIDER's; one box in it has no width."""
    with zipfile.ZipFile(tmp_path / wider.ARCHIVE, "w") as archive:
        lines = []
        for i, (image, boxes) in enumerate(zip(*pictures, strict=True)):
            archive.writestr(f"images/0--Parade/secret_{i}.jpg", cv2.imencode(".jpg", image)[1].tobytes())
            lines += [f"# 0--Parade/secret_{i}.jpg"]
            lines += [" ".join(str(round(n)) for n in box) for box in boxes]
            lines += ["100 100 -2 23"] * (i == 0)
        archive.writestr("boxes.txt", "\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Tables go to a folder of the test's."""
    monkeypatch.setattr(store, "MEASURED", tmp_path / "measured")
    return tmp_path / "measured"


def stored(path, monkeypatch):
    """A table of that folder, as facelab.results reads it."""
    with monkeypatch.context() as patch:
        patch.setattr(tables, "data_path", lambda relative: path.parent.parent / relative)
        return results(path.stem)


def method(name):
    return next(m for m in detectors.METHODS if m.name == name)


def overlap(a, b):
    """IoU of two boxes, one number at a time."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if min(width, height, b[2], b[3]) <= 0:
        return 0.0
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


# --- WIDER


def test_boxes_are_read_in_order_and_void_ones_keep_their_place():
    files, boxes, void = wider.parse_boxes("# a/b c.jpg\n1 2 3 4\n5 6 -2 23\n7 8 9 0\n\n# d.jpg\n# e.jpg\n0 0 8 8\n")
    assert files == ["a/b c.jpg", "d.jpg", "e.jpg"]
    assert [b.tolist() for b in boxes] == [[[1, 2, 3, 4], [5, 6, 0, 23], [7, 8, 9, 0]], [], [[0, 0, 8, 8]]]
    assert boxes[1].shape == (0, 4)
    assert [v.tolist() for v in void] == [[False, True, True], [], [False]]


@pytest.mark.parametrize("text", ["1 2 3 4\n", "# a\n1 2 3\n", "# a\n# b\n# a\n", "# a\nwords in a row\n"])
def test_other_lines_are_refused(text):
    with pytest.raises((CourseError, ValueError), match="line|could not convert"):
        wider.parse_boxes(text)


def made_up(boxes, found):
    """A Wider of images with these boxes, and Detections of (score, box) pairs."""
    boxes = [np.array(b, dtype=float).reshape(-1, 4) for b in boxes]
    detections = []
    for each in found:
        each = sorted(each, key=lambda pair: -pair[0])
        detections.append(
            Detections(np.array([b for _, b in each], float).reshape(-1, 4), np.array([s for s, _ in each], float))
        )
    void = [(b[:, 2:] <= 0).any(axis=1) for b in boxes]
    return wider.Wider(None, [str(i) for i in range(len(boxes))], boxes, void), detections


def test_recall_is_counted_by_height_at_the_operating_point():
    data, found = made_up(
        [[[0, 0, 10, 16], [40, 0, 10, 15], [80, 0, 10, 128], [120, 0, 10, 7], [160, 0, 0, 64]]],
        [[(0.9, [0, 0, 10, 16]), (0.5, [40, 0, 10, 15]), (0.49, [80, 0, 10, 128]), (0.9, [160, 0, 0, 64])]],
    )
    assert wider.recall_rows(method("yunet"), data, found) == [
        ["yunet", 8, 16, 1, 1],
        ["yunet", 16, 32, 1, 1],
        ["yunet", 32, 64, 0, 0],
        ["yunet", 64, 128, 0, 0],
        ["yunet", 128, None, 1, 0],
    ]


def test_boxes_on_smaller_faces_are_neither_right_nor_false(monkeypatch):
    monkeypatch.setattr(wider, "REPLICATES", 3)
    data, found = made_up(
        [[[0, 0, 20, 40], [50, 0, 6, 12]], [[0, 0, 60, 70]]],
        [[(0.9, [50, 0, 6, 12]), (0.8, [0, 0, 20, 40])], [(0.85, [200, 0, 9, 9]), (0.7, [0, 0, 60, 70])]],
    )
    ap = {row[1]: row[2] for row in wider.ap_rows(method("yunet"), data, found)}
    assert ap[8] == pytest.approx((1 + 3 / 4 + 3 / 4) / 3)  # right, false, right, right
    assert ap[32] == pytest.approx((2 / 3 + 2 / 3) / 2)  # false, right, right: the small face is left out
    assert ap[64] == pytest.approx(1 / 2)  # false, right: 40 px is too small now


def test_a_face_of_just_the_height_counts_and_a_box_must_share_half(monkeypatch):
    monkeypatch.setattr(wider, "REPLICATES", 3)
    data, found = made_up([[[0, 0, 30, 32], [60, 0, 30, 64]]], [[(0.9, [0, 0, 30, 32]), (0.8, [60, 0, 30, 29])]])
    ap = {row[1]: row[2] for row in wider.ap_rows(method("yunet"), data, found)}
    assert ap[32] == pytest.approx(1 / 2)  # the second box covers .45 of its face
    assert ap[64] == 0


def test_bootstrap_is_that_of_whole_images(monkeypatch):
    rng = np.random.default_rng(3)
    truth = [np.array([[30.0 * i, 0, 20, 20] for i in range(rng.integers(0, 5))]).reshape(-1, 4) for _ in range(12)]
    found = []
    for boxes in truth:
        boxes = np.concatenate([boxes[rng.random(len(boxes)) < 0.7], rng.uniform(200, 400, (2, 4))])
        found.append(Detections(boxes, np.sort(rng.integers(0, 9, len(boxes)) / 9)[::-1]))
    each = [evaluate([d], [t]) for d, t in zip(found, truth, strict=True)]
    scores, right = (np.concatenate([getattr(e, name) for e in each]) for name in ("scores", "right"))
    image, faces = np.repeat(np.arange(12), [len(e.scores) for e in each]), np.array([len(t) for t in truth])
    monkeypatch.setattr(wider, "REPLICATES", 40)
    low, high = wider.bootstrap(scores, right, image, faces, np.random.default_rng(0))
    rng, values = np.random.default_rng(0), []
    for _ in range(40):
        drawn = np.sort(rng.integers(0, 12, 12))
        whole = evaluate([found[i] for i in drawn], [truth[i] for i in drawn])
        values.append(average_precision(whole.scores, whole.right, whole.faces))
    assert (low, high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])))
    assert low < average_precision(scores, right, faces.sum()) < high


def test_wider_tables_from_an_archive(outside, measured, monkeypatch, capsys):
    """Everything counted again with plain OpenCV and loops."""
    monkeypatch.setattr(wider, "REPLICATES", 20)
    assert course(["measure", "wider", "--data", str(outside), "--only", "yunet"]) == 0
    assert "demographics.csv is not in the archive" in capsys.readouterr().out
    assert {path.stem for path in measured.iterdir()} == {"wider_ap", "wider_recall"}
    data = wider.load(outside / wider.ARCHIVE)
    network = cv2.FaceDetectorYN.create(str(assets.path("yunet")), "", (640, 480), 0.02, 0.3, 5000)
    counted, seen = {h: [] for h in wider.AP_HEIGHTS}, []
    for image, boxes in zip(data.images(), data.boxes, strict=True):
        rows = sorted(network.detect(image)[1].tolist(), key=lambda row: -row[14])
        ious = [[overlap(row[:4], box) for box in boxes] for row in rows]
        for low in wider.AP_HEIGHTS:
            free = {j for j, box in enumerate(boxes) if box[3] >= low and box[2] > 0}
            small = {j for j, box in enumerate(boxes) if box[3] < low}
            for row, with_faces in zip(rows, ious, strict=True):
                best = max(free, key=lambda j: with_faces[j], default=None)
                if best is not None and with_faces[best] >= 0.5:
                    free.discard(best)
                    counted[low].append((row[14], 1))
                elif not any(with_faces[j] >= 0.5 for j in small):
                    counted[low].append((row[14], 0))
        free = set(range(len(boxes)))
        for row, with_faces in zip(rows, ious, strict=True):
            best = max(free, key=lambda j: with_faces[j], default=None)
            if row[14] >= 0.5 and best is not None and with_faces[best] >= 0.5:
                free.discard(best)
                seen.append(boxes[best][3])
    heights = np.concatenate(data.boxes)[~np.concatenate(data.void)][:, 3]
    for row in stored(measured / "wider_ap.csv", monkeypatch):
        pairs = sorted(counted[row["min_height"]], reverse=True)
        hits = np.cumsum([right for _, right in pairs])
        precision = hits / np.arange(1, len(pairs) + 1)
        gains = [precision[i:].max() for i, (_, right) in enumerate(pairs) if right]
        assert row["ap"] == pytest.approx(sum(gains) / (heights >= row["min_height"]).sum(), abs=1e-5)
        assert row["low"] <= row["ap"] + 1e-6
        assert row["ap"] <= row["high"] + 1e-6
    table = stored(measured / "wider_recall.csv", monkeypatch)
    np.testing.assert_array_equal(table["faces"], np.histogram(heights, [8, 16, 32, 64, 128, 9999])[0])
    np.testing.assert_array_equal(table["found"], np.histogram(seen, [8, 16, 32, 64, 128, 9999])[0])
    assert table["found"].sum() > 0.8 * len(heights)
    assert np.isnan(table["max_height"][-1])
    written = "".join(path.read_text() for path in measured.iterdir())
    assert "secret" not in written
    assert str(outside) not in written


def test_a_detector_is_measured_alone_and_the_others_rows_stay(outside, measured, monkeypatch, capsys):
    monkeypatch.setattr(wider, "REPLICATES", 5)
    rows = [["yunet", 8, 0.123456, 0.1, 0.2], ["haar", 8, 0.9, 0.8, 1.0]]
    store.write_table("wider_ap", "", [], wider.AP_COLUMNS, rows)
    assert course(["measure", "wider", "--data", str(outside), "--only", "haar_alt2"]) == 0
    table = stored(measured / "wider_ap.csv", monkeypatch)
    assert sorted(set(table["detector"])) == ["haar", "haar_alt2", "yunet"]
    assert table["ap"][table["detector"] == "yunet"].tolist() == [0.123456]
    assert list(table["min_height"][table["detector"] == "haar_alt2"]) == list(wider.AP_HEIGHTS)
    assert course(["measure", "wider", "--data", str(outside), "--only", "magic"]) == 1
    assert "no detector magic" in capsys.readouterr().err


def test_wider_that_is_not_there_is_said_in_a_sentence(tmp_path, capsys):
    assert course(["measure", "wider", "--data", str(tmp_path)]) == 1
    assert "WIDER FACE" in capsys.readouterr().err


# --- thresholds and curves


def evaluation(pairs, faces=4, images=2):
    scores, right = np.array(pairs, dtype=float).T
    return Evaluation(scores, right.astype(bool), faces, images)


def test_threshold_with_so_many_false_boxes_and_no_more():
    some = evaluation([(9, 1), (8, 0), (7, 1), (5, 0), (4, 0)])
    assert detectors.chosen_threshold(some, 0.5) == 6  # halfway between the last score that is allowed and the next
    assert some.at(6) == (0.5, 0.5)
    assert detectors.chosen_threshold(some, 5) == 4  # everything is allowed
    none = detectors.chosen_threshold(evaluation([(9, 0), (8, 1)]), 0.1)
    assert none > 9
    assert evaluation([(9, 0), (8, 1)]).at(none) == (0, 0)


def test_curve_keeps_a_row_where_recall_changes():
    some = evaluation([(9, 1), (8, 0), (7, 1), (5, 0), (4, 0)])
    assert montages.curve(some) == [(9, 0.25, 0), (7, 0.5, 0.5), (4, 0.5, 1.5)]
    many = evaluation([(1, 1)] + [(0.5, 0)] * 100)
    assert montages.curve(many) == [(1, 0.25, 0)]  # 50 false boxes an image are of no use


def test_times_are_ratios_within_a_round():
    rows = montages.time_rows({"haar": np.array([2.0, 4, 1]), "quick": np.array([1.0, 1, 1])})
    assert rows == [["haar", 2, 1, 1, 1], ["quick", 1, 0.5, 0.25, 1]]


# --- the course's own detectors


def test_cascade_is_trained_the_same_every_time(measured, monkeypatch, capsys):
    quick = functools.partial(detectors.train_cascade, rounds=(3, 5), n_hard=300)
    monkeypatch.setattr(detectors, "train_cascade", quick)
    monkeypatch.setattr(detectors, "load_cbcl", functools.cache(a_tenth_of_cbcl))
    first, second = detectors.learn_cascade(), detectors.learn_cascade()
    first.save(measured.parent / "a.json")
    second.save(measured.parent / "b.json")
    assert (measured.parent / "a.json").read_bytes() == (measured.parent / "b.json").read_bytes()
    assert 1 <= len(first.stages) <= 2


def a_tenth_of_cbcl():
    from facelab.datasets import Cbcl, load_cbcl

    whole = load_cbcl()
    return Cbcl(whole.images[::10], whole.is_face[::10], whole.card)


# --- what is stored


def test_stored_wider_tables():
    ap, recall = results("wider_ap"), results("wider_recall")
    assert ap.dtype.names == wider.AP_COLUMNS
    assert recall.dtype.names == wider.RECALL_COLUMNS
    names = [m.name for m in detectors.METHODS if m.name in set(ap["detector"])]
    assert {"yunet", "haar", "haar_alt2", "cascade", "cnn"} <= set(names)
    for name in names:
        rows = ap[ap["detector"] == name]
        assert list(rows["min_height"]) == list(wider.AP_HEIGHTS)
        assert (rows["low"] < rows["ap"]).all()
        assert (rows["ap"] < rows["high"]).all()
        rows = recall[recall["detector"] == name]
        assert list(rows["min_height"]) == list(wider.HEIGHTS)
        assert list(rows["faces"]) == [2294, 3382, 2365, 670, 223]  # as boxes.txt has them
        assert (rows["found"] <= rows["faces"]).all()
    # counted apart from the project, with OpenCV and loops
    np.testing.assert_allclose(ap["ap"][ap["detector"] == "yunet"], [0.738, 0.826, 0.861, 0.872], atol=0.01)
    yunet = recall[recall["detector"] == "yunet"]
    np.testing.assert_allclose(yunet["found"] / yunet["faces"], [0.397, 0.748, 0.840, 0.896, 0.910], atol=0.01)


def test_stored_montage_tables():
    curves, ladder = results("montage_curves"), results("ladder_detection")
    assert curves.dtype.names == montages.CURVE_COLUMNS
    assert ladder.dtype.names == montages.LADDER_COLUMNS
    for m in detectors.METHODS:
        curve = curves[curves["detector"] == m.name]
        assert (np.diff(curve["threshold"]) < 0).all()
        assert (np.diff(curve["recall"]) >= 0).all()
        assert (np.diff(curve["false_boxes"]) >= 0).all()
        if m.title is not None:
            (row,) = ladder[ladder["method"] == m.title]
            kept = curve[curve["threshold"] >= m.threshold() * (1 - 1e-5)]
            assert row["montage_recall"] == pytest.approx(kept["recall"][-1], rel=1e-5)
            assert row["montage_false_boxes"] >= kept["false_boxes"][-1] - 1e-6
            assert row["wider_ap_32"] == pytest.approx(montages.wider_ap(m.name), rel=1e-5)


def reached(name):
    """A detector's curve: recall and false boxes an image."""
    curves = results("montage_curves")
    curve = curves[curves["detector"] == name]
    return curve["recall"], curve["false_boxes"]


def test_what_the_detectors_reach_on_the_test_montages():
    ladder, times = results("ladder_detection"), results("montage_times")
    (cascade,) = ladder[ladder["method"] == method("cascade").title]
    assert cascade["montage_recall"] >= 0.95
    assert cascade["montage_false_boxes"] <= 0.5
    recall, false_boxes = reached("cnn")
    assert recall[false_boxes <= 1].max() >= 0.92
    before, after = (false[recall >= 0.95].min() for recall, false in map(reached, ("cnn_not_mined", "cnn")))
    assert before >= 3 * after
    slower = {row["detector"]: row["times_haar"] for row in times}
    assert slower["cascade"] <= 1
    assert slower["cnn"] <= 0.35


def test_stored_network_finds_what_the_table_says():
    test = load_montages("test")
    m = method("cnn")
    found = [m.build(frame="cbcl").detect(image) for image in test.images]
    recall, false_boxes = evaluate(found, test.boxes, threshold=detectors.MONTAGE_IOU).at(m.threshold())
    (row,) = results("ladder_detection")[results("ladder_detection")["method"] == m.title]
    assert (row["montage_recall"], row["montage_false_boxes"]) == pytest.approx((recall, false_boxes), abs=0.005)
