"""`run.json`: everything that fixes a run and the picture of it, so that it can be made again from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from latentdemo._version import __version__
from latentdemo.checkpoints import Precision, best_precision
from latentdemo.checkpoints.config import current_versions
from latentdemo.errors import RunFileError
from latentdemo.models import pick_device
from latentdemo.sampling.chain import Noise
from latentdemo.sampling.interpolation import PathKind

SCHEMA = 2
GIVEN = "given"  # the start of chains that begin at latents of their own, those of step 0 in latents.npz
DRAWN, MOST_CHANGED_FIRST = "drawn", "changed"  # orders of the tiles on a sheet
TILE = 128  # pixels that a tile is enlarged to


def versions_in_use() -> dict[str, str]:
    """Versions of what runs here."""
    return {"latentdemo": __version__, **current_versions()}


@dataclass(frozen=True)
class Layout:
    """How the recorded steps of a run become one picture: a sheet of tiles a step, and the sheets under captions.

    Attributes:
        columns: tiles a row of a sheet.
        sheets_a_row: None puts all sheets in one row, 1 stacks them (rows of an interpolation, frame under frame),
            another number wraps them (a filmstrip).
        order: "drawn", or "changed" for the samples first that changed most until the last step.
        tile: side in pixels that a tile is enlarged to, by a whole number and as far as the sheet's width allows.
    """

    columns: int
    sheets_a_row: int | None = None
    order: str = DRAWN
    tile: int = TILE


@dataclass(frozen=True)
class Branch:
    """Other chains from the starting points of a run, with its seed and noise; the picture shows their last step.

    Attributes:
        kernel: name of the kernel.
        steps: how many.
        caption: what stands above the sheet.
        options: the kernel's own settings.
        stop_at: share of real data at which a chain rests; None lets it take every step.
        path: None shows the chains themselves; "spherical" or "linear" the path from where the first of them ends to
            where the last does, with a point for each chain.
    """

    kernel: str
    steps: int
    caption: str
    options: Mapping[str, Any] = field(default_factory=dict)
    stop_at: float | None = None
    path: PathKind | None = None


@dataclass(frozen=True)
class RunSettings:
    """What `run.json` holds.

    Attributes:
        model: its name, such as "avatars/vae".
        model_sha256: digest of its weights.
        densities_sha256: digest of its fitted densities; empty where there are none.
        kernel: name of the kernel.
        start: "prior", "density", "data" or the name of a density, as `run_chain` takes it; `GIVEN` for latents of
            one's own (pictures, points of an interpolation): they are then those of step 0 in `latents.npz`.
        count: number of chains.
        steps: recorded steps, ascending, from 0; the last is the length of the run.
        seed: fixes starting points and noise.
        layout: of the picture.
        captions: step that the picture shows -> what stands above its sheet, in the language of the page.
        branches: other chains from the same starting points, whose sheets follow in the picture.
        options: the kernel's own settings.
        stop_at: share of real data at which a chain rests; None lets it take every step.
        noise: "own" or "shared", as `run_chain` takes it.
        precision: of the model's networks.
        versions: of what made it.
        schema: version of this file's form.
    """

    model: str
    model_sha256: str
    densities_sha256: str
    kernel: str
    start: str
    count: int
    steps: tuple[int, ...]
    seed: int
    layout: Layout
    captions: Mapping[int, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    stop_at: float | None = None
    noise: Noise = "own"
    precision: Precision = field(default_factory=lambda: best_precision(pick_device()))
    branches: tuple[Branch, ...] = ()
    versions: Mapping[str, str] = field(default_factory=versions_in_use)
    schema: int = SCHEMA

    def to_json(self) -> str:
        """The content of `run.json`."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def read_settings(path: Path) -> RunSettings:
    """The settings in a `run.json`.

    Raises:
        RunFileError: it cannot be read, or something in it is missing, unknown or out of range.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFileError(f"{path} cannot be read ({error.strerror}); name the run.json of an unpacked ZIP") from error
    except ValueError as error:
        raise RunFileError(f"{path} is not JSON ({error}); unpack it from the ZIP again") from error
    return parse(values, path)


def parse(values: Any, path: Path) -> RunSettings:
    """Settings from the content of a file; raises as `read_settings` does."""
    if not isinstance(values, dict):
        raise RunFileError(f"{path} holds no settings; unpack it from the ZIP again")
    if values.get("schema") != SCHEMA:
        raise RunFileError(
            f"{path} has version {values.get('schema')} of its form, this program reads {SCHEMA}; "
            "take the run away again from the page"
        )
    values = {"precision": "float32"} | values  # of files that were written before there was another
    check(values, CHECKS, {each.name for each in fields(RunSettings)}, path, "")
    check(values["layout"], LAYOUT_CHECKS, {each.name for each in fields(Layout)}, path, "layout.")
    for index, branch in enumerate(values["branches"]):
        check(branch, BRANCH_CHECKS, {each.name for each in fields(Branch)}, path, f"branches[{index}].")
    settings = RunSettings(
        **values
        | {
            "steps": tuple(values["steps"]),
            "captions": {int(step): caption for step, caption in values["captions"].items()},
            "layout": Layout(**values["layout"]),
            "branches": tuple(Branch(**branch) for branch in values["branches"]),
        }
    )
    outside = sorted(set(settings.captions) - set(settings.steps))
    if outside or not (settings.captions or settings.branches):
        raise RunFileError(f"{path}: captions must name one step or more of steps; found {outside or 'none'}")
    return settings


Check = tuple[Callable[[Any], bool], str]
"""Whether a value will do, and what it must be in words."""


def check(values: Mapping[str, Any], checks: Mapping[str, Check], known: set[str], path: Path, where: str) -> None:
    """Raise RunFileError for the first name that is missing or unknown, or whose value will not do."""
    for name in sorted(known - values.keys()):
        raise RunFileError(f"{path} lacks {where}{name}; unpack it from the ZIP again")
    for name in sorted(values.keys() - known):
        raise RunFileError(f"{path} has {where}{name}, which this version does not know; remove it")
    for name, (fits, words) in checks.items():
        if not fits(values[name]):
            raise RunFileError(f"{path}: {where}{name} is {values[name]!r}; it must be {words}")


def whole(least: int) -> Check:
    """A whole number from `least` up."""
    return lambda value: type(value) is int and value >= least, f"a whole number from {least} up"


def one_of(*options: str) -> Check:
    """One of some words."""
    return lambda value: value in options, " or ".join(options)


def is_texts(value: Any) -> bool:
    """Whether it is a dictionary of texts."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def is_steps(value: Any) -> bool:
    """Whether it is steps from 0, ascending."""
    return (
        isinstance(value, list)
        and all(type(step) is int for step in value)
        and value[:1] == [0]
        and value == sorted(set(value))
    )


