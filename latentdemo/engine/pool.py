"""Models, loaded once a process, shared between sessions, and kept by last use within a budget of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from latentdemo.checkpoints import Form, load_form, model_folder, read_config
from latentdemo.engine.faults import is_out_of_memory
from latentdemo.errors import CheckpointDigestError, DeviceMemoryError
from latentdemo.models import GenerativeAutoencoder, pick_device

BUDGET = 2**30  # In bytes; the models that ship weigh some 60 MB together.
Key = tuple[str, str, Form]
"""Folder of a model, digest of all that it is made of, so that a changed file is loaded anew, and its form."""


class Kept:
    """A place for a model, taken before it is loaded.

    Args:
        weights: digest of its weights.

    Attributes:
        model: once it is loaded.
        bytes: that its weights weigh.
        users: who hold a lease.
        loading: held by the one who loads.
    """

    def __init__(self, weights: str) -> None:
        self.weights = weights
        self.model: GenerativeAutoencoder | None = None
        self.bytes = 0
        self.users = 0
        self.loading = threading.Lock()


class ModelPool:
    """Loaded models, the least recently used dropped first, but none while it is in use.

    Args:
        budget: bytes that models may weigh together; those in use may exceed it.
        device: where to put them; None takes cuda, else mps, else cpu.

    Attributes:
        let_go: called with each model that is dropped, so that nobody else keeps it.
    """

    def __init__(self, budget: int = BUDGET, device: torch.device | str | None = None) -> None:
        self.budget = budget
        self.device = pick_device(device)
        self.let_go: Callable[[GenerativeAutoencoder], None] | None = None
        self.kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = threading.Lock()  # It guards order and users, and is never held while something is read.

    @property
    def held(self) -> tuple[int, int]:
        """How many models are loaded at this moment, and the bytes that they weigh."""
        with self._lock:
            loaded = [kept.bytes for kept in self.kept.values() if kept.model is not None]
        return len(loaded), sum(loaded)

    def get(self, name: str) -> GenerativeAutoencoder:
        """The model of a name; raises as `load_model` does."""
        with self.lease(name) as model:
            return model

    @contextmanager
    def lease(self, name: str, digest: str = "", form: Form = "served") -> Iterator[GenerativeAutoencoder]:
        """The model of a name, kept at least until the end of the block.

        Args:
            name: of the model.
            digest: of the weights that are meant; empty takes those on disk.
            form: see `load_form`.

        Raises:
            CheckpointDigestError: the weights that are meant are neither on disk nor kept.
            LatentdemoError: as `load_model` does.
        """
        kept = self._place(name, digest, form)
        try:
            with kept.loading:
                if kept.model is None:
                    kept.model = self._load(name, kept.weights, form)
                    kept.bytes = sum(each.nbytes for each in (*kept.model.parameters(), *kept.model.buffers()))
            self.trim(self.budget)
            yield kept.model
        finally:
            with self._lock:
                kept.users -= 1
            self.trim(self.budget)

    def _place(self, name: str, digest: str, form: Form) -> Kept:
        """The place of a model, in use from here on; raises as `lease` does."""
        folder = model_folder(name)
        config = read_config(folder)
        with self._lock:
            key: Key = (str(folder), config.digest, form)
            if digest not in ("", config.sha256):
                key = self._earlier(name, folder, digest, form)
            kept = self.kept.setdefault(key, Kept(config.sha256))
            kept.users += 1
            self.kept.move_to_end(key)
        return kept

    def _earlier(self, name: str, folder: Path, digest: str, form: Form) -> Key:
        """Where a model is kept whose weights are on disk no longer; for those who hold the lock."""
        for key, kept in reversed(self.kept.items()):
            if (key[0], key[2]) == (str(folder), form) and kept.weights == digest:
                return key
        raise weights_changed(name)

    def _load(self, name: str, weights: str, form: Form) -> GenerativeAutoencoder:
        """Read a model; where the device is full, once more without those that nobody uses."""
        try:
            model = self._read(name, form)
        except DeviceMemoryError:
            self.trim(0)
            model = self._read(name, form)
        if model.weights_digest != weights:
            raise weights_changed(name)
        return model

    def _read(self, name: str, form: Form) -> GenerativeAutoencoder:
        """As `load_form`, with a clear word where the device is full."""
        try:
            return load_form(name, self.device, form)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise DeviceMemoryError(f"there is no room for {name} on {self.device}; try again later") from error

    def trim(self, budget: int) -> None:
        """Drop models that nobody uses until the others weigh no more than so many bytes."""
        with self._lock:
            weight = sum(kept.bytes for kept in self.kept.values())
            for key, kept in list(self.kept.items()):
                if kept.users == 0 and (weight > budget or kept.model is None):
                    weight -= kept.bytes
                    del self.kept[key]
                    if kept.model is not None and self.let_go:
                        self.let_go(kept.model)


def weights_changed(name: str) -> CheckpointDigestError:
    """What to say where the weights that are meant are gone."""
    return CheckpointDigestError(f"the weights of {name} have changed on disk; choose the model again")
