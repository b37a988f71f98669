"""`course class export` writes report.html: what an instructor wants to see of a class, in one file without scripts."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from classroom import course
from classroom.cohort.collect import read_unmatched
from classroom.cohort.folder import ClassFolder
from classroom.cohort.marks import Mark
from classroom.cohort.similar import Alike, alike, wholly_alike
from classroom.grading import grade_id, read_notebook, tasks_of
from classroom.work import write_atomically

# Dark on light throughout; tests/test_report.py computes the contrast of each pair.
COLOURS = {
    "text": "#1b1b1b",
    "paper": "#ffffff",
    "quiet": "#4d4d4d",
    "link": "#0b4f9c",
    "bar": "#08306b",
    "band": "#f2f4f7",
}
STYLE = """
body { color: TEXT; background: PAPER; font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem;
  padding: 1rem; }
a { color: LINK; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.quiet, caption { color: QUIET; }
h2 { border-top: 2px solid BAR; margin-top: 3rem; padding-top: .5rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid TEXT; }
tbody th { font-weight: normal; }
tbody tr:nth-child(odd) { background: BAND; }
.number { text-align: right; white-space: nowrap; }
svg { display: block; max-width: 100%; }
svg text { fill: TEXT; font: 13px system-ui, sans-serif; }
svg rect { fill: BAR; }
@media print { .skip, nav { display: none; } }
"""
for _name, _colour in COLOURS.items():
    STYLE = STYLE.replace(_name.upper(), _colour)
LONGEST = 300  # characters of a text from outside that is shown


def write_report(folder: ClassFolder, found: dict[str, dict[str, Mark]], formgrader: str) -> Path:
    """Write report.html into the class folder. The same state of the class gives the same bytes."""
    path = folder.root / "report.html"
    write_atomically(path, report_html(folder, found, formgrader.rstrip("/")))
    return path


def report_html(folder: ClassFolder, found: dict[str, dict[str, Mark]], formgrader: str) -> str:
    """The page. found: assignment → learner's id → mark."""
    graded = [m.entry.graded for marks in found.values() for m in marks.values() if m.entry]
    title = f"Class report: {folder.root.name}"
    links = "".join(f'<li><a href="#{name}">{_title(name)}</a></li>' for name in found)
    body = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="quiet">{len(folder.roster)} learners. Last graded: {_text(max(graded, default="never"))}. '
        "This page names people and their marks: keep it where the gradebook is kept.</p>",
        f'<nav aria-label="Assignments"><ul><li><a href="#person">What needs a person</a></li>{links}</ul></nav>',
        '<main id="main">',
        _needs_a_person(folder, found, formgrader),
        *(_assignment(folder, name, marks) for name, marks in found.items()),
        "</main>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the report</a>\n' + "\n".join(body) + "\n</body>\n</html>\n"
    )


# ---- parts -----------------------------------------------------------------------------------------------------


def _needs_a_person(folder: ClassFolder, found: dict[str, dict[str, Mark]], formgrader: str) -> str:
    people = {student.id: student for student in folder.roster}
    rows = []
    for assignment, marks in found.items():
        for student, mark in marks.items():
            for what, link in _open_points(mark, formgrader):
                who = f'{_text(student)} <span class="quiet">{_text(people[student].name)}</span>'
                rows.append([_title(assignment), who, _text(what), link])
    overview = [
        [_link(f"{formgrader}/formgrader/gradebook/{quote(a)}/{quote(a)}/", _title(a)), str(n)]
        for a, marks in found.items()
        if (n := sum(len(mark.unmarked) for mark in marks.values()))
    ]
    unmatched = [
        [_text(r["from"]), _text(r["what"]), _text(r["reason"]), _text(r["kept"])] for r in read_unmatched(folder)
    ]
    parts = ['<section aria-labelledby="person"><h2 id="person">What needs a person</h2>']
    if not rows and not unmatched:
        parts.append("<p>Nothing.</p>")
    if overview:
        caption = "Written answers that nobody has marked; the links open formgrader while JupyterLab runs"
        parts.append(_table(caption, ["Assignment", "Answers"], overview, numbers=[1]))
    if rows:
        caption = "Submissions with a reason to look at them"
        parts.append(_table(caption, ["Assignment", "Learner", "What", "In formgrader"], rows, header=1))
    if unmatched:
        caption = "What was collected and could not be put anywhere, or was refused"
        parts.append(_table(caption, ["From", "Name", "Why", "Kept in"], unmatched, header=1))
    return "\n".join([*parts, "</section>"])


