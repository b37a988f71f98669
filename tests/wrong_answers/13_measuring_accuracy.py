"""Wrong answers to exercise 13, each with the hint that it must earn: task id → [(hint, code)]."""


def wilson(z="scipy.stats.norm.ppf((1 + level) / 2)", ends="middle - half, middle + half", extra=""):
    return f"""
def wilson(k, n, level):
    z = {z}
    share = k / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    {extra or "pass"}
    low, high = {ends}
    return float(low), float(high)
"""


BOOTSTRAP = """
def bootstrap_fmr(scores, person, threshold, drawn, level):
    people = drawn.shape[1]
    i, j = np.triu_indices(len(person), 1)
    a, b = person[i], person[j]
    kind = a != b
    hit = scores[i, j] >= threshold
    rates = []
    for row in drawn:
        c = np.bincount(row, minlength=people)
        w = c[a] * c[b] * kind
        rates.append((w * hit).sum() / w.sum())
    rates = np.array(rates)
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return rates, float(low), float(high)
"""


def bootstrap(old, new):
    assert BOOTSTRAP.count(old) == 1
    return BOOTSTRAP.replace(old, new)


CLONES = """
def bootstrap_fmr(scores, person, threshold, drawn, level):
    rates = []
    for row in drawn:
        images = np.concatenate([np.flatnonzero(person == p) for p in row])
        copy = np.concatenate([np.full((person == p).sum(), k) for k, p in enumerate(row)])
        i, j = np.triu_indices(len(images), 1)
        other = copy[i] != copy[j]
        rates.append((scores[images[i], images[j]] >= threshold)[other].mean())
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return np.array(rates), float(low), float(high)
"""

PAIRS = """
def to_show(fmr, errors, level):
    low, high = errors, errors + 1
    while scipy.stats.binom.cdf(errors, high, fmr) > 1 - level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if scipy.stats.binom.cdf(errors, middle, fmr) <= 1 - level:
            high = middle
        else:
            low = middle
    return high, 2 * high
"""


def pairs(first, answer="high, 2 * high"):
    """The right answer with a line before it, and another answer."""
    return PAIRS.replace(
        "    low, high = errors, errors + 1\n", f"    {first}\n    low, high = errors, errors + 1\n"
    ).replace("return high, 2 * high", f"return {answer}")


def worth(value="right / (right + wrong)", after="odds / (1 + odds)", odds="likelihood_ratio * prior / (1 - prior)"):
    return f"""
def predictive_value(sensitivity, false_positive_rate, prevalence):
    right = sensitivity * prevalence
    wrong = false_positive_rate * (1 - prevalence)
    return {value}


def posterior(prior, likelihood_ratio):
    odds = {odds}
    return {after}
"""


def price(
    chosen="tuned.argmax()",
    answer="honest, reported, 100 * (reported - honest)",
    honest="tested[best]",
    above=">=",
):
    return f"""
def price(tune_scores, tune_same, test_scores, test_same, thresholds):
    tuned = ((tune_scores {above} thresholds[:, None]) == tune_same).mean(axis=1)
    tested = ((test_scores {above} thresholds[:, None]) == test_same).mean(axis=1)
    best = {chosen}
    honest, reported = float({honest}), float(tested.max())
    return {answer}
"""


