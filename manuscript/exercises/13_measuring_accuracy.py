# %% [markdown]
# # 13 · Measuring accuracy: exercise
#
# You give a share its interval, resample people, say how many pairs show an FMR of one in a million, work out what an alarm and
# a score are worth, price a mistake of protocol, and judge a claim in words. Give it 120 minutes. Allowed: numpy, scipy.stats
# but for what a task excludes, and what a task names.

# %% locked="13-setup"
# Run this cell first. It is the same for everybody.
import numpy as np
import scipy.stats

import facelab.notebook
from facelab import published, results
from facelab.checks import NotDone

facelab.notebook.begin_exercise()
alerts = published("alerts")  # to play with: place, time, passed (NaN: not reported), alerts, false
coverage = results("coverage")  # how often intervals hold

# %% [markdown]
# ## 1 · Wilson's interval (2 points)
#
# Write `wilson(k, n, level)`: k errors (int, 0 to n) in n independent trials (int, 1 or more); level, float, between 0 and 1,
# such as .95, **two-sided**: the share of such intervals that should hold the truth. Return a tuple of two floats, low and high:
# the smallest and the largest p with
#
# $$\left|\frac{k}{n} - p\right| \le z \sqrt{\frac{p(1-p)}{n}}$$
#
# where a standard normal variable lies between -z and z with probability level (`scipy.stats.norm.ppf` gives quantiles). Solve
# for p yourself, without `scipy.stats.binom` and `binomtest`.

# %% answer="13-wilson" forbid=["facelab.verification.wilson_interval", "scipy.stats.binomtest", "statsmodels.stats.proportion.proportion_confint", "scipy.stats.binom"]
def wilson(k, n, level):
    ### BEGIN SOLUTION
    z = scipy.stats.norm.ppf((1 + level) / 2)
    share = k / n
    # The two roots of (1 + z²/n) p² - (2 share + z²/n) p + share² = 0.
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(middle - half), float(middle + half)
    ### END SOLUTION

# %% check="13-wilson" points=2
import numpy as np
import scipy.stats
from facelab.checks import expect


def around(middle, half):
    return float(middle - half), float(middle + half)


def roots(k, n, z):
    a, b, c = 1 + z * z / n, -(2 * k / n + z * z / n), (k / n) ** 2
    return around(-b / (2 * a), np.sqrt(b * b - 4 * a * c) / (2 * a))


def mistakes(k, n, z, p=scipy.stats.norm.ppf):
    low, high = roots(k, n, z)
    share, middle, wide, below = k / n, (low + high) / 2, (high - low) / 2, 1 + z * z / n
    spread = share * (1 - share) / n + z * z / (4 * n * n)
    return {
        "this is the normal approximation: the p under the root is the unknown one, not k / n": around(share, z * np.sqrt(share * (1 - share) / n)),
        "this is the level of a one-sided interval: z cuts off half of what is left on either side": roots(k, n, p(0.9)),
        "level is the share that should hold, not what is left: z is the quantile at (1 + level) / 2": roots(k, n, p(1 - 0.9 / 2)),
        "level is not z: the quantile of the normal distribution is missing": roots(k, n, 0.9),
        "z is always 1.96 here; it depends on the level": roots(k, n, p(0.975)),
        "this is the exact interval of Clopper and Pearson; the task asks for Wilson's":
            (float(scipy.stats.beta.ppf(0.05, k, n - k + 1)) if k else 0.0, float(scipy.stats.beta.isf(0.05, k + 1, n - k))),
        "the root is missing: the standard error is the square root of the variance": around(middle, z / below * spread),
        "half of the width is divided by 1 + z²/n, too": around(middle, wide * below),
        "z² over 2n is z**2 / (2 * n): without the brackets Python divides by 2 and multiplies by n": around((share + z**2 / 2 * n) / below, wide),
        "the middle of the interval is not k / n: solve for p": around(share, wide),
        "high comes after low": (high, low),
    }


