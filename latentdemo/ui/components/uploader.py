"""File uploaders that speak the session's language.

That of Streamlit 1.67 has English words, and says only to those who hover or listen why it refuses a file. There is no
setting for either, so a style sheet puts words of the page in their place.
"""

from __future__ import annotations

import json

import streamlit as st

from latentdemo.ui.i18n.words import _

STYLE = """
<style>
[data-testid=stFileUploaderDropzoneInstructions] { display: none; }
[data-testid=stFileUploaderDropzone] > span p { font-size: 0; } /* still the button's name for a screen reader */
[data-testid=stFileUploaderDropzone] > span [data-testid=stMarkdownContainer]::after { content: %(choose)s; }
[data-testid=stFileUploader]:has([aria-invalid=true])::after {
  color: light-dark(#b3261e, #ff9b93); content: %(refused)s; font-size: 0.875rem;
}
</style>
"""


def translate_uploaders(refused: str) -> None:
    """Give the page's uploaders its words; draw it beside them.

    Args:
        refused: what is said of a file of another kind or above the size limit; such a file is not sent at all.
    """
    words = {"choose": _("Choose a file"), "refused": refused}
    st.html(STYLE % {name: json.dumps(text, ensure_ascii=False) for name, text in words.items()})
