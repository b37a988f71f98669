"""Synthetic people, tails of scores and the prediction for bigger galleries, held against simulation and scipy."""

import numpy as np
import pytest
from scipy import stats

from classroom.measure import gallery
from facelab.scaling import (
    GaussianTail,
    ParetoTail,
    SearchScores,
    fit_gaussian,
    fit_pareto,
    fmr_for,
    fpir_of,
    pareto_likelihood,
    pareto_moments,
    predict,
)
from facelab.synthetic import Mixture, load_mixture
from facelab.tables import results

MODELS = ("gaussian", "pareto95", "pareto99", "pareto999", "pareto95 moments")
NATION = 1_300_000_000


@pytest.fixture(scope="module")
def mixture():
    return load_mixture()


def test_synthetic_templates(mixture):
    templates = mixture.templates(3000, 0)
    assert templates.shape == (3000, 128)
    assert templates.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(templates, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(templates, mixture.templates(3000, 0))
    assert not np.array_equal(templates[:5], mixture.templates(5, 1))
    assert len(np.unique(templates[:, 0])) == 3000


def test_a_gaussian_of_the_mixture_is_drawn_with_its_weight():
    means = np.zeros((2, 3))
    means[:, 0] = 50, -50
    drawn = Mixture(np.array([0.25, 0.75]), means, np.stack([np.eye(3)] * 2)).templates(4000, 0)
    assert abs((drawn[:, 0] > 0).mean() - 0.25) < 0.03
    covariance = np.array([[0.01, 0.008], [0.008, 0.01]])
    one = Mixture(np.ones(1), np.array([[10.0, 0]]), covariance[None]).templates(20_000, 0)
    assert np.corrcoef((one / one[:, :1])[:, 1], one[:, 1])[0, 1] > 0.99
    assert one[:, 1].std() == pytest.approx(0.01, rel=0.05)  # 0.1 over a length of 10


def test_second_images_score_as_asked_and_are_impostors_like_the_first(mixture):
    templates = mixture.templates(2000, 0)
    wanted = np.linspace(-0.2, 0.95, 2000)
    second = mixture.second_images(templates, wanted, 1)
    np.testing.assert_allclose((templates * second).sum(axis=1), wanted, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(second, axis=1), 1, atol=1e-5)
    others = mixture.templates(2000, 2)
    ours, theirs = (second[500:] @ others.T).ravel(), (templates[500:] @ others.T).ravel()
    assert abs(ours.mean() - theirs.mean()) < 0.01
    assert abs(ours.std() / theirs.std() - 1) < 0.05


def test_stored_mixture_holds_no_template(mixture):
    assert mixture.means.shape == (8, 128)
    assert mixture.covariances.shape == (8, 128, 128)
    assert mixture.weights.sum() == pytest.approx(1)
    assert mixture.weights.min() > 0.05  # a component of a few images would tell much of each
    assert np.linalg.eigvalsh(mixture.covariances).min() > 0


def test_synthetic_impostors_score_as_the_real_ones_do():
    table = results("gallery_synthetic")
    rows = {fmr: r for fmr, r in zip(table["fmr"], table, strict=True) if r["model"] == "mixture"}
    assert sorted(rows) == [1e-5, 1e-4, 1e-3, 1e-2]
    assert 1 / 1.5 < rows[1e-4]["real_fmr"] / 1e-4 < 1.5
    plain = table[(table["model"] == "one gaussian") & (table["fmr"] == 1e-5)]["real_fmr"][0]
    assert rows[1e-5]["real_fmr"] < plain


@pytest.mark.parametrize("quantile", [1e-12, 1e-6, 1e-3, 0.2, 0.7])
def test_gaussian_tail_is_scipys(quantile):
    tail = GaussianTail(0.08, 0.09)
    assert tail.threshold(quantile) == pytest.approx(stats.norm.isf(quantile, 0.08, 0.09))
    assert tail.fmr(tail.threshold(quantile)) == pytest.approx(quantile)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_pareto_tail_is_scipys(shape):
    tail = ParetoTail(0.3, 0.05, 0.04, shape, GaussianTail(0.1, 0.1))
    for fmr in (0.05, 1e-3, 1e-9):
        assert tail.threshold(fmr) == pytest.approx(0.3 + stats.genpareto.isf(fmr / 0.05, shape, scale=0.04))
        assert tail.fmr(tail.threshold(fmr)) == pytest.approx(fmr)
    assert tail.fmr(0.0) == pytest.approx(stats.norm.sf(-1))
    assert tail.fmr(0.29) >= 0.05  # never below the share that lies above the start
    thresholds = tail.threshold(np.geomspace(1e-9, 0.9, 40))
    assert (np.diff(thresholds) <= 0).all()


@pytest.mark.parametrize("fit", [pareto_likelihood, pareto_moments])
@pytest.mark.parametrize("shape", [-0.2, 0.15])
def test_pareto_fits_find_what_was_drawn(fit, shape):
    excess = np.sort(stats.genpareto.rvs(shape, scale=0.04, size=40_000, random_state=0))
    assert fit(excess, np.ones(len(excess))) == pytest.approx((0.04, shape), abs=0.02)
    # a weight is a number of copies
    few, weights = excess[::400], np.random.default_rng(0).integers(0, 4, 100)
    some = fit(few, weights.astype(float))
    assert some == pytest.approx(fit(np.repeat(few, weights), np.ones(weights.sum())), rel=1e-3, abs=1e-3)


def test_likelihood_is_scipys():
    excess = np.sort(stats.genpareto.rvs(-0.1, scale=0.05, size=2000, random_state=1))
    shape, _, scale = stats.genpareto.fit(excess, floc=0)
    assert pareto_likelihood(excess, np.ones(2000)) == pytest.approx((scale, shape), abs=1e-3)


def test_fpir_and_back():
    assert fpir_of(1e-4, 100) == pytest.approx(1 - (1 - 1e-4) ** 100)
    assert fpir_of(1e-11, NATION) == pytest.approx(0.0129, rel=0.01)  # plain arithmetic is wrong in the fifth digit
    assert 0.9 < fpir_of(1e-6, NATION) <= 1
    assert fmr_for(0.01, NATION) == pytest.approx(0.01005 / NATION, rel=1e-3)
    assert fpir_of(fmr_for(0.3, 77), 77) == pytest.approx(0.3)


def test_prediction_is_what_a_simulation_shows():
    rng = np.random.default_rng(0)
    n, searches = 300, 20_000
    tail, genuine = GaussianTail(0.1, 0.1), rng.normal(0.5, 0.12, 4000)
    p = predict(genuine, tail, n, 0.05)
    own = rng.choice(genuine, searches)
    best = np.array([rng.normal(0.1, 0.1, n - 1).max() for _ in range(searches)])
    stranger = np.array([rng.normal(0.1, 0.1, n).max() for _ in range(searches)])
    assert (stranger >= p.threshold).mean() == pytest.approx(0.05, abs=0.006)
    assert (own > best).mean() == pytest.approx(p.rank1, abs=0.01)
    assert ((own > best) & (own >= p.threshold)).mean() == pytest.approx(p.tpir, abs=0.01)
    assert predict(np.append(genuine, [-np.inf] * 4000), tail, n).tpir == pytest.approx(
        predict(genuine, tail, n).tpir / 2
    )


@pytest.fixture
def searches():
    rng = np.random.default_rng(0)
    gallery, probe = rng.permutation(120), rng.choice(120, 70, replace=False)
    scores = rng.normal(0.1, 0.1, (70, 120))
    scores[probe[:, None] == gallery] += 0.4
    return SearchScores(scores, probe, gallery), scores, probe, gallery


def test_bootstrap_by_person_is_a_repetition_of_people(searches):
    """Counts as weights give what a matrix with the drawn people's rows and columns repeated gives."""
    ours, scores, probe, gallery = searches
    own = probe[:, None] == gallery
    np.testing.assert_array_equal(ours.genuine, scores[own])
    counts = ours.counts(1)
    assert counts.sum() == 120
    each = counts[ours.own]
    repeated = np.repeat(np.repeat(scores, each, axis=0), counts, axis=1)
    same = np.repeat(np.repeat(own, each, axis=0), counts, axis=1)
    impostor = repeated[~same]
    by_hand = fit_gaussian(impostor)
    assert ours.gaussian(counts).mean == pytest.approx(by_hand.mean)
    assert ours.gaussian(counts).sd == pytest.approx(by_hand.sd)
    tail, want = ours.pareto(0.95, counts), fit_pareto(impostor, 0.95)
    assert tail.start == pytest.approx(want.start, abs=0.003)
    assert tail.share == pytest.approx(0.05, abs=0.003)
    assert tail.threshold(1e-3) == pytest.approx(want.threshold(1e-3), abs=0.01)
    assert ours.gaussian() == pytest.approx(ours.gaussian(np.ones(120)))


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: predict(np.array([]), GaussianTail(0, 1), 10), r"genuine scores: expected shape \(n,\)"),
        (lambda: predict(np.array([np.nan]), GaussianTail(0, 1), 10), "genuine scores: 1 of 1 are NaN"),
        (lambda: predict(np.array([0.5]), GaussianTail(0, 1), 0), "n=0; wanted a share between 0 and 1 and a gallery"),
        (lambda: fmr_for(1.0, 10), "fpir=1.0"),
        (lambda: fit_gaussian(np.array([0.1, np.nan])), "impostor scores: 1 of 2 are NaN"),
        (lambda: fit_pareto(np.arange(100.0), 0.9), "9 of 100 scores lie above|10 of 100 scores lie above"),
        (lambda: fit_pareto(np.arange(100.0), 95), "quantile=95 must lie between 0 and 1"),
        (lambda: SearchScores(np.ones((2, 3)), [0, 1], [0, 1]), r"got shape \(2, 3\)"),
        (lambda: SearchScores(np.ones((1, 2)), [0], [0, 0]), "stands twice in the gallery"),
        (lambda: SearchScores(np.ones((1, 2)), [5], [0, 1]), "a probe's person isn't there"),
        (lambda: Mixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None]).templates(0, 0), "n=0; wanted 1 or more"),
        (
            lambda: Mixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None]).second_images(np.eye(2), [0.5, 1.5], 0),
            "2 templates and 2 scores; wanted one score each, from -1 to 1",
        ),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(ValueError, match=words):
        act()


