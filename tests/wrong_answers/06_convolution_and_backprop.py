"""Wrong answers to exercise 06, each with the hint that it must earn: task id → [(hint, code)]."""

CONVOLVE = """
def convolve(x, weight, bias, stride):
    k = weight.shape[2]
    h, w = (x.shape[2] - k) // stride + 1, (x.shape[3] - k) // stride + 1
    y = np.zeros((len(x), len(weight), h, w)) + bias[:, None, None]
    for u in range(k):
        for v in range(k):
            under = x[:, :, u : u + stride * h : stride, v : v + stride * w : stride]
            y += np.einsum("fc,nchw->nfhw", weight[:, :, u, v], under)
    return y
"""

BACKWARD = """
def convolve_backward(grad, x, weight, stride):
    k, (h, w) = weight.shape[2], grad.shape[2:]
    x_grad, weight_grad = np.zeros(x.shape), np.zeros(weight.shape)
    for u in range(k):
        for v in range(k):
            under = (slice(None), slice(None), slice(u, u + stride * h, stride), slice(v, v + stride * w, stride))
            weight_grad[:, :, u, v] = np.einsum("nfhw,nchw->fc", grad, x[under])
            x_grad[under] += np.einsum("nfhw,fc->nchw", grad, weight[:, :, u, v])
    return x_grad, weight_grad, grad.sum(axis=(0, 2, 3))
"""

POOL = """
def relu_pool(x):
    n, c, h, w = x.shape
    return np.maximum(x, 0).reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))

def relu_pool_backward(grad, x):
    n, c, h, w = x.shape
    windows = np.maximum(x, 0).reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(-1, 4)
    passed = np.arange(4) == windows.argmax(axis=1)[:, None]
    spread = (grad.reshape(-1, 1) * passed).reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return spread.reshape(x.shape) * (x > 0)
"""

LOSS = """
def loss(scores, labels):
    s = scores - scores.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(labels)), labels].mean())

def loss_gradient(scores, labels):
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)

def tried_gradient(scores, labels, step):
    gradient = np.zeros(scores.shape)
    for place in np.ndindex(scores.shape):
        above, below = scores.copy(), scores.copy()
        above[place] += step
        below[place] -= step
        gradient[place] = (loss(above, labels) - loss(below, labels)) / (2 * step)
    return gradient
"""

FIT = """
def fit(x, is_face, epochs, rate, momentum, batch, seed):
    from facelab import cnn

    network = cnn.face_network(seed).astype(np.float64)
    rng = np.random.default_rng(seed)
    velocities = [np.zeros(p.value.shape) for p in network.parameters]
    summed = [np.zeros(p.value.shape) for p in network.parameters]
    once = rng.permutation(len(x))
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch):
            chosen = order[start : start + batch]
            _, grad = cnn.logistic_loss(network.forward(x[chosen]), is_face[chosen])
            network.backward(grad)
            for i, p in enumerate(network.parameters):
                summed[i] = summed[i] + p.grad
                velocities[i] = momentum * velocities[i] + p.grad
                p.value = p.value - rate * velocities[i]
    return [p.value for p in network.parameters]
"""


def changed(code, old, new):
    assert code.count(old) == 1, old
    return code.replace(old, new)


