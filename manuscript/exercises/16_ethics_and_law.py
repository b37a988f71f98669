# %% [markdown]
# # 16 · Ethics and law: exercise
#
# An audit of the national system. You size it, choose its operating point, count its day, weigh its evidence, compare two
# groups, find where a report contradicts itself, and fill in an audit from the stored tables. Then you argue: should it be
# built, and under which rules? Allowed: numpy, scipy, what a task names, and the facelab modules of lessons 01 to 15.
#
# Give it 180 minutes, in two sittings: half of them for tasks 1 to 7, half for the argument.

# %% locked="16-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import published, results
from facelab.checks import NotDone

facelab.notebook.begin_exercise()
watchlist, nation, stolen = results("watchlist"), results("gallery_nation"), results("inversion")  # to play with
missed, law = results("wider_groups"), published("law")
probe = [c if np.isnan(v) else f"{c} {v:g}" for c, v in zip(nation["condition"], nation["level"])]  # "clean", "width 14" ...
by_probe = {"probe": np.array(probe), **{c: nation[c] for c in ("n", "model", "low", "high")}}  # the table `nation` of task 7

# %% [markdown]
# ## 1 · What it stores and what it compares (1 point)
#
# Write `size(people, terabytes, dimensions, searches)`: people, int; terabytes of all portraits, float (a terabyte is 10¹² bytes, a
# gigabyte 10⁹); dimensions of a template, int, each a float32; searches a second, float, each against everybody. Return a
# tuple of three floats: bytes a portrait, gigabytes of all templates, comparisons a second.

# %% answer="16-size"
def size(people, terabytes, dimensions, searches):
    ### BEGIN SOLUTION
    return terabytes * 1e12 / people, people * dimensions * 4 / 1e9, float(people * searches)
    ### END SOLUTION

