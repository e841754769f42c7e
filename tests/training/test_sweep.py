"""Sweeps without a cluster: what is trained, what goes on where it was, what the winner becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from latentdemo.checkpoints import load_trained, read_config
from latentdemo.errors import LatentdemoError, TrainingError
from latentdemo.training import Trainer, TrainingSettings
from latentdemo.training.sweep import Outcome, Run, Sweep, combinations, winner_of
from tests.training.pictures import NETWORK, blobs

BASE = Run({}, NETWORK, TrainingSettings(epochs=2, batch_size=16, precision="float32"))


def sweep_in(out: Path, **swept: list[float]) -> Sweep:
    return Sweep(
        out, "avatars", blobs(96, 0), blobs(32, 1), "vae", combinations(BASE, swept), "cpu", lambda run: run.name
    )


def test_every_combination_is_a_run() -> None:
    runs = combinations(BASE, {"width": [4, 8], "learning_rate": [0.001, 0.01], "beta": [2]})
    assert [run.name for run in runs] == [
        f"width={width},learning_rate={rate},beta=2" for width in (4, 8) for rate in (0.001, 0.01)
    ]
    last = runs[-1]
    assert (last.network, last.options) == (replace(NETWORK, width=8), {"beta": 2})
    assert last.settings == replace(BASE.settings, learning_rate=0.01)


@pytest.mark.parametrize("swept", [{}, {"width": []}, {"seed": list(range(1001))}, {"epochs": [1.5]}, {"width": [4.5]}])
def test_what_cannot_be_swept_is_refused(swept: dict[str, list[float]]) -> None:
    with pytest.raises(LatentdemoError):
        combinations(BASE, swept)


def test_the_winner_becomes_the_checkpoint_it_would_be_alone(tmp_path: Path) -> None:
    out = tmp_path / "avatars" / "vae"
    sweep = sweep_in(out, latent_size=[2, 6], learning_rate=[1e-3])
    sweep.prepare()
    outcomes = [sweep.train_run(run) for run in sweep.runs]
    winner = winner_of(outcomes)
    assert winner.loss == min(each.loss for each in outcomes if each.loss is not None)
    assert sweep.finish(winner).epoch == 2
    config = read_config(out)
    held_out = config.measured["held_out"]
    assert held_out["reconstruction"] + held_out["kl"] == pytest.approx(winner.loss, abs=1e-3)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert winner.run.name in card
    assert "chosen of 2 runs by its held-out loss" in card
    alone = Trainer(
        tmp_path / "alone", "avatars", sweep.train, sweep.held_out, "vae", winner.run.network, winner.run.settings
    )
    alone.run()
    assert config.sha256 == read_config(tmp_path / "alone").sha256
    assert load_trained("avatars/vae", "cpu", root=tmp_path).latent_size == winner.run.network.latent_size


def test_a_sweep_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    def stop(epoch: int, terms: dict[str, float]) -> None:
        raise KeyboardInterrupt

    sweep = sweep_in(tmp_path, width=[2, 4])
    sweep.prepare()
    first = sweep.train_run(sweep.runs[0])
    with pytest.raises(KeyboardInterrupt):
        sweep.train_run(sweep.runs[1], stop)
    again = sweep_in(tmp_path, width=[2, 4, 6])
    again.prepare()
    told: list[tuple[str, int]] = []
    outcomes = [again.train_run(run, lambda epoch, _, run=run: told.append((run.name, epoch))) for run in again.runs]
    assert told == [("width=4", 2), ("width=6", 1), ("width=6", 2)]
    assert outcomes[0].loss == first.loss
    log = (again.folder(again.runs[1]) / "training" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2]


def test_a_run_alone_is_not_mixed_with_a_sweep(tmp_path: Path) -> None:
    sweep = sweep_in(tmp_path, width=[2])
    sweep.trainer(BASE, tmp_path).run()
    with pytest.raises(TrainingError, match="no sweep; choose another --out"):
        sweep.prepare()
    sweep.prepare(restart=True)
    assert not (tmp_path / "training" / "state.pt").exists()


def test_runs_that_fail_are_told_and_lose(tmp_path: Path) -> None:
    sweep = sweep_in(tmp_path, batch_size=[16, 1000])
    sweep.prepare()
    good, failed = (sweep.train_run(run) for run in sweep.runs)
    assert failed.loss is None
    assert "do not fill one batch of 1000" in failed.failed
    assert winner_of([failed, good]) is good
    with pytest.raises(TrainingError, match=r"every run of the sweep failed.*do not fill"):
        winner_of([failed, failed])
    assert winner_of([Outcome(BASE, 2.0), good, Outcome(BASE, -1.0)]).loss == -1.0
