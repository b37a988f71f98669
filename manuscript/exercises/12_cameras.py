# %% [markdown]
# # 12 · Cameras: exercise
#
# You follow faces from frame to frame, decide once about each person, and count what a watchlist does to a crowd in an
# hour. Allowed: numpy, `scipy.optimize.linear_sum_assignment`, `facelab.detection.iou`, and what a task names. A box is
# x, y, w, h in pixels, as in lesson 05.

# %% locked="12-setup"
# Run this cell first. It is the same for everybody.
import numpy as np
from scipy.optimize import linear_sum_assignment

import facelab.notebook
from facelab.checks import NotDone
from facelab.detection import iou

facelab.notebook.begin_exercise()
before = np.array([[0.0, 0, 40, 50], [90, 0, 40, 50]])  # to play with: two boxes, and where they are a moment later
now = np.array([[95.0, 4, 40, 50], [8, 0, 42, 52]])

# %% [markdown]
# ## 1 · Which box continues which (3 points)
#
# Write `associate(before, now, least)`. before is (m, 4) and now (n, 4), float64 boxes of two frames; m and n may differ
# or be 0. A pair of a box of before and one of now is **allowed** if its IoU is **at or above** least, a number above 0.
# Choose allowed pairs, each box in at most one, so that the **sum of their IoUs is largest** over all such choices. A pair
# that is not allowed must not take part in the choice: it may not push an allowed one aside. Return a (p, 2) integer
# array: rows i, j, for `before[i]` and `now[j]`, with i rising; (0, 2) if there is no pair.

# %% answer="12-associate" forbid=["facelab.video.associate", "facelab.video.IouTracker"]
def associate(before, now, least):
    ### BEGIN SOLUTION
    overlap = iou(before, now)
    # Before the choice, not after it: a pair that won't count must not win against one that would.
    overlap[overlap < least] = 0
    i, j = linear_sum_assignment(overlap, maximize=True)
    pairs = np.column_stack([i, j])
    return pairs[overlap[i, j] > 0]
    ### END SOLUTION

# %% check="12-associate" points=3
import numpy as np
from facelab.checks import expect

def row(*x):
    return np.array([[left, 0.0, 10, 10] for left in x]).reshape(-1, 4)

expect(associate(row(0, 9, 30), row(4, -6, 38), 0.2), np.array([[0, 1], [1, 0]]), {
    "the pair with the largest IoU was taken first, then the next: look for the largest sum over all choices": np.array([[0, 0]]),
    "least is ignored: two boxes that hardly overlap are a pair here": np.array([[0, 1], [1, 0], [2, 2]]),
    "the smallest sum was looked for: linear_sum_assignment minimises unless it is told maximize=True": np.zeros((0, 2), int),
    "the columns are exchanged: i, the row of before, comes first": np.array([[0, 1], [1, 0]])[:, ::-1],
    "each box of now took the best of before, whether that was taken or not": np.array([[0, 0], [0, 1]]),
})
expect(associate(row(60, 68), row(63, 54), 0.3), np.array([[0, 0]]), {
    "a pair below least took part in the choice and pushed a better one aside: set it to 0 before choosing": np.array([[1, 0]]),
})
expect(associate(row(0), row(6), 0.25), np.array([[0, 0]]), {"an IoU equal to least is allowed": np.zeros((0, 2), int)})
expect(associate(row(), row(5), 0.3), np.zeros((0, 2), int))
### BEGIN HIDDEN TESTS
import itertools
from facelab.checks import seed
from facelab.detection import iou
rng = np.random.default_rng(seed("12-associate"))
for m, n in ((3, 5), (5, 3), (4, 4), (1, 6), (5, 5), (0, 2)):
    a, b = (np.hstack([rng.uniform(0, 45, (k, 2)), rng.uniform(25, 50, (k, 2))]) for k in (m, n))
    least = float(rng.uniform(0.15, 0.35))
    overlap = np.pad(iou(a, b), ((0, 0), (0, m)))  # a column more for each row: any may stay alone
    gain = np.where(overlap >= least, overlap, 0)
    choices = itertools.permutations(range(n + m), m)
    best = max(choices, key=lambda choice: sum(gain[i, j] for i, j in enumerate(choice)))
    pairs = [(i, j) for i, j in enumerate(best) if gain[i, j] > 0]
    expect(associate(a.copy(), b.copy(), float(least)), np.array(pairs, int).reshape(-1, 2))
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Follow everybody (3 points)
#
# Write `follow(boxes, least, patience)`. boxes is a list, one entry a frame that was searched, in order; each entry is an
# (m, 4) float64 array, m may be 0. Tracks are numbered 0, 1, 2 ... as they begin. In each frame
#
# 1. pair the **last box of every open track** with the frame's boxes, by `facelab.video.associate(last, boxes, least)`,
#    which gives two integer arrays i and j: last[i[k]] goes on as boxes[j[k]]. A box paired gets its track's number;
# 2. a box that is left begins a new track with the next number that was **never used**, in the order of the boxes;
# 3. a track that has now gone without a box for **more than patience frames in a row** is closed, and never comes back.
#
# Return a list with one list of integers a frame: the track number of each box. Nothing is predicted: a track's last box
# is where it was last seen.

