"""A search spread over worker processes: the answer of one process, also when a worker is killed or a file is lost."""

import logging
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import psutil
import pytest
from distributed import Client, LocalCluster

from facelab import sharding
from facelab.search import BLOCK, ExactIndex
from facelab.sharding import Shard, ShardedIndex, write_shards
from facelab.synthetic import load_mixture
from facelab.tables import results


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def gallery():
    """200,000 templates and 64 probes, as the issue of this lesson asks."""
    templates = load_mixture().templates(200_000, 0)
    return templates, load_mixture().second_images(templates[::3125], np.full(64, 0.6), 1)


def assert_same(got, want):
    np.testing.assert_array_equal(got[0], want[0])
    np.testing.assert_array_equal(got[1], want[1])


def test_the_answer_of_one_process_though_a_worker_is_killed(client, gallery, tmp_path):
    templates, probes = gallery
    want = ExactIndex().fit(templates).search(probes, 10)
    index = ShardedIndex(client).load(write_shards(templates, tmp_path, 2))
    where = client.who_has(index.shards)
    assert len({tuple(w) for w in where.values()}) == 2  # a shard a worker
    assert_same(index.search(probes, 10), want)
    victim = next(iter(client.run(os.getpid).values()))
    threading.Timer(0.05, psutil.Process(victim).kill).start()
    rows, scores = index.search(np.tile(probes, (24, 1)), 10)  # more than one task a shard
    np.testing.assert_array_equal(rows, np.tile(want[0], (24, 1)))
    np.testing.assert_allclose(scores, np.tile(want[1], (24, 1)), atol=1e-6)
    assert victim not in client.run(os.getpid).values()
    assert_same(index.search(probes, 10), want)


def test_more_shards_than_workers_and_ties(client, tmp_path):
    rng = np.random.default_rng(0)
    templates, probes = rng.integers(-1, 2, (50, 3)), rng.integers(-1, 2, (7, 3))
    index = ShardedIndex(client).load(write_shards(templates, tmp_path, 5))
    assert_same(index.search(probes, 20), ExactIndex().fit(templates).search(probes, 20))


def test_shards_are_aligned_where_they_are_searched(client, gallery, tmp_path):
    index = ShardedIndex(client).load(write_shards(gallery[0][:2000], tmp_path, 2))
    aligned = client.gather([client.submit(lambda s: s.index.templates.flags.aligned, s) for s in index.shards])
    assert aligned == [True, True]


def test_a_shard_travels_as_its_path(tmp_path):
    path = write_shards(np.eye(300), tmp_path, 1)[0]
    shard = Shard(path, 7)
    sent = pickle.dumps(shard)
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent).search(np.eye(300)[:1], 1)[0], [[7]])
    assert shard.__sizeof__() == 300 * 300 * 4


def test_cuts_fall_between_blocks(tmp_path):
    n = 3 * BLOCK + 10
    paths = write_shards(np.ones((n, 1)), tmp_path, 2)
    assert [len(np.load(p)) for p in paths] == [2 * BLOCK, n - 2 * BLOCK]


def test_a_file_that_is_lost(client, tmp_path):
    paths = write_shards(np.eye(6), tmp_path, 2)
    paths[1].unlink()
    with pytest.raises(FileNotFoundError, match="shard_0001.npy is not there"):
        ShardedIndex(client).load(paths)
    with pytest.raises(FileNotFoundError, match="Does this worker see the folder"):
        client.submit(Shard, str(paths[1]), 3, pure=False).result()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda folder: write_shards(np.ones((2, 2)), folder, 3), "3 shards of 2 templates; wanted 1 to 2"),
        (lambda folder: write_shards(np.full((2, 2), np.nan), folder, 1), "2 of 2 templates hold NaN"),
        (lambda folder: Shard(_file(folder, b"no array"), 0), "bad.npy holds no gallery"),
        (lambda folder: ShardedIndex(None).load([_file(folder, b"no array")]), "bad.npy holds no gallery"),
        (lambda folder: ShardedIndex(None).load([_array(folder, np.ones(3))]), r"holds an array of shape \(3,\)"),
        (
            lambda folder: ShardedIndex(None).load([_array(folder, np.ones((1, d)), str(d)) for d in (2, 3)]),
            r"must be of one size, got \[2, 3\]",
        ),
    ],
)
def test_bad_input(act, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        act(tmp_path)


def test_a_search_that_doesnt_fit(client, tmp_path):
    index = ShardedIndex(client).load(write_shards(np.eye(6), tmp_path, 2))
    with pytest.raises(ValueError, match="k=7 must be between 1 and the number of templates, 6"):
        index.search(np.ones((1, 6)), 7)
    with pytest.raises(ValueError, match=r"shape \(m, 6\)"):
        index.search(np.ones((1, 5)), 1)
    with pytest.raises(ValueError, match="1 of 1 probes hold NaN"):
        index.search(np.full((1, 6), np.nan), 1)


def test_cost_counts_this_process():
    before = sharding.cost()
    np.ones((300, 300)) @ np.ones((300, 300))
    after = sharding.cost()
    assert after.cpu_seconds >= before.cpu_seconds > 0
    assert after.peak_bytes > 10e6


def test_cost_leaves_out_what_the_parent_process_holds():
    held = np.ones(50_000_000)
    code = "from facelab import sharding; print(sharding.cost().peak_bytes)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 10e6 < int(child.stdout) < held.nbytes


def test_stored_sharding_table():
    """Same answers, less work for each worker, and shards that lie aligned in the worker that loaded them."""
    table = results("sharding")
    assert (table["same"] == 1).all()
    assert (table["to_the_last_bit"][table["way"] == "loaded"] == 1).all()
    cpu = {(r["way"], r["batch"]): r["cpu_seconds"] for r in table}
    assert cpu["loaded", 256] <= 0.75 * cpu["one process", 256]
    assert cpu["scattered", 1] >= 3 * cpu["loaded", 1]
    assert (table["way"] == "a worker killed").any()


def _file(folder, content):
    (folder / "bad.npy").write_bytes(content)
    return folder / "bad.npy"


def _array(folder, array, name="x"):
    np.save(folder / f"{name}.npy", array)
    return folder / f"{name}.npy"
