import json
import shutil
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import (
    Cancelled,
    CheckpointCorruptError,
    CheckpointDigestError,
    CheckpointFileMissingError,
    ImageShapeError,
    SamplingError,
)
from latentdemo.evaluation import (
    EvaluationError,
    FeatureSpace,
    Report,
    evaluate_model,
    frechet_distance,
    load_features,
    load_report,
    measure_model,
    pipeline,
    save_features,
    save_report,
    torchvision_features,
    train_classifier,
)
from latentdemo.evaluation.features import registry
from latentdemo.evaluation.features.damage import mixed, softened, warped
from latentdemo.evaluation.features.registry import SPACES, load_spaces
from latentdemo.evaluation.features.space import SpaceSpec
from latentdemo.evaluation.report import from_data
from latentdemo.sampling.densities.fitting import fit_densities
from tests.densities import shorten_fits

ROWS = 400


@pytest.fixture(scope="module")
def clothes() -> ImageSet:
    return read_held_out(checkpoints_dir() / "fashion-mnist")


def part(images: ImageSet, rows: slice) -> ImageSet:
    labels = {name: values[rows] for name, values in images.labels.items()}
    return ImageSet(images.pixels[rows], labels, images.label_names)


@pytest.fixture(scope="module")
def trained(clothes: ImageSet):
    return train_classifier("fashion-mnist", part(clothes, slice(0, 2000)), part(clothes, slice(2000, 3000)), epochs=1)


def test_a_classifier_learns_and_comes_back_as_it_was_saved(trained, clothes, tmp_path) -> None:
    assert trained.config.accuracy["class"] > 0.5
    save_features(trained, tmp_path / "fashion-mnist")
    again = load_features("fashion-mnist", "cpu", tmp_path)
    images = clothes.tensor(slice(0, 50))
    assert torch.equal(again(images), trained(images))
    assert again.config.accuracy == trained.config.accuracy
    with pytest.raises(ImageShapeError, match="1, 32, 32"):
        again(torch.rand(2, 3, 32, 32))


def test_broken_files_are_named(trained, tmp_path) -> None:
    folder = tmp_path / "fashion-mnist"
    save_features(trained, folder)
    weights = folder / "features.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CheckpointDigestError, match="digest"):
        load_features("fashion-mnist", "cpu", tmp_path)
    weights.write_bytes(content[:100])
    with pytest.raises(CheckpointCorruptError, match="truncated"):
        load_features("fashion-mnist", "cpu", tmp_path)
    weights.unlink()
    with pytest.raises(CheckpointFileMissingError, match=r"features\.safetensors"):
        load_features("fashion-mnist", "cpu", tmp_path)


def test_the_shipped_classifier_is_as_right_as_it_says(clothes) -> None:
    shipped = load_features("fashion-mnist", "cpu")
    with torch.no_grad():
        logits = shipped.classifier(clothes.tensor(slice(0, 2000)))["class"]
    right = (logits.argmax(1).numpy() == clothes.labels["class"][:2000]).mean()
    assert right == pytest.approx(json.loads((checkpoints_dir() / "fashion-mnist/features.json").read_text())
                                  ["accuracy"]["class"], abs=0.02)  # fmt: skip


@pytest.fixture(scope="module")
def measured(clothes, tmp_path_factory) -> tuple[Report, list[int]]:
    kept = tmp_path_factory.mktemp("unfinished") / "kept.json"
    own = {name: space for name, space in load_spaces("fashion-mnist").items() if name != "imagenet"}
    settings = {
        "spaces": own,
        "count": ROWS,
        "seeds": (0, 1),
        "kernels": ["decode-encode", "hmc"],
        "steps": [0, 1],
        "resume_from": kept,
    }
    with pytest.raises(Cancelled):
        measure_model("fashion-mnist/dvae", train=clothes, cancelled=kept.exists, **settings)
    done: list[int] = []
    report = measure_model(
        "fashion-mnist/dvae", train=clothes, progress=lambda now, total: done.append(total - now), **settings
    )
    return report, done


