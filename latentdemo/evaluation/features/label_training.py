"""Training of the classifier of labels alone; the same from the same seed.

Pictures are softened by a random amount, on top of the blur that the network looks through, since every picture of a
decoder is soft and blur should not be what the space sees. Nothing else is done to them: shifted by up to two pixels of
64, faces needed several times as many passes until eyebrows were told.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from latentdemo.checkpoints.config import current_versions
from latentdemo.data import ImageSet, get_dataset
from latentdemo.evaluation.features.classifier import weights_to_store
from latentdemo.evaluation.features.damage import softened
from latentdemo.evaluation.features.labels import (
    FILES,
    LabelClassifier,
    LabelConfig,
    LabelSpace,
    load_labels,
    save_labels,
)
from latentdemo.evaluation.features.pseudo_labels import PSEUDO_LABEL, typical_pictures
from latentdemo.evaluation.features.space import OnBatch, SpaceSpec
from latentdemo.evaluation.features.training import (
    BATCH,
    Run,
    checked_epochs,
    cross_entropies,
    label_sizes,
    labelled,
    logits_of,
    targets_of,
)
from latentdemo.models import NetworkConfig, pick_device
from latentdemo.models.network import built, initialise
from latentdemo.random import Purpose, stream

WIDTH = 32  # Channels of the first convolution.
DEPTH = 1  # Residual blocks in each stage.
FEATURES = 128  # Pooled activations.
LEAST_STEPS = 600  # Training takes so many, however few the pictures are.
SEED = 1  # The other classifier of a data set has 0.
LEARNING_RATE = 2e-3  # Adam's at the start.


def train_labels(
    dataset: str,
    train: ImageSet,
    held_out: ImageSet,
    *,
    epochs: int | None = None,
    seed: int | None = None,
    device: torch.device | str = "cpu",
    on_batch: OnBatch | None = None,
    width: int = WIDTH,
    depth: int = DEPTH,
) -> LabelSpace:
    """Train a classifier of all label attributes, on the sum of their cross-entropies.

    In bf16 autocast where the device has it. The weights come back rounded as they are stored, so that the accuracy is
    that of the stored file.

    Args:
        dataset: name of the data set.
        train: its training images, with labels; where they have none, those of `with_pseudo_labels` take their place.
        held_out: images with the same attributes, to measure accuracy on.
        epochs: passes over the training images; None takes `usual_epochs`.
        seed: fixes weights, order and softening; None takes `SEED`.
        device: where.
        on_batch: told about progress.
        width, depth: channels of the first convolution, residual blocks in each stage.

    Raises:
        TrainingError: different attributes, no epoch, or fewer images than a batch.
    """
    seed = SEED if seed is None else seed
    train, held_out = labelled(train, held_out, seed)
    attributes = label_sizes(train, held_out)
    epochs = checked_epochs(epochs, len(train), LEAST_STEPS)
    facts = get_dataset(dataset)
    network = NetworkConfig(facts.image_size, facts.channels, width, FEATURES)
    classifier = built(lambda: LabelClassifier(network, depth, attributes))
    initialise(classifier, stream(seed, Purpose.LABELS, 0))
    classifier.to(pick_device(device)).to(memory_format=torch.channels_last)
    run = Run(Purpose.LABELS, epochs, seed, LEARNING_RATE)
    training = run.minimise(classifier, partial(label_loss, classifier, train), train, on_batch)
    classifier.load_state_dict(weights_to_store(classifier), strict=False)
    names = {name: list(train.label_names[name]) for name in attributes}
    config = LabelConfig(dataset, network, depth, names, training=training, versions=current_versions())
    space = LabelSpace(classifier, config, typical_pictures(train) if PSEUDO_LABEL in train.labels else None)
    space.config = replace(config, accuracy=accuracy(space, held_out), held_out_count=len(held_out))
    return space


def label_loss(classifier: LabelClassifier, train: ImageSet, rows: np.ndarray, generator: torch.Generator) -> Tensor:
    """The cross-entropies of the labels of a batch of softened images."""
    logits = logits_of(classifier, softened(train.tensor(rows), generator))
    return cross_entropies(logits, targets_of(classifier, train, rows))


def accuracy(space: LabelSpace, images: ImageSet) -> dict[str, float]:
    """Name of an attribute -> share of images classified rightly, to four digits."""
    features = torch.cat([space(images.tensor(slice(row, row + BATCH))) for row in range(0, len(images), BATCH)])
    chosen = space.classes(features)
    return {name: round(float((chosen[name].numpy() == values).mean()), 4) for name, values in images.labels.items()}


LABEL_SPACE = SpaceSpec("labels alone", FILES, load_labels, train_labels, save_labels)
