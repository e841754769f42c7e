"""The feature space that quality is measured in: a small classifier of each data set, cut off before its last layer.

`features.safetensors` and `features.json` lie in the folder of the data set; nothing in them is ever unpickled. Small
grey or drawn pictures mean little to Inception, so the classifier learns the labels of the data set itself. Its figures
compare models of one data set under one digest of weights, and nothing else; they are no FID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from latentdemo.evaluation.features.files import SpaceFiles
from latentdemo.evaluation.features.space import FeatureSpace, check_images
from latentdemo.models import NetworkConfig, pick_device
from latentdemo.models.network import Encoder, built
from latentdemo.models.weights import half_precision

FILES = SpaceFiles("damage", "features")
WEIGHTS, CONFIG = FILES.weights, FILES.config


@dataclass(frozen=True)
class FeatureConfig:
    """What `features.json` holds.

    Attributes:
        dataset: name of the data set that the classifier was trained on.
        network: sizes of the convolutions; its `latent_size` is the number of features F.
        attributes: name of a label attribute -> number of its classes, in the order of the last layer's outputs.
        accuracy: name of an attribute -> share of held-out images classified rightly.
        held_out_count: images that the accuracy was measured on.
        training: settings of the training run, its seed among them.
        versions: of what trained it.
        sha256: digest of `features.safetensors`.
    """

    dataset: str
    network: NetworkConfig
    attributes: dict[str, int]
    accuracy: dict[str, float] = field(default_factory=dict)
    held_out_count: int = 0
    training: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def in_words(self) -> str:
        """How good the classifier is."""
        return accuracy_in_words(self.accuracy)


def accuracy_in_words(accuracy: dict[str, float]) -> str:
    """Shares of held-out images that were classified rightly, by attribute."""
    return "held-out accuracy: " + ", ".join(f"{name} {share:.1%}" for name, share in accuracy.items())


class Classifier(nn.Module):
    """Images (N, C, S, S) in [0, 1] to features (N, F), and features to the logits of each attribute.

    The convolutions are the models' encoder (DCGAN), then batch normalisation, which keeps every feature alive and on
    one scale, and a ReLU. One linear head for each attribute, all in one layer.
    """

    def __init__(self, network: NetworkConfig, attributes: dict[str, int]) -> None:
        super().__init__()
        self.attributes = attributes
        self.trunk = Encoder(network, network.latent_size)
        self.normalisation = nn.BatchNorm1d(network.latent_size)
        self.heads = nn.Linear(network.latent_size, sum(attributes.values()))

    def features(self, images: Tensor) -> Tensor:
        """Penultimate activations, (N, F), none below 0."""
        return torch.relu(self.normalisation(self.trunk(images.contiguous(memory_format=torch.channels_last))))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Name of an attribute -> logits (N, classes)."""
        logits = self.heads(self.features(images)).split(list(self.attributes.values()), dim=1)
        return dict(zip(self.attributes, logits, strict=True))


class Features(FeatureSpace):
    """A classifier of a data set, trained for this purpose, cut off before its last layer.

    Args:
        classifier: the trained network.
        config: what it is.

    Example:
        >>> features = load_features("fashion-mnist")
        >>> features(torch.rand(16, 1, 32, 32)).shape
        torch.Size([16, 128])
    """

    def __init__(self, classifier: Classifier, config: FeatureConfig) -> None:
        self.classifier = classifier.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self.config = config
        super().__init__(classifier, f"{config.dataset} classifier, {self.size} penultimate activations", config.sha256)

    @property
    def size(self) -> int:
        """Number of features F."""
        return self.config.network.latent_size

    @torch.no_grad()
    def batch(self, images: Tensor) -> Tensor:
        """Features of one batch."""
        check_images(images, self.config.network.image_shape, f"the features of {self.config.dataset}")
        return self.classifier.features(images.to(self.classifier.heads.weight.device, torch.float32)).float().cpu()

    def facts(self) -> dict[str, Any]:
        """What an evaluation says of the space that its figures were taken in."""
        accuracy = {"accuracy": self.config.accuracy, "accuracy_count": self.config.held_out_count}
        return super().facts() | {"size": self.size} | accuracy


def weights_to_store(classifier: nn.Module) -> dict[str, Tensor]:
    """The tensors that make the features of a classifier, as they are stored."""
    state = classifier.state_dict()
    return half_precision({name: state[name] for name in state if not name.endswith("num_batches_tracked")})


def save_features(features: Features, folder: Path) -> FeatureConfig:
    """Write weights and configuration into the folder of a data set; the configuration gets the digest."""
    return FILES.write(folder, weights_to_store(features.classifier), features.config)


def features_folder(dataset: str, beside: Path | None = None) -> Path:
    """The folder that the feature space of a data set lies in; see `SpaceFiles.folder`."""
    return FILES.folder(dataset, beside)


def load_features(
    dataset: str,
    device: torch.device | str | None = None,
    root: str | Path | None = None,
    *,
    beside: Path | None = None,
) -> Features:
    """The feature space that is shipped for a data set.

    Args:
        dataset: name of the data set.
        device: where to put it; None takes cuda, else mps, else cpu.
        root: folder of the checkpoints; None looks where `features_folder` does.
        beside: see there.

    Raises:
        CheckpointFileMissingError: a file is missing.
        CheckpointConfigError: `features.json` is not JSON, or lacks something.
        CheckpointCorruptError: `features.safetensors` is truncated or not a safetensors file.
        CheckpointDigestError: it is intact, but not the weights that `features.json` was written for.
        CheckpointMismatchError: the weights do not fit the network that `features.json` describes.
    """
    folder = Path(root) / dataset if root else features_folder(dataset, beside)
    config = read_feature_config(folder)
    classifier = built(lambda: Classifier(config.network, config.attributes))
    weights = FILES.read_tensors(folder, config.sha256, weights_to_store(classifier))
    classifier.load_state_dict(weights, strict=False)
    return Features(classifier.to(pick_device(device)), config)


def read_feature_config(folder: Path) -> FeatureConfig:
    """The configuration in a data set's folder; raises as `load_features` does."""
    return FILES.read_config(
        folder, lambda values: FeatureConfig(network=NetworkConfig(**values.pop("network")), **values)
    )
