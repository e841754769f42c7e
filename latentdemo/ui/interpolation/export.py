"""Exports of an interpolation: its rows, their animation, the grids, and the run behind them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from PIL import Image

from latentdemo.export import Branch, Layout, RunSettings
from latentdemo.export.animation import RATE
from latentdemo.export.bundle import Drawn
from latentdemo.export.files import film_frames
from latentdemo.export.picture import GAP, sheet_of
from latentdemo.imaging import comparison
from latentdemo.sampling import ChainSpec
from latentdemo.ui.export.popover import export_popover
from latentdemo.ui.i18n.words import _
from latentdemo.ui.interpolation.paths import Grids, Paths, Walk
from latentdemo.ui.interpolation.request import ADVISED, BASE, ENDS, OWN, PLAIN, STEPS, Request, plain
from latentdemo.ui.interpolation.words import path_name, row_name
from latentdemo.ui.state.selection import Selection

ONE_WAY, FASTEST, SLOWEST = 2.4, 0.11, 0.4  # seconds: from A to B, and the least and most a frame
STAGE_TILE, STAGE_COLUMNS = 256, 3  # a tile of the animation in pixels; tiles beside each other


def export_paths(
    chosen: Selection, request: Request, paths: Paths, shown: Sequence[str], titles: Mapping[str, str]
) -> None:
    """Files of the rows; the run is that of the plain chain, with the other rows as its branches."""
    steps = {PLAIN: 0} | {str(step): step for step in STEPS}
    captions = {step: titles[row] for row, step in steps.items() if row in shown}
    settings = run_settings(request, plain(max(STEPS)), (0, *STEPS), Layout(request.count, 1), captions)
    branches = {row: branch_of(row, request, titles[row]) for row in (BASE, ADVISED, OWN, ENDS) if row in shown}
    drawn = [(paths.rows[row].latents, paths.rows[row].png) for row in branches]
    strips = {row_name(row): paths.rows[row].png for row in shown}
    sheets = {step: paths.rows[row].png for row, step in steps.items()}
    export_popover(
        chosen,
        replace(settings, branches=tuple(branches.values())),
        paths.latents,
        lambda: {step: opened(png) for step, png in sheets.items()},
        words(request, _("Chain for the ends")) | {_("Rows"): ", ".join(strips)},
        after=max(captions, default=0) or None,
        frames=lambda: stage_frames(strips, request.count),
        seconds=min(max(ONE_WAY / (request.count - 1), FASTEST), SLOWEST),
        branches=[Drawn(latents, partial(opened, png)) for latents, png in drawn],
        beside=[*branches].index(BASE) if BASE in branches else None,
    )


def branch_of(row: str, request: Request, caption: str) -> Branch:
    """A row that is no step of the plain chain: a path through the base space, another chain, or the path between
    corrected ends."""
    if row == BASE:
        return base_branch(request, request.count, caption)
    way = {ADVISED: request.advised, OWN: request.own}.get(row, request.way)
    assert way is not None
    return Branch(request.spec(way).replaced(count=request.count), caption, request.plain_path if row == ENDS else None)


def base_branch(request: Request, count: int, caption: str, grid: bool = False) -> Branch:
    """What leads through the base space: from the ends or corners as they are, so that its chain takes no step."""
    return Branch(request.spec(plain(0)).replaced(count=count), caption, request.base_path, grid)


def export_grids(chosen: Selection, request: Request, grids: Grids, titles: Sequence[str]) -> None:
    """Files of the grids: before and after their chain, and through the base space.

    Args:
        chosen, request: what was asked for.
        grids: what came of it.
        titles: of the grid before its chain, of that after it, and of that through the base space.
    """
    captions = dict(zip(grids.pngs, titles, strict=False))
    settings = run_settings(request, request.way, tuple(grids.pngs), Layout(request.count), captions)
    branches, drawn = [], []
    if grids.base:
        png, latents = grids.base
        branches.append(base_branch(request, len(latents), titles[-1], grid=True))
        drawn.append(Drawn(latents, partial(opened, png)))
    export_popover(
        chosen,
        replace(settings, branches=tuple(branches)),
        grids.latents,
        lambda: {step: opened(png) for step, png in grids.pngs.items()},
        words(request, _("Chain for the grid")),
        branches=drawn,
        beside=0 if drawn else None,
    )


def export_walk(chosen: Selection, request: Request, walk: Walk, title: str) -> None:
    """Files of a walk: its film, and all its frames, a row from each picture to the next."""
    layout = Layout(request.count - 1)
    settings = run_settings(request, plain(0), (0,), layout, {0: title})
    export_popover(
        chosen,
        replace(settings, spec=settings.spec.replaced(count=len(walk.latents))),
        {0: walk.latents},
        lambda: {0: sheet_of(walk.images, layout)},
        {_("Path"): path_name(walk.path.kind)},
        frames=lambda: film_frames(walk.images),
        seconds=1.0 / RATE,
        kinds=("mp4", "gif", "png"),  # the others set a before beside an after, of which a walk has but one
    )


def run_settings(
    request: Request, way: ChainSpec, steps: tuple[int, ...], layout: Layout, captions: Mapping[int, str]
) -> RunSettings:
    """What repeats the chains of a request."""
    return RunSettings(
        request.model,
        request.digest,
        request.densities,
        request.spec(way).replaced(count=layout.columns if layout.sheets_a_row else layout.columns**2),
        steps,
        layout,
        captions,
    )


def words(request: Request, chain: str) -> dict[str, str]:
    """The settings as the page names them, `chain` being the name of its control."""
    return {_("Path"): path_name(request.path), chain: row_name(request.chain)}


def stage_frames(strips: Mapping[str, bytes], count: int) -> list[Image.Image]:
    """The frames of the animation there and back: the same frame of every row under the row's name.

    Args:
        strips: name of a row -> its frames side by side.
        count: of these frames.
    """
    pictures = {name: opened(png) for name, png in strips.items()}
    there = [
        comparison([(name, tile(picture, index)) for name, picture in pictures.items()], STAGE_COLUMNS)
        for index in range(count)
    ]
    return there + there[-2:0:-1]


def tile(strip: Image.Image, index: int) -> Image.Image:
    """One frame of a strip, enlarged by a whole number."""
    side = strip.height
    left = index * (side + GAP)
    scale = max(1, STAGE_TILE // side)
    return strip.crop((left, 0, left + side, side)).resize((scale * side, scale * side), Image.Resampling.NEAREST)


def opened(png: bytes) -> Image.Image:
    """A picture from its file."""
    return Image.open(io.BytesIO(png)).convert("RGBA")
