import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from latentdemo import load_model
from latentdemo.data import ImageSet
from latentdemo.errors import TrainingError
from latentdemo.models import FAMILIES, Likelihood
from latentdemo.training import Trainer, TrainingSettings, usual_epochs
from latentdemo.training.measure import residual_std
from tests.training.pictures import NETWORK, blobs


def trainer(out, family: str = "vae", restart: bool = False, **settings) -> Trainer:
    return Trainer(
        out,
        "avatars",
        blobs(96, 0),
        blobs(32, 1),
        family,
        NETWORK,
        TrainingSettings(**{"epochs": 3, "batch_size": 16, "precision": "float32"} | settings),
        restart=restart,
        command="python -m latentdemo train avatars vae",
    )


def weights(run: Trainer) -> torch.Tensor:
    return torch.cat([parameter.flatten() for parameter in run.model.parameters()])


@pytest.mark.parametrize("family", ["dvae", "daae"])
@pytest.mark.parametrize("when", ["after an epoch", "within an epoch"])
def test_a_killed_run_ends_as_if_it_had_not_been(tmp_path, family: str, when: str) -> None:
    def kill(*place) -> None:
        if place[0] == 2:
            raise KeyboardInterrupt

    unbroken = trainer(tmp_path / "unbroken", family)
    unbroken.run()
    killed = trainer(tmp_path / "killed", family)
    with pytest.raises(KeyboardInterrupt):
        killed.run(**{"on_epoch" if when == "after an epoch" else "on_batch": kill})
    resumed = trainer(tmp_path / "killed", family)
    assert resumed.epoch == (2 if when == "after an epoch" else 1)
    resumed.run()
    assert torch.equal(weights(resumed), weights(unbroken))


def test_an_estimate_changes_nothing(tmp_path) -> None:
    run, other = trainer(tmp_path / "estimated", "daae"), trainer(tmp_path / "other", "daae")
    before = run.model.state_dict()
    expected = run.estimate()
    assert expected.seconds > 0
    assert all(torch.equal(value, run.model.state_dict()[name]) for name, value in before.items())
    run.run()
    other.run()
    assert torch.equal(weights(run), weights(other))
    files = [path for path in run.out.rglob("*") if path.suffix in (".pt", ".safetensors") or "epoch" in path.name]
    size = sum(path.stat().st_size for path in files)
    assert 0.7 * size < expected.bytes < 1.5 * size + 100_000


def losses_of(run: Trainer, losses: list[float], monkeypatch) -> None:
    """Make the held-out losses of the epochs what they are said to be."""
    left = iter(losses)
    monkeypatch.setattr("latentdemo.training.trainer.held_out_loss", lambda measured: next(left))


def test_training_stops_in_time_and_takes_the_best_epoch(tmp_path, monkeypatch) -> None:
    run = trainer(tmp_path / "own" / "vae", epochs=9, patience=2)
    losses_of(run, [5.0, 3.0, 4.0, 2.0, 2.5, 2.0], monkeypatch)
    after: dict[int, torch.Tensor] = {}
    run.run(on_epoch=lambda epoch, terms: after.update({epoch: weights(run).clone()}))
    assert (run.epoch, run.best.epoch) == (6, 4)
    assert torch.equal(weights(run), after[4])
    assert not torch.equal(weights(run), after[6])
    assert (run.out / "preview.png").read_bytes() == run.picture_path(4).read_bytes()
    facts = json.loads((run.out / "config.json").read_text())["training"]
    assert (facts["epochs_trained"], facts["best_epoch"], facts["patience"]) == (6, 4, 2)
    assert "epoch 4, the best of 6" in (run.out / "README.md").read_text()


