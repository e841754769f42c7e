"""Opening files of pictures: orientation, range and colours alike for every kind of file and every reader, and told."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from latentdemo.data import read_pictures
from latentdemo.data.folder import preview_sheet
from latentdemo.data.opening import ORIENTATION, open_picture
from latentdemo.data.pictures import KEPT_SIDE, LOOKED_AT, normalise_upload, read_picture, remarks_on, thumbnail
from latentdemo.errors import PictureError
from tests.data.test_pictures import RED, encoded, noise, stripes

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def with_16_bits(values: np.ndarray) -> bytes:
    """A PNG file of values (H, W, C) with 16 bits: grey, grey with transparency, colour, colour with transparency."""
    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in values)
    parts = (b"IHDR" + header, b"IDAT" + zlib.compress(lines), b"IEND")
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def quarters(size: int = 32) -> np.ndarray:
    """Four grey values, 8 bits, no two of them beside each other alike."""
    return np.array([[40, 90], [140, 200]], np.uint8).repeat(size // 2, axis=0).repeat(size // 2, axis=1)


def grey_of(content: bytes) -> np.ndarray:
    return np.asarray(open_picture(content, 64).image.convert("L"))


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["grey", "16 bits", "1 bit", "palette", "colour", "JPEG", "CMYK", "WEBP"])
def test_every_kind_is_turned_as_its_file_says(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    grey = Image.fromarray(quarters())
    picture = {
        "16 bits": Image.fromarray(quarters().astype(np.uint16) * 257),
        "1 bit": grey.point(lambda value: 255 * (value > 180)).convert("1"),
        "palette": grey.convert("P"),
        "colour": grey.convert("RGB"),
        "CMYK": grey.convert("CMYK"),
    }.get(kind, grey)
    form = {"JPEG": "JPEG", "CMYK": "JPEG", "WEBP": "WEBP"}.get(kind, "PNG")
    content = encoded(picture, form, exif=exif)
    expected = quarters() if kind != "1 bit" else np.where(quarters() > 180, 255, 0).astype(np.uint8)
    turned = np.asarray(Image.fromarray(expected).transpose(TURNS[orientation]))
    assert np.abs(grey_of(content).astype(int) - turned)[4:-4:8, 4:-4:8].max() <= 3
    assert np.array_equal(grey_of(normalise_upload(open_picture(content, KEPT_SIDE))), grey_of(content))
    assert "turned" in open_picture(content, 64).conversions


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("bits", "remark"), [(8, "range"), (10, "range"), (12, "range"), (14, "range"), (16, "deep")])
def test_16_bits_are_read_on_the_scale_that_their_values_use(channels: int, bits: int, remark: str) -> None:
    values = (quarters().astype(np.uint16) << (bits - 8))[..., None].repeat(channels, axis=2)
    if channels in (2, 4):
        values[..., -1] = 65535
    content = with_16_bits(values)
    assert np.array_equal(grey_of(content), quarters())
    assert remark in open_picture(content, 64).conversions
    assert "dark" not in remarks_on(open_picture(content, 2 * LOOKED_AT))


def test_a_grey_value_that_16_bits_declare_transparent_is() -> None:
    values = quarters().astype(np.uint16) * 257
    content = encoded(Image.fromarray(values), transparency=int(values[0, 0]))
    assert open_picture(content, 64).image.getpixel((0, 0))[3] == 0
    assert (read_picture(content, 32, 1, ground=255)[:15, :15] == 255).all()
    assert "transparent" in remarks_on(open_picture(content, 2 * LOOKED_AT))


def swapped_profile() -> bytes:
    """A profile in which red and blue have changed places: sRGB's own with two of its entries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in ((b"rXYZ", b"?XYZ"), (b"bXYZ", b"rXYZ"), (b"?XYZ", b"bXYZ"), (b"s\0R\0G\0B", b"m\0i\0n\0e")):
        profile = profile.replace(old, new)
    return profile


