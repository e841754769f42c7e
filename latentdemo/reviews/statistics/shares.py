"""How many prefer a way: the mean over people, with an interval that one may watch.

Where a person gives many answers they are not independent, so the unit is the person. What an interval covers is the
mean, over the people that those who were asked are drawn from, of the share of their answers in which a person prefers
the way. It asks that people come in an order that has nothing to do with what they prefer, and that pairs and sides are
drawn at random; not that they answer equally fast, nor all of their pairs.

An observation is a person's share in the first half of their pairs. Half, because an answer more of the same person
says little new, and so that few who leave early are left open. Who has not come so far counts with bounds: for the
lower end, as if all that is missing went against the way; for the upper end, as if it went for it. So no later answer
can break what an interval has promised; those of the second half sharpen the estimate alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentdemo.reviews.statistics.anytime import ALPHA, Array, anytime_interval, exceeds
from latentdemo.reviews.statistics.tally import Tally


@dataclass(frozen=True)
class Share:
    """A share and how well it is known.

    Attributes:
        estimate: from 0 to 1.
        low, high: ends of the 95 % interval that stays valid while one watches.
        persons: who answered.
        votes: their answers.
    """

    estimate: float
    low: float
    high: float
    persons: int
    votes: int

    @property
    def above_half(self) -> bool:
        """Whether it is more than half by more than chance explains."""
        return self.low > 0.5

    @property
    def below_half(self) -> bool:
        """Whether it is less than half by more than chance explains."""
        return self.high < 0.5


def counted_answers(pairs: int) -> int:
    """Answers of a person that intervals count, of so many pairs that they are asked about."""
    return math.ceil(pairs / 2)


def share_of(complete: Tally, counted: Tally, way: str, others: Sequence[str] | None = None) -> Share | None:
    """The share of answers that prefer a way, with "no difference" for half of one; None where nobody answered.

    Args:
        complete: all answers.
        counted: those that the interval counts.
        way: one of the ways.
        others: its opponents; None takes all.
    """
    shares = complete.shares(way, others)
    shares = shares[~np.isnan(shares)]
    if not len(shares):
        return None
    lows, highs = known(*counted.bounds(way, others))
    answers = int(complete.about(way, others)[1].sum())
    return spanned(float(shares.mean()), anytime_interval(lows, highs), len(shares), answers)


def spanned(estimate: float, interval: tuple[float, float], persons: int, votes: int) -> Share:
    """A share with its interval, which is stretched to the estimate where that lies outside."""
    return Share(estimate, min(interval[0], estimate), max(interval[1], estimate), persons, votes)


def leads(counted: Tally, way: str, other: str) -> tuple[Array, Array]:
    """(P,) the least and the most by which people prefer one way more than another, put on [0, 1]: 1/2 for equal.

    All answers about either count, those against third ways, too. Of two ways it is the share that prefers the first.
    """
    low, high = counted.bounds(way)
    other_low, other_high = counted.bounds(other)
    return known((low - other_high + 1.0) / 2.0, (high - other_low + 1.0) / 2.0)


def known(lows: Array, highs: Array) -> tuple[Array, Array]:
    """Bounds without those of persons who were never asked."""
    asked = ~np.isnan(lows)
    return lows[asked], highs[asked]


def is_ahead(counted: Tally, way: str, other: str, alpha: float) -> bool:
    """Whether a way is preferred more than another by more than chance explains, however often one has looked.

    Args:
        counted: the answers that intervals count.
        way, other: which.
        alpha: share of reviews in which that may be said of ways that are equal, see `lead_alpha`.
    """
    return exceeds(leads(counted, way, other)[0], 0.5, alpha)


def lead_alpha(ways: int) -> float:
    """What each way of k may err against each other one, so that all together err in 5 % of reviews (Bonferroni)."""
    return ALPHA / (ways * (ways - 1))
