"""Every kind of hostile or broken submission through the sandboxed grader, into a real gradebook.

No kind escapes, gains a mark, takes another task's, or stops the grader; each ends, and says why it has no marks.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import hostile
import nbformat
import pytest
from bs4 import BeautifulSoup
from hostile import KINDS, Paper, World
from hostile_ordinary import UID, as_ordinary
from hostile_trial import Ours, make_class, wrong_about
from nbconvert import HTMLExporter

from classroom import feedback, forbidden, port
from classroom.answers import Answers, Limits
from classroom.cohort import execute
from classroom.cohort.repair import repair
from classroom.grading import TooManyParts, parse_answers
from classroom.sandbox import memory, warm
from facelab import assets

REFUSAL = warm.refusal()
needs_sandbox = pytest.mark.skipif(bool(REFUSAL) and not os.environ.get("CI"), reason=REFUSAL or "there is a sandbox")


@pytest.fixture(scope="module")
def open_folder():
    """A folder that everybody may enter: what keeps answers out must be the sandbox, not the mode of a folder."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def ours(open_folder):
    assert not REFUSAL, REFUSAL
    root = open_folder / "ours"
    root.mkdir()
    folder = make_class(root)
    with World(root / "outside") as world, Ours(folder, world) as grader:
        yield grader


@needs_sandbox
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_kind_escapes_gains_or_stops_the_grader(ours, kind):
    trial = ours.try_out(kind)
    assert wrong_about(kind, trial) == [], (trial.reasons, trial.said)


def test_there_are_many_kinds_and_every_one_differs():
    assert len(KINDS) >= 65
    assert len({kind.name for kind in KINDS}) == len({kind.student for kind in KINDS}) == len(KINDS)


ORDINARY = (
    "honest",
    "endless loop",
    "memory bomb by many",
    "fork bomb",
    "kills everybody",
    "daemon",
    "reads the home folder",
    "reads /proc",
    "changes files",
    "network to loopback",
    "a socket becomes a link",
    "tampers with the warm process",
    "namespaces and mounts",
    "leaves traces for the next",
)


@needs_sandbox
def test_an_ordinary_user_s_sandbox_is_as_tight(open_folder):
    assert not REFUSAL, REFUSAL
    mine = open_folder / "mine"
    mine.mkdir()
    if os.getuid() == 0:
        os.chown(mine, UID, UID)
    command = [sys.executable, str(Path(__file__).with_name("hostile_ordinary.py")), str(mine), *ORDINARY]
    environment = os.environ | {"HOME": str(mine), "FACELAB_DATA": str(assets.cache()), "TMPDIR": str(mine)}
    ran = subprocess.run(as_ordinary(command), capture_output=True, text=True, env=environment, cwd=mine)
    outcomes = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [name for name, *_ in outcomes] == list(ORDINARY), ran.stderr[-2000:]
    assert [(name, wrong) for name, _, _, wrong in outcomes if wrong] == []


# ---- parts of the defence by themselves --------------------------------------------------------------------------

MARKUP = """<script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:alert(3)) [b][c]
![d](x' onerror='alert(4))
<javascript:alert(5)> $\\href{javascript:alert(6)}{x}$ <a href='&#106;avascript:alert(7)'>e</a>

[c]: javascript:alert(8)

*emphasis* and 1 < 2"""


def test_what_a_learner_writes_is_no_markup_for_whoever_opens_it():
    released = hostile.master()
    paper = Paper(released)
    paper[hostile.WRITTEN] = MARKUP
    paper.insert(1, MARKUP, "markdown")
    paper.insert(1, MARKUP, "raw")
    notebook, _ = repair(parse_answers(paper.text()), released, released)
    page = BeautifulSoup(HTMLExporter().from_notebook_node(notebook)[0], "html.parser").find("main")
    assert not page.find_all("script") and not page.find_all("img")
    for tag in page.find_all(True):
        assert not any(name.startswith("on") for name in tag.attrs)
        assert "javascript" not in tag.get("href", "")
    assert "\\href" not in page.text
    assert "1 < 2" in page.text and page.find("em")


def test_a_picture_that_ends_its_attribute_is_left_out():
    good, bad = (nbformat.v4.new_output("display_data", data={"image/png": d}) for d in ("iVBORw0=\n", "A' onerror='x"))
    assert feedback._harmless([good, bad]) == [good]


