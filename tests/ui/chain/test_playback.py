import json
import math
from dataclasses import replace

import pytest
import torch

from latentdemo.evaluation.metrics.latent_space import projection
from latentdemo.evaluation.metrics.trace import Surroundings, trace
from latentdemo.sampling import ChainRun, ChainSpec, run_chain
from latentdemo.sampling.densities.density import FittedDensity
from latentdemo.sampling.densities.mixture import GaussianMixture
from latentdemo.ui.chain import export as walk_export
from latentdemo.ui.chain.playback import figure, figures, kinds, plane, scene, states
from latentdemo.ui.chain.walks import Walk, WalkRequest, sheet_of
from latentdemo.ui.components.player import height
from latentdemo.ui.runs.encodings import Encoded, marginals
from latentdemo.ui.runs.starting_point import StartingPoint

STEPS, CHAINS = 3, 2


@pytest.fixture
def run(tiny_model) -> ChainRun:
    return run_chain(tiny_model, count=CHAINS, steps=STEPS, record="all")


def walk(run: ChainRun, given: torch.Tensor | None = None) -> Walk:
    """A walk with real data and a density."""
    latents = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    around = Surroundings(latents)
    fitted = FittedDensity(GaussianMixture(8, 1), 0.0, torch.ones(8), {}, torch.linspace(-30, -8, 101).tolist())
    found = trace(run, around, fitted, None if given is None else given[0])
    encoded = Encoded(latents, marginals(latents, None), projection(latents))
    return Walk(run, found, sheet_of(run, given), given, encoded, around.usual, (-20.0, -10.0))


def test_the_top_of_a_chart_is_its_highest_value() -> None:
    assert 0 < height(3.0, 1.0, 3.0) < height(2.0, 1.0, 3.0) == 50.0 < height(1.0, 1.0, 3.0) < 100
    assert height(1.0, 1.0, 1.0) == 50.0


def test_a_chart_reaches_from_end_to_end_of_all_that_it_shows() -> None:
    values = torch.tensor([[0.0, 0.0], [2.0, 4.0]])
    shown = figure(values, lambda value: f"{value:g}", "", "", band=(3.0, 9.0), least=-1.0, mark="real data")
    assert shown.ends == ("-1", "9")
    assert shown.band is not None
    top, bottom = shown.band
    assert top == height(9.0, -1.0, 9.0) < shown.curves[1][1] < bottom == height(3.0, -1.0, 9.0) < shown.curves[0][1]
    assert shown.texts == [["0", "2"], ["0", "4"]]
    assert shown.mark == "real data"


def test_a_step_without_a_value_has_neither_words_nor_a_place() -> None:
    shown = figure(torch.tensor([[0.0], [2.0]]), str, "", "", mark="nothing to mark", from_step=1)
    assert shown.texts == [["–", "2.0"]]
    assert shown.curves[0][0] is None
    assert shown.mark == ""


def test_figures_are_numbers_that_a_browser_can_read(run: ChainRun) -> None:
    for shown in figures(walk(run)):
        heights = [place for row in shown.curves for place in row if place is not None]
        assert all(0 <= place <= 100 for place in heights)
        json.dumps(shown.curves, allow_nan=False)


@pytest.mark.parametrize("damaged", [False, True])
def test_the_damage_is_a_level_to_compare_with(run: ChainRun, damaged: bool) -> None:
    pictures = torch.full((2, 1, 16, 16), 0.5)
    pictures[1] += 0.25
    shown = figures(walk(run, pictures[: 1 + damaged]))[0]
    assert shown.label == "Difference from the picture"
    if damaged:
        highest = float(shown.ends[1].split()[0])
        assert highest >= 25
        assert shown.level == pytest.approx(height(25.0, 0.0, highest), abs=0.5)
    else:
        assert shown.level is None


def test_what_became_of_a_step(run: ChainRun) -> None:
    found = walk(run).trace
    assert kinds(found) == [[""] * (STEPS + 1)] * CHAINS
    assert states(found) == [["starting point", "", "", ""]] * CHAINS
    accepted = torch.ones(STEPS + 1, CHAINS, dtype=torch.bool)
    accepted[2, 1] = accepted[3, 1] = False
    resting = torch.zeros(STEPS + 1, CHAINS, dtype=torch.bool)
    resting[3, 1] = True
    both = replace(found, accepted=accepted, resting=resting)
    assert kinds(both)[1] == ["", "", "rejected", "resting"]
    assert states(both)[1] == ["starting point", "accepted", "not accepted", "resting"]


def test_paths_begin_where_the_chains_do_and_stay_on_the_map(run: ChainRun) -> None:
    walked = walk(run)
    assert walked.encoded is not None
    shown = plane(walked, walked.encoded, seed=7)
    assert [len(path) for path in shown.paths] == [STEPS + 1] * CHAINS
    for path, prior in zip(shown.paths, shown.prior, strict=False):
        assert path[0] == pytest.approx(prior, abs=1e-3)  # chains from the prior begin at its draws
        assert all(math.hypot(*place) < 1.5 for place in path)


def test_the_run_that_is_taken_away_is_the_one_on_screen(run: ChainRun, monkeypatch) -> None:
    taken = []
    monkeypatch.setattr(walk_export, "export_popover", lambda *args, **more: taken.append((args, more)))
    point = StartingPoint("data", seed=7, row=4)
    spec = ChainSpec(options={"decoding": "sample"}, start="given", count=CHAINS, steps=STEPS, stop_at=0.5)
    request = WalkRequest("own/tiny", "1", "", point, spec)
    monkeypatch.setattr(walk_export, "played_page", lambda *_given: None)
    walked = walk(run)
    walk_export.export_walk(None, request, walked, scene(walked, request, "tiny"))
    (_chosen, settings, latents, sheets, words), more = taken[0]
    assert settings.spec.start == "given"
    assert settings.recorded == tuple(latents) == tuple(sheets()) == (0, 1, 2, 3)
    spec = settings.spec
    assert (spec.options, spec.stop_at, spec.seed) == ({"decoding": "sample"}, 0.5, 7)
    assert len(more["frames"]()) == STEPS + 1
    assert words["Starting point"] == "Held-out picture"
