"""What pages say of an evaluation: its verdict, cards, curves and table."""

import json
from dataclasses import replace

import pytest

from latentdemo.evaluation.findings.recommend import Limits, recommend
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.sampling import KERNELS
from latentdemo.typography import unparted
from latentdemo.ui.components.charts import DASHES, DIRECT, OTHER
from latentdemo.ui.components.curves import Axis, curves_legend
from latentdemo.ui.components.curves_chart import curves_chart
from latentdemo.ui.evaluation.cards import cards
from latentdemo.ui.evaluation.curves import (
    STEPS_AXIS,
    STRICTEST,
    TIME_AXIS,
    curves,
    figure_names,
    levels,
    marked_point,
    usual_ways,
    ways,
)
from latentdemo.ui.evaluation.method import how_measured
from latentdemo.ui.evaluation.table import table
from latentdemo.ui.evaluation.verdict import beside_pythae, best_chain, harms, leave_alone, verdict
from latentdemo.ui.i18n.figure_words import figure_meaning, figure_title, money_text, space_title, value_text
from latentdemo.ui.i18n.kernel_words import way_key
from latentdemo.ui.quality.costs import costs, costs_sentence
from tests.ui.sample_reports import advising, in_one_space, with_figures, with_prior_figures, without
from tests.ui.sample_reports import report as sample


@pytest.fixture
def report() -> Report:
    return sample()


def test_the_verdict_says_what_pays_and_at_what_cost(report: Report) -> None:
    advised = advising(report, 3)
    row = advised.recommended
    assert row is not None
    assert verdict(advised) == unparted(
        f"It pays for this model: running 3 steps of the plain chain closes {value_text(GAP, row.figures[GAP])} "
        f"of the quality gap at {row.milliseconds:.1f} ms an image, by the strictest of three judges (labels alone)."
    )


def test_a_single_judge_is_not_named(report: Report) -> None:
    alone = in_one_space(report)
    assert alone.recommended is not None
    assert "ms an image, but does worse in" in verdict(alone)
    assert "judge" not in verdict(alone) + " ".join(how_measured(alone))
    assert not any("judge" in note for card in cards(alone) for note in card.notes)


def test_the_figures_told_are_those_that_did_not_choose(report: Report) -> None:
    told = report.told
    assert told is not None
    assert len(told.figures[GAP].values) == len(report.seeds) // 2
    assert value_text(GAP, told.figures[GAP]) in verdict(report)
    assert cards(report)[0].value == value_text(GAP, told.figures[GAP])


def test_the_best_chain_is_named_beside_another_way(report: Report) -> None:
    drawn = advising(report, 0, kernel="", start="flow")
    row = drawn.best_decoding_chain
    assert row is not None
    assert best_chain(drawn) == unparted(
        f"The best chain of decode and encode, {row.steps} steps of the transport chain, closes "
        f"{value_text(GAP, row.figures[GAP])} at {row.milliseconds:.1f} ms."
    )
    assert best_chain(advising(report, row.steps, kernel=row.kernel)) is None


def test_the_same_sentence_says_what_gets_worse(report: Report) -> None:
    sentence = verdict(advising(report, 3, harms=("recall", "coverage")))
    assert sentence.startswith("It pays for this model, at a price")
    assert sentence.count(". ") == 0
    assert "does worse in recall (0." in sentence
    assert "; coverage (0." in sentence


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ({"steps": 1}, "running 1 step of the plain chain closes"),
        ({"steps": 0, "kernel": "", "start": "flow"}, "drawing directly from the flow closes"),
        ({"steps": 3, "start": "mixture"}, "running 3 steps of the plain chain (from the large mixture) closes"),
        (
            {"steps": 10, "stop_at": 0.5},
            "the plain chain (adaptive) for 3.4 steps on average, 10 at most, closes",
        ),
    ],
)
def test_ways_are_told_in_words(report: Report, way: dict, words: str) -> None:
    assert words in verdict(advising(report, **way))


def test_a_model_that_nothing_helps_is_left_alone() -> None:
    harmed = sample(strength=-0.5)
    assert harmed.recommended is None
    assert verdict(harmed).startswith(
        "Leave this model alone: of all ways to sample, none is better than the prior by every judge beyond chance; "
        "at best,"
    )


def test_what_one_half_chooses_and_the_other_does_not_confirm_is_told_as_such() -> None:
    harmed = sample(strength=-0.5)
    left = replace(harmed, recommendation=replace(harmed.recommendation, reason="unconfirmed"))
    assert verdict(left).startswith(
        "Leave this model alone: the two halves of the repetitions do not agree on a way to sample that pays. At best, "
    )


