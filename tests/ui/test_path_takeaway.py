"""What an interpolation gives to take away: all its rows as an animation, and a run that can be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from latentdemo.imaging import to_pixels
from latentdemo.models import load_model, read_config, save_checkpoint
from latentdemo.takeaway.rerun import LATENTS, RUN, latents_bytes, rerun
from latentdemo.ui import path_takeaway
from latentdemo.ui.interpolation import Paths, Request, make_grids, make_paths
from latentdemo.ui.path_takeaway import opened, stage_frames, take_grids, take_paths, tile
from latentdemo.ui.sidebar import Selection
from latentdemo.ui.starting_points import StartingPoint
from tests.ui.jobs import done

FRAMES = 4


@pytest.fixture
def chosen(tiny_model, tmp_path: Path, monkeypatch) -> Selection:
    """An untrained model in a folder of its own."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    return Selection("own/tiny", read_config(tmp_path / "own" / "tiny"), 7)


def request(chosen: Selection, count: int, corners: int) -> Request:
    points = tuple(StartingPoint("prior", chosen.seed, draw) for draw in range(corners))
    return Request(chosen.model, chosen.config.sha256, "", "", chosen.seed, points, "spherical", count, None, "5")


@pytest.fixture
def paths(chosen: Selection) -> Paths:
    return done(lambda job: make_paths(request(chosen, FRAMES, 2), job))


@pytest.fixture
def given(monkeypatch) -> dict[str, Any]:
    """What the page hands over."""
    handed: dict[str, Any] = {}

    def take_away(chosen, settings, latents, sheets, words, **more) -> None:
        handed.update(settings=settings, latents=latents, sheets=sheets, words=words, **more)

    monkeypatch.setattr(path_takeaway, "take_away", take_away)
    return handed


def test_a_tile_is_what_the_model_drew_enlarged(chosen: Selection, paths: Paths) -> None:
    model = load_model(chosen.model)
    images = to_pixels(model.decode(paths.latents[0]).mean)
    for index in range(FRAMES):
        drawn = np.asarray(tile(opened(paths.rows["plain"].png), index).convert("RGB"))
        scale = drawn.shape[0] // images.shape[1]
        assert np.array_equal(drawn[::scale, ::scale], images[index])


def test_the_animation_goes_there_and_back_with_every_row(paths: Paths) -> None:
    frames = stage_frames({row: found.png for row, found in paths.rows.items()}, FRAMES)
    assert len(frames) == 2 * FRAMES - 2
    assert len({frame.size for frame in frames}) == 1
    assert frames[1].tobytes() == frames[-1].tobytes()
    assert len({frame.tobytes() for frame in frames}) == FRAMES
    assert frames[0].width > frames[0].height  # five rows, three beside each other


def test_the_run_of_the_rows_can_be_repeated(chosen: Selection, paths: Paths, given: dict, tmp_path: Path) -> None:
    titles = {row: row.title() for row in paths.rows}
    take_paths(chosen, request(chosen, FRAMES, 2), paths, ["plain", "5", "ends"], titles)
    assert given["settings"].captions == {0: "Plain", 5: "5"}
    assert given["picture"]().height > 3 * opened(paths.rows["plain"].png).height  # three rows
    assert given["settings"].noise == "shared"
    assert given["after"] == 5
    assert {step: sheet.size for step, sheet in given["sheets"]().items()} == dict.fromkeys(
        (0, 1, 5, 10), opened(paths.rows["plain"].png).size
    )
    repeat(given, tmp_path)


def test_the_run_of_the_grid_can_be_repeated(chosen: Selection, given: dict, tmp_path: Path) -> None:
    asked = request(chosen, 5, 4)
    grids = done(lambda job: make_grids(asked, job))
    assert sorted(grids.pngs) == sorted(grids.latents) == [0, 5]
    take_grids(chosen, asked, grids, ["before", "after"])
    assert given["settings"].count == 25
    assert all(isinstance(sheet, Image.Image) for sheet in given["sheets"]().values())
    repeat(given, tmp_path)


def repeat(given: dict[str, Any], folder: Path) -> None:
    """Write the run, make it again, and see whether it comes out the same."""
    kept = folder / "kept"
    kept.mkdir()
    (kept / RUN).write_text(given["settings"].to_json())
    (kept / LATENTS).write_bytes(latents_bytes(given["latents"]))
    agreement = rerun(kept / RUN, folder / "again", "cpu").agreement
    assert agreement is not None
    assert agreement.complete


def test_without_a_row_of_the_plain_chain_the_picture_is_of_the_path_itself(
    chosen: Selection, paths: Paths, given: dict
) -> None:
    take_paths(chosen, request(chosen, FRAMES, 2), paths, ["ends"], {row: row for row in paths.rows})
    assert given["settings"].captions == {0: "plain"}
    assert len(given["frames"]()) == 2 * FRAMES - 2
