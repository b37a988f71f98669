# %% [markdown]
# # 10 · Identification and watchlists: exercise
#
# You search a gallery for people and not for pictures, draw the CMC of a closed set and count the two errors of an open
# one, and search the pools of several cities as if they were one. Allowed: numpy, what a task names, and the facelab modules
# of earlier lessons.

# %% locked="10-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab.checks import NotDone
from facelab.datasets import load_orl
from facelab.embedding import orl_templates

facelab.notebook.begin_exercise()
orl, templates = load_orl(), orl_templates()  # (400, 128), to play with, as orl.person and orl.shot (400,)

# %% [markdown]
# ## 1 · Search a gallery (3 points)
#
# Write `search(gallery, person, probes, k)`. gallery (n, d) and probes (m, d), float64, are templates, one a row and **of any
# length**; person (n,), int, says whose each gallery template is, and a person may have several. The score of a probe with
# a template is their cosine; the score of a probe with a *person* is the **largest** of that person's templates. Return a
# tuple of two arrays (m, k): for each probe the k people (int) with the best scores, best first, and their scores. Nobody
# comes twice. Of people with equal scores the **lower integer** comes first. k is at most the number of people.

# %% answer="10-search" forbid=["facelab.identification.Gallery", "facelab.identification.search_pools", "facelab.identification.merge", "facelab.verification.similarity", "sklearn.metrics.pairwise.cosine_similarity", "sklearn.neighbors.NearestNeighbors", "sklearn.neighbors.KNeighborsClassifier", "scipy.spatial.distance.cdist"]
def search(gallery, person, probes, k):
    ### BEGIN SOLUTION
    gallery = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
    probes = probes / np.linalg.norm(probes, axis=1, keepdims=True)
    scores = probes @ gallery.T
    people = np.unique(person)  # rising, so that a stable sort leaves ties in the order of the integers
    best = np.stack([scores[:, person == p].max(axis=1) for p in people], axis=1)
    order = np.argsort(-best, axis=1, kind="stable")[:, :k]
    return people[order], np.take_along_axis(best, order, axis=1)
    ### END SOLUTION

# %% check="10-search" points=3
import numpy as np
from facelab.checks import expect
gallery = np.array([[6.0, 8], [3, 0], [0.28, 0.96], [8, -6], [0, 5], [-3, 4]])
person = np.array([7, 4, 7, 7, 2, 9])
probes = np.array([[1.0, 0], [0, 2], [7, 24], [-4, 3]])
unit = gallery / np.linalg.norm(gallery, axis=1, keepdims=True)
cosines = (probes / np.linalg.norm(probes, axis=1, keepdims=True)) @ unit.T
people = np.unique(person)

def ranked(scores, pool=np.max, sign=-1, names=people, of=person):
    best = np.stack([pool(scores[:, of == p], axis=1) for p in names], axis=1)
    order = np.argsort(sign * best, axis=1, kind="stable")[:, :3]
    return names[order], np.take_along_axis(best, order, axis=1)

by_picture = np.argsort(-cosines, axis=1, kind="stable")[:, :3]
answer = search(gallery.copy(), person.copy(), probes.copy(), 3)
expect(len(answer), 2, {})
want = ranked(cosines)
expect(answer, want, {
    "the templates have different lengths: divide the dot product by both of them": ranked(probes @ gallery.T),
    "the probes have lengths, too: the score is the cosine": ranked(probes @ unit.T),
    "a person's score is that of the most similar template, not the mean": ranked(cosines, np.mean),
    "k counts people: a person's several templates must not fill several places":
        (person[by_picture], np.take_along_axis(cosines, by_picture, axis=1)),
    "these are places in a list of people; the task asks for the people": (np.searchsorted(people, want[0]), want[1]),
    "the least alike came first: a high cosine means alike": ranked(cosines, sign=1),
})
twins = np.array([[0.0, 1], [0, 2], [1, 0], [0, 3]]), np.array([5, 3, 1, 8])
tied = search(twins[0].copy(), twins[1].copy(), np.array([[0.0, 4]]), 4)
expect(np.asarray(tied[0]), np.array([[3, 5, 8, 1]]), {
    "equal scores: the lower integer comes first, not the one enrolled first": np.array([[5, 3, 8, 1]]),
    "equal scores: the lower integer comes first, not the higher": np.array([[8, 5, 3, 1]]),
})
expect(np.asarray(tied[1]), np.array([[1.0, 1, 1, 0]]), {})
# Sixty people with three different scores: sorting methods that keep few ties in order by luck don't keep so many.
crowd = np.arange(60) * 7 % 60
of_each = np.array([[0.6, 0.8, 0], [0, 0, 1]])[:, crowd % 3]  # entry (i, j): probe i with row j
found = search(np.eye(3)[crowd % 3], crowd.copy(), np.array([[3.0, 4, 0], [0, 0, 2]]), 60)
names = np.asarray(found[0]).astype(int)
score_of = of_each[:, np.argsort(crowd)]  # column p: person p
sorted_by_score = names.shape == (2, 60) and all(
    sorted(row) == list(range(60)) and (np.diff(s[row]) <= 0).all() for row, s in zip(names, score_of))
