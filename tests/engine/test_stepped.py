"""Tests of scheduler and engine once more, with the steps of a GPU on its eager twin, whose marks are passed late."""

from functools import partial

import pytest

from latentdemo.engine.run import Run
from latentdemo.engine.stepping.stepper import Stepping
from tests.engine import test_scheduler
from tests.engine.stand_ins import Climb
from tests.engine.stepping.late import LateDevice
from tests.engine.test_engine import (  # noqa: F401 - pytest finds them here
    test_a_run_is_the_one_of_run_chain,
    test_batches_are_those_of_a_plain_run,
    test_many_threads_get_what_they_asked_for,
)
from tests.engine.test_faults import test_what_was_read_may_vanish_or_break_while_chains_walk  # noqa: F401
from tests.engine.test_scheduler import (  # noqa: F401
    model,
    test_a_run_is_as_alone_whoever_walks_beside_it,
    test_a_run_without_steps_has_its_starting_points,
    test_a_start_at_real_data_is_the_same_too,
    test_chains_that_stop_by_themselves_do_so_one_by_one,
    test_out_of_memory_at_the_start_halves_too,
    test_out_of_memory_halves_the_ticks_and_goes_on,
    test_out_of_memory_with_a_single_chain_is_said,
    test_who_shared_a_step_that_went_wrong_shares_no_other,
)


@pytest.fixture(autouse=True)
def stepping(monkeypatch) -> Stepping:
    """All runs step as on a GPU."""
    made = Stepping(LateDevice())
    monkeypatch.setattr("latentdemo.engine.engine.stepping_for", lambda device: made)
    monkeypatch.setattr(test_scheduler, "Run", partial(Run, stepping=made))
    monkeypatch.setattr(Climb, "recordable", True, raising=False)
    return made


def test_these_runs_were_recorded(model, stepping) -> None:  # noqa: F811
    test_a_run_is_as_alone_whoever_walks_beside_it(model, {})
    assert stepping.steps
    assert stepping.device.waits


def test_recorded_steps_are_there_once_they_were_copied(model, stepping) -> None:  # noqa: F811
    run = test_scheduler.run_of(model, Climb(), count=8, steps=4, record="all")
    scheduler = test_scheduler.scheduler_of(run)
    scheduler.tick()
    assert run.snapshots == {}  # nobody has waited for it
    stepping.device.done = stepping.device.asked
    scheduler.tick()
    assert sorted(run.snapshots) == [0, 1]
    assert run.snapshots[1].arrived.all()
