"""Every example in a docstring of the package says the truth."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest
import torch
from torch import nn

from tests.test_layers import PACKAGE, module_name, scripts

WITH_EXAMPLES = [module_name(path) for path in scripts(PACKAGE) if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of_a_module_are_true(name: str, tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # an example may write a file
    given = {"model": tiny_model, "torch": torch, "nn": nn}
    found = doctest.testmod(import_module(name), extraglobs=given, optionflags=doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0


def test_there_are_examples() -> None:
    assert {"latentdemo", "latentdemo.checkpoints.store", "latentdemo.sampling.chain"} <= set(WITH_EXAMPLES)
