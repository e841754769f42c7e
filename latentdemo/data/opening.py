"""Opening picture files that people bring: upright, in the range and colours that were meant, and told what was done.

Everything that reads pictures, of pages and of training, opens them here, so that one file is one picture everywhere.
Files come from anybody, so nothing about them is believed but their content, and nothing large is decoded before its
header was looked at.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from latentdemo.errors import PictureError

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_BYTES = 20 * 2**20
LARGEST_PIXELS = 50_000_000
SMALLEST_SIDE = 8  # In pixels: fewer show nothing.
DEPTHS = (8, 10, 12, 14, 16)  # Bits that instruments write into 16: the fewest that hold a picture's values are meant.
ORIENTATION = 0x0112  # EXIF's tag.
LOWER_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L", "LA;16B": "RGBA"}
"""Pillow's names of 16-bit pixels in PNG files -> names under which it gives their lower bytes in place of the upper;
those of grey with transparency are then red, green, blue and opacity, and the lower byte of grey is green."""

CONVERSIONS = {
    "turned": "It was turned or mirrored, as its file says.",
    "first": "It holds several pictures; the first one is taken.",
    "print": "Its colours are made for print (CMYK) and were converted.",
    "profile": "Its colours were converted from its colour profile to sRGB.",
    "unknown-profile": "Its colour profile cannot be read, so its colours may be off.",
    "deep": "Its 16 bits a channel were reduced to 8.",
    "range": "Its 16-bit values use only the lower bits, which are taken as the range from black to white.",
    "transparent": "Its transparent parts are filled with one colour.",
}
"""What opening a file may change, in whole sentences for pages to translate."""


@dataclass(frozen=True)
class OpenedPicture:
    """A picture file that was opened.

    Attributes:
        image: upright, RGBA.
        kind: "JPEG", "PNG" or "WEBP".
        width, height: in pixels, as the file says.
        conversions: keys of `CONVERSIONS`, in their order.
    """

    image: Image.Image
    kind: str
    width: int
    height: int
    conversions: tuple[str, ...]


def open_picture(content: bytes, size: int) -> OpenedPicture:
    """A picture file; a large JPEG may come scaled down, to not less than `size` pixels a side.

    Raises:
        PictureError: something else than a JPEG, PNG or WebP file, a broken one, or one that is too large or too small.
    """
    if not content:
        raise PictureError("empty")
    if len(content) > LARGEST_BYTES:
        raise PictureError("large")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        pixels = str(picture.tile[0].args) if picture.tile else ""
        kind, (width, height) = str(picture.format).replace("MPO", "JPEG"), picture.size
        if width * height > LARGEST_PIXELS:
            raise PictureError("large")
        if min(picture.size) < SMALLEST_SIDE:
            raise PictureError("small")
        picture.draft(None, (size, size))
        done = {name for name, does in conversions_of(picture).items() if does}
        upright = ImageOps.exif_transpose(with_8_bits(picture, pixels, content, done))
        image = with_transparency(in_srgb(upright, done), done)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("format") from error
    except Image.DecompressionBombError as error:
        raise PictureError("large") from error
    except Exception as error:  # Decoders raise nearly anything of broken files.
        raise PictureError("broken") from error
    return OpenedPicture(image, kind, width, height, tuple(name for name in CONVERSIONS if name in done))


def conversions_of(picture: Image.Image) -> dict[str, bool]:
    """What the header of a picture says about conversions."""
    return {
        "turned": picture.getexif().get(ORIENTATION) in range(2, 9),
        "first": getattr(picture, "n_frames", 1) > 1,
        "print": picture.mode == "CMYK",
    }


def with_8_bits(picture: Image.Image, pixels: str, content: bytes, done: set[str]) -> Image.Image:
    """A picture with 8 bits a channel, on the scale that its own values use; what was done is added to `done`.

    Args:
        pixels: Pillow's name of the pixels in the file.
    """
    if picture.mode.startswith("I"):  # Pillow would clip 16 bits of grey to 8.
        values = np.asarray(picture)
        exact = on_own_scale(values, done)
        if isinstance(hidden := picture.info.get("transparency"), int):
            exact.putalpha(Image.fromarray(np.where(values == hidden, 0, 255).astype(np.uint8)))
    elif pixels in LOWER_BYTES:
        upper = np.asarray(picture)[..., :3].astype(np.uint16)
        if upper.max() >> (DEPTHS[-2] - 8):
            done.add("deep")  # Pillow gives the upper 8 bits, which are all that is to be seen here.
            return picture
        exact = on_own_scale(upper << 8 | lower_bytes(content), done)
        if picture.mode == "RGBA":
            exact.putalpha(picture.getchannel("A"))
    else:
        return picture
    exact.info.update({name: picture.info[name] for name in ("exif", "icc_profile") if name in picture.info})
    return exact


def on_own_scale(values: np.ndarray, done: set[str]) -> Image.Image:
    """16-bit values (H, W) or (H, W, 3) as a picture of 8 bits."""
    depth = next(bits for bits in DEPTHS if not values.max() >> bits)
    done.add("range" if depth < DEPTHS[-1] else "deep")
    return Image.fromarray((values >> (depth - 8)).astype(np.uint8))


def lower_bytes(content: bytes) -> np.ndarray:
    """The lower 8 bits of the colours of a PNG file with 16 bits and several channels, (H, W, 3)."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
        [tile] = picture.tile
        picture.tile = [tile._replace(args=LOWER_BYTES[str(tile.args)])]
        lower = np.asarray(picture)
    return lower[..., [1, 1, 1]] if tile.args == "LA;16B" else lower[..., :3]


def in_srgb(picture: Image.Image, done: set[str]) -> Image.Image:
    """A picture in the colours of screens, where it carries a colour profile; what was done is added to `done`."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return picture
        opaque = picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert(without_opacity(picture))
        converted = ImageCms.profileToProfile(opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        done.add("unknown-profile")
        return picture
    assert converted is not None
    done.add("profile")
    if picture.has_transparency_data:
        converted.putalpha(picture.convert("RGBA").getchannel("A"))
    return converted


def without_opacity(picture: Image.Image) -> str:
    """The mode of a picture's colours alone."""
    return "L" if picture.mode in ("1", "LA", "La") else "RGB"


def with_transparency(picture: Image.Image, done: set[str]) -> Image.Image:
    """A picture as RGBA; where anything is transparent, that is added to `done`."""
    image = picture.convert("RGBA")
    opacity = image.getchannel("A").getextrema()[0]
    if isinstance(opacity, (int, float)) and opacity < 255:
        done.add("transparent")
    return image
