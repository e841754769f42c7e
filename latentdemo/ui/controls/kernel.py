"""How chains walk, as controls: the kernel, its options, adaptive stopping, and what the evaluation recommends.

Everything about kernels comes from their registry, so that a new one has its controls on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.sampling import KERNELS, PLAIN, ChainSpec
from latentdemo.sampling.kernels import Option
from latentdemo.ui.i18n.figure_words import with_unit
from latentdemo.ui.i18n.kernel_words import capital, kernel_help, kernel_name, kernel_title, way_noun, way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

OFF = "off"
KEPT: Literal["page"] = "page"
"""For controls in a popover: what they say stays on screen where it opens after a later run. Without it, Streamlit 1.67
shows them as if nobody had chosen anything."""
USUAL_SHARES = (0.1, 0.25, 0.4, 0.5, 0.9)  # shares of real data that chains can stop by


def take_way(report: Report | None, chosen: Selection) -> ChainSpec:
    """How chains walk, as the link or the controls say; call it before the controls, and `put_way` after them.

    The controls have their setting as key. An option that the model does not have is left at its usual value.

    Args:
        report: the model's evaluation, whose ways to sample can all be chosen.
        chosen: the model.
    """
    take_from_link("kernel", list(KERNELS), PLAIN)
    for option in kernel_options():
        take_from_link(option.name, option.values, option.usual)
    take_from_link("stop", list(stops_offered(report)), OFF)
    options = {option.name: st.session_state[option.name] for option in kernel_options(chosen)}
    return ChainSpec(st.session_state["kernel"], options, stop_at=stops_offered(report)[st.session_state["stop"]])


def open_on_best_chain(report: Report | None, settings_of: Callable[[Row], Mapping[str, Any]]) -> None:
    """Choose the best chain where neither the link nor an earlier page says how chains walk; call it before `take_way`.

    Args:
        report: the model's evaluation; without an advice nothing is chosen.
        settings_of: as of `recommended_button`.
    """
    said = {"kernel", "stop", "start", "steps"} | {option.name for each in KERNELS.values() for option in each.options}
    if "kernel" in st.session_state or any(key in st.query_params for key in said):
        return
    if row := chain_advised(report):
        choose_way(row, settings_of(row))


def put_way() -> None:
    """Write how chains walk into the address; the kernel always, as pages do not open on the same for every model."""
    put_in_link("kernel", None)
    for option in kernel_options():
        put_in_link(option.name, option.usual)
    put_in_link("stop", OFF)


def take_settings(options: Mapping[str, Sequence[Any]], usual: Mapping[str, Any]) -> dict[str, Any]:
    """A page's other settings; call it before their controls, and `put_settings` after them.

    Args:
        options: setting -> what it can be.
        usual: setting -> what it is where nobody chose; a list where several options can be taken.
    """
    for key, value in usual.items():
        take_from_link(key, options[key], value)
    return {key: st.session_state[key] for key in usual}


def put_settings(usual: Mapping[str, Any]) -> None:
    """Write a page's other settings into the address; `usual` as of `take_settings`."""
    for key, value in usual.items():
        put_in_link(key, value)


def kernel_options(chosen: Selection | None = None) -> list[Option]:
    """The options of the chosen kernel that have a control, those that a model has where one is given."""
    options = [option for option in KERNELS[st.session_state["kernel"]].options if option.choices]
    return options if chosen is None else [option for option in options if has_option(chosen, option)]


def has_option(chosen: Selection, option: Option) -> bool:
    """Whether an option means something to a model: corruption to a denoising one, densities to one that has them."""
    has_densities = option.name != "density" or {*option.values} <= {*chosen.density_names}
    return has_densities and (chosen.corrupts or not option.needs_corruption)


def stops_offered(report: Report | None) -> dict[str, float | None]:
    """Name in the link -> share of real data that chains can stop by: the usual ones and those that were evaluated."""
    evaluated = {row.stop_at for row in report.rows if row.stop_at is not None} if report else set()
    return {OFF: None} | {f"{100 * share:g}": share for share in sorted({*USUAL_SHARES, *evaluated})}


def steps_offered(report: Report | None, usual: Sequence[int]) -> tuple[int, ...]:
    """Numbers of steps that can be chosen: the usual ones and those that were evaluated, from the least of these on."""
    evaluated = {row.steps for row in report.rows if row.steps >= min(usual)} if report else set()
    return tuple(sorted({*usual, *evaluated}))


