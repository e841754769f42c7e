"""Training of the classifier whose features quality is measured in; the same from the same seed.

It learns the labels of the data set from intact pictures, and to tell them from damaged ones: a classifier of labels
alone is blind to torn and mixed parts, which are what prior samples suffer from.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

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
from latentdemo.models import NetworkConfig, describe_device
from latentdemo.models.device import training_precision
from latentdemo.models.network import initialise
from latentdemo.random import Purpose, stream

WIDTH = 32  # Channels of the first hidden layer.
FEATURES = 128  # Penultimate activations.
BATCH = 128
LEAST_STEPS = 1000  # Training takes so many, however few the pictures are.
DAMAGE = "damage"  # This attribute is made, not read: intact, mixed or warped.
LEARNING_RATE = 1e-3  # Adam's at the start. It falls to zero along half a cosine.


def usual_epochs(count: int, least_steps: int) -> int:
    """Passes over so many training images: 5, or more where they would be fewer than `least_steps` steps."""
    return max(5, math.ceil(least_steps / max(count // BATCH, 1)))


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
    epochs = usual_epochs(len(train), LEAST_STEPS) if epochs is None else epochs
    attributes = label_sizes(train, held_out) | {DAMAGE: len(DAMAGES)}
    if epochs < 1 or len(train) < BATCH:
        raise TrainingError(f"{epochs} epochs on {len(train)} images; take 1 epoch and {BATCH} images at least")
    facts = get_dataset(dataset)
    network = NetworkConfig(facts.image_size, facts.channels, WIDTH, FEATURES)
    classifier = Classifier(network, attributes)
    initialise(classifier, stream(seed, Purpose.FEATURES, 0))
    classifier.to(torch.device(device)).to(memory_format=torch.channels_last)
    started = time.perf_counter()
    fit(classifier, train, epochs, seed, on_batch)
    seconds = time.perf_counter() - started
    classifier.load_state_dict(weights_to_store(classifier), strict=False)
    training: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
        "precision": training_precision(device),
        "seed": seed,
        "images": len(train),
        "seconds": round(seconds),
        "device": describe_device(device),
    }
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


def fit(classifier: Classifier, train: ImageSet, epochs: int, seed: int, on_batch: OnBatch | None) -> None:
    """Minimise the sum of cross-entropies with Adam."""
    device = classifier.heads.weight.device
    optimizer = torch.optim.Adam(classifier.parameters(), LEARNING_RATE, fused=True)
    total = epochs * (len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    labels = {name: torch.from_numpy(np.asarray(values, np.int64)) for name, values in train.labels.items()}
    classifier.train()
    for done, (rows, generator) in enumerate(shuffled_rows(len(train), epochs, seed, Purpose.FEATURES)):
        images, kinds = damage(train.tensor(rows), generator)
        with torch.autocast(device.type, torch.bfloat16, enabled=training_precision(device) == "bf16"):
            logits = classifier(images.to(device))
        intact = int((kinds == 0).sum())
        targets = {name: values[rows[:intact]].to(device) for name, values in labels.items()}
        loss = cross_entropies({name: logits[name][:intact] for name in targets}, targets)
        loss = loss + F.cross_entropy(logits[DAMAGE].float(), kinds.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if on_batch and (done % 20 == 19 or done + 1 == total):
            on_batch(done + 1, total, loss.item())
    classifier.eval()


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
