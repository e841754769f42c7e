"""Layers in the form in which oneDNN computes them on a CPU: weights put in its order once, and not at every call, and
the ReLU after a layer made in the same pass.

The operations are those that PyTorch's compiler calls. They know no gradients, and their weights can neither be moved
nor saved. What comes of a row does not depend, to the last bit, on how many rows there are: a chain can amplify what is
lost in rounding until its pictures are others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from latentdemo.models.rows import repeated

ONE_SUM = 512  # inputs that a product of matrices in bf16 sums in one go
FEW, MANY = 16, 64  # rows that orders of weights suit best
LEAST_ROWS = 4  # of a batch that is computed as it is; in float32 a single row of maps is as well

ops = torch.ops.mkldnn


def can_pack(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether layers of a type on a device can be packed: float32, or bf16 on a processor for which oneDNN has it."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and bool(ops._is_mkldnn_bf16_supported()))


def can_be_alone(dtype: torch.dtype) -> bool:
    """Whether convolutions of a single row give the bits that it has among others: in bf16 some processors round it in
    another way, and as many as four take hardly longer there."""
    return dtype == torch.float32


class PackedConvolution(nn.Module):
    """A convolution or a transposed one.

    Args:
        layer: its weights; no dilation or groups.
        shape: (C, H, W) of its input.
        then: "relu" or "none".
    """

    def __init__(self, layer: nn.Conv2d | nn.ConvTranspose2d, shape: Sequence[int], then: str) -> None:
        super().__init__()
        self.bias, self.then = layer.bias, then
        self.sizes: tuple[Any, ...] = (layer.padding, layer.stride, layer.dilation, layer.groups)
        self.compute, reorder = ops._convolution_pointwise, ops._reorder_convolution_weight
        if isinstance(layer, nn.ConvTranspose2d):
            self.sizes = (layer.padding, layer.output_padding, *self.sizes[1:])
            self.compute = ops._convolution_transpose_pointwise
            reorder = ops._reorder_convolution_transpose_weight
        self.register_buffer("weight", reorder(layer.weight, *self.sizes, [MANY, *shape]), persistent=False)
        alone = reorder(layer.weight, *self.sizes, [1, *shape]) if can_be_alone(layer.weight.dtype) else None
        self.register_buffer("weight_alone", alone, persistent=False)

    def forward(self, given: Tensor) -> Tensor:
        weight = self.weight_alone if len(given) == 1 else self.weight
        return self.compute(given, weight, self.bias, *self.sizes, self.then, [], "")


class PackedLinear(nn.Module):
    """A linear layer.

    Args:
        layer: its weights.
        then: "relu" or "none".
    """

    def __init__(self, layer: nn.Linear, then: str) -> None:
        super().__init__()
        self.bias, self.then = layer.bias, then
        self.register_buffer("weight", ops._reorder_linear_weight(layer.weight, MANY), persistent=False)

    def forward(self, given: Tensor) -> Tensor:
        rows = len(given)
        if rows < LEAST_ROWS:
            given = repeated(given, LEAST_ROWS - rows)
        return ops._linear_pointwise(given, self.weight, self.bias, self.then, [], "")[:rows]


class RowConvolution(nn.Module):
    """A linear layer of many inputs in bf16: as a convolution of size 1 along its rows, it sums them in one order
    whatever the number of rows and of threads, which oneDNN's product of matrices does not.

    Args:
        layer: its weights.
        then: "relu" or "none".
    """

    SIZES = ((0, 0), (1, 1), (1, 1), 1)

    def __init__(self, layer: nn.Linear, then: str) -> None:
        super().__init__()
        self.bias, self.then = layer.bias, then
        kernel = layer.weight[:, :, None, None].contiguous(memory_format=torch.channels_last)
        weight = ops._reorder_convolution_weight(kernel, *self.SIZES, [1, layer.in_features, 1, FEW])
        self.register_buffer("weight", weight, persistent=False)

    def forward(self, given: Tensor) -> Tensor:
        rows, inputs = given.shape
        line = given.contiguous().as_strided((1, inputs, 1, rows), (rows * inputs, 1, rows * inputs, inputs))
        made = ops._convolution_pointwise(line, self.weight, self.bias, *self.SIZES, self.then, [], "")
        return made.permute(0, 2, 3, 1).reshape(rows, -1)


class ToVectors(nn.Module):
    """Maps (N, C, H, W) to vectors (N, H * W * C), channels last as they lie in memory."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.permute(0, 2, 3, 1).flatten(1)


