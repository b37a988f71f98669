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
    PairScores,
    accuracy_by_fold,
    all_pairs,
    best_threshold,
    clopper_pearson_interval,
    draw_counts,
    eer,
    error_of_draws,
    pair_similarity,
    percentile_interval,
    positive_predictive_value,
    rate_of_draws,
    roc,
    rule_of_three,
    similarity,
    standard_error,
    studentised_interval,
    threshold_at_fmr,
    tmr_at_fmr,
    trials_needed,
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


@given(st.integers(1, 10**6), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_rule_of_three_is_the_one_sided_exact_test(n, level):
    worst = rule_of_three(n, level)
    assert (
        scipy.stats.binomtest(0, n).proportion_ci(2 * level - 1).high == pytest.approx(worst, rel=1e-9) or level == 0.5
    )
    assert (1 - worst) ** n == pytest.approx(1 - level, rel=1e-6)


def test_rule_of_three_is_about_three_over_n():
    assert 3000 * rule_of_three(3000) == pytest.approx(2.996, abs=0.002)


@given(st.floats(1e-7, 0.5), st.integers(0, 20), st.sampled_from([0.9, 0.95, 0.99]))
@settings(max_examples=60, deadline=None)
def test_trials_needed_are_enough_and_one_fewer_is_not(rate, errors, level):
    n = trials_needed(rate, errors, level)
    assert scipy.stats.binomtest(errors, n, rate, "less").pvalue <= 1 - level
    if n - 1 > errors:
        assert scipy.stats.binomtest(errors, n - 1, rate, "less").pvalue > 1 - level


def test_trials_needed_for_one_in_a_million():
    assert trials_needed(1e-6) == int(np.ceil(np.log(0.05) / np.log1p(-1e-6))) == 2_995_731
    assert 4.74e6 < trials_needed(1e-6, 1) < 4.75e6
    assert rule_of_three(trials_needed(1e-6)) <= 1e-6 < rule_of_three(trials_needed(1e-6) - 1)


def test_positive_predictive_value_by_counting():
    # of 10,000 people 20 are looked for; 18 of them and 100 of the others raise an alarm
    assert positive_predictive_value(18 / 20, 100 / 9980, 20 / 10_000) == pytest.approx(18 / 118)
    assert positive_predictive_value(0.3, 0.3, 0.2) == pytest.approx(0.2)  # an alarm that says nothing
    many = positive_predictive_value(np.array([1, 0.5, 0]), np.array([0, 0.5, 0]), 0.5)
    np.testing.assert_allclose(many, [1, 0.5, np.nan])


def test_counts_of_a_draw():
    counts = draw_counts(7, 0, 500)
    assert counts.shape == (500, 7) and (counts.sum(axis=1) == 7).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.15)
    np.testing.assert_array_equal(
        counts[:1], np.bincount(np.random.default_rng(0).integers(7, size=7), minlength=7)[None]
    )
    np.testing.assert_array_equal(draw_counts(7, 3), draw_counts(7, 3))


def some_people(seed=0, people=6):
    """Scores of some images of several people, and whose they are: unequal numbers, labels with gaps."""
    rng = np.random.default_rng(seed)
    person = rng.permutation(np.repeat(10 * np.arange(people) + 3, rng.integers(2, 5, people)))
    scores = np.round(rng.normal(size=(len(person), len(person))) + (person[:, None] == person), 1)
    return np.triu(scores) + np.triu(scores, 1).T, person


def rates_of_copies(scores, person, counts, threshold):
    """Rates where people are really copied, image by image, and a copy counts as somebody else."""
    people = np.unique(person)
    images = [
        (a, copy, i)
        for a, c in zip(people, counts, strict=True)
        for copy in range(c)
        for i in np.flatnonzero(person == a)
    ]
    genuine, impostor = [], []
    for k, (a, copy, i) in enumerate(images):
        for b, other, j in images[:k]:
            if a != b:
                impostor.append(scores[i, j])
            elif copy == other:
                genuine.append(scores[i, j])
    return np.mean(np.array(impostor) >= threshold), np.mean(np.array(genuine) >= threshold), eer(genuine, impostor)


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_what_copying_people_gives(seed):
    scores, person = some_people(seed)
    pairs = PairScores.of_images(scores, person)
    counts = draw_counts(6, seed, 4)
    of_tables = [rate_of_draws(which, *pairs.tables(0.5), counts) for which in ("fmr", "tmr")]
    for number, count in enumerate(counts):
        fmr, tmr, equal = rates_of_copies(scores, person, count, 0.5)
        weights = pairs.weights(count)
        assert pairs.rate("fmr", 0.5, weights) == of_tables[0][number] == pytest.approx(fmr)
        assert pairs.rate("tmr", 0.5, weights) == of_tables[1][number] == pytest.approx(tmr)
        assert pairs.rate("eer", weights=weights) == pytest.approx(equal)


