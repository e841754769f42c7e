"""The two files of a feature space in the folder of a data set: tensors, and the configuration that they belong to.

Nothing in them is ever unpickled. The configuration carries the digest of the tensors, which tells spaces apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from safetensors.torch import save as format_safetensors
from torch import Tensor

from latentdemo.checkpoints.roots import PRIVATE, checkpoint_roots, private_folder
from latentdemo.checkpoints.store import read_weights
from latentdemo.errors import CheckpointConfigError, CheckpointFileMissingError, LatentdemoError
from latentdemo.files import write_atomically, write_json
from latentdemo.models.weights import check_fit, read_bytes


class SpaceConfig(Protocol):
    """What the configuration of every feature space says; a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def dataset(self) -> str:
        """Name of the data set that the space was made for."""

    @property
    def sha256(self) -> str:
        """Digest of the tensors' file."""

    def in_words(self) -> str:
        """How good the space is, such as "held-out accuracy: class 90.0%"."""


Config = TypeVar("Config", bound=SpaceConfig)


@dataclass(frozen=True)
class SpaceFiles:
    """What the files of a space are called.

    Attributes:
        space: name of the space.
        stem: of both files' names.
    """

    space: str
    stem: str

    @property
    def weights(self) -> str:
        """Name of the file of tensors."""
        return f"{self.stem}.safetensors"

    @property
    def config(self) -> str:
        """Name of the configuration."""
        return f"{self.stem}.json"

    @property
    def remedy(self) -> str:
        """What to do where a file is no good."""
        return f"fetch the folder again, or make both anew with {self.command('DATASET')}"

    def command(self, dataset: str) -> str:
        """The command that makes the space of a data set."""
        return f"'python -m latentdemo features {dataset} --space {self.space}'"

    def are_in(self, folder: Path) -> bool:
        """Whether the space lies in a data set's folder."""
        return (folder / self.config).exists()

    def folder(self, dataset: str, beside: Path | None = None) -> Path:
        """The folder that the space of a data set lies in; where there is none, the one that it belongs in.

        Args:
            dataset: name of the data set.
            beside: folder of a model's data set, to look in first; then in all of `checkpoint_roots()`, and for a
                private upload in its own folder.
        """
        roots = [*checkpoint_roots(), *([Path(private_folder().name)] if dataset.startswith(PRIVATE) else [])]
        folders = [*([beside] if beside else []), *(root / dataset for root in roots)]
        return next((folder for folder in folders if self.are_in(folder)), folders[0])

    def write(
        self, folder: Path, tensors: dict[str, Tensor], config: Config, facts: dict[str, str] | None = None
    ) -> Config:
        """Write both files into the folder of a data set.

        Args:
            folder: made, where it is missing.
            tensors: as they are stored.
            config: gets the digest.
            facts: stand in the file of tensors, and so in its digest.
        """
        folder.mkdir(parents=True, exist_ok=True)
        content = format_safetensors(tensors, facts)
        config = replace(config, sha256=hashlib.sha256(content).hexdigest())
        write_atomically(folder / self.weights, content)
        write_json(folder / self.config, asdict(config))
        return config

    def read_config(self, folder: Path, build: Callable[[dict[str, Any]], Config]) -> Config:
        """The configuration in a data set's folder.

        Args:
            folder: of the data set.
            build: makes it of the values in the file.

        Raises:
            CheckpointFileMissingError: there is none.
            CheckpointConfigError: it is not JSON, or lacks something.
        """
        path = folder / self.config
        if not path.exists():
            raise CheckpointFileMissingError(
                f"{path} is missing: make the feature space with {self.command(folder.name)}"
            )
        content = read_bytes(path)
        try:
            return build(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError, LatentdemoError) as error:
            raise CheckpointConfigError(f"{path} is not a valid configuration ({error}); {self.remedy}") from error

    def read_tensors(self, folder: Path, sha256: str, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors in a data set's folder.

        Args:
            folder: of the data set.
            sha256: digest that its configuration expects.
            expected: tensors of the names and shapes that there must be.

        Raises:
            CheckpointError: the file is missing, truncated, not the one that the configuration was written for, or
                does not fit it; see `read_weights` and `check_fit`.
        """
        tensors = read_weights(folder / self.weights, sha256, self.remedy)
        check_fit(dict(expected), tensors, folder / self.weights, self.remedy)
        return tensors
