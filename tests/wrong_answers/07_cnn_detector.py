"""Wrong answers to exercise 07, each with the hint that it must earn: task id → [(hint, code)]."""

DENSE = """
def dense_scores(image, kernels, biases, weights, bias):
    from numpy.lib.stride_tricks import sliding_window_view

    k, p = kernels.shape[1], weights.shape[1]
    patches = sliding_window_view(image, (k, k))
    maps = np.einsum("ijuv,cuv->cij", patches, kernels) + biases[:, None, None]
    maps = np.maximum(maps, 0)
    rows, columns = maps.shape[1] // 2, maps.shape[2] // 2
    pooled = maps[:, : 2 * rows, : 2 * columns].reshape(len(maps), rows, 2, columns, 2).max(axis=(2, 4))
    return np.einsum("cijuv,cuv->ij", sliding_window_view(pooled, (p, p), axis=(1, 2)), weights) + bias
"""

BOXES = """
def boxes_of(scores, threshold, stride, window, factor):
    rows, columns = np.nonzero(scores >= threshold)
    side = np.full(len(rows), window * factor, dtype=float)
    corner = np.stack([columns * stride, rows * stride], axis=1) * factor
    kept = scores[rows, columns]
    return np.column_stack([corner, side, side]), kept
"""

YUNET = """
def decode(face, objectness, box, landmarks, columns, stride):
    r, c = np.divmod(np.arange(len(face)), columns)
    cell = np.stack([c, r], axis=1)
    size = stride * np.exp(box[:, 2:])
    centre = stride * (cell + box[:, :2])
    boxes = np.hstack([centre - size / 2, size])
    face, objectness = np.clip(face, 0, 1), np.clip(objectness, 0, 1)
    scores = np.sqrt(face * objectness)
    points = stride * (cell[:, None] + landmarks.reshape(-1, 5, 2))
    return boxes, scores, points
"""

HEIGHTS = """
def by_height(heights, found, edges):
    faces, recall = [], []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (heights >= low) & (heights < high)
        faces.append(int(inside.sum()))
        recall.append(found[:, inside].mean(axis=1) if inside.any() else np.full(len(found), np.nan))
    return np.array(faces), np.stack(recall, axis=1)
"""


def changed(code, *pairs):
    for old, new in pairs:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code


def dense(*pairs):
    return changed(DENSE, *pairs)


def boxes(*pairs):
    return changed(BOXES, *pairs)


def yunet(*pairs):
    return changed(YUNET, *pairs)


def heights(*pairs):
    return changed(HEIGHTS, *pairs)


RECALL = "found[:, inside].mean(axis=1)"

