import pytest
import torch

from latentdemo import adapt, load_model
from latentdemo.errors import Cancelled, SamplingError
from latentdemo.sampling import KERNELS, run_batches, run_chain
from latentdemo.sampling.densities.resolve import resolve_density
from latentdemo.sampling.densities.spline_flow import Flow
from latentdemo.sampling.kernels.hmc import hmc

GREY_LEVEL = 1 / 255


def test_contract(tiny_model) -> None:
    run = run_chain(tiny_model, kernel="decode-encode", count=6, steps=10, seed=7, record=(0, 1, 5, 10))
    assert sorted(run.images) == sorted(run.latents) == [0, 1, 5, 10]
    assert run.images[5].shape == (6, 1, 16, 16)
    assert run.images[5].dtype == torch.float32
    assert run.images[5].device.type == "cpu"
    assert run.latents[5].shape == (6, tiny_model.latent_size)
    assert torch.allclose(run.images[5], tiny_model.decode(run.latents[5]).mean, atol=1e-6)
    assert run.info.latent_distance.shape == (10, 6)
    assert run.seconds[0] < run.seconds[10]


def test_recording_all_steps_or_first_and_last(tiny_model) -> None:
    assert sorted(run_chain(tiny_model, count=2, steps=4, record="all").images) == [0, 1, 2, 3, 4]
    assert sorted(run_chain(tiny_model, count=2, steps=4).images) == [0, 4]


@pytest.mark.parametrize("options", [{}, {"decoding": "sample", "corruption": "model"}])
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_a_chain_is_the_same_in_any_batch(tiny_model, options: dict, batch_size: int) -> None:
    wanted = run_chain(tiny_model, count=8, steps=6, seed=3, options=options)
    run = run_chain(tiny_model, count=5, steps=6, seed=3, options=options, batch_size=batch_size)
    assert torch.equal(run.latents[0], wanted.latents[0][:5])
    assert (run.images[6] - wanted.images[6][:5]).abs().max() <= GREY_LEVEL


def test_without_pictures_the_rest_is_the_same(tiny_model) -> None:
    with_pictures, without = (
        run_chain(tiny_model, count=5, steps=3, record="all", images=keep) for keep in (True, False)
    )
    assert without.images == {}
    for step, latents in with_pictures.latents.items():
        assert torch.equal(without.latents[step], latents)
        assert not without.latents[step].requires_grad


def test_more_steps_do_not_change_earlier_ones(tiny_model) -> None:
    short = run_chain(tiny_model, count=4, steps=3, seed=3, record=(3,))
    long = run_chain(tiny_model, count=4, steps=9, seed=3, record=(3,))
    assert torch.equal(short.latents[3], long.latents[3])


def test_same_seed_same_result_and_another_seed_another(tiny_model) -> None:
    first, second, other = (run_chain(tiny_model, count=4, steps=2, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.images[2], second.images[2])
    assert not torch.allclose(first.latents[0], other.latents[0])


def test_global_random_state_is_left_alone(tiny_model) -> None:
    before = torch.get_rng_state()
    run_chain(tiny_model, count=4, steps=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_starting_from_given_latents(tiny_model) -> None:
    start = tiny_model.encode(torch.rand(3, 1, 16, 16)).mean.detach()
    run = run_chain(tiny_model, steps=2, start=start)
    assert torch.equal(run.latents[0], start)
    assert run.count == 3


def test_batches_hold_only_their_own_chains(tiny_model) -> None:
    runs = run_batches(tiny_model, count=10, steps=1, batch_size=4)
    assert [run.count for run in runs] == [4, 4, 2]


def test_progress_reaches_the_end_and_never_goes_back(tiny_model) -> None:
    seen = []
    run_chain(tiny_model, count=10, steps=5, batch_size=4, progress=lambda done, total: seen.append((done, total)))
    done = [entry[0] for entry in seen]
    assert done == sorted(done)
    assert seen[-1] == (50, 50)


def test_cancelling_stops_between_steps(tiny_model) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) == 3

    with pytest.raises(Cancelled, match="step 2"):
        run_chain(tiny_model, count=2, steps=1000, cancelled=cancelled)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"steps": -1},
        {"seed": -1},
        {"batch_size": 0},
        {"record": (11,)},
        {"record": ()},
        {"kernel": "no-such"},
        {"start": torch.zeros(2, 3)},
        {"start": torch.full((2, 8), torch.nan)},
    ],
)
def test_what_cannot_be_run_is_named(tiny_model, wrong: dict) -> None:
    with pytest.raises(SamplingError, match=r"count|steps|kernel|start|seed|batch_size"):
        run_chain(tiny_model, **wrong)


