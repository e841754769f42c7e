"""A model that others trained, on every page."""

import pytest
import torch

from latentdemo.checkpoints import load_model, save_checkpoint
from latentdemo.models.adapters import read_pythae
from latentdemo.sampling import run_chain
from latentdemo.ui.shell.navigation import PAGES
from tests.app.pages import open_page, sheets

pytestmark = pytest.mark.usefixtures("wait_for_results")
pythae = pytest.importorskip("pythae.models")


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A checkpoint folder of an untrained VAE of pythae, for pictures of 28x28, in a data set of its own."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path / "checkpoints"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        pythae.VAE(pythae.VAEConfig(input_dim=(1, 28, 28), latent_dim=6)).save(str(tmp_path / "final_model"))
    save_checkpoint(tmp_path / "checkpoints" / "own" / "theirs", read_pythae(tmp_path / "final_model"), "own")
    return load_model("own/theirs", "cpu")


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.title)
def test_every_page_opens_with_it(entry, theirs) -> None:
    app = open_page(entry.script, data="own", model="theirs")
    assert not app.exception
    assert app.sidebar.selectbox(key="model").value == "theirs"


def test_its_chains_are_on_screen(theirs) -> None:
    app = open_page("pages/sampling.py", data="own", model="theirs", count="16")
    assert not app.exception
    assert not app.error
    assert len(sheets(app)) == 4
    assert run_chain(theirs, count=4, steps=2).images[2].shape == (4, 1, 28, 28)
