# %% [markdown]
# # 04 · Haar features and boosting: exercise
#
# You write the integral image, features with the contrast divided out, the best stump in one pass over sorted values, a
# change of weights, and the bound on the training error. Allowed: numpy, and the facelab modules of lessons 01 to 03.

# %% locked="04-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab.checks import NotDone
from facelab.datasets import load_cbcl

facelab.notebook.begin_exercise()
cbcl = load_cbcl()  # cbcl.images (6977, 19, 19) uint8 and cbcl.is_face (6977,), to play with

# %% [markdown]
# ## 1 · The integral image (2 points)
#
# Write `integral(image)`. image is (h, w), uint8. The result is (h + 1, w + 1), int64: entry (y, x) is the sum of all pixels
# in rows *before* y and columns *before* x, so that row 0 and column 0 are zeros and the last entry is the sum of the whole
# picture.

# %% answer="04-integral" forbid=["cv2.integral", "cv2.integral2", "cv2.integral3", "skimage.transform.integral_image", "facelab.haar.integral_image", "facelab.haar.Windows"]
def integral(image):
    ### BEGIN SOLUTION
    table = np.zeros((image.shape[0] + 1, image.shape[1] + 1), np.int64)
    # First down each column, then along each row: every entry has then met each pixel above and to the left once.
    table[1:, 1:] = image.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    return table
    ### END SOLUTION

# %% check="04-integral" points=2
import numpy as np
from facelab.checks import expect
image = np.array([[1, 2, 3], [40, 5, 60]], np.uint8)
want = np.array([[0, 0, 0, 0], [0, 1, 3, 6], [0, 41, 48, 111]])
expect(integral(image.copy()), want, {
    "row 0 and column 0 of zeros are missing: the sum of nothing is an entry too": want[1:, 1:],
    "the zeros belong in front, not at the end": np.array([[1, 3, 6, 0], [41, 48, 111, 0], [0, 0, 0, 0]]),
    "the sums run down the columns only; they have to run along the rows, too": np.array([[0, 0, 0, 0], [0, 1, 2, 3], [0, 41, 7, 63]]),
    "the sums run along the rows only; they have to run down the columns, too": np.array([[0, 0, 0, 0], [0, 1, 3, 6], [0, 40, 45, 105]]),
    "the last row and column are missing: the last entry is the sum of the whole picture": want[:-1, :-1],
    "rows and columns are swapped: y comes first": want.T,
})
bright = np.full((2, 2), 200, np.uint8)
expect(integral(bright.copy()), np.array([[0, 0, 0], [0, 200, 400], [0, 400, 800]]), {
    "a sum above 255 doesn't fit uint8 and wraps round; add up in int64": np.array([[0, 0, 0], [0, 200, 144], [0, 144, 32]]),
})
### BEGIN HIDDEN TESTS
import cv2
from facelab.checks import seed
rng = np.random.default_rng(seed("04-integral"))
for h, w, darkest in ((1, 1, 0), (1, 9, 0), (30, 17, 0), (120, 200, 0), (400, 400, 200)):  # the last sums up to over 2**24
    image = rng.integers(darkest, 256, (h, w)).astype(np.uint8)
    expect(integral(image.copy()), cv2.integral(image))
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Features, with the contrast divided out (2 points)
#
# Write `feature_values(windows, kind, x, y, width, height)`. windows is (N, 19, 19), uint8. x, y is the top left pixel of the
# whole feature (x counts columns, y rows), width and height the size of **one cell** in pixels. kind is a text:
#
# - `"left_right"`: two cells side by side; the sum of the pixels in the left one less that in the right one,
# - `"top_bottom"`: two cells one over the other; the upper one less the lower one,
# - `"three_across"`: three side by side; twice the middle one less the two outer ones.
#
# Divide by the standard deviation $\sigma$ of all 361 pixels of the window (n in the denominator of the variance, numpy's
# default). Return (N,) float64; a window whose pixels are all equal gets 0.

# %% answer="04-features" forbid=["facelab.haar.Features", "facelab.haar.all_features", "facelab.haar.Windows"]
def feature_values(windows, kind, x, y, width, height):
    ### BEGIN SOLUTION
    across, down, times = {
        "left_right": (1, 0, (1, -1)),
        "top_bottom": (0, 1, (1, -1)),
        "three_across": (1, 0, (-1, 2, -1)),
    }[kind]
    pixels = windows.astype(np.float64)  # differences of uint8 would wrap round
    value = np.zeros(len(windows))
    for i, n in enumerate(times):
        top, left = y + i * down * height, x + i * across * width
        value += n * pixels[:, top : top + height, left : left + width].sum(axis=(1, 2))
    sigma = pixels.std(axis=(1, 2))
    return np.where(sigma > 0, value / np.where(sigma > 0, sigma, 1), 0)
    ### END SOLUTION

