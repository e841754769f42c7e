"""What the adapters of weights share: networks are laid out without memory, and filled if the weights fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from latentdemo.errors import AdapterError
from latentdemo.models.weights import check_fit, check_numbers


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
