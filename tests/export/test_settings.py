"""run.json: what is written is read again, and what cannot be used is said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from latentdemo.errors import RunFileError
from latentdemo.export import GIVEN, Branch, Layout, read_settings, write_settings
from latentdemo.sampling.paths import PathSpec
from tests.export.runs import SETTINGS

VALUES = json.loads(write_settings(SETTINGS))
BRANCH = {"kernel": "hmc", "steps": 4, "caption": "", "options": {}, "stop_at": None, "path": None}


def test_settings_come_back_as_they_were(tmp_path) -> None:
    given = SETTINGS.spec.replaced(start=GIVEN, options={"decoding": "sample"}, stop_at=0.5, noise="shared")
    settings = replace(
        SETTINGS,
        spec=given,
        layout=Layout(3, 1),
        branches=(
            Branch(given.replaced(kernel="hmc", options={}, steps=4, stop_at=0.9), "HMC"),
            Branch(given.replaced(options={}, steps=5, stop_at=None), "ends", path=PathSpec("linear")),
            Branch(given.replaced(options={}, steps=0, stop_at=None), "base", PathSpec("base", 2, even=True)),
            Branch(given.replaced(options={}, steps=0, stop_at=None), "grid", PathSpec("base"), grid=True),
            Branch(given.replaced(options={}, start="flow", steps=0, stop_at=None), "drawn"),
        ),
    )
    (tmp_path / "run.json").write_text(write_settings(settings), encoding="utf-8")
    assert read_settings(tmp_path / "run.json") == settings
    assert {"python", "torch", "latentdemo"} <= set(settings.versions)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 9}, "version 9"),
        ({"model": ""}, "model is ''; it must be a text, not empty"),
        ({"count": 0}, "count is 0"),
        ({"count": True}, "count is True"),
        ({"seed": -1}, "seed is -1"),
        ({"steps": [1, 5]}, "steps is [1, 5]; it must be whole numbers from 0, ascending"),
        ({"steps": [0, 5, 1]}, "ascending"),
        ({"steps": "0 1"}, "ascending"),
        ({"captions": {"4": "four"}}, "found [4]"),
        ({"captions": {"one": "?"}}, "texts by step"),
        ({"captions": {}}, "one step or more"),
        ({"stop_at": 1.5}, "share from 0 to 1"),
        ({"noise": "loud"}, "own or shared"),
        ({"options": []}, "options is []"),
        ({"branches": {}}, "branches is {}; it must be a list"),
        ({"branches": [{"kernel": "hmc"}]}, "lacks branches[0].caption"),
        ({"branches": [BRANCH | {"path": "round"}]}, "branches[0].path is 'round'"),
        ({"branches": [BRANCH | {"steps": -1}]}, "branches[0].steps is -1; it must be a whole number from 0 up"),
        ({"branches": [BRANCH | {"mean_steps": 1.5}]}, "branches[0].mean_steps is 1.5"),
        ({"branches": [BRANCH | {"start": ""}]}, "branches[0].start is ''; it must be null or a text, not empty"),
        ({"branches": [BRANCH | {"even": "yes"}]}, "branches[0].even is 'yes'; it must be true or false"),
        ({"layout": {"columns": 0, "sheets_a_row": None, "order": "drawn", "tile": 64}}, "layout.columns is 0"),
        ({"layout": {"columns": 2}}, "lacks layout.order"),
        ({"colour": "red"}, "has colour, which this version does not know"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, changes: dict, words: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(VALUES | changes), encoding="utf-8")
    with pytest.raises(RunFileError) as caught:
        read_settings(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("content", "words"), [("{", "not JSON"), ("[]", "no settings"), ("{}", "version None")])
def test_other_files_are_refused(tmp_path, content: str, words: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunFileError, match=words):
        read_settings(tmp_path / "run.json")


def test_a_missing_name_and_a_missing_file_are_told_apart(tmp_path) -> None:
    values = dict(VALUES)
    del values["kernel"]
    (tmp_path / "run.json").write_text(json.dumps(values))
    with pytest.raises(RunFileError, match="lacks kernel"):
        read_settings(tmp_path / "run.json")
    with pytest.raises(RunFileError, match="No such file"):
        read_settings(tmp_path / "other.json")


def test_branches_of_older_files_have_no_mean_steps_and_no_even_spacing(tmp_path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(VALUES | {"branches": [BRANCH | {"path": "linear"}]}), encoding="utf-8")
    (branch,) = read_settings(path).branches
    assert (branch.path, branch.grid) == (PathSpec("linear"), False)
