"""Files are written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from latentdemo.files import write_atomically


def test_text_bytes_and_writers_are_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "text", "é\n")
    write_atomically(tmp_path / "bytes", b"\x00\xff")
    write_atomically(tmp_path / "array.npy", lambda file: np.save(file, np.arange(3)))
    assert (tmp_path / "text").read_bytes() == "é\n".encode()
    assert (tmp_path / "bytes").read_bytes() == b"\x00\xff"
    assert np.load(io.BytesIO((tmp_path / "array.npy").read_bytes())).tolist() == [0, 1, 2]
    assert len(list(tmp_path.iterdir())) == 3


def test_whoever_is_interrupted_leaves_the_file_before_and_nothing_else(tmp_path: Path) -> None:
    def interrupted(file: IO[bytes]) -> None:
        file.write(b"half of ")
        raise KeyboardInterrupt

    write_atomically(tmp_path / "file", b"before")
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", interrupted)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"before")]
