import io
import json
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from latentdemo import load_model
from latentdemo.checkpoints import save_checkpoint
from latentdemo.errors import AdapterError, CheckpointCorruptError, CheckpointMismatchError
from latentdemo.models.adapters import read_others, read_pythae

pythae = pytest.importorskip("pythae.models")
GREY, COLOUR = {"input_dim": (1, 28, 28), "latent_dim": 6}, {"input_dim": (3, 32, 32), "latent_dim": 6}
KINDS = {
    "AE": False,
    "VAE": True,
    "BetaVAE": True,
    "FactorVAE": True,
    "IWAE": True,
    "VAEGAN": True,
    "INFOVAE_MMD": True,
    "WAE_MMD": False,
    "RAE_L2": False,
    "Adversarial_AE": True,
}
"""Models of pythae, and whether their encoders are stochastic."""


def made(kind: str, sizes: dict, **more):
    """An untrained model of pythae."""
    config = getattr(pythae, f"{kind}Config", None) or getattr(pythae, f"{kind}_Config")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return getattr(pythae, kind)(config(**sizes), **more).eval()


def saved(model, folder: Path) -> Path:
    """The folder that pythae writes."""
    model.save(str(folder))
    return folder


def check_equal(model, theirs, images: torch.Tensor) -> None:
    """Whether a model encodes and decodes as pythae's own does."""
    with torch.no_grad():
        output = theirs.encoder(images)
        rebuilt = theirs.decoder(output.embedding).reconstruction
    posterior = model.encode(images)
    torch.testing.assert_close(posterior.mean, output.embedding, atol=1e-5, rtol=0)
    torch.testing.assert_close(model.decode(posterior.mean).mean, rebuilt, atol=1e-5, rtol=0)
    if model.stochastic:
        torch.testing.assert_close(posterior.std, torch.exp(0.5 * output.log_covariance), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_pythae_gives_what_it_gives_there(kind: str, tmp_path) -> None:
    theirs, images = made(kind, GREY), torch.rand(4, 1, 28, 28)
    model = read_pythae(saved(theirs, tmp_path / "final_model"))
    save_checkpoint(tmp_path / "checkpoints" / "mnist" / "own", model, "mnist")
    again = load_model("mnist/own", "cpu", tmp_path / "checkpoints")
    for each in (model, again):
        check_equal(each, theirs, images)
        assert each.stochastic is KINDS[kind]
        assert (each.latent_size, each.image_shape) == (6, (1, 28, 28))


@pytest.mark.parametrize(("sizes", "family", "data"), [(GREY, "Conv", "MNIST"), (GREY, "ResNet", "MNIST"),
                                                       (COLOUR, "ResNet", "CIFAR")])  # fmt: skip
def test_networks_of_pythaes_benchmarks_are_known_by_their_tensors(sizes, family: str, data: str, tmp_path) -> None:
    from pythae.models.nn.benchmarks import cifar, mnist  # noqa: PLC0415

    classes = vars(mnist) | vars(cifar)
    config = pythae.VAEConfig(**sizes)
    networks = {
        "encoder": classes[f"Encoder_{family}_VAE_{data}"](config),
        "decoder": classes[f"Decoder_{family}_AE_{data}"](config),
    }
    theirs = made("VAE", sizes, **networks)
    folder = saved(theirs, tmp_path / "final_model")
    (folder / "encoder.pkl").write_bytes(b"never read")
    check_equal(read_pythae(folder), theirs, torch.rand(3, *sizes["input_dim"]))


def test_the_covariance_is_left_aside_where_the_model_says_so(tmp_path) -> None:
    config = pythae.Adversarial_AE_Config(**GREY, deterministic_posterior=True)
    theirs = pythae.Adversarial_AE(config).eval()
    model = read_pythae(saved(theirs, tmp_path / "final_model"))
    assert not model.stochastic
    check_equal(model, theirs, torch.rand(3, 1, 28, 28))


def test_a_margin_makes_it_one_of_a_padded_data_set(tmp_path) -> None:
    theirs = made("VAE", GREY)
    model = read_pythae(saved(theirs, tmp_path / "final_model"), image_size=32)
    images = torch.rand(3, 1, 32, 32)
    inner = images[..., 2:-2, 2:-2]
    with torch.no_grad():
        expected = theirs.decoder(theirs.encoder(inner).embedding).reconstruction
    decoded = model.decode(model.encode(images).mean).mean
    torch.testing.assert_close(decoded[..., 2:-2, 2:-2], expected, atol=1e-5, rtol=0)
    for size in (31, 26):
        with pytest.raises(AdapterError, match=f"no even margin in {size}"):
            read_pythae(tmp_path / "final_model", image_size=size)


class OwnEncoder(nn.Module):
    """Not one of pythae's."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(784, 6)


def test_networks_of_ones_own_are_refused_and_never_unpickled(tmp_path) -> None:
    folder = saved(made("AE", GREY), tmp_path / "final_model")
    state = torch.load(folder / "model.pt", weights_only=True)["model_state_dict"]
    others = {f"encoder.{name}": value for name, value in OwnEncoder().state_dict().items()}
    kept = {name: value for name, value in state.items() if not name.startswith("encoder.")}
    torch.save({"model_state_dict": others | kept}, folder / "model.pt")
    (folder / "encoder.pkl").write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    with pytest.raises(AdapterError, match=r"encoder\.pkl; that is not read.*latentdemo\.adapt"):
        read_pythae(folder)
    assert not (tmp_path / "exploded").exists()


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_program_in_place_of_tensors_is_refused_and_never_run(tmp_path) -> None:
    folder = saved(made("VAE", GREY), tmp_path / "final_model")
    for content in (pickle.dumps(Bomb(tmp_path / "exploded")), torch_bytes({"model_state_dict": {"a": 3}}), b"", b"x"):
        (folder / "model.pt").write_bytes(content)
        with pytest.raises(AdapterError, match=r"model\.pt"):
            read_pythae(folder)
    torch.save({"model_state_dict": {"encoder": Bomb(tmp_path / "exploded")}}, folder / "model.pt")
    with pytest.raises(AdapterError, match=r"model\.pt"):
        read_pythae(folder)
    assert not (tmp_path / "exploded").exists()


def torch_bytes(content: dict) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["SVAE", "VQVAE", "VAMP", "VAE_IAF", "HVAE"])
def test_models_of_another_kind_are_refused_with_those_that_are_taken(kind: str, tmp_path) -> None:
    folder = saved(made("VAE", GREY), tmp_path / "final_model")
    config = json.loads((folder / "model_config.json").read_text())
    (folder / "model_config.json").write_text(json.dumps(config | {"name": f"{kind}Config"}))
    with pytest.raises(AdapterError, match=f"{kind} of pythae cannot be taken in.*Adversarial_AE"):
        read_pythae(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "VAEConfig", "input_dim": [784], "latent_dim": 2}',
    '{"name": "VAEConfig", "input_dim": [1, 28, 32], "latent_dim": 2}'])  # fmt: skip
def test_a_configuration_of_something_else_than_square_images_is_named(text: str, tmp_path) -> None:
    folder = saved(made("VAE", GREY), tmp_path / "final_model")
    (folder / "model_config.json").write_text(text)
    with pytest.raises(AdapterError, match=r"model_config\.json"):
        read_pythae(folder)


def test_vectors_are_told_how_they_can_be_taken_in(tmp_path) -> None:
    folder = saved(made("VAE", {"input_dim": (784,), "latent_dim": 2}), tmp_path)
    with pytest.raises(AdapterError, match=r"input_dim is \[784\], but taken are.*latentdemo\.adapt") as caught:
        read_pythae(folder)
    assert "ValueError" not in str(caught.value)


def test_the_folder_of_a_training_run_has_its_last_model(tmp_path) -> None:
    theirs, images = made("VAE", GREY), torch.rand(4, 1, 28, 28)
    for folder, model in (("checkpoint_epoch_2", made("VAE", COLOUR)), ("final_model", theirs)):
        saved(model, tmp_path / "VAE_training" / folder)
    check_equal(read_others(tmp_path / "VAE_training"), theirs, images)


def test_weights_that_are_spoilt_or_do_not_fit_are_named(tmp_path) -> None:
    theirs = made("VAE", GREY)
    theirs.decoder.layers[0][0].weight.data[0, 0] = torch.nan
    with pytest.raises(CheckpointCorruptError, match="not finite"):
        read_pythae(saved(theirs, tmp_path / "final_model"))
    model = read_pythae(saved(made("VAE", GREY), tmp_path / "other"))
    folder = tmp_path / "checkpoints" / "mnist" / "own"
    save_checkpoint(folder, model, "mnist")
    config = json.loads((folder / "config.json").read_text())
    config["network"]["latent_size"] = 10**12  # is never laid out in memory
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises((CheckpointMismatchError, AdapterError)):
        load_model("mnist/own", "cpu", tmp_path / "checkpoints")
