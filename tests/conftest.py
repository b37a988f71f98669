"""What every test shares: one thread for each numeric library, and this environment's kernels and commands."""

import os
import sys
from pathlib import Path

import pytest

from classroom import course

# Before numpy is imported. Several threads on a busy machine with two cores are many times slower than one.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["MPLBACKEND"] = "agg"
# Kernels are found in this environment first, and nbgrader finds the command `alembic`.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def pytest_configure() -> None:
    import cv2

    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return course.ROOT


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that `classroom` takes for the repository, so that a test can fill and break it."""
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course, "WORK", tmp_path / "work")
    return tmp_path
