"""What tests of the engine share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from latentdemo.checkpoints import save_checkpoint
from latentdemo.engine import Engine, engine_for
from latentdemo.sampling import KERNELS
from latentdemo.sampling.kernels import padded
from tests.densities import put_densities
from tests.engine.stand_ins import Gate, stand_in


@pytest.fixture(autouse=True, scope="module")
def closed_engine_of_the_process() -> None:
    """Other tests may have left the process's own engine at work; its thread is none of those that are counted here."""
    engine_for().close()


@pytest.fixture(autouse=True)
def bare_steps(monkeypatch) -> None:
    """Ticks hold the chains that were asked for, and no more: tests count them."""
    monkeypatch.setattr(padded, "rows_of_step", lambda rows, _least: rows)


@pytest.fixture
def checkpoints(tiny_model, tmp_path, monkeypatch) -> Path:
    """The folder of one model, own/tiny, with densities beside it that a chain can follow, though fitted to nothing."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    folder, size = tmp_path / "own" / "tiny", tiny_model.latent_size
    saved = save_checkpoint(folder, tiny_model, "own")
    put_densities(folder, saved.sha256, size)
    return tmp_path


@pytest.fixture
def engine(checkpoints) -> Iterator[Engine]:
    """An engine on the CPU whose ticks hold eight chains."""
    made = Engine("cpu", row_limit=8)
    yield made
    made.close()


@pytest.fixture
def gate(monkeypatch) -> Gate:
    """A kernel of this name whose steps are let through one by one."""
    kernel = Gate()
    monkeypatch.setitem(KERNELS, "gate", stand_in("gate", lambda model, step=0: kernel, "step"))
    return kernel
