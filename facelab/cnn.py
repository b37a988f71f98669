"""A convolutional network in numpy: layers that go forward and back, a loss, a rule to learn by.

Images are (N, C, H, W): image, channel, row, column. A layer has two methods. forward(x) computes y and remembers what
it will need; backward(grad), given how the loss changes with each entry of y, sets how it changes with each of the
layer's parameters and returns how it changes with each entry of x. That is the chain rule, one layer at a time, from
the last to the first: D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning representations by back-propagating
errors, Nature 323, 1986, 533-536. A network like ours: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based
learning applied to document recognition, Proceedings of the IEEE 86(11), 1998, 2278-2324.

Lesson 06 builds it, and lesson 07 the scan. Training is in float32; gradients are checked in float64
(Sequential.astype). rng is a numpy Generator or an integer seed for one; rate and momentum are those of SGD.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import expit, log_softmax
from threadpoolctl import threadpool_limits

WINDOW = 19  # side of the windows of CBCL, which face_network takes, in pixels
FLATTEST = 2.0  # grey levels: a window of less contrast is not stretched further, or its noise would look like a face


@dataclass(eq=False)
class Parameter:
    """Numbers that are learned, and how the loss changes with each of them: two arrays of one shape."""

    value: np.ndarray
    grad: np.ndarray

    @classmethod
    def of(cls, value: np.ndarray) -> Parameter:
        """The parameter that begins with this value, and no gradient yet."""
        return cls(value, np.zeros_like(value))


class Layer:
    """What all layers share: settings (what the constructor was told, for save), parameters, two methods."""

    settings: ClassVar[dict[str, Any]] = {}
    parameters: tuple[Parameter, ...] = ()

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The output for x; what backward needs is kept.

        Raises: ValueError if x doesn't fit the layer.
        """
        raise NotImplementedError

    def backward(self, grad: np.ndarray) -> np.ndarray:
        """How the loss changes with each entry of x, given grad, how it changes with each entry of the output."""
        raise NotImplementedError


def he_normal(shape: tuple[int, ...], fan_in: int, rng: np.random.Generator | int) -> np.ndarray:
    """Random weights that keep the size of the signal: normal, mean 0, variance 2 / fan_in, float32.

    Parameters: shape of the array; fan_in, how many inputs are added up for one output (ReLU throws half of them away,
    hence the 2); rng.
    Source: K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015.
    """
    return np.random.default_rng(rng).normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)


def im2col(x: np.ndarray, size: int, stride: int = 1) -> np.ndarray:
    """Every size x size patch of every image as one row, so that a convolution becomes one matrix product.

    Parameters: x (N, C, H, W); stride, pixels from one patch to the next, across and down.
    Returns: (N * h * w, size * size * C) with h = (H - size) // stride + 1 and w alike: rows in the order image, row,
    column; within a row the order is row, column, channel.
    """
    patches = sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]  # (N, C, h, w, size, size)
    return patches.transpose(0, 2, 3, 4, 5, 1).reshape(-1, size * size * x.shape[1])


def col2im(columns: np.ndarray, shape: tuple[int, int, int, int], size: int, stride: int = 1) -> np.ndarray:
    """The reverse of im2col: add every patch to the place that it came from.

    Parameters: columns as im2col returns them for an x of this shape (N, C, H, W), with this size and stride.
    Returns: (N, C, H, W). A pixel that lies in several patches gets the sum of what they hold for it.
    """
    n, c, height, width = shape
    h, w = (height - size) // stride + 1, (width - size) // stride + 1
    patches = columns.reshape(n, h, w, size, size, c)
    x = np.zeros((n, height, width, c), columns.dtype)
    for i in range(size):
        for j in range(size):
            x[:, i : i + stride * h : stride, j : j + stride * w : stride] += patches[:, :, :, i, j]
    return x.transpose(0, 3, 1, 2)


