"""The verdict of an evaluation in sentences: whether anything but the prior sample pays for a model, how much, at what
cost and at whose expense.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from latentdemo.evaluation.findings.recommend import objection
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import DISTANCE, GAP, HIGHER_IS_BETTER, JUDGED, Measured, Report, Row
from latentdemo.ui.i18n.class_words import attribute_word
from latentdemo.ui.i18n.figure_words import figure_word, mean_text, milliseconds_text, space_title, value_text
from latentdemo.ui.i18n.kernel_words import start_title, way_noun, way_phrase
from latentdemo.ui.i18n.words import _


def verdict(report: Report) -> str:
    """One sentence: whether a way to sample pays for this model, by how much, at what cost and at whose expense."""
    row, told = report.recommended, report.told
    if row is None or told is None:
        return leave_alone(report)
    facts = {
        "way": way_phrase(row),
        "gap": value_text(GAP, told.figures[GAP]),
        "cost": milliseconds_text(row.milliseconds),
        "judge": by_judge(report, told),
    }
    harmed = harms(report)
    if not harmed:
        return _("It pays for this model: {way} closes {gap} of the quality gap at {cost} ms an image{judge}.", **facts)
    return _("It pays for this model, at a price: {way} closes {gap} of the quality gap at {cost} ms an image{judge}, "
             "but does worse in {harms}.", harms=harms_text(report, harmed), **facts)  # fmt: skip


def by_judge(report: Report, measured: Measured) -> str:
    """By which feature space a gap closed was told, as the end of a clause; empty where there is but one."""
    judge = strictest_judge(report, measured)
    if not judge:
        return ""
    return _(", by the strictest of {count} judges ({judge})", count=number_word(len(report.spaces)), judge=judge)


def strictest_judge(report: Report, measured: Measured) -> str:
    """The title of the feature space by which a gap closed was told; empty where there is but one."""
    if len(report.spaces) < 2 or measured.gap is None:
        return ""
    return space_title(measured.gap.space, report.spaces)


def number_word(number: int) -> str:
    """A small number as it stands in a sentence."""
    return {2: _("two"), 3: _("three")}.get(number, str(number))


def best_chain(report: Report) -> str | None:
    """What the best chain of decode and encode does, which one can watch, beside another way that is recommended; None
    where none is, or no such chain was measured."""
    row, advised = report.best_decoding_chain, report.recommended
    if row is None or advised is None or advised.decodes:
        return None
    return _("The best chain of decode and encode, {way}, closes {gap} at {cost} ms.",
             way=way_noun(row), gap=gap_closed_text(report, row),
             cost=milliseconds_text(row.milliseconds))  # fmt: skip


def told_of(report: Report, row: Row) -> Row:
    """A row over the repetitions that the recommended one is told of, so that the two can be compared."""
    return row.part(report.recommendation.told_on)


def gap_closed_text(report: Report, row: Row) -> str:
    """The quality gap that a row closes, in words, over the same repetitions."""
    return value_text(GAP, told_of(report, row).figures[GAP])


def beside_pythae(report: Report) -> str | None:
    """How what is recommended stands against the samplers of pythae; None where none was measured."""
    theirs, row = report.best_external, report.recommended or report.prior
    if theirs is None:
        return None
    facts = {
        "sampler": start_title(theirs.start),
        "theirs": value_text(GAP, theirs.figures[GAP]),
        "way": way_phrase(row).rstrip(","),
        "ours": value_text(GAP, row.figures[GAP]),
    }
    return {
        "better": _("On the same weights, the best way to sample of another library, {sampler}, closes {theirs}; {way} "
                    "is better beyond chance, with {ours}.", **facts),
        "even": _("On the same weights, the best way to sample of another library, {sampler}, closes {theirs}; {way} "
                  "is as good within chance, with {ours}.", **facts),
        "worse": _("On the same weights, the best way to sample of another library, {sampler}, closes {theirs}; {way} "
                   "is worse beyond chance, with {ours}.", **facts),
    }[report.standing or "even"]  # fmt: skip


def leave_alone(report: Report) -> str:
    """The sentence for a model that is best left alone, with the reason."""
    reason = report.recommendation.reason
    if GAP not in report.prior.figures:
        return _("Leave this model alone: its prior samples are already as good as the best that its decoder can do.")
    if reason == "no gap":
        return _("Nothing that was measured keeps to these limits.")
    said: dict[str, Callable[[Report], str]] = {
        "nothing to gain": nothing_to_gain,
        "unconfirmed": not_confirmed,
        "coverage": coverage_is_lost,
        "mix": mix_is_shifted,
        "copies": data_are_copied,
    }
    return said.get(reason, nothing_closes)(report)


def nothing_closes(report: Report) -> str:
    """No way is better than the prior beyond chance."""
    best = told_of(report, report.rows[report.recommendation.best])
    if best.gap is None:
        return _("Leave this model alone: no way to sample closes its quality gap beyond chance.")
    return _("Leave this model alone: of all ways to sample, none is better than the prior by every judge beyond "
             "chance; at best, {way} closes {gap}{judge}.", **at_best(report, best))  # fmt: skip


def not_confirmed(report: Report) -> str:
    """Ways are better than the prior over all repetitions, but what one half chooses does not hold in the other."""
    best = told_of(report, report.rows[report.recommendation.best])
    return _("Leave this model alone: the two halves of the repetitions do not agree on a way to sample that pays. At "
             "best, {way} closes {gap}{judge}.", **at_best(report, best))  # fmt: skip


def at_best(report: Report, best: Row) -> dict[str, str]:
    """What the best way closes, in words, and by which judge."""
    return {
        "way": way_phrase(best),
        "gap": value_text(GAP, best.figures[GAP]),
        "judge": by_judge(report, best),
    }


def nothing_to_gain(report: Report) -> str:
    """A way is better than the prior, but nobody would see it: told in the space in which it is the most."""
    best, prior = told_of(report, report.rows[report.recommendation.best]), told_of(report, report.prior)
    space = min(best.judged, key=lambda name: best.judged[name][DISTANCE].mean / prior.judged[name][DISTANCE].mean)
    before, after = (each.judged[space][DISTANCE] for each in (prior, best))
    return _("Leave this model alone: nobody would see the difference. At best, {way} brings the Fréchet distance to "
             "real data from {before} to {after}{space}.",
             way=way_phrase(best).rstrip(","), before=value_text(DISTANCE, before), after=value_text(DISTANCE, after),
             space=in_space(report, space))  # fmt: skip


def coverage_is_lost(report: Report) -> str:
    """What closes the gap loses coverage: told in the space in which it loses the most."""
    way, prior = closing(report), told_of(report, report.prior)
    space = min(way.judged, key=lambda name: way.judged[name]["coverage"].minus(prior.judged[name]["coverage"]).mean)
    return _("Leave this model alone: what closes its quality gap loses coverage ({way} closes {gap}, with coverage "
             "{coverage}, the prior {prior}{space}).",
             coverage=mean_text("coverage", way.judged[space]["coverage"]),
             prior=mean_text("coverage", prior.judged[space]["coverage"]), space=in_space(report, space),
             **closing_facts(way))  # fmt: skip


def mix_is_shifted(report: Report) -> str:
    """What closes the gap shifts the classes of an attribute."""
    way, prior = closing(report), report.prior
    name = max(way.mix, key=lambda name: way.mix[name].total_variation.mean)
    before = f"{100 * prior.mix[name].total_variation.mean:.0f}" if name in prior.mix else "–"
    return _("Leave this model alone: what closes its quality gap shifts the mix of {attribute} ({way} closes {gap}, "
             "but {share} of 100 samples would have to change their {attribute} to be mixed as real data is, the "
             "prior's {prior}).",
             attribute=attribute_word(name), share=f"{100 * way.mix[name].total_variation.mean:.0f}", prior=before,
             **closing_facts(way))  # fmt: skip


def data_are_copied(report: Report) -> str:
    """What closes the gap recites training images."""
    way = closing(report)
    share = 100 * way.own["memorised_share"].mean
    return _("Leave this model alone: what closes its quality gap recites training images ({way} closes {gap}, but "
             "{share} of 100 samples are nearer to a training image than held-out images are).",
             share=f"{share:.0f}", **closing_facts(way))  # fmt: skip


def closing(report: Report) -> Row:
    """The way that closes most of the gap, but for what is held against all that do."""
    advice, rows = report.recommendation, [row for row in report.rows if row.gap and not row.is_external]
    competing = [row for row in rows if not row.is_prior]
    against = [row for row in competing if objection(report.prior, row, report.ceiling) == advice.reason]
    most = max(against, key=lambda row: row.figures[GAP].mean, default=report.rows[advice.best])
    return told_of(report, most)


def closing_facts(way: Row) -> dict[str, str]:
    """The way that closes most of the gap, in words."""
    return {"way": way_phrase(way).rstrip(","), "gap": value_text(GAP, way.figures[GAP])}


def in_space(report: Report, space: str) -> str:
    """In which feature space a figure was taken, as the end of a clause; empty where there is but one."""
    return _(", by {judge}", judge=space_title(space, report.spaces)) if len(report.spaces) > 1 else ""


class Harm(NamedTuple):
    """A figure that gets worse.

    Attributes:
        name: of the figure.
        space: the feature space in which it gets worse by the largest share; "" for a figure that needs none.
        before, after: the prior's, and the recommended way's.
    """

    name: str
    space: str
    before: Interval
    after: Interval

    @property
    def loss(self) -> float:
        """By which share of the prior's it gets worse."""
        return abs(self.after.mean - self.before.mean) / max(abs(self.before.mean), 1e-9)


