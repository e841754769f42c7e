"""A model of any pair of encode and decode: chains, pages and evaluation take it as one that was trained here.

The contract:

    encode   images (N, C, S, S) float32 in [0, 1] -> latents (N, D); (mean, std) or a `Posterior` if it is stochastic
    decode   latents (N, D) -> images (N, C, S, S) in [0, 1]; what leaves that range is clipped

with C of 1 (grey) or 3 (colour), square pictures, and encodings held to a standard normal prior. In memory it is one
call, `adapt`. On disk it is a checkpoint folder whose `config.json` names an adapter (`latentdemo/models/adapters`) as
its family.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from latentdemo.errors import AdapterError, NetworkConfigError
from latentdemo.models.autoencoder import GenerativeAutoencoder, Posterior
from latentdemo.models.device import pick_device
from latentdemo.models.probing import (
    as_images,
    as_posterior,
    attempt,
    copied,
    expect,
    expect_alike,
    expect_grey_values,
    expect_spread,
)
from latentdemo.models.weights import WEIGHTS, parse_weights
from latentdemo.random import randn

Encoded = Tensor | tuple[Tensor, Tensor] | Posterior
Encode = Callable[[Tensor], Encoded]
Decode = Callable[[Tensor], Tensor]

PROBED = 2  # rows that a pair is tried on together; then the first of them alone


@dataclass(frozen=True)
class AdaptedNetwork:
    """What can be seen from outside of networks that others trained.

    Attributes:
        image_size: side of the square pictures in pixels, margin included.
        channels: 1 for grey, 3 for colour.
        latent_size: dimensions of the latent space.
        margin: pixels of ground on each side that the networks themselves do not see: a network for 28x28 serves a data
            set that is padded to 32x32 with a margin of 2.
        ground: grey value of the margin, 0 to 255.

    Raises:
        NetworkConfigError: a size that is out of range.
    """

    image_size: int
    channels: int
    latent_size: int
    margin: int = 0
    ground: int = 0

    def __post_init__(self) -> None:
        for name, least in (("image_size", 1), ("channels", 1), ("latent_size", 1), ("margin", 0), ("ground", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise NetworkConfigError(f"{name} is {value!r}; it must be a whole number from {least} up")
        if self.channels not in (1, 3):
            raise NetworkConfigError(f"channels is {self.channels}; it must be 1 (grey) or 3 (colour)")
        if self.image_size <= 2 * self.margin or self.ground > 255:
            raise NetworkConfigError(
                f"image_size is {self.image_size}, margin {self.margin}, ground {self.ground}; there must be something "
                "between the margins, and ground is a grey value from 0 to 255"
            )

    @classmethod
    def around(
        cls, inner_size: int, channels: int, latent_size: int, image_size: int | None = None, ground: int = 0
    ) -> AdaptedNetwork:
        """Of networks for pictures of `inner_size`, in the middle of ones of `image_size`; None takes them as they are.

        Raises:
            NetworkConfigError: they cannot be in the middle of those.
        """
        margin, odd = divmod((image_size or inner_size) - inner_size, 2)
        if margin < 0 or odd:
            raise NetworkConfigError(
                f"the networks take pictures of {inner_size} pixels, which have no even margin in {image_size}"
            )
        return cls(inner_size + 2 * margin, channels, latent_size, margin, ground)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        return (self.channels, self.image_size, self.image_size)

    @property
    def inner_size(self) -> int:
        """Side of the pictures that the networks see."""
        return self.image_size - 2 * self.margin


class AdaptedAutoencoder(GenerativeAutoencoder):
    """A pair of encode and decode as a model. Modules are carried along to other devices, other functions are not.

    Args:
        encode, decode: see above; they see pictures without the margin.
        network: sizes.
        residual_std: see `GenerativeAutoencoder`.
        options: of the adapter, as they stand in `config.json`.
        device: where encode and decode compute.

    Attributes:
        files: names of the files that make such a model, in a checkpoint folder.
        runs_code: whether those files hold a program, which is only as safe as whoever wrote it.

    Raises:
        AdapterError: encode or decode breaks the contract.
    """

    family = ""
    title = "Adapted"
    files: ClassVar[tuple[str, ...]] = (WEIGHTS,)
    runs_code: ClassVar[bool] = False
    place: Tensor

    def __init__(
        self,
        encode: Encode,
        decode: Decode,
        network: AdaptedNetwork,
        residual_std: float = 0.0,
        options: Mapping[str, Any] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(network.latent_size, network.image_shape, residual_std)
        self.network = network
        self.encoder = encode
        self.decoder = decode
        self._options = dict(options or {})
        self.register_buffer("place", torch.empty(0, dtype=torch.float32, device=device), persistent=False)
        self._stochastic = self.probe()

    @classmethod
    def restore(
        cls, network: AdaptedNetwork, options: Mapping[str, Any], content: Mapping[str, bytes], device: torch.device
    ) -> Self:
        """The model of a checkpoint folder.

        Args:
            network, options: from its `config.json`.
            content: name of each of `files` -> what is in it, whose digest was checked.
            device: where the model will be.

        Raises:
            CheckpointError: it cannot be made of them.
        """
        return cls.of_weights(network, options, parse_weights(content[WEIGHTS]), device)

    @classmethod
    def of_weights(
        cls, network: AdaptedNetwork, options: Mapping[str, Any], weights: Mapping[str, Tensor], device: torch.device
    ) -> Self:
        """The model of its tensors, for adapters whose only file is one of weights; the rest is as in `restore`."""
        raise NotImplementedError

    def content(self) -> dict[str, bytes]:
        """What goes into each of `files`.

        Raises:
            AdapterError: functions cannot be written into files.
        """
        raise AdapterError(
            "encode and decode are functions, which cannot be saved: export both with torch.export and read them with "
            "latentdemo.models.adapters.read_exported, or write an adapter of your own"
        )

    @property
    def stochastic(self) -> bool:
        return self._stochastic

    @property
    def device(self) -> torch.device:
        return self.place.device

    def options(self) -> dict[str, Any]:
        """The adapter's own settings."""
        return dict(self._options)

    def posterior_of(self, images: Tensor) -> Posterior:
        margin = self.network.margin
        inner = images[..., margin:-margin, margin:-margin] if margin else images
        return as_posterior(self.encoder(inner))

    def mean_image_of(self, latents: Tensor) -> Tensor:
        images = as_images(self.decoder(latents)).clamp(0.0, 1.0)
        margin, ground = self.network.margin, self.network.ground / 255
        return F.pad(images, (margin,) * 4, value=ground) if margin else images

    @torch.no_grad()
    def probe(self) -> bool:
        """Try encode and decode on a few rows; whether the posterior is stochastic."""
        self.eval()
        latents = torch.zeros(PROBED, self.latent_size, dtype=torch.float32, device=self.device)
        latents[1:] = randn((PROBED - 1, self.latent_size), torch.Generator().manual_seed(0), self.device)
        images = torch.linspace(0.0, 1.0, PROBED, dtype=torch.float32, device=self.device).view(-1, 1, 1, 1)
        images = images.repeat(1, *self.image_shape)
        decoded, encoded = self.tried(latents, images)
        rows, posterior = self.tried(latents[:1], images[:1])
        expect_grey_values(decoded)
        expect_alike("decode", "images", decoded[:1], rows)
        for name, values, alone in (("means", encoded.mean, posterior.mean), ("stds", encoded.std, posterior.std)):
            if values is not None and alone is not None:
                expect_alike("encode", name, values[:1], alone)
        return encoded.std is not None

    def tried(self, latents: Tensor, images: Tensor) -> tuple[Tensor, Posterior]:
        """What decode makes of latents and encode of images; raises AdapterError where that breaks the contract."""
        decoded = attempt("decode", lambda given: as_images(self.decoder(given)), latents)
        side = self.network.inner_size
        expect("decode", "images", decoded, (len(latents), self.network.channels, side, side))
        posterior = attempt("encode", self.posterior_of, images)
        for name, values in (("mean", posterior.mean), ("std", posterior.std)):
            if values is not None:
                expect("encode", name, values, (len(images), self.latent_size))
        if posterior.std is not None:
            expect_spread(posterior.std)
        return decoded, posterior


