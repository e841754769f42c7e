"""Archives of any content: taken in as a model that works, or refused in a word; nothing else, and nothing left."""

from __future__ import annotations

import json
import secrets
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentdemo.checkpoints import load_model, save_checkpoint
from latentdemo.checkpoints.intake import TAKEN, check_walk, install_archive
from latentdemo.errors import UploadError
from latentdemo.models import NetworkConfig, build_model
from latentdemo.sampling.densities.intake import check_densities
from tests.checkpoints.test_intake import archive
from tests.properties import examples

CONFIG, WEIGHTS = "config.json", "model.safetensors"

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner))
damage = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)), min_size=1, max_size=4)
parts = st.sampled_from(["tiny", "..", ".", "", "/", "C:", "con", "__MACOSX", CONFIG, WEIGHTS]) | st.text(max_size=4)
written = st.lists(parts, min_size=1, max_size=3).map("/".join)
names = written.filter(lambda name: name.split("\0")[0] != "")  # without one, zipfile writes nothing


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a checkpoint folder."""
    folder = tmp_path_factory.mktemp("source") / "own" / "tiny"
    save_checkpoint(folder, build_model("dvae", NetworkConfig(16, 1, 4, 8), {"residual_std": 0.1}, seed=1), "own")
    return {name: (folder / name).read_bytes() for name in (CONFIG, WEIGHTS)}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where models that are brought lie."""
    return tmp_path_factory.mktemp("brought")


def packed(members: dict[str, bytes]) -> bytes:
    """An archive without compression, so that damage reaches what lies in it."""
    return archive(list(members.items()), zipfile.ZIP_STORED)


def damaged(content: bytes, places: list[tuple[float, bytes]]) -> bytes:
    """Bytes with others written over them, each at a share of the length."""
    changed = bytearray(content)
    for share, other in places:
        at = int(share * len(changed))
        changed[at : at + len(other)] = other
    return bytes(changed)


def taken_or_refused(content: bytes, root: Path) -> None:
    """The property that holds of any content."""
    dataset = f"upload-{secrets.token_hex(8)}"
    before = sorted(root.rglob("*"))
    try:
        name = install_archive(content, root, dataset, check_densities)
    except UploadError:
        assert sorted(root.rglob("*")) == before
        return
    assert {path.name for path in (root / name).iterdir()} <= set(TAKEN)
    assert sorted(path for path in root.iterdir() if path not in before) == [root / dataset]
    check_walk(load_model(name, "cpu", root))


@settings(max_examples=examples(200))
@given(content=st.binary(max_size=200))
def test_any_bytes(root: Path, content: bytes) -> None:
    taken_or_refused(content, root)


@settings(max_examples=examples(200))
@given(places=damage)
def test_a_damaged_archive(root: Path, files: dict[str, bytes], places: list[tuple[float, bytes]]) -> None:
    taken_or_refused(damaged(packed(files), places), root)


@settings(max_examples=examples(200))
@given(name=st.sampled_from([CONFIG, WEIGHTS]), places=damage)
def test_damaged_files(root: Path, files: dict[str, bytes], name: str, places: list[tuple[float, bytes]]) -> None:
    taken_or_refused(packed(files | {name: damaged(files[name], places)}), root)


@settings(max_examples=examples(200))
@given(places=damage)
def test_a_damaged_header_of_weights(root: Path, files: dict[str, bytes], places: list[tuple[float, bytes]]) -> None:
    length = 8 + int.from_bytes(files[WEIGHTS][:8], "little")
    header, weights = files[WEIGHTS][:length], files[WEIGHTS][length:]
    taken_or_refused(packed(files | {WEIGHTS: damaged(header, places) + weights}), root)


@settings(max_examples=examples(300))
@given(data=st.data())
def test_a_configuration_of_other_values(root: Path, files: dict[str, bytes], data: st.DataObject) -> None:
    config: dict[str, Any] = json.loads(files[CONFIG])
    for _ in range(data.draw(st.integers(1, 3))):
        inner = data.draw(st.sampled_from([config, *(each for each in config.values() if isinstance(each, dict))]))
        inner[data.draw(st.sampled_from([*inner, "other"]))] = data.draw(anything)
    taken_or_refused(packed(files | {CONFIG: json.dumps(config).encode()}), root)


@settings(max_examples=examples(200))
@given(more=st.dictionaries(names, st.binary(max_size=20), min_size=1, max_size=4))
def test_members_of_any_name(root: Path, files: dict[str, bytes], more: dict[str, bytes]) -> None:
    taken_or_refused(packed(files | more), root)