def harms(report: Report) -> list[Harm]:
    """What gets worse with the recommended way, each figure where it does so the most, the worst one first."""
    told, prior = report.told, told_of(report, report.prior)
    if told is None:
        return []
    found = [worst_of(name, prior, told) for name in report.recommendation.harms]
    return sorted(found, key=lambda harm: harm.loss, reverse=True)


def worst_of(name: str, prior: Measured, told: Measured) -> Harm:
    """A figure that gets worse, where it does so by the largest share; where it does so beyond chance, if anywhere."""
    spaces = list(told.judged) if name in JUDGED else [""]
    places = [Harm(name, space, prior.judged_by(space)[name], told.judged_by(space)[name]) for space in spaces]
    worse = [place for place in places if is_worse(place)]
    return max(worse or places, key=lambda place: place.loss)


def is_worse(place: Harm) -> bool:
    """Whether a figure gets worse beyond chance."""
    better, worse = (place.before, place.after) if HIGHER_IS_BETTER[place.name] else (place.after, place.before)
    return worse.below(better)


def harms_text(report: Report, harmed: list[Harm]) -> str:
    """All figures that get worse, each with the prior's."""
    return _("; ").join(
        _("{figure} ({value}, the prior {prior}{space})", figure=figure_word(harm.name),
          value=mean_text(harm.name, harm.after), prior=mean_text(harm.name, harm.before),
          space=in_space(report, harm.space) if harm.space else "")
        for harm in harmed
    )  # fmt: skip


def mismatch(latent_space: Mapping[str, Any]) -> str:
    """Whether the prior and the learned latent distribution differ, in a sentence."""
    return {
        "match": _("No mismatch worth correcting: prior draws and real data can hardly be told apart."),
        "mild": _("A mild mismatch: prior draws and real data differ a little. Correcting may pay."),
        "mismatch": _("A mismatch worth correcting: prior draws and real data are easily told apart."),
    }[latent_space["verdict"]]
