"""Memory of the process that gave a command, however many images, and what joining moments costs in digits."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import psutil
import torch
from torch import Tensor

from latentdemo.benchmark.timing import Table
from latentdemo.checkpoints import save_checkpoint
from latentdemo.checkpoints.roots import PRIVATE, private_folder
from latentdemo.cluster.connection import connected
from latentdemo.cluster.sampling import sample_in_bulk
from latentdemo.evaluation.metrics.frechet import distance_of_gaussians
from latentdemo.evaluation.reduced.moments import Moments
from latentdemo.models import NetworkConfig, build_model
from latentdemo.sampling import ChainSpec

IMAGES = (10_000, 1_000_000)
SMALL = NetworkConfig(image_size=16, channels=1, width=4, latent_size=4)
ROWS, FEATURES, BATCH = 200_000, 128, 256
MEAN = 100.0  # in standard deviations: sums of squares would lose four digits of sixteen
EVERY = 0.1  # seconds between looks at the memory
MEGABYTE = 2**20


def measure_memory_of_driver(images: tuple[int, ...] = IMAGES) -> Iterator[Table]:
    """Memory of this process while workers draw images, by a network that costs next to nothing; and moments that are
    joined against moments of all rows at once.

    Raises:
        ClusterError: Ray is missing or does not start.
    """
    name = small_model()
    with connected():
        rows = [driver_row(name, count) for count in images]
    yield Table("The process that gave the command, images of 16x16", rows)
    yield moments_table()


def small_model() -> str:
    """The name of an untrained model, which goes when this process ends."""
    name = f"{PRIVATE}bench/vae"
    save_checkpoint(Path(private_folder().name) / name, build_model("vae", SMALL, seed=0), "fashion-mnist")
    return name


def driver_row(name: str, count: int) -> dict[str, float]:
    """Memory and seconds of sampling so many images on the cluster at hand."""
    before, began = psutil.Process().memory_info().rss, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="latentdemo-scale-") as folder, peak_memory() as peak:
        manifest = sample_in_bulk(name, ChainSpec(count=count, steps=1), out=str(Path(folder) / "out"), record=(1,))
    return {
        "images": manifest["rows"],
        "shards": len(manifest["shards"]),
        "MB before": round(before / MEGABYTE),
        "MB at most": round(max(peak) / MEGABYTE),
        "seconds": round(time.perf_counter() - began, 1),
    }


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """A list of what this process held, every moment of a `with` block, in bytes."""
    seen, ended = [psutil.Process().memory_info().rss], Event()

    def look() -> None:
        while not ended.wait(EVERY):
            seen.append(psutil.Process().memory_info().rss)

    looking = Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


def moments_table(count: int = ROWS, size: int = FEATURES) -> Table:
    """Moments of batches, joined as on workers, against those of all rows at once."""
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(size, size, generator=generator, dtype=torch.float64, device="cpu")
    rows = MEAN + torch.randn(count, size, generator=generator, dtype=torch.float64, device="cpu") @ mixing
    other = Moments.of(rows[: count // 10] + 0.1 * MEAN)
    began = time.perf_counter()
    whole = Moments(count, rows.mean(dim=0), torch.cov(rows.T) * (count - 1))
    direct, began = time.perf_counter() - began, time.perf_counter()
    halves = [Moments.join([Moments.of(batch) for batch in half.split(BATCH)]) for half in rows.split(count // 2)]
    joined = Moments.join(halves[::-1])
    seconds = time.perf_counter() - began
    held = {"all at once": rows.nbytes, f"joined, {BATCH} at a time": rows[:BATCH].nbytes + 2 * joined.scatter.nbytes}
    found = zip(held.items(), (whole, joined), (direct, seconds), strict=True)
    return Table(
        f"Mean and covariance of {count:,} rows of {size} features",
        [
            {
                "": words,
                "MB held": round(size_held / MEGABYTE, 1),
                "seconds": round(taken, 2),
                "covariance, relative difference": f"{difference(moments.covariance, whole.covariance):.1e}",
                "Fréchet distance": f"{distance_of_gaussians(moments, other):.10g}",
            }
            for (words, size_held), moments, taken in found
        ],
    )


def difference(found: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return ((found - expected).abs().max() / expected.abs().max()).item()