# %% check="16-size" points=1
from facelab.checks import expect
expect(size(2_000, 0.00002, 128, 5.0), (10000.0, 0.001024, 10000.0), {
    "a terabyte is 10^12 bytes here, not 2^40": (0.00002 * 2**40 / 2000, 0.001024, 10000.0),
    "a gigabyte is 10^9 bytes here, not 2^30": (10000.0, 1024000 / 2**30, 10000.0),
    "a float32 has 4 bytes, not 8": (10000.0, 0.002048, 10000.0),
    "every search compares with everybody: the number of people is missing": (10000.0, 0.001024, 5.0),
    "a comparison is one score, however many numbers a template has": (10000.0, 0.001024, 1280000.0),
    "a portrait is asked for in bytes, not in kilobytes": (10.0, 0.001024, 10000.0),
    "a float32 has 4 bytes; it is bits of which it has 32": (10000.0, 0.008192, 10000.0),
    "all templates are asked for in gigabytes, not in terabytes": (10000.0, 0.000001024, 10000.0),
    "this compares everybody with everybody; a search compares one face with everybody": (10000.0, 0.001024, 5 * 1999000.0),
})
### BEGIN HIDDEN TESTS
import numpy as np
from facelab.checks import seed
rng = np.random.default_rng(seed("16-size"))
for _ in range(4):
    people, dimensions = int(rng.integers(10**4, 10**9)), int(rng.integers(16, 600))
    terabytes, searches = float(rng.uniform(0.1, 50)), float(rng.uniform(0.5, 900))
    one = np.zeros(dimensions, np.float32).nbytes
    want = (terabytes / people * 10.0**12, one * people / 10.0**9, searches * people)
    expect(size(int(people), float(terabytes), int(dimensions), float(searches)), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The operating point (2 points)
#
# Write `operating_point(threshold, fpir, fnir, most)`. The first three are arrays (n,), float64, rows of a stored table **in any
# order**; most, float, is the FPIR that may not be exceeded. Return the row with the **lowest threshold** whose FPIR is at most `most`, as
# a tuple of three floats (threshold, fpir, fnir), or None if there is no such row.

# %% answer="16-point" forbid=["facelab.identification.OpenSet", "facelab.identification.open_set", "facelab.identification.threshold_at_fpir"]
def operating_point(threshold, fpir, fnir, most):
    ### BEGIN SOLUTION
    allowed = np.flatnonzero(fpir <= most)
    if not len(allowed):
        return None
    # Raising the threshold further would only miss more of those who are listed.
    row = allowed[threshold[allowed].argmin()]
    return float(threshold[row]), float(fpir[row]), float(fnir[row])
    ### END SOLUTION

# %% check="16-point" points=2
import numpy as np
from facelab.checks import expect
threshold = np.array([0.50, 0.60, 0.35, 0.45, 0.30, 0.40, 0.55])
fpir = np.array([0.001, 0.0001, 0.030, 0.004, 0.090, 0.011, 0.0005])
fnir = np.array([0.12, 0.30, 0.02, 0.07, 0.01, 0.04, 0.20])
expect(operating_point(threshold.copy(), fpir.copy(), fnir.copy(), 0.01), (0.45, 0.004, 0.07), {
    "this is the highest threshold; the lowest that keeps the FPIR misses fewer": (0.60, 0.0001, 0.30),
    "this is the first row that is allowed; rows come in any order": (0.50, 0.001, 0.12),
    "this is the last row that is allowed; rows come in any order": (0.55, 0.0005, 0.20),
    "this is the row whose FPIR is nearest to the limit; it exceeds the limit": (0.40, 0.011, 0.04),
    "this is the row with the lowest FNIR; its FPIR exceeds the limit": (0.30, 0.090, 0.01),
    "this is a place among the rows that are allowed, used among all rows: look it up in the same array": (0.35, 0.030, 0.02),
    "FPIR and FNIR are exchanged": (0.45, 0.07, 0.004),
    "this is the number of a row; the task asks for its entries": 3,
})
level = np.array([0.54, 0.52, 0.50, 0.48])
expect(operating_point(level.copy(), np.array([0.001, 0.002, 0.002, 0.03]), np.array([0.2, 0.1, 0.1, 0.05]), 0.01), (0.50, 0.002, 0.1), {
    "two rows have these rates; the lowest threshold is asked for, not the lowest FNIR or the highest FPIR": (0.52, 0.002, 0.1),
})
expect(operating_point(threshold.copy(), fpir.copy(), fnir.copy(), 0.0001), (0.60, 0.0001, 0.30), {
    "an FPIR of exactly the limit is allowed": None,
})
expect(operating_point(threshold.copy(), fpir.copy(), fnir.copy(), 0.00001), None, {
    "no row keeps this limit: return None, not the strictest row": (0.60, 0.0001, 0.30),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("16-point"))
for _ in range(6):
    n = int(rng.integers(5, 40))
    t = rng.permutation(np.linspace(0.2, 0.8, n))
    false, lost = np.round(np.exp(-12 * t) * rng.uniform(0.9, 1.1), 3), np.round(t**2, 1)  # some rows have the same rates
    limit = float(rng.choice(false)) if rng.random() < 0.8 else float(false.min() / 2)
    kept = sorted(row for row in zip(t.tolist(), false.tolist(), lost.tolist()) if row[1] <= limit)
    expect(operating_point(t.copy(), false.copy(), lost.copy(), float(limit)), kept[0] if kept else None)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A day (1 point)
#
# Write `day(passing, wanted, fpir, fnir)`: passing, int, people who pass in a day, one decision each; wanted, int, how many **of them** are on
# the list; two rates. Return a dict of five floats: `"false"`, people who aren't listed and are named; `"right"`, listed ones who are named rightly;
# `"alerts"`, both; `"share_right"`, the share of the alerts that are right (NaN if there are no alerts); `"missed"`, listed ones who
# aren't named. No rounding.

# %% answer="16-day" forbid=["facelab.video.alarms_an_hour"]
def day(passing, wanted, fpir, fnir):
    ### BEGIN SOLUTION
    false, right = (passing - wanted) * fpir, wanted * (1 - fnir)
    alerts = false + right
    return {"false": float(false), "right": float(right), "alerts": float(alerts),
            "share_right": float(right / alerts) if alerts else float("nan"), "missed": float(wanted * fnir)}
    ### END SOLUTION

# %% check="16-day" points=1
from facelab.checks import expect


def entries(false, right, alerts, share_right, missed):
    return {"false": false, "right": right, "alerts": alerts, "share_right": share_right, "missed": missed}


expect(day(1000, 40, 0.05, 0.25), entries(48.0, 30.0, 78.0, 30 / 78, 10.0), {
    "the false alarms come from those who are not on the list: passing - wanted": entries(50.0, 30.0, 80.0, 30 / 80, 10.0),
    "the FNIR is the share missed: right ones are wanted * (1 - fnir)": entries(48.0, 10.0, 58.0, 10 / 58, 10.0),
    "alerts are false and right ones together": entries(48.0, 30.0, 48.0, 30 / 48, 10.0),
    "this is the share of the wanted who are found; the task asks for the share of the alerts": entries(48.0, 30.0, 78.0, 30 / 40, 10.0),
    "prevalence is left out: this is (1 - fnir) / (1 - fnir + fpir), as if half of them were wanted": entries(48.0, 30.0, 78.0, 0.75 / 0.80, 10.0),
    "missed are those of the wanted who aren't named, not those who pass": entries(48.0, 30.0, 78.0, 30 / 78, 250.0),
    "this is the share of all who pass; the task asks for the share of the alerts": entries(48.0, 30.0, 78.0, 30 / 1000, 10.0),
})
expect(day(1000, 0, 0.05, 0.25), entries(50.0, 0.0, 50.0, 0.0, 0.0), {
    "nobody is wanted, but there are alerts: the share that is right is 0, not NaN": entries(50.0, 0.0, 50.0, float("nan"), 0.0),
})
nothing = day(1000, 0, 0.0, 0.25)
expect(nothing, entries(0.0, 0.0, 0.0, float("nan"), 0.0), {
    "without alerts no share of them is right: NaN, not 0": entries(0.0, 0.0, 0.0, 0.0, 0.0),
})
### BEGIN HIDDEN TESTS
import numpy as np
from fractions import Fraction
from facelab.checks import seed
rng = np.random.default_rng(seed("16-day"))
for _ in range(5):
    passing = int(rng.integers(1000, 10**6))
    wanted, a, b = int(rng.integers(1, 900)), int(rng.integers(1, 400)), int(rng.integers(1, 9))
    wrong, good = Fraction(a * (passing - wanted), 10**4), Fraction((10 - b) * wanted, 10)
    want = entries(float(wrong), float(good), float(wrong + good), float(good / (wrong + good)), float(Fraction(b * wanted, 10)))
    got = day(int(passing), int(wanted), float(a / 10**4), float(b / 10))
    expect(got, want)
    expect(got["false"] + got["right"], got["alerts"])
    expect(got["right"] + got["missed"], float(wanted))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · What a score proves (1 point)
#
# Write `evidence(tmr, fmr, prior, others)`. prior, float between 0 and 1, is the probability, before the score, that the two pictures show one person;
# others, int, is a number of other people. A score reached the threshold. Return a tuple of two floats: the probability, after it, that they show one person
# (Bayes, with the likelihood ratio tmr / fmr); and how many of the others would be expected to reach the threshold as well.

# %% answer="16-evidence"
def evidence(tmr, fmr, prior, others):
    ### BEGIN SOLUTION
    odds = tmr / fmr * prior / (1 - prior)
    return odds / (1 + odds), fmr * others
    ### END SOLUTION

# %% check="16-evidence" points=1
from facelab.checks import expect
odds = 0.96 / 0.002 / 24
expect(evidence(0.96, 0.002, 0.04, 5_000), (odds / (1 + odds), 10.0), {
    "these are the odds; the task asks for the probability": (odds, 10.0),
    "the prior is left out: this is tmr / (tmr + fmr)": (0.96 / 0.962, 10.0),
    "this is 1 - fmr: the share of strangers who are refused, not the probability that it is the person": (0.998, 10.0),
    "the likelihood ratio multiplies the odds prior / (1 - prior), not the prior itself": (0.96 / 0.002 * 0.04 / (1 + 0.96 / 0.002 * 0.04), 10.0),
    "this is the probability that anybody fits; the task asks how many": (odds / (1 + odds), 1 - 0.998**5000),
    "others reach the threshold by the FMR, not by the TMR": (odds / (1 + odds), 4800.0),
    "this is the probability that it is somebody else": (1 / (1 + odds), 10.0),
    "likelihood ratio times prior, cut off at 1, is no probability: go by way of the odds": (1.0, 10.0),
    "the others are other people already: their number is not multiplied by 1 - prior": (odds / (1 + odds), 9.6),
})
### BEGIN HIDDEN TESTS
import numpy as np
from facelab.checks import seed
rng = np.random.default_rng(seed("16-evidence"))
for _ in range(5):
    tmr, fmr, others = float(rng.uniform(0.2, 1)), float(10 ** rng.uniform(-6, -1)), int(rng.integers(10, 10**9))
    before = float(10 ** rng.uniform(-9, -0.01))
    same, different = before * tmr, (1 - before) * fmr
    expect(evidence(float(tmr), float(fmr), float(before), int(others)), (same / (same + different), others * fmr))
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Two groups, and how sure one can be (1 point)
#
# Write `gap(missed_a, faces_a, missed_b, faces_b)`, four ints. Return a tuple of three floats: the miss rate of group a minus that of group b, as a share, and the ends of
# its interval at level `0.95` by Newcombe's method (1998): with the Wilson intervals (lₐ, uₐ) and (l_b, u_b) of the two rates pₐ and p_b, d = pₐ - p_b,
#
# $$\Big[\,d - \sqrt{(p_a - l_a)^2 + (u_b - p_b)^2}\,,\;\; d + \sqrt{(u_a - p_a)^2 + (p_b - l_b)^2}\,\Big]$$
#
# `facelab.verification.wilson_interval(k, n)` gives a Wilson interval. (It takes faces for independent. Faces in one photograph aren't quite; lesson 14 draws
# photographs. Its groups are labels: how somebody saw a face.)

# %% answer="16-gap" forbid=["facelab.fairness.newcombe_interval"]
def gap(missed_a, faces_a, missed_b, faces_b):
    ### BEGIN SOLUTION
    from facelab.verification import wilson_interval

    a, b = missed_a / faces_a, missed_b / faces_b
    (low_a, high_a), (low_b, high_b) = wilson_interval(missed_a, faces_a), wilson_interval(missed_b, faces_b)
    d = a - b
    return d, float(d - np.hypot(a - low_a, high_b - b)), float(d + np.hypot(high_a - a, b - low_b))
    ### END SOLUTION

# %% check="16-gap" points=1
import numpy as np
from facelab.checks import expect
from facelab.verification import wilson_interval
(la, ua), (lb, ub) = wilson_interval(15, 150), wilson_interval(10, 400)
a, b = 15 / 150, 10 / 400
d, low, high = a - b, a - b - np.hypot(a - la, ub - b), a - b + np.hypot(ua - a, b - lb)
half = 1.959963984540054 * np.sqrt(a * (1 - a) / 150 + b * (1 - b) / 400)
expect(gap(15, 150, 10, 400), (d, low, high), {
    "this is the normal approximation, which fails where errors are few": (d, d - half, d + half),
    "this subtracts the ends of the two intervals: too wide, since both are rarely at their worst at once": (d, la - ub, ua - lb),
    "the sign is turned: group a minus group b": (-d, -high, -low),
    "these are points of a hundred; the task asks for shares": (100 * d, 100 * low, 100 * high),
    "the ends are exchanged between the groups: below d stand a's lower and b's upper end":
        (d, d - np.hypot(ua - a, b - lb), d + np.hypot(a - la, ub - b)),
    "this is the ratio; the task asks for the difference": (a / b, la / ub, ua / lb),
    "below d stand a's lower and b's upper end, above d the other two": (d, d - np.hypot(a - la, b - lb), d + np.hypot(ua - a, ub - b)),
    "these are the roots; the ends are d minus the one and d plus the other": (d, d - low, high - d),
})
(lc, uc), c = wilson_interval(4, 100), 4 / 100
d, low, high = b - c, b - c - np.hypot(b - lb, uc - c), b - c + np.hypot(ub - b, c - lc)
expect(gap(10, 400, 4, 100), (d, low, high), {
    "a difference may be below zero: no absolute value": (-d, -d - np.hypot(b - lb, uc - c), -d + np.hypot(ub - b, c - lc)),
    "the interval of a difference may go below zero: it isn't cut off there": (d, 0.0, high),
})
### BEGIN HIDDEN TESTS
import scipy.optimize
from facelab.checks import seed


def ends(k, n):
    """Where the score test of a share just doesn't refuse: found by search, not by Wilson's formula."""
    z2 = 1.959963984540054**2
    test = lambda p: (k / n - p) ** 2 - z2 * p * (1 - p) / n
    lower = 0.0 if k == 0 else scipy.optimize.brentq(test, 1e-15, k / n, xtol=1e-15)
    upper = 1.0 if k == n else scipy.optimize.brentq(test, max(k / n, 1e-15), 1 - 1e-15, xtol=1e-15)
    return lower, upper


rng = np.random.default_rng(seed("16-gap"))
for _ in range(5):
    n, m = int(rng.integers(40, 900)), int(rng.integers(40, 900))
    k, j = int(rng.integers(1, n // 3)), int(rng.integers(1, m // 3))
    (l1, u1), (l2, u2) = ends(k, n), ends(j, m)
    p, q = k / n, j / m
    want = (p - q, p - q - float(np.sqrt((p - l1) ** 2 + (u2 - q) ** 2)), p - q + float(np.sqrt((u1 - p) ** 2 + (q - l2) ** 2)))
    expect(gap(int(k), int(n), int(j), int(m)), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · Does the report agree with itself? (2 points)
#
# A maker's report lies on your desk. Write `contradictions(report)`. report is a dict of numbers: `"fmr"` and `"pairs"`, the false match rate claimed and the number of
# independent impostor pairs that were tested without a false match; `"list"`, people on the list; `"fpir"`, `"tpir"`, `"fnir"`; `"strangers"`, people a day who pass and aren't listed;
# `"false"`, `"right"`, `"alerts"`, a day; `"share_right"`. Return the list of the **names of all rules that are broken**, in this order:
#
# | name | the rule |
# | --- | --- |
# | `"shown"` | fmr is 3 / pairs or more (rule of three: what is lower wasn't shown) |
# | `"list"` | fpir differs from 1 - (1 - fmr)^list by a tenth of 1 - (1 - fmr)^list at most |
# | `"found"` | tpir + fnir differs from 1 by `0.005` at most |
# | `"crowd"` | false differs from strangers · fpir (the report's fpir) by a tenth of strangers · fpir at most |
# | `"alerts"` | false + right differs from alerts by 1 at most |
# | `"share"` | share_right differs from right / alerts (the report's alerts) by `0.005` at most |

# %% answer="16-report"
def contradictions(report):
    ### BEGIN SOLUTION
    r = report
    fpir = -np.expm1(r["list"] * np.log1p(-r["fmr"]))
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
    ### END SOLUTION

# %% check="16-report" points=2
from facelab.checks import expect
names = ["shown", "list", "found", "crowd", "alerts", "share"]
short = {"fmr": 1e-3, "pairs": 30_000, "list": 10, "fpir": 0.00996, "tpir": 0.93, "fnir": 0.07, "strangers": 1000,
         "false": 9.96, "right": 9.3, "alerts": 19.26, "share_right": 9.3 / 19.26}
named = 1 - (1 - 1e-3) ** 1000
long = {"fmr": 1e-3, "pairs": 3000, "list": 1000, "fpir": named, "tpir": 0.93, "fnir": 0.07, "strangers": 10_000,
        "false": 10_000 * named, "right": 9.3, "alerts": 10_000 * named + 9.3, "share_right": 9.3 / (10_000 * named + 9.3)}
expect(contradictions(dict(short)), [], {
    "nothing is broken in this report, and these are the rules that hold; the task asks for those that are broken": names,
    "nothing is broken in this report; an FMR above 3 / pairs has been shown": ["shown"],
    "nothing is broken in this report; (1 - fmr)^list is the share that isn't named": ["list"],
    "nothing is broken in this report; share is right / alerts, not the share of the listed who are found (tpir)": ["share"],
})
expect(contradictions(dict(long)), [], {
    "nothing is broken in this report; an FMR of exactly 3 / pairs has been shown": ["shown"],
    "nothing is broken in this report; list times fmr is no probability when it is near 1: use 1 - (1 - fmr)^list": ["list"],
})
expect(contradictions(long | {"fpir": 1.0, "false": 10_000, "alerts": 10_009.3, "share_right": 9.3 / 10_009.3}), ["list"], {
    "crowd: with the report's fpir, not with the one that you computed": ["list", "crowd"],
})
inside = long | {"fpir": 0.905 * named, "fnir": 0.074, "false": 9050 * 0.905 * named}
inside |= {"alerts": inside["false"] + 10.1, "share_right": 9.3 / (inside["false"] + 10.1) + 0.004}
expect(contradictions(dict(inside)), [], {
    "nothing is broken in this report; every rule allows a difference, and none is exceeded": names[1:],
    "list, crowd: a tenth of 1 - (1 - fmr)^list and of strangers · fpir, not of what the report says": ["list", "crowd"],
    "list: a tenth of 1 - (1 - fmr)^list, not of the report's fpir": ["list"],
    "crowd: a tenth of strangers · fpir, neither `0.1` nor a tenth of the report's false": ["crowd"],
})
outside = long | {"fpir": 1.105 * named, "fnir": 0.063, "false": 11_050 * 1.105 * named}
outside |= {"alerts": outside["false"] + 10.8, "share_right": 9.3 / (outside["false"] + 10.8) + 0.007}
expect(contradictions(dict(outside)), names[1:], {
    "only the first broken rule comes back; the task asks for all": ["list"],
    "the order is that of the table, not of the alphabet": sorted(names[1:]),
    "found: the report names both; this rule is never checked": ["list", "crowd", "alerts", "share"],
    "this report exceeds what the rules allow, by little: a tenth, `0.005` and 1": [],
    "list: this report exceeds the tenth, by little": names[2:],
    "crowd: this report exceeds the tenth, by little": ["list", "found", "alerts", "share"],
    "alerts: this report exceeds the 1, by little": ["list", "found", "crowd", "share"],
    "share: this report exceeds the `0.005`, by little": names[1:5],
})
expect(contradictions(short | {"pairs": 2000}), ["shown"], {"the rule of three allows 3 / pairs, not 1 / pairs": []})
expect(contradictions(short | {"alerts": 39, "share_right": 9.3 / 39}), ["alerts"], {
    "share: with the report's alerts, not with false + right": ["alerts", "share"],
})
### BEGIN HIDDEN TESTS
import numpy as np
from decimal import Decimal
from facelab.checks import seed
rng = np.random.default_rng(seed("16-report"))
for _ in range(12):
    size_of_list, pairs, passing = int(rng.integers(5, 3000)), int(rng.integers(10**4, 10**7)), int(rng.integers(10**3, 10**6))
    false_match, found, right = float(rng.uniform(4, 40) / pairs), float(rng.uniform(0.6, 0.99)), float(rng.integers(1, 90))
    named = float(1 - (1 - Decimal(false_match)) ** size_of_list)
    r = {"fmr": false_match, "pairs": pairs, "list": size_of_list, "fpir": named, "tpir": found, "fnir": 1 - found, "strangers": passing,
         "false": passing * named, "right": right, "alerts": passing * named + right, "share_right": right / (passing * named + right)}
    broken = [name for name in ("shown", "list", "found", "crowd", "alerts", "share") if rng.random() < 0.35]
    r["fpir"] *= float(rng.choice([0.89, 1.105, 0.7] if "list" in broken else [0.905, 1, 1.09]))
    if "shown" in broken:
        r["pairs"] = int(2 / false_match)
    r["fnir"] += float(rng.choice([-0.006, 0.006, 0.02] if "found" in broken else [-0.004, 0, 0.004]))
    r["false"] = passing * r["fpir"] * float(rng.choice([0.89, 1.105, 1.3] if "crowd" in broken else [0.905, 1, 1.09]))
    r["alerts"] = r["false"] + right + float(rng.choice([-1.5, 1.5, 4] if "alerts" in broken else [-0.8, 0, 0.8]))
    r["share_right"] = right / r["alerts"] + float(rng.choice([0.006, 0.02] if "share" in broken else [0, 0.004]))
    expect(contradictions(dict(r)), broken)
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · The audit, filled in (2 points)
#
# Write `fill_in(case, watch, nation, rebuilt)`. Tables come as dicts: column → array. You may use your own functions or facelab's.
#
# - case: dict with `"list"` (int, people on the list), `"threshold"` (float), `"passing"` and `"wanted"` (ints, as in task 3), `"people"` (int, of the nation) and
#   `"probe"` (text, the kind of picture),
# - watch: columns `"people"`, `"threshold"`, `"fpir"`, `"fnir"`. Use the row of this list and this threshold,
# - nation: columns `"probe"`, `"n"`, `"model"`, `"low"`, `"high"`; for each probe and n a row for each model, with the ends of its interval for the share **found**. Wanted is the
#   **range** of the share **missed** that the models of this probe and n = people leave open, from the lowest end to the highest. Leave out the model `"pareto95 moments"`: lesson 11 found it
#   refuted by its own data,
# - rebuilt: a pair of ints (successes, trials): pictures rebuilt from stolen templates that matched the person's other photograph.
#
# Return a dict of nine floats: `"false"`, `"right"`, `"alerts"`, `"share_right"` (of a day, as in task 3), `"missed_low"`, `"missed_high"` (the range), `"rebuilt"`, `"rebuilt_low"`,
# `"rebuilt_high"` (the share and its Wilson interval at level `0.95`).

# %% answer="16-fill"
def fill_in(case, watch, nation, rebuilt):
    ### BEGIN SOLUTION
    from facelab.verification import wilson_interval

    row = np.flatnonzero((watch["people"] == case["list"]) & np.isclose(watch["threshold"], case["threshold"], rtol=0, atol=1e-9))[0]
    false = (case["passing"] - case["wanted"]) * watch["fpir"][row]
    right = case["wanted"] * (1 - watch["fnir"][row])
    rows = (nation["probe"] == case["probe"]) & (nation["n"] == case["people"]) & (nation["model"] != "pareto95 moments")
    low, high = wilson_interval(*rebuilt)
    # The model that finds most misses fewest, so the ends change places.
    return {"false": float(false), "right": float(right), "alerts": float(false + right), "share_right": float(right / (false + right)),
            "missed_low": float(1 - nation["high"][rows].max()), "missed_high": float(1 - nation["low"][rows].min()),
            "rebuilt": rebuilt[0] / rebuilt[1], "rebuilt_low": low, "rebuilt_high": high}
    ### END SOLUTION

# %% check="16-fill" points=2
import numpy as np
from facelab.checks import expect
from facelab.verification import wilson_interval


def tables():
    watch = {"people": np.array([10, 10, 1000, 1000]), "threshold": np.array([0.4, 0.5, 0.4, 0.5]),
             "fpir": np.array([0.002, 0.0001, 0.2, 0.01]), "fnir": np.array([0.1, 0.3, 0.15, 0.4])}
    nation = {"probe": np.array(["clean", "clean", "clean", "width 14", "width 14", "clean"]), "n": np.array([50, 900, 900, 900, 900, 900]),
              "model": np.array(["gaussian", "pareto95", "gaussian", "gaussian", "pareto95", "pareto95 moments"]),
              "low": np.array([0.97, 0.60, 0.50, 0.02, 0.03, 0.90]), "high": np.array([0.99, 0.80, 0.55, 0.05, 0.30, 0.95])}
    return watch, nation


def audit(false=99.0, right=60.0, alerts=159.0, share_right=60 / 159, ends=(0.2, 0.5), rebuilt=(0.15, *wilson_interval(15, 100))):
    return {"false": false, "right": right, "alerts": alerts, "share_right": share_right, "missed_low": ends[0], "missed_high": ends[1],
            "rebuilt": rebuilt[0], "rebuilt_low": rebuilt[1], "rebuilt_high": rebuilt[2]}


def with_day(false, right):
    return audit(false, right, false + right, right / (false + right))


half = 1.959963984540054 * np.sqrt(0.15 * 0.85 / 100)
below, above = wilson_interval(15, 100)
one = {"false": np.array([99.0]), "right": np.array([60.0]), "alerts": np.array([159.0]), "share_right": np.array([60 / 159])}
case = {"list": 1000, "threshold": 0.5, "passing": 10_000, "wanted": 100, "people": 900, "probe": "clean"}
expect(fill_in(dict(case), *tables(), (15, 100)), audit(), {
    "this is the row of another list: an FPIR belongs to the length of its list": with_day(9900 * 0.0001, 70.0),
    "this is the row of another threshold": with_day(9900 * 0.2, 85.0),
    "the wanted were counted among the strangers, too: passing - wanted": with_day(100.0, 60.0),
    "alerts don't agree with false and right: they are both together": audit(alerts=99.0, share_right=60 / 99),
    "share_right doesn't agree with right and alerts: it is right / alerts": audit(share_right=0.6),
    "these are the shares found; the audit asks for the shares missed": audit(ends=(0.5, 0.8)),
    "the ends of the range are exchanged: missed_low is 1 minus the highest share found": audit(ends=(0.5, 0.2)),
    "one model is no range: the models disagree, and that is the finding": audit(ends=(0.45, 0.5)),
    "the model that lesson 11 found refuted is in the range": audit(ends=(1 - 0.95, 0.5)),
    "rows of other kinds of picture are in the range": audit(ends=(0.2, 0.98)),
    "rows of other sizes of gallery are in the range": audit(ends=(1 - 0.99, 0.5)),
    "this is the normal approximation; the task asks for Wilson's interval": audit(rebuilt=(0.15, 0.15 - half, 0.15 + half)),
    "these are means over the models; the range goes from the lowest end to the highest": audit(ends=(0.325, 0.45)),
    "these are ends of the first and of the last model; take the lowest and the highest of all": audit(ends=(0.45, 0.4)),
    "rebuilt is the share that matched, and so is its interval: nothing is taken from 1": audit(rebuilt=(0.15, 1 - above, 1 - below)),
    "these are arrays of one entry; the task asks for floats: take the one row, with [0]": audit() | one,
})
### BEGIN HIDDEN TESTS
from facelab import results
from facelab.checks import seed
stored, carried, inverted = results("watchlist"), results("gallery_nation"), results("inversion")
probes = np.array([c if np.isnan(v) else f"{c} {v:g}" for c, v in zip(carried["condition"], carried["level"])])
rng = np.random.default_rng(seed("16-fill"))
for _ in range(6):
    chosen, place = stored[int(rng.integers(len(stored)))], int(rng.integers(len(carried)))
    taken = inverted[int(rng.integers(len(inverted)))]
    passing, wanted = int(rng.integers(10**3, 10**6)), int(rng.integers(1, 500))
    k, n = int(taken["successes"]), int(taken["trials"])
    wrong, good = (passing - wanted) * float(chosen["fpir"]), wanted - wanted * float(chosen["fnir"])
    left = [r for r, p in zip(carried, probes) if p == probes[place] and r["n"] == carried["n"][place] and "moments" not in r["model"]]
    lost = 1 - max(float(r["high"]) for r in left), 1 - min(float(r["low"]) for r in left)
    want = audit(wrong, good, wrong + good, good / (wrong + good), lost, (k / n, *wilson_interval(k, n)))
    asked = {"list": int(chosen["people"]), "threshold": float(chosen["threshold"]), "passing": passing, "wanted": wanted,
             "people": int(carried["n"][place]), "probe": str(probes[place])}
    got = fill_in(dict(asked), {c: stored[c].copy() for c in ("people", "threshold", "fpir", "fnir")},
                  {"probe": probes.copy(), **{c: carried[c].copy() for c in ("n", "model", "low", "high")}}, (int(k), int(n)))
    expect(got, want)
    expect(got["false"] + got["right"], got["alerts"])
### END HIDDEN TESTS

# %% [markdown]
# Now fill it in for the national system, with a list, a threshold, a crowd and a kind of picture **that you choose and can defend**: `fill_in(case, watchlist, by_probe, (k, n))`.
# k and n are `successes` and `trials` of a row of `stolen` with method `ridge, held out`, against `other`. Take two groups from `missed` for task 5; they are labels, as its annotators saw a face.
# What you find goes into the argument.
#
# ## 8 · The argument (8 points)
#
# A person marks this one. Who has nobody marks it by the rubric, which `course check 16` shows once half of it is written. In 300 to 500 words: **should the national system be
# built, which parts of it, and under which rules?** Your answer should
#
# - say for at least three uses what is compared with what, which error matters and who bears it,
# - rest on at least six figures of yours or of the course (lesson 16's tables have them), each with what it was measured on, or with its interval, range or number of trials;
#   they have to agree with each other,
# - say for one difference between groups what its interval bears, whose labels these are, and what is known of the cause,
# - name at least two rules of the table `law`, with their dates, and whether they were read or reported,
# - keep **judgements** apart from measurements, and call them so,
# - give the strongest argument against your own conclusion, and answer it or admit that you can't,
# - end with what would change your mind: something of which one could say later whether it has happened.
#
# There is no wanted conclusion. A good answer for building it gets all points, and so does a good answer against.

# %% [markdown] written="16-audit" points=8
# **What is asked for.** *A face to its own ID photo* is one comparison. The database would serve longer lists.
#
# *Door of a house*, 1 to 100: the error that hurts keeps a resident out, about one in eighteen at threshold `0.45`, where one stranger in 570 is named (LFW, means of 20 draws). Residents bear it; a key
# ends it. *Suspects in a station*, 1 to 1,000: a stranger is named. I chose 50,000 who pass, ten of them wanted, threshold `0.45`: 938 wrong alerts, fewer than 10 right ones, so one in a hundred is right. Passers-by bear it.
# *Anyone from any camera*, 1 to everybody: the wrong name, borne by whoever looks like somebody. Of 1.3 billion the four models that aren't refuted leave open that 14 to 100 in a hundred are missed at FPIR 1 in 100, from good pictures, and 83 to 100 at 14 px. That is four decades beyond
# any score we have.
#
# **What a score proves.** At 3 false matches in 3,000 pairs (LFW) it multiplies the odds by some 340 to 2,900. At a gate that is enough; out of a nation hundreds of thousands to millions of others fit.
#
# **Who bears more.** Between the highest and the lowest of ten groups of UTKFace false matches differ 34-fold (19 to 80; without duplicates; at `0.363`), with a border round the same
# chips 11-fold (9 to 14). The intervals exclude equality; the ratio belongs to a crop. The labels are a model's guesses, checked by people; nobody said it of themselves. The cause isn't known.
#
# **What is lost once.** A picture rebuilt from a stolen template matched the person's *other* photograph in `96` of `1,226` cases (6 to 9 in a hundred), and after 300 tries at home in `8` of `12`. A face can't be changed.
#
# **Law.** China's Personal Information Protection Law, Article 26 (since 1 November 2021; read): such cameras for public security only. The European AI Act, Article 5(1)(h) (since 2 February 2025; read): real-time identification by police only for three narrow aims.
# Neither speaks of thresholds.
#
# **Judgement.** Doors with a key: yes. A short list of named suspects under a law that says who may be listed and where, with errors by group published and a person who looks before anybody acts: arguable. The gallery of everybody, searched from cameras: no. My reason isn't that it
# errs, but that its errors fall on people who have no part in it, and that nothing technical holds it to its purpose.
#
# **Against me.** 938 glances may be a fair price for one missing child, and officers' memories err as well, unrecorded. I can't refute this for the rare case. It argues for *that* search, with a judge and an end, not for the database.
#
# **What would change my mind:** published errors by group from a running system, with intervals, on its own cameras; a record of every search that courts can read; and a use that was refused.
