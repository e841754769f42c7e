"""A model of clothes that is shipped."""

from __future__ import annotations

from latentdemo.checkpoints import read_config
from latentdemo.checkpoints.roots import checkpoints_dir, model_folder

CLOTHES = "fashion-mnist/vae"


def digest() -> str:
    """Of its weights."""
    return read_config(model_folder(CLOTHES, checkpoints_dir())).sha256
