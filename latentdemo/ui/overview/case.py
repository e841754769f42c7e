"""The whole case as a page that is taken away: the four screens of the overview, in every language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from latentdemo.evaluation.report import Report, Row
from latentdemo.sampling.starts import keeps_places
from latentdemo.ui.components.wipe import Side
from latentdemo.ui.evaluation.cards import cards
from latentdemo.ui.evaluation.in_short import gained
from latentdemo.ui.evaluation.roles import density_and_chain
from latentdemo.ui.evaluation.verdict import best_chain, mismatch, verdict
from latentdemo.ui.export.drawing import drawing
from latentdemo.ui.export.page import Body, Screen, page_bytes
from latentdemo.ui.export.pieces import figures, files_of, grouped, picture, text, wiped
from latentdemo.ui.export.run_page import curves
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.kernel_words import capital, way_phrase
from latentdemo.ui.i18n.words import LANGUAGES, _, in_language
from latentdemo.ui.overview.evidence import shift_told, striking_shift
from latentdemo.ui.overview.pictures import places_in_words, way_heading
from latentdemo.ui.overview.screens import prior_alt, real_alt, screen_titles, what_the_prior_is
from latentdemo.ui.state.evaluated import advised, evaluation_of
from latentdemo.ui.state.selection import Selection

AROUND = "17rem"  # of the window's height is for what is around the pictures


@dataclass(frozen=True)
class Case:
    """What the case is made of.

    Attributes:
        chosen: the model.
        real: a sheet of held-out images; None where there are none.
        prior: a sheet of prior samples.
        after: a sheet of what the advised way to sample gives.
    """

    chosen: Selection
    real: Image.Image | None
    prior: Image.Image
    after: Image.Image

    @cached_property
    def files(self) -> list[bytes]:
        """Prior, after and, where there are any, real images as files."""
        return files_of([each for each in (self.prior, self.after, self.real) if each])

    @property
    def found(self) -> Report | str:
        """The evaluation, or why there is none."""
        return evaluation_of(self.chosen)

    @property
    def report(self) -> Report | None:
        """The evaluation; None where there is none."""
        return self.found if isinstance(self.found, Report) else None

    def before_and_after(self, row: Row) -> list[Side]:
        """Prior samples, and what a way made."""
        titles = _("Straight from the prior"), way_heading(row)
        alts = prior_alt(self.chosen.title), f"{self.chosen.title}: {way_phrase(row)}"
        return [Side(*each) for each in zip(titles, alts, self.files[:2], strict=True)]


def case_page(case: Case, foot: Callable[[], str], more: Callable[[], Sequence[Screen]] = tuple) -> bytes:
    """The page as an HTML file, in every language.

    Args:
        case: what it is made of.
        foot: makes what stands under all screens, in the language of the thread.
        more: makes screens that follow.
    """
    bodies = {}
    for language in LANGUAGES:
        with in_language(language):
            bodies[language] = Body(
                _("Better samples from the model you already have"),
                case.chosen.title,
                [*case_screens(case), *more()],
                foot(),
            )
    return page_bytes(bodies)


def case_screens(case: Case) -> list[Screen]:
    """The four screens, in the language of the thread."""
    made = problem(case), method(case), evidence(case.found), decision(case.found)
    return [Screen(*each) for each in zip(screen_titles().values(), made, strict=True)]


def problem(case: Case) -> str:
    """Real data beside prior samples."""
    prior = picture(_("Straight from the prior"), prior_alt(case.chosen.title), case.files[0])
    words = [what_the_prior_is()]
    if case.report and case.report.latent_space:
        words.append(_("Measured for this model: {sentence}", sentence=mismatch(case.report.latent_space)))
    if case.real is None:
        return grouped("stack", [prior, *map(text, words)])
    real = picture(_("Real data"), real_alt(case.chosen.title), case.files[2])
    return grouped("stack", [grouped("columns", [real, prior]), *map(text, words)])


def method(case: Case) -> str:
    """The same random points before and after, and what was done to them."""
    row = advised(case.report)
    before, after = case.before_and_after(row)
    if keeps_places(row.start):
        pictures = wiped(before, [after], 0, AROUND)
    else:
        pictures = grouped("columns", (picture(each.title, each.alt, each.file) for each in (before, after)))
    words = [text(capital(way_phrase(row)).rstrip(","), "h2"), *map(text, remedy(case.report))]
    shown = grouped("stack", [pictures, text(places_in_words(row), kind="small")])
    return grouped("columns leading", [shown, grouped("stack", words)])


def remedy(report: Report | None) -> list[str]:
    """What is done, and which part of it a density does and which a chain; or that the model is best left alone."""
    same = _("The model stays as it is: only the points that are decoded change.")
    if report is None:
        return [same]
    return [same, *(density_and_chain(report) if report.recommended else [verdict(report)])]


def evidence(found: Report | str) -> str:
    """Two curves under one sentence and, where a mix was measured, what changes in it."""
    if isinstance(found, str):
        return text(found)
    heading, shift = text(gained(found), "h2"), striking_shift(found)
    if shift is None:
        return heading + curves(found)
    said, chart, words = shift_told(found, shift)
    mix = grouped("stack", [text(_("What changes in the mix"), "h3"), text(said), drawing(chart, words)])
    return heading + grouped("columns leading", [curves(found), mix])


def decision(found: Report | str) -> str:
    """The verdict and its four figures."""
    if isinstance(found, str):
        return text(found)
    chain = best_chain(found)
    measured = _("Measured {date} on {device}.", date=found.created, device=device_words(found.device))
    return grouped(
        "stack",
        [
            text(verdict(found), "h2"),
            *([text(chain)] if chain else []),
            figures(cards(found)),
            text(measured, kind="small"),
        ],
    )
