"""Makes a run again from its `run.json`, and says whether the latents came out as in the `latents.npz` beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from latentdemo.checkpoints import load_model, model_folder, read_config
from latentdemo.engine import RunRequest, engine_for
from latentdemo.errors import RunFileError
from latentdemo.evaluation.metrics.path import perceptual_space_of
from latentdemo.export.latents_file import LATENTS, array, latents_bytes, named, read_latents
from latentdemo.export.picture import picture_of, sheet_of, sheets_of
from latentdemo.export.run_file import read_settings
from latentdemo.export.settings import GIVEN, Branch, RunSettings
from latentdemo.imaging import png_bytes
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import ChainRun, ChainSpec, Progress
from latentdemo.sampling.densities.store import densities_digest, digests_held
from latentdemo.sampling.interpolation import Frames, corner_tiles
from latentdemo.sampling.paths import PathSpec, lay_grid, lay_path

RUN, PICTURE = "run.json", "comparison.png"
TOLERANCE = 1e-3  # Of a latent, whose prior has a standard deviation of 1. Processors differ from about 1e-6 on.


@dataclass(frozen=True)
class Agreement:
    """How two runs of the same settings compare.

    Attributes:
        agreeing: chains whose latents differ by no more than `TOLERANCE` at any recorded step, nor in any branch.
        count: chains.
        difference: the largest of any latent.
    """

    agreeing: int
    count: int
    difference: float

    @property
    def complete(self) -> bool:
        """Whether all chains agree."""
        return self.agreeing == self.count


@dataclass(frozen=True)
class Repeated:
    """What came of a repeated run.

    Attributes:
        settings: from its `run.json`.
        warnings: what is not here as it was there.
        agreement: with the `latents.npz` beside the `run.json`; None where there is none.
    """

    settings: RunSettings
    warnings: list[str]
    agreement: Agreement | None


def rerun(path: Path, out: Path, device: str | None = None, progress: Progress | None = None) -> Repeated:
    """Make a run again and write its picture and latents.

    Args:
        path: of a `run.json`.
        out: folder for `comparison.png` and `latents.npz`, made where it is missing; not that of `path`.
        device: cuda, mps or cpu; None takes the best at hand.
        progress: told how far the run is.

    Raises:
        RunFileError: `run.json` or `latents.npz` cannot be used, or `out` not be written to.
        LatentdemoError: the model is not here, or the run cannot be made.
    """
    if out.resolve() == path.resolve().parent:
        raise RunFileError(f"{out} holds the run itself, which would be overwritten; choose another --output")
    settings = read_settings(path)
    kept = read_latents(path.parent / LATENTS, settings)
    if settings.spec.start == GIVEN and kept is None:
        raise RunFileError(f"{path} starts from latents of its own: put {LATENTS} of the same ZIP beside it")
    model = load_model(settings.model, device, precision=settings.precision)
    start = kept[array(0)] if kept and settings.spec.start == GIVEN else settings.spec.start
    wanted = RunRequest(model, settings.spec.replaced(start=start), settings.recorded)
    run = engine_for(model.device).run(wanted, progress)
    branches = [
        walk_branch(
            branch, model, branch.spec.start if branch.starts_apart(settings.spec) else run.latents[0], progress
        )
        for branch in settings.branches
    ]
    write(run, branches, settings, out)
    latents = named(run.latents, [branch.latents for branch in branches])
    return Repeated(settings, differences(settings), compare(kept, latents) if kept else None)


def walk_branch(branch: Branch, model: GenerativeAutoencoder, start: str | Tensor, progress: Progress | None) -> Frames:
    """What a branch shows: where its chains end, or the path or the grid that is laid between some of these."""
    steps = branch.spec.steps
    wanted = RunRequest(model, branch.spec.replaced(start=start), [steps])
    run = engine_for(model.device).run(wanted, progress)
    latents = run.latents[steps]
    if branch.path is None:
        return Frames(latents, run.images[steps])
    laid = laid_between(latents, branch.path, branch.grid, model)
    decoded = engine_for(model.device).run(RunRequest(model, ChainSpec(start=laid, steps=0)))
    return Frames(laid, decoded.images[0])


def laid_between(latents: Tensor, path: PathSpec, grid: bool, model: GenerativeAutoencoder) -> Tensor:
    """The path from the first of some latents to the last, or the grid between those at the corners, (N, D)."""
    call = engine_for(model.device).call
    if grid:
        side = math.isqrt(len(latents))
        return lay_grid(model, latents[corner_tiles(side)], side, path, call=call)
    return lay_path(model, latents[[0, -1]], len(latents), path, seen=perceptual_space_of(model), call=call)


def write(run: ChainRun, branches: Sequence[Frames], settings: RunSettings, out: Path) -> None:
    """Write the picture and the latents of a run and its branches."""
    more = [
        (branch.caption, sheet_of(drawn.images, settings.layout))
        for branch, drawn in zip(settings.branches, branches, strict=True)
    ]
    picture = picture_of(sheets_of(run.images, settings.layout), settings.captions, settings.layout, more)
    latents = latents_bytes(run.latents, [each.latents for each in branches], settings.spec.known)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PICTURE).write_bytes(png_bytes(picture))
        (out / LATENTS).write_bytes(latents)
    except OSError as error:
        raise RunFileError(f"{out} cannot be written to ({error.strerror}); choose another --output") from error


def differences(settings: RunSettings) -> list[str]:
    """What this machine has in another version than the run had."""
    folder = model_folder(settings.model)
    found = []
    if read_config(folder).sha256 != settings.model_sha256:
        found.append(f"the weights of {settings.model} are others than those of the run: expect other samples")
    if settings.densities_sha256 not in digests_held(folder) | {densities_digest(folder)}:
        found.append(
            f"the densities of {settings.model} are others than those of the run: chains that follow one differ"
        )
    return found


def compare(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> Agreement:
    """How the latents of two runs agree, (N, D) under each name.

    Raises:
        RunFileError: of another size.
    """
    if any(before[name].shape != after[name].shape for name in before):
        raise RunFileError(f"{LATENTS} has latents of another size than the model; unpack it from the same ZIP")
    apart = torch.stack([(before[name] - after[name]).abs().amax(dim=1) for name in before]).amax(dim=0)
    return Agreement(int((apart <= TOLERANCE).sum()), len(apart), float(apart.max()))
