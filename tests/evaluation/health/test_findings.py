"""Every fault that is planted in a small model is found, and healthy models have no red light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from latentdemo import adapt
from latentdemo.checkpoints import list_models, model_folder
from latentdemo.data import ImageSet
from latentdemo.evaluation.health.findings import EXPLODED, LIGHTS, WIDE, Finding, findings, worst
from latentdemo.evaluation.health.vitals import Vitals, pictures_of, vitals_of_pictures, vitals_of_report
from latentdemo.evaluation.health.words import CHECKS
from latentdemo.evaluation.report import load_report
from latentdemo.random import randn

SIDE, LATENTS = 16, 4
QUADRANTS = torch.kron(torch.eye(LATENTS).reshape(LATENTS, 2, 2), torch.ones(SIDE // 2, SIDE // 2)).bool()
HEALTHY = Vitals(True, 5000, (0.0,) * 8, (1.0,) * 8, (1.5,) * 8, 0.0, 0.55, 0.52, 0.9, 0.8)


def pictures(count: int = 300) -> ImageSet:
    """Pictures of four quadrants on a checked ground, each as light as a standard normal draw says."""
    draws = np.random.default_rng(1).normal(size=(count, LATENTS))
    return ImageSet((to_images(torch.from_numpy(draws).float()) * 255).round().byte().permute(0, 2, 3, 1).numpy())


def to_images(latents: Tensor) -> Tensor:
    """The picture of latents (N, 4)."""
    light = 0.5 + 0.4 * torch.erf(latents / 2**0.5)
    checks = 0.05 * (torch.arange(SIDE)[:, None] + torch.arange(SIDE)).remainder(2)
    return torch.einsum("nd,dhw->nhw", light, QUADRANTS.float())[:, None] + checks


def to_latents(images: Tensor) -> Tensor:
    """The latents of pictures."""
    light = torch.stack([images[:, 0, quadrant].mean(dim=1) for quadrant in QUADRANTS], dim=1) - 0.025
    return torch.erfinv(((light - 0.5) / 0.4).clamp(-0.999, 0.999)) * 2**0.5


def model_of(
    encode: Callable[[Tensor], Tensor | tuple[Tensor, Tensor]] = lambda images: noisy(images, 0.1),
    decode: Callable[[Tensor], Tensor] = to_images,
):
    return adapt(encode, decode, LATENTS, (1, SIDE, SIDE))


def noisy(images: Tensor, std: float) -> tuple[Tensor, Tensor]:
    mean = to_latents(images) * (1.0 - std**2) ** 0.5
    return mean, torch.full_like(mean, std)


def found_in(model, images: ImageSet | None = None) -> dict[str, Finding]:
    return {each.what: each for each in findings(vitals_of_pictures(model, images or pictures()))}


def test_a_healthy_small_model_has_only_green_lights() -> None:
    found = found_in(model_of(), pictures(400))
    assert {what: each.case for what, each in found.items()} == {
        **dict.fromkeys(("collapse", "kl", "spread", "blur", "pictures"), "fine"),
        "mismatch": "match", "evaluation": "unknown",
    }  # fmt: skip


def collapsed(images: Tensor) -> tuple[Tensor, Tensor]:
    return torch.zeros(len(images), LATENTS), torch.ones(len(images), LATENTS)


def half_idle(images: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = noisy(images, 0.1)
    mean[:, 2:], std[:, 2:] = 0.0, 1.0
    return mean, std


def infinite_for_some(images: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = noisy(images, 0.1)
    return mean, torch.where((mean[:, :1] - 1.0).abs() < 0.5, torch.inf, std)


def away(images: Tensor) -> Tensor:
    return 0.4 * to_latents(images) + 2.5


def grain(latents: Tensor) -> Tensor:
    return (to_images(latents) + 0.2 * randn((len(latents), 1, SIDE, SIDE), torch.Generator().manual_seed(1))).clamp(
        0, 1
    )


@pytest.mark.parametrize(
    ("model", "what", "light", "case"),
    [
        (model_of(collapsed), "collapse", "red", "all"),
        (model_of(collapsed), "kl", "red", "nothing"),
        (model_of(lambda images: torch.ones(len(images), LATENTS)), "collapse", "red", "all"),
        (model_of(half_idle), "collapse", "amber", "half"),
        (model_of(lambda images: noisy(images, 0.6)), "kl", "amber", "thin"),
        (model_of(lambda images: noisy(images, 0.005)), "kl", "amber", "narrow"),
        (model_of(lambda images: 5.0 * to_latents(images)), "spread", "red", "exploded"),
        (model_of(away), "spread", "amber", "uneven"),
        (model_of(lambda images: 0.2 * to_latents(images)), "spread", "red", "shrunk"),
        (model_of(infinite_for_some), "spread", "red", "infinite"),
        (model_of(away), "mismatch", "red", "apart"),
        (model_of(lambda images: 0.6 * to_latents(images)), "mismatch", "amber", "differs"),
        (model_of(decode=lambda latents: gaussian_blur(to_images(latents), 7, 0.45)), "blur", "amber", "soft"),
        (model_of(decode=lambda latents: gaussian_blur(to_images(latents), 7, 1.5)), "blur", "red", "blurred"),
        (model_of(decode=grain), "blur", "amber", "grainy"),
        (model_of(decode=lambda latents: to_images(latents.flip(1))), "blur", "red", "blind"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(model, what: str, light: str, case: str) -> None:
    found = found_in(model)[what]
    assert (found.light, found.case) == (light, case)


@pytest.mark.parametrize(("count", "light"), [(60, "red"), (300, "amber"), (400, "green")])
def test_too_few_pictures_for_figures_are_found(count: int, light: str) -> None:
    found = found_in(model_of(), pictures(count))
    assert found["pictures"].light == light
    assert found["mismatch"].light == ("unknown" if count < 100 else "green")


@pytest.mark.parametrize("name", list_models())
def test_shipped_models_have_no_red_light(name: str) -> None:
    vitals = vitals_of_report(load_report(model_folder(name)))
    assert vitals is not None
    assert worst(findings(vitals)) in ("amber", "green")


def test_an_evaluation_whose_pictures_overlap_counts_each_once() -> None:
    report = load_report(model_folder("avatars/vae"))
    assert pictures_of(report) == report.count * len(report.seeds)
    overlapping = replace(report, count=200, overlap=0.25 / 0.75)  # a share of a quarter of them all
    assert pictures_of(overlapping) == 800


def test_thresholds_of_the_spread_are_what_they_are_said_to_be() -> None:
    outside = {spread: 2 * NormalDist(0, spread).cdf(-3.0) for spread in (1.0, WIDE, EXPLODED)}
    assert outside[1.0] == pytest.approx(1 / 370, rel=0.01)
    assert outside[WIDE] == pytest.approx(0.05, abs=0.005)
    assert outside[EXPLODED] == pytest.approx(1 / 3, abs=0.02)


def test_the_worst_light_is_told_and_what_is_unknown_is_no_green() -> None:
    assert worst(findings(HEALTHY)) == "green"
    assert worst(findings(replace(HEALTHY, evaluated=False))) == "unknown"
    assert worst(findings(replace(HEALTHY, evaluated=False, accuracy=0.97))) == "red"
    assert worst(findings(replace(HEALTHY, sharpness=None))) == "unknown"
    assert [each.what for each in findings(replace(HEALTHY, posterior_kl=None))] == [
        "collapse", "spread", "mismatch", "blur", "pictures"
    ]  # fmt: skip
    assert len(LIGHTS) == 4


def test_every_finding_has_its_words() -> None:
    for vitals in (HEALTHY, replace(HEALTHY, evaluated=False, auc=None, sharpness=None)):
        for each in findings(vitals):
            assert each.title()
            assert each.advice() in CHECKS[each.what].advice.values()
            assert "{" not in each.value()
            assert bool(each.value()) == (each.light != "unknown")
