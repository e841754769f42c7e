"""How measurements take memory."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from latentdemo.benchmark.machine import ONE_HEAP

HEAPS = """
import ctypes, sys, threading
from latentdemo.benchmark.machine import share_one_heap
share_one_heap()
import torch
threads = [threading.Thread(target=lambda: [torch.ones(20_000) for _ in range(50)]) for _ in range(3)]
for step in (threading.Thread.start, threading.Thread.join):
    [step(thread) for thread in threads]
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="heaps are those of glibc")
@pytest.mark.parametrize(("said", "one"), [({}, True), ({ONE_HEAP: "8"}, False)])
def test_threads_share_one_heap_unless_it_was_said_otherwise(tmp_path, said: dict[str, str], one: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != ONE_HEAP} | said
    subprocess.run([sys.executable, "-c", HEAPS, str(tmp_path / "heaps.xml")], check=True, env=environment)
    assert ((tmp_path / "heaps.xml").read_text().count("<heap nr") == 1) == one
