"""One set of versions everywhere, and an environment that is made whole or not trusted."""

import importlib.util
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from lock import differences, pins
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from classroom import course, environment
from classroom.course import CourseError

PROJECT = tomllib.loads((course.ROOT / "pyproject.toml").read_text())["project"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a script of a Unix kind")
LOCKS = ("constraints.txt", "constraints-test.txt")


def ranges(requirements: list[str]) -> dict[str, SpecifierSet]:
    parsed = map(Requirement, requirements)
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in parsed}


# ---- one set of versions ---------------------------------------------------------------------------------------


def test_environment_yml_has_the_ranges_of_pyproject():
    file = yaml.safe_load((course.ROOT / "environment.yml").read_text())
    *packages, pip = file["dependencies"]
    assert pip["pip"][-1] == "-e ."
    assert ranges(pip["pip"][:-1]) == ranges(PROJECT["dependencies"])
    conda = ranges(packages)
    assert conda["python"] == SpecifierSet(PROJECT["requires-python"])
    assert conda["pip"] == ranges(PROJECT["optional-dependencies"]["build"])["pip"]


def test_the_python_range_is_the_one_that_the_installer_accepts():
    allowed = SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 20):
        assert environment._supported((3, minor)) == (f"3.{minor}.0" in allowed)


@pytest.mark.parametrize(
    ("lock", "extras"), [("constraints.txt", ["build"]), ("constraints-test.txt", ["build", "book", "test"])]
)
def test_every_dependency_is_pinned_within_its_range(lock, extras):
    pinned = pins(lock)
    wanted = ranges(
        [*PROJECT["dependencies"], *(name for extra in extras for name in PROJECT["optional-dependencies"][extra])]
    )
    for name, allowed in wanted.items():
        version = pinned[name][0].split(" ;")[0].strip()
        assert version in allowed, f"{name} is pinned to {version}, pyproject.toml wants {allowed}: run `make lock`"


def test_the_learners_pins_are_the_tested_ones():
    """The versions and hashes; a package may be wanted on more Pythons where the tests and the book need it, too."""
    learner, tested = (
        {name: [entry.split(" ;")[0].strip(), *rest] for name, (entry, *rest) in pins(lock).items()} for lock in LOCKS
    )
    assert {name: tested.get(name) for name in learner} == learner
    extras = PROJECT["optional-dependencies"]
    assert {canonicalize_name(Requirement(name).name) for name in extras["book"] + extras["test"]} <= set(tested)
    assert not {"playwright", "jupytext", "ruff", "pytest", "hypothesis", "sphinx", "myst-nb", "furo"} & set(learner)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_names_versions_markers_and_hashes_and_no_host(lock):
    text = (course.ROOT / lock).read_text()
    assert not re.search(r"https?:|file:|://|--index|--find|@ ", text)
    for name, (_, *hashes) in pins(lock).items():
        assert hashes, f"{name} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), name


def test_the_tests_run_in_the_versions_of_the_lock(request):
    if request.config.getoption("--newest"):
        pytest.skip("the newest versions were asked for")
    assert differences() == [], "run `python -m classroom install --test`, or say --newest if other versions are meant"


@pytest.mark.parametrize("target", ["install", "start", "test", "build", "book"])
def test_make_is_thin(target, root):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    said = subprocess.run(["make", "-n", target], cwd=root, capture_output=True, text=True, check=True).stdout
    assert re.search(r"-m classroom (install|start)", said)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_style(command, root):
    result = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=root, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


# ---- what an installer is asked, by a stand-in for uv ------------------------------------------------------------

# `course install` without the PATH that `course` sets, whose first folder may hold a real uv.
INSTALL = """\
import sys
from classroom import course, environment
try:
    sys.exit(environment.main(sys.argv[1:]))
except course.CourseError as problem:
    sys.exit(f"course install: {problem}")
"""

FAKE_UV = """\
#!{python}
import json, os, pathlib, sys
here = pathlib.Path({folder!r})
with open(here / "calls.jsonl", "a") as calls:
    calls.write(json.dumps([sys.argv[1:], {{k: v for k, v in os.environ.items() if k.startswith("UV_")}}]) + "\\n")
if sys.argv[1] == "venv":
    bin = pathlib.Path(sys.argv[-1]) / "bin"
    bin.mkdir(parents=True)
    (bin / "python").symlink_to({python!r})
trouble = here / "trouble"
if trouble.exists() and sys.argv[1] == "pip":
    print(trouble.read_text(), file=sys.stderr)
    sys.exit(2)
"""


