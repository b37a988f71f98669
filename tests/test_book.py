"""The book: whole, without a dead link, a solution or a call outside, and fit for eyes, ears, keyboard and phone."""

import re
import runpy
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import pytest
from bs4 import BeautifulSoup

from classroom import book as made
from classroom import course
from classroom.grading import read_notebook

pytestmark = pytest.mark.timeout(600)

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
EXTENSION = runpy.run_path(str(course.ROOT / "book/extension.py"))


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """The book, built anew; a warning of Sphinx's is a failure."""
    place = tmp_path_factory.mktemp("book")
    made.lay_out(place / "source")
    made.build(place / "book", place / "source")
    return place / "book"


@pytest.fixture(scope="session")
def pages(book):
    """Path in the book → the page, parsed."""
    files = sorted(book.rglob("*.html"))
    return {str(f.relative_to(book)): BeautifulSoup(f.read_text(encoding="utf-8"), "html.parser") for f in files}


# ---- what is in it -------------------------------------------------------------------------------------------------


def test_every_page_is_there(pages):
    wanted = {"index.html", "exercises.html", "instructors.html", "data.html", "api.html", "bibliography.html"}
    wanted |= {"genindex.html", "py-modindex.html", "search.html", "print.html", "CONTRIBUTING.html", "CHANGELOG.html"}
    for lesson in course.LESSONS:
        wanted |= {f"lessons/{lesson.name}.html", f"exercises/{lesson.name}/{lesson.name}.html"}
        wanted.add(f"docs/instructors/{lesson.number}.html")
    for name in ("glossary", "prerequisites", "maintaining", "instructors", "teaching", "threat-model", "hostile"):
        wanted.add(f"docs/{name}.html")
    wanted.add("docs/benchmarks.html")
    wanted |= {f"data/cards/{card.stem}.html" for card in (course.ROOT / "data/cards").glob("*.md")}
    modules = {f"facelab.{file.stem}" for file in (course.ROOT / "facelab").glob("*.py")} - {"facelab.__init__"}
    wanted |= {f"api/{name}.html" for name in modules | {"facelab"}}
    assert set(pages) == wanted


def test_every_page_can_be_reached_from_the_welcome_page(pages):
    seen, ahead = set(), ["index.html"]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            links = [urlsplit(a["href"]).path for a in pages[name]("a", href=True)]
            ahead += [target for target in (_place(name, link) for link in links) if target in pages]
    assert seen | {"search.html", "py-modindex.html"} == set(pages)


def test_the_one_page_has_every_lesson_and_exercise(pages):
    headings = " ".join(h.get_text() for h in pages["print.html"](re.compile("h[1-6]")))
    for lesson in course.LESSONS:
        assert headings.count(lesson.heading) >= 2


def test_no_solution_is_in_the_book(book, pages):
    assert not [file for file in book.rglob("*") if "solution" in file.name]
    for lesson in course.LESSONS:
        text = pages[f"exercises/{lesson.name}/{lesson.name}.html"].get_text()
        assert "raise NotDone" in text
        hidden = "\n".join(
            part.split("### END")[0]
            for cell in read_notebook(lesson.solution).cells
            for part in re.split(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)", cell.source)[1:]
        )
        shown = "\n".join(cell.source for cell in read_notebook(lesson.exercise).cells)
        lines = {line.strip() for line in hidden.splitlines() if len(line.strip()) > 30} - set(
            map(str.strip, shown.splitlines())
        )
        assert lines
        assert not lines & set(map(str.strip, text.splitlines()))


@pytest.mark.parametrize("lesson", course.LESSONS, ids=lambda lesson: lesson.number)
def test_figures_keep_their_alt_texts_captions_and_order(lesson, pages):
    wanted = []
    for cell in read_notebook(lesson.notebook).cells:
        for output in cell.get("outputs", []):
            for figure in BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser")("figure"):
                wanted.append((figure.img["alt"], figure.figcaption.get_text()))
    figures = pages[f"lessons/{lesson.name}.html"].select(".cell_output figure")
    assert wanted
    assert [(figure.img["alt"], figure.figcaption.get_text()) for figure in figures] == wanted


def test_every_picture_has_a_text(pages):
    assert not [
        (name, str(i)[:90]) for name, page in pages.items() for i in page("img") if not i.get("alt", "").strip()
    ]


def test_formulas_are_drawn_by_the_browser(pages):
    for lesson in course.LESSONS:
        source = "\n".join(c.source for c in read_notebook(lesson.notebook).cells if c.cell_type == "markdown")
        page = pages[f"lessons/{lesson.name}.html"]
        assert len(page("math", display="block")) == len(re.findall(r"\$\$.+?\$\$", source, re.DOTALL))
        for code in page.select("pre, code"):
            code.decompose()
        for formula in page("math"):
            assert formula.get_text().strip()
            formula.decompose()
        assert not re.search(r"\\[a-z]{3,}|\$\$", page.article.get_text())


