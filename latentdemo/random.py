"""Random numbers, always from generators that the caller passes in.

Every purpose has streams of its own, told apart by the spawn key of `numpy.random.SeedSequence`, so that numbers that
are drawn for different purposes never meet. A chain's stream gives its starting point first and the noise of its steps
after it; a chain whose starting point is given has another stream, since that point may well have been drawn from the
first.

A batch draws either from one `torch.Generator` or from one stream a row. The second makes what a row gets independent
of the batch it is in: chain 5 of seed 7 is the same alone, among 64, or among 10,000.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from enum import Enum

import numpy as np
import torch
from torch import Tensor

PICTURE_DRAWS = 2**30  # number of the first chain's stream that posterior draws of a given picture come from
PICTURE_DAMAGE = 2**31  # number of the chain's stream that a picture is damaged by; no run has so many chains
POOL, WORD = 4, 2**32 - 1  # words of the pool that NumPy mixes seeds in, and the largest one
BLOCK = 16  # numbers that `torch.Tensor.normal_` makes at a time, eight pairs
MOST_AHEAD = 2**22  # numbers that a batch draws ahead at the most, 16 MB of them


class Purpose(Enum):
    """What numbers are drawn for.

    The streams of chains have a number and nothing before it; `SHARED_NOISE` is the one that has no number either.
    """

    CHAIN = 0
    SHARED_NOISE = CHAIN
    GIVEN_START = 1
    TRAINING_ORDER = 2
    TRAINING_NOISE = 3
    FEATURES = 4
    DAMAGE = 5
    FIT = 6
    FIT_DRAWS = 7
    TUNING = 8
    ENCODINGS = 9
    RECONSTRUCTIONS = 10
    ROUND_TRIP = 11
    DIVERGENCE = 12
    PRIOR_SAMPLE = 13
    OTHER_SAMPLERS = 14
    LABELS = 15
    PATHS = 16
    ATTRIBUTES = 17
    RESERVOIR = 18

    @property
    def key(self) -> tuple[int, ...]:
        """What the spawn key of the purpose's streams begins with."""
        return (self.value, 0) if self.value else ()


def stream(seed: int, purpose: Purpose, *number: int, device: torch.device | str = "cpu") -> torch.Generator:
    """The stream of a purpose that has a number, such as that of a chain or of an epoch.

    Raises:
        ValueError: a negative seed.

    Example:
        >>> noise = torch.randn(3, generator=stream(7, Purpose.TRAINING_NOISE, 2))  # of the second epoch
    """
    state = np.random.SeedSequence(seed, spawn_key=(*purpose.key, *number)).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(state))


def streams(seed: int, purpose: Purpose, numbers: Sequence[int]) -> list[torch.Generator]:
    """The streams of a purpose that have some numbers, as `stream` gives them one by one; on the CPU.

    Raises:
        ValueError: a negative seed or number.
    """
    if any(not 0 <= number <= WORD for number in numbers):
        return [stream(seed, purpose, number) for number in numbers]
    return [torch.Generator("cpu").manual_seed(state) for state in states_of(seed, purpose.key, numbers)]


