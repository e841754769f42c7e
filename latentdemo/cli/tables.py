"""Tables for the terminal: what commands found, to be read by people."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from latentdemo.cli.terminal import console, show_table

if TYPE_CHECKING:
    from latentdemo.benchmark import timing
    from latentdemo.checkpoints import CheckpointConfig
    from latentdemo.evaluation import Report
    from latentdemo.evaluation.findings.steps_needed import Correlation, StepsNeeded
    from latentdemo.evaluation.report import Measured, PathReport, PathWay
    from latentdemo.sampling.densities.store import DensityConfig
    from latentdemo.training.sweep import Outcome

ADVICE = (
    "plain chain at its best",
    "recommended",
    "gap closed, %",
    "coverage, from prior",
    "recall, from prior",
    "best sampler of pythae, gap closed, %",
)


def models_table(configs: Mapping[str, CheckpointConfig]) -> Table:
    """The models at hand, and what their evaluations advise."""
    from latentdemo.checkpoints import list_models, model_folder
    from latentdemo.checkpoints.roots import checkpoint_roots

    title = ", ".join(str(root) for root in checkpoint_roots() if list_models(root))
    table = Table("model", "images", "latent size", "reconstruction rmse", *ADVICE, title=title)
    for name, config in configs.items():
        size, rmse = config.network.image_size, config.measured.get("held_out", {}).get("rmse")
        table.add_row(
            name,
            f"{size}x{size} {'colour' if config.network.channels == 3 else 'grey'}",
            str(config.network.latent_size),
            f"{rmse:.3f}" if rmse else "?",
            *advice(model_folder(name)),
        )
    return table


def advice(folder: Path) -> list[str]:
    """What the evaluation of a model says, for the columns of `ADVICE`."""
    from latentdemo.evaluation.card import in_words, strictest, with_interval
    from latentdemo.evaluation.report import GAP, PYTHAE, EvaluationError, load_report

    try:
        report = load_report(folder)
    except EvaluationError:
        return ["not evaluated"]
    best = report.best_plain
    words = f"{with_interval(best.figures[GAP], 0)} % at step {best.steps}" if best else ""
    row, told, theirs = report.recommended, report.told, report.best_external
    if theirs is None:
        beside = ""
    else:
        standing = {"better": "", "even": ", as good as ours", "worse": ", better than ours"}[report.standing or "even"]
        beside = f"{theirs.start.removeprefix(PYTHAE)}: {with_interval(theirs.figures[GAP], 0)}{standing}"
    if row is None or told is None:
        return [words, "leave it alone", "", "", "", beside]
    prior = report.prior.part(report.recommendation.told_on)
    changes = [
        f"{with_interval(prior.figures[name], 2)} to {with_interval(told.figures[name], 2)}"
        for name in ("coverage", "recall")
    ]
    steps = f", {row.steps} {'step' if row.steps == 1 else 'steps'}" if row.kernel else ""
    return [words, in_words(row) + steps, strictest(told), *changes, beside]


def steps_needed_table(needed: Mapping[str, StepsNeeded]) -> Table:
    """How many plain steps models need, by name, and what could have told it; most steps first."""
    table = Table(
        "model", "steps needed", "gap closed at best, %", "mismatch, AUC", "clusters", "drift a step, % of gap"
    )
    for name, found in sorted(needed.items(), key=lambda each: -each[1].steps):
        figures = ((found.mismatch, 2), (found.components, 0), (found.drift, 1))
        cells = ("" if value is None else f"{value:.{digits}f}" for value, digits in figures)
        table.add_row(name, str(found.steps), f"{found.gap:.0f}", *cells)
    return table


def predicted(related: Mapping[str, Correlation], models: int) -> list[str]:
    """What predicts the steps that models need, a sentence each; or that nothing does, or too few were evaluated."""
    from latentdemo.evaluation.findings.steps_needed import FEWEST, SURE

    if models < FEWEST:
        return [f"What predicts the steps cannot be told of {models} evaluated models; it takes {FEWEST}."]
    found = [
        f"{name}: rank correlation {each.rho:.2f} with the steps, p = {each.p_value:.2g}, {each.models} models"
        + (", beyond chance." if each.p_value < SURE else ".")
        for name, each in related.items()
    ]
    nothing = "Nothing that is known beforehand predicts the steps beyond chance: measure them."
    return found if any(each.p_value < SURE for each in related.values()) else [*found, nothing]


def choices_table(choices: Mapping[str, Iterable[str] | Mapping[str, Mapping[str, Sequence[str]]]]) -> Table:
    """The names that commands take, by what they name; where names have options, with these."""
    table = Table("", "name", "options")
    for title, known in choices.items():
        for number, name in enumerate(known):
            options = known[name] if isinstance(known, Mapping) else {}
            words = [f"{option}: {' or '.join(values) or 'a name'}" for option, values in options.items()]
            table.add_row("" if number else title, name, "\n".join(words))
        table.add_section()
    return table


def densities_table(folder: Path, config: DensityConfig) -> Table:
    """How likely fitted densities make held-out encodings, and the step sizes that kernels have on them."""
    title = f"{folder.parent.name}/{folder.name}: lower nats are better"
    kernels = sorted({kernel for facts in config.densities.values() for kernel in facts["step_sizes"]})
    table = Table("density", "held-out, nats", *(f"step size of {kernel}" for kernel in kernels), title=title)
    table.add_row("prior", f"{config.prior_held_out:.2f}")
    for name, facts in config.densities.items():
        sizes = (facts["step_sizes"].get(kernel) for kernel in kernels)
        table.add_row(name, f"{facts['held_out']:.2f}", *("" if size is None else f"{size:.3f}" for size in sizes))
    return table


def report_table(report: Report) -> Table:
    """The evaluation of a model: one row a way to sample, the recommended one in bold."""
    from latentdemo.evaluation.card import cells, columns, in_words, sides
    from latentdemo.evaluation.report import CEILING, REAL_DATA

    shown, spaces = columns(report), ", ".join(report.spaces)
    title = f"{report.model}: {len(report.seeds)} x {sides(report)}, ± half of a 95 % interval; {spaces}"
    table = Table("", "steps", *shown, "ms an image", title=title)
    for name in (REAL_DATA, CEILING):
        table.add_row(name, "", *cells(report.references[name], shown), "")
    for row in report.rows:
        style = "bold" if row is report.recommended else None
        words = (in_words(row), f"{row.average_steps:.1f}", *cells(row, shown))
        table.add_row(*words, f"{row.milliseconds:.2f}", style=style)
    return table


def sweep_table(outcomes: Sequence[Outcome]) -> Table:
    """The runs of a sweep: one row each, the one of the lowest held-out loss in bold."""
    names = list(outcomes[0].run.values)
    heads = (name.replace("_", "-") for name in names)
    table = Table(
        *heads, "held-out loss, nats", "epochs", "minutes", title=f"{len(outcomes)} runs, the best one in bold"
    )
    least = min((each.loss for each in outcomes if each.loss is not None), default=None)
    for each in outcomes:
        found = each.failed if each.loss is None else f"{each.loss:.3f}"
        words = (*(str(each.run.values[name]) for name in names), found, str(each.epochs), f"{each.seconds / 60:.1f}")
        table.add_row(*words, style="bold" if least is not None and each.loss == least else None)
    return table


def measured_table(measured: timing.Table) -> Table:
    """A table of measurements, as Markdown shows it."""
    table = Table(*measured.rows[0], title=measured.title, box=box.MARKDOWN, title_justify="left")
    for row in measured.rows:
        table.add_row(*map(measured_words, row.values()))
    return table


def measured_words(value: Any) -> str:
    """A value of a table of measurements."""
    from latentdemo.benchmark.timing import Spread

    if isinstance(value, Spread):
        return f"{value.median:.3g} ({value.lower:.3g} to {value.upper:.3g})"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def soak_table(report: dict[str, Any], minutes: float) -> Table:
    """What sessions met that used the server for some minutes."""
    from latentdemo.benchmark.diary import lines

    table = Table("", "", title=f"{report['sessions']} sessions, {minutes:g} minutes, {report['machine']}")
    for name, value in lines(report):
        table.add_row(name, escape(value))
    return table


def show_pictures(report: dict[str, Any]) -> None:
    """Print what `data check` found, and what to do next."""
    show_table(pictures_table(report))
    side, colours = report["image_size"], "colour" if report["channels"] == 3 else "grey"
    out = Console()
    out.print(
        f"Training takes the central square of each ({report['cropped']:,} are not square), scaled to {side}x{side} in "
        f"{colours} ({report['enlarged']:,} are smaller and get enlarged): {report['training']:,} to train on, "
        f"{report['held_out']:,} held out, chosen by content. Preview: {report.get('preview', 'none')}",
        soft_wrap=True,
    )
    if report["enough"]:
        out.print(f"Next: python -m latentdemo train {shlex.quote(report['source'])} vae", soft_wrap=True)
    else:
        console.print(
            f"[bold red]Too few:[/] training, fitting and evaluating need {report['least']} different pictures",
            soft_wrap=True,
        )


def pictures_table(report: dict[str, Any]) -> Table:
    """What is in a folder of pictures: what can be used, and what is left out and why."""
    table = Table("", "pictures", "", title=report["source"])
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report["formats"].items())
    table.add_row("can be used", f"{report['usable']:,}", f"of {report['files']:,} files: {kinds or 'none'}")
    for name, (width, height) in report["sizes"].items():
        table.add_row(f"{name} size", "", f"{width}x{height}")
    table.add_row("in colour", f"{report['coloured']:,}", f"{report['grey']:,} in grey")
    for remark in report["remarks"].values():
        table.add_row("to know", f"{remark['count']:,}", f"{remark['remark']}\n{such_as(remark)}")
    for refused in report["refused"].values():
        table.add_row("left out", f"{refused['count']:,}", f"{refused['reason']}\n{such_as(refused)}")
    for unopened in report["passed_over"].values():
        table.add_row("not opened", f"{unopened['count']:,}", f"{unopened['reason']}\n{such_as(unopened)}")
    for key, words in (("duplicates", "copies, left out"), ("near_duplicates", "near copies, kept on one side")):
        pairs = "\n".join(f"{escape(first)} = {escape(second)}" for first, second in report[key]["examples"])
        table.add_row(words, f"{report[key]['count']:,}", pairs)
    return table


def such_as(counted: dict[str, Any]) -> str:
    """Some of the files that were counted."""
    return f"such as {', '.join(map(escape, counted['examples']))}"


def paths_table(model: str, report: PathReport) -> Table:
    """How paths of a model fare, by the way in which they are laid."""
    from latentdemo.evaluation.card import with_interval
    from latentdemo.evaluation.report import DISTANCE, ENDS_KEPT, LARGEST_JUMP

    def distances(measured: Measured) -> list[str]:
        return [with_interval(measured.judged[space][DISTANCE], 1) for space in report.spaces]

    title = (
        f"{model}: Fréchet distance of middle frames from held-out pictures by each judge, evenness, and ends; "
        f"{len(report.seeds)} x {report.pairs} pairs, mean and half of the 95 % interval"
    )
    table = Table("ends", Column("path", no_wrap=True), *report.spaces, "largest jump", "ends left", title=title)
    for ends, decoded in report.decoded.items():
        table.add_row(ends, "pictures alone", *distances(decoded))
        for way in report.of(ends):
            own = [with_interval(way.own[name], 2) for name in (LARGEST_JUMP, ENDS_KEPT)]
            table.add_row(ends, path_in_words(way), *distances(way), *own)
    return table


def path_in_words(way: PathWay) -> str:
    """How a path was laid."""
    kinds = {"linear": "line", "spherical": "arc", "base": "base space"}
    plain = f", plain steps: {way.steps}" if way.steps else ""
    return kinds[way.spec.kind] + plain + (f", mean steps: {way.spec.mean_steps}" if way.spec.mean_steps else "")
