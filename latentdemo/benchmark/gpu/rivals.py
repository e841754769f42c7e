"""Other ways to walk the plain chain on a GPU, with the same weights and noise made on the device; and the recorded
step alone, which is what is left where launches cost nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from latentdemo.benchmark.runtimes import both_exported
from latentdemo.engine.stepping.device import CudaDevice, EagerDevice
from latentdemo.engine.stepping.static import StaticStep
from latentdemo.engine.stepping.stepper import size_class
from latentdemo.models import Posterior, TrainableAutoencoder
from latentdemo.models.device import Precision
from latentdemo.random import ChainNoise, chain_generators, randn
from latentdemo.sampling import ChainSpec

Walk = Callable[[int, int], Tensor]
"""Takes (chains, steps), gives the decoded means (N, C, H, W) after the last step, on the CPU."""
Step = Callable[[Tensor, Tensor], Tensor]
"""Takes latents (N, D) and normal noise (N, D), gives latents."""


def loop_over(model: TrainableAutoencoder, step: Step) -> Walk:
    """Steps one after the other, from the prior."""

    @torch.no_grad()
    def walk(count: int, steps: int) -> Tensor:
        generator = torch.Generator(model.device).manual_seed(0)
        latent = randn((count, model.latent_size), generator)
        for _ in range(steps):
            latent = step(latent, randn(latent.shape, generator))
        return model.mean_image_of(latent).cpu()

    return walk


def drawn(posterior: Posterior, noise: Tensor) -> Tensor:
    """Latents of a posterior, by noise that is there already."""
    return posterior.location if posterior.std is None else posterior.location + posterior.std * noise


def step_of(model: TrainableAutoencoder) -> Step:
    """Decode the mean, encode, draw from the posterior."""

    def step(latent: Tensor, noise: Tensor) -> Tensor:
        return drawn(model.posterior_of(model.mean_image_of(latent).to(model.dtype)), noise)

    return step


def eager(served: TrainableAutoencoder, _trained: TrainableAutoencoder) -> Walk:
    """PyTorch, operation by operation."""
    return loop_over(served, step_of(served))


def compiled(served: TrainableAutoencoder, _trained: TrainableAutoencoder) -> Walk:
    """torch.compile, which records CUDA graphs of its own."""
    fast = torch.compile(step_of(served), mode="reduce-overhead", dynamic=True)

    def step(latent: Tensor, noise: Tensor) -> Tensor:
        torch.compiler.cudagraph_mark_step_begin()
        return fast(latent, noise).clone()  # The next step writes to the same place.

    return loop_over(served, step)


def onnx_runtime(_served: TrainableAutoencoder, trained: TrainableAutoencoder) -> Walk:
    """ONNX Runtime, from and to tensors of the device.

    Raises:
        ImportError: it is not installed, or not with what this device needs.
    """
    import onnx  # noqa: F401 - PyTorch writes files with it
    import onnxruntime

    device = trained.device
    provider = "CUDAExecutionProvider" if device.type == "cuda" else "CPUExecutionProvider"
    if provider not in onnxruntime.get_available_providers():
        raise ImportError(f"onnxruntime has no {provider}")

    def network(content: bytes, shape: tuple[int, ...]) -> Callable[[Tensor], Tensor]:
        session = onnxruntime.InferenceSession(content, providers=[provider])

        def run(given: Tensor) -> Tensor:
            given = given.contiguous()
            made = torch.empty(len(given), *shape, dtype=torch.float32, device=device)
            binding, number = session.io_binding(), device.index or 0
            for bind, name, each in ((binding.bind_input, "given", given), (binding.bind_output, "made", made)):
                bind(name, device.type, number, "float32", tuple(each.shape), each.data_ptr())
            if device.type == "cuda":
                torch.cuda.synchronize(device)  # It has a stream of its own.
            session.run_with_iobinding(binding)
            return made

        return run

    encoder, decoder = both_exported(copy.deepcopy(trained))
    outputs = trained.encoder_outputs_per_latent * trained.latent_size
    encode, decode = network(encoder, (outputs,)), network(decoder, trained.image_shape)

    def step(latent: Tensor, noise: Tensor) -> Tensor:
        return drawn(trained.posterior(encode(decode(latent))), noise)

    return loop_over(trained, step)


RIVALS: dict[str, Callable[[TrainableAutoencoder, TrainableAutoencoder], Walk]] = {
    "eager loop": eager,
    "torch.compile": compiled,
    "ONNX Runtime": onnx_runtime,
}
ONLY_IN: dict[str, Precision] = {"torch.compile": "bf16", "ONNX Runtime": "float32"}
"""ONNX Runtime computes what was trained; compiling takes so long that once must do."""


@torch.no_grad()
def recorded_step(model: TrainableAutoencoder, count: int) -> Callable[[int], None]:
    """The recorded step of the plain chain alone, in its size class: takes how often it is to be replayed."""
    device = CudaDevice(model.device) if model.device.type == "cuda" else EagerDevice()
    step = StaticStep(ChainSpec().build(model), device, size_class(count, 2 * count))
    noise = ChainNoise.of(chain_generators(0, count), 2)
    state = step.kernel.init(randn((count, model.latent_size), noise, model.device), noise)
    for _ in range(2):
        state, _ = step(state, noise)

    @torch.no_grad()
    def replay(times: int) -> None:
        for _ in range(times):
            step.recorded()

    return replay
