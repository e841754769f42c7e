"""Steps of the engine on a GPU: recorded and replayed where a kernel allows that, eagerly on the device elsewhere.

Rows are padded to a size class, a power of two, so that few steps need to be recorded; they are kept by last use within
a budget of memory, and all are dropped where the device has no memory left.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from latentdemo.engine.faults import is_out_of_memory
from latentdemo.engine.stepping.device import CudaDevice, SteppingDevice
from latentdemo.engine.stepping.static import StaticStep
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import ChainNoise
from latentdemo.sampling import Kernel
from latentdemo.sampling.kernels.padded import Padded

LEAST_CLASS = 16  # rows: a GPU takes as long for fewer
BUDGET = 4 * 2**30  # bytes of the device for the buffers of recorded steps
# Chains a tick at the most: on two CPU cores a step costs a chain no less with more than 256 (`bench tuning`). A GPU
# wants ticks that are large enough to fill it; `bench gpu` measures what a step costs there.
ROW_LIMIT = {"cpu": 256, "mps": 1024, "cuda": 4096}


class Stepping:
    """The recorded steps of an engine. The engine's worker takes them; `forget` and `clear` are for any thread.

    Args:
        device: that takes them.
        budget: bytes that their buffers may take; one that is larger by itself is kept alone.
    """

    def __init__(self, device: SteppingDevice, budget: int = BUDGET) -> None:
        self.device = device
        self.budget = budget
        self.steps: OrderedDict[tuple[int, Hashable, int], StaticStep] = OrderedDict()
        self._lock = threading.Lock()

    def stepper(self, kernel: Kernel, model: GenerativeAutoencoder, way: Hashable) -> Stepper:
        """A kernel that steps here.

        Args:
            kernel: of the model.
            model: that the steps go with.
            way: equal for kernels of the model that do the same.
        """
        return Stepper(kernel, self, model, way)

    def take(self, kernel: Kernel, model: GenerativeAutoencoder, way: Hashable, rows: int) -> StaticStep:
        """The step for a number of rows, recorded or still to be."""
        key = (id(model), way, rows)  # A step holds its model, so that no other can get its number.
        with self._lock:
            step = self.steps.get(key) or self.steps.setdefault(key, StaticStep(kernel, self.device, rows))
            self.steps.move_to_end(key)
            held = sum(each.nbytes for each in self.steps.values())
            while held > self.budget and len(self.steps) > 1:
                held -= self.steps.popitem(last=False)[1].nbytes
            return step

    def forget(self, model: GenerativeAutoencoder) -> None:
        """Drop what was recorded of a model that nobody uses any more."""
        with self._lock:
            for key in [key for key in self.steps if key[0] == id(model)]:
                del self.steps[key]

    def clear(self) -> None:
        """Drop all, and give its memory back."""
        with self._lock:
            self.steps.clear()
        self.device.release()

    @contextmanager
    def freeing(self) -> Iterator[None]:
        """Drops all where the device has no memory left, for this process or for others, before the error goes on."""
        try:
            yield
        except Exception as error:
            if is_out_of_memory(error):
                error.with_traceback(None)  # Its frames hold tensors of the step.
                self.clear()
            raise


class Stepper:
    """A kernel of the engine, see `Kernel` for its methods.

    Args:
        kernel: that takes the steps.
        stepping: where they are recorded.
        model, way: see `Stepping.stepper`.

    Attributes:
        room: rows that the device has memory for.
    """

    def __init__(self, kernel: Kernel, stepping: Stepping, model: GenerativeAutoencoder, way: Hashable) -> None:
        self.kernel = kernel
        self.stepping = stepping
        self.model = model
        self.way = way
        self.padded = Padded(kernel)
        self.room = self.padded.room

    def init(self, latent: Tensor, generator: ChainNoise) -> Any:
        self.padded.room = self.room
        with self.stepping.freeing():
            return self.padded.init(latent, generator)

    def step(self, state: Any, generator: ChainNoise) -> tuple[Any, Any]:
        with self.stepping.freeing():
            if getattr(self.kernel, "recordable", False):
                rows = size_class(len(generator), self.room)
                return self.stepping.take(self.kernel, self.model, self.way, rows)(state, generator)
            self.padded.room = self.room
            return self.padded.step(state, generator)


def size_class(rows: int, room: int) -> int:
    """How many rows a step of so many chains gets, where the device has memory for `room`."""
    return max(rows, min(room, max(LEAST_CLASS, 1 << (rows - 1).bit_length())))


def stepping_for(device: torch.device) -> Stepping | None:
    """How an engine steps on a device; None where it calls kernels as they are."""
    return Stepping(CudaDevice(device)) if device.type == "cuda" else None
