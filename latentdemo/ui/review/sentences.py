"""The result of a review in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping

from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.review import Way
from latentdemo.reviews.statistics.result import Result
from latentdemo.reviews.statistics.strengths import Strengths
from latentdemo.ui.i18n.words import _
from latentdemo.ui.review.words import per_cent, way_words

FEWEST_RANKED = 3  # ways whose order says more than which of two is ahead


def headline(result: Result, ways: Mapping[str, Way]) -> str:
    """What most people prefer, in a sentence."""
    assert result.decision is not None
    leader = result.decision.leader
    share = result.shares[leader]
    count, whole = out_of(share.estimate)
    words = {"people": result.persons, "way": way_words(ways[leader]), "count": count, "whole": whole,
             "low": per_cent(share.low), "high": per_cent(share.high)}  # fmt: skip
    if result.persons == 1:
        return _("1 person preferred “{way}” in {count} of {whole} answers (95 % interval {low} to {high} %)", **words)
    return _(
        "{people} people preferred “{way}” in {count} of {whole} answers (95 % interval {low} to {high} %)", **words
    )


def out_of(share: float) -> tuple[int, int]:
    """A share as so many of ten; where that would make all or none of nearly so, as so many of a hundred."""
    tenths = round(10 * share)
    if tenths in (0, 10) and share not in (0.0, 1.0):
        return min(max(round(100 * share), 1), 99), 100
    return tenths, 10


def standing(result: Result, ways: Mapping[str, Way]) -> str:
    """Whether that is decided, and if not, how many more people it takes."""
    decision = result.decision
    assert decision is not None
    if decision.is_made:
        return _("**Decided:** more than chance explains, however often you have looked.")
    needed = decision.needed
    if needed is None:
        return _("Not decided yet, and too early to say how many more people it takes.")
    if needed.low is None:
        return _("Not decided yet. If others answer as these did, hundreds more would not decide it.")
    if needed.high == 0:
        return _("Not decided yet. It may be as soon as those who have begun are through.")
    if needed.high is None:
        return _(
            "Not decided yet. If others answer as these did, {low} more must answer, or many more.", low=needed.low
        )
    more = f"{needed.low}–{needed.high}" if needed.high > needed.low else str(needed.low)
    return _("Not decided yet. If others answer as these did, about {more} more must answer.", more=more)


def comparisons(result: Result, ways: Mapping[str, Way]) -> list[str]:
    """What else is to be said of the ways, a sentence each."""
    said = []
    if result.fooled:
        shares = ", ".join(
            _("“{way}” {share} % ({low} to {high} %)", way=way_words(ways[name]), share=per_cent(share.estimate),
              low=per_cent(share.low), high=per_cent(share.high))
            for name, share in result.fooled.items()
        )  # fmt: skip
        said.append(
            _("Taken for real beside real data: {shares}. Where people cannot tell, it is 50 %.", shares=shares)
        )
    if result.strengths:
        said.append(
            _("Odds of being preferred to an average way (Bradley–Terry): {odds}.", odds=odds(result.strengths, ways))
        )
    return said


def reliability(result: Result) -> list[str]:
    """How far the answers can be relied on, a sentence each."""
    said = []
    if result.doubtful:
        said.append(
            _("Answers at random, or always on one side: from {doubtful} of {people} people. They are counted here, "
              "which draws the shares towards one half.",
              doubtful=len(result.doubtful), people=len(result.answerers))
        )  # fmt: skip
    if result.left and (result.left.above_half or result.left.below_half):
        said.append(
            _("People prefer one side: the left one in {share} % of the answers.", share=per_cent(result.left.estimate))
        )
    if result.agreement:
        said.append(
            _("How far people agree: Krippendorff's alpha {alpha} (1: fully, 0: no more than chance).",
              alpha=alpha_words(result.agreement))
        )  # fmt: skip
    tau = result.metric_agreement
    if tau and tau.ways >= FEWEST_RANKED:
        said.append(
            _("Whether the quality gap closed ranks the ways as people do: Kendall's tau {tau} ({low} to {high}; 1: "
              "the same order, −1: the reverse).",
              tau=f"{tau.tau:.2f}", low=f"{tau.low:.2f}", high=f"{tau.high:.2f}")
        )  # fmt: skip
    return said


def odds(strengths: Strengths, ways: Mapping[str, Way]) -> str:
    """How strong each way is, the strongest first."""
    found = sorted(((strengths.of(name), name) for name in strengths.ways), key=lambda each: -each[0].mean)
    return ", ".join(
        _("“{way}” {odds} ({low} to {high})", way=way_words(ways[name]), odds=f"{math.exp(strength.mean):.2g}",
          low=f"{math.exp(strength.low):.2g}", high=f"{math.exp(strength.high):.2g}")
        for strength, name in found
    )  # fmt: skip


def alpha_words(alpha: Interval) -> str:
    """Krippendorff's alpha, with its interval where there is one."""
    if alpha.error is None:
        return f"{alpha.mean:.2f}"
    return _("{value} ({low} to {high})", value=f"{alpha.mean:.2f}", low=f"{alpha.low:.2f}", high=f"{alpha.high:.2f}")
