"""What sampling changes in the mix of classes, on the quality review."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.evaluation.findings.recommend import MIX_MARGIN
from latentdemo.evaluation.report import CEILING, Report
from latentdemo.ui.components.charts import dot, legend
from latentdemo.ui.components.shares_chart import Share, shares_chart
from latentdemo.ui.evaluation.mix import Sample, most_striking, per_cent, samples, shifts, striking, worst_first
from latentdemo.ui.i18n.class_words import attribute_word, class_word
from latentdemo.ui.i18n.figure_words import with_unit
from latentdemo.ui.i18n.kernel_words import capital
from latentdemo.ui.i18n.words import _
from latentdemo.ui.quality.groups import show_groups

FIRST, CLASSES = 3, 6  # attributes that are shown at once, and classes of each
CLASSES_ALONE = 10  # classes of an attribute that has the width of the page


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
    note = f"{class_word(name)}: {with_unit(per_cent(share), '%')}"
    return Share(class_word(name), sample.title, sample.colour, 100 * share.mean, 100 * low, 100 * high, note)


def spelled(compared: Sequence[Sample], attribute: str, index: int, name: str) -> str:
    """The shares of a class in all that is compared, for those who cannot see the bars."""
    shares = ", ".join(f"{each.title} {with_unit(per_cent(each.share(attribute, index)), '%')}" for each in compared)
    return f"{class_word(name)}: {shares}"
