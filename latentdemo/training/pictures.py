"""The picture that training leaves after each epoch."""

from __future__ import annotations

import torch
from PIL import Image

from latentdemo.data import ImageSet
from latentdemo.imaging import contact_sheet
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Purpose, randn, stream

COLUMNS = 12
SCALE_TO = 64  # Tiles are enlarged to at least this side, in pixels.


@torch.inference_mode()
def epoch_picture(model: GenerativeAutoencoder, held_out: ImageSet, seed: int) -> Image.Image:
    """Held-out images and under them their reconstructions, in two pairs of rows; then four rows of prior samples."""
    model.eval()
    images = held_out.tensor(slice(0, 2 * COLUMNS)).to(model.device)
    rebuilt = model.decode(model.encode(images).mean).mean
    prior = randn((4 * COLUMNS, model.latent_size), stream(seed, Purpose.PRIOR_SAMPLE), model.device)
    pairs = [tile for start in (0, COLUMNS) for rows in (images, rebuilt) for tile in rows[start : start + COLUMNS]]
    tiles = torch.cat([torch.stack(pairs), model.decode(prior).mean])
    return contact_sheet(tiles, COLUMNS, max(1, SCALE_TO // model.image_shape[1]))
