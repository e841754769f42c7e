"""The page of chains step by step from its entry point, without a browser."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import load_model, save_checkpoint
from latentdemo.checkpoints.config import DENSITY_CONFIG, DENSITY_WEIGHTS
from latentdemo.checkpoints.roots import checkpoints_dir
from latentdemo.engine import engine_for
from latentdemo.imaging import contact_sheet
from latentdemo.sampling import KERNELS, run_chain
from latentdemo.ui.chain import walks
from tests.app.pages import CLOTHES, captions, drawn, open_page

SCRIPT = "pages/chain.py"
pytestmark = pytest.mark.usefixtures("wait_for_results")


def open_chain(**link: str) -> AppTest:
    app = open_page(SCRIPT, **CLOTHES | link)
    assert not app.exception
    return app


def played(app: AppTest) -> dict[str, Any]:
    """What the browser is given to play."""
    return drawn(app, "player")


def sheet(data: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data["sheet"].partition(",")[2])))


def labels(data: dict[str, Any]) -> list[str]:
    return [figure["label"] for figure in data["figures"]]


def test_it_opens_ready_to_play() -> None:
    app = open_chain()
    assert not app.error
    assert not app.toast
    data = played(app)
    assert (data["chains"], data["steps"]) == (4, 10)
    assert data["view"] == {"at": 0, "chain": 0, "show": "picture", "speed": 1}
    assert labels(data) == ["Distance to real data", "Likelier than", "Change (since start)", "Latent moved"]
    assert set(app.query_params) <= {"data", "model", "kernel"}


def test_frames_are_those_of_the_same_chains_elsewhere() -> None:
    run = run_chain(load_model("fashion-mnist/vae", engine_for().device), count=9, steps=5, seed=3, record="all")
    data = played(open_chain(steps="5", chains="9", seed="3"))
    frames = torch.stack([run.images[step] for step in range(6)], dim=1).flatten(0, 1)
    assert sheet(data).convert("RGB").tobytes() == contact_sheet(frames, 6, gap=0).convert("RGB").tobytes()


def test_every_step_of_every_chain_has_its_figures() -> None:
    data = played(open_chain(chains="4", steps="5"))
    for figure in data["figures"]:
        for rows in (figure["texts"], figure["curves"]):
            assert [len(row) for row in rows] == [6] * 4
        heights = [height for row in figure["curves"] for height in row if height is not None]
        assert all(0 <= height <= 100 for height in heights)
        assert len(set(heights)) > 10
    assert [len(path) for path in data["plane"]["paths"]] == [6] * 4
    assert len(data["plane"]["real"]) == 1000
    places = [number for path in data["plane"]["paths"] for place in path for number in place]
    assert all(-1 <= number <= 1 for number in places)


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_plays(kernel: str) -> None:
    app = open_chain(kernel=kernel, steps="5")
    assert not app.error
    data = played(app)
    rejecting = kernel in {"hmc", "langevin", "metropolis-within-gibbs"}
    assert {state for row in data["states"] for state in row[1:]} <= (
        {"accepted", "not accepted"} if rejecting else {""}
    )
    assert ("decoding" in {control.key for control in app.segmented_control}) == (kernel == "decode-encode")


def test_a_step_that_was_not_accepted_moves_nothing() -> None:
    data = played(open_chain(kernel="hmc", steps="20", chains="9"))
    moved = data["figures"][-1]
    assert moved["label"] == "Latent moved"
    rejected = [
        (text, kind) for texts, kinds in zip(moved["texts"], data["kinds"], strict=True)
        for text, kind in list(zip(texts, kinds, strict=True))[1:]
    ]  # fmt: skip
    assert any(kind == "rejected" for _text, kind in rejected)
    assert all((text == "0.00") == (kind == "rejected") for text, kind in rejected)


def test_chains_that_stop_by_themselves_rest() -> None:
    data = played(open_chain(stop="10", steps="20"))
    for kinds, path in zip(data["kinds"], data["plane"]["paths"], strict=True):
        rest = kinds.index("resting")
        assert kinds[rest:] == ["resting"] * (21 - rest)
        assert path[rest:] == [path[rest]] * (21 - rest)


def test_the_switches_change_the_chains() -> None:
    usual, sampled = (played(open_chain(decoding=decoding, steps="5")) for decoding in ("mean", "sample"))
    assert usual["sheet"] != sampled["sheet"]
    off, on = (played(open_chain(model="dvae", corruption=value, steps="5")) for value in ("off", "model"))
    assert off["sheet"] != on["sheet"]


def test_a_switch_says_what_it_does_where_it_stands() -> None:
    app = open_chain()
    assert "Every chain takes every step" in captions(app)
    app.segmented_control(key="stop").select("25").run()
    assert "likelier than 25 % of real data" in captions(app)
    assert app.query_params["stop"] == "25"


@pytest.mark.parametrize(
    ("damage", "given"), [({}, ["picture"]), ({"noise": "0.3"}, ["picture", "damaged"])], ids=["intact", "damaged"]
)
def test_chains_start_from_a_held_out_picture(damage: dict[str, str], given: list[str]) -> None:
    app = open_chain(**{"from": "data", "picture": "5", "chains": "1"} | damage)
    assert not app.error
    data = played(app)
    assert data["given"] == given
    assert labels(data)[0] == "Difference from the picture"
    assert (data["figures"][0]["level"] is None) == (not damage)
    assert "given" in dict(data["shows"])
    side = sheet(data).width // 11
    assert sheet(data).height == 2 * side
    assert sheet(data).convert("RGB").crop((0, side, side, 2 * side)).getextrema() != ((0, 0),) * 3


def test_chains_fill_in_what_a_square_covers_and_nothing_else(bundles) -> None:
    masked = {"from": "data", "picture": "5", "chains": "1", "steps": "2", "mask": "0.3", "hold": "True"}
    app = open_chain(**masked)
    frames = np.asarray(sheet(played(app)).convert("L")).astype(int)
    side = frames.shape[0] // 2
    given, tiles = frames[side:, side : 2 * side], [frames[:side, left * side :][:, :side] for left in range(3)]
    changed = np.abs(np.stack(tiles) - given).max(axis=0) > 1  # Of rounding, a grey level stays.
    top, left = (places.min() for places in changed.nonzero())
    bottom, right = (places.max() for places in changed.nonzero())
    assert changed.mean() > 0.1
    assert (bottom - top + 1) * (right - left + 1) <= 0.33 * side**2
    assert bundles[-1]().settings.spec.known.isnan().float().mean() == pytest.approx(0.3, abs=0.02)
    app.toggle(key="hold").set_value(False).run()
    assert sheet(played(app)) != sheet(played(open_chain(**masked)))
    assert "hold" not in app.query_params


def test_a_way_that_encodes_no_pictures_says_that_it_cannot_keep_a_part(bundles) -> None:
    app = open_chain(kernel="hmc", mask="0.3", hold="True", steps="1", **{"from": "data"})
    assert not app.error
    assert "These can: plain chain, transport chain, corrected chain." in captions(app)
    assert app.toggle(key="hold").disabled
    assert bundles[-1]().settings.spec.known is None


def test_without_a_picture_of_ones_own_chains_start_from_the_prior() -> None:
    data = played(open_chain(**{"from": "upload"}))
    assert data["given"] == []
    assert data["sheet"] == played(open_chain())["sheet"]


def test_a_link_opens_at_its_step() -> None:
    app = open_chain(at="5", follow="3", show="before")
    assert played(app)["view"] == {"at": 5, "chain": 2, "show": "before", "speed": 1}
    assert not app.toast
    assert [app.query_params[key] for key in ("at", "follow", "show")] == ["5", "3", "before"]


@pytest.mark.parametrize(
    "link",
    [
        {"at": "11"},
        {"at": "-1"},
        {"follow": "5"},
        {"follow": "0"},
        {"show": "given"},
        {"steps": "7"},
        {"chains": "1000000"},
        {"kernel": "<script>"},
        {"from": "elsewhere"},
        {"stop": "0.1"},
    ],
    ids=str,
)
def test_a_silly_link_falls_back_with_a_notice(link: dict[str, str]) -> None:
    app = open_chain(**link)
    assert len(app.toast) == 1
    data = played(app)
    assert data["view"] == {"at": 0, "chain": 0, "show": "picture", "speed": 1}
    assert (data["chains"], data["steps"]) == (4, 10)


def test_a_shorter_run_forgets_a_step_that_it_does_not_have() -> None:
    app = open_chain(at="9", follow="4")
    app.selectbox(key="steps").select(5).run()
    assert played(app)["view"] == {"at": 0, "chain": 3, "show": "picture", "speed": 1}
    assert not app.toast
    assert "at" not in app.query_params


def test_the_same_settings_cost_nothing_again(monkeypatch) -> None:
    first = played(open_chain(seed="77"))
    monkeypatch.setattr(walks, "walk", None)
    assert played(open_chain(seed="77", at="3"))["sheet"] == first["sheet"]


def test_in_japanese_the_player_speaks_japanese() -> None:
    data = played(open_chain(lang="ja", kernel="hmc", stop="10"))
    shown = [*data["words"].values(), *labels(data), *dict(data["shows"]).values(), *data["plane"]["legend"]]
    states = {state for row in data["states"] for state in row}
    assert not [text for text in (*shown, *states) if text and text.isascii()]
    assert data["run"] != played(open_chain(kernel="hmc", stop="10"))["run"]


def test_presenting_hides_what_can_be_set() -> None:
    app = open_chain(present="on", at="4", kernel="langevin")
    assert not app.title
    assert not app.main.selectbox
    assert not app.main.segmented_control
    assert played(app)["view"]["at"] == 4
    assert played(app)["kinds"] == played(open_chain(kernel="langevin"))["kinds"]


def test_it_can_be_taken_away() -> None:
    files = {button.label for button in open_chain(steps="5").get("download_button")}
    assert {"Film (MP4)", "Everything (ZIP)"} <= files


def test_without_densities_the_likelihood_is_left_out(tmp_path: Path, monkeypatch) -> None:
    shipped = checkpoints_dir() / "fashion-mnist"
    shutil.copytree(
        shipped / "vae", tmp_path / "own" / "vae", ignore=shutil.ignore_patterns(DENSITY_CONFIG, DENSITY_WEIGHTS)
    )
    for name in ("held-out.webp", "held-out.json"):
        (tmp_path / "own" / name).symlink_to(shipped / name)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    data = played(open_page(SCRIPT))
    assert "Likelier than" not in labels(data)
    assert "Distance to real data" in labels(data)
    assert data["plane"]


def test_without_held_out_pictures_there_is_no_map(tiny_model, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    assert labels(played(app)) == ["Change (since start)", "Latent moved"]
    assert played(app)["plane"] is None


def test_missing_densities_are_a_message(tiny_model, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page(SCRIPT, kernel="hmc")
    assert not app.exception
    assert "density.json is missing" in app.error[0].value
    app.selectbox(key="kernel").select("decode-encode").run()
    assert not app.error
    assert played(app)["steps"] == 10


def test_chains_start_at_a_point_of_the_map() -> None:
    point = {"from": "map", "x": "0.25", "y": "0.5", "rest": "12"}
    app = open_chain(steps="1", chains="1", **point)
    assert not app.error
    assert "as in picture 12" in captions(app)
    assert {key: app.query_params[key] for key in point} == point
    other = open_chain(steps="1", chains="1", **{"from": "map", "x": "0.25", "y": "0.5"})
    start, elsewhere = (sheet(played(each)).crop((0, 0, 32, 32)).tobytes() for each in (app, other))
    assert start != elsewhere
    app.selectbox(key="from").set_value("prior").run()
    assert not {"x", "y", "rest"} & set(app.query_params)
