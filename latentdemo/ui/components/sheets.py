"""Two sheets of the same samples, before and after some steps, and one sample large with its way through all of them.

`sheets.html`, `sheets.css` and `sheets.js` are their parts in the browser, an inline component of Streamlit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from latentdemo.export.picture import GAP
from latentdemo.imaging import data_uri, size_of
from latentdemo.ui.components.inline import inline_component
from latentdemo.ui.i18n.words import _

component = inline_component(__file__)


@dataclass(frozen=True)
class StepSheet:
    """The samples at one step.

    Attributes:
        step: which one; negative for samples that stand before all steps, straight from the prior.
        png: its contact sheet, which has each sample where the others have it.
        alt: what the picture shows, for those who do not see it.
        figures: of the step in words, one after the other.
        awaited: whether no sample has arrived at it yet, so that the picture only keeps its place.
        drawn: whether the samples are draws from a density that no chain follows.
    """

    step: int
    png: bytes
    alt: str
    figures: Sequence[str] = ()
    awaited: bool = False
    drawn: bool = False

    @property
    def title(self) -> str:
        """What stands above it."""
        return step_title(self.step, self.drawn)


def step_title(step: int, drawn: bool = False) -> str:
    """What stands above the samples at a step; `step` and `drawn` as of `StepSheet`."""
    if drawn:
        return _("Drawn directly, no chain")
    return _("Straight from the prior") if step < 0 else _("Step {step}", step=step)


class View(NamedTuple):
    """The step that stands beside the first one, and the sample that is large, from 0."""

    after: int
    sample: int


def sheets(steps: Sequence[StepSheet], count: int, columns: int, view: View, large: bool = False) -> View:
    """Draw the sheet of the first step and that of another one beside it; gives the view at which it has come to rest.

    Args:
        steps: one or more, ascending.
        count: samples on each sheet.
        columns: samples a row.
        view: what to begin with; what somebody has chosen since stays, where there is such a step and sample. While
            its step is awaited, the last one before it that has arrived stands there.
        large: whether there is nothing else on screen.
    """
    width, height = size_of(steps[0].png)
    data = {
        "steps": [as_data(step) for step in steps],
        "size": {"width": width, "height": height, "side": (width + GAP) // columns - GAP, "gap": GAP},
        "count": count,
        "columns": columns,
        "view": view._asdict(),
        "large": large,
        "words": words(),
    }
    now: dict[str, int] = component(key="sheets", data=data, on_view_change=lambda: None).view or {}
    there = now.get("after") in after_steps(step.step for step in steps) and now.get("sample") in range(count)
    return View(now["after"], now["sample"]) if there else view


def after_steps(steps: Iterable[int]) -> list[int]:
    """The steps that can stand beside the first one; that one itself where there is no other."""
    first, *others = steps
    return others or [first]


def as_data(step: StepSheet) -> dict[str, Any]:
    """What the browser needs of a step."""
    return {
        "step": step.step,
        "title": step.title,
        "label": _("prior") if step.step < 0 else str(step.step),
        "source": data_uri(step.png),
        "alt": step.alt,
        "figures": step.figures,
        "awaited": step.awaited,
    }


def words() -> dict[str, str]:
    """The component's own words; the browser fills in what is in braces."""
    return {
        "sheets": _("The same samples at two steps; choose one to see it large"),
        "after": _("Step on the right"),
        "sample": _("Sample that is large"),
        "now": _("Sample {sample} of {count}"),
        "large": _("Sample {sample} at step {step}"),
    }
