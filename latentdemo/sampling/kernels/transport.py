"""Transport: the flow as a map that carries each starting point to its place in the learned latent distribution.

The first step is T, the map of the fitted flow (`density.Flow.transport`): a draw from the prior becomes a draw from
the learned latent distribution, as good as any that the density offers. T is monotone in each dimension given those
before, so that a starting point stays recognisable. The steps after it decode and encode (`decode_encode.py`), which
takes off what the flow left.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.random import Generators
from latentdemo.sampling.densities.registry import FLOW
from latentdemo.sampling.densities.spline_flow import Flow
from latentdemo.sampling.densities.store import density_of
from latentdemo.sampling.kernels.decode_encode import DecodeEncode
from latentdemo.sampling.kernels.kernel import Autoencoder, Info, State, put_rows, take_generators, take_rows
from latentdemo.sampling.padded import Padded


class Transport:
    """One step through the flow, then decode-encode steps.

    Args:
        model: encodes and decodes.
        flow: the fitted flow.
    """

    def __init__(self, model: Autoencoder, flow: Flow) -> None:
        self.model = model
        self.flow = flow
        self.polish = DecodeEncode(model)

    def init(self, latent: Tensor, generator: Generators) -> State:
        """Starting points that were not carried yet."""
        state = self.polish.init(latent, generator)
        return state._replace(carried=torch.zeros_like(latent[:, 0], dtype=torch.bool))

    def step(self, state: State, generator: Generators) -> tuple[State, Info]:
        """Carry the rows that were not carried yet, decode and encode the others."""
        assert state.carried is not None
        if state.carried.all():
            moved, info = self.polish.step(state, generator)
            return moved._replace(carried=state.carried), info
        if not state.carried.any():
            return self.carry(state)
        moved, info = state, Info(torch.zeros(len(state.latent), device=state.latent.device))
        for rows in (state.carried, ~state.carried):
            part, report = Padded(self).step(take_rows(state, rows), take_generators(generator, rows))
            moved, info = put_rows(moved, rows, part), put_rows(info, rows, report)
        return moved, info

    def carry(self, state: State) -> tuple[State, Info]:
        """The map of the flow."""
        assert state.image is not None
        latent = self.flow.transport(state.latent)
        image = self.model.decode(latent).mean
        return State(latent, image, carried=torch.ones_like(latent[:, 0], dtype=torch.bool)), Info(
            latent_distance=(latent - state.latent).norm(dim=1),
            image_change=(image - state.image).abs().flatten(1).mean(dim=1),
        )


def transport(model: Autoencoder) -> Transport:
    """The kernel of a model with its fitted flow.

    Raises:
        SamplingError, CheckpointError: see `density_of`.
    """
    flow = density_of(model, FLOW).density
    assert isinstance(flow, Flow)
    return Transport(model, flow)