class ToMaps(nn.Module):
    """Its inverse.

    Args:
        shape: (C, H, W).
    """

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, vectors: Tensor) -> Tensor:
        channels, height, width = self.shape
        return vectors.view(-1, height, width, channels).permute(0, 3, 1, 2)


class PackedNetwork(nn.Sequential):
    """Packed layers, one after the other. Fewer rows than an order of weights is for are computed as so many."""

    def forward(self, given: Tensor) -> Tensor:
        rows = len(given)
        if rows >= LEAST_ROWS or (rows == 1 and can_be_alone(given.dtype)):
            return super().forward(given)
        some = given if rows else given.new_zeros(1, *given.shape[1:])
        return super().forward(repeated(some, LEAST_ROWS - len(some)))[:rows]


@torch.no_grad()
def packed(network: nn.Sequential, example: Tensor) -> PackedNetwork:
    """A network that computes the same as one in evaluation mode on the CPU.

    Args:
        network: its layers; those of other kinds are kept as they are.
        example: one row of input, in the type and memory format that it will have.
    """
    shapes = input_shapes(network, example)
    ordered = in_memory_order(network, shapes)
    layers: list[nn.Module] = []
    relu_made = False
    for place, layer in enumerate(ordered):
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            following = next((each for each in ordered[place + 1 :] if not isinstance(each, ToMaps)), None)
            relu_made = isinstance(following, nn.ReLU)
            layers.append(packed_layer(layer, shapes[place], "relu" if relu_made else "none"))
        elif relu_made and isinstance(layer, nn.ReLU):
            relu_made = False
        else:
            layers.append(layer)
    return PackedNetwork(*layers)


def packed_layer(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, shape: Sequence[int], then: str) -> nn.Module:
    """A layer whose input has a shape without its rows."""
    if not isinstance(layer, nn.Linear):
        return PackedConvolution(layer, shape, then)
    wide = layer.weight.dtype == torch.bfloat16 and layer.in_features > ONE_SUM
    return RowConvolution(layer, then) if wide else PackedLinear(layer, then)


def input_shapes(network: nn.Sequential, example: Tensor) -> list[Sequence[int]]:
    """The shape, without its rows, of what each layer of a network takes."""
    shapes: list[Sequence[int]] = []
    given = example
    for layer in network:
        shapes.append(given.shape[1:])
        given = layer(given.clone())
    return shapes


def in_memory_order(network: nn.Sequential, shapes: Sequence[Sequence[int]]) -> list[nn.Module]:
    """A network's layers, where linear ones take and give maps in the order in which these lie in memory, channels
    last, so that nothing is copied in between.

    Args:
        network: its layers.
        shapes: of their inputs, see `input_shapes`.
    """
    layers = list(network)
    for place, (one, other) in enumerate(pairwise(network)):
        if isinstance(one, nn.Flatten) and isinstance(other, nn.Linear):
            order = channels_last(shapes[place])
            layers[place : place + 2] = ToVectors(), linear(other.weight[:, order], other.bias)
        elif isinstance(one, nn.Linear) and isinstance(other, nn.Unflatten):
            maps = shapes[place + 2]
            order = channels_last(maps)
            layers[place : place + 2] = linear(one.weight[order], one.bias[order]), ToMaps(maps)
    return layers


def channels_last(shape: Sequence[int]) -> Tensor:
    """Places, channels first, of the numbers of maps (C, H, W) in the order in which they lie in memory."""
    return torch.arange(math.prod(shape), device="cpu").view(*shape).permute(1, 2, 0).flatten()


def linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    """The linear layer of a weight (O, I) and a bias (O,)."""
    made = nn.Linear(weight.shape[1], weight.shape[0], device="meta")  # draws nothing for what is replaced
    made.weight, made.bias = nn.Parameter(weight, requires_grad=False), nn.Parameter(bias, requires_grad=False)
    return made
