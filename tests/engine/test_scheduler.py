"""Ticks, driven by hand: nothing here depends on time."""

import random

import pytest
import torch

from latentdemo import load_model
from latentdemo.engine import RunRequest
from latentdemo.engine.run import Run
from latentdemo.engine.scheduler import Scheduler
from latentdemo.errors import DeviceMemoryError, SamplingError
from latentdemo.sampling import KERNELS, run_chain
from latentdemo.sampling.spec import ChainSpec
from tests.engine.stand_ins import Climb, Clock, assert_same, finish

LAWS = [
    *({"kernel": name} for name in KERNELS),
    {"options": {"decoding": "sample", "corruption": "model"}},
    {"kernel": "hmc", "options": {"density": "flow"}},
    *({"kernel": name, "stop_at": 0.7} for name in ("decode-encode", "hmc", "transport")),
    {"stop_at": 0.0},
]


@pytest.fixture
def model(checkpoints):
    return load_model("own/tiny", "cpu")


def run_of(model, stand_in=None, /, **settings) -> Run:
    request = RunRequest.of(model, **settings)
    return Run(request, model, stand_in or request.spec.build(model))


def scheduler_of(*runs: Run, row_limit: int = 8) -> Scheduler:
    scheduler = Scheduler(row_limit)
    for run in runs:
        scheduler.add(run)
    return scheduler


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_run_is_as_alone_whoever_walks_beside_it(model, law: dict) -> None:
    wishes = [
        {"count": 13, "steps": 9, "seed": 1, "record": "all"},
        {"count": 3, "steps": 5, "seed": 2, "record": (1, 5), "noise": "shared"},
        {"count": 2, "steps": 3, "seed": 5, "images": False},
        {"count": 20, "steps": 2, "seed": 3, "start": "flow"},
        {"start": torch.linspace(-2, 2, 5 * 8).reshape(5, 8), "steps": 7, "seed": 4},
    ]
    runs = [run_of(model, **law, **wish) for wish in wishes]
    scheduler = scheduler_of(*runs[:2])
    for run in runs[2:]:
        scheduler.tick()
        scheduler.add(run)
    assert len(scheduler.groups) == 1
    finish(scheduler)
    for run, wish in zip(runs, wishes, strict=True):
        assert run.error is None
        assert_same(run.result, run_chain(model, **law, **wish))


def test_chains_that_stop_by_themselves_do_so_one_by_one(model) -> None:
    steps = run_of(model, count=40, steps=30, stop_at=0.7)
    finish(scheduler_of(steps))
    walked = steps.result.info.walking.sum(dim=0)
    assert walked.min() == 0
    assert len(walked.unique()) > 3


def test_a_start_at_real_data_is_the_same_too() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    run = run_of(model, count=5, steps=1, start="data")
    finish(scheduler_of(run, row_limit=3))
    assert_same(run.result, run_chain(model, count=5, steps=1, start="data"))


def test_a_run_without_steps_has_its_starting_points(model) -> None:
    run = run_of(model, count=11, steps=0)
    finish(scheduler_of(run))
    assert_same(run.result, run_chain(model, count=11, steps=0))
    assert run.steps_done == run.steps_in_all == 11


def test_many_runs_of_all_kinds(model) -> None:
    draw = random.Random(0)
    kernels = {str(law): ChainSpec(**law).build(model) for law in LAWS}
    scheduler, wishes = Scheduler(8), {}
    for _ in range(60):
        law = draw.choice(LAWS)
        wish = {"count": draw.randint(1, 30), "steps": draw.randint(0, 6), "seed": draw.randint(0, 99)} | law
        run = run_of(model, kernels[str(law)], **wish)
        wishes[run] = wish
        scheduler.add(run)
        for _ in range(draw.randint(0, 5)):
            scheduler.tick()
    finish(scheduler)
    for run, wish in wishes.items():
        assert_same(run.result, run_chain(model, **wish))
        assert run.steps_done == run.steps_in_all


def test_no_tick_holds_more_than_the_limit_and_a_run_alone_fills_it(model) -> None:
    kernel = Climb()
    finish(scheduler_of(run_of(model, kernel, count=20, steps=3), row_limit=8))
    assert kernel.sizes == [8] * 3 + [8] * 3 + [4] * 3


@pytest.mark.parametrize(("chains_a_second", "rows"), [(1e6, 256), (5000, 128), (100, 64)])
def test_a_tick_holds_more_chains_where_their_step_is_short(model, chains_a_second: float, rows: int) -> None:
    clock = Clock()
    kernel = Climb(clock)
    scheduler = Scheduler(256, clock=lambda: clock.now / chains_a_second)
    scheduler.add(run_of(model, kernel, count=1000, steps=4))
    for _ in range(3):
        scheduler.tick()
    assert kernel.sizes == [64, rows, rows]  # nothing is known of the first step


