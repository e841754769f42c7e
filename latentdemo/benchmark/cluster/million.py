"""An evaluation of a million samples on a cluster of this machine: what it takes, and what it finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from latentdemo.benchmark.timing import Table
from latentdemo.checkpoints import model_folder
from latentdemo.checkpoints.roots import VARIABLE
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation import load_report
from latentdemo.evaluation.report import DISTANCE, Measured
from latentdemo.sampling import KERNELS

SAMPLES = 1_000_000
EVERY = 2.0  # seconds between looks at the memory
MEGABYTE = 2**20


class Watch:
    """What a process and all that it started took so far.

    Args:
        process: that gave the command.

    Attributes:
        most: bytes that all of them held at most, memory that several share counted once (Linux: PSS).
        most_of_command: that the process itself held.
        processes: how many there were at most.
    """

    def __init__(self, process: psutil.Process) -> None:
        self.process = process
        self.most = self.most_of_command = self.processes = 0
        self.seconds_of: dict[int, float] = {}

    def look(self) -> None:
        """Take note of what is held at the moment."""
        held: dict[int, int] = {}
        for each in [self.process, *self.process.children(recursive=True)]:
            with suppress(psutil.Error):  # It ended just now.
                held[each.pid] = each.memory_full_info().pss
                self.seconds_of[each.pid] = sum(each.cpu_times()[:2])
        self.most = max(self.most, sum(held.values()))
        self.most_of_command = max(self.most_of_command, held.get(self.process.pid, 0))
        self.processes = max(self.processes, len(held))

    @property
    def seconds(self) -> float:
        """CPU seconds of one core that all of them took."""
        return sum(self.seconds_of.values())


def measure_million(name: str, samples: int = SAMPLES) -> Iterator[Table]:
    """Memory and time of `latentdemo evaluate NAME --on ray`, by all judges of the data set, and what it found.

    Args:
        name: of the model, a copy of which is evaluated.
        samples: of each way to sample.

    Raises:
        LatentdemoError: there is no such model, or the evaluation ended with an error.
    """
    folder = model_folder(name)
    with tempfile.TemporaryDirectory(prefix="latentdemo-million-") as temporary:
        copy = Path(temporary) / name
        shutil.copytree(folder, copy)
        for beside in filter(Path.is_file, folder.parent.iterdir()):
            shutil.copy(beside, copy.parent)
        command = [
            sys.executable,
            "-m",
            "latentdemo",
            "evaluate",
            name,
            "--on",
            "ray",
            "--samples",
            str(samples),
            *ways(),
        ]
        began = time.perf_counter()
        watch = watched(command, os.environ | {VARIABLE: temporary})
        seconds, report = time.perf_counter() - began, load_report(copy)
    yield Table(
        f"latentdemo {' '.join(command[3:])}",
        [
            {
                "processes": watch.processes,
                "MB of all at most": round(watch.most / MEGABYTE),
                "MB of the command at most": round(watch.most_of_command / MEGABYTE),
                "minutes": round(seconds / 60, 1),
                "core minutes": round(watch.seconds / 60, 1),
            }
        ],
    )
    found: dict[str, Measured] = {
        f"{row.start}, {row.kernel}, {row.steps} steps" if row.kernel else row.start: row for row in report.rows
    }
    found |= report.references
    yield Table(
        f"Fréchet distances of {report.samples:,} samples to {report.count:,} held-out images",
        [
            {"": way} | {space: f"{figures[DISTANCE].mean:.5g}" for space, figures in measured.judged.items()}
            for way, measured in found.items()
        ],
    )


def ways() -> list[str]:
    """Options that take the prior itself and one step of a chain that decodes nothing but what is judged, once each."""
    kernel = next(name for name, spec in KERNELS.items() if not spec.decodes)
    return ["--kernels", kernel, "--steps", "1", "--repeats", "1"]


def watched(command: list[str], environment: dict[str, str]) -> Watch:
    """Run a command, and tell what it took; raises LatentdemoError where it ends with an error."""
    process = psutil.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    watch = Watch(process)
    try:
        while process.poll() is None:
            watch.look()
            time.sleep(EVERY)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise LatentdemoError(f"the evaluation ended with exit code {process.returncode}")
    return watch
