"""What an interpolation gives to take away: all its rows as an animation, and a run that can be repeated."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from latentdemo.checkpoints import load_model, read_config, save_checkpoint
from latentdemo.export import write_settings
from latentdemo.export.bundle import Bundle
from latentdemo.export.latents_file import LATENTS, latents_bytes
from latentdemo.export.rerun import PICTURE, RUN, rerun
from latentdemo.imaging import to_pixels
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.paths import PathSpec
from latentdemo.ui.interpolation import export as path_export
from latentdemo.ui.interpolation.export import export_grids, export_paths, export_walk, opened, stage_frames, tile
from latentdemo.ui.interpolation.paths import Paths, make_grids, make_paths, make_walk
from latentdemo.ui.interpolation.request import Request
from latentdemo.ui.runs.starting_point import StartingPoint
from latentdemo.ui.state.selection import Selection
from tests.densities import put_densities
from tests.export.runs import STORY
from tests.ui.jobs import done

FRAMES = 4


@pytest.fixture
def chosen(tiny_model, tmp_path: Path, monkeypatch) -> Selection:
    """An untrained model in a folder of its own."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    saved = save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    put_densities(tmp_path / "own" / "tiny", saved.sha256, tiny_model.latent_size)
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

    def export_popover(chosen, settings, latents, sheets, words, **more) -> None:
        handed.update(settings=settings, latents=latents, sheets=sheets, words=words, **more)

    monkeypatch.setattr(path_export, "export_popover", export_popover)
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
    assert frames[0].width > frames[0].height  # six rows, three beside each other


def test_every_row_that_is_shown_can_be_repeated(chosen: Selection, given: dict, tmp_path: Path) -> None:
    advised = ChainSpec(options={"decoding": "sample"}, steps=2)
    asked = replace(request(chosen, FRAMES, 2), advised=advised, mean_steps=1, even=True)
    paths = done(lambda job: make_paths(asked, job))
    titles = {row: row.title() for row in paths.rows}
    export_paths(chosen, asked, paths, ["plain", "base", "5", "recommended", "ends"], titles)
    assert given["settings"].captions == {0: "Plain", 5: "5"}
    assert [(each.caption, each.path) for each in given["settings"].branches] == [
        ("Base", PathSpec("base", 1, even=True)),
        ("Recommended", None),
        ("Ends", PathSpec("spherical", even=True)),
    ]
    assert given["beside"] == 0  # slides show the path without a chain and the one through the base space
    assert given["settings"].spec.noise == "shared"
    assert given["after"] == 5
    assert {step: sheet.size for step, sheet in given["sheets"]().items()} == dict.fromkeys(
        (0, 1, 5, 10), opened(paths.rows["plain"].png).size
    )
    repeat(given, tmp_path)


def test_the_run_of_the_grid_can_be_repeated(chosen: Selection, given: dict, tmp_path: Path) -> None:
    asked = request(chosen, 5, 4)
    grids = done(lambda job: make_grids(asked, job))
    assert sorted(grids.pngs) == sorted(grids.latents) == [0, 5]
    export_grids(chosen, asked, grids, ["before", "after", "base"])
    assert [(each.caption, each.grid) for each in given["settings"].branches] == [("base", True)]
    assert given["settings"].spec.count == 25
    assert all(isinstance(sheet, Image.Image) for sheet in given["sheets"]().values())
    repeat(given, tmp_path)


def test_the_run_of_a_walk_can_be_repeated(chosen: Selection, given: dict, tmp_path: Path) -> None:
    asked = replace(request(chosen, FRAMES, 3), mean_steps=1)
    walk = done(lambda job: make_walk(asked, job))
    assert walk.path == PathSpec("base", 1)
    export_walk(chosen, asked, walk, "walk")
    assert given["settings"].spec.count == len(given["frames"]()) == 3 * (FRAMES - 1)
    assert set(given["kinds"]) == {"mp4", "gif", "png"}
    repeat(given, tmp_path)


def test_without_a_map_the_grid_and_the_walk_do_without(chosen: Selection, tmp_path: Path) -> None:
    (tmp_path / "own" / "tiny" / "density.json").unlink()
    assert done(lambda job: make_grids(request(chosen, 5, 4), job)).base is None
    assert "base" not in done(lambda job: make_paths(request(chosen, FRAMES, 2), job)).rows
    assert done(lambda job: make_walk(request(chosen, FRAMES, 3), job)).path == PathSpec("spherical")


def repeat(given: dict[str, Any], folder: Path) -> None:
    """Write the run, make it again, and see whether picture and latents come out the same."""
    kept, settings, drawn = folder / "kept", given["settings"], given.get("branches", ())
    kept.mkdir()
    (kept / RUN).write_text(write_settings(settings))
    (kept / LATENTS).write_bytes(latents_bytes(given["latents"], [each.latents for each in drawn]))
    agreement = rerun(kept / RUN, folder / "again", "cpu").agreement
    assert agreement is not None
    assert agreement.complete
    bundle = Bundle(STORY, settings, given["latents"], given["sheets"], 0, branches=drawn, beside=given.get("beside"))
    assert (bundle.pair().before.tobytes() == bundle.pair().after.tobytes()) == (given.get("beside") is None)
    before, after = (np.asarray(Image.open(file)) for file in (io.BytesIO(bundle.png()), folder / "again" / PICTURE))
    assert np.array_equal(before, after)


def test_a_row_can_be_taken_away_and_repeated_by_itself(
    chosen: Selection, paths: Paths, given: dict, tmp_path: Path
) -> None:
    export_paths(chosen, request(chosen, FRAMES, 2), paths, ["ends"], {row: row for row in paths.rows})
    assert given["settings"].captions == {}
    assert len(given["frames"]()) == 2 * FRAMES - 2
    repeat(given, tmp_path)
