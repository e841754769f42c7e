"""What the adapters of weights share: networks are laid out without memory, and filled if the weights fit."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from latentdemo.errors import AdapterError
from latentdemo.models.weights import check_fit, check_numbers, check_pointer


def filled(build: Callable[[], nn.Module], weights: Mapping[str, Tensor], device: torch.device) -> nn.Module:
    """A network with the given weights in float32, on a device.

    It is laid out without memory first, so that a configuration that asks for a huge network fails by its weights.

    Raises:
        CheckpointMismatchError: the weights do not fit.
        CheckpointCorruptError: they are not finite.
        AdapterError: no such network can be built.
    """
    try:
        with torch.device("meta"):
            network = build()
    except Exception as error:  # others' code, on numbers from a file
        raise AdapterError(f"the network cannot be built as its configuration says ({error}); correct it") from error
    numbers = {name: value.to(torch.float32) for name, value in weights.items() if value.is_floating_point()}
    check_numbers(numbers, remedy="the training run went wrong, or the file is damaged")
    given = {name: value.to(device) for name, value in (dict(weights) | numbers).items()}
    check_fit(network.state_dict(), given, remedy="take configuration and weights from one training run")
    network.load_state_dict(given, assign=True)
    return network.eval().requires_grad_(False)


def only_tensors(content: bytes, path: Path, remedy: str, key: str | None = None) -> dict[str, Tensor]:
    """The tensors of a file that PyTorch wrote, by its restricted reader, which builds nothing but tensors.

    Args:
        content: of the file.
        path: of it, for the message.
        remedy: what to do where it holds anything else.
        key: what the tensors stand under; None where they are all of the file.

    Raises:
        CheckpointCorruptError: the file was never fetched.
        AdapterError: it holds anything else.
    """
    check_pointer(content, path)
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        state = state if key is None else state[key]
        if not all(isinstance(value, Tensor) for value in state.values()):
            raise TypeError("not only tensors")
        return dict(state)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise AdapterError(
            f"{path} does not hold the tensors of a model alone, and nothing else is read from it; {remedy}"
        ) from error
