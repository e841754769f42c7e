"""What each judge says of the ways that matter, and where two judges prefer different ones."""

from __future__ import annotations

import html
import itertools
from typing import NamedTuple

import streamlit as st

from latentdemo.evaluation.findings.recommend import MARGIN
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import GAP, Report, Row
from latentdemo.ui.evaluation.verdict import told_of
from latentdemo.ui.i18n.figure_words import NO_BREAK, mean_text, space_title, value_text
from latentdemo.ui.i18n.kernel_words import capital, way_in_short, way_phrase
from latentdemo.ui.i18n.words import _

CELL = (
    "padding:0.4rem clamp(0.2rem,1vw,0.6rem) 0.4rem 0;vertical-align:top;"
    "border-bottom:1px solid rgba(128,128,128,0.25);"
)
FAINT = "font-weight:400;font-size:0.8rem;opacity:0.7;"


class Disagreement(NamedTuple):
    """Two judges that each prefer their own favourite to the other's, by more than chance explains.

    Attributes:
        first, second: names of their feature spaces.
        firsts, seconds: the way that each likes best.
    """

    first: str
    firsts: Row
    second: str
    seconds: Row


def disagreement(report: Report) -> Disagreement | None:
    """The two judges that are furthest apart about which way is best; None where no two are so beyond chance.

    Each must find its own favourite better than the other's, by a paired difference that chance does not explain and
    that is no smaller than what the recommendation overlooks. Samplers of other libraries are left out.
    """
    rows = [row for row in report.rows if row.gap and not row.is_external]
    if not rows:
        return None

    def lead(space: str, own: Row, other: Row) -> Interval:
        return own.judged[space][GAP].minus(other.judged[space][GAP])

    found = []
    for first, second in itertools.combinations(report.spaces, 2):
        firsts, seconds = (max(rows, key=lambda row: row.judged[space][GAP].mean) for space in (first, second))
        leads = lead(first, firsts, seconds), lead(second, seconds, firsts)
        if all(each.low > 0.0 and each.mean >= MARGIN for each in leads):
            found.append((sum(each.mean for each in leads), Disagreement(first, firsts, second, seconds)))
    return max(found, key=lambda each: each[0])[1] if found else None


def ways_that_matter(report: Report) -> list[tuple[str, Row]]:
    """The recommended way and what it is compared with: what a way is, in words, and its row. Each row stands once."""
    roles = [
        (_("recommended"), report.recommended),
        (_("best chain"), report.best_chain),
        (_("plain chain at its best"), report.best_plain),
        (_("best direct draw"), report.best_draw),
        (_("prior"), report.prior),
    ]
    found: dict[int, tuple[list[str], Row]] = {}
    for role, row in roles:
        if row is not None and row.gap:
            found.setdefault(id(row), ([], row))[0].append(role)
    return [(capital(", ".join(roles)), row) for roles, row in found.values()]


def show_judges(report: Report) -> None:
    """The ways that matter by each judge, and whether the judges agree; nothing where there is but one judge."""
    matter = ways_that_matter(report)
    if len(report.spaces) < 2 or not matter:
        return
    st.header(_("What the judges say"), anchor=False)
    st.html(judges_table(report, matter))
    found = disagreement(report)
    agreed = _("The judges do not contradict each other: no two of them prefer different ways by more than chance "
               "explains.")  # fmt: skip
    st.markdown(in_words(report, found) if found else agreed)
    st.caption(
        _("Quality gap closed, with half of a 95 % interval. Each judge is a network that was trained to look for "
          "something else; in bold, what it likes best of these ways.")
    )  # fmt: skip


def judges_table(report: Report, matter: list[tuple[str, Row]]) -> str:
    """A line a way with the gap closed by each judge, what it likes best in bold, as HTML: other than Streamlit's own
    tables it keeps figures whole and names readable on a phone."""
    told = {id(row): told_of(report, row) for _role, row in matter}
    best = {
        space: max((row for _role, row in matter), key=lambda row: told[id(row)].judged[space][GAP].mean)
        for space in report.spaces
    }

    def cell(row: Row, space: str) -> str:
        text = f"0{NO_BREAK}%" if row.is_prior else value_text(GAP, told[id(row)].judged[space][GAP])
        weight = "font-weight:600;" if row is best[space] else ""
        return f'<td style="{CELL}{weight}white-space:nowrap">{html.escape(text)}</td>'

    titles = [_("Way to sample"), *(capital(space_title(space, report.spaces)) for space in report.spaces)]
    head = "".join(f'<th scope="col" style="{CELL}{FAINT}">{html.escape(title)}</th>' for title in titles)
    lines = [
        f'<tr><th scope="row" style="{CELL}font-weight:400;min-width:6rem">{html.escape(way_in_short(row))}'
        f'<div style="{FAINT}">{html.escape(role)}</div></th>'
        f"{''.join(cell(row, space) for space in report.spaces)}</tr>"
        for role, row in matter
    ]
    label = html.escape(_("Quality gap closed by each judge"))
    return (
        f'<div style="overflow-x:auto" tabindex="0" role="region" aria-label="{label}">'
        '<table style="width:100%;border-collapse:collapse;text-align:left">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def in_words(report: Report, found: Disagreement) -> str:
    """What two judges disagree about, with both figures of each."""
    firsts, seconds = found.firsts, found.seconds

    def closed(row: Row, space: str) -> str:
        return mean_text(GAP, told_of(report, row).judged[space][GAP])

    return _("**Judges disagree:** “{first}” prefers {firsts} ({best_first} against {other_first}), “{second}” prefers "
             "{seconds} ({best_second} against {other_second}).",
             first=space_title(found.first, report.spaces), second=space_title(found.second, report.spaces),
             firsts=way_phrase(firsts).rstrip(","), seconds=way_phrase(seconds).rstrip(","),
             best_first=closed(firsts, found.first), other_first=closed(seconds, found.first),
             best_second=closed(seconds, found.second), other_second=closed(firsts, found.second))  # fmt: skip
