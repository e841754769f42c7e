"""The engine as a Ray Serve application: replicas, as many as the queue asks for, behind one HTTP interface."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from latentdemo.cluster.connection import LOCAL, LOCALHOST, connected, first_line
from latentdemo.cluster.pool import Workers
from latentdemo.engine.engine import QUEUE_LIMIT
from latentdemo.engine.remote.client import PORT
from latentdemo.errors import ClusterError

APPLICATION = "latentdemo"
RUNS_A_REPLICA = 4  # above which another replica is started: they share steps up to there
SOON = 5.0  # seconds that the queue is long before it is


@contextmanager
def serving(
    on: str = LOCAL,
    workers: Workers | None = None,
    *,
    device: str | None = None,
    host: str = LOCALHOST,
    port: int = PORT,
    dashboard: bool = False,
) -> Iterator[str]:
    """The engine, served for the length of a `with` block, which gets its address.

    Args:
        on: a cluster, see `connected`.
        workers: replicas at most, and what each takes; None takes as many replicas as fit.
        device: of each; None takes cuda, else mps, else cpu.
        host: interface that the head of the cluster listens on.
        port: of it.
        dashboard: whether a cluster on this machine shows Ray's dashboard.

    Raises:
        ClusterError: Ray Serve is not installed, no replica fits, or they do not start.
    """
    if find_spec("ray") is None or find_spec("fastapi") is None:
        raise ClusterError("serving needs Ray Serve: pip install 'latentdemo[cluster]'")
    if on == LOCAL:
        check_port(host, port)
    with connected(on, dashboard=dashboard):
        from ray import serve

        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        try:
            serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})
            serve.run(application(workers or Workers(), device), name=APPLICATION)
        except (RuntimeError, TimeoutError, OSError) as error:
            serve.shutdown()
            raise ClusterError(
                f"the engine does not start ({first_line(error)}); see that port {port} is free on its head"
            ) from error
        try:
            yield f"http://{host}:{port}"
        finally:
            serve.delete(APPLICATION)
            if not serve.status().applications:
                serve.shutdown()


def changes_of_head() -> Iterator[str]:
    """What becomes of the head of the cluster at hand, in words, whenever that changes; it never ends by itself.

    Ray ends this process, without a word, once its head has been away for a minute.
    """
    import ray

    head, _, port = ray.get_runtime_context().gcs_address.rpartition(":")
    there = answers(head, int(port))  # A process that only talks to the cluster may not reach it.
    while True:
        time.sleep(SOON)
        before, there = there, answers(head, int(port))
        if before and not there:
            yield (
                "the head of the cluster does not answer, and the engine is gone with it; where that lasts for a "
                "minute this command ends: start the cluster again, then give the same command"
            )
        elif there and not before:
            yield "the head of the cluster answers again"


def answers(host: str, port: int) -> bool:
    """Whether somebody listens at an address."""
    try:
        socket.create_connection((host, port), timeout=SOON).close()
    except OSError:
        return False
    return True


def check_port(host: str, port: int) -> None:
    """Raise ClusterError where nothing can listen on a port of this machine."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise ClusterError(f"port {port} of {host} cannot be had ({error.strerror}); choose another --port") from error


def application(workers: Workers, device: str | None) -> Any:
    """The application, for `serve.run`; raises ClusterError where no replica fits the cluster at hand."""
    from ray import serve

    from latentdemo.cluster.interface import Interface
    from latentdemo.cluster.replica import Replica

    engine: Any = serve.deployment(
        Replica,
        name="engine",
        ray_actor_options={"num_cpus": workers.cpus, "num_gpus": workers.gpus_each()},
        max_ongoing_requests=2 * QUEUE_LIMIT,  # the engine itself turns away what is too much
        max_queued_requests=QUEUE_LIMIT,
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": workers.fitting(),
            "target_ongoing_requests": RUNS_A_REPLICA,
            "upscale_delay_s": SOON,
        },
    )
    interface: Any = serve.deployment(
        serve.ingress()(Interface),
        name="interface",
        ray_actor_options={"num_cpus": 0},
        max_ongoing_requests=100 * QUEUE_LIMIT,
    )
    return interface.bind(engine.bind(device))
