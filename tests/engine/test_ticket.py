"""Tickets: shared, looked at, cancelled, lost and left."""

import gc

import pytest

from latentdemo.engine import Engine, RunRequest, Ticket
from latentdemo.engine.clock import SteadyClock
from latentdemo.engine.engine import LEASE
from latentdemo.errors import (
    Cancelled,
)
from latentdemo.sampling import KERNELS
from tests.engine.stand_ins import NAME, PATIENCE, Climb, Clock, done, held, stand_in


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


@pytest.mark.parametrize("leap", [1e6, -1e6])
def test_a_clock_that_leaps_takes_nothing_from_anybody(checkpoints, gate, leap) -> None:
    source = Clock()
    engine = Engine("cpu", row_limit=8, clock=SteadyClock(source))
    before = engine.submit(held(count=2, steps=4, seed=1))
    gate.reached()
    source.now += leap
    after = engine.submit(held(count=2, steps=4, seed=2, options={"step": "2"}))
    gate.let_through()
    gate.reached()
    source.now -= 2 * leap
    gate.let_through(100)
    assert done(before).result is not None
    assert done(after).result is not None
    assert all(seconds >= 0 for ticket in (before, after) for seconds in ticket.result.seconds.values())
    engine.close()
