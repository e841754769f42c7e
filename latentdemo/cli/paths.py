"""Commands about paths between pictures: one as a strip or a film, and how paths of a model fare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from latentdemo.cli.options import AsJson, Device, EvaluatedModel, was_given
from latentdemo.cli.terminal import progress_bar, progress_of, show_table

if TYPE_CHECKING:
    from torch import Tensor

    from latentdemo.models import GenerativeAutoencoder

MOST_FRAMES = 10_000  # in a picture or a film
FRAMES, SECONDS = 9, 4.0  # of the way from one picture to the next, where nothing else is asked for


def interpolate(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="Model, such as avatars/vae.")],
    keys: Annotated[
        list[str],
        typer.Argument(help="Two pictures or more, in their order: a file each, or a seed for a draw from the prior."),
    ],
    out: Annotated[Path, typer.Option(help="FILE.png for a strip of frames, FILE.mp4 for a film.")] = Path("path.png"),
    path: Annotated[
        str | None,
        typer.Option(
            help="base goes through the base space of the fitted flow, spherical along an arc, linear straight; base "
            "if not given and the model has a flow, else spherical."
        ),
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option(
            help="Of the way from each picture to the next, both included; in a grid, of a side. 9, or what "
            "--seconds takes in a film, if not given.",
            min=2,
            max=MOST_FRAMES,
        ),
    ] = None,
    mean_steps: Annotated[
        int, typer.Option(help="Decode and encode all frames but the pictures so often.", min=0, max=1000)
    ] = 0,
    even: Annotated[bool, typer.Option(help="Let every frame change as much as any other.")] = False,
    loop: Annotated[bool, typer.Option(help="Go back to the first picture, so that the film can run forever.")] = False,
    grid: Annotated[bool, typer.Option(help="A grid between four pictures in place of a path.")] = False,
    seconds: Annotated[
        float, typer.Option(help="Of a film, from each picture to the next.", min=0.1, max=600)
    ] = SECONDS,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Lay a path through pictures, each of which it keeps as the model sees it."""
    import torch

    from latentdemo.checkpoints import load_model
    from latentdemo.evaluation.metrics.path import perceptual_space_of
    from latentdemo.export.files import FILM, frames_in, frames_kind, write_frames
    from latentdemo.sampling.densities.resolve import best_map
    from latentdemo.sampling.paths import PathSpec, lay_grid, lay_path

    film = frames_kind(out) == FILM
    refuse_without_effect(context, film, grid)
    count = frames if frames is not None else frames_in(seconds) if film else FRAMES
    laid_in_all = count**2 if grid else count * len(keys)
    if laid_in_all > MOST_FRAMES:
        raise typer.BadParameter(f"that makes {laid_in_all:,} frames; take {MOST_FRAMES:,} at most")
    loaded = load_model(model, device)
    spec = PathSpec(path or ("base" if best_map(loaded) else "spherical"), mean_steps, even)  # type: ignore[arg-type]
    latents = torch.cat([key_latent(loaded, key) for key in keys])
    if grid:
        laid = lay_grid(loaded, latents, count, spec)
    else:
        laid = lay_path(loaded, latents, count, spec, loop=loop, seen=perceptual_space_of(loaded))
    columns = count if grid else count - 1 if loop else len(laid)
    write_frames(decoded(loaded, laid), out, columns)
    if as_json:
        facts = {"out": str(out), "pictures": len(keys), "frames": len(laid), "path": spec.kind}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"wrote {out}: {len(laid)} frames through {len(keys)} pictures, path {spec.kind}")


def refuse_without_effect(context: typer.Context, film: bool, grid: bool) -> None:
    """Raise BadParameter where an option says something of what is not made."""
    if grid and film:
        raise typer.BadParameter("a grid is a picture: name a .png file with --out")
    if grid and was_given(context, "loop"):
        raise typer.BadParameter("a grid goes through its corners once: leave --loop out")
    if was_given(context, "seconds") and not film:
        raise typer.BadParameter("--seconds says something of a film: name a .mp4 file with --out")
    if was_given(context, "seconds") and was_given(context, "frames"):
        raise typer.BadParameter("--frames and --seconds say the same: leave one of them out")


def decoded(model: GenerativeAutoencoder, latents: Tensor) -> Tensor:
    """Images (N, C, H, W) of latents (N, D), on the CPU."""
    from latentdemo.sampling import ChainSpec, run_chain

    return run_chain(model, ChainSpec(start=latents, steps=0)).images[0]


def key_latent(model: GenerativeAutoencoder, key: str) -> Tensor:
    """The latent (1, D) of a picture's file, by the posterior mean, or of a seed.

    Raises:
        DataError: neither of both, or a picture that cannot be used; it names the file.
    """
    import torch

    from latentdemo.data import ImageSet
    from latentdemo.data.pictures import picture_as_trained
    from latentdemo.errors import DataError, PictureError
    from latentdemo.random import chain_generators
    from latentdemo.sampling.starts import PRIOR, starting_points

    if key.isdecimal():
        return starting_points(model, PRIOR, chain_generators(int(key), 1), 1)
    try:
        content = Path(key).read_bytes()
    except OSError as error:
        raise DataError(
            f"{key!r} is no picture that can be read ({error.strerror}), and no seed: name a JPEG, PNG or WebP file, "
            "or a whole number"
        ) from error
    channels, size = model.image_shape[0], model.image_shape[-1]
    dataset = model.folder.parent.name if model.folder else ""
    try:
        pixels = picture_as_trained(content, dataset, size, channels)
    except PictureError as error:
        raise PictureError(error.reason, key) from error
    with torch.no_grad():
        return model.encode(ImageSet(pixels[None]).tensor(slice(None)).to(model.device)).mean


def paths(
    model: EvaluatedModel,
    pairs: Annotated[int, typer.Option(help="Of pictures, in each repetition.")] = 100,
    repeats: Annotated[int, typer.Option(help="Repetitions, each with pairs of its own.")] = 5,
    device: Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was measured, and write nothing.")] = False,
) -> None:
    """Measure paths between pictures, laid in every way, and add that to the evaluation beside the checkpoint."""
    from dataclasses import replace

    from latentdemo.checkpoints import model_folder
    from latentdemo.cli.evaluate import keep
    from latentdemo.cli.tables import paths_table
    from latentdemo.engine import OnEngine, engine_for
    from latentdemo.evaluation import load_report
    from latentdemo.evaluation.paths import measure_paths
    from latentdemo.evaluation.report import check_current

    before = None if as_json else load_report(model_folder(model))
    if before:
        check_current(before)
    with progress_bar() as bar:
        found = measure_paths(
            model,
            pairs=pairs,
            seeds=range(repeats),
            compute=OnEngine(engine_for(device)),
            progress=progress_of(bar, "measuring paths"),
        )
    if before is None:
        typer.echo(json.dumps(found.values(), indent=2))
        return
    keep(replace(before, paths=found))
    show_table(paths_table(model, found))
