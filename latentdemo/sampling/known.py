"""Known pixels: a picture of which a part is missing, so that a chain fills in that part only.

What is known is one tensor (C, H, W) of grey values from 0 to 1, with NaN where a pixel is missing. A step that decodes
and encodes puts the known pixels back before it encodes, as Rezende, Mohamed, Wierstra 2014 (arXiv 1401.4082) fill in
what is missing; pictures of a chain show them, too. With sampled decoding, and an encoder and a decoder that are the
conditionals of one joint law, the chain draws what is missing from its law given what is known.
"""

from __future__ import annotations

import torch
from torch import Tensor

from latentdemo.errors import SamplingError


def put_back(images: Tensor, known: Tensor | None) -> Tensor:
    """Images (N, C, H, W) with the known pixels (C, H, W), on any device, in their places; as they are with None."""
    if known is None:
        return images
    held = known.to(images)
    return torch.where(held.isnan(), images, held)


def is_known(value: object) -> bool:
    """Whether a value may be known pixels, or None; whether they suit a model is another matter."""
    if not isinstance(value, Tensor):
        return value is None
    if value.dim() != 3 or value.layout != torch.strided or not value.is_floating_point() or value.is_meta:
        return False
    there = value[~value.isnan()]
    return bool(there.numel()) and bool(((there >= 0.0) & (there <= 1.0)).all())


def check_known(known: Tensor | None, image_shape: tuple[int, int, int]) -> None:
    """Raise SamplingError where known pixels are not those of a picture of that shape (C, H, W)."""
    if known is not None and tuple(known.shape) != tuple(image_shape):
        raise SamplingError(f"known has shape {tuple(known.shape)}; the model's pictures have {tuple(image_shape)}")
