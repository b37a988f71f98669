"""The linter's rules, each on a notebook that breaks it."""

import copy
import json
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import facelab
from classroom import build, lint, notebooks, pictures
from classroom.build import FRONT_PAGE, front_page_picture
from classroom.course import LESSONS, ROOT, CourseError, find
from classroom.grading import read_notebook
from facelab import assets

LESSON = find("01")


def complaints(rule, *cells):
    return list(rule(LESSON, new_notebook(cells=list(cells))))


def code(source, *outputs):
    return new_code_cell(source, outputs=list(outputs), execution_count=1)


@pytest.fixture
def solution():
    return copy.deepcopy(read_notebook(LESSON.solution))


def cell_of(notebook, grade_id):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_the_course_as_it_is_has_no_problems():
    assert [p for lesson in LESSONS if lesson.is_there for p in lint.problems(lesson)] == []
    assert lint.course_problems() == []


def test_errors_warnings_and_cells_that_did_not_run_are_found():
    error = new_output("error", ename="ValueError", evalue="", traceback=[])
    warning = new_output("stream", name="stderr", text="careful\nmore")
    found = complaints(lint.outputs_are_clean, code("a", error), code("b", warning), new_code_cell("c"))
    assert found == ["cell 1 fails: ValueError", "cell 2 warns: careful", "cell 3 was not executed"]


def test_a_picture_needs_alt_text():
    bare = new_output("display_data", data={"image/png": "AAAA"})
    good = new_output(
        "display_data", data={"image/png": "A", "text/html": '<figure><img alt="A line" src="x"></figure>'}
    )
    empty = new_output("display_data", data={"image/png": "A", "text/html": '<figure><img alt="" src="x"></figure>'})
    assert len(complaints(lint.figures_have_alt_text, code("a", bare), code("b", empty))) == 2
    assert complaints(lint.figures_have_alt_text, code("a", good)) == []
    assert len(complaints(lint.figures_have_alt_text, new_markdown_cell('<img src="x.png">'))) == 1


@pytest.mark.parametrize("alt", ["", " ", "plot", "A face.", "Two faces and a face that is their mean"])
def test_a_picture_in_the_text_needs_a_sentence_as_its_alt_text(alt):
    (found,) = complaints(lint.figures_have_alt_text, new_markdown_cell(f"text\n\n![{alt}](x.png)"))
    assert found == f"cell 1: the alt text of x.png is no sentence of 8 words: {alt!r}"
    good = new_markdown_cell("![Two faces, an arrow,\nand a face that is their mean.](x.png)")
    assert complaints(lint.figures_have_alt_text, good) == []


SHOWN = "![A new face and the kept face that is nearest to it.](pictures/01_faces_as_vectors.png)"


def test_a_lesson_begins_with_its_picture():
    def found(text):
        return complaints(lint.begins_with_its_picture, new_markdown_cell(text))

    assert found(f"# 01 · T\n\n**Why?** So.\n\n{SHOWN}\n\nAfter this lesson you can") == []
    (missing,) = found("# 01 · T\n\n![Another picture.](pictures/02_eigenfaces.png)\n\nAfter this lesson you can")
    assert missing == "its first cell doesn't show pictures/01_faces_as_vectors.png"
    (late,) = found(f"# 01 · T\n\n{'word ' * 51}\n\n{SHOWN}\n\nAfter this lesson you can")
    assert late.startswith("51 words stand between the title and pictures/01")
    (below,) = found(f"# 01 · T\n\nAfter this lesson you can\n\n{SHOWN}")
    assert below.startswith("pictures/01_faces_as_vectors.png must stand before")


DRAWN = """from facelab import plots, results

def draw():
    fig, (ax,) = plots.figure(width=1, height=1)
    ax.plot([1, 2])
    return fig
"""


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """The manuscript of lesson 01's picture, in a tree of its own that has no stored table."""
    for module in (notebooks, pictures):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    source = pictures.source_of(LESSON.name)
    source.parent.mkdir(parents=True)
    source.write_text(DRAWN, encoding="utf-8")
    return source


