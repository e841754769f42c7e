"""Whether every model can be read, and is what its configuration was written for."""

from __future__ import annotations

from collections.abc import Iterator

from latentdemo.checkpoints import list_models, load_trained
from latentdemo.checkpoints.config import DENSITY_CONFIG
from latentdemo.checkpoints.roots import VARIABLE, checkpoint_roots
from latentdemo.doctor.finding import Finding
from latentdemo.errors import LatentdemoError
from latentdemo.sampling.densities.store import load_densities


def check() -> Iterator[Finding]:
    """Read all weights and densities, as the demo does, and compare their digests."""
    names = list_models()
    if not names:
        places = ", ".join(map(str, checkpoint_roots()))
        remedy = f"fetch the folder checkpoints of the project, or name where models lie in ${VARIABLE}"
        yield Finding("checkpoints", "fault", f"no model in {places}", remedy)
        return
    broken = [finding for name in names if (finding := fault_of(name))]
    yield from broken
    if not broken:
        yield Finding("checkpoints", "good", f"{len(names)} models can be read, and their digests are right")


def fault_of(name: str) -> Finding | None:
    """What is wrong with a model or with what was fitted to it; None where nothing is."""
    try:
        model = load_trained(name, "cpu")
        if model.folder is not None and (model.folder / DENSITY_CONFIG).exists():
            load_densities(model.folder)
    except LatentdemoError as error:
        wrong, _, remedy = str(error).rpartition("; ")  # messages end with what to do
        return Finding("checkpoints", "fault", f"{name}: {wrong or error}", remedy if wrong else "fetch it again")
    return None
