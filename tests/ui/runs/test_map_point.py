"""Points of the map: which latents they stand for, in the plane through the mean and through a picture."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from latentdemo.checkpoints import load_model
from latentdemo.errors import DataError
from latentdemo.ui.runs.encodings import Encoded, in_plane
from latentdemo.ui.runs.map_point import AVERAGE, MapPoint, latent_at, map_reach, on_map, point_of_picture
from latentdemo.ui.runs.starting_point import MAP, StartingPoint, start_latents
from tests.ui.clothes import CLOTHES


def test_the_middle_is_the_mean_and_the_edge_lies_along_an_axis(encoded: Encoded) -> None:
    mean, axes, _explained = encoded.plane
    assert latent_at(MapPoint(0.0, 0.0), encoded)[0].equal(mean)
    edge = latent_at(MapPoint(1.0, 0.0), encoded)[0] - mean
    torch.testing.assert_close(edge, map_reach(encoded) * axes[0])


def test_a_picture_lies_where_its_encoding_is(encoded: Encoded) -> None:
    point = point_of_picture(12, encoded)
    assert point.rest == 12
    torch.testing.assert_close(latent_at(point, encoded)[0], encoded.latents[12], atol=0.01, rtol=0.0)


def test_a_point_is_found_where_it_was_put_whatever_the_plane_goes_through(encoded: Encoded) -> None:
    for rest in (AVERAGE, 12):
        latent = latent_at(MapPoint(0.25, -0.5, rest), encoded)
        assert on_map(latent, encoded)[0] == pytest.approx([0.25, -0.5], abs=1e-5)
    rests = [latents - in_plane_again(latents, encoded) for latents in (latent, encoded.latents[12:13])]
    torch.testing.assert_close(*rests, atol=1e-4, rtol=0.0)


def in_plane_again(latents: Tensor, encoded: Encoded) -> Tensor:
    """The part of latents that lies in the plane."""
    return torch.from_numpy(in_plane(latents, encoded.plane)) @ encoded.plane.axes


def test_a_picture_that_is_not_on_the_map_is_an_error(encoded: Encoded) -> None:
    with pytest.raises(DataError, match="picture 1000 is not on the map; the last one is 999"):
        latent_at(MapPoint(rest=1000), encoded)


def test_chains_start_there(encoded: Encoded) -> None:
    model, place = load_model(CLOTHES), MapPoint(0.3, 0.1, 4)
    point = StartingPoint(MAP, 7, place=place)
    assert point.is_given
    assert not point.is_picture
    latents = start_latents(point, model, 3, encoded)
    assert latents.equal(latent_at(place, encoded).expand(3, -1))