def test_a_picture_is_the_same_again_and_stale_when_its_manuscript_or_a_table_changes(drawn):
    assert pictures.problem_of(LESSON.name).endswith("not built yet; run `course build --pictures`")
    assert pictures.build(LESSON.name)
    assert pictures.problem_of(LESSON.name) == ""
    assert not pictures.build(LESSON.name), "drawn again, the picture differs"
    drawn.write_text(drawn.read_text(encoding="utf-8") + "# results\n", encoding="utf-8")
    assert "stale (its manuscript, a module or a table changed)" in pictures.problem_of(LESSON.name)
    drawn.write_text(drawn.read_text(encoding="utf-8") + 'results("ladder")\n', encoding="utf-8")
    before = notebooks.fingerprint(drawn)
    table = pictures.ROOT / "data/measured/ladder.csv"
    table.parent.mkdir(parents=True)
    table.write_text("k\n1\n", encoding="utf-8")
    assert notebooks.fingerprint(drawn) != before
    drawn.unlink()
    assert pictures.problem_of(LESSON.name) == "manuscript/pictures/01_faces_as_vectors.py: missing"


def test_a_large_picture_is_refused(drawn, monkeypatch):
    pictures.build(LESSON.name)
    monkeypatch.setattr(pictures, "BYTES", 1000)
    assert re.search(r"01_faces_as_vectors.png: takes \d+ kB; at most 1 kB", pictures.problem_of(LESSON.name))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("1 / 0", "ZeroDivisionError"), ("import warnings; warnings.warn('too narrow')", "UserWarning: too narrow")],
)
def test_a_picture_that_fails_or_warns_is_not_built(drawn, line, complaint):
    drawn.write_text(drawn.read_text(encoding="utf-8").replace("    return fig", f"    {line}\n    return fig"))
    with pytest.raises(CourseError, match=complaint):
        pictures.build(LESSON.name)
    assert not pictures.target_of(LESSON.name).exists()


def test_long_cells_need_a_reason():
    long = code("# a comment\n\n" + "a = 1\n" * 16)
    assert "16 lines" in complaints(lint.cells_are_short, long)[0]
    assert complaints(lint.cells_are_short, code("# c\n" * 30 + "a = 1\n" * 15)) == []
    long.metadata["course"] = {"long": "a training loop, read as one"}
    assert complaints(lint.cells_are_short, long) == []


def test_headings_begin_with_the_title_and_skip_no_level():
    title = new_markdown_cell("# 01 · Faces as vectors")
    assert complaints(lint.headings_are_in_order, title, new_markdown_cell("## a\n\n### b")) == []
    assert "skips a level" in complaints(lint.headings_are_in_order, title, new_markdown_cell("### b"))[0]
    assert "one title" in complaints(lint.headings_are_in_order, new_markdown_cell("# Faces"))[0]
    assert complaints(lint.headings_are_in_order, title, new_markdown_cell("```\n#### a comment\n```")) == []


