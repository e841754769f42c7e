"""A run on its way from one process to another: what leaves here of its recorded steps, what arrives there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from latentdemo.engine.remote.messages import Message, error_in, packed
from latentdemo.engine.request import RunRequest
from latentdemo.engine.run import Snapshot
from latentdemo.engine.ticket import Ticket
from latentdemo.sampling import ChainRun, StepFigures

FIGURE = "figures."  # what names of the figures' tensors begin with


class Departures:
    """What leaves of a run, each recorded picture once."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self._sent: dict[int, Tensor] = {}

    def message(self) -> bytes:
        """How far the run is, and what has arrived at recorded steps since the last message."""
        tensors: dict[str, Tensor] = {}
        for step, snapshot in self.ticket.partial.items():
            tensors |= self._fresh(step, snapshot.arrived.clone(), snapshot.latents, snapshot.images)
        return packed({"progress": self.ticket.progress, "place": self.ticket.place}, tensors)

    def last_message(self, run: ChainRun) -> bytes:
        """All that has not left yet of a run that has ended."""
        tensors = {f"{FIGURE}{name}": figures for name, figures in run.info.items()}
        everything = torch.ones(run.count, dtype=torch.bool, device="cpu")
        for step, latents in run.latents.items():
            tensors |= self._fresh(step, everything, latents, run.images.get(step, latents[:, :0]))
        return packed({"progress": 1.0, "place": 0, "seconds": run.seconds}, tensors)

    def _fresh(self, step: int, arrived: Tensor, latents: Tensor, images: Tensor) -> dict[str, Tensor]:
        """Of the chains that have arrived at a step, those that have not left."""
        before = self._sent.get(step, torch.zeros_like(arrived))
        self._sent[step] = arrived
        rows = (arrived & ~before).nonzero().flatten()
        if not len(rows):
            return {}
        return {f"{step}.rows": rows, f"{step}.latents": latents[rows], f"{step}.images": images[rows]}


class Arrivals:
    """A run that is walked elsewhere, as far as it has come here; `Ticket` looks at it.

    Args:
        request: what is asked for.

    Attributes:
        steps_done, steps_in_all, snapshots: see `latentdemo.engine.run.Run`.
        place: see `Ticket.place`.
        result: the run, once all of it is here.
    """

    def __init__(self, request: RunRequest) -> None:
        self.request = request
        self.steps_in_all = request.spec.count * max(request.spec.steps, 1)
        self.steps_done = 0
        self.place = 0
        self.snapshots: dict[int, Snapshot] = {}
        self.result: ChainRun | None = None

    def take(self, message: Message) -> None:
        """Take in what has arrived; raises what it tells of."""
        values, tensors = message
        if "error" in values:
            raise error_in(values)
        if "begun" in values:
            self.snapshots = {}  # by another replica, after the first one died
        for name in tensors:
            step, _, what = name.partition(".")
            if what == "rows":
                self._take_rows(int(step), *(tensors[f"{step}.{each}"] for each in ("rows", "latents", "images")))
        self.steps_done = round(values.get("progress", 0.0) * self.steps_in_all)
        self.place = values.get("place", 0)
        if "seconds" in values:
            self._complete(values["seconds"], tensors)

    def _take_rows(self, step: int, rows: Tensor, latents: Tensor, images: Tensor) -> None:
        """Put chains that have come to a recorded step in their places."""
        count = self.request.spec.count
        if step not in self.snapshots:
            self.snapshots[step] = Snapshot(
                latents.new_zeros(count, *latents.shape[1:]),
                images.new_zeros(count, *images.shape[1:]),
                torch.zeros(count, dtype=torch.bool, device="cpu"),
            )
        snapshot = self.snapshots[step]
        snapshot.latents[rows] = latents
        snapshot.images[rows] = images
        snapshot.arrived[rows] = True  # It comes last, for those who look on.

    def _complete(self, seconds: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Put the result together."""
        kept = self.request.kept
        figures = {name.removeprefix(FIGURE): each for name, each in tensors.items() if name.startswith(FIGURE)}
        self.result = ChainRun(
            {step: self.snapshots[step].latents for step in kept},
            {step: self.snapshots[step].images for step in kept if self.request.images},
            StepFigures(figures),
            {step: seconds[str(step)] for step in kept},
        )
