"""What a point of the map is: the picture that is decoded there, what is near, and how usual such a latent is."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from latentdemo.engine import engine_for
from latentdemo.evaluation.metrics.trace import MIDDLE
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling.densities.resolve import best_density
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.encodings import Encoded
from latentdemo.ui.runs.map_point import MapPoint, latent_at

NEAREST = 5  # real pictures that are named


class Answer(NamedTuple):
    """What is told of a point.

    Attributes:
        picture: decoded from it, as PNG.
        nearest: numbers of the real pictures whose encodings are the nearest in all dimensions, the nearest first.
        from_mean: distance from the mean of the encodings.
        usual: within which 90 % of the encodings lie from their mean.
        likelier_than: share of real data that is less likely under the fitted density; None without one.
    """

    picture: bytes
    nearest: list[int]
    from_mean: float
    usual: tuple[float, float]
    likelier_than: float | None


@st.cache_data(max_entries=64, show_spinner=False)
def answer(point: MapPoint, model: str, digest: str, densities: str, _encoded: Encoded) -> Answer:
    """What a point of the map is.

    Args:
        point: where.
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        _encoded: real data, which follow from the weights.

    Raises:
        LatentdemoError: the model cannot be had, or the point is in no plane.
    """
    latent = latent_at(point, _encoded)
    with engine_for().models.lease(model, digest) as loaded:
        picture, likelier = engine_for().call(lambda: decode(latent, loaded))
    apart = torch.cdist(latent, _encoded.latents)[0]
    away = (_encoded.latents - _encoded.plane.mean).norm(dim=1)
    low, high = (away.quantile(share).item() for share in MIDDLE)
    return Answer(
        png_bytes(contact_sheet(picture, 1).convert("RGB")),
        apart.topk(min(NEAREST, len(apart)), largest=False).indices.tolist(),
        (latent - _encoded.plane.mean).norm().item(),
        (low, high),
        likelier,
    )


def decode(latent: Tensor, model: GenerativeAutoencoder) -> tuple[Tensor, float | None]:
    """The picture of a latent (1, D), and how much of real data it is likelier than."""
    fitted = best_density(model)
    picture = model.decode(latent.to(model.device)).mean.float().cpu()
    return picture, None if fitted is None else fitted.share_below(latent).item()


def answer_words(found: Answer) -> list[str]:
    """How usual such a latent is, in sentences."""
    words = [distance_words(found)]
    if found.likelier_than is not None:
        words.append(
            _("The fitted density finds it likelier than {share} % of real data.",
              share=f"{100 * found.likelier_than:.0f}")
        )  # fmt: skip
    return words


def distance_words(found: Answer) -> str:
    """How far from the mean of the encodings it lies, beside real pictures."""
    facts = {"distance": f"{found.from_mean:.1f}", "low": f"{found.usual[0]:.1f}", "high": f"{found.usual[1]:.1f}"}
    if found.from_mean < found.usual[0]:
        return _("Between all real pictures: {distance} from their mean, where they are {low} to {high} away. Such a "
                 "picture is a mix of many.", **facts)  # fmt: skip
    if found.from_mean > found.usual[1]:
        return _("Farther out than real pictures: {distance} from their mean, where they are {low} to {high} away.",
                 **facts)  # fmt: skip
    return _("As far out as real pictures: {distance} from their mean, where they are {low} to {high} away.", **facts)
