"""Bulk sampling without a cluster: what is written, what goes on where it was, what is refused."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from latentdemo import load_model, run_chain
from latentdemo.cluster.formats import FORMATS
from latentdemo.cluster.place import Place, with_patience
from latentdemo.cluster.sampling import sample_in_bulk
from latentdemo.cluster.shards import MANIFEST, ShardMaker
from latentdemo.errors import ClusterError, SamplingError
from latentdemo.imaging import to_pixels
from latentdemo.sampling import ChainRun
from latentdemo.sampling.densities.resolve import best_density

MODEL = "fashion-mnist/vae"
COUNT, STEPS, SEED = 70, (0, 2), 5
JOB: dict[str, Any] = {"count": COUNT, "steps": 2, "seed": SEED, "chains_a_shard": 32}


def sampled(out: Path, **changes: Any) -> dict[str, Any]:
    return sample_in_bulk(MODEL, out=str(out), **({"on": None, "device": "cpu"} | JOB | changes))


@pytest.fixture(scope="module")
def run() -> ChainRun:
    return run_chain(load_model(MODEL, "cpu"), count=COUNT, steps=2, seed=SEED)


def pixels_of(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.mode == "L"
        return np.array(picture)


def expected(run: ChainRun) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Key of a sample -> its latent and its pixels."""
    pixels = {step: to_pixels(run.images[step])[..., 0] for step in STEPS}
    return {
        f"{chain:010d}-{step:04d}": (run.latents[step][chain].numpy(), pixels[step][chain])
        for chain in range(COUNT)
        for step in STEPS
    }


def test_parquet_holds_the_chains_of_one_machine_bit_for_bit(tmp_path, run) -> None:
    manifest = sampled(tmp_path)
    table = pq.read_table(tmp_path).to_pydict()  # readers pass over the manifest
    found = expected(run)
    keys = [f"{chain:010d}-{step:04d}" for chain, step in zip(table["chain"], table["step"], strict=True)]
    assert keys == list(found)
    for (latent, pixels), png, numbers in zip(found.values(), table["image"], table["latent"], strict=True):
        assert np.array_equal(np.array(numbers, np.float32), latent)
        assert np.array_equal(pixels_of(png), pixels)
    density = best_density(load_model(MODEL, "cpu"))
    assert density is not None
    np.testing.assert_allclose(table["log_density"][::2], density.log_density(run.latents[0]), rtol=1e-5)
    assert set(table["seed"]) == {SEED}
    assert (manifest["complete"], manifest["rows"], len(manifest["shards"])) == (True, 2 * COUNT, 3)
    assert manifest == json.loads((tmp_path / MANIFEST).read_text())


def test_a_tar_holds_them_as_webdataset_reads_it(tmp_path, run) -> None:
    manifest = sampled(tmp_path, format="webdataset")
    found = expected(run)
    for shard in manifest["shards"]:
        with tarfile.open(tmp_path / shard["file"]) as tar:
            contents = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
        for key in {name.partition(".")[0] for name in contents}:
            latent, pixels = found.pop(key)
            facts = json.loads(contents[f"{key}.json"])
            assert np.array_equal(np.load(io.BytesIO(contents[f"{key}.latent.npy"])), latent)
            assert np.array_equal(pixels_of(contents[f"{key}.png"]), pixels)
            assert (facts["seed"], f"{facts['chain']:010d}-{facts['step']:04d}") == (SEED, key)
    assert not found


def test_a_folder_holds_their_pictures(tmp_path, run) -> None:
    sampled(tmp_path, format="png")
    files = {path.stem: path for path in tmp_path.glob("part-*/*.png")}
    found = expected(run)
    assert files.keys() == found.keys()
    for key, (_latent, pixels) in found.items():
        assert np.array_equal(pixels_of(files[key].read_bytes()), pixels)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_finished_and_intact_is_not_made_again(tmp_path, monkeypatch, form) -> None:
    first = sampled(tmp_path, format=form)
    made: list[int] = []
    make = ShardMaker.make
    monkeypatch.setattr(ShardMaker, "make", lambda self, shard: made.append(shard) or make(self, shard))
    assert sampled(tmp_path, format=form) == first
    assert made == []

    damaged, lost = (tmp_path / shard["file"] for shard in first["shards"][:2])
    if form == "png":
        damaged, lost = (sorted(path.iterdir())[0] for path in (damaged, lost))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    lost.unlink()
    assert sampled(tmp_path, format=form) == first
    assert made == [0, 1]


def test_a_run_that_was_stopped_goes_on(tmp_path, monkeypatch) -> None:
    whole = sampled(tmp_path / "whole")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampled(tmp_path / "stopped", progress=stop)
    assert not json.loads((tmp_path / "stopped" / MANIFEST).read_text())["complete"]
    told: list[tuple[int, int]] = []
    assert sampled(tmp_path / "stopped", progress=lambda *each: told.append(each)) == whole
    assert told == [(32, COUNT), (64, COUNT), (COUNT, COUNT)]


def test_parts_of_a_shard_change_nothing(tmp_path, monkeypatch) -> None:
    whole = sampled(tmp_path / "whole", format="webdataset", chains_a_shard=COUNT)
    monkeypatch.setattr("latentdemo.cluster.shards.HELD_BYTES", 1)
    parts = sampled(tmp_path / "parts", format="webdataset", chains_a_shard=COUNT)
    assert parts["shards"] == whole["shards"]


def test_another_run_is_not_mixed_in(tmp_path) -> None:
    sampled(tmp_path)
    with pytest.raises(ClusterError, match="another run"):
        sampled(tmp_path, seed=SEED + 1)


def test_a_place_that_cannot_be_written_to_is_told_before_any_work(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(ShardMaker, "make", lambda *_: pytest.fail("work was done"))
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file" / "folder", tmp_path / "file"):
        with pytest.raises(ClusterError, match="choose another --out"):
            sampled(out)
    with pytest.raises(ClusterError, match="choose another --out"):
        sample_in_bulk(MODEL, out="nowhere://bucket/folder", on=None)


def test_google_cloud_storage_that_is_away_is_told_within_a_minute() -> None:
    assert with_patience("gs://bucket/folder") == "gs://bucket/folder?retry_limit_seconds=30"
    for unchanged in ("gs://bucket/folder?retry_limit_seconds=1", "s3://bucket/folder"):
        assert with_patience(unchanged) == unchanged
    began = time.monotonic()
    with pytest.raises(ClusterError, match="choose another --out"):  # nobody listens at this port
        Place.of(
            "gs://anonymous@bucket/folder?retry_limit_seconds=1&scheme=http&endpoint_override=127.0.0.1:9"
        ).prepare()
    assert time.monotonic() - began < 30


def test_a_machine_that_does_not_see_the_folder_says_so(tmp_path) -> None:
    from latentdemo.cluster.job import BulkJob  # noqa: PLC0415
    from latentdemo.sampling import ChainSpec  # noqa: PLC0415

    with pytest.raises(ClusterError, match="not the same folder on all machines"):
        ShardMaker(BulkJob.of(MODEL, ChainSpec()), Place.of(str(tmp_path)))


@pytest.mark.parametrize(
    "changes", [{"format": "csv"}, {"count": 0}, {"chains_a_shard": 0}, {"steps": 10**6}, {"precision": "int8"}]
)
def test_what_cannot_be_run_is_refused(tmp_path, changes) -> None:
    with pytest.raises(SamplingError):
        sampled(tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []
