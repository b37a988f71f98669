# %% [markdown]
# # 05 · A cascade that finds faces: exercise
#
# You turn hits into boxes, hold boxes against the truth, and choose how sure a detector should be. Allowed: numpy, and
# what a task names. A box is x, y, w, h in pixels: x, y of its top left corner, then width and height.

# %% locked="05-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import montages
from facelab.checks import NotDone

facelab.notebook.begin_exercise()
tune = montages.load_montages("tune")  # to play with: images (40, 480, 640), boxes, a list of (M, 4)

# %% [markdown]
# ## 1 · Intersection over union (2 points)
#
# Write `iou(a, b)`. a is (M, 4) and b is (L, 4), float64, boxes x, y, w, h. The result is (M, L), float64: entry (i, j) is
# the area that box i of a and box j of b both cover, over the area that at least one of them covers. Boxes that share no
# area get 0. So does a box without area (width or height 0), with every other and with itself: no NaN.

# %% answer="05-iou" forbid=["facelab.detection.iou", "facelab.detection.nms", "facelab.detection.match"]
def iou(a, b):
    ### BEGIN SOLUTION
    # a gets an axis for the columns and b one for the rows, so that every pair meets.
    a, b = a[:, None], b[None]
    extent = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    # An extent below 0 is a gap. Two gaps would multiply to an area, so they are cut off one by one, before.
    both = np.maximum(extent, 0).prod(axis=2)
    either = a[..., 2:].prod(axis=2) + b[..., 2:].prod(axis=2) - both
    return both / np.where(either > 0, either, 1)
    ### END SOLUTION

# %% check="05-iou" points=2
import numpy as np
from facelab.checks import expect
a = np.array([[10.0, 10, 20, 20], [0, 0, 50, 40], [32, 36, 10, 30]])
b = np.array([[20.0, 15, 20, 20], [5, 50, 30, 20], [12, 12, 5, 6], [10, 10, 20, 20]])

def areas(a, b, corners=False, extra=0, signed=False):
    size = (lambda p: (p[2] - p[0], p[3] - p[1])) if corners else (lambda p: (p[2] + extra, p[3] + extra))
    end = (lambda p: (p[2], p[3])) if corners else (lambda p: (p[0] + p[2] + extra, p[1] + p[3] + extra))
    table = np.zeros((3, len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            gap = [min(end(p)[k], end(q)[k]) - max(p[k], q[k]) for k in (0, 1)]
            both = gap[0] * gap[1] if signed else max(gap[0], 0) * max(gap[1], 0)
            table[:, i, j] = both, np.prod(size(p)), np.prod(size(q))
    return table

both, first, second = areas(a, b)
want = both / (first + second - both)
as_corners, plus_one, signed = (areas(a, b, **how) for how in ({"corners": True}, {"extra": 1}, {"signed": True}))
expect(iou(a.copy(), b.copy()), want, {
    "these boxes are x, y, w, h; they were read as two corners x, y, x, y": as_corners[0] / (as_corners[1] + as_corners[2] - as_corners[0]),
    "two boxes that lie apart have negative extents, whose product is an area that isn't there": signed[0] / (first + second - signed[0]),
    "the shared area is counted twice in the union: take it away once": both / (first + second),
    "this is the share of the smaller box that is covered; IoU divides by the area that either covers": both / np.minimum(first, second),
    "rows and columns are swapped: entry (i, j) belongs to box i of a and box j of b": want.T,
    "a box of width w covers w pixels, not w + 1": plus_one[0] / (plus_one[1] + plus_one[2] - plus_one[0]),
    "this is the shared area in pixels; divide it by the area that either covers": both,
})
empty = np.array([[3.0, 3, 0, 0], [3, 3, 0, 9], [2, 2, 4, 4]])
got = iou(empty.copy(), empty.copy())
expect(got, np.diag([0.0, 0, 1]), {
    "a box without area was divided by an area of 0: the task asks for 0 there": np.where(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]]), np.nan, np.diag([0.0, 0, 1])),
    "a box without area shares none with itself either: 0": np.eye(3),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("05-iou"))
