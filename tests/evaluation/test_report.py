import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.evaluation.card import BEGIN, END, refresh_card
from latentdemo.evaluation.findings.recommend import Limits, differences, is_as_good, recommend
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import (
    FILE,
    GAP,
    OLDER,
    SCHEMA,
    EvaluationError,
    Measured,
    Mix,
    Report,
    Row,
    load_report,
    save_report,
)
from tests.ui.sample_reports import path_report

NOISE = (-1.0, 0.6, 0.4, -0.7, 1.0, -0.3, 0.2, -0.4, 0.9, -0.7)
"""Of ten repetitions, in standard deviations."""


def around(mean: float, spread: float) -> Interval:
    return Interval.of([mean + spread * noise for noise in NOISE])


def row(
    kernel: str,
    steps: int,
    gap: float | tuple[float, float],
    coverage: float = 0.8,
    recall: float = 0.3,
    ms: float = 1.0,
    start: str = "prior",
    **own: Interval,
) -> Row:
    """A way whose gap closed is the same by two judges, or another by each."""
    gaps = gap if isinstance(gap, tuple) else (gap, gap)
    judged = {
        space: {
            GAP: around(each, 1.0),
            "frechet_distance": around(50.0 - 0.4 * each, 0.5),
            "coverage": around(coverage, 0.005),
            "recall": around(recall, 0.005),
            "precision": around(0.7 + each / 1000, 0.001),
        }
        for space, each in zip(("damage", "labels"), gaps, strict=True)
    }
    return Row.of(start, kernel, steps, Measured(own, judged), average_steps=steps, milliseconds=ms)


PRIOR = row("", 0, 0.0, ms=0.5)


def shifted(change: float) -> Mix:
    """An attribute of two classes whose mix is shifted."""
    return Mix(around(change, 0.01), (around(0.5 + change, 0.01), around(0.5 - change, 0.01)))


def report_of(rows: list[Row]) -> Report:
    spaces = {name: {"name": name, "sha256": letter * 64} for name, letter in (("damage", "c"), ("labels", "d"))}
    reference = Measured({}, {space: {"coverage": around(0.9, 0.01)} for space in spaces})
    return Report(
        "own/vae", "a" * 64, "b" * 64, spaces, 100, list(range(10)), 0.0, "CPU", "2026-01-01", {},
        {"real data": reference, "ceiling": reference}, rows, recommend(rows),
    )  # fmt: skip


def test_the_cheapest_of_the_equally_good_is_recommended() -> None:
    rows = [PRIOR, row("hmc", 5, 95.0, ms=3.0), row("hmc", 3, 94.0, ms=2.0), row("hmc", 1, 80.0)]
    advice = recommend(rows)
    assert (advice.row, advice.best, advice.reason) == (2, 1, "pays")
    assert advice.gains == [GAP, "frechet_distance", "precision"]
    assert advice.harms == []


def test_draws_that_no_chain_follows_compete() -> None:
    rows = [PRIOR, row("hmc", 3, 94.0, ms=2.0), row("", 0, 97.0, ms=0.7, start="mixture")]
    assert recommend(rows).row == 2
    assert recommend(rows, Limits(chains_only=True)).row == 1
    assert recommend(rows, Limits(chains_only=True, milliseconds=1.0)).row is None


def test_a_start_that_must_survive_rules_out_what_forgets_it() -> None:
    rows = [PRIOR, row("hmc", 3, 94.0), row("transport", 3, 80.0, image_kept=around(0.6, 0.01))]
    assert recommend(rows).row == 1
    assert recommend(rows, Limits(start_kept=0.5)).row == 2


def test_the_strictest_judge_decides() -> None:
    rows = [PRIOR, row("decode-encode", 10, (84.0, 26.0)), row("", 0, (54.0, 48.0), start="mixture")]
    assert rows[1].gap.space == "labels"
    assert rows[1].figures[GAP].mean == pytest.approx(26.0)
    assert recommend(rows).row == 2
    harmful = [PRIOR, row("decode-encode", 10, (63.0, -26.0))]
    assert recommend(harmful).reason == "chance"


def test_a_gap_that_nobody_sees_is_nothing_to_gain() -> None:
    def slight(each: Row) -> Row:
        judged = {
            space: dict(figures) | {"frechet_distance": around(4.6 - 0.002 * figures[GAP].mean, 0.01)}
            for space, figures in each.judged.items()
        }
        return replace(each, judged=judged)

    advice = recommend([slight(PRIOR), slight(row("hmc", 1, 90.0))])
    assert (advice.row, advice.best, advice.reason) == (None, 1, "nothing to gain")


