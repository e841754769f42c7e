import threading

import pytest

from latentdemo.engine import Job, RunRequest, jobs
from latentdemo.errors import SamplingError
from latentdemo.sampling import ChainSpec, run_batches
from tests.engine.stand_ins import NAME, PATIENCE, Gate, assert_same, held, until


def test_result_and_progress() -> None:
    def work(job):
        job.report(1, 4)
        return "done"

    job = Job("key", work)
    assert job.wait(PATIENCE)
    assert job.result == "done"
    assert job.progress == 0.25
    assert job.error is None


def test_an_error_is_kept_and_does_not_escape() -> None:
    def work(job):
        raise SamplingError("no such kernel")

    job = Job("key", work)
    assert job.wait(PATIENCE)
    assert isinstance(job.error, SamplingError)
    assert job.result is None


def test_cancelling_reaches_the_work() -> None:
    started = threading.Event()

    def work(job):
        started.set()
        while True:
            job.check()

    job = Job("key", work)
    assert started.wait(PATIENCE)
    assert not job.wait(0)
    job.cancel()
    assert job.wait(PATIENCE)
    assert job.cancelled
    assert job.error is None


def test_who_watches_is_woken_by_what_there_is_to_show() -> None:
    goes_on = threading.Event()

    def work(job):
        job.show("half of it")
        assert goes_on.wait(PATIENCE)

    job = Job("key", work)
    job.wait_for_news(PATIENCE)
    assert job.shown == "half of it"
    job.wait_for_news(0.01)  # there is nothing else
    goes_on.set()
    job.wait_for_news(PATIENCE)
    assert job.wait(0)
    assert job.shown is None


def test_what_was_shown_stays_where_there_is_no_result() -> None:
    def work(job):
        job.show("half of it")
        raise SamplingError("no more")

    job = Job("key", work)
    assert job.wait(PATIENCE)
    assert job.shown == "half of it"


def test_one_job_does_not_wait_for_another() -> None:
    release = threading.Event()
    slow = Job("slow", lambda job: release.wait(PATIENCE))
    quick = Job("quick", lambda job: 1)
    assert quick.wait(PATIENCE)
    assert not slow.wait(0)
    release.set()
    assert slow.wait(PATIENCE)


@pytest.fixture
def gate(gate, engine, monkeypatch) -> Gate:
    """The kernel that is held back, on the engine that jobs take and often look at."""
    monkeypatch.setattr(jobs, "engine_for", lambda: engine)
    monkeypatch.setattr(jobs, "LOOKED_EVERY", 0.01)
    return gate


def test_chains_of_a_job_tell_how_far_they_are(gate) -> None:
    told = []

    def arrived(snapshots) -> None:
        told.append((max(snapshots, default=None), job.progress))

    job = Job("key", lambda job: job.walk(held(count=2, steps=2, record="all"), (0.5, 1.0), arrived))
    for step in (0, 1):
        gate.reached()
        until(lambda step=step: (step, 0.5 + step / 4) in told)
        assert job.place == 0
        gate.let_through()
    assert job.wait(PATIENCE)
    assert job.result.count == 2
    assert job.progress == 1.0


def test_cancelling_a_job_ends_its_chains_within_a_tick(gate) -> None:
    job = Job("key", lambda job: job.walk(held(count=2, steps=1000)))
    gate.reached()
    until(lambda: job._ticket is not None)
    job.cancel()
    assert job.wait(PATIENCE)  # though the step is still held back
    assert job.cancelled
    assert job.given_up
    gate.let_through()


def test_a_job_that_nobody_wants_any_more_stops(engine, gate) -> None:
    there = threading.Event()
    there.set()
    job = Job("key", lambda job: job.walk(held(count=2, steps=1000)), there.is_set)
    gate.reached()
    assert not job.wait(0.1)
    there.clear()
    assert job.wait(PATIENCE)
    assert job.cancelled
    assert not job.given_up
    gate.let_through()
    assert engine.run(RunRequest.of(NAME, count=1, steps=1)).count == 1
    assert gate.sizes == [2]


def test_chains_wait_outside_while_the_engine_is_full(engine, gate, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "ASKED_AGAIN", 0.01)
    engine._admission.queue_limit = 1
    first = engine.submit(held(count=2, steps=1))
    gate.reached()
    waiting, leaving = (Job(seed, lambda job: job.walk(held(count=2, steps=1, seed=job.key))) for seed in (1, 2))
    until(lambda: waiting.busy and leaving.busy)
    assert waiting.busy.requests == 1
    assert waiting.busy.seconds >= 1.0
    leaving.cancel()
    assert leaving.wait(PATIENCE)
    assert leaving.cancelled
    gate.let_through(2)
    assert waiting.wait(PATIENCE)
    assert waiting.result.count == 2
    assert waiting.busy is None
    assert first.wait(PATIENCE)


def test_batches_of_a_job_are_those_of_a_plain_run(gate, tiny_model, monkeypatch) -> None:
    monkeypatch.setattr("latentdemo.engine.request.BATCH", 4)
    spec = ChainSpec(count=10, steps=3, seed=5)
    job = Job("key", lambda job: list(job.run_batches(tiny_model, spec, record=[0, 3], cancelled=job.stopped)))
    assert job.wait(PATIENCE)
    assert job.error is None
    for run, wanted in zip(job.result, run_batches(tiny_model, spec, record=[0, 3], batch_size=4), strict=True):
        assert_same(run, wanted)
