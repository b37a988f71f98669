"""`course class grade`: every submission ends in one state, once, whatever happens to it or to the batch."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from classroom import course
from classroom.__main__ import main as command
from classroom.cohort import grade, ledger
from classroom.cohort.execute import Job
from classroom.cohort.folder import ClassFolder, new
from classroom.cohort.release import release
from classroom.cohort.repair import repair
from classroom.grading import grade_id, read_notebook
from classroom.sandbox import warm

LESSON = course.find("02")
pytestmark = pytest.mark.skipif(
    bool(warm.refusal()) and not os.environ.get("CI"), reason=f"no sandbox here: {warm.refusal()}"
)


def handed_in(folder, change=lambda notebook: None):
    """The released notebook with the solution's answers, then changed."""
    notebook = nbformat.read(folder.release_notebook(LESSON.name), as_version=4)
    answers = {grade_id(c): c.source for c in read_notebook(LESSON.solution).cells if grade_id(c)}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[grade_id(cell)]
    change(notebook)
    return nbformat.writes(notebook)


def put(folder, student, text):
    place = folder.submitted_notebook(student, LESSON.name)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    (place.parent / "timestamp.txt").write_text("2026-11-20 12:00:00 UTC")


def first_check(notebook):
    return next(i for i, c in enumerate(notebook.cells) if grade_id(c).endswith("-check"))


def copied(notebook):
    notebook.cells.append(notebook.cells[first_check(notebook)].copy())


def deleted(notebook):
    del notebook.cells[first_check(notebook)]


def disarmed(notebook):
    notebook.cells[first_check(notebook)].source = "pass"
    notebook.cells[first_check(notebook)].metadata["nbgrader"]["points"] = 100


