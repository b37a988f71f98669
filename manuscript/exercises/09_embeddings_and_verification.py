# %% [markdown]
# # 09 · Embeddings and verification: exercise
#
# You get scores and say what they are worth: error rates, the equal error rate, a threshold that holds on people who had
# no part in choosing it, and LFW's figure. Allowed: numpy and what a task names. A higher score always means more alike;
# a pair is accepted if its score is **at or above** the threshold.

# %% locked="09-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import results
from facelab.checks import NotDone
from facelab.datasets import load_orl
from facelab.embedding import orl_templates

facelab.notebook.begin_exercise()
templates = orl_templates()  # (400, 128) float32, unit length: SFace's templates of ORL, to play with
person = load_orl().person  # (400,) whose each is
lfw = results("lfw_sface")  # fields fold, same, left, right, score: LFW's 6,000 pairs

# %% [markdown]
# ## 1 · Two error rates (2 points)
#
# Write `error_rates(genuine, impostor, thresholds)`. genuine (g,) and impostor (i,), float64, are scores of pairs of one
# person and of two people; thresholds (t,), float64, in any order. Return a tuple (fmr, fnmr) of two arrays (t,) of shares
# from 0 to 1, in the order of the thresholds: FMR is the share of impostor pairs that are accepted, FNMR the share of
# genuine pairs that are not.

# %% answer="09-rates" forbid=["facelab.verification.roc", "facelab.verification.share_at_or_above", "sklearn.metrics.roc_curve", "sklearn.metrics.det_curve"]
def error_rates(genuine, impostor, thresholds):
    ### BEGIN SOLUTION
    # One comparison of all scores with all thresholds: rows are thresholds, columns are pairs.
    fmr = (impostor[None, :] >= thresholds[:, None]).mean(axis=1)
    fnmr = (genuine[None, :] < thresholds[:, None]).mean(axis=1)
    return fmr, fnmr
    ### END SOLUTION

