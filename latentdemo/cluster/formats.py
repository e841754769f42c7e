"""The files that samples go to: Parquet, WebDataset tar files, or a folder of PNGs; one file, or folder, a shard."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from latentdemo.cluster.place import Counted, Place


@dataclass(frozen=True)
class Rows:
    """Samples, one a chain and recorded step, by chain and then by step.

    Attributes:
        seed: of all of them.
        chains, steps: (N,) int64.
        images: N PNG files.
        latents: (N, D) float32.
        log_density: (N,) float64 in nats, of the latents; None where nothing was fitted to the model.
    """

    seed: int
    chains: np.ndarray
    steps: np.ndarray
    images: list[bytes]
    latents: np.ndarray
    log_density: np.ndarray | None

    def facts(self, row: int) -> dict[str, Any]:
        """What is told of a sample beside its picture and its latent."""
        density = None if self.log_density is None else float(self.log_density[row])
        return {
            "seed": self.seed,
            "chain": int(self.chains[row]),
            "step": int(self.steps[row]),
            "log_density": density,
        }

    def key(self, row: int) -> str:
        """Names a sample; in the order of names, samples are in the order of chains and steps."""
        return f"{self.chains[row]:010d}-{self.steps[row]:04d}"


@dataclass
class Written:
    """What was written of a shard.

    Attributes:
        file: its name within the folder.
        bytes: of its content.
        sha256: of its content, see `Format.digest`.
    """

    file: str
    bytes: int = 0
    sha256: str = ""


class Shard(Protocol):
    """A shard that is being written."""

    def add(self, rows: Rows) -> None:
        """Write samples."""


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        ending: of its name.
        open: opens a shard in a place by its file's name; fills in what was written when the block ends.
        digest: of what lies in a place, SHA-256; None where nothing lies there.
    """

    ending: str
    open: Callable[[Place, Written], AbstractContextManager[Shard]]
    digest: Callable[[Place, str], str | None]


class ParquetShard:
    """A Parquet file with the columns of `Rows`.

    Args:
        file: it is written to.
        stack: closes it.
    """

    def __init__(self, file: Counted, stack: ExitStack) -> None:
        self.file, self.stack = file, stack
        self.writer: Any = None

    def add(self, rows: Rows) -> None:
        """Write samples, a row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        count, size = rows.latents.shape
        density = pa.nulls(count, pa.float64()) if rows.log_density is None else pa.array(rows.log_density)
        columns = {
            "seed": pa.array(np.full(count, rows.seed, np.int64)),
            "chain": pa.array(rows.chains),
            "step": pa.array(rows.steps.astype(np.int32)),
            "image": pa.array(rows.images, pa.binary()),
            "latent": pa.FixedSizeListArray.from_arrays(pa.array(rows.latents.reshape(-1)), size),
            "log_density": density,
        }
        table = pa.table(columns)
        if self.writer is None:
            self.writer = self.stack.enter_context(pq.ParquetWriter(self.file, table.schema))
        self.writer.write_table(table)


class TarShard:
    """A tar file as WebDataset reads it: of each sample `KEY.png`, `KEY.latent.npy` and `KEY.json`.

    Args:
        tar: it is written to.
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar

    def add(self, rows: Rows) -> None:
        """Write samples."""
        for row, image in enumerate(rows.images):
            latent = io.BytesIO()
            np.save(latent, rows.latents[row])
            facts = json.dumps(rows.facts(row)).encode()
            for ending, content in (("png", image), ("latent.npy", latent.getvalue()), ("json", facts)):
                entry = tarfile.TarInfo(f"{rows.key(row)}.{ending}")
                entry.size = len(content)
                self.tar.addfile(entry, io.BytesIO(content))


class FolderShard:
    """A folder with a PNG of each sample.

    Args:
        place, name: where it is.
    """

    def __init__(self, place: Place, name: str) -> None:
        self.place, self.name = place, name
        self.bytes = 0
        self.digests: dict[str, str] = {}

    def add(self, rows: Rows) -> None:
        """Write samples."""
        for row, image in enumerate(rows.images):
            file = f"{rows.key(row)}.png"
            self.place.write(f"{self.name}/{file}", image)
            self.bytes += len(image)
            self.digests[file] = hashlib.sha256(image).hexdigest()


@contextmanager
def parquet(place: Place, written: Written) -> Iterator[Shard]:
    """Opens a Parquet file."""
    with place.open(written.file) as file:
        with ExitStack() as stack:
            yield ParquetShard(file, stack)
        written.bytes, written.sha256 = file.bytes, file.sha256


@contextmanager
def tar(place: Place, written: Written) -> Iterator[Shard]:
    """Opens a tar file."""
    with place.open(written.file) as file:
        with tarfile.open(fileobj=file, mode="w|") as opened:  # type: ignore[call-overload]
            yield TarShard(opened)
        written.bytes, written.sha256 = file.bytes, file.sha256


@contextmanager
def folder(place: Place, written: Written) -> Iterator[Shard]:
    """Opens a folder of PNGs."""
    shard = FolderShard(place, written.file)
    yield shard
    written.bytes, written.sha256 = shard.bytes, digest_of_files(shard.digests)


def folder_digest(place: Place, name: str) -> str | None:
    """Digest of the PNGs in a folder."""
    found = {file: place.digest(f"{name}/{file}") or "" for file in place.files(name)}
    return digest_of_files(found) if found else None


def digest_of_files(digests: dict[str, str]) -> str:
    """SHA-256 of lines of names and digests, sorted, as `sha256sum` prints them."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


FORMATS: dict[str, Format] = {
    "parquet": Format(".parquet", parquet, Place.digest),
    "webdataset": Format(".tar", tar, Place.digest),
    "png": Format("", folder, folder_digest),
}
