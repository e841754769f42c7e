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
    assert [results.get(number) for number in range(10)] == [None] * 7 + [7, 8, 9]


def test_a_result_that_outweighs_the_capacity_drops_no_other() -> None:
    results: RecentResults[int] = RecentResults(capacity=100)
    results.put("kept", 1, weight=100)
    results.put("too heavy", 0, weight=101)
    assert (results.get("kept"), results.get("too heavy")) == (1, None)
    results.put("kept", 2, weight=101)
    assert results.get("kept") is None
