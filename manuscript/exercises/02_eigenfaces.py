# %% [markdown]
# # 02 · Eigenfaces: exercise
#
# You build eigenfaces from nothing, and use them to rebuild faces and to tell them from other pictures. Allowed: numpy,
# and what a task names. Pictures are rows, as in lesson 02: `X` is (n, d), one flattened picture a row, float64.

# %% locked="02-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import images
from facelab.checks import NotDone
from facelab.datasets import load_orl

facelab.notebook.begin_exercise()
orl = load_orl()
faces = images.as_vectors(orl.images)  # (400, 10304), to play with

# %% [markdown]
# ## 1 · The trick (4 points)
#
# Write `eigenfaces(X, k)`. X is (n, d), float64, with far fewer pictures than pixels; k is at most n - 1. Return three
# arrays: `mean` (d,), the mean picture; `components` (k, d), the eigenfaces as rows of length 1, the one of most variance
# first; `variance` (k,), the variance of the pictures along each, with n - 1 in the denominator.
#
# Use the small matrix of Turk and Pentland, (n, n): nothing of size (d, d) may be made, and `np.linalg.svd` is not
# allowed. `np.linalg.eigh` gives eigenvalues in *rising* order, and eigenvectors as *columns*. The sign of a component
# doesn't matter.

# %% answer="02-trick" forbid=["numpy.linalg.svd", "scipy.linalg.svd", "numpy.cov", "facelab.eigenfaces.Eigenfaces", "facelab.eigenfaces.small_matrix_trick", "facelab.eigenfaces.by_svd", "sklearn.decomposition.PCA", "cv2.PCACompute", "cv2.PCACompute2"]
def eigenfaces(X, k):
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    A = X - mean
    q, V = np.linalg.eigh(A @ A.T)
    q, V = q[::-1][:k], V[:, ::-1][:, :k]
    # A' v is an eigenvector of the large matrix; its length is sqrt(q). Dividing each row by its own norm afterwards
    # does the same and needs no formula.
    components = (V / np.sqrt(q)).T @ A
    return mean, components, q / (len(X) - 1)
    ### END SOLUTION

