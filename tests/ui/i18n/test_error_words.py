"""Every error of the backend in the words of the session's language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import torch

from latentdemo import errors
from latentdemo.errors import Busy, CheckpointFileMissingError, LatentdemoError, PictureError, SignInError, UploadError
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.report import EvaluationError
from latentdemo.ui.i18n.error_words import SENTENCES, SHORT, error_words
from latentdemo.ui.i18n.words import in_language
from tests.catalogues import messages

ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
TOLD_BY_REASON = (PictureError, UploadError, SignInError)


def kinds(base: type[LatentdemoError] = LatentdemoError) -> Iterator[type[LatentdemoError]]:
    """All errors of the backend."""
    yield base
    for kind in base.__subclasses__():
        if kind.__module__.startswith("latentdemo."):
            yield from kinds(kind)


ALL = sorted({*kinds()}, key=lambda kind: kind.__name__)


def examples(kind: type[LatentdemoError]) -> list[LatentdemoError]:
    """Errors of a kind, as the backend might raise them."""
    if issubclass(kind, TOLD_BY_REASON):
        return [kind(reason) for reason in kind.REASONS]
    return [Busy(3, 4.0)] if kind is Busy else [kind("something went wrong with this; try another thing")]


def test_all_errors_are_looked_at() -> None:
    declared = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)}
    assert declared | {EvaluationError, QualityError} <= set(ALL)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_words_of_its_own_in_japanese(kind: type[LatentdemoError]) -> None:
    assert kind in SENTENCES or issubclass(kind, TOLD_BY_REASON)
    with in_language("ja"):
        for error in examples(kind):
            words = error_words(error)
            assert words in messages("ja").values()
            assert not words.isascii()
            assert not ENGLISH.search(words)


@pytest.mark.parametrize("kind", ALL)
def test_in_english_it_says_what_to_do(kind: type[LatentdemoError]) -> None:
    with in_language("en"):
        for error in examples(kind):
            assert error_words(error) == (SENTENCES[kind] if kind in SHORT else str(error))


def test_no_two_errors_are_told_alike() -> None:
    told = [words for kind, words in SENTENCES.items() if kind is not torch.OutOfMemoryError]
    assert len(set(told)) == len(told)


def test_files_and_commands_are_named_in_any_language() -> None:
    error = CheckpointFileMissingError(
        "/srv/x y/density.json is missing: fit it with 'python -m latentdemo fit own/tiny'"
    )
    named = CheckpointFileMissingError(
        "/srv/own/density.json is missing: fit it with 'python -m latentdemo fit own/tiny'"
    )
    with in_language("ja"):
        assert error_words(named).endswith(" (/srv/own/density.json, python -m latentdemo fit own/tiny)")
        assert "python -m latentdemo fit own/tiny" in error_words(error)
