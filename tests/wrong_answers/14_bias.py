"""Wrong answers to exercise 14, each with the hint that it must earn: task id → [(hint, code)]."""

RATES = """
def group_intervals(counts, z):
    answer = {}
    for group, (n, missed) in counts.items():
        p = missed / n
        middle = p + z * z / (2 * n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        answer[group] = (p, float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n)))
    return answer
"""

DIFFERENCE = """
def difference(missed, group, picture, times, first, second):
    a, b = group == first, group == second
    here = missed[a].mean() - missed[b].mean()
    weight = times[:, picture]
    rate = [(weight[:, part] @ missed[part]) / weight[:, part].sum(axis=1) for part in (a, b)]
    low, high = np.quantile(rate[0] - rate[1], [0.025, 0.975])
    return float(here), float(low), float(high), bool(low > 0 or high < 0)
"""

CELLS = """
def cell_rates(scores, cell, threshold, times):
    def rate(c, w):
        inside = np.flatnonzero(cell == c)
        match = scores[np.ix_(inside, inside)] >= threshold
        np.fill_diagonal(match, False)
        w = w[:, inside].astype(float)
        return ((w @ match) * w).sum(axis=1) / (w.sum(axis=1) ** 2 - (w**2).sum(axis=1))

    once = np.ones((1, len(cell)))
    rates = {int(c): float(rate(c, once)[0]) for c in np.unique(cell)}
    worst, best = max(rates, key=rates.get), min(rates, key=rates.get)
    low, high = np.quantile(rate(worst, times) / rate(best, times), [0.025, 0.975])
    return rates, worst, best, rates[worst] / rates[best], float(low), float(high)
"""

THRESHOLDS = """
def own_thresholds(impostor, impostor_group, learn, genuine, genuine_group, fmr):
    answer = {}
    for group in np.unique(impostor_group):
        inside = impostor_group == group
        known, new = impostor[inside & learn], impostor[inside & ~learn]
        allowed = int(np.floor(fmr * len(known) + 1e-9))
        threshold = np.sort(known)[len(known) - allowed]
        own = genuine[genuine_group == group]
        answer[int(group)] = (float(threshold), float((new >= threshold).mean()), float(1 - (own >= threshold).mean()))
    return answer
"""

SIZE = """
def size_adjusted(faces, missed):
    raw = missed.sum(axis=1) / faces.sum(axis=1)
    mix = faces.sum(axis=0) / faces.sum()
    return raw, (missed / faces) @ mix
"""


# Pieces of wrong answers to 14-cells that take counts for rates.
COUNTED = """
    def count(c, w):
        v = w[:, cell == c].astype(float)
        return rate(c, w) * (v.sum(axis=1) ** 2 - (v**2).sum(axis=1)) / 2

    counts = {c: float(count(c, once)[0]) for c in rates}
"""
OF_COUNTS = ("rates[worst] / rates[best]", "counts[worst] / counts[best]")
DRAWN_COUNTS = ("rate(worst, times) / rate(best, times)", "count(worst, times) / count(best, times)")
BY_COUNT = (
    "    worst, best = max(rates, key=rates.get), min(rates, key=rates.get)",
    COUNTED + "    worst, best = max(counts, key=counts.get), min(counts, key=counts.get)",
)


def changed(code, *pairs):
    """The answer with some of its text replaced, each piece exactly once."""
    for old, new in pairs:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code


