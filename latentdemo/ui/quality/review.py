"""What the quality page says: the verdict, its curves, the table, the sums of money, the files to take away."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from latentdemo.evaluation.report import (
    CEILING,
    FLOOR,
    GAP,
    HIGHER_IS_BETTER,
    Figures,
    Interval,
    Report,
    Row,
)
from latentdemo.ui.components.charts import Curve, Level, Point
from latentdemo.ui.i18n.figure_words import (
    figure_meaning,
    figure_title,
    figure_word,
    mean_text,
    milliseconds_text,
    money_text,
    value_text,
)
from latentdemo.ui.i18n.kernel_words import (
    capital,
    kernel_title,
    start_title,
    way_help,
    way_key,
    way_phrase,
    way_rank,
    way_title,
)
from latentdemo.ui.i18n.words import _

STEPS_AXIS, TIME_AXIS = "steps", "milliseconds"
HUNDRED = 100.0  # gap closed at the ceiling, by its definition


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
    theirs, row = report.best_foreign, report.recommended or report.prior
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


@dataclass(frozen=True)
class Card:
    """A figure that stands by itself.

    Attributes:
        label: what it is.
        value: how large.
        notes: what to know about it, a line each.
        meaning: what the figure says, for a tooltip; None where the label says it all.
    """

    label: str
    value: str
    notes: list[str]
    meaning: str | None = None


def cards(report: Report) -> list[Card]:
    """The four figures of a verdict: gain, steps, cost, and what it costs in quality."""
    return [gap_card(report), steps_card(report), cost_card(report), price_card(report)]


def gap_card(report: Report) -> Card:
    """How much of the gap the recommended way closes, or the best one did."""
    row = report.recommended or report.rows[report.recommendation.best]
    gap = value_text(GAP, row.figures[GAP]) if GAP in row.figures else "–"
    if GAP not in row.figures:
        note = _("There is no gap: the prior sample is no worse than the ceiling.")
    elif report.recommended:
        note = _("0 % is the prior sample, 100 % the best that this decoder can do.")
    else:
        note = _("At best; no reason to run it: {way}", way=way_title(row))
    return Card(_("Quality gap closed"), gap, [note], figure_meaning(GAP))


def steps_card(report: Report) -> Card:
    """How many steps, of what."""
    row = report.recommended
    if row is None:
        return Card(_("Recommended steps"), "0", [_("Prior sample, no chain")], _("The prior sample itself."))
    steps = f"{walked(row):g}" if row.stop_at is None else _("{average} on average", average=f"{walked(row):.1f}")
    return Card(_("Recommended steps"), steps, [capital(way_title(row))], way_help(row))


def cost_card(report: Report) -> Card:
    """Milliseconds an image."""
    row = report.recommended or report.prior
    note = (
        _("The prior sample: {cost} ms", cost=milliseconds_text(report.prior.milliseconds))
        if report.recommended
        else _("The prior sample, as it is")
    )
    meaning = _("Wall-clock time, drawing and decoding included, on {device}.", device=report.device)
    return Card(_("Cost per image"), f"{milliseconds_text(row.milliseconds)} ms", [note], meaning)


def price_card(report: Report) -> Card:
    """The worst loss, else what became of the coverage."""
    row, harm = report.recommended or report.prior, worst_harm(report)
    name = harm or "coverage"
    label = _("Worse: {figure}", figure=figure_word(name)) if harm else figure_title(name)
    ceiling = report.references[CEILING].get(name)
    facts = [_("prior {value}", value=mean_text(name, report.prior.figures[name]))] if report.recommended else []
    facts += [_("ceiling {value}", value=mean_text(name, ceiling))] if ceiling else []
    notes = [capital(", ".join(facts))]
    others = [figure_word(each) for each in report.recommendation.harms if each != harm]
    if others:
        notes.append(_("Worse, too: {figures}", figures=", ".join(others)))
    elif report.recommended and not harm:
        notes.append(_("No figure gets worse beyond chance."))
    return Card(label, value_text(name, row.figures[name]), notes, figure_meaning(name))


def how_measured(report: Report) -> list[str]:
    """How the figures came about, a paragraph each."""
    space = report.features
    said = [
        _("Samples are compared with held-out real images in the feature space **{space}**. Figures of another one "
          "cannot be compared with these, least of all published ones, which are taken in Inception's.",
          space=space.get("name", "–"))
    ]  # fmt: skip
    if "accuracy" in space:
        said.append(
            _("Its classifier was trained on real images only: to tell their labels, and to tell intact images "
              "from ones with mixed or bent parts, which are the artifacts in question. Right on held-out images "
              "in: {accuracy}.",
              accuracy=accuracy_text(space["accuracy"]))
        )  # fmt: skip
    if report.samplers:
        said.append(samplers_in_words(report))
    return [*said, sides_in_words(report), rule_in_words(), occasion_in_words(report)]


def samplers_in_words(report: Report) -> str:
    """How the samplers of pythae came about."""
    epochs = ", ".join(
        f"{start_title(name)} {count}" for name, count in report.samplers["epochs"].items() if count is not None
    )
    return _("The samplers of the library pythae {version} have its default networks and were fitted to the same "
             "encodings as the densities here. Trained on a CPU, in fewer epochs than its default of 100 but at a "
             "learning rate that starts ten times as high and falls to zero: {epochs}.",
             version=report.samplers["pythae"], epochs=epochs)  # fmt: skip


def sides_in_words(report: Report) -> str:
    """How many images were compared, and with what."""
    real = _("training images") if report.training_images else _("held-out images that the comparison did not use")
    return _("{count} images a side, repeated with the seeds {seeds}. The floor is real data itself, the ceiling what "
             "the decoder makes of encodings of real data ({real}): no way to sample the latent space can be expected "
             "to do better.",
             count=report.count, seeds=", ".join(map(str, report.seeds)), real=real)  # fmt: skip


def rule_in_words() -> str:
    """What is recommended."""
    return _("Recommended is the cheapest chain whose gap closed is as good as the best beyond chance, and whose "
             "coverage is no worse than the prior's. A difference counts from two standard errors on. Where no chain "
             "closes any of the gap beyond chance, the advice is to leave the model alone.")  # fmt: skip


def occasion_in_words(report: Report) -> str:
    """When, on what and with what it was measured."""
    return _("Measured {date} on {device}: figures with the networks in {precision}, times of the model as it "
             "serves, for 64 images at once. Versions: {versions}.",
             date=report.created, device=report.device, precision=report.precision,
             versions=", ".join(f"{name} {version}" for name, version in report.versions.items()))  # fmt: skip


def accuracy_text(accuracy: float | dict[str, float]) -> str:
    """Held-out accuracy of the feature space, by attribute."""
    by_name = accuracy if isinstance(accuracy, dict) else {_("all"): accuracy}
    return ", ".join(f"{name.replace('_', ' ')} {100 * share:.1f} %" for name, share in by_name.items())


def figure_names(report: Report) -> list[str]:
    """All figures that any row has, those that can be better or worse first, as they are best read."""
    present = {name for row in report.rows for name in row.figures}
    return [name for name in HIGHER_IS_BETTER if name in present] + sorted(present - set(HIGHER_IS_BETTER))


def ways(report: Report) -> dict[str, Row]:
    """Key of a way to sample -> one of its rows, in the order of a legend; the prior sample is not one of its own."""
    rows = sorted((row for row in report.rows if not row.is_prior), key=way_rank)
    return {way_key(row): row for row in rows}


def usual_ways(report: Report) -> list[str]:
    """The ways that are shown unless someone chose others: each kernel in its plain form, and the recommended one."""
    recommended = way_key(report.recommended) if report.recommended else ""
    return [
        key
        for key, row in ways(report).items()
        if key == recommended or (row.kernel and row.start == "prior" and not row.options and row.stop_at is None)
    ]


def curves(report: Report, shown: Sequence[str], figure: str, axis: str) -> list[Curve]:
    """The chosen ways as curves of a figure; a chain from the prior begins at the prior sample."""
    made = []
    for key, first in ways(report).items():
        rows = [row for row in report.rows if not row.is_prior and way_key(row) == key]
        points = [point(row, figure, axis) for row in [*beginnings(report, first), *rows] if figure in row.figures]
        points = [each for each in points if axis == STEPS_AXIS or each.x > 0]
        if key in shown and any(figure in row.figures for row in rows) and points:
            ordered = sorted(points, key=lambda each: each.x)
            made.append(Curve(capital(way_title(first)), first.kernel, ordered, variant(first)))
    return made


def beginnings(report: Report, row: Row) -> list[Row]:
    """The row at step 0 of a chain: the prior sample, or the draw that it starts from."""
    if not row.kernel:
        return []
    return [each for each in report.rows if each.start == row.start and each.steps == 0]


def variant(row: Row) -> str:
    """Which dashes tell a way from its kernel's plain form."""
    if row.stop_at is not None:
        return "adaptive"
    if not row.kernel or (row.start == "prior" and not row.options):
        return "plain"
    return "options" if row.options else "start"


