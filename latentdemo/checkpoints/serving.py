"""What a trained model becomes before it serves: the same function in fewer and cheaper operations.

Batch normalisation is folded into the layer before it, the decoder's last layer becomes a plain convolution, and on a
processor that multiplies bf16 in hardware weights and activations are bf16; latents, posteriors and mean images stay
float32. On processors the layers are packed as well. Chains are independent of each other as before. `load_trained`
gives the model without any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_weights

from latentdemo.checkpoints.packed import can_pack, packed
from latentdemo.errors import LatentdemoError
from latentdemo.models.autoencoder import GenerativeAutoencoder, TrainableAutoencoder
from latentdemo.models.device import Precision, has_bf16

TAPS = ([3, 1], [2, 0])  # of a kernel of size 4 and stride 2 that reach an even and an odd pixel, from left to right


GPU_PRECISION: Precision = "float32"  # of GPUs that have bf16; `bench gpu` measures both, and says which to set here


def best_precision(device: torch.device) -> Precision:
    """What models serve in on a device: bf16 on processors that have it in hardware, else float32.

    `python -m latentdemo bench precision` compares the figures of both. GPUs stay with float32: nothing was measured
    there yet, and what awaits that is `python -m latentdemo bench gpu`. A model is loaded for either by
    `load_model(name, "cuda", precision="bf16")`.
    """
    if not has_bf16(device):
        return "float32"
    return "bf16" if device.type == "cpu" else GPU_PRECISION


@torch.no_grad()
def serve(
    model: GenerativeAutoencoder, precision: Precision | None = None, *, pack: bool = True
) -> GenerativeAutoencoder:
    """Change a trained model into one that serves; it can be trained no more.

    Args:
        model: the trained model, on its device; one that others trained stays as it is.
        precision: of weights and activations; None takes `best_precision`.
        pack: whether to pack layers where that can be done; a compiler does so itself.

    Returns:
        The same object.

    Raises:
        LatentdemoError: another precision.
    """
    precision = precision or best_precision(model.device)
    if precision not in get_args(Precision):
        raise LatentdemoError(f"precision is {precision!r}; it must be one of {', '.join(get_args(Precision))}")
    if not isinstance(model, TrainableAutoencoder):
        return model
    model.eval().requires_grad_(False)
    model.encoder, model.decoder = folded(model.encoder), folded(model.decoder)
    model.decoder = nn.Sequential(*model.decoder[:-1], *subpixel_convolution(model.decoder[-1]))
    model.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    for network in (model.encoder, model.decoder):
        network.requires_grad_(False).to(model.dtype).to(memory_format=torch.channels_last)
    if pack and can_pack(model.device, model.dtype):
        image = torch.zeros(1, *model.image_shape, dtype=model.dtype, device="cpu").to(
            memory_format=torch.channels_last
        )
        model.encoder = packed(model.encoder, image)
        model.decoder = packed(model.decoder, torch.zeros(1, model.latent_size, dtype=model.dtype, device="cpu"))
        if not any(isinstance(layer, nn.Linear) for layer in serving_layers(model)):
            model.least_rows = 1
    return model


def serving_layers(model: TrainableAutoencoder) -> Iterator[nn.Module]:
    """All that encodes or decodes, without what a family has for its training alone."""
    for name, part in model.named_children():
        if not f"{name}.".startswith(model.training_only):
            yield from part.modules()


def precision_of(model: GenerativeAutoencoder) -> Precision:
    """What a model's networks compute in."""
    return "bf16" if model.dtype == torch.bfloat16 else "float32"


def folded(network: nn.Sequential) -> nn.Sequential:
    """A network in evaluation mode with each batch normalisation folded into the layer before it."""
    layers: list[nn.Module] = []
    for layer in network:
        if not isinstance(layer, nn.BatchNorm2d):
            layers.append(nn.ReLU(inplace=True) if isinstance(layer, nn.ReLU) else layer)
        elif isinstance(layers[-1], nn.Unflatten):  # the decoder's head
            layers[-2] = folded_linear(layers[-2], layer)
        else:
            before = layers[-1]
            assert isinstance(before, nn.Conv2d | nn.ConvTranspose2d)
            layers[-1] = fuse_conv_bn_eval(before, layer, transpose=isinstance(before, nn.ConvTranspose2d))
    return nn.Sequential(*layers)


def folded_linear(linear: nn.Module, norm: nn.BatchNorm2d) -> nn.Linear:
    """A linear layer whose outputs are unflattened to maps, with the normalisation of those maps folded in."""
    assert isinstance(linear, nn.Linear)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    pixels = linear.out_features // norm.num_features
    mean, variance, scale, shift = (
        each.repeat_interleave(pixels) for each in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    made = nn.Linear(linear.in_features, linear.out_features, device="meta")  # draws nothing for what is replaced
    made.weight, made.bias = fuse_linear_bn_weights(linear.weight, linear.bias, mean, variance, norm.eps, scale, shift)
    return made


def subpixel_convolution(layer: nn.Module) -> nn.Sequential:
    """A transposed convolution of size 4, stride 2 and padding 1 as a plain one of size 2 (Shi et al. 2016,
    arXiv 1609.05158): an output channel for each of the four pixels that one pixel becomes.

    For layers of few output channels, such as the last, where it is three times as fast on a CPU; with many it is not.

    Args:
        layer: the transposed convolution, of I channels to O.

    Returns:
        Two layers, which take maps (N, I, H, W) to (N, O, 2H, 2W).
    """
    assert isinstance(layer, nn.ConvTranspose2d)
    assert layer.bias is not None
    assert (layer.kernel_size, layer.stride, layer.padding) == ((4, 4), (2, 2), (1, 1))
    kernel = layer.weight.transpose(0, 1)
    parts = [kernel[:, :, down][:, :, :, right] for down in TAPS for right in TAPS]
    plain = nn.Conv2d(layer.in_channels, 4 * layer.out_channels, 2, padding=1, device="meta")  # draws nothing
    plain.weight, plain.bias = nn.Parameter(torch.cat(parts)), nn.Parameter(layer.bias.repeat(4))
    return nn.Sequential(plain, Interleaved())


class Interleaved(nn.Module):
    """The four pixels that one pixel has become, put in their places, in float32 whatever they come in."""

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (N, 4 * O, H + 1, W + 1) to (N, O, 2H, 2W)."""
        count, channels, height, width = maps.shape
        size = (count, channels // 4, height - 1, 2, width - 1)
        row, channel, down, right = maps.stride()
        lower, next_column = 2 * size[1] * channel + down, size[1] * channel + right
        image = maps.new_empty(*size, 2, dtype=torch.float32)
        for column in (0, 1):
            first = maps.storage_offset() + column * next_column
            image[..., column] = maps.as_strided(size, (row, channel, down, lower, right), first)
        return image.view(count, channels // 4, 2 * (height - 1), 2 * (width - 1))