@pytest.mark.parametrize(
    "text",
    ["It is right for 88 %.", "88 per cent.", "An EER of 0.13.", "That took 3 seconds.", "They held him 30 hours."],
)
def test_results_in_prose_are_found(text):
    assert len(complaints(lint.results_are_computed, new_markdown_cell(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "There are 40 people and 400 pictures.",
        "The plan aims at 90 % of 1.3 billion people.",
        "DeepFace reached 97.35 % (Taigman and others, 2014).",
        "See [a paper](https://example.org/v1.5), arXiv:2401.08281.",
        "`a = 0.5` and $x^{1.5}$",
    ],
)
def test_set_up_and_sourced_figures_may_stand(text):
    assert complaints(lint.results_are_computed, new_markdown_cell(text)) == []


@pytest.mark.parametrize(
    "text", ["It found 779 of 812.", "One in 40 fails; one in 30 holds.", "It is 47 times as much."]
)
def test_shares_in_other_words_are_found(text):
    assert len(complaints(lint.shares_are_computed, new_markdown_cell(text))) == 1
    assert complaints(lint.shares_are_computed, new_markdown_cell("In 95 of 100 cases, with 16 times 256 codes.")) == []


@pytest.mark.parametrize(
    "typed",
    [
        'say("It finds 43 %.")',
        'say(f"{n} people, of whom 43 % pass.")',
        'ax.set(title="Only 43 % pass")',
        'print("An EER of 0.43")',
        'show(fig, alt="A bar at 43 per cent, found 430 of 990.", caption="Nothing.")',
        'ax.legend(["43 times as much"])',
    ],
)
def test_results_typed_into_code_are_found(typed):
    first, *_ = complaints(lint.code_types_no_results, code(typed))
    assert "types a result into its code" in first and "43" in first


def test_code_may_name_its_own_set_up():
    """The level of its intervals, and any number that it works with, itself or as a share."""
    own = code('limit = 0.43\nsay(f"Of 95 % intervals, those at 43 % or {0.5:.1%}; z is 1.96, the limit 0.43.")')
    assert complaints(lint.code_types_no_results, own) == []
    assert complaints(lint.code_types_no_results, own, code('say("44 %")')) != []


@pytest.mark.parametrize(
    "text",
    ["It reached 97 % (Doe, 2014).", "See [a report](https://example.org): 12.5 of them.", "It reached 97.35 % there."],
)
def test_a_share_needs_both_a_row_and_a_source_in_its_paragraph(text):
    assert "give it a row" in complaints(lint.results_are_computed, new_markdown_cell(text))[0]


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("A fine of EUR 31.5 million.", "EUR 31.5 million"),
        ("It costs $500 a head.", "$500"),
        ("They paid 20 million euros.", "20 million euros"),
        ("A gallery of 12.4 million.", "12.4 million"),
        ("A disk of 14 terabytes.", "14 terabytes"),
        ("In force since 3 February 2025.", "3 February 2025"),
        ("In force since\nFebruary 2031.", "February 2031"),
        ("Article 7 forbids it.", "Article 7"),
        ("Article 5(1)(z) forbids it.", "Article 5(1)(z)"),
        ("Thirty million euros.", "Thirty million euros"),
        ("A fine of 35m euros.", "35m euros"),
        ("CHF 1,200 each.", "CHF 1,200"),
        ("On 14 Mar 2031.", "14 Mar 2031"),
        ("On March 14, 2031.", "March 14"),
        ("Section 15 and § 12 apply.", "Section 15"),
        ("740 ILCS 14/15 says so.", "740 ILCS 14/15"),
        ("[2021] UKUT 7 says so.", "[2021] UKUT"),
        ("It ran at 16 frames a second.", "16 frames a second"),
        ("They found 98,765 faces.", "98,765"),
        ("98,765 were wrong.", "98,765"),
        ("A gallery of 11.3 billion is not one of 1.3 billion.", "11.3 billion"),
    ],
)
def test_a_figure_from_outside_needs_a_source_row(text, figure):
    found = complaints(lint.figures_have_a_source, new_markdown_cell(text))
    assert found[0] == f"cell 1 prints {figure!r}, which has no source row in data/published"


@pytest.mark.parametrize(
    "text",
    [
        "A face is 48 px wide; there are 400 images, 10,304 pixels each and 1,920 across.",
        "Take 50,000 people, or 2,500.",
        "The plan: 1.3 billion people, 13 terabytes.",
        "Of 2,470 alerts, 2,297 were false.",
        "The fine was EUR 30.5 million (3 September 2024), under Article 9.",
        "We compared 6,652,660 pairs of 4,281 people.",
        "$12,345,678$ and `EUR 99`.",
    ],
)
def test_set_up_stored_counts_and_figures_with_a_row_may_stand(text):
    assert complaints(lint.figures_have_a_source, new_markdown_cell(text)) == []


def test_what_a_cell_says_is_read_but_not_what_it_computes():
    typed = code('n = 98_765\nsay(f"Of {n:,} people, 98,765 were wrong.")')
    assert len(complaints(lint.figures_have_a_source, typed)) == 1
    assert len(complaints(lint.figures_have_a_source, code('show(fig, alt="EUR 99", caption="c")'))) == 1
    assert len(complaints(lint.figures_have_a_source, code('ax.set(title="98,765 people")'))) == 1
    computed = code('n = 98_765\nsay(f"{n:,} people")')
    assert complaints(lint.figures_have_a_source, computed) == []


def test_notes_for_instructors_need_sources_too(tmp_path, monkeypatch):
    (tmp_path / "docs/instructors").mkdir(parents=True)
    (tmp_path / "docs/instructors/01.md").write_text("It cost EUR 99.", encoding="utf-8")
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    assert list(lint.notes_have_sources(LESSON)) == [
        "docs/instructors/01.md prints 'EUR 99', which has no source row in data/published"
    ]


