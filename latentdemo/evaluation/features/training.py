"""Training of the classifier whose features quality is measured in; the same from the same seed.

It learns the labels of the data set from intact pictures, and to tell them from damaged ones: a classifier of labels
alone is blind to torn and mixed parts, which are what prior samples suffer from.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentdemo.checkpoints.config import current_versions
from latentdemo.data import ImageSet, get_dataset
from latentdemo.errors import TrainingError
from latentdemo.evaluation.features.classifier import (
    FILES,
    Classifier,
    FeatureConfig,
    Features,
    load_features,
    save_features,
    weights_to_store,
)
from latentdemo.evaluation.features.damage import DAMAGES, damage, mixed, warped
from latentdemo.evaluation.features.space import OnBatch, SpaceSpec
from latentdemo.models import NetworkConfig, describe_device, pick_device
from latentdemo.models.device import training_precision
from latentdemo.models.network import built, initialise
from latentdemo.random import Purpose, stream

WIDTH = 32  # Channels of the first hidden layer.
FEATURES = 128  # Penultimate activations.
BATCH = 128
LEAST_STEPS = 1000  # Training takes so many, however few the pictures are.
DAMAGE = "damage"  # This attribute is made, not read: intact, mixed or warped.
LEARNING_RATE = 1e-3  # Adam's at the start.

LossOf = Callable[[np.ndarray, torch.Generator], Tensor]
"""The loss of some rows of the training images; the generator is for whatever is done to these."""


def usual_epochs(count: int, least_steps: int) -> int:
    """Passes over so many training images: 5, or more where they would be fewer than `least_steps` steps."""
    return max(5, math.ceil(least_steps / max(count // BATCH, 1)))


def checked_epochs(epochs: int | None, count: int, least_steps: int) -> int:
    """Passes over so many training images, the usual number where None.

    Raises:
        TrainingError: no pass, or fewer images than a batch.
    """
    epochs = usual_epochs(count, least_steps) if epochs is None else epochs
    if epochs < 1 or count < BATCH:
        raise TrainingError(f"{epochs} epochs on {count} images; take 1 epoch and {BATCH} images at least")
    return epochs


@dataclass(frozen=True)
class Run:
    """How a classifier is trained: Adam, at a rate that falls to zero along half a cosine, in bf16 autocast where the
    device has it.

    Attributes:
        purpose: of the random streams.
        epochs: passes over the training images.
        seed: fixes the order and whatever is done to the images.
        learning_rate: Adam's at the start.
    """

    purpose: Purpose
    epochs: int
    seed: int
    learning_rate: float

    def minimise(
        self, classifier: nn.Module, loss_of: LossOf, train: ImageSet, on_batch: OnBatch | None
    ) -> dict[str, Any]:
        """Minimise a loss over the training images, and leave the classifier ready for use.

        Args:
            classifier: on its device.
            loss_of: the loss of a batch.
            train: whose rows it is of.
            on_batch: told about progress.

        Returns:
            What a configuration says of it.
        """
        started, device = time.perf_counter(), next(classifier.parameters()).device
        optimizer = torch.optim.Adam(classifier.parameters(), self.learning_rate, fused=True)
        total = self.epochs * (len(train) // BATCH)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
        classifier.train()
        for done, batch in enumerate(shuffled_rows(len(train), self.epochs, self.seed, self.purpose)):
            loss = loss_of(*batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if on_batch and (done % 20 == 19 or done + 1 == total):
                on_batch(done + 1, total, loss.item())
        classifier.eval()
        return {
            "epochs": self.epochs,
            "batch_size": BATCH,
            "learning_rate": self.learning_rate,
            "precision": training_precision(device),
            "seed": self.seed,
            "images": len(train),
            "seconds": round(time.perf_counter() - started),
            "device": describe_device(device),
        }


def train_classifier(
    dataset: str,
    train: ImageSet,
    held_out: ImageSet,
    epochs: int | None = None,
    seed: int | None = None,
    device: torch.device | str = "cpu",
    on_batch: OnBatch | None = None,
) -> Features:
    """Train a classifier of all label attributes and of damage, on the sum of their cross-entropies.

    In bf16 autocast where the device has it.

    The weights come back rounded as they are stored, so that the accuracy is that of the stored file.

    Args:
        dataset: name of the data set.
        train: its training images, with labels; where they have none, those of `with_pseudo_labels` take their place.
        held_out: images with the same attributes, to measure accuracy on.
        epochs: passes over the training images; None takes `usual_epochs`.
        seed: fixes weights and order; None takes 0.
        device: where.
        on_batch: told about progress.

    Raises:
        TrainingError: different attributes, no epoch, or fewer images than a batch.
    """
    seed = seed or 0
    train, held_out = labelled(train, held_out, seed)
    attributes = label_sizes(train, held_out) | {DAMAGE: len(DAMAGES)}
    epochs = checked_epochs(epochs, len(train), LEAST_STEPS)
    facts = get_dataset(dataset)
    network = NetworkConfig(facts.image_size, facts.channels, WIDTH, FEATURES)
    classifier = built(lambda: Classifier(network, attributes))
    initialise(classifier, stream(seed, Purpose.FEATURES, 0))
    classifier.to(pick_device(device)).to(memory_format=torch.channels_last)
    run = Run(Purpose.FEATURES, epochs, seed, LEARNING_RATE)
    training = run.minimise(classifier, partial(damage_loss, classifier, train), train, on_batch)
    classifier.load_state_dict(weights_to_store(classifier), strict=False)
    features = Features(
        classifier, FeatureConfig(dataset, network, attributes, training=training, versions=current_versions())
    )
    features.config = replace(features.config, accuracy=accuracy(features, held_out), held_out_count=len(held_out))
    return features


def labelled(train: ImageSet, held_out: ImageSet, seed: int) -> tuple[ImageSet, ImageSet]:
    """Both sets with labels: their own, or where neither has any, those of `with_pseudo_labels`."""
    if train.labels or held_out.labels:
        return train, held_out
    from latentdemo.evaluation.features.pseudo_labels import with_pseudo_labels

    return with_pseudo_labels(train, held_out, seed)


def label_sizes(train: ImageSet, held_out: ImageSet) -> dict[str, int]:
    """Name of an attribute -> number of its classes.

    Raises:
        TrainingError: no labels, or not the same in both sets.
    """
    sizes = {name: len(train.label_names[name]) for name in train.labels}
    if not sizes or list(sizes) != list(held_out.labels):
        raise TrainingError(
            f"training images are labelled with {list(sizes) or 'nothing'}, held-out images with "
            f"{list(held_out.labels) or 'nothing'}; both need the same attributes"
        )
    return sizes


def damage_loss(classifier: Classifier, train: ImageSet, rows: np.ndarray, generator: torch.Generator) -> Tensor:
    """The cross-entropies of the labels of a batch's intact images, and that of damage."""
    images, kinds = damage(train.tensor(rows), generator)
    logits = logits_of(classifier, images)
    intact = int((kinds == 0).sum())
    targets = {name: values[:intact] for name, values in targets_of(classifier, train, rows).items()}
    loss = cross_entropies({name: logits[name][:intact] for name in targets}, targets)
    return loss + F.cross_entropy(logits[DAMAGE].float(), kinds.to(logits[DAMAGE].device))


