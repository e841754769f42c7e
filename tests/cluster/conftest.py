"""What tests on a cluster share."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest

from latentdemo.cluster.connection import connected


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of two cores that leaves no process behind."""
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        with connected(cpus=2):
            yield
            started = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
    _gone, alive = psutil.wait_procs(started, timeout=20)
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []


def listening(beyond: bool = False) -> list[tuple[object, list[str]]]:
    """Where processes of the tests listen, and which they are: all of them, or those that others than this machine
    reach."""
    own = {each.pid for each in psutil.Process().children(recursive=True)}
    found = [each for each in psutil.net_connections("inet") if each.status == "LISTEN" and each.pid in own]
    if beyond:
        found = [each for each in found if each.laddr.ip.removeprefix("::ffff:") not in ("127.0.0.1", "::1")]
    return [(each.laddr, psutil.Process(each.pid).cmdline()) for each in found]
