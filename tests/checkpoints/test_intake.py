"""Archives that people bring: what is good works as the model it was, what is hostile is refused and leaves nothing."""

from __future__ import annotations

import hashlib
import io
import json
import math
import pickle
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from latentdemo.checkpoints import checkpoints_dir, load_model, read_config, save_checkpoint
from latentdemo.checkpoints import intake as uploads
from latentdemo.checkpoints.intake import LARGEST_ARCHIVE, install_archive
from latentdemo.errors import CheckpointCorruptError, UploadError
from latentdemo.models import NetworkConfig, build_model
from latentdemo.sampling import run_chain
from latentdemo.sampling.densities.intake import check_densities

Files = dict[str, bytes]


@pytest.fixture
def files(tiny_model, tmp_path) -> Files:
    """The files of a checkpoint folder."""
    folder = tmp_path / "source" / "own" / "tiny"
    save_checkpoint(folder, tiny_model, "own", training={"command": "echo"}, measured={"parameters": 1})
    return {name: (folder / name).read_bytes() for name in ("config.json", "model.safetensors")}


@pytest.fixture
def root(tmp_path) -> Path:
    """Where models that are brought lie."""
    (tmp_path / "brought").mkdir()
    return tmp_path / "brought"


def archive(members: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in members:
            target.writestr(name, content)
    return buffer.getvalue()


def packed(files: Files, prefix: str = "tiny/") -> bytes:
    return archive([(prefix + name, content) for name, content in files.items()])


@pytest.mark.parametrize("prefix", ["", "tiny/", "own/tiny/"])
def test_a_checkpoint_folder_works_as_the_model_it_was(files: Files, root: Path, prefix: str, tiny_model) -> None:
    extra = {"README.md": b"# <script>", "preview.png": b"no picture", "evaluation.json": b"{}", ".DS_Store": b"x"}
    name = install_archive(packed(files | extra, prefix), root, "upload-1", check_densities)
    assert name == "upload-1/dvae"
    assert sorted(path.name for path in (root / name).iterdir()) == ["config.json", "model.safetensors"]
    assert [path.name for path in root.iterdir()] == ["upload-1"]
    config = read_config(root / name)
    assert (config.training, config.measured, config.versions) == ({}, {}, {})
    latents = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = tiny_model.decode(latents).mean
    assert torch.allclose(load_model(name, "cpu", root).decode(latents).mean, expected, atol=2e-2)


def test_a_shipped_model_comes_with_its_densities(root: Path) -> None:
    folder = checkpoints_dir() / "fashion-mnist" / "vae"
    shipped = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    name = install_archive(packed(shipped, "vae/"), root, "upload-2", check_densities)
    run = run_chain(load_model(name, "cpu", root), "hmc", count=4, steps=1, stop_at=0.5)
    assert run.images[1].isfinite().all()
    assert json.loads((root / name / "density.json").read_text())["training"] == {}


def test_a_model_with_a_flow_prior_works_as_well(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own" / "flow-vae"
    model = build_model("flow-vae", NetworkConfig(16, 1, 4, 8), {"flow_hidden": 16}, seed=1).eval()
    save_checkpoint(folder, model, "own")
    name = install_archive(
        packed({path.name: path.read_bytes() for path in folder.iterdir()}), root, "upload-3", check_densities
    )
    latents = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model.decode(latents).mean
    assert torch.allclose(load_model(name, "cpu", root).decode(latents).mean, expected, atol=2e-2)


def edited(files: Files, edit: Callable[[dict], object]) -> Files:
    config = json.loads(files["config.json"])
    edit(config)
    return files | {"config.json": json.dumps(config).encode()}


def with_weights(files: Files, edit: Callable[[dict[str, torch.Tensor]], object]) -> Files:
    weights = load(files["model.safetensors"])
    edit(weights)
    content = save(weights)
    digest = hashlib.sha256(content).hexdigest()
    return edited(files | {"model.safetensors": content}, lambda config: config.update(sha256=digest))


def first_filled(value: float) -> Callable[[dict[str, torch.Tensor]], object]:
    return lambda weights: next(iter(weights.values())).view(-1)[:1].fill_(value)


def member(name: str, mode: int = 0, **attributes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    for key, value in attributes.items():
        setattr(info, key, value)
    return info


def listed(files: Files, *more: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    return archive([*files.items(), *more])


def encrypted(files: Files) -> bytes:
    """An archive whose members say that they are."""
    content = bytearray(listed(files))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(signature)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(signature, place + 4)
    return bytes(content)


def lying(files: Files) -> bytes:
    """An archive whose list says that a member unpacks to next to nothing."""
    content = bytearray(archive([*files.items(), ("density.json", bytes(10**6))]))
    place = content.rfind(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(content)


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


def torch_file(files: Files) -> bytes:
    buffer = io.BytesIO()
    torch.save({"weights": Bomb()}, buffer)
    return buffer.getvalue()


HOSTILE: dict[str, tuple[str, Callable[[Files], bytes]]] = {
    "no archive": ("zip", lambda files: b"PK no archive"),
    "empty": ("zip", lambda files: b""),
    "cut short": ("zip", lambda files: packed(files)[:-100]),
    "cut at the front": ("zip", lambda files: packed(files)[700:]),
    "a member that lies about its size": ("zip", lying),
    "too large": ("large", lambda files: bytes(LARGEST_ARCHIVE + 1)),
    "bomb": ("large", lambda files: listed(files, ("preview.png", bytes(200_000_000)))),
    "configuration as bomb": ("large", lambda files: packed(files | {"config.json": b"[" * 2_000_000})),
    "10,000 files": ("many", lambda files: listed(files, *((f"a/{index}.json", b"") for index in range(10_000)))),
    "200 files": ("many", lambda files: listed(files, *((f"a/{index}", b"") for index in range(200)))),
    "encrypted": ("encrypted", encrypted),
    "up and out": ("path", lambda files: listed(files, ("../model.safetensors", b""))),
    "up in the middle": ("path", lambda files: listed(files, ("tiny/../../config.json", b""))),
    "absolute": ("path", lambda files: listed(files, ("/etc/config.json", b""))),
    "drive": ("path", lambda files: listed(files, ("C:/config.json", b""))),
    "backslash": ("path", lambda files: listed(files, ("..\\config.json", b""))),
    "device": ("path", lambda files: listed(files, ("aux.json", b""))),
    "control character": ("path", lambda files: listed(files, ("a\x1bb/config.json", b""))),
    "nul": ("path", lambda files: listed(files, ("config_json", b"")).replace(b"config_json", b"config\0json")),
    "link": ("link", lambda files: listed(files, (member("README.md", stat.S_IFLNK | 0o777), b"/etc/passwd"))),
    "linked folder": ("link", lambda files: listed(files, (member("a", stat.S_IFLNK | 0o777), b".."))),
    "pipe": ("link", lambda files: listed(files, (member("README.md", stat.S_IFIFO | 0o777), b""))),
    "the same name": ("twice", lambda files: listed(files, ("config.json", b"{}"))),
    "the same name in capitals": ("twice", lambda files: listed(files, ("CONFIG.json", b"{}"))),
    "two folders": ("twice", lambda files: listed(files, ("other/config.json", b"{}"))),
    "pickle": ("kind", lambda files: listed(files, ("model.pkl", pickle.dumps(Bomb())))),
    "torch file": ("kind", lambda files: listed(files, ("training/state.pt", torch_file(files)))),
    "script": ("kind", lambda files: listed(files, ("run.py", b"print()"))),
    "archive within": ("kind", lambda files: listed(files, ("inner.zip", packed(files)))),
    "no weights": ("missing", lambda files: archive([("config.json", files["config.json"])])),
    "no configuration": ("missing", lambda files: archive([("model.safetensors", files["model.safetensors"])])),
    "nothing": ("missing", lambda files: archive([])),
    "not JSON": ("config", lambda files: packed(files | {"config.json": b"{"})),
    "deep JSON": ("config", lambda files: packed(files | {"config.json": b"[" * 500_000})),
    "not text": ("config", lambda files: packed(files | {"config.json": b"\xff\xfe\x00"})),
    "a list": ("config", lambda files: packed(files | {"config.json": b"[]"})),
    "another format": ("config", lambda files: packed(edited(files, lambda config: config.update(adapter="script")))),
    "unknown family": ("config", lambda files: packed(edited(files, lambda config: config.update(family="gan")))),
    "family as path": ("config", lambda files: packed(edited(files, lambda config: config.update(family="../x")))),
    "noise that is NaN": (
        "config",
        lambda files: packed(edited(files, lambda config: config.update(residual_std=math.nan))),
    ),
    "option that is no number": (
        "config",
        lambda files: packed(edited(files, lambda config: config.update(options={"corruption_std": "x"}))),
    ),
    "option that is unknown": (
        "config",
        lambda files: packed(edited(files, lambda config: config.update(options={"network": 1}))),
    ),
    "huge option": (
        "config",
        lambda files: packed(edited(files, lambda config: config.update(options={"corruption_std": 1e300}))),
    ),
    "odd size": ("config", lambda files: packed(edited(files, lambda config: config["network"].update(image_size=17)))),
    "absurd width": (
        "size",
        lambda files: packed(edited(files, lambda config: config["network"].update(width=10**12))),
    ),
    "absurd latent size": (
        "size",
        lambda files: packed(edited(files, lambda config: config["network"].update(latent_size=10**9))),
    ),
    "absurd picture": (
        "size",
        lambda files: packed(edited(files, lambda config: config["network"].update(image_size=2**40))),
    ),
    "large network": (
        "size",
        lambda files: packed(edited(files, lambda config: config["network"].update(image_size=512, width=512))),
    ),
    "wrong shapes": ("weights", lambda files: packed(edited(files, lambda config: config["network"].update(width=8)))),
    "pickle as weights": ("weights", lambda files: packed(files | {"model.safetensors": pickle.dumps(Bomb())})),
    "other weights": (
        "weights",
        lambda files: packed(edited(files, lambda config: config.update(sha256="0" * 64))),
    ),
    "NaN": ("weights", lambda files: packed(with_weights(files, first_filled(math.nan)))),
    "infinity": ("weights", lambda files: packed(with_weights(files, first_filled(math.inf)))),
    "negative variance": (
        "weights",
        lambda files: packed(
            with_weights(
                files,
                lambda weights: [values.fill_(-1) for name, values in weights.items() if name.endswith("running_var")],
            )
        ),
    ),
    "weights cut short": (
        "weights",
        lambda files: packed(files | {"model.safetensors": files["model.safetensors"][:500]}),
    ),
    "half of the densities": ("density", lambda files: listed(files, ("density.safetensors", b""))),
    "densities of nothing": ("density", lambda files: listed(files, ("density.json", b"{}"))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_and_leaves_nothing(
    files: Files, root: Path, tmp_path, monkeypatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    reason, make = HOSTILE[name]
    content, before = make(files), sorted(tmp_path.rglob("*"))
    with pytest.raises(UploadError) as refused:
        install_archive(content, root, "upload-1", check_densities)
    assert refused.value.reason == reason
    assert str(refused.value).startswith(UploadError.REASONS[reason])
    assert list(root.iterdir()) == []
    assert sorted(tmp_path.rglob("*")) == before


DENSITIES: dict[str, Callable[[dict], object]] = {
    "absurd mixture": lambda config: config["densities"]["mixture"]["settings"].update(components=10**9),
    "absurd flow": lambda config: config["densities"]["flow"]["settings"].update(hidden=10**9),
    "unknown setting": lambda config: config["densities"]["flow"]["settings"].update(device="cuda"),
    "unknown kind": lambda config: config["densities"]["flow"].update(kind="module"),
    "other latent size": lambda config: config["densities"]["flow"]["settings"].update(latent_size=31),
    "step that is NaN": lambda config: config["densities"]["flow"]["step_sizes"].update(hmc=math.nan),
    "step that is text": lambda config: config["densities"]["flow"]["step_sizes"].update(hmc="0.1"),
    "no quantiles": lambda config: config["densities"]["flow"].update(quantiles=[]),
    "name as path": lambda config: config["densities"].update({"../x": config["densities"].pop("flow")}),
    "no density": lambda config: config.update(densities={}),
    "of another model": lambda config: config.update(model_sha256="0" * 64),
    "scale of another size": lambda config: config.update(scale=[1.0]),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_hostile_densities_are_refused_and_leave_nothing(root: Path, name: str) -> None:
    folder = checkpoints_dir() / "fashion-mnist" / "vae"
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name in uploads.TAKEN}
    config = json.loads(files["density.json"])
    DENSITIES[name](config)
    files["density.json"] = json.dumps(config).encode()
    with pytest.raises(UploadError) as refused:
        install_archive(packed(files), root, "upload-1", check_densities)
    assert refused.value.reason == "density"
    assert list(root.iterdir()) == []


def test_a_full_disk_is_said_so(files: Files, tmp_path) -> None:
    with pytest.raises(UploadError) as refused:
        install_archive(packed(files), tmp_path / "missing", "upload-1", check_densities)
    assert refused.value.reason == "full"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_on_disk_that_are_not_finite_are_refused(files: Files, tmp_path, value: float) -> None:
    folder = tmp_path / "own" / "tiny"
    folder.mkdir(parents=True)
    for name, content in with_weights(files, first_filled(value)).items():
        (folder / name).write_bytes(content)
    with pytest.raises(CheckpointCorruptError, match="finite"):
        load_model("own/tiny", "cpu", tmp_path)
