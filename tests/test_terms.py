"""The glossary, the bibliography and the lessons say the same: terms, abbreviations, names of one thing, references."""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import pybtex.database
import pytest

from classroom import notebooks
from classroom.lint import NO_PROSE, texts_of

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "docs/glossary.md"
LESSONS = sorted(ROOT.glob("manuscript/lessons/*.py"))
MANUSCRIPTS = [*LESSONS, *sorted(ROOT.glob("manuscript/exercises/*.py"))]

# What stands in capitals in prose and needs no entry: why.
NO_TERM = {
    "unit of measure": "GB MB TB",
    "data set, with a card in data/cards or a row in data/published": "CBCL LFW ORL RFW WIDER FACE MS MS1MV2",
    "organisation or company": "IBM IEC ISO NASA NIST PASCAL VOC",
    "where a paper appeared, or a word of its title": (
        "ACM CLEAR CVPR EURASIP FCOS ICCV IEE IEEE IR MOT PMLR SIGGRAPH EWCA"
    ),
    "Roman number": "III IV VI",
    "recipe of an index as FAISS writes it, taken apart where it stands": "IVF1024 PQ16",
    "word of computing or of everyday language": "AI CPU ID JPEG NaN NOT README",
    "two symbols of a formula": "XW",
    "decomposition that numpy names so": "QR",
}
ABBREVIATION = re.compile(r"(?<![\w.-])(?:[A-Z]{2,}[A-Z0-9]*|[A-Z]_[a-z]+|[A-Z]+[a-z]?[A-Z]+)(?=s?(?![\w]))")


class Entry(NamedTuple):
    """A term of the glossary; `see` is the entry that it points to, and then nothing else is there."""

    term: str
    see: str
    also: list[str]
    elsewhere: list[str]
    lessons: list[str]
    links: list[str]

    @property
    def forms(self) -> list[str]:
        """What a lesson may call it: the term, the abbreviation in brackets, and the names that lessons also use."""
        name, _, short = self.term.partition(" (")
        return [name, *([short.rstrip(")")] if short else []), *self.also]


def listed(text: str, label: str) -> list[str]:
    line = re.search(rf"^- {label}: (.*)\.$", text, re.MULTILINE)
    return re.split(r"[,;] (?![^(]*\))", line[1]) if line else []


