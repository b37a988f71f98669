"""`course measure wider` (who is missed) and `utkface`: protocols on made-up data, and the stored tables."""

import argparse
import itertools
import zipfile

import cv2
import numpy as np
import pytest

from classroom.course import CourseError
from classroom.measure import store, utkface, wider
from facelab import results, tables
from facelab.detection import Detections
from facelab.embedding import Embeddings
from facelab.verification import wilson_interval


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Tables go to a folder of the test's, and are read from there."""
    monkeypatch.setattr(store, "MEASURED", tmp_path / "measured")
    monkeypatch.setattr(tables, "data_path", lambda relative: tmp_path / relative)
    return tmp_path / "measured"


# --- WIDER

LABELS = "file,face,perceived_gender,perceived_age,perceived_skin\n"
# Two images; in the first, face 1 is void and face 2 is small. Labels come out of order.
BOXES = "# a.jpg\n0 0 40 40\n100 0 -1 50\n200 0 20 20\n300 0 60 64\n# b.jpg\n0 0 50 128\n100 0 50 50\n"
PEOPLE = LABELS + (
    "b.jpg,1,Female,Senior,Not Sure\na.jpg,3,Male,Young Adult,III\na.jpg,1,Male,Adult,I\na.jpg,2,Male,Adult,I\n"
    "a.jpg,0,Not Sure,Not Sure,IV\nb.jpg,0,Female,Young Adult,I\n"
)


def archive_of(folder, boxes, people, images=0):
    """An archive like WIDER's, with grey images of 700 x 200 px."""
    with zipfile.ZipFile(folder / wider.ARCHIVE, "w") as archive:
        archive.writestr("boxes.txt", boxes)
        archive.writestr("demographics.csv", people)
        grey = cv2.imencode(".jpg", np.full((200, 700, 3), 128, np.uint8))[1].tobytes()
        for i in range(images):
            archive.writestr(f"images/{i}.jpg", grey)
    return wider.load(folder / wider.ARCHIVE)


def test_labels_find_their_faces_and_small_and_void_ones_are_left_out(tmp_path):
    people = wider.load_people(archive_of(tmp_path, BOXES, PEOPLE))
    assert people.image.tolist() == [1, 0, 0, 1]
    assert people.face.tolist() == [1, 3, 0, 0]
    assert people.height.tolist() == [50, 64, 40, 128]
    assert people.attributes["skin"].tolist() == ["Not Sure", "III", "IV", "I"]
    assert people.attributes["tone"].tolist() == ["Not Sure", "light", "dark", "light"]
    assert people.attributes["gender"].tolist() == ["Female", "Male", "Not Sure", "Female"]


@pytest.mark.parametrize("row", ["c.jpg,0,Male,Adult,I\n", "b.jpg,2,Male,Adult,I\n"])
def test_a_label_without_a_face_is_refused(tmp_path, row):
    with pytest.raises(CourseError, match=r"boxes\.txt doesn't have"):
        wider.load_people(archive_of(tmp_path, BOXES, LABELS + row))


def test_all_faces_take_part_in_the_matching_and_the_confidence_counts(tmp_path):
    data = archive_of(tmp_path, BOXES, PEOPLE)
    people = wider.load_people(data)
    # One box fits the small face only; that of face 0 has a low score; the second face of b has none.
    found = [
        Detections(np.array([[300.0, 0, 60, 64], [200, 0, 20, 20], [0, 0, 40, 40]]), np.array([0.9, 0.8, 0.6])),
        Detections(np.array([[0.0, 0, 50, 128]]), np.array([0.7])),
    ]
    assert wider.missed_faces(data, people, found, 0.5).tolist() == [True, False, False, False]
    assert wider.missed_faces(data, people, found, 0.7).tolist() == [True, False, True, False]
    assert wider.missed_faces(data, people, found, None).tolist() == [True, False, False, False]


@pytest.fixture
def crowd():
    """Labelled faces in sixty pictures: small ones are missed, whatever their tone, and dark ones are smaller."""
    rng = np.random.default_rng(0)
    n = 3000
    tone = rng.choice(["dark", "light", "Not Sure"], n, p=[0.3, 0.5, 0.2])
    height = np.exp(rng.normal(np.where(tone == "dark", 3.9, 4.4), 0.4, n)).clip(32)
    people = wider.People(
        rng.integers(0, 60, n),
        np.zeros(n, int),
        height,
        {
            "skin": np.where(tone == "dark", "V", np.where(tone == "light", "II", "Not Sure")),
            "tone": tone,
            "gender": rng.choice(["Female", "Male"], n),
            "age": rng.choice(["Adult", "Senior", "Young Adult"], n),
        },
    )
    return people, rng.random(n) < 1 / (1 + np.exp(1.5 * np.log2(height / 60)))


