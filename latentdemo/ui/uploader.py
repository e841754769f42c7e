"""An uploader of pictures that speaks the session's language.

Streamlit's own has English words, and says only to those who hover or listen why it refuses a file. There is no setting
for either, so a style sheet puts words of the page in their place.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from latentdemo.ui.words import _

STYLE = """
<style>
[data-testid=stFileUploaderDropzoneInstructions], [data-testid=stFileUploaderDropzone] > span p { display: none; }
[data-testid=stFileUploaderDropzone] > span [data-testid=stMarkdownContainer]::after { content: %(choose)s; }
[data-testid=stFileUploader]:has([aria-invalid=true])::after {
  color: light-dark(#b3261e, #ff9b93); content: %(refused)s; font-size: 0.875rem;
}
</style>
"""


def picture_uploader(key: str, on_change: Callable[..., None], args: tuple[Any, ...]) -> Any:
    """Draw it; gives the file it holds, or None. The arguments are those of `st.file_uploader`."""
    words = {
        "choose": _("Choose a file"),
        "refused": _("This file was not taken. Bring a JPEG, PNG or WebP picture of at most 20 MB."),
    }
    st.html(STYLE % {name: json.dumps(text, ensure_ascii=False) for name, text in words.items()})
    return st.file_uploader(
        _("JPEG, PNG or WebP, up to 20 MB"), "image", key=key, on_change=on_change, args=args,
        help=_("The central square is scaled to the model's size. The picture stays on the machine that runs this "
               "demo, and only as long as this session."),
    )  # fmt: skip
