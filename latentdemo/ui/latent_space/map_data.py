"""What the map of the latent space shows, in the session's words: real data, the prior and chains in a plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from latentdemo.data.held_out import held_out_images
from latentdemo.imaging import contact_sheet, data_uri, png_bytes
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.starts import PRIOR as PRIOR_START
from latentdemo.ui.components.charts import style_of
from latentdemo.ui.components.latent_map import Dots, Here, Scene, Sheet, Spot
from latentdemo.ui.i18n.words import _
from latentdemo.ui.latent_space.answer import Answer, answer_words
from latentdemo.ui.latent_space.sheets import COLUMNS, GRID, real_sheet
from latentdemo.ui.runs.encodings import Encoded, prior_draws
from latentdemo.ui.runs.map_point import AVERAGE, DIGITS, MapPoint, on_map


def plane_scene(
    title: str, folder: Path, encoded: Encoded, decoded: bytes | None, spec: ChainSpec, chains: Tensor | None
) -> Scene:
    """The plane of the main directions.

    Args:
        title: the model in words.
        folder: of its data set.
        encoded: real data.
        decoded: the sheet of the plane; None while there is none.
        spec: of the chains.
        chains: where they went, (N, D); None while there are none.
    """
    prior = prior_draws(encoded.latents.shape[1], spec.seed)
    note = _("This plane shows {share} % of the variance of the encodings: what overlaps here can lie apart in other "
             "directions, as the chart below shows.", share=f"{100 * encoded.plane.explained:.0f}")  # fmt: skip
    dots = Dots(
        spots(on_map(encoded.latents, encoded)),
        spots(on_map(prior, encoded)),
        [] if chains is None else spots(on_map(chains, encoded)),
        legend_words(None if chains is None else spec),
        style_of(str(spec.kernel)).colour,
        note,
    )
    thumbs = Sheet(real_sheet(folder, len(dots.real)), COLUMNS)
    return Scene(title, dots, thumbs, Sheet(decoded, GRID) if decoded else None, is_plane=True)


def neighbour_scene(title: str, folder: Path, encoded: Encoded, places: np.ndarray, spec: ChainSpec) -> Scene:
    """The map by likeness; other arguments as of `plane_scene`.

    Args:
        places: see `neighbours_or_wait`.
    """
    count = len(encoded.latents)
    note = _("Neighbours on this map are neighbours in all dimensions (t-SNE). How far apart groups lie means nothing, "
             "and between the points there is nothing to decode. Chains are not on it.")  # fmt: skip
    real, prior = spots(places[:count]), spots(places[count:])
    dots = Dots(real, prior, [], legend_words(None), style_of(str(spec.kernel)).colour, note)
    return Scene(title, dots, Sheet(real_sheet(folder, count), COLUMNS), None, is_plane=False)


def spots(places: np.ndarray) -> list[Spot]:
    """Places (N, 2) as they go to the browser."""
    return [[round(x, DIGITS), round(y, DIGITS)] for x, y in places.tolist()]


def legend_words(spec: ChainSpec | None) -> list[str]:
    """What the dots are; without chains where there are none."""
    words = [_("real data, encoded"), _("draws from the prior")]
    if spec is not None:
        words.append(_("the same draws after the steps") if spec.start == PRIOR_START else _("chains after the steps"))
    return words


def here(point: MapPoint, found: Answer, folder: Path) -> Here:
    """A point with what is told of it."""
    real = "" if point.rest == AVERAGE else real_uri(folder, point.rest)
    return Here(*point, data_uri(found.picture), real, found.nearest, answer_words(found))


def real_uri(folder: Path, number: int) -> str:
    """A held-out picture as an address of its own."""
    return data_uri(png_bytes(contact_sheet(held_out_images(folder).tensor(slice(number, number + 1)), 1)))
