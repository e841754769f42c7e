"""What sampling changes in the mix: how real data, the prior and chains are spread over the classes of attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.evaluation.findings.recommend import MIX_MARGIN
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, REAL_DATA, Measured, Report, Row
from latentdemo.ui.components.charts import PRIOR, REAL, dot, legend, style_of
from latentdemo.ui.components.shares_chart import Share, shares_chart
from latentdemo.ui.i18n.class_words import attribute_word, class_phrase, class_word
from latentdemo.ui.i18n.figure_words import number_text
from latentdemo.ui.i18n.kernel_words import capital
from latentdemo.ui.i18n.words import _
from latentdemo.ui.quality.groups import show_groups
from latentdemo.ui.quality.judges import way_in_short

AFTER = 10  # steps of the plain chain, or the nearest number that was measured
FIRST, CLASSES = 3, 6  # attributes that are shown at once, and classes of each
CLASSES_ALONE = 10  # classes of an attribute that has the width of the page
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


def most_striking(compared: Sequence[Sample], attributes: Sequence[str]) -> Shift | None:
    """The class that differs most from real data, beyond chance; None where none does by enough to speak of."""
    found = [shift for name in attributes for shift in shifts(compared, name)]
    sure = [shift for shift in found if shift.difference.low > 0.0 or shift.difference.high < 0.0]
    most = max(sure, key=lambda shift: abs(shift.difference.mean), default=None)
    return most if most and abs(most.difference.mean) >= NOTICED else None


def show_mix(report: Report) -> None:
    """The attributes that are shifted most, and the rest folded; nothing where no mix was measured."""
    compared, attributes = samples(report), worst_first(report)
    if not compared or not attributes:
        return
    st.header(_("What changes in the mix"), anchor=False)
    st.markdown(" ".join(said(report, compared, attributes)))
    st.html(legend([(dot(each.colour), each.title) for each in compared]))
    show_attributes(report, compared, attributes[:FIRST])
    if attributes[FIRST:]:
        others = st.expander(
            _("The other {count} attributes", count=len(attributes) - FIRST), icon=":material/bar_chart:",
            key="other_attributes", on_change="rerun",
        )  # fmt: skip
        if others.open:  # drawn only then: these are more charts than all the rest of the page
            with others:
                show_attributes(report, compared, attributes[FIRST:])
    st.caption(
        _("Shares as a classifier of the labels sees them; it errs on real data, too, so compare with real data as it "
          "sees them. Whiskers are 95 % intervals. Of each attribute, the classes that differ most.")
    )  # fmt: skip


def said(report: Report, compared: Sequence[Sample], attributes: Sequence[str]) -> list[str]:
    """The most striking class, and the largest shift, a sentence each."""
    most = most_striking(compared, attributes)
    sentences = (
        [striking(most, compared[0], report)] if most else [_("No class differs from real data by enough to see.")]
    )
    worst = attributes[0]
    way = report.recommended or report.prior
    facts = {
        "attribute": attribute_word(worst),
        "share": per_cent(way.mix[worst].total_variation),
        "prior": per_cent(report.prior.mix[worst].total_variation),
    }
    sentences.append(
        _("As recommended, at most **{share} in 100** samples would have to change their {attribute} for the mix of "
          "real data; of prior samples {prior}.", **facts)
        if report.recommended
        else _("Of prior samples, at most **{share} in 100** would have to change their {attribute} for the mix of "
               "real data.", **facts)
    )  # fmt: skip
    if decoder_shifts(report, worst):
        ceiling = per_cent(report.references[CEILING].mix[worst].total_variation)
        sentences.append(
            _("The decoder shifts it, not the way to sample: of real data that was only encoded and decoded, {ceiling} "
              "in 100 would have to.", ceiling=ceiling)
        )  # fmt: skip
    return sentences


def decoder_shifts(report: Report, attribute: str) -> bool:
    """Whether the recommended way shifts an attribute no more than the decoder does to encodings of real data."""
    way, ceiling = report.recommended, report.ceiling
    if way is None or ceiling is None or attribute not in ceiling.mix:
        return False
    alike = way.mix[attribute].apart_from(ceiling.mix[attribute]) <= MIX_MARGIN
    return alike and way.mix[attribute].total_variation.mean > MIX_MARGIN


def striking(shift: Shift, real: Sample, report: Report) -> str:
    """How a class differs from real data, in words that need no statistics."""
    return _("{subject}, **{share} %** {phrase}; of real data, {real} %.",
             subject=shift.sample.subject, share=per_cent(shift.sample.share(shift.attribute, shift.index)),
             phrase=class_phrase(shift.attribute, report.attributes[shift.attribute][shift.index]),
             real=per_cent(real.share(shift.attribute, shift.index)))  # fmt: skip


def per_cent(share: Interval) -> str:
    """A share in per cent, without the sign."""
    return number_text(100.0 * share.mean, 0 if share.mean >= 0.0995 else 1)


def show_attributes(report: Report, compared: Sequence[Sample], attributes: Sequence[str]) -> None:
    """Charts side by side, three a row."""
    for first in range(0, len(attributes), FIRST):
        for column, name in zip(
            st.columns(min(FIRST, len(attributes))), attributes[first : first + FIRST], strict=False
        ):
            with column.container(border=True, height="stretch"):
                show_attribute(report, compared, name, CLASSES if len(attributes) > 1 else CLASSES_ALONE)


def show_attribute(report: Report, compared: Sequence[Sample], attribute: str, most: int) -> None:
    """The classes of one attribute, so many at most."""
    st.markdown(f"**{capital(attribute_word(attribute))}**")
    names, shown = report.attributes[attribute], classes_shown(compared, attribute, most)
    show_groups(model_folder(report.model).parent, attribute, names, shown)
    st.altair_chart(
        shares_chart([bar(each, attribute, index, names[index]) for index in shown for each in compared]),
        alt=_("Shares of {attribute}: {shares}", attribute=attribute_word(attribute),
              shares="; ".join(spelled(compared, attribute, index, names[index]) for index in shown)),
    )  # fmt: skip


def classes_shown(compared: Sequence[Sample], attribute: str, most: int = CLASSES) -> list[int]:
    """The classes that differ most from real data in any way that is compared, so many at most, the commonest first."""
    far: dict[int, float] = {}
    for shift in shifts(compared, attribute):
        far[shift.index] = max(far.get(shift.index, 0.0), abs(shift.difference.mean))
    kept = sorted(far, key=lambda index: -far[index])[:most]
    return sorted(kept, key=lambda index: -compared[0].share(attribute, index).mean)


def bar(sample: Sample, attribute: str, index: int, name: str) -> Share:
    """A class of a sample as a bar."""
    share = sample.share(attribute, index)
    low, high = (share.mean if share.half_width is None else end for end in (share.low, share.high))
    note = f"{class_word(name)}: {per_cent(share)} %"
    return Share(class_word(name), sample.title, sample.colour, 100 * share.mean, 100 * low, 100 * high, note)


def spelled(compared: Sequence[Sample], attribute: str, index: int, name: str) -> str:
    """The shares of a class in all that is compared, for those who cannot see the bars."""
    shares = ", ".join(f"{each.title} {per_cent(each.share(attribute, index))} %" for each in compared)
    return f"{class_word(name)}: {shares}"
