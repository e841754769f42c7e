"""The registry of densities: one file and one line each."""

from __future__ import annotations

from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.densities.flow_matching import FLOW_MATCHING
from latentdemo.sampling.densities.mixture import MIXTURE, SMALL_MIXTURE
from latentdemo.sampling.densities.spec import DensitySpec
from latentdemo.sampling.densities.spline_flow import SPLINE_FLOW

DENSITIES: dict[str, DensitySpec] = {
    spec.name: spec
    for spec in (
        SMALL_MIXTURE,
        MIXTURE,
        SPLINE_FLOW,
        FLOW_MATCHING,
    )
}


def kinds() -> dict[str, type[StoredDensity]]:
    """What a file calls a kind of density -> what builds an empty one."""
    return {spec.kind.kind: spec.kind for spec in DENSITIES.values()}
