"""A sweep on a cluster: Ray Tune hands the runs out to workers, each of which trains one at a time.

Runs lie in a folder that all machines see, and go on from there: a run whose worker died does so elsewhere, and a sweep
that was stopped does when it is asked for again. So nothing is kept of what Ray Tune would note.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from latentdemo.cluster.connection import connected, first_line
from latentdemo.cluster.pool import Workers, in_words
from latentdemo.errors import ClusterError
from latentdemo.training.sweep import FOLDER, Outcome, Run, Sweep

AGAIN = 3  # times that a run is begun anew whose worker died
NOTES = ".tune"
# What Ray Tune would write and print, and that it would take an interrupt for the wish to wait for all runs.
QUIET = {"TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1", "TUNE_DISABLE_SIGINT_HANDLER": "1", "RAY_AIR_NEW_OUTPUT": "0"}

Told = Callable[[Run, int], None]
"""Called with (run, epochs that it has trained)."""


def sweep_on(sweep: Sweep, on: str, workers: Workers, told: Told | None = None) -> list[Outcome]:
    """Train the runs of a sweep.

    Args:
        sweep: prepared, its folder on a file system that all machines share.
        on: the cluster, see `connected`.
        workers: who trains.
        told: of each epoch, where this process is part of the cluster.

    Returns:
        What came of the runs, in their order.

    Raises:
        ClusterError: the cluster cannot be reached, has no room, or lost a run for good.
    """
    sweep = replace(sweep, out=sweep.out.absolute(), command=None)  # Workers have current folders of their own.
    notes = sweep.out / "training" / FOLDER / NOTES
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with connected(on), in_words():
        workers.fitting()
        shutil.rmtree(notes, ignore_errors=True)  # of a sweep that was stopped
        try:
            results = tuner_of(sweep, workers, str(notes), told).fit()
        finally:
            shutil.rmtree(notes, ignore_errors=True)
        return [outcome_of(sweep.runs[result.config["run"]], result) for result in in_order(results)]


def tuner_of(sweep: Sweep, workers: Workers, notes: str, told: Told | None) -> Any:
    """What hands the runs out."""
    from ray import tune
    from ray.util.client import ray as client

    callbacks = [teller_of(sweep, told)] if told and not client.is_connected() else []
    resources = {"cpu": workers.cpus, "gpu": workers.gpus_each()}
    return tune.Tuner(
        tune.with_resources(tune.with_parameters(train_one, sweep=sweep), resources),
        param_space={"run": tune.grid_search(list(range(len(sweep.runs))))},
        tune_config=tune.TuneConfig(max_concurrent_trials=workers.most),
        run_config=tune.RunConfig(
            name=FOLDER,
            storage_path=notes,
            failure_config=tune.FailureConfig(max_failures=AGAIN),
            callbacks=callbacks,
            verbose=0,
        ),
    )


def train_one(config: dict[str, int], sweep: Sweep) -> None:
    """What a worker does: train a run, and report each epoch and what came of it."""
    from ray import tune

    run = sweep.runs[config["run"]]
    found = sweep.train_run(run, lambda epoch, _terms: tune.report({"epochs": epoch}))
    tune.report({"epochs": found.epochs, "loss": found.loss, "seconds": found.seconds, "failed": found.failed})


def teller_of(sweep: Sweep, told: Told) -> Any:
    """What Ray Tune calls with each report of a worker."""
    from ray import tune

    runs = sweep.runs

    class Teller(tune.Callback):
        told: Told

        def on_trial_result(self, iteration: int, trials: Any, trial: Any, result: dict[str, Any], **_: Any) -> None:
            self.told(runs[trial.config["run"]], result["epochs"])

        def __getstate__(self) -> dict[str, Any]:
            return {}  # Ray Tune writes a copy, which nobody reads, and a bar of progress cannot be written.

    teller = Teller()
    teller.told = told
    return teller


def in_order(results: Any) -> list[Any]:
    """Results of Ray Tune in the order of the runs; raises ClusterError where one was lost."""
    lost = next((result for result in results if result.error is not None), None)
    if lost is not None:
        raise ClusterError(
            f"a run was lost ({first_line(lost.error)}); see that --out is a folder that all machines share, and give "
            "the same command again, which goes on from there"
        )
    return sorted(results, key=lambda result: result.config["run"])


def outcome_of(run: Run, result: Any) -> Outcome:
    """What a worker reported at last."""
    found = result.metrics
    return Outcome(run, found["loss"], found["epochs"], found["seconds"], found["failed"])
