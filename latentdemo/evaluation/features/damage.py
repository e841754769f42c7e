"""Damage by known amounts, for training a feature space that sees artifacts and for testing that it does.

A sample of a generative autoencoder fails in two ways that a classifier of intact pictures never learns to see: parts
of several pictures run into each other (torn hair, two sleeves of different coats), and shapes are bent. Both are made
here from real pictures, so that the feature space is chosen without looking at any model's samples.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from latentdemo.random import rand, randn

DAMAGES = ("none", "mixed", "warped")
COARSE = 4  # The side of the noise that becomes a smooth field.
SOFTEST, HARDEST = 1.0, 16.0  # The slope of the edge between two mixed pictures: from a veil to a tear.
SOFTENING = 1 / 24  # The standard deviation of the strongest blur, as a share of the picture's side.
LARGEST_SHIFT = 0.08  # The root mean square displacement of a warp, as a share of the picture's side.


def mixed(images: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Each picture (N, C, H, W) with parts of the next one in it, along a smooth random border.

    Args:
        images: in [0, 1].
        generator: of border and softness.
        strength: 1 for half of the other picture on average, 0 for none.
    """
    low, high = torch.tensor([SOFTEST, HARDEST], dtype=torch.float32, device="cpu").log()
    slope = (low + (high - low) * rand(len(images), generator)[:, None, None, None]).exp()
    share = torch.sigmoid(slope * smooth_field(images, 1, generator)) * strength
    return images + share * (images.roll(1, dims=0) - images)


def warped(images: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Pictures (N, C, H, W) bent by a smooth random displacement of up to `strength` times `LARGEST_SHIFT`."""
    amount = 2.0 * LARGEST_SHIFT * strength * rand(len(images), generator)[:, None, None, None].clamp(min=0.3)
    shift = (amount * smooth_field(images, 2, generator)).permute(0, 2, 3, 1)
    straight = F.affine_grid(
        torch.eye(2, 3, dtype=torch.float32, device="cpu").expand(len(images), 2, 3),
        list(images.shape),
        align_corners=False,
    )
    return F.grid_sample(images, straight + shift, padding_mode="border", align_corners=False)


def softened(images: Tensor, generator: torch.Generator) -> Tensor:
    """Square pictures (N, C, S, S), each with a random share of its blurred self."""
    side = images.shape[-1]
    blur = blur_matrix(side, SOFTENING * side, side // 8)
    blurred = blur @ images @ blur.T
    return images + rand(len(images), generator)[:, None, None, None] * (blurred - images)


def blur_matrix(side: int, deviation: float, reach: int) -> Tensor:
    """A blur along one side of a picture, (S, S): a Gaussian of a standard deviation, cut off after `reach` pixels to
    each side and reflected at the borders.

    Products with it blur many times as fast on a CPU as the convolution of `torchvision.transforms` does.
    """
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32, device="cpu")
    weights = torch.softmax(-0.5 * (offsets / deviation) ** 2, dim=0)
    places = (torch.arange(side, device="cpu")[:, None] + offsets.long()).abs()
    places = torch.where(places < side, places, 2 * (side - 1) - places)
    return torch.zeros(side, side, dtype=torch.float32, device="cpu").scatter_add_(1, places, weights.expand(side, -1))


def smooth_field(images: Tensor, channels: int, generator: torch.Generator) -> Tensor:
    """Smooth noise of unit variance or a little less, (N, channels, H, W)."""
    coarse = randn((len(images), channels, COARSE, COARSE), generator)
    return F.interpolate(coarse, size=images.shape[-2:], mode="bicubic", align_corners=True)


def damage(images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The first half of a batch (N, C, H, W) intact, a quarter mixed, a quarter warped; with indices into `DAMAGES`.

    All are softened alike: blur must not give damage away, nor move the features much, since every picture of a decoder
    is soft. Sharpness is a figure of its own.
    """
    half, quarter = len(images) // 2, len(images) // 4
    parts = images[:half], mixed(images[half : half + quarter], generator), warped(images[half + quarter :], generator)
    kinds = [torch.full((len(part),), kind, dtype=torch.long, device="cpu") for kind, part in enumerate(parts)]
    return softened(torch.cat(parts), generator), torch.cat(kinds)
