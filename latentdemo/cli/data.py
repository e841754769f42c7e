"""Commands about pictures: looking through one's own, and the held-out images that are shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from latentdemo.cli.options import AsJson, DataDir
from latentdemo.cli.terminal import progress_bar, progress_of

if TYPE_CHECKING:
    from latentdemo.data import ImageSet


def check(
    source: Annotated[Path, typer.Argument(help="Folder, its subfolders included, or ZIP file.")],
    size: Annotated[int, typer.Option(help="Side in pixels to scale the pictures to.")] = 32,
    preview: Annotated[Path | None, typer.Option(help="PNG to write; NAME-preview.png if not given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look through pictures before training: what is in there, and what will be done with it.

    Exit code 1 where there are too few.
    """
    from latentdemo.cli.tables import show_pictures
    from latentdemo.data import read_pictures
    from latentdemo.data.folder import preview_sheet
    from latentdemo.export.files import write_picture
    from latentdemo.models import NetworkConfig

    NetworkConfig(image_size=size)
    with progress_bar() as bar:
        pictures = read_pictures(source, size, progress_of(bar, f"reading {source}"))
    report = pictures.report()
    if pictures.found:
        target = preview or Path(f"{pictures.name}-preview.png")
        write_picture(preview_sheet(pictures), target)
        report["preview"] = str(target)
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False)) if as_json else show_pictures(report)
    if not pictures.enough:
        raise typer.Exit(1)


def hold_out(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    data_dir: DataDir = None,
) -> None:
    """Write the held-out images of a data set beside its checkpoints, to ship with them."""
    from latentdemo.checkpoints import checkpoints_dir
    from latentdemo.data import load_images, write_held_out

    with progress_bar() as bar:
        images = load_images(dataset, "held-out", data_dir, progress_of(bar, "reading"))
    folder = checkpoints_dir() / dataset
    write_held_out(folder, dataset, images)
    typer.echo(f"wrote {len(images)} held-out images to {folder}")


def images_of(folder: Path, data_dir: Path | None, bar: Progress) -> tuple[ImageSet, ImageSet]:
    """Training and held-out images of a data set's folder; pictures of one's own are read from where they were."""
    from latentdemo.data import load_images, recorded_pictures
    from latentdemo.data.record import RECORD

    read = progress_of(bar, f"reading {folder.name}")
    if (folder / RECORD).exists():
        recorded_pictures(folder, data_dir, read).dataset(folder.name)
    images, held_out = (load_images(folder.name, split, data_dir, read) for split in ("train", "held-out"))
    read(1, 1)
    return images, held_out