@pytest.mark.parametrize("killed_after", [3, 4, 6])
def test_a_killed_run_stops_where_it_would_have(tmp_path, monkeypatch, killed_after: int) -> None:
    losses = [5.0, 3.0, 4.0, 2.0, 2.5, 2.0]

    def kill(epoch: int, terms: dict) -> None:
        if epoch == killed_after:
            raise KeyboardInterrupt

    unbroken = trainer(tmp_path / "unbroken", epochs=9, patience=2)
    losses_of(unbroken, losses, monkeypatch)
    unbroken.run()
    killed = trainer(tmp_path / "killed", epochs=9, patience=2)
    losses_of(killed, losses, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        killed.run(on_epoch=kill)
    resumed = trainer(tmp_path / "killed", epochs=9, patience=2)
    losses_of(resumed, losses[killed_after:], monkeypatch)
    resumed.estimate()
    resumed.run()
    assert (resumed.epoch, resumed.best.epoch) == (6, 4)
    assert torch.equal(weights(resumed), weights(unbroken))


def test_other_images_are_not_mixed_with_a_run_in_the_folder(tmp_path) -> None:
    trainer(tmp_path, epochs=1).run()
    with pytest.raises(TrainingError, match="another images;"):
        Trainer(
            tmp_path, "avatars", blobs(96, 0), blobs(32, 2), "vae", NETWORK,
            TrainingSettings(epochs=1, batch_size=16, precision="float32"),
        )  # fmt: skip


def test_a_run_that_was_begun_before_there_was_a_patience_goes_on(tmp_path) -> None:
    trainer(tmp_path, epochs=1).run()
    state = torch.load(tmp_path / "training" / "state.pt", weights_only=True)
    del state["fingerprint"]["settings"]["patience"], state["fingerprint"]["images"], state["best"]
    torch.save(state, tmp_path / "training" / "state.pt")
    assert trainer(tmp_path, epochs=1).epoch == 1


def test_a_state_that_knows_no_schedule_goes_on_at_the_rate_of_its_epoch(tmp_path) -> None:
    def kill(*_place) -> None:
        raise KeyboardInterrupt

    unbroken, killed = trainer(tmp_path / "unbroken"), trainer(tmp_path / "killed")
    unbroken.run()
    with pytest.raises(KeyboardInterrupt):
        killed.run(on_epoch=kill)
    path = tmp_path / "killed" / "training" / "state.pt"
    state = torch.load(path, weights_only=True)
    for group in (group for each in state["optimizers"].values() for group in each["param_groups"]):
        del group["initial_lr"]
        group["lr"] = 0.123  # the rate used to be set anew before each step
    torch.save(state, path)
    resumed = trainer(tmp_path / "killed")
    steps, total = resumed.steps_per_epoch, 3 * resumed.steps_per_epoch
    [rate] = {group["lr"] for each in resumed.optimizers.values() for group in each.param_groups}
    assert rate == resumed.settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (steps / total)))
    resumed.run()
    assert torch.equal(weights(resumed), weights(unbroken))


@pytest.mark.parametrize(("count", "epochs"), [(60_000, 20), (1_577, 125), (64, 3_000), (10, 3_000)])
def test_few_images_are_passed_over_more_often(count: int, epochs: int) -> None:
    assert usual_epochs(count, 64) == epochs


def test_each_epoch_has_its_own_noise_and_order(tmp_path, monkeypatch) -> None:
    run = trainer(tmp_path)
    first_draws, first_batches = [], []

    def objectives(images: torch.Tensor, generator: torch.Generator) -> Iterator:
        if len(first_draws) == run.epoch:
            first_draws.append(torch.rand((), generator=generator).item())
            first_batches.append(images)
        return family_objectives(images, generator)

    family_objectives = run.model.objectives
    monkeypatch.setattr(run.model, "objectives", objectives)
    run.run()
    assert len(set(first_draws)) == 3
    assert not any(torch.equal(first_batches[0], other) for other in first_batches[1:])


def test_the_seed_decides(tmp_path) -> None:
    runs = [trainer(tmp_path / str(index), seed=seed, epochs=1) for index, seed in enumerate((5, 5, 6))]
    for run in runs:
        run.run()
    assert torch.equal(weights(runs[0]), weights(runs[1]))
    assert not torch.equal(weights(runs[0]), weights(runs[2]))


@pytest.mark.parametrize("precision", ["bf16", "float32"])
def test_the_precision_is_the_devices_unless_it_is_given(tmp_path, monkeypatch, precision: str) -> None:
    monkeypatch.setattr("latentdemo.training.trainer.training_precision", lambda _device: precision)
    assert trainer(tmp_path / "free", precision=None).settings.precision == precision
    assert trainer(tmp_path / "given", precision="bf16").settings.precision == "bf16"


