"""The sidebar that all pages share: data set, model, seed, language, and the device in use."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from latentdemo.data import DATASETS
from latentdemo.engine import ModelPool
from latentdemo.models import FAMILIES, checkpoints_dir, describe_device, list_models
from latentdemo.ui.words import LANGUAGES, _, browser_language

LARGEST_SEED = 999_999
DEFAULT_SEED = 7


@dataclass(frozen=True)
class Selection:
    """What the sidebar says.

    Attributes:
        model: name of the model.
        seed: fixes the starting points.
    """

    model: str
    seed: int

    @property
    def title(self) -> str:
        """The model in words."""
        dataset, family = self.model.split("/")
        return f"{_(dataset_title(dataset))} · {family_title(family)}"


@st.cache_resource
def model_pool() -> ModelPool:
    """The models of this process, shared between sessions."""
    return ModelPool()


def dataset_title(name: str) -> str:
    """A data set in words; a folder of one's own keeps its name."""
    return DATASETS[name].title if name in DATASETS else name


def family_title(name: str) -> str:
    """A family in words; a folder of one's own keeps its name."""
    return FAMILIES[name].title if name in FAMILIES else name


def sidebar() -> Selection:
    """Draw the sidebar; stops the page where there is no model to show."""
    families = families_by_dataset()
    with st.sidebar:
        if not families:
            folder = checkpoints_dir()
            st.error(_("No model in {folder}. Train one with: python -m latentdemo train", folder=folder))
            st.stop()
        warn_of_unknown("data", list(families))
        dataset = st.selectbox(
            _("Data set"),
            list(families),
            key="data",
            bind="query-params",
            format_func=lambda name: _(dataset_title(name)),
            help=_("What the models were trained on."),
        )
        warn_of_unknown("model", families[dataset])
        family = st.selectbox(
            _("Model"),
            families[dataset],
            index=families[dataset].index("vae") if "vae" in families[dataset] else 0,
            key="model",
            bind="query-params",
            format_func=family_title,
            help=_("VAE and AAE differ in how the latent space is kept close to the prior. "
                   "Denoising models were trained to clean noisy images."),
        )  # fmt: skip
        warn_of_bad_number("seed", 0, LARGEST_SEED)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            seed = st.number_input(
                _("Seed"),
                0,
                LARGEST_SEED,
                DEFAULT_SEED,
                key="seed",
                bind="query-params",
                help=_("The same seed gives the same starting points, on any machine."),
            )
            st.button(
                "",
                icon=":material/casino:",
                key="next_seed",
                on_click=take_next_seed,
                help=_("New starting points: take the next seed."),
            )
        st.segmented_control(
            _("Language"),
            list(LANGUAGES),
            default=browser_language(),
            required=True,
            key="lang",
            bind="query-params",
            format_func=LANGUAGES.__getitem__,
            label_visibility="collapsed",
        )
        st.caption(f":material/memory: {describe_device(model_pool().device)}")
    return Selection(f"{dataset}/{family}", int(seed))


def families_by_dataset() -> dict[str, list[str]]:
    """Data set -> the families that there are models of, in the registries' order; cartoon faces first."""
    names = [tuple(name.split("/")) for name in list_models()]
    order = ["avatars", *DATASETS, *sorted({dataset for dataset, _family in names})]
    datasets = dict.fromkeys(dataset for dataset in order if any(name[0] == dataset for name in names))
    ranks = [*FAMILIES, *sorted({family for _dataset, family in names})]
    return {
        dataset: sorted((family for owner, family in names if owner == dataset), key=ranks.index)
        for dataset in datasets
    }


def take_next_seed() -> None:
    """Go on to the next seed, around the end."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % (LARGEST_SEED + 1)


def warn_of_unknown(key: str, options: list[str]) -> None:
    """Say so where the link asks for something that there is not; the first choice is shown instead."""
    asked = st.query_params.get(key)
    if asked is not None and asked not in options:
        st.warning(_("The link asks for “{asked}”, which is not here. Showing another.", asked=asked[:40]))


def warn_of_bad_number(key: str, low: int, high: int) -> None:
    """Say so where the link carries a number that cannot be used."""
    asked = st.query_params.get(key)
    if asked is not None and not (asked.isdecimal() and low <= int(asked) <= high):
        st.warning(_("“{asked}” in the link is not a number from {low} to {high}. Showing the usual one.",
                     asked=asked[:40], low=low, high=high))  # fmt: skip
