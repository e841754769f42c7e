"""Ways, questions and verdicts of a review in words."""

from __future__ import annotations

from latentdemo.evaluation.report import Row
from latentdemo.reviews.review import IS_REAL, NATURAL, Plan, Way
from latentdemo.ui.i18n.kernel_words import capital, way_title
from latentdemo.ui.i18n.words import N_, _

QUESTIONS = {NATURAL: N_("Which looks more natural?"), IS_REAL: N_("Which is a real picture?")}
VERDICTS = {"adopt": N_("Take it into use"), "try": N_("Try further"), "leave": N_("Leave it")}


def way_words(way: Way) -> str:
    """A way as a label."""
    if way.spec is None:
        return _("Real data")
    if way.is_prior:
        return _("Straight from the prior")
    row = Row({}, spec=way.spec)
    title = capital(way_title(row))
    if not row.steps:
        return title
    return _("{way}, 1 step", way=title) if row.steps == 1 else _("{way}, {steps} steps", way=title, steps=row.steps)


def question_words(plan: Plan) -> str:
    """The question that people are asked."""
    return _(QUESTIONS[plan.question]) if plan.question in QUESTIONS else plan.question


def per_cent(share: float) -> str:
    """A share of 0 to 1."""
    return f"{100 * share:.0f}"
