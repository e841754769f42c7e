"""The mix of classes where shares are known, and its correction against random permutations and drawn sets."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.stats import hypergeom

from latentdemo.evaluation.metrics.mix import (
    Mix,
    class_counts,
    mean_deviation,
    mix_of,
    shares,
    total_variation,
    variation_by_chance,
)
from latentdemo.evaluation.metrics.rows import QualityError

LAW = np.array([0.5, 0.3, 0.15, 0.05])


def sample(count: int, law: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    return generator.choice(len(law), count, p=law)


def mixed(real: np.ndarray | torch.Tensor, fake: np.ndarray | torch.Tensor, count: int) -> Mix:
    return mix_of(class_counts(real, count), class_counts(fake, count))


def test_shares_and_total_variation_of_sets_made_by_hand() -> None:
    found = mixed(np.array([0, 0, 1, 2]), torch.tensor([0, 0, 0, 0, 1]), 4)
    assert found.real == (0.5, 0.25, 0.25, 0.0)
    assert found.fake == (0.8, 0.2, 0.0, 0.0)
    assert found.total_variation == pytest.approx(0.3)
    assert shares(np.array([0, 0, 1, 2]), 4).tolist() == list(found.real)
    assert mixed(torch.tensor([0, 1]), np.array([1, 1, 1, 0]), 2).total_variation == pytest.approx(0.25)
    json.dumps(found, allow_nan=False)


def test_total_variation_is_nothing_between_equal_and_one_between_separate_laws() -> None:
    law = torch.tensor(LAW)
    assert total_variation(law, law) == 0.0
    assert total_variation(torch.tensor([0.4, 0.6, 0.0]), torch.tensor([0.0, 0.0, 1.0])) == pytest.approx(1.0)


def test_the_correction_is_the_mean_over_permutations() -> None:
    generator = np.random.default_rng(0)
    real, fake = sample(40, LAW, generator), sample(25, LAW[::-1], generator)
    everything = np.concatenate([real, fake])
    found = []
    for _ in range(4000):
        split = generator.permutation(everything)
        found.append(total_variation(shares(split[:40], 4), shares(split[40:], 4)))
    expected = variation_by_chance(class_counts(real, 4), class_counts(fake, 4))
    assert np.mean(found) == pytest.approx(expected, abs=3 * np.std(found) / np.sqrt(4000))


@pytest.mark.parametrize(
    ("total", "marked", "drawn"),
    [(9, 4, 3), (7, 7, 3), (7, 0, 3), (10, 6, 5), (8, 3, 8), (20, 1, 4), (4000, 1200, 1500)],
)
def test_the_mean_deviation_is_its_definition(total: int, marked: int, drawn: int) -> None:
    values = np.arange(drawn + 1)
    expected = (hypergeom.pmf(values, total, marked, drawn) * np.abs(values - drawn * marked / total)).sum()
    assert mean_deviation(total, marked, drawn) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("count", "other"), [(30, 30), (500, 50)])
def test_sets_of_one_law_have_nothing_on_average_once_corrected(count: int, other: int) -> None:
    generator = np.random.default_rng(1)
    found = [mixed(sample(count, LAW, generator), sample(other, LAW, generator), 4) for _ in range(400)]
    corrected, plain = (np.array([getattr(each, name) for each in found]) for name in ("corrected", "total_variation"))
    assert abs(corrected.mean()) < 3 * corrected.std() / 20
    assert plain.mean() > 10 * plain.std() / 20
    assert corrected.min() < 0.0
    assert plain.mean() < np.sqrt(4 / (2 * np.pi) * (1 / count + 1 / other))


def test_a_true_difference_is_found_less_what_chance_gives_at_most() -> None:
    generator = np.random.default_rng(2)
    law = np.array([0.7, 0.1, 0.15, 0.05])
    found = [mixed(sample(1000, LAW, generator), sample(1000, law, generator), 4) for _ in range(400)]
    corrected, plain = (np.mean([getattr(each, name) for each in found]) for name in ("corrected", "total_variation"))
    chance = plain - corrected
    assert 0.2 <= plain <= 0.2 + chance
    assert 0.2 - chance <= corrected <= 0.2


def test_classes_that_never_appear_change_nothing() -> None:
    real, fake = np.array([0, 1, 1, 0, 1]), np.array([0, 0, 1])
    assert mixed(real, fake, 9)[2:] == pytest.approx(mixed(real, fake, 2)[2:])
    assert mixed(np.zeros(5, int), np.zeros(3, int), 1) == ((1.0,), (1.0,), 0.0, 0.0)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (np.zeros(0, int), "1 at least"),
        (np.zeros((2, 2), int), "whole numbers"),
        (np.zeros(3), "whole numbers"),
        (np.array([0, 4]), "from 0 to 4; take 0 to 3"),
        (np.array([-1, 2]), "from -1 to 2; take 0 to 3"),
    ],
)
def test_classes_that_are_none_are_named(classes: np.ndarray, words: str) -> None:
    with pytest.raises(QualityError, match=words):
        shares(classes, 4)


def test_sets_that_do_not_go_together_are_named() -> None:
    with pytest.raises(QualityError, match="2 against 3 classes"):
        mix_of(torch.ones(2), torch.ones(3))
    with pytest.raises(QualityError, match="2 against 3 classes"):
        total_variation(torch.ones(2) / 2, torch.ones(3) / 3)
