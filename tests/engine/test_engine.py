"""The engine with its worker. Kernels are held back where an order matters; nothing depends on how long it takes."""

import gc
import random
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from latentdemo import load_model, run_chain
from latentdemo.checkpoints import load_form, load_trained, save_checkpoint
from latentdemo.engine import Engine, RecentResults, RunRequest, Ticket, engine_for, shared
from latentdemo.engine.clock import SteadyClock
from latentdemo.engine.engine import LEASE
from latentdemo.engine.run import Run
from latentdemo.errors import (
    Busy,
    Cancelled,
    CheckpointDigestError,
    CheckpointError,
    DeviceMemoryError,
    EngineError,
    ModelNotFoundError,
    SamplingError,
)
from latentdemo.sampling import KERNELS, ChainSpec, run_batches
from tests.engine.stand_ins import PATIENCE, Climb, Clock, Gate, assert_same, stand_in

NAME = "own/tiny"


@pytest.fixture
def gate(monkeypatch):
    """A kernel of this name whose steps are let through one by one."""
    kernel = Gate()
    monkeypatch.setitem(KERNELS, "gate", stand_in("gate", lambda model, step=0: kernel, "step"))
    return kernel


def held(**settings) -> RunRequest:
    return RunRequest.of(NAME, kernel="gate", **settings)


def done(ticket: Ticket) -> Ticket:
    assert ticket.wait(PATIENCE)
    return ticket


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "latentdemo-cpu"]


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


def test_what_was_asked_before_is_not_run_again(engine, gate) -> None:
    ticket = engine.submit(held(count=2, steps=1))
    gate.reached()
    gate.let_through()
    result = done(ticket).result
    again = engine.submit(held(count=2, steps=1))
    assert again.wait(0)
    assert again.result is result
    assert len(gate.sizes) == 1


def test_those_who_ask_for_the_same_share_a_run(engine, gate) -> None:
    tickets = [engine.submit(held(count=2, steps=2)) for _ in range(5)]
    gate.reached()
    tickets[0].cancel()
    gate.let_through(2)
    assert isinstance(done(tickets[0]).error, Cancelled)
    assert len({id(done(ticket).result) for ticket in tickets[1:]}) == 1
    assert gate.sizes == [2, 2]


def test_progress_and_recorded_steps_while_it_runs(engine, gate) -> None:
    ticket = engine.submit(held(count=4, steps=4, record="all"))
    for step in range(4):
        gate.reached()
        assert ticket.progress == step / 4
        assert sorted(ticket.partial) == list(range(step + 1))
        assert ticket.partial[step].arrived.all()
        assert ticket.result is None
        gate.let_through()
    assert done(ticket).progress == 1.0


def test_cancelling_takes_effect_within_a_tick(engine, gate) -> None:
    ticket = engine.submit(held(count=4, steps=1000))
    gate.reached()
    ticket.cancel()
    assert ticket.wait(0)
    assert isinstance(ticket.error, Cancelled)
    other = engine.submit(held(count=1, steps=1))
    gate.let_through(2)
    assert done(other).result is not None
    assert gate.sizes == [4, 1]


def test_a_ticket_that_nothing_refers_to_is_given_up(engine, gate) -> None:
    ticket = engine.submit(held(count=4, steps=1000))
    gate.reached()
    other = engine.submit(held(count=1, steps=1))
    del ticket
    gc.collect()
    gate.let_through(2)
    assert done(other).result is not None
    assert gate.sizes == [4, 1]


def test_a_ticket_that_nobody_looks_at_is_given_up(checkpoints, gate) -> None:
    clock = Clock()
    engine = Engine("cpu", row_limit=8, clock=clock)
    left = engine.submit(held(count=2, steps=9, seed=1))
    gate.reached()
    looked_at = engine.submit(held(count=2, steps=7, seed=2))
    looks = (lambda: looked_at.progress, lambda: looked_at.wait(0), lambda: looked_at.place, looked_at.touch)
    for turn, look in enumerate(look for look in looks for _ in range(2)):  # twice, so that each is needed
        if turn:
            gate.reached()
        clock.now += 0.6 * LEASE
        look()
        gate.let_through()
    assert done(looked_at).result is not None
    assert isinstance(left.error, Cancelled)
    assert gate.sizes == [2, 4, *[2] * 6]
    engine.close()


