"""Writing to files: a run as a comparison picture, a folder of pictures, or arrays; a path as a strip or a film."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image
from torch import Tensor

from latentdemo.errors import DataError, SamplingError
from latentdemo.files import write_atomically
from latentdemo.imaging import comparison, contact_sheet, enlarged, png_bytes, to_pixels
from latentdemo.sampling import ChainRun

SCALE_TO = 64  # Tiles of a comparison are enlarged to at least this side, in pixels.
FILM_SIDE = 512  # A frame of a film is enlarged to at least this side, in pixels.
STRIP, FILM, ARRAYS = ".png", ".mp4", ".npz"


def parse_steps(text: str) -> tuple[int, ...]:
    """Steps from a text such as "0 1 5 10" or "0,1,5,10", ascending, each once.

    Raises:
        SamplingError: something else.
    """
    parts = text.replace(",", " ").split()
    if not parts or not all(part.isdecimal() for part in parts):
        raise SamplingError(f"steps is {text!r}; it must be whole numbers from 0 up, such as '0 1 5 10'")
    return tuple(sorted({int(part) for part in parts}))


def check_out(out: Path) -> None:
    """Raise SamplingError where `write_run` would write what nobody means, so that this is known before a run.

    Args:
        out: as of `write_run`.
    """
    if not out.name:
        raise SamplingError(f"{str(out)!r} names neither a file nor a folder of its own; choose another --out")
    if out.suffix.lower() in (STRIP, ARRAYS):
        return
    if mimetypes.guess_type(out.name)[0] and not out.is_dir():
        raise SamplingError(f"{out} is neither a {STRIP} nor an {ARRAYS} file; name one of these, or a folder")
    if any(out.glob("step-*")):
        raise SamplingError(f"{out} holds the pictures of an earlier run; name another folder, or empty this one")


def write_run(run: ChainRun, out: Path) -> None:
    """Write the recorded steps of a run.

    Args:
        run: what to write.
        out: `*.png` gets the steps side by side; `*.npz` gets arrays `images_K` (N, C, H, W) and `latents_K` (N, D) for
            each step K; any other name becomes a folder with one PNG a chain and step, `step-K/chain-I.png`.

    Raises:
        SamplingError: `out` cannot be written, or as `check_out`.
    """
    check_out(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix.lower() == STRIP:
            write_comparison(run, out)
        elif out.suffix.lower() == ARRAYS:
            arrays = {f"images_{step}": images.numpy() for step, images in run.images.items()}
            latents = {f"latents_{step}": latents.numpy() for step, latents in run.latents.items()}
            np.savez_compressed(out, **arrays, **latents)  # type: ignore[arg-type]
        else:
            write_folder(run, out)
    except OSError as error:
        raise SamplingError(f"{out} cannot be written ({error.strerror}); choose another --out") from error


def write_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture.

    Raises:
        DataError: `path` cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be written ({error}); name another .png") from error


def write_comparison(run: ChainRun, path: Path) -> None:
    """The steps side by side as one PNG."""
    scale = max(1, SCALE_TO // next(iter(run.images.values())).shape[-1])
    sheets = [(f"step {step}", contact_sheet(images, scale=scale)) for step, images in run.images.items()]
    comparison(sheets).save(path, "PNG")


def write_folder(run: ChainRun, folder: Path) -> None:
    """One PNG a chain and step."""
    for step, images in run.images.items():
        (folder / f"step-{step}").mkdir(parents=True, exist_ok=True)
        for index, pixels in enumerate(to_pixels(images)):
            Image.fromarray(pixels).save(folder / f"step-{step}" / f"chain-{index:05d}.png")


def frames_kind(out: Path) -> str:
    """Whether frames go into a `STRIP` or a `FILM`, by the name of the file.

    Raises:
        SamplingError: another ending.
    """
    ending = out.suffix.lower()
    if ending not in (STRIP, FILM):
        raise SamplingError(f"{out} is neither a picture nor a film; name a {STRIP} or {FILM} file with --out")
    return ending


def write_frames(images: Tensor, out: Path, columns: int) -> None:
    """Write the frames of a path.

    Args:
        images: (F, C, H, W) in [0, 1], in their order.
        out: `*.png` gets the frames side by side, `*.mp4` one after the other, 12 a second.
        columns: frames a row of a picture.

    Raises:
        SamplingError: `out` has another ending, or cannot be written.
    """
    if frames_kind(out) == STRIP:
        content = png_bytes(contact_sheet(images, columns, max(1, SCALE_TO // images.shape[-1])))
    else:
        content = animation().mp4_bytes(film_frames(images), 1.0 / animation().RATE)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, content)
    except OSError as error:
        raise SamplingError(f"{out} cannot be written ({error.strerror}); choose another --out") from error


def film_frames(images: Tensor) -> list[Image.Image]:
    """Frames (F, C, H, W) as the pictures of a film, one after the other."""
    return [enlarged(Image.fromarray(pixels), FILM_SIDE) for pixels in to_pixels(images)]


def frames_in(seconds: float) -> int:
    """How many frames a film of so many seconds has; raises SamplingError where nothing encodes films."""
    return round(animation().RATE * seconds) + 1


def animation() -> ModuleType:
    """What encodes films, which the backend does without; raises SamplingError where it is not installed."""
    try:
        from latentdemo.export import animation as films  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SamplingError(
            f"films need the package {error.name}: pip install 'latentdemo[demo]', or write a .png"
        ) from error
    return films
