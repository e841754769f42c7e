"""The recommendation: the cheapest way to sample that is as good as the best, or to leave the model alone.

All ways compete: chains, and draws from fitted densities that no chain follows; samplers of other libraries are only
compared with. What one half of the repetitions chooses is told of the other half, so that the best of forty ways is not
flattered by its luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from latentdemo.evaluation.interval import CONFIDENCE, Interval
from latentdemo.evaluation.metrics.pictures import MEMORISED
from latentdemo.evaluation.metrics.prdc import NEIGHBOURS
from latentdemo.evaluation.report import DISTANCE, GAP, HIGHER_IS_BETTER, MIX, Figures, Measured, Recommendation, Row

MARGIN = 2.0  # A way is as good as the best if it closes less of the gap by no more than so many points.
FULL_COVERAGE = 1.0 - 0.5**NEIGHBOURS  # Of two large sets of one law (Naeem et al. 2020, equation 5).
COVERAGE_MARGIN = 0.02  # Less coverage than the prior's, by no more than this, counts as no loss.
MIX_MARGIN = 0.05  # The same of a shift in the classes of an attribute: 5 in 100 samples.
MOST_COPIED = 0.1  # Where more samples than this share are nearer to training images than held-out ones, it recites.
NOTICED = 0.1  # A way that takes less than this share off the prior's distance, in every space, changes nothing.
FEWEST = 6  # Repetitions that can be halved: an interval of two reaches 13 standard errors to each side.


@dataclass(frozen=True)
class Limits:
    """What a recommended way must keep to.

    Attributes:
        chains_only: whether draws that no chain follows are left out.
        start_kept: least share of the starting image that survives, from 0 to 1; None asks for nothing.
        milliseconds: most time an image; None for any.
    """

    chains_only: bool = False
    start_kept: float | None = None
    milliseconds: float | None = None

    def allow(self, row: Row) -> bool:
        """Whether a way keeps to them."""
        kept = row.figures.get("image_kept", Interval(0.0)).mean
        return (
            (bool(row.kernel) or not self.chains_only)
            and (self.start_kept is None or kept >= self.start_kept)
            and (self.milliseconds is None or row.milliseconds <= self.milliseconds)
        )


ANY = Limits()


def recommend(
    rows: Sequence[Row], limits: Limits = ANY, *, ceiling: Measured | None = None, halved: bool = True
) -> Recommendation:
    """The cheapest way whose gap closed is as good as the best's, within a margin; none where no way is better than the
    prior in every feature space, or where nobody would see the difference.

    A way is better than the prior if its samples are nearer to real data in every space, beyond chance, its coverage is
    in none lower by more than a margin, the classes of no attribute are shifted more than by the prior (see
    `shifts_mix`), and it does not copy training images. It is as good as the best if the upper end of the paired
    difference between the two, in the space in which the way itself is weakest, lies below the margin: fewer
    repetitions make that harder. Each half of the repetitions chooses, and what it finds must hold in the other, too,
    or in all of them by wider intervals: of forty ways that gain nothing, one looks as if it did. Of two choices the
    one that closes more counts, or the cheaper one if it is as good. Its figures are told of the repetitions that did
    not choose it; where both halves choose it, that is all of them, each half by the other's choice.

    Args:
        rows: all ways to sample that were measured, the prior sample among them, each with its cost.
        limits: what a recommended way must keep to.
        ceiling: what the decoder makes of encodings of real data, whose mix no sampler can be blamed for.
        halved: whether one half of the repetitions chooses; else all do, and nothing tells how good the choice is.
    """
    first, second = halves(rows) if halved else ((), ())
    one = choice(rows, limits, ceiling, first, second)
    if first == second:
        return one
    other = choice(rows, limits, ceiling, second, first)
    if one.row is None and other.row is None:
        return why_none(rows, limits, ceiling)
    return better_of(rows, one, other, ceiling)


def better_of(
    rows: Sequence[Row], one: Recommendation, other: Recommendation, ceiling: Measured | None
) -> Recommendation:
    """Of what both halves of the repetitions choose, the better; one of them may choose none."""
    if one.row is None or other.row is None:
        return other if one.row is None else one
    if one.row == other.row:
        return told_of_all(rows, one, ceiling)
    more, less = sorted((one, other), key=lambda each: rows[each.row or 0].figures[GAP].mean, reverse=True)
    cheaper = rows[less.row or 0].milliseconds < rows[more.row or 0].milliseconds
    return less if cheaper and is_as_good(rows[less.row or 0], rows[more.row or 0]) else more


def why_none(rows: Sequence[Row], limits: Limits, ceiling: Measured | None) -> Recommendation:
    """Why no way is recommended, by all repetitions: what speaks against the ways, or, where nothing does against some
    of them, that no half of the repetitions confirms what the other chooses."""
    whole = choice(rows, limits, ceiling, (), ())
    return whole if whole.row is None else Recommendation(None, whole.best, [], [], "unconfirmed", ())


def told_of_all(rows: Sequence[Row], advice: Recommendation, ceiling: Measured | None) -> Recommendation:
    """A choice of both halves, with the figures of all repetitions."""
    assert advice.row is not None
    prior = next(row for row in rows if row.is_prior)
    gains, harms = differences(prior, rows[advice.row], ceiling)
    return replace(advice, gains=gains, harms=harms, told_on=())


def choice(
    rows: Sequence[Row], limits: Limits, ceiling: Measured | None, choosing: Sequence[int], telling: tuple[int, ...]
) -> Recommendation:
    """What some of the repetitions choose, told of others; see `recommend`."""
    seen = [row.part(choosing) for row in rows]
    prior = next(row for row in seen if row.is_prior)
    competing = [index for index, row in enumerate(seen) if row.gap and not row.is_prior and not row.is_external]
    competing = [index for index in competing if limits.allow(rows[index])]
    if not competing:
        return Recommendation(None, rows.index(next(row for row in rows if row.is_prior)), [], [], "no gap", telling)

    def gap(index: int) -> float:
        return seen[index].figures[GAP].mean

    objections = {index: objection(prior, seen[index], ceiling) for index in competing}
    paying = [index for index in competing if not objections[index]]
    if not paying:
        best = max(competing, key=gap)
        closing = [index for index in competing if objections[index] != "chance"]
        reason = objections[max(closing, key=gap)] if closing else "chance"
        return Recommendation(None, best, [], [], reason, telling)
    best = max(paying, key=gap)
    as_good = [index for index in paying if index == best or is_as_good(seen[index], seen[best])]
    if not is_noticed(prior, seen[best]):
        return Recommendation(None, best, [], [], "nothing to gain", telling)
    cheapest = min(as_good, key=lambda index: rows[index].milliseconds)
    same = [index for index in as_good if rows[index].judged == rows[cheapest].judged]
    chosen = min(same, key=lambda index: rows[index].steps)  # The same pictures in no steps are the simpler way.
    prior = next(row for row in rows if row.is_prior)
    if not is_confirmed(rows[chosen], prior, telling, len(competing)):
        return Recommendation(None, best, [], [], "chance", telling)
    gains, harms = differences(prior.part(telling), rows[chosen].part(telling), ceiling)
    return Recommendation(chosen, best, gains, harms, "pays", telling)


def halves(rows: Sequence[Row]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The repetitions that choose, and those whose figures are told of what was chosen: every other one, or all for
    both where there are too few."""
    counts = {len(figure.values) for row in rows for figure in row.figures.values()}
    count = min(counts, default=0)
    everything = tuple(range(count))
    return (everything[::2], everything[1::2]) if count >= FEWEST else (everything, everything)


