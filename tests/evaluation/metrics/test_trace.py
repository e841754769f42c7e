import pytest
import torch

from latentdemo.errors import SamplingError
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.metrics.trace import Surroundings, trace
from latentdemo.sampling import ChainRun, StepFigures, run_chain
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.mixture import GaussianMixture

LINE = torch.arange(20.0)[:, None]  # encodings with a spacing of 1


def short_run(accepted: torch.Tensor | None = None, walking: torch.Tensor | None = None) -> ChainRun:
    """Two chains of two steps in two dimensions, on images of one pixel."""
    reported = {"accepted": accepted, "walking": walking}
    figures = {name: value for name, value in reported.items() if value is not None}
    latents = {0: [[0.0, 0.0], [1.0, 1.0]], 1: [[3.0, 4.0], [1.0, 1.0]], 2: [[3.0, 4.0], [1.0, 3.0]]}
    pixels = {0: [0.2, 0.5], 1: [0.3, 0.5], 2: [0.1, 0.9]}
    return ChainRun(
        {step: torch.tensor(rows) for step, rows in latents.items()},
        {step: torch.tensor(values)[:, None, None, None] for step, values in pixels.items()},
        StepFigures(latent_distance=torch.zeros(2, 2), **figures),
        {},
    )


def test_moves_and_changes_are_those_set_by_hand() -> None:
    found = trace(short_run(), picture=torch.full((1, 1, 1), 0.4))
    assert found.moved.tolist() == [[0, 0], [5, 0], [0, 2]]
    torch.testing.assert_close(found.changed, torch.tensor([[0.0, 0.0], [10.0, 0.0], [20.0, 40.0]]))
    torch.testing.assert_close(found.changed_since_start, torch.tensor([[0.0, 0.0], [10.0, 0.0], [10.0, 40.0]]))
    torch.testing.assert_close(found.from_picture, torch.tensor([[20.0, 10.0], [10.0, 10.0], [30.0, 50.0]]))


def test_what_is_not_known_is_left_out() -> None:
    found = trace(short_run())
    figures = (found.accepted, found.resting, found.distance, found.log_density, found.likelier_than)
    assert all(figure is None for figure in (*figures, found.from_picture))


def test_the_start_is_neither_rejected_nor_resting() -> None:
    steps = torch.tensor([[True, False], [False, False]])
    assert trace(short_run(accepted=steps)).accepted.tolist() == [[True, True], *steps.tolist()]
    assert trace(short_run(walking=steps)).resting.tolist() == [[False, False], [False, True], [True, True]]


def test_a_step_that_was_not_recorded_is_missed(tiny_model) -> None:
    with pytest.raises(SamplingError, match=r"\[0, 3\]"):
        trace(run_chain(tiny_model, count=2, steps=3))


def test_moves_are_those_that_the_kernel_reports(tiny_model) -> None:
    run = run_chain(tiny_model, count=3, steps=4, record="all")
    found = trace(run)
    torch.testing.assert_close(found.moved[1:], run.info.latent_distance)
    torch.testing.assert_close(found.changed[1:], 100 * run.info.image_change)


def test_distance_is_that_to_the_five_nearest_in_units_of_real_data() -> None:
    around = Surroundings(LINE)
    assert around.unit == pytest.approx((1 + 1 + 2 + 2 + 3) / 5)  # inside the line
    near, far = around.distance(torch.tensor([[9.5], [119.0]])).tolist()
    assert near == pytest.approx((0.5 + 0.5 + 1.5 + 1.5 + 2.5) / 5 / around.unit)
    assert far == pytest.approx((100 + 101 + 102 + 103 + 104) / 5 / around.unit)


def test_real_data_itself_lies_at_a_distance_of_one() -> None:
    encodings = torch.randn(600, 8, generator=torch.Generator().manual_seed(0))
    around = Surroundings(encodings[:500])
    others = around.distance(encodings[500:])
    assert others.median().item() == pytest.approx(1.0, abs=0.05)
    inside = ((others > around.usual[0]) & (others < around.usual[1])).float().mean().item()
    assert inside == pytest.approx(0.9, abs=0.07)


def test_distance_knows_no_unit_of_the_latent_space() -> None:
    encodings = torch.randn(100, 4, generator=torch.Generator().manual_seed(0))
    latents = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        Surroundings(encodings).distance(latents), Surroundings(7 * encodings).distance(7 * latents)
    )


def test_encodings_that_are_all_one_point_give_finite_distances() -> None:
    assert torch.isfinite(Surroundings(torch.ones(10, 2)).distance(torch.zeros(1, 2))).all()


def test_too_few_encodings_are_refused() -> None:
    with pytest.raises(QualityError, match="N at least 6"):
        Surroundings(LINE[:5])


def test_likelihood_is_that_of_the_density_and_its_rank_among_real_data() -> None:
    normal = GaussianMixture(2, 1)
    quantiles = [-20.0 + 18.0 * share / 100 for share in range(101)]
    found = trace(short_run(), fitted=FittedDensity(normal, 0.0, torch.ones(2), {}, quantiles))
    assert found.log_density[0, 0].item() == pytest.approx(-1.8379, abs=1e-4)
    assert found.log_density[1, 0].item() == pytest.approx(-1.8379 - 12.5, abs=1e-4)
    assert found.likelier_than[0, 0].item() == 1.0
    assert found.likelier_than[1, 0].item() == pytest.approx((20 - 14.3379) / 18, abs=1e-4)