def point(row: Row, figure: str, axis: str) -> Point:
    """A row as a point of a curve."""
    value = row.figures[figure]
    cost = milliseconds_text(row.milliseconds)
    note = _("{steps} steps, {cost} ms an image: {value}",
             steps=steps_text(row), cost=cost, value=value_text(figure, value))  # fmt: skip
    return Point(walked(row) if axis == STEPS_AXIS else row.milliseconds, value.mean, value.error, note)


def walked(row: Row) -> float:
    """Steps that a chain took, on average where it stops by itself."""
    return float(row.steps) if row.stop_at is None else row.average_steps


def levels(report: Report, figure: str) -> list[Level]:
    """What the curves of a figure are compared with."""
    found = [(_("Prior"), "prior", report.prior.figures.get(figure))]
    if figure == GAP:
        found.append((_("Ceiling"), "ceiling", Interval(HUNDRED) if found[0][2] else None))
    else:
        found.append((_("Ceiling"), "ceiling", report.references[CEILING].get(figure)))
        found.append((_("Real data"), "real", report.references[FLOOR].get(figure)))
    return [Level(label, kind, value.mean, value.error) for label, kind, value in found if value is not None]


def marked_point(report: Report, figure: str, axis: str) -> Point | None:
    """The recommended row on a chart."""
    row = report.recommended
    if row is None or figure not in row.figures or (axis == TIME_AXIS and row.milliseconds <= 0):
        return None
    return point(row, figure, axis)


