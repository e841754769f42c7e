"""The chains of one request on their way: which wait, which walk, what is recorded of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from latentdemo.engine.request import RunRequest
from latentdemo.engine.stepping.device import EagerDevice
from latentdemo.engine.stepping.outbox import Outbox
from latentdemo.engine.stepping.stepper import Stepper, Stepping
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import ChainNoise
from latentdemo.sampling import ChainRun, Kernel, StepFigures
from latentdemo.sampling.chain import begin_chains, decoded
from latentdemo.sampling.kernels.kernel import figures_of, join_rows, take_rows
from latentdemo.sampling.kernels.padded import Padded
from latentdemo.sampling.known import put_back
from latentdemo.sampling.starts import starts_of
from latentdemo.sampling.stopping import resting


@dataclass
class Block:
    """Chains that stand at the same step, with all that they need for the next one.

    Attributes:
        chains: (n,) their numbers in the run, on the CPU.
        step: the step that they have come to.
        state: where they are.
        noise: that they will meet.
    """

    chains: Tensor
    step: int
    state: Any
    noise: ChainNoise

    def __len__(self) -> int:
        return len(self.noise)

    def part(self, rows: slice) -> Block:
        """Some of its chains."""
        return Block(self.chains[rows], self.step, take_rows(self.state, rows), self.noise.take(rows))

    def where(self, chosen: Tensor) -> Block:
        """The chosen chains, (n,) booleans on the CPU."""
        return Block(self.chains[chosen], self.step, take_rows(self.state, chosen), self.noise.take(chosen))

    def joined(self, other: Block) -> Block:
        """Its chains and others at the same step."""
        chains = torch.cat([self.chains, other.chains])
        noise = ChainNoise.join([self.noise, other.noise])
        return Block(chains, self.step, join_rows([self.state, other.state]), noise)


@dataclass
class Snapshot:
    """A recorded step of a run, as far as chains have come to it.

    Attributes:
        latents: (N, D) float32 on the CPU; zeros for chains that have not arrived.
        images: (N, C, H, W), alike; (N, 0) where pictures are not kept.
        arrived: (N,) booleans.
    """

    latents: Tensor
    images: Tensor
    arrived: Tensor


class Run:
    """One request and its chains.

    A chain waits until it begins, then walks in a block, and is through after the last step or when it has stopped by
    itself. All of a chain is fixed by its number and the seed, so that it may begin again where a step went wrong.

    Args:
        request: what is asked for.
        model: that it is asked of.
        kernel: that takes the steps.
        densities: digest of the fitted densities beside the model.
        stepping: of a GPU; None calls the kernel as it is.

    Attributes:
        group: equal for runs that may share a step.
        alone: whether it shares steps with no other run any more, because one that it shared went wrong.
        begun: whether any chain ever walked.
        steps_done: steps of all chains together that are made, or need not be made any more.
        error: what ended it early.
        result: what came of it.
    """

    def __init__(
        self,
        request: RunRequest,
        model: GenerativeAutoencoder,
        kernel: Kernel,
        densities: str = "",
        stepping: Stepping | None = None,
    ) -> None:
        self.request = request
        self.model = model
        self.group: Hashable = (id(model), densities, request.spec.way)
        self.kernel: Padded | Stepper = stepping.stepper(kernel, model, self.group) if stepping else Padded(kernel)
        self.outbox = Outbox(stepping.device if stepping else EagerDevice())
        self.alone = False
        self.begun = False
        self.steps_done = 0
        self.error: Exception | None = None
        self.result: ChainRun | None = None
        self.snapshots: dict[int, Snapshot] = {}
        self._steps = max(request.spec.steps, 1)
        self._draw_starts = starts_of(model, request.spec.start, request.spec.density)
        self._through = torch.zeros(request.spec.count, dtype=torch.bool, device="cpu")
        self._waiting = list(range(request.spec.count))
        self._walking: deque[Block] = deque()
        self._figures: dict[str, Tensor] = {}
        self._seconds = [0.0] * (request.spec.steps + 1)  # What each step took, of all chains together.

    @property
    def walking(self) -> int:
        """Chains that have begun and are not through."""
        return sum(map(len, self._walking))

    @property
    def left(self) -> int:
        """Chains that are not through."""
        return len(self._waiting) + self.walking

    @property
    def steps_in_all(self) -> int:
        """Steps of all chains together; a run without steps counts its starting points."""
        return self.request.spec.count * self._steps

    def begin(self, rows: int) -> None:
        """Let chains begin, as many as are missing to so many that walk."""
        chains = self._waiting[: max(rows - self.walking, 0)]
        if not chains:
            return
        self.begun = True
        latent, noise = begin_chains(self.request.spec, self._draw_starts, chains, self.request.first)
        state = self.kernel.init(latent, noise)
        del self._waiting[: len(chains)]
        self.settle(Block(torch.tensor(chains, dtype=torch.long, device="cpu"), 0, state, noise))

    def take(self, rows: int) -> list[Block]:
        """Blocks of so many walking chains or fewer, those first that have waited longest for a step."""
        taken = []
        while rows > 0 and self._walking:
            block = self._walking.popleft()
            if len(block) > rows:
                self._walking.appendleft(block.part(slice(rows, None)))
                block = block.part(slice(rows))
            taken.append(block)
            rows -= len(block)
        return taken

    def put_back(self, block: Block, state: Any, info: Any) -> None:
        """Take note of a step that the chains of a block have made."""
        figures = figures_of(info)
        self.outbox.send(list(figures.values()), partial(self.keep_figures, list(figures), block.step, block.chains))
        self.steps_done += len(block)
        self.settle(Block(block.chains, block.step + 1, state, block.noise))

    def keep_figures(self, names: Sequence[str], step: int, chains: Tensor, *values: Tensor) -> None:
        """Take note of what a step told of some chains, (n,) each."""
        for name, value in zip(names, values, strict=True):
            if name not in self._figures:  # A chain that has stopped reports zeros.
                self._figures[name] = value.new_zeros(self.request.spec.steps, self.request.spec.count)
            self._figures[name][step, chains] = value

    def settle(self, block: Block) -> None:
        """Record a block, let the chains go that are through, and keep the others for their next step."""
        self.record(block, range(block.step, block.step + 1))
        gone, left = self.parted(block)
        if gone:
            self.record(gone, range(block.step + 1, self.request.spec.steps + 1))
            self._through[gone.chains] = True
            self.steps_done += len(gone) * (self._steps - block.step)
        if not left:
            return
        if self._walking and self._walking[-1].step == left.step:
            left = self._walking.pop().joined(left)
        self._walking.append(left)

    def parted(self, block: Block) -> tuple[Block | None, Block | None]:
        """The chains of a block that are through, and those that are not.

        Like `run_chain`, no chain stops before its first step, so that every kind of figure is reported.
        """
        if block.step == self.request.spec.steps:
            return block, None
        rest = resting(block.state) if block.step else None
        stopped = None if rest is None else rest.cpu()
        if stopped is None or not stopped.any():
            return None, block
        return block.where(stopped), None if stopped.all() else block.where(~stopped)

    def record(self, block: Block, steps: range) -> None:
        """Keep latents, and pictures where they are asked for, of a block as those of the steps that were asked for."""
        asked = [step for step in self.request.kept if step in steps]
        if not asked:
            return
        latents = block.state.latent.float()
        images = decoded(self.model, block.state) if self.request.images else latents[:, :0]
        self.outbox.send((latents, images), partial(self.keep, asked, block.chains))

    def keep(self, steps: Sequence[int], rows: Tensor, latents: Tensor, images: Tensor) -> None:
        """Put latents, and pictures where they are asked for, of some chains to the steps that they are of."""
        if self.request.images:
            images = put_back(images, self.request.spec.known)
        all_of_them = torch.equal(rows, torch.arange(self.request.spec.count, device="cpu"))
        if all_of_them and len(steps) == 1:  # Nothing will be added, so that nothing need be copied.
            self.snapshots[steps[0]] = Snapshot(latents, images, torch.ones_like(self._through))
            return
        for step in steps:
            if step not in self.snapshots:
                self.snapshots[step] = Snapshot(
                    latents.new_zeros(self.request.spec.count, *latents.shape[1:]),
                    images.new_zeros(self.request.spec.count, *images.shape[1:]),
                    torch.zeros_like(self._through),
                )
            snapshot = self.snapshots[step]
            snapshot.latents[rows] = latents
            snapshot.images[rows] = images
            snapshot.arrived[rows] = True  # It comes last, for those who look on.

    def charge(self, step: int, seconds: float) -> None:
        """Add its share of the time of a tick, in which chains went to a step."""
        self._seconds[step] += seconds

    def restart(self) -> None:
        """Forget all chains on their way; they begin again."""
        self._walking.clear()
        self._waiting = (~self._through).nonzero().flatten().tolist()
        self.steps_done = (self.request.spec.count - len(self._waiting)) * self._steps

    def complete(self) -> None:
        """Put the result together, when all chains are through and all that was sent of them is there."""
        seconds = list(accumulate(self._seconds))
        figures = StepFigures({name: value.cpu() for name, value in self._figures.items()})
        self.result = ChainRun(
            {step: self.snapshots[step].latents for step in self.request.kept},
            {step: self.snapshots[step].images for step in self.request.kept if self.request.images},
            figures
            or StepFigures(latent_distance=torch.empty(0, self.request.spec.count, dtype=torch.float32, device="cpu")),
            {step: seconds[step] for step in self.request.kept},
        )
