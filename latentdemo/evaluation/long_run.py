"""Long runs of each kernel, longer than any picture needs, to see whether its chains mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch

from latentdemo.errors import Cancelled
from latentdemo.evaluation.diagnostics import diagnose, hopping_share, regions
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import chain_generators
from latentdemo.sampling import build_kernel, walk
from latentdemo.sampling.encodings import Encodings
from latentdemo.sampling.starts import starting_points

KERNELS = ("decode-encode", "hmc", "langevin")
CHAINS, STEPS = 16, 200
HOPS = 10  # steps after which a chain that is in another region counts as one that hops
SEED = 0


def diagnose_kernels(
    model: GenerativeAutoencoder, encodings: Encodings, cancelled: Callable[[], bool] | None = None
) -> dict[str, dict[str, Any]]:
    """Name of a kernel -> `Diagnostics` of 16 chains of 200 steps from the prior, with "acceptance" where it rejects,
    and "hopping_share": chains that are in another of ten regions of the learned latent distribution after 10 steps."""
    parts = regions(encodings.mean, seed=SEED)
    found = {}
    for name in KERNELS:
        generators = chain_generators(SEED, CHAINS)
        kernel, start = build_kernel(name, model), starting_points(model, "prior", generators, CHAINS)
        latents, accepted = [], []
        for state, info in walk(kernel, start, generators, STEPS):
            if cancelled and cancelled():
                raise Cancelled("cancelled during the long runs")
            latents.append(state.latent.cpu())
            if info is not None and info.accepted is not None:
                accepted.append(info.accepted.float().mean().item())
        draws = torch.stack(latents)
        labels = torch.stack([parts.predict(draws[0]), parts.predict(draws[HOPS])])
        found[name] = asdict(diagnose(draws[1:].transpose(0, 1))) | {"hopping_share": hopping_share(labels)}
        if accepted:
            found[name]["acceptance"] = sum(accepted) / len(accepted)
    return found