@pytest.mark.parametrize(
    ("latex", "spaced"), [(r"-\log p_i", 1), (r"\log_2 p", 0), (r"\ln(x)", 0), (r"\exp x + \cos y", 2)]
)
def test_a_functions_name_keeps_its_distance(latex, spaced):
    assert EXTENSION["formula"](latex).count("<mspace") == spaced


# ---- where it leads ------------------------------------------------------------------------------------------------


def _place(page: str, link: str) -> str:
    """Where a page's link leads, as a path in the book."""
    parts = [] if not link else page.split("/")[:-1]
    for part in (unquote(link) or page).split("/"):
        if part == "..":
            assert parts, f"{page} leads out of the book: {link}"
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _links(page: BeautifulSoup):
    for tag in page(True):
        for attribute in ("href", "src"):
            if attribute in tag.attrs:
                yield tag[attribute]


def dead_links(book: Path, pages: dict) -> list[tuple[str, str]]:
    names = {page: {tag.get("id") for tag in soup(id=True)} for page, soup in pages.items()}
    dead = []
    for page, soup in pages.items():
        for link in set(_links(soup)):
            address = urlsplit(link)
            if address.scheme or link == "#":
                continue
            target = _place(page, address.path)
            anchor = unquote(address.fragment)
            if not (book / target).is_file() or (anchor and target in names and anchor not in names[target]):
                dead.append((page, link))
    return dead


def test_no_link_within_the_book_is_dead(book, pages):
    assert dead_links(book, pages) == []


def test_a_dead_link_is_seen(book):
    page = BeautifulSoup('<p id="a"><a href="#a">1</a><a href="#b">2</a><img src="c.png"></p>', "html.parser")
    assert sorted(dead_links(book, {"index.html": page})) == [("index.html", "#b"), ("index.html", "c.png")]


def test_addresses_outside_are_well_formed(pages):
    """Whether they are there, only a network can say: `make linkcheck`."""
    outside = {link for page in pages.values() for link in _links(page) if urlsplit(link).scheme}
    assert len(outside) > 20
    for link in outside:
        address = urlsplit(link)
        assert address.scheme == "https" or link.startswith("http://"), link
        assert re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", address.netloc), link
        assert not re.search(r"[\s<>\"{}|\\^`]", link), link


def test_ids_are_given_once_a_page(pages):
    for name, page in pages.items():
        again = [i for i, count in Counter(tag["id"] for tag in page(id=True)).items() if count > 1]
        assert not again, name


# ---- how it is made ------------------------------------------------------------------------------------------------


def test_a_docstring_becomes_fields_lists_and_code():
    lines = [
        "The `size` of mean_ in |x|, for *each* person.",
        "",
        "Parameters: a (n, d), whose rows",
        "are n * d; b.",
        "Raises: ValueError if not.",
        "",
        "    y = 2 * x",
        "",
        "Kept are",
        "- mean_ (D,)",
        "  in grey",
    ]
    assert EXTENSION["as_restructured_text"](lines) == [
        r"The ``size`` of mean\_ in \|x\|, for *each* person.",
        "",
        r":Parameters: a (n, d), whose rows",
        r"    are n \* d; b.",
        ":Raises: ValueError if not.",
        "",
        "::",
        "",
        "    y = 2 * x",
        "",
        "Kept are",
        "",
        r"- mean\_ (D,)",
        "  in grey",
        "",
    ]


def test_on_the_one_page_every_link_stays_with_its_lesson():
    page = (
        '<a href="index.html#document-a/b"></a><article><span id="document-a/b"></span><h2 id="x"></h2>'
        '<a href="#x"></a><a href="#document-c#x"></a><img src="../_figures/1.png"><span id="document-c"></span>'
        '<h2 id="x"></h2></article><aside class="toc-drawer"><a href="#gone"></a></aside>'
    )
    assert made.one_page(page) == (
        '<a href="#document-a/b"></a><article><span id="document-a/b"></span><h2 id="a-b--x"></h2>'
        '<a href="#a-b--x"></a><a href="#c--x"></a><img src="_figures/1.png"><span id="document-c"></span>'
        '<h2 id="c--x"></h2></article>'
    )


# ---- in a browser --------------------------------------------------------------------------------------------------

# Code is coloured by the word: thousands of spans of a dozen looks. Tables have hundreds of rows alike, lessons dozens
# of formulas. One of each look, a dozen rows and five formulas are enough to be measured; of the page that holds all
# others, their beginnings.
THINNED = """() => {
  const seen = new Set();
  for (const span of document.querySelectorAll('.highlight span, .sig span')) {
    const look = span.className + ' in ' + (span.closest('.cell_input') ? 'a cell' : 'a text');
    if (seen.has(look)) span.replaceWith(...span.childNodes); else seen.add(look);
  }
  document.querySelectorAll('tbody tr:nth-child(n + 13), .genindextable li:nth-child(n + 4)').forEach(e => e.remove());
  [...document.querySelectorAll('math')].slice(5).forEach(formula => formula.remove());
  if (document.querySelector('[id^=document-]')) {
    document.querySelectorAll('article section section > :nth-child(n + 4)').forEach(part => {
      if (!part.querySelector('[id^=document-]')) part.remove();
    });
  }
}"""
# Contrast costs the most. Texts that lie in elements of the same kinds and classes, all the way up, look the same: the
# first of each is measured.
RUN = """async colours => {
  const seen = new Set();
  for (const element of colours ? document.body.querySelectorAll('*') : []) {
    if (![...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
    let look = '';
    for (let e = element; e; e = e.parentElement) look += e.tagName + '.' + e.className + ' ';
    element.toggleAttribute('data-look', !seen.has(look));
    seen.add(look);
  }
  const options = colours ? {runOnly: ['color-contrast']} : {rules: {'color-contrast': {enabled: false}}};
  const part = colours ? '[data-look]' : document;
  const found = await axe.run(part, {...options, resultTypes: ['violations'], elementRef: false});
  return found.violations.map(v => [v.impact, v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)]);
}"""


