# %% [markdown]
# # 03 · Recognising in face space: exercise
#
# You recognise people by their templates, choose a number without cheating, find the figure that gives an overfitted
# method away, and count the two errors of an open set. Allowed: numpy, what a task names, and the facelab modules of
# lessons 01 and 02.

# %% locked="03-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import images
from facelab.checks import NotDone
from facelab.datasets import load_orl
from facelab.eigenfaces import Eigenfaces

facelab.notebook.begin_exercise()
orl = load_orl()
faces = images.as_vectors(orl.images)  # (400, 10304), to play with, as orl.person and orl.shot (400,)

# %% [markdown]
# ## 1 · The nearest by angle (2 points)
#
# Write `classify(gallery, person, probes)`. gallery (n, k) and probes (m, k), float64, are templates, one a row; person
# (n,), int, says whose each gallery template is. The result is (m,), int: for each probe the person of the gallery
# template with the largest **cosine**, the dot product of the two divided by the product of their lengths; of equally
# large ones the first.

# %% answer="03-classify" forbid=["sklearn.metrics.pairwise.cosine_similarity", "sklearn.neighbors.KNeighborsClassifier", "sklearn.neighbors.NearestNeighbors", "scipy.spatial.distance.cdist", "facelab.verification.similarity", "facelab.identification.Gallery"]
def classify(gallery, person, probes):
    ### BEGIN SOLUTION
    # The length of the probe changes nothing about which gallery row wins, so only the gallery has to be divided.
    unit = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
    return person[(probes @ unit.T).argmax(axis=1)]
    ### END SOLUTION

