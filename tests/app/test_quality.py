"""The quality page from its entry point, without a browser."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo import evaluation
from latentdemo.checkpoints import checkpoints_dir, read_config, save_checkpoint
from latentdemo.errors import Cancelled, LatentdemoError
from latentdemo.evaluation import race
from latentdemo.evaluation.findings.recommend import Limits, recommend
from latentdemo.evaluation.report import load_report, save_report
from latentdemo.typography import unparted
from latentdemo.ui.evaluation.verdict import verdict
from latentdemo.ui.quality import measurement
from latentdemo.ui.quality.mix import FIRST
from tests.app.pages import PATIENCE, open_page
from tests.ui.sample_reports import ATTRIBUTES, advising, in_one_space
from tests.ui.sample_reports import report as sample

STRENGTHS = {"vae": 0.6, "dvae": 1.0, "aae": -0.3}
ALWAYS = 6  # charts: gap closed and coverage against time, both against steps, where the gap comes from, any figure


@pytest.fixture(autouse=True)
def no_race(monkeypatch) -> None:
    """Measurements without a first answer."""
    monkeypatch.setattr(race, "race_model", lambda *_given, **_more: iter(()))


@pytest.fixture
def root(tiny_model, tmp_path, monkeypatch) -> Path:
    """Checkpoints of three small models with their evaluations."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    for family, strength in STRENGTHS.items():
        folder = tmp_path / "own" / family
        config = save_checkpoint(folder, tiny_model, "own")
        save_report(sample(f"own/{family}", config.sha256, strength), folder)
    return tmp_path


def open_quality(**link: str | list[str]) -> AppTest:
    return open_page("pages/quality.py", **{"lang": "en"} | link)


def charts(app: AppTest) -> int:
    return len(app.get("vega_lite_chart"))


def measure(app: AppTest) -> AppTest:
    return next(button for button in app.button if button.label == "Measure on this device").click().run()


@pytest.mark.parametrize("family", STRENGTHS)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_it_opens_with_the_verdict(root: Path, family: str, lang: str) -> None:
    app = open_quality(model=family, lang=lang)
    assert not app.exception
    assert not app.error
    assert not app.toast
    sentence = app.subheader[0].value
    pays, alone = (
        ("It pays", "Leave this model alone") if lang == "en" else ("効果があります", "そのまま使ってください")
    )
    assert (pays in sentence) == (family != "aae")
    assert (alone in sentence) == (family == "aae")
    assert charts(app) == ALWAYS + len(ATTRIBUTES)
    assert len(app.dataframe) == 2
    assert len(app.metric) >= 5


def test_the_table_begins_with_the_chosen_model(root: Path) -> None:
    app = open_quality(model="dvae", rows="all")
    table = app.dataframe[0].value
    assert table["Model"].iloc[0] == "Denoising VAE"
    assert set(table["Model"]) == {"VAE", "AAE", "Denoising VAE"}
    short = open_quality(model="dvae").dataframe[0].value
    assert len(short) < len(table)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_better_trained_model_answers_whether_a_chain_is_still_worth_it(root: Path, tiny_model, lang: str) -> None:
    question = {"en": "Is correcting the latents still worth it", "ja": "学習を改善しても"}[lang]
    assert not any(question in each.value for each in open_quality(model="vae", lang=lang).header)
    config = save_checkpoint(root / "own" / "flow-vae", tiny_model, "own")
    save_report(sample("own/flow-vae", config.sha256), root / "own" / "flow-vae")
    for family in ("flow-vae", "vae", "aae"):
        app = open_quality(model=family, lang=lang)
        assert not app.exception
        assert any(question in each.value for each in app.header)
        title = {"en": "Flow-prior VAE", "ja": "フロー事前分布 VAE"}[lang]
        assert sum(title in each.value for each in app.markdown) == 1


def test_settings_are_in_the_link(root: Path) -> None:
    app = open_quality(
        axis="milliseconds", figure="recall", ways=["hmc", "draw@flow"], price="2.5", value="0.1", judge="imagenet"
    )
    assert not app.exception
    assert not app.toast
    assert app.segmented_control(key="judge").value == "imagenet"
    assert app.number_input(key="price").value == 2.5
    assert app.selectbox(key="figure").value == "recall"
    app.number_input(key="price").set_value(4.0).run()
    assert app.query_params["price"] == "4.0"
    app.number_input(key="price").set_value(1.0).run()
    assert "price" not in app.query_params


