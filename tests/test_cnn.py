"""Every layer forward against scipy, every gradient against differences, learning by hand, scanning, bad input."""

import json

import numpy as np
import pytest
import scipy.signal
import skimage.measure
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import log_loss

from classroom.measure import cbcl as measured
from facelab import cnn, results
from facelab.datasets import load_cbcl, split_by_block
from facelab.verification import eer

TOLERANCE = 1e-6  # of the largest entry: what the course promises for every gradient


def assert_same_gradient(got, want):
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= TOLERANCE * np.abs(want).max()


def check_layer(layer, x, rng):
    """All gradients of sum(y * direction), a loss that gives every output another weight, against differences."""
    for parameter in layer.parameters:
        parameter.value = rng.normal(size=parameter.value.shape)
    direction = rng.normal(size=layer.forward(x).shape)

    def loss():
        return float((layer.forward(x) * direction).sum())

    layer.forward(x)
    x_grad = layer.backward(direction)
    assert_same_gradient(x_grad, cnn.numerical_gradient(loss, x))
    for parameter in layer.parameters:
        layer.forward(x)
        layer.backward(direction)
        assert_same_gradient(parameter.grad, cnn.numerical_gradient(loss, parameter.value))


def distinct(rng, shape):
    """Values at least 0.01 apart and from 0, so that a step of differences crosses no corner of max or ReLU."""
    return rng.permutation(np.arange(np.prod(shape)) - np.prod(shape) / 2 + 0.25).reshape(shape) / 10


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_convolution_is_scipys_correlation(stride, padding):
    rng = np.random.default_rng(stride + 10 * padding)
    x = rng.normal(size=(2, 3, 9, 11))
    layer = cnn.Conv2d(3, 4, 4, stride=stride, padding=padding, rng=rng)
    layer.bias.value = rng.normal(size=4)
    got = layer.forward(x)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    for n in range(2):
        for f in range(4):
            kernel = layer.weight.value[f].astype(float)
            want = sum(scipy.signal.correlate(padded[n, c], kernel[c], "valid") for c in range(3))
            flipped = sum(scipy.signal.convolve(padded[n, c], kernel[c, ::-1, ::-1], "valid") for c in range(3))
            for reference in (want, flipped):
                np.testing.assert_allclose(got[n, f], reference[::stride, ::stride] + layer.bias.value[f], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_gradients_of_convolution(data):
    number = lambda low, high: data.draw(st.integers(low, high))  # noqa: E731
    size, stride, padding = number(1, 3), number(1, 3), number(0, 2)
    shape = (number(1, 3), number(1, 2), size + number(0, 4), size + number(0, 4))
    rng = np.random.default_rng(number(0, 99))
    layer = cnn.Conv2d(shape[1], number(1, 3), size, stride=stride, padding=padding, rng=rng)
    check_layer(layer, rng.normal(size=shape), rng)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (cnn.MaxPool2d(2), (2, 3, 6, 4)),
        (cnn.MaxPool2d(2), (2, 1, 7, 5)),  # the last row and column are not looked at
        (cnn.MaxPool2d(3), (1, 2, 7, 8)),
        (cnn.ReLU(), (3, 2, 4, 5)),
        (cnn.Flatten(), (3, 2, 4, 5)),
        (cnn.Dense(7, 3, rng=0), (5, 7)),
        (cnn.Dense(1, 1, rng=0), (1, 1)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, cnn.Layer) else str(value),
)
def test_gradients_of_the_other_layers(layer, shape):
    rng = np.random.default_rng(0)
    check_layer(layer, distinct(rng, shape), rng)


def test_a_wrong_gradient_is_caught():
    """The check of this file can fail: 1 % off in one filter is seen."""

    class Wrong(cnn.Conv2d):
        def backward(self, grad):
            x_grad = super().backward(grad)
            self.weight.grad[0] *= 1.01
            return x_grad

    rng = np.random.default_rng(0)
    with pytest.raises(AssertionError):
        check_layer(Wrong(1, 2, 3, rng=0), rng.normal(size=(2, 1, 5, 5)), rng)


