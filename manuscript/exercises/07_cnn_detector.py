# %% [markdown]
# # 07 · A CNN that scans: exercise
#
# You let a small network scan a picture, say where in the photograph each of its scores lies, read what YuNet's four
# heads say, and compare detectors by the height of the faces. Allowed: numpy, and what a task names.

# %% locked="07-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab.checks import NotDone

facelab.notebook.begin_exercise()

# %% [markdown]
# ## 1 · Dense scanning equals sliding (3 points)
#
# A network judges a window of a picture in four steps:
#
# 1. **Filters**: every kernel of `kernels` (C, k, k) is laid on the window at every place where it fits; each product
#    of kernel and pixels is summed (no flipping: the same corner on the same corner), and `biases` (C,) is added: C
#    maps.
# 2. **ReLU**: what is negative becomes 0.
# 3. **Pooling**: each map is cut into blocks of 2 x 2, without overlap, and of each block the largest value is kept. If
#    a map has an odd number of rows or columns, its last one is dropped.
# 4. **Score**: the pooled maps are (C, p, p). They are multiplied by `weights` (C, p, p), all products are summed, and
#    the number `bias` is added.
#
# Windows are square with side k - 1 + 2p. Write `dense_scores(image, kernels, biases, weights, bias)`, which scores
# every window of a whole image (h, w) whose top left corner lies at an even row and an even column, and does each step
# **once for the whole image**: `weights` becomes one more set of filters. The result is (rows, columns), float64: entry
# (r, c) belongs to the window whose top left corner is at row 2r, column 2c. All arrays are float64. A loop over
# windows gives the right numbers, but takes the work again for each window. `np.lib.stride_tricks.sliding_window_view`
# may be of use.

# %% answer="07-dense" forbid=["scipy.signal.correlate2d", "scipy.signal.convolve2d", "scipy.signal.correlate", "scipy.ndimage.correlate", "scipy.ndimage.convolve", "cv2.filter2D", "facelab.cnn.scan", "facelab.cnn.Conv2d", "facelab.cnn.MaxPool2d", "facelab.cnn.im2col", "facelab.detection.CnnDetector"]
def dense_scores(image, kernels, biases, weights, bias):
    ### BEGIN SOLUTION
    from numpy.lib.stride_tricks import sliding_window_view

    k, p = kernels.shape[1], weights.shape[1]
    patches = sliding_window_view(image, (k, k))
    maps = np.einsum("ijuv,cuv->cij", patches, kernels) + biases[:, None, None]
    maps = np.maximum(maps, 0)
    rows, columns = maps.shape[1] // 2, maps.shape[2] // 2
    pooled = maps[:, : 2 * rows, : 2 * columns].reshape(len(maps), rows, 2, columns, 2).max(axis=(2, 4))
    # The last step looks at p x p places of all maps at once: it is a convolution, too.
    return np.einsum("cijuv,cuv->ij", sliding_window_view(pooled, (p, p), axis=(1, 2)), weights) + bias
    ### END SOLUTION

# %% check="07-dense" points=3
import numpy as np
import scipy.signal
from facelab.checks import expect

def sliding(image, kernels, biases, weights, bias, step=2, relu=True, pool=np.max, flip=1):
    """Window by window, with scipy's correlation."""
    k, p = kernels.shape[1], weights.shape[1]
    side = k - 1 + 2 * p
    scores = []
    for r in range(0, image.shape[0] - side + 1, step):
        scores.append([])
        for c in range(0, image.shape[1] - side + 1, step):
            window = image[r:r + side, c:c + side]
            maps = np.stack([scipy.signal.correlate2d(window, f[::flip, ::flip], "valid") for f in kernels])
            maps = maps + biases[:, None, None]
            maps = np.maximum(maps, 0) if relu else maps
            pooled = pool(maps.reshape(len(maps), p, 2, p, 2), axis=(2, 4))
            scores[-1].append(float((pooled * weights).sum() + bias))
    return np.array(scores)

