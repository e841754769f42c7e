"""The members of a ZIP file that somebody brings, read one by one and never unpacked to disk."""

from __future__ import annotations

import copy
import stat
import zipfile
import zlib
from pathlib import PurePosixPath

from latentdemo.data.walking import PassedOver, is_hidden
from latentdemo.errors import DataError, PictureError

DEFLATE64 = 9  # how Windows packs members of more than 2 GB, and archives of many
KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
CHUNK = 2**16


def members_of(archive: zipfile.ZipFile, passed_over: PassedOver) -> list[zipfile.ZipInfo]:
    """The files of an archive, sorted; what is passed over is added to `passed_over`."""
    found = []
    for member in archive.infolist():
        if member.is_dir():
            continue
        if any(map(is_hidden, PurePosixPath(member.filename).parts)):
            passed_over.setdefault("hidden", []).append(member.filename)
        elif stat.S_ISLNK(member.external_attr >> 16):
            passed_over.setdefault("link", []).append(member.filename)
        else:
            found.append(member)
    return sorted(found, key=lambda each: each.filename)


def member_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """A member's content, cut off one byte behind `most`.

    Raises:
        DataError: it is encrypted.
        PictureError: it is damaged, or packed in a way that nothing here unpacks.
    """
    if member.flag_bits & 1:
        raise DataError(f"{archive.filename} is encrypted; unpack it and name the folder")
    try:
        if member.compress_type == DEFLATE64:
            return inflated64(archive, member, most)
        if member.compress_type not in KNOWN:
            raise PictureError("packing")
        with archive.open(member) as file:
            return file.read(most + 1)
    except PictureError:
        raise
    except Exception as error:  # Decoders raise nearly anything of a damaged member.
        raise PictureError("broken") from error


def inflated64(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """The content of a member that is packed with Deflate64; arguments and errors as of `member_content`."""
    try:
        from inflate64 import Inflater  # noqa: PLC0415 - few archives need it
    except ImportError as error:
        raise PictureError("packing") from error
    packed = copy.copy(member)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
    del packed.CRC  # that of the content
    inflater, content = Inflater(), bytearray()
    with archive.open(packed) as file:
        while len(content) <= most and (chunk := file.read(CHUNK)):
            content += inflater.inflate(chunk)
    if len(content) > most:
        return bytes(content[: most + 1])
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise PictureError("broken")
    return bytes(content)
