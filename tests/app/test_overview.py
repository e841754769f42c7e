"""The overview's four screens and the presentation mode, without a browser."""

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import list_models, save_checkpoint
from tests.app.pages import CLOTHES, open_page

pytestmark = pytest.mark.usefixtures("wait_for_results")


def open_overview(**link: str) -> AppTest:
    return open_page(**{"lang": "en"} | link)


def headings(app: AppTest) -> list[str]:
    return [element.value for element in app.subheader]


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_it_leads_through_four_screens_and_back() -> None:
    app = open_overview(**CLOTHES)
    assert headings(app) == ["Real data", "Straight from the prior"]
    press(app, "Next")
    assert headings(app)[0] == "Straight from the prior"
    assert headings(app)[1].startswith(("After ", "Drawn "))
    assert len(app.image) == 2
    press(app, "Next")
    assert len(app.get("vega_lite_chart")) == 2
    press(app, "Next")
    assert "quality gap" in headings(app)[0]
    assert len(app.metric) == 4
    assert app.query_params["screen"] == "decision"
    press(app, "Back")
    assert len(app.get("vega_lite_chart")) == 2


@pytest.mark.parametrize("screen", ["method", "decision"])
@pytest.mark.parametrize("name", list_models())
def test_every_model_has_its_case(name: str, screen: str) -> None:
    dataset, family = name.split("/")
    app = open_overview(data=dataset, model=family, screen=screen, lang="ja")
    assert not app.exception
    assert not app.error
    assert not app.toast
    assert app.segmented_control(key="screen").value == screen


@pytest.mark.parametrize("screen", ["problem", "method", "evidence", "decision"])
def test_a_model_without_evaluation_and_data_says_so(tiny_model, tmp_path, monkeypatch, screen: str) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_overview(screen=screen)
    assert not app.exception
    assert not app.error
    if screen != "method":
        words = app.info[0].value
        assert ("no held-out images" if screen == "problem" else "python -m latentdemo evaluate own/tiny") in words


def test_a_presentation_has_neither_buttons_nor_links() -> None:
    app = open_overview(present="on", **CLOTHES)
    assert not app.exception
    assert not [button for button in app.main.button if button.label in {"Back", "Next"}]
    assert not app.main.get("page_link")
    assert app.segmented_control(key="screen").value == "problem"


def test_presenting_is_in_the_link() -> None:
    app = open_overview(**CLOTHES)
    app.sidebar.button(key="begin_presenting").click().run()
    assert app.query_params["present"] == "on"


def test_a_silly_screen_falls_back_with_a_notice() -> None:
    app = open_overview(screen="finale", **CLOTHES)
    assert not app.exception
    assert len(app.toast) == 1
    assert headings(app) == ["Real data", "Straight from the prior"]
