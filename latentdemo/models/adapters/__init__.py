"""The registry of adapters: one file and one line each.

An adapter makes a model of files that others' software wrote: an `AdaptedAutoencoder` with a name (`family`), the files
of its checkpoint folder, `restore` and `content`. The folder's `config.json` names it as its family. `read_...` takes
the files as that software wrote them; `save_checkpoint` makes a checkpoint folder of what it gives.
"""

from pathlib import Path

from latentdemo.errors import AdapterError
from latentdemo.models.adapted import AdaptedAutoencoder
from latentdemo.models.adapters.diffusers import DiffusersAutoencoder, read_diffusers
from latentdemo.models.adapters.exported import ExportedAutoencoder, ScriptedAutoencoder, read_exported
from latentdemo.models.adapters.pythae import PythaeAutoencoder, read_pythae

ADAPTERS: dict[str, type[AdaptedAutoencoder]] = {
    adapter.family: adapter
    for adapter in (ExportedAutoencoder, ScriptedAutoencoder, PythaeAutoencoder, DiffusersAutoencoder)
}

READERS = {
    "model_config.json": read_pythae,
    "description.json": read_exported,
    "config.json": read_diffusers,
    "model_index.json": read_diffusers,
}
"""File that tells what wrote a folder -> what reads it."""
FINAL = "final_model"  # of a training run of pythae, which keeps earlier ones beside it


def read_others(folder: Path, image_size: int | None = None, ground: int = 0) -> AdaptedAutoencoder:
    """The model of a folder that pythae, diffusers, torch.export or TorchScript wrote, on the CPU.

    Args:
        folder: as that software wrote it.
        image_size: side of the square pictures that it is to serve; None takes those it was made for.
        ground: grey value around its own pictures, where those are smaller, 0 to 255.

    Raises:
        CheckpointError: it cannot be taken in; the message says why.
    """
    if not folder.is_dir():
        raise AdapterError(f"{folder} is {'a file' if folder.exists() else 'not there'}; name the folder of a model")
    if (folder / FINAL).is_dir():
        folder /= FINAL
    for name, read in READERS.items():
        if (folder / name).exists():
            return read(folder, image_size, ground)
    raise AdapterError(
        f"{folder} holds none of {', '.join(READERS)}: name the folder that pythae's trainer called {FINAL}, that "
        "diffusers wrote with save_pretrained, or that holds encoder.pt2 and decoder.pt2 with a description.json"
    )


__all__ = ["ADAPTERS", "READERS", "read_diffusers", "read_exported", "read_others", "read_pythae"]
