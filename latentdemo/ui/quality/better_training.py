"""What the quality page says of a family that is trained better than another: is a chain still worth it there?"""

from __future__ import annotations

from collections.abc import Mapping

from latentdemo.evaluation.report import GAP, Interval, Report
from latentdemo.models import FAMILIES
from latentdemo.ui.i18n.figure_words import value_text
from latentdemo.ui.i18n.kernel_words import way_phrase
from latentdemo.ui.i18n.words import _

DISTANCE = "frechet_distance"


def better_training(reports: Mapping[str, Report]) -> list[str]:
    """What is said of each pair of a family and the one that its training improves, a paragraph a pair.

    Args:
        reports: family -> evaluation, of the models of one data set. Pairs whose figures cannot be compared are left
            out.
    """
    return [
        " ".join([priors_in_words(pair), chain_in_words(pair[1]), ends_in_words(pair)])
        for family, report in reports.items()
        if family in FAMILIES and FAMILIES[family].improves in reports
        for pair in [(reports[FAMILIES[family].improves], report)]
        if comparable(*pair)
    ]


def comparable(plain: Report, better: Report) -> bool:
    """Whether two evaluations were taken in one feature space, with equally many images."""
    return plain.count == better.count and plain.features.get("sha256") == better.features.get("sha256")


def priors_in_words(pair: tuple[Report, Report]) -> str:
    """What better training makes of the prior samples.

    Args:
        pair: the plain model, and the one that is trained better.
    """
    before, after = (report.prior.figures[DISTANCE] for report in pair)
    facts = titles(pair) | {
        "before": value_text(DISTANCE, before),
        "after": value_text(DISTANCE, after),
        "share": f"{abs(100 * (1 - after.mean / before.mean)):.0f}",
    }
    if after.below(before):
        return _("Better training pays: prior samples of the {better} are at a Fréchet distance of {after} from real "
                 "data, {share} % less than the {before} of the {plain}.", **facts)  # fmt: skip
    if before.below(after):
        return _("Better training does not pay here: prior samples of the {better} are at a Fréchet distance of "
                 "{after} from real data, {share} % more than the {before} of the {plain}.", **facts)  # fmt: skip
    return _("Better training gains nothing beyond chance: prior samples of the {better} are at a Fréchet distance of "
             "{after} from real data, those of the {plain} at {before}.", **facts)  # fmt: skip


def chain_in_words(better: Report) -> str:
    """Whether a chain still pays for the model that is trained better."""
    row = better.recommended
    if row is None:
        return _("A chain is no longer worth it there: none is recommended.")
    return _("A chain is still worth it there: {way} closes {gap} of the quality gap that is left.",
             way=way_phrase(row), gap=value_text(GAP, row.figures[GAP]))  # fmt: skip


def ends_in_words(pair: tuple[Report, Report]) -> str:
    """Which of the two ends better, each sampled as recommended."""
    other, end = (end_of(report) for report in pair)
    facts = titles(pair) | {"end": value_text(DISTANCE, end), "other": value_text(DISTANCE, other)}
    if end.below(other):
        return _("With what is recommended for each, the {better} ends better: at {end}, the {plain} at {other}.",
                 **facts)  # fmt: skip
    if other.below(end):
        return _("With what is recommended for each, the {better} ends worse: at {end}, the {plain} at {other}.",
                 **facts)  # fmt: skip
    return _("With what is recommended for each, the two end the same within chance: the {better} at {end}, the "
             "{plain} at {other}.", **facts)  # fmt: skip


def end_of(report: Report) -> Interval:
    """The Fréchet distance of what is recommended: a chain, or the prior sample."""
    return (report.recommended or report.prior).figures[DISTANCE]


def titles(pair: tuple[Report, Report]) -> dict[str, str]:
    """Both families in words."""
    plain, better = (FAMILIES[report.model.split("/")[1]].title for report in pair)
    return {"plain": plain, "better": better}