a, b = (np.hstack([rng.integers(0, 40, (n, 2)), rng.integers(1, 25, (n, 2))]).astype(float) for n in (30, 20))

def mask(box):
    canvas = np.zeros((70, 70), bool)
    x, y, w, h = box.astype(int)
    canvas[y : y + h, x : x + w] = True
    return canvas.ravel()

A, B = (np.array([mask(box) for box in boxes]) for boxes in (a, b))
want = np.array([[(p & q).sum() / (p | q).sum() for q in B] for p in A])
expect(iou(a.copy(), b.copy()), want)
off = np.array([33.5, 20.25, 0, 0])
expect(iou(a - off, b - off), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Non-maximum suppression (2 points)
#
# Write `suppress(overlap, scores, threshold)`. overlap is (M, M), float64, the IoU of every box with every other, 1 on the
# diagonal; scores (M,), float64; threshold a number. Keep the box with the highest score and drop all others whose IoU with
# it is **above** the threshold; of what is left keep the best again, and so on. Return the list of the kept boxes' numbers
# (int), in the order in which they were kept: best first. Of equal scores the box with the lower number goes first. A box
# that was dropped drops no other. M may be 0.

# %% answer="05-suppress" forbid=["facelab.detection.nms", "facelab.detection.merge", "cv2.dnn.NMSBoxes", "cv2.dnn.NMSBoxesBatched", "cv2.dnn.softNMSBoxes", "cv2.groupRectangles"]
def suppress(overlap, scores, threshold):
    ### BEGIN SOLUTION
    waiting = list(np.argsort(-scores, kind="stable"))  # stable: equal scores stay in their order
    kept = []
    while waiting:
        best = waiting.pop(0)
        kept.append(int(best))
        waiting = [i for i in waiting if overlap[best, i] <= threshold]
    return kept
    ### END SOLUTION

# %% check="05-suppress" points=2
import numpy as np
from facelab.checks import expect
overlap = np.eye(7)
for i, j, value in ((0, 1, 0.8), (1, 2, 0.7), (0, 2, 0.2), (3, 4, 1.0), (5, 6, 0.5)):
    overlap[i, j] = overlap[j, i] = value
scores = np.array([0.6, 0.9, 0.7, 0.3, 0.4, 0.5, 0.8])
expect(suppress(overlap.copy(), scores.copy(), 0.45), [1, 6, 4], {
    "the worst were kept: begin with the highest score": [3, 5, 0, 2],
    "these are the right boxes in the wrong order: best first": [1, 4, 6],
    "two boxes that are the same are two boxes: an IoU of 1 with another box is above the threshold, too": [1, 6, 4, 3],
    "the boxes were taken in the order given, not by their scores": [0, 2, 3, 5],
    "the result should hold the numbers of the boxes, not their scores": [0.9, 0.8, 0.4],
})
chain = np.eye(3)
chain[0, 1] = chain[1, 0] = chain[1, 2] = chain[2, 1] = 0.6
expect(suppress(chain.copy(), np.array([0.9, 0.8, 0.7]), 0.45), [0, 2], {
    "a box that was dropped has dropped another: compare with kept boxes only": [0],
})
expect(suppress(chain.copy(), np.array([0.5, 0.5, 0.5]), 0.6), [0, 1, 2], {
    "an IoU equal to the threshold is not above it: that box stays": [0, 2],
    "of equal scores the lower number goes first": [2, 1, 0],
})
expect(suppress(chain.copy(), np.array([0.5, 0.5, 0.5]), 0.3), [0, 2], {
    "of equal scores the lower number goes first": [2, 0],
})
many = np.tile([0.5, 0.9, 0.7], 16)  # 48 boxes that lie apart, 16 of each score
expect(suppress(np.eye(48), many.copy(), 0.3), sorted(range(48), key=lambda i: (-many[i], i)), {
    "of equal scores the lower number goes first: np.argsort needs kind=\"stable\"": np.argsort(-many).tolist(),
})
expect(suppress(np.zeros((0, 0)), np.zeros(0), 0.3), [])
### BEGIN HIDDEN TESTS
import cv2
from facelab.checks import seed
rng = np.random.default_rng(seed("05-suppress"))
for threshold in (0.151, 0.302, 0.501, 0.752):
    boxes = np.hstack([rng.integers(0, 60, (60, 2)), rng.integers(8, 30, (60, 2))]).astype(float)
    scores = rng.integers(1, 15, 60) / 16
    ends = boxes[:, :2] + boxes[:, 2:]
    low, high = np.maximum(boxes[:, None, :2], boxes[None, :, :2]), np.minimum(ends[:, None], ends[None])
    both = np.maximum(high - low, 0).prod(axis=2)
    area = boxes[:, 2:].prod(axis=1)
    overlap = both / (area[:, None] + area - both)
    want = [int(i) for i in cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, threshold)]
    expect([int(i) for i in suppress(overlap.copy(), scores.copy(), float(threshold))], want)
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Right, false, or neither (2 points)
#
# Write `judge(overlap, scores, ignored, threshold)`. overlap is (M, L), float64, the IoU of each of M detections with each of L
# true faces, L at least 1; scores (M,), float64; ignored (L,), bool, True for a face that doesn't count (too small, say). Return
# an int array (M,), in the order of the detections: 1 right, 0 false, -1 neither.
#
# Take the detections from the highest score down; of equal scores the lower number first. Each takes, of the faces that
# count, have an IoU **at or above** the threshold with it, and are **not taken yet**, the one with the largest IoU, of equal
# ones the face with the lower number: it is right. One that gets no face is neither right nor false (-1) if it reaches the
# threshold with any ignored face, nearest or not, which any number of detections may do; else it is false.