WRONG = {
    "13-wilson": [
        (
            "this is the normal approximation: with no error it has no width. The p under the root is the unknown one",
            wilson(extra="middle, half = share, z * np.sqrt(share * (1 - share) / n)"),
        ),
        (
            "this is the normal approximation: the p under the root is the unknown one, not k / n",
            wilson(extra="if k > 0: middle, half = share, z * np.sqrt(share * (1 - share) / n)"),
        ),
        (
            "this is the level of a one-sided interval: z cuts off half of what is left on either side",
            wilson("scipy.stats.norm.ppf(level)"),
        ),
        ("level is not z: the quantile of the normal distribution is missing", wilson("level")),
        (
            "this is the exact interval of Clopper and Pearson; the task asks for Wilson's",
            wilson(
                ends="(scipy.stats.beta.ppf((1 - level) / 2, k, n - k + 1) if k else 0.0,"
                " scipy.stats.beta.isf((1 - level) / 2, k + 1, n - k) if k < n else 1.0)"
            ),
        ),
        (
            "the root is missing: the standard error is the square root of the variance",
            wilson(
                extra="if k > 0: half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2))",
            ),
        ),
        (
            "the middle of the interval is not k / n: solve for p",
            wilson(extra="if k > 0: middle = share"),
        ),
        (
            "z is always 1.96 here; it depends on the level",
            wilson("scipy.stats.norm.ppf(0.975 if k else (1 + level) / 2)"),
        ),
        (
            "high comes after low",
            wilson(ends="(middle + half, middle - half) if k else (middle - half, middle + half)"),
        ),
    ],
    "13-bootstrap": [
        ("two copies of one person were taken for an impostor pair", CLONES),
        (
            "a person drawn twice counts twice: the pairs were counted once",
            bootstrap("c = np.bincount(row, minlength=people)", "c = np.bincount(row, minlength=people) > 0"),
        ),
        (
            "a pair of a and b counts the product of the two numbers, not their sum",
            bootstrap("c[a] * c[b] * kind", "(c[a] + c[b]) * (c[a] > 0) * (c[b] > 0) * kind"),
        ),
        ("genuine pairs were counted, too; FMR is about impostors", bootstrap("kind = a != b", "kind = True")),
        ("these are the genuine pairs; FMR is about impostors", bootstrap("kind = a != b", "kind = a == b")),
        ("a score equal to the threshold is accepted", bootstrap(">= threshold", "> threshold")),
        (
            "this is FNMR's side: an impostor is falsely matched at or above the threshold",
            bootstrap(">= threshold", "< threshold"),
        ),
        (
            "pairs were drawn, not people: every draw here gives the same rate",
            bootstrap("c = np.bincount(row, minlength=people)", "c = np.ones(people)"),
        ),
        (
            "level was cut off on one side: half of what is left goes to either side",
            bootstrap("[(1 - level) / 2, (1 + level) / 2]", "[1 - level, level]"),
        ),
        (
            "these are mean and standard deviations; the task asks for quantiles of the draws",
            bootstrap(
                "np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])",
                "rates.mean() + scipy.stats.norm.ppf((1 + level) / 2) * rates.std() * np.array([-1, 1])",
            ),
        ),
    ],
    "13-pairs": [
        (
            "three divided by the rate is the rule of thumb; the task asks for the exact number",
            pairs("", "round(3 / fmr), 2 * round(3 / fmr)"),
        ),
        (
            "this is the two-sided level; to show that a rate is no higher is one-sided",
            pairs("level = (1 + level) / 2"),
        ),
        (
            "one divided by the rate: with so few pairs a clean test is likely although the rate is fmr",
            pairs("", "round(1 / fmr), 2 * round(1 / fmr)"),
        ),
        ("each pair needs two people who occur in no other", pairs("", "high, high")),
        (
            "all pairs of p people are p (p - 1) / 2, but they share people: they aren't independent",
            pairs("", "high, int(np.ceil((1 + np.sqrt(1 + 8 * high)) / 2))"),
        ),
        ("rounded down: one pair too few", pairs("", "high - 1, 2 * (high - 1)")),
        ("the errors were forgotten: with some errors more pairs are needed", pairs("errors = 0")),
        (
            "this is for fewer errors than seen: `errors` or fewer includes `errors`",
            pairs("errors = max(errors - 1, 0)"),
        ),
        ("level is .9 here, not always .95", pairs("level = 0.95")),
    ],
    "13-worth": [
        (
            "the prevalence is ignored: this is what it would be if half of those who pass were looked for",
            worth("sensitivity / (sensitivity + false_positive_rate)"),
        ),
        (
            "this is 1 - false positive rate: the share of innocent people who pass, not the share of alarms that are"
            " right",
            worth("1 - false_positive_rate"),
        ),
        ("this is the sensitivity: the share of those looked for who raise an alarm", worth("sensitivity")),
        (
            "the wrong alarms come from those who are not looked for: 1 - prevalence",
            worth("right / (right + false_positive_rate)"),
        ),
        (
            "the two roles of prevalence are exchanged",
            worth(
                "sensitivity * (1 - prevalence) / (sensitivity * (1 - prevalence) + false_positive_rate * prevalence)"
            ),
        ),
        ("this is the share of all who pass who raise an alarm", worth("right + wrong")),
        ("this is the share of alarms that are wrong", worth("wrong / (right + wrong)")),
        ("these are right alarms for each wrong one (odds), not a share", worth("right / wrong")),
        (
            "the prior is ignored: this takes both for equally probable beforehand",
            worth(after="likelihood_ratio / (1 + likelihood_ratio)"),
        ),
        (
            "this is the prosecutor's fallacy: 1 - 1 / likelihood ratio says nothing of who is innocent",
            worth(after="1 - 1 / likelihood_ratio"),
        ),
        ("a probability was multiplied, not odds", worth(after="likelihood_ratio * prior")),
        ("these are the posterior odds; the task asks for the probability", worth(after="odds")),
        (
            "the prior is a probability: turn it into odds, prior / (1 - prior), first",
            worth(odds="likelihood_ratio * prior"),
        ),
        ("the ratio is upside down", worth(odds="prior / (1 - prior) / likelihood_ratio")),
    ],
    "13-price": [
        (
            "the threshold was tuned on the test pairs: that is the mistake, not the honest way",
            price("tested.argmax()"),
        ),
        ("this is the accuracy on the pairs to tune on; report the test", price(honest="tuned.max()")),
        (
            "the third is a share; percentage points are a hundred times that",
            price(answer="honest, reported, reported - honest"),
        ),
        (
            "the price is what the report has too much: reported less honest",
            price(answer="honest, reported, 100 * (honest - reported)"),
        ),
        (
            "a percentage of the honest accuracy is not a number of percentage points",
            price(answer="honest, reported, 100 * (reported - honest) / honest"),
        ),
        ("honest comes first, then reported", price(answer="reported, honest, 100 * (reported - honest)")),
        (
            "of equally good thresholds the lowest was asked for",
            price("len(thresholds) - 1 - tuned[::-1].argmax()"),
        ),
        ("a score equal to the threshold is decided *same*", price(above=">")),
        (
            "the threshold is the best on all pairs together: the test has a say in it",
            price("(len(tune_scores) * tuned + len(test_scores) * tested).argmax()"),
        ),
    ],
}
