# %% [markdown]
# # 15 · Privacy and security: exercise
#
# You rebuild faces from templates and state honestly how often that works, make templates that a key can revoke and test whether
# two databases of them can be linked, report a liveness test, and hide each face among k. Then you advise a city after a
# breach. Give it about 120 minutes, the page of advice included. Allowed: numpy, scipy, what a task names, and the facelab modules
# of lessons 01 to 14.

# %% locked="15-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import results
from facelab.checks import NotDone
from facelab.embedding import orl_aligned, orl_templates
from facelab.verification import threshold_at_fmr, wilson_interval

facelab.notebook.begin_exercise()
faces, templates = orl_aligned().reshape(400, -1).astype(float), orl_templates()  # to play with; ORL has 10 pictures a person
cue = results("photo_attack_cue")  # person, part, presentation, cue, score

# %% [markdown]
# ## 1 · Rebuild (2 points)
#
# Write `rebuild(templates, pictures, stolen, penalty)`. templates (N, d) and pictures (N, D), float64: what the thief has of *other* people, row i of both
# from one photograph. stolen (m, d), float64; penalty, a float above 0. Learn by ridge regression which picture goes with which template, and return the pictures
# (m, D), float64, that belong to stolen. The weights W (d, D) minimise |Y - XW|² + penalty |W|², where X and Y are templates and pictures
# with **their** means over the N rows subtracted, and |W|² is the sum of its squared entries. No eigenfaces here, no clipping, and neither scikit-learn's nor the library's regression.

# %% answer="15-rebuild" forbid=["facelab.privacy.fit_ridge", "facelab.privacy.fit_inverter", "sklearn.linear_model.Ridge"]
def rebuild(templates, pictures, stolen, penalty):
    ### BEGIN SOLUTION
    x, y = templates.mean(axis=0), pictures.mean(axis=0)
    X, Y = templates - x, pictures - y
    W = np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ Y)
    return y + (stolen - x) @ W
    ### END SOLUTION

# %% check="15-rebuild" points=2
import numpy as np
from facelab.checks import expect
rng = np.random.default_rng(15)
templates, stolen = rng.normal(1, 1, (12, 3)), rng.normal(1, 1, (4, 3))
pictures = templates @ rng.normal(size=(3, 5)) + rng.normal((20, 20, 20, 20, -3), 1, (12, 5))
penalty = 2.0


def solved(X, Y, penalty):
    return np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ Y)


