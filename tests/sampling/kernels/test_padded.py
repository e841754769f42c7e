"""Steps of very few chains: enough rows for a chain to walk as it does in company."""

from typing import NamedTuple

import pytest
import torch

from latentdemo.engine import Engine, RunRequest
from latentdemo.engine.request import MAX_STEPS
from latentdemo.random import chain_generators, randn
from latentdemo.sampling.kernels.padded import LEAST_ROWS, Padded, rows_of_step
from tests.engine.stand_ins import until


class State(NamedTuple):
    latent: torch.Tensor


class Info(NamedTuple):
    latent_distance: torch.Tensor


class Wanderer:
    """A random walk that notes how many rows its steps have."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def init(self, latent, generator) -> State:
        self.sizes.append(len(latent))
        return State(latent)

    def step(self, state, generator) -> tuple[State, Info]:
        self.sizes.append(len(state.latent))
        moved = state.latent + randn(state.latent.shape, generator)
        return State(moved), Info((moved - state.latent).norm(dim=1))


def walk(kernel, count: int, steps: int = 3) -> State:
    generators = chain_generators(5, count)
    state = kernel.init(randn((count, 3), generators), generators)
    for _ in range(steps):
        state, info = kernel.step(state, generators)
        assert len(info.latent_distance) == count
    return state


@pytest.mark.parametrize("count", [1, LEAST_ROWS - 1, LEAST_ROWS, LEAST_ROWS + 1])
def test_chains_are_those_of_the_bare_kernel(count: int) -> None:
    kernel = Wanderer()
    assert torch.equal(walk(Padded(kernel), count).latent, walk(Wanderer(), count).latent)
    assert kernel.sizes == 4 * [rows_of_step(count)]


@pytest.mark.parametrize(
    ("threads", "sizes"),
    [(1, {16, 17, 33, 63, 64}), (2, {16, 17, 33, 63, 64}), (3, {32, 64}), (4, {32, 64}), (5, {64}), (16, {64})],
)
def test_more_threads_get_fewer_sizes_of_steps(threads: int, sizes: set[int], monkeypatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert {rows_of_step(rows) for rows in (1, 15, 16, 17, 33, 63, 64)} == sizes
    assert [rows_of_step(rows) for rows in (65, 256)] == [65, 256]


def test_rows_stay_within_the_room_of_the_device() -> None:
    kernel = Wanderer()
    stepper = Padded(kernel)
    stepper.room = 2
    walk(stepper, 1)
    walk(stepper, 3)
    assert kernel.sizes == 4 * [2] + 4 * [3]


@pytest.mark.parametrize(
    ("model", "kernel", "steps", "seed"),
    [("fashion-mnist/vae", "hmc", 50, 10), ("fashion-mnist/vae", "transport", 30, 7),
     ("fashion-mnist/aae", "decode-encode", 20, 17)],
)  # fmt: skip
def test_one_chain_walks_beside_others_as_it_does_alone(model: str, kernel: str, steps: int, seed: int) -> None:
    request = RunRequest.of(model, kernel, count=1, steps=steps, seed=seed, record=(steps,))
    alone, beside = Engine("cpu"), Engine("cpu")
    try:
        others = beside.submit(RunRequest.of(model, kernel, count=30, steps=MAX_STEPS))
        until(lambda: others.progress > 0.0)
        in_company = beside.run(request).images[steps]
        assert others.progress < 1.0
        by_itself = alone.run(request).images[steps]
    finally:
        alone.close()
        beside.close()
    assert (in_company - by_itself).abs().max() * 255 <= 1.0 + 1e-3
