import json
import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch
from arviz_stats.base import array_stats

from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.metrics.diagnostics import diagnose, hopping_share, integrated_time, regions, told_time
from latentdemo.evaluation.metrics.rows import QualityError


def autoregressive(memory: float, chains: int = 8, steps: int = 2000, size: int = 3, seed: int = 0) -> np.ndarray:
    """Stationary chains x' = memory * x + noise, (C, S, D), of unit variance: correlation at lag k is memory^k."""
    noise = np.random.default_rng(seed).standard_normal((steps, chains, size))
    draws = np.empty_like(noise)
    draws[0] = noise[0]
    for step in range(1, steps):
        draws[step] = memory * draws[step - 1] + np.sqrt(1 - memory**2) * noise[step]
    return draws.transpose(1, 0, 2)


def test_rhat_and_ess_are_those_of_arviz_stats_dimension_by_dimension() -> None:
    draws = np.concatenate([autoregressive(memory, 5, 600, 2, seed=int(10 * memory)) for memory in (0.0, 0.5, 0.9)], 2)
    draws[0, :, 4] += 1.0
    found = diagnose(torch.from_numpy(draws))
    rhat = [array_stats.rhat(draws[:, 300:, d], method="rank") for d in range(6)]
    ess = [array_stats.ess(draws[:, 300:, d], method="bulk") for d in range(6)]
    assert found.rhat_max == pytest.approx(max(rhat), rel=1e-12)
    assert found.rhat_median == pytest.approx(np.median(rhat), rel=1e-12)
    assert found.ess_min == pytest.approx(min(ess), rel=1e-12)
    assert found.ess_median == pytest.approx(np.median(ess), rel=1e-12)
    assert found.ess_per_step == pytest.approx(min(ess) / 1500, rel=1e-12)
    assert (found.chains, found.warm_up, found.steps, found.still_dimensions) == (5, 300, 300, 0)


def test_the_way_from_a_far_start_counts_for_nothing() -> None:
    settled = autoregressive(0.5, steps=401)
    far = settled.copy()
    far[:, :200] += 100.0 * 0.9 ** np.arange(200)[:, None]
    found, expected = asdict(diagnose(far)), asdict(diagnose(settled))
    assert found.pop("autocorrelation") == pytest.approx(expected.pop("autocorrelation"))
    assert found == pytest.approx(expected)
    assert found["rhat_max"] < 1.05


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_autocorrelation_of_an_autoregressive_process_is_the_closed_form(memory: float) -> None:
    found = diagnose(autoregressive(memory))
    assert len(found.autocorrelation) == 51
    assert found.autocorrelation == pytest.approx(memory ** np.arange(51), abs=0.05)
    assert found.autocorrelation_time == pytest.approx((1 + memory) / (1 - memory), rel=0.1)
    assert found.ess_median == pytest.approx(8_000 / found.autocorrelation_time, rel=0.2)
    json.dumps(asdict(found), allow_nan=False)


def test_autocorrelation_of_one_chain_set_by_hand() -> None:
    draws = autoregressive(0.6, 4, 200, 1)
    kept = draws[:, 100:, 0]
    centred = kept - kept.mean()
    expected = [np.mean(centred[:, : 100 - lag] * centred[:, lag:]) / np.mean(centred**2) for lag in range(51)]
    assert diagnose(draws).autocorrelation == pytest.approx(expected)


def test_chains_that_stay_in_different_places_are_not_mixed() -> None:
    found = diagnose(autoregressive(0.0, steps=400) + 10.0 * np.arange(8)[:, None, None])
    assert found.rhat_max > 1.5
    assert found.ess_min < 16
    assert found.autocorrelation[50] > 0.9
    assert found.autocorrelation_time is None


@pytest.mark.parametrize("memory", [0.9, -0.6])
def test_a_time_is_told_of_runs_that_are_fifty_times_as_long_only(memory: float) -> None:
    true = (1 + memory) / (1 - memory)  # 19 steps, or less than 1 where steps overshoot.
    assert (diagnose(autoregressive(memory, steps=400)).autocorrelation_time is None) == (true > 200 / 50)
    assert diagnose(autoregressive(memory, steps=4000)).autocorrelation_time == pytest.approx(true, rel=0.2, abs=0.1)
    assert told_time(4.0, 200) == 4.0
    assert told_time(4.0, 199) is None
    assert told_time(None, 200) is None


def test_the_time_of_steps_that_overshoot_is_their_closed_form() -> None:
    assert integrated_time((-0.55) ** np.arange(100)) == pytest.approx(0.45 / 1.55, abs=0.05)


def test_dimensions_that_never_move_are_counted_and_left_out() -> None:
    draws = autoregressive(0.5, steps=400)
    still = np.concatenate([draws, np.arange(8.0)[:, None, None] * np.ones((1, 400, 2))], axis=2)
    found, expected = asdict(diagnose(still)), asdict(diagnose(draws))
    assert found.pop("still_dimensions") == 2
    assert expected.pop("still_dimensions") == 0
    assert found.pop("autocorrelation") == pytest.approx(expected.pop("autocorrelation"))
    assert found == pytest.approx(expected)
    with pytest.raises(QualityError, match="no chain moves"):
        diagnose(still[:, :, 3:])


@pytest.mark.parametrize(
    ("draws", "words"),
    [
        (np.zeros((3, 500, 2)), "3 chains of 500 steps: on a run this short .* at least 4 chains of 200 steps"),
        (np.zeros((64, 198, 2)), "at least 4 chains of 200 steps"),
        (np.zeros((4, 500)), "chains, steps, dimensions"),
        (np.full((4, 200, 2), np.nan), "not finite"),
    ],
)
def test_runs_that_say_nothing_are_refused(draws: np.ndarray, words: str) -> None:
    with pytest.raises(QualityError, match=words):
        diagnose(draws)


def test_a_missing_package_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "arviz_stats.base", None)
    with pytest.raises(LatentdemoError, match="pip install arviz-stats"):
        diagnose(autoregressive(0.0, 4, 200))


def test_regions_are_the_clusters_and_hops_between_them_are_counted() -> None:
    generator = np.random.default_rng(0)
    corners = np.array([[5.0, 0.0], [-5.0, 0.0], [0.0, 5.0]])
    member = generator.integers(0, 3, 600)
    cut = regions((corners[member] + generator.standard_normal((600, 2))).astype(np.float32), count=3, seed=1)
    at_corners = cut.predict(corners)
    assert sorted(at_corners.tolist()) == [0, 1, 2]
    assert torch.equal(cut.predict(torch.from_numpy(corners + 0.5).float()), at_corners)
    paths = torch.stack([cut.predict(corners[[0, 0, 1, 2]]), cut.predict(corners[[1, 1, 1, 1]]),
                         cut.predict(corners[[0, 1, 2, 2]])])  # fmt: skip
    assert hopping_share(paths) == 0.5
    assert hopping_share(paths.numpy()[:1].repeat(2, 0)) == 0.0


def test_regions_that_cannot_be_made_are_named() -> None:
    with pytest.raises(QualityError, match="at least 10"):
        regions(np.zeros((9, 2)))
    with pytest.raises(QualityError, match="1 region"):
        regions(np.zeros((9, 2)), count=0)
    with pytest.raises(QualityError, match="of one model"):
        regions(np.random.default_rng(0).random((20, 2)), count=2).predict(np.zeros((3, 4)))
    with pytest.raises(QualityError, match="1 step at least"):
        hopping_share(np.zeros((1, 5), int))