# %% answer="12-follow" forbid=["facelab.video.IouTracker", "facelab.video.follow"]
def follow(boxes, least, patience):
    ### BEGIN SOLUTION
    from facelab.video import associate

    tracks, begun, numbers = [], 0, []  # an open track is [number, last box, frames missed in a row]
    for here in boxes:
        last = np.array([box for _, box, _ in tracks]).reshape(-1, 4)
        given = [-1] * len(here)
        for track in tracks:
            track[2] += 1
        for i, j in zip(*associate(last, here, least)):
            tracks[i][1:] = here[j], 0
            given[j] = tracks[i][0]
        tracks = [track for track in tracks if track[2] <= patience]
        for j, number in enumerate(given):
            if number == -1:
                given[j] = begun
                tracks.append([begun, here[j], 0])
                begun += 1
        numbers.append(given)
    return numbers
    ### END SOLUTION

# %% check="12-follow" points=3
import numpy as np
from facelab.checks import expect

def row(*x):
    return np.array([[left, 0.0, 10, 10] for left in x]).reshape(-1, 4)

frames = [row(100, 0), row(3), row(101, 6), row(9), row(12, 102), row(), row(13), row(102, 14), row(15, 200), row(201)]
expect(follow([f.copy() for f in frames], 0.3, 1), [[0, 1], [1], [0, 1], [1], [1, 0], [], [1], [2, 1], [1, 3], [3]], {
    "a lost track was revived: after more than patience frames without a box it is closed":
        [[0, 1], [1], [0, 1], [1], [1, 0], [], [1], [0, 1], [1, 2], [2]],
    "a track was closed one frame too early: it may miss as many in a row as patience says":
        [[0, 1], [1], [2, 1], [1], [1, 3], [], [4], [5, 4], [4, 6], [6]],
    "misses are counted in a row: a box that is found again sets the count back to 0":
        [[0, 1], [1], [0, 1], [1], [1, 2], [], [1], [3, 1], [1, 4], [4]],
    "a box was compared with the first one of each track; compare with the last":
        [[0, 1], [1], [0, 2], [2], [3, 0], [], [3], [4, 3], [3, 5], [5]],
    "a closed track's number was given again: count the tracks that were ever begun":
        [[0, 1], [1], [0, 1], [1], [1, 0], [], [1], [1, 1], [1, 2], [2]],
    "these are the places of the boxes in their frame; the same face must keep its number":
        [list(range(len(f))) for f in frames],
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.video import IouTracker
rng = np.random.default_rng(seed("12-follow"))
for patience in (0, 1, 3):
    place, step = rng.uniform(0, 300, (6, 2)), rng.normal(0, 6, (6, 2))
    frames = []
    for t in range(25):
        seen = rng.permutation(np.flatnonzero(rng.random(6) < 0.7))
        jitter = rng.normal(0, 1.5, (len(seen), 2))
        frames.append(np.hstack([place[seen] + t * step[seen] + jitter, np.full((len(seen), 2), 40.0)]))
    tracker = IouTracker(0.3, patience, predict=False)
    want = [tracker.update(t, f).tolist() for t, f in enumerate(frames)]
    expect(follow([f.copy() for f in frames], 0.3, int(patience)), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · One decision about a track (2 points)
#
# Write `decide(templates, weights, gallery, person, threshold)`. templates (n, d), float64, rows of length 1, are one
# track's; weights (n,), float64, above 0, say how good each picture was. gallery (m, d), rows of length 1, and person
# (m,), int, are the watchlist. **Pool** the templates: the weighted mean, divided by its length so that it has length 1
# again. Compare the pooled template with every row of the gallery by their dot product. Return a tuple: the person of the
# best row (of equally good ones the first) if its score is **at or above** threshold, else -1; and the best score, a float,
# in either case.

# %% answer="12-decide" forbid=["facelab.video.pool", "facelab.video.decide", "facelab.identification.Gallery"]
def decide(templates, weights, gallery, person, threshold):
    ### BEGIN SOLUTION
    pooled = weights @ templates
    # The division by the sum of weights is left out: it changes the length only, and the length is set to 1 anyway.
    pooled = pooled / np.linalg.norm(pooled)
    scores = gallery @ pooled
    best = scores.argmax()
    return (int(person[best]) if scores[best] >= threshold else -1), float(scores[best])
    ### END SOLUTION

# %% check="12-decide" points=2
import numpy as np
from facelab.checks import expect

def unit(a):
    return a / np.linalg.norm(a, axis=-1, keepdims=True)

templates = unit(np.array([[1.0, 0, 0.2, 0], [0, 1, 0.3, 0], [0.1, 1, 0.2, 0.1], [0, 0.8, 1, 0]]))
weights = np.array([4.0, 1, 1, 1])
gallery, person = unit(np.array([[0.2, 1.0, 0.1, 0], [1, 0.2, 0, 0], [0, 0, 0.1, 1]])), np.array([12, 31, 40])

def best(pooled):
    scores = gallery @ pooled
    return int(person[scores.argmax()]), float(scores.max())

each = templates @ gallery.T
answer = decide(templates.copy(), weights.copy(), gallery.copy(), person.copy(), 0.5)
expect(answer, best(unit(weights @ templates)), {
    "all templates weigh the same: use the weights": best(unit(templates.mean(0))),
    "the pooled template is shorter than 1: divide it by its length": best(weights @ templates / weights.sum()),
    "the sum was not brought back to length 1": best(weights @ templates),
    "this is the best score of any single picture; pool the templates first": (int(person[each.max(0).argmax()]), float(each.max())),
    "each picture was decided alone and the votes counted; pool the templates first":
        (12, float(each[:, 0][each.argmax(1) == 0].mean())),
    "the scores of the pictures were averaged; pool the templates first": best(templates.mean(0)),
    "the weights say how good a picture is; its template was multiplied by the weight's square": best(unit(weights**2 @ templates)),
    "this is the row of the gallery; the task asks for the person": (1, best(unit(weights @ templates))[1]),
})
one = np.array([[0.0, 1, 0, 0]])
expect(decide(one.copy(), np.array([2.0]), np.eye(4), np.arange(4) + 50, 1.0), (51, 1.0), {
    "a score equal to the threshold names the person": (-1, 1.0),
})
expect(decide(templates.copy(), weights.copy(), gallery.copy(), person.copy(), 0.99), (-1, best(unit(weights @ templates))[1]), {
    "below the threshold the answer is nobody, -1": best(unit(weights @ templates)),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab import video
from facelab.identification import Gallery
rng = np.random.default_rng(seed("12-decide"))
for _ in range(6):
    n, m = int(rng.integers(1, 9)), int(rng.integers(2, 30))
    gallery, person = unit(rng.normal(size=(m, 16))), rng.permutation(500)[:m]
    templates, weights = unit(rng.normal(size=(n, 16)) + 2 * gallery[rng.integers(m)]), rng.uniform(0.05, 1, n)
    pooled = video.pool(templates, weights)
    score = float((gallery @ pooled).max())
    for threshold in (score - 0.01, score + 0.01):
        want = video.decide(pooled, Gallery().enrol(person, gallery), threshold)
        got = decide(templates.copy(), weights.copy(), gallery.copy(), person.copy(), float(threshold))
        expect(got, (want.person, want.score))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · An hour at the cameras (2 points)
#
# Write `alarms(people, listed, size, fmr, fnir, looks)`. In an hour `people` different people pass all cameras together,
# of whom `listed` are on the watchlist of `size` people; the rest are strangers. Each person is searched for `looks` times
# against the whole list: once if a track is decided once, more often if every picture is. Each comparison with one listed
# person is wrongly accepted with probability `fmr`; **all comparisons are taken as independent**, which is the best that a
# simple sum can do. A stranger raises a false alarm if any of the size x looks comparisons is accepted; **however many are,
# the person is named once**. A listed person is missed with probability `fnir`, whatever looks is; no listed person
# raises a false alarm. Return a tuple of three floats: people named wrongly in the hour, people named rightly, and the
# share of all people named who are named rightly (0 if nobody is named).

# %% answer="12-alarms" forbid=["facelab.video.alarms_an_hour", "facelab.scaling.fpir_of"]
def alarms(people, listed, size, fmr, fnir, looks):
    ### BEGIN SOLUTION
    # A stranger passes in peace only if every single comparison is refused.
    fpir = 1 - (1 - fmr) ** (size * looks)
    false, right = (people - listed) * fpir, listed * (1 - fnir)
    return float(false), float(right), float(right / (false + right)) if false + right > 0 else 0.0
    ### END SOLUTION

# %% check="12-alarms" points=2
import numpy as np
from facelab.checks import expect
fpir, once = 1 - (1 - 1e-4) ** (800 * 5), 1 - (1 - 1e-4) ** 800
false, right = 9_980 * fpir, 20 * 0.9
want = (false, right, right / (false + right))
expect(alarms(10_000, 20, 800, 1e-4, 0.1, 5), want, {
    "size times fmr is larger than the probability: a stranger can't be named more than once":
        (9_980 * 800 * 5 * 1e-4, right, right / (9_980 * 800 * 5 * 1e-4 + right)),
    "every picture was counted as a person: people are named, not pictures":
        (9_980 * 5 * once, right, right / (9_980 * 5 * once + right)),
    "a stranger is looked at `looks` times, and each look is a search of its own":
        (9_980 * once, right, right / (9_980 * once + right)),
    "fmr belongs to one comparison; a search compares with everybody on the list":
        (9_980 * (1 - (1 - 1e-4) ** 5), right, right / (9_980 * (1 - (1 - 1e-4) ** 5) + right)),
    "listed people were counted as strangers, too": (10_000 * fpir, right, right / (10_000 * fpir + right)),
    "the share leaves out how many pass of each kind: weigh the two rates with the numbers of people":
        (false, right, 0.9 / (0.9 + fpir)),
    "fnir is the share that is missed": (false, 20 * 0.1, 20 * 0.1 / (false + 20 * 0.1)),
    "this is the share of alarms that is wrong; the task asks for the share that is right": (false, right, 1 - want[2]),
    "this is the share of listed people who are named; the task asks for the share of those named": (false, right, 0.9),
})
expect(alarms(500, 0, 100, 0.0, 0.2, 1), (0.0, 0.0, 0.0))
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from scipy.stats import binom
from facelab.video import alarms_an_hour
rng = np.random.default_rng(seed("12-alarms"))
for _ in range(6):
    people, size, looks = int(rng.integers(1_000, 90_000)), int(rng.integers(10, 3_000)), int(rng.integers(1, 12))
    listed, fmr, fnir = int(rng.integers(1, 60)), float(10 ** rng.uniform(-6, -3)), float(rng.uniform(0, 0.4))
    any_accepted = float(binom.sf(0, size * looks, fmr))
    want = alarms_an_hour(people, listed, any_accepted, fnir)
    got = alarms(int(people), int(listed), int(size), float(fmr), float(fnir), int(looks))
    expect(got, (want.false, want.right, want.share_right), rtol=1e-5)
### END HIDDEN TESTS

# %% [markdown]
# Try it: take `looks` from 1 to 50 at an FMR of one in a million and a list of a thousand. Then keep one look, and let the
# list grow to a million. Which of the two would you rather explain to the people who pass?
