"""What a feature space is: any torch module that gives a vector for each image."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor, nn

from latentdemo.evaluation.report import EvaluationError

BATCH = 250


class FeatureSpace:
    """Any torch module as a feature space.

    Args:
        module: images (N, C, H, W) float32 in [0, 1] to features (N, F).
        name: the space in words, for people: it labels every figure.
        digest: tells spaces apart; None takes it from the module's weights.

    Example:
        >>> space = FeatureSpace(nn.Flatten(), "pixels")
        >>> space(torch.rand(16, 1, 32, 32)).shape
        torch.Size([16, 1024])
    """

    def __init__(self, module: nn.Module, name: str, digest: str | None = None) -> None:
        self.module = module.eval().requires_grad_(False)
        self.name = name
        self.digest = digest or digest_of(module)

    def __call__(self, images: Tensor) -> Tensor:
        """Features (N, F) float32 on the CPU of images (N, C, H, W) float32 in [0, 1], computed in batches.

        Raises:
            ImageShapeError: images of a shape that the space does not take.
            EvaluationError: the module gives something else than (N, F).
        """
        return torch.cat([self.batch(batch) for batch in images.split(BATCH)])

    @torch.no_grad()
    def batch(self, images: Tensor) -> Tensor:
        """Features of one batch."""
        weight = next(self.module.parameters(), images)
        features = self.module(images.to(weight.device, torch.float32))
        if not isinstance(features, Tensor) or features.dim() != 2 or len(features) != len(images):
            found = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
            raise EvaluationError(
                f"the feature extractor {self.name!r} gives {found} for {len(images)} images; it must give "
                "(N, features): flatten or pool its output"
            )
        return features.float().cpu()

    def facts(self) -> dict[str, Any]:
        """What an evaluation says of the space that its figures were taken in."""
        return {"name": self.name, "sha256": self.digest}


def digest_of(module: nn.Module) -> str:
    """SHA-256 of a module's weights and structure."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    return hashlib.sha256(format_safetensors(state) + repr(module).encode()).hexdigest()
