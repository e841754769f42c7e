"""`run.json`: the form in which the settings of a run lie in a file that people may read and edit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from latentdemo.checkpoints import Precision
from latentdemo.errors import RunFileError
from latentdemo.export.latents_file import LATENTS, read_known
from latentdemo.export.settings import Branch, Layout, RunSettings
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.interpolation import PathKind
from latentdemo.sampling.paths import PathSpec
from latentdemo.sampling.spec import Noise

SCHEMA = 2
Share = Annotated[float, Field(ge=0, le=1)]
Steps = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]
NAME, TEXT, TEXTS = "a text, not empty", "a text", "a dictionary of texts"
STEPS, SHARE, OPTIONS = "a whole number from 1 up", "null or a share from 0 to 1", "a dictionary"
COUNT, SWITCH = "a whole number from 0 up", "true or false"


class Part(BaseModel):
    """A part of the file. What a value must be, in words, is the field's description."""

    model_config = ConfigDict(extra="forbid", strict=True)


class LayoutPart(Part):
    """See `Layout`."""

    columns: Steps = Field(description=STEPS)
    sheets_a_row: Steps | None = Field(description="null or a whole number")
    order: Literal["drawn", "changed"] = Field(description="drawn or changed")
    tile: Steps = Field(description=STEPS)


class BranchPart(Part):
    """See `Branch`."""

    kernel: Name = Field(description=NAME)
    steps: Count = Field(description=COUNT)
    caption: str = Field(description=TEXT)
    options: dict[str, Any] = Field(description=OPTIONS)
    stop_at: Share | None = Field(description=SHARE)
    path: PathKind | None = Field(description="null or spherical, linear or base")
    mean_steps: Count = Field(0, description=COUNT)  # Older files do not say these three.
    even: bool = Field(False, description=SWITCH)
    grid: bool = Field(False, description=SWITCH)
    start: Name | None = Field(None, description="null or a text, not empty")  # Nor this one.


class RunFile(Part):
    """The whole file, see `RunSettings`."""

    model: Name = Field(description=NAME)
    model_sha256: str = Field(description=TEXT)
    densities_sha256: str = Field(description=TEXT)
    kernel: Name = Field(description=NAME)
    start: Name = Field(description=NAME)
    count: Steps = Field(description=STEPS)
    steps: list[int] = Field(description="whole numbers from 0, ascending")
    seed: Count = Field(description=COUNT)
    layout: LayoutPart = Field(description=OPTIONS)
    captions: dict[Annotated[str, Field(pattern="^[0-9]+$")], str] = Field(description="a dictionary of texts by step")
    options: dict[str, Any] = Field(description=OPTIONS)
    stop_at: Share | None = Field(description=SHARE)
    noise: Noise = Field(description="own or shared")
    precision: Precision = Field("float32", description="float32 or bf16")  # Older files do not say these two.
    known_pixels: bool = Field(False, description=SWITCH)
    branches: list[BranchPart] = Field(description="a list of dictionaries")
    versions: dict[str, str] = Field(description=TEXTS)
    schema_: Literal[2] = Field(alias="schema", description="2")

    @field_validator("steps")
    @classmethod
    def ascending(cls, steps: list[int]) -> list[int]:
        """Steps from 0, each once."""
        if steps[:1] != [0] or steps != sorted(set(steps)):
            raise ValueError("not ascending from 0")
        return steps


