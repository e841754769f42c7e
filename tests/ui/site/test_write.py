"""The site: every link leads to a page that is there, and the pages show a model that nobody evaluated, too."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from latentdemo.checkpoints import save_checkpoint
from latentdemo.ui.i18n.words import LANGUAGES
from tests.cli.command import run


@pytest.fixture
def models(tiny_model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with an untrained model."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path / "checkpoints"))
    save_checkpoint(tmp_path / "checkpoints" / "my own" / "tiny", tiny_model, "my own")


@pytest.mark.usefixtures("models")
def test_links_of_the_site_lead_to_its_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "some" / "site"
    assert run("site", str(site)) == 0
    assert str(site / "index.html") in capsys.readouterr().out
    pages = sorted(site.rglob("*.html"))
    assert pages == [site / "index.html", site / "my own" / "tiny.html"]
    for page in pages:
        content = page.read_text(encoding="utf-8")
        links = re.findall(r'href="(?!data:)([^"]+)"', content)
        assert [link.partition("#")[2] for link in links] == list(LANGUAGES)
        for link in links:
            assert (page.parent / unquote(link.partition("#")[0])).resolve() in pages
        assert "まだ評価されていません" in content
    assert 'data-component="player"' in pages[1].read_text(encoding="utf-8")


@pytest.mark.usefixtures("models")
def test_it_says_what_hinders_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("site", str(tmp_path / "site"), "no/model") == 1
    assert "no model 'no/model'" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert run("site", str(tmp_path / "file")) == 1
    assert "choose another folder" in capsys.readouterr().err
