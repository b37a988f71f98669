"""What lies in a folder or a zip of other people's making, read without trusting a name, a size or a link."""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from classroom.course import CourseError

MOST_A_FILE = 50 << 20  # bytes
MOST_RATIO = 200  # unpacked over packed, of a file larger than SMALL
SMALL = 1 << 20
MOST_MEMBERS, MOST_INSIDE = 50_000, 2_000  # files of an export, and of a zip inside it
DEEPEST = 20  # folders in each other
JUNK = {"__macosx", "thumbs.db", "desktop.ini"}  # as are names with a dot in front
EXTENDED_TIME = 0x5455  # the extra field of a zip's member that holds its time in UTC


class Refused(Exception):
    """A file that is not taken; the text says why."""


@dataclass(frozen=True)
class Entry:
    """One file. parts: its path, free of anything that leads elsewhere; a zip inside counts as a folder."""

    parts: tuple[str, ...]
    shown: str  # the path as the source writes it, for messages
    when: datetime | None  # in UTC
    read: Callable[[], bytes]  # raises Refused
    path: Path | None = None  # in the file system, for a file that lies there

    @property
    def name(self) -> str:
        return self.parts[-1]


@dataclass(frozen=True)
class Rejected:
    """A file that is not taken, by the name it has there."""

    shown: str
    reason: str


def entries(source: Path) -> Iterator[Entry | Rejected]:
    """Every file of a folder, a zip, or the zips in either (one level), in a fixed order; system files are left out.

    Raises: CourseError if the source itself can't be read.
    """
    if not source.exists():
        raise CourseError(f"There is nothing at {source}.")
    if source.is_dir():
        listed = _in_folder(source, ())
    elif zipfile.is_zipfile(source):
        listed = _in_zip(lambda: zipfile.ZipFile(source), (), "", MOST_MEMBERS)
    else:
        listed = iter([_file(source, (source.name,))])
    for entry in listed:
        if isinstance(entry, Entry) and entry.name.lower().endswith(".zip"):
            yield from _unpacked(entry)
        else:
            yield entry


def _unpacked(outer: Entry) -> Iterator[Entry | Rejected]:
    def opened() -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(outer.read()))

    try:
        yield from _in_zip(opened, outer.parts, outer.shown + "/", MOST_INSIDE)
    except (Refused, CourseError) as problem:
        yield Rejected(outer.shown, str(problem))


# ---- folders ---------------------------------------------------------------------------------------------------


def _in_folder(folder: Path, above: tuple[str, ...]) -> Iterator[Entry | Rejected]:
    for item in sorted(os.scandir(folder), key=lambda item: item.name):
        parts = (*above, unicodedata.normalize("NFC", item.name))
        shown = "/".join(parts)
        if _is_junk(item.name):
            continue
        if item.is_symlink():
            yield Rejected(shown, "a symbolic link")
        elif item.is_dir():
            if len(parts) > DEEPEST:
                yield Rejected(shown, "folders nested too deep")
            else:
                yield from _in_folder(Path(item.path), parts)
        else:
            yield _file(Path(item.path), parts)


def _file(path: Path, parts: tuple[str, ...]) -> Entry | Rejected:
    shown = "/".join(parts)
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        return Rejected(shown, "not a regular file")
    if about.st_size > MOST_A_FILE:
        return Rejected(shown, f"larger than {MOST_A_FILE >> 20} MB")
    when = datetime.fromtimestamp(about.st_mtime, UTC).replace(microsecond=0)
    return Entry(parts, shown, when, lambda: _read_file(path), path)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_A_FILE)
    except OSError as problem:
        raise Refused(f"cannot be read ({problem.strerror})") from None


# ---- zips ------------------------------------------------------------------------------------------------------


def _in_zip(
    opened: Callable[[], zipfile.ZipFile], above: tuple[str, ...], prefix: str, most: int
) -> Iterator[Entry | Rejected]:
    try:
        with opened() as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as problem:
        raise CourseError(f"not a zip that can be read ({type(problem).__name__})") from None
    if len(members) > most:
        raise CourseError(f"more than {most:,} files in one zip")
    seen: set[str] = set()
    for number, member in enumerate(members):
        name = _name(member)
        if name.endswith("/"):
            continue
        shown = prefix + "".join(c if c.isprintable() else "?" for c in name)
        try:
            parts = safe_parts(name)
            _check(member)
            key = "/".join(parts).casefold()
            if key in seen:
                raise Refused("a second file of the same name")
            seen.add(key)
        except Refused as refused:
            yield Rejected(shown, str(refused))
            continue
        if not any(map(_is_junk, parts)):
            yield Entry((*above, *parts), shown, _time(member), lambda number=number: _read_member(opened, number))


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name as it was meant: some programs write UTF-8 and don't say so."""
    if member.flag_bits & 0x800:
        return member.orig_filename
    try:
        return member.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.orig_filename


def safe_parts(name: str) -> tuple[str, ...]:
    """The parts of a relative path. Raises: Refused if it is anything else."""
    if not name.isprintable():
        raise Refused("control characters in its name")
    name = unicodedata.normalize("NFC", name).replace("\\", "/")
    if name.startswith("/"):
        raise Refused("an absolute path")
    if re.match(r"[A-Za-z]:", name):
        raise Refused("a path with a drive letter")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Refused("a path that leads out of its folder (..)")
    if not parts or len(parts) > DEEPEST or len(name) > 1000:
        raise Refused("no name, or one too long")
    return parts


def _check(member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise Refused("a symbolic link")
    if kind not in (0, stat.S_IFREG):
        raise Refused("not a regular file")
    if member.flag_bits & 0x1:
        raise Refused("encrypted")
    if member.file_size > MOST_A_FILE:
        raise Refused(f"larger than {MOST_A_FILE >> 20} MB")
    if member.file_size > SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1):
        raise Refused(f"packed more than {MOST_RATIO} times smaller than it is: a zip bomb")


def _read_member(opened: Callable[[], zipfile.ZipFile], number: int) -> bytes:
    try:
        with opened() as archive, archive.open(archive.infolist()[number]) as file:
            # zipfile gives no more than the directory says, which `_check` has seen, and with a number unpacks no more
            # than that at once; an archive that lies about a size fails by its checksum.
            return file.read(MOST_A_FILE + 1)
    except Refused:
        raise
    except Exception as problem:  # whatever a made-up archive does to zipfile, it costs this file only
        raise Refused(f"damaged in the zip ({type(problem).__name__})") from None


def _time(member: zipfile.ZipInfo) -> datetime | None:
    """When a member was last changed: in UTC where the zip says so, else in this machine's local time."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == EXTENDED_TIME and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime.fromtimestamp(struct.unpack("<i", extra[5:9])[0], UTC)
        extra = extra[4 + size :]
    try:
        return datetime(*member.date_time).astimezone(UTC) if member.date_time[0] > 1980 else None
    except (ValueError, OverflowError, OSError):
        return None


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.casefold() in JUNK
