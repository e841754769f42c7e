"""How much may be on its way at once, and that nothing of it stays behind."""

import gc
import random

import pytest
import torch

from latentdemo.engine import Engine, RunRequest, Ticket
from latentdemo.engine.recent import RecentResults
from latentdemo.engine.run import Run
from latentdemo.errors import (
    Busy,
    SamplingError,
)
from latentdemo.sampling import KERNELS
from tests.engine.stand_ins import NAME, Climb, done, held, stand_in, workers


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


def runs_alive() -> int:
    gc.collect()
    return sum(type(each) is Run for each in gc.get_objects())


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
            options={"step": str(seed % 3)},
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
