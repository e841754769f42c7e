"""The command that measures moves along attributes: what it asks for, prints and refuses."""

from __future__ import annotations

import json

import pytest

from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report.attributes import AttributeReport, MovedRow, Value
from tests.cli.command import run

MODEL = "fashion-mnist/vae"


def moved(amount: float, own: dict[str, Interval]) -> MovedRow:
    distances = {
        "before_distance": Interval.of([10.0, 12.0]),
        "distance": Interval.of([13.0, 15.5]),
        "before_distance_of_value": Interval.of([40.0, 44.0]),
        "distance_of_value": Interval.of([20.0, 26.0]),
    }
    shown = {"before_shown": Interval.of([0.1, 0.1]), "shown": Interval.of([0.6, 0.7])}
    return MovedRow(shown | own, {"labels": distances}, value=Value("hat", "TALL"), space="base", amount=amount)


@pytest.fixture
def asked(monkeypatch) -> list[dict]:
    """What the measuring was asked for; it is not done."""
    found: list[dict] = []

    def stand_in(model, **settings):
        found.append({"model": model} | settings)
        rows = [moved(1.0, {"others_kept": Interval.of([0.9, 0.95])}), moved(-2.0, {})]
        return AttributeReport("ab", "cd", 40, [0, 1], 0.0, "CPU", "2026-01-01", {"labels": "ef"}, rows)

    monkeypatch.setattr("latentdemo.evaluation.attributes.measure_attributes", stand_in)
    return found


def test_it_prints_what_moves_change(asked, capsys) -> None:
    settings = ("--attribute", "hat", "--attribute", "coat", "--pictures", "40", "--repeats", "2", "--device", "cpu")
    assert run("attributes", MODEL, *settings) == 0
    assert asked[0]["model"] == MODEL
    assert list(asked[0]["attributes"]) == ["hat", "coat"]
    assert (asked[0]["pictures"], list(asked[0]["seeds"])) == (40, [0, 1])
    printed = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "hat TALL" in line]
    assert [line[:3] for line in lines] == [["hat TALL", "base", "+1"], ["hat TALL", "base", "-2"]]
    assert lines[0][3].startswith("0.10 to 0.65 ± ")
    assert [line[4] for line in lines] == ["92", ""]
    assert lines[0][5].startswith("+3.2 ± ")
    assert lines[0][6].startswith("-19.0 ± ")
    assert printed.count("on average") == 2


def test_without_an_attribute_the_clearest_of_all_are_measured(asked) -> None:
    assert run("attributes", MODEL, "--device", "cpu") == 0
    assert not asked[0]["attributes"]


def test_it_can_be_read_by_machines(asked, capsys) -> None:
    assert run("attributes", MODEL, "--device", "cpu", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"][0]["attribute"] == "hat"
    assert told["rows"][0]["figures"]["shown"] == [0.6, 0.7]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((MODEL, "--attribute", "hat"), "no direction of attribute 'hat'; known are class"),
        ((MODEL, "--pictures", "3"), "take at least one of each, 20 pictures"),
        ((MODEL, "--repeats", "0"), "0 repetitions of 100 pictures"),
        (("avatars/none",), "avatars/none"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_said(arguments, words, capsys) -> None:
    assert run("attributes", *arguments, "--device", "cpu") == 1
    error = " ".join(capsys.readouterr().err.split())
    assert words in error
    assert "Traceback" not in error
