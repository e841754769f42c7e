import threading

from latentdemo.engine import Job
from latentdemo.errors import SamplingError

PATIENCE = 10.0  # seconds until a test gives a thread up


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


def test_one_job_does_not_wait_for_another() -> None:
    release = threading.Event()
    slow = Job("slow", lambda job: release.wait(PATIENCE))
    quick = Job("quick", lambda job: 1)
    assert quick.wait(PATIENCE)
    assert not slow.wait(0)
    release.set()
    assert slow.wait(PATIENCE)
