"""The way to a cluster: one on this machine alone, or one that is there already."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any

from latentdemo.errors import ClusterError

if TYPE_CHECKING:
    import psutil

LOCAL = "ray"
LOCALHOST = "127.0.0.1"
ADDRESS = "RAY_ADDRESS"
PATIENCE = 10.0  # seconds that processes of a cluster have for their end
ATTEMPTS = 3  # Ray gives its own processes half a minute to start, which a busy machine may exceed.
# Ray reads these as it is imported: nothing is reported to its makers, nothing printed of what Ray Data does by itself,
# and a cluster of this machine alone listens on the loopback interface, as it always does outside of Linux.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@contextmanager
def connected(address: str = LOCAL, *, cpus: int | None = None, dashboard: bool = False) -> Iterator[None]:
    """A cluster for the length of a `with` block; where this process is connected already, that one, which stays.

    Args:
        address: "ray" for the cluster that `$RAY_ADDRESS` names, else for one on this machine that comes and goes with
            the block; or the address of one, such as "ray://head:10001".
        cpus: of a cluster on this machine; None takes all that it has.
        dashboard: whether a cluster on this machine shows Ray's dashboard, on the loopback interface.

    Raises:
        ClusterError: Ray is not installed, or the cluster cannot be reached or started.
    """
    if find_spec("ray") is None:
        raise ClusterError("clusters need Ray: pip install 'latentdemo[cluster]'")
    named = os.environ.get(ADDRESS, "") if address == LOCAL else address
    if named and named != "auto" and ":" not in named:
        raise ClusterError(f"no cluster is called {named!r:.80}; take ray, or an address such as ray://head:10001")
    keep_quiet()
    import ray
    from ray._private import worker

    worker.print_to_stdstream = to_nobody
    if ray.is_initialized():
        yield
        return
    reach(named) if named else start(cpus, dashboard)
    try:
        yield
    finally:
        leave()


def keep_quiet() -> None:
    """Have Ray, which this process is to import, say nothing of itself to anybody."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def keep_to_this_machine() -> None:
    """The same, and clusters that this process starts listen on the loopback interface alone."""
    keep_quiet()
    for name, value in LOOPBACK.items():
        os.environ.setdefault(name, value)
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = False  # Where somebody imported Ray before, it has not read `LOOPBACK`.


def reach(address: str) -> None:
    """Connect to a cluster that is there; raises ClusterError."""
    import ray

    try:
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
    except Exception as error:  # each kind of address has its own for what does not answer
        raise ClusterError(
            f"the cluster at {address} does not answer ({first_line(error)}); see that it runs, that Ray and Python "
            "have the same versions there, and that $RAY_AUTH_MODE and its token are the same"
        ) from error


def start(cpus: int | None, dashboard: bool) -> None:
    """Start a cluster on this machine; raises ClusterError."""
    keep_to_this_machine()
    import ray

    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(
                "local",
                num_cpus=cpus,
                include_dashboard=dashboard,
                _node_ip_address=LOCALHOST,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
            return
        except Exception as error:
            ray.shutdown()
            end_processes(error)
            if attempt == ATTEMPTS:
                raise ClusterError(f"Ray does not start on this machine ({first_line(error)}); try again") from error


def leave() -> None:
    """End the connection, and every process of a cluster that this one started: a worker of Ray 2.60 may wait for
    itself at its end, for ever."""
    import psutil
    import ray

    started = own_processes()
    ray.shutdown()
    for stuck in psutil.wait_procs(started, timeout=PATIENCE)[1]:
        with suppress(psutil.NoSuchProcess):
            stuck.kill()


def own_processes() -> list[psutil.Process]:
    """The processes of the node that this one has started, its workers among them; none of a cluster elsewhere."""
    import psutil
    from ray._private import worker

    node = worker._global_node
    started: Mapping[str, Sequence[Any]] = node.all_processes if node else {}
    found: list[psutil.Process] = []
    for each in chain.from_iterable(started.values()):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(each.process.pid)
            found += [process, *process.children(recursive=True)]
    return found


def end_processes(error: Exception) -> None:
    """End what a node had started before this error; Ray itself does that no earlier than at the end of the process."""
    from ray._private.node import Node

    seen = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__)]
    for node in {each for each in seen if isinstance(each, Node)}:
        node.kill_all_processes(check_alive=False)


def stay_on_loopback() -> None:
    """Have the replica of Ray Serve that this process is to become listen where its cluster does.

    Where that is one machine alone, others must not reach what replicas say to each other: it is unpickled. Ray 2.60
    has it listen on all interfaces.
    """
    import ray
    from ray.serve._private import replica

    if not ray.is_initialized() or ray.util.get_node_ip_address() != LOCALHOST:
        return
    listen = replica.add_port_to_grpc_server
    replica.add_port_to_grpc_server = lambda server, _address: listen(server, f"{LOCALHOST}:0")


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def to_nobody(*_: object, **__: object) -> None:
    """Takes what Ray says of lost machines and of work that it hands out again, which would stand among the results on
    standard output; Ray's log has it, too."""