def kernel_control(width: int = 210) -> None:
    """Which kernel, by its plain name; the tooltip says what each does, in the field's words. `width` in pixels."""
    names = {kernel: capital(kernel_title(kernel)) for kernel in KERNELS}
    meanings = "\n".join(f"- **{name}**: {kernel_help(kernel)}" for kernel, name in names.items())
    st.selectbox(
        _("Way to sample"), list(KERNELS), key="kernel", format_func=names.__getitem__, width=width,
        help=_("How the chain takes a step. None is the best for every model: look whether artifacts go, and what is "
               "kept of the starting points.") + f"\n\n{meanings}",
    )  # fmt: skip


def option_control(option: Option) -> None:
    """One option of the chosen kernel."""
    titles = {choice.value: choice.title for choice in option.choices}
    st.segmented_control(
        _(option.title), option.values, required=True, key=option.name, persist_state=KEPT, help=_(option.help),
        format_func=lambda value: _(titles[value]),
    )  # fmt: skip


def option_meaning(option: Option) -> str:
    """What an option does where it stands."""
    return _(next(choice.meaning for choice in option.choices if choice.value == st.session_state[option.name]))


def stopping_control(report: Report | None) -> None:
    """Whether chains stop by themselves, and when."""
    shares = stops_offered(report)
    st.segmented_control(
        _("Adaptive stopping"), list(shares), required=True, key="stop", persist_state=KEPT, wrap=True,
        format_func=lambda name: stop_name(shares[name]),
        help=_("Each chain rests once its latent is likelier than that share of real data: at 10 % it rests soon, "
               "at 50 % when it is as likely as the median real image. Later steps cannot spoil what rests."),
    )  # fmt: skip


def recommended_button(
    report: Report | None, settings_of: Callable[[Row], Mapping[str, Any]], *, chains_only: bool = False
) -> None:
    """One press that takes the way to sample that the evaluation recommends; none where it recommends nothing.

    Args:
        report: the model's evaluation.
        settings_of: settings of the page, by their keys, that the press sets as well: where it starts, and its steps.
        chains_only: whether the page shows chains alone; where none is recommended, it offers the best one.
    """
    advised = report.recommended if report else None
    row = chain_advised(report) if chains_only else advised
    if advised is None or row is None:
        return
    label, meaning = _("Take the recommended way"), way_phrase(row)
    if row is not advised:
        label = _("Take the best chain")
        meaning = _("Recommended is {way}, which needs no chain. This takes the best chain: {chain}.",
                    way=way_phrase(advised), chain=way_noun(row))  # fmt: skip
    st.button(
        label, key="take_recommended", icon=":material/recommend:", on_click=choose_way, args=(row, settings_of(row)),
        help=meaning,
    )  # fmt: skip


def chain_advised(report: Report | None) -> Row | None:
    """The recommended way where it is a chain, else the best chain; None where nothing is recommended."""
    row = report.recommended if report else None
    return row if report is None or row is None or row.kernel else report.best_chain


def choose_way(row: Row, settings: Mapping[str, Any]) -> None:
    """Have the controls say what a row of an evaluation says, and some settings of the page besides."""
    st.session_state["kernel"] = row.kernel or PLAIN  # which a draw does not use
    for option in kernel_options():
        st.session_state[option.name] = row.options.get(option.name, option.usual)
    st.session_state["stop"] = OFF if row.stop_at is None else f"{100 * row.stop_at:g}"
    st.session_state.update(settings)


def way_in_link(row: Row) -> dict[str, str]:
    """How the chains of a row walk, as a link says it."""
    stop = {} if row.stop_at is None else {"stop": f"{100 * row.stop_at:g}"}
    return {"kernel": row.kernel or PLAIN} | {name: str(value) for name, value in row.options.items()} | stop


def stop_name(share: float | None) -> str:
    """When chains stop by themselves, in words."""
    return _("off") if share is None else with_unit(f"{100 * share:g}", "%")


def way_in_words(spec: ChainSpec) -> dict[str, str]:
    """How chains walk as the page names it: name of a control -> its value."""
    assert isinstance(spec.kernel, str)
    chosen = spec.options or {}
    words = {_("Way to sample"): kernel_name(spec.kernel)}
    for option in KERNELS[spec.kernel].options:
        words |= {_(option.title): _(each.title) for each in option.choices if each.value == chosen.get(option.name)}
    return words | {_("Adaptive stopping"): stop_name(spec.stop_at)}


def kernel_caption() -> None:
    """What the chosen kernel does."""
    st.caption(kernel_help(st.session_state["kernel"]))
