"""Kernels and starting points in plain words, the same on every page; one that has no words here keeps its name."""

from __future__ import annotations

from latentdemo.sampling.starts import DATA, DENSITY, PRIOR
from latentdemo.ui.words import N_, _

KERNEL_TITLES = {
    "decode-encode": N_("Decode and encode (plain chain)"),
    "transport": N_("Transport, then plain chain"),
    "hmc": N_("Hamiltonian Monte Carlo"),
    "langevin": N_("Langevin"),
    "metropolis-within-gibbs": N_("Metropolis-within-Gibbs"),
}
KERNEL_STEPS = {
    "decode-encode": N_("Each step decodes the latent and encodes the picture again."),
    "transport": N_(
        "The first step carries each starting point to its place in the learned latent distribution, along a fitted map; "
        "the steps after it decode and encode."
    ),
    "hmc": N_(
        "Each step is a long move through the fitted density of the learned latent distribution. "
        "Little is kept of the starting point; nothing is decoded but what is shown."
    ),
    "langevin": N_(
        "As Hamiltonian Monte Carlo, in much shorter moves: more is kept of the starting point, more steps are needed."
    ),
    "metropolis-within-gibbs": N_(
        "Decodes and encodes, and accepts only moves that fit the model and its prior. It tests how good the encoder is "
        "and leads back to the prior, so it takes no artifacts away."
    ),
}
START_TITLES = {PRIOR: N_("Prior"), DENSITY: N_("Fitted density"), DATA: N_("Real data")}
START_SAMPLES = {
    PRIOR: N_("Prior samples, the starting points"),
    DENSITY: N_("Draws from the fitted density, the starting points"),
    DATA: N_("Reconstructions of held-out data, the starting points"),
}


def kernel_title(name: str) -> str:
    """A kernel in words."""
    return _(KERNEL_TITLES[name]) if name in KERNEL_TITLES else name


def kernel_step(name: str) -> str:
    """What one step of a kernel does, in a sentence or two."""
    return _(KERNEL_STEPS[name]) if name in KERNEL_STEPS else ""


def start_title(name: str) -> str:
    """A starting point in words."""
    return _(START_TITLES[name]) if name in START_TITLES else name


def start_samples(name: str) -> str:
    """What decoding a starting point shows."""
    return _(START_SAMPLES[name]) if name in START_SAMPLES else name
