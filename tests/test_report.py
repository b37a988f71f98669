"""What a class gets to see: feedback pages, the table of marks and the report, from gradebook and ledger."""

import csv
import hashlib
import io
import itertools
import json
import re
import zipfile

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output

from classroom.__main__ import main
from classroom.cohort import collect, report
from classroom.cohort.feedback import feedback, shown_hint
from classroom.cohort.grade import write_marks
from classroom.cohort.marks import marks
from classroom.cohort.similar import alike, normalised, wholly_alike
from classroom.course import CourseError, find
from classroom.grading import grade_id, nbgrader_meta, read_notebook, tasks_of

FIRST, SECOND = find("01").name, find("11").name
TASKS = {name: tasks_of(read_notebook(find(name).solution)) for name in (FIRST, SECOND)}
HINT = "columns were standardised; the task asks for each row (each picture) by itself"
EVIL = "<script>alert(1)</script>"


def handed_in(klass, student, assignment=FIRST, hints=None, *, reasons=(), answers=None, seconds=2.0, memory=200 << 20):
    """A submission, graded as `course class grade` leaves it: files, ledger and gradebook. hints: task → hint."""
    hints = hints or {}
    notebook = read_notebook(klass.release_notebook(assignment))
    tasks, sources = [], {}
    for task in TASKS[assignment]:
        points = None if task.kind == "manual" else 0 if task.id in hints else task.points
        tasks.append(
            {
                "id": task.id,
                "kind": task.kind,
                "points": points,
                "max_points": task.points,
                "hint": hints.get(task.id, ""),
            }
        )
        sources[task.id] = (answers or {}).get(task.id, task.answer)
        for cell in notebook.cells:
            if grade_id(cell) == task.id:
                cell.source = sources[task.id] if task.kind == "auto" else "My verdict."
    place = klass.submitted_notebook(student, assignment)
    place.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, place)
    for cell in notebook.cells:
        meta = nbgrader_meta(cell)
        if meta.get("grade") and not meta.get("solution"):
            hint = hints.get(grade_id(cell).removesuffix("-check"))
            error = new_output("error", ename="CheckFailed", evalue=str(hint), traceback=[str(hint)])
            cell.outputs = [error if hint else new_output("stream", name="stdout", text="Passed.\n")]
    graded = klass.autograded_notebook(student, assignment)
    graded.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, graded)
    auto = [task for task in tasks if task["kind"] == "auto"]
    entry = {
        "student": student,
        "assignment": assignment,
        "submission": "0" * 64,
        "release": "0" * 64,
        "state": "graded with a reason" if reasons else "graded",
        "reasons": [{"code": code, "text": text} for code, text in reasons],
        "tasks": tasks,
        "points": sum(task["points"] for task in auto),
        "max_points": sum(task["max_points"] for task in auto),
        "seconds": seconds,
        "memory": memory,
        "graded": "2026-12-02T10:00:00+00:00",
        "sources": sources,
    }
    path = klass.ledger_entry(student, assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entry), encoding="utf-8")
    with klass.gradebook() as gradebook:
        gradebook.update_or_create_submission(assignment, student)
        write_marks(gradebook, student, assignment, notebook)


def mark_by_hand(klass, student, task, points, assignment=SECOND):
    with klass.gradebook() as gradebook:
        grade = gradebook.find_grade(task, assignment, assignment, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def exported(klass):
    assert main(["class", "export", "--class", str(klass.root)]) == 0
    rows = list(csv.DictReader(io.StringIO((klass.root / "grades.csv").read_text(encoding="utf-8"))))
    page = BeautifulSoup((klass.root / "report.html").read_text(encoding="utf-8"), "html.parser")
    return {row["id"]: row for row in rows}, page


def table(page, caption, after=None):
    """The rows below the first table whose caption begins so; after: an element that it comes after."""
    found = (after or page).find_all_next("table") if after else page.find_all("table")
    (rows, *_) = [t.tbody.find_all("tr") for t in found if t.caption.get_text().startswith(caption)]
    return [[cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])] for row in rows]


# ---- answers that are alike ------------------------------------------------------------------------------------