def entries() -> list[Entry]:
    parts = re.split(r"^### (.+)$", GLOSSARY.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    found = []
    for term, text in zip(parts[::2], parts[1::2], strict=True):
        see = re.search(r"^See \[(.+)\]\(#", text, re.MULTILINE)
        links = re.findall(r"\]\(([^)]+)\)", text)
        numbers = re.findall(r"\[(\d\d)\]\(", text)
        also, elsewhere = listed(text, "In the lessons also"), listed(text, "Elsewhere")
        found.append(Entry(term, see[1] if see else "", also, elsewhere, numbers, links))
    return found


def key(term: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", term.lower()).strip()


def anchor(term: str) -> str:
    """As GitHub and MyST make it of a heading."""
    return re.sub(r"[^\w\- ]", "", term.lower()).replace(" ", "-")


def one_line(source: str) -> str:
    """A manuscript without the line breaks of comments and of strings that go on in the next line."""
    return " ".join(re.sub(r"\"\s*\n\s*f?\"|\n# ?", " ", source).replace("*", "").split())


@pytest.fixture(scope="module")
def glossary() -> list[Entry]:
    return entries()


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What lesson and exercise of each number say in their own words, as one line: without the titles of others."""
    texts: dict[str, str] = {}
    for path in MANUSCRIPTS:
        own = re.sub(r"^# ## Further reading$.*?(?=^# (?:## |%%))", "", path.read_text("utf-8"), flags=re.M | re.S)
        texts[path.name[:2]] = texts.get(path.name[:2], "") + " " + one_line(own)
    return texts


def holds(text: str, form: str) -> bool:
    """Whether a text holds a form, or its plural, as words of their own; capitals must be found as capitals."""
    flags = re.NOFLAG if re.search(r"[A-Z]{2}", form) else re.IGNORECASE
    return form.lower() in text.lower() and bool(re.search(rf"(?<!\w){re.escape(form)}s?(?!\w)", text, flags))


def test_terms_are_sorted_and_occur_once(glossary):
    keys = [key(entry.term) for entry in glossary]
    assert len(keys) > 100
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert len({anchor(entry.term) for entry in glossary}) == len(keys)


def test_links_of_the_glossary_lead_somewhere(glossary):
    anchors = {f"#{anchor(entry.term)}" for entry in glossary}
    for entry in glossary:
        for link in entry.links:
            assert link in anchors or (GLOSSARY.parent / link).is_file(), f"{entry.term}: {link}"


def test_every_term_is_in_each_lesson_that_it_names(glossary, said):
    missing = [
        (entry.term, number)
        for entry in glossary
        for number in entry.lessons
        if not any(holds(said[number], form) for form in entry.forms)
    ]
    assert not missing
    assert all(entry.lessons or entry.see for entry in glossary)


def test_names_that_lessons_also_use_are_used_and_others_are_not(glossary, said):
    everything = " ".join(said.values())
    for entry in glossary:
        for form in entry.also:
            assert holds(everything, form), f"{entry.term}: no lesson says {form!r}"
        for form in entry.elsewhere:
            name = re.sub(r"\(.*?\)", "", form).split(",")[0].strip()
            assert not holds(everything, name), f"{entry.term}: a lesson says {name!r}, so list it as used there"


def test_what_points_elsewhere_is_a_name_of_what_it_points_to(glossary):
    full = {entry.term: entry for entry in glossary if not entry.see}
    for entry in glossary:
        if entry.see:
            target = full[entry.see]
            names = " ".join([*target.forms, *target.elsewhere]).lower()
            assert entry.term.lower() in names, f"{entry.term} points to {entry.see}, which doesn't name it"


def abbreviations(path: Path) -> set[str]:
    """What stands in capitals in the prose of a manuscript: text cells, and sentences that cells say."""
    texts = [text for cell in notebooks.read_manuscript(path).cells for text in texts_of(cell)]
    return {found for text in texts for found in ABBREVIATION.findall(NO_PROSE.sub(" ", text))}


@pytest.fixture(scope="module")
def used() -> dict[str, set[str]]:
    return {f"{path.parent.name}/{path.name}": abbreviations(path) for path in MANUSCRIPTS}


def test_every_abbreviation_of_the_lessons_has_an_entry_or_a_reason(glossary, used):
    known = {form for entry in glossary for form in (*entry.forms, entry.term)}
    allowed = {word for words in NO_TERM.values() for word in words.split()}
    unknown = {name: sorted(found - known - allowed) for name, found in used.items() if found - known - allowed}
    assert not unknown
    assert not allowed & known, "has an entry, so it needs no reason"
    assert allowed <= set().union(*used.values()), "no lesson says it any more"


def test_an_abbreviation_without_an_entry_is_found():
    found = ABBREVIATION.findall("at FMRs, an IoU of D_sys; The ReLU, CNN-like, no. Word")
    assert found == ["FMR", "IoU", "D_sys", "ReLU", "CNN"]


# ---- references ------------------------------------------------------------------------------------------------

BIBLIOGRAPHY = ROOT / "docs/references.bib"
READING = re.compile(r"^# ## Further reading$(.*?)(?=^# (?:## |%%))", re.MULTILINE | re.DOTALL)
CITATION = re.compile(
    r"(?P<first>[A-Z][\w-]+)(?:(?:, (?:[A-Z]\. )*[A-Z][\w-]+)*,? and (?:[A-Z][\w-]+|others)| et al\.)? ?[,(] ?"
    r"(?P<year>(?:18|19|20)\d\d)\)"
)


def plain(text: str) -> str:
    """Letters and digits only, without accents, so that spelling in two places can be compared."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", " ", bare.lower()).strip()


class Work(NamedTuple):
    """An entry of the bibliography."""

    key: str
    title: str
    first: str  # surname of the first author, or the organisation
    names: set[str]  # last words of all authors' names and of the institution's, as plain makes them
    year: str
    lessons: list[str]
    cited: list[str]
    fields: dict[str, str]


@pytest.fixture(scope="module")
def works() -> list[Work]:
    found = []
    for key, entry in pybtex.database.parse_file(BIBLIOGRAPHY, bib_format="bibtex").entries.items():
        fields = dict(entry.fields)
        authors = [" ".join([*p.prelast_names, *p.last_names]).strip("{}") for p in entry.persons["author"]]
        names = {plain(name).split()[-1] for name in [*authors, fields.get("institution", authors[0])]}
        numbers, places = (fields[name].split(", ") if name in fields else [] for name in ("lessons", "cited"))
        title = " ".join(fields["title"].split())
        found.append(Work(key, title, authors[0], names, fields.get("year", ""), numbers, places, fields))
    return found


def readings(path: Path) -> list[tuple[str, str]]:
    """The titles under a lesson's "Further reading", each with the text from the end of the title before it on."""
    text = " ".join(" ".join(READING.findall(path.read_text(encoding="utf-8"))).replace("\n#", " ").split())
    cut = re.split(r"(?<![*\w])\*(?!\*)([^*]+)\*", text)
    return [(cut[i], cut[i - 1][-160:] + cut[i] + cut[i + 1]) for i in range(1, len(cut), 2)]


def named(work: Work, title: str) -> bool:
    """Whether a title is that of the work; lessons leave out subtitles, and name parts of a standard by their own."""
    whole, part = plain(work.title), plain(title)
    return whole.startswith(part) or (work.first == "ISO/IEC" and part in whole)


def test_the_bibliography_is_sorted_and_every_work_is_cited_somewhere(works):
    keys = [work.key for work in works]
    assert len(keys) > 80
    assert keys == sorted(keys)
    for work in works:
        assert work.lessons or work.cited, work.key
        assert re.fullmatch(r"\d{4}", work.year) or work.key == "karpathy-micrograd", work.key
        assert re.fullmatch(r"10\.\d{4,}/\S+", work.fields.get("doi", "10.1000/none")), work.key


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name[:2])
def test_further_reading_is_in_the_bibliography(path, works):
    items = readings(path)
    assert len(items) >= 3
    for title, around in items:
        found = [work for work in works if named(work, title) and path.name[:2] in work.lessons]
        assert found, f"{title!r} is not in {BIBLIOGRAPHY.name} with lesson {path.name[:2]}"
        said = any(agrees(work, around, around.split(title)[1]) for work in found)
        assert said, f"{title!r}: author, year, volume or pages are others than in {BIBLIOGRAPHY.name}"


