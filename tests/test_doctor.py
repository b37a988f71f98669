"""`course doctor` finds each fault that is put into a machine, and says how to mend it."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from classroom import course, doctor, environment, start


def problems(examine) -> list[str]:
    """The problems that an examination finds; each must say how to mend it, in other words."""
    findings = list(examine())
    assert findings, "an examination must say something"
    return [finding.text for finding in findings if finding.mend and finding.mend != finding.text]


def versions(monkeypatch, **changed: str | None) -> None:
    """Change what is installed: name=version, name=None for a missing one; `_` in a name stands for `-`."""
    there = doctor.installed
    changed = {name.replace("_", "-"): version for name, version in changed.items()}
    monkeypatch.setattr(doctor, "installed", lambda name: changed[name] if name in changed else there(name))


@pytest.mark.parametrize(
    "examine",
    [doctor.python_version, doctor.opencv, doctor.kernel, doctor.commands, doctor.validate_button, doctor.work_folder],
)
def test_this_environment_is_well(examine):
    assert problems(examine) == []


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    assert len(problems(doctor.python_version)) == 1


def test_a_python_outside_the_environment(monkeypatch):
    monkeypatch.setattr(environment, "inside", lambda: False)
    monkeypatch.setattr(environment, "installed_elsewhere", lambda: False)
    assert problems(doctor.place) == [f"this is {sys.executable}, outside the course's environment"]


def test_a_missing_package(monkeypatch):
    versions(monkeypatch, nbgrader=None, scipy=None)
    assert any("packages are missing: nbgrader, scipy" in problem for problem in problems(doctor.packages))


def test_a_package_in_another_version(monkeypatch):
    monkeypatch.setattr(environment, "inside", lambda: True)
    versions(monkeypatch, nbgrader="0.8.0")
    found = " ".join(problems(doctor.packages))
    assert f"nbgrader 0.8.0 (tested: {doctor.locked()['nbgrader']})" in found


def test_packages_for_other_machines_are_not_missed():
    names = doctor.locked()
    assert ("pywinpty" in names) == (os.name == "nt")
    assert ("appnope" in names) == (sys.platform == "darwin")
    assert "numpy" in names


def test_opencv_5(monkeypatch):
    versions(monkeypatch, opencv_python="5.0.0.90")
    assert any("OpenCV 5 has no cascade classifier" in problem for problem in problems(doctor.opencv))


@pytest.mark.parametrize("second", ["opencv_python_headless", "opencv_contrib_python"])
def test_a_second_opencv(monkeypatch, second):
    versions(monkeypatch, opencv_python="4.14.0", **{second: "4.12.0"})
    (problem,) = problems(doctor.opencv)
    assert problem.startswith("several OpenCV packages")
    assert second.replace("_", "-") in problem


def test_no_opencv(monkeypatch):
    versions(monkeypatch, **{name.replace("-", "_"): None for name in doctor.OPENCV})
    assert problems(doctor.opencv) == ["OpenCV is missing"]


def test_an_opencv_that_misses_a_system_library(monkeypatch):
    def refuse(name):
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(importlib, "import_module", refuse)
    (finding,) = (finding for finding in doctor.opencv() if finding.mend)
    assert "libGL.so.1" in finding.text
    assert "apt install libgl1" in finding.mend


def test_an_opencv_without_cascades(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", lambda name: SimpleNamespace(__version__="4.99"))
    assert any("4.99, has no cascade classifier" in problem for problem in problems(doctor.opencv))


@pytest.mark.parametrize(("free", "count"), [(1.9, 1), (2.1, 0)])
def test_little_memory(monkeypatch, free, count):
    monkeypatch.setattr(doctor, "available_memory", lambda: free * doctor.GIB)
    assert len(problems(doctor.memory)) == count


@pytest.mark.parametrize(("free", "count"), [(0.9, 1), (1.1, 0)])
def test_a_full_disk(monkeypatch, free, count):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free * doctor.GIB))
    assert len(problems(doctor.disk)) == count


def test_an_empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("FACELAB_CACHE", str(tmp_path))
    monkeypatch.delenv("FACELAB_DATA", raising=False)
    assert "data: orl, which the first lessons need, is not there" in problems(doctor.assets)


def test_a_damaged_asset(monkeypatch, tmp_path):
    monkeypatch.setenv("FACELAB_CACHE", str(tmp_path))
    monkeypatch.delenv("FACELAB_DATA", raising=False)
    (tmp_path / "orl").mkdir()
    (tmp_path / "orl/SHA256SUMS").write_text("not the list")
    assert any(problem.startswith("data: orl is damaged") for problem in problems(doctor.assets))


def test_a_cache_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FACELAB_CACHE", str(tmp_path / "file/cache"))
    assert any("can't be written" in problem for problem in problems(doctor.assets))


def test_a_kernel_of_another_python(monkeypatch, tmp_path):
    folder = tmp_path / "kernels/python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/opt/other/bin/python", "-m", "ipykernel_launcher"], "display_name": "x", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert problems(doctor.kernel) == [f"the Jupyter kernel python3 is another Python, {Path('/opt/other/bin/python')}"]


def test_missing_commands(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (problem,) = problems(doctor.commands)
    assert problem.endswith("nbgrader, alembic, jupyter")


def test_validate_switched_off(monkeypatch, tmp_path):
    settings = tmp_path / "labconfig/page_config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"disabledExtensions": {"@jupyter/nbgrader:validate-assignment": True}}))
    ours = start.jupyter_environment()
    monkeypatch.setattr(start, "jupyter_environment", lambda: ours | {"JUPYTER_CONFIG_PATH": str(tmp_path)})
    assert len(problems(doctor.validate_button)) == 1


def test_a_work_folder_that_cannot_be_written(workplace):
    course.WORK.write_text("in the way")
    (problem,) = problems(doctor.work_folder)
    assert problem.startswith("work/ can't be written")


@pytest.mark.parametrize(("mend", "status", "last"), [("", 0, "All is well."), ("do this", 1, "1 problem.")])
def test_the_exit_status_tells(monkeypatch, capsys, mend, status, last):
    monkeypatch.setattr(doctor, "EXAMINATIONS", [lambda: iter([doctor.Finding("something", mend)])])
    assert doctor.main([]) == status
    said = capsys.readouterr().out
    assert said.rstrip().endswith(last)
    assert ("to mend: do this" in said) == bool(mend)


def test_it_works_without_any_package(root):
    command = [sys.executable, "-S", "-m", "classroom", "doctor"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert result.returncode == 1
    assert "packages are missing" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
