"""Running chains: `walk` takes the steps, `run_batches` records them in bounded memory, `run_chain` collects.

A chain's randomness belongs to the chain (`latentdemo.random`): chain i of a seed starts at the same latent and meets
the same noise whatever else runs beside it. Chains may also share one noise: common random numbers, the usual way to
compare runs that differ in something else, here in where they start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

import torch
from torch import Tensor

from latentdemo.errors import Cancelled
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import ChainNoise, Generators, Purpose, common_generators, streams
from latentdemo.sampling.kernels.kernel import Kernel, State, figures_of
from latentdemo.sampling.kernels.padded import Padded
from latentdemo.sampling.kernels.registry import PLAIN
from latentdemo.sampling.known import put_back
from latentdemo.sampling.spec import ChainSpec, chain_spec, is_whole, require, steps_to_record
from latentdemo.sampling.starts import Starts, starts_of
from latentdemo.sampling.stopping import resting

BATCH = 256  # chains that walk together; bounds the memory of activations

Record = Sequence[int] | Literal["all"] | None
"""Steps to keep, from 0 to the last; "all", or None for the first and the last."""
Progress = Callable[[int, int], None]
"""Called with (chain steps done, chain steps in all)."""


class StepFigures(dict[str, Tensor]):
    """What the steps of a run reported: name -> (steps, N), see `latentdemo.sampling.kernels.kernel.Info`.

    Each is an attribute, too; None stands for what the kernel does not report.
    """

    def __getattr__(self, name: str) -> Tensor | None:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name)


@dataclass(frozen=True)
class ChainRun:
    """Recorded steps of N chains.

    Attributes:
        latents: step -> (N, D) float32 on the CPU.
        images: step -> (N, C, H, W) float32 on the CPU in [0, 1], the decoded mean of the latents with the known pixels
            in their places, where there are any; step 0 is the start.
        info: what each step reported.
        seconds: recorded step -> wall-clock time from the start of the run until all chains were there; of a run on the
            engine, the time that the device gave these chains, without what it gave others meanwhile.
    """

    latents: dict[int, Tensor]
    images: dict[int, Tensor]
    info: StepFigures
    seconds: dict[int, float]

    @property
    def count(self) -> int:
        """Number of chains."""
        return len(next(iter(self.latents.values())))

    def rows(self, chosen: Tensor) -> Self:
        """Some of the chains, by their places (n,)."""
        return type(self)(
            {step: latents[chosen] for step, latents in self.latents.items()},
            {step: images[chosen] for step, images in self.images.items()},
            StepFigures({name: figures[:, chosen] for name, figures in self.info.items()}),
            self.seconds,
        )

    def steps_taken(self, step: int) -> float:
        """Steps that chains took on average until a step of the run: fewer than that where they stop by themselves."""
        walking = self.info.get("walking")
        return float(step) if walking is None else float(walking[:step].float().sum(dim=0).mean())

    def acceptance(self, step: int) -> float | None:
        """Share of the proposals up to a step that were accepted, of chains that walked; None where none was made."""
        if "accepted" not in self.info:
            return None
        accepted = self.info["accepted"][:step]
        proposed = self.info["walking"][:step] if "walking" in self.info else torch.ones_like(accepted)
        return int((accepted & proposed).sum()) / int(proposed.sum()) if proposed.any() else None


@torch.no_grad()
def walk(kernel: Kernel, start: Tensor, generator: Generators, steps: int) -> Iterator[tuple[Any, Any]]:
    """Walk a batch of chains: yields the kernel's State at `start` with None, then State and Info after each step.

    Args:
        kernel: what takes a step.
        start: (N, D) latents.
        generator: one, or one a chain.
        steps: how many.
    """
    state = kernel.init(start, generator)
    yield state, None
    for _ in range(steps):
        state, info = kernel.step(state, generator)
        yield state, info


class Batches(Protocol):
    """Walks chains as `run_batches` does."""

    def __call__(
        self,
        model: GenerativeAutoencoder,
        kernel: ChainSpec,
        /,
        *,
        record: Record = None,
        images: bool = True,
        cancelled: Callable[[], bool] | None = None,
        first: int = 0,
    ) -> Iterator[ChainRun]: ...


def run_chain(
    model: GenerativeAutoencoder,
    kernel: str | Kernel | ChainSpec = PLAIN,
    *,
    record: Record = None,
    images: bool = True,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    batch_size: int = BATCH,
    **settings: Any,
) -> ChainRun:
    """Walk chains and keep the chosen steps.

    Args:
        model: whose latent space to walk in.
        kernel: name of the kernel, or a kernel; or a `ChainSpec`, which says all about the chains.
        record: steps to keep, from 0 to the last; "all", or None for the first and the last.
        images: whether to keep pictures, too; without, `ChainRun.images` is empty.
        progress: told how far the run is, after every step of a batch.
        cancelled: asked between two steps; the run stops when it answers True.
        batch_size: chains that walk together.
        settings: of the chains, those of `ChainSpec` by name: `count`, `steps`, `seed`, `start`, `options`, `stop_at`,
            `noise`, `density`, `known`.

    Returns:
        The recorded steps. What is recorded is kept in memory; for more chains than that, see `run_batches`.

    Raises:
        SamplingError: something that cannot be run.
        CheckpointError: it needs densities, and they cannot be read.
        Cancelled: `cancelled` answered True.

    Example:
        >>> run = run_chain(model, count=64, steps=10, seed=7, record=(0, 1, 5, 10))
        >>> run.images[5].shape == (64, *model.image_shape)
        True
    """
    spec = chain_spec(kernel, **settings)
    runs = list(
        run_batches(
            model, spec, record=record, images=images, progress=progress, cancelled=cancelled, batch_size=batch_size
        )
    )
    return runs[0] if len(runs) == 1 else join(runs)


def run_batches(
    model: GenerativeAutoencoder,
    kernel: str | Kernel | ChainSpec = PLAIN,
    *,
    record: Record = None,
    images: bool = True,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    batch_size: int = BATCH,
    first: int = 0,
    **settings: Any,
) -> Iterator[ChainRun]:
    """As `run_chain`, but hands over each batch when it is done, so that any count runs in the memory of one batch.

    The chains are those of the seed from number `first` on; latents to start from are these chains' own.
    """
    require("model", model, hasattr(model, "latent_size"), "a model, such as load_model gives")
    spec = chain_spec(kernel, **settings)
    require("batch_size", batch_size, is_whole(batch_size, 1), "a whole number from 1 up")
    require("images", images, isinstance(images, bool), "True or False")
    spec.check_model(model.latent_size, model.image_shape)
    kept = steps_to_record(record, spec.steps)
    stepper, draw_starts = Padded(spec.build(model)), starts_of(model, spec.start, spec.density)
    total = spec.count * max(spec.steps, 1)
    for done in range(0, spec.count, batch_size):
        chains = range(done, min(done + batch_size, spec.count))

        def report(step: int, done: int = done, size: int = len(chains)) -> None:
            if progress:
                progress(done * max(spec.steps, 1) + size * step, total)
            if cancelled and cancelled():
                raise Cancelled(f"cancelled after step {step} of {spec.steps}")

        yield walk_batch(model, spec, stepper, draw_starts, chains, kept, images, report, first)


def walk_batch(
    model: GenerativeAutoencoder,
    spec: ChainSpec,
    kernel: Kernel,
    draw_starts: Starts,
    chains: range,
    kept: frozenset[int],
    images: bool,
    report: Callable[[int], None],
    first: int = 0,
) -> ChainRun:
    """Walk some chains of a run to its end.

    Args:
        model, spec: of the run.
        kernel, draw_starts: made of these.
        chains: their places in the run.
        kept: steps to record.
        images: whether to keep pictures, too.
        report: told each step that the chains have come to; may raise.
        first: number of the run's first chain, of those that the seed has.
    """
    started = time.perf_counter()
    start, noise = begin_chains(spec, draw_starts, chains, first)
    latents, pictures, seconds = {}, {}, {}
    figures: list[dict[str, Tensor]] = []
    for step, (state, info) in enumerate(walk(kernel, start, noise, spec.steps)):
        if info is not None:
            figures.append(figures_of(info))
        rest = all_rest(state)
        arrived = range(step, spec.steps + 1) if rest else range(step, step + 1)
        for each in sorted(kept & set(arrived)):
            latents[each] = state.latent.float().cpu()
            if images:
                pictures[each] = image_of(model, state, spec)
            seconds[each] = time.perf_counter() - started
        report(arrived[-1])
        if rest and step:
            figures += [{name: torch.zeros_like(value) for name, value in figures[-1].items()}] * (spec.steps - step)
            break
    return ChainRun(latents, pictures, stack(figures, len(chains)), seconds)


def begin_chains(
    spec: ChainSpec, draw_starts: Starts, chains: Sequence[int], first: int = 0
) -> tuple[Tensor, ChainNoise]:
    """Where chains start, (n, D), and the noise that they will meet.

    Args:
        spec: of the run.
        draw_starts: of `starts_of`.
        chains: their places in the run.
        first: number of the run's first chain, of those that the seed has.
    """
    given = isinstance(spec.start, Tensor)
    purpose = Purpose.GIVEN_START if given else Purpose.CHAIN
    generators = streams(spec.seed, purpose, [first + place for place in chains])
    start = draw_starts(chains, generators)
    if spec.noise == "shared":
        generators = common_generators(spec.seed, len(chains))
    return start, ChainNoise.of(generators, spec.steps)


def all_rest(state: State) -> bool:
    """Whether all chains have stopped by themselves, so that no further step would change anything."""
    rest = resting(state)
    return rest is not None and bool(rest.all())


@torch.no_grad()
def image_of(model: GenerativeAutoencoder, state: State, spec: ChainSpec) -> Tensor:
    """What is recorded of a state, (N, C, H, W) float32 on the CPU; decodes where the kernel did not."""
    return put_back(decoded(model, state).cpu(), spec.known)


@torch.no_grad()
def decoded(model: GenerativeAutoencoder, state: State) -> Tensor:
    """The decoded mean of a state, (N, C, H, W) float32 on its device, whether the kernel has it at hand or not."""
    image = getattr(state, "image", None)
    return (model.decode(state.latent).mean if image is None else image).float()


def stack(figures: Sequence[dict[str, Tensor]], count: int) -> StepFigures:
    """What the steps reported, on the CPU; of no step at all, that `count` latents moved nowhere."""
    if not figures:
        return StepFigures(latent_distance=torch.empty(0, count, dtype=torch.float32, device="cpu"))
    return StepFigures({name: torch.stack([each[name] for each in figures]).cpu() for name in figures[0]})


def join(runs: Sequence[ChainRun]) -> ChainRun:
    """The chains of several runs of the same steps, one after the other."""
    first = runs[0]
    return ChainRun(
        {step: torch.cat([run.latents[step] for run in runs]) for step in first.latents},
        {step: torch.cat([run.images[step] for run in runs]) for step in first.images},
        StepFigures({name: torch.cat([run.info[name] for run in runs], dim=1) for name in first.info}),
        {step: sum(run.seconds[step] for run in runs) for step in first.seconds},
    )
