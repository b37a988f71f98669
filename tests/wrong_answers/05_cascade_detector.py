"""Wrong answers to exercise 05, each with the hint that it must earn: task id → [(hint, code)]."""

from functools import partial


def changed(solution, old, new):
    assert solution.count(old) == 1, old
    return solution.replace(old, new)


IOU = """
def iou(a, b):
    a, b = a[:, None], b[None]
    extent = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    both = np.maximum(extent, 0).prod(axis=2)
    area_a, area_b = a[..., 2:].prod(axis=2), b[..., 2:].prod(axis=2)
    either = area_a + area_b - both
    return both / np.where(either > 0, either, 1)
"""
iou = partial(changed, IOU)

CORNERS = """
def iou(a, b):
    a, b = a[:, None], b[None]
    both = np.maximum(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0).prod(axis=2)
    either = (a[..., 2:] - a[..., :2]).prod(axis=2) + (b[..., 2:] - b[..., :2]).prod(axis=2) - both
    return both / either
"""

SUPPRESS = """
def suppress(overlap, scores, threshold):
    waiting = list(np.argsort(-scores, kind="stable"))
    kept = []
    while waiting:
        best = waiting.pop(0)
        kept.append(int(best))
        waiting = [i for i in waiting if overlap[best, i] <= threshold]
    return kept
"""
suppress = partial(changed, SUPPRESS)

DROPPED_DROP = """
def suppress(overlap, scores, threshold):
    order = np.argsort(-scores, kind="stable")
    return [int(i) for k, i in enumerate(order) if (overlap[i, order[:k]] <= threshold).all()]
"""

JUDGE = """
def judge(overlap, scores, ignored, threshold):
    verdict = np.zeros(len(scores), int)
    free = ~ignored
    hidden = ignored.copy()
    for i in np.argsort(-scores, kind="stable"):
        open_to_it = np.where(free, overlap[i], -1)
        if open_to_it.max() >= threshold:
            verdict[i] = 1
            free[open_to_it.argmax()] = False
        elif (overlap[i, hidden] >= threshold).any():
            verdict[i] = -1
    return verdict
"""
judge = partial(changed, JUDGE)

NEAREST_BOX = """
def judge(overlap, scores, ignored, threshold):
    verdict = np.where((overlap[:, ignored] >= threshold).any(axis=1), -1, 0)
    for j in np.flatnonzero(~ignored):
        if overlap[:, j].max() >= threshold:
            verdict[overlap[:, j].argmax()] = 1
    return verdict
"""

AP = """
def average_precision(scores, right, faces):
    thresholds = np.unique(scores)[::-1]
    kept = scores >= thresholds[:, None]
    hits = (kept & right).sum(axis=1)
    precision, recall = hits / kept.sum(axis=1), hits / faces
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best))
"""
ap = partial(changed, AP)

ONE_BY_ONE = """
def average_precision(scores, right, faces):
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / faces
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best))
"""

OPERATE = """
def operate(tune, test, allowed):
    def false_an_image(part, threshold):
        kept = part["scores"] >= threshold
        return (kept & ~part["right"]).sum() / part["images"]

    good = [t for t in tune["scores"] if false_an_image(tune, t) <= allowed]
    threshold = float(min(good, default=np.inf))
    found = ((test["scores"] >= threshold) & test["right"]).sum()
    return threshold, float(found / test["faces"]), float(false_an_image(test, threshold))
"""
operate = partial(changed, OPERATE)

TIES_PARTED = """
def operate(tune, test, allowed):
    order = np.argsort(-tune["scores"], kind="stable")
    false = np.cumsum(~tune["right"][order]) / tune["images"]
    good = tune["scores"][order][false <= allowed]
    threshold = float(min(good, default=np.inf))
    kept = test["scores"] >= threshold
    found, false = (kept & test["right"]).sum(), (kept & ~test["right"]).sum()
    return threshold, float(found / test["faces"]), float(false / test["images"])
"""