class Conv2d(Layer):
    """Lay out_channels filters of size x size pixels over every place of an image and add up what they cover.

    y[n, f, i, j] = bias[f] + sum over c, u, v of weight[f, c, u, v] x[n, c, stride i + u, stride j + v]

    The filter is not flipped: mathematicians call this correlation, and everybody who trains networks convolution.
    weight (out_channels, in_channels, size, size) starts as he_normal, bias (out_channels,) at 0. padding: zeros put
    round the image first, in pixels.
    Raises: ValueError if a number is below 1, or padding below 0.

    Backward: with y = columns @ W + b, dL/dW = columns' dL/dy, dL/db = the sum of dL/dy over images and places,
    dL/dcolumns = dL/dy W', and every pixel adds up what the patches that hold it got.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        rng: np.random.Generator | int,
    ):
        check_counts("Conv2d", in_channels=in_channels, out_channels=out_channels, size=size, stride=stride)
        if padding < 0:
            raise ValueError(f"Conv2d: padding is {padding}; wanted 0 or more pixels.")
        self.settings = dict(
            in_channels=in_channels, out_channels=out_channels, size=size, stride=stride, padding=padding
        )
        self.in_channels, self.size, self.stride, self.padding = in_channels, size, stride, padding
        shape = (out_channels, in_channels, size, size)
        self.weight = Parameter.of(he_normal(shape, in_channels * size * size, rng))
        self.bias = Parameter.of(np.zeros(out_channels, np.float32))
        self.parameters = (self.weight, self.bias)

    def matrix(self) -> np.ndarray:
        """The filters as a matrix (size * size * in_channels, out_channels), in the order of im2col's columns."""
        return self.weight.value.transpose(2, 3, 1, 0).reshape(-1, len(self.weight.value))

    def forward(self, x: np.ndarray) -> np.ndarray:
        check_batch("Conv2d", x, 4)
        if x.shape[1] != self.in_channels:
            raise ValueError(f"Conv2d: x has {x.shape[1]} channels (axis 1) and the filters have {self.in_channels}.")
        p = self.padding
        x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p))) if p else x
        if min(x.shape[2:]) < self.size:
            raise ValueError(
                f"Conv2d: the images are {x.shape[2]} x {x.shape[3]} pixels, padding included; "
                f"a filter of {self.size} x {self.size} doesn't fit."
            )
        n, _, height, width = self.shape = x.shape
        h, w = (height - self.size) // self.stride + 1, (width - self.size) // self.stride + 1
        self.columns = im2col(x, self.size, self.stride)
        y = self.columns @ self.matrix() + self.bias.value
        return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, grad: np.ndarray) -> np.ndarray:
        out_channels = len(self.weight.value)
        rows = grad.transpose(0, 2, 3, 1).reshape(-1, out_channels)
        weight_grad = (self.columns.T @ rows).reshape(self.size, self.size, self.in_channels, out_channels)
        self.weight.grad = weight_grad.transpose(3, 2, 0, 1)
        self.bias.grad = rows.sum(axis=0)
        x_grad = col2im(rows @ self.matrix().T, self.shape, self.size, self.stride)
        p = self.padding
        return x_grad[:, :, p:-p, p:-p] if p else x_grad


