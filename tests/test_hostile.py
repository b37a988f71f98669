"""Every kind of hostile or broken submission through the sandboxed grader, into a real gradebook.

No kind escapes, gains a mark, takes another task's, or stops the grader; each ends, and says why it has no marks.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hostile import KINDS, World
from hostile_ordinary import UID, as_ordinary
from hostile_trial import Ours, make_class, wrong_about

from classroom.sandbox import warm
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
