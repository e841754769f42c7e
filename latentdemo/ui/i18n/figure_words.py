"""Figures of an evaluation in words: their names, what each says in one line, and their values with an uncertainty."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import COPYING, GAP, HIGHER_IS_BETTER, MIX
from latentdemo.typography import NO_BREAK
from latentdemo.ui.i18n.words import N_, _

SHARES = ("precision", "recall", "density", "coverage", "image_kept", "latent_kept", "acceptance", MIX)
TITLES = {
    GAP: N_("Quality gap closed, %"),
    "frechet_distance": N_("Fréchet distance"),
    "kernel_distance": N_("Kernel distance"),
    "precision": N_("Precision (fidelity)"),
    "recall": N_("Recall (diversity)"),
    "density": N_("Density"),
    "coverage": N_("Coverage"),
    "sharpness": N_("Sharpness"),
    "nearest_training": N_("Distance to the nearest training image"),
    "memorised_share": N_("Memorised share"),
    "energy_distance": N_("Energy distance of latents"),
    "energy_p": N_("p-value of the energy distance"),
    "image_kept": N_("Kept of the starting image"),
    "latent_kept": N_("Kept of the starting latent"),
    "round_trip_image": N_("Image change in a round trip"),
    "round_trip_latent": N_("Latent change in a round trip"),
    "acceptance": N_("Acceptance rate"),
    MIX: N_("Shift in the mix of labels"),
    COPYING: N_("Data-copying test"),
}
SPACES = {"damage": N_("labels and damage"), "labels": N_("labels alone"), "imagenet": N_("ImageNet")}
"""Feature spaces by what their networks were trained to tell, which is what they judge by."""
DESCRIPTIONS = (
    N_("{data} classifier, {count} penultimate activations"),
    N_("{data} classifier of labels alone, {count} pooled activations"),
    N_("{network} (ImageNet), {count} principal components of {data}"),
)
"""As evaluations describe the spaces that they were made in."""
FEWEST_DIGITS = 3  # figures without a natural unit have so many digits at least


def described_space(description: str) -> str:
    """A feature space as an evaluation describes it, in the session's language; others keep what is said of them."""
    for text in DESCRIPTIONS:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\S+)", re.escape(text))
        if found := re.fullmatch(pattern, description):
            return _(text, **found.groupdict())
    return description


def figure_title(name: str) -> str:
    """A figure in words; an unknown one keeps its name."""
    return _(TITLES[name]) if name in TITLES else name.replace("_", " ")


def figure_word(name: str) -> str:
    """A figure as it stands inside a sentence."""
    return {
        GAP: _("quality gap closed"),
        "frechet_distance": _("Fréchet distance"),
        "kernel_distance": _("kernel distance"),
        "precision": _("precision"),
        "recall": _("recall"),
        "density": _("density"),
        "coverage": _("coverage"),
        "memorised_share": _("memorised share"),
        "energy_distance": _("energy distance"),
        MIX: _("the mix of labels"),
    }.get(name, figure_title(name))


