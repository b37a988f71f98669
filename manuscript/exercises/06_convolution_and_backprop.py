# %% [markdown]
# # 06 · Convolution and backpropagation: exercise
#
# You write a convolution forward and back, pooling with ReLU, a loss whose gradient you check yourself, and the loop that
# trains a network. Allowed: numpy, what a task names, and the facelab modules of earlier lessons. All arrays of floats are
# float64. Write g for *how the loss changes with* an output: a function's argument `grad` has the shape of the output and
# holds g for each of its entries.

# %% locked="06-setup"
# Run this cell first. It is the same for everybody.
import numpy as np

import facelab.notebook
from facelab import cnn
from facelab.checks import NotDone
from facelab.datasets import load_cbcl, split_by_block

facelab.notebook.begin_exercise()
cbcl = load_cbcl()
windows = cnn.standardise_windows(cbcl.images).astype(np.float64)  # (6977, 1, 19, 19), to play with, as cbcl.is_face

# %% [markdown]
# ## 1 · Convolution forward (2 points)
#
# Write `convolve(x, weight, bias, stride)`. x is (N, C, H, W); weight (F, C, k, k), F filters of k x k; bias (F,); stride,
# int, how many pixels the filter moves from one place to the next, across and down. The filter is **not** flipped, and
# lies wholly inside the picture. The result is (N, F, h, w) with h = (H - k) // stride + 1, w alike:
#
# $$y_{nfij} = b_f + \sum_{c,u,v} \text{weight}_{fcuv}\; x_{n,\,c,\,\text{stride}\,i + u,\,\text{stride}\,j + v}$$

# %% answer="06-convolve" forbid=["facelab.cnn.Conv2d", "facelab.cnn.im2col", "facelab.cnn.scan", "scipy.signal", "scipy.ndimage", "cv2.filter2D"]
def convolve(x, weight, bias, stride):
    ### BEGIN SOLUTION
    k = weight.shape[2]
    h, w = (x.shape[2] - k) // stride + 1, (x.shape[3] - k) // stride + 1
    y = np.zeros((len(x), len(weight), h, w)) + bias[:, None, None]
    for u in range(k):
        for v in range(k):
            # What lies under entry (u, v) of the filter, at every place that the filter takes.
            under = x[:, :, u : u + stride * h : stride, v : v + stride * w : stride]
            y += np.einsum("fc,nchw->nfhw", weight[:, :, u, v], under)
    return y
    ### END SOLUTION

# %% check="06-convolve" points=2
import numpy as np
from facelab.checks import expect
x = np.arange(2 * 2 * 4 * 5, dtype=float).reshape(2, 2, 4, 5) ** 2 % 17
weight = np.arange(3 * 2 * 2 * 2, dtype=float).reshape(3, 2, 2, 2) ** 2 % 7 - 2
bias = np.array([10.0, 20, 30])

def reference(x, weight, bias, stride, flip=False, swap=False):
    k = weight.shape[-1]
    weight = weight[:, :, ::-1, ::-1] if flip else weight.transpose(0, 1, 3, 2) if swap else weight
    rows, columns = range(0, x.shape[2] - k + 1, stride), range(0, x.shape[3] - k + 1, stride)
    y = [[[[(weight[f] * x[n, :, i:i + k, j:j + k]).sum() for j in columns] for i in rows] for f in range(len(weight))] for n in range(len(x))]
    return np.array(y) + bias[:, None, None]