def logits_of(classifier: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """What a classifier says of a batch of images, in bf16 autocast where its device has it."""
    device = next(classifier.parameters()).device
    with torch.autocast(device.type, torch.bfloat16, enabled=training_precision(device) == "bf16"):
        logits: dict[str, Tensor] = classifier(images.to(device))
    return logits


def targets_of(classifier: nn.Module, train: ImageSet, rows: np.ndarray) -> dict[str, Tensor]:
    """Name of a label -> its values in some rows, on the classifier's device."""
    device = next(classifier.parameters()).device
    return {
        name: torch.from_numpy(np.asarray(values[rows], np.int64)).to(device) for name, values in train.labels.items()
    }


def shuffled_rows(count: int, epochs: int, seed: int, purpose: Purpose) -> Iterator[tuple[np.ndarray, torch.Generator]]:
    """The rows of each batch and the epoch's generator; an incomplete last batch is left out (batch norm)."""
    for epoch in range(1, epochs + 1):
        generator = stream(seed, purpose, epoch)
        order = torch.randperm(count, generator=generator).numpy()
        for start in range(0, count // BATCH * BATCH, BATCH):
            yield order[start : start + BATCH], generator


def cross_entropies(logits: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
    """Sum over attributes of the cross-entropy, in nats, means over images."""
    return torch.stack([F.cross_entropy(logits[name].float(), targets[name]) for name in logits]).sum()


def accuracy(features: Features, images: ImageSet) -> dict[str, float]:
    """Name of an attribute -> share of images classified rightly, to four digits.

    Damage is told on three copies of each image: intact, mixed and warped.
    """
    generator = stream(0, Purpose.DAMAGE)
    right: dict[str, list[np.ndarray]] = {name: [] for name in features.config.attributes}
    for start in range(0, len(images), BATCH):
        rows = slice(start, start + BATCH)
        batch = images.tensor(rows)
        for kind, pictures in enumerate((batch, mixed(batch, generator), warped(batch, generator))):
            chosen = classes(features, pictures)
            right[DAMAGE].append(chosen[DAMAGE] == kind)
            if kind == 0:
                for name, values in images.labels.items():
                    right[name].append(chosen[name] == values[rows])
    return {name: round(float(np.concatenate(parts).mean()), 4) for name, parts in right.items()}


@torch.no_grad()
def classes(features: Features, images: Tensor) -> dict[str, np.ndarray]:
    """Name of an attribute -> the likeliest class of each image, (N,)."""
    logits = features.classifier.heads(features(images).to(features.classifier.heads.weight.device)).cpu()
    parts = logits.split(list(features.config.attributes.values()), dim=1)
    return {name: part.argmax(dim=1).numpy() for name, part in zip(features.config.attributes, parts, strict=True)}


DAMAGE_SPACE = SpaceSpec("labels and damage", FILES, load_features, train_classifier, save_features)
