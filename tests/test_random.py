import pytest
import torch

from latentdemo.random import chain_generators, epoch_generator, randn


def test_a_chain_gets_the_same_generator_whatever_runs_beside_it() -> None:
    together = randn((10, 3), chain_generators(7, 10))
    alone = randn((1, 3), chain_generators(7, 1, first=6))
    assert torch.equal(together[6:7], alone)


def test_chains_and_seeds_are_independent() -> None:
    noise = torch.cat([randn((500, 4), chain_generators(seed, 500)) for seed in (0, 1)])
    assert len(noise.unique(dim=0)) == 1000
    assert noise.mean().abs() < 5 / noise.numel() ** 0.5
    assert noise.std().item() == pytest.approx(1.0, abs=0.06)


def test_one_generator_a_row_is_asked_for() -> None:
    with pytest.raises(ValueError, match="3 generators for a batch of 4"):
        randn((4, 2), chain_generators(0, 3))


def test_epochs_differ_and_repeat() -> None:
    first, again, other = (torch.rand(5, generator=epoch_generator(1, epoch)) for epoch in (2, 2, 3))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