@pytest.fixture
def clone(tmp_path, root):
    """The files that `course install` needs, in a folder of their own, with a stand-in for uv first on PATH."""
    folder, tools = tmp_path / "clone", tmp_path / "tools"
    (folder / "classroom").mkdir(parents=True)
    tools.mkdir()
    for name in ("__init__.py", "__main__.py", "course.py", "environment.py"):
        shutil.copy(root / "classroom" / name, folder / "classroom")
    for name in ("pyproject.toml", *LOCKS):
        shutil.copy(root / name, folder)
    uv = tools / "uv"
    uv.write_text(FAKE_UV.format(python=sys.executable, folder=str(tmp_path)))
    uv.chmod(uv.stat().st_mode | stat.S_IXUSR)

    def install(*arguments, folder=folder, **variables):
        """Run `course install`; returns its output and the commands that uv was given."""
        (tmp_path / "calls.jsonl").write_text("")
        result = subprocess.run(
            [sys.executable, "-c", INSTALL, *arguments],
            cwd=folder,
            env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"} | variables,
            capture_output=True,
            text=True,
        )
        calls = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
        return SimpleNamespace(status=result.returncode, said=result.stdout + result.stderr, calls=calls)

    return SimpleNamespace(
        install=install, folder=folder, stamp=folder / ".venv/course.json", trouble=tmp_path / "trouble"
    )


def test_the_first_install_takes_the_lock_with_hashes_and_then_the_project(clone):
    done = clone.install()
    assert done.status == 0, done.said
    venv, packages, project = (call[0] for call in done.calls)
    assert venv[:1] == ["venv"]
    assert {"--require-hashes", "--no-deps", str(clone.folder / "constraints.txt")} <= set(packages)
    assert {"--no-deps", "--no-build-isolation", "--offline", "-e", str(clone.folder)} <= set(project)
    assert clone.stamp.is_file()


def test_the_second_install_does_nothing(clone):
    clone.install()
    again = clone.install()
    assert (again.status, again.calls) == (0, [])


def test_tests_are_added_to_a_learners_environment_and_serve_a_learner_too(clone):
    clone.install()
    added = clone.install("--test").calls
    assert [call[0][0] for call in added] == ["pip", "pip"]
    assert str(clone.folder / "constraints-test.txt") in added[0][0]
    assert clone.install("--test").calls == []
    assert clone.install().calls == []


def test_an_interrupted_install_is_made_anew(clone):
    clone.trouble.write_text("killed")
    assert clone.install().status == 1
    left = clone.folder / ".venv/left-behind"
    left.write_text("half a package")
    clone.trouble.unlink()
    done = clone.install()
    assert done.status == 0
    assert not left.exists()
    assert done.calls[0][0][0] == "venv"


def test_an_interrupted_update_is_not_trusted(clone):
    clone.install()
    lock = clone.folder / "constraints.txt"
    before = lock.read_text()
    lock.write_text(before + "# changed\n")
    clone.trouble.write_text("killed")
    assert clone.install().status == 1
    clone.trouble.unlink()
    lock.write_text(before)
    assert clone.install().calls[0][0][0] == "venv"


def test_a_moved_folder_is_made_anew(clone):
    clone.install()
    moved = clone.folder.rename(clone.folder.with_name("moved"))
    assert clone.install(folder=moved).calls[0][0][0] == "venv"


def test_another_python_is_made_anew(clone):
    clone.install()
    stamp = json.loads(clone.stamp.read_text())
    clone.stamp.write_text(json.dumps({**stamp, "python": "3.9"}))
    assert clone.install().calls[0][0][0] == "venv"


def test_a_changed_project_is_installed_again_without_its_packages(clone):
    clone.install("--test")
    with (clone.folder / "pyproject.toml").open("a") as file:
        file.write("\n# changed\n")
    assert [call[0][-1] for call in clone.install("--test").calls] == [str(clone.folder)]
    assert clone.install("--test").calls == []


def test_a_changed_lock_is_installed_into_the_environment_that_is_there(clone):
    clone.install()
    with (clone.folder / "constraints.txt").open("a") as file:
        file.write("# changed\n")
    assert [call[0][0] for call in clone.install().calls] == ["pip", "pip"]