x, y = templates.mean(axis=0), pictures.mean(axis=0)
X, Y = templates - x, pictures - y
W = solved(X, Y, penalty)
ones = np.ones((12, 1))
expect(rebuild(templates.copy(), pictures.copy(), stolen.copy(), penalty), y + (stolen - x) @ W, {
    "the mean picture is not added back": (stolen - x) @ W,
    "the stolen templates are not centred: subtract the mean of the templates learned from": y + stolen @ W,
    "the stolen templates were centred with their own mean; the thief's own templates set the origin": y + (stolen - stolen.mean(axis=0)) @ W,
    "this is plain least squares: the penalty is missing": y + (stolen - x) @ solved(X, Y, 0.0),
    "the penalty is multiplied by N; the task adds it once": y + (stolen - x) @ solved(X, Y, 12 * penalty),
    "nothing was centred: the regression has no offset": stolen @ solved(templates, pictures, penalty),
    "the offset is penalised, too: centre both sides instead of adding a column of ones":
        np.hstack([stolen, np.ones((4, 1))]) @ solved(np.hstack([templates, ones]), pictures, penalty),
    "the stolen templates are compared with the wrong side: this is the nearest picture, not a rebuilt one":
        pictures[((stolen[:, None] - templates) ** 2).sum(axis=2).argmin(axis=1)],
    "no clipping here: return the numbers as they come": np.clip(y + (stolen - x) @ W, 0, 255),
    "the penalty is squared; the task adds it as it is": y + (stolen - x) @ solved(X, Y, penalty**2),
    "the penalty belongs on the diagonal only: penalty · I": y + (stolen - x) @ np.linalg.solve(X.T @ X + penalty, X.T @ Y),
    "each column has a mean of its own, over the N rows: mean(axis=0)":
        pictures.mean() + (stolen - templates.mean()) @ solved(templates - templates.mean(), pictures - pictures.mean(), penalty),
})
### BEGIN HIDDEN TESTS
from sklearn.linear_model import Ridge
from facelab.checks import seed
rng = np.random.default_rng(seed("15-rebuild"))
for n, d, size in ((40, 8, 30), (9, 20, 6)):
    templates, stolen, pictures = rng.normal(size=(n, d)), rng.normal(size=(5, d)), rng.uniform(0, 255, (n, size))
    amount = float(rng.uniform(0.1, 5))
    want = Ridge(alpha=amount).fit(templates, pictures).predict(stolen)
    expect(rebuild(templates.copy(), pictures.copy(), stolen.copy(), float(amount)), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · How often it works (2 points)
#
# Write `attack_rate(scores, stolen, person, threshold)`. scores (m, n), float64: score of each of m rebuilt pictures with each of n enrolled photographs. stolen (m,),
# int: the photograph (a column of scores) whose template picture i was rebuilt from. person (n,), int: whom each photograph shows.
# Every victim has at least two photographs; nobody is a victim twice.
#
# A picture is **one** trial. It succeeds if its score with the victim's first *other* photograph (the lowest column that shows the same person and isn't
# the stolen one) is at or above threshold. Return a tuple of five: trials (int), successes (int), low and high of Wilson's interval at its usual level (`wilson_interval` of
# facelab.verification), and **chance**: the share, float, of *all* comparisons with photographs of other people that are at or above threshold.

# %% answer="15-success"
def attack_rate(scores, stolen, person, threshold):
    ### BEGIN SOLUTION
    successes, strangers = 0, []
    for row, column in zip(scores, stolen, strict=True):
        same = person == person[column]
        strangers.append(row[~same])
        # The stolen photograph itself proves nothing: the picture was made from it.
        others = [i for i in np.flatnonzero(same) if i != column]
        successes += int(row[others[0]] >= threshold)
    chance = float((np.concatenate(strangers) >= threshold).mean())
    return len(scores), successes, *wilson_interval(successes, len(scores)), chance
    ### END SOLUTION

# %% check="15-success" points=2
import numpy as np
from facelab.checks import expect
from facelab.verification import wilson_interval
person, stolen = np.array([0, 0, 0, 1, 1, 2, 2, 3, 1, 2, 3]), np.array([5, 0, 7, 4])
scores = np.array([
    [0.2, 0.1, 0.3, 0.2, 0.1, 0.7, 0.1, 0.2, 0.1, 0.6, 0.0],
    [0.9, 0.3, 0.6, 0.1, 0.2, 0.5, 0.1, 0.0, 0.2, 0.3, 0.1],
    [0.1, 0.2, 0.0, 0.6, 0.1, 0.2, 0.6, 0.8, 0.1, 0.1, 0.4],
    [0.1, 0.2, 0.1, 0.5, 0.8, 0.7, 0.2, 0.1, 0.2, 0.1, 0.3],
])


def of(victim):
    """Which photographs show the victim of each row, and which of these weren't stolen."""
    same = person == victim[:, None]
    return same, same & (np.arange(11) != stolen[:, None])


def answer(successes=1, trials=4, chance=4 / 33):
    return trials, successes, *wilson_interval(successes, trials), chance


def mistaken(victim):
    same, other = of(victim)
    return answer(int((scores[np.arange(4), other.argmax(axis=1)] >= 0.5).sum()), chance=float((scores[~same] >= 0.5).mean()))


same, other = of(person[stolen])
away = [row[~s] for row, s in zip(scores, same)]
share = 1 / 4
half = 1.959963984540054 * (share * (1 - share) / 4) ** 0.5
expect(attack_rate(scores.copy(), stolen.copy(), person.copy(), 0.5), answer(), {
    "the same photograph was counted that the template was stolen from; another one of the person counts": answer(4),
    "any of the victim's other photographs was enough; only the first of them counts": answer(3),
    "the last of the victim's other photographs was taken; the task asks for the first": answer(2),
    "the mean score with the other photographs was taken; the task asks for the first of them": answer(0),
    "row i is not person i: the victim of row i is person[stolen[i]]": mistaken(np.arange(4)),
    "stolen says which photograph: the victim of row i is person[stolen[i]], not person[i]": mistaken(person[:4]),
    "every other photograph was a trial; a picture is one trial": answer(int((scores[other] >= 0.5).sum()), int(other.sum())),
    "a score at the threshold is a success: at or above": answer(0, chance=3 / 33),
    "chance holds the victim's own photographs: only other people's count": answer(chance=float((scores >= 0.5).mean())),
    "chance is a share of comparisons, not of pictures": answer(chance=3 / 4),
    "chance is one share of all comparisons, not the mean of a share for each picture":
        answer(chance=float(np.mean([(row >= 0.5).mean() for row in away]))),
    "this is the normal approximation's interval, not Wilson's": (4, 1, share - half, share + half, 4 / 33),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("15-success"))
for victims in (6, 15):
    person = rng.permutation(np.repeat(np.arange(20), rng.integers(2, 5, 20)))
    stolen = np.array([rng.choice(np.flatnonzero(person == p)) for p in rng.permutation(20)[:victims]])
    scores = rng.uniform(0, 1, (victims, len(person))).round(1)
    table = np.ma.masked_array(scores, person != person[stolen][:, None])
    table[np.arange(victims), stolen] = np.ma.masked
    first = (~np.ma.getmaskarray(table)).argmax(axis=1)
    k = int((scores[np.arange(victims), first] >= 0.7).sum())
    away = scores[person != person[stolen][:, None]]
    expect(attack_rate(scores.copy(), stolen.copy(), person.copy(), 0.7), (victims, k, *wilson_interval(k, victims), float(np.mean(away >= 0.7))))
scores = np.zeros((2, 4))
expect(attack_rate(scores.copy(), np.array([0, 2]), np.array([5, 5, 6, 6]), 0.5), (2, 0, *wilson_interval(0, 2), 0.0))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · A template that can be revoked (2 points)
#
# Write two functions.
#
# - `protect(templates, key, bits)`: templates (N, d), float64; key, bits, int. The directions come from **one** generator `np.random.default_rng(key)`: draw a
#   d × d table of standard normal numbers with `.normal(size=(d, d))`, take `q, r = np.linalg.qr(table)`, and multiply each *column* of q by -1 where r's diagonal
#   entry is negative (QR leaves the signs to the library; so everybody gets the same directions). These columns are the first d directions; if more are needed, draw the next table from the same
#   generator, and so on. The result is (N, bits), bool: True where a template's dot product with a direction is 0 or more.
# - `agreement(a, b)`: a (n, bits), b (m, bits), bool; the result is (n, m), float64: the share of bits that agree.

# %% answer="15-protect" forbid=["facelab.privacy.protect", "facelab.privacy.keyed_directions", "facelab.privacy.hamming_similarity"]
def protect(templates, key, bits):
    ### BEGIN SOLUTION
    rng, d = np.random.default_rng(key), templates.shape[1]
    bases = []
    while sum(base.shape[1] for base in bases) < bits:
        q, r = np.linalg.qr(rng.normal(size=(d, d)))
        bases.append(q * np.where(np.diag(r) < 0, -1, 1))
    return templates @ np.hstack(bases)[:, :bits] >= 0
    ### END SOLUTION


def agreement(a, b):
    ### BEGIN SOLUTION
    return (a[:, None] == b[None]).mean(axis=2)
    ### END SOLUTION

# %% check="15-protect" points=2
import numpy as np
from facelab.checks import expect
templates = np.vstack([np.random.default_rng(0).normal(size=(6, 5)), np.zeros(5)])
bits = 12


def sides(how="right", key=9):
    rng, bases = np.random.default_rng(key), []
    for _ in range(3):
        if how == "again":
            rng = np.random.default_rng(key)
        table = rng.normal(size=(5, 5))
        q, r = np.linalg.qr(table)
        signs = 1 if how == "signs" else np.where(np.diag(r) < 0, -1, 1)
        bases.append({"rows": (q * signs).T, "table": table}.get(how, q * signs))
    return templates @ np.hstack(bases)[:, :12]


expect(protect(templates.copy(), 9, bits), sides() >= 0, {
    "the key is ignored: another key must give other directions": sides(key=0) >= 0,
    "the rows of q were taken; its columns are the directions": sides("rows") >= 0,
    "the columns' signs were not set by r's diagonal": sides("signs") >= 0,
    "the second table must come from the same generator; starting it again gives the same directions twice": sides("again") >= 0,
    "the directions are not at right angles: QR is missing": sides("table") >= 0,
    "a dot product of 0 counts as True": sides() > 0,
    "these are the other sides: True is for 0 or more": sides() < 0,
})
a = np.array([[True, True, False, False], [True, False, True, False]])
b = np.array([[True, True, True, True], [True, True, False, False], [False, False, True, True]])
want = np.array([[0.5, 1.0, 0.0], [0.5, 0.5, 0.5]])
expect(agreement(a.copy(), b.copy()), want, {
    "this is the share that differs; the task asks for the share that agrees": 1 - want,
    "only bits that are True on both sides were counted; two that are False agree as well": np.array([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25]]),
    "this is the number of bits that agree; the task asks for their share": 4 * want,
    "rows and columns are swapped: entry (i, j) belongs to row i of a": want.T,
})
### BEGIN HIDDEN TESTS
import scipy.spatial
from facelab.checks import seed
from facelab.embedding import orl_templates
from facelab.privacy import keyed_directions
chosen = seed("15-protect")
some = orl_templates()[:: 1 + chosen % 9][:30].astype(float)
for many in (1, 128, 300):
    key = int(chosen + many)
    got = protect(some.copy(), int(key), int(many))
    expect(got, some @ keyed_directions(key, many, 128).T >= 0)
    expect(agreement(got.copy(), got[:7].copy()), 1 - scipy.spatial.distance.cdist(got, got[:7], "hamming"))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Can two databases be linked? (2 points)
#
# Write `linking(first, second, person_first, person_second, edges)`. first (n, bits) and second (m, bits), bool: protected templates of two databases, whose keys the
# attacker does not know; person_first (n,), person_second (m,), int: who they are (known to the tester). edges (e + 1,), float64, rising: the bins of
# two histograms, as `np.histogram(scores, edges)` takes them. A score is the share of bits that agree, between an entry of the first and one of the second database;
# **mated** if both are of one person, else non-mated. Let p be the share of mated scores in a bin and q the share of non-mated scores. Return a tuple of three floats:
#
# - the mean mated score, the mean non-mated score,
# - D_sys, the sum over bins of p · (p - q) / (p + q), where only bins with p > q count.
#
# All scores lie within the edges.

# %% answer="15-linking" forbid=["facelab.privacy.linkability", "facelab.privacy.hamming_similarity"]
def linking(first, second, person_first, person_second, edges):
    ### BEGIN SOLUTION
    scores = (first[:, None] == second[None]).mean(axis=2)
    same = person_first[:, None] == person_second
    p, q = (np.histogram(scores[part], edges)[0] / part.sum() for part in (same, ~same))
    more = p > q
    d_sys = (p[more] * (p[more] - q[more]) / (p[more] + q[more])).sum()
    return float(scores[same].mean()), float(scores[~same].mean()), float(d_sys)
    ### END SOLUTION

# %% check="15-linking" points=2
import numpy as np
from facelab.checks import expect
rng = np.random.default_rng(4)
first, second = rng.random((6, 8)) < 0.5, rng.random((5, 8)) < 0.5
second[:3] = first[[2, 0, 4]]
second[:3, :3] ^= True
second[3] = first[1] ^ (np.arange(8) < 4)
person_first, person_second = np.array([0, 1, 2, 3, 4, 5]), np.array([2, 0, 4, 1, 9])
edges = np.array([0.0, 0.3, 0.45, 0.55, 0.7, 1.0])


def by(scores, same, local="right", normal=True, weight="mated"):
    p, q = (np.histogram(scores[part], edges)[0] / (part.sum() if normal else 1) for part in (same, ~same))
    difference = np.divide(p - q, p + q, out=np.zeros(5), where=p + q > 0)
    if local == "right":
        difference = np.maximum(difference, 0)
    if local == "absolute":
        difference = np.abs(difference)
    return float(scores[same].mean()), float(scores[~same].mean()), float(((p if weight == "mated" else q) * difference).sum())


scores = (first[:, None] == second[None]).mean(axis=2)
same = person_first[:, None] == person_second
inside = (first[:, None] == first[None]).mean(axis=2)
right = by(scores, same)
every = np.histogram(scores, edges)[0] / scores.size
mated = np.histogram(scores[same], edges)[0] / same.sum()
shares = [np.histogram(scores[part], edges)[0] / part.sum() for part in (same, ~same)]
dense = [np.histogram(scores[part], edges, density=True)[0] for part in (same, ~same)]
unlike = by(1 - scores, same)


def d_of(p, q):
    return float((p * np.maximum(np.divide(p - q, p + q, out=np.zeros(5), where=p + q > 0), 0)).sum())


against_all = float((mated * np.maximum(np.divide(mated - every, mated + every, out=np.zeros(5), where=mated + every > 0), 0)).sum())
expect(linking(first.copy(), second.copy(), person_first.copy(), person_second.copy(), edges.copy()), right, {
    "these are scores within the first database: an entry with itself scores 1 and links nothing": by(inside, np.eye(6, dtype=bool)),
    "row i was compared with row i; the two databases are in different orders": by(scores[:5], np.eye(5, dtype=bool)),
    "mated and non-mated are exchanged": by(scores, ~same),
    "bins where p is below q count as nothing, not as negative": by(scores, same, local="all"),
    "bins where p is below q count as nothing: no absolute value": by(scores, same, local="absolute"),
    "p and q are shares of their own scores, not counts": by(scores, same, normal=False),
    "the sum is weighted by the share of mated scores, not of non-mated ones": by(scores, same, weight="non-mated"),
    "q holds all scores; it must hold the non-mated ones only": (right[0], float(scores.mean()), against_all),
    "density=True divides by the width of a bin; p and q are shares of scores": (*right[:2], d_of(*dense)),
    "an empty bin makes 0 / 0: only bins with p > q count": (*right[:2], np.nan),
    "a score is the share of bits that agree, not that differ": unlike,
    "this sums p - q; the task asks for p · (p - q) / (p + q)": (*right[:2], float(np.maximum(shares[0] - shares[1], 0).sum())),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.privacy import linkability, protect as protected
from facelab.embedding import orl_templates
rng = np.random.default_rng(seed("15-linking"))
order, key = rng.permutation(40), int(rng.integers(10**6))
one, two = orl_templates()[::10], orl_templates()[10 * order + 5]
for other in (key + 1, key):
    a, b = protected(one, key, 64), protected(two, other, 64)
    table = np.array([[np.mean(x == y) for y in b] for x in a])
    mates = np.arange(40)[:, None] == order
    bounds = np.histogram_bin_edges(table, 20)
    want = (table[mates].mean(), table[~mates].mean(), linkability(table[mates], table[~mates], 20))
    expect(linking(a.copy(), b.copy(), np.arange(40), order.copy(), bounds.copy()), tuple(map(float, want)))
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Report a liveness test (1 point)
#
# Write `liveness_report(tuning, attacks, bona_fide, allowed)`. tuning (t,), float64: cues of the attacks that the threshold is tuned on, higher for more alive. attacks:
# a dict, kind of attack (text) → its cues (n,), float64, of people not tuned on. bona_fide (b,), float64: cues of honest faces. allowed, a float:
# the share of the tuning attacks that may pass. The threshold is `threshold_at_fmr(tuning, allowed)` of facelab.verification; a cue **at or above** it counts as live.
# Return a tuple: a dict kind → APCER (float), the kind with the highest APCER (text; of equal ones the first in the dict's order), and BPCER (float).

# %% answer="15-liveness" forbid=["facelab.privacy.apcer", "facelab.privacy.bpcer"]
def liveness_report(tuning, attacks, bona_fide, allowed):
    ### BEGIN SOLUTION
    threshold = threshold_at_fmr(tuning, allowed)
    passed = {kind: float((cues >= threshold).mean()) for kind, cues in attacks.items()}
    return passed, max(passed, key=passed.get), float((bona_fide < threshold).mean())
    ### END SOLUTION

# %% check="15-liveness" points=1
import numpy as np
from facelab.checks import expect
from facelab.verification import threshold_at_fmr
tuning = np.array([1.0, 1.2, 1.5, 2.0, 2.5, 2.6, 3.0, 3.1, 3.5, 4.0])
limit = threshold_at_fmr(tuning, 0.2)
attacks = {
    "mask": np.array([2.0, 3.3, 1.0]), "print": np.array([3.6, 4.1, 2.0, 3.9]),
    "replay": np.array([1.1, 2.2, limit, 2.9, 1.9]), "screen": np.array([3.15, 2.0, 1.0, 3.3, 3.6, 2.2, 2.4, 3.4]),
}
bona_fide = np.array([3.0, 3.4, 4.0, 4.4, 4.8, limit])


def report(t, above=np.greater_equal):
    passed = {kind: float(above(cues, t).mean()) for kind, cues in attacks.items()}
    return passed, max(passed, key=passed.get), float((~above(bona_fide, t)).mean())


passed, worst, refused = report(limit)
pooled = np.concatenate([*attacks.values()])
exchanged = {kind: 1 - rate for kind, rate in passed.items()}
expect(liveness_report(tuning.copy(), attacks.copy(), bona_fide.copy(), 0.2), (passed, worst, refused), {
    "APCER and BPCER are exchanged: an attack's error is to pass, an honest face's to be refused":
        (exchanged, max(exchanged, key=exchanged.get), 1 - refused),
    "the first is the share of attacks that are refused; APCER is the share that passes": (exchanged, worst, refused),
    "BPCER is the share of honest faces refused, not accepted": (passed, worst, 1 - refused),
    "the threshold was tuned on the attacks that it is tried on": report(threshold_at_fmr(pooled, 0.2)),
    "all kinds have one APCER, pooled; each kind has its own": (dict.fromkeys(attacks, float((pooled >= limit).mean())), "mask", refused),
    "a cue at the threshold counts as live: at or above": report(limit, np.greater),
    "this names the kind with the lowest APCER; the worst is the highest": (passed, min(passed, key=passed.get), refused),
    "the kind named is the last in the alphabet (max of a dict compares its keys), and the one with most passes: compare the APCERs":
        (passed, "screen", refused),
    "the first kind of the dict was named; the worst has the highest APCER": (passed, "mask", refused),
    "the threshold is threshold_at_fmr's; np.quantile goes between two cues": report(float(np.quantile(tuning, 0.8))),
})
even = {"screen": np.array([4.0, 1.0]), "print": np.array([1.0, 4.2]), "tablet": np.array([1.0, 1.2])}
expect(liveness_report(tuning.copy(), even.copy(), bona_fide.copy(), 0.2)[1], "screen", {
    "of equal APCERs the first in the dict's order is named, whatever its name": "print",
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.privacy import apcer, bpcer
rng = np.random.default_rng(seed("15-liveness"))
for allowed in (0.0, 0.05, 0.5):
    learned, honest = rng.normal(3, 1, 40), rng.normal(5, 1, 30)
    kinds = {name: rng.normal(float(shift), 1, 25) for name, shift in zip(("b", "a", "d", "c"), rng.permutation(4) + 2)}
    t = threshold_at_fmr(learned, allowed)
    rates = {name: apcer(cues, t) for name, cues in kinds.items()}
    top = next(name for name in rates if rates[name] == max(rates.values()))
    expect(liveness_report(learned.copy(), kinds.copy(), honest.copy(), float(allowed)), (rates, top, bpcer(honest, t)))
### END HIDDEN TESTS

# %% [markdown]
# ## 6 · One among k (1 point)
#
# Write `k_same(faces, k)`. faces (N, D), float64, one a person; k, int, from 1 to N. As long as 2 k or more faces are left: take the one with the lowest row number, put it
# together with the k - 1 that are nearest to it by Euclidean distance *of those that are left* (of equally near ones the lowest row
# number), and give all k their mean. The rest, fewer than 2 k, all get the mean of the rest. Return (N, D), float64, in the old order.

# %% answer="15-ksame" forbid=["facelab.privacy.k_same"]
def k_same(faces, k):
    ### BEGIN SOLUTION
    left, answer = list(range(len(faces))), np.empty(faces.shape)
    while left:
        # left is in rising order and sorted() keeps the order of equals, so the first face itself comes first.
        nearest = sorted(left, key=lambda i: ((faces[i] - faces[left[0]]) ** 2).sum())
        group = nearest[:k] if len(left) >= 2 * k else list(left)
        answer[group] = faces[group].mean(axis=0)
        left = [i for i in left if i not in group]
    return answer
    ### END SOLUTION

# %% check="15-ksame" points=1
import numpy as np
from facelab.checks import expect
faces = np.array([[0.0, 0], [10, 0], [1, 0], [11, 1], [2, 0], [30, 0], [31, 0]])


def grouped(*groups, of=faces):
    answer = of.copy()
    for group in groups:
        answer[group] = of[group].mean(axis=0)
    return answer


reused = np.stack([faces[np.argsort(((faces - face) ** 2).sum(axis=1), kind="stable")[:2]].mean(axis=0) for face in faces])
first_kept = grouped([0, 2], [1, 3], [4, 5, 6])
expect(k_same(faces.copy(), 2), first_kept, {
    "a group of k + 1: the face itself is one of the k": grouped([0, 2, 4], [1, 3, 5]),
    "the last group is too small: fewer than 2 k that are left go together": grouped([0, 2], [1, 3], [4, 5]),
    "faces were used in several groups; who is in one is no longer left": reused,
    "the faces were grouped in their order, not by nearness": grouped([0, 1], [2, 3], [4, 5, 6]),
    "only the first of each group was replaced; all k get the mean":
        np.stack([first_kept[i] if i in (0, 1, 4) else faces[i] for i in range(7)]),
    "the farthest were put together; take the nearest": grouped([0, 6], [1, 5], [2, 3, 4]),
})
expect(k_same(faces.copy(), 4), grouped([0, 1, 2, 3, 4, 5, 6]))
expect(k_same(faces[:6].copy(), 3), grouped([0, 2, 4], [1, 3, 5])[:6], {
    "exactly 2 k that are left make two groups of k": grouped([0, 1, 2, 3, 4, 5])[:6],
})
row = np.array([[0.0, 0], [3, 0], [2, 0], [5, 0], [9, 9], [9, 8]])
expect(k_same(row.copy(), 2), grouped([0, 2], [1, 3], [4, 5], of=row), {
    "the nearest were looked for among all faces; only those that are left can join": grouped([0, 2], [1, 2], [3, 4, 5], of=row),
})
askew = np.array([[0.0, 0], [2.5, 0], [1.5, 1.5], [9, 9]])
expect(k_same(askew.copy(), 2), grouped([0, 2], [1, 3], of=askew), {
    "nearest by Euclidean distance, not by the sum of the differences": grouped([0, 1], [2, 3], of=askew),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.privacy import k_same as ours
rng = np.random.default_rng(seed("15-ksame"))
for n, k in ((9, 1), (11, 3), (40, 5), (6, 6)):
    people = rng.normal(size=(n, 4))
    expect(k_same(people.copy(), int(k)), ours(people, k))
### END HIDDEN TESTS

# %% [markdown]
# ## 7 · After the breach (4 points)
#
# A person marks this one. The doors of a city's flats open to the faces of 40,000 residents. Last night the server was copied: of one half
# plain SFace templates and the enrolled portraits, of the other half keyed bits of 512 **with the keys in the next table**,
# and of all a year of the doors' log (who, where, when). Advise the council in 150 to 300 words:
#
# - what a thief can do with each of the four parts, with at least two figures from lesson 15, each with what it was measured on and its interval or its limits,
# - what can be revoked, and what can't, and what "keyed" was worth here,
# - what to do this week,
# - what to build next, and what to measure before it opens a door (name the errors).

# %% [markdown] written="15-breach" points=4
# **What was taken.** The log can't be called back: it says who sleeps where. Portraits open doors when held up: of simulated prints, 290 of 300 people's were matched with
# another photograph (94 to 98 of 100, by our simulation; a real test is needed). Plain templates are portraits in
# another form: by the climb that starts from ridge regression, 8 of 12 LFW victims' *other* photograph was matched after 300 evaluations that nobody sees (39 to 86 of 100 by
# Wilson's interval: twelve people are few), and better networks do better. The keyed half is no safer: with bits and key, 512 bits point back to nearly the whole template; by regression alone, a picture made
# from it matched another photograph of 69 of 1,226 people (4 to 7 of 100), one from the plain template of 96. "Keyed" was worth next to
# nothing, because the keys lay beside it.
#
# **Revocable:** the keyed entries, with new keys, but only against the bits; what leaked stays a template. Faces, plain templates and the log: not.
#
# **This week:** doors ask for a second thing (card or code) for everybody, the face alone opens nothing; tell all 40,000, also those outside
# the city who use the same network elsewhere; delete the log and the portraits; keep no scores in answers.
#
# **Next:** ask first whether a key does it. If not: bits on the resident's own card with the key there, no central store, no log older than a day.
# Before it opens: APCER for each kind of attack, on kinds that were not tuned on, with the worst named, and BPCER at the doors' own cameras, dirty ones included; EER with stolen keys,
# not with secret ones; whether two doors' databases can be linked.
