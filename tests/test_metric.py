"""Losses that learn a distance: gradients against differences, values against hand-made sums, and that it learns."""

import itertools

import cv2
import numpy as np
import pytest

from facelab.cnn import Parameter, Sequential, numerical_gradient
from facelab.metric import (
    UnitLength,
    contrastive_loss,
    cosface_loss,
    embed,
    embedding_network,
    small_batches,
    train_embedding,
    triplet_loss,
    varied,
)

PERSON = np.array([0, 2, 1, 0, 2, 2, 1, 0])
LOSSES = {"contrastive": contrastive_loss, "triplet": triplet_loss}


def unit_rows(n=8, d=5, seed=0):
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("margin", [0.2, 1.1])
def test_gradients_through_the_unit_sphere_agree_with_differences(loss, margin):
    x = np.random.default_rng(1).normal(size=(8, 5))
    unit = UnitLength()
    value, grad = loss(unit.forward(x), PERSON, margin)
    wanted = numerical_gradient(lambda: loss(UnitLength().forward(x), PERSON, margin)[0], x)
    assert value > 0
    np.testing.assert_allclose(unit.backward(grad), wanted, rtol=1e-6, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("settings", [{}, {"scale": 4.0, "margin": 0.1}])
def test_cosface_gradients_agree_with_differences(settings):
    rng = np.random.default_rng(2)
    x, centres = rng.normal(size=(8, 5)), Parameter.of(rng.normal(size=(3, 5)) * 3)
    unit = UnitLength()
    _, grad = cosface_loss(unit.forward(x), centres, PERSON, **settings)
    by_x, by_centres = unit.backward(grad), centres.grad

    def value():
        return cosface_loss(UnitLength().forward(x), centres, PERSON, **settings)[0]

    for got, entry in ((by_x, x), (by_centres, centres.value)):
        wanted = numerical_gradient(value, entry)
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-6 * np.abs(wanted).max())


def test_the_whole_network_with_cosface_agrees_with_differences():
    rng = np.random.default_rng(3)
    network = embedding_network((28, 24), 0, dimensions=6).astype(np.float64)
    images, centres = rng.normal(size=(4, 1, 28, 24)), Parameter.of(rng.normal(size=(2, 6)))
    person = np.array([0, 1, 1, 0])
    _, grad = cosface_loss(network.forward(images), centres, person)
    network.backward(grad)
    for parameter in network.parameters[-2:]:
        some = parameter.value.reshape(-1)[:12]  # a view: the rest of the weights are linear in the same way
        wanted = numerical_gradient(lambda: cosface_loss(network.forward(images), centres, person)[0], some)
        got = parameter.grad.reshape(-1)[:12]
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7 * np.abs(wanted).max())


def test_contrastive_and_triplet_are_the_sums_that_their_papers_write():
    e = unit_rows()
    distance = np.linalg.norm(e[:, None] - e, axis=2)
    pairs = [
        distance[i, j] ** 2 if PERSON[i] == PERSON[j] else max(0, 1.2 - distance[i, j]) ** 2
        for i, j in itertools.combinations(range(8), 2)
    ]
    assert contrastive_loss(e, PERSON, 1.2)[0] == pytest.approx(np.mean(pairs))
    triplets = [
        distance[a, p] ** 2 - distance[a, n] ** 2 + 0.4
        for a, p, n in itertools.permutations(range(8), 3)
        if PERSON[a] == PERSON[p] != PERSON[n]
    ]
    assert triplet_loss(e, PERSON, 0.4)[0] == pytest.approx(np.mean([t for t in triplets if t > 0]))


def test_cosface_without_margin_is_softmax_of_cosines_and_a_margin_makes_it_harder():
    e, centres = unit_rows(), Parameter.of(unit_rows(3, seed=4) * 7)
    cosines = e @ (centres.value / np.linalg.norm(centres.value, axis=1, keepdims=True)).T
    p = np.exp(9 * cosines) / np.exp(9 * cosines).sum(axis=1, keepdims=True)
    plain = cosface_loss(e, centres, PERSON, scale=9, margin=0)[0]
    assert plain == pytest.approx(-np.log(p[np.arange(8), PERSON]).mean())
    assert cosface_loss(e, centres, PERSON, scale=9, margin=0.2)[0] > plain


