"""What is decided, and what is kept: the decision, notes, and the end of a review."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import streamlit as st

from latentdemo.engine import RunRequest, engine_for
from latentdemo.reviews.gate import draw_by
from latentdemo.reviews.review import LONGEST_TEXT, Decision, Plan, Review
from latentdemo.reviews.rule import Gate, OperatingRule, rule_for, write_rule
from latentdemo.reviews.store import review_store
from latentdemo.ui.i18n.figure_words import milliseconds_text
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.listing import open_review
from latentdemo.ui.review.presenter import keeping
from latentdemo.ui.review.takeaway import takeaway_popover
from latentdemo.ui.review.words import VERDICTS, way_words
from latentdemo.ui.state.person import here

GATES = (0.0, 0.01, 0.05, 0.1, 0.25)  # shares of real data; 0 keeps all samples
TRIED = 100  # samples that tell how many a gate is expected to send back
AGAIN_AFTER = timedelta(days=365)


def record_section(review: Review, presenter: str) -> None:
    """The decision and the form that changes it, notes and what is taken away."""
    for decision in reversed(review.decisions):
        show_decision(decision, review, holds=decision is review.decision)
    left, right = st.columns(2, gap="large")
    with left:
        decision_form(review, presenter)
    with right:
        notes_form(review, presenter)
        way_facts(review)
        with st.container(horizontal=True):
            takeaway_popover(review, presenter)
            delete_button(review, presenter)


def show_decision(decision: Decision, review: Review, holds: bool) -> None:
    """One of the decisions; those before the last are told in small letters."""
    when = f"{decision.decided:%Y-%m-%d %H:%M} UTC" if decision.decided else ""
    who = _("{when}, by {who}", when=when, who=decision.by) if decision.by else when
    words = f"{_(VERDICTS[decision.verdict])} ({who})"
    if not holds:
        st.caption(f"~~{words}~~")
        return
    st.success(f"**{words}**" + (f"  \n{decision.note}" if decision.note else ""), icon=":material/gavel:")
    if decision.rule:
        stem = review.plan.model.replace("/", "-")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                _("Operating rule (JSON)"), json.dumps(decision.rule, indent=2) + "\n", f"rule-{stem}.json",
                "application/json", key="rule_json", icon=":material/download:", on_click="ignore",
                help=_("How pictures are made from now on; the command below follows it."),
            )  # fmt: skip
            st.code(f"latentdemo sample --rule rule-{stem}.json", language="bash")


def decision_form(review: Review, presenter: str) -> None:
    """Deciding, which ends the review."""
    with st.form("decision", border=True):
        st.subheader(_("Decision"), anchor=False)
        st.segmented_control(
            _("What follows"), list(VERDICTS), default="adopt", required=True, key="verdict",
            format_func=lambda name: _(VERDICTS[name]), help=_("Whether to sample in this way from now on."),
        )  # fmt: skip
        names = [way.name for way in review.plan.ways if way.spec]
        st.selectbox(
            _("Way that is taken into use"), names, index=len(names) - 1, key="adopted",
            format_func={way.name: way_words(way) for way in review.plan.ways}.__getitem__,
            help=_("It goes into the operating rule, with its steps and its stop; of no meaning for other decisions."),
        )  # fmt: skip
        with st.container(horizontal=True):
            st.selectbox(
                _("Drawn again"), GATES, key="gate_share", width=220,
                format_func=lambda share: _("less likely than {share} % of real data", share=f"{100 * share:g}")
                if share else _("nothing"),
                help=_("Samples whose latent is less likely than so much of real data are drawn again. How many that "
                       "is expected to be goes into the rule."),
            )  # fmt: skip
            st.date_input(_("Ask again by"), date.today() + AGAIN_AFTER, key="review_by", width=160,
                          help=_("From then on the rule reminds whoever follows it to ask people again."))  # fmt: skip
        st.text_input(_("Who decides"), here().name, key="decided_by", max_chars=LONGEST_TEXT,
                      help=_("A name or a meeting, for whoever looks this up in a year."))  # fmt: skip
        st.text_input(_("Why"), key="decision_note", max_chars=LONGEST_TEXT,
                      help=_("A sentence for the record."))  # fmt: skip
        st.form_submit_button(
            _("Decide"), type="primary", icon=":material/gavel:", on_click=decide, args=(review, presenter),
            help=_("Keeps the decision and ends the review: nobody can answer any more."),
        )  # fmt: skip


def decide(review: Review, presenter: str) -> None:
    """Keep what the form says."""
    state, store = st.session_state, review_store()

    def work() -> None:
        by, note = who_decides(state["decided_by"].strip()), state["decision_note"].strip()
        decision, rule = Decision(state["verdict"], by, None, note), None
        if decision.verdict == "adopt":
            rule = json.loads(
                write_rule(rule_of(review.plan, state["adopted"], state["gate_share"], state["review_by"]))
            )
        store.decide(presenter, review.number, replace(decision, rule=rule))

    keeping(work)


def who_decides(written: str) -> str:
    """Who decides, as somebody wrote it, with who that was where they are signed in."""
    name = here().name
    if not name or written == name:
        return written
    return _("{who} (entered by {name})", who=written, name=name) if written else name


def rule_of(plan: Plan, adopted: str, gate_share: float, review_by: date) -> OperatingRule:
    """The rule of a way, with the share that its gate sends back of some samples.

    Raises:
        LatentdemoError: the gate has no density, or samples cannot be drawn.
    """
    way = next(way.spec for way in plan.ways if way.name == adopted and way.spec)
    gate = Gate(gate_share) if gate_share else None
    digests = plan.model_sha256, plan.densities_sha256
    rule = rule_for(plan.model, way, gate, review_by=review_by, digests=digests)
    if gate is None:
        return rule
    engine = engine_for()
    with engine.models.lease(plan.model, plan.model_sha256) as model:
        drawn = draw_by(
            rule,
            model,
            lambda spec, first: engine.run(RunRequest(plan.model, spec, (way.steps,), first=first)),
            TRIED,
            way.seed,
        )
    return replace(rule, expected_rejected=drawn.rejected_share)


def notes_form(review: Review, presenter: str) -> None:
    """The name of the review, and notes."""
    with st.form("notes", border=True):
        st.text_input(_("Name of the review"), review.plan.name, key="review_name", max_chars=LONGEST_TEXT,
                      help=_("It stands in the list of reviews."))  # fmt: skip
        st.text_area(_("Notes"), review.notes, key="review_notes", max_chars=5000,
                     help=_("Who was asked, where, and what they said."))  # fmt: skip
        st.form_submit_button(_("Keep"), on_click=keep_notes, args=(review, presenter), icon=":material/save:",
                              help=_("Keep name and notes."))  # fmt: skip


def keep_notes(review: Review, presenter: str) -> None:
    """Keep what the form says."""
    name, notes = st.session_state["review_name"], st.session_state["review_notes"]
    keeping(partial(review_store().note, presenter, review.number, name.strip(), notes))


def way_facts(review: Review) -> None:
    """What the evaluation had measured of the ways when the review began."""
    measured = [
        _("{way}: {gap} % of the quality gap closed, {cost} ms an image", way=way_words(way), gap=f"{way.gap:.0f}",
          cost=milliseconds_text(way.milliseconds))
        for way in review.plan.ways
        if way.gap is not None and way.milliseconds is not None
    ]  # fmt: skip
    if measured:
        heading = _("Measured {date}:", date=review.plan.evaluated)
        st.caption("  \n".join([heading, *measured]))


def delete_button(review: Review, presenter: str) -> None:
    """The button that deletes everything, once more than one press."""
    with st.popover(_("Delete"), icon=":material/delete:", help=_("Delete this review with everything in it.")):
        st.markdown(_("Answers, pictures, decision and notes are gone for good."))
        st.button(
            _("Delete for good"), key="delete_review", type="primary", on_click=delete, args=(review, presenter),
            help=_("This cannot be undone."),
        )  # fmt: skip


def delete(review: Review, presenter: str) -> None:
    """Delete the review, and go back to the list."""

    def work() -> None:
        review_store().delete(presenter, review.number)
        open_review()

    keeping(work)
