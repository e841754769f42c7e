"""What people are shown: balanced, the same each time, and controls among it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from latentdemo.reviews.pairs import APART, Pair, pairs_of
from latentdemo.reviews.review import FEWEST_PAIRS, IS_REAL, MOST_PAIRS, Way
from latentdemo.reviews.vote import NOISE, REAL
from latentdemo.sampling import ChainSpec
from tests.reviews.conftest import CHAIN_WAY, PLAN, PRIOR_WAY

THREE = replace(PLAN, ways=(PRIOR_WAY, CHAIN_WAY, Way(ChainSpec("hmc", steps=2))), pairs=40)


def counted(pairs: tuple[Pair, ...]) -> list[Pair]:
    """The pairs that are no controls."""
    return [pair for pair in pairs if pair.control is None]


@pytest.mark.parametrize("count", [FEWEST_PAIRS, 20, MOST_PAIRS])
def test_every_person_is_shown_so_many_pairs_controls_among_them(count: int) -> None:
    pairs = pairs_of(replace(PLAN, pairs=count), True, 3)
    assert len(pairs) == count
    kinds = Counter(pair.control for pair in pairs)
    assert kinds["noise"] == kinds["mirrored"] == max(1, count // 10)
    assert pairs[0].control is None


def test_the_same_seed_shows_the_same_and_another_something_else() -> None:
    shown = pairs_of(PLAN, True, 3)
    pairs_of.cache_clear()
    assert pairs_of(PLAN, True, 3) == shown
    assert pairs_of(PLAN, True, 4) != shown


@pytest.mark.parametrize("seed", range(5))
def test_sides_and_pairs_of_ways_are_balanced(seed: int) -> None:
    pairs = counted(pairs_of(THREE, True, seed))
    kinds = Counter(frozenset((pair.left.way, pair.right.way)) for pair in pairs)
    assert len(kinds) == 3
    assert max(kinds.values()) - min(kinds.values()) <= 1
    for kind, count in kinds.items():
        left = Counter(pair.left.way for pair in pairs if {pair.left.way, pair.right.way} == kind)
        assert max(left.values()) <= (count + 1) // 2


def test_over_many_people_nothing_depends_on_the_side() -> None:
    """A person of an odd number of pairs has one way more often left; which one is chance."""
    plan = replace(PLAN, pairs=FEWEST_PAIRS)
    left = Counter(pair.left.way for seed in range(400) for pair in counted(pairs_of(plan, True, seed)))
    assert abs(left[PRIOR_WAY.name] - left[CHAIN_WAY.name]) < 0.1 * left.total()


def test_a_mirrored_pair_comes_some_time_after_the_one_that_it_mirrors() -> None:
    for count, seed in [(FEWEST_PAIRS, 1), *((20, seed) for seed in range(20))]:
        pairs = pairs_of(replace(PLAN, pairs=count), True, seed)
        for place, pair in enumerate(pairs):
            if pair.control == "mirrored":
                earlier = pairs.index(Pair(pair.right, pair.left))
                assert place - earlier > APART


@pytest.mark.parametrize("same", [True, False])
def test_pairs_are_of_the_same_starting_point_where_the_presenter_wants_it(same: bool) -> None:
    for pair in counted(pairs_of(replace(PLAN, same_start=same), True, 3)):
        assert (pair.left.number == pair.right.number) == same


def test_no_picture_comes_twice_before_all_have_come() -> None:
    pictures = [pair.left for pair in counted(pairs_of(PLAN, True, 3))]
    assert len(set(pictures)) == len(pictures)


def test_controls_show_noise_beside_a_real_picture_where_there_is_one() -> None:
    for real, shown in [(True, REAL), (False, PRIOR_WAY.name)]:
        controls = [pair for pair in pairs_of(PLAN, real, 3) if pair.control == "noise"]
        assert [{pair.left.way, pair.right.way} for pair in controls] == [{shown, NOISE}] * 2


def test_who_is_asked_for_the_real_picture_sees_one_in_each_pair() -> None:
    plan = replace(THREE, ways=(*THREE.ways, Way(None)), question=IS_REAL)
    assert all(REAL in (pair.left.way, pair.right.way) for pair in pairs_of(plan, True, 3))


def test_ways_have_names_of_their_own() -> None:
    ways = [
        Way(None),
        PRIOR_WAY,
        CHAIN_WAY,
        Way(ChainSpec(start="flow", steps=0)),
        Way(ChainSpec(start="flow", steps=5)),
        Way(ChainSpec(steps=5, stop_at=0.5)),
        Way(ChainSpec(steps=5, options={"decoding": "sample"})),
    ]
    assert len({way.name for way in ways}) == len(ways)
    assert [Way.of(way.values()) for way in ways] == ways
