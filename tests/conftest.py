"""What every test shares: one thread for each numeric library, and this environment's kernels and commands."""

import datetime
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import course_part
import lab as in_lab
import pytest
from lock import differences

from classroom import course

# Before numpy is imported. Several threads on a busy machine with two cores are many times slower than one.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["MPLBACKEND"] = "agg"
# Kernels are found in this environment first, and nbgrader finds the command `alembic`.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--newest",
        action="store_true",
        help="this environment has other versions than the lock: notebooks built in it may differ in their bytes",
    )


def pytest_configure() -> None:
    import cv2

    cv2.setNumThreads(1)
    # Chosen once, by the process that starts the others: they inherit it, and midnight may pass.
    os.environ.setdefault("COURSE_PART", course_part.of_the_day(datetime.date.today()))


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Which part of the course went through the browser, and how long its learner waited; which packages differ."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    waited = [value for report in reports for name, value in report.user_properties if name == "waited"]
    if waited:
        terminalreporter.section(f"part {os.environ['COURSE_PART']} of the course in a browser")
        terminalreporter.write_line("\n".join(waited))
    if config.getoption("--newest"):
        found = differences()
        terminalreporter.section(f"{len(found)} packages are not those of the lock")
        terminalreporter.write_line("\n".join(found))


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


ROSTER = """id,first_name,last_name,email,lms_user_id
s0001,Jörg,Müller,joerg.mueller@example.org,501
s0002,Ann,Lee,ann@example.org,502
s0003,José,Núñez,jn@example.org,503
s0004,Anna,Schmidt,anna.a@example.org,504
s0005,Anna,Schmidt,anna.b@example.org,505
"""


@pytest.fixture(scope="session")
def class_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class folder with exercises 01 and 11, released; not to be changed."""
    from classroom.cohort.folder import new
    from classroom.cohort.release import release

    place = tmp_path_factory.mktemp("class")
    (place / "roster.csv").write_text(ROSTER, encoding="utf-8")
    folder = new(place / "Kurs für alle", place / "roster.csv", ["01", "11"], ["01=2026-12-01T23:59:00+01:00"])
    release(folder, folder.assignments)
    return folder.root


@pytest.fixture
def klass(class_template: Path, tmp_path: Path):
    """A class folder of the test's own."""
    from classroom.cohort.folder import ClassFolder

    shutil.copytree(class_template, tmp_path / "klass")
    return ClassFolder.open(tmp_path / "klass")


# ---- a browser, and the course in it -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium, driven by Playwright; without Chromium the test is skipped, and fails where CI=true."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        reason = "Chromium is not installed (on Debian: sudo apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=in_lab.FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page in a browser that knows nothing of earlier pages."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(in_lab.PATIENCE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """JupyterLab as `make start` serves it, from a copy of the repository: the address, and the copy."""
    copy = tmp_path_factory.mktemp("lab") / "course"
    leave = shutil.ignore_patterns(".git", ".venv*", "work", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(course.ROOT, copy, ignore=leave)
    for lesson in course.LESSONS:
        in_lab.forget_counts(copy / lesson.notebook.relative_to(course.ROOT))
    process = subprocess.Popen(
        [sys.executable, "-m", "classroom", "start", "--here"],
        cwd=copy,
        env={**os.environ, "NO_BROWSER": "1", "PYTHONPATH": str(copy), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if "Stop it with" in line:
            break
    found = re.search(r"http://127\.0\.0\.1:\S+", "".join(said))
    assert found, "".join(said)
    yield SimpleNamespace(address=found.group(), copy=copy)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert "JupyterLab is stopped" in process.stdout.read()