def objection(prior: Row, row: Row, ceiling: Measured | None) -> str:
    """What speaks against a way, see `Recommendation.reason`; "" for nothing."""
    if not is_nearer(row, prior):
        return "chance"
    if loses_coverage(prior, row):
        return "coverage"
    if shifts_mix(prior, row, ceiling):
        return "mix"
    copied = row.own.get("memorised_share")
    return "copies" if copied is not None and copied.low > MOST_COPIED else ""


def is_confirmed(row: Row, prior: Row, telling: Sequence[int], ways: int) -> bool:
    """Whether a way that was chosen among others is nearer to real data than the prior, by the repetitions that did not
    choose it, or by all of them where the interval is as wide as so many ways ask for (Bonferroni)."""
    told = is_nearer(row.part(telling), prior.part(telling))
    return told or is_nearer(row, prior, 1.0 - (1.0 - CONFIDENCE) / ways)


def is_nearer(row: Measured, prior: Measured, confidence: float = CONFIDENCE) -> bool:
    """Whether samples are nearer to real data than the prior's beyond chance, in every feature space.

    Told by the distances themselves: where the ceiling is hardly better than the prior, the gap closed is a ratio to
    something that is hardly known, and its interval is wide however sure it is which of the two is nearer.
    """
    distances = {space: (prior.judged[space][DISTANCE], figures[DISTANCE]) for space, figures in row.judged.items()}
    return all(before.minus(after).low_at(confidence) > 0.0 for before, after in distances.values())


