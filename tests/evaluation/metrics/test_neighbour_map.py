"""The map by likeness."""

from __future__ import annotations

import numpy as np

from latentdemo.evaluation.metrics.neighbour_map import neighbour_map


def test_neighbours_stay_neighbours_on_their_map() -> None:
    normal = np.random.default_rng(0).standard_normal
    rows = np.concatenate([normal((60, 8)), normal((60, 8)) + 12.0])
    places = neighbour_map(rows)
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert ((apart.argmin(axis=1) < 60) == (np.arange(120) < 60)).all()
    assert np.array_equal(places, neighbour_map(rows))