def write_settings(settings: RunSettings) -> str:
    """The content of a `run.json`."""
    spec = settings.spec
    values = {
        "model": settings.model,
        "model_sha256": settings.model_sha256,
        "densities_sha256": settings.densities_sha256,
        "kernel": spec.kernel,
        "start": spec.start,
        "count": spec.count,
        "steps": settings.recorded,
        "seed": spec.seed,
        "layout": asdict(settings.layout),
        "captions": settings.captions,
        "options": spec.own_options,
        "stop_at": spec.stop_at,
        "noise": spec.noise,
        "known_pixels": spec.known is not None,
        "precision": settings.precision,
        "branches": [branch_values(branch, spec) for branch in settings.branches],
        "versions": settings.versions,
        "schema": SCHEMA,
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def branch_values(branch: Branch, run: ChainSpec) -> dict[str, Any]:
    """A branch as it lies in the file of a run."""
    path = branch.path
    return {
        "kernel": branch.spec.kernel,
        "steps": branch.spec.steps,
        "caption": branch.caption,
        "options": branch.spec.own_options,
        "stop_at": branch.spec.stop_at,
        "path": path and path.kind,
        "mean_steps": path.mean_steps if path else 0,
        "even": bool(path and path.even),
        "grid": branch.grid,
        "start": branch.spec.start if branch.starts_apart(run) else None,
    }


def read_settings(path: Path) -> RunSettings:
    """The settings in a `run.json`.

    Raises:
        RunFileError: it cannot be read, or something in it is missing, unknown or out of range, or known pixels that it
            tells of are not beside it.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFileError(f"{path} cannot be read ({error.strerror}); name the run.json of an unpacked ZIP") from error
    except ValueError as error:
        raise RunFileError(f"{path} is not JSON ({error}); unpack it from the ZIP again") from error
    if not isinstance(values, dict):
        raise RunFileError(f"{path} holds no settings; unpack it from the ZIP again")
    if values.get("schema") != SCHEMA:
        raise RunFileError(
            f"{path} has version {values.get('schema')} of its form, this program reads {SCHEMA}; "
            "take the run away again from the page"
        )
    try:
        return settings_of(RunFile.model_validate(values), path)
    except ValidationError as error:
        raise RunFileError(f"{path}{first_fault(error, values)}") from error


def settings_of(file: RunFile, path: Path) -> RunSettings:
    """The settings that a file holds; RunFileError where its captions name no step of it, or other ones, or where known
    pixels are not beside it."""
    captions = {int(step): caption for step, caption in file.captions.items()}
    outside = sorted(set(captions) - set(file.steps))
    if outside or not (captions or file.branches):
        raise RunFileError(f"{path}: captions must name one step or more of steps; found {outside or 'none'}")
    spec = ChainSpec(
        file.kernel,
        file.options,
        file.start,
        file.count,
        file.steps[-1],
        file.seed,
        file.stop_at,
        file.noise,
        known=read_known(path.parent / LATENTS) if file.known_pixels else None,
    )
    branches = [
        Branch(
            spec.replaced(
                kernel=each.kernel,
                options=each.options,
                start=each.start or file.start,
                steps=each.steps,
                stop_at=each.stop_at,
            ),
            each.caption,
            PathSpec(each.path, each.mean_steps, each.even) if each.path else None,
            each.grid,
        )
        for each in file.branches
    ]
    return RunSettings(
        file.model,
        file.model_sha256,
        file.densities_sha256,
        spec,
        tuple(file.steps),
        Layout(**file.layout.model_dump()),
        captions,
        tuple(branches),
        file.precision,
        file.versions,
    )


def first_fault(error: ValidationError, values: dict[str, Any]) -> str:
    """What is wrong first: something missing, else something unknown, else a value that will not do."""
    ranks = {"missing": 0, "extra_forbidden": 1}
    fault = min(error.errors(), key=lambda each: (ranks.get(each["type"], 2), dotted(each["loc"])))
    place, words, value = field_at(fault["loc"], values)
    if fault["type"] == "missing":
        return f" lacks {dotted(fault['loc'])}; unpack it from the ZIP again"
    if fault["type"] == "extra_forbidden":
        return f" has {dotted(fault['loc'])}, which this version does not know; remove it"
    return f": {place} is {value!r}; it must be {words}"


def dotted(place: Sequence[int | str]) -> str:
    """A place in the file in words, such as "branches[0].path"."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def field_at(place: Sequence[int | str], values: Any) -> tuple[str, str, Any]:
    """Of the innermost field of a part that a place lies in: where it is, what it must be, and what it is."""
    part: type[BaseModel] = RunFile
    parts: dict[str, type[BaseModel]] = {"layout": LayoutPart, "branches": BranchPart}
    reached: list[int | str] = []
    found, words = values, OPTIONS
    for each in place:
        if isinstance(each, str):
            if each not in part.model_fields:
                break
            words = part.model_fields[each].description or ""
            part = parts.get(each, part)
        elif not isinstance(found, list) or part is RunFile:
            break
        try:
            found = found[each]
        except (KeyError, IndexError, TypeError):
            break
        reached.append(each)
    return dotted(reached), words, found
