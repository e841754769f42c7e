"""Exports of the overview's pair: straight from the prior, and as advised."""

from __future__ import annotations

import io
from functools import partial

from PIL import Image

from latentdemo.evaluation.report import Row
from latentdemo.export import Branch, RunSettings
from latentdemo.export.bundle import Drawn
from latentdemo.sampling.starts import PRIOR
from latentdemo.ui.controls.kernel import way_in_words
from latentdemo.ui.export.popover import export_popover
from latentdemo.ui.i18n.kernel_words import capital, way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.pictures import prior_request, way_heading, way_request
from latentdemo.ui.runs.comparison import comparison_or_wait
from latentdemo.ui.state.selection import Selection


def export_pair(chosen: Selection, row: Row) -> None:
    """Files of both pictures, once they are there: of one run where the way starts at the prior, else of a prior sample
    with the way as its branch."""
    wanted = way_request(chosen, row)
    request = wanted if row.start == PRIOR else prior_request(chosen)
    run, made = comparison_or_wait(request), comparison_or_wait(wanted)
    if run is None or made is None:
        return
    captions = {0: _("Straight from the prior")}
    branches, drawn = [], []
    if request is wanted:
        captions[row.steps] = way_heading(row)
    else:
        branches.append(Branch(wanted.spec, way_heading(row)))
        drawn.append(Drawn(made.latents[row.steps], partial(opened, made.sheets[row.steps].png)))
    export_popover(
        chosen,
        RunSettings(
            chosen.model,
            chosen.config.sha256,
            chosen.densities,
            request.spec,
            request.recorded,
            request.layout,
            captions,
            tuple(branches),
        ),
        run.latents,
        run.pictures,
        {_("Way to sample"): capital(way_phrase(row))} | (way_in_words(wanted.spec) if row.kernel else {}),
        branches=drawn,
        beside=0 if drawn else None,
    )


def opened(png: bytes) -> Image.Image:
    """A picture from its file."""
    return Image.open(io.BytesIO(png))
