"""Learning a distance: losses that bring pictures of one person together and push people apart, and the training.

All three losses work on embeddings of unit length, so that the squared distance of two is 2 - 2 cos. They never ask
"which of these people": what is learned is when two pictures show the same one, and that is a question which can be
asked about people never seen. Lesson 08 builds them. rng is a numpy Generator; where a network is made or trained, an
integer seed for one will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from facelab.cnn import (
    SGD,
    Conv2d,
    Dense,
    Flatten,
    Layer,
    MaxPool2d,
    Parameter,
    ReLU,
    Sequential,
    check_batch,
    check_counts,
    he_normal,
    predict,
    softmax_cross_entropy,
)

LOSSES = ("cosface", "triplet", "contrastive")
TINY = 1e-12


class UnitLength(Layer):
    """y = x / |x|, row by row: (N, D) to (N, D) of unit length.

    Backward: a change along x changes nothing, so dL/dx = (dL/dy - y (y . dL/dy)) / |x|.
    """

    def forward(self, x: np.ndarray) -> np.ndarray:
        check_batch("UnitLength", x, 2)
        self.length = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), TINY)
        self.y = x / self.length
        return self.y

    def backward(self, grad: np.ndarray) -> np.ndarray:
        return (grad - self.y * (self.y * grad).sum(axis=1, keepdims=True)) / self.length


def contrastive_loss(embeddings: np.ndarray, person: np.ndarray, margin: float = 1.0) -> tuple[float, np.ndarray]:
    """Mean over all pairs of a batch: d^2 if they show one person, else max(0, margin - d)^2, d their distance.

    Parameters: embeddings (N, D) float, of unit length; person (N,) integers; margin, the distance from which two
    people are far enough apart (unit vectors are at most 2 apart).
    Returns: the loss, and its derivative by each entry of embeddings, (N, D).
    Raises: ValueError if the shapes don't fit or N is below 2.

    Source: R. Hadsell, S. Chopra and Y. LeCun, Dimensionality reduction by learning an invariant mapping, CVPR 2006.
    """
    person = check_people("contrastive_loss", embeddings, person)
    left, right = np.triu_indices(len(person), k=1)
    apart = embeddings[left] - embeddings[right]
    distance = np.sqrt((apart**2).sum(axis=1))
    same = person[left] == person[right]
    short = np.maximum(margin - distance, 0)
    loss = np.where(same, distance**2, short**2).mean()
    # d/da of |a - b|^2 is 2 (a - b); of (margin - |a - b|)^2 it is -2 short (a - b) / |a - b|.
    factor = np.where(same, 2.0, -2 * short / np.maximum(distance, TINY)).astype(embeddings.dtype)
    pair_grad = factor[:, None] * apart / len(left)
    grad = np.zeros_like(embeddings)
    np.add.at(grad, left, pair_grad)
    np.subtract.at(grad, right, pair_grad)
    return float(loss), grad


def triplet_loss(embeddings: np.ndarray, person: np.ndarray, margin: float = 0.3) -> tuple[float, np.ndarray]:
    """Mean of d(a, p)^2 - d(a, n)^2 + margin over a batch's triplets in which it is positive.

    Parameters: as contrastive_loss. A triplet is an anchor a, a positive p of the same person and a negative n of
    another; triplets that keep the margin already teach nothing and are left out of the mean, or it would fade away as
    most come to keep it.
    Returns: the loss, 0 if every triplet keeps the margin, and its derivative by each entry of embeddings, (N, D).
    Raises: ValueError if the shapes don't fit or the batch holds no triplet.

    Source: F. Schroff, D. Kalenichenko and J. Philbin, FaceNet, CVPR 2015; the mean over violated triplets:
    A. Hermans, L. Beyer and B. Leibe, In defense of the triplet loss, 2017.
    """
    person = check_people("triplet_loss", embeddings, person)
    same = person[:, None] == person
    positive = same & ~np.eye(len(person), dtype=bool)
    if not positive.any() or same.all():
        raise ValueError(
            "triplet_loss: the batch holds no triplet; it needs two pictures of one person and one of another."
        )
    squared = 2 - 2 * embeddings @ embeddings.T  # for unit vectors
    excess = squared[:, :, None] - squared[:, None, :] + margin  # anchor, positive, negative
    violated = (excess > 0) & positive[:, :, None] & ~same[:, None, :]
    count = max(violated.sum(), 1)
    # How often each pair (a, p) pulls and each (a, n) pushes; d(a, b)^2 = 2 - 2 a.b, so its derivative by a is -2 b.
    weight = (violated.sum(axis=2) - violated.sum(axis=1)).astype(embeddings.dtype) / embeddings.dtype.type(count)
    return float(excess[violated].sum() / count), -2 * (weight + weight.T) @ embeddings


def cosface_loss(
    embeddings: np.ndarray, centres: Parameter, person: np.ndarray, scale: float = 8.0, margin: float = 0.2
) -> tuple[float, np.ndarray]:
    """Softmax cross-entropy on scale * cosines to every person's centre, the right one made harder by a margin.

    Parameters: embeddings (N, D) float, of unit length; centres, a Parameter (C, D), a direction for each person seen
    in training, of any length; person (N,) integers from 0 to C - 1; scale, how sharp the softmax is; margin, how much
    larger the cosine to one's own centre must be than to any other.
    Returns: the loss, and its derivative by each entry of embeddings, (N, D). Sets centres.grad.
    Raises: ValueError if the shapes don't fit, or as softmax_cross_entropy.

    The centres are used in training only: for a person never seen there is none, and none is needed.
    Source: H. Wang and others, CosFace: large margin cosine loss for deep face recognition, CVPR 2018.
    """
    person = check_people("cosface_loss", embeddings, person)
    if centres.value.ndim != 2 or centres.value.shape[1] != embeddings.shape[1]:
        raise ValueError(
            f"cosface_loss: centres have shape {centres.value.shape}; wanted (people, {embeddings.shape[1]})."
        )
    unit = UnitLength()
    directions = unit.forward(centres.value)
    scores = scale * (embeddings @ directions.T)
    if person.min() >= 0 and person.max() < len(directions):  # else softmax_cross_entropy says what is wrong
        scores[np.arange(len(person)), person] -= scale * margin
    loss, grad = softmax_cross_entropy(scores, person)
    centres.grad = unit.backward(scale * (grad.T @ embeddings))
    return loss, scale * (grad @ directions)


def embedding_network(shape: tuple[int, int], rng: np.random.Generator | int, dimensions: int = 64) -> Sequential:
    """A small network from a grey face (N, 1, h, w) to an embedding (N, dimensions) of unit length.

    Three times convolution, ReLU and pooling, then one dense layer that sees everything.
    Parameters: shape, h and w of the faces in pixels; rng draws the first weights; dimensions of the embedding.
    """
    rng = np.random.default_rng(rng)
    layers = [
        Conv2d(1, 12, 5, rng=rng), ReLU(), MaxPool2d(2),
        Conv2d(12, 24, 3, rng=rng), ReLU(), MaxPool2d(2),
        Conv2d(24, 48, 3, rng=rng), ReLU(), MaxPool2d(2), Flatten(),
    ]  # fmt: skip
    inputs = Sequential(layers).forward(np.zeros((1, 1, *shape), np.float32)).shape[1]
    return Sequential([*layers, Dense(inputs, dimensions, rng=rng), UnitLength()])


def varied(images: np.ndarray, rng: np.random.Generator, shift: float = 3) -> np.ndarray:
    """Faces as another photograph might have shown them: mirrored or not, moved, turned, nearer, of other contrast.

    Parameters: images (N, 1, h, w) float32, standardised; shift, pixels by which they are moved at most.
    Returns: the same shape and dtype. Each is mirrored with probability 1/2, moved by up to shift across and down,
    turned by up to 10 degrees, scaled by 0.89 to 1.13 (what comes in repeats the edge), and multiplied by 0.8 to 1.2.
    """
    n, _, height, width = images.shape
    changed = np.empty_like(images)
    degrees, logs = rng.uniform(-10, 10, n), rng.uniform(-0.12, 0.12, n)
    moves, mirrored, gain = rng.uniform(-shift, shift, (n, 2)), rng.random(n) < 0.5, rng.uniform(0.8, 1.2, n)
    for i, image in enumerate(images[:, 0]):
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees[i], np.exp(logs[i]))
        matrix[:, 2] += moves[i]
        image = image[:, ::-1] if mirrored[i] else image
        moved = cv2.warpAffine(np.ascontiguousarray(image), matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        changed[i, 0] = gain[i] * moved
    return changed


def embed(network: Sequential, images: np.ndarray) -> np.ndarray:
    """The templates (N, D), of unit length, of standardised faces: the mean of a face's and its mirror's.

    Parameters: network, as embedding_network makes it; images (N, 1, h, w) float32.

    A face and its mirror image show one person, so what tells their embeddings apart is noise; the mean halves it.
    """
    both = predict(network, images) + predict(network, images[:, :, :, ::-1])
    return UnitLength().forward(both)


def small_batches(person: np.ndarray, people: int, each: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of batches of `each` pictures of each of `people` people, so that every batch holds pairs of both kinds.

    Parameters: person (N,), whose picture each is; rng draws.

    About as many batches as see every picture once; people come in turn, their pictures by lot.
    """
    everyone = np.unique(person)
    members = {p: np.flatnonzero(person == p) for p in everyone}
    for _ in range(max(1, len(person) // (people * each))):
        chosen = rng.choice(everyone, min(people, len(everyone)), replace=False)
        yield np.concatenate([rng.choice(members[p], each, replace=len(members[p]) < each) for p in chosen])


def train_embedding(
    network: Sequential,
    images: np.ndarray,
    person: np.ndarray,
    *,
    loss: str,
    epochs: int,
    rng: np.random.Generator | int,
    rate: float = 0.05,
    momentum: float = 0.9,
    shift: float = 3,
    report: Callable[[int, float], None] | None = None,
    **settings: float,
) -> np.ndarray:
    """Train a network that ends in UnitLength, in place, by one of the three losses.

    Parameters: images (N, 1, h, w) float32, standardised; person (N,) integers, any; loss, one of LOSSES; epochs, how
    often about every image is seen; rate falls from there to 0 along half a cosine; shift, as in varied, which changes
    every image anew each time it is seen; report(epoch, mean loss), called after every epoch; settings, the loss's
    own (margin, scale); momentum as in SGD. CosFace sees batches of 60 by lot; the other two see 15 people with 4
    pictures each.
    Returns: (epochs,) float64, the mean loss of each.
    Raises: ValueError for an unknown loss, or if images and person don't fit, or the loss is no longer a number.
    """
    check_batch("train_embedding", images, 4)
    check_counts("train_embedding", epochs=epochs)
    if loss not in LOSSES:
        raise ValueError(f"train_embedding: no loss {loss!r}; there are {', '.join(LOSSES)}.")
    person = np.unique(check_people("train_embedding", images, person), return_inverse=True)[1]
    rng = np.random.default_rng(rng)
    parameters = list(network.parameters)
    if loss == "cosface":
        dimensions = network.forward(images[:1]).shape[1]
        centres = Parameter.of(he_normal((person.max() + 1, dimensions), dimensions, rng))
        parameters.append(centres)
        compute = partial(cosface_loss, centres=centres, **settings)
    else:
        compute = partial(triplet_loss if loss == "triplet" else contrastive_loss, **settings)
    optimiser, losses = SGD(parameters, momentum), np.zeros(epochs)
    # One thread, as in facelab.cnn.train: faster for products this small, and the same numbers on every machine.
    with threadpool_limits(1, user_api="blas"):
        for epoch in range(epochs):
            if loss == "cosface":
                batches = np.array_split(rng.permutation(len(images)), -(-len(images) // 60))
            else:
                batches = list(small_batches(person, 15, 4, rng))
            for step, chosen in enumerate(batches):
                value, grad = compute(network.forward(varied(images[chosen], rng, shift)), person=person[chosen])
                if not np.isfinite(value):
                    raise ValueError(
                        f"train_embedding: the loss is {value} in epoch {epoch}; is {rate} too large a rate?"
                    )
                network.backward(grad.astype(images.dtype))
                progress = (epoch + step / len(batches)) / epochs
                optimiser.step(rate * (1 + np.cos(np.pi * progress)) / 2)
                losses[epoch] += value / len(batches)
            if report is not None:
                report(epoch, losses[epoch])
    return losses


def check_people(caller: str, embeddings: np.ndarray, person: np.ndarray) -> np.ndarray:
    """person as an array; ValueError, in the name of the caller, unless embeddings has two rows and person fits."""
    person = np.asarray(person)
    if len(embeddings) < 2 or person.shape != (len(embeddings),) or person.dtype.kind not in "iu":
        raise ValueError(
            f"{caller}: {len(embeddings)} rows and people {person.dtype} of shape {person.shape}; wanted two rows or "
            "more, and one integer for each."
        )
    return person
