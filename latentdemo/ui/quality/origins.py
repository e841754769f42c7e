"""Where the distance to real data comes from, and so what would help."""

from __future__ import annotations

import streamlit as st

from latentdemo.evaluation.findings.origins import CAUSES, Cause, Origin, Origins, origins, remedy
from latentdemo.evaluation.report import DISTANCE, Report
from latentdemo.sampling.kernels import PLAIN
from latentdemo.ui.components.charts import PRIOR, REAL, dot, legend, style_of
from latentdemo.ui.components.parts_chart import Part, parts_chart
from latentdemo.ui.i18n.figure_words import NO_BREAK, figure_title, number_text, space_title, value_text
from latentdemo.ui.i18n.kernel_words import way_in_short
from latentdemo.ui.i18n.words import _

COLOURS: dict[Cause, str] = {"limit": REAL, "drift": style_of(PLAIN).colour, "mismatch": PRIOR}


def show_origins(report: Report) -> None:
    """The parts of the distance as bars, and what would help; nothing where distances were not measured."""
    found = origins(report)
    if found is None:
        return
    st.header(_("Where the gap comes from"), anchor=False)
    st.markdown(in_words(found))
    shown = [cause for cause in CAUSES if any(cause in each.parts for each in found.all)]
    with st.container(border=True):
        st.html(legend([(dot(COLOURS[cause]), cause_title(cause)) for cause in shown]))
        st.altair_chart(
            parts_chart(
                [part for each in found.all for part in pieces(each)],
                [value_text(DISTANCE, each.total) for each in found.all],
                figure_title(DISTANCE),
            ),
            alt="; ".join(spelled(each) for each in found.all),
        )
    st.caption(" ".join(explained(report, found)))


def pieces(origin: Origin) -> list[Part]:
    """The parts of a distance, those below 0 as nothing."""
    return [
        Part(way_in_short(origin.row), cause_title(cause), COLOURS[cause], max(part.mean, 0.0),
             value_text(DISTANCE, part))
        for cause, part in origin.parts.items()
    ]  # fmt: skip


def cause_title(cause: Cause) -> str:
    """A cause in words."""
    return {
        "limit": _("The decoder's limit"),
        "drift": _("The chain's drift off real data"),
        "mismatch": _("Latents that real data does not have"),
    }[cause]


def spelled(origin: Origin) -> str:
    """The parts of a distance, for those who cannot see the bars."""
    parts = ", ".join(f"{cause_title(cause)} {value_text(DISTANCE, part)}" for cause, part in origin.parts.items())
    return f"{way_in_short(origin.row)}: {parts}"


def in_words(found: Origins) -> str:
    """What stands most in the way, and what would help."""
    cause, plain = remedy(found), found.plain
    if cause == "limit":
        return _("**The decoder is the limit:** {share} of the prior sample's distance is what real data loses when it "
                 "is encoded and decoded. No way to sample lifts that; a better decoder does: train it longer, or with "
                 "more width.", share=per_cent(found.prior.share("limit")))  # fmt: skip
    if cause == "drift" and plain is not None:
        return _("**The chain drifts:** after {steps} plain steps, {share} of the distance that is left is what chains "
                 "lose that start at real data, more than the mismatch that they leave. Stop earlier, or take a way "
                 "that decodes only at the end.",
                 steps=plain.row.steps, share=per_cent(plain.share("drift")))  # fmt: skip
    return _("**The latents are the problem:** {share} of the prior sample's distance comes from latents that real "
             "data does not have. That is what a fitted density or a chain is for.",
             share=per_cent(found.prior.share("mismatch")))  # fmt: skip


def per_cent(share: float) -> str:
    """A share in per cent."""
    return f"{number_text(100.0 * share, 0)}{NO_BREAK}%"


def explained(report: Report, found: Origins) -> list[str]:
    """How to read the bars, a sentence each."""
    said = [
        _("The decoder's limit is what real data loses when it is encoded and decoded; the rest of a bar lies above "
          "that. Real data itself would be a bar of no length. Distances do not add up like lengths: parts say where "
          "to look.")
    ]  # fmt: skip
    if len(report.spaces) > 1:
        said.insert(0, _("By “{judge}”, the strictest judge.", judge=space_title(found.space, report.spaces)))
    if found.plain is None:
        said.append(_("How far the chain drifts off real data was not measured."))
    if any(each.clipped for each in found.all):
        said.append(_("Parts below 0 are drawn as nothing; their tooltips have the values."))
    return said
