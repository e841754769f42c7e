"""Pictures of one's own, read with care from a folder or a ZIP file, which is never unpacked to disk."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from latentdemo.data.folder import FoundPicture, Pictures
from latentdemo.data.images import Progress
from latentdemo.data.opening import LARGEST_BYTES, open_picture
from latentdemo.data.pictures import LOOKED_AT, as_trained, central_square, remarks_on
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
    for name, content in contents(source, progress):
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
        raise DataError(f"{source} holds no file; name the folder or the ZIP file that the pictures are in")
    return Pictures(source, size, sorted(found.values(), key=lambda each: each.digest), refused, copies)


def open_found(name: str, content: bytes | None, size: int) -> FoundPicture:
    """One picture; raises as `open_picture` does."""
    if content is None:
        raise PictureError("broken")
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


def contents(source: Path, progress: Progress | None = None) -> Iterator[tuple[str, bytes | None]]:
    """Name and content of every file, hidden ones left out; None for what cannot be read, and what is too large comes
    cut off, one byte too long."""
    try:
        if source.is_dir():
            paths = sorted(path for path in source.rglob("*") if path.is_file() and shown(path.relative_to(source)))
            for done, path in enumerate(paths, start=1):
                yield path.relative_to(source).as_posix(), file_content(path)
                if progress:
                    progress(done, len(paths))
            return
        with zipfile.ZipFile(source) as archive:
            members = [each for each in archive.infolist() if not each.is_dir() and shown(Path(each.filename))]
            for done, member in enumerate(sorted(members, key=lambda each: each.filename), start=1):
                yield member.filename, member_content(archive, member)
                if progress:
                    progress(done, len(members))
    except zipfile.BadZipFile as error:
        raise DataError(f"{source} is neither a folder nor a ZIP file that can be read ({error})") from error
    except OSError as error:
        raise DataError(f"{source} cannot be read ({error.strerror or error}); name a folder or a ZIP file") from error


def file_content(path: Path) -> bytes | None:
    """A file's content; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError:
        return None


def member_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | None:
    """A member's content; None where it is damaged.

    Raises:
        DataError: it is encrypted.
    """
    if member.flag_bits & 1:
        raise DataError(f"{archive.filename} is encrypted; unpack it and name the folder")
    try:
        with archive.open(member) as file:
            return file.read(LARGEST_BYTES + 1)
    except Exception:  # Decoders raise nearly anything of a damaged member.
        return None


def shown(path: Path) -> bool:
    """Whether a file is one that its owner knows of."""
    return not any(part.startswith((".", "__MACOSX")) for part in path.parts) and path.name != "Thumbs.db"
