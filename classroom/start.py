"""`course start`: fetch the first data, lay out your exercises and open JupyterLab on the welcome page.

With NO_BROWSER=1 it serves without opening a browser. The settings of JupyterLab come from classroom/jupyter/, and
what it keeps goes to work/.jupyter/: the user's own Jupyter settings are neither read nor written.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from classroom import course, environment, reset, work
from classroom.course import CourseError

WELCOME = """\
# Face recognition, from eigenfaces to a national database

Open a lesson and read it; then do its exercise, which is your own copy, and press **Validate** at the top of it: it
names the mistakes that it finds. Save it; in a terminal (File, New, Terminal), `course check 01` grades your copy
of exercise 01 with every check there is, and `course progress` shows how far you are.

Not sure whether you know enough NumPy, probability or linear algebra? [Before lesson 01](../docs/prerequisites.ipynb)
shows what you need, with nine questions to test yourself, in 30 to 45 minutes.

|  | Lesson | The question | Exercise | Points |
| --- | --- | --- | --- | --- |
{rows}

![The map of the course: sixteen boxes in five columns, recognition, detection, learned recognition, identification at \
scale and judgement, joined by one path; each names what the lesson builds and which lessons it needs.](../docs/map.png)

`course reset 01` gives a fresh copy of exercise 01 and keeps your old one in `work/old/`; `course doctor` says what is
wrong with this machine, if anything is.
"""


# ---- what is laid out ------------------------------------------------------------------------------------------


def welcome_page() -> str:
    """The welcome page as Markdown, seen from work/."""
    results, rows = work.read_results(), []
    for lesson in course.LESSONS:
        result = results.get(lesson.number)
        points = f"{result['points']:g} / {result['max_points']:g}" if result else ""
        title = lesson.title
        if lesson.notebook.is_file():
            title = f"[{title}](../{lesson.notebook.relative_to(course.ROOT).as_posix()})"
        exercise = f"[Exercise {lesson.number}]({lesson.work.name})" if lesson.work.exists() else ""
        if not lesson.is_there and not exercise:
            exercise = "*not yet there*"
        rows.append(f"| {lesson.number} | {title} | {lesson.question} | {exercise} | {points} |")
    return WELCOME.format(rows="\n".join(rows))


def lay_out() -> None:
    """Put copies of the exercises that the learner does not have yet into work/, and say which have changed since."""
    for lesson in work.exercises():
        state = work.status(lesson)
        where = lesson.work.relative_to(course.ROOT).as_posix()
        if state == "missing":
            work.hand_out(lesson)
            print(f"Exercise {lesson.number} is in {where}.")
        elif state == "damaged":
            print(
                f"{where} is damaged (not a notebook any more) and left as it is. "
                f"`course reset {lesson.number}` gives a fresh copy and keeps it in work/old/."
            )
        elif state == "changed":
            print(f"Exercise {lesson.number} has changed since you began it.")
            if not work.started(lesson) or _agrees("Carry your answers over into the new one?"):
                reset.renew_and_tell(lesson, keep_answers=True)
            else:
                print(f"Your copy stays as it is. `course reset {lesson.number} --keep-answers` carries it over.")
    work.write_atomically(course.WORK / "welcome.md", welcome_page())


def _agrees(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{question} The old copy is kept. [Y/n] ").strip().lower() in ("", "y", "yes")


def fetch() -> None:
    """Fetch what the first lessons need; without a network, go on without."""
    from classroom import data

    try:
        # Where it lies is of no interest here; a progress bar, if anything is fetched, goes to stderr.
        with contextlib.redirect_stdout(io.StringIO()):
            data.main(["fetch"])
    except CourseError as problem:
        print(f"{problem}\nJupyterLab opens all the same; a lesson fetches what it needs when it first asks for it.")


# ---- JupyterLab ------------------------------------------------------------------------------------------------


def jupyter_environment() -> dict[str, str]:
    """The environment of the server: our settings and this environment's kernel, nothing of the user's own Jupyter."""
    private = course.WORK / ".jupyter"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTERLAB_", "JUPYTER_"))}
    return environ | {
        "JUPYTER_CONFIG_PATH": str(course.ROOT / "classroom/jupyter"),
        "JUPYTER_CONFIG_DIR": str(private),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(private / "ipython"),
    }


def jupyter_command(browser: bool) -> list[str]:
    """The command that serves the course; where port 8888 is taken the server takes the next free one."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={course.ROOT}",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=8888",
        "--ServerApp.port_retries=200",
        # Ctrl-C stops at once, without asking.
        "--ServerApp.answer_yes=True",
        # Containers and rented machines work as root; only this machine is served, and only with the token.
        "--ServerApp.allow_root=True",
        "--LabApp.default_url=/lab/tree/work/welcome.md",
        "--LabApp.custom_css=True",
        f"--ServerApp.tornado_settings=static_custom_path={course.ROOT / 'classroom/jupyter/custom'}",
    ]
    if os.name != "nt":
        # Jupyter's own choice is a login shell here, which may forget the PATH that leads to `course`.
        command.append(f"--ServerApp.terminado_settings=shell_command={os.environ.get('SHELL') or 'sh'}")
    return command


def _address(process: subprocess.Popen, patience: float = 120.0) -> str | None:
    """The address under which the server answers, or None if it ended or stays silent."""
    record = course.WORK / ".jupyter/runtime" / f"jpserver-{process.pid}.json"
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        try:
            server = json.loads(record.read_text(encoding="utf-8"))
            request = f"{server['url']}api/status?token={server['token']}"
            # A proxy of the user's must not be asked for this machine.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5):
                return f"{server['url']}lab/tree/work/welcome.md?token={server['token']}"
        except (OSError, ValueError, urllib.error.URLError):
            time.sleep(0.1)
    return None


def serve(browser: bool) -> int:
    """Run JupyterLab until it is stopped."""
    log = course.WORK / ".jupyter/lab.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            jupyter_command(browser),
            cwd=course.ROOT,
            env=jupyter_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    # `kill` and a closed terminal end the server like Ctrl-C.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        address = _address(process)
        if address is None:
            raise CourseError(
                f"JupyterLab did not start; the end of {log.relative_to(course.ROOT)} says why:\n"
                + "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
            )
        print(f"\nJupyterLab is at\n\n    {address}\n\nStop it with Ctrl-C in this terminal.", flush=True)
        if process.wait():
            raise CourseError(f"JupyterLab ended with status {process.returncode}; {log} says why.")
        return 0
    except KeyboardInterrupt:
        print("\nJupyterLab is stopped; your notebooks are as you saved them.")
        return 0
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="course start", description=__doc__.partition("\n\n")[0])
    parser.add_argument(
        "--here", action="store_true", help="use the Python that runs this as it is; make and check no .venv"
    )
    options = parser.parse_args(arguments)
    if not options.here and not environment.installed_elsewhere():
        changed = environment.install()
        if changed or not environment.inside():
            return environment.reenter(["start", *arguments])
    fetch()
    lay_out()
    return serve(browser=os.environ.get("NO_BROWSER", "") in ("", "0"))