def test_the_next_run_of_the_same_kind_begins_as_large_as_its_pace_allows(model) -> None:
    clock = Clock()
    kernel = Climb(clock)
    scheduler = Scheduler(256, clock=lambda: clock.now / 1e6)
    for sizes in ([64, 256, 192], [256, 256]):
        kernel.sizes.clear()
        scheduler.add(run_of(model, kernel, count=256, steps=2))
        finish(scheduler)
        assert kernel.sizes == sizes
    scheduler.add(run_of(model, kernel, count=256, steps=2, options={"decoding": "sample"}))
    scheduler.tick()
    assert kernel.sizes[-1] == 64  # of another kind nothing is known


def test_a_short_run_is_done_in_as_many_ticks_as_it_has_steps(model) -> None:
    kernel = Climb()
    large, small = run_of(model, kernel, count=10_000, steps=10), run_of(model, kernel, count=16, steps=10)
    scheduler = scheduler_of(large, row_limit=64)
    for _ in range(25):
        scheduler.tick()
    scheduler.add(small)
    kernel.sizes.clear()
    ended = [scheduler.tick() for _ in range(10)]
    assert ended == [[]] * 9 + [[small]]
    assert kernel.sizes == [16 + 16] * 10  # the large one does not make its ticks long
    scheduler.tick()
    assert kernel.sizes[-1] == 64


def test_equal_runs_get_equal_shares(model) -> None:
    runs = [run_of(model, Climb(), count=64, steps=10) for _ in range(16)]
    scheduler = scheduler_of(*runs, row_limit=64)
    for _ in range(80):
        assert scheduler.tick() == []
    assert {run.steps_done for run in runs} == {64 * 5}
    assert finish(scheduler, most=80) == runs


def test_small_runs_share_a_tick(model) -> None:
    kernel = Climb()
    finish(scheduler_of(*(run_of(model, kernel, count=4, steps=5) for _ in range(8)), row_limit=32))
    assert kernel.sizes == [32] * 5


def test_nobody_starves_while_others_come_and_go(model) -> None:
    kernel = Climb()
    large = run_of(model, kernel, count=64, steps=4)
    scheduler = scheduler_of(large)
    ticks = 0
    while large.result is None:
        scheduler.add(run_of(model, kernel, count=2, steps=2))
        scheduler.tick()
        ticks += 1
    assert ticks <= 64 * 4 / (8 / 4) * 4  # a quarter of a tick at least at every turn, four turns a round


def test_chains_of_a_run_keep_pace_with_each_other(model) -> None:
    kernel = Climb()
    large = run_of(model, kernel, count=8, steps=5, record="all")
    scheduler = scheduler_of(large)
    scheduler.tick()
    scheduler.add(run_of(model, kernel, count=2, steps=100))
    for _ in range(4):
        scheduler.tick()
    assert large.snapshots[2].arrived.all()
    assert 3 not in large.snapshots


def test_kinds_of_runs_share_the_device_by_its_time(model) -> None:
    clock = Clock()
    kernel = Climb(clock)
    large = run_of(model, kernel, count=10_000, steps=10)
    small = run_of(model, kernel, count=16, steps=10, options={"decoding": "sample"})
    scheduler = Scheduler(64, clock)
    scheduler.add(large)
    for _ in range(25):
        scheduler.tick()
    scheduler.add(small)
    began = clock.now
    while small.result is None:
        scheduler.tick()
    assert len(scheduler.groups) == 1
    alone = 16 * 10
    assert clock.now - began <= 2 * alone + 64  # and a tick of the large one


def test_a_kind_that_comes_back_is_owed_nothing(model) -> None:
    clock = Clock()
    kernel = Climb(clock)
    scheduler = Scheduler(8, clock)
    scheduler.add(run_of(model, kernel, count=100, steps=10))
    for _ in range(100):
        scheduler.tick()
    other = run_of(model, kernel, count=80, steps=10, options={"decoding": "sample"})
    scheduler.add(other)
    for _ in range(20):
        scheduler.tick()
    assert other.steps_done == 10 * 8


def test_time_is_what_the_own_chains_took(model) -> None:
    clock = Clock()
    runs = [run_of(model, Climb(clock), count=count, steps=4, record="all") for count in (2, 6)]
    scheduler = Scheduler(8, clock)
    for run in runs:
        scheduler.add(run)
    finish(scheduler)
    for run in runs:
        assert run.result.seconds == {step: run.request.spec.count * step for step in range(5)}


def test_progress_and_recorded_steps_while_it_runs(model) -> None:
    run = run_of(model, Climb(), count=8, steps=4, record=(0, 2, 4))
    scheduler = scheduler_of(run)
    scheduler.tick()
    assert run.steps_done / run.steps_in_all == 1 / 4
    assert list(run.snapshots) == [0]
    scheduler.tick()
    assert list(run.snapshots) == [0, 2]
    assert run.snapshots[2].arrived.all()
    assert torch.allclose(run.snapshots[2].latents, run.snapshots[0].latents + 2.0)