def test_samplers_of_other_libraries_are_only_compared_with() -> None:
    assert recommend([PRIOR, row("", 0, 99.0, start="pythae-maf"), row("hmc", 1, 90.0)]).row == 2


def test_what_loses_coverage_is_not_recommended() -> None:
    advice = recommend([PRIOR, row("decode-encode", 10, 90.0, coverage=0.7), row("decode-encode", 1, 40.0)])
    assert advice.row == 2


def test_a_density_above_that_of_real_data_is_no_better() -> None:
    crowded, less = ({space: dict(figures) | {"density": around(value, 0.01)} for space, figures in each.judged.items()}
                     for each, value in ((PRIOR, 1.6), (row("hmc", 5, 90.0), 1.4)))  # fmt: skip
    advice = recommend([replace(PRIOR, judged=crowded), replace(row("hmc", 5, 90.0), judged=less)])
    assert "density" not in (*advice.gains, *advice.harms)


def test_harm_is_named() -> None:
    assert recommend([PRIOR, row("hmc", 5, 90.0, recall=0.2)]).harms == ["recall"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([PRIOR], "no gap"),
        ([PRIOR, row("hmc", 1, 0.0)], "chance"),
        ([PRIOR, row("hmc", 1, -30.0)], "chance"),
        ([PRIOR, row("hmc", 1, 50.0, coverage=0.1)], "coverage"),
        ([PRIOR, row("hmc", 1, 50.0, memorised_share=around(0.3, 0.01))], "copies"),
        (
            [replace(PRIOR, mix={"hair": shifted(0.1)}), replace(row("hmc", 1, 50.0), mix={"hair": shifted(0.3)})],
            "mix",
        ),
        ([Row.of("prior", "", 0, {"coverage": Interval(0.5)}), Row.of("prior", "hmc", 1, {"coverage": Interval(0.5)})],
         "no gap"),
    ],
    ids=["nothing else", "chance", "worse", "at the cost of coverage", "copies", "mix", "no gap to close"],
)  # fmt: skip
def test_a_model_that_nothing_helps_is_left_alone(rows: list[Row], reason: str) -> None:
    advice = recommend(rows)
    assert (advice.row, advice.reason) == (None, reason)


def test_a_mix_that_the_decoder_shifts_is_not_held_against_a_sampler() -> None:
    rows = [replace(PRIOR, mix={"nose": shifted(0.1)}), replace(row("hmc", 1, 50.0), mix={"nose": shifted(0.3)})]
    assert recommend(rows, ceiling=Measured({}, {}, {"nose": shifted(0.28)})).row == 1
    assert recommend(rows, ceiling=Measured({}, {}, {"nose": shifted(-0.3)})).reason == "mix"
    assert recommend(rows, ceiling=Measured({}, {}, {"hair": shifted(0.3)})).reason == "mix"


def test_a_mix_that_the_decoder_shifts_and_coverage_within_the_margin_are_no_harms() -> None:
    prior = replace(PRIOR, own={"mix_change": around(0.1, 0.001)}, mix={"nose": shifted(0.1)})
    way = replace(
        row("hmc", 1, 50.0, coverage=0.79), own={"mix_change": around(0.3, 0.001)}, mix={"nose": shifted(0.3)}
    )
    assert differences(prior, way)[1] == ["mix_change"]
    assert differences(prior, way, Measured({}, {}, {"nose": shifted(0.28)}))[1] == []
    assert "coverage" in differences(prior, row("hmc", 1, 50.0, coverage=0.7))[1]


def test_one_repetition_supports_no_advice() -> None:
    assert recommend([each.part([0]) for each in (PRIOR, row("hmc", 1, 90.0))]).row is None


def test_figures_are_told_of_repetitions_that_did_not_choose() -> None:
    lucky = row("hmc", 5, 90.0)
    odd = {space: dict(figures) | {GAP: Interval.of([0.0 if index % 2 else 97.0 for index in range(10)])}
           for space, figures in lucky.judged.items()}  # fmt: skip
    report = report_of([PRIOR, replace(lucky, judged=odd), row("hmc", 3, 80.0)])
    assert (report.recommendation.row, report.recommendation.told_on) == (2, (0, 2, 4, 6, 8))
    assert report.told.gap.figure == report.rows[2].gap.figure.part((0, 2, 4, 6, 8))


