"""How many more people a decision needs, if they prefer as those did who have answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from latentdemo.reviews.statistics.anytime import Array, exceeds, log_growth
from latentdemo.reviews.statistics.shares import lead_alpha, leads
from latentdemo.reviews.statistics.tally import Tally

FUTURES = 200
MOST = 400  # people of a future; where it takes more, no decision is in sight
RANGE = (0.1, 0.9)  # of the futures


@dataclass(frozen=True)
class PeopleNeeded:
    """How many more people until a way is ahead of all others: in eight of ten futures from `low` to `high`.

    Attributes:
        low, high: beside those who have begun; 0 where these may be enough once they are through, None for more than
            400.
    """

    low: int | None
    high: int | None


def people_needed(counted: Tally, way: str, others: Sequence[str], seed: int = 0) -> PeopleNeeded | None:
    """How many more people a way needs to be ahead of others; None where fewer than two people are through.

    A future draws people from those who are through with the answers that count, for those who have begun as well. How
    much each of these stands for is drawn, too (the Bayesian bootstrap, Rubin 1981, doi 10.1214/aos/1176345338): the
    fewer they are, the wider the range.

    Args:
        counted: the answers that intervals count.
        way: the one to decide for.
        others: those to be ahead of, one or more.
        seed: of the futures.
    """
    bounds = [leads(counted, way, other) for other in others]
    alpha = lead_alpha(len(bounds) + 1)
    if min(np.count_nonzero(low == high) for low, high in bounds) < 2:
        return None
    more = np.max([people_until(low, high, alpha, seed) for low, high in bounds], axis=0)
    ends = (int(np.sort(more)[round(share * (FUTURES - 1))]) for share in RANGE)
    return PeopleNeeded(*(None if count > MOST else count for count in ends))


def people_until(low: Array, high: Array, alpha: float, seed: int) -> Array:
    """(futures,) how many more people until a lead is more than chance explains; `MOST` + 1 where it is not by then.

    Args:
        low, high: (n,) the least and the most that the leads of people may come to; equal for those who are through.
        alpha: share of reviews in which such a lead may be found where there is none.
        seed: of the futures.
    """
    if exceeds(low, 0.5, alpha):
        return np.zeros(FUTURES)
    generator = np.random.default_rng(seed)
    growth = np.exp(log_growth(low[low == high], 0.5))
    likely = generator.dirichlet(np.ones(len(growth)), FUTURES).cumsum(axis=1)
    capital = np.tile(growth.prod(axis=0), (FUTURES, 1))
    begun = len(low) - len(growth)
    more = np.full(FUTURES, MOST + 1)
    for person in range(1 - begun, MOST + 1):
        undecided = np.flatnonzero(more > MOST)
        drawn = (likely[undecided] < generator.random((len(undecided), 1))).sum(axis=1)
        capital[undecided] *= growth[np.minimum(drawn, len(growth) - 1)]
        more[undecided[capital[undecided].mean(axis=1) >= 1.0 / alpha]] = max(person, 0)
    return more
