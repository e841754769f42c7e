"""The page of the latent space from its entry point, without a browser."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import read_config, save_checkpoint
from latentdemo.checkpoints.roots import checkpoints_dir
from latentdemo.evaluation.report import FILE, save_report
from latentdemo.typography import unparted
from tests.app.pages import captions, open_page, sheets
from tests.ui.sample_reports import report

SCRIPT = "pages/latent_space.py"
GRAPH = {"components": 255, "largest_share": 0.86, "silhouette": 0.04}
FOUND: dict[str, Any] = {
    "count": 5000,
    "mean": [0.0] * 30 + [0.5, -0.5],
    "std": [1.0] * 32,
    "kl": [0.0] * 30 + [0.125, 0.125],
    "unused": [3, 4],
    "gaussian_kl": 1.25,
    "classifier": {"auc": 0.9, "auc_error": 0.004, "accuracy": 0.8, "accuracy_error": 0.01},
    "fragmentation": {"components": 5, "covariance": "full", "bic": {}},
    "connectivity": GRAPH,
    "gaussian_connectivity": GRAPH,
    "verdict": "mismatch",
}
pytestmark = pytest.mark.usefixtures("wait_for_results")


@pytest.fixture
def clothes(tmp_path: Path, monkeypatch) -> Path:
    """A copy of the clothes' VAE without an evaluation, as the only model."""
    shipped, folder = checkpoints_dir() / "fashion-mnist", tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(shipped / "vae", folder, ignore=shutil.ignore_patterns(FILE))
    for name in ("held-out.webp", "held-out.json"):
        (folder.parent / name).symlink_to(shipped / name)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    return folder


def evaluate(folder: Path, **found: Any) -> None:
    """Put an evaluation beside a model."""
    made = report("fashion-mnist/vae", read_config(folder).sha256)
    save_report(replace(made, latent_space=FOUND | found), folder)


def charts(app: AppTest) -> list[dict]:
    """The charts of the page."""
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def touched(app: AppTest) -> dict[str, Any]:
    """What the browser is given of the map."""
    (component,) = (each for each in app.get("bidi_component") if each.proto.component_name == "latentdemo_latent_map")
    return json.loads(component.proto.json)


def answered(app: AppTest) -> list[str]:
    """The answer of the page, the first text in bold, and what it rests on, the text after it."""
    texts = [each.value for each in app.markdown]
    first = next(index for index, text in enumerate(texts) if text.startswith("**"))
    return texts[first : first + 2]


@pytest.mark.parametrize(
    ("code", "words"),
    [("match", "No mismatch"), ("mild", "A mild mismatch"), ("mismatch", "A mismatch worth correcting")],
)
def test_the_verdict_comes_first(clothes: Path, code: str, words: str) -> None:
    evaluate(clothes, verdict=code)
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    answer, evidence = answered(app)
    assert answer.startswith(f"**{words}")
    assert unparted("90 % of all pairs (standard error 0.4 %)") in evidence
    assert "5 clusters" in evidence
    assert unparted("255 parts, with 86 %") in evidence
    assert "no gaps" in evidence
    assert [metric.value for metric in app.metric] == ["0.900", unparted("1.2 nats"), "2 of 32", "5"]
    assert len(charts(app)) == 3


def test_gaps_are_said_so(clothes: Path) -> None:
    evaluate(clothes, connectivity=GRAPH | {"largest_share": 0.3}, fragmentation={"components": 1})
    app = open_page(SCRIPT)
    _answer, evidence = answered(app)
    assert "there are gaps" in evidence
    assert "A single Gaussian" in evidence


def test_the_verdict_in_japanese(clothes: Path) -> None:
    evaluate(clothes)
    app = open_page(SCRIPT, lang="ja")
    answer, evidence = answered(app)
    assert "不一致" in answer
    assert unparted("90 % の組で") in evidence
    assert unparted("標準誤差 0.4 %") in evidence


def test_without_an_evaluation_the_map_still_stands(clothes: Path) -> None:
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    assert "python -m latentdemo evaluate fashion-mnist/vae" in app.info[0].value
    assert len(charts(app)) == 3
    data = touched(app)
    assert len(data["dots"]["real"]) == 1000
    assert len(data["dots"]["prior"]) == len(data["dots"]["chains"]) == 300
    assert "% of the variance" in data["dots"]["note"]
    assert "of the prior draws look less like real data" in captions(app)


