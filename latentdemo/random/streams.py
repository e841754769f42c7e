"""Streams of random numbers: one for each purpose, seed and number, none of which ever meet."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from enum import Enum

import numpy as np
import torch

PICTURE_DRAWS = 2**30  # number of the first chain's stream that posterior draws of a given picture come from
PICTURE_DAMAGE = 2**31  # number of the chain's stream that a picture is damaged by; no run has so many chains
POOL, WORD = 4, 2**32 - 1  # words of the pool that NumPy mixes seeds in, and the largest one


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
