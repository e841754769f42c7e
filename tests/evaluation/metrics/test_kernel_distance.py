"""The kernel distance against torchmetrics, and without bias."""

from __future__ import annotations

import numpy as np
import pytest
from torchmetrics.image.kid import KernelInceptionDistance

from latentdemo.evaluation import QualityError
from latentdemo.evaluation.metrics.kernel_distance import kernel_distance
from tests.evaluation.metrics.samples import SHIFTED, PixelFeatures, by_torchmetrics, sample


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance`")
@pytest.mark.parametrize(("mean", "scale"), SHIFTED)
def test_kernel_distance_agrees_with_torchmetrics(mean: float, scale: float) -> None:
    real, fake = sample(300, size=24), sample(300, mean, scale, size=24)
    theirs, _ = by_torchmetrics(KernelInceptionDistance(PixelFeatures(), subsets=1, subset_size=300), real, fake)
    assert kernel_distance(real, fake) == pytest.approx(float(theirs), rel=1e-3)


def test_the_kernel_distance_is_unbiased_and_its_subsets_scatter_around_the_whole() -> None:
    equal = [kernel_distance(sample(40), sample(40)) for _ in range(400)]
    assert abs(np.mean(equal)) < 4 * np.std(equal) / np.sqrt(400)
    assert min(equal) < 0.0
    real, fake = sample(600), sample(500, 0.8)
    in_subsets = kernel_distance(real, fake, subsets=50, subset_size=200)
    assert in_subsets == pytest.approx(kernel_distance(real[:500], fake), rel=0.1)
    assert in_subsets == kernel_distance(real, fake, subsets=50, subset_size=200)
    assert in_subsets != kernel_distance(real, fake, subsets=50, subset_size=200, seed=1)


@pytest.mark.parametrize(("subsets", "subset_size"), [(0, 10), (1, 1)])
def test_no_subset_is_refused(subsets: int, subset_size: int) -> None:
    with pytest.raises(QualityError, match="1 subset of 2 rows at least"):
        kernel_distance(sample(20), sample(20), subsets, subset_size)
