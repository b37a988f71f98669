"""The course as a learner meets it: JupyterLab from `course start`, in a real browser."""

import re
import runpy

import pytest
from lab import (
    open_lesson,
    open_welcome,
    run_all_cells,
    saved_cells,
    solutions,
    validate,
    wait_for_kernel,
    wait_for_the_last_cell,
    write_answers,
)

from classroom import course

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
playwright = pytest.importorskip("playwright.sync_api")

LESSON = course.LESSONS[0]


def test_the_welcome_page_is_rendered_with_its_links(page, lab):
    viewer = open_welcome(page, lab)
    assert viewer.locator("tbody tr").count() == 16
    there = [lesson for lesson in course.LESSONS if lesson.notebook.is_file()]
    for lesson in there:
        assert viewer.get_by_role("link", name=lesson.title, exact=True).is_visible()
        assert viewer.get_by_role("link", name=f"Exercise {lesson.number}", exact=True).is_visible()
    assert viewer.locator("td a").count() == 2 * len(there)
    assert viewer.get_by_text("not yet there").count() == 16 - len(there)
    course_map = viewer.locator("img[src*='map.png']")
    course_map.scroll_into_view_if_needed()
    assert course_map.evaluate("image => image.naturalWidth") > 900
    assert "sixteen boxes" in course_map.get_attribute("alt")


def test_what_opens_is_calm(page, lab):
    viewer = open_welcome(page, lab)
    viewer.get_by_role("link", name=f"Exercise {LESSON.number}", exact=True).click()
    page.get_by_role("button", name="Validate", exact=True).wait_for()
    # News would be asked about within seconds of the start.
    page.wait_for_timeout(5000)
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
    shell = page.locator("body").inner_text()
    for noise in ("Jupyter news", "Create Assignment", "Formgrader", "Assignment List", "Course List", "Jupytext"):
        assert noise.lower() not in shell.lower()
    menus = page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert "Nbgrader" not in menus and "File" in menus
    for tab in page.locator(".jp-SideBar .lm-TabBar-tab").all():
        assert not re.search(r"nbgrader|assignment|extension manager", tab.get_attribute("title") or "", re.IGNORECASE)


def test_lesson_01_runs_from_the_welcome_page_without_an_error(page, lab):
    file = lab.copy / LESSON.notebook.relative_to(course.ROOT)
    notebook = open_lesson(page, lab, LESSON)
    figure = notebook.locator("figure img").first
    figure.scroll_into_view_if_needed()
    assert figure.evaluate("image => image.naturalWidth") > 200
    assert figure.get_attribute("alt")

    wait_for_kernel(page, lab, notebook)
    run_all_cells(page)
    wait_for_the_last_cell(notebook)
    cells = saved_cells(page, file)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert notebook.locator("figure img").first.evaluate("image => image.naturalWidth") > 200


# ---- the exercise --------------------------------------------------------------------------------------------------


def test_validate_reports_the_stub_as_not_done(page, lab):
    write_answers(lab.copy, LESSON, {})
    said = validate(page, lab, LESSON)
    assert "Not done yet" in said
    assert "Traceback" not in said


def test_validate_names_a_known_mistake_by_its_hint(page, lab):
    bank = runpy.run_path(str(course.ROOT / "tests/wrong_answers" / f"{LESSON.name}.py"))["WRONG"]
    task, mistakes = next(iter(bank.items()))
    hint, code = mistakes[0]
    write_answers(lab.copy, LESSON, solutions(LESSON) | {task: code})
    said = validate(page, lab, LESSON)
    assert hint in said
    # It must be seen at once, not below the check's long text.
    playwright.expect(page.locator("#validation-message pre", has_text=hint).last).to_be_in_viewport(ratio=1)
    assert "Traceback" not in said


def test_validate_passes_the_solution(page, lab):
    write_answers(lab.copy, LESSON, solutions(LESSON))
    assert "passes all the tests" in validate(page, lab, LESSON)
