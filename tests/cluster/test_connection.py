"""The way to a cluster that does not start."""

from __future__ import annotations

import socket

import psutil
import pytest
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
