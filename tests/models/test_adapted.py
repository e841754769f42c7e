import pytest
import torch
from torch import nn

from latentdemo import adapt, list_models, load_model, run_chain
from latentdemo.checkpoints import save_checkpoint
from latentdemo.errors import (
    AdapterError,
    CheckpointConfigError,
    CheckpointDigestError,
    ImageShapeError,
    NetworkConfigError,
    SamplingError,
)
from latentdemo.models import ADAPTERS, AdaptedAutoencoder, AdaptedNetwork, Posterior

SIZE = 8 * 8


def flatten(images: torch.Tensor) -> torch.Tensor:
    return images.flatten(1)


def unflatten(latents: torch.Tensor) -> torch.Tensor:
    return latents.view(-1, 1, 8, 8)


def pictures(count: int, side: int = 8) -> torch.Tensor:
    return torch.rand(count, 1, side, side, generator=torch.Generator().manual_seed(0))


def test_a_pair_of_functions_is_a_model() -> None:
    model = adapt(flatten, unflatten, SIZE, (1, 8, 8), device="cpu")
    images = pictures(3)
    torch.testing.assert_close(model.decode(model.encode(images).mean).mean, images)
    assert (model.latent_size, model.image_shape, model.stochastic) == (SIZE, (1, 8, 8), False)
    assert model.encode(images).std is None


@pytest.mark.parametrize("encode", [
    lambda images: (images.flatten(1), torch.full((len(images), SIZE), 0.5)),
    lambda images: Posterior(images.flatten(1), torch.full((len(images), SIZE), 0.5)),
])  # fmt: skip
def test_an_encoder_may_be_stochastic(encode) -> None:
    model = adapt(encode, unflatten, SIZE, (1, 8, 8), residual_std=0.1, device="cpu")
    posterior = model.encode(pictures(2000))
    assert model.stochastic
    drawn = posterior.sample(torch.Generator().manual_seed(0))
    assert (drawn - posterior.mean).std().item() == pytest.approx(0.5, rel=0.02)
    assert model.decode(drawn).std == 0.1


def test_chains_walk_on_it_as_on_any_model() -> None:
    model = adapt(lambda images: 0.5 * images.flatten(1), unflatten, SIZE, (1, 8, 8), device="cpu")
    run = run_chain(model, count=5, steps=3, seed=7)
    expected = run.latents[0].clamp(0.0, 1.0) * 0.5**3
    torch.testing.assert_close(run.latents[3], expected)
    with pytest.raises(SamplingError, match="no checkpoint folder"):
        run_chain(model, "hmc", count=5, steps=1)


def test_a_margin_is_the_ground_of_a_padded_data_set() -> None:
    model = adapt(flatten, unflatten, SIZE, (1, 8, 8), margin=2, ground=255, device="cpu")
    images = pictures(3, side=12)
    decoded = model.decode(model.encode(images).mean).mean
    assert model.image_shape == (1, 12, 12)
    torch.testing.assert_close(decoded[..., 2:-2, 2:-2], images[..., 2:-2, 2:-2])
    decoded[..., 2:-2, 2:-2] = 1.0
    assert (decoded == 1.0).all()


def test_what_a_decoder_gives_is_clipped_to_grey_values() -> None:
    model = adapt(flatten, lambda latents: 3.0 * unflatten(latents) - 1.0, SIZE, (1, 8, 8), device="cpu")
    decoded = model.decode(torch.rand(4, SIZE)).mean
    assert decoded.min() == 0.0
    assert decoded.max() == 1.0


def networks(dtype: torch.dtype = torch.float32) -> tuple[nn.Module, nn.Module]:
    """An encoder with what inference mode changes, and a decoder."""
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(SIZE, 4), nn.BatchNorm1d(4), nn.Dropout())
    decoder = nn.Sequential(nn.Linear(4, SIZE), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))
    return encoder.to(dtype), decoder.to(dtype)


