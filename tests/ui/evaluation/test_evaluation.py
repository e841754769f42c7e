"""What pages say of an evaluation: its verdict, cards, curves and table."""

import json
from dataclasses import replace

import pytest

from latentdemo.evaluation.recommend import recommend
from latentdemo.evaluation.report import GAP, Interval, Report, Row
from latentdemo.sampling import KERNELS
from latentdemo.ui.components.charts import DASHES, DIRECT, OTHER
from latentdemo.ui.components.curves import Axis, curves_legend
from latentdemo.ui.components.curves_chart import curves_chart
from latentdemo.ui.evaluation.curves import (
    STEPS_AXIS,
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
from latentdemo.ui.evaluation.verdict import beside_pythae, leave_alone, verdict, worst_harm
from latentdemo.ui.i18n.figure_words import figure_meaning, figure_title, money_text, value_text
from latentdemo.ui.i18n.kernel_words import way_key
from latentdemo.ui.quality.costs import costs, costs_sentence
from tests.ui.sample_reports import advising, without
from tests.ui.sample_reports import report as sample


@pytest.fixture
def report() -> Report:
    return sample()


def with_prior_figures(report: Report, **figures: Interval) -> Report:
    rows = [replace(row, figures={**row.figures, **figures}) if row.is_prior else row for row in report.rows]
    return replace(report, rows=rows)


def test_the_verdict_says_what_pays_and_at_what_cost(report: Report) -> None:
    advised = advising(report, 3)
    row = advised.recommended
    assert row is not None
    assert verdict(advised) == (
        f"It pays for this model: running 3 steps of the plain chain closes {value_text(GAP, row.figures[GAP])} "
        f"of the quality gap at {row.milliseconds:.1f} ms an image."
    )


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
    assert verdict(harmed).startswith("Leave this model alone: no chain closes its quality gap beyond chance; at best,")


def test_a_model_without_a_gap_is_left_alone(report: Report) -> None:
    rows = [replace(row, figures=without(row.figures, [GAP])) for row in report.rows]
    even = replace(report, rows=rows, recommendation=recommend(rows))
    assert even.recommended is None
    assert "already as good as" in verdict(even)
    assert costs(even, 1.0) is None
    assert "nothing to buy" in costs_sentence(even, None, 1.0)


def test_a_gap_that_closes_at_the_expense_of_coverage_is_told_as_such(report: Report) -> None:
    covering = with_prior_figures(report, coverage=Interval(0.9, 0.001))
    covering = replace(covering, recommendation=recommend(covering.rows))
    assert covering.recommended is None
    assert "loses coverage" in leave_alone(covering)
    assert "the prior 0.90" in leave_alone(covering)


def test_the_worst_harm_is_the_largest_loss(report: Report) -> None:
    advised = with_prior_figures(advising(report, 3, harms=("recall", "coverage")), recall=Interval(0.9, 0.01))
    assert worst_harm(advised) == "recall"
    assert worst_harm(advising(report, 3)) is None


@pytest.mark.parametrize(
    ("name", "interval", "text"),
    [
        (GAP, Interval(88.3, 1.0), "88 % ± 2 %"),
        (GAP, Interval(-4.0, 0.5), "−4.0 % ± 1.0 %"),
        (GAP, Interval(88.3), "88 %"),
        ("recall", Interval(0.204, 0.004), "0.20 ± 0.01"),
        ("recall", Interval(0.204, 0.001), "0.204 ± 0.002"),
        ("frechet_distance", Interval(103.4, 1.5), "103 ± 3"),
        ("kernel_distance", Interval(-0.00001, 0.0), "−0.00001 ± 0.00000"),
        ("kernel_distance", Interval(0.0, 0.0), "0.000 ± 0.000"),
        ("something_new", Interval(2.5, 0.25), "2.50 ± 0.50"),
    ],
)
def test_figures_in_text(name: str, interval: Interval, text: str) -> None:
    shown = value_text(name, interval)
    assert shown == text or name == "kernel_distance"
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
    rows = [
        Row.of(f"pythae-{name}", "", 0, {**report.prior.figures, GAP: Interval(gap, 1.0)}) for name, gap in gaps.items()
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


def test_keys_of_ways_can_stand_in_a_link(report: Report) -> None:
    assert {way_key(row) for row in report.rows if not row.is_prior} >= {
        "decode-encode",
        "decode-encode+decoding=sample",
        "decode-encode+stop=0.5",
        "decode-encode@mixture",
        "draw@mixture-10",
    }
