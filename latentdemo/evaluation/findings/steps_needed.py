"""How many plain steps models need, and what of a model tells it beforehand.

Over all models with an evaluation, the fewest steps after which the plain chain is as good as at its best is set beside
what is known without walking any: how well prior draws and encodings can be told apart, into how many clusters the
encodings fall, and how far a single step drifts off real data. Spearman's rank correlation says whether one goes up or
down with the other; its p-value is that of a permutation test, which needs no bell shape and holds for few models.
Models of one data set are alike, so that even a small p-value is a hint and no proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from latentdemo.evaluation.findings.recommend import MARGIN
from latentdemo.evaluation.report import CEILING, DISTANCE, GAP, Report, Row, from_data

PREDICTORS = ("mismatch", "components", "drift")
FEWEST = 5  # models that a correlation is worth computing of
SURE = 0.05 / len(PREDICTORS)  # p-values below it count: one of three is below 0.05 more often than that by chance
PERMUTATIONS = 9999


@dataclass(frozen=True)
class StepsNeeded:
    """What a model needs, and what could have told it.

    Attributes:
        steps: fewest plain steps, 0 among them, whose gap closed is within 2 points of the best number's.
        best: plain steps that close most of the gap.
        gap: how much these close, in per cent, by the strictest judge.
        mismatch: how well a classifier tells encodings from prior draws, as the area under its curve; 0.5 is a coin.
        components: of the Gaussian mixture that describes the encodings best.
        drift: what one plain step from real data loses, in per cent of the gap, by the strictest judge.
    """

    steps: int
    best: int
    gap: float
    mismatch: float | None = None
    components: float | None = None
    drift: float | None = None


class Correlation(NamedTuple):
    """Spearman's rank correlation of a predictor with the steps that are needed.

    Attributes:
        rho: from -1 to 1.
        p_value: two-sided.
        models: that it was computed of.
    """

    rho: float
    p_value: float
    models: int


def steps_needed(report: Report) -> StepsNeeded | None:
    """What one model needs; None where its evaluation has no gap, or no plain chain."""
    rows = [row for row in report.rows if row.gap and (row.is_plain or row.is_prior)]
    if not any(row.is_plain for row in rows):
        return None

    def gap(row: Row) -> float:
        return row.figures[GAP].mean

    best = max(rows, key=gap)
    steps = min(row.steps for row in rows if gap(row) >= gap(best) - MARGIN)
    known = report.latent_space
    mismatch = known.get("classifier", {}).get("auc")
    components = known.get("fragmentation", {}).get("components")
    return StepsNeeded(steps, best.steps, gap(best), mismatch, components, drift_a_step(report, best))


def drift_a_step(report: Report, best: Row) -> float | None:
    """What one plain step from real data loses, in per cent of the gap, in the space that is the strictest to a way."""
    space = best.gap.space if best.gap else ""
    names = (CEILING, from_data(1))
    found = [report.references[name].judged.get(space, {}) for name in names if name in report.references]
    prior = report.prior.judged.get(space, {})
    if len(found) < len(names) or any(DISTANCE not in each for each in (*found, prior)):
        return None
    ceiling, after, start = (each[DISTANCE].mean for each in (*found, prior))
    return 100.0 * (after - ceiling) / (start - ceiling) if start > ceiling else None


def correlations(needed: Mapping[str, StepsNeeded]) -> dict[str, Correlation]:
    """Predictor -> its correlation with the steps that are needed, of those that at least 5 models have.

    Args:
        needed: name of a model -> what it needs.
    """
    found = {}
    for name in PREDICTORS:
        pairs = [
            (float(value), float(each.steps)) for each in needed.values() if (value := getattr(each, name)) is not None
        ]
        if len(pairs) >= FEWEST and all(len(set(column)) > 1 for column in zip(*pairs, strict=True)):
            found[name] = spearman([value for value, _steps in pairs], [steps for _value, steps in pairs])
    return found


def spearman(values: Sequence[float], others: Sequence[float]) -> Correlation:
    """The rank correlation of two sequences that each vary, with the p-value of a permutation test."""
    from scipy import stats

    ranks = stats.rankdata(others)

    def statistic(permuted: np.ndarray, axis: int = -1) -> np.ndarray:
        moved = stats.rankdata(permuted, axis=axis)
        centred = moved - moved.mean(axis=axis, keepdims=True)
        spread = np.sqrt((centred**2).sum(axis=axis) * ((ranks - ranks.mean()) ** 2).sum())
        return (centred * (ranks - ranks.mean())).sum(axis=axis) / spread

    test = stats.permutation_test(
        (np.asarray(values, float),), statistic, permutation_type="pairings", vectorized=True,
        n_resamples=PERMUTATIONS, rng=np.random.default_rng(0),
    )  # fmt: skip
    return Correlation(float(test.statistic), float(test.pvalue), len(values))
