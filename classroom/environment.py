"""`course install`: the environment in .venv, holding exactly what was tested.

Standard library only, and readable by Pythons that are too old or too new, so that these get a sentence and not a
syntax error. Windows and macOS were not tried.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from classroom.course import ROOT, CourseError

ENVIRONMENT = ROOT / ".venv"
OLDEST, NEWEST = (3, 11), (3, 13)
# Room for the packages and, while they are unpacked, for their archives.
NEEDED_BYTES = 1_500_000_000
DISTRIBUTION = "face-recognition-course"

# What pip or uv say, and the sentence that it means. The first that fits counts.
CAUSES = [
    (
        r"No space left on device|os error 28|Errno 28|os error 112|not enough space",
        "The disk became full while packages were installed, {free} are free in {root}. "
        "Make room for {needed} and run this again.",
    ),
    (
        r"Permission denied|os error 13|Errno 13|Read-only file system",
        "A file could not be written while packages were installed (the log names it: {log}). "
        "Make the folder writable, or copy the course to one that is, and run this again.",
    ),
    (
        r"DO NOT MATCH THE HASHES|[Hh]ash mismatch",
        "A package that came is not the one that was tested (its sha256 differs from {lock}). "
        "Run this again; if it stays so, the index that pip is configured with serves altered packages.",
    ),
    (
        r"NewConnectionError|NameResolutionError|Failed to establish|name resolution|getaddrinfo|dns error|"
        r"Connect(ion)?Timeout|ReadTimeout|timed out|[Cc]onnection (was )?(refused|reset|broken|aborted)|"
        r"Max retries exceeded|[Nn]etwork is unreachable|error sending request|client error \(Connect\)|"
        r"ProxyError|[Nn]etwork connectivity is disabled",
        "The package index could not be reached, and the packages are not all on this machine yet. "
        "Connect to the network (behind a proxy, set HTTPS_PROXY; with an index of your own, PIP_INDEX_URL) "
        "and run this again.",
    ),
    (
        r"no usable wheels|No matching distribution|not found in the package registry|no version of",
        "The package index that pip is configured with does not have every package of {lock} for this Python and "
        "machine ({machine}). Use Python 3.11 on Linux, or conda with environment.yml.",
    ),
]


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def inside() -> bool:
    """Whether the Python that runs this is the one in .venv."""
    return Path(sys.prefix).resolve() == ENVIRONMENT.resolve()


def installed_elsewhere() -> bool:
    """Whether the Python that runs this has the course installed from this folder, outside .venv (conda, say)."""
    if inside():
        return False
    try:
        origin = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return False
    url = json.loads(origin or "{}").get("url", "")
    return url.startswith("file:") and Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path)) == ROOT


def reenter(arguments: list[str]) -> int:
    """Run `course` with these arguments in .venv; does not return where the process can be replaced."""
    command = [str(python_of(ENVIRONMENT)), "-m", "classroom", *arguments]
    os.chdir(ROOT)
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.call(command)
    os.execv(command[0], command)


# ---- the stamp -------------------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _lock(with_tests: bool) -> Path:
    return ROOT / ("constraints-test.txt" if with_tests else "constraints.txt")


def _supported(version: tuple[int, ...]) -> bool:
    return OLDEST <= version[:2] <= NEWEST


def wanted_stamp(with_tests: bool) -> dict:
    """What an environment that was finished just now would be marked with."""
    return {
        "folder": str(ROOT),
        "python": ".".join(map(str, sys.version_info[:2])) if _supported(sys.version_info) else None,
        "project": _sha256(ROOT / "pyproject.toml"),
        "learner": _sha256(_lock(False)),
        "test": _sha256(_lock(True)) if with_tests else None,
    }


def read_stamp() -> dict:
    """What .venv is marked with; empty if it was not finished, or can't run any more."""
    if not python_of(ENVIRONMENT).exists():
        return {}
    try:
        stamp = json.loads((ENVIRONMENT / "course.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _holds(present: dict, wanted: dict) -> bool:
    """Whether every entry that matters agrees; a wanted None asks for nothing."""
    return all(value is None or present.get(key) == value for key, value in wanted.items())


# ---- pip's settings, for uv ------------------------------------------------------------------------------------


def pip_settings(listing: str) -> dict[str, str]:
    """pip's settings from the text of `pip config list`: for `install`, the later of global, install, environment."""
    settings: dict[str, tuple[int, str]] = {}
    rank = {"global": 0, "install": 1, ":env:": 2}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.strip().rpartition(".")
        if section not in rank:
            continue
        with contextlib.suppress(ValueError, SyntaxError):
            text = str(ast.literal_eval(value))
            if rank[section] >= settings.get(name, (-1, ""))[0]:
                settings[name] = (rank[section], text)
    return {name: text for name, (_, text) in settings.items()}


def uv_environment(settings: dict[str, str], environ: dict[str, str]) -> dict[str, str]:
    """The environment in which uv fetches from where pip would: uv does not read pip's configuration.

    What is set for uv itself stays. Hashes are required, so taking a package from whichever index has it is safe.
    """
    translated = {}
    if "index-url" in settings:
        translated["UV_DEFAULT_INDEX"] = settings["index-url"]
    if "extra-index-url" in settings:
        translated["UV_INDEX"] = " ".join(settings["extra-index-url"].split())
        translated["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    places = [place for place in settings.get("find-links", "").split() if "://" in place or Path(place).exists()]
    if places:
        translated["UV_FIND_LINKS"] = ",".join(places)
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        translated["UV_NO_INDEX"] = "1"
    if "cert" in settings:
        translated["SSL_CERT_FILE"] = settings["cert"]
    if "client-cert" in settings:
        translated["SSL_CLIENT_CERT"] = settings["client-cert"]
    if "proxy" in settings:
        translated["ALL_PROXY"] = settings["proxy"]
    if "trusted-host" in settings:
        translated["UV_INSECURE_HOST"] = " ".join(settings["trusted-host"].split())
    for name in ("timeout", "default-timeout"):
        if name in settings:
            translated["UV_HTTP_TIMEOUT"] = str(round(float(settings[name])))
    return {**translated, **environ}


def _pip_configuration() -> dict[str, str]:
    command = [sys.executable, "-m", "pip", "config", "list"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return pip_settings(result.stdout) if result.returncode == 0 else {}


# ---- making it -------------------------------------------------------------------------------------------------


def _check_machine(uv: str | None) -> None:
    version = platform.python_version()
    if not _supported(sys.version_info) and uv is None:
        raise CourseError(
            f"This is Python {version} ({sys.executable}); the course needs 3.11, 3.12 or 3.13. Install one of them "
            "and say `make start PYTHON=python3.12`, or install uv, which brings its own."
        )
    if uv is None and (importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None):
        package = "python{}.{}-venv".format(*sys.version_info)
        raise CourseError(
            f"This Python {version} has no complete `venv` module, which makes the environment. On Debian and Ubuntu: "
            f"`sudo apt install {package}`; elsewhere install Python from python.org, or uv; then run this again."
        )
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise CourseError(
            "This is a Mac with an Intel processor (or Python runs as one), for which OpenCV gives no ready package "
            "of the version tested. Use conda: `conda env create -f environment.yml`, which takes an older one."
        )
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        raise CourseError(
            f"The environment needs {_size(NEEDED_BYTES)} while it is made, and {_size(free)} are free in {ROOT}. "
            "Make room and run this again."
        )


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _explain(output: str, lock: Path, log: Path, status: int) -> str:
    """The sentence that says what a failed installer met; where none fits, the end of its words is shown."""
    facts = {
        "free": _size(shutil.disk_usage(ROOT).free),
        "needed": _size(NEEDED_BYTES),
        "root": ROOT,
        "log": log,
        "lock": lock.name,
        "machine": f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    }
    for pattern, sentence in CAUSES:
        if re.search(pattern, output):
            return sentence.format(**facts)
    for line in output.splitlines()[-8:]:
        print("   ", line, file=sys.stderr)
    return f"The installer stopped with status {status}; the end of what it said is above."


def _say(text: str) -> None:
    print(text, flush=True)


def _run(command: list[str], environ: dict[str, str], log: Path, lock: Path) -> None:
    """Run an installer: everything it says goes to the log, the package it is at to the screen."""
    tty = sys.stdout.isatty()
    lines: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    with process:
        for line in process.stdout:
            lines.append(line)
            step = re.match(r"\s*(Collecting|Downloading|Downloaded|Building|Prepared|Installing|Installed)\b.*", line)
            if tty and step:
                print(f"\r  {step.group().strip()[:76]:<76}", end="", flush=True)
    if tty:
        print(f"\r{'':<78}\r", end="", flush=True)
    # On a full disk there is no log either.
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as record:
        record.writelines(lines)
    if process.returncode:
        raise CourseError(_explain("".join(lines), lock, log, process.returncode))


def install(with_tests: bool = False) -> bool:
    """Bring .venv to what was tested; returns whether anything had to be done.

    An environment without its mark was interrupted, moved or made by other means: it is made anew, not trusted.
    """
    try:
        return _install(with_tests)
    except OSError as problem:
        raise CourseError(
            f"The environment could not be made: {problem.strerror} ({problem.filename or ENVIRONMENT}). "
            "Make room, or make the folder writable, and run this again."
        ) from problem


def _install(with_tests: bool) -> bool:
    wanted, present = wanted_stamp(with_tests), read_stamp()
    if _holds(present, wanted):
        return False
    uv, lock = shutil.which("uv"), _lock(with_tests)
    stamp, log = ENVIRONMENT / "course.json", ENVIRONMENT / "course-install.log"
    python = str(python_of(ENVIRONMENT))
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    if uv:
        environ = uv_environment(_pip_configuration(), environ)
    else:
        # A PIP_USER of the user's own would send the packages past the environment.
        environ.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PIP_USER="0")

    packages = not _holds(present, {**wanted, "project": None})
    usable = _holds(present, {"folder": wanted["folder"], "python": wanted["python"]}) and bool(present)
    if packages:
        _check_machine(uv)
    stamp.unlink(missing_ok=True)
    if not usable:
        if inside():
            raise CourseError(
                "The environment in .venv is unfinished and can't replace itself while it runs. "
                "Run this again with the Python of your system, outside .venv."
            )
        if ENVIRONMENT.exists():
            _say("The environment in .venv is unfinished or was made elsewhere; it is made anew.")
            shutil.rmtree(ENVIRONMENT)
        _make(uv, environ, log, lock)

    if packages:
        count = len(re.findall(r"^[A-Za-z0-9]", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
        _say(
            f"Installing about {count} packages with {'uv' if uv else 'pip'}; this takes a few minutes the first time."
        )
        options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock)]
        if uv:
            _run([uv, "pip", "install", "--python", python, *options], environ, log, lock)
        else:
            _run([python, "-m", "pip", "install", "--retries", "2", *options], environ, log, lock)
    options = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    if uv:
        _run([uv, "pip", "install", "--offline", "--python", python, *options], environ, log, lock)
    else:
        _run([python, "-m", "pip", "install", "--no-index", *options], environ, log, lock)

    finished = {**wanted, "python": _version_of(python)}
    if not packages:
        finished["test"] = present.get("test")
    temporary = stamp.with_suffix(".new")
    temporary.write_text(json.dumps(finished, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, stamp)
    _say("The environment in .venv is ready.")
    return True


def _make(uv: str | None, environ: dict[str, str], log: Path, lock: Path) -> None:
    """Make an empty .venv."""
    if uv:
        wanted = sys.executable if _supported(sys.version_info) else ">=3.11,<3.14"
        command = [uv, "venv", "--quiet", "--python", wanted, str(ENVIRONMENT)]
        _say(f"Making the environment in .venv with uv ({uv}).")
    else:
        command = [sys.executable, "-m", "venv", str(ENVIRONMENT)]
        _say(f"Making the environment in .venv with Python {platform.python_version()} ({sys.executable}).")
    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if result.returncode:
        raise CourseError(_explain(result.stdout + result.stderr, lock, log, result.returncode))


def _version_of(python: str) -> str:
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="course install", description=__doc__.partition("\n\n")[0])
    parser.add_argument("--test", action="store_true", help="also what the tests and authors need")
    options = parser.parse_args(arguments)
    if not install(options.test):
        _say("The environment in .venv is ready; nothing had to be done.")
    return 0
