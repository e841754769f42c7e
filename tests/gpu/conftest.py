"""What tests on a GPU share. They need nothing of other tests, so that they run where few packages are installed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("LATENTDEMO_CHECKPOINTS", str(Path(__file__).parents[2] / "checkpoints"))

import torch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them carry the mark, and are skipped where there is no GPU."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.gpu)
            if not torch.cuda.is_available():
                item.add_marker(pytest.mark.skip(reason="needs a CUDA GPU"))


@pytest.fixture
def exact(monkeypatch) -> None:
    """Float32 without TF32, so that processor and GPU differ by the order of sums alone."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)
