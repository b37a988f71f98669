"""`course doctor`: what is wrong with this machine, and how to mend it; exit status 1 if anything is.

It works with the standard library alone, so that it can say which packages are missing.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from classroom import course, environment

GIB = 2**30
LEAST_MEMORY = 2 * GIB
LEAST_DISK = 1 * GIB
OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
ANEW = "delete the folder .venv and run `make install` (with conda: make the environment anew)"


@dataclass(frozen=True)
class Finding:
    """One line of the report; without `mend` all is well."""

    text: str
    mend: str = ""


def python_version() -> Iterator[Finding]:
    version = platform.python_version()
    if environment.OLDEST <= sys.version_info[:2] <= environment.NEWEST:
        yield Finding(f"Python {version}")
    else:
        yield Finding(f"Python {version}; the course needs 3.11 to 3.13", "install one of these and run `make install`")


def place() -> Iterator[Finding]:
    if environment.inside():
        yield Finding("the course's own environment, .venv")
    elif environment.installed_elsewhere():
        yield Finding(f"the course is installed in {sys.prefix}")
    else:
        yield Finding(
            f"this is {sys.executable}, outside the course's environment",
            "run `.venv/bin/course doctor`, after `make install` if .venv is not there",
        )


def installed(name: str) -> str | None:
    """The installed version of a distribution, None if there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def locked() -> dict[str, str]:
    """Name and version of each package in constraints.txt that this machine needs."""
    versions = {}
    text = (course.ROOT / "constraints.txt").read_text(encoding="utf-8")
    for name, version, marker in re.findall(r"^([\w.-]+)==(\S+)(?: ; ([^\\\n]+))?", text, flags=re.MULTILINE):
        if not marker or _applies(marker.strip()):
            versions[name] = version
    return versions


def _applies(marker: str) -> bool:
    try:
        from packaging.markers import Marker
    except ImportError:
        return False
    return Marker(marker).evaluate()


def packages() -> Iterator[Finding]:
    wanted = locked()
    found = {name: installed(name) for name in wanted}
    missing = [name for name in wanted if found[name] is None]
    other = [
        f"{name} {found[name]} (tested: {wanted[name]})" for name in wanted if found[name] not in (None, wanted[name])
    ]
    if missing:
        yield Finding(f"{len(missing)} of {len(wanted)} packages are missing: {_some(missing)}", ANEW)
    if other and environment.inside():
        yield Finding(f"{len(other)} packages have another version than tested: {_some(other)}", ANEW)
    elif not missing:
        note = f"; {len(other)} in another version than tested" if other else ", as tested"
        yield Finding(f"{len(wanted)} packages{note}")


def _some(items: list[str]) -> str:
    return ", ".join(items[:5]) + (f" and {len(items) - 5} more" if len(items) > 5 else "")


def opencv() -> Iterator[Finding]:
    there = {name: version for name in OPENCV if (version := installed(name))}
    listing = ", ".join(f"{name} {version}" for name, version in there.items())
    if not there:
        yield Finding("OpenCV is missing", ANEW)
        return
    if len(there) > 1:
        yield Finding(
            f"several OpenCV packages are installed and overwrite each other: {listing}",
            f"`{sys.executable} -m pip uninstall {' '.join(there)}`, then {ANEW}",
        )
    elif int(next(iter(there.values())).split(".")[0]) >= 5:
        yield Finding(f"{listing}: OpenCV 5 has no cascade classifier, lessons 05 and 07 need one", ANEW)
    try:
        cv2 = importlib.import_module("cv2")
    except ImportError as problem:
        library = " (on Debian and Ubuntu: `sudo apt install libgl1 libglib2.0-0`)" if ".so" in str(problem) else ""
        yield Finding(f"OpenCV can't be loaded: {problem}", f"install the library that it names{library}, or {ANEW}")
        return
    if not hasattr(cv2, "CascadeClassifier"):
        yield Finding(f"the OpenCV that is loaded, {cv2.__version__}, has no cascade classifier", ANEW)
    elif len(there) == 1:
        yield Finding(listing)


def available_memory() -> int | None:
    """Bytes that a new process can have; None if that can't be told."""
    try:
        import psutil
    except ImportError:
        return None
    return psutil.virtual_memory().available


def memory() -> Iterator[Finding]:
    free = available_memory()
    if free is None:
        yield Finding("memory: unknown while psutil is missing", ANEW)
    elif free < LEAST_MEMORY:
        yield Finding(f"memory: {free / GIB:.1f} GiB free, some lessons need 2", "close other programs or notebooks")
    else:
        yield Finding(f"memory: {free / GIB:.1f} GiB free")


