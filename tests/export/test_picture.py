"""Sheets, their order, and their other shapes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdemo.export import Layout, frames_of, picture_of, sheets_of
from latentdemo.export.picture import LEAST, order_of_tiles, squared

GREYS = torch.linspace(0, 1, 6)


def images(changes: list[float]) -> dict[int, torch.Tensor]:
    """Images that have changed by so much after two steps, and by nothing after one."""
    start = torch.zeros(len(changes), 1, 4, 4)
    return {0: start, 1: start, 2: start + torch.tensor(changes)[:, None, None, None]}


def test_most_changed_first_by_the_last_step() -> None:
    run = images([0.1, 0.3, 0.2])
    assert order_of_tiles(run, "drawn").tolist() == [0, 1, 2]
    assert order_of_tiles(run, "changed").tolist() == [1, 2, 0]
    assert order_of_tiles({step: run[step] for step in (0, 1)}, "changed").tolist() == [0, 1, 2]


def test_every_sheet_has_the_same_order() -> None:
    run = images([0.1, 0.3])
    run[1] = torch.tensor([0.2, 0.6])[:, None, None, None].expand(2, 1, 4, 4)
    sheets = sheets_of(run, Layout(1, order="changed", tile=4))
    assert [sheets[1].getpixel((0, y))[0] for y in (0, 6)] == [153, 51]


def test_tiles_are_enlarged_as_far_as_the_sheet_may_be_wide() -> None:
    run = {0: torch.zeros(40, 1, 32, 32)}
    assert sheets_of(run, Layout(4, tile=128))[0].width == 4 * 130 - 2
    assert sheets_of(run, Layout(40, tile=128))[0].width == 40 * 34 - 2


def test_a_tall_sheet_is_made_square_in_the_same_order() -> None:
    sheet = sheets_of({0: GREYS.reshape(6, 1, 1, 1).expand(6, 1, 4, 4)}, Layout(2, tile=4))[0]
    square = squared(sheet, 6, 2)
    assert square.size == (3 * 6 - 2, 2 * 6 - 2)
    read = [square.getpixel((x, y))[0] for y in (0, 6) for x in (0, 6, 12)]
    assert read == [0, 51, 102, 153, 204, 255]
    assert square.getpixel((4, 0))[-1] == 0  # gaps stay gaps


@pytest.mark.parametrize(("count", "columns", "rows"), [(24, 6, 4), (36, 6, 6), (16, 4, 4), (10, 4, 3), (256, 16, 16)])
def test_no_row_is_left_unfinished_where_that_can_be(count: int, columns: int, rows: int) -> None:
    sheet = sheets_of({0: torch.zeros(count, 1, 4, 4)}, Layout(2, tile=4))[0]
    assert squared(sheet, count, 2).size == (columns * 6 - 2, rows * 6 - 2)


def test_a_row_stays_a_row() -> None:
    sheet = sheets_of({0: torch.zeros(5, 1, 4, 4)}, Layout(5, tile=4))[0]
    assert squared(sheet, 5, 5) is sheet


@pytest.mark.parametrize(("sheets_a_row", "wider"), [(None, True), (1, False)])
def test_only_captioned_steps_are_in_the_picture(sheets_a_row: int | None, wider: bool) -> None:
    layout = Layout(3, sheets_a_row, tile=4)
    sheets = sheets_of(images([0.1, 0.3, 0.2]), layout)
    picture = picture_of(sheets, {0: "a", 2: "b"}, layout)
    single = picture_of(sheets, {0: "a"}, layout)
    assert (picture.width > single.width) == wider
    assert (picture.height > single.height) == (not wider)
    frames = frames_of(sheets, {0: "a", 2: "b"})
    assert frames[0].size == frames[1].size
    assert frames[0].width > LEAST > single.width
    assert not np.array_equal(*(np.asarray(frame) for frame in frames))
