"""Quality review of a model: does the chain pay, how many steps, at what cost, and at whose expense."""

from __future__ import annotations

import streamlit as st

from latentdemo.evaluation.report import CEILING, GAP, Report
from latentdemo.ui import measurement
from latentdemo.ui.charts import Axis, curves_chart, legend
from latentdemo.ui.evaluated import evaluation_of, other_models
from latentdemo.ui.figure_words import (
    axis_title,
    figure_meaning,
    figure_title,
    figure_word,
    mean_text,
    milliseconds_text,
    money_text,
    value_text,
)
from latentdemo.ui.kernel_words import capital, way_help, way_title
from latentdemo.ui.link import Amounts, put_in_link, take_from_link
from latentdemo.ui.measurement import Measurement
from latentdemo.ui.navigation import selection
from latentdemo.ui.review import (
    STEPS_AXIS,
    TIME_AXIS,
    as_csv,
    as_json,
    costs,
    costs_sentence,
    curves,
    diagnostics_table,
    direct_draw,
    figure_names,
    levels,
    marked_point,
    per_thousand,
    table,
    usual_ways,
    verdict,
    walked,
    ways,
    worst_harm,
)
from latentdemo.ui.sidebar import Selection, family_title
from latentdemo.ui.words import _

AXES = (STEPS_AXIS, TIME_AXIS)
STEP_TICKS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
TIME_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # milliseconds
ROWS = ("short", "all")
PRICES, USUAL_PRICE = Amounts(0.0, 100_000.0), 1.0  # an hour of the device
VALUES, USUAL_VALUE = Amounts(0.0, 100_000.0), 0.01  # of one rejected image fewer


def show_verdict(report: Report) -> None:
    """The sentence, then four cards."""
    row = report.recommended
    st.subheader(verdict(report), anchor=False, help=way_help(row) if row else None)
    baseline = direct_draw(report)
    if baseline:
        st.markdown(baseline)
    cards = [column.container(border=True, height="stretch") for column in st.columns(4)]
    with cards[0]:
        gap_card(report)
    with cards[1]:
        steps_card(report)
    with cards[2]:
        cost_card(report)
    with cards[3]:
        price_card(report)


def gap_card(report: Report) -> None:
    """How much of the gap the recommended way closes, or the best one did."""
    row = report.recommended or report.rows[report.recommendation.best]
    gap = value_text(GAP, row.figures[GAP]) if GAP in row.figures else "–"
    st.metric(_("Quality gap closed"), gap, help=figure_meaning(GAP))
    if GAP not in row.figures:
        st.caption(_("There is no gap: the prior sample is no worse than the ceiling."))
    elif report.recommended:
        st.caption(_("0 % is the prior sample, 100 % the best that this decoder can do."))
    else:
        st.caption(_("At best; no reason to run it: {way}", way=way_title(row)))


def steps_card(report: Report) -> None:
    """How many steps, of what."""
    row = report.recommended
    if row is None:
        st.metric(_("Recommended steps"), "0", help=_("The prior sample itself."))
        st.caption(_("Prior sample, no chain"))
        return
    steps = f"{walked(row):g}" if row.stop_at is None else _("{average} on average", average=f"{walked(row):.1f}")
    st.metric(_("Recommended steps"), steps, help=way_help(row))
    st.caption(capital(way_title(row)))


def cost_card(report: Report) -> None:
    """Milliseconds an image."""
    row = report.recommended or report.prior
    st.metric(_("Cost per image"), f"{milliseconds_text(row.milliseconds)} ms",
              help=_("Wall-clock time, drawing and decoding included, on {device}.", device=report.device))  # fmt: skip
    if report.recommended:
        st.caption(_("The prior sample: {cost} ms", cost=milliseconds_text(report.prior.milliseconds)))
    else:
        st.caption(_("The prior sample, as it is"))


