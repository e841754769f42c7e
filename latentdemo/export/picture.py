"""The pictures of a run: a sheet of tiles a step, all sheets under their captions, and the frames of an animation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from PIL import Image
from torch import Tensor

from latentdemo.export.settings import MOST_CHANGED_FIRST, Layout
from latentdemo.imaging import comparison, contact_sheet, enlarged

WIDEST = 1440  # In pixels of a sheet: Streamlit scales wider pictures down.
GAP = 2  # Pixels between tiles.
LEAST = 480  # The longer side of a picture that stands by itself has so many pixels.

Sheets = Mapping[int, Image.Image]


def sheets_of(images: Mapping[int, Tensor], layout: Layout) -> dict[int, Image.Image]:
    """A contact sheet of each recorded step, all in the same order.

    Args:
        images: step -> (N, C, H, W) in [0, 1].
        layout: columns, order and size of the tiles.
    """
    places = order_of_tiles(images, layout.order)
    return {step: sheet_of(shown[places], layout) for step, shown in images.items()}


def sheet_of(images: Tensor, layout: Layout) -> Image.Image:
    """A contact sheet of images (N, C, H, W), as large as a layout has it."""
    side = images.shape[-1]
    scale = max(1, min(layout.tile // side, WIDEST // (layout.columns * (side + GAP))))
    return contact_sheet(images, layout.columns, scale, GAP)


def order_of_tiles(images: Mapping[int, Tensor], order: str) -> Tensor:
    """Index of the chain on each place of a sheet, (N,)."""
    first, last = images[min(images)], images[max(images)]
    if order != MOST_CHANGED_FIRST:
        return torch.arange(len(first), device=first.device)
    return (last - first).abs().flatten(1).mean(dim=1).argsort(descending=True, stable=True)


def squared(sheet: Image.Image, count: int, columns: int) -> Image.Image:
    """A sheet of several rows with its tiles in about as many rows as columns, in the same order; no row is left
    unfinished where half as many columns again as rows avoid that.

    Args:
        sheet: of tiles with gaps between them.
        count: of the tiles.
        columns: tiles a row.
    """
    if count <= columns:
        return sheet
    side = (sheet.width + GAP) // columns - GAP
    high = (sheet.height + GAP) // math.ceil(count / columns) - GAP
    least = math.ceil(math.sqrt(count))
    wanted = next((each for each in range(least, math.isqrt(3 * count // 2) + 1) if count % each == 0), least)
    rows = math.ceil(count / wanted)
    laid = Image.new(sheet.mode, (wanted * (side + GAP) - GAP, rows * (high + GAP) - GAP))
    for index in range(count):
        row, column = divmod(index, columns)
        left, top = column * (side + GAP), row * (high + GAP)
        tile = sheet.crop((left, top, left + side, top + high))
        row, column = divmod(index, wanted)
        laid.paste(tile, (column * (side + GAP), row * (high + GAP)))
    return laid


def picture_of(
    sheets: Sheets, captions: Mapping[int, str], layout: Layout, more: Sequence[tuple[str, Image.Image]] = ()
) -> Image.Image:
    """The captioned sheets in one picture, and after them `more` of them, each with its caption."""
    shown = [(caption, sheets[step]) for step, caption in captions.items()]
    return comparison([*shown, *more], layout.sheets_a_row)


def frames_of(sheets: Sheets, captions: Mapping[int, str]) -> list[Image.Image]:
    """Each captioned sheet as a picture of its own, large enough for a screen."""
    return [comparison([(caption, enlarged(sheets[step], LEAST))]) for step, caption in captions.items()]
