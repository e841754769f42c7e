"""Kernels and ways to sample in words that need no statistics; the field's own names are for tooltips."""

from __future__ import annotations

from latentdemo.evaluation.report import Row
from latentdemo.sampling import KERNELS
from latentdemo.ui.i18n.words import N_, _

DRAW = "draw"  # stands for the kernel where no chain follows the draw


def kernel_title(kernel: str) -> str:
    """A kernel in words, as it stands in a sentence; one of one's own keeps its name."""
    return {
        "decode-encode": _("plain chain"),
        "transport": _("transport chain"),
        "hmc": _("calibrated chain"),
        "langevin": _("short-step calibrated chain"),
        "metropolis-within-gibbs": _("corrected chain"),
        "": _("direct draw"),
    }.get(kernel, kernel)


def kernel_help(kernel: str) -> str:
    """What a kernel does, with its technical name."""
    return {
        "decode-encode": _("Decode and encode again, step after step (decode-encode kernel)."),
        "transport": _("The first step carries the starting point to its place in the learned latent distribution with "
                       "a fitted flow, the further steps decode and encode (transport kernel)."),
        "hmc": _("Walks through the latent space by a density that was fitted to encodings of real data "
                 "(Hamiltonian Monte Carlo)."),
        "langevin": _("As the calibrated chain, with one short move a step (Metropolis-adjusted Langevin)."),
        "metropolis-within-gibbs": _("The plain chain with an acceptance step; it keeps to the prior, so it tells how "
                                     "good the encoder is rather than curing anything (Metropolis-within-Gibbs)."),
        "": _("Latents drawn from a density that was fitted to encodings of real data, without any chain."),
    }.get(kernel, kernel)  # fmt: skip


START_TITLES = {
    "prior": N_("prior"),
    "mixture-10": N_("mixture of 10"),
    "mixture": N_("large mixture"),
    "flow": N_("flow"),
    "density": N_("fitted density"),
    "data": N_("real data"),
    "pythae-mixture": N_("mixture of 10 (pythae)"),
    "pythae-maf": N_("masked autoregressive flow (pythae)"),
    "pythae-iaf": N_("inverse autoregressive flow (pythae)"),
    "pythae-two-stage": N_("two-stage VAE (pythae)"),
}


def start_title(start: str) -> str:
    """A starting point in words; one of one's own keeps its name."""
    return _(START_TITLES[start]) if start in START_TITLES else start


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
    notes += [
        _("sampled decoding") if (name, value) == ("decoding", "sample") else f"{name} {value}"
        for name, value in sorted(row.options.items())
    ]
    notes += [_("adaptive")] if row.stop_at is not None else []
    kernel = kernel_title(row.kernel)
    return _("{kernel} ({notes})", kernel=kernel, notes=", ".join(notes)) if notes else kernel


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


def way_help(row: Row) -> str:
    """What the way of a row does, with the technical names."""
    notes = [kernel_help(row.kernel)]
    if row.start != "prior":
        notes.append(_("It starts at draws from the {start} that was fitted to encodings of real data.",
                       start=start_title(row.start)))  # fmt: skip
    if row.options.get("decoding") == "sample":
        notes.append(_("The chain passes on the image with the model's own noise."))
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
