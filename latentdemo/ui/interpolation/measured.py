"""What was measured of paths over many pairs of pictures, beside the one path that is on screen."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import DISTANCE, ENDS_KEPT, LARGEST_JUMP, Measured, PathReport, PathWay, Report
from latentdemo.sampling.starts import DATA, PRIOR
from latentdemo.ui.i18n.figure_words import space_title, value_text
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.selection import Selection


def measured_paths(report: Report | None, chosen: Selection) -> PathReport | None:
    """What was measured of paths of the very weights and densities that are shown; None where nothing was."""
    found = report.paths if report else None
    shown = (chosen.config.sha256, chosen.densities)
    return found if found and (found.model_sha256, found.density_sha256) == shown else None


def show_measured(found: PathReport) -> None:
    """How the ways to lay paths compare: a sentence, and a table behind it."""
    st.markdown(verdict(found))
    with st.expander(_("Measured on many pairs"), icon=":material/table:"):
        for ends, heading in ((PRIOR, _("Between draws from the prior")), (DATA, _("Between held-out pictures"))):
            st.markdown(f"**{heading}**")
            st.dataframe(table(found, ends), hide_index=True, alt=heading)
        st.caption(
            _("{repetitions} repetitions of {pairs} pairs, mean ± half of the 95 % interval. The Fréchet distance of "
              "the three middle frames from held-out pictures, in each feature space: lower is nearer to real data; "
              "compare within a column only. “Pictures alone” are as many decoded ends that no path joins. Measured "
              "{date} on {device}.",
              repetitions=len(found.seeds), pairs=found.pairs, date=found.created, device=found.device)
        )  # fmt: skip


def verdict(found: PathReport) -> str:
    """Whether paths through the base space have a better middle than arcs, by every judge, in a sentence."""
    ways = {(way.spec.kind, way.steps, way.spec.mean_steps): way for way in found.of(DATA)}
    arc, base = ways.get(("spherical", 0, 0)), base_way(found)
    if arc is None or base is None:
        return _("Without a map, no path through the base space was measured.")
    better = judges(found, lambda space: difference(base, arc, space).high < 0.0)
    worse = judges(found, lambda space: difference(base, arc, space).low > 0.0)
    count = len(found.seeds) * found.pairs
    if better and worse:
        return _("Over {count} pairs of held-out pictures, judges disagree on whether the middle of a path through the "
                 "base space is nearer to real pictures than that of an arc: {better} say it is, {worse} say it is "
                 "not.",
                 count=count, better=better, worse=worse)  # fmt: skip
    if better:
        return _("Over {count} pairs of held-out pictures, the middle of a path through the base space is nearer to "
                 "real pictures than that of an arc, as judged by {judges}.", count=count, judges=better)  # fmt: skip
    if worse:
        return _("Over {count} pairs of held-out pictures, the middle of a path through the base space is farther from "
                 "real pictures than that of an arc, as judged by {judges}.", count=count, judges=worse)  # fmt: skip
    return _("Over {count} pairs of held-out pictures, the middle of a path through the base space and that of an arc "
             "are as near to real pictures, as far as chance lets one tell.", count=count)  # fmt: skip


def base_way(found: PathReport) -> PathWay | None:
    """The path through the base space without mean steps, between held-out pictures."""
    plain = [way for way in found.of(DATA) if way.spec.kind == "base" and not way.spec.mean_steps]
    return plain[0] if plain else None


def difference(first: PathWay, second: PathWay, space: str) -> Interval:
    """How much farther from real data the one is than the other, paired."""
    return first.judged[space][DISTANCE].minus(second.judged[space][DISTANCE])


def judges(found: PathReport, says: Callable[[str], bool]) -> str:
    """The feature spaces in which something holds, in words; empty where in none."""
    return _("; ").join(space_title(space) for space in found.spaces if says(space))


def table(found: PathReport, ends: str) -> list[dict[str, str]]:
    """The figures between ends of one sort, a dictionary a row: column in words -> text."""
    alone = {_("Path"): _("pictures alone")} | distances(found, found.decoded[ends]) | dict.fromkeys(own_figures(), "–")
    return [alone, *({_("Path"): way_text(way)} | cells(found, way) for way in found.of(ends))]


def own_figures() -> dict[str, str]:
    """Column in words -> figure that needs no judge."""
    return {_("Largest jump"): LARGEST_JUMP, _("Left of the ends"): ENDS_KEPT}


def cells(found: PathReport, way: PathWay) -> dict[str, str]:
    """The figures of a way."""
    return distances(found, way) | {title: value_text(name, way.own[name]) for title, name in own_figures().items()}


def distances(found: PathReport, measured: Measured) -> dict[str, str]:
    """The Fréchet distance in each feature space."""
    return {space_title(space): value_text(DISTANCE, measured.judged[space][DISTANCE]) for space in found.spaces}


def way_text(way: PathWay) -> str:
    """How a path was laid."""
    if way.spec.kind == "linear":
        return _("line")
    if way.spec.kind == "spherical":
        return _("arc, plain steps: {steps}", steps=way.steps) if way.steps else _("arc")
    if way.spec.mean_steps:
        return _("base space, mean steps: {steps}", steps=way.spec.mean_steps)
    return _("base space")
