"""From manuscript to notebook: read an author's text, give cells their metadata and ids, run them, release them.

A manuscript is a Python file in jupytext's percent format. Beside plain code and Markdown cells, an exercise has cells
whose role stands in its first line:

    # %% locked="01-setup"                           the same for everybody
    # %% answer="01-distances" forbid=["scipy.spatial.distance.cdist"]
    # %% check="01-distances" points=3               visible checks, then hidden ones
    # %% [markdown] written="13-verdict" points=4    marked by a person
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import threadpoolctl
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from classroom.course import ROOT, CourseError, Lesson, Page
from classroom.grading import grade_id
from facelab.notebook import CHECK_CELL

KERNEL = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
LANGUAGE = {"language_info": {"name": "python"}}
SECONDS_ALLOWED = 600
STORED_FILE = re.compile(r"(?:measured|cards)/[\w-]+\.\w+")
# Run as a last cell, and taken out again: the most memory that the kernel's process held, in bytes. On Linux, getrusage
# would count what the process that started the kernel held as well.
PEAK_MEMORY = """
import sys
if sys.platform == "win32":
    import psutil
    print(psutil.Process().memory_info().peak_wset)
elif sys.platform == "linux":
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:")))
else:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


@dataclass(frozen=True)
class Cost:
    """What running a notebook took: wall seconds, and the most memory its kernel held at once, in bytes."""

    seconds: float
    peak: int


