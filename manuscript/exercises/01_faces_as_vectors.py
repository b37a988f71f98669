# %% [markdown]
# # 01 · Faces as vectors: exercise
#
# You write the four parts of the recogniser of lesson 01 yourself. Allowed: numpy, and what a task names.
#
# Replace each line `raise NotDone` by your answer. Below it stands a check: run it, and it says nothing if all is well,
# or names your mistake. The checks you see are a part of those that give the points. Save (Ctrl+S), then `course check 01`
# in a terminal runs them all; it also looks whether you wrote a function yourself or called a library's, which Validate
# doesn't. Don't rename the functions, and return plain arrays and numbers.

# %% locked="01-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab.checks import NotDone
from facelab.datasets import load_orl

facelab.notebook.begin_exercise()
orl = load_orl()  # to play with: orl.images (400, 112, 92) uint8, orl.person (400,), orl.shot (400,)
faces = orl.images.reshape(400, -1).astype(float)  # the same as rows of numbers: (400, 10304)

# %% [markdown]
# ## 1 · Standardise (2 points)
#
# Write `standardise(X)`. X is (n, d), float64: n pictures as rows. The result is (n, d), float64: from **each row**
# subtract its own mean and divide by its own standard deviation (numpy's default, which divides by d). A row without
# any contrast has standard deviation 0: it becomes zeros.

# %% answer="01-standardise" forbid=["facelab.images.standardise", "sklearn.preprocessing.scale", "sklearn.preprocessing.StandardScaler", "scipy.stats.zscore"]
def standardise(X):
    ### BEGIN SOLUTION
    centred = X - X.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    # Dividing where the spread is 0 would give NaN. Another way that is as good: spread[spread == 0] = 1, since a row
    # without contrast is zero already once its mean is gone.
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    ### END SOLUTION

# %% check="01-standardise" points=2
import numpy as np
from facelab.checks import expect
X = np.array([[1.0, 1, 3, 3], [10, 30, 10, 30], [0, 6, 6, 0]])
mean, deviation = np.array([[2.0], [20], [3]]), np.array([[1.0], [10], [3]])  # of each row
want = np.array([[-1.0, -1, 1, 1], [-1, 1, -1, 1], [-1, 1, 1, -1]])
expect(standardise(X.copy()), want, {
    "columns were standardised; the task asks for each row (each picture) by itself": (X - X.mean(0)) / X.std(0),
    "the mean was subtracted, but the rows were not divided by their standard deviation": X - mean,
    "the rows were divided, but their mean was not subtracted": X / deviation,
    "divided by the variance; the task asks for the standard deviation, its root": want / deviation,
    "one mean and one deviation were used for all pictures; each row has its own": (X - X.mean()) / X.std(),
    "the standard deviation divides by d - 1 here; numpy's default divides by d": want * np.sqrt(3) / 2,
})
flat = standardise(np.array([[5.0, 5, 5], [1, 2, 3]]))
expect(bool(np.isfinite(flat).all()), True, {"a row without contrast gave NaN or infinity; it must become zeros": False})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from sklearn.preprocessing import scale
rng = np.random.default_rng(seed("01-standardise"))
X = rng.normal(rng.uniform(50, 150), 30, size=(30, 50))
expect(standardise(X.copy()), scale(X, axis=1))
X[7] = rng.integers(256)
got = standardise(X.copy())
expect(got[7], np.zeros(50), {"a row without contrast must become zeros": np.full(50, np.nan)})
expect(got[8], scale(X, axis=1)[8])
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Distances between all pairs (3 points)
#
# Write `squared_distances(A, B)`. A is (n, d), B is (m, d), float64. The result is (n, m), float64: entry (i, j) is the
# squared Euclidean distance between row i of A and row j of B. Use $\|a-b\|^2 = \|a\|^2 - 2\,a\cdot b + \|b\|^2$: a loop over
# all pairs would take minutes on 400 faces, and an array (n, m, d) of all differences many gigabytes. Rounding can leave
# a tiny negative number: clip at 0.

# %% answer="01-distances" forbid=["facelab.images.squared_distances", "scipy.spatial.distance.cdist", "scipy.spatial.distance_matrix", "sklearn.metrics.pairwise_distances", "sklearn.metrics.pairwise.pairwise_distances", "sklearn.metrics.pairwise.euclidean_distances", "sklearn.metrics.euclidean_distances"]
def squared_distances(A, B):
    ### BEGIN SOLUTION
    # The first term is a column, the last a row: numpy spreads both over the (n, m) table of products.
    D = (A * A).sum(1)[:, None] - 2 * A @ B.T + (B * B).sum(1)
    # np.clip(D, 0, None) does the same. ((A[:, None] - B) ** 2).sum(2) would be right too, but makes (n, m, d) numbers.
    return np.maximum(D, 0)
    ### END SOLUTION