WRONG = {
    "07-dense": [
        (
            "rows and columns are swapped: entry (r, c) belongs to row 2r, column 2c",
            dense(("weights) + bias", "weights).T + bias")),
        ),
        (
            "ReLU is missing: what is negative becomes 0 before the pooling",
            dense(("    maps = np.maximum(maps, 0)\n", "")),
        ),
        ("pooling keeps the largest of each block, not their mean", dense((".max(axis", ".mean(axis"))),
        (
            "the kernels are flipped: lay the same corner on the same corner",
            dense(("patches, kernels)", "patches, kernels[:, ::-1, ::-1])")),
        ),
        ("the biases of the filters are missing", dense((" + biases[:, None, None]", ""))),
        ("the bias of the score is missing", dense(("weights) + bias", "weights)"))),
        (
            "the pooled blocks overlap: they lie two pixels apart, and so do the windows",
            """
def dense_scores(image, kernels, biases, weights, bias):
    from numpy.lib.stride_tricks import sliding_window_view

    k, p = kernels.shape[1], weights.shape[1]
    patches = sliding_window_view(image, (k, k))
    maps = np.maximum(np.einsum("ijuv,cuv->cij", patches, kernels) + biases[:, None, None], 0)
    pooled = sliding_window_view(maps, (2, 2), axis=(1, 2)).max(axis=(3, 4))
    blocks = sliding_window_view(pooled, (2 * p - 1, 2 * p - 1), axis=(1, 2))[..., ::2, ::2]
    return np.einsum("cijuv,cuv->ij", blocks, weights) + bias
""",
        ),
        (
            "only one of the pooled maps came into the score: sum over the maps",
            dense(("weights) + bias", "weights * (np.arange(len(weights)) < 1)[:, None, None]) + bias")),
        ),
    ],
    "07-boxes": [
        (
            "x and y are swapped: x counts columns, y counts rows",
            boxes(("[columns * stride, rows * stride]", "[rows * stride, columns * stride]")),
        ),
        (
            "the stride is missing: neighbours in the scores lie `stride` pixels apart",
            boxes(("[columns * stride, rows * stride]", "[columns, rows]")),
        ),
        (
            "this is the centre of the window; the task asks for its top left corner",
            boxes(("[corner, side, side]", "[corner + window * factor / 2, side, side]")),
        ),
        (
            "these are pixels of the level; the photograph's are `factor` times as many",
            boxes(("window * factor", "window"), ("axis=1) * factor", "axis=1)")),
        ),
        (
            "divided by factor: the photograph is larger than the level",
            boxes(("window * factor", "window / factor"), ("axis=1) * factor", "axis=1) / factor")),
        ),
        ("the corner has to be scaled by factor, as the size is", boxes(("axis=1) * factor", "axis=1)"))),
        ("the size has to be scaled by factor, as the corner is", boxes(("window * factor", "window"))),
        (
            "these are x, y, x, y; the task asks for x, y, w, h",
            boxes(("[corner, side, side]", "[corner, corner + side[:, None]]")),
        ),
        ("a score equal to the threshold counts", boxes(("scores >= threshold", "scores > threshold"))),
        (
            "the scores are in another order than the boxes",
            boxes(("scores[rows, columns]", "np.sort(scores[rows, columns])[::-1]")),
        ),
    ],
    "07-yunet": [
        (
            "this is the centre of the box; the task asks for its top left corner",
            yunet(("[centre - size / 2, size]", "[centre, size]")),
        ),
        (
            "rows and columns are swapped: the cells are listed row by row, and x goes with the column",
            yunet(("np.stack([c, r], axis=1)", "np.stack([r, c], axis=1)")),
        ),
        (
            "the exponential is missing: the head gives logarithms of width and height",
            yunet(("np.exp(box[:, 2:])", "box[:, 2:]")),
        ),
        ("the size is not multiplied by the stride", yunet(("stride * np.exp(", "np.exp("))),
        (
            "the shift of the centre is in strides, too",
            yunet(("stride * (cell + box[:, :2])", "stride * cell + box[:, :2]")),
        ),
        (
            "the cell is forgotten: the shift starts at the cell's corner",
            yunet(("stride * (cell + box[:, :2])", "stride * box[:, :2]")),
        ),
        (
            "half a cell too far: the shift starts at the cell's corner, not at its centre",
            yunet(("(cell + box[:, :2])", "(cell + 0.5 + box[:, :2])")),
        ),
        (
            "these are x, y, x, y; the task asks for x, y, w, h",
            yunet(("[centre - size / 2, size]", "[centre - size / 2, centre + size / 2]")),
        ),
        ("this is the class head alone; the object head counts, too", yunet(("np.sqrt(face * objectness)", "face"))),
        (
            "this is the object head alone; the class head counts, too",
            yunet(("np.sqrt(face * objectness)", "objectness")),
        ),
        ("the square root is missing", yunet(("np.sqrt(face * objectness)", "face * objectness"))),
        (
            "this is the mean of the two heads; the task asks for the root of their product",
            yunet(("np.sqrt(face * objectness)", "(face + objectness) / 2")),
        ),
        (
            "clip each head to 0 .. 1 before they are multiplied",
            yunet(("np.clip(face, 0, 1), np.clip(objectness, 0, 1)", "face, np.clip(objectness, 0, None)")),
        ),
        (
            "the landmarks' shifts are in strides, too",
            yunet(("stride * (cell[:, None] + landmarks", "(stride * cell[:, None] + landmarks")),
        ),
        (
            "the landmarks are not multiplied by the stride",
            yunet(("stride * (cell[:, None] + landmarks", "(cell[:, None] + landmarks")),
        ),
        (
            "the cell is forgotten: the landmarks' shifts start at the cell's corner",
            yunet(("(cell[:, None] + landmarks.reshape(-1, 5, 2))", "landmarks.reshape(-1, 5, 2)")),
        ),
        (
            "the landmarks start at the cell's corner, not at the box's centre",
            yunet(("(cell[:, None] + landmarks", "((cell + box[:, :2])[:, None] + landmarks")),
        ),
        (
            "the ten numbers are x, y, x, y ..., not five x and then five y",
            yunet(("landmarks.reshape(-1, 5, 2)", "landmarks.reshape(-1, 2, 5).transpose(0, 2, 1)")),
        ),
    ],
    "07-heights": [
        (
            "the bins are closed on the wrong side: a face of 16 px belongs to 16 to 32",
            heights(("(heights >= low) & (heights < high)", "(heights > low) & (heights <= high)")),
        ),
        (
            "both sides of the bins are closed, so that a face is counted twice",
            heights(("(heights < high)", "(heights <= high)")),
        ),
        (
            "these are the faces of at least so many pixels; a bin ends at its upper edge",
            heights((" & (heights < high)", "")),
        ),
        (
            "faces above the last edge don't count",
            heights(("(heights < high)", "((heights < high) | (high == edges[-1]))")),
        ),
        (
            "faces below the first edge don't count",
            heights(("(heights >= low)", "((heights >= low) | (low == edges[0]))")),
        ),
        ("detectors go down, bins go across: the shape is (d, k)", heights(("axis=1)\n", "axis=0)\n"))),
        (
            "divided by all faces; the recall of a bin is a share of the bin's faces",
            heights((RECALL, "(found & inside).mean(axis=1)")),
        ),
        (
            "divided by the faces in any bin; the recall of a bin is a share of the bin's own faces",
            heights(
                (
                    RECALL,
                    "(found & inside).sum(axis=1) / ((heights >= edges[0]) & (heights < edges[-1])).sum()",
                )
            ),
        ),
        (
            "divided by all faces that the detector found; recall is a share of the faces that are there",
            heights((RECALL, "(found & inside).sum(axis=1) / found.sum(axis=1)")),
        ),
        ("these are the shares that were missed", heights((RECALL, "(~found[:, inside]).mean(axis=1)"))),
        ("these are counts; the task asks for shares", heights((RECALL, "found[:, inside].sum(axis=1)"))),
        ("a bin without faces has no recall: NaN", heights(("np.nan", "0.0"))),
        ("a bin without faces has no recall: NaN, not 1", heights(("np.nan", "1.0"))),
    ],
}
