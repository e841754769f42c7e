"""The engine with its worker. Kernels are held back where an order matters; nothing depends on how long it takes."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from latentdemo import load_model, run_chain
from latentdemo.checkpoints import load_trained, save_checkpoint
from latentdemo.engine import Engine, RunRequest
from latentdemo.errors import (
    Cancelled,
    CheckpointDigestError,
    EngineError,
    SamplingError,
)
from latentdemo.sampling import KERNELS, ChainSpec, run_batches
from tests.engine.stand_ins import NAME, PATIENCE, HeldLoad, assert_same, done, held, workers


def test_a_run_is_the_one_of_run_chain(engine) -> None:
    wish = {"count": 11, "steps": 6, "seed": 3, "record": (0, 2, 6), "stop_at": 0.7}
    ticket = done(engine.submit(RunRequest.of(NAME, **wish)))
    assert ticket.error is None
    assert ticket.progress == 1.0
    assert ticket.place == 0
    assert_same(ticket.result, run_chain(load_model(NAME, "cpu"), **wish))


def test_many_threads_get_what_they_asked_for(engine) -> None:
    draw = random.Random(1)
    kernels = [name for name in KERNELS for _ in range(2)]
    wishes = [
        {"kernel": draw.choice(kernels), "count": draw.randint(1, 40), "steps": draw.randint(0, 6), "seed": seed}
        | draw.choice([{}, {"stop_at": 0.7}, {"noise": "shared"}, {"record": "all"}])
        for seed in range(32)
    ]
    with ThreadPoolExecutor(len(wishes)) as threads:
        runs = list(threads.map(lambda wish: engine.run(RunRequest.of(NAME, **wish)), wishes))
    model = load_model(NAME, "cpu")
    for run, wish in zip(runs, wishes, strict=True):
        assert_same(run, run_chain(model, **wish))


def test_a_loaded_model_will_do_and_its_results_are_not_kept(engine, tiny_model) -> None:
    request = RunRequest.of(tiny_model, count=3, steps=2)
    first = engine.run(request)
    assert_same(first, run_chain(tiny_model, count=3, steps=2))
    tiny_model.decoder[0].weight.data.mul_(2)
    assert not torch.equal(engine.run(request).images[2], first.images[2])


def test_changed_weights_are_noticed(engine, checkpoints, tiny_model) -> None:
    request = RunRequest.of(NAME, count=2, steps=1)
    first = engine.run(request)
    old = load_model(NAME, "cpu")
    digest = save_checkpoint(checkpoints / "own" / "tiny", load_trained(NAME, "cpu"), "own").sha256
    assert engine.run(request) is first
    tiny_model.decoder[0].weight.data.mul_(2)
    save_checkpoint(checkpoints / "own" / "tiny", tiny_model, "own")
    assert not torch.equal(engine.run(request).images[0], first.images[0])
    kept = RunRequest.of(NAME, count=2, steps=1, seed=9, digest=digest)
    assert_same(engine.run(kept), run_chain(old, count=2, steps=1, seed=9))  # still in memory
    engine.models.trim(0)
    with pytest.raises(CheckpointDigestError, match="changed on disk"):
        engine.run(RunRequest.of(NAME, count=2, steps=1, seed=10, digest=digest))


def test_a_request_waits_for_no_model_but_its_own(engine, checkpoints, monkeypatch, tiny_model) -> None:
    save_checkpoint(checkpoints / "own" / "slow", tiny_model, "own")
    loading = HeldLoad("own/slow")
    monkeypatch.setattr("latentdemo.engine.pool.load_form", loading)
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(engine.run, RunRequest.of("own/slow", count=1, steps=1))
        assert loading.reached.wait(PATIENCE)
        assert engine.run(RunRequest.of(NAME, count=1, steps=1)).count == 1
        assert not slow.done()
        loading.open.set()
        assert slow.result().count == 1


def test_closing_ends_everything(checkpoints, gate) -> None:
    engine = Engine("cpu", row_limit=8)
    running = engine.submit(held(count=2, steps=1000))
    waiting = engine.submit(RunRequest.of(NAME, count=2, steps=1000, seed=1))
    gate.reached()
    with ThreadPoolExecutor() as threads:
        blocked = threads.submit(running.wait)
        closing = threads.submit(engine.close)
        while not engine.closed:
            assert not closing.done()
        gate.let_through()
        closing.result(PATIENCE)
        assert blocked.result(PATIENCE)
    assert all(isinstance(ticket.error, Cancelled) for ticket in (running, waiting))
    assert gate.sizes == [2]
    assert workers() == []
    assert not engine.models.kept
    with pytest.raises(EngineError, match="closed"):
        engine.submit(held(count=2))
    engine.close()


def test_an_idle_engine_closes_too(checkpoints) -> None:
    engine = Engine("cpu")
    engine.close()
    engine = Engine("cpu")
    engine.run(RunRequest.of(NAME, count=1, steps=1))
    engine.close()
    assert workers() == []


def test_a_closed_engine_keeps_nothing_for_those_who_still_use_a_model(engine) -> None:
    with engine.models.lease(NAME):
        engine.run(RunRequest.of(NAME, count=2, steps=1))
        engine.close()
    assert not engine.models.kept
    assert not engine.results._kept


def test_blocking_runs_tell_progress_and_can_be_cancelled(engine, gate) -> None:
    told = []
    with ThreadPoolExecutor() as threads:
        run = threads.submit(
            engine.run, held(count=2, steps=4), lambda step, total: told.append((step, total)), lambda: len(told) >= 2
        )
        with pytest.raises(Cancelled):
            run.result(PATIENCE)
        gate.let_through()
    assert told == [(0, 8), (0, 8)]
    engine.run(RunRequest.of(NAME, count=2, steps=4), lambda step, total: told.append((step, total)))
    assert told[-1] == (8, 8)


def test_what_goes_wrong_in_a_blocking_run_is_raised(engine) -> None:
    with pytest.raises(SamplingError, match="no density"):
        engine.run(RunRequest.of(NAME, count=2, steps=4, start="nowhere"))
    with pytest.raises(SamplingError, match="unknown kernel"):
        engine.run(RunRequest.of(NAME, kernel="nothing"))


def test_other_work_is_done_between_two_ticks(engine, gate) -> None:
    ticket = engine.submit(held(count=2, steps=3))
    gate.reached()
    with ThreadPoolExecutor() as threads:
        calls = [threads.submit(engine.call, lambda: (threading.current_thread().name, len(gate.sizes)))]
        while not engine._calls:
            assert not calls[0].done()
        calls.append(threads.submit(engine.call, [].pop))
        while len(engine._calls) < 2:
            assert not calls[1].done()
        gate.let_through()
        assert calls[0].result(PATIENCE) == ("latentdemo-cpu", 1)
        gate.reached()
        gate.let_through()
        with pytest.raises(IndexError):
            calls[1].result(PATIENCE)
    gate.let_through()
    assert done(ticket).result is not None
    assert engine.call(torch.is_grad_enabled) is False


def test_other_work_hangs_on_no_engine_that_is_closed(engine, gate) -> None:
    ticket = engine.submit(held(count=2, steps=3))
    gate.reached()
    with ThreadPoolExecutor() as threads:
        call, closing = threads.submit(engine.call, lambda: 1), threads.submit(engine.close)
        while not engine.closed:
            assert not closing.done()
        gate.let_through()
        closing.result(PATIENCE)
        with pytest.raises(EngineError):
            call.result(PATIENCE)
    assert isinstance(ticket.error, Cancelled)
    with pytest.raises(EngineError, match="closed"):
        engine.call(lambda: 1)


def test_chains_can_be_asked_for_in_parts(engine) -> None:
    whole = engine.run(RunRequest.of(NAME, count=7, steps=2))
    part = engine.run(RunRequest.of(NAME, count=3, steps=2, first=4))
    for step in (0, 2):
        assert torch.allclose(part.latents[step], whole.latents[step][4:], atol=1e-3)


@pytest.mark.parametrize("start", ["prior", torch.linspace(-2, 2, 80).reshape(10, 8)], ids=["prior", "given"])
def test_batches_are_those_of_a_plain_run(engine, monkeypatch, start) -> None:
    monkeypatch.setattr("latentdemo.engine.request.BATCH", 4)
    spec = ChainSpec(count=10, steps=3, seed=5, start=start)
    plain = run_batches(load_model(NAME, "cpu"), spec, record=[0, 3], batch_size=4)
    for run, wanted in zip(engine.run_batches(NAME, spec, record=[0, 3]), plain, strict=True):
        assert_same(run, wanted)
