"""What the quality page says of a family that is trained better than another: does anything but the prior still pay?"""

from __future__ import annotations

from collections.abc import Mapping

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import DISTANCE, GAP, Report
from latentdemo.models import FAMILIES
from latentdemo.ui.i18n.figure_words import value_text
from latentdemo.ui.i18n.kernel_words import way_phrase
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.selection import family_title


def better_training(reports: Mapping[str, Report]) -> list[str]:
    """What is said of each pair of a family and the one that its training improves, a paragraph a pair.

    Args:
        reports: family -> evaluation, of the models of one data set. Pairs whose figures cannot be compared are left
            out.
    """
    return [
        " ".join([priors_in_words(pair), correction_in_words(pair[1]), ends_in_words(pair)])
        for family, report in reports.items()
        if family in FAMILIES and FAMILIES[family].improves in reports
        for pair in [(reports[FAMILIES[family].improves], report)]
        if comparable(*pair)
    ]


def comparable(plain: Report, better: Report) -> bool:
    """Whether figures of two evaluations can be compared."""
    return yardstick(plain) == yardstick(better)


def yardstick(report: Report) -> tuple[object, ...]:
    """What figures depend on beside the model: the count of images, and the feature spaces."""
    return (report.count, *sorted((space, facts.get("sha256")) for space, facts in report.spaces.items()))


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


def correction_in_words(better: Report) -> str:
    """Whether correcting the latents still pays for the model that is trained better."""
    row, told = better.recommended, better.told
    if row is None or told is None:
        return _("Correcting the latents is no longer worth it there: nothing but the prior sample is recommended.")
    return _("Correcting the latents is still worth it there: {way} closes {gap} of the quality gap that is left.",
             way=way_phrase(row), gap=value_text(GAP, told.figures[GAP]))  # fmt: skip


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
    """The Fréchet distance, in the first feature space, of what is recommended, which may be the prior sample."""
    return (report.told or report.prior).figures[DISTANCE]


def titles(pair: tuple[Report, Report]) -> dict[str, str]:
    """Both families in words."""
    plain, better = (family_title(report.model.split("/")[1]) for report in pair)
    return {"plain": plain, "better": better}