def _open_points(mark: Mark, formgrader: str) -> list[tuple[str, str]]:
    """(what, link) of everything about a submission that a person should look at."""
    link = _link(f"{formgrader}/formgrader/submissions/{quote(mark.notebook)}/", "open") if mark.notebook else ""
    points = [(f"{reason.text} ({reason.code})", link) for reason in mark.entry.reasons] if mark.entry else []
    if mark.handed_in and mark.auto is None:
        points.append(("handed in, and not graded yet", ""))
    if mark.unmarked:
        points.append((f"written answers to mark: {', '.join(mark.unmarked)}", link))
    if mark.look_again:
        points.append((f"marked by a person, and graded anew since: {', '.join(mark.look_again)}", link))
    return points


def _assignment(folder: ClassFolder, assignment: str, marks: dict[str, Mark]) -> str:
    graded = {student: mark for student, mark in marks.items() if mark.auto is not None}
    counts = f"{sum(m.handed_in for m in marks.values())} of {len(marks)} handed in, {len(graded)} graded"
    late = sum(mark.late for mark in marks.values())
    parts = [
        f'<section aria-labelledby="{assignment}"><h2 id="{assignment}">{_title(assignment)}</h2>',
        f"<p>{counts}, {late} late.</p>",
    ]
    if graded:
        parts += [
            _distribution(assignment, [mark.auto for mark in graded.values()]),
            _mistakes(folder, assignment, graded),
            _costs(graded),
            _likeness(folder, assignment, graded),
        ]
    return "\n".join([*parts, "</section>"])


def _distribution(assignment: str, points: Sequence[float]) -> str:
    most = max(10, int(max(points)))
    counts = Counter(min(most, int(p)) for p in points)
    bars = [(str(p), counts[p]) for p in range(most + 1)]
    middle = f"Median {statistics.median(points):g}, mean {statistics.fmean(points):.1f}"
    told = ", ".join(f"{count} with {label}" for label, count in bars if count)
    picture = _bars(f"marks-{assignment}", f"Points from the checks: {told}. {middle}.", bars)
    rows = [[label, str(count)] for label, count in bars if count]
    table = _table("Learners by points from the checks, rounded down", ["Points", "Learners"], rows, numbers=[0, 1])
    return f"<h3>Marks</h3>\n<p>{middle} points from the checks.</p>\n{picture}\n{table}"


def _mistakes(folder: ClassFolder, assignment: str, graded: dict[str, Mark]) -> str:
    """Tasks and the hints that their checks gave, by how many they hit."""
    rows = []
    entries = [mark.entry for mark in graded.values() if mark.entry]
    for task in tasks_of(read_notebook(folder.source_notebook(assignment))):
        results = [t for entry in entries for t in entry.tasks if t.id == task.id]
        if task.kind != "auto" or not results:
            continue
        passed = sum(t.points == t.max_points for t in results)
        rows.append([_text(task.id), "passed", str(passed), _share(passed, len(results))])
        hints = Counter(t.hint.split("\n")[0] or "no hint" for t in results if t.points != t.max_points)
        for hint, count in sorted(hints.items(), key=lambda item: (-item[1], item[0])):
            rows.append([_text(task.id), _text(hint), str(count), _share(count, len(results))])
    if not rows:
        return ""
    caption = "Each task: how many passed, and what the others were told, the most frequent first"
    table = _table(caption, ["Task", "What the check said", "Learners", "Share"], rows, numbers=[2, 3], header=1)
    return f"<h3>Tasks and misconceptions</h3>\n{table}"


def _costs(graded: dict[str, Mark]) -> str:
    entries = {student: mark.entry for student, mark in graded.items() if mark.entry}
    if not entries:
        return ""
    rows = []
    for student, entry in sorted(entries.items(), key=lambda item: (-item[1].seconds, item[0])):
        memory = f"{entry.memory / 2**20:.0f}" if entry.memory is not None else "not measured"
        rows.append(
            [
                _text(student),
                f"{entry.points:g} of {entry.max_points:g}",
                _text(entry.state),
                f"{entry.seconds:.1f}",
                memory,
            ]
        )
    seconds = [entry.seconds for entry in entries.values()]
    middle, all_minutes = statistics.median(seconds), sum(seconds) / 60
    said = f"Median {middle:.1f} s, longest {max(seconds):.1f} s, {all_minutes:.1f} minutes in all."
    head = ["Learner", "Points", "State", "Seconds", "Memory (MB)"]
    table = _table("Time and memory of each submission, the longest first", head, rows, numbers=[1, 3, 4])
    return f"<h3>Time and memory</h3>\n<p>{said}</p>\n{table}"


