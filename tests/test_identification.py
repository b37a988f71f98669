"""The gallery and the rates of closed and open set, held against scikit-learn's nearest neighbour and counting."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from facelab.identification import Gallery, fnir, fpir, rank1_rate, threshold_at_fpir


@pytest.fixture
def enrolled():
    rng = np.random.default_rng(0)
    return rng.integers(0, 8, 40) * 3, rng.normal(size=(40, 6)), rng.normal(size=(25, 6))


@pytest.mark.parametrize(("metric", "theirs"), [("l2", "euclidean"), ("cosine", "cosine")])
def test_best_match_is_scikit_learns_nearest_neighbour(enrolled, metric, theirs):
    person, templates, probes = enrolled
    found, score = Gallery(metric).enrol(person, templates).search(probes)
    neighbour = KNeighborsClassifier(1, metric=theirs).fit(templates, person)
    np.testing.assert_array_equal(found[:, 0], neighbour.predict(probes))
    distance = neighbour.kneighbors(probes)[0][:, 0]
    np.testing.assert_allclose(score[:, 0], 1 - distance if metric == "cosine" else -distance)


def test_search_ranks_people_not_images(enrolled):
    person, templates, probes = enrolled
    gallery = Gallery("l2").enrol(person, templates)
    people = np.unique(person)
    found, score = gallery.search(probes, len(people))
    assert (np.sort(found, axis=1) == people).all()
    assert (np.diff(score, axis=1) <= 0).all()
    distance = np.linalg.norm(probes[:, None] - templates, axis=2)
    for i, row in enumerate(found):
        np.testing.assert_allclose(score[i], [-distance[i, person == p].min() for p in row])


def test_chi_square_gallery_and_enrolment_in_parts():
    rng = np.random.default_rng(1)
    histograms = rng.random((6, 10))
    gallery = Gallery("chi_square").enrol(7, histograms[:2]).enrol(3, histograms[2:4]).enrol(7, histograms[4:])
    np.testing.assert_array_equal(gallery.person, [7, 7, 3, 3, 7, 7])
    found, score = gallery.search(histograms)
    np.testing.assert_array_equal(found[:, 0], gallery.person)
    np.testing.assert_array_equal(score[:, 0], 0)


def test_ties_go_to_the_lower_integer():
    found, _ = Gallery().enrol(np.array([5, 2]), np.ones((2, 3))).search(np.ones((1, 3)), 2)
    np.testing.assert_array_equal(found, [[2, 5]])


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: Gallery().search(np.ones((1, 3))), "number of people enrolled, 0"),
        (lambda: Gallery().enrol(1, np.ones((2, 3))).search(np.ones((1, 3)), 2), "k=2 must be between 1 and .* 1"),
        (lambda: Gallery().enrol(1, np.ones((2, 3))).search(np.ones((1, 4))), r"got \(1, 4\) and \(2, 3\)"),
        (lambda: Gallery().enrol(1, np.ones(3)), r"expected templates of shape \(n, d\), got \(3,\)"),
        (lambda: Gallery().enrol(1, np.ones((1, 3))).enrol(2, np.ones((1, 4))), r"shape \(n, 3\), got \(1, 4\)"),
        (lambda: Gallery().enrol([1, 2, 3], np.ones((2, 3))), "expected one person's integer or 2 of them"),
        (lambda: Gallery().enrol("Ann", np.ones((2, 3))), "expected one person's integer"),
        (lambda: Gallery().enrol(1, np.array([[1.0, np.nan], [0, 1]])), "1 of 2 templates hold NaN"),
        (lambda: Gallery("l1").enrol(1, np.ones((1, 3))).search(np.ones((1, 3))), "no metric 'l1'"),
        (lambda: rank1_rate(np.array([1, 2]), np.array([1])), "2 searches, but the truth of 1"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(ValueError, match=words):
        act()


def test_rates_by_hand():
    found, score, person = np.array([1, 2, 3, 4]), np.array([0.9, 0.8, 0.3, 0.7]), np.array([1, 2, 3, 5])
    strangers = np.array([0.2, 0.5, 0.5, 0.6])
    assert rank1_rate(found, person) == rank1_rate(found[:, None], person) == 0.75
    assert fpir(strangers, 0.5) == 0.75
    assert fnir(found, score, person, 0.5) == 0.5  # one below the threshold, one the wrong person
    assert fnir(found, score, person, -np.inf) == 0.25
    threshold = threshold_at_fpir(strangers, 0.25)
    assert fpir(strangers, threshold) == 0.25
    assert 0.5 < threshold < 0.6
