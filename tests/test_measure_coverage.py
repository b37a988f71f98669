"""`course measure coverage`: populations whose truth is known, and what the stored table says of intervals."""

import numpy as np
import pytest
from scipy import stats

from classroom.measure import coverage
from facelab import results
from facelab.verification import wilson_interval

PARTS = coverage.Population(person=0.1, image=0.05, two=0.3, own=0.3, own_image=0.1)


def test_the_populations_true_rates_are_true():
    rng = np.random.default_rng(0)
    rates = {"fmr": [], "tmr": []}
    for _ in range(60):
        pairs = PARTS.scores(30, 4, 10.0, rng)
        rates["fmr"].append(pairs.rate("fmr", float(stats.norm.isf(0.05))))
        rates["tmr"].append(pairs.rate("tmr", 10 + float(stats.norm.isf(0.9))))
    for which, truth in (("fmr", 0.05), ("tmr", 0.9)):
        error = np.std(rates[which]) / np.sqrt(60)
        assert error < 0.01
        assert np.mean(rates[which]) == pytest.approx(truth, abs=4 * error)


def test_the_equal_error_rate_is_true():
    pairs = PARTS.scores(80, 5, 3.0, np.random.default_rng(1))
    assert pairs.rate("eer") == pytest.approx(stats.norm.sf(1.5), abs=0.02)


def test_the_parts_of_a_population_are_found_again():
    found = []
    for seed in range(12):
        pairs = PARTS.scores(40, 10, 5.0, np.random.default_rng(seed))
        left, right = np.triu_indices(400, 1)
        table = np.zeros((400, 400))
        table[left, right] = table[right, left] = pairs.score
        one = coverage.population_of(table, 40)
        found.append((one.person, one.image, one.two, one.own, one.own_image))
    mean = np.mean(found, axis=0)
    assert mean == pytest.approx((0.1, 0.05, 0.3, 0.3, 0.1), abs=0.03)


def test_coverage_of_independent_trials_is_what_a_simulation_finds():
    rows = {(row[4], row[2], row[5]): row for row in coverage.independent()}
    rng = np.random.default_rng(0)
    counts = rng.binomial(3000, 0.001, 4000)
    holds = [low <= 0.001 <= high for low, high in (wilson_interval(int(k), 3000) for k in counts)]
    assert rows[3000, 0.001, "Wilson"][7] == pytest.approx(np.mean(holds), abs=0.02)
    # the normal interval of no error is a point, so it fails at least as often as no error occurs
    assert rows[100, 0.01, "normal"][7] <= 1 - 0.99**100
    assert all(row[7] >= 0.95 for row in rows.values() if row[5] == "Clopper-Pearson")


def test_rows_of_a_small_run(monkeypatch):
    monkeypatch.setattr(coverage, "TRIALS", 5)
    monkeypatch.setattr(coverage, "DRAWS", 30)
    monkeypatch.setattr(coverage, "EER_TRIALS", 2)
    monkeypatch.setattr(coverage, "EER_DRAWS", 10)
    rows = list(coverage.rates("made up", PARTS, 12, 3)) + list(coverage.equal_error_rates("made up", PARTS))
    assert {len(row) for row in rows} == {len(coverage.COLUMNS)}
    of_fmr = [row for row in rows if row[1:3] == ["fmr", 0.01]]
    assert [row[5] for row in of_fmr] == [f"{by}, percentile" for by in ("pairs", "people")] + [
        "people, expanded",
        "people, studentised",
    ]
    assert {row[4] for row in of_fmr} == {36 * 35 // 2 - 12 * 3} and {row[6] for row in of_fmr} == {5}


def test_summary_by_hand():
    ends = np.array([[0.1, 0.3], [0.2, 0.6], [0.25, 0.5], [0.0, 0.15]])
    trials, share, error, below, width = coverage.summary(ends, 0.2)
    assert (trials, share, below, width) == (4, 0.5, 0.25, pytest.approx(0.225))
    assert error == pytest.approx(0.25)


TABLE = results("coverage")


def held(interval, **where):
    rows = TABLE[TABLE["interval"] == interval]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows


def test_by_person_holds_where_by_pair_falls_below():
    """The bar: nominal 95 % holds in 93 to 97 of 100, studentised, with people and errors enough."""
    for population in ("SFace", "eigenfaces"):
        for rate, truth in (("fmr", 0.01), ("tmr", 0.9)):
            ours = held("people, studentised", population=population, rate=rate, truth=truth)
            theirs = held("pairs, percentile", population=population, rate=rate, truth=truth)
            enough = ours["people"] >= 40
            assert enough.sum() == 3 and (ours["trials"] >= 1000).all()
            assert ((ours["coverage"] >= 0.93) & (ours["coverage"] <= 0.97))[enough].all()
            assert (theirs["coverage"] < 0.93).all() and (theirs["coverage"] < ours["coverage"]).all()
        rare = held("people, studentised", population=population, rate="fmr", truth=0.001)
        assert ((rare["coverage"] >= 0.93) & (rare["coverage"] <= 0.97))[rare["people"] >= 100].all()


def test_more_people_do_not_mend_the_interval_by_pair():
    for population in ("SFace", "eigenfaces"):
        by_pair = held("pairs, percentile", population=population, rate="fmr", truth=0.01)
        assert (by_pair["coverage"] < 0.6).all()


def test_the_table_says_where_nothing_helps():
    few = held("people, studentised", rate="fmr", truth=0.001, people=20)
    assert len(few) == 2 and (few["coverage"] < 0.7).all()
