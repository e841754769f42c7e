"""Each measurement in a tiny run: that it measures what it says, never how long that takes."""

from __future__ import annotations

import os
import shutil
import sys
import threading

import pytest
import torch

from latentdemo.benchmark import concurrency
from latentdemo.benchmark.concurrency import measure_beside_a_page, measure_concurrency, measure_fairness
from latentdemo.benchmark.figures import measure_figures
from latentdemo.benchmark.memory import measure_memory
from latentdemo.benchmark.reviews import voting
from latentdemo.benchmark.runtimes import COMPILERS, RUNTIMES, available
from latentdemo.benchmark.sections import run_section
from latentdemo.benchmark.steps import measure_steps, operations_a_chain
from latentdemo.benchmark.timing import Spread
from latentdemo.benchmark.tuning import measure_tuning
from latentdemo.checkpoints import load_trained, save_checkpoint
from latentdemo.errors import LatentdemoError
from latentdemo.models import NetworkConfig, build_model
from latentdemo.sampling import run_chain

GREY_LEVEL = 1 / 255


@pytest.fixture
def name(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "aae", build_model("aae", NetworkConfig(16, 1, 4, 8), seed=1), "own")
    return "own/aae"


@pytest.mark.slow
def test_all_runtimes_walk_the_same_chain(name: str, monkeypatch) -> None:
    if "CI" not in os.environ and not any(map(shutil.which, COMPILERS)):
        monkeypatch.delitem(RUNTIMES, "torch.compile")
    model = load_trained(name, "cpu")
    loops, missing = available(model)
    assert missing == []
    assert list(loops) == list(RUNTIMES)
    wanted = run_chain(model, count=5, steps=3, seed=0, record=(3,)).images[3]
    for loop in loops.values():  # OpenVINO rounds to bf16 where the processor has it
        assert (loop(5, 3) - wanted).abs().max() <= 3 * GREY_LEVEL
    assert next(model.parameters()).dtype == torch.float32  # the reference is as it was


def test_no_vote_of_several_people_at_once_is_lost(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(voting, "LOOKS", (0.0, 0.01))
    (row,) = voting.measure_voting("SQLite", f"sqlite:///{tmp_path}/reviews.sqlite", 3, 30).rows
    assert (row["votes"], row["lost"]) == (30, 0)


def test_what_is_not_installed_is_named(name: str, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(RUNTIMES, "torch.compile")  # which takes long to compile
    row = measure_steps(name, "cpu", counts=(2,), steps=1).rows[0]
    assert row["OpenVINO / engine"] == "not installed"
    assert isinstance(row["ONNX Runtime / engine"], Spread)
    monkeypatch.setattr("latentdemo.benchmark.sections.find_spec", lambda _name: None)
    (table,) = run_section("memory", [name], "cpu")
    assert "psutil is not installed" in table.rows[0][""]


def test_operations_are_those_of_the_layers() -> None:
    model = build_model("aae", NetworkConfig(16, 1, 4, 8), seed=1).eval()
    decoder = 2 * (8 * 8 * 16 + 8 * 4 * 16 * 16 + 4 * 1 * 16 * 64)
    encoder = 2 * (1 * 4 * 16 * 64 + 4 * 8 * 16 * 16 + 8 * 16 * 8)
    assert operations_a_chain(model, 3) == 4 * decoder + 3 * encoder


def test_what_a_step_costs_by_chains_and_threads(name: str, monkeypatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 5)
    usual = torch.get_num_threads()
    (row,) = measure_tuning(name, "cpu", rows=(3,)).rows
    assert list(row) == ["chains a step", "threads: 1, µs", "threads: 2, µs", "threads: 4, µs"]
    assert torch.get_num_threads() == usual


def test_requests_at_once(name: str, monkeypatch) -> None:
    monkeypatch.setattr(concurrency, "TURNS", 1)
    rows = measure_concurrency(name, "cpu", at_once=(1, 3), chains=4).rows
    assert [row["requests"] for row in rows] == [1, 3]
    assert all(row["p50, ms"] <= row["p95, ms"] for row in rows)


def test_a_short_request_beside_a_long_one(name: str) -> None:
    (row,) = measure_fairness(name, "cpu", long=20_000).rows
    assert isinstance(row["beside / alone"], Spread)


def test_a_request_beside_a_page(name: str) -> None:
    before = threading.active_count()
    (row,) = measure_beside_a_page(name, "cpu", chains=4).rows
    assert isinstance(row["beside / alone"], Spread)
    assert threading.active_count() == before


def test_memory_is_read_thrice(monkeypatch) -> None:
    (row,) = measure_memory(["fashion-mnist/vae"], "cpu", requests=6).rows
    moments = ("before, MB", "after 3, MB", "after 6, MB")
    assert list(row)[:4] == [*(f"held {moment}" for moment in moments), "held, last half, %"]
    in_use = [row[f"in use {moment}"] for moment in moments if f"in use {moment}" in row]  # as far as the library tells
    assert all(0 < each <= row["held after 6, MB"] for each in in_use)


@pytest.mark.slow
def test_figures_in_both_precisions() -> None:
    rows = measure_figures("fashion-mnist/vae", count=50, seeds=(0, 1)).rows
    assert [row["step"] for row in rows] == [0, 1, 5, 10]
    assert all(" ± " in row["frechet distance"] for row in rows)
    assert all({"coverage", "differs"} <= row.keys() for row in rows)
    with pytest.raises(LatentdemoError, match="2 at least"):
        measure_figures("fashion-mnist/vae", count=50, seeds=(0,))


def test_an_unknown_measurement_is_said() -> None:
    with pytest.raises(LatentdemoError, match="known are steps, tuning"):
        list(run_section("luck", [], None))
