"""The class folder: made whole or not at all, outside the repository, and an nbgrader course folder like any other."""

import os
import stat
import sys
import time
import types
from datetime import UTC, datetime

import pytest

from classroom import cohort
from classroom.__main__ import main
from classroom.cohort.folder import ClassFolder, new, parse_due
from classroom.cohort.people import read_roster, safe_id
from classroom.cohort.release import release
from classroom.course import ROOT, CourseError, Lesson, find

NAMES = ["01_faces_as_vectors", "11_a_nation_in_seconds"]


def roster(tmp_path, text="id,first_name,last_name,email\ns1,Ann,Lee,a@example.org\n", encoding="utf-8"):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    return path


# ---- new -------------------------------------------------------------------------------------------------------


def test_nbgrader_finds_assignments_students_and_the_due_date(class_template):
    folder = ClassFolder.open(class_template)
    found = {a["name"]: a for a in folder.api().get_assignments()}
    assert sorted(found) == folder.assignments == NAMES
    assert [a["status"] for a in found.values()] == ["draft", "draft"]
    assert found[NAMES[0]]["max_score"] == 10
    with folder.gradebook() as gradebook:
        assert sorted(s.id for s in gradebook.students) == [s.id for s in folder.roster]
        assert gradebook.find_student("s0003").first_name == "José"
        assert gradebook.find_student("s0003").lms_user_id == "503"
        assert gradebook.find_assignment(NAMES[0]).duedate == datetime(2026, 12, 1, 22, 59)  # nbgrader keeps UTC
        assert gradebook.find_assignment(NAMES[0]).course_id == "face-recognition"
        assert gradebook.find_assignment(NAMES[1]).duedate is None


def test_the_command_makes_a_private_folder_with_a_seed_of_its_own(class_template, tmp_path, capsys):
    assert main(["class", "new", str(tmp_path / "k"), "--roster", str(roster(tmp_path)), "--assignments", "01"]) == 0
    assert "a class of 1 with 1 assignments" in capsys.readouterr().out
    other = ClassFolder.open(tmp_path / "k")
    assert other.seed != ClassFolder.open(class_template).seed
    assert stat.S_IMODE(other.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((other.root / "seed").stat().st_mode) == 0o600
    assert other.source_notebook(NAMES[0]).read_bytes() == find("01").solution.read_bytes()


@pytest.mark.parametrize(
    ("where", "options", "sentence"),
    [
        (lambda tmp: ROOT / "klass", {}, "lies in the course's own folder"),
        (lambda tmp: ROOT / "tests/../klass", {}, "lies in the course's own folder"),
        (lambda tmp: tmp, {}, "is there already and not empty"),
        (lambda tmp: tmp / "people.csv", {}, "is there already and not empty"),
        (lambda tmp: tmp / "a?b", {}, "can't work in a path"),
        (lambda tmp: tmp / "new", {"numbers": ["99"]}, "There is no lesson '99'"),
        (lambda tmp: tmp / "new", {"numbers": ["01"], "due": ["02=2026-12-01"]}, "none of the assignments chosen"),
        (lambda tmp: tmp / "new", {"numbers": ["01"], "due": ["01=tomorrow"]}, "write it as in"),
    ],
)
def test_what_can_not_be_made_is_refused_and_leaves_nothing(tmp_path, where, options, sentence):
    people = roster(tmp_path)
    with pytest.raises(CourseError, match=sentence):
        new(where(tmp_path), people, **options)
    assert os.listdir(tmp_path) == ["people.csv"]
    assert not (ROOT / "klass").exists()


def test_an_exercise_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Lesson, "solution", property(lambda self: tmp_path / "none.ipynb"))
    with pytest.raises(CourseError, match="is not there yet"):
        new(tmp_path / "new", roster(tmp_path), ["16"])
    assert os.listdir(tmp_path) == ["people.csv"]


