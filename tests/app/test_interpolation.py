"""The page of interpolations from its entry point, without a browser."""

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
from latentdemo.evaluation.report import FILE, Recommendation, save_report
from latentdemo.sampling.densities.store import read_density_config
from latentdemo.typography import unparted
from latentdemo.ui.interpolation.request import ROWS
from tests.app.pages import captions, open_page
from tests.ui.sample_reports import path_report, report

SCRIPT = "pages/interpolation.py"
TITLES = ["No chain", "Base space, mean steps: 1", "After 1 step", "After 5 steps", "After 10 steps"]
pytestmark = pytest.mark.usefixtures("wait_for_results")


@pytest.fixture
def clothes(tmp_path: Path, monkeypatch) -> Path:
    """A copy of the clothes' VAE without an evaluation, as the only model."""
    shipped, folder = checkpoints_dir() / "fashion-mnist", tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(shipped / "vae", folder, ignore=shutil.ignore_patterns(FILE))
    for name in ("held-out.webp", "held-out.json", "features.safetensors", "features.json"):
        (folder.parent / name).symlink_to(shipped / name)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    return folder


def evaluate(folder: Path, row: int | None = None, **changes: Any) -> None:
    """Put an evaluation beside a model, with a row of its own recommended."""
    made = report("fashion-mnist/vae", read_config(folder).sha256, density_sha256=read_density_config(folder).sha256)
    if row is not None:
        changes["recommendation"] = Recommendation(row, row, [], [])
    save_report(replace(made, **changes), folder)


def rows(app: AppTest) -> list[dict[str, Any]]:
    """The rows that the browser is given."""
    (component,) = (each for each in app.get("bidi_component") if each.proto.component_name == "latentdemo_strips")
    return json.loads(component.proto.json)["rows"]


def labels(app: AppTest) -> list[str]:
    return [row["label"] for row in rows(app)]