def test_colours_are_those_of_the_profile() -> None:
    for picture in (Image.new("RGB", (32, 32), RED), Image.new("RGBA", (32, 32), (*RED, 128))):
        opened = open_picture(encoded(picture, icc_profile=swapped_profile()), 64)
        assert np.abs(np.asarray(opened.image)[0, 0, :3].astype(int) - (0, 0, 255)).max() <= 2
        assert opened.image.getpixel((0, 0))[3] == picture.convert("RGBA").getpixel((0, 0))[3]
        assert "profile" in opened.conversions
        kept = normalise_upload(opened)
        assert np.array_equal(np.asarray(open_picture(kept, 64).image), np.asarray(opened.image))


def test_the_profile_of_screens_changes_nothing_and_a_broken_one_is_told() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile, told in ((srgb, ()), (b"no profile", ("unknown-profile",))):
        opened = open_picture(encoded(noise(), icc_profile=profile), 64)
        assert np.array_equal(np.asarray(opened.image.convert("RGB")), np.asarray(noise()))
        assert opened.conversions == told


def flat(grey: int) -> Image.Image:
    return Image.new("L", (32, 32), grey)


@pytest.mark.parametrize(
    ("content", "remarks"),
    [
        (encoded(noise()), ()),
        (encoded(noise(), "WEBP", save_all=True, append_images=[noise(seed=1)]), ("first",)),
        (encoded(noise().convert("CMYK"), "JPEG"), ("print",)),
        (encoded(stripes(80, 80, (0, 0, 255, 0), (255, 0, 0, 255)).quantize(4)), ("transparent",)),
        (encoded(flat(0)), ("flat", "dark", "clipped")),
        (encoded(flat(120)), ("flat",)),
        (encoded(flat(255)), ("flat", "bright", "clipped")),
        (encoded(noise().point(lambda value: value // 5)), ("dark",)),
        (encoded(noise().point(lambda value: 205 + value // 5)), ("bright",)),
        (encoded(stripes(80, 80, (0, 0, 0), (255, 255, 255))), ("clipped",)),
    ],
)
def test_what_a_person_should_know_is_told(content: bytes, remarks: tuple[str, ...]) -> None:
    assert remarks_on(open_picture(content, 2 * LOOKED_AT)) == remarks


def test_pages_and_training_read_the_same_picture_and_doubtful_ones_come_first(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    contents = {
        "twelve.png": with_16_bits((quarters().astype(np.uint16) << 4)[..., None]),
        "turned.png": encoded(Image.fromarray(quarters().astype(np.uint16) * 257), exif=exif),
        "print.jpg": encoded(noise().convert("CMYK"), "JPEG", icc_profile=b"none"),
        "dark.png": encoded(noise(seed=1).point(lambda value: value // 9)),
        **{f"{index}.png": encoded(noise(seed=index)) for index in range(2, 9)},
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    pictures = read_pictures(tmp_path, 32)
    for each in pictures.found:
        assert np.array_equal(each.pixels, read_picture(contents[each.name], 32, 3))
        assert each.remarks == remarks_on(open_picture(contents[each.name], 2 * LOOKED_AT))
    remarks = pictures.report()["remarks"]
    assert {name: found["examples"] for name, found in remarks.items()} == {
        "turned": ["turned.png"],
        "print": ["print.jpg"],
        "unknown-profile": ["print.jpg"],
        "deep": ["turned.png"],
        "range": ["twelve.png"],
        "dark": ["dark.png"],
    }
    first = np.asarray(preview_sheet(pictures).convert("RGB"))[:64, : 3 * 66].mean(axis=(0, 1))
    doubtful = [each.pixels for each in pictures.found if each.name in ("twelve.png", "print.jpg", "dark.png")]
    assert first.mean() == pytest.approx(np.mean(doubtful), rel=0.05)


def test_a_thumbnail_shows_the_range_too() -> None:
    content = with_16_bits((quarters(64).astype(np.uint16) << 4)[..., None])
    assert thumbnail(content, 64).convert("L").getextrema() == (40, 200)


def test_a_16_bit_file_that_is_cut_is_refused() -> None:
    content = with_16_bits((quarters().astype(np.uint16) << 4)[..., None].repeat(3, axis=2))
    with pytest.raises(PictureError, match="damaged or incomplete"):
        open_picture(content[: len(content) // 2], 64)