def is_captions(value: Any) -> bool:
    """Whether it is texts by step."""
    return is_texts(value) and all(step.isascii() and step.isdecimal() for step in value)


def are_dictionaries(value: Any) -> bool:
    """Whether it is a list of dictionaries."""
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def is_share(value: Any) -> bool:
    """Whether it is a share, or nothing."""
    return value is None or (isinstance(value, int | float) and type(value) is not bool and 0 <= value <= 1)


TEXT: Check = (lambda value: isinstance(value, str), "a text")
NAME: Check = (lambda value: isinstance(value, str) and value != "", "a text, not empty")
SHARE: Check = (is_share, "null or a share from 0 to 1")
OPTIONS: Check = (lambda value: isinstance(value, dict), "a dictionary")
CHECKS: dict[str, Check] = {
    "model": NAME,
    "model_sha256": TEXT,
    "densities_sha256": TEXT,
    "kernel": NAME,
    "start": NAME,
    "count": whole(1),
    "steps": (is_steps, "whole numbers from 0, ascending"),
    "seed": whole(0),
    "layout": (lambda value: isinstance(value, dict), "a dictionary"),
    "captions": (is_captions, "a dictionary of texts by step"),
    "options": OPTIONS,
    "stop_at": SHARE,
    "noise": one_of(*get_args(Noise)),
    "precision": one_of(*get_args(Precision)),
    "branches": (are_dictionaries, "a list of dictionaries"),
    "versions": (is_texts, "a dictionary of texts"),
}
LAYOUT_CHECKS: dict[str, Check] = {
    "columns": whole(1),
    "sheets_a_row": (lambda value: value is None or (type(value) is int and value >= 1), "null or a whole number"),
    "order": one_of(DRAWN, MOST_CHANGED_FIRST),
    "tile": whole(1),
}
BRANCH_CHECKS: dict[str, Check] = {
    "kernel": NAME,
    "steps": whole(1),
    "caption": TEXT,
    "options": OPTIONS,
    "stop_at": SHARE,
    "path": (lambda value: value is None or value in get_args(PathKind), "null or " + " or ".join(get_args(PathKind))),
}
