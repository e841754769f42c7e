"""What people take away from an interpolation: its rows, their animation, the grids, and the run behind them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from PIL import Image

from latentdemo.imaging import comparison
from latentdemo.takeaway import GIVEN, Layout, RunSettings
from latentdemo.takeaway.picture import GAP
from latentdemo.ui.comparison import DECODE_ENCODE
from latentdemo.ui.interpolation import PLAIN, STEPS, Grids, Paths, Request, Way
from latentdemo.ui.path_words import path_name, row_name
from latentdemo.ui.sidebar import Selection
from latentdemo.ui.takeaways import take_away
from latentdemo.ui.words import _

ONE_WAY, FASTEST, SLOWEST = 2.4, 0.11, 0.4  # seconds from A to B, and bounds of those a frame, as on screen
STAGE_TILE, STAGE_COLUMNS = 256, 3  # pixels of a tile of the animation, and tiles beside each other


def take_paths(
    chosen: Selection, request: Request, paths: Paths, shown: Sequence[str], titles: Mapping[str, str]
) -> None:
    """Files of the rows; the run is that of the plain chain, picture and animation have every row that is shown."""
    steps = {PLAIN: 0} | {str(step): step for step in STEPS}
    captions = {step: titles[row] for row, step in steps.items() if row in shown} or {0: titles[PLAIN]}
    settings = run_settings(request, Way(DECODE_ENCODE, max(STEPS)), (0, *STEPS), Layout(request.count, 1), captions)
    strips = {row_name(row): paths.rows[row].png for row in shown}
    stacked = [(titles[row], paths.rows[row].png) for row in shown]
    sheets = {step: paths.rows[row].png for row, step in steps.items()}
    take_away(
        chosen,
        settings,
        paths.latents,
        lambda: {step: opened(png) for step, png in sheets.items()},
        words(request, _("Chain for the ends")) | {_("Rows"): ", ".join(strips)},
        after=max(captions) or None,
        frames=lambda: stage_frames(strips, request.count),
        seconds=min(max(ONE_WAY / (request.count - 1), FASTEST), SLOWEST),
        picture=lambda: comparison([(title, opened(png)) for title, png in stacked], 1),
    )


def take_grids(chosen: Selection, request: Request, grids: Grids, titles: Sequence[str]) -> None:
    """Files of the grids before and after their chain."""
    captions = dict(zip(grids.pngs, titles, strict=True))
    settings = run_settings(request, request.way, tuple(grids.pngs), Layout(request.count), captions)
    take_away(
        chosen,
        settings,
        grids.latents,
        lambda: {step: opened(png) for step, png in grids.pngs.items()},
        words(request, _("Chain for the grid")),
    )


def run_settings(
    request: Request, way: Way, steps: tuple[int, ...], layout: Layout, captions: Mapping[int, str]
) -> RunSettings:
    """What repeats the chains of a request."""
    return RunSettings(
        request.model,
        request.digest,
        request.densities,
        way.kernel,
        GIVEN,
        layout.columns if layout.sheets_a_row else layout.columns**2,
        steps,
        request.seed,
        layout,
        captions,
        dict(way.options),
        way.stop_at,
        noise="shared",
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
