"""A model that serves is the trained one, in fewer operations."""

import copy
from collections.abc import Iterator

import pytest
import torch

from latentdemo.checkpoints import list_models, load_model, load_trained, save_checkpoint
from latentdemo.checkpoints.packed import PackedNetwork, can_pack
from latentdemo.checkpoints.serving import best_precision, serve, subpixel_convolution
from latentdemo.errors import CheckpointMismatchError, LatentdemoError
from latentdemo.models import FAMILIES, NetworkConfig, build_model
from latentdemo.sampling import run_chain

GREY_LEVEL = 1 / 255


def trained(family: str, channels: int = 3):
    """A model whose batch norms have seen something."""
    model = build_model(family, NetworkConfig(32, channels, 4, 6), seed=0)
    generator = torch.Generator().manual_seed(1)
    for name, tensor in model.state_dict().items():
        if "running" in name or tensor.dim() == 1:
            tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
    return model.eval()


@torch.no_grad()
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("channels", [1, 3])
def test_float32_gives_the_same_posteriors_and_pictures(family: str, channels: int) -> None:
    model = trained(family, channels)
    serving = serve(copy.deepcopy(model), "float32")
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in (*serving.encoder, *serving.decoder))
    generator = torch.Generator().manual_seed(2)
    latents = torch.randn(5, 6, generator=generator)
    images = torch.rand(5, channels, 32, 32, generator=generator)
    assert torch.allclose(serving.decode(latents).mean, model.decode(latents).mean, atol=1e-5)
    wanted, found = model.encode(images), serving.encode(images)
    assert torch.allclose(found.mean, wanted.mean, atol=1e-4)
    assert (found.std is None) == (wanted.std is None)
    if wanted.std is not None:
        assert torch.allclose(found.std, wanted.std, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("name", list_models())
def test_bf16_decodes_to_within_a_few_grey_levels_of_the_trained_model(name: str) -> None:
    model, serving = load_trained(name, "cpu"), load_model(name, "cpu", precision="bf16")
    latents = torch.randn(16, model.latent_size, generator=torch.Generator().manual_seed(0))
    wanted, found = model.decode(latents).mean, serving.decode(latents).mean
    assert found.dtype == torch.float32
    assert (found - wanted).abs().mean() < GREY_LEVEL
    assert (serving.encode(wanted).mean - model.encode(wanted).mean).abs().mean() < 0.05


@pytest.mark.parametrize("name", list_models())
def test_chains_are_the_same_alone_and_among_others(name: str) -> None:
    model = load_model(name, "cpu")
    wish = {"count": 24, "steps": 10, "seed": 3, "record": (0, 1, 10)}
    together, apart = (run_chain(model, batch_size=size, **wish) for size in (24, 5))
    for step, images in together.images.items():
        assert (images - apart.images[step]).abs().max() <= GREY_LEVEL


@torch.no_grad()
@pytest.mark.parametrize("name", list_models())
def test_packed_layers_give_what_the_others_give(name: str) -> None:
    plain, serving = serve(load_trained(name, "cpu"), "bf16", pack=False), load_model(name, "cpu", precision="bf16")
    can = can_pack(torch.device("cpu"), torch.bfloat16)
    assert isinstance(serving.encoder, PackedNetwork) == isinstance(serving.decoder, PackedNetwork) == can
    for rows in (1, 16, 65):
        latents = torch.randn(rows, plain.latent_size, generator=torch.Generator().manual_seed(0))
        images = plain.decode(latents).mean
        assert (serving.decode(latents).mean - images).abs().max() <= GREY_LEVEL
        assert torch.allclose(serving.encode(images).mean, plain.encode(images).mean, atol=0.05)


@torch.no_grad()
@pytest.mark.parametrize("name", ["fashion-mnist/vae", "avatars/aae"])
def test_packed_float32_gives_what_the_others_give(name: str) -> None:
    plain, serving = (serve(load_trained(name, "cpu"), "float32", pack=pack) for pack in (False, True))
    for rows in (1, 16, 65):
        latents = torch.randn(rows, plain.latent_size, generator=torch.Generator().manual_seed(0))
        images = plain.decode(latents).mean
        assert torch.allclose(serving.decode(latents).mean, images, atol=1e-4)
        assert torch.allclose(serving.encode(images).mean, plain.encode(images).mean, atol=1e-3)


def test_other_devices_are_not_packed() -> None:
    assert can_pack(torch.device("cpu"), torch.float32) == torch.backends.mkldnn.is_available()
    assert not can_pack(torch.device("cuda"), torch.bfloat16)


@pytest.fixture
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads of PyTorch as the parameter says."""
    usual = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(usual)


@torch.no_grad()
@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize(
    ("precision", "threads"),
    [("float32", 1), ("float32", 2), (None, 1), (None, 2)],
    indirect=["threads"],
)
@pytest.mark.parametrize("name", ["fashion-mnist/vae", "fashion-mnist/daae", "avatars/vae"])
def test_bits_of_a_row_do_not_depend_on_how_many_there_are(name: str, precision: str | None) -> None:
    serving = load_model(name, "cpu", precision=precision)
    latents = torch.randn(256, serving.latent_size, generator=torch.Generator().manual_seed(0))
    images = serving.decode(latents).mean
    means = serving.encode(images).mean
    for rows in (0, 1, 2, 3, 4, 12, 16, 17, 33, 64, 100):
        for some in (slice(rows), slice(256 - rows, 256)):
            assert torch.equal(serving.decode(latents[some]).mean, images[some])
            assert torch.equal(serving.encode(images[some]).mean, means[some])


@pytest.mark.parametrize("family", FAMILIES)
def test_models_whose_layers_are_all_packed_are_content_with_few_rows(family: str) -> None:
    serving = serve(trained(family), "float32")
    assert (serving.least_rows is not None) == (can_pack(serving.device, serving.dtype) and family != "flow-vae")


def test_the_last_layer_is_the_same_function() -> None:
    layer = torch.nn.ConvTranspose2d(6, 3, 4, 2, 1)
    maps = torch.rand(2, 6, 5, 7)
    with torch.no_grad():
        assert torch.allclose(subpixel_convolution(layer)(maps), layer(maps), atol=1e-5)


def test_devices_without_bf16_in_hardware_serve_float32(monkeypatch) -> None:
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    for supported in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda supported=supported: supported)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        assert best_precision(torch.device("cpu")) == ("bf16" if supported else "float32")
        assert best_precision(torch.device("cuda")) == "float32"


def test_an_unknown_precision_is_said(tiny_model) -> None:
    with pytest.raises(LatentdemoError, match="float32, bf16"):
        serve(tiny_model, "int8")


def test_a_model_that_serves_is_not_saved_by_mistake(tiny_model, tmp_path) -> None:
    with pytest.raises(CheckpointMismatchError, match="load_trained"):
        save_checkpoint(tmp_path, serve(tiny_model), "own")
