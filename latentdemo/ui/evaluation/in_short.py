"""An evaluation in one sentence and two curves: from the prior to the advised way, and the plain chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import altair as alt

from latentdemo.evaluation.findings.recommend import nearer_by
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Measured, Report
from latentdemo.export.story import LEAST_SHOWN
from latentdemo.sampling import PLAIN
from latentdemo.ui.components.charts import DIRECT, Look, legend, line_swatch, swatch_image
from latentdemo.ui.components.curves import Axis, Curve, Level, Point
from latentdemo.ui.components.curves_chart import curves_chart
from latentdemo.ui.evaluation.curves import STEP_TICKS, STEPS_AXIS, curves, levels, marked_point
from latentdemo.ui.evaluation.verdict import gap_closed_text, leave_alone, strictest_judge, told_of
from latentdemo.ui.i18n.figure_words import axis_title, value_text
from latentdemo.ui.i18n.kernel_words import capital, way_key, way_phrase
from latentdemo.ui.i18n.words import _


def gained(report: Report) -> str:
    """What the advised way gains, and the plain chain, in a sentence that needs no statistics."""
    row, plain = report.recommended, report.best_plain
    if row is None or row.gap is None:
        return leave_alone(report)
    facts = {
        "way": capital(way_phrase(row)),
        "gap": gap_closed_text(report, row),
        "strictest": strictest(report, told_of(report, row)),
    }
    if plain is None or plain == row:
        return _("{way} closes {gap} of the quality gap between prior samples and the best that this decoder can "
                 "do{strictest}.", **facts)  # fmt: skip
    told = told_of(report, plain)
    facts |= {"judge": strictest(report, told)}
    nearer = nearer_by(told, told_of(report, report.prior))
    if nearer.high < 0.0:
        return _("{way} closes {gap} of the quality gap between prior samples and the best that this decoder can "
                 "do{strictest}; the plain chain only makes it wider{judge}.", **facts)  # fmt: skip
    if nearer.low <= 0.0:
        return _("{way} closes {gap} of the quality gap between prior samples and the best that this decoder can "
                 "do{strictest}; the plain chain closes nothing beyond chance{judge}.", **facts)  # fmt: skip
    return _("{way} closes {gap} of the quality gap between prior samples and the best that this decoder can "
             "do{strictest}; the plain chain, at its best, {plain}{judge}.", plain=gap_closed_text(report, plain),
             **facts)  # fmt: skip


def strictest(report: Report, measured: Measured) -> str:
    """By which judge a gap closed was told, in brackets; empty where there is but one."""
    judge = strictest_judge(report, measured)
    return _(" (strictest judge: {judge})", judge=judge) if judge else ""


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


def gain_chart(report: Report) -> alt.LayerChart:
    """Both curves between what they are compared with; the advised way is marked where it is a chain."""
    row = report.recommended
    return curves_chart(
        two_curves(report),
        compared_with(report),
        Axis(_("Chain steps"), "sqrt", STEP_TICKS),
        axis_title(report.gain),
        marked_point(report, report.gain, STEPS_AXIS) if row and row.kernel else None,
        _("Advised"),
        reach=max((each.steps for each in report.rows if each.is_plain), default=0),
    )


def gain_legend(report: Report) -> str:
    """What is which line of the chart, as HTML."""
    entries = [(swatch_image(curve.swatch), curve.label) for curve in two_curves(report)]
    if report.recommended and not report.recommended.kernel:
        entries.append((swatch_image(line_swatch(Look(DIRECT.colour, []))), _("Advised: no chain")))
    return legend(entries)


def gain_in_words(report: Report) -> str:
    """What the curves lie between, for those who do not see the chart."""
    return "; ".join(
        _("{name}: {value}", name=each.label, value=value_text(report.gain, Interval(each.value)))
        for each in compared_with(report)
    )


def how_many(report: Report) -> str:
    """What the chart rests on."""
    return _("{count} samples, {seeds} repetitions; bands are 95 % intervals.",
             count=f"{report.drawn * len(report.seeds):,}", seeds=len(report.seeds))  # fmt: skip


def compared_with(report: Report) -> list[Level]:
    """What the curves lie between, in plain words, and the advised way where it takes no step."""
    names = {"prior": _("Prior samples"), "ceiling": _("Best possible"), "real": _("Real data")}
    found = [replace(level, label=names[level.kind], half_width=None) for level in levels(report, report.gain)]
    row = report.recommended
    if row and not row.kernel:
        figure = told_of(report, row).figures[report.gain]
        found.append(Level(_("Advised"), "draw", figure.mean, figure.half_width))
    return found


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
