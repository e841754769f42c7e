"""Weights as safetensors files, and whether they fit the network that they are meant for."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from latentdemo.errors import CheckpointCorruptError, CheckpointFileMissingError, CheckpointMismatchError

WEIGHTS = "model.safetensors"
HALF_FROM = 1024  # tensors with at least so many numbers are stored in half precision
FLOW_STRUCTURE = (".mask", ".order")  # buffers of a flow (zuko) that its settings make again
REMEDY = "fetch both files again"


def read_bytes(path: Path) -> bytes:
    """A file's content.

    Raises:
        CheckpointFileMissingError: no such file.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise CheckpointFileMissingError(f"{path} is missing; fetch the folder again") from error
    except OSError as error:
        raise CheckpointFileMissingError(f"{path} cannot be read ({error.strerror}); fetch the folder again") from error


def parse_weights(content: bytes, path: Path | str = WEIGHTS, remedy: str = REMEDY) -> dict[str, Tensor]:
    """The tensors of a safetensors file, as they lie in it: real numbers, all of them finite.

    Raises:
        CheckpointCorruptError: truncated, not a safetensors file, or of numbers that are not finite.
    """
    check_pointer(content, path)
    try:
        weights = load(content)
    except SafetensorError as error:
        raise CheckpointCorruptError(f"{path} is truncated or broken ({error}); {remedy}") from error
    spoilt = [name for name, values in weights.items() if values.is_complex() or not values.float().isfinite().all()]
    if spoilt:
        raise CheckpointCorruptError(f"{path} holds numbers that are not real or finite, as in {spoilt[0]}; {remedy}")
    return weights


def check_pointer(content: bytes, path: Path | str) -> None:
    """Raise CheckpointCorruptError where a file is only what Git LFS leaves in its place until it is fetched."""
    if content.startswith(b"version https://git-lfs"):
        raise CheckpointCorruptError(
            f"{path} was not fetched: it is a pointer that Git LFS left in its place; run 'git lfs pull' in its folder"
        )


def check_numbers(weights: dict[str, Tensor], path: Path | str = WEIGHTS, remedy: str = REMEDY) -> None:
    """Raise CheckpointCorruptError where weights are no floating-point numbers, or not finite."""
    spoilt = [name for name, values in weights.items() if not values.is_floating_point() or not values.isfinite().all()]
    if spoilt:
        raise CheckpointCorruptError(f"{path} holds numbers that are not finite, such as in {spoilt[0]}; {remedy}")


def check_fit(
    expected: dict[str, Tensor], weights: dict[str, Tensor], path: Path | str = WEIGHTS, remedy: str = REMEDY
) -> None:
    """Look whether stored weights have the names and shapes that a network expects.

    Raises:
        CheckpointMismatchError: they differ.
    """
    wrong = sorted(
        name
        for name in expected.keys() | weights.keys()
        if name not in weights or name not in expected or weights[name].shape != expected[name].shape
    )
    if wrong:
        raise CheckpointMismatchError(
            f"{path} does not fit the network that its configuration describes: {len(wrong)} tensors differ, "
            f"such as {wrong[0]}; {remedy}"
        )


def half_precision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as they are stored: on the CPU, the large ones in half precision."""
    return {
        name: (tensor.half() if tensor.numel() >= HALF_FROM else tensor).contiguous().cpu()
        for name, tensor in state.items()
    }
