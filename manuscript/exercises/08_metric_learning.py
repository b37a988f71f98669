# %% [markdown]
# # 08 · Metric learning: exercise
#
# You align faces by five points, write the loss that CosFace made famous and the triplet loss with its gradient, and train
# a network that must beat eigenfaces on people it has never seen. Allowed: numpy, what a task names, and the facelab
# modules of lessons 01 to 07.

# %% locked="08-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import cnn, metric
from facelab.checks import NotDone
from facelab.datasets import load_orl, load_orl_landmarks

facelab.notebook.begin_exercise()
orl = load_orl()  # to play with; load_orl_landmarks() has the five points of each picture, (400, 5, 2)

# %% [markdown]
# ## 1 · Align by five points (3 points)
#
# Write `similarity(source, target)`. Both are (n, 2), float64, x, y of the same n points in two pictures. The result is a
# (2, 3) float64 matrix M: a point p goes to `M[:, :2] @ p + M[:, 2]`, M[:, :2] is a rotation times a scale (no mirror
# image), and the sum of squared distances between the moved source points and the target points is as small as it can be.
#
# With the points less their means, a = source and b = target, (n, 2), Umeyama (1991) gives: `U, s, Vt` is the SVD of
# b' a (2, 2); d = 1 if det(U) det(Vt) is positive and -1 if it is negative; the rotation is U diag(1, d) Vt, and the scale
# is (s[0] + d s[1]) divided by the sum of squares of a. The shift brings the mean to the mean.

# %% answer="08-similarity" forbid=["facelab.embedding.similarity_transform", "skimage.transform.estimate_transform", "skimage.transform.SimilarityTransform", "cv2.estimateAffinePartial2D"]
def similarity(source, target):
    ### BEGIN SOLUTION
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    a, b = source - middle, target - aim
    U, s, Vt = np.linalg.svd(b.T @ a)
    # Without d, points that a mirror image would fit better get one, and a face would be turned inside out.
    d = np.sign(np.linalg.det(U) * np.linalg.det(Vt))
    linear = U @ np.diag([1, d]) @ Vt * (s[0] + d * s[1]) / (a ** 2).sum()
    return np.column_stack([linear, aim - linear @ middle])
    ### END SOLUTION

# %% check="08-similarity" points=3
import numpy as np
from facelab.checks import expect
turn, scale = np.radians(25), 1.4
R = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
source = np.array([[30.0, 52], [61, 50], [47, 70], [34, 88], [58, 87]])
target = source @ (scale * R).T + [7, -3]
middle, aim = source.mean(axis=0), target.mean(axis=0)

def matrix(linear, shift):
    return np.column_stack([linear, shift])

expect(similarity(source.copy(), target.copy()), matrix(scale * R, np.array([7.0, -3])), {
    "the transform goes the wrong way: it must take source to target": matrix(R.T / scale, -R.T @ [7, -3] / scale),
    "the rotation goes the wrong way round (transposed)": matrix(scale * R.T, aim - scale * R.T @ middle),
    "the scale is missing": matrix(R, aim - R @ middle),
    "the shift is the difference of the means; the mean of the source is turned and scaled first": matrix(scale * R, aim - middle),
    "the scale was divided by the sum of squares of the target, not of the source": matrix(R / scale, aim - R @ middle / scale),
})
mirrored = source * [-1, 1] + [90, 0]
a, b = source - source.mean(axis=0), mirrored - mirrored.mean(axis=0)
U, s, Vt = np.linalg.svd(b.T @ a)
plain = U @ Vt * s.sum() / (a ** 2).sum()
right = U @ np.diag([1, -1]) @ Vt
best = right * (s[0] - s[1]) / (a ** 2).sum()
loose = right * s.sum() / (a ** 2).sum()
expect(similarity(source.copy(), mirrored.copy()), matrix(best, mirrored.mean(axis=0) - best @ source.mean(axis=0)), {
    "this is a mirror image; only turning and scaling are allowed (use d)": matrix(plain, mirrored.mean(axis=0) - plain @ source.mean(axis=0)),
    "d belongs into the scale, too: s[0] + d s[1]": matrix(loose, mirrored.mean(axis=0) - loose @ source.mean(axis=0)),
})
### BEGIN HIDDEN TESTS
import skimage.transform
from facelab.checks import seed
rng = np.random.default_rng(seed("08-similarity"))
for n in (2, 5, 30):
    source, target = rng.normal(50, 20, (n, 2)), rng.normal(50, 20, (n, 2))
    model = skimage.transform.estimate_transform("similarity", source, target)
    expect(similarity(source.copy(), target.copy()), model.params[:2], rtol=1e-6, atol=1e-6)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The triplet loss and its gradient (3 points)
