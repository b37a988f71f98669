"""`course class collect`: exports of learning systems, honest and hostile; nothing guessed, nothing lost."""

import hashlib
import json
import os
import stat
import struct
import unicodedata
import zipfile

import nbformat
import pytest

from classroom.__main__ import main
from classroom.cohort import archives, collect
from classroom.cohort.collect import read_records, read_unmatched
from classroom.cohort.folder import ClassFolder
from classroom.cohort.people import Directory, Student
from classroom.course import CourseError, find
from classroom.grading import read_notebook

FIRST, SECOND = find("01").name, find("11").name
MONDAY, TUESDAY = (2026, 11, 30, 10, 0, 0), (2026, 12, 2, 9, 0, 0)  # before and after the due date


def notebook(text="", number="01"):
    """A submission that differs from another by its text."""
    made = read_notebook(find(number).exercise)
    made.cells.append(nbformat.v4.new_markdown_cell(text, id="own"))
    return nbformat.writes(made).encode()


def zipped(path, members):
    """A zip of (name, content) or (name, content, date_time) members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, *when in members:
            info = zipfile.ZipInfo(name, *when or [MONDAY])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def tree(place):
    """Every file below a folder, with a digest of what it holds."""
    files = (p for p in sorted(place.rglob("*")) if p.is_file())
    return {p.relative_to(place).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def handed_in(klass, student, assignment=FIRST):
    return klass.submitted_notebook(student, assignment).read_bytes()


def everything(klass):
    return {k: v for k, v in tree(klass.root).items() if not k.startswith("gradebook.db")}


# ---- who it is -------------------------------------------------------------------------------------------------

MOODLE = "{}_12345_assignsubmission_file_/answers.ipynb"


@pytest.mark.parametrize(
    ("name", "student"),
    [
        (MOODLE.format("Ann Lee"), "s0002"),
        (MOODLE.format("Lee Ann"), "s0002"),
        (MOODLE.format("Lee, Ann"), "s0002"),
        (MOODLE.format("ANN  LEE"), "s0002"),
        (MOODLE.format("Jörg Müller"), "s0001"),
        (MOODLE.format(unicodedata.normalize("NFD", "Jörg Müller")), "s0001"),
        (MOODLE.format("Joerg Mueller"), "s0001"),
        (MOODLE.format("Jorg Muller"), "s0001"),
        (MOODLE.format("Jose Nunez"), "s0003"),
        ("Ann Lee_12345_assignsubmission_file/answers.ipynb", "s0002"),  # Moodle since 4.1
        ("Ann Lee_12345_assignsubmission_file_answers.ipynb", "s0002"),  # Moodle without folders
        ("Kurs-01/Ann Lee_12345_assignsubmission_file_/sub/answers.ipynb", "s0002"),
        ("Teilnehmer_502_assignsubmission_file_/answers.ipynb", "s0002"),  # marked without names, by number
        ("leeann_99_4711_answers.ipynb", "s0002"),  # Canvas
        ("leeann_LATE_99_4711_answers-2.ipynb", "s0002"),
        ("müllerjörg_99_4711_answers.ipynb", "s0001"),
        ("schmidtanna_505_4711_answers.ipynb", "s0005"),  # two of that name, told apart by Canvas's number
        (f"s0002/{FIRST}/{FIRST}.ipynb", "s0002"),
        (f"submitted/S0002/{FIRST}/{FIRST}.ipynb", "s0002"),
        ("ann@example.org/answers.ipynb", "s0002"),
        ("ANN@EXAMPLE.ORG.ipynb", "s0002"),
        ("José Núñez/answers.ipynb", "s0003"),
        ("s0002.ipynb", "s0002"),
        (f"s0002_{FIRST}.ipynb", "s0002"),
        (f"{FIRST}_Ann Lee (2).ipynb", "s0002"),
        ("s0002-01.ipynb", "s0002"),
    ],
)
def test_people_are_found_under_the_names_that_learning_systems_write(klass, tmp_path, name, student):
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", [(name, notebook())]))
    assert outcome.collected == [f"{student} {FIRST}"] and not outcome.needs_a_person
    assert handed_in(klass, student) == notebook()
    assert os.listdir(klass.submitted) == [student]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (MOODLE.format("Anna Schmidt"), "could be s0004 or s0005"),
        ("schmidtanna_99_4711_answers.ipynb", "could be s0004 or s0005"),
        (MOODLE.format("Anne Lee"), "nobody on the roster"),
        (MOODLE.format("Lena Ann Lee"), "nobody on the roster"),
        ("Ann Lee_501_assignsubmission_file_/a.ipynb", "the number 501 is s0001's, the name is another's"),
        ("leeannx_99_4711_answers.ipynb", "nobody on the roster"),
        ("anon_AbCdE_4711_answers.ipynb", "nobody on the roster"),
        ("s00/answers.ipynb", "nobody on the roster"),
    ],
)
def test_nobody_is_guessed(klass, tmp_path, name, reason):
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", [(name, notebook())]), "01")
    assert outcome.needs_a_person and not outcome.collected and not klass.submitted.exists()
    ((_, why),) = outcome.unmatched
    assert why.startswith(reason)
    (row,) = read_unmatched(klass)
    assert row["from"] == "x.zip" and row["reason"] == why
    kept = [p for p in (klass.root / row["kept"]).rglob("*") if p.is_file()]
    assert [p.read_bytes() for p in kept] == [notebook()]


def test_a_loose_spelling_that_fits_two_people_fits_nobody():
    people = Directory([Student("a", "Jan", "Muller", ""), Student("b", "Jan", "Mueller", "")])
    assert people.find("Jan Müller").student is None
    assert people.find("Jan Mueller").student.id == "b"
    assert people.find("mullerjan", joined=True).student.id == "a"


def test_what_is_unmatched_is_collected_once_its_folder_is_named_by_an_id(klass, tmp_path):
    members = [
        (MOODLE.format("Anna Schmidt"), notebook("mine"), MONDAY),
        (MOODLE.format("No Body"), notebook("x"), TUESDAY),
    ]
    collect.collect(klass, zipped(tmp_path / "x.zip", members))
    (klass.unmatched / "Anna Schmidt_12345").rename(klass.unmatched / "s0005")
    outcome = collect.collect(klass, klass.unmatched)
    assert outcome.collected == [f"s0005 {FIRST}"]
    assert handed_in(klass, "s0005") == notebook("mine")
    stamp = klass.submitted / "s0005" / FIRST / "timestamp.txt"
    assert stamp.read_text().endswith("UTC\n")  # the time went along
    assert not (klass.unmatched / "s0005").exists()
    assert {row["what"] for row in read_unmatched(klass)} == {"No Body_12345"}
    assert (klass.unmatched / "No Body_12345/answers.ipynb").read_bytes() == notebook("x")
    before = everything(klass)
    collect.collect(klass, klass.unmatched)
    assert everything(klass) == before


@pytest.mark.parametrize(
    "name",
    [
        "s0002/Jörg Müller_501_assignsubmission_file_/a.ipynb",
        "s0002/s0001/a.ipynb",
        "s0002/müllerjörg_501_4711_a.ipynb",
        "Ann Lee_9_assignsubmission_file_/s0001/a.ipynb",
        "Ann Lee_9_assignsubmission_file_Jörg Müller_501_assignsubmission_file_a.ipynb",
        "leeann_9_4711_Jörg Müller_501_assignsubmission_file_a.ipynb",
        "leeann_9_4711_müllerjörg_501_4712_a.ipynb",
    ],
)
def test_a_learner_can_not_name_a_file_so_that_it_counts_as_anothers(klass, tmp_path, name):
    others = ("s0003/x.ipynb", notebook())
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", [(name, notebook("evil")), others]))
    assert outcome.collected == [f"s0002 {FIRST}", f"s0003 {FIRST}"]


@pytest.mark.parametrize("name", ["nobody/s0001/a.ipynb", "hw.zip", "nobody/müllerjörg_501_4711_a.ipynb"])
def test_a_strangers_file_is_nobodys_whatever_lies_in_it(klass, tmp_path, name):
    inner = zipped(tmp_path / "inner.zip", [("s0001/a.ipynb", notebook("evil"))]).read_bytes()
    members = [(name, inner if name == "hw.zip" else notebook("evil")), ("s0003/x.ipynb", notebook())]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert outcome.collected == [f"s0003 {FIRST}"] and len(outcome.unmatched) == 1


# ---- which exercise --------------------------------------------------------------------------------------------


def test_the_exercise_is_told_by_the_grade_ids_whatever_the_files_name(klass, tmp_path):
    members = [(MOODLE.format("Ann Lee").replace("answers", FIRST), notebook(number="11"))]
    assert collect.collect(klass, zipped(tmp_path / "x.zip", members)).collected == [f"s0002 {SECOND}"]


def test_an_answer_to_another_exercise_is_set_aside(klass, tmp_path):
    source = zipped(tmp_path / "x.zip", [(MOODLE.format("Ann Lee"), notebook(number="11"))])
    ((_, why),) = collect.collect(klass, source, "01").unmatched
    assert why == f"s0002 handed in exercise {SECOND}, and this was collected for {FIRST}"
    assert not klass.submitted.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"cells": 3}', b"\xff\xfe\x00", b'{"cells": [' * 90_000])
def test_a_damaged_notebook_is_collected_as_it_is(klass, tmp_path, content):
    name = MOODLE.format("Ann Lee")
    assert (
        "it isn't clear for which"
        in collect.collect(klass, zipped(tmp_path / "x.zip", [(name, content)])).unmatched[0][1]
    )
    collect.collect(klass, zipped(tmp_path / "y.zip", [(name, content)]), "01")
    assert handed_in(klass, "s0002") == content


def test_the_exercise_is_told_of_a_file_that_is_cut_off(klass, tmp_path):
    content = notebook(number="11")[:9000]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", [(MOODLE.format("Ann Lee"), content)]))
    assert outcome.collected == [f"s0002 {SECOND}"] and handed_in(klass, "s0002", SECOND) == content


def test_both_exercises_of_a_learner_and_what_lies_beside_them(klass, tmp_path):
    members = [
        (f"s0002/{FIRST}/{FIRST}.ipynb", notebook()),
        (f"s0002/{FIRST}/helper.py", b"A = 1"),
        (f"s0002/{SECOND}/{SECOND}.ipynb.txt", notebook(number="11")),
        (f"s0002/{SECOND}/data/x.csv", b"1"),
        (f"s0002/{SECOND}/.ipynb_checkpoints/{SECOND}-checkpoint.ipynb", b"old"),
        (f"__MACOSX/s0002/{SECOND}/._x", b"junk"),
    ]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert outcome.collected == [f"s0002 {FIRST}", f"s0002 {SECOND}"] and not outcome.needs_a_person
    assert sorted(tree(klass.submitted)) == [
        f"s0002/{FIRST}/{FIRST}.ipynb",
        f"s0002/{FIRST}/helper.py",
        f"s0002/{SECOND}/{SECOND}.ipynb",
        f"s0002/{SECOND}/data/x.csv",
    ]


def test_files_that_would_get_in_each_others_way_are_all_kept(klass, tmp_path):
    place = "Ann Lee_1_assignsubmission_file_/"
    names = ["nb.ipynb", "x", "x/y", f"{FIRST}.ipynb/z", 'a?"b', "a__b", "con:1"]
    members = [(place + name, notebook() if name == "nb.ipynb" else name.encode()) for name in names]
    collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert handed_in(klass, "s0002") == notebook()
    assert {p.read_bytes() for p in klass.submitted.rglob("*") if p.is_file()} >= {n.encode() for n in names[1:]}
    assert not any(set(p.name) & set(':?"') for p in klass.submitted.rglob("*"))


def test_a_zip_that_a_learner_made_is_opened_and_a_damaged_one_is_told(klass, tmp_path):
    inner = zipped(tmp_path / "inner.zip", [("hw/answers.ipynb", notebook()), ("../../evil", b"x")]).read_bytes()
    members = [
        ("Ann Lee_1_assignsubmission_file_/hw.zip", inner),
        ("José Núñez_2_assignsubmission_file_/hw.zip", inner[:-40]),
        ("müllerjörg_9_4711_hw.zip", inner),
    ]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert outcome.collected == [f"s0002 {FIRST}", f"s0001 {FIRST}"]
    refused = {r.shown: r.reason for r in outcome.refused}
    assert len(refused) == 3 and "José Núñez_2_assignsubmission_file_/hw.zip" in refused
    assert "leads out of its folder" in refused["Ann Lee_1_assignsubmission_file_/hw.zip/../../evil"]


# ---- hostile archives ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../../evil.ipynb", "(..)"),
        ("Ann Lee_1_assignsubmission_file_/../../evil.ipynb", "(..)"),
        ("s0002\\..\\..\\evil.ipynb", "(..)"),
        ("/etc/evil.ipynb", "an absolute path"),
        ("\\\\server\\share\\evil.ipynb", "an absolute path"),
        ("C:\\evil.ipynb", "drive letter"),
        ("c:evil.ipynb", "drive letter"),
        ("s0002/a\x1b[2Jb.ipynb", "control characters"),
        ("s0002/" + "d/" * 40 + "x.ipynb", "too long"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_by_name(klass, tmp_path, name, reason):
    good = (MOODLE.format("Ann Lee"), notebook())
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", [(name, b"evil"), good]))
    (refused,) = outcome.refused
    assert (
        reason in refused.reason
        and refused.shown.isprintable()
        and "evil" in refused.shown + "evil" * ("\x1b" in name or "d/d" in name)
    )
    assert outcome.collected == [f"s0002 {FIRST}"] and outcome.needs_a_person
    assert not [p for p in tmp_path.rglob("*evil*")]
    assert {p.name for p in tmp_path.iterdir()} == {"klass", "x.zip"}
    assert read_unmatched(klass)[0]["reason"].startswith("refused: ")


def special(mode, content=b"/etc/passwd"):
    info = zipfile.ZipInfo("s0002/answers.ipynb")
    info.create_system, info.external_attr = 3, mode << 16
    return info, content


def bomb():
    return "s0002/answers.ipynb", b"0" * (20 << 20)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (special(stat.S_IFLNK | 0o777), "a symbolic link"),
        (special(stat.S_IFIFO | 0o644), "not a regular file"),
        (bomb(), "a zip bomb"),
    ],
)
def test_links_pipes_and_bombs_are_refused(klass, tmp_path, member, reason):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(*member)
    outcome = collect.collect(klass, tmp_path / "x.zip", "01")
    assert [reason in r.reason for r in outcome.refused] == [True]
    assert not klass.submitted.exists()


def test_a_file_beyond_the_limit_is_refused_even_if_the_zip_lies_about_its_size(klass, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_A_FILE", 100_000)
    path = zipped(tmp_path / "x.zip", [("s0002/a.ipynb", os.urandom(150_000)), ("s0001/a.ipynb", os.urandom(150_000))])
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 24 : second + 28] = struct.pack("<I", 50)  # what the directory says of the second one's size
    path.write_bytes(raw)
    outcome = collect.collect(klass, path, "01")
    assert sorted(r.reason for r in outcome.refused)[1] == "larger than 0 MB"
    assert not klass.submitted.exists() and len(outcome.refused) == 2


def test_encrypted_members_and_broken_ones_cost_only_themselves(klass, tmp_path):
    path = zipped(tmp_path / "x.zip", [("s0001/a.ipynb", notebook("a")), ("s0002/a.ipynb", notebook("b"))])
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"s0001/a.ipynb") + 60] ^= 0xFF  # inside its packed data
    path.write_bytes(raw)
    outcome = collect.collect(klass, path)
    assert outcome.collected == [f"s0002 {FIRST}"]
    assert "damaged in the zip" in outcome.refused[0].reason and "s0001" in outcome.refused[0].shown
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert [r.reason for r in collect.collect(klass, path).refused] == ["encrypted"]


def test_of_two_members_of_one_name_the_first_is_taken_and_the_second_told(klass, tmp_path):
    members = [("s0002/A.ipynb", notebook("first")), ("s0002/a.ipynb", notebook("second"))]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert handed_in(klass, "s0002") == notebook("first")
    assert [(r.shown, r.reason) for r in outcome.refused] == [("s0002/a.ipynb", "a second file of the same name")]


def test_a_flood_of_files_does_not_wash_the_notebook_away(klass, tmp_path):
    members = [(f"s0002/{n:04}.txt", b"x") for n in range(collect.MOST_FILES + 50)] + [("s0002/z.ipynb", notebook())]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert handed_in(klass, "s0002") == notebook()
    assert len(tree(klass.submitted)) == collect.MOST_FILES
    (refused,) = outcome.refused
    assert (refused.shown, refused.reason) == (
        "s0002/0199.txt",
        "the first of 51 beyond the 200 files of a submission (of s0002)",
    )


def test_a_zip_inside_that_holds_thousands_of_files_is_not_opened(klass, tmp_path):
    inner = zipped(tmp_path / "inner.zip", [(str(n), b"") for n in range(archives.MOST_INSIDE + 1)]).read_bytes()
    members = [("s0002/hw.zip", inner), ("s0002/a.ipynb", notebook())]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert outcome.collected == [f"s0002 {FIRST}"]
    assert [(r.shown, r.reason) for r in outcome.refused] == [("s0002/hw.zip", "more than 2,000 files in one zip")]


def test_links_and_pipes_in_a_folder_are_not_followed(klass, tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(notebook("secret"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.ipynb").write_bytes(notebook("secret"))
    place = tmp_path / "export/s0002"
    place.mkdir(parents=True)
    (place / "a.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (place / "b").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(place / "c.ipynb")
    (tmp_path / "export/s0001").symlink_to(tmp_path / "elsewhere")
    outcome = collect.collect(klass, tmp_path / "export", "01")
    assert sorted(r.shown for r in outcome.refused) == ["s0001", "s0002/a.ipynb", "s0002/b", "s0002/c.ipynb"]
    assert not klass.submitted.exists() and not outcome.collected


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"PK\x05\x06" + b"\0" * 18])
def test_a_file_that_is_no_zip_is_said_to_be_none_or_holds_nothing(klass, tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    outcome = collect.collect(klass, tmp_path / "x.zip")
    assert not outcome.collected
    with pytest.raises(CourseError, match="There is nothing at"):
        collect.collect(klass, tmp_path / "y.zip")


# ---- versions --------------------------------------------------------------------------------------------------


def test_a_later_submission_replaces_an_earlier_one_which_is_kept(klass, tmp_path):
    name = MOODLE.format("Ann Lee")
    early = zipped(tmp_path / "early.zip", [(name, notebook("early"), MONDAY)])
    late = zipped(tmp_path / "late.zip", [(name, notebook("late"), TUESDAY)])
    collect.collect(klass, early)
    collect.collect(klass, late)
    collect.collect(klass, early)
    assert handed_in(klass, "s0002") == notebook("late")
    assert notebook("early") in [p.read_bytes() for p in klass.earlier.rglob("*.ipynb")]
    before = everything(klass)
    for source in (early, late, early):
        assert not collect.collect(klass, source).collected
    assert everything(klass) == before


@pytest.mark.parametrize(
    "names",
    [
        ["leeann_99_4711_answers.ipynb", "leeann_99_4712_answers-1.ipynb"],
        ["leeann_99_999_answers-7.ipynb", "leeann_99_1000_answers.ipynb"],  # a number, not a text
        ["s0002/answers.ipynb", "s0002/answers-2.ipynb"],
        ["s0002/answers (9).ipynb", "s0002/answers (10).ipynb"],
    ],
)
def test_of_several_notebooks_the_systems_latest_counts_in_whatever_order(klass, tmp_path, names):
    members = [(names[0], notebook("early")), (names[1], notebook("late"))]
    for source in (zipped(tmp_path / "a.zip", members), zipped(tmp_path / "b.zip", members[::-1])):
        collect.collect(klass, source)
        assert handed_in(klass, "s0002") == notebook("late")
    assert [p.read_bytes() for p in klass.earlier.rglob("*.ipynb")] == [notebook("early")]


def test_canvass_number_of_the_upload_decides_and_not_the_time_of_the_export(klass, tmp_path):
    early = zipped(tmp_path / "a.zip", [("leeann_9_999_a.ipynb", notebook("early"), TUESDAY)])
    late = zipped(tmp_path / "b.zip", [("leeann_9_1000_a.ipynb", notebook("late"), MONDAY)])
    for source in (early, late, early):
        collect.collect(klass, source)
    assert handed_in(klass, "s0002") == notebook("late")


def test_a_scrap_notebook_with_a_newer_time_does_not_displace_the_exercise(klass, tmp_path):
    scrap = nbformat.writes(nbformat.v4.new_notebook()).encode()
    members = [("s0002/answers.ipynb", notebook(), MONDAY), ("s0002/scrap.ipynb", scrap, TUESDAY)]
    collect.collect(klass, zipped(tmp_path / "x.zip", members), "01")
    assert handed_in(klass, "s0002") == notebook()
    assert scrap in [p.read_bytes() for p in klass.earlier.rglob("*.ipynb")]


def test_nothing_newer_is_claimed_where_no_time_and_no_number_says_so(klass, tmp_path):
    place = klass.submitted / "s0002" / FIRST
    place.mkdir(parents=True)
    (place / f"{FIRST}.ipynb").write_bytes(notebook("by hand"))
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", [("s0002/a.ipynb", notebook("zip"))]))
    assert handed_in(klass, "s0002") == notebook("by hand")
    assert notebook("zip") in [p.read_bytes() for p in klass.earlier.rglob("*.ipynb")]
    assert len(outcome.kept) == 1


# ---- times -----------------------------------------------------------------------------------------------------


def times(klass):
    return {p.parent.parent.name: p.read_text().strip() for p in klass.submitted.rglob("timestamp.txt")}


def test_times_of_handing_in_are_noted_for_nbgrader(klass, tmp_path):
    members = [(MOODLE.format("Ann Lee"), notebook(), MONDAY), (MOODLE.format("José Núñez"), notebook(), TUESDAY)]
    path = zipped(tmp_path / "x.zip", members)
    collect.collect(klass, path)
    local = {"s0002": MONDAY, "s0003": TUESDAY}
    assert set(times(klass)) == set(local)
    stamps = {s: klass.api().coursedir.get_existing_timestamp(klass.submitted / s / FIRST) for s in local}
    assert stamps["s0003"] - stamps["s0002"] == (stamps["s0003"] - stamps["s0002"]).__class__(days=1, hours=23)


def test_the_time_of_an_export_is_not_taken_for_that_of_handing_in(klass, tmp_path):
    members = [(MOODLE.format("Ann Lee"), notebook(), TUESDAY), (MOODLE.format("José Núñez"), notebook(), TUESDAY)]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert not outcome.times_known and times(klass) == {}
    assert "bear the time of their export" in collect.report(outcome, klass)


def test_canvas_says_late_in_the_name_and_its_files_times_say_nothing(klass, tmp_path):
    members = [("leeann_LATE_9_71_a.ipynb", notebook(), MONDAY), ("müllerjörg_9_72_a.ipynb", notebook(), TUESDAY)]
    collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert times(klass) == {}
    assert {s: r["late"] for s, r in read_records(klass)[FIRST].items()} == {"s0001": False, "s0002": True}


def test_the_exchanges_time_counts_and_a_students_own_does_not(klass, tmp_path):
    stamp = b"2026-11-29 08:00:00.000000 UTC"
    place = "José Núñez_1_assignsubmission_file_/"
    members = [
        (f"s0002/{FIRST}/{FIRST}.ipynb", notebook(), TUESDAY),
        (f"s0002/{FIRST}/timestamp.txt", stamp, TUESDAY),
        (f"{place}a.ipynb", notebook(), TUESDAY),
        (f"{place}timestamp.txt", stamp, TUESDAY),
        (f"s0001/{FIRST}/{FIRST}.ipynb", notebook(), TUESDAY),
        (f"s0001/{FIRST}/timestamp.txt", b"yesterday \xff", TUESDAY),
    ]
    outcome = collect.collect(klass, zipped(tmp_path / "x.zip", members))
    assert len(outcome.collected) == 3
    assert times(klass) == {"s0002": "2026-11-29 08:00:00 UTC"}


# ---- the command -----------------------------------------------------------------------------------------------


def test_the_exit_status_says_whether_a_person_is_needed(klass, tmp_path, capsys):
    good = zipped(tmp_path / "good.zip", [(MOODLE.format("Ann Lee"), notebook())])
    bad = zipped(tmp_path / "bad.zip", [(MOODLE.format("No Body"), notebook())])
    at = ["--class", str(klass.root)]
    assert main(["class", "collect", str(good), "01", *at]) == 0
    assert "1 collected, 0 unchanged" in capsys.readouterr().out
    assert main(["class", "collect", str(good), *at]) == 0
    assert "0 collected, 1 unchanged" in capsys.readouterr().out
    assert main(["class", "collect", str(bad), *at]) == 1
    assert "unmatched   No Body_12345: nobody on the roster" in capsys.readouterr().out


def test_a_folder_and_the_zips_in_it_are_read_like_a_zip(klass, tmp_path):
    place = tmp_path / "downloads"
    (place / "Ann Lee_1_assignsubmission_file_").mkdir(parents=True)
    (place / "Ann Lee_1_assignsubmission_file_/a.ipynb").write_bytes(notebook())
    zipped(place / "more.zip", [(MOODLE.format("José Núñez"), notebook())])
    outcome = collect.collect(klass, place)
    assert outcome.collected == [f"s0002 {FIRST}", f"s0003 {FIRST}"]


def test_names_in_utf_8_are_read_where_the_zip_does_not_say_so(klass, tmp_path):
    path = zipped(tmp_path / "x.zip", [(MOODLE.format("José Núñez"), notebook())])
    raw = path.read_bytes()
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.index(start) + flags
        raw = raw[:at] + struct.pack("<H", struct.unpack("<H", raw[at : at + 2])[0] & ~0x800) + raw[at + 2 :]
    path.write_bytes(raw)
    assert collect.collect(klass, path).collected == [f"s0003 {FIRST}"]


def test_a_run_that_was_cut_short_is_made_good_by_the_next(klass, tmp_path, monkeypatch):
    members = [(f"s000{n}/a.ipynb", notebook(str(n))) for n in (1, 2, 3)]
    path = zipped(tmp_path / "x.zip", members)
    calls = []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return json.dumps(arguments[1]) and write(*arguments)

    write = collect.write_records
    monkeypatch.setattr(collect, "write_records", dies)
    with pytest.raises(KeyboardInterrupt):
        collect.collect(klass, path)
    monkeypatch.undo()
    collect.collect(ClassFolder.open(klass.root), path)
    assert [handed_in(klass, f"s000{n}") for n in (1, 2, 3)] == [notebook(str(n)) for n in (1, 2, 3)]
    assert not list(klass.root.glob(".collecting-*"))


@pytest.mark.parametrize("name", ["collected.json", "submitted-unmatched/.index.json"])
def test_notes_that_are_damaged_are_told_and_not_written_over(klass, tmp_path, name):
    (klass.root / name).parent.mkdir(exist_ok=True)
    (klass.root / name).write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match="is damaged"):
        collect.collect(klass, zipped(tmp_path / "x.zip", [("s0002/a.ipynb", notebook())]))
    assert (klass.root / name).read_text(encoding="utf-8") == "{"