WRONG = {
    "06-convolve": [
        (
            "the filter was flipped; here it is laid on as it is (correlation)",
            changed(CONVOLVE, "weight[:, :, u, v]", "weight[:, :, k - 1 - u, k - 1 - v]"),
        ),
        ("rows and columns of the filter are swapped", changed(CONVOLVE, "weight[:, :, u, v]", "weight[:, :, v, u]")),
        ("the bias is missing", changed(CONVOLVE, " + bias[:, None, None]", "")),
        (
            "the bias was added once for each channel",
            changed(CONVOLVE, "+ bias[:, None, None]", "+ x.shape[1] * bias[:, None, None]"),
        ),
        (
            "only the first channel was used; add up over all channels",
            changed(
                CONVOLVE, '"fc,nchw->nfhw", weight[:, :, u, v], under', '"f,nhw->nfhw", weight[:, 0, u, v], under[:, 0]'
            ),
        ),
        (
            "the mean over the places of the filter was taken; the task asks for the sum",
            changed(CONVOLVE, "under)", "under) / k**2"),
        ),
        (
            "the stride was ignored",
            changed(CONVOLVE, "    k = weight.shape[2]\n", "    k, stride = weight.shape[2], 1\n"),
        ),
        (
            "the stride counts only down; it goes across, too",
            changed(
                changed(CONVOLVE, "(x.shape[3] - k) // stride + 1", "x.shape[3] - k + 1"),
                "v : v + stride * w : stride",
                "v : v + w",
            ),
        ),
        (
            "the places are right and the first is missing: begin at 0",
            changed(
                CONVOLVE,
                "    k = weight.shape[2]\n",
                "    k, x = weight.shape[2], x[:, :, stride - 1 :, stride - 1 :]\n",
            ),
        ),
    ],
    "06-backward": [
        (
            "the bias acts in every picture and at every place: sum over all of them",
            changed(BACKWARD, "grad.sum(axis=(0, 2, 3))", "grad.sum(axis=0)"),
        ),
        (
            "the bias acts in every picture: sum over the batch, too",
            changed(BACKWARD, "grad.sum(axis=(0, 2, 3))", "grad.sum(axis=(2, 3))"),
        ),
        (
            "the sum runs over the filters; each filter has its own bias",
            changed(BACKWARD, "grad.sum(axis=(0, 2, 3))", "grad.sum(axis=(1, 2, 3))"),
        ),
        (
            "the bias's gradient is a mean over the batch; nothing is divided here",
            changed(BACKWARD, "grad.sum(axis=(0, 2, 3))", "grad.sum(axis=(2, 3)).mean(axis=0)"),
        ),
        (
            "the bias's gradient is a mean over places and pictures; the task asks for the sum",
            changed(BACKWARD, "grad.sum(axis=(0, 2, 3))", "grad.mean(axis=(0, 2, 3))"),
        ),
        (
            "the weight's gradient is a mean over the batch; nothing is divided here",
            changed(BACKWARD, "grad, x[under])", "grad, x[under]) / len(x)"),
        ),
        (
            "the weight's gradient is flipped: entry (u, v) meets the pixel u below and v right of the place",
            changed(BACKWARD, "return x_grad, weight_grad,", "return x_grad, weight_grad[:, :, ::-1, ::-1],"),
        ),
        (
            "u and v are swapped in the weight's gradient: u counts rows, v columns",
            changed(BACKWARD, "weight_grad[:, :, u, v] =", "weight_grad[:, :, v, u] ="),
        ),
        (
            "the weight's gradient comes from the first picture alone: sum over the batch",
            changed(BACKWARD, '"nfhw,nchw->fc", grad, x[under]', '"fhw,chw->fc", grad[0], x[under][0]'),
        ),
        (
            "the stride is missing in the weight's gradient",
            changed(BACKWARD, "grad, x[under])", "grad, x[:, :, u : u + h, v : v + w])"),
        ),
        (
            "x's gradient was written, not added: a pixel lies under several places of the filter",
            changed(
                BACKWARD,
                "    return",
                "    x_grad[:] = 0\n"
                "    for i in range(h):\n"
                "        for j in range(w):\n"
                "            place = x_grad[:, :, stride * i : stride * i + k, stride * j : stride * j + k]\n"
                "            place[...] = np.einsum('nf,fcuv->ncuv', grad[:, :, i, j], weight)\n"
                "    return",
            ),
        ),
        (
            "the filter is flipped in x's gradient; backward goes where forward came from",
            changed(BACKWARD, "grad, weight[:, :, u, v])", "grad, weight[:, :, k - 1 - u, k - 1 - v])"),
        ),
        (
            "x's gradient is divided by the size of the batch; nothing is divided here",
            changed(BACKWARD, "return x_grad,", "return x_grad / len(x),"),
        ),
        (
            "the stride is missing in x's gradient",
            changed(BACKWARD, "x_grad[under] +=", "x_grad[:, :, u : u + h, v : v + w] +="),
        ),
    ],
    "06-pool": [
        ("this is the mean of each window; the task asks for the largest", changed(POOL, ".max(axis=", ".mean(axis=")),
        (
            "ReLU is missing: a window of negative numbers gives 0",
            changed(POOL, "return np.maximum(x, 0).reshape", "return x.reshape"),
        ),
        (
            "the windows overlap; cut them side by side",
            changed(
                POOL,
                "np.maximum(x, 0).reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))",
                "np.lib.stride_tricks.sliding_window_view(np.maximum(x, 0), (2, 2), axis=(2, 3)).max(axis=(4, 5))",
            ),
        ),
        ("the smallest was taken", changed(POOL, ".max(axis=", ".min(axis=")),
        (
            "all of the equally large pixels got the gradient: only the first in reading order does",
            changed(
                POOL,
                "np.arange(4) == windows.argmax(axis=1)[:, None]",
                "windows == windows.max(axis=1, keepdims=True)",
            ),
        ),
        (
            "the gradient was shared among equally large pixels: the first in reading order gets all",
            changed(
                changed(
                    POOL,
                    "np.arange(4) == windows.argmax(axis=1)[:, None]",
                    "windows == windows.max(axis=1, keepdims=True)",
                ),
                "grad.reshape(-1, 1) * passed",
                "grad.reshape(-1, 1) * passed / passed.sum(axis=1, keepdims=True)",
            ),
        ),
        (
            "of equally large pixels the last got the gradient",
            changed(POOL, "windows.argmax(axis=1)", "(3 - windows[:, ::-1].argmax(axis=1))"),
        ),
        (
            "of equally large pixels the upper one counts before the left one",
            changed(
                POOL,
                "windows.argmax(axis=1)",
                "np.array([0, 2, 1, 3])[windows[:, [0, 2, 1, 3]].argmax(axis=1)]",
            ),
        ),
        ("ReLU passes nothing at 0: it passes only where x is above 0", changed(POOL, "(x > 0)", "(x >= 0)")),
        (
            "ReLU let negative numbers through: where x is not above 0, nothing passes",
            changed(changed(POOL, "windows = np.maximum(x, 0).reshape", "windows = x.reshape"), " * (x > 0)", ""),
        ),
        (
            "every pixel of the window got the gradient; only the largest made a difference",
            changed(POOL, "* passed", "* np.ones(4)"),
        ),
        (
            "the gradient was multiplied by the pixel; pass it on as it is",
            changed(POOL, "(x > 0)", "np.maximum(x, 0)"),
        ),
    ],
    "06-loss": [
        ("this is the sum over the rows; the task asks for the mean", changed(LOSS, "labels].mean()", "labels].sum()")),
        ("the sign is wrong: a loss is large where the answer is bad", changed(LOSS, "(-log_p[", "(log_p[")),
        ("the logarithm is missing", changed(LOSS, "(-log_p[", "(-np.exp(log_p)[")),
        (
            "the softmax ran down the columns; each row has its own",
            changed(
                changed(LOSS, "s = scores - scores.max(axis=1, keepdims=True)", "s = scores - scores.max(axis=0)"),
                "np.exp(s).sum(axis=1, keepdims=True)",
                "np.exp(s).sum(axis=0)",
            ),
        ),
        (
            "the mean was taken over all entries; there is one right class a row",
            changed(LOSS, "labels].mean()", "labels].sum() / scores.size"),
        ),
        (
            "the logarithm is to base 2; the task's log is the natural one",
            changed(LOSS, "labels].mean()", "labels].mean() / np.log(2)"),
        ),
        (
            "scores of 1000 overflow: take the row's largest away first",
            changed(LOSS, "s = scores - scores.max(axis=1, keepdims=True)", "s = scores"),
        ),
        (
            "p came out as 0, which has no logarithm: -log p is the log of the sum of exponentials, less the score",
            changed(
                changed(LOSS, "log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))", "p = np.exp(s)"),
                "float(-log_p[np.arange(len(labels)), labels].mean())",
                "float(-np.log((p / p.sum(axis=1, keepdims=True))[np.arange(len(labels)), labels]).mean())",
            ),
        ),
        (
            "take away the largest of each row, not the largest of all",
            changed(LOSS, "s = scores - scores.max(axis=1, keepdims=True)", "s = scores - scores.max()"),
        ),
        (
            "p[:, labels] takes whole columns; the right class of each row is p[np.arange(N), labels]",
            changed(LOSS, "p[np.arange(len(labels)), labels] -= 1", "p[:, labels] -= 1"),
        ),
        (
            "scores of 1000 overflow in the gradient, too",
            changed(LOSS, "np.exp(scores - scores.max(axis=1, keepdims=True))", "np.exp(scores)"),
        ),
        (
            "the gradient isn't averaged over the batch: the loss is a mean over N rows",
            changed(LOSS, "return p / len(labels)", "return p"),
        ),
        (
            "the gradient is divided by the number of entries; the loss is a mean over N rows",
            changed(LOSS, "return p / len(labels)", "return p / p.size"),
        ),
        (
            "the 1 at the right class is missing: what was said, less what was true",
            changed(LOSS, "    p[np.arange(len(labels)), labels] -= 1\n", ""),
        ),
        (
            "the sign is wrong: the loss falls as the right class's score rises",
            changed(LOSS, "return p / len(labels)", "return -p / len(labels)"),
        ),
        ("divided by step; from lowered to raised it is 2 steps", changed(LOSS, "/ (2 * step)", "/ step")),
        (
            "the loss wasn't lowered: this is the step up alone, from the middle",
            changed(changed(LOSS, "        below[place] -= step\n", ""), "/ (2 * step)", "/ step"),
        ),
        ("the difference wasn't divided by what lies between the two", changed(LOSS, " / (2 * step)", "")),
        ("multiplied by step in place of dividing by 2 steps", changed(LOSS, "/ (2 * step)", "/ 2 * step")),
        (
            "lowered less raised: the sign is wrong",
            changed(LOSS, "(loss(above, labels) - loss(below, labels))", "(loss(below, labels) - loss(above, labels))"),
        ),
    ],
    "06-fit": [
        ("the step goes uphill: subtract rate times velocity", changed(FIT, "p.value - rate", "p.value + rate")),
        (
            "the momentum's sign is wrong: the last steps are continued, not taken back",
            changed(FIT, "momentum * velocities[i] + p.grad", "p.grad - momentum * velocities[i]"),
        ),
        (
            "the velocity was forgotten between batches",
            changed(FIT, "momentum * velocities[i] + p.grad", "p.grad"),
        ),
        (
            "the gradient was added to those of earlier batches: each batch has its own",
            changed(FIT, "velocities[i] + p.grad", "velocities[i] + summed[i]"),
        ),
        (
            "the gradient was multiplied by 1 - momentum; the task adds it whole",
            changed(FIT, "velocities[i] + p.grad", "velocities[i] + (1 - momentum) * p.grad"),
        ),
        (
            "the gradient was multiplied by the size of the batch; the loss is already a mean",
            changed(FIT, "velocities[i] + p.grad", "velocities[i] + batch * p.grad"),
        ),
        (
            "the value moves by the new velocity: renew the velocity first",
            changed(
                FIT,
                "                velocities[i] = momentum * velocities[i] + p.grad\n"
                "                p.value = p.value - rate * velocities[i]\n",
                "                p.value = p.value - rate * velocities[i]\n"
                "                velocities[i] = momentum * velocities[i] + p.grad\n",
            ),
        ),
        (
            "the order is drawn of what came in; here it was applied to what an earlier epoch had shuffled",
            changed(
                changed(
                    FIT,
                    "order = rng.permutation(len(x))\n",
                    "order = rng.permutation(len(x))\n        x, is_face = x[order], is_face[order]\n",
                ),
                "chosen = order[start : start + batch]",
                "chosen = slice(start, start + batch)",
            ),
        ),
        (
            "the windows weren't shuffled: take a new order in every epoch",
            changed(FIT, "order = rng.permutation(len(x))", "order = np.arange(len(x))"),
        ),
        (
            "the order was drawn once; draw a new one in every epoch",
            changed(FIT, "order = rng.permutation(len(x))", "order = once"),
        ),
        (
            "the last batch is missing: it is smaller, and counts too",
            changed(FIT, "range(0, len(x), batch)", "range(0, len(x) - len(x) % batch, batch)"),
        ),
    ],
}
