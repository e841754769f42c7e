"""Two nodes, one of which is lost half way."""

from __future__ import annotations

import pytest

from latentdemo.cluster.nodes import two_nodes
from latentdemo.cluster.sampling import sample_in_bulk

pytestmark = pytest.mark.slow

CHAINS, SHARD = 768, 64


def test_a_node_that_is_killed_half_way_loses_nothing(tmp_path, monkeypatch) -> None:
    for setting, value in (("period_ms", 500), ("failure_threshold", 3)):  # by itself Ray takes half a minute
        monkeypatch.setenv(f"RAY_health_check_{setting}", str(value))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    settings = {"count": CHAINS, "steps": 10, "seed": 5, "chains_a_shard": SHARD, "device": "cpu"}
    left: list[int] = []
    with two_nodes() as kill:

        def told(done: int, total: int) -> None:
            if not left and done >= total // 2:
                kill()
                left.append(total - done)

        found = sample_in_bulk("fashion-mnist/vae", out=str(tmp_path / "nodes"), progress=told, **settings)  # type: ignore[arg-type]
    assert left[0] > 0
    here = sample_in_bulk("fashion-mnist/vae", out=str(tmp_path / "here"), on=None, **settings)  # type: ignore[arg-type]
    assert found == here  # checksums of all files among it
