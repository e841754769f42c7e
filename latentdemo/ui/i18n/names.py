"""Kernels as they stand in a menu, with the field's name and the plain word of `kernel_words`, and what starts show."""

from __future__ import annotations

from latentdemo.sampling.starts import DATA, DENSITY, PRIOR
from latentdemo.ui.i18n.kernel_words import kernel_title
from latentdemo.ui.i18n.words import N_, _

STARTS = (PRIOR, DENSITY, DATA)
METHODS = {
    "decode-encode": N_("Decode and encode"),
    "transport": N_("Transport, then decode and encode"),
    "hmc": N_("Hamiltonian Monte Carlo"),
    "langevin": N_("Langevin"),
    "metropolis-within-gibbs": N_("Metropolis-within-Gibbs"),
}
START_SAMPLES = {
    PRIOR: N_("Prior samples, the starting points"),
    DENSITY: N_("Draws from the fitted density, the starting points"),
    DATA: N_("Held-out data, encoded and decoded: the starting points"),
}


def kernel_name(kernel: str) -> str:
    """A kernel in a menu; one of one's own keeps its name."""
    if kernel not in METHODS:
        return kernel
    return _("{method} ({plain})", method=_(METHODS[kernel]), plain=kernel_title(kernel))


def start_samples(start: str) -> str:
    """What decoding the starting points shows."""
    return _(START_SAMPLES[start])
