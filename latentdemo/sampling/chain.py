"""Running chains: `walk` takes the steps, `run_batches` records them in bounded memory, `run_chain` collects.

A chain's randomness belongs to the chain (`latentdemo.random.chain_generators`): chain i of a seed starts at the same
latent and meets the same noise whatever else runs beside it. Chains may also share one noise: common random numbers,
the usual way to compare runs that differ in something else, here in where they start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from latentdemo.errors import Cancelled, SamplingError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import Generators, chain_generators, common_generators
from latentdemo.sampling.checks import are_options, is_latents, is_one_of, is_record, is_share, is_whole, require
from latentdemo.sampling.kernels.kernel import Info, Kernel, State
from latentdemo.sampling.kernels.registry import build_kernel
from latentdemo.sampling.padded import Padded
from latentdemo.sampling.starts import starts_of

BATCH = 256  # chains that walk together; bounds the memory of activations

Noise = Literal["own", "shared"]
Progress = Callable[[int, int], None]
"""Called with (chain steps done, chain steps in all)."""
Batches = Callable[..., Iterator["ChainRun"]]
"""Walks chains as `run_batches` does, and takes the same arguments."""


@dataclass(frozen=True)
class ChainRun:
    """Recorded steps of N chains.

    Attributes:
        latents: step -> (N, D) float32 on the CPU.
        images: step -> (N, C, H, W) float32 on the CPU in [0, 1], the decoded mean of the latents; step 0 is the start.
        info: what each step reported, tensors of shape (steps, N).
        seconds: recorded step -> wall-clock time from the start of the run until all chains were there; of a run on the
            engine, the time that the device gave these chains, without what it gave others meanwhile.
    """

    latents: dict[int, Tensor]
    images: dict[int, Tensor]
    info: Info
    seconds: dict[int, float]

    @property
    def count(self) -> int:
        """Number of chains."""
        return len(next(iter(self.latents.values())))

    def steps_taken(self, step: int) -> float:
        """Steps that chains took on average until a step of the run: fewer than that where they stop by themselves."""
        return float(step) if self.info.walking is None else float(self.info.walking[:step].float().sum(dim=0).mean())

    def acceptance(self, step: int) -> float | None:
        """Share of the proposals up to a step that were accepted, of chains that walked; None where none was made."""
        if self.info.accepted is None:
            return None
        accepted = self.info.accepted[:step]
        proposed = torch.ones_like(accepted) if self.info.walking is None else self.info.walking[:step]
        return float((accepted & proposed).sum() / proposed.sum()) if proposed.any() else None


@torch.no_grad()
def walk(kernel: Kernel, start: Tensor, generator: Generators, steps: int) -> Iterator[tuple[State, Info | None]]:
    """Walk a batch of chains: yields the state at `start`, then after each of `steps` steps.

    Args:
        kernel: what takes a step.
        start: (N, D) latents.
        generator: one, or a sequence of N, one a chain.
        steps: how many.
    """
    state = kernel.init(start, generator)
    yield state, None
    for _ in range(steps):
        state, info = kernel.step(state, generator)
        yield state, info


def run_chain(
    model: GenerativeAutoencoder,
    kernel: str = "decode-encode",
    *,
    count: int = 64,
    steps: int = 10,
    seed: int = 7,
    record: Sequence[int] | Literal["all"] | None = None,
    start: str | Tensor = "prior",
    options: Mapping[str, Any] | None = None,
    stop_at: float | None = None,
    noise: Noise = "own",
    images: bool = True,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    batch_size: int = BATCH,
) -> ChainRun:
    """Walk chains and keep the chosen steps.

    Args:
        model: whose latent space to walk in.
        kernel: name of the kernel.
        count: number of chains; `start` overrides it.
        steps: number of steps.
        seed: fixes starting points and noise, whatever the kernel, the number of steps or the batch size.
        record: steps to keep, from 0 to `steps`; "all", or None for the first and the last.
        start: "prior"; "density", or the name of one ("flow", "mixture", "mixture-10"); "data" for encodings of
            held-out images; or latents to start from, (N, D), such as `model.encode(images).mean`.
        options: the kernel's own settings.
        stop_at: each chain stops once its latent is as likely, under the best fitted density, as this share of real
            ones (0.5: as the median one); None lets all take every step.
        noise: "own" gives every chain noise of its own; "shared" the same to all, so that chains that start near each
            other, such as the frames of an interpolation, stay near each other. Starting points are not affected.
        images: whether to keep pictures, too; without, `ChainRun.images` is empty.
        progress: told how far the run is, after every step of a batch.
        cancelled: asked between two steps; the run stops when it answers True.
        batch_size: chains that walk together.

    Returns:
        The recorded steps. What is recorded is kept in memory; for more chains than that, see `run_batches`.

    Raises:
        SamplingError: something that cannot be run.
        Cancelled: `cancelled` answered True.

    Example:
        >>> run = run_chain(model, count=64, steps=10, seed=7, record=(0, 1, 5, 10))
        >>> run.images[5].shape == (64, *model.image_shape)
        True
    """
    runs = list(
        run_batches(
            model,
            kernel,
            count=count,
            steps=steps,
            seed=seed,
            record=record,
            start=start,
            options=options,
            stop_at=stop_at,
            noise=noise,
            images=images,
            progress=progress,
            cancelled=cancelled,
            batch_size=batch_size,
        )
    )
    return runs[0] if len(runs) == 1 else join(runs)


def run_batches(
    model: GenerativeAutoencoder,
    kernel: str = "decode-encode",
    *,
    count: int = 64,
    steps: int = 10,
    seed: int = 7,
    record: Sequence[int] | Literal["all"] | None = None,
    start: str | Tensor = "prior",
    options: Mapping[str, Any] | None = None,
    stop_at: float | None = None,
    noise: Noise = "own",
    images: bool = True,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    batch_size: int = BATCH,
) -> Iterator[ChainRun]:
    """As `run_chain`, but hands over each batch when it is done, so that any count runs in the memory of one batch."""
    for name, value, least in (
        ("count", count, 1),
        ("steps", steps, 0),
        ("seed", seed, 0),
        ("batch_size", batch_size, 1),
    ):
        require(name, value, is_whole(value, least), f"a whole number from {least} up")
    require("kernel", kernel, isinstance(kernel, str), "a name")
    require("start", start, isinstance(start, str) or is_latents(start), "a name, or latents (N, D)")
    require("options", options, are_options(options), "None, or texts and numbers by name")
    require("stop_at", stop_at, is_share(stop_at), "None, or a share from 0 to 1")
    require("noise", noise, is_one_of(noise, get_args(Noise)), " or ".join(get_args(Noise)))
    require("images", images, isinstance(images, bool), "True or False")
    if isinstance(start, Tensor):
        check_start(start, model.latent_size)
        count = len(start)
    kept = steps_to_record(record, steps)
    stepper = Padded(build_kernel(kernel, model, options, stop_at))
    draw_starts = starts_of(model, start)
    total = count * max(steps, 1)
    for first in range(0, count, batch_size):
        size = min(batch_size, count - first)
        generators = chain_generators(seed, size, first)
        started = time.perf_counter()
        began = draw_starts(range(first, first + size), generators)
        if noise == "shared":
            generators = common_generators(seed, size)
        latents, pictures, seconds, infos = {}, {}, {}, []
        for step, (state, info) in enumerate(walk(stepper, began, generators, steps)):
            if info is not None:
                infos.append(info)
            arrived = set(range(step, steps + 1)) if all_rest(state) else {step}
            for each in sorted(arrived & kept):
                latents[each] = state.latent.float().cpu()
                if images:
                    pictures[each] = image_of(model, state)
                seconds[each] = time.perf_counter() - started
            if progress:
                progress(first * max(steps, 1) + size * max(arrived), total)
            if cancelled and cancelled():
                raise Cancelled(f"cancelled after step {step} of {steps}")
            if all_rest(state) and step:
                infos += [at_rest(infos[-1])] * (steps - step)
                break
        yield ChainRun(latents, pictures, stack(infos, size), seconds)


def all_rest(state: State) -> bool:
    """Whether all chains have stopped by themselves, so that no further step would change anything."""
    return state.patience is not None and not (state.patience > 0).any()


def at_rest(info: Info) -> Info:
    """What a step reports in which no chain moves."""
    return Info(**{name: torch.zeros_like(getattr(info, name)) for name in reported(info)})


@torch.no_grad()
def image_of(model: GenerativeAutoencoder, state: State) -> Tensor:
    """A state's images (N, C, H, W), float32 on the CPU; decodes where the kernel did not."""
    image = model.decode(state.latent).mean if state.image is None else state.image
    return image.float().cpu()


