"""What evaluations and machines say of themselves, in the words of the session's language."""

from __future__ import annotations

import pytest
import torch

from latentdemo.checkpoints import list_models, model_folder
from latentdemo.evaluation.report import load_report
from latentdemo.models import FAMILIES, describe_device
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.figure_words import described_space
from latentdemo.ui.i18n.words import in_language
from latentdemo.ui.state.selection import family_title


@pytest.mark.parametrize(("described", "japanese"), [
    ("CPU, 2 threads", "CPU（スレッド数 2）"), ("CPU, 1 thread", "CPU（スレッド数 1）"), ("NVIDIA H200", "NVIDIA H200"),
    ("Apple GPU", "Apple 製 GPU"),
])  # fmt: skip
def test_devices_have_their_words(described: str, japanese: str) -> None:
    with in_language("ja"):
        assert device_words(described) == japanese


def test_the_processor_in_use_has_its_words() -> None:
    with in_language("en"):
        assert device_words(describe_device("cpu")) == f"CPU, threads: {torch.get_num_threads()}"


def test_the_spaces_of_shipped_evaluations_have_their_words() -> None:
    described = {facts["name"] for name in list_models() for facts in load_report(model_folder(name)).spaces.values()}
    assert len(described) >= 6
    for each in described:
        with in_language("ja"):
            assert "次元" in described_space(each)
        with in_language("en"):
            assert described_space(each) == each
    assert described_space("one of my own") == "one of my own"


def test_families_have_their_words() -> None:
    with in_language("ja"):
        titles = {family_title(name) for name in FAMILIES}
    assert titles == {"VAE", "AAE", "デノイジング VAE", "デノイジング AAE", "フロー事前分布 VAE"}
