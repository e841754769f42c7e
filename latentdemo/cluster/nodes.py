"""A cluster of two nodes on this machine, one of which can be killed, to see what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from latentdemo.cluster.connection import connected, keep_to_this_machine

ADDRESS = "127.0.0.1"


@contextmanager
def two_nodes() -> Iterator[Callable[[], None]]:
    """Two real nodes of one core each for the length of a `with` block, and this process connected to the first; what
    is given kills the second with all its workers, as a machine that loses its power.

    Raises:
        ClusterError: they cannot be reached.
    """
    keep_to_this_machine()
    from ray.cluster_utils import Cluster

    one_core: dict[str, Any] = {"num_cpus": 1, "node_ip_address": ADDRESS, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=one_core)
    try:
        second = cluster.add_node(**one_core)
        with connected(cluster.address):
            yield lambda: cluster.remove_node(second, allow_graceful=False)
    finally:
        cluster.shutdown()
