"""`course class collect`: from what a learning system exports to nbgrader's submitted/, losing and guessing nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from classroom.cohort.archives import Entry, Refused, Rejected, entries
from classroom.cohort.folder import ClassFolder
from classroom.cohort.people import Directory, Student
from classroom.course import CourseError
from classroom.grading import read_notebook, tasks_of
from classroom.work import write_atomically

MOST_FILES = 200  # of one submission
MOST_BYTES = 250 << 20
# A zip made by Moodle since 4.1, or by Canvas, bears the time of its making on every file, which is nobody's time of
# handing in. Times that lie further apart than a download takes are taken for real ones.
A_DOWNLOAD = timedelta(hours=1)
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?")
CANVAS = re.compile(r"(?P<name>[\w-]+?)_(?:(?P<late>LATE)_)?(?P<number>\d+)_(?P<attachment>\d+)_(?P<file>.+)")
NOTEBOOK = re.compile(r"(?P<stem>.*)\.ipynb(\.txt|\.json)?", re.IGNORECASE)  # browsers like to add a suffix
COPY = re.compile(r"(?:-(\d{1,3})| ?\((\d{1,3})\))$")  # "name-2", "name (2)"
INDEX = ".index.json"


@dataclass(frozen=True)
class Upload:
    """One file of one person, as its name tells: whose it is, and what it is called there."""

    entry: Entry
    label: str  # the name of the person's folder, or the person's part of the file's name
    student: Student | None
    reason: str  # why there is no student
    rest: tuple[str, ...]  # its path inside the person's folder
    layout: str  # "moodle", "canvas" or "plain"
    attachment: int = 0  # Canvas's number of the upload; later uploads have higher ones
    late: bool = False  # whether Canvas's name says so

    @property
    def is_notebook(self) -> bool:
        return bool(NOTEBOOK.fullmatch(self.rest[-1]))

    @property
    def copy(self) -> int:
        """2 of "name-2.ipynb", else 0."""
        name = NOTEBOOK.fullmatch(self.rest[-1])
        found = COPY.search(name["stem"]) if name else None
        return int(found[1] or found[2]) if found else 0


@dataclass(frozen=True)
class Version:
    """What decides which of two submissions is the later one, and what else is remembered of a submission."""

    attachment: int
    when: datetime | None
    copy: int

    def is_later_than(self, other: Version) -> bool:
        """By the learning system's own number or time, else by the -2 of a file's name; never by anything else."""
        if self.attachment and other.attachment and self.attachment != other.attachment:
            return self.attachment > other.attachment
        if self.when and other.when and self.when != other.when:
            return self.when > other.when
        return self.copy > other.copy


@dataclass
class Outcome:
    """What `collect` did."""

    collected: list[str] = field(default_factory=list)  # "s0042 01_faces_as_vectors"
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)  # sentences about versions that didn't become the submission
    unmatched: list[tuple[str, str]] = field(default_factory=list)  # (what it is called, why)
    refused: list[Rejected] = field(default_factory=list)
    times_known: bool = True

    @property
    def needs_a_person(self) -> bool:
        return bool(self.unmatched or self.refused)


def collect(folder: ClassFolder, source: Path, number: str = "") -> Outcome:
    """Take over what lies in a folder or a zip; number: the assignment that it was exported for, if for one."""
    wanted = folder.chosen([number])[0] if number else ""
    folder.add_new_students()
    outcome, names = Outcome(), Names(folder)
    found = list(entries(source))
    outcome.refused += [entry for entry in found if isinstance(entry, Rejected)]
    files = [entry for entry in found if isinstance(entry, Entry)]
    around = _around_all(files)
    uploads = [names.owner(entry, around, source.is_dir()) for entry in files]
    uploads = _name_strangers(uploads, folder.assignments)
    outcome.times_known = _times_are_of_submissions(uploads)
    run = _Run(folder, source, wanted, outcome, names)
    for label, files in _grouped(uploads, lambda u: u.label if u.student is None else "").items():
        if label:
            run.set_aside(label, files, files[0].reason)
    for student, files in _grouped(uploads, lambda u: u.student.id if u.student else "").items():
        if student:
            run.take(student, files)
    run.finish()
    return outcome


def _grouped(uploads: Iterable[Upload], key) -> dict[str, list[Upload]]:
    groups: dict[str, list[Upload]] = {}
    for upload in uploads:
        groups.setdefault(key(upload), []).append(upload)
    return groups


# ---- whose, and which exercise ---------------------------------------------------------------------------------


class Names:
    """Reads from names, and from the grade ids in notebooks, whose a file is and which exercise it answers."""

    def __init__(self, folder: ClassFolder) -> None:
        self.directory = Directory(folder.roster)
        self.assignments = folder.assignments
        self._by_grade_id = {}
        for assignment in self.assignments:
            for task in tasks_of(read_notebook(folder.source_notebook(assignment))):
                self._by_grade_id[task.id] = self._by_grade_id[f"{task.id}-check"] = assignment

    def owner(self, entry: Entry, around: int, by_hand: bool) -> Upload:
        """Whose a file is, by the name that the learning system, or the person who collects, gave it.

        Parameters: around, how many folders lie around everything; by_hand, whether the source is a folder, in which
        whole exports may lie as zips. Names further down are the learner's own, and could be another learner's.
        """
        for depth, part in enumerate(entry.parts):
            last = depth == len(entry.parts) - 1
            below = entry.parts[depth + 1 :]
            if found := MOODLE.fullmatch(part):
                who = self.directory.find(found["name"], found["number"])
                rest = ((found["file"] or part),) if last else below
                return Upload(entry, f"{found['name']}_{found['number']}", who.student, who.reason, rest, "moodle")
            if found := CANVAS.fullmatch(part):
                who = self.directory.find(found["name"], found["number"], joined=True)
                label = f"{found['name']}_{found['number']}"
                about = {"attachment": int(found["attachment"]), "late": bool(found["late"])}
                return Upload(entry, label, who.student, who.reason, below or (found["file"],), "canvas", **about)
            names = self._names_of_file(part) if last else [re.sub(r"\.zip$", "", part, flags=re.IGNORECASE)]
            for who in map(self.directory.find, names):
                if who.student or who.reason.startswith("could be"):
                    return Upload(entry, part, who.student, who.reason, below or (part,), "plain")
            if depth >= around and not (by_hand and depth == around and part.lower().endswith(".zip")):
                break
        return Upload(entry, "", None, "nobody on the roster has this name", entry.parts, "plain")

    def _names_of_file(self, name: str) -> list[str]:
        """What in a file's name may be a person's: all of it, or what is left without the exercise and a -2."""
        stem = re.sub(r"(\.ipynb)?(\.\w+)?$", "", name)
        return [n for n in dict.fromkeys((stem, COPY.sub("", stem), self._without_exercise(stem))) if n]

    def _without_exercise(self, stem: str) -> str:
        """ "s0042" of "s0042_01_faces_as_vectors-2", "s0042-01" and "01 s0042"."""
        stem = COPY.sub("", stem) if any(a in stem for a in self.assignments) else stem
        for assignment in self.assignments:
            stem = stem.replace(assignment, "")
            for number in (assignment.split("_")[0], assignment.split("_")[0].lstrip("0")):
                stem = re.sub(rf"^{number}(?=[_ -])|(?<=[_ -]){number}$", "", stem)
        return stem.strip("_ -")

    def exercise(self, upload: Upload, content: bytes) -> tuple[str, bool]:
        """(assignment or "", whether the notebook's own grade ids say so)."""
        votes: dict[str, int] = {}
        for grade_id in set(_grade_ids(content)):
            if assignment := self._by_grade_id.get(grade_id):
                votes[assignment] = votes.get(assignment, 0) + 1
        first = sorted(votes.values(), reverse=True)[:2]
        if first and (len(first) == 1 or first[0] > first[1]):
            return max(votes, key=votes.__getitem__), True
        text = "/".join(upload.entry.parts).casefold()
        named = [a for a in self.assignments if a.casefold() in text]
        return (named[0] if len(named) == 1 else ""), False


def _grade_ids(content: bytes) -> list[str]:
    """The grade ids in a notebook's metadata. The file need not be whole: it isn't read as JSON."""
    return [name.decode() for name in re.findall(rb'"grade_id"\s*:\s*"([\w-]{1,100})"', content)]


def _around_all(files: Sequence[Entry]) -> int:
    """How many folders lie around every file."""
    folders = [entry.parts[:-1] for entry in files]
    shortest = min(map(len, folders), default=0)
    return next((d for d in range(shortest) if len({f[d] for f in folders}) > 1), shortest)


def _name_strangers(uploads: Sequence[Upload], assignments: Sequence[str]) -> list[Upload]:
    """Give files that nobody's name was found for a label: their first folder that isn't around everything."""
    depth = 0
    folders = [[p for p in upload.entry.parts[:-1] if p not in assignments] for upload in uploads]
    while folders and all(len(f) > depth + 1 and f[depth] == folders[0][depth] for f in folders):
        depth += 1
    named = []
    for upload, around in zip(uploads, folders, strict=True):
        if not upload.label:
            label = around[min(depth, len(around) - 1)] if around else Path(upload.entry.name).stem
            parts = upload.entry.parts
            rest = parts[parts.index(label) + 1 :] if around else parts[-1:]
            upload = replace(upload, label=label, rest=rest)
        named.append(upload)
    return named


def _times_are_of_submissions(uploads: Sequence[Upload]) -> bool:
    """Whether the files' times can be those at which people handed in."""
    times = [u.entry.when for u in uploads if u.entry.when and u.is_notebook]
    return bool(times) and max(times) - min(times) > A_DOWNLOAD and all(u.layout != "canvas" for u in uploads)


# ---- putting it where nbgrader looks ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Notebook:
    upload: Upload
    content: bytes
    recognised: bool
    stated: datetime | None  # the time that nbgrader's exchange noted beside it

    @property
    def version(self) -> Version:
        return Version(self.upload.attachment, self.stated or self.upload.entry.when, self.upload.copy)

    @property
    def rank(self) -> tuple:
        version = self.version
        when = version.when or datetime.min.replace(tzinfo=UTC)
        return self.recognised, version.attachment, when, version.copy, self.upload.entry.shown


class _Run:
    """One run of `collect`, with what it remembers in collected.json and submitted-unmatched/.index.json."""

    def __init__(self, folder: ClassFolder, source: Path, wanted: str, outcome: Outcome, names: Names) -> None:
        self.folder, self.source, self.wanted, self.outcome, self.names = folder, source, wanted, outcome, names
        self.records = read_records(folder)
        self.rows = [row for row in read_unmatched(folder) if row["from"] != source.name]
        self.rows += [_row(source, r.shown, f"refused: {r.reason}") for r in outcome.refused]
        self.from_unmatched = source.resolve().is_relative_to(folder.unmatched)

    def take(self, student: str, files: Sequence[Upload]) -> None:
        """One person's files: notebooks to their assignments, the rest beside them."""
        contents = self._read(files)
        stated = {u.rest[:-1]: _stated_time(c) for u, c in contents if u.layout == "plain" and _is_time_file(u)}
        notebooks: dict[str, list[_Notebook]] = {}
        for upload, content in contents:
            if upload.is_notebook:
                assignment, recognised = self.names.exercise(upload, content)
                if reason := self._why_not(student, assignment, recognised):
                    self.set_aside(upload.label, [upload], reason)
                    continue
                when = stated.get(upload.rest[:-1]) or stated.get(())
                notebook = _Notebook(upload, content, recognised, when)
                notebooks.setdefault(self.wanted or assignment, []).append(notebook)
        others = [(u, c) for u, c in contents if not u.is_notebook and not _is_time_file(u)]
        if not notebooks:
            if others:
                self.set_aside(others[0][0].label, [u for u, _ in others], f"of {student}, without a notebook")
            return
        best = {a: max(found, key=lambda notebook: notebook.rank) for a, found in notebooks.items()}
        beside: dict[str, list[tuple[str, bytes]]] = {a: [] for a in best}
        for upload, content in others:
            near = max(best, key=lambda a: _shared(best[a].upload.rest[:-1], upload.rest))
            beside[near].append((_tidy(upload.rest, best[near].upload), content))
        for assignment, found in notebooks.items():
            self._store(student, assignment, best[assignment], _without_clashes(beside[assignment]))
            for notebook in found:
                if notebook.content != best[assignment].content:
                    self._keep(student, assignment, notebook)
        if self.from_unmatched:
            taken = [n.upload for found in notebooks.values() for n in found] + [u for u, _ in others]
            for upload in taken:
                if upload.entry.path:
                    upload.entry.path.unlink(missing_ok=True)

    def _why_not(self, student: str, assignment: str, recognised: bool) -> str:
        """Why a notebook can't be put under an assignment, or ""."""
        if self.wanted and recognised and assignment != self.wanted:
            return f"{student} handed in exercise {assignment}, and this was collected for {self.wanted}"
        return "" if self.wanted or assignment else f"of {student}, and it isn't clear for which exercise"

    def _read(self, files: Sequence[Upload]) -> list[tuple[Upload, bytes]]:
        """The files' contents, notebooks first, up to the limits of one submission."""
        contents, room = [], MOST_BYTES
        files = sorted(files, key=lambda u: (not u.is_notebook, u.entry.shown))
        if too_many := len(files[MOST_FILES:]):
            self._refuse(files[MOST_FILES], f"the first of {too_many} beyond the {MOST_FILES} files of a submission")
        for upload in files[:MOST_FILES]:
            try:
                content = upload.entry.read()
                room -= len(content)
                if room < 0:
                    raise Refused(f"more than {MOST_BYTES >> 20} MB in one submission")
                contents.append((upload, content))
            except Refused as refused:
                self._refuse(upload, str(refused))
        return contents

    def _refuse(self, upload: Upload, reason: str) -> None:
        whose = f" (of {upload.student.id})" if upload.student else ""
        rejected = Rejected(upload.entry.shown, f"{reason}{whose}")
        self.outcome.refused.append(rejected)
        self.rows.append(_row(self.source, rejected.shown, f"refused: {rejected.reason}"))

    def _store(self, student: str, assignment: str, new: _Notebook, beside: dict[str, bytes]) -> None:
        files = {f"{assignment}.ipynb": new.content, **beside}
        when = new.stated or (new.upload.entry.when if self.outcome.times_known else None)
        place = self.folder.submitted / student / assignment
        if place.is_dir():
            if _digest(_files_in(place)) == _digest(files):
                self.outcome.unchanged += 1
                return
            if not new.version.is_later_than(self._version_there(student, assignment, place)):
                self._keep(student, assignment, new)
                return
        if when:
            files["timestamp.txt"] = f"{when:%Y-%m-%d %H:%M:%S} UTC\n".encode()
        with tempfile.TemporaryDirectory(prefix=".collecting-", dir=self.folder.root) as making:
            ready = Path(making) / assignment
            _write(ready, files)
            if place.is_dir():
                self._move_to_earlier(student, assignment, place)
            place.parent.mkdir(parents=True, exist_ok=True)
            ready.rename(place)
        self.records.setdefault(assignment, {})[student] = {
            "from": self.source.name,
            "entry": new.upload.entry.shown,
            "label": new.upload.label,
            "layout": new.upload.layout,
            "attachment": new.upload.attachment,
            "copy": new.upload.copy,
            "when": new.version.when.isoformat() if new.version.when else None,
            "late": new.upload.late,
        }
        write_records(self.folder, self.records)
        self.outcome.collected.append(f"{student} {assignment}")

    def _version_there(self, student: str, assignment: str, place: Path) -> Version:
        record = self.records.get(assignment, {}).get(student)
        if record is None:  # put there by hand, or by nbgrader's exchange
            stamp = place / "timestamp.txt"
            return Version(0, _stated_time(stamp.read_bytes()) if stamp.is_file() else None, 0)
        when = datetime.fromisoformat(record["when"]) if record["when"] else None
        return Version(record["attachment"], when, record["copy"])

    def _earlier(self, student: str, assignment: str, when: datetime | None, digest: str) -> Path:
        stamp = f"{when:%Y%m%d-%H%M%S}" if when else "undated"
        return self.folder.earlier / student / assignment / f"{stamp}-{digest[:8]}"

    def _move_to_earlier(self, student: str, assignment: str, place: Path) -> None:
        version = self._version_there(student, assignment, place)
        target = self._earlier(student, assignment, version.when, _digest(_files_in(place)))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(place)
        else:
            place.rename(target)
        where = target.relative_to(self.folder.root).as_posix()
        self.outcome.kept.append(f"{student} {assignment}: a later submission came; the earlier one is in {where}")

    def _keep(self, student: str, assignment: str, notebook: _Notebook) -> None:
        files = {_tidy(notebook.upload.rest, notebook.upload): notebook.content}
        target = self._earlier(student, assignment, notebook.upload.entry.when, _digest(files))
        where = target.relative_to(self.folder.root).as_posix()
        if not target.exists():
            _write(target, files)
            self.outcome.kept.append(
                f"{student} {assignment}: {notebook.upload.entry.shown} isn't the latest; see {where}"
            )

    def set_aside(self, label: str, files: Sequence[Upload], reason: str) -> None:
        """Keep what can't be put anywhere, where a person finds it; a folder renamed to an id can be collected."""
        place = self.folder.unmatched / _tidy_name(label)
        for upload, content in self._read(files):
            if not self.from_unmatched:
                target = _free(place / _tidy(upload.rest), content)
                if not target.exists():
                    _write(target.parent, {target.name: content})
                    if upload.entry.when:
                        os.utime(target, (upload.entry.when.timestamp(),) * 2)
                    if self.outcome.times_known and upload.is_notebook and upload.entry.when:
                        stamp = f"{upload.entry.when:%Y-%m-%d %H:%M:%S} UTC\n"
                        (place / "timestamp.txt").write_text(stamp, encoding="ascii")
        self.outcome.unmatched.append((label, reason))
        self.rows.append(_row(self.source, label, reason, place.relative_to(self.folder.root).as_posix()))

    def finish(self) -> None:
        """Write down what needs a person, and clear away what is empty."""
        if self.from_unmatched:
            for path in sorted(self.folder.unmatched.rglob("*"), reverse=True):
                if path.name == "timestamp.txt" and len(list(path.parent.iterdir())) == 1:
                    path.unlink()
                elif path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
                    path.rmdir()
        index = self.folder.unmatched / INDEX
        latest = {(row["kept"] or row["from"], row["what"]): row for row in self.rows}
        rows = [row for row in latest.values() if not row["kept"] or (self.folder.root / row["kept"]).exists()]
        text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
        if rows or index.exists():
            write_atomically(index, text)


def read_records(folder: ClassFolder) -> dict[str, dict[str, dict]]:
    """assignment → student → what `collect` knows of the submission that lies in submitted/."""
    return _remembered(folder.collected, {})


def write_records(folder: ClassFolder, records: dict) -> None:
    write_atomically(folder.collected, json.dumps(records, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def read_unmatched(folder: ClassFolder) -> list[dict[str, str]]:
    """What the last runs of `collect` couldn't put anywhere: from, what, reason, kept (a path in the folder, or "")."""
    rows = _remembered(folder.unmatched / INDEX, [])
    return [row for row in rows if not row["kept"] or (folder.root / row["kept"]).exists()]


def _remembered(path: Path, nothing: dict | list) -> dict | list:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return nothing
    except ValueError:
        raise CourseError(
            f"{path} is damaged. Delete it: no submission is lost, only where each came from and which was the later."
        ) from None


def _row(source: Path, what: str, reason: str, kept: str = "") -> dict[str, str]:
    return {"from": source.name, "what": what, "reason": reason, "kept": kept}


def _stated_time(content: bytes | None) -> datetime | None:
    """The moment in nbgrader's timestamp.txt, in UTC; None if there is none that can be read."""
    if content is None:
        return None
    from nbgrader.utils import parse_utc

    try:
        return parse_utc(content.decode("ascii").strip()).replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """How many folders two paths have in common."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _is_time_file(upload: Upload) -> bool:
    """Whether it is the exchange's note of the time; out of a learning system it would be a student's own."""
    return upload.rest[-1] == "timestamp.txt"


def _without_clashes(files: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
    """Path → content, where no path is another's folder, none is a notebook's, and none is there twice."""
    taken = {path.casefold() for path, _ in files}
    result: dict[str, bytes] = {}
    for path, content in sorted(files):
        parts = path.casefold().split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        if any(a in taken or a.endswith(".ipynb") for a in above):
            path = path.replace("/", "~")
        if path.casefold() in map(str.casefold, result):
            path = f"{hashlib.sha256(content).hexdigest()[:8]}~{path.replace('/', '~')}"
        result[path] = content
    return result


def _tidy_name(name: str) -> str:
    """A file's name that every system can bear: no separators, no reserved marks, no hidden files."""
    name = re.sub(r'[<>:"|?*\\/]', "_", name).strip(". ")
    return (name if len(name) <= 120 else f"{name[:80]}~{name[-39:]}") or "_"


def _tidy(rest: Sequence[str], main: Upload | None = None) -> str:
    """A path inside a submission; files beside a notebook are placed as they lay to it."""
    around = main.rest[:-1] if main else ()
    below = rest[len(around) :] if tuple(rest[: len(around)]) == tuple(around) else rest
    return "/".join(map(_tidy_name, below))


def _free(path: Path, content: bytes) -> Path:
    """The path, or one beside it if something else lies there."""
    if path.exists() and path.read_bytes() != content:
        return path.with_name(f"{path.stem}~{hashlib.sha256(content).hexdigest()[:8]}{path.suffix}")
    return path


def _write(place: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _files_in(place: Path) -> dict[str, bytes]:
    """What lies in a submission's folder, but for the time that was noted in it."""
    paths = [p for p in place.rglob("*") if p.is_file() and not p.is_symlink() and p.name != "timestamp.txt"]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths}


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


# ---- the command -----------------------------------------------------------------------------------------------


def report(outcome: Outcome, folder: ClassFolder) -> str:
    """What happened, for the person who runs the command."""
    lines = [f"collected   {line}" for line in outcome.collected]
    lines += [f"kept        {line}" for line in outcome.kept]
    lines += [f"refused     {rejected.shown}: {rejected.reason}" for rejected in outcome.refused]
    lines += [f"unmatched   {what}: {reason}" for what, reason in outcome.unmatched]
    lines.append(
        f"{len(outcome.collected)} collected, {outcome.unchanged} unchanged, {len(outcome.kept)} earlier ones kept, "
        f"{len(outcome.refused)} refused, {len(outcome.unmatched)} unmatched."
    )
    if outcome.unmatched:
        lines.append(
            f"What is unmatched lies in {folder.unmatched.relative_to(folder.root)}/. Rename a folder there to the "
            f"learner's id and run `course class collect {folder.unmatched.relative_to(folder.root)}`."
        )
    if outcome.collected and not outcome.times_known:
        lines.append(
            "The files bear the time of their export, so it isn't known when each was handed in; only Canvas's LATE "
            "counts as late."
        )
    return "\n".join(lines)
