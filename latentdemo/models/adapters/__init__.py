"""The registry of adapters: one file and one line each.

An adapter makes a model of files that others' software wrote: an `AdaptedAutoencoder` with a name (`family`), the files
of its checkpoint folder, `restore` and `content`. The folder's `config.json` names it as its family. `read_...` takes
the files as that software wrote them; `save_checkpoint` makes a checkpoint folder of what it gives.
"""

from latentdemo.models.adapted import AdaptedAutoencoder
from latentdemo.models.adapters.diffusers import DiffusersAutoencoder, read_diffusers
from latentdemo.models.adapters.exported import ExportedAutoencoder, ScriptedAutoencoder, read_exported
from latentdemo.models.adapters.pythae import PythaeAutoencoder, read_pythae

ADAPTERS: dict[str, type[AdaptedAutoencoder]] = {
    adapter.family: adapter
    for adapter in (ExportedAutoencoder, ScriptedAutoencoder, PythaeAutoencoder, DiffusersAutoencoder)
}

__all__ = ["ADAPTERS", "read_diffusers", "read_exported", "read_pythae"]