WRONG = {
    "14-rates": [
        (
            "this is the normal approximation: for no miss in 40 faces it says that the rate is exactly 0",
            changed(
                RATES,
                ("p + z * z / (2 * n)", "p"),
                (" + z * z / (4 * n * n)", ""),
                (
                    "float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))",
                    "float(middle - half), float(middle + half)",
                ),
            ),
        ),
        (
            "this is the normal approximation, clipped: for no miss in 40 faces it says that the rate is exactly 0",
            changed(
                RATES,
                ("p + z * z / (2 * n)", "p"),
                (" + z * z / (4 * n * n)", ""),
                (
                    "float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))",
                    "max(0.0, float(middle - half)), min(1.0, float(middle + half))",
                ),
            ),
        ),
        (
            "the group Not Sure is missing: it is a group, and dropping it flatters every rate",
            changed(
                RATES,
                ("        p = missed", '        if group == "Not Sure":\n            continue\n        p = missed'),
            ),
        ),
        (
            "these are the rates of faces found; the task asks for faces missed",
            changed(RATES, ("p = missed / n", "p = (n - missed) / n")),
        ),
        (
            "both ends have to be divided by 1 + z²/n",
            changed(
                RATES,
                (
                    "float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))",
                    "float(middle - half), float(middle + half)",
                ),
            ),
        ),
        (
            "z² over 2n is z**2 / (2 * n): without the brackets Python divides by 2 and multiplies by n",
            changed(RATES, ("z * z / (2 * n)", "z**2 / 2 * n")),
        ),
        (
            "z² over 2n is z**2 / (2 * n), and z² over 4n² is z**2 / (4 * n**2): "
            "without the brackets Python multiplies",
            changed(RATES, ("z * z / (2 * n)", "z**2 / 2 * n"), ("z * z / (4 * n * n)", "z**2 / 4 * n**2")),
        ),
        (
            "Wilson's interval doesn't lie evenly round the rate: its middle is moved towards one half",
            changed(
                RATES,
                (
                    "float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))",
                    "float(p - half / (1 + z * z / n)), float(p + half / (1 + z * z / n))",
                ),
            ),
        ),
        (
            "a rate above 1: counts holds (faces, missed), in this order",
            changed(RATES, ("(n, missed) in", "(missed, n) in")),
        ),
        (
            "z²/2n is added to p, not taken from it: the middle moves towards one half",
            changed(RATES, ("p + z * z / (2 * n)", "p - z * z / (2 * n)")),
        ),
        (
            "under the root stands z² over 4n², not z",
            changed(RATES, ("z * z / (4 * n * n)", "z / (4 * n * n)")),
        ),
        ("z is an argument: 1.645 is for 90 %", changed(RATES, ("    answer = {}", "    z = 1.645\n    answer = {}"))),
    ],
    "14-difference": [
        (
            "the sign is turned: first minus second",
            changed(
                DIFFERENCE,
                ("missed[a].mean() - missed[b].mean()", "missed[b].mean() - missed[a].mean()"),
                ("rate[0] - rate[1]", "rate[1] - rate[0]"),
            ),
        ),
        (
            "this compares first with everybody else; second is one label",
            changed(DIFFERENCE, ("group == second", "group != first")),
        ),
        (
            "this treats faces as independent; a face comes with its picture",
            """
def difference(missed, group, picture, times, first, second):
    a, b = missed[group == first], missed[group == second]
    p, q = a.mean(), b.mean()
    error = np.sqrt(p * (1 - p) / len(a) + q * (1 - q) / len(b))
    return float(p - q), float(p - q - 1.96 * error), float(p - q + 1.96 * error), bool(abs(p - q) > 1.96 * error)
""",
        ),
        (
            "a picture that came up twice counts twice",
            changed(DIFFERENCE, ("times[:, picture]", "(times[:, picture] > 0).astype(int)")),
        ),
        (
            "this averages the rates of pictures; a face counts, whatever its picture",
            """
def difference(missed, group, picture, times, first, second):
    def rates(label):
        of = {}
        for p in np.unique(picture):
            part = (picture == p) & (group == label)
            if part.any():
                of[p] = missed[part].mean()
        known = np.array(list(of))
        value = np.array(list(of.values()))
        return (times[:, known] @ value) / times[:, known].sum(axis=1)

    drawn = rates(first) - rates(second)
    low, high = np.quantile(drawn, [0.025, 0.975])
    here = missed[group == first].mean() - missed[group == second].mean()
    return float(here), float(low), float(high), bool(low > 0 or high < 0)
""",
        ),
        (
            "a draw's rate is the weights of the missed faces over the weights of all: "
            "this divides by the number of faces as they are",
            changed(
                DIFFERENCE,
                (
                    "(weight[:, part] @ missed[part]) / weight[:, part].sum(axis=1)",
                    "(weight[:, part] * missed[part]).mean(axis=1)",
                ),
            ),
        ),
        (
            "these are the 5th and 95th percentiles: an interval of 90 %",
            changed(DIFFERENCE, ("[0.025, 0.975]", "[0.05, 0.95]")),
        ),
        (
            "this subtracts the ends of two intervals; take the difference in each draw, then its percentiles",
            changed(
                DIFFERENCE,
                (
                    "low, high = np.quantile(rate[0] - rate[1], [0.025, 0.975])",
                    "ends = [np.quantile(r, [0.025, 0.975]) for r in rate]\n"
                    "    low, high = ends[0][0] - ends[1][1], ends[0][1] - ends[1][0]",
                ),
            ),
        ),
        (
            "numpy.percentile counts in hundredths: 2.5 and 97.5, or numpy.quantile with 0.025 and 0.975",
            changed(DIFFERENCE, ("np.quantile(", "np.percentile(")),
        ),
        (
            "only first was drawn; both rates come from the same draw",
            changed(DIFFERENCE, ("rate[0] - rate[1]", "rate[0] - missed[b].mean()")),
        ),
        (
            "two rates nearly always differ; the difference holds only if 0 lies outside of its interval",
            changed(DIFFERENCE, ("bool(low > 0 or high < 0)", "bool(here != 0)")),
        ),
        (
            "the groups' own two intervals overlap here, and yet the difference holds: "
            "ask the interval of the difference",
            changed(
                DIFFERENCE,
                (
                    "    return float(here), float(low), float(high), bool(low > 0 or high < 0)",
                    "    (low_a, high_a), (low_b, high_b) = (np.quantile(r, [0.025, 0.975]) for r in rate)\n"
                    "    return float(here), float(low), float(high), bool(low_a > high_b or low_b > high_a)",
                ),
            ),
        ),
        (
            "the difference has a sign: first minus second, without abs()",
            changed(
                DIFFERENCE,
                ("missed[a].mean() - missed[b].mean()", "abs(missed[a].mean() - missed[b].mean())"),
                ("rate[0] - rate[1]", "np.abs(rate[0] - rate[1])"),
            ),
        ),
        (
            "the last is True if 0 lies outside of the interval",
            changed(DIFFERENCE, ("bool(low > 0 or high < 0)", "bool(low <= 0 <= high)")),
        ),
        (
            "an interval wholly below 0 holds as well: low > 0 or high < 0",
            changed(DIFFERENCE, ("bool(low > 0 or high < 0)", "bool(low > 0)")),
        ),
    ],
    "14-cells": [
        (
            "an image was paired with itself: it always matches",
            changed(
                CELLS,
                ("        np.fill_diagonal(match, False)\n", ""),
                ("(w.sum(axis=1) ** 2 - (w**2).sum(axis=1))", "w.sum(axis=1) ** 2"),
            ),
        ),
        (
            "the pairs of an image with itself are in the denominator",
            changed(CELLS, ("(w.sum(axis=1) ** 2 - (w**2).sum(axis=1))", "w.sum(axis=1) ** 2")),
        ),
        (
            "an image with itself is among the matches, though not among the pairs",
            changed(CELLS, ("        np.fill_diagonal(match, False)\n", "")),
        ),
        (
            "two copies of one image are no pair of different images: subtract the sum of w², not the sum of w",
            changed(CELLS, ("(w**2).sum(axis=1))", "w.sum(axis=1))")),
        ),
        (
            "these are the 5th and 95th percentiles: an interval of 90 %",
            changed(CELLS, ("[0.025, 0.975]", "[0.05, 0.95]")),
        ),
        (
            "each image was paired with all others, across cells, too",
            changed(
                CELLS,
                ("match = scores[np.ix_(inside, inside)] >= threshold", "match = scores >= threshold"),
                (
                    "        w = w[:, inside].astype(float)\n"
                    "        return ((w @ match) * w).sum(axis=1) / (w.sum(axis=1) ** 2 - (w**2).sum(axis=1))",
                    "        v, w = w.astype(float), w[:, inside].astype(float)\n"
                    "        pairs = w.sum(axis=1) * v.sum(axis=1) - (w**2).sum(axis=1)\n"
                    "        return ((w @ match[inside]) * v).sum(axis=1) / pairs",
                ),
            ),
        ),
        (
            "these are counts of false matches; cells differ in size, so compare rates",
            changed(CELLS, ("(w.sum(axis=1) ** 2 - (w**2).sum(axis=1))", "2")),
        ),
        (
            "the ratio is that of the counts; cells differ in size, so divide each count by its pairs first",
            changed(CELLS, ("    low, high", COUNTED + "    low, high"), OF_COUNTS),
        ),
        (
            "ratio and ends are those of the counts; cells differ in size, so divide each count by its pairs first",
            changed(
                CELLS,
                ("    low, high", COUNTED + "    low, high"),
                OF_COUNTS,
                DRAWN_COUNTS,
            ),
        ),
        (
            "worst and best were picked by their counts; a large cell has many pairs, so pick by rate",
            changed(CELLS, BY_COUNT),
        ),
        (
            "worst, best and ratio come from counts; a large cell has many pairs, so take rates",
            changed(
                CELLS,
                BY_COUNT,
                OF_COUNTS,
                DRAWN_COUNTS,
            ),
        ),
        (
            "half of the rate: a pair was counted once in the matches and twice among all pairs",
            changed(CELLS, ("np.fill_diagonal(match, False)", "match = np.triu(match, 1)")),
        ),
        (
            "twice the rate: a pair was counted twice in the matches and once among all pairs",
            changed(
                CELLS, ("(w.sum(axis=1) ** 2 - (w**2).sum(axis=1))", "((w.sum(axis=1) ** 2 - (w**2).sum(axis=1)) / 2)")
            ),
        ),
        (
            "the ratio is that of the images as they are; the draws are for its ends",
            changed(
                CELLS,
                ("rates[worst] / rates[best]", "float((rate(worst, times) / rate(best, times)).mean())"),
            ),
        ),
        (
            "this is a difference; the task asks for one rate over the other",
            changed(
                CELLS,
                ("rate(worst, times) / rate(best, times)", "rate(worst, times) - rate(best, times)"),
                ("rates[worst] / rates[best]", "rates[worst] - rates[best]"),
            ),
        ),
        (
            "rates holds every cell, not only worst and best",
            changed(CELLS, ("    return rates, worst", "    return {c: rates[c] for c in (worst, best)}, worst")),
        ),
        ("a pair at the threshold matches: at or above", changed(CELLS, (">= threshold", "> threshold"))),
        (
            "the ratio is turned: worst over best",
            changed(
                CELLS,
                ("rate(worst, times) / rate(best, times)", "rate(best, times) / rate(worst, times)"),
                ("rates[worst] / rates[best]", "rates[best] / rates[worst]"),
            ),
        ),
        (
            "worst and best were chosen anew in every draw; the task compares the same two cells",
            changed(
                CELLS,
                (
                    "    low, high = np.quantile(rate(worst, times) / rate(best, times), [0.025, 0.975])",
                    "    drawn = np.array([rate(c, times) for c in rates])\n"
                    "    low, high = np.quantile(drawn.max(axis=0) / drawn.min(axis=0), [0.025, 0.975])",
                ),
            ),
        ),
        (
            "an image that came up twice counts twice",
            changed(CELLS, ("w = w[:, inside].astype(float)", "w = (w[:, inside] > 0).astype(float)")),
        ),
    ],
    "14-thresholds": [
        (
            "the threshold was chosen on the scores it is tested on",
            changed(
                THRESHOLDS,
                (
                    "impostor[inside & learn], impostor[inside & ~learn]",
                    "impostor[inside & ~learn], impostor[inside & ~learn]",
                ),
            ),
        ),
        (
            "the threshold was chosen on all impostors, those of the test among them",
            changed(THRESHOLDS, ("impostor[inside & learn], ", "impostor[inside], ")),
        ),
        (
            "this is one threshold for all groups; each shall have its own",
            changed(THRESHOLDS, ("impostor[inside & learn], ", "impostor[learn], ")),
        ),
        (
            "the rate is that of the scores it was chosen on, where it is as asked for whatever it is worth",
            changed(THRESHOLDS, ("(new >= threshold)", "(known >= threshold)")),
        ),
        (
            "one score fewer matches than may: at most a share fmr",
            changed(THRESHOLDS, ("len(known) - allowed]", "len(known) - allowed + 1]")),
        ),
        (
            "one place too low: the score at the threshold matches, too, so one score more than may",
            changed(THRESHOLDS, ("len(known) - allowed]", "int(len(known) * (1 - fmr))]")),
        ),
        (
            "a genuine score at the threshold matches: at or above",
            changed(THRESHOLDS, ("(own >= threshold)", "(own > threshold)")),
        ),
        (
            "at most a share fmr: the number that may match is rounded down",
            changed(THRESHOLDS, ("int(np.floor(fmr * len(known) + 1e-9))", "round(fmr * len(known))")),
        ),
        (
            "the share is one of the group's own learning scores, not of the mean group's",
            changed(
                THRESHOLDS,
                ("fmr * len(known) + 1e-9", "fmr * learn.sum() / len(np.unique(impostor_group)) + 1e-9"),
            ),
        ),
        (
            "np.quantile goes between two scores; the threshold is one of the group's own learning scores",
            changed(THRESHOLDS, ("np.sort(known)[len(known) - allowed]", "np.quantile(known, 1 - fmr)")),
        ),
        (
            "the threshold lies at the wrong end: few impostors shall match, not most",
            changed(THRESHOLDS, ("np.sort(known)[len(known) - allowed]", "np.sort(known)[allowed]")),
        ),
        (
            "the last is the share of genuine scores that match; the task asks for those that don't",
            changed(THRESHOLDS, ("float(1 - (own >= threshold).mean())", "float((own >= threshold).mean())")),
        ),
        (
            "faces that were not found were left out; they don't match",
            changed(
                THRESHOLDS,
                ("float(1 - (own >= threshold).mean())", "float((own[~np.isnan(own)] < threshold).mean())"),
            ),
        ),
        (
            "NaN is not below anything, so `genuine < threshold` forgets the faces that were not found",
            changed(THRESHOLDS, ("float(1 - (own >= threshold).mean())", "float((own < threshold).mean())")),
        ),
    ],
    "14-size": [
        (
            "every class has the same weight here; the weights are the shares of all faces",
            changed(SIZE, ("(missed / faces) @ mix", "(missed / faces).mean(axis=1)")),
        ),
        (
            "weighted by its own heights, a group has its raw rate again",
            changed(
                SIZE,
                (
                    "(missed / faces) @ mix",
                    "((missed / faces) * (faces / faces.sum(axis=1, keepdims=True))).sum(axis=1)",
                ),
            ),
        ),
        (
            "the weights are shares of the missed faces; the task asks for shares of all faces",
            changed(SIZE, ("faces.sum(axis=0) / faces.sum()", "missed.sum(axis=0) / missed.sum()")),
        ),
        (
            "the weights are the first group's heights, not everybody's",
            changed(SIZE, ("faces.sum(axis=0) / faces.sum()", "faces[0] / faces[0].sum()")),
        ),
        (
            "the weights are means of the groups' shares; a large group counts more",
            changed(
                SIZE, ("faces.sum(axis=0) / faces.sum()", "(faces / faces.sum(axis=1, keepdims=True)).mean(axis=0)")
            ),
        ),
        (
            "the raw rate is a share of all the group's faces, not a mean over classes",
            changed(SIZE, ("missed.sum(axis=1) / faces.sum(axis=1)", "(missed / faces).mean(axis=1)")),
        ),
        (
            "these are the rates of the classes; groups are in the rows",
            changed(SIZE, ("missed.sum(axis=1) / faces.sum(axis=1)", "missed.sum(axis=0) / faces.sum(axis=0)")),
        ),
        (
            "the weights don't add up to 1: divide by the faces of all",
            changed(SIZE, ("faces.sum(axis=0) / faces.sum()", "faces.sum(axis=0)")),
        ),
        (
            "the two are exchanged: the raw rate comes first",
            changed(SIZE, ("return raw, (missed / faces) @ mix", "return (missed / faces) @ mix, raw")),
        ),
        (
            "these are per cent; the task asks for shares",
            changed(SIZE, ("return raw, (missed / faces) @ mix", "return 100 * raw, 100 * (missed / faces) @ mix")),
        ),
        (
            "these are everybody's rates with the group's heights (indirect standardisation); "
            "the task asks for the group's rates with everybody's heights",
            changed(
                SIZE,
                (
                    "(missed / faces) @ mix",
                    "missed.sum(axis=1) / (faces @ (missed.sum(axis=0) / faces.sum(axis=0)))"
                    " * missed.sum() / faces.sum()",
                ),
            ),
        ),
        (
            "these are everybody's rates with the group's heights; "
            "the task asks for the group's rates with everybody's heights",
            changed(
                SIZE,
                ("(missed / faces) @ mix", "faces @ (missed.sum(axis=0) / faces.sum(axis=0)) / faces.sum(axis=1)"),
            ),
        ),
    ],
}
