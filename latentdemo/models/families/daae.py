"""Denoising adversarial autoencoder (Creswell & Bharath 2017, arXiv 1703.01220)."""

from __future__ import annotations

from latentdemo.models.families.aae import AAE
from latentdemo.models.network import NetworkConfig


class DenoisingAAE(AAE):
    """An AAE whose encoder sees corrupted images while its decoder must give back the clean ones.

    Args:
        network: sizes of the networks.
        corruption_std: standard deviation of the Gaussian corruption, in grey values of 0 to 1
            (0.5, a variance of 0.25, in Creswell et al. 2016).
        residual_std: see `GenerativeAutoencoder`.
        adversary: the options of `AAE`.
    """

    family = "daae"
    title = "Denoising AAE"

    def __init__(
        self,
        network: NetworkConfig,
        residual_std: float = 0.0,
        corruption_std: float = 0.5,
        **adversary: float | int,
    ) -> None:
        super().__init__(network, residual_std, **adversary)  # type: ignore[arg-type]
        self.corruption_std = corruption_std

    def options(self) -> dict[str, float | int]:
        return {**super().options(), "corruption_std": self.corruption_std}
