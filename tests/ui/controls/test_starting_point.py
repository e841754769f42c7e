"""Starting points: latents of the prior and of pictures, and the controls that choose them."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import load_model
from latentdemo.checkpoints.roots import checkpoints_dir
from latentdemo.data import read_held_out
from latentdemo.data.folder import REMARKS
from latentdemo.data.held_out import held_out_written
from latentdemo.data.pictures import damage_picture
from latentdemo.errors import DataError, PictureError
from latentdemo.models import GenerativeAutoencoder, NetworkConfig, build_model
from latentdemo.sampling import run_chain
from latentdemo.ui.components.gallery import TILES, tiles_of
from latentdemo.ui.controls import own_picture
from latentdemo.ui.controls.own_picture import Upload
from latentdemo.ui.controls.starting_point import KINDS
from latentdemo.ui.runs.starting_point import StartingPoint, start_latents
from tests.catalogues import messages

CLOTHES = checkpoints_dir() / "fashion-mnist"
SEED = 7
DRAWS = [
    "Mixture of 10",
    "Large mixture",
    "Flow",
    "Flow-matching density",
]  # of densities that were fitted to the model


@pytest.fixture(autouse=True)
def nobody_looks_whether_pictures_are_strange(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of that has tests of its own, in `test_strangeness.py`."""
    monkeypatch.setattr(own_picture, "strangeness_notice", lambda *_given: None)


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def own() -> StartingPoint:
    """An upload of the size that `tiny_model` takes."""
    ramp = np.linspace(0, 255, 256, dtype=np.uint8).reshape(16, 16)
    return StartingPoint("upload", SEED, picture=encoded(Image.fromarray(ramp)))


def test_prior_draws_are_those_that_chains_start_from(tiny_model: GenerativeAutoencoder) -> None:
    started = run_chain(tiny_model, count=6, steps=0, seed=SEED).latents[0]
    assert start_latents(StartingPoint("prior", SEED), tiny_model, 6).equal(started)
    assert start_latents(StartingPoint("prior", SEED, row=2), tiny_model, 4).equal(started[2:])


def test_of_a_picture_the_mean_comes_first_and_then_draws(
    tiny_model: GenerativeAutoencoder, own: StartingPoint
) -> None:
    posterior = tiny_model.encode(own.image(Path())[None])
    latents = start_latents(own, tiny_model, 2000)
    assert latents[0].equal(posterior.mean[0])
    assert torch.allclose(latents[1:].mean(dim=0), posterior.mean[0], atol=0.1 * posterior.std.max().item())
    assert torch.allclose(latents[1:].std(dim=0), posterior.std[0], rtol=0.1)
    assert start_latents(own, tiny_model, 3)[2].equal(latents[2])
    assert not start_latents(replace(own, seed=8), tiny_model, 3)[2].equal(latents[2])


def test_a_deterministic_encoder_has_one_starting_point(own: StartingPoint) -> None:
    model = build_model("aae", NetworkConfig(16, 1, 4, 8), {"residual_std": 0.1}, seed=1).eval()
    latents = start_latents(own, model, 3)
    assert latents.equal(latents[:1].expand_as(latents))


def test_posterior_draws_share_no_noise_with_chains_or_damage(
    tiny_model: GenerativeAutoencoder, own: StartingPoint
) -> None:
    posterior = tiny_model.encode(own.image(Path())[None])
    drawn = (start_latents(own, tiny_model, 2)[1] - posterior.mean[0]) / posterior.std[0]
    prior = start_latents(StartingPoint("prior", SEED), tiny_model, 2)
    assert not any(torch.allclose(drawn, noise, atol=1e-3) for noise in prior)


def test_damage_reaches_the_model(tiny_model: GenerativeAutoencoder, own: StartingPoint) -> None:
    damaged = replace(own, noise=0.2, mask=0.25)
    assert damaged.damaged
    assert not own.damaged
    assert damaged.intact(Path()).equal(own.image(Path()))
    assert damaged.image(Path()).equal(damage_picture(own.image(Path()), 0.2, 0.25, SEED))
    assert not start_latents(damaged, tiny_model, 1).equal(start_latents(own, tiny_model, 1))


def test_held_out_pictures_are_found_by_number() -> None:
    images = read_held_out(CLOTHES)
    assert StartingPoint("data", SEED, row=30).image(CLOTHES).equal(images.tensor(slice(30, 31))[0])
    latents = start_latents(StartingPoint("data", SEED, row=30), load_model("fashion-mnist/vae"), 2)
    assert latents.shape == (2, 32)
    for row in (len(images), -1):
        with pytest.raises(DataError, match=str(row)):
            StartingPoint("data", SEED, row=row).image(CLOTHES)


