"""Moments that are taken batch by batch are those of all rows at once, however these are divided."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdemo.evaluation.reduced.moments import Moments

MEAN = 1e6  # Sums of squares of such numbers lose twelve digits.


@pytest.mark.parametrize("sizes", [(500,), (1, 499), (250, 0, 250), (3, 97, 400), (0, 500)])
def test_joined_moments_are_those_of_all_rows(sizes: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    rows = MEAN + random.standard_normal((500, 6)) @ random.standard_normal((6, 6))
    parts = [Moments.of(part) for part in torch.from_numpy(rows).split(sizes)]
    for order in (parts, parts[::-1]):
        found = Moments.join(order)
        assert found.size == 500
        assert found.mean.numpy() == pytest.approx(rows.mean(axis=0), rel=1e-14)
        assert found.covariance.numpy() == pytest.approx(np.cov(rows.T), rel=1e-8)


def test_a_tree_of_joins_is_the_line_of_them() -> None:
    parts = [Moments.of(torch.from_numpy(each)) for each in np.random.default_rng(1).normal(3.0, 2.0, (8, 40, 4))]
    tree = list(parts)
    while len(tree) > 1:
        tree = [Moments.join(tree[place : place + 2]) for place in range(0, len(tree), 2)]
    assert torch.allclose(tree[0].scatter, Moments.join(parts).scatter, rtol=1e-13, atol=0.0)
