"""The verdict of an evaluation in sentences: whether a chain pays, how much, at what cost and at whose expense."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.ui.i18n.figure_words import figure_word, mean_text, milliseconds_text, value_text
from latentdemo.ui.i18n.kernel_words import start_title, way_phrase
from latentdemo.ui.i18n.words import _


def verdict(report: Report) -> str:
    """One sentence: whether the chain pays for this model, by how much, at what cost and at whose expense."""
    row = report.recommended
    if row is None:
        return leave_alone(report)
    facts = {
        "way": way_phrase(row),
        "gap": value_text(GAP, row.figures[GAP]),
        "cost": milliseconds_text(row.milliseconds),
    }
    if not report.recommendation.harms:
        return _("It pays for this model: {way} closes {gap} of the quality gap at {cost} ms an image.", **facts)
    return _("It pays for this model, at a price: {way} closes {gap} of the quality gap at {cost} ms an image, but "
             "does worse in {harms}.", harms=harms_text(report, row), **facts)  # fmt: skip


def direct_draw(report: Report) -> str | None:
    """What the best density does without any chain, to be honest against; None where none was measured."""
    drawn = [row for row in report.rows if not row.kernel and not row.is_prior and GAP in row.figures]
    if not drawn:
        return None
    best = max(drawn, key=lambda row: row.figures[GAP].mean)
    return _("For comparison, without a chain: {way} closes {gap} at {cost} ms an image.",
             way=way_phrase(best), gap=value_text(GAP, best.figures[GAP]),
             cost=milliseconds_text(best.milliseconds))  # fmt: skip


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
        "better": _("On the same weights, the best sampler of another library, {sampler}, closes {theirs}; {way} is "
                    "better beyond chance, with {ours}.", **facts),
        "even": _("On the same weights, the best sampler of another library, {sampler}, closes {theirs}; {way} is "
                  "as good within chance, with {ours}.", **facts),
        "worse": _("On the same weights, the best sampler of another library, {sampler}, closes {theirs}; {way} is "
                   "worse beyond chance, with {ours}.", **facts),
    }[report.standing or "even"]  # fmt: skip


def leave_alone(report: Report) -> str:
    """The sentence for a model that no chain helps, with the reason."""
    prior, best = report.prior, report.rows[report.recommendation.best]
    if GAP not in prior.figures:
        return _("Leave this model alone: its prior samples are already as good as the best that its decoder can do.")
    closing = [row for row in report.rows if GAP in row.figures and prior.figures[GAP].below(row.figures[GAP])]
    if closing:
        most = max(closing, key=lambda row: row.figures[GAP].mean)
        return _("Leave this model alone: what closes its quality gap loses coverage ({way} closes {gap}, with "
                 "coverage {coverage}, the prior {prior}).",
                 way=way_phrase(most).rstrip(","), gap=value_text(GAP, most.figures[GAP]),
                 coverage=mean_text("coverage", most.figures["coverage"]),
                 prior=mean_text("coverage", prior.figures["coverage"]))  # fmt: skip
    return _("Leave this model alone: no chain closes its quality gap beyond chance; at best, {way} closes {gap}.",
             way=way_phrase(best), gap=value_text(GAP, best.figures[GAP]))  # fmt: skip


def harms_text(report: Report, row: Row) -> str:
    """All figures that get worse, each with the prior's."""
    return _("; ").join(
        _("{figure} ({value}, the prior {prior})", figure=figure_word(name),
          value=mean_text(name, row.figures[name]), prior=mean_text(name, report.prior.figures[name]))
        for name in report.recommendation.harms
    )  # fmt: skip


def worst_harm(report: Report) -> str | None:
    """The figure that gets worse by the largest share of the prior's; None where none does."""
    row, prior = report.recommended, report.prior

    def loss(name: str) -> float:
        assert row is not None
        before, after = prior.figures[name].mean, row.figures[name].mean
        return abs(after - before) / max(abs(before), 1e-9)

    return max(report.recommendation.harms, key=loss, default=None) if row else None


def mismatch(latent_space: Mapping[str, Any]) -> str:
    """Whether the prior and the learned latent distribution differ, in a sentence."""
    return {
        "match": _("No mismatch worth correcting: prior draws and real data can hardly be told apart."),
        "mild": _("A mild mismatch: prior draws and real data differ a little. Correcting may pay."),
        "mismatch": _("A mismatch worth correcting: prior draws and real data are easily told apart."),
    }[latent_space["verdict"]]
