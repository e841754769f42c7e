"""The chains of one request on their way: which wait, which walk, what is recorded of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import accumulate, compress

import torch
from torch import Tensor

from latentdemo.engine.request import RunRequest
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import chain_generators, common_generators
from latentdemo.sampling import ChainRun, Info, Kernel, State
from latentdemo.sampling.chain import image_of, reported
from latentdemo.sampling.kernels.kernel import join_rows, take_rows
from latentdemo.sampling.padded import Padded
from latentdemo.sampling.starts import starts_of


@dataclass
class Block:
    """Chains that stand at the same step, with all that they need for the next one.

    Attributes:
        chains: (n,) their numbers in the run, on the device of the state.
        step: the step that they have come to.
        state: where they are.
        generators: of their noise, one a chain.
    """

    chains: Tensor
    step: int
    state: State
    generators: list[torch.Generator]

    def __len__(self) -> int:
        return len(self.generators)

    def part(self, rows: slice) -> Block:
        """Some of its chains."""
        return Block(self.chains[rows], self.step, take_rows(self.state, rows), self.generators[rows])

    def where(self, chosen: Tensor) -> Block:
        """The chosen chains, (n,) booleans on the CPU."""
        generators = list(compress(self.generators, chosen.tolist()))
        return Block(self.chains[chosen], self.step, take_rows(self.state, chosen), generators)

    def joined(self, other: Block) -> Block:
        """Its chains and others at the same step."""
        chains = torch.cat([self.chains, other.chains])
        return Block(chains, self.step, join_rows([self.state, other.state]), self.generators + other.generators)


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

    Attributes:
        group: equal for runs that may share a step.
        alone: whether it shares steps with no other run any more, because one that it shared went wrong.
        begun: whether any chain ever walked.
        steps_done: steps of all chains together that are made, or need not be made any more.
        error: what ended it early.
        result: what came of it.
    """

    def __init__(self, request: RunRequest, model: GenerativeAutoencoder, kernel: Kernel, densities: str = "") -> None:
        self.request = request
        self.model = model
        self.kernel = Padded(kernel)
        self.group: Hashable = (id(model), densities, request.law)
        self.alone = False
        self.begun = False
        self.steps_done = 0
        self.error: Exception | None = None
        self.result: ChainRun | None = None
        self.snapshots: dict[int, Snapshot] = {}
        self._steps = max(request.steps, 1)
        self._draw_starts = starts_of(model, request.start)
        self._through = torch.zeros(request.chains, dtype=torch.bool)
        self._waiting = list(range(request.chains))
        self._walking: deque[Block] = deque()
        self._figures: dict[str, Tensor] = {}
        self._seconds = [0.0] * (request.steps + 1)  # that steps to this one took, of all chains together

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
        return self.request.chains * self._steps

    def begin(self, rows: int) -> None:
        """Let chains begin, as many as are missing to so many that walk."""
        chains = self._waiting[: max(rows - self.walking, 0)]
        if not chains:
            return
        self.begun = True
        seed, first = self.request.seed, self.request.first
        generators = [chain_generators(seed, 1, first + chain)[0] for chain in chains]
        latent = self._draw_starts(chains, generators)
        if self.request.noise == "shared":
            generators = common_generators(seed, len(chains))
        state = self.kernel.init(latent, generators)
        del self._waiting[: len(chains)]
        self.settle(Block(torch.tensor(chains, device=latent.device), 0, state, generators))

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

    def put_back(self, block: Block, state: State, info: Info) -> None:
        """Take note of a step that the chains of a block have made."""
        for name in reported(info):
            value: Tensor = getattr(info, name)
            if name not in self._figures:  # a chain that has stopped reports zeros
                self._figures[name] = value.new_zeros(self.request.steps, self.request.chains)
            self._figures[name][block.step, block.chains] = value
        self.steps_done += len(block)
        self.settle(Block(block.chains, block.step + 1, state, block.generators))

    def settle(self, block: Block) -> None:
        """Record a block, let the chains go that are through, and keep the others for their next step."""
        self.record(block, range(block.step, block.step + 1))
        arrived = self.arrived(block)
        if arrived.any():
            gone = block.where(arrived)
            self.record(gone, range(block.step + 1, self.request.steps + 1))
            self._through[gone.chains.cpu()] = True
            self.steps_done += len(gone) * (self._steps - block.step)
            block = block.where(~arrived)
        if not len(block):
            return
        if self._walking and self._walking[-1].step == block.step:
            block = self._walking.pop().joined(block)
        self._walking.append(block)

    def arrived(self, block: Block) -> Tensor:
        """Which chains of a block are through, (n,) booleans on the CPU.

        Like `run_chain`, no chain stops before its first step, so that every kind of figure is reported.
        """
        if block.step == self.request.steps:
            return torch.ones(len(block), dtype=torch.bool)
        if block.step == 0 or block.state.patience is None:
            return torch.zeros(len(block), dtype=torch.bool)
        return (block.state.patience <= 0).cpu()

    def record(self, block: Block, steps: range) -> None:
        """Keep latents, and pictures where they are asked for, of a block as those of the steps that were asked for."""
        asked = [step for step in self.request.kept if step in steps]
        if not asked:
            return
        latents = block.state.latent.float().cpu()
        images = image_of(self.model, block.state) if self.request.images else latents[:, :0]
        rows = block.chains.cpu()
        for step in asked:
            if step not in self.snapshots:
                self.snapshots[step] = Snapshot(
                    latents.new_zeros(self.request.chains, *latents.shape[1:]),
                    images.new_zeros(self.request.chains, *images.shape[1:]),
                    torch.zeros_like(self._through),
                )
            snapshot = self.snapshots[step]
            snapshot.latents[rows] = latents
            snapshot.images[rows] = images
            snapshot.arrived[rows] = True  # last, for those who look on

    def charge(self, step: int, seconds: float) -> None:
        """Add its share of the time of a tick, in which chains went to a step."""
        self._seconds[step] += seconds

    def restart(self) -> None:
        """Forget all chains on their way; they begin again."""
        self._walking.clear()
        self._waiting = (~self._through).nonzero().flatten().tolist()
        self.steps_done = (self.request.chains - len(self._waiting)) * self._steps

    def complete(self) -> None:
        """Put the result together, when all chains are through."""
        seconds = list(accumulate(self._seconds))
        figures = {name: value.cpu() for name, value in self._figures.items()}
        self.result = ChainRun(
            {step: self.snapshots[step].latents for step in self.request.kept},
            {step: self.snapshots[step].images for step in self.request.kept if self.request.images},
            Info(**figures) if figures else Info(torch.empty(0, self.request.chains)),
            {step: seconds[step] for step in self.request.kept},
        )
