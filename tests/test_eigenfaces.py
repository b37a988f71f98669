"""Eigenfaces, Fisherfaces and local binary patterns, held against scikit-learn, scipy and scikit-image."""

import numpy as np
import pytest
import skimage.feature
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.metrics.pairwise import additive_chi2_kernel
from sklearn.utils.estimator_checks import parametrize_with_checks

from facelab.datasets import load_orl
from facelab.eigenfaces import (
    Eigenfaces,
    Fisherfaces,
    by_svd,
    chi_square,
    lbp_histograms,
    local_binary_patterns,
    scatter,
    small_matrix_trick,
    uniform_bins,
)


@pytest.fixture(scope="module")
def orl():
    return load_orl()


@pytest.fixture(scope="module")
def faces(orl):
    """Shots 0 to 4 of everybody: (200, 10304) float64."""
    return orl.images[orl.shot < 5].reshape(200, -1).astype(np.float64)


def up_to_sign(a, b):
    """Rows of a with the signs of the rows of b."""
    return a * np.sign((a * b).sum(axis=1))[:, None]


@parametrize_with_checks([Eigenfaces(1), Eigenfaces(1, whiten=True), Fisherfaces(1, 1)])
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def test_equal_to_scikit_learn_on_orl(faces):
    ours, theirs = Eigenfaces(80).fit(faces), PCA(80, svd_solver="full").fit(faces)
    np.testing.assert_allclose(up_to_sign(ours.components_, theirs.components_), theirs.components_, atol=1e-6)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-8)
    np.testing.assert_allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-8)
    np.testing.assert_allclose(ours.mean_, theirs.mean_)
    assert ours.components_.shape == (80, 10304)
    np.testing.assert_allclose(ours.components_ @ ours.components_.T, np.eye(80), atol=1e-10)


@pytest.mark.parametrize("whiten", [False, True])
def test_transform_and_back_equal_scikit_learn(faces, whiten):
    learned, others = faces[:100], faces[100:]
    ours = Eigenfaces(30, whiten=whiten).fit(learned)
    theirs = PCA(30, svd_solver="full", whiten=whiten).fit(learned)
    signs = np.sign((ours.components_ * theirs.components_).sum(axis=1))
    np.testing.assert_allclose(ours.transform(others) * signs, theirs.transform(others), atol=1e-8)
    back = theirs.inverse_transform(theirs.transform(others))
    np.testing.assert_allclose(ours.inverse_transform(ours.transform(others)), back, atol=1e-8)
    if whiten:
        np.testing.assert_allclose(ours.transform(learned).var(axis=0, ddof=1), 1)


