"""Exports of the sampling page: the shown steps, beside the prior where they begin at draws from a density."""

from __future__ import annotations

from functools import partial

from PIL import Image

from latentdemo.evaluation.report import Report
from latentdemo.export import Branch, RunSettings
from latentdemo.export.bundle import Drawn
from latentdemo.export.picture import frames_of, squared
from latentdemo.export.settings import DRAWN
from latentdemo.imaging import picture_in
from latentdemo.ui.components.sheets import step_title
from latentdemo.ui.controls.kernel import way_in_words
from latentdemo.ui.export.popover import export_popover
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.comparison import Comparison, Request
from latentdemo.ui.runs.measured import gaps_closed
from latentdemo.ui.state.selection import Selection


def export_comparison(chosen: Selection, comparison: Comparison, request: Request, report: Report | None) -> None:
    """The files; deck and PDF show the step that closes most of the gap, as far as that is known."""
    closed = gaps_closed(report, request)
    after = max(closed, key=lambda step: closed[step].mean, default=max(request.steps))
    if comparison.prior and request.order == DRAWN:
        export_beside_prior(chosen, comparison, request, after)
        return
    run = RunSettings(
        request.model,
        request.digest,
        request.densities,
        request.spec,
        request.recorded,
        request.layout,
        step_captions(request),
    )
    export_popover(chosen, run, comparison.latents, comparison.pictures, in_words(request), after=after)


def export_beside_prior(chosen: Selection, comparison: Comparison, request: Request, after: int) -> None:
    """The files of a way that begins at draws from a density: a prior sample, with each shown step as its branch."""
    assert comparison.prior is not None
    captions, prior = step_captions(request), request.prior
    run = RunSettings(
        request.model,
        request.digest,
        request.densities,
        prior.spec,
        prior.recorded,
        request.layout,
        {0: _("Straight from the prior")},
        tuple(Branch(request.spec.replaced(steps=step), captions[step]) for step in request.steps),
    )
    pngs = [comparison.prior.png, *(sheet.png for sheet in comparison.sheets.values())]
    titles = dict(enumerate([*run.captions.values(), *captions.values()]))

    def frames() -> list[Image.Image]:
        sheets = [squared(picture_in(png), request.spec.count, request.columns) for png in pngs]
        return frames_of(dict(enumerate(sheets)), titles)

    export_popover(
        chosen,
        run,
        {0: comparison.prior.latents},
        lambda: {0: picture_in(pngs[0])},
        in_words(request),
        frames=frames,
        branches=[
            Drawn(comparison.latents[step], partial(picture_in, comparison.sheets[step].png)) for step in request.steps
        ],
        beside=request.steps.index(after),
    )


def step_captions(request: Request) -> dict[int, str]:
    """Shown step -> what stands above its sheet."""
    return {step: step_title(step, request.draws_only) for step in request.steps}


def in_words(request: Request) -> dict[str, str]:
    """The settings as they stand on the page, for the speaker notes."""
    return {
        _("Starting point"): start_title(str(request.spec.start)),
        _("Steps to compare"): ", ".join(map(str, request.steps)),
        **way_in_words(request.spec),
    }
