"""The chain of Creswell, Arulkumaran, Bharath 2016 (arXiv 1610.09296): decode, then encode.

One step from a latent z is

    x  ~ P(X | z)        decode; or x = E[X | z] with mean decoding
    x' ~ C(X' | x)       corrupt, as a denoising model was trained; or x' = x
    z' ~ Q(Z | x')       encode

There is no acceptance step. If encoder and decoder are the conditionals of one joint law whose image marginal is the
data, sampled decoding leaves the learned latent distribution invariant (Bengio, Yao, Alain, Vincent 2013, arXiv
1305.6663); mean decoding, which is what people do in practice, contracts it.
"""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.random import Generators
from latentdemo.sampling.kernels.kernel import Autoencoder, Info, State

Decoding = Literal["mean", "sample"]
Corruption = Literal["off", "model"]


class DecodeEncode:
    """The decode-encode kernel of a model.

    Args:
        model: encodes and decodes.
        decoding: "mean" passes the decoded mean on, "sample" a draw from the likelihood.
        corruption: "off", or "model" to corrupt images before encoding as the model was trained.

    Raises:
        SamplingError: an option with another value.
    """

    def __init__(self, model: Autoencoder, decoding: Decoding = "mean", corruption: Corruption = "off") -> None:
        if decoding not in get_args(Decoding) or corruption not in get_args(Corruption):
            raise SamplingError(
                f"decoding is {decoding!r} and corruption {corruption!r}; decoding must be one of "
                f"{', '.join(get_args(Decoding))}, corruption one of {', '.join(get_args(Corruption))}"
            )
        self.model = model
        self.decoding = decoding
        self.corruption = corruption

    def init(self, latent: Tensor, generator: Generators) -> State:
        """Decode the starting points."""
        return State(latent, self.model.decode(latent).mean)

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """Encode the decoded image, and decode what that gives."""
        assert state.image is not None
        image = state.image
        if self.decoding == "sample":
            image = self.model.likelihood(image).sample(generator)
        if self.corruption == "model":
            image = self.model.corrupt(image, generator)
        latent = self.model.encode(image).sample(generator)
        decoded = self.model.decode(latent).mean
        return State(latent, decoded), Info(
            latent_distance=(latent - state.latent).norm(dim=1),
            image_change=(decoded - state.image).abs().flatten(1).mean(dim=1),
        )
