"""How long do 80 eigenfaces of 200 ORL images take, beside each of scikit-learn's PCA solvers, and are they the same?

    python benchmarks/eigenfaces.py [--covariance]

Every method gets the same array, in this process, right after one another: read the ratios, the milliseconds are this
machine's. A time is the median of --repeats fits after one to warm up. The solver covariance_eigh builds the
10,304 x 10,304 covariance (850 MB) and takes minutes, so it is timed only with --covariance, once, and left out of
"fastest".
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from facelab.datasets import load_orl
from facelab.eigenfaces import Eigenfaces, by_svd

K = 80
SOLVERS = ("full", "randomized", "arpack", "auto")


def seconds(act: Callable[[], object], repeats: int) -> float:
    """Median time of repeats calls, after one that isn't counted."""
    act()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def difference(ours: Eigenfaces, theirs: PCA) -> tuple[float, float]:
    """Largest difference of an entry of a component, signs matched, and largest relative one of a variance."""
    signs = np.sign((ours.components_ * theirs.components_).sum(axis=1))[:, None]
    variances = ours.explained_variance_ / theirs.explained_variance_ - 1
    return float(np.abs(ours.components_ * signs - theirs.components_).max()), float(np.abs(variances).max())


def compare(X: np.ndarray, threads: int, repeats: int) -> None:
    """Print the table of one precision and one number of BLAS threads."""
    centred = X - X.mean(axis=0)
    with threadpool_limits(threads, user_api="blas"):
        own = seconds(lambda: Eigenfaces(K).fit(X), repeats)
        rows = {"facelab, by_svd": seconds(lambda: by_svd(centred, K), repeats)}
        for solver in SOLVERS:
            rows[f"scikit-learn, {solver}"] = seconds(
                lambda s=solver: PCA(K, svd_solver=s, random_state=0).fit(X), repeats
            )
        apart = difference(Eigenfaces(K).fit(X), PCA(K, svd_solver="full").fit(X))
    fastest = min(time for name, time in rows.items() if name.startswith("scikit-learn"))
    print(f"\n{X.dtype}, {threads} BLAS thread{'s' * (threads > 1)}")
    print(f"  {'facelab, Eigenfaces':<28}{1e3 * own:9.1f} ms")
    for name, time_ in rows.items():
        print(f"  {name:<28}{1e3 * time_:9.1f} ms {time_ / own:7.1f} x")
    print(f"  scikit-learn's fastest solver takes {fastest / own:.1f} times as long as Eigenfaces;")
    print(f"  against its full solver components differ by {apart[0]:.1e}, variances by {apart[1]:.1e} (relative)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--covariance", action="store_true", help="time covariance_eigh as well, once (minutes, 3 GB)")
    options = parser.parse_args()
    orl = load_orl()
    faces = orl.images[orl.shot < 5].reshape(200, -1)
    print(f"{K} components of {faces.shape[0]} images of {faces.shape[1]:,} pixels")
    for dtype in (np.float64, np.float32):
        for threads in (2, 1):
            compare(faces.astype(dtype), threads, options.repeats)
    if options.covariance:
        start = time.perf_counter()
        PCA(K, svd_solver="covariance_eigh").fit(faces.astype(np.float64))
        print(f"\nfloat64, scikit-learn, covariance_eigh, once: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
