"""A review: what is compared, who is asked what, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from latentdemo.reviews.vote import REAL
from latentdemo.sampling import PLAIN, ChainSpec
from latentdemo.sampling.starts import PRIOR

NATURAL, IS_REAL = "natural", "real"  # the questions that are offered; any other text is a presenter's own words
FEWEST_PAIRS, MOST_PAIRS = 5, 60
FEWEST_WAYS, MOST_WAYS = 2, 6
LONGEST_TEXT = 500  # characters of a name, a question or a note


@dataclass(frozen=True)
class Way:
    """One of the ways that are compared.

    Attributes:
        spec: of the chains, their number and seed aside; None for real data.
        milliseconds: an image, as the evaluation measured it; None where it did not.
        gap: quality gap closed that it measured, in per cent; None where it did not.
        gap_error: standard error of that; None where it is not known.
    """

    spec: ChainSpec | None
    milliseconds: float | None = None
    gap: float | None = None
    gap_error: float | None = None

    @property
    def name(self) -> str:
        """What tells it from others, in statistics and files."""
        if self.spec is None:
            return REAL
        start, steps = str(self.spec.start), self.spec.steps
        if not steps:
            return start
        settings = [f"{name} {value}" for name, value in sorted(self.spec.own_options.items())]
        settings += [f"from {start}"] if start != PRIOR else []
        settings += [f"stop at {self.spec.stop_at:g}"] if self.spec.stop_at is not None else []
        return ", ".join([str(self.spec.kernel), *settings, f"{steps} steps"])

    @property
    def is_prior(self) -> bool:
        """Whether it is the plain prior sample."""
        return self.spec is not None and self.spec.start == PRIOR and not self.spec.steps

    def values(self) -> dict[str, Any]:
        """The way as it is stored."""
        measured = {"milliseconds": self.milliseconds, "gap": self.gap, "gap_error": self.gap_error}
        if self.spec is None:
            return measured
        spec = {"kernel": self.spec.kernel, "options": self.spec.own_options, "start": self.spec.start}
        return measured | spec | {"steps": self.spec.steps, "stop_at": self.spec.stop_at}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """A way that was stored."""
        spec = None
        if "start" in values:
            settings = {name: values[name] for name in ("options", "start", "steps", "stop_at")}
            spec = ChainSpec(values.get("kernel", PLAIN), **settings)
        return cls(spec, values["milliseconds"], values["gap"], values["gap_error"])


@dataclass(frozen=True)
class Plan:
    """What a presenter settles before anybody is asked.

    Attributes:
        model: its name.
        model_sha256, densities_sha256: digests of its weights and of what was fitted to it.
        ways: to compare.
        name: of the review; may be empty.
        question: `NATURAL`, `IS_REAL`, or the presenter's own words.
        pairs: that each person is shown, controls among them.
        same_start: whether both pictures of a pair grew from the same starting point; else they are independent draws.
        ties: whether "no difference" may be answered.
        evaluated: date of the evaluation that it stands beside, ISO 8601; empty where there is none.
        begun_by: name of the presenter; empty where nobody was signed in.
        guests: whether people may answer who are not signed in.
    """

    model: str
    model_sha256: str
    densities_sha256: str
    ways: tuple[Way, ...]
    name: str = ""
    question: str = NATURAL
    pairs: int = 20
    same_start: bool = False
    ties: bool = True
    evaluated: str = ""
    begun_by: str = ""
    guests: bool = True


@dataclass(frozen=True)
class Decision:
    """What was decided.

    Attributes:
        verdict: take a way into use, try further, or leave it.
        by: who decided; may be empty.
        rule: how to sample from now on, as its file has it; None unless something is adopted.
        note: why.
        decided: when.
    """

    verdict: Literal["adopt", "try", "leave"]
    by: str = ""
    rule: Mapping[str, Any] | None = None
    note: str = ""
    decided: datetime | None = None


@dataclass(frozen=True)
class Review:
    """A review that was begun.

    Attributes:
        number: names it; it opens nothing.
        plan: what is compared.
        seed: of pictures, and of what people are shown.
        digests: name of a way, or of real data -> SHA-256 of its sheet of pictures.
        created: when.
        shown: whether the presenter has looked at the result.
        notes: of the presenter.
        decisions: oldest first; the last one holds.
        people: how many have answered anything.
        answers: how many there are.
    """

    number: str
    plan: Plan
    seed: int
    digests: Mapping[str, str]
    created: datetime
    shown: bool = False
    notes: str = ""
    decisions: tuple[Decision, ...] = ()
    people: int = field(default=0, compare=False)
    answers: int = field(default=0, compare=False)

    @property
    def has_real(self) -> bool:
        """Whether there are real pictures to show, be they compared or not."""
        return REAL in self.digests

    @property
    def decision(self) -> Decision | None:
        """What holds; None while nothing is decided."""
        return self.decisions[-1] if self.decisions else None

    def values(self) -> dict[str, Any]:
        """All that is on record, but for the votes, in values that JSON knows."""
        plan = vars(self.plan) | {"ways": [{"name": way.name} | way.values() for way in self.plan.ways]}
        decided = [vars(each) | {"decided": each.decided and each.decided.isoformat()} for each in self.decisions]
        more = {"created": self.created.isoformat(), "seed": self.seed, "pictures_sha256": dict(self.digests)}
        return plan | more | {"notes": self.notes, "decisions": decided}


@dataclass(frozen=True)
class Person:
    """Somebody who reviews.

    Attributes:
        number: within the database.
        review: what is reviewed, as it was begun.
        seed: of the pairs, their order and their sides.
        answered: pairs so far; the next one has this number.
        over: whether the review was decided meanwhile.
        shown: whether the presenter has looked at the result.
    """

    number: int
    review: Review
    seed: int
    answered: int
    over: bool = False
    shown: bool = False

    @property
    def is_through(self) -> bool:
        """Whether they have answered to the end."""
        return self.answered >= self.review.plan.pairs
