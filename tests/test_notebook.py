"""facelab.notebook in real kernels: figures with alt text, sentences, and check cells kept apart."""

import base64
import json
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient

from facelab import notebook, plots
from facelab.checks import CheckFailed, expect

BEGIN = "import facelab.notebook\nfacelab.notebook.begin_exercise()"
CHECK = "# Check of 01-a: run this cell\nfrom facelab.checks import expect\n"


def run(*sources):
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    NotebookClient(nb, allow_errors=True, timeout=60, kernel_name="python3").execute()
    return [cell.outputs for cell in nb.cells]


@pytest.fixture(scope="module")
def outputs():
    return run(
        "from facelab import plots\nfrom facelab.notebook import say, show, show_source\n"
        "fig, (ax,) = plots.figure()\nax.plot([1, 2])\n"
        "show(fig, alt='A line that rises from 1 to 2 <b>', caption='Rising & shining')",
        "say(f'It is **{6 * 7}**.')",
        "from facelab import images\nshow_source(images.nearest)",
    )


def test_show_gives_one_output_with_html_alt_text_and_png(outputs):
    (output,) = outputs[0]
    html = output.data["text/html"]
    assert 'alt="A line that rises from 1 to 2 &lt;b&gt;"' in html
    assert "<figcaption>Rising &amp; shining</figcaption>" in html
    inside = re.search(r"base64,([^\"]+)", html)[1]
    assert base64.b64decode(inside) == base64.b64decode(output.data["image/png"])
    assert "A line that rises" in output.data["text/plain"]


def test_say_and_show_source(outputs):
    assert outputs[1][0].data["text/markdown"] == "It is **42**."
    assert outputs[2][0].data["text/markdown"].startswith("```python\ndef nearest(")


def test_the_same_figure_gives_the_same_bytes():
    def draw():
        fig, (ax,) = plots.figure()
        ax.plot([3, 1, 2])
        return notebook.png(fig)

    assert draw() == draw()


@pytest.mark.parametrize(("alt", "caption"), [("", "c"), ("plot", "c"), ("A line that rises slowly", " ")])
def test_a_figure_without_words_is_refused(alt, caption):
    fig, _ = plots.figure()
    with pytest.raises(ValueError, match="Say in both what the figure shows"):
        notebook.show(fig, alt=alt, caption=caption)


def test_check_cells_run_without_stderr_and_leave_no_names():
    noisy = (
        "import os, sys, warnings\ndef noisy():\n    warnings.warn('w'); print('e', file=sys.stderr)\n"
        "    os.write(2, b'c-level')\n    return 1\nkept = 'mine'"
    )
    outputs = run(
        BEGIN,
        noisy,
        CHECK + "want = 1\nkept = 'theirs'\nexpect(noisy(), want)",
        "print('want' in globals(), kept)",
        "noisy();",
        CHECK + "leftover = 1\nexpect(noisy(), 2, {'one is not two': 1})",
        "print('leftover' in globals())",
    )
    assert outputs[2] == []
    assert outputs[3][0].text == "False mine\n"
    assert any(o.get("name") == "stderr" for o in outputs[4])
    (error,) = outputs[5]
    assert (error.ename, error.traceback) == ("CheckFailed", ["one is not two"])
    assert outputs[6][0].text == "False\n"


def test_an_answer_that_is_not_there_is_said_so():
    outputs = run(BEGIN, "def f(:", CHECK + "expect(f(1), 2)", CHECK + "import numpy as np\nexpect(np.asarray(g), 2)")
    for output, name in ((outputs[2], "f"), (outputs[3], "g")):
        ((error),) = output
        assert error.traceback == [f"`{name}` is not there: run its cell, and read the error under it if there is one."]


def test_running_the_first_cell_twice_guards_once():
    outputs = run(BEGIN, BEGIN, CHECK + "expect(1, 1)", "print(len(get_ipython().events.callbacks['pre_run_cell']))")
    again = run(BEGIN, "print(len(get_ipython().events.callbacks['pre_run_cell']))")
    assert outputs[3][0].text == again[1][0].text


