"""People never seen: a small embedding by each loss, beside eigenfaces and Fisherfaces, on the same draws of ORL."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from classroom.measure.store import write_table
from facelab import cnn, metric
from facelab.datasets import load_orl, split_by_person
from facelab.eigenfaces import Eigenfaces, Fisherfaces
from facelab.embedding import orl_aligned
from facelab.images import as_vectors
from facelab.verification import all_pairs, eer, similarity, standard_error, tmr_at_fmr

DRAWS = 10
LEARNED = 30
EPOCHS = 60
RATES = {"CosFace": 0.05, "triplet": 0.05, "contrastive": 0.05}
FEWER = (10, 20)  # people learned from, in place of LEARNED
COLUMNS = ("method", "draw", "accuracy", "eer", "tmr_at_1e-2", "seconds")

# learn(pictures, person, seed) gives the function from pictures (M, h, w) to templates (M, K)
Learn = Callable[[np.ndarray, np.ndarray, int], Callable[[np.ndarray], np.ndarray]]


def estimator(model: Eigenfaces | Fisherfaces) -> Learn:
    def learn(pictures: np.ndarray, person: np.ndarray, seed: int) -> Callable:
        model.fit(as_vectors(pictures), person)
        return lambda others: model.transform(as_vectors(others))

    return learn


def network(loss: str | None) -> Learn:
    """The small embedding trained by a loss of facelab.metric, or not trained at all."""

    def learn(pictures: np.ndarray, person: np.ndarray, seed: int) -> Callable:
        net = metric.embedding_network(pictures.shape[1:], seed)
        if loss:
            x = cnn.standardise_windows(pictures)
            settings = dict(loss=loss.lower(), epochs=EPOCHS, rate=RATES[loss])
            metric.train_embedding(net, x, person, rng=seed, **settings)
        return lambda others: metric.embed(net, cnn.standardise_windows(others))

    return learn


# method: (learn, whether it sees aligned faces, metric, people learned from)
METHODS: dict[str, tuple[Learn, bool, str, int]] = {
    "eigenfaces": (estimator(Eigenfaces(80)), False, "l2", LEARNED),
    "Fisherfaces": (estimator(Fisherfaces(80)), False, "cosine", LEARNED),
    "eigenfaces, aligned": (estimator(Eigenfaces(80)), True, "l2", LEARNED),
    "Fisherfaces, aligned": (estimator(Fisherfaces(80)), True, "cosine", LEARNED),
    "untrained": (network(None), True, "cosine", LEARNED),
    **{loss: (network(loss), True, "cosine", LEARNED) for loss in RATES},
    **{f"CosFace, {n} people": (network("CosFace"), True, "cosine", n) for n in FEWER},
}


def rates(method: str, draw: int) -> tuple[float, float, float, float]:
    """Accuracy, EER, TMR at FMR 1 % and CPU seconds to learn, on one draw of people."""
    learn, align, compare, people = METHODS[method]
    orl = load_orl()
    pictures = orl_aligned() if align else orl.images
    learned, unseen = split_by_person(orl.person, LEARNED, draw)
    if people < LEARNED:
        learned = learned[split_by_person(orl.person[learned], people, draw)[0]]
    with threadpool_limits(1):
        start = time.process_time()
        describe = learn(pictures[learned], orl.person[learned], draw)
        seconds = time.process_time() - start
        templates = describe(pictures[unseen])
    scores, person = similarity(templates, templates, compare), orl.person[unseen]
    genuine, impostor = all_pairs(scores, person)
    others = np.where(np.eye(len(person), dtype=bool), -np.inf, scores)
    accuracy = np.mean(person[others.argmax(axis=1)] == person)
    figures = (float(accuracy), eer(genuine, impostor), tmr_at_fmr(genuine, impostor, 0.01))
    return *figures, float(f"{seconds:.2g}")


def main(options: argparse.Namespace) -> None:
    """Write metric_learning.csv and print each method's mean EER."""
    rows = []
    for method in METHODS:
        each = [[method, draw, *rates(method, draw)] for draw in tqdm(range(DRAWS), desc=method, unit="draw")]
        errors = np.array([row[3] for row in each])
        print(f"  {method}: EER {errors.mean():.4f}, standard error {standard_error(errors):.4f}")
        rows += each
    protocol = [
        f"ORL people split apart: {LEARNED} to learn from (or as the method says), 10 never seen, all pairs of their "
        f"100 images; split_by_person(person, {LEARNED}, draw) for draw 0 to {DRAWS - 1}",
        "eigenfaces, Fisherfaces: 80 components, 92 x 112 pixels as in the ladder; aligned: by five landmarks, 56 x 56",
        f"networks: facelab.metric.embedding_network, aligned faces, {EPOCHS} epochs, rates "
        + ", ".join(f"{name} {rate}" for name, rate in RATES.items()),
        "accuracy: each of the 100 images named by the most similar of the other 99; seconds: CPU time to learn, one "
        "thread",
    ]
    write_table("metric_learning", "course measure metric_learning", protocol, COLUMNS, rows)
