"""Where files go, and how they are written: whole or not at all; who is interrupted leaves the one before as it was."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from platformdirs import user_data_path

HOME = "LATENTDEMO_HOME"
PROJECT = Path(__file__).resolve().parents[1]  # a clone of the project, or the folder that the package is installed in


def data_folder() -> Path:
    """The folder that everything which people make here goes to: `$LATENTDEMO_HOME`, or the user's data folder."""
    named = os.environ.get(HOME, "")
    return Path(named).expanduser() if named else user_data_path("latentdemo", appauthor=False)


def working_folders() -> list[Path]:
    """The folders that people's files lie in, and those that ship: the current one, the data folder, and where the
    package lies in a clone of the project, the clone."""
    clone = [PROJECT] if (PROJECT / "pyproject.toml").is_file() else []
    return [Path.cwd(), data_folder(), *clone]


def write_atomically(path: Path, content: bytes | str | Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its place, and move it there once it is complete.

    Args:
        path: of the file, whose folder is there.
        content: of the file, text as UTF-8; or what writes it into an open file, such as `picture.save`.

    Raises:
        OSError: it cannot be written; what was at `path` is there still.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content.encode() if isinstance(content, str) else content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_json(path: Path, values: Any) -> None:
    """Write values as JSON that people can read; raises as `write_atomically` does."""
    write_atomically(path, json.dumps(values, indent=2, ensure_ascii=False) + "\n")
