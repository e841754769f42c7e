"""A feature space of labels alone: a small residual network that tells what a picture shows, and knows no damage.

A space that learned to see damage credits a sampler for removing it, and hardly sees that what the pictures show has
changed on the way; this one does the opposite, so that a claim can be held against both. It is independent of the first
as far as that goes: other architecture, other seed, other augmentation. The network is a pre-trained judge as well: it
gives the likeliest class of each attribute for what a chain shows.

It looks at all pictures, real and generated, through the same blur. Without that, what a decoder does to fine detail
moves the features more than any change in what the pictures show, and reconstructions of real faces count as far from
these as prior samples do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from latentdemo.evaluation.features.classifier import accuracy_in_words, weights_to_store
from latentdemo.evaluation.features.damage import blur_matrix
from latentdemo.evaluation.features.files import SpaceFiles
from latentdemo.evaluation.features.space import FeatureSpace, check_images
from latentdemo.files import write_atomically
from latentdemo.models import NetworkConfig, pick_device
from latentdemo.models.network import built

FILES = SpaceFiles("labels", "labels")
GROUPS = "groups.png"  # The most typical picture of each group of look-alikes, beside the space.
BLUR = 1 / 32  # The standard deviation of the blur, as a share of the picture's side.


@dataclass(frozen=True)
class LabelConfig:
    """What `labels.json` holds.

    Attributes:
        dataset: name of the data set that the classifier was trained on.
        network: sizes; its `latent_size` is the number of features F.
        depth: residual blocks in each stage.
        label_names: name of an attribute -> what its classes mean, in the order of the last layer's outputs.
        accuracy: name of an attribute -> share of held-out images classified rightly.
        held_out_count: images that the accuracy was measured on.
        training: settings of the training run, its seed among them.
        versions: of what trained it.
        sha256: digest of `labels.safetensors`.
    """

    dataset: str
    network: NetworkConfig
    depth: int
    label_names: dict[str, list[str]]
    accuracy: dict[str, float] = field(default_factory=dict)
    held_out_count: int = 0
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def in_words(self) -> str:
        """How good the classifier is."""
        return accuracy_in_words(self.accuracy)


class ResidualBlock(nn.Module):
    """Maps (N, I, H, W) to (N, O, H / stride, W / stride) by two 3x3 convolutions and a way past them (He et al. 2016,
    arXiv 1512.03385)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        same = inputs == outputs and stride == 1
        shortcut = [nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)]
        self.shortcut = nn.Identity() if same else nn.Sequential(*shortcut)

    def forward(self, maps: Tensor) -> Tensor:
        """The maps of the next block."""
        return torch.relu(self.layers(maps) + self.shortcut(maps))