@pytest.mark.slow
def test_a_models_figures_are_ordered_as_they_must_be(measured) -> None:
    report, done = measured
    assert done == sorted(done, reverse=True)
    assert done[-1] == 0
    floor, ceiling = (report.references[name].figures["frechet_distance"].mean for name in ("real data", "ceiling"))
    prior = report.prior.figures
    assert floor < ceiling < prior["frechet_distance"].mean
    assert prior["gap_closed"].mean == 0.0
    assert "image_kept" not in prior
    by_kernel = {row.kernel: row for row in report.rows if row.steps == 1}
    plain, calibrated = by_kernel["decode-encode"].figures, by_kernel["hmc"].figures
    assert 0.0 < calibrated["image_kept"].mean < plain["image_kept"].mean < 1.0
    assert 0.3 < calibrated["acceptance"].mean < 1.0
    assert "acceptance" not in plain
    assert calibrated["energy_distance"].mean < prior["energy_distance"].mean
    assert calibrated["gap_closed"].mean > 50.0
    assert 0.0 < plain["round_trip_image"].mean < prior["round_trip_image"].mean
    assert all(row.milliseconds > 0 for row in report.rows)
    assert report.features["sha256"] == load_features("fashion-mnist", "cpu").digest
    assert set(report.spaces) == {"damage", "labels"}
    assert all(set(row.judged) == set(report.spaces) for row in report.rows)
    assert -0.05 < calibrated["mix_change"].mean < 0.15
    assert len(report.attributes["class"]) == len(by_kernel["hmc"].mix["class"].shares) == 10
    drift = [report.references[from_data(steps)].figures["frechet_distance"].mean for steps in (1, 10)]
    assert ceiling < drift[0] < drift[1]
    assert prior["copying"].mean > 0.0
    assert report.latent_space["verdict"] in ("match", "mild", "mismatch")
    assert report.diagnostics["hmc"]["rhat_max"] < report.diagnostics["langevin"]["rhat_max"]


@pytest.mark.slow
def test_a_report_of_a_run_can_be_saved(measured, tmp_path) -> None:
    save_report(measured[0], tmp_path)
    assert load_report(tmp_path).rows == measured[0].rows


def quickly_made(spec: SpaceSpec) -> SpaceSpec:
    """A feature space that is trained for one pass over the images."""
    return replace(spec, make=lambda *images, **settings: spec.make(*images, **settings | {"epochs": 1}))


