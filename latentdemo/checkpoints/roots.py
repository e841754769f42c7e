"""The folders that checkpoints lie in, and the names of the models in them.

Where `$LATENTDEMO_CHECKPOINTS` is set, it names all of these folders, separated as in `$PATH`. Else they are
`checkpoints/` in the current folder, `checkpoints/` in the user's data folder or in `$LATENTDEMO_HOME`, and, where the
package lies in a clone of the project, the clone's own `checkpoints/`. The folder that packages are installed in is
never written to.
"""

from __future__ import annotations

import os
import re
import tempfile
from functools import cache
from pathlib import Path

from latentdemo.checkpoints.config import CONFIG
from latentdemo.errors import CheckpointFolderError, ModelNotFoundError
from latentdemo.files import working_folders

VARIABLE = "LATENTDEMO_CHECKPOINTS"
FOLDER = "checkpoints"
NAMES = r"[\w-][\w.-]{0,59}/[\w-][\w.-]{0,59}"  # of models; in any alphabet no longer than a file system takes
PRIVATE = "upload-"  # what names of models begin with that are listed nowhere


def checkpoint_roots() -> list[Path]:
    """The folders of checkpoints, in the order in which models are looked for in them; not all of them need exist."""
    if named := [Path(each).expanduser() for each in os.environ.get(VARIABLE, "").split(os.pathsep) if each]:
        return named
    return list(dict.fromkeys(folder / FOLDER for folder in working_folders()))


def add_checkpoint_root(folder: Path) -> None:
    """Look for models of this process in a folder, too, and there first."""
    roots = checkpoint_roots()
    if folder not in roots:
        os.environ[VARIABLE] = os.pathsep.join(map(str, [folder, *roots]))


@cache
def private_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder of this process for models that only who knows their names can find; it goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="latentdemo-")


def checkpoints_dir() -> Path:
    """The folder that new checkpoints go to: the first of `checkpoint_roots()` that can be written to.

    Where it is missing it is made with the first checkpoint; only `checkpoints/` in the current folder is not, unless
    `$LATENTDEMO_CHECKPOINTS` names it: so no folder gets one for a command that was once called there.

    Raises:
        CheckpointFolderError: none can be written to.
    """
    if found := first_writable():
        return found
    raise CheckpointFolderError(
        f"new checkpoints have no place: {', '.join(map(str, checkpoint_roots()))} cannot be written to; "
        f"make a folder {FOLDER} in the current folder, or name another in ${VARIABLE}"
    )


def first_writable() -> Path | None:
    """The first of `checkpoint_roots()` that can be written to."""
    skipped = None if os.environ.get(VARIABLE) else Path.cwd() / FOLDER
    writable = (root for root in checkpoint_roots() if can_be_written(root) and (root != skipped or is_folder(root)))
    return next(writable, None)


def can_be_written(folder: Path) -> bool:
    """Whether files can be put into a folder, or where it is missing, whether it can be made."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.access(each, os.F_OK))
    return is_folder(there) and os.access(there, os.W_OK)


def is_folder(path: Path) -> bool:
    """Whether there is a folder; one that this user may not look for is none."""
    try:
        return path.is_dir()
    except PermissionError:
        return False


def dataset_folder(name: str) -> Path:
    """The folder of a data set's checkpoints: the first that there is, else where new ones go."""
    roots = checkpoint_roots()
    there = next((root for root in roots if is_folder(root / name)), None)
    return (there or first_writable() or roots[0]) / name


def list_models(root: str | Path | None = None) -> list[str]:
    """Names of all models, such as "avatars/dvae", in alphabetical order.

    Args:
        root: folder of the checkpoints; None takes all of `checkpoint_roots()`.
    """
    roots = [each for each in ([Path(root)] if root else checkpoint_roots()) if is_folder(each)]
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
            if is_folder(folder):
                return folder
    places, known = ", ".join(map(str, roots)), list_models(root)
    where = "" if root or known else f"; ${VARIABLE} names other folders"
    raise ModelNotFoundError(f"no model {name!r:.80} in {places}; known are {', '.join(known) or 'none'}{where}")
