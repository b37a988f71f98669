"""Alignment held against scikit-image and OpenCV; SFace: what it says of one face, several, none, and bad input."""

import cv2
import numpy as np
import pytest
import skimage.data
import skimage.transform
from hypothesis import given, settings
from hypothesis import strategies as st

from facelab import assets
from facelab.datasets import load_orl, load_orl_landmarks
from facelab.embedding import PLACES, SFaceEmbedder, align, orl_aligned, orl_templates, similarity_transform


@pytest.fixture(scope="module")
def astronaut():
    """A portrait in colour, blue-green-red: NASA's photograph of an astronaut."""
    return cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR)


@pytest.fixture(scope="module")
def embedder():
    return SFaceEmbedder()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_the_transform_is_umeyamas(n, seed):
    rng = np.random.default_rng(seed)
    source, target = rng.normal(50, 20, (2, n, 2))
    theirs = skimage.transform.estimate_transform("similarity", source, target)
    ours = similarity_transform(source, target)
    np.testing.assert_allclose(ours, theirs.params[:2], rtol=1e-6, atol=1e-6)
    linear = ours[:, :2]
    np.testing.assert_allclose(linear @ linear.T, np.linalg.det(linear) * np.eye(2), atol=1e-9)  # a turn times a scale


def test_the_transform_is_never_a_mirror_image():
    source = load_orl_landmarks()[0]
    assert np.linalg.det(similarity_transform(source, source * [-1, 1])[:, :2]) > 0


def test_landmarks_that_fit_exactly_are_brought_to_their_places():
    turned = cv2.transform(PLACES[None], cv2.getRotationMatrix2D((3, 4), 33, 0.7))[0] + [5, -2]
    matrix = similarity_transform(turned, PLACES)
    np.testing.assert_allclose(turned @ matrix[:, :2].T + matrix[:, 2], PLACES, atol=1e-9)


@pytest.mark.parametrize("source", [np.zeros((5, 2)), np.zeros((5, 3)), np.zeros((4, 2)), np.zeros((1, 2))])
def test_points_that_fix_no_transform_are_refused(source):
    with pytest.raises(ValueError, match="similarity_transform: "):
        similarity_transform(source, PLACES if len(source) == 5 else PLACES[:1])


def test_aligned_faces_are_opencvs_but_for_rounding(astronaut):
    (model,) = (assets.path("yunet"),)
    detector = cv2.FaceDetectorYN.create(str(model), "", astronaut.shape[1::-1], 0.5, 0.3, 5000)
    _, faces = detector.detect(astronaut)
    theirs = cv2.FaceRecognizerSF.create(str(assets.path("sface")), "").alignCrop(astronaut, faces[0])
    ours = align(astronaut, faces[0, 4:14].reshape(5, 2))
    assert np.abs(ours.astype(int) - theirs).max() <= 4
    assert (ours != theirs).mean() < 0.01


