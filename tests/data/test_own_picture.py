"""A picture of the user's own is accepted and walked on with every model, whatever its kind."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image

from latentdemo.checkpoints import list_models, load_model
from latentdemo.data import DATASETS
from latentdemo.data.opening import open_picture
from latentdemo.data.pictures import KEPT_SIDE, normalise_upload, read_picture
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling import run_chain

RAMP = np.linspace(0, 1, 120)[None].repeat(90, 0)


def picture(kind: str) -> Image.Image:
    """A ramp from dark to light, 120 pixels wide and 90 high."""
    if kind == "16 bits of grey":
        return Image.fromarray((RAMP * 65535).astype(np.uint16))
    grey = (RAMP * 255).astype(np.uint8)
    if kind == "grey":
        return Image.fromarray(grey)
    channels = [grey, grey[:, ::-1], np.full_like(grey, 80)]
    if kind == "transparent":
        channels.append((255 * (np.add.outer(np.arange(90), np.arange(120)) > 70)).astype(np.uint8))
    return Image.fromarray(np.stack(channels, axis=2))


@cache
def loaded(name: str) -> GenerativeAutoencoder:
    return load_model(name, "cpu")


@pytest.mark.parametrize("kind", ["colour", "grey", "transparent", "16 bits of grey"])
@pytest.mark.parametrize("name", list_models())
def test_every_model_walks_on_from_it(name: str, kind: str) -> None:
    buffer = io.BytesIO()
    picture(kind).save(buffer, "PNG")
    model, dataset = loaded(name), DATASETS[name.split("/", maxsplit=1)[0]]
    pixels = read_picture(
        normalise_upload(open_picture(buffer.getvalue(), KEPT_SIDE)),
        dataset.image_size,
        dataset.channels,
        dataset.margin,
        False,
        dataset.ground,
    )
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    assert image.std() > 0.1  # it shows something
    with torch.no_grad():
        start = model.encode(image).mean
    run = run_chain(model, count=1, steps=2, seed=0, record=(0, 2), start=start)
    assert torch.allclose(run.latents[0], start, atol=1e-5)
    assert run.images[2].shape == (1, *model.image_shape)
    assert run.images[2].isfinite().all()
    assert not torch.equal(run.latents[2], run.latents[0])
