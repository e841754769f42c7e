"""Networks of torchvision as feature spaces."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.report import EvaluationError
from latentdemo.models import pick_device


def torchvision_features(name: str, device: torch.device | str | None = None) -> FeatureSpace:
    """The penultimate activations of a torchvision network, with its usual weights and preprocessing.

    Args:
        name: of the network, such as "resnet18"; its weights are downloaded where they are not at hand.
        device: where to put it; None takes cuda, else mps, else cpu.

    Raises:
        EvaluationError: no such network, one without a last linear layer, or no way to get its weights.
    """
    import torchvision

    try:
        weights = torchvision.models.get_model_weights(name).DEFAULT
        network = torchvision.models.get_model(name, weights=weights)
    except (ValueError, OSError) as error:
        raise EvaluationError(f"torchvision has no weights of {name!r} to give: {error}") from error
    last = next((part for part in ("fc", "classifier", "head", "heads") if hasattr(network, part)), None)
    if last is None:
        raise EvaluationError(f"{name} has no last layer that can be left out; pass a module of your own")
    setattr(network, last, nn.Flatten())
    module = nn.Sequential(Colour(), weights.transforms(antialias=True), network)
    return FeatureSpace(module.to(pick_device(device)), f"torchvision {name} ({weights}), penultimate activations")


class Colour(nn.Module):
    """Grey images as colour images; colour images as they are."""

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, 3, H, W)."""
        return images.expand(-1, 3, -1, -1)
