"""Whatever somebody uploads as a picture: read, or refused with a reason that stands on screen."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from latentdemo.data.opening import open_picture
from latentdemo.data.pictures import KEPT_SIDE, normalise_upload, on_light_ground, read_picture, thumbnail
from latentdemo.errors import PictureError
from tests.properties import examples

MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F", "HSV", "LAB"]
KINDS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "ICO", "PPM", "TGA", "MPO"]
ORIENTATION = 0x0112  # EXIF's tag


class Content(bytes):
    """Of a file; few words in a message."""

    def __repr__(self) -> str:
        return f"Content({len(self)} bytes, {bytes(self[:40])!r} ...)"


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Pictures of all modes, sizes and formats, still and animated, turned by EXIF, as far as Pillow writes them."""
    width, height = draw(st.tuples(st.integers(1, 80), st.integers(1, 80)) | st.sampled_from([(8, 3000), (3000, 8)]))
    pixels = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (height, width, 3), np.uint8)
    picture = Image.fromarray(pixels)
    mode = draw(st.sampled_from(MODES))
    if mode == "I;16":
        picture = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    else:
        try:
            picture = picture.convert(mode)
        except (ValueError, OSError):
            picture = picture.convert("RGBA").convert(mode if mode in {"PA", "LA"} else "RGB")
    options: dict[str, object] = {}
    if draw(st.booleans()):
        options["exif"] = struct.pack("<6sHHIHHHII", b"Exif\0\0", 0x4949, 42, 8, 1, ORIENTATION, 3, 1,
                                      draw(st.integers(0, 9) | st.integers(0, 2**32 - 1)))  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        options |= {"save_all": True, "append_images": [picture] * 2}
    if draw(st.booleans()):
        options["transparency"] = 0
    if draw(st.integers(0, 3)) == 0:
        options["icc_profile"] = draw(st.binary(max_size=200))
    buffer = io.BytesIO()
    try:
        picture.save(buffer, draw(st.sampled_from(KINDS[:3]) | st.sampled_from(KINDS)), **options)
    except Exception:  # Pillow writes no such file
        buffer = io.BytesIO()
        picture.convert("RGB").save(buffer, "PNG")
    return Content(buffer.getvalue())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Such files with bytes changed, cut off, doubled or put in."""
    content = bytearray(draw(files()))
    for _ in range(draw(st.integers(1, 4))):
        at = int(draw(st.floats(0.0, 1.0)) * len(content))
        kind = draw(st.sampled_from(["change", "cut", "insert", "double"]))
        if kind == "cut":
            del content[at : at + draw(st.integers(1, 500))]
        elif kind == "double":
            content[at:at] = content[at : at + 200]
        elif kind == "insert":
            content[at:at] = draw(st.binary(min_size=1, max_size=20))
        elif at < len(content):
            content[at] = draw(st.integers(0, 255))
    return Content(content)


@st.composite
def claims(draw: st.DrawFn) -> bytes:
    """PNG files whose header claims any size, depth and kind, with consistent checksums and far too little behind."""
    sides = st.sampled_from([0, 1, 8, 64, 7000, 7072, 20_000, 2**31 - 1, 2**32 - 1])
    depth, kind = (draw(st.sampled_from([0, 1, 2, 3, 4, 6, 8, 16])) for _ in range(2))
    header = struct.pack(">IIBBBBB", draw(sides), draw(sides), depth, kind, 0, 0, draw(st.integers(0, 2)))
    text = b"iCCPx\0\0" + zlib.compress(bytes(draw(st.sampled_from([0, 10, 10**7]))))
    parts = [b"IHDR" + header, text, b"IDAT" + zlib.compress(bytes(draw(st.integers(0, 10_000)))), b"IEND"]
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts)
    return Content(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


signatures = st.sampled_from(
    [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x10\0\0\0WEBPVP8 ", b"GIF89a", b"PK\3\4", b""]
)
noise = st.tuples(signatures, st.binary(max_size=300)).map(b"".join)


def kept_or_refusal(content: bytes) -> bytes | str:
    try:
        return normalise_upload(open_picture(content, KEPT_SIDE))
    except PictureError as error:
        return error.reason


def is_taken(content: bytes) -> bool:
    """Whether an upload is taken, and then all that pages do with it works; else it is refused with a reason."""
    kept = kept_or_refusal(content)
    if isinstance(kept, str):
        assert kept in PictureError.REASONS
        return False
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) <= KEPT_SIDE
    for size, channels, margin in ((32, 1, 2), (64, 3, 0)):
        pixels = read_picture(kept, size, channels, margin, invert=on_light_ground(kept))
        assert pixels.shape == (size, size, channels)
        assert pixels.dtype == np.uint8
    assert max(thumbnail(kept, 96).size) <= 96
    return True


def is_usable(content: bytes) -> bool:
    """Whether Pillow knows it as a picture of a format that is taken, and of a size."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return picture.format in {"PNG", "JPEG", "WEBP", "MPO"} and min(picture.size) >= 8
    except UnidentifiedImageError:
        return False


@settings(max_examples=examples(200))
@given(files())
def test_any_picture_is_taken_or_refused(content: bytes) -> None:
    assert is_taken(content) == is_usable(content)


@settings(max_examples=examples(400))
@given(damaged())
def test_a_damaged_picture_is_taken_or_refused(content: bytes) -> None:
    is_taken(content)


@settings(max_examples=examples(200))
@given(claims())
def test_a_claim_is_not_believed(content: bytes) -> None:
    is_taken(content)


@settings(max_examples=examples(300))
@given(noise)
def test_noise_is_refused(content: bytes) -> None:
    assert not is_taken(content)
