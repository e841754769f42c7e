"""Chains that hold known pixels fill in what is missing, and nothing else."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nan

from latentdemo.engine import Engine, RunRequest
from latentdemo.errors import SamplingError
from latentdemo.models import Likelihood, Posterior
from latentdemo.sampling import KERNELS, PLAIN, ChainSpec, run_chain, walk
from latentdemo.sampling.kernels.kernel import State
from tests.engine.stand_ins import PATIENCE
from tests.sampling.linear_gaussian import LinearGaussian

PIXELS, THERE, MISSING = 6, [0, 2, 3, 5], [1, 4]
HOLDING = [name for name, kernel in KERNELS.items() if kernel.holds_pixels]


@dataclass(frozen=True)
class Mixing(LinearGaussian):
    """Pictures of 6 pixels, each made of all latents: x | z ~ N(w B z, noise^2 I) with B'B = 1."""

    noise: float = 0.5

    @property
    def basis(self) -> Tensor:
        columns = torch.randn(PIXELS, self.latent_size, generator=torch.Generator().manual_seed(1))
        columns[:, 0] = 1.0
        return torch.linalg.qr(columns).Q

    def encode(self, images: Tensor) -> Posterior:
        return super().encode(images.flatten(1) @ self.basis)

    def decode(self, latents: Tensor) -> Likelihood:
        return self.likelihood(super().decode(latents).mean @ self.basis.mT)


class Projecting(Mixing):
    """The same without noise: what is encoded is the nearest picture that the decoder can make."""

    def encode(self, images: Tensor) -> Posterior:
        return Posterior(images.flatten(1) @ self.basis / self.weight)


def last_state(model: LinearGaussian, spec: ChainSpec, chains: int, steps: int) -> State:
    start = torch.zeros(chains, model.latent_size)
    *_, (state, _info) = walk(spec.build(model), start, torch.Generator().manual_seed(0), steps)
    return state


def with_gaps(pixels: Tensor) -> Tensor:
    known = pixels.clone().reshape(1, 1, PIXELS)
    known[..., MISSING] = nan
    return known


def test_what_is_missing_converges_to_its_conditional_mean() -> None:
    """Of pictures B z with z ~ N(0, I), and four pixels of the four dimensions known, it is the only one that fits."""
    model = Projecting()
    brightness = 0.5 * math.sqrt(PIXELS) * model.basis[0, 0].sign()
    truth = model.basis @ torch.tensor([brightness, 0.1, -0.1, 0.1])
    covariance = model.basis @ model.basis.mT
    wanted = covariance[MISSING][:, THERE] @ torch.linalg.pinv(covariance[THERE][:, THERE]) @ truth[THERE]
    found = last_state(model, ChainSpec(known=with_gaps(truth)), 3, 2000).image.flatten(1)
    assert torch.allclose(wanted, truth[MISSING], atol=1e-4)
    assert torch.allclose(found[:, MISSING], wanted.expand(3, -1), atol=1e-4)


@pytest.mark.parametrize(("kernel", "options"), [(PLAIN, {"decoding": "sample"}), ("metropolis-within-gibbs", {})])
def test_what_is_missing_is_drawn_from_its_law_given_what_is_known(kernel: str, options: dict[str, str]) -> None:
    model, chains = Mixing(), 20_000
    pixels = torch.tensor([0.9, nan, 0.1, 0.6, nan, 0.2])
    covariance = model.weight**2 * model.basis @ model.basis.mT
    seen = torch.linalg.inv(covariance[THERE][:, THERE] + model.noise**2 * torch.eye(len(THERE)))
    weights = covariance[MISSING][:, THERE] @ seen
    mean = weights @ pixels[THERE]
    variance = (covariance[MISSING][:, MISSING] - weights @ covariance[THERE][:, MISSING]).diagonal()
    spec = ChainSpec(kernel, options, known=with_gaps(pixels))
    found = last_state(model, spec, chains, 60).image.flatten(1)[:, MISSING]
    assert ((found.mean(0) - mean).abs() < 5 * (variance / chains).sqrt()).all()
    assert ((found.var(0) / variance - 1.0).abs() < 5 * math.sqrt(2 / chains)).all()


@pytest.fixture
def known(tiny_model) -> Tensor:
    """A picture of the model's, of which the upper half is missing."""
    known = torch.rand(tiny_model.image_shape, generator=torch.Generator().manual_seed(2))
    known[:, : known.shape[1] // 2] = nan
    return known


@pytest.mark.parametrize("options", [{}, {"decoding": "sample", "corruption": "model"}])
def test_pictures_show_the_known_pixels_exactly(tiny_model, known, options: dict[str, str]) -> None:
    run = run_chain(tiny_model, known=known, options=options, count=3, steps=2, record="all")
    free = run_chain(tiny_model, options=options, count=3, steps=2, record="all")
    for step, images in run.images.items():
        there = ~known.isnan()
        assert torch.equal(images[:, there], known[there].expand(3, -1))
        assert torch.equal(images[:, ~there], free.images[step][:, ~there]) == (step == 0)


def test_the_engine_walks_the_same_chains_to_the_bit_whoever_else_walks(tiny_model, known) -> None:
    wishes = [{"known": known}, {}, {"known": known.nan_to_num(0.5)}]
    with closing(Engine("cpu")) as engine:
        tickets = [engine.submit(RunRequest.of(tiny_model, count=20, steps=3, **wish)) for wish in wishes]
        found = [ticket.result for ticket in tickets if ticket.wait(PATIENCE)]
    wanted = [run_chain(tiny_model, count=20, steps=3, **wish) for wish in wishes]
    wanted += [run_chain(tiny_model, known=known, count=20, steps=3, batch_size=3)]
    for one, other in zip([*found, found[0]], wanted, strict=True):
        for step in (0, 3):
            assert torch.equal(one.latents[step], other.latents[step])
            assert torch.equal(one.images[step], other.images[step])


def test_a_kernel_that_encodes_nothing_refuses_known_pixels(tiny_model, known) -> None:
    for name in sorted(KERNELS.keys() - HOLDING):
        with pytest.raises(SamplingError, match=f"{name}.*cannot hold pixels; take .*{PLAIN}"):
            ChainSpec(name, known=known).build(tiny_model)
    assert sorted(HOLDING) == sorted(name for name, kernel in KERNELS.items() if kernel.decodes)


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(2, 2), torch.zeros(1, 2, 2, dtype=torch.uint8), torch.full((1, 2, 2), nan),
        torch.full((1, 2, 2), 2.0), torch.full((1, 2, 2), -torch.inf), torch.eye(2)[None].to_sparse(),
        [[[0.5]]], "picture",
    ],
)  # fmt: skip
def test_what_are_no_known_pixels_is_said(value) -> None:
    with pytest.raises(SamplingError, match=r"known is .*NaN for missing"):
        ChainSpec(known=value)


def test_known_pixels_of_another_size_are_refused(tiny_model) -> None:
    with pytest.raises(SamplingError, match=r"known has shape \(1, 2, 2\); the model's pictures have"):
        run_chain(tiny_model, known=torch.zeros(1, 2, 2), steps=1)
    with pytest.raises(SamplingError, match="known belong to a kernel that is named"):
        ChainSpec(ChainSpec().build(tiny_model), known=torch.zeros(tiny_model.image_shape))