two = float(scipy.stats.norm.ppf(0.95))
zero = "this is the normal approximation: with no error it has no width. The p under the root is the unknown one"
expect(wilson(0, 40, 0.9), roots(0, 40, two), {zero: (0.0, 0.0), **mistakes(0, 40, two)}, atol=1e-9)
expect(wilson(6, 40, 0.9), roots(6, 40, two), mistakes(6, 40, two))
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("13-wilson"))
for _ in range(6):
    n, level = int(10 ** rng.uniform(0.5, 6)), float(rng.uniform(0.5, 0.999))
    for k in (0, int(rng.integers(0, n + 1)), n):
        expect(wilson(int(k), int(n), float(level)), tuple(scipy.stats.binomtest(k, n).proportion_ci(level, "wilson")), atol=1e-9)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Resample people (3 points)
#
# Write `bootstrap_fmr(scores, person, threshold, drawn, level)`. scores (n, n), float64, symmetric: the score of every image with every
# image; person (n,), int, from 0 to P - 1: whose image each is, and each person has some; threshold, float; drawn (B, P), int: each **row** is one draw of P people
# with replacement, such as `[2, 0, 2]`; level, float. Nothing else is drawn.
#
# For each draw compute the FMR: the share of impostor pairs that score **at or above** the threshold, where each person occurs with all
# of his or her images as often as drawn. So a pair of images of a and b, a ≠ b, counts (times a was drawn) × (times b
# was drawn) times. Two copies of one person make **no** impostor pair. Every draw here holds two different people at least.
#
# Return a tuple: an array (B,) of the FMRs, and the middle `level` of them as two floats, low and high, by
# `numpy.quantile` as it is, without `scipy.stats.bootstrap`.

# %% answer="13-bootstrap" forbid=["facelab.verification.PairScores", "facelab.verification.rate_of_draws", "facelab.verification.percentile_interval", "scipy.stats.bootstrap"]
def bootstrap_fmr(scores, person, threshold, drawn, level):
    ### BEGIN SOLUTION
    people = drawn.shape[1]
    # Once for all draws: images accepted and compared, person by person. Then a draw is a weight on this small table.
    member = (person == np.arange(people)[:, None]).astype(float)
    accepted = member @ (scores >= threshold) @ member.T
    compared = member @ np.ones_like(scores) @ member.T
    np.fill_diagonal(accepted, 0)
    np.fill_diagonal(compared, 0)
    counts = np.stack([np.bincount(row, minlength=people) for row in drawn])
    # Every pair stands twice in the tables, above and below the diagonal: the share is the same.
    fmr = ((counts @ accepted) * counts).sum(axis=1) / ((counts @ compared) * counts).sum(axis=1)
    low, high = np.quantile(fmr, [(1 - level) / 2, (1 + level) / 2])
    return fmr, float(low), float(high)
    ### END SOLUTION

# %% check="13-bootstrap" points=3
import numpy as np
from facelab.checks import expect
person = np.array([0, 0, 1, 2, 2, 2, 3, 1])
scores = np.array([[9, 8, 1, 5, 2, 4, 3, 7], [0, 9, 6, 1, 5, 2, 1, 2], [0, 0, 9, 2, 1, 3, 5, 8], [0, 0, 0, 9, 7, 8, 2, 5],
                   [0, 0, 0, 0, 9, 6, 4, 1], [0, 0, 0, 0, 0, 9, 5, 2], [0, 0, 0, 0, 0, 0, 9, 1], [0, 0, 0, 0, 0, 0, 0, 9]], float)
scores = np.triu(scores) + np.triu(scores, 1).T
drawn = np.array([[0, 1, 2, 3], [2, 2, 0, 1], [3, 2, 3, 2], [1, 1, 1, 0], [0, 2, 2, 2]])
equal = bootstrap_fmr(scores.copy(), person.copy(), 5.0, np.tile(drawn[:1], (12, 1)), 0.8)
if isinstance(equal, tuple | list) and equal and np.shape(equal[0]) == (12,):
    expect(bool(np.ptp(equal[0]) < 1e-12), True, {
        "equal rows of drawn gave different rates: pairs were drawn, or other people. Who is drawn stands in drawn": False,
    })


def table(same, above, weigh):
    total, hits = np.zeros(5), np.zeros(5)
    for b, row in enumerate(drawn):
        c = np.bincount(row, minlength=4)
        for i in range(8):
            for j in range(i):
                if same(person[i], person[j]):
                    w = weigh(c[person[i]], c[person[j]])
                    total[b] += w
                    hits[b] += w * above(scores[i, j])
    return hits / total


