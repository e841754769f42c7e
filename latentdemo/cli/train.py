"""Commands that make models: training one, and taking in one that others trained."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentdemo.cli.data import images_of
from latentdemo.cli.options import DataDir, Device, GpusPerWorker, MostWorkers, On, refuse_without, was_given
from latentdemo.cli.terminal import console, in_minutes, progress_bar, progress_of, show_table

if TYPE_CHECKING:
    from rich.progress import Progress

    from latentdemo.training import Trainer
    from latentdemo.training.sweep import Run, Sweep
    from latentdemo.training.trainer import Terms

OWN_PATIENCE = 20  # epochs; small sets have short epochs


def train(
    context: typer.Context,
    dataset: Annotated[
        str, typer.Argument(help="Data set, such as fashion-mnist or avatars, or a folder or ZIP file of pictures.")
    ],
    family: Annotated[str, typer.Argument(help="Model family, such as vae; the command choices lists them.")],
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training images, at most; 20, for few pictures more.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="Adam's at the start; it falls to zero along a cosine.")] = 1e-3,
    beta1: Annotated[float, typer.Option(help="Adam's first decay rate.")] = 0.9,
    width: Annotated[int, typer.Option(help="Channels of the first hidden layer.")] = 32,
    latent_size: Annotated[int, typer.Option(help="Dimensions of the latent space.")] = 32,
    option: Annotated[list[str] | None, typer.Option(help="A family's own setting, NAME=NUMBER.")] = None,
    precision: Annotated[
        str | None, typer.Option(help="bf16 (autocast) or float32; bf16 where the device has it, if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes weights, order and noise.")] = 0,
    train_count: Annotated[int | None, typer.Option(help="Use only so many training images.")] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after so many epochs without a lower held-out loss, and take the best epoch's weights; "
            "20 for your own pictures, else off."
        ),
    ] = None,
    size: Annotated[int, typer.Option(help="Your own pictures: side in pixels to scale them to.")] = 32,
    name: Annotated[str, typer.Option(help="Your own pictures: what to call them; the folder's name if empty.")] = "",
    device: Device = None,
    data_dir: DataDir = None,
    out: Annotated[
        Path | None, typer.Option(help="Checkpoint folder; checkpoints/DATASET/FAMILY if not given.")
    ] = None,
    restart: Annotated[bool, typer.Option(help="Forget an unfinished run in the folder.")] = False,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            help="Train with every combination of these values, and keep the model of the lowest held-out loss: "
            "--sweep latent-size=32,64 width=32,48.",
            metavar="SETTING=NUMBER,...",
        ),
    ] = None,
    on: On = None,
    workers: MostWorkers = None,
    gpus_per_worker: GpusPerWorker = None,
) -> None:
    """Train a model, or go on with a run that was stopped.

    With --sweep the same command goes on with a sweep that was stopped; with --on its runs are spread over a cluster.
    """
    from latentdemo.checkpoints import checkpoints_dir
    from latentdemo.data import DATASETS, get_dataset, load_images, read_pictures, write_held_out, write_record
    from latentdemo.models import NetworkConfig, build_model, pick_device
    from latentdemo.models.device import training_precision
    from latentdemo.training import TrainingSettings, usual_epochs
    from latentdemo.training.sweep import Run, Sweep, combinations

    refuse_without(context, "sweep", ("on",))
    refuse_without(context, "on", ("workers", "gpus_per_worker"))
    swept = parse_sweep(sweep or [])
    if twice := [name for name in swept if was_given(context, name)]:
        raise typer.BadParameter(f"--{twice[0].replace('_', '-')} is given beside --sweep: leave one out")
    options, place = parse_options(option or []), pick_device(device)
    settings = TrainingSettings(  # what cannot be done is told before data are read
        epochs=TrainingSettings.epochs if epochs is None else epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        beta1=beta1,
        precision=precision or training_precision(place),  # type: ignore[arg-type]
        seed=seed,
        train_count=train_count,
        patience=patience,
    )
    build_model(family, NetworkConfig(size, 3, width, latent_size), options, device="meta")
    with progress_bar() as bar:
        read = progress_of(bar, f"reading {dataset}")
        own = read_pictures(Path(dataset), size, read) if is_source(dataset, DATASETS) else None
        facts = own.dataset(name) if own else get_dataset(dataset)
        network = NetworkConfig(facts.image_size, facts.channels, width, latent_size)
        images, held_out = (load_images(facts.name, split, data_dir, read) for split in ("train", "held-out"))
        read(1, 1)
        if own and epochs is None:
            settings = replace(settings, epochs=usual_epochs(len(images), batch_size))
        if own and patience is None:
            settings = replace(settings, patience=OWN_PATIENCE)
        folder = out or checkpoints_dir() / facts.name / family
        run = Run({}, network, settings, options)
        runs = combinations(run, swept) if swept else [run]
        plan = Sweep(
            folder, facts.name, images, held_out, family, runs, device,
            lambda run: train_command(run, dataset, family, facts.name),
        )  # fmt: skip
        if swept:
            plan.prepare(restart)
        else:
            trainer = plan.trainer(run, folder, restart)
        if own:
            write_record(folder.parent, own)
            write_held_out(folder.parent, facts.name, held_out)
        if swept:
            trainer = train_sweep(plan, on, workers, gpus_per_worker, bar)
        else:
            announce(trainer)
            run_with_progress(trainer, bar)
    if trainer.best:
        console.print(f"the best of {trainer.epoch} epochs was epoch {trainer.best.epoch}", soft_wrap=True)
    typer.echo(f"wrote {trainer.out}")
    if own:
        typer.echo(f"next: python -m latentdemo evaluate {facts.name}/{folder.name}")


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """`NAME=NUMBER` pairs as a dictionary."""
    options: dict[str, Any] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            options[name] = number(value)
        except ValueError:
            raise typer.BadParameter(f"{pair!r} is not NAME=NUMBER") from None
    return options


def parse_sweep(texts: list[str]) -> dict[str, list[float]]:
    """`SETTING=NUMBER,NUMBER` words as values by the setting's name."""
    swept: dict[str, list[float]] = {}
    for word in " ".join(texts).split():
        name, _, values = word.partition("=")
        try:
            swept[name.replace("-", "_")] = list(dict.fromkeys(map(number, values.split(","))))
        except ValueError:
            raise typer.BadParameter(f"{word!r} is not SETTING=NUMBER,NUMBER, such as width=32,48") from None
    return swept