expect(convolve(x.copy(), weight.copy(), bias.copy(), 1), reference(x, weight, bias, 1), {
    "the filter was flipped; here it is laid on as it is (correlation)": reference(x, weight, bias, 1, flip=True),
    "rows and columns of the filter are swapped": reference(x, weight, bias, 1, swap=True),
    "the bias is missing": reference(x, weight, 0 * bias, 1),
    "the bias was added once for each channel": reference(x, weight, 2 * bias, 1),
    "only the first channel was used; add up over all channels": reference(x[:, :1], weight[:, :1], bias, 1),
    "the mean over the places of the filter was taken; the task asks for the sum": reference(x, weight / 4, bias, 1),
})
expect(convolve(x.copy(), weight.copy(), bias.copy(), 2), reference(x, weight, bias, 2), {
    "the stride was ignored": reference(x, weight, bias, 1),
    "the stride counts only down; it goes across, too": reference(x, weight, bias, 1)[:, :, ::2],
    "the places are right and the first is missing: begin at 0": reference(x, weight, bias, 1)[:, :, 1::2, 1::2],
})
### BEGIN HIDDEN TESTS
import scipy.signal
from facelab.checks import seed
rng = np.random.default_rng(seed("06-convolve"))
for shape, f, k, stride in (((2, 3, 9, 8), 4, 3, 1), ((1, 1, 19, 19), 2, 4, 3), ((3, 2, 5, 11), 1, 5, 2), ((2, 2, 4, 4), 3, 1, 2)):
    x, weight, bias = rng.normal(size=shape), rng.normal(size=(f, shape[1], k, k)), rng.normal(size=f)
    want = np.array([[sum(scipy.signal.correlate(channel, part, "valid") for channel, part in zip(image, filter_)) + b
                      for filter_, b in zip(weight, bias)] for image in x])[:, :, ::stride, ::stride]
    expect(convolve(x.copy(), weight.copy(), bias.copy(), stride), want)
### END HIDDEN TESTS

# %% [markdown]
# ## 2 · Convolution backward (2 points)
#
# Write `convolve_backward(grad, x, weight, stride)`: grad (N, F, h, w) is how the loss changes with each entry of task 1's
# output for these x, weight and stride. Return a tuple (x_grad, weight_grad, bias_grad), each in the shape of what it
# belongs to: how the loss changes with every entry of x, of weight, and of the bias. The loss is what it is: nothing is
# divided by N here.

# %% answer="06-backward" forbid=["facelab.cnn.Conv2d", "facelab.cnn.im2col", "facelab.cnn.col2im", "facelab.cnn.numerical_gradient", "scipy.signal", "scipy.ndimage", "cv2.filter2D"]
def convolve_backward(grad, x, weight, stride):
    ### BEGIN SOLUTION
    k, (h, w) = weight.shape[2], grad.shape[2:]
    x_grad, weight_grad = np.zeros(x.shape), np.zeros(weight.shape)
    for u in range(k):
        for v in range(k):
            under = (slice(None), slice(None), slice(u, u + stride * h, stride), slice(v, v + stride * w, stride))
            weight_grad[:, :, u, v] = np.einsum("nfhw,nchw->fc", grad, x[under])
            # A pixel lies under several places of the filter: what they say adds up.
            x_grad[under] += np.einsum("nfhw,fc->nchw", grad, weight[:, :, u, v])
    return x_grad, weight_grad, grad.sum(axis=(0, 2, 3))
    ### END SOLUTION

# %% check="06-backward" points=2
import numpy as np
from facelab.checks import expect
x = np.arange(3 * 2 * 5 * 6, dtype=float).reshape(3, 2, 5, 6) ** 2 % 11 - 4
weight = np.arange(4 * 2 * 3 * 3, dtype=float).reshape(4, 2, 3, 3) ** 2 % 7 - 2

def reference(grad, x, weight, stride, add=True, flip=False):
    k, out = weight.shape[-1], weight[:, :, ::-1, ::-1] if flip else weight
    x_grad, weight_grad = np.zeros(x.shape), np.zeros(weight.shape)
    for n, f, i, j in np.ndindex(grad.shape):
        place = (n, slice(None), slice(stride * i, stride * i + k), slice(stride * j, stride * j + k))
        weight_grad[f] += grad[n, f, i, j] * x[place]
        if add or f == 0:
            x_grad[place] = (x_grad[place] if add else 0) + (grad[n, f, i, j] * out[f] if add else (grad[n, :, i, j, None, None, None] * out).sum(0))
    return x_grad, weight_grad