def test_im2col_and_col2im_are_transposes():
    """<im2col(x), c> = <x, col2im(c)>: that is why one is the other's backward pass."""
    rng = np.random.default_rng(0)
    for size, stride in ((1, 1), (3, 1), (3, 2), (2, 3)):
        x = rng.normal(size=(2, 3, 8, 7))
        columns = cnn.im2col(x, size, stride)
        c = rng.normal(size=columns.shape)
        assert (columns * c).sum() == pytest.approx((x * cnn.col2im(c, x.shape, size, stride)).sum(), rel=1e-12)


def test_order_of_im2col():
    x = np.arange(2 * 2 * 3 * 3, dtype=float).reshape(2, 2, 3, 3)
    columns = cnn.im2col(x, 2)
    assert columns.shape == (2 * 2 * 2, 2 * 2 * 2)
    np.testing.assert_array_equal(columns[1], [x[0, c, i, j] for i in (0, 1) for j in (1, 2) for c in (0, 1)])
    np.testing.assert_array_equal(columns[4], [x[1, c, i, j] for i in (0, 1) for j in (0, 1) for c in (0, 1)])


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pooling_is_scikit_images(size):
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 8))
    whole = x[:, :, : 7 // size * size, : 8 // size * size]
    want = skimage.measure.block_reduce(whole, (1, 1, size, size), np.max)
    np.testing.assert_array_equal(cnn.MaxPool2d(size).forward(x), want)


def test_ties_in_pooling_go_to_the_first_in_reading_order():
    layer = cnn.MaxPool2d(2)
    x = np.array([[5.0, 5, 1, 2], [5, 5, 3, 3], [0, 7, 0, 0], [7, 7, 0, 0]])[None, None]
    layer.forward(x)
    grad = layer.backward(np.array([[1.0, 2], [3, 4]])[None, None])
    np.testing.assert_array_equal(grad[0, 0], [[1, 0, 0, 0], [0, 0, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]])


def test_relu_passes_nothing_at_zero():
    layer = cnn.ReLU()
    np.testing.assert_array_equal(layer.forward(np.array([-1.0, 0, 2])), [0, 0, 2])
    np.testing.assert_array_equal(layer.backward(np.array([3.0, 4, 5])), [0, 0, 5])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(2, 6), st.integers(0, 99), st.floats(0.1, 30))
def test_softmax_cross_entropy(n, k, seed, spread):
    rng = np.random.default_rng(seed)
    scores, labels = rng.normal(0, spread, (n, k)), rng.integers(0, k, n)
    loss, grad = cnn.softmax_cross_entropy(scores, labels)
    p = np.exp(scores - scores.max(1, keepdims=True))
    p = np.maximum(p / p.sum(1, keepdims=True), 1e-300)
    assert loss == pytest.approx(-np.log(p[np.arange(n), labels]).mean(), rel=1e-9, abs=1e-15)
    if p.min() > 1e-12:  # scikit-learn clips probabilities
        assert loss == pytest.approx(log_loss(labels, p, labels=np.arange(k)), rel=1e-6, abs=1e-9)
    if spread < 5:
        want = cnn.numerical_gradient(lambda: cnn.softmax_cross_entropy(scores, labels)[0], scores)
        np.testing.assert_allclose(grad, want, atol=TOLERANCE * max(np.abs(want).max(), 1e-3))
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-12)


def test_logistic_loss_is_softmax_of_two_and_scikit_learns():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(0, 3, (20, 1, 1, 1)), rng.random(20) < 0.5
    loss, grad = cnn.logistic_loss(scores, labels)
    two = np.stack([np.zeros(20), scores.ravel()], axis=1)
    assert loss == pytest.approx(cnn.softmax_cross_entropy(two, labels.astype(int))[0], rel=1e-12)
    assert loss == pytest.approx(log_loss(labels, expit(scores.ravel())), rel=1e-9)
    assert_same_gradient(grad, cnn.numerical_gradient(lambda: cnn.logistic_loss(scores, labels)[0], scores))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_stay_finite_for_large_scores(dtype):
    scores = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    loss, grad = cnn.softmax_cross_entropy(scores, np.array([0, 1]))
    assert loss == pytest.approx(1e4)
    np.testing.assert_allclose(grad, [[0, 0], [0.5, -0.5]])
    loss, grad = cnn.logistic_loss(scores[0], np.array([True, True]))
    assert loss == pytest.approx(5e3)
    np.testing.assert_allclose(grad, [0, -0.5])
    assert grad.dtype == dtype


