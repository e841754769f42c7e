"""What the quality page says of origins, of copies, and of what predicts steps."""

from dataclasses import replace

import pytest

from latentdemo.evaluation.findings.origins import Origin, Origins, origins
from latentdemo.evaluation.findings.steps_needed import Correlation, StepsNeeded
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import Report
from latentdemo.ui.quality import copying
from latentdemo.ui.quality import origins as told_origins
from latentdemo.ui.quality.steps_needed import line, predicted, relation
from tests.ui.sample_reports import report as sample


@pytest.fixture
def report() -> Report:
    return sample()


def origin(report: Report, **parts: float) -> Origin:
    total = Interval.of([sum(parts.values())] * 2)
    return Origin(report.prior, total, {name: Interval.of([value, value + 1e-6]) for name, value in parts.items()})


@pytest.mark.parametrize(
    ("prior", "plain", "said"),
    [
        ({"limit": 7.0, "mismatch": 3.0}, None, "The decoder is the limit:** 70"),
        (
            {"limit": 2.0, "mismatch": 8.0},
            {"limit": 2.0, "drift": 3.0, "mismatch": 1.0},
            "The chain drifts:** after 0 plain steps, 50",
        ),
        ({"limit": 2.0, "mismatch": 8.0}, None, "The latents are the problem:** 80"),
    ],
)
def test_what_would_help_is_said(report: Report, prior: dict, plain: dict | None, said: str) -> None:
    found = Origins("damage", origin(report, **prior), origin(report, **plain) if plain else None)
    assert said in told_origins.in_words(found)


def test_parts_below_zero_are_drawn_as_nothing_and_said(report: Report) -> None:
    below = origin(report, limit=2.0, mismatch=-1.0)
    assert [part.value for part in told_origins.pieces(below)] == pytest.approx([2.0, 0.0], abs=1e-5)
    said = " ".join(told_origins.explained(report, Origins("damage", below)))
    assert "below 0" in said
    assert "was not measured" in said
    assert "by “labels and damage”" in said.replace("By", "by")


def test_the_usual_report_has_all_its_origins(report: Report) -> None:
    found = origins(report)
    assert found is not None
    assert len(told_origins.explained(report, found)) >= 2
    assert all(name in told_origins.spelled(found.plain) for name in ("limit", "drift", "Latents")) is True


@pytest.mark.parametrize(
    ("value", "said"), [(-8.0, "signs of copies"), (0.3, "as far from training"), (9.0, "farther from training")]
)
def test_a_data_copying_statistic_is_told_with_its_meaning(value: float, said: str) -> None:
    words = copying.in_words(Interval.of([value, value]), of_prior=False)
    assert said in words
    assert words.count("Samples as recommended") == 1
    assert "Prior samples" in copying.in_words(Interval.of([value, value]), of_prior=True)


def test_what_predicts_steps_is_told_plainly() -> None:
    needed = {f"own/{number}": StepsNeeded(number, number, 50.0, drift=float(number)) for number in range(8)}
    assert "the more are needed" in predicted(needed)[0]
    assert "the fewer" in relation("drift", Correlation(-0.9, 0.001, 9))
    flat = {name: replace(each, drift=None) for name, each in needed.items()}
    assert predicted(flat) == [
        "**Nothing that is known beforehand predicts the steps** beyond chance: they have to be measured."
    ]
    assert "it takes 5" in predicted(dict(list(needed.items())[:3]))[0]


def test_a_line_has_dashes_for_what_was_not_measured() -> None:
    assert list(line("avatars/vae", StepsNeeded(5, 10, 80.4)).values()) == [
        "Cartoon faces · VAE", "5", "80\N{NO-BREAK SPACE}%", "–", "–", "–"
    ]  # fmt: skip