expect(names, np.stack([crowd[np.lexsort((crowd, -s))] for s in of_each]), {
    'equal scores came in any order: np.argsort keeps ties as they were only with kind="stable"': names if sorted_by_score else None,
})
expect(np.asarray(found[1]), -np.sort(-of_each, axis=1), {})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.identification import Gallery
rng = np.random.default_rng(seed("10-search"))
for n, d, k in ((40, 6, 1), (90, 12, 5), (25, 3, 4)):
    gallery, probes = rng.normal(size=(n, d)) * rng.uniform(0.1, 9, (n, 1)), rng.normal(size=(30, d)) * 3
    person = rng.permutation(500)[rng.integers(0, n // 3, n)]
    expect(search(gallery.copy(), person.copy(), probes.copy(), int(k)), Gallery("cosine").enrol(person, gallery).search(probes, k))
# Cosines that come out exactly, so that many people tie: sides of a triangle over its longest, with axes.
sides = np.array([[3.0, 4, 0], [4, 0, 3], [0, 3, 4], [5, 0, 0]])
gallery = sides[rng.integers(0, 4, 30)] * rng.choice([1.0, 2, 4], (30, 1))
person, probes = rng.permutation(100)[:30], np.eye(3) * 2
expect(search(gallery.copy(), person.copy(), probes.copy(), 30)[0], Gallery("cosine").enrol(person, gallery).search(probes, 30)[0])
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · The cumulative match characteristic (2 points)
#
# Write `cmc(found, truth)`. found (n, k), int, holds for each of n searches the k best people, best first, each at most
# once; truth (n,), int, who it really was. Everybody is enrolled, but the list may be too short to reach the right person.
# Return an array (k,) of floats: entry r - 1 is the share of **all** searches in which the right person is among the best
# r, for r = 1 to k. So the first entry is the rank-1 rate.

# %% answer="10-cmc" forbid=["facelab.identification.cmc", "facelab.identification.rank1_rate"]
def cmc(found, truth):
    ### BEGIN SOLUTION
    # The right person comes once at most, so adding up along a row turns "at rank r" into "among the best r".
    return np.cumsum(found == truth[:, None], axis=1).mean(axis=0)
    ### END SOLUTION

# %% check="10-cmc" points=2
import numpy as np
from facelab.checks import expect
found = np.array([[3, 1, 2, 7], [1, 3, 5, 2], [5, 2, 1, 3], [2, 7, 5, 1], [7, 1, 3, 2], [1, 2, 3, 5], [3, 2, 5, 7], [2, 1, 7, 3]])
truth = np.array([3, 3, 5, 5, 7, 7, 2, 2])
hits = np.array([4, 2, 1, 0])  # right persons at ranks 1 to 4; one is not in the list at all
expect(cmc(found.copy(), truth.copy()), np.cumsum(hits) / 8, {
    "these are the shares *at* each rank; add up: among the best r": hits / 8,
    "rank is off by one: the first entry is the rank-1 rate, not 0": np.append(0, np.cumsum(hits)[:-1]) / 8,
    "rank is off by one: an entry for the rank after is there": np.append(np.cumsum(hits)[1:], 7) / 8,
    "a search whose list misses the right person counts, too: divide by all searches": np.cumsum(hits) / 7,
    "argmax of a row without a hit is 0: a search that misses the right person was counted at rank 1": np.cumsum(hits + [1, 0, 0, 0]) / 8,
    "these are counts; the task asks for shares": np.cumsum(hits),
    "added up from the wrong end: among the best r, not from r on": np.cumsum(hits[::-1])[::-1] / 8,
    "these are the shares that are *not* found": 1 - np.cumsum(hits) / 8,
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("10-cmc"))
for n, people, k in ((50, 12, 12), (80, 30, 7), (1, 5, 3)):
    names = rng.permutation(1000)[:people]
    found = np.stack([rng.permutation(names)[:k] for _ in range(n)])
    truth = np.where(rng.random(n) < 0.4, found[:, 0], rng.choice(names, n))
    place = [row.tolist().index(t) + 1 if t in row else k + 1 for row, t in zip(found, truth)]
    want = np.array([sum(p <= r for p in place) / n for r in range(1, k + 1)])
    expect(cmc(found.copy(), truth.copy()), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Open set: both errors as curves (3 points)
#
# Write `open_set(scores, person, truth, thresholds)`. scores (n, m), float64, holds n searches in a gallery of m people, one
# column a person; person (m,), int, who they are, rising; truth (n,), int, who each probe really was, or **-1** for a
# **stranger** who is not enrolled; thresholds (t,), float64, in any order, which the answer keeps. A search **names its best candidate** (of equal
# ones the first), and only if that score is **at or above** the threshold. Return a tuple of two arrays (t,):
#
# - FPIR: of the searches for strangers, the share that name somebody,
# - FNIR: of the searches for enrolled people, the share that don't name the right one.

# %% answer="10-open-set" forbid=["facelab.identification.open_set", "facelab.identification.fpir", "facelab.identification.fnir", "facelab.verification.share_at_or_above", "facelab.verification.roc"]
def open_set(scores, person, truth, thresholds):
    ### BEGIN SOLUTION
    best, found = scores.max(axis=1), person[scores.argmax(axis=1)]
    named = best >= thresholds[:, None]  # (t, n)
    stranger = truth == -1
    right = named & (found == truth)
    return named[:, stranger].mean(axis=1), 1 - right[:, ~stranger].mean(axis=1)
    ### END SOLUTION

# %% check="10-open-set" points=3
import numpy as np
from facelab.checks import expect
person = np.array([2, 5, 8])
scores = np.array([[.9, .2, .1], [.3, .6, .7], [.5, .5, .4], [.1, .2, .6], [.8, .3, .7],
                   [.6, .2, .5], [.1, .3, .2], [.7, .9, .6], [.4, .5, .5], [.2, .1, .3], [.6, .6, .6]])
truth = np.array([2, 5, 2, 8, 8, -1, -1, -1, -1, -1, -1])
thresholds = np.array([0.6, 0.9, 0.45, 0.75])
stranger, best = truth == -1, scores.max(axis=1)
found = person[scores.argmax(axis=1)]
own = np.array([scores[i, person == t][0] for i, t in enumerate(truth[~stranger])])
named = best >= thresholds[:, None]
right = named & (found == truth)
fpir, fnir = named[:, stranger].mean(axis=1), 1 - right[:, ~stranger].mean(axis=1)
strict = best > thresholds[:, None]
by_candidate = (scores[stranger] >= thresholds[:, None, None]).mean(axis=(1, 2))
rising = np.argsort(thresholds)
answer = open_set(scores.copy(), person.copy(), truth.copy(), thresholds.copy())
expect(answer, (fpir, fnir), {
    "the two are exchanged: FPIR is about strangers, FNIR about enrolled people": (fnir, fpir),
    "FPIR counts searches: one search that names somebody is one, however many candidates reach the threshold": (by_candidate, fnir),
    "a score equal to the threshold counts as named":
        (strict[:, stranger].mean(axis=1), 1 - (strict & (found == truth))[:, ~stranger].mean(axis=1)),
    "a wrong name at a high score is an error too: FNIR counts whoever is misnamed": (fpir, 1 - named[:, ~stranger].mean(axis=1)),
    "the right person must come first: that the own score reaches the threshold is not enough":
        (fpir, (own < thresholds[:, None]).mean(axis=1)),
    "FPIR is a share of the searches for strangers, FNIR of those for enrolled people, not of all":
        ((named & stranger).mean(axis=1), (~right & ~stranger).mean(axis=1)),
    "these are the shares that are right; the task asks for the errors": (1 - fpir, 1 - fnir),
    "the thresholds come in any order and the answer keeps it: entry i belongs to thresholds[i]": (fpir[rising], fnir[rising]),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("10-open-set"))
for _ in range(3):
    n, m = int(rng.integers(30, 60)), int(rng.integers(4, 9))
    person = np.sort(rng.permutation(100)[:m])
    truth = np.where(rng.random(n) < 0.5, -1, rng.choice(person, n))
    scores = np.round(rng.random((n, m)) + 0.4 * (truth[:, None] == person), 1)
    thresholds = rng.permutation(np.append(np.unique(scores)[::3], [2.0, -1.0]))
    want = [[], []]
    for t in thresholds:
        names = [person[list(row).index(max(row))] if max(row) >= t else None for row in scores]
        want[0].append(np.mean([name is not None for name, who in zip(names, truth) if who == -1]))
        want[1].append(np.mean([name != who for name, who in zip(names, truth) if who != -1]))
    expect(open_set(scores.copy(), person.copy(), truth.copy(), thresholds.copy()), (np.array(want[0]), np.array(want[1])))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Pools searched as one (2 points)
#
# Write `merge(people, scores, k)`. Several pools were asked about the same n probes, and each answered with its best
# candidates, best first: people is a list of arrays (n, kᵢ), int, and scores a list of arrays (n, kᵢ), float64, one of each a
# pool; kᵢ may differ from pool to pool. A person may be enrolled in several pools and then counts **once**, with the
# **highest** score. Return a tuple of two arrays (n, k), people and scores: what one gallery of all would have answered, best
# first, of equal scores the **lower integer** first. Each probe has at least k different people in the answers.

# %% answer="10-merge" forbid=["facelab.identification.merge", "facelab.identification.search_pools", "facelab.identification.Gallery"]
def merge(people, scores, k):
    ### BEGIN SOLUTION
    people, scores = np.concatenate(people, axis=1), np.concatenate(scores, axis=1)
    answer = []
    for names, values in zip(people, scores):
        best = {}
        for name, value in zip(names.tolist(), values.tolist()):
            best[name] = max(value, best.get(name, value))
        first = sorted(best, key=lambda name: (-best[name], name))[:k]
        answer.append((first, [best[name] for name in first]))
    return tuple(np.array(part) for part in zip(*answer))
    ### END SOLUTION

# %% check="10-merge" points=2
import numpy as np
from facelab.checks import expect
people = [np.array([[4, 1, 9], [2, 9, 4]]), np.array([[1, 7], [8, 7]]), np.array([[4, 5, 6, 2], [5, 3, 6, 1]])]
scores = [np.array([[.9, .5, .4], [.7, .6, .3]]), np.array([[.8, .8], [.7, .1]]), np.array([[.85, .8, .2, .1], [.6, .5, .4, .2]])]
want = np.array([[4, 1, 5, 7, 9], [2, 8, 5, 9, 3]]), np.array([[.9, .8, .8, .8, .4], [.7, .7, .6, .6, .5]])
answer = merge([p.copy() for p in people], [s.copy() for s in scores], 5)
expect(len(answer), 2, {})
expect(np.asarray(answer[0]), want[0], {
    "equal scores: the lower integer comes first, whichever pool answered first": np.array([[4, 1, 7, 5, 9], [2, 8, 9, 5, 3]]),
    "equal scores: the lower integer comes first, not the higher": np.array([[4, 7, 5, 1, 9], [8, 2, 9, 5, 3]]),
    "somebody comes twice: a person in two pools counts once": np.array([[4, 4, 1, 5, 7], [2, 8, 5, 9, 3]]),
    "ranks were merged, each pool's first in turn: compare the scores": np.array([[4, 1, 7, 5, 9], [2, 8, 5, 9, 7]]),
    "the pools were put one after another: all of them compete for the k places": np.array([[4, 1, 9, 7, 5], [2, 9, 4, 8, 7]]),
    "a person in two pools counts with the highest score, not that of the first pool": np.array([[4, 5, 7, 1, 9], [2, 8, 5, 9, 3]]),
    "the least alike came first": np.array([[2, 6, 9, 1, 5], [7, 1, 4, 6, 3]]),
})
expect(np.asarray(answer[1]), want[1], {
    "a person in two pools counts with the highest score, not that of the last pool": np.array([[.85, .8, .8, .8, .4], want[1][1]]),
    "a person's scores were added; the task asks for the highest": np.array([[1.75, 1.3, .8, .8, .4], want[1][1]]),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.identification import Gallery
rng = np.random.default_rng(seed("10-merge"))
for size, ties in ((60, False), (40, True)):
    templates = rng.integers(0, 3, (size, 3)).astype(float) if ties else rng.normal(size=(size, 8))
    person, pool = rng.permutation(300)[rng.integers(0, size // 2, size)], rng.permutation(np.arange(size) % 4)
    probes = rng.integers(0, 3, (12, 3)).astype(float) if ties else rng.normal(size=(12, 8))
    k = int(rng.integers(4, 9))
    one = Gallery("l2", duplicates=True).enrol(person, templates).search(probes, k)
    pools = [Gallery("l2").enrol(person[pool == p], templates[pool == p]) for p in range(4)]
    parts = [g.search(probes, min(k, len(g.people))) for g in pools]
    expect(merge([p.copy() for p, _ in parts], [s.copy() for _, s in parts], int(k)), one)
### END HIDDEN TESTS

# %% [markdown]
# Try it: split ORL's stored templates (`templates`) into three pools, search them with your `search`, and merge with your
# `merge`. Then give each pool's scores another scale, as another vendor's would have, and see what the merge is worth.
