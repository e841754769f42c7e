import io

import numpy as np
import torch
from PIL import Image

from latentdemo.imaging import comparison, contact_sheet, png_bytes, to_pixels


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


def test_sheets_of_a_comparison_are_side_by_side() -> None:
    sheets = {caption: Image.new("RGBA", (40, 30), "red") for caption in ("step 0", "step 1")}
    picture = comparison(sheets, margin=10)
    assert picture.width == 110
    assert picture.getpixel((15, picture.height - 15)) == (255, 0, 0)


def test_png_is_lossless() -> None:
    sheet = contact_sheet(torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    with Image.open(io.BytesIO(png_bytes(sheet))) as again:
        assert np.array_equal(np.asarray(again), np.asarray(sheet))