def test_points_are_keys_and_the_prior_has_no_picture(own: StartingPoint) -> None:
    assert len({own, replace(own), replace(own, mask=0.1), StartingPoint("prior", SEED)}) == 3
    assert StartingPoint("prior", SEED).image(Path()) is None


def test_the_last_page_of_the_gallery_is_shorter() -> None:
    count = len(read_held_out(CLOTHES))
    assert len(tiles_of(CLOTHES, held_out_written(CLOTHES), 0)) == TILES
    assert len(tiles_of(CLOTHES, held_out_written(CLOTHES), count - count % TILES)) == count % TILES
    assert len(set(tiles_of(CLOTHES, held_out_written(CLOTHES), 0))) == TILES


def page() -> None:
    """A page with the control; a test sets which model and whether the control is on it."""
    import streamlit as st  # noqa: PLC0415

    from latentdemo.checkpoints import model_folder, read_config  # noqa: PLC0415
    from latentdemo.ui.controls.starting_point import starting_point_control  # noqa: PLC0415
    from latentdemo.ui.state.selection import Selection  # noqa: PLC0415

    name = st.session_state.get("name", "fashion-mnist/vae")
    chosen = Selection(name, read_config(model_folder(name)), 7)
    if not st.session_state.get("away"):
        points = [
            starting_point_control(chosen, key, first=first)
            for first, key in enumerate(st.session_state.get("keys", [""]))
        ]
        st.session_state["points"] = points


def open_page(keys: tuple[str, ...] = ("",), **link: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["keys"] = list(keys)
    app.query_params.update(link)
    return app.run()


def shown(app: AppTest) -> Any:
    """The point that the control gave, on a page without problems."""
    assert not app.exception
    return app.session_state["points"][0]


def upload(app: AppTest, content: bytes, name: str = "picture.png", kind: str = "image/png") -> AppTest:
    return app.file_uploader[0].set_value((name, content, kind)).run()


def photo(ground: int = 250, size: int = 80) -> bytes:
    """A grey disc's stand-in: a square on another ground."""
    picture = Image.new("RGB", (2 * size, size), (ground,) * 3)
    picture.paste((100, 60, 60), (size - 15, 20, size + 15, size - 20))
    return encoded(picture)


def test_it_starts_from_the_prior_and_says_nothing_in_the_link() -> None:
    app = open_page()
    assert shown(app) == StartingPoint("prior", SEED)
    assert dict(app.query_params) == {}
    assert app.selectbox[0].options == [KINDS["prior"], *DRAWS, KINDS["data"], KINDS["upload"]]


def test_the_link_says_everything_about_a_held_out_picture() -> None:
    link = {"from": "data", "picture": "123", "noise": "0.2", "mask": "0.25"}
    app = open_page(**link)
    assert shown(app) == StartingPoint("data", SEED, 123, noise=0.2, mask=0.25)
    assert dict(app.query_params) == link
    assert not app.toast
    app.selectbox[0].set_value("prior").run()
    assert shown(app) == StartingPoint("prior", SEED)
    assert dict(app.query_params) == {}
    app.selectbox[0].set_value("data").run()
    assert shown(app) == StartingPoint("data", SEED, 123, noise=0.2, mask=0.25)


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ({"from": "heaven"}, "from"),
        ({"from": "data", "picture": "999999"}, "picture"),
        ({"from": "data", "picture": "-1"}, "picture"),
        ({"from": "data", "noise": "1.5"}, "noise"),
        ({"from": "data", "mask": "nan"}, "mask"),
    ],
)
def test_what_a_link_cannot_have_falls_back_with_a_notice(link: dict[str, str], name: str) -> None:
    app = open_page(**link)
    assert shown(app) == StartingPoint("data" if link["from"] == "data" else "prior", SEED)
    assert len(app.toast) == 1
    assert link[name] in app.toast[0].value


def test_a_link_to_an_upload_falls_back_to_the_prior_and_says_why() -> None:
    app = open_page(**{"from": "upload", "mask": "0.1"})
    assert shown(app) == StartingPoint("prior", SEED)
    assert "not part of a link" in app.toast[0].value
    assert dict(app.query_params) == {}