def test_a_template_is_opencvs_and_of_unit_length(astronaut, embedder):
    crop = embedder.crop(astronaut)
    theirs = cv2.FaceRecognizerSF.create(str(assets.path("sface")), "").feature(crop)[0]
    ours = embedder.embed([astronaut], quiet=True)
    assert ours.templates.shape == (1, 128)
    assert ours.templates.dtype == np.float32
    assert np.linalg.norm(ours.templates[0]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(ours.templates[0], theirs / np.linalg.norm(theirs), atol=1e-5)


def test_no_face_is_a_row_of_nan_and_the_others_stay(astronaut, embedder):
    wall = np.full((80, 90), 120, np.uint8)
    embedded = embedder.embed([wall, astronaut, wall[:, :, None].repeat(3, 2)], quiet=True)
    assert embedded.found.tolist() == [False, True, False]
    assert np.isnan(embedded.templates[[0, 2]]).all()
    assert embedder.locate(wall) is None
    assert embedder.crop(wall) is None


def test_of_several_faces_the_one_nearest_the_middle_counts(astronaut, embedder):
    face = astronaut[0:260, 90:350]
    two = np.hstack([cv2.resize(face, (200, 200)), np.full((200, 60, 3), 90, np.uint8), cv2.resize(face, (200, 200))])
    left_is_central, right_is_central = two[:, :-150], two[:, 150:]
    assert embedder.locate(left_is_central)[:, 0].mean() < 200
    assert embedder.locate(right_is_central)[:, 0].mean() > 110


def test_a_face_that_the_border_cuts_is_described_as_far_as_it_is_seen(astronaut, embedder):
    (x, _), whole = embedder.locate(astronaut)[2], embedder.embed([astronaut], quiet=True).templates[0]
    cut = astronaut[:, : int(x) + 12]  # to just right of the nose
    part = embedder.embed([cut], quiet=True)
    if part.found[0]:
        assert part.templates[0] @ whole < 0.95
        assert (embedder.crop(cut)[:, -20:] == 0).all()


def test_grey_and_colour_of_one_grey_picture_are_one():
    grey = load_orl().images[:1]
    embedder = SFaceEmbedder(border=30, enlarge=2)
    both = embedder.embed([grey[0], grey[0][:, :, None].repeat(3, axis=2)], quiet=True).templates
    np.testing.assert_array_equal(both[0], both[1])


def test_border_and_enlargement_are_taken_off_the_landmarks(astronaut):
    plain, padded = SFaceEmbedder().locate(astronaut), SFaceEmbedder(border=40, enlarge=2).locate(astronaut)
    assert np.linalg.norm(plain - padded, axis=1).max() < 0.2 * np.linalg.norm(plain[0] - plain[1])


def test_images_may_come_one_by_one_or_not_at_all(astronaut, embedder):
    assert embedder.embed(iter([astronaut]), quiet=True).found.tolist() == [True]
    nothing = embedder.embed([], quiet=True)
    assert nothing.templates.shape == (0, 128)
    assert nothing.found.shape == (0,)


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (np.zeros((5, 5)), "dtype float64"),
        (np.zeros((5, 5, 4), np.uint8), "four channels"),
        (np.zeros((0, 5), np.uint8), "is empty"),
        (np.zeros(5, np.uint8), "has shape"),
    ],
)
def test_what_is_no_image_is_refused(image, problem, embedder):
    with pytest.raises((TypeError, ValueError), match=problem):
        embedder.embed([image], quiet=True)


@pytest.mark.parametrize("settings_", [{"border": -1}, {"enlarge": 0}, {"confidence": 0}, {"confidence": 1}])
def test_settings_out_of_range_are_refused(settings_):
    with pytest.raises(ValueError, match="SFaceEmbedder: border="):
        SFaceEmbedder(**settings_)


def test_stored_templates_of_orl_are_those_that_the_embedder_gives():
    some = [0, 57, 399]
    made = SFaceEmbedder(border=30, enlarge=2).embed(load_orl().images[some], quiet=True).templates
    assert orl_templates().shape == (400, 128)
    assert ((made * orl_templates()[some]).sum(axis=1) > 0.999).all()


def test_orl_is_named_without_error():
    templates, person = orl_templates(), load_orl().person
    scores = templates @ templates.T - 2 * np.eye(400, dtype=np.float32)
    assert (person[scores.argmax(axis=1)] == person).all()


def test_aligned_orl_faces_have_their_eyes_on_one_line():
    faces = orl_aligned()
    assert faces.shape == (400, 56, 56)
    assert faces.dtype == np.uint8
    # the mean of aligned faces is sharper than that of the portraits: eyes darker than the cheeks under them
    mean = faces.mean(axis=0)
    eyes, cheeks = PLACES[:2].mean(axis=0) / 2, PLACES[2] / 2
    assert mean[round(eyes[1]), [19, 36]].mean() < mean[round(cheeks[1]), [16, 40]].mean()
