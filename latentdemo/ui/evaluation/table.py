"""All models, ways to sample and steps in one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, GAP, REAL_DATA, Figures, Report, Row
from latentdemo.ui.evaluation.curves import HUNDRED, figure_names
from latentdemo.ui.i18n.figure_words import figure_title, milliseconds_text, value_text
from latentdemo.ui.i18n.kernel_words import capital, steps_text, way_rank, way_title
from latentdemo.ui.i18n.words import _


def table(reports: Sequence[tuple[str, Report]], everything: bool) -> list[dict[str, Any]]:
    """All models x ways x steps, one dictionary a row: column in words -> text.

    Args:
        reports: title of a model and its evaluation, in the order of the table.
        everything: every way and step; else the recommended one and what it is compared with.
    """
    names = list(dict.fromkeys(name for _title, report in reports for name in figure_names(report)))
    return [
        line
        for title, report in reports
        for line in table_of(title, report, names, report.rows if everything else compared_rows(report))
    ]


def table_in_short(report: Report) -> list[dict[str, Any]]:
    """The same of one model, as it fits a slide: the decoder's best, the prior, the advised way, the plain chain at its
    best, the best chain, and the best draw that no chain follows."""
    kept = [report.prior, report.recommended, report.best_plain, report.best_chain, report.best_draw]
    _real, *lines = table_of("", report, figure_names(report), [row for row in report.rows if row in kept])
    return lines


def compared_rows(report: Report) -> list[Row]:
    """The recommended row and what it is compared with."""
    return [row for row in report.rows if row is report.recommended or row.is_prior or not row.kernel]


def table_of(title: str, report: Report, names: Sequence[str], rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """What rows of one model are compared with, and the rows."""

    def line(way: str, steps: str, cost: str, figures: Figures, recommended: bool = False) -> dict[str, Any]:
        return {
            _("Model"): title,
            _("Way to sample"): way,
            _("Steps"): steps,
            _("Advised"): "✓" if recommended else "",
            _("ms an image"): cost,
        } | {figure_title(name): value_text(name, figures[name]) if name in figures else "" for name in names}

    ceiling = dict(report.references[CEILING].figures)
    if GAP in report.prior.figures:
        ceiling[GAP] = Interval(HUNDRED)
    yield line(_("Real data (floor)"), "", "", report.references[REAL_DATA].figures)
    yield line(_("Decoder's best (ceiling)"), "", "", ceiling)
    for row in sorted(rows, key=lambda row: (not row.is_prior, way_rank(row), row.steps)):
        advised = row is report.recommended
        way = _("Prior sample") if row.is_prior else capital(way_title(row))
        told = report.told if advised and report.told else row  # As the verdict says it.
        yield line(way, steps_text(row), milliseconds_text(row.milliseconds), told.figures, advised)
