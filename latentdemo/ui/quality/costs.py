"""The sums of money: what a thousand images cost, and from when on a chain pays for itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import Report
from latentdemo.ui.evaluation.verdict import told_of
from latentdemo.ui.i18n.figure_words import money_text, value_text
from latentdemo.ui.i18n.words import _


@dataclass(frozen=True)
class Costs:
    """What a thousand images cost, in the currency of the price per hour.

    Attributes:
        prior: straight from the prior.
        recommended: as recommended.
        rejects_fewer: images in a thousand that the recommended way spares from rejection, if an image is rejected
            where it does not look like real data: 1000 x difference in precision.
    """

    prior: float
    recommended: float
    rejects_fewer: Interval

    @property
    def extra(self) -> float:
        """What the recommended way costs more."""
        return self.recommended - self.prior

    @property
    def fewer_beyond_chance(self) -> bool:
        """Whether rejects are fewer by more than chance explains."""
        return self.rejects_fewer.low > 0.0

    @property
    def break_even(self) -> float | None:
        """What one reject fewer must be worth for the extra cost to come back; None where there are not fewer."""
        return max(self.extra, 0.0) / self.rejects_fewer.mean if self.fewer_beyond_chance else None

    def saving(self, value: float) -> float:
        """What is left of the value of the rejects spared, after the extra cost."""
        return self.rejects_fewer.mean * value - self.extra


def per_thousand(milliseconds: float, price_an_hour: float) -> float:
    """What a thousand images cost."""
    return milliseconds * price_an_hour / 3600.0  # milliseconds an image are seconds a thousand images


def costs(report: Report, price_an_hour: float) -> Costs | None:
    """The sums for the recommended row; None where there is none, or precision was not measured."""
    row, told, prior = report.recommended, report.told, told_of(report, report.prior)
    if row is None or told is None or "precision" not in told.figures or "precision" not in prior.figures:
        return None
    more = told.figures["precision"].minus(prior.figures["precision"])
    return Costs(
        per_thousand(prior.milliseconds, price_an_hour),
        per_thousand(row.milliseconds, price_an_hour),
        replace(
            more,
            mean=1000.0 * more.mean,
            error=None if more.error is None else 1000.0 * more.error,
            values=tuple(1000.0 * value for value in more.values),
        ),
    )


def costs_sentence(report: Report, sums: Costs | None, value: float) -> str:
    """What the sums mean, for what one rejected image fewer is worth."""
    if report.recommended is None:
        return _("There is nothing to buy: the advice is to leave this model alone.")
    if sums is None:
        return _("Precision was not measured, so nothing can be said of rejects.")
    if sums.break_even is None:
        return _("Rejects do not get fewer beyond chance: by this measure the extra {extra} per 1,000 images does not "
                 "come back.", extra=money_text(sums.extra))  # fmt: skip
    facts = {"extra": money_text(sums.extra), "fewer": value_text("rejects", sums.rejects_fewer)}
    if sums.extra <= 0:
        return _("It costs no more than the prior sample, and saves {fewer} rejects per 1,000 images.", **facts)
    facts |= {"even": money_text(sums.break_even), "left": money_text(abs(sums.saving(value)))}
    return (
        _("Per 1,000 images it costs {extra} more and saves {fewer} rejects: it pays as soon as one reject fewer is "
          "worth {even}. At the value above, **{left} is left over** per 1,000 images.", **facts)
        if sums.saving(value) >= 0
        else _("Per 1,000 images it costs {extra} more and saves {fewer} rejects: it pays only once one reject fewer "
               "is worth {even}. At the value above, **{left} is lost** per 1,000 images.", **facts)
    )  # fmt: skip
