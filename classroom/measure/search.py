"""What a search costs and what it finds: exact, in fewer bits, in fewer places; and spread over two worker processes.

The gallery is people who don't exist (facelab.synthetic), with LFW's real people among them who have a second image:
that is searched for. One thread each; a query's cost is CPU time, so that other work on the machine doesn't count.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import distributed
import faiss
import numpy as np
import psutil
from distributed import Client, LocalCluster
from threadpoolctl import threadpool_limits

from classroom.course import CourseError
from classroom.measure import gallery, lfw, store
from facelab import sharding
from facelab.embedding import SFaceEmbedder
from facelab.search import BLOCK, ExactIndex, FaissIndex, Int8Index, ProductQuantizer, recall_at_1, rerank
from facelab.synthetic import load_mixture

COMMAND = "course measure search"
PLANTED = 500
MILLION, HUNDRED_THOUSAND = 1_000_000, 100_000
BATCHES = (1, 64, 256)
TOP = 10
CANDIDATES = 100
LEARN_FROM = 50_000
BUILD_LIMIT = 600  # seconds
SHARDED, SHARDS = 200_000, 2
SEARCH = sharding.Shard.search
COLUMNS = (
    "method", "n", "batch", "threads", "recall_at_1", "queries_per_second", "bytes_per_item", "build_seconds",
)  # fmt: skip


def planted(archive: Path) -> tuple[np.ndarray, np.ndarray]:
    """Templates of the first PLANTED people with two images in LFW: of their first images, and of their second."""
    with zipfile.ZipFile(archive) as members:
        pairs = lfw.parse_pairs(members.read("pairs.txt").decode())
    first, second = gallery.first_and_second(pairs.person)
    left_out = [later for _, later in gallery.TWO_NAMES + gallery.ONE_FACE]
    second = second[~np.isin(pairs.person[second], left_out)][:PLANTED]
    first = first[np.searchsorted(pairs.person[first], pairs.person[second])]
    files = [pairs.files[i] for i in np.concatenate([first, second])]
    templates = SFaceEmbedder().embed(list(lfw.read_images(archive, files))).templates
    return templates[: len(first)], templates[len(first) :]


def with_planted(n: int, people: np.ndarray) -> np.ndarray:
    """A gallery of n: synthetic people, with the planted ones spread evenly among them."""
    templates = load_mixture().templates(n, 0)
    templates[:: n // len(people)][: len(people)] = people
    return templates


def speed(search: Callable[[np.ndarray], object], probes: np.ndarray, batch: int) -> float:
    """Queries a second of CPU time, a batch at a time: the best of several batches, for a second or so."""
    batches = [probes[i : i + batch] for i in range(0, len(probes) - batch + 1, batch)]
    best, spent = np.inf, 0.0
    for turn in range(24):
        start = time.process_time()
        search(batches[turn % len(batches)])
        seconds = time.process_time() - start
        best, spent = min(best, seconds), spent + seconds
        if spent > 1.5 and turn >= 2:
            break
    return float(f"{batch / best:.3g}")


class Bench:
    """A gallery of n with its exact answers; makes the table's rows."""

    def __init__(self, n: int, people: np.ndarray, probes: np.ndarray):
        self.n, self.probes = n, probes
        self.templates = with_planted(n, people)
        self.exact = ExactIndex().fit(self.templates)
        self.truth, _ = self.exact.search(probes, TOP)
        self.own = (np.arange(len(people)) * (n // len(people)))[: len(probes)]
        self.recalls: dict[str, float] = {}
        print(f"  {n:,}: the own template comes first in {np.mean(self.truth[:, 0] == self.own):.3f} of the searches")

    def row(self, method: str, search, batch: int, size: float | None, build: float | None) -> list:
        """A row: recall on all probes, speed in batches."""
        if method not in self.recalls:  # it doesn't depend on the batch
            self.recalls[method] = recall_at_1(search(self.probes)[0], self.truth)
        row = [method, self.n, batch, 1, self.recalls[method], speed(search, self.probes, batch), size, build]
        print(" ", row)
        return row

    def build(self, index, **how) -> float:
        """Fit an index to the gallery; CPU seconds that it took."""
        start = time.process_time()
        index.fit(self.templates, **how)
        return float(f"{time.process_time() - start:.3g}")


def exact(small: Bench, large: Callable[[], Bench]) -> Iterator[list]:
    """Exact search, ours and FAISS's, and what merely reading the gallery costs."""
    for bench in (small, large()):
        flat = FaissIndex("Flat")
        build = bench.build(flat)
        for batch in BATCHES:
            yield bench.row("numpy exact", lambda p, b=bench: b.exact.search(p, TOP), batch, 512, None)
            yield bench.row("faiss Flat", lambda p, f=flat: f.search(p, TOP), batch, flat.bytes_per_item, build)
            if batch == 1:
                rate = speed(lambda p, b=bench: b.templates @ p[0], bench.probes, 1)
                yield ["matrix-vector product", bench.n, 1, 1, None, rate, 512, None]


def fewer_bits(small: Bench, large: Callable[[], Bench]) -> Iterator[list]:
    """One byte a coordinate, and the lesson's own product quantiser."""
    for bench in (small, large()):
        index = Int8Index()
        build = bench.build(index)
        for batch in (1, 256):
            yield bench.row("numpy int8", lambda p, i=index: i.search(p, TOP), batch, 128, build)
    for parts in (16, 64):
        quantiser = ProductQuantizer(parts)
        build = small.build(quantiser)
        size = quantiser.bytes_per_item
        yield small.row(f"numpy PQ{parts}", lambda p, q=quantiser: q.search(p, TOP), 64, size, build)
        yield small.row(f"numpy PQ{parts} re-ranked", reranked(small, quantiser), 64, size + 512, build)


def reranked(bench: Bench, index):
    """A search that compares the index's best hundred anew by their full templates."""
    return lambda p: rerank(bench.templates, p, index.search(p, CANDIDATES)[0], TOP)


def fewer_places(small: Bench, large: Callable[[], Bench]) -> Iterator[list]:
    """Inverted lists with product codes, with and without the full templates kept for a second look."""
    bench = large()
    for recipe in ("IVF1024,PQ16", "IVF1024,PQ64"):
        index = FaissIndex(recipe)
        build = bench.build(index, learn_from=LEARN_FROM)
        size = index.bytes_per_item
        for effort in (4, 16, 64, 256):
            index.effort = effort
            name = f"faiss {recipe} visits {effort}"
            yield bench.row(name, lambda p, i=index: i.search(p, TOP), 64, size, build)
            yield bench.row(f"{name} re-ranked", reranked(bench, index), 64, size + 512, build)


def graphs(small: Bench, large: Callable[[], Bench]) -> Iterator[list]:
    """A navigable graph, at 100,000 and, if that can be expected to take ten minutes at most, at a million."""
    build = 0.0
    for bench in (lambda: small, large):
        if build * 10 * np.log(MILLION) / np.log(HUNDRED_THOUSAND) > BUILD_LIMIT:
            print(f"  a million would take longer than {BUILD_LIMIT} s")
            return
        built = bench()
        index = FaissIndex("HNSW32")
        build = built.build(index)
        size = index.bytes_per_item
        for effort in (16, 64, 256, 1024):
            index.effort = effort
            yield built.row(f"faiss HNSW32 effort {effort}", lambda p, i=index: i.search(p, TOP), 64, size, build)


GROUPS = {"exact": exact, "fewer bits": fewer_bits, "fewer places": fewer_places, "graphs": graphs}
STARTS = {
    "exact": ("numpy exact", "faiss Flat", "matrix-vector"),
    "fewer bits": ("numpy int8", "numpy PQ"),
    "fewer places": ("faiss IVF",),
    "graphs": ("faiss HNSW",),
}


def main(options: argparse.Namespace) -> None:
    """Write search.csv (with --only, the named groups anew and the other rows as they are) and sharding.csv."""
    wanted = options.only or [*GROUPS, "sharding"]
    if unknown := set(wanted) - {*GROUPS, "sharding"}:
        raise CourseError(f"nothing called {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}, sharding.")
    if groups := [name for name in GROUPS if name in wanted]:
        people, probes = planted(store.outside(options.data, lfw.ARCHIVE, "LFW (View 2)"))
        with threadpool_limits(1):
            compare(groups, people, probes)
    if "sharding" in wanted:
        with threadpool_limits(1):
            write_sharding()


def compare(groups: list[str], people: np.ndarray, probes: np.ndarray) -> None:
    """Measure the groups; every finished one is written at once, beside the rows of the others."""
    small, made = Bench(HUNDRED_THOUSAND, people, probes), []

    def large() -> Bench:
        if not made:
            made.append(Bench(MILLION, people, probes))
        return made[0]

    for group in groups:
        rows = {name: kept_rows(STARTS[name]) for name in GROUPS}
        rows[group] = list(GROUPS[group](small, large))
        protocol = [
            "a gallery of n: synthetic people from impostor_mixture.npz, and among them the first images of "
            f"{len(people)} of LFW's people, whose second images are searched for, the best {TOP}; 128 numbers float32",
            "recall_at_1: share whose first is the exact search's first; queries_per_second, build_seconds: of CPU "
            "time on one thread (wall time of an idle core), the best batch; numpy and FAISS in one process",
            f"re-ranked: the best {CANDIDATES} compared anew by full templates, whose 512 bytes are then counted; "
            f"visits: cells of 1,024; what is learned, from {LEARN_FROM:,} templates",
            "matrix-vector product: one product of the gallery with one probe, which reads it once: 512 n bytes; "
            f"faiss {faiss.__version__}",
        ]
        store.write_table("search", COMMAND, protocol, COLUMNS, [row for part in rows.values() for row in part])


def kept_rows(starts: tuple[str, ...]) -> list[list]:
    """The stored table's rows of the methods whose names start so."""
    return [row for row in store.stored_rows("search") if row[0].startswith(starts)]


def timed(search: Callable, *arguments) -> tuple:
    """What a search found, and the CPU seconds that it took the thread it ran in."""
    start = time.thread_time()
    found = search(*arguments)
    return found, time.thread_time() - start


def search_array(templates: np.ndarray, probes: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Search an array as it came over the network, wherever it lies in memory."""
    index = ExactIndex()
    index.templates = templates
    return index.search(probes, k)


def sharded_search(client: Client, templates: np.ndarray, folder: Path, probes: np.ndarray) -> Iterator[list]:
    """Rows of sharding.csv: how the shards came to the workers, batch by batch, beside one process."""
    one = ExactIndex().fit(templates)
    paths = sharding.write_shards(templates, folder, SHARDS)
    index = sharding.ShardedIndex(client).load(paths)
    workers = sorted(client.scheduler_info(n_workers=-1)["workers"])
    first = np.cumsum([0, *(len(np.load(path, mmap_mode="r")) for path in paths[:-1])])
    sent = [client.scatter(np.load(p), hash=False, workers=[w]) for p, w in zip(paths, workers, strict=True)]

    def scattered(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = client.gather([client.submit(search_array, part, some, TOP, pure=False) for part in sent])
        return sharding.merge([r + f for (r, _), f in zip(found, first, strict=True)], [s for _, s in found], TOP)

    def in_tasks(search: Callable, parts: list, some: np.ndarray) -> float:
        found = client.gather([client.submit(timed, search, part, some, TOP, pure=False) for part in parts])
        return float(np.mean([seconds for _, seconds in found]))

    for batch in BATCHES:
        some = probes[:batch]
        want = one.search(some, TOP)
        ways = {
            "one process": (lambda s=some: one.search(s, TOP), lambda s=some: timed(one.search, s, TOP)[1]),
            "loaded": (lambda s=some: index.search(s, TOP), lambda s=some: in_tasks(SEARCH, index.shards, s)),
            "scattered": (lambda s=some: scattered(s), lambda s=some: in_tasks(search_array, sent, s)),
        }
        for way, (search, cpu) in ways.items():
            got, cpus, walls = search(), [], []
            for _ in range(7):
                cpus.append(cpu())
                began = time.perf_counter()
                search()
                walls.append(time.perf_counter() - began)
            same = np.array_equal(got[0], want[0]) and np.allclose(got[1], want[1], atol=1e-6)
            bits = np.array_equal(got[1], want[1])
            peak = None if way == "one process" else max(c.peak_bytes for c in client.run(sharding.cost).values()) / 1e6
            yield [way, batch, int(same), int(bits), min(cpus), min(walls), peak]


def write_sharding() -> None:
    """Write sharding.csv: a cluster of two single-thread worker processes, and one of them killed in mid-search."""
    templates = load_mixture().templates(SHARDED, 0)
    probes = load_mixture().second_images(templates[: BATCHES[-1]], np.full(BATCHES[-1], 0.66), 1)
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(SHARDS, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL) as cluster,
        Client(cluster) as client,
    ):
        rows = list(sharded_search(client, templates, Path(folder), probes))
        index = sharding.ShardedIndex(client).load(sorted(Path(folder).glob("*.npy")))
        killed = threading.Timer(0.05, psutil.Process(next(iter(client.run(os.getpid).values()))).kill)
        killed.start()
        began = time.perf_counter()
        got = index.search(np.tile(probes, (16, 1)), TOP)
        seconds = time.perf_counter() - began
    want = ExactIndex().fit(templates).search(np.tile(probes, (16, 1)), TOP)
    same, bits = (int(np.array_equal(a, b)) for a, b in zip(got, want, strict=True))
    rows.append(["a worker killed", 16 * len(probes), same, bits, None, seconds, None])
    for row in rows:
        print(" ", row)
    protocol = [
        f"{SHARDED:,} synthetic templates in {SHARDS} shards, best {TOP}; dask.distributed, {SHARDS} worker processes "
        "of one thread on one machine; loaded: each worker reads its shard from a file; scattered: the client sends it",
        "same: the rows of one process, and its scores to 1e-6; to_the_last_bit: its scores exactly",
        "cpu_seconds: of the search itself, in one process or a worker (mean of both), least of seven; seconds: wall "
        "time of the whole search, least of seven, on a machine that had other work: read it as a ratio",
        "peak_megabytes: the most memory a worker held, Python and numpy included (a shard is "
        f"{SHARDED // SHARDS * 512 / 1e6:.0f})",
        f"cuts fall on multiples of {BLOCK:,} rows; distributed {distributed.__version__}",
    ]
    columns = ("way", "batch", "same", "to_the_last_bit", "cpu_seconds", "seconds", "peak_megabytes")
    store.write_table("sharding", COMMAND, protocol, columns, rows)
