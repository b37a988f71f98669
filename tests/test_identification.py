"""The gallery and the rates of closed and open set, held against scikit-learn's nearest neighbour and counting."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from facelab import identification
from facelab.identification import (
    Gallery,
    cmc,
    fnir,
    fpir,
    mean_templates,
    merge,
    open_set,
    rank1_rate,
    search_pools,
    t_norm,
    threshold_at_fpir,
    z_norm,
)


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
        (lambda: Gallery().enrol(1, np.array([[1.0, np.inf]])), "1 of 1 templates hold infinity"),
        (lambda: Gallery().enrol(1, np.ones((0, 3))), r"shape \(n, d\), got \(0, 3\)"),
        (lambda: Gallery().enrol(1, np.array([["a"]])), "real numbers"),
        (lambda: Gallery().enrol(1, np.eye(3)).search(np.array([[np.nan, 1, 0]])), "1 of 1 probes hold NaN"),
        (lambda: Gallery().enrol(1, np.eye(3)).search(np.ones(3)), r"got \(3,\) and \(3, 3\)"),
        (lambda: Gallery().enrol(1, np.eye(3)).search(np.eye(3), 0), "k=0 must be between 1"),
        (lambda: Gallery().enrol(1, np.eye(3)).remove(2), "nobody with the integer 2"),
        (lambda: Gallery().remove(2), "nobody with the integer 2"),
        (lambda: Gallery(model="A").enrol(1, np.eye(3), model="B"), "of the model 'B'.* of the model 'A'"),
        (lambda: Gallery().enrol(1, np.eye(3)).enrol(2, 2 * np.eye(3), model="B"), "'B'.* without its name"),
        (lambda: Gallery().enrol(1, np.eye(3), model="A").search(np.eye(3), model="B"), "search: .* 'B'.* 'A'"),
        (lambda: search_pools([], np.eye(3)), "people in all pools, 0"),
        (lambda: search_pools([Gallery().enrol(1, np.eye(3))] * 2, np.eye(3), 2), "people in all pools, 1"),
        (
            lambda: search_pools([Gallery("l2").enrol(1, np.eye(3)), Gallery().enrol(2, np.eye(3))], np.eye(3)),
            "one kind",
        ),
        (
            lambda: search_pools(
                [Gallery(model=name).enrol(number, np.eye(3)) for number, name in enumerate("AB")], np.eye(3)
            ),
            "one kind",
        ),
        (lambda: merge([], 1), "got 0 answers"),
        (lambda: merge([(np.ones((2, 1), int), np.ones((2, 1))), (np.ones((3, 1), int), np.ones((3, 1)))], 1), "same"),
        (lambda: merge([(np.ones((2, 1), int), np.ones((2, 1)))] * 2, 2), "k=2 must be"),
        (lambda: mean_templates(np.array([1, 2]), np.eye(3)), "2 integers, 3 templates"),
        (lambda: mean_templates(np.array([1, 2]), np.eye(2), np.array([1, np.nan])), "no weight below 0 or NaN"),
        (lambda: mean_templates(np.array([1, 2]), np.eye(2), np.array([1, 0])), "weights of person 2 are 0"),
        (lambda: rank1_rate(np.array([1, 2]), np.array([1])), "2 searches, but the truth of 1"),
        (lambda: cmc(np.array([1, 2]), np.array([1, 2])), r"got \(2,\) and \(2,\)"),
        (lambda: cmc(np.ones((0, 2)), np.ones(0)), r"found \(n, k\)"),
        (lambda: fnir(np.ones((2, 3)), np.ones((2, 2)), np.ones(2), 0), r"got \(2, 3\), \(2, 2\) and \(2,\)"),
        (lambda: open_set(np.ones(1), np.array([np.nan]), np.ones(1), np.ones(1)), "mated scores: 1 of 1 are NaN"),
        (lambda: open_set(np.ones(1), np.ones(1), np.ones(1), np.empty(0)), "stranger scores"),
        (lambda: z_norm(np.ones((2, 3)), np.ones((4, 2))), r"got \(2, 3\) and \(4, 2\)"),
        (lambda: z_norm(np.ones((2, 3)), np.ones((1, 3))), "cohort of 1"),
        (lambda: t_norm(np.ones((2, 3)), np.ones((2, 4))), "don't vary"),
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


def everything(gallery):
    """What a gallery holds, to see that nothing was lost or added."""
    templates = None if gallery.templates is None else gallery.templates.tolist()
    return gallery.metric, gallery.model, gallery.duplicates, gallery.person.tolist(), templates


@pytest.mark.parametrize(
    ("person", "templates", "model"),
    [
        (1, [[np.nan, 1, 0]], ""),
        (1, [[np.inf, 1, 0]], ""),
        (1, np.ones((1, 4)), ""),
        ([1, 2], np.ones((1, 3)), ""),
        ("Ann", np.ones((1, 3)), ""),
        (1, np.ones((1, 3)), "another"),
        (9, [[5, 5, 5], [0, 1, 0]], ""),  # the second is enrolled already
    ],
)
def test_what_is_refused_leaves_the_gallery_as_it_was(person, templates, model):
    gallery = Gallery(model="ours").enrol(np.array([1, 2, 3]), np.eye(3))
    before = everything(gallery)
    with pytest.raises(ValueError, match="enrol: "):
        gallery.enrol(person, templates, model)
    assert everything(gallery) == before
    gallery.enrol(9, [[5, 5, 5]])  # and what was fine in it can still be enrolled
    assert gallery.people.tolist() == [1, 2, 3, 9]


def test_a_gallery_keeps_templates_of_its_own():
    templates = np.eye(2)
    gallery = Gallery().enrol(np.array([1, 2]), templates)
    templates[:] = 9
    np.testing.assert_array_equal(gallery.templates, np.eye(2))


def test_a_template_is_enrolled_once_unless_told():
    gallery = Gallery().enrol(4, np.eye(3, dtype=np.float32))
    for person in (4, 5):
        with pytest.raises(ValueError, match="1 of 2 templates are enrolled already"):
            gallery.enrol(person, np.array([[0.0, 0, 1], [0, 0, 2]]))
    assert len(gallery.person) == 3
    relaxed = Gallery(duplicates=True).enrol(4, np.eye(3)).enrol(5, np.eye(3))
    assert relaxed.search(np.eye(3), 2)[0].tolist() == [[4, 5]] * 3
    gallery.remove(4).enrol(5, np.eye(3))  # it is gone, so it can come back
    assert gallery.people.tolist() == [5]
    twins = Gallery().enrol(np.array([1, 2]), np.ones((2, 3))).remove(1)
    with pytest.raises(ValueError, match="enrolled already"):
        twins.enrol(1, np.ones((1, 3)))  # person 2 still has it


def test_removing_takes_all_of_one_person_and_nothing_else(enrolled):
    person, templates, probes = enrolled
    gallery = Gallery("l2", model="M").enrol(person, templates).remove(9)
    rest = Gallery("l2").enrol(person[person != 9], templates[person != 9])
    for ours, theirs in zip(gallery.search(probes, 7), rest.search(probes, 7), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for p in gallery.people:
        gallery.remove(p)
    assert gallery.templates is None
    assert gallery.enrol(1, np.ones((1, 2))).templates.shape == (1, 2)


def test_an_empty_gallery_takes_the_name_of_the_first_model():
    gallery = Gallery().enrol(1, np.eye(3), model="SFace")
    assert gallery.model == "SFace"
    gallery.enrol(2, 2 * np.eye(3), model="SFace").search(np.eye(3), model="SFace")
    with pytest.raises(ValueError, match="model 'PCA'"):
        gallery.enrol(2, 3 * np.eye(3), model="PCA")


def test_no_probes_no_answers():
    found, score = Gallery("chi_square").enrol(1, np.eye(3)).search(np.empty((0, 3)))
    assert found.shape == score.shape == (0, 1)


# --- blocks and pools -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["l2", "cosine", "chi_square"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 3, 11])
def test_the_answer_does_not_depend_on_the_blocks(metric, dtype, k, monkeypatch):
    rng = np.random.default_rng(2)
    templates = rng.random((90, 37)).astype(dtype)
    templates[50:60] = templates[:10]  # whole rows again: ties that a matrix product may round apart
    person, probes = rng.integers(0, 11, 90), np.concatenate([templates[::9], rng.random((20, 37)).astype(dtype)])
    gallery = Gallery(metric).enrol(person, templates)
    want = gallery.search(probes, k)
    for probes_at_once, numbers in ((256, 37 * 7), (3, 37 * 16), (1, 1)):
        monkeypatch.setattr(identification, "PROBES_AT_ONCE", probes_at_once)
        monkeypatch.setattr(identification, "NUMBERS_AT_ONCE", numbers)
        for got, wanted in zip(gallery.search(probes, k), want, strict=True):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("metric", ["l2", "cosine", "chi_square"])
def test_rounding_in_the_matrix_product_changes_nothing(metric, monkeypatch):
    """Its last digits decide neither who is among the best nor the order of ties."""
    rng = np.random.default_rng(9)
    templates = np.repeat(rng.random((20, 16)).astype(np.float32), 3, axis=0)
    gallery = Gallery(metric).enrol(rng.permutation(60), templates)
    probes = rng.random((30, 16)).astype(np.float32)
    want = gallery.search(probes, 4)
    exact = identification.similarity

    def rounded(a, b, metric):
        return exact(a, b, metric) * (1 + np.float32(2e-7) * rng.integers(-2, 3, (len(a), len(b))))

    monkeypatch.setattr(identification, "similarity", rounded)
    for got, wanted in zip(gallery.search(probes, 4), want, strict=True):
        np.testing.assert_array_equal(got, wanted)


def brute_force(metric, person, templates, probes, k):
    """Every pair by itself, people by falling score and rising integer."""
    people = np.unique(person)
    answer = []
    for probe in probes:
        pairs = identification.pair_similarity(np.repeat(probe[None], len(templates), 0), templates, metric)
        best = np.array([pairs[person == p].max() for p in people])
        order = sorted(range(len(people)), key=lambda i: (-best[i], people[i]))[:k]
        answer.append((people[order], best[order]))
    return tuple(np.array(column) for column in zip(*answer, strict=True))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_pools_searched_as_one_are_one_gallery(data):
    """People, scores and the order of ties: equal to one gallery and to brute force, to the last bit."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1), label="seed"))
    n, d = data.draw(st.integers(1, 30), label="templates"), data.draw(st.integers(1, 40), label="dimensions")
    metric = data.draw(st.sampled_from(["l2", "cosine", "chi_square"]), label="metric")
    person = rng.integers(0, data.draw(st.integers(1, 12), label="people"), n)
    if data.draw(st.booleans(), label="few values, hence many ties"):
        templates, probes = rng.integers(0, 3, (n, d)).astype(float), rng.integers(0, 3, (4, d)).astype(float)
    else:
        templates, probes = rng.random((n, d), np.float32), rng.random((4, d), np.float32)
        templates[rng.integers(0, n, n // 2)] = templates[rng.integers(0, n)]
    pool = rng.integers(0, data.draw(st.integers(1, 5), label="pools"), n)  # a person may be in several, a pool empty
    k = data.draw(st.integers(1, len(np.unique(person))), label="k")
    one = Gallery(metric, duplicates=True).enrol(person, templates)
    pools = [Gallery(metric) for _ in range(6)]
    for number in np.unique(pool):
        pools[number].enrol(person[pool == number], templates[pool == number])
    order = rng.permutation(6)
    merged = search_pools([pools[i] for i in order], probes, k)
    wanted = brute_force(metric, person, templates, probes, k)
    for ours, single, brute in zip(merged, one.search(probes, k), wanted, strict=True):
        np.testing.assert_array_equal(ours, single)
        np.testing.assert_array_equal(single, brute)


def test_memory_does_not_grow_with_the_gallery(monkeypatch):
    monkeypatch.setattr(identification, "NUMBERS_AT_ONCE", 2**18)
    rng = np.random.default_rng(3)
    probes = rng.normal(size=(300, 16)).astype(np.float32)
    peaks = []
    for n in (5_000, 20_000):
        gallery = Gallery(duplicates=True).enrol(np.arange(n), rng.normal(size=(n, 16)).astype(np.float32))
        tracemalloc.start()
        gallery.search(probes, 5)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # 15,000 more people are 18 MB more of scores; only the order that sorts the people may grow, some bytes a person
    assert peaks[1] < peaks[0] + 2e6


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    rng = np.random.default_rng(4)
    gallery = Gallery("l2", model="SFace, border 30").enrol(rng.integers(0, 5, 12), rng.normal(size=(12, 8)))
    return gallery, gallery.save(tmp_path / "gallery")


def test_a_gallery_comes_back_from_its_file(saved, tmp_path):
    gallery, path = saved
    back = Gallery.load(path, model="SFace, border 30")
    assert everything(back) == everything(gallery)
    assert back.templates.dtype == gallery.templates.dtype
    with pytest.raises(ValueError, match="enrolled already"):
        back.enrol(1, gallery.templates[:1])
    empty = Gallery("chi_square", duplicates=True)
    assert everything(Gallery.load(empty.save(str(tmp_path / "empty.npz")))) == everything(empty)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty.npz", "gallery"]  # and no part of a file beside them


def test_the_file_is_plain_arrays(saved):
    gallery, path = saved
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file.files) == ["duplicates", "format", "metric", "model", "person", "templates"]
        np.testing.assert_array_equal(file["templates"], gallery.templates)


def test_a_damaged_file_is_refused_wherever_the_damage_is(saved):
    gallery, path = saved
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="is no gallery, or is damaged"):
            Gallery.load(path)
    middle = whole.index(gallery.templates.tobytes()) + 100
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    with pytest.raises(ValueError, match="damaged: Bad CRC-32"):
        Gallery.load(path)