def test_a_file_that_is_no_mixture(tmp_path):
    np.savez(tmp_path / "x.npz", weights=np.ones(1))
    with pytest.raises(ValueError, match="x.npz lacks covariances, means"):
        load_mixture(tmp_path / "x.npz")
    with pytest.raises(FileNotFoundError):
        load_mixture(tmp_path / "y.npz")


def test_a_resampled_gallery_is_a_choice_of_columns():
    person = np.array([0, 0, 1, 2, 2, 2, 3])
    first, second = gallery.first_and_second(person)
    np.testing.assert_array_equal(first, [0, 2, 3, 6])
    np.testing.assert_array_equal(second, [1, 4])
    scores = np.array([[0.9, 0.2, 0.3, 0.4], [0.1, 0.6, 0.5, 0.2]])
    searches = gallery.Searches(scores, person[second], person[first])
    other, own, mated = searches.of(np.array([1, 2]))
    np.testing.assert_array_equal(mated, [False, True])
    np.testing.assert_array_equal(other, [0.3, 0.6])
    assert own[1] == 0.5
    few = searches.only(np.array([0, 3]))
    np.testing.assert_array_equal(few.scores, [[0.9, 0.4]])


def test_rates_of_trials_by_hand():
    trials = gallery.Trials(
        person=[np.array([0, 1]), np.array([2])],
        first=[np.array([True, True]), np.array([False])],
        score=[np.array([0.9, 0.4]), np.array([0.95])],
        stranger=[np.array([3, 4])],
        stranger_score=[np.array([0.5, 0.3])],
    )
    assert trials.rates() == (2 / 3, 1 / 3)  # at .5, above the better stranger
    assert trials.rates(np.array([1, 3, 0, 0, 1])) == (1, 1)  # drawn again without person 2 and stranger 3


