"""The recommendation: which kernel, from where, how many steps, or to leave the model alone."""

from __future__ import annotations

from collections.abc import Sequence

from latentdemo.evaluation.metrics.pictures import MEMORISED
from latentdemo.evaluation.report import GAP, HIGHER_IS_BETTER, Interval, Recommendation, Row


def recommend(rows: Sequence[Row]) -> Recommendation:
    """The cheapest chain whose gap closed is statistically as good as the best, and whose coverage is no worse than the
    prior's; none where no chain closes any of the gap beyond chance. Draws that no chain follows are baselines.

    Args:
        rows: all ways to sample that were measured, the prior sample among them, each with its cost.
    """
    prior = next(row for row in rows if row.is_prior)
    closing = [index for index, row in enumerate(rows) if GAP in row.figures and row.kernel and row.steps]
    covering = [index for index in closing if not rows[index].figures["coverage"].below(prior.figures["coverage"])]
    best = max(covering or closing, key=lambda index: rows[index].figures[GAP].mean, default=rows.index(prior))
    as_good = [index for index in covering if not rows[index].figures[GAP].below(rows[best].figures[GAP])]
    paying = [index for index in as_good if prior.figures[GAP].below(rows[index].figures[GAP])]
    if not paying:
        return Recommendation(None, best, [], [])
    chosen = min(paying, key=lambda index: rows[index].milliseconds)
    return Recommendation(chosen, best, *differences(prior, rows[chosen]))


def differences(prior: Row, row: Row) -> tuple[list[str], list[str]]:
    """The figures in which a way to sample is better, and worse, than the prior by more than chance explains."""
    gains, harms = [], []
    for name, higher_is_better in HIGHER_IS_BETTER.items():
        if name in prior.figures and name in row.figures:
            before, after = unremarkable(name, prior.figures[name]), unremarkable(name, row.figures[name])
            low, high = (before, after) if higher_is_better else (after, before)
            if low.below(high):
                gains.append(name)
            elif high.below(low):
                harms.append(name)
    return gains, harms


def unremarkable(name: str, figure: Interval) -> Interval:
    """A figure, or the value up to which it means nothing: of held-out images, too, some count as memorised."""
    if name == "memorised_share" and figure.mean < MEMORISED:
        return Interval(MEMORISED, figure.error)
    return figure
