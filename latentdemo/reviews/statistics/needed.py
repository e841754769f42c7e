"""How many more people a decision needs, if they prefer as those did who have answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentdemo.reviews.statistics.anytime import Array, exceeds, log_growth
from latentdemo.reviews.statistics.shares import lead_alpha, leads
from latentdemo.reviews.statistics.tally import Tally

FUTURES = 200
MOST = 400  # people of a future; who needs more has no decision in sight
RANGE = (0.1, 0.9)  # of the futures


@dataclass(frozen=True)
class PeopleNeeded:
    """How many more people until a way is ahead of all others: in eight of ten futures from `low` to `high`.

    Attributes:
        low, high: None stands for more than 400.
    """

    low: int | None
    high: int | None


def people_needed(counted: Tally, way: str, seed: int = 0) -> PeopleNeeded | None:
    """How many more people a way needs to be ahead of all others; None where fewer than two people have answered.

    A future draws people from those who have answered. How much each of these stands for is drawn, too (the Bayesian
    bootstrap, Rubin 1981, doi 10.1214/aos/1176345338): the fewer they are, the wider the range.

    Args:
        counted: the answers that intervals count.
        way: the one to decide for.
        seed: of the futures.
    """
    rivals = [other for other in counted.ways if other != way]
    seen = {other: leads(counted, way, other)[0] for other in rivals}
    settled = {other: settled_leads(counted, way, other) for other in rivals}
    if min(map(len, settled.values()), default=0) < 2:
        return None
    more = np.max(
        [people_until(seen[other], settled[other], lead_alpha(len(counted.ways)), seed) for other in rivals], 0
    )
    low, high = (int(np.sort(more)[round(share * (FUTURES - 1))]) for share in RANGE)
    return PeopleNeeded(*(None if count > MOST else count for count in (low, high)))


def settled_leads(counted: Tally, way: str, other: str) -> Array:
    """The leads of those whose answers are all there."""
    low, high = leads(counted, way, other)
    return low[low == high]


def people_until(seen: Array, settled: Array, alpha: float, seed: int) -> Array:
    """(futures,) how many more people until a lead is more than chance explains; `MOST` + 1 where it is not by then.

    Args:
        seen: (n,) leads so far, the least that they may come to.
        settled: leads that people of the future have.
        alpha: share of reviews in which such a lead may be found where there is none.
        seed: of the futures.
    """
    if exceeds(seen, 0.5, alpha):
        return np.zeros(FUTURES)
    generator = np.random.default_rng(seed)
    likely = generator.dirichlet(np.ones(len(settled)), FUTURES).cumsum(axis=1)
    capital = np.tile(np.exp(log_growth(seen, 0.5).sum(axis=0)), (FUTURES, 1))
    growth = np.exp(log_growth(settled, 0.5))
    more = np.full(FUTURES, MOST + 1)
    for person in range(1, MOST + 1):
        undecided = np.flatnonzero(more > MOST)
        drawn = (likely[undecided] < generator.random((len(undecided), 1))).sum(axis=1)
        capital[undecided] *= growth[np.minimum(drawn, len(settled) - 1)]
        more[undecided[capital[undecided].mean(axis=1) >= 1.0 / alpha]] = person
    return more
