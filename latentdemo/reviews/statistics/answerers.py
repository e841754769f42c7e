"""Who answers at random, and whether a side of the screen is preferred.

A control pair, a real picture against noise, has one right answer. Somebody careful misses it 1 time in 20 at the most;
who misses so many that somebody careful would only with a chance of 1 in 100 is taken to answer at random. Of 100
careful people 1 at the most is suspected wrongly. Two controls a person are the fewest that can tell.

Sides are drawn by a fair coin, so whatever people prefer, the preferred picture stands on the left half of the time. A
pair that is shown again with its sides exchanged makes a careful person's sides more even than that, never less; it
counts for the person, and is left out where answers must be independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc

from latentdemo.reviews.statistics.anytime import anytime_interval
from latentdemo.reviews.statistics.shares import Share, spanned
from latentdemo.reviews.vote import MIRRORED, NOISE, REAL, Vote

SLIP = 0.05  # chance that somebody careful misses a control pair
FALSE_ALARM = 0.01  # chance that somebody careful is suspected


@dataclass(frozen=True)
class Answerer:
    """How somebody answered.

    Attributes:
        person: who.
        controls: control pairs with a right answer.
        missed: those that were answered otherwise.
        left, right: how often the preferred picture stood there.
    """

    person: str
    controls: int
    missed: int
    left: int
    right: int

    @property
    def at_random(self) -> bool:
        """Whether they missed more control pairs than somebody careful would."""
        return self.missed > 0 and bool(bdtrc(self.missed - 1, self.controls, SLIP) <= FALSE_ALARM)

    @property
    def one_sided(self) -> bool:
        """Whether they took one side more often than chance explains (exact binomial test, two-sided)."""
        fewer = min(self.left, self.right)
        return bool(2.0 * bdtr(fewer, self.left + self.right, 0.5) <= FALSE_ALARM)

    @property
    def is_doubtful(self) -> bool:
        """Whether either is so."""
        return self.at_random or self.one_sided


def answerers_of(votes: Sequence[Vote]) -> tuple[Answerer, ...]:
    """How each person answered, in the order in which they came."""
    sides = Counter((vote.person, vote.position) for vote in votes)
    controls = Counter(vote.person for vote in votes if vote.control == NOISE)
    missed = Counter(vote.person for vote in votes if vote.control == NOISE and vote.preferred != REAL)
    persons = dict.fromkeys(vote.person for vote in votes)
    return tuple(
        Answerer(person, controls[person], missed[person], sides[person, "left"], sides[person, "right"])
        for person in persons
    )


def left_share(votes: Sequence[Vote]) -> Share | None:
    """How often the preferred picture stood on the left; None where none was preferred.

    Answers, not persons, are the unit: the coin that decides on sides is thrown for each. An interval without 1/2 says
    that a side is preferred.
    """
    told = [vote for vote in votes if vote.position is not None and vote.control != MIRRORED]
    if not told:
        return None
    left = np.array([float(vote.position == "left") for vote in told])
    persons = len({vote.person for vote in told})
    return spanned(float(left.mean()), anytime_interval(left, left), persons, len(left))
