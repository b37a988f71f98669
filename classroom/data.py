"""`course data`: what data sets and models are there; fetch, verify, and carry them from machine to machine."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import stat
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from classroom.course import CourseError
from facelab import assets


def main(arguments: list[str]) -> int:
    """Run `course data` with these arguments; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="course data",
        description="The data sets and models of the course. Without a command: list them.",
        epilog="FACELAB_DATA names a shared, read-only folder that is looked in first; FACELAB_CACHE names the folder "
        "that fetched data is kept in.",
    )
    commands = parser.add_subparsers(dest="command", title="commands")
    commands.add_parser("list", help="what there is, and what of it is on this machine")
    fetching = commands.add_parser("fetch", help="fetch what isn't there, or is damaged")
    fetching.add_argument("names", nargs="*", metavar="NAME", help="which; the ones the first lessons need if none")
    fetching.add_argument("--all", action="store_true", help="all of them")
    fetching.add_argument("--quiet", action="store_true", help="no progress bar")
    commands.add_parser("verify", help="check every file that is there; exit status 1 if one is damaged")
    exporting = commands.add_parser("export", help="write all that is there to one archive, for a USB stick")
    exporting.add_argument("file", type=Path, metavar="FILE")
    importing = commands.add_parser("import", help="verify such an archive and take in what it holds")
    importing.add_argument("file", type=Path, metavar="FILE")
    describing = commands.add_parser("describe", help="the hashes of a new asset's entry (for authors)")
    for name, says in (
        ("project", "the package on the index"),
        ("file", "the file of it"),
        ("inside", "the folder within the file"),
        ("members", "the pattern of what is kept of that folder"),
    ):
        describing.add_argument(name, metavar=name.upper(), help=says)
    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "fetch":
                return _fetch(list(assets.known()) if options.all else options.names or None, options.quiet)
            case "verify":
                return _verify()
            case "export":
                return _export(options.file)
            case "import":
                return _import(options.file)
            case "describe":
                return _describe(assets.describe(options.project, options.file, options.inside, options.members))
            case _:
                return _list()
    except assets.AssetError as problem:
        raise CourseError(str(problem)) from problem


def _list() -> int:
    rows = [("name", "what", "download", "where", "licence or terms")]
    for item in assets.known().values():
        where = "".join(_whose(folder) for folder in assets.copies(item.name)[:1]) or "not fetched"
        rows.append((item.name, item.title, f"{item.size / 1e6:.1f} MB", where, item.licence))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip())
    print(f"\ncache: {assets.cache()}\nshared: {assets.shared() or 'none (FACELAB_DATA is not set)'}")
    return 0


def _fetch(names: list[str] | None, quiet: bool) -> int:
    names = [item.name for item in assets.known().values() if item.first] if names is None else names
    assets.fetch(names, quiet)
    for name in names:
        print(f"{name}: {assets.path(name, quiet=True)}")
    return 0


def _verify() -> int:
    found = [(name, folder) for name in assets.known() for folder in assets.copies(name)]
    status = 0
    for name, folder in found:
        damaged = assets.load(name, folder)[1]
        print(f"{name}: {'DAMAGED' if damaged else 'good'}, {_whose(folder)}, {folder}")
        for member in damaged:
            print(f"  {member}")
        if damaged:
            status = 1
    if status:
        print("`course data fetch NAME` replaces a damaged copy in the cache.", file=sys.stderr)
    if not found:
        print("Nothing is there yet: `course data fetch` fetches what the first lessons need.")
    return status


def _describe(fields: dict[str, str | int]) -> int:
    # JSON writes texts and whole numbers as TOML does.
    print("\n".join(f"{name} = {json.dumps(value)}" for name, value in fields.items()))
    return 0


def _whose(folder: Path) -> str:
    return "cache" if folder.parent == assets.cache() else "shared"


def _export(file: Path) -> int:
    names = [name for name in assets.known() if assets.copies(name)]
    if not names:
        raise CourseError("There is nothing to export yet: `course data fetch --all` fetches everything.")
    part = file.with_name(file.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                members = assets.read(name)
                listing = {assets.LIST: assets.listing_of(members)} if assets.asset(name).list_sha256 else {}
                for member, content in (listing | members).items():
                    # Without a date, so that the same data makes the same archive.
                    archive.writestr(zipfile.ZipInfo(f"{name}/{member}"), content, zipfile.ZIP_DEFLATED)
        os.replace(part, file)
    except OSError as problem:
        raise CourseError(
            f"{file} can't be written ({problem.strerror or problem}). Name a file in a folder with room."
        ) from problem
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    print(
        f"{file}: {', '.join(names)}, {file.stat().st_size / 1e6:.1f} MB. On the other machine: course data import FILE"
    )
    return 0


def _import(file: Path) -> int:
    contents, listings = _contents(file)
    for name, members in contents.items():
        item = assets.asset(name)
        assets.check(item, members, listings.get(name, b""), origin=file.name)
    for name, members in contents.items():
        with assets.locked(assets.asset(name)):
            assets.store(assets.asset(name), members)
        print(f"{name}: {assets.cache() / name}")
    return 0


def _contents(file: Path) -> tuple[dict[str, dict[str, bytes]], dict[str, bytes]]:
    """The members of each asset in an archive, and each asset's list; read into memory, nothing is written."""
    contents, listings = {}, {}
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            # All names are looked at before anything is read.
            places = [_place(entry, file) for entry in entries]
            for entry, (name, member) in zip(entries, places, strict=True):
                if member == assets.LIST:
                    listings[name] = archive.read(entry)
                else:
                    contents.setdefault(name, {})[member] = archive.read(entry)
    except OSError as problem:
        raise CourseError(
            f"{file} can't be read ({problem.strerror or problem}). Name a file that `course data export` wrote."
        ) from problem
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as problem:
        raise CourseError(
            f"{file.name} is cut short, damaged, or not an archive that `course data export` wrote ({problem}). "
            "Nothing was taken from it: copy or export it again."
        ) from problem
    if not contents:
        raise CourseError(f"{file.name} holds no data of the course. Name a file that `course data export` wrote.")
    return contents, listings


def _place(entry: zipfile.ZipInfo, file: Path) -> tuple[str, str]:
    """The asset and the member that an entry of an archive is; refuses any that `course data export` wouldn't write."""
    name, _, member = entry.filename.partition("/")
    parts = PurePosixPath(entry.filename).parts
    if ".." in parts or entry.filename.startswith("/") or "\\" in entry.filename or ":" in entry.filename:
        fault = "would be written outside the cache"
    elif stat.S_ISLNK(entry.external_attr >> 16):
        fault = "is a link"
    elif name not in assets.known() or not (member == assets.LIST or assets.asset(name).is_member(member)):
        fault = "is no part of the course's data"
    else:
        return name, member
    raise CourseError(
        f"{file.name} was refused and nothing was taken from it: its entry '{entry.filename}' {fault}. "
        "Take an archive from someone you trust, made with `course data export`."
    )
