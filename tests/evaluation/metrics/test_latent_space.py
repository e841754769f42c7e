import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

from latentdemo.evaluation.metrics import latent_space
from latentdemo.evaluation.metrics.latent_space import LatentSpace, analyse_latent_space, projection, verdict
from latentdemo.evaluation.metrics.rows import QualityError

GENERATOR = np.random.default_rng(0)
SIZE = 6


def normal(count: int = 1000, size: int = SIZE) -> np.ndarray:
    return GENERATOR.standard_normal((count, size))


@pytest.fixture(scope="module")
def matching() -> LatentSpace:
    return analyse_latent_space(torch.from_numpy(normal()).float(), torch.full((SIZE,), 1.5), normal(), seed=1)


@pytest.fixture(scope="module")
def torn() -> LatentSpace:
    """Of a deterministic encoder: two clusters far apart, correlated, and one dimension that it does not use."""
    rows = normal()
    rows[:, 0] = 0.3 * rows[:, 0] + np.where(np.arange(1000) % 2, 2.0, -2.0)
    rows[:, 2] = 0.8 * rows[:, 1] + 0.6 * rows[:, 2]
    rows[:, 4] = 0.001 * rows[:, 4] + 0.2
    return analyse_latent_space(rows, None, normal())


def test_the_prior_itself_matches(matching) -> None:
    assert matching.verdict == "match"
    assert matching.classifier.auc == pytest.approx(0.5, abs=0.05)
    assert matching.classifier.accuracy == pytest.approx(0.5, abs=0.05)
    assert 0.0 < matching.classifier.auc_error < 0.05
    assert matching.unused == []
    assert matching.fragmentation.components == 1
    assert matching.gaussian_kl < 0.05
    assert max(matching.kl) < 0.02
    assert matching.connectivity.silhouette < 0.2
    assert matching.connectivity.largest_share == pytest.approx(matching.gaussian_connectivity.largest_share, abs=0.1)


def test_two_clusters_and_an_unused_dimension_are_a_mismatch(torn) -> None:
    assert torn.verdict == "mismatch"
    assert torn.classifier.auc > 0.95
    assert torn.classifier.accuracy > 0.9
    assert torn.fragmentation.components >= 2
    assert torn.unused == [4]
    assert torn.posterior_kl is None
    assert torn.excess_kurtosis[0] == pytest.approx(-1.9, abs=0.1)
    assert torn.connectivity.components >= 2
    assert torn.connectivity.largest_share < 0.55
    assert torn.gaussian_connectivity.largest_share > 0.8
    assert torn.connectivity.silhouette > torn.gaussian_connectivity.silhouette + 0.1


def test_a_single_cloud_of_another_place_has_no_gap() -> None:
    found = analyse_latent_space(0.5 * normal() + 0.5, None, normal())
    assert found.verdict == "mismatch"
    assert found.fragmentation.components == 1
    assert found.mean == pytest.approx([0.5] * SIZE, abs=0.1)
    assert found.std == pytest.approx([0.5] * SIZE, abs=0.1)
    expected = 0.5 * (0.25 + 0.25 - 1.0) - np.log(0.5)
    assert found.kl == pytest.approx([expected] * SIZE, abs=0.1)
    assert found.gaussian_kl == pytest.approx(SIZE * expected, abs=0.2)


def test_correlation_alone_shows_in_the_full_covariance_only() -> None:
    covariance = np.array([[1.0, 0.9], [0.9, 1.0]])
    rows = GENERATOR.multivariate_normal([0, 0], covariance, 3000)
    found = analyse_latent_space(rows, None, normal(3000, 2))
    assert max(found.kl) < 0.01
    assert found.gaussian_kl == pytest.approx(-0.5 * np.log(np.linalg.det(covariance)), abs=0.05)
    assert found.fragmentation.covariance == "full"
    assert found.classifier.auc > 0.6


def test_unused_dimensions_of_a_stochastic_encoder_are_told_by_its_posterior() -> None:
    rows = normal(200, 3)
    rows[:, 1] *= 0.001
    assert analyse_latent_space(rows, np.array([0.009, 2.0, 0.011]), normal(200, 3)).unused == [0]


