"""Nothing is computed elsewhere without saying so."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from latentdemo.checkpoints import load_model
from latentdemo.engine.stepping.static import StaticNoise
from latentdemo.random import ChainNoise, chain_generators
from latentdemo.sampling import KERNELS, ChainSpec
from latentdemo.sampling.densities.store import load_densities
from latentdemo.sampling.kernels.kernel import figures_of

MODEL = "fashion-mnist/vae"
FLOATS = (torch.float32, torch.float64, torch.bfloat16)


class Elsewhere(TorchDispatchMode):
    """Notes operations that compute with more than a few floating-point numbers on the processor."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        outputs = made if isinstance(made, tuple | list) else [made]
        for each in outputs:
            numbers = isinstance(each, torch.Tensor) and each.dtype in FLOATS and each.numel() > 1
            if numbers and each.device.type == "cpu":
                self.found.append(str(function))
        return made


def static_noise(rows: int) -> StaticNoise:
    """Noise that lies on the device already."""
    return StaticNoise(torch.rand(rows, 10_000, device="cuda"))


@pytest.mark.parametrize("way", [{"kernel": name} for name in KERNELS] + [{"stop_at": 0.5}], ids=str)
def test_a_step_computes_on_its_device(way: dict) -> None:
    model = load_model(MODEL, "cuda")
    kernel = ChainSpec(**way).build(model)
    latent = torch.randn(5, model.latent_size, device="cuda")
    recordable = getattr(kernel, "recordable", False)
    noise = static_noise(5) if recordable else ChainNoise.of(chain_generators(0, 5), 2)
    with torch.no_grad():
        state = kernel.init(latent, noise)
        with Elsewhere() as elsewhere:
            state, info = kernel.step(state, noise)
    assert {each.device.type for each in (state.latent, *figures_of(info).values())} == {"cuda"}
    if recordable:
        assert elsewhere.found == []


@torch.no_grad()
def test_densities_compute_on_their_device() -> None:
    model = load_model(MODEL, "cuda")
    latents = torch.randn(6, model.latent_size, device="cuda")
    for name, fitted in load_densities(model.folder, "cuda").items():
        with Elsewhere() as elsewhere:
            told = fitted.density.log_density(latents)
        assert elsewhere.found == [], name
        assert told.device.type == "cuda", name
        assert fitted.density.sample(4, torch.Generator("cuda")).device.type == "cuda", name
