"""The registry of densities: one file and one line each."""

from __future__ import annotations

from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.sampling.densities.spline_flow import Flow

FOLLOWED = "mixture"  # what gradients are taken of
FLOW = "flow"
BASELINE = "mixture-10"  # ten components, as Ghosh et al. 2020 (arXiv 1903.12436) sample regularised autoencoders


KINDS: dict[str, type[Density]] = {cls.kind: cls for cls in (GaussianMixture, Flow)}