# %% check="04-features" points=2
import numpy as np
from facelab.checks import expect
windows = np.stack([(np.arange(361).reshape(19, 19) * k) % 251 for k in (3, 7, 11)]).astype(np.uint8)
pixels, spread = windows.astype(float), windows.std(axis=(1, 2))
left, right = pixels[:, 5:7, 2:5].sum((1, 2)), pixels[:, 5:7, 5:8].sum((1, 2))
swapped = pixels[:, 2:4, 5:8].sum((1, 2)) - pixels[:, 2:4, 8:11].sum((1, 2))
turned = pixels[:, 5:8, 2:4].sum((1, 2)) - pixels[:, 5:8, 4:6].sum((1, 2))
halved = pixels[:, 5:7, 2:3].sum((1, 2)) - pixels[:, 5:7, 3:5].sum((1, 2))
part = pixels[:, 5:7, 2:8].std(axis=(1, 2))
unsigned = windows[:, 5:7, 2:5].sum((1, 2)) - windows[:, 5:7, 5:8].sum((1, 2))
expect(feature_values(windows.copy(), "left_right", 2, 5, 3, 2), (left - right) / spread, {
    "the values are not divided by the standard deviation of the window": left - right,
    "divided by the variance; the task asks for its root, the standard deviation": (left - right) / spread**2,
    "the sign is turned: the left cell counts as plus": (right - left) / spread,
    "x and y are swapped: x counts columns, and columns are the last axis": swapped / spread,
    "width and height are swapped: width counts columns": turned / spread,
    "divided by the standard deviation under the feature; the task asks for the whole window's": (left - right) / part,
    "the standard deviation has n in the denominator, not n - 1": (left - right) / pixels.std(axis=(1, 2), ddof=1),
    "the two cells were added; the second counts as minus": (left + right) / spread,
    "the sum of uint8 pixels is unsigned; a difference below 0 wraps round: make them float64 or int64 first": unsigned / spread,
    "one standard deviation for all windows together; each window has its own": (left - right) / windows.std(),
})
top, bottom = pixels[:, 1:5, 0:4].sum((1, 2)), pixels[:, 5:9, 0:4].sum((1, 2))
expect(feature_values(windows.copy(), "top_bottom", 0, 1, 4, 4), (top - bottom) / spread, {
    "the sign is turned: the upper cell counts as plus": (bottom - top) / spread,
    "the cells lie side by side; top_bottom has one over the other": (top - pixels[:, 1:5, 4:8].sum((1, 2))) / spread,
})
a, b, c = (pixels[:, 4:10, 1 + 5 * i : 6 + 5 * i].sum((1, 2)) for i in range(3))
expect(feature_values(windows.copy(), "three_across", 1, 4, 5, 6), (2 * b - a - c) / spread, {
    "the middle cell counts twice, so that a brighter lamp changes nothing": (b - a - c) / spread,
    "the sign is turned: the middle cell counts as plus": (a + c - 2 * b) / spread,
})
flat = np.full((1, 19, 19), 90, np.uint8)
expect(feature_values(flat.copy(), "left_right", 0, 0, 2, 2), np.array([0.0]), {
    "a window without contrast has no standard deviation to divide by; its value is 0": np.array([np.nan]),
})
dim = np.full((1, 19, 19), 90, np.uint8)
dim[0, 0, 0] = 91
expect(feature_values(dim.copy(), "left_right", 0, 0, 2, 2), 1 / dim.std(axis=(1, 2)), {
    "sigma was raised to at least 1; divide by it as it is": np.array([1.0]),
    "a small contrast is divided by as it is; only a window without any gets 0": np.array([0.0]),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.datasets import load_cbcl
from facelab.haar import KINDS, Features
rng = np.random.default_rng(seed("04-features"))
cbcl = load_cbcl()
windows = cbcl.images[rng.choice(len(cbcl.images), 40, replace=False)]
sigma = windows.std(axis=(1, 2))
for kind in ("left_right", "top_bottom", "three_across"):
    for _ in range(4):
        rows, columns = KINDS[kind].shape
        width, height = int(rng.integers(1, 19 // columns + 1)), int(rng.integers(1, 19 // rows + 1))
        x, y = int(rng.integers(0, 20 - columns * width)), int(rng.integers(0, 20 - rows * height))
        one = Features(*(np.array([n]) for n in (list(KINDS).index(kind), x, y, width, height)))
        want = (one.picture(0) * windows.astype(float)).sum(axis=(1, 2)) / sigma
        expect(feature_values(windows.copy(), str(kind), int(x), int(y), int(width), int(height)), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · The best stump by sorted cumulative sums (3 points)
#
# Write `best_stump(values, is_face, weights)`. values (N,), float64, is one feature of N windows; is_face (N,) bool; weights
# (N,), float64, not negative, add up to 1. With **polarity** 1 a window is called a face if its value is **above** the
# threshold, with polarity -1 if it is at or below. The error is the sum of the weights of the windows decided wrongly.
#
# Possible thresholds are minus infinity (`-np.inf`), and each number **halfway between two neighbouring different values**
# in sorted order. Return a tuple: the threshold, the polarity (1 or -1) and the error of the best. If errors are equal, the
# lowest threshold, and of the two polarities 1.
#
# Sort once and use cumulative sums: a loop over all thresholds that adds up all weights each time is right, but too slow for
# millions of windows.

# %% answer="04-stump" forbid=["facelab.haar.best_stump", "facelab.haar.AdaBoost", "sklearn.tree.DecisionTreeClassifier", "sklearn.tree.DecisionTreeRegressor", "sklearn.tree.ExtraTreeClassifier"]
def best_stump(values, is_face, weights):
    ### BEGIN SOLUTION
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    # At -inf all are called faces, so the others are wrong; each face that falls below adds its weight, each other
    # window takes its own away.
    signed = np.where(is_face, weights, -weights)[order]
    above = weights[~is_face].sum() + np.append(0.0, np.cumsum(signed)[:-1])
    thresholds = np.append(-np.inf, (ranked[:-1] + ranked[1:]) / 2)
    possible = np.append(True, ranked[:-1] < ranked[1:])
    errors = np.where(possible, np.minimum(above, 1 - above), np.inf)
    best = int(np.argmin(errors))
    polarity = 1 if above[best] <= 1 - above[best] else -1
    return float(thresholds[best]), polarity, float(errors[best])
    ### END SOLUTION

# %% check="04-stump" points=3
import numpy as np
from facelab.checks import expect
values = np.array([7.0, 1, 5, 9, 3, 11])
is_face = np.array([True, False, True, False, False, False])
weights = np.array([2, 1, 3, 4, 1, 5]) / 16
got = best_stump(values.copy(), is_face.copy(), weights.copy())
expect(len(got), 3, {})
expect(got, (8.0, -1, 2 / 16), {
    "the polarity is turned: 1 means that values above the threshold are faces": (8.0, 1, 2 / 16),
    "every window counted the same: add up the weights of the wrong ones": (4.0, 1, 2 / 6),
    "the weights were not used for the error that came back": (8.0, -1, 2 / 6),
    "the threshold is a value itself; it lies halfway between two": (7.0, -1, 2 / 16),
    "only polarity 1 was tried: below the threshold can mean face, too": (4.0, 1, 9 / 16),
    "this is the place in sorted order; the task asks for the threshold": (4, -1, 2 / 16),
    "the sum runs in the order given; sort the windows by their values first": (6.0, -1, 1 / 16),
    "this is the share that is right; the task asks for the error": (8.0, -1, 14 / 16),
})
values = np.array([2.0, 4, 4, 4, 6])
is_face = np.array([False, False, True, True, True])
weights = np.array([1, 4, 3, 4, 4]) / 16
expect(best_stump(values.copy(), is_face.copy(), weights.copy()), (3.0, 1, 4 / 16), {
    "equal values can't be parted: a threshold lies between two different values": (4.0, 1, 0.0),
})
values = np.array([5.0, 5, 5])
expect(best_stump(values.copy(), np.array([True, False, True]), np.array([0.25, 0.5, 0.25])), (-np.inf, 1, 0.5), {
    "of equal errors, polarity 1 counts": (-np.inf, -1, 0.5),
    "equal values can't be parted: a threshold lies between two different values": (5.0, 1, 0.25),
})
expect(best_stump(np.array([1.0, 2, 3]), np.array([True, True, False]), np.array([0.125, 0.125, 0.75])), (2.5, -1, 0.0), {})
expect(best_stump(np.array([1.0, 2, 3]), np.array([False, True, False]), np.array([0.375, 0.125, 0.5])), (-np.inf, -1, 0.125), {
    "minus infinity is a threshold, too: with it every window is decided in the same way": (2.5, -1, 0.375),
})
expect(best_stump(np.array([1.0, 2, 3]), np.array([True, False, True]), np.array([0.25, 0.5, 0.25])), (1.5, -1, 0.25), {
    "of equal errors the lowest threshold counts, and only then polarity 1": (2.5, 1, 0.25),
})
weights = np.array([2497, 2500, 2503, 2500]) / 10_000
expect(best_stump(np.array([1.0, 2, 3, 4]), np.array([False, True, False, True]), weights.copy()), (3.5, 1, 0.25), {
    "a smaller error counts however little smaller it is": (1.5, 1, 0.2503),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("04-stump"))
for n in (2, 9, 60, 200):
    is_face = rng.random(n) < 0.5
    values = np.round(rng.normal(size=n) + is_face * rng.choice([-1, 1]), 1)
    weights = rng.random(n) ** 3
    weights /= weights.sum()
    levels = np.unique(values)
    tried = [(t, p, weights[((values > t) == (p == 1)) != is_face].sum())
             for t in [-np.inf, *((levels[:-1] + levels[1:]) / 2)] for p in (1, -1)]
    least = min(e for _, _, e in tried)
    want = next(c for c in tried if c[2] <= least + 1e-12)
    expect(best_stump(values.copy(), is_face.copy(), weights.copy()), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · New weights (1 point)
#
# Write `reweigh(votes, is_face, weights)`. votes (N,), int, are a stump's, 1 for face and -1 for not; is_face (N,) bool;
# weights (N,), float64, add up to 1. With $e$ the weight of what is decided wrongly (above 0 and below one half),
# $\alpha = \frac12 \ln\frac{1-e}{e}$. Wrong windows' weights are multiplied by $\exp(\alpha)$, right ones' by $\exp(-\alpha)$, and all
# are then divided by their sum. Return a tuple: $\alpha$ as a float, and the new weights (N,).

# %% answer="04-weights" forbid=["facelab.haar.reweighted", "facelab.haar.alpha_of", "facelab.haar.AdaBoost"]
def reweigh(votes, is_face, weights):
    ### BEGIN SOLUTION
    wrong = (votes == 1) != is_face
    error = weights[wrong].sum()
    alpha = 0.5 * np.log((1 - error) / error)
    new = weights * np.exp(np.where(wrong, alpha, -alpha))
    return float(alpha), new / new.sum()
    ### END SOLUTION

# %% check="04-weights" points=1
import numpy as np
from facelab.checks import expect
votes = np.array([1, 1, -1, -1, 1])
is_face = np.array([True, False, False, True, True])
weights = np.array([1, 2, 3, 1, 3]) / 10
wrong = np.array([False, True, False, True, False])
alpha = np.log(0.7 / 0.3) / 2
raised = weights * np.where(wrong, np.exp(alpha), np.exp(-alpha))
want = [alpha, raised / raised.sum()]
twice = weights * np.where(wrong, np.exp(2 * alpha), np.exp(-2 * alpha))
lowered = weights * np.where(wrong, np.exp(-alpha), np.exp(alpha))
equal = np.log(0.6 / 0.4) / 2
counted = weights * np.where(wrong, np.exp(equal), np.exp(-equal))
base = weights * np.where(wrong, 0.3**alpha, 0.3**-alpha)
unlike = votes != is_face
mixed = np.log((1 - weights[unlike].sum()) / weights[unlike].sum()) / 2
confused = weights * np.where(unlike, np.exp(mixed), np.exp(-mixed))
got = reweigh(votes.copy(), is_face.copy(), weights.copy())
expect(len(got), 2, {})
expect(list(got), want, {
    "alpha is half the logarithm": [2 * alpha, twice / twice.sum()],
    "the new weights don't add up to 1: divide by their sum": [alpha, raised],
    "it is the wrong windows whose weight rises": [alpha, lowered / lowered.sum()],
    "every window counted the same in the error: add up the weights of the wrong ones": [equal, counted / counted.sum()],
    "the fraction is upside down: (1 - e) / e, so that a small error gives a large alpha": [-alpha, lowered / lowered.sum()],
    "exp(alpha) is Euler's number to the power alpha, not the error to that power": [alpha, base / base.sum()],
    "votes are 1 and -1 and is_face True and False: compare votes == 1 with is_face": [mixed, confused / confused.sum()],
    "the right windows' weights are to be multiplied by exp(-alpha), not left as they are": [
        alpha, weights * np.where(wrong, np.exp(alpha), 1) / (weights * np.where(wrong, np.exp(alpha), 1)).sum()],
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.haar import alpha_of, reweighted
rng = np.random.default_rng(seed("04-weights"))
for n in (10, 300):
    is_face = rng.random(n) < 0.4
    votes = np.where(is_face, 1, -1) * np.where(rng.random(n) < 0.2, -1, 1)
    votes[0] = -1 if is_face[0] else 1
    weights = rng.random(n)
    weights[0] = 0.01
    weights /= weights.sum()
    error = weights[(votes > 0) != is_face].sum()
    alpha = alpha_of(error, 10**9)
    expect(list(reweigh(votes.copy(), is_face.copy(), weights.copy())), [alpha, reweighted(weights, is_face, votes, alpha)])
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · The error and its bound (2 points)
#
# Write `error_and_bound(votes, alphas, is_face, weights, errors)`. votes (T, N), int, 1 or -1, are what T stumps say of N windows;
# alphas (T,); is_face (N,) bool; weights (N,), those at the **beginning**, which add up to 1; errors (T,), each stump's
# weighted error in its own round. Return a tuple of two arrays (T,), float64. Entry t - 1 belongs to the first t stumps together:
#
# - the sum of the weights of the windows decided wrongly by the score, the sum of alpha times vote: a score of 0 or more says face,
# - the bound: the product of $2\sqrt{e\,(1-e)}$ over those stumps.

# %% answer="04-bound" forbid=["facelab.haar.AdaBoost"]
def error_and_bound(votes, alphas, is_face, weights, errors):
    ### BEGIN SOLUTION
    scores = np.cumsum(alphas[:, None] * votes, axis=0)
    training = ((scores >= 0) != is_face) @ weights
    return training, np.cumprod(2 * np.sqrt(errors * (1 - errors)))
    ### END SOLUTION

# %% check="04-bound" points=2
import numpy as np
from facelab.checks import expect
votes = np.array([[1, 1, -1, -1], [1, -1, -1, 1], [-1, 1, 1, 1]])
alphas = np.array([0.75, 0.5, 1.0])
is_face = np.array([True, False, False, True])
weights = np.array([4, 2, 1, 3]) / 10
errors = np.array([0.1, 0.2, 0.36])
factors = np.array([0.6, 0.8, 0.96])
training, bound = np.array([0.5, 0.5, 0.2]), np.array([0.6, 0.48, 0.4608])
alone = np.array([0.5, 0.0, 0.7])
got = error_and_bound(votes.copy(), alphas.copy(), is_face.copy(), weights.copy(), errors.copy())
expect(len(got), 2, {})
expect(got[0], training, {
    "this is each stump alone; entry t - 1 belongs to the first t stumps together": alone,
    "every stump voted the same: multiply its vote by its alpha": np.array([0.5, 0.2, 0.2]),
    "every window counted the same: add up the weights of the wrong ones": np.array([2, 2, 1]) / 4,
    "this is the share that is right; the task asks for the error": 1 - training,
    "this is the last entry alone; the task asks for one after each round": np.array(training[-1]),
})
expect(got[1], bound, {
    "these are the factors of each round; the bound is their product so far": factors,
    "the factor 2 is missing": np.cumprod(factors / 2),
    "the root is missing": np.cumprod(factors**2 / 2),
    "the factors were added up; the bound is their product": np.cumsum(factors),
    "this is the last entry alone; the task asks for one after each round": np.array(bound[-1]),
})
expect(error_and_bound(np.array([[1], [-1]]), np.array([0.5, 0.5]), np.array([True]), np.array([1.0]), np.array([0.2, 0.2]))[0], np.zeros(2), {
    "a score of exactly 0 says face": np.array([0.0, 1.0]),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.haar import AdaBoost
rng = np.random.default_rng(seed("04-bound"))
for n, t in ((40, 5), (150, 12)):
    is_face = rng.random(n) < 0.5
    values = rng.normal(size=(6, n)) + 0.7 * is_face
    weights = rng.random(n)
    weights /= weights.sum()
    model = AdaBoost.fit_values(values, is_face, t, weights=weights)
    votes = np.where(values[model.feature] > model.threshold[:, None], 1, -1) * model.polarity[:, None]
    want = [weights[((model.alpha[:k] @ votes[:k]) >= 0) != is_face].sum() for k in range(1, len(model) + 1)]
    training, bound = error_and_bound(votes.copy(), model.alpha.copy(), is_face.copy(), weights.copy(), model.errors.copy())
    expect(training, np.array(want))
    expect(bound, model.bound)
    expect(bool((np.asarray(training) <= np.asarray(bound) + 1e-12).all()), True, {"the training error lies above the bound": False})
### END HIDDEN TESTS

# %% [markdown]
# Try it: compute twenty features of your own on all of CBCL and run `best_stump` on each; take the best, `reweigh` with its
# votes, and run them again. Which feature comes first now, and why isn't it the same stump?
