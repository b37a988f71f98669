"""Put a submitted notebook's graded cells right again: copied, deleted, changed or renamed, as the release has them.

nbgrader stops a whole batch at a copied cell (its issue 1083) and leaves a deleted one without points (1933). Here the
first copy is kept, a deleted cell comes back, and what is not the learner's to change is overwritten; each is reported.
"""

from __future__ import annotations

import copy

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from classroom.feedback import harmless_markdown
from classroom.grading import grade_id, nbgrader_meta


def repair(
    submitted: NotebookNode, master: NotebookNode, released: NotebookNode
) -> tuple[NotebookNode, list[tuple[str, str]]]:
    """The notebook that goes into nbgrader's autograded folder, and what had to be mended: (code, sentence).

    Parameters: submitted, the learner's cells; master, with solutions and hidden checks; released, as handed out.
    Answers keep the learner's text and get the release's metadata, so that nbgrader knows an untouched stub; every
    other graded or locked cell is the master's. Text that is not the release's own loses its markup: formgrader shows
    it in the browser of somebody who may do more than its author.
    """
    known = {cell.source for cell in released.cells}
    masters = {grade_id(c): c for c in master.cells if grade_id(c)}
    handed_out = {grade_id(c): c for c in released.cells if grade_id(c)}
    reasons, seen, cells = [], set(), []
    for cell in submitted.cells:
        name = grade_id(cell)
        if name in seen:
            mine = nbgrader_meta(masters[name]).get("solution")
            counts = "all ran in their order, so the last counts, and the first is kept" if mine else "it counts once"
            reasons.append(("duplicated", f"The cell {name} is there more than once; {counts}."))
        if name not in masters or name in seen:
            cells.append(_plain(cell))
            continue
        seen.add(name)
        if not nbgrader_meta(masters[name]).get("solution") and cell.source != handed_out[name].source:
            reasons.append(("changed", f"The cell {name} was changed; it counts as it was handed out."))
        elif cell.cell_type != masters[name].cell_type:
            reasons.append(("changed", f"The cell {name} was made another kind of cell."))
        cells.append(_cell(name, cell.source, masters, handed_out))
    if missing := _bring_back(cells, list(masters), masters, handed_out):
        reasons.append(("missing", f"Cells that were not there count as they were handed out: {', '.join(missing)}."))
    for cell in cells:
        if cell.cell_type != "code" and cell.source not in known:
            cell.source = harmless_markdown(cell.source)
    notebook = new_notebook(cells=cells, metadata=copy.deepcopy(master.metadata))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook, reasons


def _plain(cell: NotebookNode) -> NotebookNode:
    kind = cell.cell_type if cell.cell_type in ("code", "markdown", "raw") else "raw"
    kept = {"cell_type": kind, "source": cell.source, "metadata": {}}
    if kind == "code":
        kept |= {"outputs": [], "execution_count": None}
    return NotebookNode(kept)


def _cell(name: str, text: str, masters: dict, handed_out: dict) -> NotebookNode:
    mine = bool(nbgrader_meta(masters[name]).get("solution"))
    made = copy.deepcopy(handed_out[name] if mine else masters[name])
    made.source = text if mine else masters[name].source
    made.metadata = NotebookNode({"nbgrader": copy.deepcopy(made.metadata["nbgrader"])})
    if made.cell_type == "code":
        made.outputs, made.execution_count = [], None
    return made


def _bring_back(cells: list, order: list[str], masters: dict, handed_out: dict) -> list[str]:
    """Insert the graded cells that are not there, each after the one that comes before it in the release."""
    place, missing = 0, []
    for name in order:
        there = next((i for i, cell in enumerate(cells) if grade_id(cell) == name), None)
        if there is None:
            cells.insert(place, _cell(name, handed_out[name].source, masters, handed_out))
            missing.append(name)
            there = place
        place = there + 1
    return missing