def price_card(report: Report) -> None:
    """The worst loss, else what became of the coverage."""
    row, harm = report.recommended or report.prior, worst_harm(report)
    name = harm or "coverage"
    label = _("Worse: {figure}", figure=figure_word(name)) if harm else figure_title(name)
    st.metric(label, value_text(name, row.figures[name]), help=figure_meaning(name))
    ceiling = report.references[CEILING].get(name)
    facts = [_("prior {value}", value=mean_text(name, report.prior.figures[name]))] if report.recommended else []
    facts += [_("ceiling {value}", value=mean_text(name, ceiling))] if ceiling else []
    st.caption(capital(", ".join(facts)))
    others = [figure_word(each) for each in report.recommendation.harms if each != harm]
    if others:
        st.caption(_("Worse, too: {figures}", figures=", ".join(others)))
    elif report.recommended and not harm:
        st.caption(_("No figure gets worse beyond chance."))


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
            help=_("Steps of different kernels cost different time; against time they can be compared."),
        )  # fmt: skip
        with st.popover(_("Choose the ways to sample"), icon=":material/stacked_line_chart:"):
            shown = st.pills(
                _("Ways to sample"), list(titles), selection_mode="multi", key="ways", format_func=titles.__getitem__,
                help=_("Draws that no chain follows, other starting points and chains that stop by themselves can be "
                       "added."),
            )  # fmt: skip
    assert axis is not None
    put_in_link("axis", STEPS_AXIS)
    put_in_link("ways", usual)
    first = GAP if GAP in names else "frechet_distance"
    drawn = {each.label: each for name in (first, "coverage") for each in curves(report, shown, name, axis)}
    st.html(legend(list(drawn.values())))
    for column, name in zip(st.columns(2), (first, "coverage"), strict=True):
        with column.container(border=True):
            chart(report, shown, name, axis)
    with st.container(border=True):
        take_from_link("figure", names, "precision" if "precision" in names else names[0])
        figure = st.selectbox(
            _("Another figure"), names, key="figure", format_func=figure_title, width=380,
            help=_("All figures that were measured; what each says stands under the chart."),
        )  # fmt: skip
        put_in_link("figure", "precision" if "precision" in names else names[0])
        chart(report, shown, figure, axis)
        st.caption(figure_meaning(figure))
    st.caption(_("Bands and ± are two standard errors over {count} repetitions. The ring marks what is recommended.",
                 count=len(report.seeds)))  # fmt: skip


def chart(report: Report, shown: list[str], figure: str, axis: str) -> None:
    """One figure of the chosen ways."""
    drawn = curves(report, shown, figure, axis)
    if not drawn:
        st.info(_("None of the chosen ways has this figure."), icon=":material/info:")
        return
    by_steps = Axis(_("Steps"), "sqrt", STEP_TICKS)
    by_time = Axis(_("Milliseconds an image (logarithmic)"), "log", TIME_TICKS)
    row = report.recommended
    st.altair_chart(
        curves_chart(
            drawn,
            levels(report, figure),
            by_steps if axis == STEPS_AXIS else by_time,
            axis_title(figure),
            marked_point(report, figure, axis),
            _("Recommended"),
        ),
        alt=_("{figure} of {model}: {recommended}; the prior sample {prior}.",
              figure=figure_title(figure), model=report.model,
              recommended=value_text(figure, row.figures[figure]) if row and figure in row.figures else "–",
              prior=value_text(figure, report.prior.figures[figure]) if figure in report.prior.figures else "–"),
    )  # fmt: skip


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
          device=report.device, cost=milliseconds_text((report.recommended or report.prior).milliseconds),
          prior=milliseconds_text(report.prior.milliseconds))
    )  # fmt: skip


def show_table(chosen: Selection, report: Report | None) -> None:
    """All models of the data set, the chosen one first."""
    st.header(_("All models of this data set"), anchor=False)
    reports = [(family(chosen), report)] if report else []
    missing = []
    for other in other_models(chosen):
        evaluation = evaluation_of(other)
        if isinstance(evaluation, Report):
            reports.append((family(other), evaluation))
        else:
            missing.append(family(other))
    take_from_link("rows", ROWS, "short")
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
    if len({(each.features.get("sha256"), each.count) for _title, each in reports}) > 1:
        st.warning(_("These models were measured with different counts of images or in different feature spaces: their "
                     "figures cannot be compared."), icon=":material/warning:")  # fmt: skip


def family(model: Selection) -> str:
    """A model among those of its data set, in words."""
    return family_title(model.model.split("/")[1])