ANSWER = """
def f(rows, k):
    \"\"\"Doc.\"\"\"
    total = 0  # begin
    for row in rows:
        total += helper(row) * k
    return total

def helper(x): return x + 1
"""


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ANSWER.replace("rows", "people").replace("total", "s").replace("row ", "r ").replace("(row)", "(r)"), True),
        (ANSWER.replace("helper", "plus_one").replace('"""Doc."""', "'another text'\n    # a comment"), True),
        ("import numpy as np\n" + ANSWER, False),
        (ANSWER.replace("def f(rows, k):", "def f(rows: list, k: int = None) -> int:"), False),
        (ANSWER.replace("def f(rows, k):", "def f(rows: list, k: int) -> int:"), True),
        (ANSWER.replace("x + 1", "1 + x"), False),
        (ANSWER.replace("* k", "* total"), False),
        (ANSWER.replace("+= ", "+=  \\\n"), True),
        (ANSWER.replace("for row in rows", "for k in rows"), False),
    ],
)
def test_names_and_layout_are_put_aside_and_nothing_else(other, same):
    assert (normalised(ANSWER)[0] == normalised(other)[0]) == same


@pytest.mark.parametrize(
    "source",
    ["def f(", "%%bash\nls", "(" * 5000, "x = " + "-" * 9000 + "1", "\x00", "a" * 30_000, "\ud800", "", "# nothing"],
)
def test_any_text_can_be_compared(source):
    digest, size = normalised(source)
    assert len(digest) == 64 and size >= 0
    assert normalised(source + "   \n") == (digest, size)


def test_groups_name_equal_answers_and_leave_stubs_out():
    solution, stub = {"t": "def f(a): return a + 1"}, {"t": "def f(a): raise NotDone"}
    answers = {
        "ann": {"t": "def f(b): return b + 1"},
        "bob": {"t": "def f(b):\n    c = b * 2\n    return c"},
        "cy": {"t": "def f(x):\n    y = x * 2  # mine\n    return y"},
        "dee": {"t": "def f(a): raise NotDone"},
        "don": {"t": "def f(a): raise NotDone"},
        "eve": {},
        "flo": {"t": "def f(a): return a + 2"},
    }
    groups = alike(answers, solution, stub)
    assert [(g.students, g.public) for g in groups] == [(("bob", "cy"), False), (("ann",), True)]
    assert groups[0].size > groups[1].size
    assert wholly_alike(groups, ["t"]) == [("bob", "cy")]
    assert wholly_alike(groups, ["t", "u"]) == [] == wholly_alike([], [])


# ---- marks and the table for the learning system ---------------------------------------------------------------


def test_marks_are_the_gradebooks_and_those_given_by_hand_count(klass):
    handed_in(klass, "s0001")
    handed_in(klass, "s0002", hints={"01-standardise": HINT}, reasons=[("late", "It came 2.0 hours late.")])
    handed_in(klass, "s0001", SECOND)
    handed_in(klass, "s0002", SECOND)
    mark_by_hand(klass, "s0002", "11-verdict", 3)
    rows, _ = exported(klass)
    assert list(rows) == [student.id for student in klass.roster]
    ann = rows["s0002"]
    assert (ann["first_name"], ann["last_name"], ann["email"]) == ("Ann", "Lee", "ann@example.org")
    assert (ann["01 auto points"], ann["01 manual points"], ann["01 late"], ann["01 total"]) == ("8", "", "yes", "8")
    assert ann["01 reasons"] == "It came 2.0 hours late."
    assert (ann["11 auto points"], ann["11 manual points"], ann["11 total"]) == ("10", "3", "13")
    joerg = rows["s0001"]
    assert (joerg["11 auto points"], joerg["11 manual points"], joerg["11 total"]) == ("10", "", "")
    assert joerg["11 reasons"] == "written answers not marked: 11-verdict"
    assert (rows["s0003"]["01 total"], rows["s0003"]["01 reasons"]) == ("", "nothing handed in")