def states_of(seed: int, key: Sequence[int], numbers: Sequence[int]) -> list[int]:
    """What `np.random.SeedSequence(seed, spawn_key=(*key, number)).generate_state(1, np.uint64)` gives for each number
    below 2**32, by the same operations (O'Neill 2015, seed_seq) on all numbers at once: one by one, 4,096 of them take
    as long as a GPU takes for all their steps.

    Raises:
        ValueError: a negative seed.
    """
    if seed < 0:
        raise ValueError(f"seed is {seed}; it must be non-negative")
    seed = int(seed)
    length = max(POOL, -(-seed.bit_length() // 32))
    words = [np.uint32(seed >> 32 * place & WORD) for place in range(length)]
    entropy = [np.full(1, word, np.uint32) for word in (*words, *key)] + [
        np.asarray(numbers, np.int64).astype(np.uint32)
    ]
    mixer = WordMixer(0x43B0D7E5, 0x931E8875)
    pool = [mixer.hashed(word) for word in entropy[:POOL]]
    for source, target in itertools.permutations(range(POOL), 2):
        pool[target] = mixed(pool[target], mixer.hashed(pool[source]))
    for word in entropy[POOL:]:
        pool = [mixed(held, mixer.hashed(word)) for held in pool]
    out = WordMixer(0x8B51F9DD, 0x58F38DED)
    low, high = (out.hashed(held).astype(np.uint64) for held in pool[:2])
    return (low | high << np.uint64(32)).tolist()


class WordMixer:
    """The hash of 32-bit words whose constant moves on with each call."""

    def __init__(self, constant: int, factor: int) -> None:
        self.constant, self.factor = constant, factor

    def hashed(self, words: np.ndarray) -> np.ndarray:
        """Of each word."""
        words = words ^ np.uint32(self.constant)
        self.constant = self.constant * self.factor & WORD
        words = words * np.uint32(self.constant)
        return words ^ (words >> np.uint32(16))


def mixed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two words made one, row by row."""
    words: np.ndarray = one * np.uint32(0xCA01F9DD) - other * np.uint32(0x4973F715)
    return words ^ (words >> np.uint32(16))


def chain_generators(seed: int, count: int, first: int = 0) -> list[torch.Generator]:
    """Independent CPU generators for chains `first` to `first + count - 1` of a seed.

    Chain i of a seed always gets the same generator, whatever `first` and `count` are.

    Args:
        seed: of the run.
        count: how many chains.
        first: number of the first.

    Raises:
        ValueError: a negative seed.
    """
    return streams(seed, Purpose.CHAIN, range(first, first + count))


def common_generators(seed: int, count: int) -> list[torch.Generator]:
    """CPU generators that all give the same numbers: common random numbers, a stream of a seed that is no chain's.

    Raises:
        ValueError: a negative seed.
    """
    return [stream(seed, Purpose.SHARED_NOISE) for _ in range(count)]


class DrawnAhead:
    """Uniform numbers of several streams, drawn ahead in one call a stream.

    What a stream gives does not depend on how much of it is drawn at a time.

    Args:
        generators: one a stream.
        steps: how often about as many numbers as the first time will be asked for.
    """

    def __init__(self, generators: Sequence[torch.Generator], steps: int) -> None:
        self.generators = list(generators)
        self.steps = max(steps, 1)
        self.numbers = torch.empty(len(self.generators), 0, dtype=torch.float32, device="cpu")
        self.used = np.zeros(len(self.generators), dtype=np.int64)  # NumPy: a few numbers, of which each step asks

    def take(self, rows: Tensor, count: int) -> Tensor:
        """The next numbers of some streams, (len(rows), count) on [0, 1)."""
        streams = rows.numpy()
        if (self.used[streams] + count > self.numbers.shape[1]).any():
            self.draw(count)
        used = self.used[streams]
        self.used[streams] += count
        first = int(used[0]) if len(used) else 0
        if (used == first).all():
            return self.numbers[rows, first : first + count]
        return self.numbers[rows[:, None], torch.from_numpy(used)[:, None] + torch.arange(count, device="cpu")]

    def draw(self, count: int) -> None:
        """Draw more, behind what was not used yet; the numbers of all streams end at the same place."""
        most = max(MOST_AHEAD // len(self.generators), count)
        more = min((count + BLOCK) * self.steps, most)
        left = self.numbers.shape[1] - int(self.used.min())
        numbers = torch.empty(len(self.generators), left + more, dtype=torch.float32, device="cpu")
        numbers[:, :left] = self.numbers[:, self.numbers.shape[1] - left :]
        self.used += left - self.numbers.shape[1]
        for row, generator in zip(numbers.unbind(), self.generators, strict=True):
            row[left:].uniform_(generator=generator)
        self.numbers = numbers


class ChainNoise:
    """The noise of a batch of chains, one stream a row; may be taken apart and put together as chains are.

    Parts of a batch go on with the streams of the whole: what one draws, the other does not draw again.

    Args:
        parts: streams that were drawn ahead, and which of them the rows have, in their order; -1 for a row that needs
            no noise worth the name.

    Example:
        >>> noise = ChainNoise.of(chain_generators(7, 64), steps=10)
        >>> randn((64, 32), noise).shape
        torch.Size([64, 32])
    """

    def __init__(self, parts: Sequence[tuple[DrawnAhead, Tensor]]) -> None:
        self.parts = list(parts)
        self.rows = sum(len(rows) for _, rows in self.parts)

    @classmethod
    def of(cls, generators: Sequence[torch.Generator], steps: int = 1) -> ChainNoise:
        """Noise from generators, one a row, for about so many steps."""
        return cls([(DrawnAhead(generators, steps), torch.arange(len(generators), device="cpu"))])

    @classmethod
    def join(cls, batches: Sequence[ChainNoise]) -> ChainNoise:
        """The rows of several batches, one after the other."""
        parts: list[tuple[DrawnAhead, Tensor]] = []
        for source, rows in (part for batch in batches for part in batch.parts):
            if parts and parts[-1][0] is source:
                parts[-1] = (source, torch.cat([parts[-1][1], rows]))
            else:
                parts.append((source, rows))
        return cls(parts)

    def __len__(self) -> int:
        return self.rows

    def take(self, chosen: Tensor | slice) -> ChainNoise:
        """Some of the rows, a slice or (N,) booleans."""
        kept = torch.zeros(len(self), dtype=torch.bool, device="cpu")
        kept[chosen.cpu() if isinstance(chosen, Tensor) else chosen] = True
        shares = kept.split([len(rows) for _, rows in self.parts])
        found = [(source, rows[share]) for (source, rows), share in zip(self.parts, shares, strict=True)]
        return ChainNoise([(source, rows) for source, rows in found if len(rows)])

    def with_idle_rows(self, more: int) -> ChainNoise:
        """The same rows, and so many behind them whose draws are dropped."""
        idle = torch.full((more,), -1, dtype=torch.long, device="cpu")
        return ChainNoise.join([self, ChainNoise([(self.parts[-1][0], idle)])]) if more else self

    def uniform(self, count: int) -> Tensor:
        """The next numbers of each row, (N, count) on [0, 1), on the CPU."""
        drawn = []
        for source, rows in self.parts:
            real = rows >= 0
            if real.all():
                drawn.append(source.take(rows, count))
                continue
            numbers = torch.full((len(rows), count), 0.5, dtype=torch.float32, device="cpu")
            numbers[real] = source.take(rows[real], count)
            drawn.append(numbers)
        if not drawn:
            return torch.empty(0, count, dtype=torch.float32, device="cpu")
        return drawn[0] if len(drawn) == 1 else torch.cat(drawn)

    def normal(self, count: int) -> Tensor:
        """Standard normal numbers, (N, count) float32 on the CPU, by the transform of Box & Muller 1958.

        Pairs lie in blocks of 16, as `torch.Tensor.normal_` lays them, so that the numbers are those that it gives.
        They are computed in float64, so that rounding cannot depend on how many rows are at hand.
        """
        pairs = self.uniform(-(-count // BLOCK) * BLOCK).double().unflatten(1, (-1, 2, BLOCK // 2))
        radius = (-2.0 * (1.0 - pairs[:, :, 0]).log()).sqrt()
        angle = 2.0 * math.pi * pairs[:, :, 1]
        return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=2).flatten(1)[:, :count].float()


Generators = torch.Generator | Sequence[torch.Generator] | ChainNoise


def randn(shape: Sequence[int], generator: Generators, device: torch.device | str | None = None) -> Tensor:
    """Standard normal float32 noise of `shape` (N, ...), on `device`.

    Args:
        shape: sizes, the batch first.
        generator: one for the whole batch, a sequence of N, one a row, or the noise of N chains.
        device: where the noise is wanted; it is drawn where the generator lives and copied.
    """
    if isinstance(generator, torch.Generator):
        noise = torch.randn(tuple(shape), generator=generator, dtype=torch.float32, device=generator.device)
    else:
        check_rows(generator, shape[0])
        if isinstance(generator, ChainNoise):
            noise = generator.normal(math.prod(shape[1:])).reshape(tuple(shape))
        else:
            noise = torch.empty(tuple(shape), dtype=torch.float32, device="cpu")
            for row, own in zip(noise.unbind(), generator, strict=True):
                row.normal_(generator=own)
    return noise if device is None else noise.to(device)


def rand(count: int, generator: Generators, device: torch.device | str | None = None) -> Tensor:
    """Uniform noise on [0, 1), (count,), drawn as `randn` draws."""
    if isinstance(generator, torch.Generator):
        noise = torch.rand(count, generator=generator, dtype=torch.float32, device=generator.device)
    else:
        check_rows(generator, count)
        if isinstance(generator, ChainNoise):
            noise = generator.uniform(1)[:, 0]
        else:
            noise = torch.empty(count, dtype=torch.float32, device="cpu")
            for row, own in zip(noise, generator, strict=True):
                row.uniform_(generator=own)
    return noise if device is None else noise.to(device)


def check_rows(generators: Sequence[torch.Generator] | ChainNoise, rows: int) -> None:
    """Raise ValueError where there is not one stream a row."""
    if len(generators) != rows:
        raise ValueError(f"{len(generators)} generators for a batch of {rows}: pass one a row")
