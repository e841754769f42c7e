"""From the name of a density, or a density at hand, to what kernels, stopping and starting points need of it."""

from __future__ import annotations

from collections.abc import Collection

from latentdemo.errors import LatentdemoError, SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling.densities.density import Density, FittedDensity, TransportMap, calibrated
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.densities.store import check_fitted, read_densities, read_density_config
from latentdemo.sampling.kernels.kernel import Autoencoder

BEST = "best"  # the likeliest on held-out encodings, of those that chains can follow
MAPS = tuple(name for name, spec in reversed(DENSITIES.items()) if issubclass(spec.kind, TransportMap))
"""Densities with a map from the prior; paths are laid by the first that there is, the newest of the registry."""


def resolve_density(model: Autoencoder, wanted: str | Density | FittedDensity = BEST) -> FittedDensity:
    """A density of a model.

    Args:
        model: the model.
        wanted: a density at hand; or the name of one that lies beside the model's checkpoint, "best" for the likeliest
            on held-out encodings, of those that chains can follow.

    Raises:
        SamplingError: a name, and the model has no folder, or no density of that name.
        CheckpointError: the stored densities cannot be read.
    """
    if isinstance(wanted, FittedDensity):
        return wanted
    if not isinstance(wanted, str):
        return calibrated(wanted)  # type: ignore[arg-type]  # A protocol does not tell that objects have a hash.
    if model.folder is None:
        raise SamplingError(
            "this model comes from no checkpoint folder, where its densities would lie: save it, or pass a density"
        )
    config = read_density_config(model.folder)
    check_fitted(config, model.weights_digest, model.folder)
    fitted = read_densities(model.folder, config.sha256, str(model.device))
    if wanted != BEST and wanted not in fitted:
        raise SamplingError(f"no density {wanted!r} beside {model.folder}; known are {BEST}, {', '.join(fitted)}")
    return next(iter(fitted.values())) if wanted == BEST else fitted[wanted]


def best_density(model: GenerativeAutoencoder) -> FittedDensity | None:
    """The likeliest density of a model that chains can follow; None where there is none that can be read."""
    try:
        return resolve_density(model)
    except LatentdemoError:
        return None


def map_name(densities: Collection[str]) -> str | None:
    """Which of the densities of a model lays paths through its base space; None where none can."""
    return next((name for name in MAPS if name in densities), None)


def resolve_map(model: Autoencoder) -> TransportMap:
    """The map from the prior that lays a model's paths.

    Raises:
        SamplingError: the model has no folder, or no density with a map.
        CheckpointError: the stored densities cannot be read.
    """
    names = read_density_config(model.folder).densities if model.folder else ()
    name = map_name(names)
    if name is None:
        raise SamplingError(
            f"none of the densities of this model has a map from the prior ({', '.join(names) or 'it has none'}); "
            f"those that have are {', '.join(MAPS)}: fit them, or take a path without"
        )
    found = resolve_density(model, name).density
    assert isinstance(found, TransportMap)
    return found


def best_map(model: Autoencoder) -> TransportMap | None:
    """As `resolve_map`; None where there is none that can be read."""
    try:
        return resolve_map(model)
    except LatentdemoError:
        return None
