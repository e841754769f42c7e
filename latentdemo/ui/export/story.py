"""What deck and PDF say, in the session's language: the words of the quality review, and those of the run on screen."""

from __future__ import annotations

from collections.abc import Mapping

from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.export.settings import GIVEN, RunSettings
from latentdemo.export.story import STEPS_SHOWN, Card, Chart, Line, Section, Story, Table
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.starts import PRIOR
from latentdemo.ui.components.charts import style_of
from latentdemo.ui.components.curves import Curve
from latentdemo.ui.evaluation.cards import cards
from latentdemo.ui.evaluation.in_short import gained, two_curves
from latentdemo.ui.evaluation.method import error_in_words, how_measured, rule_in_words, sides_in_words
from latentdemo.ui.evaluation.roles import density_and_chain
from latentdemo.ui.evaluation.table import table_in_short
from latentdemo.ui.evaluation.verdict import best_chain, mismatch, told_of, verdict
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.figure_words import figure_title
from latentdemo.ui.i18n.kernel_words import capital, kernel_help, kernel_title, start_samples, way_in_short
from latentdemo.ui.i18n.words import _, language
from latentdemo.ui.state.selection import Selection

REPEAT = "python -m latentdemo rerun run.json --output FOLDER"


def story_of(
    chosen: Selection,
    found: Report | str,
    settings: RunSettings,
    words: Mapping[str, str],
    after: int,
    link: str,
    beside: int | None = None,
) -> Story:
    """The story of a model and a run.

    Args:
        chosen: the model.
        found: its evaluation, or why there is none.
        settings: of the run.
        words: its settings as the page names them.
        after: the step that stands beside step 0.
        link: the address of the page.
        beside: which of the branches stands there in place of that step; None for none.
    """
    branch = None if beside is None else settings.branches[beside]
    report = found if isinstance(found, Report) else None
    start, drawn_apart = str(settings.spec.start), branch is not None and branch.starts_apart(settings.spec)
    return Story(
        language=language(),
        title=_("Better samples from the model you already have"),
        model=capital(chosen.title),
        verdict=found if isinstance(found, str) else verdict(found),
        question=question(report),
        remedy=path_remedy() if branch and branch.path else remedy(branch.spec if branch else settings.spec, report),
        evidence=evidence(report),
        decision=decision(report),
        before=caption(settings, 0) if start == GIVEN or drawn_apart else start_samples(start),
        after=branch.caption if branch else f"{caption(settings, after)} · {kernel_name(settings.spec)}",
        chart=chart(report) if report else None,
        table=evidence_table(report) if report else None,
        cards=tuple(Card(card.label, card.value, card.notes[-1]) for card in cards(report)) if report else (),
        method=Section(_("How this was measured"), tuple(map(plain, how_measured(report))) if report else ()),
        settings_title=_("Settings of these pictures"),
        settings=(*facts(chosen, settings).items(), *words.items()),
        repeat=_("From the ZIP, the same pictures and latents are made again with: {command}", command=REPEAT),
        link=link,
    )


def question(report: Report | None) -> Section:
    """What may be wrong with samples straight from the prior."""
    points = [
        _("The decoder makes a new picture of any random point of the latent space: a draw from the prior."),
        _("The encoder puts real data at places of its own, the learned latent distribution."),
        _("Where the two differ, samples carry artifacts: torn edges, parts that do not belong together, blur."),
    ]
    if report and report.latent_space:
        points.append(_("Measured for this model: {sentence}", sentence=mismatch(report.latent_space)))
    return Section(_("The question: is the prior where the data is?"), tuple(points))


def remedy(spec: ChainSpec, report: Report | None) -> Section:
    """What the chain does, or the draw that no chain follows; of what is advised, which part is whose."""
    kernel = kernel_of(spec)
    title = _("The remedy: walk to the data first, then decode") if kernel else _("The remedy: draw where the data is")
    same = _("The model stays as it is: only the points that are decoded change.")
    row = report.recommended if report else None
    if report is None or row is None:
        return Section(title, (kernel_help(kernel), same))
    if (spec.start, spec.steps, spec.way) == (row.spec.start, row.spec.steps, row.spec.way):
        done = density_and_chain(report) + ([kernel_help(kernel)] if kernel else [])
        return Section(title, (*map(plain, done), same))
    other = _("The pictures show another way to sample than the advised one: {way}.", way=way_in_short(row))
    return Section(title, (kernel_help(kernel), same, other))


