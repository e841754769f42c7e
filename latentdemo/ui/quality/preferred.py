"""Pictures of what two judges prefer where they disagree, from the same seed, made when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.imaging import data_uri
from latentdemo.ui.i18n.figure_words import space_title
from latentdemo.ui.i18n.kernel_words import way_in_short, way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.quality.judges import disagreement
from latentdemo.ui.runs.comparison import Request, blank_sheet, comparison_or_wait
from latentdemo.ui.state.selection import Selection

SAMPLES, COLUMNS = 16, 4
WIDTH = 320  # pixels of a sheet on screen


def show_preferred(report: Report, chosen: Selection) -> None:
    """A sheet of what each of two judges prefers; nothing where they agree. Waits for a moment, so call it last."""
    found = disagreement(report)
    if found is None:
        return
    for column, space, row in zip(
        st.columns(2), (found.first, found.second), (found.firsts, found.seconds), strict=True
    ):
        with column.container(border=True, height="stretch"):
            title = space_title(space, report.spaces)
            st.markdown(_("“{judge}” prefers: **{way}**", judge=title, way=way_in_short(row)))
            request = request_for(row, chosen)
            side = chosen.config.network.image_size
            comparison = comparison_or_wait(request, partial(show_arriving, row, request, side))
            if comparison is None:
                return  # the other sheet is begun once this one is there: a session has one job at a time
            st.image(comparison.sheets[row.steps].png, alt=alternative(row), width=WIDTH)
    st.caption(_("{count} samples each, not picked, both from the seed {seed}.", count=SAMPLES, seed=chosen.seed))


def request_for(row: Row, chosen: Selection) -> Request:
    """Some samples of a way."""
    spec = row.spec.replaced(count=SAMPLES, seed=chosen.seed)
    return Request(chosen.model, chosen.config.sha256, spec, (row.steps,), COLUMNS, densities=chosen.densities)


def show_arriving(row: Row, request: Request, side: int, sheets: Mapping[int, bytes] | None) -> None:
    """The sheet as it will stand, with the pictures that have arrived."""
    arrived = (sheets or {}).get(row.steps)
    blank = blank_sheet(SAMPLES, side, request.layout)
    st.image(data_uri(arrived or blank), alt=alternative(row) if arrived else _("Not sampled yet"), width=WIDTH)


def alternative(row: Row) -> str:
    """What a sheet shows, for those who cannot see it."""
    return _("{count} samples, made by {way}", count=SAMPLES, way=way_phrase(row).rstrip(","))