# %% answer="05-judge" forbid=["facelab.detection.match", "facelab.detection.found_faces", "facelab.detection.evaluate", "scipy.optimize.linear_sum_assignment"]
def judge(overlap, scores, ignored, threshold):
    ### BEGIN SOLUTION
    verdict = np.zeros(len(scores), int)
    free = ~ignored
    for i in np.argsort(-scores, kind="stable"):
        open_to_it = np.where(free, overlap[i], -1)
        if open_to_it.max() >= threshold:
            verdict[i] = 1
            free[open_to_it.argmax()] = False  # a copy of ours: ~ made a new array
        elif (overlap[i, ignored] >= threshold).any():
            verdict[i] = -1
    return verdict
    ### END SOLUTION

# %% check="05-judge" points=2
import numpy as np
from facelab.checks import expect
overlap = np.array([
    [0.6, 0.0, 0.0, 0.0],
    [0.9, 0.0, 0.0, 0.0],
    [0.0, 0.7, 0.55, 0.0],
    [0.0, 0.8, 0.6, 0.0],
    [0.0, 0.0, 0.0, 0.7],
    [0.0, 0.0, 0.0, 0.9],
    [0.0, 0.0, 0.1, 0.4],
])
scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
ignored = np.array([False, False, False, True])
expect(judge(overlap.copy(), scores.copy(), ignored.copy(), 0.5), np.array([1, 0, 1, 1, -1, -1, 0]), {
    "a face was found twice: the second box on it is false": np.array([1, 1, 1, 1, -1, -1, 0]),
    "a box on an ignored face is not false: it is neither": np.array([1, 0, 1, 1, 0, 0, 0]),
    "a box on an ignored face is not right either": np.array([1, 0, 1, 1, 1, 1, 0]),
    "an ignored face was taken once and then was gone: any number of boxes may lie on it": np.array([1, 0, 1, 1, -1, 0, 0]),
    "a box whose nearest face is taken may still take another that reaches the threshold": np.array([1, 0, 1, 0, -1, -1, 0]),
    "each face took its nearest box; it is the surest box that chooses first": np.array([0, 1, 0, 1, -1, -1, 0]),
})
expect(judge(overlap[[6, 0, 1]].copy(), np.array([0.1, 0.2, 0.3]), ignored.copy(), 0.5), np.array([0, 0, 1]), {
    "the boxes were taken in the order given, not by their scores": np.array([0, 1, 0]),
    "the verdicts came back in the order of the scores; the task asks for the order of the detections": np.array([1, 0, 0]),
})
expect(judge(np.array([[0.6, 0.8], [0.1, 0.7]]), np.array([2.0, 1.0]), np.array([False, False]), 0.5), np.array([1, 0]), {
    "of several faces that reach the threshold the one with the largest IoU is taken, not the first": np.array([1, 1]),
})
expect(judge(np.array([[0.6, 0.8], [0.7, 0.9]]), np.array([2.0, 1.0]), np.array([False, True]), 0.5), np.array([1, -1]), {
    "a face that counts comes before one that doesn't, also if the latter is nearer": np.array([-1, -1]),
})
expect(judge(np.array([[0.9, 0.0], [0.8, 0.6]]), np.array([2.0, 1.0]), np.array([False, True]), 0.5), np.array([1, -1]), {
    "an ignored face need not be the nearest: reaching the threshold with one is enough to be neither": np.array([1, 0]),
})
expect(judge(np.array([[0.8, 0.8], [0.7, 0.0]]), np.array([2.0, 1.0]), np.array([False, False]), 0.5), np.array([1, 0]), {
    "of equal IoUs the face with the lower number is taken": np.array([1, 1]),
})
expect(judge(np.array([[0.9, 0.1]]), np.array([1.0]), np.array([False, False]), 0.9), np.array([1]), {
    "an IoU equal to the threshold is enough": np.array([0]),
})
face = np.arange(48) // 2  # 48 boxes, two on each of 24 faces, both with the same score
many = face % 3 / 10