for stride, h, w in ((1, 3, 4), (2, 2, 2)):
    grad = np.arange(3 * 4 * h * w, dtype=float).reshape(3, 4, h, w) ** 2 % 5 - 1
    x_grad, weight_grad, bias_grad = convolve_backward(grad.copy(), x.copy(), weight.copy(), stride)
    want_x, want_weight = reference(grad, x, weight, stride)
    expect(bias_grad, grad.sum(axis=(0, 2, 3)), {
        "the bias acts in every picture and at every place: sum over all of them": grad.sum(axis=0),
        "the bias acts in every picture: sum over the batch, too": grad.sum(axis=(2, 3)),
        "the sum runs over the filters; each filter has its own bias": grad.sum(axis=(1, 2, 3)),
        "the bias's gradient is a mean over the batch; nothing is divided here": grad.sum(axis=(0, 2, 3)) / 3,
        "the bias's gradient is a mean over places and pictures; the task asks for the sum": grad.mean(axis=(0, 2, 3)),
    })
    expect(weight_grad, want_weight, {
        "the weight's gradient is a mean over the batch; nothing is divided here": want_weight / 3,
        "the weight's gradient is flipped: entry (u, v) meets the pixel u below and v right of the place": want_weight[:, :, ::-1, ::-1],
        "u and v are swapped in the weight's gradient: u counts rows, v columns": want_weight.transpose(0, 1, 3, 2),
        "the weight's gradient comes from the first picture alone: sum over the batch": reference(grad[:1], x[:1], weight, stride)[1],
        "the stride is missing in the weight's gradient": reference(grad, x, weight, 1)[1],
    })
    expect(x_grad, want_x, {
        "x's gradient was written, not added: a pixel lies under several places of the filter": reference(grad, x, weight, stride, add=False)[0],
        "the filter is flipped in x's gradient; backward goes where forward came from": reference(grad, x, weight, stride, flip=True)[0],
        "x's gradient is divided by the size of the batch; nothing is divided here": want_x / 3,
        "the stride is missing in x's gradient": reference(grad, x, weight, 1)[0],
    })
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.cnn import Conv2d
rng = np.random.default_rng(seed("06-backward"))
for shape, f, k, stride in (((2, 3, 7, 6), 4, 3, 1), ((1, 2, 10, 9), 2, 2, 3), ((4, 1, 8, 8), 3, 3, 2)):
    layer = Conv2d(shape[1], f, k, stride=stride, rng=rng)
    x, layer.weight.value, layer.bias.value = rng.normal(size=shape), rng.normal(size=(f, shape[1], k, k)), np.zeros(f)
    grad = rng.normal(size=layer.forward(x).shape)
    want = layer.backward(grad.copy())
    expect(list(convolve_backward(grad.copy(), x.copy(), layer.weight.value.copy(), stride)), [want, layer.weight.grad, layer.bias.grad])
### END HIDDEN TESTS

# %% [markdown]
# ## 3 · ReLU, then pooling, and back (2 points)
#
# Two functions for x (N, C, H, W), H and W even:
#
# - `relu_pool(x)` returns (N, C, H / 2, W / 2): first max(x, 0), then of every 2 x 2 pixels, cut side by side, the largest.
# - `relu_pool_backward(grad, x)`: grad (N, C, H / 2, W / 2) is how the loss changes with that output; return how it changes
#   with x, (N, C, H, W). Of equally large pixels of a window **the first in reading order** (the upper row first, in it the
#   left one) gets all. At x = 0 and below, ReLU passes nothing.

# %% answer="06-pool" forbid=["facelab.cnn.MaxPool2d", "facelab.cnn.ReLU", "facelab.cnn.numerical_gradient", "skimage.measure.block_reduce"]
def relu_pool(x):
    ### BEGIN SOLUTION
    n, c, h, w = x.shape
    return np.maximum(x, 0).reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))
    ### END SOLUTION

def relu_pool_backward(grad, x):
    ### BEGIN SOLUTION
    n, c, h, w = x.shape
    windows = np.maximum(x, 0).reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    # argmax takes the first of equally large ones, and the four pixels stand in reading order.
    passed = np.arange(4) == windows.argmax(axis=-1)[..., None]
    spread = (grad[..., None] * passed).reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(x.shape)
    return spread * (x > 0)
    ### END SOLUTION

