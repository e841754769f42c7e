"""Bulk sampling: any number of chains on a cluster, into files with a manifest.

    from latentdemo.cluster.sampling import sample_in_bulk
    manifest = sample_in_bulk("fashion-mnist/vae", count=100_000, steps=5, out="s3://bucket/clothes", on="ray")

Chain i of a seed is the one that `run_chain` walks. A run that was stopped goes on where it was: what is finished is
verified by its checksum and not made again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from latentdemo.checkpoints import Precision
from latentdemo.cluster.connection import LOCAL, connected
from latentdemo.cluster.job import CHAINS_A_SHARD, BulkJob
from latentdemo.cluster.parcel import Parcel
from latentdemo.cluster.place import Place
from latentdemo.cluster.pool import Workers, spread
from latentdemo.cluster.shards import MANIFEST, ShardMaker, ShardRecord
from latentdemo.errors import ClusterError
from latentdemo.sampling import PLAIN, ChainSpec, Kernel, Progress
from latentdemo.sampling.chain import Record
from latentdemo.sampling.spec import chain_spec

SCHEMA = 1


def sample_in_bulk(
    model: str,
    kernel: str | Kernel | ChainSpec = PLAIN,
    *,
    out: str,
    on: str | None = LOCAL,
    record: Record = None,
    format: str = "parquet",
    chains_a_shard: int = CHAINS_A_SHARD,
    precision: Precision | None = None,
    workers: Workers | None = None,
    device: str | None = None,
    dashboard: bool = False,
    progress: Progress | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Walk chains, and write the chosen steps.

    Args:
        model: its name; its files need lie on this machine only.
        kernel, record, settings: see `run_chain`; kernel, start and density by their names.
        out: a folder that all machines see, or an address such as "s3://bucket/folder". One that holds part of the same
            run is filled up.
        on: a cluster, see `connected`; None walks in this process.
        format: "parquet", "webdataset" or "png", see `latentdemo.cluster.formats`.
        chains_a_shard: how many chains a file holds.
        precision: of the networks; None takes what they serve in on this machine.
        workers: who walks; None takes as many workers as fit.
        device: of each worker; None takes cuda, else mps, else cpu.
        dashboard: whether a cluster on this machine shows Ray's dashboard.
        progress: told how many chains are done, of how many.

    Returns:
        The manifest, as it stands in `_manifest.json` in the folder.

    Raises:
        SamplingError: something that cannot be run.
        ClusterError: the folder cannot be written to or holds another run, or the cluster cannot be reached.
        LatentdemoError: the model cannot be loaded.
    """
    spec = chain_spec(kernel, **settings)
    job = BulkJob.of(model, spec, record=record, format=format, chains_a_shard=chains_a_shard, precision=precision)
    place = Place.of(out)
    place.prepare()
    begin(job, place)
    if on is None:
        maker = ShardMaker(job, place, device=device)
        try:
            return collect(job, place, map(maker, range(job.shards)), progress)
        finally:
            maker.close()
    with connected(on, dashboard=dashboard):
        made = spread(range(job.shards), workers or Workers(), ShardMaker, job, place, Parcel.of(model), device)
        return collect(job, place, made, progress)


def begin(job: BulkJob, place: Place) -> None:
    """Say in the folder what goes there; raises ClusterError where that is another run."""
    try:
        found = json.loads(place.read(MANIFEST) or b"null")
        known = found is None or found["job"] == job.digest
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise ClusterError(
            f"{place.name} holds another run, or one of another version; name another folder with --out, or remove it"
        )
    write_manifest(job, place, [])


def collect(job: BulkJob, place: Place, made: Iterable[ShardRecord], progress: Progress | None) -> dict[str, Any]:
    """Write the manifest once all shards are there."""
    records: dict[int, ShardRecord] = {}
    done = 0
    for record in made:
        if record.shard not in records:
            records[record.shard] = record
            done += record.chains
            if progress:
                progress(done, job.spec.count)
    missing = job.spec.count - done
    if missing:
        raise ClusterError(f"{missing:,} chains are missing; give the same command again")
    return write_manifest(job, place, [records[shard] for shard in sorted(records)])


def write_manifest(job: BulkJob, place: Place, records: list[ShardRecord]) -> dict[str, Any]:
    """Write the manifest, of a run that goes on where there are no shards yet, and return it."""
    manifest = {
        "schema": SCHEMA,
        "job": job.digest,
        **job.values(),
        "complete": bool(records),
        "rows": sum(record.rows for record in records),
        "bytes": sum(record.bytes for record in records),
        "devices": sorted({record.device for record in records}),
        "shards": [{name: value for name, value in asdict(record).items() if name != "job"} for record in records],
    }
    place.write(MANIFEST, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    return manifest