@pytest.mark.parametrize(
    "link",
    [
        {"axis": "x"},
        {"judge": "everyone"},
        {"competing": "mine"},
        {"kept": "50 %"},
        {"at_most": "-1"},
        {"figure": "beauty"},
        {"ways": ["hmc", "<script>"]},
        {"price": "-1"},
        {"price": "nan"},
        {"value": "9" * 400},
        {"rows": "none"},
        {"images": "1000000"},
        {"repetitions": "٣"},
    ],
)
def test_a_silly_link_falls_back_with_a_notice(root: Path, link: dict) -> None:
    app = open_quality(**link)
    assert not app.exception
    assert len(app.toast) == 1
    assert charts(app) == ALWAYS + len(ATTRIBUTES)


def test_limits_draw_the_advice_anew(root: Path) -> None:
    folder = root / "own" / "vae"
    made = sample("own/vae", read_config(folder).sha256)
    save_report(advising(made, 0, kernel="", start="flow"), folder)
    app = open_quality(model="vae")
    assert "drawing directly from the flow" in app.subheader[0].value
    assert any(each.value.startswith("The best chain of decode and encode, ") for each in app.markdown)
    app.segmented_control(key="competing").set_value("chains").run()
    assert not app.exception
    assert app.query_params["competing"] == "chains"
    assert "running" in app.subheader[0].value
    assert any("Without these limits: drawing directly from the flow" in each.value for each in app.caption)
    kept = open_quality(model="vae", competing="chains", kept="75")
    assert not kept.exception
    assert not kept.toast
    report = replace(made, recommendation=recommend(made.rows, Limits(chains_only=True, start_kept=0.75)))
    assert kept.subheader[0].value == unparted(verdict(report))
    dear = open_quality(model="vae", at_most="0.01")
    assert dear.subheader[0].value == "Nothing that was measured keeps to these limits."
    assert not dear.exception


def test_a_report_of_one_judge_offers_no_choice(root: Path) -> None:
    folder = root / "own" / "vae"
    save_report(in_one_space(sample("own/vae", read_config(folder).sha256)), folder)
    app = open_quality(model="vae", judge="labels")
    assert not app.exception
    assert not app.toast
    assert "judge" not in [control.key for control in app.segmented_control]


def test_different_feature_spaces_are_warned_of(root: Path) -> None:
    folder = root / "own" / "vae"
    save_report(in_one_space(sample("own/vae", read_config(folder).sha256)), folder)
    assert "cannot be compared" in open_quality(model="dvae").warning[0].value


def test_no_way_chosen_is_said_so(root: Path) -> None:
    app = open_quality()
    app.session_state["ways"] = []
    app.run()
    assert not app.exception
    assert "None of the chosen ways" in app.info[0].value


def test_a_missing_evaluation_is_a_message_and_the_others_still_show(root: Path) -> None:
    (root / "own" / "vae" / "evaluation.json").unlink()
    app = open_quality(model="vae")
    assert not app.exception
    assert "python -m latentdemo evaluate own/vae" in app.error[0].value
    assert set(app.dataframe[0].value["Model"]) == {"AAE", "Denoising VAE"}
    other = open_quality(model="dvae")
    assert not other.error
    assert any("Without an evaluation that can be read: VAE" in each.value for each in other.caption)


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 1}', '{"schema": 2}'])
def test_a_broken_or_old_evaluation_is_a_message(root: Path, content: str) -> None:
    (root / "own" / "vae" / "evaluation.json").write_text(content)
    app = open_quality(model="vae")
    assert not app.exception
    assert "python -m latentdemo evaluate own/vae" in app.error[0].value
    assert charts(app) == 0
    assert len(app.dataframe) == 1


def test_an_evaluation_of_other_weights_is_a_message(root: Path) -> None:
    folder = root / "own" / "vae"
    save_report(sample("own/vae", "00" * 32), folder)
    app = open_quality(model="vae")
    assert not app.exception
    assert "other weights" in app.error[0].value


def test_no_evaluation_at_all_still_lets_one_measure(root: Path) -> None:
    for family in STRENGTHS:
        (root / "own" / family / "evaluation.json").unlink()
    app = open_quality()
    assert not app.exception
    assert not app.dataframe
    assert any(button.label == "Measure on this device" for button in app.button)


