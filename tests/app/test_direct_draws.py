"""Pages of a model for which a draw is recommended that no chain follows."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from latentdemo.checkpoints import checkpoints_dir, read_config
from latentdemo.evaluation.report import FILE, Report, save_report
from latentdemo.export.rerun import PICTURE, RUN, rerun
from latentdemo.sampling.densities.store import read_density_config
from tests.app.pages import captions, drawn, open_page, sheets, texts
from tests.ui.sample_reports import advising
from tests.ui.sample_reports import report as sample

pytestmark = pytest.mark.usefixtures("wait_for_results", "drawing")


@pytest.fixture
def drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Draws from the flow are recommended for a copy of the clothes' VAE, the only model."""
    shipped, folder = checkpoints_dir() / "fashion-mnist", tmp_path / "fashion-mnist" / "vae"
    shutil.copytree(shipped / "vae", folder, ignore=shutil.ignore_patterns(FILE))
    for path in shipped.iterdir():
        if path.is_file():
            (folder.parent / path.name).symlink_to(path)
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    digests = read_config(folder).sha256, read_density_config(folder).sha256
    made = advising(sample("fashion-mnist/vae", digests[0], density_sha256=digests[1]), 0, kernel="", start="flow")
    save_report(made, folder)
    return made


@pytest.mark.parametrize(
    ("lang", "title", "sentence"),
    [
        ("en", "Drawn from the flow", "The density** does the work"),
        ("ja", "フローからの", "密度**がすべてを担います"),
    ],
)
def test_the_overview_shows_the_draws_and_leads_to_the_best_chain(lang: str, title: str, sentence: str) -> None:
    app = open_page(screen="method", lang=lang)
    assert not app.exception
    assert not app.error
    assert title in drawn(app, "wipe")["afters"][0]["title"]
    assert sentence in texts(app)
    assert sum(":material/footprint:" in link.proto.icon for link in app.main.get("page_link")) == 1


def test_a_presentation_of_it_has_no_link() -> None:
    app = open_page(screen="method", lang="en", present="on")
    assert not app.exception
    assert not app.main.get("page_link")


@pytest.mark.parametrize("screen", ["problem", "evidence", "decision"])
def test_the_other_screens_do_without_a_chain(screen: str) -> None:
    app = open_page(screen=screen, lang="en")
    assert not app.exception
    assert not app.error
    if screen == "decision":
        assert "drawing directly from the flow" in app.subheader[0].value
        assert app.metric[1].value == "0"


def test_the_sampling_page_takes_the_draws() -> None:
    app = open_page("pages/sampling.py", lang="en", stop="50")
    app.button(key="take_recommended").click().run()
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="start").value == "flow"
    assert (app.session_state["steps"], app.session_state["stop"]) == ([0], "off")
    prior, draw = sheets(app)
    assert (prior["title"], draw["title"]) == ("Straight from the prior", "Drawn directly, no chain")
    assert (
        prior["source"] == sheets(open_page("pages/sampling.py", lang="en", steps="0"))[0]["source"] != draw["source"]
    )
    assert "from the same random points as the draws" in prior["figures"][0]
    assert "Quality gap closed:" in " ".join(draw["figures"])
    app.segmented_control(key="view").select("wipe").run()
    assert drawn(app, "wipe")["before"] == {key: prior[key] for key in ("title", "alt", "source")}


def test_what_is_taken_away_has_the_prior_beside_the_draws(bundles, tmp_path: Path) -> None:
    open_page("pages/sampling.py", lang="en", start="flow", steps=["0", "1"], count="16")
    bundle = bundles[-1]()
    captions = ["Straight from the prior", "Step 0", "Step 1"]
    assert [*bundle.settings.captions.values(), *(each.caption for each in bundle.settings.branches)] == captions
    assert len(bundle.drawn_frames()) == 3
    assert bundle.settings.branches[bundle.beside].spec.start == "flow"
    with zipfile.ZipFile(io.BytesIO(bundle.zip())) as archive:
        archive.extractall(tmp_path / "zip")
    repeated = rerun(tmp_path / "zip" / RUN, tmp_path / "again", "cpu")
    assert repeated.agreement
    assert repeated.agreement.complete
    assert (tmp_path / "again" / PICTURE).read_bytes() == bundle.png()


@pytest.mark.parametrize(("script", "start"), [("pages/chain.py", "from"), ("pages/latent_space.py", "start")])
def test_pages_of_chains_take_the_best_chain(drawing: Report, script: str, start: str) -> None:
    best = drawing.best_chain
    assert best is not None
    app = open_page(script, lang="en")
    button = app.button(key="take_recommended")
    assert button.label == "Take the best chain"
    assert "drawing directly from the flow" in button.help
    button.click().run()
    assert not app.exception
    assert not app.error
    state = app.session_state
    assert (state["kernel"], state["steps"], state[start]) == (best.kernel, best.steps, best.start)


def test_the_link_of_the_overview_is_that_chain(drawing: Report) -> None:
    best = drawing.best_chain
    assert best is not None
    app = open_page("pages/chain.py", lang="en", kernel=best.kernel, steps=str(best.steps), **{"from": best.start})
    assert not app.exception
    assert not app.toast


def test_an_interpolation_has_no_row_of_it() -> None:
    app = open_page("pages/interpolation.py", lang="en")
    assert not app.exception
    assert "is a draw from the flow, without a chain" in captions(app)


def test_the_page_of_models_names_it() -> None:
    app = open_page("pages/models.py", lang="en")
    assert not app.exception
    assert "Advice: direct draw: flow" in captions(app)
    assert "steps" not in captions(app).split("Advice:")[1].split("Coverage")[0]
