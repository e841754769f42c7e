"""The shipped evaluation of the chosen model, or why there is none, and the other models of its data set."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.checkpoints.roots import PRIVATE
from latentdemo.errors import CheckpointError
from latentdemo.evaluation.report import FILE, EvaluationError, Report, Row, load_report
from latentdemo.sampling import ChainSpec
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state.selection import Selection, families_by_dataset

PLAIN_STEPS = 5  # of the plain chain, where nothing is advised


def evaluation_of(chosen: Selection) -> Report | str:
    """The evaluation of the weights that are shown, or in words why there is none."""
    folder = model_folder(chosen.model)
    if chosen.model.startswith(PRIVATE):
        return _("A model that is brought along comes without its evaluation. The quality review can measure it here.")
    path = folder / FILE
    if not path.exists():
        return _("This model was not evaluated yet. Make its evaluation with: python -m latentdemo evaluate {model}",
                 model=chosen.model)  # fmt: skip
    try:
        report = read_report(folder, path.stat().st_mtime_ns)
    except EvaluationError as error:
        return error_words(error)
    if report.model_sha256 != chosen.config.sha256:
        return _(
            "The evaluation is of other weights of this model. Renew it with: python -m latentdemo evaluate {model}",
            model=chosen.model,
        )
    return report


def report_of(chosen: Selection) -> Report | None:
    """The evaluation of the weights that are shown; None where there is none, see `evaluation_of`."""
    found = evaluation_of(chosen)
    return found if isinstance(found, Report) else None


def advised(report: Report | None) -> Row:
    """The way to sample that is shown unless somebody chooses another: the recommended one, else a few steps of the
    plain chain."""
    return report.recommended if report and report.recommended else Row({}, spec=ChainSpec(steps=PLAIN_STEPS))


@lru_cache(maxsize=32)
def read_report(folder: Path, written: int) -> Report:
    """The evaluation beside a checkpoint, kept until it is written anew; raises as `load_report` does."""
    return load_report(folder)


def other_models(chosen: Selection) -> list[Selection]:
    """The data set's other models; those without a configuration that can be read are left out."""
    dataset, own = chosen.model.split("/")
    found = []
    for family in families_by_dataset()[dataset]:
        try:
            config = read_config(model_folder(f"{dataset}/{family}"))
        except CheckpointError:
            continue
        if family != own:
            found.append(Selection(f"{dataset}/{family}", config, chosen.seed))
    return found
