"""Pages opened from their entry point without a browser, and what stands on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from latentdemo.ui.i18n.figure_words import NO_BREAK

APP = Path(__file__).parents[2] / "app.py"
PATIENCE = 60  # seconds; reached only when something is broken
CLOTHES = {"data": "fashion-mnist", "model": "vae"}


def open_page(script: str = "pages/overview.py", **link: str | list[str]) -> AppTest:
    """A page from a link with such settings, after its first run."""
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    for key, value in link.items():
        app.query_params[key] = value
    if script != "pages/overview.py":
        app.switch_page(script)
    return app.run()


def drawn(app: AppTest, name: str) -> dict[str, Any]:
    """What the browser is given to draw by the component of a name; empty where the page has none."""
    found = [each.proto for each in app.get("bidi_component") if each.proto.component_name == f"latentdemo_{name}"]
    return json.loads(found[0].json) if found else {}


def sheets(app: AppTest) -> list[dict[str, Any]]:
    """The sheets of the sampling page, a step each."""
    return drawn(app, "sheets").get("steps", [])


def figures(app: AppTest) -> str:
    """The figures of all sheets, with plain spaces."""
    return " ".join(text for sheet in sheets(app) for text in sheet["figures"]).replace(NO_BREAK, " ")


def captions(app: AppTest) -> str:
    """All that is said in small letters, with plain spaces."""
    return " ".join(element.value for element in app.caption).replace(NO_BREAK, " ")


def texts(app: AppTest) -> str:
    """All that is said, but in messages and in tables, and what is on buttons; with plain spaces."""
    elements = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.button]
    said = " ".join(str(getattr(element, "value", "")) + str(getattr(element, "label", "")) for element in elements)
    return said.replace(NO_BREAK, " ")