@pytest.mark.parametrize("name", ["fashion-mnist/dvae", "avatars/vae"])
def test_a_trained_chain_moves_away_from_its_start_and_on(name: str) -> None:
    run = run_chain(load_model(name, "cpu"), count=8, steps=5, seed=7, record="all")
    assert ((run.images[1] - run.images[0]).abs().mean(dim=(1, 2, 3)) > GREY_LEVEL).all()
    assert (run.info.image_change[1:] > 0).all()


def test_a_run_from_given_latents_meets_other_noise_than_that_they_were_drawn_of() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    start = run_chain(model, count=200, steps=0).latents[0]
    again = run_chain(model, "langevin", start=start, steps=1, record="all")
    moved = again.latents[1] - again.latents[0]
    proposed = moved[again.info["accepted"][0]]
    noise = proposed - proposed.mean(dim=0)
    drawn = start[again.info["accepted"][0]] - start[again.info["accepted"][0]].mean(dim=0)
    correlation = (noise * drawn).sum() / (noise.norm() * drawn.norm())
    assert correlation.abs() < 0.5  # momentum proportional to the place would make it 1


@pytest.mark.parametrize("options", [{"density": 1}, {"density": 0.5}, {"leapfrogs": "5"}])
def test_an_option_of_another_kind_is_named(options: dict) -> None:
    with pytest.raises(SamplingError, match=next(iter(options))):
        run_chain(load_model("fashion-mnist/vae", "cpu"), "hmc", count=1, steps=1, options=options)


@pytest.mark.slow
def test_a_model_in_memory_has_all_kernels() -> None:
    """A pair of functions and a density at hand will do; neither lies in a folder."""
    model = load_model("fashion-mnist/vae", "cpu")
    adapted = adapt(
        model.encode_unchecked,  # images that a kernel draws are not clipped
        lambda latents: model.decode(latents).mean,
        model.latent_size,
        model.image_shape,
        residual_std=model.residual_std,
    )
    flow = Flow(model.latent_size, transforms=1, hidden=8, passes=2)
    for kernel in KERNELS:
        run = run_chain(adapted, kernel, count=4, steps=2, density=flow)
        assert run.images[2].isfinite().all()
        assert ("acceptance_probability" in run.info) == ("accepted" in run.info)
    stopped = run_chain(adapted, "decode-encode", count=4, steps=30, density=flow, start="density", stop_at=0.3)
    assert not stopped.info["walking"].all()
    with pytest.raises(SamplingError, match="pass a density"):
        run_chain(adapted, "hmc", count=1, steps=1)


def test_a_kernel_object_serves_as_well_as_a_name() -> None:
    model = load_model("fashion-mnist/vae", "cpu")
    fitted = resolve_density(model, "mixture")
    kernel = hmc(fitted.density, fitted.step_sizes["hmc"], fitted.scale)
    by_object, by_name = (run_chain(model, each, count=5, steps=3, seed=2) for each in (kernel, "hmc"))
    assert torch.equal(by_object.latents[3], by_name.latents[3])
    assert (
        run_chain(model, hmc(fitted.density, step_size=0.3), count=2, steps=1).info["acceptance_probability"].max() <= 1
    )
    with pytest.raises(SamplingError, match="transport needs a density with a map"):
        run_chain(model, "transport", count=1, steps=1, density="mixture")
