import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from latentdemo.random import (
    PICTURE_DAMAGE,
    PICTURE_DRAWS,
    ChainNoise,
    Purpose,
    chain_generators,
    common_generators,
    rand,
    randn,
    stream,
    streams,
)


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
    torch.rand(3, generator=stream(0, Purpose.TRAINING_NOISE, 1))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        chain_generators(-1, 1)


def test_one_generator_a_row_is_asked_for() -> None:
    with pytest.raises(ValueError, match="3 generators for a batch of 4"):
        randn((4, 2), chain_generators(0, 3))


def test_epochs_differ_and_repeat() -> None:
    first, again, other = (torch.rand(5, generator=stream(1, Purpose.TRAINING_NOISE, epoch)) for epoch in (2, 2, 3))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_streams_of_different_purposes_never_meet() -> None:
    """Neither by their first numbers, nor by a correlation over many streams."""
    purposes = [each for each in Purpose if each.value]
    firsts = {
        (purpose, number): tuple(torch.rand(4, generator=stream(7, purpose, *number)).tolist())
        for purpose in purposes
        for number in [(), *((number,) for number in range(50))]
    }
    firsts |= {
        ("chain", (i,)): tuple(torch.rand(4, generator=each).tolist())
        for i, each in enumerate(chain_generators(7, 500))
    }
    firsts |= {
        ("picture", (i,)): tuple(torch.rand(4, generator=chain_generators(7, 1, i)[0]).tolist())
        for i in (PICTURE_DRAWS, PICTURE_DRAWS + 1, PICTURE_DAMAGE)
    }
    firsts["shared", ()] = tuple(torch.rand(4, generator=common_generators(7, 1)[0]).tolist())
    assert len(set(firsts.values())) == len(firsts)
    chains = randn((2000, 16), chain_generators(7, 2000))
    for purpose in purposes:
        other = randn((2000, 16), [stream(7, purpose, number) for number in range(2000)])
        assert (chains * other).mean().abs() < 5 / chains.numel() ** 0.5


def test_noise_drawn_ahead_is_what_the_generators_give() -> None:
    """Of whole blocks of 16 numbers, as `normal_` makes them, with uniform numbers between."""
    noise, alone = ChainNoise.of(chain_generators(7, 3), steps=4), chain_generators(7, 3)
    for shape in ((32,), (1, 4, 8), (16,)):
        assert torch.allclose(randn((3, *shape), noise), randn((3, *shape), alone), atol=2e-6)
        assert torch.equal(rand(3, noise), rand(3, alone))


@pytest.mark.parametrize("size", [1, 5, 16, 40])
def test_noise_does_not_depend_on_how_much_is_drawn_ahead(size: int) -> None:
    drawn = []
    for steps in (1, 3, 100):
        noise = ChainNoise.of(chain_generators(7, 4), steps)
        drawn.append(torch.cat([randn((4, size), noise) for _ in range(7)], dim=1))
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])
    assert drawn[0].isfinite().all()


def test_parts_of_a_batch_go_on_where_the_batch_was() -> None:
    wanted = ChainNoise.of(chain_generators(7, 6), 3)
    first, second = randn((6, 8), wanted), randn((6, 8), wanted)
    noise = ChainNoise.of(chain_generators(7, 6), 3)
    odd = torch.tensor([False, True] * 3)
    assert torch.equal(randn((6, 8), noise), first)
    left, right = noise.take(odd), noise.take(~odd)
    assert torch.equal(randn((3, 8), left), second[odd])
    assert torch.equal(randn((3, 8), right), second[~odd])
    apart = noise.take(slice(2, 5)).with_idle_rows(4)
    assert len(apart) == 7
    third = randn((7, 8), apart)
    joined = ChainNoise.join([noise.take(slice(2)), noise.take(slice(5, None)), ChainNoise.of(chain_generators(8, 2))])
    rest = randn((5, 8), joined)
    everyone = randn((6, 8), wanted)
    assert torch.equal(torch.cat([rest[:2], third[:3], rest[2:3]]), everyone)
    assert torch.equal(rest[3:], randn((2, 8), ChainNoise.of(chain_generators(8, 2))))


def test_rows_of_one_batch_may_have_come_to_different_places() -> None:
    noise, wanted = ChainNoise.of(chain_generators(3, 2), 1), ChainNoise.of(chain_generators(3, 2), 1)
    expected = torch.stack([randn((2, 16), wanted) for _ in range(40)])
    ahead = noise.take(slice(1))
    for step in range(20):
        assert torch.equal(randn((1, 16), ahead)[0], expected[step, 0])
    for step in range(20):
        assert torch.equal(randn((2, 16), noise), torch.stack([expected[20 + step, 0], expected[step, 1]]))


def test_noise_is_standard_normal() -> None:
    noise = randn((2000, 50), ChainNoise.of(chain_generators(0, 2000)))
    assert noise.mean().abs() < 5 / noise.numel() ** 0.5
    assert noise.var().item() == pytest.approx(1.0, abs=5 * (2 / noise.numel()) ** 0.5)
    assert noise.pow(4).mean().item() == pytest.approx(3.0, abs=5 * (96 / noise.numel()) ** 0.5)


@given(st.integers(0, 2**130), st.lists(st.integers(0, 2**33), max_size=5), st.sampled_from(Purpose))
def test_streams_are_numpys_one_by_one(seed: int, numbers: list[int], purpose: Purpose) -> None:
    together = [generator.initial_seed() for generator in streams(seed, purpose, numbers)]
    assert together == [stream(seed, purpose, number).initial_seed() for number in numbers]


def test_batches_of_no_chain_draw_nothing() -> None:
    for noise in (ChainNoise.of([]), ChainNoise([]), ChainNoise.of(chain_generators(7, 3)).take(slice(0))):
        assert randn((0, 5), noise).shape == (0, 5)
        assert rand(0, noise).shape == (0,)


def test_normal_numbers_are_the_same_whoever_asks_beside() -> None:
    """All streams at once, some of them ahead of others, and uniform numbers between."""
    noise = ChainNoise.of(chain_generators(7, 4), steps=6)
    first = torch.tensor([True, False, True, False])
    drawn = torch.empty(4, 24)
    drawn[first], drawn[~first] = randn((2, 24), noise.take(first)), randn((2, 24), noise.take(~first))
    alone = ChainNoise.of(chain_generators(7, 4), steps=1)
    assert torch.equal(drawn, randn((4, 24), alone))
    for _ in range(3):
        assert torch.equal(randn((4, 24), noise), randn((4, 24), alone))
        assert torch.equal(rand(4, noise), rand(4, alone))
        assert torch.equal(randn((4, 16), noise), randn((4, 16), alone))
