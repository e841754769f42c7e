"""Commands that fit what chains and figures need beside a model: densities, and the feature space of a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentdemo.cli.data import images_of
from latentdemo.cli.options import AsJson, DataDir, Device
from latentdemo.cli.terminal import console, progress_bar, progress_by_part, progress_of, show_table

if TYPE_CHECKING:
    from latentdemo.evaluation.features.files import SpaceConfig


def fit(
    model: Annotated[str, typer.Argument(help="Model, such as avatars/vae.")],
    epochs: Annotated[int, typer.Option(help="Passes of the flow over the training images' encodings.")] = 20,
    hidden: Annotated[int, typer.Option(help="Units of the flow's hidden layers.")] = 256,
    updates: Annotated[int, typer.Option(help="Updates of the field of flow matching, at the most.")] = 10_000,
    only: Annotated[
        list[str] | None, typer.Option(help="Fit this density alone, and keep the others; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes everything.")] = 0,
    device: Device = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit the densities of the learned latent distribution, which calibrated chains follow. Changes no model weight."""
    from dataclasses import asdict

    from latentdemo.checkpoints import load_trained
    from latentdemo.cli.tables import densities_table
    from latentdemo.sampling.densities.fitting import check_names, fit_densities

    check_names(only or ())
    loaded = load_trained(model, device)
    assert loaded.folder is not None
    with progress_bar() as bar:
        images, held_out = images_of(loaded.folder.parent, data_dir, bar)
        config = fit_densities(
            loaded,
            images,
            held_out,
            only=only,
            epochs=epochs,
            hidden=hidden,
            updates=updates,
            seed=seed,
            progress=progress_of(bar, "fitting"),
        )
    if as_json:
        typer.echo(json.dumps(asdict(config), indent=2))
    else:
        show_table(densities_table(loaded.folder, config), console)


def features(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    space: Annotated[
        str | None, typer.Option(help="Which space to make: damage, labels or imagenet; all if not given.")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="Passes of classifiers over the training images; 5, or more for few images, if not given."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes everything; each space's own if not given.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
) -> None:
    """Make the feature spaces that quality is measured in, in place of those that are there."""
    from latentdemo.checkpoints.roots import dataset_folder
    from latentdemo.evaluation.features.registry import SPACES, make_space, space_spec
    from latentdemo.models import pick_device

    specs = [space_spec(space)] if space else [spec for spec in SPACES.values() if spec.missing() is None]
    folder, place = dataset_folder(dataset), pick_device(device)
    with progress_bar() as bar:
        images, held_out = images_of(folder, data_dir, bar)
        tell = progress_by_part(bar)
        for spec in specs:
            config = make_space(spec, folder, images, held_out, epochs=epochs, seed=seed, device=place, tell=tell)
            show_features(folder, config)
    for spec in SPACES.values():
        if not space and (words := spec.missing()):
            console.print(f"left out: {words}", soft_wrap=True, markup=False)


def judges(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    folder: Annotated[Path, typer.Argument(help="Where to keep them; those that are there stay.")],
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
) -> None:
    """Train more classifiers of labels, to see whether they agree with the one that figures are taken in."""
    from latentdemo.checkpoints.roots import dataset_folder
    from latentdemo.evaluation.features.judges import train_judges
    from latentdemo.models import pick_device

    place = pick_device(device)
    with progress_bar() as bar:
        images, held_out = images_of(dataset_folder(dataset), data_dir, bar)
        found = train_judges(folder, dataset, images, held_out, epochs=epochs, device=place, tell=progress_by_part(bar))
    for name, judge in found.items():
        show_features(folder / name, judge.config)


def show_features(folder: Path, config: SpaceConfig) -> None:
    """Say how good a feature space in a data set's folder is."""
    console.print(f"wrote the features of {config.dataset} to {folder}; {config.in_words()}", soft_wrap=True)
