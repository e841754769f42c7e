"""Transport: a density's map that carries each starting point to its place in the learned latent distribution.

The first step is T, the map of the fitted density (`transport`, such as that of the spline flow): a draw from the prior
becomes a draw from the learned latent distribution, as good as any that the density offers. The flow's T is monotone in
each dimension given those before, that of flow matching goes nearly the shortest way, so that a starting point stays
recognisable. The steps after it decode and encode (`decode_encode.py`), which takes off what the density left.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.random import Generators
from latentdemo.sampling.densities.density import FittedDensity, TransportMap
from latentdemo.sampling.kernels.decode_encode import DecodeEncode, DecodeEncodeInfo, DecodeEncodeState
from latentdemo.sampling.kernels.kernel import (
    Autoencoder,
    latent_distance,
    mean_image_change,
    put_rows,
    spread_rows,
    take_generators,
    take_rows,
)
from latentdemo.sampling.kernels.padded import Padded
from latentdemo.sampling.kernels.spec import Choice, KernelSpec, Option, Style, Trial


class TransportState(NamedTuple):
    """Where the chains are.

    Attributes:
        latent: (N, D).
        image: its decoded mean, (N, C, H, W).
        carried: (N,) whether the map has carried the latent already.
    """

    latent: Tensor
    image: Tensor
    carried: Tensor


class TransportInfo(NamedTuple):
    """What a step did; all of shape (N,), see `Info`."""

    latent_distance: Tensor
    image_change: Tensor


class Transport:
    """One step by the map of a density, then decode-encode steps.

    Args:
        model: encodes and decodes.
        density: a density with a map.
        known: pixels that the decode-encode steps hold, (C, H, W); see `latentdemo.sampling.known`.
    """

    def __init__(self, model: Autoencoder, density: TransportMap, known: Tensor | None = None) -> None:
        self.model = model
        self.density = density
        self.polish = DecodeEncode(model, known=known)

    def init(self, latent: Tensor, generator: Generators) -> TransportState:
        """Starting points that were not carried yet."""
        return TransportState(*self.polish.init(latent, generator), torch.zeros_like(latent[:, 0], dtype=torch.bool))

    def step(self, state: TransportState, generator: Generators) -> tuple[TransportState, TransportInfo]:
        """Carry the rows that were not carried yet, decode and encode the others."""
        if state.carried.all():
            return self.polished(state, generator)
        if not state.carried.any():
            return self.carry(state)
        moved, info = state, None
        for rows in (state.carried, ~state.carried):
            part, report = Padded(self).step(take_rows(state, rows), take_generators(generator, rows))
            moved = put_rows(moved, rows, part)
            info = spread_rows(rows, report) if info is None else put_rows(info, rows, report)
        assert info is not None
        return moved, info

    def polished(self, state: TransportState, generator: Generators) -> tuple[TransportState, TransportInfo]:
        """One decode-encode step."""
        info: DecodeEncodeInfo
        moved, info = self.polish.step(DecodeEncodeState(state.latent, state.image), generator)
        return TransportState(*moved, state.carried), TransportInfo(*info)

    def carry(self, state: TransportState) -> tuple[TransportState, TransportInfo]:
        """The map of the density."""
        latent = self.density.transport(state.latent)
        image = self.model.decode(latent).mean
        return TransportState(latent, image, torch.ones_like(state.carried)), TransportInfo(
            latent_distance(state.latent, latent), mean_image_change(state.image, image)
        )


def build(model: Autoencoder, fitted: FittedDensity, density: str = "", known: Tensor | None = None) -> Transport:
    """The kernel of a model with a fitted density, which the option `density` found, and the pixels that are known.

    Raises:
        SamplingError: the density has no map.
    """
    if not isinstance(fitted.density, TransportMap):
        raise SamplingError("transport needs a density with a map from the prior, such as the flow; this one has none")
    return Transport(model, fitted.density, known)


TRANSPORT = KernelSpec(
    name="transport",
    build=build,
    method="Transport, then decode and encode",
    title="transport chain",
    help="The first step carries the starting point to its place in the learned latent distribution with a fitted "
    "flow, the further steps decode and encode (transport kernel).",
    style=Style("#d55e00", "square"),
    density="flow",
    decodes_from=2,
    holds_pixels=True,
    options=(
        Option(
            name="density",
            usual="flow",
            choices=(
                Choice("flow", "flow", "A neural spline flow carries the starting point."),
                Choice(
                    "flow-matching",
                    "flow matching",
                    "A field of velocities, fitted by flow matching, carries the starting point.",
                    note="by flow matching",
                ),
            ),
            title="Fitted map",
            help="What carries the starting point to its place in the learned latent distribution.",
        ),
    ),
    trials=(
        Trial((1, 2, 3, 4, 6)),
        Trial((1, 2, 3, 4, 6), options={"density": "flow-matching"}),
        Trial((10, 30), stop_at=0.9),
    ),
)
