"""Cartoon faces: drawn from random choices by python-avatars, rastered by resvg-py, the same from the same seed.

The choices are drawn without repetition, training faces first, so that no held-out face is in the training set.
What a meeting should not see (sick, dizzy or crying faces, skulls, costumes, religious head-dress on random heads,
unnatural skin) is not among them, nor are hair and clothes that ignore the drawn colour.
"""

from __future__ import annotations

import importlib.metadata
import io
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
from PIL import Image

from latentdemo.data.images import Dataset, ImageSet, Progress, Split
from latentdemo.errors import DataError
from latentdemo.files import write_atomically

SEED = 1610_09296
COUNTS: dict[Split, int] = {"train": 40_000, "held-out": 5_000}
SIZE = 64
DRAWN = 'width="264px" height="280px" viewBox="0 0 264 280"'
FRAMED = f'width="{SIZE}px" height="{SIZE}px" viewBox="24 4 216 216"'  # The head and its hair fill the picture.
BACKGROUND = "#eef1f5"
CHUNK = 250  # A worker draws so many faces between two reports of progress.

CHOICES: dict[str, tuple[str, ...]] = {
    "hair": (
        "BIG_HAIR", "BOB", "BUN", "BUZZCUT", "CAESAR", "CURLY", "CURVY", "FRO", "FRO_BAND", "HALF_SHAVED",
        "LONG_NOT_TOO_LONG", "LOOSE_HAIR", "MIA_WALLACE", "MOWGLI", "PIXIE", "POMPADOUR", "QUIFF", "SHAGGY",
        "SHAGGY_MULLET", "SHORT_CURLY", "SHORT_DREADS_1", "SHORT_FLAT", "SHORT_ROUND", "SHORT_WAVED", "SIDES",
        "STRAIGHT_1", "STRAIGHT_STRAND",
    ),
    "hair_color": (
        "AUBURN", "BLACK", "BLONDE", "BLONDE_GOLDEN", "BROWN", "BROWN_DARK", "PASTEL_PINK", "PLATINUM", "RED",
        "SILVER_GRAY",
    ),
    "skin_color": ("PALE", "LIGHT", "BROWN", "DARK_BROWN", "BLACK"),
    "eyes": ("CLOSED", "DEFAULT", "HAPPY", "SIDE", "SQUINT", "SURPRISED", "WINK"),
    "eyebrows": (
        "DEFAULT", "DEFAULT_NATURAL", "FLAT_NATURAL", "RAISED_EXCITED", "RAISED_EXCITED_NATURAL", "UP_DOWN",
        "UP_DOWN_NATURAL",
    ),
    "nose": ("DEFAULT", "SMALL", "WIDE"),
    "mouth": ("BIG_SMILE", "DEFAULT", "SERIOUS", "SMILE", "TWINKLE"),
    "facial_hair": ("NONE", "BEARD_LIGHT", "BEARD_MEDIUM", "MOUSTACHE_FANCY", "MOUSTACHE_MAGNUM"),
    "accessory": ("NONE", "PRESCRIPTION_1", "PRESCRIPTION_2", "ROUND", "SUNGLASSES", "WAYFARERS"),
    "clothing": ("COLLAR_SWEATER", "HOODIE", "SHIRT_CREW_NECK", "SHIRT_SCOOP_NECK", "SHIRT_V_NECK"),
    "clothing_color": (
        "BLACK", "BLUE_01", "BLUE_02", "BLUE_03", "GRAY_01", "GRAY_02", "HEATHER", "PASTEL_BLUE", "PASTEL_GREEN",
        "PASTEL_YELLOW", "PINK", "RED", "WHITE",
    ),
}  # fmt: skip
MOSTLY_NONE = {"facial_hair": 0.7, "accessory": 0.6}  # The share of faces without one.
DARK_GLASSES = ("SUNGLASSES", "WAYFARERS")  # They hide the eyes, which are no attribute of the picture then.


def draw_attributes(count: int, seed: int = SEED) -> np.ndarray:
    """Distinct random choices, (count, len(CHOICES)) uint8 indices into `CHOICES`."""
    generator = np.random.default_rng(seed)
    surplus = count + count // 10 + 100
    columns = []
    for name, options in CHOICES.items():
        none = MOSTLY_NONE.get(name, 1 / len(options))
        others = (1 - none) / (len(options) - 1)
        columns.append(generator.choice(len(options), surplus, p=[none] + [others] * (len(options) - 1)))
    drawn = np.stack(columns, axis=1).astype(np.uint8)
    names = list(CHOICES)
    hidden = np.isin(drawn[:, names.index("accessory")], [CHOICES["accessory"].index(name) for name in DARK_GLASSES])
    drawn[hidden, names.index("eyes")] = CHOICES["eyes"].index("DEFAULT")
    _, first = np.unique(drawn, axis=0, return_index=True)
    return drawn[np.sort(first)][:count]


