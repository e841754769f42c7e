"""Samplers of pythae (https://github.com/clementchadebec/pythae) on the models that are evaluated here.

Their networks are as pythae's configurations have them by default, fitted to the same encodings of training images as
the densities of this project are, one posterior draw an image; every tenth image is kept back to choose the best epoch
on. What differs from pythae's defaults (100 epochs at a learning rate of 1e-4) is how they are trained, so that a CPU
does it: fewer epochs, at a rate that starts higher and falls to zero.
"""

from __future__ import annotations

import contextlib
import io
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch
from torch import Tensor

from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.report import PYTHAE
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Purpose, stream
from latentdemo.sampling.encodings import Encodings

MIXTURE, MAF, IAF, TWO_STAGE = (f"{PYTHAE}{name}" for name in ("mixture", "maf", "iaf", "two-stage"))
EPOCHS = {MIXTURE: None, MAF: 20, TWO_STAGE: 10, IAF: 5}
"""All samplers, with the passes over the encodings that each is trained for; the mixture needs none. One of the inverse
autoregressive flow costs ten times as much as one of the masked flow, for it goes through the dimensions in turn."""
LEARNING_RATE = 1e-3  # Adam's at the start. It falls to zero along half a cosine.
KEPT_BACK = 10  # One image in so many is kept back to choose the best epoch.
MISSING = "pythae is missing, whose samplers are to be measured: pip install pythae==0.1.2"
CHAINS, REPEATS = 64, 3  # Images that are timed at once, and how often. The median counts.


@dataclass(frozen=True)
class Draws:
    """What a sampler gave.

    Attributes:
        latents: seed -> (count, D).
        milliseconds: time an image, drawing and decoding included, for 64 at once.
    """

    latents: Mapping[int, Tensor]
    milliseconds: float


def fit_and_draw(
    name: str, model: GenerativeAutoencoder, encodings: Encodings, count: int, seeds: Sequence[int], seed: int = 0
) -> Draws:
    """Fit a sampler of pythae to encodings and draw from it.

    Args:
        name: a key of `EPOCHS`.
        model: decodes, for the time that it takes.
        encodings: of training images.
        count: latents to draw for each seed.
        seeds: of the draws.
        seed: of the fit.

    Raises:
        LatentdemoError: pythae is not installed.
    """
    bridge = bridge_to(model, encodings.draw(stream(seed, Purpose.OTHER_SAMPLERS)))
    rows = torch.arange(len(encodings), device="cpu").float()[:, None]  # They are exact in float32 up to 16 million.
    kept_back = torch.arange(len(encodings), device="cpu") % KEPT_BACK == 0
    with quiet(), own_randomness(seed), tempfile.TemporaryDirectory() as folder:
        sampler = build(name, bridge, rows[~kept_back], rows[kept_back], folder, seed)
    latents = {}
    for each in seeds:
        with quiet(), own_randomness(each), torch.no_grad():
            latents[each] = sampler.sample(count).cpu()
    return Draws(latents, statistics.median(timed(sampler, bridge) for _ in range(REPEATS)))


def build(name: str, bridge: Any, train: Tensor, kept_back: Tensor, folder: str, seed: int) -> Any:
    """A fitted sampler."""
    from pythae import samplers
    from pythae.trainers import BaseTrainerConfig

    epochs = EPOCHS[name]
    if epochs is None:
        mixture = samplers.GaussianMixtureSampler(bridge)
        mixture.fit(torch.cat([train, kept_back]))
        return mixture
    made = {MAF: samplers.MAFSampler, IAF: samplers.IAFSampler, TWO_STAGE: samplers.TwoStageVAESampler}[name](bridge)
    training = BaseTrainerConfig(
        output_dir=folder,
        num_epochs=epochs,
        learning_rate=LEARNING_RATE,
        scheduler_cls="CosineAnnealingLR",
        scheduler_params={"T_max": epochs},
        no_cuda=bridge.device != "cuda",
        seed=seed,
    )
    made.fit(train, kept_back, training)
    return made


def bridge_to(model: GenerativeAutoencoder, latents: Tensor) -> Any:
    """A model in the form that pythae's samplers ask for, whose encodings (N, D) are made already.

    They take images only to encode them. Here an image is its number, by which its encoding is looked up, so that no
    sampler encodes all of them again. What is decoded stays a latent, unless the decoder `decodes`.

    Raises:
        LatentdemoError: pythae is not installed.
    """
    try:
        from pythae.models import VAE, VAEConfig
        from pythae.models.base.base_utils import ModelOutput
        from pythae.models.nn import BaseDecoder, BaseEncoder
    except ImportError as error:
        raise LatentdemoError(MISSING) from error

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("latents", latents)

        def forward(self, images: Tensor) -> Any:
            return ModelOutput(embedding=self.latents[images[:, 0].long()])

    class Decoder(BaseDecoder):
        decodes = False

        def forward(self, drawn: Tensor) -> Any:
            return ModelOutput(reconstruction=model.decode(drawn).mean if self.decodes else drawn)

    class Bridge(VAE):
        def forward(self, inputs: Any, **_: Any) -> Any:
            return ModelOutput(z=self.encoder(inputs["data"]).embedding)

    config = VAEConfig(input_dim=(1,), latent_dim=latents.shape[1])
    return Bridge(config, encoder=Encoder(), decoder=Decoder())


def timed(sampler: Any, bridge: Any) -> float:
    """Milliseconds an image, drawing and decoding included."""
    bridge.decoder.decodes = True
    try:
        with quiet(), own_randomness(0), torch.no_grad():
            started = time.perf_counter()
            sampler.sample(CHAINS).cpu()
            return 1000.0 * (time.perf_counter() - started) / CHAINS
    finally:
        bridge.decoder.decodes = False


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without pythae's log and progress bars."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """With a seed for the global generators that pythae draws from; what they were before comes back."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 - these are the ones that pythae uses
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002


def settings() -> dict[str, Any]:
    """Version and settings of the samplers, for the report.

    Raises:
        LatentdemoError: pythae is not installed.
    """
    try:
        found = version("pythae")
    except PackageNotFoundError as error:
        raise LatentdemoError(MISSING) from error
    return {"pythae": found, "epochs": EPOCHS, "learning_rate": LEARNING_RATE, "kept_back": 1 / KEPT_BACK}
