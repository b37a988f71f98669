"""How fast is exact search in numpy blocks beside FAISS's exact index, and is the answer the same?

    python benchmarks/search.py [--rounds N] [--million]

Both get the same templates in the same process, on one thread and on two: read the ratios, the searches a second are
this machine's. The methods take turns, --rounds times, and the best turn of each counts. The row "matrix-vector
product" is one product of the gallery with one probe: what merely reading the gallery costs. With --million the
gallery has a million templates (1 GB of memory, minutes) beside a hundred thousand. Approximate indexes take long to
build: `course measure search` measures them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from facelab.search import ExactIndex, FaissIndex, Int8Index, recall_at_1
from facelab.synthetic import load_mixture

BATCHES = (1, 64, 256)
TOP = 10
OURS, THEIRS, STREAM = "facelab, ExactIndex", "FAISS, Flat", "matrix-vector product"


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


def compare(n: int, threads: int, rounds: int) -> None:
    """Print the table of one size of gallery and one number of threads."""
    mixture = load_mixture()
    templates = mixture.templates(n, 0)
    probes = mixture.second_images(templates[: max(BATCHES)], np.full(max(BATCHES), 0.66), 1)
    exact, flat, coarse = (index.fit(templates) for index in (ExactIndex(), FaissIndex("Flat"), Int8Index()))
    with threadpool_limits(threads):
        print(f"\n{n:,} templates, {threads} thread{'s' * (threads > 1)}, load {psutil.getloadavg()[0]:.1f}")
        for batch in BATCHES:
            some = probes[:batch]
            methods = {
                OURS: lambda some=some: exact.search(some, TOP),
                THEIRS: lambda some=some: flat.search(some, TOP),
                "facelab, Int8Index": lambda some=some: coarse.search(some, TOP),
            }
            if batch == 1:
                methods[STREAM] = lambda: templates @ probes[0]
            times = best_times(methods, rounds)
            for name, seconds in times.items():
                ratio = times[THEIRS] / seconds
                print(f"  {batch:>3} at a time  {name:<24}{batch / seconds:10.1f} a second{ratio:7.2f} x FAISS's")
        same = (exact.search(probes, TOP)[0] == flat.search(probes, TOP)[0]).mean()
        recall = recall_at_1(coarse.search(probes)[0], exact.search(probes)[0])
        print(f"  rows equal to FAISS's: {same:.2%}; recall@1 of one byte a coordinate: {recall:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="a gallery of a million, too (1 GB, minutes)")
    options = parser.parse_args()
    for n in (100_000, 1_000_000) if options.million else (100_000,):
        for threads in (1, 2):
            compare(n, threads, options.rounds)


if __name__ == "__main__":
    main()
