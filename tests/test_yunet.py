"""YuNet from the inside: the heads decoded by hand give what OpenCV's detector gives."""

import cv2
import numpy as np
import pytest
import skimage.data

from facelab import assets, yunet
from facelab.datasets import load_orl


@pytest.fixture(scope="module")
def network():
    return yunet.load()


def pictures():
    """Of a face and of many; sides that are multiples of 32 and sides that are not; hardly larger than one cell."""
    astronaut = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)
    orl = load_orl().images
    yield "astronaut", astronaut
    yield "astronaut, 333 x 401", astronaut[:333, :401]
    yield "astronaut, 77 x 97", cv2.resize(astronaut, (97, 77))
    yield "astronaut, mirrored, 33 x 41", cv2.resize(astronaut[:, ::-1], (41, 33))
    for i in (0, 57, 250):
        bordered = cv2.copyMakeBorder(orl[i], 30, 30, 30, 30, cv2.BORDER_REPLICATE)
        yield f"ORL {i}", cv2.resize(bordered, None, fx=2, fy=2)
    montage = np.block([[orl[10 * column + row] for column in range(6)] for row in range(5)])
    yield "thirty faces", montage
    yield "thirty faces, cut", montage[:501, :490]
    yield "no face", cv2.cvtColor(skimage.data.coffee(), cv2.COLOR_RGB2BGR)


PICTURES = dict(pictures())


def opencv(image, confidence, overlap):
    """Boxes, scores and landmarks of `cv2.FaceDetectorYN`, best first."""
    image = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    size = (image.shape[1], image.shape[0])
    detector = cv2.FaceDetectorYN.create(str(assets.path("yunet")), "", size, confidence, overlap, 5000)
    rows = detector.detect(np.ascontiguousarray(image))[1]
    rows = np.zeros((0, 15)) if rows is None else rows.astype(np.float64)
    return rows[:, :4], rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize(("confidence", "overlap"), [(0.02, 0.3), (0.5, 0.3), (0.9, 0.3), (0.1, 0.7)])
def test_decoded_faces_are_opencvs(network, name, confidence, overlap):
    found = yunet.detections(yunet.run(network, PICTURES[name]), confidence, overlap)
    boxes, scores, landmarks = opencv(PICTURES[name], confidence, overlap)
    assert len(found) == len(boxes)
    np.testing.assert_allclose(found.boxes, boxes, atol=1e-3)
    np.testing.assert_allclose(found.scores, scores, atol=1e-6)
    np.testing.assert_allclose(found.landmarks, landmarks, atol=1e-3)


def test_the_pictures_hold_what_the_test_above_needs(network):
    found = {name: len(yunet.detections(yunet.run(network, image))) for name, image in PICTURES.items()}
    assert found["astronaut"] == 1 and found["thirty faces"] == 30 and found["no face"] == 0


def test_heads_lie_on_grids_that_cover_the_image(network):
    heads = yunet.run(network, PICTURES["astronaut, 77 x 97"])  # extended to 96 x 128
    assert [h.stride for h in heads] == [8, 16, 32]
    for h in heads:
        grid = (96 // h.stride, 128 // h.stride)
        assert h.face.shape == h.objectness.shape == h.score.shape == grid
        assert h.box.shape == (*grid, 4) and h.landmarks.shape == (*grid, 5, 2)
        assert h.score.min() >= 0 and h.score.max() <= 1


def test_decoding_by_the_formula():
    box = np.zeros((2, 3, 4), np.float32)
    box[1, 2] = [0.5, -0.25, np.log(2), np.log(3)]
    landmarks = np.zeros((2, 3, 5, 2), np.float32)
    landmarks[1, 2, 4] = [0.125, -1]
    face, objectness = np.full((2, 3), 0.25, np.float32), np.full((2, 3), 0.64, np.float32)
    face[0, 0], objectness[0, 1] = 1.5, -0.5  # beyond what a score may be
    boxes, scores, points = yunet.decode(yunet.Heads(16, face, objectness, box, landmarks))
    assert boxes.shape == (6, 4) and boxes.dtype == np.float64
    np.testing.assert_allclose(boxes[1], [16 - 8, -8, 16, 16])  # the second cell of the first row
    np.testing.assert_allclose(boxes[5], [16 * 2.5 - 16, 16 * 0.75 - 24, 32, 48], rtol=1e-6)
    np.testing.assert_allclose(points[5, 4], [16 * 2.125, 0])
    np.testing.assert_allclose(scores, [0.8, 0, 0.4, 0.4, 0.4, 0.4], rtol=1e-6)


def test_a_grey_picture_is_read_as_one_with_three_equal_channels(network):
    grey = PICTURES["thirty faces"]
    for a, b in zip(yunet.run(network, grey), yunet.run(network, np.dstack([grey] * 3)), strict=True):
        np.testing.assert_array_equal(a.score, b.score)


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (np.zeros((40, 40)), TypeError),
        (np.zeros((40, 40, 4), np.uint8), ValueError),
        (np.zeros((0, 40), np.uint8), ValueError),
        (np.zeros(40, np.uint8), ValueError),
    ],
)
def test_what_is_no_picture_is_refused(network, image, problem):
    with pytest.raises(problem, match="the image"):
        yunet.run(network, image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (32, 32), (20, 64), (31, 33)])
def test_a_tiny_picture_gives_the_same_answer_whatever_was_seen_before(network, shape):
    image = cv2.resize(PICTURES["astronaut"], shape[::-1])
    first = yunet.run(network, image)
    yunet.run(network, PICTURES["thirty faces"])
    for a, b in zip(first, yunet.run(network, image), strict=True):
        np.testing.assert_array_equal(a.box, b.box)
        assert np.isfinite(a.box).all() and np.isfinite(a.score).all()
    assert len(yunet.detections(yunet.run(network, np.zeros(shape, np.uint8)))) == 0
