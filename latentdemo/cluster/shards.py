"""Making one shard of a bulk run: its chains are walked and written, unless that was done before.

Chains do not depend on who else walks, so that a shard is the same whoever makes it, when, and how often.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from latentdemo.checkpoints import load_model
from latentdemo.cluster.formats import FORMATS, Rows, Written
from latentdemo.cluster.job import SHARD_FOLDER, BulkJob
from latentdemo.cluster.parcel import Parcel
from latentdemo.cluster.place import Place
from latentdemo.engine import Engine, RunRequest
from latentdemo.errors import ClusterError, LatentdemoError
from latentdemo.imaging import to_pixels
from latentdemo.models import GenerativeAutoencoder, describe_device
from latentdemo.sampling import ChainRun
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.resolve import best_density, resolve_density

HELD_BYTES = 2**27  # what a worker holds of chains that are done and not yet written, at most
EVEN = 64  # chains are taken by so many, which fill the step of an engine on a CPU
MANIFEST = "_manifest.json"  # readers of Parquet pass over names that begin so


@dataclass(frozen=True)
class ShardRecord:
    """A finished shard, as the manifest tells of it.

    Attributes:
        shard: its number.
        file, bytes, sha256: see `Written`.
        first, chains: number of its first chain, and how many there are.
        rows: samples, one a chain and recorded step.
        device: that walked it.
        job: digest of the job that it belongs to.
    """

    shard: int
    file: str
    bytes: int
    sha256: str
    first: int
    chains: int
    rows: int
    device: str
    job: str


class ShardMaker:
    """Makes shards of a job, on one device.

    Args:
        job: what to make.
        place: where it goes.
        parcel: files of the model, where these may not lie on this machine; None takes those that do.
        device: where to walk; None takes cuda, else mps, else cpu.

    Raises:
        ClusterError: this machine does not see the place, or would walk other chains.
        LatentdemoError: the model cannot be loaded.
    """

    def __init__(self, job: BulkJob, place: Place, parcel: Parcel | None = None, device: str | None = None) -> None:
        self.job, self.place = job, place
        job.check_versions()
        self.check_place()
        if parcel:
            parcel.unpack()
        self.engine = Engine(device)
        self.model = load_model(job.model, self.engine.device, precision=job.precision)
        self.density = density_told(job, self.model)

    def check_place(self) -> None:
        """Raise ClusterError where the folder is another one here."""
        found = self.place.read(MANIFEST)
        if found is None or json.loads(found)["job"] != self.job.digest:
            raise ClusterError(
                f"{self.place.name} is not the same folder on all machines; take one that they share, such as "
                "s3://bucket/folder"
            )

    def __call__(self, shard: int) -> ShardRecord:
        """The record of a shard, which is made where it is not there or not intact."""
        return self.found(shard) or self.make(shard)

    def record_name(self, shard: int) -> str:
        """Name of the file that says that a shard is finished."""
        return f"{SHARD_FOLDER}/{self.job.name(shard)}.json"

    def found(self, shard: int) -> ShardRecord | None:
        """The record of a shard that was finished before, if its checksum says so."""
        try:
            record = ShardRecord(**json.loads(self.place.read(self.record_name(shard)) or b"null"))
        except (ValueError, TypeError):
            return None
        digest = FORMATS[self.job.format].digest(self.place, record.file)
        return record if (record.job, record.sha256) == (self.job.digest, digest) else None

    def make(self, shard: int) -> ShardRecord:
        """Walk the chains of a shard, write them, and note that."""
        form, chains = FORMATS[self.job.format], self.job.chains(shard)
        written, rows = Written(self.job.name(shard) + form.ending), 0
        with form.open(self.place, written) as file:
            for part in self.parts(chains):
                found = self.rows(part)
                file.add(found)
                rows += len(found.chains)
        record = ShardRecord(
            shard,
            written.file,
            written.bytes,
            written.sha256,
            chains.start,
            len(chains),
            rows,
            describe_device(self.engine.device),
            self.job.digest,
        )
        self.place.write(self.record_name(shard), json.dumps(asdict(record)).encode())
        return record

    def parts(self, chains: range) -> Iterator[range]:
        """Chains in parts whose result this worker has memory for."""
        each = self.request(range(1)).result_bytes(self.model)
        size = max(HELD_BYTES // each // EVEN, 1) * EVEN
        return (chains[first : first + size] for first in range(0, len(chains), size))

    def request(self, chains: range) -> RunRequest:
        """What the engine is asked for some chains."""
        spec = self.job.spec.part(chains.start, len(chains))
        return RunRequest(self.model, spec, self.job.recorded, first=chains.start)

    def rows(self, chains: range) -> Rows:
        """The samples of some chains."""
        return rows_of(self.engine.run(self.request(chains)), chains, self.job, self.density)

    def close(self) -> None:
        """End the engine."""
        self.engine.close()


def rows_of(run: ChainRun, chains: range, job: BulkJob, density: FittedDensity | None) -> Rows:
    """The recorded steps of a run of some chains, chain by chain."""
    steps = job.recorded
    pictures = [png_files(run.images[step]) for step in steps]
    latents = np.stack([run.latents[step].numpy() for step in steps], axis=1)
    told = None
    if density is not None:
        found = [density.log_density(run.latents[step]).double().numpy() for step in steps]
        told = np.stack(found, axis=1).reshape(-1)
    return Rows(
        job.spec.seed,
        np.repeat(np.arange(chains.start, chains.stop, dtype=np.int64), len(steps)),
        np.tile(np.array(steps, np.int64), len(chains)),
        [picture for same_chain in zip(*pictures, strict=True) for picture in same_chain],
        latents.reshape(-1, latents.shape[-1]),
        told,
    )


def png_files(images: Tensor) -> list[bytes]:
    """Images (N, C, H, W) in [0, 1] as PNG files, grey where they are."""
    pixels = to_pixels(images)
    return [png_file(each[..., 0] if images.shape[1] == 1 else each) for each in pixels]


def png_file(pixels: np.ndarray) -> bytes:
    """Pixels (H, W) or (H, W, 3) as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def density_told(job: BulkJob, model: GenerativeAutoencoder) -> FittedDensity | None:
    """The density by which the files say how likely latents are: the one that chains follow, else the likeliest; None
    where nothing was fitted to the model, or its log density takes too long."""
    named = job.spec.followed or job.spec.density
    if not named:
        return best_density(model)
    try:
        found = resolve_density(model, named)
        found.followed()
    except LatentdemoError:
        return best_density(model)
    return found
