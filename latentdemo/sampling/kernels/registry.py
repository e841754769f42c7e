"""The registry of kernels: one file and one line each."""

from __future__ import annotations

from latentdemo.errors import SamplingError
from latentdemo.sampling.kernels.decode_encode import DECODE_ENCODE
from latentdemo.sampling.kernels.hmc import HMC
from latentdemo.sampling.kernels.langevin import LANGEVIN
from latentdemo.sampling.kernels.metropolis_within_gibbs import METROPOLIS_WITHIN_GIBBS
from latentdemo.sampling.kernels.spec import KernelSpec
from latentdemo.sampling.kernels.transport import TRANSPORT

KERNELS: dict[str, KernelSpec] = {
    spec.name: spec
    for spec in (
        DECODE_ENCODE,
        TRANSPORT,
        HMC,
        LANGEVIN,
        METROPOLIS_WITHIN_GIBBS,
    )
}
PLAIN = DECODE_ENCODE.name
"""The chain of the paper, which every other is compared with."""


def kernel_spec(name: str) -> KernelSpec:
    """The kernel of a name.

    Raises:
        SamplingError: no such kernel.
    """
    if name not in KERNELS:
        raise SamplingError(f"unknown kernel {name!r:.80}; known are {', '.join(KERNELS)}")
    return KERNELS[name]