def ends(values, level=0.8):
    return values, *(float(q) for q in np.quantile(values, [(1 - level) / 2, (1 + level) / 2]))


other, at = (lambda a, b: a != b), (lambda s: s >= 5)
want = table(other, at, lambda x, y: x * y)
with np.errstate(invalid="ignore"):
    once = table(other, at, lambda x, y: float(x > 0 and y > 0))
    means = np.array([want[0]] * 5)
    clones, votes, taken, impostors = [], [], [], []
    for row in drawn:
        times = np.bincount(row, minlength=4)[person]
        weight = np.triu(np.outer(times, times), 1)
        impostors.append(weight[person[:, None] != person].sum() / weight.sum())
        apart = [scores[np.ix_(person == a, person == b)] >= 5 for x, a in enumerate(row) for b in row[:x] if a != b]
        votes.append(np.mean([np.mean(block) for block in apart]))
        chosen = [scores[i, j] >= 5 for x, i in enumerate(row) for j in row[:x] if person[i] != person[j]]
        taken.append(np.mean(chosen) if chosen else np.nan)
        images = [i for p in row for i in np.flatnonzero(person == p)]
        copy = [k for k, p in enumerate(row) for _ in np.flatnonzero(person == p)]
        clones.append(np.mean([scores[a, b] >= 5 for x, a in enumerate(images) for y, b in enumerate(images[:x]) if copy[x] != copy[y]]))
