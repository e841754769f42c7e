"""The chain of Creswell, Arulkumaran, Bharath 2016 (arXiv 1610.09296): decode, then encode.

One step from a latent z is

    x  ~ P(X | z)        decode; or x = E[X | z] with mean decoding
    x' ~ C(X' | x)       corrupt, as a denoising model was trained; or x' = x
    z' ~ Q(Z | x')       encode

There is no acceptance step. If encoder and decoder are the conditionals of one joint law whose image marginal is the
data, sampled decoding leaves the learned latent distribution invariant (Bengio, Yao, Alain, Vincent 2013, arXiv
1305.6663); mean decoding, which is what people do in practice, contracts it. Pixels that are known are put back into x.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from torch import Tensor

from latentdemo.random import Generators
from latentdemo.sampling.kernels.kernel import Autoencoder, encode_own, latent_distance, mean_image_change
from latentdemo.sampling.kernels.padded import LEAST_ROWS
from latentdemo.sampling.kernels.spec import Choice, KernelSpec, Option, Style, Trial
from latentdemo.sampling.known import put_back

Decoding = Literal["mean", "sample"]
Corruption = Literal["off", "model"]


class DecodeEncodeState(NamedTuple):
    """Where the chains are.

    Attributes:
        latent: (N, D).
        image: its decoded mean, (N, C, H, W).
    """

    latent: Tensor
    image: Tensor


class DecodeEncodeInfo(NamedTuple):
    """What a step did; all of shape (N,), see `Info`."""

    latent_distance: Tensor
    image_change: Tensor


class DecodeEncode:
    """The decode-encode kernel of a model.

    Args:
        model: encodes and decodes.
        decoding: "mean" passes the decoded mean on, "sample" a draw from the likelihood.
        corruption: "off", or "model" to corrupt images before encoding as the model was trained.
        known: pixels that are put back before that, (C, H, W); see `latentdemo.sampling.known`.
    """

    def __init__(
        self,
        model: Autoencoder,
        decoding: Decoding = "mean",
        corruption: Corruption = "off",
        known: Tensor | None = None,
    ) -> None:
        self.model = model
        self.least_rows: int = getattr(model, "least_rows", None) or LEAST_ROWS
        self.decoding = decoding
        self.corruption = corruption
        self.known = None if known is None else known.to(model.device)
        self.recordable: bool = getattr(model, "recordable", False)

    def init(self, latent: Tensor, generator: Generators) -> DecodeEncodeState:
        """Decode the starting points."""
        return DecodeEncodeState(latent, self.model.decode(latent).mean)

    def step(self, state: DecodeEncodeState, generator: Generators) -> tuple[DecodeEncodeState, DecodeEncodeInfo]:
        """Encode the decoded image, and decode what that gives."""
        image = state.image
        if self.decoding == "sample":
            image = self.model.likelihood(image).sample(generator)
        image = put_back(image, self.known)
        if self.corruption == "model":
            image = self.model.corrupt(image, generator)
        latent = encode_own(self.model, image).sample(generator)
        moved = DecodeEncodeState(latent, self.model.decode(latent).mean)
        return moved, DecodeEncodeInfo(
            latent_distance(state.latent, moved.latent), mean_image_change(state.image, moved.image)
        )


DECODE_ENCODE = KernelSpec(
    name="decode-encode",
    build=lambda model, _density, **options: DecodeEncode(model, **options),
    method="Decode and encode",
    title="plain chain",
    help="Decode and encode again, step after step (decode-encode kernel).",
    style=Style("#0072b2", "circle"),
    holds_pixels=True,
    options=(
        Option(
            name="decoding",
            usual="mean",
            choices=(
                Choice("mean", "mean", "The decoded mean is encoded again: calm, but variety shrinks."),
                Choice(
                    "sample",
                    "sampled",
                    "The image with the model's own noise is encoded again: livelier, keeps more variety.",
                    note="sampled decoding",
                ),
            ),
            title="Decoding",
            help="What the chain passes on: the decoded mean image, or the image with the model's own noise.",
            needs_noise=True,
        ),
        Option(
            name="corruption",
            usual="off",
            choices=(
                Choice("off", "off", "The image is encoded as it is."),
                Choice(
                    "model",
                    "as trained",
                    "The noise of training is added before each encode: larger steps.",
                    note="corrupted as trained",
                ),
            ),
            title="Corruption",
            help="Denoising models only: add the noise of training before each encode.",
            needs_corruption=True,
        ),
    ),
    trials=(
        Trial((0, 1, 2, 3, 5, 10, 20)),
        Trial((1, 5), options={"decoding": "sample"}),
        Trial((10, 30), stop_at=0.4),
        Trial((10, 30), stop_at=0.9),
        Trial((1, 3), start="mixture"),
    ),
    run_long=True,
)
