"""facelab.fairness against scipy, scikit-learn, and the definitions written out pair by pair and draw by draw."""

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from facelab import fairness
from facelab.verification import threshold_at_fmr, wilson_interval


@pytest.fixture
def faces():
    """Faces in pictures of different sizes; the picture matters more than the group."""
    rng = np.random.default_rng(3)
    picture = np.repeat(np.arange(60), rng.integers(1, 12, 60))
    bad = rng.random(60) < 0.3
    group = rng.choice(["dark", "light", "Not Sure"], len(picture), p=[0.3, 0.5, 0.2])
    return rng.random(len(picture)) < np.where(bad[picture], 0.7, 0.05), group, picture


def symmetric(n, seed=0):
    """Scores of n images with each other, some of them high."""
    templates = np.random.default_rng(seed).normal(size=(n, 6))
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    return templates @ templates.T


def test_rates_hold_every_group_with_its_counts_and_both_intervals(faces):
    event, group, picture = faces
    rates = fairness.group_rates(event, group, picture, random_state=0)
    assert [rate.group for rate in rates] == ["Not Sure", "dark", "light"]
    assert sum(rate.n for rate in rates) == len(event)
    assert sum(rate.events for rate in rates) == event.sum()
    for rate in rates:
        assert rate.rate == event[group == rate.group].mean()
        assert (rate.low, rate.high) == wilson_interval(rate.events, rate.n)
        assert rate.cluster_low < rate.rate < rate.cluster_high
        assert rate.cluster_high - rate.cluster_low > 1.2 * (rate.high - rate.low)  # faces of a picture go together


def test_clusters_of_one_give_what_independent_cases_give():
    event = np.random.default_rng(0).random(3000) < 0.2
    (rate,) = fairness.group_rates(event, np.full(3000, "all"), np.arange(3000), 0, replicates=2000)
    assert rate.cluster_low == pytest.approx(rate.low, abs=0.003)
    assert rate.cluster_high == pytest.approx(rate.high, abs=0.003)


def test_a_draw_takes_whole_clusters(faces):
    event, group, picture = faces
    names, rates = fairness.bootstrap_rates(event, group, picture, 5, replicates=20)
    clusters = np.unique(picture)
    for times, row in zip(fairness.draws(len(clusters), 20, 5), rates, strict=True):
        drawn = np.concatenate(
            [np.flatnonzero(picture == c) for c, t in zip(clusters, times, strict=True) for _ in range(int(t))]
        )
        want = [event[drawn][group[drawn] == name].mean() for name in names]
        np.testing.assert_allclose(row, want)


