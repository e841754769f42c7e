"""`latents.npz`: the numbers of a run, which lie beside its `run.json`.

An array `latents_K` (N, D) for each recorded step K, `branch_I` (N, D) for each branch I and, where the chains hold
known pixels, `known` (C, H, W), see `latentdemo.sampling.known`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import RunFileError
from latentdemo.export.settings import RunSettings

LATENTS, KNOWN = "latents.npz", "known"


def array(step: int) -> str:
    """Name of the array of a recorded step."""
    return f"latents_{step}"


def branch_array(index: int) -> str:
    """Name of the array of a branch."""
    return f"branch_{index}"


def named(latents: Mapping[int, Tensor], branches: Sequence[Tensor]) -> dict[str, Tensor]:
    """All latents of a run, (N, D) each, by the names of their arrays."""
    steps = {array(step): each for step, each in latents.items()}
    return steps | {branch_array(index): each for index, each in enumerate(branches)}


def latents_bytes(latents: Mapping[int, Tensor], branches: Sequence[Tensor] = (), known: Tensor | None = None) -> bytes:
    """The content of the file of a run."""
    arrays = named(latents, branches) | ({} if known is None else {KNOWN: known})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: each.numpy() for name, each in arrays.items()})  # type: ignore[arg-type]
    return buffer.getvalue()


def read_latents(path: Path, settings: RunSettings) -> dict[str, Tensor] | None:
    """The latents in a file by the names of their arrays; None where there is no file.

    Raises:
        RunFileError: it is broken, or of another run.
    """
    if not path.exists():
        return None
    names = [*map(array, settings.recorded), *map(branch_array, range(len(settings.branches)))]
    kept = read_arrays(path, names)
    if any(latents.dim() != 2 or len(latents) != settings.spec.count for latents in kept.values()):
        raise RunFileError(f"{path} does not hold {settings.spec.count} chains; unpack it from the same ZIP")
    return kept


def read_known(path: Path) -> Tensor:
    """The known pixels in a file, (C, H, W).

    Raises:
        RunFileError: there is no such file, it is broken, or of another run.
    """
    if not path.exists():
        raise RunFileError(f"{path} is missing: the run holds pixels that lie there; unpack it from the same ZIP")
    return read_arrays(path, [KNOWN])[KNOWN]


def read_arrays(path: Path, names: Collection[str]) -> dict[str, Tensor]:
    """Arrays of a file by their names, float32; RunFileError where it is broken, or lacks one."""
    try:
        with np.load(path) as arrays:
            return {name: torch.from_numpy(arrays[name]).float() for name in names}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise RunFileError(f"{path} does not hold the latents of this run ({error}); unpack both again") from error