def test_several_points_of_a_page_differ_and_have_their_own_names() -> None:
    app = open_page(("a_", "b_"))
    assert app.session_state["points"] == [StartingPoint("prior", SEED), StartingPoint("prior", SEED, 1)]
    app.number_input(key="b_draw").set_value(5).run()
    app.selectbox(key="a_from").set_value("data").run()
    app.slider(key="a_mask").set_value(0.25).run()
    assert app.session_state["points"] == [
        StartingPoint("data", SEED, 0, mask=0.25),
        StartingPoint("prior", SEED, 5),
    ]
    assert dict(app.query_params) == {"a_from": "data", "a_mask": "0.25", "b_draw": "5"}


def test_an_upload_becomes_like_the_training_data() -> None:
    app = open_page()
    app.selectbox[0].set_value("upload").run()
    assert shown(app) == StartingPoint("prior", SEED)
    upload(app, photo())
    point = shown(app)
    assert app.toggle[0].value
    picture = point.image(CLOTHES)
    assert picture.shape == (1, 32, 32)
    assert picture[0, :, 0].max() == 0
    assert picture[0, 2:-2, 3].max() < 0.1
    assert picture[0, 16, 16] > 0.5
    app.toggle[0].set_value(False).run()
    assert shown(app).image(CLOTHES)[0, 2:-2, 3].min() > 0.9
    upload(app, photo(ground=0))
    assert not app.toggle[0].value


def test_an_upload_stays_while_the_page_is_left_and_the_model_changed() -> None:
    app = open_page()
    app.selectbox[0].set_value("upload").run()
    upload(app, photo())
    app.slider(key="noise").set_value(0.3).run()
    before = shown(app)
    app.session_state["away"] = True
    app.run()
    app.session_state["away"] = False
    app.run()
    assert app.file_uploader[0].value is None
    assert shown(app) == before
    assert before.noise == 0.3
    app.session_state["name"] = "avatars/vae"
    app.run()
    assert shown(app).image(checkpoints_dir() / "avatars").shape == (3, 64, 64)
    assert not app.toggle
    app.button(key="remove").click().run()
    assert shown(app) == StartingPoint("prior", SEED)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"hello", "format"), (photo()[:100], "broken"), (photo(size=7), "small")],
    ids=["text", "cut", "small"],
)
def test_a_bad_upload_is_told_in_plain_words_and_goes_with_the_next(content: bytes, reason: str) -> None:
    app = open_page()
    app.selectbox[0].set_value("upload").run()
    upload(app, content)
    assert shown(app) == StartingPoint("prior", SEED)
    assert [error.value for error in app.error] == [PictureError.REASONS[reason]]
    upload(app, photo())
    assert not app.error
    assert shown(app).kind == "upload"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_what_was_converted_and_what_is_doubtful_about_an_upload_is_told(lang: str) -> None:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["from"] = "upload"
    app.query_params["lang"] = lang
    app.run()
    values = np.linspace(500, 900, 64, dtype=np.uint16)[None].repeat(64, axis=0)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", exif=exif)
    upload(app, buffer.getvalue())
    turned, narrow, dark = (translated(REMARKS[remark], lang) for remark in ("turned", "range", "dark"))
    assert turned in [caption.value for caption in app.caption]
    assert [warning.value for warning in app.warning] == [narrow]
    upload(app, encoded(Image.fromarray(np.linspace(0, 50, 64, dtype=np.uint8)[None].repeat(64, axis=0))))
    assert [warning.value for warning in app.warning] == [dark]
    upload(app, photo(200))
    assert not app.warning


def translated(words: str, lang: str) -> str:
    """Words of the pages in a language."""
    return messages(lang).get(words, words)


@pytest.mark.parametrize("reason", PictureError.REASONS)
def test_every_problem_has_its_words_in_japanese(reason: str) -> None:
    app = AppTest.from_function(page)
    app.session_state["from"] = "upload"
    app.session_state["upload"] = Upload(problem=reason)
    app.query_params["lang"] = "ja"
    app.run()
    assert not app.error[0].value.isascii()


def test_without_held_out_pictures_there_is_no_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fashion-mnist").mkdir()
    (tmp_path / "fashion-mnist/vae").symlink_to(CLOTHES / "vae")
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    app = open_page(**{"from": "data"})
    assert shown(app) == StartingPoint("prior", SEED)
    assert app.selectbox[0].options == [KINDS["prior"], *DRAWS, KINDS["upload"]]
    (tmp_path / "fashion-mnist/held-out.webp").write_bytes(b"")
    app = open_page(**{"from": "data"})
    assert shown(app) == StartingPoint("prior", SEED)
    assert "held-out" in app.error[0].value
