"""The files of a model on their way to machines that do not have them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from latentdemo.checkpoints import model_folder
from latentdemo.checkpoints.roots import add_checkpoint_root


@dataclass(frozen=True)
class Parcel:
    """All that lies beside a model, and beside it in the folder of its data set.

    Attributes:
        files: path below the folder of checkpoints -> content.
    """

    files: Mapping[str, bytes]

    @classmethod
    def of(cls, model: str) -> Parcel:
        """The files of a model that lies here; raises ModelNotFoundError."""
        folder = model_folder(model)
        paths = [path for each in (folder, folder.parent) for path in sorted(each.iterdir()) if path.is_file()]
        root = folder.parent.parent
        return cls({path.relative_to(root).as_posix(): path.read_bytes() for path in paths})

    def unpack(self) -> None:
        """Lay the files where this process looks for models first, from now on until it ends."""
        root = Path(folder_of_process().name)
        for name, content in self.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        add_checkpoint_root(root)


@cache
def folder_of_process() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="latentdemo-worker-")
