"""What can be measured of work on a cluster without one."""

from __future__ import annotations

import os
import sys

import pytest

from latentdemo.benchmark.cluster import memory, million, serving
from latentdemo.engine import Engine
from latentdemo.errors import LatentdemoError


def test_joined_moments_are_measured_against_direct_ones() -> None:
    direct, joined = memory.moments_table(4000, 16).rows
    assert direct["Fréchet distance"] == joined["Fréchet distance"]
    assert joined["MB held"] < direct["MB held"]
    assert float(joined["covariance, relative difference"]) < 1e-11


def test_what_a_command_and_its_children_hold_is_watched(monkeypatch) -> None:
    monkeypatch.setattr(million, "EVERY", 0.1)
    holding = "held = b'1' * 2**26; import time; time.sleep(1)"
    starting = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {holding!r}])"
    watch = million.watched([sys.executable, "-c", starting], dict(os.environ))
    assert watch.processes == 2
    assert watch.most > 2**26 > watch.most_of_command > 0
    assert watch.seconds > 0
    with pytest.raises(LatentdemoError, match="exit code 3"):
        million.watched([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))


def test_what_serving_adds_is_measured_in_turns() -> None:
    here, there = Engine("cpu"), Engine("cpu")
    row = serving.row_of(here, there, "fashion-mnist/vae", 1, 1)
    assert min(row["here, ms"].lower, row["on Ray Serve, ms"].lower) > 0
    assert row["added, ms"].lower < row["on Ray Serve, ms"].upper
    for engine in (here, there):
        assert set(engine.tally.outcomes) == {"done"}  # none was answered from what was walked before
        engine.close()
