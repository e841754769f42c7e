"""How paths fare: the figures of a shipped model on few pairs, and what is asked of whoever measures them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from torch import nn

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.errors import Cancelled
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.paths import Way, measure_paths, ways
from latentdemo.evaluation.pipeline import earlier_paths
from latentdemo.evaluation.report import DISTANCE, ENDS_KEPT, LARGEST_JUMP, EvaluationError, PathReport, save_report
from tests.ui.sample_reports import path_report, report

NAME = "fashion-mnist/vae"
SPACES = {"small": FeatureSpace(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "16 means of pixels")}


@pytest.fixture(scope="module")
def found() -> PathReport:
    return measure_paths(NAME, pairs=20, seeds=(0, 1), spaces=SPACES, device="cpu")


def test_every_way_is_measured_between_both_sorts_of_ends(found: PathReport) -> None:
    assert found.map in ("flow", "flow-matching")
    assert (found.pairs, found.seeds, found.overlap) == (20, [0, 1], 0.0)
    measured = [Way(way.spec.kind, way.steps, way.spec.mean_steps) for way in found.of("data")]
    assert sorted(measured) == sorted(ways(base=object()))
    assert len(found.of("prior")) == len(measured) == 8
    assert all(len(way.judged["small"][DISTANCE].values) == 2 for way in found.ways)


def test_paths_without_a_chain_keep_their_ends_and_chains_move_them(found: PathReport) -> None:
    for way in found.ways:
        kept = way.own[ENDS_KEPT].mean
        assert kept < 0.99 if way.steps else kept == 1.0
        assert way.own[LARGEST_JUMP].mean > 1.0


def test_the_middle_of_a_line_is_farther_from_real_data_than_that_of_an_arc_and_ends_are_nearest(found) -> None:
    line, arc = (
        next(way for way in found.of("data") if (way.spec.kind, way.steps) == (kind, 0))
        for kind in ("linear", "spherical")
    )
    assert found.decoded["data"].judged["small"][DISTANCE].mean < arc.distance("small") < line.distance("small")


def test_the_same_seed_gives_the_same_figures(found: PathReport) -> None:
    again = measure_paths(NAME, pairs=20, seeds=(0,), spaces=SPACES, device="cpu")
    first = again.of("data")[-1].judged["small"][DISTANCE].values[0]
    assert first == pytest.approx(found.of("data")[-1].judged["small"][DISTANCE].values[0], rel=0.5)


def test_without_densities_nothing_leads_through_the_base_space(tmp_path: Path, monkeypatch) -> None:
    shipped = checkpoints_dir() / "fashion-mnist"
    shutil.copytree(shipped / "vae", tmp_path / "fashion-mnist" / "vae", ignore=shutil.ignore_patterns("density*"))
    for name in ("held-out.webp", "held-out.json"):
        (tmp_path / "fashion-mnist" / name).symlink_to(shipped / name)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    found = measure_paths(NAME, pairs=10, seeds=(0,), spaces=SPACES, device="cpu")
    assert (found.map, found.density_sha256) == ("", "")
    assert {way.spec.kind for way in found.ways} == {"linear", "spherical"}


def test_progress_is_told_and_work_can_be_cancelled() -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        measure_paths(
            NAME, pairs=10, seeds=(0,), spaces=SPACES, device="cpu",
            progress=lambda *done: told.append(done), cancelled=lambda: len(told) == 3,
        )  # fmt: skip
    assert told == [(1, 18), (2, 18), (3, 18)]


@pytest.mark.parametrize("asked", [{"pairs": 9}, {"seeds": ()}], ids=str)
def test_too_little_to_measure_is_named(asked: dict) -> None:
    with pytest.raises(EvaluationError, match="take at least one repetition of 10 pairs"):
        measure_paths(NAME, spaces=SPACES, device="cpu", **asked)


def test_a_new_evaluation_keeps_what_was_measured_of_paths_of_the_same_model(tmp_path: Path) -> None:
    paths = replace(path_report(base=5.0, arc=9.0), model_sha256="ab", density_sha256="cd")
    before = report("own/vae", "ab", density_sha256="cd", paths=paths)
    assert earlier_paths(before, tmp_path) is None
    save_report(before, tmp_path)
    assert earlier_paths(replace(before, paths=None), tmp_path) == paths
    assert earlier_paths(replace(before, density_sha256="other"), tmp_path) is None
