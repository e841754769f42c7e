"""Quality of generated images: all figures of one comparison of two sets of features.

Every figure belongs to the feature space and to the number of images that it was taken with. In the feature spaces of
`latentdemo.evaluation.features` none of them can be compared with a published FID, which is taken in Inception's.
"""

from __future__ import annotations

from typing import NamedTuple

from latentdemo.evaluation.metrics.frechet import Halves, halves_of, jackknife_of_halves
from latentdemo.evaluation.metrics.kernel_distance import kernel_distance
from latentdemo.evaluation.metrics.prdc import NEIGHBOURS, prdc
from latentdemo.evaluation.metrics.rows import FeatureRows, check_features


class Quality(NamedTuple):
    """All figures of one comparison; see `frechet_distance_jackknife`, `kernel_distance` and `prdc`.

    Attributes:
        frechet_distance: 0 in expectation for equal Gaussians, so that it may be negative; lower is better.
        kernel_distance: 0 in expectation for equal distributions, so that it may be negative; lower is better.
        precision, recall, coverage: from 0 to 1; higher is better.
        density: from 0 up, 1 in expectation for equal distributions; higher is better.
    """

    frechet_distance: float
    kernel_distance: float
    precision: float
    recall: float
    density: float
    coverage: float


def measure_quality(
    real: FeatureRows, fake: FeatureRows, neighbours: int = NEIGHBOURS, halves: Halves | None = None
) -> Quality:
    """All figures of generated features (N, F) against real ones (N, F), both in random order.

    Args:
        real, fake: features.
        neighbours: see `prdc`.
        halves: of a larger set that `fake` was chosen of at random, see `jackknife_of_halves`: the Fréchet distance is
            taken of all of that set. None where `fake` is all there is.

    Raises:
        QualityError: see `frechet_distance_jackknife`, `kernel_distance` and `prdc`.
    """
    real_rows, fake_rows = check_features(real, fake, least=4)
    distance = jackknife_of_halves(halves_of(real_rows), halves or halves_of(fake_rows))
    return Quality(distance, kernel_distance(real_rows, fake_rows), *prdc(real_rows, fake_rows, neighbours))