def test_a_check_overruled_by_hand_counts_as_the_person_said_and_penalties_are_taken_off(klass):
    handed_in(klass, "s0002", hints={"01-standardise": HINT})
    mark_by_hand(klass, "s0002", "01-standardise-check", 1.5, FIRST)
    with klass.gradebook() as gradebook:
        gradebook.find_submission_notebook(FIRST, FIRST, "s0002").late_submission_penalty = 4
        gradebook.db.commit()
    mark = marks(klass, FIRST)["s0002"]
    assert (mark.auto, mark.penalty, mark.total) == (9.5, 4, 5.5)


def test_a_mark_from_before_a_new_run_stays_and_is_shown_for_another_look(klass):
    handed_in(klass, "s0002", SECOND)
    mark_by_hand(klass, "s0002", "11-verdict", 3)
    handed_in(klass, "s0002", SECOND)  # nbgrader keeps the mark and asks for another look
    mark = marks(klass, SECOND)["s0002"]
    assert (mark.written, mark.unmarked, mark.look_again) == (3, [], ["11-verdict"])
    _, page = exported(klass)
    assert "marked by a person, and graded anew since: 11-verdict" in page.get_text()


def test_what_is_handed_in_and_not_graded_is_said_to_be_so(klass):
    place = klass.submitted_notebook("s0002", FIRST)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"{}")
    rows, page = exported(klass)
    assert (rows["s0002"]["01 total"], rows["s0002"]["01 reasons"]) == ("", "not graded yet")
    assert "handed in, and not graded yet" in page.get_text()


def test_canvass_word_for_late_counts(klass):
    handed_in(klass, "s0002")
    collect.write_records(klass, {FIRST: {"s0002": {"late": True}}})
    assert marks(klass, FIRST)["s0002"].late


def test_no_cell_of_the_table_is_a_formula(klass):
    handed_in(klass, "s0002", reasons=[("damaged", "=HYPERLINK(1)")])
    text = (klass.root / "roster.csv").read_text(encoding="utf-8").replace("Ann,", "@SUM(1),")
    (klass.root / "roster.csv").write_text(text, encoding="utf-8")
    rows, _ = exported(klass)
    assert rows["s0002"]["first_name"] == "'@SUM(1)" and rows["s0002"]["01 reasons"] == "'=HYPERLINK(1)"


def test_a_ledger_that_is_not_whole_is_told_by_name(klass):
    handed_in(klass, "s0002")
    klass.ledger_entry("s0002", FIRST).write_text('{"student": 1}', encoding="utf-8")
    with pytest.raises(CourseError, match=r"s0002\.json is damaged"):
        marks(klass, FIRST)


# ---- the report ------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(klass):
    """A class in which much has happened, some of it meant to break the page."""
    handed_in(klass, "s0001", seconds=1.0)
    handed_in(klass, "s0002", hints={"01-standardise": HINT}, seconds=9.5, memory=None)
    own = {"01-standardise": EVIL, "01-shift": "def accuracy_when_shifted(a): return 1"}
    handed_in(
        klass, "s0003", hints={"01-standardise": HINT, "01-shift": EVIL}, answers=own, reasons=[("timeout", EVIL)]
    )
    handed_in(klass, "s0004", SECOND)
    with zipfile.ZipFile(klass.root.parent / "x.zip", "w") as archive:
        archive.writestr(f"{EVIL[:-10]}x_1_assignsubmission_file_/a.ipynb", "{}")
        archive.writestr("../out.ipynb", "{}")
    collect.collect(klass, klass.root.parent / "x.zip", "01")
    return klass


def test_misconceptions_are_counted_from_the_hints(busy):
    rows = table(exported(busy)[1], "Each task")
    assert rows[:2] == [["01-standardise", "passed", "1", "33%"], ["01-standardise", HINT, "2", "67%"]]
    assert ["01-shift", "passed", "2", "67%"] in rows and ["01-distances", "passed", "3", "100%"] in rows


def test_time_and_memory_come_longest_first(busy):
    rows = table(exported(busy)[1], "Time and memory")
    assert [row[0] for row in rows] == ["s0002", "s0003", "s0001"]
    assert rows[0][1:] == ["8 of 10", "graded", "9.5", "not measured"]
    assert rows[2][1:] == ["10 of 10", "graded", "1.0", "200"]


