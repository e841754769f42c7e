"""Quality review of a model: does the chain pay, how many steps, at what cost, and at whose expense."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from latentdemo.errors import SignInError
from latentdemo.evaluation.report import Report
from latentdemo.ui.evaluation.cards import show_verdict
from latentdemo.ui.evaluation.charts import figure_chart, gap_and_coverage
from latentdemo.ui.evaluation.curves import STEPS_AXIS, STRICTEST, TIME_AXIS, figure_names, usual_ways, ways
from latentdemo.ui.evaluation.method import how_measured
from latentdemo.ui.evaluation.table import table
from latentdemo.ui.evaluation.verdict import beside_pythae
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.figure_words import (
    figure_meaning,
    figure_title,
    milliseconds_text,
    money_text,
    space_title,
    value_text,
)
from latentdemo.ui.i18n.kernel_words import capital, way_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.quality import measurement
from latentdemo.ui.quality.better_training import better_training, yardstick
from latentdemo.ui.quality.copying import show_copying
from latentdemo.ui.quality.costs import costs, costs_sentence, per_thousand
from latentdemo.ui.quality.diagnostics import diagnostics_table
from latentdemo.ui.quality.downloads import as_csv, as_json
from latentdemo.ui.quality.frontier import show_frontier
from latentdemo.ui.quality.judges import show_judges
from latentdemo.ui.quality.limits import limit_controls, take_limits, within
from latentdemo.ui.quality.measurement import Measurement
from latentdemo.ui.quality.mix import show_mix
from latentdemo.ui.quality.origins import show_origins
from latentdemo.ui.quality.preferred import show_preferred
from latentdemo.ui.quality.steps_needed import show_steps_needed
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import selection
from latentdemo.ui.state.evaluated import evaluation_of, other_models, report_of
from latentdemo.ui.state.link import NumberRange, put_in_link, take_from_link
from latentdemo.ui.state.person import Role, may
from latentdemo.ui.state.selection import Selection, family_title

AXES = (STEPS_AXIS, TIME_AXIS)
ROWS = ("short", "all")
PRICES, USUAL_PRICE = NumberRange(0.0, 100_000.0), 1.0  # price of an hour of the device
VALUES, USUAL_VALUE = NumberRange(0.0, 100_000.0), 0.01  # value of one rejected image fewer


def show_curves(report: Report) -> None:
    """Gap closed and coverage side by side, and any figure below."""
    st.header(_("Quality against steps and time"), anchor=False)
    names, usual = figure_names(report), usual_ways(report)
    take_from_link("axis", AXES, STEPS_AXIS)
    take_from_link("ways", list(ways(report)), usual)
    titles = {key: capital(way_title(row)) for key, row in ways(report).items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axis = st.segmented_control(
            _("Against"), AXES, required=True, key="axis",
            format_func=lambda name: {STEPS_AXIS: _("steps"), TIME_AXIS: _("milliseconds an image")}[name],
            help=_("Steps of different ways to sample cost different time; against time they can be compared."),
        )  # fmt: skip
        with st.popover(_("Choose the ways to sample"), icon=":material/stacked_line_chart:"):
            shown = st.pills(
                _("Ways to sample"), list(titles), selection_mode="multi", key="ways", wrap=True,
                format_func=titles.__getitem__,
                help=_("Draws that no chain follows, other starting points and chains that stop by themselves can be "
                       "added."),
            )  # fmt: skip
        judge = judge_control(report)
    assert axis is not None
    put_in_link("axis", STEPS_AXIS)
    put_in_link("ways", usual)
    gap_and_coverage(report, shown, axis, judge)
    with st.container(border=True):
        take_from_link("figure", names, "precision" if "precision" in names else names[0])
        figure = st.selectbox(
            _("Another figure"), names, key="figure", format_func=figure_title, width=380,
            help=_("All figures that were measured; what each says stands under the chart."),
        )  # fmt: skip
        put_in_link("figure", "precision" if "precision" in names else names[0])
        figure_chart(report, shown, figure, axis, judge)
        st.caption(figure_meaning(figure))
    st.caption(_("Bands are 95 % intervals over {count} repetitions, ± is half of one. The ring marks what is "
                 "recommended.", count=len(report.seeds)))  # fmt: skip


def judge_control(report: Report) -> str:
    """Which feature space the figures of the charts are taken in; no choice where there is but one."""
    if len(report.spaces) < 2:
        return STRICTEST
    offered = (STRICTEST, *report.spaces)
    take_from_link("judge", offered, STRICTEST)
    judge = st.segmented_control(
        _("Judge"), offered, required=True, key="judge", wrap=True,
        format_func=lambda name: _("strictest") if name == STRICTEST else space_title(name, report.spaces),
        help=_("Whose eyes compare samples with real data: networks that were trained to look for different things. "
               "“Strictest” takes the least gap closed of all, and other figures by “{first}”.",
               first=space_title(next(iter(report.spaces)), report.spaces)),
    )  # fmt: skip
    put_in_link("judge", STRICTEST)
    assert judge is not None
    return judge


def show_costs(report: Report) -> None:
    """What a thousand images cost, and from when on that comes back."""
    st.header(_("Cost"), anchor=False)
    take_from_link("price", PRICES, USUAL_PRICE)
    take_from_link("value", VALUES, USUAL_VALUE)
    with st.container(horizontal=True):
        price = st.number_input(
            _("Price per hour of the device"), PRICES.least, PRICES.most, key="price", step=0.1, format="%.2f",
            width=260, help=_("In any currency; all amounts below are in the same one."),
        )  # fmt: skip
        value = st.number_input(
            _("Value of one rejected image fewer"), VALUES.least, VALUES.most, key="value", step=0.001, format="%.4f",
            width=260, help=_("What it costs you when someone has to throw an image away and ask for another."),
        )  # fmt: skip
    put_in_link("price", USUAL_PRICE)
    put_in_link("value", USUAL_VALUE)
    sums = costs(report, price)
    with st.container(border=True):
        if sums:
            figures = [column.container() for column in st.columns(4)]
            figures[0].metric(_("1,000 images, recommended"), money_text(sums.recommended))
            figures[1].metric(_("1,000 images, prior"), money_text(sums.prior))
            figures[2].metric(_("Rejects fewer in 1,000"), value_text("rejects", sums.rejects_fewer),
                              help=_("1,000 × the difference in precision."))  # fmt: skip
            figures[3].metric(_("Breaks even at"), "–" if sums.break_even is None else money_text(sums.break_even),
                              help=_("What one rejected image fewer must be worth."))  # fmt: skip
        else:
            st.metric(_("1,000 images, prior"), money_text(per_thousand(report.prior.milliseconds, price)))
        st.markdown(costs_sentence(report, sums, value))
    st.caption(
        _("Assumed: an image is rejected where it does not look like real data, so that the rejection rate is 1 − "
          "precision; the device ({device}) is busy without pause; {cost} ms an image as measured, {prior} ms for the "
          "prior sample.",
          device=device_words(report.device), cost=milliseconds_text((report.recommended or report.prior).milliseconds),
          prior=milliseconds_text(report.prior.milliseconds))
    )  # fmt: skip


def all_reports(chosen: Selection, report: Report | None) -> dict[str, Report | None]:
    """Family -> evaluation of every model of the data set, the chosen one first; None where there is none to read."""
    reports = {family(chosen): report}
    return reports | {family(other): report_of(other) for other in other_models(chosen)}


def show_training(found: Mapping[str, Report | None]) -> None:
    """Whether anything but the prior is still worth it for a model that is trained better."""
    said = better_training({name: report for name, report in found.items() if report})
    if said:
        st.header(_("Is correcting the latents still worth it when training is better?"), anchor=False)
    for paragraph in said:
        st.markdown(paragraph)


def show_table(found: Mapping[str, Report | None], report: Report | None) -> None:
    """All models of the data set, the chosen one first."""
    st.header(_("All models of this data set"), anchor=False)
    reports = [(family_title(name), each) for name, each in found.items() if each]
    missing = [family_title(name) for name, each in found.items() if not each and name != next(iter(found))]
    take_from_link("rows", ROWS, "short")
    beside = beside_pythae(report) if report else None
    if beside:
        st.markdown(beside)
    rows = st.segmented_control(
        _("Rows"), ROWS, required=True, key="rows",
        format_func=lambda name: {"short": _("recommended and baselines"), "all": _("all")}[name],
        help=_("Baselines: real data, the decoder's best, the prior sample, and draws that no chain follows."),
    )  # fmt: skip
    put_in_link("rows", "short")
    if reports:
        lines = table(reports, rows == "all")
        meanings = {figure_title(name): figure_meaning(name) for _title, each in reports for name in figure_names(each)}
        pinned = {name: st.column_config.TextColumn(pinned=True) for name in (_("Model"), _("Way to sample"))}
        st.dataframe(
            lines,
            hide_index=True,
            column_config=pinned | {name: st.column_config.TextColumn(help=text) for name, text in meanings.items()},
            alt=_("Figures of every way to sample, by model"),
        )
    if missing:
        st.caption(_("Without an evaluation that can be read: {models}", models=", ".join(missing)))
    if len({yardstick(each) for _title, each in reports}) > 1:
        st.warning(_("These models were measured with different counts of images or in different feature spaces: their "
                     "figures cannot be compared."), icon=":material/warning:")  # fmt: skip


def family(model: Selection) -> str:
    """A model among those of its data set."""
    return model.model.split("/")[1]


def show_method(report: Report) -> None:
    """How the figures came about."""
    with st.expander(_("How this was measured"), icon=":material/science:"):
        for paragraph in how_measured(report):
            st.markdown(paragraph)
        st.markdown("\n".join(f"- **{figure_title(name)}**: {figure_meaning(name)}" for name in figure_names(report)))
        if report.diagnostics:
            st.markdown(_("**Long runs**, far longer than any picture needs: do the chains mix? R-hat above 1.01 says "
                          "not yet. None of it says what they mix to; for that see the energy distance."))  # fmt: skip
            st.dataframe(diagnostics_table(report.diagnostics), hide_index=True, alt=_("Diagnostics of long runs"))


def show_measuring(chosen: Selection) -> None:
    """A form to measure again, and where that stands."""
    st.header(_("Measure again"), anchor=False)
    counts = measurement.counts_for(chosen.model)
    usual = measurement.DEFAULT_COUNT if measurement.DEFAULT_COUNT in counts else counts[-1]
    take_from_link("images", counts, usual)
    take_from_link("repetitions", measurement.REPETITIONS, measurement.DEFAULT_REPETITIONS)
    with st.form("measure"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Images a side"), counts, required=True, key="images",
            help=_("The more, the surer the figures; Fréchet distances of different counts cannot be compared."),
        )  # fmt: skip
        st.segmented_control(
            _("Repetitions"), measurement.REPETITIONS, required=True, key="repetitions",
            help=_("Each with other samples and other real images; their spread gives the intervals."),
        )  # fmt: skip
        st.form_submit_button(
            _("Measure on this device"), icon=":material/speed:", on_click=start_measuring, args=(chosen,),
            disabled=not may(Role.PRESENTER), help=_("The shipped figures stay; you can go back to them."),
        )  # fmt: skip
    put_in_link("images", usual)
    put_in_link("repetitions", measurement.DEFAULT_REPETITIONS)
    st.caption(
        _("It runs in the background and takes minutes on a CPU; the page stays usable.")
        if may(Role.PRESENTER)
        else SignInError("presenter").in_words(_)
    )
    measurement.show_job()


def start_measuring(chosen: Selection) -> None:
    """Measure the model as the form says."""
    count, repetitions = st.session_state["images"], st.session_state["repetitions"]
    measurement.start(Measurement(chosen.model, chosen.config.sha256, count, repetitions))


def show_downloads(report: Report) -> None:
    """The figures as files."""
    name = f"latentdemo-quality-{report.model.replace('/', '-')}"
    with st.container(horizontal=True):
        st.download_button(
            _("Download CSV"), as_csv(report), f"{name}.csv", "text/csv", icon=":material/download:", on_click="ignore",
            help=_("Every figure on a line of its own, with its mean and half of its 95 % interval."),
        )  # fmt: skip
        st.download_button(
            _("Download JSON"), as_json(report), f"{name}.json", "application/json", icon=":material/download:",
            on_click="ignore", help=_("The whole evaluation, in the form of evaluation.json."),
        )  # fmt: skip


chosen = selection()

with page_heading(_("Quality review")):
    how_to_read(
        _("The sentence says whether more than the prior sample is worth its cost for this model: a chain, or a draw "
          "from a fitted density that needs none. The *quality gap* lies between the prior sample (0 %) and the best "
          "that this decoder can do (100 %). *Judges* are networks that look for different things in a picture; the "
          "strictest one counts. Precision asks whether samples look real, recall and coverage whether they are as "
          "varied as real data: a way that gains the one may lose the other, and then the sentence says so. ± is half "
          "of a 95 % interval: what many more repetitions would find lies most likely within it.")
    )  # fmt: skip
here = measurement.measured_here(chosen.model, chosen.config.sha256)
found = here or evaluation_of(chosen)
report = found if isinstance(found, Report) else None
if here:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            _(":material/speed: Measured now on this device: {count} images a side, {repetitions} repetitions.",
              count=here.count, repetitions=len(here.seeds))
        )  # fmt: skip
        st.button(_("Back to the shipped figures"), key="shipped", icon=":material/undo:",
                  on_click=measurement.forget, args=(chosen.model, chosen.config.sha256))  # fmt: skip
advised = report
if report:
    advised = within(report, take_limits())
    show_verdict(advised)
    limit_controls(report, advised)
    show_frontier(advised)
    show_judges(advised)
    preferred = st.container()  # filled last: it waits for pictures
    show_mix(advised)
    show_origins(advised)
    show_copying(advised)
    show_curves(advised)
    show_costs(advised)
else:
    st.error(str(found), icon=":material/error:")
reports = all_reports(chosen, advised)
show_training(reports)
show_table(reports, advised)
if advised:
    show_method(advised)
show_steps_needed()
show_measuring(chosen)
if report:
    show_downloads(report)
    with preferred:
        show_preferred(report, chosen)
