"""Pictures of one's own, read with care from a folder or a ZIP file, which is never unpacked to disk."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from latentdemo.data.archives import member_content, members_of
from latentdemo.data.folder import FoundPicture, Pictures
from latentdemo.data.images import Progress
from latentdemo.data.opening import LARGEST_BYTES, open_picture
from latentdemo.data.pictures import LOOKED_AT, as_trained, central_square, remarks_on
from latentdemo.data.walking import PassedOver, files_of
from latentdemo.errors import DataError, PictureError


def read_pictures(source: Path, size: int = 32, progress: Progress | None = None) -> Pictures:
    """All pictures of a folder, its subfolders included, or of a ZIP file.

    Args:
        source: the folder or the file.
        size: side in pixels to scale the central squares to.
        progress: told (done, total).

    Raises:
        DataError: no such folder or file, one that is no ZIP, or no file in it.
    """
    found: dict[str, FoundPicture] = {}
    refused: dict[str, list[str]] = {}
    copies: list[tuple[str, str]] = []
    passed_over: PassedOver = {}
    for name, content in contents(source, passed_over, progress):
        try:
            picture = open_found(name, content, size)
        except PictureError as error:
            refused.setdefault(error.reason, []).append(name)
            continue
        if picture.digest in found:
            copies.append((name, found[picture.digest].name))
        else:
            found[picture.digest] = picture
    if not found and not refused:
        hidden = sum(map(len, passed_over.values()))
        but = f" but {hidden} that are hidden or cannot be read" if hidden else ""
        raise DataError(f"{source} holds no file{but}; name the folder or the ZIP file that the pictures are in")
    return Pictures(source, size, sorted(found.values(), key=lambda each: each.digest), refused, copies, passed_over)


def open_found(name: str, content: bytes | PictureError, size: int) -> FoundPicture:
    """One picture; raises as `open_picture` does."""
    if isinstance(content, PictureError):
        raise content
    opened = open_picture(content, 2 * max(size, LOOKED_AT))
    return FoundPicture(
        name,
        hashlib.sha256(content).hexdigest(),
        opened.kind,
        opened.width,
        opened.height,
        as_trained(central_square(opened, size), 3),
        remarks_on(opened),
    )


def contents(
    source: Path, passed_over: PassedOver, progress: Progress | None = None
) -> Iterator[tuple[str, bytes | PictureError]]:
    """Name and content of every file, or why it has none; what is too large comes cut off, one byte too long."""
    try:
        if source.is_dir():
            paths = files_of(source, passed_over)
            for done, path in enumerate(paths, start=1):
                yield path.relative_to(source).as_posix(), caught(partial(file_content, path))
                if progress:
                    progress(done, len(paths))
            return
        with zipfile.ZipFile(source) as archive:
            members = members_of(archive, passed_over)
            for done, member in enumerate(members, start=1):
                read = partial(member_content, archive, member, LARGEST_BYTES)
                yield member.filename, caught(read)
                if progress:
                    progress(done, len(members))
    except zipfile.BadZipFile as error:
        raise DataError(f"{source} is neither a folder nor a ZIP file that can be read ({error})") from error
    except OSError as error:
        raise DataError(f"{source} cannot be read ({error.strerror or error}); name a folder or a ZIP file") from error


def caught(read: Callable[[], bytes]) -> bytes | PictureError:
    """A content, or the error that stands in its way."""
    try:
        return read()
    except PictureError as error:
        return error


def file_content(path: Path) -> bytes:
    """A file's content; PictureError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise PictureError("broken") from error
