"""Latent space: does the prior match the learned latent distribution, where do they differ, and where do chains go?"""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from torch import Tensor

from latentdemo.evaluation.report import Report, Row
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.starts import DENSITY, PRIOR
from latentdemo.ui.controls.kernel import (
    kernel_caption,
    kernel_control,
    kernel_options,
    open_on_best_chain,
    option_control,
    put_settings,
    put_way,
    recommended_button,
    steps_offered,
    stopping_control,
    take_settings,
    take_way,
)
from latentdemo.ui.evaluation.verdict import mismatch
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.latent_space.chains import ChainRequest, chains_or_wait, recent_chains
from latentdemo.ui.latent_space.contrast import contrast_chart, contrast_legend, contrast_or_wait
from latentdemo.ui.latent_space.dimensions import dimension_rows, kl_chart, reported_dimensions, spread_chart
from latentdemo.ui.latent_space.sheets import GRID
from latentdemo.ui.latent_space.touch import HEIGHT, kind_control, touch
from latentdemo.ui.runs.encodings import CHAINS, Dimensions, Encoded, encoded_or_wait
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import selection
from latentdemo.ui.shell.presentation import presenting
from latentdemo.ui.state.background import working
from latentdemo.ui.state.evaluated import evaluation_of
from latentdemo.ui.state.selection import Selection

STEPS = (1, 2, 5, 10, 20)
NOTABLE = 0.02  # share that the largest part lacks beside a Gaussian's, from which on there are gaps
USUAL: dict[str, Any] = {"steps": 5, "start": PRIOR}


def head() -> None:
    """The title, and how to read the page."""
    with page_heading(_("Does the prior match what the model has learned?")):
        how_to_read(
            _("Generating means drawing a latent from the prior and decoding it. The decoder was trained on encodings "
              "of real data only, the learned latent distribution. Where the prior has points and real data have none, "
              "the decoder is asked for what it never saw, and artifacts come of it. A chain should carry the points "
              "of the prior to those of real data and spread them over all of these, not gather them in a few places. "
              "Dimension by dimension, marks at 0 that reach from -1 to 1 agree with the prior; the longer a bar, the "
              "more a dimension differs."),
            _("Any point of the map can be decoded: move over it, drag, or use the arrow keys. A point says where a "
              "latent lies in two directions; in all others it is at the mean, or as the real picture has it that you "
              "pressed last. Through the mean, the map shows mixes that no real picture is near, though a density may "
              "find them likely; through a real picture, it shows what that one would be elsewhere."),
        )  # fmt: skip


def evidence(found: Mapping[str, Any]) -> None:
    """What the answer rests on: in sentences, then in figures."""
    classifier, clusters = found["classifier"], found["fragmentation"]["components"]
    unused, size = len(found["unused"]), len(found["mean"])
    told_apart = _(
        "Of an encoding of real data and a prior draw, a classifier says which is which in {auc} % of all pairs "
        "(standard error {error} %); 50 % would be no difference.",
        auc=f"{100 * classifier['auc']:.0f}",
        error=f"{100 * classifier['auc_error']:.1f}",
    )
    st.markdown("  \n".join([told_apart, *fragments(found)]))
    auc, kl, dimensions, parts = st.columns(4)
    auc.metric(
        _("Told apart (AUC)"), f"{classifier['auc']:.3f}", border=True,
        help=_("Area under the curve of a classifier that is asked whether a latent is real or from the prior: the "
               "share of pairs that it puts in the right order. 0.5 is a coin, 1 is certain. Standard error {error}.",
               error=f"{classifier['auc_error']:.3f}"),
    )  # fmt: skip
    kl.metric(
        _("KL to the prior"), _("{value} nats", value=f"{found['gaussian_kl']:.1f}"), border=True,
        help=_("Kullback-Leibler divergence from the prior of a Gaussian with the mean and covariance of the "
               "encodings. 0 is a match; clusters and other shapes come on top."),
    )  # fmt: skip
    dimensions.metric(
        _("Unused dimensions"), _("{count} of {size}", count=unused, size=size), border=True,
        help=_("Dimensions of the latent space that carry nothing of the image."),
    )  # fmt: skip
    parts.metric(
        _("Clusters"), str(clusters), border=True,
        help=_("Components of the Gaussian mixture that describes the encodings best, of the sizes 1, 2, 5, 10 and 20 "
               "(by the Bayesian information criterion). More than one says: clusters, or a shape that is not "
               "Gaussian."),
    )  # fmt: skip


