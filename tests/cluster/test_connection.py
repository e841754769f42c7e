"""The way to a cluster, and its end."""

from __future__ import annotations

import atexit
import os
import socket
import time

import psutil
import pytest
import ray
from ray._private.node import Node

from latentdemo.cluster import connection
from latentdemo.cluster.connection import connected
from latentdemo.cluster.serving import serving
from latentdemo.errors import ClusterError


@pytest.mark.slow
def test_a_cluster_that_does_not_start_leaves_no_process_behind(monkeypatch) -> None:
    before, started = psutil.Process().children(recursive=True), list[psutil.Process]()

    def fail(self: Node) -> None:
        started.extend(each for each in psutil.Process().children(recursive=True) if each not in before)
        raise TimeoutError("the machine is busy")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(Node, "start_ray_processes", fail)  # which comes after the processes of the head
    monkeypatch.setattr(connection, "ATTEMPTS", 1)
    with pytest.raises(ClusterError, match="the machine is busy"), connected(cpus=1):
        pass
    assert started
    alive = psutil.wait_procs(started, timeout=20)[1]
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


def test_a_port_that_is_taken_is_said_so_before_anything_is_started(monkeypatch) -> None:
    monkeypatch.setattr("latentdemo.cluster.serving.connected", lambda *_, **__: pytest.fail("a cluster was started"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ClusterError, match="choose another --port"), serving(port=port):
            pass


class Hanging:
    """A worker that takes its leave and does not end."""

    def process(self) -> int:
        atexit.register(time.sleep, 600.0)
        return os.getpid()

    def leave(self) -> None:
        ray.actor.exit_actor()


def test_a_worker_that_takes_its_leave_and_does_not_end_is_ended(monkeypatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(connection, "PATIENCE", 1.0)
    with connected(cpus=1):
        actor = ray.remote(Hanging).remote()
        worker = psutil.Process(ray.get(actor.process.remote()))
        with pytest.raises(ray.exceptions.ActorDiedError):
            ray.get(actor.leave.remote())
    alive = psutil.wait_procs([worker], timeout=10)[1]
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