rng = np.random.default_rng(7)
image, kernels, biases = rng.normal(size=(15, 20)), rng.normal(size=(2, 3, 3)), np.array([0.5, -1.0])
weights = rng.normal(size=(2, 2, 2))
bias = 0.25
args = image, kernels, biases, weights, bias
want = sliding(*args)
expect(dense_scores(image.copy(), kernels.copy(), biases.copy(), weights.copy(), bias), want, {
    "rows and columns are swapped: entry (r, c) belongs to row 2r, column 2c": want.T,
    "ReLU is missing: what is negative becomes 0 before the pooling": sliding(*args, relu=False),
    "pooling keeps the largest of each block, not their mean": sliding(*args, pool=np.mean),
    "the kernels are flipped: lay the same corner on the same corner": sliding(*args, flip=-1),
    "the biases of the filters are missing": sliding(image, kernels, biases * 0, weights, bias),
    "the bias of the score is missing": want - bias,
    "the pooled blocks overlap: they lie two pixels apart, and so do the windows": sliding(*args, step=1),
    "only one of the pooled maps came into the score: sum over the maps":
        sliding(image, kernels[:1], biases[:1], weights[:1], bias),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("07-dense"))
for h, w, count, k, p in ((24, 31, 3, 4, 3), (17, 16, 1, 2, 4), (19, 19, 4, 4, 8), (30, 21, 2, 3, 2)):
    image, kernels, biases = rng.normal(size=(h, w)), rng.normal(size=(count, k, k)), rng.normal(size=count)
    weights, bias = rng.normal(size=(count, p, p)), float(rng.normal())
    want = sliding(image, kernels, biases, weights, bias)
    got = dense_scores(image.copy(), kernels.copy(), biases.copy(), weights.copy(), float(bias))
    expect(got, want, rtol=1e-9, atol=1e-9)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Where in the photograph? (2 points)
#
# A dense scan of one level of the pyramid gave `scores` (rows, columns), float64. Entry (r, c) belongs to the window of
# the **level** whose top left corner is at x = c · stride, y = r · stride, a square of side `window`. The level is the
# photograph made smaller by `factor`, which is a float of at least 1: what is one pixel in the level is `factor` pixels
# in the photograph.
#
# Write `boxes_of(scores, threshold, stride, window, factor)`. It returns a tuple: the boxes (M, 4), float64, as x, y,
# w, h in pixels of the **photograph** (x, y the top left corner), and their scores (M,), for all entries **at or
# above** the threshold, row by row and from left to right. If there is none, the shapes are (0, 4) and (0,).

# %% answer="07-boxes" forbid=["facelab.detection.CnnDetector"]
def boxes_of(scores, threshold, stride, window, factor):
    ### BEGIN SOLUTION
    rows, columns = np.nonzero(scores >= threshold)
    side = np.full(len(rows), window * factor, dtype=float)
    return np.stack([columns * stride * factor, rows * stride * factor, side, side], axis=1), scores[rows, columns]
    ### END SOLUTION

# %% check="07-boxes" points=2
import numpy as np
from facelab.checks import expect
scores = np.array([[0.1, 0.9, -2, 0.5], [0.7, 0.2, 0.4, 0.6]])
answer = boxes_of(scores.copy(), 0.5, 4, 19, 1.5)
expect(len(answer), 2)
boxes, kept = answer
want = np.array([[6, 0, 28.5, 28.5], [18, 0, 28.5, 28.5], [0, 6, 28.5, 28.5], [18, 6, 28.5, 28.5]])
corners, sizes = want[:, :2], want[:, 2:]
expect(boxes, want, {
    "x and y are swapped: x counts columns, y counts rows": np.hstack([corners[:, ::-1], sizes]),
    "the stride is missing: neighbours in the scores lie `stride` pixels apart": np.hstack([corners / 4, sizes]),
    "this is the centre of the window; the task asks for its top left corner": np.hstack([corners + sizes / 2, sizes]),
    "these are pixels of the level; the photograph's are `factor` times as many": want / 1.5,
    "divided by factor: the photograph is larger than the level": want / 1.5 ** 2,
    "the corner has to be scaled by factor, as the size is": np.hstack([corners / 1.5, sizes]),
    "the size has to be scaled by factor, as the corner is": np.hstack([corners, sizes / 1.5]),
    "these are x, y, x, y; the task asks for x, y, w, h": np.hstack([corners, corners + sizes]),
    "a score equal to the threshold counts": want[[0, 2, 3]],
})
expect(kept, np.array([0.9, 0.5, 0.7, 0.6]), {
    "the scores are in another order than the boxes": np.array([0.9, 0.7, 0.6, 0.5]),
})
none = boxes_of(scores.copy(), 3.0, 4, 19, 1.5)
expect(none[0], np.empty((0, 4)))
expect(none[1], np.empty(0))
### BEGIN HIDDEN TESTS
from facelab.checks import seed
rng = np.random.default_rng(seed("07-boxes"))
for _ in range(4):
    scores = np.round(rng.normal(size=(int(rng.integers(2, 9)), int(rng.integers(2, 9)))), 1)
    threshold, stride, window = float(rng.choice(scores.ravel())), int(rng.integers(2, 9)), int(rng.integers(12, 40))
    factor = float(rng.uniform(1, 6))
    want, want_scores = [], []
    for r in range(scores.shape[0]):
        for c in range(scores.shape[1]):
            if scores[r, c] >= threshold:
                want.append([factor * stride * c, factor * stride * r, factor * window, factor * window])
                want_scores.append(scores[r, c])
    answer = boxes_of(scores.copy(), float(threshold), int(stride), int(window), float(factor))
    expect(answer[0], np.array(want))
    expect(answer[1], np.array(want_scores))
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · Read YuNet's heads (3 points)
#
# For one stride, YuNet's graph gives four arrays with a row for each of n cells. The cells form a grid of `columns`
# columns, listed row by row. face (n,) and objectness (n,) are the class and object head; box (n, 4) and landmarks (n,
# 10) are in strides. Write `decode(face, objectness, box, landmarks, columns, stride)`, which returns a tuple of three
# arrays, float64, for **all** n cells in their order. For a cell at row r and column c of the grid:
#
# - boxes (n, 4) as x, y, w, h in pixels, x, y the top left corner: the box's **centre** lies at stride · (c + box[0], r
#   + box[1]), its width and height are stride · exp(box[2]) and stride · exp(box[3]),
# - scores (n,): the square root of face times objectness, each of them first clipped to 0 .. 1,
# - landmarks (n, 5, 2), x and y in pixels: landmarks holds x, y, x, y ... of the five points, as shifts from the cell's
#   corner stride · (c, r), in strides, as for the centre.

# %% answer="07-yunet" forbid=["facelab.yunet.decode", "facelab.yunet.detections", "cv2.FaceDetectorYN"]
def decode(face, objectness, box, landmarks, columns, stride):
    ### BEGIN SOLUTION
    r, c = np.divmod(np.arange(len(face)), columns)
    cell = np.stack([c, r], axis=1)
    size = stride * np.exp(box[:, 2:])
    corner = stride * (cell + box[:, :2]) - size / 2
    scores = np.sqrt(np.clip(face, 0, 1) * np.clip(objectness, 0, 1))
    points = stride * (cell[:, None] + landmarks.reshape(-1, 5, 2))
    return np.hstack([corner, size]), scores, points
    ### END SOLUTION

# %% check="07-yunet" points=3
import numpy as np
from facelab.checks import expect
face, objectness = np.array([0.25, 1.2, 0.5, 0.81, 0.9, 0.36]), np.array([0.64, 0.49, 0.5, 1.0, -0.1, 0.25])
box = np.array([[0.5, 0.2, 0, 1], [0, 0, 0.5, 0.5], [1, -1, 1, 0], [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1], [0, 1, 2, 1]])
landmarks = np.random.default_rng(3).normal(size=(6, 10))
answer = decode(face.copy(), objectness.copy(), box.copy(), landmarks.copy(), 3, 16)
expect(len(answer), 3)
boxes, scores, points = answer
cell = np.array([[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]])
centre, size = 16 * (cell + box[:, :2]), 16 * np.exp(box[:, 2:])
want = np.hstack([centre - size / 2, size])
expect(boxes, want, {
    "this is the centre of the box; the task asks for its top left corner": np.hstack([centre, size]),
    "rows and columns are swapped: the cells are listed row by row, and x goes with the column":
        np.hstack([16 * (cell[:, ::-1] + box[:, :2]) - size / 2, size]),
    "the exponential is missing: the head gives logarithms of width and height":
        np.hstack([centre - 8 * box[:, 2:], 16 * box[:, 2:]]),
    "the size is not multiplied by the stride": np.hstack([centre - np.exp(box[:, 2:]) / 2, np.exp(box[:, 2:])]),
    "the shift of the centre is in strides, too": np.hstack([16 * cell + box[:, :2] - size / 2, size]),
    "the cell is forgotten: the shift starts at the cell's corner": np.hstack([16 * box[:, :2] - size / 2, size]),
    "half a cell too far: the shift starts at the cell's corner, not at its centre":
        np.hstack([centre + 8 - size / 2, size]),
    "these are x, y, x, y; the task asks for x, y, w, h": np.hstack([centre - size / 2, centre + size / 2]),
})
f, o = np.clip(face, 0, 1), np.clip(objectness, 0, 1)
expect(scores, np.sqrt(f * o), {
    "this is the class head alone; the object head counts, too": f,
    "this is the object head alone; the class head counts, too": o,
    "the square root is missing": f * o,
    "this is the mean of the two heads; the task asks for the root of their product": (f + o) / 2,
    "clip each head to 0 .. 1 before they are multiplied": np.sqrt(np.clip(face * objectness, 0, None)),
})
shifts = landmarks.reshape(6, 5, 2)
expect(points, 16 * (cell[:, None] + shifts), {
    "the landmarks' shifts are in strides, too": 16 * cell[:, None] + shifts,
    "the landmarks are not multiplied by the stride": cell[:, None] + shifts,
    "the cell is forgotten: the landmarks' shifts start at the cell's corner": 16 * shifts,
    "the landmarks start at the cell's corner, not at the box's centre": centre[:, None] + 16 * shifts,
    "the ten numbers are x, y, x, y ..., not five x and then five y":
        16 * (cell[:, None] + landmarks.reshape(6, 2, 5).transpose(0, 2, 1)),
})
### BEGIN HIDDEN TESTS
import cv2
from facelab import assets
from facelab.checks import seed
from facelab.datasets import load_orl
rng = np.random.default_rng(seed("07-yunet"))
faces = load_orl().images[rng.permutation(400)[:6]]
bordered = [cv2.copyMakeBorder(f, 30, 30, 30, 30, cv2.BORDER_REPLICATE) for f in faces]
montage = np.vstack([np.hstack(bordered[:3]), np.hstack(bordered[3:])])
montage = cv2.cvtColor(cv2.resize(montage, (480, 352)), cv2.COLOR_GRAY2BGR)  # multiples of 32: no border of its own
network = cv2.dnn.readNetFromONNX(str(assets.path("yunet", quiet=True)))
network.setInput(cv2.dnn.blobFromImage(montage))
parts = []
for stride in (8, 16, 32):
    heads = network.forward([f"{name}_{stride}" for name in ("cls", "obj", "bbox", "kps")])
    face, objectness, box, landmarks = (head[0].astype(np.float64) for head in heads)
    answer = decode(face.ravel().copy(), objectness.ravel().copy(), box.copy(), landmarks.copy(), 480 // int(stride), int(stride))
    expect(len(answer), 3)
    parts.append([np.asarray(part) for part in answer])
    expect(parts[-1][0].shape, (len(box), 4))
    expect(parts[-1][1].shape, (len(box),))
    expect(parts[-1][2].shape, (len(box), 5, 2))
boxes, scores, points = (np.concatenate(part) for part in zip(*parts))
found = cv2.FaceDetectorYN.create(str(assets.path("yunet", quiet=True)), "", (480, 352), 0.3, 0.3, 5000).detect(montage)[1]
for row in found:  # each of OpenCV's faces is among the decoded cells
    nearest = int(np.argmin(np.abs(boxes - row[:4]).sum(axis=1) + 1e3 * np.abs(scores - row[14])))
    expect(boxes[nearest], row[:4].astype(float), rtol=1e-4, atol=1e-3)
    expect(float(scores[nearest]), float(row[14]), rtol=1e-4)
    expect(points[nearest], row[4:14].reshape(5, 2).astype(float), rtol=1e-4, atol=1e-3)
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · Compare detectors by the height of the face (2 points)
#
# Write `by_height(heights, found, edges)`. heights (n,), float64, are the heights of n labelled faces in pixels; found
# (d, n), bool, says for each of d detectors whether it found each face; edges, a list of k + 1 growing numbers of which
# the last may be infinite, makes k bins: bin i holds the faces with edges[i] **≤** height **<** edges[i + 1]. Faces
# outside of all bins don't count. Return a tuple:
#
# - faces (k,), int: how many faces each bin holds,
# - recall (d, k), float64: of the faces **in that bin** the share that the detector found; NaN for a bin that holds none.

# %% answer="07-heights" forbid=["scipy.stats.binned_statistic"]
def by_height(heights, found, edges):
    ### BEGIN SOLUTION
    faces, recall = [], []
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (heights >= low) & (heights < high)
        faces.append(int(inside.sum()))
        # An empty bin says nothing: neither all found nor none.
        recall.append(found[:, inside].mean(axis=1) if inside.any() else np.full(len(found), np.nan))
    return np.array(faces), np.stack(recall, axis=1)
    ### END SOLUTION

# %% check="07-heights" points=2
import numpy as np
from facelab.checks import expect
heights = np.array([8.0, 40, 16, 15.9, 64, 9, 300, 7.9, 20, 63])
found = np.array([[0, 1, 1, 0, 1, 1, 1, 1, 0, 1], [0, 0, 1, 1, 1, 0, 0, 1, 1, 1]], dtype=bool)
edges = [8, 16, 32, 64, 128]
answer = by_height(heights.copy(), found.copy(), list(edges))
expect(len(answer), 2)
faces, recall = answer
expect(faces, np.array([3, 2, 2, 1]), {
    "the bins are closed on the wrong side: a face of 16 px belongs to 16 to 32": np.array([3, 1, 3, 0]),
    "both sides of the bins are closed, so that a face is counted twice": np.array([4, 2, 3, 1]),
    "these are the faces of at least so many pixels; a bin ends at its upper edge": np.array([9, 6, 4, 2]),
    "faces above the last edge don't count": np.array([3, 2, 2, 2]),
    "faces below the first edge don't count": np.array([4, 2, 2, 1]),
})
want = np.array([[1 / 3, 1 / 2, 1, 1], [1 / 3, 1, 1 / 2, 1]])
held = np.array([3, 2, 2, 1])
expect(recall, want, {
    "detectors go down, bins go across: the shape is (d, k)": want.T,
    "divided by all faces; the recall of a bin is a share of the bin's faces": want * held / 10,
    "divided by the faces in any bin; the recall of a bin is a share of the bin's own faces": want * held / 8,
    "divided by all faces that the detector found; recall is a share of the faces that are there":
        want * held / found.sum(axis=1, keepdims=True),
    "these are the shares that were missed": 1 - want,
    "these are counts; the task asks for shares": want * held,
})
expect(by_height(heights.copy(), found.copy(), [64, 100, 200, np.inf])[1], np.array([[1, np.nan, 1], [1, np.nan, 0]]), {
    "a bin without faces has no recall: NaN": np.array([[1.0, 0, 1], [1, 0, 0]]),
    "a bin without faces has no recall: NaN, not 1": np.array([[1.0, 1, 1], [1, 1, 0]]),
})
### BEGIN HIDDEN TESTS
import scipy.stats
from facelab.checks import seed
rng = np.random.default_rng(seed("07-heights"))
for n, d in ((200, 3), (40, 1), (60, 4)):
    heights, found = np.floor(np.exp(rng.uniform(1.5, 6, n))), rng.random((d, n)) < 0.6
    edges = [8.0, 16, 32, 64, 128, 1000, 1001, 5000]  # no height is as large as the last edge, which scipy would include
    count = scipy.stats.binned_statistic(heights, heights, "count", edges).statistic.astype(int)
    mean = scipy.stats.binned_statistic(heights, [row.astype(float) for row in found], "mean", edges).statistic
    faces, recall = by_height(heights.copy(), found.copy(), list(edges))
    expect(faces, count)
    expect(recall, np.atleast_2d(mean))
### END HIDDEN TESTS

# %% [markdown]
# Try it: decode YuNet's heads on a picture of your own, and look which stride found which face.
