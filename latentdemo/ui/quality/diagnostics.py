"""Long-run diagnostics as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentdemo.ui.i18n.kernel_words import capital, kernel_title
from latentdemo.ui.i18n.words import _


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
