"""Generative autoencoders: networks, families, checkpoint files. They know nothing of sampling."""

from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork, adapt
from latentdemo.models.adapters import ADAPTERS
from latentdemo.models.autoencoder import GenerativeAutoencoder, Likelihood, Posterior, TrainableAutoencoder
from latentdemo.models.checkpoint import (
    CheckpointConfig,
    checkpoints_dir,
    list_models,
    load_model,
    load_trained,
    model_folder,
    read_config,
    save_checkpoint,
)
from latentdemo.models.device import describe_device, pick_device
from latentdemo.models.families import FAMILIES, build_model
from latentdemo.models.inference import Precision, best_precision
from latentdemo.models.network import NetworkConfig

__all__ = [
    "ADAPTERS",
    "FAMILIES",
    "AdaptedAutoencoder",
    "AdaptedNetwork",
    "CheckpointConfig",
    "GenerativeAutoencoder",
    "Likelihood",
    "NetworkConfig",
    "Posterior",
    "Precision",
    "TrainableAutoencoder",
    "adapt",
    "best_precision",
    "build_model",
    "checkpoints_dir",
    "describe_device",
    "list_models",
    "load_model",
    "load_trained",
    "model_folder",
    "pick_device",
    "read_config",
    "save_checkpoint",
]