def test_figures_may_be_missing(root: Path) -> None:
    folder = root / "own" / "vae"
    path = folder / "evaluation.json"
    values = json.loads(path.read_text())
    kept = ("frechet_distance", "coverage")
    for row in values["rows"]:
        row["judged"] = {space: {name: each[name] for name in kept} for space, each in row["judged"].items()}
        row["figures"] = {}
    values["recommendation"] |= {"row": None, "best": 0, "gains": [], "harms": [], "reason": "no gap"}
    values["diagnostics"] = {}
    path.write_text(json.dumps(values))
    app = open_quality(model="vae")
    assert not app.exception
    assert not app.error
    assert "already as good" in app.subheader[0].value
    assert charts(app) == ALWAYS + len(ATTRIBUTES)


def test_different_counts_are_warned_of(root: Path) -> None:
    folder = root / "own" / "vae"
    save_report(sample("own/vae", read_config(folder).sha256, count=500), folder)
    app = open_quality(model="dvae")
    assert "cannot be compared" in app.warning[0].value


def test_measuring_replaces_the_shipped_figures_until_one_goes_back(root: Path, monkeypatch) -> None:
    asked = []

    def measure_model(name, *, count, seeds, compute, progress, cancelled):
        asked.append((name, count, list(seeds), cancelled()))
        progress(1, 1)
        made = sample(name, read_config(root / name).sha256, strength=-0.3)
        return replace(made, count=count, seeds=list(seeds))

    monkeypatch.setattr(evaluation, "measure_model", measure_model)
    monkeypatch.setattr(measurement, "AT_ONCE", PATIENCE)
    app = open_quality(model="dvae", images="250", repetitions="4")
    assert "It pays" in app.subheader[0].value
    measure(app)
    assert not app.exception
    assert asked == [("own/dvae", 250, [0, 1, 2, 3], False)]
    assert "Leave this model alone" in app.subheader[0].value
    assert any("Measured now on this device: 250 images a side, 4 repetitions" in each.value for each in app.markdown)
    app.button(key="shipped").click().run()
    assert "It pays" in app.subheader[0].value


@pytest.mark.parametrize(
    ("held_out", "counts"), [(290, ["145"]), (1100, ["250", "500"]), (5000, ["250", "500", "1000"])]
)
def test_no_more_images_are_offered_than_there_are_to_compare_with(
    root: Path, held_out: int, counts: list[str]
) -> None:
    (root / "own" / "held-out.json").write_text(json.dumps({"count": held_out}))
    app = open_quality(model="vae")
    assert not app.exception
    offered = next(element for element in app.get("button_group") if element.proto.label == "Images a side")
    assert [option.content for option in offered.proto.options] == counts


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LatentdemoError("no training images; fetch them with: x"), "fetch them with: x"),
        (RuntimeError("boom"), "Something went wrong while measuring: RuntimeError('boom')"),
    ],
)
def test_a_failed_measurement_is_a_message(root: Path, monkeypatch, error: Exception, words: str) -> None:
    def measure_model(name, **settings):
        raise error

    monkeypatch.setattr(evaluation, "measure_model", measure_model)
    monkeypatch.setattr(measurement, "AT_ONCE", PATIENCE)
    app = measure(open_quality(model="dvae"))
    assert not app.exception
    assert words in app.error[0].value
    assert "It pays" in app.subheader[0].value


def test_a_measurement_can_be_cancelled(root: Path, monkeypatch) -> None:
    def measure_model(name, *, count, seeds, compute, progress, cancelled):
        while not cancelled():
            time.sleep(0.01)
        raise Cancelled("cancelled")

    monkeypatch.setattr(evaluation, "measure_model", measure_model)
    app = measure(open_quality(model="dvae"))
    assert not app.exception
    assert "It pays" in app.subheader[0].value
    job = app.session_state[measurement.JOB]
    app.button(key="cancel_measurement").click().run()
    assert job.wait(PATIENCE)
    app.run()
    assert "Cancelled" in app.info[0].value
    assert not app.exception


@pytest.mark.slow
def test_the_shipped_evaluations_can_be_read() -> None:
    for path in checkpoints_dir().glob("*/*/evaluation.json"):
        dataset, family = path.parts[-3:-1]
        app = open_quality(data=dataset, model=family)
        assert not app.exception
        assert not app.error
        assert charts(app) == ALWAYS + min(len(load_report(path.parent).attributes), FIRST)
