"""A flood is held off, and an office that votes is not."""

from __future__ import annotations

from latentdemo.reviews.limits import ANSWERS_OF_A_PERSON, ANSWERS_OF_AN_ADDRESS, RateLimit


def test_a_burst_is_taken_and_then_a_steady_pace() -> None:
    now = 0.0
    limit = RateLimit(3, 2.0, clock=lambda: now)
    assert [limit.takes("one") for _ in range(5)] == [True, True, True, False, False]
    assert limit.takes("another")
    now = 0.5
    assert [limit.takes("one") for _ in range(2)] == [True, False]
    now = 100.0
    assert [limit.takes("one") for _ in range(4)] == [True, True, True, False]


def test_a_hundred_people_behind_one_address_are_not_held_off_and_one_script_is() -> None:
    """People look at a pair for half a second at least."""
    now = 0.0
    person, address = (
        RateLimit(each.burst, each.per_second, clock=lambda: now)
        for each in (ANSWERS_OF_A_PERSON, ANSWERS_OF_AN_ADDRESS)
    )
    for _ in range(40):
        assert all(person.takes(number) and address.takes("office") for number in range(75))
        now += 0.5
    taken = sum(person.takes("script") for _ in range(1000))
    assert taken == ANSWERS_OF_A_PERSON.burst