def test_the_same_seed_gives_the_same_draws_and_another_gives_others(faces):
    first, again, other = (fairness.bootstrap_rates(*faces, seed, 50)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_group_that_a_draw_misses_is_nan_there():
    event, group, cluster = [True, False, True, False], ["a", "a", "a", "b"], [0, 1, 2, 3]
    _, rates = fairness.bootstrap_rates(event, group, cluster, 0, 200)
    missed = np.isnan(rates[:, 1])
    assert 0.2 < missed.mean() < 0.45  # (3/4)^4 = .32
    assert np.isfinite(fairness.middle(rates[:, 1])).all()


def test_draws_add_up_and_are_even():
    times = fairness.draws(40, 3000, 0)
    assert times.shape == (3000, 40)
    assert (times.sum(axis=1) == 40).all()
    np.testing.assert_allclose(times.mean(axis=0), 1, atol=0.08)


def test_what_does_not_fit_is_refused(faces):
    event, group, picture = faces
    with pytest.raises(ValueError, match="clusters"):
        fairness.bootstrap_rates(event, group, picture[:-1], 0)
    with pytest.raises(ValueError, match="at least one case"):
        fairness.bootstrap_rates([], [], [], 0)
    with pytest.raises(ValueError, match="nobody is labelled"):
        fairness.compare_groups(event, group, picture, "dark", "green", 0)
    with pytest.raises(ValueError, match="no value is left"):
        fairness.middle(np.full(3, np.nan))


def test_a_difference_keeps_what_two_groups_share_in_a_picture():
    """Where a bad picture costs both groups that are in it, their difference varies less than the rates do."""
    rng = np.random.default_rng(0)
    bad = rng.random(200) < 0.5
    picture, group = np.repeat(np.arange(200), 10), np.tile(["a", "b"], 1000)
    event = rng.random(2000) < np.where(bad[picture], 0.9, 0.1)
    together = fairness.compare_groups(event, group, picture, "a", "b", 0)
    parts = fairness.bootstrap_rates(event, group, picture, 0)[1].std(axis=0)
    assert together.high - together.low < 2 * 1.96 * np.hypot(*parts) * 0.6
    assert together.low < 0 < together.high
    assert together.ratio_low < 1 < together.ratio_high
    assert together.difference == event[group == "a"].mean() - event[group == "b"].mean()
    assert together.ratio == event[group == "a"].mean() / event[group == "b"].mean()


def test_a_ratio_over_nothing_is_infinite():
    event, group = np.array([True, True, False, False]), np.array(["a", "a", "b", "b"])
    comparison = fairness.compare_groups(event, group, np.arange(4), "a", "b", 0)
    assert comparison.ratio == np.inf
    assert comparison.ratio_high == np.inf


@given(st.integers(1, 60), st.integers(1, 60), st.data())
@settings(max_examples=60, deadline=None)
def test_newcombe_holds_the_difference_and_turns_its_sign(n1, n2, data):
    k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
    low, high = fairness.newcombe_interval(k1, n1, k2, n2)
    assert -1 <= low <= k1 / n1 - k2 / n2 <= high <= 1
    assert fairness.newcombe_interval(k2, n2, k1, n1) == pytest.approx((-high, -low))


def test_newcombe_agrees_with_his_own_table():
    """Examples of Newcombe's paper, method 10: 56/70 against 48/80, 9/10 against 3/10, 10/10 against 0/10."""
    for counts, want in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ):
        np.testing.assert_allclose(fairness.newcombe_interval(*counts), want, atol=5e-4)


def test_false_matches_count_each_pair_once_and_no_image_with_itself():
    scores = symmetric(30)
    pairs = list(itertools.combinations(range(30), 2))
    for threshold in (-1.1, 0.3, 0.8, 1.1):
        want = sum(scores[i, j] >= threshold for i, j in pairs)
        assert fairness.false_matches(scores, threshold) == (want, len(pairs))
    assert scores[0, 0] == pytest.approx(1)  # the input is left as it was


def test_the_bootstrap_by_image_is_the_one_over_drawn_images():
    scores = symmetric(12)
    times = fairness.draws(12, 30, 0)
    for row, got in zip(times, fairness.bootstrap_false_match_rate(scores, 0.3, times), strict=True):
        drawn = np.repeat(np.arange(12), row.astype(int))
        pairs = [(i, j) for i, j in itertools.combinations(drawn, 2) if i != j]
        assert got == pytest.approx(np.mean([scores[i, j] >= 0.3 for i, j in pairs]))


def test_images_drawn_once_give_the_rate_itself():
    scores = symmetric(25)
    matches, pairs = fairness.false_matches(scores, 0.4)
    assert fairness.bootstrap_false_match_rate(scores, 0.4, np.ones((1, 25)))[0] == pytest.approx(matches / pairs)


def test_by_image_is_wider_than_by_pair_where_one_image_is_alike_to_many():
    scores = np.zeros((100, 100))
    scores[:5] = scores[:, :5] = 1  # five images match everybody
    matches, pairs = fairness.false_matches(scores, 0.5)
    low, high = fairness.middle(fairness.bootstrap_false_match_rate(scores, 0.5, fairness.draws(100, 1000, 0)))
    by_pair = wilson_interval(matches, pairs)
    assert high - low > 5 * (by_pair[1] - by_pair[0])


@pytest.mark.parametrize("scores", [np.zeros((3, 4)), np.zeros((1, 1)), np.full((3, 3), np.nan), np.zeros(4)])
def test_scores_that_are_no_table_of_images_are_refused(scores):
    with pytest.raises(ValueError, match="every image with every other"):
        fairness.false_matches(scores, 0.3)


def test_times_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="times has shape"):
        fairness.bootstrap_false_match_rate(symmetric(5), 0.3, np.ones((10, 4)))


