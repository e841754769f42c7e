"""Densities of a fit that was stopped, in a file, so that it goes on with the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from latentdemo.errors import CheckpointError
from latentdemo.files import write_atomically
from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.densities.store import density_of, tensors_of

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
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
                found = {}
                for name, (kind, settings, notes) in json.loads(said["densities"]).items():
                    found[name] = density_of(name, kind, settings, tensors, self.path)
                    found[name].notes = notes
                return found
        except (OSError, SafetensorError, CheckpointError, KeyError, TypeError, ValueError, RuntimeError):
            return {}

    def add(self, name: str, density: StoredDensity) -> None:
        """One more that is fitted."""
        self.densities[name] = density
        said = {name: (each.kind, each.settings(), dict(each.notes)) for name, each in self.densities.items()}
        content = save(tensors_of(self.densities), {"settings": self.settings, "densities": json.dumps(said)})
        write_atomically(self.path, content)

    def drop(self) -> None:
        """Forget it: all is written where it belongs."""
        self.path.unlink(missing_ok=True)
