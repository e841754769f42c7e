"""Taking in a model that others trained: what training here would have measured, and a card."""

from __future__ import annotations

import math

import torch

from latentdemo.checkpoints import CheckpointConfig, checkpoints_dir, save_checkpoint
from latentdemo.checkpoints.config import CARD, current_versions
from latentdemo.data import ImageSet, get_dataset
from latentdemo.errors import AdapterError
from latentdemo.files import write_atomically
from latentdemo.imaging import png_bytes
from latentdemo.models import AdaptedAutoencoder, GenerativeAutoencoder
from latentdemo.training.measure import batches, residual_std
from latentdemo.training.pictures import epoch_picture

TEMPLATE = """\
# {name}

![Held-out images above their reconstructions, then prior samples](preview.png)

Rows 1 and 3: held-out images; rows 2 and 4: their reconstructions; below: prior samples, unselected.

| | |
|---|---|
| taken in from | {title}{model} |
| data set | {dataset} |
| images | {size}x{size}, {colours}{margin} |
| latent size | {latent_size} |
| encoder | {encoder} |
| likelihood noise | standard deviation {residual_std:.4f}, in grey values of 0 to 1 |
| reconstruction of {count:,} held-out images | root mean squared error {rmse:.4f}, in grey values of 0 to 1 |

## Training

It was trained elsewhere; no weight was changed here.

## Data and licence

{notice}
"""


def adopt(model: AdaptedAutoencoder, name: str, train: ImageSet, held_out: ImageSet) -> CheckpointConfig:
    """Make a checkpoint folder of a model that others trained, so that it is one of those at hand.

    Args:
        model: as an adapter read it.
        name: to give it, the data set's and one of its own, such as "fashion-mnist/my-vae".
        train: images that the noise of its likelihood is estimated on, and that its densities will be fitted to.
        held_out: others, that its reconstructions are measured on.

    Raises:
        AdapterError: the images are not such as the model takes.
        DataError: an unknown data set.
    """
    dataset, folder = get_dataset(name.split("/", maxsplit=1)[0]), checkpoints_dir() / name
    height, width, channels = held_out.pixels.shape[1:]
    if (channels, height, width) != model.image_shape or model.network.margin not in (0, dataset.margin):
        inner = model.network.inner_size
        raise AdapterError(
            f"{dataset.title} has pictures of {width}x{height} in {channels} channels, {dataset.margin} pixels of them "
            f"margin on each side, but the model takes {inner}x{inner} in {model.network.channels}: it is for others"
        )
    model.residual_std = round(residual_std(model, train, seed=0), 5)
    rmse = round(reconstruction_error(model, held_out), 4)
    measured = {"held_out": {"rmse": rmse}, "held_out_count": len(held_out)}
    config = save_checkpoint(folder, model, dataset.name, measured=measured, versions=current_versions())
    write_atomically(folder / "preview.png", png_bytes(epoch_picture(model, held_out, seed=0)))
    text = TEMPLATE.format(
        name=name,
        title=model.title,
        model=f", {model.options()['model']}" if "model" in model.options() else "",
        dataset=dataset.title,
        size=model.network.image_size,
        colours="colour" if channels == 3 else "grey",
        margin=f"; the networks see them without a margin of {model.network.margin}" if model.network.margin else "",
        latent_size=model.latent_size,
        encoder="stochastic" if model.stochastic else "deterministic",
        residual_std=model.residual_std,
        count=len(held_out),
        rmse=rmse,
        notice=dataset.notice,
    )
    write_atomically(folder / CARD, text)
    return config


@torch.inference_mode()
def reconstruction_error(model: GenerativeAutoencoder, images: ImageSet) -> float:
    """Root mean squared error of the decoded posterior mean, in grey values of 0 to 1."""
    errors = [
        (model.decode(model.encode(batch).mean).mean - batch).square().mean(dim=(1, 2, 3))
        for batch in batches(images, model)
    ]
    return math.sqrt(torch.cat(errors).mean().item())