def test_what_both_halves_choose_is_told_of_all_repetitions() -> None:
    report = report_of([PRIOR, row("hmc", 5, 90.0), row("hmc", 3, 80.0)])
    assert (report.recommendation.row, report.recommendation.told_on) == (1, ())
    assert report.told == report.rows[1]


def test_of_two_choices_the_cheaper_counts_if_it_is_as_good() -> None:
    def moved(each: Row, up: float) -> Row:
        judged = {
            space: dict(figures)
            | {
                GAP: Interval.of(
                    [value + (-up if index % 2 else up) for index, value in enumerate(figures[GAP].values)]
                )
            }
            for space, figures in each.judged.items()
        }
        return replace(each, judged=judged)

    cheap, dear = moved(row("hmc", 1, 90.0, ms=1.0), -1.5), moved(row("hmc", 5, 90.2, ms=3.0), 1.5)
    advice = recommend([PRIOR, cheap, dear])
    assert advice.row is not None
    assert advice.row == (1 if is_as_good(cheap, dear) else 2)


def test_a_report_comes_back_as_it_was_saved(tmp_path) -> None:
    mix = {"hair": Mix(around(0.1, 0.01), (around(0.4, 0.1), around(0.6, 0.1)))}
    report = report_of([PRIOR, replace(row("hmc", 5, 90.0), mix=mix)])
    save_report(report, tmp_path)
    assert load_report(tmp_path) == report
    assert load_report(tmp_path).recommended.kernel == "hmc"
    assert load_report(tmp_path).prior.is_prior


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda values: values.update(schema=OLDER - 1), "version 1 of its form"),
        (lambda values: values.update(schema=OLDER), "lacks something"),
        (lambda values: values["rows"][0]["judged"]["damage"].update(recall=[]), "lacks something"),
        (lambda values: values["rows"][0]["judged"]["damage"].update(recall=["much"]), "lacks something"),
        (lambda values: values.pop("rows"), "lacks something"),
        (lambda values: values["rows"].clear(), "lacks something"),
        (lambda values: values["rows"][0].update(colour=1), "lacks something"),
        (lambda values: values["recommendation"].update(row=99), "lacks something"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, damage: Callable[[dict], None], words: str) -> None:
    save_report(report_of([PRIOR, row("hmc", 5, 90.0)]), tmp_path)
    values = json.loads((tmp_path / FILE).read_text())
    damage(values)
    (tmp_path / FILE).write_text(json.dumps(values))
    with pytest.raises(EvaluationError, match=words) as raised:
        load_report(tmp_path)
    assert "python -m latentdemo evaluate" in str(raised.value)


def test_a_missing_or_broken_file_is_named(tmp_path) -> None:
    with pytest.raises(EvaluationError, match="is missing"):
        load_report(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(EvaluationError, match="is not JSON"):
        load_report(tmp_path)


def test_the_cards_table_is_replaced_and_the_rest_stays(tmp_path) -> None:
    card = tmp_path / "README.md"
    card.write_text("# Model\n\nAbout it.\n\n## Training\n\nLong.\n")
    refresh_card(report_of([PRIOR, row("hmc", 5, 90.0)]), tmp_path)
    refresh_card(report_of([PRIOR, row("langevin", 5, 70.0)]), tmp_path)
    text = card.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    assert "langevin" in text
    assert "hmc" not in text
    assert text.index("About it.") < text.index(BEGIN) < text.index("## Training") < text.index("Long.")


def test_an_older_file_is_read_and_not_written_again(tmp_path) -> None:
    found = [load_report(path.parent) for path in sorted(checkpoints_dir().glob("*/*/evaluation.json"))]
    for older in (each for each in found if each.schema == OLDER):
        assert list(older.spaces) == ["damage"]
        assert older.prior.figures[GAP].mean == 0.0
        assert older.recommended is None or older.told.gap.figure.half_width > 0
        with pytest.raises(EvaluationError, match="older form"):
            save_report(older, tmp_path)
    assert max(each.schema for each in found) == SCHEMA


def test_what_was_measured_of_paths_comes_back_from_the_file(tmp_path) -> None:
    report = replace(report_of([PRIOR]), paths=path_report(base=5.0, arc=9.0))
    save_report(report, tmp_path)
    assert load_report(tmp_path) == report
    save_report(replace(report, paths=None), tmp_path)
    assert load_report(tmp_path).paths is None
