from latentdemo.engine import RecentResults


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