def space_title(space: str, spaces: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """A feature space in words, by its name in a report; an unknown one is called as the report's `spaces` call it."""
    if space in SPACES:
        return _(SPACES[space])
    return str((spaces or {}).get(space, {}).get("name", space))


def figure_meaning(name: str) -> str:
    """What a figure says, in one line."""
    return {
        GAP: _("How far the way from the prior sample (0 %) to the best that this decoder can do (100 %) was gone, in "
               "Fréchet distance."),
        "frechet_distance": _("How far the samples as a whole are from real data in the feature space, in mean and "
                              "spread; lower is better."),
        "kernel_distance": _("The same question without supposing a bell shape, and without bias at small counts; "
                             "lower is better, 0 for equal distributions."),
        "precision": _("Share of samples that look like real data; higher is better."),
        "recall": _("Share of real data that the samples could have produced; higher is better."),
        "density": _("How densely real data lies around the samples, 1 for real data itself; higher is better."),
        "coverage": _("Share of real data that has a sample close by; higher is better."),
        "sharpness": _("Strength of edges; read it beside that of real data, the one to come near."),
        "nearest_training": _("Distance in the feature space from a sample to the training image most like it, in "
                              "units of the same distance for held-out images: far below 1 it recites."),
        "memorised_share": _("Share of samples nearer to a training image than 99 % of held-out images are; 0.01 is "
                             "what a model that memorises nothing gives."),
        "energy_distance": _("Distance between the latents and encodings of real data; lower is better, 0 for the "
                             "learned latent distribution."),
        "energy_p": _("How often chance alone gives so large an energy distance; small means that the latents do not "
                      "follow the learned latent distribution."),
        "image_kept": _("How much of the starting image survives, from 0 (nothing) to 1 (all); chains from the prior "
                        "only."),
        "latent_kept": _("How much of the starting latent survives, from 0 to 1; chains from the prior only."),
        "round_trip_image": _("How much one more decode and encode would change the image; small where the model is at "
                              "home."),
        "round_trip_latent": _("How much one more decode and encode would move the latent."),
        "acceptance": _("Share of proposed steps that were taken, for chains that may refuse a step."),
        MIX: _("The largest shift in how samples are spread over the classes of a label, as a classifier sees them: "
               "the share of samples that would have to change their class, without what chance adds; 0 means none."),
        COPYING: _("The data-copying statistic C_T of Meehan and others (2020): near 0 the samples are as far from the "
                   "training images as held-out images are; strongly negative, such as −3, they copy them."),
    }.get(name, "")  # fmt: skip


def axis_title(name: str) -> str:
    """A figure as the title of an axis, with its good direction below where it has one."""
    if name not in HIGHER_IS_BETTER:
        return figure_title(name)
    return (
        _("{figure}\nhigher is better", figure=figure_title(name))
        if HIGHER_IS_BETTER[name]
        else _("{figure}\nlower is better", figure=figure_title(name))
    )


def value_text(name: str, interval: Interval) -> str:
    """A figure with half of its 95 % interval, such as "0.61 ± 0.02" or "88 % ± 2 %"; nothing in it is broken apart."""
    mean, half = interval.mean, interval.half_width
    digits = decimals(name, max(abs(mean), half or 0.0))
    if half and round(half, digits) == 0:
        digits += 1
    texts = [number_text(mean, digits), *([] if half is None else [number_text(half, digits)])]
    return f"{NO_BREAK}±{NO_BREAK}".join(with_unit(text, "%") if name == GAP else text for text in texts)


def mean_text(name: str, interval: Interval) -> str:
    """A figure without its interval, for where it stands between others."""
    text = number_text(interval.mean, decimals(name, abs(interval.mean)))
    return with_unit(text, "%") if name == GAP else text


def decimals(name: str, size: float) -> int:
    """Decimals of a figure of such a size."""
    if name == GAP:
        return 0 if size >= 9.95 else 1
    if name == "rejects":
        return 0
    if name == COPYING:
        return 1
    if name in SHARES:
        return 2
    if name in ("memorised_share", "energy_p"):
        return 3
    return min(6, max(0, FEWEST_DIGITS - 1 - math.floor(math.log10(size)))) if size > 0 else FEWEST_DIGITS


def number_text(value: float, digits: int) -> str:
    """A number with a proper minus sign, and none before zero."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def with_unit(number: str, unit: str) -> str:
    """A number with its unit, which stays on its line."""
    return f"{number}{NO_BREAK}{unit}"


def milliseconds_text(value: float) -> str:
    """Milliseconds with two or three digits that mean something."""
    return number_text(value, 0 if value >= 10 else 1 if value >= 1 else 2)


def money_text(value: float) -> str:
    """An amount with two decimals, or as many as its first two digits need."""
    digits = 2 if abs(value) >= 0.1 or value == 0 else min(12, 1 - math.floor(math.log10(abs(value))))
    return number_text(value, digits)
