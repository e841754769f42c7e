"""The overview's four screens and the presentation mode, without a browser."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import list_models, save_checkpoint
from tests.app.pages import CLOTHES, open_page, texts

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
    assert len(app.get("vega_lite_chart")) == 2  # what is gained, and what changes in the mix
    assert "closes" in headings(app)[0]
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


def test_a_line_is_dragged_between_pictures_of_the_same_points() -> None:
    app = open_overview(screen="method", data="fashion-mnist", model="dvae")
    assert not app.exception
    (wipe,) = [each for each in app.get("bidi_component") if "wipe" in each.proto.component_name]
    data = json.loads(wipe.proto.json)
    assert data["before"]["title"] == "Straight from the prior"
    assert [after["title"] for after in data["afters"]] == ["After 3 steps"]


def test_technical_names_are_in_tooltips_only() -> None:
    app = open_overview(screen="evidence", **CLOTHES)
    said = texts(app)
    assert not [name for name in ("Langevin", "Hamiltonian", "Metropolis", "kernel") if name in said]


def test_the_pair_is_taken_away_with_the_advised_draw_as_a_branch_of_the_prior_sample(bundles) -> None:
    open_overview(screen="method", **CLOTHES)
    bundle = bundles[0]()
    (branch,) = bundle.settings.branches
    assert (bundle.settings.spec.start, bundle.settings.spec.steps) == ("prior", 0)
    assert (branch.spec.start, branch.spec.steps) == ("mixture", 0)
    assert bundle.story.before == "Straight from the prior"
    assert bundle.story.after == "Drawn from the large mixture"
    assert "The density does the work" in bundle.story.remedy.points[0]
    before, after = bundle.pair()
    assert before.size == after.size
    assert before.tobytes() != after.tobytes()
    assert bundle.file("html").startswith(b"<!doctype html>")