def test_gradients_of_the_whole_network():
    """The network of the lesson in float64, its logistic loss, every parameter and every pixel."""
    rng = np.random.default_rng(3)
    network = cnn.face_network(rng).astype(np.float64)
    x, labels = rng.normal(size=(3, 1, 19, 19)), np.array([True, False, True])

    def loss():
        return cnn.logistic_loss(network.forward(x), labels)[0]

    def analytic():
        value, grad = cnn.logistic_loss(network.forward(x), labels)
        return value, network.backward(grad)

    _, x_grad = analytic()
    assert_same_gradient(x_grad, cnn.numerical_gradient(loss, x, step=1e-6))
    for parameter in network.parameters:
        analytic()
        flat = parameter.value.reshape(-1)
        some = rng.choice(flat.size, min(flat.size, 60), replace=False)
        want = np.empty(len(some))
        for i, place in enumerate(some):
            entry = flat[place : place + 1]
            want[i] = cnn.numerical_gradient(loss, entry, step=1e-6)[0]
        assert np.abs(parameter.grad.reshape(-1)[some] - want).max() <= TOLERANCE * np.abs(want).max()


def test_he_normal():
    weights = cnn.he_normal((200, 50, 3, 3), 450, 0)
    assert weights.dtype == np.float32
    assert abs(weights.mean()) < 1e-3
    assert weights.std() == pytest.approx(np.sqrt(2 / 450), rel=0.01)
    np.testing.assert_array_equal(weights, cnn.he_normal((200, 50, 3, 3), 450, np.random.default_rng(0)))


def test_signal_keeps_its_size_through_the_network():
    x = np.random.default_rng(0).normal(size=(500, 8, 12, 12)).astype(np.float32)
    for layer in (cnn.Conv2d(8, 64, 3, rng=0), cnn.ReLU(), cnn.Conv2d(64, 64, 3, rng=1), cnn.ReLU()):
        x = layer.forward(x)
    assert (x**2).mean() == pytest.approx(1, rel=0.2)


def test_sgd_by_hand():
    parameter = cnn.Parameter(np.array([1.0, -2]), np.array([0.5, 1]))
    optimiser = cnn.SGD([parameter], momentum=0.5)
    optimiser.step(0.1)  # velocity .5, 1
    np.testing.assert_allclose(parameter.value, [0.95, -2.1])
    parameter.grad = np.array([1.0, 0])
    optimiser.step(0.2)  # velocity 1.25, .5
    np.testing.assert_allclose(parameter.value, [0.7, -2.2])
    optimiser.step(0.2)  # velocity 1.625, .25
    np.testing.assert_allclose(parameter.value, [0.375, -2.25])


def test_backward_sets_gradients_and_does_not_add_to_them():
    network = cnn.face_network(0)
    x = np.random.default_rng(0).normal(size=(2, 1, 19, 19)).astype(np.float32)
    grads = []
    for _ in range(2):
        network.backward(np.ones_like(network.forward(x)))
        grads.append([p.grad.copy() for p in network.parameters])
    for a, b in zip(*grads, strict=True):
        np.testing.assert_array_equal(a, b)


def test_face_network_has_the_stated_size():
    network = cnn.face_network(0)
    assert network.n_parameters == 5977
    assert network.reach() == (19, 4)
    assert network.forward(np.zeros((2, 1, 19, 19), np.float32)).shape == (2, 1, 1, 1)
    assert network.forward(np.zeros((2, 1, 19, 19), np.float32)).dtype == np.float32


@pytest.mark.parametrize("shape", [(19, 19), (20, 31), (64, 45), (23, 90), (101, 77)])
def test_dense_scan_is_window_by_window(shape):
    rng = np.random.default_rng(sum(shape))
    image = rng.normal(size=shape)
    network = cnn.face_network(rng).astype(np.float64)
    for rows in (64, 3, 1):  # in strips or at once
        got = cnn.scan(network, image, rows=rows)
        assert got.shape == ((shape[0] - 19) // 4 + 1, (shape[1] - 19) // 4 + 1)
        windows = np.lib.stride_tricks.sliding_window_view(image, (19, 19))[::4, ::4].reshape(-1, 1, 19, 19)
        np.testing.assert_allclose(got.ravel(), network.forward(windows).ravel(), rtol=1e-12, atol=1e-13)


def test_dense_scan_in_float32():
    rng = np.random.default_rng(0)
    image = rng.normal(size=(60, 80)).astype(np.float32)
    network = cnn.face_network(rng)
    windows = np.lib.stride_tricks.sliding_window_view(image, (19, 19))[::4, ::4].reshape(-1, 1, 19, 19)
    scores = cnn.scan(network, image)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.ravel(), cnn.predict(network, windows).ravel(), atol=1e-5)