def test_the_distribution_of_marks_is_told_in_the_picture_and_in_a_table(busy):
    _, page = exported(busy)
    assert table(page, "Learners by points") == [["6", "1"], ["8", "1"], ["10", "1"]]
    told = page.svg.title.get_text()
    assert told == "Points from the checks: 1 with 6, 1 with 8, 1 with 10. Median 8, mean 8.0."


def test_everything_that_needs_a_person_is_there(busy):
    _, page = exported(busy)
    rows = table(page, "Submissions with a reason")
    assert [row[1:3] for row in rows] == [
        ["s0003 José Núñez", f"{EVIL} (timeout)"],
        ["s0004 Anna Schmidt", "written answers to mark: 11-verdict"],
    ]
    links = [a["href"] for a in page.find_all("a", string="open")]
    with busy.gradebook() as gradebook:
        want = gradebook.find_submission_notebook(SECOND, SECOND, "s0004").id
    assert links[1] == f"http://localhost:8888/formgrader/submissions/{want}/"
    gathered = table(page, "What was collected")
    assert {row[1] for row in gathered} == {"../out.ipynb", f"{EVIL[:-10]}x_1"}
    queue = page.find("a", href=f"http://localhost:8888/formgrader/gradebook/{SECOND}/{SECOND}/")
    assert queue.find_parent("tr").find("td").get_text() == "1"


def test_answers_that_are_alike_are_places_to_look(busy):
    _, page = exported(busy)
    assert table(page, "Alike in every task") == [["s0001, s0002"]]
    rows = table(page, "Equal answers")
    assert ["01-distances", "3", "the same", "s0001, s0002, s0003"] in [[r[0], *r[2:]] for r in rows]
    assert [int(r[1]) for r in rows] == sorted((int(r[1]) for r in rows), reverse=True)
    assert "not a verdict" in page.get_text()


def test_nothing_from_outside_becomes_markup_and_nothing_is_fetched(busy):
    _, page = exported(busy)
    assert not page.find(["script", "img", "iframe", "object", "embed", "form"])
    assert [link.get("href") for link in page.find_all("link")] == []
    assert not any(key.startswith("on") for tag in page.find_all(True) for key in tag.attrs)
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")
    assert EVIL in page.get_text()
    assert not re.search(
        r"url\(|@import|https?://(?!localhost)", (busy.root / "report.html").read_text(encoding="utf-8")
    )


def test_the_page_can_be_read_by_ear(busy):
    _, page = exported(busy)
    assert page.html["lang"] == "en" and page.title.get_text().startswith("Class report")
    levels = [int(h.name[1]) for h in page.find_all(re.compile(r"h\d"))]
    assert levels.count(1) == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))
    for each in page.find_all("table"):
        assert each.caption.get_text(strip=True)
        assert all(th.get("scope") == "col" for th in each.thead.find_all("th"))
        assert all(len(row.find_all("th", scope="row")) == 1 for row in each.tbody.find_all("tr"))
    for picture in page.find_all("svg"):
        assert picture["role"] == "img" and page.find(id=picture["aria-labelledby"]).get_text()
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in page.find_all("a", href=re.compile("^#")):
        assert link["href"][1:] in ids


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", ["paper", "band"])
@pytest.mark.parametrize("ink", ["text", "quiet", "link", "bar"])
def test_colours_can_be_told_apart(ink, ground):
    dark, light = sorted(luminance(report.COLOURS[name]) for name in (ink, ground))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
    assert report.COLOURS[ink] in report.STYLE


def test_the_same_state_gives_the_same_bytes(busy):
    def files():
        exported(busy)
        return [hashlib.sha256((busy.root / n).read_bytes()).hexdigest() for n in ("grades.csv", "report.html")]

    assert files() == files()


def test_a_class_in_which_nothing_has_happened_has_a_report_too(klass):
    rows, page = exported(klass)
    assert "0 of 5 handed in, 0 graded" in page.get_text() and "Nothing." in page.get_text()
    assert {row["01 reasons"] for row in rows.values()} == {"nothing handed in"}


