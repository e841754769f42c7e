"""What the map is made of: decoded pictures on a grid, the answer at a point, likeness, and what the plane hides."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from latentdemo.checkpoints import load_model
from latentdemo.checkpoints.roots import checkpoints_dir
from latentdemo.data import read_held_out
from latentdemo.imaging import contact_sheet
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.resolve import resolve_density
from latentdemo.typography import unparted
from latentdemo.ui.components.latent_map import Sheet
from latentdemo.ui.latent_space.answer import Answer, answer, answer_words
from latentdemo.ui.latent_space.chains import ChainRequest
from latentdemo.ui.latent_space.contrast import Contrast, bin_edges, contrast_chart, log_ratio, take_contrast
from latentdemo.ui.latent_space.sheets import COLUMNS, GRID, Plane, decode_grid, grid_places, real_sheet, small
from latentdemo.ui.runs.encodings import Encoded
from latentdemo.ui.runs.map_point import MapPoint, latent_at, latents_at, point_of_picture
from tests.ui.clothes import CLOTHES, digest
from tests.ui.jobs import done

FAITHFUL = 4.0  # mean difference in grey levels that packing a sheet may make


def tile(sheet: bytes, columns: int, number: int) -> np.ndarray:
    """One picture of a sheet, (S, S), in grey levels."""
    pixels = np.asarray(Image.open(io.BytesIO(sheet)).convert("L"), dtype=float)
    side = pixels.shape[1] // columns
    top, left = number // columns * side, number % columns * side
    return pixels[top : top + side, left : left + side]


def grey(pictures: Tensor) -> np.ndarray:
    """Pictures (N, 1, S, S) in grey levels, (N, S, S)."""
    return 255.0 * pictures[:, 0].numpy()


@pytest.mark.parametrize("rest", [-1, 12])
def test_the_grid_is_what_the_model_decodes_there(encoded: Encoded, rest: int) -> None:
    sheet = done(lambda job: decode_grid(Plane(CLOTHES, digest(), rest), encoded, job))
    corner, model = GRID - 1, load_model(CLOTHES)
    for number, place in ((0, (-1.0, 1.0)), (corner, (1.0, 1.0)), (GRID * GRID // 2, (0.0, 0.0))):
        assert grid_places()[number].tolist() == pytest.approx(place, abs=1e-6)
        latents = latents_at(torch.tensor([place]), rest, encoded)
        with torch.no_grad():
            decoded = grey(model.decode(latents).mean)[0]
        assert np.abs(tile(sheet, GRID, number) - decoded).mean() < FAITHFUL


def test_mixed_pictures_are_near_the_true_ones(encoded: Encoded) -> None:
    """In the middle between four decoded places, where they are the farthest off."""
    model, places = load_model(CLOTHES), grid_places().reshape(GRID, GRID, 2)
    with torch.no_grad():
        grid = model.decode(latents_at(places.flatten(0, 1), -1, encoded)).mean.unflatten(0, (GRID, GRID))
        between = (places[:-1, :-1] + places[1:, 1:]) / 2
        true = model.decode(latents_at(between.flatten(0, 1), -1, encoded)).mean
    mixed = (grid[:-1, :-1] + grid[1:, :-1] + grid[:-1, 1:] + grid[1:, 1:]).flatten(0, 1) / 4
    assert 100 * (mixed - true).abs().mean() < 1.0  # per cent of the grey range


def test_real_pictures_are_in_their_order() -> None:
    folder = checkpoints_dir() / "fashion-mnist"
    sheet = real_sheet(folder, 100)
    pictures = grey(read_held_out(folder).tensor(slice(100)))
    for number in (0, COLUMNS, 99):
        assert np.abs(tile(sheet, COLUMNS, number) - pictures[number]).mean() < FAITHFUL


def test_large_pictures_are_made_small() -> None:
    assert small(torch.zeros(2, 3, 256, 256)).shape == (2, 3, 64, 64)
    assert small(torch.zeros(2, 1, 32, 32)).shape == (2, 1, 32, 32)


def test_a_sheet_that_the_browser_holds_is_not_sent_again() -> None:
    sheet = Sheet(b"webp", 4)
    sent = sheet.as_data(None)["source"]
    assert base64.b64decode(sent.partition(",")[2]) == b"webp"
    assert sheet.as_data("another")["source"] == sent
    assert sheet.as_data(sheet.name)["source"] is None


def test_the_answer_at_a_point(encoded: Encoded) -> None:
    model, point = load_model(CLOTHES), point_of_picture(12, encoded)
    found = answer(point, CLOTHES, digest(), "", encoded)
    latent = latent_at(point, encoded)
    with torch.no_grad():
        decoded = contact_sheet(model.decode(latent).mean, 1).convert("RGB")
    assert np.abs(np.asarray(Image.open(io.BytesIO(found.picture))).astype(int) - np.asarray(decoded)).max() <= 1
    assert found.nearest[0] == 12
    assert len(set(found.nearest)) == 5
    assert found.from_mean == pytest.approx((encoded.latents[12] - encoded.plane.mean).norm().item(), abs=0.01)
    assert found.likelier_than == pytest.approx(resolve_density(model).share_below(latent).item(), abs=1e-4)
    away = (encoded.latents - encoded.plane.mean).norm(dim=1)
    inside = (away >= found.usual[0]) & (away <= found.usual[1])
    assert inside.float().mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("from_mean", "words"), [(1.0, "Between all real"), (5.0, "As far out"), (9.0, "Farther out than")]
)
def test_words_say_where_a_point_lies(from_mean: float, words: str) -> None:
    lines = answer_words(Answer(b"", [], from_mean, (4.0, 6.0), 0.5))
    assert lines[0].startswith(words)
    assert "4.0 to 6.0" in lines[0]
    assert unparted("50 %") in lines[1]
    assert len(answer_words(Answer(b"", [], from_mean, (4.0, 6.0), None))) == 1


def test_what_is_as_likely_under_both_scores_nothing() -> None:
    class Prior:
        def log_density(self, latents: Tensor) -> Tensor:
            return -0.5 * (latents**2).sum(dim=1) - 0.5 * latents.shape[1] * np.log(2 * np.pi)

        def sample(self, count: int, generator: object) -> Tensor:
            return torch.zeros(count, 3)

    assert log_ratio(FittedDensity(Prior(), 0.0, torch.ones(3)), torch.randn(50, 3)).abs().max() < 1e-5


def test_the_contrast_tells_real_data_from_the_prior(encoded: Encoded) -> None:
    request = ChainRequest(CLOTHES, digest(), "", ChainSpec(count=300, seed=7))
    found = done(lambda job: take_contrast(request, encoded, encoded.latents[:300], job))
    assert [len(values) for values in found.sets] == [1000, 300, 300]
    assert np.median(found.real) > 0 > np.median(found.prior)
    assert found.unlike > 0.5
    assert np.array_equal(found.chains, found.real[:300])  # it looks at nothing but the latent


def test_histograms_count_everything_once() -> None:
    normal = np.random.default_rng(0).normal
    found = Contrast(normal(20, 4, 1000), normal(-500, 50, 300), None)
    edges = bin_edges(found, 10.0)
    assert np.diff(edges).min() > 0
    chart = contrast_chart(found, "hmc").to_dict()
    assert len(chart["layer"]) == 2
    for rows in chart["datasets"].values():
        assert sum(row["share"] for row in rows[:-1]) == pytest.approx(100)  # the last one ends the last bin
    assert found.unlike == 1.0


def test_the_default_point_is_on_the_map() -> None:
    assert max(abs(MapPoint().x), abs(MapPoint().y)) < 1
