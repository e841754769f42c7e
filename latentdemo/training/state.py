"""The state of a training run in a file, so that a run that was stopped goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latentdemo.errors import TrainingError
from latentdemo.files import write_atomically
from latentdemo.training.settings import TrainingSettings

STATE = "state.pt"


@dataclass(frozen=True)
class Best:
    """The epoch with the lowest held-out loss so far.

    Attributes:
        epoch: its number, from 1.
        loss: see `held_out_loss`.
        model: its weights.
    """

    epoch: int
    loss: float
    model: dict[str, Tensor]


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write the state of a run into its folder, whole or not at all."""
    write_atomically(folder / STATE, partial(torch.save, dict(state)))


def read_state(folder: Path, device: torch.device) -> dict[str, Any]:
    """The state of the run in a folder, its tensors on a device; settings that it does not name have their defaults.

    Raises:
        TrainingError: it is broken.
    """
    path = folder / STATE
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        state["fingerprint"]["settings"] = asdict(TrainingSettings(**state["fingerprint"]["settings"]))
    except Exception as error:
        raise TrainingError(f"{path} is broken or no state of a training run; start again with --restart") from error
    return state


def check_same_run(out: Path, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """Raise TrainingError where the fingerprint of a run that lies in `out` is another than the one that is asked for.

    What an older state does not name counts as the same.
    """
    other = [name for name in mine if mine[name] != theirs.get(name, mine[name])]
    if other:
        raise TrainingError(
            f"{out} holds a run with another {' and '.join(other)}; "
            "choose another --out, or drop that run with --restart"
        )
