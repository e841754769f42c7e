"""The kinds and ranges of what a run may be asked for, whoever asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from numbers import Integral, Real

from torch import Tensor, strided

from latentdemo.errors import SamplingError


def require(name: str, value: object, fits: bool, words: str) -> None:
    """Raise SamplingError where a value does not fit.

    Args:
        name: of the setting.
        value: what was asked for.
        fits: whether that will do.
        words: what it must be.
    """
    if not fits:
        raise SamplingError(f"{name} is {shortened(value)}; it must be {words}")


def is_whole(value: object, least: int, most: int | None = None) -> bool:
    """Whether a value is a whole number in a range."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and least <= int(value) and (most is None or int(value) <= most)  # type: ignore[call-overload]


def is_latents(value: object) -> bool:
    """Whether a value is latents (N, D) of at least one chain; whether they suit a model is another matter."""
    return isinstance(value, Tensor) and value.dim() == 2 and len(value) > 0 and is_plain(value)


def is_plain(value: Tensor) -> bool:
    """Whether a tensor holds real numbers that can be read."""
    return value.layout == strided and not value.is_complex() and not value.is_quantized and not value.is_meta


def is_share(value: object) -> bool:
    """Whether a value is a share, or None."""
    return value is None or (isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= 1)


def is_record(value: object) -> bool:
    """Whether a value may name steps; which ones a run has is another matter."""
    if isinstance(value, str):
        return value == "all"
    if not isinstance(value, Collection) or isinstance(value, bytes | bytearray | Mapping | Tensor):
        return value is None
    return all(is_whole(step, 0) for step in value)


def are_options(value: object) -> bool:
    """Whether a value may be the settings of a kernel, or None."""
    if not isinstance(value, Mapping):
        return value is None
    return all(isinstance(name, str) and isinstance(each, str | Real) for name, each in value.items())


def is_one_of(value: object, names: Collection[str]) -> bool:
    """Whether a value is one of some names."""
    return isinstance(value, str) and value in names


def shortened(value: object) -> str:
    """A value in a message, however long it is."""
    words = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
    return words if len(words) <= 80 else words[:80] + "…"
