"""The registry of kernels: one file and one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from latentdemo.errors import SamplingError
from latentdemo.sampling.densities.store import density_of
from latentdemo.sampling.kernels.decode_encode import DecodeEncode
from latentdemo.sampling.kernels.hmc import hmc
from latentdemo.sampling.kernels.kernel import Autoencoder, Kernel
from latentdemo.sampling.kernels.langevin import langevin
from latentdemo.sampling.kernels.metropolis_within_gibbs import MetropolisWithinGibbs
from latentdemo.sampling.kernels.transport import transport
from latentdemo.sampling.stopping import AdaptiveStopping

KERNELS: dict[str, Callable[..., Kernel]] = {
    "decode-encode": DecodeEncode,
    "transport": transport,
    "hmc": hmc,
    "langevin": langevin,
    "metropolis-within-gibbs": MetropolisWithinGibbs,
}


def build_kernel(
    name: str, model: Autoencoder, options: Mapping[str, Any] | None = None, stop_at: float | None = None
) -> Kernel:
    """The kernel of a name, on a model.

    Args:
        name: a key of `KERNELS`.
        model: whose latent space it walks in.
        options: the kernel's own settings.
        stop_at: share of real data that a chain must be as likely as to stop; None lets it take every step.

    Raises:
        SamplingError: no such kernel, an option that it does not take, or a share outside 0 to 1.
        CheckpointError: it needs densities, and they cannot be read.
    """
    if name not in KERNELS:
        raise SamplingError(f"unknown kernel {name!r}; known are {', '.join(KERNELS)}")
    if stop_at is not None and not 0.0 <= stop_at <= 1.0:
        raise SamplingError(f"stop_at is {stop_at}; it is a share of the real data, from 0 to 1")
    try:
        kernel = KERNELS[name](model, **(options or {}))
    except TypeError as error:
        raise SamplingError(f"the kernel {name!r} does not take these options: {error}") from error
    if stop_at is None:
        return kernel
    fitted = density_of(model)
    return AdaptiveStopping(kernel, fitted.density, fitted.threshold(stop_at))