def nearer_by(row: Measured, prior: Measured) -> Interval:
    """By how much samples are nearer to real data than the prior's, in Fréchet distance, by the judge that is strictest
    with them; below 0 they are farther. Told by the distances for the reason that `is_nearer` has.

    Args:
        row: with a gap closed.
        prior: the prior sample, of the same repetitions.
    """
    assert row.gap is not None
    return prior.judged[row.gap.space][DISTANCE].minus(row.judged[row.gap.space][DISTANCE])


def shifts_mix(prior: Measured, row: Measured, ceiling: Measured | None) -> bool:
    """Whether the classes of some attribute are shifted more than by the prior beyond chance, and perhaps by more than
    the margin.

    Where they are spread as those of the ceiling, within the margin, it is the decoder that shifts them: it may lose
    what tells the classes, such as a small nose, and a sampler that hits the encodings of real data has its mix.
    """
    limit = ceiling.mix if ceiling else {}
    blamed = [name for name in row.mix if name not in limit or row.mix[name].apart_from(limit[name]) > MIX_MARGIN]
    shifts = mix_shifts(prior, row)
    return any(shifts[name].low > 0.0 and shifts[name].high > MIX_MARGIN for name in blamed if name in shifts)


def mix_shifts(prior: Measured, row: Measured) -> dict[str, Interval]:
    """Attribute -> by how much more its classes are shifted than by the prior."""
    return {
        name: after.total_variation.minus(prior.mix[name].total_variation)
        for name, after in row.mix.items()
        if name in prior.mix
    }


def loses_coverage(prior: Measured, row: Measured) -> bool:
    """Whether coverage is lost in some feature space."""
    return not all(
        keeps_coverage(prior.judged[space]["coverage"], row.judged[space]["coverage"]) for space in row.judged
    )


def keeps_coverage(before: Interval, after: Interval) -> bool:
    """Whether coverage is not lost by more than the margin, beyond doubt; where there is no interval, as it looks. What
    the prior has above the coverage of two sets of one law is none to lose."""
    difference = after.minus(before.limited(high=FULL_COVERAGE))
    return (difference.mean if difference.error is None else difference.low) > -COVERAGE_MARGIN


def is_as_good(row: Row, best: Row) -> bool:
    """Whether a way closes less than the best by no more than the margin, beyond doubt."""
    assert row.gap is not None
    return best.judged[row.gap.space][GAP].minus(row.gap.figure).high < MARGIN


def is_noticed(prior: Measured, row: Measured) -> bool:
    """Whether a way takes enough off the prior's distance to real data, in some feature space."""
    return any(
        figures[DISTANCE].mean < (1.0 - NOTICED) * prior.judged[space][DISTANCE].mean
        for space, figures in row.judged.items()
    )


def differences(prior: Measured, row: Measured, ceiling: Measured | None = None) -> tuple[list[str], list[str]]:
    """The figures in which a way to sample is better, and worse, than the prior by more than chance explains, in some
    feature space."""
    gains, harms = [], []
    for name in HIGHER_IS_BETTER:
        changes = [(prior.judged_by(space), row.judged_by(space)) for space in row.judged or {"": {}}]
        if any(is_worse(name, after, before) for before, after in changes) and matters(name, prior, row, ceiling):
            harms.append(name)
        elif any(is_worse(name, before, after) for before, after in changes):
            gains.append(name)
    return gains, harms


def is_worse(name: str, figures: Figures, others: Figures) -> bool:
    """Whether a figure is worse than another by more than chance explains; not where one of them is missing."""
    if name not in figures or name not in others:
        return False
    one, other = (unremarkable(name, each[name]) for each in (figures, others))
    return one.below(other) if HIGHER_IS_BETTER[name] else other.below(one)


def matters(name: str, prior: Measured, row: Measured, ceiling: Measured | None) -> bool:
    """Whether a figure that is worse speaks against a way, see `objection`: coverage beyond a margin, and a mix that is
    not the decoder's doing."""
    if name == "coverage":
        return loses_coverage(prior, row)
    return name != MIX or shifts_mix(prior, row, ceiling)


def unremarkable(name: str, figure: Interval) -> Interval:
    """A figure, or the value from which on it means nothing: of held-out images, too, some count as memorised; and a
    density or coverage above that of real data is no better, for samples that crowd have it."""
    if name == "memorised_share":
        return figure.limited(low=MEMORISED)
    most = {"density": 1.0, "coverage": FULL_COVERAGE}.get(name)
    return figure if most is None else figure.limited(high=most)
