"""What the eye sees of an interpolation, in figures: how even its steps are, and whether a path that chains have
corrected still connects the two pictures that it was laid between.

Steps are taken in a feature space, after the perceptual path length of Karras et al. 2019 (arXiv 1812.04948, section
4.1), which averages such steps over paths through a whole latent space to say how smooth it is. Here one path is looked
at as it is shown, frame by frame, and its evenness is that of its steps among each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.features.classifier import load_features
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.metrics.pictures import image_change
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling.interpolation import Frames

CONNECTED = 0.25
"""Share of both end pictures that must be left for a path to connect them still. Where unrelated pictures take the
place of the ends, about one pair in twenty keeps as much, with the shipped models and their data."""
ENDS = [0, -1]


@dataclass(frozen=True)
class PathFigures:
    """Figures of a path of F frames, beside those of the path that it came from.

    Attributes:
        steps: (F - 1,) distance from each frame to the next, in the feature space.
        image_shift: (F,) mean absolute change of each frame since the original path, in units of that between the two
            original ends; None where these are the same picture.
        latent_shift: (F,) as `image_shift`, in Euclidean distance of latents.
        ends_kept: how much of the original ends is left, of the one that changed more: 1 for all of it, 0 for no more
            than it shares with the other end; None where both are the same picture.
    """

    steps: tuple[float, ...]
    image_shift: tuple[float, ...] | None
    latent_shift: tuple[float, ...] | None
    ends_kept: float | None

    @property
    def largest_jump(self) -> float | None:
        """The largest step in units of the mean step: 1 for an even path, F - 1 where all of it happens at once; None
        where nothing moves."""
        total = sum(self.steps)
        return max(self.steps) * len(self.steps) / total if total > 0 else None

    @property
    def connects(self) -> bool:
        """Whether the path still connects the two original pictures, see `CONNECTED`."""
        return self.ends_kept is None or self.ends_kept >= CONNECTED


def measure_path(frames: Frames, original: Frames, space: FeatureSpace) -> PathFigures:
    """The figures of a path.

    Args:
        frames: of the path.
        original: of the path before any correction, as many.
        space: where steps are taken.

    Raises:
        ImageShapeError: images that the feature space does not take, or of another shape than the original's.
    """
    seen = space(frames.images)
    change = image_change(frames.images, original.images)
    between = image_change(original.images[:1], original.images[-1:])
    distance = (frames.latents - original.latents).norm(dim=1)
    apart = (original.latents[0] - original.latents[-1]).norm()
    return PathFigures(
        tuple((seen[1:] - seen[:-1]).norm(dim=1).tolist()),
        tuple((change / between).tolist()) if between > 0 else None,
        tuple((distance / apart).tolist()) if apart > 0 else None,
        ends_kept(frames.images[ENDS], original.images[ENDS]) if between > 0 else None,
    )


def ends_kept(ends: Tensor, original: Tensor) -> float:
    """How much is left of the two original ends (2, C, H, W), of the one that changed more.

        1 - mean absolute change since the own original / mean absolute difference from the other's original,

    which is how the evaluation says what chains keep of their starting images.
    """
    own, other = image_change(ends, original), image_change(ends, original.flip(0))
    return (1.0 - own / other).min().item()


def perceptual_space(
    dataset: str, device: torch.device | str | None = None, beside: Path | None = None
) -> FeatureSpace:
    """The feature space that is shipped for a data set; the pixels themselves where there is none to read.

    Args:
        dataset: name of the data set.
        device: where to put it; None takes cuda, else mps, else cpu.
        beside: folder of a model's data set, to look in first; see `features_folder`.
    """
    try:
        return load_features(dataset, device, beside=beside)
    except LatentdemoError:
        return FeatureSpace(nn.Flatten(), "pixels")


def perceptual_space_of(model: GenerativeAutoencoder) -> FeatureSpace:
    """The same for the data set of a model of a checkpoint folder, on the model's device."""
    assert model.folder is not None
    return perceptual_space(model.folder.parent.name, model.device, model.folder.parent)
