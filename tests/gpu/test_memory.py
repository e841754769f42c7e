"""A device whose memory is short, because of this process or of another."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from latentdemo.checkpoints import load_model
from latentdemo.engine import Engine, RunRequest

CHECKOUT = Path(__file__).parents[2]
MODEL = "avatars/vae"
COUNT, STEPS = 4096, 3
SPARE = 3 * 2**28  # bytes that are left free: too few for so many chains, enough for some
HOLD = """
import sys, torch
free, _ = torch.cuda.mem_get_info()
held = torch.empty(free - int(sys.argv[1]), dtype=torch.uint8, device="cuda")
print("held", flush=True)
sys.stdin.readline()
"""
WALK = """
import sys, torch
from latentdemo.engine import Engine, RunRequest
engine = Engine("cuda")
run = engine.run(RunRequest.of(sys.argv[1], count=200, steps=4, seed=1, record=(4,)))
engine.close()
print(float(run.images[4].double().sum()))
"""


@pytest.fixture
def engine():
    made = Engine("cuda")
    yield made
    made.close()


def check_small(engine: Engine) -> None:
    """Many chains of which memory holds only some at once come to their end, as others do afterwards."""
    model = load_model(MODEL, "cuda")
    run = engine.run(RunRequest.of(model, count=COUNT, steps=STEPS, seed=4, record=(STEPS,)))
    assert len(run.images[STEPS]) == COUNT
    few = engine.run(RunRequest.of(model, count=3, steps=STEPS, seed=4, record=(STEPS,)))
    assert (run.images[STEPS][:3] - few.images[STEPS]).abs().mean() <= 1 / 255


def test_out_of_memory_halves_the_batch(engine) -> None:
    model = load_model(MODEL, "cuda")
    engine.run(RunRequest.of(model, count=16, steps=3, record=(3,)))
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info()
    held = torch.empty(max(free - SPARE, 0), dtype=torch.uint8, device="cuda")
    try:
        check_small(engine)
    finally:
        del held
        torch.cuda.empty_cache()


def test_memory_that_another_process_holds_halves_the_batch(engine) -> None:
    torch.cuda.empty_cache()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(SPARE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline().strip() == "held"
        check_small(engine)
    finally:
        other.communicate("\n", timeout=60)


def test_two_processes_share_a_gpu() -> None:
    command = [sys.executable, "-c", WALK, MODEL]
    both = [subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    sums = [float(process.communicate(timeout=120)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sums[0] == pytest.approx(sums[1], rel=1e-4)


def test_what_is_dropped_gives_its_memory_back(engine) -> None:
    engine.run(RunRequest.of(MODEL, count=1024, steps=3, record=(3,)))
    held = torch.cuda.memory_allocated()
    engine.models.trim(0)
    assert engine.stepping.steps == {}
    assert torch.cuda.memory_allocated() < held
