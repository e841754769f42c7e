import json

import pytest
import torch

from latentdemo import load_model, run_chain
from latentdemo.checkpoints import save_checkpoint
from latentdemo.errors import AdapterError, CheckpointCorruptError, CheckpointFileMissingError
from latentdemo.models.adapters import read_diffusers

diffusers = pytest.importorskip("diffusers")
BLOCKS = {
    "block_out_channels": (32, 64),
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "layers_per_block": 1,
    "latent_channels": 4,
    "sample_size": 32,
}
OF_CHANNELS = {"latents_mean": [0.1, 0.2, -0.3, 0.4], "latents_std": [0.5, 1.0, 2.0, 4.0], "scaling_factor": 1.0}


@pytest.fixture(params=[{}, {"shift_factor": 0.1, "scaling_factor": 0.36}, OF_CHANNELS], ids=str)
def theirs(request):
    """An untrained autoencoder of diffusers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return diffusers.AutoencoderKL(**BLOCKS, **request.param).eval()


def test_an_autoencoder_gives_what_it_gives_there(theirs, tmp_path) -> None:
    theirs.save_pretrained(tmp_path / "vae")
    images = torch.rand(3, 3, 32, 32)
    with torch.no_grad():
        latents = theirs.encode(2 * images - 1).latent_dist
        rebuilt = (theirs.decode(latents.mean).sample / 2 + 0.5).clamp(0, 1)
    model = read_diffusers(tmp_path / "vae")
    save_checkpoint(tmp_path / "checkpoints" / "own" / "kl", model, "own")
    again = load_model("own/kl", "cpu", tmp_path / "checkpoints")
    for each in (model, again):
        posterior = each.encode(images)
        torch.testing.assert_close(each.decode(posterior.mean).mean, rebuilt, atol=1e-5, rtol=0)
        assert (each.latent_size, each.stochastic) == (4 * 16 * 16, True)
    torch.testing.assert_close(posterior.mean, scaled(theirs.config, latents.mean).flatten(1), atol=1e-5, rtol=0)
    spread = scaled(theirs.config, latents.mean + latents.std) - scaled(theirs.config, latents.mean)
    torch.testing.assert_close(posterior.std, spread.flatten(1), atol=1e-4, rtol=0)
    assert run_chain(again, count=2, steps=1).images[1].shape == (2, 3, 32, 32)


def scaled(config, latents: torch.Tensor) -> torch.Tensor:
    """Latents as the pipelines of diffusers hand them to a diffusion model."""
    if config.latents_mean is not None:
        mean, std = (torch.tensor(values).view(1, 4, 1, 1) for values in (config.latents_mean, config.latents_std))
        return (latents - mean) * config.scaling_factor / std
    return (latents - (config.shift_factor or 0.0)) * config.scaling_factor


def test_pictures_of_other_sizes_are_taken_if_the_stride_allows(tmp_path) -> None:
    diffusers.AutoencoderKL(**BLOCKS).save_pretrained(tmp_path)
    model = read_diffusers(tmp_path, 48)
    assert (model.image_shape, model.latent_size) == ((3, 48, 48), 4 * 24 * 24)
    with pytest.raises(AdapterError, match="multiple of the stride, 2"):
        read_diffusers(tmp_path, 33)


def test_other_models_and_broken_folders_are_named(tmp_path) -> None:
    diffusers.AutoencoderKL(**BLOCKS).save_pretrained(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointCorruptError, match="diffusion_pytorch_model"):
        read_diffusers(tmp_path)
    weights.rename(tmp_path / "diffusion_pytorch_model.bin")
    with pytest.raises(CheckpointFileMissingError, match=r"diffusion_pytorch_model\.safetensors"):
        read_diffusers(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    for change, message in (
        ({"_class_name": "VQModel"}, "VQModel, taken is AutoencoderKL"),
        ({"sample_size": "x"}, "TypeError"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(AdapterError, match=message):
            read_diffusers(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(AdapterError, match=r"config\.json"):
        read_diffusers(tmp_path)