@pytest.fixture(scope="module")
def tab(browser):
    """One page of a browser, and what it asked for that is not a file."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.asked.append(f"error: {error}"))
    yield page
    context.close()


def _violations(tab, colours: bool) -> list:
    return [v for v in tab.evaluate(RUN, colours) if v[0] in ("serious", "critical")]


@pytest.mark.browser
def test_axe_finds_nothing_serious_on_any_page_in_light_and_dark_nor_anything_outside(tab, book, pages):
    problems = {}
    for name in pages:
        tab.set_viewport_size(PHONE)
        tab.emulate_media(color_scheme="light")
        tab.goto((book / name).as_uri())
        width = tab.evaluate("document.documentElement.scrollWidth")
        tab.evaluate(THINNED)
        tab.set_viewport_size(DESK)
        tab.evaluate(AXE)
        found = _violations(tab, colours=False) + _violations(tab, colours=True)
        tab.emulate_media(color_scheme="dark")
        found += _violations(tab, colours=True)
        if width > PHONE["width"]:
            found.append(f"{width} pixels wide on a phone of {PHONE['width']}")
        if found:
            problems[name] = found
    assert problems == {}
    assert [url for url in tab.asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.browser
def test_axe_would_see_a_picture_without_text_and_grey_on_grey(tab):
    faint = "<h1 style='color:#aaa;background:#bbb'>Grey on grey</h1>"
    tab.set_content(f"<html lang=en><title>Bad</title><main>{faint}<img src='data:,'></main>")
    tab.evaluate(AXE)
    assert {v[1] for v in _violations(tab, colours=False)} == {"image-alt"}
    assert {v[1] for v in _violations(tab, colours=True)} == {"color-contrast"}


@pytest.mark.browser
def test_what_scrolls_on_a_phone_can_be_reached_by_the_keyboard(tab, book):
    tab.set_viewport_size(PHONE)
    for name in ("lessons/02_eigenfaces.html", "docs/hostile.html"):
        tab.goto((book / name).as_uri())
        boxes = tab.locator("article pre, article .table-wrapper").evaluate_all(
            "boxes => boxes.filter(b => b.scrollWidth > b.clientWidth + 1).map(b => b.tabIndex)"
        )
        assert boxes and set(boxes) == {0}


@pytest.mark.browser
def test_stored_positions_of_sliders_are_shown_one_at_a_time(tab, book):
    tab.set_viewport_size(DESK)
    tab.goto((book / "lessons/02_eigenfaces.html").as_uri())
    number, amount = tab.locator(".sliders input").all()[:2]
    shown = tab.locator(".position:visible")
    assert shown.count() == 1
    assert shown.locator("code").inner_text() == "number = 1, amount = -3"
    number.focus()
    tab.keyboard.press("ArrowRight")
    amount.focus()
    tab.keyboard.press("End")
    assert shown.count() == 1
    assert shown.locator("code").inner_text() == "number = 2, amount = 3"
    assert number.get_attribute("aria-valuetext") == "2"
    tab.emulate_media(media="print")
    assert shown.count() == tab.locator(".position").count() > 8
    tab.emulate_media(media="screen")


@pytest.mark.browser
def test_the_search_works_from_a_file(tab, book):
    tab.goto((book / "index.html").as_uri())
    field = tab.locator("input[name=q]").first
    field.fill("eigenfaces")
    field.press("Enter")
    result = tab.locator("#search-results li a", has_text="02 · Eigenfaces").first
    result.click()
    assert "/lessons/02_eigenfaces.html" in tab.url


KEEPING_THEIR_PLACE = """() => [...document.querySelectorAll("body *")].filter(
    e => getComputedStyle(e).position == "fixed" && e.offsetWidth
).map(e => e.className)"""


@pytest.mark.browser
def test_the_book_is_printed_as_one_file(browser, book):
    """Only that Chromium draws the whole page; `browser` skips where there is none."""
    context = browser.new_context()
    page = context.new_page()
    page.goto((book / "print.html").as_uri())
    page.emulate_media(media="print")
    assert not page.locator(".sidebar-drawer").is_visible()
    assert page.locator("article").is_visible()
    # What keeps its place on a screen would stand on every sheet, over the text.
    assert page.evaluate(KEEPING_THEIR_PLACE) == []
    context.close()
