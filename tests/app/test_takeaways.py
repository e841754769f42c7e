"""What the sampling page hands over to be taken away, without a browser."""

from __future__ import annotations

import pytest
import torch

from latentdemo.checkpoints import load_model, save_checkpoint
from latentdemo.export.bundle import Bundle
from latentdemo.sampling import run_chain
from latentdemo.typography import unparted
from latentdemo.ui.export import popover as takeaways
from tests.app.pages import CLOTHES, open_page

pytestmark = pytest.mark.usefixtures("wait_for_results")
FEW = CLOTHES | {"count": "16"}
KINDS = ["png", "gif", "mp4", "html", "pptx", "pdf", "zip"]


@pytest.mark.parametrize(("lang", "words"), [("en", "Slides (PowerPoint)"), ("ja", "スライド（PowerPoint）")])
def test_there_is_a_button_with_a_tooltip_for_each_kind_of_file(bundles, lang: str, words: str) -> None:
    app = open_page("pages/sampling.py", lang=lang, **FEW)
    assert not app.exception
    buttons = [element.proto for element in app.get("download_button")]
    assert len(buttons) == len(bundles) == len(KINDS)
    assert all(button.help for button in buttons)
    assert words in {button.label for button in buttons}
    assert bundles[0]().story.language == lang


def test_settings_repeat_what_is_shown(bundles) -> None:
    open_page("pages/sampling.py", kernel="hmc", stop="25", steps=["1", "3"], seed="11", **FEW)
    bundle = bundles[-1]()
    settings = bundle.settings
    assert (settings.recorded, list(settings.captions), settings.spec.stop_at) == ((0, 1, 3), [1, 3], 0.25)
    run = run_chain(
        load_model(settings.model),
        settings.spec,
        record=settings.recorded,
    )
    assert all(torch.allclose(run.latents[step], bundle.latents[step], atol=1e-4) for step in settings.recorded)
    assert dict(bundle.story.settings)["Adaptive stopping"] == unparted("25 %")


def test_the_step_that_closes_most_of_the_gap_stands_beside_the_start(bundles) -> None:
    open_page("pages/sampling.py", kernel="transport", steps=["0", "1", "6"], **FEW)
    assert bundles[-1]().after == 1  # on clothes, further plain steps undo what the first has won
    open_page("pages/sampling.py", kernel="hmc", start="data", steps=["0", "1", "3"], **FEW)
    assert bundles[-1]().after == 3  # nothing was measured: the last


def test_files_are_composed_once_and_anew_for_another_language(bundles, monkeypatch) -> None:
    composed: list[str] = []
    monkeypatch.setattr(Bundle, "file", lambda bundle, kind: composed.append(bundle.story.language) or b"file")
    for lang in ("en", "en", "ja"):
        open_page("pages/sampling.py", lang=lang, seed="12", **FEW)
        make = takeaways.file_maker("png", bundles[-1])
        assert make() == b"file"
    assert composed == ["en", "ja"]


def test_a_model_without_an_evaluation_can_be_taken_away(bundles, tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page("pages/sampling.py", lang="ja", count="16", steps=["0", "1"])
    assert not app.exception
    assert "まだ評価されていません" in bundles[-1]().story.verdict
    for kind in ("png", "pptx", "pdf"):
        assert len(bundles[-1]().file(kind)) > 1000
