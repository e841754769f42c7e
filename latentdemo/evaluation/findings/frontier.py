"""The ways to sample that are worth their time: no other one is both cheaper and better."""

from __future__ import annotations

from collections.abc import Sequence

from latentdemo.evaluation.report import GAP, HIGHER_IS_BETTER, Row


def frontier(rows: Sequence[Row], figure: str = GAP) -> list[Row]:
    """The ways that no other one beats in both time and a figure, from the cheapest to the best.

    It goes by means, so that two neighbours may differ by chance alone.

    Args:
        rows: ways to sample; those without the figure are left out.
        figure: one that can be better or worse.
    """
    sign = 1.0 if HIGHER_IS_BETTER[figure] else -1.0
    measured = [(row.milliseconds, -sign * row.figures[figure].mean, row) for row in rows if figure in row.figures]
    found: list[Row] = []
    least = float("inf")
    for _cost, loss, row in sorted(measured, key=lambda each: each[:2]):
        if loss < least:
            found.append(row)
            least = loss
    return found