def test_pair_scores_without_weights_are_the_plain_rates():
    scores, person = some_people()
    pairs = PairScores.of_images(scores, person)
    genuine, impostor = all_pairs(scores, person)
    assert pairs.rate("eer") == pytest.approx(eer(genuine, impostor))
    assert pairs.rate("fmr", 0.3) == np.mean(impostor >= 0.3)
    assert pairs.rate("tmr", 0.3) == np.mean(genuine >= 0.3)
    left, right = np.triu_indices(len(person), 1)
    turned = PairScores(scores[left, right], person[right], person[left])  # which side is left is all the same
    for which, threshold in (("fmr", 0.3), ("tmr", 0.3), ("eer", None)):
        one, other = (p.bootstrap(which, threshold, draws=9, random_state=1) for p in (pairs, turned))
        np.testing.assert_allclose(one, other)


def test_bootstrap_by_pair_is_scipys():
    scores, person = some_people(1, people=12)
    pairs = PairScores.of_images(scores, person)
    accepted = scores[np.triu_indices(len(person), 1)] >= 0.8
    impostor = np.not_equal.outer(person, person)[np.triu_indices(len(person), 1)]
    theirs = scipy.stats.bootstrap(
        (accepted[impostor].astype(float),),
        np.mean,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    ours = pairs.bootstrap("fmr", 0.8, by="pair", draws=4000, random_state=0)
    assert ours.std() == pytest.approx(theirs.standard_error, rel=0.05)
    assert percentile_interval(ours) == pytest.approx(tuple(theirs.confidence_interval), abs=0.006)
    by_weight = pairs.bootstrap("eer", by="pair", draws=200, random_state=0)
    assert by_weight.mean() == pytest.approx(pairs.rate("eer"), abs=0.02)


def test_bootstrap_by_person_of_a_rate_a_person_is_scipys():
    """With two images each, TMR is a mean over people, whose bootstrap scipy knows."""
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(40), 2)
    scores = rng.normal(size=(80, 80))
    own = scores[np.arange(0, 80, 2), np.arange(1, 80, 2)] >= 0
    ours = PairScores.of_images(scores, person).bootstrap("tmr", 0.0, draws=4000, random_state=1)
    theirs = scipy.stats.bootstrap((own.astype(float),), np.mean, n_resamples=4000, method="percentile", rng=rng)
    assert ours.std() == pytest.approx(theirs.standard_error, rel=0.05)
    assert percentile_interval(ours) == pytest.approx(tuple(theirs.confidence_interval), abs=0.03)


def test_pairs_that_share_people_vary_more_than_pairs_that_do_not():
    rng = np.random.default_rng(2)
    person = np.repeat(np.arange(30), 4)
    familiar = rng.normal(size=30)[person]  # some people are alike to everybody
    pairs = PairScores.of_images(familiar[:, None] + familiar + 2 * np.equal.outer(person, person), person)
    spread = {by: pairs.bootstrap("fmr", 1.0, by=by, random_state=0).std() for by in ("pair", "person")}
    assert spread["person"] > 4 * spread["pair"]
    again = pairs.bootstrap("fmr", 1.0, random_state=0)
    assert again.std() == spread["person"] and len(again) == 1000


def test_a_draw_without_an_impostor_pair_is_drawn_again():
    pairs = PairScores([0.9, 0.8, 0.1], [0, 1, 0], [0, 1, 1])  # of two people, half of the draws hold one only
    for which, threshold in (("fmr", 0.5), ("tmr", 0.85), ("eer", None)):
        values = pairs.bootstrap(which, threshold, draws=50, random_state=0)
        assert np.isfinite(values).all() and len(values) == 50
    assert set(pairs.bootstrap("tmr", 0.85, draws=50, random_state=0)) == {0.5}


def test_errors_of_draws_by_adding_up_all_that_two_pairs_share():
    scores, person = some_people(3, people=5)
    accepted, compared = PairScores.of_images(scores, person).tables(0.4)
    once = np.ones((1, 5))
    rate = rate_of_draws("fmr", accepted, compared, once)[0]
    pairs = [(a, b, accepted[a, b] - rate * compared[a, b]) for a in range(5) for b in range(a + 1, 5)]
    variance = sum(r * q for a, b, r in pairs for c, d, q in pairs if {a, b} & {c, d}) / np.triu(compared, 1).sum() ** 2
    first = sum(sum(r for a, b, r in pairs if p in (a, b)) ** 2 for p in range(5)) / np.triu(compared, 1).sum() ** 2
    got = error_of_draws("fmr", accepted, compared, once, np.array([rate]))
    assert got[0] ** 2 == pytest.approx(max(variance, first / 4))
    own = rate_of_draws("tmr", accepted, compared, once)
    surplus = np.diag(accepted) - own * np.diag(compared)
    got = error_of_draws("tmr", accepted, compared, once, own)
    assert got[0] == pytest.approx(np.sqrt((surplus**2).sum()) / np.diag(compared).sum())


