"""Models, loaded once a process and shared between sessions."""

from __future__ import annotations

import threading
from collections import OrderedDict

import torch

from latentdemo.models import GenerativeAutoencoder, load_model, model_folder, pick_device, read_config


class ModelPool:
    """Loaded models, the least recently used dropped first.

    A model is known by its name and the digest of its weights, so that a changed file is loaded anew.

    Args:
        size: models to keep.
        device: where to put them; None takes cuda, else mps, else cpu.
    """

    def __init__(self, size: int = 8, device: torch.device | str | None = None) -> None:
        self.size = size
        self.device = pick_device(device)
        self.loaded: OrderedDict[tuple[str, str], GenerativeAutoencoder] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, name: str) -> GenerativeAutoencoder:
        """The model of a name; raises as `load_model` does."""
        key = (name, read_config(model_folder(name)).sha256)
        with self.lock:
            if key not in self.loaded:
                self.loaded[key] = load_model(name, self.device)
            self.loaded.move_to_end(key)
            while len(self.loaded) > self.size:
                self.loaded.popitem(last=False)
            return self.loaded[key]
