import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from latentdemo.errors import ImageShapeError, ImageValuesError, NetworkConfigError, UnknownFamilyError
from latentdemo.models import FAMILIES, Likelihood, NetworkConfig, Posterior, build_model
from latentdemo.models.autoencoder import cross_entropy
from latentdemo.models.families.vae import kl_to_prior

SMALL = NetworkConfig(16, 3, 4, 6)


def small(family: str, **options: float):
    return build_model(family, SMALL, options, seed=0)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("size", "channels"), [(16, 1), (32, 3), (64, 1), (128, 3)])
def test_encode_and_decode_contract(family: str, size: int, channels: int) -> None:
    model = build_model(family, NetworkConfig(size, channels, 2, 5), seed=0).eval()
    images = torch.rand(3, channels, size, size)
    posterior = model.encode(images)
    likelihood = model.decode(posterior.mean)
    assert posterior.mean.shape == (3, 5)
    assert likelihood.mean.shape == images.shape
    assert posterior.mean.dtype == likelihood.mean.dtype == torch.float32
    assert likelihood.mean.min() >= 0
    assert likelihood.mean.max() <= 1


def test_unknown_family_and_unknown_option_are_named() -> None:
    with pytest.raises(UnknownFamilyError, match="gan"):
        build_model("gan", SMALL)
    for family in FAMILIES:
        with pytest.raises(NetworkConfigError, match="temperature"):
            small(family, temperature=1.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_wrong_shapes_are_named(family: str) -> None:
    model = small(family)
    with pytest.raises(ImageShapeError, match="3, 16, 16"):
        model.encode(torch.rand(2, 1, 16, 16))
    with pytest.raises(ImageShapeError, match=r"\(N, 6\)"):
        model.decode(torch.rand(2, 7))


GREY = torch.linspace(0.0, 1.0, 3 * 16 * 16).reshape(1, 3, 16, 16)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ((255 * GREY).to(torch.uint8), r"torch\.uint8.*images\.float\(\) / 255"),
        (255 * GREY, r"from 0 to 255.*images / 255"),
        (2 * GREY - 1, r"from -1 to 1.*\(images \+ 1\) / 2"),
        ((GREY - GREY.mean()) / GREY.std(), "normalised otherwise"),
        (GREY > 0.5, r"torch\.bool"),
        (GREY.to(torch.complex64), r"torch\.complex64"),
        (GREY.where(GREY < 0.9, torch.nan), "not finite"),
        (GREY.where(GREY < 0.9, torch.inf), "not finite"),
        (GREY.numpy(), r"ndarray.*torch\.as_tensor"),
    ],
    ids=["bytes", "0 to 255", "-1 to 1", "standardised", "bool", "complex", "nan", "inf", "array"],
)
def test_images_that_are_no_grey_values_are_refused_with_the_remedy(images, message: str) -> None:
    with pytest.raises(ImageValuesError, match=message):
        small("vae").encode(images)


def test_latents_that_are_no_floats_are_refused() -> None:
    for latents in (torch.zeros(2, 6, dtype=torch.long), np.zeros((2, 6))):
        with pytest.raises(ImageValuesError, match="latents are"):
            small("vae").decode(latents)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_left_of_rounding_noise_and_precision_is_taken(family: str) -> None:
    model = small(family).eval()
    expected = model.encode(GREY).mean
    torch.testing.assert_close(model.encode(GREY.double()).mean, expected)
    assert model.encode(1.1 * GREY - 0.05).mean.isfinite().all()  # edges after bicubic scaling
    assert model.encode(model.corrupt(GREY.repeat(50, 1, 1, 1), torch.Generator().manual_seed(0))).mean.isfinite().all()
    assert len(model.encode(GREY[:0])) == 0
    assert model.decode(torch.zeros(1, 6, dtype=torch.float64)).mean.dtype == torch.float32


def test_a_gaussian_posterior_draws_what_it_says() -> None:
    posterior = Posterior(torch.tensor([[1.0, -2.0]]).expand(50_000, 2), torch.tensor([[0.5, 3.0]]).expand(50_000, 2))
    drawn = posterior.sample(torch.Generator().manual_seed(0))
    error = 5 / math.sqrt(50_000)
    assert torch.allclose(drawn.mean(0), torch.tensor([1.0, -2.0]), atol=3 * error)
    assert torch.allclose(drawn.std(0) / torch.tensor([0.5, 3.0]), torch.ones(2), atol=error)


@pytest.mark.parametrize("family", ["vae", "dvae"])
def test_a_gaussian_encoder_gives_mean_and_log_variance(family: str) -> None:
    outputs = torch.tensor([[1.0, -2.0, 0.0, 3.0, 0.5, 0.25], [math.log(0.25)] * 5 + [99.0]]).reshape(1, 12)
    posterior = small(family).posterior(outputs)
    assert torch.equal(posterior.mean, outputs[:, :6])
    assert torch.allclose(posterior.std[:, :5], torch.full((1, 5), 0.5))
    assert posterior.std.isfinite().all()
    assert (posterior.std < 100).all()


@pytest.mark.parametrize("family", ["aae", "daae"])
def test_a_deterministic_encoder_has_a_point_mass(family: str) -> None:
    posterior = small(family).eval().encode(torch.rand(2, 3, 16, 16))
    assert posterior.std is None
    assert torch.equal(posterior.sample(torch.Generator()), posterior.mean)


def test_a_likelihood_draws_its_noise_within_bounds() -> None:
    likelihood = Likelihood(torch.full((1, 1, 200, 200), 0.5), 0.05)
    assert likelihood.sample(torch.Generator().manual_seed(0)).std().item() == pytest.approx(0.05, rel=0.02)
    bright = Likelihood(torch.ones(1, 1, 50, 50), 0.5).sample(torch.Generator().manual_seed(0))
    assert bright.max() == 1.0
    assert bright.min() >= 0.0


