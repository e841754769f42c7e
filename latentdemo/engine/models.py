"""Models, loaded once a process, shared between sessions, and kept by last use within a budget of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from latentdemo.errors import CheckpointDigestError, DeviceMemoryError
from latentdemo.models import GenerativeAutoencoder, load_model, model_folder, pick_device, read_config

BUDGET = 2**30  # bytes; the models that ship weigh some 60 MB together
Key = tuple[str, str]
"""Folder of a model and digest of its weights, so that a changed file is loaded anew."""


class Kept:
    """A place for a model, taken before it is loaded.

    Attributes:
        model: once it is loaded.
        bytes: that its weights weigh.
        users: who hold a lease.
        loading: held by the one who loads.
    """

    def __init__(self) -> None:
        self.model: GenerativeAutoencoder | None = None
        self.bytes = 0
        self.users = 0
        self.loading = threading.Lock()


class ModelPool:
    """Loaded models, the least recently used dropped first, but none while it is in use.

    Args:
        budget: bytes that models may weigh together; those in use may exceed it.
        device: where to put them; None takes cuda, else mps, else cpu.
    """

    def __init__(self, budget: int = BUDGET, device: torch.device | str | None = None) -> None:
        self.budget = budget
        self.device = pick_device(device)
        self.kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = threading.Lock()  # of the order and of the users; never held while something is read

    def get(self, name: str) -> GenerativeAutoencoder:
        """The model of a name; raises as `load_model` does."""
        with self.lease(name) as model:
            return model

    @contextmanager
    def lease(self, name: str, digest: str = "") -> Iterator[GenerativeAutoencoder]:
        """The model of a name, kept at least until the end of the block.

        Args:
            name: of the model.
            digest: of the weights that are meant; empty takes those on disk.

        Raises:
            CheckpointDigestError: the weights that are meant are neither on disk nor kept.
            LatentdemoError: as `load_model` does.
        """
        folder = model_folder(name)
        key = (str(folder), digest or read_config(folder).sha256)
        with self._lock:
            kept = self.kept.setdefault(key, Kept())
            kept.users += 1
            self.kept.move_to_end(key)
        try:
            with kept.loading:
                if kept.model is None:
                    kept.model = self._load(name, key[1])
                    kept.bytes = sum(each.nbytes for each in (*kept.model.parameters(), *kept.model.buffers()))
            self.trim(self.budget)
            yield kept.model
        finally:
            with self._lock:
                kept.users -= 1
            self.trim(self.budget)

    def _load(self, name: str, digest: str) -> GenerativeAutoencoder:
        """Read a model; where the device is full, once more without those that nobody uses."""
        if read_config(model_folder(name)).sha256 != digest:
            raise CheckpointDigestError(f"the weights of {name} have changed on disk; choose the model again")
        try:
            return load_model(name, self.device)
        except torch.OutOfMemoryError:
            self.trim(0)
        try:
            return load_model(name, self.device)
        except torch.OutOfMemoryError as error:
            raise DeviceMemoryError(f"there is no room for {name} on {self.device}; try again later") from error

    def trim(self, budget: int) -> None:
        """Drop models that nobody uses until the others weigh no more than so many bytes."""
        with self._lock:
            weight = sum(kept.bytes for kept in self.kept.values())
            for key, kept in list(self.kept.items()):
                if kept.users == 0 and (weight > budget or kept.model is None):
                    weight -= kept.bytes
                    del self.kept[key]
