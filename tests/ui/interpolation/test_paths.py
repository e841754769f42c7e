"""The feature space that paths are measured in, wherever the model lies."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from latentdemo.checkpoints import checkpoints_dir, load_model
from latentdemo.checkpoints.roots import PRIVATE, private_folder
from latentdemo.evaluation import load_features
from latentdemo.evaluation.metrics.path import perceptual_space
from latentdemo.ui.interpolation.request import features_of

SHIPPED = checkpoints_dir() / "fashion-mnist"


def space_of(name: str) -> str:
    """Digest of the space that the page measures a model's paths in."""
    folder = load_model(name, "cpu").folder
    assert folder is not None
    return perceptual_space(name.split("/", maxsplit=1)[0], "cpu", folder.parent).digest


def test_a_model_in_a_folder_of_its_own_has_the_space_of_its_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SHIPPED / "vae", tmp_path / "fashion-mnist" / "mine")
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}{os.pathsep}{checkpoints_dir()}")
    digest = load_features("fashion-mnist", "cpu", SHIPPED.parent).digest
    assert features_of("fashion-mnist/mine") == space_of("fashion-mnist/mine") == digest


def test_a_private_model_has_the_space_that_was_put_beside_it() -> None:
    name = f"{PRIVATE}paths"
    folder = Path(private_folder().name) / name
    shutil.copytree(SHIPPED / "vae", folder / "vae")
    try:
        assert features_of(f"{name}/vae") == ""
        assert space_of(f"{name}/vae") != load_features("fashion-mnist", "cpu").digest
        for file in ("features.json", "features.safetensors"):
            shutil.copyfile(SHIPPED / file, folder / file)
        assert features_of(f"{name}/vae") == space_of(f"{name}/vae") == load_features("fashion-mnist", "cpu").digest
    finally:
        shutil.rmtree(folder)
