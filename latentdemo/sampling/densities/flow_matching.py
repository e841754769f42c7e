"""Flow matching: a field of velocities that carries the prior into the learned latent distribution.

On standardised latents x the velocity v solves

    dx/dt = v(x, t),  x(0) = e ~ N(0, I),  z = location + scale * x(1)

and is fitted by regression on straight ways from noise to encodings,

    min E |v((1 - t) e + t x, t) - (x - e)|^2

(Lipman et al. 2023, arXiv 2210.02747), the noise and the encodings of a batch paired such that the ways are short
(minibatch optimal transport, Tong et al. 2024, arXiv 2302.00482). The ways are then nearly straight, so that few steps
of a solver do, and a starting point moves no further than it must.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.func import vjp, vmap
from torch.optim.swa_utils import AveragedModel
from torchdiffeq import odeint

from latentdemo.models.device import has_bf16
from latentdemo.models.network import built
from latentdemo.random import Generators, Purpose, rand, randn, stream
from latentdemo.sampling.densities.density import StoredDensity
from latentdemo.sampling.densities.spec import BATCH, DensitySpec, FitSettings
from latentdemo.sampling.encodings import Encodings

FREQUENCIES = 32  # of the sines and cosines that tell the network the time
FASTEST = 200.0  # of them, in radians over the whole way
LEARNING_RATE = 1e-3  # Adam's at the start; it falls to zero along half a cosine
DECAY = 0.999  # of the running average of the weights
PAIRED = 256  # noise and encodings that are paired at a time: pairing takes the cube of their number
CLIP = 5.0  # largest norm of a gradient
PART = 100  # updates between two reports of progress
HELD_BACK = 0.1  # share of the encodings that the fit does not see, at the most
MOST_HELD_BACK = 2048
MATCHED = 20_000  # draws whose mean and standard deviation are matched to those of encodings
MOST_PASSES = 500  # over the encodings, where these are few
PATIENCE = 0.1  # share of all parts that may pass without a lower loss on what was held back, before the fit is done
LEAST_PATIENCE = 4  # parts
SOLVER = "heun2"
STEPS = (1, 2, 3, 4, 6, 8, 10)  # of the solver, that a fit chooses from
MARGIN = 0.002  # of the energy distance between prior and encodings, that fewer steps may cost
DENSITY_STEPS = 10  # of the solver on the way back, where a log density is asked for


class Block(nn.Module):
    """A residual layer of features (N, hidden) that is told the time as (N, hidden)."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.first = nn.Linear(hidden, hidden)
        self.second = nn.Linear(hidden, hidden)

    def forward(self, inside: Tensor, told: Tensor) -> Tensor:
        return inside + self.second(nn.functional.silu(self.first(self.norm(inside)) + told))


