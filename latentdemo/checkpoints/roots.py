"""The folders that checkpoints lie in, and the names of the models in them."""

from __future__ import annotations

import os
import re
import tempfile
from functools import cache
from pathlib import Path

from latentdemo.checkpoints.config import CONFIG
from latentdemo.errors import (
    ModelNotFoundError,
)

NAMES = r"[\w-][\w.-]{0,59}/[\w-][\w.-]{0,59}"  # of models; in any alphabet no longer than a file system takes
PRIVATE = "upload-"  # what names of models begin with that are listed nowhere
SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"


def checkpoint_roots() -> list[Path]:
    """The folders of checkpoints: those in $LATENTDEMO_CHECKPOINTS, separated as in $PATH, or `checkpoints/` beside the
    package."""
    named = os.environ.get("LATENTDEMO_CHECKPOINTS", "").split(os.pathsep)
    return [Path(each).expanduser() for each in named if each] or [SHIPPED]


def add_checkpoint_root(folder: Path) -> None:
    """Look for models of this process in a folder, too, and there first."""
    roots = checkpoint_roots()
    if folder not in roots:
        os.environ["LATENTDEMO_CHECKPOINTS"] = os.pathsep.join(map(str, [folder, *roots]))


@cache
def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of this process for models that only who knows their names can find; it goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="latentdemo-")


def checkpoints_dir() -> Path:
    """The folder that new checkpoints go to: the first of `checkpoint_roots()`."""
    return checkpoint_roots()[0]


def dataset_folder(name: str) -> Path:
    """The folder of a data set's checkpoints: the first that there is, else where new ones go."""
    folders = [root / name for root in checkpoint_roots()]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def list_models(root: str | Path | None = None) -> list[str]:
    """Names of all models, such as "avatars/dvae", in alphabetical order.

    Args:
        root: folder of the checkpoints; None takes all of `checkpoint_roots()`.
    """
    roots = [Path(root)] if root else checkpoint_roots()
    return sorted({path.parent.relative_to(each).as_posix() for each in roots for path in each.glob(f"*/*/{CONFIG}")})


def model_folder(name: str, root: str | Path | None = None) -> Path:
    """The checkpoint folder of a model.

    Raises:
        ModelNotFoundError: no such folder, or a name that leads out of the checkpoints.
    """
    roots = [Path(root)] if root else checkpoint_roots()
    if isinstance(name, str) and (re.fullmatch(NAMES, name) or name in list_models(root)):
        if name.startswith(PRIVATE) and not root:
            roots.append(Path(private_folder().name))
        for folder in (each / name for each in roots):
            if folder.is_dir():
                return folder
    places, known = ", ".join(map(str, roots)), list_models(root)
    raise ModelNotFoundError(f"no model {name!r:.80} in {places}; known are {', '.join(known) or 'none'}")