def test_recorded_steps_of_a_part_of_the_chains(model) -> None:
    run = run_of(model, Climb(), count=8, steps=4, record="all")
    scheduler = scheduler_of(run, row_limit=3)
    scheduler.tick()
    assert run.snapshots[1].arrived.tolist() == [True] * 3 + [False] * 5
    assert (run.snapshots[1].images[3:] == 0).all()


class Broken(Climb):
    """Fails as soon as a latent passes ten."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def step(self, state, generator):
        if (state.latent > 10).any():
            raise self.error
        return super().step(state, generator)


def test_a_run_that_fails_harms_no_other(model) -> None:
    kernel = Broken(SamplingError("as it should"))
    good = [run_of(model, kernel, count=3, steps=6, seed=seed, record="all") for seed in range(3)]
    bad = run_of(model, kernel, steps=6, start=torch.full((2, 8), 8.0))
    scheduler = scheduler_of(good[0], bad, *good[1:], row_limit=16)
    assert set(finish(scheduler)) == {bad, *good}
    assert str(bad.error) == "as it should"
    assert bad.error.__traceback__ is None  # whose frames would hold the tensors of the step
    assert bad.result is None
    for run in good:
        alone = run_of(model, Climb(), count=3, steps=6, seed=run.request.spec.seed, record="all")
        finish(scheduler_of(alone))
        assert_same(run.result, alone.result)
        assert run.steps_done == run.steps_in_all


def test_who_shared_a_step_that_went_wrong_shares_no_other(model) -> None:
    kernel = Broken(SamplingError("as it should"))
    bad, good = run_of(model, kernel, steps=6, start=torch.full((2, 8), 9.5)), run_of(model, kernel, count=3, steps=6)
    scheduler = scheduler_of(bad, good)
    while not good.alone:
        scheduler.tick()
    fresh = run_of(model, kernel, count=3, steps=6)
    scheduler.add(fresh)
    assert set(finish(scheduler)) == {bad, good, fresh}
    assert not fresh.alone


def test_a_start_that_fails_harms_no_other(model) -> None:
    class NoStart(Climb):
        def init(self, latent, generator):
            if (latent > 10).any():
                raise ZeroDivisionError
            return super().init(latent, generator)

    kernel = NoStart()
    good, bad = run_of(model, kernel, count=3), run_of(model, kernel, start=torch.full((2, 8), 11.0))
    finish(scheduler_of(good, bad))
    assert isinstance(bad.error, ZeroDivisionError)
    assert good.error is None
    assert not good.alone


def test_a_step_that_loses_chains_fails(model) -> None:
    class Loses(Climb):
        def step(self, state, generator):
            state, info = super().step(state, generator)
            return type(state)(state.latent[1:], state.image[1:]), info

    run = run_of(model, Loses(), count=5)
    finish(scheduler_of(run))
    assert run.error is not None


class Small(Climb):
    """A device with room for a few chains."""

    def __init__(self, room: int, error: Exception) -> None:
        super().__init__()
        self.room = room
        self.error = error

    def step(self, state, generator):
        if len(state.latent) > self.room:
            raise self.error
        return super().step(state, generator)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_out_of_memory_halves_the_ticks_and_goes_on(model, error: Exception) -> None:
    kernel = Small(3, error)
    runs = [run_of(model, kernel, count=count, steps=3) for count in (9, 4)]
    assert set(finish(scheduler_of(*runs, row_limit=16))) == set(runs)
    assert max(kernel.sizes) <= 3
    for run in runs:
        assert torch.allclose(run.result.latents[3], run.result.latents[0] + 3.0)
        assert run.steps_done == run.steps_in_all


def test_the_next_runs_try_large_ticks_again(model) -> None:
    kernel = Small(3, torch.OutOfMemoryError())
    scheduler = scheduler_of(run_of(model, kernel, count=9, steps=3), row_limit=16)
    finish(scheduler)
    kernel.room = 16
    scheduler.add(run_of(model, kernel, count=16, steps=3))
    finish(scheduler)
    assert kernel.sizes[-1] == 16


def test_out_of_memory_with_a_single_chain_is_said(model) -> None:
    runs = [run_of(model, Small(0, torch.OutOfMemoryError()), count=count) for count in (9, 4)]
    finish(scheduler_of(*runs))
    assert all(isinstance(run.error, DeviceMemoryError) for run in runs)


def test_out_of_memory_at_the_start_halves_too(model) -> None:
    class NoRoom(Climb):
        def init(self, latent, generator):
            if len(latent) > 2:
                raise torch.OutOfMemoryError
            return super().init(latent, generator)

    kernel = NoRoom()
    runs = [run_of(model, kernel, count=7, steps=2) for _ in range(3)]
    finish(scheduler_of(*runs))
    assert all(run.result is not None for run in runs)


def test_dropping_a_run_leaves_the_others(model) -> None:
    stays, goes = (run_of(model, Climb(), count=8, steps=5) for _ in range(2))
    scheduler = scheduler_of(stays, goes)
    scheduler.tick()
    scheduler.drop(goes)
    assert finish(scheduler) == [stays]
    assert goes.result is None