# %% check="06-pool" points=2
import numpy as np
from facelab.checks import expect
x = np.array([[[[1.0, 5, 3, 3], [2, 4, 3, 1], [-1, -2, 0, -5], [-3, -4, -1, 0], [2, 0, 7, -9], [0, 2, 7, 7]]],
              [[[4.0, 4, -8, 6], [0, 4, 6, 5], [9, 8, 1, 2], [7, 6, 3, 4], [-1, 1, 0, 0], [1, 0, 0, 0]]]])
largest = np.array([[[[5.0, 3], [0, 0], [2, 7]]], [[[4.0, 6], [9, 4], [1, 0]]]])
quarters = x.reshape(2, 1, 3, 2, 2, 2)
expect(relu_pool(x.copy()), largest, {
    "this is the mean of each window; the task asks for the largest": np.maximum(quarters, 0).mean(axis=(3, 5)),
    "ReLU is missing: a window of negative numbers gives 0": quarters.max(axis=(3, 5)),
    "the windows overlap; cut them side by side": np.maximum(np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(2, 3)).max(axis=(4, 5)), 0),
    "the smallest was taken": np.maximum(quarters, 0).min(axis=(3, 5)),
})
grad = np.arange(1.0, 13).reshape(2, 1, 3, 2)
flat = quarters.transpose(0, 1, 2, 4, 3, 5).reshape(2, 1, 3, 2, 4)
bent, top = np.maximum(flat, 0), np.maximum(flat, 0).max(axis=-1, keepdims=True)

def back(share, passes):
    spread = (grad[..., None] * share).reshape(2, 1, 3, 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return spread.reshape(x.shape) * passes

first = np.arange(4) == bent.argmax(axis=-1)[..., None]
last = np.arange(4) == 3 - bent[..., ::-1].argmax(axis=-1)[..., None]
upright = np.array([0, 2, 1, 3])  # the four pixels column by column
column = (np.arange(4) == bent[..., upright].argmax(axis=-1)[..., None])[..., upright]
expect(relu_pool_backward(grad.copy(), x.copy()), back(first, x > 0), {
    "all of the equally large pixels got the gradient: only the first in reading order does": back(bent == top, x > 0),
    "the gradient was shared among equally large pixels: the first in reading order gets all": back((bent == top) / (bent == top).sum(-1, keepdims=True), x > 0),
    "of equally large pixels the last got the gradient": back(last, x > 0),
    "of equally large pixels the upper one counts before the left one": back(column, x > 0),
    "ReLU passes nothing at 0: it passes only where x is above 0": back(first, x >= 0),
    "ReLU let negative numbers through: where x is not above 0, nothing passes": back(np.arange(4) == flat.argmax(axis=-1)[..., None], 1),
    "every pixel of the window got the gradient; only the largest made a difference": back(np.ones(4), x > 0),
    "the gradient was multiplied by the pixel; pass it on as it is": back(first, np.maximum(x, 0)),
})
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.cnn import MaxPool2d, ReLU
rng = np.random.default_rng(seed("06-pool"))
for shape in ((2, 3, 6, 8), (1, 1, 2, 2), (3, 2, 4, 10)):
    x, pool, relu = rng.integers(-3, 4, shape).astype(float), MaxPool2d(2), ReLU()
    want = pool.forward(relu.forward(x))
    expect(relu_pool(x.copy()), want)
    grad = rng.normal(size=want.shape)
    expect(relu_pool_backward(grad.copy(), x.copy()), relu.backward(pool.backward(grad)))
### END HIDDEN TESTS

# %% [markdown]
# ## 4 · A loss, its gradient, and the check (2 points)
#
# Three functions. scores is (N, K); labels (N,), int, from 0 to K - 1, the right class of each row.
#
# - `loss(scores, labels)`: the **mean** over the rows of -log p of the right class, where p is the softmax of the row; a
#   float. Scores may be 1000 or more, and p may be too small for a float64: the loss stays a finite number.
# - `loss_gradient(scores, labels)`: how that changes with every score, (N, K), derived.
# - `tried_gradient(scores, labels, step)`: the same by trying, with your own `loss`: for each entry, the loss with the entry
#   raised by step, less the loss with it lowered by step, divided by the distance between the two, 2 step.

# %% answer="06-loss" forbid=["facelab.cnn.softmax_cross_entropy", "facelab.cnn.logistic_loss", "facelab.cnn.numerical_gradient", "scipy.special.softmax", "scipy.special.log_softmax", "scipy.special.logsumexp", "sklearn.metrics.log_loss", "scipy.optimize"]
def loss(scores, labels):
    ### BEGIN SOLUTION
    # A number taken from all scores of a row cancels in the softmax; with the largest, no exponent is above 0.
    s = scores - scores.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(labels)), labels].mean())
    ### END SOLUTION

