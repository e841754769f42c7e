"""Convolutional encoder and decoder in the manner of DCGAN (Radford, Metz, Chintala 2016, arXiv 1511.06434).

The encoder halves the picture with 4x4 convolutions of stride 2 down to 4x4, the decoder mirrors it with
transposed convolutions; batch normalisation and ReLU in between, as in Creswell et al. 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from latentdemo.errors import NetworkConfigError

SMALLEST_MAP = 4  # side of the last feature map, in pixels (DCGAN)
Network = TypeVar("Network", bound=nn.Module)
WIDEST = 8  # the channel count stops doubling at 8 times the width, as in DCGAN


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the two networks.

    Attributes:
        image_size: side of the square images in pixels, a power of two from 16 up.
        channels: 1 for grey, 3 for colour.
        width: channels of the first hidden layer; each further layer has twice as many, up to 8 times.
        latent_size: dimensions of the latent space.

    Raises:
        NetworkConfigError: a size that cannot be built.
    """

    image_size: int = 32
    channels: int = 1
    width: int = 32
    latent_size: int = 32

    def __post_init__(self) -> None:
        for name in ("image_size", "channels", "width", "latent_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise NetworkConfigError(f"{name} is {value!r}; it must be a whole number from 1 up")
        if self.image_size < 16 or self.image_size & (self.image_size - 1):
            raise NetworkConfigError(
                f"image_size is {self.image_size}; it must be a power of two from 16 up (16, 32, 64, 128, ...)"
            )
        if self.channels not in (1, 3):
            raise NetworkConfigError(f"channels is {self.channels}; it must be 1 (grey) or 3 (colour)")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        return (self.channels, self.image_size, self.image_size)

    @property
    def stage_channels(self) -> list[int]:
        """Channels after each stage, from the picture inwards."""
        stages = (self.image_size // SMALLEST_MAP).bit_length() - 1
        return [self.width * min(2**stage, WIDEST) for stage in range(stages)]


class Encoder(nn.Sequential):
    """Images (N, C, H, W) to a vector (N, outputs)."""

    def __init__(self, config: NetworkConfig, outputs: int) -> None:
        layers: list[nn.Module] = []
        channels = config.channels
        for wider in config.stage_channels:
            layers += [nn.Conv2d(channels, wider, 4, 2, 1, bias=False), nn.BatchNorm2d(wider), nn.ReLU()]
            channels = wider
        layers += [nn.Flatten(), nn.Linear(channels * SMALLEST_MAP**2, outputs)]
        super().__init__(*layers)


class Decoder(nn.Sequential):
    """Latents (N, D) to the logits of images (N, C, H, W); their sigmoid is the mean image."""

    def __init__(self, config: NetworkConfig) -> None:
        inwards = config.stage_channels
        channels = inwards[-1]
        layers: list[nn.Module] = [
            nn.Linear(config.latent_size, channels * SMALLEST_MAP**2, bias=False),
            nn.Unflatten(1, (channels, SMALLEST_MAP, SMALLEST_MAP)),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        ]
        for narrower in reversed(inwards[:-1]):
            layers += [
                nn.ConvTranspose2d(channels, narrower, 4, 2, 1, bias=False),
                nn.BatchNorm2d(narrower),
                nn.ReLU(),
            ]
            channels = narrower
        layers.append(nn.ConvTranspose2d(channels, config.channels, 4, 2, 1))
        super().__init__(*layers)


def built(make: Callable[[], Network], device: torch.device | str = "cpu") -> Network:
    """A network in float32 on a device, whatever type and device the process has set for all that does not name one.

    PyTorch's layers draw their first weights from the global generator, which goes on as if nothing had been drawn.
    """
    with torch.device(device), torch.random.fork_rng(devices=[]):
        return make().float()


@torch.no_grad()
def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw a network's first weights: He's normal for layers before a ReLU, ones and zeros for batch norm.

    He et al. 2015, arXiv 1502.01852. Unlike PyTorch's own start it takes a generator, so that a seed fixes it.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, (2.0 / fan_in(layer)) ** 0.5, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()


def fan_in(layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> float:
    """Inputs that add up to one output of the layer."""
    weight: Tensor = layer.weight
    if isinstance(layer, nn.ConvTranspose2d):
        overlap = layer.kernel_size[0] * layer.kernel_size[1] / (layer.stride[0] * layer.stride[1])
        return weight.shape[0] * overlap
    return weight[0].numel()