class MaxPool2d(Layer):
    """The largest of every size x size pixels, channel by channel: (N, C, H, W) to (N, C, H // size, W // size).

    Rows and columns that are left over at the bottom and the right are not looked at. Backward: only the pixel that
    was the largest made a difference, so it gets all of the gradient; of equally large ones the first in reading order.
    """

    def __init__(self, size: int = 2):
        check_counts("MaxPool2d", size=size)
        self.settings = dict(size=size)
        self.size = size

    def places(self, x: np.ndarray) -> Iterable[np.ndarray]:
        """Views (N, C, H // size, W // size) of x: every first pixel of a window, every second, in reading order."""
        h, w = x.shape[2] // self.size * self.size, x.shape[3] // self.size * self.size
        return (x[:, :, i : h : self.size, j : w : self.size] for i in range(self.size) for j in range(self.size))

    def forward(self, x: np.ndarray) -> np.ndarray:
        check_batch("MaxPool2d", x, 4)
        if min(x.shape[2:]) < self.size:
            raise ValueError(f"MaxPool2d: windows of {self.size} x {self.size} don't fit on x of shape {x.shape}.")
        self.x = x
        first, *others = self.places(x)
        self.y = first.copy(order="K")
        for place in others:
            np.maximum(self.y, place, out=self.y)
        return self.y

    def backward(self, grad: np.ndarray) -> np.ndarray:
        x_grad = np.zeros_like(self.x, dtype=grad.dtype)
        free = np.ones(self.y.shape, bool)
        for place, place_grad in zip(self.places(self.x), self.places(x_grad), strict=True):
            chosen = free & (place == self.y)
            place_grad[...] = grad * chosen
            free &= ~chosen
        return x_grad


class ReLU(Layer):
    """max(x, 0), entry by entry. Backward: the gradient passes where x was above 0; at 0 and below nothing passes."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.passes = x > 0
        return np.maximum(x, 0)

    def backward(self, grad: np.ndarray) -> np.ndarray:
        return grad * self.passes


class Flatten(Layer):
    """(N, C, H, W) to (N, C * H * W); backward, the same the other way."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad: np.ndarray) -> np.ndarray:
        return grad.reshape(self.shape)


class Dense(Layer):
    """y = x @ weight + bias for x (N, inputs): every output sees every input.

    weight (inputs, outputs) starts as he_normal, bias (outputs,) at 0.
    Backward: dL/dweight = x' dL/dy, dL/dbias = the sum of dL/dy over the batch, dL/dx = dL/dy weight'.
    """

    def __init__(self, inputs: int, outputs: int, *, rng: np.random.Generator | int):
        check_counts("Dense", inputs=inputs, outputs=outputs)
        self.settings = dict(inputs=inputs, outputs=outputs)
        self.weight = Parameter.of(he_normal((inputs, outputs), inputs, rng))
        self.bias = Parameter.of(np.zeros(outputs, np.float32))
        self.parameters = (self.weight, self.bias)

    def forward(self, x: np.ndarray) -> np.ndarray:
        check_batch("Dense", x, 2)
        if x.shape[1] != len(self.weight.value):
            raise ValueError(f"Dense: x has {x.shape[1]} columns; the layer was made for {len(self.weight.value)}.")
        self.x = x
        return x @ self.weight.value + self.bias.value

    def backward(self, grad: np.ndarray) -> np.ndarray:
        self.weight.grad = self.x.T @ grad
        self.bias.grad = grad.sum(axis=0)
        return grad @ self.weight.value.T


