import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as ScikitMixture

from latentdemo import adapt, load_model, run_chain
from latentdemo.checkpoints import checkpoints_dir
from latentdemo.checkpoints.config import DENSITY_CONFIG, DENSITY_WEIGHTS
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import (
    Cancelled,
    CheckpointConfigError,
    CheckpointDigestError,
    CheckpointFileMissingError,
    CheckpointMismatchError,
    SamplingError,
)
from latentdemo.models import Posterior
from latentdemo.random import chain_generators
from latentdemo.sampling.densities.fitting import fit_densities
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.sampling.densities.mixture import fit as fit_mixture
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.sampling.densities.resolve import resolve_density
from latentdemo.sampling.densities.spec import FitSettings
from latentdemo.sampling.densities.spline_flow import Flow, train
from latentdemo.sampling.densities.store import digests_held, load_densities
from latentdemo.sampling.densities.unfinished import UNFINISHED, UnfinishedFit
from latentdemo.sampling.encodings import Encodings
from tests.densities import shorten_fits


def two_clusters(count: int, generator: torch.Generator) -> torch.Tensor:
    """Two correlated clusters in the plane."""
    side = (torch.rand(count, 1, generator=generator) < 0.3).float()
    noise = torch.randn(count, 2, generator=generator) @ torch.tensor([[0.5, 0.3], [0.0, 0.4]])
    return noise + side * torch.tensor([3.0, -1.0])


@pytest.fixture(scope="module")
def points() -> torch.Tensor:
    return two_clusters(6000, torch.Generator().manual_seed(0))


def mixture_of(components: int, points: torch.Tensor) -> GaussianMixture:
    """A mixture fitted to points."""
    [mixture] = fit_mixture(components, Encodings(Posterior(points)), points, FitSettings())
    return mixture


@pytest.mark.parametrize(
    "density", [Flow(3, transforms=1, hidden=4, passes=2), GaussianMixture(3, 2)], ids=["flow", "mixture"]
)
def test_no_latents_have_no_densities(density) -> None:
    assert density.log_density(torch.zeros(0, 3)).shape == (0,)
    assert density.log_density(torch.zeros(2, 3)).shape == (2,)


@pytest.mark.parametrize("name", ["fashion-mnist/daae", "avatars/vae", "fashion-mnist/dvae"])
def test_chains_that_all_rest_from_the_start_stay_there(name: str) -> None:
    model = load_model(name, "cpu")
    start = model.encode(read_held_out(model.folder.parent).tensor(slice(2))).mean
    run = run_chain(model, "transport", steps=3, start=start, stop_at=0.0)
    assert torch.equal(run.latents[3], start)
    assert not run.info.walking.any()


def test_the_mixture_is_the_one_that_scikit_learn_fitted(points) -> None:
    ours = mixture_of(3, points)
    theirs = ScikitMixture(3, reg_covar=1e-4, init_params="k-means++", max_iter=100, tol=1e-2, random_state=0).fit(
        points.numpy()
    )
    expected = torch.from_numpy(theirs.score_samples(points[:100].numpy())).float()
    assert torch.allclose(ours.log_density(points[:100]), expected, atol=1e-3)


def test_draws_from_the_mixture_have_its_moments(points) -> None:
    mixture = mixture_of(2, points)
    drawn = mixture.sample(20_000, torch.Generator().manual_seed(1))
    assert torch.allclose(drawn.mean(0), points.mean(0), atol=0.05)
    assert torch.allclose(torch.cov(drawn.T), torch.cov(points.T), atol=0.08)