def test_the_queue_is_bounded_and_places_are_told(checkpoints, gate) -> None:
    engine = Engine("cpu", row_limit=4, queue_limit=4)
    tickets = [engine.submit(held(count=4, steps=2, seed=0))]
    gate.reached()
    tickets += [engine.submit(held(count=4, steps=2, seed=seed)) for seed in (1, 2, 3)]
    assert [ticket.place for ticket in tickets] == [0, 1, 2, 3]
    with pytest.raises(Busy, match="4 runs") as refused:
        engine.submit(held(count=4, steps=2, seed=4))
    assert refused.value.seconds >= 1.0
    engine.submit(held(count=4, steps=2, seed=3))  # what is on its way already takes no room
    tickets[1].cancel()
    for _ in range(2):
        gate.let_through()
        gate.reached()
    assert [ticket.place for ticket in tickets] == [0, 0, 0, 1]
    tickets.append(engine.submit(held(count=4, steps=2, seed=4)))
    gate.let_through(100)
    assert all(done(ticket).result is not None for ticket in (tickets[0], *tickets[2:]))
    engine.close()


def test_results_on_their_way_are_bounded(checkpoints, gate) -> None:
    one = held(count=100, steps=5, record="all")
    engine = Engine("cpu", memory_limit=1)
    ticket = engine.submit(one)  # alone, anything within the limits of a request will do
    with pytest.raises(Busy):
        engine.submit(held(count=100, steps=5, record="all", seed=1))
    gate.let_through(100)
    assert done(ticket).result is not None
    engine.close()


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
    loading, load = threading.Event(), threading.Event()

    def slow_load(name, device, form):
        if name == "own/slow":
            loading.set()
            assert load.wait(PATIENCE)
        return load_form(name, device, form)

    monkeypatch.setattr("latentdemo.engine.pool.load_form", slow_load)
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(engine.run, RunRequest.of("own/slow", count=1, steps=1))
        assert loading.wait(PATIENCE)
        assert engine.run(RunRequest.of(NAME, count=1, steps=1)).count == 1
        assert not slow.done()
        load.set()
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


def test_a_closed_engine_keeps_nothing_for_those_who_still_use_a_model(engine) -> None:
    with engine.models.lease(NAME):
        engine.run(RunRequest.of(NAME, count=2, steps=1))
        engine.close()
    assert not engine.models.kept
    assert not engine.results._kept


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


@pytest.mark.parametrize("leap", [1e6, -1e6])
def test_a_clock_that_leaps_takes_nothing_from_anybody(checkpoints, gate, leap) -> None:
    source = Clock()
    engine = Engine("cpu", row_limit=8, clock=SteadyClock(source))
    before = engine.submit(held(count=2, steps=4, seed=1))
    gate.reached()
    source.now += leap
    after = engine.submit(held(count=2, steps=4, seed=2, options={"step": 2}))
    gate.let_through()
    gate.reached()
    source.now -= 2 * leap
    gate.let_through(100)
    assert done(before).result is not None
    assert done(after).result is not None
    assert all(seconds >= 0 for ticket in (before, after) for seconds in ticket.result.seconds.values())
    engine.close()


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


def test_a_client_that_never_looks_at_its_ticket_holds_up_nobody(checkpoints, monkeypatch) -> None:
    clock = Clock()
    engine = Engine("cpu", row_limit=8, clock=clock)
    kernel = Climb(clock)  # a second a chain and step: the run of the one who never looks outlasts any lease
    monkeypatch.setitem(KERNELS, "slow", stand_in("slow", lambda model: kernel))
    never = engine.submit(RunRequest.of(NAME, "slow", count=1000, steps=1000))
    for seed in range(5):
        assert engine.run(RunRequest.of(NAME, count=2, steps=2, seed=seed)).count == 2
    assert done_without_a_look(never)
    assert isinstance(never.error, Cancelled)
    engine.close()


def done_without_a_look(ticket: Ticket) -> bool:
    return ticket._claim.ended.wait(PATIENCE)


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