def test_reach_is_what_one_output_looks_at():
    network = cnn.Sequential([cnn.Conv2d(1, 2, 3, stride=2, rng=0), cnn.MaxPool2d(3), cnn.Conv2d(2, 1, 2, rng=1)])
    size, stride = network.reach()
    assert (size, stride) == (13, 6)
    x = np.random.default_rng(0).normal(size=(1, 1, 13 + 6, 13)).astype(np.float32)
    assert network.forward(x).shape == (1, 1, 2, 1)
    grad = network.backward(np.array([1.0, 0], np.float32).reshape(1, 1, 2, 1))
    assert not grad[0, 0, 13:].any()


def test_save_and_load(tmp_path):
    rng = np.random.default_rng(0)
    network = cnn.Sequential(
        [
            cnn.Conv2d(2, 3, 3, stride=2, padding=1, rng=rng), cnn.ReLU(), cnn.MaxPool2d(2), cnn.Flatten(),
            cnn.Dense(12, 5, rng=rng),
        ]
    )  # fmt: skip
    x = rng.normal(size=(4, 2, 8, 8)).astype(np.float32)
    network.save(tmp_path / "network.npz")
    again = cnn.Sequential.load(tmp_path / "network.npz")
    np.testing.assert_array_equal(network.forward(x), again.forward(x))
    assert [layer.settings for layer in network.layers] == [layer.settings for layer in again.layers]
    again.backward(np.ones((4, 5), np.float32))
    cnn.SGD(again.parameters).step(0.1)
    assert not np.array_equal(network.forward(x), again.forward(x))
    again.save(tmp_path / "a.npz")
    again.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_files_that_hold_something_else_are_refused(tmp_path):
    good = cnn.Sequential([cnn.Dense(2, 3, rng=0)])
    good.save(tmp_path / "good.npz")
    arrays = dict(np.load(tmp_path / "good.npz"))

    def refused(match, **changes):
        path = tmp_path / "bad.npz"
        np.savez(path, **{k: v for k, v in {**arrays, **changes}.items() if v is not None})
        with pytest.raises(ValueError, match=match):
            cnn.Sequential.load(path)

    refused("does not hold a network", layers=None)
    refused("does not hold a network", parameter_1=None)
    refused("does not hold a network", layers=np.array("not json"))
    refused("does not hold a network", layers=np.array(json.dumps([{"kind": "__import__"}])))
    refused("does not hold a network", layers=np.array(json.dumps([{"kind": "Dense", "inputs": 2}])))
    refused("does not hold a network", layers=np.array(json.dumps(["Dense"])))
    refused("does not hold a network", layers=np.array([{"kind": "ReLU"}], dtype=object))
    refused(r"parameter 0 is float32 of shape \(3, 2\)", parameter_0=arrays["parameter_0"].T)
    refused("parameter 1 .* wanted finite", parameter_1=np.full(3, np.nan))
    with pytest.raises(FileNotFoundError):
        cnn.Sequential.load(tmp_path / "nowhere.npz")


def test_standardised_windows():
    rng = np.random.default_rng(0)
    windows = rng.integers(0, 256, (6, 19, 19)).astype(np.uint8)
    windows[0], windows[1] = 80, 0
    windows[1, 0, 0] = 3  # hardly any contrast
    got = cnn.standardise_windows(windows)
    assert got.shape == (6, 1, 19, 19)
    assert got.dtype == np.float32
    flat = windows.reshape(6, -1).astype(float)
    want = (flat - flat.mean(1, keepdims=True)) / np.maximum(flat.std(1, keepdims=True), cnn.FLATTEST)
    np.testing.assert_allclose(got.reshape(6, -1), want, atol=1e-5)
    assert not got[0].any()
    np.testing.assert_allclose(cnn.standardise_windows(windows[2:] * 0.5 + 7.0), got[2:], atol=1e-4)


