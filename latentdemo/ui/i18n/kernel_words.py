"""Kernels and ways to sample in words that need no statistics; the field's own names are for tooltips."""

from __future__ import annotations

from typing import Any

from latentdemo.evaluation.report import Row
from latentdemo.sampling import KERNELS
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.starts import DATA, DENSITY, PRIOR
from latentdemo.ui.i18n.words import N_, _

DRAW = "draw"  # stands for the kernel where no chain follows the draw


OTHER_STARTS = {
    PRIOR: N_("prior"),
    DENSITY: N_("fitted density"),
    DATA: N_("real data"),
    "pythae-mixture": N_("mixture of 10 (pythae)"),
    "pythae-maf": N_("masked autoregressive flow (pythae)"),
    "pythae-iaf": N_("inverse autoregressive flow (pythae)"),
    "pythae-two-stage": N_("two-stage VAE (pythae)"),
}
"""Starting points that are no density of the registry."""


def kernel_title(kernel: str) -> str:
    """A kernel in words, as it stands in a sentence; one that is not registered keeps its name."""
    if not kernel:
        return _("direct draw")
    return _(KERNELS[kernel].title) if kernel in KERNELS else kernel


def kernel_name(kernel: str) -> str:
    """A kernel where there is no tooltip: the field's name and the plain word."""
    if kernel not in KERNELS:
        return kernel
    return _("{method} ({plain})", method=_(KERNELS[kernel].method), plain=kernel_title(kernel))


def kernel_help(kernel: str) -> str:
    """What a kernel does, with its technical name."""
    if not kernel:
        return _("Latents drawn from a density that was fitted to encodings of real data, without any chain.")
    return _(KERNELS[kernel].help) if kernel in KERNELS else kernel


def start_samples(start: str) -> str:
    """What decoding the starting points shows."""
    if start == PRIOR:
        return _("Prior samples, the starting points")
    if start == DATA:
        return _("Held-out data, encoded and decoded: the starting points")
    if start == DENSITY:
        return _("Draws from the fitted density, the starting points")
    return _("Draws from the {start}, the starting points", start=start_title(start))


def start_title(start: str) -> str:
    """A starting point in words; one of one's own keeps its name."""
    title = DENSITIES[start].title if start in DENSITIES else OTHER_STARTS.get(start, "")
    return _(title) if title else start


def way_key(row: Row) -> str:
    """The way of a row, its steps left out, as a short text for a link."""
    options = "".join(f"+{name}={value}" for name, value in sorted(row.options.items()))
    start = "" if row.start == "prior" else f"@{row.start}"
    stop = "" if row.stop_at is None else f"+stop={row.stop_at:g}"
    return f"{row.kernel or DRAW}{start}{options}{stop}"


def way_title(row: Row) -> str:
    """The way of a row, its steps left out, as a label."""
    if not row.kernel:
        return _("direct draw: {start}", start=start_title(row.start))
    notes = [_("from the {start}", start=start_title(row.start))] if row.start != "prior" else []
    notes += [option_note(row, name, value) for name, value in sorted(row.options.items())]
    notes += [_("adaptive")] if row.stop_at is not None else []
    kernel = kernel_title(row.kernel)
    return _("{kernel} ({notes})", kernel=kernel, notes=", ".join(notes)) if notes else kernel


def option_note(row: Row, name: str, value: Any) -> str:
    """An option that is not at its usual value, as a note beside the kernel."""
    for option in KERNELS[row.kernel].options if row.kernel in KERNELS else ():
        for choice in option.choices:
            if (option.name, choice.value) == (name, value) and choice.note:
                return _(choice.note)
    return f"{name} {value}"


def way_phrase(row: Row) -> str:
    """A row as the subject of a sentence."""
    if row.is_prior:
        return _("sampling straight from the prior")
    if not row.kernel:
        return _("drawing directly from the {start}", start=start_title(row.start))
    if row.stop_at is not None:
        return _("running the {way} for {average} steps on average, {steps} at most,",
                 way=way_title(row), average=f"{row.average_steps:.1f}", steps=row.steps)  # fmt: skip
    if row.steps == 1:
        return _("running 1 step of the {way}", way=way_title(row))
    return _("running {steps} steps of the {way}", steps=row.steps, way=way_title(row))


def way_noun(row: Row) -> str:
    """A row as what it is, to stand between commas."""
    if row.stop_at is not None:
        return _("{average} steps on average of the {way}", average=f"{row.average_steps:.1f}", way=way_title(row))
    if row.steps == 1:
        return _("1 step of the {way}", way=way_title(row))
    return _("{steps} steps of the {way}", steps=row.steps, way=way_title(row))


def way_in_short(row: Row) -> str:
    """A way with its steps, as a label."""
    if row.is_prior:
        return _("Prior sample")
    return capital(_("{way}, {steps}", way=way_title(row), steps=steps_text(row)) if row.kernel else way_title(row))


def way_help(row: Row) -> str:
    """What the way of a row does, with the technical names."""
    notes = [kernel_help(row.kernel)]
    if row.start != "prior":
        notes.append(_("It starts at draws from the {start} that was fitted to encodings of real data.",
                       start=start_title(row.start)))  # fmt: skip
    for option in KERNELS[row.kernel].options if row.kernel in KERNELS else ():
        notes += [_(choice.meaning) for choice in option.choices if choice.value == row.options.get(option.name)]
    if row.stop_at is not None:
        notes.append(_("Adaptive: a chain stops once its latent is as likely as {share} % of real ones.",
                       share=f"{100 * row.stop_at:g}"))  # fmt: skip
    return " ".join(notes)


def steps_taken(row: Row) -> float:
    """Steps that a chain took, on average where it stops by itself."""
    return float(row.steps) if row.stop_at is None else row.average_steps


def steps_text(row: Row) -> str:
    """Steps of a row; of an adaptive one the average, with the most that it may take."""
    if row.stop_at is None:
        return str(row.steps)
    return _("{average} (at most {steps})", average=f"{row.average_steps:.1f}", steps=row.steps)


def way_rank(row: Row) -> tuple[int, int, str]:
    """Sorts ways: by the registry of kernels, the plain form of each first, draws without a chain last."""
    kernels = list(KERNELS)
    rank = kernels.index(row.kernel) if row.kernel in kernels else len(kernels) + (not row.kernel)
    return rank, int(row.start != "prior") + len(row.options) + 2 * (row.stop_at is not None), way_key(row)


def capital(text: str) -> str:
    """A text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
