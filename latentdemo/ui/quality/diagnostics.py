"""Long-run diagnostics as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentdemo.evaluation.metrics.diagnostics import told_time
from latentdemo.ui.i18n.kernel_words import capital, kernel_title
from latentdemo.ui.i18n.words import _


def diagnostics_table(diagnostics: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Long-run diagnostics, a dictionary a kernel: name of a single number in words -> number.

    An autocorrelation time stands there as words, so that a column holds nothing else where a run is too short for it.
    """
    titles = {
        "chains": _("Chains"),
        "warm_up": _("Steps of warm-up, left out"),
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
        {_("Way to sample"): capital(kernel_title(kernel))}
        | {titles[name]: value for name, value in shown(found, titles).items()}
        for kernel, found in diagnostics.items()
    ]


def shown(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Those of some names that a run has a single number of, rounded, in the order of the names."""
    time = {"autocorrelation_time": time_in_words(found)} if "autocorrelation_time" in found else {}
    numbers = {name: round(value, 3) for name, value in found.items() if isinstance(value, int | float)}
    return {name: (numbers | time)[name] for name in names if name in numbers | time}


def time_in_words(found: Mapping[str, Any]) -> str:
    """The autocorrelation time of a run, or that the run is too short to tell it; older files give one regardless."""
    time = told_time(found["autocorrelation_time"], found["steps"])
    return _("longer than can be told from {steps} steps", steps=found["steps"]) if time is None else f"{time:.3g}"