def test_a_model_without_a_gap_is_left_alone(report: Report) -> None:
    rows = [without(row, [GAP]) for row in report.rows]
    even = replace(report, rows=rows, recommendation=recommend(rows))
    assert even.recommended is None
    assert "already as good as" in verdict(even)
    assert costs(even, 1.0) is None
    assert "nothing to buy" in costs_sentence(even, None, 1.0)


def test_a_gap_that_closes_at_the_expense_of_coverage_is_told_as_such(report: Report) -> None:
    covering = with_prior_figures(report, coverage=Interval.of([0.9, 0.901] * 5))
    covering = replace(covering, recommendation=recommend(covering.rows))
    assert covering.recommended is None
    assert "loses coverage" in leave_alone(covering)
    assert "the prior 0.90" in leave_alone(covering)


def test_a_difference_that_nobody_sees_is_told_as_such(report: Report) -> None:
    prior = report.prior.figures["frechet_distance"]
    nearer = Interval.of([0.95 * value for value in prior.values])
    rows = [row if row.is_prior else with_figures(row, frechet_distance=nearer) for row in report.rows]
    alike = replace(report, rows=rows, recommendation=recommend(rows))
    assert alike.recommendation.reason == "nothing to gain"
    assert "nobody would see the difference. At best," in verdict(alike)
    before, after = (
        value_text("frechet_distance", each.part(alike.recommendation.told_on)) for each in (prior, nearer)
    )
    assert f"from {before} to {after}, by labels and damage." in verdict(alike)


def test_a_gap_that_closes_by_another_mix_is_told_as_such(report: Report) -> None:
    change = Interval.of([0.8, 0.81] * 5)
    rows = [
        row
        if row.is_prior
        else replace(
            with_figures(row, mix_change=change),
            mix={name: replace(each, total_variation=change) for name, each in row.mix.items()},
        )
        for row in report.rows
    ]
    mixed = replace(report, rows=rows, recommendation=recommend(rows))
    assert mixed.recommendation.reason == "mix"
    assert "what closes its quality gap shifts the mix of kind (" in verdict(mixed)


def test_a_gap_that_closes_by_copies_is_told_as_such(report: Report) -> None:
    rows = [
        row if row.is_prior else with_figures(row, memorised_share=Interval.of([0.3, 0.32] * 5)) for row in report.rows
    ]
    copied = replace(report, rows=rows, recommendation=recommend(rows))
    assert copied.recommendation.reason == "copies"
    assert "recites training images (" in verdict(copied)
    assert "but 31 of 100 samples are nearer to a training image" in verdict(copied)


def test_limits_that_nothing_keeps_to_are_told_as_such(report: Report) -> None:
    limited = replace(report, recommendation=recommend(report.rows, Limits(milliseconds=0.001)))
    assert verdict(limited) == "Nothing that was measured keeps to these limits."


def test_the_worst_harm_is_the_largest_loss_in_its_feature_space(report: Report) -> None:
    harmed = with_prior_figures(advising(report, 3, harms=("recall", "coverage")), recall=Interval.of([0.9, 0.91] * 5))
    assert [harm.name for harm in harms(harmed)] == ["recall", "coverage"]
    assert harms(advising(report, 3)) == []
    (prior,) = [row for row in harmed.rows if row.is_prior]
    prior.judged["labels"]["recall"] = Interval.of([1.9, 1.91] * 5)
    assert harms(harmed)[0][:2] == ("recall", "labels")
    card = cards(harmed)[3]
    assert card.label == "Worse: recall"
    assert card.notes[0].startswith("Prior 1.9")
    assert card.notes[0].endswith(", by labels alone")
    assert card.notes[1] == "Worse, too: coverage"


def test_the_gap_card_names_the_strictest_judge_and_the_others(report: Report) -> None:
    row = report.told
    assert row is not None
    damage, imagenet = (f"{row.judged[space][GAP].mean:.0f}\u00a0%" for space in ("damage", "imagenet"))
    assert cards(report)[0].notes[-1] == (
        f"Strictest judge: labels alone. The others: labels and damage {damage}, ImageNet {imagenet}."
    )


def test_a_direct_draw_takes_no_steps(report: Report) -> None:
    steps = cards(advising(report, 0, kernel="", start="flow"))[1]
    assert steps.value == "0"
    assert steps.notes == ["Drawn directly from the flow, no chain"]