class Sequential:
    """Layers one after the other.

    forward(x) and backward(grad) as a layer; parameters, of all layers; save and load in numpy's npz format, without
    pickle, so that a file from elsewhere can hold numbers and nothing that runs.
    """

    def __init__(self, layers: Sequence[Layer]):
        self.layers = list(layers)

    @property
    def parameters(self) -> list[Parameter]:
        """All layers' parameters, in order."""
        return [parameter for layer in self.layers for parameter in layer.parameters]

    @property
    def n_parameters(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.value.size for parameter in self.parameters)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The last layer's output for x, an array of real numbers of the shape that the first layer wants.

        Raises: ValueError if x is empty, not floating-point, holds NaN or infinity, or has a shape that doesn't fit.
        """
        x = np.asarray(x)
        check_batch("Sequential", x, x.ndim)
        if not np.isfinite(x).all():
            raise ValueError("Sequential: x holds NaN or infinity, which would spread to every number after it.")
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad: np.ndarray) -> np.ndarray:
        """Set the gradients of all parameters, given grad, the loss's at the output; return it at the input."""
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def astype(self, dtype: type) -> Sequential:
        """Turn the parameters into another precision, the dtype float32 or float64, in place; return the network."""
        for parameter in self.parameters:
            parameter.value, parameter.grad = parameter.value.astype(dtype), parameter.grad.astype(dtype)
        return self

    def reach(self) -> tuple[int, int]:
        """How many pixels across one output looks at (its receptive field), and how many lie between neighbours'."""
        size, stride = 1, 1
        for layer in self.layers:
            if isinstance(layer, Conv2d | MaxPool2d):
                size += (layer.size - 1) * stride
                stride *= layer.settings.get("stride", layer.size)
        return size, stride

    def save(self, path: str | Path) -> None:
        """Write layers and parameters to a file, whose path ends in .npz."""
        layers = [{"kind": type(layer).__name__, **layer.settings} for layer in self.layers]
        arrays = {f"parameter_{i}": parameter.value for i, parameter in enumerate(self.parameters)}
        np.savez(path, layers=np.array(json.dumps(layers)), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Sequential:
        """The network that save wrote to the file at path.

        Raises: ValueError if the file holds anything else; FileNotFoundError.
        """
        with np.load(path, allow_pickle=False) as file:
            try:
                network = cls([_layer(**settings) for settings in json.loads(str(file["layers"]))])
                values = [file[f"parameter_{i}"] for i in range(len(network.parameters))]
            except (KeyError, TypeError, ValueError) as problem:
                raise ValueError(f"{path} does not hold a network as Sequential.save writes it: {problem}") from None
        for i, (parameter, value) in enumerate(zip(network.parameters, values, strict=True)):
            if value.shape != parameter.value.shape or value.dtype.kind != "f" or not np.isfinite(value).all():
                raise ValueError(
                    f"{path}: parameter {i} is {value.dtype} of shape {value.shape}; "
                    f"wanted finite floats of shape {parameter.value.shape}."
                )
            parameter.value, parameter.grad = value, np.zeros_like(value)
        return network


def _layer(kind: str, **settings: Any) -> Layer:
    kinds = {layer.__name__: layer for layer in (Conv2d, MaxPool2d, ReLU, Flatten, Dense)}
    if kind in ("Conv2d", "Dense"):
        settings["rng"] = 0  # these weights are replaced at once
    return kinds[kind](**settings)


def face_network(rng: np.random.Generator | int) -> Sequential:
    """A small network that says of a 19 x 19 window whether it shows a face; 5,977 parameters, convolutions throughout.

    (N, 1, 19, 19) standardised windows → (N, 1, 1, 1) scores, above 0 for a face: the logarithm of the odds. There is
    no layer that needs a fixed size, so that a larger image gives a score for every fourth pixel's window: see scan.
    """
    rng = np.random.default_rng(rng)
    return Sequential(
        [
            Conv2d(1, 8, 4, rng=rng),  # 19 → 16
            ReLU(),
            MaxPool2d(2),  # → 8
            Conv2d(8, 16, 3, rng=rng),  # → 6
            ReLU(),
            MaxPool2d(2),  # → 3
            Conv2d(16, 32, 3, rng=rng),  # → 1
            ReLU(),
            Conv2d(32, 1, 1, rng=rng),
        ]
    )


def softmax_cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean of -log p(right class), p the softmax of a row of scores, and its gradient.

    Parameters: scores (N, K) float, any size: a row's largest is taken away first, so that nothing overflows; labels
    (N,) integers from 0 to K - 1.
    Returns: the loss, in nats, and (N, K), its derivative by each score: (p - [1 at the right class]) / N.
    Raises: ValueError if the shapes don't fit or a label is out of range.
    """
    check_batch("softmax_cross_entropy", scores, 2)
    labels = np.asarray(labels)
    n, k = scores.shape
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= k:
        raise ValueError(
            f"softmax_cross_entropy: labels are {labels.dtype} of shape {labels.shape}, from {labels.min(initial=0)} "
            f"to {labels.max(initial=0)}; wanted {n} integers from 0 to {k - 1}."
        )
    log_p = log_softmax(scores, axis=1)
    grad = np.exp(log_p)
    grad[np.arange(n), labels] -= 1
    return float(-log_p[np.arange(n), labels].mean()), grad / n


def logistic_loss(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean of -log p(right answer) for a yes or no, p(yes) = 1 / (1 + exp(-score)), and its gradient.

    The softmax cross-entropy of the two scores 0 and `score`.
    Parameters: scores with N entries, such as (N,) or (N, 1, 1, 1), float; labels (N,) bool.
    Returns: the loss, in nats, and its derivative by each score, (p - label) / N, in the shape of scores.
    Raises: ValueError if there are not as many labels as scores or they are not bool.
    """
    labels = np.asarray(labels)
    if labels.dtype != bool or labels.shape != (scores.size,) or not scores.size:
        raise ValueError(
            f"logistic_loss: {scores.size} scores of shape {scores.shape} and labels {labels.dtype} of shape "
            f"{labels.shape}; wanted one True or False for each score, and at least one."
        )
    yes = labels.reshape(scores.shape)
    loss = np.logaddexp(0, np.where(yes, -scores, scores)).mean()
    return float(loss), (expit(scores) - yes).astype(scores.dtype) / scores.dtype.type(labels.size)


class SGD:
    """Stochastic gradient descent with momentum: a step downhill, and a part of the last steps again.

    velocity = momentum * velocity + gradient;  value = value - rate * velocity

    Parameters: parameters, those to learn; momentum, the part of the last steps that is kept, 0 to below 1.
    Raises: ValueError for another momentum.
    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, USSR Computational
    Mathematics and Mathematical Physics 4(5), 1964, 1-17.
    """

    def __init__(self, parameters: Sequence[Parameter], momentum: float = 0.9):
        if not 0 <= momentum < 1:
            raise ValueError(f"SGD: momentum is {momentum}; wanted 0 to below 1.")
        self.parameters, self.momentum = list(parameters), momentum
        self.velocities = [np.zeros_like(parameter.value) for parameter in self.parameters]

    def step(self, rate: float) -> None:
        """One step, `rate` times as long as the velocity, by the gradients that backward has set."""
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            velocity *= self.momentum
            velocity += parameter.grad
            parameter.value -= rate * velocity


def numerical_gradient(function: Callable[[], float], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """How a number changes with every entry of x, by trying: (f(x + step) - f(x - step)) / (2 step), entry by entry.

    Parameters: function, without arguments, reads x, which is changed in place and put back; x float64.
    Returns: float64 in the shape of x. The error of the formula falls with step², that of rounding grows with 1 / step.
    Raises: ValueError if x is not float64: float32 has too few digits for a difference of near-equal numbers.
    """
    if x.dtype != np.float64:
        raise ValueError(f"numerical_gradient: x is {x.dtype}; only float64 has digits enough to check by differences.")
    grad = np.empty_like(x)
    for place in np.ndindex(x.shape):
        value = x[place]
        x[place] = value + step
        above = function()
        x[place] = value - step
        below = function()
        x[place] = value
        grad[place] = (above - below) / (2 * step)
    return grad


def standardise_windows(windows: np.ndarray) -> np.ndarray:
    """Windows as the network takes them: each with mean 0 and standard deviation 1.

    Parameters: windows (N, h, w), grey levels 0 to 255, uint8 or float.
    Returns: (N, 1, h, w) float32. A window whose standard deviation is below FLATTEST grey levels is divided by that.
    Raises: ValueError if windows is not three-dimensional, is empty, or holds NaN.
    """
    windows = np.asarray(windows)
    if windows.ndim != 3 or not windows.size or windows.dtype.kind not in "uif":
        raise ValueError(
            f"standardise_windows: windows are {windows.dtype} of shape {windows.shape}; wanted real numbers of shape "
            "(N, height, width), at least one. One window is window[None]."
        )
    x = windows.astype(np.float32)
    if not np.isfinite(x).all():
        raise ValueError("standardise_windows: windows hold NaN or infinity.")
    x -= x.mean(axis=(1, 2), keepdims=True)
    return (x / np.maximum(x.std(axis=(1, 2), keepdims=True), FLATTEST))[:, None]


def standardise_locally(image: np.ndarray, size: int = WINDOW) -> np.ndarray:
    """A whole image as scan takes it: every pixel less the mean, over the standard deviation, of the window round it.

    Parameters: image (H, W), grey levels 0 to 255, uint8 or float; size, of the window, odd. Beyond the border the
    image is taken as mirrored.
    Returns: (H, W) float32. Nearly what standardise_windows makes of each window, at the cost of one pass: the pixels
    of one window are divided by neighbouring windows' contrasts, which differ little.
    Raises: ValueError as standardise_windows.
    """
    image = np.asarray(image)
    if image.ndim != 2 or not image.size or image.dtype.kind not in "uif" or size < 1 or size % 2 == 0:
        raise ValueError(
            f"standardise_locally: image is {image.dtype} of shape {image.shape}, size is {size}; wanted a grey image "
            "(height, width) of real numbers and an odd size."
        )
    x = image.astype(np.float32)
    if not np.isfinite(x).all():
        raise ValueError("standardise_locally: image holds NaN or infinity.")
    x -= x.mean()  # small numbers, so that the difference of squares below keeps its digits
    border = cv2.BORDER_REFLECT
    mean = cv2.boxFilter(x, -1, (size, size), borderType=border)
    variance = cv2.boxFilter(x * x, -1, (size, size), borderType=border) - mean * mean
    return (x - mean) / np.sqrt(np.maximum(variance, FLATTEST**2))


def augment(windows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Standardised windows as they might have been: mirrored or not, moved by up to a pixel, of other contrast.

    Parameters: windows (N, C, h, w) float; rng draws.
    Returns: the same shape and dtype. Each is mirrored with probability 1/2, moved by -1, 0 or 1 pixel across and down
    (the edge that comes in repeats the old edge), and multiplied by 0.8 to 1.2.
    """
    n, _, h, w = windows.shape
    padded = np.pad(windows, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    down, right = rng.integers(0, 3, (2, n))
    moved = sliding_window_view(padded, (h, w), axis=(2, 3))[np.arange(n), :, down, right]
    mirrored = rng.random(n) < 0.5
    moved[mirrored] = moved[mirrored, :, :, ::-1]
    return moved * rng.uniform(0.8, 1.2, (n, 1, 1, 1)).astype(windows.dtype)


def train(
    network: Sequential,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    epochs: int,
    rng: np.random.Generator | int,
    rate: float = 0.05,
    momentum: float = 0.9,
    batch: int = 64,
    loss: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]] = logistic_loss,
    change: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = augment,
    report: Callable[[int, float], None] | None = None,
) -> np.ndarray:
    """Train a network in place by SGD with momentum, the rate falling from `rate` to 0 along half a cosine.

    Parameters: images (N, C, H, W) float32 as the network takes them; labels (N,) as the loss takes them; epochs, how
    often every image is seen, each time in another random order; batch, images a step; change, what is done to a
    batch before it is seen, or None; report(epoch, mean loss), called after every epoch.
    Returns: (epochs,) float64, the mean loss over each epoch's batches, with the weights as they were at each batch.
    Raises: ValueError if there are no images or not as many labels, or the loss stops being a finite number.
    """
    check_batch("train", images, images.ndim)
    check_counts("train", epochs=epochs, batch=batch)
    labels = np.asarray(labels)
    if len(labels) != len(images):
        raise ValueError(f"train: {len(images)} images and {len(labels)} labels; wanted one for each.")
    rng = np.random.default_rng(rng)
    optimiser = SGD(network.parameters, momentum)
    starts = range(0, len(images), batch)
    losses = np.zeros(epochs)
    # These products are small: on a busy machine, a second BLAS thread makes them several times slower.
    with threadpool_limits(1, user_api="blas"):
        for epoch in range(epochs):
            order = rng.permutation(len(images))
            for step, start in enumerate(starts, epoch * len(starts)):
                chosen = order[start : start + batch]
                x = images[chosen] if change is None else change(images[chosen], rng)
                value, grad = loss(network.forward(x), labels[chosen])
                if not np.isfinite(value):
                    raise ValueError(f"train: the loss is {value} in epoch {epoch}; is a rate of {rate} too large?")
                network.backward(grad)
                optimiser.step(rate * (1 + np.cos(np.pi * step / (epochs * len(starts)))) / 2)
                losses[epoch] += value * len(chosen) / len(images)
            if report is not None:
                report(epoch, losses[epoch])
    return losses


def predict(network: Sequential, images: np.ndarray, batch: int = 512) -> np.ndarray:
    """The network's output for images (N, ...), a batch at a time, so that memory does not grow with N."""
    check_batch("predict", images, images.ndim)
    return np.concatenate([network.forward(images[i : i + batch]) for i in range(0, len(images), batch)])


def scan(network: Sequential, image: np.ndarray, rows: int = 32) -> np.ndarray:
    """A score for every window of an image, in one pass: neighbouring windows share what they have in common.

    Parameters: network, convolutional throughout and without padding; image (H, W) float32, standardised
    (standardise_locally); rows of scores made at a time, which bounds the memory and changes nothing.
    Returns: (h, w) float32; entry (i, j) is the network's output for the window whose top left pixel is
    (stride * i, stride * j), with size, stride = network.reach(): 19 and 4 for face_network.
    Raises: ValueError if the image is smaller than a window, not floating-point, not two-dimensional, or holds NaN.
    """
    size, stride = network.reach()
    image = np.asarray(image)
    if image.ndim != 2 or image.dtype.kind != "f" or min(image.shape) < size or not np.isfinite(image).all():
        raise ValueError(
            f"scan: image is {image.dtype} of shape {image.shape}; wanted finite floating-point (height, width) of at "
            f"least {size} x {size} pixels."
        )
    h = (image.shape[0] - size) // stride + 1
    strips = []
    for first in range(0, h, rows):
        last = min(first + rows, h) - 1
        x = image[None, None, first * stride : last * stride + size]
        for layer in network.layers:
            x = _convolve_image(layer, x) if isinstance(layer, Conv2d) else layer.forward(x)
        strips.append(x[0, 0])
    return np.concatenate(strips)


def _convolve_image(layer: Conv2d, x: np.ndarray) -> np.ndarray:
    """What layer.forward makes of one image (1, C, H, W), in a third of the time for a large one.

    The patches' matrix lies on its side: each of its rows is the image moved by whole pixels, so that long stretches
    are copied in place of single pixels. For many small windows im2col is quicker, and backward needs what it keeps.
    """
    if layer.stride > 1 or layer.padding:
        return layer.forward(x)
    size = layer.size
    h, w = x.shape[2] - size + 1, x.shape[3] - size + 1
    patches = np.stack([x[0, :, i : i + h, j : j + w] for i in range(size) for j in range(size)], axis=1)
    y = layer.weight.value.reshape(-1, size * size * x.shape[1]) @ patches.reshape(-1, h * w)
    return (y + layer.bias.value[:, None]).reshape(1, -1, h, w)


def check_batch(caller: str, x: np.ndarray, ndim: int) -> None:
    """Raise ValueError, in the name of the caller, unless x has ndim axes, an entry or more, and holds floats."""
    if x.ndim != ndim or not x.size or x.dtype.kind != "f":
        wanted = {2: " (N, columns)", 4: " (N, channels, height, width)"}.get(ndim, "")
        raise ValueError(
            f"{caller}: x is {x.dtype} of shape {x.shape}; wanted at least one row of floating-point numbers{wanted}."
        )


def check_counts(caller: str, **counts: int) -> None:
    """Raise ValueError, in the name of the caller, unless all counts are whole numbers of at least 1."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"{caller}: {name} is {count!r}; wanted a whole number of at least 1.")