@pytest.mark.parametrize(("family", "precision"), [*((family, "float32") for family in FAMILIES), ("daae", "bf16")])
def test_training_learns_and_leaves_a_checkpoint(tmp_path, family: str, precision: str) -> None:
    run = trainer(tmp_path / "own" / family, family, epochs=4, precision=precision, learning_rate=1e-2)
    run.run()
    losses = [json.loads(line)["held_out_reconstruction"] for line in (run.folder / "log.jsonl").open()]
    assert losses[-1] < 0.9 * losses[0]
    with Image.open(run.picture_path(4)) as picture:
        assert picture.width > 12 * 64
    assert (run.out / "preview.png").read_bytes() == run.picture_path(4).read_bytes()
    model = load_model(f"own/{family}", "cpu", tmp_path)
    assert model.residual_std == run.model.residual_std > 0
    images = blobs(32, 1).tensor(slice(None))
    rebuilt = model.decode(model.encode(images).mean).mean
    assert torch.allclose(rebuilt, run.model.decode(run.model.encode(images).mean).mean, atol=2e-2)
    card = (tmp_path / "own" / family / "README.md").read_text()
    assert "python -m latentdemo train avatars vae" in card
    assert f"{model.residual_std:.4f}" in card


def test_other_settings_are_not_mixed_with_a_run_in_the_folder(tmp_path) -> None:
    trainer(tmp_path, epochs=1).run()
    with pytest.raises(TrainingError, match="another settings;"):
        trainer(tmp_path, epochs=2)
    with pytest.raises(TrainingError, match="another family and options;"):
        trainer(tmp_path, family="aae", epochs=1)
    again = trainer(tmp_path, epochs=2, restart=True)
    assert again.epoch == 0
    again.run()
    fresh = trainer(tmp_path / "fresh", epochs=2)
    fresh.run()
    assert torch.equal(weights(again), weights(fresh))


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("content", [b"PK", {"epoch": 1}, [1, 2], Bomb()], ids=["cut", "lacking", "list", "bomb"])
def test_a_broken_state_is_named_and_never_run(tmp_path, monkeypatch, content) -> None:
    monkeypatch.chdir(tmp_path)
    state = tmp_path / "training" / "state.pt"
    state.parent.mkdir()
    if isinstance(content, bytes):
        state.write_bytes(content)
    else:
        torch.save(content, state)
    with pytest.raises(TrainingError, match=r"state\.pt is broken.*--restart"):
        trainer(tmp_path, epochs=1)
    assert not (tmp_path / "exploded").exists()


def test_images_that_do_not_fit_are_named(tmp_path) -> None:
    fitting, few = blobs(64, 0), blobs(10, 0)
    colour, large = (ImageSet(np.zeros((64, *shape), np.uint8)) for shape in ((16, 16, 3), (32, 32, 1)))
    for train, held_out in ((colour, fitting), (fitting, colour)):
        with pytest.raises(TrainingError, match="16x16 with 3 channels"):
            Trainer(tmp_path, "own", train, held_out, "vae", NETWORK, TrainingSettings())
    with pytest.raises(TrainingError, match="32x32 with 1 channels"):
        Trainer(tmp_path, "own", large, fitting, "vae", NETWORK, TrainingSettings())
    for train, settings in ((few, TrainingSettings()), (fitting, TrainingSettings(train_count=10))):
        with pytest.raises(TrainingError, match="10 images do not fill one batch of 64"):
            Trainer(tmp_path, "own", train, fitting, "vae", NETWORK, settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 1},
        {"learning_rate": 0.0},
        {"precision": "fp8"},
        {"seed": -1},
        {"train_count": 0},
        {"patience": 0},
    ],
)
def test_settings_that_cannot_be_trained_are_named(wrong: dict) -> None:
    with pytest.raises(TrainingError, match=next(iter(wrong))):
        TrainingSettings(**wrong)


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path) -> None:
    run = trainer(tmp_path, epochs=1)
    with torch.no_grad():
        run.model.decoder[0].weight.fill_(torch.inf)
    with pytest.raises(TrainingError, match="learning-rate"):
        run.run()


def test_residual_noise_is_that_of_the_reconstructions(tmp_path, tiny_model, monkeypatch) -> None:
    images = blobs(500, 3)

    def off_by(latents: torch.Tensor) -> Likelihood:
        chosen = images.tensor(slice(off_by.start, off_by.start + len(latents)))
        off_by.start += len(latents)
        noise = torch.randn(chosen.shape, generator=torch.Generator().manual_seed(off_by.start))
        return Likelihood(chosen + 0.2 * noise, 0.0)

    off_by.start = 0
    monkeypatch.setattr(tiny_model, "decode", off_by)
    assert residual_std(tiny_model, images, seed=0) == pytest.approx(0.2, rel=0.01)