def draw_faces(attributes: np.ndarray) -> np.ndarray:
    """Faces of the given choices (N, len(CHOICES)), as (N, 64, 64, 3) uint8.

    Raises:
        DataError: python-avatars or resvg-py is not installed.
    """
    try:
        import python_avatars as pa
        import resvg_py
    except ImportError as error:
        raise DataError(
            f"drawing faces needs python-avatars and resvg-py: {error}. Run: pip install '.[train]'"
        ) from error
    kinds = {
        "hair": pa.HairType,
        "hair_color": pa.HairColor,
        "skin_color": pa.SkinColor,
        "eyes": pa.EyeType,
        "eyebrows": pa.EyebrowType,
        "nose": pa.NoseType,
        "mouth": pa.MouthType,
        "facial_hair": pa.FacialHairType,
        "accessory": pa.AccessoryType,
        "clothing": pa.ClothingType,
        "clothing_color": pa.ClothingColor,
    }
    faces = np.empty((len(attributes), SIZE, SIZE, 3), np.uint8)
    for face, chosen in zip(faces, attributes, strict=True):
        parts = {
            name: kinds[name][options[index]] for (name, options), index in zip(CHOICES.items(), chosen, strict=True)
        }
        drawing = pa.Avatar(
            style=pa.AvatarStyle.TRANSPARENT, top=parts.pop("hair"), facial_hair_color=parts["hair_color"], **parts
        ).render()
        framed = drawing.replace(DRAWN, FRAMED, 1)
        png = resvg_py.svg_to_bytes(svg_string=framed, background=BACKGROUND, skip_system_fonts=True)
        face[:] = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGB"))
    return faces


def read_avatars(split: Split, data_dir: Path, progress: Progress | None) -> ImageSet:
    """The faces of a split: from the cache in `data_dir`, or drawn on all cores and cached there."""
    attributes = draw_attributes(sum(COUNTS.values()))
    rows = slice(0, COUNTS["train"]) if split == "train" else slice(COUNTS["train"], None)
    attributes = attributes[rows]
    cached = data_dir / f"avatars-{split}-{versions()}.npy"
    if not cached.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        faces = draw_in_parallel(attributes, progress)
        write_atomically(cached, lambda file: np.save(file, faces))
    return ImageSet(
        np.load(cached, mmap_mode="r"),
        {name: attributes[:, column].astype(np.int64) for column, name in enumerate(CHOICES)},
        {name: list(options) for name, options in CHOICES.items()},
    )


def draw_in_parallel(attributes: np.ndarray, progress: Progress | None) -> np.ndarray:
    """`draw_faces` over chunks, one process a core.

    Raises:
        DataError: the processes ended early, as they do where a script that starts them has no main guard.
    """
    chunks = [attributes[start : start + CHUNK] for start in range(0, len(attributes), CHUNK)]
    faces = []
    try:
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            for drawn in pool.map(draw_faces, chunks):
                faces.append(drawn)
                if progress:
                    progress(min(len(faces) * CHUNK, len(attributes)), len(attributes))
    except BrokenProcessPool as error:
        raise DataError(
            "the processes that draw faces ended early: each of them imports the script that was started, so put what "
            'it does under `if __name__ == "__main__":`; if it stands there, free some memory and try again'
        ) from error
    return np.concatenate(faces)


def versions() -> str:
    """Versions of the two packages that draw, since another version may draw otherwise."""
    try:
        return "-".join(importlib.metadata.version(package) for package in ("python-avatars", "resvg-py"))
    except importlib.metadata.PackageNotFoundError as error:
        raise DataError(f"drawing faces needs the package {error.name}. Run: pip install '.[train]'") from error


AVATARS_LICENCE = """\
The faces are drawn by python-avatars from the parts of "Avataaars" by Pablo Stanley,
"free for personal and commercial use" (https://avataaars.com).

python-avatars: MIT License, Copyright (c) 2021 Ibon

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.
"""

AVATARS = Dataset(
    "avatars",
    "Cartoon faces",
    SIZE,
    3,
    "Cartoon faces drawn from random choices by python-avatars (MIT licence) with the parts of Avataaars by "
    "Pablo Stanley (free for personal and commercial use), rastered by resvg-py (MIT licence).",
    read_avatars,
    AVATARS_LICENCE,
)
