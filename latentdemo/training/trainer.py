"""The training run: any family on any data set, resumable after each epoch, the same from the same seed.

With a patience it stops once the held-out loss gets no better, and takes the weights of its best epoch (early stopping,
as in Prechelt 1998). That one choice is made on the held-out images, which makes their losses slightly too good.

Everything random in an epoch comes from generators made of (seed, epoch), so that a run that was killed and resumed
ends with the very weights of one that was not.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from latentdemo.checkpoints import save_checkpoint
from latentdemo.checkpoints.config import current_versions
from latentdemo.checkpoints.store import half_precision, sampling_state
from latentdemo.data import ImageSet
from latentdemo.errors import TrainingError
from latentdemo.files import write_atomically
from latentdemo.imaging import png_bytes
from latentdemo.models import NetworkConfig, build_model, describe_device, pick_device
from latentdemo.models.device import training_precision
from latentdemo.random import Purpose, stream
from latentdemo.training.card import write_card
from latentdemo.training.measure import held_out_loss, measure_held_out, residual_std
from latentdemo.training.pictures import epoch_picture
from latentdemo.training.settings import TrainingSettings
from latentdemo.training.state import STATE, Best, check_same_run, read_state, write_state

LOG = "log.jsonl"
TIMED_BATCHES = 6  # Their median counts, for the first ones warm up.

Terms = dict[str, float]
OnBatch = Callable[[int, int, int, Terms], None]
OnEpoch = Callable[[int, Terms], None]


@dataclass(frozen=True)
class Estimate:
    """What the epochs that are left will take.

    Attributes:
        seconds: of wall-clock time, if none of them is spared.
        bytes: on disk, of the finished folder.
    """

    seconds: float
    bytes: int


class Trainer:
    """A training run in a folder.

    Args:
        out: the checkpoint folder to make; the state of the run lies in its subfolder `training`.
        dataset: name of the data set.
        train, held_out: its images.
        family, network, options: what to build.
        settings: how to train it.
        device: where.
        restart: forget a state that lies in `out`.
        command, chosen_of: that trains it again, and of how many runs it is the best, for the model card.

    Raises:
        TrainingError: the images do not fit the network, or `out` holds a run with other settings.
    """

    def __init__(
        self,
        out: Path,
        dataset: str,
        train: ImageSet,
        held_out: ImageSet,
        family: str,
        network: NetworkConfig,
        settings: TrainingSettings,
        *,
        options: dict[str, Any] | None = None,
        device: torch.device | str | None = "cpu",
        restart: bool = False,
        command: str = "",
        chosen_of: int = 1,
    ) -> None:
        check_images(train, network)
        check_images(held_out, network)
        self.device = pick_device(device)
        self.settings = replace(settings, precision=settings.precision or training_precision(self.device))
        self.out, self.dataset, self.command, self.chosen_of = out, dataset, command, chosen_of
        self.train_images, self.held_out = train, held_out
        self.count = min(settings.train_count or len(train), len(train))
        if self.count < settings.batch_size:
            raise TrainingError(
                f"{self.count} images do not fill one batch of {settings.batch_size}; lower --batch-size"
            )
        self.model = build_model(family, network, options, seed=settings.seed).to(self.device)
        self.optimizers = {
            group: torch.optim.Adam(parameters, settings.learning_rate, (settings.beta1, settings.beta2), fused=True)
            for group, parameters in self.model.parameter_groups().items()
        }
        self.epoch = 0
        self.seconds = 0.0
        self.schedules = self.begin_schedules()
        self.best: Best | None = None
        self.folder = out / "training"
        if restart and self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / STATE).exists():
            self.resume()

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one pass over the training images."""
        return self.count // self.settings.batch_size

    @property
    def ended(self) -> bool:
        """Whether all epochs are trained, or the patience has run out."""
        waited = self.epoch - self.best.epoch if self.best else 0
        return self.epoch >= self.settings.epochs or waited >= (self.settings.patience or math.inf)

    def estimate(self) -> Estimate:
        """Time and size of what is left, measured on a few batches that change nothing."""
        state = copy.deepcopy(self.model.state_dict())
        optimizers = {group: copy.deepcopy(optimizer.state_dict()) for group, optimizer in self.optimizers.items()}
        noise, times = stream(self.settings.seed, Purpose.TRAINING_NOISE, self.epoch, device=self.device), []
        self.model.train()
        for images, _ in zip(self.batches(), range(TIMED_BATCHES), strict=False):
            started = time.perf_counter()
            self.train_batch(images, noise)
            times.append(time.perf_counter() - started)
        started = time.perf_counter()
        measure_held_out(self.model, self.held_out)
        picture = png_bytes(epoch_picture(self.model, self.held_out, self.settings.seed))
        after_epoch = time.perf_counter() - started
        self.model.load_state_dict(state)
        for group, optimizer in self.optimizers.items():
            optimizer.load_state_dict(optimizers[group])
        left = self.settings.epochs - self.epoch
        stored = half_precision(sampling_state(self.model)).values()
        copies = 3 if self.settings.patience is None else 4  # Weights, Adam's two averages, and the best weights.
        return Estimate(
            left * (self.steps_per_epoch * statistics.median(times) + after_epoch),
            sum(tensor.nbytes for tensor in stored)
            + copies * sum(tensor.nbytes for tensor in state.values())
            + self.settings.epochs * len(picture),
        )

    def run(self, on_batch: OnBatch | None = None, on_epoch: OnEpoch | None = None) -> None:
        """Train as `train` does, then write the checkpoint."""
        self.train(on_batch, on_epoch)
        self.finish()

    def train(self, on_batch: OnBatch | None = None, on_epoch: OnEpoch | None = None) -> None:
        """Train the epochs that are left, or until the patience has run out.

        Args:
            on_batch: told (epoch, batch, batches, mean losses so far) after each batch.
            on_epoch: told (epoch, held-out figures) after each epoch.
        """
        while not self.ended:
            started = time.perf_counter()
            terms = self.train_epoch(on_batch)
            self.epoch += 1
            self.seconds += time.perf_counter() - started
            measured = measure_held_out(self.model, self.held_out)
            self.keep_best(held_out_loss(measured))
            terms |= {f"held_out_{name}": value for name, value in measured.items()}
            epoch_picture(self.model, self.held_out, self.settings.seed).save(self.picture_path(self.epoch))
            self.log(terms)
            self.save_state()
            if on_epoch:
                on_epoch(self.epoch, terms)

    def loss(self) -> float:
        """The held-out loss of the weights that a checkpoint would get now, nats an image; see `held_out_loss`."""
        return self.best.loss if self.best else held_out_loss(measure_held_out(self.model, self.held_out))

    def train_epoch(self, on_batch: OnBatch | None) -> Terms:
        """One pass over the training images; the mean of each loss."""
        self.model.train()
        noise = stream(self.settings.seed, Purpose.TRAINING_NOISE, self.epoch, device=self.device)
        sums: dict[str, Tensor] = {}
        for batch, images in enumerate(self.batches(), start=1):
            for name, value in self.train_batch(images, noise).items():
                sums[name] = sums.get(name, torch.zeros((), dtype=torch.float32, device=self.device)) + value
            for schedule in self.schedules:
                schedule.step()
            if on_batch and (batch % 20 == 0 or batch == self.steps_per_epoch):
                means = {name: value.item() / batch for name, value in sums.items()}
                on_batch(self.epoch + 1, batch, self.steps_per_epoch, means)
        means = {name: value.item() / self.steps_per_epoch for name, value in sums.items()}
        if not all(math.isfinite(value) for value in means.values()):
            raise TrainingError(
                f"the loss is no longer finite in epoch {self.epoch + 1}; start again with a lower --learning-rate"
            )
        return means

    def train_batch(self, images: Tensor, noise: torch.Generator) -> dict[str, Tensor]:
        """One step on each loss; the losses."""
        losses: dict[str, Tensor] = {}
        for group, loss, terms in self.autocast(self.model.objectives(images, noise)):
            self.optimizers[group].zero_grad()
            loss.backward()
            self.optimizers[group].step()
            losses |= terms
        return losses

    def keep_best(self, loss: float) -> None:
        """Keep the weights of this epoch if none had a lower held-out loss, where early stopping is asked for."""
        if self.settings.patience is not None and (self.best is None or loss < self.best.loss):
            self.best = Best(self.epoch, loss, copy.deepcopy(self.model.state_dict()))

    def autocast(self, objectives: Iterator[Any]) -> Iterator[Any]:
        """The objectives, each computed under bf16 autocast where the settings ask for it."""
        while True:
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.precision == "bf16"):
                objective = next(objectives, None)
            if objective is None:
                return
            yield objective

    def batches(self) -> Iterator[Tensor]:
        """The training images of this epoch, shuffled, (batch_size, C, H, W) each."""
        order = torch.randperm(
            self.count, generator=stream(self.settings.seed, Purpose.TRAINING_ORDER, self.epoch)
        ).numpy()
        size = self.settings.batch_size
        for start in range(0, self.steps_per_epoch * size, size):
            rows = np.sort(order[start : start + size])  # Sorted rows read a memory map in one direction.
            yield self.train_images.tensor(rows).to(self.device, non_blocking=True)

    def begin_schedules(self) -> list[LRScheduler]:
        """Learning rates that fall along half a cosine to zero over the whole run, from the epoch that comes next on.

        A rate depends on the number of the step alone, so that a run that was stopped goes on to the last bit.
        """
        total = self.settings.epochs * self.steps_per_epoch
        for group in (group for optimizer in self.optimizers.values() for group in optimizer.param_groups):
            group["initial_lr"] = self.settings.learning_rate
        return [
            LambdaLR(
                optimizer,
                lambda step: 0.5 * (1.0 + math.cos(math.pi * (step / total))),
                last_epoch=self.epoch * self.steps_per_epoch - 1,
            )
            for optimizer in self.optimizers.values()
        ]

    def picture_path(self, epoch: int) -> Path:
        """Where the picture of an epoch lies."""
        return self.folder / f"epoch-{epoch:03d}.png"

    def log(self, terms: Terms) -> None:
        """Append an epoch's losses to the log."""
        line = {"epoch": self.epoch, "seconds": round(self.seconds, 1)}
        with (self.folder / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {name: round(value, 4) for name, value in terms.items()}) + "\n")

    def fingerprint(self) -> dict[str, Any]:
        """What must be the same for a run to be resumed."""
        model = self.model
        return {
            "dataset": self.dataset,
            "images": hashlib.sha256(self.held_out.pixels.tobytes()).hexdigest() + f" {len(self.train_images)}",
            "family": model.family,
            "network": asdict(model.network),
            "options": model.options(),
            "settings": asdict(self.settings),
        }

    def save_state(self) -> None:
        """Write the state of the run, whole or not at all."""
        state = {
            "fingerprint": self.fingerprint(),
            "epoch": self.epoch,
            "seconds": self.seconds,
            "best": None if self.best is None else vars(self.best),
            "model": self.model.state_dict(),
            "optimizers": {group: optimizer.state_dict() for group, optimizer in self.optimizers.items()},
        }
        write_state(self.folder, state)

    def resume(self) -> None:
        """Go on from the state in the folder.

        Raises:
            TrainingError: it is broken, or belongs to a run with other settings.
        """
        state = read_state(self.folder, self.device)
        check_same_run(self.out, self.fingerprint(), state["fingerprint"])
        self.model.load_state_dict(state["model"])
        for group, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][group])
        self.epoch, self.seconds = state["epoch"], state["seconds"]
        self.schedules = self.begin_schedules()
        self.best = Best(**state["best"]) if state.get("best") else None

    def finish(self) -> None:
        """Estimate the residual noise, write the checkpoint and its card."""
        if self.best:
            self.model.load_state_dict(self.best.model)
        self.model.eval()
        self.model.residual_std = round(residual_std(self.model, self.train_images, self.settings.seed), 5)
        measured = {
            "held_out": {name: round(value, 4) for name, value in measure_held_out(self.model, self.held_out).items()},
            "held_out_count": len(self.held_out),
            "parameters": sum(
                parameter.numel()
                for name, parameter in self.model.named_parameters()
                if not name.startswith(self.model.training_only)
            ),
            "training_seconds": round(self.seconds),
            "training_device": describe_device(self.device),
        }
        training = asdict(self.settings) | {"images": self.count, "command": self.command}
        training |= {"chosen_of": self.chosen_of} if self.chosen_of > 1 else {}
        training |= {"epochs_trained": self.epoch, "best_epoch": self.best.epoch} if self.best else {}
        config = save_checkpoint(
            self.out, self.model, self.dataset, training=training, measured=measured, versions=current_versions()
        )
        picture = self.picture_path(self.best.epoch if self.best else self.epoch)
        write_atomically(self.out / "preview.png", picture.read_bytes())
        write_card(self.out, config)


def check_images(images: ImageSet, network: NetworkConfig) -> None:
    """Raise TrainingError where the images do not fit the network."""
    height, width, channels = images.pixels.shape[1:]
    if (channels, height, width) != network.image_shape:
        raise TrainingError(
            f"the images are {width}x{height} with {channels} channels, the network takes "
            f"{network.image_size}x{network.image_size} with {network.channels}"
        )
