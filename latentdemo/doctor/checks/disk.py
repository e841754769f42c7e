"""Room on the disks that the demo writes to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from latentdemo.doctor.finding import Finding, gigabytes
from latentdemo.files import data_folder

NEEDED, WISHED = 0.2 * 2**30, 1.0 * 2**30  # bytes: for the largest upload unpacked, and for some of them with reviews


def check() -> Iterator[Finding]:
    """Whether there is room for reviews, and for uploads while they are looked through."""
    for folder in (data_folder(), Path(tempfile.gettempdir())):
        there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
        left = shutil.disk_usage(there).free
        words = f"{gigabytes(left)} free for {folder}"
        if left >= WISHED:
            yield Finding("disk", "good", words)
        else:
            yield Finding("disk", "fault" if left < NEEDED else "warning", words,
                          "make room, or name another folder in $LATENTDEMO_HOME or $TMPDIR")  # fmt: skip
