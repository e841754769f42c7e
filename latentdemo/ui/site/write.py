"""Writes the site: a page a model with the whole case and a chain that plays, and one that leads to all of them.

Links are relative and nothing is fetched, so that it works from a folder, a stick, and below any address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from PIL import Image

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.engine import Job, RecentResults
from latentdemo.errors import DataError
from latentdemo.evaluation.report import Report, Row
from latentdemo.files import write_atomically
from latentdemo.imaging import picture_in
from latentdemo.sampling import ChainSpec
from latentdemo.ui.chain.export import frames
from latentdemo.ui.chain.playback import scene
from latentdemo.ui.chain.walks import Walk, WalkRequest, walk
from latentdemo.ui.export.page import Screen
from latentdemo.ui.export.pieces import grouped, link, played, text
from latentdemo.ui.export.run_page import foot
from latentdemo.ui.i18n.kernel_words import capital, kernel_help, kernel_title
from latentdemo.ui.i18n.words import _, in_language, language
from latentdemo.ui.overview.case import Case, case_page
from latentdemo.ui.overview.pictures import prior_request, sheet_of_held_out, way_request
from latentdemo.ui.runs.comparison import Request, compare
from latentdemo.ui.runs.encodings import KEPT_BYTES
from latentdemo.ui.runs.starting_point import StartingPoint
from latentdemo.ui.site.index import INDEX, Entry, index_page
from latentdemo.ui.state.evaluated import advised, report_of
from latentdemo.ui.state.selection import DEFAULT_SEED, Selection

CHAINS, STEPS = 4, 10  # that play
LOOKED_EVERY = 0.2  # seconds between two looks at how far the work is

Result = TypeVar("Result")
Told = Callable[[str, int, int], None]


def write_site(folder: Path, models: Sequence[str], told: Told) -> None:
    """Write the pages of models into a folder, that which leads to them last.

    Args:
        folder: is made where it is not there; files of other names stay.
        models: their names.
        told: takes the name of a model, how much of its work is done, and how much there is.

    Raises:
        LatentdemoError: a model cannot be read or sampled, or the folder cannot be written.
    """
    put(folder)
    entries = []
    for name in models:
        with in_language("en"):
            chosen = Selection(name, read_config(model_folder(name)), DEFAULT_SEED)
            entry, page = model_page(chosen, told)
        put(folder / Path(entry.file).parent, {Path(entry.file).name: page})
        entries.append(entry)
    put(folder, {INDEX: index_page(entries)})


def put(folder: Path, pages: Mapping[str, bytes] = MappingProxyType({})) -> None:
    """Write pages, name -> content, into a folder that is made where it is not there.

    Raises:
        DataError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in pages.items():
            write_atomically(folder / name, page)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error.strerror}); choose another folder") from error


def model_page(chosen: Selection, told: Told) -> tuple[Entry, bytes]:
    """The page of a model, and what the index says of it."""
    report = report_of(chosen)
    row = advised(report)

    def made(request: Request, step: int, share: tuple[int, int]) -> Image.Image:
        comparison = done(lambda job: compare(request, job), lambda part: told(chosen.model, part, 100), share)
        return picture_in(comparison.sheets[step].png)

    prior = made(prior_request(chosen), 0, (0, 20))
    after = made(way_request(chosen, row), row.steps, (20, 50))
    wanted = chain_request(chosen, report)
    walked = done(
        lambda job: walk(wanted, RecentResults(KEPT_BYTES), job), lambda part: told(chosen.model, part, 100), (50, 95)
    )
    real = sheet_of_held_out(model_folder(chosen.model).parent, chosen.seed)
    case = Case(chosen, picture_in(real) if real else None, prior, after)
    page = case_page(case, lambda: around(chosen), lambda: [chain_screen(chosen, wanted, walked)])
    told(chosen.model, 100, 100)
    return Entry(case), page


def chain_request(chosen: Selection, report: Report | None) -> WalkRequest:
    """The advised way where it is a chain, else the best one: chains of a few steps that one can watch."""
    row: Row | None = advised(report)
    if row is None or not row.kernel:
        row = report.best_chain if report else None
    spec = row.spec if row else ChainSpec()
    spec = spec.replaced(count=CHAINS, steps=STEPS, seed=chosen.seed)
    start = StartingPoint(str(spec.start), chosen.seed)
    return WalkRequest(chosen.model, chosen.config.sha256, chosen.densities, start, spec)


def chain_screen(chosen: Selection, request: WalkRequest, walked: Walk) -> Screen:
    """The player, in the language of the thread."""
    kernel = str(request.spec.kernel)
    words = [text(capital(kernel_title(kernel)), "h2"), text(kernel_help(kernel), kind="small")]
    shown = played(scene(walked, request, chosen.title), frames(walked))
    return Screen(_("Step by step"), grouped("stack", [shown, *words]))


def around(chosen: Selection) -> str:
    """What fixes the pictures, and a link to the index, in the language of the thread."""
    settings = {_("Model"): f"{chosen.model} ({chosen.config.sha256[:12]})", _("Seed"): str(chosen.seed)}
    return foot(settings.items(), link(_("All models"), f"../{INDEX}#{language()}"))


def done(work: Callable[[Job[Any]], Result], told: Callable[[int], None], share: tuple[int, int]) -> Result:
    """What some work of pages gives; whoever interrupts this process cancels it.

    Args:
        work: takes its job.
        told: takes how much is done, in per cent.
        share: where that begins and ends.
    """
    job: Job[Result] = Job(work, work)
    try:
        while not job.wait(LOOKED_EVERY):
            told(round(share[0] + (share[1] - share[0]) * job.progress))
    except BaseException:
        job.cancel()
        raise
    if job.error:
        raise job.error
    assert job.result is not None
    return job.result
