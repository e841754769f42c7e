"""Densities of a fit that was stopped, in a file, so that it goes on with the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from latentdemo.files import write_atomically
from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.densities.registry import kinds

UNFINISHED = "density.unfinished.safetensors"


class UnfinishedFit:
    """The densities that are fitted already, written after each.

    Args:
        folder: of the checkpoint.
        settings: that they depend on; a file of others is begun anew.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.path = folder / UNFINISHED
        self.settings = json.dumps(settings, sort_keys=True)
        self.densities = self.read()

    def read(self) -> dict[str, StoredDensity]:
        """What lies in the file; nothing where it is missing, cut off, or of another fit."""
        try:
            with safe_open(self.path, "pt") as file:
                said = file.metadata() or {}
                if said.get("settings") != self.settings:
                    return {}
                found = {}
                for name, (kind, settings) in json.loads(said["densities"]).items():
                    found[name] = kinds()[kind](**settings)
                    own = [key for key in file.keys() if key.startswith(f"{name}.")]  # noqa: SIM118 - not a mapping
                    found[name].load_state_dict({key.removeprefix(f"{name}."): file.get_tensor(key) for key in own})
                return found
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
            return {}

    def add(self, name: str, density: StoredDensity) -> None:
        """One more that is fitted."""
        self.densities[name] = density
        tensors = {f"{name}.{key}": value for name, each in self.densities.items() for key, value in parts(each)}
        said = {name: (each.kind, each.settings()) for name, each in self.densities.items()}
        write_atomically(self.path, save(tensors, {"settings": self.settings, "densities": json.dumps(said)}))

    def drop(self) -> None:
        """Forget it: all is written where it belongs."""
        self.path.unlink(missing_ok=True)


def parts(density: StoredDensity) -> list[tuple[str, Any]]:
    """The tensors of a density by name, each with a place of its own in memory."""
    return [(key, value.clone()) for key, value in density.state_dict().items()]