def arrays(**changed):
    held = dict(format=1, metric="l2", model="M", duplicates=False, person=np.arange(2), templates=np.eye(2))
    return {key: value for key, value in (held | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": 2}, "its format is 2"),
        ({"metric": "l1"}, "no metric 'l1'"),
        ({"person": None}, "person"),
        ({"person": np.arange(3)}, "3 integers and 2 templates"),
        ({"person": np.array([0.5, 1])}, "integer"),
        ({"templates": np.array([[1, np.nan], [0, 1]])}, "hold NaN"),
        ({"templates": np.array([1.0, 2])}, "shape"),
        ({"templates": np.array([None, {}], dtype=object)}, "allow_pickle"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path, changed, words):
    np.savez(tmp_path / "made.npz", **arrays(**changed))
    with pytest.raises(ValueError, match=words):
        Gallery.load(tmp_path / "made.npz")
    np.savez(tmp_path / "fine.npz", **arrays())
    assert Gallery.load(tmp_path / "fine.npz").people.tolist() == [0, 1]


def test_a_pickle_is_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    (tmp_path / "gallery.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="is no gallery"):
        Gallery.load(tmp_path / "gallery.npz")
    assert not (tmp_path / "sprung").exists()


def test_files_that_are_not_there_or_of_another_model(saved, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        Gallery.load(tmp_path / "nothing")
    with pytest.raises(ValueError, match="load: .*'PCA'.* 'SFace, border 30'"):
        Gallery.load(saved[1], model="PCA")


def test_saving_that_fails_leaves_the_old_file(saved, monkeypatch):
    gallery, path = saved
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space left"):
        gallery.enrol(3, np.ones((1, 8))).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


# --- rates ------------------------------------------------------------------------------------------------------------


def test_cmc_by_counting(enrolled):
    person, templates, probes = enrolled
    gallery = Gallery("l2").enrol(person, templates)
    people = gallery.people
    truth = np.random.default_rng(5).choice(people, len(probes))
    found, _ = gallery.search(probes, len(people))
    rank = np.array([row.tolist().index(p) + 1 for row, p in zip(found, truth, strict=True)])
    curve = cmc(found, truth)
    np.testing.assert_allclose(curve, [(rank <= r).mean() for r in range(1, len(people) + 1)])
    assert curve[0] == rank1_rate(found, truth)
    assert curve[-1] == 1
    np.testing.assert_allclose(cmc(found[:, :3], truth), curve[:3])


def test_open_set_is_fpir_and_fnir_at_every_threshold():
    rng = np.random.default_rng(6)
    for columns in ((), (3,)):
        found, score = rng.integers(0, 4, (50, *columns)), np.round(rng.random((50, *columns)), 1)
        person, strangers = rng.integers(0, 4, 50), np.round(rng.random(70) - 0.2, 1)
        curve = open_set(found, score, person, strangers)
        np.testing.assert_allclose(curve.fpir, [fpir(strangers, t) for t in curve.thresholds])
        np.testing.assert_allclose(curve.fnir, [fnir(found, score, person, t) for t in curve.thresholds])
        assert (np.diff(curve.thresholds) < 0).all()
        assert (curve.fpir[0], curve.fnir[0]) == (0, 1)
        assert curve.fpir[-1] == 1
        assert curve.fnir[-1] == pytest.approx(fnir(found, score, person, -np.inf))
        assert curve.fnir[-1] > 0


def test_fnir_at_an_fpir():
    found, score, person = np.array([1, 2, 3, 4]), np.array([0.9, 0.8, 0.3, 0.7]), np.array([1, 2, 3, 5])
    curve = open_set(found, score, person, np.array([0.2, 0.5, 0.5, 0.85]))
    assert curve.at_fpir(0) == (0.75, 0.9)
    assert curve.at_fpir(0.25) == (0.5, 0.8)
    assert curve.at_fpir(0.74) == (0.5, 0.8)
    assert curve.at_fpir(0.75) == (0.25, 0.3)
    assert curve.at_fpir(1) == (0.25, 0.3)
    with pytest.raises(ValueError, match="from 0 to 1, not per cent"):
        curve.at_fpir(5)


def test_a_list_of_candidates_may_hold_the_right_one_anywhere():
    found, score = np.array([[1, 2], [2, 1], [3, 1]]), np.array([[0.9, 0.8], [0.9, 0.8], [0.9, 0.8]])
    person = np.array([1, 1, 2])
    assert fnir(found, score, person, 0.85) == pytest.approx(2 / 3)
    assert fnir(found, score, person, 0.8) == pytest.approx(1 / 3)
    assert fnir(found[:, 0], score[:, 0], person, 0.8) == pytest.approx(2 / 3)


def test_normalised_scores():
    rng = np.random.default_rng(7)
    scores, others = rng.normal(size=(6, 5)), rng.normal(3, 2, size=(200, 5))
    by_template = z_norm(scores, others)
    for column in range(5):
        want = (scores[:, column] - np.mean(others[:, column])) / np.std(others[:, column], ddof=1)
        np.testing.assert_allclose(by_template[:, column], want)
    np.testing.assert_allclose(z_norm(others, others).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z_norm(others, others).std(axis=0, ddof=1), 1)
    cohort = rng.normal(size=(6, 50))
    by_probe = t_norm(scores, cohort)
    np.testing.assert_allclose(by_probe, z_norm(scores.T, cohort.T).T)
    np.testing.assert_array_equal(np.argsort(by_probe, axis=1), np.argsort(scores, axis=1))


def test_mean_templates():
    rng = np.random.default_rng(8)
    person = np.array([5, 2, 5, 5, 2])
    templates = rng.normal(size=(5, 4)).astype(np.float32)
    people, means = mean_templates(person, templates)
    assert people.tolist() == [2, 5]
    assert means.dtype == np.float32
    for p, mean in zip(people, means, strict=True):
        want = templates[person == p].mean(axis=0)
        np.testing.assert_allclose(mean, want / np.linalg.norm(want), rtol=1e-5)
    _, weighted = mean_templates(person, templates, np.array([0, 1, 2, 0, 3]))
    np.testing.assert_allclose(weighted[1], templates[2] / np.linalg.norm(templates[2]), rtol=1e-5)
    want = templates[1] + 3 * templates[4]
    np.testing.assert_allclose(weighted[0], want / np.linalg.norm(want), rtol=1e-5)