@pytest.mark.slow
def test_all_that_is_missing_is_made_first_and_what_was_stopped_goes_on(clothes, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(checkpoints_dir() / "fashion-mnist" / "vae", folder, ignore=shutil.ignore_patterns("density.*"))
    for name in ("held-out.json", "held-out.webp"):
        shutil.copyfile(checkpoints_dir() / "fashion-mnist" / name, folder.parent / name)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    made_here = [spec for name, spec in SPACES.items() if name != "imagenet"]  # whose network takes most of the time
    monkeypatch.setattr(registry, "SPACES", {spec.name: quickly_made(spec) for spec in made_here})
    shorten_fits(monkeypatch)
    monkeypatch.setattr(pipeline, "fit_densities", partial(fit_densities, epochs=1, hidden=16, updates=100))
    monkeypatch.setattr(pipeline, "diagnose_kernels", lambda *_: {})
    few = part(clothes, slice(0, 1000))
    made, parts = [], []
    asked = {"count": 100, "seeds": (0,), "kernels": ["hmc"], "steps": [1], "made": made.append}

    def told(words: str, done: int, total: int) -> None:
        assert done <= total
        if words not in parts[-1:]:
            parts.append(words)

    before = load_report(folder)
    with pytest.raises(Cancelled):
        evaluate_model(
            "fashion-mnist/vae",
            few,
            few,
            progress=told,
            cancelled=(folder / "evaluation.unfinished.json").exists,
            **asked,
        )
    assert [type(each).__name__ for each in made] == ["FeatureConfig", "LabelConfig", "DensityConfig"]
    assert parts[0].split(", ")[0] == f"making the feature space of {made_here[0].title}"
    assert parts[-2:] == ["fitting", "evaluating"]
    assert load_report(folder) == before
    report = evaluate_model("fashion-mnist/vae", few, few, **asked)
    assert len(made) == len(made_here) + 1
    assert load_report(folder).rows == report.rows
    assert (report.count, report.training_images, report.features["sha256"]) == (100, True, made[0].sha256)
    assert report.density_sha256 == made[-1].sha256
    assert "prior, then hmc" in (folder / "README.md").read_text(encoding="utf-8")
    assert not list(folder.glob("*unfinished*"))


@pytest.mark.slow
def test_without_training_images_other_held_out_images_stand_in() -> None:
    report = measure_model("fashion-mnist/vae", count=200, seeds=(0,), kernels=["hmc"], steps=[1])
    assert not report.training_images
    assert "memorised_share" not in report.prior.figures
    assert report.prior.figures["coverage"].error is None


@pytest.mark.slow
def test_any_module_can_be_the_feature_space() -> None:
    space = FeatureSpace(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "coarse pixels")
    report = measure_model(
        "fashion-mnist/vae", count=100, seeds=(0,), kernels=["hmc"], steps=[1], spaces={"pixels": space}
    )
    assert report.spaces == {"pixels": {"name": "coarse pixels", "sha256": space.digest}}
    with pytest.raises(EvaluationError, match="flatten or pool"):
        measure_model(
            "fashion-mnist/vae", count=100, seeds=(0,), spaces={"maps": FeatureSpace(nn.AvgPool2d(8), "maps")}
        )
    with pytest.raises(EvaluationError, match="no weights of"):
        torchvision_features("no-such-network")


def test_more_images_than_there_are_cannot_be_asked_for(clothes) -> None:
    with pytest.raises(EvaluationError, match="to 300 images"):
        measure_model("fashion-mnist/vae", count=301, seeds=(0,), train=part(clothes, slice(0, 300)))
    with pytest.raises(EvaluationError, match="of 100 to 300 images"):
        measure_model("fashion-mnist/vae", count=99, seeds=(0,), train=part(clothes, slice(0, 300)))
    with pytest.raises(EvaluationError, match="5000 images"):
        measure_model("fashion-mnist/vae", count=5001, seeds=(0,))
    with pytest.raises(SamplingError, match="known are decode-encode"):
        measure_model("fashion-mnist/vae", count=100, seeds=(0,), kernels=["slice"])


def test_fewer_samples_than_held_out_images_cannot_be_asked_for() -> None:
    with pytest.raises(EvaluationError, match="99 samples against 100 held-out images"):
        measure_model("fashion-mnist/vae", count=100, samples=99, seeds=(0,))


@pytest.mark.parametrize(
    ("total", "repetitions", "samples", "count"),
    [
        (10_000, 10, None, 1000),
        (10_000, 1, None, 1000),  # the usual number of samples
        (10_000, 1, 10_000, 10_000),
        (10_000, 10, 200, 200),
        (10_000, 10, 100_000, 1000),  # held-out images stay what they are, and the repetitions disjoint
        (10_000, 1, 1_000_000, 10_000),
        (1000, 10, 100_000, 200),  # too few for sets of their own
        (1000, 10, 50, 50),
        (132, 10, None, 100),  # as few as 660 pictures of one's own leave
        (132, 2, 100, 100),
    ],
)
def test_samples_are_compared_with_held_out_images_of_the_repetitions_own(
    total: int, repetitions: int, samples: int | None, count: int
) -> None:
    assert pipeline.usual_count(total, range(repetitions), 100, samples) == count


def test_damage_is_seen_in_proportion_and_blur_is_not(clothes) -> None:
    features, images = load_features("fashion-mnist", "cpu"), clothes.tensor(slice(0, 1000))
    real = features(clothes.tensor(slice(1000, 2000)))
    distances = {
        name: [
            frechet_distance(real, features(make(images, torch.Generator().manual_seed(0), strength)))
            for strength in (0.0, 0.5, 1.0)
        ]
        for name, make in (("mixed", mixed), ("warped", warped))
    }
    for intact, half, whole in distances.values():
        assert 2 * intact < half < whole
    soft = frechet_distance(real, features(softened(images, torch.Generator().manual_seed(0))))
    assert soft < min(half for _, half, _ in distances.values())
