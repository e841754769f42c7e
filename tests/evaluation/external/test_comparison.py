import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data import ImageSet, read_held_out
from latentdemo.errors import Cancelled
from latentdemo.evaluation import EvaluationError, Report, compare_with_pythae, load_report, measure_model, pipeline
from latentdemo.evaluation import save_report as save
from latentdemo.evaluation.card import section
from latentdemo.evaluation.external import comparison as compare
from latentdemo.evaluation.external.pythae_samplers import EPOCHS, Draws
from latentdemo.evaluation.features.registry import SPACES
from latentdemo.evaluation.interval import Interval

pytest.importorskip("pythae")
MODEL, COUNT, SEEDS = "fashion-mnist/dvae", 400, (0, 1, 2)


@pytest.fixture(scope="module", autouse=True)
def two_spaces() -> Iterator[None]:
    """The space of a public network takes most of the time, and nothing here looks at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(SPACES, "imagenet")
        yield


@pytest.fixture(scope="module")
def train() -> ImageSet:
    return ImageSet(read_held_out(checkpoints_dir() / "fashion-mnist").pixels[:600])


@pytest.fixture(scope="module")
def before(train) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "diagnose_kernels", lambda *_: {})  # long runs, which nothing here looks at
        return measure_model(MODEL, train=train, count=COUNT, seeds=SEEDS, kernels=["decode-encode"], steps=[1, 2])


@pytest.fixture
def fitted(monkeypatch) -> list[str]:
    """Samplers that were fitted; in their place stand the encodings themselves, or the prior for the mixture."""
    names: list[str] = []

    def draw(name, model, encodings, count, seeds) -> Draws:
        names.append(name)
        generator = torch.Generator().manual_seed(len(names))
        noise = {seed: torch.randn(count, model.latent_size, generator=generator) for seed in seeds}
        real = {seed: encodings.draw(generator)[:count] for seed in seeds}
        return Draws(noise if name == "pythae-mixture" else real, 0.5)

    monkeypatch.setattr(compare, "fit_and_draw", draw)
    return names


@pytest.mark.slow
def test_rows_of_pythae_join_the_others_and_change_nothing_else(before, train, fitted, tmp_path) -> None:
    after = compare_with_pythae(before, train, resume_from=tmp_path / "kept")
    assert fitted == list(EPOCHS)
    assert after.rows[: len(before.rows)] == before.rows
    added = {row.start: row for row in after.rows[len(before.rows) :]}
    assert list(added) == list(EPOCHS)
    assert all((row.kernel, row.steps, row.milliseconds) == ("", 0, 0.5) for row in added.values())
    assert all(added["pythae-maf"].figures[name].mean >= 0.0 for name in ("coverage", "memorised_share"))
    assert abs(added["pythae-mixture"].judged["damage"]["gap_closed"].mean) < 15.0  # the prior closes nothing
    assert added["pythae-maf"].judged["damage"]["gap_closed"].mean > 60.0  # encodings of real data all of it
    assert (after.recommendation, after.prior) == (before.recommendation, before.prior)
    assert (after.samplers["epochs"], after.best_external.start[:7]) == (EPOCHS, "pythae-")
    again = compare_with_pythae(after, train, only=["pythae-maf"], resume_from=tmp_path / "other")
    others = [name for name in EPOCHS if name != "pythae-maf"]
    assert [row.start for row in again.rows if row.is_external] == [*others, "pythae-maf"]
    otherwise = replace(after, samplers={"epochs": {}})
    alone = compare_with_pythae(otherwise, train, only=["pythae-maf"], resume_from=tmp_path / "other")
    assert [row.start for row in alone.rows if row.is_external] == ["pythae-maf"]
    save(after, tmp_path)
    assert load_report(tmp_path) == after
    assert "python -m latentdemo compare" in section(after)
    assert "pythae" not in section(before)


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_where_it_was(before, train, fitted, tmp_path) -> None:
    with pytest.raises(Cancelled):
        compare_with_pythae(before, train, resume_from=tmp_path, cancelled=lambda: len(fitted) == 2)
    measured: list[int] = []
    first = compare_with_pythae(before, train, resume_from=tmp_path, progress=lambda done, total: measured.append(done))
    assert fitted == list(EPOCHS)
    kept = json.loads((tmp_path / "figures.json").read_text())["parts"]
    assert len(kept) == len(measured) == len(SEEDS) * (2 + len(EPOCHS))
    (tmp_path / "pythae-maf.safetensors").write_bytes(b"cut off")
    assert compare_with_pythae(before, train, resume_from=tmp_path) == first
    assert fitted[len(EPOCHS) :] == ["pythae-maf"]


def test_an_evaluation_that_others_cannot_stand_beside_is_refused(before, train, fitted, tmp_path) -> None:
    with pytest.raises(EvaluationError, match="unknown samplers pythae-vae; known are pythae-mixture"):
        compare_with_pythae(before, train, only=["pythae-vae"], resume_from=tmp_path)
    with pytest.raises(EvaluationError, match="of other weights"):
        compare_with_pythae(replace(before, model_sha256="0" * 64), train, resume_from=tmp_path)
    distance = before.prior.figures["frechet_distance"]
    changed = Interval.of([1.1 * value for value in distance.values])
    judged = {**before.prior.judged, "damage": {**before.prior.judged["damage"], "frechet_distance": changed}}
    rows = [replace(row, judged=judged) if row.is_prior else row for row in before.rows]
    with pytest.raises(EvaluationError, match="cannot stand beside its own"):
        compare_with_pythae(replace(before, rows=rows), train, resume_from=tmp_path)
