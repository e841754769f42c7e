"""Paths and grids between pictures, before and after chains: computed off the screen's thread, kept as PNG bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.engine import Job, RecentResults, RunRequest, engine_for
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.features.classifier import features_folder, read_feature_config
from latentdemo.evaluation.metrics.path import PathFigures, measure_path, perceptual_space
from latentdemo.evaluation.report import Report, Row
from latentdemo.export.picture import sheet_of
from latentdemo.export.settings import GIVEN, Layout
from latentdemo.imaging import png_bytes
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.densities.resolve import best_density
from latentdemo.sampling.interpolation import Frames, PathKind, interpolate, morph_grid
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.starting_point import StartingPoint, start_latents
from latentdemo.ui.state.background import Task, result_or_wait
from latentdemo.ui.state.selection import Selection

KEPT_BYTES = 64 * 2**20  # bytes of pictures that are kept for all sessions together
PLAIN, ADVISED, OWN, ENDS = "plain", "recommended", "own", "ends"
STEPS = (1, 5, 10)  # steps of the plain chain, as in Creswell et al. 2016
ROWS = (PLAIN, *map(str, STEPS), ADVISED, ENDS)
"""Rows of a path, by their names in the link: the path as it is, after steps of the plain chain, as the evaluation
recommends, and the path between ends that a chain has corrected."""
CHAINS = (*map(str, STEPS), ADVISED, OWN)
"""The rows that a chain makes; any of them can correct the ends, and the grid."""


@dataclass(frozen=True)
class Request:
    """What every picture of the page depends on; equal requests give equal pictures.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        features: digest of the feature space of its data set; empty where there is none to read.
        seed: fixes the noise of the chains.
        corners: starting points: both ends of a path, or the four corners of a grid.
        path: form of the path.
        count: frames of a path; tiles a side of a grid.
        advised: the recommended chain; None where there is none that could walk on from a given latent.
        own: a chain of the visitor's own choice; None where nobody wants one.
        chain: which of `CHAINS` corrects the ends, or the grid.
    """

    model: str
    digest: str
    densities: str
    features: str
    seed: int
    corners: tuple[StartingPoint, ...]
    path: PathKind
    count: int
    advised: ChainSpec | None
    chain: str
    own: ChainSpec | None = None

    @property
    def way(self) -> ChainSpec:
        """The chain that corrects the ends, or the grid."""
        way = {ADVISED: self.advised, OWN: self.own}[self.chain] if self.chain in (ADVISED, OWN) else plain(self.chain)
        assert way is not None
        return way

    def spec(self, way: ChainSpec) -> ChainSpec:
        """A chain of this page: all frames or tiles meet the same noise, so that neighbours stay neighbours."""
        return way.replaced(start=GIVEN, seed=self.seed, noise="shared")


@dataclass(frozen=True)
class PathRow:
    """A path on screen.

    Attributes:
        png: its frames side by side.
        figures: what the eye sees of it.
        latents: of its frames, (F, D).
    """

    png: bytes
    figures: PathFigures
    latents: Tensor


@dataclass(frozen=True)
class Paths:
    """The rows of a request.

    Attributes:
        rows: name -> path, in the order of `ROWS`.
        latents: step of the plain chain -> (F, D).
    """

    rows: dict[str, PathRow]
    latents: dict[int, Tensor]

    @property
    def bytes(self) -> int:
        """What pictures and latents weigh."""
        rows = sum(len(row.png) + row.latents.nbytes for row in self.rows.values())
        return rows + sum(each.nbytes for each in self.latents.values())


@dataclass(frozen=True)
class Grids:
    """The grids of a request, before and after its chain.

    Attributes:
        pngs: step -> contact sheet.
        latents: step -> (side * side, D).
        likelier: step -> share of real data that the mean tile is likelier than; empty without a fitted density.
    """

    pngs: dict[int, bytes]
    latents: dict[int, Tensor]
    likelier: dict[int, float]

    @property
    def bytes(self) -> int:
        """What pictures and latents weigh."""
        return sum(map(len, self.pngs.values())) + sum(each.nbytes for each in self.latents.values())


def advised_row(chosen: Selection, evaluation: Report | str) -> Row | str:
    """What the evaluation recommends, where a chain from the prior, which can as well start at the frames of a path;
    else in words why there is no such row.

    Args:
        chosen: the model.
        evaluation: of the model, or why there is none.
    """
    if isinstance(evaluation, str):
        return evaluation
    row = evaluation.recommended
    if row is None:
        return _("The evaluation of this model recommends no chain, so there is no recommended row.")
    if not row.kernel:
        return _("What the evaluation recommends is a draw from the {start}, without a chain; it cannot start at the "
                 "frames of a path, so there is no recommended row.", start=start_title(row.start))  # fmt: skip
    if row.start != "prior":
        return _("What the evaluation recommends starts at draws from the {start}; it cannot start at the frames of a "
                 "path, so there is no recommended row.", start=start_title(row.start))  # fmt: skip
    if evaluation.density_sha256 != chosen.densities:
        return _("The evaluation is of other fitted densities of this model, so there is no recommended row.")
    return row


def features_of(model: str) -> str:
    """Digest of the feature space of a model's data set; empty where there is none to read."""
    try:
        return read_feature_config(features_folder(model.split("/", maxsplit=1)[0], model_folder(model).parent)).sha256
    except LatentdemoError:
        return ""