def test_rows_of_groups_hold_counts_and_both_intervals(crowd):
    people, missed = crowd
    rows = wider.group_rows("yunet", 0.7, missed, people)
    assert [row[3] for row in rows[:3]] == ["skin"] * 3
    for attribute in ("skin", "tone", "gender", "age"):
        assert sum(row[5] for row in rows if row[3] == attribute) == len(missed)
        assert sum(row[6] for row in rows if row[3] == attribute) == missed.sum()
    for _, _, smallest, attribute, group, faces, gone, low, high, image_low, image_high in rows:
        assert smallest == 32
        assert gone == missed[people.attributes[attribute] == group].sum()
        assert (low, high) == wilson_interval(gone, faces)
        assert image_low < gone / faces < image_high


def test_a_gap_that_is_size_goes_away_in_the_model(crowd):
    people, missed = crowd
    gap = next(row for row in wider.gap_rows("yunet", 0.7, missed, people) if row[3] == "dark")
    assert gap[4:6][0] == "light"
    assert gap[6] > 0.1  # the raw gap holds
    model = {row[2]: row[3:] for row in wider.model_rows("yunet", 0.7, missed, people)}
    assert list(model)[:2] == ["intercept", "log2_height"]
    assert set(model) - {"intercept", "log2_height"} == {
        "tone:dark", "tone:Not Sure", "gender:Female", "age:Adult", "age:Senior"
    }  # fmt: skip
    value, low, high = model["tone:dark"]
    assert low < 0 < high
    assert low < value < high
    assert model["log2_height"][0] == pytest.approx(-1.5, abs=0.25)


def test_gaps_among_small_and_among_large_faces(crowd):
    """A gap put among the small faces only is found there, and the counts of all heights agree."""
    people, _ = crowd
    dark, small = people.attributes["tone"] == "dark", people.height < wider.CENTRE
    missed = np.random.default_rng(2).random(len(dark)) < 0.2 + 0.4 * (dark & small)
    rows = {(row[3], row[5]): row[5:] for row in wider.half_rows("yunet", 0.7, missed, people)}
    assert rows["dark", 32][:2] == [32, 64] and rows["dark", 64][:2] == [64, None]
    light = people.attributes["tone"] == "light"
    assert rows["dark", 32][2] == pytest.approx(missed[dark & small].mean() - missed[light & small].mean())
    assert rows["dark", 32][3] > 0.2
    assert rows["dark", 64][3] < 0 < rows["dark", 64][4]
    assert not any(group == "light" for group, _ in rows), "the reference has no gap to itself"


def test_classes_of_height_hold_every_face_once(crowd):
    people, missed = crowd
    rows = wider.height_rows("yunet", 0.7, missed, people)
    tone = [row for row in rows if row[2] == "tone"]
    assert sum(row[6] for row in tone) == len(missed)
    assert sum(row[7] for row in tone) == missed.sum()
    assert tone[0][4:6] == [32, 45]
    assert tone[3][4:6] == [91, None]


def test_only_one_detector_leaves_the_others_rows(tmp_path, measured, crowd, monkeypatch):
    people, _ = crowd
    monkeypatch.setattr(wider, "load_people", lambda _: people)
    rng = np.random.default_rng(1)
    monkeypatch.setattr(wider, "missed_faces", lambda *_: rng.random(len(people.height)) < 0.4)
    wider.write_group_tables(None, {"haar": [], "yunet": []}, False, [])
    before = (measured / "wider_groups.csv").read_text()
    wider.write_group_tables(None, {"yunet": []}, True, [])
    after = (measured / "wider_groups.csv").read_text()

    def rows(text, name):
        return [line for line in text.splitlines() if line.startswith(name)]

    assert rows(before, "haar") == rows(after, "haar") != []
    assert rows(before, "yunet") != rows(after, "yunet")
    assert {path.stem for path in measured.iterdir()} == set(wider.GROUP_TABLES)


# --- UTKFace


