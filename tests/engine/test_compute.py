"""An evaluation on an engine: models come from its pool, its worker computes, and the figures stay the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from torch import nn

from latentdemo.checkpoints import store
from latentdemo.engine import Engine, OnEngine
from latentdemo.evaluation import FeatureSpace, measure_model
from latentdemo.models import GenerativeAutoencoder

MODEL = "fashion-mnist/vae"
ASKED = {"count": 20, "seeds": (0,), "kernels": ["decode-encode"], "steps": [1]}


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine("cpu")
    yield engine
    engine.close()


@pytest.mark.slow
def test_all_work_on_the_device_is_the_engines_and_figures_are_as_without(engine: Engine, monkeypatch) -> None:
    monkeypatch.setattr("latentdemo.evaluation.pipeline.diagnose_kernels", lambda *_: {})  # long
    pixels = FeatureSpace(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "coarse pixels")
    alone = measure_model(MODEL, spaces={"pixels": pixels}, device="cpu", **ASKED)
    threads, loads = set(), []
    for name in ("encode", "decode"):
        own = getattr(GenerativeAutoencoder, name)

        def noted(model, given, own=own):
            threads.add(threading.current_thread().name)
            return own(model, given)

        monkeypatch.setattr(GenerativeAutoencoder, name, noted)
    build = store.build_model
    monkeypatch.setattr(store, "build_model", lambda *args, **device: loads.append(args) or build(*args, **device))
    together = measure_model(MODEL, spaces={"pixels": pixels}, compute=OnEngine(engine), **ASKED)
    assert threads == {"latentdemo-cpu"}
    assert [form for _folder, _digest, form in engine.models.kept] == ["trained", "served"]
    assert len(loads) == 2
    assert together.references == alone.references
    assert [row.figures for row in together.rows] == [row.figures for row in alone.rows]
