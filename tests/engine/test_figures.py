import pytest

from latentdemo.engine import RunRequest
from latentdemo.engine.engine import Engine
from latentdemo.errors import Busy
from tests.engine.stand_ins import NAME, done, held


def test_what_becomes_of_requests_is_counted(engine, gate) -> None:
    first, second = engine.submit(held(count=2, steps=1)), engine.submit(held(count=2, steps=1, seed=1))
    gate.reached()
    figures = engine.figures()
    assert figures.waiting + figures.walking == 2
    assert figures.walking >= 1
    second.cancel()
    gate.let_through(2)
    done(first)
    done(engine.submit(held(count=2, steps=1)))
    engine.close()
    figures = engine.figures()
    assert figures.tally.outcomes == {"done": 1, "kept": 1, "cancelled": 1}
    assert (figures.waiting, figures.walking) == (0, 0)


def test_steps_models_and_results_are_counted(engine) -> None:
    engine.run(RunRequest.of(NAME, count=5, steps=3))
    figures = engine.figures()
    assert figures.tally.steps == 15
    assert figures.tally.seconds > 0
    assert figures.models == 1
    assert figures.model_bytes > 0
    assert figures.result_bytes > 0


def test_those_who_are_turned_away_are_counted(checkpoints, gate) -> None:
    engine = Engine("cpu", queue_limit=1)
    try:
        first = engine.submit(held(count=1, steps=1))
        with pytest.raises(Busy):
            engine.submit(held(count=1, steps=1, seed=1))
        gate.let_through()
        done(first)
        assert engine.tally.outcomes["refused"] == 1
    finally:
        engine.close()
