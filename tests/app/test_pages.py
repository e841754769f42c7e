"""The pages from their entry point, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo.models import list_models, save_checkpoint
from latentdemo.ui import comparison
from latentdemo.ui.navigation import PAGES

PATIENCE = 60


@pytest.fixture(autouse=True)
def wait_for_results(monkeypatch):
    """No progress fragments here: a page waits for its pictures."""
    monkeypatch.setattr(comparison, "AT_ONCE", PATIENCE)


def open_page(script: str = "pages/overview.py", **link: str | list[str]) -> AppTest:
    app = AppTest.from_file(Path(__file__).parents[2] / "app.py", default_timeout=PATIENCE)
    for key, value in link.items():
        app.query_params[key] = value
    if script != "pages/overview.py":
        app.switch_page(script)
    return app.run()


def texts(app: AppTest) -> str:
    elements = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.button]
    return " ".join(str(getattr(element, "value", "")) + str(getattr(element, "label", "")) for element in elements)


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.title)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_page_opens_with_pictures(entry, lang: str) -> None:
    app = open_page(entry.script, lang=lang)
    assert not app.exception
    assert not app.error
    assert len(app.image) >= 2
    assert ("事前分布" in texts(app)) == (lang == "ja")


@pytest.mark.parametrize("name", list_models())
def test_every_model_has_its_comparison(name: str) -> None:
    dataset, family = name.split("/")
    app = open_page("pages/sampling.py", data=dataset, model=family, count="16")
    assert not app.exception
    assert not app.error
    assert len(app.image) == 4
    assert app.sidebar.selectbox(key="model").value == family


def test_figures_stand_under_the_pictures() -> None:
    app = open_page("pages/sampling.py")
    captions = " ".join(element.value for element in app.caption)
    assert "Moved" in captions
    assert "±" in captions
    assert any("ms" in metric.value for metric in app.metric)


@pytest.mark.parametrize(
    "link",
    [
        {"seed": "-1"},
        {"seed": "1e9"},
        {"seed": "9" * 5000},
        {"seed": "٣"},
        {"model": "../../etc"},
        {"data": "<script>"},
        {"lang": "xx"},
    ],
)
def test_a_silly_link_falls_back_with_a_notice(link: dict[str, str]) -> None:
    app = open_page(**link)
    assert not app.exception
    assert len(app.toast) == 1
    assert len(app.image) == 2


@pytest.mark.parametrize("link", [{"count": "1000000"}, {"steps": ["5", "999999"]}, {"decoding": "x"}])
def test_a_silly_setting_in_a_link_falls_back_with_a_notice(link: dict[str, str]) -> None:
    app = open_page("pages/sampling.py", **link)
    assert not app.exception
    assert len(app.toast) == 1
    assert len(app.image) == 4


def test_the_next_seed_gives_other_pictures_and_is_in_the_link() -> None:
    app = open_page()
    before = [image.proto for image in app.image]
    app.sidebar.button(key="next_seed").click().run()
    assert app.sidebar.number_input(key="seed").value == 8
    assert app.query_params["seed"] == "8"
    assert [image.proto for image in app.image] != before


def test_a_cancelled_run_is_said_so_and_can_be_repeated(monkeypatch) -> None:
    start = comparison.start_job

    def start_and_cancel(request):
        job = start(request)
        job.cancel()
        return job

    monkeypatch.setattr(comparison, "start_job", start_and_cancel)
    app = open_page(seed="4321")
    assert "Cancelled" in app.info[0].value
    monkeypatch.setattr(comparison, "start_job", start)
    app.button(key="again").click().run()
    assert not app.info
    assert len(app.image) == 2


def test_a_broken_checkpoint_is_a_message(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    weights = tmp_path / "own" / "tiny" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    app = open_page()
    assert not app.exception
    assert "model.safetensors is truncated" in app.error[0].value


@pytest.mark.parametrize("script", [entry.script for entry in PAGES])
def test_a_broken_configuration_is_a_message(tiny_model, tmp_path, monkeypatch, script: str) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    (tmp_path / "own" / "tiny" / "config.json").write_text("{")
    app = open_page(script)
    assert not app.exception
    assert "config.json is not a valid configuration" in app.error[0].value


def test_changed_weights_give_other_pictures(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    pictures = []
    for _ in range(2):
        save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
        pictures.append([image.proto for image in open_page().image])
        tiny_model.decoder[0].weight.data.mul_(3)
    assert pictures[0] != pictures[1]


def test_no_model_at_all_is_a_message(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    app = open_page()
    assert not app.exception
    assert "python -m latentdemo train" in app.error[0].value
