"""Which models need many steps, and what could have told so: a table over the models of all data sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import streamlit as st

from latentdemo.checkpoints import list_models, model_folder
from latentdemo.evaluation.findings.steps_needed import (
    FEWEST,
    PREDICTORS,
    SURE,
    Correlation,
    StepsNeeded,
    correlations,
    steps_needed,
)
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import FILE, GAP, EvaluationError
from latentdemo.ui.i18n.figure_words import mean_text, number_text
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.evaluated import read_report
from latentdemo.ui.state.selection import dataset_title, family_title


def show_steps_needed() -> None:
    """The table, folded, with what predicts the steps; read only once somebody unfolds it."""
    folded = st.expander(
        _("Which models need many steps, and what predicts it"), icon=":material/footprint:",
        key="steps_needed", on_change="rerun",
    )  # fmt: skip
    if folded.open:
        files = [model_folder(name) / FILE for name in list_models()]
        with folded:
            show_table(needed_by(tuple((path.parent, path.stat().st_mtime_ns) for path in files if path.exists())))


def show_table(needed: Mapping[str, StepsNeeded]) -> None:
    """What predicts the steps, and a line a model, most steps first."""
    for sentence in predicted(needed):
        st.markdown(sentence)
    lines = sorted(needed.items(), key=lambda each: -each[1].steps)
    st.dataframe(
        [line(name, found) for name, found in lines], hide_index=True,
        column_config={_("Model"): st.column_config.TextColumn(pinned=True)},
        alt=_("Plain steps that each model needs, and what could have told them"),
    )  # fmt: skip
    st.caption(
        _("Steps: the fewest after which the plain chain closes, by the strictest judge, as much of the gap as at "
          "its best, within 2 points. Mismatch: how well a classifier tells encodings of real data from prior "
          "draws; 0.5 is a coin. Clusters: components of the mixture of Gaussians that describes the encodings "
          "best, 20 at most. Drift: what one step from real data loses, in per cent of the gap.")
    )  # fmt: skip


@lru_cache(maxsize=4)
def needed_by(files: tuple[tuple[Path, int], ...]) -> dict[str, StepsNeeded]:
    """Name of a model -> what it needs, of evaluations that can be read, as they were written at these times."""
    found = {}
    for folder, written in files:
        try:
            needed = steps_needed(read_report(folder, written))
        except EvaluationError:
            continue
        if needed:
            found[f"{folder.parent.name}/{folder.name}"] = needed
    return found


def line(name: str, found: StepsNeeded) -> dict[str, str]:
    """A model as a line of the table."""
    dataset, family = name.split("/")
    return {
        _("Model"): f"{_(dataset_title(dataset))} · {family_title(family)}",
        _("Steps needed"): str(found.steps),
        _("Gap closed at best"): mean_text(GAP, Interval(found.gap)),
        predictor_title("mismatch"): in_digits(found.mismatch, 2),
        predictor_title("components"): in_digits(found.components, 0),
        predictor_title("drift"): in_digits(found.drift, 1),
    }


def in_digits(value: float | None, digits: int) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None else number_text(value, digits)


def predictor_title(name: str) -> str:
    """What could tell the steps, in words."""
    return {"mismatch": _("Mismatch"), "components": _("Clusters"), "drift": _("Drift a step, %")}[name]


def predicted(needed: Mapping[str, StepsNeeded]) -> list[str]:
    """What predicts the steps, a sentence a predictor, or that nothing does."""
    if len(needed) < FEWEST:
        return [_("With {count} models nothing can be said of what predicts the steps; it takes {fewest}.",
                  count=len(needed), fewest=FEWEST)]  # fmt: skip
    found = correlations(needed)
    said = [relation(name, each) for name, each in found.items() if each.p_value < SURE]
    if not said:
        said = [_("**Nothing that is known beforehand predicts the steps** beyond chance: they have to be measured.")]
    if found:
        figures = [
            _("{predictor}: {figures}", predictor=predictor_title(name), figures=in_figures(each))
            for name, each in found.items()
        ]
        said.append(_("Rank correlation with the steps ({figures}). Where {count} are tried, one counts from p below "
                      "{bound} on.", figures="; ".join(figures), count=len(PREDICTORS),
                      bound=number_text(SURE, 3)))  # fmt: skip
    return said


def relation(name: str, found: Correlation) -> str:
    """Which way a predictor goes with the steps."""
    title = predictor_title(name)
    if found.rho > 0:
        return _("**{predictor}** predicts the steps: the larger it is, the more are needed.", predictor=title)
    return _("**{predictor}** predicts the steps: the larger it is, the fewer are needed.", predictor=title)


def in_figures(found: Correlation) -> str:
    """A correlation in figures."""
    least = 0.001
    p_value = f"< {least}" if found.p_value < least else f"= {number_text(found.p_value, 3)}"
    return _("ρ = {rho}, p {p_value}, {count} models",
             rho=number_text(found.rho, 2), p_value=p_value, count=found.models)  # fmt: skip
