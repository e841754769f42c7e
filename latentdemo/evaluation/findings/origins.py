"""Where the distance of samples to real data comes from: the decoder, the prior, or the chain itself.

A Fréchet distance is taken apart along a path of references, each of which lacks one cause:

    real data                       what two sets of real images are apart
    ceiling                         + the decoder's limit: real data, encoded and decoded
    chains from real data, k steps  + the chain's drift: it leaves real data though it starts there
    the samples                     + mismatch: they do not come from where real data is encoded

For samples that no such chain stands beside, mismatch is all that lies above the ceiling. Distances do not add up like
lengths, so that parts say where to look rather than how much a repair would gain. A part below 0 is what chance, or a
cause that undoes another, makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, DISTANCE, REAL_DATA, Report, Row, from_data

Cause = Literal["limit", "drift", "mismatch"]
CAUSES: tuple[Cause, ...] = ("limit", "drift", "mismatch")


@dataclass(frozen=True)
class Origin:
    """The parts of a distance.

    Attributes:
        row: the samples.
        total: how much further from real data they are than real data is from itself.
        parts: of the total by cause; without "drift" where it was not measured.
    """

    row: Row
    total: Interval
    parts: dict[Cause, Interval]

    def share(self, cause: Cause) -> float:
        """The share of a part, those below 0 left out, from 0 to 1."""
        kept = {name: max(part.mean, 0.0) for name, part in self.parts.items()}
        return kept.get(cause, 0.0) / (sum(kept.values()) or 1.0)

    @property
    def clipped(self) -> list[Cause]:
        """Causes whose part is below 0."""
        return [name for name, part in self.parts.items() if part.mean < 0.0]


@dataclass(frozen=True)
class Origins:
    """Where distances come from, in one feature space.

    Attributes:
        space: the one in which what is recommended, or else the best way, closes least of the gap.
        prior: of the prior sample.
        plain: of the plain chain after the number of steps that does best among those whose drift was measured.
        best: of what is recommended, or else of the best way, unless that is one of the others.
    """

    space: str
    prior: Origin
    plain: Origin | None = None
    best: Origin | None = None

    @property
    def all(self) -> list[Origin]:
        """All that there are, the prior sample first."""
        return [each for each in (self.prior, self.plain, self.best) if each is not None]


def origins(report: Report) -> Origins | None:
    """Where the distances of a report come from; None where it lacks the Fréchet distance of the references."""
    best = report.recommended or report.rows[report.recommendation.best]
    space = best.gap.space if best.gap else next(iter(report.spaces))
    ends = [report.references[name].judged.get(space, {}).get(DISTANCE) for name in (REAL_DATA, CEILING)]
    real, ceiling = ends
    if real is None or ceiling is None or DISTANCE not in report.prior.judged.get(space, {}):
        return None

    def origin(row: Row, drifted: Interval | None = None) -> Origin:
        distance = row.judged[space][DISTANCE]
        parts: dict[Cause, Interval] = {"limit": ceiling.minus(real)}
        if drifted is not None:
            parts["drift"] = drifted.minus(ceiling)
        parts["mismatch"] = distance.minus(ceiling if drifted is None else drifted)
        return Origin(row, distance.minus(real), parts)

    walked = {
        id(row): (row, drifted)
        for row in report.rows
        if row.is_plain
        for drifted in [drift_of(report, row, space)]
        if drifted
    }
    plain = min(walked.values(), key=lambda each: each[0].judged[space][DISTANCE].mean, default=None)
    others = [report.prior, *(plain[:1] if plain else ())]
    told = None if any(best is other for other in others) else origin(best, walked.get(id(best), (None, None))[1])
    return Origins(space, origin(report.prior), origin(*plain) if plain else None, told)


def drift_of(report: Report, row: Row, space: str) -> Interval | None:
    """The distance of chains from the encodings of real data, after as many plain steps as a row takes."""
    reference = report.references.get(from_data(row.steps))
    return None if reference is None else reference.judged.get(space, {}).get(DISTANCE)


def remedy(found: Origins) -> Cause:
    """What stands most in the way: the decoder's "limit", which no sampler lifts; the chain's "drift"; or "mismatch",
    which samplers are for.

    It is the limit where that is at least half of the prior sample's distance; else the drift where the chain, beyond
    chance, loses more by it than by the mismatch that it leaves.
    """
    if found.prior.share("limit") >= 0.5:
        return "limit"
    plain = found.plain
    if plain and plain.parts["drift"].low > 0.0 and plain.share("drift") > plain.share("mismatch"):
        return "drift"
    return "mismatch"
