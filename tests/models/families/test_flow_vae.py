from dataclasses import replace

import pytest
import torch

from latentdemo.checkpoints import load_model, save_checkpoint
from latentdemo.errors import NetworkConfigError
from latentdemo.models import NetworkConfig, Posterior, build_model
from latentdemo.models.families.flow_vae import BLOCK, FlowPosterior, FlowVAE
from latentdemo.sampling import run_chain

SMALL = NetworkConfig(16, 3, 4, 6)
SMALL_FLOW = {"flow_transforms": 3, "flow_hidden": 32}


@pytest.fixture
def model() -> FlowVAE:
    """A model whose flow is far from the identity."""
    built = build_model("flow-vae", SMALL, SMALL_FLOW, seed=0).eval().requires_grad_(False)
    assert isinstance(built, FlowVAE)
    for layer in built.prior.flow.transform.transforms:
        layer.hyper[-1].weight.mul_(20)
    return built


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_map_and_its_inverse_undo_each_other(model: FlowVAE) -> None:
    encoded = torch.randn(500, 6, generator=generator())
    latents, _ = model.prior(encoded)
    assert (latents - encoded).abs().mean() > 0.1
    assert torch.allclose(model.prior.inverse(latents), encoded, atol=1e-3)
    assert torch.allclose(model.prior(model.prior.inverse(encoded))[0], encoded, atol=1e-3)


def test_before_training_the_prior_is_nearly_standard_normal() -> None:
    encoded = torch.randn(100, 6, generator=generator())
    latents, log_slope = build_model("flow-vae", SMALL, SMALL_FLOW, seed=0).prior(encoded)
    assert (latents - encoded).abs().mean() < 0.1
    assert log_slope.abs().mean() < 0.1


def test_the_slopes_are_those_of_the_map(model: FlowVAE) -> None:
    encoded = torch.randn(6, generator=generator())
    jacobian = torch.autograd.functional.jacobian(lambda z: model.prior(z[None])[0][0], encoded)
    log_slope = model.prior(encoded[None])[1]
    assert log_slope.sum().item() == pytest.approx(torch.linalg.slogdet(jacobian).logabsdet.item(), abs=1e-3)


def test_the_density_is_that_of_the_library(model: FlowVAE) -> None:
    encoded = torch.randn(50, 6, generator=generator())
    latents, log_slope = model.prior(encoded)
    ours = (torch.distributions.Normal(0.0, 1.0).log_prob(latents) + log_slope).sum(dim=1)
    assert torch.allclose(ours, model.prior.flow().log_prob(encoded), atol=1e-3)


def test_decoding_a_latent_is_decoding_where_the_inverse_carries_it(model: FlowVAE) -> None:
    latents = torch.randn(8, 6, generator=generator())
    expected = torch.sigmoid(model.decoder(model.prior.inverse(latents)))
    assert torch.allclose(model.decode(latents).mean, expected, atol=1e-6)
    assert not torch.allclose(model.decode(latents).mean, torch.sigmoid(model.decoder(latents)), atol=1e-3)


def test_the_posterior_is_the_encoders_gaussian_carried_by_the_map(model: FlowVAE) -> None:
    images = torch.rand(8, 3, 16, 16, generator=generator())
    location, log_variance = model.encoder(images).chunk(2, dim=1)
    posterior = model.encode(images)
    assert torch.allclose(posterior.mean, model.prior(location)[0], atol=1e-5)
    drawn = Posterior(location, torch.exp(0.5 * log_variance)).sample(generator(1))
    assert torch.allclose(posterior.sample(generator(1)), model.prior(drawn)[0], atol=1e-4)


def test_a_chain_step_through_the_base_space_is_one_through_the_encoders_space(model: FlowVAE) -> None:
    start = torch.randn(8, 6, generator=generator())
    image = torch.sigmoid(model.decoder(model.prior.inverse(start)))
    location, _ = model.encoder(image).chunk(2, dim=1)
    again = model.decode(model.encode(model.decode(start).mean).mean).mean
    assert torch.allclose(again, torch.sigmoid(model.decoder(location)), atol=1e-3)


