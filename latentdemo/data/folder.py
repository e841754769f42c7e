"""Pictures of one's own as a data set: cropped, scaled, and split by content.

What a picture becomes, and on which side of the split it falls, depends on its content
alone: neither names nor the order of files matter, a renamed folder is the same data set, and copies stay together.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from latentdemo.data.images import Dataset, ImageSet, Split
from latentdemo.data.opening import CONVERSIONS
from latentdemo.data.pictures import LOOKS
from latentdemo.data.registry import DATASETS
from latentdemo.data.walking import PASSED_OVER, PassedOver
from latentdemo.errors import DataError, PictureError
from latentdemo.imaging import contact_sheet

BUILT_IN = frozenset(DATASETS)  # No folder of pictures gets one of these names.
HELD_OUT_SHARE = 0.2
LEAST_TRAIN, LEAST_HELD_OUT = 512, 100  # Densities are fitted to the first, memorised samples are told by the second.
LEAST = max(round(LEAST_TRAIN / (1 - HELD_OUT_SHARE)), round(LEAST_HELD_OUT / HELD_OUT_SHARE))
MOST_HELD_OUT, SHEET_SIDE = 10_000, 16_383  # Pictures, and the pixels of the largest WebP.
COLOURED = 4  # A picture counts as coloured from so many grey levels between its channels on, on average.
COLOUR_SHARE = 0.02  # The set is read in colour from this share of coloured pictures on.
THUMBNAIL, NEAR = 8, 3.0  # Copies of this side, in pixels, differ by fewer grey levels in near duplicates.
MOST_COMPARED = 20_000  # No more pictures than these are compared with each other.
EXAMPLES = 5
PREVIEWED, PREVIEW_COLUMNS = 96, 12
REMARKS = CONVERSIONS | LOOKS
DOUBTFUL = {"range", "unknown-profile", *LOOKS}  # Pictures with these remarks come first in the preview.

NOTICE = "Pictures of one's own, from {source}."
LICENCE = (
    "The held-out pictures in this folder belong to whoever made them. latentdemo knows of no licence: ask before you "
    "pass them on."
)


@dataclass(frozen=True)
class FoundPicture:
    """A picture that can be used.

    Attributes:
        name: of its file.
        digest: SHA-256 of its content.
        kind: "JPEG", "PNG" or "WEBP".
        width, height: in pixels.
        pixels: cropped and scaled, (S, S, 3) uint8.
        remarks: what was converted and what may be wrong, keys of `REMARKS`.
    """

    name: str
    digest: str
    kind: str
    width: int
    height: int
    pixels: np.ndarray
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pictures:
    """What was found in a folder or a ZIP file.

    Attributes:
        source: the folder or the file.
        size: side in pixels that the pictures are scaled to.
        found: usable pictures, each content once, in the order of their digests.
        refused: reason, a key of `PictureError.REASONS` -> names of files.
        copies: names of files whose content another file has, with the other's name.
        passed_over: reason, a key of `PASSED_OVER` -> names of what was never opened.
    """

    source: Path
    size: int
    found: list[FoundPicture]
    refused: dict[str, list[str]] = field(default_factory=dict)
    copies: list[tuple[str, str]] = field(default_factory=list)
    passed_over: PassedOver = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """What the data set is called: the folder's name, such as it can stand in a path and a link."""
        words = re.sub(r"[^\w.-]+", "-", self.source.resolve().name.lower().removesuffix(".zip")).strip("-._")[:40]
        return f"own-{words}" if not words or words in BUILT_IN or words.startswith("upload-") else words

    @cached_property
    def digest(self) -> str:
        """Of everything that decides what is trained on."""
        facts = [self.size, HELD_OUT_SHARE, *(each.digest for each in self.found)]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @cached_property
    def coloured(self) -> int:
        """How many pictures have colours."""
        spreads = (np.ptp(each.pixels, axis=2).mean() for each in self.found)
        return sum(bool(spread > COLOURED) for spread in spreads)

    @cached_property
    def channels(self) -> int:
        """3 where more than a few pictures are coloured, else 1."""
        return 3 if self.coloured > COLOUR_SHARE * len(self.found) else 1

    @cached_property
    def groups(self) -> np.ndarray:
        """For each picture the first one that it is a near duplicate of, or itself, (N,)."""
        first = np.arange(len(self.found))
        if not 1 < len(first) <= MOST_COMPARED:
            return first
        small = np.stack([block_means(each.pixels) for each in self.found]).reshape(len(first), -1)
        lengths = np.square(small).sum(axis=1)
        for row in range(1, len(first)):
            squares = (lengths[:row] + lengths[row] - 2 * small[:row] @ small[row]) / small.shape[1]
            near = np.flatnonzero(squares < NEAR**2)
            if len(near):
                first[row] = first[near[0]]
        return first

    @cached_property
    def held_out(self) -> np.ndarray:
        """Which pictures are held out, (N,) booleans; near duplicates are never on both sides."""
        wanted = round(min(HELD_OUT_SHARE * len(self.found), MOST_HELD_OUT, (SHEET_SIDE // self.size) ** 2))
        chosen = np.zeros(len(self.found), bool)
        sizes = Counter(self.groups.tolist())
        for group, size in sizes.items():
            if size <= wanted - chosen.sum():
                chosen[self.groups == group] = True
            if chosen.sum() == wanted:
                break
        return chosen

    @property
    def enough(self) -> bool:
        """Whether a model of these can be trained, fitted and evaluated."""
        held_out = int(self.held_out.sum())
        return held_out >= LEAST_HELD_OUT and len(self.found) - held_out >= LEAST_TRAIN

    def images(self, split: Split) -> ImageSet:
        """One side of the split."""
        chosen = self.held_out if split == "held-out" else ~self.held_out
        return ImageSet(
            np.stack([self.as_trained(each) for each, taken in zip(self.found, chosen, strict=True) if taken])
        )

    def as_trained(self, picture: FoundPicture) -> np.ndarray:
        """The pixels of a picture in the colours of the set, (S, S, C) uint8."""
        if self.channels == 3:
            return picture.pixels
        return np.asarray(Image.fromarray(picture.pixels).convert("L"))[..., None]

    def dataset(self, name: str = "") -> Dataset:
        """A data set of these pictures, known by its name from now on in this process.

        Args:
            name: what to call it; empty takes the folder's.

        Raises:
            DataError: too few pictures, or a name that another data set or no folder can have.
        """
        if not self.enough:
            raise DataError(
                f"{self.source} has {len(self.found)} different pictures that can be used; training, fitting and "
                f"evaluating need {LEAST} (see: python -m latentdemo data check {self.source})"
            )
        name = name or self.name
        if not re.fullmatch(r"\w[\w.-]{0,63}", name) or name in BUILT_IN:
            raise DataError(f"a data set cannot be called {name!r} here; choose another --name, of letters and digits")
        dataset = Dataset(
            name,
            name,
            self.size,
            self.channels,
            NOTICE.format(source=self.source.resolve().name),
            lambda split, _folder, _progress: self.images(split),
            LICENCE,
        )
        DATASETS[name] = dataset
        return dataset

    def report(self) -> dict[str, Any]:
        """What was found and what will be done with it, for JSON."""
        held_out = int(self.held_out.sum())
        near = [(row, first) for row, first in enumerate(self.groups.tolist()) if row != first]
        return {
            "source": str(self.source),
            "name": self.name,
            "files": len(self.found) + len(self.copies) + sum(map(len, self.refused.values())),
            "usable": len(self.found),
            "formats": dict(Counter(each.kind for each in self.found)),
            "sizes": sizes_of(self.found),
            "coloured": self.coloured,
            "grey": len(self.found) - self.coloured,
            "cropped": sum(each.width != each.height for each in self.found),
            "enlarged": sum(min(each.width, each.height) < self.size for each in self.found),
            "remarks": {
                remark: {"count": len(names), "remark": words, "examples": names[:EXAMPLES]}
                for remark, words in REMARKS.items()
                if (names := [each.name for each in self.found if remark in each.remarks])
            },
            "refused": {
                reason: {"count": len(names), "reason": PictureError.REASONS[reason], "examples": names[:EXAMPLES]}
                for reason, names in sorted(self.refused.items())
            },
            "passed_over": {
                reason: {"count": len(names), "reason": PASSED_OVER[reason], "examples": names[:EXAMPLES]}
                for reason, names in sorted(self.passed_over.items())
            },
            "duplicates": {"count": len(self.copies), "examples": self.copies[:EXAMPLES]},
            "near_duplicates": {
                "count": len(near),
                "examples": [(self.found[row].name, self.found[first].name) for row, first in near[:EXAMPLES]],
            },
            "image_size": self.size,
            "channels": self.channels,
            "training": len(self.found) - held_out,
            "held_out": held_out,
            "enough": self.enough,
            "least": LEAST,
            "digest": self.digest,
        }


def preview_sheet(pictures: Pictures) -> Image.Image:
    """Some of the pictures as a model gets to see them, doubtful ones first, a sheet with transparent gaps."""
    shown = sorted(pictures.found, key=lambda each: DOUBTFUL.isdisjoint(each.remarks))[:PREVIEWED]
    pixels = np.stack([pictures.as_trained(each) for each in shown])
    return contact_sheet(ImageSet(pixels).tensor(slice(None)), PREVIEW_COLUMNS, max(1, 64 // pictures.size))


def block_means(pixels: np.ndarray) -> np.ndarray:
    """Means of blocks of pixels (S, S, 3), (8, 8, 3) float32."""
    side = len(pixels) // THUMBNAIL
    return pixels.reshape(THUMBNAIL, side, THUMBNAIL, side, 3).mean(axis=(1, 3), dtype=np.float32)


def sizes_of(found: list[FoundPicture]) -> dict[str, list[int]]:
    """Width and height of the smallest, the middle and the largest picture."""
    if not found:
        return {}
    ordered = sorted((each.width * each.height, each.width, each.height) for each in found)
    places = {"smallest": 0, "median": len(ordered) // 2, "largest": -1}
    return {name: list(ordered[place][1:]) for name, place in places.items()}
