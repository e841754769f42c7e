"""Buffers, padding and the order of copies of a recorded step, on the eager twin of a GPU."""

import torch

from latentdemo.engine.stepping.device import EagerDevice
from latentdemo.engine.stepping.static import AHEAD, StaticStep
from latentdemo.random import ChainNoise, chain_generators
from tests.engine.stepping.late import Fill, LateDevice

SIZE = 5


def chains(count: int, first: int = 0, steps: int = 6):
    """Chains of a seed and their noise."""
    noise = ChainNoise.of(chain_generators(7, count, first), steps)
    return Fill().init(torch.arange(float(first), first + count)[:, None].repeat(1, SIZE), noise), noise


def walked(step, count: int, first: int, steps: int = 6):
    """States and figures of chains after each of some steps."""
    state, noise = chains(count, first)
    found = []
    for _ in range(steps):
        state, info = step(state, noise)
        found.append((state, info))
    return found


def assert_equal(found, wanted) -> None:
    for pair in zip(found, wanted, strict=True):
        for batch in zip(*pair, strict=True):
            assert all(torch.equal(one, other) for one, other in zip(*batch, strict=True))


def test_a_recorded_step_is_the_kernels_own() -> None:
    for count in (1, 3, 8):
        assert_equal(walked(StaticStep(Fill(), EagerDevice(), 8), count, 0), walked(Fill().step, count, 0))


def test_chains_that_share_a_step_in_turns_do_not_meet() -> None:
    step = StaticStep(Fill(), EagerDevice(), 8)
    first, second = chains(3), chains(6, first=3)
    found = ([], [])
    states = [first[0], second[0]]
    for _ in range(6):
        for who, (_, noise) in enumerate((first, second)):
            states[who], info = step(states[who], noise)
            found[who].append((states[who], info))
    assert_equal(found[0], walked(Fill().step, 3, 0))  # what was handed over first is as it was
    assert_equal(found[1], walked(Fill().step, 6, 3))


def test_it_is_recorded_once_and_for_all_its_rows() -> None:
    device, kernel = LateDevice(), Fill()
    walked(StaticStep(kernel, device, 8), 3, 0)
    assert len(device.recorded) == 1
    assert [tuple(each.shape) for each in device.buffers] == [(8, 17)] * AHEAD  # one number, and a block for a normal
    assert kernel.calls == 6
    state, info = device.recorded[0].made
    assert (len(state.latent), len(state.image), len(info.latent_distance)) == (8, 8, 8)


def test_the_host_runs_ahead_by_two_steps_and_no_more() -> None:
    device = LateDevice()
    step = StaticStep(Fill(), device, 4)
    state, noise = chains(2)
    for turn in range(6):  # the first is not recorded
        state, _ = step(state, noise)
        assert device.waits == list(range(max(turn - AHEAD, 0)))
    assert len(step.under_way) == AHEAD


def test_memory_of_the_host_is_written_to_again_only_once_it_was_read() -> None:
    device = LateDevice()
    step = StaticStep(Fill(), device, 2)
    state, noise = chains(2)
    for _ in range(2):
        state, _ = step(state, noise)
    kept = device.buffers[0].clone()
    state, _ = step(state, noise)
    assert torch.equal(device.buffers[0], kept)  # the next step has the other one
    assert device.waits == []
    step(state, noise)
    assert not torch.equal(device.buffers[0], kept)
    assert device.waits == [0]


def test_a_step_that_draws_more_than_before_is_said() -> None:
    class Greedy(Fill):
        def step(self, state, generator):
            for _ in range(self.calls):
                generator.uniform(1)
            return super().step(state, generator)

    step = StaticStep(Greedy(), EagerDevice(), 2)
    state, noise = chains(2)
    state, _ = step(state, noise)
    try:
        step(state, noise)
    except RuntimeError as error:
        assert "where the first one drew 17" in str(error)  # noqa: PT017 - the message names both
    else:
        raise AssertionError


def test_a_kernel_that_fails_at_first_is_asked_again() -> None:
    class Fails(Fill):
        def step(self, state, generator):
            if not self.calls:
                self.calls += 1
                raise ZeroDivisionError
            return super().step(state, generator)

    step = StaticStep(Fails(), EagerDevice(), 4)
    state, noise = chains(3)
    try:
        step(state, noise)
    except ZeroDivisionError:
        assert step.nbytes == 0
    assert_equal(walked(step, 3, 0), walked(Fill().step, 3, 0))