@pytest.mark.parametrize("table", sorted((ROOT / "data/published").glob("*.csv")), ids=lambda path: path.stem)
def test_every_row_of_a_published_table_names_its_source_the_day_and_how_it_was_read(table):
    for row in facelab.published(table.stem):
        assert len(row["source"]) > 15, f"{row} has no source that stands by itself"
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["read"]), row
        assert row["status"] in ("read", "reported"), row


def test_every_figure_from_outside_in_the_course_has_a_source_row():
    known = lint.known_figures()
    found = []
    for lesson in LESSONS:
        for manuscript in filter(Path.is_file, lesson.manuscripts):
            notebook = notebooks.read_manuscript(manuscript)
            rules = [lint.figures_have_a_source, lint.results_are_computed, lint.code_types_no_results]
            problems = [problem for rule in rules for problem in rule(lesson, notebook)]
            found += [f"{manuscript.name}: {problem}" for problem in problems]
        found += lint.notes_have_sources(lesson)
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "data/cards").glob("*.md")]
    found += [f"{page.name}: {f}" for page in pages for f in lint.external_figures(page.read_text("utf-8"), known)]
    assert found == []


def test_dead_links_are_found():
    good = new_markdown_cell("[card](../data/cards/orl.md) [web](https://example.org) [here](#x)")
    assert complaints(lint.links_are_alive, good) == []
    assert "nowhere.md" in complaints(lint.links_are_alive, new_markdown_cell("[x](../nowhere.md#a)"))[0]
    assert "no relative links" in complaints(lint.no_relative_links, good)[0]


def test_points_in_the_text_must_equal_the_metadata(solution):
    cell_of(solution, "01-shift-check").metadata.nbgrader.points = 3
    found = list(lint.tasks_are_well_formed(LESSON, solution))
    assert found == [
        "the text states [2, 3, 3, 2] points, the metadata [2, 3, 3, 3]",
        "has 11 automatically graded points; wanted 10",
    ]


def test_grade_ids_markers_and_the_first_cell_are_looked_at(solution):
    cell_of(solution, "01-shift").source = "### BEGIN SOLUTION\nx = 1"
    cell_of(solution, "01-distances").source += "\n### END HIDDEN TESTS\n### BEGIN HIDDEN TESTS"
    solution.cells[1].metadata.nbgrader.grade_id = "setup"
    solution.cells[1].source = "pass"
    found = "\n".join(lint.tasks_are_well_formed(LESSON, solution))
    assert "01-shift: BEGIN SOLUTION and END SOLUTION don't pair up" in found
    assert "01-distances: BEGIN HIDDEN TESTS and END HIDDEN TESTS don't pair up" in found
    assert "the grade id 'setup' isn't of the form 01-words" in found
    assert "begin_exercise()" in found


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s.replace("import numpy as np\n", "", 1), "uses np without defining it"),
        (lambda s: "class A: pass\n" + s, "defines a class (A)"),
        (lambda s: s + "\nsquared_distances(lambda x: x, 1)", "passes a function or generator to squared_distances"),
        (lambda s: s + "\nsquared_distances(*(a for a in ()))", "passes a function or generator to squared_distances"),
        (lambda s: "def f(): pass\n" + s + "\nsquared_distances(f, 1)", "passes the function f to squared_distances"),
        (lambda s: s + "\nsquared_distances(A, B.copy())", "passes A itself to squared_distances; pass A.copy()"),
        (lambda s: s.split("### BEGIN HIDDEN TESTS")[0], "no hidden part that calls expect"),
        (
            lambda s: "### BEGIN HIDDEN TESTS" + s.split("### BEGIN HIDDEN TESTS")[1],
            "no visible part that calls expect",
        ),
        (lambda s: s + "\nstandardise(A)", "uses standardise without defining it"),
    ],
)
def test_checks_see_plain_data_only(solution, change, complaint):
    cell = cell_of(solution, "01-distances-check")
    cell.source = change(cell.source)
    assert complaint in "\n".join(lint.checks_see_plain_data_only(LESSON, solution))


