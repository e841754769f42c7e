import json

import pytest

from latentdemo.cli.recommend import seconds_of
from latentdemo.evaluation import race
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.race import FirstAnswer
from latentdemo.evaluation.report import GAP, Measured, Row
from tests.cli.command import run


def way(steps: int, gap: float) -> Row:
    judged = {space: {GAP: Interval.of([gap, gap + 2.0])} for space in ("damage", "labels")}
    return Row.of("prior", "hmc", steps, Measured({}, judged), milliseconds=0.5)


@pytest.fixture
def answers(monkeypatch) -> list[FirstAnswer]:
    found = [FirstAnswer(way(3, 90.0), way(3, 80.0), "pays", [way(3, 90.0), way(5, 89.0)], 7, 4, 58.0)]
    monkeypatch.setattr(race, "race_model", lambda *_, **__: iter(found))
    return found


def test_the_answer_names_the_way_its_figures_and_who_is_left(capsys, answers) -> None:
    assert run("recommend", "fashion-mnist/vae", "--budget", "60s") == 0
    printed = capsys.readouterr().out
    assert "prior, then hmc, 3 steps" in printed
    assert "labels: 81 % ± 13 %" in printed
    assert "of images that did not choose it" in printed
    assert "Not yet told from it: prior, then hmc, 5 steps." in printed
    assert "4 rounds in 58 s, 7 ways dropped out, 2 are left" in printed


def test_the_answer_as_json(capsys, answers) -> None:
    assert run("recommend", "fashion-mnist/vae", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["recommended"]["steps"] == 3
    assert values["gap_closed_of_fresh_images"]["labels"]["mean"] == 81.0
    assert (values["out"], len(values["left"])) == (7, 2)


def test_a_model_that_is_best_left_alone_is_said_to_be(capsys, answers) -> None:
    answers[0] = FirstAnswer(None, None, "coverage", [way(3, 90.0)], 7, 4, 58.0)
    assert run("recommend", "fashion-mnist/vae") == 0
    assert "leave it alone; what closes the quality gap loses coverage." in capsys.readouterr().out


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60.0), ("5m", 300.0), ("90", 90.0), ("0.5h", 1800.0)])
def test_a_budget_is_a_time(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("budget", ["0", "-5s", "soon", "5 weeks", "1e9", "48h", ""])
def test_a_silly_budget_is_refused(capsys, budget: str) -> None:
    assert run("recommend", "fashion-mnist/vae", "--budget", budget) == 2
    assert "such as 60s" in capsys.readouterr().err