def test_points_far_from_all_others_are_parts_of_their_own() -> None:
    rows = np.concatenate([normal(500, 2), 100.0 * np.eye(2), -100.0 * np.eye(2)])
    found = analyse_latent_space(rows, None, normal(504, 2)).connectivity
    assert found.components >= 5  # each is nobody's neighbour, though it has ten
    assert found.largest_share > 0.8


def test_all_of_it_can_be_written_and_comes_out_the_same_again(matching, torn) -> None:
    for found in (matching, torn):
        assert json.loads(json.dumps(asdict(found), allow_nan=False))["verdict"] == found.verdict
    rows, draws = normal(150), normal(130)
    first = analyse_latent_space(rows, None, draws, seed=3)
    assert first == analyse_latent_space(rows, None, draws, seed=3)
    assert first.count == 130


def test_a_dimension_without_any_spread_keeps_all_figures_finite() -> None:
    rows = normal(200)
    rows[:, 3] = 0.0
    found = analyse_latent_space(rows, None, normal(200))
    assert found.unused == [3]
    json.dumps(asdict(found), allow_nan=False)
    assert found.kl[3] > 5.0
    assert found.excess_kurtosis[3] == 0.0


@pytest.mark.parametrize(("auc", "code"), [(0.4, "match"), (0.6, "mild"), (0.74, "mild"), (0.75, "mismatch")])
def test_the_verdict_goes_by_the_thresholds(auc: float, code: str) -> None:
    assert verdict(auc) == code


def test_no_more_points_are_looked_at_than_promised(monkeypatch) -> None:
    monkeypatch.setattr(latent_space, "MOST", 120)
    assert analyse_latent_space(normal(300), None, normal(300)).count == 120


@pytest.mark.parametrize(
    ("encodings", "posterior_kl", "prior_draws", "words"),
    [
        (normal(99), None, normal(), "encodings have shape"),
        (normal(), None, normal(99), "prior draws have shape"),
        (normal(), None, normal(size=3), "of one model"),
        (normal(), np.zeros(3), normal(), "one value a dimension"),
        (np.full((200, SIZE), np.nan), None, normal(), "not finite"),
        (np.ones((200, SIZE)), None, normal(), "collapsed"),
    ],
)
def test_what_cannot_be_analysed_is_named(encodings, posterior_kl, prior_draws, words: str) -> None:
    with pytest.raises(QualityError, match=words):
        analyse_latent_space(encodings, posterior_kl, prior_draws)


def test_the_plane_is_that_of_the_largest_variances() -> None:
    rotation = np.linalg.qr(normal(4, 4))[0]
    spreads = np.array([1.0, 3.0, 2.0, 0.5])
    rows = normal(4000, 4) * spreads @ rotation + 7.0
    plane = projection(rows)
    assert plane.axes.shape == (2, 4)
    assert torch.allclose(plane.axes @ plane.axes.T, torch.eye(2), atol=1e-5)
    assert plane.mean.tolist() == pytest.approx([7.0] * 4, abs=0.2)
    assert np.abs((plane.axes.numpy() * rotation[[1, 2]]).sum(axis=1)) == pytest.approx([1.0, 1.0], abs=0.01)
    assert plane.explained == pytest.approx(13.0 / 14.25, abs=0.02)
    largest = plane.axes.abs().argmax(dim=1)
    assert (plane.axes[torch.arange(2), largest] > 0).all()


def test_the_plane_of_equal_variances_is_that_of_the_least_gaussian_dimensions() -> None:
    rows = normal(4000, 8)
    rows[:, 6] = np.sign(rows[:, 6]) * 0.95 + 0.3 * normal(4000, 1)[:, 0]
    rows[:, 2] = GENERATOR.exponential(size=4000) - 1.0
    rows /= rows.std(axis=0)
    plane = projection(rows)
    assert torch.equal(plane.axes, torch.eye(8)[[2, 6]])
    assert plane.explained == pytest.approx(0.25, abs=0.01)


def test_a_plane_needs_two_dimensions() -> None:
    with pytest.raises(QualityError, match="2 dimensions"):
        projection(normal(200, 1))