def test_feature_spaces_have_titles() -> None:
    assert space_title("imagenet") == "ImageNet"
    assert space_title("mine", {"mine": {"name": "resnet18"}}) == "resnet18"
    assert space_title("mine") == "mine"


@pytest.mark.parametrize(
    ("name", "interval", "text"),
    [
        (GAP, Interval(88.3, 1.0), "88 % ± 2 %"),
        (GAP, Interval(-4.0, 0.5), "−4.0 % ± 1.0 %"),
        (GAP, Interval.of([87.0, 88.0]), "88 % ± 6 %"),
        (GAP, Interval(88.3), "88 %"),
        ("recall", Interval(0.204, 0.004), "0.20 ± 0.01"),
        ("recall", Interval(0.204, 0.001), "0.204 ± 0.002"),
        ("frechet_distance", Interval(103.4, 1.5), "103 ± 3"),
        ("kernel_distance", Interval(-0.00001, 0.0), "−0.00001 ± 0.00000"),
        ("kernel_distance", Interval(0.0, 0.0), "0.000 ± 0.000"),
        ("something_new", Interval(2.5, 0.25), "2.50 ± 0.49"),
        ("mix_change", Interval(0.123, 0.01), "0.12 ± 0.02"),
        ("copying", Interval(-4.25, 0.5), "−4.2 ± 1.0"),
    ],
)
def test_figures_in_text(name: str, interval: Interval, text: str) -> None:
    shown = value_text(name, interval)
    assert shown == text.replace(" ", "\u00a0") or name == "kernel_distance"
    assert "-" not in shown


def test_every_figure_has_a_name_and_a_meaning(report: Report) -> None:
    for name in figure_names(report):
        assert "_" not in figure_title(name)
        assert figure_meaning(name)


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (12.3, "12.30"), (0.00086, "0.00086"), (-0.5, "−0.50"), (1e-30, "0.000000000000")]
)
def test_small_amounts_keep_their_digits(amount: float, text: str) -> None:
    assert money_text(amount) == text


def test_curves_begin_where_their_chains_begin(report: Report) -> None:
    shown = list(ways(report))
    by_label = {curve.label: curve for curve in curves(report, shown, "coverage", STEPS_AXIS)}
    assert [point.x for point in by_label["Plain chain"].points] == [0, 1, 2, 3, 5, 10, 20]
    assert by_label["Plain chain"].points[0].y == report.prior.figures["coverage"].mean
    mixed = by_label["Plain chain (from the large mixture)"]
    assert [point.x for point in mixed.points] == [0, 1, 3]
    drawn = next(row for row in report.rows if row.start == "mixture" and not row.steps)
    assert mixed.points[0].y == drawn.figures["coverage"].mean
    assert len(by_label["Direct draw: flow"].points) == 1
    adaptive = by_label["Plain chain (adaptive)"]
    assert max(point.x for point in adaptive.points) < 5
    assert len(shown) == len(by_label) == 12
    by_time = curves(report, ["decode-encode"], "coverage", TIME_AXIS)[0].points
    assert [point.x for point in by_time] == sorted(point.x for point in by_time)


def test_only_chosen_ways_with_the_figure_are_drawn(report: Report) -> None:
    assert [each.kernel for each in curves(report, ["hmc"], "coverage", STEPS_AXIS)] == ["hmc"]
    assert curves(report, ["decode-encode"], "acceptance", STEPS_AXIS) == []
    assert curves(report, ["draw@flow"], "image_kept", STEPS_AXIS) == []


def test_the_usual_ways_are_the_plain_kernels_and_the_recommended(report: Report) -> None:
    plain = ["decode-encode", "transport", "hmc", "langevin", "metropolis-within-gibbs"]
    assert [key for key in usual_ways(report) if key in plain] == plain
    advised = advising(report, 0, kernel="", start="flow")
    assert "draw@flow" in usual_ways(advised)


def test_levels_of_the_gap_are_by_definition(report: Report) -> None:
    assert [(level.kind, level.value) for level in levels(report, GAP)] == [("prior", 0.0), ("ceiling", 100.0)]
    assert [level.kind for level in levels(report, "coverage")] == ["prior", "ceiling", "real"]
    assert [level.kind for level in levels(report, "image_kept")] == ["prior"]


