"""Settings from the address: what a page can read of it, whatever stands there."""

from __future__ import annotations

import string
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latentdemo.ui.state.link import NumberRange, fits, parse, put_in_link, take_from_link
from tests.properties import examples

OPTIONS = [
    range(1_000_000),
    range(3, 26),
    range(1),
    NumberRange(0.0, 1.0),
    NumberRange(0.0, 100_000.0),
    ("mean", "sample"),
    (0, 1, 2, 3, 5, 10, 20, 50, 100),
    ["vae", "dvae"],
]
NASTY = ["", " ", "0", "-1", "007", "1.0", "1e3", "1e309", "nan", "inf", "True", "None", "٣", "½", "\0", "../..", "[]",
         "<script>", "9" * 5000, "0" * 5000, "1_000", "0x10", "1\n", "\ud800", "%00", "{0}", "{__class__}"]  # fmt: skip
texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=20),
    st.text(string.digits + "-+._e \n", max_size=12),
    st.integers().map(str),
    st.floats().map(repr),
    st.sampled_from([str(option) for options in OPTIONS[5:] for option in options]),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)


class Address(dict):
    """The address of a page, as Streamlit gives it."""

    def get_all(self, key: str) -> list[str]:
        return list(self.get(key, []))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A page with an address, a memory, and notices."""
    made = SimpleNamespace(session_state={}, query_params=Address(), notices=[])
    made.toast = lambda text, **_: made.notices.append(text)
    made.context = SimpleNamespace(url="", locale="en")
    monkeypatch.setattr("latentdemo.ui.state.link.st", made)
    monkeypatch.setattr("latentdemo.ui.i18n.words.st", made)
    return made


@settings(max_examples=examples(1000))
@given(texts, st.sampled_from(OPTIONS))
def test_a_text_names_an_option_or_nothing(text: str, options: Any) -> None:
    found = parse(text, options)
    assert found is None or found in options


@settings(max_examples=examples(300))
@given(st.sampled_from(OPTIONS).flatmap(
    lambda options: st.tuples(
        st.just(options),
        st.floats(options.least, options.most) if isinstance(options, NumberRange) else st.sampled_from(options),
    )
))  # fmt: skip
def test_what_a_page_writes_it_can_read(case: tuple[Any, Any]) -> None:
    options, value = case
    assert parse(str(value), options) == value


@settings(max_examples=examples(700))
@given(values, st.sampled_from(OPTIONS), st.booleans())
def test_any_value_of_another_page_fits_or_does_not(value: Any, options: Any, several: bool) -> None:
    if fits(value, options, several):
        assert all(each in options for each in (value if several else [value]))


@settings(max_examples=examples(300))
@given(st.lists(texts, max_size=4), st.sampled_from(OPTIONS), st.booleans(), st.none() | values)
def test_a_widget_gets_a_value_that_it_can_have(
    page: SimpleNamespace, asked: list[str], options: Any, several: bool, before: Any
) -> None:
    usual = options.least if isinstance(options, NumberRange) else options[0]
    default = [usual] if several else usual
    page.session_state.clear()
    page.notices.clear()
    page.query_params["setting"] = asked
    if before is not None:
        page.session_state["setting"] = before
    take_from_link("setting", options, default)
    value = page.session_state["setting"]
    assert fits(value, options, several)
    assert all(len(notice) < 200 for notice in page.notices)
    assert len(page.notices) <= 1
    put_in_link("setting", default)
    assert page.query_params.get_all("setting") == [] or value != default