def disk() -> Iterator[Finding]:
    free = shutil.disk_usage(course.ROOT).free
    if free < LEAST_DISK:
        yield Finding(f"disk: {free / GIB:.1f} GiB free in {course.ROOT}", "make room for at least 1 GiB")
    else:
        yield Finding(f"disk: {free / GIB:.1f} GiB free")


def _refusal(folder: Path) -> str:
    """Why nothing can be written into a folder (which is made if need be); empty if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as problem:
        return problem.strerror or str(problem)


def assets() -> Iterator[Finding]:
    try:
        from facelab import assets as shelf
    except ImportError as problem:
        yield Finding(f"data: can't be looked at ({problem})", ANEW)
        return
    if refusal := _refusal(shelf.cache()):
        yield Finding(
            f"data: the cache {shelf.cache()} can't be written ({refusal})",
            "make it writable, or name another folder in FACELAB_CACHE",
        )
    for item in shelf.known().values():
        states = [shelf.load(item.name, folder)[1] for folder in shelf.copies(item.name)]
        if any(states):
            yield Finding(f"data: {item.name} is damaged ({_some(next(filter(None, states)))})", _fetch(item.name))
        elif states:
            yield Finding(f"data: {item.name} is there and verified")
        elif item.first:
            yield Finding(f"data: {item.name}, which the first lessons need, is not there", _fetch(item.name))


def _fetch(name: str) -> str:
    return f"`course data fetch {name}`"


def kernel() -> Iterator[Finding]:
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        yield Finding("Jupyter is missing", ANEW)
        return
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        yield Finding("the Jupyter kernel python3 is missing", ANEW)
        return
    program = Path(spec.argv[0])
    # Jupyter replaces a bare `python` by the Python that runs it.
    if program.is_absolute() and program.parent.resolve() != Path(sys.executable).parent.resolve():
        yield Finding(
            f"the Jupyter kernel python3 is another Python, {program}",
            f"remove the folder {spec.resource_dir}, which describes it",
        )
    elif importlib.util.find_spec("ipykernel") is None:
        yield Finding("the Jupyter kernel can't start: ipykernel is missing", ANEW)
    else:
        yield Finding("the Jupyter kernel is this Python")


def commands() -> Iterator[Finding]:
    folder = Path(sys.executable).parent
    missing = [name for name in ("nbgrader", "alembic", "jupyter") if not shutil.which(name, path=str(folder))]
    if missing:
        yield Finding(f"commands missing in {folder}: {', '.join(missing)}", ANEW)
    else:
        yield Finding("the commands nbgrader, alembic and jupyter are there")


def validate_button() -> Iterator[Finding]:
    from classroom.start import jupyter_environment

    result = subprocess.run(
        [sys.executable, "-m", "jupyterlab.labextensions", "list"],
        env=jupyter_environment() | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.sub(r"\x1b\[\d+m", "", result.stdout + result.stderr)
    there = re.search(r"@jupyter/nbgrader v\S+ enabled +OK", said)
    if there and "@jupyter/nbgrader:validate-assignment" not in said:
        yield Finding("Validate is in JupyterLab's toolbar")
    else:
        yield Finding("Validate, nbgrader's extension of JupyterLab, is missing or disabled", ANEW)


def work_folder() -> Iterator[Finding]:
    refusal = _refusal(course.WORK)
    if refusal:
        yield Finding(f"work/ can't be written ({refusal})", f"make {course.WORK} writable for you")
    else:
        yield Finding("work/ can be written")


EXAMINATIONS: list[Callable[[], Iterator[Finding]]] = [
    python_version,
    place,
    packages,
    opencv,
    memory,
    disk,
    assets,
    kernel,
    commands,
    validate_button,
    work_folder,
]


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="course doctor", description=__doc__.partition("\n\n")[0]).parse_args(arguments)
    problems = 0
    for examine in EXAMINATIONS:
        for finding in examine():
            problems += bool(finding.mend)
            print(f"{'PROBLEM' if finding.mend else 'ok':<8} {finding.text}", flush=True)
            if finding.mend:
                print(f"{'':<8} to mend: {finding.mend}", flush=True)
    print("\nAll is well." if not problems else f"\n{problems} {'problem' if problems == 1 else 'problems'}.")
    return 1 if problems else 0
