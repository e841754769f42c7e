"""Generative autoencoders: networks, families, adapters. They know neither files nor sampling."""

from latentdemo.models.adapted import AdaptedAutoencoder, AdaptedNetwork, adapt
from latentdemo.models.adapters import ADAPTERS
from latentdemo.models.autoencoder import GenerativeAutoencoder, Likelihood, Posterior, TrainableAutoencoder
from latentdemo.models.device import describe_device, pick_device
from latentdemo.models.families import FAMILIES, build_model
from latentdemo.models.network import NetworkConfig

__all__ = [
    "ADAPTERS",
    "FAMILIES",
    "AdaptedAutoencoder",
    "AdaptedNetwork",
    "GenerativeAutoencoder",
    "Likelihood",
    "NetworkConfig",
    "Posterior",
    "TrainableAutoencoder",
    "adapt",
    "build_model",
    "describe_device",
    "pick_device",
]
