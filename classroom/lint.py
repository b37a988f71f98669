"""What a built lesson and exercise must keep to. Each rule yields problems; `course build --check` prints them."""

from __future__ import annotations

import ast
import contextlib
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from nbformat import NotebookNode

from classroom import notebooks, pictures
from classroom.course import LESSONS, ROOT, CourseError, Lesson, Page
from classroom.grading import HIDDEN, STUB, Task, defined_at_top, grade_id, nbgrader_meta, read_notebook, tasks_of
from facelab.checks import free_names

LINES_A_CELL = 15
BYTES_A_LESSON = 1_500_000
POINTS_AN_EXERCISE = 10
WORDS_OF_ALT = 8
WORDS_BEFORE_THE_PICTURE = 50  # with more, the picture doesn't stand on the first screen
GRADE_ID = re.compile(r"(\d\d)-[a-z][a-z0-9-]*")
FIGURE_ALT = re.compile(r'<figure\b.*?<img alt="([^"]+)"', re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
ABILITIES = "After this lesson you can"
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
POINTS_IN_TEXT = re.compile(r"^#+ .*\((\d+) points?\)", re.MULTILINE)
# A share or a decimal number in prose is a result, and results are computed; so is "about 3 seconds". The case study's
# figures may be repeated anywhere, others that stand in data/published where the paragraph names a source.
RESULT_IN_PROSE = re.compile(r"\d+(?:\.\d+)?\s?(?:%|per cent)|\b\d+\.\d+\b|\b\d+ (?:ms|seconds|hours|days|weeks)\b")
# So is a share in other words; an exercise may tell a story with such a figure.
SHARE_IN_WORDS = re.compile(
    r"(?!95 of 100)\b\d{2,} (?:out )?of (?:the )?\d{2,}\b|\bone in \d[\d,]*|\b\d+ times\b(?! \d)"
)
NAMES_A_SOURCE = re.compile(r"\]\(https?://|\(\D*(?:1[89]|20)\d\d\)|\breported in \d{4}\b")
# What only somebody else can have found: it needs a row in data/published wherever it is printed.
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
SHORT_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
LARGE = r"\s(?:thousand )?(?:million|billion|trillion)"
CURRENCIES = "euros?|dollars?|pounds|yuan|EUR|USD|GBP|CNY|CHF"
EXTERNAL_FIGURE = re.compile(
    rf"(?:[€£¥$]|\b(?:EUR|USD|GBP|CNY|CHF))\s?\d[\d,]*(?:\.\d+)?(?:{LARGE})?"  # money
    rf"|\b\d[\d,.]*(?:{LARGE}|\s?(?:k|m|bn))?\s(?:{CURRENCIES})\b"
    rf"|\b\w+{LARGE}\s(?:{CURRENCIES})\b"
    rf"|\b\d[\d,.]*{LARGE}\b"
    r"|\b\d[\d,.]*\s(?:TB|PB|terabytes?|petabytes?)\b"
    rf"|\b(?:\d{{1,2}}\s)?(?:{MONTHS}|{SHORT_MONTHS})\.?\s(?:1[89]|20)\d\d\b"  # a day, or a month of a year
    rf"|\b(?:{MONTHS}|{SHORT_MONTHS})\.?\s\d{{1,2}}\b|\b\d{{1,2}}\s(?:{MONTHS}|(?:{SHORT_MONTHS})\b)"
    r"|\b(?:Art(?:icles?|\.)?\s?\d+(?:\(\w+\))*|Annex [IVX]+)"  # an article of a law, or what stands for one
    r"|(?:§§?|\bSection|\bRecital)\s?\d+|\b\d+ ILCS [\d/]+|\[(?:19|20)\d\d\] (?:EWCA|EWHC|UKUT|UKSC)\b"
    r"|\b\d+ frames a second\b"
)
COUNT = re.compile(r"\b\d{1,3}(?:,\d{3})+\b")
# Set-up, not counts of anything out there: pixels of an ORL picture, features of a window of 19 px, a camera's width.
OWN_COUNTS = {"10,304", "63,960", "1,920"}
NO_PROSE = re.compile(r"```.*?```|`[^`]*`|\$[^$\n]+\$|\]\([^)\s]*\)|\barXiv:?\s?\d{4}\.\d+", re.DOTALL)


def problems(lesson: Lesson) -> list[str]:
    """Everything that is wrong with one lesson and its exercise, a sentence each."""
    found = stale(lesson) + list(filter(None, [pictures.problem_of(lesson.name)])) + list(notes_have_sources(lesson))
    for path, rules in ((lesson.notebook, LESSON_RULES), (lesson.solution, SOLUTION_RULES)):
        if path.is_file():
            notebook = read_notebook(path)
            found += [f"{_short(path)}: {p}" for rule in rules for p in rule(lesson, notebook)]
    if lesson.solution.is_file() and lesson.exercise.is_file():
        found += [f"{_short(lesson.exercise)}: {p}" for p in leaks(lesson)]
    return found


def page_problems(page: Page) -> list[str]:
    """Everything that is wrong with one of the notebooks in docs/, a sentence each."""
    found = stale_page(page)
    if page.manuscript.is_file():
        tasks = tasks_of(notebooks.read_manuscript(page.manuscript))
        found += [f"{_short(page.manuscript)}: {problem}" for task in tasks for problem in sees_plain_data_only(task)]
    if page.notebook.is_file():
        notebook = read_notebook(page.notebook)
        found += [f"{_short(page.notebook)}: {p}" for rule in PAGE_RULES for p in rule(page, notebook)]
    return found


def course_problems() -> list[str]:
    """What is wrong across lessons: the map, grade ids that appear twice, and files beside solutions."""
    ids = Counter()
    found = list(filter(None, [pictures.problem_of(pictures.MAP)]))
    for lesson in LESSONS:
        if not lesson.solution.is_file():
            continue
        ids.update(filter(None, map(grade_id, read_notebook(lesson.solution).cells)))
        for stranger in sorted(lesson.solution.parent.iterdir()):
            if stranger != lesson.solution:
                found.append(f"{_short(stranger)}: nbgrader would copy this file to students; move it to docs/")
    return found + [f"the grade id {i} is used {n} times in the course" for i, n in ids.items() if n > 1]


def stale(lesson: Lesson) -> list[str]:
    """Which notebooks are missing, or were not built from what the manuscript, library and tables are now."""
    found = []
    for manuscript, path in zip(lesson.manuscripts, (lesson.notebook, lesson.solution), strict=True):
        if manuscript.is_file():
            found += _stale(manuscript, notebooks.read_manuscript(manuscript), path, lesson.number)
        else:
            found.append(f"{_short(manuscript)}: missing")
    if not lesson.exercise.is_file():
        found.append(f"{_short(lesson.exercise)}: not built yet; run `course build {lesson.number}`")
    return found


def stale_page(page: Page) -> list[str]:
    """The same for a notebook in docs/."""
    if not page.manuscript.is_file():
        return [f"{_short(page.manuscript)}: missing"]
    return _stale(page.manuscript, notebooks.read_page(page), page.notebook, page.name)


def _stale(manuscript: Path, wanted: NotebookNode, path: Path, name: str) -> list[str]:
    """Whether the notebook at a path is missing, or another than the one that its manuscript describes."""
    if not path.is_file():
        return [f"{_short(path)}: not built yet; run `course build {name}`"]
    built = read_notebook(path)
    if built.metadata.get("course", {}).get("built_from") != notebooks.fingerprint(manuscript):
        return [f"{_short(path)}: stale (its manuscript, a module or a table changed since it was built)"]
    if [c.source for c in built.cells] != [c.source for c in wanted.cells]:
        return [f"{_short(path)}: edited by hand; edit {_short(manuscript)} and build again"]
    return []


def leaks(lesson: Lesson) -> Iterator[str]:
    """An exercise that shows a solution, a hidden check or an output, or isn't the release of its solution."""
    exercise, solution = read_notebook(lesson.exercise), read_notebook(lesson.solution)
    for number, cell in enumerate(exercise.cells, 1):
        for marker in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "MARK SCHEME"):
            if marker in cell.source:
                yield f"cell {number} leaks: it holds {marker}"
        if cell.get("outputs"):
            yield f"cell {number} leaks: it holds output"
        if cell.cell_type == "code" and nbgrader_meta(cell).get("solution") and STUB not in cell.source:
            yield f"cell {number} ({grade_id(cell)}) has no stub"
    if [c.source for c in exercise.cells] != [c.source for c in notebooks.release(solution).cells]:
        yield "stale or edited by hand: it isn't what nbgrader makes of the solution"
    elif exercise.metadata.get("course") != solution.metadata.get("course"):
        yield "stale: it was released from an earlier solution"


