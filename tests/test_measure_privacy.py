"""Inversion, photo attack, revocable templates: protocols on made-up archives of ORL faces, and the stored tables."""

import zipfile

import cv2
import numpy as np
import pytest
from sklearn.metrics import roc_curve

from classroom.__main__ import main as course
from classroom.measure import inversion, photo_attack, revocable, store
from classroom.measure.lfw import ARCHIVE
from facelab import results, tables
from facelab.datasets import load_orl
from facelab.embedding import orl_templates
from facelab.privacy import hamming_similarity, protect
from facelab.verification import eer, unit_length, wilson_interval

PEOPLE = 8


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """Archives like LFW's and UTKFace's, of ORL volunteers: a genuine pair of each of 8, and 20 chips of 20 others."""
    folder, orl = tmp_path_factory.mktemp("outside"), load_orl()

    def encoded(i):
        framed = cv2.copyMakeBorder(orl.images[i], *(30,) * 4, cv2.BORDER_REPLICATE)
        return cv2.imencode(".png", cv2.resize(framed, (250, 250)))[1].tobytes()

    names = [f"Person_{p}" for p in range(PEOPLE)]
    lines = [f"2\t{PEOPLE // 2}"]
    for fold in (names[: PEOPLE // 2], names[PEOPLE // 2 :]):
        lines += [f"{name}\t1\t2" for name in fold]
        lines += [f"{name}\t1\t{fold[i - 1]}\t2" for i, name in enumerate(fold)]
    with zipfile.ZipFile(folder / ARCHIVE, "w") as archive:
        archive.writestr("pairs.txt", "\n".join(lines) + "\n")
        for p, name in enumerate(names):
            for number, shot in ((1, 0), (2, 3)):
                archive.writestr(f"lfw-deepfunneled/{name}/{name}_{number:04d}.jpg", encoded(10 * p + shot))
    with zipfile.ZipFile(folder / inversion.CHIPS_ARCHIVE, "w") as archive:
        for p in range(15, 35):
            archive.writestr(f"30_0_0_{p}.jpg.chip.jpg", encoded(10 * p))
        # Two chips that show people of LFW: a victim (the draw begins with person 2), and one not among five drawn.
        archive.writestr("31_0_0_99.jpg.chip.jpg", encoded(20))
        archive.writestr("31_0_0_98.jpg.chip.jpg", encoded(0))
    return folder


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Tables go to a folder of the test's."""
    monkeypatch.setattr(store, "MEASURED", tmp_path / "measured")
    return tmp_path / "measured"


def stored(measured, monkeypatch, name):
    with monkeypatch.context() as patch:
        patch.setattr(tables, "data_path", lambda relative: measured.parent / relative)
        return tables.results(name)


def test_inversion_from_archives(outside, measured, monkeypatch):
    small = {"COMPONENTS": (4, 15), "VICTIMS": 5, "STARTED": 15, "CLIMBED": 8, "CLIMBERS": 2, "REPLICATES": 50}
    for name, value in {**small, "QUERIES": {"mean face": 10, "rebuilt": 3}, "REACHED": (1, 3, 10)}.items():
        monkeypatch.setattr(inversion, name, value)
    assert course(["measure", "inversion", "--data", str(outside)]) == 0
    table = stored(measured, monkeypatch, "inversion")
    assert table.dtype.names == inversion.COLUMNS
    shares = table["successes"] / table["trials"]
    for row, share in zip(table, shares, strict=True):
        if row["method"] == "eigenfaces, own system":
            assert np.isnan(row["low"])
            assert np.isnan(row["high"])
            continue
        assert row["low"] - 1e-6 <= share <= row["high"] + 1e-6
        if row["against"] != "non-victim":
            assert [row["low"], row["high"]] == pytest.approx(
                wilson_interval(row["successes"], row["trials"]), rel=1e-5
            )
    photograph = table[(table["method"] == "photograph") & (table["setting"] == "the stolen one's")]
    assert (photograph["successes"][photograph["against"] == "own"] == 5).all()
    assert (photograph["trials"][photograph["against"] == "non-victim"] == 5 * 4).all()
    held_out = table[np.char.endswith(table["method"], "held out")]
    assert set(held_out["trials"][held_out["against"] == "own"]) == {PEOPLE - 5 - 1}
    assert set(table["method"]) >= {
        f"ridge, from {bits} bits and key{end}" for bits in (128, 512) for end in ("", ", held out")
    }
    exact = table[table["method"] == "eigenfaces, own system"]
    assert (exact["successes"] == exact["trials"]).all()
    way = stored(measured, monkeypatch, "inversion_climb")
    assert [(row["start"], row["queries"]) for row in way] == [
        *(("mean face", q) for q in (1, 3, 10)),
        *(("rebuilt", q) for q in (1, 3)),
    ]
    assert (np.diff(way["own"][:3]) >= 0).all()
    text = (measured / "inversion.csv").read_text()
    assert text.startswith("# course measure inversion\n")
    assert "1 left out because they score 0.5 or more with a victim's photograph" in text
    assert "1 left out because they score 0.5 or more with a chip" in text
    assert "Person" not in text


def test_a_rebuilt_picture_survives_the_way_to_the_network_and_back():
    pictures = np.random.default_rng(0).integers(0, 256, (3, 112, 112, 3)).astype(np.uint8)
    smooth = np.stack([cv2.GaussianBlur(p, (0, 0), 6) for p in pictures])
    back = inversion.as_faces(inversion.as_rows(smooth))
    assert back.shape == smooth.shape
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - smooth).mean() < 2


def test_non_victims_interval_is_wider_than_if_comparisons_were_independent():
    rng = np.random.default_rng(0)
    accepted = np.outer(rng.random(80) < 0.2, rng.random(80) < 0.5)  # some pictures match half of everybody
    np.fill_diagonal(accepted, False)
    low, high = inversion.by_victim(accepted, np.random.default_rng(1))
    naive = wilson_interval(int(accepted.sum()), 80 * 79)
    assert low < accepted.sum() / (80 * 79) < high
    assert high - low > 3 * (naive[1] - naive[0])


def test_photo_attack_from_an_archive(outside, measured, monkeypatch):
    assert course(["measure", "photo_attack", "--data", str(outside)]) == 0
    table, cue = (stored(measured, monkeypatch, name) for name in ("photo_attack", "photo_attack_cue"))
    assert table.dtype.names == photo_attack.COLUMNS
    assert cue.dtype.names == photo_attack.CUE_COLUMNS
    match = table[table["method"] == "match"]
    assert list(match["setting"]) == list(photo_attack.PRESENTATIONS)
    assert (match["trials"] == PEOPLE).all()
    assert match["successes"][0] == PEOPLE
    assert set(cue["part"]) == {"tuned", "tried"}
    assert not set(cue["person"][cue["part"] == "tuned"]) & set(cue["person"][cue["part"] == "tried"])


def test_errors_are_counted_on_people_the_cue_was_not_tuned_on():
    tuned = np.arange(40) < 20
    cues = {name: np.where(tuned, 0.0, 9.0) for name in photo_attack.PRESENTATIONS}
    scores = {name: np.full(40, 0.5) for name in cues}
    rows = {(row[0], row[1]): row[2:4] for row in photo_attack.summary(cues, scores, tuned)}
    assert rows["match", "screen"] == [40, 40]
    assert rows["apcer", "tuned to APCER 5% on print; tried on screen"] == [20, 20]
    assert rows["bpcer", "tuned to APCER 5% on print; tried on bona fide"] == [20, 0]
    cues["screen"] = np.full(40, np.nan)  # never found: never an error of the cue
    cues["print"] = np.where(tuned, 9.0, 0.0)
    rows = {(row[0], row[1]): row[2:4] for row in photo_attack.summary(cues | {"screen": cues["print"]}, scores, tuned)}
    assert rows["apcer", "tuned to APCER 5% on print; tried on print"] == [20, 0]


def test_revocable_from_an_archive(outside, measured, monkeypatch):
    for name, value in {"REPLICATES": 20, "SETS": 2, "TRIED": 20, "SEARCHED": 5, "KNOWN": (0, 4, 500)}.items():
        monkeypatch.setattr(revocable, name, value)
    assert course(["measure", "revocable", "--data", str(outside)]) == 0
    table = stored(measured, monkeypatch, "revocable")
    assert table.dtype.names == revocable.COLUMNS
    attacks = stored(measured, monkeypatch, "revocable_attacks")
    assert attacks.dtype.names == revocable.ATTACK_COLUMNS
    assert list(attacks["trials"]) == [PEOPLE, PEOPLE - 4, PEOPLE, PEOPLE - 4, 5, 5]
    assert (attacks["successes"][-2:] >= 4).all()  # a key of 20 is found by its bits and another photograph
    known = np.char.startswith(table["method"], "one key")
    assert set(table["people"][known]) == {PEOPLE, PEOPLE - 4}
    assert (table["people"][~known] == PEOPLE).all()
    for bits in revocable.AGAIN:
        several = table[(table["method"] == "own key, 2 sets of keys") & (table["bits"] == bits)][0]
        assert several["low"] <= several["eer"] <= several["high"]
    assert sorted(set(table["bits"][~np.isnan(table["bits"])])) == list(revocable.BITS)
    back = table[table["method"] == "key known, gone back"]
    assert (np.diff(back["cosine"]) > 0).all()
    assert back["cosine"][2] == pytest.approx(np.sqrt(2 / np.pi), abs=0.04)


def test_scores_under_keys_are_those_of_the_library(monkeypatch):
    monkeypatch.setattr(revocable, "BITS", (16, 150))
    monkeypatch.setattr(revocable, "MOST", 150)
    stored_, probes = orl_templates()[:60:10], orl_templates()[5:65:10]
    kept, own, stolen = revocable.under_keys(stored_, probes)
    for b, bits in enumerate((16, 150)):
        for i in range(6):
            under = protect(np.vstack([stored_[i], probes]), i, bits)
            np.testing.assert_array_equal(kept[i, :bits], under[0])
            np.testing.assert_array_equal(own[i, :bits], under[1 + i])
            want = hamming_similarity(under[:1], under[1:])[0]
            np.testing.assert_allclose(stolen[b, i], want, atol=1e-6)


def test_who_is_known_in_two_databases_links_the_others():
    rng = np.random.default_rng(5)
    people = unit_length(rng.normal(size=(300, 128)))
    again = unit_length(people + 0.03 * rng.normal(size=people.shape))
    rows, attacks = revocable.one_key(people, again)
    eers = {(row[0].split("; ")[1], row[1]): row[3] for row in rows}
    assert 0.4 < eers["0 people known in both", 512] < 0.6
    assert eers["200 people known in both", 512] < 0.15
    right = {(row[1], row[2]): row[4] / row[3] for row in attacks}
    assert right["0 people known in both", 512] < 0.05
    assert right["200 people known in both", 512] > 0.5
    assert right["50 people known in both", 512] < right["200 people known in both", 512]


def test_known_people_need_no_key():
    a, b = (np.random.default_rng(n).random((9, 20)) for n in (0, 1))
    np.testing.assert_allclose(np.linalg.norm(revocable.standard(a), axis=1), 1)
    np.testing.assert_allclose(revocable.standard(3 * b + 0.1), revocable.standard(b), atol=1e-12)


def test_eer_of_counts_is_the_eer():
    rng = np.random.default_rng(0)
    genuine, impostor = rng.integers(8, 21, 300), rng.integers(0, 14, 500)
    counts = (np.bincount(part, minlength=21) for part in (genuine, impostor))
    assert revocable.eer_of_counts(*counts) == pytest.approx(eer(genuine, impostor))
    fmr, tmr, _ = roc_curve(np.repeat([1, 0], [300, 500]), np.append(genuine, impostor), drop_intermediate=False)
    assert abs(revocable.eer_of_counts(np.bincount(genuine, minlength=21), np.bincount(impostor, minlength=21))
               - fmr[np.argmin(np.abs(fmr - (1 - tmr)))]) < 0.1  # fmt: skip


def test_by_person_holds_the_eer():
    rng = np.random.default_rng(1)
    scores = rng.normal(0, 1, (150, 150)) + 2.5 * np.eye(150)
    rate = eer(np.diag(scores), scores[~np.eye(150, dtype=bool)])
    low, high = revocable.by_person(scores, 500)
    assert low < rate < high
    assert high - low < 0.15


# What the stored tables hold


def rate(table, method, setting, against, threshold=0.363):
    rows = table[(table["method"] == method) & (table["setting"] == setting) & (table["against"] == against)]
    row = rows[np.isclose(rows["threshold"], threshold)][0]
    return row["successes"] / row["trials"], row


def test_stored_inversion_reaches_its_bars():
    table = results("inversion")
    for threshold in np.unique(table["threshold"][~np.isnan(table["threshold"])]):
        for method in ("ridge", "ridge, held out"):
            other, row = rate(table, method, "k=1500", "other", threshold)
            chance, nobody = rate(table, method, "k=1500", "non-victim", threshold)
            assert row["trials"] >= 100
            assert row["low"] >= 0.06  # the whole interval; of 600 eigenfaces it isn't
            assert other >= 30 * chance
            assert row["low"] >= 30 * nobody["high"]
        of_bits = [
            rate(table, f"ridge, from {b} bits and key, held out", "k=1500", "other", threshold)[0] for b in (128, 512)
        ]
        assert 0.01 < of_bits[0] < of_bits[1] < rate(table, "ridge, held out", "k=1500", "other", threshold)[0]
    exact = table[table["method"] == "eigenfaces, own system"]
    assert (exact["successes"] == exact["trials"]).all()
    assert rate(table, "mean face", "of the people learned from", "other")[0] <= 0.01
    assert rate(table, "photograph", "a stranger's", "other")[0] <= 0.02
    assert rate(table, "climb", "from the rebuilt, 300 queries", "other")[0] >= 5 / 8
    assert rate(table, "climb", "from the mean face, 600 queries", "own")[0] == 1
    way = results("inversion_climb")
    assert (way["median_queries_to_match"][way["start"] == "mean face"] <= 150).all()


def test_stored_photo_attack_reaches_its_bars():
    table = results("photo_attack")
    share = {(row["method"], row["setting"]): row["successes"] / row["trials"] for row in table}
    for attack in ("print", "screen", "print, sharpened"):
        assert share["match", attack] >= 0.85
    tuned = "tuned to APCER 5% on print; tried on"
    assert share["apcer", f"{tuned} print"] <= 0.12
    assert share["apcer", f"{tuned} screen"] >= 0.3
    assert share["apcer", f"{tuned} print, sharpened"] >= 0.3
    assert share["bpcer", f"{tuned} bona fide, out of focus"] >= 0.7


def test_stored_revocable_reaches_its_bars():
    table = results("revocable")
    at = {(row["method"], row["bits"]): row for row in table if not np.isnan(row["bits"])}
    assert at["own key", 128]["eer"] <= 0.02
    assert at["own key", 512]["eer"] <= 0.005
    for bits, most in ((128, 0.02), (512, 0.005)):
        assert at["own key, 5 sets of keys", bits]["high"] <= most  # the highest of five
        attacked = {(row["method"], row["setting"]): row for row in results("revocable_attacks") if row["bits"] == bits}
        assert attacked["key found by trying", "3000 numbers"]["low"] > 0.8
        shares = [
            row["successes"] / row["trials"] for (method, _), row in attacked.items() if method.startswith("linked")
        ]
        assert shares == sorted(shares)
    assert shares[2] > 0.5  # 512 bits, 200 people known in both databases
    for bits in revocable.BITS:
        assert at["stolen key", bits]["eer"] >= at["own key", bits]["eer"]
        assert 0.48 <= at["two databases, keys unknown", bits]["eer"] <= 0.52
        assert at["two databases, keys unknown", bits]["d_sys"] <= 0.05
    assert at["two databases, keys known", 512]["eer"] <= 0.03
    assert at["key known, gone back", 128]["above"] >= 0.85