MUTATIONS = """
import json, nbformat, pathlib
from classroom import lint, notebooks, pictures
from classroom.course import find
lesson = find("01")
found = {}

def tried(name, path, change):
    before = path.read_bytes() if path.exists() else None
    change(path)
    found[name] = lint.problems(lesson) + lint.course_problems()
    path.write_bytes(before) if before is not None else path.unlink()

def in_text(old, new):
    return lambda path: path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

def in_notebook(edit):
    def change(path):
        nb = nbformat.read(path, as_version=4)
        edit(nb)
        nbformat.write(nb, path)
    return change

def add_solution(nb):
    source = nbformat.read(lesson.solution, as_version=4)
    cell = next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "01-shift")
    cell.source = next(c for c in source.cells if c.id == cell.id).source

def add_output(nb):
    nb.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="4")]

tried("manuscript", lesson.manuscripts[0], in_text("Pythagoras", "Euclid"))
tried("exercise's manuscript", lesson.manuscripts[1], in_text("Mind that", "Note that"))
tried("module", pathlib.Path("facelab/images.py"), in_text("Images as vectors", "Pictures as vectors"))
tried("module of a module", pathlib.Path("facelab/tables.py"), in_text("Find and read", "Read"))
tried("other module", pathlib.Path("facelab/unrelated.py"), lambda p: p.write_text("a = 1"))
tried("edited by hand", lesson.notebook, in_text("Pythagoras", "Euclid"))
tried("picture's manuscript", pathlib.Path("manuscript/pictures/01_faces_as_vectors.py"), in_text("the", "a"))
tried("leaked solution", lesson.exercise, in_notebook(add_solution))
tried("leaked output", lesson.exercise, in_notebook(add_output))
tried("file beside a solution", lesson.solution.parent / "notes.md", lambda p: p.write_text("answers"))
tried("missing", lesson.exercise, lambda p: p.unlink())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree that may be spoilt."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("classroom", "facelab", "manuscript", "lessons", "solutions", "exercises", "data", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


def in_tree(tree, *arguments):
    return subprocess.run([sys.executable, *arguments], cwd=tree, capture_output=True, text=True)


def test_stale_edited_and_leaking_notebooks_are_found(tree):
    done = in_tree(tree, "-c", MUTATIONS)
    assert done.returncode == 0, done.stderr
    found = {name: "\n".join(problems) for name, problems in json.loads(done.stdout).items()}
    assert "lessons/01_faces_as_vectors.ipynb: stale" in found["manuscript"]
    assert "solutions" not in found["manuscript"]
    assert "solutions/01_faces_as_vectors/01_faces_as_vectors.ipynb: stale" in found["exercise's manuscript"]
    assert "lessons/01_faces_as_vectors.ipynb: stale" in found["module"]
    assert "lessons/01_faces_as_vectors.ipynb: stale" in found["module of a module"]
    assert found["other module"] == ""
    assert "edited by hand" in found["edited by hand"]
    assert found["picture's manuscript"].startswith("lessons/pictures/01_faces_as_vectors.png: stale")
    assert "leaks: it holds BEGIN SOLUTION" in found["leaked solution"]
    assert "leaks: it holds output" in found["leaked output"]
    assert "nbgrader would copy this file to students" in found["file beside a solution"]
    assert "not built yet" in found["missing"]


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ('results("a")', "measured/a.csv"),
        ('facelab.published("c")', "published/c.csv"),
        ('data_path("cards/d.md").read_text()', "cards/d.md"),
        ('np.load(data_path("measured/b.npz"))', "measured/b.npz"),
    ],
)
def test_a_notebook_is_stale_when_a_stored_file_that_it_reads_changes(tmp_path, monkeypatch, line, file):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    manuscript, stored = tmp_path / "lesson.py", tmp_path / "data"
    manuscript.write_text(f"# %%\n{line}\n", encoding="utf-8")
    (stored / file).parent.mkdir(parents=True)
    before = notebooks.fingerprint(manuscript)
    (stored / file).with_name("other.npz").write_bytes(b"1")
    assert notebooks.fingerprint(manuscript) == before
    (stored / file).write_bytes(b"1")
    assert notebooks.fingerprint(manuscript) != before


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("1 / 0", "fails: ZeroDivisionError: division by zero"),
        ("import warnings; warnings.warn('a number is odd')", "a number is odd"),
    ],
)
def test_a_lesson_that_fails_or_warns_is_not_built(tree, line, complaint):
    manuscript = tree / "manuscript/lessons/01_faces_as_vectors.py"
    before, built = manuscript.read_text(encoding="utf-8"), (tree / "lessons/01_faces_as_vectors.ipynb").read_bytes()
    manuscript.write_text(before.replace("orl = load_orl()", f"orl = load_orl()\n{line}"), encoding="utf-8")
    done = in_tree(tree, "-m", "classroom", "build", "01")
    manuscript.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    assert complaint in done.stderr and "cell 4" in done.stderr and "Traceback" not in done.stderr
    assert (tree / "lessons/01_faces_as_vectors.ipynb").read_bytes() == built


def test_data_are_there_before_a_notebook_runs_and_a_missing_network_stops_no_other(monkeypatch, capsys):
    happened = []

    def fetch(names):
        happened.append(sorted(names))
        raise assets.AssetError("'cbcl' could not be fetched: no network.")

    monkeypatch.setattr(assets, "fetch", fetch)
    monkeypatch.setattr("classroom.pictures.build", lambda name: None)
    monkeypatch.setattr(build, "build", lambda lesson: happened.append(lesson.number))
    assert build.main(["01"]) in (0, 1)
    assert happened == [sorted(assets.known()), "01"]
    assert "no network" in capsys.readouterr().out


BUILT = [lesson for lesson in LESSONS if lesson.is_there]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lesson", BUILT, ids=lambda lesson: lesson.name)
def test_building_again_runs_without_a_fault_and_changes_nothing(tree, lesson, request):
    paths = [tree / p.relative_to(ROOT) for p in (lesson.notebook, lesson.solution, lesson.exercise)]
    before = [p.read_bytes() for p in paths]
    picture = tree / pictures.target_of(lesson.name).relative_to(ROOT)
    drawn = picture.read_bytes()
    done = in_tree(tree, "-m", "classroom", "build", lesson.number)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "MB of 2000" in done.stdout
    for path, old in zip(paths, before, strict=True):
        new, built = (nbformat.reads(text.decode(), as_version=4) for text in (path.read_bytes(), old))
        assert [(c.id, c.source) for c in new.cells] == [(c.id, c.source) for c in built.cells]
        assert kinds_of_output(new) == kinds_of_output(built)
        # Numbers are the same on the kind of processor that the committed ones were built on, with the same versions. A
        # notebook's own figures may differ: lesson 06 draws rounding noise, which hangs on where arrays lie in memory.
        if built.metadata.course.arithmetic == notebooks.arithmetic() and not request.config.getoption("--newest"):
            assert texts(new) == texts(built), f"{path.name} says something else when it is built again"
            assert picture.read_bytes() == drawn, f"{picture.name} changed when it was drawn again"


def texts(notebook):
    """What a notebook says in words: computed sentences and printed text."""
    outputs = [o for c in notebook.cells for o in c.get("outputs", [])]
    return [o.get("text") or o.get("data", {}).get("text/markdown") for o in outputs]


def kinds_of_output(notebook):
    """What each cell of a notebook puts out: words, pictures or both."""
    return [[(o.output_type, *sorted(o.get("data", {}))) for o in cell.get("outputs", [])] for cell in notebook.cells]


def test_a_notebook_says_on_what_kind_of_processor_it_was_built():
    code = "from classroom import notebooks\n{}\nprint(notebooks.arithmetic())"
    told = [in_tree(ROOT, "-c", code.format(more)).stdout for more in ("", "import scipy.linalg, sklearn, cv2, faiss")]
    said = notebooks.arithmetic()
    assert told == [f"{said}\n"] * 2, "it depends on what else was imported"
    assert said.startswith(f"{sys.platform} {platform.machine()}")
    built = read_notebook(LESSON.notebook).metadata.course.arithmetic
    assert built.split()[0] in ("linux", "darwin", "win32") and len(built.split()) > 2


def test_the_front_page_shows_the_picture_of_lesson_01():
    assert FRONT_PAGE.read_bytes() == front_page_picture(LESSON)