@pytest.mark.parametrize("content", ["{", "{}", '{"schema": 1}'])
def test_a_broken_evaluation_is_a_message(clothes: Path, content: str) -> None:
    (clothes / FILE).write_text(content)
    app = open_page(SCRIPT)
    assert not app.exception
    assert FILE in app.info[0].value
    assert len(charts(app)) == 3


def test_an_evaluation_of_other_weights_is_not_shown(clothes: Path) -> None:
    save_report(replace(report("fashion-mnist/vae", "00" * 32), latent_space=FOUND), clothes)
    app = open_page(SCRIPT)
    assert "other weights" in app.info[0].value
    assert not app.metric


def test_an_evaluation_without_the_latent_space_is_said_so(clothes: Path) -> None:
    save_report(replace(report("fashion-mnist/vae", read_config(clothes).sha256), latent_space={}), clothes)
    assert "says nothing of its latent space" in open_page(SCRIPT).info[0].value


def test_kernel_and_steps_are_in_the_link_and_change_the_map(clothes: Path) -> None:
    app = open_page(SCRIPT)
    before = touched(app)["dots"]
    app.selectbox(key="kernel").select("langevin").run()
    app.selectbox(key="steps").select(10).run()
    assert not app.exception
    assert app.query_params["kernel"] == "langevin"
    assert app.query_params["steps"] == "10"
    after = touched(app)["dots"]
    assert after["chains"] != before["chains"]
    assert after["colour"] != before["colour"]
    assert (after["real"], after["prior"]) == (before["real"], before["prior"])


@pytest.mark.parametrize(
    "link", [{"kernel": "x"}, {"steps": "3"}, {"steps": ["x", "5"]}, {"x": "nan"}, {"rest": "1000"}, {"map": "x"}]
)
def test_a_silly_link_falls_back_with_a_notice(clothes: Path, link: dict[str, str]) -> None:
    app = open_page(SCRIPT, **link)
    assert not app.exception
    assert len(app.toast) == 1
    assert len(charts(app)) == 3


def test_a_kernel_that_cannot_be_run_leaves_data_and_prior_on_the_map(clothes: Path) -> None:
    (clothes / "density.json").unlink()
    app = open_page(SCRIPT, kernel="hmc")
    assert not app.exception
    assert "density.json is missing" in app.error[0].value
    dots = touched(app)["dots"]
    assert dots["chains"] == []
    assert len(dots["legend"]) == 2


def test_a_link_opens_on_a_point_of_the_map(clothes: Path) -> None:
    app = open_page(SCRIPT, x="0.25", y="0.5", rest="12")
    data = touched(app)
    here = data["here"]
    assert (here["x"], here["y"], here["rest"]) == (0.25, 0.5, 12)
    assert here["picture"].startswith("data:image/png")
    assert len(here["nearest"]) == 5
    assert data["decoded"]["source"] != touched(open_page(SCRIPT, x="0.25", y="0.5"))["decoded"]["source"]
    assert [app.query_params[key] for key in ("x", "y", "rest")] == ["0.25", "0.5", "12"]


@pytest.mark.slow
def test_the_map_by_likeness_has_real_pictures_to_choose(clothes: Path) -> None:
    data = touched(open_page(SCRIPT, map="neighbours", rest="3", x="0.9", y="0.9"))
    assert not data["isPlane"]
    assert data["decoded"] is None
    assert data["here"]["nearest"][0] == data["here"]["rest"] == 3
    assert (len(data["dots"]["real"]), len(data["dots"]["prior"])) == (1000, 300)


def test_without_held_out_images_there_is_a_message(tiny_model, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page(SCRIPT)
    assert not app.exception
    assert "held-out images" in app.error[0].value


def test_coming_from_another_page_with_controls_of_the_same_names(clothes: Path) -> None:
    app = open_page("pages/sampling.py", kernel="langevin", steps=["0", "2"], count="16")
    assert len(sheets(app)) == 2
    for script in (SCRIPT, "pages/sampling.py"):
        app.switch_page(script).run()
        assert not app.exception
        assert not app.error
