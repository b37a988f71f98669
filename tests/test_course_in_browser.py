"""A person's way through the course, in JupyterLab and a browser: each lesson run, each exercise validated.

Of all this one run takes a part; course_part.py says which. Each test says how long the person waited.
"""

import os
import re
import time

import course_part
import pytest
from bs4 import BeautifulSoup
from lab import (
    move_slider,
    open_lesson,
    run_all_cells,
    saved_cells,
    shut_kernels_down,
    solutions,
    validate,
    wait_for_kernel,
    wait_for_the_last_cell,
    write_answers,
)

from classroom import course, work
from classroom.budgets import SECONDS
from classroom.grading import read_notebook, tasks_of

pytestmark = pytest.mark.timeout(600)
WIDGET = "application/vnd.jupyter.widget-view+json"


def chosen(kind: str) -> list[course.Lesson]:
    """The lessons whose lesson or exercise belongs to this run's part."""
    part = course_part.stations(os.environ["COURSE_PART"])
    return [course.find(number) for what, number in part if what == kind]


@pytest.fixture
def calm_page(page, lab):
    """A page on which no script may fail, in a Lab whose kernels end with the test: several would fill the memory."""
    failed = []
    page.on("pageerror", lambda error: failed.append(error))
    yield page
    shut_kernels_down(lab)
    assert not failed


@pytest.mark.browser
@pytest.mark.parametrize("lesson", chosen("lesson"), ids=lambda lesson: lesson.name)
def test_a_lesson_runs_to_its_end(calm_page, lab, lesson, record_property):
    notebook = open_lesson(calm_page, lab, lesson)
    wait_for_kernel(calm_page, lab, notebook)
    began = time.monotonic()
    run_all_cells(calm_page)
    wait_for_the_last_cell(notebook)
    waited = time.monotonic() - began
    record_property("waited", f"lesson {lesson.number}: {waited:.0f} s of {SECONDS['lesson'][lesson.number]}")
    dialog = calm_page.locator(".jp-Dialog")
    assert not dialog.count(), dialog.first.inner_text()
    cells = saved_cells(calm_page, lab.copy / lesson.notebook.relative_to(course.ROOT))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    # Every figure that was built is drawn again, with its alt text; but a slider stands where its positions stood.
    built = [cell for cell in work.read_notebook(lesson.notebook)["cells"] if cell["cell_type"] == "code"]
    sliders = [len(re.findall(r"^interactive\(", "".join(cell["source"]), re.MULTILINE)) for cell in cells]
    assert [sum(WIDGET in output.get("data", {}) for output in cell["outputs"]) for cell in cells] == sliders
    for cell, before, moved in zip(cells, built, sliders, strict=True):
        assert moved or alt_texts(cell) == alt_texts(before)
    assert all(len(text.split()) >= 4 for cell in cells for text in alt_texts(cell))
    for image in notebook.locator("figure img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    widgets = notebook.locator(".widget-interact")
    assert widgets.count() == sum(sliders)
    for widget in widgets.all():
        move_slider(calm_page, widget)


@pytest.mark.browser
@pytest.mark.parametrize("lesson", chosen("exercise"), ids=lambda lesson: lesson.name)
def test_an_exercise_says_what_is_undone_and_passes_when_it_is_done(calm_page, lab, lesson, record_property):
    waited = []
    for answers in ({}, solutions(lesson)):
        write_answers(lab.copy, lesson, answers)
        began = time.monotonic()
        said = validate(calm_page, lab, lesson)
        waited.append(time.monotonic() - began)
        assert "Traceback" not in said
        if answers:
            assert "passes all the tests" in said
        else:
            undone = [task for task in tasks_of(read_notebook(lesson.solution)) if task.kind == "auto"]
            assert said.count("Not done yet") == len(undone), said
    record_property("waited", f"exercise {lesson.number}: {waited[0]:.0f} s undone, {waited[1]:.0f} s done")


def alt_texts(cell: dict) -> list[str]:
    """The alt texts of the figures under a cell."""
    shown = ["".join(output.get("data", {}).get("text/html", "")) for output in cell["outputs"]]
    return [image.get("alt", "") for text in shown for image in BeautifulSoup(text, "html.parser").select("figure img")]