def number(text: str) -> float:
    """A number, whole where it is written so; raises ValueError."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


def train_sweep(sweep: Sweep, on: str | None, workers: int | None, gpus: float | None, bar: Progress) -> Trainer:
    """Train the runs of a sweep, one after the other or on a cluster, show what came of them, and keep the best one."""
    from latentdemo.cli.tables import sweep_table
    from latentdemo.training.sweep import winner_of

    advance, epochs = progress_of(bar, f"training {len(sweep.runs)} models"), dict.fromkeys(sweep.runs, 0)

    def told(run: Run, epoch: int, _terms: Terms | None = None) -> None:
        epochs[run] = epoch
        advance(sum(epochs.values()), sum(run.settings.epochs for run in sweep.runs))

    if on is None:
        outcomes = [sweep.train_run(run, partial(told, run)) for run in sweep.runs]
    else:
        from latentdemo.cluster.pool import Workers
        from latentdemo.cluster.sweep import sweep_on

        outcomes = sweep_on(sweep, on, Workers(workers, gpus=gpus), told)
    show_table(sweep_table(outcomes))
    return sweep.finish(winner_of(outcomes))


def is_source(word: str, known: Iterable[str]) -> bool:
    """Whether a word that should name a data set names pictures of one's own: a folder, or a ZIP file."""
    path = Path(word)
    return word not in known and (path.exists() or path.suffix.lower() == ".zip" or len(path.parts) > 1)


def train_command(run: Run, dataset: str, family: str, title: str) -> str:
    """The command that trains the same model again, with every setting spelled out."""
    settings, network = run.settings, run.network
    words = ["python", "-m", "latentdemo", "train", dataset, family]
    for name in ("epochs", "batch_size", "learning_rate", "beta1", "precision", "seed", "train_count", "patience"):
        value = getattr(settings, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    words += ["--width", str(network.width), "--latent-size", str(network.latent_size)]
    if title != dataset:
        words += ["--size", str(network.image_size), "--name", title]
    for name, value in run.options.items():
        words += ["--option", f"{name}={value}"]
    return shlex.join(words)


def announce(trainer: Trainer) -> None:
    """Say what a run will take, before it starts."""
    expected, left = trainer.estimate(), trainer.settings.epochs - trainer.epoch
    resumed = f", from epoch {trainer.epoch + 1} on" if trainer.epoch else ""
    at_most = "at most " if trainer.settings.patience else ""
    console.print(
        f"{trainer.count:,} training and {len(trainer.held_out):,} held-out images; {at_most}{left} epochs of "
        f"{trainer.steps_per_epoch} steps{resumed}: {at_most}{in_minutes(expected.seconds)}, "
        f"{expected.bytes / 1e6:.0f} MB in {trainer.out}; after each epoch a first look in {trainer.folder}",
        soft_wrap=True,
    )


def run_with_progress(trainer: Trainer, bar: Progress) -> None:
    """Train, and tell of every batch and every epoch."""
    task = bar.add_task("training", total=trainer.settings.epochs * trainer.steps_per_epoch, note="")

    def on_batch(epoch: int, batch: int, batches: int, terms: dict[str, float]) -> None:
        note = " ".join(f"{name} {value:.1f}" for name, value in terms.items())
        bar.update(task, completed=(epoch - 1) * batches + batch, description=f"epoch {epoch}", note=note)

    def on_epoch(epoch: int, terms: dict[str, float]) -> None:
        words = ", ".join(f"{name} {value:.3f}" for name, value in terms.items())
        console.print(f"epoch {epoch}: {words}", soft_wrap=True)

    trainer.run(on_batch, on_epoch)


def adopt(
    source: Annotated[
        Path, typer.Argument(help="Folder that pythae or diffusers wrote, or with encoder.pt2 and decoder.pt2.")
    ],
    model: Annotated[str, typer.Argument(help="What to call it, such as fashion-mnist/my-vae.")],
    data_dir: DataDir = None,
) -> None:
    """Take in a model that others trained, as it is; a pair of .pt2 files runs the program that is in them."""
    from latentdemo.checkpoints import checkpoints_dir
    from latentdemo.data import get_dataset
    from latentdemo.models.adapters import read_others
    from latentdemo.training import adopt as take_in

    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", model):
        raise typer.BadParameter(f"{model!r} is no name of a model; take DATASET/NAME, such as fashion-mnist/my-vae")
    if not source.is_dir():
        raise typer.BadParameter(f"{source} is no folder")
    folder = checkpoints_dir() / model
    if folder.exists():
        raise typer.BadParameter(f"{folder} is there already; take another name, or remove it first")
    with progress_bar() as bar:
        images, held_out = images_of(folder.parent, data_dir, bar)
        facts = get_dataset(folder.parent.name)
        take_in(read_others(source, facts.image_size, facts.ground), model, images, held_out)
    typer.echo(f"wrote {folder}; next: python -m latentdemo evaluate {model}")