@pytest.mark.parametrize(("family", "std"), [("vae", 0.0), ("aae", 0.0), ("dvae", 0.3), ("daae", 0.3)])
def test_corruption_has_the_configured_spread(family: str, std: float) -> None:
    model = small(family, **({"corruption_std": std} if std else {}))
    images = torch.rand(40, 3, 16, 16)
    noise = model.corrupt(images, torch.Generator().manual_seed(0)) - images
    assert noise.std().item() == pytest.approx(std, rel=0.03)


@pytest.mark.parametrize("family", FAMILIES)
def test_training_lowers_the_reconstruction_loss(family: str) -> None:
    model = small(family).train()
    optimizers = {name: torch.optim.Adam(group, 1e-2) for name, group in model.parameter_groups().items()}
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(8, 3, 16, 16, generator=generator).round()
    losses = []
    for _ in range(30):
        for objective in model.objectives(images, generator):
            optimizers[objective.group].zero_grad()
            objective.loss.backward()
            optimizers[objective.group].step()
            if "reconstruction" in objective.terms:
                losses.append(objective.terms["reconstruction"].item())
    assert losses[-1] < 0.95 * losses[0]


@pytest.mark.parametrize("family", ["dvae", "daae"])
def test_a_denoising_model_sees_corrupted_images_and_must_give_back_clean_ones(family: str) -> None:
    model = small(family, corruption_std=0.5).eval()
    images = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    told = next(model.objectives(images, torch.Generator().manual_seed(0))).terms["reconstruction"]
    again = torch.Generator().manual_seed(0)
    seen = images + 0.5 * torch.randn(images.shape, generator=again)
    logits = model.decoder(model.encode(seen).sample(again))
    assert told.item() == pytest.approx(cross_entropy(logits, images).item(), rel=1e-5)


@pytest.mark.parametrize(("family", "plain"), [("dvae", "vae"), ("daae", "aae")])
def test_without_corruption_a_denoising_model_is_the_plain_one(family: str, plain: str) -> None:
    images = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    losses = [
        [objective.loss.item() for objective in model.objectives(images, torch.Generator().manual_seed(0))]
        for model in (small(family, corruption_std=0.0), small(plain), small(family))
    ]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_objective_moves_its_own_parameters_and_no_others(family: str) -> None:
    model = small(family).train()
    groups = model.parameter_groups()
    assert sorted(map(id, model.parameters())) == sorted(id(p) for group in groups.values() for p in group)
    optimizers = {name: torch.optim.SGD(group, 1e-2) for name, group in groups.items()}
    for objective in model.objectives(torch.rand(8, 3, 16, 16), torch.Generator().manual_seed(0)):
        before = {name: [parameter.clone() for parameter in group] for name, group in groups.items()}
        optimizers[objective.group].zero_grad()
        objective.loss.backward()
        optimizers[objective.group].step()
        for name, group in groups.items():
            moved = [not torch.equal(new, old) for new, old in zip(group, before[name], strict=True)]
            assert all(moved) if name == objective.group else not any(moved)


def test_the_adversary_does_not_reach_the_encoder() -> None:
    model = small("aae").train()
    *_, verdict = model.objectives(torch.rand(8, 3, 16, 16), torch.Generator().manual_seed(0))
    verdict.loss.backward()
    assert all(parameter.grad is None for parameter in model.parameter_groups()["autoencoder"])


def test_the_adversary_learns_to_tell_prior_draws_from_encodings() -> None:
    model = small("aae", adversary_dropout=0.0)
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(64, 3, 16, 16, generator=generator)
    optimizer = torch.optim.Adam(model.parameter_groups()["adversary"], 1e-3)
    for _ in range(30):
        *_, verdict = model.objectives(images, generator)
        optimizer.zero_grad()
        verdict.loss.backward()
        optimizer.step()
    prior = model.adversary(torch.randn(500, 6, generator=generator), generator).mean()
    assert prior > 0 > model.adversary(model.encode(images).mean, generator).mean()


def test_the_adversary_is_what_holds_an_aae_to_the_prior() -> None:
    losses = []
    for weight in (1.0, 2.0):
        model = small("aae", adversary_weight=weight).train()
        first = next(model.objectives(torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(1)),
                                      torch.Generator().manual_seed(0)))  # fmt: skip
        losses.append((first.loss.item(), first.terms["doubt"].item()))
    assert losses[1][0] - losses[0][0] == pytest.approx(losses[0][1], rel=1e-4)


def test_a_seed_fixes_the_weights_and_leaves_global_randomness_alone() -> None:
    before = torch.get_rng_state()
    first, second = (build_model("vae", SMALL, seed=3).state_dict() for _ in range(2))
    other = build_model("vae", SMALL, seed=4).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["encoder.0.weight"], other["encoder.0.weight"])


def test_kl_is_that_of_the_distributions() -> None:
    mean, std = torch.randn(5, 3), torch.rand(5, 3) + 0.1
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mean, std), normal(0.0, 1.0)).sum(1).mean()
    assert kl_to_prior(Posterior(mean, std), torch.Generator()).item() == pytest.approx(expected.item(), rel=1e-4)


def test_cross_entropy_is_summed_over_an_image_and_averaged_over_images() -> None:
    logits, images = torch.randn(4, 1, 8, 8), torch.rand(4, 1, 8, 8)
    expected = F.binary_cross_entropy(torch.sigmoid(logits), images, reduction="none").sum((1, 2, 3)).mean()
    assert cross_entropy(logits, images).item() == pytest.approx(expected.item(), rel=1e-4)
