"""Exports of chains that were played: a row of pictures, the animation, and the run behind it."""

from __future__ import annotations

import math

from PIL import Image

from latentdemo.export import Layout, RunSettings, sheets_of
from latentdemo.export.picture import frames_of
from latentdemo.imaging import picture_in
from latentdemo.ui.chain.walks import Walk, WalkRequest
from latentdemo.ui.components.player import Scene
from latentdemo.ui.controls.attributes import move_words
from latentdemo.ui.controls.kernel import way_in_words
from latentdemo.ui.controls.starting_point import kind_title
from latentdemo.ui.export.popover import WebPage, export_popover
from latentdemo.ui.export.run_page import run_page
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.evaluated import report_of
from latentdemo.ui.state.selection import Selection

SHOWN, SHEETS_A_ROW = 10, 6  # the picture has so many steps after the first, in rows of so many
SECONDS = 0.6  # the animation stays at a step for so long


def export_walk(chosen: Selection, request: WalkRequest, walk: Walk, shown: Scene) -> None:
    """Files of the chains: the picture has ten steps, animation and web page all of them."""
    steps = range(request.spec.steps + 1)
    captions = {step: _("Step {step}", step=step) for step in steps}
    settings = RunSettings(
        request.model,
        request.digest,
        request.densities,
        request.spec,
        tuple(steps),
        Layout(math.isqrt(request.spec.count), SHEETS_A_ROW),
        {step: captions[step] for step in steps[:: max(1, request.spec.steps // SHOWN)]},
    )
    export_popover(
        chosen,
        settings,
        walk.run.latents,
        lambda: sheets_of(walk.run.images, settings.layout),
        in_words(request),
        frames=lambda: frames_of(sheets_of(walk.run.images, settings.layout), captions),
        seconds=SECONDS,
        page=played_page(chosen, walk, shown),
    )


def played_page(chosen: Selection, walk: Walk, shown: Scene) -> WebPage:
    """The player, with verdict and evidence."""
    report = report_of(chosen)
    return WebPage(
        _("Page (HTML)"),
        _("The player with every step, in one file for any browser: it plays without server and network."),
        lambda bundle: run_page(bundle, report, shown, frames(walk)),
    )


def frames(walk: Walk) -> Image.Image:
    """All frames on one sheet, see `Walk`."""
    return picture_in(walk.sheet)


def in_words(request: WalkRequest) -> dict[str, str]:
    """The settings as the page names them: name -> value."""
    move = request.point.move
    return {
        _("Starting point"): kind_title(request.point.kind),
        **({_("Attributes"): move_words(move)} if move else {}),
        **({_("Keep the rest of the picture"): _("on")} if request.spec.known is not None else {}),
        _("Steps"): str(request.spec.steps),
        _("Chains"): str(request.spec.count),
        **way_in_words(request.spec),
    }
