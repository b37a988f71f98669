"""How fast is exact search in numpy blocks beside FAISS's exact index, and is the answer the same?

    python benchmarks/search.py [--rounds N] [--templates N ...]

Both get the same templates in the same process, on one thread and on two: read the ratios, the searches a second are
this machine's. The methods take turns, --rounds times, and the best turn of each counts. The row "matrix-vector
product" is one product of the gallery with one probe: what merely reading the gallery costs, and so the bandwidth of
the memory. A million templates are 512 MB, more than any cache holds, and take 1.4 GB with the three indexes; a hundred
thousand may stay in one. Approximate indexes take long to build: `course measure search` measures them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from benchmarks.table import Row, show, speed_row
from facelab.search import ExactIndex, FaissIndex, Int8Index, recall_at_1
from facelab.synthetic import load_mixture

PART = "search"
LIBRARIES = ("numpy", "faiss-cpu")
BATCHES = (1, 64, 256)
TOP = 10
OURS, THEIRS, CODES, STREAM = "facelab, ExactIndex", "FAISS, Flat", "facelab, Int8Index", "matrix-vector product"


def best_times(methods: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each method's best run, the methods taking turns."""
    best = dict.fromkeys(methods, float("inf"))
    for _ in range(rounds):
        for name, run in methods.items():
            time.sleep(0.1)  # BLAS threads wait busily for more work after a call
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def compare(n: int, threads: int, rounds: int) -> list[Row]:
    """The rows of one size of gallery and one number of threads."""
    mixture = load_mixture()
    templates = mixture.templates(n, 0)
    probes = mixture.second_images(templates[: max(BATCHES)], np.full(max(BATCHES), 0.66), 1)
    exact, flat, codes = (index.fit(templates) for index in (ExactIndex(), FaissIndex("Flat"), Int8Index()))
    setting = f"{n:,} templates, {threads} thread{'s' * (threads > 1)}"
    print(f"\n{setting}, load {psutil.getloadavg()[0]:.1f}")
    rows = []
    with threadpool_limits(threads):
        for batch in BATCHES:
            some = probes[:batch]
            methods = {
                OURS: lambda some=some: exact.search(some, TOP),
                THEIRS: lambda some=some: flat.search(some, TOP),
                CODES: lambda some=some: codes.search(some, TOP),
            }
            if batch == 1:
                methods[STREAM] = lambda: templates @ probes[0]
            times = best_times(methods, rounds)
            speeds = {name: batch / seconds for name, seconds in times.items()}
            for name, budget in ((OURS, "ratio >= 0.8" if batch == 64 else ""), (CODES, "")):
                what = f"{name}, {setting}, {batch} at a time"
                rows.append(speed_row(PART, what, "searches a second", speeds[name], THEIRS, speeds[THEIRS], budget))
            if batch == 1:
                what = f"{OURS}, reading {setting}"
                ours, stream = (speeds[name] * templates.nbytes / 1e9 for name in (OURS, STREAM))
                rows.append(speed_row(PART, what, "GB a second", ours, STREAM, stream, "ratio >= 0.6"))
        same = (exact.search(probes, TOP)[0] == flat.search(probes, TOP)[0]).mean()
        recall = recall_at_1(codes.search(probes)[0], exact.search(probes)[0])
    if threads == 1:
        rows.append(Row(PART, f"{OURS}, {n:,} templates", f"of what it finds is what {THEIRS} finds", float(same)))
        rows.append(Row(PART, f"{CODES}, {n:,} templates", "recall@1", float(recall), budget=">= 0.995"))
    show(rows)
    return rows


def measure(rounds: int = 5, sizes: Sequence[int] = (100_000, 1_000_000)) -> list[Row]:
    """The rows of some sizes of gallery, on one thread and on two."""
    return [row for n in sizes for threads in (1, 2) for row in compare(n, threads, rounds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--templates", type=int, nargs="+", default=[100_000, 1_000_000], metavar="N")
    options = parser.parse_args()
    measure(options.rounds, options.templates)


if __name__ == "__main__":
    main()
