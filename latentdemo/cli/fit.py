"""Commands that fit what chains and figures need beside a model: densities, and the feature space of a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentdemo.cli.data import images_of
from latentdemo.cli.options import AsJson, DataDir, Device
from latentdemo.cli.terminal import console, progress_bar, progress_by_part, progress_of

if TYPE_CHECKING:
    from latentdemo.evaluation import FeatureConfig


def fit(
    model: Annotated[str, typer.Argument(help="Model, such as avatars/vae.")],
    epochs: Annotated[int, typer.Option(help="Passes of the flow over the training images' encodings.")] = 20,
    hidden: Annotated[int, typer.Option(help="Units of the flow's hidden layers.")] = 256,
    seed: Annotated[int, typer.Option(help="Fixes everything.")] = 0,
    device: Device = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit the densities of the learned latent distribution, which calibrated chains follow. Changes no model weight."""
    from dataclasses import asdict

    from latentdemo.checkpoints import load_trained
    from latentdemo.cli.tables import densities_table
    from latentdemo.sampling.densities.fitting import fit_densities

    loaded = load_trained(model, device)
    assert loaded.folder is not None
    with progress_bar() as bar:
        images, held_out = images_of(loaded.folder.parent, data_dir, bar)
        config = fit_densities(
            loaded, images, held_out, epochs=epochs, hidden=hidden, seed=seed, progress=progress_of(bar, "fitting")
        )
    if as_json:
        typer.echo(json.dumps(asdict(config), indent=2))
    else:
        console.print(densities_table(loaded.folder, config))


def features(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training images; 5, or more where these are few, if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes weights and order.")] = 0,
    device: Device = None,
    data_dir: DataDir = None,
) -> None:
    """Train the classifier whose features quality is measured in."""
    from latentdemo.checkpoints.roots import dataset_folder
    from latentdemo.evaluation import save_features, train_classifier
    from latentdemo.models import pick_device

    folder = dataset_folder(dataset)
    with progress_bar() as bar:
        images, held_out = images_of(folder, data_dir, bar)
        tell = progress_by_part(bar)
        trained = train_classifier(
            folder.name,
            images,
            held_out,
            epochs,
            seed,
            pick_device(device),
            lambda done, total, loss: tell(f"training the feature space, loss {loss:.2f}", done, total),
        )
        show_features(folder, save_features(trained, folder))


def show_features(folder: Path, config: FeatureConfig) -> None:
    """Say how good the classifier of a data set's folder is."""
    right = ", ".join(f"{name} {share:.1%}" for name, share in config.accuracy.items())
    console.print(f"wrote the features of {folder.name} to {folder}; held-out accuracy: {right}", soft_wrap=True)
