"""All figures of one comparison together."""

from __future__ import annotations

import numpy as np
import pytest

from latentdemo.evaluation import QualityError, frechet_distance, measure_quality, prdc
from latentdemo.evaluation.metrics.kernel_distance import kernel_distance
from tests.evaluation.metrics.samples import GENERATOR, sample


def test_all_figures_come_under_their_own_names() -> None:
    real, fake = sample(100), sample(100, 0.5)
    figures = measure_quality(real, fake)
    assert list(figures._fields) == [
        "frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage",
    ]  # fmt: skip
    assert figures.kernel_distance == kernel_distance(real, fake)
    assert tuple(figures)[2:] == tuple(prdc(real, fake))


@pytest.mark.parametrize("figure", [frechet_distance, kernel_distance, prdc])
def test_one_picture_over_and_over_cannot_be_measured(figure) -> None:
    picture = np.repeat(sample(1).astype(np.float32), 20, axis=0)
    almost = picture * (1 + 1e-7 * GENERATOR.integers(-1, 2, picture.shape)).astype(np.float32)
    for same in (picture, almost, np.zeros((20, 6))):
        with pytest.raises(QualityError, match=r"generated features are the same .* take a set of different ones"):
            figure(sample(20), same)
        with pytest.raises(QualityError, match="real features are the same"):
            figure(same, sample(20))