def test_standardised_locally():
    rng = np.random.default_rng(0)
    image = np.clip(rng.normal(120, 40, (50, 70)), 0, 255).astype(np.uint8)
    got = cnn.standardise_locally(image)
    assert got.shape == (50, 70)
    assert got.dtype == np.float32
    around = image[10:29, 20:39].astype(float)
    assert got[19, 29] == pytest.approx((image[19, 29] - around.mean()) / around.std(), abs=1e-3)
    padded = np.pad(image, 9, mode="symmetric").astype(float)
    assert got[0, 0] == pytest.approx((image[0, 0] - padded[:19, :19].mean()) / padded[:19, :19].std(), abs=1e-3)
    assert not cnn.standardise_locally(np.full((30, 30), 250, np.uint8)).any()
    assert np.isfinite(cnn.standardise_locally(np.zeros((1, 1), np.uint8))).all()


def test_augmented_windows_are_moved_mirrored_scaled():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 1, 19, 19)).astype(np.float32).repeat(400, axis=0)
    before = x.copy()
    got = cnn.augment(x, rng)
    np.testing.assert_array_equal(x, before)
    assert got.dtype == np.float32
    padded = np.pad(x[0, 0], 1, mode="edge")
    versions = [
        padded[i : i + 19, j : j + 19][:, ::step] for i in range(3) for j in range(3) for step in (1, -1)
    ]  # fmt: skip
    seen = set()
    for window in got[:, 0]:
        gains = [(window * v).sum() / (v * v).sum() for v in versions]
        errors = [np.abs(window - gain * v).max() for gain, v in zip(gains, versions, strict=True)]
        best = int(np.argmin(errors))
        assert errors[best] < 1e-5
        assert 0.8 - 1e-5 <= gains[best] <= 1.2 + 1e-5
        seen.add(best)
    assert len(seen) == 18


def made_up(n, rng):
    """Bright left halves against bright right halves, with noise."""
    labels = rng.random(n) < 0.5
    x = rng.normal(0, 1, (n, 1, 19, 19)).astype(np.float32)
    x[labels, :, :, :9] += 0.7
    x[~labels, :, :, 9:] += 0.7
    return x, labels


def test_training_learns_and_is_repeatable():
    rng = np.random.default_rng(0)
    x, labels = made_up(300, rng)
    seen = []
    runs = []
    for _ in range(2):
        network = cnn.face_network(1)
        losses = cnn.train(
            network, x, labels, epochs=4, rng=2, change=None, report=lambda *pair: seen.append(pair)
        )  # fmt: skip
        runs.append((losses, cnn.predict(network, x)))
    assert losses.shape == (4,)
    assert losses[-1] < 0.1 < losses[0]
    assert seen[:4] == list(enumerate(losses))
    np.testing.assert_array_equal(runs[0][0], runs[1][0])
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    unseen, truth = made_up(200, rng)
    assert ((cnn.predict(network, unseen, batch=33).ravel() > 0) == truth).mean() > 0.95


def test_training_step_is_the_one_described():
    """One batch of everything, no augmentation: the same as SGD by hand at the full rate, then at half of it."""
    rng = np.random.default_rng(0)
    x, labels = made_up(8, rng)
    trained, by_hand = cnn.face_network(0), cnn.face_network(0)
    cnn.train(trained, x, labels, epochs=2, batch=8, rate=0.1, rng=0, change=None)
    optimiser = cnn.SGD(by_hand.parameters, 0.9)
    for rate in (0.1, 0.05):
        _, grad = cnn.logistic_loss(by_hand.forward(x), labels)
        by_hand.backward(grad)
        optimiser.step(rate)
    for a, b in zip(trained.parameters, by_hand.parameters, strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-4, atol=1e-6)


def test_training_with_softmax():
    rng = np.random.default_rng(0)
    x, labels = made_up(200, rng)
    network = cnn.Sequential([cnn.MaxPool2d(3), cnn.Flatten(), cnn.Dense(36, 2, rng=0)])
    losses = cnn.train(
        network, x, labels.astype(int), epochs=5, rng=0, change=None, loss=cnn.softmax_cross_entropy
    )  # fmt: skip
    assert losses[-1] < 0.5 * losses[0]


def test_training_that_explodes_says_so():
    x, labels = made_up(64, np.random.default_rng(0))
    with (
        pytest.raises(ValueError, match="loss is .* in epoch 0; is a rate of 1000000000000.0"),
        np.errstate(all="ignore"),
    ):
        cnn.train(cnn.face_network(0), x * 1e4, labels, epochs=5, batch=8, rate=1e12, rng=0)


