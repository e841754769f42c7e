"""The pictures of the first screen as they ship, so that the first visitor sees them before PyTorch is there.

They are those of the model that is shown unless somebody chose another one, from the usual seed: real data, and prior
samples. `python -m latentdemo.ui.overview.ship` makes them anew.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image

from latentdemo.imaging import png_bytes

FOLDER = Path(__file__).with_name("shipped")
INDEX = "shipped.json"
SCALE = 2  # the files hold a pixel for each pixel of the model, and one between two tiles

Name = Literal["real", "prior"]


class Shipped(NamedTuple):
    """What the pictures are of.

    Attributes:
        model: its name.
        model_sha256: digest of its weights.
        seed: fixes the starting points, and which real pictures are shown.
    """

    model: str
    model_sha256: str
    seed: int


@cache
def shipped() -> Shipped:
    """What the pictures are of."""
    return Shipped(**json.loads((FOLDER / INDEX).read_text(encoding="utf-8")))


@cache
def shipped_sheet(name: Name) -> bytes:
    """A sheet as PNG, as large as those that are drawn."""
    with Image.open(FOLDER / f"{name}.webp") as sheet:
        return png_bytes(sheet.resize((SCALE * sheet.width, SCALE * sheet.height), Image.Resampling.NEAREST))
