"""The model card: what a checkpoint is, for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentdemo.checkpoints import CheckpointConfig
from latentdemo.checkpoints.config import CARD
from latentdemo.data import get_dataset
from latentdemo.files import write_atomically
from latentdemo.models import FAMILIES, NetworkConfig
from latentdemo.models.weights import WEIGHTS

TEMPLATE = """\
# {title} on {dataset}

![Held-out images above their reconstructions, then prior samples](preview.png)

Rows 1 and 3: held-out images; rows 2 and 4: their reconstructions; below: prior samples, unselected.

| | |
|---|---|
| family | {title} (`{family}`) |
| images | {size}x{size}, {colours} |
| latent size | {latent_size} |
| network | DCGAN, width {width}, {parameters:,} parameters |
| family's options | {options} |
| weights | `{weights}`, {megabytes:.1f} MB, half precision |
| likelihood noise | standard deviation {residual_std:.4f}, in grey values of 0 to 1 |

## Measured on {held_out_count:,} held-out images

| | |
|---|---|
{figures}

## Training

{images:,} training images, {epochs}{chosen}, {minutes:.0f} minutes on {device}, in {precision}. The same command
trains it again (with `--data-dir`, where the data set's files are already at hand):

```
{command}
```

## Data and licence

{notice}

The prior samples of this model may carry the artifacts that latentdemo is about. It is a small model for showing a
method, not for producing pictures of people or goods.
"""

FIGURES = {
    "reconstruction": "reconstruction, cross-entropy in nats an image",
    "rmse": "reconstruction, root mean squared error in grey values of 0 to 1",
    "kl": "KL of the posterior to the prior, nats an image",
}


def epochs_in_words(training: Mapping[str, Any]) -> str:
    """How long a model was trained, and which epoch's weights it has."""
    if "best_epoch" not in training:
        return f"{training['epochs']} epochs"
    return f"epoch {training['best_epoch']}, the best of {training['epochs_trained']} by its held-out loss"


def chosen_in_words(training: Mapping[str, Any]) -> str:
    """Of how many runs a model is the best, which makes its held-out figures slightly too good."""
    return f", chosen of {training['chosen_of']} runs by its held-out loss" if "chosen_of" in training else ""


def write_card(folder: Path, config: CheckpointConfig) -> None:
    """Write the card of a finished checkpoint folder from its configuration."""
    dataset, network, measured = get_dataset(config.dataset), config.network, config.measured
    assert isinstance(network, NetworkConfig)
    text = TEMPLATE.format(
        title=FAMILIES[config.family].title,
        family=config.family,
        dataset=dataset.title,
        size=network.image_size,
        colours="colour" if network.channels == 3 else "grey",
        latent_size=network.latent_size,
        width=network.width,
        parameters=measured["parameters"],
        options=", ".join(f"{name} {value:g}" for name, value in config.options.items()) or "none",
        weights=WEIGHTS,
        megabytes=(folder / WEIGHTS).stat().st_size / 1e6,
        residual_std=config.residual_std,
        held_out_count=measured["held_out_count"],
        figures="\n".join(f"| {FIGURES[name]} | {value:,.4g} |" for name, value in measured["held_out"].items()),
        images=config.training["images"],
        epochs=epochs_in_words(config.training),
        chosen=chosen_in_words(config.training),
        precision="bf16 (autocast)" if config.training["precision"] == "bf16" else "float32",
        minutes=measured["training_seconds"] / 60,
        device=measured["training_device"],
        command=config.training["command"],
        notice=dataset.notice,
    )
    write_atomically(folder / CARD, text)