def show_method(report: Report) -> None:
    """How the figures came about."""
    with st.expander(_("How this was measured"), icon=":material/science:"):
        space = report.features
        st.markdown(
            _("Samples are compared with held-out real images in the feature space **{space}**. Figures of another one "
              "cannot be compared with these, least of all published ones, which are taken in Inception's.",
              space=space.get("name", "–"))
        )  # fmt: skip
        if "accuracy" in space:
            st.markdown(
                _("Its classifier was trained on real images only: to tell their labels, and to tell intact images "
                  "from ones with mixed or bent parts, which are the artifacts in question. Right on held-out images "
                  "in: {accuracy}.",
                  accuracy=accuracy_text(space["accuracy"]))
            )  # fmt: skip
        real = _("training images") if report.training_images else _("held-out images that the comparison did not use")
        st.markdown(
            _("{count} images a side, repeated with the seeds {seeds}. The floor is real data itself, the ceiling what "
              "the decoder makes of encodings of real data ({real}): no way to sample the latent space can be expected "
              "to do better.",
              count=report.count, seeds=", ".join(map(str, report.seeds)), real=real)
        )  # fmt: skip
        st.markdown(
            _("Recommended is the cheapest chain whose gap closed is as good as the best beyond chance, and whose "
              "coverage is no worse than the prior's. A difference counts from two standard errors on. Where no chain "
              "closes any of the gap beyond chance, the advice is to leave the model alone.")
        )  # fmt: skip
        st.markdown(
            _("Measured {date} on {device}: figures with the networks in {precision}, times in float32 for 64 images "
              "at once. Versions: {versions}.",
              date=report.created, device=report.device, precision=report.precision,
              versions=", ".join(f"{name} {version}" for name, version in report.versions.items()))
        )  # fmt: skip
        st.markdown("\n".join(f"- **{figure_title(name)}**: {figure_meaning(name)}" for name in figure_names(report)))
        if report.diagnostics:
            st.markdown(_("**Long runs**, far longer than any picture needs: do the chains mix? R-hat above 1.01 says "
                          "not yet. None of it says what they mix to; for that see the energy distance."))  # fmt: skip
            st.dataframe(diagnostics_table(report.diagnostics), hide_index=True, alt=_("Diagnostics of long runs"))


def accuracy_text(accuracy: float | dict[str, float]) -> str:
    """Held-out accuracy of the feature space, by attribute."""
    by_name = accuracy if isinstance(accuracy, dict) else {_("all"): accuracy}
    return ", ".join(f"{name.replace('_', ' ')} {100 * share:.1f} %" for name, share in by_name.items())


def show_measuring(chosen: Selection) -> None:
    """A form to measure again, and where that stands."""
    st.header(_("Measure again"), anchor=False)
    take_from_link("images", measurement.COUNTS, measurement.DEFAULT_COUNT)
    take_from_link("repetitions", measurement.REPETITIONS, measurement.DEFAULT_REPETITIONS)
    with st.form("measure"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Images a side"), measurement.COUNTS, required=True, key="images",
            help=_("The more, the surer the figures; Fréchet distances of different counts cannot be compared."),
        )  # fmt: skip
        st.segmented_control(
            _("Repetitions"), measurement.REPETITIONS, required=True, key="repetitions",
            help=_("Each with other samples and other real images; their spread gives the standard errors."),
        )  # fmt: skip
        st.form_submit_button(
            _("Measure on this device"), icon=":material/speed:", on_click=start_measuring, args=(chosen,)
        )
    put_in_link("images", measurement.DEFAULT_COUNT)
    put_in_link("repetitions", measurement.DEFAULT_REPETITIONS)
    st.caption(_("It runs in the background and takes minutes on a CPU; the page stays usable."))
    measurement.show_job()


def start_measuring(chosen: Selection) -> None:
    """Measure the model as the form says."""
    count, repetitions = st.session_state["images"], st.session_state["repetitions"]
    measurement.start(Measurement(chosen.model, chosen.config.sha256, count, repetitions))


def show_downloads(report: Report) -> None:
    """The figures, to take away."""
    name = f"latentdemo-quality-{report.model.replace('/', '-')}"
    with st.container(horizontal=True):
        st.download_button(
            _("Download CSV"), as_csv(report), f"{name}.csv", "text/csv", icon=":material/download:", on_click="ignore",
            help=_("Every figure on a line of its own, with its mean and one standard error."),
        )  # fmt: skip
        st.download_button(
            _("Download JSON"), as_json(report), f"{name}.json", "application/json", icon=":material/download:",
            on_click="ignore", help=_("The whole evaluation, in the form of evaluation.json."),
        )  # fmt: skip


chosen = selection()

st.title(_("Quality review"))
with st.expander(_("How to read this"), icon=":material/help:"):
    st.markdown(
        _("The sentence says whether more than the prior sample is worth its cost for this model. The *quality gap* "
          "lies between the prior sample (0 %) and the best that this decoder can do (100 %). Precision asks whether "
          "samples look real, recall and coverage whether they are as varied as real data: a chain that gains the "
          "one may lose the other, and then the sentence says so. After ± stand two standard errors: figures whose "
          "bands overlap may differ by chance only.")
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
if report:
    show_verdict(report)
    show_curves(report)
    show_costs(report)
else:
    st.error(str(found), icon=":material/error:")
show_table(chosen, report)
if report:
    show_method(report)
show_measuring(chosen)
if report:
    show_downloads(report)