def test_float32_is_kept_and_close(faces):
    double, single = Eigenfaces(80).fit(faces), Eigenfaces(80).fit(faces.astype(np.float32))
    for name in ("mean_", "components_", "explained_variance_", "explained_variance_ratio_"):
        assert getattr(single, name).dtype == np.float32, name
    assert single.transform(faces.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(single.explained_variance_, double.explained_variance_, rtol=1e-4)
    # neighbouring eigenvalues of close size may turn into each other; the space they span may not
    overlap = np.linalg.norm(single.components_ @ double.components_.T, axis=1)
    assert overlap.min() > 0.99
    np.testing.assert_allclose(single.components_ @ single.components_.T, np.eye(80), atol=1e-4)
    # the smallest of 199 variances is a thousandth of the largest: not to be taken for rounding
    assert Eigenfaces(199).fit(faces.astype(np.float32)).n_samples_ == 200


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_repeated_images_are_noticed_in_both_precisions(faces, precision):
    with pytest.raises(ValueError, match="the 200 images span only 99 directions"):
        Eigenfaces(100).fit(np.repeat(faces[:100], 2, axis=0).astype(precision))


def test_uint8_images_are_converted(faces):
    from_bytes = Eigenfaces(5).fit(faces.astype(np.uint8))
    assert from_bytes.components_.dtype == np.float64
    np.testing.assert_array_equal(from_bytes.components_, Eigenfaces(5).fit(faces).components_)


@given(n=st.integers(3, 12), d=st.integers(2, 12), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_small_matrix_and_svd_agree_whatever_the_shape(n, d, seed):
    X = np.random.default_rng(seed).normal(size=(n, d))
    centred, k = X - X.mean(axis=0), min(n - 1, d)
    components, variance = small_matrix_trick(centred, k)
    other_components, other_variance = by_svd(centred, k)
    np.testing.assert_allclose(variance[:k], other_variance[:k], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(components @ components.T, np.eye(k), atol=1e-5)
    # the same space, whatever the order of equal eigenvalues
    np.testing.assert_allclose(components.T @ components, other_components.T @ other_components, atol=1e-5)
    np.testing.assert_allclose(variance.sum(), X.var(axis=0, ddof=1).sum())


def test_signs_do_not_depend_on_the_order_of_the_images(faces):
    a = Eigenfaces(10).fit(faces).components_
    b = Eigenfaces(10).fit(faces[::-1]).components_
    np.testing.assert_allclose(a, b, atol=1e-8)
    assert (np.take_along_axis(a, np.abs(a).argmax(axis=1)[:, None], axis=1) > 0).all()


def test_all_components_reconstruct_the_training_images(faces):
    model = Eigenfaces(199).fit(faces)
    np.testing.assert_allclose(model.inverse_transform(model.transform(faces)), faces, atol=1e-6)
    np.testing.assert_allclose(model.distance_from_face_space(faces), 0, atol=1e-5)
    assert model.explained_variance_ratio_.sum() == pytest.approx(1)


def test_distance_from_face_space_is_what_pythagoras_says(faces):
    model = Eigenfaces(40).fit(faces[:100])
    others = faces[100:]
    squared = ((others - model.mean_) ** 2).sum(axis=1) - (model.transform(others) ** 2).sum(axis=1)
    np.testing.assert_allclose(model.distance_from_face_space(others) ** 2, squared, rtol=1e-9)
    white = Eigenfaces(40, whiten=True).fit(faces[:100])
    np.testing.assert_allclose(white.distance_from_face_space(others), model.distance_from_face_space(others))
    noise = np.random.default_rng(0).permuted(others, axis=1)
    assert model.distance_from_face_space(noise).min() > model.distance_from_face_space(others).max()


BAD_INPUT = {
    "one image": (lambda: Eigenfaces(1).fit(np.ones((1, 9))),
                  r"Found array with 1 sample\(s\) \(shape=\(1, 9\)\) while a minimum of 2 is required by Eigenfaces"),
    "one image of three dimensions": (lambda: Eigenfaces(1).fit(np.ones((5, 3, 3))), "Found array with dim 3"),
    "NaN": (lambda: Eigenfaces(1).fit(np.full((5, 9), np.nan)), "Input X contains NaN"),
    "infinity": (lambda: Eigenfaces(1).fit(np.full((5, 9), np.inf)), "Input X contains infinity"),
    "k = N": (lambda: Eigenfaces(5).fit(some(5, 9)),
              r"n_components=5 must be between 1 and min\(n_samples - 1, n_features\)=4"),
    "k > D": (lambda: Eigenfaces(10).fit(some(20, 9)), r"n_components=10 must be between 1 and .*=9"),
    "k = 0": (lambda: Eigenfaces(0).fit(some(5, 9)),
              r"The 'n_components' parameter of Eigenfaces must be an int in the range \[1, inf\). Got 0 instead"),
    "k = 2.5": (lambda: Eigenfaces(2.5).fit(some(5, 9)), "Got 2.5 instead"),
    "k = True": (lambda: Eigenfaces(True).fit(some(5, 9)), "Got True instead"),
    "repeated images": (lambda: Eigenfaces(4).fit(np.repeat(some(3, 9), 2, axis=0)), "span only 2 directions"),
    "images all alike": (lambda: Eigenfaces(1).fit(np.ones((5, 9))), "span only 0 directions"),
    "wrong D": (lambda: Eigenfaces(2).fit(some(5, 9)).transform(some(5, 8)),
                "X has 8 features, but Eigenfaces is expecting 9 features as input"),
    "NaN in transform": (lambda: Eigenfaces(2).fit(some(5, 9)).transform(np.full((5, 9), np.nan)), "contains NaN"),
    "wrong K": (lambda: Eigenfaces(2).fit(some(5, 9)).inverse_transform(some(5, 3)),
                "Z has 3 features, but Eigenfaces is expecting 2"),
    "one person": (lambda: Fisherfaces(1).fit(some(5, 9), [0] * 5), "number of classes has to be greater than one"),
    "PCA above N - c": (lambda: Fisherfaces(5).fit(some(6, 9), [0, 0, 0, 1, 1, 1]),
                        r"n_pca=5 must be between 1 and min\(n_samples - n_classes, n_features\)=4"),
    "K above c - 1": (lambda: Fisherfaces(3, 2).fit(some(6, 9), [0, 0, 0, 1, 1, 1]),
                      r"n_components=2 must be between 1 and min\(n_classes - 1, n_pca\)=1"),
    "other count of people": (lambda: Fisherfaces(1).fit(some(6, 9), [0, 1]), "inconsistent numbers of samples"),
    "nobody differs": (lambda: Fisherfaces(2).fit(np.repeat(some(3, 9), 3, axis=0), np.repeat(range(3), 3)),
                       "the images of one person differ along fewer directions"),
    "one image of LBP": (lambda: local_binary_patterns(np.ones((9, 9))), r"expected images of shape \(N, H, W\)"),
    "grid too fine": (lambda: lbp_histograms(np.ones((1, 4, 9))), "doesn't fit on images of 4 x 9"),
}  # fmt: skip


def some(n, d):
    return np.random.default_rng(n * 100 + d).normal(size=(n, d))


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_refused_in_scikit_learns_words(name):
    act, words = BAD_INPUT[name]
    with pytest.raises(ValueError, match=words):
        act()


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "distance_from_face_space"])
def test_not_fitted(method):
    with pytest.raises(NotFittedError, match="This Eigenfaces instance is not fitted yet"):
        getattr(Eigenfaces(2), method)(np.ones((2, 2)))
    with pytest.raises(NotFittedError, match="This Fisherfaces instance is not fitted yet"):
        Fisherfaces(2).transform(np.ones((2, 2)))


def test_input_is_left_alone(faces):
    before = faces.copy()
    model = clone(Eigenfaces(10, whiten=True)).fit(faces)
    model.inverse_transform(model.transform(faces))
    np.testing.assert_array_equal(faces, before)


def test_fisherfaces_are_scikit_learns_lda_after_pca(orl, faces):
    person = orl.person[orl.shot < 5]
    ours = Fisherfaces(40).fit(faces, person)
    Z = PCA(40, svd_solver="full").fit_transform(faces)
    theirs = LinearDiscriminantAnalysis(solver="eigen").fit(Z, person)
    # scikit-learn's coordinates are centred on the mean of classes and its covariance divides by N, not N - c
    expected = (Z @ theirs.scalings_)[:, :39] * np.sqrt((200 - 40) / 200)
    got = ours.transform(faces)
    assert got.shape == (200, 39)
    signs = np.sign((got * expected).sum(axis=0))
    np.testing.assert_allclose(got * signs, expected, atol=1e-6)
    np.testing.assert_allclose(ours.separation_ / ours.separation_.sum(), theirs.explained_variance_ratio_[:39])


def test_fisherfaces_have_unit_variance_within_people(orl, faces):
    person = orl.person[orl.shot < 5]
    for K in (None, 7):
        Y = Fisherfaces(80, K).fit(faces, person).transform(faces)
        within, between = scatter(Y, person)
        np.testing.assert_allclose(within / (200 - 40), np.eye(Y.shape[1]), atol=1e-8)
        np.testing.assert_allclose(within + between, Y.T @ Y, atol=1e-6)


def test_fisherfaces_keep_float32_and_any_labels(faces, orl):
    person = orl.person[orl.shot < 5]
    names = np.char.add("p", person.astype(str))
    single = Fisherfaces(40, 10).fit(faces.astype(np.float32), names)
    assert single.components_.dtype == np.float32
    np.testing.assert_allclose(single.separation_, Fisherfaces(40, 10).fit(faces, person).separation_, rtol=1e-2)


@pytest.mark.parametrize("radius", [1, 2, 3])
def test_local_binary_patterns_are_scikit_images(orl, radius):
    images = orl.images[::40]
    theirs = np.stack([skimage.feature.local_binary_pattern(image, 8, radius) for image in images])
    differ = local_binary_patterns(images, radius) != theirs
    assert differ.mean() < 2e-4  # neighbours equal to the centre up to rounding
    assert local_binary_patterns(images, radius).dtype == np.uint8
    if radius == 1:
        assert not differ.any()


def test_local_binary_patterns_do_not_see_the_strength_of_light(orl):
    images = orl.images[:5].astype(np.float64)
    inside = (slice(None), slice(3, -3), slice(3, -3))  # beyond the edge lies black, which doesn't brighten
    np.testing.assert_array_equal(
        local_binary_patterns(images)[inside], local_binary_patterns(images * 0.5 + 40)[inside]
    )
    assert (local_binary_patterns(np.full((1, 9, 9), 0.1))[inside] == 255).all()


def test_uniform_bins_are_scikit_images(orl):
    image = orl.images[0]
    theirs = skimage.feature.local_binary_pattern(image, 8, 1, method="nri_uniform")
    ours = uniform_bins()[local_binary_patterns(image[None], 1)[0]]
    pairs = set(zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)  # one to one
    assert uniform_bins().max() == 58
    assert (uniform_bins() == 58).sum() == 256 - 58


@pytest.mark.parametrize(("uniform", "bins"), [(True, 59), (False, 256)])
def test_lbp_histograms_count_each_cell(orl, uniform, bins):
    images, grid = orl.images[:3], (5, 3)  # neither divides 112 x 92
    histograms = lbp_histograms(images, grid, radius=1, uniform=uniform)
    assert histograms.shape == (3, 15 * bins)
    assert histograms.dtype == np.float32
    np.testing.assert_allclose(histograms.reshape(3, 15, bins).sum(axis=2), 1, rtol=1e-5)
    codes = local_binary_patterns(images, 1)
    codes = uniform_bins()[codes] if uniform else codes
    last_cell = codes[2, 90:, 62:]  # rows from ceil(112 * 4 / 5), columns from ceil(92 * 2 / 3)
    expected = np.bincount(last_cell.ravel(), minlength=bins) / last_cell.size
    np.testing.assert_allclose(histograms[2, -bins:], expected, rtol=1e-6)


def test_chi_square_is_scikit_learns():
    rng = np.random.default_rng(0)
    a, b = rng.random((4, 30)), rng.random((5, 30))
    a[:, 3] = b[:, 3] = 0
    expected = -additive_chi2_kernel(a, b)
    np.testing.assert_allclose(np.stack([chi_square(row, b) for row in a]), expected)
    np.testing.assert_allclose(chi_square(a, b[:4]), np.diag(expected[:, :4]))
    assert (chi_square(a, a) == 0).all()
