"""A request says the same after its way over the wire."""

import pytest
import torch
from pydantic import ValidationError

from latentdemo.engine import RunRequest
from latentdemo.engine.remote.wish import Wish, digest_of
from latentdemo.errors import SamplingError
from latentdemo.sampling import PLAIN
from tests.engine.stand_ins import NAME, Climb

PIXELS = torch.full((1, 16, 16), float("nan")).index_fill(1, torch.arange(8), 0.1)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kernel": "hmc", "options": {"step_size": 0.3}, "steps": 3, "record": "all", "seed": 2**63 - 1},
        {"start": torch.randn(3, 8, generator=torch.Generator().manual_seed(0)), "images": False, "first": 7},
        {"start": torch.linspace(-1, 1, 8, dtype=torch.float64)[None]},
        {"known": PIXELS, "noise": "shared", "stop_at": 0.5, "density": "mixture"},
        {"start": "data", "count": 3, "steps": 0, "digest": "ab"},
    ],
    ids=str,
)
def test_a_request_is_the_same_after_its_way(checkpoints, settings) -> None:
    request = RunRequest.of(NAME, **settings)
    wish = Wish.of(request)
    assert wish is not None
    assert wish.made_of == digest_of(NAME)
    sent = Wish.model_validate_json(wish.model_dump_json())
    assert sent.request().key == request.key


def test_what_only_this_process_has_is_not_sent(checkpoints, tiny_model) -> None:
    assert Wish.of(RunRequest.of(tiny_model)) is None
    assert Wish.of(RunRequest.of(NAME, Climb())) is None


def test_what_cannot_be_run_is_refused_in_words() -> None:
    with pytest.raises(SamplingError, match="different lengths"):
        Wish(model=NAME, start=[[1.0], [1.0, 2.0]]).request()
    with pytest.raises(SamplingError, match="count is 0"):
        Wish(model=NAME, count=0).request()
    with pytest.raises(ValidationError):
        Wish(model=NAME, kernal=PLAIN)  # type: ignore[call-arg]
