"""A neural spline flow (Durkan et al. 2019, arXiv 1906.04032), fitted by maximum likelihood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import zuko
from torch import Tensor

from latentdemo.models.network import built
from latentdemo.random import Generators, Purpose, randn, stream
from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.densities.spec import BATCH, DensitySpec, FitSettings
from latentdemo.sampling.encodings import Encodings

LEARNING_RATE = 1e-3  # Adam's at the start; it falls to zero along half a cosine
CLIP = 5.0  # largest norm of a gradient


class Flow(StoredDensity):
    """A neural spline flow (Durkan et al. 2019, arXiv 1906.04032) on standardised latents.

        z = location + scale * T(e),  e ~ N(0, I)

    with T an autoregressive rational-quadratic spline transform (zuko). `transport` is that map: it carries a draw from
    the prior into the learned latent distribution.

    Args:
        latent_size: D.
        transforms: layers of splines.
        hidden: units of each of the two hidden layers that make a layer's splines.
        passes: groups of dimensions, each conditioned on those before: D is fully autoregressive, 2 is coupling.
            Drawing costs so many evaluations of the network.
        bins: pieces of a spline.
    """

    kind = "flow"
    recordable = True
    location: Tensor
    scale: Tensor

    def __init__(
        self, latent_size: int, transforms: int = 4, hidden: int = 256, passes: int = 8, bins: int = 8
    ) -> None:
        super().__init__()
        self._settings = {
            "latent_size": latent_size,
            "transforms": transforms,
            "hidden": hidden,
            "passes": passes,
            "bins": bins,
        }
        self.latent_size = latent_size
        self.register_buffer("location", torch.zeros(latent_size, dtype=torch.float32, device="cpu"))
        self.register_buffer("scale", torch.ones(latent_size, dtype=torch.float32, device="cpu"))
        self.flow = built(
            lambda: zuko.flows.NSF(
                latent_size, bins=bins, transforms=transforms, hidden_features=(hidden, hidden), passes=passes
            )
        )

    def distribution(self) -> Any:
        """What zuko makes of the flow, on its own device: zuko would put a part of it on the process's default one."""
        with self.location.device:
            return self.flow()

    def settings(self) -> dict[str, Any]:
        return dict(self._settings)

    def log_density(self, latents: Tensor) -> Tensor:
        if not len(latents):  # which zuko cannot sum over; so it is where all chains of a batch rest
            return latents.new_zeros(0)
        return self.distribution().log_prob((latents - self.location) / self.scale) - self.scale.log().sum()

    @torch.no_grad()
    def transport(self, noise: Tensor) -> Tensor:
        """Draws from the prior (N, D) carried to draws from the density, (N, D)."""
        return self.location + self.scale * self.distribution().transform.inv(noise)

    @torch.no_grad()
    def inverse(self, latents: Tensor) -> Tensor:
        """The draws from the prior (N, D) that are carried to latents (N, D)."""
        return self.distribution().transform((latents - self.location) / self.scale)

    def sample(self, count: int, generator: Generators) -> Tensor:
        return self.transport(randn((count, self.latent_size), generator, self.location.device))


def fit(encodings: Encodings, _points: Tensor, settings: FitSettings) -> Iterator[Flow]:
    """A flow fitted to encodings, after each epoch."""
    return train(Flow(encodings.mean.shape[1], hidden=settings.hidden), encodings, settings)


def train(flow: Flow, encodings: Encodings, settings: FitSettings) -> Iterator[Flow]:
    """Maximise a flow's likelihood of posterior draws with Adam, a fresh draw an epoch; yields it after each epoch."""
    with torch.random.fork_rng():  # zuko's layers know no generator
        torch.manual_seed(settings.seed)
        for layer in flow.flow.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.reset_parameters()
    start = encodings.draw(stream(settings.seed, Purpose.FIT, 0))
    flow.location.copy_(start.mean(dim=0))
    flow.scale.copy_(start.std(dim=0).clamp(min=1e-3))
    optimizer = torch.optim.Adam(flow.parameters(), LEARNING_RATE)
    batches = len(encodings) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs * batches)
    for epoch in range(1, settings.epochs + 1):
        generator = stream(settings.seed, Purpose.FIT, epoch)
        points = encodings.draw(generator)
        for rows in torch.randperm(len(points), generator=generator).split(BATCH)[:batches]:
            loss = -flow.log_density(points[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), CLIP)
            optimizer.step()
            schedule.step()
        yield flow


SPLINE_FLOW = DensitySpec(
    name="flow",
    kind=Flow,
    fit=fit,
    title="flow",
    parts=lambda settings: settings.epochs,
)