def test_a_batch_in_which_every_triplet_keeps_its_margin_teaches_nothing():
    e = np.repeat(np.eye(3), 2, axis=0)
    value, grad = triplet_loss(e, np.array([0, 0, 1, 1, 2, 2]), 0.5)
    assert value == 0
    assert not grad.any()


def test_batches_hold_pairs_of_both_kinds_and_people_with_few_pictures():
    person = np.array([0] * 9 + [1] * 9 + [2] * 2 + [3] * 9)
    for chosen in small_batches(person, 3, 4, np.random.default_rng(0)):
        people, counts = np.unique(person[chosen], return_counts=True)
        assert len(people) == 3
        assert set(counts) == {4}


@pytest.mark.parametrize("loss", ["cosface", "triplet", "contrastive"])
def test_training_brings_people_seen_apart(loss):
    rng = np.random.default_rng(5)
    patterns = np.stack([cv2.resize(rng.normal(size=(5, 4)), (24, 28)) for _ in range(6)])[:, None]
    person = np.repeat([30, 10, 20, 70, 90, 50], 6)
    images = np.repeat(patterns, 6, axis=0) + rng.normal(0, 0.4, (36, 1, 28, 24))
    images = images.astype(np.float32)

    def gap(network):
        scores = network.forward(images) @ network.forward(images).T
        same = person[:, None] == person
        return scores[same].mean() - scores[~same].mean()

    before = gap(embedding_network((28, 24), 0, 16))
    trained = embedding_network((28, 24), 0, 16)
    losses = train_embedding(trained, images, person, loss=loss, epochs=40, rng=0, rate=0.02, shift=0)
    assert gap(trained) > before + 0.3
    assert losses[-1] < losses[0]
    again = embedding_network((28, 24), 0, 16)
    np.testing.assert_array_equal(
        train_embedding(again, images, person, loss=loss, epochs=2, rng=0, rate=0.02, shift=0),
        train_embedding(
            embedding_network((28, 24), 0, 16), images, person, loss=loss, epochs=2, rng=0, rate=0.02, shift=0
        ),
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: triplet_loss(unit_rows(), np.arange(8)), "holds no triplet"),
        (lambda: triplet_loss(unit_rows(), np.zeros(8, int)), "holds no triplet"),
        (lambda: contrastive_loss(unit_rows(1), np.array([0])), "1 rows and people"),
        (lambda: contrastive_loss(unit_rows(), PERSON[:7]), r"8 rows and people int64 of shape \(7,\)"),
        (lambda: cosface_loss(unit_rows(), Parameter.of(unit_rows(3, 4)), PERSON), r"wanted \(people, 5\)"),
        (lambda: cosface_loss(unit_rows(), Parameter.of(unit_rows(2, 5)), PERSON), "integers from 0 to 1"),
        (
            lambda: train_embedding(Sequential([]), np.zeros((4, 1, 9, 9)), PERSON[:4], loss="arc", epochs=1, rng=0),
            "no loss 'arc'; there are cosface",
        ),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_varied_faces_keep_their_shape_and_differ_each_time():
    images = np.stack([cv2.resize(np.random.default_rng(i).normal(size=(5, 4)), (24, 28)) for i in range(4)])
    images = images[:, None].astype(np.float32)
    one, other = (varied(images, np.random.default_rng(seed)) for seed in (0, 1))
    assert one.shape == images.shape
    assert one.dtype == np.float32
    assert not np.allclose(one, other)
    np.testing.assert_array_equal(one, varied(images, np.random.default_rng(0)))
    flat = np.full((3, 1, 9, 9), 2.0, np.float32)
    assert np.ptp(varied(flat, np.random.default_rng(2)), axis=(1, 2, 3)).max() < 1e-5  # the edge comes in, not black
    assert varied(flat, np.random.default_rng(2)).min() >= 1.6


def test_a_face_and_its_mirror_image_have_one_template():
    network = embedding_network((28, 24), 0, 8)
    images = np.random.default_rng(0).normal(size=(5, 1, 28, 24)).astype(np.float32)
    templates = embed(network, images)
    np.testing.assert_allclose(templates, embed(network, images[:, :, :, ::-1]), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(templates, axis=1), 1, atol=1e-6)
