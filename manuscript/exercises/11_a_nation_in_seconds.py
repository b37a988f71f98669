# %% [markdown]
# # 11 · A nation in seconds: exercise
#
# You size the system, search in product codes, count what an index loses, carry FPIR and FNIR on to the nation, and say
# how far beyond the data that is. Then comes the verdict, in your own words. Allowed: numpy, scipy, what a task names, and
# the facelab modules of lessons 01 to 10.

# %% locked="11-setup"
# Run this cell first. It is the same for everybody.
import numpy as np
import scipy.stats

import facelab.notebook
from facelab import results
from facelab.checks import NotDone

facelab.notebook.begin_exercise()
genuine_scores = results("gallery_genuine")  # to play with: condition, level, score (NaN: no face was found)

# %% [markdown]
# ## 1 · Size it (2 points)
#
# Write `sizing(people, terabytes, dimensions, parts)`: people and dimensions, int; terabytes, float, of all portraits
# together; parts, int, a divisor of dimensions. A terabyte is 10¹² bytes, a gigabyte 10⁹. Return a tuple of three floats:
#
# - bytes a portrait,
# - gigabytes of all templates, `dimensions` numbers of float32 each,
# - gigabytes of a product-quantised index: for each person a code of one byte a part and a row number of 8 bytes; and,
#   **once**, the codebooks: `parts` of them, each with 256 centres of dimensions / parts numbers of float32.

