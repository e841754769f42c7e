"""The command line: python -m latentdemo models | sample | train | data | bench."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Chain sampling for generative autoencoders.")
console = Console(stderr=True)


def progress_bar() -> Progress:
    """The one look of progress on the terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), TextColumn("[dim]{task.fields[note]}"), console=console)


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """`NAME=NUMBER` pairs as a dictionary."""
    options: dict[str, Any] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            options[name] = int(value) if value.lstrip("-").isdigit() else float(value)
        except ValueError:
            raise typer.BadParameter(f"{pair!r} is not NAME=NUMBER") from None
    return options


@app.command()
def train(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    family: Annotated[str, typer.Argument(help="Model family: vae, dvae, aae or daae.")],
    epochs: Annotated[int, typer.Option(help="Passes over the training images.")] = 20,
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="Adam's at the start; it falls to zero along a cosine.")] = 1e-3,
    beta1: Annotated[float, typer.Option(help="Adam's first decay rate.")] = 0.9,
    width: Annotated[int, typer.Option(help="Channels of the first hidden layer.")] = 32,
    latent_size: Annotated[int, typer.Option(help="Dimensions of the latent space.")] = 32,
    option: Annotated[list[str] | None, typer.Option(help="A family's own setting, NAME=NUMBER.")] = None,
    precision: Annotated[str, typer.Option(help="bf16 (autocast) or float32.")] = "bf16",
    seed: Annotated[int, typer.Option(help="Fixes weights, order and noise.")] = 0,
    train_count: Annotated[int | None, typer.Option(help="Use only so many training images.")] = None,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
    out: Annotated[Path | None, typer.Option(help="Checkpoint folder; checkpoints/DATASET/FAMILY if not given.")] = None,
    restart: Annotated[bool, typer.Option(help="Forget an unfinished run in the folder.")] = False,
) -> None:
    """Train a model, or go on with a run that was stopped."""
    from latentdemo.data import get_dataset, load_images
    from latentdemo.models import NetworkConfig, checkpoints_dir, pick_device
    from latentdemo.training import Trainer, TrainingSettings

    facts = get_dataset(dataset)
    settings = TrainingSettings(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        beta1=beta1,
        precision=precision,  # type: ignore[arg-type]
        seed=seed,
        train_count=train_count,
    )
    network = NetworkConfig(facts.image_size, facts.channels, width, latent_size)
    options = parse_options(option or [])
    command = f"python -m latentdemo train {dataset} {family} --epochs {epochs} --batch-size {batch_size}"
    command += f" --learning-rate {learning_rate:g} --beta1 {beta1:g} --width {width} --latent-size {latent_size}"
    command += f" --precision {precision} --seed {seed}"
    command += f" --train-count {train_count}" if train_count else ""
    command += "".join(f" --option {shlex.quote(pair)}" for pair in option or [])
    with progress_bar() as bar:
        reading = bar.add_task(f"reading {facts.title}", total=None, note="")

        def read(done: int, total: int) -> None:
            bar.update(reading, completed=done, total=total)

        images = load_images(dataset, "train", data_dir, read)
        held_out = load_images(dataset, "held-out", data_dir, read)
        bar.update(reading, completed=1, total=1)
        trainer = Trainer(
            out or checkpoints_dir() / dataset / family,
            dataset,
            images,
            held_out,
            family,
            network,
            settings,
            options,
            pick_device(device),
            restart,
            command,
        )
        task = bar.add_task("training", total=epochs * trainer.steps_per_epoch, note="")

        def on_batch(epoch: int, batch: int, batches: int, terms: dict[str, float]) -> None:
            note = " ".join(f"{name} {value:.1f}" for name, value in terms.items())
            bar.update(task, completed=(epoch - 1) * batches + batch, description=f"epoch {epoch}", note=note)

        def on_epoch(epoch: int, terms: dict[str, float]) -> None:
            console.print(f"epoch {epoch}: " + ", ".join(f"{name} {value:.3f}" for name, value in terms.items()))

        trainer.run(on_batch, on_epoch)
    typer.echo(f"wrote {trainer.out}")


@app.command()
def placeholder() -> None: ...