def adapt(
    encode: Encode,
    decode: Decode,
    latent_size: int,
    image_shape: tuple[int, int, int],
    *,
    residual_std: float = 0.0,
    margin: int = 0,
    ground: int = 0,
    device: torch.device | str | None = None,
) -> AdaptedAutoencoder:
    """A model of any pair of encode and decode.

    Args:
        encode: images (N, C, S, S) float32 in [0, 1] -> latents (N, D); or (mean, std), or a `Posterior`.
        decode: latents (N, D) -> images (N, C, S, S) in [0, 1].
        latent_size: D.
        image_shape: (C, S, S) of the pictures that encode takes. Other than square ones are not supported.
        residual_std: noise of the likelihood, in grey values of 0 to 1; see `training.measure.residual_std`.
        margin: pixels to add on each side, so that the pictures become those of a padded data set.
        ground: grey value of the margin, 0 to 255.
        device: where to put it; None takes cuda, else mps, else cpu. Of modules it has copies there, in float32 and in
            inference mode, and leaves the ones given as they are; other functions must compute there already.

    Raises:
        NetworkConfigError: sizes that are not supported.
        AdapterError: encode or decode breaks the contract.

    Example:
        >>> model = adapt(lambda images: images.flatten(1), lambda latents: latents.view(-1, 1, 8, 8), 64, (1, 8, 8))
        >>> model.decode(torch.zeros(3, 64)).mean.shape
        torch.Size([3, 1, 8, 8])
    """
    if len(image_shape) != 3:
        raise NetworkConfigError(f"image_shape is {image_shape!r}; it must be (channels, height, width)")
    channels, height, width = image_shape
    if height != width:
        raise NetworkConfigError(
            f"images of {height}x{width} are not square; crop or scale them within encode and decode"
        )
    if not 0.0 <= residual_std < math.inf:
        raise NetworkConfigError(f"residual_std is {residual_std!r}; it must be a standard deviation, 0 or more")
    place, memo = pick_device(device), dict[int, Any]()
    own_encode, own_decode = copied("encode", encode, place, memo), copied("decode", decode, place, memo)
    network = AdaptedNetwork(height + 2 * margin, channels, latent_size, margin, ground)
    return AdaptedAutoencoder(own_encode, own_decode, network, residual_std, device=place)
