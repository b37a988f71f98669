"""The montages: the same every time, three parts that share nothing, and boxes where the faces are."""

import hashlib

import cv2
import numpy as np
import pytest

from facelab import montages, results
from facelab.datasets import load_orl
from facelab.detection import YuNetDetector, evaluate, iou
from facelab.montages import (
    BACKGROUNDS,
    PEOPLE,
    backgrounds,
    cbcl_box,
    load_montages,
    load_orl_boxes,
    load_orl_windows,
)

PARTS = {part: load_montages(part) for part in PEOPLE}


def test_cbcl_box_of_a_face():
    landmarks = np.array([[40.0, 50], [60, 50], [50, 60], [42, 74], [58, 74]])
    x, y, w, h = cbcl_box(landmarks)
    assert (w, h) == (42, 42)  # 1.75 x 24
    assert x + w / 2 == 50
    assert y + 0.24 * h == pytest.approx(50)
    np.testing.assert_allclose(cbcl_box(2 * landmarks + 7), 2 * np.array([x, y, w, h]) + [7, 7, 0, 0])


def test_orl_landmarks_lie_on_faces():
    table, orl = results("orl_landmarks"), load_orl()
    np.testing.assert_array_equal(table["person"], orl.person)
    np.testing.assert_array_equal(table["shot"], orl.shot)
    assert (table["right_eye_x"] < table["left_eye_x"]).all()
    assert (np.maximum(table["right_eye_y"], table["left_eye_y"]) < table["right_mouth_y"]).all()
    boxes = load_orl_boxes()
    assert boxes.shape == (400, 4)
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    assert np.all(np.abs(centres - [46, 65]) < 25)
    assert np.all((boxes[:, 2] > 35) & (boxes[:, 2] < 85))


def test_sizes_and_places():
    for part, images in (("train", 20), ("tune", 40), ("test", 40)):
        m = PARTS[part]
        assert m.images.shape == (images, 480, 640)
        assert m.images.dtype == np.uint8
        assert len(m.boxes) == len(m.people) == len(m.backgrounds) == images
        assert m.card.is_file()
        for boxes, people in zip(m.boxes, m.people, strict=True):
            assert len(boxes) == len(people) >= 4
            np.testing.assert_allclose(boxes[:, 2], boxes[:, 3], rtol=0.06)  # a square, but for rounding to pixels
            assert (boxes[:, :2] >= 0).all()
            assert (boxes[:, :2] + boxes[:, 2:] <= [640, 480]).all()
            assert np.allclose(iou(boxes, boxes), np.eye(len(boxes)))  # no face lies over another
    sides = np.concatenate(PARTS["test"].boxes)[:, 2]
    assert 23 < sides.min() < 27
    assert 110 < sides.max() < 122
    assert 0.4 < (sides < np.sqrt(24 * 120)).mean() < 0.6  # even in the logarithm


def test_parts_share_nobody_and_nothing():
    people = {part: set(np.concatenate(m.people).tolist()) for part, m in PARTS.items()}
    for part, here in people.items():
        assert here == set(PEOPLE[part])
        assert set(PARTS[part].backgrounds) == set(BACKGROUNDS[part])
    for a, b in (("train", "tune"), ("train", "test"), ("tune", "test")):
        assert not people[a] & people[b]
        assert not set(BACKGROUNDS[a]) & set(BACKGROUNDS[b])
        assert not {name.split("_")[0] for name in BACKGROUNDS[a]} & {name.split("_")[0] for name in BACKGROUNDS[b]}


def test_the_same_every_time():
    again = load_montages("test")
    np.testing.assert_array_equal(again.images, PARTS["test"].images)
    # Another set would make every stored table of detectors stale: measure them all again, then change these.
    want = {"train": "870fe3b83ce6a748", "tune": "f78a6527675561fb", "test": "0b44552a4d3e8add"}
    got = {}
    for part, m in PARTS.items():
        text = "\n".join(
            f"{p} " + " ".join(f"{v:.2f}" for v in b)
            for p, b in zip(np.concatenate(m.people), np.concatenate(m.boxes), strict=True)
        )
        got[part] = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert got == want


def test_faces_are_where_the_boxes_say():
    """YuNet, which made the truth on the originals, finds the pasted faces there."""
    m = PARTS["tune"]
    detector = YuNetDetector(frame="cbcl")
    got = evaluate([detector.detect(image) for image in m.images[:12]], m.boxes[:12], threshold=0.4)
    recall, false = got.at(0.5)
    assert recall > 0.97
    assert false < 0.1


def test_light_varies_and_edges_are_soft():
    edge = montages.soft_edge((112, 92))
    assert edge.shape == (112, 92)
    assert edge.max() == 1
    assert edge[0].max() < 0.01
    assert edge[:, 0].max() < 0.01
    assert np.abs(np.diff(edge[56])).max() < 0.25
    face = np.tile(np.linspace(40, 200, 92), (112, 1))
    rng = np.random.default_rng(0)
    lit = [montages._lit(face, rng) for _ in range(20)]
    assert np.std([x.mean() for x in lit]) > 8
    assert np.std([x[:, -20:].mean() - x[:, :20].mean() for x in lit]) > 20


@pytest.mark.parametrize("part", PEOPLE)
def test_backgrounds_are_grey_photographs(part):
    photographs = backgrounds(part)
    assert tuple(photographs) == BACKGROUNDS[part]
    for image in photographs.values():
        assert image.ndim == 2
        assert image.dtype == np.uint8
        assert image.std() > 3


def test_a_part_that_is_none():
    with pytest.raises(ValueError, match="train, tune, test"):
        backgrounds("dev")
    with pytest.raises(ValueError, match="train, tune, test"):
        load_montages("all")


def test_windows_of_orls_people_show_what_their_boxes_frame():
    windows = load_orl_windows("train")
    assert windows.shape == (100, 19, 19)
    assert windows.dtype == np.uint8
    orl, boxes = load_orl(), load_orl_boxes()
    alike = []
    for shot, window in enumerate(windows):  # the training people are the first ten
        x, y, w, h = np.round(boxes[shot]).astype(int)
        want = cv2.resize(orl.images[shot][y : y + h, x : x + w], (19, 19), interpolation=cv2.INTER_AREA)
        alike.append(np.corrcoef(window.ravel(), want.ravel())[0, 1])
    assert np.median(alike) > 0.9  # the corner is rounded, by up to half a pixel of 19
    with pytest.raises(ValueError, match="no part 'rest'"):
        load_orl_windows("rest")
