"""The engine that is served, on Ray itself: what only Ray Serve can break. The rest stands in `tests/engine/remote`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
import pytest
import torch

from latentdemo.benchmark.server import free_port
from latentdemo.cluster.pool import Workers
from latentdemo.cluster.serving import serving
from latentdemo.engine import Engine, RunRequest
from latentdemo.engine.remote.arrivals import Arrivals
from latentdemo.engine.remote.client import RemoteEngine
from latentdemo.errors import ClusterError
from latentdemo.sampling import ChainRun
from tests.cluster.conftest import listening
from tests.engine.stand_ins import until

pytestmark = pytest.mark.slow

MODEL = "fashion-mnist/vae"
REPLICA = "ServeReplica:latentdemo:engine"  # as Ray calls its process
LONG = RunRequest.of(MODEL, count=512, steps=1000, seed=3)


@pytest.fixture(scope="module")
def address(cluster: None) -> Iterator[str]:
    """Where the engine is served, by one replica."""
    with serving(workers=Workers(1), device="cpu", port=free_port()) as found:
        yield found


@pytest.fixture
def remote(address: str) -> Iterator[RemoteEngine]:
    """An engine whose chains are walked there."""
    engine = RemoteEngine(address, "cpu")
    yield engine
    engine.close()


def assert_equal(run: ChainRun, wanted: ChainRun) -> None:
    """The same to the bit."""
    for part, other in ((run.latents, wanted.latents), (run.images, wanted.images), (run.info, wanted.info)):
        assert part.keys() == other.keys()
        assert all(torch.equal(part[name], each) for name, each in other.items())  # type: ignore[index]


@pytest.mark.parametrize("settings", [{"record": "all"}, {"kernel": "hmc", "start": "data"}], ids=str)
def test_pictures_are_those_of_an_engine_in_this_process(remote: RemoteEngine, settings: dict) -> None:
    request, here = RunRequest.of(MODEL, **{"count": 36, "steps": 3} | settings), Engine("cpu")
    assert_equal(remote.run(request), here.run(request))
    assert not remote.models.kept
    here.close()


def test_a_replica_that_dies_is_replaced_and_the_run_is_the_same(remote: RemoteEngine, monkeypatch) -> None:
    begun: list[str] = []
    take = Arrivals.take

    def watched(self: Arrivals, message) -> None:
        begun.extend([message.values["begun"]] if "begun" in message.values else [])
        take(self, message)

    monkeypatch.setattr(Arrivals, "take", watched)
    request = RunRequest.of(MODEL, count=256, steps=300, seed=4)
    replica = next(each for each in psutil.Process().children(recursive=True) if REPLICA in " ".join(each.cmdline()))
    ticket = remote.submit(request)
    until(lambda: ticket.progress > 0.0)
    replica.kill()
    assert ticket.wait(120)
    assert begun == ["CPU, 1 thread"] * 2
    here = Engine("cpu")
    assert_equal(ticket.result, here.run(request))  # type: ignore[arg-type]
    here.close()


def test_a_run_that_is_cancelled_ends_in_the_replica(remote: RemoteEngine) -> None:
    cancelled_at = 0.0

    def begins_anew() -> bool:
        """Whether the request begins at its first step, and does not join the run that was cancelled."""
        nonlocal cancelled_at
        ticket = remote.submit(LONG)
        until(lambda: ticket.progress > 0.0)
        first_told = ticket.progress
        if first_told < cancelled_at:
            ticket.cancel()
            return True
        until(lambda: ticket.progress >= min(2 * first_told, 1.0))  # for a machine that is twice as fast the next time
        cancelled_at = ticket.progress
        ticket.cancel()
        time.sleep(1.0)
        return False

    until(begins_anew)


def test_nothing_listens_beyond_this_machine(address: str) -> None:
    assert str(listening()).count(address.rpartition(":")[2])
    assert listening(beyond=True) == []


def test_replicas_that_fit_nowhere_are_refused(cluster: None) -> None:
    with pytest.raises(ClusterError, match="ask for less"), serving(workers=Workers(gpus=0.5), port=free_port()):
        pass
