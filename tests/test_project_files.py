"""What maintainers and forges read agrees with the project: one version, real commands, hooks and jobs that run."""

import datetime
import importlib.metadata
import re
import subprocess
import tomllib

import pytest
import yaml

from classroom import data
from classroom.__main__ import COMMANDS
from classroom.course import ROOT
from classroom.measure import MEASUREMENTS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))


def code_of(text):
    """Code blocks and code spans of a page."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return blocks + re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


# ---- versions --------------------------------------------------------------------------------------------------


def test_the_citation_the_change_log_and_the_readme_name_the_version_of_the_project():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (unreleased, *released) = re.findall(r"^## \[(.+?)\](?: - (\S+))?$", log, re.MULTILINE)
    assert unreleased == ("Unreleased", "")
    newest, day = released[0]
    assert newest == CITATION["version"] == PROJECT["version"]
    assert day == CITATION["date-released"] and datetime.date.fromisoformat(day)
    assert [d for _, d in released] == sorted((d for _, d in released), reverse=True)
    title, version, year = re.search(
        r"^## How to cite\n+> \*(.+?)\*, version\s(\S+), (\d{4})\.$",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    ).groups()
    assert (title, version, year) == (CITATION["title"], newest, day[:4])


def test_the_kinds_of_changes_are_those_of_keep_a_changelog():
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = set(re.findall(r"^### (.+)$", log, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_has_what_the_format_wants_and_nothing_made_up():
    assert CITATION["cff-version"] == "1.2.0" and CITATION["message"] and CITATION["type"] == "software"
    assert CITATION["license"] == PROJECT["license"]
    (author,) = CITATION["authors"]
    holder = re.search(r"Copyright \(c\) \d{4}, (.+)", (ROOT / "LICENSE").read_text(encoding="utf-8"))[1]
    assert author["name"].lower() == holder.lower()
    assert not {"doi", "url", "repository-code", "identifiers"} & set(CITATION)


# ---- CONTRIBUTING ------------------------------------------------------------------------------------------------


def test_commands_that_contributing_names_exist():
    code = "\n".join(code_of(CONTRIBUTING))
    commands = set(re.findall(r"\bcourse ([a-z]+)", code)) | set(re.findall(r"-m classroom ([a-z]+)", code))
    assert {"build", "data", "measure"} <= commands <= set(COMMANDS)
    targets = set(re.findall(r"\bmake ([a-z-]+)", code))
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"build", "test", "lock"} <= targets <= there
    for name in re.findall(r"\bcourse measure ([a-z]\w*)", code):
        assert name in MEASUREMENTS, name
    for name in re.findall(r"\bcourse data ([a-z]+)", code):
        with pytest.raises(SystemExit) as stopped:
            data.main([name, "--help"])
        assert stopped.value.code == 0, name


def test_files_that_contributing_names_exist():
    named = set(re.findall(r"(?:^|[\s`])((?:\w[\w-]*/)+[\w.-]+\.\w+)", "\n".join(code_of(CONTRIBUTING))))
    assert len(named) > 8
    made = {"data/measured/NAME.csv", "data/cards/NAME.md"}
    for name in named - made:
        assert (ROOT / name).is_file(), name


def test_what_pytest_is_asked_in_contributing_selects_tests():
    calls = re.findall(
        r"^(?:pytest|\.ci/run newest.*?) (tests/\S+)(?: -k (\w+))?", "\n".join(code_of(CONTRIBUTING)), re.M
    )
    assert len(calls) >= 4
    for path, words in calls:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert not words or words in source or list((ROOT / "lessons").glob(f"{words}.ipynb")), (path, words)


def test_the_task_that_contributing_shows_passes_its_check_and_its_mistakes_do_not():
    task = re.search(r"^```text\n(# %% \[markdown\]\n# ## .*?)^```", CONTRIBUTING, re.DOTALL | re.MULTILINE)[1]
    mistakes = {
        "the corner was multiplied": "boxes[:, 0] * boxes[:, 1]",
        "width and height were added": "boxes[:, 2] + boxes[:, 3]",
        "this is the outline": "2 * (boxes[:, 2] + boxes[:, 3])",
    }
    right = "boxes[:, 2] * boxes[:, 3]"
    exec(task, {})
    for hint, wrong in mistakes.items():
        with pytest.raises(AssertionError, match=hint):
            exec(task.replace(f"return {right}", f"return {wrong}"), {})


# ---- hooks and jobs ----------------------------------------------------------------------------------------------


def test_hooks_are_local_and_call_commands_that_exist():
    assert [repo["repo"] for repo in HOOKS] == ["local"], "a hook from a forge can't run offline"
    scripts = set(importlib.metadata.entry_points(group="console_scripts").names) | {"ruff"}
    for hook in HOOKS[0]["hooks"]:
        command, *arguments = hook["entry"].split()
        if hook["language"] == "system":
            assert command.startswith(".venv/bin/"), hook["id"]
            assert command.removeprefix(".venv/bin/") in scripts, hook["id"]
            assert arguments[0] in ("check", "format", *COMMANDS), hook["id"]
        else:  # a package from the index, at one version
            assert all("==" in package for package in hook["additional_dependencies"]), hook["id"]
        assert "nbstripout" not in hook["entry"], "outputs are committed"


def test_the_build_hook_looks_when_what_is_built_from_changes():
    (hook,) = (hook for hook in HOOKS[0]["hooks"] if hook["id"] == "build-check")
    for path in (
        "manuscript/lessons/07_cnn_detector.py",
        "manuscript/pictures/map.py",
        "facelab/cnn.py",
        "lessons/07_cnn_detector.ipynb",
        "data/measured/ladder.csv",
        "docs/prerequisites.ipynb",
    ):
        assert re.search(hook["files"], path), path
    assert not re.search(hook["files"], "README.md")


def test_the_workflow_calls_the_ci_script_and_files_that_exist():
    triggers = WORKFLOW[True]  # YAML 1.1 reads the word "on" as a boolean
    assert {"push", "pull_request", "schedule"} <= set(triggers)
    (job,) = (job for job in WORKFLOW["jobs"].values() if "container" in job)
    runs = {step["run"]: step.get("if", "") for step in job["steps"] if "run" in step}
    assert runs[".ci/run"] == "github.event_name != 'schedule'"
    assert runs[".ci/run newest"] == "github.event_name == 'schedule'"
    for name in re.findall(r"\.ci/\w+", " ".join(runs)):
        assert (ROOT / name).stat().st_mode & 0o100, f"{name} can't be run"


def test_the_ci_script_has_two_legs_and_refuses_others():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "exec make test\n" in script
    extras = re.search(r"'\.\[(.+?)\]'", script)[1]
    assert set(extras.split(",")) == set(PROJECT["optional-dependencies"]), "the newest leg takes every extra"
    done = subprocess.run([ROOT / ".ci/run", "oldest"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no leg 'oldest'" in done.stderr