def taken(order):
    firsts = [next(i for i in order if face[i] == j) for j in range(24)]
    return np.isin(np.arange(48), firsts).astype(int)

expect(judge(0.8 * (face[:, None] == np.arange(24)), many.copy(), np.zeros(24, bool), 0.5), taken(np.argsort(-many, kind="stable")), {
    "of equal scores the lower number goes first: np.argsort needs kind=\"stable\"": taken(np.argsort(-many)),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("05-judge"))
for _ in range(20):
    m, n = int(rng.integers(1, 30)), int(rng.integers(1, 12))
    overlap = rng.integers(0, 11, (m, n)) / 10 * (rng.random((m, n)) < 0.5)
    scores, ignored, threshold = rng.integers(0, 9, m) / 9, rng.random(n) < 0.3, float(rng.integers(3, 8) / 10)
    taken, want = set(), [0] * m
    for i in sorted(range(m), key=lambda i: (-scores[i], i)):
        reach = [j for j in range(n) if overlap[i, j] >= threshold]
        counted = sorted((j for j in reach if not ignored[j] and j not in taken), key=lambda j: (-overlap[i, j], j))
        taken |= set(counted[:1])
        want[i] = 1 if counted else -1 if any(ignored[j] for j in reach) else 0
    expect(judge(overlap.copy(), scores.copy(), ignored.copy(), float(threshold)), np.array(want))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Average precision (2 points)
#
# Write `average_precision(scores, right, faces)`. scores (M,), float64, M at least 1, in any order; right (M,), bool; faces, int, how
# many faces there are to find, at least as many as were found. For each score that occurs, as a threshold: **precision** is the share of the
# boxes at or above it that are right, **recall** the number of those over `faces`. (So boxes with equal scores come in together.)
# Then by all points, as in lesson 05: at each recall counts the best precision at that recall *or a higher one*, and AP is the sum,
# from the highest threshold down, of the recall gained times that precision. Return a float.

# %% answer="05-ap" forbid=["facelab.detection.average_precision", "facelab.detection.precision_recall", "facelab.detection.counts", "sklearn.metrics.average_precision_score", "sklearn.metrics.precision_recall_curve", "sklearn.metrics.auc"]
def average_precision(scores, right, faces):
    ### BEGIN SOLUTION
    thresholds = np.unique(scores)[::-1]
    kept = scores >= thresholds[:, None]  # (thresholds, M)
    hits = (kept & right).sum(axis=1)
    precision, recall = hits / kept.sum(axis=1), hits / faces
    # From the far end backwards, the largest so far is the best precision at this recall or a higher one.
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best))
    ### END SOLUTION

