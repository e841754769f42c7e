"""What the quality page says of a model that is trained better than another."""

from dataclasses import replace

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Recommendation, Report
from latentdemo.models import FAMILIES
from latentdemo.ui.i18n.figure_words import value_text, with_unit
from latentdemo.ui.quality.better_training import DISTANCE, better_training
from tests.ui.sample_reports import report as sample
from tests.ui.sample_reports import with_figures

PLAIN, BETTER = "vae", "flow-vae"


def at(report: Report, prior: float, end: float, error: float = 0.05) -> Report:
    """The report with other Fréchet distances of the prior sample and of what is recommended."""
    recommended = report.recommendation.row
    rows = [
        with_figures(row, **{DISTANCE: Interval(prior if row.is_prior else end, error)})
        if row.is_prior or index == recommended
        else row
        for index, row in enumerate(report.rows)
    ]
    return replace(report, rows=rows)


def said(plain: tuple[float, float], better: tuple[float, float], strength: float = 1.0, **changes) -> list[str]:
    reports = {
        PLAIN: at(sample("own/vae"), *plain),
        BETTER: replace(at(sample("own/flow-vae", strength=strength), *better), **changes),
    }
    return better_training(reports)


def test_the_registry_names_the_pair() -> None:
    assert FAMILIES[BETTER].improves == PLAIN
    assert all(not family.improves or family.improves in FAMILIES for family in FAMILIES.values())


def test_it_is_said_how_much_better_the_prior_samples_are() -> None:
    (sentence,) = said((4.0, 2.0), (3.0, 1.9))
    assert sentence.startswith(
        f"Better training pays: prior samples of the Flow-prior VAE are at a Fréchet distance of "
        f"{value_text(DISTANCE, Interval(3.0, 0.05))} from real data, {with_unit('25', '%')} less than the "
        f"{value_text(DISTANCE, Interval(4.0, 0.05))} of the VAE."
    )


def test_worse_prior_samples_are_said_to_be_worse() -> None:
    (sentence,) = said((4.0, 2.0), (5.0, 1.9))
    assert sentence.startswith("Better training does not pay here")
    assert f"{with_unit('25', '%')} more than the" in sentence


def test_a_difference_within_chance_is_none() -> None:
    (sentence,) = said((4.0, 2.0), (3.9, 1.9))
    assert sentence.startswith("Better training gains nothing beyond chance")
    assert "%" not in sentence.split(". Correcting")[0]


def test_the_way_that_still_pays_is_named_with_its_share_of_the_gap() -> None:
    (sentence,) = said((4.0, 2.0), (3.0, 1.9))
    told = sample("own/flow-vae").told
    assert told is not None
    assert "is still worth it there: running" in sentence
    assert f"closes {value_text(GAP, told.figures[GAP])} of the quality gap that is left" in sentence


def test_what_no_longer_pays_is_said_so_and_the_prior_is_the_end() -> None:
    (sentence,) = said((4.0, 2.0), (1.5, 9.9), recommendation=Recommendation(None, 0, [], []))
    assert "Correcting the latents is no longer worth it there" in sentence
    assert "ends better: at 1.50" in sentence


@pytest.mark.parametrize(
    ("end", "words"),
    [(1.5, "the Flow-prior VAE ends better: at 1.50"), (2.5, "ends worse: at 2.50"), (2.1, "the same within chance")],
)
def test_the_ends_are_compared(end: float, words: str) -> None:
    (sentence,) = said((4.0, 2.0), (3.0, end))
    assert words in sentence
    assert sentence.endswith(f"the VAE at {value_text(DISTANCE, Interval(2.0, 0.05))}.")


@pytest.mark.parametrize("changes", [{"count": 250}, {"spaces": {"damage": {"name": "resnet18", "sha256": "00"}}}])
def test_what_cannot_be_compared_is_not(changes: dict) -> None:
    assert said((4.0, 2.0), (3.0, 1.9), **changes) == []


def test_without_both_nothing_is_said() -> None:
    assert better_training({PLAIN: sample("own/vae"), "dvae": sample("own/dvae"), "mine": sample("own/mine")}) == []
    assert better_training({BETTER: sample("own/flow-vae")}) == []
