"""Encodings of real data: marginals as the evaluation takes them, made once for all jobs that want them."""

from __future__ import annotations

from threading import Event

import pytest
import torch

from latentdemo.engine import Job, RecentResults
from latentdemo.evaluation.metrics.latent_space import analyse_latent_space, projection
from latentdemo.ui.runs import encodings
from latentdemo.ui.runs.encodings import Encoded, encode_held_out, encoded_once, in_plane, marginals
from tests.ui.clothes import CLOTHES, digest
from tests.ui.jobs import PATIENCE, done


def test_marginals_are_those_of_the_evaluation() -> None:
    latents = torch.randn(400, 4, generator=torch.Generator().manual_seed(1)) * torch.tensor([1.0, 0.5, 2.0, 1.0])
    posterior_kl = torch.tensor([0.5, 1.0, 0.5, 0.001])
    ours = marginals(latents, posterior_kl)
    theirs = analyse_latent_space(latents, posterior_kl, torch.randn(400, 4))
    assert ours.mean == pytest.approx(theirs.mean, abs=1e-5)
    assert ours.std == pytest.approx(theirs.std, abs=1e-5)
    assert ours.kl == pytest.approx(theirs.kl, abs=1e-5)
    assert ours.unused == theirs.unused == [3]


def test_of_a_deterministic_encoder_dimensions_without_spread_are_unused() -> None:
    latents = torch.randn(200, 3) * torch.tensor([1.0, 0.001, 1.0])
    assert marginals(latents, None).unused == [1]


def test_held_out_images_are_encoded_once_each(encoded: Encoded) -> None:
    assert encoded.latents.shape == (encodings.ENCODED, 32)
    assert len(encoded.dimensions.kl) == 32
    assert torch.equal(encoded.latents, done(lambda job: encode_held_out(CLOTHES, digest(), job)).latents)


def test_jobs_that_want_the_same_encodings_share_them(encoded: Encoded, monkeypatch) -> None:
    began, goes_on, made = Event(), Event(), []

    def encode(*_asked) -> Encoded:
        made.append(1)
        began.set()
        assert goes_on.wait(PATIENCE)
        return encoded

    monkeypatch.setattr(encodings, "encode_held_out", encode)
    kept: RecentResults[Encoded] = RecentResults(2**30)
    first = Job("first", lambda job: encoded_once(CLOTHES, digest(), kept, job))
    assert began.wait(PATIENCE)
    second = Job("second", lambda job: encoded_once(CLOTHES, digest(), kept, job))
    third = Job("third", lambda job: encoded_once(CLOTHES, digest(), kept, job))
    third.cancel()
    assert third.wait(PATIENCE)
    goes_on.set()
    assert first.wait(PATIENCE)
    assert second.wait(PATIENCE)
    assert third.cancelled
    assert first.result is second.result is encoded
    assert len(made) == 1


def test_encoding_can_be_cancelled() -> None:
    job = Job("key", lambda job: encode_held_out(CLOTHES, digest(), job), wanted=lambda: False)
    assert job.wait(PATIENCE)
    assert job.cancelled


def test_the_plane_is_the_projection(encoded: Encoded) -> None:
    plane = projection(encoded.latents)
    places = in_plane(encoded.latents, plane)
    assert places.shape == (len(encoded.latents), 2)
    shown = places.var(axis=0, ddof=1).sum() / encoded.latents.var(dim=0).sum().item()
    assert shown == pytest.approx(plane.explained, rel=1e-3)
