"""What the slides and the sheet of paper of a review say, in the session's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from latentdemo.export.story import INK, Bar, Bars, Card, Section, Story, Table
from latentdemo.reviews.review import Decision, Review, Way
from latentdemo.reviews.statistics.result import Result
from latentdemo.sampling import ChainSpec
from latentdemo.ui.components.charts import REAL
from latentdemo.ui.export.story import plain
from latentdemo.ui.i18n.figure_words import milliseconds_text, with_unit
from latentdemo.ui.i18n.kernel_words import capital
from latentdemo.ui.i18n.words import _, language
from latentdemo.ui.review.chart import colour_of
from latentdemo.ui.review.listing import model_title, title_of
from latentdemo.ui.review.result import ways_by_name
from latentdemo.ui.review.sentences import alpha_words, comparisons, headline, out_of, reliability, standing
from latentdemo.ui.review.words import VERDICTS, per_cent, question_words, way_words

FOLLOW = "latentdemo sample --rule rule.json"


def review_story(review: Review, result: Result | None, link: str) -> Story:
    """The story of a review.

    Args:
        review: what was compared and decided.
        result: what the votes came to; None where nobody has answered.
        link: the address of its page.
    """
    before, after = ways_shown(review, result)
    return Story(
        language=language(),
        title=title_of(review),
        model=capital(model_title(review)),
        verdict=verdict(review, result),
        question=question(review),
        remedy=Section(_("What people saw"), saw(review)),
        evidence=Section(_("The result: how many prefer which way"), tuple(reliability(result)) if result else ()),
        decision=Section(_("What was decided"), decided(review)),
        before=way_words(before),
        after=way_words(after),
        chart=bars(review, result) if result else None,
        table=table(review, result) if result else None,
        cards=cards(review, result) if result else (),
        method=Section(_("How this was measured"), method(review, result) if result else ()),
        settings_title=_("Settings of this review"),
        settings=tuple(settings(review).items()),
        repeat=_("With rule.json from the ZIP, pictures are made as was decided: {command}", command=FOLLOW)
        if review.decision and review.decision.rule
        else "",
        link=link,
    )


def ways_shown(review: Review, result: Result | None) -> tuple[Way, Way]:
    """The two ways whose pictures stand beside each other: the one that leads, on the right, and the prior or, without
    it, the first of the others."""
    ways = ways_by_name(review.plan)
    leader = ways[result.decision.leader] if result and result.decision else review.plan.ways[-1]
    others = [way for way in review.plan.ways if way != leader]
    return next((way for way in others if way.is_prior), others[0]), leader


def verdict(review: Review, result: Result | None) -> str:
    """What came of it: what people prefer, and what was decided, or how far that is."""
    ways = ways_by_name(review.plan)
    said = [_("{sentence}.", sentence=headline(result, ways))] if result else [_("Nobody has answered yet.")]
    if review.decision:
        said.append(decision_words(review.decision))
    elif result:
        said.append(plain(standing(result, ways)))
    return " ".join(said)


def decision_words(decision: Decision) -> str:
    """A decision with the way that it adopts."""
    words = _("Decision: {verdict}.", verdict=_(VERDICTS[decision.verdict]))
    if decision.rule is None:
        return words
    return _("Decision: {verdict} ({way}).", verdict=_(VERDICTS[decision.verdict]), way=adopted(decision.rule))


def adopted(rule: Mapping[str, Any]) -> str:
    """The way that a rule follows, in words."""
    return way_words(Way(ChainSpec(**rule["way"])))


def question(review: Review) -> Section:
    """What was asked."""
    plan = review.plan
    return Section(
        _("The question: what do people prefer?"),
        (
            _("Asked: “{question}”", question=question_words(plan)),
            _("Compared: {ways}", ways=" / ".join(map(way_words, plan.ways))),
            _("Each person answered {pairs} pairs at the most, without knowing which way a picture comes from. Pairs, "
              "order and sides were random for each.", pairs=plan.pairs),
        ),
    )  # fmt: skip


def saw(review: Review) -> tuple[str, ...]:
    """How the pictures came about."""
    return (
        _("Both pictures of a pair grew from the same starting point.")
        if review.plan.same_start
        else _("The pictures of a pair are independent draws."),
        _("All that people saw is kept, and lies in the ZIP with the votes."),
    )


def decided(review: Review) -> tuple[str, ...]:
    """The decision, why, and the operating rule."""
    decision = review.decision
    if decision is None:
        return (_("Nothing is decided yet."),)
    points = [decision_words(decision), who_decided(decision)]
    if decision.note:
        points.append(decision.note)
    if decision.rule:
        points.append(rule_words(decision.rule))
    return tuple(points)


def who_decided(decision: Decision) -> str:
    """When, and by whom."""
    when = f"{decision.decided:%Y-%m-%d %H:%M} UTC" if decision.decided else ""
    return _("{when}, by {who}", when=when, who=decision.by) if decision.by else when


def rule_words(rule: Mapping[str, Any]) -> str:
    """What an operating rule says beside the way."""
    said = []
    if gate := rule["gate"]:
        said.append(
            _("Samples less likely than {share} % of real data are drawn again.", share=f"{100 * gate['share']:g}")
        )
        if rule["expected_rejected"] is not None:
            said.append(_("That is expected of {share} % of them.", share=per_cent(rule["expected_rejected"])))
    if rule["review_by"]:
        said.append(_("People are to be asked again by {date}.", date=rule["review_by"]))
    return _("Operating rule: {sentences}", sentences=" ".join(said) or adopted(rule))


def bars(review: Review, result: Result) -> Bars:
    """The shares as a chart."""
    ways = ways_by_name(review.plan)

    def bar(name: str) -> Bar:
        share, colour = result.shares[name], colour_of(ways[name])
        hexadecimal = INK if colour == REAL else colour.lstrip("#")
        value, low, high = (100 * each for each in (share.estimate, share.low, share.high))
        return Bar(way_words(ways[name]), hexadecimal, value, low, high)

    return Bars(_("Share of answers that prefer it"), tuple(map(bar, result.shares)))


def table(review: Review, result: Result) -> Table:
    """The ways with their figures; the one that leads stands out once that is decided."""
    ways = ways_by_name(review.plan)
    rows = [
        (
            way_words(ways[name]),
            str(share.votes),
            f"{per_cent(share.estimate)} %",
            _("{low} to {high} %", low=per_cent(share.low), high=per_cent(share.high)),
            "" if (cost := ways[name].milliseconds) is None else milliseconds_text(cost),
        )
        for name, share in result.shares.items()
    ]
    header = (_("Way to sample"), _("Asked"), _("Preferred in"), _("95 % interval"), _("ms an image"))
    made = result.decision if result.decision and result.decision.is_made else None
    return Table(header, tuple(rows), list(result.shares).index(made.leader) if made else None)


def cards(review: Review, result: Result) -> tuple[Card, ...]:
    """Who answered, what they prefer, how far they agree, and what it costs."""
    assert result.decision is not None
    leader = ways_by_name(review.plan)[result.decision.leader]
    share = result.shares[leader.name]
    count, whole = out_of(share.estimate)
    found = [
        Card(_("People who answer"), str(result.persons), _("answers: {votes}", votes=result.votes)),
        Card(
            way_words(leader),
            _("{count} of {whole}", count=count, whole=whole),
            _("95 % interval {low} to {high} %", low=per_cent(share.low), high=per_cent(share.high)),
        ),
    ]
    if result.agreement:
        found.append(Card(_("How far people agree"), alpha_words(result.agreement), _("1: fully, 0: by chance")))
    if leader.milliseconds is not None:
        cost = with_unit(milliseconds_text(leader.milliseconds), "ms")
        note = "" if leader.gap is None else _("quality gap closed: {gap} %", gap=f"{leader.gap:.0f}")
        found.append(Card(_("Cost per image"), cost, note))
    return tuple(found)


def method(review: Review, result: Result) -> tuple[str, ...]:
    """How shares and intervals come about, and what else is known of the answers."""
    return (
        _("Share of the answers about a way that prefer it, the mean over people; “no difference” counts as half. The "
          "intervals are of 95 %, and stay valid however often one looks. Among the pairs were controls: a real "
          "picture beside noise, and pairs that came again with their sides exchanged."),
        *comparisons(result, ways_by_name(review.plan)),
        *reliability(result),
    )  # fmt: skip


def settings(review: Review) -> dict[str, str]:
    """What the review is fixed by."""
    plan = review.plan
    found = {
        _("Model"): f"{plan.model} ({plan.model_sha256[:12]})",
        _("Begun"): f"{review.created:%Y-%m-%d}",
        _("Evaluated"): plan.evaluated,
        _("Pairs a person"): str(plan.pairs),
        _("Seed"): str(review.seed),
        _("Decided"): "; ".join(decided(review)[1:]),
    }
    return {name: value for name, value in found.items() if value}