def agrees(work: Work, around: str, after: str) -> bool:
    """Whether what stands round a title gives the work's author, year, volume and pages, as far as it gives any."""
    if number := work.fields.get("howpublished", "") if work.title.startswith("R (") or work.first == "ISO/IEC" else "":
        return number in around
    pages = re.search(r"\d+-\d+", after) if "--" in work.fields.get("pages", "") else None
    return (
        plain(work.first) in plain(around)
        and work.year in around
        and work.fields.get("volume", "") in after
        and (not pages or pages[0] == work.fields["pages"].replace("--", "-"))
    )


def test_the_bibliography_names_no_lesson_that_does_not_name_the_work(works):
    for work in works:
        for number in work.lessons:
            paths = [*ROOT.glob(f"manuscript/*/{number}_*.py")]
            text = " ".join(one_line(path.read_text(encoding="utf-8")) for path in paths)
            by_title = any(named(work, title) for path in paths for title, _ in readings(path))
            if work.first == "ISO/IEC":
                by_name = work.fields["howpublished"] in text
            else:
                by_name = work.year in text and not work.names.isdisjoint(plain(text).split())
            assert by_title or by_name, f"{work.key}: lesson {number} doesn't name it"


def citations(text: str) -> set[tuple[str, str]]:
    """First author and year of what a text cites as (Name and others, year) or Name and Name (year)."""
    return {(match["first"], match["year"]) for match in CITATION.finditer(text)}


def test_what_the_lessons_cite_in_their_text_is_in_the_bibliography(works):
    known = {(name, work.year) for work in works for name in work.names}
    for path in MANUSCRIPTS:
        text = one_line(READING.sub("", path.read_text(encoding="utf-8")))
        strange = {c for c in citations(text) if (plain(c[0]).split()[-1], c[1]) not in known}
        assert not strange, f"{path.name} cites {sorted(strange)}"


def test_citations_are_found_in_a_text():
    text = "(Zhong and others, 2021); Adini, Moses and Ullman (1997); (Y. Yang et al., 2022); (Efron, 1979); of 2001"
    assert citations(text) == {("Zhong", "2021"), ("Adini", "1997"), ("Yang", "2022"), ("Efron", "1979")}


def test_where_the_bibliography_says_that_a_work_is_cited_it_is(works):
    for work in works:
        for place in work.cited:
            path = ROOT / (place.replace(".", "/") + ".py" if place.startswith("facelab.") else place)
            files = sorted(path.glob("*.md")) if path.is_dir() else [path]
            text = " ".join(plain(file.read_text(encoding="utf-8")) for file in files)
            short = plain(re.split("[:,?]", work.title)[0])
            standard = plain(work.fields.get("howpublished", "no standard"))
            assert any(name in text.split() for name in work.names) or short in text or standard in text, (
                work.key,
                place,
            )


SOURCES = [
    (path.stem, chunk)
    for path in sorted(ROOT.glob("facelab/*.py"))
    for chunk in re.findall(r"Sources?:? .*?(?=\n\s*\n|\"\"\"|Raises:)", path.read_text(encoding="utf-8"), re.DOTALL)
    if re.search(r"Source[^:]*: [A-Z]\. ", chunk)
]


def test_the_sources_of_docstrings_are_in_the_bibliography(works):
    assert len(SOURCES) > 30
    for module, chunk in SOURCES:
        cited = [w for w in works if f"facelab.{module}" in w.cited and plain(w.title.split(":")[0]) in plain(chunk)]
        assert cited, f"facelab.{module}: {' '.join(chunk.split())[:100]}"
