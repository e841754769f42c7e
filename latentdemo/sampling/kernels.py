"""The registry of kernels: one file and one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from latentdemo.errors import SamplingError
from latentdemo.sampling.decode_encode import DecodeEncode
from latentdemo.sampling.kernel import Autoencoder, Kernel

KERNELS: dict[str, Callable[..., Kernel]] = {"decode-encode": DecodeEncode}


def build_kernel(name: str, model: Autoencoder, options: Mapping[str, Any] | None = None) -> Kernel:
    """The kernel of a name, on a model.

    Raises:
        SamplingError: no such kernel, or an option that it does not take.
    """
    if name not in KERNELS:
        raise SamplingError(f"unknown kernel {name!r}; known are {', '.join(KERNELS)}")
    try:
        return KERNELS[name](model, **(options or {}))
    except TypeError as error:
        raise SamplingError(f"the kernel {name!r} does not take these options: {error}") from error
