"""One search spread over many machines: each holds a part of the gallery, and the answers are merged.

Lesson 11 uses it.

It runs on Dask's `distributed`. What is a cluster of two processes here is one of a thousand machines if the client is
given their scheduler's address; nothing else changes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from distributed import Client

from facelab.search import BLOCK, PROBES, ExactIndex, as_gallery, as_probes, merge


class Shard:
    """A part of the gallery that lives in a file, and in the memory of the worker that searches it.

    Parameters: path of an npy file of templates (n, d), as the worker sees it; first, its first row's number in the
    whole gallery.
    Raises: FileNotFoundError or ValueError, saying which file, if it isn't there or isn't an array of templates.

    A shard that Dask has to move, because its worker died, travels as its path and is loaded anew: an array that comes
    over the network lies unaligned in memory, and numpy copies it before every product.
    """

    def __init__(self, path: str | Path, first: int):
        self.path, self.first = Path(path), first
        if not self.path.is_file():
            raise FileNotFoundError(f"Shard: {self.path} is not there. Does this worker see the folder of the shards?")
        try:
            self.index = ExactIndex().fit(np.load(self.path, allow_pickle=False))
        except (ValueError, EOFError) as problem:
            raise ValueError(f"Shard: {self.path} holds no gallery of templates: {problem}") from None

    def __reduce__(self) -> tuple:
        return Shard, (self.path, self.first)

    def __sizeof__(self) -> int:
        return self.index.templates.nbytes

    def search(self, probes: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """As ExactIndex.search, of probes, with the rows' numbers in the whole gallery, and all rows if k is more."""
        rows, scores = self.index.search(probes, min(k, len(self.index.templates)))
        return rows + self.first, scores


def write_shards(templates: np.ndarray, folder: Path, count: int) -> list[Path]:
    """Cut a gallery, templates (n, d), into npy files in a folder, in the order of its rows, and return their paths.

    Parameters: count, how many files.

    The cuts fall between the blocks that a search works in, so that a sharded search makes the same products as one in
    a single process, and its scores are equal but for the last bit.
    Raises: ValueError as ExactIndex.fit, or if there are fewer templates than shards.
    """
    templates = as_gallery(templates)
    if not 1 <= count <= len(templates):
        raise ValueError(f"write_shards: {count} shards of {len(templates)} templates; wanted 1 to {len(templates)}.")
    folder.mkdir(parents=True, exist_ok=True)
    unit = BLOCK if len(templates) >= BLOCK * count else 1
    cuts = np.linspace(0, len(templates), count + 1)
    cuts[1:-1] = np.round(cuts[1:-1] / unit) * unit
    paths = []
    for number, (start, stop) in enumerate(zip(cuts[:-1].astype(int), cuts[1:].astype(int), strict=True)):
        paths.append(folder / f"shard_{number:04d}.npy")
        np.save(paths[-1], templates[start:stop])
    return paths


class ShardedIndex:
    """Exact search in a gallery whose shards lie in files that the workers can read.

    Parameters: client of a Dask cluster. The memory of the workers that are there must hold all shards together.
    """

    def __init__(self, client: Client):
        self.client = client

    def load(self, paths: Sequence[str | Path]) -> ShardedIndex:
        """Have the workers load the shards from their paths, spread evenly; waits until all are there.

        Raises: FileNotFoundError or ValueError, from the worker, if a file isn't there or is no gallery.
        """
        sizes = [_shape(path) for path in paths]
        if len({d for _, d in sizes}) != 1:
            raise ValueError(f"ShardedIndex: the shards' templates must be of one size, got {[d for _, d in sizes]}.")
        self.n, self.d = sum(n for n, _ in sizes), sizes[0][1]
        first = np.cumsum([0, *(n for n, _ in sizes)])
        workers = sorted(self.client.scheduler_info(n_workers=-1)["workers"])
        self.shards = [
            self.client.submit(
                Shard,
                str(path),
                int(first[i]),
                workers=[workers[i % len(workers)]],
                allow_other_workers=True,
                pure=False,
            )
            for i, path in enumerate(paths)
        ]
        self.client.gather([self.client.submit(_is_there, shard, pure=False) for shard in self.shards])
        return self

    def search(self, probes: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """As ExactIndex.search, with the same answer: of equal scores the lower row first.

        A worker that dies meanwhile costs time and no answer: Dask has another load its shards, and asks it.
        Raises: ValueError if k is out of range, or the probes don't fit; FileNotFoundError if a shard has to be loaded
        anew and its file is gone.
        """
        probes = as_probes(probes, self.d, self.n, k)
        # The probes travel inside the tasks. Scattered, they would be lost with a worker, and the search with them.
        batches = [probes[i : i + PROBES] for i in range(0, max(1, len(probes)), PROBES)]
        tasks = [[self.client.submit(Shard.search, s, some, k, pure=False) for s in self.shards] for some in batches]
        found = [merge(*map(list, zip(*parts, strict=True)), k) for parts in self.client.gather(tasks)]
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))


@dataclass(frozen=True)
class Cost:
    """What a process has used so far."""

    cpu_seconds: float  #: of all its threads
    peak_bytes: int  #: the most memory it held at once


def cost() -> Cost:
    """What the process that calls it has used; `client.run(cost)` asks every worker."""
    process = psutil.Process()
    used = process.cpu_times()
    if sys.platform == "win32":
        return Cost(used.user + used.system, process.memory_info().peak_wset)
    if sys.platform == "linux":
        # getrusage would count what the process that started this one held as well: a kernel's peak outlives exec.
        status = Path("/proc/self/status").read_text().splitlines()
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
        return Cost(used.user + used.system, peak)
    import resource  # which Windows doesn't have

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Cost(used.user + used.system, peak * (1 if sys.platform == "darwin" else 1024))


def _shape(path: str | Path) -> tuple[int, int]:
    """Rows and columns of an npy file, from its head."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"ShardedIndex: the shard {path} is not there.")
    try:
        shape = np.load(path, mmap_mode="r", allow_pickle=False).shape
    except (ValueError, EOFError) as problem:
        raise ValueError(f"ShardedIndex: {path} holds no gallery of templates: {problem}") from None
    if len(shape) != 2:
        raise ValueError(f"ShardedIndex: {path} holds an array of shape {shape}; wanted templates (n, d).")
    return shape


def _is_there(shard: Shard) -> bool:
    return shard.first >= 0
