"""Whether samples copy training images: the test in a sentence, and the closest pairs to look at."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from latentdemo.checkpoints import model_folder
from latentdemo.evaluation.findings.pairs import FILE as PAIRS
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import COPYING, Report
from latentdemo.ui.i18n.figure_words import value_text
from latentdemo.ui.i18n.words import _

STRAYS = 3.0  # further from 0 than this is not chance, see `latentdemo.evaluation.metrics.copying`


def show_copying(report: Report) -> None:
    """What the test says of what is recommended, or else of the prior sample; nothing where it was not made."""
    row = report.recommended or report.prior
    found = row.own.get(COPYING)
    if found is None:
        return
    st.header(_("Are samples copies of training images?"), anchor=False)
    st.markdown(in_words(found, of_prior=row.is_prior))
    path = model_folder(report.model) / PAIRS
    picture = read(path, path.stat().st_mtime_ns) if path.exists() else None
    if picture:
        st.image(picture, alt=_("Samples over the training images that they are closest to"), width="content")
        st.caption(_("Above, the samples that are closest to a training image; below, that image. Judge by eye: what "
                     "is alike in kind is no copy, what is alike in every detail is one."))  # fmt: skip


def in_words(found: Interval, of_prior: bool) -> str:
    """What a data-copying statistic means."""
    facts = {
        "samples": _("Prior samples") if of_prior else _("Samples as recommended"),
        "figure": value_text(COPYING, found),
    }
    if found.mean < -STRAYS:
        return _("**There are signs of copies.** {samples} lie closer to training images than held-out images do, by "
                 "more than chance explains: the data-copying statistic C_T is {figure}, and below −3 is no chance. "
                 "Few kinds of samples amid the data have that effect, too: look at pairs.", **facts)  # fmt: skip
    if found.mean > STRAYS:
        return _("**No sign of copies.** {samples} lie farther from training images than held-out images do: the "
                 "data-copying statistic C_T is {figure}; copies would be below −3.", **facts)  # fmt: skip
    return _("**No sign of copies.** {samples} lie as far from training images as held-out images do: the data-copying "
             "statistic C_T is {figure}, near 0; copies would be below −3.", **facts)  # fmt: skip


@st.cache_data(max_entries=8, show_spinner=False)
def read(path: Path, written: int) -> bytes | None:
    """The picture of the closest pairs as it was written at that time; None where it is none."""
    content = path.read_bytes()
    return content if content.startswith(b"\x89PNG\r\n") else None