def test_cbcl_is_learned_across_blocks():
    """Two epochs on a part of CBCL, judged on blocks that were not learned from."""
    cbcl = load_cbcl()
    learn, test = split_by_block(cbcl.is_face, 0.2, 0)
    x = cnn.standardise_windows(cbcl.images)
    network = cnn.face_network(0)
    cnn.train(network, x[learn], cbcl.is_face[learn], epochs=2, rng=0)
    right = (cnn.predict(network, x[test]).ravel() > 0) == cbcl.is_face[test]
    assert right.mean() > 0.95


WINDOWS = np.zeros((2, 1, 19, 19), np.float32)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: cnn.face_network(0).forward(np.zeros((2, 1, 19, 19), np.uint8)), "x is uint8 .* floating-point"),
        (lambda: cnn.face_network(0).forward(WINDOWS[:0]), r"\(0, 1, 19, 19\); wanted at least one"),
        (lambda: cnn.face_network(0).forward(WINDOWS[0]), "Conv2d: .* wanted .*channels"),
        (lambda: cnn.face_network(0).forward(WINDOWS + np.nan), "NaN or infinity"),
        (lambda: cnn.face_network(0).forward(WINDOWS + np.inf), "NaN or infinity"),
        (lambda: cnn.face_network(0).forward(WINDOWS[:, [0, 0]]), "2 channels .* have 1"),
        (lambda: cnn.face_network(0).forward(WINDOWS[:, :, :3]), "3 x 19 pixels.*4 x 4 doesn't fit"),
        (lambda: cnn.MaxPool2d(4).forward(WINDOWS[:, :, :3]), "4 x 4 don't fit"),
        (lambda: cnn.Dense(3, 2, rng=0).forward(np.zeros((2, 4))), "4 columns.*made for 3"),
        (lambda: cnn.Dense(3, 2, rng=0).forward(np.zeros(3)), r"wanted .*\(N, columns\)"),
        (lambda: cnn.Conv2d(1, 0, 3, rng=0), "out_channels is 0"),
        (lambda: cnn.Conv2d(1, 1, 2.5, rng=0), "size is 2.5"),
        (lambda: cnn.Conv2d(1, 1, 3, padding=-1, rng=0), "padding is -1"),
        (lambda: cnn.SGD([], momentum=1), "momentum is 1"),
        (lambda: cnn.softmax_cross_entropy(np.zeros((2, 3)), np.array([0, 3])), "from 0 to 3; wanted 2 .* 0 to 2"),
        (lambda: cnn.softmax_cross_entropy(np.zeros((2, 3)), np.array([0, -1])), "from -1"),
        (lambda: cnn.softmax_cross_entropy(np.zeros((2, 3)), np.array([0.0, 1])), "labels are float64"),
        (lambda: cnn.softmax_cross_entropy(np.zeros((2, 3)), np.array([0])), r"shape \(1,\)"),
        (lambda: cnn.softmax_cross_entropy(np.zeros((0, 3)), np.zeros(0, int)), "at least one"),
        (lambda: cnn.logistic_loss(np.zeros(3), np.array([0, 1, 1])), "labels int64"),
        (lambda: cnn.logistic_loss(np.zeros(3), np.array([True])), r"shape \(1,\)"),
        (lambda: cnn.logistic_loss(np.zeros(0), np.zeros(0, bool)), "at least one"),
        (lambda: cnn.train(cnn.face_network(0), WINDOWS, np.array([True]), epochs=1, rng=0), "2 images and 1 labels"),
        (lambda: cnn.train(cnn.face_network(0), WINDOWS[:0], np.zeros(0, bool), epochs=1, rng=0), "at least one"),
        (lambda: cnn.train(cnn.face_network(0), WINDOWS, np.array([True, False]), epochs=0, rng=0), "epochs is 0"),
        (lambda: cnn.train(cnn.face_network(0), WINDOWS * np.nan, np.array([True, False]), epochs=1, rng=0), "NaN"),
        (lambda: cnn.predict(cnn.face_network(0), WINDOWS[:0]), "at least one"),
        (lambda: cnn.scan(cnn.face_network(0), np.zeros((18, 40), np.float32)), "at least 19 x 19"),
        (lambda: cnn.scan(cnn.face_network(0), np.zeros((40, 40), np.uint8)), "image is uint8"),
        (lambda: cnn.scan(cnn.face_network(0), np.zeros((40, 40, 3), np.float32)), r"\(40, 40, 3\)"),
        (lambda: cnn.standardise_windows(np.zeros((19, 19))), r"window\[None\]"),
        (lambda: cnn.standardise_windows(np.zeros((0, 19, 19))), "at least one"),
        (lambda: cnn.standardise_windows(np.full((1, 19, 19), np.nan)), "NaN"),
        (lambda: cnn.standardise_windows(np.zeros((1, 19, 19), complex)), "complex128"),
        (lambda: cnn.standardise_locally(np.zeros((30, 30, 3))), r"\(30, 30, 3\)"),
        (lambda: cnn.standardise_locally(np.zeros((0, 30))), r"\(0, 30\)"),
        (lambda: cnn.standardise_locally(np.zeros((30, 30)), size=18), "size is 18"),
        (lambda: cnn.standardise_locally(np.full((30, 30), np.inf)), "infinity"),
        (lambda: cnn.numerical_gradient(lambda: 0.0, np.zeros(2, np.float32)), "x is float32"),
    ],
)
def test_bad_input_is_said_in_a_sentence(call, match):
    with pytest.raises(ValueError, match=match):
        call()


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_split_by_block(share):
    label = np.array([True] * 250 + [False] * 1030)
    learn, test = split_by_block(label, share, 3)
    np.testing.assert_array_equal(np.sort(np.concatenate([learn, test])), np.arange(1280))
    inside = np.isin(np.arange(1280), test)
    for start, stop in ((0, 250), (250, 1280)):
        blocks = [inside[i : min(i + 100, stop)] for i in range(start, stop, 100)]
        assert all(block.all() or not block.any() for block in blocks)
        assert sum(block.all() for block in blocks) == round(share * len(blocks))
    again = split_by_block(label, share, np.random.default_rng(3))
    np.testing.assert_array_equal(test, again[1])
    assert not np.array_equal(test, split_by_block(label, share, 4)[1])


