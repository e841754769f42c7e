"""What the sampling page computes: the figures of its sheets, and the words for ways and starts."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data.held_out import INDEX, SHEET
from latentdemo.sampling import KERNELS, ChainRun, ChainSpec, StepFigures
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.ui.i18n.kernel_words import OTHER_STARTS, kernel_name, start_samples
from latentdemo.ui.runs.comparison import (
    Request,
    accepted_share,
    held_out_sharpness,
    sheet,
)
from tests.ui.sample_reports import report

REPORT = report("fashion-mnist/vae")
SPEC = ChainSpec(count=36, steps=5)
REQUEST = Request("fashion-mnist/vae", REPORT.model_sha256, SPEC, (0, 1, 5), 4, densities=REPORT.density_sha256)


def asking(**settings) -> Request:
    """The same request of other chains."""
    return replace(REQUEST, spec=SPEC.replaced(**settings))


def run_of(changes: list[float], **info: torch.Tensor) -> ChainRun:
    """Chains whose images have changed by so much after two steps, and by nothing after one."""
    start = torch.zeros(len(changes), 1, 4, 4)
    images = {0: start, 1: start, 2: start + torch.tensor(changes)[:, None, None, None]}
    distance = torch.zeros(2, len(changes))
    return ChainRun(
        {0: torch.zeros(len(changes), 2)},
        images,
        StepFigures(latent_distance=distance, **info),
        {0: 0.0, 1: 0.1, 2: 0.2},
    )


def test_acceptance_counts_the_moves_of_walking_chains_only() -> None:
    accepted = torch.tensor([[True, False, False], [True, True, False]])
    assert accepted_share(run_of([0.0] * 3, accepted=accepted), 2) == pytest.approx(50.0)
    walking = torch.tensor([[True, True, False], [True, False, False]])
    assert accepted_share(run_of([0.0] * 3, accepted=accepted, walking=walking), 2) == pytest.approx(100 * 2 / 3)
    resting = torch.zeros_like(walking)
    assert accepted_share(run_of([0.0] * 3, accepted=accepted, walking=resting), 2) is None
    assert accepted_share(run_of([0.0] * 3), 2) is None


def test_a_sheet_has_the_figures_of_its_step() -> None:
    walking = torch.tensor([[True, True], [True, False]])
    shown = sheet(run_of([0.1, 0.3], walking=walking), 2, b"")
    assert shown.change == pytest.approx(20.0)
    assert shown.change_error == pytest.approx(10.0)
    assert shown.sharpness == pytest.approx(0.0, abs=1e-6)
    assert shown.milliseconds == pytest.approx(100.0)
    assert shown.steps_taken == pytest.approx(1.5)
    assert sheet(run_of([0.1, 0.3]), 2, b"").steps_taken is None


def test_options_that_the_kernel_lacks_are_left_out() -> None:
    assert asking(options={"decoding": "mean"}).spec.own_options == {}
    assert asking(options={"decoding": "sample"}).spec.own_options == {"decoding": "sample"}
    assert asking(options={"decoding": "mean"}) == REQUEST


def test_sharpness_of_held_out_images_is_measured_anew_when_they_change(tmp_path, monkeypatch) -> None:
    shipped = checkpoints_dir() / "fashion-mnist"
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    (tmp_path / "own" / "vae").mkdir(parents=True)
    assert held_out_sharpness("own/vae") is None
    for name in (SHEET, INDEX):
        shutil.copyfile(shipped / name, tmp_path / "own" / name)
    assert held_out_sharpness("own/vae") == pytest.approx(0.2, abs=0.01)


def test_every_kernel_and_start_has_words() -> None:
    names = [kernel_name(kernel) for kernel in KERNELS]
    assert len(set(names)) == len(names)
    assert kernel_name("one-of-my-own") == "one-of-my-own"
    assert all("starting points" in start_samples(start) for start in (*OTHER_STARTS, *DENSITIES))
