"""Paths, grids and walks between pictures, before and after chains: computed off the screen's thread, kept as bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from latentdemo.engine import Job, RecentResults, RunRequest, engine_for
from latentdemo.engine.run import Snapshot
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.metrics.path import PathFigures, measure_path, perceptual_space_of
from latentdemo.export.animation import RATE, mp4_bytes
from latentdemo.export.files import film_frames
from latentdemo.export.picture import sheet_of
from latentdemo.export.settings import Layout
from latentdemo.imaging import png_bytes
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun, ChainSpec
from latentdemo.sampling.densities.resolve import best_map
from latentdemo.sampling.interpolation import Frames
from latentdemo.sampling.paths import PathSpec, lay_grid, lay_path
from latentdemo.ui.interpolation.request import ADVISED, BASE, ENDS, OWN, PLAIN, ROWS, STEPS, Request, plain
from latentdemo.ui.runs.starting_point import start_latents
from latentdemo.ui.state.background import Task, call_of, result_or_wait

KEPT_BYTES = 64 * 2**20  # bytes of pictures that are kept for all sessions together


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
    """The grids of a request.

    Attributes:
        pngs: step of its chain -> contact sheet.
        latents: step -> (side * side, D).
        base: contact sheet and latents of the grid through the base space; None where the model has no map.
    """

    pngs: dict[int, bytes]
    latents: dict[int, Tensor]
    base: tuple[bytes, Tensor] | None = None

    @property
    def bytes(self) -> int:
        """What pictures and latents weigh."""
        base = len(self.base[0]) + self.base[1].nbytes if self.base else 0
        return sum(map(len, self.pngs.values())) + sum(each.nbytes for each in self.latents.values()) + base


@dataclass(frozen=True)
class Walk:
    """A walk through pictures and back to the first.

    Attributes:
        mp4: the film of it.
        images: of its frames, (F, C, H, W).
        latents: (F, D).
        path: how it was laid.
    """

    mp4: bytes
    images: Tensor
    latents: Tensor
    path: PathSpec

    @property
    def bytes(self) -> int:
        """What film, frames and latents weigh."""
        return len(self.mp4) + self.images.nbytes + self.latents.nbytes


@st.cache_resource
def recent_paths() -> RecentResults[Paths]:
    """The last paths of all sessions."""
    return RecentResults(KEPT_BYTES)


@st.cache_resource
def recent_grids() -> RecentResults[Grids]:
    """The last grids of all sessions."""
    return RecentResults(KEPT_BYTES)


@st.cache_resource
def recent_walks() -> RecentResults[Walk]:
    """The last walks of all sessions."""
    return RecentResults(KEPT_BYTES)


def paths_or_wait(request: Request, show: Callable[[Mapping[str, bytes] | None], None]) -> Paths | None:
    """The paths of a request; None where there are none yet, see `result_or_wait`.

    Args:
        request: what is asked for.
        show: draws the rows that have arrived so far, name -> frames side by side as PNG; None before the first.
    """
    return result_or_wait(
        Task(("paths", request), lambda job: make_paths(request, job), recent_paths(), lambda result: result.bytes),
        show,
    )


def grids_or_wait(request: Request) -> Grids | None:
    """The grids of a request; None where there are none yet, see `result_or_wait`."""
    return result_or_wait(
        Task(("grids", request), lambda job: make_grids(request, job), recent_grids(), lambda result: result.bytes)
    )


def walk_or_wait(request: Request) -> Walk | None:
    """The walk of a request; None where there is none yet, see `result_or_wait`."""
    return result_or_wait(
        Task(("walk", request), lambda job: make_walk(request, job), recent_walks(), lambda result: result.bytes)
    )


def make_paths(request: Request, job: Job[Any]) -> Paths:
    """Lay the paths, walk their chains, and compose the rows."""
    with engine_for().models.lease(request.model, request.digest) as model:
        space, pngs = perceptual_space_of(model), ArrivingRows(request.count, job)
        found, latents = frames_of_rows(request, model, space, job, pngs)

        def row(name: str, frames: Frames) -> PathRow:
            figures = engine_for().call(lambda: measure_path(frames, found[PLAIN], space))
            return PathRow(pngs.of(name, frames.images), figures, frames.latents)

        return Paths({name: row(name, found[name]) for name in (*ROWS, OWN) if name in found}, latents)


class ArrivingRows:
    """The frames of rows side by side as PNG, each shown to whoever watches a job as soon as it is there.

    Args:
        count: frames of a row.
        job: that makes them.
    """

    def __init__(self, count: int, job: Job[Any]) -> None:
        self.count = count
        self.job = job
        self.pngs: dict[str, bytes] = {}

    def of(self, name: str, images: Tensor) -> bytes:
        """The row of a name, with frames (F, C, H, W)."""
        if name not in self.pngs:
            self.pngs[name] = sheet(images, self.count)
            self.job.show(dict(self.pngs))
        return self.pngs[name]

    def of_steps(self, snapshots: Mapping[int, Snapshot]) -> None:
        """The rows of those steps of the plain chain to which all frames have come."""
        for step, snapshot in snapshots.items():
            if snapshot.arrived.all():
                self.of(str(step) if step else PLAIN, snapshot.images)


def frames_of_rows(
    request: Request, model: GenerativeAutoencoder, space: FeatureSpace, job: Job[Any], pngs: ArrivingRows
) -> tuple[dict[str, Frames], dict[int, Tensor]]:
    """The frames of each row, and the latents of the plain chain, step -> (F, D)."""
    keys, base = corner_latents(request, model), best_map(model)

    def laid(ends: Tensor, path: PathSpec) -> Tensor:
        return lay_path(model, ends, request.count, path, base=base, seen=space, call=call_of(job))

    others = {ADVISED: request.advised, OWN: request.own}
    ways = {name: way for name, way in others.items() if way is not None}
    total = max(STEPS) + sum(way.steps for way in ways.values())
    done = max(STEPS) / total
    start = laid(keys, request.plain_path)
    run = walk(request, start, plain(max(STEPS)), (0, *STEPS), job, (0.0, done), pngs.of_steps)
    found = {PLAIN: frames_at(run, 0)} | {str(step): frames_at(run, step) for step in STEPS}
    for name, way in ways.items():
        share = (done, done := done + way.steps / total)
        found[name] = frames_at(walk(request, start, way, [way.steps], job, share), way.steps)
        pngs.of(name, found[name].images)
    if base is not None:
        found[BASE] = decoded(request, laid(keys, request.base_path), job)
        pngs.of(BASE, found[BASE].images)
    found[ENDS] = decoded(request, laid(found[request.chain].latents[[0, -1]], request.plain_path), job)
    return found, run.latents


def make_grids(request: Request, job: Job[Any]) -> Grids:
    """Lay the grids, walk the chains of one, and compose their sheets."""
    with engine_for().models.lease(request.model, request.digest) as model:
        corners, base = corner_latents(request, model), best_map(model)

        def laid(path: PathSpec) -> Tensor:
            return lay_grid(model, corners, request.count, path, base=base, call=call_of(job))

        start, through = laid(request.plain_path), laid(request.base_path) if base is not None else None
    run = walk(request, start, request.way, (0, request.way.steps), job)
    pngs = {step: sheet(images, request.count) for step, images in run.images.items()}
    if through is None:
        return Grids(pngs, run.latents)
    return Grids(pngs, run.latents, (sheet(decoded(request, through, job).images, request.count), through))


def make_walk(request: Request, job: Job[Any]) -> Walk:
    """Lay a walk through the base space, or along arcs where the model has no map, and make the film of it."""
    with engine_for().models.lease(request.model, request.digest) as model:
        keys, base = corner_latents(request, model), best_map(model)
        path = request.plain_path if base is None else request.base_path
        laid = lay_path(
            model, keys, request.count, path, loop=True, base=base, seen=perceptual_space_of(model), call=call_of(job)
        )
    frames = decoded(request, laid, job)
    return Walk(mp4_bytes(film_frames(frames.images), 1.0 / RATE), frames.images, frames.latents, path)


def decoded(request: Request, latents: Tensor, job: Job[Any]) -> Frames:
    """The frames at latents (N, D)."""
    return frames_at(walk(request, latents, plain(0), [0], job, (job.progress, job.progress)), 0)


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
    arrived: Callable[[Mapping[int, Snapshot]], None] | None = None,
) -> ChainRun:
    """Chains from the latents (N, D), all with the same noise, so that neighbours stay neighbours; see `Job.walk`."""
    spec = request.spec(way).replaced(start=start)
    return job.walk(RunRequest(request.model, spec, record, digest=request.digest), share, arrived)


def frames_at(run: ChainRun, step: int) -> Frames:
    """All chains of a run at one step."""
    return Frames(run.latents[step], run.images[step])


def sheet(images: Tensor, columns: int) -> bytes:
    """Images (N, C, H, W) side by side as PNG."""
    return png_bytes(sheet_of(images, Layout(columns)))