def test_a_self_test_says_what_it_found_and_goes_on():
    begin = BEGIN + "\nfrom facelab.checks import NotDone\nfrom facelab.notebook import self_test"
    check = CHECK + "with self_test():\n    expect(f(), 1, {'two is not one': 2})"
    answers = ["def f():\n    raise NotDone", "def f():\n    return 2", "def f():\n    return 1", "del f"]
    outputs = run(begin, *(source for answer in answers for source in (answer, check)))
    said = [output.text for cell in outputs[2::2] for output in cell]
    assert said[:3] == [
        "Not done yet: your answer replaces the line `raise NotDone`.\n",
        "two is not one\n",
        "Right.\n",
    ]
    assert said[3].startswith("`f` is not there: run its cell")


def test_outside_of_a_notebook_a_self_test_raises_like_any_check():
    with pytest.raises(CheckFailed, match="two is not one"), notebook.self_test():
        expect(2, 1, {"two is not one": 2})


def test_the_stub_shows_one_line():
    ((error,),) = run("from facelab.checks import NotDone\nraise NotDone  # your answer replaces this line")
    assert error.traceback == ["Not done yet: your answer replaces the line `raise NotDone`."]


TABLE = "import numpy as np\nfrom facelab.notebook import show_table, interactive\n" + (
    "t = np.array([('a', 1991.0, 0.12345), ('b', np.nan, np.nan)], "
    "dtype=[('name', 'U1'), ('year', float), ('eer', float)])\n"
)


def test_a_table_is_shown_with_its_formats_and_gaps():
    ((output,),) = run(TABLE + "show_table(t, {'name': 'method', 'eer': 'EER (.3f)', 'year': 'year'})")
    assert output.data["text/markdown"].splitlines() == [
        "| method | EER | year |",
        "| --- | --- | --- |",
        "| a | 0.123 | 1991 |",
        "| b | – | – |",
    ]


SLIDER = "interactive(%s, k=(1, 5), positions=[{'k': 2}, {'k': 4}])"
FIGURE = (
    "from facelab import plots\nfrom facelab.notebook import show\n"
    "def draw(k=2):\n"
    "    fig, _ = plots.figure()\n"
    "    show(fig, alt=f'Axes that are empty, {k} of five', caption='Nothing & <more>')\n"
)


def test_sliders_are_there_for_a_reader():
    ((output,),) = run(TABLE + SLIDER % "lambda k=2: print('k is', k)")
    assert "application/vnd.jupyter.widget-view+json" in output.data


def test_while_a_lesson_is_built_a_sliders_sentences_are_stored_as_a_table(monkeypatch):
    monkeypatch.setenv("COURSE_BUILDING", "1")
    ((first, table),) = run(TABLE + "from facelab.notebook import say\n" + SLIDER % "lambda k=2: say(f'k is **{k}**')")
    assert "a slider for `k`" in first.data["text/markdown"]
    assert table.data["text/markdown"].splitlines() == [
        "| `k` | what it says |",
        "| --- | --- |",
        "| 2 | k is **2** |",
        "| 4 | k is **4** |",
    ]


def test_while_a_lesson_is_built_a_sliders_pictures_are_stored_with_their_alt_texts(monkeypatch):
    monkeypatch.setenv("COURSE_BUILDING", "1")
    ((_, pictures),) = run(TABLE + FIGURE + SLIDER % "draw")
    soup = BeautifulSoup(pictures.data["text/html"], "html.parser")
    positions = soup.find_all("div", class_="position")
    assert [json.loads(position["data-values"]) for position in positions] == [{"k": "2"}, {"k": "4"}]
    assert [position.code.text for position in positions] == ["k = 2", "k = 4"]
    assert [image["alt"] for image in soup("img")] == [f"Axes that are empty, {k} of five" for k in (2, 4)]
    assert all(image["src"].startswith("data:image/webp;base64,UklGR") for image in soup("img"))


def test_a_position_sets_every_slider():
    with pytest.raises(ValueError, match=r"a position sets a; the sliders are a, b"):
        notebook.interactive(print, positions=[{"a": 1}], a=(0, 1), b=(0, 1))
