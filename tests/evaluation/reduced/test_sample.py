"""What is kept of very many samples: the same whoever makes them, in whatever order, and of bounded size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from latentdemo.evaluation.metrics.frechet import frechet_distance_jackknife, halves_of, jackknife_of_halves
from latentdemo.evaluation.metrics.quality import measure_quality
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.reduced.sample import TOGETHER, Gathered, Reservoir, Sample

TOTAL, SIZE = 1003, 60
ROWS = torch.from_numpy(np.random.default_rng(0).normal(1.0, 2.0, (TOTAL, 5))).float()
RESERVOIR = Reservoir(TOTAL, SIZE, seed=3)


def part(chains: range) -> Sample:
    """Samples whose latents are their numbers."""
    rows = ROWS[chains.start : chains.stop]
    numbers = torch.arange(chains.start, chains.stop)
    classes = {"odd": torch.bincount(numbers % 2, minlength=2)}
    averages = {"number": numbers.float().mean().item()}
    return Sample.of({"space": rows}, classes, averages, RESERVOIR, chains.start, numbers[:, None].float())


def gathered(size: int, order: np.random.Generator | None = None) -> Sample:
    parts = [part(range(first, min(first + size, TOTAL))) for first in range(0, TOTAL, size)]
    found = Gathered()
    for place in range(len(parts)) if order is None else order.permutation(len(parts)):
        found.add(parts[place])
        assert len(found.parts) < TOGETHER
    return found.whole()


@pytest.mark.parametrize("size", [TOTAL, 500, 7])
def test_parts_come_to_the_whole_in_any_order(size: int) -> None:
    found = gathered(size, np.random.default_rng(size))
    numbers = found.numbers.tolist()
    assert (found.count, len(numbers), numbers) == (TOTAL, SIZE, sorted(set(numbers)))
    assert found.latents[:, 0].tolist() == numbers
    assert torch.equal(found.features["space"], ROWS[numbers])
    assert found.classes["odd"].tolist() == [502, 501]
    assert found.averages["number"] == pytest.approx((TOTAL - 1) / 2)
    for half, rows in zip(found.halves["space"], ROWS.tensor_split(2), strict=True):
        assert half.size == len(rows)
        assert half.covariance.numpy() == pytest.approx(np.cov(rows.double().numpy().T), rel=1e-10)


def test_the_distance_is_of_all_samples_and_neighbours_are_of_the_kept_ones() -> None:
    real, whole = ROWS[:SIZE] + 0.1, gathered(100)
    quality = measure_quality(real, whole.features["space"], halves=whole.halves["space"])
    assert quality.frechet_distance == pytest.approx(frechet_distance_jackknife(real, ROWS), rel=1e-9)
    assert quality[1:] == measure_quality(real, whole.features["space"])[1:]


def test_every_sample_is_kept_equally_often() -> None:
    often = np.zeros(40)
    for seed in range(2000):
        often[Reservoir(40, 10, seed).numbers] += 1
    assert np.abs(often / 2000 - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 2000)
    assert Reservoir(10, 40, 0).numbers.tolist() == list(range(10))


def test_what_is_not_finite_is_told_though_it_was_not_kept() -> None:
    spoiled = ROWS.clone()
    spoiled[int(np.setdiff1d(np.arange(TOTAL), RESERVOIR.numbers)[0])] = torch.nan
    with pytest.raises(QualityError, match="not finite"):
        jackknife_of_halves(halves_of(ROWS), halves_of(spoiled))
