"""The page of models: all of them with their figures, one press to choose, and a model brought along."""

from __future__ import annotations

import gc
import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import checkpoints_dir, list_models, model_folder, save_checkpoint
from latentdemo.checkpoints.roots import private_folder
from latentdemo.data import ImageSet
from latentdemo.errors import UploadError
from latentdemo.evaluation.health.words import CHECKS
from latentdemo.evaluation.report import FILE as EVALUATION
from latentdemo.evaluation.report import load_report
from latentdemo.ui.models import health
from latentdemo.ui.state import background, uploads
from tests.app.pages import PATIENCE, figures, open_page, sheets
from tests.catalogues import messages

pytestmark = pytest.mark.usefixtures("wait_for_results")


def open_models(**link: str) -> AppTest:
    return open_page("pages/models.py", **link)


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.subheader, *app.markdown, *app.caption, *app.error])


def zipped(name: str, *more: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in model_folder(name).iterdir():
            if path.is_file():
                archive.write(path, f"folder/{path.name}")
        for member, content in more:
            archive.writestr(member, content)
    return buffer.getvalue()


def bring(app: AppTest, content: bytes) -> AppTest:
    return app.file_uploader(key="model_file").upload("model.zip", content, "application/zip").run()


def evaluated() -> int:
    """How many models have figures."""
    return sum((model_folder(name) / EVALUATION).exists() for name in list_models())


def test_every_model_is_there_with_its_samples_and_figures() -> None:
    app = open_models(lang="en")
    advised = [name for name in list_models() if load_report(model_folder(name)).recommended]
    assert not app.exception
    assert not app.error
    assert len(app.image) == len(list_models())
    assert len(app.metric) == evaluated()
    assert texts(app).count("Coverage: 0.") == len(advised) < evaluated()


def test_one_press_chooses_a_model_for_all_pages() -> None:
    app = open_models(lang="en")
    assert app.button(key="use avatars/vae").disabled
    app.button(key="use fashion-mnist/daae").click().run()
    assert not app.exception
    assert (app.session_state["data"], app.session_state["model"]) == (
        "fashion-mnist",
        "daae",
    )
    assert (app.query_params["data"], app.query_params["model"]) == ("fashion-mnist", "daae")
    assert app.button(key="use fashion-mnist/daae").disabled


def test_models_of_two_folders_stand_side_by_side(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}:{checkpoints_dir()}")
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_models(lang="en")
    assert not app.exception
    assert "own" in [element.value for element in app.subheader]
    assert "not evaluated yet" in texts(app)
    assert len(app.image) == len(list_models())


def test_health_is_told_by_evaluations_and_where_there_is_none_measured_on_demand(
    tiny_model, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}:{checkpoints_dir()}")
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    images = ImageSet(np.random.default_rng(1).integers(0, 255, (120, 16, 16, 1), np.uint8))
    monkeypatch.setattr(health, "held_out_images", lambda _folder: images)
    app = open_models(lang="en")
    assert not app.exception
    assert len(healths(app)) == evaluated()
    app.button(key="check own/tiny").click().run()
    assert not app.exception
    assert len(healths(app)) == evaluated() + 1
    assert ["to mend" in each and "1 not known" in each for each in healths(app)].count(True) == 1
    assert CHECKS["evaluation"].advice["unknown"] in texts(app)


def healths(app: AppTest) -> list[str]:
    """What is on the buttons that open into the health of a model."""
    labels = (each.proto.popover.label for each in app.get("popover"))
    return [label for label in labels if "Health:" in label]


def test_a_broken_model_does_not_hide_the_others(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}:{checkpoints_dir()}")
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    (tmp_path / "own" / "tiny" / "config.json").write_text("{")
    app = open_models(lang="en")
    assert not app.exception
    assert len(app.error) == 1
    assert len(app.metric) == evaluated()


def test_a_model_that_is_brought_serves_this_session_only() -> None:
    app = bring(open_models(lang="en"), zipped("fashion-mnist/vae"))
    assert not app.exception
    assert not app.error
    name = app.session_state["data"]
    assert name.startswith("upload-")
    assert "Brought along" in texts(app)
    assert name not in " ".join(list_models())
    app.switch_page("pages/sampling.py").run()
    assert not app.exception
    assert not app.error
    assert len(sheets(app)) == 4
    assert "real data" in figures(app)  # of the held-out images that are lent, for it has no evaluation
    other = open_models(lang="en", data=name, model="vae")
    assert other.session_state["data"] != name
    assert "cannot be shown" in other.toast[0].value
    assert "Brought along" not in texts(other)


def test_held_out_images_of_a_known_data_set_are_lent() -> None:
    app = bring(open_models(lang="en"), zipped("avatars/aae"))
    name = app.session_state["data"]
    app.switch_page("pages/overview.py").run()
    assert not app.exception
    assert len(app.image) == 2
    assert (Path(private_folder().name) / name / "held-out.webp").exists()


def test_the_files_go_when_the_model_is_removed_replaced_or_its_session_ends() -> None:
    root = Path(private_folder().name)
    gc.collect()
    before = set(root.iterdir())
    app = bring(open_models(lang="en"), zipped("fashion-mnist/vae"))
    assert len(set(root.iterdir()) - before) == 1
    bring(app, zipped("fashion-mnist/aae"))
    gc.collect()
    assert len(set(root.iterdir()) - before) == 1
    app.button(key="remove_model").click().run()
    gc.collect()
    assert set(root.iterdir()) <= before  # those of sessions that have ended may go meanwhile
    assert not app.exception
    assert app.session_state["data"] == "avatars"
    app = bring(app, zipped("fashion-mnist/vae"))
    del app
    gc.collect()
    assert set(root.iterdir()) <= before


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_what_is_hostile_is_refused_in_words_and_the_page_stays(lang: str) -> None:
    root = Path(private_folder().name)
    before = set(root.iterdir())
    app = bring(open_models(lang=lang, data="fashion-mnist"), zipped("fashion-mnist/vae", ("../up.json", b"")))
    assert not app.exception
    words = UploadError.REASONS["path"] if lang == "en" else messages("ja")[UploadError.REASONS["path"]]
    assert app.error[0].value.startswith(words)
    assert app.session_state["data"] == "fashion-mnist"
    assert set(root.iterdir()) == before


def test_a_slow_upload_holds_up_nothing_and_is_taken_over_when_it_is_done(monkeypatch) -> None:
    may_go_on, install_archive = threading.Event(), uploads.install_archive
    monkeypatch.setattr(uploads, "install_archive", lambda *given: may_go_on.wait(PATIENCE) and install_archive(*given))
    monkeypatch.setattr(background, "AT_ONCE", 0.1)
    app = bring(open_models(lang="en"), zipped("fashion-mnist/vae"))
    assert "Looking through" in app.info[0].value
    assert app.session_state["data"] == "avatars"
    job = app.session_state[uploads.UPLOAD]
    may_go_on.set()
    assert job.wait(PATIENCE)
    app.run()
    assert not app.exception
    assert not app.info
    assert app.session_state["data"].startswith("upload-")


def test_an_upload_that_is_cancelled_leaves_nothing(monkeypatch) -> None:
    root = Path(private_folder().name)
    gc.collect()
    before = set(root.iterdir())
    may_go_on, install_archive = threading.Event(), uploads.install_archive
    monkeypatch.setattr(uploads, "install_archive", lambda *given: may_go_on.wait(PATIENCE) and install_archive(*given))
    monkeypatch.setattr(background, "AT_ONCE", 0.1)
    app = bring(open_models(lang="en"), zipped("fashion-mnist/vae"))
    job = app.session_state[uploads.UPLOAD]
    app.button(key="cancel_upload").click().run()
    assert not app.exception
    assert not app.info
    may_go_on.set()
    assert job.wait(PATIENCE)
    assert job.cancelled
    assert app.run().session_state["data"] == "avatars"
    assert set(root.iterdir()) <= before


def test_a_refused_file_takes_nothing_away() -> None:
    app = bring(open_models(lang="en"), zipped("fashion-mnist/vae"))
    name = app.session_state["data"]
    bring(app, b"no archive")
    assert app.error[0].value == UploadError.REASONS["zip"]
    assert app.session_state["data"] == name
    assert "Brought along" in texts(app)


def test_an_unexpected_failure_is_said_in_words(monkeypatch) -> None:
    def fail(*given: object) -> str:
        raise MemoryError

    monkeypatch.setattr(uploads, "install_archive", fail)
    app = bring(open_models(lang="en"), zipped("fashion-mnist/vae"))
    assert not app.exception
    assert "Something went wrong while trying the model" in app.error[0].value


def test_a_model_of_which_no_samples_can_be_drawn_says_so(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}:{checkpoints_dir()}")
    save_checkpoint(tmp_path / "own" / "damaged", tiny_model, "own")
    (tmp_path / "own" / "damaged" / "model.safetensors").write_bytes(b"damaged")
    app = open_models(lang="en")
    assert not app.exception
    assert len(app.image) == len(list_models()) - 1
    assert "No samples can be drawn" in texts(app)


def test_every_refusal_has_words_in_japanese() -> None:
    assert set(UploadError.REASONS.values()) <= messages("ja").keys()


def test_where_it_is_allowed_a_model_serves_everyone(tiny_model, tmp_path, monkeypatch) -> None:
    content = zipped("fashion-mnist/vae")
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", f"{tmp_path}:{checkpoints_dir()}")
    monkeypatch.setenv("LATENTDEMO_SHARE_UPLOADS", "1")
    app = bring(open_models(lang="en"), content)
    assert not app.exception
    name = app.session_state["data"]
    assert f"{name}/vae" in list_models()
    other = open_models(lang="en", data=name, model="vae")
    assert other.session_state["data"] == name
    assert [path.name for path in tmp_path.iterdir()] == [name]
    monkeypatch.setattr(uploads, "MOST_SHARED", 1)
    app = bring(open_models(lang="en"), content)
    assert "no room" in app.error[0].value


def test_sharing_is_off_unless_it_is_allowed(monkeypatch) -> None:
    assert not uploads.uploads_are_shared()
    monkeypatch.setenv("LATENTDEMO_SHARE_UPLOADS", "0")
    assert not uploads.uploads_are_shared()


@pytest.mark.parametrize(
    ("secrets", "shared"),
    [
        ("[latentdemo]\nshare_uploads = true", True),
        ("[latentdemo]\nshare_uploads = false", False),
        ("[latentdemo]\nshare_uploads = 'true'", False),
        ("[other]\nkey = 1", False),
    ],
)
def test_sharing_is_allowed_by_the_secrets(tmp_path, monkeypatch, secrets: str, shared: bool) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(secrets)
    usual = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: [str(path)] if key == "secrets.files" else usual(key))
    monkeypatch.setattr(uploads.st, "secrets", Secrets())
    assert uploads.uploads_are_shared() == shared
    monkeypatch.setenv("LATENTDEMO_SHARE_UPLOADS", "0")  # goes first
    assert not uploads.uploads_are_shared()
