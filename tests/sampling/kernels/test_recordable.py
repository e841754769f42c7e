"""A step that can be recorded reads no number and stays on its device: on tensors without numbers it goes through."""

import copy
from typing import NamedTuple

import pytest
import torch

from latentdemo.checkpoints import load_trained
from latentdemo.checkpoints.serving import serve
from latentdemo.engine.stepping.static import StaticNoise
from latentdemo.random import ChainNoise
from latentdemo.sampling import KERNELS, ChainSpec
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.store import load_densities
from latentdemo.sampling.kernels.kernel import figures_of

MODEL = "fashion-mnist/dvae"
WAYS = [
    *({"kernel": name} for name in KERNELS),
    {"options": {"decoding": "sample", "corruption": "model"}},
    {"kernel": "hmc", "options": {"density": "flow"}},
    {"known": torch.full((1, 32, 32), 0.5)},
]
NUMBERS = 10_000  # more than any step here draws


class WithoutNumbers(NamedTuple):
    """A model and its densities on a device of shapes alone."""

    model: object
    fitted: dict[str, FittedDensity]


@pytest.fixture(scope="module")
def shapes() -> WithoutNumbers:
    model = serve(load_trained(MODEL, "cpu"), "float32", pack=False)
    folder = model.folder
    fitted = {
        name: FittedDensity(
            copy.deepcopy(each.density).to("meta"), 0.0, each.scale.to("meta"), each.step_sizes, each.quantiles
        )
        for name, each in load_densities(folder).items()
    }
    return WithoutNumbers(model.to("meta"), fitted)


def kernel_of(shapes: WithoutNumbers, monkeypatch, way: dict):
    """The kernel of a way on shapes alone."""
    monkeypatch.setattr("latentdemo.sampling.spec.resolve_density", lambda _model, name: shapes.fitted.get(name))
    return ChainSpec(**way).build(shapes.model)


def one_step(shapes: WithoutNumbers, kernel) -> list[torch.Tensor]:
    """All that a step of five chains makes."""
    numbers = StaticNoise(torch.rand(5, NUMBERS, device="meta"))
    with torch.no_grad():
        state = kernel.init(torch.randn(5, shapes.model.latent_size, device="meta"), numbers)
        state, info = kernel.step(state, numbers)
    return [*state, *figures_of(info).values()]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_says_that_it_can_be_recorded_reads_nothing(shapes, monkeypatch, way: dict) -> None:
    kernel = kernel_of(shapes, monkeypatch, way)
    if not getattr(kernel, "recordable", False):
        with pytest.raises(RuntimeError, match="meta"):
            one_step(shapes, kernel)
        return
    made = one_step(shapes, kernel)
    assert {each.device.type for each in made} == {"meta"}
    assert {len(each) for each in made} == {5}


def test_most_ways_can_be_recorded(shapes, monkeypatch) -> None:
    able = [way for way in WAYS if getattr(kernel_of(shapes, monkeypatch, way), "recordable", False)]
    assert len(able) == len(WAYS) - 1  # all but the one whose first step is another


@pytest.mark.parametrize("name", ["flow", "mixture", "mixture-10"])
def test_a_density_draws_and_tells_on_its_own_device(shapes, name: str) -> None:
    density = shapes.fitted[name].density
    drawn = density.sample(3, torch.Generator())
    assert drawn.device.type == density.log_density(drawn).device.type == "meta"


def test_noise_on_the_device_is_that_of_the_processor() -> None:
    generators = [torch.Generator().manual_seed(number) for number in range(3)]
    noise = ChainNoise.of([each.clone_state() for each in generators])
    static = StaticNoise(ChainNoise.of(generators).uniform(1 + 48))
    for draw in (lambda each: each.uniform(1), lambda each: each.normal(40)):
        assert torch.equal(draw(static), draw(noise))
