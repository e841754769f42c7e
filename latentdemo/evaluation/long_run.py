"""Long runs of each kernel, longer than any picture needs, to see whether its chains mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch

from latentdemo.evaluation.metrics.diagnostics import diagnose, hopping_share, regions
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import KERNELS, Batches, ChainSpec, run_batches
from latentdemo.sampling.encodings import Encodings

CHAINS, STEPS = 16, 200
HOPS = 10  # A chain that is in another region after so many steps counts as one that hops.
SEED = 0


def diagnose_kernels(
    model: GenerativeAutoencoder,
    encodings: Encodings,
    batches: Batches = run_batches,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, dict[str, Any]]:
    """Name of a kernel -> `Diagnostics` of 16 chains of 200 steps from the prior, the first 100 of them warm-up; with
    "acceptance" where it rejects, and "hopping_share": chains that are in another of ten regions of the learned latent
    distribution after 10 steps."""
    parts = regions(encodings.mean, seed=SEED)
    found = {}
    for name in (name for name, spec in KERNELS.items() if spec.run_long):
        spec = ChainSpec(name, count=CHAINS, steps=STEPS, seed=SEED)
        (run,) = batches(model, spec, record="all", images=False, cancelled=cancelled)
        draws = torch.stack([run.latents[step] for step in range(STEPS + 1)])
        labels = torch.stack([parts.predict(draws[0]), parts.predict(draws[HOPS])])
        found[name] = asdict(diagnose(draws[1:].transpose(0, 1))) | {"hopping_share": hopping_share(labels)}
        if "accepted" in run.info:
            found[name]["acceptance"] = run.info["accepted"].float().mean().item()
    return found
