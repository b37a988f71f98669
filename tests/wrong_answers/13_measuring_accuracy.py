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

BY_PAIR = """
def bootstrap_fmr(scores, person, threshold, drawn, level):
    i, j = np.triu_indices(len(person), 1)
    hit = (scores[i, j] >= threshold)[person[i] != person[j]]
    rng = np.random.default_rng(0)
    rates = np.array([rng.choice(hit, len(hit)).mean() for _ in drawn])
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return rates, float(low), float(high)
"""

OF_IMAGES = """
def bootstrap_fmr(scores, person, threshold, drawn, level):
    rates = []
    for row in drawn:
        other = person[row][:, None] != person[row]
        rates.append((scores[np.ix_(row, row)] >= threshold)[other].mean() if other.any() else np.nan)
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return np.array(rates), float(low), float(high)
"""

COUPLES = """
def bootstrap_fmr(scores, person, threshold, drawn, level):
    rates = []
    for row in drawn:
        couples = [(a, b) for x, a in enumerate(row) for b in row[:x] if a != b]
        rates.append(np.mean([np.mean(scores[np.ix_(person == a, person == b)] >= threshold) for a, b in couples]))
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


def evenly(which, sign="+"):
    """The mean of the two kinds' shares decided rightly at each threshold; with a minus, half their difference."""
    above = f"({which}_scores >= thresholds[:, None])"
    return f"({above}[:, {which}_same].mean(axis=1) {sign} (1 - {above}[:, ~{which}_same].mean(axis=1))) / 2"


WRONG = {
    "13-wilson": [
        (
            "this is the normal approximation: with no error it has no width. The p under the root is the unknown one",
            wilson(extra="middle, half = share, z * np.sqrt(share * (1 - share) / n)"),
        ),
        (
            "this is the normal approximation: the p under the root is the unknown one, not k / n",
            wilson(extra="if k > 0: middle, half = share, z * np.sqrt(share * (1 - share) / n)"),  # mended at 0 only
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
                extra="half = z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2))",
            ),
        ),
        (
            "the middle of the interval is not k / n: solve for p",
            wilson(extra="middle = share"),
        ),
        (
            "z is always 1.96 here; it depends on the level",
            wilson("scipy.stats.norm.ppf(0.975)"),
        ),
        ("high comes after low", wilson("scipy.stats.norm.ppf((1 - level) / 2)")),
        (
            "level is the share that should hold, not what is left: z is the quantile at (1 + level) / 2",
            wilson("scipy.stats.norm.ppf(1 - level / 2)"),
        ),
        ("half of the width is divided by 1 + z²/n, too", wilson(extra="half *= 1 + z**2 / n")),
        (
            "z² over 2n is z**2 / (2 * n): without the brackets Python divides by 2 and multiplies by n",
            wilson(extra="middle = (share + z**2 / 2 * n) / (1 + z**2 / n)"),
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
            "every draw has the same rate here: who was drawn, and how often, was not used",
            bootstrap("c = np.bincount(row, minlength=people)", "c = np.ones(people)"),
        ),
        (
            "equal rows of drawn gave different rates: pairs were drawn, or other people. Who is drawn stands in drawn",
            BY_PAIR,
        ),
        ("drawn holds people, not images: all images of a person come along", OF_IMAGES),
        (
            "each couple of people has one vote here; count pairs of images",
            COUPLES,
        ),
        (
            "the rate is divided by all pairs of the draw; FMR is a share of the impostor pairs",
            bootstrap("w.sum())", "(c[a] * c[b]).sum())"),
        ),
        (
            "level is the share that lies in the middle: (1 - level) / 2 is left on either side",
            bootstrap("[(1 - level) / 2, (1 + level) / 2]", "[level / 2, 1 - level / 2]"),
        ),
        (
            "level is .8 here, not always .95",
            bootstrap("[(1 - level) / 2, (1 + level) / 2]", "[0.025, 0.975]"),
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
            "all pairs of P people are P (P - 1) / 2, but they share people: they aren't independent",
            pairs("", "high, int(np.ceil((1 + np.sqrt(1 + 8 * high)) / 2))"),
        ),
        ("rounded down: one pair too few", pairs("", "high - 1, 2 * (high - 1)")),
        ("the errors were forgotten: with some errors more pairs are needed", pairs("errors = 0")),
        (
            "this is for fewer errors than seen: `errors` or fewer includes `errors`",
            pairs("errors = max(errors - 1, 0)"),
        ),
        ("level is .9 here, not always .95", pairs("level = 0.95")),
        (
            "a number of pairs, or of people, is a whole number: int, not float",
            PAIRS.replace("errors, errors + 1", "errors, float(errors + 1)"),
        ),
        (
            "-log(1 - level) / fmr is an approximation, too: a clean run has the probability (1 - fmr)ⁿ",
            pairs("import math", "math.ceil(-math.log(1 - level) / fmr), 2 * math.ceil(-math.log(1 - level) / fmr)"),
        ),
        ("so few errors should be improbable: at most 1 - level, not level", pairs("level = 1 - level")),
        (
            "the search ended at its upper end, 3 / fmr: double it until it is enough",
            pairs("")
            .replace("low, high = errors, errors + 1", "low, high = 0, int(3 / fmr) + 1")
            .replace("while scipy", "if 0 and scipy"),
        ),
        (
            "this is the probability of exactly `errors` (pmf); `errors` or fewer is cdf",
            PAIRS.replace("binom.cdf", "binom.pmf"),
        ),
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
        (
            "this is an alarm's likelihood ratio; the prevalence is missing",
            worth("sensitivity / false_positive_rate"),
        ),
        (
            "odds are prior / (1 - prior), not prior / (1 + prior)",
            worth(odds="likelihood_ratio * prior / (1 + prior)"),
        ),
        ("this is the probability that they show two people", worth(after="1 / (1 + odds)")),
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
        (
            "the report's accuracy is on the test pairs as well, at the threshold that is best on them",
            price(answer="honest, float(tuned.max()), 100 * (float(tuned.max()) - honest)"),
        ),
        (
            "accuracy is the share of all pairs, not the mean of the shares of the two kinds",
            price(f"(tuned := {evenly('tune')}, tested := {evenly('test')})[0].argmax()"),
        ),
        (
            "the best threshold is that of the best accuracy, not of the best mean of the two kinds' shares",
            price(f"({evenly('tune')}).argmax()"),
        ),
        (
            "this threshold makes the two kinds of errors equal; take the one with the best accuracy",
            price(f"np.abs({evenly('tune', '-')}).argmin()"),
        ),
        (
            "the thresholds to choose from are given; these are the scores themselves",
            price().replace("    tuned =", "    thresholds = np.unique(tune_scores)\n    tuned ="),
        ),
        (
            "these are shares of errors; accuracy is the share decided rightly",
            price(answer="1 - honest, 1 - reported, 100 * (reported - honest)"),
        ),
        (
            "the accuracies are shares; only the third is in percentage points",
            price(answer="100 * honest, 100 * reported, 100 * (reported - honest)"),
        ),
    ],
}