class Velocity(nn.Module):
    """v(x, t) of points (N, D) at times (N,) from 0 to 1, (N, D): residual layers that are told the time.

    Args:
        latent_size: D.
        hidden: units of every layer.
        blocks: residual layers.
    """

    def __init__(self, latent_size: int, hidden: int, blocks: int) -> None:
        super().__init__()
        self.enter = nn.Linear(latent_size, hidden)
        self.time = nn.Sequential(nn.Linear(2 * FREQUENCIES, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.blocks = nn.ModuleList(Block(hidden) for _ in range(blocks))
        self.leave = nn.Sequential(nn.LayerNorm(hidden), nn.SiLU(), nn.Linear(hidden, latent_size))

    def forward(self, points: Tensor, time: Tensor) -> Tensor:
        told = self.time(time_features(time))
        inside = self.enter(points)
        for block in self.blocks:
            inside = block(inside, told)
        return self.leave(inside)


def time_features(time: Tensor) -> Tensor:
    """Sines and cosines of times (N,), (N, 2 * FREQUENCIES)."""
    frequencies = torch.logspace(0.0, math.log10(FASTEST), FREQUENCIES, device=time.device, dtype=time.dtype)
    angles = time[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class FlowMatching(StoredDensity):
    """The density that a field of velocities makes of the prior.

    Its log density follows the ordinary differential equation back and sums up how much the field spreads,

        log p(z) = log N(x(0)) - int_0^1 div v(x(t), t) dt - sum(log scale)

    (Chen et al. 2018, arXiv 1806.07366), the divergence exact: the trace of the whole Jacobian. That takes D times what
    a draw takes, so that kernels cannot follow it. Nor need they: carried back along the field the density is the prior
    itself, of which HMC in that base space could only make draws that are to be had directly.

    Args:
        latent_size: D.
        hidden, blocks: see `Velocity`.
        steps: of the solver (Heun's method, two velocities a step) for a draw.
    """

    kind = "flow-matching"
    followable = False
    location: Tensor
    scale: Tensor

    def __init__(self, latent_size: int, hidden: int = 384, blocks: int = 3, steps: int = DENSITY_STEPS) -> None:
        super().__init__()
        self.shape = {"latent_size": latent_size, "hidden": hidden, "blocks": blocks}
        self.latent_size = latent_size
        self.steps = steps
        self.register_buffer("location", torch.zeros(latent_size, dtype=torch.float32, device="cpu"))
        self.register_buffer("scale", torch.ones(latent_size, dtype=torch.float32, device="cpu"))
        self.velocity = built(lambda: Velocity(latent_size, hidden, blocks))

    def settings(self) -> dict[str, Any]:
        return self.shape | {"steps": self.steps}

    def standardised(self, latents: Tensor) -> Tensor:
        """Latents (N, D) in the units of the field."""
        return (latents - self.location) / self.scale

    @torch.no_grad()
    def transport(self, noise: Tensor) -> Tensor:
        """Draws from the prior (N, D) carried to draws from the density, (N, D)."""
        return self.carried(noise, self.steps)

    @torch.no_grad()
    def carried(self, noise: Tensor, steps: int) -> Tensor:
        """As `transport`, with another number of steps of the solver."""
        return self.location + self.scale * solve(self.field, noise, (0.0, 1.0), steps)

    @torch.no_grad()
    def inverse(self, latents: Tensor) -> Tensor:
        """The draws from the prior (N, D) that are carried to latents (N, D)."""
        return solve(self.field, self.standardised(latents), (1.0, 0.0), self.steps)

    def sample(self, count: int, generator: Generators) -> Tensor:
        return self.transport(randn((count, self.latent_size), generator, self.location.device))

    def log_density(self, latents: Tensor) -> Tensor:
        noise, spread = solve(self.spreading_field, (self.standardised(latents), latents[:, 0] * 0), (1.0, 0.0))
        normal = -0.5 * (noise.square().sum(dim=1) + self.latent_size * math.log(2.0 * math.pi))
        return normal + spread - self.scale.log().sum()

    def field(self, time: Tensor, points: Tensor) -> Tensor:
        """The velocity of points (N, D) at one time."""
        return self.velocity(points, time.expand(len(points)))

    def spreading_field(self, time: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The velocity of points (N, D) at one time, and its divergence (N,)."""
        points, _ = state
        velocity, pull_back = vjp(lambda moved: self.field(time, moved), points)[:2]
        one = torch.eye(self.latent_size, device=points.device, dtype=points.dtype)
        jacobian = vmap(lambda row: pull_back(row.expand_as(points))[0])(one)  # (D, N, D)
        return velocity, jacobian.diagonal(dim1=0, dim2=2).sum(dim=1)


def solve(field: Any, state: Any, span: tuple[float, float], steps: int = DENSITY_STEPS) -> Any:
    """Where the differential equation of a field (time, state) -> velocity leads from a state over a span of time."""
    first = state[0] if isinstance(state, tuple) else state
    times = torch.tensor(span, device=first.device, dtype=first.dtype)
    solution = odeint(field, state, times, method=SOLVER, options={"step_size": 1.0 / steps})
    return tuple(part[-1] for part in solution) if isinstance(state, tuple) else solution[-1]


def fit(encodings: Encodings, _points: Tensor, settings: FitSettings) -> Iterator[FlowMatching]:
    """A field fitted to encodings, after each part of the updates, and at last with the solver's steps chosen."""
    with torch.random.fork_rng():  # layers know no generator
        torch.manual_seed(settings.seed)
        density = FlowMatching(encodings.mean.shape[1])
    start = encodings.draw(stream(settings.seed, Purpose.FIT_DRAWS, 0))
    density.location.copy_(start.mean(dim=0))
    density.scale.copy_(start.std(dim=0).clamp(min=1e-3))
    order = torch.randperm(len(encodings), generator=stream(settings.seed, Purpose.FIT_DRAWS, 1))
    held_back = min(MOST_HELD_BACK, int(HELD_BACK * len(order)))
    check = Check(density.standardised(start[order[:held_back]]), settings.seed)
    yield from train(density, encodings, order[held_back:], check, settings)
    density.steps, distances = check.steps(density)
    density.notes = {"distances": distances}
    match_moments(density, settings.seed)
    yield density


def train(
    density: FlowMatching, encodings: Encodings, rows: Tensor, check: Check, settings: FitSettings
) -> Iterator[FlowMatching]:
    """Fit the field to some rows of the encodings with Adam, a fresh draw a pass; keep the running average of the
    weights where it was best on what was held back, and stop where that gets no better."""
    velocity = density.velocity
    average = AveragedModel(velocity, avg_fn=running_average)
    optimizer = torch.optim.Adam(velocity.parameters(), LEARNING_RATE)
    updates = most_updates(len(rows), settings)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates)
    patience = max(LEAST_PATIENCE, round(PATIENCE * updates / PART))
    best, kept, waited = math.inf, velocity.state_dict(), 0
    drawn = batches(density, encodings, rows, settings.seed)
    for update, (noise, points, time) in enumerate(itertools.islice(drawn, updates), start=1):
        with torch.autocast(points.device.type, torch.bfloat16, enabled=has_bf16(points.device)):
            loss = flow_matching_loss(velocity, noise, points, time)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(velocity.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        average.update_parameters(velocity)
        if update % PART == 0:
            now = check.loss(average.module)
            waited = 0 if now < best else waited + 1
            if now < best:
                best, kept = now, {name: each.clone() for name, each in average.module.state_dict().items()}
            if waited > patience:
                break
            yield density
    velocity.load_state_dict(kept)


class Check:
    """Encodings that a fit does not see, with noise and times of their own, the same at every look.

    Args:
        points: (N, D), standardised.
        seed: of noise and times.
    """

    def __init__(self, points: Tensor, seed: int) -> None:
        generator = stream(seed, Purpose.FIT_DRAWS, 2)
        self.noise = randn(points.shape, generator)
        self.time = rand(len(points), generator)
        self.points = paired(self.noise, points)

    @torch.no_grad()
    def loss(self, velocity: nn.Module) -> float:
        """What the fit makes small, of these points."""
        return float(flow_matching_loss(velocity, self.noise, self.points, self.time))

    def steps(self, density: FlowMatching) -> tuple[int, dict[str, float]]:
        """The fewest steps of the solver whose draws are as near to these points as those of the most steps, within
        a share of what the prior's draws lack; and what that was told by: number of steps, as text -> how far draws
        with so many are from these points (energy distance, in the units of the field)."""
        distances = {steps: self.distance(density, density.carried(self.noise, steps)) for steps in STEPS}
        best = min(distances.values())
        lacking = self.distance(density, self.noise) - best
        limit = best + MARGIN * max(lacking, 0.0)
        chosen = next(steps for steps, distance in distances.items() if distance <= limit)
        return chosen, {str(steps): float(f"{distance:.4g}") for steps, distance in distances.items()}

    def distance(self, density: FlowMatching, latents: Tensor) -> float:
        """The energy distance of latents (N, D) to these points, in the units of the field."""
        return energy_distance(density.standardised(latents), self.points)


@torch.no_grad()
def match_moments(density: FlowMatching, seed: int) -> None:
    """Shift and stretch draws to the mean and the standard deviation that encodings have in each dimension: what the
    field has not learned makes them a few per cent too narrow."""
    noise = randn((MATCHED, density.latent_size), stream(seed, Purpose.FIT_DRAWS, 3))
    drawn = density.standardised(density.transport(noise))
    density.scale.div_(drawn.std(dim=0))
    density.location.sub_(density.scale * drawn.mean(dim=0))


def flow_matching_loss(velocity: nn.Module, noise: Tensor, points: Tensor, time: Tensor) -> Tensor:
    """Mean squared error of the velocity on straight ways from noise (N, D) to points (N, D) at times (N,)."""
    share = time[:, None]
    return (velocity((1.0 - share) * noise + share * points, time) - (points - noise)).square().mean()


def most_updates(count: int, settings: FitSettings) -> int:
    """How many updates a fit to so many encodings takes, unless it stops before."""
    return min(settings.updates, MOST_PASSES * math.ceil(count / BATCH))


def batches(
    density: FlowMatching, encodings: Encodings, rows: Tensor, seed: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Noise, the standardised encodings that are paired with it, and times, without an end."""
    for number in itertools.count(1):
        generator = stream(seed, Purpose.FIT, number)
        points = density.standardised(encodings.draw(generator)[rows])
        for part in torch.randperm(len(points), generator=generator).split(BATCH):
            noise = randn((len(part), points.shape[1]), generator)
            yield noise, paired(noise, points[part]), rand(len(part), generator)


def paired(noise: Tensor, points: Tensor) -> Tensor:
    """The points (N, D) in the order in which they are near to the noise (N, D), by the sum of squared distances."""
    found = []
    for some_noise, some_points in zip(noise.split(PAIRED), points.split(PAIRED), strict=True):
        cost = torch.cdist(some_noise, some_points).square()
        found.append(some_points[linear_sum_assignment(cost.numpy())[1]])
    return torch.cat(found)


def running_average(average: Tensor, now: Tensor, updates: Tensor | int) -> Tensor:
    """The average of the weights, over a window that grows with the updates until `DECAY` says how long it is."""
    done = float(updates)
    return average + (now - average) * (1.0 - min(DECAY, (1.0 + done) / (10.0 + done)))


def energy_distance(first: Tensor, second: Tensor) -> float:
    """The energy distance (Székely & Rizzo 2013) of two samples (N, D) and (M, D)."""
    across = torch.cdist(first, second).mean()
    return float(2.0 * across - torch.cdist(first, first).mean() - torch.cdist(second, second).mean())


FLOW_MATCHING = DensitySpec(
    name="flow-matching",
    kind=FlowMatching,
    fit=fit,
    title="flow-matching density",
    parts=lambda settings: settings.updates // PART + 1,
)
