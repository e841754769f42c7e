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


@pytest.mark.parametrize(("first", "count"), [(0, 1), (3, 4), (9, 1)])
def test_any_part_of_the_chains_draws_what_all_of_them_draw(first: int, count: int) -> None:
    everyone, some = chain_generators(7, 10), chain_generators(7, count, first)
    for shape in ((3,), (2, 5, 5)):  # a second draw goes on where the first ended
        drawn = randn((10, *shape), everyone)
        assert torch.equal(randn((count, *shape), some), drawn[first : first + count])


def test_one_generator_serves_a_whole_batch() -> None:
    noise = randn((4, 3), torch.Generator().manual_seed(5), "cpu")
    assert torch.equal(noise, torch.randn(4, 3, generator=torch.Generator().manual_seed(5)))


def test_drawing_leaves_global_randomness_alone() -> None:
    before = torch.get_rng_state()
    randn((4, 3), chain_generators(0, 4))
    torch.rand(3, generator=epoch_generator(0, 1))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        chain_generators(-1, 1)


def test_one_generator_a_row_is_asked_for() -> None:
    with pytest.raises(ValueError, match="3 generators for a batch of 4"):
        randn((4, 2), chain_generators(0, 3))


def test_epochs_differ_and_repeat() -> None:
    first, again, other = (torch.rand(5, generator=epoch_generator(1, epoch)) for epoch in (2, 2, 3))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
