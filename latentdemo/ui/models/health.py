"""The health of a model in its card: one line that opens into what was looked at and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images
from latentdemo.engine import Job, RecentResults, engine_for
from latentdemo.evaluation.health.findings import LIGHTS, Finding, Light, findings, worst
from latentdemo.evaluation.health.vitals import Vitals, vitals_of_pictures, vitals_of_report
from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.state.background import Task, call_of, result_or_wait
from latentdemo.ui.state.evaluated import report_of
from latentdemo.ui.state.selection import Selection

ICONS: dict[Light, str] = {
    "green": ":green[:material/check_circle:]",
    "amber": ":orange[:material/warning:]",
    "red": ":red[:material/error:]",
    "unknown": ":gray[:material/help:]",
}
COUNTS: dict[Light, str] = {
    "red": N_("{count} to mend"),
    "amber": N_("{count} to know"),
    "unknown": N_("{count} not known"),
    "green": N_("{count} fine"),
}
KEPT_BYTES, VITALS_BYTES = 2**20, 2**12  # of all vital figures that are kept for all sessions, and of one model's


def health(model: Selection, measurable: bool) -> None:
    """The health of a model; where there is no evaluation of it, a press measures it.

    Args:
        model: which.
        measurable: whether the session has its one job free for that.
    """
    report = report_of(model)
    vitals = vitals_of_report(report) if report else recent_vitals().get(key_of(model))
    if vitals is None and measurable:
        vitals = measured_on_demand(model)
    if vitals is None:
        return
    found = findings(vitals)
    title = _("Health: {counts}", counts=counted(found))
    with st.popover(f"{ICONS[worst(found)]} {title}", width="stretch"):
        for each in found:
            value = each.value(_)
            st.markdown(f"{ICONS[each.light]} **{each.title(_)}**" + (f"  \n{value}" if value else ""))
            if each.light != "green":
                st.caption(each.advice(_))


def counted(found: Sequence[Finding]) -> str:
    """How many lights of each colour there are, the worst first."""
    count = Counter(each.light for each in found)
    return " · ".join(_(COUNTS[light], count=count[light]) for light in LIGHTS if count[light])


def measured_on_demand(model: Selection) -> Vitals | None:
    """A button, and once it was pressed the vital figures of a model, measured of held-out pictures; None before."""
    key = key_of(model)
    if st.session_state.get("health_of") == key:
        return result_or_wait(
            Task(key, partial(measure, model.model, model.config.sha256), recent_vitals(), lambda _vitals: VITALS_BYTES)
        )
    st.button(
        _("Check its health"), key=f"check {model.model}", icon=":material/monitor_heart:",
        on_click=st.session_state.update, args=({"health_of": key},),
        help=_("Look at its encodings and reconstructions of held-out pictures; it takes some seconds."),
    )  # fmt: skip
    return None


def key_of(model: Selection) -> tuple[str, str, str]:
    """Names the vital figures of a model: its name, and the digest of its weights."""
    return "health", model.model, model.config.sha256


def measure(name: str, digest: str, job: Job[Any]) -> Vitals:
    """The vital figures of a model, a batch at a time between the chains of others."""
    with engine_for().models.lease(name, digest) as model:
        held_out = held_out_images(model_folder(name).parent)
        return vitals_of_pictures(model, held_out, call_of(job), job.report)


@st.cache_resource
def recent_vitals() -> RecentResults[Vitals]:
    """The vital figures that were measured last, of all sessions."""
    return RecentResults(KEPT_BYTES)
