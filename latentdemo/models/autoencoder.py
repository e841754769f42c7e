"""What every generative autoencoder offers: a prior, `encode`, `decode`, and its objectives where it is trained here.

A family (`vae.py`, `dvae.py`, `aae.py`, `daae.py`, `flow_vae.py`) adds how its posterior is parametrised and what it is
trained on; `adapted.py` makes a model of any other pair of encode and decode.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentdemo.errors import ImageShapeError, ImageValuesError
from latentdemo.models.network import Decoder, Encoder, NetworkConfig, initialise
from latentdemo.random import Generators, randn

ROUNDING = 0.1  # how far images may leave [0, 1]: bicubic scaling overshoots edges by almost as much
FARTHEST = 8.0  # standard deviations that no noise reaches


@dataclass(frozen=True)
class Posterior:
    """Q(Z|x), a Gaussian with diagonal covariance, or a point mass where `std` is None.

    Attributes:
        location: centre of the Gaussian, (N, D).
        std: (N, D), or None for a deterministic encoder.
    """

    location: Tensor
    std: Tensor | None = None

    def __len__(self) -> int:
        return len(self.location)

    @property
    def mean(self) -> Tensor:
        """(N, D)."""
        return self.location

    def sample(self, generator: Generators) -> Tensor:
        """One draw a row, (N, D)."""
        if self.std is None:
            return self.location
        return self.location + self.std * randn(self.location.shape, generator, self.location.device)

    def log_density(self, latents: Tensor) -> Tensor:
        """log Q(z|x) of latents (N, D), row for row and up to a constant, (N,) in nats.

        Raises:
            ValueError: a deterministic encoder.
        """
        if self.std is None:
            raise ValueError("a point mass has no density")
        return -0.5 * ((latents - self.location) / self.std).square().sum(dim=1) - self.std.log().sum(dim=1)

    def kl_to_prior(self, generator: Generators) -> Tensor:
        """KL to the standard normal prior in each dimension, (N, D) in nats.

        Args:
            generator: for families whose divergence has no closed form; this one's has.

        Raises:
            ValueError: a deterministic encoder.
        """
        if self.std is None:
            raise ValueError("a point mass has no finite divergence to the prior")
        variance = self.std.square()
        return 0.5 * (self.location.square() + variance - 1.0 - variance.log())


@dataclass(frozen=True)
class Likelihood:
    """P(X|z): the mean image with independent Gaussian noise on each pixel.

    Attributes:
        mean: (N, C, H, W).
        std: standard deviation of the noise, in grey values of the range 0 to 1.
        bounds: drawn values are clipped to these; None leaves them as they are.
    """

    mean: Tensor
    std: float
    bounds: tuple[float, float] | None = (0.0, 1.0)

    def sample(self, generator: Generators) -> Tensor:
        """One draw a row, (N, C, H, W)."""
        drawn = self.mean + self.std * randn(self.mean.shape, generator, self.mean.device)
        return drawn if self.bounds is None else drawn.clamp(*self.bounds)


class Objective(NamedTuple):
    """One loss of a training step and the parameters that it moves.

    Attributes:
        group: key of `TrainableAutoencoder.parameter_groups`.
        loss: scalar to minimise.
        terms: detached scalars to show.
    """

    group: str
    loss: Tensor
    terms: dict[str, Tensor]


class GenerativeAutoencoder(nn.Module):
    """An encoder and a decoder around a latent space with a standard normal prior.

    What chains, evaluation and pages ask of a model is here, and nothing else. A subclass gives `posterior_of` and
    `mean_image_of`, `stochastic` and `device`.

    Args:
        latent_size: dimensions D of the latent space.
        image_shape: (C, H, W) of one image.
        residual_std: standard deviation of held data around its reconstruction, in grey values of 0 to 1;
            the noise of `decode(...).sample`. Estimated after training.

    Attributes:
        folder: the checkpoint folder that the model was loaded from, if any; what was fitted to the model lies there.
        weights_digest: of the weights that were loaded; empty where they come from no folder.
        least_rows: of a batch, from which on a row's bits do not depend on how many there are, with one or two threads;
            None where nobody measured that.
        recordable: whether decoding, and encoding what was decoded, read nothing back to the host, so that a GPU can
            record both once and replay them.
        dtype: of images as the encoder takes them; of a model that is trained here, also of the networks' weights and
            activations. Everything outside them is float32.
    """

    family: ClassVar[str]
    title: ClassVar[str]
    corruption_std: float = 0.0
    folder: Path | None = None
    weights_digest: str = ""
    least_rows: int | None = None
    recordable: ClassVar[bool] = False
    dtype: torch.dtype = torch.float32

    def __init__(self, latent_size: int, image_shape: tuple[int, int, int], residual_std: float = 0.0) -> None:
        super().__init__()
        self.latent_size = latent_size
        self.image_shape = image_shape
        self.residual_std = residual_std

    @property
    def stochastic(self) -> bool:
        """Whether the posterior is a distribution; else the encoder is deterministic."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def posterior_of(self, images: Tensor) -> Posterior:
        """The posterior of images (N, C, H, W) of the right shape, on the model's device and in its `dtype`."""
        raise NotImplementedError

    def mean_image_of(self, latents: Tensor) -> Tensor:
        """The mean image (N, C, H, W) of latents (N, D) on the model's device, float32 in [0, 1]."""
        raise NotImplementedError

    def encode(self, images: Tensor) -> Posterior:
        """The posterior of images.

        Args:
            images: (N, C, H, W) floating point in [0, 1]; of a model that corrupts, a corrupted image may leave that
                range.

        Raises:
            ImageShapeError: images of another shape.
            ImageValuesError: no tensor, whole numbers, values out of range or not finite.
        """
        check_floats(images, "images", "(N, C, H, W) in [0, 1]", "of 0 to 255 it is images.float() / 255")
        if images.shape[1:] == self.image_shape:
            check_grey_values(images, noise=self.corruption_std)
        return self.encode_unchecked(images)

    def encode_unchecked(self, images: Tensor) -> Posterior:
        """As `encode`, for images that were decoded here, with noise or without: nobody looks at their values.

        Raises:
            ImageShapeError: images of another shape.
        """
        if images.dim() != 4 or images.shape[1:] != self.image_shape:
            raise ImageShapeError(
                f"this model takes images of shape (N, {', '.join(map(str, self.image_shape))}), "
                f"not {tuple(images.shape)}: convert and scale them first"
            )
        return self.posterior_of(images.to(self.device, self.dtype, memory_format=torch.channels_last))

    def decode(self, latents: Tensor) -> Likelihood:
        """The likelihood of latents. Whether they are finite is not looked at, as chains decode at every step.

        Args:
            latents: (N, D) floating point.

        Raises:
            ImageShapeError: latents of another size.
            ImageValuesError: no tensor, or whole numbers.
        """
        check_floats(latents, "latents", f"(N, {self.latent_size})", "of whole numbers it is latents.float()")
        if latents.dim() != 2 or latents.shape[1] != self.latent_size:
            raise ImageShapeError(
                f"this model takes latents of shape (N, {self.latent_size}), not {tuple(latents.shape)}"
            )
        return self.likelihood(self.mean_image_of(latents.to(self.device, torch.float32)))

    def likelihood(self, mean: Tensor) -> Likelihood:
        """The likelihood around an already decoded mean image (N, C, H, W)."""
        return Likelihood(mean, self.residual_std)

    def corrupt(self, images: Tensor, generator: Generators) -> Tensor:
        """Images (N, C, H, W) with the family's Gaussian corruption added; unchanged where it has none."""
        if not self.corruption_std:
            return images
        return images + self.corruption_std * randn(images.shape, generator, images.device)


