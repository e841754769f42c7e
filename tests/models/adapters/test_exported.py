import json

import pytest
import torch
from torch import nn

from latentdemo import load_model, run_chain
from latentdemo.checkpoints import save_checkpoint
from latentdemo.errors import AdapterError, CheckpointDigestError, CheckpointFileMissingError
from latentdemo.models import ADAPTERS
from latentdemo.models.adapters import read_exported

SIZES = {"image_size": 28, "channels": 1, "latent_size": 6}


class SomeEncoder(nn.Module):
    """A network of somebody's own, with batch normalisation and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(4 * 14 * 14, 12)

    def forward(self, images):
        mean, log_variance = self.head(self.body(images)).chunk(2, dim=1)
        return mean, torch.exp(0.5 * log_variance)


def networks() -> tuple[nn.Module, nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        decoder = nn.Sequential(nn.Linear(6, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
        return SomeEncoder().eval(), decoder.eval()


def export(module: nn.Module, example: torch.Tensor, path, any_count: bool = True) -> None:
    shapes = ({0: torch.export.Dim("count")},) if any_count else None
    torch.export.save(torch.export.export(module, (example,), dynamic_shapes=shapes), path)


def script(module: nn.Module, example: torch.Tensor, path) -> None:
    torch.jit.trace(module, example).save(str(path))


@pytest.fixture(params=["pt2", "pt"])
def folder(request, tmp_path):
    """A pair as somebody hands it over, by torch.export or by TorchScript."""
    write = export if request.param == "pt2" else script
    for name, module, example in zip(
        ("encoder", "decoder"), networks(), (torch.rand(2, 1, 28, 28), torch.randn(2, 6)), strict=True
    ):
        write(module, example, tmp_path / f"{name}.{request.param}")
    (tmp_path / "description.json").write_text(json.dumps(SIZES))
    return tmp_path


def test_a_pair_gives_what_its_networks_give(folder, tmp_path_factory) -> None:
    encoder, decoder = networks()
    images = torch.rand(5, 1, 28, 28)
    model = read_exported(folder)
    root = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(root / "own" / "pair", model, "own")
    again = load_model("own/pair", "cpu", root)
    for each in (model, again):
        with torch.no_grad():
            mean, std = encoder(images)
            rebuilt = decoder(mean)
        posterior = each.encode(images)
        torch.testing.assert_close(posterior.mean, mean, atol=1e-5, rtol=0)
        torch.testing.assert_close(posterior.std, std, atol=1e-5, rtol=0)
        torch.testing.assert_close(each.decode(mean).mean, rebuilt, atol=1e-5, rtol=0)
    assert run_chain(again, steps=2, count=3).images[2].shape == (3, 1, 28, 28)


def test_such_files_are_known_to_hold_programs() -> None:
    assert {name for name, adapter in ADAPTERS.items() if adapter.runs_code} == {"exported", "torchscript"}


def test_a_pair_for_one_number_of_pictures_is_refused(tmp_path) -> None:
    encoder, decoder = networks()
    export(encoder, torch.rand(2, 1, 28, 28), tmp_path / "encoder.pt2", any_count=False)
    export(decoder, torch.randn(2, 6), tmp_path / "decoder.pt2", any_count=False)
    (tmp_path / "description.json").write_text(json.dumps(SIZES))
    with pytest.raises(AdapterError, match="any number of rows"):
        read_exported(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"image_size": 28}', json.dumps(SIZES | {"channels": 4})])
def test_a_broken_description_is_named(folder, text: str) -> None:
    (folder / "description.json").write_text(text)
    with pytest.raises(AdapterError, match=r"description\.json"):
        read_exported(folder)


def test_broken_and_missing_files_are_named(folder) -> None:
    decoder = next(folder.glob("decoder.*"))
    decoder.write_bytes(decoder.read_bytes()[:100])
    with pytest.raises(AdapterError, match=f"{decoder.name} cannot be read"):
        read_exported(folder)
    decoder.unlink()
    with pytest.raises(CheckpointFileMissingError, match=decoder.name):
        read_exported(folder)


def test_exchanged_files_are_refused_before_they_are_read(folder, tmp_path_factory) -> None:
    root = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(root / "own" / "pair", read_exported(folder), "own")
    next((root / "own" / "pair").glob("encoder.*")).write_bytes(b"something else")
    with pytest.raises(CheckpointDigestError):
        load_model("own/pair", "cpu", root)