def fragments(found: Mapping[str, Any]) -> list[str]:
    """How fragmented the learned latent distribution is, in two sentences."""
    clusters = found["fragmentation"]["components"]
    graph, gaussian = found["connectivity"], found["gaussian_connectivity"]
    gaps = graph["largest_share"] < gaussian["largest_share"] - NOTABLE
    return [
        _("A mixture of {count} clusters describes the learned latent distribution best.", count=clusters)
        if clusters > 1 else _("A single Gaussian describes the learned latent distribution best."),
        _("Linked to their neighbours, its encodings fall into {parts} parts, with {share} % of them in the largest (a "
          "Gaussian of the same spread: {gaussian_parts} and {gaussian_share} %): {conclusion}",
          parts=f"{graph['components']:,}", share=f"{100 * graph['largest_share']:.0f}",
          gaussian_parts=f"{gaussian['components']:,}", gaussian_share=f"{100 * gaussian['largest_share']:.0f}",
          conclusion=_("there are gaps in it.") if gaps else _("there are no gaps in it to speak of.")),
    ]  # fmt: skip


def settings_of(row: Row) -> dict[str, Any]:
    """Settings of the page that show what a row of an evaluation is about."""
    return {"start": row.start, "steps": row.steps}


def chain_controls(chosen: Selection, report: Report | None) -> ChainSpec:
    """Which chains the map shows."""
    open_on_best_chain(report, settings_of)
    way = take_way(report, chosen)
    starts, steps = [PRIOR, DENSITY, *chosen.density_names], steps_offered(report, STEPS)
    settings = take_settings({"steps": steps, "start": starts}, USUAL)
    with st.popover(_("Chains on the map"), icon=":material/tune:"):
        recommended_button(report, settings_of, chains_only=True)
        kernel_control(width=300)
        st.selectbox(
            _("Steps"), steps, key="steps", width=100,
            help=_("How many steps the chains have taken from where they started."),
        )  # fmt: skip
        st.segmented_control(
            _("Starting point"), starts, required=True, key="start", format_func=start_title, wrap=True,
            help=_("Where the chains start: at the draws of the prior that are shown, or at draws from a density "
                   "that was fitted to encodings of real data."),
        )  # fmt: skip
        for option in kernel_options(chosen):
            option_control(option)
        stopping_control(report)
        kernel_caption()
    put_way()
    put_settings(USUAL)
    return way.replaced(start=settings["start"], count=CHAINS, steps=settings["steps"], seed=chosen.seed)


def contrast_card(request: ChainRequest, encoded: Encoded, chains: Tensor | None, title: str) -> None:
    """What tells real data from the prior, in all dimensions."""
    with st.container(border=True, height="stretch"):
        st.subheader(_("What tells them apart"))
        if not request.densities:
            st.caption(
                _("This would be measured with a density that was fitted to the model, and it has none. Fit one with: "
                  "python -m latentdemo fit {model}", model=request.model)
            )  # fmt: skip
            return
        found = contrast_or_wait(request, encoded, chains)
        if found is None:
            return
        st.html(contrast_legend(None if chains is None else request.spec))
        st.altair_chart(
            contrast_chart(found, str(request.spec.kernel)), width="stretch",
            alt=_("How much likelier the latents of {model} are as real data than as prior draws", model=title),
        )  # fmt: skip
        st.caption(
            _("{share} % of the prior draws look less like real data than 95 % of real data does. The scale says how "
              "much likelier a latent is under the density that was fitted to real data than under the prior, in all "
              "{size} dimensions.", share=f"{100 * found.unlike:.0f}", size=encoded.latents.shape[1])
        )  # fmt: skip


