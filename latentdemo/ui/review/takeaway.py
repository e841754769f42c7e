"""What is taken away of a review: slides, a sheet of paper, the votes, and a ZIP with all of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping

import streamlit as st
from PIL import Image

from latentdemo.errors import ReviewError
from latentdemo.export.bundle import PRINTED
from latentdemo.export.review import ReviewBundle
from latentdemo.export.story import Pair
from latentdemo.imaging import enlarged
from latentdemo.reviews.ballots import Ballot, as_table
from latentdemo.reviews.pictures import contact_sheet_of
from latentdemo.reviews.review import Review
from latentdemo.reviews.store import review_store
from latentdemo.ui.export.popover import file_button, file_kinds
from latentdemo.ui.i18n.words import _, in_language, language
from latentdemo.ui.review.result import result_for
from latentdemo.ui.review.story import review_story, ways_shown
from latentdemo.ui.state.link import page_address

PICTURES, COLUMNS = 16, 4  # of a way on slide and paper


def takeaway_popover(review: Review, presenter: str) -> None:
    """One quiet popover with a button for each kind of file."""
    current, link = language(), page_address()

    def bundle() -> ReviewBundle:
        """Runs on a thread of its own."""
        with in_language(current):
            return bundle_of(review.number, presenter, link)

    stem = f"latentdemo-review-{review.created:%Y-%m-%d}-{slug(review.plan.model)}"
    with st.popover(_("Take away"), icon=":material/download:", help=_("The review, as files to keep.")):
        for kind, words in kinds_of_files().items():
            file_button(kind, words, bundle, stem)


def kinds_of_files() -> dict[str, tuple[str, str]]:
    """Ending of a file -> what its button says, and its tooltip."""
    usual = file_kinds()
    return {
        "pptx": usual["pptx"],
        "pdf": usual["pdf"],
        "csv": (_("Votes (CSV)"), _("Every answer with what was shown on which side, controls among them.")),
        "zip": (usual["zip"][0], _("All files, the pictures that people saw, and the operating rule.")),
    }


def bundle_of(number: str, presenter: str, link: str) -> ReviewBundle:
    """What the files are made of, as the review is now, in the language of this thread.

    Raises:
        DatabaseError: it cannot be read.
        ReviewError: it was deleted.
    """
    store = review_store()
    review = store.review(presenter, number)
    if review is None:
        raise ReviewError("there is no such review any more")
    ballots = store.ballots(presenter, number)
    result = result_for(review.plan, (ballot.vote for ballot in ballots))
    drawn = {name: store.sheet(review, name) for name in sorted(review.digests)}
    shown = ways_shown(review, result)
    pair = Pair(*(printed(drawn[way.name]) for way in shown))
    return ReviewBundle(review_story(review, result, link), pair, votes_csv(ballots), more_files(review, drawn))


def printed(sheet: bytes) -> Image.Image:
    """Pictures of a way, large enough for slide and paper."""
    return enlarged(contact_sheet_of(sheet, PICTURES, COLUMNS), PRINTED)


def more_files(review: Review, drawn: Mapping[str, bytes]) -> dict[str, bytes]:
    """What the ZIP holds beside slides, paper and votes: the record, the rule, and the pictures as they are stored."""
    files = {"review.json": in_json(review.values())}
    if review.decision and review.decision.rule:
        files["rule.json"] = in_json(review.decision.rule)
    return files | {f"pictures/{slug(name)}.png": png for name, png in drawn.items()}


def in_json(values: Mapping[str, object]) -> bytes:
    """Values as a file that people can read."""
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def votes_csv(ballots: list[Ballot]) -> bytes:
    """All votes as a table that spreadsheets read."""
    rows = list(as_table(ballots))
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]) if rows else ["person"])
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode("utf-8-sig")


def slug(name: str) -> str:
    """A name as part of the name of a file."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower())
