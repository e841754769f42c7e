"""Where the pictures are that the models of a data set were trained on: a note beside the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from latentdemo.data.folder import Pictures
from latentdemo.data.images import Progress
from latentdemo.data.reading import read_pictures
from latentdemo.errors import DataError
from latentdemo.files import write_json

RECORD = "pictures.json"
RECORDED = {"source": str, "size": int, "count": int, "digest": str}  # The entries of the note, and their kinds.


def write_record(folder: Path, pictures: Pictures) -> None:
    """Note in the folder of the data set where its pictures are.

    Raises:
        DataError: the folder is that of other pictures.
    """
    path = folder / RECORD
    known = read_record(folder) if path.exists() else None
    if known is not None and known["digest"] != pictures.digest:
        raise DataError(
            f"{folder} holds models of other pictures ({known['count']} from {known['source']}, now "
            f"{len(pictures.found)} from {pictures.source.resolve()}); choose another --name, or move that folder away"
        )
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "source": str(pictures.source.resolve()),
        "size": pictures.size,
        "count": len(pictures.found),
        "digest": pictures.digest,
    }
    write_json(path, record)


def read_record(folder: Path) -> dict[str, Any]:
    """What `write_record` wrote.

    Raises:
        DataError: it is missing or broken.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return {name: kind(record[name]) for name, kind in RECORDED.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / RECORD} cannot be read ({error}); train a model of these pictures anew") from error


def recorded_pictures(folder: Path, source: Path | None = None, progress: Progress | None = None) -> Pictures:
    """The pictures that the models of a folder were trained on, read again.

    Args:
        folder: of the data set.
        source: where the pictures are now; None takes where they were.
        progress: told (done, total).

    Raises:
        DataError: they are not there any more, or have changed.
    """
    record = read_record(folder)
    pictures = read_pictures(source or Path(record["source"]), record["size"], progress)
    if pictures.digest != record["digest"]:
        raise DataError(
            f"the pictures in {pictures.source} are not those that the models in {folder} were trained on "
            f"({record['count']} then, {len(pictures.found)} that can be used now); name their folder with --data-dir"
        )
    return pictures
