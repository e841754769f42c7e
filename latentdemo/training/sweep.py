"""A sweep: the same training with every combination of some settings, and the run of the lowest held-out loss.

Each run trains in a folder of its own, from which it goes on when it was stopped; the winner's becomes the checkpoint.
The winner was chosen by its held-out loss, which is therefore slightly too good, the more so the more runs there were.
"""

from __future__ import annotations

import itertools
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from latentdemo.data import ImageSet
from latentdemo.errors import LatentdemoError, TrainingError
from latentdemo.models import NetworkConfig
from latentdemo.training.settings import TrainingSettings
from latentdemo.training.state import STATE
from latentdemo.training.trainer import OnEpoch, Trainer

FOLDER = "sweep"
MOST_RUNS = 1000
OF_NETWORK = ("width", "latent_size")
OF_TRAINING = tuple(each.name for each in fields(TrainingSettings) if each.name != "precision")
WHOLE = ("epochs", "batch_size", "seed", "train_count", "patience")


@dataclass(frozen=True, eq=False)
class Run:
    """One combination of settings.

    Attributes:
        values: of the settings that differ from run to run, by name.
        network, settings, options: what to build, and how to train it.
    """

    values: Mapping[str, float]
    network: NetworkConfig
    settings: TrainingSettings
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its folder."""
        return ",".join(f"{name}={value}" for name, value in self.values.items())

    def replaced(self, values: Mapping[str, float]) -> Run:
        """The same with other settings; what is neither of the network nor of training is a family's option.

        Raises:
            LatentdemoError: a value that cannot be.
        """
        if wrong := [f"{name} {values[name]}" for name in WHOLE if not isinstance(values.get(name, 0), int)]:
            raise TrainingError(f"the sweep asks for {wrong[0]}; it must be a whole number")
        given: Mapping[str, Any] = values
        rest = {name: value for name, value in given.items() if name not in OF_NETWORK + OF_TRAINING}
        return Run(
            values,
            replace(self.network, **{name: value for name, value in given.items() if name in OF_NETWORK}),
            replace(self.settings, **{name: value for name, value in given.items() if name in OF_TRAINING}),
            {**self.options, **rest},
        )


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        run: which.
        loss: held-out loss of the weights that it ends with, nats an image, see `held_out_loss`; None where it failed.
        epochs: that were trained.
        seconds: that they took.
        failed: why there is no loss.
    """

    run: Run
    loss: float | None
    epochs: int = 0
    seconds: float = 0.0
    failed: str = ""


@dataclass(frozen=True)
class Sweep:
    """Runs on one data set.

    Attributes:
        out: the checkpoint folder that the winner becomes.
        dataset: name of the data set.
        train, held_out: its images.
        family: of all models.
        runs: to train.
        device: where; None takes cuda, else mps, else cpu, of whoever trains.
        command: gives the command that trains a run alone, for the model card.
    """

    out: Path
    dataset: str
    train: ImageSet
    held_out: ImageSet
    family: str
    runs: Sequence[Run]
    device: str | None = None
    command: Callable[[Run], str] | None = None

    def prepare(self, restart: bool = False) -> None:
        """Make the folder of the runs.

        Args:
            restart: forget what was trained in `out` before.

        Raises:
            TrainingError: a run alone was trained in `out`.
        """
        training = self.out / "training"
        if restart and training.exists():
            shutil.rmtree(training)
        if (training / STATE).exists() and not (training / FOLDER).exists():
            raise TrainingError(
                f"{self.out} holds a run that is no sweep; choose another --out, or drop that run with --restart"
            )
        (training / FOLDER).mkdir(parents=True, exist_ok=True)

    def trainer(self, run: Run, out: Path, restart: bool = False, chosen_of: int = 1) -> Trainer:
        """What trains a run in a folder, or goes on with it unless it is to `restart`; raises TrainingError."""
        return Trainer(
            out,
            self.dataset,
            self.train,
            self.held_out,
            self.family,
            run.network,
            run.settings,
            options=dict(run.options),
            device=self.device,
            restart=restart,
            command=self.command(run) if self.command else "",
            chosen_of=chosen_of,
        )

    def folder(self, run: Run) -> Path:
        """Where a run is trained."""
        return self.out / "training" / FOLDER / run.name

    def train_run(self, run: Run, on_epoch: OnEpoch | None = None) -> Outcome:
        """Train a run to its end, or what is left of it."""
        try:
            trainer = self.trainer(run, self.folder(run))
            trainer.train(on_epoch=on_epoch)
        except LatentdemoError as error:
            return Outcome(run, None, failed=str(error))
        return Outcome(run, trainer.loss(), trainer.epoch, trainer.seconds)

    def finish(self, winner: Outcome) -> Trainer:
        """Make a run that has ended the checkpoint in `out`, and return what trained it."""
        training = self.out / "training"
        for left in training.iterdir():
            if left.is_file():
                left.unlink()  # of an earlier winner
        shutil.copytree(self.folder(winner.run) / "training", training, dirs_exist_ok=True)
        trainer = self.trainer(winner.run, self.out, chosen_of=len(self.runs))
        trainer.run()
        return trainer


def winner_of(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of the lowest held-out loss, of equal ones the first; TrainingError where none has any."""
    best = min(outcomes, key=lambda each: math.inf if each.loss is None else each.loss)
    if best.loss is None:
        raise TrainingError(f"every run of the sweep failed, the first one so: {outcomes[0].failed}")
    return best


def combinations(base: Run, swept: Mapping[str, Sequence[float]]) -> list[Run]:
    """A run for every combination of the values of some settings, the others as in `base`.

    Raises:
        TrainingError: no or too many combinations.
        LatentdemoError: a value that cannot be.
    """
    runs = [
        base.replaced(dict(zip(swept, values, strict=True)))
        for values in itertools.islice(itertools.product(*swept.values()), MOST_RUNS + 1)
    ]
    if not swept or not 1 <= len(runs) <= MOST_RUNS:
        raise TrainingError(f"a sweep takes 1 to {MOST_RUNS:,} combinations of settings; name fewer values")
    return runs
