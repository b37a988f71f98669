"""The network that scans a pyramid: its scores against single windows, its boxes, hard negatives, bad input."""

import cv2
import numpy as np
import pytest
import skimage.data

from facelab import cnn
from facelab.datasets import load_cbcl
from facelab.detection import FRAMES, CnnDetector, YuNetDetector, evaluate, iou, mine, nms, to_frame
from facelab.montages import load_montages

SURE = 30.0  # votes that most faces get and most mistakes don't


@pytest.fixture(scope="module")
def network():
    """Trained so shortly that it finds most faces and takes much else for one."""
    cbcl = load_cbcl()
    network = cnn.face_network(0)
    cnn.train(network, cnn.standardise_windows(cbcl.images), cbcl.is_face, epochs=3, rng=0)
    return network


@pytest.fixture(scope="module")
def montages():
    return load_montages("tune")


def test_a_score_is_that_of_the_window_at_its_place(network, montages):
    image = montages.images[0]
    detector = CnnDetector(network)
    boxes, scores, windows = detector.candidates(image, 0.0)
    assert len(boxes) == len(scores) == len(windows) > 20
    assert (scores >= 0).all() and windows.dtype == np.uint8
    place = 0
    for number, (scale, level, score) in enumerate(detector.scan(image)):
        assert score.shape == tuple((side - 19) // 4 + 1 for side in level.shape)
        assert scale == pytest.approx(24 / 19 * 1.2**number)
        standard = cnn.standardise_locally(level)
        for r, c in zip(*np.nonzero(score >= 0), strict=True):
            one = network.forward(standard[None, None, 4 * r : 4 * r + 19, 4 * c : 4 * c + 19]).item()
            assert one == pytest.approx(scores[place], abs=1e-4)
            np.testing.assert_array_equal(windows[place], level[4 * r : 4 * r + 19, 4 * c : 4 * c + 19])
            np.testing.assert_allclose(boxes[place], scale * np.array([4 * c, 4 * r, 19, 19]))
            place += 1
    assert place == len(scores)


def test_detections_are_the_candidates_that_votes_and_suppression_keep(network, montages):
    detector = CnnDetector(network)
    boxes, scores, _ = detector.candidates(montages.images[1])
    assert -3 <= scores.min() < -2  # those that only vote
    found = detector.detect(montages.images[1])
    assert found.landmarks is None and (np.diff(found.scores) <= 0).all()
    faces = boxes[scores >= 0]
    votes = [sum(s + 3 for b, s in zip(boxes, scores, strict=True) if iou([f], [b]) >= 0.5) for f in faces]
    kept = nms(faces, votes, 0.3, 0.6)
    np.testing.assert_array_equal(found.boxes, faces[kept])
    np.testing.assert_allclose(found.scores, np.array(votes)[kept])
    assert 0 < len(kept) < len(nms(faces, votes, 0.3)) < len(faces)
    overlap = iou(found.boxes, found.boxes) - np.eye(len(kept))
    assert overlap.max() <= 0.3
    area = found.boxes[:, 2] * found.boxes[:, 3]
    smaller = np.minimum(area[:, None], area)
    assert (overlap / (1 + overlap) * (area[:, None] + area) <= 0.6 * smaller + 1e-9).all()


def test_windows_that_overlap_vote_for_each_other(network):
    boxes = np.array([[0.0, 0, 20, 20], [4, 0, 20, 20], [0, 4, 20, 20], [14, 0, 20, 20], [200, 0, 20, 20]])
    scores = np.array([2.0, -1, 0, 5, 4])
    votes = CnnDetector(network).votes(boxes, scores)  # the second is no face itself; the fourth overlaps too little
    np.testing.assert_allclose(votes, [5 + 2 + 3, 3 + 5, 8, 7])


def test_a_box_within_another_goes_only_if_asked():
    boxes = np.array([[0.0, 0, 100, 100], [10, 10, 20, 20], [90, 0, 20, 20], [200, 0, 20, 20]])
    scores = np.array([1.0, 4, 3, 2])  # the large one last: what lies in it was kept before
    np.testing.assert_array_equal(nms(boxes, scores, 0.3), [1, 2, 3, 0])
    np.testing.assert_array_equal(nms(boxes, scores, 0.3, 0.6), [1, 2, 3])
    np.testing.assert_array_equal(nms(boxes, -scores, 0.3, 0.6), [0, 3, 2])  # half of the third lies inside
    np.testing.assert_array_equal(nms(boxes, -scores, 0.3, 0.4), [0, 3])
    with pytest.raises(ValueError, match="contained 1.5"):
        nms(boxes, scores, 0.3, 1.5)


def test_it_finds_the_astronaut_where_she_is(network):
    image = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)
    found = CnnDetector(network, 0.0).detect(image)
    assert iou(found.boxes[:1], YuNetDetector(frame="cbcl").detect(image).boxes).max() > 0.4
    grey = CnnDetector(network, 0.0).detect(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    np.testing.assert_array_equal(grey.boxes, found.boxes)


def test_a_higher_threshold_drops_boxes_and_moves_none(network, montages):
    low, high = (CnnDetector(network, t).detect(montages.images[2]) for t in (0.0, SURE))
    assert 0 < len(high) < len(low)
    np.testing.assert_array_equal(high.boxes, low.above(SURE).boxes)


def test_the_smallest_face_looked_for_sets_the_first_level(network, montages):
    image = montages.images[0]
    for smallest in (19, 24, 60):
        boxes, _, _ = CnnDetector(network, smallest=smallest).candidates(image)
        assert boxes[:, 2].min() == pytest.approx(smallest)


def test_frames(network, montages):
    own, cbcl, wider = (CnnDetector(network, SURE, frame=f).detect(montages.images[0]).boxes for f in FRAMES)
    np.testing.assert_array_equal(own, cbcl)
    np.testing.assert_array_equal(wider, to_frame(own, "cbcl", "wider"))
    assert (wider[:, 3] > own[:, 3]).all()


def test_mined_windows_are_those_taken_for_faces_and_training_on_them_helps(network, montages):
    photographs = [cv2.cvtColor(skimage.data.chelsea(), cv2.COLOR_RGB2BGR), skimage.data.brick(), skimage.data.page()]
    hard = mine(network, photographs)
    assert hard.shape[1:] == (19, 19) and hard.dtype == np.uint8 and len(hard) > 100
    assert len(mine(network, photographs, 0.0)) < len(hard)
    taken = sum(len(CnnDetector(network).candidates(p, -2.0)[0]) for p in photographs)
    assert len(hard) == taken
    cbcl = load_cbcl()
    images = np.concatenate([cbcl.images, hard])
    is_face = np.concatenate([cbcl.is_face, np.zeros(len(hard), bool)])
    again = cnn.face_network(0)
    cnn.train(again, cnn.standardise_windows(images), is_face, epochs=3, rng=0)
    assert len(mine(again, photographs, 0.0)) < 0.5 * len(mine(network, photographs, 0.0))
    for each in (network, again):
        found = [CnnDetector(each).detect(image) for image in montages.images[:6]]
        recall, _ = evaluate(found, montages.boxes[:6], threshold=0.4).at(0.0)
        assert recall > 0.8


def test_nothing_mined_where_nothing_looks_like_a_face(network):
    assert mine(network, [np.full((60, 80), 90, np.uint8)], 2.0).shape == (0, 19, 19)


def test_network_and_threshold_come_back_from_a_file(network, montages, tmp_path, monkeypatch):
    path = tmp_path / "cnn.npz"
    CnnDetector(network, 1.25).save(path)
    monkeypatch.setattr(CnnDetector, "STORED", path)
    stored = CnnDetector()
    assert stored.threshold == 1.25 and CnnDetector(threshold=-1.0).threshold == -1.0
    want = CnnDetector(network, 1.25).detect(montages.images[3])
    np.testing.assert_array_equal(stored.detect(montages.images[3]).scores, want.scores)
    assert cnn.Sequential.load(path).n_parameters == network.n_parameters


@pytest.mark.parametrize("shape", [(1, 1), (23, 400), (23, 23)])
def test_a_picture_smaller_than_a_face_holds_none(network, shape):
    found = CnnDetector(network).detect(np.zeros(shape, np.uint8))
    assert found.boxes.shape == (0, 4) and found.scores.shape == (0,)


def test_a_picture_of_one_window_has_one_place(network):
    assert [s.shape for _, _, s in CnnDetector(network).scan(np.zeros((24, 24), np.uint8))] == [(1, 1)]


@pytest.mark.parametrize(
    ("image", "problem", "says"),
    [
        (np.zeros((60, 60)), TypeError, "float64"),
        (np.zeros((60, 60), np.int16), TypeError, "int16"),
        (np.zeros((60, 60, 4), np.uint8), ValueError, "four channels"),
        (np.zeros((0, 60), np.uint8), ValueError, "empty"),
        (np.broadcast_to(np.uint8(0), (9000, 9000)), ValueError, "9,000 x 9,000"),
    ],
)
def test_what_is_no_picture_is_refused(network, image, problem, says):
    with pytest.raises(problem, match=says):
        CnnDetector(network).detect(image)


@pytest.mark.parametrize(
    "settings", [{"step": 1.0}, {"smallest": 18}, {"frame": "lfw"}, {"threshold": np.nan}, {"threshold": np.inf}]
)
def test_settings_out_of_range_are_refused(network, settings):
    with pytest.raises(ValueError, match="CnnDetector"):
        CnnDetector(network, **settings)
