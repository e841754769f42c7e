"""An evaluation in one sentence and two curves: from the prior to the advised way, and the plain chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from latentdemo.evaluation.report import GAP, Report
from latentdemo.export.story import LEAST_SHOWN
from latentdemo.sampling import PLAIN
from latentdemo.ui.components.curves import Curve, Point
from latentdemo.ui.evaluation.curves import STEPS_AXIS, curves
from latentdemo.ui.evaluation.verdict import gap_closed_text, leave_alone, told_of
from latentdemo.ui.i18n.kernel_words import capital, way_key, way_phrase
from latentdemo.ui.i18n.words import _


def gained(report: Report) -> str:
    """What the advised way gains, and the plain chain, in a sentence that needs no statistics."""
    row, plain = report.recommended, report.best_plain
    if row is None or row.gap is None:
        return leave_alone(report)
    facts = {"way": capital(way_phrase(row)), "gap": gap_closed_text(report, row)}
    if plain is None or plain == row:
        return _(
            "{way} closes {gap} of the quality gap between prior samples and the best that this decoder can do.",
            **facts,
        )
    if told_of(report, plain).figures[GAP].mean <= 0.0:
        return _("{way} closes {gap} of the quality gap between prior samples and the best that this decoder can do; "
                 "the plain chain only makes it wider.", **facts)  # fmt: skip
    return _("{way} closes {gap} of the quality gap between prior samples and the best that this decoder can do; the "
             "plain chain, at its best, {plain}.", plain=gap_closed_text(report, plain), **facts)  # fmt: skip


def two_curves(report: Report) -> list[Curve]:
    """The plain chain, and the advised way where it is another chain."""
    row = report.recommended
    advised = way_key(row) if row and row.kernel else ""
    names = {PLAIN: _("Plain chain: decode and encode, again and again"), advised: _("The advised way to sample")}
    found = {key: curves(report, [key], report.gain, STEPS_AXIS) for key in dict.fromkeys((PLAIN, advised)) if key}
    named = [replace(curve, label=names[key]) for key, each in found.items() for curve in each]
    return [
        replace(curve, points=kept_above(curve.points, LEAST_SHOWN)) if report.gain == GAP else curve for curve in named
    ]


def kept_above(points: Sequence[Point], lowest: float) -> list[Point]:
    """A curve up to where it falls below a height for the first time."""
    kept: list[Point] = []
    for point in points:
        if point.y < lowest:
            if kept:
                last = kept[-1]
                share = (last.y - lowest) / (last.y - point.y)
                kept.append(Point(last.x + share * (point.x - last.x), lowest, note=point.note))
            break
        kept.append(point)
    return kept
