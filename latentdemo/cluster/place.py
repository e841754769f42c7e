"""Where results go: a folder on any file system that pyarrow knows, such as a local one, S3 or Google Cloud Storage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from latentdemo.errors import ClusterError

PIECE = 2**20  # bytes that are read at a time
PROBE = ".can-be-written"
PATIENCE = 30  # seconds until Google Cloud Storage counts as away; by itself Arrow tries for a quarter of an hour
UNFINISHED = "."  # what names of files begin with until they are complete; readers of Parquet pass over such


@dataclass(frozen=True)
class Place:
    """A folder.

    Attributes:
        name: as people call it.
        filesystem: of pyarrow.
        folder: within it.
    """

    name: str
    filesystem: Any
    folder: str

    @classmethod
    def of(cls, name: str) -> Place:
        """The folder of a path, or of an address such as "s3://bucket/folder".

        Raises:
            ClusterError: an address of a kind that is not known.
        """
        from pyarrow import fs

        if "://" not in name:
            return cls(name, fs.LocalFileSystem(), str(Path(name).absolute()))
        with told(name):
            return cls(name, *fs.FileSystem.from_uri(with_patience(name)))

    @property
    def is_local(self) -> bool:
        """Whether it lies in the file system of a machine, which others may not see."""
        return self.filesystem.type_name == "local"

    def prepare(self) -> None:
        """Make the folder, and see that it can be written to; raises ClusterError before any work is done."""
        with told(self.name):
            self.filesystem.get_file_info(self.folder)  # Where nobody answers, this says so soonest.
            self.filesystem.create_dir(self.folder, recursive=True)
        self.write(PROBE, b"")
        with told(self.name):
            self.filesystem.delete_file(self.path(PROBE))

    def path(self, name: str) -> str:
        """A file's path within the file system."""
        return f"{self.folder}/{name}"

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none."""
        with told(self.name):
            try:
                with self.filesystem.open_input_stream(self.path(name)) as file:
                    return file.read()
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all; raises ClusterError."""
        with self.open(name) as file:
            file.write(content)

    @contextmanager
    def open(self, name: str) -> Iterator[Counted]:
        """A file to write, which is there once it is complete; raises ClusterError."""
        path = self.path(name)
        folder, _, file_name = path.rpartition("/")
        unfinished = f"{folder}/{UNFINISHED}{file_name}" if self.is_local else path  # elsewhere it appears when closed
        with told(self.name):
            if self.is_local:
                self.filesystem.create_dir(folder, recursive=True)
            with self.filesystem.open_output_stream(unfinished) as file:
                yield Counted(file)
            if self.is_local:
                self.filesystem.move(unfinished, path)

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file; None where there is none."""
        digest = hashlib.sha256()
        with told(self.name):
            try:
                with self.filesystem.open_input_stream(self.path(name)) as file:
                    while piece := file.read(PIECE):
                        digest.update(piece)
            except FileNotFoundError:
                return None
        return digest.hexdigest()

    def files(self, name: str) -> list[str]:
        """Names of the finished files in a folder within this one; none where there is no such folder."""
        from pyarrow import fs

        with told(self.name):
            found = self.filesystem.get_file_info(fs.FileSelector(self.path(name), allow_not_found=True))
        return [each.base_name for each in found if each.is_file and not each.base_name.startswith(UNFINISHED)]


class Counted:
    """A file that is written, and what is known of it by then.

    Attributes:
        bytes: that were written.
    """

    closed = False

    def __init__(self, file: Any) -> None:
        self.file = file
        self.bytes = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of what was written."""
        return self._digest.hexdigest()

    def write(self, content: Any) -> int:
        """Write some bytes."""
        self._digest.update(content)
        self.bytes += len(content)
        self.file.write(content)
        return len(content)

    def flush(self) -> None:
        """Others ask a file for it."""

    def tell(self) -> int:
        """Where the next byte goes."""
        return self.bytes

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True


@contextmanager
def told(name: str) -> Iterator[None]:
    """Errors of file systems in words."""
    import pyarrow

    try:
        yield
    except (OSError, pyarrow.ArrowException) as error:
        raise ClusterError(
            f"{name} cannot be used ({error}); see that it is there, and that this account may write to it, or choose "
            "another --out"
        ) from error


def with_patience(address: str) -> str:
    """An address that says how long its file system may be away, where it does not, and where that can be said."""
    if not address.startswith(("gs://", "gcs://")) or "retry_limit_seconds=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}retry_limit_seconds={PATIENCE}"
