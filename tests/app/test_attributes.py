"""Moving starting points along the direction of an attribute, on the page of chains, without a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import load_model
from latentdemo.checkpoints.config import DENSITY_CONFIG, DENSITY_WEIGHTS
from latentdemo.checkpoints.roots import checkpoints_dir
from latentdemo.engine import engine_for
from latentdemo.export import GIVEN
from latentdemo.imaging import contact_sheet
from latentdemo.random import chain_generators
from latentdemo.sampling import run_chain
from latentdemo.sampling.attributes import attributes_of, move
from latentdemo.sampling.starts import PRIOR, starting_points
from tests.app.pages import CLOTHES, open_page
from tests.app.test_chain import SCRIPT, played, sheet

pytestmark = pytest.mark.usefixtures("wait_for_results")
LINK = {"attribute": "class", "towards": "Bag", "by": "2.0"}
KEYS = {"attribute", "towards", "by"}


def open_chain(**link: str) -> AppTest:
    app = open_page(SCRIPT, **CLOTHES | {"steps": "1"} | link)
    assert not app.exception
    return app


def keys(app: AppTest) -> set[str]:
    return {control.key for control in (*app.selectbox, *app.slider)}


def popover(app: AppTest) -> str:
    """What is on the button that opens the control."""
    return app.get("popover")[0].proto.popover.label


def test_it_opens_with_nothing_moved_and_a_plain_address() -> None:
    app = open_chain()
    assert keys(app) >= KEYS
    assert popover(app) == "Attributes"
    assert not KEYS & set(app.query_params)
    assert app.selectbox(key="towards").options[:2] == ["T-shirt or top", "trousers"]


def test_a_link_shows_the_moved_starting_points() -> None:
    app = open_chain(**LINK)
    assert not app.toast
    assert not app.error
    assert popover(app) == "Kind: bag +2"
    model = load_model("fashion-mnist/vae", engine_for().device)
    start = move(model, starting_points(model, PRIOR, chain_generators(7, 4), 4), "class", "Bag", 2.0)
    images = run_chain(model, start=start, steps=0).images[0]
    wanted = np.asarray(contact_sheet(images, 1, gap=0).convert("L"), int)
    shown = np.asarray(sheet(played(app)).convert("L"), int)[:, : wanted.shape[1]]
    assert np.abs(shown - wanted).max() <= 2
    assert played(app)["sheet"] != played(open_chain())["sheet"]


def test_the_controls_go_into_the_address_and_out_again() -> None:
    app = open_chain()
    app.selectbox(key="towards").select("Bag").run()
    assert not KEYS & set(app.query_params)
    app.slider(key="by").set_value(-1.5).run()
    assert {key: app.query_params[key] for key in KEYS & set(app.query_params)} == {"towards": "Bag", "by": "-1.5"}
    assert popover(app) == "Kind: bag −1.5"
    app.slider(key="by").set_value(0.0).run()
    assert not KEYS & set(app.query_params)
    assert not app.toast
    assert played(app)["sheet"] == played(open_chain())["sheet"]


def test_a_value_that_another_attribute_had_is_forgotten_without_a_notice() -> None:
    app = open_chain(model="vae", data="avatars", attribute="accessory", towards="ROUND", by="1.0")
    app.selectbox(key="attribute").select("hair_color").run()
    assert app.session_state["towards"] == "AUBURN"
    assert popover(app) == "Hair colour: auburn +1"
    app.selectbox(key="data").select("fashion-mnist").run()
    assert app.session_state["attribute"] == "class"
    assert not app.toast
    assert not app.exception


def test_a_held_out_picture_is_moved_and_compared_with_what_it_was() -> None:
    link = {"from": "data", "picture": "5", "chains": "1"}
    still, gone = played(open_chain(**link)), played(open_chain(**link | LINK))
    assert still["given"] == gone["given"] == ["picture"]
    difference = [float(data["figures"][0]["texts"][0][0].split()[0]) for data in (still, gone)]
    assert difference[1] > 2.0 * difference[0]


@pytest.mark.parametrize(
    "link",
    [
        LINK | {"attribute": "hat"},
        LINK | {"towards": "<script>"},
        LINK | {"towards": "CLASS"},
        LINK | {"by": "3.1"},
        LINK | {"by": "-9e-1-"},
        LINK | {"by": "--1"},
        LINK | {"by": "nan"},
    ],
    ids=str,
)
def test_a_silly_link_falls_back_with_a_notice(link: dict[str, str]) -> None:
    app = open_chain(**link)
    assert len(app.toast) == 1
    assert not app.error
    assert played(app)["chains"] == 4


def test_in_japanese_it_speaks_japanese() -> None:
    app = open_chain(lang="ja", **LINK)
    assert popover(app) == "種類：バッグ +2"
    words = [control.label for control in (*app.selectbox, *app.slider) if control.key in KEYS]
    assert words == ["属性", "目指す特徴", "動かす量"]
    assert all(not name.isascii() for name in app.selectbox(key="towards").options if name != "T")


def test_presenting_hides_the_control_and_keeps_the_move() -> None:
    app = open_chain(present="on", **LINK)
    assert not app.main.selectbox
    assert played(app)["sheet"] == played(open_chain(**LINK))["sheet"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a model with its densities and held-out pictures."""
    shipped = checkpoints_dir() / "fashion-mnist"
    shutil.copytree(shipped / "vae", tmp_path / "own" / "vae")
    for name in ("held-out.webp", "held-out.json"):
        shutil.copyfile(shipped / name, tmp_path / "own" / name)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    return tmp_path / "own"


def without_map(folder: Path) -> None:
    for name in (DENSITY_CONFIG, DENSITY_WEIGHTS):
        (folder / "vae" / name).unlink()


def without_labels(folder: Path) -> None:
    index = json.loads((folder / "held-out.json").read_text(encoding="utf-8"))
    (folder / "held-out.json").write_text(json.dumps(index | {"labels": {}}), encoding="utf-8")


@pytest.mark.parametrize("without", [without_map, without_labels])
def test_where_nothing_can_be_moved_there_is_no_control_and_a_link_goes_without(folder: Path, without: Any) -> None:
    assert "by" in keys(open_page(SCRIPT, steps="1"))
    without(folder)
    app = open_page(SCRIPT, steps="1", **LINK)
    assert not app.exception
    assert not app.error
    assert not keys(app) & KEYS
    assert not KEYS & set(app.query_params)
    assert played(app)["chains"] == 4


def test_what_is_taken_away_begins_at_the_moved_latents_and_says_so(bundles) -> None:
    open_chain(**LINK)
    bundle = bundles[-1]()
    assert bundle.settings.spec.start == GIVEN
    still = starting_points(load_model("fashion-mnist/vae", "cpu"), PRIOR, chain_generators(7, 4), 4)
    assert (bundle.latents[0] - still).norm(dim=1).min() > 0.5
    assert dict(bundle.story.settings)["Attributes"] == "Kind: bag +2"


def test_every_value_that_can_be_chosen_is_in_japanese() -> None:
    for data in ("avatars", "fashion-mnist"):
        app = open_page(SCRIPT, data=data, model="vae", lang="ja", steps="1")
        known = attributes_of(checkpoints_dir() / data)
        assert len(app.selectbox(key="attribute").options) == len(known)
        for shown in app.selectbox(key="attribute").options:
            assert not shown.isascii()
