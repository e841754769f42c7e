"""Speed, always as a ratio within one run: the sampler and a plain loop take turns on the same networks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from latentdemo.errors import LatentdemoError
from latentdemo.models import GenerativeAutoencoder, TrainableAutoencoder, build_model, describe_device
from latentdemo.sampling import run_chain


@torch.no_grad()
def plain_loop(model: TrainableAutoencoder, count: int, steps: int, generator: torch.Generator) -> Tensor:
    """What anyone would write: decode the mean, encode, draw from the posterior; eager float32, default layout."""
    latent = torch.randn(count, model.latent_size, generator=generator).to(model.device)
    for _ in range(steps):
        outputs = model.encoder(torch.sigmoid(model.logits(latent)))
        latent = model.posterior(outputs).sample(generator)
    return torch.sigmoid(model.logits(latent)).cpu()


def compare_with_plain_loop(
    model: GenerativeAutoencoder, count: int, steps: int, repeats: int, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Medians and quartiles of both, in milliseconds, and of their paired ratio (below 1: the sampler is faster).

    Raises:
        LatentdemoError: a model that was not trained here, whose networks cannot be built a second time.
    """
    if not isinstance(model, TrainableAutoencoder):
        raise LatentdemoError(f"bench takes a model of a family that is trained here, not {model.title}")
    plain = build_model(model.family, model.network, model.options()).to(model.device).eval()
    plain.load_state_dict(model.state_dict(), strict=False)
    plain.to(memory_format=torch.contiguous_format)
    generator = torch.Generator().manual_seed(0)
    pairs = []
    for repeat in range(repeats + 1):
        sampler = timed(lambda: run_chain(model, count=count, steps=steps, record=(steps,)))
        loop = timed(lambda: plain_loop(plain, count, steps, generator))
        if repeat:  # the first warms up
            pairs.append((sampler, loop))
        progress(repeat, repeats)
    return {
        "count": count,
        "steps": steps,
        "repeats": repeats,
        "device": describe_device(model.device),
        "torch": torch.__version__,
        "sampler_ms": spread([1000 * sampler for sampler, _ in pairs]),
        "plain_ms": spread([1000 * loop for _, loop in pairs]),
        "ratio": spread([sampler / loop for sampler, loop in pairs]),
    }


def timed(work: Callable[[], Any]) -> float:
    """Seconds that the work takes; both sides end with their result on the CPU, so that a GPU is done as well."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def spread(values: list[float]) -> dict[str, float]:
    """Median and quartiles."""
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "lower": lower, "upper": upper}