def test_uv_is_given_the_index_that_pip_is_configured_with(clone):
    done = clone.install(PIP_INDEX_URL="http://localhost:1/simple/", PIP_CONFIG_FILE=os.devnull)
    assert {call[1].get("UV_DEFAULT_INDEX") for call in done.calls} == {"http://localhost:1/simple/"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("error: failed to write: No space left on device (os error 28)", "The disk became full"),
        ("  cause: dns error: failed to lookup address information", "The package index could not be reached"),
        ("ERROR: Retrying ... NewConnectionError(... Connection refused)", "The package index could not be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "is not the one that was tested"),
        ("Permission denied (os error 13)", "A file could not be written"),
        ("ERROR: No matching distribution found for numpy", "does not have every package of constraints.txt"),
        ("something new", "The installer stopped with status 2"),
    ],
)
def test_a_failed_install_says_what_happened_and_leaves_no_stamp(clone, words, sentence):
    clone.trouble.write_text(words)
    done = clone.install()
    assert done.status == 1
    assert sentence in done.said
    assert "Traceback" not in done.said
    assert ("something new" in done.said) == (words == "something new")
    assert not clone.stamp.exists()


def test_an_environment_that_cannot_be_made_is_named(clone):
    (clone.folder / ".venv").write_text("in the way")
    done = clone.install()
    assert done.status == 1
    assert "The environment could not be made: Not a directory" in done.said
    assert "Traceback" not in done.said


def test_pip_without_a_network_says_so(clone):
    """No stand-in here: a real environment, a real pip, and an index that refuses."""
    (clone.folder.parent / "tools/uv").unlink()
    path = os.pathsep.join(place for place in os.environ["PATH"].split(os.pathsep) if not Path(place, "uv").exists())
    variables = {
        "PATH": path,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_NO_CACHE_DIR": "1",
    }
    done = clone.install(**variables)
    assert done.status == 1
    assert "The package index could not be reached" in done.said
    assert not clone.stamp.exists()


# ---- pip's settings for uv ---------------------------------------------------------------------------------------


def test_pip_settings_are_read_in_pips_order():
    listing = (
        ":env:.index-url='http://c/simple'\n"
        "global.index-url='http://a/simple'\n"
        "install.index-url='http://b/simple'\n"
        "download.index-url='http://d/simple'\n"
        "global.extra-index-url='\\nhttp://e/simple\\nhttp://f/simple'\n"
        "install.timeout='60'\n"
        "a line of something else\n"
    )
    assert environment.pip_settings(listing) == {
        "index-url": "http://c/simple",
        "extra-index-url": "\nhttp://e/simple\nhttp://f/simple",
        "timeout": "60",
    }


def test_pip_settings_are_translated_and_uvs_own_stay(tmp_path):
    settings = {
        "index-url": "http://a/simple",
        "extra-index-url": "\nhttp://e/simple\nhttp://f/simple",
        "find-links": f"{tmp_path} {tmp_path}/missing",
        "cert": "ca.pem",
        "client-cert": "client.pem",
        "proxy": "http://proxy:3128",
        "trusted-host": "a b",
        "default-timeout": "180",
        "no-index": "true",
    }
    assert environment.uv_environment(settings, {"UV_DEFAULT_INDEX": "http://mine/simple", "HOME": "h"}) == {
        "HOME": "h",
        "UV_DEFAULT_INDEX": "http://mine/simple",
        "UV_INDEX": "http://e/simple http://f/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": str(tmp_path),
        "SSL_CERT_FILE": "ca.pem",
        "SSL_CLIENT_CERT": "client.pem",
        "ALL_PROXY": "http://proxy:3128",
        "UV_INSECURE_HOST": "a b",
        "UV_HTTP_TIMEOUT": "180",
        "UV_NO_INDEX": "1",
    }


# ---- machines that can't have it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0)])
def test_a_python_out_of_range_is_named(version, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr("platform.python_version", lambda: ".".join(map(str, version)))
    with pytest.raises(CourseError, match=rf"This is Python 3\.{version[1]}.* needs 3\.11, 3\.12 or 3\.13"):
        environment._check_machine(uv=None)


def test_a_python_out_of_range_is_no_hindrance_to_uv(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    environment._check_machine(uv="uv")


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_named_with_debians_package(module, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else there(name))
    package = "python{}.{}-venv".format(*sys.version_info)
    with pytest.raises(CourseError, match=rf"no complete `venv` module.*sudo apt install {re.escape(package)}"):
        environment._check_machine(uv=None)


def test_a_full_disk_is_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=700_000_000))
    with pytest.raises(CourseError, match=r"needs 1\.5 GB .* 700 MB are free"):
        environment._check_machine(uv=None)


def test_an_intel_mac_is_sent_to_conda(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(CourseError, match=r"Intel.*conda env create"):
        environment._check_machine(uv=None)