def table(reports: Sequence[tuple[str, Report]], everything: bool) -> list[dict[str, Any]]:
    """All models x ways x steps, one dictionary a row: column in words -> text.

    Args:
        reports: title of a model and its evaluation, in the order of the table.
        everything: every way and step; else the recommended one and what it is compared with.
    """
    names = list(dict.fromkeys(name for _title, report in reports for name in figure_names(report)))
    return [line for title, report in reports for line in table_of(title, report, names, everything)]


def table_of(title: str, report: Report, names: Sequence[str], everything: bool) -> Iterator[dict[str, Any]]:
    """The rows of one model."""

    def line(way: str, steps: str, cost: str, figures: Figures, recommended: bool = False) -> dict[str, Any]:
        return {
            _("Model"): title,
            _("Way to sample"): way,
            _("Steps"): steps,
            _("Advised"): "✓" if recommended else "",
            _("ms an image"): cost,
        } | {figure_title(name): value_text(name, figures[name]) if name in figures else "" for name in names}

    ceiling = dict(report.references[CEILING])
    if GAP in report.prior.figures:
        ceiling[GAP] = Interval(HUNDRED)
    yield line(_("Real data (floor)"), "", "", report.references[FLOOR])
    yield line(_("Decoder's best (ceiling)"), "", "", ceiling)
    for row in sorted(report.rows, key=lambda row: (not row.is_prior, way_rank(row), row.steps)):
        advised = row is report.recommended
        if everything or advised or row.is_prior or not row.kernel:
            way = _("Prior sample") if row.is_prior else capital(way_title(row))
            yield line(way, steps_text(row), milliseconds_text(row.milliseconds), row.figures, advised)


def steps_text(row: Row) -> str:
    """Steps of a row; of an adaptive one the average, with the most that it may take."""
    if row.stop_at is None:
        return str(row.steps)
    return _("{average} (at most {steps})", average=f"{row.average_steps:.1f}", steps=row.steps)