# %% check="05-ap" points=2
import numpy as np
from facelab.checks import expect
scores = np.array([0.3, 0.9, 0.8, 0.6, 0.5, 0.4, 0.2])
right = np.array([True, True, False, True, True, False, False])
order = np.argsort(-scores)
hits = np.cumsum(right[order])
precision, recall = hits / np.arange(1, 8), hits / 6
best = np.maximum.accumulate(precision[::-1])[::-1]
gained = np.diff(recall, prepend=0)
eleven = float(np.mean([precision[recall >= r].max(initial=0) for r in np.arange(11) / 10]))
upwards = np.cumsum(right[order][::-1])
worst = np.maximum.accumulate((upwards / np.arange(1, 8))[::-1])[::-1]
expect(average_precision(scores.copy(), right.copy(), 6), float((gained * best).sum()), {
    "this is the curve as it is; each recall counts with the best precision at it or at a higher one": float((gained * precision).sum()),
    "this is the mean over eleven recalls (VOC 2007); the task asks for all points": eleven,
    "the best precision at this recall or a lower one was taken; the task asks for this or a higher one":
        float((gained * np.maximum.accumulate(precision)).sum()),
    "what is gained from recall 0 to the first threshold is missing": float((np.diff(recall) * best[1:]).sum()),
    "recall was divided by the faces found; divide by all faces there are": float((gained * best).sum() * 6 / 4),
    "the boxes came in from the lowest score up: begin with the surest": float((np.diff(upwards / 6, prepend=0) * worst).sum()),
    "the boxes came in in the order given: sort them by score": float((np.diff(np.cumsum(right) / 6, prepend=0) * np.maximum.accumulate((np.cumsum(right) / np.arange(1, 8))[::-1])[::-1]).sum()),
    "this is precision times recall with all boxes kept: one threshold of many": float(precision[-1] * recall[-1]),
    "this is the mean precision over all thresholds; weigh each by the recall that it gains": float(best.mean()),
})
tied = np.array([0.5, 0.5, 0.5, 0.5])
expect(average_precision(tied.copy(), np.array([True, True, False, False]), 2), 0.5, {
    "boxes with equal scores come in together: no threshold can part them": 1.0,
})
expect(average_precision(np.array([0.9, 0.5, 0.5, 0.5]), np.array([True, False, True, True]), 4), 0.25 + 0.5 * 0.75, {
    "these are trapezoids; the task asks for rectangles": 0.25 + 0.5 * (1 + 0.75) / 2,
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("05-ap"))
for _ in range(10):
    n = int(rng.integers(5, 60))
    scores, right = rng.integers(0, 25, n) / 25, rng.random(n) < 0.6
    faces = int(right.sum() + rng.integers(1, 9))
    points = [(right[scores >= t].sum(), right[scores >= t].mean()) for t in set(scores.tolist())]
    want = sum(max((p for k, p in points if k >= hit), default=0) for hit in range(1, faces + 1)) / faces
    expect(average_precision(scores.copy(), right.copy(), faces), float(want))
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · An operating point, chosen honestly (2 points)
#
# Write `operate(tune, test, allowed)`. tune and test are dicts, each of one set of pictures, with the keys `"scores"` (M,), float64,
# `"right"` (M,), bool, `"faces"`, int, how many there are to find, and `"images"`, int, how many pictures. allowed, a number: so many
# **false boxes an image** may there be.
#
# Choose on `tune`: among its scores, the **lowest** threshold at which the boxes with a score at or above it hold no more than `allowed`
# false ones an image, however many are right. If there is none, the threshold is `np.inf`. Then use this threshold on `test`. Return a
# tuple of three floats: the threshold; recall on test, the share of all its faces that are found; false boxes an image on test.

# %% answer="05-operate" forbid=["facelab.detection.miss_rate", "facelab.detection.counts", "facelab.detection.Evaluation", "facelab.detection.evaluate"]
def operate(tune, test, allowed):
    ### BEGIN SOLUTION
    def false_an_image(part, threshold):
        return ((part["scores"] >= threshold) & ~part["right"]).sum() / part["images"]

    # The test set has no say in the choice: it is looked at once, with the threshold fixed.
    good = [t for t in tune["scores"] if false_an_image(tune, t) <= allowed]
    threshold = float(min(good, default=np.inf))
    recall = ((test["scores"] >= threshold) & test["right"]).sum() / test["faces"]
    return threshold, float(recall), float(false_an_image(test, threshold))
    ### END SOLUTION

# %% check="05-operate" points=2
from copy import deepcopy
import numpy as np
from facelab.checks import expect
tune = {"scores": np.array([9.0, 8, 7, 6, 5, 4, 3, 2]), "right": np.array([1, 1, 0, 1, 0, 1, 0, 0]) == 1, "faces": 5, "images": 4}
test = {"scores": np.array([9.5, 7, 6.5, 5, 4.5, 4.2, 4, 2, 1]), "right": np.array([1, 1, 0, 1, 0, 0, 1, 0, 1]) == 1, "faces": 10, "images": 5}

def at(part, threshold):
    kept = part["scores"] >= threshold
    return (kept & part["right"]).sum() / part["faces"], (kept & ~part["right"]).sum() / part["images"]

answer = operate(deepcopy(tune), deepcopy(test), 0.5)
expect(len(answer), 3)
expect(answer, (4.0, *at(test, 4)), {
    "the threshold was chosen on the test pictures: that is what they are not for": (4.5, *at(test, 4.5)),
    "recall and false boxes were reported on the pictures that the threshold was chosen on": (4.0, *at(tune, 4)),
    "this is the highest threshold that keeps to what is allowed; the task asks for the lowest": (9.0, *at(test, 9)),
    "false boxes were counted, not false boxes an image: divide by the number of pictures": (8.0, at(test, 8)[0], at(test, 8)[1] * 5),
    "a box with a score equal to the threshold is kept": (3.0, *at(test, 3)),
    "false boxes were divided by the boxes kept; the task asks for false boxes an image": (2.0, at(test, 2)[0], at(test, 2)[1] * 5 / 8),
    "recall was divided by the boxes that are right; divide by all faces there are": (4.0, at(test, 4)[0] * 10 / 5, at(test, 4)[1]),
    "this is the share of faces missed; the task asks for recall, the share found": (4.0, 1 - at(test, 4)[0], at(test, 4)[1]),
})
sure = {"scores": np.array([5.0, 5, 3]), "right": np.array([True, False, True]), "faces": 2, "images": 1}
expect(operate(deepcopy(sure), deepcopy(test), 0.5), (np.inf, 0.0, 0.0), {
    "boxes with equal scores come in together: at this threshold there is a false box": (5.0, *at(test, 5)),
    "no threshold keeps to what is allowed: then the task asks for np.inf": (0.0, *at(test, 0)),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("05-operate"))
for allowed in (0.0, 0.1, 0.25, 0.5, 2.0):
    parts = []
    for _ in range(2):
        n = int(rng.integers(30, 90))
        right = rng.random(n) < 0.7
        parts.append({"scores": np.round(rng.normal(right * 1.5, 1.0), 1), "right": right, "faces": int(right.sum() + rng.integers(1, 9)), "images": int(rng.integers(8, 20))})
    wanted = np.inf
    for t in sorted(parts[0]["scores"].tolist(), reverse=True):
        if sum(s >= t and not r for s, r in zip(parts[0]["scores"], parts[0]["right"])) / parts[0]["images"] > allowed:
            break
        wanted = t
    kept = parts[1]["scores"] >= wanted
    want = (float(wanted), float((kept & parts[1]["right"]).sum() / parts[1]["faces"]), float((kept & ~parts[1]["right"]).sum() / parts[1]["images"]))
    expect(operate(deepcopy(parts[0]), deepcopy(parts[1]), float(allowed)), want)
### END HIDDEN TESTS

# %% [markdown]
# Try it: scan a photograph of your own with the stored cascade, `facelab.detection.CascadeDetector().detect(image)`, image grey uint8
# (`cv2.imread(path, cv2.IMREAD_GRAYSCALE)`). Count what it finds and what it makes up. Nothing leaves your machine.