class LabelClassifier(nn.Module):
    """Images (N, C, S, S) in [0, 1] to features (N, F), and features to the logits of each attribute.

    A Gaussian blur, a 5x5 convolution and stages of residual blocks, each at half the side of the one before, down to
    4x4; the features are the means of the last maps (global average pooling, Lin et al. 2014, arXiv 1312.4400).
    """

    def __init__(self, network: NetworkConfig, depth: int, attributes: dict[str, int]) -> None:
        super().__init__()
        self.attributes = attributes
        first, *middle = network.stage_channels[:-1]
        layers: list[nn.Module] = [
            nn.Conv2d(network.channels, first, 5, 2, 2, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
        ]
        channels = first
        for wider in (*middle, network.latent_size):
            layers += [ResidualBlock(channels, wider, 2), *(ResidualBlock(wider, wider, 1) for _ in range(depth - 1))]
            channels = wider
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.Linear(network.latent_size, sum(attributes.values()))

    def features(self, images: Tensor) -> Tensor:
        """Penultimate activations, (N, F), none below 0."""
        side = images.shape[-1]
        blur = blur_matrix(side, BLUR * side, side // 8).to(images.device)
        blurred = (blur @ images @ blur.T).contiguous(memory_format=torch.channels_last)
        return self.trunk(blurred).mean(dim=(2, 3))

    def logits(self, features: Tensor) -> dict[str, Tensor]:
        """Name of an attribute -> logits (N, classes), of features (N, F)."""
        parts = self.heads(features).split(list(self.attributes.values()), dim=1)
        return dict(zip(self.attributes, parts, strict=True))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Name of an attribute -> logits (N, classes)."""
        return self.logits(self.features(images))


class LabelSpace(FeatureSpace):
    """The pooled activations of a classifier of labels, and what it says of them.

    Args:
        classifier: the trained network.
        config: what it is.
        typical: where labels are groups of look-alikes, the most typical picture of each, (groups, S, S, C) uint8.

    Example:
        >>> space = load_labels("fashion-mnist")
        >>> space.classes(space(torch.rand(16, 1, 32, 32)))["class"].shape
        torch.Size([16])
    """

    def __init__(self, classifier: LabelClassifier, config: LabelConfig, typical: np.ndarray | None = None) -> None:
        self.classifier = classifier.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.config = config
        self.typical = typical
        name = f"{config.dataset} classifier of labels alone, {config.network.latent_size} pooled activations"
        super().__init__(classifier, name, config.sha256)

    @property
    def attributes(self) -> dict[str, int]:
        """Name of an attribute -> number of its classes."""
        return self.classifier.attributes

    @property
    def label_names(self) -> dict[str, list[str]]:
        """Name of an attribute -> what its classes mean."""
        return self.config.label_names

    def batch(self, images: Tensor) -> Tensor:
        """Features of one batch."""
        check_images(images, self.config.network.image_shape, f"the labels of {self.config.dataset}")
        with torch.no_grad():
            return self.classifier.features(images.to(self.classifier.heads.weight.device, torch.float32)).float().cpu()

    @torch.no_grad()
    def probabilities(self, features: Tensor) -> dict[str, Tensor]:
        """Name of an attribute -> probabilities of its classes (N, classes), of features (N, F)."""
        logits = self.classifier.logits(features.to(self.classifier.heads.weight.device))
        return {name: values.softmax(dim=1).cpu() for name, values in logits.items()}

    def classes(self, features: Tensor) -> dict[str, Tensor]:
        """Name of an attribute -> the likeliest class (N,), whole numbers, of features (N, F)."""
        return {name: values.argmax(dim=1) for name, values in self.probabilities(features).items()}

    def facts(self) -> dict[str, Any]:
        """What an evaluation says of the space that its figures were taken in."""
        accuracy = {"accuracy": self.config.accuracy, "accuracy_count": self.config.held_out_count}
        return super().facts() | {"size": self.config.network.latent_size} | accuracy


def save_labels(space: LabelSpace, folder: Path) -> LabelConfig:
    """Write weights and configuration into the folder of a data set; the configuration gets the digest. Typical
    pictures of groups, where there are any, become a strip of tiles in their order."""
    config = FILES.write(folder, weights_to_store(space.classifier), space.config)
    if space.typical is not None:
        strip = np.concatenate(list(space.typical), axis=1)
        picture = Image.fromarray(strip[..., 0] if strip.shape[-1] == 1 else strip)
        write_atomically(folder / GROUPS, lambda file: picture.save(file, "PNG"))
    return config


def load_labels(dataset: str, device: torch.device | str | None = None, *, beside: Path | None = None) -> LabelSpace:
    """The space of labels that is shipped for a data set.

    Args:
        dataset: name of the data set.
        device: where to put it; None takes cuda, else mps, else cpu.
        beside: folder of a model's data set, to look in first; see `SpaceFiles.folder`.

    Raises:
        CheckpointError: a file is missing or broken, or the two do not belong together.
    """
    folder = FILES.folder(dataset, beside)
    config = FILES.read_config(
        folder, lambda values: LabelConfig(network=NetworkConfig(**values.pop("network")), **values)
    )
    classifier = built(lambda: LabelClassifier(config.network, config.depth, sizes_of(config.label_names)))
    classifier.load_state_dict(FILES.read_tensors(folder, config.sha256, weights_to_store(classifier)), strict=False)
    return LabelSpace(classifier.to(pick_device(device)), config)


def sizes_of(label_names: dict[str, list[str]]) -> dict[str, int]:
    """Name of an attribute -> number of its classes."""
    return {name: len(meanings) for name, meanings in label_names.items()}
