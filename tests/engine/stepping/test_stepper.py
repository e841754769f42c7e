"""Which steps are recorded, for how many rows, and when they are dropped."""

import pytest
import torch

from latentdemo.engine import Engine, RunRequest
from latentdemo.engine.stepping.stepper import Stepping, size_class, stepping_for
from latentdemo.random import ChainNoise, chain_generators
from latentdemo.sampling import run_chain
from tests.engine.stand_ins import NAME, assert_same
from tests.engine.stepping.late import Fill, LateDevice


@pytest.mark.parametrize(
    ("rows", "room", "wanted"),
    [(1, 64, 16), (16, 64, 16), (17, 64, 32), (64, 64, 64), (33, 48, 48), (5, 8, 8), (5, 3, 5), (4096, 4096, 4096)],
)
def test_rows_are_padded_to_a_power_of_two_within_the_room(rows: int, room: int, wanted: int) -> None:
    assert size_class(rows, room) == wanted


def step_of(stepping: Stepping, model, rows: int, way: str = "way") -> None:
    """One step of some chains."""
    noise = ChainNoise.of(chain_generators(0, rows), 2)
    stepper = stepping.stepper(Fill(), model, way)
    stepper.step(stepper.init(torch.zeros(rows, 8), noise), noise)


def kept(stepping: Stepping) -> list[tuple[object, int]]:
    return [key[1:] for key in stepping.steps]


def test_a_step_is_recorded_for_each_way_and_size(tiny_model) -> None:
    stepping = Stepping(LateDevice())
    for rows in (1, 15, 20, 16):
        step_of(stepping, tiny_model, rows)
    step_of(stepping, tiny_model, 3, "other")
    assert kept(stepping) == [("way", 32), ("way", 16), ("other", 16)]


def test_the_least_used_goes_where_memory_is_short(tiny_model) -> None:
    stepping = Stepping(LateDevice())
    step_of(stepping, tiny_model, 16)
    (first,) = stepping.steps.values()
    assert first.nbytes == 2 * 4 * 16 * (8 + 8) + 4 * 16 * 17  # latents and pictures, in and out, and the numbers
    stepping.budget = first.nbytes
    step_of(stepping, tiny_model, 16, "other")
    step_of(stepping, tiny_model, 16, "third")
    assert kept(stepping) == [("other", 16), ("third", 16)]  # what is new weighs nothing yet
    step_of(stepping, tiny_model, 16, "third")
    assert kept(stepping) == [("third", 16)]


def test_out_of_memory_drops_all_and_gives_it_back(tiny_model) -> None:
    class Full(Fill):
        def step(self, state, generator):
            raise torch.OutOfMemoryError("CUDA out of memory.")

    device = LateDevice()
    stepping = Stepping(device)
    step_of(stepping, tiny_model, 4)
    noise = ChainNoise.of(chain_generators(0, 2), 2)
    for recordable in (True, False):
        kernel = Full()
        kernel.recordable = recordable
        stepper = stepping.stepper(kernel, tiny_model, "full")
        with pytest.raises(torch.OutOfMemoryError):
            stepper.step(stepper.init(torch.zeros(2, 8), noise), noise)
        assert kept(stepping) == []
    assert device.released == 2


def test_a_model_that_is_dropped_takes_its_steps_along(checkpoints, monkeypatch) -> None:
    stepping = Stepping(LateDevice())
    monkeypatch.setattr("latentdemo.engine.engine.stepping_for", lambda device: stepping)
    engine = Engine("cpu")
    try:
        for turn in range(2):
            run = engine.run(RunRequest.of(NAME, count=20, steps=3, seed=turn))
            assert_same(run, run_chain(engine.models.get(NAME), count=20, steps=3, seed=turn))
        assert [size for _, size in kept(stepping)] == [32]
        engine.models.trim(0)
        assert kept(stepping) == []
    finally:
        engine.close()
    assert stepping.device.released == 1


def test_processors_call_kernels_as_they_are() -> None:
    assert stepping_for(torch.device("cpu")) is None