def test_modules_are_copied_for_inference_and_stay_as_they_were() -> None:
    encoder, decoder = networks()
    encoder[1].bias.requires_grad_(False)
    decoder.eval()
    before = encoder[2].running_mean.clone()
    model = adapt(encoder, decoder, 4, (1, 8, 8), device="cpu")
    assert torch.equal(model.encode(pictures(9)).mean, model.encode(pictures(9)).mean)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert len(list(model.parameters())) == 6
    assert torch.equal(before, encoder[2].running_mean)
    assert [each.training for each in (*encoder, decoder)] == [True, True, True, True, False]
    assert [each.requires_grad for each in encoder.parameters()] == [True, False, True, True]
    first = model.encode(pictures(1)).mean
    encoder[1].weight.data.zero_()
    assert torch.equal(model.encode(pictures(1)).mean, first)


def test_modules_stay_as_they_were_where_they_break_the_contract() -> None:
    encoder, decoder = networks()
    with pytest.raises(AdapterError):
        adapt(encoder, decoder, 5, (1, 8, 8), device="cpu")
    assert encoder.training
    assert all(each.requires_grad for each in (*encoder.parameters(), *decoder.parameters()))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_modules_of_any_precision_serve_in_float32(dtype: torch.dtype) -> None:
    encoder, decoder = networks(dtype)
    model = adapt(encoder, decoder, 4, (1, 8, 8), device="cpu")
    assert model.decode(model.encode(pictures(2)).mean).mean.dtype == torch.float32
    assert encoder[1].weight.dtype == dtype
    with pytest.raises(AdapterError, match=r"float32 with \.float\(\)"):
        adapt(encoder.forward, decoder, 4, (1, 8, 8), device="cpu")


def test_modules_that_share_weights_do_so_again() -> None:
    shared = nn.Linear(SIZE, SIZE, bias=False)
    decoder = nn.Sequential(shared, nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8)))
    model = adapt(nn.Sequential(nn.Flatten(), shared), decoder, SIZE, (1, 8, 8), device="cpu")
    assert len(list(model.parameters())) == 1


def test_a_module_that_cannot_be_copied_is_told_so() -> None:
    encoder, decoder = networks()
    encoder.derived = encoder[1].weight * 2.0
    with pytest.raises(AdapterError, match=r"encode cannot be copied.*wrap it into a function"):
        adapt(encoder, decoder, 4, (1, 8, 8), device="cpu")


@pytest.mark.parametrize("shape", [(1, 8, 16), (2, 8, 8), (4, 8, 8), (1, 0, 0)])
def test_other_than_square_grey_or_colour_pictures_are_refused(shape) -> None:
    with pytest.raises(NetworkConfigError):
        adapt(flatten, unflatten, SIZE, shape, device="cpu")


@pytest.mark.parametrize(
    ("encode", "decode", "message"),
    [
        (lambda images: images, unflatten, r"encode gives mean of shape \(2, 1, 8, 8\)"),
        (lambda images: (flatten(images), torch.ones(len(images), 1)), unflatten, "encode gives std of shape"),
        (lambda images: flatten(images) / 0.0, unflatten, "encode gives mean that are not finite"),
        (flatten, lambda latents: latents, r"decode gives images of shape \(2, 64\)"),
        (flatten, lambda latents: unflatten(latents) * torch.nan, "decode gives images that are not finite"),
        (flatten, lambda latents: latents.view(2, 1, 8, 8), r"decode fails on a tensor of shape \(1, 64\)"),
        (lambda images: (flatten(images), -2.0 * flatten(images)), unflatten, r"std of -2.*exp\(0\.5 \* log_variance"),
        (lambda images: (flatten(images), 0.0 * flatten(images)), unflatten, "std of zero.*the mean alone"),
        (lambda images: (flatten(images),) * 3, unflatten, "encode gives a tuple of Tensor, Tensor, Tensor; it must"),
        (lambda images: {"mean": flatten(images)}, unflatten, "encode gives a dict; it must"),
        (lambda images: flatten(images).numpy(), unflatten, "encode gives a ndarray; it must"),
        (
            lambda images: flatten(images) + torch.randn(SIZE),
            unflatten,
            r"other means.*\(mean, std\) in place of a draw",
        ),
        (lambda images: flatten(images) - flatten(images).mean(0), unflatten, "nor look at the rest of the batch"),
        (flatten, lambda latents: (unflatten(latents), None), "decode gives a tuple of Tensor, NoneType; it must"),
        (flatten, lambda latents: 255.0 * unflatten(latents).sigmoid(), "divide by 255"),
        (flatten, lambda latents: 20.0 * unflatten(latents), "a sigmoid after logits"),
        (flatten, lambda latents: (2.0 * unflatten(latents)).tanh(), r"as if in \[-1, 1\].*\(images \+ 1\) / 2"),
        (flatten, "decoder.pt2", "decode is a str; it must be a function"),
        (lambda images: images @ torch.ones(3, 3), unflatten, r"encode fails on a tensor of shape \(2, 1, 8, 8\)"),
    ],
)
def test_a_pair_that_breaks_the_contract_is_told_so(encode, decode, message: str) -> None:
    with pytest.raises(AdapterError, match=message):
        adapt(encode, decode, SIZE, (1, 8, 8), device="cpu")


