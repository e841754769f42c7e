"""What an engine elsewhere answers is read as it was said."""

import io

import pytest
import torch

from latentdemo import errors
from latentdemo.engine.remote.messages import error_in, error_values, messages_in, packed
from latentdemo.errors import Busy, LatentdemoError, Reasoned

DECLARED = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, LatentdemoError)]
KINDS = [kind for kind in DECLARED if not issubclass(kind, Reasoned | Busy)]


def test_messages_follow_each_other_and_a_cut_one_is_left_out() -> None:
    tensors = {"rows": torch.arange(3), "rest": torch.zeros(0, 2, dtype=torch.bool), "columns": torch.ones(2, 3).T}
    stream = packed({"progress": 0.5}) + packed({"steps": [1, "é"]}, tensors) + packed({}, tensors)[:-1]
    first, second = messages_in(io.BytesIO(stream).read)
    assert first == ({"progress": 0.5}, {})
    assert second.values == {"steps": [1, "é"]}
    assert second.tensors.keys() == tensors.keys()
    assert all(torch.equal(second.tensors[name], each) for name, each in tensors.items())


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_its_class_and_its_words(kind) -> None:
    found = error_in(error_values(kind("what is wrong; what to do")))
    assert (type(found), str(found)) == (kind, "what is wrong; what to do")


def test_a_full_engine_says_for_how_long() -> None:
    found = error_in(error_values(Busy(3, 4.5)))
    assert isinstance(found, Busy)
    assert (found.requests, found.seconds) == (3, 4.5)


def test_what_is_no_error_of_latentdemo_is_told_all_the_same() -> None:
    assert str(error_in(error_values(KeyError("nothing")))) == "KeyError: 'nothing'"
    assert str(error_in({"error": "Mapping", "message": "no error at all"})) == "Mapping: no error at all"