# %% check="02-trick" points=4
import numpy as np
from facelab.checks import expect
from facelab.datasets import load_orl
X = load_orl().images[::20, ::4, ::4].reshape(20, -1).astype(float)
k, n = 6, 20
mean, components, variance = eigenfaces(X.copy(), k)
want_mean, A = X.mean(0), X - X.mean(0)
U, S, Vt = np.linalg.svd(A, full_matrices=False)
expect(mean, want_mean, {"this is one number a picture; the mean face has one number a pixel": X.mean(1)})
components = np.asarray(components)
expect(list(components.shape), [k, X.shape[1]], {
    "these are eigenvectors of the small matrix; map them back with A' v": [k, n],
    "these are eigenvectors of the small matrix, as columns; map them back with A' v": [n, k],
    "the components are columns; the task asks for rows": [X.shape[1], k],
    "all components were kept; the task asks for the first k": [n, X.shape[1]],
})
expect(np.linalg.norm(components, axis=1), np.ones(k), {
    "the components don't have length 1: A' v has length sqrt(q), so divide by it": S[:k],
    "divided by q; the length of A' v is the root of q": 1 / S[:k],
})
raw = np.linalg.svd(X, full_matrices=False)
along = abs((components * Vt[:k]).sum(1))
expect(bool((along > 1 - 1e-6).all()), True, {
    "the components are not the directions of most variance. Was the mean subtracted? Is the largest eigenvalue first?": False,
})
expect(variance, S[:k] ** 2 / (n - 1), {
    "divided by n; the task asks for n - 1 in the denominator": S[:k] ** 2 / n,
    "the eigenvalues were not divided by n - 1": S[:k] ** 2,
    "these are standard deviations; the task asks for variances": S[:k] / np.sqrt(n - 1),
    "these are roots of eigenvalues; the task asks for variances": S[:k],
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from sklearn.decomposition import PCA
rng = np.random.default_rng(seed("02-trick"))
orl = load_orl()
for n, k, step in ((60, 25, 2), (int(rng.integers(20, 40)), 10, 1)):  # whole pictures: (d, d) would take minutes
    X = orl.images[rng.choice(400, n, replace=False), ::step, ::step].reshape(n, -1).astype(float)
    mean, components, variance = eigenfaces(X.copy(), k)
    pca = PCA(k, svd_solver="full").fit(X)
    expect(mean, pca.mean_)
    expect(variance, pca.explained_variance_)
    sign = np.sign((np.asarray(components) * pca.components_).sum(1, keepdims=True))
    expect(bool(abs(sign * components - pca.components_).max() < 1e-6), True, {
        "the components are not those of scikit-learn, even up to sign": False,
    })
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Project and rebuild (2 points)
#
# Write two functions. `project(X, mean, components)`: X (n, d), mean (d,), components (k, d) as rows of length 1;
# the result is (n, k), the coordinates of each picture in face space. `rebuild(Z, mean, components)`: Z (n, k); the
# result is (n, d), the pictures that lie at these coordinates.

# %% answer="02-project" forbid=["facelab.eigenfaces.Eigenfaces", "sklearn.decomposition.PCA"]
def project(X, mean, components):
    ### BEGIN SOLUTION
    # Face space has its origin at the mean face, so the mean goes first.
    return (X - mean) @ components.T
    ### END SOLUTION


def rebuild(Z, mean, components):
    ### BEGIN SOLUTION
    return mean + Z @ components
    ### END SOLUTION

# %% check="02-project" points=2
import numpy as np
from facelab.checks import expect
mean = np.array([10.0, 20, 30])
components = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
X = np.array([[13.0, 24, 31], [10, 20, 30], [11, 19, 35], [0, 0, 0]])
Z = np.array([[5.0, 1], [0, 0], [-0.2, 5], [-22, -30]])
expect(project(X.copy(), mean.copy(), components.copy()), Z, {
    "the mean was not subtracted before projecting": X @ components.T,
    "the mean was added; it has to be subtracted": (X + mean) @ components.T,
    "rows and columns are swapped: a row a picture, a column a component": Z.T,
})
want = mean + Z @ components
expect(rebuild(Z.copy(), mean.copy(), components.copy()), want, {
    "the mean was not added back": Z @ components,
    "the mean was subtracted; it has to be added back": Z @ components - mean,
    "rows and columns are swapped: a row a picture": want.T,
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.datasets import load_orl
from sklearn.decomposition import PCA
rng = np.random.default_rng(seed("02-project"))
orl = load_orl()
chosen = rng.permutation(400)
X = orl.images[chosen, ::4, ::4].reshape(400, -1).astype(float)
pca = PCA(int(rng.integers(12, 30)), svd_solver="full").fit(X[:200])
Z = project(X[200:].copy(), pca.mean_.copy(), pca.components_.copy())
expect(Z, pca.transform(X[200:]))
expect(rebuild(pca.transform(X[200:]), pca.mean_.copy(), pca.components_.copy()), pca.inverse_transform(pca.transform(X[200:])))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · The error of rebuilt faces (2 points)
#
# Write `rebuilding_error(X, mean, components)`, arguments as in task 2. The result is (n,): for **each** picture the root
# of the mean, over its pixels, of the squared difference between the picture and what is rebuilt from its coordinates.
# The unit is grey levels.

# %% answer="02-error" forbid=["facelab.eigenfaces.Eigenfaces", "sklearn.decomposition.PCA", "sklearn.metrics.mean_squared_error", "sklearn.metrics.root_mean_squared_error"]
def rebuilding_error(X, mean, components):
    ### BEGIN SOLUTION
    # Components are at right angles, so by Pythagoras ‖difference‖² = ‖X - mean‖² - ‖Z‖² too: shorter, and less exact
    # where the two nearly agree.
    rebuilt = mean + (X - mean) @ components.T @ components
    return np.sqrt(((X - rebuilt) ** 2).mean(axis=1))
    ### END SOLUTION

# %% check="02-error" points=2
import numpy as np
from facelab.checks import expect
mean = np.array([10.0, 20, 30, 40])
components = np.array([[0.6, 0.8, 0, 0], [0, 0, 1.0, 0]])
X = np.array([[13.0, 24, 31, 46], [10, 20, 30, 40], [18, 14, 35, 40], [14, 17, 30, 28]])
difference = np.array([[0, 0, 0, 6.0], [0, 0, 0, 0], [8, -6, 0, 0], [4, -3, 0, -12]])
mse = (difference ** 2).mean(1)
expect(rebuilding_error(X.copy(), mean.copy(), components.copy()), np.sqrt(mse), {
    "the root is missing": mse,
    "summed over the pixels; the task asks for their mean": np.linalg.norm(difference, axis=1),
    "one number for all pictures; the task asks for one a picture": float(np.sqrt(mse.mean())),
    "averaged over the pictures; the task asks for the mean over each picture's pixels": np.sqrt((difference ** 2).mean(0)),
    "this is the mean absolute difference": abs(difference).mean(1),
    "this is the error without any component: rebuild the picture from its coordinates first": np.sqrt(((X - mean) ** 2).mean(1)),
    "the mean was not subtracted before projecting": np.sqrt(((X - mean - X @ components.T @ components) ** 2).mean(1)),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.datasets import load_orl
from sklearn.decomposition import PCA
rng = np.random.default_rng(seed("02-error"))
X = load_orl().images[rng.permutation(400), ::4, ::4].reshape(400, -1).astype(float)
for k in (1, int(rng.integers(10, 60))):
    pca = PCA(k, svd_solver="full").fit(X[:150])
    missing = X[150:] - pca.inverse_transform(pca.transform(X[150:]))
    expect(rebuilding_error(X[150:].copy(), pca.mean_.copy(), pca.components_.copy()), np.sqrt((missing ** 2).mean(1)))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Face or not? (2 points)
#
# Write `best_limit(of_faces, of_others)`. of_faces (n,) and of_others (m,) are distances from face space of pictures that
# are faces and of pictures that are not. A picture counts as a face if its distance is **at most** the limit. A mistake
# is a face beyond the limit, or another picture at or below it. Return as a float the limit, chosen **among all the given
# distances**, with the fewest mistakes in all; of equally good ones the smallest.

# %% answer="02-limit" forbid=["sklearn.metrics.roc_curve", "facelab.verification.best_threshold"]
def best_limit(of_faces, of_others):
    ### BEGIN SOLUTION
    # np.unique sorts, and argmin takes the first of equals: so the smallest limit wins a tie.
    limits = np.unique(np.concatenate([of_faces, of_others]))
    missed = (of_faces[:, None] > limits).sum(axis=0)
    let_in = (of_others[:, None] <= limits).sum(axis=0)
    return float(limits[np.argmin(missed + let_in)])
    ### END SOLUTION

# %% check="02-limit" points=2
import numpy as np
from facelab.checks import expect
of_faces = np.array([3.0, 1.0, 2.0, 6.0, 4.5, 2.5])
of_others = np.array([5.0, 9.0, 4.0, 8.0, 7.0, 1.5, 6.5, 9.5, 5.5])
expect(best_limit(of_faces.copy(), of_others.copy()), 3.0, {
    "of equally good limits the largest was taken; the task asks for the smallest": 4.5,
    "the wrong end: faces are near to face space, and the fewest mistakes are wanted": 9.5,
    "only missed faces were counted: another picture let in is a mistake too": 6.0,
    "only pictures let in were counted: a missed face is a mistake too": 1.0,
    "this lies halfway between two distances or means; the task asks for one of the given distances": 3.5,
})
expect(best_limit(np.array([5.0]), np.array([1.0, 2, 3, 4])), 1.0, {
    "the limit may be any of the given distances, also that of another picture": 5.0,
})
expect(best_limit(np.array([2.0, 2.0]), np.array([2.0, 5.0])), 2.0, {
    "a picture exactly at the limit counts as a face": 5.0,
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("02-limit"))
for _ in range(20):
    n, m = rng.integers(3, 40, 2)
    faces, others = rng.integers(0, 30, n) / 4, rng.integers(10, 50, m) / 4
    scores = {t: (faces > t).sum() + (others <= t).sum() for t in sorted([*faces, *others])}
    want = min(scores, key=lambda t: (scores[t], t))
    expect(best_limit(faces.copy(), others.copy()), want)
### END HIDDEN TESTS

# %% [markdown]
# Try it on real pictures: fit your eigenfaces on some faces, take distances of others and of windows of
# `skimage.data.coffee()`, and look at what your limit lets in. Then try a picture that is grey all over.
