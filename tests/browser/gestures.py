"""What people see and do on several pages, and the pictures that they bring."""

from __future__ import annotations

import io
import re

from PIL import Image
from playwright.sync_api import Locator, Page, expect

IN_THE_ROW = "[data-testid=stTopNavLink]"  # a link of the navigation on a wide screen
DRAWN = 1000  # milliseconds until the end of a run is on screen


def expect_page(page: Page, title: str) -> None:
    """A page has come to rest: marked in the navigation, and found."""
    expect(page.locator(f"{IN_THE_ROW}[aria-current=page]")).to_have_text(title)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)


def press(page: Page, key: str) -> None:
    """Press a key once the page has come to rest: one that is pressed while it is drawn may be lost."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(DRAWN)
    page.keyboard.press(key)


def choose(page: Page, menu: str, option: str) -> None:
    """Choose an option of a menu."""
    page.get_by_role("combobox", name=menu).click()
    page.get_by_role("option", name=option, exact=True).click()


def upload(page: Page, name: str, kind: str, content: bytes) -> None:
    """Bring a file of a media type along, once the page has come to rest: an uploader that is drawn anew while it takes
    a file loses it."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    uploader = page.get_by_test_id("stFileUploader")
    expect(uploader).to_have_count(1)
    uploader.locator("input").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def photo() -> bytes:
    """A dark shape on a light ground, as JPEG."""
    picture = Image.new("RGB", (300, 200), (250, 250, 250))
    picture.paste((90, 60, 60), (110, 40, 190, 160))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def move_the_line(page: Page, line: Locator) -> None:
    """Drag the line to a quarter of the picture, then move it with keys."""
    box = page.locator(".wipe .stage").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + box["width"] / 8, middle)
    expect(line).to_have_value(re.compile("2[45]"))
    before = page.locator(".wipe .before")
    assert re.fullmatch(r"inset\(0px 7[56]% 0px 0px\)", before.evaluate("image => getComputedStyle(image).clipPath"))
    line.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(line).to_have_value("99")
    expect(line).to_have_attribute("aria-valuetext", re.compile(r"99\s%.*\s1\s%"))