def lines(app: AppTest) -> list[int]:
    """Lines of each chart: all layers but the rule, two a line."""
    specs = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    return [(len(spec["layer"]) - 1) // 2 for spec in specs]


def markdown(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


def test_it_opens_with_all_rows_and_their_figures(clothes: Path) -> None:
    evaluate(clothes)
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    assert not app.toast
    assert app.title[0].value == "Latent interpolation"
    assert labels(app)[:5] == TITLES
    assert labels(app)[5].startswith("Recommended: calibrated chain")
    assert labels(app)[6] == "Path between corrected ends (5 steps)"
    assert lines(app) == [7, 6]
    assert all("largest jump" in row["note"] for row in rows(app))
    assert ["of the ends left" in row["note"] for row in rows(app)] == [False] + 6 * [True]
    assert unparted("still connects the two pictures that you chose: base space (100 % of them") in markdown(app)
    assert dict(app.query_params) == {}


def test_in_japanese(clothes: Path) -> None:
    app = open_page(SCRIPT, lang="ja")
    assert app.title[0].value == "潜在空間の補間"
    assert labels(app)[0] == "チェーンなし"
    assert "経路は、選んだ 2 枚の画像を" in markdown(app)


def test_each_row_alone(clothes: Path) -> None:
    evaluate(clothes)
    app = open_page(SCRIPT)
    everything = rows(app)
    for row, wanted in zip(ROWS, everything, strict=True):
        app.pills(key="rows").set_value([row]).run()
        assert not app.exception
        assert not app.error
        assert rows(app) == [wanted]
        assert lines(app) == ([1] if row == "plain" else [2, 1])


def test_rows_without_a_chain_start_and_end_where_the_others_begin(clothes: Path) -> None:
    """The corrected ends are those of the row of their chain."""
    app = open_page(SCRIPT, correction="1")
    assert labels(app)[-1] == "Path between corrected ends (1 step)"
    notes = {row["label"]: row["note"].split(" · ")[-1] for row in rows(app)}
    assert notes["After 1 step"] == notes["Path between corrected ends (1 step)"]


@pytest.mark.parametrize(
    "link",
    [
        {"frames": "26"},
        {"rows": ["plain", "7"]},
        {"path": "cubic"},
        {"view": "film"},
        {"correction": "100"},
        {"b_from": "moon"},
        {"view": "grid", "side": "6"},
        {"spacing": "odd"},
        {"mean_steps": "4"},
        {"view": "walk", "stops": "9"},
        {"view": "walk", "pace": "3"},
    ],
    ids=str,
)
def test_a_silly_link_falls_back_with_a_notice(clothes: Path, link: dict[str, Any]) -> None:
    app = open_page(SCRIPT, **link)
    assert not app.exception
    assert not app.error
    assert len(app.toast) == 1


def test_settings_are_in_the_link_and_the_link_shows_the_same(clothes: Path) -> None:
    app = open_page(SCRIPT)
    app.slider(key="frames").set_value(4)
    app.segmented_control(key="path").select("linear")
    app.number_input(key="b_draw").set_value(5)
    app.pills(key="rows").set_value(["plain", "5"]).run()
    link = dict(app.query_params)
    assert link == {"frames": "4", "path": "linear", "b_draw": "5", "rows": ["plain", "5"]}
    again = open_page(SCRIPT, **link)
    assert [row["source"] for row in rows(again)] == [row["source"] for row in rows(app)]


def test_other_ends_paths_and_seeds_give_other_pictures(clothes: Path) -> None:
    links = [{}, {"path": "linear"}, {"seed": "8"}, {"a_draw": "4"}, {"a_from": "data"}, {"b_from": "data"}]
    pictures = [rows(open_page(SCRIPT, rows=["plain"], **link))[0]["source"] for link in links]
    assert len(set(pictures)) == len(links)


def test_equal_settings_are_kept(clothes: Path, monkeypatch) -> None:
    first = rows(open_page(SCRIPT, seed="31"))
    monkeypatch.setattr("latentdemo.ui.interpolation.paths.make_paths", lambda *_: pytest.fail("made again"))
    assert rows(open_page(SCRIPT, seed="31")) == first


def test_both_ends_the_same_is_said_so(clothes: Path) -> None:
    app = open_page(SCRIPT, b_draw="0")
    assert not app.exception
    assert "Both ends are the same picture" in markdown(app)
    assert lines(app) == []


def test_without_an_evaluation_there_is_no_recommended_row(clothes: Path) -> None:
    app = open_page(SCRIPT)
    assert labels(app) == [*TITLES, "Path between corrected ends (5 steps)"]
    assert "not evaluated yet" in captions(app)
    assert "recommended" not in app.segmented_control(key="correction").options


@pytest.mark.parametrize("start", ["mixture", "flow"])
def test_a_recommendation_that_starts_elsewhere_has_no_row(clothes: Path, start: str) -> None:
    made = report()
    evaluate(clothes, next(index for index, row in enumerate(made.rows) if row.start == start))
    app = open_page(SCRIPT)
    assert not app.exception
    assert len(rows(app)) == 6
    assert "cannot start at the frames of a path" in captions(app)


def test_a_model_that_is_best_left_alone_has_no_recommended_row(clothes: Path) -> None:
    evaluate(clothes, recommendation=Recommendation(None, 0, [], []))
    app = open_page(SCRIPT)
    assert len(rows(app)) == 6
    assert "recommends no chain" in captions(app)


def test_only_a_row_that_there_is_not_shows_the_path_without_a_chain(clothes: Path) -> None:
    app = open_page(SCRIPT, rows=["recommended"])
    assert labels(app) == ["No chain"]


def test_without_densities_there_is_no_path_through_the_base_space(clothes: Path) -> None:
    (clothes / "density.json").unlink()
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    assert labels(app) == [TITLES[0], *TITLES[2:], "Path between corrected ends (5 steps)"]
    assert "No density with a map" in captions(app)
    for view in ("grid", "walk"):
        app = open_page(SCRIPT, view=view, stops="3", pace="2")
        assert not app.exception
        assert not app.error
        assert "Base space" not in markdown(app)


def test_without_features_steps_are_taken_in_pixels(clothes: Path) -> None:
    before = rows(open_page(SCRIPT))
    (clothes.parent / "features.json").unlink()
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    assert lines(app) == [6, 5]
    assert [row["source"] for row in rows(app)] == [row["source"] for row in before]
    assert [row["note"] for row in rows(app)] != [row["note"] for row in before]


def test_a_model_with_nothing_beside_it(tiny_model, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page(SCRIPT)
    assert not app.exception
    assert not app.error
    assert len(rows(app)) == 5
    app.segmented_control(key="view").select("grid").run()
    assert not app.exception
    assert len(app.image) == 2


@pytest.mark.parametrize("side", ["5", "7"])
def test_the_grid_before_and_after_its_chain(clothes: Path, side: str) -> None:
    evaluate(clothes)
    app = open_page(SCRIPT, view="grid", side=side, correction="recommended")
    assert not app.exception
    assert not app.error
    headings = ("No chain", "Base space, mean steps: 1", "After the chain: recommended")
    assert all(f"**{heading}**" in markdown(app) for heading in headings)
    assert len({image.proto.imgs[0].url for image in app.image}) == 3


def test_corners_of_the_grid_are_pictures_of_ones_choice(clothes: Path) -> None:
    pictures = [open_page(SCRIPT, view="grid", **link).image[1].proto.imgs[0].url
                for link in ({}, {"c_from": "data"}, {"d_draw": "8"})]  # fmt: skip
    assert len(set(pictures)) == 3


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_walk_is_a_film_that_runs_forever(clothes: Path, lang: str) -> None:
    app = open_page(SCRIPT, view="walk", stops="3", pace="2", lang=lang)
    assert not app.exception
    assert not app.error
    (film,) = app.get("video")
    assert film.proto.loop
    assert film.proto.autoplay
    assert {"en": "passes 3 pictures", "ja": "3 枚の画像を順に通り"}[lang] in markdown(app)
    assert [control.key for control in app.selectbox if "_from" in control.key] == [
        "a_from",
        "b_from",
        "c_from",
    ]


def test_even_spacing_makes_the_largest_jump_small(clothes: Path) -> None:
    jumps = {}
    for spacing in ("latent", "even"):
        app = open_page(SCRIPT, spacing=spacing, rows=["plain", "base"], a_from="data", b_from="data")
        assert not app.exception
        jumps[spacing] = [float(row["note"].split()[2]) for row in rows(app)]
    assert all(even < latent for even, latent in zip(jumps["even"], jumps["latent"], strict=True))


@pytest.mark.parametrize(
    ("lang", "said", "heading"),
    [
        ("en", "nearer to real pictures than that of an arc, as judged by", "Between held-out pictures"),
        ("ja", "弧の中央より実際の画像に近いものでした", "評価用の画像の間"),
    ],
)
def test_what_was_measured_on_many_pairs_stands_below(clothes: Path, lang: str, said: str, heading: str) -> None:
    digests = {"model_sha256": read_config(clothes).sha256, "density_sha256": read_density_config(clothes).sha256}
    measured = replace(path_report(base=5.0, arc=9.0), **digests)
    evaluate(clothes, paths=measured)
    app = open_page(SCRIPT, lang=lang)
    assert not app.exception
    assert said in markdown(app)
    assert heading in markdown(app)
    evaluate(clothes, paths=replace(measured, density_sha256="of other densities"))
    assert heading not in markdown(open_page(SCRIPT, lang=lang))


def test_to_the_grid_and_back_keeps_the_settings(clothes: Path) -> None:
    app = open_page(SCRIPT, frames="5", rows=["plain", "1"])
    app.segmented_control(key="view").select("grid").run()
    assert app.query_params["frames"] == "5"
    app.segmented_control(key="view").select("path").run()
    assert labels(app) == [TITLES[0], TITLES[2]]
    assert app.slider(key="frames").value == 5


@pytest.mark.parametrize("script", [SCRIPT, "pages/chain.py"])
def test_held_out_pictures_that_cannot_be_read_are_told_once_and_without_a_press(clothes: Path, script: str) -> None:
    (clothes.parent / "held-out.webp").unlink()
    (clothes.parent / "held-out.webp").write_bytes(b"")
    link = {"a_from": "data", "b_from": "data"} if script == SCRIPT else {"from": "data"}
    app = open_page(script, data="fashion-mnist", **link)
    told = [error.value for error in app.error if "held-out" in error.value]
    assert len(told) == 1
    assert [error.value for button in app.get("popover") for error in button.get("error")] == []