def loss_gradient(scores, labels):
    ### BEGIN SOLUTION
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)
    ### END SOLUTION

def tried_gradient(scores, labels, step):
    ### BEGIN SOLUTION
    gradient = np.zeros(scores.shape)
    for place in np.ndindex(scores.shape):
        above, below = scores.copy(), scores.copy()
        above[place] += step
        below[place] -= step
        gradient[place] = (loss(above, labels) - loss(below, labels)) / (2 * step)
    return gradient
    ### END SOLUTION

# %% check="06-loss" points=2
import numpy as np
from facelab.checks import expect
scores, labels = np.array([[2.0, 0, -1], [0.5, 1, 3], [0, 0, 1], [-2, 1, 1]]), np.array([0, 1, 1, 2])
p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
each = -np.log(p[np.arange(4), labels])
expect(loss(scores.copy(), labels.copy()), float(each.mean()), {
    "this is the sum over the rows; the task asks for the mean": float(each.sum()),
    "the sign is wrong: a loss is large where the answer is bad": float(-each.mean()),
    "the logarithm is missing": float(-p[np.arange(4), labels].mean()),
    "the softmax ran down the columns; each row has its own": float(-np.log((np.exp(scores) / np.exp(scores).sum(axis=0))[np.arange(4), labels]).mean()),
    "the mean was taken over all entries; there is one right class a row": float(each.sum() / 12),
    "the logarithm is to base 2; the task's log is the natural one": float(each.mean() / np.log(2)),
})
expect(np.isfinite(loss(np.array([[1000.0, 0]]), np.array([0]))), True, {"scores of 1000 overflow: take the row's largest away first": False})
expect(loss(np.array([[1000.0, 0]]), np.array([1])), 1000.0, {
    "p came out as 0, which has no logarithm: -log p is the log of the sum of exponentials, less the score": np.inf,
})
expect(loss(np.array([[1000.0, 0], [-1000.0, 0]]), np.array([0, 1])), 0.0, {
    "take away the largest of each row, not the largest of all": -np.inf,
})
want = p.copy()
want[np.arange(4), labels] -= 1
expect(loss_gradient(scores.copy(), labels.copy()), want / 4, {
    "the gradient isn't averaged over the batch: the loss is a mean over N rows": want,
    "the gradient is divided by the number of entries; the loss is a mean over N rows": want / 12,
    "the 1 at the right class is missing: what was said, less what was true": p / 4,
    "the sign is wrong: the loss falls as the right class's score rises": -want / 4,
    "p[:, labels] takes whole columns; the right class of each row is p[np.arange(N), labels]": (p - np.isin(np.arange(3), labels)) / 4,
})
expect(loss_gradient(np.array([[1000.0, 0]]), np.array([1])), np.array([[1.0, -1]]), {
    "scores of 1000 overflow in the gradient, too": np.array([[np.nan, -1]]),
})
wide = 1.5  # so wide a step tells one formula from another

def at(place, change):
    moved = scores.copy()
    moved[place] += change
    return loss(moved.copy(), labels.copy())

middle, two, one = at((0, 0), 0), {}, {}
for place in np.ndindex(scores.shape):
    two[place], one[place] = at(place, wide) - at(place, -wide), at(place, wide) - middle
