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

from benchmarks.table import Row, show, time_row
from facelab.datasets import load_orl
from facelab.eigenfaces import Eigenfaces, by_svd

PART = "eigenfaces"
LIBRARIES = ("numpy", "scipy", "scikit-learn")
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


def compare(X: np.ndarray, threads: int, rounds: int) -> list[Row]:
    """The rows of one precision and one number of BLAS threads; every solver's time is printed."""
    centred = X - X.mean(axis=0)
    methods = {OURS: lambda: Eigenfaces(K).fit(X), "facelab, by_svd": lambda: by_svd(centred, K)}
    for solver in SOLVERS:
        methods[f"scikit-learn, {solver}"] = lambda solver=solver: PCA(K, svd_solver=solver, random_state=0).fit(X)
    with threadpool_limits(threads, user_api="blas"):
        times = best_times(methods, rounds)
        apart = difference(Eigenfaces(K).fit(X), PCA(K, svd_solver="full").fit(X))
    print(f"\n{X.dtype}, {threads} BLAS thread{'s' * (threads > 1)}, load {psutil.getloadavg()[0]:.1f}")
    for name, seconds in times.items():
        print(f"  {name:<26}{1e3 * seconds:8.1f} ms{seconds / times[OURS]:7.1f} x")
    fastest = min((name for name in times if name.startswith("scikit-learn")), key=times.get)
    what = f"{K} components of {len(X)} images, {X.dtype}, {threads} BLAS thread{'s' * (threads > 1)}"
    wanted = X.dtype == np.float64 and threads == 2
    rows = [
        time_row(PART, what, "ms", 1e3 * times[OURS], fastest, 1e3 * times[fastest], "ratio >= 8" if wanted else "")
    ]
    if threads == 2:
        what = f"difference from scikit-learn's full solver, {X.dtype}"
        bounds = ("<= 1e-06", "<= 1e-08") if wanted else ("", "")
        units = ("of a component's entry", "of a variance, relative")
        rows += [Row(PART, what, u, d, budget=bound) for u, d, bound in zip(units, apart, bounds, strict=True)]
    show(rows)
    return rows


def measure(rounds: int = 3) -> list[Row]:
    """The rows of both precisions, with two BLAS threads and with one."""
    return [row for dtype in (np.float64, np.float32) for n in (2, 1) for row in compare(faces(dtype), n, rounds)]


def faces(dtype: type) -> np.ndarray:
    """The first five images of each ORL person, (200, 10304)."""
    orl = load_orl()
    return orl.images[orl.shot < 5].reshape(200, -1).astype(dtype)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--covariance", action="store_true", help="time covariance_eigh as well, once (minutes, 3 GB)")
    options = parser.parse_args()
    measure(options.rounds)
    if options.covariance:
        start = time.perf_counter()
        PCA(K, svd_solver="covariance_eigh").fit(faces(np.float64))
        print(f"\nfloat64, scikit-learn, covariance_eigh, once: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
