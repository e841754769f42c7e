"""Denoising variational autoencoder (Im, Ahn, Memisevic, Bengio 2017, arXiv 1511.06406)."""

from __future__ import annotations

from latentdemo.models.families.vae import VAE
from latentdemo.models.network import NetworkConfig


class DenoisingVAE(VAE):
    """A VAE whose encoder sees corrupted images while its decoder must give back the clean ones.

    Args:
        network: sizes of the networks.
        corruption_std: standard deviation of the Gaussian corruption, in grey values of 0 to 1
            (0.5, a variance of 0.25, in Creswell et al. 2016).
        residual_std: see `GenerativeAutoencoder`.
    """

    family = "dvae"
    title = "Denoising VAE"

    def __init__(self, network: NetworkConfig, residual_std: float = 0.0, corruption_std: float = 0.5) -> None:
        super().__init__(network, residual_std)
        self.corruption_std = corruption_std

    def options(self) -> dict[str, float | int]:
        return {**super().options(), "corruption_std": self.corruption_std}
