"""Who is taken for somebody else: SFace's false matches within and across groups, and what light does to each group.

UTKFace's chips (Z. Zhang, Y. Song and H. Qi, Age progression/regression by conditional adversarial autoencoder, CVPR
2017) carry race and gender codes in their file names: 0 White, 1 Black, 2 Asian, 3 Indian, 4 others; 0 male, 1 female.
A model guessed them and people looked them over: they are how a face was seen, not who anybody is. There are no
identities, so all pairs count as impostors, and the same person who is there twice counts as a false match; what that
does is measured, by taking out one image of every pair that scores suspiciously high. The chips were cut by a detector,
so no gap in detection can be seen on them. The images stay in their zip file, and templates are never stored.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits

from classroom.course import CourseError
from classroom.measure.store import outside, write_table
from facelab import degrade
from facelab.embedding import SFaceEmbedder
from facelab.fairness import (
    bootstrap_false_match_rate,
    bootstrap_logistic,
    draws,
    false_matches,
    logistic_fit,
    middle,
    thresholds_by_group,
)
from facelab.verification import threshold_at_fmr

ARCHIVE = "utkface_4000.zip"
RACES, GENDERS = 5, 2
CONFIDENCE = 0.5
BORDER = 40  # px
THRESHOLD = 0.363  # OpenCV's for SFace
FMR = 1e-3
REPLICATES, LEVEL = 1000, 0.95
FACTORS = (2.5, 0.3, 0.1)
MODELLED = (2.5, 0.1)  # at .3 hardly anything is lost
RULES = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.9)
RULE = 0.6  # a pair at or above it is taken for one person twice
CURVE = tuple(round(0.2 + 0.02 * i, 2) for i in range(26))
LIGHT = (0, 70, 90, 110, 130, 150, 256)  # grey levels; classes of the face's luminance
SPLITS = 50
GROUP_COLUMNS = ("race", "gender", "threshold", "pairs", "false_matches", "low", "high")
PAIR_COLUMNS = ("same_race", "same_gender", "threshold", "pairs", "false_matches")
SHIFT_COLUMNS = ("race", "gender", "median", "low", "high")
RATIO_COLUMNS = (
    *("border", "data", "threshold", "unit", "worst_race", "worst_gender", "best_race", "best_gender"),
    *("ratio", "low", "high"),
)
DUPLICATE_COLUMNS = ("rule", "pairs", "images_removed", "race", "gender", "images", "false_matches_left", "pairs_left")
CURVE_COLUMNS = ("border", "data", "scope", "threshold", "pairs", "false_matches")
EXPOSURE_COLUMNS = ("factor", "race", "gender", "chips", "not_found", "median_score", "low", "high")
LIGHT_COLUMNS = ("factor", "race", "min_luminance", "max_luminance", "chips", "not_found", "lost")
LUMINANCE_COLUMNS = ("factor", "model", "term", "log_odds", "low", "high")
THRESHOLD_COLUMNS = (
    *("policy", "race", "gender", "threshold", "threshold_low", "threshold_high", "fmr", "fmr_low", "fmr_high"),
)


@dataclass(frozen=True, eq=False)
class Chips:
    """N chips and what SFace made of them under each protocol.

    race, gender (N,) codes; luminance (N,), mean grey level of the middle 100 x 100 pixels; plain, border and exposed
    (factor → ): templates (N, 128), a row of NaN where no face was found.
    """

    race: np.ndarray
    gender: np.ndarray
    luminance: np.ndarray
    plain: np.ndarray
    border: np.ndarray
    exposed: dict[float, np.ndarray]

    @property
    def cell(self) -> np.ndarray:
        """(N,) a number for each race and gender."""
        return self.race * GENDERS + self.gender

    def some(self, chosen: np.ndarray) -> Chips:
        """Those chips alone: chosen (N,) bool or indices."""
        arrays = {
            field.name: getattr(self, field.name)[chosen]
            for field in dataclasses.fields(self)
            if field.name != "exposed"
        }
        return Chips(**arrays, exposed={factor: rows[chosen] for factor, rows in self.exposed.items()})


def parse_name(name: str) -> tuple[int, int]:
    """Race and gender codes in `age_gender_race_date.jpg.chip.jpg`. Raises CourseError for another name."""
    parts = name.rsplit("/", 1)[-1].split("_")
    if len(parts) < 4 or not all(part.isdigit() for part in parts[:3]):
        raise CourseError(f"{name}: wanted a file name like 25_1_3_20170109.jpg.chip.jpg, age_gender_race_date.")
    gender, race = int(parts[1]), int(parts[2])
    if gender >= GENDERS or race >= RACES:
        raise CourseError(f"{name}: gender code {gender}, race code {race}; wanted 0 to 1 and 0 to 4.")
    return race, gender


def measure(archive: Path) -> Chips:
    """Every chip embedded once under each protocol, on one thread."""
    with zipfile.ZipFile(archive) as members:
        files = sorted(name for name in members.namelist() if name.endswith(".jpg"))

        def images(factor: float = 1) -> Iterator[np.ndarray]:
            for file in files:
                image = cv2.imdecode(np.frombuffer(members.read(file), np.uint8), cv2.IMREAD_COLOR)
                yield image if factor == 1 else degrade.expose(image, factor)

        race, gender = np.array([parse_name(file) for file in files]).T
        with threadpool_limits(1):
            plain, border = SFaceEmbedder(0, 1, CONFIDENCE), SFaceEmbedder(BORDER, 1, CONFIDENCE)
            return Chips(
                race=race,
                gender=gender,
                luminance=np.array([luminance(image) for image in images()]),
                plain=plain.embed(images()).templates,
                border=border.embed(images()).templates,
                exposed={factor: plain.embed(images(factor)).templates for factor in FACTORS},
            )


def luminance(image: np.ndarray) -> float:
    """Mean grey level, 0 to 255, of the middle half of an image each way: on a chip mostly skin, found or not."""
    height, width = image.shape[:2]
    middle_part = image[height // 4 : height - height // 4, width // 4 : width - width // 4]
    return float(cv2.cvtColor(middle_part, cv2.COLOR_BGR2GRAY).mean())


def similarities(templates: np.ndarray) -> np.ndarray:
    """Cosine of every template with every other, (n, n) float32."""
    return templates @ templates.T


def unique_people(templates: np.ndarray, rule: float = RULE) -> np.ndarray:
    """The first of each set of chips that chains of scores at or above the rule hold together: sorted indices."""
    alike = similarities(templates) >= rule
    np.fill_diagonal(alike, False)
    _, person = connected_components(csr_matrix(alike), directed=False)
    return np.sort(np.unique(person, return_index=True)[1])


def cells() -> Iterator[tuple[int, int]]:
    """Every race and gender code."""
    return ((race, gender) for race in range(RACES) for gender in range(GENDERS))


def within(scores: np.ndarray, chips: Chips, race: int, gender: int) -> np.ndarray:
    """The scores (m, m) of one cell's chips with each other."""
    inside = np.flatnonzero((chips.race == race) & (chips.gender == gender))
    return scores[np.ix_(inside, inside)]