def chips_of(n_a_cell=30, seed=0, twins=4):
    """Made-up chips: templates of unit length that lie closer within a cell; the first `twins` of a cell come twice."""
    rng = np.random.default_rng(seed)
    race, gender = (np.repeat(x, n_a_cell) for x in zip(*utkface.cells(), strict=True))
    n = len(race)
    middles = rng.normal(size=(10, 40)) * 0.45
    plain = rng.normal(size=(n, 40)) + middles[race * 2 + gender]
    for start in range(0, n, n_a_cell):
        plain[start + twins : start + 2 * twins] = plain[start : start + twins] + 0.1 * rng.normal(size=(twins, 40))
    plain = (plain / np.linalg.norm(plain, axis=1, keepdims=True)).astype(np.float32)
    exposed = {}
    for factor in utkface.FACTORS:
        rows = plain + (0.5 if factor == 0.3 else 1.5) * rng.normal(size=plain.shape) / np.sqrt(40)
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        rows[rng.random(n) < 0.1] = np.nan
        exposed[factor] = rows
    border = plain.copy()
    border[7] = np.nan
    return utkface.Chips(race, gender, rng.uniform(40, 220, n), plain, border, exposed)


@pytest.fixture(scope="module")
def chips():
    return chips_of()


def test_names_hold_gender_before_race():
    assert utkface.parse_name("chips/25_1_3_20170109.jpg.chip.jpg") == (3, 1)
    for wrong in ("25_1_7_2017.jpg", "25_2_3_2017.jpg", "61_3_2017.jpg", "picture.jpg"):
        with pytest.raises(CourseError):
            utkface.parse_name(wrong)


def test_every_protocol_sees_every_chip_once_in_one_order(tmp_path, monkeypatch):
    seen = []

    class Embedder:
        def __init__(self, border, enlarge, confidence):
            self.border = border
            assert (enlarge, confidence) == (1, 0.5)

        def embed(self, images):
            means = [float(image.mean()) for image in images]
            seen.append((self.border, means))
            return Embeddings(np.ones((len(means), 128), np.float32), np.ones(len(means), bool))

    monkeypatch.setattr(utkface, "SFaceEmbedder", Embedder)
    with zipfile.ZipFile(tmp_path / utkface.ARCHIVE, "w") as archive:
        for age, grey in ((30, 200), (20, 100)):  # not in the order of the names
            image = cv2.imencode(".png", np.full((200, 200, 3), grey, np.uint8))[1].tobytes()
            archive.writestr(f"{age}_1_2_2017.jpg.chip.jpg", image)
    chips = utkface.measure(tmp_path / utkface.ARCHIVE)
    assert chips.race.tolist() == [2, 2]
    assert chips.gender.tolist() == [1, 1]
    assert chips.luminance.tolist() == [100, 200]
    assert seen == [(0, [100, 200]), (40, [100, 200]), (0, [250, 255]), (0, [30, 60]), (0, [10, 20])]
    assert list(chips.exposed) == [2.5, 0.3, 0.1]


def test_luminance_is_the_middles():
    image = np.zeros((200, 200, 3), np.uint8)
    image[50:150, 50:150] = 80
    assert utkface.luminance(image) == 80