def test_the_flow_learns_what_one_gaussian_cannot(points) -> None:
    flow = Flow(2, transforms=2, hidden=32, passes=2)
    list(train(flow, Encodings(Posterior(points)), FitSettings(epochs=12)))
    held_out = two_clusters(2000, torch.Generator().manual_seed(5))
    gaussian = torch.distributions.MultivariateNormal(points.mean(0), torch.cov(points.T))
    with torch.no_grad():
        assert flow.log_density(held_out).mean() > gaussian.log_prob(held_out).mean() + 0.3
    drawn = flow.sample(5000, torch.Generator().manual_seed(2))
    assert abs((drawn[:, 0] > 1.5).float().mean().item() - 0.3) < 0.05


def test_transport_and_density_are_of_one_flow() -> None:
    flow = Flow(3, transforms=2, hidden=16, passes=3)
    noise = torch.randn(50, 3)
    carried = flow.transport(noise)
    with torch.no_grad():
        back = flow.flow().transform((carried - flow.location) / flow.scale)
    assert torch.allclose(back, noise, atol=1e-3)
    assert torch.allclose(flow.inverse(carried), noise, atol=1e-3)


@pytest.mark.parametrize("density", [GaussianMixture(4, 3), Flow(4, transforms=1, hidden=8, passes=2)])
def test_a_row_draws_the_same_in_any_batch(density) -> None:
    together = density.sample(5, chain_generators(7, 5))
    alone = density.sample(1, chain_generators(7, 1, first=3))
    assert torch.allclose(together[3:4], alone, atol=1e-5)


@pytest.fixture(scope="module", autouse=True)
def short_fits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shorten_fits(patch)
        yield


@pytest.fixture(scope="module")
def fitted_folder(tmp_path_factory):
    """A checkpoint with densities that were fitted in seconds."""
    root = tmp_path_factory.mktemp("checkpoints")
    folder = root / "fashion-mnist" / "vae"
    shutil.copytree(
        checkpoints_dir() / "fashion-mnist" / "vae", folder, ignore=shutil.ignore_patterns("density.*", "evaluation.*")
    )
    images = read_held_out(checkpoints_dir() / "fashion-mnist").pixels
    model = load_model("fashion-mnist/vae", "cpu", root)
    with pytest.raises(CheckpointFileMissingError, match="latentdemo fit fashion-mnist/vae"):
        load_densities(folder)
    with pytest.raises(Cancelled):
        fit_densities(
            model, ImageSet(images[:600]), ImageSet(images[1000:1300]), epochs=1, updates=100, cancelled=lambda: True
        )
    assert not (folder / DENSITY_CONFIG).exists()
    config = fit_densities(
        model, ImageSet(images[:1000]), ImageSet(images[1000:1300]), epochs=1, hidden=16, updates=100
    )
    return root, config


@pytest.mark.slow
def test_the_seed_fixes_a_fit_whatever_precision_the_model_serves_in(fitted_folder, tmp_path) -> None:
    root, config = fitted_folder
    shutil.copytree(root / "fashion-mnist", tmp_path / "fashion-mnist")
    images = read_held_out(checkpoints_dir() / "fashion-mnist").pixels
    served = load_model("fashion-mnist/vae", "cpu", tmp_path, precision="bf16")
    again = fit_densities(
        served, ImageSet(images[:1000]), ImageSet(images[1000:1300]), epochs=1, hidden=16, updates=100
    )
    assert (again.densities, again.sha256) == (config.densities, config.sha256)


def test_fitting_writes_what_loading_reads(fitted_folder) -> None:
    root, config = fitted_folder
    model = load_model("fashion-mnist/vae", "cpu", root)
    fitted = load_densities(root / "fashion-mnist" / "vae")
    assert list(fitted) == list(config.densities)
    followable = {name: facts for name, facts in config.densities.items() if DENSITIES[name].kind.followable}
    assert fitted[next(iter(fitted))].held_out_nll == min(facts["held_out"] for facts in followable.values())
    assert list(fitted)[len(followable) :] == ["flow-matching"]
    assert resolve_density(model).held_out_nll == fitted[next(iter(fitted))].held_out_nll
    best = resolve_density(model, "mixture")
    assert best.threshold(0.1) < best.threshold(0.5) < best.threshold(0.9)
    with pytest.raises(SamplingError, match="known are best"):
        resolve_density(model, "kernel density")
    run = run_chain(model, "hmc", count=8, steps=2, start="density")
    assert run.images[2].shape == (8, 1, 32, 32)


