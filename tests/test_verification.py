"""Scores, ROC, error rates and thresholds, held against scikit-learn, scipy and counting."""

import re

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from facelab.verification import (
    accuracy_by_fold,
    all_pairs,
    best_threshold,
    clopper_pearson_interval,
    eer,
    pair_similarity,
    roc,
    similarity,
    standard_error,
    threshold_at_fmr,
    tmr_at_fmr,
    wilson_interval,
)

# few values, so that ties within and between the sets are the rule
tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)
smooth = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30).map(lambda v: np.array(v, dtype=np.float32))
sets = st.one_of(st.tuples(tied, tied), st.tuples(smooth, smooth))
rates = st.one_of(st.floats(0, 1), st.integers(0, 30).map(lambda i: i / 30), st.integers(0, 100).map(lambda i: i / 100))


@given(sets)
@settings(max_examples=200, deadline=None)
def test_roc_is_scikit_learns(scores):
    genuine, impostor = scores
    fmr, tmr, thresholds = roc(genuine, impostor)
    same = np.repeat([1, 0], [len(genuine), len(impostor)])
    expected = sklearn.metrics.roc_curve(same, np.concatenate(scores), drop_intermediate=False)
    for got, want in zip((fmr, tmr, thresholds), expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-12)
    for i, threshold in enumerate(thresholds):
        assert fmr[i] == np.mean(impostor >= threshold)
        assert tmr[i] == np.mean(genuine >= threshold)


@given(sets, rates)
@settings(max_examples=300, deadline=None)
def test_threshold_at_fmr_keeps_its_promise_and_no_lower_one_does(scores, rate):
    genuine, impostor = scores
    threshold = threshold_at_fmr(impostor, rate)
    assert np.mean(impostor >= threshold) <= rate
    lower = impostor[impostor < threshold]
    if len(lower):
        assert np.mean(impostor >= lower.max()) > rate
    fmr, tmr, _ = roc(genuine, impostor)
    assert tmr_at_fmr(genuine, impostor, rate) == tmr[fmr <= rate].max()


@given(sets)
@settings(max_examples=200, deadline=None)
def test_eer_lies_on_the_curve_and_does_not_care_which_end_is_up(scores):
    genuine, impostor = scores
    rate = eer(genuine, impostor)
    assert 0 <= rate <= 1
    assert rate == pytest.approx(eer(-impostor, -genuine), abs=1e-9)
    assert rate == pytest.approx(1 - eer(impostor, genuine), abs=1e-9)
    fmr, tmr, _ = roc(genuine, impostor)
    # FMR and FNMR at the thresholds on either side enclose it
    accepts_less = fmr <= 1 - tmr
    assert max(fmr[accepts_less], default=0) - 1e-9 <= rate <= min((1 - tmr)[accepts_less], default=1) + 1e-9


def test_eer_by_hand():
    assert eer([3.0, 4.0], [1.0, 2.0]) == 0
    assert eer([1.0, 2.0], [3.0, 4.0]) == 1
    assert eer([1.0, 1.0], [1.0, 1.0, 1.0]) == 0.5
    # at threshold 2 one of four impostors is accepted and one of four genuine refused
    assert eer([1, 2, 3, 4], [-1, 0, 0.5, 2]) == pytest.approx(0.25)


def test_eer_of_two_gaussians_is_what_theory_says():
    rng = np.random.default_rng(0)
    distance = 2.0  # EER = Phi(-distance / 2)
    assert eer(rng.normal(distance, 1, 200_000), rng.normal(0, 1, 200_000)) == pytest.approx(0.1587, abs=0.002)


def test_threshold_of_float32_scores_still_holds_when_compared_in_float32():
    impostor = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    threshold = threshold_at_fmr(impostor, 0.01)
    assert (impostor >= threshold).sum() == (impostor >= np.float32(threshold)).sum() == 10


