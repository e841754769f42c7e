"""What can be measured of work on a cluster without one."""

from __future__ import annotations

from latentdemo.benchmark.cluster import memory


def test_joined_moments_are_measured_against_direct_ones() -> None:
    direct, joined = memory.moments_table(4000, 16).rows
    assert direct["Fréchet distance"] == joined["Fréchet distance"]
    assert joined["MB held"] < direct["MB held"]
    assert float(joined["covariance, relative difference"]) < 1e-11