both = np.array(list(two.values())).reshape(4, 3)
expect(tried_gradient(scores.copy(), labels.copy(), wide), both / (2 * wide), {
    "divided by step; from lowered to raised it is 2 steps": both / wide,
    "the loss wasn't lowered: this is the step up alone, from the middle": np.array(list(one.values())).reshape(4, 3) / wide,
    "the difference wasn't divided by what lies between the two": both,
    "multiplied by step in place of dividing by 2 steps": both / 2 * wide,
    "lowered less raised: the sign is wrong": -both / (2 * wide),
})
expect(tried_gradient(scores.copy(), labels.copy(), 1e-5), loss_gradient(scores.copy(), labels.copy()), rtol=1e-6, atol=1e-9)
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from sklearn.metrics import log_loss
rng = np.random.default_rng(seed("06-loss"))
for n, k in ((7, 4), (1, 2), (5, 3)):
    scores, labels = rng.normal(0, 2, (n, k)), rng.integers(0, k, n)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expect(loss(scores.copy(), labels.copy()), float(log_loss(labels, p, labels=np.arange(k))), rtol=1e-6)
    want = (p - np.eye(k)[labels]) / n
    expect(loss_gradient(scores.copy(), labels.copy()), want)
    expect(tried_gradient(scores.copy(), labels.copy(), 1e-5), want, rtol=1e-5, atol=1e-8)
expect(loss_gradient(np.array([[2000.0, 0], [0, 3000]]), np.array([1, 1])), np.array([[0.5, -0.5], [0, 0]]))
### END HIDDEN TESTS

# %% [markdown]
# ## 5 · The loop (2 points)
#
# Write `fit(x, is_face, epochs, rate, momentum, batch, seed)`, which trains lesson 06's network and returns a list of
# arrays, the learned numbers. x is (N, 1, 19, 19), float64, standardised windows; is_face (N,), bool; the rest are numbers.
#
# 1. `network = cnn.face_network(seed).astype(np.float64)`, `rng = np.random.default_rng(seed)`; for every parameter a
#    velocity in its shape, at first 0. (`network.parameters` is a list; each has arrays `value` and `grad`.)
# 2. In every epoch draw a new order, `order = rng.permutation(N)`. Take batches of `batch` in this order, the first, the
#    second, ...; the last may be smaller and counts too.
# 3. For each batch: `network.forward`, then `cnn.logistic_loss(scores, labels)`, which returns the loss and its gradient, then
#    `network.backward`, which sets every `grad` anew. Then for every parameter velocity ← momentum · velocity + grad and
#    value ← value - rate · velocity.
# 4. Return `[p.value for p in network.parameters]`.
#
# `cnn.train` and `cnn.SGD` are not allowed. The check looks at the numbers on a few windows, and then wants of the network,
# trained for three epochs on every second window of blocks of CBCL, at least 90 right in a hundred on blocks that it never saw.

# %% answer="06-fit" forbid=["facelab.cnn.train", "facelab.cnn.SGD"]
def fit(x, is_face, epochs, rate, momentum, batch, seed):
    ### BEGIN SOLUTION
    from facelab import cnn

    network = cnn.face_network(seed).astype(np.float64)
    rng = np.random.default_rng(seed)
    velocities = [np.zeros(p.value.shape) for p in network.parameters]
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            _, grad = cnn.logistic_loss(network.forward(x[chosen]), is_face[chosen])
            network.backward(grad)
            for i, p in enumerate(network.parameters):
                # The velocity is kept from batch to batch: that is the momentum.
                velocities[i] = momentum * velocities[i] + p.grad
                p.value = p.value - rate * velocities[i]
    return [p.value for p in network.parameters]
    ### END SOLUTION

# %% check="06-fit" points=2
import numpy as np
from facelab import cnn
from facelab.checks import expect
from facelab.datasets import load_cbcl, split_by_block
cbcl = load_cbcl()
few = np.r_[0:2429:300, 2429:6977:400]
x, is_face = cnn.standardise_windows(cbcl.images[few]).astype(np.float64), cbcl.is_face[few]