#
# Write `triplets(anchor, positive, negative, margin)`. The three are (n, d), float64: row i of positive shows the same
# person as row i of anchor, row i of negative another. The loss is the **mean over all n rows** of
# max(0, |a - p|² - |a - n|² + margin). Return a tuple: the loss, a float, and its derivatives by anchor, by positive and by
# negative, three arrays (n, d). (Nothing is brought to unit length here. No row of the checks lies exactly on the kink.)

# %% answer="08-triplets" forbid=["facelab.metric.triplet_loss", "facelab.metric.contrastive_loss"]
def triplets(anchor, positive, negative, margin):
    ### BEGIN SOLUTION
    to_p, to_n = anchor - positive, anchor - negative
    excess = (to_p ** 2).sum(axis=1) - (to_n ** 2).sum(axis=1) + margin
    # Rows that keep the margin contribute nothing; the mean is over all rows, so each of the others counts 1 / n.
    share = ((excess > 0) / len(anchor))[:, None]
    by_anchor = 2 * share * (to_p - to_n)
    return float(np.maximum(excess, 0).mean()), by_anchor, -2 * share * to_p, 2 * share * to_n
    ### END SOLUTION

# %% check="08-triplets" points=3
import numpy as np
from facelab.checks import expect
anchor = np.array([[0.0, 0], [1, 1], [2, 0]])
positive = np.array([[1.0, 0], [1, 2], [2, 3]])
negative = np.array([[0.0, 2], [1, 1.5], [0, 0]])
# squared distances to p: 1, 1, 9; to n: 4, 0.25, 4
loss = (0 + 1.25 + 5.5) / 3
got = triplets(anchor.copy(), positive.copy(), negative.copy(), 0.5)
expect(len(got), 4)
roots = np.maximum(np.array([1 - 2, 1 - 0.5, 3 - 2]) + 0.5, 0).mean()
expect(got[0], loss, {
    "the margin has the wrong sign: it makes the task harder, so it is added": (0 + 0.25 + 4.5) / 3,
    "positive and negative are exchanged": (3.5 + 0 + 0) / 3,
    "these are distances; the task asks for squared ones": roots,
    "a row that keeps its margin counts 0, not less: take max(0, ...)": (-2.5 + 1.25 + 5.5) / 3,
    "the mean is over all rows, not only over those above 0": (1.25 + 5.5) / 2,
    "this is the sum over the rows; the task asks for the mean": 1.25 + 5.5,
})
on = np.array([[0.0], [1], [1]]) / 3
p, n = anchor - positive, anchor - negative
right = [2 * on * (p - n), -2 * on * p, 2 * on * n]
every = np.ones((3, 1)) / 3
expect([np.asarray(g) for g in got[1:]], right, {
    "the gradients were not divided by the number of rows; the loss is a mean": [3 * g for g in right],
    "rows that keep their margin have a gradient, too; theirs is 0": [2 * every * (p - n), -2 * every * p, 2 * every * n],
    "the signs by positive and negative are exchanged": [right[0], -right[1], -right[2]],
    "the factor 2 of the square is missing": [g / 2 for g in right],
    "by anchor, the two terms add up with one minus: 2 (a - p) - 2 (a - n)": [2 * on * (p + n), right[1], right[2]],
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.cnn import numerical_gradient
rng = np.random.default_rng(seed("08-triplets"))
rows = [rng.normal(size=(6, 4)) for _ in range(3)]
margin = float(rng.uniform(0.2, 1.5))

def mean_excess():
    a, p, n = rows
    return float(np.maximum(np.square(a - p).sum(1) - np.square(a - n).sum(1) + margin, 0).mean())

got = triplets(*[r.copy() for r in rows], float(margin))
expect(got[0], mean_excess())
expect([np.asarray(g) for g in got[1:]], [numerical_gradient(mean_excess, r) for r in rows], rtol=1e-5, atol=1e-7)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · CosFace's scores (2 points)
#
# Write `margin_scores(embeddings, centres, person, scale, margin)`. embeddings (n, d) and centres (c, d), float64, of any
# length; person (n,), int, from 0 to c - 1. The result is (n, c): entry (i, j) is scale times the **cosine** between
# embedding i and centre j, and for the right person, j = person[i], scale times (the cosine **less the margin**).

# %% answer="08-margin" forbid=["facelab.metric.cosface_loss", "sklearn.metrics.pairwise.cosine_similarity", "facelab.verification.similarity", "facelab.verification.unit_length"]
def margin_scores(embeddings, centres, person, scale, margin):
    ### BEGIN SOLUTION
    e = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    w = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    cosines = e @ w.T
    # Only the right answer is made harder: it has to win by the margin.
    cosines[np.arange(len(person)), person] -= margin
    return scale * cosines
    ### END SOLUTION

# %% check="08-margin" points=2
import numpy as np
from facelab.checks import expect
embeddings = np.array([[3.0, 4], [-1, 0], [0, 2]])
centres = np.array([[2.0, 0], [0, 5], [-6, 8]])
person = np.array([1, 2, 2])
e = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
w = centres / np.linalg.norm(centres, axis=1, keepdims=True)
own = np.eye(3)[person]
want = 10 * (e @ w.T - 0.2 * own)
expect(margin_scores(embeddings.copy(), centres.copy(), person.copy(), 10.0, 0.2), want, {
    "the embeddings were not brought to unit length": 10 * (embeddings @ w.T - 0.2 * own),
    "the centres were not brought to unit length": 10 * (e @ centres.T - 0.2 * own),
    "these are dot products; divide both by their lengths": 10 * (embeddings @ centres.T - 0.2 * own),
    "the margin was added: it makes the right answer harder, so it is taken away": 10 * (e @ w.T + 0.2 * own),
    "the margin was taken from every person; only the right one is made harder": 10 * (e @ w.T - 0.2),
    "the margin was taken from the wrong people": 10 * (e @ w.T - 0.2 * (1 - own)),
    "the margin is taken from the cosine, before the scale": 10 * (e @ w.T) - 0.2 * own,
    "the scale is missing": e @ w.T - 0.2 * own,
})
### BEGIN HIDDEN TESTS
import scipy.spatial
from facelab.checks import seed
rng = np.random.default_rng(seed("08-margin"))
embeddings, centres, person = rng.normal(size=(20, 7)), rng.normal(size=(6, 7)) * 3, rng.integers(0, 6, 20)
want = 9.0 * (1 - scipy.spatial.distance.cdist(embeddings, centres, "cosine") - 0.35 * (np.arange(6) == person[:, None]))
expect(margin_scores(embeddings.copy(), centres.copy(), person.copy(), 9.0, 0.35), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · People never seen (2 points)
#
# Write `embed_others(pictures, person, others, seed)`. pictures (n, 28, 28), uint8, are aligned faces to learn from; person
# (n,), int, says whose each is; others (m, 28, 28), uint8, are aligned faces of people who are **not** among them; seed is an
# int. Train an embedding on pictures and return the templates of others, (m, d) float, which are compared by cosine. You may
# use `facelab.cnn.standardise_windows`, `facelab.metric.embedding_network`, `facelab.metric.train_embedding` and
# `facelab.metric.embed`; give the seed to whatever takes an `rng`, so that the same call gives the same templates.
#
# The bar: on ten people of ORL never seen, an EER at least a tenth below that of eigenfaces; and on another draw of ten, at
# least a fifth below that of the same network untrained (draws differ too much for one bar). A call with 300 pictures must
# end within half a minute; 40 epochs of CosFace at a rate of `0.05`, shifted by at most `1.5` pixels, take about 5.

# %% answer="08-unseen" forbid=["facelab.eigenfaces.Fisherfaces", "facelab.eigenfaces.Eigenfaces", "facelab.embedding.SFaceEmbedder", "facelab.embedding.orl_templates", "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"]
def embed_others(pictures, person, others, seed):
    ### BEGIN SOLUTION
    from facelab import cnn, metric

    network = metric.embedding_network(pictures.shape[1:], seed)
    x = cnn.standardise_windows(pictures)
    metric.train_embedding(network, x, person, loss="cosface", epochs=40, rng=seed, rate=0.05, shift=1.5)
    # The people of `others` have no centre, and need none: their templates are compared with each other.
    return metric.embed(network, cnn.standardise_windows(others))
    ### END SOLUTION

# %% check="08-unseen" points=2
import cv2
import numpy as np
from facelab.checks import expect
from facelab.datasets import load_orl, split_by_person
from facelab.eigenfaces import Eigenfaces
from facelab.embedding import orl_aligned
from facelab.verification import all_pairs, eer, similarity
faces = np.stack([cv2.resize(face, (28, 28), interpolation=cv2.INTER_AREA) for face in orl_aligned()])
person = load_orl().person
few = person < 4
expect(len(embed_others(faces[few].copy(), person[few].copy(), faces[-9:].copy(), 5)), 9, {
    "these are templates of the pictures learned from; those of the others were asked for": 40,
})
first = embed_others(faces[few].copy(), person[few].copy(), faces[-9:].copy(), 5)
again = embed_others(faces[few].copy(), person[few].copy(), faces[-4:].copy(), 5)
repeated = embed_others(faces[few].copy(), person[few].copy(), faces[-9:].copy(), 5)
expect(bool(np.allclose(first, repeated, atol=1e-3)), True, {
    "the same seed gave other templates: pass the seed to the network and to the training": False,
})
expect(bool(np.allclose(np.asarray(first)[-4:], again, atol=1e-3)), True, {
    "a template changes with the pictures beside it; it may depend on its own picture only": False,
})
learn, unseen = split_by_person(person, 30, 0)
templates = embed_others(faces[learn].copy(), person[learn].copy(), faces[unseen].copy(), 1)
error = eer(*all_pairs(similarity(templates, templates), person[unseen]))
vectors = faces.reshape(400, -1).astype(float)
plain = Eigenfaces(80).fit(vectors[learn]).transform(vectors[unseen])
expect(bool(error <= 0.9 * eer(*all_pairs(similarity(plain, plain, "l2"), person[unseen]))), True, {
    "on people never seen the EER is not a tenth below that of eigenfaces: was the network trained, on standardised faces, long enough?": False,
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
learn, unseen = split_by_person(person, 30, seed("08-unseen"))
renamed = np.random.default_rng(seed("08-unseen")).permutation(5000)[:40][person]
templates = embed_others(faces[learn].copy(), renamed[learn].copy(), faces[unseen].copy(), int(seed("08-unseen") % 1000))
error = eer(*all_pairs(similarity(templates, templates), person[unseen]))
from facelab import cnn, metric
plain = metric.embed(metric.embedding_network((28, 28), 0), cnn.standardise_windows(faces[unseen]))
expect(bool(error <= 0.8 * eer(*all_pairs(similarity(plain, plain), person[unseen]))), True)
### END HIDDEN TESTS

# %% [markdown]
# Try it: learn from ten people in place of thirty, then from thirty with three pictures each. Which costs more?
