"""Pictures that people bring: read as the training data were, refused with a reason, damaged by known amounts."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from latentdemo.checkpoints.roots import checkpoints_dir
from latentdemo.data import DATASETS, pictures, read_held_out
from latentdemo.data.opening import open_picture
from latentdemo.data.pictures import damage_picture, normalise_upload, on_light_ground, read_picture, thumbnail
from latentdemo.errors import DataError, PictureError

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
ROTATE_CLOCKWISE = 6  # as EXIF's orientation
ORIENTATION = 0x0112  # EXIF's tag
CLOTHES = DATASETS["fashion-mnist"]


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def stripes(width: int, height: int, *colours: tuple[int, ...]) -> Image.Image:
    """Vertical stripes of equal width."""
    picture = Image.new("RGBA" if len(colours[0]) == 4 else "RGB", (width, height))
    for index, colour in enumerate(colours):
        picture.paste(colour, (index * width // len(colours), 0, (index + 1) * width // len(colours), height))
    return picture


def noise(side: int = 40, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    return Image.fromarray(pixels)


def claimed(width: int, height: int) -> bytes:
    """A PNG whose header claims a size, with next to nothing behind it."""
    header, data = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b"\0")
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, data))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("size", "channels"), [(16, 1), (64, 3)])
def test_the_central_square_is_taken(kind: str, size: int, channels: int) -> None:
    pixels = read_picture(encoded(stripes(600, 200, RED, GREEN, BLUE), kind), size, channels)
    assert pixels.shape == (size, size, channels)
    assert pixels.dtype == np.uint8
    expected = GREEN if channels == 3 else (150,)
    assert np.abs(pixels[2:-2, 2:-2].astype(int) - expected).max() < 6


def test_a_tall_picture_is_cropped_alike() -> None:
    tall = stripes(900, 10, RED, GREEN, BLUE).rotate(90, expand=True)
    assert (read_picture(encoded(tall), 16, 3)[2:-2] == GREEN).all()


def test_exif_orientation_is_applied() -> None:
    upright = stripes(90, 90, RED, BLUE)
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATE_CLOCKWISE
    lying = encoded(upright.rotate(90), exif=exif)
    assert np.array_equal(read_picture(lying, 16, 3), read_picture(encoded(upright), 16, 3))
    assert thumbnail(lying, 16).getpixel((2, 8))[:3] == RED


@pytest.mark.parametrize("ground", [0, 255])
@pytest.mark.parametrize("invert", [False, True])
def test_the_ground_shows_through_what_is_transparent(ground: int, invert: bool) -> None:
    half = encoded(stripes(80, 80, (10, 10, 10, 0), (200, 200, 200, 255)))
    pixels = read_picture(half, 16, 3, invert=invert, ground=ground)
    assert (pixels[:, :4] == ground).all()
    assert (pixels[:, 12:] == (55 if invert else 200)).all()


def test_palettes_with_transparency_are_read() -> None:
    half = stripes(80, 80, (0, 0, 255, 0), (255, 0, 0, 255)).quantize(4)
    pixels = read_picture(encoded(half), 16, 3)
    assert (pixels[:, :4] == 255).all()
    assert (pixels[:, 12:] == RED).all()


def test_grey_of_16_bits_keeps_its_shades() -> None:
    ramp = Image.fromarray(np.linspace(0, 65535, 64, dtype=np.uint16)[None].repeat(64, 0))
    pixels = read_picture(encoded(ramp), 64, 1)[0, :, 0]
    assert np.abs(pixels - np.linspace(0, 255, 64)).max() < 2


@pytest.mark.parametrize("mode", ["1", "L", "LA", "CMYK"])
def test_other_modes_are_read(mode: str) -> None:
    picture = stripes(80, 80, (0, 0, 0), (255, 255, 255)).convert(mode)
    pixels = read_picture(encoded(picture, "JPEG" if mode == "CMYK" else "PNG"), 16, 3).astype(int)
    assert pixels[:, :6].max() < 6
    assert pixels[:, 10:].min() > 249


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_the_first_of_several_pictures_is_taken(kind: str) -> None:
    several = encoded(Image.new("RGB", (64, 64), RED), kind, save_all=True, append_images=[noise(64)])
    assert np.abs(read_picture(several, 16, 3).astype(int) - RED).max() < 6


def test_extreme_shapes_are_read() -> None:
    assert read_picture(encoded(Image.new("RGB", (8, 6000), RED)), 32, 3).shape == (32, 32, 3)


def test_what_is_kept_is_read_as_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "KEPT_SIDE", 200)
    original = encoded(noise(6).resize((400, 600), Image.Resampling.BICUBIC))
    kept = normalise_upload(open_picture(original, 200))
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.size == (200, 300)
    difference = read_picture(kept, 64, 3).astype(int) - read_picture(original, 64, 3)
    assert np.abs(difference).max() <= 2


def test_a_small_picture_is_kept_as_it_is() -> None:
    with Image.open(
        io.BytesIO(normalise_upload(open_picture(encoded(noise(), "WEBP", lossless=True), pictures.KEPT_SIDE)))
    ) as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), np.asarray(noise()))


BAD = {
    "empty": (b"", "empty"),
    "text": (b"hello", "format"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "format"),
    "GIF": (encoded(noise(), "GIF"), "format"),
    "BMP": (encoded(noise(), "BMP"), "format"),
    "cut JPEG": (encoded(noise(200), "JPEG")[:4000], "broken"),
    "cut PNG": (encoded(noise(200), "PNG")[:4000], "broken"),
    "cut WebP": (encoded(noise(200), "WEBP")[:4000], "broken"),
    "one pixel": (encoded(noise(1)), "small"),
    "a line": (encoded(Image.new("L", (500, 7))), "small"),
    "56 million pixels": (claimed(8_000, 7_000), "large"),
    "100 million pixels": (claimed(10_000, 10_000), "large"),
    "3,600 million pixels": (claimed(60_000, 60_000), "large"),
    "20 MB and a byte": (b"\0" * (20 * 2**20 + 1), "large"),
}


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_anything_else_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(PictureError) as caught:
        read_picture(content, 32, 3)
    assert caught.value.reason == reason
    assert isinstance(caught.value, DataError)
    assert str(caught.value) == PictureError.REASONS[reason]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_changed_bytes_never_do_worse_than_be_refused(kind: str) -> None:
    generator = np.random.default_rng(1)
    intact = np.frombuffer(encoded(noise(), kind), np.uint8)
    refused = 0
    for _ in range(200):
        changed = intact.copy()
        places = generator.integers(0, min(400, len(intact)), generator.integers(1, 10))
        changed[places] = generator.integers(0, 256, len(places))
        try:
            assert read_picture(changed.tobytes(), 16, 3).shape == (16, 16, 3)
        except PictureError:
            refused += 1
    assert refused


def test_a_photo_of_clothes_becomes_like_the_training_data() -> None:
    inner, size = slice(CLOTHES.margin, -CLOTHES.margin), CLOTHES.image_size
    margin = np.ones((size, size, 1), bool)
    margin[inner, inner] = False
    for original in read_held_out(checkpoints_dir() / "fashion-mnist").pixels[:20]:
        picture = Image.fromarray(255 - original[inner, inner, 0]).resize((560, 560), Image.Resampling.NEAREST)
        photo = Image.new("L", (900, 560), 255)
        photo.paste(picture, (170, 0))
        content = encoded(photo)
        read = read_picture(content, size, 1, CLOTHES.margin, on_light_ground(content), CLOTHES.ground)
        assert np.abs(read.astype(int) - original).mean() < 8
        assert (original[margin] == CLOTHES.ground).all()
        assert (read[margin] == CLOTHES.ground).all()
        assert not on_light_ground(encoded(Image.fromarray(original[..., 0])))


@pytest.mark.parametrize(("grey", "inverted"), [(30, True), (220, False)])
def test_without_a_ground_the_object_decides_about_inverting(grey: int, inverted: bool) -> None:
    picture = Image.new("LA", (60, 60), (0 if grey > 128 else 255, 0))
    picture.paste((grey, 255), (15, 15, 45, 45))
    assert on_light_ground(encoded(picture)) == inverted


def test_damage_is_by_the_amounts_asked_for() -> None:
    grey = torch.full((3, 100, 100), 0.4)
    assert damage_picture(grey, 0.1, 0.0, 7).sub(grey).std().item() == pytest.approx(0.1, rel=0.05)
    for mask in (0.01, 0.25, 0.6):
        covered = (damage_picture(grey, 0.0, mask, 7) == 0.5).all(dim=0)
        assert covered.float().mean().item() == pytest.approx(mask, abs=0.01)
    assert damage_picture(grey, 1.0, 0.6, 7).clamp(0, 1).equal(damage_picture(grey, 1.0, 0.6, 7))
    assert (grey == 0.4).all()


def test_no_damage_leaves_the_picture() -> None:
    picture = torch.rand(1, 16, 16)
    assert damage_picture(picture, 0.0, 0.0, 7).equal(picture)


def test_the_seed_fixes_noise_and_place_whatever_the_amounts() -> None:
    grey = torch.full((1, 40, 40), 0.4)

    def place(noise: float, seed: int) -> torch.Tensor:
        return (damage_picture(grey, noise, 0.1, seed) == 0.5).nonzero().float().mean(dim=0)

    assert place(0.0, 7).equal(place(0.3, 7))
    assert not place(0.0, 7).equal(place(0.0, 8))
    little, much = (damage_picture(grey, amount, 0.0, 7) - grey for amount in (0.01, 0.02))
    assert torch.allclose(2 * little, much, atol=1e-6)
    assert not damage_picture(grey, 0.1, 0.0, 8).equal(damage_picture(grey, 0.1, 0.0, 7))