def upper(scores: np.ndarray) -> np.ndarray:
    """Each pair of different images once: (m (m - 1) / 2,)."""
    return scores[np.triu_indices(len(scores), k=1)]


def cell_times(scores: np.ndarray, race: int, gender: int) -> np.ndarray:
    """Draws of a cell's images, the same for every threshold, so that rates at two thresholds can be compared."""
    return draws(len(scores), REPLICATES, np.random.default_rng([race, gender]))


def group_rows(scores: np.ndarray, chips: Chips, thresholds: Sequence[float]) -> list[list]:
    """False matches within each cell, with a bootstrap over images."""
    rows = []
    for race, gender in cells():
        own = within(scores, chips, race, gender)
        times = cell_times(own, race, gender)
        for threshold in thresholds:
            matches, pairs = false_matches(own, threshold)
            interval = middle(bootstrap_false_match_rate(own, threshold, times), LEVEL)
            rows.append([race, gender, threshold, pairs, matches, *interval])
    return rows


def pair_rows(scores: np.ndarray, chips: Chips, thresholds: Sequence[float]) -> list[list]:
    """False matches within and across the codes of race and gender."""
    left, right = np.triu_indices(len(scores), k=1)
    each = scores[left, right]
    race, gender = chips.race[left] == chips.race[right], chips.gender[left] == chips.gender[right]
    rows = []
    for same_race in (1, 0):
        for same_gender in (1, 0):
            part = each[(race == same_race) & (gender == same_gender)]
            for threshold in thresholds:
                rows.append([same_race, same_gender, threshold, len(part), int((part >= threshold).sum())])
    return rows


