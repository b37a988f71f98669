"""facelab.results: stored tables, wherever a notebook runs."""

import subprocess
import sys
import zipfile

import numpy as np
import pytest

import facelab
from classroom.course import ROOT
from facelab import tables


@pytest.fixture
def stored(tmp_path, monkeypatch):
    (tmp_path / "measured").mkdir()
    monkeypatch.setattr(tables, "data_path", lambda relative: tmp_path / relative)

    def store(text):
        (tmp_path / "measured/t.csv").write_text(text, encoding="utf-8")
        return facelab.results("t")

    return store


def test_columns_get_their_kinds_and_comments_are_skipped(stored):
    table = stored('# made by a command, 2026\n# more\nmethod,n,eer\n"a, b",3,.25\nc,4,\n')
    assert table.dtype.names == ("method", "n", "eer")
    assert table["method"].tolist() == ["a, b", "c"]
    assert table["n"].dtype.kind == "i"
    np.testing.assert_array_equal(table["eer"], [0.25, np.nan])


def test_a_table_without_rows_is_empty(stored):
    assert len(stored("a,b\n")) == 0


def test_an_unknown_table_is_named_with_those_that_are_there(stored):
    stored("a\n1\n")
    with pytest.raises(FileNotFoundError, match="no stored table 'nothing'. There are: t"):
        facelab.results("nothing")


def test_the_wheel_brings_the_asset_list_and_the_cards(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    where = subprocess.run(
        [
            sys.executable,
            "-c",
            "from facelab.tables import data_path as p\n"
            "print(p('cards/orl.md').is_file(), p('assets.toml').read_text()[:40])",
        ],
        cwd=tmp_path / "installed",
        env={"PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert where == "True " + (ROOT / "data/assets.toml").read_text(encoding="utf-8")[:40] + "\n"
