"""What lesson 01 builds, against scipy and scikit-learn."""

import numpy as np
import pytest
import scipy.spatial
import sklearn.neighbors
import sklearn.preprocessing
from hypothesis import given
from hypothesis import strategies as st

from facelab import images


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 9), st.integers(0, 10**6))
def test_squared_distances_equal_scipys(n, m, d, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, d)), rng.normal(size=(m, d))
    np.testing.assert_allclose(
        images.squared_distances(a, b), scipy.spatial.distance.cdist(a, b, "sqeuclidean"), atol=1e-12
    )


def test_squared_distances_are_never_negative_and_take_bytes():
    a = np.random.default_rng(0).uniform(0, 255, (50, 300))
    assert (images.squared_distances(a, a + 1e-9) >= 0).all()
    b = a.astype(np.uint8)
    np.testing.assert_allclose(
        images.squared_distances(b, b), scipy.spatial.distance.cdist(b.astype(float), b.astype(float), "sqeuclidean")
    )


def test_squared_distances_name_both_shapes():
    with pytest.raises(ValueError, match=r"\(2, 3\).*\(2, 4\).*resized"):
        images.squared_distances(np.zeros((2, 3)), np.zeros((2, 4)))


def test_standardise_equals_scikit_learn_and_survives_flat_rows():
    x = np.random.default_rng(1).normal(100, 20, (6, 40))
    np.testing.assert_allclose(images.standardise(x), sklearn.preprocessing.scale(x, axis=1))
    x[2] = 9
    assert (images.standardise(x)[2] == 0).all()
    with pytest.raises(ValueError, match=r"\(6,\)"):
        images.standardise(x[:, 0])


def test_nearest_equals_scikit_learn_and_takes_the_first_of_equals():
    rng = np.random.default_rng(2)
    gallery, probes = rng.normal(size=(30, 5)), rng.normal(size=(20, 5))
    tree = sklearn.neighbors.NearestNeighbors(n_neighbors=1).fit(gallery)
    np.testing.assert_array_equal(images.nearest(gallery, probes), tree.kneighbors(probes, return_distance=False)[:, 0])
    assert images.nearest(np.zeros((3, 2)), np.ones((1, 2))) == [0]
    with pytest.raises(ValueError, match="gallery is empty"):
        images.nearest(np.zeros((0, 2)), np.ones((1, 2)))


@given(st.integers(-6, 6))
def test_shift_moves_and_repeats_the_edge(right):
    image = np.arange(21, dtype=np.uint8).reshape(1, 3, 7)
    pad = ((0, 0), (0, 0), (max(right, 0), max(-right, 0)))
    padded = np.pad(image, pad, mode="edge")
    want = padded[..., :7] if right >= 0 else padded[..., -7:]
    np.testing.assert_array_equal(images.shift(image, right), want)


def test_shift_out_of_sight_is_refused():
    with pytest.raises(ValueError, match="7 px.*7 px wide"):
        images.shift(np.zeros((1, 3, 7)), 7)


def test_light_from_left_changes_sides_and_not_the_middle():
    image = np.full((1, 2, 9), 100, np.uint8)
    lit = images.light_from_left(image, 0.5)
    assert lit.dtype == np.uint8
    np.testing.assert_array_equal(lit[0, 0, [0, 4, 8]], [150, 100, 50])
    np.testing.assert_array_equal(images.light_from_left(image, 0), image)
    assert images.light_from_left(np.full((1, 1, 3), 200, np.uint8), 1)[0, 0].tolist() == [255, 200, 0]
    with pytest.raises(ValueError, match="from 0 to 1"):
        images.light_from_left(image, 1.2)


def test_as_vectors_keeps_order_and_refuses_one_image():
    x = np.arange(12).reshape(2, 2, 3)
    np.testing.assert_array_equal(images.as_vectors(x), [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]])
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        images.as_vectors(x[0])