def test_one_of_each_chain_of_look_alikes_stays():
    angle = np.array([0, 10, 20, 90, 200, 205])  # degrees: 0-10-20 chain at cos 15, though 0 and 20 are further apart
    templates = np.column_stack([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    assert utkface.unique_people(templates, np.cos(np.radians(15))).tolist() == [0, 3, 4]
    assert utkface.unique_people(templates, 1.1).tolist() == list(range(6))


def test_false_matches_are_counted_pair_by_pair(chips):
    scores = utkface.similarities(chips.plain)
    rows = utkface.group_rows(scores, chips, (0.363, 0.5))
    assert [row[:3] for row in rows[:2]] == [[0, 0, 0.363], [0, 0, 0.5]]
    for race, gender, threshold, pairs, matches, low, high in rows:
        inside = np.flatnonzero((chips.race == race) & (chips.gender == gender))
        want = sum(scores[i, j] >= threshold for i, j in itertools.combinations(inside, 2))
        assert (pairs, matches) == (30 * 29 // 2, want)
        assert low <= matches / pairs <= high


def test_pairs_within_and_across_make_all_pairs(chips):
    scores = utkface.similarities(chips.plain)
    rows = utkface.pair_rows(scores, chips, (0.363,))
    assert sum(row[3] for row in rows) == 300 * 299 // 2
    assert sum(row[4] for row in rows) == (utkface.upper(scores) >= np.float32(0.363)).sum()
    within = next(row for row in rows if row[:2] == [1, 1])
    assert within[3] == 10 * 30 * 29 // 2
    assert within[4] == sum(row[4] for row in utkface.group_rows(scores, chips, (0.363,)))


def test_the_median_of_a_draw_is_that_of_its_pairs(chips):
    scores = utkface.within(utkface.similarities(chips.plain), chips, 0, 0)
    times = np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30), size=5).astype(float)
    for row, got in zip(times, utkface.median_scores(scores, times), strict=True):
        drawn = np.repeat(np.arange(30), row.astype(int))
        want = np.median([scores[i, j] for i, j in itertools.combinations(drawn, 2) if i != j])
        assert got == pytest.approx(want, abs=0.01)
    for race, gender, median, low, high in utkface.shift_rows(utkface.similarities(chips.plain), chips):
        own = utkface.within(utkface.similarities(chips.plain), chips, race, gender)
        assert median == pytest.approx(np.median(utkface.upper(own)))
        assert low < median < high


def test_ratios_name_the_highest_and_lowest_cell(chips):
    scores = utkface.similarities(chips.plain)
    rows = list(utkface.ratio_rows(scores, chips, (0.363,), 0, "raw"))
    assert [row[3] for row in rows] == ["image", "pair", "image, cells chosen anew"]
    rate = {tuple(row[:2]): row[4] / row[3] for row in utkface.group_rows(scores, chips, (0.363,))}
    worst, best = max(rate, key=rate.get), min(rate, key=rate.get)
    for row in rows:
        assert row[4:8] == [*worst, *best]
        assert row[8] == pytest.approx(rate[worst] / rate[best])
    image, pair, anew = rows
    assert image[10] - image[9] > 1.5 * (pair[10] - pair[9])
    assert anew[9] >= image[9]


def test_rules_take_out_the_twins(chips):
    rows = list(utkface.duplicate_rows(utkface.similarities(chips.plain), chips))
    none = [row for row in rows if row[0] is None]
    assert len(none) == 10
    assert all(row[2] == 0 and row[5] == 30 for row in none)
    strict = [row for row in rows if row[0] == 0.9]
    assert all(row[2] == 40 and row[5] == 26 for row in strict)  # four of each cell's thirty were there twice
    assert all(row[1] >= 40 for row in strict)
    removed = [next(row[2] for row in rows if row[0] == rule) for rule in utkface.RULES]
    assert removed == sorted(removed, reverse=True)


def test_light_is_counted_by_cell_and_by_grey_level(chips):
    gone = utkface.lost(chips, 2.5)
    own = utkface.own_scores(chips, 2.5)
    np.testing.assert_array_equal(gone, np.isnan(own) | (own < 0.363))
    rows = [row for row in utkface.exposure_rows(chips) if row[0] == 2.5]
    assert sum(row[3] for row in rows) == 300
    assert sum(row[4] for row in rows) == np.isnan(own).sum()
    assert all(row[6] <= row[5] <= row[7] for row in rows)
    rows = [row for row in utkface.light_rows(chips) if row[0] == 2.5]
    assert sum(row[4] for row in rows) == 300
    assert sum(row[5] for row in rows) == np.isnan(own).sum()
    assert sum(row[6] for row in rows) == gone.sum()


def test_own_thresholds_bring_the_tested_rates_together():
    rows = list(utkface.threshold_rows(*(lambda c: (utkface.similarities(c.plain), c))(chips_of(60, twins=0))))
    spread = {p: np.std([row[6] for row in rows if row[0] == p]) for p in ("one", "own")}
    assert spread["own"] < spread["one"]
    assert len({row[3] for row in rows if row[0] == "one"}) == 1
    assert len({row[3] for row in rows if row[0] == "own"}) == 10


@pytest.fixture
def written(measured, monkeypatch):
    """All tables of made-up chips in which light matters and the group doesn't."""
    chips = chips_of(60)
    rng = np.random.default_rng(0)
    for factor in utkface.MODELLED:
        bright = rng.random(len(chips.race)) < 1 / (1 + np.exp(-(chips.luminance - 128) / 30))
        chips.exposed[factor][bright] = np.nan
    monkeypatch.setattr(utkface, "measure", lambda _: chips)
    monkeypatch.setattr(utkface, "REPLICATES", 50)
    folder = measured.parent / "outside"
    folder.mkdir()
    (folder / utkface.ARCHIVE).touch()
    utkface.main(argparse.Namespace(data=folder))
    return measured


def test_all_tables_are_written_and_hold_no_template(written):
    names = {f"utkface_{name}{mark}{border}" for name in ("groups", "pairs", "shift") for mark in ("", "_dedup")
             for border in ("", "_border")}  # fmt: skip
    names |= {f"utkface_{name}" for name in
              ("ratio", "curve", "duplicates", "thresholds", "exposure", "light", "luminance")}  # fmt: skip
    assert {path.stem for path in written.iterdir()} == names
    assert all(path.suffix == ".csv" for path in written.iterdir())
    assert results("utkface_groups").dtype.names == utkface.GROUP_COLUMNS
    groups = results("utkface_groups_border")
    assert groups["pairs"][0] == 59 * 58 // 2  # the chip without a face is in no pair
    assert groups["pairs"][2] == 60 * 59 // 2


def test_light_and_no_group_comes_out_where_light_and_no_group_went_in(written):
    table = results("utkface_luminance")
    both = table[(table["factor"] == 2.5) & (table["model"] == "group and light")]
    light = both[both["term"] == "luminance"][0]
    assert light["low"] > 0
    groups = both[[term.startswith("race") for term in both["term"]]]
    assert (groups["low"] < 0.3).all()
    assert (groups["high"] > -0.3).all()


# --- what is stored


@pytest.mark.parametrize("attribute", ["skin", "tone", "gender", "age"])
def test_the_stored_groups_hold_every_labelled_face(attribute):
    table = results("wider_groups")
    for detector in ("yunet", "haar"):
        for confidence in np.unique(table["confidence"][table["detector"] == detector]):
            same = np.isnan(table["confidence"]) if np.isnan(confidence) else table["confidence"] == confidence
            rows = table[(table["detector"] == detector) & same & (table["attribute"] == attribute)]
            assert rows["faces"].sum() == 1945
            assert "Not Sure" in rows["group"]
            rate = rows["missed"] / rows["faces"]
            assert ((rows["low"] <= rate) & (rate <= rows["high"])).all()
            assert ((rows["image_low"] <= rate) & (rate <= rows["image_high"])).all()


def test_the_stored_tones_are_the_sums_of_skin_types():
    table = results("wider_groups")
    for case in {(row["detector"], str(row["confidence"])) for row in table}:
        rows = table[[(row["detector"], str(row["confidence"])) == case for row in table]]
        counts = {row["group"]: row for row in rows if row["attribute"] == "skin"}
        for tone, skins in (("light", ("I", "II", "III")), ("dark", ("IV", "V", "VI"))):
            row = rows[(rows["attribute"] == "tone") & (rows["group"] == tone)][0]
            assert row["faces"] == sum(counts[skin]["faces"] for skin in skins)
            assert row["missed"] == sum(counts[skin]["missed"] for skin in skins)


def test_the_stored_cells_agree_with_the_stored_pairs_and_curve():
    curve = results("utkface_curve")
    for border, mark in ((0, ""), (40, "_border")):
        for data, ending in (("raw", ""), ("dedup", "_dedup")):
            groups, pairs = results(f"utkface_groups{ending}{mark}"), results(f"utkface_pairs{ending}{mark}")
            for threshold in np.unique(groups["threshold"]):
                inside = groups[groups["threshold"] == threshold]
                within = pairs[
                    (pairs["threshold"] == threshold) & (pairs["same_race"] == 1) & (pairs["same_gender"] == 1)
                ]
                assert within["pairs"][0] == inside["pairs"].sum()
                assert within["false_matches"][0] == inside["false_matches"].sum()
                rate = inside["false_matches"] / inside["pairs"]
                assert ((inside["low"] <= rate) & (rate <= inside["high"])).all()
            rows = curve[(curve["border"] == border) & (curve["data"] == data) & (curve["scope"] == "within")]
            assert (np.diff(rows["false_matches"]) <= 0).all()
            assert rows["pairs"][0] == inside["pairs"].sum()
    raw = results("utkface_groups")
    assert set(raw["pairs"]) == {400 * 399 // 2}  # every chip as it is has a face


def test_the_second_threshold_is_that_of_one_in_a_thousand_of_all_pairs():
    for name in ("", "_dedup", "_border", "_dedup_border"):
        pairs = results(f"utkface_pairs{name}")
        second = pairs[pairs["threshold"] != 0.363]
        assert second["false_matches"].sum() / second["pairs"].sum() == pytest.approx(1e-3, rel=1e-3)


def test_by_pair_intervals_are_several_times_too_narrow():
    table = results("utkface_groups")
    widths = [
        (row["high"] - row["low"]) / -np.subtract(*wilson_interval(row["false_matches"], row["pairs"]))
        for row in table[table["threshold"] == 0.363]
    ]
    assert np.median(widths) > 2
