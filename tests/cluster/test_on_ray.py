"""Work on Ray, on a cluster of two cores that all tests here share."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest

from latentdemo import load_model, run_chain
from latentdemo.benchmark.cluster import memory, scale
from latentdemo.checkpoints import load_trained
from latentdemo.cluster import sampling
from latentdemo.cluster.evaluation import OnCluster
from latentdemo.cluster.pool import Workers, spread, spread_by_relay
from latentdemo.cluster.sampling import sample_in_bulk
from latentdemo.cluster.shards import ShardRecord
from latentdemo.cluster.sweep import sweep_on
from latentdemo.errors import ClusterError
from latentdemo.evaluation import pieces, pipeline
from latentdemo.evaluation.features.registry import load_spaces
from latentdemo.training import TrainingSettings
from latentdemo.training.sweep import Run, Sweep, combinations, winner_of
from tests.cluster.conftest import listening
from tests.cluster.workers import dying, refusing
from tests.training.pictures import NETWORK, blobs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cluster")]

MODEL = "fashion-mnist/vae"
COUNT, SEED = 160, 5
ROOT = Path(__file__).parents[2]
# Whoever runs the tests in the background has them, and what they start, ignore interrupts.
INTERRUPTIBLE = """
import signal
from latentdemo.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""


def sampled(out: Path, **changes: object) -> dict:
    settings = {"count": COUNT, "steps": 2, "seed": SEED, "chains_a_shard": 32, "device": "cpu"} | changes
    return sample_in_bulk(MODEL, out=str(out), **settings)  # type: ignore[arg-type]


def test_chains_of_two_workers_are_those_of_one_machine_bit_for_bit(tmp_path) -> None:
    told: list[int] = []
    manifest = sampled(tmp_path / "cluster", progress=lambda done, _total: told.append(done))
    assert told[-1] == COUNT
    assert manifest == sampled(tmp_path / "here", on=None)  # checksums of all files among it

    table = pq.read_table(tmp_path / "cluster").to_pydict()
    run = run_chain(load_model(MODEL, "cpu"), count=COUNT, steps=2, seed=SEED)
    latents = np.array(table["latent"], np.float32).reshape(COUNT, 2, -1)
    assert np.array_equal(latents[:, 0], run.latents[0].numpy())
    assert np.array_equal(latents[:, 1], run.latents[2].numpy())


def test_a_worker_that_dies_loses_nothing(tmp_path, monkeypatch) -> None:
    def spread_dying(items: range, workers: Workers, _make: object, *given: object) -> Iterator[ShardRecord]:
        return spread(items, workers, dying, str(tmp_path), *given)

    monkeypatch.setattr(sampling, "spread", spread_dying)
    manifest = sampled(tmp_path / "cluster")
    assert (tmp_path / "before").exists()
    assert (tmp_path / "after").exists()
    assert manifest == sampled(tmp_path / "here", on=None)


def test_the_report_is_that_of_one_machine(monkeypatch) -> None:
    monkeypatch.setattr(pieces, "PART", 64)  # of each way there are three parts, for two workers
    monkeypatch.setattr(pipeline, "diagnose_kernels", lambda *_: {})  # which are taken on one machine
    folder = load_trained(MODEL, "cpu").folder
    assert folder is not None
    spaces = load_spaces(folder.parent.name, "cpu", beside=folder.parent)
    few = {name: spaces[name] for name in list(spaces)[:2]}
    settings = {"count": 60, "samples": 150, "seeds": (0, 1), "spaces": few, "kernels": ["decode-encode"], "steps": [1]}
    here, there = (
        pipeline.measure_model(MODEL, device="cpu", spread=spread_over, **settings).values()  # type: ignore[arg-type]
        for spread_over in (None, OnCluster(device="cpu"))
    )
    for row in here["rows"] + there["rows"]:
        assert row.pop("milliseconds") > 0.0
    found, expected = numbers_of(there), numbers_of(here)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), name
    assert (here["samples"], len(here["rows"])) == (150, 2)


def numbers_of(value: object, name: str = "") -> dict[str, object]:
    """All that is in nested lists and dictionaries, by where it is."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: found for key, each in parts for place, found in numbers_of(each, f"{name} {key}").items()}
    return {name: value}


def test_a_sweep_goes_on_and_ends_as_in_one_process(tmp_path) -> None:
    base = Run({}, NETWORK, TrainingSettings(epochs=2, batch_size=16, precision="float32"))
    here, there = (
        Sweep(
            tmp_path / name, "avatars", blobs(96, 0), blobs(32, 1), "vae", combinations(base, {"width": [2, 4]}), "cpu"
        )
        for name in ("here", "there")
    )
    for sweep in (here, there):
        sweep.prepare()
    there.train_run(there.runs[0])  # before it was stopped
    told: set[tuple[str, int]] = set()
    lock = Lock()  # as bars of progress have, which no other process can be given

    def tell(run: Run, epoch: int) -> None:
        with lock:
            told.add((run.name, epoch))

    found = sweep_on(there, "ray", Workers(2), tell)
    assert told == {("width=2", 2), ("width=4", 1), ("width=4", 2)}
    alone = [here.train_run(run) for run in here.runs]
    assert [each.loss for each in found] == pytest.approx([each.loss for each in alone], rel=1e-4)
    assert there.finish(winner_of(found)).epoch == 2
    assert (tmp_path / "there" / "model.safetensors").exists()


def test_what_a_worker_cannot_do_is_told_in_its_words() -> None:
    for spread_from in (spread, spread_by_relay):
        with pytest.raises(ClusterError, match="2 is too much; take less"):
            list(spread_from([1, 2], Workers(1), refusing))


def test_who_is_not_part_of_the_cluster_gets_every_result() -> None:
    assert sorted(spread_by_relay([0, 1], Workers(1), refusing)) == [0, 1]


def test_workers_that_fit_nowhere_are_refused() -> None:
    with pytest.raises(ClusterError, match="ask for less"):
        list(spread([1], Workers(gpus=0.5), refusing))


def test_nothing_listens_beyond_this_machine() -> None:
    assert listening()
    assert listening(beyond=True) == []


def test_an_interrupted_command_ends_at_once_and_leaves_no_process(tmp_path) -> None:
    command = [sys.executable, "-c", INTERRUPTIBLE, "sample", MODEL, "--count", "1000000", "--on", "ray"]
    process = subprocess.Popen([*command, "--workers", "1", "--out", str(tmp_path / "out")], cwd=ROOT)
    try:
        started: list[psutil.Process] = []
        while not list(tmp_path.glob("out/part-*")):
            assert process.poll() is None
            started = psutil.Process(process.pid).children(recursive=True)
            time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
    assert started
    assert psutil.wait_procs(started, timeout=20)[1] == []


def test_what_scaling_costs_is_measured(monkeypatch) -> None:
    monkeypatch.setattr(scale, "CHAINS_A_SHARD", 32)
    rows = [scale.row_of(MODEL, "cpu", workers) for workers in (0, 1)]
    assert [row["workers"] for row in rows] == [0, 1]
    assert all(row["pictures a second"] > 0 for row in rows)
    assert scale.driver_row(20)["shards"] == 20
    row = memory.driver_row(memory.small_model(), 300)
    assert (row["images"], row["shards"]) == (300, 1)
    assert row["MB before"] <= row["MB at most"]
