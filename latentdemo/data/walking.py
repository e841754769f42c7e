"""The files of a folder that somebody names, through links too, and what is passed over on the way and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PASSED_OVER = {
    "hidden": "Hidden, or kept by the system beside pictures: rename it if it is one of yours.",
    "again": "The link leads to a folder that is read already: nothing of it is lost.",
    "nowhere": "The link leads nowhere: make it anew, or put the pictures themselves there.",
    "link": "A link within a ZIP file, which is not followed: pack the pictures themselves.",
    "closed": "It may not be read: allow it for the user who runs this.",
    "special": "It is no file but a device, a pipe or the like.",
}
"""Why something is never opened, in whole sentences."""

PassedOver = dict[str, list[str]]
"""Reason, a key of `PASSED_OVER` -> names."""
SYSTEM = ("Thumbs.db", "desktop.ini")


def files_of(source: Path, passed_over: PassedOver) -> list[Path]:
    """All files of a folder and of its subfolders, sorted; what is passed over is added to `passed_over`.

    Folders that are links are read after all others and each folder once, so that no circle of links is walked twice.

    Raises:
        OSError: the folder itself may not be read.
    """
    found, links, read = list[Path](), [source], set[Path]()
    while links:
        found += walked(source, links.pop(0), read, links, passed_over)
    return sorted(found)


def walked(source: Path, folder: Path, read: set[Path], links: list[Path], passed_over: PassedOver) -> Iterator[Path]:
    """The files below a folder; links to folders are added to `links`, and folders that were read to `read`."""
    if folder.resolve() in read:
        note(passed_over, "again", source, folder)
        return
    read.add(folder.resolve())
    try:
        paths = sorted(folder.iterdir())
    except PermissionError:
        if folder == source:
            raise
        note(passed_over, "closed", source, folder)
        return
    for path in paths:
        if is_hidden(path.name):
            note(passed_over, "hidden", source, path)
        elif path.is_dir() and path.is_symlink():
            links.append(path)
        elif path.is_dir():
            yield from walked(source, path, read, links, passed_over)
        elif path.is_file():
            yield path
        else:
            note(passed_over, "special" if path.exists() else "nowhere", source, path)


def note(passed_over: PassedOver, reason: str, source: Path, path: Path) -> None:
    """Add a name to what is passed over."""
    passed_over.setdefault(reason, []).append(path.relative_to(source).as_posix())


def is_hidden(name: str) -> bool:
    """Whether a file or folder is one that its owner may not know of."""
    return name.startswith((".", "__MACOSX")) or name in SYSTEM