def test_thresholds_by_group_give_each_group_its_rate():
    rng = np.random.default_rng(0)
    groups = [rng.normal(shift, 0.1, 5000) for shift in (0.0, 0.05, 0.1)]
    thresholds = fairness.thresholds_by_group(groups, 0.01)
    assert thresholds.tolist() == [threshold_at_fmr(each, 0.01) for each in groups]
    assert (np.diff(thresholds) > 0.03).all()
    np.testing.assert_allclose([np.mean(each >= t) for each, t in zip(groups, thresholds, strict=True)], 0.01)


def table(n=500, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n) < 0.3])
    return X, rng.random(n) < 1 / (1 + np.exp(-(X @ [-1, 0.8, -0.5])))


def test_the_regression_is_scikit_learns_without_penalty():
    X, y = table()
    weights = np.random.default_rng(1).integers(0, 4, len(y))
    for w in (None, weights):
        other = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
        other.fit(X, y, sample_weight=w)
        np.testing.assert_allclose(fairness.logistic_fit(X, y, w), other.coef_[0], atol=1e-5)


def test_weights_count_rows():
    X, y = table(80)
    times = np.random.default_rng(0).integers(0, 3, 80)
    repeated = np.repeat(np.arange(80), times)
    np.testing.assert_allclose(fairness.logistic_fit(X, y, times), fairness.logistic_fit(X[repeated], y[repeated]))


def test_one_group_alone_gives_the_log_odds_of_its_counts():
    y = np.repeat([True, False, True, False], [30, 70, 10, 90])
    X = np.column_stack([np.ones(200), np.repeat([0, 1], 100)])
    np.testing.assert_allclose(fairness.logistic_fit(X, y), [np.log(3 / 7), np.log(1 / 9) - np.log(3 / 7)])


@pytest.mark.parametrize("spoil", ["separated", "twice"])
def test_a_likelihood_without_a_maximum_is_refused(spoil):
    X, y = table()
    if spoil == "separated":
        y = y & (X[:, 2] == 0)
    else:
        X = np.column_stack([X, X[:, 1]])
    with pytest.raises(ValueError, match="no maximum"):
        fairness.logistic_fit(X, y)


def test_shapes_that_do_not_fit_are_refused():
    X, y = table()
    with pytest.raises(ValueError, match="wanted"):
        fairness.logistic_fit(X, y[:-1])


def test_the_regressions_interval_is_the_textbooks_for_independent_rows():
    X, y = table(3000)
    drawn = fairness.bootstrap_logistic(X, y, np.arange(len(y)), 0, 300)
    p = scipy.stats.logistic.cdf(X @ fairness.logistic_fit(X, y))
    errors = np.sqrt(np.diag(np.linalg.inv((X * (p * (1 - p))[:, None]).T @ X)))
    np.testing.assert_allclose(drawn.std(axis=0), errors, rtol=0.15)


def test_a_draw_without_a_maximum_is_nan_and_the_others_stay():
    X, y = table(60)
    y = y & (X[:, 2] == 0)
    y[np.flatnonzero(X[:, 2] == 1)[0]] = True  # one event in the small group: in a third of the draws there is none
    drawn = fairness.bootstrap_logistic(X, y, np.arange(60), 0, 100)
    gone = np.isnan(drawn).any(axis=1)
    assert 10 < gone.sum() < 60
    assert np.isnan(drawn[gone]).all()


def test_a_standardised_rate_takes_the_mix_out():
    events, cases = np.array([[30, 10], [3, 90]]), np.array([[100, 100], [10, 900]])  # rates .3 and .1 in both groups
    assert events.sum(axis=1)[0] / cases.sum(axis=1)[0] != events.sum(axis=1)[1] / cases.sum(axis=1)[1]
    rates = [fairness.standardised_rate(e, c, [0.5, 0.5]) for e, c in zip(events, cases, strict=True)]
    np.testing.assert_allclose(rates, 0.2)
    assert fairness.standardised_rate(events[0], cases[0], cases[0]) == pytest.approx(0.2)
    with pytest.raises(ValueError, match="no case"):
        fairness.standardised_rate([1, 0], [5, 0], [0.5, 0.5])
    assert fairness.standardised_rate([1, 0], [5, 0], [1, 0]) == pytest.approx(0.2)