# ---- feedback --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        (HINT, HINT),
        ("`standardise` raised TypeError.", "`standardise` raised TypeError."),
        ("This task asks you to do without `a.b`.", "This task asks you to do without `a.b`."),
        ("The shape is (83, 7); wanted (40, 30).", "The shape is not what was wanted."),
        (
            "3 of 71 entries are not what was wanted.\nthe first is at 3: got 0.25",
            "Some values are not what was wanted.",
        ),
        ("Wanted a number, got 'a secret'.", "The answer is not of the kind that was asked for."),
        ("The text is not what was wanted.\ngot 'x', wanted 'a secret'", "Some values are not what was wanted."),
        ("The first value of the tuple is not what was wanted.\ngot 1", "Some values are not what was wanted."),
        ("The value at the key 'n': The shape is (2,); wanted (3,).", "The shape is not what was wanted."),
    ],
)
def test_hints_on_a_page_hold_no_hidden_value(hint, shown):
    assert shown_hint(hint, TASKS[FIRST][0].check) == shown


def test_pages_tell_each_learner_why_and_nobody_elses_marks(klass):
    hints = {
        "01-standardise": HINT,
        "01-distances": "The shape is (83, 7); wanted (40, 30).",
        "01-shift": "`f` is not there.",
    }
    handed_in(klass, "s0002", hints=hints, reasons=[("timeout", f"01-shift: it ran *longer* {EVIL} than 60 s.")])
    handed_in(klass, "s0003")
    made, failed, upload = feedback(klass, FIRST)
    assert (made, failed) == (2, [])
    html = klass.feedback_page("s0002", FIRST).read_text(encoding="utf-8")
    page = BeautifulSoup(html, "html.parser")
    said = page.get_text()
    assert f"01-shift: it ran *longer* {EVIL} than 60 s." in said and "<script>alert" not in html
    assert f"0 of 2 points\n{HINT}" in said
    assert "0 of 3 points\nThe shape is not what was wanted." in said and "0 of 2 points\n`f` is not there." in said
    for hidden in ("HIDDEN", "sqeuclidean", "s0003", "Núñez", str(klass.root), "(83, 7)"):
        assert hidden not in html
    assert "What the grader found" not in klass.feedback_page("s0003", FIRST).read_text(encoding="utf-8")
    with zipfile.ZipFile(upload) as archive:
        assert archive.namelist() == [f"s0002/{FIRST}.html", f"s0003/{FIRST}.html"]


def test_the_zip_to_upload_names_pages_as_the_learning_system_named_its_files(klass):
    moodle = {"layout": "moodle", "label": "Ann Lee_12345", "late": False, "attachment": 0}
    canvas = {"layout": "canvas", "label": "núñezjosé_99", "late": True, "attachment": 4711}
    collect.write_records(klass, {FIRST: {"s0002": moodle, "s0003": canvas}})
    handed_in(klass, "s0002")
    handed_in(klass, "s0003")
    _, _, upload = feedback(klass, FIRST)
    with zipfile.ZipFile(upload) as archive:
        assert archive.namelist() == [
            f"Ann Lee_12345_assignsubmission_file_/{FIRST}.html",
            f"núñezjosé_LATE_99_4711_{FIRST}.html",
        ]
        assert archive.read(archive.namelist()[0]) == klass.feedback_page("s0002", FIRST).read_bytes()
    before = upload.read_bytes()
    feedback(klass, FIRST)
    assert upload.read_bytes() == before


def test_a_page_that_can_not_be_made_costs_nobody_elses(klass, capsys):
    handed_in(klass, "s0002")
    handed_in(klass, "s0003")
    klass.autograded_notebook("s0002", FIRST).write_text("{", encoding="utf-8")
    assert main(["class", "feedback", "01", "--class", str(klass.root)]) == 1
    told = capsys.readouterr()
    assert "no page for s0002" in told.err and "1 pages" in told.out
    assert klass.feedback_page("s0003", FIRST).is_file()