def some_images(count: int) -> ImageSet:
    return ImageSet(read_held_out(checkpoints_dir() / "fashion-mnist").pixels[:count])


def test_one_density_is_fitted_anew_and_the_others_stay(fitted_folder, tmp_path) -> None:
    shutil.copytree(fitted_folder[0] / "fashion-mnist", tmp_path / "fashion-mnist")
    model, before = load_model("fashion-mnist/vae", "cpu", tmp_path), fitted_folder[1]
    after = fit_densities(model, some_images(600), some_images(300), only=["mixture-10"], seed=1)
    assert list(after.densities) == list(before.densities)
    changed = [name for name in before.densities if after.densities[name] != before.densities[name]]
    assert changed == ["mixture-10"]
    noise = torch.randn(3, model.latent_size)
    stored, kept = (load_densities(root / "fashion-mnist" / "vae") for root in (fitted_folder[0], tmp_path))
    assert torch.equal(stored["flow"].density.transport(noise), kept["flow"].density.transport(noise))
    with pytest.raises(SamplingError, match="unknown densities kde; known are mixture-10"):
        fit_densities(model, some_images(600), some_images(300), only=["kde"])


def test_what_was_measured_with_densities_holds_until_one_of_them_is_fitted_anew(fitted_folder, tmp_path) -> None:
    shutil.copytree(fitted_folder[0] / "fashion-mnist", tmp_path / "fashion-mnist")
    model = load_model("fashion-mnist/vae", "cpu", tmp_path)
    for name in (DENSITY_CONFIG, DENSITY_WEIGHTS):
        (model.folder / name).unlink()
    assert digests_held(model.folder) == set()
    small = {"epochs": 1, "hidden": 16}
    first = fit_densities(model, some_images(600), some_images(300), only=["mixture-10"], **small)
    added = fit_densities(model, some_images(600), some_images(300), only=["flow"], **small)
    assert digests_held(model.folder) == {first.sha256, added.sha256}
    again = fit_densities(model, some_images(600), some_images(300), only=["mixture-10"], seed=1, **small)
    assert digests_held(model.folder) == {again.sha256}


def test_a_fit_that_was_stopped_goes_on_with_the_density_that_it_was_at(fitted_folder, tmp_path, monkeypatch) -> None:
    shutil.copytree(fitted_folder[0] / "fashion-mnist", tmp_path / "fashion-mnist")
    model = load_model("fashion-mnist/vae", "cpu", tmp_path)
    names, told = ["mixture-10", "flow"], []

    def fit_again(**settings) -> None:
        fit_densities(model, some_images(600), some_images(300), only=names, hidden=16, **settings)

    with pytest.raises(Cancelled):
        fit_again(epochs=2, progress=lambda *parts: told.append(parts), cancelled=lambda: len(told) == 2)
    assert told == [(1, 3), (2, 3)]
    fits = dict.fromkeys(names, 0)
    for name in names:
        spec = DENSITIES[name]

        def counted(*given, spec=spec):
            fits[spec.name] += 1
            return spec.fit(*given)

        monkeypatch.setitem(DENSITIES, name, replace(spec, fit=counted))
    told.clear()
    fit_again(epochs=2, progress=lambda *parts: told.append(parts))
    assert (told[0], told[-1]) == ((1, 3), (3, 3))
    assert fits == {"mixture-10": 0, "flow": 1}
    assert not (model.folder / UNFINISHED).exists()
    fit_again(epochs=1)
    assert fits == {"mixture-10": 1, "flow": 2}


