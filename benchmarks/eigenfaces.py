"""How long do 80 eigenfaces of 200 ORL images take, beside each of scikit-learn's PCA solvers, and are they the same?

    python benchmarks/eigenfaces.py [--rounds N] [--covariance]

Every method gets the same array in the same process: read the ratios, the milliseconds are this machine's. The methods
take turns, --rounds times, five fits a turn after one to warm up, and the best fit counts, so that other work on the
machine disturbs them all alike. It must be nearly idle all the same: two BLAS threads that share a core with another
process wait for each other, and then the times say nothing (the load is printed). The solver covariance_eigh builds the
10,304 x 10,304 covariance (850 MB) and takes minutes, so it is timed only with --covariance, once, and left out of
"fastest".
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import psutil
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from facelab.datasets import load_orl
from facelab.eigenfaces import Eigenfaces, by_svd

K = 80
OURS = "facelab, Eigenfaces"
SOLVERS = ("full", "randomized", "arpack", "auto")


def best_times(methods: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each method's best fit, the methods taking turns."""
    best = dict.fromkeys(methods, float("inf"))
    for _ in range(rounds):
        for name, fit in methods.items():
            time.sleep(0.1)  # numpy's and scipy's BLAS threads wait busily for more work after a call
            fit()
            for _ in range(5):
                start = time.perf_counter()
                fit()
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def difference(ours: Eigenfaces, theirs: PCA) -> tuple[float, float]:
    """Largest difference of an entry of a component, signs matched, and largest relative one of a variance."""
    signs = np.sign((ours.components_ * theirs.components_).sum(axis=1))[:, None]
    variances = ours.explained_variance_ / theirs.explained_variance_ - 1
    return float(np.abs(ours.components_ * signs - theirs.components_).max()), float(np.abs(variances).max())


def compare(X: np.ndarray, threads: int, rounds: int) -> None:
    """Print the table of one precision and one number of BLAS threads."""
    centred = X - X.mean(axis=0)
    methods = {OURS: lambda: Eigenfaces(K).fit(X), "facelab, by_svd": lambda: by_svd(centred, K)}
    for solver in SOLVERS:
        methods[f"scikit-learn, {solver}"] = lambda solver=solver: PCA(K, svd_solver=solver, random_state=0).fit(X)
    with threadpool_limits(threads, user_api="blas"):
        times = best_times(methods, rounds)
        apart = difference(Eigenfaces(K).fit(X), PCA(K, svd_solver="full").fit(X))
    fastest = min(seconds for name, seconds in times.items() if name.startswith("scikit-learn"))
    print(f"\n{X.dtype}, {threads} BLAS thread{'s' * (threads > 1)}, load {psutil.getloadavg()[0]:.1f}")
    for name, seconds in times.items():
        print(f"  {name:<26}{1e3 * seconds:8.1f} ms{seconds / times[OURS]:7.1f} x")
    print(f"  scikit-learn's fastest solver takes {fastest / times[OURS]:.1f} times as long as Eigenfaces;")
    print(f"  against its full solver components differ by {apart[0]:.1e}, variances by {apart[1]:.1e} (relative)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--covariance", action="store_true", help="time covariance_eigh as well, once (minutes, 3 GB)")
    options = parser.parse_args()
    orl = load_orl()
    faces = orl.images[orl.shot < 5].reshape(200, -1)
    print(f"{K} components of {faces.shape[0]} images of {faces.shape[1]:,} pixels")
    for dtype in (np.float64, np.float32):
        for threads in (2, 1):
            compare(faces.astype(dtype), threads, options.rounds)
    if options.covariance:
        start = time.perf_counter()
        PCA(K, svd_solver="covariance_eigh").fit(faces.astype(np.float64))
        print(f"\nfloat64, scikit-learn, covariance_eigh, once: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
