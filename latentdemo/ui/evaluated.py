"""The shipped evaluation of the chosen model, or why there is none."""

from __future__ import annotations

from latentdemo.evaluation.report import FILE, EvaluationError, Report, load_report
from latentdemo.models import model_folder
from latentdemo.ui.sidebar import Selection
from latentdemo.ui.words import _


def evaluation_of(chosen: Selection) -> Report | str:
    """The evaluation of the weights that are shown, or in words why there is none."""
    folder = model_folder(chosen.model)
    if not (folder / FILE).exists():
        return _("This model was not evaluated yet. Make its evaluation with: python -m latentdemo evaluate {model}",
                 model=chosen.model)  # fmt: skip
    try:
        report = load_report(folder)
    except EvaluationError as error:
        return str(error)
    if report.model_sha256 != chosen.config.sha256:
        return _("The evaluation is of other weights of this model. Renew it with: python -m latentdemo evaluate {model}",
                 model=chosen.model)  # fmt: skip
    return report
