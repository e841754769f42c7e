import threading

from latentdemo.engine import Job, RecentResults
from latentdemo.errors import Cancelled, SamplingError

PATIENCE = 10.0  # seconds until a test gives a thread up


def test_result_and_progress() -> None:
    def work(progress, cancelled):
        progress(1, 4)
        return "done"

    job = Job("key", work)
    assert job.wait(PATIENCE)
    assert job.result == "done"
    assert job.progress == 0.25
    assert job.error is None


def test_an_error_is_kept_and_does_not_escape() -> None:
    def work(progress, cancelled):
        raise SamplingError("no such kernel")

    job = Job("key", work)
    assert job.wait(PATIENCE)
    assert isinstance(job.error, SamplingError)
    assert job.result is None


def test_cancelling_reaches_the_work() -> None:
    started = threading.Event()

    def work(progress, cancelled):
        started.set()
        while not cancelled():
            pass
        raise Cancelled("at once")

    job = Job("key", work)
    assert started.wait(PATIENCE)
    assert not job.wait(0)
    job.cancel()
    assert job.wait(PATIENCE)
    assert job.cancelled
    assert job.error is None


def test_one_job_does_not_wait_for_another() -> None:
    release = threading.Event()
    slow = Job("slow", lambda progress, cancelled: release.wait(PATIENCE))
    quick = Job("quick", lambda progress, cancelled: 1)
    assert quick.wait(PATIENCE)
    assert not slow.wait(0)
    release.set()
    assert slow.wait(PATIENCE)


def test_recent_results_drop_the_least_recently_used() -> None:
    results: RecentResults[int] = RecentResults(capacity=20)
    results.put("a", 1, weight=10)
    results.put("b", 2, weight=10)
    assert results.get("a") == 1
    results.put("c", 3, weight=10)
    assert results.get("b") is None
    assert (results.get("a"), results.get("c")) == (1, 3)


def test_recent_results_stay_within_their_capacity() -> None:
    results: RecentResults[int] = RecentResults(capacity=100)
    for number in range(10):
        results.put(number, number, weight=30)
    results.put("too heavy", 0, weight=101)
    results.put("last", 1, weight=100)
    assert [results.get(number) for number in (*range(10), "too heavy")] == [None] * 11
    assert results.get("last") == 1