def test_a_large_batch_gets_what_a_small_one_gets(model: FlowVAE) -> None:
    count = BLOCK + 3
    posterior = FlowPosterior(torch.randn(count, 6), torch.rand(count, 6) + 0.1, prior=model.prior)
    last = replace(posterior, location=posterior.location[-2:], std=posterior.std[-2:])
    assert len(posterior) == len(posterior.mean) == count
    assert torch.allclose(posterior.mean[-2:], last.mean, atol=1e-5)
    assert torch.allclose(model.prior.inverse(posterior.mean)[-2:], model.prior.inverse(last.mean), atol=1e-4)


def posterior_of_one(model: FlowVAE, count: int, std: float = 0.5) -> FlowPosterior:
    location = torch.tensor([0.5, -1.0, 0.0, 1.0, -0.3, 0.2]).expand(count, -1)
    return FlowPosterior(location, torch.full((count, 6), std), prior=model.prior)


def test_the_density_of_the_posterior_integrates_to_that_of_its_draws(model: FlowVAE) -> None:
    """E_q[p(u) / q(u)] is 1 for any density p, here a Gaussian fitted to the draws."""
    posterior = posterior_of_one(model, 40_000)
    draws = posterior.sample(generator())
    fitted = torch.distributions.MultivariateNormal(draws.mean(0), 0.5 * draws.T.cov())
    normalised = posterior.log_density(draws) - 3.0 * torch.log(torch.tensor(2.0 * torch.pi))
    ratio = (fitted.log_prob(draws) - normalised).exp()
    error = ratio.std() / len(ratio) ** 0.5
    assert error < 0.05
    assert ratio.mean().item() == pytest.approx(1.0, abs=5 * error.item())


def test_the_kl_estimate_is_unbiased(model: FlowVAE) -> None:
    """Against E_q[log q(u) - log N(u)] in the base space, from other draws and the density that is tested above."""
    posterior = posterior_of_one(model, 40_000)
    estimate = posterior.kl_to_prior(generator(1)).sum(dim=1)
    draws = posterior.sample(generator(2))
    in_base_space = posterior.log_density(draws) + 0.5 * draws.square().sum(dim=1)
    error = (estimate.var() + in_base_space.var()).sqrt().item() / len(draws) ** 0.5
    assert estimate.mean().item() == pytest.approx(in_base_space.mean().item(), abs=4 * error)
    assert error < 0.05


def test_with_the_identity_as_map_the_kl_is_the_closed_form_in_each_dimension(model: FlowVAE) -> None:
    for layer in model.prior.flow.transform.transforms:
        layer.hyper[-1].weight.zero_()
    posterior = posterior_of_one(model, 40_000)
    estimates = posterior.kl_to_prior(generator())
    exact = Posterior(posterior.location, posterior.std).kl_to_prior(generator())[0]
    error = estimates.std(dim=0) / len(estimates) ** 0.5
    assert ((estimates.mean(dim=0) - exact).abs() < 4 * error + 1e-5).all()


def test_a_dimension_that_carries_nothing_has_no_kl(model: FlowVAE) -> None:
    for layer in model.prior.flow.transform.transforms:
        layer.hyper[-1].weight.zero_()
    posterior = FlowPosterior(torch.zeros(100, 6), torch.ones(100, 6), prior=model.prior)
    assert torch.allclose(posterior.kl_to_prior(generator()), torch.zeros(100, 6), atol=1e-5)


def test_its_loss_is_the_bound_under_the_flow(model: FlowVAE) -> None:
    images = torch.rand(8, 3, 16, 16, generator=generator())
    told = next(model.objectives(images, generator(1)))
    kl = model.encode(images).kl_to_prior(generator(1)).sum(dim=1).mean()
    assert told.terms["kl"].item() == pytest.approx(kl.item(), rel=1e-5)
    assert told.loss.item() == pytest.approx((told.terms["reconstruction"] + kl).item(), rel=1e-5)


def test_the_gradient_reaches_the_flow_and_through_it_the_encoder() -> None:
    model = build_model("flow-vae", SMALL, SMALL_FLOW, seed=0)
    posterior = model.encode(torch.rand(8, 3, 16, 16))
    posterior.kl_to_prior(generator()).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.prior.parameters())
    assert all(parameter.grad is not None for parameter in model.encoder.parameters())


