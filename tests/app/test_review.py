"""The page that asks people: who leads a review, who answers, and what neither of them can do."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pptx import Presentation
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from latentdemo.errors import DatabaseFullError
from latentdemo.reviews.pairs import pairs_of
from latentdemo.reviews.pictures import digest_of
from latentdemo.reviews.review import Decision
from latentdemo.reviews.rule import read_rule, rule_for, write_rule
from latentdemo.reviews.store import ReviewStore, review_store
from latentdemo.reviews.tokens import reviewer_token
from latentdemo.ui.i18n.words import in_language
from latentdemo.ui.review import invitation, reviewer
from latentdemo.ui.review.takeaway import bundle_of, slug
from tests.app.pages import CLOTHES, drawn, open_page, texts
from tests.reviews.conftest import CHAIN_WAY, PLAN, PRIOR_WAY, drawn_sheets

SCRIPT = "pages/review.py"
PRESENTER = "c" * 32
pytestmark = pytest.mark.usefixtures("wait_for_results")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReviewStore:
    """A database of its own for each test."""
    monkeypatch.setenv("LATENTDEMO_DATABASE", f"sqlite:///{tmp_path}/reviews.sqlite")
    return review_store()


@pytest.fixture
def number(store: ReviewStore) -> str:
    """A review that has begun."""
    return store.begin(PRESENTER, PLAN, 5, drawn_sheets())


def open_invited(number: str, **link: str) -> AppTest:
    """The page of somebody who was invited."""
    return open_page(SCRIPT, invitation=reviewer_token(PRESENTER, number), **link)


def answer_all(store: ReviewStore, number: str, count: int = 20) -> None:
    """One more person answers, always for the chain."""
    reviewers = reviewer_token(PRESENTER, number)
    token = store.join(reviewers)
    for place in range(count):
        person = store.person(token, reviewers)
        assert person is not None
        pair = pairs_of(PLAN, True, person.seed)[place]
        right = pair.right.way.startswith("decode") or pair.left.way == "noise"
        store.answer(token, reviewers, place, "right" if right else "left")


def test_nothing_is_opened_before_somebody_begins_a_review(tmp_path: Path) -> None:
    app = open_page(SCRIPT, lang="en", **CLOTHES)
    assert not app.exception
    assert list(tmp_path.iterdir()) == []
    assert app.multiselect[0].value == ["prior", "mixture"]


def test_a_review_begins_with_one_press_and_is_found_again(store: ReviewStore) -> None:
    app = open_page(SCRIPT, lang="en", **CLOTHES)
    app.toggle(key="review_ties").set_value(False)  # as part of the same run as the press
    app.button(key="begin_review").click().run()
    assert not app.exception
    number = app.query_params["review"]
    token = app.session_state["review_presenter"]
    review = store.review(token, number)
    assert review is not None
    assert set(review.digests) == {"prior", "mixture", "real"}
    assert not review.plan.ties
    assert reviewer_token(token, number) in app.code[0].value
    app.button(key="all_reviews").click().run()
    assert "Your reviews" in texts(app)
    assert app.button(key=f"open {number}")
    assert "review" not in app.query_params


def test_a_link_lets_a_colleague_in_and_goes_out_of_the_address(number: str) -> None:
    app = open_page(SCRIPT, review=number, presenter=PRESENTER, lang="en")
    assert "presenter" not in app.query_params
    assert reviewer_token(PRESENTER, number) in app.code[0].value
    stranger = open_page(SCRIPT, review=number, lang="en")
    assert "not one of yours" in stranger.warning[0].value
    assert reviewer_token(PRESENTER, number) not in str(stranger.main)


def test_who_is_invited_sees_pair_after_pair_and_nothing_else(store: ReviewStore, number: str) -> None:
    app = open_invited(number, lang="ja")
    assert not app.exception
    assert len(app.sidebar.children) == 0
    assert app.title[0].value == "どちらがより自然に見えますか？"
    app.text_input(key="reviewer_name").input("Ada").run()
    app.button(key="begin_answers").click().run()
    me = app.query_params["me"]
    reviewers = reviewer_token(PRESENTER, number)
    for place in range(20):
        store.answer(me, reviewers, place, "left")
    again = open_invited(number, me=me, lang="en")
    assert "That was the last one" in again.success[0].value
    assert {ballot.name for ballot in store.ballots(PRESENTER, number)} == {"Ada"}


def test_the_result_is_hidden_until_the_presenter_shows_it(store: ReviewStore, number: str) -> None:
    for _ in range(3):
        answer_all(store, number)
    app = open_page(SCRIPT, review=number, part="result", presenter=PRESENTER, lang="en")
    assert "preferred" not in texts(app)
    app.button(key="show_result").click().run()
    assert "3 people preferred “Plain chain, 5 steps” in 10 of 10" in texts(app)


def test_who_has_answered_to_the_end_sees_the_result_once_it_is_shown(store: ReviewStore, number: str) -> None:
    reviewers = reviewer_token(PRESENTER, number)
    through, midway = (store.join(reviewers) for _ in range(2))
    for place in range(20):
        store.answer(through, reviewers, place, "left")
    assert "That was the last one" in open_invited(number, me=through, lang="en").success[0].value
    store.show(PRESENTER, number)
    assert "1 person preferred" in texts(open_invited(number, me=through, lang="en"))
    assert "preferred" not in texts(open_invited(number, me=midway, lang="en"))
    assert "preferred" not in texts(open_invited(number, lang="en"))
    store.decide(PRESENTER, number, Decision("leave"))
    assert "1 人が" in texts(open_invited(number, me=through, lang="ja"))


def test_what_cannot_be_kept_is_told_in_words(store: ReviewStore, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: str) -> None:
        raise DatabaseFullError("the disk is full")

    monkeypatch.setattr(store, "show", fail)
    app = open_page(SCRIPT, review=number, part="result", presenter=PRESENTER, lang="en")
    app.button(key="show_result").click().run()
    assert not app.exception
    assert "disk" in app.error[0].value


def test_two_reviews_are_compared_by_what_people_saw(store: ReviewStore, number: str) -> None:
    assert drawn(open_page(SCRIPT, presenter=PRESENTER, lang="en"), "wipe") == {}
    rule = json.loads(write_rule(rule_for(PLAN.model, PRIOR_WAY.spec, digests=("", ""))))
    store.decide(PRESENTER, number, Decision("adopt", rule=rule))
    later = store.begin(PRESENTER, replace(PLAN, name="later"), 6, drawn_sheets())
    answer_all(store, later)
    store.show(PRESENTER, later)
    app = open_page(SCRIPT, presenter=PRESENTER, lang="en")
    assert "1 person preferred “Plain chain, 5 steps” in 10 of 10" in texts(app)
    compared = drawn(app, "wipe")
    assert "Straight from the prior" in compared["before"]["title"]  # which was adopted
    [after] = compared["afters"]
    assert "Plain chain, 5 steps" in after["title"]
    assert after["source"] != compared["before"]["source"]


@pytest.mark.parametrize(("lang", "preferred"), [("en", "3 people preferred"), ("ja", "3 人が平均して")])
def test_a_review_is_taken_away(store: ReviewStore, number: str, lang: str, preferred: str) -> None:
    for _ in range(3):
        answer_all(store, number)
    rule = json.loads(write_rule(rule_for(PLAN.model, CHAIN_WAY.spec, digests=("", ""))))
    store.decide(PRESENTER, number, Decision("adopt", "Grace", rule))
    app = open_page(SCRIPT, review=number, part="record", presenter=PRESENTER, lang=lang)
    kinds = ["pptx", "pdf", "csv", "zip"]
    assert [each.proto.id.rsplit("_", 1)[1] for each in app.get("download_button")][-4:] == kinds
    with in_language(lang):
        bundle = bundle_of(number, PRESENTER, "https://demo.example/review")
    assert bundle.story.verdict.startswith(preferred)
    deck = Presentation(io.BytesIO(bundle.file("pptx")))
    [chart] = [shape.chart for shape in deck.slides[3].shapes if shape.has_chart]
    assert [*chart.plots[0].series[0].values] == [0.0, 100.0]
    assert preferred in "".join(PdfReader(io.BytesIO(bundle.file("pdf"))).pages[0].extract_text().split("\n"))
    with zipfile.ZipFile(io.BytesIO(bundle.file("zip"))) as archive:
        votes = list(csv.DictReader(io.StringIO(archive.read("votes.csv").decode("utf-8-sig"))))
        record = json.loads(archive.read("review.json"))
        assert json.loads(archive.read("rule.json")) == rule
        assert len(votes) == 60
        for name, digest in record["pictures_sha256"].items():
            assert digest_of(archive.read(f"pictures/{slug(name)}.png")) == digest


def test_a_review_that_nobody_has_answered_is_taken_away_too(number: str) -> None:
    with in_language("en"):
        bundle = bundle_of(number, PRESENTER, "")
    assert bundle.story.verdict == "Nobody has answered yet."
    assert {len(bundle.file(kind)) > 1000 for kind in ("pptx", "pdf", "zip")} == {True}


def test_a_decision_comes_with_a_rule_and_ends_the_review(store: ReviewStore, number: str, tmp_path: Path) -> None:
    answer_all(store, number, 4)
    app = open_page(SCRIPT, review=number, part="record", presenter=PRESENTER, lang="en")
    app.text_input(key="decided_by").input("Grace")
    next(each for each in app.button if each.label == "Decide").click().run()
    assert not app.exception
    assert "Take it into use" in app.success[0].value
    decision = store.review(PRESENTER, number).decision
    assert (decision.verdict, decision.by) == ("adopt", "Grace")
    (tmp_path / "rule.json").write_text(json.dumps(decision.rule))
    rule = read_rule(tmp_path / "rule.json")
    assert (rule.model, rule.way, rule.densities_sha256) == (PLAN.model, PLAN.ways[1].spec, "")
    assert "over" in open_invited(number, lang="en").success[0].value


def test_a_deleted_review_is_gone(store: ReviewStore, number: str) -> None:
    app = open_page(SCRIPT, review=number, part="record", presenter=PRESENTER, lang="en")
    app.button(key="delete_review").click().run()
    assert not app.exception
    assert store.reviews_of(PRESENTER) == []
    assert "opens no review" in open_invited(number, lang="en").error[0].value


def test_answers_that_come_too_fast_are_asked_for_again(store: ReviewStore, number: str) -> None:
    reviewers = reviewer_token(PRESENTER, number)
    me = store.join(reviewers)
    taken = 0
    for place in range(20):
        reviewer.take_answer(store, me, reviewers, place, "left")
        taken = store.person(me, reviewers).answered
    assert taken < 20
    assert len(store.ballots(PRESENTER, number)) == taken


def test_a_database_that_cannot_be_used_is_told_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LATENTDEMO_DATABASE", f"sqlite:///{tmp_path}/file/reviews.sqlite")
    for link in ({"invitation": "0" * 32}, {"presenter": PRESENTER}):
        app = open_page(SCRIPT, lang="ja", **link)
        assert not app.exception
        assert app.error[0].value.startswith("調査のデータベースを使えません。")


def test_the_link_is_that_of_the_network_where_others_can_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, address, host in [
        ("http://localhost:8501/review", "", "10.0.0.7:8501"),
        ("http://127.0.0.1:8501/review", "127.0.0.1", "127.0.0.1:8501"),
        ("https://demo.example/lab/review", "", "demo.example"),
    ]:
        monkeypatch.setattr(invitation, "get_internal_ip", lambda: "10.0.0.7")
        monkeypatch.setattr(invitation.st, "get_option", lambda _name, address=address: address)
        monkeypatch.setattr(type(invitation.st.context), "url", property(lambda _self, url=url: url))
        link = urlsplit(invitation.reviewers_link("a" * 32))
        assert link.netloc == host
        assert link.path == urlsplit(url).path
        assert parse_qs(link.query) == {"invitation": ["a" * 32]}
