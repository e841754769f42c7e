"""The registry of feature spaces that every evaluation is taken in: one file and one line each.

What a space cannot see it cannot hold against a sampler, so a claim has to hold in all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from latentdemo.data import ImageSet
from latentdemo.evaluation.features.files import SpaceConfig
from latentdemo.evaluation.features.imagenet import IMAGENET_SPACE
from latentdemo.evaluation.features.label_training import LABEL_SPACE
from latentdemo.evaluation.features.space import FeatureSpace, SpaceSpec
from latentdemo.evaluation.features.training import DAMAGE_SPACE
from latentdemo.evaluation.report import EvaluationError

SPACES: dict[str, SpaceSpec] = {spec.name: spec for spec in (DAMAGE_SPACE, LABEL_SPACE, IMAGENET_SPACE)}

Tell = Callable[[str, int, int], None]
"""Called with (what is done at the moment, in words; how much of it is done; in all)."""


def space_spec(name: str) -> SpaceSpec:
    """The space of a name.

    Raises:
        EvaluationError: no such space.
    """
    if name not in SPACES:
        raise EvaluationError(f"unknown feature space {name!r:.80}; known are {', '.join(SPACES)}")
    return SPACES[name]


def load_spaces(
    dataset: str, device: torch.device | str | None = None, *, beside: Path | None = None
) -> dict[str, FeatureSpace]:
    """The spaces of a data set that are at hand, by name, in the order of the registry.

    Args:
        dataset: name of the data set.
        device: where to put them; None takes cuda, else mps, else cpu.
        beside: folder of a model's data set, to look in first; see `SpaceFiles.folder`.

    Raises:
        CheckpointError: a file is broken. One that was never made, or whose packages are missing, is left out.
        EvaluationError: packages bring other weights than a space was made with.
    """
    return {
        name: spec.load(dataset, device, beside=beside)
        for name, spec in SPACES.items()
        if spec.missing() is None and spec.is_made(spec.files.folder(dataset, beside))
    }


def load_first_space(
    dataset: str, device: torch.device | str | None = None, *, beside: Path | None = None
) -> FeatureSpace | None:
    """The first space of a data set that is at hand, or None; arguments and errors as of `load_spaces`."""
    made = (spec for spec in SPACES.values() if spec.missing() is None)
    first = next((spec for spec in made if spec.is_made(spec.files.folder(dataset, beside))), None)
    return first.load(dataset, device, beside=beside) if first else None


def make_missing_spaces(
    folder: Path,
    train: ImageSet,
    held_out: ImageSet,
    device: torch.device | str = "cpu",
    tell: Tell = lambda *_: None,
    told_of: Callable[[SpaceConfig], object] = lambda _: None,
) -> None:
    """Make the spaces of a data set that are not at hand yet; those whose packages are missing are left out.

    Args:
        folder: of the data set, which they are written into.
        train, held_out: its images.
        device: where to train.
        tell: told how far each is.
        told_of: told of each that was made.

    Raises:
        TrainingError: too few images, or other labels in one set than in the other.
        EvaluationError: too few images.
    """
    for spec in SPACES.values():
        if spec.missing() is None and not spec.is_made(spec.files.folder(folder.name, folder)):
            told_of(make_space(spec, folder, train, held_out, device=device, tell=tell))


def make_space(
    spec: SpaceSpec,
    folder: Path,
    train: ImageSet,
    held_out: ImageSet,
    *,
    epochs: int | None = None,
    seed: int | None = None,
    device: torch.device | str = "cpu",
    tell: Tell = lambda *_: None,
) -> SpaceConfig:
    """Make a space and write it into the folder of a data set; see `MakeSpace`."""
    on_batch = partial(tell_batch, tell, f"making the feature space of {spec.title}")
    made = spec.make(folder.name, train, held_out, epochs=epochs, seed=seed, device=device, on_batch=on_batch)
    return spec.save(made, folder)


def tell_batch(tell: Tell, words: str, done: int, total: int, loss: float | None) -> None:
    """Pass progress on, the loss as a note."""
    tell(words if loss is None else f"{words}, loss {loss:.2f}", done, total)