def test_a_folder_that_fails_half_way_is_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr(ClassFolder, "add_new_students", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        new(tmp_path / "new", roster(tmp_path), ["01"])
    assert os.listdir(tmp_path) == ["people.csv"]


def test_a_due_date_without_a_zone_is_local_time(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert parse_due("01=2026-12-01T23:59") == ("01", datetime(2026, 12, 2, 4, 59, tzinfo=UTC))
        assert parse_due("01=2026-12-01T23:59+01:00") == ("01", datetime(2026, 12, 1, 22, 59, tzinfo=UTC))
    finally:
        monkeypatch.undo()
        time.tzset()


# ---- the roster ------------------------------------------------------------------------------------------------

GERMAN = "\ufeffVorname;Nachname;ID-Nummer;E-Mail-Adresse\nJörg;Müller;4711;j@example.org\n"


@pytest.mark.parametrize(
    ("text", "encoding", "want"),
    [
        (GERMAN, "utf-8", ("4711", "Jörg", "Müller", "j@example.org", "")),
        (GERMAN[1:], "cp1252", ("4711", "Jörg", "Müller", "j@example.org", "")),
        ("first_name,last_name,email\nJo\u0308rg,Müller,jm@x.org\n", "utf-8", ("jm", "Jörg", "Müller", "jm@x.org", "")),
        (
            'Student,Canvas ID,SIS User ID\n"Lee, Ann Mary",77,A1\n',
            "utf-8",
            ("A1", "Ann Mary", "Lee", "", "77"),
        ),
        (
            'Student,ID,SIS User ID,SIS Login ID\n  Points Possible,,,\n"Lee, Ann",77,A1,al\n"Student, Test",9,,\n',
            "utf-8",
            ("A1", "Ann", "Lee", "", "77"),
        ),
        ('Student,ID,Section\n"Lee, Ann",77,S\n', "utf-8", ("77", "Ann", "Lee", "", "77")),
        ("last_name\tfirst_name\nO'Neil \t Zoë\n", "utf-8", ("Zoe.O-Neil", "Zoë", "O'Neil", "", "")),
        ("id,name\n../../x y,Ann Lee\n\n", "utf-8", ("x-y", "Ann", "Lee", "", "")),
    ],
)
def test_rosters_as_they_come(tmp_path, text, encoding, want):
    (student,) = read_roster(roster(tmp_path, text, encoding))
    assert (student.id, student.first_name, student.last_name, student.email, student.lms_user_id) == want


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,first_name\nA1,Ann\nb2,Bob\na1,Cy\n", "lines 2 and 4: both learners would have the id 'a1'"),
        ("id,first_name\nMüller,x\nMu\u0308ller,y\n", "lines 2 and 3"),
        ("first_name,last_name\n花子,山田\n", "line 2: no folder name can be made of '花子.山田'"),
        ("id,first_name\n..,Ann\n", "line 2: no folder name"),
        ("id,first_name\nCON,Ann\n", "line 2: no folder name"),
        ("colour,size\nred,3\n", "needs a header with some of the columns"),
        ("id,first_name\n", "names no learner"),
    ],
)
def test_rosters_that_can_not_be_used(tmp_path, text, sentence):
    with pytest.raises(CourseError, match=sentence):
        read_roster(roster(tmp_path, text))


@pytest.mark.parametrize("text", ["..", ".", "-rf", "a/b", "a\\b", "~root", ".hidden", "a" * 500, "x.", "ä ö"])
def test_an_id_is_a_plain_folder_name(text, tmp_path):
    name = safe_id(text)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert len(name) <= 64 and not name.startswith((".", "-")) and not name.endswith(".")
    if name:
        assert (tmp_path / name).parent == tmp_path and (tmp_path / name).resolve() != tmp_path


def test_who_joins_later_is_added_and_nobody_is_changed(klass):
    with klass.gradebook() as gradebook:
        gradebook.update_or_create_student("s0002", first_name="Annabel")
    with (klass.root / "roster.csv").open("a", encoding="utf-8") as file:
        file.write("s0099,New,Comer,n@example.org,\n")
    ClassFolder.open(klass.root).add_new_students()
    with klass.gradebook() as gradebook:
        assert gradebook.find_student("s0099").last_name == "Comer"
        assert gradebook.find_student("s0002").first_name == "Annabel"