def endless(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("while True: pass"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A class folder with submissions of several kinds, not graded yet."""
    root = tmp_path_factory.mktemp("class")
    (root / "roster.csv").write_text("id,first_name,last_name,email\n" + "".join(f"{s},{s},X,\n" for s in KINDS))
    folder = new(root / "course", root / "roster.csv", ["02"], [])
    release(folder, folder.assignments)
    for student, (text, *_) in KINDS.items():
        put(folder, student, text(folder))
    return folder


QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
KINDS = {  # student → what is handed in, its points, the codes of its reasons
    "copied": (lambda f: handed_in(f, copied), 10, {"duplicated"}),
    "cut": (lambda f: handed_in(f)[:-3000], None, {"damaged", "missing"}),
    "deleted": (lambda f: handed_in(f, deleted), 10, {"missing"}),
    "disarmed": (lambda f: handed_in(f, disarmed), 10, {"changed"}),
    "empty": (lambda f: "", 0, {"empty"}),
    "honest": (handed_in, 10, set()),
    "list": (lambda f: "[1, 2, 3]", 0, {"damaged", "missing"}),
    "nothing": (lambda f: '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', 0, {"empty"}),
    "stub": (lambda f: f.release_notebook(LESSON.name).read_text(), 0, set()),
}


def run(folder, *options):
    return command(["class", "grade", "02", "--class", str(folder.root), *options])


def marks(folder):
    """Automatic points and whether a person is needed, by student, from nbgrader's gradebook."""
    with folder.gradebook() as gradebook:
        return {
            s.student.id: sum(g.auto_score or 0 for n in s.notebooks for g in n.grades)
            for s in gradebook.assignment_submissions(LESSON.name)
        }


def state(folder):
    paths = [p for part in ("ledger", "autograded") for p in (folder.root / part).rglob("*") if p.is_file()]
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in paths}


@pytest.fixture(scope="module")
def graded(made):
    assert run(made, "--jobs", "2") == 0
    return made


def test_every_submission_ends_in_one_state_with_its_reasons(graded):
    entries = {e["student"]: e for e in ledger.entries(graded, LESSON.name)}
    assert set(entries) == set(KINDS) == set(marks(graded))
    for student, (_, points, codes) in KINDS.items():
        entry = entries[student]
        assert {r["code"] for r in entry["reasons"]} == codes, student
        assert entry["state"] == ("graded with a reason" if codes else "graded")
        assert entry["points"] == marks(graded)[student]
        if points is not None:
            assert entry["points"] == points, student
        if codes <= {"missing", "changed"} and codes:
            assert entry["memory"] > 0


def test_originals_are_untouched(graded):
    for student, (text, *_) in KINDS.items():
        path = graded.submitted_notebook(student, LESSON.name)
        assert path.read_text(encoding="utf-8") == text(graded) or student in (
            "copied",
            "deleted",
            "disarmed",
            "honest",
        )
        assert sorted(p.name for p in path.parent.iterdir()) == [path.name, "timestamp.txt"]


def test_running_twice_changes_nothing(graded):
    before, points = state(graded), marks(graded)
    assert run(graded) == 0
    assert state(graded) == before
    assert marks(graded) == points


def test_a_changed_submission_is_graded_again_and_a_manual_mark_stays(graded, capsys):
    with graded.gradebook() as gradebook:
        check = gradebook.find_notebook(LESSON.name, LESSON.name).grade_cells[0].name
        grade_ = gradebook.find_grade(check, LESSON.name, LESSON.name, "stub")
        grade_.manual_score = 1.5
        gradebook.db.commit()
    before = state(graded)
    put(graded, "stub", handed_in(graded))
    assert run(graded, "--json") == 0
    entries = {e["student"]: e for e in json.loads(capsys.readouterr().out)}
    assert entries["stub"]["points"] == 10
    changed = {path for path, content in state(graded).items() if before.get(path) != content}
    assert {p.parent.parent.name for p in changed if p.suffix == ".ipynb"} == {"stub"}
    with graded.gradebook() as gradebook:
        grade_ = gradebook.find_grade(check, LESSON.name, LESSON.name, "stub")
        assert (grade_.manual_score, grade_.auto_score > 0, grade_.needs_manual_grade) == (1.5, True, True)


def copy_of(folder, target):
    subprocess.run(["cp", "-a", folder.root, target], check=True)
    for part in ("ledger", "autograded"):
        subprocess.run(["rm", "-rf", target / part], check=True)
    (target / "gradebook.db").unlink()
    copy = ClassFolder.open(target)
    copy.add_new_students()
    release(copy, copy.assignments)
    return copy


def gone(session, seconds=20):
    """Whether every process of a session ends within some seconds; kernels, too, belong to it until they are made."""
    end = time.monotonic() + seconds
    while (left := [p for p in psutil.process_iter() if of_session(p.pid, session)]) and time.monotonic() < end:
        time.sleep(0.2)
    return not left


def of_session(pid, session):
    try:
        return os.getsid(pid) == session
    except OSError:
        return False


def test_a_killed_batch_goes_on_where_it_was(graded, tmp_path):
    """SIGKILL to the main process, at random moments; the marks after all that are those of a quiet run."""
    folder = copy_of(graded, tmp_path / "killed")
    rng = random.Random(8)
    arguments = [sys.executable, "-m", "classroom", "class", "grade", "02", "--class", str(folder.root)]
    for _ in range(int(os.environ.get("KILLS", "3"))):
        process = subprocess.Popen(arguments, cwd=course.ROOT, start_new_session=True, **QUIET)
        time.sleep(rng.uniform(2, 12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert gone(process.pid), "workers, kernels or the sandbox outlived the batch"
    left = Path(f"/tmp/{warm.FOLDERS}{process.pid}-left")
    left.mkdir(exist_ok=True)
    subprocess.run(arguments, cwd=course.ROOT, check=True, **QUIET)
    assert not list(left.parent.glob(f"{warm.FOLDERS}{process.pid}-*"))
    assert marks(folder) == marks(graded)
    theirs = {e["student"]: e["reasons"] for e in ledger.entries(graded, LESSON.name)}
    assert {e["student"]: e["reasons"] for e in ledger.entries(folder, LESSON.name)} == theirs
    with folder.gradebook() as gradebook:
        assert len(gradebook.assignment_submissions(LESSON.name)) == len(KINDS)


def test_dask_workers_grade_too_and_one_may_die(graded, tmp_path):
    distributed = pytest.importorskip("distributed")
    folder = copy_of(graded, tmp_path / "dask")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        victim = next(iter(cluster.workers.values()))
        killer = subprocess.Popen(["sh", "-c", f"sleep 6; kill -9 {victim.pid or victim.process.pid}"])
        assert run(folder, "--scheduler", cluster.scheduler_address) == 0
        killer.wait()
    assert marks(folder) == marks(graded)


class Deadly(Job):
    """A job that ends the worker that gets it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_what_ends_its_worker_costs_nobody_else(graded):
    texts = [p.read_text() for p in (graded.source_notebook(LESSON.name), graded.release_notebook(LESSON.name))]
    good = [Job(f"good{i}", LESSON.name, handed_in(graded), *texts, 1) for i in range(2)]
    bad = Deadly("bad", LESSON.name, "", *texts, 1)
    outcomes = {o.student: o for o in grade._by_processes(iter([good[0], bad, good[1]]), 2, True)}
    assert {s: sum(t.points or 0 for t in o.tasks) for s, o in outcomes.items()} == {"good0": 10, "bad": 0, "good1": 10}
    assert outcomes["bad"].reasons[0][0] == "died"


def test_repair_puts_cells_back_in_the_release_s_order(made):
    master = nbformat.read(made.source_notebook(LESSON.name), as_version=4)
    released = nbformat.read(made.release_notebook(LESSON.name), as_version=4)
    empty = nbformat.v4.new_notebook()
    notebook, reasons = repair(empty, master, released)
    assert [grade_id(c) for c in notebook.cells] == [grade_id(c) for c in master.cells if grade_id(c)]
    assert {code for code, _ in reasons} == {"missing"}
    assert all("NotDone" in c.source for c in notebook.cells if c.metadata["nbgrader"]["solution"])


def test_without_a_sandbox_it_refuses_and_says_how_to_go_on(made, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert run(made) == 1
    told = capsys.readouterr().err
    assert "bubblewrap" in told and "--unsafe" in told
