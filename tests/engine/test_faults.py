"""What goes wrong in a run, in its files, on the device or in the worker harms nobody else."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from latentdemo import load_model, run_chain
from latentdemo.engine import RunRequest
from latentdemo.errors import (
    Cancelled,
    CheckpointError,
    DeviceMemoryError,
    EngineError,
    ModelNotFoundError,
)
from latentdemo.sampling import KERNELS
from tests.engine.stand_ins import NAME, PATIENCE, Climb, assert_same, done, held, stand_in, workers


def test_a_run_that_fails_harms_no_other(engine, monkeypatch) -> None:
    class Broken(Climb):
        def step(self, state, generator):
            if (state.latent > 10).any():
                raise ZeroDivisionError("as it should")
            return super().step(state, generator)

    kernel = Broken()
    monkeypatch.setitem(KERNELS, "broken", stand_in("broken", lambda model: kernel))
    wishes = [{"count": 3}, {"start": torch.full((2, 8), 8.0)}, {"count": 5}]
    tickets = [engine.submit(RunRequest.of(NAME, kernel="broken", steps=6, **wish)) for wish in wishes]
    good, bad, other = map(done, tickets)
    assert isinstance(bad.error, ZeroDivisionError)
    assert bad.result is None
    assert torch.allclose(good.result.latents[6], good.result.latents[0] + 6)
    assert torch.allclose(other.result.latents[6], other.result.latents[0] + 6)


def test_a_model_whose_files_vanish_walks_on(engine, gate, checkpoints) -> None:
    ticket = engine.submit(held(count=2, steps=2))
    gate.reached()
    engine.models.trim(0)
    assert [kept.users for kept in engine.models.kept.values()] == [1]
    shutil.rmtree(checkpoints / "own")
    with pytest.raises(ModelNotFoundError):
        engine.submit(held(count=2, steps=2, seed=1))
    gate.let_through(2)
    assert done(ticket).result is not None


def test_what_was_read_may_vanish_or_break_while_chains_walk(engine, checkpoints) -> None:
    model, folder = load_model(NAME, "cpu"), checkpoints / "own" / "tiny"
    wishes = [{"kernel": "hmc"}, {"start": "flow"}, {"stop_at": 0.7}, {"kernel": "transport"}]
    wanted = [run_chain(model, count=40, steps=6, seed=5, **wish) for wish in wishes]
    tickets = [engine.submit(RunRequest.of(NAME, count=40, steps=6, seed=5, **wish)) for wish in wishes]
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:20])
    with pytest.raises(CheckpointError):
        engine.submit(RunRequest.of(NAME, count=40, steps=6, seed=6))
    for ticket, run in zip(tickets, wanted, strict=True):
        assert_same(done(ticket).result, run)


def test_out_of_memory_on_the_device_is_survived(engine, monkeypatch) -> None:
    room = 3

    class Small(Climb):
        def step(self, state, generator):
            if len(state.latent) > room:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().step(state, generator)

    monkeypatch.setitem(KERNELS, "small", stand_in("small", lambda model: Small()))
    tickets = [engine.submit(RunRequest.of(NAME, "small", count=count, steps=4, seed=count)) for count in (1, 9, 20)]
    other = engine.submit(RunRequest.of(NAME, count=5, steps=3))
    for ticket in tickets:
        result = done(ticket).result
        assert torch.allclose(result.latents[4], result.latents[0] + 4)
    assert_same(done(other).result, run_chain(load_model(NAME, "cpu"), count=5, steps=3))
    room = 0
    with pytest.raises(DeviceMemoryError, match="no memory left"):
        engine.run(RunRequest.of(NAME, "small", count=4, steps=4))
    assert engine.run(RunRequest.of(NAME, count=5, steps=4)).count == 5


def test_out_of_memory_in_other_work_is_said_so(engine) -> None:
    def full() -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(DeviceMemoryError):
        engine.call(full)


@pytest.mark.parametrize("death", [SystemExit, ZeroDivisionError])
def test_a_worker_that_fails_begins_anew_and_harms_nobody(engine, gate, monkeypatch, death) -> None:
    tickets = [engine.submit(held(count=2, steps=3, seed=seed, record="all")) for seed in (1, 2)]
    gate.reached()

    def die():
        raise death

    monkeypatch.setattr(engine._scheduler, "tick", die)
    gate.let_through(100)
    for ticket in tickets:
        result = done(ticket).result
        for step in range(4):
            assert torch.allclose(result.latents[step], result.latents[0] + step)
    assert len(workers()) == 1


def test_other_work_that_kills_the_worker_is_said_and_harms_no_other(engine, gate) -> None:
    def deadly() -> None:
        raise SystemExit

    ticket = engine.submit(held(count=2, steps=3))
    gate.reached()
    with ThreadPoolExecutor() as threads:
        killed = [threads.submit(engine.call, deadly) for _ in range(3)]
        other = threads.submit(engine.call, lambda: 7)
        while len(engine._calls) < 4:
            assert not other.done()
        gate.let_through(100)
        for each in killed:
            with pytest.raises(EngineError, match="failed"):
                each.result(PATIENCE)
        assert other.result(PATIENCE) == 7
    assert done(ticket).result is not None
    assert len(workers()) == 1


def test_a_run_that_kills_every_worker_is_given_up(engine, monkeypatch) -> None:
    class Deadly(Climb):
        def step(self, state, generator):
            if (state.latent > 10).any():
                raise SystemExit
            return super().step(state, generator)

    monkeypatch.setitem(KERNELS, "deadly", stand_in("deadly", lambda model: Deadly()))
    with engine._changed:  # so that all of these are there before the first tick
        bystanders = [
            engine.submit(RunRequest.of(NAME, kernel, count=2, steps=5)) for kernel in ("deadly", "decode-encode")
        ]
        deadly = engine.submit(RunRequest.of(NAME, kernel="deadly", start=torch.full((2, 8), 11.0)))
    assert isinstance(done(deadly).error, EngineError)
    for bystander in bystanders:
        assert done(bystander).result is not None
    assert engine.run(RunRequest.of(NAME, kernel="deadly", count=2, steps=3)).count == 2
    assert len(workers()) == 1
    assert [kept.users for kept in engine.models.kept.values()] == [0]


def test_a_worker_that_cannot_start_is_said_and_started_next_time(engine, monkeypatch) -> None:
    def none_left(thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", none_left)
        with pytest.raises(EngineError, match="no thread"):
            engine.submit(RunRequest.of(NAME, count=2, steps=1))
    assert [kept.users for kept in engine.models.kept.values()] == [0]
    assert engine.run(RunRequest.of(NAME, count=2, steps=1)).count == 2


def test_closing_while_a_worker_dies_leaves_nothing(engine, gate, monkeypatch) -> None:
    ticket = engine.submit(held(count=2, steps=3))
    gate.reached()

    def die():
        engine.closed = True
        raise SystemExit

    monkeypatch.setattr(engine._scheduler, "tick", die)
    gate.let_through(100)
    engine._worker.join(PATIENCE)
    engine.close()
    assert isinstance(done(ticket).error, Cancelled)
    assert workers() == []
