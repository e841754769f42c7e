import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from latentdemo import load_model, run_chain
from latentdemo.checkpoints import save_checkpoint
from latentdemo.errors import AdapterError, CheckpointCorruptError, CheckpointFileMissingError
from latentdemo.models.adapters import read_diffusers, read_others

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


def small(**settings: object):
    """A small untrained autoencoder, of several files where it is saved in parts."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return diffusers.AutoencoderKL(**BLOCKS, **settings).eval()


def rebuilt_by(model, images: torch.Tensor) -> torch.Tensor:
    """Reconstructions of a model of this project."""
    return model.decode(model.encode(images).mean).mean


def check_same(theirs, folder: Path) -> None:
    """What is read of a folder reconstructs as their model does."""
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        rebuilt = theirs.decode(theirs.encode(2 * images - 1).latent_dist.mean).sample / 2 + 0.5
    torch.testing.assert_close(rebuilt_by(read_diffusers(folder), images), rebuilt.clamp(0, 1), atol=2e-3, rtol=0)


FORMS = {
    "safetensors": {},
    "bin": {"safe_serialization": False},
    "parts": {"max_shard_size": "100KB"},
    "parts of bin": {"max_shard_size": "100KB", "safe_serialization": False},
    "variant": {"variant": "fp16"},
    "variant in parts": {"variant": "fp16", "max_shard_size": "100KB"},
    "variant of bin": {"variant": "non_ema", "safe_serialization": False},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_that_the_library_writes_is_read(form: str, tmp_path) -> None:
    theirs = small()
    theirs.save_pretrained(tmp_path, **FORMS[form])
    if "parts" in form:
        assert len(list(tmp_path.glob("*-of-*"))) > 1
    check_same(theirs, tmp_path)


def test_parts_with_a_variant_are_read_under_their_older_name(tmp_path) -> None:
    theirs = small()
    theirs.save_pretrained(tmp_path, variant="fp16", max_shard_size="100KB")
    (index,) = tmp_path.glob("*.index*")
    index.rename(tmp_path / "diffusion_pytorch_model.safetensors.fp16.index.json")
    check_same(theirs, tmp_path)


def test_half_weights_serve_in_float32(tmp_path) -> None:
    halved = small().half()
    halved.save_pretrained(tmp_path)
    check_same(halved.float(), tmp_path)


def test_a_pipeline_has_it_in_a_folder_of_its_own(tmp_path) -> None:
    theirs = small()
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(CheckpointFileMissingError, match=r"vae holds no config\.json"):
        read_others(tmp_path)
    theirs.save_pretrained(tmp_path / "vae")
    check_same(theirs, tmp_path)
    assert read_others(tmp_path).latent_size == 4 * 16 * 16


def test_attention_under_its_older_names_is_read(tmp_path) -> None:
    theirs = small()
    theirs.save_pretrained(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    state = theirs.state_dict()
    for now, then in older.items():
        state = {name.replace(f".{now}.", f".{then}."): value for name, value in state.items()}
    assert sum("proj_attn" in name for name in state) == 4
    save_file(state, weights)
    check_same(theirs, tmp_path)


@pytest.mark.parametrize("nulls", [{}, {"scaling_factor": None, "latents_mean": None}], ids=["left out", "null"])
def test_what_a_configuration_leaves_out_has_the_librarys_default(nulls: dict, tmp_path) -> None:
    theirs = small()
    theirs.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    given = {name: value for name, value in json.loads(path.read_text()).items() if name in ("_class_name", *BLOCKS)}
    path.write_text(json.dumps(given | nulls))
    check_same(theirs, tmp_path)
    model = read_diffusers(tmp_path)
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        expected = 0.18215 * theirs.encode(2 * images - 1).latent_dist.mean
    torch.testing.assert_close(model.encode(images).mean, expected.flatten(1), atol=1e-5, rtol=0)
    assert model.options()["scaling_factor"] == 0.18215  # a later library may have another default


@pytest.mark.parametrize("change", [
    {"scaling_factor": 0.0}, {"scaling_factor": -1.0}, {"scaling_factor": "x"}, {"latents_mean": [0.1]},
    {"latents_std": [0.0] * 4}, {"latents_std": [1.0] * 3},
])  # fmt: skip
def test_a_scale_that_is_none_is_named(change: dict, tmp_path) -> None:
    small().save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(AdapterError, match=r"config\.json does not describe"):
        read_diffusers(tmp_path)


def test_what_is_missing_has_a_name(tmp_path) -> None:
    with pytest.raises(AdapterError, match="not there"):
        read_others(tmp_path / "none")
    with pytest.raises(CheckpointFileMissingError, match=r"holds no config\.json"):
        read_diffusers(tmp_path)
    small().save_pretrained(tmp_path, max_shard_size="100KB")
    part = sorted(tmp_path.glob("*-of-*"))[1]
    part.unlink()
    with pytest.raises(CheckpointFileMissingError, match=f"1 of the .* parts.*such as {part.name}"):
        read_diffusers(tmp_path)
    (index,) = tmp_path.glob("*.index.json")
    for content in ("[]", '{"weight_map": {"a": "../b"}}', '{"weight_map": {"a": 3}}', "{"):
        index.write_text(content)
        with pytest.raises(CheckpointCorruptError, match=r"index\.json is no index of weights"):
            read_diffusers(tmp_path)
    for path in tmp_path.glob("*.safetensors*"):
        path.unlink()
    (tmp_path / "diffusion_flax_model.msgpack").touch()
    with pytest.raises(CheckpointFileMissingError, match=r"holds no weights.*there is diffusion_flax_model\.msgpack"):
        read_diffusers(tmp_path)
    for variant in ("fp16", "ema"):
        (tmp_path / f"diffusion_pytorch_model.{variant}.bin").touch()
    with pytest.raises(AdapterError, match="several variants, ema, fp16"):
        read_diffusers(tmp_path)


def test_a_file_that_git_lfs_has_not_fetched_is_told_so(tmp_path) -> None:
    for form in ("safetensors", "bin"):
        small().save_pretrained(tmp_path / form, **FORMS[form])
        (weights,) = (tmp_path / form).glob("diffusion*")
        weights.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
        with pytest.raises(CheckpointCorruptError, match="git lfs pull"):
            read_diffusers(tmp_path / form)


def test_a_program_in_place_of_tensors_is_not_run(tmp_path) -> None:
    small().save_pretrained(tmp_path, safe_serialization=False)
    torch.save({"a": Path("x")}, tmp_path / "diffusion_pytorch_model.bin")
    with pytest.raises(AdapterError, match="tensors of a model alone"):
        read_diffusers(tmp_path)


def test_other_models_and_broken_folders_are_named(tmp_path) -> None:
    diffusers.AutoencoderKL(**BLOCKS).save_pretrained(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(CheckpointCorruptError, match="diffusion_pytorch_model"):
        read_diffusers(tmp_path)
    weights.unlink()
    with pytest.raises(CheckpointFileMissingError, match=r"diffusion_pytorch_model\.safetensors"):
        read_diffusers(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    for change, message in (
        ({"_class_name": "VQModel"}, "VQModel, taken is AutoencoderKL"),
        ({"sample_size": "x"}, "TypeError"),
        ({"_class_name": None, "family": "vae"}, "it is a None"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(AdapterError, match=message):
            read_diffusers(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(AdapterError, match=r"config\.json"):
        read_diffusers(tmp_path)