# %% answer="11-size"
def sizing(people, terabytes, dimensions, parts):
    ### BEGIN SOLUTION
    # All codebooks together are 256 vectors of the template's own length: cutting them into parts adds nothing.
    codebooks = parts * 256 * (dimensions // parts) * 4
    return terabytes * 1e12 / people, people * dimensions * 4 / 1e9, (people * (parts + 8) + codebooks) / 1e9
    ### END SOLUTION

# %% check="11-size" points=2
from facelab.checks import expect
portrait, templates, index = 2000.0, 0.000512, (1000 * 24 + 131072) / 1e9
expect(sizing(1000, 0.000002, 128, 16), (portrait, templates, index), {
    "a terabyte is 10^12 bytes here, not 2^40": (0.000002 * 2**40 / 1000, templates, index),
    "a gigabyte is 10^9 bytes here, not 2^30": (portrait, 512000 / 2**30, (1000 * 24 + 131072) / 2**30),
    "a float32 has 4 bytes, not 8": (portrait, 2 * templates, (1000 * 24 + 262144) / 1e9),
    "the codebooks are missing from the index": (portrait, templates, 1000 * 24 / 1e9),
    "the row numbers are missing from the index": (portrait, templates, (1000 * 16 + 131072) / 1e9),
    "the codebooks are kept once, not for each person": (portrait, templates, 1000 * (24 + 131072) / 1e9),
    "each codebook's centres have dimensions / parts numbers, not all dimensions": (portrait, templates, (1000 * 24 + 16 * 131072) / 1e9),
    "each part has a codebook of its own": (portrait, templates, (1000 * 24 + 131072 / 16) / 1e9),
})
### BEGIN HIDDEN TESTS
import numpy as np
from facelab.checks import seed
rng = np.random.default_rng(seed("11-size"))
for _ in range(5):
    people, parts, each = (int(rng.integers(a, b)) for a, b in ((10**3, 10**9), (2, 65), (1, 9)))
    terabytes = float(rng.uniform(0.1, 99))
    books = np.zeros((parts, 256, each), np.float32).nbytes
    codes = np.zeros((1, parts), np.uint8).nbytes + np.zeros(1, np.int64).nbytes
    want = (terabytes / people * 1e12, people * np.zeros(parts * each, np.float32).nbytes / 1e9, (people * codes + books) / 1e9)
    expect(sizing(int(people), float(terabytes), int(parts * each), int(parts)), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Scores from codes (2 points)
#
# Write `code_scores(codes, centres, probe)`. codes (n, parts), uint8: the number of each part's centre. centres
# (parts, 256, w), float64: the centres of each part. probe (parts · w,), float64, the probe's template as it is. The result is
# (n,), float64: the **dot product** of the probe with the template that each code stands for. Don't make an array as large
# as all decoded templates: work out a table (parts, 256) first, and add up its entries.

# %% answer="11-codes" forbid=["facelab.search.ProductQuantizer"]
def code_scores(codes, centres, probe):
    ### BEGIN SOLUTION
    parts, _, width = centres.shape
    pieces = probe.reshape(parts, width)
    # A part of the gallery takes 256 values only, so 256 products a part are all that there are.
    table = np.einsum("pcw,pw->pc", centres, pieces)
    return sum(table[j, codes[:, j]] for j in range(parts))
    ### END SOLUTION

# %% check="11-codes" points=2
import numpy as np
from facelab.checks import expect
centres = np.zeros((2, 256, 2))
centres[0, :4] = [[1, 0], [0, 1], [2, 2], [-1, 3]]
centres[1, :4] = [[0.5, 0], [1, 1], [0, 4], [3, -1]]
codes = np.array([[0, 1], [3, 3], [2, 0], [1, 2]], np.uint8)
probe = np.array([1.0, 2.0, 3.0, 0.5])
parts = probe.reshape(2, 2)
decoded = np.concatenate([centres[j][codes[:, j]] for j in range(2)], axis=1)
coded = np.concatenate([centres[j][((centres[j] - parts[j]) ** 2).sum(axis=1).argmin()] for j in range(2)])
want = decoded @ probe
expect(code_scores(codes.copy(), centres.copy(), probe.copy()), want, {
    "these are squared distances; the task asks for the dot product": ((decoded - probe) ** 2).sum(axis=1),
    "these are minus the squared distances; the task asks for the dot product": -((decoded - probe) ** 2).sum(axis=1),
    "the probe was coded, too; it stays as it is": decoded @ coded,
    "this is the mean over the parts; a dot product is their sum": want / 2,
    "only the first part was counted": decoded[:, :2] @ probe[:2],
    "all parts were looked up in the first part's codebook": np.concatenate([centres[0][codes[:, j]] for j in range(2)], axis=1) @ probe,
    "every part was multiplied with the first piece of the probe": decoded @ np.tile(parts[0], 2),
    "the scores were divided by the decoded templates' lengths; the task asks for the dot product as it is":
        want / np.linalg.norm(decoded, axis=1),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("11-codes"))
for parts, width, n in ((8, 4, 300), (5, 3, 50), (1, 6, 20)):
    centres, codes = rng.normal(size=(parts, 256, width)), rng.integers(0, 256, (n, parts)).astype(np.uint8)
    probe = rng.normal(size=parts * width)
    want = np.array([probe @ np.concatenate([centres[j, c] for j, c in enumerate(code)]) for code in codes])
    expect(code_scores(codes.copy(), centres.copy(), probe.copy()), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · What the index loses (2 points)
#
# Write `index_losses(found, exact, own)`. found (m, k) and exact (m, k), int, are rows of the gallery, best first, as the
# index and as an exact search found them for m probes; own (m,), int, the row of each probe's own person. found may hold -1 where the
# index found nothing. Return a tuple of two floats:
#
# - **recall@1**: the share of all probes whose first row in found is the first row in exact,
# - **lost**: of the probes whose own row comes first in the exact search, the share whose own row is *not* first in found.
#   This is the false-negative rate that the index adds to the matcher's.

# %% answer="11-recall" forbid=["facelab.search.recall_at_1"]
def index_losses(found, exact, own):
    ### BEGIN SOLUTION
    right = exact[:, 0] == own
    # Only who would have been found can be lost: the matcher's own misses are not the index's fault.
    return float((found[:, 0] == exact[:, 0]).mean()), float((found[right, 0] != own[right]).mean())
    ### END SOLUTION

# %% check="11-recall" points=2
import numpy as np
from facelab.checks import expect
exact = np.array([[4, 1, 2], [7, 3, 0], [2, 9, 5], [1, 8, 6], [6, 0, 3], [5, 2, 4], [3, 7, 1], [8, 5, 0]])
found = np.array([[4, 2, 1], [3, 7, 0], [9, 2, 5], [8, 1, 6], [6, 3, 0], [-1, -1, -1], [3, 1, 7], [5, 0, 8]])
own = np.array([4, 3, 2, 1, 6, 5, 0, 9])
expect(index_losses(found.copy(), exact.copy(), own.copy()), (3 / 8, 3 / 5), {
    "this counts the exact best anywhere among the k found; recall@1 asks for the first place": (7 / 8, 1 / 5),
    "this compares with the probe's own row; recall@1 compares with the exact search": (3 / 8, 5 / 8),
    "recall is about the exact search's first row, whoever it is, not about the own row": (2 / 5, 3 / 5),
    "lost is a share of the probes that the exact search gets right, not of all": (3 / 8, 3 / 8),
    "the second is the share that is kept; the task asks for the share lost": (3 / 8, 2 / 5),
    "the first is the share that differs; recall is the share that agrees": (5 / 8, 3 / 5),
    "this counts rows in the same place, in every column; only the first place counts":
        (float((found == exact).mean()), 3 / 5),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("11-recall"))
for _ in range(4):
    m = int(rng.integers(30, 80))
    exact = np.stack([rng.permutation(40)[:5] for _ in range(m)])
    found = np.stack([rng.permutation(row) for row in exact])
    found[rng.random(m) < 0.4] = exact[0]
    found[rng.random(m) < 0.1] = -1
    own = np.where(rng.random(m) < 0.6, exact[:, 0], exact[:, 1])
    agree = [f[0] == e[0] for f, e in zip(found, exact)]
    missed = [f[0] != o for f, e, o in zip(found, exact, own) if e[0] == o]
    expect(index_losses(found.copy(), exact.copy(), own.copy()), (float(np.mean(agree)), float(np.mean(missed))))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A gallery of N (2 points)
#
# Independent comparisons, as in the lesson. Write two functions.
#
# - `fpir(fmr, n)`: the probability, float, that a search for a stranger in a gallery of n names somebody, if each comparison does
#   with probability fmr. It must be right to six digits for fmr = 1e-12 and n = 1,300,000,000 too (`numpy.log1p` and
#   `numpy.expm1` help).
# - `decades_beyond(n, rate, count)`: the threshold for a gallery of n and an FPIR of rate needs an FMR of 1 - (1 - rate)^(1/n). How many
#   decades (powers of ten) does that lie below 1 / count, the rarest thing that count impostor scores can show? A float, positive if it
#   lies below.

# %% answer="11-fpir" forbid=["facelab.scaling.fpir_of", "facelab.scaling.fmr_for"]
def fpir(fmr, n):
    ### BEGIN SOLUTION
    return float(-np.expm1(n * np.log1p(-fmr)))
    ### END SOLUTION


def decades_beyond(n, rate, count):
    ### BEGIN SOLUTION
    # In plain arithmetic (1 - rate) ** (1 / n) rounds to 1 - 1e-16 and the difference is lost.
    fmr = -np.expm1(np.log1p(-rate) / n)
    return float(np.log10(1 / count / fmr))
    ### END SOLUTION

# %% check="11-fpir" points=2
import numpy as np
from facelab.checks import expect
expect(fpir(0.001, 2000), 1 - 0.999**2000, {
    "this is N times FMR, which here is more than 1: no probability": 2.0,
    "this is N times FMR cut off at 1; nearness to 1 is not certainty": 1.0,
    "this is the probability that nobody is named": 0.999**2000,
    "the exponent is n, the size of the gallery, not n - 1": 1 - 0.999**1999,
})
expect(fpir(1e-12, 1_300_000_000), float(-np.expm1(1.3e9 * np.log1p(-1e-12))), {
    "plain arithmetic loses digits here: 1 - 1e-12 is rounded. Use numpy.log1p and numpy.expm1": 1 - (1 - 1e-12) ** 1_300_000_000,
    "this is N times FMR: nearly right here, but not to six digits": 0.0013,
}, rtol=1e-8)
needed = -np.expm1(np.log1p(-0.01) / 1_300_000_000)
expect(decades_beyond(1_300_000_000, 0.01, 6_000_000), float(np.log10(1 / 6e6 / needed)), {
    "decades are powers of ten: log10, not the natural logarithm": float(np.log(1 / 6e6 / needed)),
    "the sign is turned: a needed FMR below 1 / count counts as positive": float(-np.log10(1 / 6e6 / needed)),
    "this compares 1 / n with 1 / count; the FPIR wanted matters too": float(np.log10(1_300_000_000 / 6e6)),
    "this is the number of decades below 1, not below 1 / count": float(-np.log10(needed)),
})
### BEGIN HIDDEN TESTS
from decimal import Decimal, getcontext
from facelab.checks import seed
getcontext().prec = 50
rng = np.random.default_rng(seed("11-fpir"))
for _ in range(5):
    fmr, n = float(10 ** rng.uniform(-13, -2)), int(10 ** rng.uniform(1, 9.5))
    expect(fpir(float(fmr), int(n)), float(1 - ((1 - Decimal(fmr)).ln() * n).exp()))
    rate, count = float(rng.uniform(0.001, 0.5)), int(10 ** rng.uniform(2, 8))
    needed = 1 - ((1 - Decimal(rate)).ln() / n).exp()
    expect(decades_beyond(int(n), float(rate), int(count)), float((1 / (count * needed)).log10()))
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · Carry it on (2 points)
#
# Write `carry_on(genuine, impostor, n, rate)`. genuine (g,) and impostor (i,), float64, are scores of single comparisons; genuine may hold NaN where no
# face was found. Take the impostor scores for **normal**, with their mean and standard deviation (divided by i). Return a
# tuple of two floats:
#
# - the threshold that a gallery of n people needs for an FPIR of rate, i.e. the score that an impostor reaches with probability
#   1 - (1 - rate)^(1/n), computed as in task 4 (`scipy.stats.norm.isf` gives the score that is reached with a probability),
# - the FNIR there: the share of **all** genuine scores that are below the threshold or NaN. (Whether somebody else scores even
#   more is left out here.)

# %% answer="11-carry" forbid=["facelab.scaling.predict", "facelab.scaling.fit_gaussian", "facelab.scaling.fmr_for", "facelab.scaling.GaussianTail"]
def carry_on(genuine, impostor, n, rate):
    ### BEGIN SOLUTION
    fmr = -np.expm1(np.log1p(-rate) / n)
    threshold = scipy.stats.norm.isf(fmr, impostor.mean(), impostor.std())
    # NaN >= threshold is False, so a face that wasn't found counts as missed.
    return float(threshold), float(1 - (genuine >= threshold).mean())
    ### END SOLUTION

# %% check="11-carry" points=2
import numpy as np
import scipy.stats
from facelab.checks import expect
rng = np.random.default_rng(11)
genuine = np.append(rng.normal(0.65, 0.12, 300), np.full(20, np.nan))
impostor = rng.normal(0.08, 0.09, 50)
n, rate = 100_000, 0.01
needed = -np.expm1(np.log1p(-rate) / n)


def at(fmr, scores=impostor, ddof=0):
    return float(scipy.stats.norm.isf(fmr, scores.mean(), scores.std(ddof=ddof)))


def missed(t):
    return float(1 - (genuine >= t).mean())


found = genuine[~np.isnan(genuine)]
t = at(needed)
expect(carry_on(genuine.copy(), impostor.copy(), int(n), float(rate)), (t, missed(t)), {
    "this is the threshold for FMR = 1 / n; the FPIR wanted is not in it": (at(1 / n), missed(at(1 / n))),
    "this is the threshold for FMR = rate: it forgets that there are n comparisons": (at(rate), missed(at(rate))),
    "the normal distribution was fitted to the genuine scores; it is impostors that reach the threshold":
        (at(needed, found), missed(at(needed, found))),
    "the second is the share found (1 - FNIR); the task asks for the share missed": (t, 1 - missed(t)),
    "faces that were not found were left out; they are missed as well": (t, float((found < t).mean())),
    "NaN is not below anything, so `genuine < threshold` forgets the faces that were not found": (t, float((genuine < t).mean())),
    "the two are exchanged: threshold first, then FNIR": (missed(t), t),
    "the standard deviation is divided by i, not by i - 1": (at(needed, ddof=1), missed(at(needed, ddof=1))),
    "the threshold lies in the lower tail: isf, not ppf": (2 * float(impostor.mean()) - t, missed(2 * float(impostor.mean()) - t)),
    "this is the highest impostor score: 50 scores show nothing as rare as that": (float(impostor.max()), missed(float(impostor.max()))),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.scaling import fit_gaussian, fmr_for
rng = np.random.default_rng(seed("11-carry"))
for _ in range(5):
    own = rng.normal(0.6, 0.15, 200)
    own[rng.random(200) < 0.1] = np.nan
    others = rng.normal(0.1, 0.1, 500)
    n, rate = int(10 ** rng.uniform(1, 9.3)), float(rng.uniform(0.001, 0.3))
    t = float(fit_gaussian(others).threshold(fmr_for(rate, n)))
    lost = np.mean([not s >= t for s in own])
    expect(carry_on(own.copy(), others.copy(), int(n), float(rate)), (t, float(lost)))
### END HIDDEN TESTS

# %% [markdown]
# Try it: `genuine_scores` holds LFW's genuine scores as they are and under four kinds of worse picture; the impostor scores' mean is about
# .083 and their standard deviation .089 (computed in the lesson). Where does FNIR reach one half?
#
# ## 6 · The verdict (4 points)
#
# A person marks this one. *Anyone, within seconds, at about 90 %.* In 150 to 300 words: which part of the claim holds, and for which images? Your answer should
#
# - treat the three parts apart (anyone; seconds; 90 %), with figures that you computed or read in lesson 11, and their units,
# - say for which probes and at which FPIR each share of people found or missed holds,
# - give the figure for 1.3 billion as a **range**, say how far beyond the data it lies, and what would make it worse still,
# - end with what you would have to measure to narrow it, and whether that could be done.

# %% [markdown] written="11-verdict" points=4
# *Seconds* holds. Exact search of 1.3 billion templates costs a few seconds of one core a search in batches, so a few dozen machines
# answer many a second; with product codes one server's memory holds them all. What an index doesn't find is lost, though, and
# must be counted as FNIR.
#
# *90 %* doesn't hold in general. For LFW's sharp, large faces and a threshold that names one stranger in a hundred, 2,000 people were
# searched: some 93 in a hundred were found and accepted. For 1.3 billion I can give a range only: by the models that aren't refuted, from nearly
# nobody to about five in six. It lies more than four decades beyond the last of our 6,652,660 impostor scores, and two mislabelled photographs moved one of the
# models by half. For faces 14 px wide or out of focus most people are missed, by every model.
#
# *Anyone* fails first: twins and siblings are in the gallery too, and none of the models knows of them, so the upper end is
# an upper bound. Nor does the figure speak of groups for whom the network works worse.
#
# To narrow it one would need impostor scores of about a hundred billion pairs with checked labels, families included: a gallery of half a million people.
# Nobody should build that in order to find out; an institution that has one already could publish its scores.
