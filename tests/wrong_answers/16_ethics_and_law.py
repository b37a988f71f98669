"""Wrong answers to exercise 16, each with the hint that it must earn: task id → [(hint, code)]."""


def size(
    portrait="terabytes * 1e12 / people", templates="people * dimensions * 4 / 1e9", comparisons="people * searches"
):
    return f"""
def size(people, terabytes, dimensions, searches):
    return {portrait}, {templates}, float({comparisons})
"""


def point(choose):
    return f"""
def operating_point(threshold, fpir, fnir, most):
    allowed = np.flatnonzero(fpir <= most)
    if not len(allowed):
        return None
    row = {choose}
    return float(threshold[row]), float(fpir[row]), float(fnir[row])
"""


POINT = point("allowed[threshold[allowed].argmin()]")


def instead(text, old, new):
    assert text.count(old) == 1
    return text.replace(old, new)


DAY = """
def day(passing, wanted, fpir, fnir):
    false, right = (passing - wanted) * fpir, wanted * (1 - fnir)
    alerts = false + right
    share = right / alerts if alerts else float("nan")
    return {"false": false, "right": right, "alerts": alerts, "share_right": share, "missed": wanted * fnir}
"""

EVIDENCE = """
def evidence(tmr, fmr, prior, others):
    odds = tmr / fmr * prior / (1 - prior)
    return odds / (1 + odds), fmr * others
"""

GAP = """
def gap(missed_a, faces_a, missed_b, faces_b):
    from facelab.verification import wilson_interval

    a, b = missed_a / faces_a, missed_b / faces_b
    (low_a, high_a), (low_b, high_b) = wilson_interval(missed_a, faces_a), wilson_interval(missed_b, faces_b)
    d = a - b
    low, high = d - np.hypot(a - low_a, high_b - b), d + np.hypot(high_a - a, b - low_b)
    return d, float(low), float(high)
"""
ENDS = "low, high = d - np.hypot(a - low_a, high_b - b), d + np.hypot(high_a - a, b - low_b)"

REPORT = """
def contradictions(report):
    r = report
    fpir = 1 - (1 - r["fmr"]) ** r["list"]
    crowd = r["strangers"] * r["fpir"]
    holds = {
        "shown": r["fmr"] >= 3 / r["pairs"],
        "list": abs(r["fpir"] - fpir) <= 0.1 * fpir,
        "found": abs(r["tpir"] + r["fnir"] - 1) <= 0.005,
        "crowd": abs(r["false"] - crowd) <= 0.1 * crowd,
        "alerts": abs(r["false"] + r["right"] - r["alerts"]) <= 1,
        "share": abs(r["share_right"] - r["right"] / r["alerts"]) <= 0.005,
    }
    return [name for name, kept in holds.items() if not kept]
"""


RULES = {"list": "0.1 * fpir", "found": "0.005", "crowd": "0.1 * crowd", "alerts": "1", "share": "0.005"}


def tolerances(**wrong):
    """The report's rules, with other differences allowed for those that are named."""
    code = REPORT
    for rule, new in wrong.items():
        line = next(line for line in code.splitlines() if line.strip().startswith(f'"{rule}":'))
        code = code.replace(line, instead(line, f"<= {RULES[rule]},", f"<= {new},"))
    return code


FILL = """
def fill_in(case, watch, nation, rebuilt):
    from facelab.verification import wilson_interval

    row = np.flatnonzero((watch["people"] == case["list"]) & (abs(watch["threshold"] - case["threshold"]) < 1e-9))[0]
    false = (case["passing"] - case["wanted"]) * watch["fpir"][row]
    right = case["wanted"] * (1 - watch["fnir"][row])
    alerts = false + right
    share = right / alerts
    rows = (nation["probe"] == case["probe"]) & (nation["n"] == case["people"])
    rows = rows & (nation["model"] != "pareto95 moments")
    missed = 1 - nation["high"][rows].max(), 1 - nation["low"][rows].min()
    low, high = wilson_interval(*rebuilt)
    return {"false": float(false), "right": float(right), "alerts": float(alerts), "share_right": float(share),
            "missed_low": float(missed[0]), "missed_high": float(missed[1]),
            "rebuilt": rebuilt[0] / rebuilt[1], "rebuilt_low": low, "rebuilt_high": high}
"""
MISSED = 'missed = 1 - nation["high"][rows].max(), 1 - nation["low"][rows].min()'