# %% check="01-distances" points=3
import numpy as np
from facelab.checks import expect
A, B = np.array([[0.0, 0, 1], [1, 1, 0], [2, 0, 0]]), np.array([[0.0, 1, 0], [3, 1, 2]])
want = np.array([[2.0, 11], [1, 8], [5, 6]])
products, squares_of_a, squares_of_b = np.array([[0.0, 2], [1, 4], [0, 6]]), np.array([[1.0], [2], [4]]), np.array([1.0, 14])
expect(squared_distances(A.copy(), B.copy()), want, {
    "a root was taken; the task asks for squared distances": np.sqrt(want),
    "rows and columns are swapped: entry (i, j) belongs to row i of A and row j of B": want.T,
    "the term 2a·b is added, not subtracted": want + 4 * products,
    "a·b is subtracted once; the formula has it twice": want + products,
    "these are the products a·b, not distances": products,
    "the squares of B are missing": want - squares_of_b,
    "the squares of A are missing": want - squares_of_a,
})
A = np.full((1, 3), 0.1) * np.arange(1, 400)[:, None]
near = squared_distances(A.copy(), A + 1e-9)
expect(bool((near >= 0).all()), True, {"a tiny negative number was left: clip at 0": False})
### BEGIN HIDDEN TESTS
import scipy.spatial
from facelab.checks import seed
rng = np.random.default_rng(seed("01-distances"))
A, B = rng.normal(size=(40, 7)), rng.normal(size=(30, 7))
expect(squared_distances(A.copy(), B.copy()), scipy.spatial.distance.cdist(A, B, "sqeuclidean"))
A = rng.uniform(0, 255, size=(60, 400))
near = squared_distances(A.copy(), A + 1e-9)
expect(bool((near >= 0).all()), True, {"a tiny negative number was left: clip at 0": False})
A, B = rng.normal(size=(300, 400)), rng.normal(size=(200, 400))
expect(squared_distances(A.copy(), B.copy())[::97, ::89], scipy.spatial.distance.cdist(A[::97], B[::89], "sqeuclidean"))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Leave one out (3 points)
#
# With 400 pictures and no separate probes, let every picture be the probe once, and all *others* the gallery.
# Write `leave_one_out(D, person)`. D is (n, n), float64: squared distances between all pairs, so its diagonal is
# (nearly) 0. person is (n,), int: who is on picture i. The result is one float from 0 to 1: the share of pictures whose
# nearest **other** picture shows the same person; of equally near ones the first counts.

# %% answer="01-leave-one-out" forbid=["sklearn.neighbors.KNeighborsClassifier", "sklearn.neighbors.NearestNeighbors", "sklearn.model_selection.LeaveOneOut"]
def leave_one_out(D, person):
    ### BEGIN SOLUTION
    # Every picture is nearest to itself, and that says nothing. Infinity on the diagonal takes it out of the race; on a
    # copy, so that the caller's D stays whole. Taking the second smallest fails where two pictures are equal.
    others = D.copy()
    np.fill_diagonal(others, np.inf)
    nearest = others.argmin(axis=1)
    return float((person[nearest] == person).mean())
    ### END SOLUTION

