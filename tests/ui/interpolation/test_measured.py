"""What is said of paths that were measured on many pairs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import DISTANCE
from latentdemo.ui.interpolation.measured import table, verdict
from tests.ui.sample_reports import path_report


@pytest.mark.parametrize(
    ("base", "words"),
    [
        (
            5.0,
            "is nearer to real pictures than that of an arc, as judged by labels and damage; labels alone; ImageNet.",
        ),
        (12.0, "is farther from real pictures"),
        (9.0, "as far as chance lets one tell"),
    ],
)
def test_the_verdict_is_that_of_all_judges(base: float, words: str) -> None:
    assert words in verdict(path_report(base=base, arc=9.0))
    assert "Over 1000 pairs" in verdict(path_report(base=base, arc=9.0))


def test_judges_that_disagree_are_named() -> None:
    found = path_report(base=5.0, arc=9.0)
    worse = {DISTANCE: Interval.of([20.0 + 0.1 * seed for seed in found.seeds])}
    ways = [
        replace(way, judged={**way.judged, "labels": worse}) if way.spec.kind == "base" else way for way in found.ways
    ]
    said = verdict(replace(found, ways=ways))
    assert "labels and damage; ImageNet say it is, labels alone say it is not" in said


def test_without_a_map_that_is_said() -> None:
    found = path_report(base=5.0, arc=9.0)
    ways = [way for way in found.ways if way.spec.kind != "base"]
    assert verdict(replace(found, ways=ways)) == "Without a map, no path through the base space was measured."


def test_the_table_has_every_way_and_what_no_path_joins() -> None:
    rows = table(path_report(base=5.0, arc=9.0), "data")
    assert [row["Path"] for row in rows] == [
        "pictures alone", "line", "arc", "arc, plain steps: 5", "base space", "base space, mean steps: 1",
    ]  # fmt: skip
    assert rows[0]["Left of the ends"] == "–"
    assert all(row["labels alone"] for row in rows)
    assert len({tuple(row) for row in rows}) == 1  # the same columns