def check_floats(values: Tensor, name: str, form: str, remedy: str) -> None:
    """Raise ImageValuesError where values are no tensor of floating-point numbers, which have the name and form."""
    if not isinstance(values, Tensor):
        raise ImageValuesError(f"{name} are a {type(values).__name__}; they must be a tensor {form}: torch.as_tensor")
    if not values.is_floating_point():
        raise ImageValuesError(f"{name} are {values.dtype}; they must be floating-point numbers {form}: {remedy}")


def check_grey_values(images: Tensor, noise: float) -> None:
    """Raise ImageValuesError where images are not in [0, 1], but for noise of that standard deviation; one pass."""
    if not images.numel():
        return
    least, most = (value.item() for value in images.aminmax())
    room = ROUNDING + FARTHEST * noise
    if -room <= least and most <= 1.0 + room:
        return
    if not math.isfinite(most - least):
        raise ImageValuesError("images hold values that are not finite; leave such images out")
    if least < -room:
        remedy = "of -1 to 1 it is (images + 1) / 2, and what was normalised otherwise must be brought back"
    else:
        remedy = "of 0 to 255 it is images / 255"
    raise ImageValuesError(f"images have values from {least:.3g} to {most:.3g}; they must be in [0, 1]: {remedy}")


class TrainableAutoencoder(GenerativeAutoencoder):
    """A model of a family that is trained here, on DCGAN networks.

    Args:
        network: sizes of the networks.
        residual_std: see `GenerativeAutoencoder`.

    Attributes:
        improves: the family whose match of prior and learned latent distribution this one's training improves, if any.
    """

    recordable = True
    encoder_outputs_per_latent: ClassVar[int]
    training_only: ClassVar[tuple[str, ...]] = ()
    improves: ClassVar[str] = ""

    def __init__(self, network: NetworkConfig, residual_std: float = 0.0) -> None:
        super().__init__(network.latent_size, network.image_shape, residual_std)
        self.network = network
        self.encoder: nn.Sequential = Encoder(network, self.encoder_outputs_per_latent * network.latent_size)
        self.decoder: nn.Sequential = Decoder(network)

    @property
    def stochastic(self) -> bool:
        return self.encoder_outputs_per_latent > 1

    def options(self) -> dict[str, float | int]:
        """The family's own settings: keyword arguments that build the same model again."""
        return {}

    def posterior_of(self, images: Tensor) -> Posterior:
        return self.posterior(self.encoder(images).float())

    def mean_image_of(self, latents: Tensor) -> Tensor:
        return self.logits(latents).sigmoid_()

    def logits(self, latents: Tensor) -> Tensor:
        """The decoded mean images (N, C, H, W) of latents (N, D) before the sigmoid, float32."""
        return self.decoder(latents.to(self.dtype)).float()

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the first weights."""
        initialise(self, generator)

    def posterior(self, outputs: Tensor) -> Posterior:
        """Read the encoder's outputs (N, outputs) as a posterior."""
        raise NotImplementedError

    def objectives(self, images: Tensor, generator: torch.Generator) -> Iterator[Objective]:
        """The losses of one training step on images (N, C, H, W), in the order in which they are minimised.

        A generator: the next loss is computed only after the step on the one before.
        """
        raise NotImplementedError

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """The parameters that each objective moves."""
        return {"autoencoder": [*self.encoder.parameters(), *self.decoder.parameters()]}


def cross_entropy(logits: Tensor, images: Tensor) -> Tensor:
    """Binary cross-entropy between images in [0, 1] and decoded logits: nats summed over an image, mean over images."""
    return F.binary_cross_entropy_with_logits(logits.float(), images, reduction="sum") / len(images)