# ---- working in it ---------------------------------------------------------------------------------------------


def test_the_release_is_the_one_in_the_repository_and_a_second_run_changes_nothing(klass):
    made = klass.release_notebook(NAMES[0]).read_bytes()
    assert made.decode().split() == find("01").exercise.read_text(encoding="utf-8").split()
    assert b"HIDDEN" not in made
    assert release(klass, [NAMES[0]]) == [klass.release_notebook(NAMES[0])]
    assert klass.release_notebook(NAMES[0]).read_bytes() == made


def test_a_broken_source_is_told_in_nbgraders_words(klass):
    klass.source_notebook(NAMES[0]).write_text("{}", encoding="utf-8")
    with pytest.raises(CourseError, match="nbgrader could not release 01_faces_as_vectors"):
        release(klass, [NAMES[0]])


def test_settings_are_the_courses_with_the_instructors_own_on_top(klass, monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "5")
    with (klass.root / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("c.Execute.timeout = 7\n")
    config = ClassFolder.open(klass.root).config()
    assert config.Execute.timeout == 7
    assert config.OverwriteCells.add_missing_cells is True  # the course's
    assert config.CourseDirectory.db_url.endswith("gradebook.db?timeout=60")
    assert os.environ["COURSE_SEED"] == "5"  # reading the settings leaves this process alone


def test_plain_nbgrader_draws_hidden_inputs_from_the_classes_seed(klass, monkeypatch):
    monkeypatch.setenv("COURSE_SEED", "5")
    from traitlets.config import PyFileConfigLoader

    PyFileConfigLoader("nbgrader_config.py", path=str(klass.root)).load_config()
    assert os.environ["COURSE_SEED"] == str(klass.seed)


def test_only_a_class_folder_is_taken_for_one(tmp_path, klass, capsys):
    for command in (["release"], ["collect", "x.zip"], ["grade"], ["feedback"], ["export"]):
        assert main(["class", *command, "--class", str(tmp_path)]) == 1
        assert "is no class folder" in capsys.readouterr().err
    (klass.root / "class.toml").write_text("format = 99\n", encoding="utf-8")
    with pytest.raises(CourseError, match="of a version"):
        ClassFolder.open(klass.root)
    (klass.root / "class.toml").write_text("format = \n", encoding="utf-8")
    with pytest.raises(CourseError, match="cannot be read"):
        ClassFolder.open(klass.root)


def test_a_lost_seed_is_not_replaced_silently(klass):
    (klass.root / "seed").unlink()
    with pytest.raises(CourseError, match="bring it back"):
        _ = klass.seed


def test_assignments_are_named_by_number_and_others_are_refused(klass):
    assert klass.chosen(["11", "1", "01"]) == [NAMES[1], NAMES[0]]
    assert klass.chosen([]) == NAMES
    with pytest.raises(CourseError, match="02_eigenfaces is none of this class's assignments"):
        klass.chosen(["02"])


def test_grade_hands_its_options_to_the_grader(klass, monkeypatch):
    got = []
    grader = types.SimpleNamespace(main=lambda folder, options: got.append((folder, options)) or 3)
    monkeypatch.setitem(sys.modules, "classroom.cohort.grade", grader)
    arguments = [
        "grade",
        "01",
        "--class",
        str(klass.root),
        "--student",
        "a",
        "--student",
        "b",
        "--jobs",
        "3",
        "--again",
    ]
    assert cohort.main(arguments) == 3
    folder, options = got[0]
    assert folder.root == klass.root
    assert options.assignments == [NAMES[0]] and options.student == ["a", "b"] and options.jobs == 3
    assert options.again and not options.unsafe and not options.json and options.scheduler is None