def read_manuscript(path: Path) -> NotebookNode:
    """The notebook that a manuscript describes: roles turned into nbgrader's metadata, ids made from content."""
    if not path.is_file():
        raise CourseError(f"There is no manuscript {path.relative_to(ROOT)}.")
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = nbformat.from_dict({**KERNEL, **LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        _give_role(cell)
    give_ids(notebook)
    return notebook


def _give_role(cell: NotebookNode) -> None:
    """Turn the shorthand of a manuscript's cell into metadata."""
    meta = dict(cell.metadata)
    course = {key: meta[key] for key in ("long", "forbid") if key in meta}
    kept = {"course": course} if course else {}
    role = next((r for r in ("locked", "answer", "check", "written") if r in meta), None)
    if role:
        name = meta[role] + ("-check" if role == "check" else "")
        graded = role in ("check", "written")
        kept["nbgrader"] = {
            "cell_type": cell.cell_type,
            "grade": graded,
            "grade_id": name,
            "locked": role in ("locked", "check"),
            "schema_version": 3,
            "solution": role in ("answer", "written"),
            "task": False,
        }
        if graded:
            kept["nbgrader"]["points"] = meta["points"]
    if role == "check":
        cell.source = f"{CHECK_CELL}{meta[role]}: run this cell after your answer, and don't change it.\n{cell.source}"
    if "tags" in meta:
        kept["tags"] = meta["tags"]
    cell.metadata = nbformat.from_dict(kept)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None


def give_ids(notebook: NotebookNode) -> None:
    """Ids that stay: the grade id, else a hash of the cell's text. A cell put in between changes no other cell's id."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        name = grade_id(cell) or hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"


def execute(notebook: NotebookNode, cwd: Path) -> Cost:
    """Run a notebook in place in a kernel of its own; outputs are left free of times and run-to-run noise.

    Raises: CourseError that names the cell, if one fails or writes to stderr (a warning is a failure).
    """
    probe = nbformat.v4.new_code_cell(PEAK_MEMORY)
    notebook.cells.append(probe)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_ALLOWED,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # what is printed arrives in pieces, cut differently each time
    )
    environment = os.environ | {"COURSE_BUILDING": "1"}  # no sliders: nobody is there to move them
    begin = time.perf_counter()
    number, seconds = 0, 0.0
    try:
        with client.setup_kernel(cwd=str(cwd), env=environment, stderr=subprocess.DEVNULL):
            for number, cell in enumerate(notebook.cells):
                seconds = time.perf_counter() - begin
                client.execute_cell(cell, number)
    except CellExecutionError as problem:
        raise CourseError(f"cell {number + 1} fails: {problem.ename}: {problem.evalue}\n{_head(cell)}") from None
    except (CellTimeoutError, DeadKernelError) as problem:
        raise CourseError(f"cell {number + 1} did not end: {problem}\n{_head(cell)}") from None
    finally:
        notebook.cells.remove(probe)
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise CourseError(f"cell {number} warns: {output.text.strip()}\n{_head(cell)}")
    notebook.metadata = nbformat.from_dict({**KERNEL, **LANGUAGE})
    return Cost(seconds, int(probe.outputs[0].text))


def _head(cell: NotebookNode) -> str:
    return "\n".join("    " + line for line in cell.source.splitlines()[:4])


def write(notebook: NotebookNode, path: Path) -> bool:
    """Write a notebook if it differs from the file that is there; says whether it did. The change is atomic."""
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    return True


def fingerprint(manuscript: Path) -> str:
    """One hash of what builds a notebook: its manuscript, the facelab modules it imports, the tables it reads."""
    digest = hashlib.sha256(manuscript.read_bytes())
    modules, stored = set(), set()
    _collect(_code_of(manuscript), modules, stored)
    for path in sorted(modules) + sorted(ROOT / "data" / file for file in stored):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes() if path.is_file() else b"missing")
    return digest.hexdigest()


def arithmetic() -> str:
    """On what the last digits of a notebook's numbers depend: system, processor, BLAS's kernels, numpy's instructions.

    Training carries them on: on another kind of processor a network comes out a little otherwise.
    """
    # numpy's own: which other libraries are loaded depends on what this process has done before
    libraries = [blas for blas in threadpoolctl.threadpool_info() if "numpy" in blas["filepath"]]
    kernels = {blas["architecture"] for blas in libraries if "architecture" in blas}
    instructions = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return " ".join([sys.platform, platform.machine(), *sorted(kernels), *instructions])


def _code_of(manuscript: Path) -> str:
    notebook = jupytext.reads(manuscript.read_text(encoding="utf-8"), fmt="py:percent")
    return "\n".join(c.source for c in notebook.cells if c.cell_type == "code" and not c.source.startswith(("%", "!")))


def _collect(source: str, modules: set[Path], stored: set[str]) -> None:
    """Add the facelab modules that some source imports, directly or through others, and the stored files they name.

    A table is named by results("ladder") or published("law"), another file by its path in data/, such as
    data_path("measured/cnn.npz").
    """
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        match node:
            case ast.Import(names=aliases):
                names = [a.name for a in aliases]
            case ast.ImportFrom(module=str(module), names=aliases):
                names = [module, *(f"{module}.{a.name}" for a in aliases)]
            case ast.Call(func=ast.Name(id="results") | ast.Attribute(attr="results"), args=[ast.Constant(value=name)]):
                stored.add(f"measured/{name}.csv")
            case ast.Call(
                func=ast.Name(id="published") | ast.Attribute(attr="published"), args=[ast.Constant(value=name)]
            ):
                stored.add(f"published/{name}.csv")
            case ast.Constant(value=str(text)) if STORED_FILE.fullmatch(text):
                stored.add(text)
        for name in names:
            if name.split(".")[0] != "facelab":
                continue
            base = ROOT / name.replace(".", "/")
            for path in (base.with_suffix(".py"), base / "__init__.py", ROOT / "facelab/__init__.py"):
                if path.is_file() and path not in modules:
                    modules.add(path)
                    _collect(path.read_text(encoding="utf-8"), modules, stored)


def build_lesson(lesson: Lesson) -> Cost:
    """Make and run a lesson's notebook."""
    manuscript, _ = lesson.manuscripts
    return _build(manuscript, read_manuscript(manuscript), lesson.notebook, "lesson")


def build_solution(lesson: Lesson) -> Cost:
    """Make and run nbgrader's source notebook of an exercise: every check, hidden ones too, passes in it."""
    _, manuscript = lesson.manuscripts
    return _build(manuscript, read_manuscript(manuscript), lesson.solution, "solution")


def build_page(page: Page) -> Cost:
    """Make and run a page's notebook, stubs and all."""
    return _build(page.manuscript, read_page(page), page.notebook, "page")


def read_page(page: Page) -> NotebookNode:
    """The notebook that a page's manuscript describes: stubs in place of answers, and nothing that nbgrader grades."""
    notebook = release(read_manuscript(page.manuscript))
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
    return notebook


def _build(manuscript: Path, notebook: NotebookNode, target: Path, kind: str) -> Cost:
    try:
        with tempfile.TemporaryDirectory() as folder:  # a notebook may lean on no file beside it
            cost = execute(notebook, Path(folder))
    except CourseError as problem:
        raise CourseError(f"{manuscript.relative_to(ROOT)}, {problem}") from None
    notebook.metadata["course"] = {"kind": kind, "built_from": fingerprint(manuscript), "arithmetic": arithmetic()}
    write(notebook, target)
    return cost


def build_exercise(lesson: Lesson) -> None:
    """Have nbgrader make the release notebook from the solution, in a course folder of its own, and take it over."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import PyFileConfigLoader

    with tempfile.TemporaryDirectory() as folder:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        config.Application.log_level = "ERROR"
        shutil.copytree(lesson.solution.parent, Path(folder) / "solutions" / lesson.name)
        outcome = NbGraderAPI(config=config).generate_assignment(lesson.name)
        if not outcome["success"]:
            raise CourseError(f"nbgrader could not release {lesson.name}:\n{outcome.get('error') or outcome['log']}")
        made = Path(folder) / "exercises" / lesson.name / lesson.exercise.name
        write(nbformat.read(made, as_version=nbformat.NO_CONVERT), lesson.exercise)


def release(solution: NotebookNode) -> NotebookNode:
    """What nbgrader's own preprocessors leave of the cells of a solution notebook: what an exercise must hold."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    notebook, resources = nbformat.from_dict(solution), {}
    for preprocessor in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
        notebook, resources = preprocessor(config=config).preprocess(notebook, resources)
    return notebook
