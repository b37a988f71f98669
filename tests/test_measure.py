"""`course measure`: LFW's protocol on a made-up archive, the tables' form, and that the stored ones hold together."""

import itertools
import re
import zipfile

import cv2
import numpy as np
import pytest
from sklearn.decomposition import PCA

from classroom import measure
from classroom.__main__ import main as course
from classroom.course import ROOT, CourseError
from classroom.measure import ladder, lfw, orl, store
from facelab import results, tables
from facelab.verification import accuracy_by_fold, standard_error

FOLDS, OF_A_KIND, SIDE = 3, 4, 100


def made_up_pairs():
    """pairs.txt of three folds: people with two images each, nobody in two folds."""
    lines = [f"{FOLDS}\t{OF_A_KIND}"]
    for fold in range(FOLDS):
        people = [f"Person_{fold}{i}" for i in range(OF_A_KIND + 1)]
        lines += [f"{name}\t1\t2" for name in people[:OF_A_KIND]]
        lines += [f"{a}\t1\t{b}\t2" for a, b in itertools.pairwise(people)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def outside(tmp_path):
    """A folder with an archive like LFW's, of noise images: one pattern a person, another noise an image."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(tmp_path / lfw.ARCHIVE, "w") as archive:
        archive.writestr("pairs.txt", made_up_pairs())
        for fold in range(FOLDS):
            for i in range(OF_A_KIND + 1):
                pattern = cv2.resize(rng.uniform(0, 255, (9, 9)), (SIDE, SIDE))
                for number in (1, 2):
                    image = np.clip(pattern + rng.normal(0, 30, pattern.shape), 0, 255).astype(np.uint8)
                    name = f"Person_{fold}{i}"
                    encoded = cv2.imencode(".jpg", image)[1].tobytes()
                    archive.writestr(f"lfw-deepfunneled/{name}/{name}_{number:04d}.jpg", encoded)
    return tmp_path


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Tables go to a folder of the test's, and are read from there."""
    folder = tmp_path / "measured"
    monkeypatch.setattr(store, "MEASURED", folder)
    monkeypatch.setattr(tables, "data_path", lambda relative: tmp_path / relative)
    return folder


def read(path):
    """The # lines, the header and the rows of a stored table."""
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    header, *rows = (line.split(",") for line in lines[len(comments) :])
    return comments, header, rows


def test_pairs_are_read_in_order():
    pairs = lfw.parse_pairs(made_up_pairs())
    assert pairs.fold.tolist() == np.repeat([0, 1, 2], 8).tolist()
    assert pairs.same.tolist() == [True] * 4 + [False] * 4 + [True] * 4 + [False] * 4 + [True] * 4 + [False] * 4
    np.testing.assert_array_equal(pairs.person[pairs.left] == pairs.person[pairs.right], pairs.same)
    assert pairs.files[pairs.left[4]] == "lfw-deepfunneled/Person_00/Person_00_0001.jpg"
    assert pairs.files[pairs.right[4]] == "lfw-deepfunneled/Person_01/Person_01_0002.jpg"
    assert len(set(pairs.files)) == len(pairs.files) == len(pairs.person)
    for fold in range(FOLDS):
        inside = np.concatenate([pairs.left[pairs.fold == fold], pairs.right[pairs.fold == fold]])
        outside = np.concatenate([pairs.left[pairs.fold != fold], pairs.right[pairs.fold != fold]])
        assert not set(pairs.person[inside]) & set(pairs.person[outside])


def test_a_short_list_of_pairs_is_refused():
    with pytest.raises(CourseError, match="announces 24 pairs and holds 23"):
        lfw.parse_pairs(made_up_pairs().rsplit("\n", 2)[0])


def test_central_crop():
    image = np.arange(250 * 250).reshape(250, 250)
    np.testing.assert_array_equal(lfw.central_crop(image, 80), image[85:165, 85:165])


def test_lfw_tables_from_an_archive(outside, measured, monkeypatch, capsys):
    monkeypatch.setattr(lfw, "COMPONENTS", 6)
    assert course(["measure", "lfw", "--data", str(outside)]) == 0
    assert sorted(path.name for path in measured.iterdir()) == [
        "lfw_eigenfaces.csv", "lfw_eigenfaces_white.csv", "lfw_lbph.csv", "lfw_pixels.csv", "lfw_sface.csv",
    ]  # fmt: skip
    pairs, crops = lfw.load(outside / lfw.ARCHIVE)
    X = crops.reshape(len(crops), -1).astype(np.float64)
    comments, header, rows = read(measured / "lfw_pixels.csv")
    assert comments[0] == "# course measure lfw"
    assert header == ["fold", "same", "left", "right", "score"]
    assert [int(row[0]) for row in rows] == (pairs.fold + 1).tolist()
    assert [int(row[1]) for row in rows] == pairs.same.astype(int).tolist()
    scores = np.array([float(row[4]) for row in rows])
    np.testing.assert_allclose(scores, -np.linalg.norm(X[pairs.left] - X[pairs.right], axis=1), rtol=1e-5)
    for name, whiten in (("lfw_eigenfaces", False), ("lfw_eigenfaces_white", True)):
        scores = np.array([float(row[4]) for row in read(measured / f"{name}.csv")[2]])
        for fold in range(FOLDS):
            inside = pairs.fold == fold
            learned = np.unique(np.concatenate([pairs.left[~inside], pairs.right[~inside]]))
            model = PCA(6, svd_solver="full", whiten=whiten).fit(X[learned])
            a, b = (model.transform(X[side[inside]]) for side in (pairs.left, pairs.right))
            cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
            np.testing.assert_allclose(scores[inside], cosine, atol=2e-3)
    assert {float(row[4]) for row in read(measured / "lfw_sface.csv")[2]} == {0.0}  # noise shows no face
    assert "Person" not in "".join(path.read_text() for path in measured.iterdir())
    assert "accuracy" in capsys.readouterr().out


def test_lfw_by_one_method_leaves_the_others_tables_alone(outside, measured, capsys):
    assert course(["measure", "lfw", "--data", str(outside), "--only", "sface"]) == 0
    assert [path.name for path in measured.iterdir()] == ["lfw_sface.csv"]
    assert course(["measure", "lfw", "--data", str(outside), "--only", "facenet"]) == 1
    assert "no method facenet; there are pixels" in capsys.readouterr().err


def test_data_that_is_not_there_is_said_in_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("FACELAB_OUTSIDE", raising=False)
    assert course(["measure", "lfw"]) == 1
    assert "--data DIR or FACELAB_OUTSIDE" in capsys.readouterr().err
    monkeypatch.setenv("FACELAB_OUTSIDE", str(tmp_path))
    assert course(["measure", "lfw"]) == 1
    assert "there is no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        course(["measure", "nothing"])


def test_table_says_how_it_was_made(measured):
    rows = [["a, b", None, 1 / 3, 12], ["c", 1990, 1e-9, 7]]
    store.write_table("toy", "course measure toy", ["how"], ["name", "year", "value", "count"], rows)
    assert (measured / "toy.csv").read_text().splitlines()[2:] == [
        "# how", "name,year,value,count", '"a, b",,0.333333,12', "c,1990,1e-09,7",
    ]  # fmt: skip
    assert re.match(
        r"# \d{4}-\d\d-\d\d, Python 3\.\d+\.\d+, numpy ", (measured / "toy.csv").read_text().splitlines()[1]
    )


def test_a_row_of_the_ladder_is_measured_alone(measured, monkeypatch):
    monkeypatch.setattr(ladder, "DRAWS", 2)
    for name in ("lfw_pixels", "lfw_lbph"):
        store.write_table(name, "", [], lfw.COLUMNS, [[f, s, 0, 0, float(s)] for f in (1, 2) for s in (0, 1)])
    assert course(["measure", "ladder", "--only", "LBPH"]) == 0
    assert course(["measure", "ladder", "--only", "raw pixels"]) == 0
    _, header, rows = read(measured / "ladder.csv")
    assert header == list(ladder.COLUMNS)
    assert [row[0] for row in rows] == ["raw pixels", "LBPH"]
    assert course(["measure", "ladder", "--only", "magic"]) == 1


def test_ladder_wants_lfw_first(measured):
    with pytest.raises(CourseError, match="course measure lfw"):
        ladder.lfw_figures("lfw_pixels")
    assert ladder.lfw_figures(None) == (None, None)


@pytest.mark.parametrize("name", ["lfw_pixels", "lfw_eigenfaces", "lfw_eigenfaces_white", "lfw_lbph"])
def test_stored_lfw_tables(name):
    comments, header, rows = read(ROOT / f"data/measured/{name}.csv")
    assert header == ["fold", "same", "left", "right", "score"]
    table = results(name)
    assert len(table) == len(rows) == 6000
    assert all(table[column].dtype == np.int64 for column in header[:4])
    np.testing.assert_array_equal(np.bincount(table["fold"])[1:], 600)
    np.testing.assert_array_equal(table["same"], table["left"] == table["right"])
    assert table["same"].sum() == 3000
    accuracies = accuracy_by_fold(table["score"], table["same"], table["fold"])
    said = f"accuracy {accuracies.mean():.4f}, standard error {standard_error(accuracies):.4f}"
    assert said in " ".join(comments)


def test_stored_ladder():
    table = results("ladder")
    assert list(table.dtype.names) == list(ladder.COLUMNS)
    for method in ladder.METHODS:
        row = table[table["method"] == method.name][0]
        accuracy, error = ladder.lfw_figures(method.lfw)
        if accuracy is None:
            assert np.isnan(row["lfw_accuracy"])
            assert np.isnan(row["lfw_se"])
        else:
            assert row["lfw_accuracy"] == pytest.approx(accuracy, rel=1e-5)
            assert row["lfw_se"] == pytest.approx(error, rel=1e-4)
    rates = {row["method"]: row["orl_eer"] for row in table}
    assert abs(rates["raw pixels"] - 0.135) < 0.03
    assert abs(rates["eigenfaces"] - 0.142) < 0.03
    assert abs(rates["eigenfaces whitened"] - 0.114) < 0.03
    assert abs(rates["Fisherfaces"] - 0.088) < 0.03


def test_a_draw_of_the_stored_ladder_is_measured_again():
    """One of its numbers from scratch: raw pixels on ORL, which needs no fitting and takes a second or two."""
    data = ladder.load_orl()
    errors, matches = ladder.orl_rates(ladder.METHODS[0], data.images, data.person)
    row = results("ladder")[0]
    assert row["orl_eer"] == pytest.approx(errors.mean(), rel=1e-5)
    assert row["orl_eer_se"] == pytest.approx(standard_error(errors), rel=1e-4)
    assert row["orl_tmr_at_1e-2"] == pytest.approx(matches.mean(), rel=1e-5)


def test_stored_rank1_table():
    table = results("orl_rank1")
    assert list(table.dtype.names) == ["method", "components", "metric", "rank1", "rank1_se"]

    def rank1(method, components, metric):
        chosen = (table["method"] == method) & (table["metric"] == metric)
        if components is not None:
            chosen &= table["components"] == components
        return table["rank1"][chosen].item()

    assert abs(rank1("raw pixels", None, "l2") - 0.94) < 0.015
    assert abs(rank1("eigenfaces", 150, "l2") - 0.936) < 0.015
    assert abs(rank1("eigenfaces", 150, "cosine") - 0.948) < 0.015
    assert abs(rank1("Fisherfaces", 40, "cosine") - 0.970) < 0.015
    assert rank1("Fisherfaces", 160, "cosine") < 0.65
    assert 0.93 < rank1("LBPH", None, "chi_square") < 0.97


def test_open_set_rates_are_shares(monkeypatch):
    monkeypatch.setattr(orl, "DRAWS", 2)
    data = orl.load_orl()
    rows = orl.open_set(data.images, data.person)
    assert len(rows) == 5 * len(orl.FPIRS)
    assert all(0 <= value <= 1 for row in rows for value in row[1:5])
    for method in {row[0] for row in rows}:
        missed = [row[4] for row in rows if row[0] == method]
        assert missed == sorted(missed, reverse=True)  # the more strangers are named, the fewer people are missed


def test_every_measurement_is_there():
    for module, purpose in measure.MEASUREMENTS.values():
        assert module.startswith("classroom.measure.")
        assert purpose
