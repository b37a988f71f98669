"""`course figures`: every figure of the lessons as a file, with its words, in an index that opens from the folder."""

import base64
import csv
import io
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from classroom import figures
from classroom.__main__ import main
from classroom.course import LESSONS, CourseError, find
from classroom.grading import read_notebook
from facelab.assets import asset


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Everything, exported once."""
    place = tmp_path_factory.mktemp("slides") / "new" / "figures"
    assert figures.main(["--to", str(place)]) == 0
    return place


def table(folder):
    with (folder / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_figure_of_every_lesson_is_there_bit_by_bit(folder):
    rows = {row["file"]: row for row in table(folder)}
    assert sorted(rows) == sorted(path.name for path in folder.glob("*.png"))
    for lesson in LESSONS:
        stored = [
            base64.b64decode(output.data["image/png"])
            for cell in read_notebook(lesson.notebook).cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        written = [(folder / name).read_bytes() for name in rows if name.startswith(lesson.number)]
        assert stored and set(stored) <= set(written)


def test_names_say_lesson_number_and_section(folder):
    names = [row["file"] for row in table(folder)]
    assert all(re.fullmatch(r"\d\d-\d\d-[a-z0-9]+(-[a-z0-9]+)*\.png", name) for name in names)
    assert "01-08-where-it-breaks-first-the-face-moves.png" in names
    for lesson in LESSONS:
        figures_themselves = [name for name in names if name.startswith(lesson.number) and "-position-" not in name]
        numbers = [int(name[3:5]) for name in figures_themselves]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)


def test_the_table_has_the_words_and_the_size_of_each_picture(folder):
    for row in table(folder):
        with Image.open(folder / row["file"]) as picture:
            assert picture.size == (int(row["width"]), int(row["height"]))
        assert row["caption"].strip() and len(row["alt"].split()) >= 4
        assert "CC BY 4.0" in row["credit"]


def test_the_index_shows_every_picture_and_leans_on_nothing_else(folder):
    page = BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")
    rows = table(folder)
    assert [(image["src"], image["alt"]) for image in page("img")] == [(row["file"], row["alt"]) for row in rows]
    assert [caption.text for caption in page("figcaption")] == [row["caption"] for row in rows]
    assert [title.text for title in page("h2")] == [lesson.heading for lesson in LESSONS]
    assert not page("script") and not page("link")
    assert {link["href"] for link in page("a")} == {row["file"] for row in rows}
    # It says what a projector makes of pictures of this size, from the sizes.
    assert f"{min(int(row['width']) for row in rows)} to {max(int(row['width']) for row in rows)} px" in page.text
    assert f"enlarged {1920 / int(rows[0]['width']):.1f} times" in page.dl.text


def test_the_credit_names_whose_faces_a_lesson_shows(folder):
    credit = {row["lesson"][:2]: row["credit"] for row in table(folder)}
    for number, name in (("01", "orl"), ("04", "cbcl"), ("05", "cbcl"), ("05", "orl"), ("07", "orl"), ("12", "orl")):
        assert asset(name).licence in credit[number]
    assert "NASA" in credit["07"] and "NASA" not in credit["05"]
    assert "AT&T" not in credit["04"] and "CBCL" not in credit["01"]
    assert "scikit-image" in credit["07"] and "scikit-image" not in credit["04"]


def test_every_lesson_that_loads_a_data_set_with_faces_credits_it():
    for lesson in LESSONS:
        notebook = read_notebook(lesson.notebook)
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        said = " ".join(figures.sources(notebook))
        for name in ("orl", "cbcl"):
            assert (f"load_{name}(" not in code) or asset(name).licence in said, lesson.name


def test_a_second_export_takes_the_first_ones_pictures_away_and_nothing_else(tmp_path, capsys):
    (tmp_path / "mine.png").write_bytes(b"mine")
    (tmp_path / "99-99-mine.png").write_bytes(b"mine")
    assert main(["figures", "02", "--to", str(tmp_path)]) == 0
    assert main(["figures", "1", "--to", str(tmp_path)]) == 0
    assert {path.name[:2] for path in tmp_path.glob("*.png")} == {"01", "mi", "99"}
    assert "figures of 1 lessons" in capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    main(["figures", "01", "--to", str(tmp_path)])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["figures", "01", "--to", str(tmp_path / "file" / "inside")]) == 1
    assert "choose another folder with --to" in capsys.readouterr().err
    with pytest.raises(CourseError, match="have no figures yet"):
        figures.export([], tmp_path)


def encoded(kind):
    packed = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(packed, format=kind)
    return base64.b64encode(packed.getvalue()).decode()


def test_positions_of_a_slider_and_words_with_signs_come_out_as_they_were(monkeypatch):
    one = (
        '<figure style="margin:0"><img alt="A &lt;b&gt; &amp; &quot;c&quot; drawn white" '
        f'src="data:image/webp;base64,{encoded("WEBP")}" style="width:100%"><figcaption>1 &lt; 2</figcaption></figure>'
    )
    still = one.replace("webp", "png").replace(encoded("WEBP"), encoded("PNG"))
    outputs = [
        {"text/html": still, "image/png": encoded("PNG")},
        {"text/html": one * 2},
        {"text/html": still, "image/png": encoded("PNG")},
    ]
    cells = [nbformat.v4.new_markdown_cell("# T\n\n## Try it: a *slider*")]
    for data in outputs:
        cells.append(nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data)]))
    notebook = nbformat.v4.new_notebook(cells=cells)
    monkeypatch.setattr(figures, "read_notebook", lambda path: notebook)
    found = list(figures.figures_of(find("01")))
    assert [figure.file for figure in found] == [
        "01-01-try-it-a-slider.png",
        "01-01-try-it-a-slider-position-1.png",
        "01-01-try-it-a-slider-position-2.png",
        "01-02-try-it-a-slider.png",
    ]
    for figure in found:
        assert (figure.alt, figure.caption) == ('A <b> & "c" drawn white', "1 < 2")
        assert Image.open(io.BytesIO(figure.png)).format == "PNG" and figure.size == (40, 30)
    assert 'alt="A &lt;b&gt; &amp; &quot;c&quot; drawn white"' in figures.index(found)
