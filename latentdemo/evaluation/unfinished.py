"""What an evaluation has measured so far, in a file, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from latentdemo.files import write_atomically

Measured = dict[str, dict[str, float]]


class Unfinished:
    """A file of parts, written after each.

    Args:
        path: of the file; None keeps nothing.
        settings: that the parts depend on; a file of other settings is begun anew.
    """

    def __init__(self, path: Path | None, settings: Sequence[Any]) -> None:
        self.path = path
        self.content: dict[str, Any] = {"settings": list(settings), "parts": {}}
        if path is not None and path.exists():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                return  # It was cut off, so that nothing of it can be trusted.
            if isinstance(found, dict) and found.get("settings") == list(settings):
                self.content = found

    def get(self, key: str) -> Measured | None:
        """A part that was measured; None where it is still to do."""
        return self.content["parts"].get(key)

    def put(self, key: str, measured: Measured) -> None:
        """Keep a part."""
        self.content["parts"][key] = measured
        if self.path is not None:
            write_atomically(self.path, json.dumps(self.content))
