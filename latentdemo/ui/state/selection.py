"""What the sidebar says, for all pages: the chosen model and seed, and the models that there are to choose from."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from latentdemo.checkpoints import CheckpointConfig, list_models, model_folder
from latentdemo.checkpoints.roots import PRIVATE
from latentdemo.data import DATASETS
from latentdemo.errors import LatentdemoError
from latentdemo.models import FAMILIES
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.densities.store import densities_digest, digests_held, read_density_config
from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.state.uploads import session_models

LARGEST_SEED, DEFAULT_SEED = 999_999, 7


@dataclass(frozen=True)
class Selection:
    """What the sidebar says.

    Attributes:
        model: name of the model.
        config: its configuration.
        seed: fixes the starting points.
    """

    model: str
    config: CheckpointConfig
    seed: int

    @property
    def title(self) -> str:
        """The model in words."""
        dataset, family = self.model.split("/")
        return f"{_(dataset_title(dataset))} · {family_title(family)}"

    @property
    def density_names(self) -> list[str]:
        """Names of the densities that were fitted to the model, in the order of the registry."""
        try:
            stored = read_density_config(model_folder(self.model)).densities
        except LatentdemoError:
            return []
        return sorted(stored, key=[*DENSITIES, *stored].index)

    @property
    def corrupts(self) -> bool:
        """Whether the model was trained to take noise away."""
        return bool(self.config.options.get("corruption_std"))

    @property
    def densities(self) -> str:
        """Digest of the densities that were fitted to the model; empty where there are none to read."""
        return densities_digest(model_folder(self.model))

    @property
    def densities_held(self) -> set[str]:
        """Digests of files of densities that are all among those of the model; what was measured with them holds."""
        return digests_held(model_folder(self.model))


def dataset_title(name: str) -> str:
    """A data set in words; a folder of one's own keeps its name."""
    if name.startswith(PRIVATE):
        return N_("Brought along")
    return DATASETS[name].title if name in DATASETS else name


def family_title(name: str) -> str:
    """A family in the session's language; a folder of one's own keeps its name."""
    return _(FAMILIES[name].title) if name in FAMILIES else name


def choose_model(model: str) -> None:
    """Choose a model for all pages, before the controls for it are drawn."""
    st.session_state["data"], st.session_state["model"] = model.split("/")


def families_by_dataset() -> dict[str, list[str]]:
    """Data set -> the families that there are models of, in the registries' order; cartoon faces first.

    The models that this session brought are among them.
    """
    names = [tuple(name.split("/")) for name in (*list_models(), *session_models())]
    order = ["avatars", *DATASETS, *sorted({dataset for dataset, _family in names})]
    datasets = dict.fromkeys(dataset for dataset in order if any(name[0] == dataset for name in names))
    ranks = [*FAMILIES, *sorted({family for _dataset, family in names})]
    return {
        dataset: sorted((family for owner, family in names if owner == dataset), key=ranks.index)
        for dataset in datasets
    }
