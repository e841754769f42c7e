"""Exports of the overview's pair: straight from the prior, and as advised."""

from __future__ import annotations

from functools import partial

from latentdemo.evaluation.report import Row
from latentdemo.export import Branch, RunSettings
from latentdemo.export.bundle import Bundle, Drawn
from latentdemo.imaging import picture_in
from latentdemo.sampling.starts import PRIOR
from latentdemo.ui.controls.kernel import way_in_words
from latentdemo.ui.export.popover import WebPage, export_popover
from latentdemo.ui.export.run_page import foot, way_back
from latentdemo.ui.export.story import facts
from latentdemo.ui.i18n.kernel_words import capital, way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.overview.case import Case, case_page
from latentdemo.ui.overview.pictures import prior_request, real_sheet, way_heading, way_request
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
        drawn.append(Drawn(made.latents[row.steps], partial(picture_in, made.sheets[row.steps].png)))
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
        page=whole_case(chosen, real_sheet(chosen)),
    )


def whole_case(chosen: Selection, real: bytes | None) -> WebPage:
    """All four screens of the overview, in both languages."""

    def compose(bundle: Bundle) -> bytes:
        others, at = bundle.compared()
        case = Case(chosen, picture_in(real) if real else None, bundle.sheets()[0], others[at][1])
        return case_page(case, lambda: foot(facts(chosen, bundle.settings).items(), way_back(bundle.story.link)))

    return WebPage(
        _("The whole case (HTML)"),
        _("All four screens in English and Japanese, in one file for any browser: arrow keys lead on, F fills the "
          "screen, and it needs no server and no network."),
        compose,
    )  # fmt: skip
