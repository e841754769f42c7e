"""Freed memory goes back to the system, and not too often."""

import sys
from pathlib import Path

import pytest

from latentdemo.engine.heap import EVERY, Heap


@pytest.fixture
def now() -> list[float]:
    return [0.0]


def test_it_is_given_back_from_time_to_time(now) -> None:
    heap, calls = Heap(lambda: now[0]), []
    heap._trim = calls.append
    for now[0] in (1.0, EVERY - 0.1, EVERY, EVERY + 1.0, 2 * EVERY - 0.1, 2 * EVERY):
        heap.give_back()
    assert len(calls) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another C library")
def test_freed_memory_leaves_the_process(now) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    heap = Heap(lambda: now[0])
    pieces = [b"x" * 100_000 for _ in range(2000)]  # each below what the C library maps by itself
    kept = pieces[::100]
    before = resident()
    del pieces
    now[0] = EVERY
    heap.give_back()
    assert before - resident() > 100 * 2**20
    assert len(kept) == 20


def test_a_c_library_without_a_way_is_left_alone(now, monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    heap = Heap(lambda: now[0])
    now[0] = EVERY
    heap.give_back()
