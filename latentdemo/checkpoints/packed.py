"""Layers in the form in which oneDNN computes them on a CPU: weights put in its order once, and not at every call, and
the ReLU after a layer made in the same pass. Where it was measured, what comes out is the same to the last bit.

The operations are those that PyTorch's compiler calls. They know no gradients, and their weights can neither be moved
nor saved.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

ROWS = 64  # of a batch, that the order of weights suits best
LEAST_ROWS = 4  # see `GenerativeAutoencoder.least_rows`; measured with AVX2 and with AVX-512, in float32 and bf16

ops = torch.ops.mkldnn


def can_pack(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether layers of a type on a device can be packed: float32, or bf16 on a processor for which oneDNN has it."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and bool(ops._is_mkldnn_bf16_supported()))


class PackedLayer(nn.Module):
    """A linear layer, a convolution or a transposed one.

    Args:
        layer: its weights; no dilation or groups.
        shape: of its input.
        then: "relu" or "none".
    """

    def __init__(self, layer: nn.Module, shape: list[int], then: str) -> None:
        super().__init__()
        assert isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
        self.bias, self.then = layer.bias, then
        self.sizes: tuple[Any, ...] = ()
        if isinstance(layer, nn.Linear):
            self.compute = ops._linear_pointwise
            weight = ops._reorder_linear_weight(layer.weight, shape[0])
        elif isinstance(layer, nn.ConvTranspose2d):
            self.compute = ops._convolution_transpose_pointwise
            self.sizes = (layer.padding, layer.output_padding, layer.stride, layer.dilation, layer.groups)
            weight = ops._reorder_convolution_transpose_weight(layer.weight, *self.sizes, shape)
        else:
            self.compute = ops._convolution_pointwise
            self.sizes = (layer.padding, layer.stride, layer.dilation, layer.groups)
            weight = ops._reorder_convolution_weight(layer.weight, *self.sizes, shape)
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, given: Tensor) -> Tensor:
        return self.compute(given, self.weight, self.bias, *self.sizes, self.then, [], "")


@torch.no_grad()
def packed(network: nn.Sequential, example: Tensor) -> nn.Sequential:
    """A network that computes the same as one in evaluation mode on the CPU.

    Args:
        network: its layers; those of other kinds are kept as they are.
        example: one row of input, in the type and memory format that it will have.
    """
    given, relu_made = example, False
    layers: list[nn.Module] = []
    for place, layer in enumerate(network):
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            following = next((each for each in network[place + 1 :] if not isinstance(each, nn.Unflatten)), None)
            relu_made = isinstance(following, nn.ReLU)
            layers.append(PackedLayer(layer, [ROWS, *given.shape[1:]], "relu" if relu_made else "none"))
        elif relu_made and isinstance(layer, nn.ReLU):
            relu_made = False
        else:
            layers.append(layer)
        given = layer(given.clone())
    return nn.Sequential(*layers)
