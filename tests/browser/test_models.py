"""The page of models in a real browser: a model brought along, shown on the other pages, and taken away again."""

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

from latentdemo.checkpoints import model_folder
from tests.browser.conftest import Open, Say
from tests.browser.gestures import upload

pytestmark = pytest.mark.slow

FILES = ("config.json", "model.safetensors")


def archive(*more: tuple[str, bytes]) -> bytes:
    """A shipped checkpoint as a ZIP file, and what else is put into it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in FILES:
            made.write(model_folder("fashion-mnist/vae") / name, f"mine/{name}")
        for name, content in more:
            made.writestr(name, content)
    return buffer.getvalue()


def bring(page: Page, content: bytes) -> None:
    upload(page, "mine.zip", "application/zip", content)


def test_a_model_brought_along_serves_its_session_until_it_is_removed(open_page: Open, language: str, say: Say) -> None:
    page = open_page(f"/models?lang={language}")
    page.wait_for_load_state("networkidle")
    bring(page, archive(("../outside.json", b"{}")))
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    bring(page, archive(("mine/payload.pkl", b"\x80\x04N.")))
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    expect(page.get_by_role("heading", name=say("Brought along"))).to_have_count(0)

    bring(page, archive())
    expect(page.get_by_role("heading", name=say("Brought along"))).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    stranger = open_page(f"/models?lang={language}")
    expect(stranger.get_by_role("heading", name=say("A model of your own"))).to_be_visible()
    expect(stranger.get_by_role("heading", name=say("Brought along"))).to_have_count(0)

    page.get_by_role("link", name=say("Sampling")).first.click()
    expect(page.get_by_role("img", name=say("Brought along")).last).to_be_visible()
    page.get_by_role("link", name=say("Models")).first.click()
    page.get_by_role("button", name=say("Remove my model")).click()
    expect(page.get_by_role("heading", name=say("Brought along"))).to_have_count(0)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
