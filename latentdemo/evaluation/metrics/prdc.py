"""Precision, recall, density and coverage: fidelity and diversity apart, by nearest neighbours in a feature space. All
of them depend on the numbers of images, and outliers mislead precision and recall.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.evaluation.metrics.rows import BLOCK, FeatureRows, QualityError, check_features, squared_distances

NEIGHBOURS = 5  # The k of Naeem et al. 2020.
NEAR_TIE = 1e-10  # More than the share of the largest squared distance by which the product form is wrong.


class Prdc(NamedTuple):
    """Precision, recall, density and coverage; see `prdc`."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: FeatureRows, fake: FeatureRows, neighbours: int = NEIGHBOURS) -> Prdc:
    """Precision, recall, density and coverage of generated features (N, F) against as many real ones (N, F).

    Let B(x) be the open ball around x that reaches to the k-th nearest other point of x's own set. Then

        precision = share of fake points that lie in B(r) of at least one real r
        recall    = share of real points that lie in B(f) of at least one fake f
        density   = mean over fake points of (number of real r whose B(r) holds it) / k
        coverage  = share of real r whose B(r) holds at least one fake point

    Precision and recall: Kynkäänniemi et al. 2019, arXiv 1904.06991. Density and coverage: Naeem et al. 2020, arXiv
    2002.09797; definitions as in their package `prdc`. Density and coverage are the ones that outliers mislead less.
    Distances are taken block by block, in float64, and the ones that a ball's edge could run through are exact, so that
    a set against itself comes out as the definitions say.

    Args:
        real, fake: features, equally many rows a side, since every figure depends on both counts.
        neighbours: k.

    Raises:
        QualityError: different numbers of rows, no more rows than neighbours, values that are not finite, or a set of
            one picture only.
    """
    if neighbours < 1:
        raise QualityError(f"neighbours is {neighbours}; it must be at least 1")
    real_rows, fake_rows = check_features(real, fake, least=neighbours + 1)
    if len(real_rows) != len(fake_rows):
        raise QualityError(
            f"{len(real_rows)} real and {len(fake_rows)} generated images: take equal numbers, "
            "the figures depend on both"
        )
    centre = real_rows.mean(dim=0)  # This changes no distance, and makes their rounding smaller.
    real_rows, fake_rows = real_rows - centre, fake_rows - centre
    real_radius, fake_radius = squared_radii(real_rows, neighbours), squared_radii(fake_rows, neighbours)
    balls_around_fake = torch.zeros(len(fake_rows), dtype=torch.long, device="cpu")  # real balls that hold each
    recalled, covered = [], []
    for start in range(0, len(real_rows), BLOCK):
        block, radius = real_rows[start : start + BLOCK], real_radius[start : start + BLOCK, None]
        distances = squared_distances(block, fake_rows)
        settle_near_ties(distances, radius, block, fake_rows)
        settle_near_ties(distances, fake_radius, block, fake_rows)
        in_real_ball = distances < radius
        balls_around_fake += in_real_ball.sum(dim=0)
        covered.append(in_real_ball.any(dim=1))
        recalled.append((distances < fake_radius).any(dim=1))
    return Prdc(
        precision=(balls_around_fake > 0).double().mean().item(),
        recall=torch.cat(recalled).double().mean().item(),
        density=balls_around_fake.double().mean().item() / neighbours,
        coverage=torch.cat(covered).double().mean().item(),
    )


def squared_radii(rows: Tensor, neighbours: int) -> Tensor:
    """Squared distance from each row (N, F) to its k-th nearest other row, (N,), exact."""
    found = []
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        distances = squared_distances(block, rows)
        distances.diagonal(start).fill_(torch.inf)  # Each row is its own nearest.
        nearest = distances.topk(neighbours, dim=1, largest=False).indices
        found.append((block[:, None] - rows[nearest]).square().sum(dim=-1).amax(dim=1))
    return torch.cat(found)


def settle_near_ties(distances: Tensor, bounds: Tensor, first: Tensor, second: Tensor) -> None:
    """Make those squared distances exact, in place, that rounding might carry over a bound."""
    near = (distances - bounds).abs_() <= NEAR_TIE * distances.max()
    for pairs in near.nonzero().split(BLOCK * 100):  # In parts, for sets of few different pictures are full of ties.
        rows, columns = pairs.T
        distances[rows, columns] = (first[rows] - second[columns]).square().sum(dim=-1)