def check_start(start: Tensor, latent_size: int) -> None:
    """Raise SamplingError where given latents cannot be started from."""
    if start.dim() != 2 or start.shape[1] != latent_size:
        raise SamplingError(f"start has shape {tuple(start.shape)}; it must be (N, {latent_size})")
    if not torch.isfinite(start.float()).all():
        raise SamplingError("start holds values that are not finite; encode the images again")


def steps_to_record(record: Sequence[int] | Literal["all"] | None, steps: int) -> frozenset[int]:
    """The steps that a request asks for; raises SamplingError where there is none, or one outside the run."""
    require("record", record, is_record(record), "None, all, or whole numbers")
    if record is None:
        return frozenset((0, steps))
    kept = frozenset(range(steps + 1) if isinstance(record, str) else map(int, record))
    outside = sorted(step for step in kept if step not in range(steps + 1))
    if outside or not kept:
        raise SamplingError(f"cannot record steps {outside}: a run of {steps} steps has steps 0 to {steps}")
    return kept


def stack(infos: Sequence[Info], count: int) -> Info:
    """What the steps reported, one tensor (steps, N) a field, on the CPU."""
    if not infos:
        return Info(torch.empty(0, count))
    return Info(**{name: torch.stack([getattr(info, name) for info in infos]).cpu() for name in reported(infos[0])})


def reported(info: Info) -> list[str]:
    """The fields that a kernel fills."""
    return [name for name in Info._fields if getattr(info, name) is not None]


def join(runs: Sequence[ChainRun]) -> ChainRun:
    """The chains of several runs of the same steps, one after the other."""
    first = runs[0]
    return ChainRun(
        {step: torch.cat([run.latents[step] for run in runs]) for step in first.latents},
        {step: torch.cat([run.images[step] for run in runs]) for step in first.images},
        Info(**{name: torch.cat([getattr(run.info, name) for run in runs], dim=1) for name in reported(first.info)}),
        {step: sum(run.seconds[step] for run in runs) for step in first.seconds},
    )
