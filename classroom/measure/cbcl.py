"""Face or not, on CBCL's windows: four classifiers on the same three splits by blocks of neighbours."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from skimage.feature import hog
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from classroom.measure.store import write_table
from facelab import cnn
from facelab.datasets import load_cbcl, split_by_block
from facelab.haar import AdaBoost
from facelab.images import as_vectors, standardise
from facelab.verification import eer, tmr_at_fmr

DRAWS = 3
RUNS = 3  # of each method on each draw: a network that starts from other random numbers ends elsewhere
SHARE = 0.2
ROUNDS = 100
EPOCHS = 30
COLUMNS = ("method", "draw", "accuracy", "eer", "tmr_at_1e-2", "seconds")

# learn(images, is_face, seed) returns a function from images (M, 19, 19) to scores (M,), above 0 for a face
Learn = Callable[[np.ndarray, np.ndarray, int], Callable[[np.ndarray], np.ndarray]]


def haar_boosting(images: np.ndarray, is_face: np.ndarray, seed: int):
    return AdaBoost.fit(images, is_face, ROUNDS, rng=np.random.default_rng(seed)).decision_function


def hog_svm(images: np.ndarray, is_face: np.ndarray, seed: int):
    def describe(windows: np.ndarray) -> np.ndarray:
        return np.stack([hog(w, orientations=9, pixels_per_cell=(4, 4), cells_per_block=(2, 2)) for w in windows])

    return after(describe, LinearSVC(random_state=seed).fit(describe(images), is_face).decision_function)


def mlp(images: np.ndarray, is_face: np.ndarray, seed: int):
    def describe(windows: np.ndarray) -> np.ndarray:
        return standardise(as_vectors(windows))

    model = MLPClassifier(64, random_state=seed).fit(describe(images), is_face)
    return after(describe, lambda x: model.predict_proba(x)[:, 1] - 0.5)


def network(images: np.ndarray, is_face: np.ndarray, seed: int):
    model = cnn.face_network(seed)
    cnn.train(model, cnn.standardise_windows(images), is_face, epochs=EPOCHS, rng=seed)
    return after(cnn.standardise_windows, lambda x: cnn.predict(model, x).ravel())


def after(describe: Callable, decide: Callable) -> Callable[[np.ndarray], np.ndarray]:
    return lambda windows: decide(describe(windows))


METHODS: dict[str, Learn] = {
    "Haar boosting": haar_boosting,
    "HOG + linear SVM": hog_svm,
    "MLP": mlp,
    "CNN": network,
}


def rates(learn: Learn, images: np.ndarray, is_face: np.ndarray, draw: int) -> tuple[float, float, float, float]:
    """Accuracy, EER and TMR at FMR 1 % on one draw's test blocks, and the CPU seconds to learn: means of RUNS runs."""
    learned, test = split_by_block(is_face, SHARE, draw)
    runs = []
    for seed in range(RUNS):
        with threadpool_limits(1):
            start = time.process_time()
            decide = learn(images[learned], is_face[learned], seed)
            seconds = time.process_time() - start
            scores = decide(images[test])
        faces, others = scores[is_face[test]], scores[~is_face[test]]
        right = (scores > 0) == is_face[test]
        runs.append((right.mean(), eer(faces, others), tmr_at_fmr(faces, others, 0.01), seconds))
    *means, seconds = np.mean(runs, axis=0)
    # two digits of a time are all that another run will confirm
    return *map(float, means), float(f"{seconds:.2g}")


def main(options: argparse.Namespace) -> None:
    """Write cbcl.csv and print each method's mean."""
    cbcl = load_cbcl()
    rows = [
        [method, draw, *rates(learn, cbcl.images, cbcl.is_face, draw)]
        for method, learn in METHODS.items()
        for draw in tqdm(range(DRAWS), desc=method, unit="draw")
    ]
    protocol = [
        f"CBCL's training part, 6,977 windows; {DRAWS} draws of split_by_block(is_face, {SHARE}, draw): blocks of 100 "
        "neighbours, a fifth of each class's blocks to test on, the others to learn from",
        f"each row is the mean of {RUNS} runs on one draw, which differ in the seed from which learning starts",
        f"Haar boosting: {ROUNDS} stumps, the best of 500 features drawn afresh each round; HOG: 9 orientations, cells "
        "of 4 x 4 pixels, blocks of 2 x 2 cells, 324 numbers; MLP: scikit-learn's, 64 hidden units; windows "
        "standardised",
        f"CNN: facelab.cnn.face_network, 5,977 parameters, {EPOCHS} epochs, standardised windows, augmented",
        "accuracy at score 0; EER and TMR (share of faces found) at FMR .01 (share of others taken for faces) over all "
        "thresholds; seconds: CPU time to learn, features included, one thread",
    ]
    write_table("cbcl", "course measure cbcl", protocol, COLUMNS, rows)
    for method in METHODS:
        accuracy, error = np.array([row[2:4] for row in rows if row[0] == method]).T
        print(f"  {method}: accuracy {accuracy.mean():.4f} ({accuracy.min():.4f} to {accuracy.max():.4f}), EER "
              f"{error.mean():.4f} ({error.min():.4f} to {error.max():.4f})")  # fmt: skip