def test_curves_of_a_judge_are_in_its_feature_space(report: Report) -> None:
    row = next(row for row in report.rows if row.is_plain and row.steps == 5)
    found = {
        judge: next(
            point for point in curves(report, ["decode-encode"], GAP, STEPS_AXIS, judge)[0].points if point.x == 5
        )
        for judge in (STRICTEST, *report.spaces)
    }
    assert {judge: point.y for judge, point in found.items()} == {
        STRICTEST: row.judged["labels"][GAP].mean,
        **{space: each[GAP].mean for space, each in row.judged.items()},
    }
    assert found["imagenet"].high - found["imagenet"].low == pytest.approx(2 * row.judged["imagenet"][GAP].half_width)
    assert curves(report, ["decode-encode"], "image_kept", STEPS_AXIS, "imagenet")


@pytest.mark.parametrize("axis", [STEPS_AXIS, TIME_AXIS])
@pytest.mark.slow
def test_every_figure_can_be_drawn(report: Report, axis: str) -> None:
    shown = list(ways(report))
    for name in figure_names(report):
        drawn = curves(report, shown, name, axis)
        kind = "sqrt" if axis == STEPS_AXIS else "log"
        marked = marked_point(report, name, axis)
        chart = curves_chart(drawn, levels(report, name), Axis("x", kind), name, marked, "it's")
        assert json.dumps(chart.to_dict())
        assert curves_legend(drawn).count("<img") == len(drawn)


def test_kernels_differ_without_colour() -> None:
    styles = [*(spec.style for spec in KERNELS.values()), DIRECT, OTHER]
    assert len({style.shape for style in styles}) == len({style.colour for style in styles}) == len(styles)
    assert len({tuple(dash) for dash in DASHES.values()}) == len(DASHES)


def test_the_table_has_all_models_and_marks_the_advised_row(report: Report) -> None:
    other = sample("fashion-mnist/aae", strength=0.0)
    reports = [("DVAE", report), ("AAE", other)]
    lines = table(reports, everything=True)
    assert [line["Model"] for line in lines[:3]] == ["DVAE"] * 3
    assert lines[-1]["Model"] == "AAE"
    assert sum(line["Advised"] == "✓" for line in lines) == 1
    assert len(lines) == 2 * (2 + len(report.rows))
    assert len({tuple(line) for line in lines}) == 1
    short = table(reports, everything=False)
    assert [line["Way to sample"] for line in short if line["Model"] == "AAE"] == [
        "Real data (floor)",
        "Decoder's best (ceiling)",
        "Prior sample",
        "Direct draw: flow",
        "Direct draw: large mixture",
        "Direct draw: mixture of 10",
    ]


def with_pythae(report: Report, **gaps: float) -> Report:
    """The report with samplers of pythae that close so much of the gap, each with an error of 1."""
    prior = report.prior
    rows = [
        Row.of(f"pythae-{name}", "", 0, with_figures(prior, **{GAP: Interval(gap, 1.0)})) for name, gap in gaps.items()
    ]
    return replace(report, rows=[*report.rows, *rows], samplers={"pythae": "0.1.2", "epochs": {"pythae-maf": 20}})


@pytest.mark.parametrize(("more", "words"), [(-9.0, "better beyond chance"), (0.5, "as good within"), (9.0, "worse")])
def test_the_best_sampler_of_pythae_stands_beside_what_is_advised(report: Report, more: float, words: str) -> None:
    assert beside_pythae(report) is None
    ours = report.recommended.figures[GAP].mean
    sentence = beside_pythae(with_pythae(report, mixture=-80.0, maf=ours + more))
    assert words in sentence
    assert "masked autoregressive flow (pythae)" in sentence
    assert f"{ours + more:.0f}" in sentence


def test_samplers_of_pythae_are_baselines_in_the_short_table_and_named_with_their_settings(report: Report) -> None:
    compared = with_pythae(report, maf=50.0)
    lines = table([("Model", compared)], everything=False)
    assert "Direct draw: masked autoregressive flow (pythae)" in [line["Way to sample"] for line in lines]
    assert "masked autoregressive flow (pythae) 20" in " ".join(how_measured(compared))
    assert "pythae" not in " ".join(how_measured(report))


def test_what_was_compared_with_what_is_told(report: Report) -> None:
    assert "1000 images a side" in " ".join(how_measured(report))
    many = " ".join(how_measured(replace(report, samples=100_000)))
    assert "100,000 samples of each way against 1,000 held-out images" in many
    assert "nearest neighbours is taken of 1,000 of the samples" in many


def test_keys_of_ways_can_stand_in_a_link(report: Report) -> None:
    assert {way_key(row) for row in report.rows if not row.is_prior} >= {
        "decode-encode",
        "decode-encode+decoding=sample",
        "decode-encode+stop=0.5",
        "decode-encode@mixture",
        "draw@mixture-10",
    }
