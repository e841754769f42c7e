"""How moves along the directions of attributes fare: figures of a shipped model on few pictures, and refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from torch import nn

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.errors import Cancelled, SamplingError
from latentdemo.evaluation.attributes import check_known, chosen_values, measure_attributes, renamed
from latentdemo.evaluation.features.labels import LabelSpace, load_labels
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.report import EvaluationError
from latentdemo.evaluation.report.attributes import (
    BASE,
    BEFORE,
    LATENT,
    OF_ALL,
    OF_VALUE,
    OTHERS_KEPT,
    SHOWN,
    AttributeReport,
    MovedRow,
    Value,
)
from latentdemo.sampling.attributes import attributes_of, directions_of

NAME = "fashion-mnist/vae"
SPACES = {"small": FeatureSpace(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), "16 means of pixels")}


def measured(**settings) -> AttributeReport:
    asked = {"pictures": 40, "seeds": (0, 1), "amounts": (0.0, 2.0), "spaces": SPACES, "device": "cpu"}
    return measure_attributes(NAME, **asked | settings)


@pytest.fixture(scope="module")
def found() -> AttributeReport:
    return measured()


def row(report: AttributeReport, name: str, space: str, amount: float) -> MovedRow:
    (found,) = (each for each in report.rows if (each.value.name, each.space, each.amount) == (name, space, amount))
    return found


def test_every_value_is_moved_both_ways_by_every_amount(found: AttributeReport) -> None:
    names = attributes_of(checkpoints_dir() / "fashion-mnist")["class"]
    assert {(each.value.name, each.space, each.amount) for each in found.rows} == {
        (name, space, amount) for name in names for space in (BASE, LATENT) for amount in (0.0, 2.0)
    }
    assert (found.pictures, found.seeds, found.overlap) == (40, [0, 1], 0.0)
    assert all(len(each.own[SHOWN].values) == 2 for each in found.rows)


def test_a_move_by_nothing_changes_no_figure(found: AttributeReport) -> None:
    for each in (each for each in found.rows if each.amount == 0.0):
        assert each.change(SHOWN).values == (0.0, 0.0)
        assert each.change(OF_ALL, "small").values == (0.0, 0.0)


def test_pictures_follow_and_come_near_to_those_that_show_it(found: AttributeReport) -> None:
    for name in ("Trouser", "Bag", "Ankle boot"):
        gone = row(found, name, BASE, 2.0)
        assert gone.change(SHOWN).mean > 0.25
        assert gone.change(OF_VALUE, "small").mean < 0.0 < gone.change(OF_ALL, "small").mean
        assert row(found, name, LATENT, 2.0).own[BEFORE + SHOWN].mean == gone.own[BEFORE + SHOWN].mean


def test_averages_are_taken_over_values_in_each_repetition(found: AttributeReport) -> None:
    assert [(each.space, each.amount) for each in found.averages] == [
        (space, amount) for space in (BASE, LATENT) for amount in (0.0, 2.0)
    ]
    gone = [each for each in found.rows if (each.space, each.amount) == (BASE, 2.0)]
    whole = next(each for each in found.averages if (each.space, each.amount) == (BASE, 2.0))
    for seed in (0, 1):
        of_seed = [each.judged["small"][OF_VALUE].values[seed] for each in gone]
        assert whole.judged["small"][OF_VALUE].values[seed] == pytest.approx(sum(of_seed) / len(of_seed))
    assert whole.change(SHOWN).mean == pytest.approx(sum(each.change(SHOWN).mean for each in gone) / len(gone))


def test_with_one_attribute_nothing_else_can_change(found: AttributeReport) -> None:
    assert all(OTHERS_KEPT not in each.own for each in found.rows)


@pytest.mark.slow
def test_of_faces_other_attributes_mostly_stay() -> None:
    spaces = {"small": FeatureSpace(nn.Sequential(nn.AvgPool2d(16), nn.Flatten()), "48 means of pixels")}
    report = measure_attributes(
        "avatars/vae", attributes=["mouth"], pictures=40, seeds=(0,), amounts=(2.0,), spaces=spaces, device="cpu"
    )
    smile = row(report, "BIG_SMILE", BASE, 2.0)
    assert smile.change(SHOWN).mean > 0.5
    assert 0.8 < smile.own[OTHERS_KEPT].mean < 1.0


def test_the_file_holds_plain_values(found: AttributeReport) -> None:
    written = found.values()
    first = written["rows"][0]
    assert (first["attribute"], first["space"], first["amount"]) == ("class", "base", 0.0)
    assert set(first["figures"]) == {SHOWN, BEFORE + SHOWN}
    assert set(first["judged"]["small"]) == {OF_ALL, OF_VALUE, BEFORE + OF_ALL, BEFORE + OF_VALUE}


def test_figures_before_the_move_keep_their_feature_space() -> None:
    assert renamed({"shown": 1.0, "small:distance": 2.0}) == {"before_shown": 1.0, "small:before_distance": 2.0}


def test_of_many_attributes_the_clearest_values_are_taken() -> None:
    from latentdemo import load_model  # noqa: PLC0415

    directions = directions_of(load_model("avatars/vae", "cpu"))
    chosen = chosen_values(directions, ())
    assert {value.attribute for value in chosen} == set(directions.known)
    assert len(chosen) == len(directions.known)
    best = max(directions.known["mouth"].items(), key=lambda each: each[1].separation)[0]
    assert Value("mouth", best) in chosen
    assert len(chosen_values(directions, ["mouth", "nose"])) == 8


@pytest.mark.parametrize("asked", [{"pictures": 19}, {"seeds": ()}, {"amounts": ()}, {"spaces": {}}], ids=str)
def test_too_little_to_measure_is_named(asked: dict) -> None:
    with pytest.raises(EvaluationError, match="take at least one of each, 20 pictures"):
        measured(**asked)


def test_an_unknown_attribute_is_named() -> None:
    with pytest.raises(SamplingError, match="no direction of attribute 'hat'; known are class"):
        measured(attributes=["hat"])


def test_a_classifier_of_other_labels_is_named() -> None:
    judge = load_labels("fashion-mnist", "cpu")
    check_known(judge, [Value("class", "Bag")])
    other = LabelSpace(judge.classifier, replace(judge.config, label_names={"class": ["Hat"]}))
    for value in (Value("class", "Bag"), Value("hair", "BOB")):
        with pytest.raises(EvaluationError, match=f"does not know {value.attribute} '{value.name}': make it anew"):
            check_known(other, [value])


def test_progress_is_told_and_work_can_be_cancelled() -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        measured(progress=lambda *done: told.append(done), cancelled=lambda: len(told) == 2)
    assert told == [(1, 20), (2, 20)]
