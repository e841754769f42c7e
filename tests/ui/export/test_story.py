"""What deck and PDF say of a model: the sentences of its quality review, or why there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from latentdemo.checkpoints import model_folder, read_config
from latentdemo.evaluation.report import GAP
from latentdemo.export import GIVEN, Branch, Layout, RunSettings
from latentdemo.export.story import Story
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.paths import PathSpec
from latentdemo.ui.evaluation.verdict import best_chain, verdict
from latentdemo.ui.export.story import story_of
from latentdemo.ui.i18n.kernel_words import steps_text
from latentdemo.ui.state.selection import Selection
from tests.ui.sample_reports import advising, report, without

MODEL = "fashion-mnist/vae"
SETTINGS = RunSettings(
    MODEL, "ab" * 32, "", ChainSpec("hmc", count=16, steps=3), (0, 1, 3), Layout(4), {1: "one step", 3: "three steps"}
)  # fmt: skip


def told(found, settings: RunSettings = SETTINGS, after: int = 3, beside: int | None = None) -> Story:
    chosen = Selection(MODEL, read_config(model_folder(MODEL)), 7)
    return story_of(chosen, found, settings, {"Kernel": "calibrated"}, after, "http://here/", beside)


def test_the_verdict_is_that_of_the_review() -> None:
    found = report()
    story = told(found)
    assert story.verdict == verdict(found)
    assert best_chain(found) in story.decision.points
    assert story.table is not None
    assert story.table.advised is not None
    advised = story.table.rows[story.table.advised]
    assert found.recommended is not None
    assert found.told is not None
    assert advised[1] == steps_text(found.recommended)
    assert f"{found.told.figures[GAP].mean:.0f}\u00a0%" in advised[2]
    assert story.chart is not None
    assert [line.label for line in story.chart.lines] == [
        "Plain chain: decode and encode, again and again",
        "The advised way to sample",
    ]
    assert [card.label for card in story.cards][:3] == ["Quality gap closed", "Recommended steps", "Cost per image"]
    assert not any("**" in point for point in story.method.points)


def test_a_model_that_is_best_left_alone_is_told_as_such() -> None:
    story = told(report(strength=-1.0))
    assert story.verdict.startswith("Leave this model alone")
    assert story.table is not None
    assert story.table.advised is None


def test_a_model_without_a_gap_has_a_table_but_no_chart() -> None:
    found = report(strength=-1.0)
    found = replace(found, rows=[without(row, [GAP]) for row in found.rows])
    story = told(found)
    assert story.chart is None
    assert story.table is not None
    assert "Fréchet distance" in story.table.header


def test_a_model_without_an_evaluation_is_told_as_such() -> None:
    story = told("This model was not evaluated yet.")
    assert story.verdict == "This model was not evaluated yet."
    assert (story.chart, story.table, story.cards, story.method.points) == (None, None, (), ())
    assert "Nothing can be decided" in story.decision.points[0]


@pytest.mark.parametrize(
    ("start", "captions", "words"),
    [
        ("prior", {0: "Step 0"}, "Prior samples"),
        ("data", {}, "Held-out data"),
        (GIVEN, {0: "Plain"}, "Plain"),
        (GIVEN, {}, "Step 0"),
    ],
)
def test_the_first_picture_is_called_what_it_is(start: str, captions: dict, words: str) -> None:
    settings = replace(SETTINGS, spec=SETTINGS.spec.replaced(start=start), captions=captions)
    assert words in told(report(), settings).before


def test_the_other_picture_names_its_step_and_its_kernel() -> None:
    assert told(report(), after=1).after == "one step · Calibrated chain"


def test_a_draw_that_no_chain_follows_is_told_as_such() -> None:
    drawn = replace(SETTINGS, spec=ChainSpec(count=16, steps=0, start="flow"), recorded=(0,), captions={0: "Step 0"})
    story = told(report(), drawn, after=0)
    assert story.remedy.title == "The remedy: draw where the data is"
    assert "without any chain" in story.remedy.points[0]
    assert story.after == "Step 0 · Direct draw"


def test_a_draw_beside_the_prior_it_replaces_is_told_by_who_does_what() -> None:
    found = advising(report(), 0, kernel="", start="flow")
    prior = replace(SETTINGS, spec=ChainSpec(count=16, steps=0), recorded=(0,), captions={0: "From the prior"})
    drawn = Branch(ChainSpec(count=16, steps=0, start="flow"), "Drawn")
    story = told(found, replace(prior, branches=(drawn,)), after=0, beside=0)
    assert (story.before, story.after) == ("From the prior", "Drawn")
    assert story.remedy.title == "The remedy: draw where the data is"
    assert story.remedy.points[0].startswith("The density does the work")
    assert "chain of decode and encode" in story.remedy.points[1]
    assert story.chart is not None
    *_others, level = story.chart.lines
    assert level.label == "Advised: no chain"
    assert len({share for _steps, share in level.points}) == 1


def test_pictures_of_another_way_than_the_advised_one_say_so() -> None:
    assert "another way to sample than the advised one" in told(report()).remedy.points[-1]


def test_a_path_through_the_base_space_is_told_as_such() -> None:
    path = Branch(SETTINGS.spec.replaced(steps=0), "Base space", PathSpec("base"))
    story = told(report(), replace(SETTINGS, branches=(path,)), beside=0)
    assert story.after == "Base space"
    assert story.remedy.title == "The remedy: go around the gaps"


def test_settings_name_what_fixes_the_run() -> None:
    settings = dict(told(report()).settings)
    assert settings == {"Model": f"{MODEL} (abababababab)", "Seed": "7", "Samples": "16", "Kernel": "calibrated"}
