"""The operating rule: how pictures are to be made from now on, as a review has decided, in a small file.

The command `sample --rule` follows it; `gate.py` beside this module draws.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.errors import OperatingRuleError
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.resolve import BEST
from latentdemo.sampling.densities.store import densities_digest, digests_held
from latentdemo.sampling.spec import Noise
from latentdemo.sampling.starts import DATA, PRIOR

SCHEMA = 1
Name = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True)
class Gate:
    """Which samples are drawn again: those less likely than a share of encoded real images.

    Attributes:
        share: from 0 to 1.
        density: that says how likely they are, by name; "best" for the likeliest of the model.
    """

    share: float
    density: str = BEST


@dataclass(frozen=True)
class OperatingRule:
    """How pictures are made.

    Attributes:
        model: name.
        model_sha256: digest of the weights that were decided on.
        densities_sha256: digest of the densities; empty where neither chains nor gate use any.
        way: how chains walk: kernel, options, start, steps, stop. Count and seed are chosen each time.
        gate: None keeps all samples.
        expected_rejected: share of samples that the gate is expected to send back; None where nobody has measured.
        review_by: when people are to be asked again; None for no date.
    """

    model: str
    model_sha256: str
    densities_sha256: str
    way: ChainSpec
    gate: Gate | None = None
    expected_rejected: float | None = None
    review_by: date | None = None

    def is_due(self, today: date) -> bool:
        """Whether people should have been asked again."""
        return self.review_by is not None and today > self.review_by


def rule_for(
    model: str,
    way: ChainSpec,
    gate: Gate | None = None,
    expected_rejected: float | None = None,
    review_by: date | None = None,
    digests: tuple[str, str] | None = None,
) -> OperatingRule:
    """The rule that draws from a model.

    Args:
        model, way, gate, expected_rejected, review_by: see `OperatingRule`.
        digests: of the weights and the densities that were decided on; None takes those that are here.

    Raises:
        OperatingRuleError: chains that cannot be told in a file, since they have no names for all they use.
        ModelNotFoundError, CheckpointError: the model cannot be read.
    """
    if not (isinstance(way.kernel, str) and isinstance(way.start, str)) or way.density is not None:
        raise OperatingRuleError("a rule needs names: of its kernel, and of where chains start")
    if digests is None:
        folder = model_folder(model)
        digests = read_config(folder).sha256, densities_digest(folder)
    weights, densities = digests
    densities = densities if uses_densities(way, gate) else ""
    return OperatingRule(model, weights, densities, way, gate, expected_rejected, review_by)


def uses_densities(way: ChainSpec, gate: Gate | None) -> bool:
    """Whether samples depend on the densities of a model."""
    asks = gate is not None or way.stop_at is not None or way.followed is not None
    return asks or way.start not in (PRIOR, DATA)


def check_model(rule: OperatingRule) -> None:
    """Raise OperatingRuleError where the model here is another one than people have decided on."""
    folder = model_folder(rule.model)
    for what, same in (
        ("weights", read_config(folder).sha256 == rule.model_sha256),
        ("densities", not rule.densities_sha256 or rule.densities_sha256 in digests_held(folder)),
    ):
        if not same:
            raise OperatingRuleError(
                f"the {what} of {rule.model} are others than those that this rule was decided on: bring those back, or "
                "review the model again"
            )


class Part(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(extra="forbid", strict=True)


class WayPart(Part):
    """See `ChainSpec`."""

    kernel: Name
    options: dict[str, Any]
    start: Name
    steps: Annotated[int, Field(ge=0)]
    stop_at: Share | None
    noise: Noise


class GatePart(Part):
    """See `Gate`."""

    share: Share
    density: Name


class RuleFile(Part):
    """The whole file, see `OperatingRule`."""

    schema_: Literal[1] = Field(alias="schema")
    model: Name
    model_sha256: str
    densities_sha256: str
    way: WayPart
    gate: GatePart | None
    expected_rejected: Share | None
    review_by: date | None


def write_rule(rule: OperatingRule) -> str:
    """The content of a rule's file."""
    way, gate = rule.way, rule.gate
    values = {
        "schema": SCHEMA,
        "model": rule.model,
        "model_sha256": rule.model_sha256,
        "densities_sha256": rule.densities_sha256,
        "way": {
            "kernel": way.kernel,
            "options": way.own_options,
            "start": way.start,
            "steps": way.steps,
            "stop_at": way.stop_at,
            "noise": way.noise,
        },
        "gate": gate and {"share": gate.share, "density": gate.density},
        "expected_rejected": rule.expected_rejected,
        "review_by": rule.review_by and rule.review_by.isoformat(),
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def read_rule(path: Path) -> OperatingRule:
    """The rule in a file.

    Raises:
        OperatingRuleError: it cannot be read, or something in it is missing, unknown or out of range.
        SamplingError: chains that cannot be run.
    """
    try:
        file = RuleFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise OperatingRuleError(f"{path} cannot be read ({error.strerror}); name the file of a rule") from error
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise OperatingRuleError(
            f"{path} is no rule that can be followed: {place + ': ' if place else ''}{fault['msg']}; export it again"
        ) from error
    way = ChainSpec(**file.way.model_dump())
    gate = Gate(**file.gate.model_dump()) if file.gate else None
    return OperatingRule(
        file.model, file.model_sha256, file.densities_sha256, way, gate, file.expected_rejected, file.review_by
    )