def test_the_formulas_standard_error_is_the_spread_of_fresh_data():
    """Forty people again and again, some alike to everybody: the error that one set gives is the spread over sets."""
    rng = np.random.default_rng(0)
    left, right = np.triu_indices(40, 1)
    rates, errors, drawn = [], [], []
    for _ in range(300):
        familiar = 0.5 * rng.normal(size=40)
        scores = familiar[left] + familiar[right] + rng.normal(size=len(left))
        pairs = PairScores(np.append(scores, 9.0), np.append(left, 0), np.append(right, 0))
        tables = pairs.tables(1.0)
        rates.append(rate_of_draws("fmr", *tables, np.ones((1, 40)))[0])
        errors.append(error_of_draws("fmr", *tables, np.ones((1, 40)), np.array(rates[-1:]))[0])
        drawn.append(rate_of_draws("fmr", *tables, draw_counts(40, rng, 100)).std())
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(rates), rel=0.12)
    assert np.mean(drawn) > 1.0 * np.std(rates)  # copies meet copies: plain draws spread too much


def test_the_studentised_interval_holds_what_a_mean_of_people_has_by_hand():
    """Two images each: TMR is a mean over people, and the interval is the textbook's bootstrap-t of a mean."""
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(30), 2)
    scores = rng.normal(size=(60, 60))
    own = (scores[np.arange(0, 60, 2), np.arange(1, 60, 2)] >= -0.5).astype(float)
    pairs = PairScores.of_images(scores, person)
    counts = draw_counts(30, 7, 800)
    values = [np.repeat(own, c) for c in counts]
    t = [(v.mean() - own.mean()) / (v.std() / np.sqrt(30)) for v in values if 0 < v.mean() < 1]
    low, high = np.quantile(t, [0.025, 0.975])
    error = own.std() / np.sqrt(30)
    want = max(0, own.mean() - high * error), min(1, own.mean() - low * error)
    assert studentised_interval("tmr", *pairs.tables(-0.5), counts) == pytest.approx(want)
    assert pairs.interval("tmr", -0.5, draws=800, random_state=7) == pytest.approx(want)
    inner = pairs.interval("tmr", -0.5, 0.8, draws=800, random_state=7)
    assert want[0] < inner[0] < own.mean() < inner[1] < want[1] <= 1


def test_percentile_interval_and_its_expansion():
    values = np.linspace(0, 1, 1001)
    assert percentile_interval(values) == pytest.approx((0.025, 0.975))
    tail = scipy.stats.norm.cdf(-np.sqrt(10 / 9) * scipy.stats.t.ppf(0.975, 9))
    assert percentile_interval(values, units=10) == pytest.approx((tail, 1 - tail))
    assert percentile_interval(values, units=10**6) == pytest.approx((0.025, 0.975), abs=1e-5)
    assert percentile_interval(values, 0.5) == pytest.approx((0.25, 0.75))


PAIRS = PairScores([0.9, 0.1, 0.2], [0, 0, 0], [0, 1, 2])


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: rule_of_three(0), "rule_of_three: got k=0 of n=0"),
        (lambda: trials_needed(0), "rate=0"),
        (lambda: trials_needed(1e-6, -1), "errors=-1"),
        (lambda: trials_needed(1e-6, level=95), "level=95"),
        (lambda: positive_predictive_value(0.9, 0.1, 5), "prevalence=5.0 must be shares"),
        (lambda: positive_predictive_value(90, 0.1, 0.5), "sensitivity=90.0"),
        (lambda: PairScores([0.1, 0.2], [0, 1], [0]), r"left of shape \(2,\), right of shape \(1,\)"),
        (lambda: PairScores([0.1, 0.2], [0, 1], [0, 1]), "2 of 2 pairs are genuine"),
        (lambda: PairScores([0.1, np.nan], [0, 1], [0, 0]), "1 of 2 are NaN"),
        (lambda: PAIRS.rate("far", 0.1), "'far' at threshold 0.1"),
        (lambda: PAIRS.rate("fmr"), "'fmr' at threshold None"),
        (lambda: PAIRS.bootstrap("eer", 0.1, random_state=0), "'eer' at threshold 0.1"),
        (lambda: PAIRS.bootstrap("fmr", 0.1, by="image", random_state=0), "by='image'"),
        (lambda: PAIRS.interval("fmr", 0.5, random_state=0), "fmr is 0 in these data"),
        (lambda: PAIRS.interval("tmr", 0.5, random_state=0), "tmr is 1 in these data"),
        (lambda: PAIRS.interval("eer", None, random_state=0), "eer has no"),
        (lambda: percentile_interval([]), "bootstrap scores"),
        (lambda: percentile_interval([0.1], 95), "level=95"),
        (lambda: percentile_interval([0.1], units=1), "units=1"),
    ],
)
def test_what_intervals_refuse(act, words):
    with pytest.raises(ValueError, match=words):
        act()
