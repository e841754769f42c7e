"""Other ways to walk the plain chain of the same weights: a plain loop, torch.compile, ONNX Runtime, OpenVINO.

All draw their noise as the sampler does, one generator a chain, and use as many threads as PyTorch.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from latentdemo.checkpoints.serving import serve
from latentdemo.models import TrainableAutoencoder
from latentdemo.models.device import has_bf16
from latentdemo.random import chain_generators, randn

COMPILERS = ("c++", "g++", "clang++")  # Inductor needs one of them.
Network = Callable[[Tensor], Tensor]
Loop = Callable[[int, int], Tensor]
"""Takes (chains, steps), gives the decoded means (N, C, H, W) after the last step, on the CPU."""


class MeanImage(nn.Module):
    """Latents to mean images: the decoder and its sigmoid."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latents: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder(latents))


def loop_over(model: TrainableAutoencoder, encode: Network, decode: Network) -> Loop:
    """The loop that anyone would write: decode the mean, encode, draw from the posterior."""

    @torch.inference_mode()
    def walk(count: int, steps: int) -> Tensor:
        generators = chain_generators(0, count)
        latent = randn((count, model.latent_size), generators, model.device)
        for _ in range(steps):
            latent = model.posterior(encode(decode(latent))).sample(generators)
        return decode(latent).cpu()

    return walk


def plain(model: TrainableAutoencoder) -> Loop:
    """Eager float32 in PyTorch's usual layout."""
    return loop_over(model, model.encoder, MeanImage(model.decoder))


def compiled(model: TrainableAutoencoder) -> Loop:
    """The served networks, in the precision that they are served in, compiled ahead of time by PyTorch's Inductor.

    Raises:
        ImportError: there is no C++ compiler.
    """
    if not any(map(shutil.which, COMPILERS)):
        raise ImportError("Inductor needs a C++ compiler")
    served = serve(copy.deepcopy(model), pack=False)
    assert isinstance(served, TrainableAutoencoder)
    dtype, device = served.dtype, served.device

    def network(of: nn.Module, example: Tensor) -> Network:
        file = torch._inductor.aoti_compile_and_package(
            torch.export.export(of, (example,), dynamic_shapes=({0: torch.export.Dim("rows", min=2, max=4096)},))
        )
        run = torch._inductor.aoti_load_package(file)
        return lambda given: run(given.to(dtype)).float()

    images = torch.rand(8, *model.image_shape).to(device, dtype, memory_format=torch.channels_last)
    latents = torch.randn(8, model.latent_size).to(device, dtype)
    return loop_over(model, network(served.encoder, images), network(MeanImage(served.decoder), latents))


def exported(network: nn.Module, example: Tensor) -> bytes:
    """A network as an ONNX file for any number of rows."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        file = Path(folder) / "network.onnx"
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.cpu().eval(),  # A wrapper in training mode would come back in it, with all that it holds.
            (example,),
            file,
            input_names=["given"],
            output_names=["made"],
            dynamic_axes={"given": {0: "rows"}, "made": {0: "rows"}},
            dynamo=False,
        )
        return file.read_bytes()


def both_exported(model: TrainableAutoencoder) -> tuple[bytes, bytes]:
    """Encoder and decoder as ONNX files."""
    images, latents = torch.rand(2, *model.image_shape), torch.randn(2, model.latent_size)
    return exported(model.encoder, images), exported(MeanImage(model.decoder), latents)


def onnx_runtime(model: TrainableAutoencoder) -> Loop:
    """ONNX Runtime on the CPU.

    Raises:
        ImportError: it is not installed.
    """
    import onnx  # noqa: F401 - PyTorch writes files with it
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # Else it takes PyTorch's cores.

    def network(content: bytes) -> Network:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        return lambda given: torch.from_numpy(session.run(None, {"given": given.numpy()})[0])

    encoder, decoder = map(network, both_exported(model))
    return loop_over(model, encoder, decoder)


def openvino(model: TrainableAutoencoder) -> Loop:
    """OpenVINO on the CPU, in the precision that it takes by itself: bf16 where the processor has it.

    Raises:
        ImportError: it is not installed.
    """
    import onnx  # noqa: F401 - PyTorch writes files with it
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "PERFORMANCE_HINT": "LATENCY"}
    if not has_bf16(model.device):  # Held to AVX2 on a processor that has it, OpenVINO would try all the same.
        settings["INFERENCE_PRECISION_HINT"] = "f32"

    def network(content: bytes) -> Network:
        request = core.compile_model(core.read_model(content), "CPU", settings).create_infer_request()
        return lambda given: torch.from_numpy(request.infer({0: given.numpy()}, share_inputs=True)[0])

    encoder, decoder = map(network, both_exported(model))
    return loop_over(model, encoder, decoder)


RUNTIMES: dict[str, Callable[[TrainableAutoencoder], Loop]] = {
    "plain loop, float32": plain,
    "torch.compile": compiled,
    "ONNX Runtime": onnx_runtime,
    "OpenVINO": openvino,
}
ON_CPU = ("ONNX Runtime", "OpenVINO")


def available(model: TrainableAutoencoder) -> tuple[dict[str, Loop], list[str]]:
    """The loops that can be walked here, and the names of those that are not installed."""
    found, missing = {}, []
    for name, make in RUNTIMES.items():
        if name in ON_CPU and model.device.type != "cpu":
            continue
        try:
            found[name] = make(model)
        except ImportError:
            missing.append(name)
    return found, missing