# %% check="03-classify" points=2
import numpy as np
from facelab.checks import expect
gallery = np.array([[4.0, 0], [1, 1], [0, 9], [-1, 1.5]])
person = np.array([70, 80, 90, 60])
probes = np.array([[2.0, 1.9], [1, 0.1], [0.2, 1], [-0.3, 0.4], [8, 7]])
expect(classify(gallery.copy(), person.copy(), probes.copy()), np.array([80, 70, 90, 60, 80]), {
    "these are places in the gallery; the task asks for the person at that place": np.array([1, 0, 2, 3, 1]),
    "this is the largest dot product; the gallery's templates have different lengths": np.array([90, 70, 90, 90, 90]),
    "this is the nearest by Euclidean distance; the task asks for the largest cosine": np.array([80, 80, 80, 60, 70]),
    "the smallest cosine was taken: for a similarity, large means alike": np.array([60, 60, 70, 70, 60]),
})
gallery = np.array([[2.0, 0], [1, 0], [0.6, 0.8], [1, -0.1], [-1, 0.3]])
person = np.array([3, 5, 9, 7, 7])
probes = np.array([[1.0, 0], [-1, 0], [0.8, -0.5]])
expect(classify(gallery.copy(), person.copy(), probes.copy()), np.array([3, 7, 7]), {
    "of equally large cosines the first in the gallery counts": np.array([5, 7, 7]),
    "the opposite direction is not alike: don't take the absolute value": np.array([3, 3, 7]),
    "each gallery template counts by itself: don't average those of a person": np.array([3, 7, 3]),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.identification import Gallery
rng = np.random.default_rng(seed("03-classify"))
gallery, probes = rng.normal(size=(60, 12)) * rng.uniform(0.1, 9, (60, 1)), rng.normal(size=(50, 12))
person = rng.permutation(1000)[:60]
found, _ = Gallery("cosine").enrol(person, gallery).search(probes)
expect(classify(gallery.copy(), person.copy(), probes.copy()), found[:, 0])
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Choose k without cheating (4 points)
#
# Write `honest(X, person, shot, ks)`. X is (n, d), float64, pictures as rows; person and shot (n,), int; ks a list of
# numbers of eigenfaces. Shots 0 to 4 are the **gallery**, the others the **test**.
#
# 1. For each k in ks, cross-validate within the gallery: for each t of 0 to 4, fit `Eigenfaces(k)` on the gallery pictures
#    with shot ≠ t, and name each gallery picture with shot t by the nearest of these, by **squared Euclidean distance** (L2)
#    in face space, where the lesson took the cosine. The score of k is the mean of the five shares of right names.
# 2. Choose the k with the best score; of equally good ones the smallest.
# 3. Only now use the test: fit `Eigenfaces(k)` on the whole gallery, and name each test picture by the nearest of all gallery
#    pictures, by L2 again.
#
# Return a tuple: the list of scores in the order of ks, the chosen k, and the share of test pictures named rightly. You
# may use `facelab.eigenfaces.Eigenfaces` and `facelab.images.nearest(gallery, probes)`, which gives for each probe the
# row number of the nearest gallery row.

# %% answer="03-honest" forbid=["sklearn.model_selection.GridSearchCV", "sklearn.model_selection.cross_val_score"]
def honest(X, person, shot, ks):
    ### BEGIN SOLUTION
    from facelab.eigenfaces import Eigenfaces
    from facelab.images import nearest

    def share(k, gallery, probes):
        # What is fitted is fitted on the gallery of this very question, never on the probes.
        space = Eigenfaces(k).fit(X[gallery])
        found = nearest(space.transform(X[gallery]), space.transform(X[probes]))
        return float((person[gallery][found] == person[probes]).mean())

    inside = shot < 5
    scores = [float(np.mean([share(k, inside & (shot != t), inside & (shot == t)) for t in range(5)])) for k in ks]
    best = min(k for k, score in zip(ks, scores) if score == max(scores))
    return scores, best, share(best, inside, ~inside)
    ### END SOLUTION

# %% check="03-honest" points=4
import numpy as np
from facelab.checks import expect
from facelab.datasets import load_orl
from facelab.eigenfaces import Eigenfaces
from facelab.images import nearest
orl = load_orl()
X = orl.images[:, ::8, ::8].reshape(400, -1).astype(float)
ks = [4, 8, 16, 24, 32, 48, 64]

def share(k, fitted, gallery, probes, names=None):
    space = Eigenfaces(k).fit(X[fitted])
    found = nearest(space.transform(X[gallery]), space.transform(X[probes]))
    return float(((orl.person[gallery] if names is None else names)[found] == orl.person[probes]).mean())

def by_cosine(k, gallery, probes):
    space = Eigenfaces(k).fit(X[gallery])
    shelf, asked = (Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in (space.transform(X[gallery]), space.transform(X[probes])))
    return float((orl.person[gallery][(asked @ shelf.T).argmax(axis=1)] == orl.person[probes]).mean())

first = orl.shot < 5
parts = [(first & (orl.shot != t), first & (orl.shot == t)) for t in range(5)]
answer = honest(X.copy(), orl.person.copy(), orl.shot.copy(), list(ks))
expect(len(answer), 3, {})
scores, chosen, _ = answer
expect(list(scores), [float(np.mean([share(k, g, g, p) for g, p in parts])) for k in ks], {
    "every picture found itself: the shot that is asked must not be in the gallery": [1.0] * len(ks),
    "found counts rows of the gallery, not of X: look the person up in person[gallery]":
        [float(np.mean([share(k, g, g, p, orl.person) for g, p in parts])) for k in ks],
    "test pictures were in the gallery: while choosing, only shots 0 to 4 exist":
        [float(np.mean([share(k, orl.shot != t, orl.shot != t, parts[t][1]) for t in range(5)])) for k in ks],
    "these are shares on the test: choosing by them is cheating": [share(k, first, first, ~first) for k in ks],
    "these pictures were named by cosine; the task asks for the squared Euclidean distance":
        [float(np.mean([by_cosine(k, g, p) for g, p in parts])) for k in ks],
    "the eigenfaces were fitted on the shot that is asked, too": [float(np.mean([share(k, first, g, p) for g, p in parts])) for k in ks],
    "the eigenfaces were fitted on the test pictures, too": [float(np.mean([share(k, first | True, g, p) for g, p in parts])) for k in ks],
})
best = min(k for k, s in zip(ks, scores) if s == max(scores))
expect(chosen, best, {
    "of equally good ones the largest was taken": max(k for k, s in zip(ks, scores) if s == max(scores)),
    "this is the place in ks; the task asks for k itself": ks.index(best),
    "this is the k that is best on the test; it has to be chosen within the gallery":
        max(ks, key=lambda k: share(k, first, first, ~first)),
})
expect(honest(X.copy(), orl.person.copy(), orl.shot.copy(), [64, 48, 32])[1], 32, {
    "of equally good ones the first in ks was taken; the task asks for the smallest": 48,
})
expect(answer, (list(scores), best, share(best, first, first, ~first)), {
    "this is the score within the gallery; the task asks for the share on the test": (list(scores), best, max(scores)),
    "the eigenfaces were fitted on the test pictures, too": (list(scores), best, share(best, first | True, first, ~first)),
    "the test was named by the last round of the cross-validation: fit anew, on the whole gallery":
        (list(scores), best, share(best, parts[4][0], parts[4][0], ~first)),
    "on the test, too, found counts rows of the gallery: look the person up in person[gallery]":
        (list(scores), best, share(best, first, first, ~first, orl.person)),
    "the test pictures were named by cosine; the task asks for the squared Euclidean distance":
        (list(scores), best, by_cosine(best, first, ~first)),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("03-honest"))
renamed, shots = rng.permutation(500)[:40][orl.person], orl.shot.copy()
for p in range(40):  # another draw of shots for each person
    shots[orl.person == p] = rng.permutation(10)
order = rng.permutation(400)
X, person, shot = X[order][:, rng.permutation(X.shape[1])[:100]], renamed[order], shots[order]
ks = [6, 12, 24, 48]
inside = shot < 5

def rate(k, gallery, probes):
    space = Eigenfaces(k).fit(X[gallery])
    found = nearest(space.transform(X[gallery]), space.transform(X[probes]))
    return float((person[gallery][found] == person[probes]).mean())

want = [float(np.mean([rate(k, inside & (shot != t), inside & (shot == t)) for t in range(5)])) for k in ks]
best = min(k for k, s in zip(ks, want) if s == max(want))
expect(honest(X.copy(), person.copy(), shot.copy(), list(ks)), (want, best, rate(best, inside, ~inside)))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · What gives the collapse away (2 points)
#
# Lesson 03 explains Fisherfaces' collapse by the variance *within people* on new pictures over that on the pictures
# learned from. Write `spread_ratio(learned, learned_person, new, new_person)`. learned (n, k) and new (m, k), float64, are
# templates of pictures learned from and of new ones; learned_person (n,) and new_person (m,), int. The variance within
# people along one coordinate is the sum over all pictures of the squared difference from **the mean of that person's
# pictures in the same set**, divided by the number of pictures less the number of people. Return as a float the
# **median**, over the k coordinates, of the ratio: the variance on the new pictures divided by that on the learned ones.
# The person numbers may be any, and any number of people; the two sets need not show the same ones.

# %% answer="03-spread" forbid=["facelab.eigenfaces.scatter"]
def spread_ratio(learned, learned_person, new, new_person):
    ### BEGIN SOLUTION
    def within(Z, person):
        people, number = np.unique(person, return_inverse=True)
        means = np.stack([Z[person == p].mean(axis=0) for p in people])
        # Each person's mean was made from the pictures themselves and uses up one of them: hence less the people.
        return ((Z - means[number]) ** 2).sum(axis=0) / (len(Z) - len(people))

    return float(np.median(within(new, new_person) / within(learned, learned_person)))
    ### END SOLUTION

# %% check="03-spread" points=2
import numpy as np
from facelab.checks import expect
learned = np.array([[0.0, 1, 5], [2, 1, 6], [10, 4, 0], [14, 6, 0], [12, 5, 3]])
learned_person = np.array([3, 3, 8, 8, 8])
new = np.array([[1.0, 0, 4], [5, 4, 8], [9, 9, 1], [15, 1, 1], [0, 0, 0], [2, 2, 2], [1, 1, 1]])
new_person = np.array([3, 3, 8, 8, 5, 5, 5])
a, b = np.array([10.0, 2, 6.5]), np.array([28.0, 42, 10])  # sums of squares within people, learned and new
each = [np.mean([Z[p == q].var(0, ddof=1) for q in np.unique(p)], axis=0) for Z, p in ((learned, learned_person), (new, new_person))]
expect(spread_ratio(learned.copy(), learned_person.copy(), new.copy(), new_person.copy()), float(np.median(b / 4 / (a / 3))), {
    "the ratio is upside down: new over learned": float(np.median(a / 3 / (b / 4))),
    "this is one median over another; divide along each coordinate first, then take the median of the ratios":
        float(np.median(b / 4) / np.median(a / 3)),
    "40 is the number of people in ORL; count the people of each set": float(np.median(b / (7 - 40) / (a / (5 - 40)))),
    "divided by the number of pictures; take away the number of people": float(np.median(b / 7 / (a / 5))),
    "the new pictures have a number of people of their own": float(np.median(b / 5 / (a / 3))),
    "each person's variance was taken and then their mean; add up all squares first, then divide once":
        float(np.median(each[1] / each[0])),
    "the sums were not divided: the two sets have different numbers of pictures": float(np.median(b / a)),
    "this is a ratio of standard deviations; the task asks for variances": float(np.sqrt(np.median(b / 4 / (a / 3)))),
    "this is the whole variance; the task asks for the one within people": float(np.median(new.var(0, ddof=1) / learned.var(0, ddof=1))),
    "this is the mean over the coordinates; one wild coordinate spoils it, so the task asks for the median": float(np.mean(b / 4 / (a / 3))),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("03-spread"))

def within(Z, person):
    left = np.concatenate([Z[person == p] - Z[person == p].mean(0) for p in np.unique(person)])
    return (left ** 2).sum(0) / (len(Z) - len(np.unique(person)))

for n, m, k in ((60, 45, 7), (33, 80, 10)):
    who, whom = rng.integers(0, 9, n) * 5, rng.integers(0, 9, m) * 5
    learned, new = rng.normal(size=(n, k)) + who[:, None], rng.normal(size=(m, k)) * rng.uniform(1, 5, k) + whom[:, None]
    want = float(np.median(within(new, whom) / within(learned, who)))
    expect(spread_ratio(learned.copy(), who.copy(), new.copy(), whom.copy()), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · An open set (2 points)
#
# Write `open_set_errors(found, score, truth, threshold)`. Each entry is one search: found (n,), int, the person that the
# gallery named best; score (n,), float64, how alike; truth (n,), int, who it really was, or -1 for a **stranger** who is
# not enrolled. A name counts only if its score is **at or above** the threshold. Return a tuple of two floats:
#
# - FPIR: of the searches for strangers, the share that name somebody,
# - FNIR: of the searches for enrolled people, the share that don't name the right one (no name, or a wrong one).

# %% answer="03-open-set" forbid=["facelab.identification.fpir", "facelab.identification.fnir"]
def open_set_errors(found, score, truth, threshold):
    ### BEGIN SOLUTION
    named, stranger = score >= threshold, truth == -1
    right = named & (found == truth)
    return float(named[stranger].mean()), float((~right[~stranger]).mean())
    ### END SOLUTION

# %% check="03-open-set" points=2
import numpy as np
from facelab.checks import expect
found = np.array([1, 2, 3, 4, 5, 2, 7, 1, 2, 3, 4, 1, 5])
score = np.array([.9, .5, .8, .4, .7, .95, .8, .6, .3, .5, .2, .9, .9])
truth = np.array([1, 2, 9, 4, 5, 6, 7, -1, -1, -1, -1, -1, -1])
errors = open_set_errors(found.copy(), score.copy(), truth.copy(), 0.5)
expect(errors, (4 / 6, 3 / 7), {
    "the two are exchanged: FPIR is about strangers, FNIR about enrolled people": (3 / 7, 4 / 6),
    "a score equal to the threshold counts as named": (3 / 6, 4 / 7),
    "a wrong name at a high score is an error too: it is not the right one": (4 / 6, 1 / 7),
    "FPIR is a share of the searches for strangers, FNIR of those for enrolled people, not of all": (4 / 13, 3 / 13),
    "FPIR is a share of the searches for strangers, not of all": (4 / 13, 3 / 7),
    "FNIR is a share of the searches for enrolled people, not of all": (4 / 6, 3 / 13),
    "FNIR counts a right name below the threshold, too: nobody was named": (4 / 6, 2 / 7),
    "these are the shares that are right; the task asks for the errors": (2 / 6, 4 / 7),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("03-open-set"))
for _ in range(5):
    n = int(rng.integers(40, 90))
    truth = rng.integers(-1, 5, n)
    found = np.where(rng.random(n) < 0.7, np.maximum(truth, 0), rng.integers(0, 5, n))
    score = np.round(rng.random(n), 1)
    threshold = float(rng.choice(score))
    strangers = [s >= threshold for s, t in zip(score, truth) if t == -1]
    missed = [not (f == t and s >= threshold) for f, s, t in zip(found, score, truth) if t != -1]
    want = (float(np.mean(strangers)), float(np.mean(missed)))
    expect(open_set_errors(found.copy(), score.copy(), truth.copy(), float(threshold)), want)
### END HIDDEN TESTS

# %% [markdown]
# Try it: make an open set of your own with `facelab.datasets.split_by_person`, set a threshold on five strangers, and
# count on five others. Then change the five.