def run(rule="v = m v + g", order="new", drop=False, rate=0.02):
    network, rng = cnn.face_network(4).astype(np.float64), np.random.default_rng(4)
    velocities = [0.0] * len(network.parameters)
    summed = [0.0] * len(network.parameters)
    line = rng.permutation(len(x)) if order == "once" else np.arange(len(x))
    for epoch in range(2):
        if order in ("new", "of the last"):
            drawn = rng.permutation(len(x))
            line = line[drawn] if order == "of the last" else drawn
        for start in range(0, len(x) - (len(x) % 8 if drop else 0), 8):
            chosen = line[start:start + 8]
            network.backward(cnn.logistic_loss(network.forward(x[chosen]), is_face[chosen])[1])
            for i, p in enumerate(network.parameters):
                summed[i] = summed[i] + p.grad
                g = summed[i] if rule == "sum" else p.grad * (8 if rule == "batch" else 1)
                v = velocities[i] * (0 if rule == "forget" else -0.8 if rule == "minus" else 0.8)
                before, velocities[i] = velocities[i], v + (0.2 * g if rule == "mean" else g)
                p.value = p.value - rate * (before if rule == "late" else velocities[i])
    return [p.value for p in network.parameters]

expect(fit(x.copy(), is_face.copy(), 2, 0.02, 0.8, 8, 4), run(), {
    "the step goes uphill: subtract rate times velocity": run(rate=-0.02),
    "the momentum's sign is wrong: the last steps are continued, not taken back": run(rule="minus"),
    "the velocity was forgotten between batches": run(rule="forget"),
    "the gradient was added to those of earlier batches: each batch has its own": run(rule="sum"),
    "the gradient was multiplied by 1 - momentum; the task adds it whole": run(rule="mean"),
    "the gradient was multiplied by the size of the batch; the loss is already a mean": run(rule="batch"),
    "the value moves by the new velocity: renew the velocity first": run(rule="late"),
    "the order is drawn of what came in; here it was applied to what an earlier epoch had shuffled": run(order="of the last"),
    "the windows weren't shuffled: take a new order in every epoch": run(order="none"),
    "the order was drawn once; draw a new one in every epoch": run(order="once"),
    "the last batch is missing: it is smaller, and counts too": run(drop=True),
}, rtol=1e-5, atol=1e-8)
### BEGIN HIDDEN TESTS
from facelab.checks import seed
from facelab.cnn import SGD
chosen = int(seed("06-fit"))
learn, test = split_by_block(cbcl.is_face, 0.2, chosen)
windows = cnn.standardise_windows(cbcl.images).astype(np.float64)
network = cnn.face_network(0).astype(np.float64)
half = learn[::2]  # enough to learn from, and quick on a busy machine
values = fit(windows[half].copy(), cbcl.is_face[half].copy(), 3, 0.02, 0.9, 16, chosen)
expect([np.shape(v) for v in values], [p.value.shape for p in network.parameters])
for p, value in zip(network.parameters, values):
    p.value = np.asarray(value)
right = (cnn.predict(network, windows[test]).ravel() > 0) == cbcl.is_face[test]
expect(bool(right.mean() >= 0.9), True, {"the trained network is right on fewer than 90 in a hundred windows of other blocks": False})
few = np.random.default_rng(chosen).permutation(len(windows))[:23]
one, optimiser = cnn.face_network(chosen).astype(np.float64), None
optimiser = SGD(one.parameters, 0.5)
order = np.random.default_rng(chosen).permutation(23)
for start in range(0, 23, 5):
    part = few[order[start:start + 5]]
    one.backward(cnn.logistic_loss(one.forward(windows[part]), cbcl.is_face[part])[1])
    optimiser.step(0.03)
expect(fit(windows[few].copy(), cbcl.is_face[few].copy(), 1, 0.03, 0.5, 5, chosen), [p.value for p in one.parameters], rtol=1e-5, atol=1e-8)
### END HIDDEN TESTS

# %% [markdown]
# Try it: take 500 faces and then 500 others (`np.r_[0:500, 2429:2929]`), train with your own `fit`, once with
# `order = np.arange(N)`, and compare what both say of other windows. Then time your `convolve` beside
# `cnn.face_network(0).layers[0].forward` on 64 windows.
