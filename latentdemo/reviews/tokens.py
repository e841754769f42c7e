"""What links carry: secrets that cannot be guessed, of which only digests are stored.

A presenter's token opens the presenter's reviews. The token of a review, which reviewers are given, follows from it by
a keyed hash, so that nobody can go the way back; so a presenter can show the link again, and whoever reads the database
has neither.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

BYTES = 16  # of a token: 128 bits
FORM = re.compile(rf"[0-9a-f]{{{2 * BYTES}}}")


def new_token() -> str:
    """A new secret, 32 hexadecimal digits."""
    return secrets.token_hex(BYTES)


def reviewer_token(presenter: str, review: str) -> str:
    """The token that reviewers of a review are given.

    Args:
        presenter: token of whoever leads it.
        review: its number.
    """
    return hmac.digest(presenter.encode(), review.encode(), hashlib.sha256)[:BYTES].hex()


def digest(token: str) -> str:
    """What is stored of a token; of a text that is none, the digest of nothing that was ever given out."""
    return hashlib.sha256(token.encode() if FORM.fullmatch(token) else b"").hexdigest()