# %% check="01-leave-one-out" points=3
import numpy as np
from facelab.checks import expect
X = np.array([0.0, 1, 2.5, 6, 7.2, 14, 14.5, 20])
person = np.array([0, 0, 0, 1, 2, 2, 2, 1])
D = (X[:, None] - X) ** 2 + 1e-9 * np.eye(8)  # the diagonal is nearly 0, as rounding leaves it
expect(leave_one_out(D.copy(), person.copy()), 5 / 8, {
    "every picture found itself: leave it out of its own gallery, by its place and not by its value": 1.0,
    "this is the share of mistakes; the task asks for the share that is right": 3 / 8,
    "this is a count; the task asks for a share from 0 to 1": 5.0,
    "the farthest picture was taken, not the nearest": 1 / 8,
    "this is in percent; the task asks for a share from 0 to 1": 62.5,
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.datasets import load_orl
from sklearn.neighbors import NearestNeighbors
orl = load_orl()
rng = np.random.default_rng(seed("01-leave-one-out"))
kept = np.sort(rng.choice(400, 300, replace=False))
X = orl.images[kept].reshape(300, -1)[:, ::rng.integers(7, 13)].astype(float)
person = orl.person[kept]
squares = (X * X).sum(1)
D = np.maximum(squares[:, None] - 2 * X @ X.T + squares, 0)
other = NearestNeighbors(n_neighbors=1).fit(X).kneighbors(return_distance=False)[:, 0]
share = (person[other] == person).mean()
expect(leave_one_out(D.copy(), person.copy()), share, {
    "every picture found itself: leave it out of its own gallery, by its place and not by its value": 1.0,
})
twice = np.array([[1e-9, 0.0, 4, 4], [0, 1e-9, 4, 4], [4, 4, 1e-9, 1], [4, 4, 1, 1e-9]])  # 0 and 1 are the same picture
expect(leave_one_out(twice.copy(), np.array([0, 1, 2, 2])), 0.5)
order = rng.permutation(300)  # a table whose pictures are not sorted by person
expect(leave_one_out(D[np.ix_(order, order)].copy(), person[order].copy()), share)
### END HIDDEN TESTS

# %% [markdown]
# Try your three functions on all 400 faces. Why is the number so much better than the one in lesson 01, where shots 0 to
# 4 were the gallery and the others the probes?

# %%
for name, rows in (("as they are", faces), ("standardised", standardise(faces))):
    print(name, leave_one_out(squared_distances(rows, rows), orl.person))

# %% [markdown]
# <details><summary>An answer</summary>
#
# Every probe now has nine pictures of the same person to be near to, in place of five, and some of them were taken in
# the same minute, in the same pose and light. It is an easier question, not a better method. Always ask what was in the
# gallery.
#
# </details>

# %% [markdown]
# ## 4 · The shift experiment (2 points)
#
# Write `accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right)`. gallery is (n, h, w) and probes
# (m, h, w), uint8; gallery_person (n,) and probe_person (m,), int; right is a whole number of pixels from 0 to w - 1.
# Move **every probe** to the right by that much; the columns that come in at the left repeat the probe's first column
# (nothing wraps round). Then name each probe after the person of the nearest gallery picture (squared Euclidean
# distance over all pixels; of equally near ones the first). The result is one float from 0 to 1: the share of probes
# with the right name. Mind that uint8 can't go below 0: convert before you subtract or multiply. You may use
# `facelab.images.squared_distances`.

# %% answer="01-shift" forbid=["facelab.images.shift", "facelab.images.nearest"]
def accuracy_when_shifted(gallery, gallery_person, probes, probe_person, right):
    ### BEGIN SOLUTION
    from facelab.images import squared_distances as distances

    # Column x of the moved picture is column x - right of the old one, and never less than column 0.
    columns = np.maximum(np.arange(probes.shape[2]) - right, 0)
    moved = probes[:, :, columns]
    # np.pad(probes, ((0, 0), (0, 0), (right, 0)), mode="edge")[:, :, :w] moves them just as well.
    probe_rows = moved.reshape(len(moved), -1).astype(float)
    gallery_rows = gallery.reshape(len(gallery), -1).astype(float)
    nearest = distances(probe_rows, gallery_rows).argmin(axis=1)
    return float((gallery_person[nearest] == probe_person).mean())
    ### END SOLUTION

# %% check="01-shift" points=2
import numpy as np
from facelab.checks import expect
from facelab.datasets import load_orl
orl = load_orl()
first = orl.shot < 5
given = [orl.images[first], orl.person[first], orl.images[~first], orl.person[~first]]
expect(accuracy_when_shifted(*[a.copy() for a in given], 0), 0.885, {
    "this is the share of mistakes; the task asks for the share that is right": 0.115,
    "this is in percent; the task asks for a share from 0 to 1": 88.5,
    "a product of uint8 numbers went round at 255: convert the pictures to float first": 0.025,
    "a difference of uint8 numbers went round at 0: convert the pictures to float first": 0.92,
    "the gallery was searched among the probes; each probe is to be named after a gallery picture": 0.91,
})
expect(accuracy_when_shifted(*[a.copy() for a in given], 8), 0.63, {
    "the probes moved to the left": 0.64,
    "the columns wrapped round; those that come in must repeat the probe's first column": 0.625,
    "the columns that come in are black; they must repeat the probe's first column": 0.495,
    "the first columns were left as they were; they must repeat the probe's first column": 0.655,
    "nothing was moved": 0.885,
    "the pictures moved down, not to the right": 0.385,
    "gallery and probes were both moved; only the probes move": 0.87,
    "the gallery was moved; the task moves the probes": 0.67,
})
### BEGIN HIDDEN TESTS
from facelab import images
from facelab.checks import seed
rng = np.random.default_rng(seed("01-shift"))
shots = rng.permutation(10)
first = np.isin(orl.shot, shots[:4])
for right in (0, int(rng.integers(3, 7)), int(rng.integers(9, 14)), 91):
    gallery, probes = orl.images[first].copy(), orl.images[~first].copy()
    found = images.nearest(images.as_vectors(gallery), images.as_vectors(images.shift(probes, right)))
    want = (orl.person[first][found] == orl.person[~first]).mean()
    given = [gallery, orl.person[first], probes, orl.person[~first]]
    expect(accuracy_when_shifted(*[a.copy() for a in given], right), want)
names = rng.permutation(1000)[:40]  # people's numbers need not be 0 to 39, nor in order
expect(accuracy_when_shifted(gallery.copy(), names[orl.person[first]], probes.copy(), names[orl.person[~first]], 91), want)
### END HIDDEN TESTS

# %% [markdown]
# Done? `course check 01` in a terminal gives you the points, and `course progress` shows the whole course.
