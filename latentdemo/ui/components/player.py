"""The player of chains: frames, figures and map go to the browser once, and it plays them there.

`player.html`, `player.css` and `player.js` are its parts in the browser: an inline component of Streamlit, and what a
page that is taken away is made of.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from latentdemo.ui.components.charts import PRIOR
from latentdemo.ui.components.inline import inline_component, parts_of
from latentdemo.ui.i18n.words import _

Kind = Literal["", "rejected", "resting"]
Show = Literal["picture", "before", "start", "given"]
SPEEDS = (0.25, 0.5, 1, 2, 4)
MARGIN = 0.08  # room above and below a curve, as a share of its height

PARTS = parts_of(__file__)
component = inline_component(__file__)


@dataclass(frozen=True)
class Figure:
    """A figure of every step of every chain, in words and as curves.

    Attributes:
        label: what it is.
        help: what it means, in a line.
        texts: value in words, a list of steps a chain.
        curves: height of the curve in per cent from the top, in the same form; None for a step without a value.
        ends: value in words at the bottom and at the top.
        band: top and bottom of where most real data lies, in per cent from the top; None where that is not known.
        level: height of a value to compare with, in the same way.
        mark: name of band or level.
    """

    label: str
    help: str
    texts: list[list[str]]
    curves: list[list[float | None]]
    ends: tuple[str, str]
    band: tuple[float, float] | None = None
    level: float | None = None
    mark: str = ""


@dataclass(frozen=True)
class Plane:
    """The latent space in two dimensions; what is shown reaches from -1 to 1, x to the right, y down.

    Attributes:
        real, prior: points.
        paths: points of the steps of each chain.
        legend: names of real data, prior and path.
        note: what stands under the map.
    """

    real: list[list[float]]
    prior: list[list[float]]
    paths: list[list[list[float]]]
    legend: list[str]
    note: str


@dataclass(frozen=True)
class Scene:
    """Everything that the player shows of a run.

    Attributes:
        run: names the run and the language; a scene of the same name is not loaded again.
        title: what it is of, for those who listen.
        sheet: address of the frames, square ones without gaps: chain under chain, step beside step, and under them the
            pictures that were given.
        chains, steps: how many; each chain has a frame more than steps.
        given: names of the pictures that were given.
        states: what became of each step in words, a list of steps a chain.
        kinds: the same for the eye.
        figures: beside the pictures.
        plane: None where there is no map.
        colour: of the kernel.
    """

    run: str
    title: str
    sheet: str
    chains: int
    steps: int
    given: list[str]
    states: list[list[str]]
    kinds: list[list[Kind]]
    figures: list[Figure]
    plane: Plane | None
    colour: str

    @property
    def shows(self) -> dict[Show, str]:
        """What pictures can show, with its name."""
        names: dict[Show, str] = {
            "picture": _("Picture"),
            "before": _("Change in this step"),
            "start": _("Change since the start"),
            "given": _("Difference from the picture given"),
        }
        return {show: name for show, name in names.items() if show != "given" or self.given}


@dataclass(frozen=True)
class View:
    """What of a scene is on screen.

    Attributes:
        at: the step.
        chain: number of the chain that the figures are of, from 0.
        show: what the pictures show.
        speed: one of `SPEEDS`, at which it plays.
    """

    at: int = 0
    chain: int = 0
    show: Show = "picture"
    speed: float = 1


def player(scene: Scene, view: View, remote: bool = False) -> View:
    """Draw the player; gives the view at which it has come to rest.

    Args:
        scene: what to play.
        view: what to begin with; a scene that is on screen already stays where it is.
        remote: whether the keys of a presenter's remote control lead from step to step.
    """
    data = player_data(scene, view, remote)
    reported: dict[str, Any] = component(key="player", data=data, on_view_change=lambda: None).view or {}
    if reported.get("run") != scene.run:
        return view
    return View(reported["at"], reported["chain"], reported["show"], reported["speed"])


def player_data(scene: Scene, view: View, remote: bool = False) -> dict[str, Any]:
    """What `player.js` takes; arguments as of `player`."""
    return asdict(scene) | {
        "view": asdict(view),
        "shows": list(scene.shows.items()),
        "colours": {"kernel": scene.colour, "prior": PRIOR},
        "speeds": SPEEDS,
        "remote": remote,
        "words": words(scene),
    }


def words(scene: Scene) -> dict[str, str]:
    """The player's own words; the browser fills in what is in braces."""
    return {
        "player": _("Player of {model}", model=scene.title),
        "now": _("Step {step} of {steps}"),
        "tile": _("Picture of chain {chain} at step {step}"),
        "map": _("Map of the latent space with the path of chain {chain} up to step {step}"),
        "film": _("All steps of the chain"),
        "play": _("Play (space bar)"),
        "pause": _("Pause (space bar)"),
        "back": _("One step back (left arrow)"),
        "forward": _("One step on (right arrow)"),
        "reset": _("To the start (Home)"),
        "end": _("To the last step (End)"),
        "step": _("Step"),
        "speed": _("Speed"),
        "slow": _("slow {speed}"),
        "show": _("What the picture shows"),
        "least": _("no change"),
        "most": _("strong"),
    }


def height(value: float, low: float, high: float) -> float:
    """Where a value stands in a chart that reaches from `low` to `high`: per cent from the top."""
    share = (high - value) / (high - low) if high > low else 0.5
    return round(100.0 * (MARGIN + (1.0 - 2.0 * MARGIN) * share), 2)
