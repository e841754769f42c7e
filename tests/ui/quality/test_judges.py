"""What the judges say, and when they are said to disagree."""

from dataclasses import replace

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.ui.quality.judges import disagreement, in_words, judges_table, ways_that_matter
from tests.ui.sample_reports import advising
from tests.ui.sample_reports import report as sample

NOISE = (-1.0, 1.0, -0.5, 0.5, 0.0, 0.0, 0.5, -0.5, 1.0, -1.0)


@pytest.fixture
def report() -> Report:
    return sample()


def row(start: str, steps: int, **gaps: float) -> Row:
    """A way that closes so much of the gap by each judge, with noise that judges and ways share."""
    made = Row.of(start, "decode-encode", steps, {}, milliseconds=1.0 + steps)
    judged = {space: {GAP: Interval.of([gap + each for each in NOISE])} for space, gap in gaps.items()}
    return replace(made, judged=judged)


def of(report: Report, *rows: Row) -> Report:
    return replace(report, rows=[row("prior", 0, damage=0.0, labels=0.0, imagenet=0.0), *rows])


def test_two_judges_disagree_that_each_prefer_their_own_favourite(report: Report) -> None:
    chain = row("prior", 5, damage=90.0, labels=20.0, imagenet=60.0)
    draw = row("flow", 0, damage=70.0, labels=80.0, imagenet=59.0)
    found = disagreement(of(report, chain, draw))
    assert found is not None
    assert (found.first, found.second) == ("damage", "labels")
    assert found.firsts is chain
    assert found.seconds is draw


def test_the_pair_that_is_furthest_apart_is_told(report: Report) -> None:
    chain = row("prior", 5, damage=90.0, labels=20.0, imagenet=30.0)
    draw = row("flow", 0, damage=70.0, labels=80.0, imagenet=80.0)
    found = disagreement(of(report, row("prior", 1, damage=1.0, labels=1.0, imagenet=90.0), chain, draw))
    assert found is not None
    assert (found.first, found.second) == ("damage", "imagenet")


@pytest.mark.parametrize(
    "draw",
    [
        {"damage": 70.0, "labels": 80.0, "imagenet": 50.0},  # all like it less than the chain
        {"damage": 89.0, "labels": 96.0, "imagenet": 60.0},  # the first hardly minds
    ],
)
def test_one_judge_that_does_not_care_is_no_disagreement(report: Report, draw: dict[str, float]) -> None:
    chain = row("prior", 5, damage=90.0, labels=90.0, imagenet=60.0)
    assert disagreement(of(report, chain, row("flow", 0, **draw))) is None


def test_chance_is_no_disagreement(report: Report) -> None:
    chain = row("prior", 5, damage=90.0, labels=20.0, imagenet=60.0)
    draw = row("flow", 0, damage=70.0, labels=80.0, imagenet=59.0)
    loud = Interval.of([-170.0, 330.0] * 5)
    judged = {**draw.judged, "labels": {GAP: loud}}
    assert disagreement(of(report, chain, replace(draw, judged=judged))) is None


def test_samplers_of_other_libraries_and_old_reports_have_no_say(report: Report) -> None:
    chain = row("prior", 5, damage=90.0, labels=20.0, imagenet=60.0)
    assert disagreement(of(report, chain, row("pythae-maf", 0, damage=70.0, labels=80.0, imagenet=59.0))) is None
    assert disagreement(replace(report, spaces={"damage": {}})) is None


def test_it_is_said_with_both_figures_of_each(report: Report) -> None:
    chain = row("prior", 5, damage=90.0, labels=20.0, imagenet=60.0)
    draw = row("flow", 0, damage=70.0, labels=80.0, imagenet=59.0)
    said = in_words(report, disagreement(of(report, chain, draw)))
    assert "“labels and damage” prefers running 5 steps of the plain chain" in said
    assert said.index("90") < said.index("70") < said.index("80") < said.index("20")


def test_each_way_that_matters_stands_once(report: Report) -> None:
    advised = advising(report, 3)
    found = ways_that_matter(advised)
    assert found[0][0].startswith("Recommended")
    assert found[0][1] is advised.recommended
    assert found[-1][1].is_prior
    assert len({id(way) for _role, way in found}) == len(found)
    drawn = advising(report, 0, kernel="", start="flow")
    assert any(role == "Recommended, best direct draw" for role, _row in ways_that_matter(drawn))


def test_of_a_model_to_leave_alone_the_prior_comes_last() -> None:
    assert [role for role, _row in ways_that_matter(sample(strength=-0.5))][-1] == "Prior"


def test_the_table_has_the_best_by_each_judge_in_bold(report: Report) -> None:
    html = judges_table(report, ways_that_matter(report))
    assert html.count("<tr>") == 1 + len(ways_that_matter(report))
    assert html.count("font-weight:600") == len(report.spaces)
    assert html.count('scope="col"') == 1 + len(report.spaces)


def test_names_from_outside_are_no_markup(report: Report) -> None:
    spaces = {"<b>own</b>": {"name": "<script>"}}
    rows = [replace(each, judged={"<b>own</b>": next(iter(each.judged.values()))}) for each in report.rows]
    html = judges_table(replace(report, spaces=spaces, rows=rows), [("<i>role</i>", rows[3])])
    assert "<script>" not in html
    assert "<i>" not in html