def test_training_the_flow_alone_moves_the_prior_to_the_encodings() -> None:
    model = build_model("flow-vae", SMALL, SMALL_FLOW, seed=0)
    location = torch.randn(400, 6, generator=generator())
    location = torch.cat([location[:, :3].sign() * 1.5, location[:, 3:] * 0.2 + location[:, :3]], dim=1)
    posterior = FlowPosterior(location, torch.full_like(location, 0.1), prior=model.prior)
    optimizer, noise, losses = torch.optim.Adam(model.prior.parameters(), 3e-3), generator(1), []
    for _ in range(60):
        kl = posterior.kl_to_prior(noise).sum(dim=1).mean()
        optimizer.zero_grad()
        kl.backward()
        optimizer.step()
        losses.append(kl.item())
    assert sum(losses[-5:]) / 5 < losses[0] - 3.0


def test_the_map_stays_in_full_precision_under_autocast(model: FlowVAE) -> None:
    latents = torch.randn(20, 6, generator=generator())
    with torch.autocast("cpu", torch.bfloat16):
        mapped, back = model.prior(latents)[0], model.prior.inverse(latents)
    assert torch.equal(mapped, model.prior(latents)[0])
    assert torch.equal(back, model.prior.inverse(latents))


def test_a_saved_model_comes_back_with_its_flow(model: FlowVAE, tmp_path) -> None:
    save_checkpoint(tmp_path / "own" / "flow-vae", model, "fashion-mnist")
    loaded = load_model("own/flow-vae", "cpu", tmp_path)
    latents = torch.randn(50, 6, generator=generator())
    assert loaded.options() == model.options()
    assert torch.allclose(loaded.prior.inverse(latents), model.prior.inverse(latents), atol=0.02)
    assert torch.allclose(loaded.decode(latents).mean, model.decode(latents).mean, atol=0.02)
    images = torch.rand(8, 3, 16, 16, generator=generator())
    assert torch.allclose(loaded.encode(images).mean, model.encode(images).mean, atol=0.05)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flow_transforms": 0}, "flow_transforms is 0"),
        ({"flow_transforms": 2.5}, "flow_transforms is 2.5"),
        ({"flow_transforms": 17}, "from 1 to 16"),
        ({"flow_hidden": -1}, "flow_hidden is -1"),
        ({"flow_hidden": 4000}, "weights; take fewer"),
    ],
)
def test_sizes_that_cannot_be_built_are_named(options: dict, words: str) -> None:
    with pytest.raises(NetworkConfigError, match=words):
        build_model("flow-vae", SMALL, options)


def test_its_weights_are_counted_without_memory_for_its_networks() -> None:
    with torch.device("meta"):
        planned = build_model("flow-vae", SMALL, SMALL_FLOW)
    built = build_model("flow-vae", SMALL, SMALL_FLOW)
    assert planned.encoder[0].weight.is_meta
    assert sum(p.numel() for p in planned.parameters()) == sum(p.numel() for p in built.parameters())


def test_a_seed_fixes_the_flow(model: FlowVAE) -> None:
    first, second, other = (
        build_model("flow-vae", SMALL, SMALL_FLOW, seed=seed).prior.state_dict() for seed in (3, 3, 4)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_chains_run_on_it_and_are_the_same_alone(model: FlowVAE) -> None:
    alone, among = (run_chain(model, count=count, steps=3, seed=7) for count in (1, 6))
    assert torch.allclose(alone.latents[3], among.latents[3][:1], atol=1e-4)
    assert not torch.allclose(among.latents[0], among.latents[3], atol=1e-2)


def test_metropolis_leaves_the_prior_of_the_base_space_invariant(model: FlowVAE) -> None:
    """With an encoder that proposes N(0.5, I) on z, and images that tell nothing, its law is N(0, I) on u."""
    model.encoder[-1].weight.zero_()
    model.encoder[-1].bias.copy_(torch.tensor([0.5] * 6 + [0.0] * 6))
    model.residual_std = 1e4
    proposed = model.encode(torch.zeros(500, 3, 16, 16)).sample(generator())
    run = run_chain(model, "metropolis-within-gibbs", count=500, steps=25, seed=7, record=(25,))
    latents, error = run.latents[25], 500**-0.5
    assert run.info.accepted.float().mean() > 0.05
    assert proposed.mean(dim=0).abs().min() > 6 * error
    assert latents.mean(dim=0).abs().max() < 4 * error
    assert (latents.std(dim=0) - 1.0).abs().max() < 4 * error
