import json

import pytest

from latentdemo.evaluation.card import BEGIN, END, refresh_card
from latentdemo.evaluation.recommend import recommend
from latentdemo.evaluation.report import (
    FILE,
    SCHEMA,
    EvaluationError,
    Interval,
    Report,
    Row,
    load_report,
    save_report,
)


def row(kernel: str, steps: int, gap: float, coverage: float = 0.8, recall: float = 0.3, ms: float = 1.0) -> Row:
    figures = {
        "gap_closed": Interval(gap, 1.0),
        "coverage": Interval(coverage, 0.01),
        "recall": Interval(recall, 0.01),
        "precision": Interval(0.7 + gap / 1000, 0.001),
    }
    return Row.of("prior", kernel, steps, figures, average_steps=steps, milliseconds=ms)


PRIOR = row("", 0, 0.0, ms=0.5)


def report_of(rows: list[Row]) -> Report:
    return Report(
        "own/vae", "a" * 64, "b" * 64, {"name": "space", "sha256": "c" * 64}, 100, [0, 1], "CPU", "2026-01-01", {},
        {name: {"coverage": Interval(0.9, None)} for name in ("real data", "ceiling")}, rows, recommend(rows),
    )  # fmt: skip


def test_the_cheapest_of_the_equally_good_is_recommended() -> None:
    rows = [PRIOR, row("hmc", 5, 95.0, ms=3.0), row("hmc", 3, 94.0, ms=2.0), row("hmc", 1, 80.0)]
    advice = recommend(rows)
    assert (advice.row, advice.best) == (2, 1)
    assert advice.gains == ["gap_closed", "precision"]
    assert advice.harms == []


def test_what_loses_coverage_is_not_recommended() -> None:
    advice = recommend([PRIOR, row("decode-encode", 10, 90.0, coverage=0.7), row("decode-encode", 1, 40.0)])
    assert advice.row == 2


def test_harm_is_named() -> None:
    assert recommend([PRIOR, row("hmc", 5, 90.0, recall=0.2)]).harms == ["recall"]


@pytest.mark.parametrize(
    "rows",
    [
        [PRIOR],
        [PRIOR, row("hmc", 1, 1.0)],
        [PRIOR, row("hmc", 1, -30.0)],
        [PRIOR, row("hmc", 1, 50.0, coverage=0.1)],
        [Row.of("prior", "", 0, {"coverage": Interval(0.5)}), Row.of("prior", "hmc", 1, {"coverage": Interval(0.5)})],
    ],
    ids=["nothing else", "chance", "worse", "at the cost of coverage", "no gap to close"],
)
def test_a_model_that_nothing_helps_is_left_alone(rows) -> None:
    assert recommend(rows).row is None


def test_a_report_comes_back_as_it_was_saved(tmp_path) -> None:
    report = report_of([PRIOR, row("hmc", 5, 90.0)])
    save_report(report, tmp_path)
    assert load_report(tmp_path) == report
    assert load_report(tmp_path).recommended.kernel == "hmc"
    assert load_report(tmp_path).prior.is_prior


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda values: values.update(schema=SCHEMA - 1), "version 1 of its form"),
        (lambda values: values.pop("rows"), "lacks something"),
        (lambda values: values["rows"].clear(), "lacks something"),
        (lambda values: values["rows"][0].update(colour=1), "lacks something"),
        (lambda values: values["recommendation"].update(row=99), "lacks something"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, damage, words: str) -> None:
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