def test_split_by_block_refuses_an_empty_part():
    with pytest.raises(ValueError, match="the 3 blocks of label True is 0"):
        split_by_block(np.array([True] * 250 + [False] * 1000), 0.1, 0)
    with pytest.raises(ValueError, match="the 1 blocks"):
        split_by_block(np.array([True] * 50), 0.5, 0)


def test_stored_table_of_cbcl():
    table = results("cbcl")
    assert table.dtype.names == measured.COLUMNS
    assert list(zip(table["method"], table["draw"], strict=True)) == [
        (method, draw) for method in measured.METHODS for draw in range(3)
    ]
    network = table[table["method"] == "CNN"]
    assert network["accuracy"].mean() >= 0.988
    assert network["eer"].mean() <= 0.01
    boosted = table[table["method"] == "Haar boosting"]  # lesson 06: the draw moves both as much as they differ
    assert min(np.ptp(network["eer"]), np.ptp(boosted["eer"])) > 0.8 * (boosted["eer"].mean() - network["eer"].mean())
    assert all(network["eer"].mean() < table["eer"][table["method"] == m].mean() for m in ("HOG + linear SVM", "MLP"))


def test_a_method_is_measured_on_blocks_that_it_did_not_learn_from():
    cbcl = load_cbcl()
    learn, test = split_by_block(cbcl.is_face, 0.2, 1)
    asked = []

    def brightness(images, is_face, seed):
        np.testing.assert_array_equal(images, cbcl.images[learn])
        np.testing.assert_array_equal(is_face, cbcl.is_face[learn])
        asked.append(seed)
        return lambda windows: windows.mean(axis=(1, 2)) - 100 - seed

    accuracy, error, matches, seconds = measured.rates(brightness, cbcl.images, cbcl.is_face, 1)
    assert asked == [0, 1, 2]
    levels, faces = cbcl.images[test].mean(axis=(1, 2)), cbcl.is_face[test]
    assert accuracy == pytest.approx(np.mean([np.mean((levels > 100 + s) == faces) for s in range(3)]))
    assert error == pytest.approx(eer(levels[faces], levels[~faces]))
    limit = np.sort(levels[~faces])[-9]  # 9 of 900 others may be taken for faces
    assert matches == pytest.approx((levels[faces] >= limit).mean(), abs=0.005)
    assert seconds >= 0
