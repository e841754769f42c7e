"""What the map shows at once in the browser: decoded pictures on a grid of the plane, and the real pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from latentdemo.data.held_out import held_out_images, held_out_written
from latentdemo.engine import Job, RecentResults, engine_for
from latentdemo.imaging import contact_sheet
from latentdemo.sampling.pieces import in_batches
from latentdemo.ui.runs.encodings import Encoded
from latentdemo.ui.runs.map_point import latents_at
from latentdemo.ui.state.background import Task, call_of, result_or_wait

GRID = 13  # places a side that are decoded; mixed between them, pictures are 0.4 % of the grey range off the true ones
COLUMNS = 32  # real pictures a row of their sheet
LARGEST_TILE = 64  # pixels a side
PIECE = 64  # pictures that are decoded between those of others
KEPT_BYTES = 32 * 2**20  # bytes of sheets that are kept for all sessions together
QUALITY, EFFORT = 80, 2  # of WebP; a first look, until the picture itself is there


@dataclass(frozen=True)
class Plane:
    """A plane that the map shows; equal ones give equal sheets.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        rest: what the plane goes through, see `MapPoint`.
    """

    model: str
    digest: str
    rest: int


@st.cache_resource
def recent_sheets() -> RecentResults[bytes]:
    """Sheets of the planes looked at last."""
    return RecentResults(KEPT_BYTES)


def sheet_or_wait(plane: Plane, encoded: Encoded) -> bytes | None:
    """Decoded pictures on a grid of a plane, a row of it a row of the sheet; None where there is nothing yet."""
    return result_or_wait(Task(plane, lambda job: decode_grid(plane, encoded, job), recent_sheets(), len))


def decode_grid(plane: Plane, encoded: Encoded, job: Job[Any]) -> bytes:
    """The sheet of a plane, as WebP."""
    latents = latents_at(grid_places(), plane.rest, encoded)
    with engine_for().models.lease(plane.model, plane.digest) as model:
        pictures = in_batches(lambda batch: small(model.decode(batch).mean), latents, call_of(job), PIECE)
    return webp_sheet(pictures, GRID)


def grid_places() -> Tensor:
    """The places that are decoded, (GRID * GRID, 2), row by row from the top left."""
    along = torch.linspace(-1.0, 1.0, GRID, dtype=torch.float32, device="cpu")
    return torch.cartesian_prod(along.flip(0), along).flip(1)


def real_sheet(folder: Path, count: int) -> bytes:
    """The first held-out pictures of a data set, `COLUMNS` a row, as WebP; raises as `held_out_images` does."""
    return kept_real_sheet(folder, held_out_written(folder), count)


@lru_cache(maxsize=4)
def kept_real_sheet(folder: Path, written: int, count: int) -> bytes:
    """The same of pictures that were written at that time."""
    return webp_sheet(small(held_out_images(folder).tensor(slice(count))), COLUMNS)


def small(pictures: Tensor) -> Tensor:
    """Pictures (N, C, S, S), none larger than a tile may be, on the CPU."""
    side = pictures.shape[-1]
    shown = pictures.float().cpu()
    return interpolate(shown, size=LARGEST_TILE, mode="area") if side > LARGEST_TILE else shown


def webp_sheet(pictures: Tensor, columns: int) -> bytes:
    """Pictures (N, C, S, S) side by side without gaps."""
    buffer = io.BytesIO()
    contact_sheet(pictures, columns, gap=0).convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=EFFORT)
    return buffer.getvalue()