def plain(steps: str | int) -> ChainSpec:
    """So many steps of the plain chain."""
    return ChainSpec(steps=int(steps))


@st.cache_resource
def recent_paths() -> RecentResults[Paths]:
    """The last paths of all sessions."""
    return RecentResults(KEPT_BYTES)


@st.cache_resource
def recent_grids() -> RecentResults[Grids]:
    """The last grids of all sessions."""
    return RecentResults(KEPT_BYTES)


def paths_or_wait(request: Request) -> Paths | None:
    """The paths of a request; None where there are none yet, see `result_or_wait`."""
    return result_or_wait(
        Task(("paths", request), lambda job: make_paths(request, job), recent_paths(), lambda result: result.bytes)
    )


def grids_or_wait(request: Request) -> Grids | None:
    """The grids of a request; None where there are none yet, see `result_or_wait`."""
    return result_or_wait(
        Task(("grids", request), lambda job: make_grids(request, job), recent_grids(), lambda result: result.bytes)
    )


def make_paths(request: Request, job: Job[Any]) -> Paths:
    """Walk the chains of a path, and compose its rows."""
    with engine_for().models.lease(request.model, request.digest) as model:
        found, latents = frames_of_rows(request, corner_latents(request, model), job)
        assert model.folder is not None
        space = perceptual_space(request.model.split("/")[0], model.device, model.folder.parent)
        density = best_density(model)

        def row(frames: Frames) -> PathRow:
            figures = engine_for().call(lambda: measure_path(frames, found[PLAIN], space, density))
            return PathRow(sheet(frames.images, request.count), figures, frames.latents)

        return Paths({name: row(frames) for name, frames in found.items()}, latents)


def frames_of_rows(request: Request, ends: Tensor, job: Job[Any]) -> tuple[dict[str, Frames], dict[int, Tensor]]:
    """The frames of each row, in the order of `ROWS`, and the latents of the plain chain, step -> (F, D)."""
    path = interpolate(ends[0], ends[1], request.count, request.path)
    others = {ADVISED: request.advised, OWN: request.own}
    ways = {name: way for name, way in others.items() if way is not None}
    total = max(STEPS) + sum(way.steps for way in ways.values())
    done = max(STEPS) / total
    run = walk(request, path, plain(max(STEPS)), (0, *STEPS), job, (0.0, done))
    found = {name: frames_at(run, step) for name, step in zip(ROWS, (0, *STEPS), strict=False)}
    for name, way in ways.items():
        share = (done, done := done + way.steps / total)
        found[name] = frames_at(walk(request, path, way, [way.steps], job, share), way.steps)
    corrected = found[request.chain].latents
    between = interpolate(corrected[0], corrected[-1], request.count, request.path)
    found[ENDS] = frames_at(walk(request, between, plain(0), [0], job, (1.0, 1.0)), 0)
    return found, run.latents


def make_grids(request: Request, job: Job[Any]) -> Grids:
    """Walk the chains of a grid, and compose its sheets."""
    with engine_for().models.lease(request.model, request.digest) as model:
        corners, density = corner_latents(request, model), best_density(model)
    start = morph_grid(corners, request.count, request.path)
    run = walk(request, start, request.way, (0, request.way.steps), job)
    return Grids(
        {step: sheet(images, request.count) for step, images in run.images.items()},
        run.latents,
        {step: density.share_below(latents).mean().item() for step, latents in run.latents.items()} if density else {},
    )


def corner_latents(request: Request, model: GenerativeAutoencoder) -> Tensor:
    """The latents of the ends or corners, a row each."""
    latents = engine_for().call(lambda: [start_latents(point, model, 1) for point in request.corners])
    return torch.cat(latents).float().cpu()


def walk(
    request: Request,
    start: Tensor,
    way: ChainSpec,
    record: Sequence[int],
    job: Job[Any],
    share: tuple[float, float] = (0.0, 1.0),
) -> ChainRun:
    """Chains from the latents (N, D), all with the same noise, so that neighbours stay neighbours; see `Job.walk`."""
    spec = request.spec(way).replaced(start=start)
    return job.walk(RunRequest(request.model, spec, record, digest=request.digest), share)


def frames_at(run: ChainRun, step: int) -> Frames:
    """All chains of a run at one step."""
    return Frames(run.latents[step], run.images[step])


def sheet(images: Tensor, columns: int) -> bytes:
    """Images (N, C, H, W) side by side as PNG."""
    return png_bytes(sheet_of(images, Layout(columns)))