def test_text_that_only_a_mind_can_read_stops_no_parser():
    deep = ["def f(x):\n    return " + part for part in ("-" * 100_000 + "1", "1+" * 3000 + "1", "x" + ".a" * 3000)]
    for source in deep:
        assert forbidden.used([source], ["f"], ["numpy.linalg.norm"]) == ""
    assert forbidden.used(["import numpy as np\ndef f(x):\n    return np.linalg.norm(x)"], ["f"], ["numpy.linalg.norm"])


def test_half_a_character_is_replaced_on_the_way_in():
    notebook = parse_answers('{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}')
    assert notebook.cells[0].source == "x = '?'"


@pytest.mark.parametrize("text", ["[" + "[]," * 40_000_000 + "[]]", '["' + "[" * 90_000_000 + '"]'])
def test_json_is_weighed_before_it_is_read(text):
    with pytest.raises(port.Refused, match="large"):
        port.parse(text, 64 << 20)
    assert port.parse(json.dumps([0] * 900_000), 64 << 20) == [0] * 900_000


def test_dicts_whose_keys_collide_are_few():
    wide = [{i * ((1 << 61) - 1): 0 for i in range(1000)} for _ in range(11)]
    with pytest.raises(port.Refused, match="large"):
        port.dumps(wide, 64 << 20)
    assert port.loads(port.dumps(wide[:9], 64 << 20), 64 << 20) == wide[:9]


def test_a_notebook_of_too_many_parts_is_not_read_and_a_long_text_is():
    with pytest.raises(TooManyParts):
        parse_answers('{"cells": [], "x": [' + "[]," * 5_000_000 + "[]]}")
    text = json.dumps({"cells": [{"cell_type": "code", "source": "x", "outputs": ["[1, 2, 3], " * 1_500_000]}]})
    assert parse_answers(text).cells[0].source == "x"


def test_a_grader_that_stumbles_gives_a_result_all_the_same(monkeypatch):
    def stumble(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(execute, "answer_cells", stumble)
    master = nbformat.writes(hostile.master())
    outcome = execute.execute(execute.Job("a", hostile.ASSIGNMENT, master, master, master, 1))
    assert [(t.points, t.kind) for t in outcome.tasks] == [(0, "auto")] * 3 + [(None, "manual")]
    assert outcome.reasons == [("died", "The grader stumbled over this notebook (RecursionError); look at it by hand.")]


@needs_sandbox
def test_memory_of_all_processes_together_is_limited_without_control_groups(ours, monkeypatch):
    monkeypatch.setattr(memory, "parents", lambda: [])
    with warm.Warm(warm.Resources(memory=1 << 30, space=3 << 30)) as started:
        monkeypatch.setattr(warm, "_shared", started)
        limits = Limits(cell=60)
        with Answers([("bomb", hostile.MANY_PROCESSES)], limits, sandboxed=True) as answers:
            answers.prepare()
        assert answers.kernel.out_of_memory
        assert answers.problems["bomb"].message == "the cell used more memory than a notebook may"


@needs_sandbox
def test_a_course_that_lies_in_tmp_is_shown_and_nothing_else_there_is(monkeypatch):
    """A clone below /tmp is the same course; it stays read-only, and its neighbours stay unseen."""
    with tempfile.TemporaryDirectory(prefix="a course ", dir="/tmp") as name:
        below = Path(name)
        below.chmod(0o755)
        for folder in ("shown", "hidden"):
            (below / folder).mkdir()
            (below / folder / "file.txt").write_text("here")
        there = [str(below / "shown/file.txt"), str(below / "hidden")]
        monkeypatch.setattr(warm, "SYSTEM", (*warm.SYSTEM, str(below / "shown"), there[0]))
        source = (
            f"from pathlib import Path\ndef look(): return [Path(p).exists() for p in {there}]\n"
            f"def write(): Path({there[0]!r} + '2').write_text('x')"
        )
        with warm.Warm() as started:
            monkeypatch.setattr(warm, "_shared", started)
            with Answers([("a", source)], sandboxed=True) as answers:
                assert answers.proxy("look", "a")() == [True, False]
                with pytest.raises(Exception, match="Read-only"):
                    answers.proxy("write", "a")()
