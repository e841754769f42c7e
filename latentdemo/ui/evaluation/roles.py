"""Which part of the recommended way a fitted density does, and which part a chain."""

from __future__ import annotations

from latentdemo.evaluation.findings.recommend import MARGIN
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.sampling.starts import PRIOR
from latentdemo.ui.evaluation.verdict import gap_closed_text, told_of
from latentdemo.ui.i18n.figure_words import milliseconds_text
from latentdemo.ui.i18n.kernel_words import start_title, way_noun
from latentdemo.ui.i18n.words import _


def density_and_chain(report: Report) -> list[str]:
    """A sentence of the density that the recommended way draws from, and one of the chain; of a chain from the prior,
    what it does; none where the model is best left alone."""
    row = report.recommended
    if row is None or row.gap is None:
        return []
    if row.start == PRIOR:
        return [done_by_chain()]
    if row.kernel:
        draws = [each for each in report.rows if each.start == row.start and not each.kernel and each.gap]
        return [*(begun_by_density(report, draw) for draw in draws), continued_by_chain(report, row)]
    chain = report.best_decoding_chain
    return [done_by_density(report, row), *([compared_with_chain(report, row, chain)] if chain else [])]


def done_by_chain() -> str:
    """What a chain from the prior does."""
    return _("**The chain** carries every random point, step by step, towards where the encoder puts real pictures; "
             "only then it is decoded.")  # fmt: skip


def begun_by_density(report: Report, draw: Row) -> str:
    """What a draw does by itself."""
    return _("**The density** begins: drawing from the {start} alone closes {gap} of the quality gap.",
             start=start_title(draw.start), gap=gap_closed_text(report, draw))  # fmt: skip


def continued_by_chain(report: Report, row: Row) -> str:
    """What a chain makes of a draw."""
    return _("**The chain** goes on from there: with {way}, {gap} is closed.",
             way=way_noun(row), gap=gap_closed_text(report, row))  # fmt: skip


def done_by_density(report: Report, row: Row) -> str:
    """What a draw does that no chain follows."""
    return _("**The density** does the work: random points are drawn where the encoder puts real pictures, from the "
             "{start}; that closes {gap} of the quality gap.",
             start=start_title(row.start), gap=gap_closed_text(report, row))  # fmt: skip


def compared_with_chain(report: Report, draw: Row, chain: Row) -> str:
    """What the best chain of decode and encode would do in place of such a draw."""
    facts = {
        "way": way_noun(chain),
        "gap": gap_closed_text(report, chain),
        "cost": milliseconds_text(chain.milliseconds),
    }
    further = told_of(report, chain).figures[GAP].minus(told_of(report, draw).figures[GAP])
    if further.mean <= 0.0:
        return _("**A chain** of decode and encode gets no further: the best one, {way}, closes {gap} at {cost} ms.",
                 **facts)  # fmt: skip
    if further.low <= 0.0:
        return _("**A chain** of decode and encode gets no further beyond chance: the best one, {way}, closes {gap} at "
                 "{cost} ms.", **facts)  # fmt: skip
    if further.mean < MARGIN:
        return _("**A chain** of decode and encode gets little further: the best one, {way}, closes {gap} at {cost} "
                 "ms.", **facts)  # fmt: skip
    return _("**A chain** of decode and encode gets further: the best one, {way}, closes {gap} at {cost} ms.", **facts)
