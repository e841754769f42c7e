"""Whether the demo may write where it has to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from latentdemo.checkpoints.roots import VARIABLE, first_writable
from latentdemo.doctor.finding import Finding
from latentdemo.files import HOME, data_folder


def check() -> Iterator[Finding]:
    """Whether files can be written for reviews and uploads, and where new checkpoints go."""
    yield written(data_folder(), f"let this user write there, or name another folder in ${HOME}")
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        yield Finding("writing", "fault", str(error), "name a folder that can be written to in $TMPDIR")
    else:
        yield written(temporary, "name a folder that can be written to in $TMPDIR")
    new = first_writable()
    if new is None:
        yield Finding("writing", "warning", "no folder of checkpoints can be written to: models are shown, none kept",
                      f"where models are trained or shared, name a folder in ${VARIABLE}")  # fmt: skip
    else:
        yield Finding("writing", "good", f"new checkpoints go to {new}")


def written(folder: Path, remedy: str) -> Finding:
    """Whether a file can be written into a folder, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"latentdemo")
            file.flush()
    except OSError as error:
        return Finding("writing", "fault", f"{folder} cannot be written to: {error.strerror}", remedy)
    return Finding("writing", "good", f"{folder} can be written to")
