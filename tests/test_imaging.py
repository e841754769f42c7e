import io

import numpy as np
import torch
from PIL import Image

from latentdemo.imaging import MARGIN, caption_font, comparison, contact_sheet, enlarged, png_bytes, to_pixels


def test_pixels_are_rounded_to_the_nearest_grey_level() -> None:
    images = torch.tensor([0.0, 0.4 / 255, 0.6 / 255, 1.0]).reshape(1, 1, 2, 2)
    assert to_pixels(images)[0, :, :, 0].tolist() == [[0, 0], [1, 255]]


def test_tiles_lie_in_reading_order_with_transparent_gaps() -> None:
    images = torch.linspace(0, 1, 6).reshape(6, 1, 1, 1).expand(6, 3, 4, 4)
    sheet = np.asarray(contact_sheet(images, columns=3, scale=2, gap=1))
    assert sheet.shape == (17, 26, 4)
    assert [sheet[row, column, 0] for row in (0, 9) for column in (0, 9, 18)] == [0, 51, 102, 153, 204, 255]
    assert sheet[8, 0, 3] == 0
    assert (sheet[:8, :8, 3] == 255).all()


def test_a_grey_sheet_holds_one_channel_and_looks_the_same() -> None:
    images = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    grey, coloured = contact_sheet(images, scale=3), contact_sheet(images.expand(-1, 3, -1, -1), scale=3)
    assert (grey.mode, coloured.mode) == ("LA", "RGBA")
    assert grey.convert("RGBA").tobytes() == coloured.tobytes()
    assert comparison([("", grey)]).tobytes() == comparison([("", coloured)]).tobytes()


def test_sheets_of_a_comparison_are_side_by_side() -> None:
    sheets = [(caption, Image.new("RGBA", (40, 30), colour)) for caption, colour in (("0", "red"), ("1", "blue"))]
    beside, stacked = comparison(sheets), comparison(sheets, sheets_a_row=1)
    assert beside.width == stacked.width + 40 + MARGIN
    assert beside.getpixel((MARGIN, beside.height - MARGIN - 1)) == (255, 0, 0)
    assert beside.getpixel((beside.width - MARGIN - 1, beside.height - MARGIN - 1)) == (0, 0, 255)
    assert stacked.getpixel((MARGIN, stacked.height - MARGIN - 1)) == (0, 0, 255)


def test_captions_are_drawn_in_japanese_and_fit_their_sheet() -> None:
    assert ink("ステップ") != ink("チェーン")  # a font without them draws the same box for all
    narrow = caption_font(["事前分布からのサンプル"], 150)
    assert narrow.getlength("事前分布からのサンプル") <= 150
    assert caption_font(["Step 5"], 150).size > narrow.size


def test_small_pictures_are_enlarged_by_a_whole_number() -> None:
    small = Image.new("RGB", (30, 20), "red")
    small.putpixel((1, 0), (0, 0, 255))
    large = enlarged(small, 70)
    assert large.size == (90, 60)
    assert [large.getpixel((x, 0)) for x in (2, 3, 5, 6)] == [(255, 0, 0), (0, 0, 255), (0, 0, 255), (255, 0, 0)]
    assert enlarged(small, 30) is small


def ink(caption: str) -> bytes:
    """The pixels above a sheet."""
    return comparison([(caption, Image.new("RGBA", (200, 10)))]).crop((0, 0, 248, MARGIN + 30)).tobytes()


def test_png_is_lossless() -> None:
    sheet = contact_sheet(torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    with Image.open(io.BytesIO(png_bytes(sheet))) as again:
        assert np.array_equal(np.asarray(again), np.asarray(sheet))