def shift_rows(scores: np.ndarray, chips: Chips) -> list[list]:
    """The median impostor score within each cell, with a bootstrap over images."""
    rows = []
    for race, gender in cells():
        own = within(scores, chips, race, gender)
        drawn = median_scores(own, cell_times(own, race, gender))
        rows.append([race, gender, float(np.median(upper(own))), *middle(drawn, LEVEL)])
    return rows


def median_scores(scores: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The median score of pairs of different images in draws of images: scores (m, m), times (replicates, m)."""
    left, right = np.triu_indices(len(scores), k=1)
    each = scores[left, right]
    order = np.argsort(each, kind="stable")
    each, left, right = each[order], left[order], right[order]
    found = []
    for row in times:
        weight = np.cumsum(row[left] * row[right])
        found.append(each[np.searchsorted(weight, weight[-1] / 2)])
    return np.array(found, dtype=np.float64)


def ratio_rows(scores: np.ndarray, chips: Chips, thresholds: Sequence[float], border: int, data: str) -> Iterator[list]:
    """The highest cell's FMR over the lowest's: intervals by image, by pair, and with the two chosen anew each draw."""
    names = list(cells())
    own = [within(scores, chips, *name) for name in names]
    times = [cell_times(part, *name) for part, name in zip(own, names, strict=True)]
    for threshold in thresholds:
        counts = np.array([false_matches(part, threshold) for part in own])
        rates = counts[:, 0] / counts[:, 1]
        worst, best = int(rates.argmax()), int(rates.argmin())
        drawn = np.stack(
            [bootstrap_false_match_rate(part, threshold, t) for part, t in zip(own, times, strict=True)], axis=1
        )
        rng = np.random.default_rng(0)
        by_pair = rng.binomial(counts[:, 1], rates, size=(REPLICATES, len(rates))) / counts[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = {
                "image": drawn[:, worst] / drawn[:, best],
                "pair": by_pair[:, worst] / by_pair[:, best],
                "image, cells chosen anew": drawn.max(axis=1) / drawn.min(axis=1),
            }
            ratio = float(rates[worst] / rates[best])
        for unit, values in ratios.items():
            yield [border, data, threshold, unit, *names[worst], *names[best], ratio, *middle(values, LEVEL)]


def duplicate_rows(scores: np.ndarray, chips: Chips) -> Iterator[list]:
    """What each rule for "one person twice" takes out, and each cell's false matches at THRESHOLD that are left."""
    everything = upper(scores)
    for rule in (None, *RULES):
        kept = np.arange(len(scores)) if rule is None else unique_people(chips.plain, rule)
        pairs = None if rule is None else int((everything >= rule).sum())
        left, part = chips.some(kept), scores[np.ix_(kept, kept)]
        for race, gender in cells():
            own = within(part, left, race, gender)
            yield [rule, pairs, len(scores) - len(kept), race, gender, len(own), *false_matches(own, THRESHOLD)]


def curve_rows(scores: np.ndarray, chips: Chips, border: int, data: str) -> Iterator[list]:
    """False matches of all pairs, and of those within a cell, over the threshold."""
    left, right = np.triu_indices(len(scores), k=1)
    each = scores[left, right]
    parts = {"all": each, "within": each[chips.cell[left] == chips.cell[right]]}
    for scope, part in parts.items():
        for threshold in CURVE:
            yield [border, data, scope, threshold, len(part), int((part >= threshold).sum())]


def own_scores(chips: Chips, factor: float) -> np.ndarray:
    """The score (N,) of each exposed chip with itself as it is; NaN where one of them has no face."""
    return (chips.exposed[factor] * chips.plain).sum(axis=1).astype(np.float64)


def exposure_rows(chips: Chips) -> Iterator[list]:
    """Faces not found, and the median score of a chip with itself, by factor and cell; bootstrap over chips."""
    for factor in FACTORS:
        score = own_scores(chips, factor)
        for race, gender in cells():
            part = score[(chips.race == race) & (chips.gender == gender)]
            found = part[~np.isnan(part)]
            rng = np.random.default_rng([race, gender])
            drawn = np.median(rng.choice(found, (REPLICATES, len(found))), axis=1)
            missing = int(np.isnan(part).sum())
            yield [factor, race, gender, len(part), missing, float(np.median(found)), *middle(drawn, LEVEL)]


def lost(chips: Chips, factor: float) -> np.ndarray:
    """(N,) bool: the exposed chip has no face, or one that scores below THRESHOLD with itself."""
    return ~(own_scores(chips, factor) >= THRESHOLD)


def light_rows(chips: Chips) -> Iterator[list]:
    """Chips not found and lost by the luminance that the face has as it is, and by race."""
    for factor in FACTORS:
        gone, missing = lost(chips, factor), np.isnan(own_scores(chips, factor))
        for race in range(RACES):
            for low, high in itertools.pairwise(LIGHT):
                inside = (chips.race == race) & (chips.luminance >= low) & (chips.luminance < high)
                yield [factor, race, low, high, *(int(x.sum()) for x in (inside, missing & inside, gone & inside))]


def luminance_rows(chips: Chips) -> Iterator[list]:
    """Log odds of being lost: by race and gender alone, and with the face's luminance and its square beside them."""
    light = (chips.luminance - 128) / 10
    groups = {f"race:{race}": chips.race == race for race in range(1, RACES)} | {"gender:1": chips.gender == 1}
    models = {"group": groups, "group and light": groups | {"luminance": light, "luminance_squared": light**2}}
    for factor in MODELLED:
        gone = lost(chips, factor)
        for model, terms in models.items():
            X = np.column_stack([np.ones(len(gone)), *terms.values()]).astype(np.float64)
            drawn = bootstrap_logistic(X, gone, np.arange(len(gone)), np.random.default_rng(0), REPLICATES)
            for term, value, column in zip(("intercept", *terms), logistic_fit(X, gone), drawn.T, strict=True):
                yield [factor, model, term, float(value), *middle(column, LEVEL)]


def threshold_rows(scores: np.ndarray, chips: Chips) -> Iterator[list]:
    """One threshold for all, or one a cell, chosen on half of the chips and tested on the other half, SPLITS times."""
    chosen = {"one": [], "own": []}
    tested = {"one": [], "own": []}
    for split in range(SPLITS):
        first = np.zeros(len(scores), dtype=bool)
        rng = np.random.default_rng(split)
        for cell in range(RACES * GENDERS):
            inside = rng.permutation(np.flatnonzero(chips.cell == cell))
            first[inside[: len(inside) // 2]] = True
        learn, test = (
            [upper(within(scores[np.ix_(half, half)], chips.some(half), *name)) for name in cells()]
            for half in (np.flatnonzero(first), np.flatnonzero(~first))
        )
        limits = {
            "one": np.full(len(learn), threshold_at_fmr(np.concatenate(learn), FMR)),
            "own": thresholds_by_group(learn, FMR),
        }
        for policy, limit in limits.items():
            chosen[policy].append(limit)
            tested[policy].append([np.mean(part >= t) for part, t in zip(test, limit, strict=True)])
    for policy in chosen:
        limits, rates = np.array(chosen[policy]), np.array(tested[policy])
        for c, (race, gender) in enumerate(cells()):
            threshold = float(limits[:, c].mean()), *middle(limits[:, c], LEVEL)
            yield [policy, race, gender, *threshold, float(rates[:, c].mean()), *middle(rates[:, c], LEVEL)]


SETTING = (
    "UTKFace, 4,000 chips of 200 x 200, ages 18 to 69, 400 a cell of race code (0 White, 1 Black, 2 Asian, 3 Indian, 4 "
    "others) and gender code (0 male, 1 female): labels guessed by a model and looked over by people, no identities",
    f"YuNet (2023 Mar, int8bq) at {CONFIDENCE}, the face nearest the middle, aligned by five landmarks, SFace (2021 "
    "Dec, int8bq), cosine",
)
BY_IMAGE = f"{LEVEL:.0%} by bootstrap over images, {REPLICATES} draws"
HELD_FIXED = f"low, high: {BY_IMAGE}, thresholds held fixed"
DEDUP = (
    f"of the chips that pairs at or above {RULE} (without border) hold together, only the first by file name is kept"
)


def main(options: argparse.Namespace) -> None:
    """Write all tables of UTKFace."""
    write_tables(measure(outside(options.data, ARCHIVE, "UTKFace (4,000 chips)")))


def write_tables(chips: Chips) -> None:
    """All tables: those of the chips as they are and with a border, each with and without duplicates; then light."""
    kept = unique_people(chips.plain)
    ratios, curves = [], []
    for border, ending in ((0, ""), (BORDER, "_border")):
        templates = chips.border if border else chips.plain
        everyone = np.arange(len(templates))
        for data, part, mark in (("raw", everyone, ""), ("dedup", kept, "_dedup")):
            part = part[~np.isnan(templates[part]).any(axis=1)]
            some, scores = chips.some(part), similarities(templates[part])
            own = float(threshold_at_fmr(upper(scores), FMR))
            thresholds = (THRESHOLD, own)
            protocol = [
                *SETTING,
                f"{border} px of replicated border; "
                + (f"{len(part)} chips left: {DEDUP}" if data == "dedup" else f"{len(part)} chips with a face"),
            ]
            at = (
                f"thresholds: OpenCV's {THRESHOLD}, and {own:.4f}, at which {FMR:g} of all {len(upper(scores)):,} "
                "pairs match, within and across cells"
            )
            tables = {
                "groups": (GROUP_COLUMNS, group_rows(scores, some, thresholds), [at, HELD_FIXED]),
                "pairs": (
                    PAIR_COLUMNS,
                    pair_rows(scores, some, thresholds),
                    [at, "1: the two have the same code; 0: not"],
                ),
                "shift": (SHIFT_COLUMNS, shift_rows(scores, some), [f"median impostor score; low, high: {BY_IMAGE}"]),
            }
            for name, (columns, rows, more) in tables.items():
                write_table(
                    f"utkface_{name}{mark}{ending}", "course measure utkface", [*protocol, *more], columns, rows
                )
            ratios += ratio_rows(scores, some, thresholds, border, data)
            curves += curve_rows(scores, some, border, data)
    write_more(chips, kept, ratios, curves)


def write_more(chips: Chips, kept: np.ndarray, ratios: list[list], curves: list[list]) -> None:
    """The tables of ratios, curves, duplicates, thresholds and light."""
    scores = similarities(chips.plain)
    alone, alone_scores = chips.some(kept), scores[np.ix_(kept, kept)]
    taken_out = f"dedup: {DEDUP}"
    light = (
        "the chip's light times factor, clipped at white; score: of the exposed chip with itself as it is; lost: no "
        f"face, or a score below {THRESHOLD}; luminance: mean grey level of the middle 100 x 100 pixels as they are"
    )
    tables = {
        "ratio": (
            RATIO_COLUMNS,
            ratios,
            f"highest cell's FMR over the lowest's; {HELD_FIXED}, or by drawing pairs; cells chosen anew: in each draw "
            f"the highest and the lowest of that draw; border in px; {taken_out}",
        ),
        "curve": (CURVE_COLUMNS, curves, f"scope: all pairs, or those within a cell; border in px; {taken_out}"),
        "duplicates": (
            DUPLICATE_COLUMNS,
            duplicate_rows(scores, chips),
            "rule: a pair at or above it is taken for one person twice (none: nothing taken out); pairs, how many are, "
            "and images_removed: both of the whole set; of the chips that such pairs hold together the first by file "
            f"name is kept; images: left in the cell; the others: at {THRESHOLD}, within the cell",
        ),
        "thresholds": (
            THRESHOLD_COLUMNS,
            threshold_rows(alone_scores, alone),
            f"{taken_out}; one: {FMR:g} of all pairs within cells match; own: {FMR:g} of each cell's; chosen on half "
            f"of the chips, fmr on the other half; mean and middle {LEVEL:.0%} of {SPLITS} splits",
        ),
        "exposure": (
            EXPOSURE_COLUMNS,
            exposure_rows(chips),
            f"{light}; median_score of those found; low, high: {LEVEL:.0%} by bootstrap over chips",
        ),
        "light": (LIGHT_COLUMNS, light_rows(chips), light),
        "luminance": (
            LUMINANCE_COLUMNS,
            luminance_rows(chips),
            f"{light}; logistic regression of lost, natural log odds against race 0 and gender 0; luminance in steps "
            f"of 10 grey levels from 128; low, high: {LEVEL:.0%} by bootstrap over chips, {REPLICATES} draws",
        ),
    }
    for name, (columns, rows, more) in tables.items():
        write_table(f"utkface_{name}", "course measure utkface", [*SETTING, more], columns, rows)
