"""Training of the classifier of labels alone; the same from the same seed.

Pictures are softened by a random amount, on top of the blur that the network looks through, since every picture of a
decoder is soft and blur should not be what the space sees. Nothing else is done to them: shifted by up to two pixels of
64, faces needed several times as many passes until eyebrows were told.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch

from latentdemo.checkpoints.config import current_versions
from latentdemo.data import ImageSet, get_dataset
from latentdemo.errors import TrainingError
from latentdemo.evaluation.features.damage import softened
from latentdemo.evaluation.features.labels import (
    FILES,
    LabelClassifier,
    LabelConfig,
    LabelSpace,
    label_weights,
    load_labels,
    save_labels,
)
from latentdemo.evaluation.features.pseudo_labels import PSEUDO_LABEL, typical_pictures
from latentdemo.evaluation.features.space import OnBatch, SpaceSpec
from latentdemo.evaluation.features.training import (
    BATCH,
    cross_entropies,
    label_sizes,
    labelled,
    shuffled_rows,
    usual_epochs,
)
from latentdemo.models import NetworkConfig, describe_device
from latentdemo.models.device import training_precision
from latentdemo.models.network import initialise
from latentdemo.random import Purpose, stream

WIDTH = 32  # Channels of the first convolution.
DEPTH = 1  # Residual blocks in each stage.
FEATURES = 128  # Pooled activations.
LEAST_STEPS = 600  # Training takes so many, however few the pictures are.
SEED = 1  # The other classifier of a data set has 0.
LEARNING_RATE = 2e-3  # Adam's at the start. It falls to zero along half a cosine.


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
    epochs = usual_epochs(len(train), LEAST_STEPS) if epochs is None else epochs
    if epochs < 1 or len(train) < BATCH:
        raise TrainingError(f"{epochs} epochs on {len(train)} images; take 1 epoch and {BATCH} images at least")
    facts = get_dataset(dataset)
    network = NetworkConfig(facts.image_size, facts.channels, width, FEATURES)
    classifier = LabelClassifier(network, depth, attributes)
    initialise(classifier, stream(seed, Purpose.LABELS, 0))
    classifier.to(torch.device(device)).to(memory_format=torch.channels_last)
    started = time.perf_counter()
    fit(classifier, train, epochs, seed, on_batch)
    training = {
        "epochs": epochs,
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
        "precision": training_precision(device),
        "seed": seed,
        "images": len(train),
        "seconds": round(time.perf_counter() - started),
        "device": describe_device(device),
    }
    classifier.load_state_dict(label_weights(classifier), strict=False)
    names = {name: list(train.label_names[name]) for name in attributes}
    config = LabelConfig(dataset, network, depth, names, training=training, versions=current_versions())
    space = LabelSpace(classifier, config, typical_pictures(train) if PSEUDO_LABEL in train.labels else None)
    space.config = replace(config, accuracy=accuracy(space, held_out), held_out_count=len(held_out))
    return space


def fit(classifier: LabelClassifier, train: ImageSet, epochs: int, seed: int, on_batch: OnBatch | None) -> None:
    """Minimise the sum of cross-entropies with Adam."""
    device = classifier.heads.weight.device
    optimizer = torch.optim.Adam(classifier.parameters(), LEARNING_RATE, fused=True)
    total = epochs * (len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    labels = {name: torch.from_numpy(np.asarray(values, np.int64)) for name, values in train.labels.items()}
    classifier.train()
    for done, (rows, generator) in enumerate(shuffled_rows(len(train), epochs, seed, Purpose.LABELS)):
        images = softened(train.tensor(rows), generator)
        with torch.autocast(device.type, torch.bfloat16, enabled=training_precision(device) == "bf16"):
            logits = classifier(images.to(device))
        loss = cross_entropies(logits, {name: values[rows].to(device) for name, values in labels.items()})
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if on_batch and (done % 20 == 19 or done + 1 == total):
            on_batch(done + 1, total, loss.item())
    classifier.eval()


def accuracy(space: LabelSpace, images: ImageSet) -> dict[str, float]:
    """Name of an attribute -> share of images classified rightly, to four digits."""
    features = torch.cat([space(images.tensor(slice(row, row + BATCH))) for row in range(0, len(images), BATCH)])
    chosen = space.classes(features)
    return {name: round(float((chosen[name].numpy() == values).mean()), 4) for name, values in images.labels.items()}


LABEL_SPACE = SpaceSpec("labels alone", FILES, load_labels, train_labels, save_labels)
