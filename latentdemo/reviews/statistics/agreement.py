"""Whether people agree: with each other, and with what was measured.

Intervals of this module hold for one look at a time that was fixed beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import krippendorff
import numpy as np

from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.statistics.anytime import ALPHA, Array
from latentdemo.reviews.statistics.strengths import Strengths
from latentdemo.reviews.statistics.tally import Tally

GROUPS = 30  # of persons, that the jackknife leaves out in turns
DRAWS = 2000  # of strengths and figures, that the interval of a rank correlation is taken from


@dataclass(frozen=True)
class RankAgreement:
    """Kendall's tau: 1 where people rank ways as a metric does, 0 for no relation, -1 for the reverse.

    Attributes:
        tau: of the ranks.
        low, high: ends of its 95 % interval.
        ways: how many were ranked.
    """

    tau: float
    low: float
    high: float
    ways: int


def agreement_of_people(complete: Tally) -> Interval | None:
    """Krippendorff's alpha of persons: 1 for full agreement, 0 for none beyond chance; None where nothing tells.

    What is rated are pairs of ways, with the share of a person's answers that prefer the first; each pair in both
    orders, so that it does not matter which way is named first. The error is the jackknife's over persons, or groups of
    them where they are many.
    """
    asked = complete.asked
    apart = ~np.eye(len(complete.ways), dtype=bool)
    with np.errstate(invalid="ignore"):
        ratings = (complete.points / asked)[:, apart]
    alpha = alpha_of(ratings)
    if alpha is None or len(ratings) < 3:
        return None if alpha is None else Interval(alpha)
    groups = np.array_split(np.arange(len(ratings)), min(len(ratings), GROUPS))
    without = [each for group in groups if (each := alpha_of(np.delete(ratings, group, axis=0))) is not None]
    freedom = len(groups) - 1
    known = len(without) == len(groups)
    return Interval(alpha, math.sqrt(freedom * float(np.var(without))) if known else None, freedom=freedom)


def alpha_of(ratings: Array) -> float | None:
    """Krippendorff's alpha of ratings (persons, units) on an interval scale, NaN for none; None where it is undefined:
    no unit was rated by two persons, or all ratings are the same."""
    compared = ratings[:, (~np.isnan(ratings)).sum(axis=0) > 1]
    values = compared[~np.isnan(compared)]
    if len(values) < 2 or np.ptp(values) == 0.0:
        return None
    return float(krippendorff.alpha(reliability_data=compared, level_of_measurement="interval"))


def agreement_with_metric(strengths: Strengths, metric: Mapping[str, Interval], seed: int = 0) -> RankAgreement | None:
    """Whether a metric ranks ways as people do; None where it ranks fewer than two of them.

    Args:
        strengths: of the ways, by people.
        metric: name of a way -> its value, more for better; ways that it does not know are left out.
        seed: of draws of what either is uncertain about.
    """
    ranked = [way for way in strengths.ways if way in metric]
    columns = [strengths.ways.index(way) for way in ranked]
    values = np.array([metric[way].mean for way in ranked])
    tau = float(kendall_tau(strengths.log_odds[columns], values))
    if math.isnan(tau):
        return None
    errors = np.array([metric[way].error or 0.0 for way in ranked])
    by_people = strengths.draws(DRAWS, seed)[:, columns]
    by_metric = values + errors * np.random.default_rng(seed).standard_normal(by_people.shape)
    taus = kendall_tau(by_people, by_metric)
    low, high = np.nanquantile(taus, [ALPHA / 2.0, 1.0 - ALPHA / 2.0])
    return RankAgreement(tau, min(float(low), tau), max(float(high), tau), len(ranked))


def kendall_tau(first: Array, second: Array) -> Array:
    """Kendall's tau-b along the last axis (Kendall 1945); NaN where either has one value only."""
    one, other = order(first), order(second)
    with np.errstate(invalid="ignore"):
        return np.asarray((one * other).sum((-2, -1)) / np.sqrt((one**2).sum((-2, -1)) * (other**2).sum((-2, -1))))


def order(values: Array) -> Array:
    """(..., k, k) which of two values is larger: 1 for the first, -1 for the second, 0 for neither."""
    return np.asarray(np.sign(values[..., :, None] - values[..., None, :]))