WRONG = {
    "16-size": [
        ("a terabyte is 10^12 bytes here, not 2^40", size(portrait="terabytes * 2**40 / people")),
        ("a gigabyte is 10^9 bytes here, not 2^30", size(templates="people * dimensions * 4 / 2**30")),
        ("a float32 has 4 bytes, not 8", size(templates="people * dimensions * 8 / 1e9")),
        (
            "every search compares with everybody: the number of people is missing",
            size(comparisons="searches"),
        ),
        (
            "a comparison is one score, however many numbers a template has",
            size(comparisons="people * searches * dimensions"),
        ),
        (
            "a portrait is asked for in bytes, not in kilobytes",
            size(portrait="terabytes * 1e9 / people"),
        ),
        (
            "a float32 has 4 bytes; it is bits of which it has 32",
            size(templates="people * dimensions * 32 / 1e9"),
        ),
        (
            "all templates are asked for in gigabytes, not in terabytes",
            size(templates="people * dimensions * 4 / 1e12"),
        ),
        (
            "this compares everybody with everybody; a search compares one face with everybody",
            size(comparisons="people * (people - 1) / 2 * searches"),
        ),
    ],
    "16-point": [
        (
            "this is the highest threshold; the lowest that keeps the FPIR misses fewer",
            point("allowed[threshold[allowed].argmax()]"),
        ),
        (
            "this is the row whose FPIR is nearest to the limit; it exceeds the limit",
            point("abs(fpir - most).argmin()"),
        ),
        (
            "this is the row with the lowest FNIR; its FPIR exceeds the limit",
            point("fnir.argmin()"),
        ),
        (
            "FPIR and FNIR are exchanged",
            instead(
                POINT,
                "float(threshold[row]), float(fpir[row]), float(fnir[row])",
                "float(threshold[row]), float(fnir[row]), float(fpir[row])",
            ),
        ),
        (
            "this is the number of a row; the task asks for its entries",
            instead(POINT, "float(threshold[row]), float(fpir[row]), float(fnir[row])", "int(row)"),
        ),
        ("an FPIR of exactly the limit is allowed", instead(POINT, "fpir <= most", "fpir < most")),
        (
            "no row keeps this limit: return None, not the strictest row",
            instead(POINT, "return None", "allowed = np.array([threshold.argmax()])"),
        ),
        (
            "this is the first row that is allowed; rows come in any order",
            point("allowed[0]"),
        ),
        (
            "this is the last row that is allowed; rows come in any order",
            point("allowed[-1]"),
        ),
        (
            "this is a place among the rows that are allowed, used among all rows: look it up in the same array",
            point("threshold[allowed].argmin()"),
        ),
        (
            "two rows have these rates; the lowest threshold is asked for, not the lowest FNIR or the highest FPIR",
            point("allowed[fnir[allowed].argmin()]"),
        ),
    ],
    "16-day": [
        (
            "the false alarms come from those who are not on the list: passing - wanted",
            instead(DAY, "(passing - wanted) * fpir", "passing * fpir"),
        ),
        (
            "the FNIR is the share missed: right ones are wanted * (1 - fnir)",
            instead(DAY, "wanted * (1 - fnir)", "wanted * fnir"),
        ),
        (
            "alerts are false and right ones together",
            instead(instead(DAY, "alerts = false + right", "alerts = false"), "right / alerts", "right / false"),
        ),
        (
            "this is the share of the wanted who are found; the task asks for the share of the alerts",
            instead(DAY, "right / alerts", "right / wanted"),
        ),
        (
            "prevalence is left out: this is (1 - fnir) / (1 - fnir + fpir), as if half of them were wanted",
            instead(DAY, "right / alerts", "(1 - fnir) / (1 - fnir + fpir)"),
        ),
        (
            "missed are those of the wanted who aren't named, not those who pass",
            instead(DAY, '"missed": wanted * fnir', '"missed": passing * fnir'),
        ),
        (
            "without alerts no share of them is right: NaN, not 0",
            instead(DAY, 'float("nan")', "0.0"),
        ),
        (
            "nobody is wanted, but there are alerts: the share that is right is 0, not NaN",
            instead(DAY, "if alerts else", "if wanted else"),
        ),
        (
            "this is the share of all who pass; the task asks for the share of the alerts",
            instead(DAY, "right / alerts if", "right / passing if"),
        ),
    ],
    "16-evidence": [
        (
            "these are the odds; the task asks for the probability",
            instead(EVIDENCE, "odds / (1 + odds)", "odds"),
        ),
        (
            "the prior is left out: this is tmr / (tmr + fmr)",
            instead(EVIDENCE, "odds / (1 + odds)", "tmr / (tmr + fmr)"),
        ),
        (
            "this is 1 - fmr: the share of strangers who are refused, not the probability that it is the person",
            instead(EVIDENCE, "odds / (1 + odds)", "1 - fmr"),
        ),
        (
            "the likelihood ratio multiplies the odds prior / (1 - prior), not the prior itself",
            instead(EVIDENCE, "prior / (1 - prior)", "prior"),
        ),
        (
            "this is the probability that anybody fits; the task asks how many",
            instead(EVIDENCE, "fmr * others", "1 - (1 - fmr) ** others"),
        ),
        ("others reach the threshold by the FMR, not by the TMR", instead(EVIDENCE, "fmr * others", "tmr * others")),
        (
            "this is the probability that it is somebody else",
            instead(EVIDENCE, "odds / (1 + odds)", "1 / (1 + odds)"),
        ),
        (
            "likelihood ratio times prior, cut off at 1, is no probability: go by way of the odds",
            instead(EVIDENCE, "odds / (1 + odds)", "min(1.0, tmr / fmr * prior)"),
        ),
        (
            "the others are other people already: their number is not multiplied by 1 - prior",
            instead(EVIDENCE, "fmr * others", "fmr * others * (1 - prior)"),
        ),
    ],
    "16-gap": [
        (
            "this is the normal approximation, which fails where errors are few",
            instead(
                GAP,
                ENDS,
                "half = 1.959963984540054 * np.sqrt(a * (1 - a) / faces_a + b * (1 - b) / faces_b)\n"
                "    low, high = d - half, d + half",
            ),
        ),
        (
            "this subtracts the ends of the two intervals: too wide, since both are rarely at their worst at once",
            instead(GAP, ENDS, "low, high = low_a - high_b, high_a - low_b"),
        ),
        (
            "the sign is turned: group a minus group b",
            instead(GAP, "return d, float(low), float(high)", "return -d, -float(high), -float(low)"),
        ),
        (
            "these are points of a hundred; the task asks for shares",
            instead(GAP, "return d, float(low), float(high)", "return 100 * d, 100 * float(low), 100 * float(high)"),
        ),
        (
            "the ends are exchanged between the groups: below d stand a's lower and b's upper end",
            instead(GAP, ENDS, "low, high = d - np.hypot(high_a - a, b - low_b), d + np.hypot(a - low_a, high_b - b)"),
        ),
        (
            "this is the ratio; the task asks for the difference",
            instead(GAP, "return d, float(low), float(high)", "return a / b, low_a / high_b, high_a / low_b"),
        ),
        (
            "below d stand a's lower and b's upper end, above d the other two",
            instead(GAP, ENDS, "low, high = d - np.hypot(a - low_a, b - low_b), d + np.hypot(high_a - a, high_b - b)"),
        ),
        (
            "these are the roots; the ends are d minus the one and d plus the other",
            instead(GAP, "return d, float(low), float(high)", "return d, float(d - low), float(high - d)"),
        ),
        (
            "a difference may be below zero: no absolute value",
            instead(
                GAP,
                ENDS,
                "low, high = abs(d) - np.hypot(a - low_a, high_b - b), abs(d) + np.hypot(high_a - a, b - low_b)\n"
                "    d = abs(d)",
            ),
        ),
        (
            "the interval of a difference may go below zero: it isn't cut off there",
            instead(GAP, "return d, float(low), float(high)", "return d, max(0.0, float(low)), float(high)"),
        ),
    ],
    "16-report": [
        (
            "only the first broken rule comes back; the task asks for all",
            instead(REPORT, "if not kept]", "if not kept][:1]"),
        ),
        (
            "nothing is broken in this report, and these are the rules that hold; "
            "the task asks for those that are broken",
            instead(REPORT, "if not kept]", "if kept]"),
        ),
        (
            "the order is that of the table, not of the alphabet",
            instead(
                REPORT,
                "return [name for name, kept in holds.items() if not kept]",
                "return sorted(name for name, kept in holds.items() if not kept)",
            ),
        ),
        (
            "nothing is broken in this report; an FMR above 3 / pairs has been shown",
            instead(REPORT, ">= 3 /", "<= 3 /"),
        ),
        (
            "nothing is broken in this report; an FMR of exactly 3 / pairs has been shown",
            instead(REPORT, ">= 3 /", "> 3 /"),
        ),
        ("the rule of three allows 3 / pairs, not 1 / pairs", instead(REPORT, '3 / r["pairs"]', '1 / r["pairs"]')),
        (
            "nothing is broken in this report; (1 - fmr)^list is the share that isn't named",
            instead(REPORT, '1 - (1 - r["fmr"]) ** r["list"]', '(1 - r["fmr"]) ** r["list"]'),
        ),
        (
            "nothing is broken in this report; list times fmr is no probability when it is near 1: "
            "use 1 - (1 - fmr)^list",
            instead(REPORT, '1 - (1 - r["fmr"]) ** r["list"]', 'r["fmr"] * r["list"]'),
        ),
        (
            "nothing is broken in this report; share is right / alerts, "
            "not the share of the listed who are found (tpir)",
            instead(REPORT, 'r["right"] / r["alerts"])', 'r["tpir"])'),
        ),
        (
            "share: with the report's alerts, not with false + right",
            instead(REPORT, 'r["right"] / r["alerts"])', 'r["right"] / (r["false"] + r["right"]))'),
        ),
        (
            "found: the report names both; this rule is never checked",
            instead(REPORT, 'abs(r["tpir"] + r["fnir"] - 1) <= 0.005', "True"),
        ),
        (
            "nothing is broken in this report; every rule allows a difference, and none is exceeded",
            tolerances(list="1e-3 * fpir", found="1e-3", crowd="1e-3 * crowd", alerts="1e-3", share="1e-3"),
        ),
        (
            "this report exceeds what the rules allow, by little: a tenth, `0.005` and 1",
            tolerances(list="0.25 * fpir", found="0.015", crowd="0.25 * crowd", alerts="3", share="0.015"),
        ),
        (
            "list, crowd: a tenth of 1 - (1 - fmr)^list and of strangers · fpir, not of what the report says",
            tolerances(list='0.1 * r["fpir"]', crowd='0.1 * r["false"]'),
        ),
        (
            "crowd: a tenth of strangers · fpir, neither `0.1` nor a tenth of the report's false",
            tolerances(list="0.1", crowd="0.1"),
        ),
        (
            "list: a tenth of 1 - (1 - fmr)^list, not of the report's fpir",
            tolerances(list='0.1 * r["fpir"]'),
        ),
        (
            "list: this report exceeds the tenth, by little",
            tolerances(list="0.25 * fpir"),
        ),
        (
            "crowd: this report exceeds the tenth, by little",
            tolerances(crowd="0.25 * crowd"),
        ),
        (
            "alerts: this report exceeds the 1, by little",
            tolerances(alerts="3"),
        ),
        (
            "share: this report exceeds the `0.005`, by little",
            tolerances(share="0.015"),
        ),
        (
            "crowd: with the report's fpir, not with the one that you computed",
            instead(REPORT, 'r["strangers"] * r["fpir"]', 'r["strangers"] * fpir'),
        ),
    ],
    "16-fill": [
        (
            "this is the row of another list: an FPIR belongs to the length of its list",
            instead(FILL, '(watch["people"] == case["list"]) & ', ""),
        ),
        (
            "this is the row of another threshold",
            instead(FILL, ' & (abs(watch["threshold"] - case["threshold"]) < 1e-9)', ""),
        ),
        (
            "the wanted were counted among the strangers, too: passing - wanted",
            instead(FILL, '(case["passing"] - case["wanted"])', 'case["passing"]'),
        ),
        (
            "alerts don't agree with false and right: they are both together",
            instead(FILL, "alerts = false + right", "alerts = false"),
        ),
        (
            "share_right doesn't agree with right and alerts: it is right / alerts",
            instead(FILL, "right / alerts", 'right / case["wanted"]'),
        ),
        (
            "these are the shares found; the audit asks for the shares missed",
            instead(FILL, MISSED, 'missed = nation["low"][rows].min(), nation["high"][rows].max()'),
        ),
        (
            "the ends of the range are exchanged: missed_low is 1 minus the highest share found",
            instead(FILL, MISSED, 'missed = 1 - nation["low"][rows].min(), 1 - nation["high"][rows].max()'),
        ),
        (
            "one model is no range: the models disagree, and that is the finding",
            instead(FILL, 'nation["model"] != "pareto95 moments"', 'nation["model"] == "gaussian"'),
        ),
        (
            "the model that lesson 11 found refuted is in the range",
            instead(FILL, 'rows & (nation["model"] != "pareto95 moments")', "rows"),
        ),
        (
            "rows of other kinds of picture are in the range",
            instead(FILL, '(nation["probe"] == case["probe"]) & ', ""),
        ),
        (
            "rows of other sizes of gallery are in the range",
            instead(FILL, ' & (nation["n"] == case["people"])', ""),
        ),
        (
            "this is the normal approximation; the task asks for Wilson's interval",
            instead(
                FILL,
                "low, high = wilson_interval(*rebuilt)",
                "p = rebuilt[0] / rebuilt[1]\n"
                "    half = 1.959963984540054 * np.sqrt(p * (1 - p) / rebuilt[1])\n"
                "    low, high = p - half, p + half",
            ),
        ),
        (
            "these are means over the models; the range goes from the lowest end to the highest",
            instead(FILL, MISSED, MISSED.replace("max()", "mean()").replace("min()", "mean()")),
        ),
        (
            "these are ends of the first and of the last model; take the lowest and the highest of all",
            instead(FILL, MISSED, MISSED.replace(".max()", "[-1]").replace(".min()", "[0]")),
        ),
        (
            "rebuilt is the share that matched, and so is its interval: nothing is taken from 1",
            instead(FILL, "wilson_interval(*rebuilt)", "(1 - end for end in wilson_interval(*rebuilt)[::-1])"),
        ),
        (
            "these are arrays of one entry; the task asks for floats: take the one row, with [0]",
            instead(
                instead(FILL, "< 1e-9))[0]", "< 1e-9))"),
                '"false": float(false), "right": float(right), "alerts": float(alerts), "share_right": float(share),',
                '"false": false, "right": right, "alerts": alerts, "share_right": share,',
            ),
        ),
    ],
}