@pytest.mark.parametrize("n", [1000, 2000])
def test_two_hundred_people_predict_two_thousand(n):
    table = results("gallery_curve")
    row = table[(table["data"] == "lfw") & (table["n"] == n)][0]
    assert abs(row["rank1"] - row["predicted_rank1"]) < 0.015
    assert abs(row["tpir"] - row["predicted_tpir"]) < 0.02
    assert row["rank1_low"] < row["rank1"] < row["rank1_high"]


def test_the_nation_gets_a_range():
    tail = {r["model"]: r for r in results("gallery_tail")}
    assert set(tail) == set(MODELS)
    assert all(r["low"] <= r["tpir"] <= r["high"] for r in tail.values())
    assert max(r["high"] for r in tail.values()) - min(r["low"] for r in tail.values()) > 0.3
    nation = results("gallery_nation")
    for condition in np.unique(nation["condition"]):
        rows = nation[(nation["condition"] == condition) & (nation["model"] == "gaussian")]
        for level in np.unique(rows["level"]):
            tpir = rows[(rows["level"] == level) | np.isnan(rows["level"])]["tpir"]
            assert (np.diff(tpir) <= 0).all()  # a bigger gallery never helps
    genuine = results("gallery_genuine")
    clean = genuine[genuine["condition"] == "clean"]["score"]
    row = nation[(nation["condition"] == "clean") & (nation["model"] == "gaussian") & (nation["n"] == NATION)][0]
    assert (clean >= row["threshold"]).mean() == pytest.approx(row["tpir"], abs=0.01)
