"""Chain samples of the same starting points step by step: computed off the screen's thread, kept as PNG bytes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
import torch
from PIL import Image
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import held_out_images, held_out_written
from latentdemo.engine import Job, RecentResults, RunRequest
from latentdemo.engine.run import Snapshot
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.metrics.pictures import sharpness
from latentdemo.export.picture import order_of_tiles, sheet_of
from latentdemo.export.settings import DRAWN, Layout
from latentdemo.imaging import picture_in, png_bytes
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.ui.state import background

KEPT_BYTES = 64 * 2**20  # bytes of pictures that are kept for all sessions together
SHARPNESS_OF = 1000  # held-out images whose sharpness is measured
COMPOSED_EVERY = 0.3  # seconds between sheets while chains walk, whose threads wait for each that is taken from them
PREVIEWED_EVERY = 1.0  # seconds between two looks at the pictures that have arrived
GREY_LEVELS = 255  # the whitest of so many grey levels above black
FAINT = (127, 127, 127, 24)  # RGBA of a place without a picture, on light and dark
BEFORE = -1  # stands for the prior sample among the numbers of steps


@dataclass(frozen=True)
class Request:
    """What to compare; equal requests give equal pictures.

    Attributes:
        model: name of the model.
        digest: of its weights.
        spec: of the chains; they take as many steps as the last one to show.
        steps: steps to show, ascending.
        columns: tiles a row.
        order: "drawn", or "changed" for the samples first that changed most until the last step shown.
        densities: digest of the model's fitted densities.
        held_out: whether to measure the sharpness of held-out images, too, for want of an evaluation that has it.
        beside_prior: whether a prior sample is to stand beside it, as it begins elsewhere.
    """

    model: str
    digest: str
    spec: ChainSpec
    steps: tuple[int, ...]
    columns: int
    order: str = DRAWN
    densities: str = ""
    held_out: bool = False
    beside_prior: bool = False

    @property
    def draws_only(self) -> bool:
        """Whether draws from a density are shown, and no chain that follows them."""
        return self.beside_prior and max(self.steps) == 0

    @property
    def prior(self) -> Request:
        """The prior sample that may stand beside it: as many of the same seed."""
        spec = ChainSpec(count=self.spec.count, steps=0, seed=self.spec.seed)
        return Request(self.model, self.digest, spec, (0,), self.columns)

    @property
    def recorded(self) -> tuple[int, ...]:
        """Step 0, which changes are measured from, and those to show."""
        return tuple(sorted({0, *self.steps}))

    @property
    def layout(self) -> Layout:
        """How the sheets are laid out."""
        return Layout(self.columns, order=self.order)


@dataclass(frozen=True)
class Sheet:
    """The chains at one step.

    Attributes:
        png: contact sheet.
        change: mean absolute change of the images since step 0, in per cent of the grey range.
        change_error: its standard error over the images.
        sharpness: mean over the images, see `latentdemo.evaluation.metrics.pictures.sharpness`.
        milliseconds: of the device up to this step, an image.
        accepted: share of moves that were accepted up to this step, in per cent; None for kernels that never reject.
        steps_taken: on average; None where every chain takes every step.
    """

    png: bytes
    change: float
    change_error: float
    sharpness: float
    milliseconds: float
    accepted: float | None = None
    steps_taken: float | None = None


@dataclass(frozen=True)
class PriorSheet:
    """A prior sample beside what begins elsewhere.

    Attributes:
        png: contact sheet, in the order of the others.
        sharpness: mean over the images, as of a `Sheet`.
        latents: (N, D), in the order in which they were drawn.
    """

    png: bytes
    sharpness: float
    latents: Tensor


@dataclass(frozen=True)
class Comparison:
    """What a page shows.

    Attributes:
        sheets: shown step -> the chains at that step.
        seconds: of the device for the whole run.
        latents: step 0 and each shown step -> (N, D), in the order in which the chains were drawn.
        start: the images at step 0 in the order of the sheets, (N, C, H, W), in grey levels.
        layout: of the sheets.
        real: mean sharpness of held-out images of the model's data; None where there are none, or nobody asked.
        prior: the prior sample beside them; None where nobody asked.
    """

    sheets: dict[int, Sheet]
    seconds: float
    latents: dict[int, Tensor]
    start: Tensor
    layout: Layout
    real: float | None
    prior: PriorSheet | None = None

    def pictures(self) -> dict[int, Image.Image]:
        """The sheets of step 0 and of each shown step as pictures."""
        shown = {step: picture_in(sheet.png) for step, sheet in self.sheets.items()}
        return {0: sheet_of(self.start / GREY_LEVELS, self.layout)} | shown

    @property
    def bytes(self) -> int:
        """What pictures and latents weigh."""
        pictures = sum(len(sheet.png) for sheet in self.sheets.values())
        pictures += len(self.prior.png) + self.prior.latents.nbytes if self.prior else 0
        return pictures + self.start.nbytes + sum(latents.nbytes for latents in self.latents.values())


@st.cache_resource
def recent_results() -> RecentResults[Comparison]:
    """The last comparisons of all sessions."""
    return RecentResults(KEPT_BYTES)


def comparison_or_wait(
    request: Request, show: Callable[[Mapping[int, bytes] | None], None] | None = None
) -> Comparison | None:
    """The comparison of a request; None where there is none yet, see `result_or_wait`.

    Args:
        request: what to compare.
        show: draws the sheets of the steps that have arrived so far, step -> PNG; None before the first.
    """
    return background.result_or_wait(task_of(request), show)


def begin_comparison(request: Request) -> None:
    """Begin what `comparison_or_wait` will be asked for."""
    background.begin(task_of(request))


def task_of(request: Request) -> background.Task[Comparison]:
    """The work of a request."""
    return background.Task(request, lambda job: compare(request, job), recent_results(), lambda result: result.bytes)


def compare(request: Request, job: Job[Any]) -> Comparison:
    """Run the chains of a request and compose the pictures."""
    prior = walk_prior(request, job) if request.beside_prior else None
    wanted = RunRequest(request.model, request.spec, request.recorded, digest=request.digest)
    previews = Previews(request, job)
    run = job.walk(wanted, arrived=previews)
    places = order_of_tiles(run.images, request.order)

    def composed(step: int) -> Sheet:
        png = previews.whole.get(step) or png_bytes(sheet_of(run.images[step][places], request.layout))
        return sheet(run, step, png)

    with ThreadPoolExecutor() as pool:  # composing pictures seldom holds Python's lock
        sheets = dict(zip(request.steps, pool.map(composed, request.steps), strict=True))
    start = run.images[0][places].mul(GREY_LEVELS).round().byte()
    real = held_out_sharpness(request.model) if request.held_out else None
    return Comparison(
        sheets,
        run.seconds[max(request.steps)],
        run.latents,
        start,
        request.layout,
        real,
        None if prior is None else prior_sheet(prior, places, request.layout),
    )


def walk_prior(request: Request, job: Job[Any]) -> ChainRun:
    """The prior sample beside a comparison; those who wait see it first."""
    wanted = request.prior
    run = job.walk(RunRequest(wanted.model, wanted.spec, wanted.recorded, digest=wanted.digest), (0.0, 0.0))
    if request.order == DRAWN:
        job.show({BEFORE: png_bytes(sheet_of(run.images[0], request.layout))})
    return run


def prior_sheet(run: ChainRun, places: Tensor, layout: Layout) -> PriorSheet:
    """A prior sample as the page shows it, its tiles in the order of the other sheets."""
    images = run.images[0][places]
    return PriorSheet(png_bytes(sheet_of(images, layout)), sharpness(images).mean().item(), run.latents[0])


class Previews:
    """Sheets of what has arrived of a run, composed while it goes on, for whoever watches its job: those that are whole
    at once and for good, and now and then those that lack some chains.

    There are none of chains in the order of their change, which only the last step tells.

    Attributes:
        whole: step -> sheet of all chains as PNG.
    """

    def __init__(self, request: Request, job: Job[Any]) -> None:
        self.request = request
        self.job = job
        self.whole: dict[int, bytes] = {}
        self.composed = -math.inf  # when one that is whole was composed last
        self.made = time.monotonic()  # and those that lack chains
        self.arrived: dict[int, int] = {}

    def __call__(self, snapshots: Mapping[int, Snapshot]) -> None:
        """Compose those sheets to which something was added."""
        if self.request.order != DRAWN or time.monotonic() < self.composed + COMPOSED_EVERY:
            return
        unfinished = [step for step in self.request.steps if step in snapshots and step not in self.whole]
        for step in unfinished:
            if snapshots[step].arrived.all():
                self.whole[step] = png_bytes(sheet_of(snapshots[step].images, self.request.layout))
                self.show({step: self.whole[step]})
                self.composed = time.monotonic()
        if time.monotonic() > self.made + PREVIEWED_EVERY:
            self.show({step: png for step in unfinished if (png := self.preview(step, snapshots[step]))})
            self.made = time.monotonic()

    def preview(self, step: int, snapshot: Snapshot) -> bytes | None:
        """A sheet that lacks some chains; None where no chain was added to it since it was last composed."""
        arrived = snapshot.arrived.clone()
        if step in self.whole or self.arrived.get(step) == int(arrived.sum()):
            return None
        self.arrived[step] = int(arrived.sum())
        return preview(snapshot.images, arrived, self.request.layout)

    def show(self, sheets: dict[int, bytes]) -> None:
        """Add to what the job shows."""
        if sheets:
            self.job.show((self.job.shown or {}) | sheets)


def preview(images: Tensor, arrived: Tensor, layout: Layout) -> bytes:
    """A sheet of images (N, C, H, W) as PNG, with faint tiles where (N,) booleans say that they have not arrived."""
    mask = arrived[:, None, None, None].expand(-1, 1, *images.shape[2:])
    sheet = sheet_of(images, layout)
    shown = Image.new("RGBA", sheet.size, FAINT)
    shown.paste(sheet, mask=sheet_of(mask.float(), layout).convert("L"))
    return png_bytes(shown)


@st.cache_data(max_entries=16, show_spinner=False)
def blank_sheet(count: int, side: int, layout: Layout) -> bytes:
    """A sheet of which nothing has arrived yet, as PNG; tiles of `side` pixels."""
    return preview(torch.zeros(count, 1, side, side), torch.zeros(count, dtype=torch.bool), layout)


def sheet(run: ChainRun, step: int, png: bytes) -> Sheet:
    """The figures of a step, beside its picture."""
    change, error = mean_and_error(change_since_start(run, step))
    return Sheet(
        png,
        change,
        error,
        sharpness(run.images[step]).mean().item(),
        1000 * run.seconds[step] / run.count,
        accepted_share(run, step),
        run.steps_taken(step) if "walking" in run.info else None,
    )


def change_since_start(run: ChainRun, step: int) -> Tensor:
    """Mean absolute change of each image since step 0, (N,), in per cent of the grey range."""
    return (run.images[step] - run.images[0]).abs().flatten(1).mean(dim=1) * 100


def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Mean of (N,) values and its standard error, 0 for a single one."""
    spread = values.std().item() if len(values) > 1 else 0.0
    return values.mean().item(), spread / math.sqrt(len(values))


def accepted_share(run: ChainRun, step: int) -> float | None:
    """Accepted moves among those that walking chains proposed up to a step, in per cent; None where there are none."""
    share = run.acceptance(step)
    return None if share is None else 100 * share


def held_out_sharpness(model: str) -> float | None:
    """Mean sharpness of the first held-out images of the data of a model; None where there are none."""
    folder = model_folder(model).parent
    return sharpness_of_held_out(folder, held_out_written(folder))


@lru_cache(maxsize=16)
def sharpness_of_held_out(folder: Path, written: int) -> float | None:
    """As `held_out_sharpness`, of images that were written at that time."""
    try:
        return sharpness(held_out_images(folder).tensor(slice(SHARPNESS_OF))).mean().item()
    except LatentdemoError:
        return None