def test_out_of_memory_in_other_work_is_said_so(engine) -> None:
    def full() -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(DeviceMemoryError):
        engine.call(full)


def test_chains_can_be_asked_for_in_parts(engine) -> None:
    whole = engine.run(RunRequest.of(NAME, count=7, steps=2))
    part = engine.run(RunRequest.of(NAME, count=3, steps=2, first=4))
    for step in (0, 2):
        assert torch.allclose(part.latents[step], whole.latents[step][4:], atol=1e-3)


def runs_alive() -> int:
    gc.collect()
    return sum(type(each) is Run for each in gc.get_objects())


@pytest.mark.parametrize("start", ["prior", torch.linspace(-2, 2, 80).reshape(10, 8)], ids=["prior", "given"])
def test_batches_are_those_of_a_plain_run(engine, monkeypatch, start) -> None:
    monkeypatch.setattr("latentdemo.engine.request.BATCH", 4)
    spec = ChainSpec(count=10, steps=3, seed=5, start=start)
    plain = run_batches(load_model(NAME, "cpu"), spec, record=[0, 3], batch_size=4)
    for run, wanted in zip(engine.run_batches(NAME, spec, record=[0, 3]), plain, strict=True):
        assert_same(run, wanted)


def test_nothing_grows_with_the_number_of_requests(checkpoints, monkeypatch) -> None:
    class Moody(Climb):
        def step(self, state, generator):
            self.sizes.clear()
            if (state.latent > 100).any():
                raise SamplingError("as it should")
            return super().step(state, generator)

    monkeypatch.setitem(KERNELS, "moody", stand_in("moody", lambda model, step=0: Moody(), "step"))
    before = runs_alive()
    engine = Engine("cpu", row_limit=16, queue_limit=1000)
    engine.results = RecentResults(20_000)
    draw = random.Random(2)
    tickets: list[Ticket] = []
    for seed in range(1000):
        start = draw.choice(["prior", "prior", "flow", torch.full((2, 8), 100.0)])
        request = RunRequest.of(
            NAME,
            "moody",
            count=draw.randint(1, 20),
            steps=draw.randint(0, 5),
            seed=seed,
            start=start,
            options={"step": seed % 3},
        )
        ticket = engine.submit(request)
        if draw.random() < 0.1:
            ticket.cancel()
        if draw.random() < 0.8:
            tickets.append(ticket)
        if len(tickets) > 20:
            done(tickets.pop(0))
    for ticket in tickets:
        done(ticket)
    engine.run(
        RunRequest.of(NAME, "moody", count=1, steps=1, seed=1000)
    )  # after which the worker has dropped all that was lost
    assert not engine._admission
    assert not engine._admission.fresh
    assert [kept.users for kept in engine.models.kept.values()] == [0]
    assert sum(weight for _, weight in engine.results._kept.values()) <= 20_000
    engine.close()
    assert workers() == []
    assert runs_alive() <= before


def test_a_process_has_one_engine_a_device_and_a_closed_one_is_replaced() -> None:
    engine = engine_for("cpu")
    assert engine_for("cpu") is engine_for("cpu:0") is engine
    engine.close()
    assert engine_for("cpu") is not engine
    engine_for("cpu").close()


def test_sources_that_are_imported_anew_get_an_engine_of_their_own(monkeypatch, checkpoints) -> None:
    before = engine_for("cpu")
    before.run(RunRequest.of(NAME, count=1, steps=1))
    newer = type("Engine", (Engine,), {})
    monkeypatch.setitem(shared.KEPT, "newest", newer)
    with pytest.raises(EngineError, match="begin again"):
        engine_for("cpu")
    monkeypatch.setattr(shared, "Engine", newer)
    assert engine_for("cpu") is not before
    assert before.closed
    assert workers() == []
    engine_for("cpu").close()


def test_a_process_ends_while_chains_walk(checkpoints) -> None:
    script = (
        "from latentdemo.engine import RunRequest, engine_for\n"
        f"ticket = engine_for('cpu').submit(RunRequest.of('{NAME}', count=1000, steps=1000))\n"
        "assert not ticket.wait(0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