def dimension_card(dimensions: Dimensions, title: str) -> None:
    """Every dimension against the prior."""
    rows = dimension_rows(dimensions)
    with st.container(border=True, height="stretch"):
        st.subheader(_("Dimension by dimension"))
        st.caption(
            _("Marks: mean and spread of the encodings. Grey lines: the prior, mean 0 and spread ±1 (dashed). "
              "Faint: unused dimensions.")
        )  # fmt: skip
        st.altair_chart(
            spread_chart(rows), width="stretch",
            alt=_("Mean and spread of each latent dimension of {model}", model=title),
        )  # fmt: skip
        st.altair_chart(
            kl_chart(rows), width="stretch", alt=_("KL to the prior of each latent dimension of {model}", model=title)
        )


def method(report: Report | None) -> None:
    """How the figures of the page were made."""
    with st.expander(_("How this was measured"), icon=":material/straighten:"):
        st.markdown(
            _("The map and its chains are computed now, with this model, from the held-out images that come with it. "
              "The plane is spanned by the two main directions of the encodings, or where none stands out by the two "
              "dimensions that look least like the prior; both axes have the same unit. Each image is encoded by one "
              "draw from its posterior. The KL of a dimension is that of a Gaussian with its mean and spread. A "
              "dimension is unused where the posterior does not depart from the prior by more than 0.01 nats on "
              "average, or, with a deterministic encoder, where the spread is below 0.01.")
        )  # fmt: skip
        st.markdown(
            _("While the point moves, its picture is mixed from pictures that were decoded on a grid of {side} by "
              "{side} points; where it rests, it is decoded itself.", side=GRID)
        )  # fmt: skip
        if report:
            st.markdown(
                _("The verdict is from the evaluation of {date} on {device}, with {count} encodings of held-out images "
                  "and as many prior draws. The classifier is made of boosted trees, tested on folds that it was not "
                  "fitted to. Below 0.6 the AUC counts as a match, below 0.75 as a mild mismatch. Points are linked "
                  "where each is among the 10 nearest of the other; what it would be without clusters is measured on "
                  "a Gaussian with the same mean and covariance.",
                  date=report.created, device=device_words(report.device), count=f"{report.latent_space['count']:,}")
            )  # fmt: skip


chosen = selection()

if not presenting():
    head()
evaluation = evaluation_of(chosen)
evaluated = evaluation if isinstance(evaluation, Report) else None
report = evaluated if evaluated and evaluated.latent_space else None
if report:
    st.markdown(f"**{mismatch(report.latent_space)}**")
else:
    st.info(
        evaluation
        if isinstance(evaluation, str)
        else _("The evaluation of this model says nothing of its latent space."),
        icon=":material/info:",
    )
with st.sidebar if presenting() else st.container(horizontal=True, vertical_alignment="center"):
    kind_control()
    spec = chain_controls(chosen, evaluated)
request = ChainRequest(chosen.model, chosen.config.sha256, chosen.densities, spec)
encoded, chains = encoded_or_wait(chosen.model, chosen.config.sha256), recent_chains().get(request)
if encoded:
    touch(chosen, encoded, spec, chains)
elif working():
    st.skeleton(HEIGHT)
if encoded and chains is None and not working() and chains_or_wait(request) is not None:
    st.rerun()  # they belong on the map, which stands already
if not presenting():
    if report:
        evidence(report.latent_space)
    left, right = st.columns(2)
    dimensions = reported_dimensions(report.latent_space) if report else encoded and encoded.dimensions
    if dimensions:
        with right:
            dimension_card(dimensions, chosen.title)
    if encoded and not working():
        with left:
            contrast_card(request, encoded, chains, chosen.title)
    method(report)
