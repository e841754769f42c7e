"""What tests of pages' parts share."""

from __future__ import annotations

import pytest

from latentdemo.ui.runs.encodings import Encoded, encode_held_out
from tests.ui.clothes import CLOTHES, digest
from tests.ui.jobs import done


@pytest.fixture(scope="session")
def encoded() -> Encoded:
    """Held-out clothes in the latent space of the model that is shipped."""
    return done(lambda job: encode_held_out(CLOTHES, digest(), job))
