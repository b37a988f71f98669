"""The people of a class: a roster read from CSV, and names in whatever spelling matched to it without guessing."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from classroom.course import CourseError

# What learning systems call the columns of the rosters that they export, in lower case.
COLUMNS = {
    "id": ("id", "student_id", "student id", "id number", "sis user id", "sis login id", "username", "login"),
    "first_name": ("first_name", "first name", "given name", "firstname", "vorname"),
    "last_name": ("last_name", "last name", "surname", "family name", "lastname", "nachname"),
    "email": ("email", "e-mail", "email address", "mail", "e-mail-adresse"),
    "lms_user_id": ("lms_user_id", "lms id", "canvas id", "moodle id", "participant id"),
}
COLUMNS["id"] += ("id-nummer", "matrikelnummer", "benutzername")
WHOLE_NAME = ("name", "student", "full name", "student name")
NOBODY = ("points possible", "student, test")  # rows of Canvas's gradebook that are no learners
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that Windows keeps for itself
# Letters that Unicode doesn't take apart into a plain one and an accent.
LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"}
LETTERS |= {letter.upper(): plain.capitalize() for letter, plain in LETTERS.items()} | {"ß": "ss", "ı": "i"}
DIGRAPHS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"}


@dataclass(frozen=True)
class Student:
    """One learner. id is the name of a folder; lms_user_id is the learning system's own number, or ""."""

    id: str
    first_name: str
    last_name: str
    email: str
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


# ---- the roster ------------------------------------------------------------------------------------------------


def read_roster(path: Path) -> list[Student]:
    """The learners of a CSV file with a header, in its order.

    Comma, semicolon or tab; UTF-8, or else Windows' Western encoding; columns under the names that Moodle and Canvas
    give them. A learner's id comes from the column for it, else from the e-mail address, else from the name.
    Raises: CourseError that names the line, if an id can't be made, or two learners would share one.
    """
    rows = _rows(path)
    students, lines = [], {}
    for number, row in rows:
        first, last = row["first_name"], row["last_name"]
        raw = row["id"] or row["email"].split("@")[0] or f"{first}.{last}".strip(".")
        name = safe_id(raw)
        if not name:
            raise CourseError(
                f"{path.name}, line {number}: no folder name can be made of {raw!r}. Give this learner an id of "
                "letters, digits, dots, hyphens or underscores."
            )
        key = name.casefold()
        if key in lines:
            raise CourseError(
                f"{path.name}, lines {lines[key]} and {number}: both learners would have the id '{name}'."
            )
        lines[key] = number
        students.append(Student(name, first, last, row["email"], row["lms_user_id"]))
    if not students:
        raise CourseError(f"{path.name} names no learner.")
    return students


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(line, {our column: text}) of every row that isn't empty."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise CourseError(f"The roster {path} cannot be read ({problem.strerror}).") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    text = unicodedata.normalize("NFC", text)
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    header = [cell.strip().casefold() for cell in next(reader, [])]
    # The first of our names for a column that the header has: 'id' goes before 'username'.
    places = {c: next((header.index(n) for n in names if n in header), None) for c, names in COLUMNS.items()}
    whole = next((header.index(n) for n in WHOLE_NAME if n in header), None)
    if whole is None and places["last_name"] is None and places["id"] is None and places["email"] is None:
        raise CourseError(
            f"{path.name} needs a header with some of the columns id, first_name, last_name, email; "
            f"it has {', '.join(header) or 'none'}."
        )
    if {"student", "id"} <= set(header):  # Canvas's gradebook: its ID is the system's own number
        places["lms_user_id"] = header.index("id")
        places["id"] = next((header.index(n) for n in COLUMNS["id"] if n in header and n != "id"), header.index("id"))
    rows = []
    for cells in reader:
        name = cells[whole].strip().casefold() if whole is not None and whole < len(cells) else ""
        if not any(cell.strip() for cell in cells) or name in NOBODY:
            continue
        row = {c: " ".join(cells[i].split()) if i is not None and i < len(cells) else "" for c, i in places.items()}
        if whole is not None and whole < len(cells) and not row["last_name"]:
            row["first_name"], row["last_name"] = _split_name(cells[whole])
        rows.append((reader.line_num, row))
    return rows