WRONG = {
    "05-iou": [
        ("these boxes are x, y, w, h; they were read as two corners x, y, x, y", CORNERS),
        (
            "two boxes that lie apart have negative extents, whose product is an area that isn't there",
            iou("np.maximum(extent, 0).prod(axis=2)", "extent.prod(axis=2)"),
        ),
        ("the shared area is counted twice in the union: take it away once", iou("area_b - both", "area_b")),
        (
            "this is the share of the smaller box that is covered; IoU divides by the area that either covers",
            iou("area_a + area_b - both", "np.minimum(area_a, area_b)"),
        ),
        (
            "rows and columns are swapped: entry (i, j) belongs to box i of a and box j of b",
            iou("either, 1)", "either, 1).T").replace("return both /", "return both.T /").replace("1).T", "1).T"),
        ),
        (
            "a box of width w covers w pixels, not w + 1",
            iou("    a, b = a[:, None], b[None]\n", "    a, b = a[:, None] + [0, 0, 1, 1], b[None] + [0, 0, 1, 1]\n"),
        ),
        (
            "this is the shared area in pixels; divide it by the area that either covers",
            iou("both / np.where(either > 0, either, 1)", "both"),
        ),
        (
            "a box without area was divided by an area of 0: the task asks for 0 there",
            iou("both / np.where(either > 0, either, 1)", "both / either"),
        ),
        (
            "a box without area shares none with itself either: 0",
            iou(
                "return both / np.where(either > 0, either, 1)",
                "same = (a == b).all(axis=2)\n    return np.where(same, 1.0, both / np.where(either > 0, either, 1))",
            ),
        ),
    ],
    "05-suppress": [
        ("the worst were kept: begin with the highest score", suppress("argsort(-scores,", "argsort(scores,")),
        ("these are the right boxes in the wrong order: best first", suppress("return kept", "return sorted(kept)")),
        (
            "two boxes that are the same are two boxes: an IoU of 1 with another box is above the threshold, too",
            suppress("overlap[best, i] <= threshold", "overlap[best, i] <= threshold or overlap[best, i] == 1"),
        ),
        (
            "the boxes were taken in the order given, not by their scores",
            suppress('np.argsort(-scores, kind="stable")', "range(len(scores))"),
        ),
        (
            "the result should hold the numbers of the boxes, not their scores",
            suppress("return kept", "return [float(scores[i]) for i in kept]"),
        ),
        ("a box that was dropped has dropped another: compare with kept boxes only", DROPPED_DROP),
        (
            "an IoU equal to the threshold is not above it: that box stays",
            suppress("overlap[best, i] <= threshold", "overlap[best, i] < threshold"),
        ),
        (
            "of equal scores the lower number goes first",
            suppress('np.argsort(-scores, kind="stable")', 'np.argsort(scores, kind="stable")[::-1]'),
        ),
        (
            'of equal scores the lower number goes first: np.argsort needs kind="stable"',
            suppress('np.argsort(-scores, kind="stable")', "np.argsort(-scores)"),
        ),
    ],
    "05-judge": [
        (
            "a face was found twice: the second box on it is false",
            judge("            free[open_to_it.argmax()] = False\n", ""),
        ),
        ("a box on an ignored face is not false: it is neither", judge("verdict[i] = -1", "verdict[i] = 0")),
        ("a box on an ignored face is not right either", judge("verdict[i] = -1", "verdict[i] = 1")),
        (
            "an ignored face was taken once and then was gone: any number of boxes may lie on it",
            judge(
                "verdict[i] = -1",
                "verdict[i] = -1\n            hidden[np.where(hidden, overlap[i], -1).argmax()] = False",
            ),
        ),
        (
            "a box whose nearest face is taken may still take another that reaches the threshold",
            judge(
                "        if open_to_it.max() >= threshold:",
                "        nearest = np.where(ignored, -1, overlap[i]).argmax()\n"
                "        if free[nearest] and overlap[i, nearest] >= threshold:",
            ),
        ),
        ("each face took its nearest box; it is the surest box that chooses first", NEAREST_BOX),
        (
            "the boxes were taken in the order given, not by their scores",
            judge('np.argsort(-scores, kind="stable")', "range(len(scores))"),
        ),
        (
            "the verdicts came back in the order of the scores; the task asks for the order of the detections",
            judge("return verdict", 'return verdict[np.argsort(-scores, kind="stable")]'),
        ),
        (
            "of several faces that reach the threshold the one with the largest IoU is taken, not the first",
            judge("free[open_to_it.argmax()]", "free[(open_to_it >= threshold).argmax()]"),
        ),
        (
            "a face that counts comes before one that doesn't, also if the latter is nearer",
            judge(
                "        if open_to_it.max() >= threshold:",
                "        if ignored[overlap[i].argmax()] and overlap[i].max() >= threshold:\n"
                "            verdict[i] = -1\n"
                "        elif open_to_it.max() >= threshold:",
            ),
        ),
        (
            "an IoU equal to the threshold is enough",
            judge("if open_to_it.max() >= threshold", "if open_to_it.max() > threshold"),
        ),
        (
            "an ignored face need not be the nearest: reaching the threshold with one is enough to be neither",
            judge(
                "(overlap[i, hidden] >= threshold).any()",
                "ignored[overlap[i].argmax()] and overlap[i].max() >= threshold",
            ),
        ),
        (
            "of equal IoUs the face with the lower number is taken",
            judge("free[open_to_it.argmax()]", "free[np.flatnonzero(open_to_it == open_to_it.max())[-1]]"),
        ),
        (
            'of equal scores the lower number goes first: np.argsort needs kind="stable"',
            judge('np.argsort(-scores, kind="stable")', "np.argsort(-scores)"),
        ),
    ],
    "05-ap": [
        (
            "this is the curve as it is; each recall counts with the best precision at it or at a higher one",
            ap("np.maximum.accumulate(precision[::-1])[::-1]", "precision"),
        ),
        (
            "this is the mean over eleven recalls (VOC 2007); the task asks for all points",
            ap(
                "np.sum(np.diff(recall, prepend=0) * best)",
                "np.mean([precision[recall >= r].max(initial=0) for r in np.arange(11) / 10])",
            ),
        ),
        (
            "these are trapezoids; the task asks for rectangles",
            ap(
                "np.sum(np.diff(recall, prepend=0) * best)",
                "np.trapezoid(np.append(best[0], best), np.append(0, recall))",
            ),
        ),
        (
            "the best precision at this recall or a lower one was taken; the task asks for this or a higher one",
            ap("np.maximum.accumulate(precision[::-1])[::-1]", "np.maximum.accumulate(precision)"),
        ),
        (
            "what is gained from recall 0 to the first threshold is missing",
            ap("np.diff(recall, prepend=0) * best", "np.diff(recall) * best[1:]"),
        ),
        (
            "recall was divided by the faces found; divide by all faces there are",
            ap("hits / faces", "hits / right.sum()"),
        ),
        (
            "the boxes came in from the lowest score up: begin with the surest",
            ap("np.unique(scores)[::-1]", "np.unique(scores)").replace("scores >= thresholds", "scores <= thresholds"),
        ),
        (
            "the boxes came in in the order given: sort them by score",
            ONE_BY_ONE.replace('[np.argsort(-scores, kind="stable")]', ""),
        ),
        (
            "this is precision times recall with all boxes kept: one threshold of many",
            ap("np.sum(np.diff(recall, prepend=0) * best)", "precision[-1] * recall[-1]"),
        ),
        (
            "this is the mean precision over all thresholds; weigh each by the recall that it gains",
            ap("np.sum(np.diff(recall, prepend=0) * best)", "best.mean()"),
        ),
        ("boxes with equal scores come in together: no threshold can part them", ONE_BY_ONE),
    ],
    "05-operate": [
        (
            "the threshold was chosen on the test pictures: that is what they are not for",
            operate(
                'for t in tune["scores"] if false_an_image(tune, t)',
                'for t in test["scores"] if false_an_image(test, t)',
            ),
        ),
        (
            "recall and false boxes were reported on the pictures that the threshold was chosen on",
            operate("    found =", "    test = tune\n    found ="),
        ),
        (
            "this is the highest threshold that keeps to what is allowed; the task asks for the lowest",
            operate("min(good,", "max(good,"),
        ),
        (
            "false boxes were counted, not false boxes an image: divide by the number of pictures",
            operate(' / part["images"]', ""),
        ),
        ("a box with a score equal to the threshold is kept", OPERATE.replace(">= threshold", "> threshold")),
        (
            "false boxes were divided by the boxes kept; the task asks for false boxes an image",
            operate('/ part["images"]', "/ max(kept.sum(), 1)"),
        ),
        (
            "recall was divided by the boxes that are right; divide by all faces there are",
            operate('test["faces"]', 'test["right"].sum()'),
        ),
        (
            "this is the share of faces missed; the task asks for recall, the share found",
            operate('float(found / test["faces"])', 'float(1 - found / test["faces"])'),
        ),
        ("boxes with equal scores come in together: at this threshold there is a false box", TIES_PARTED),
        (
            "no threshold keeps to what is allowed: then the task asks for np.inf",
            operate("default=np.inf", "default=0"),
        ),
    ],
}