@pytest.mark.parametrize("settings", [{"image_shape": (8, 8)}, {"residual_std": -0.1}, {"residual_std": torch.nan}])
def test_settings_that_make_no_sense_are_refused(settings: dict) -> None:
    with pytest.raises(NetworkConfigError, match=next(iter(settings))):
        adapt(flatten, unflatten, SIZE, **({"image_shape": (1, 8, 8)} | settings), device="cpu")


def test_images_and_latents_of_other_shapes_are_refused() -> None:
    model = adapt(flatten, unflatten, SIZE, (1, 8, 8), device="cpu")
    with pytest.raises(ImageShapeError):
        model.encode(pictures(2, side=9))
    with pytest.raises(ImageShapeError):
        model.decode(torch.zeros(2, SIZE + 1))


def test_functions_cannot_be_saved(tmp_path) -> None:
    model = adapt(flatten, unflatten, SIZE, (1, 8, 8), device="cpu")
    with pytest.raises(AdapterError, match=r"torch\.export"):
        save_checkpoint(tmp_path / "own" / "flat", model, "own")
    assert not (tmp_path / "own").exists()


class Flat(AdaptedAutoencoder):
    """An adapter of one's own: latents are pixels times what the file holds."""

    family = "flat"
    title = "Flat"
    files = ("factor.txt",)

    @classmethod
    def restore(cls, network, options, content, device):
        factor = float(content["factor.txt"])
        return cls(
            lambda x: factor * flatten(x), lambda z: unflatten(z) / factor, network, options=options, device=device
        )

    def content(self):
        return {"factor.txt": str(self.options()["factor"]).encode()}


def test_an_adapter_of_ones_own_serves_a_checkpoint_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(ADAPTERS, "flat", Flat)
    network = AdaptedNetwork(8, 1, SIZE)
    made = Flat(flatten, unflatten, network, 0.25, {"factor": 2.0})
    folder = tmp_path / "own" / "flat"
    config = save_checkpoint(folder, made, "own")
    assert list_models(tmp_path) == ["own/flat"]
    model = load_model("own/flat", "cpu", tmp_path)
    images = pictures(2)
    torch.testing.assert_close(model.encode(images).mean, 2.0 * flatten(images))
    assert (model.residual_std, model.folder, config.family) == (0.25, folder, "flat")
    (folder / "factor.txt").write_text("3.0")
    with pytest.raises(CheckpointDigestError, match=r"factor\.txt has the digest"):
        load_model("own/flat", "cpu", tmp_path)


@pytest.mark.parametrize("network", [
    {"image_size": 8}, {"image_size": 8, "channels": 2, "latent_size": 4}, {"image_size": "8", "channels": 1,
    "latent_size": 4}, {"image_size": 8, "channels": 1, "latent_size": 4, "margin": 4},
    {"image_size": 8, "channels": 1, "latent_size": 4, "ground": 256},
])  # fmt: skip
def test_a_configuration_with_impossible_sizes_is_named(tmp_path, monkeypatch, network: dict) -> None:
    monkeypatch.setitem(ADAPTERS, "flat", Flat)
    folder = tmp_path / "own" / "flat"
    folder.mkdir(parents=True)
    text = f'{{"family": "flat", "network": {network}, "options": {{}}, "residual_std": 0.1, "dataset": "own"}}'
    (folder / "config.json").write_text(text.replace("'", '"'))
    with pytest.raises(CheckpointConfigError, match=r"config\.json"):
        load_model("own/flat", "cpu", tmp_path)