def _likeness(folder: ClassFolder, assignment: str, graded: dict[str, Mark]) -> str:
    solution = read_notebook(folder.source_notebook(assignment))
    tasks = [task for task in tasks_of(solution) if task.kind == "auto"]
    stubs = {}
    if folder.release_notebook(assignment).is_file():
        stubs = {grade_id(c): c.source for c in read_notebook(folder.release_notebook(assignment)).cells}
    answers = {student: mark.entry.sources for student, mark in graded.items() if mark.entry}
    groups = alike(answers, {task.id: task.answer for task in tasks}, stubs)
    wholly = wholly_alike(groups, [task.id for task in tasks])
    parts = [
        "<h3>Answers that are alike</h3>",
        "<p>Compared with names, comments and layout put aside. A place to look, not a verdict: short answers agree by "
        "chance, the more so the smaller their size, and the public solution is there for everybody to learn from.</p>",
    ]
    if wholly:
        parts.append(_table("Alike in every task", ["Learners"], [[_text(", ".join(s))] for s in wholly]))
    if groups:
        rows = [
            [_text(g.task), str(g.size), str(len(g.students)), _public(g), _text(", ".join(g.students), 4000)]
            for g in groups
        ]
        head = ["Task", "Size", "Learners", "The public solution", "Who"]
        parts.append(
            _table("Equal answers to a task, the longest first (size: parts of the syntax tree)", head, rows, [1, 2])
        )
    else:
        parts.append("<p>None.</p>")
    return "\n".join(parts)


# ---- HTML ------------------------------------------------------------------------------------------------------


def _public(group: Alike) -> str:
    return "the same" if group.public else "different"


def _title(assignment: str) -> str:
    lesson = course.find(assignment)
    return _text(f"{lesson.number} · {lesson.title}")


def _text(text: str, most: int = LONGEST) -> str:
    """A text from outside, cut to a reasonable length, as text and nothing else."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return escape(text if len(text) <= most else text[:most] + " …")


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{text}</a>'


def _share(count: int, of: int) -> str:
    return f"{count / of:.0%}"


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), header: int = 0
) -> str:
    """A table; cells are HTML. numbers: columns to align right; header: the column that names its row."""

    def cell(column: int, content: str) -> str:
        kind = ' class="number"' if column in numbers else ""
        return f'<th scope="row"{kind}>{content}</th>' if column == header else f"<td{kind}>{content}</td>"

    top = "".join(
        f'<th scope="col"{" class=number" * (i in numbers)}>{escape(name)}</th>' for i, name in enumerate(head)
    )
    lines = ["<tr>" + "".join(cell(i, content) for i, content in enumerate(row)) + "</tr>" for row in rows]
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody>\n</table>"
    )


def _bars(name: str, told: str, bars: Sequence[tuple[str, int]]) -> str:
    """A bar chart; told: what it shows, for those who listen."""
    width, height, top = 44, 120, max(count for _, count in bars) or 1
    shapes = []
    for i, (label, count) in enumerate(bars):
        tall = height * count / top
        x = i * width + 6
        middle = x + (width - 12) / 2
        shapes.append(f'<rect x="{x}" y="{20 + height - tall:.1f}" width="{width - 12}" height="{tall:.1f}"/>')
        if count:
            shapes.append(f'<text x="{middle:g}" y="{15 + height - tall:.1f}" text-anchor="middle">{count}</text>')
        shapes.append(f'<text x="{middle:g}" y="{height + 36}" text-anchor="middle">{escape(label)}</text>')
    return (
        f'<svg role="img" aria-labelledby="{name}" width="{width * len(bars)}" height="{height + 60}" '
        f'viewBox="0 0 {width * len(bars)} {height + 60}"><title id="{name}">{escape(told)}</title>\n'
        + "\n".join(shapes)
        + f'\n<text x="{width * len(bars) / 2:g}" y="{height + 56}" text-anchor="middle">points</text></svg>'
    )