# %% check="09-rates" points=2
import numpy as np
from facelab.checks import expect
genuine, impostor = np.array([0.9, 0.4, 0.6, 0.7, 0.8]), np.array([0.1, 0.5, 0.6, 0.2])
thresholds = np.array([0.7, 0.0, 0.6, 0.3, 1.0])
fmr, fnmr = np.array([0, 1, 0.25, 0.5, 0]), np.array([0.4, 0, 0.2, 0, 1])
rates = error_rates(genuine.copy(), impostor.copy(), thresholds.copy())
expect(len(rates), 2)
expect([np.asarray(r) for r in rates], [fmr, fnmr], {
    "the two are exchanged: FMR is about impostors, FNMR about genuine pairs": [fnmr, fmr],
    "a score equal to the threshold is accepted": [np.array([0, 1, 0, 0.5, 0]), np.array([0.6, 0, 0.4, 0, 1])],
    "the second is the share of genuine pairs accepted (TMR); FNMR is the share that is not": [fmr, 1 - fnmr],
    "the first is the share of impostor pairs refused; FMR is the share accepted": [1 - fmr, fnmr],
    "these are counts; the task asks for shares": [4 * fmr, 5 * fnmr],
    "each is a share of its own kind of pairs, not of all pairs": [fmr * 4 / 9, fnmr * 5 / 9],
    "the thresholds were sorted: keep their order": [np.sort(fmr)[::-1], np.sort(fnmr)],
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("09-rates"))
for g, i, t in ((70, 90, 12), (1, 5, 30)):
    genuine, impostor = np.round(rng.normal(1, 1, g), 1), np.round(rng.normal(0, 1, i), 1)
    thresholds = rng.permutation(np.round(np.linspace(-2, 3, t), 1))
    want = [np.array([sum(s >= x for s in impostor) / i for x in thresholds]), np.array([sum(s < x for s in genuine) / g for x in thresholds])]
    expect([np.asarray(r) for r in error_rates(genuine.copy(), impostor.copy(), thresholds.copy())], want)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The equal error rate (2 points)
#
# Write `equal_error(genuine, impostor)`. With few pairs no threshold makes FMR and FNMR exactly equal, so this exercise
# takes the simple definition: the thresholds to try are all scores that occur, genuine and impostor; take the one at which
# FMR and FNMR differ least (of several, the **highest**), and return a tuple of two floats: the mean of FMR and FNMR
# there, and that threshold. Don't call your `error_rates`, or a mistake there costs points here as well.

# %% answer="09-eer" forbid=["facelab.verification.eer", "facelab.verification.roc", "sklearn.metrics.roc_curve", "sklearn.metrics.det_curve"]
def equal_error(genuine, impostor):
    ### BEGIN SOLUTION
    thresholds = np.unique(np.concatenate([genuine, impostor]))[::-1]  # falling, so that argmin meets the highest first
    fmr = (impostor[None, :] >= thresholds[:, None]).mean(axis=1)
    fnmr = (genuine[None, :] < thresholds[:, None]).mean(axis=1)
    # Both are whole numbers of pairs over their count; rounding must not decide a tie.
    best = np.argmin(np.round(np.abs(fmr - fnmr), 12))
    return float((fmr[best] + fnmr[best]) / 2), float(thresholds[best])
    ### END SOLUTION

# %% check="09-eer" points=2
import numpy as np
from facelab.checks import expect
genuine = np.array([0.74, 0.41, 0.8, 0.62, 0.91, 0.52, 0.77, 0.65])
impostor = np.array([0.43, 0.07, 0.61, 0.15, 0.59, 0.38])
expect(equal_error(genuine.copy(), impostor.copy()), (5 / 24, 0.61), {
    "the genuine scores alone were tried; an impostor's score may be the best threshold": (11 / 48, 0.52),
    "this is FMR there; the task asks for the mean of FMR and FNMR": (1 / 6, 0.61),
    "this is FNMR there; the task asks for the mean of FMR and FNMR": (1 / 4, 0.61),
    "the first is the difference of FMR and FNMR; the task asks for their mean": (1 / 12, 0.61),
    "the smallest sum of FMR and FNMR was looked for; the task asks for the smallest difference": (1 / 8, 0.62),
    "of several thresholds with the same difference the lowest was taken": (7 / 24, 0.59),
    "a score equal to the threshold is accepted": (5 / 24, 0.59),
})
genuine = np.array([0.6, 0.32, 0.81, 0.39, 0.9, 0.42, 0.51, 0.68])
impostor = np.array([0.75, 0.46, 0.29, 0.5, 0.49, 0.74])
expect(equal_error(genuine.copy(), impostor.copy()), (17 / 48, 0.51), {
    "the impostor scores alone were tried; a genuine score may be the best threshold": (7 / 16, 0.5),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("09-eer"))
for g, i in ((60, 90), (25, 25), (200, 40)):
    genuine, impostor = np.round(rng.normal(1.2, 1, g), 2), np.round(rng.normal(0, 1, i), 2)
    tried = sorted({*genuine.tolist(), *impostor.tolist()}, reverse=True)
    pairs = [(sum(s >= t for s in impostor.tolist()) / i, sum(s < t for s in genuine.tolist()) / g) for t in tried]
    best = min(range(len(tried)), key=lambda k: (round(abs(pairs[k][0] - pairs[k][1]), 12), k))
    expect(equal_error(genuine.copy(), impostor.copy()), (sum(pairs[best]) / 2, tried[best]))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A threshold that holds on others (3 points)
#
# Write `held_out(templates, person, tuning, wanted)`. templates (n, d), float64, rows of unit length; person (n,), int,
# whose each is; tuning, a list of people; wanted, a share. All pairs of different images count, each once; the score is the
# dot product.
#
# 1. Take the impostor pairs whose images **both** show people of `tuning`, n of them. At most the share `wanted` may pass:
#    m pairs, the largest whole number with m / n ≤ wanted. The threshold is the next float above the highest score that
#    must be refused, the (m + 1)-th highest: `np.nextafter(score, np.inf)`.
# 2. Use it on the pairs whose images **both** show people *not* in tuning. Pairs of a tuning person with another don't count.
#
# Return a tuple of three floats: the threshold, and FMR and FNMR on the pairs of step 2.

# %% answer="09-held-out" forbid=["facelab.verification.threshold_at_fmr", "facelab.verification.all_pairs", "facelab.verification.tmr_at_fmr"]
def held_out(templates, person, tuning, wanted):
    ### BEGIN SOLUTION
    def pairs(inside):
        """Genuine and impostor scores among the images of `inside`."""
        scores, who = templates[inside] @ templates[inside].T, person[inside]
        left, right = np.triu_indices(len(who), k=1)
        same = who[left] == who[right]
        return scores[left, right][same], scores[left, right][~same]

    inside = np.isin(person, tuning)
    _, impostor = pairs(inside)
    allowed = max(m for m in range(len(impostor)) if m / len(impostor) <= wanted)
    threshold = np.nextafter(np.sort(impostor)[::-1][allowed], np.inf)
    # Only now the other people: nothing about them had a say in the threshold.
    genuine, impostor = pairs(~inside)
    return float(threshold), float(np.mean(impostor >= threshold)), float(np.mean(genuine < threshold))
    ### END SOLUTION

# %% check="09-held-out" points=3
import numpy as np
from facelab.checks import expect
angle = np.radians([8, 142, 27, 23, 83, 65, 10, 66, 70, 24, 114, 95, 132, 127])
templates = np.column_stack([np.cos(angle), np.sin(angle)])
person = np.array([4, 4, 9, 9, 2, 2, 7, 7, 5, 5, 1, 1, 4, 1])
tuning = [9, 2, 4]

def pairs(first, second):
    """Scores of pairs of an image in first and another in second, each pair once: genuine, impostor."""
    i, j = np.triu_indices(len(person), k=1)
    kept = (first[i] & second[j]) | (first[j] & second[i])
    score, same = (templates @ templates.T)[i, j][kept], (person[i] == person[j])[kept]
    return score[same], score[~same]

def limit(impostor, more=0):
    return float(np.nextafter(np.sort(impostor)[::-1][int(0.2 * len(impostor)) + more], np.inf))

def at(t, scores):
    return t, float(np.mean(scores[1] >= t)), float(np.mean(scores[0] < t))

inside = np.isin(person, tuning)
every = inside | True
mine, theirs, mixed = pairs(inside, inside), pairs(~inside, ~inside), pairs(~inside, every)
want = at(limit(mine[1]), theirs)
expect(held_out(templates.copy(), person.copy(), list(tuning), 0.2), want, {
    "the threshold was set on the people it is then tried on": at(limit(theirs[1]), theirs),
    "the threshold was set on everybody": at(limit(pairs(every, every)[1]), theirs),
    "pairs of a tuning person with another were used to set the threshold; both must be in tuning":
        at(limit(pairs(inside, every)[1]), theirs),
    "the rates were taken on the tuning people themselves": at(limit(mine[1]), mine),
    "pairs of a tuning person with another were counted in step 2; neither may be in tuning": at(limit(mine[1]), mixed),
    "the threshold is too low: one pair too many passes": at(limit(mine[1], 1), theirs),
    "the threshold is too high: one more pair may pass": at(limit(mine[1], -1), theirs),
    "the last two are exchanged: first FMR, then FNMR": (want[0], want[2], want[1]),
})
expect(held_out(templates.copy(), person.copy(), list(tuning), 0.0), at(float(np.nextafter(mine[1].max(), 1)), theirs))
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.datasets import load_orl
from facelab.embedding import orl_templates
from facelab.verification import all_pairs, threshold_at_fmr
rng = np.random.default_rng(seed("09-held-out"))
for wanted in (0.05, 0.01, 0.003):
    chosen = rng.permutation(400)[:220]
    person = rng.permutation(90)[:40][load_orl().person[chosen]]
    noisy = orl_templates()[chosen].astype(float) + rng.normal(0, 0.07, (220, 128))
    templates = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    tuning = rng.permutation(np.unique(person))[:18].tolist()
    inside = np.isin(person, tuning)
    threshold = threshold_at_fmr(all_pairs(templates[inside] @ templates[inside].T, person[inside])[1], wanted)
    genuine, impostor = all_pairs(templates[~inside] @ templates[~inside].T, person[~inside])
    got = held_out(templates.copy(), person.copy(), list(tuning), float(wanted))
    expect(got, (threshold, float(np.mean(impostor >= threshold)), float(np.mean(genuine < threshold))))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · LFW's ten folds (3 points)
#
# Write `ten_folds(score, same, fold)`. score (n,), float64; same (n,), bool, True for a genuine pair; fold (n,), int. For
# each fold, the threshold is, of all scores of the **other** folds, the one that decides most of the other folds' pairs
# rightly (of several, the **highest**); the fold's accuracy is the share of *its* pairs that this threshold decides rightly.
# Return a tuple of two floats: the mean of the folds' accuracies, and its standard error, which is their standard
# deviation, with n - 1 in the denominator, divided by the root of the number of folds.

# %% answer="09-folds" forbid=["facelab.verification.accuracy_by_fold", "facelab.verification.best_threshold", "facelab.verification.standard_error", "scipy.stats.sem"]
def ten_folds(score, same, fold):
    ### BEGIN SOLUTION
    accuracies = []
    for held in np.unique(fold):
        inside = fold == held
        s, y = score[~inside], same[~inside]
        tried = np.unique(s)[::-1]
        # Accepted genuine pairs and refused impostor pairs, by sorting once in place of comparing all with all.
        accepted = lambda kind: len(kind) - np.searchsorted(np.sort(kind), tried)
        right = accepted(s[y]) + (~y).sum() - accepted(s[~y])
        threshold = tried[np.argmax(right)]
        accuracies.append(np.mean((score[inside] >= threshold) == same[inside]))
    return float(np.mean(accuracies)), float(np.std(accuracies, ddof=1) / np.sqrt(len(accuracies)))
    ### END SOLUTION

# %% check="09-folds" points=3
import numpy as np
from facelab.checks import expect
rng = np.random.default_rng(4)
fold, same = np.repeat([3, 5, 8, 9], 12), np.tile([True, False], 24)
score = np.round(same * 0.8 + rng.normal(0, 0.6, 48) + 0.5 * (fold == 8) - 0.3 * (fold == 9), 1)

def summary(choose, count=len, spread=1):
    found = []
    for held in np.unique(fold):
        inside = fold == held
        s, y = choose(inside)
        right = lambda t: (np.sum((s >= t) == y), t)
        t = max(np.unique(s), key=right)
        found.append(np.mean((score[inside] >= t) == same[inside]))
    return float(np.mean(found)), float(np.std(found, ddof=spread) / np.sqrt(count(found)))

others = lambda inside: (score[~inside], same[~inside])
right = summary(others)
low = []
for held in np.unique(fold):
    s, y = others(fold == held)
    t = max(np.unique(s), key=lambda t: (np.sum((s >= t) == y), -t))
    low.append(np.mean((score[fold == held] >= t) == same[fold == held]))
strict = []
for held in np.unique(fold):
    s, y = others(fold == held)
    t = max(np.unique(s), key=lambda t: (np.sum((s > t) == y), t))
    strict.append(np.mean((score[fold == held] > t) == same[fold == held]))
as_pair = lambda a: (float(np.mean(a)), float(np.std(a, ddof=1) / 2))
expect(ten_folds(score.copy(), same.copy(), fold.copy()), right, {
    "the threshold was chosen on the fold itself: it must come from the others": summary(lambda inside: (score[inside], same[inside])),
    "the threshold was chosen on all pairs, those of the fold too": summary(lambda inside: (score, same)),
    "the standard deviation needs n - 1 in the denominator (ddof=1)": summary(others, spread=0),
    "this is the standard deviation; divide it by the root of the number of folds": (right[0], right[1] * 2),
    "the standard deviation was divided by the number of folds; it takes the root": (right[0], right[1] / 2),
    "of several thresholds that do equally well the lowest was taken": as_pair(low),
    "a score equal to the threshold is accepted": as_pair(strict),
})
### BEGIN HIDDEN TESTS
from facelab import results
from facelab.checks import seed
rng = np.random.default_rng(seed("09-folds"))
lfw = results("lfw_sface")
kept = rng.random(6000) < 0.2
fold, same = lfw["fold"][kept] * 7, lfw["same"][kept] == 1
score = np.round(lfw["score"][kept] + rng.normal(0, 0.15, kept.sum()), 2)
found = []
for held in np.unique(fold):
    s, y = score[fold != held], same[fold != held]
    t = max(np.unique(s), key=lambda t: (np.sum((s >= t) == y), t))
    found.append(np.mean((score[fold == held] >= t) == same[fold == held]))
expect(ten_folds(score.copy(), same.copy(), fold.copy()), (float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(10))))
### END HIDDEN TESTS

# %% [markdown]
# Try it: run `ten_folds` on `lfw` and compare with lesson 09; then run `held_out` with ten people in `tuning`, with other
# ten, and with thirty. How much does the FMR on the others move?
