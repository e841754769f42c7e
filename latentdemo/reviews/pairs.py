"""The pairs that a person is shown: which pictures, in which order, on which side, all from the person's seed.

Each pair of ways comes up about equally often, and each way stands left as often as right. A few pairs are controls:
real against noise, which tells who looks; and a pair once more with its sides exchanged, which tells who has a
favourite side.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import Literal

from latentdemo.reviews.review import IS_REAL, Plan
from latentdemo.reviews.vote import NOISE, REAL

PICTURES = 64  # pictures of each way that pairs are made of
CONTROLS_EACH = 10  # a control of either kind in so many pairs
APART = 2  # a pair comes up again after so many others at least

Answer = Literal["left", "right", "same"]


@dataclass(frozen=True)
class Picture:
    """One of the pictures of a review.

    Attributes:
        way: its name, `REAL` or `NOISE`.
        number: from 0; of the same number in two ways that keep their start, both grew from the same point.
    """

    way: str
    number: int


@dataclass(frozen=True)
class Pair:
    """Two pictures beside each other.

    Attributes:
        left, right: the pictures.
        control: see `latentdemo.reviews.vote.Vote`.
    """

    left: Picture
    right: Picture
    control: Literal["noise", "mirrored"] | None = None

    @property
    def mirrored(self) -> Pair:
        """The same pictures with their sides exchanged."""
        return Pair(self.right, self.left, "mirrored")


@lru_cache(maxsize=1024)
def pairs_of(plan: Plan, real: bool, seed: int) -> tuple[Pair, ...]:
    """All pairs of a person, in order.

    Args:
        plan: of the review.
        real: whether it has real pictures, be they compared or not.
        seed: of the person.
    """
    chance, controls = random.Random(seed), (plan.pairs - counted_pairs(plan)) // 2
    shown = list(comparisons(plan, counted_pairs(plan), chance))
    for _ in range(controls):
        shown.insert(chance.randint(1, len(shown)), noise_control(REAL if real else plan.ways[0].name, chance))
    for pair in chance.sample([each for each in shown[: len(shown) - APART] if not each.control], controls):
        shown.insert(chance.randint(shown.index(pair) + 1 + APART, len(shown)), pair.mirrored)
    return tuple(shown)


def counted_pairs(plan: Plan) -> int:
    """Pairs of a person that are no controls."""
    return plan.pairs - 2 * max(1, plan.pairs // CONTROLS_EACH)


def comparisons(plan: Plan, count: int, chance: random.Random) -> Iterator[Pair]:
    """So many pairs that count, in random order."""
    kinds = list(ways_to_pair(plan))
    chance.shuffle(kinds)
    kinds = [kinds[place % len(kinds)] for place in range(count)]
    sides = {kind: balanced(kinds.count(kind), chance) for kind in set(kinds)}
    chance.shuffle(kinds)
    numbers = [number for _ in range(-(-2 * count // PICTURES)) for number in chance.sample(range(PICTURES), PICTURES)]
    for place, kind in enumerate(kinds):
        first = Picture(kind[0], numbers[2 * place])
        second = Picture(kind[1], numbers[2 * place])
        if not plan.same_start:
            second = replace(second, number=numbers[2 * place + 1])
        yield Pair(first, second) if sides[kind].pop() else Pair(second, first)


def ways_to_pair(plan: Plan) -> Iterator[tuple[str, str]]:
    """Names of ways that are set beside each other: all, or where the question asks for the real one, each with it."""
    for first, second in combinations([way.name for way in plan.ways], 2):
        if plan.question != IS_REAL or REAL in (first, second):
            yield first, second


def balanced(count: int, chance: random.Random) -> list[bool]:
    """As many yes as no in random order, one more of either where the count is odd."""
    sides = [place % 2 == 0 for place in range(count)]
    if chance.random() < 0.5:
        sides = [not side for side in sides]
    chance.shuffle(sides)
    return sides


def noise_control(shown: str, chance: random.Random) -> Pair:
    """A picture, a real one where there is any, beside noise."""
    pair = Pair(Picture(shown, chance.randrange(PICTURES)), Picture(NOISE, chance.randrange(PICTURES)), "noise")
    return pair if chance.random() < 0.5 else Pair(pair.right, pair.left, "noise")