def path_remedy() -> Section:
    """What a path through the base space does."""
    return Section(
        _("The remedy: go around the gaps"),
        (
            _("A map that was fitted to encodings of real data carries the pictures to a space that is filled evenly; "
              "the path is laid there, and carried back. The pictures that it joins stay what they are."),
            _("The model stays as it is: only the points that are decoded change."),
        ),
    )  # fmt: skip


def kernel_name(spec: ChainSpec) -> str:
    """What a run's chains are called, as a heading."""
    return capital(kernel_title(kernel_of(spec)))


def evidence(report: Report | None) -> Section:
    """What chart and table mean."""
    points = []
    if report:
        points = [
            gained(report),
            _("Quality gap closed: 0 % is the prior sample, 100 % the best that this decoder can do, with {count} "
              "images in each repetition.", count=f"{report.drawn:,}")
            + " "
            + error_in_words(report),
        ]  # fmt: skip
    return Section(_("The evidence: what is gained, and at what price"), tuple(points))


def decision(report: Report | None) -> Section:
    """What to weigh beside the verdict."""
    if report is None:
        points = [_("Nothing can be decided before the model is measured: the pictures alone do not tell.")]
    else:
        chain = best_chain(report)
        points = [chain] if chain else []
        measured = _("Measured {date} on {device}.", date=report.created, device=device_words(report.device))
        points += [rule_in_words(report), sides_in_words(report), measured]
    return Section(_("The decision, and how it was measured"), tuple(points))


def kernel_of(spec: ChainSpec) -> str:
    """Name of a run's kernel; "" for a draw from a density that no chain follows."""
    return str(spec.kernel) if spec.steps or spec.start in (PRIOR, GIVEN) else ""


def caption(settings: RunSettings, step: int) -> str:
    """What stands above a step's sheet."""
    return settings.captions.get(step) or _("Step {step}", step=step)


def chart(report: Report) -> Chart | None:
    """Quality gap closed by steps, of the plain chain and the advised way; None where there is no gap."""
    if report.gain != GAP:
        return None
    lines = [line(each) for each in two_curves(report)]
    row = report.recommended
    if row and not row.kernel and lines:
        lines.append(level_line(told_of(report, row)))
    return Chart(_("Chain steps"), figure_title(GAP), tuple(lines)) if lines else None


def line(curve: Curve) -> Line:
    """A curve of the screen as a line of the deck."""
    points = tuple((point.x, point.y) for point in curve.points)
    return Line(curve.label, curve.style.colour.lstrip("#"), curve.style.shape, curve.variant != "plain", points)


def level_line(row: Row) -> Line:
    """A draw that no chain follows as a line: what it closes does not depend on steps."""
    style, share = style_of(row.kernel), row.figures[GAP].mean
    points = ((0.0, share), (float(STEPS_SHOWN), share))
    return Line(_("Advised: no chain"), style.colour.lstrip("#"), style.shape, False, points)


def evidence_table(report: Report) -> Table:
    """The ways that matter: steps, what is gained, what is lost, what it costs."""
    columns = (_("Way to sample"), _("Steps"), figure_title(report.gain), figure_title("coverage"), _("ms an image"))
    lines = table_in_short(report)
    rows = tuple(tuple(each[column] for column in columns) for each in lines)
    advised = next((index for index, each in enumerate(lines) if each[_("Advised")]), None)
    return Table(columns, rows, advised)


def facts(chosen: Selection, settings: RunSettings) -> dict[str, str]:
    """What every run is fixed by."""
    return {
        _("Model"): f"{settings.model} ({settings.model_sha256[:12]})",
        _("Seed"): str(settings.spec.seed),
        _("Samples"): str(settings.spec.count),
    }


def plain(text: str) -> str:
    """A text without the marks of Markdown."""
    return text.replace("**", "")
