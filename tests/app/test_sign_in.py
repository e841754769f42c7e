"""Who may do what where people sign in: each guarded action itself refuses, whatever its button says."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from latentdemo.errors import SignInError
from latentdemo.reviews.review import Decision, Plan
from latentdemo.reviews.store import ReviewStore, review_store
from latentdemo.reviews.tokens import reviewer_token
from latentdemo.ui.quality import measurement
from latentdemo.ui.quality.measurement import Measurement
from latentdemo.ui.review import presenter, record, reviewer, setup
from latentdemo.ui.state import person, uploads
from latentdemo.ui.state.person import ANYBODY, Person, Role
from tests.app.pages import APP, CLOTHES, PATIENCE, texts
from tests.reviews.conftest import PLAN, drawn_sheets

AUTH = {
    "redirect_uri": "https://demo.example/oauth2callback",
    "cookie_secret": "s" * 32,
    "client_id": "demo",
    "client_secret": "any",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
PRESENTER = "c" * 32
pytestmark = pytest.mark.usefixtures("wait_for_results")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewStore:
    """A database of its own for each test, and a browser that brings no cookie."""
    monkeypatch.setenv("LATENTDEMO_DATABASE", f"sqlite:///{tmp_path}/reviews.sqlite")
    monkeypatch.setattr(person, "brings_sign_in", lambda: False)
    return review_store()


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[[Role | None], None]:
    """Signs somebody in with a role, or out with None, for actions that are called without their page."""

    def sign_in(role: Role | None) -> None:
        def here() -> Person:
            if role is None:
                raise SignInError("expired")
            return Person("https://id.example 7", "Ada", role)

        monkeypatch.setattr(person, "here", here)
        for module in (uploads, setup, record):
            monkeypatch.setattr(module, "here", here)

    return sign_in


def open_as(
    script: str, claims: dict[str, Any] | None, auth: dict[str, Any] = AUTH, settings: Any = None, **link: str
) -> AppTest:
    """A page of a demo that asks people to sign in, as somebody of whom the provider says so."""
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.secrets["auth"] = auth
    app.secrets["latentdemo"] = {"sign_in": settings or {}}
    if claims is not None:
        usual = {"is_logged_in": True, "provider": "default", "iss": "https://id.example", "aud": "demo", "sub": "7"}
        app.user = usual | {"iat": time.time() - 60, "name": "Ada"} | claims
    for key, value in link.items():
        app.query_params[key] = value
    app.switch_page(script)
    return app.run()


def test_who_is_not_signed_in_sees_nothing_but_the_way_in() -> None:
    app = open_as("pages/models.py", None, lang="en")
    assert not app.exception
    assert [element.value for element in (*app.title, *app.markdown)] == [
        "latentdemo",
        "Please sign in to see this demo.",
    ]
    assert [button.label for button in app.button] == ["Sign in"]
    assert len(app.sidebar.children) == 0
    refused = open_as("pages/models.py", None, lang="ja", sign_in="failed")
    assert refused.warning[0].value.startswith("サインインできませんでした")
    assert [button.label for button in refused.button] == ["サインイン"]


@pytest.mark.parametrize(
    ("auth", "settings"),
    [
        ({}, None),
        ({key: value for key, value in AUTH.items() if key != "client_secret"}, None),
        (AUTH | {"cookie_secret": "short"}, None),
        (AUTH | {"redirect_uri": "https://demo.example/"}, None),
        (AUTH, {"claims": "roles"}),
        (AUTH, {"hours": -1}),
        (AUTH, {"otherwise": "king"}),
        (AUTH, {"admin": "everybody"}),
    ],
)
def test_a_sign_in_that_is_not_set_up_lets_nobody_in(auth: dict[str, Any], settings: Any) -> None:
    app = open_as("pages/models.py", {"roles": ["admin"]}, auth, settings, lang="en")
    assert not app.exception
    assert "Nobody can sign in yet" in app.warning[0].value
    assert len(app.button) == 0


def test_several_providers_have_a_button_each() -> None:
    shared = {"redirect_uri": AUTH["redirect_uri"], "cookie_secret": AUTH["cookie_secret"]}
    each = {name: AUTH[name] for name in ("client_id", "client_secret", "server_metadata_url")}
    app = open_as("pages/models.py", None, shared | {"one": each, "two": each}, lang="en")
    assert [button.label for button in app.button] == ["Sign in with one", "Sign in with two"]


def test_secrets_that_cannot_be_read_let_nobody_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text("[auth\n")
    monkeypatch.setattr(person.st, "get_option", lambda key: [str(path)] if key == "secrets.files" else None)
    monkeypatch.setattr(person.st, "secrets", Secrets())
    with pytest.raises(SignInError, match="Nobody can sign in"):
        person.here()
    path.unlink()
    assert person.here() == ANYBODY


def test_a_presenter_begins_reviews_and_their_name_is_kept() -> None:
    app = open_as("pages/review.py", {"roles": ["presenter"]}, lang="en", **CLOTHES)
    assert not app.exception
    assert [text.value for text in app.sidebar.text] == ["Ada\nPresenter"]
    app.button(key="begin_review").click().run()
    number = app.query_params["review"]
    token = person_token()
    review = review_store().review(token, number)
    assert review is not None
    assert (review.plan.begun_by, review.plan.guests) == ("Ada", False)
    again = open_as("pages/review.py", {"roles": ["presenter"], "name": "A. L."}, lang="en", **CLOTHES)
    assert "begun by Ada" in texts(again)
    again.toggle(key="review_guests").set_value(True).run()
    again.button(key="begin_review").click().run()
    found = review_store().review(token, again.query_params["review"])
    assert found is not None
    assert found.plan.guests
    other = open_as("pages/review.py", {"roles": ["presenter"], "sub": "8"}, lang="en")
    assert "begun by Ada" not in texts(other)


def person_token() -> str:
    """What opens the reviews of account 7, from another process or machine."""
    with pytest.MonkeyPatch.context() as patch:
        secrets = Secrets()
        secrets._secrets = {"auth": AUTH}
        patch.setattr(person.st, "secrets", secrets)
        return person.review_token(Person("https://id.example 7", "whoever", Role.PRESENTER))


def test_a_viewer_sees_everything_but_what_presenters_do(store: ReviewStore) -> None:
    number = store.begin(PRESENTER, PLAN, 5, drawn_sheets())
    app = open_as("pages/review.py", {}, review=number, presenter=PRESENTER, lang="en")
    assert not app.exception
    assert "Presenters begin reviews here" in app.info[0].value
    assert reviewer_token(PRESENTER, number) not in str(app.main)
    quality = open_as("pages/quality.py", {}, lang="en", **CLOTHES)
    assert next(each for each in quality.button if each.label == "Measure on this device").disabled


def test_guests_answer_where_the_presenter_lets_them(store: ReviewStore) -> None:
    for guests in (True, False):
        plan = Plan(**vars(PLAN) | {"guests": guests})
        number = store.begin(PRESENTER, plan, 5, drawn_sheets())
        invitation = reviewer_token(PRESENTER, number)
        asked = texts(open_as("pages/review.py", None, invitation=invitation, lang="en"))
        assert ("Please sign in" in asked) is not guests
        assert "Begin" in texts(open_as("pages/review.py", {}, invitation=invitation, lang="en"))


ROLES = [None, Role.VIEWER, Role.PRESENTER, Role.ADMIN]


@pytest.mark.parametrize("role", ROLES)
def test_what_presenters_do_is_guarded_itself(
    role: Role | None, become, store: ReviewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = store.begin(PRESENTER, PLAN, 5, drawn_sheets())
    review = store.review(PRESENTER, number)
    assert review is not None
    state: dict[str, Any] = {"review_name": "another", "review_notes": ""}
    state |= {"verdict": "leave", "decided_by": "the board", "decision_note": ""}
    for module in (setup, record, presenter, measurement):
        monkeypatch.setattr(module.st, "session_state", state)
    monkeypatch.setattr(measurement, "Job", lambda *_arguments: "a job")
    become(role)
    may = role in (Role.PRESENTER, Role.ADMIN)

    setup.begin(PLAN)
    assert setup.is_beginning() is may
    measurement.start(Measurement("fashion-mnist/vae", "", 250, 4))
    assert (state.get(measurement.JOB) == "a job") is may
    presenter.keeping(partial(store.show, PRESENTER, number))
    record.keep_notes(review, PRESENTER)
    record.decide(review, PRESENTER)
    found = store.review(PRESENTER, number)
    assert found is not None
    assert (found.shown, found.plan.name == "another", len(found.decisions)) == (may, may, int(may))
    if may:
        assert found.decision == Decision("leave", "the board (entered by Ada)", decided=found.decisions[0].decided)
    record.delete(review, PRESENTER)
    assert (store.review(PRESENTER, number) is None) is may


@pytest.mark.parametrize("role", ROLES)
def test_only_administrators_share_uploads(role: Role | None, become, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    begun: list[Any] = []
    monkeypatch.setenv("LATENTDEMO_SHARE_UPLOADS", "1")
    monkeypatch.setattr(uploads.st, "session_state", state)
    monkeypatch.setattr(uploads, "Job", lambda _key, work, _there: begun.append(work))
    become(role)
    uploads.begin_upload(b"PK")
    assert [work.keywords["shared"] for work in begun] == ([] if role is None else [role is Role.ADMIN])
    assert [work.keywords["by"] for work in begun] == ([] if role is None else ["Ada"])


def test_who_may_not_answer_does_not_join(become, store: ReviewStore, monkeypatch: pytest.MonkeyPatch) -> None:
    number = store.begin(PRESENTER, Plan(**vars(PLAN) | {"guests": False}), 5, drawn_sheets())
    link: dict[str, str] = {}
    monkeypatch.setattr(reviewer.st, "query_params", link)
    for role, joined in ((None, False), (Role.VIEWER, True)):
        become(role)
        reviewer.join(reviewer_token(PRESENTER, number))
        assert (reviewer.ME in link) is joined