expect(bootstrap_fmr(scores.copy(), person.copy(), 5.0, drawn.copy(), 0.8), ends(want), {
    "two copies of one person were taken for an impostor pair": ends(np.array(clones)),
    "a person drawn twice counts twice: the pairs were counted once": ends(once),
    "a pair of a and b counts the product of the two numbers, not their sum": ends(table(other, at, lambda x, y: (x + y) * (x > 0 and y > 0))),
    "genuine pairs were counted, too; FMR is about impostors": ends(table(lambda a, b: True, at, lambda x, y: x * y)),
    "these are the genuine pairs; FMR is about impostors": ends(table(lambda a, b: a == b, at, lambda x, y: x * y)),
    "a score equal to the threshold is accepted": ends(table(other, lambda s: s > 5, lambda x, y: x * y)),
    "this is FNMR's side: an impostor is falsely matched at or above the threshold": ends(table(other, lambda s: s < 5, lambda x, y: x * y)),
    "every draw has the same rate here: who was drawn, and how often, was not used": ends(means),
    "drawn holds people, not images: all images of a person come along": ends(np.array(taken)),
    "each couple of people has one vote here; count pairs of images": ends(np.array(votes)),
    "the rate is divided by all pairs of the draw; FMR is a share of the impostor pairs": ends(want * np.array(impostors)),
    "level was cut off on one side: half of what is left goes to either side": (want, float(np.quantile(want, 0.2)), float(np.quantile(want, 0.8))),
    "level is the share that lies in the middle: (1 - level) / 2 is left on either side": (want, float(np.quantile(want, 0.4)), float(np.quantile(want, 0.6))),
    "level is .8 here, not always .95": ends(want, 0.95),
    "these are mean and standard deviations; the task asks for quantiles of the draws":
        (want, float(want.mean() - 1.2815515655446004 * want.std()), float(want.mean() + 1.2815515655446004 * want.std())),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.verification import PairScores, percentile_interval
rng = np.random.default_rng(seed("13-bootstrap"))
for people, images in ((6, 20), (12, 50), (30, 90)):
    whose = rng.permutation(np.append(np.arange(people), rng.integers(0, people, images - people)))
    each = rng.normal(size=(images, images)).round(1)
    each = np.triu(each) + np.triu(each, 1).T
    rows = rng.integers(0, people, (40, people))
    rows[:, 0] = (rows[:, 1] + 1) % people
    pairs = PairScores.of_images(each, whose)
    rates = np.array([pairs.rate("fmr", 0.7, pairs.weights(np.bincount(row, minlength=people))) for row in rows])
    expect(bootstrap_fmr(each.copy(), whose.copy(), 0.7, rows.copy(), 0.95), (rates, *percentile_interval(rates, 0.95)))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · How many pairs, how many people? (1 point)
#
# Write `to_show(fmr, errors, level)`: fmr, float, such as 1e-6; errors, int, how many false matches occur in the test; level, float,
# **one-sided**, such as .95. Return a tuple of two ints:
#
# - the smallest number n of independent impostor pairs for which so few errors (`errors` or fewer) would have a probability of **at
#   most** 1 - level if the rate were fmr, so that the test shows a rate no higher (`scipy.stats.binom` may be used),
# - how many people that takes if nobody may occur in two pairs.
#
# It must be right to the last pair, also for fmr = 1e-6; a loop over every n would take too long. Double a number until it is
# enough; then halve the gap between the last that was too small and the first that was enough.

# %% answer="13-pairs" forbid=["facelab.verification.trials_needed", "facelab.verification.rule_of_three", "facelab.verification.clopper_pearson_interval"]
def to_show(fmr, errors, level):
    ### BEGIN SOLUTION
    low, high = errors, errors + 1  # low is too few
    while scipy.stats.binom.cdf(errors, high, fmr) > 1 - level:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if scipy.stats.binom.cdf(errors, middle, fmr) <= 1 - level:
            high = middle
        else:
            low = middle
    return high, 2 * high
    ### END SOLUTION

# %% check="13-pairs" points=1
import math
import numpy as np
from facelab.checks import expect
from facelab.verification import trials_needed
got = to_show(0.01, 0, 0.95)
if isinstance(got, tuple | list):
    expect(all(isinstance(value, int | np.integer) for value in got), True, {"a number of pairs, or of people, is a whole number: int, not float": False})
n = trials_needed(1e-6, 0, 0.95)
expect(to_show(1e-6, 0, 0.95), (n, 2 * n), {
    "three divided by the rate is the rule of thumb; the task asks for the exact number": (3_000_000, 6_000_000),
    "-log(1 - level) / fmr is an approximation, too: a clean run has the probability (1 - fmr)ⁿ":
        (math.ceil(-math.log(0.05) / 1e-6), 2 * math.ceil(-math.log(0.05) / 1e-6)),
    "so few errors should be improbable: at most 1 - level, not level": (trials_needed(1e-6, 0, 0.05), 2 * trials_needed(1e-6, 0, 0.05)),
    "this is the two-sided level; to show that a rate is no higher is one-sided": (trials_needed(1e-6, 0, 0.975), 2 * trials_needed(1e-6, 0, 0.975)),
    "one divided by the rate: with so few pairs a clean test is likely although the rate is fmr": (1_000_000, 2_000_000),
    "each pair needs two people who occur in no other": (n, n),
    "all pairs of P people are P (P - 1) / 2, but they share people: they aren't independent": (n, 2449),
    "rounded down: one pair too few": (n - 1, 2 * (n - 1)),
})
n = trials_needed(0.001, 2, 0.9)
expect(to_show(0.001, 2, 0.9), (n, 2 * n), {
    "the errors were forgotten: with some errors more pairs are needed": (trials_needed(0.001, 0, 0.9), 2 * trials_needed(0.001, 0, 0.9)),
    "this is for fewer errors than seen: `errors` or fewer includes `errors`": (trials_needed(0.001, 1, 0.9), 2 * trials_needed(0.001, 1, 0.9)),
    "level is .9 here, not always .95": (trials_needed(0.001, 2, 0.95), 2 * trials_needed(0.001, 2, 0.95)),
    "the search ended at its upper end, 3 / fmr: double it until it is enough": (3001, 6002),
    "this is the probability of exactly `errors` (pmf); `errors` or fewer is cdf": (3, 6),
})
### BEGIN HIDDEN TESTS
import numpy as np
import scipy.stats
from facelab.checks import seed
rng = np.random.default_rng(seed("13-pairs"))
for _ in range(5):
    fmr, errors, level = float(10 ** rng.uniform(-7, -1)), int(rng.integers(0, 9)), float(rng.uniform(0.8, 0.99))
    pairs, people = to_show(float(fmr), int(errors), float(level))
    expect(people, 2 * pairs)
    shown = [bool(scipy.stats.binomtest(errors, n, fmr, "less").pvalue <= 1 - level) for n in (pairs - 1, pairs)]
    expect(shown, [False, True])
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · What an alarm and a score are worth (2 points)
#
# Write two functions.
#
# - `predictive_value(sensitivity, false_positive_rate, prevalence)`, floats from 0 to 1: of those who are looked for, the share that
#   raises an alarm; of the others, the share that does; the share of those who pass who are looked for. Return the probability, a
#   float, that an alarm is right.
# - `posterior(prior, likelihood_ratio)`: prior, float, the **probability** that two pictures show one person before their score
#   is known; likelihood_ratio, float, of the score: how many times as probable it is if they do. Return the probability after it is known.

# %% answer="13-worth" forbid=["facelab.verification.positive_predictive_value", "facelab.video.alarms_an_hour"]
def predictive_value(sensitivity, false_positive_rate, prevalence):
    ### BEGIN SOLUTION
    right = sensitivity * prevalence
    wrong = false_positive_rate * (1 - prevalence)
    return right / (right + wrong)
    ### END SOLUTION


def posterior(prior, likelihood_ratio):
    ### BEGIN SOLUTION
    odds = likelihood_ratio * prior / (1 - prior)  # Bayes' theorem is a product for odds only
    return odds / (1 + odds)
    ### END SOLUTION

# %% check="13-worth" points=2
from facelab.checks import expect
expect(predictive_value(0.9, 0.01, 0.002), 18 / (18 + 99.8), {
    "the prevalence is ignored: this is what it would be if half of those who pass were looked for": 0.9 / 0.91,
    "this is 1 - false positive rate: the share of innocent people who pass, not the share of alarms that are right": 0.99,
    "this is the sensitivity: the share of those looked for who raise an alarm": 0.9,
    "the wrong alarms come from those who are not looked for: 1 - prevalence": 0.0018 / (0.0018 + 0.01),
    "the two roles of prevalence are exchanged": 0.9 * 0.998 / (0.9 * 0.998 + 0.01 * 0.002),
    "this is the share of all who pass who raise an alarm": 0.0018 + 0.00998,
    "this is the share of alarms that are wrong": 99.8 / (18 + 99.8),
    "these are right alarms for each wrong one (odds), not a share": 18 / 99.8,
    "this is an alarm's likelihood ratio; the prevalence is missing": 90.0,
})
expect(posterior(0.2, 6.0), 0.6, {
    "the prior is ignored: this takes both for equally probable beforehand": 6 / 7,
    "this is the prosecutor's fallacy: 1 - 1 / likelihood ratio says nothing of who is innocent": 5 / 6,
    "a probability was multiplied, not odds": 1.2,
    "these are the posterior odds; the task asks for the probability": 1.5,
    "the prior is a probability: turn it into odds, prior / (1 - prior), first": 1.2 / 2.2,
    "odds are prior / (1 - prior), not prior / (1 + prior)": 0.5,
    "this is the probability that they show two people": 0.4,
    "the ratio is upside down": 0.04,
})
### BEGIN HIDDEN TESTS
import numpy as np
from facelab.checks import seed
rng = np.random.default_rng(seed("13-worth"))
for _ in range(5):
    people = int(rng.integers(10**5, 10**7))
    wanted = int(rng.integers(10, 10**4))
    found, named = int(rng.integers(1, wanted + 1)), int(rng.integers(1, people // 100))
    expect(predictive_value(float(found / wanted), float(named / (people - wanted)), float(wanted / people)), found / (found + named))
    same, pairs = int(rng.integers(5, 50)), 1000
    hit, others = float(rng.uniform(0.2, 1)), float(10 ** rng.uniform(-5, -1))
    right, wrong = hit * same, others * (pairs - same)
    expect(posterior(float(same / pairs), float(hit / others)), right / (right + wrong))
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · A mistake of protocol, and its price (2 points)
#
# A report says: *we tested 500 pairs and give the accuracy at the threshold that is best on them*. Redo it. Write
# `price(tune_scores, tune_same, test_scores, test_same, thresholds)`: scores, float64, and same, bool, of pairs to tune on and of pairs to test on;
# thresholds (t,), float64, rising: the only ones to choose from. A pair is decided *same* if its score is **at or above** the
# threshold; accuracy is the share of pairs decided rightly. Of equally good thresholds take the **lowest**. Return a tuple of three floats:
#
# - the honest accuracy: on the test pairs, at the threshold that is best on the pairs to tune on,
# - the reported accuracy: on the test pairs, at the threshold that is best on the test pairs,
# - by how many **percentage points** the report flatters.

# %% answer="13-price" forbid=["facelab.verification.best_threshold", "facelab.verification.accuracy_by_fold", "facelab.verification.roc"]
def price(tune_scores, tune_same, test_scores, test_same, thresholds):
    ### BEGIN SOLUTION
    def accuracies(scores, same):
        return ((scores >= thresholds[:, None]) == same).mean(axis=1)

    tuned, tested = accuracies(tune_scores, tune_same), accuracies(test_scores, test_same)
    honest = tested[tuned.argmax()]  # argmax gives the first of equal ones, which is the lowest threshold
    return float(honest), float(tested.max()), float(100 * (tested.max() - honest))
    ### END SOLUTION

# %% check="13-price" points=2
import numpy as np
from facelab.checks import expect
tune_scores = np.array([0.55, 0.7, 0.55, 0.1, 0.5, 0.05, 0.65, 0.95, 0.6, 0.35, 0.95, 0.55, 0.05, 0.8, 0.05, 0.65, 0.55, 0.4])
tune_same = np.array([0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0], bool)
test_scores = np.array([0.3, 0.3, 0.7, 0.1, 0.5, 0.7, 0.9, 0.5, 0.55, 0.65, 0.2, 0.35, 0.6, 0.05, 0.95, 0.5, 0.45, 0.2, 0.4])
test_same = np.array([1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1], bool)
grid = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def right(scores, same, ties=True, limits=grid):
    above = scores >= limits[:, None] if ties else scores > limits[:, None]
    return (above == same).mean(axis=1)


tuned, tested = right(tune_scores, tune_same), right(test_scores, test_same)
open_tuned, open_tested = right(tune_scores, tune_same, False), right(test_scores, test_same, False)
last = len(grid) - 1 - int(tuned[::-1].argmax())
honest, reported = float(tested[tuned.argmax()]), float(tested.max())


def told(first, second):
    return float(first), float(second), 100 * float(second - first)


def kinds(scores, same):
    above = scores >= grid[:, None]
    return above[:, same].mean(axis=1), 1 - above[:, ~same].mean(axis=1)


evenly, evenly_tested = (sum(kinds(*pairs)) / 2 for pairs in ((tune_scores, tune_same), (test_scores, test_same)))
crossing = int(np.abs(np.subtract(*kinds(tune_scores, tune_same))).argmin())
own = [right(*pairs, limits=np.unique(tune_scores)) for pairs in ((tune_scores, tune_same), (test_scores, test_same))]
pooled = int((len(tune_scores) * tuned + len(test_scores) * tested).argmax())
expect(price(tune_scores.copy(), tune_same.copy(), test_scores.copy(), test_same.copy(), grid.copy()), (honest, reported, 100 * (reported - honest)), {
    "the threshold was tuned on the test pairs: that is the mistake, not the honest way": (reported, reported, 0.0),
    "this is the accuracy on the pairs to tune on; report the test": told(tuned.max(), reported),
    "the report's accuracy is on the test pairs as well, at the threshold that is best on them": told(honest, tuned.max()),
    "accuracy is the share of all pairs, not the mean of the shares of the two kinds": told(evenly_tested[evenly.argmax()], evenly_tested.max()),
    "the best threshold is that of the best accuracy, not of the best mean of the two kinds' shares": told(tested[evenly.argmax()], reported),
    "this threshold makes the two kinds of errors equal; take the one with the best accuracy": told(tested[crossing], reported),
    "these are shares of errors; accuracy is the share decided rightly": (1 - honest, 1 - reported, 100 * (reported - honest)),
    "the accuracies are shares; only the third is in percentage points": (100 * honest, 100 * reported, 100 * (reported - honest)),
    "the third is a share; percentage points are a hundred times that": (honest, reported, reported - honest),
    "the price is what the report has too much: reported less honest": (honest, reported, 100 * (honest - reported)),
    "a percentage of the honest accuracy is not a number of percentage points": (honest, reported, 100 * (reported - honest) / honest),
    "honest comes first, then reported": (reported, honest, 100 * (reported - honest)),
    "the thresholds to choose from are given; these are the scores themselves": told(own[1][own[0].argmax()], own[1].max()),
    "of equally good thresholds the lowest was asked for": told(tested[last], reported),
    "a score equal to the threshold is decided *same*": told(open_tested[open_tuned.argmax()], open_tested.max()),
    "the threshold is the best on all pairs together: the test has a say in it": told(tested[pooled], reported),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("13-price"))
for n, m in ((300, 500), (40, 60), (25, 1000)):
    sets = []
    for size in (n, m):
        kind = rng.random(size) < 0.5
        sets.append((np.round(rng.normal(0.6 * kind, 0.5), 2), kind))
    steps = np.round(np.arange(-1, 2, 0.05), 2)
    best = []
    for scores, kind in sets:
        each = [np.mean([(s >= t) == k for s, k in zip(scores, kind)]) for t in steps]
        best.append(int(np.flatnonzero(np.isclose(each, max(each)))[0]))
    on_test = [float(np.mean((sets[1][0] >= steps[b]) == sets[1][1])) for b in best]
    got = price(sets[0][0].copy(), sets[0][1].copy(), sets[1][0].copy(), sets[1][1].copy(), steps.copy())
    expect(got, (on_test[0], on_test[1], 100 * (on_test[1] - on_test[0])), atol=1e-9)
### END HIDDEN TESTS

# %% [markdown]
# Try it, in a new cell: which of `alerts` had the larger share of wrong ones, and how sure is that? `coverage` has what interval holds how often.
#
# ## 6 · A verdict (4 points)
#
# A person marks this one. A vendor writes to a city:
#
# > *Our system made no false match in about 45,000 comparisons of 100 volunteers (three pictures each), so its false match rate is zero, and
# > surely below one in 15,000. On the 1,000 pairs with which our engineers chose the threshold it decided 199 of every 200 rightly. In a trial at your station two of every three
# > alarms were right. An alarm can therefore be acted on.*
#
# In 150 to 300 words: what do these figures bear? Your answer should
#
# - say what is wrong with the false match rate and its bound, and what bound 100 people give if nobody may occur in two pairs (lesson 13; task 3),
# - name the mistake in the 199 of 200, and what would have to be done instead,
# - say what *two of three* depends on, with a sum of your own for another place,
# - end with what the city may conclude, and what it should ask for before any alarm is acted on.

# %% [markdown] written="13-verdict" points=4
# *No false match.* Zero errors are a count, and not a rate of zero. Three divided by 45,000 does bound the rate by one in 15,000, if the
# pairs were independent. They aren't: 100 people make all of them, and one more volunteer who looks like some of the others
# would bring many false matches at once. Only 50 pairs of 100 people share nobody; with those the rule of three gives three in 50.
# A bootstrap can't help, since it finds no error to draw. To show one in a million takes six million people.
#
# *199 of 200.* The threshold was set on the pairs that were counted. That flatters, by how much can't be seen from here. One
# sets the threshold on other people, tests once, and gives an interval: even if 1,000 such pairs were independent, 5 errors are between two
# and twelve in a thousand. And the false match rate must be given at the same threshold.
#
# *Two of three* is a property of the place, and not only of the system. Say that one of 1,000 who passed in the trial was wanted, and that nine
# in ten of those were found. Then of a million people 900 alarms were right and 450 wrong. Where one of 50,000 is wanted, the
# same system raises 18 right alarms in a million people, and 450 wrong ones: one in 26 is right.
#
# The city may conclude that the system found some people in its trial. It should ask for FMR and TMR at one fixed threshold, on people and pictures
# like its own, with intervals by person, faces not found counted as missed, and rates by group. And an alarm should be a reason to
# look, by somebody who may say no.
