"""Training of the classifier whose features quality is measured in; the same from the same seed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from latentdemo.data import ImageSet, get_dataset
from latentdemo.errors import TrainingError
from latentdemo.evaluation.features import Classifier, FeatureConfig, Features, weights_to_store
from latentdemo.models import NetworkConfig, describe_device
from latentdemo.models.checkpoint import current_versions
from latentdemo.models.network import initialise
from latentdemo.random import epoch_generator

WIDTH = 32  # channels of the first hidden layer
FEATURES = 128  # penultimate activations
BATCH = 64
LEARNING_RATE = 1e-3  # Adam's at the start; it falls to zero along half a cosine

OnBatch = Callable[[int, int, float], None]
"""Called with (batches done, batches in all, loss) after each batch."""


def train_classifier(
    dataset: str,
    train: ImageSet,
    held_out: ImageSet,
    epochs: int = 5,
    seed: int = 0,
    device: torch.device | str = "cpu",
    on_batch: OnBatch | None = None,
) -> Features:
    """Train a classifier of all label attributes at once, on the sum of their cross-entropies, in bf16 autocast.

    The weights come back rounded as they are stored, so that the accuracy is that of the stored file.

    Args:
        dataset: name of the data set.
        train: its training images, with labels.
        held_out: images with the same attributes, to measure accuracy on.
        epochs: passes over the training images.
        seed: fixes weights and order.
        device: where.
        on_batch: told about progress.

    Raises:
        TrainingError: no labels, different attributes, no epoch, or fewer images than a batch.
    """
    attributes = label_sizes(train, held_out)
    if epochs < 1 or len(train) < BATCH:
        raise TrainingError(f"{epochs} epochs on {len(train)} images; take 1 epoch and {BATCH} images at least")
    facts = get_dataset(dataset)
    network = NetworkConfig(facts.image_size, facts.channels, WIDTH, FEATURES)
    classifier = Classifier(network, attributes)
    initialise(classifier, epoch_generator(seed, 0))
    classifier.to(torch.device(device)).to(memory_format=torch.channels_last)
    started = time.perf_counter()
    fit(classifier, train, epochs, seed, on_batch)
    seconds = time.perf_counter() - started
    classifier.load_state_dict(weights_to_store(classifier), strict=False)
    training: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
        "precision": "bf16",
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
    labels = {name: torch.from_numpy(np.asarray(values, np.int64)) for name, values in train.labels.items()}
    classifier.train()
    for done, rows in enumerate(shuffled_rows(len(train), epochs, seed)):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * 0.5 * (1.0 + math.cos(math.pi * done / total))
        with torch.autocast(device.type, torch.bfloat16):
            logits = classifier(train.tensor(rows).to(device))
        targets = {name: values[rows].to(device) for name, values in labels.items()}
        loss = cross_entropies(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if on_batch and (done % 20 == 19 or done + 1 == total):
            on_batch(done + 1, total, loss.item())
    classifier.eval()


def shuffled_rows(count: int, epochs: int, seed: int) -> Iterator[np.ndarray]:
    """The rows of each batch; an incomplete last one of an epoch is left out (batch norm)."""
    for epoch in range(1, epochs + 1):
        order = torch.randperm(count, generator=epoch_generator(seed, epoch)).numpy()
        for start in range(0, count // BATCH * BATCH, BATCH):
            yield np.sort(order[start : start + BATCH])  # sorted rows read a memory map in one direction


def cross_entropies(logits: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
    """Sum over attributes of the cross-entropy, in nats, means over images."""
    return torch.stack([F.cross_entropy(logits[name].float(), targets[name]) for name in logits]).sum()


@torch.no_grad()
def accuracy(features: Features, images: ImageSet) -> dict[str, float]:
    """Name of an attribute -> share of images classified rightly, to four digits."""
    logits = features.classifier.heads(features.of_set(images).to(features.device)).cpu()
    parts = logits.split(list(features.config.attributes.values()), dim=1)
    return {
        name: round(float((part.argmax(dim=1).numpy() == images.labels[name]).mean()), 4)
        for name, part in zip(features.config.attributes, parts, strict=True)
    }
