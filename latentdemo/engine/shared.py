"""The engines of this process, one a device, that all threads share."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import types
from typing import Any

import torch

from latentdemo.engine.engine import Engine
from latentdemo.engine.remote.client import ELSEWHERE, RemoteEngine
from latentdemo.errors import EngineError
from latentdemo.models import pick_device

PLACE = "_latentdemo_engines"  # Streamlit imports changed sources anew, and keeps this: it is no module of the app.
KEPT: dict[str, Any] = vars(sys.modules.setdefault(PLACE, types.ModuleType(PLACE)))
KEPT["newest"] = Engine  # The class of the sources that were imported last.


def engine_for(device: torch.device | str | None = None) -> Engine:
    """The engine of a device, one a process; None takes cuda, else mps, else cpu, and has chains walked by the engine
    elsewhere that `$LATENTDEMO_ENGINE` names, if it names one.

    After the sources were imported anew the one before is closed: it would go on with the old ones.

    Raises:
        EngineError: asked by sources that were imported anew since.
    """
    if KEPT["newest"] is not Engine:
        raise EngineError("the program was changed meanwhile: begin again")
    engines: dict[str, Engine] = KEPT.setdefault("engines", {})
    name = str(
        torch.empty(0, dtype=torch.float32, device=pick_device(device)).device
    )  # With the number of the device, where it has one.
    elsewhere = os.environ.get(ELSEWHERE, "") if device is None else ""
    kind, key = (RemoteEngine, f"{elsewhere} {name}") if elsewhere else (Engine, name)
    with KEPT.setdefault("lock", threading.Lock()):
        engine = engines.get(key)
        if type(engine) is not kind or engine.closed:
            if engine is not None:
                engine.close()
            engine = engines[key] = RemoteEngine(elsewhere, name) if elsewhere else Engine(name)
            atexit.register(engine.close)
    return engine


def engines_at_work() -> list[Engine]:
    """The engines that this process has begun so far."""
    engines: dict[str, Engine] = KEPT.get("engines", {})
    return [engine for engine in list(engines.values()) if not engine.closed]