def test_thresholds_at_the_ends():
    assert threshold_at_fmr([1.0, 2.0], 1) == -np.inf
    assert 2 < threshold_at_fmr([1.0, 2.0], 0.4) < 2.000001
    assert tmr_at_fmr([2.0, 3.0], [1.0, 2.0], 0) == 0.5
    assert tmr_at_fmr([-np.inf, 3.0], [1.0, 2.0], 0) == 0.5  # a face that wasn't found
    assert roc([np.inf], [0.0])[2][0] == np.inf


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: roc([], [1.0]), r"genuine scores: expected shape \(n,\)"),
        (lambda: eer([1.0], []), "impostor scores"),
        (lambda: eer([[1.0]], [1.0]), r"got \(1, 1\)"),
        (lambda: tmr_at_fmr([1.0, np.nan], [1.0], 0.1), "1 of 2 are NaN"),
        (lambda: threshold_at_fmr([1.0], 5), "not per cent"),
        (lambda: threshold_at_fmr([1.0], np.nan), "must be a share"),
        (lambda: similarity(np.ones((2, 3)), np.ones((2, 4))), r"got \(2, 3\) and \(2, 4\)"),
        (lambda: similarity(np.ones((2, 3)), np.ones((2, 3)), "l1"), "no metric 'l1'"),
        (lambda: pair_similarity(np.ones((2, 3)), np.ones((3, 3))), "a has 2 rows and b has 3"),
        (lambda: all_pairs(np.ones((2, 3)), [0, 1]), "2 x 2"),
        (lambda: accuracy_by_fold([1.0, 0.0], [True, False], [1, 1]), "one fold only"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(ValueError, match=words):
        act()


@pytest.mark.parametrize(("metric", "name"), [("l2", "euclidean"), ("cosine", "cosine")])
def test_similarity_is_scipys_distance(metric, name):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(7, 5)), rng.normal(size=(6, 5))
    distance = scipy.spatial.distance.cdist(a, b, name)
    expected = 1 - distance if metric == "cosine" else -distance
    np.testing.assert_allclose(similarity(a, b, metric), expected)
    np.testing.assert_allclose(pair_similarity(a[:6], b, metric), np.diag(expected))


def test_chi_square_similarity_pairs_are_the_diagonal():
    rng = np.random.default_rng(2)
    a, b = rng.random((5, 8)).astype(np.float32), rng.random((5, 8)).astype(np.float32)
    scores = similarity(a, b, "chi_square")
    np.testing.assert_allclose(np.diag(scores), pair_similarity(a, b, "chi_square"), rtol=1e-6)
    assert (similarity(a, a, "chi_square").argmax(axis=1) == np.arange(5)).all()


def test_cosine_of_nothing_is_zero_and_bytes_do_not_overflow():
    assert similarity(np.zeros((1, 3)), np.ones((1, 3)))[0, 0] == 0
    a, b = np.array([[250]], np.uint8), np.array([[5]], np.uint8)
    assert similarity(b, a, "l2")[0, 0] == pair_similarity(b, a, "l2")[0] == -245


def test_all_pairs_counts_each_pair_once():
    person = np.repeat(np.arange(10), 10)
    genuine, impostor = all_pairs(np.add.outer(np.arange(100), np.arange(100)), person)
    assert len(genuine) == 10 * 45
    assert len(impostor) == 4500


@given(st.lists(st.tuples(st.integers(-3, 3).map(float), st.booleans()), min_size=2, max_size=25))
@settings(max_examples=200, deadline=None)
def test_best_threshold_decides_most_pairs_rightly(pairs):
    scores, same = np.array([s for s, _ in pairs]), np.array([s for _, s in pairs])
    if same.all() or not same.any():
        return
    candidates = [*np.unique(scores), np.inf]
    right = max(np.sum((scores >= t) == same) for t in candidates)
    assert np.sum((scores >= best_threshold(scores, same)) == same) == right


def test_the_threshold_of_a_fold_comes_from_the_others():
    # in fold 0 genuine pairs score above 10, elsewhere above 0: the others' threshold accepts fold 0's impostors
    scores = np.array([11, 12, 9, 8, 1, 2, -1, -2, 1, 2, -1, -2], dtype=float)
    same = np.tile([True, True, False, False], 3)
    fold = np.repeat([0, 1, 2], 4)
    np.testing.assert_array_equal(accuracy_by_fold(scores, same, fold)[0], 0.5)
    np.testing.assert_array_equal(accuracy_by_fold(scores[4:], same[4:], fold[4:]), [1, 1])


def test_standard_error():
    assert standard_error([1, 2, 3, 4]) == pytest.approx(np.sqrt(5 / 3) / 2)


INTERVALS = {"wilson": wilson_interval, "exact": clopper_pearson_interval}


@pytest.mark.parametrize("method", INTERVALS)
@given(st.integers(1, 10**7), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_intervals_are_scipys(method, n, share, level):
    for k in (0, round(share * n), n):
        theirs = scipy.stats.binomtest(k, n).proportion_ci(level, method=method)
        assert INTERVALS[method](k, n, level) == pytest.approx(tuple(theirs), abs=1e-10)


@pytest.mark.parametrize("method", INTERVALS)
@pytest.mark.parametrize(
    ("counts", "said"),
    [((-1, 5), "k=-1 of n=5"), ((6, 5), "k=6 of n=5"), ((0, 0), "n of 1 or more"), ((1, 5, 95), "95 % is .95")],
)
def test_intervals_refuse_what_is_no_count(method, counts, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        INTERVALS[method](*counts)
