"""The button under a result that exports it: PNG, GIF, MP4, HTML, PowerPoint, PDF and a ZIP, made when someone asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import streamlit as st
from PIL import Image
from torch import Tensor

from latentdemo.engine import RecentResults
from latentdemo.evaluation.report import Report
from latentdemo.export import RunSettings
from latentdemo.export.bundle import Bundle, Drawn
from latentdemo.export.review import ReviewBundle
from latentdemo.ui.export.run_page import run_page
from latentdemo.ui.export.story import story_of
from latentdemo.ui.i18n.words import _, in_language, language
from latentdemo.ui.state.evaluated import evaluation_of
from latentdemo.ui.state.link import page_address
from latentdemo.ui.state.selection import Selection

KEPT_BYTES = 64 * 2**20  # bytes of files that are kept for all sessions together
MIME = {
    "png": "image/png",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "html": "text/html",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "zip": "application/zip",
}
OF_A_RUN = ("png", "gif", "mp4", "html", "pptx", "pdf", "zip")  # kinds of files, in the order of their buttons


class WebPage(NamedTuple):
    """A page that is taken away in place of the usual one.

    Attributes:
        label: what its button says.
        meaning: the tooltip of that.
        compose: makes it, on a thread that knows neither session nor language.
    """

    label: str
    meaning: str
    compose: Callable[[Bundle], bytes]


@st.cache_resource
def recent_files() -> RecentResults[bytes]:
    """The last files of all sessions."""
    return RecentResults(KEPT_BYTES)


def export_popover(
    chosen: Selection,
    settings: RunSettings,
    latents: Mapping[int, Tensor],
    sheets: Callable[[], Mapping[int, Image.Image]],
    words: Mapping[str, str],
    *,
    after: int | None = None,
    frames: Callable[[], Sequence[Image.Image]] | None = None,
    seconds: float = 1.0,
    branches: Sequence[Drawn] = (),
    beside: int | None = None,
    page: WebPage | None = None,
    kinds: Collection[str] = OF_A_RUN,
) -> None:
    """One quiet popover with a button for each kind of file. Draw it once a page, under the result.

    Files are composed when a button is pressed, on a thread that knows neither session nor language: what `sheets`,
    `frames` and `branches` need is worked out by the page before, and they must call neither `st` nor `_`. Files are
    kept by everything else that is passed here: what changes a picture must be seen in `settings`, `words` or
    `latents`.

    Args:
        chosen: the model; what its evaluation says goes into deck and PDF.
        settings: repeats the run, and says how its sheets make one picture (`layout`, `captions`).
        latents: recorded step -> (N, D) on the CPU, exactly the steps of `settings.recorded`.
        sheets: composes a sheet of each recorded step, all of one size, without captions:
            `lambda: latentdemo.export.sheets_of(run.images, settings.layout)`, or the same from PNG files.
        words: the settings as the page names them, for the speaker notes: name -> value, both in the page's language.
        after: the step that deck and PDF show beside step 0; None takes the last one.
        frames: composes the frames of the animation, all of one size; None takes the sheets, each under its caption.
        seconds: how long a frame of the animation stays.
        branches: what those of `settings.branches` came to.
        beside: which of them deck and PDF show beside step 0, in place of `after`; None for none.
        page: the web page; None makes one with a line to drag between step 0 and whatever else is shown, where there
            is such a thing.
        kinds: of files that are offered.

    Example:
        settings = RunSettings(
            chosen.model, chosen.config.sha256, chosen.densities, spec, steps,
            Layout(columns=spec.count, sheets_a_row=1), {step: _("Step {step}", step=step) for step in steps},
        )
        sheets = partial(sheets_of, run.images, settings.layout)
        export_popover(chosen, settings, run.latents, sheets, {_("Way to sample"): ...})
    """
    after = settings.recorded[-1] if after is None else after
    found, link, current = evaluation_of(chosen), page_address(), language()
    comparable = bool(branches) or any(settings.captions)  # by steps, of which 0 is what others are compared with
    page = page or (usual_page(found if isinstance(found, Report) else None) if comparable else None)

    def bundle() -> Bundle:
        with in_language(current):
            story = story_of(chosen, found, settings, words, after, link, beside)
        compose = page.compose if page else None
        return Bundle(story, settings, latents, sheets, after, frames, seconds, branches, beside, compose)

    stem = f"latentdemo-{settings.model.replace('/', '-')}-{way_name(settings, beside)}-seed{settings.spec.seed}"
    with st.popover(_("Take away"), icon=":material/download:", help=_("What is shown, as files to keep.")):
        for kind, says in file_kinds(page).items():
            if kind in kinds:
                file_button(kind, says, bundle, stem)


def file_button(kind: str, words: tuple[str, str], bundle: Callable[[], Bundle | ReviewBundle], stem: str) -> None:
    """The button for a kind of file.

    Args:
        kind: ending of the file.
        words: what the button says, and its tooltip.
        bundle: gives what the file is made of, on a thread that knows neither session nor language.
        stem: the name of the file without its ending.
    """
    label, meaning = words
    st.download_button(
        label, file_maker(kind, bundle), f"{stem}.{kind}", MIME[kind], key=f"take_away_{kind}", help=meaning,
        icon=":material/download:", on_click="ignore", width="stretch",
    )  # fmt: skip


def way_name(settings: RunSettings, beside: int | None) -> str:
    """The kernel, or what a draw is from, in the name of a file."""
    branch = None if beside is None else settings.branches[beside]
    if branch and branch.starts_apart(settings.spec) and not branch.spec.steps:
        return str(branch.spec.start)
    return str(settings.spec.kernel)


def usual_page(report: Report | None) -> WebPage:
    """The verdict, a line to drag between pictures, and the evidence."""
    return WebPage(
        _("Page (HTML)"),
        _("What is shown, with verdict and curves, in one file for any browser: it needs no server and no network."),
        lambda bundle: run_page(bundle, report),
    )


def file_kinds(page: WebPage | None = None) -> dict[str, tuple[str, str]]:
    """Ending of a file -> what its button says, and its tooltip."""
    return {
        "png": (_("Picture (PNG)"), _("The sheets as they are shown, with captions.")),
        "gif": (_("Animation (GIF)"), _("Step after step, for chats and documents.")),
        "mp4": (_("Film (MP4)"), _("Step after step, for slides and browsers.")),
        **({"html": (page.label, page.meaning)} if page else {}),
        "pptx": (_("Slides (PowerPoint)"), _("Five slides to edit, with notes for the speaker.")),
        "pdf": (_("Handout (PDF)"), _("The pictures and the verdict, to print or to send.")),
        "zip": (
            _("Everything (ZIP)"),
            _("All files, the latents, and a run.json that makes them again on the command line."),
        ),
    }


def file_maker(kind: str, bundle: Callable[[], Bundle | ReviewBundle]) -> Callable[[], bytes]:
    """A function that makes a file of a kind, or finds it among the recent ones; it runs on a thread of its own."""
    files = recent_files()

    def make() -> bytes:
        made = bundle()
        key = (kind, made.key)
        content = files.get(key)
        if content is None:
            content = made.file(kind)
            files.put(key, content, len(content))
        return content

    return make