def _split_name(name: str) -> tuple[str, str]:
    """(first, last) of "Last, First" or "First Last"."""
    if "," in name:
        last, first = name.split(",", 1)
        return " ".join(first.split()), " ".join(last.split())
    *first, last = name.split() or [""]
    return " ".join(first), last


def write_roster(path: Path, students: Iterable[Student]) -> None:
    """The roster in the columns that `read_roster` looks for first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Student))
        writer.writerows(map(astuple, students))


def safe_id(text: str) -> str:
    """An id that is a folder's name on every system: ASCII letters, digits, dot, underscore, hyphen; "" if none is."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", _without_accents(unicodedata.normalize("NFC", text)))
    name = name.lstrip(".-").rstrip(".-")[:64].rstrip(".-")
    return "" if RESERVED.fullmatch(name) or not re.search(r"[A-Za-z0-9]", name) else name


# ---- finding the person ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """Who a name is: a student, or none and why."""

    student: Student | None
    reason: str = ""


class Directory:
    """A roster's learners, found by number, id, e-mail or name."""

    def __init__(self, students: Sequence[Student]) -> None:
        self.students = list(students)
        self._by_number = _index(students, lambda s: {s.lms_user_id} - {""})
        # From the exact spelling to the loosest; a looser one is asked only where the stricter finds nobody.
        self._stages = {
            joined: [
                _index(students, lambda s, joined=joined: {_plain(s.id), _plain(s.email)} | _exact(s, joined)),
                _index(students, lambda s, joined=joined: set().union(*(_loose(n) for n in _exact(s, joined)))),
            ]
            for joined in (False, True)
        }

    def find(self, name: str, number: str = "", joined: bool = False) -> Match:
        """The learner that a name of a folder or file means.

        Parameters: name, an id, an e-mail address or a person's name in any order; number, the learning system's own
        number for the person, if it states one; joined, whether the name has no spaces, as in Canvas's exports.
        """
        by_number = self._by_number.get(number, [])
        by_name = self._named(name, joined)
        if len(by_number) == 1 and by_name and by_number[0] not in by_name:
            return Match(None, f"the number {number} is {by_number[0].id}'s, the name is another's")
        for found in (by_number, by_name):
            if len(found) == 1:
                return Match(found[0])
        if by_name:
            return Match(None, "could be " + " or ".join(s.id for s in by_name))
        return Match(None, "nobody on the roster has this name")

    def _named(self, name: str, joined: bool) -> list[Student]:
        exact, loose = self._stages[joined]
        spelt = _letters(name) if joined else _words(name)
        for index, keys in ((exact, {_plain(name), spelt}), (loose, _loose(spelt))):
            found = {s.id: s for key in keys - {""} for s in index.get(key, [])}
            if found:
                return list(found.values())
        return []


def _index(students: Iterable[Student], keys: Callable[[Student], set[str]]) -> dict[str, list[Student]]:
    index = defaultdict(list)
    for student in students:
        for key in keys(student) - {""}:
            index[key].append(student)
    return dict(index)


def _exact(student: Student, joined: bool) -> set[str]:
    """A learner's name in both orders, in words or (joined) in letters only."""
    orders = (f"{student.first_name} {student.last_name}", f"{student.last_name} {student.first_name}")
    return {(_letters if joined else _words)(name) for name in orders}


def _loose(name: str) -> set[str]:
    """Spellings without accents: "jörg" is "jorg" to some and "joerg" to others."""
    return {_without_accents(name), _without_accents("".join(DIGRAPHS.get(c, c) for c in name))}


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _words(text: str) -> str:
    """The words of a name, folded, without punctuation between them."""
    return " ".join(re.findall(r"[^\W_]+", _plain(text)))


def _letters(text: str) -> str:
    return _words(text).replace(" ", "")


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", "".join(LETTERS.get(c, c) for c in text))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
