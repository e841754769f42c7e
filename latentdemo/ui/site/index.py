"""The page of the site that leads to all models: what each one's samples become, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from PIL import Image

from latentdemo.evaluation.report import Report
from latentdemo.ui.evaluation.verdict import verdict
from latentdemo.ui.export.page import Body, Screen, page_bytes
from latentdemo.ui.export.pieces import files_of, grouped, picture, text
from latentdemo.ui.i18n.words import LANGUAGES, _, in_language, language
from latentdemo.ui.overview.case import Case
from latentdemo.ui.overview.pictures import COLUMNS, COUNT, way_heading
from latentdemo.ui.overview.screens import prior_alt
from latentdemo.ui.state.evaluated import advised

INDEX = "index.html"


class Entry(NamedTuple):
    """A model of the site."""

    case: Case

    @property
    def file(self) -> str:
        """Its page, seen from the index."""
        return f"{self.case.chosen.model}.html"


def index_page(entries: Sequence[Entry]) -> bytes:
    """The page as an HTML file, in every language."""
    bodies = {}
    for each in LANGUAGES:
        with in_language(each):
            cards = grouped("cards wide", map(card, entries))
            about = _("Prior samples and chain samples of generative autoencoders, and what each model gains")
            bodies[each] = Body(_("Better samples from the model you already have"), about, [Screen("", cards)])
    return page_bytes(bodies)


def card(entry: Entry) -> str:
    """A model that one can press."""
    case, row = entry.case, advised(entry.case.report)
    before, after = files_of([top_row(case.prior), top_row(case.after)])
    title = case.chosen.title
    words = verdict(case.found) if isinstance(case.found, Report) else case.found
    parts = [
        text(title, "h2"),
        picture(_("Straight from the prior"), prior_alt(title), before),
        picture(way_heading(row), f"{title}: {way_heading(row)}", after),
        text(words, kind="small"),
    ]
    return f'<a class="card" href="{quote(entry.file)}#{language()}">{"".join(parts)}</a>'


def top_row(sheet: Image.Image) -> Image.Image:
    """The first row of a sheet."""
    return sheet.crop((0, 0, sheet.width, sheet.height * COLUMNS // COUNT))
