"""Time that can neither go back nor leap."""

from concurrent.futures import ThreadPoolExecutor

from latentdemo.engine.clock import LEAP, SteadyClock
from latentdemo.engine.engine import LEASE
from tests.engine.stand_ins import Clock


def test_time_passes_as_it_does() -> None:
    source = Clock()
    clock = SteadyClock(source)
    for passed in (0.5, 0.0, 2.0, LEAP):
        before = clock()
        source.now += passed
        assert clock() - before == passed


def test_leaps_hardly_count_and_nothing_goes_back() -> None:
    source = Clock()
    clock = SteadyClock(source)
    before = clock()
    source.now += 1e9
    assert clock() - before == LEAP
    source.now -= 1e9
    assert clock() - before == LEAP
    source.now += 1.0
    assert clock() - before == LEAP + 1.0


def test_a_leap_does_not_end_the_lease_of_a_hidden_page() -> None:
    assert 60.0 + LEAP <= LEASE  # such a page looks once a minute


def test_threads_see_the_same_time() -> None:
    clock = SteadyClock()
    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(lambda _: [clock() for _ in range(1000)], range(8)))
    assert all(times == sorted(times) for times in seen)
