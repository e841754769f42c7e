"""What a feature space is: any torch module that gives a vector for each image; and how one is made and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save as format_safetensors
from torch import Tensor, nn

from latentdemo.data import ImageSet
from latentdemo.errors import ImageShapeError
from latentdemo.evaluation.features.files import SpaceConfig, SpaceFiles
from latentdemo.evaluation.report import EvaluationError
from latentdemo.models.autoencoder import check_floats, check_grey_values
from latentdemo.sampling.pieces import BATCH as PIECE
from latentdemo.sampling.pieces import Call, at_once, in_batches

BATCH = 64  # On a CPU, maps of so many stay in its cache: 250 take 2.4 times as long an image (EfficientNet-Lite0).

OnBatch = Callable[[int, int, float | None], None]
"""Called with (batches done, batches in all, loss) after each batch; None where nothing is minimised."""


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
            ImageValuesError: no tensor, whole numbers, values out of range or not finite.
            EvaluationError: the module gives something else than (N, F).
        """
        check_floats(images, "images", "(N, C, H, W) in [0, 1]", "of 0 to 255 it is images.float() / 255")
        check_grey_values(images, noise=0.0)
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


def in_every_space(
    spaces: Mapping[str, FeatureSpace], images: Tensor, call: Call = at_once, size: int = PIECE
) -> dict[str, Tensor]:
    """Name of a space -> features (N, F) of images (N, C, H, W), so many images a piece of the work."""
    return {name: in_batches(space, images, call, size) for name, space in spaces.items()}


def check_images(images: Tensor, shape: tuple[int, ...], whose: str) -> None:
    """Raise ImageShapeError where images are not (N, *shape); `whose` begins the message."""
    if images.dim() != 4 or images.shape[1:] != shape:
        raise ImageShapeError(
            f"{whose} take images of shape (N, {', '.join(map(str, shape))}), "
            f"not {tuple(images.shape)}: convert and scale them first"
        )


def digest_of(module: nn.Module) -> str:
    """SHA-256 of a module's weights and structure."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    return hashlib.sha256(format_safetensors(state) + repr(module).encode()).hexdigest()


class LoadSpace(Protocol):
    """Reads the space of a data set."""

    def __call__(
        self, dataset: str, device: torch.device | str | None = None, *, beside: Path | None = None
    ) -> FeatureSpace:
        """The space, on a device; looked for as `SpaceFiles.folder` does. Raises CheckpointError or EvaluationError."""


class MakeSpace(Protocol):
    """Makes the space of a data set from its images."""

    def __call__(
        self,
        dataset: str,
        train: ImageSet,
        held_out: ImageSet,
        *,
        epochs: int | None = None,
        seed: int | None = None,
        device: torch.device | str = "cpu",
        on_batch: OnBatch | None = None,
    ) -> FeatureSpace:
        """The space; `epochs` and `seed` are the space's own where None. Raises TrainingError or EvaluationError."""


@dataclass(frozen=True)
class SpaceSpec:
    """A space that every evaluation is taken in: what it is called, and how it is made, kept and read.

    Attributes:
        title: what it sees, a few words.
        files: its name and its files.
        load: reads the one of a data set.
        make: makes the one of a data set from its images; writes nothing.
        save: writes one that was made into the folder of a data set, and gives its configuration with the digest.
        missing: None where all is installed that it needs, else what to do, a sentence.
    """

    title: str
    files: SpaceFiles
    load: LoadSpace
    make: MakeSpace
    save: Callable[[Any, Path], SpaceConfig]
    missing: Callable[[], str | None] = lambda: None

    @property
    def name(self) -> str:
        """As in files and on the command line."""
        return self.files.space

    def is_made(self, folder: Path) -> bool:
        """Whether it lies in the folder of a data set."""
        return self.files.are_in(folder)