def outputs_are_clean(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.execution_count is None and cell.source.strip():
            yield f"cell {number} was not executed"
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"cell {number} fails: {output.ename}"
            elif output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} warns: {output.text.strip().splitlines()[0]}"


def figures_have_alt_text(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data) and not FIGURE_ALT.search(data.get("text/html", "")):
                yield f"cell {number} shows a picture without alt text; use facelab.notebook.show"
        if cell.cell_type != "markdown":
            continue
        if re.search(r"<img(?![^>]*\balt=\"[^\"]+\")", cell.source):
            yield f"cell {number} holds a picture without alt text"
        for alt, address in PICTURE.findall(cell.source):
            if len(alt.split()) < WORDS_OF_ALT or not alt.rstrip().endswith("."):
                yield f"cell {number}: the alt text of {address} is no sentence of {WORDS_OF_ALT} words: {alt!r}"


def begins_with_its_picture(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """Title, question and picture come before all else, so that they stand on the first screen."""
    first = notebook.cells[0].source if notebook.cells else ""
    address = pictures.link_of(lesson)
    picture = next((match for match in PICTURE.finditer(first) if match[2] == address), None)
    if picture is None:
        yield f"its first cell doesn't show {address}"
        return
    before = len(first[: picture.start()].split("\n", 1)[-1].split())
    if before > WORDS_BEFORE_THE_PICTURE:
        yield f"{before} words stand between the title and {address}; at most {WORDS_BEFORE_THE_PICTURE}"
    if not first.find(ABILITIES) > picture.start():
        yield f"{address} must stand before '{ABILITIES}'"


def cells_are_short(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or cell.metadata.get("course", {}).get("long"):
            continue
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]
        if len(lines) > LINES_A_CELL:
            yield f'cell {number} has {len(lines)} lines of code; at most {LINES_A_CELL}, or give it long="why"'


def size_is_small(lesson: Lesson, _: NotebookNode) -> Iterator[str]:
    size = lesson.notebook.stat().st_size
    if size > BYTES_A_LESSON:
        yield f"takes {size / 1e6:.1f} MB; at most {BYTES_A_LESSON / 1e6} MB"


def headings_are_in_order(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    level, titles = 0, 0
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "markdown":
            continue
        for marks, title in HEADING.findall(re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)):
            if len(marks) > level + 1:
                yield f"cell {number}: the heading '{title}' skips a level"
            level = len(marks)
            titles += level == 1
    first = notebook.cells[0].source if notebook.cells else ""
    if titles != 1 or not first.startswith(f"# {lesson.heading}"):
        yield f"must begin with one title, '# {lesson.heading}'"


def published_figures(tables: str = "*") -> list[str]:
    """The figures of data/published, as the texts write them; where a row has a date of its own, that date, too."""
    figures = set()
    for path in sorted((ROOT / "data/published").glob(f"{tables}.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                figures |= {row.get("figure") or "", row.get("date") or ""}
    return sorted((f for f in figures if re.search(r"\d|Annex", f)), key=len, reverse=True)


def known_figures(tables: str = "*") -> re.Pattern:
    """What published_figures lists, as a pattern that doesn't stop within a longer number."""
    known = "|".join(rf"(?<![\w.,]){re.escape(figure)}(?!\d|[.,]\d)" for figure in published_figures(tables))
    return re.compile(known or r"\Z")


def stored_counts() -> set[str]:
    """The whole numbers of the stored tables and of their headers: our own counts, whose protocol stands there."""
    numbers = set()
    for path in (ROOT / "data/measured").glob("*.csv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.findall(r"\d+(?:,\d{3})*", line) if line.startswith("#") else line.split(",")
            numbers.update(number.replace(",", "") for number in found)
    return numbers


def without(known: re.Pattern, text: str) -> str:
    """Text as one line, without code, formulas, addresses, and known figures."""
    return known.sub("", " ".join(NO_PROSE.sub("", text).split()))


def external_figures(text: str, known: re.Pattern) -> list[str]:
    """Figures in a text that can only come from somebody else, and have no row in data/published.

    Money, millions, terabytes, days and months of a year, articles of a law, frames a second; and counts with a
    thousands comma, unless they are round (two figures at most, as in an example), of our own set-up, or stored.
    """
    rest = without(known, text)
    counts = COUNT.findall(EXTERNAL_FIGURE.sub("", rest))
    odd = [c for c in counts if len(c.replace(",", "").rstrip("0")) > 2 and c not in OWN_COUNTS]
    own = stored_counts() if odd else set()
    return EXTERNAL_FIGURE.findall(rest) + [count for count in odd if count.replace(",", "") not in own]


def texts_of(cell: NotebookNode, drawn_too: bool = False) -> list[str]:
    """What a cell says in words that were typed: its text, or the strings that its code hands to say and show.

    Of an f-string, what it computes is left out, as {}. With drawn_too, every string of the code.
    """
    if cell.cell_type == "markdown":
        return [cell.source]
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:  # a magic; another rule finds what fails
        return []
    said = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") in ("say", "show"))
    return [text for node in ([tree] if drawn_too else said) for text in strings_in(node)]


def strings_in(code: ast.AST) -> list[str]:
    """The strings of a piece of code, and its f-strings with {} for what they compute."""
    specs = [n.format_spec for n in ast.walk(code) if isinstance(n, ast.FormattedValue) and n.format_spec]
    formats = {id(inner) for spec in specs for inner in ast.walk(spec)}
    strings = [n for n in ast.walk(code) if isinstance(n, ast.JoinedStr) and id(n) not in formats]
    parts = formats | {id(part) for string in strings for part in string.values}
    plain = (n for n in ast.walk(code) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return [
        *("".join(p.value if isinstance(p, ast.Constant) else "{}" for p in s.values) for s in strings),
        *(n.value for n in plain if id(n) not in parts),
    ]


def numbers_of(notebook: NotebookNode) -> set[float]:
    """The numbers that a notebook's code works with: its set-up."""
    numbers = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with contextlib.suppress(SyntaxError):
                found = (n.value for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Constant))
                numbers |= {float(value) for value in found if isinstance(value, int | float)}
    return numbers


def code_types_no_results(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """What code prints, draws and says is computed, too; the level of intervals and numbers of the set-up may stand."""
    known, set_up = known_figures(), numbers_of(notebook) | {95.0, 1.96}
    set_up |= {100 * number for number in set_up}
    for number, cell in enumerate(notebook.cells, 1):
        for text in texts_of(cell, drawn_too=True) if cell.cell_type == "code" else ():
            words = without(known, text)
            for match in [*RESULT_IN_PROSE.finditer(words), *SHARE_IN_WORDS.finditer(words)]:
                values = [float(v.replace(",", "")) for v in re.findall(r"\d[\d,]*(?:\.\d+)?", match[0])]
                if not all(np.isclose(value, list(set_up)).any() for value in values):
                    yield f"cell {number} types a result into its code ({match[0]!r}); compute it"


def results_are_computed(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    yield from _typed_into_prose(notebook, RESULT_IN_PROSE)


def shares_are_computed(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    yield from _typed_into_prose(notebook, SHARE_IN_WORDS)


def _typed_into_prose(notebook: NotebookNode, results: re.Pattern) -> Iterator[str]:
    anywhere, with_source = known_figures("case_study"), known_figures()
    for number, cell in enumerate(notebook.cells, 1):
        for paragraph in cell.source.split("\n\n") if cell.cell_type == "markdown" else ():
            known = with_source if NAMES_A_SOURCE.search(paragraph) else anywhere
            if match := results.search(without(known, paragraph)):
                yield (
                    f"cell {number} types a result into prose ({match[0]!r}); compute it (say), or name its source "
                    "and give it a row in data/published"
                )


def figures_have_a_source(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    known = known_figures()
    for number, cell in enumerate(notebook.cells, 1):
        for figure in (f for text in texts_of(cell, drawn_too=True) for f in external_figures(text, known)):
            yield f"cell {number} prints {figure!r}, which has no source row in data/published"


def notes_have_sources(lesson: Lesson) -> Iterator[str]:
    """The same for a lesson's notes for instructors."""
    notes = ROOT / f"docs/instructors/{lesson.number}.md"
    if notes.is_file():
        for figure in external_figures(notes.read_text(encoding="utf-8"), known_figures()):
            yield f"{_short(notes)} prints {figure!r}, which has no source row in data/published"


def links_are_alive(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "markdown":
            continue
        for target in LINK.findall(cell.source):
            if re.match(r"[a-z]+:|#|attachment:", target):
                continue
            if not (lesson.notebook.parent / unquote(target.split("#")[0])).exists():
                yield f"cell {number} links to {target}, which is not there"


def no_relative_links(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """An exercise is read in work/ and elsewhere; a relative link would be right in one place only."""
    for number, cell in enumerate(notebook.cells, 1):
        for target in LINK.findall(cell.source if cell.cell_type == "markdown" else ""):
            if not re.match(r"[a-z]+:|#", target):
                yield f"cell {number} links to {target}; an exercise holds no relative links"


def tasks_are_well_formed(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    stated = [int(n) for n in POINTS_IN_TEXT.findall(text)]
    try:
        tasks = tasks_of(notebook)
    except CourseError as problem:
        yield str(problem)
        return
    if stated != [task.points for task in tasks]:
        yield f"the text states {stated} points, the metadata {[task.points for task in tasks]}"
    total = sum(task.points for task in tasks if task.kind == "auto")
    if total != POINTS_AN_EXERCISE:
        yield f"has {total} automatically graded points; wanted {POINTS_AN_EXERCISE}"
    first = notebook.cells[1] if len(notebook.cells) > 1 else {}
    if "begin_exercise()" not in first.get("source", "") or not nbgrader_meta(first).get("locked"):
        yield "its first code cell must be locked and call facelab.notebook.begin_exercise()"
    for cell in notebook.cells:
        name = grade_id(cell)
        if name and not ((match := GRADE_ID.fullmatch(name)) and match[1] == lesson.number):
            yield f"the grade id {name!r} isn't of the form {lesson.number}-words"
        for marker in ("SOLUTION", "HIDDEN TESTS"):
            order = re.findall(rf"^\s*### (BEGIN|END) {marker}", cell.source, re.MULTILINE)
            if order != ["BEGIN", "END"] * (len(order) // 2) or len(order) % 2:
                yield f"{name or 'a cell'}: BEGIN {marker} and END {marker} don't pair up"


def checks_see_plain_data_only(_: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """Checks run apart from answers: they may ask for the task's names only, and pass and take plain data only."""
    for task in tasks_of(notebook):
        if task.kind != "auto":
            continue
        visible, _, hidden = task.check.partition(HIDDEN)
        for part, source in (("visible", visible), ("hidden", hidden)):
            if "expect(" not in source:
                yield f"{task.id}: its check has no {part} part that calls expect"
        yield from sees_plain_data_only(task)


def sees_plain_data_only(task: Task) -> Iterator[str]:
    """The same of one task, whether or not a part of its check is hidden."""
    strangers = set(free_names(task.check)) - set(task.asks_for)
    if strangers:
        yield f"{task.id}: its check uses {', '.join(sorted(strangers))} without defining it"
    if not set(free_names(task.check)) & set(task.asks_for):
        yield f"{task.id}: its check asks for nothing that the answer defines"
    yield from (f"{task.id}: {p}" for p in _not_plain(task.check, task.asks_for))


def _not_plain(check: str, asked: tuple[str, ...]) -> Iterator[str]:
    tree = ast.parse(check)
    unshared = _scalars(tree)
    own_functions = set(defined_at_top(check)) & {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield f"its check defines a class ({node.name})"
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in asked):
            continue
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            for inner in ast.walk(argument):
                if isinstance(inner, ast.Lambda | ast.GeneratorExp):
                    yield f"its check passes a function or generator to {node.func.id}"
            if isinstance(argument, ast.Name) and argument.id in own_functions:
                yield f"its check passes the function {argument.id} to {node.func.id}"
            elif isinstance(argument, ast.Name) and argument.id not in unshared:
                yield f"its check passes {argument.id} itself to {node.func.id}; pass {argument.id}.copy()"


def _scalars(tree: ast.AST) -> set[str]:
    """Names that a check gives to single numbers: loop variables, constants, int(...), len(...)."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.For(target=target):
                names |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            case ast.Assign(targets=[target], value=value):
                single = isinstance(value, ast.Constant) or (
                    isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("int", "len")
                )
                if single or (isinstance(value, ast.Tuple) and all(isinstance(e, ast.Constant) for e in value.elts)):
                    names |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


Rule = Callable[[Lesson | Page, NotebookNode], Iterator[str]]
LESSON_RULES: list[Rule] = [
    outputs_are_clean,
    figures_have_alt_text,
    begins_with_its_picture,
    cells_are_short,
    size_is_small,
    headings_are_in_order,
    results_are_computed,
    shares_are_computed,
    code_types_no_results,
    figures_have_a_source,
    links_are_alive,
]
PAGE_RULES = [rule for rule in LESSON_RULES if rule is not begins_with_its_picture]
SOLUTION_RULES: list[Rule] = [
    outputs_are_clean,
    figures_have_alt_text,
    headings_are_in_order,
    results_are_computed,
    code_types_no_results,
    figures_have_a_source,
    no_relative_links,
    tasks_are_well_formed,
    checks_see_plain_data_only,
]