def test_a_fit_that_ends_early_tells_all_its_parts_as_done(fitted_folder, tmp_path, monkeypatch) -> None:
    shutil.copytree(fitted_folder[0] / "fashion-mnist", tmp_path / "fashion-mnist")
    model, told = load_model("fashion-mnist/vae", "cpu", tmp_path), []
    spec = DENSITIES["flow-matching"]
    monkeypatch.setitem(
        DENSITIES, spec.name, replace(spec, fit=lambda *given: itertools.islice(spec.fit(*given), 2), parts=lambda _: 9)
    )
    only = ["flow-matching", "mixture-10"]
    fit_densities(
        model, some_images(600), some_images(300), only=only, updates=200, progress=lambda *parts: told.append(parts)
    )
    assert told == [(1, 10), (2, 10), (9, 10), (10, 10)]


def test_what_a_fit_has_noted_outlives_a_stop(points, tmp_path) -> None:
    mixture, stopped = mixture_of(2, points[:200]), UnfinishedFit(tmp_path, {"seed": 0})
    mixture.notes = {"distances": {"1": 0.5}}
    stopped.add("mixture", mixture)
    found = UnfinishedFit(tmp_path, {"seed": 0}).densities["mixture"]
    assert (found.notes, found.settings()) == (mixture.notes, mixture.settings())


def test_files_that_do_not_fit_are_named(fitted_folder, tmp_path) -> None:
    folder = tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(fitted_folder[0] / "fashion-mnist" / "vae", folder)
    content = (folder / DENSITY_CONFIG).read_text()
    (folder / DENSITY_CONFIG).write_text(content.replace(fitted_folder[1].model_sha256, "0" * 64))
    with pytest.raises(CheckpointMismatchError, match="other weights"):
        load_densities(folder)
    (folder / DENSITY_CONFIG).write_text("{")
    with pytest.raises(CheckpointConfigError, match="not a valid"):
        load_densities(folder)
    values = json.loads(content)
    values["densities"]["flow"]["settings"]["colour"] = 3
    (folder / DENSITY_CONFIG).write_text(json.dumps(values))
    with pytest.raises(CheckpointConfigError, match="not valid"):
        load_densities(folder)
    values["sha256"] = "1" * 64
    (folder / DENSITY_CONFIG).write_text(json.dumps(values))
    with pytest.raises(CheckpointDigestError, match="fit anew"):
        load_densities(folder)
    (folder / DENSITY_WEIGHTS).unlink()
    with pytest.raises(CheckpointFileMissingError):
        load_densities(folder)


def test_densities_of_other_weights_than_those_that_were_loaded_are_not_taken(fitted_folder) -> None:
    model = load_model("fashion-mnist/vae", "cpu", fitted_folder[0])
    model.weights_digest = "0" * 64
    with pytest.raises(CheckpointMismatchError, match="other weights"):
        resolve_density(model)


def test_a_model_without_a_folder_has_no_density(fitted_folder) -> None:
    model = load_model("fashion-mnist/vae", "cpu", fitted_folder[0])
    model.folder = None
    for kernel in ("hmc", "langevin", "transport"):
        with pytest.raises(SamplingError, match="no checkpoint folder"):
            run_chain(model, kernel, count=2, steps=1)
    with pytest.raises(SamplingError, match="no checkpoint folder"):
        run_chain(model, count=2, steps=1, start="data")


def test_a_latent_space_of_too_many_dimensions_is_refused_before_anything_is_encoded(tmp_path) -> None:
    model = adapt(lambda images: images.flatten(1), lambda latents: latents.view(-1, 1, 32, 32), 1024, (1, 32, 32))
    model.folder = tmp_path
    images = ImageSet(np.zeros((600, 32, 32, 1), np.uint8))
    with pytest.raises(SamplingError, match="1024 dimensions, densities are fitted in up to 512"):
        fit_densities(model, images, images)
    assert not list(tmp_path.iterdir())
