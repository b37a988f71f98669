"""`make bench`: rows and their budgets, the table and its page, one part measured again; small runs of each part."""

import dataclasses
import re

import numpy as np
import pytest

from benchmarks import __main__ as bench
from benchmarks import detection, eigenfaces, grading, notebooks, search, table
from benchmarks.table import Row, speed_row, time_row
from classroom import budgets
from classroom.course import LESSONS, PREREQUISITES, find
from classroom.measure import store
from classroom.notebooks import Cost


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Table and page go to a folder of the test's."""
    monkeypatch.setattr(store, "MEASURED", tmp_path / "measured")
    monkeypatch.setattr(table, "PAGE", tmp_path / "benchmarks.md")
    return tmp_path


@pytest.fixture
def parts(monkeypatch):
    """Parts that measure nothing; what each gives can be changed."""
    made = {
        "eigenfaces": [time_row("eigenfaces", "80 components", "ms", 10.0, "scikit-learn, full", 90.0, "ratio >= 8")],
        "grading": [time_row("grading", "together", "s a notebook", 1.0, "nbgrader autograde", 3.0, "ratio >= 4")],
        "notebooks": notebooks.cost_rows("01", "lesson", Cost(12.25, 400_000_000)),
    }
    fake = {
        name: type(name, (), {"LIBRARIES": ("numpy",), "measure": staticmethod(lambda name=name: made[name])})
        for name in made
    }
    monkeypatch.setattr(bench, "PARTS", fake)
    return made


@pytest.mark.parametrize(
    ("ours", "ratio", "budget", "within"),
    [
        (19.9, None, "<= 20", True),
        (20.1, None, "<= 20", False),
        (0.996, None, ">= 0.995", True),
        (0.99, None, ">= 0.995", False),
        (100.0, 8.1, "ratio >= 8", True),
        (1.0, 7.9, "ratio >= 8", False),
        (5.0, 2.0, "", None),
    ],
)
def test_a_row_says_whether_its_budget_is_met(ours, ratio, budget, within):
    assert Row("part", "what", "s", ours, ratio=ratio, budget=budget).within is within


@pytest.mark.parametrize("budget", ["20", "< 20", "<= 20 s", "ratio >= 8"])
def test_a_budget_that_can_not_be_held_against_anything_is_refused(budget):
    with pytest.raises(ValueError, match="budget"):
        Row("part", "what", "s", 1.0, budget=budget)


def test_ratios_are_above_one_where_the_course_is_faster():
    assert time_row("p", "w", "ms", 10, "other", 30).ratio == 3
    assert speed_row("p", "w", "searches a second", 30, "other", 10).ratio == 3


def test_all_parts_make_one_table_and_one_page(place, parts, capsys):
    bench.main([])
    rows, accounts = table.stored()
    assert [row.part for row in rows] == ["eigenfaces", "grading", "notebooks", "notebooks"]
    for row, made in zip(rows, [row for part in parts.values() for row in part], strict=True):
        assert dataclasses.replace(row, date="") == made
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.date)
    assert list(accounts) == list(parts)
    assert all(
        re.search(r"load \d.*; \d+ cores \(.+\), .* GiB.*Python 3.*numpy \d", text) for text in accounts.values()
    )
    page = table.PAGE.read_text(encoding="utf-8")
    assert page == table.page(rows, accounts)
    assert "| eigenfaces | 80 components | 10 ms | scikit-learn, full: 90 ms | 9 | at least 8 times | yes |" in page
    assert (
        "| grading | together | 1 s a notebook | nbgrader autograde: 3 s a notebook | 3 | at least 4 times | **no** |"
        in page
    )
    # A notebook's seconds and memory share a line.
    assert "| notebooks | lesson 01 | 12.2 s; 400 MB |  |  | at most 20 s; at most 2000 MB | yes |" in page
    assert "Not within their budgets:\n  together: 1 s a notebook" in capsys.readouterr().out


