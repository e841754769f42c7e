"""Whole pages from whatever link: a page or a message, and never a traceback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from latentdemo.errors import LatentdemoError
from latentdemo.sampling import KERNELS
from latentdemo.ui.shell.navigation import PAGES
from latentdemo.ui.state import background
from tests.app.pages import PATIENCE, open_page
from tests.properties import examples

WORDS = {
    "data": ["fashion-mnist", "avatars", "own"],
    "model": ["vae", "dvae", "aae", "daae"],
    "seed": ["0", "3", "999999"],
    "lang": ["en", "ja"],
    "present": ["on", "off"],
    "screen": ["problem", "method", "evidence", "decision"],
    "kernel": list(KERNELS),
    "decoding": ["mean", "sample"],
    "corruption": ["off", "model"],
    "density": ["flow", "flow-matching"],
    "stop": ["off", "10", "50"],
    "start": ["prior", "density", "data"],
    "count": ["16", "36"],
    "steps": ["0", "1", "2", "5", "10"],
    "order": ["drawn", "changed"],
    "after": ["1", "5"],
    "sample": ["1", "36"],
    "chains": ["1", "4", "9"],
    "at": ["0", "3", "50"],
    "follow": ["1", "9"],
    "show": ["picture", "before", "given"],
    "from": ["prior", "data", "upload"],
    "picture": ["0", "9", "1999"],
    "noise": ["0.2", "1.0"],
    "mask": ["0.1", "0.6"],
    "attribute": ["class", "accessory", "hair"],
    "towards": ["Bag", "ROUND", "NONE"],
    "by": ["0.0", "-3.0", "1.25", "3"],
    "a_from": ["prior", "data", "upload"],
    "b_from": ["prior", "data", "upload"],
    "a_draw": ["0", "999"],
    "b_picture": ["5"],
    "view": ["path", "grid", "walk"],
    "path": ["spherical", "linear"],
    "frames": ["3", "25"],
    "side": ["5", "7"],
    "spacing": ["latent", "even"],
    "mean_steps": ["0", "3"],
    "stops": ["3", "8"],
    "pace": ["2", "8"],
    "rows": ["plain", "base", "1", "recommended", "ends", "short", "all"],
    "correction": ["1", "recommended"],
    "axis": ["steps", "time"],
    "ways": ["prior"],
    "figure": ["precision", "recall"],
    "price": ["0.5", "100000.0"],
    "value": ["0.0", "3"],
    "judge": ["strictest", "labels"],
    "competing": ["all", "chains"],
    "kept": ["any", "50"],
    "at_most": ["0.5", "2"],
    "images": ["2000"],
    "part": ["invite", "result", "record"],
    "invitation": ["0" * 32],
    "me": ["1" * 32],
    "review": ["2" * 32],
    "presenter": ["3" * 32],
    "repetitions": ["3"],
}
NASTY = ["", "-1", "1e9", "nan", "9" * 5000, "٣", "../..", "<script>alert(1)</script>", "\0", "{0}", "%s", "`$x$`"]
values = {name: st.sampled_from([*words, *words, *NASTY]) | st.text(max_size=8) for name, words in WORDS.items()}
links = st.dictionaries(st.sampled_from(list(WORDS)), st.none(), min_size=1, max_size=8).flatmap(
    lambda chosen: st.fixed_dictionaries({name: st.lists(values[name], min_size=1, max_size=3) for name in chosen})
)
scripts = st.sampled_from([entry.script for entry in PAGES])


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page waits for its pictures no longer than a moment; what takes longer shows its progress."""
    monkeypatch.setattr(background, "AT_ONCE", 0.5)
    return


def settled(app: AppTest) -> None:
    """There is no traceback on screen, and none of the page's own work has failed without a message of ours."""
    assert not app.exception
    if "job" in app.session_state:
        job = app.session_state["job"]
        job.cancel()
        assert job.wait(PATIENCE)
        assert job.error is None or isinstance(job.error, LatentdemoError), repr(job.error)


@settings(max_examples=examples(40), phases=[Phase.generate])  # a page takes seconds: what fails is not made smaller
@given(scripts, links)
def test_any_link_gives_a_page(script: str, link: dict[str, list[str]]) -> None:
    app = open_page(script, **link)
    settled(app)
    assert len(app.toast) <= sum(map(len, link.values()))
