"""Programs: a pair of files that torch.export (`.pt2`) or TorchScript (`.pt`) wrote, with a description in JSON.

    encoder.pt2       images (N, C, S, S) in [0, 1] -> latents (N, D), or (mean, std)
    decoder.pt2       latents (N, D) -> images (N, C, S, S) in [0, 1]
    description.json  {"image_size": 28, "channels": 1, "latent_size": 16}

Such a file holds a program, not only weights, and reading it is as safe as whoever wrote it: PyTorch says so of both
formats. Take only files of your own, or of somebody whose scripts you would run. No upload may be one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch.export.passes import move_to_device_pass

from latentdemo.errors import AdapterError, NetworkConfigError
from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork
from latentdemo.models.weights import read_bytes

DESCRIPTION = "description.json"


class ExportedAutoencoder(AdaptedAutoencoder):
    """A pair that torch.export wrote, with a batch of any size."""

    family = "exported"
    title = "torch.export"
    files = ("encoder.pt2", "decoder.pt2")
    runs_code = True
    kept: Mapping[str, bytes]

    @classmethod
    def restore(
        cls, network: AdaptedNetwork, options: Mapping[str, Any], content: Mapping[str, bytes], device: torch.device
    ) -> Self:
        encode, decode = (cls.program(name, content[name], device) for name in cls.files)
        model = cls(encode, decode, network, options=options, device=device)
        model.kept = dict(content)
        return model

    @staticmethod
    def program(name: str, content: bytes, device: torch.device) -> Callable[..., Any]:
        """The function that a file holds, on a device."""
        try:
            module = move_to_device_pass(torch.export.load(io.BytesIO(content)), device).module()
        except Exception as error:  # of broken files, the reader raises nearly anything
            raise AdapterError(f"{name} cannot be read ({error}); write it anew with torch.export.save") from error
        return module.forward  # the module itself would refuse eval(), which was settled at export

    def content(self) -> dict[str, bytes]:
        return dict(self.kept)


class ScriptedAutoencoder(ExportedAutoencoder):
    """A pair that TorchScript wrote."""

    family = "torchscript"
    title = "TorchScript"
    files = ("encoder.pt", "decoder.pt")

    @staticmethod
    def program(name: str, content: bytes, device: torch.device) -> Callable[..., Any]:
        try:
            return torch.jit.load(io.BytesIO(content), map_location=device).eval()
        except RuntimeError as error:
            raise AdapterError(f"{name} cannot be read ({error}); write it anew with torch.jit.save") from error


def read_exported(folder: Path, image_size: int | None = None, ground: int = 0) -> ExportedAutoencoder:
    """The model of a folder with such a pair and its description; see above for what that trusts.

    Args:
        folder: with the three files.
        image_size: side of the pictures that it is to serve, in whose middle its own lie; None for its own.
        ground: grey value around them, 0 to 255.

    Raises:
        CheckpointFileMissingError: a file is missing.
        AdapterError: a file is broken, or breaks the contract of `latentdemo.models.adapted`.
    """
    path = folder / DESCRIPTION
    try:
        sizes = json.loads(read_bytes(path))
        inner, channels, latent_size = (sizes[name] for name in ("image_size", "channels", "latent_size"))
        network = AdaptedNetwork.around(inner, channels, latent_size, image_size, ground)
    except (ValueError, TypeError, KeyError) as error:
        reason = str(error) if isinstance(error, NetworkConfigError) else f"no description: {error!r}"
        raise AdapterError(f"{path}: {reason}; see latentdemo.models.adapters.exported for its form") from error
    adapter = ScriptedAutoencoder if (folder / ScriptedAutoencoder.files[0]).exists() else ExportedAutoencoder
    content = {name: read_bytes(folder / name) for name in adapter.files}
    return adapter.restore(network, {}, content, torch.device("cpu"))