def test_the_table_has_the_form_of_every_stored_table(place, parts):
    bench.main([])
    lines = (place / "measured/bench.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# make bench"
    assert re.match(r"# \d{4}-\d\d-\d\d, Python 3", lines[1])
    assert next(line for line in lines if not line.startswith("#")) == ",".join(table.COLUMNS)


def test_one_part_measured_again_leaves_the_others_as_they_are(place, parts, monkeypatch):
    bench.main([])
    before, accounts = table.stored()
    monkeypatch.setattr(table, "account", lambda libraries: "2031-01-01, another day")
    parts["grading"] = [dataclasses.replace(parts["grading"][0], ours=0.5, ratio=6.0)]
    bench.main(["--only", "grading"])
    after, now = table.stored()
    assert [row for row in after if row.part != "grading"] == [row for row in before if row.part != "grading"]
    assert [(row.ours, row.within) for row in after if row.part == "grading"] == [(0.5, True)]
    assert now == accounts | {"grading": "2031-01-01, another day"}
    assert [row.part for row in after] == [row.part for row in before]


def test_a_part_that_there_is_not_is_refused(place, parts, capsys):
    with pytest.raises(SystemExit):
        bench.main(["--only", "gradnig"])
    assert "eigenfaces" in capsys.readouterr().err


# ---- budgets -------------------------------------------------------------------------------------------------------


def test_every_notebook_has_a_budget_and_together_they_are_that_of_the_course():
    numbers = {lesson.number for lesson in LESSONS}
    assert set(budgets.SECONDS["lesson"]) == set(budgets.SECONDS["solution"]) == numbers
    assert set(budgets.SECONDS["page"]) == {PREREQUISITES.name}
    of_course = [s for kind in ("lesson", "solution") for s in budgets.SECONDS[kind].values()]
    assert sum(of_course) == budgets.WHOLE_COURSE


def test_the_whole_course_is_the_sum_of_its_notebooks_and_the_most_memory_of_one(monkeypatch):
    costs = iter(
        [Cost(1.0 + n, 100_000_000 + n * 1_000_000) for n in range(2 * len(LESSONS))] + [Cost(50.0, 5_000_000)]
    )
    monkeypatch.setattr(notebooks, "run", lambda notebook: next(costs))
    rows = notebooks.measure()
    assert [row.what for row in rows[:-2:2]] == [f"{k} {x.number}" for x in LESSONS for k in ("lesson", "solution")] + [
        "page prerequisites"
    ]
    assert [(row.what, row.unit, row.ours) for row in rows[-2:]] == [
        ("the whole course", "s", float(sum(range(1, 33)))),
        ("the whole course", "MB", 131.0),
    ]
    assert all(row.budget for row in rows)


def test_what_a_notebook_takes_is_measured_and_nothing_written(root):
    lesson = find("01")
    before = {path: path.read_bytes() for path in (lesson.notebook, lesson.solution, lesson.exercise)}
    solution = notebooks.notebooks.read_manuscript(lesson.manuscripts[1])
    solution.cells = solution.cells[:2]
    held = np.ones(100_000_000)  # 800 MB of this process, which are not the notebook's
    cost = notebooks.run(solution)
    assert 0 < cost.seconds < 120 and 30e6 < cost.peak < held.nbytes
    assert all(path.read_bytes() == content for path, content in before.items())


# ---- the parts, small ----------------------------------------------------------------------------------------------


def test_eigenfaces_beside_scikit_learn():
    X = np.random.default_rng(0).uniform(0, 255, (90, 200))
    rows = eigenfaces.compare(X, 2, 1)
    assert rows[0].beside.startswith("scikit-learn") and rows[0].budget == "ratio >= 8"
    assert rows[0].ratio == pytest.approx(rows[0].theirs / rows[0].ours)
    assert all(row.within for row in rows[1:]) and len(rows) == 3
    assert not [row for row in eigenfaces.compare(X, 1, 1) if row.budget]


def test_search_beside_faiss_and_memory():
    rows = search.measure(rounds=1, sizes=[3000])
    assert {row.beside for row in rows} == {search.THEIRS, search.STREAM, ""}
    (same,) = (row for row in rows if "of what it finds" in row.unit)
    assert same.ours > 0.999
    assert {row.budget for row in rows} == {"", "ratio >= 0.8", "ratio >= 0.6", ">= 0.995"}
    # The bandwidth is what one search a time reads: 512 bytes of each template.
    single, reading = (next(row for row in rows if text in row.what) for text in ("1 at a time", "reading"))
    assert reading.ours == pytest.approx(single.ours * 3000 * 512 / 1e9)


def test_detectors_beside_opencv():
    rows = detection.measure(rounds=1, montages=1)
    by_what = {(row.what.rpartition(", 480")[0], row.unit): row for row in rows}
    ours = by_what["Haar cascade, ours", "ms of CPU time an image"]
    assert ours.theirs == by_what["Haar cascade, OpenCV's default", "ms of CPU time an image"].ours
    assert ours.budget == "ratio >= 1"
    assert all(0 <= row.ours <= 1 for row in rows if row.unit == "recall")


def test_overhead_is_what_a_notebook_takes_beyond_its_own_work(monkeypatch):
    monkeypatch.setattr(grading.psutil, "cpu_count", lambda: 2)
    row = grading.overhead_row("exercise 01", alone=1.4, ours=1.0, plain=4.4)
    assert (row.ours, row.theirs) == (pytest.approx(0.3), pytest.approx(3.0))
    assert row.ratio == pytest.approx(10) and row.budget == "ratio >= 5"
    assert not grading.overhead_row("exercise 02", alone=0.4, ours=1.0, plain=4.4).budget


# ---- what is committed ---------------------------------------------------------------------------------------------


def test_the_page_shows_the_stored_table():
    assert table.PAGE.read_text(encoding="utf-8") == table.page(*table.stored())


def test_every_part_and_every_notebook_is_in_the_stored_table():
    rows, accounts = table.stored()
    assert list(accounts) == list(bench.PARTS) == list(dict.fromkeys(row.part for row in rows))
    wanted = {f"{kind} {name}" for kind, names in budgets.SECONDS.items() for name in names} | {"the whole course"}
    assert {row.what for row in rows if row.part == notebooks.PART} == wanted
    for row in rows:
        kind, _, name = row.what.partition(" ")
        if row.unit == "s" and kind in budgets.SECONDS:
            assert row.budget == f"<= {budgets.SECONDS[kind][name]}"