def diagnostics_table(diagnostics: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Long-run diagnostics, a dictionary a kernel: name of a single number in words -> number."""
    titles = {
        "chains": _("Chains"),
        "steps": _("Steps"),
        "rhat_max": _("R-hat, worst dimension"),
        "rhat_median": _("R-hat, median"),
        "ess_min": _("Effective samples, worst"),
        "ess_median": _("Effective samples, median"),
        "ess_per_step": _("Effective samples a step"),
        "autocorrelation_time": _("Autocorrelation time, steps"),
        "hopping_share": _("Chains that change region"),
        "acceptance": _("Acceptance rate"),
        "still_dimensions": _("Dimensions that never move"),
    }
    return [
        {_("Kernel"): capital(kernel_title(kernel))}
        | {title: round(found[name], 3) for name, title in titles.items() if isinstance(found.get(name), int | float)}
        for kernel, found in diagnostics.items()
    ]


@dataclass(frozen=True)
class Costs:
    """What a thousand images cost, in the currency of the price per hour.

    Attributes:
        prior: straight from the prior.
        recommended: as recommended.
        rejects_fewer: images in a thousand that the recommended way spares from rejection, if an image is rejected
            where it does not look like real data: 1000 x difference in precision.
    """

    prior: float
    recommended: float
    rejects_fewer: Interval

    @property
    def extra(self) -> float:
        """What the recommended way costs more."""
        return self.recommended - self.prior

    @property
    def fewer_beyond_chance(self) -> bool:
        """Whether rejects are fewer by more than chance explains."""
        return Interval(0.0).below(self.rejects_fewer)

    @property
    def break_even(self) -> float | None:
        """What one reject fewer must be worth for the extra cost to come back; None where there are not fewer."""
        return max(self.extra, 0.0) / self.rejects_fewer.mean if self.fewer_beyond_chance else None

    def saving(self, value: float) -> float:
        """What is left of the value of the rejects spared, after the extra cost."""
        return self.rejects_fewer.mean * value - self.extra


def per_thousand(milliseconds: float, price_an_hour: float) -> float:
    """What a thousand images cost."""
    return milliseconds * price_an_hour / 3600.0  # ms an image = s a thousand images


def costs(report: Report, price_an_hour: float) -> Costs | None:
    """The sums for the recommended row; None where there is none, or precision was not measured."""
    row, prior = report.recommended, report.prior
    if row is None or "precision" not in row.figures or "precision" not in prior.figures:
        return None
    after, before = row.figures["precision"], prior.figures["precision"]
    error = None if after.error is None or before.error is None else 1000.0 * math.hypot(after.error, before.error)
    return Costs(
        per_thousand(prior.milliseconds, price_an_hour),
        per_thousand(row.milliseconds, price_an_hour),
        Interval(1000.0 * (after.mean - before.mean), error),
    )


def costs_sentence(report: Report, sums: Costs | None, value: float) -> str:
    """What the sums mean, for what one rejected image fewer is worth."""
    if report.recommended is None:
        return _("There is nothing to buy: the advice is to leave this model alone.")
    if sums is None:
        return _("Precision was not measured, so nothing can be said of rejects.")
    if sums.break_even is None:
        return _("Rejects do not get fewer beyond chance: by this measure the extra {extra} per 1,000 images does not "
                 "come back.", extra=money_text(sums.extra))  # fmt: skip
    facts = {"extra": money_text(sums.extra), "fewer": value_text("rejects", sums.rejects_fewer)}
    if sums.extra <= 0:
        return _("It costs no more than the prior sample, and saves {fewer} rejects per 1,000 images.", **facts)
    facts |= {"even": money_text(sums.break_even), "left": money_text(abs(sums.saving(value)))}
    return (
        _("Per 1,000 images it costs {extra} more and saves {fewer} rejects: it pays as soon as one reject fewer is "
          "worth {even}. At the value above, **{left} is left over** per 1,000 images.", **facts)
        if sums.saving(value) >= 0
        else _("Per 1,000 images it costs {extra} more and saves {fewer} rejects: it pays only once one reject fewer "
               "is worth {even}. At the value above, **{left} is lost** per 1,000 images.", **facts)
    )  # fmt: skip


COLUMNS = ("model", "start", "kernel", "options", "stop_at", "steps", "figure", "mean", "error")


def as_csv(report: Report) -> str:
    """Every figure of a report on a line of its own; `error` is one standard error. References stand under `start`."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for name, figures in report.references.items():
        lines.writerows([report.model, name, "", "", "", "", *cells] for cells in figure_cells(figures))
    for row in report.rows:
        options = json.dumps(dict(row.options), sort_keys=True) if row.options else ""
        stop = "" if row.stop_at is None else row.stop_at
        way = [report.model, row.start, row.kernel, options, stop, row.steps]
        own = {"milliseconds": Interval(row.milliseconds), "average_steps": Interval(walked(row))}
        lines.writerows([*way, *cells] for cells in figure_cells({**row.figures, **own}))
    return text.getvalue()


def figure_cells(figures: Figures) -> list[list[Any]]:
    """Name, mean and error of each figure."""
    return [[name, value.mean, "" if value.error is None else value.error] for name, value in figures.items()]


def as_json(report: Report) -> str:
    """A report in the form of its file."""
    return json.dumps(asdict(report), indent=1, default=dict) + "\n"
