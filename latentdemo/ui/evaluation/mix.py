"""What sampling changes in the mix: how real data, the prior and chains are spread over the classes of attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import REAL_DATA, Measured, Report, Row
from latentdemo.ui.components.charts import PRIOR, REAL, style_of
from latentdemo.ui.i18n.class_words import class_phrase
from latentdemo.ui.i18n.figure_words import number_text
from latentdemo.ui.i18n.kernel_words import way_in_short
from latentdemo.ui.i18n.words import _

AFTER = 10  # steps of the plain chain, or the nearest number that was measured
LIGHTER = "#7fb2d8"  # the plain chain's colour where the recommended way has it, too
NOTICED = 0.02  # a share that differs by less is not worth a sentence


@dataclass(frozen=True)
class Sample:
    """A set of samples whose mix is compared.

    Attributes:
        title: in the legend.
        subject: as the beginning of a sentence that goes on with a share.
        colour: of its bars.
        measured: what was measured of it.
    """

    title: str
    subject: str
    colour: str
    measured: Measured

    def share(self, attribute: str, index: int) -> Interval:
        """The share of a class."""
        return self.measured.mix[attribute].shares[index]


@dataclass(frozen=True)
class Shift:
    """A class whose share differs from that of real data."""

    sample: Sample
    attribute: str
    index: int
    difference: Interval


def plain_after(report: Report, steps: int = AFTER) -> Row | None:
    """The plain chain after so many steps, or the nearest number that was measured."""
    return min((row for row in report.rows if row.is_plain), key=lambda row: abs(row.steps - steps), default=None)


def samples(report: Report) -> list[Sample]:
    """Real data, and the ways whose mix is compared with it; none where no mix was measured."""
    real, plain, recommended = report.references.get(REAL_DATA), plain_after(report), report.recommended
    if real is None or not real.mix or not report.prior.mix:
        return []
    found = [
        Sample(_("Real data"), "", REAL, real),
        Sample(_("Prior sample"), _("Of prior samples"), PRIOR, report.prior),
    ]
    taken = None
    if recommended is not None and recommended.mix:
        taken = style_of(recommended.kernel).colour
        title = _("Recommended: {way}", way=way_in_short(recommended))
        found.append(Sample(title, _("Of samples as recommended"), taken, recommended))
    if plain is not None and plain.mix and plain is not recommended:
        colour = style_of(plain.kernel).colour
        subject = _("After {steps} steps of the plain chain", steps=plain.steps)
        found.append(Sample(way_in_short(plain), subject, LIGHTER if colour == taken else colour, plain))
    return found


def worst_first(report: Report) -> list[str]:
    """Attributes, those first whose mix the recommended way, or else the prior, shifts the most."""
    mix = (report.recommended or report.prior).mix
    known = [name for name in mix if name in report.attributes]
    return sorted(known, key=lambda name: -mix[name].total_variation.mean)


def shifts(compared: Sequence[Sample], attribute: str) -> list[Shift]:
    """How far the classes of an attribute are from real data, in every way that is compared."""
    real, *ways = compared
    return [
        Shift(way, attribute, index, way.share(attribute, index).minus(real.share(attribute, index)))
        for way in ways
        for index in range(len(real.measured.mix[attribute].shares))
    ]


def most_striking(
    compared: Sequence[Sample], attributes: Sequence[str], ceiling: Measured | None = None
) -> Shift | None:
    """The class that differs most from real data, beyond chance; None where none does by enough to speak of.

    Args:
        compared: real data, and the ways.
        attributes: whose classes are looked at.
        ceiling: what the decoder makes of encodings of real data; where it is given, a share must differ as much from
            that, so that no way to sample is blamed for the decoder.
    """

    def size(shift: Shift) -> float:
        found = abs(shift.difference.mean)
        if ceiling is None or shift.attribute not in ceiling.mix:
            return found
        share = shift.sample.share(shift.attribute, shift.index).mean
        return min(found, abs(share - ceiling.mix[shift.attribute].shares[shift.index].mean))

    found = [shift for name in attributes for shift in shifts(compared, name)]
    sure = [shift for shift in found if shift.difference.low > 0.0 or shift.difference.high < 0.0]
    most = max(sure, key=size, default=None)
    return most if most and size(most) >= NOTICED else None


def striking(shift: Shift, real: Sample, report: Report) -> str:
    """How a class differs from real data, in words that need no statistics."""
    return _("{subject}, **{share} %** {phrase}; of real data, {real} %.",
             subject=shift.sample.subject, share=per_cent(shift.sample.share(shift.attribute, shift.index)),
             phrase=class_phrase(shift.attribute, report.attributes[shift.attribute][shift.index]),
             real=per_cent(real.share(shift.attribute, shift.index)))  # fmt: skip


def per_cent(share: Interval) -> str:
    """A share in per cent, without the sign."""
    return number_text(100.0 * share.mean, 0 if share.mean >= 0.0995 else 1)
